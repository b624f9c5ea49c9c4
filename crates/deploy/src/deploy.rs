//! Puts the suite on a chain, or what is missing of it.
//!
//! Every step is looked up on the chain first, and once more after anything went wrong, so that it does not matter who did it
//! or when this program was killed. Steps that do not need each other are sent together, with nonces one after the other;
//! nothing waits for a block to become final but the record, into which only final steps go.

use crate::{
    chain::{answer, is_about_money, Site, Step},
    progress::{Progress, Watcher},
    record::{CodeEntry, ContractEntry, Damaged, Hex32, Lock, Place, Record},
    target::{codes, Target, TieKind},
    Network,
};
use anyhow::{bail, ensure, Context, Result};
use serde::Serialize;
use sp_crypto_hashing::blake2_256;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};
use tokio::time::sleep;
use vilokanam_client::{
    hex, AccountId, Block, Client, Hash, Included, Key, NotIncluded, Signed, Until, DECIMALS,
};
use vilokanam_interfaces::{
    AccountId as InkAccount, Administered, Administration, Directory, PricingPlans, StreamRegistry,
    Wiring,
};
use vilokanam_suite::{
    administered, second_code_of, DirectoryCalls, Message, PricingPlansCalls, StreamRegistryCalls,
};

/// How often a step is tried whose transaction somebody else's displaced.
const ROUNDS: u32 = 5;
/// What to say where a step is gone.
const UNDONE: &str = "it was undone by another branch of the chain: run it again";

/// Where a deployment finds and keeps things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The built contracts: `<dir>/<name>/<name>.wasm`.
    pub artifacts: PathBuf,
    /// The record.
    pub record: PathBuf,
}

/// What came of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployed {
    /// What this run did.
    pub done: Vec<String>,
    /// What was there already.
    pub skipped: Vec<String>,
    /// The addresses by name.
    pub addresses: BTreeMap<String, Hex32>,
    /// Fees that this run paid, in base units, where the chain says so.
    pub fees: String,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl core::fmt::Display for Deployed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (name, address) in &self.addresses {
            writeln!(f, "{name:16} at {address}")?;
        }
        let (done, skipped) = (self.done.len(), self.skipped.len());
        let seconds = self.elapsed_ms / 1_000;
        let tenths = self.elapsed_ms % 1_000 / 100;
        writeln!(
            f,
            "{done} steps done, {skipped} done before, in {seconds}.{tenths} s"
        )
    }
}

/// Connects to a network, and refuses a chain that cannot host the suite or is not the recorded one.
pub async fn open<'a>(
    client: &'a Client,
    network: &'a Network,
    artifacts: &Path,
    deployer: AccountId,
    record: Option<&Record>,
) -> Result<Site<'a>> {
    let facts = client.facts().await?;
    if let Some(record) = record {
        record.ensure_chain(&facts.genesis)?;
    }
    let codes = codes(artifacts)?;
    let target = Target::new(network, codes, deployer, facts.genesis, record)?;
    facts.suits(target.largest_code())?;
    // Amounts would be told wrongly, by powers of ten; where tokens are worth nothing, that does no harm.
    ensure!(
        network.development || !facts.assumed.contains(&DECIMALS),
        "the chain does not say with how many decimals its token is written ({DECIMALS} of system_properties), and no amount could be \
         told: ask another node of it"
    );
    Ok(Site {
        client,
        facts,
        network,
        target,
        recorded: record.is_some(),
    })
}

