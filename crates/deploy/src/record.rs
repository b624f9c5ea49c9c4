//! What was deployed: `deployments/<network>.json`, and the lock that keeps two deployers apart.

use anyhow::{bail, ensure, Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};
use vilokanam_client::{hex, parse_hex, AccountId, Hash, Included};

/// The format of the file.
const VERSION: u32 = 1;

/// What was deployed on a network. Bytes are `0x` and hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The format of the file.
    pub version: u32,
    /// The network's name.
    pub network: String,
    /// The hash of its block 0.
    pub genesis: Hex32,
    /// The version of its runtime when the record was last written.
    pub spec_version: u32,
    /// Who deployed.
    pub deployer: Hex32,
    /// Whether all of it was there once: from then on, what the network's file says may change.
    #[serde(default)]
    pub complete: bool,
    /// The codes.
    pub codes: BTreeMap<String, CodeEntry>,
    /// The contracts.
    pub contracts: BTreeMap<String, ContractEntry>,
    /// The messages that tied them together, by what they did.
    pub messages: BTreeMap<String, Place>,
    /// What other commands keep here.
    #[serde(flatten)]
    pub more: BTreeMap<String, Value>,
}

/// A code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeEntry {
    /// Its hash.
    pub hash: Hex32,
    /// Its size.
    pub bytes: usize,
    /// Where it was uploaded; absent as long as it was not, or where that could not be found out.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractEntry {
    /// Its account.
    pub address: Hex32,
    /// The hash of its code now.
    pub code_hash: Hex32,
    /// What it was instantiated with.
    pub constructor: Constructor,
    /// Where it was instantiated; absent as long as it was not, or where that could not be found out.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What other commands keep here.
    #[serde(flatten)]
    pub more: BTreeMap<String, Value>,
}

/// What a contract was instantiated with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constructor {
    /// The hash of the code that its address is made of.
    pub code_hash: Hex32,
    /// Its selector and arguments, encoded.
    pub data: HexBytes,
    /// Its arguments, to be read.
    pub arguments: Value,
    /// The salt.
    pub salt: HexBytes,
}

/// A transaction in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The block's number.
    pub block: u64,
    /// The block's hash.
    pub block_hash: Hex32,
    /// The transaction's hash.
    pub transaction: Hex32,
}

/// 32 bytes, written in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex32(pub [u8; 32]);

/// Bytes, written in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HexBytes(pub Vec<u8>);

impl From<&Included> for Place {
    fn from(included: &Included) -> Self {
        Self {
            block: included.block.number,
            block_hash: Hex32(included.block.hash),
            transaction: Hex32(included.transaction),
        }
    }
}

impl TryFrom<String> for Hex32 {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let bytes = parse_hex(&text)?;
        let bytes = <[u8; 32]>::try_from(bytes);
        bytes
            .map(Self)
            .map_err(|bytes| anyhow::anyhow!("32 bytes were expected, not {}", bytes.len()))
    }
}

impl From<Hex32> for String {
    fn from(bytes: Hex32) -> Self {
        hex(&bytes.0)
    }
}

impl core::fmt::Debug for Hex32 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl core::fmt::Display for Hex32 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl TryFrom<String> for HexBytes {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        parse_hex(&text).map(Self)
    }
}

impl From<HexBytes> for String {
    fn from(bytes: HexBytes) -> Self {
        hex(&bytes.0)
    }
}

/// A record that cannot be read: cut short, or edited by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl core::fmt::Display for Damaged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let file = self.file.display();
        write!(f, "the record {file} is damaged: {}", self.reason)
    }
}

impl std::error::Error for Damaged {}

impl Record {
    /// Of nothing yet.
    pub fn new(network: &str, genesis: Hash, spec_version: u32, deployer: AccountId) -> Self {
        Self {
            version: VERSION,
            network: network.to_owned(),
            genesis: Hex32(genesis),
            spec_version,
            deployer: Hex32(deployer),
            complete: false,
            codes: BTreeMap::new(),
            contracts: BTreeMap::new(),
            messages: BTreeMap::new(),
            more: BTreeMap::new(),
        }
    }

    /// Where the record of a network is, unless the user says otherwise.
    pub fn default_path(network: &str) -> PathBuf {
        Path::new("deployments")
            .join(network)
            .with_extension("json")
    }

