//! `patronage`: what viewers give besides paying for seconds. Tips, goals, sponsored sessions, payments for external streams.

use crate::{AccountId, AssetId, Balance, ExternalId, Hash, Millis, PaymentHandlerError, StreamId};

/// The longest time from making a goal to its end: 90 days.
pub const MAX_GOAL_MS: Millis = 7_776_000_000;

/// A goal of a creator, numbered from 1.
pub type GoalId = u32;

/// What became of a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum GoalState {
    /// It takes contributions until its end. After that, short of its sum, it was missed: contributions go back.
    Open,
    /// Its sum was reached, and all of it was paid out.
    Reached,
    /// The creator gave it up: contributions go back.
    Cancelled,
}

/// A goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Goal {
    /// The stream, by whose newest terms it is paid out when it is reached.
    pub stream: StreamId,
    /// Who owned the stream when it was made. Another owner cannot reach it: contributions go back.
    pub creator: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// The sum to reach.
    pub target: Balance,
    /// Contributed so far, less what went back.
    pub raised: Balance,
    /// Until when it takes contributions: not at that instant any more.
    pub end_ms: Millis,
    /// What became of it.
    pub state: GoalState,
    /// The hash of what it is for.
    pub about: Hash,
}

/// What somebody gave to a goal, and can get back if it is not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Contribution {
    /// How much.
    pub amount: Balance,
    /// When the first of it was given.
    pub placed_ms: Millis,
}

/// First minutes on the house: who pays viewers' holds on a stream, and within what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Sponsorship {
    /// The most that one session may hold. Each viewer has one session.
    pub max_hold: Balance,
    /// The highest price, in base units a second, that it pays.
    pub max_ceiling: Balance,
    /// Until when it opens sessions: not at that instant any more. Its sessions end then at the latest, those that are paused too, so
    /// that anyone closes them and the budget is free.
    pub until_ms: Millis,
}

/// What a sponsor answers to a session that it pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SponsoredHold {
    /// The account whose pool places the hold.
    pub pool: AccountId,
    /// When the session ends at the latest.
    pub until_ms: Millis,
}

/// A sponsor's budget for a stream in an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Budget {
    /// On what terms.
    pub terms: Sponsorship,
    /// The account whose pool at `payment_handler` is the budget: what is free of it can be placed, or withdrawn by the sponsor.
    pub pool: AccountId,
}

/// Why patronage refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PatronageError {
    /// The contract is not wired yet.
    NotWired,
    /// The registry could not be read.
    RegistryFailed,
    /// The directory could not be read.
    DirectoryFailed,
    /// The payment handler could not be called.
    PaymentsFailed,
    /// The payment handler refused.
    Payments(PaymentHandlerError),
    /// The registry has no such stream.
    StreamNotFound,
    /// No broadcast of the stream is on air.
    NotLive,
    /// The directory has no such external stream.
    ExternalNotFound,
    /// The caller does not own the stream, or did not make the goal.
    NotCreator,
    /// The sum is zero, or above `MAX_HOLD`.
    TargetOutOfRange,
    /// The end is not after now, or too far away.
    EndOutOfRange {
        /// The latest.
        max_ms: Millis,
    },
    /// No goal has this number.
    GoalNotFound,
    /// The goal takes no contributions, or cannot be given up, any more.
    GoalClosed,
    /// The goal can still be reached, or was.
    NotReturnable,
    /// The account gave nothing that could go back.
    NothingContributed,
    /// The stream has another owner than when the goal was made.
    OwnerChanged,
    /// The caller is not the meter.
    NotMeter,
    /// No such budget, or it opens no more sessions.
    NoSponsorship,
    /// Nobody sponsors themselves.
    OwnSponsor,
    /// The viewer had a session from this budget.
    AlreadySponsored,
    /// The hold is above what a session may have.
    AboveHold {
        /// The most.
        max: Balance,
    },
    /// The ceiling is above what the sponsor pays.
    AboveCeiling {
        /// The highest.
        max: Balance,
    },
    /// A number passed its limit.
    Overflow,
}

/// Tips, goals, sponsored sessions, and payments for external streams. All from the caller's pool.
///
/// Constructor `new(change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the owner. Wired to registry, payments,
/// meter and directory; payments once and for ever. Holds no money: what waits for a goal, or is a budget, lies in pools at
/// `payment_handler` whose accounts are hashes that nobody has a key for, and that only this contract moves.
#[ink::trait_definition]
pub trait Patronage {
    /// Tips a stream on air: to its payees, by its newest terms, less the fee of tips. Returns that fee.
    ///
    /// Caller: anyone, from their pool. `message` is the hash of a short message.
    ///
    /// # Events
    /// `Tipped { from, stream, broadcast, asset, amount, fee, message }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`; `NotLive`;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::pay`.
    #[ink(message)]
    fn tip(
        &mut self,
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
        message: Option<Hash>,
    ) -> Result<Balance, PatronageError>;

    /// Pays for an external stream: to its payee on this chain, less the fee of tips. Returns that fee. The event names the stream by its
    /// origin, for the gateway.
    ///
    /// Caller: anyone, from their pool.
    ///
    /// # Events
    /// `ExternalPaid { from, external, origin_chain, origin_stream, asset, amount, fee, message }`.
    ///
    /// # Errors
    /// - `NotWired`; `DirectoryFailed`, `ExternalNotFound`: none, or withdrawn;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::pay`.
    #[ink(message)]
    fn pay_external(
        &mut self,
        external: ExternalId,
        asset: AssetId,
        amount: Balance,
        message: Option<Hash>,
    ) -> Result<Balance, PatronageError>;

