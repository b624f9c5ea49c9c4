//! The metadata of code by its hash.

use anyhow::{bail, Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};
use vilokanam_abi::{Abi, Accounts};
use vilokanam_client::{hex, Hash};

/// Where metadata is looked for.
pub(crate) struct Abis {
    /// What was kept, beside the record.
    kept: PathBuf,
    artifacts: PathBuf,
    accounts: Accounts,
}

impl Abis {
    pub(crate) fn new(record_file: &Path, artifacts: &Path, ss58_prefix: u16) -> Self {
        Self {
            kept: record_file.with_extension("abi"),
            artifacts: artifacts.to_owned(),
            accounts: Accounts::Ss58(ss58_prefix),
        }
    }

    /// The metadata of code that runs, which is kept from now on.
    pub(crate) fn of(&self, name: &str, code: &Hash) -> Result<Abi> {
        self.parse(&self.text_of(name, code)?)
    }

    /// The text of it.
    pub(crate) fn text_of(&self, name: &str, code: &Hash) -> Result<String> {
        let is = |text: &String| {
            self.parse(text)
                .is_ok_and(|abi| abi.code_hash == Some(*code))
        };
        // A kept file that was cut short, or is of other code, is as good as none.
        if let Some(text) = fs::read_to_string(self.file(code)).ok().filter(is) {
            return Ok(text);
        }
        let built = fs::read_dir(&self.artifacts)
            .into_iter()
            .flatten()
            .flatten();
        for folder in built.map(|entry| entry.path()) {
            let Some(built) = folder.file_name() else {
                continue;
            };
            let file = folder.join(built).with_extension("json");
            let Ok(text) = fs::read_to_string(file) else {
                continue;
            };
            if is(&text) {
                self.keep(code, &text)?;
                return Ok(text);
            }
        }
        bail!(
            "the metadata of {name}'s code {} is not known: it is neither in {} nor in {}. Build what was deployed, or put its \
             metadata there as {}",
            hex(code),
            self.kept.display(),
            self.artifacts.display(),
            self.file(code).display()
        )
    }

    /// Keeps metadata of this code.
    pub(crate) fn keep(&self, code: &Hash, text: &str) -> Result<()> {
        let file = self.file(code);
        let write = || {
            fs::create_dir_all(&self.kept)?;
            let new = file.with_extension("json.new");
            fs::write(&new, text)?;
            fs::rename(&new, &file)
        };
        write().with_context(|| format!("keeping {}", file.display()))
    }

    pub(crate) fn parse(&self, text: &str) -> Result<Abi> {
        Ok(Abi::parse(text)?.with_accounts(self.accounts))
    }

    fn file(&self, code: &Hash) -> PathBuf {
        self.kept.join(hex(code)).with_extension("json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keep_metadata;
    use std::collections::BTreeMap;
    use vilokanam_deploy::{CodeEntry, Hex32, Record};

    /// The metadata of `directory`, as of this code.
    fn metadata(code: &Hash) -> Result<String> {
        let text = include_str!("../../../metadata/directory.json");
        let mut document: serde_json::Value = serde_json::from_str(text)?;
        document["source"] = serde_json::json!({ "hash": hex(code) });
        Ok(document.to_string())
    }

    #[test]
    fn metadata_is_found_by_its_code_and_kept() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-abis-{}", std::process::id()));
        let (record_file, artifacts) = (dir.join("x.json"), dir.join("ink"));
        for (name, code) in [("old", [1; 32]), ("new", [2; 32])] {
            fs::create_dir_all(artifacts.join(name))?;
            let file = artifacts.join(name).join(name).with_extension("json");
            fs::write(file, metadata(&code)?)?;
        }
        let abis = Abis::new(&record_file, &artifacts, 42);
        let kept = |code: &Hash| dir.join("x.abi").join(hex(code)).with_extension("json");
        assert_eq!(abis.text_of("directory", &[2; 32])?, metadata(&[2; 32])?);
        assert_eq!(fs::read_to_string(kept(&[2; 32]))?, metadata(&[2; 32])?);
        let unknown = abis.of("directory", &[3; 32]).err().context("is unknown")?;
        assert!(unknown
            .to_string()
            .contains("metadata of directory's code 0x0303"));

        // All that a record names.
        let mut record = Record::new("x", [0; 32], 1, [0; 32]);
        let entry = CodeEntry {
            hash: Hex32([1; 32]),
            bytes: 1,
            place: None,
        };
        record.codes = BTreeMap::from([("directory".to_owned(), entry)]);
        keep_metadata(&record, &record_file, &artifacts)?;
        // It is there without the artifacts, unless it was damaged.
        fs::remove_dir_all(&artifacts)?;
        assert_eq!(abis.of("directory", &[1; 32])?.code_hash, Some([1; 32]));
        fs::write(kept(&[2; 32]), metadata(&[1; 32])?)?;
        assert!(abis.of("directory", &[2; 32]).is_err());
        Ok(fs::remove_dir_all(&dir)?)
    }
}