/// Deploys what is missing.
pub async fn deploy(
    client: &Client,
    network: &Network,
    paths: &Paths,
    key: &Key,
    watcher: &mut dyn Watcher,
) -> Result<Deployed> {
    let begun = Instant::now();
    let _lock = Lock::take(&paths.record)?;
    let deployer = key.account();
    let (record, damaged) = match Record::load(&paths.record) {
        Ok(record) => (record, None),
        Err(error) => match error.downcast::<Damaged>() {
            Ok(damaged) => (None, Some(damaged)),
            Err(error) => return Err(error),
        },
    };
    let site = open(client, network, &paths.artifacts, deployer, record.as_ref()).await?;
    if record.is_none() && damaged.is_none() {
        if let Some(note) = site.without_record(&site.missing().await?) {
            watcher.on(&Progress::Note(note))?;
        }
    }
    let record = match (record, damaged) {
        (Some(record), _) => {
            site.target.ensure_same(&record)?;
            record
        }
        (None, None) => begin(&site).await?,
        (None, Some(damaged)) => recover(&site, damaged, watcher).await?,
    };
    let mut run = Run {
        site: &site,
        key,
        file: &paths.record,
        record,
        watcher,
        open: Vec::new(),
        done: Vec::new(),
        fees: 0,
    };
    // What will be made is written down before anything is sent: a later run with other code would make a second suite.
    run.record.save(run.file)?;
    run.leftovers().await?;
    let missing = site.missing().await?;
    let skipped = site.waves().concat();
    let skipped: Vec<Step> = skipped
        .into_iter()
        .filter(|step| !missing.contains(step))
        .collect();
    run.watcher.on(&Progress::Begun {
        steps: missing.len(),
        there: skipped.len(),
    })?;
    if !missing.is_empty() {
        let (_, short) = site.costs(&missing).await?;
        site.ensure_enough(&short)?;
    }
    for wave in site.waves() {
        run.wave(&wave).await?;
    }
    run.settle(true).await?;
    run.complete(&skipped).await?;

    let labels = |steps: &[Step]| steps.iter().map(|step| site.label(*step)).collect();
    let contracts = site.target.contracts.iter();
    Ok(Deployed {
        done: run.done,
        skipped: labels(&skipped),
        addresses: contracts
            .map(|one| (one.name.to_owned(), Hex32(one.address)))
            .collect(),
        fees: run.fees.to_string(),
        elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// The record of a deployment that begins, or whose record is gone: all is known, and each contract that is there runs the code of
/// the artifacts.
async fn begin(site: &Site<'_>) -> Result<Record> {
    ensure_not_upgraded(site).await?;
    let facts = &site.facts;
    let deployer = site.target.deployer;
    let mut record = Record::new(
        &site.network.name,
        facts.genesis,
        facts.spec_version,
        deployer,
    );
    for code in &site.target.codes {
        let entry = CodeEntry {
            hash: Hex32(code.hash),
            bytes: code.wasm.len(),
            place: None,
        };
        record.codes.insert(code.name.to_owned(), entry);
    }
    for contract in &site.target.contracts {
        let entry = ContractEntry {
            address: Hex32(contract.address),
            code_hash: contract.constructor.code_hash,
            constructor: contract.constructor.clone(),
            place: None,
            more: BTreeMap::new(),
        };
        record.contracts.insert(contract.name.to_owned(), entry);
    }
    Ok(record)
}

/// Refuses to make a record of contracts that run other codes than they were made with: only the lost one told which.
async fn ensure_not_upgraded(site: &Site<'_>) -> Result<()> {
    for contract in &site.target.contracts {
        let Some(there) = site.client.contract(&contract.address).await? else {
            continue;
        };
        ensure_original(site, contract.name, there.code_hash)?;
        if let Some(second) = second_code_of(contract.name) {
            let runs = site.administration(contract.address).await?.second_code;
            let runs = runs.with_context(|| format!("{} has no second code", contract.name))?;
            ensure_original(site, second, runs.into())?;
        }
    }
    Ok(())
}

fn ensure_original(site: &Site<'_>, name: &str, runs: Hash) -> Result<()> {
    let built = site.target.code(name)?.hash;
    ensure!(
        runs == built,
        "the code of {name} is {} on the chain, and the artifact is {}: it was upgraded, and a record made anew would not know of it. \
         Put the record back from a copy",
        hex(&runs),
        hex(&built)
    );
    Ok(())
}

/// A record anew, where the chain has everything that the damaged one can have told of.
async fn recover(site: &Site<'_>, damaged: Damaged, watcher: &mut dyn Watcher) -> Result<Record> {
    let record = begin(site).await?;
    let missing = site.missing().await?;
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(|step| site.label(*step)).collect();
        bail!(
            "{damaged}. It cannot be recovered from the chain, which has not all that this key, the artifacts and the network's file \
             make: {}. Put the file back from a copy, or move it away to begin another deployment",
            missing.join(", ")
        );
    }
    // The damaged file is kept: somebody may want to look at it.
    let kept = (0..).map(|n| damaged.file.with_extension(format!("json.damaged-{n}")));
    let kept = kept.into_iter().find(|kept| !kept.exists());
    let kept = kept.context("no name for the damaged record")?;
    fs::rename(&damaged.file, &kept)?;
    watcher.on(&Progress::Note(format!(
        "{damaged}. All of it is on the chain: the record is made anew, and the old file is kept as {}",
        kept.display()
    )))?;
    Ok(record)
}

/// A step whose block is not final yet.
struct Open {
    step: Step,
    signed: Signed,
    block: Block,
    place: Place,
}

struct Run<'a, 'w> {
    site: &'a Site<'a>,
    key: &'a Key,
    file: &'a Path,
    record: Record,
    watcher: &'w mut dyn Watcher,
    open: Vec<Open>,
    done: Vec<String>,
    fees: u128,
}

impl Run<'_, '_> {
    /// Waits for what an earlier run sent and no block has yet: sent again, it would be paid twice.
    async fn leftovers(&mut self) -> Result<()> {
        let client = self.site.client;
        let deadline = Instant::now() + client.options().leftovers;
        let mut told = false;
        while client.next_nonce(&self.key.account()).await?
            > client.account(&self.key.account()).await?.nonce
        {
            if !core::mem::replace(&mut told, true) {
                self.note("waiting for transactions of this account that no block has yet")?;
            }
            if Instant::now() > deadline {
                bail!(
                    "transactions of {} wait in the pool, and no block takes them: sent again, they could take effect twice. Run it again \
                     when they are gone, in {} blocks at most if they are this program's; until then a node with no other \
                     transactions of the account, or who else uses the key, may tell why",
                    hex(&self.key.account()),
                    client.options().mortal_blocks
                );
            }
            sleep(client.options().poll).await;
        }
        Ok(())
    }

    /// Does the steps of a wave that the chain does not have.
    async fn wave(&mut self, wave: &[Step]) -> Result<()> {
        for round in 0..ROUNDS {
            let mut missing = Vec::new();
            for step in wave {
                if !self.site.holds(*step).await? {
                    missing.push(*step);
                }
            }
            if missing.is_empty() {
                return Ok(());
            }
            if round > 0 {
                let labels: Vec<_> = missing.iter().map(|step| self.site.label(*step)).collect();
                self.note(&format!("again: {}", labels.join(", ")))?;
                self.site.client.refresh().await?;
            }
            self.round(&missing).await?;
            self.settle(false).await?;
        }
        bail!("the transactions are displaced again and again: does somebody else use this key?")
    }

    /// Sends steps together and waits until blocks have them. A step that another transaction displaced is left for the next
    /// round; one that failed and is not there is an error.
    async fn round(&mut self, steps: &[Step]) -> Result<()> {
        let client = self.site.client;
        let mut nonce = client.next_nonce(&self.key.account()).await?;
        let mut sent: Vec<(Step, Signed)> = Vec::new();
        let mut refused = None;
        for step in steps {
            let call = match self.site.call(*step).await {
                Ok(call) => call,
                Err(error) => {
                    // What was sent before it is followed first.
                    refused = Some((*step, error));
                    break;
                }
            };
            let signed = client.sign(self.key, &call, nonce).await?;
            match client.send(&signed).await {
                // What is banned, a block may have already: it is followed.
                Ok(()) | Err(NotIncluded::Banned) => {}
                Err(NotIncluded::NonceTaken) => break,
                Err(error) => {
                    refused = Some((*step, error.into()));
                    break;
                }
            }
            self.watcher.on(&Progress::Sent {
                step: &self.site.label(*step),
                transaction: signed.hash,
            })?;
            sent.push((*step, signed));
            nonce = nonce.saturating_add(1);
        }
        let signed: Vec<_> = sent.iter().map(|(_, signed)| signed.clone()).collect();
        let results = client.follow(&signed, Until::InBlock).await?;
        for ((step, signed), result) in sent.into_iter().zip(results) {
            match result {
                Ok(included) => self.included(step, signed, included, &mut refused)?,
                Err(NotIncluded::NonceTaken | NotIncluded::Expired | NotIncluded::Banned) => {}
                Err(error) => refused = refused.or(Some((step, error.into()))),
            }
        }
        let Some((step, error)) = refused else {
            return Ok(());
        };
        // Another deployer may have done it meanwhile.
        if self.site.holds(step).await? {
            return Ok(());
        }
        if let Err(also) = self.settle(true).await {
            self.note(&format!("{also:#}"))?;
        }
        Err(self.explain(step, error).await)
    }

    fn included(
        &mut self,
        step: Step,
        signed: Signed,
        included: Included,
        refused: &mut Option<(Step, anyhow::Error)>,
    ) -> Result<()> {
        self.fees = self.fees.saturating_add(included.fee().unwrap_or(0));
        if let Err(error) = included.result {
            if refused.is_none() {
                *refused = Some((step, error.into()));
            }
            return Ok(());
        }
        let label = self.site.label(step);
        self.watcher.on(&Progress::InBlock {
            step: &label,
            block: included.block.number,
        })?;
        self.done.push(label);
        self.open.push(Open {
            step,
            signed,
            block: included.block,
            place: Place::from(&included),
        });
        Ok(())
    }

    /// Why a step failed: by the chain's words, and where money is missing, how much.
    async fn explain(&self, step: Step, error: anyhow::Error) -> anyhow::Error {
        let by_chain = error.downcast_ref().is_some_and(is_about_money);
        let by_pool = matches!(
            error.downcast_ref(),
            Some(NotIncluded::Refused(error)) if error.message.contains("pay some fees")
        );
        if by_chain || by_pool {
            let short = async {
                let missing = self.site.missing().await?;
                let (_, short) = self.site.costs(&missing).await?;
                self.site.ensure_enough(&short)
            };
            if let Err(short) = short.await {
                return short.context(self.site.label(step));
            }
        }
        error.context(self.site.label(step))
    }

    /// Records the steps whose blocks are final, and if it is told to, waits until all are.
    async fn settle(&mut self, wait: bool) -> Result<()> {
        let client = self.site.client;
        let deadline = Instant::now() + client.options().inclusion;
        while !self.open.is_empty() {
            let height = self.height().await?;
            let mut later = Vec::new();
            for open in core::mem::take(&mut self.open) {
                if open.block.number > height {
                    later.push(open);
                } else if client.block_hash(open.block.number).await? == Some(open.block.hash) {
                    self.recorded(open.step, open.place)?;
                } else {
                    // Another branch became final; the transaction is in one of its blocks, or in the pool.
                    let found = client.follow(core::slice::from_ref(&open.signed), Until::InBlock);
                    match found.await?.pop() {
                        Some(Ok(included)) => later.push(Open {
                            block: included.block,
                            place: Place::from(&included),
                            ..open
                        }),
                        _ => bail!("{}: {UNDONE}", self.site.label(open.step)),
                    }
                }
            }
            self.open = later;
            if !wait || self.open.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("blocks do not become final: run it again when they do");
            }
            sleep(client.options().poll).await;
        }
        Ok(())
    }

    /// The last block that is as good as the network wants it.
    async fn height(&self) -> Result<u64> {
        let client = self.site.client;
        Ok(match self.site.network.finality {
            Until::Finalized => client.finalized().await?.number,
            Until::InBlock => client.best().await?.number,
        })
    }

    fn recorded(&mut self, step: Step, place: Place) -> Result<()> {
        put(&mut self.record, self.site, step, place);
        self.record.save(self.file)?;
        self.watcher.on(&Progress::Final {
            step: &self.site.label(step),
            block: place.block,
        })
    }

    /// Finds out where the steps were done that earlier runs did and did not live to record, and closes the record.
    async fn complete(&mut self, skipped: &[Step]) -> Result<()> {
        let client = self.site.client;
        let mut found = Vec::new();
        for step in skipped {
            if has_place(&self.record, self.site, *step) {
                continue;
            }
            // A node that forgot old state cannot say; the record then goes without.
            if let Ok(Some(place)) = find(self.site, *step).await {
                found.push((*step, place));
            }
        }
        if !self.record.complete || !found.is_empty() {
            // All was looked up on the best chain. Once that is final, it is looked up again.
            let places = found.iter().map(|(_, place)| place.block);
            let last = places.fold(client.best().await?.number, u64::max);
            let deadline = Instant::now() + client.options().inclusion;
            while self.height().await? < last {
                ensure!(
                    Instant::now() <= deadline,
                    "blocks do not become final: run it again when they do"
                );
                sleep(client.options().poll).await;
            }
            let mut undone = self.site.missing().await?;
            for (step, place) in &found {
                if client.block_hash(place.block).await? != Some(place.block_hash.0) {
                    undone.push(*step);
                }
            }
            if let Some(step) = undone.first() {
                bail!("{}: {UNDONE}", self.site.label(*step));
            }
        }
        for (step, place) in found {
            put(&mut self.record, self.site, step, place);
        }
        self.record.spec_version = self.site.facts.spec_version;
        self.record.complete = true;
        self.record.save(self.file)
    }

    fn note(&mut self, text: &str) -> Result<()> {
        self.watcher.on(&Progress::Note(text.to_owned()))
    }
}

fn put(record: &mut Record, site: &Site<'_>, step: Step, place: Place) {
    match step {
        Step::Upload(i) => {
            if let Some(entry) = record.codes.get_mut(site.target.codes[i].name) {
                entry.place = Some(place);
            }
        }
        Step::Instantiate(i) => {
            if let Some(entry) = record.contracts.get_mut(site.target.contracts[i].name) {
                entry.place = Some(place);
            }
        }
        Step::Send(i) => {
            let label = site.target.messages[i].label();
            record.messages.insert(label, place);
        }
    }
}

fn has_place(record: &Record, site: &Site<'_>, step: Step) -> bool {
    match step {
        Step::Upload(i) => {
            let entry = record.codes.get(site.target.codes[i].name);
            entry.is_some_and(|entry| entry.place.is_some())
        }
        Step::Instantiate(i) => {
            let entry = record.contracts.get(site.target.contracts[i].name);
            entry.is_some_and(|entry| entry.place.is_some())
        }
        Step::Send(i) => record
            .messages
            .contains_key(&site.target.messages[i].label()),
    }
}

/// The transaction that did a step, by halving the chain: what it did is there from one block on.
async fn find(site: &Site<'_>, step: Step) -> Result<Option<Place>> {
    let client = site.client;
    let (event, named): (&str, Hash) = match step {
        Step::Upload(i) => ("CodeStored", site.target.codes[i].hash),
        Step::Instantiate(i) => ("Instantiated", site.target.contracts[i].address),
        Step::Send(i) => ("Called", site.target.messages[i].address),
    };
    // A block has it, and the one before has not.
    let (mut without, mut with) = (0, client.best().await?.number);
    while with - without > 1 {
        let middle = without + (with - without) / 2;
        let Some(hash) = client.block_hash(middle).await? else {
            return Ok(None);
        };
        match held_at(site, step, &hash).await? {
            true => with = middle,
            false => without = middle,
        }
    }
    let Some(block_hash) = client.block_hash(with).await? else {
        return Ok(None);
    };
    let events = client.events(&block_hash).await?;
    let extrinsics = client.extrinsics(&block_hash).await?;
    // A block can have several messages to one contract: the one that was sent has its bytes.
    let sent: &[u8] = match step {
        Step::Send(i) => &site.target.messages[i].data,
        _ => &[],
    };
    let transaction = events.iter().find_map(|one| {
        if !one.is("Contracts", event) || !has(&one.fields, &named) {
            return None;
        }
        let bytes = extrinsics.get(usize::try_from(one.extrinsic?).ok()?)?;
        has(bytes, sent).then_some(bytes)
    });
    Ok(transaction.map(|bytes| Place {
        block: with,
        block_hash: Hex32(block_hash),
        transaction: Hex32(blake2_256(bytes)),
    }))
}

/// Whether `bytes` have `part` somewhere.
fn has(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|here| here == part)
}

