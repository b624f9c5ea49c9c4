//! The vectors, checked by code that shares nothing with this crate: `check/`, on Node.js. Skipped where Node.js or its
//! packages are not installed (`scripts/check-vectors.sh` installs them), unless `VILOKANAM_REQUIRE_NODEJS` is 1.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output},
};

/// The script's exit code for: cannot check here.
const MISSING: i32 = 3;

/// Runs the check on `vectors`; `None` if it cannot run here.
fn check(vectors: &Path) -> Option<Output> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("cargo puts it into the target folder");
    let output = Command::new("bash")
        .arg(crate_dir.join("../../scripts/check-vectors.sh"))
        .arg("--no-install")
        .arg(vectors)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("the script runs in bash");
    // Not by print!, which is shown only when a test fails.
    let mut stderr = std::io::stderr();
    stderr.write_all(&output.stderr).unwrap();
    if output.status.code() == Some(MISSING) {
        let required = std::env::var("VILOKANAM_REQUIRE_NODEJS").is_ok_and(|value| value == "1");
        assert!(!required, "Node.js or the packages are missing");
        writeln!(stderr, "skipped: no independent check of the vectors").unwrap();
        return None;
    }
    Some(output)
}

#[test]
fn independent_implementation_agrees() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors.json");
    let Some(output) = check(&vectors) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "50 vectors, 15 of them valid; 23 permits, 5 of them valid: 0 differences\n"
    );
}

/// Else its agreement would mean nothing.
#[test]
fn independent_implementation_notices_differences() {
    let committed = include_str!("../vectors.json");
    let wrong = committed
        .replacen("\"valid\": true", "\"valid\": false", 1)
        .replacen("\"refusal\": \"AboveHold\"", "\"refusal\": \"NotNewer\"", 1)
        .replacen("\"nonce\": \"0\"", "\"nonce\": \"1\"", 1);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong-vectors.json");
    std::fs::write(&path, wrong).unwrap();
    let Some(output) = check(&path) else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    // One of `valid`; of `AboveHold`, the refusal found and that of a fresh signature; of the nonce, both forms of the message,
    // the refusal, `valid`, and the refusal of a fresh signature over the old message.
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "50 vectors, 14 of them valid; 23 permits, 5 of them valid: 8 differences\n"
    );
}
