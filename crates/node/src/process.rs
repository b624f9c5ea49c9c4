//! The node's program: where it is, how it starts, that it ends.

use crate::Rpc;
use anyhow::{bail, Context, Result};
use serde_json::json;
use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
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
        let port = match setup.port {
            Some(port) => port,
            // Freed at once, and taken by the node a moment later.
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port(),
        };
        let mut command = Command::new(binary);
        command
            .args(["--dev", "--no-prometheus", "--no-telemetry"])
            .args(["--port", "0", "--rpc-port", &port.to_string()]);
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
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let guard = guard(child.id()).inspect_err(|_| end(&mut child))?;
        let mut process = Self { child, guard, port };
        process.wait(binary)?;
        Ok(process)
    }

    /// The port of its JSON-RPC, on this machine alone.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would, with nothing put in order.
    pub fn kill(mut self) {
        end(&mut self.child);
    }

    fn wait(&mut self, binary: &Path) -> Result<()> {
        let rpc = Rpc::new(self.port);
        let deadline = Instant::now() + START;
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
        let deadline = Instant::now() + END;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(20));
        }
        end(&mut self.child);
        end(&mut self.guard);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
}
