//! `pricing_engine`: what a second costs, and the one place where a charge is computed.

use crate::{
    AccountId, AdminError, AssetId, Balance, BroadcastNo, Class, Discount, Millis, OpenRequest,
    PlanNo, StreamId, Terms, TermsNo,
};
use ink::prelude::vec::Vec;

/// The highest rate, in base units a second.
pub const MAX_RATE: Balance = 1_000_000_000_000_000_000;
/// The most assets that a stream accepts.
pub const MAX_RATES: u32 = 8;
/// The most entries in a broadcast's price track.
pub const MAX_TRACK: u32 = 64;
/// The shortest time between two entries of a price track.
pub const MIN_REPRICE_MS: Millis = 60_000;
/// The most sessions charged in one call.
pub const MAX_CHARGES: u32 = 64;
/// A price factor of one, in millionths.
pub const FACTOR_ONE: u32 = 1_000_000;
/// The highest of a plan's factors.
pub const MAX_FACTOR: u32 = 4_000_000;
/// The longest free preview: an hour.
pub const MAX_PREVIEW_MS: u32 = 3_600_000;
/// The most tiers of a plan.
pub const MAX_TIERS: u32 = 4;
/// The most daily windows of a plan.
pub const MAX_PEAKS: u32 = 3;
/// The most audience steps of a plan.
pub const MAX_STEPS: u32 = 4;
/// The most categories that a plan has factors for.
pub const MAX_CATEGORY_FACTORS: u32 = 4;
/// Minutes of a day.
pub const DAY_MINUTES: u16 = 1_440;

/// A rate in one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct AssetRate {
    /// The asset.
    pub asset: AssetId,
    /// Base units a second.
    pub rate_per_sec: Balance,
}

/// One repricing of a broadcast: the rates from `from_ms` on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct TrackEntry {
    /// From when.
    pub from_ms: Millis,
    /// The rates. An asset that is missing keeps its rate for open sessions and is closed to new ones.
    pub rates: Vec<AssetRate>,
}

/// A factor from so much watched in the session on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Tier {
    /// Milliseconds billed by the clock in this session, free ones included; above zero.
    pub after_ms: Millis,
    /// In millionths.
    pub factor: u32,
}

/// A factor in a part of every day, by UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Peak {
    /// The first minute of the day that it covers.
    pub from_min: u16,
    /// The first after it that it does not: at most `DAY_MINUTES`.
    pub to_min: u16,
    /// In millionths.
    pub factor: u32,
}

/// A factor from so many viewers on, taken at open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct AudienceStep {
    /// Sessions open on the stream before this one; above zero.
    pub viewers: u32,
    /// In millionths; at most one, and below that of the step before.
    pub factor: u32,
}

/// A factor of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct CategoryFactor {
    /// The category.
    pub category: u16,
    /// In millionths.
    pub factor: u32,
}

/// What makes a price of the rate. The price factor at an instant is the product of those of class, category, audience step, tier,
/// window and discount, each in millionths, divided once and rounded down; it is zero during the free preview.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(
    not(all(feature = "unread-plans", not(feature = "std"))),
    ink::scale_derive(Decode)
)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct PlanRules {
    /// Milliseconds that each viewer watches for nothing in each broadcast, in all sessions billed by the clock together.
    pub preview_ms: u32,
    /// By time watched, ascending; before the first the factor is one.
    pub tiers: Vec<Tier>,
    /// Daily windows, ascending, that do not overlap; outside them the factor is one.
    pub peaks: Vec<Peak>,
    /// Of standard streams.
    pub standard: u32,
    /// Of premium streams.
    pub premium: u32,
    /// Of subscription streams.
    pub subscription: u32,
    /// Of categories, ascending; of others it is one.
    pub categories: Vec<CategoryFactor>,
    /// By audience, ascending; below the first the factor is one.
    pub audience: Vec<AudienceStep>,
    /// Of viewers with enough at stake, who ask for it; at most one.
    pub stakers: u32,
}

