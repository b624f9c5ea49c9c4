//! What the tests on a real node share.
#![allow(dead_code)] // each test file uses a part of it

use anyhow::{Context, Result};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};
use vilokanam_client::{Call, Client, Gas, Included, Key, Until};
use vilokanam_deploy::{
    deploy, open, verify, Deployed, Network, Paths, Progress, Record, Silent, Site, Verified,
};
use vilokanam_node::{node_binary, Process, Setup, NO_NODE};
use vilokanam_suite::{artifacts_dir, Message};

pub const UNIT: u128 = 1_000_000_000_000;
/// The codes of the suite.
pub const CODES: usize = 13;
/// Its contracts: four codes are second ones.
pub const INSTANCES: usize = 9;
/// Seven are wired, and one is made a moderator.
pub const MESSAGES: usize = 8;
/// The steps of a deployment.
pub const STEPS: usize = CODES + INSTANCES + MESSAGES;

/// A node, or `None` after saying that there is none, where that is allowed.
pub fn node(setup: &Setup) -> Result<Option<Process>> {
    if let Some(binary) = node_binary() {
        return Process::start_with(&binary, setup).map(Some);
    }
    let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
    assert!(!required, "no node: {NO_NODE}");
    // Not by print!, which is shown only when a test fails.
    writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}")?;
    Ok(None)
}

/// The built-in network, on a port.
pub fn network(port: u16) -> Result<Network> {
    let mut network = Network::load("local", Some(Path::new("/nowhere")))?;
    network.endpoints = vec![format!("ws://127.0.0.1:{port}")];
    Ok(network)
}

pub async fn connect(network: &Network) -> Result<Client> {
    Client::connect(&network.endpoints, network.options()).await
}

pub fn key(uri: &str) -> Result<Key> {
    Key::parse(uri, true)
}

/// A folder of a test's own, gone with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vilokanam-deploy-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub fn paths(&self) -> Paths {
        Paths {
            artifacts: artifacts_dir(),
            record: self.0.join("local.json"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Deploys without telling anybody.
pub async fn put(client: &Client, network: &Network, paths: &Paths, key: &Key) -> Result<Deployed> {
    deploy(client, network, paths, key, &mut Silent).await
}

/// Deploys, and stops without any tidying when this has happened for the `after`th time.
pub async fn put_until(
    client: &Client,
    network: &Network,
    paths: &Paths,
    key: &Key,
    after: usize,
    what: fn(&Progress<'_>) -> bool,
) -> Result<Deployed> {
    let mut seen = 0;
    let mut stop = |progress: &Progress<'_>| {
        seen += usize::from(what(progress));
        anyhow::ensure!(seen < after, "stopped");
        Ok(())
    };
    deploy(client, network, paths, key, &mut stop).await
}

/// The suite as its record tells of it.
pub async fn site<'a>(
    client: &'a Client,
    network: &'a Network,
    paths: &Paths,
) -> Result<(Site<'a>, Record)> {
    let record = Record::load(&paths.record)?.context("a record")?;
    let deployer = record.deployer.0;
    let site = open(client, network, &paths.artifacts, deployer, Some(&record)).await?;
    Ok((site, record))
}

pub async fn verified(client: &Client, network: &Network, paths: &Paths) -> Result<Verified> {
    let (site, record) = site(client, network, paths).await?;
    verify(&site, Some(&record)).await
}

/// The lines of what differs.
pub async fn drifts(client: &Client, network: &Network, paths: &Paths) -> Result<Vec<String>> {
    let verified = verified(client, network, paths).await?;
    Ok(verified.drifts.iter().map(ToString::to_string).collect())
}

/// Sends a message, which must not fail.
pub async fn send<M: Message>(client: &Client, key: &Key, message: M) -> Result<Included> {
    let (to, value, data) = message.into_parts();
    let to = *to.as_ref();
    let dry = client.dry_call(&key.account(), &to, value, &data).await?;
    anyhow::ensure!(!dry.result?.reverted, "the contract refuses");
    let gas = Gas::with_margin(dry.gas);
    let call = Call::call(&to, value, gas, &data);
    let done = client.submit(key, &call, Until::InBlock).await?;
    done.result.clone()?;
    Ok(done)
}

/// Gives an account tokens of //Alice.
pub async fn fund(client: &Client, key: &Key, amount: u128) -> Result<()> {
    let alice = self::key("//Alice")?;
    let call = Call::transfer(&key.account(), amount);
    client.submit(&alice, &call, Until::InBlock).await?.result?;
    Ok(())
}

/// How often each event of the pallet of contracts occurred on the chain: codes stored, contracts instantiated.
pub async fn occurred(client: &Client) -> Result<(usize, usize)> {
    let (mut codes, mut contracts) = (0, 0);
    for number in 1..=client.best().await?.number {
        let hash = client.block_hash(number).await?.context("a block")?;
        for event in client.events(&hash).await? {
            codes += usize::from(event.is("Contracts", "CodeStored"));
            contracts += usize::from(event.is("Contracts", "Instantiated"));
        }
    }
    Ok((codes, contracts))
}
