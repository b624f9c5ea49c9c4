//! The command as people and programs meet it: what it prints, and how it exits.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use vilokanam_chain::{Chain, Directed, Node};
use vilokanam_client::{Key, Options};
use vilokanam_node::{node_binary, Process, NO_NODE};
use vilokanam_suite::artifacts_dir;

/// A folder with a network's file, gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, port: u16) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("vilokanam-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let local = include_str!("../config/local.toml");
        let there = format!("ws://127.0.0.1:{port}");
        fs::write(
            folder.join("local.toml"),
            local.replace("ws://127.0.0.1:9944", &there),
        )?;
        Ok(Self(folder))
    }
}

impl Folder {
    /// Writes another setting into the network's file.
    fn set(&self, from: &str, to: &str) -> Result<()> {
        let file = self.0.join("local.toml");
        let text = fs::read_to_string(&file)?;
        ensure!(text.contains(from), "the file does not say {from}");
        Ok(fs::write(&file, text.replace(from, to))?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn command(folder: &Path, args: &[&str]) -> Result<Command> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vilokanam"));
    command
        .args(args)
        .current_dir(folder)
        .env("VILOKANAM_ARTIFACTS", artifacts_dir().canonicalize()?)
        .env_remove("VILOKANAM_SURI");
    Ok(command)
}

fn vilokanam(folder: &Path, args: &[&str]) -> Result<Output> {
    Ok(command(folder, args)?.output()?)
}

/// A command that is started, and of which the rest is up to the test.
fn started(folder: &Path, args: &str) -> Result<Child> {
    let mut all: Vec<_> = args.split(' ').collect();
    all.extend(["--network", "local", "--config", "."]);
    let mut command = command(folder, &all)?;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command.spawn()?)
}

/// A node, or `None` after saying that there is none, where that is allowed.
fn node() -> Result<Option<Process>> {
    if let Some(binary) = node_binary() {
        return Process::start(&binary).map(Some);
    }
    let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
    assert!(!required, "no node: {NO_NODE}");
    // Not by print!, which is shown only when a test fails.
    writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}")?;
    Ok(None)
}

/// The exit code, what was printed, and what was complained of.
fn told(folder: &Path, args: &str) -> Result<(i32, String, String)> {
    let mut all: Vec<_> = args.split(' ').collect();
    all.extend(["--network", "local", "--config", "."]);
    let output = vilokanam(folder, &all)?;
    let code = output.status.code().context("it was killed")?;
    Ok((
        code,
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    ))
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("no JSON: {text}"))
}

#[test]
fn help_comes_within_50_ms_and_has_examples() -> Result<()> {
    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        let begun = Instant::now();
        let output = vilokanam(Path::new("."), &["--help"])?;
        fastest = fastest.min(begun.elapsed());
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout)?;
        assert!(text.contains("Examples:") && text.contains("vilokanam deploy --network local"));
    }
    // The fastest of ten: others may have the machine.
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");
    Ok(())
}

