//! The story of an evening: creators and a real audience, on any chain, with every outcome predicted.
//!
//! [`play`] deploys the suite on a chain, draws an audience from real data ([`crate::audience`]), and plays an evening
//! act by act in the order of time. Each act is one message of one person; it goes to the contracts and to the independent
//! model ([`crate::model`]), and the two answers are compared. When all have gone home, totals are compared as well, and the
//! laws of the design are checked on what the contracts said in their events.
//!
//! - `cast`: who comes, when, and with what habits: drawn once, by the seed.
//! - `stage`: sends an action to the chain and to the model, compares, and keeps the books.
//! - `story`: who does what, in the order of time; `visits`: what viewers do; `scenes`: what is in the
//!   script; `patrons`: passes, tips, goals, sponsors, limits; `court`: reports and verdicts; `finale`: how everybody gets
//!   their money.
//! - `laws`: what must hold; `report`: what is told about it.
//!
//! Units: milliseconds of chain time, base units of an asset; a second of the evening lasts [`EveningPlan::second_ms`].

mod books;
mod cast;
mod court;
mod finale;
mod laws;
mod patrons;
mod perform;
mod report;
mod scenes;
mod stage;
mod story;
mod visits;

pub use books::{Books, SessionBook};
pub use laws::Law;
pub use perform::perform;
pub use report::{
    time, whole, Amounts, CaseReport, Counts, Earner, Gas, Gift, Receipt, Report, StreamReport,
    Watcher,
};
pub use stage::Stage;

use anyhow::{ensure, Result};
use std::path::Path;
use story::Story;
use vilokanam_chain::Chain;
use vilokanam_interfaces::{Millis, MIN_GRACE_MS};

/// The most viewers of an evening.
pub const MAX_VIEWERS: usize = 2_000;

/// What kind of evening to play. Every duration is a parameter, so that a chain whose clock cannot be set can
/// play it fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EveningPlan {
    /// How many viewers come.
    pub viewers: usize,
    /// The same seed gives the same evening.
    pub seed: u64,
    /// How long a second of the audience's evening lasts on the chain.
    pub second_ms: Millis,
    /// How long a broadcast lives without a heartbeat.
    pub grace_ms: Millis,
    /// How often creators send heartbeats.
    pub heartbeat_ms: Millis,
    /// How often a stream's pages are settled.
    pub settle_every_ms: Millis,
    /// How often creators withdraw.
    pub payday_every_ms: Millis,
    /// How long a viewer waits between beginning an exit and finishing it.
    pub exit_delay_ms: Millis,
}

impl EveningPlan {
    /// Six hours and a bit, in real time.
    pub fn new(viewers: usize, seed: u64) -> Self {
        const MINUTE_MS: Millis = 60_000;
        Self {
            viewers,
            seed,
            second_ms: 1_000,
            grace_ms: 5 * MINUTE_MS,
            heartbeat_ms: 4 * MINUTE_MS,
            settle_every_ms: 40 * MINUTE_MS,
            payday_every_ms: 120 * MINUTE_MS,
            exit_delay_ms: 60 * MINUTE_MS,
        }
    }

    /// The same in two minutes, for a chain whose clock cannot be set: a minute lasts 0.3 seconds. The grace is the
    /// shortest that the registry allows, and lasts half an hour of the evening.
    pub fn fast(viewers: usize, seed: u64) -> Self {
        Self {
            second_ms: 5,
            grace_ms: MIN_GRACE_MS,
            heartbeat_ms: 4_000,
            settle_every_ms: 12_000,
            payday_every_ms: 36_000,
            exit_delay_ms: 2_000,
            ..Self::new(viewers, seed)
        }
    }
}

/// Something worth telling.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moment {
    /// Milliseconds of chain time since the evening began.
    pub at_ms: Millis,
    /// What happened.
    pub text: String,
}

/// Somebody who looks on while the evening is played.
pub trait Onlooker {
    /// The evening has come so far.
    fn progress(&mut self, percent: u64, transactions: u64);

    /// Something worth telling has happened.
    fn moment(&mut self, moment: &Moment);
}

/// Looks the other way.
impl Onlooker for () {
    fn progress(&mut self, _percent: u64, _transactions: u64) {}
    fn moment(&mut self, _moment: &Moment) {}
}

/// Plays an evening on a chain, with the contracts from `artifacts`.
///
/// An evening that does not obey the laws is reported in [`Report::laws`]; an error means that it could not be played.
pub fn play<C: Chain>(
    chain: &mut C,
    artifacts: &Path,
    plan: &EveningPlan,
    onlooker: &mut dyn Onlooker,
) -> Result<Report> {
    ensure!(
        (1..=MAX_VIEWERS).contains(&plan.viewers),
        "an evening has 1 to {MAX_VIEWERS} viewers"
    );
    let mut story = Story::begin(chain, artifacts, plan, onlooker)?;
    let played = story.evening().and_then(|()| story.finale());
    match played {
        Ok(()) => story.report(),
        Err(e) if story.stage.differences.is_empty() => Err(e),
        // A story that cannot go on after a difference is mostly its consequence.
        Err(e) => Err(e.context(story.stage.differences.join("; "))),
    }
}
