//! The next version of a contract: compared with the one that runs, uploaded, announced, applied when its time has come,
//! migrated, read, recorded. Every step is looked up first, so that the next run goes on where one stopped.
//!
//! Code that another contract runs and that has no address of its own (the second half of the meter) is upgraded in
//! that contract, by its own change.

use crate::{variant, Contract, Deployed};
use anyhow::{bail, ensure, Context, Result};
use serde::Serialize;
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use std::{fs, path::Path, time::Duration};
use tokio::time::sleep;
use vilokanam_abi::{can_upgrade, compare, compare_storage, opaque_cells, Abi, CellKind, Reply};
use vilokanam_client::{hex, Call, Hash, Included, Key};
use vilokanam_deploy::{CodeEntry, Hex32, Lock, Place};

/// The contract that runs code which has no address.
const HOST: &str = "tick_stream";
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
    /// A message of the new version that is called once it runs.
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
            "the new version of {} does not fit the one that runs:",
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
    /// A note on what could not be compared.
    Unseen {
        /// The cell in words.
        cell: String,
    },
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
    },
    /// Messages that only read were asked through the new metadata.
    Verified {
        /// How many.
        messages: usize,
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
    Upgraded(Upgraded),
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
    /// The message that migrated.
    pub migrated: Option<String>,
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
        let said = abi.code_hash.unwrap_or(hash);
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
        let own = self.record.contracts.contains_key(&new.contract);
        let target = match own {
            true => Target::of(&new.contract),
            false => self.hosted(&new.contract)?,
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
            migrated: None,
        };
        if running == new.hash {
            // An earlier run may have been stopped between applying and the rest.
            let Some(earlier) = unfinished else {
                return Ok(Outcome::Unchanged);
            };
            upgraded.from = earlier["from"].as_str().unwrap_or_default().to_owned();
            tell(&Step::Applied { already: true })?;
        } else {
            upgraded.accepted = self.fits(&target, new, &running, options, &mut tell)?;
            upgraded.reason = options
                .accept
                .clone()
                .filter(|_| !upgraded.accepted.is_empty());
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
        if let Some(message) = &options.migrate {
            self.call(key, &target.host, message, &Value::Null, 0)
                .await
                .with_context(|| format!("the new version runs, and is not migrated: run this again once `{message}` can be called"))?;
            upgraded.migrated = Some(message.clone());
            tell(&Step::Migrated {
                message: message.clone(),
            })?;
        }
        let messages = self.reads_well(&target.host).await?;
        tell(&Step::Verified { messages })?;
        self.finish(new, &upgraded)?;
        Ok(Outcome::Upgraded(upgraded))
    }

    /// Where code goes that is no contract's own.
    fn hosted(&self, name: &str) -> Result<Target> {
        let known = self.record.codes.contains_key(name);
        let names: Vec<_> = self.record.codes.keys().map(String::as_str).collect();
        ensure!(
            known,
            "nothing is called `{name}`: there are {}",
            names.join(", ")
        );
        let role = name.rsplit('_').next().unwrap_or(name);
        let mut letters = role.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let change = first.into_iter().chain(letters).collect();
        let host = self.abi(HOST)?;
        let cell = host.cells.iter().find(|cell| {
            let last = cell.name.rsplit('.').next() == Some(role);
            last && matches!(cell.kind, CellKind::Lazy(_))
        });
        let cell = cell.with_context(|| format!("{HOST} has no cell for {name}"))?;
        Ok(Target {
            host: HOST.to_owned(),
            change,
            cell: Some(cell.key),
        })
    }

    /// The hash of the code that runs there.
    async fn running(&self, target: &Target) -> Result<Hash> {
        let address = self.address(&target.host)?;
        let Some(cell) = target.cell else {
            let found = self.client.contract(&address).await?;
            return Ok(found.context("the contract is gone")?.code_hash);
        };
        let stored = self
            .client
            .contract_storage(&address, &cell.to_le_bytes())
            .await?;
        let stored = stored.with_context(|| format!("{} has an empty cell", target.host))?;
        let hash = Hash::try_from(stored);
        hash.map_err(|_| anyhow::anyhow!("{} has another cell there", target.host))
    }

    /// Compares the new version with the one that runs; what is accepted of it.
    fn fits(
        &self,
        target: &Target,
        new: &NewCode,
        running: &Hash,
        options: &UpgradeOptions,
        tell: &mut impl FnMut(&Step) -> Result<()>,
    ) -> Result<Vec<String>> {
        let old = self.abis.of(&new.contract, running)?;
        let mut found = compare(&old, &new.abi);
        if target.cell.is_some() {
            // It runs on its host's storage, which may know cells that the old one did not.
            let of_host = compare_storage(self.abi(&target.host)?, &new.abi);
            found.extend(
                of_host
                    .into_iter()
                    .filter(|one| !found.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        if target.cell.is_none() && !can_upgrade(&new.wasm)? {
            lines.push(
                "upgrades: the new code has no `set_code_hash`, and can never be replaced"
                    .to_owned(),
            );
        }
        for cell in opaque_cells(&new.abi) {
            tell(&Step::Unseen { cell })?;
        }
        if !lines.is_empty() && options.accept.is_none() {
            return Err(Incompatible {
                contract: new.contract.clone(),
                lines,
            }
            .into());
        }
        for what in &lines {
            tell(&Step::Accepted { what: what.clone() })?;
        }
        Ok(lines)
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

    /// The number of the change, and when it is due. Announces it unless it waits already.
    async fn announce(
        &mut self,
        key: &Key,
        target: &Target,
        new: &NewCode,
        tell: &mut impl FnMut(&Step) -> Result<()>,
    ) -> Result<(u64, u64)> {
        let change = json!({ &target.change: hex(&new.hash) });
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
        const LOOK_MS: u64 = 60_000;
        loop {
            let left_ms = due_ms.saturating_sub(self.client.now_ms().await?);
            if left_ms == 0 || !wait {
                return Ok(left_ms);
            }
            sleep(Duration::from_millis(left_ms.min(LOOK_MS))).await;
        }
    }

    /// Asks everything that only reads and takes no arguments, through the metadata of the code that runs.
    async fn reads_well(&self, name: &str) -> Result<usize> {
        let Contract { address, abi, .. } = self.contract(name)?;
        let mut asked = 0;
        for message in abi
            .messages
            .iter()
            .filter(|one| !one.mutates && one.args.is_empty())
        {
            let label = &message.label;
            let dry = self
                .client
                .dry_call(&[0; 32], address, 0, &message.selector)
                .await?;
            let returned = dry.result.with_context(|| {
                format!("the new version of {name} cannot be asked for `{label}`: does it need `--migrate`?")
            })?;
            match abi.reply(message, &returned.data)? {
                // A `&self` message that migrates refuses nobody in particular.
                Reply::Value(_) | Reply::Refused(_) => asked += 1,
                Reply::NotDispatched(e) => bail!("{name} does not know `{label}`: {}", variant(&e)),
            }
        }
        Ok(asked)
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

/// Where new code goes.
struct Target {
    /// The contract whose administration it is.
    host: String,
    /// The change that names it.
    change: String,
    /// The host's cell that has its hash; the contract's own entry otherwise.
    cell: Option<u32>,
}

impl Target {
    fn of(contract: &str) -> Self {
        Self {
            host: contract.to_owned(),
            change: "Code".to_owned(),
            cell: None,
        }
    }
}
