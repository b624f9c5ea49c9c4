//! `moderation`: reports of viewers, decisions of moderators, appeals to the owner, repeat offenders.

use crate::{AccountId, AdminError, Balance, Millis, StreamId};
use ink::prelude::string::String;

/// How long moderators have to decide, and the owner to answer an appeal about a bond; then the reporter takes it back: 14 days.
pub const DECIDE_MS: Millis = 1_209_600_000;
/// How long a decision can be appealed against: 7 days.
pub const APPEAL_MS: Millis = 604_800_000;
/// Upheld reports within `OFFENCE_MS` that make a repeat offender.
pub const REPEAT_OFFENCES: u32 = 3;
/// How long an upheld report counts: 180 days.
pub const OFFENCE_MS: Millis = 15_552_000_000;

/// A report, numbered from 1.
pub type ReportId = u32;

/// What a moderator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Verdict {
    /// Nothing is wrong; the report was made in good faith, and its bond goes back.
    Unfounded,
    /// The report is abuse: its bond goes to the treasury.
    Abusive,
    /// The report is right: its bond goes back, and it counts as an offence.
    Warned,
    /// The same, and the stream is suspended.
    Suspended,
}

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum ReportState {
    /// It waits for a moderator.
    Open,
    /// Nobody decided, or answered the reporter's appeal, in time, and the bond went back.
    Lapsed,
    /// A moderator decided.
    Decided {
        /// What.
        verdict: Verdict,
        /// Who.
        moderator: AccountId,
        /// When.
        at_ms: Millis,
    },
    /// Its verdict is appealed against.
    Appealed {
        /// The verdict.
        verdict: Verdict,
        /// Who gave it.
        moderator: AccountId,
        /// Who appealed.
        by: AccountId,
    },
    /// The owner confirmed or overturned the verdict.
    Resolved {
        /// The verdict.
        verdict: Verdict,
        /// Whether it was overturned.
        overturned: bool,
    },
}

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Report {
    /// The stream.
    pub stream: StreamId,
    /// Who owned it then, whose offence it is.
    pub creator: AccountId,
    /// Who reported it.
    pub reporter: AccountId,
    /// The bond, in native tokens.
    pub bond: Balance,
    /// When it was made.
    pub reported_ms: Millis,
    /// Where it stands.
    pub state: ReportState,
}

/// What is known of a creator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Offender {
    /// Offences in all, less those that were overturned.
    pub offences: u32,
    /// Of the last `REPEAT_OFFENCES` ones, those within `OFFENCE_MS` until now.
    pub recent: u32,
    /// Whether `recent` has reached `REPEAT_OFFENCES`.
    pub repeat: bool,
}

/// Why moderation refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum ModerationError {
    /// The contract is not wired yet.
    NotWired,
    /// The registry could not be called, or refused.
    RegistryFailed,
    /// The registry has no such stream.
    StreamNotFound,
    /// A reason must be given, and not be too long.
    InvalidReason {
        /// The most bytes.
        max_len: u32,
    },
    /// The value sent along is not the bond.
    WrongBond {
        /// The bond.
        bond: Balance,
    },
    /// The account has a report on this stream that is not decided.
    AlreadyReported {
        /// Its number.
        report: ReportId,
    },
    /// The stream's owner cannot report it.
    OwnStream,
    /// No report has this number.
    ReportNotFound,
    /// The caller is not a moderator.
    NotModerator,
    /// Who reported, or owns the stream, does not decide on it.
    OwnCase,
    /// It is decided, or has lapsed, or is late to decide on.
    NotOpen,
    /// Moderators still have time.
    NotLapsed {
        /// Until when.
        until_ms: Millis,
    },
    /// The verdict is not one that the caller can appeal against now.
    NotAppealable,
    /// No appeal waits, or it is late to answer.
    NotAppealed,
    /// The chain refused the transfer of the bond.
    TransferFailed,
    /// Nothing waits for this account.
    NothingToCollect,
    /// No more can be numbered.
    NumbersExhausted,
    /// An administrative refusal.
    Admin(AdminError),
}

/// Reports, decisions, appeals.
///
/// Constructor `new(bond: Balance, treasury: AccountId, change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the
/// owner. Wired to the registry, where it must be a moderator. Moderators are those of the registry.
///
/// It holds the bonds of reports, and what it owes is the sum of those that wait and those that can be collected.
#[ink::trait_definition]
pub trait Moderation {
    /// The bond of a report, in native tokens.
    #[ink(message)]
    fn bond(&self) -> Balance;

