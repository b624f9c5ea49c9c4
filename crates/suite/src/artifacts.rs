//! Where the built contracts are.

use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The contracts, in the order in which they are deployed.
pub const CONTRACTS: [&str; 6] = [
    "vlk_token",
    "stream_registry",
    "pricing_engine",
    "payment_handler",
    "tick_settler",
    "tick_stream",
];

/// The one of them that is code only: the meter runs it on its own storage.
pub const CODE_ONLY: &str = CONTRACTS[4];

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
