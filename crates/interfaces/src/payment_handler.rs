//! `payment_handler`: the money. Pools, holds, payable balances, fees.

use crate::{
    AccountId, AdminError, AssetId, Balance, Class, Millis, PermittedDeposit, SessionId, Share,
};
use ink::prelude::vec::Vec;

/// The largest hold, so that a hold in 10^9ths fits 128 bits.
pub const MAX_HOLD: Balance = 100_000_000_000_000_000_000_000_000_000;
/// The highest platform fee of any class.
pub const MAX_FEE_BPS: u16 = 3_000;
/// The highest part of the platform fee that goes to a referrer.
pub const MAX_REFERRAL_BPS: u16 = 5_000;
/// The most assets.
pub const MAX_ASSETS: u16 = 256;
/// The longest pause of deposits and new holds: 72 hours.
pub const MAX_PAUSE_MS: Millis = 259_200_000;
/// The shortest time from the end of one pause to the start of the next.
pub const PAUSE_REST_MS: Millis = 259_200_000;
/// The most items in one settlement.
pub const MAX_SETTLEMENT: u32 = 64;
/// The most categories that a viewer limits in one asset.
pub const MAX_CATEGORY_LIMITS: u32 = 4;
/// How long a loosened spending limit waits: a day.
pub const LOOSEN_DELAY_MS: Millis = 86_400_000;

/// The platform's fees, in basis points of what viewers pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct FeeSchedule {
    /// Of standard streams; 1,000 is recommended.
    pub standard_bps: u16,
    /// Of premium streams; 1,500 is recommended.
    pub premium_bps: u16,
    /// Of subscriptions; 2,000 is recommended.
    pub subscription_bps: u16,
    /// Of tips; 500 is recommended.
    pub tips_bps: u16,
    /// The referrer's part of the platform's fee.
    pub referral_bps: u16,
}

/// The fees of one session, fixed at open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct FeeTerms {
    /// The platform's fee, of what the viewer pays.
    pub fee_bps: u16,
    /// The referrer's part of that fee.
    pub referral_bps: u16,
}

/// Who gets what of a session's money.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PayTerms {
    /// The fees.
    pub fees: FeeTerms,
    /// The stream's owner at open, who takes what the others leave.
    pub owner: AccountId,
    /// The co-hosts.
    pub cohosts: Vec<Share>,
}

/// One session in a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SettleItem {
    /// Its terms: a position in the settlement's list.
    pub terms: u8,
    /// Its asset.
    pub asset: AssetId,
    /// Settled in all before this settlement.
    pub before: Balance,
    /// Settled in all after it.
    pub after: Balance,
    /// Its referrer.
    pub referrer: Option<AccountId>,
    /// If its hold ends: what becomes of the rest.
    pub release: Option<Release>,
}

/// What is left of a hold that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Release {
    /// Whose pool it came from, and goes to.
    pub to: AccountId,
    /// How much.
    pub amount: Balance,
    /// How much of it counts against `to`'s spending limits no longer: what is above all that others gave to the hold, which no limit
    /// counted; 0 if they gave 2^64 units or more.
    pub counted: Balance,
    /// When that was placed, for the windows of limits.
    pub placed_ms: Millis,
    /// For what category.
    pub category: u16,
}

/// The most that a viewer wants to spend of an asset. `None`: no limit.
///
/// It binds what leaves the viewer's free pool other than by `withdraw`: holds, top-ups, tips, contributions, passes, budgets of
/// sponsors. What is released of what was placed within the same window counts no longer, above what others gave. It counts what is spent from the first
/// `set_spending_limits` on, and on a category from the first limit on it on; what was placed before is not given back.
/// Windows are of UTC: days, weeks from Monday, calendar months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct SpendingLimits {
    /// Of one session: its hold with the viewer's own top-ups; and with the gifts of others, once they are 2^64 units or more.
    pub session: Option<Balance>,
    /// In a day.
    pub day: Option<Balance>,
    /// In a week.
    pub week: Option<Balance>,
    /// In a month.
    pub month: Option<Balance>,
    /// In a month, on one category each; ascending, at most `MAX_CATEGORY_LIMITS`.
    pub categories: Vec<(u16, Balance)>,
}

