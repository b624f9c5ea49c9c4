//! Events of `Moderation`.

use crate::{AccountId, Balance, ReportId, StreamId, Verdict};
use ink::prelude::string::String;

/// The bond of reports changed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BondSet {
    /// Before.
    pub old: Balance,
    /// Now.
    pub new: Balance,
}

/// A stream was reported.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReported {
    /// The report's number.
    pub report: ReportId,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Who owns it.
    #[ink(topic)]
    pub creator: AccountId,
    /// Who reported it.
    #[ink(topic)]
    pub reporter: AccountId,
    /// The bond.
    pub bond: Balance,
    /// Why.
    pub reason: String,
}

/// A moderator decided.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDecided {
    /// The report's number.
    #[ink(topic)]
    pub report: ReportId,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Who decided.
    pub moderator: AccountId,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// A creator has offended again and again.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatOffender {
    /// Who.
    #[ink(topic)]
    pub creator: AccountId,
    /// Offences in all.
    pub offences: u32,
}

/// Nobody decided in time.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLapsed {
    /// The report's number.
    #[ink(topic)]
    pub report: ReportId,
}

/// A verdict is appealed against.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictAppealed {
    /// The report's number.
    #[ink(topic)]
    pub report: ReportId,
    /// By whom.
    #[ink(topic)]
    pub by: AccountId,
    /// Why.
    pub reason: String,
}

/// The owner confirmed or overturned a verdict.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealResolved {
    /// The report's number.
    #[ink(topic)]
    pub report: ReportId,
    /// Whether it was overturned.
    pub overturned: bool,
    /// Why.
    pub reason: String,
}

/// Bonds were paid back.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BondCollected {
    /// To whom.
    #[ink(topic)]
    pub account: AccountId,
    /// How much.
    pub amount: Balance,
}

/// The bond of an abusive report became the treasury's to collect.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BondForfeited {
    /// The report's number.
    #[ink(topic)]
    pub report: ReportId,
    /// How much.
    pub amount: Balance,
}
