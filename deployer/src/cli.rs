//! The command line.

use crate::{
    network::{NetworkArgs, DEPLOY_NOTES, PLAN_NOTES, VERIFY_NOTES},
    operate::Operate,
};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Live video billed by the second: deploys and drives the Vilokanam contracts.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  vilokanam demo                          an evening of live video with 200 viewers
  vilokanam demo --viewers 20 --seed 7    a smaller, and another one
  vilokanam demo --json | jq .settled     the same in numbers
  vilokanam replay                        20,000 sessions at once, measured
  vilokanam plan --network local          what putting the suite on a node would do and cost
  vilokanam deploy --network local        put it there
  vilokanam verify --network local        is it still as it should be?

The contracts must be built first: `make contracts`.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Deploys the suite and plays an evening of live video on it, with every outcome checked.
    ///
    /// Six creators, and viewers whose number of sessions and watching times are drawn from a real audience, in the native
    /// token and in $VLK. Every answer of the contracts is compared with an independent model, and the laws of the design
    /// are checked at the end.
    Demo(DemoArgs),

    /// Replays an evening of the real audience with tens of thousands of sessions open at once, and measures it.
    ///
    /// Half of the sessions are billed by the clock and settled by the page, half by signed vouchers, redeemed in batches.
    /// Every session, payee and refund is compared with an independent calculation, to the unit.
    Replay(ReplayArgs),

    /// Says what a deployment would do: codes, addresses, gas, deposits, fees, the balance needed and there.
    #[command(after_help = PLAN_NOTES)]
    Plan(NetworkArgs),

    /// Puts the suite on a chain with pallet-contracts, or what is missing of it, and verifies it.
    #[command(after_help = DEPLOY_NOTES)]
    Deploy(NetworkArgs),

    /// Compares a deployed suite with the artifacts, the record and the network's file.
    #[command(after_help = VERIFY_NOTES)]
    Verify(NetworkArgs),

    #[command(flatten)]
    Operate(Operate),
}

/// What `vilokanam demo` takes.
#[derive(Debug, Args)]
#[command(after_help = DEMO_NOTES)]
pub struct DemoArgs {
    /// How many viewers come [default: 200; on a network: 12].
    #[arg(long, value_name = "N", value_parser = viewers)]
    pub viewers: Option<usize>,

    /// Which evening: the same seed gives the same numbers.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// Print one JSON document instead of tables. Amounts are texts, in base units (10^-12).
    #[arg(long)]
    pub json: bool,

    /// The development chain to play it on, whose clock cannot be set: an evening in two minutes, on a suite of its
    /// own [default: a chain inside this process].
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,

    /// The folder of the networks' files.
    #[arg(long, value_name = "DIR", default_value = "deployer/config")]
    pub config: PathBuf,
}

const DEMO_NOTES: &str = "\
Progress goes to stderr, the result to stdout. Exit code: 0 if every law holds, 1 if one does not, 2 if the evening could
not be played.

Examples:
  vilokanam demo --viewers 12 --seed 42
  vilokanam demo --json > evening.json
  vilokanam demo --network local";

/// What `vilokanam replay` takes.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_NOTES)]
pub struct ReplayArgs {
    /// How many sessions are opened; all are open at once.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = sessions)]
    pub sessions: usize,

    /// Which evening: the same seed gives the same sessions and amounts; times and memory are the machine's.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// Print one JSON document instead of tables. Amounts are texts, in base units (10^-12).
    #[arg(long)]
    pub json: bool,
}

const REPLAY_NOTES: &str = "\
Progress goes to stderr, the result to stdout. Exit code: 0 if every amount and law holds, 1 if one does not, 2 if the
evening could not be replayed.

Examples:
  vilokanam replay --sessions 2000 --seed 7
  vilokanam replay --json | jq .settling";

/// A number of viewers that an evening can have.
fn viewers(text: &str) -> Result<usize, String> {
    let most = vilokanam_e2e::evening::MAX_VIEWERS;
    match text.parse() {
        Ok(viewers) if (1..=most).contains(&viewers) => Ok(viewers),
        _ => Err(format!("a number from 1 to {most}")),
    }
}

/// A number of sessions that a replay can have.
fn sessions(text: &str) -> Result<usize, String> {
    use vilokanam_e2e::replay::{MAX_SESSIONS, MIN_SESSIONS};
    match text.parse() {
        Ok(sessions) if (MIN_SESSIONS..=MAX_SESSIONS).contains(&sessions) => Ok(sessions),
        _ => Err(format!("a number from {MIN_SESSIONS} to {MAX_SESSIONS}")),
    }
}
