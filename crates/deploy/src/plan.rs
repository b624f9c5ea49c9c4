//! What a deployment would do and cost; nothing changes.

use crate::{
    chain::{Cost, Short, Site},
    record::Hex32,
};
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use vilokanam_client::Facts;

/// What a deployment would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The chain.
    pub chain: Facts,
    /// Who would deploy.
    pub deployer: Hex32,
    /// The codes.
    pub codes: Vec<PlannedCode>,
    /// The addresses by name.
    pub addresses: BTreeMap<&'static str, Hex32>,
    /// What is left to do, and takes. Fees and gas are limits.
    pub steps: Vec<Cost>,
    /// What is there already.
    pub there: Vec<String>,
    /// The balance.
    pub balance: Short,
    /// What to know where there is no record.
    pub note: Option<String>,
}

/// A code, as it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedCode {
    /// The contract's name.
    pub name: &'static str,
    /// Its size.
    pub bytes: usize,
    /// Its hash.
    pub hash: Hex32,
}

/// Says what a deployment would do and cost.
pub async fn plan(site: &Site<'_>) -> Result<Plan> {
    let missing = site.missing().await?;
    let (steps, balance) = site.costs(&missing).await?;
    let there = site.waves().concat();
    let target = &site.target;
    let codes = target.codes.iter();
    Ok(Plan {
        chain: site.facts.clone(),
        deployer: Hex32(target.deployer),
        codes: codes
            .map(|code| PlannedCode {
                name: code.name,
                bytes: code.wasm.len(),
                hash: Hex32(code.hash),
            })
            .collect(),
        addresses: target
            .contracts
            .iter()
            .map(|one| (one.name, Hex32(one.address)))
            .collect(),
        steps,
        there: there
            .into_iter()
            .filter(|step| !missing.contains(step))
            .map(|step| site.label(step))
            .collect(),
        balance,
        note: site.without_record(&missing),
    })
}

impl core::fmt::Display for Plan {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let chain = &self.chain;
        let tokens = |amount| crate::tokens(amount, chain.decimals, &chain.symbol);
        writeln!(f, "chain     {} ({})", chain.name, Hex32(chain.genesis))?;
        writeln!(f, "runtime   {}", chain.spec_version)?;
        if let Some(contracts) = chain.contracts {
            let most = contracts
                .max_code_len
                .map(|most| format!("codes up to {most} bytes, "));
            let unstable = match contracts.unstable_interface {
                true => "on (the suite needs none of it)",
                false => "off",
            };
            writeln!(
                f,
                "contracts {}unstable interface {unstable}",
                most.unwrap_or_default()
            )?;
        }
        if !chain.assumed.is_empty() {
            let assumed = chain.assumed.join(", ");
            writeln!(
                f,
                "note      the chain does not say, and this assumes: {assumed}"
            )?;
        }
        writeln!(f, "deployer  {}", self.deployer)?;
        if let Some(note) = &self.note {
            writeln!(f, "note      {note}")?;
        }
        writeln!(f)?;
        for code in &self.codes {
            writeln!(f, "{:16} {:>6} bytes  {}", code.name, code.bytes, code.hash)?;
        }
        writeln!(f)?;
        for (name, address) in &self.addresses {
            writeln!(f, "{name:16} at {address}")?;
        }
        writeln!(f)?;
        if !self.there.is_empty() {
            writeln!(f, "done before: {}", self.there.join(", "))?;
        }
        if self.steps.is_empty() {
            return writeln!(f, "nothing is left to do");
        }
        writeln!(
            f,
            "{:28} {:>12} {:>10}  {:>22} {:>22}",
            "step", "gas, us", "proof, KB", "deposit", "fee, at most"
        )?;
        for step in &self.steps {
            writeln!(
                f,
                "{:28} {:>12} {:>10}  {:>22} {:>22}{}",
                step.step,
                step.ref_time / 1_000_000,
                step.proof_size / 1_000,
                tokens(step.deposit),
                tokens(step.fee),
                if step.estimate.is_some() { "  *" } else { "" }
            )?;
        }
        let estimates = self.steps.iter().filter_map(|step| step.estimate);
        let mut reasons: Vec<_> = estimates.collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            writeln!(f, "* estimated, upwards: {reason}")?;
        }
        let Short { needed, there } = self.balance;
        writeln!(f)?;
        writeln!(f, "balance needed, at most  {}", tokens(needed))?;
        writeln!(f, "balance there            {}", tokens(there))?;
        if there < needed {
            writeln!(f, "balance missing          {}", tokens(needed - there))?;
        }
        Ok(())
    }
}
