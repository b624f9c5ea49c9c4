//! What is told about a replay.

use crate::evening::{Amounts, Law};
use serde::Serialize;
use std::fs;
use vilokanam_chain::Receipt;

/// A part of the replay, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Wall time.
    pub secs: f64,
    /// Of that, on a core: what it takes on a machine that has nothing else to do. Where the system tells.
    pub cpu_secs: Option<f64>,
    /// Transactions.
    pub transactions: u64,
}

/// What calls cost, by the chain's weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Calls.
    pub calls: u64,
    /// Sessions that they settled.
    pub sessions: u64,
    /// Picoseconds of reference time, of all calls.
    pub ref_time: u64,
    /// Bytes of proof, of all calls.
    pub proof_size: u64,
    /// Storage deposits paid less those returned, of all calls.
    #[serde(skip)]
    pub deposit: i128,
}

impl Cost {
    pub(super) fn add(&mut self, receipt: &Receipt) {
        self.calls += 1;
        self.ref_time += receipt.ref_time;
        self.proof_size += receipt.proof_size;
        self.deposit += receipt.deposit;
    }

    pub(super) fn settled(&mut self, receipt: &Receipt, sessions: usize) {
        self.add(receipt);
        self.sessions += sessions as u64;
    }

    pub(super) fn of_message(&self, message: &'static str) -> MessageCost {
        let calls = self.calls.max(1);
        MessageCost {
            message,
            calls: self.calls,
            ref_time: self.ref_time / calls,
            proof_size: self.proof_size / calls,
            deposit: (self.deposit / i128::from(calls)) as i64,
        }
    }

    /// Picoseconds of reference time for each session.
    pub fn ref_time_per_session(&self) -> u64 {
        self.ref_time / self.sessions.max(1)
    }

    /// Bytes of proof for each session.
    pub fn proof_per_session(&self) -> u64 {
        self.proof_size / self.sessions.max(1)
    }
}

/// What one call of a message costs on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MessageCost {
    /// Its name.
    pub message: &'static str,
    /// How often it was sent.
    pub calls: u64,
    /// Picoseconds of reference time.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
    /// Storage deposit, in base units of the native token; negative if it is returned.
    pub deposit: i64,
}

/// One round of settling: every page of the clock's streams, the newest voucher of every other session.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Round {
    /// Sessions seated then.
    pub open: usize,
    /// Sessions that pages settled.
    pub by_page: u64,
    /// Wall time of that.
    pub page_secs: f64,
    /// Sessions that vouchers settled.
    pub by_voucher: u64,
    /// Wall time of that.
    pub voucher_secs: f64,
}

/// The settling phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settling {
    /// Its rounds.
    pub rounds: Vec<Round>,
    /// Settled sessions a second of wall time, of all rounds.
    pub sessions_per_sec: f64,
    /// The same for each second on a core, where the system tells.
    pub sessions_per_cpu_sec: Option<f64>,
    /// What it should be.
    pub target_per_sec: f64,
    /// All calls of `settle_page`.
    pub pages: Cost,
    /// Those that settled all 32 seats.
    pub full_pages: Cost,
    /// All calls of `redeem_many`.
    pub batches: Cost,
    /// Those that paid 64 vouchers.
    pub full_batches: Cost,
    /// Vouchers signed.
    pub signed: u64,
    /// Of them, superseded by newer ones and never presented.
    pub superseded: u64,
    /// Of them, presented although superseded: refused.
    pub refused: u64,
}

/// Memory of this process while sessions were opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// At some numbers of open sessions.
    pub marks: Vec<Mark>,
    /// The most at any time, in KiB.
    pub peak_kib: u64,
}

/// Memory at a number of open sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Open sessions.
    pub open: usize,
    /// The most memory so far (`VmHWM`), in KiB.
    pub peak_kib: u64,
    /// Memory now (`VmRSS`), in KiB.
    pub resident_kib: u64,
    /// Growth of resident memory for each session since the mark before, in bytes.
    pub bytes_per_session: u64,
}

impl Mark {
    /// The memory now; `None` where the system does not tell.
    pub(super) fn now(open: usize, before: Option<&Mark>) -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let kib = |field: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let resident_kib = kib("VmRSS:")?;
        let grown = before.map(|before| {
            let sessions = open.saturating_sub(before.open).max(1) as u64;
            resident_kib.saturating_sub(before.resident_kib) * 1_024 / sessions
        });
        Some(Self {
            open,
            peak_kib: kib("VmHWM:")?,
            resident_kib,
            bytes_per_session: grown.unwrap_or(0),
        })
    }
}

/// A replay in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Sessions.
    pub sessions: usize,
    /// Of them, billed by vouchers.
    pub by_voucher: usize,
    /// Viewers.
    pub viewers: usize,
    /// Streams.
    pub streams: usize,
    /// The most sessions that were open at once.
    pub most_open: usize,
    /// Seconds of chain time that were billed.
    pub seconds_watched: u64,
    /// Transactions.
    pub transactions: u64,
    /// Wall time from the first to the last of them.
    pub secs: f64,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// The phase that is measured closely.
    pub settling: Settling,
    /// Memory, where the system tells.
    pub memory: Option<Memory>,
    /// What each message cost, by the chain's weights.
    pub messages: Vec<MessageCost>,
    /// Deposited by viewers.
    pub deposited: Amounts,
    /// Paid for watching.
    pub settled: Amounts,
    /// Of that, to the platform.
    pub platform: Amounts,
    /// Withdrawn by viewers.
    pub refunded: Amounts,
    /// The laws.
    pub laws: Vec<Law>,
}

impl Report {
    /// Whether all laws held.
    pub fn holds(&self) -> bool {
        self.laws.iter().all(|law| law.holds)
    }
}
