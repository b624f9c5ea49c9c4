//! Who signs.

use crate::{hex, AccountId};
use anyhow::{anyhow, bail, Context, Result};
use std::{env, fs, path::Path, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};

/// The environment variable that a key is read from: a secret phrase, a hex seed, either with a derivation path.
pub const SURI: &str = "VILOKANAM_SURI";

/// An sr25519 key. Printing it shows the account alone.
#[derive(Clone)]
pub struct Key(Keypair);

impl Key {
    /// From the environment, or else from a file, or else, on a development chain, the well-known `//Alice`.
    ///
    /// Well-known keys are refused on any other chain: whoever reads the documentation of Substrate has them.
    pub fn load(file: Option<&Path>, development: bool) -> Result<Self> {
        if let Ok(uri) = env::var(SURI) {
            return Self::parse(&uri, development).with_context(|| format!("the key in {SURI}"));
        }
        if let Some(file) = file {
            let uri = fs::read_to_string(file)
                .with_context(|| format!("no key in {}", file.display()))?;
            return Self::parse(&uri, development)
                .with_context(|| format!("the key in {}", file.display()));
        }
        if development {
            return Self::parse("//Alice", true);
        }
        bail!("no key: set {SURI}, or name a `key_file` in the network's file");
    }

    /// From a secret phrase, a hex seed or, where it is development, a path of the well-known phrase.
    pub fn parse(uri: &str, development: bool) -> Result<Self> {
        let uri = uri.trim();
        let well_known = uri.starts_with('/') || uri.contains(subxt_signer::DEV_PHRASE);
        if well_known && !development {
            bail!("a well-known development key, and the network is not `development = true`");
        }
        // What the parser says may quote the phrase, so it is not repeated.
        let uri = SecretUri::from_str(uri).map_err(|_| anyhow!("it is no secret URI"))?;
        let pair = Keypair::from_uri(&uri).map_err(|_| anyhow!("it is no secret URI"))?;
        Ok(Self(pair))
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        self.0.public_key().0
    }

    pub(crate) fn pair(&self) -> &Keypair {
        &self.0
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Key({})", hex(&self.account()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_known_key_is_for_development_alone() -> Result<()> {
        let alice = Key::parse("//Alice", true)?;
        let dev = format!("{}//Alice", subxt_signer::DEV_PHRASE);
        assert_eq!(Key::parse(&dev, true)?.account(), alice.account());
        assert!(Key::parse("//Alice", false).is_err());
        assert!(Key::parse(&dev, false).is_err());
        Ok(())
    }

    #[test]
    fn printing_a_key_or_a_mistake_shows_no_secret() -> Result<()> {
        let seed = "0x00000000000000000000000000000000000000000000000000000000000000aa";
        let key = Key::parse(seed, false)?;
        let shown = format!("{key:?}");
        assert!(shown.starts_with("Key(0x") && !shown.contains("00aa"));
        let mistake = Key::parse("secret words///x\n/y", false).expect_err("no key");
        assert!(!format!("{mistake:?}").contains("secret words"));
        Ok(())
    }
}
