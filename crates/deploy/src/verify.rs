//! Whether the chain has what the artifacts, the record and the network's file say.

use crate::{
    chain::Site,
    record::{Hex32, Record},
    target::{ink_hash, Contract},
};
use anyhow::Result;
use core::fmt::Debug;
use serde::Serialize;
use vilokanam_client::hex;
use vilokanam_interfaces::{
    AccountId, Asset, Directory, Moderation, PaymentHandler, PricingPlans, StreamRegistry,
    TickStream, VlkPermit, VlkToken, Wiring,
};
use vilokanam_suite::{
    second_code_of, DirectoryCalls, ModerationCalls, PaymentHandlerCalls, PricingPlansCalls,
    StreamRegistryCalls, TickStreamCalls, VlkPermitCalls, VlkTokenCalls,
};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// What: a contract and a property of it.
    pub subject: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}

impl core::fmt::Display for Drift {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            subject,
            expected,
            found,
        } = self;
        write!(f, "{subject}: should be {expected}, is {found}")
    }
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many things were compared.
    pub checks: usize,
    /// What differs.
    pub drifts: Vec<Drift>,
    /// What changed and may: nothing is wrong with it.
    pub notes: Vec<String>,
}

impl core::fmt::Display for Verified {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for drift in &self.drifts {
            writeln!(f, "{drift}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let (checks, drifts) = (self.checks, self.drifts.len());
        writeln!(f, "{checks} things compared, {drifts} differ")
    }
}

impl Verified {
    fn check<T: PartialEq + Debug>(&mut self, subject: String, expected: T, found: T) {
        self.checks = self.checks.saturating_add(1);
        if expected != found {
            self.drifts.push(Drift {
                subject,
                expected: format!("{expected:?}"),
                found: format!("{found:?}"),
            });
        }
    }
}

/// Compares a suite on a chain with what it should be. Contracts that are missing are drifts; a node that does not answer is an
/// error.
pub async fn verify(site: &Site<'_>, record: Option<&Record>) -> Result<Verified> {
    let mut seen = Verified::default();
    let client = site.client;
    let target = &site.target;
    let runs = site.facts.spec_version;
    if let Some(record) = record.filter(|record| record.spec_version != runs) {
        let before = record.spec_version;
        seen.notes.push(format!(
            "the runtime was upgraded: the record was written at version {before}, and {runs} runs now"
        ));
    }
    for contract in &target.contracts {
        let name = contract.name;
        let there = client.contract(&contract.address).await?;
        let Some(there) = there else {
            let address = hex(&contract.address);
            seen.check(
                name.to_owned(),
                format!("a contract at {address}"),
                "missing".to_owned(),
            );
            continue;
        };
        let built = Hex32(target.code(name)?.hash);
        let found = Hex32(there.code_hash);
        seen.check(format!("{name}: code, by the artifact"), built, found);
        if let Some(entry) = record.and_then(|record| record.contracts.get(name)) {
            seen.check(
                format!("{name}: code, by the record"),
                entry.code_hash,
                found,
            );
        }
        if found != built || !second_as_built(site, contract).await? {
            // Another code may answer in another way, but what it does answer is compared all the same: who exchanged it, may
            // have changed the treasury too.
            if let Err(error) = answers(&mut seen, site, contract).await {
                // Unless it is the node that does not answer.
                client.best().await?;
                let subject = format!("{name}: what it answers");
                let expected = "as the artifact does".to_owned();
                seen.check(subject, expected, format!("{error:#}"));
            }
            continue;
        }
        answers(&mut seen, site, contract).await?;
    }
    Ok(seen)
}

/// Whether the second code of a contract, if it has one, is that of the artifacts.
async fn second_as_built(site: &Site<'_>, contract: &Contract) -> Result<bool> {
    let Some(second) = second_code_of(contract.name) else {
        return Ok(true);
    };
    let found = site.administration(contract.address).await?.second_code;
    Ok(found == Some(ink_hash(&site.target.code(second)?.hash)))
}

/// Compares what a contract answers.
async fn answers(seen: &mut Verified, site: &Site<'_>, contract: &Contract) -> Result<()> {
    let name = contract.name;
    let now = site.administration(contract.address).await?;
    administration(seen, site, name, &contract.wiring, &now);
    if let Some(second) = second_code_of(name) {
        let expected = Some(Hex32(site.target.code(second)?.hash));
        let found = now.second_code.map(|hash| Hex32(hash.into()));
        seen.check(format!("{name}: code of {second}"), expected, found);
    }
    let address = AccountId::from(contract.address);
    match name {
        "vlk_token" => token(seen, site, address.into(), address.into()).await,
        "payment_handler" => payments(seen, site, address.into()).await,
        "pricing_engine" => pricing(seen, site, address.into()).await,
        "stream_registry" => registry(seen, site, address.into()).await,
        "tick_stream" => meter(seen, site, address.into()).await,
        "directory" => directory(seen, site, address.into()).await,
        "moderation" => moderation(seen, site, address.into()).await,
        _ => Ok(()),
    }
}

fn administration(
    seen: &mut Verified,
    site: &Site<'_>,
    name: &str,
    wiring: &Wiring,
    now: &vilokanam_interfaces::Administration,
) {
    let owner = site.network.roles.owner.unwrap_or(site.target.deployer);
    let found = Hex32(*now.owner.as_ref());
    seen.check(format!("{name}: owner"), Hex32(owner), found);
    // One to the owner that should be is how it comes to be; while it is open, the owner differs already.
    let offered = now.proposed_owner.map(|to| Hex32(*to.as_ref()));
    if let Some(to) = offered.filter(|to| *to != Hex32(owner)) {
        seen.check(format!("{name}: proposed owner"), None, Some(to));
    }
    let delay = site.network.delays.change_ms;
    seen.check(
        format!("{name}: change delay, ms"),
        delay,
        now.change_delay_ms,
    );
    seen.check(format!("{name}: wiring"), *wiring, now.wiring);
}

async fn token(
    seen: &mut Verified,
    site: &Site<'_>,
    token: VlkTokenCalls,
    permits: VlkPermitCalls,
) -> Result<()> {
    let genesis = site.read(permits.permit_genesis()).await?;
    let expected = ink_hash(&site.facts.genesis);
    seen.check(
        "vlk_token: genesis hash of permits".to_owned(),
        expected,
        genesis,
    );
    let cap = site
        .network
        .allocations()
        .iter()
        .map(|(_, part)| part)
        .sum();
    seen.check(
        "vlk_token: cap".to_owned(),
        cap,
        site.read(token.cap()).await?,
    );
    Ok(())
}

/// The moderators: `moderation`, and those that the network's file names. The registry does not list its own, so whether there are others is not known.
async fn registry(
    seen: &mut Verified,
    site: &Site<'_>,
    registry: StreamRegistryCalls,
) -> Result<()> {
    const MODERATION: &str = "moderation";
    let itself = site.target.contract(MODERATION)?.address;
    let named = site.network.roles.moderators.iter();
    let named = named.map(|account| (hex(account), *account));
    for (name, account) in core::iter::once((MODERATION.to_owned(), itself)).chain(named) {
        let is_one = site.read(registry.is_moderator(account.into())).await?;
        let subject = format!("stream_registry: moderator {name}");
        seen.check(subject, true, is_one);
    }
    Ok(())
}

async fn payments(
    seen: &mut Verified,
    site: &Site<'_>,
    payments: PaymentHandlerCalls,
) -> Result<()> {
    const NAME: &str = "payment_handler";
    let network = site.network;
    let fees = site.read(payments.fees()).await?;
    seen.check(format!("{NAME}: fees"), network.fee_schedule(), fees);
    let treasury = Hex32(*site.read(payments.treasury()).await?.as_ref());
    let expected = Hex32(network.roles.treasury);
    seen.check(format!("{NAME}: treasury"), expected, treasury);

    let vlk = site.target.contract("vlk_token")?.address;
    let tokens = core::iter::once(&vlk).chain(&network.tokens);
    let tokens = tokens.map(|token| Some((*token).into()));
    let expected: Vec<_> = core::iter::once(None).chain(tokens).collect();
    let count = site.read(payments.asset_count()).await?;
    let assets = u16::try_from(expected.len()).unwrap_or(u16::MAX);
    seen.check(format!("{NAME}: assets"), assets, count);
    for (number, token) in (0..count).zip(expected) {
        let asset = site.read(payments.asset(number)).await?;
        let expected = Some(Asset {
            token,
            allowed: true,
        });
        seen.check(format!("{NAME}: asset {number}"), expected, asset);
    }
    Ok(())
}

async fn pricing(seen: &mut Verified, site: &Site<'_>, pricing: PricingPlansCalls) -> Result<()> {
    let found = site.read(pricing.staking()).await?;
    let expected = site.network.staking();
    seen.check("pricing_engine: staking".to_owned(), expected, found);
    Ok(())
}

/// The gateways and categories that the network's file names; whether there are other gateways, the directory does not tell.
async fn directory(seen: &mut Verified, site: &Site<'_>, directory: DirectoryCalls) -> Result<()> {
    for account in &site.network.directory.gateways {
        let is_one = site.read(directory.is_gateway((*account).into())).await?;
        seen.check(format!("directory: gateway {}", hex(account)), true, is_one);
    }
    for (number, name) in &site.network.directory.categories {
        let found = site.read(directory.category_name(*number)).await?;
        let expected = Some(name.clone());
        seen.check(format!("directory: category {number}"), expected, found);
    }
    Ok(())
}

async fn moderation(
    seen: &mut Verified,
    site: &Site<'_>,
    moderation: ModerationCalls,
) -> Result<()> {
    let bond = site.read(moderation.bond()).await?;
    let expected = site.network.moderation.bond;
    seen.check("moderation: bond".to_owned(), expected, bond);
    let treasury = Hex32(*site.read(moderation.bond_treasury()).await?.as_ref());
    let expected = Hex32(site.network.bond_treasury());
    seen.check("moderation: treasury".to_owned(), expected, treasury);
    Ok(())
}

async fn meter(seen: &mut Verified, site: &Site<'_>, meter: TickStreamCalls) -> Result<()> {
    const NAME: &str = "tick_stream";
    let genesis = site.read(meter.genesis_hash()).await?;
    let expected = ink_hash(&site.facts.genesis);
    seen.check(format!("{NAME}: genesis hash"), expected, genesis);
    let delay = site.read(meter.exit_delay()).await?;
    let expected = site.network.delays.exit_ms;
    seen.check(format!("{NAME}: exit delay, ms"), expected, delay);
    Ok(())
}
