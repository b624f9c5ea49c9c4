//! The real audience at scale: one long evening with tens of thousands of sessions open at once, on any chain whose clock obeys.
//!
//! [`play`] deploys the suite, draws viewers, their sessions and watching times from real data ([`crate::audience`]), and goes
//! through the evening in phases, each measured. Everybody comes at the start, the hardest case for the chain: every session sits
//! from then on until all are closed. Half of the sessions are billed by the clock and settled by the page, half by vouchers, signed off
//! the chain and redeemed in batches by a worker.
//!
//! Every amount is compared with an independent calculation: the model's clock, one session at a time, and plain sums. The
//! whole model ([`crate::model`]) would need hours: it looks at all lives at every step.
//!
//! - `cast`: streams, viewers and sessions, drawn once by the seed.
//! - `desk`: sends messages and keeps what they cost; `phases`: what is sent, in order; `settle`: the measured phase.
//! - `expect`: what must come out; `check`: whether it did; `report`: what is told.
//!
//! Units: milliseconds of chain time, seconds of wall time where a name says `secs`, base units of an asset.

mod cast;
mod check;
mod desk;
mod expect;
mod phases;
mod report;
mod settle;

pub use report::{Cost, Mark, Memory, MessageCost, Phase, Report, Round, Settling};

use anyhow::{ensure, Result};
use std::path::Path;
use vilokanam_chain::Chain;

/// The fewest sessions of a replay: a batch of each meter.
pub const MIN_SESSIONS: usize = 128;
/// The most.
pub const MAX_SESSIONS: usize = 200_000;
/// Settled sessions a second of wall time, on two cores, that a replay should reach.
pub const TARGET_PER_SEC: f64 = 1_000.0;

/// Which evening to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayPlan {
    /// How many sessions are opened.
    pub sessions: usize,
    /// The same seed gives the same evening.
    pub seed: u64,
}

/// Somebody who looks on.
pub trait Onlooker {
    /// Of the `of` steps of a phase, `done` are done. Each phase begins with 0 and ends with all.
    fn progress(&mut self, phase: &str, done: usize, of: usize);
}

/// Looks the other way.
impl Onlooker for () {
    fn progress(&mut self, _phase: &str, _done: usize, _of: usize) {}
}

/// Replays an evening on a chain, with the contracts from `artifacts`.
///
/// Where an amount or a law does not hold, [`Report::laws`] says so; an error means that the replay could not go on.
pub fn play<C: Chain>(
    chain: &mut C,
    artifacts: &Path,
    plan: &ReplayPlan,
    onlooker: &mut dyn Onlooker,
) -> Result<Report> {
    ensure!(
        (MIN_SESSIONS..=MAX_SESSIONS).contains(&plan.sessions),
        "a replay has {MIN_SESSIONS} to {MAX_SESSIONS} sessions"
    );
    phases::Replay::begin(chain, artifacts, plan, onlooker)?.play()
}