/// In `pricing_engine`'s own code rules are not read: it hands them over as they came, and two kilobytes less are loaded by all who
/// open and settle. Reads to the end of the input, and answers nothing of use.
#[cfg(all(feature = "unread-plans", not(feature = "std")))]
impl ink::scale::Decode for PlanRules {
    fn decode<I: ink::scale::Input>(input: &mut I) -> Result<Self, ink::scale::Error> {
        while input.read_byte().is_ok() {}
        Ok(Self {
            preview_ms: 0,
            tiers: Vec::new(),
            peaks: Vec::new(),
            standard: FACTOR_ONE,
            premium: FACTOR_ONE,
            subscription: FACTOR_ONE,
            categories: Vec::new(),
            audience: Vec::new(),
            stakers: FACTOR_ONE,
        })
    }
}

/// How a price is made of the rate. Immutable once made; further kinds are appended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PlanKind {
    /// The rate, and nothing else: a factor of one.
    Flat,
    /// Preview, tiers, windows, factors.
    Rules(PlanRules),
}

/// What is wrong with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PlanFault {
    /// A preview above `MAX_PREVIEW_MS`.
    PreviewTooLong,
    /// Too many tiers, windows, categories or steps.
    TooMany,
    /// A factor above `MAX_FACTOR`, or of stakers above one.
    FactorOutOfRange,
    /// A list is not ascending, or begins at zero where it must not.
    NotAscending,
    /// A window is empty, ends after the day, or overlaps the one before.
    PeakOutOfPlace,
    /// An audience step does not lower the price.
    AudienceRaisesPrice,
}

/// The contract that tells what accounts have at stake, and how much makes a staker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Staking {
    /// It implements `StakeView`.
    pub contract: AccountId,
    /// The least amount.
    pub minimum: Balance,
}

/// What an account has at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Stake {
    /// How much.
    pub amount: Balance,
    /// Until when it cannot be withdrawn: when a discount for it lapses.
    pub until_ms: Millis,
}

/// What a staking contract answers. Asked at open only, of viewers who ask for the discount.
#[ink::trait_definition]
pub trait StakeView {
    /// What an account has at stake.
    #[ink(message)]
    fn stake(&self, account: AccountId) -> Stake;
}

/// What a session is opened on: all that registry and prices fix for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Offer {
    /// The broadcast on air.
    pub broadcast: BroadcastNo,
    /// The stream's class.
    pub class: Class,
    /// The number of the stream's newest terms.
    pub terms_no: TermsNo,
    /// Those terms.
    pub terms: Terms,
    /// The base rate now.
    pub rate_per_sec: Balance,
    /// The price factor in millionths, fixed for the session.
    pub factor: u32,
    /// The plan's version, fixed for the session.
    pub plan: PlanNo,
    /// The stream's category.
    pub category: u16,
    /// The audience step, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor; `FACTOR_ONE`: none.
    pub discount: u32,
    /// When the discount lapses; 0: there is none.
    pub discount_until_ms: Millis,
    /// The plan's free preview.
    pub preview_ms: u32,
}

/// What makes a session's price, besides its rate: all fixed at open, but for the time that it has watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Planned {
    /// The plan's version.
    pub plan: PlanNo,
    /// The stream's class at open.
    pub class: Class,
    /// The stream's category at open.
    pub category: u16,
    /// The audience step, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor.
    pub discount: u32,
    /// When the discount lapses; 0: there is none.
    pub discount_until_ms: Millis,
    /// How much of the session is free.
    pub preview_ms: u32,
    /// What it has watched by the clock up to `since_ms`.
    pub watched_ms: Millis,
}

/// A session as `charge` needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ChargeItem {
    /// The stream.
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The asset.
    pub asset: AssetId,
    /// The base rate at open: what counts until the first entry of the price track.
    pub rate_per_sec: Balance,
    /// The price factor in millionths.
    pub factor: u32,
    /// The highest price, in base units a second.
    pub ceiling: Balance,
    /// All that was placed on hold.
    pub hold: Balance,
    /// Accrued so far: base units × 10^9 (rate × millionths × milliseconds).
    pub accrued: u128,
    /// From when it has not been charged.
    pub since_ms: Millis,
    /// Whether it runs; a paused session accrues nothing.
    pub running: bool,
    /// The session's own latest end; `Millis::MAX`: none.
    pub stop_ms: Millis,
    /// What makes its price; `None`: the factor above, always.
    pub planned: Option<Planned>,
}