#[test]
fn what_cannot_be_done_exits_with_2() -> Result<()> {
    // The artifacts and the network's file come first, then the key, then the chain.
    let folder = Folder::new("cli-2", 1)?;
    for args in [
        &["deploy", "--network", "nowhere"][..],
        &["deploy"],
        &["upgrade"],
    ] {
        let output = vilokanam(&folder.0, args)?;
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let output = Command::new(env!("CARGO_BIN_EXE_vilokanam"))
        .args(["deploy", "--network", "local", "--config", "."])
        .current_dir(&folder.0)
        .env("VILOKANAM_SURI", "")
        .output()?;
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(said, "error: the key in VILOKANAM_SURI: it is empty\n");
    Ok(())
}

#[test]
fn a_suite_is_planned_deployed_verified_read_and_called() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let folder = Folder::new("cli", node.port())?;
    let at = &folder.0;

    let (code, out, _) = told(at, "plan --json")?;
    assert_eq!(code, 0);
    assert_eq!(json(&out)?["steps"].as_array().map(Vec::len), Some(30));
    assert!(!at.join("deployments").exists(), "a plan changes nothing");
    // Nothing is there: that is no answer.
    let (code, _, err) = told(at, "status")?;
    assert_eq!((code, err.starts_with("error: ")), (2, true), "{err}");

    // In a pipe progress is lines, and the result comes last.
    let (code, out, err) = told(at, "deploy")?;
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("30 steps to do, 0 done before\n"), "{err}");
    assert_eq!(err.matches(": final in block ").count(), 30, "{err}");
    assert!(out.contains("62 things compared, 0 differ\n"), "{out}");
    let (code, out, err) = told(at, "deploy --json")?;
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(json(&out)?["deployed"]["done"], Value::Array(Vec::new()));

    let (code, out, _) = told(at, "status --json")?;
    assert_eq!(code, 0);
    assert_eq!(json(&out)?["contracts"].as_array().map(Vec::len), Some(9));
    let (code, out, _) = told(at, "upgrade payment_handler")?;
    assert_eq!(
        (code, out.trim()),
        (0, "payment_handler runs this version already.")
    );

    let (code, out, _) = told(at, "call payment_handler deposit --value 5_000 --json")?;
    assert_eq!(code, 0);
    assert!(json(&out).is_ok() && out.contains("Deposited"), "{out}");
    // A refusal is the contract's answer: 1, with its variant.
    let (code, _, err) = told(at, "call payment_handler withdraw --args [0,6000]")?;
    assert_eq!(code, 1);
    assert!(
        err.contains("PoolTooSmall { free: 5000, needed: 6000 }"),
        "{err}"
    );
    let (code, out, _) = told(at, "read payment_handler totals --args [0]")?;
    assert_eq!(
        (code, json(&out)?["pools"].as_str()),
        (0, Some("5000")),
        "{out}"
    );

    // Other fees than what the file says: one line for each, and 1.
    folder.set("premium = 1_500", "premium = 1_400")?;
    let (code, out, _) = told(at, "verify")?;
    assert_eq!(code, 1);
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.contains("1400") && out.contains("1500"), "{out}");
    Ok(())
}

