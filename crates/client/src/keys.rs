//! Who signs.

use crate::{hex, AccountId};
use anyhow::{anyhow, bail, ensure, Context, Result};
use std::{env, ffi::OsString, fs, path::Path, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri, DEV_PHRASE};

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
        Self::choose(env::var_os(SURI), file, development)
    }

    fn choose(set: Option<OsString>, file: Option<&Path>, development: bool) -> Result<Self> {
        if let Some(uri) = set {
            // Another key than the one that was meant must never sign.
            let uri = uri.to_str().context("it is no text");
            return uri
                .and_then(|uri| Self::parse(uri, development))
                .with_context(|| format!("the key in {SURI}"));
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
        // The parser takes the well-known phrase where there is none.
        ensure!(!uri.is_empty(), "it is empty");
        // What the parser says may quote the phrase, so it is not repeated.
        let uri = SecretUri::from_str(uri).map_err(|_| anyhow!("it is no secret URI"))?;
        let pair = Keypair::from_uri(&uri).map_err(|_| anyhow!("it is no secret URI"))?;
        ensure!(
            development || !is_well_known(uri, &pair),
            "a well-known development key, and the network is not `development = true`"
        );
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

/// Whether a key, or the one that it is derived from, is in the documentation of Substrate, however it is written.
fn is_well_known(uri: SecretUri, pair: &Keypair) -> bool {
    let root = SecretUri {
        junctions: Vec::new(),
        password: None,
        ..uri
    };
    let Ok(root) = Keypair::from_uri(&root) else {
        return true;
    };
    let names = [
        "Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two",
    ];
    let paths = names
        .iter()
        .flat_map(|name| ["", "//stash"].map(|stash| format!("//{name}{stash}")));
    core::iter::once(String::new()).chain(paths).any(|path| {
        let known = SecretUri::from_str(&format!("{DEV_PHRASE}{path}")).ok();
        let known = known.and_then(|known| Keypair::from_uri(&known).ok());
        known.is_none_or(|known| {
            let known = known.public_key().0;
            known == root.public_key().0 || known == pair.public_key().0
        })
    })
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
        let published = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        assert_eq!(alice.account(), crate::parse_account(published)?);
        let dev = format!("{DEV_PHRASE}//Alice");
        assert_eq!(Key::parse(&dev, true)?.account(), alice.account());
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        assert_eq!(Key::parse(seed, true)?.account(), alice.account());
        let root = "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";
        let mut known = vec![
            dev,
            DEV_PHRASE.replace(' ', "  "),
            format!(" {DEV_PHRASE} \n"),
            format!("{DEV_PHRASE}//mine///password"),
            DEV_PHRASE.to_owned(),
            "///password".to_owned(),
            "/soft".to_owned(),
            "//mine".to_owned(),
            seed.to_owned(),
            seed.to_uppercase().replacen("0X", "0x", 1),
            root.to_owned(),
            format!("{root}//mine"),
        ];
        for name in ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"] {
            known.push(format!("//{name}"));
            known.push(format!("//{name}//stash"));
        }
        for uri in known {
            let why = Key::parse(&uri, false)
                .map(|_| uri)
                .expect_err("well known");
            assert!(why.to_string().contains("well-known"), "{why:#}");
        }
        let own = "0x00000000000000000000000000000000000000000000000000000000000000aa//Alice";
        assert!(Key::parse(own, false).is_ok());
        Ok(())
    }

    #[test]
    fn a_key_that_is_set_badly_is_no_other_key() -> Result<()> {
        for empty in ["", " ", "\n\t"] {
            for development in [false, true] {
                let why = Key::parse(empty, development).expect_err("empty");
                assert_eq!(why.to_string(), "it is empty");
            }
        }
        let file = env::temp_dir().join(format!("vilokanam-key-{}", std::process::id()));
        fs::write(&file, "\n")?;
        assert!(Key::choose(None, Some(&file), true).is_err());
        // What is set comes first, and nothing else is tried after it.
        fs::write(&file, "//Bob")?;
        assert!(Key::choose(Some(OsString::new()), Some(&file), true).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            let strange = OsString::from_vec(vec![b'/', 0xff]);
            let why = Key::choose(Some(strange), Some(&file), true).expect_err("no text");
            assert_eq!(
                format!("{why:#}"),
                format!("the key in {SURI}: it is no text")
            );
        }
        let bob = Key::choose(None, Some(&file), true)?;
        assert_eq!(bob.account(), Key::parse("//Bob", true)?.account());
        let alice = Key::choose(None, None, true)?;
        assert_eq!(alice.account(), Key::parse("//Alice", true)?.account());
        assert!(Key::choose(None, None, false).is_err());
        Ok(fs::remove_file(&file)?)
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