    /// Sets the bond of reports from now on.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `BondSet { old, new }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`.
    #[ink(message)]
    fn set_bond(&mut self, bond: Balance) -> Result<(), ModerationError>;

    /// A report, or `None`.
    #[ink(message)]
    fn report(&self, report: ReportId) -> Option<Report>;

    /// How many reports there are; they are numbered from 1 without gaps.
    #[ink(message)]
    fn report_count(&self) -> u32;

    /// What is known of a creator.
    #[ink(message)]
    fn offender(&self, creator: AccountId) -> Offender;

    /// The bonds that an account can collect.
    #[ink(message)]
    fn collectable(&self, account: AccountId) -> Balance;

    /// Reports a stream, with the bond as value, and returns the report's number.
    ///
    /// Caller: anyone but the stream's owner.
    ///
    /// # Events
    /// `StreamReported { report, stream, creator, reporter, bond, reason }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`; `OwnStream`;
    /// - `InvalidReason`: empty, or above `MAX_REASON_LEN`; `WrongBond`; `AlreadyReported`; `NumbersExhausted`.
    #[ink(message, payable)]
    fn report_stream(
        &mut self,
        stream: StreamId,
        reason: String,
    ) -> Result<ReportId, ModerationError>;

    /// Decides on a report. `Suspended` suspends the stream in the registry, unless it is already.
    ///
    /// Caller: a moderator who neither reported nor owns the stream.
    ///
    /// # Events
    /// `ReportDecided { report, stream, moderator, verdict, reason }`; `RepeatOffender { creator, offences }` if it makes one.
    ///
    /// # Errors
    /// - `NotWired`; `ReportNotFound`; `RegistryFailed`, `NotModerator`; `OwnCase`; `NotOpen`; `InvalidReason`.
    #[ink(message)]
    fn decide(
        &mut self,
        report: ReportId,
        verdict: Verdict,
        reason: String,
    ) -> Result<(), ModerationError>;

    /// Ends a report that nobody decided on within `DECIDE_MS`, or an appeal against `Abusive` that the owner did not answer within
    /// as long: its bond can be collected by the reporter. From then on it is late to decide, or to answer.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `ReportLapsed { report }`.
    ///
    /// # Errors
    /// - `ReportNotFound`; `NotOpen`; `NotLapsed`.
    #[ink(message)]
    fn lapse(&mut self, report: ReportId) -> Result<(), ModerationError>;

    /// Appeals against a verdict, to the contract's owner, within `APPEAL_MS`.
    ///
    /// Caller: who owned the stream when it was reported, against `Warned` and `Suspended`; the reporter, against `Abusive`.
    ///
    /// # Events
    /// `VerdictAppealed { report, by, reason }`.
    ///
    /// # Errors
    /// - `ReportNotFound`; `NotAppealable`; `InvalidReason`.
    #[ink(message)]
    fn appeal(&mut self, report: ReportId, reason: String) -> Result<(), ModerationError>;

    /// Confirms or overturns a verdict that was appealed against. Overturned, an offence no longer counts, and an abusive report's bond
    /// goes to its reporter. A suspension is lifted with the last verdict that ordered it: that suspended the stream, or was given
    /// while it was suspended so; unless the stream is reinstated already.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `AppealResolved { report, overturned, reason }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`; `NotWired`; `ReportNotFound`; `NotAppealed`; `InvalidReason`; `RegistryFailed`.
    #[ink(message)]
    fn resolve(
        &mut self,
        report: ReportId,
        overturned: bool,
        reason: String,
    ) -> Result<(), ModerationError>;

    /// Pays the bonds that `account` can collect to it, and returns them. The bond of an abusive report can be collected by the
    /// treasury once the time to appeal is over, or the verdict is confirmed, by `forfeit`.
    ///
    /// Caller: anyone; money goes to `account` alone.
    ///
    /// # Events
    /// `BondCollected { account, amount }`.
    ///
    /// # Errors
    /// - `NothingToCollect`; `TransferFailed`: nothing changed.
    #[ink(message)]
    fn collect(&mut self, account: AccountId) -> Result<Balance, ModerationError>;

    /// Makes the bond of a report that was abusive the treasury's, once nobody can appeal against that any more.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `BondForfeited { report, amount }`.
    ///
    /// # Errors
    /// - `ReportNotFound`; `NotAppealable`: it is not abusive, can still be appealed against, or is forfeited.
    #[ink(message)]
    fn forfeit(&mut self, report: ReportId) -> Result<(), ModerationError>;

    /// Where forfeited bonds go.
    #[ink(message)]
    fn bond_treasury(&self) -> AccountId;
}