    /// Reads a record; `None` where there is no file. A file that is no record is [`Damaged`].
    pub fn load(file: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        };
        Self::parse(file, &text).map(Some)
    }

    /// From the text of a file.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let damaged = |reason: String| Damaged {
            file: file.to_owned(),
            reason,
        };
        // A newer program's record may have another shape, and is not damaged for that.
        let value: Value = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        if let Some(version) = value.get("version").and_then(Value::as_u64) {
            ensure!(
                version == u64::from(VERSION),
                "the record {} has version {version}, and this program knows {VERSION}",
                file.display()
            );
        }
        ensure_places(&value).map_err(damaged)?;
        let record = serde_json::from_value(value).map_err(|e| damaged(e.to_string()))?;
        Ok(record)
    }

    /// The text of its file.
    pub fn to_text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Refuses the record of another chain.
    pub fn ensure_chain(&self, genesis: &Hash) -> Result<()> {
        ensure!(
            self.genesis.0 == *genesis,
            "the record is of another chain: its genesis is {}, and this chain's {}. A chain that was started anew needs a record \
             of its own: move the old one away, or name another by --record",
            self.genesis,
            hex(genesis)
        );
        Ok(())
    }

    /// Writes the record, whole or not at all, so that it is there after a crash.
    pub fn save(&self, file: &Path) -> Result<()> {
        let dir = folder(file);
        let write = || -> Result<()> {
            fs::create_dir_all(dir)?;
            let temporary = file.with_extension("json.new");
            let mut new = File::create(&temporary)?;
            new.write_all(self.to_text()?.as_bytes())?;
            new.sync_all()?;
            fs::rename(&temporary, file)?;
            // The name is part of the folder.
            File::open(dir)?.sync_all()?;
            Ok(())
        };
        write().with_context(|| format!("writing the record {}", file.display()))
    }

    /// The address of a contract of the suite.
    pub fn address(&self, contract: &str) -> Result<AccountId> {
        let entry = self.contracts.get(contract);
        let entry = entry.with_context(|| format!("{contract} is not in the record"))?;
        Ok(entry.address.0)
    }
}

/// Fails if a part of a place is there, and no whole one: it would be read as none at all, and what was done would seem undone.
fn ensure_places(record: &Value) -> Result<(), String> {
    for section in ["codes", "contracts"] {
        let entries = record.get(section).and_then(Value::as_object);
        for (name, entry) in entries.into_iter().flatten() {
            let members = ["block", "block_hash", "transaction"];
            if members.iter().any(|member| entry.get(member).is_some()) {
                Place::deserialize(entry)
                    .map_err(|error| format!("the place of {section}.{name}: {error}"))?;
            }
        }
    }
    Ok(())
}

