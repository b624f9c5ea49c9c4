//! The next version of a contract: compared with the one that runs, uploaded, announced, applied when its time has come,
//! migrated, read, recorded. Every step is looked up first, so that the next run goes on where one stopped.
//!
//! A second code, which another contract runs on its own storage and which has no address, is upgraded in that contract, by its
//! own change.

use crate::{variant, Deployed, Refused};
use anyhow::{anyhow, ensure, Context, Result};
use serde::Serialize;
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::time::sleep;
use vilokanam_abi::{can_upgrade, compare, compare_halves, opaque_cells, Abi, Message, Reply};
use vilokanam_client::{hex, parse_hex, Call, Hash, Included, Key};
use vilokanam_deploy::{CodeEntry, Hex32, Lock, Place, Record};
use vilokanam_suite::{runs_code, second_code_of};

/// Where in the record upgrades are told.
const UPGRADES: &str = "upgrades";

/// A version that was built.
pub struct NewCode {
    /// The contract whose next version it is.
    pub contract: String,
    wasm: Vec<u8>,
    hash: Hash,
    abi: Abi,
    abi_text: String,
}

/// What is wanted besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpgradeOptions {
    /// A message of the new version that is called once it runs. The record keeps it for the runs that follow.
    pub migrate: Option<String>,
    /// Why incompatibilities are accepted; it goes into the record.
    pub accept: Option<String>,
    /// Waits until an announced change can be applied, instead of leaving that to the next run.
    pub wait: bool,
}

/// The new version does not fit, and nobody said why it should be taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatible {
    /// The contract.
    pub contract: String,
    /// Line by line.
    pub lines: Vec<String>,
}

impl core::fmt::Display for Incompatible {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        writeln!(
            f,
            "the new version of {} does not fit the one that runs, or cannot be seen to:",
            self.contract
        )?;
        for line in &self.lines {
            writeln!(f, "  {line}")?;
        }
        write!(f, "--accept-incompatible REASON takes it all the same")
    }
}

impl std::error::Error for Incompatible {}

/// A step that was taken, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// An incompatibility that is accepted.
    Accepted {
        /// What it is.
        what: String,
    },
    /// The code is on the chain.
    Uploaded {
        /// Its hash.
        code_hash: String,
        /// Whether it was there already.
        already: bool,
    },
    /// The change is announced.
    Announced {
        /// Its number.
        id: u64,
        /// From when it may be applied.
        due_ms: u64,
        /// Whether it was already.
        already: bool,
    },
    /// The new code runs.
    Applied {
        /// Whether it did already.
        already: bool,
    },
    /// The migrating message was called.
    Migrated {
        /// The message.
        message: String,
        /// The contract's refusal, where an earlier run sent it: taken for a sign that it was carried out then.
        refused: Option<String>,
    },
    /// Messages that only read were asked through the new metadata.
    Verified {
        /// How many gave a value.
        messages: usize,
        /// Those that were refused, as they were before or because they are new: nothing is known of them.
        refused: Vec<String>,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is announced, and can be applied later.
    Waits {
        /// The change's number.
        id: u64,
        /// From when.
        due_ms: u64,
        /// How long that is by the chain's clock.
        left_ms: u64,
    },
    /// The new version runs.
    Upgraded(Box<Upgraded>),
    /// It ran before.
    Unchanged,
}

/// What the record keeps of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upgraded {
    /// The contract.
    pub contract: String,
    /// The code that ran.
    pub from: String,
    /// The code that runs.
    pub to: String,
    /// The version of its package.
    pub version: String,
    /// The block in which it was applied; absent where an earlier run did.
    pub block: Option<u64>,
    /// The transaction.
    pub transaction: Option<String>,
    /// What was incompatible.
    pub accepted: Vec<String>,
    /// Why that was accepted.
    pub reason: Option<String>,
    /// The message that shall migrate.
    pub migrate: Option<String>,
    /// That message once it was sent, or was about to be.
    pub migrating: Option<String>,
    /// The message that migrated.
    pub migrated: Option<String>,
    /// The messages that gave a value before: the new version must answer them, too.
    pub answered: Vec<String>,
}