#[test]
fn an_upgrade_waits_two_days_and_is_applied() -> Result<()> {
    const HOUR: u64 = 3_600_000;
    const TWO_DAYS: u64 = 48 * HOUR;
    const UPGRADE: &str = "upgrade payment_handler --artifact payment_handler_v2";
    let Some(node) = node()? else { return Ok(()) };
    let folder = Folder::new("cli-delay", node.port())?;
    let at = &folder.0;
    folder.set("change_ms = 0", &format!("change_ms = {TWO_DAYS}"))?;
    let (code, _, err) = told(at, "deploy")?;
    assert_eq!(code, 0, "{err}");
    let (code, _, _) = told(at, "call payment_handler deposit --value 5_000")?;
    assert_eq!(code, 0);

    // Announced, and by no means applied: not by the command, and not by hand.
    let left = |out: &str| -> Result<u64> {
        let (_, rest) = out
            .split_once("Change 1 of payment_handler can be applied in ")
            .context("waits")?;
        Ok(rest.split(' ').next().unwrap_or("").parse()?)
    };
    let (code, out, err) = told(at, UPGRADE)?;
    assert_eq!(code, 0, "{err}");
    assert!((172_700..=172_800).contains(&left(&out)?), "{out}");
    assert!(err.contains("announced: change 1\n"), "{err}");
    let (code, _, err) = told(at, "call payment_handler Administered::apply --args [1]")?;
    assert_eq!(code, 1);
    assert!(err.contains("ChangeNotDue { due_ms: "), "{err}");
    let (code, _, err) = told(at, "read payment_handler deposits")?;
    assert_eq!(code, 2, "the old code has no such message: {err}");

    // The root sets the chain's clock an hour before the time: announced once, and still not due.
    let endpoint = format!("ws://127.0.0.1:{}", node.port());
    let rich = Key::parse("//Alice", true)?;
    let mut chain = Directed::direct(Node::connect(&[endpoint], Options::default(), rich)?)?;
    chain.advance(TWO_DAYS - HOUR)?;
    let (code, out, err) = told(at, UPGRADE)?;
    assert_eq!(code, 0, "{err}");
    assert!((3_500..=3_600).contains(&left(&out)?), "{out}");
    assert!(err.contains("announced already: change 1\n"), "{err}");

    // One that waits applies it once its time has come.
    let mut waiting = started(at, &format!("{UPGRADE} --wait"))?;
    std::thread::sleep(Duration::from_secs(2));
    assert!(waiting.try_wait()?.is_none(), "it waits");
    chain.advance(HOUR)?;
    let done = waiting.wait_with_output()?;
    let (out, err) = (
        String::from_utf8(done.stdout)?,
        String::from_utf8(done.stderr)?,
    );
    assert_eq!(done.status.code(), Some(0), "{err}");
    assert!(out.starts_with("payment_handler is version "), "{out}");
    assert!(err.contains("applied\nverified: "), "{err}");

    // What it owes is as it was, by the new code, which counts from now on.
    let (_, out, _) = told(at, "read payment_handler totals --args [0]")?;
    assert_eq!(json(&out)?["pools"].as_str(), Some("5000"));
    let (code, out, err) = told(at, "read payment_handler deposits")?;
    assert_eq!((code, out.trim()), (0, "0"), "{err}");
    let (code, out, _) = told(at, UPGRADE)?;
    assert_eq!(
        (code, out.trim()),
        (0, "payment_handler runs this version already.")
    );
    Ok(())
}

#[test]
fn what_reads_or_serves_may_go_away() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let folder = Folder::new("cli-gone", node.port())?;
    let at = &folder.0;

    // Killed once the first transaction is sent: the metadata of all code is kept by then.
    let mut deploying = started(at, "deploy")?;
    let mut said = BufReader::new(deploying.stderr.take().context("piped")?).lines();
    let sent = said.find(|line| {
        line.as_ref()
            .is_ok_and(|line| line.contains(": sent in 0x"))
    });
    sent.context("something is sent")??;
    deploying.kill()?;
    deploying.wait()?;
    assert_eq!(fs::read_dir(at.join("deployments/local.abi"))?.count(), 13);
    let (code, _, err) = told(at, "deploy")?;
    assert_eq!(code, 0, "{err}");

    // `export | head -c 10`.
    let mut exporting = started(at, "export")?;
    let mut out = exporting.stdout.take().context("piped")?;
    let mut first = [0; 10];
    out.read_exact(&mut first)?;
    assert_eq!(first[0], b'{');
    drop(out);
    let done = exporting.wait_with_output()?;
    assert_eq!((done.status.code(), done.stderr), (Some(0), Vec::new()));
    // And what is printed once nobody reads any more.
    for args in ["plan --json", "verify --json", "status"] {
        let mut printing = started(at, args)?;
        drop(printing.stdout.take());
        let done = printing.wait_with_output()?;
        assert_eq!(
            (done.status.code(), done.stderr),
            (Some(0), Vec::new()),
            "{args}"
        );
    }

    // A node that dies in the middle of an evening.
    folder.set("poll_ms = 20", "poll_ms = 20\npatience_secs = 2")?;
    let mut playing = started(at, "demo")?;
    let mut said = BufReader::new(playing.stderr.take().context("piped")?).lines();
    said.next().context("the evening begins")??;
    node.kill();
    let last = said.last().context("it says why")??;
    assert!(
        last.starts_with("error: ") && last.contains("no answer from"),
        "{last}"
    );
    assert_eq!(playing.wait()?.code(), Some(2));
    Ok(())
}
