//! Sends messages, and keeps what they cost and which laws held.

use super::{
    report::{Cost, MessageCost, Phase},
    Onlooker,
};
use crate::evening::Law;
use anyhow::{Context, Result};
use core::fmt::Debug;
use std::{collections::BTreeMap, fs, time::Instant};
use vilokanam_chain::{Calls, Chain, Message, Receipt, Sent, Suite};
use vilokanam_interfaces::AccountId;

/// The laws' numbers in the design, and what they say here.
const LAWS: [(u8, &str); 9] = [
    (
        1,
        "the contract has at least what it owes: pools + holds + payable + fees",
    ),
    (
        2,
        "what it owes is what was deposited less what was withdrawn, exactly",
    ),
    (3, "settled + released = placed on hold, for every session"),
    (
        4,
        "creators + co-hosts + referrer + platform = settled, exactly",
    ),
    (
        5,
        "every session, payee, refund and total is what an independent calculation says",
    ),
    (10, "a closed session is final"),
    (11, "no voucher is paid twice, and no older one at all"),
    (
        12,
        "everybody got out all that was theirs; nothing is left behind",
    ),
    (
        15,
        "live counts are the sessions neither closed nor closing",
    ),
];
/// Breaks after this many of a law are counted, not told.
const MAX_TOLD: usize = 5;

/// When a measurement began.
pub struct Started {
    pub wall: Instant,
    cpu_secs: Option<f64>,
    transactions: u64,
}

/// The chain with a measure on it.
pub struct Desk<'a, C> {
    pub chain: &'a mut C,
    pub suite: Suite,
    pub onlooker: &'a mut dyn Onlooker,
    pub transactions: u64,
    pub phases: Vec<Phase>,
    costs: BTreeMap<&'static str, Cost>,
    checks: BTreeMap<u8, (u64, Vec<String>)>,
}

impl<'a, C: Chain> Desk<'a, C> {
    pub fn new(chain: &'a mut C, suite: Suite, onlooker: &'a mut dyn Onlooker) -> Self {
        Self {
            chain,
            suite,
            onlooker,
            transactions: 0,
            phases: Vec::new(),
            costs: BTreeMap::new(),
            checks: BTreeMap::new(),
        }
    }

    /// One transaction; a contract's refusal is a value.
    pub fn send<M: Message>(
        &mut self,
        what: &'static str,
        origin: AccountId,
        message: M,
    ) -> Result<Sent<M::Output>> {
        let sent = self.chain.send(origin, message).context(what)?;
        self.transactions += 1;
        self.costs.entry(what).or_default().add(&sent.receipt);
        Ok(sent)
    }

    /// One transaction that must succeed.
    pub fn must<T, E: Debug, M: Message<Output = Result<T, E>>>(
        &mut self,
        what: &'static str,
        origin: AccountId,
        message: M,
    ) -> Result<(T, Receipt)> {
        let sent = self.send(what, origin, message)?.accepted().context(what)?;
        Ok((sent.value, sent.receipt))
    }

    /// Begins to measure a phase.
    pub fn start(&self) -> Started {
        Started {
            wall: Instant::now(),
            cpu_secs: cpu_secs(),
            transactions: self.transactions,
        }
    }

    /// Adds what happened since `started` to a phase, and returns the seconds of wall time.
    pub fn stop(&mut self, phase: &'static str, started: Started) -> f64 {
        let secs = started.wall.elapsed().as_secs_f64();
        let cpu_secs = cpu_secs()
            .zip(started.cpu_secs)
            .map(|(now, then)| now - then);
        let transactions = self.transactions - started.transactions;
        match self.phases.iter_mut().find(|known| known.name == phase) {
            Some(known) => {
                known.secs += secs;
                known.cpu_secs = known.cpu_secs.zip(cpu_secs).map(|(sum, more)| sum + more);
                known.transactions += transactions;
            }
            None => self.phases.push(Phase {
                name: phase,
                secs,
                cpu_secs,
                transactions,
            }),
        }
        secs
    }

    /// Notes whether a law held, and if not, what was found.
    pub fn ensure(&mut self, law: u8, holds: bool, found: impl FnOnce() -> String) {
        let (checks, broken) = self.checks.entry(law).or_default();
        *checks += 1;
        if !holds && broken.len() < MAX_TOLD {
            broken.push(found());
        }
    }

    /// Law 5: what was found is what the independent calculation says.
    pub fn same<T: PartialEq + Debug>(
        &mut self,
        what: impl FnOnce() -> String,
        expected: T,
        found: T,
    ) {
        self.ensure(5, expected == found, || {
            format!("{}: expected {expected:?}, found {found:?}", what())
        });
    }

    pub fn laws(&self) -> Vec<Law> {
        let law = |(number, text)| {
            let (checks, broken) = self.checks.get(&number).cloned().unwrap_or_default();
            Law {
                number,
                text,
                checks,
                holds: checks > 0 && broken.is_empty(),
                broken,
            }
        };
        LAWS.into_iter().map(law).collect()
    }

    /// What each message cost, the dearest in all first.
    pub fn messages(&self) -> Vec<MessageCost> {
        let costs = self.costs.iter();
        let mut messages: Vec<_> = costs.map(|(name, cost)| cost.of_message(name)).collect();
        messages.sort_by_key(|message| core::cmp::Reverse(message.ref_time * message.calls));
        messages
    }
}

/// How long this thread has run, other than waited for a core; `None` where the system does not tell.
fn cpu_secs() -> Option<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(nanos as f64 / 1e9)
}