async fn held_at(site: &Site<'_>, step: Step, block: &Hash) -> Result<bool> {
    let client = site.client;
    match step {
        Step::Upload(i) => {
            client
                .code_at(&site.target.codes[i].hash, Some(block))
                .await
        }
        Step::Instantiate(i) => {
            let address = &site.target.contracts[i].address;
            client.contract_at(address, Some(block)).await
        }
        Step::Send(i) => {
            let tie = &site.target.messages[i];
            if !client.contract_at(&tie.address, Some(block)).await? {
                return Ok(false);
            }
            let address = InkAccount::from(tie.address);
            let administration = || async {
                let asked = administered(address).administration();
                read_at(site, asked, block).await
            };
            match &tie.kind {
                TieKind::Wire(_) => {
                    let now: Administration = administration().await?;
                    Ok(now.wiring != Wiring::default())
                }
                TieKind::Offer(owner) => {
                    let now: Administration = administration().await?;
                    let owner = InkAccount::from(*owner);
                    Ok(now.proposed_owner == Some(owner) || now.owner == owner)
                }
                TieKind::Moderate(account) | TieKind::Verdicts(account) => {
                    let registry = StreamRegistryCalls::from(address);
                    read_at(site, registry.is_moderator((*account).into()), block).await
                }
                TieKind::Category(number, name) => {
                    let directory = DirectoryCalls::from(address);
                    let called = read_at(site, directory.category_name(*number), block).await?;
                    Ok(called.as_ref() == Some(name))
                }
                TieKind::Gateway(account) => {
                    let directory = DirectoryCalls::from(address);
                    read_at(site, directory.is_gateway((*account).into()), block).await
                }
                TieKind::Stake(staking) => {
                    let pricing = PricingPlansCalls::from(address);
                    Ok(read_at(site, pricing.staking(), block).await? == Some(*staking))
                }
            }
        }
    }
}

/// Asks a contract in another block.
async fn read_at<M: Message>(site: &Site<'_>, message: M, block: &Hash) -> Result<M::Output> {
    let (to, value, data) = message.into_parts();
    let to: AccountId = *to.as_ref();
    let asked = site
        .client
        .dry_call_at(&site.target.deployer, &to, value, &data, Some(block));
    let returned = asked.await?.result.with_context(|| hex(block))?;
    answer(&returned.data)
}