/// What `charge` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Charged {
    /// Accrued up to `upto_ms`: base units × 10^9; never above the hold's.
    pub accrued: u128,
    /// Milliseconds that were added.
    pub added_ms: Millis,
    /// Up to when it is charged.
    pub upto_ms: Millis,
    /// When accrual ended for good, if it has.
    pub ended_ms: Option<Millis>,
    /// The price at `upto_ms` (of a paused session: at now, or its stop if that came first): rate × factor / 10^6, rounded down.
    pub price_per_sec: Balance,
    /// Whether that price, not rounded, is above the ceiling: a paused session may not resume at it.
    pub above_ceiling: bool,
}

/// What would make opening a session fail, as far as registry, prices and payments can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Obstacle {
    /// The stream is suspended.
    Suspended,
    /// No broadcast is on air.
    NotLive,
    /// The payment handler takes no new money in this asset.
    AssetNotAllowed,
    /// New deposits and sessions are paused.
    OpensPaused,
    /// The hold that the duration needs is above the largest.
    HoldTooLarge,
}

/// The storage that something may add at most; the chain's prices make it a deposit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Footprint {
    /// Storage cells.
    pub items: u32,
    /// Bytes in them.
    pub bytes: u32,
}

/// What `quote` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct QuoteRequest {
    /// The stream.
    pub stream: StreamId,
    /// The asset.
    pub asset: AssetId,
    /// For how long.
    pub duration_ms: Millis,
    /// How many watch it: `tick_stream.live_viewers`.
    pub audience: u32,
    /// Who would watch, and with what discount.
    pub viewer: Option<(AccountId, Discount)>,
}

/// What a price factor is made of, each in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Factors {
    /// Of the stream's class.
    pub class: u32,
    /// Of its category.
    pub category: u32,
    /// Of its audience.
    pub audience: u32,
    /// Of the first tier.
    pub tier: u32,
    /// Of the time of day.
    pub peak: u32,
    /// Of the pass or the stake.
    pub discount: u32,
}

/// What watching would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Quote {
    /// The base rate now.
    pub rate_per_sec: Balance,
    /// The price factor in millionths, after the preview.
    pub factor: u32,
    /// What it is made of.
    pub factors: Factors,
    /// When the discount lapses; 0: there is none.
    pub discount_until_ms: Millis,
    /// How long the plan lets watch for nothing (`tick_stream.preview_left` tells what a viewer has left of it).
    pub preview_ms: u32,
    /// The version of the plan.
    pub plan: PlanNo,
    /// The price after the preview: rate × factor / 10^6, rounded down.
    pub price_per_sec: Balance,
    /// The hold that lasts for the duration from now at these rates, with tiers, windows and the discount's end, but without the
    /// preview, rounded up.
    pub hold: Balance,
    /// The most storage that opening may add for the viewer (`tick_stream.can_open` tells exactly).
    pub deposit: Footprint,
    /// The first obstacle, if any.
    pub obstacle: Option<Obstacle>,
}

/// The pricing engine's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PricingLimits {
    /// `MAX_RATE`.
    pub rate: Balance,
    /// `MAX_RATES`.
    pub rates: u32,
    /// `MAX_TRACK`.
    pub track: u32,
    /// `MIN_REPRICE_MS`.
    pub min_reprice_ms: Millis,
    /// `MAX_CHARGES`.
    pub charges: u32,
    /// `MAX_FACTOR`.
    pub factor: u32,
    /// `MAX_PREVIEW_MS`.
    pub preview_ms: u32,
    /// `MAX_TIERS`.
    pub tiers: u32,
    /// `MAX_PEAKS`.
    pub peaks: u32,
    /// `MAX_STEPS`.
    pub steps: u32,
    /// `MAX_CATEGORY_FACTORS`.
    pub categories: u32,
}

