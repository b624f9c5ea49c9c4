//! Where the built contracts are.

use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The codes, in the order in which they are deployed: a second code before the contract that runs it.
pub const CONTRACTS: [&str; 13] = [
    "vlk_permit",
    "vlk_token",
    "stream_registry",
    "pricing_plans",
    "pricing_engine",
    "payment_desk",
    "payment_handler",
    "tick_lifecycle",
    "tick_stream",
    "pass_office",
    "patronage",
    "directory",
    "moderation",
];

/// Those of them that are code only, each with the contract that runs it on its own storage.
pub const SECOND_CODES: [(&str, &str); 4] = [
    ("vlk_permit", "vlk_token"),
    ("pricing_plans", "pricing_engine"),
    ("payment_desk", "payment_handler"),
    ("tick_lifecycle", "tick_stream"),
];

/// The second code that a contract runs, if it has one.
pub fn second_code_of(contract: &str) -> Option<&'static str> {
    let mut codes = SECOND_CODES.into_iter();
    codes
        .find(|(_, runs)| *runs == contract)
        .map(|(code, _)| code)
}

/// The contract that runs a second code; `None`: it is no second code.
pub fn runs_code(code: &str) -> Option<&'static str> {
    let mut codes = SECOND_CODES.into_iter();
    codes
        .find(|(second, _)| *second == code)
        .map(|(_, contract)| contract)
}

/// Where `make contracts` leaves them: `$VILOKANAM_ARTIFACTS`, or else `ink` in cargo's target directory.
pub fn artifacts_dir() -> PathBuf {
    if let Some(dir) = env::var_os("VILOKANAM_ARTIFACTS") {
        return dir.into();
    }
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| workspace().join("target"))
        .join("ink")
}

/// The Wasm of a contract: `<dir>/<name>/<name>.wasm`.
pub fn wasm(dir: &Path, name: &str) -> Result<Vec<u8>> {
    let path = dir.join(name).join(name).with_extension("wasm");
    fs::read(&path).with_context(|| format!("no {}: run `make contracts`", path.display()))
}

fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_codes_and_their_hosts_find_each_other() {
        for (code, contract) in SECOND_CODES {
            assert_eq!(second_code_of(contract), Some(code));
            assert_eq!(runs_code(code), Some(contract));
            let place = |name| CONTRACTS.iter().position(|one| *one == name);
            assert!(place(code) < place(contract), "{code}");
        }
        assert_eq!(second_code_of("directory"), None);
        assert_eq!(runs_code("directory"), None);
    }

    #[test]
    fn wasm_is_read_or_told_to_be_missing() -> Result<()> {
        let dir = env::temp_dir().join(format!("vilokanam-suite-{}", std::process::id()));
        fs::create_dir_all(dir.join("x"))?;
        fs::write(dir.join("x/x.wasm"), b"code")?;
        let (read, missing) = (wasm(&dir, "x"), wasm(&dir, "y"));
        fs::remove_dir_all(&dir)?;
        assert_eq!(read?, b"code");
        let missing = format!("{:#}", missing.expect_err("is not there"));
        assert!(
            missing.contains("y.wasm: run `make contracts`"),
            "{missing}"
        );
        assert!(workspace().join("contracts").is_dir());
        match env::var_os("VILOKANAM_ARTIFACTS") {
            Some(named) => assert_eq!(artifacts_dir(), PathBuf::from(named)),
            None => assert!(artifacts_dir().ends_with("ink")),
        }
        Ok(())
    }
}