/// A viewer's limits in an asset, and what counts against them now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Spending {
    /// The limits that bind now.
    pub limits: SpendingLimits,
    /// Those that wait, and from when they bind.
    pub next: Option<(SpendingLimits, Millis)>,
    /// Spent today.
    pub day: Balance,
    /// Spent this week.
    pub week: Balance,
    /// Spent this month.
    pub month: Balance,
    /// Spent this month on each limited category, in the order of `limits.categories`.
    pub categories: Vec<Balance>,
}

/// Which limit something would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum LimitKind {
    /// Of one session.
    Session,
    /// Of the day.
    Day,
    /// Of the week.
    Week,
    /// Of the month.
    Month,
    /// Of the month, on a category.
    Category(u16),
}

/// Money from a pool to payees, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Payment {
    /// Whose pool pays.
    pub payer: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much, fee included; above zero.
    pub amount: Balance,
    /// Whose fee the platform takes.
    pub class: Class,
    /// The category that a limit may bind; `None`: none.
    pub category: Option<u16>,
    /// Who takes what the others leave.
    pub owner: AccountId,
    /// At most three, as a stream's.
    pub cohosts: Vec<Share>,
}

/// Money from one pool to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Shift {
    /// Whose pool.
    pub from: AccountId,
    /// To whose.
    pub to: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much; above zero.
    pub amount: Balance,
    /// The category that a limit may bind; `None`: none.
    pub category: Option<u16>,
    /// `None`: it is spent by `from`, within limits. When it was placed: it goes back to `to`, is never paused, and counts no longer
    /// in the windows that have not ended since; 0: in none.
    pub back_of_ms: Option<Millis>,
}

/// A viewer's money in one asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Pool {
    /// What can be withdrawn, or placed on hold.
    pub free: Balance,
    /// How many sessions hold money of this pool.
    pub holds: u32,
    /// Whether spending limits bind it.
    pub limited: bool,
}

/// What the contract owes in one asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Totals {
    /// The sum of all pools.
    pub pools: Balance,
    /// The sum of what is on hold and not settled.
    pub holds: Balance,
    /// The sum of all payable balances.
    pub payable: Balance,
    /// Platform fees that the treasury has not drawn.
    pub fees: Balance,
}

/// An asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Asset {
    /// The PSP22 token; `None` for the chain's own.
    pub token: Option<AccountId>,
    /// Whether new money is taken in it.
    pub allowed: bool,
}

/// The payment handler's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PaymentLimits {
    /// `MAX_HOLD`.
    pub hold: Balance,
    /// `MAX_FEE_BPS`.
    pub fee_bps: u16,
    /// `MAX_REFERRAL_BPS`.
    pub referral_bps: u16,
    /// `MAX_ASSETS`.
    pub assets: u16,
    /// `MAX_PAUSE_MS`.
    pub pause_ms: Millis,
    /// `PAUSE_REST_MS`.
    pub pause_rest_ms: Millis,
    /// `MAX_SETTLEMENT`.
    pub settlement: u32,
}