/// Keeps others from deploying with the same record, as long as it lives. The system lets go of it when a process is killed.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock beside a record, or says who has it.
    pub fn take(record: &Path) -> Result<Self> {
        let path = record.with_extension("lock");
        fs::create_dir_all(folder(record))?;
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options
            .open(&path)
            .with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                bail!(
                    "another deployer is at work with {}: process {}",
                    record.display(),
                    holder.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing unlocks, too.
        let _ = self.file.unlock();
    }
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(dir) if dir != Path::new("") => dir,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            block: 7,
            block_hash: Hex32([7; 32]),
            transaction: Hex32([8; 32]),
        }
    }

    fn sample() -> Record {
        let mut record = Record::new("local", [1; 32], 100, [2; 32]);
        for (name, place) in [("there", Some(place())), ("planned", None)] {
            let code = CodeEntry {
                hash: Hex32([3; 32]),
                bytes: 9,
                place,
            };
            record.codes.insert(name.into(), code);
            let contract = ContractEntry {
                address: Hex32([4; 32]),
                code_hash: Hex32([3; 32]),
                constructor: Constructor {
                    code_hash: Hex32([3; 32]),
                    data: HexBytes(vec![1, 2]),
                    arguments: serde_json::json!({ "delay_ms": 0 }),
                    salt: HexBytes(Vec::new()),
                },
                place,
                more: BTreeMap::new(),
            };
            record.contracts.insert(name.into(), contract);
        }
        record.messages.insert("wire there".into(), place());
        record.more.insert("upgrades".into(), Value::from(1));
        record
    }

    #[test]
    fn a_record_is_written_and_read() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-record-{}", std::process::id()));
        let file = dir.join("local.json");
        assert_eq!(Record::load(&file)?, None);
        sample().save(&file)?;
        assert_eq!(Record::load(&file)?, Some(sample()));
        sample().save(&file)?;

        // Cut short anywhere, it is damaged and stays as it is.
        let text = fs::read_to_string(&file)?;
        for length in [0, 1, text.len() / 2, text.len() - 3] {
            fs::write(&file, &text[..length])?;
            let error = Record::load(&file).expect_err("cut short");
            assert!(error.downcast_ref::<Damaged>().is_some(), "{error:#}");
            assert_eq!(fs::read_to_string(&file)?, text[..length]);
        }
        // Of a newer program, it is refused, and not damaged; without a version, it is.
        fs::write(&file, r#"{ "version": 2, "suites": [] }"#)?;
        let error = Record::load(&file).expect_err("newer");
        assert!(error.downcast_ref::<Damaged>().is_none(), "{error:#}");
        assert!(error.to_string().contains("has version 2"), "{error:#}");
        fs::write(&file, r#"{ "suites": [] }"#)?;
        let error = Record::load(&file).expect_err("no record");
        assert!(error.downcast_ref::<Damaged>().is_some(), "{error:#}");
        assert!(sample().ensure_chain(&[1; 32]).is_ok());
        assert!(sample().ensure_chain(&[2; 32]).is_err());
        Ok(fs::remove_dir_all(&dir)?)
    }

    #[test]
    fn a_damaged_place_is_not_taken_for_none() -> Result<()> {
        let text = sample().to_text()?;
        let file = Path::new("local.json");
        assert_eq!(Record::parse(file, &text)?, sample());
        let value: Value = serde_json::from_str(&text)?;
        for section in ["codes", "contracts"] {
            for member in ["block", "block_hash", "transaction"] {
                for damage in [None, Some(Value::Null), Some(Value::from("0x07"))] {
                    let mut value = value.clone();
                    let entry = value[section]["there"]
                        .as_object_mut()
                        .context("an entry")?;
                    match damage {
                        None => drop(entry.remove(member)),
                        Some(damage) => drop(entry.insert(member.into(), damage)),
                    }
                    let error = Record::parse(file, &value.to_string()).expect_err("damaged");
                    assert!(error.downcast_ref::<Damaged>().is_some(), "{error:#}");
                    assert!(error.to_string().contains(&format!("{section}.there")));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_second_deployer_is_told_who_is_first() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-lock-{}", std::process::id()));
        let file = dir.join("local.json");
        let first = Lock::take(&file)?;
        let second = Lock::take(&file).expect_err("taken").to_string();
        assert!(second.contains(&format!("process {}", std::process::id())));
        drop(first);
        drop(Lock::take(&file)?);
        Ok(fs::remove_dir_all(&dir)?)
    }

    #[test]
    fn what_is_told_of_a_record() -> Result<()> {
        let record = sample();
        assert_eq!(record.address("there")?, [4; 32]);
        assert!(record.address("nowhere").is_err());
        assert_eq!(Hex32([7; 32]).to_string(), hex(&[7; 32]));
        assert_eq!(format!("{:?}", Hex32([7; 32])), hex(&[7; 32]));
        let damaged = Damaged {
            file: "x.json".into(),
            reason: "cut short".into(),
        };
        assert_eq!(
            damaged.to_string(),
            "the record x.json is damaged: cut short"
        );
        assert_eq!(
            Record::default_path("main"),
            Path::new("deployments/main.json")
        );
        assert!(record.to_text()?.ends_with("}\n"));
        let text = serde_json::to_value(&record)?;
        assert_eq!(
            text["contracts"]["there"]["constructor"]["data"],
            hex(&[1, 2])
        );
        Ok(())
    }

    #[test]
    fn a_record_beside_which_nothing_is_named_is_in_this_folder() {
        assert_eq!(folder(Path::new("x.json")), Path::new("."));
        assert_eq!(folder(Path::new("a/x.json")), Path::new("a"));
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_missing() -> Result<()> {
        // A folder is there, and is no file.
        let dir = std::env::temp_dir().join(format!("vilokanam-folder-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        let read = Record::load(&dir);
        fs::remove_dir_all(&dir)?;
        assert!(read.is_err());
        Ok(())
    }
}
