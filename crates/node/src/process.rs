//! The node's program: where it is, how it starts, that it ends.

use crate::Rpc;
use anyhow::{bail, Context, Result};
use serde_json::json;
use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{sync_channel, Receiver, RecvTimeoutError},
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// The program's name on the `PATH`.
const PROGRAM: &str = "substrate-contracts-node";
/// What to say where there is no node.
pub const NO_NODE: &str =
    "there is no substrate-contracts-node on the PATH, and SUBSTRATE_CONTRACTS_NODE names none. \
     `cargo install contracts-node --version 0.42.0 --locked` installs it: that takes about two hours and needs \
     protobuf-compiler, clang, cmake and Rust 1.85 with WASM_BUILD_STD=1";
/// Starting takes some 15 seconds, most of them to compile the runtime; on a busy machine longer.
const START: Duration = Duration::from_secs(180);
/// Ending takes a moment, or some seconds while it is still starting.
const END: Duration = Duration::from_secs(20);

/// Where the node is: on the `PATH`, or else what `SUBSTRATE_CONTRACTS_NODE` names.
pub fn node_binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|dir| dir.join(PROGRAM));
    let named = env::var_os("SUBSTRATE_CONTRACTS_NODE").map(PathBuf::from);
    on_path.chain(named).find(|file| file.is_file())
}

/// How a node differs from one that starts afresh on a free port and is forgotten.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The port of its JSON-RPC.
    pub port: Option<u16>,
    /// Where it keeps its blocks, for the next node that is started there.
    pub folder: Option<PathBuf>,
    /// How long after it was sealed a block becomes final, in seconds; 1 where it is not said.
    pub finalize_secs: Option<u64>,
}

/// A node that runs as long as this value lives, also when the thread that has it panics.
pub struct Process {
    child: Child,
    guard: Child,
    port: u16,
}

impl Process {
    /// Starts a development chain in a temporary folder, and waits until it answers.
    pub fn start(binary: &Path) -> Result<Self> {
        Self::start_with(binary, &Setup::default())
    }

    /// Starts a development chain, and waits until it answers.
    pub fn start_with(binary: &Path, setup: &Setup) -> Result<Self> {
        // Where its port is taken, a node chooses another: only what it says itself is certain.
        let port = setup.port.unwrap_or(0);
        let mut command = Command::new(binary);
        command
            .args(["--dev", "--no-prometheus", "--no-telemetry"])
            .args(["--port", "0", "--rpc-port", &port.to_string()])
            .arg("-lerror,sc_rpc_server=info");
        match &setup.folder {
            Some(folder) => command.arg("--base-path").arg(folder),
            None => command.arg("--tmp"),
        };
        if let Some(seconds) = setup.finalize_secs {
            command.args(["--finalize-delay-sec", &seconds.to_string()]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let said = child.stderr.take().map(told);
        let guard = guard(child.id()).inspect_err(|_| end(&mut child))?;
        let mut process = Self { child, guard, port };
        let said = said.context("it says nothing")?;
        process.wait(binary, &said)?;
        if let Some(named) = setup.port.filter(|named| *named != process.port) {
            bail!("port {named} is taken");
        }
        Ok(process)
    }

    /// The port of its JSON-RPC, on this machine alone.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would, with nothing put in order.
    pub fn kill(mut self) {
        // First, so that it never asks another process to end that got the node's number.
        end(&mut self.guard);
        end(&mut self.child);
    }

    fn wait(&mut self, binary: &Path, said: &Receiver<u16>) -> Result<()> {
        let deadline = Instant::now() + START;
        match said.recv_timeout(START) {
            Ok(port) => self.port = port,
            Err(RecvTimeoutError::Timeout) => bail!("{} does not say its port", binary.display()),
            // It is ending.
            Err(RecvTimeoutError::Disconnected) => {}
        }
        let rpc = Rpc::new(self.port);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended: {status}", binary.display());
            }
            if rpc.call("system_health", json!([])).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(200));
        }
        bail!("{} does not answer", binary.display())
    }
}

/// The port of which a node tells. All that it says is read, or else it would have to wait.
fn told(output: impl Read + Send + 'static) -> Receiver<u16> {
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if let Some(port) = port_in(&String::from_utf8_lossy(&line)) {
                let _ = sender.try_send(port);
            }
        }
    });
    receiver
}

/// From `... Running JSON-RPC server: addr=127.0.0.1:9944,[::1]:9944`.
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("JSON-RPC server: addr=")?;
    let (_, rest) = rest.split_once("127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Asks the node to end once the pipe closes that it reads from: when the value is dropped, and also when this program is
/// killed, which drops nothing. A node that is asked removes its folder.
fn guard(node: u32) -> Result<Child> {
    Command::new("sh")
        .args(["-c", "read -r _; kill $0", &node.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .context("starting the node's guard")
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // It asks at once and ends; the node keeps its number until it is waited for.
        let _ = self.guard.wait();
        let deadline = Instant::now() + END;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(20));
        }
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Write,
        net::{Ipv4Addr, TcpListener},
    };

    #[test]
    fn a_port_is_read() {
        let line = "2026 INFO main sc_rpc_server: Running JSON-RPC server: addr=127.0.0.1:39551,[::1]:39877    ";
        assert_eq!(port_in(line), Some(39_551));
        assert_eq!(port_in("addr=127.0.0.1:1"), None);
        assert_eq!(port_in("JSON-RPC server: addr=127.0.0.1:x"), None);
    }

    #[test]
    fn a_port_that_is_taken_is_no_nodes() -> Result<()> {
        let Some(binary) = node_binary() else {
            let required = env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
            assert!(!required, "no node: {NO_NODE}");
            // Not by print!, which is shown only when a test fails.
            writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}")?;
            return Ok(());
        };
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = taken.local_addr()?.port();
        let setup = Setup {
            port: Some(port),
            ..Setup::default()
        };
        let refused = Process::start_with(&binary, &setup).map(drop);
        let refused = refused.expect_err("taken").to_string();
        assert_eq!(refused, format!("port {port} is taken"));
        Ok(())
    }
}
