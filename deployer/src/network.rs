//! `plan`, `deploy` and `verify`: what they take, and what they print.

use crate::print;
use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vilokanam_client::{AccountId, Client, Key};
use vilokanam_deploy::{
    deploy, open, plan, verify, Network, Paths, Progress, Record, Site, Teller, Verified, Watcher,
};
use vilokanam_operate::keep_metadata;

/// Which network, and where its files are.
#[derive(Debug, Args)]
pub struct NetworkArgs {
    /// The network: its file is `<config>/<NAME>.toml`; `local` is built in.
    #[arg(long, value_name = "NAME")]
    pub network: String,

    /// The folder of the networks' files.
    #[arg(long, value_name = "DIR", default_value = "deployer/config")]
    pub config: PathBuf,

    /// The record of what is deployed [default: deployments/<NAME>.json].
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Print one JSON document. Amounts are texts, in base units.
    #[arg(long)]
    pub json: bool,
}

/// Examples of `vilokanam plan`.
pub const PLAN_NOTES: &str = "\
Changes nothing. Fees and gas are limits; what cannot be dry-run yet is estimated upwards and marked.
Exit code: 0 if it could be planned, 2 if not.

Examples:
  vilokanam plan --network local
  vilokanam plan --network local --json | jq .balance";

/// Examples of `vilokanam deploy`.
pub const DEPLOY_NOTES: &str = "\
Does only what the chain does not have yet: after it was stopped, run it again. Progress goes to stderr, the result to stdout.
Exit code: 0 if the suite is there and verified, 1 if something differs from the network's file, 2 if it could not be done.

The key comes from the environment (VILOKANAM_SURI: a secret phrase or a hex seed, either with a derivation path), or from the
`key_file` of the network's file; a network with `development = true` falls back to //Alice.

Examples:
  vilokanam deploy --network local
  VILOKANAM_SURI=\"$(cat phrase)\" vilokanam deploy --network mainnet --json > deployed.json";

/// Examples of `vilokanam verify`.
pub const VERIFY_NOTES: &str = "\
Each difference is one line. Exit code: 0 if there is none, 1 if there is one, 2 if the chain could not be asked.

Examples:
  vilokanam verify --network local
  vilokanam verify --network local --json | jq '.drifts[].subject'";

/// What `deploy --json` prints.
#[derive(Serialize)]
struct Outcome {
    deployed: vilokanam_deploy::Deployed,
    verified: Verified,
}

impl NetworkArgs {
    /// The network's file.
    pub fn network(&self) -> Result<Network> {
        Network::load(&self.network, Some(&self.config))
    }

    /// Where things are.
    pub fn paths(&self) -> Paths {
        let record = self.record.clone();
        Paths {
            artifacts: vilokanam_suite::artifacts_dir(),
            record: record.unwrap_or_else(|| Record::default_path(&self.network)),
        }
    }
}

/// The key of a network.
pub fn key(network: &Network) -> Result<Key> {
    Key::load(network.key_file.as_deref(), network.development)
}

/// Connects to a network.
pub async fn connect(network: &Network) -> Result<Client> {
    Client::connect(&network.endpoints, network.options()).await
}

/// Prints what a deployment would do.
pub fn run_plan(args: &NetworkArgs) -> Result<bool> {
    wait(async {
        let network = args.network()?;
        let record = Record::load(&args.paths().record)?;
        let client = connect(&network).await?;
        let site = site(args, &client, &network, record.as_ref()).await?;
        let planned = plan(&site).await?;
        tell(args.json, &planned, planned.to_string())?;
        Ok(true)
    })
}

/// Deploys what is missing, and verifies all of it.
pub fn run_deploy(args: &NetworkArgs) -> Result<bool> {
    wait(async {
        let network = args.network()?;
        let paths = args.paths();
        let key = key(&network)?;
        let client = connect(&network).await?;
        let mut watcher = Keeper {
            paths: &paths,
            teller: (!args.json).then(Teller::default),
        };
        let deployed = deploy(&client, &network, &paths, &key, &mut watcher).await?;
        let record = Record::load(&paths.record)?;
        let site = site(args, &client, &network, record.as_ref()).await?;
        let verified = verify(&site, record.as_ref()).await?;
        let clean = verified.drifts.is_empty();
        let text = format!("{deployed}{verified}record: {}\n", paths.record.display());
        tell(args.json, &Outcome { deployed, verified }, text)?;
        Ok(clean)
    })
}

/// Keeps the metadata as soon as there is a record, before anything is sent: later builds take the artifacts' place.
struct Keeper<'a> {
    paths: &'a Paths,
    /// Tells all; without it, notes are told.
    teller: Option<Teller>,
}

impl Watcher for Keeper<'_> {
    fn on(&mut self, progress: &Progress<'_>) -> Result<()> {
        if let Progress::Begun { .. } = progress {
            if let Some(record) = Record::load(&self.paths.record)? {
                keep_metadata(&record, &self.paths.record, &self.paths.artifacts)?;
            }
        }
        match (&mut self.teller, progress) {
            (Some(teller), _) => teller.on(progress),
            (None, Progress::Note(note)) => {
                eprintln!("{note}");
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }
}

/// Prints where the chain differs from what it should be.
pub fn run_verify(args: &NetworkArgs) -> Result<bool> {
    wait(async {
        let network = args.network()?;
        let record = Record::load(&args.paths().record)?;
        let client = connect(&network).await?;
        let site = site(args, &client, &network, record.as_ref()).await?;
        let verified = verify(&site, record.as_ref()).await?;
        tell(args.json, &verified, verified.to_string())?;
        Ok(verified.drifts.is_empty())
    })
}

async fn site<'a>(
    args: &NetworkArgs,
    client: &'a Client,
    network: &'a Network,
    record: Option<&Record>,
) -> Result<Site<'a>> {
    let artifacts = args.paths().artifacts;
    let deployer = deployer(network, record)?;
    open(client, network, &artifacts, deployer, record).await
}

/// Who deployed, or would: looking on needs no key where a record or the network's file names an account.
fn deployer(network: &Network, record: Option<&Record>) -> Result<AccountId> {
    if let Some(record) = record {
        return Ok(record.deployer.0);
    }
    match (key(network), network.roles.owner) {
        (Ok(key), _) => Ok(key.account()),
        (Err(_), Some(owner)) => Ok(owner),
        (Err(error), None) => Err(error).context("who deploys?"),
    }
}

fn tell(json: bool, value: &impl Serialize, text: String) -> Result<()> {
    match json {
        true => print::json(value),
        false => print::text(&text),
    }
}

/// Runs a command to its end on this thread.
pub fn wait<T>(command: impl core::future::Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(command)
}
