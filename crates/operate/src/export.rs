//! What a program that speaks to the suite needs, in one document.

use crate::Deployed;
use anyhow::Result;
use serde_json::{json, Map, Value};
use vilokanam_client::{hex, ss58};

/// Addresses and metadata of the contracts, and what is needed to connect.
pub fn export(deployed: &Deployed) -> Result<Value> {
    let facts = &deployed.facts;
    let mut contracts = Map::new();
    for (name, contract) in &deployed.contracts {
        let text = deployed.abis.text_of(name, &contract.code_hash)?;
        let mut abi: Value = serde_json::from_str(&text)?;
        // Of the build, and large where it has the code in it.
        if let Some(abi) = abi.as_object_mut() {
            abi.remove("source");
        }
        let entry = json!({
            "address": ss58(&contract.address, facts.ss58_prefix),
            "publicKey": hex(&contract.address),
            "codeHash": hex(&contract.code_hash),
            "abi": abi,
        });
        contracts.insert(name.clone(), entry);
    }
    Ok(json!({
        "network": deployed.network.name,
        "chain": facts.name,
        "endpoints": deployed.network.endpoints,
        "genesisHash": hex(&facts.genesis),
        "ss58Prefix": facts.ss58_prefix,
        "tokenSymbol": facts.symbol,
        "tokenDecimals": facts.decimals,
        "contracts": contracts,
    }))
}
