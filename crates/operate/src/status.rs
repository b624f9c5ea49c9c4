//! How the suite stands.

use crate::Deployed;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{json, Value};
use vilokanam_client::{hex, ss58, Balance};
use vilokanam_suite::second_code_of;

/// What `vilokanam status` shows. Amounts are texts, in base units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The chain's name.
    pub chain: String,
    /// The network's.
    pub network: String,
    /// The version of the chain's runtime.
    pub spec_version: u32,
    /// The best block.
    pub block: u64,
    /// Its time.
    pub now_ms: u64,
    /// The contracts.
    pub contracts: Vec<ContractStatus>,
    /// The assets.
    pub assets: Vec<AssetStatus>,
    /// The streams that are on air.
    pub live: Vec<StreamStatus>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContractStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The hash of the code that runs.
    pub code_hash: String,
    /// The version of that code's package.
    pub version: String,
    /// The name of its second code, and the hash, if it runs one.
    pub second_code: Option<(String, Value)>,
    /// The version of its storage layout.
    pub layout_version: Value,
    /// Its owner.
    pub owner: Value,
    /// Who was offered it.
    pub proposed_owner: Value,
    /// How long changes wait.
    pub change_delay_ms: u64,
    /// The changes that wait.
    pub pending: Vec<Pending>,
    /// Its native tokens.
    pub balance: String,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pending {
    /// Its number.
    pub id: Value,
    /// What will change.
    pub change: Value,
    /// From when it may be applied.
    pub due_ms: u64,
    /// Whether it may be now.
    pub due: bool,
}

/// An asset, and whether what is owed in it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AssetStatus {
    /// Its number.
    pub asset: u64,
    /// The native token's symbol, or the token's account.
    pub token: String,
    /// Whether new money in it is accepted.
    pub allowed: bool,
    /// Sums of pools, holds, payable balances and fees.
    pub totals: Value,
    /// All that is owed.
    pub owed: String,
    /// What the payment handler has of it, without its existential deposit; unknown where the token does not answer.
    pub has: Option<String>,
    /// Whether that is enough.
    pub solvent: Option<bool>,
}

/// A stream on air.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamStatus {
    /// Its number.
    pub stream: u64,
    /// Its owner.
    pub owner: Value,
    /// How many watch.
    pub viewers: u64,
    /// When the broadcast ends unless it is kept alive.
    pub ends_ms: Value,
}

impl Status {
    /// Whether every asset is solvent. One whose token does not answer may be, and nobody knows.
    pub fn solvent(&self) -> bool {
        self.assets.iter().all(|asset| asset.solvent == Some(true))
    }
}

/// An amount, or a number, as this crate reads it.
fn amount(value: &Value) -> Result<Balance> {
    let text = value.as_str().context("an amount is a text")?;
    Ok(text.parse()?)
}

fn number(value: &Value) -> Result<u64> {
    value
        .as_u64()
        .with_context(|| format!("{value} is no number"))
}

impl Deployed {
    /// Reads how the suite stands.
    pub async fn status(&self) -> Result<Status> {
        let mut status = Status {
            chain: self.facts.name.clone(),
            network: self.network.name.clone(),
            spec_version: self.client.spec_version(),
            block: self.client.best().await?.number,
            now_ms: self.client.now_ms().await?,
            contracts: Vec::new(),
            assets: Vec::new(),
            live: Vec::new(),
        };
        let names: Vec<String> = self.names().map(str::to_owned).collect();
        for name in names {
            let contract = self.contract_status(&name, status.now_ms).await?;
            status.contracts.push(contract);
        }
        let ask = |message: &'static str, args| self.ask("payment_handler", message, args);
        let assets = number(&ask("asset_count", json!([])).await?)?;
        for asset in 0..assets {
            status.assets.push(self.asset_status(asset).await?);
        }
        let mut start = json!(0);
        while !start.is_null() {
            let listing = self
                .ask("stream_registry", "live_streams", json!([start, u32::MAX]))
                .await?;
            for stream in listing["streams"].as_array().into_iter().flatten() {
                status.live.push(self.stream_status(stream).await?);
            }
            start = listing["next"].clone();
        }
        Ok(status)
    }

    async fn ask(&self, contract: &str, message: &str, args: Value) -> Result<Value> {
        self.read(contract, message, &args, None).await
    }