/// Why the pricing engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PricingEngineError {
    /// The contract is not wired yet.
    NotWired,
    /// Another contract could not be read.
    CallFailed,
    /// The registry has no such stream.
    StreamNotFound,
    /// The caller neither owns nor operates the stream.
    NotOperator,
    /// No rate was given.
    NoRates,
    /// Too many rates.
    TooManyRates {
        /// The most.
        max: u32,
    },
    /// An asset is named twice.
    DuplicateAsset,
    /// A rate is zero, or above `max`.
    RateOutOfRange {
        /// The highest rate.
        max: Balance,
    },
    /// The payment handler takes no new money in this asset.
    AssetNotAllowed {
        /// The asset.
        asset: AssetId,
    },
    /// The last repricing of this broadcast was less than `MIN_REPRICE_MS` ago.
    RepricedTooSoon {
        /// When the next may come.
        next_ms: Millis,
    },
    /// The price track of this broadcast is full.
    TrackFull {
        /// The most entries.
        max: u32,
    },
    /// The stream has no rate in this asset.
    AssetNotAccepted {
        /// The asset.
        asset: AssetId,
    },
    /// Too many sessions in one call.
    TooManyCharges {
        /// The most.
        max: u32,
    },
    /// A number passed its limit.
    Overflow,
    /// The stream is suspended.
    Suspended,
    /// No broadcast of the stream is on air.
    NotLive,
    /// The referrer is the viewer, or is paid by the stream.
    InvalidReferrer,
    /// The price is above the viewer's ceiling.
    AboveCeiling {
        /// The price, rounded down.
        price_per_sec: Balance,
        /// The ceiling.
        ceiling: Balance,
    },
    /// The hold is above the largest.
    HoldTooLarge {
        /// The largest.
        max: Balance,
    },
    /// The hold does not last for `MIN_HOLD_MS`.
    HoldTooSmall {
        /// The least.
        needed: Balance,
    },
    /// The stream has no such broadcast.
    BroadcastNotFound,
    /// The plan is not one.
    InvalidPlan(PlanFault),
    /// The viewer asks for a pass's discount, and has no pass for this stream now.
    NoPass,
    /// The chain does not have the code of `pricing_plans`, or it trapped or ran out of gas.
    PlansFailed,
    /// An administrative refusal.
    Admin(AdminError),
}

/// What a second costs: rates, the price track of each broadcast.
///
/// Constructor `new(change_delay_ms: Millis, plans: Hash) -> Result<Self, AdminError>`: the caller becomes the owner; `plans` is the
/// hash of the uploaded code of `pricing_plans`. Wired to registry, payments and passes.
///
/// **The price track.** A session knows the base rate at which it opened. The track of its broadcast has one entry for each
/// repricing *during* that broadcast. The rate at an instant t is that of the last entry with `from_ms <= t` that lists the
/// session's asset, and the rate at open if there is none.
#[ink::trait_definition]
pub trait PricingEngine {
    /// The rates at which sessions open now.
    #[ink(message)]
    fn rates(&self, stream: StreamId) -> Vec<AssetRate>;

    /// The repricings of a broadcast.
    #[ink(message)]
    fn track(&self, stream: StreamId, broadcast: BroadcastNo) -> Vec<TrackEntry>;

    /// The version of the plan on which sessions open now: 0 is the flat plan that every stream starts with.
    #[ink(message)]
    fn plan(&self, stream: StreamId) -> PlanNo;

    /// Sets a stream's rates, from this block on: for sessions that open, and, while a broadcast is on air, for all
    /// its sessions. One message, whatever the audience. A session's ceiling protects its viewer.
    ///
    /// Caller: the stream's owner or an operator.
    /// Units: base units a second, one rate for each asset that the stream accepts.
    ///
    /// # Events
    /// `RatesSet { stream, broadcast, old, new }`; `broadcast` is 0 when none is on air.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`, `NotOperator`;
    /// - `NoRates`, `TooManyRates`, `DuplicateAsset`, `RateOutOfRange`, `AssetNotAllowed` (in this order, each over all
    ///   rates before the next);
    /// - only while a broadcast is on air: `TrackFull`, then `RepricedTooSoon` if less than `MIN_REPRICE_MS` have passed since
    ///   the last entry of this broadcast's track.
    #[ink(message)]
    fn set_rates(
        &mut self,
        stream: StreamId,
        rates: Vec<AssetRate>,
    ) -> Result<(), PricingEngineError>;

    /// The limits.
    #[ink(message)]
    fn limits(&self) -> PricingLimits;
}