impl NewCode {
    /// Reads `<dir>/<name>/<name>.{wasm,json}`, to be the next version of `contract`.
    pub fn load(contract: &str, dir: &Path, name: &str) -> Result<Self> {
        let file = dir.join(name).join(name);
        let read = |extension: &str| {
            let file = file.with_extension(extension);
            fs::read(&file).with_context(|| format!("no {}: run `make contracts`", file.display()))
        };
        let (wasm, abi_text) = (read("wasm")?, String::from_utf8(read("json")?)?);
        Self::new(contract, wasm, abi_text)
    }

    /// Code, and its metadata.
    pub fn new(contract: &str, wasm: Vec<u8>, abi_text: String) -> Result<Self> {
        let hash = blake2_256(&wasm);
        let abi = Abi::parse(&abi_text)?;
        let said = abi
            .code_hash
            .context("the metadata does not say of which code it is: it has no `source.hash`")?;
        ensure!(
            said == hash,
            "the metadata is of other code: it says {}, and the code's hash is {}",
            hex(&said),
            hex(&hash)
        );
        Ok(Self {
            contract: contract.to_owned(),
            wasm,
            hash,
            abi,
            abi_text,
        })
    }
}

impl Deployed {
    /// Makes `new` the code of its contract, as far as time allows.
    pub async fn upgrade(
        &mut self,
        key: &Key,
        new: &NewCode,
        options: &UpgradeOptions,
        mut tell: impl FnMut(&Step) -> Result<()>,
    ) -> Result<Outcome> {
        let _lock = Lock::take(&self.record_file)?;
        // What others did since this was opened must not be lost.
        self.record = Record::load(&self.record_file)?.context("the record is gone")?;
        self.record.ensure_chain(&self.facts.genesis)?;
        self.refresh().await?;
        let own = self.record.contracts.contains_key(&new.contract);
        let target = match own {
            true => Target::of(&new.contract),
            false => self.second(&new.contract)?,
        };
        let running = self.running(&target).await?;
        let unfinished = self.unfinished(&new.contract, &new.hash);
        let mut upgraded = Upgraded {
            contract: new.contract.clone(),
            from: hex(&running),
            to: hex(&new.hash),
            version: new.abi.version.clone(),
            block: None,
            transaction: None,
            accepted: Vec::new(),
            reason: None,
            migrate: options.migrate.clone(),
            migrating: None,
            migrated: None,
            answered: Vec::new(),
        };
        if let Some(earlier) = &unfinished {
            let told = |name: &str| earlier[name].as_str().map(str::to_owned);
            upgraded.migrate = upgraded.migrate.or_else(|| told("migrate"));
            upgraded.migrating = told("migrating");
            upgraded.migrated = told("migrated");
        }
        if running == new.hash {
            // An earlier run may have been stopped between applying and the rest.
            let Some(earlier) = unfinished else {
                return Ok(Outcome::Unchanged);
            };
            upgraded.from = earlier["from"].as_str().unwrap_or_default().to_owned();
            upgraded.answered = texts(&earlier["answered"]);
            tell(&Step::Applied { already: true })?;
        } else {
            self.facts.suits(new.wasm.len())?;
            let lines = self.unlike(&target, new, &running).await?;
            upgraded.reason = reason(&lines, options, unfinished.as_ref());
            if !lines.is_empty() && upgraded.reason.is_none() {
                return Err(Incompatible {
                    contract: new.contract.clone(),
                    lines,
                }
                .into());
            }
            for what in &lines {
                tell(&Step::Accepted { what: what.clone() })?;
            }
            upgraded.accepted = lines;
            self.ensure_announces(key, &target, new).await?;
            upgraded.answered = self.answered(&target, new, &running).await?;
            self.abis.keep(&new.hash, &new.abi_text)?;
            self.begin(&upgraded)?;
            self.upload(key, new, &mut tell).await?;
            let (id, due_ms) = self.announce(key, &target, new, &mut tell).await?;
            let left_ms = self.wait(due_ms, options.wait).await?;
            if left_ms > 0 {
                return Ok(Outcome::Waits {
                    id,
                    due_ms,
                    left_ms,
                });
            }
            let applied = self
                .call(key, &target.host, "Administered::apply", &json!([id]), 0)
                .await?;
            upgraded.block = Some(applied.block);
            upgraded.transaction = Some(applied.transaction);
            ensure!(
                self.running(&target).await? == new.hash,
                "the change was applied, and {} runs other code than announced",
                new.contract
            );
            tell(&Step::Applied { already: false })?;
        }
        self.refresh().await?;
        self.migrate(key, &target, &mut upgraded, &mut tell).await?;
        let (messages, refused) = self.reads_well(&target, new, &upgraded.answered).await?;
        tell(&Step::Verified { messages, refused })?;
        self.finish(new, &upgraded)?;
        Ok(Outcome::Upgraded(Box::new(upgraded)))
    }

