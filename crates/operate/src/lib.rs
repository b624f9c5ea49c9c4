//! The everyday of a deployed suite: its messages by name with JSON, how it stands, its events, its next versions.
//!
//! Everything here goes by the contracts' own metadata, and knows few of their messages by name: those of `Administered`, and
//! what [`Deployed::status`] reads. Which metadata is a contract's is decided by the hash of the code that runs on the chain. It
//! is kept beside the record (`deployments/NETWORK.abi/HASH.json`), because a new build takes the old one's place.

mod abis;
mod call;
mod export;
mod status;
mod upgrade;
mod watch;

pub use call::{variant, Done, Refused};
pub use export::export;
pub use status::{AssetStatus, ContractStatus, Pending, Status, StreamStatus};
pub use upgrade::{Incompatible, NewCode, Outcome, Step, UpgradeOptions, Upgraded};
pub use watch::{Seen, WatchOptions};

use abis::Abis;
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use vilokanam_abi::Abi;
use vilokanam_client::{AccountId, Client, Facts, Hash};
use vilokanam_deploy::{Network, Record};

/// Keeps the metadata of all that a record names, as long as the artifacts are those that were deployed: upgrades need it.
pub fn keep_metadata(record: &Record, record_file: &Path, artifacts: &Path) -> Result<()> {
    let abis = Abis::new(record_file, artifacts, 42);
    let contracts = record.contracts.iter();
    let contracts = contracts.map(|(name, entry)| (name, entry.code_hash.0));
    let codes = record
        .codes
        .iter()
        .map(|(name, entry)| (name, entry.hash.0));
    for (name, code) in contracts.chain(codes) {
        abis.text_of(name, &code)?;
    }
    Ok(())
}

/// A suite that is there.
pub struct Deployed {
    /// The connection.
    pub client: Client,
    /// What the chain says of itself.
    pub facts: Facts,
    /// The network's file.
    pub network: Network,
    /// What was deployed.
    pub record: Record,
    /// Where that is written.
    pub record_file: PathBuf,
    /// The contracts by name.
    contracts: BTreeMap<String, Contract>,
    abis: Abis,
}

/// A contract of it.
struct Contract {
    address: AccountId,
    /// The hash of the code that runs.
    code_hash: Hash,
    /// The metadata of that code.
    abi: Abi,
}

impl Deployed {
    /// Connects, and finds the metadata of every contract of the record: kept from earlier, or among the artifacts.
    pub async fn open(network: Network, record_file: &Path, artifacts: &Path) -> Result<Self> {
        let record = Record::load(record_file)?.with_context(|| {
            let file = record_file.display();
            let name = &network.name;
            format!("nothing is deployed: there is no {file}; `vilokanam deploy --network {name}`")
        })?;
        let client = Client::connect(&network.endpoints, network.options()).await?;
        let facts = client.facts().await?;
        record.ensure_chain(&facts.genesis)?;
        let mut this = Self {
            abis: Abis::new(record_file, artifacts, facts.ss58_prefix),
            client,
            facts,
            network,
            record,
            record_file: record_file.to_owned(),
            contracts: BTreeMap::new(),
        };
        this.refresh().await?;
        Ok(this)
    }

    /// Looks again which code runs where. What is not known does not keep the rest from being looked at.
    pub(crate) async fn refresh(&mut self) -> Result<()> {
        let mut failed = Ok(());
        for (name, entry) in &self.record.contracts {
            let known = self.contracts.get(name);
            match self.look(name, entry.address.0, known).await {
                Ok(contract) => drop(contract.map(|new| self.contracts.insert(name.clone(), new))),
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }

    /// The contract, if it runs other code than is known.
    async fn look(
        &self,
        name: &str,
        address: AccountId,
        known: Option<&Contract>,
    ) -> Result<Option<Contract>> {
        let found = self.client.contract(&address).await?;
        let found = found.with_context(|| {
            let account = vilokanam_client::ss58(&address, self.facts.ss58_prefix);
            format!("there is no {name} at {account}, where the record says it is")
        })?;
        if known.is_some_and(|contract| contract.code_hash == found.code_hash) {
            return Ok(None);
        }
        Ok(Some(Contract {
            address,
            code_hash: found.code_hash,
            abi: self.abis.of(name, &found.code_hash)?,
        }))
    }

    /// The names of the contracts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.contracts.keys().map(String::as_str)
    }

    /// The address of a contract.
    pub fn address(&self, name: &str) -> Result<AccountId> {
        Ok(self.contract(name)?.address)
    }

    /// The metadata of a contract.
    pub fn abi(&self, name: &str) -> Result<&Abi> {
        Ok(&self.contract(name)?.abi)
    }

    fn contract(&self, name: &str) -> Result<&Contract> {
        self.contracts.get(name).with_context(|| {
            let names: Vec<_> = self.names().collect();
            format!(
                "no contract is called `{name}`: there are {}",
                names.join(", ")
            )
        })
    }
}