/// Plans, offers, charges, quotes.
///
/// These messages are sent to `pricing_engine`, as those of [`PricingEngine`] are. It answers `offer` and `charge` itself where all is
/// flat, and hands the rest over to a second code, `pricing_plans`, which runs on its storage.
#[ink::trait_definition]
pub trait PricingPlans {
    /// What a session of `viewer` would be opened on now: what registry and prices say to the request. `audience` is how many sessions
    /// are open on the stream, which its caller vouches for.
    ///
    /// A staking contract that does not answer gives no discount; one that answers more than 16 KiB ends the caller's transaction.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`, `Suspended`, `NotLive`;
    /// - `InvalidReferrer`: the viewer, the owner or a co-host of the newest terms, or the zero account;
    /// - `AssetNotAccepted`: the stream has no rate in it;
    /// - `NoPass`: `request.discount` is `Pass`, and none is valid now; `CallFailed`: the pass office did not answer;
    /// - `AboveCeiling`: rate × factor > ceiling × 10^6, by the factor after the preview;
    /// - `HoldTooLarge`: above `MAX_HOLD`;
    /// - `HoldTooSmall`: less than the price of `MIN_HOLD_MS`, rounded up;
    /// - `PlansFailed`: instead of any, where not all is flat and the chain lacks the second code.
    #[ink(message)]
    fn offer(
        &self,
        viewer: AccountId,
        audience: u32,
        request: OpenRequest,
    ) -> Result<Offer, PricingEngineError>;

    /// Charges sessions up to `now_ms`: the one place where money is computed.
    ///
    /// Caller: anyone; it reads one cell for each broadcast here, one for each plan, and one in the registry, and changes nothing.
    /// Rounding: none; `accrued` is exact. A session is charged whole milliseconds that its hold covers.
    ///
    /// A session's *stop* is the earlier of `stop_ms` and its broadcast's end. An end that is still to come by the chain's
    /// clock does not count, for a heartbeat may move it: with a `now_ms` in the future, the answer is what
    /// will be if the broadcast goes on.
    ///
    /// The *factor* at an instant is `factor`, or, of an item with `planned`, as [`PlanRules`] says: zero while the time watched is below
    /// `preview_ms`; else the product of its parts in millionths, divided once by 10^30 and rounded down: class and category as at
    /// open, audience step `step`, the last tier whose `after_ms` is not above the time watched, the window that covers the minute of the
    /// day, and the discount before `discount_until_ms`.
    ///
    /// For a running session, from `since_ms` on, accrual ends at the earliest of: its stop; the first instant at which
    /// rate × factor > ceiling × 10^6; the first instant at which the next millisecond would take `accrued` above hold × 10^9.
    /// It has ended if that instant is at or before `now_ms`. A paused session has ended if its stop is; then, and
    /// while paused, nothing is added and `upto_ms` is `since_ms`.
    ///
    /// # Errors
    /// - `TooManyCharges`;
    /// - `NotWired`, `CallFailed`; `BroadcastNotFound`;
    /// - `Overflow`: an item's numbers are out of the limits that open ensures, or it names a plan that the stream does not have;
    /// - `PlansFailed`: as for `offer`.
    #[ink(message)]
    fn charge(
        &self,
        now_ms: Millis,
        items: Vec<ChargeItem>,
    ) -> Result<Vec<Charged>, PricingEngineError>;

    /// A version of a stream's plan, or `None`. Version 0 is always flat.
    #[ink(message)]
    fn plan_kind(&self, stream: StreamId, plan: PlanNo) -> Option<PlanKind>;

    /// Makes a new version of the stream's plan, for sessions opened from now on, and returns its number.
    ///
    /// Caller: the stream's owner or an operator.
    ///
    /// # Events
    /// `PlanSet { stream, plan, kind }`.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`, `NotOperator`;
    /// - `InvalidPlan(_)`: in the order of `PlanFault`, each over all lists before the next;
    /// - `Overflow`: no more numbers.
    #[ink(message)]
    fn set_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo, PricingEngineError>;

    /// What watching for `duration_ms` would cost now, of what its price is made, and what would make opening fail.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`;
    /// - `AssetNotAccepted`;
    /// - `NoPass`, `CallFailed`: as `offer`;
    /// - `Overflow`: the duration is too long for the price.
    #[ink(message)]
    fn quote(&self, request: QuoteRequest) -> Result<Quote, PricingEngineError>;

    /// The contract that tells what accounts have at stake, if any.
    #[ink(message)]
    fn staking(&self) -> Option<Staking>;

    /// Names the staking contract, for sessions opened from now on. A stream's plan says what a stake is worth there.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `StakingSet { old, new }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`.
    #[ink(message)]
    fn set_staking(&mut self, staking: Option<Staking>) -> Result<(), PricingEngineError>;
}