/// Why the payment handler refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PaymentHandlerError {
    /// The caller is not the meter that this contract is wired to.
    NotMeter,
    /// No asset has this number.
    UnknownAsset,
    /// No new money is taken in this asset.
    AssetNotAllowed,
    /// The asset is the chain's own token (use `deposit`), or is not.
    WrongAsset,
    /// The amount is zero.
    ZeroAmount,
    /// Deposits and new holds are paused.
    Paused {
        /// Until when at most.
        until_ms: Millis,
    },
    /// The pool has too little.
    PoolTooSmall {
        /// What was asked.
        needed: Balance,
        /// What is free.
        free: Balance,
    },
    /// The hold would be above the largest.
    HoldTooLarge {
        /// The largest.
        max: Balance,
    },
    /// The token refused the transfer.
    TokenRefused,
    /// The token could not be called, trapped, or answered nonsense.
    TokenFailed,
    /// The token moved another amount than it was told.
    TokenMoved {
        /// What it was told to move.
        expected: Balance,
        /// What arrived.
        arrived: Balance,
    },
    /// The chain refused the transfer (for instance a payout below the existential deposit to a new account).
    TransferFailed,
    /// Nothing is payable to this account.
    NothingPayable,
    /// There are no fees to withdraw.
    NoFees,
    /// There is nothing beyond what the contract owes.
    NothingToSweep,
    /// A pause lasts longer than zero and at most this.
    PauseOutOfRange {
        /// The longest.
        max_ms: Millis,
    },
    /// A pause runs, or the last one ended too short a while ago.
    PauseTooSoon {
        /// When the next may start.
        next_ms: Millis,
    },
    /// Nothing is paused.
    NotPaused,
    /// A settlement's items are too many, or do not fit its terms or the totals.
    BadSettlement,
    /// A number passed its limit.
    Overflow,
    /// An administrative refusal.
    Admin(AdminError),
    /// The caller is none of the contracts that may do this.
    NotAuthorised,
    /// It would pass a spending limit of the viewer.
    AboveLimit {
        /// Which.
        kind: LimitKind,
        /// What it leaves.
        left: Balance,
    },
    /// The limits of categories are too many, with those that bind until the new ones do; or not ascending.
    InvalidLimits,
    /// The permit was refused, and the allowance does not suffice.
    PermitRefused,
    /// Nothing is payable to the caller, or less than that.
    PayableTooSmall {
        /// What is payable.
        payable: Balance,
    },
    /// The chain does not have the code of `payment_desk`, or it trapped or ran out of gas.
    DeskFailed,
}

/// The money: one pool for each viewer and asset, total holds, payable balances, fees, withdrawals.
///
/// Constructor `new(treasury: AccountId, fees: FeeSchedule, tokens: Vec<AccountId>, change_delay_ms: Millis, desk: Hash) ->
/// Result<Self, AdminError>`: the caller becomes the owner; asset 0 is the chain's native token, `tokens` become assets 1, 2, …; `desk`
/// is the hash of the uploaded code of `payment_desk`.
/// `DelayOutOfRange`: the delay; `InvalidSetup`: fees above their limits, a token twice, too many. Wired to the meter
/// (`tick_stream`), once, and to passes and patronage, which may spend from pools but never touch holds.
///
/// Exits (`withdraw`, `withdraw_payable`, `push_payable`) are never paused, and need nothing but this contract and the asset.
#[ink::trait_definition]
pub trait PaymentHandler {
    /// A viewer's pool in an asset.
    #[ink(message)]
    fn pool(&self, viewer: AccountId, asset: AssetId) -> Pool;

    /// What is payable to an account in an asset.
    #[ink(message)]
    fn payable(&self, payee: AccountId, asset: AssetId) -> Balance;

    /// What the contract owes in an asset.
    #[ink(message)]
    fn totals(&self, asset: AssetId) -> Totals;

    /// An asset, or `None`.
    #[ink(message)]
    fn asset(&self, asset: AssetId) -> Option<Asset>;

    /// How many assets there are; they are numbered from 0 without gaps.
    #[ink(message)]
    fn asset_count(&self) -> u16;

    /// The number of a token, or `None`.
    #[ink(message)]
    fn asset_of(&self, token: AccountId) -> Option<AssetId>;

    /// The platform's fees for sessions that open now.
    #[ink(message)]
    fn fees(&self) -> FeeSchedule;

