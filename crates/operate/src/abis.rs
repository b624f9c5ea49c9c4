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