    /// A goal, or `None`.
    #[ink(message)]
    fn goal(&self, goal: GoalId) -> Option<Goal>;

    /// How many goals there are.
    #[ink(message)]
    fn goal_count(&self) -> u32;

    /// What an account has given to a goal.
    #[ink(message)]
    fn contribution(&self, goal: GoalId, account: AccountId) -> Contribution;

    /// Makes a goal and returns its number.
    ///
    /// Caller: the stream's owner.
    ///
    /// # Events
    /// `GoalMade { goal, stream, creator, asset, target, end_ms, about }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`; `NotCreator`;
    /// - `TargetOutOfRange`; `EndOutOfRange`; `Overflow`.
    #[ink(message)]
    fn make_goal(
        &mut self,
        stream: StreamId,
        asset: AssetId,
        target: Balance,
        end_ms: Millis,
        about: Hash,
    ) -> Result<GoalId, PatronageError>;

    /// Gives to a goal: no more than what is missing. The contribution that reaches it pays all out, by the stream's newest terms and less
    /// the fee of tips. Returns what was taken.
    ///
    /// Caller: anyone, from their pool.
    ///
    /// # Events
    /// `Contributed { goal, from, amount, raised }`, and `GoalReached { goal, amount, fee }` if it does.
    ///
    /// # Errors
    /// - `NotWired`; `GoalNotFound`; `GoalClosed`: reached, cancelled, or over; `RegistryFailed`, `StreamNotFound`;
    /// - `OwnerChanged`;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::shift` and `PaymentDesk::pay`.
    #[ink(message)]
    fn contribute(&mut self, goal: GoalId, amount: Balance) -> Result<Balance, PatronageError>;

    /// Gives a goal up that is not reached: contributions go back.
    ///
    /// Caller: who made it.
    ///
    /// # Events
    /// `GoalCancelled { goal }`.
    ///
    /// # Errors
    /// - `GoalNotFound`; `NotCreator`; `GoalClosed`: reached or cancelled.
    #[ink(message)]
    fn cancel_goal(&mut self, goal: GoalId) -> Result<(), PatronageError>;

    /// Returns a contribution to its giver's pool, of a goal that was missed or cancelled. Never paused; asks only payments.
    ///
    /// Caller: anyone; money goes to the giver alone.
    ///
    /// # Events
    /// `ContributionReturned { goal, to, amount }`.
    ///
    /// # Errors
    /// - `NotWired`; `GoalNotFound`; `NotReturnable`; `NothingContributed`;
    /// - `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn return_contribution(
        &mut self,
        goal: GoalId,
        to: AccountId,
    ) -> Result<Balance, PatronageError>;

    /// A sponsor's budget, or `None`.
    #[ink(message)]
    fn budget(&self, sponsor: AccountId, stream: StreamId, asset: AssetId) -> Option<Budget>;

    /// Whether a viewer had a session from a budget.
    #[ink(message)]
    fn was_sponsored(
        &self,
        sponsor: AccountId,
        stream: StreamId,
        asset: AssetId,
        viewer: AccountId,
    ) -> bool;

    /// Adds `amount` (or nothing) from the caller's pool to the caller's budget for a stream, and sets its terms, for sessions from now
    /// on.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `SponsorshipSet { sponsor, stream, asset, amount, terms }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`;
    /// - `EndOutOfRange`: `until_ms` is not after now;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::shift`.
    #[ink(message)]
    fn sponsor(
        &mut self,
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
        terms: Sponsorship,
    ) -> Result<(), PatronageError>;

    /// Takes `amount` of what is free of the caller's budget back to the caller's pool. Never paused; asks only payments.
    ///
    /// Caller: the sponsor.
    ///
    /// # Events
    /// `BudgetWithdrawn { sponsor, stream, asset, amount }`.
    ///
    /// # Errors
    /// - `NotWired`; `NoSponsorship`: there never was one;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::shift`.
    #[ink(message)]
    fn withdraw_budget(
        &mut self,
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<(), PatronageError>;

    /// Notes that a viewer opens a sponsored session, and returns whose pool places its hold, and when it ends at the latest.
    ///
    /// Caller: the meter. Emits nothing: the meter's event tells it.
    ///
    /// # Errors
    /// - `NotMeter`; then as `would_sponsor`.
    #[ink(message)]
    fn sponsor_session(
        &mut self,
        sponsor: AccountId,
        viewer: AccountId,
        stream: StreamId,
        asset: AssetId,
        hold: Balance,
        ceiling: Balance,
    ) -> Result<SponsoredHold, PatronageError>;

    /// What `sponsor_session` would answer to the meter now. Changes nothing.
    ///
    /// Caller: anyone.
    ///
    /// # Errors
    /// - `NoSponsorship`: none, or over; `OwnSponsor`; `AlreadySponsored`; `AboveHold`; `AboveCeiling`.
    #[ink(message)]
    fn would_sponsor(
        &self,
        sponsor: AccountId,
        viewer: AccountId,
        stream: StreamId,
        asset: AssetId,
        hold: Balance,
        ceiling: Balance,
    ) -> Result<SponsoredHold, PatronageError>;
}