    /// Where fees and donations go.
    #[ink(message)]
    fn treasury(&self) -> AccountId;

    /// Until when deposits and new holds are paused; 0 if they are not.
    #[ink(message)]
    fn paused_until(&self) -> Millis;

    /// The limits.
    #[ink(message)]
    fn limits(&self) -> PaymentLimits;

    /// Adds the value sent with the call to the caller's pool of the chain's native token.
    ///
    /// Caller: anyone, for themselves.
    ///
    /// # Events
    /// `Deposited { viewer, asset: 0, amount }`.
    ///
    /// # Errors
    /// - `Paused`; `AssetNotAllowed`; `ZeroAmount`; `Overflow`.
    #[ink(message, payable)]
    fn deposit(&mut self) -> Result<(), PaymentHandlerError>;

    /// Moves `amount` of a token from the caller, who has approved it, to the caller's pool.
    ///
    /// Caller: anyone, for themselves.
    ///
    /// # Events
    /// `Deposited { viewer, asset, amount }`.
    ///
    /// # Errors
    /// - `Paused`; `UnknownAsset`; `WrongAsset`: the native token; `AssetNotAllowed`; `ZeroAmount`; `Overflow`;
    /// - `TokenFailed`, `TokenRefused`;
    /// - `TokenMoved`: the contract's balance did not grow by exactly `amount`.
    #[ink(message)]
    fn deposit_token(&mut self, asset: AssetId, amount: Balance)
        -> Result<(), PaymentHandlerError>;

    /// Pays out `amount` of the caller's pool. Never paused, also for assets that are no longer allowed.
    ///
    /// Caller: anyone, for themselves.
    ///
    /// # Events
    /// `Withdrawn { viewer, asset, amount }`.
    ///
    /// # Errors
    /// - `UnknownAsset`; `ZeroAmount`; `PoolTooSmall`;
    /// - `TransferFailed` (native), `TokenFailed`, `TokenRefused`: nothing changed.
    #[ink(message)]
    fn withdraw(&mut self, asset: AssetId, amount: Balance) -> Result<(), PaymentHandlerError>;

    /// Pays out all that is payable to the caller in an asset, and returns it. Never paused.
    ///
    /// Caller: anyone, for themselves.
    ///
    /// # Events
    /// `PaidOut { payee, asset, amount, by }`.
    ///
    /// # Errors
    /// - `UnknownAsset`; `NothingPayable`;
    /// - `TransferFailed` (native), `TokenFailed`, `TokenRefused`: nothing changed.
    #[ink(message)]
    fn withdraw_payable(&mut self, asset: AssetId) -> Result<Balance, PaymentHandlerError>;

    /// Pays out all that is payable to `payee` in an asset, to `payee`, and returns it. Never paused.
    ///
    /// Caller: anyone.
    ///
    /// Events and errors: as `withdraw_payable`.
    #[ink(message)]
    fn push_payable(
        &mut self,
        payee: AccountId,
        asset: AssetId,
    ) -> Result<Balance, PaymentHandlerError>;

    /// Pays the platform's fees in an asset to the treasury, and returns them.
    ///
    /// Caller: anyone; money goes to the treasury alone.
    ///
    /// # Events
    /// `FeesWithdrawn { asset, amount, treasury }`.
    ///
    /// # Errors
    /// - `UnknownAsset`; `NoFees`;
    /// - `TransferFailed` (native), `TokenFailed`, `TokenRefused`: nothing changed.
    #[ink(message)]
    fn withdraw_fees(&mut self, asset: AssetId) -> Result<Balance, PaymentHandlerError>;