    async fn contract_status(&self, name: &str, now_ms: u64) -> Result<ContractStatus> {
        let contract = self.contract(name)?;
        let told = self.ask(name, "administration", Value::Null).await?;
        let pending = told["pending"].as_array().into_iter().flatten().map(|one| {
            let due_ms = number(&one["due_ms"])?;
            Ok(Pending {
                id: one["id"].clone(),
                change: one["change"].clone(),
                due_ms,
                due: due_ms <= now_ms,
            })
        });
        Ok(ContractStatus {
            name: name.to_owned(),
            address: ss58(&contract.address, self.facts.ss58_prefix),
            code_hash: hex(&contract.code_hash),
            version: contract.abi.version.clone(),
            second_code: second_code_of(name).map(|second| {
                let hash = told["second_code"].clone();
                (second.to_owned(), hash)
            }),
            layout_version: told["layout_version"].clone(),
            owner: told["owner"].clone(),
            proposed_owner: told["proposed_owner"].clone(),
            change_delay_ms: number(&told["change_delay_ms"])?,
            pending: pending.collect::<Result<_>>()?,
            balance: self
                .client
                .account(&contract.address)
                .await?
                .free
                .to_string(),
        })
    }

    async fn asset_status(&self, asset: u64) -> Result<AssetStatus> {
        let payments = self.address("payment_handler")?;
        let known = self
            .ask("payment_handler", "PaymentHandler::asset", json!([asset]))
            .await?;
        let totals = self
            .ask("payment_handler", "totals", json!([asset]))
            .await?;
        let mut owed: Balance = 0;
        for part in totals
            .as_object()
            .into_iter()
            .flat_map(|totals| totals.values())
        {
            owed = owed.saturating_add(amount(part)?);
        }
        let token = known["token"].as_str();
        let has = match token {
            None => {
                let free = self.client.account(&payments).await?.free;
                Some(free.saturating_sub(self.facts.existential_deposit))
            }
            // Any PSP22 answers as ours does. One that does not is its owner's affair, and no reason to show nothing.
            Some(token) => {
                let abi = self.abi("vlk_token")?;
                let token = vilokanam_client::parse_account(token)?;
                let payments = hex(&payments);
                let has = self
                    .read_by(
                        abi,
                        &token,
                        "the token",
                        "PSP22::balance_of",
                        &json!([payments]),
                        None,
                    )
                    .await;
                has.ok().map(|has| amount(&has)).transpose()?
            }
        };
        Ok(AssetStatus {
            asset,
            token: token.unwrap_or(&self.facts.symbol).to_owned(),
            allowed: known["allowed"].as_bool().unwrap_or_default(),
            totals,
            owed: owed.to_string(),
            has: has.map(|has| has.to_string()),
            solvent: has.map(|has| has >= owed),
        })
    }

    async fn stream_status(&self, stream: &Value) -> Result<StreamStatus> {
        let record = self
            .ask("stream_registry", "StreamRegistry::stream", json!([stream]))
            .await?;
        let facts = self
            .ask("stream_registry", "facts", json!([stream]))
            .await?;
        let viewers = self
            .ask("tick_stream", "live_viewers", json!([stream]))
            .await?;
        Ok(StreamStatus {
            stream: number(stream)?,
            owner: record["owner"].clone(),
            viewers: number(&viewers)?,
            ends_ms: facts["end_ms"].clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_assets_are_solvent_or_not_all_are() {
        let asset = |solvent| AssetStatus {
            asset: 0,
            token: "UNIT".into(),
            allowed: true,
            totals: Value::Null,
            owed: "0".into(),
            has: None,
            solvent,
        };
        let status = |assets: &[Option<bool>]| Status {
            chain: String::new(),
            network: String::new(),
            spec_version: 1,
            block: 1,
            now_ms: 1,
            contracts: Vec::new(),
            assets: assets.iter().map(|solvent| asset(*solvent)).collect(),
            live: Vec::new(),
        };
        assert!(status(&[Some(true), Some(true)]).solvent());
        assert!(!status(&[Some(true), Some(false)]).solvent());
        assert!(!status(&[Some(true), None]).solvent());
    }

    #[test]
    fn amounts_are_texts_and_numbers_are_not() {
        let most = Balance::MAX.to_string();
        assert_eq!(amount(&json!(most)).ok(), Some(Balance::MAX));
        assert!(amount(&json!(1)).is_err() && amount(&json!("-1")).is_err());
        assert_eq!(number(&json!(7)).ok(), Some(7));
        assert!(number(&json!("7")).is_err() && number(&json!(-7)).is_err());
    }
}