    /// Where code goes that is no contract's own.
    fn second(&self, name: &str) -> Result<Target> {
        let known = self.record.codes.contains_key(name);
        let host = runs_code(name).filter(|_| known).with_context(|| {
            let names: Vec<_> = self.record.codes.keys().map(String::as_str).collect();
            let names = names.join(", ");
            format!("nothing is called `{name}`: there are {names}")
        })?;
        Ok(Target {
            host: host.to_owned(),
            change: "SecondCode",
            second: true,
        })
    }

    /// The hash of the code that runs there.
    async fn running(&self, target: &Target) -> Result<Hash> {
        let host = &target.host;
        if !target.second {
            let found = self.client.contract(&self.address(host)?).await?;
            return Ok(found.context("the contract is gone")?.code_hash);
        }
        let told = self
            .read(host, "Administered::administration", &Value::Null, None)
            .await?;
        let hash = told["second_code"].as_str();
        let hash = hash.with_context(|| format!("{host} runs no second code"))?;
        let hash = Hash::try_from(parse_hex(hash)?);
        hash.map_err(|_| anyhow!("{host} tells no hash of its second code"))
    }

    /// Calls the message that migrates, unless an earlier run did.
    async fn migrate(
        &mut self,
        key: &Key,
        target: &Target,
        upgraded: &mut Upgraded,
        tell: &mut impl FnMut(&Step) -> Result<()>,
    ) -> Result<()> {
        let Some(message) = upgraded.migrate.clone() else {
            return Ok(());
        };
        if upgraded.migrated.as_ref() == Some(&message) {
            return Ok(());
        }
        let later = || {
            format!("the new version runs, and is not migrated: run this again once `{message}` can be called")
        };
        let origin = Some(key.account());
        let dry = self.read(&target.host, &message, &Value::Null, origin);
        let refused = match dry.await {
            Ok(_) => {
                // Before it is sent: whoever is killed now finds that it may have been.
                upgraded.migrating = Some(message.clone());
                self.note(upgraded, false)?;
                self.call(key, &target.host, &message, &Value::Null, 0)
                    .await
                    .with_context(later)?;
                None
            }
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if upgraded.migrating.as_ref() == Some(&message) => {
                    Some(variant(&refused.error))
                }
                _ => return Err(error.context(later())),
            },
        };
        upgraded.migrated = Some(message.clone());
        self.note(upgraded, false)?;
        tell(&Step::Migrated { message, refused })
    }

    /// Where the new version does not fit the one that runs, and where nobody can see it.
    async fn unlike(&self, target: &Target, new: &NewCode, running: &Hash) -> Result<Vec<String>> {
        let old = self.abis.of(&new.contract, running)?;
        let mut found = compare(&old, &new.abi);
        for half in self.other_halves(target).await? {
            let differs = compare_halves(&half, &new.abi).into_iter();
            found.extend(
                differs
                    .filter(|one| !found.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        if !target.second && !can_upgrade(&new.wasm)? {
            lines.push(
                "upgrades: the new code has no `set_code_hash`, and can never be replaced"
                    .to_owned(),
            );
        }
        // The code differs, and only its own tests can tell whether it differs there.
        lines.extend(
            opaque_cells(&new.abi)
                .iter()
                .map(|cell| format!("storage: {cell} is packed by hand, and cannot be compared")),
        );
        Ok(lines)
    }

    /// The metadata of other code that runs on the same storage: of the host, or of what it hosts.
    async fn other_halves(&self, target: &Target) -> Result<Vec<Abi>> {
        if target.second {
            return Ok(vec![self.abi(&target.host)?.clone()]);
        }
        let Some(second) = second_code_of(&target.host) else {
            return Ok(Vec::new());
        };
        let running = self.running(&self.second(second)?).await?;
        Ok(vec![self.abis.of(second, &running)?])
    }

    async fn upload(
        &mut self,
        key: &Key,
        new: &NewCode,
        tell: &mut impl FnMut(&Step) -> Result<()>,
    ) -> Result<()> {
        let already = self.client.code(&new.hash).await?.is_some();
        let mut included: Option<Included> = None;
        if !already {
            let dry = self.client.dry_upload(&key.account(), &new.wasm).await?;
            let (hash, _) = dry.context("the chain does not take the new code")?;
            ensure!(hash == new.hash, "the chain hashes code otherwise");
            let call = Call::upload(&new.wasm);
            let sent = self
                .client
                .submit(key, &call, self.network.finality)
                .await?;
            sent.result.clone().context("uploading the new code")?;
            included = Some(sent);
        }
        let entry = CodeEntry {
            hash: Hex32(new.hash),
            bytes: new.wasm.len(),
            place: included.as_ref().map(Place::from),
        };
        // By its hash, beside the code that runs, until it takes that one's place.
        self.record.codes.entry(hex(&new.hash)).or_insert(entry);
        self.record.save(&self.record_file)?;
        tell(&Step::Uploaded {
            code_hash: hex(&new.hash),
            already,
        })
    }

    /// Fails if the contract would not let this key announce the change: before anything is written down or paid for.
    async fn ensure_announces(&self, key: &Key, target: &Target, new: &NewCode) -> Result<()> {
        let change = target.change_to(new);
        let waits = self.waiting(target, &change).await?.is_some();
        let (args, origin) = (json!([change]), Some(key.account()));
        let dry = self.read(&target.host, "Administered::announce", &args, origin);
        let Err(error) = dry.await else {
            return Ok(());
        };
        // One that waits is not announced again: that there is no room for another does not matter to it.
        let stranger = |refused: &Refused| refused.error == "NotOwner";
        match error.downcast_ref::<Refused>() {
            Some(refused) if waits && !stranger(refused) => Ok(()),
            _ => Err(error),
        }
    }

    /// The number of the change, and when it is due. Announces it unless it waits already.
    async fn announce(
        &mut self,
        key: &Key,
        target: &Target,
        new: &NewCode,
        tell: &mut impl FnMut(&Step) -> Result<()>,
    ) -> Result<(u64, u64)> {
        let change = target.change_to(new);
        let waiting = self.waiting(target, &change).await?;
        let already = waiting.is_some();
        let (id, due_ms) = match waiting {
            Some(waiting) => waiting,
            None => {
                self.call(
                    key,
                    &target.host,
                    "Administered::announce",
                    &json!([change]),
                    0,
                )
                .await?;
                let waiting = self.waiting(target, &change).await?;
                waiting.context("what was announced does not wait")?
            }
        };
        tell(&Step::Announced {
            id,
            due_ms,
            already,
        })?;
        Ok((id, due_ms))
    }

    /// A change that waits: its number, and when it is due.
    async fn waiting(&self, target: &Target, change: &Value) -> Result<Option<(u64, u64)>> {
        let told = self
            .read(
                &target.host,
                "Administered::administration",
                &Value::Null,
                None,
            )
            .await?;
        let pending = told["pending"].as_array().into_iter().flatten();
        let mut found = pending.filter(|one| one["change"] == *change);
        Ok(found.find_map(|one| Some((one["id"].as_u64()?, one["due_ms"].as_u64()?))))
    }

    /// How long it is until then; if `wait`, not before it has passed.
    async fn wait(&self, due_ms: u64, wait: bool) -> Result<u64> {
        const LOOK_MS: u64 = 10_000;
        let mut block_ms = 0;
        let mut since = Instant::now();
        loop {
            let now_ms = self.client.now_ms().await?;
            let left_ms = due_ms.saturating_sub(now_ms);
            if left_ms == 0 || !wait {
                return Ok(left_ms);
            }
            if now_ms != block_ms {
                (block_ms, since) = (now_ms, Instant::now());
            }
            let clock = SystemTime::now().duration_since(UNIX_EPOCH)?;
            ensure!(
                !stands_still(due_ms, clock, since.elapsed()),
                "the chain stands still: it has made no block for {} s, and the change can only be applied in one that is later than \
                 its due time. It stays announced: run this again",
                since.elapsed().as_secs()
            );
            sleep(Duration::from_millis(left_ms.clamp(1_000, LOOK_MS))).await;
        }
    }

    /// The messages that give a value while the old version runs.
    async fn answered(
        &self,
        target: &Target,
        new: &NewCode,
        running: &Hash,
    ) -> Result<Vec<String>> {
        let old = match target.second {
            true => Some(self.abis.of(&new.contract, running)?),
            false => None,
        };
        let asked = self.ask_all(target, old.as_ref()).await?;
        let values = asked
            .into_iter()
            .filter(|(_, answer)| matches!(answer, Answer::Value));
        Ok(values.map(|(label, _)| label).collect())
    }

    /// Asks the new version what only reads: how many messages gave a value, and which were refused. Fails if one is not
    /// answered as the metadata says, and if one is refused that the old version answered.
    async fn reads_well(
        &self,
        target: &Target,
        new: &NewCode,
        answered: &[String],
    ) -> Result<(usize, Vec<String>)> {
        let name = &target.host;
        let mut refused = Vec::new();
        let asked = self
            .ask_all(target, target.second.then_some(&new.abi))
            .await?;
        let all = asked.len();
        for (label, answer) in asked {
            match answer {
                Answer::Value => {}
                Answer::Refused(error) => {
                    ensure!(
                        !answered.contains(&label),
                        "the new version of {name} refuses `{label}`, which was answered before: {error}"
                    );
                    refused.push(label);
                }
                Answer::Broken(error) => return Err(error),
            }
        }
        Ok((all.saturating_sub(refused.len()), refused))
    }

    /// Asks a contract's messages that only read: all that take no arguments. Of a second code (`hosted`) everything that its
    /// host hands over to it, with zeros for arguments.
    async fn ask_all(
        &self,
        target: &Target,
        hosted: Option<&Abi>,
    ) -> Result<Vec<(String, Answer)>> {
        /// More than any message reads. What is left over is ignored.
        const ZEROS: [u8; 512] = [0; 512];
        let host = self.abi(&target.host)?;
        let reads = |one: &&Message| !one.mutates;
        let mut asked = Vec::new();
        for message in host.messages.iter().filter(reads) {
            if message.args.is_empty() {
                let answer = self.answer(target, host, message, &[]).await?;
                asked.push((message.label.clone(), answer));
            }
        }
        if let Some(abi) = hosted {
            for message in abi.messages.iter().filter(reads) {
                if host.message(&message.label).is_ok() {
                    let answer = self.answer(target, abi, message, &ZEROS).await?;
                    asked.push((message.label.clone(), answer));
                }
            }
        }
        Ok(asked)
    }

    /// What comes back from a message. Fails only if the chain cannot be asked.
    async fn answer(
        &self,
        target: &Target,
        abi: &Abi,
        message: &Message,
        args: &[u8],
    ) -> Result<Answer> {
        let (name, label) = (&target.host, &message.label);
        let data = [&message.selector[..], args].concat();
        let address = self.address(name)?;
        let dry = self.client.dry_call(&[0; 32], &address, 0, &data).await?;
        let returned = dry.result.with_context(|| {
            format!("the new version of {name} cannot be asked for `{label}`: does it need `--migrate`?")
        });
        let reply = returned.and_then(|returned| abi.reply(message, &returned.data));
        Ok(match reply {
            Ok(Reply::Value(_)) => Answer::Value,
            Ok(Reply::Refused(error)) => Answer::Refused(variant(&error)),
            Ok(Reply::NotDispatched(e)) => {
                Answer::Broken(anyhow!("{name} does not know `{label}`: {}", variant(&e)))
            }
            Err(error) => Answer::Broken(error),
        })
    }

    /// The upgrades of the record.
    fn upgrades(&mut self) -> &mut Vec<Value> {
        let all = self
            .record
            .more
            .entry(UPGRADES.to_owned())
            .or_insert_with(|| json!([]));
        if !all.is_array() {
            *all = json!([]);
        }
        match all {
            Value::Array(all) => all,
            _ => unreachable!("it was made an array"),
        }
    }

    /// An upgrade to this code that was begun, and not finished.
    fn unfinished(&mut self, contract: &str, to: &Hash) -> Option<Value> {
        let to = hex(to);
        let all = self.upgrades();
        let is = |one: &&Value| one["contract"] == contract && one["to"] == to.as_str();
        let last = all.iter().rev().find(is)?;
        (last["finished"] == false).then(|| last.clone())
    }

    /// Writes down what is about to be done.
    fn begin(&mut self, upgraded: &Upgraded) -> Result<()> {
        self.note(upgraded, false)
    }

    /// Writes down what was done.
    fn finish(&mut self, new: &NewCode, upgraded: &Upgraded) -> Result<()> {
        let code = self.record.codes.remove(&hex(&new.hash));
        let code = code.unwrap_or(CodeEntry {
            hash: Hex32(new.hash),
            bytes: new.wasm.len(),
            place: None,
        });
        self.record.codes.insert(new.contract.clone(), code);
        if let Some(entry) = self.record.contracts.get_mut(&new.contract) {
            entry.code_hash = Hex32(new.hash);
        }
        self.note(upgraded, true)
    }

    fn note(&mut self, upgraded: &Upgraded, finished: bool) -> Result<()> {
        let mut told = serde_json::to_value(upgraded)?;
        told["finished"] = json!(finished);
        let all = self.upgrades();
        let is = |one: &Value| {
            one["contract"] == told["contract"]
                && one["to"] == told["to"]
                && one["finished"] == false
        };
        match all.iter().rposition(is) {
            Some(place) => {
                // What an earlier run knew stays: why it was accepted, where it was applied.
                for (name, value) in all[place].as_object().cloned().unwrap_or_default() {
                    let empty = told[&name].is_null() || told[&name] == json!([]);
                    if empty && !value.is_null() {
                        told[&name] = value;
                    }
                }
                all[place] = told;
            }
            None => all.push(told),
        }
        self.record.save(&self.record_file)
    }
}

/// What comes back from a message that only reads.
enum Answer {
    /// What the metadata says.
    Value,
    /// The contract's error: a `&self` message that migrates refuses strangers, and zeros name no session.
    Refused(String),
    /// It traps, or what it returns is not what the metadata says.
    Broken(anyhow::Error),
}

/// Why these lines are accepted: as is said now, or as it was said of all of them in the run that this one goes on with.
fn reason(lines: &[String], options: &UpgradeOptions, earlier: Option<&Value>) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let remembered = || {
        let accepted = texts(&earlier?["accepted"]);
        let same = lines.iter().all(|line| accepted.contains(line));
        let said = earlier?["reason"].as_str().filter(|_| same)?;
        Some(said.to_owned())
    };
    options.accept.clone().or_else(remembered)
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

/// Whether a chain makes no blocks any more: a change is due since a minute by the clock, and the last block is as old.
fn stands_still(due_ms: u64, clock: Duration, since_block: Duration) -> bool {
    const STILL: Duration = Duration::from_secs(60);
    since_block >= STILL && clock >= Duration::from_millis(due_ms).saturating_add(STILL)
}

/// Where new code goes.
struct Target {
    /// The contract whose administration it is.
    host: String,
    /// The change that names it.
    change: &'static str,
    /// Whether it is the host's second code.
    second: bool,
}

impl Target {
    fn change_to(&self, new: &NewCode) -> Value {
        json!({ self.change: hex(&new.hash) })
    }

    fn of(contract: &str) -> Self {
        Self {
            host: contract.to_owned(),
            change: "Code",
            second: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_good_for_the_lines_that_were_accepted_by_it() {
        let lines = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (none, earlier) = (
            UpgradeOptions::default(),
            json!({ "accepted": ["a", "b"], "reason": "before" }),
        );
        let why = |of: &[&str], options| reason(&lines(of), options, Some(&earlier));
        assert_eq!(why(&["a", "b"], &none).as_deref(), Some("before"));
        assert_eq!(why(&["a", "b", "c"], &none), None);
        assert_eq!(why(&[], &none), None);
        let now = UpgradeOptions {
            accept: Some("now".to_owned()),
            ..none.clone()
        };
        assert_eq!(why(&["a", "c"], &now).as_deref(), Some("now"));
        assert_eq!(reason(&lines(&["a"]), &none, None), None);
        assert_eq!(
            reason(&lines(&["a"]), &none, Some(&json!({ "accepted": ["a"] }))),
            None
        );
    }

    #[test]
    fn only_what_is_text_is_read_from_a_list() {
        assert_eq!(texts(&json!(["a", 1, "b"])), ["a", "b"]);
        assert!(texts(&json!({ "a": "b" })).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_told_line_by_line() {
        let incompatible = Incompatible {
            contract: "tick_stream".into(),
            lines: vec!["one".into(), "two".into()],
        };
        let told = incompatible.to_string();
        assert!(told.starts_with("the new version of tick_stream does not fit"));
        assert!(told.contains("\n  one\n  two\n--accept-incompatible REASON"));
    }

    #[test]
    fn new_code_is_taken_with_its_own_metadata_alone() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-new-{}", std::process::id()));
        let write = |name: &str, wasm: &[u8], hash: Hash| {
            let mut metadata: Value =
                serde_json::from_str(include_str!("../../../metadata/directory.json"))?;
            metadata["source"] = json!({ "hash": hex(&hash) });
            let file = dir.join(name).join(name);
            fs::create_dir_all(dir.join(name))?;
            fs::write(file.with_extension("wasm"), wasm)?;
            fs::write(file.with_extension("json"), metadata.to_string())?;
            anyhow::Ok(())
        };
        write("next", b"code", blake2_256(b"code"))?;
        write("mixed", b"code", blake2_256(b"other"))?;
        let load = |name| NewCode::load("directory", &dir, name);
        let (next, mixed, missing) = (load("next"), load("mixed"), load("none"));
        fs::remove_dir_all(&dir)?;
        let next = next?;
        assert_eq!(
            (next.contract.as_str(), &next.wasm[..]),
            ("directory", &b"code"[..])
        );
        assert_eq!(next.hash, blake2_256(b"code"));
        let mixed = mixed.err().context("of other code")?.to_string();
        assert!(mixed.contains("the metadata is of other code"), "{mixed}");
        let missing = missing.err().context("not there")?.to_string();
        assert!(
            missing.contains("none.wasm: run `make contracts`"),
            "{missing}"
        );
        let change = Target::of("directory").change_to(&next);
        assert_eq!(change, json!({ "Code": hex(&next.hash) }));
        Ok(())
    }

    #[test]
    fn a_chain_stands_still_after_a_minute_without_a_block() {
        let still = |clock_s, block_s| {
            let (clock, block) = (Duration::from_secs(clock_s), Duration::from_secs(block_s));
            stands_still(1_000_000, clock, block)
        };
        assert!(still(1_060, 60));
        // It is not due by the clock, or there are blocks.
        assert!(!still(1_059, 9_999));
        assert!(!still(9_999, 59));
    }
}