    /// Sends what the contract has beyond what it owes (donations) to the treasury, and returns it.
    ///
    /// Caller: anyone; money goes to the treasury alone.
    ///
    /// # Events
    /// `Swept { asset, amount, treasury }`.
    ///
    /// # Errors
    /// - `UnknownAsset`;
    /// - `TokenFailed`: its balance could not be read;
    /// - `NothingToSweep`;
    /// - `TransferFailed` (native), `TokenFailed`, `TokenRefused`: nothing changed.
    #[ink(message)]
    fn sweep(&mut self, asset: AssetId) -> Result<Balance, PaymentHandlerError>;

    /// Pauses deposits and new holds (opens, top-ups), tips, contributions, passes and budgets for `duration_ms`. Exits and settling go on.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `PausedUntil { until_ms }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`;
    /// - `PauseOutOfRange`: zero, or above `MAX_PAUSE_MS`;
    /// - `PauseTooSoon`: a pause runs, or the last one ended less than `PAUSE_REST_MS` ago.
    #[ink(message)]
    fn pause(&mut self, duration_ms: Millis) -> Result<(), PaymentHandlerError>;

    /// Ends a pause at once.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `PausedUntil { until_ms: now }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`; `NotPaused`.
    #[ink(message)]
    fn unpause(&mut self) -> Result<(), PaymentHandlerError>;

    /// Moves what sessions owe from total holds to payable balances and fees, and releases the holds that end.
    /// Moves no token, and is never paused. Every payee is credited once.
    ///
    /// Caller: the meter, which vouches for the amounts. Emits nothing: the meter's event tells it.
    /// Rounding: each session's money is split on its cumulative amount t, each part rounding down of what those before
    /// left, and what was there before is taken off. With x ↓ p = floor(x × p / 10,000): fee = t ↓ fee_bps; the referrer
    /// gets fee ↓ referral_bps (nothing without a referrer), the platform the rest of the fee. Of net = t − fee, with
    /// left = 10,000 at first, each co-host in order gets floor(net × bps / left), which is taken off net, as bps is off left;
    /// the owner gets the rest. Every part only grows with t, and a partition of t changes nothing.
    ///
    /// # Errors
    /// - `NotMeter`;
    /// - `BadSettlement`: more than `MAX_SETTLEMENT` items, `after` below `before`, no such terms, or more than is on hold;
    /// - `Overflow`.
    #[ink(message)]
    fn settle(
        &mut self,
        terms: Vec<PayTerms>,
        items: Vec<SettleItem>,
    ) -> Result<(), PaymentHandlerError>;
}

/// Holds: what the meter places on them.
///
/// Sent to `payment_handler`, which hands them over to a second code, `payment_desk`, for a viewer with spending limits.
#[ink::trait_definition]
pub trait Holds {
    /// Opens a hold on `payer`'s pool and returns the fees of `class`, which the session keeps.
    ///
    /// Caller: the meter. Emits nothing: the meter's event tells it.
    ///
    /// # Errors
    /// - `NotMeter`; `Paused`; `UnknownAsset`; `AssetNotAllowed`; `ZeroAmount`; `HoldTooLarge`; `PoolTooSmall`;
    /// - `AboveLimit`: in the order of `LimitKind`; `DeskFailed`: the limits cannot be told.
    #[ink(message)]
    fn hold(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
        category: u16,
    ) -> Result<FeeTerms, PaymentHandlerError>;

    /// What `hold` would answer to the meter now. Changes nothing.
    ///
    /// Caller: anyone.
    ///
    /// # Errors
    /// - As `hold`, but for `NotMeter`.
    #[ink(message)]
    fn would_hold(
        &self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
        category: u16,
    ) -> Result<FeeTerms, PaymentHandlerError>;

    /// Adds `amount` from `payer`'s pool to a hold that is open. The payer gives it: what remains goes to the viewer.
    /// `held` is what the limit of a session counts besides: the hold so far, if the payer is its viewer.
    ///
    /// Caller: the meter, which checks the whole hold against `MAX_HOLD`.
    ///
    /// # Errors
    /// - `NotMeter`; `Paused`; `UnknownAsset`; `AssetNotAllowed`; `ZeroAmount`; `PoolTooSmall`; `AboveLimit`, `DeskFailed`.
    #[ink(message)]
    fn top_up(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
        held: Balance,
    ) -> Result<(), PaymentHandlerError>;
}

/// Payments at once, spending limits, refunds, deposits by permit.
///
/// Sent to `payment_handler`, which hands them over to a second code, `payment_desk`, that runs on its storage. Each ends with
/// `DeskFailed` if the chain lacks that code, or it traps or runs out of gas: no exit is among them.
#[ink::trait_definition]
pub trait PaymentDesk {
    /// Pays from a pool to payees, at once, and returns the platform's fee. Split as a session's money is, without a referrer.
    ///
    /// Caller: `pass_office` or `patronage`, as wired. Emits nothing: its caller's event tells it.
    ///
    /// # Errors
    /// - `NotAuthorised`; `Paused`; `UnknownAsset`; `AssetNotAllowed`; `ZeroAmount`; `PoolTooSmall`; `AboveLimit`;
    /// - `BadSettlement`: more than three co-hosts, or shares above the whole; `Overflow`: the amount is above `MAX_HOLD`.
    #[ink(message)]
    fn pay(&mut self, payment: Payment) -> Result<Balance, PaymentHandlerError>;

    /// Moves money between pools.
    ///
    /// Caller: `patronage`, as wired. Emits nothing: its caller's event tells it.
    ///
    /// # Errors
    /// - `NotAuthorised`; with `back_of_ms` none: `Paused`; `UnknownAsset`; with `back_of_ms` none: `AssetNotAllowed`; `ZeroAmount`;
    ///   `PoolTooSmall`; `AboveLimit`.
    #[ink(message)]
    fn shift(&mut self, shift: Shift) -> Result<(), PaymentHandlerError>;

    /// Gives `amount` of what is payable to the caller back to a viewer's pool, for a session that is closed. Never paused.
    ///
    /// Caller: anyone, of their own; `session` is what they say it is for.
    ///
    /// # Events
    /// `Refunded { payee, viewer, number, asset, amount }`.
    ///
    /// # Errors
    /// - `UnknownAsset`; `ZeroAmount`; `PayableTooSmall`; `Overflow`.
    #[ink(message)]
    fn refund(
        &mut self,
        session: SessionId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<(), PaymentHandlerError>;

    /// Sets the caller's spending limits in an asset. What is tighter binds at once, what is looser (or no limit) after
    /// `LOOSEN_DELAY_MS`; limits that still wait are replaced. All `None`: no limits, after that time.
    ///
    /// Caller: anyone, for themselves.
    ///
    /// # Events
    /// `LimitsSet { viewer, asset, now, next }`.
    ///
    /// # Errors
    /// - `UnknownAsset`; `InvalidLimits`.
    #[ink(message)]
    fn set_spending_limits(
        &mut self,
        asset: AssetId,
        limits: SpendingLimits,
    ) -> Result<(), PaymentHandlerError>;

    /// A viewer's limits, and what counts against them now.
    ///
    /// # Errors
    /// - Only `DeskFailed`.
    #[ink(message)]
    fn spending(&self, viewer: AccountId, asset: AssetId) -> Result<Spending, PaymentHandlerError>;

    /// As `deposit_token` of `viewer`, who signed a permit for it or gave an allowance before.
    ///
    /// Caller: the meter, for its caller.
    ///
    /// # Events
    /// `Deposited { viewer, asset, amount }`.
    ///
    /// # Errors
    /// - `NotMeter`; as `deposit_token` up to `Overflow`;
    /// - `PermitRefused`: the token refused the permit (or could not be asked), and the allowance does not suffice;
    /// - then as `deposit_token`.
    #[ink(message)]
    fn deposit_permitted(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        deposit: PermittedDeposit,
    ) -> Result<(), PaymentHandlerError>;
}
