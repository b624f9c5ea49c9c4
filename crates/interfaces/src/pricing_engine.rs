//! `pricing_engine`: what a second costs, and the one place where a charge is computed.

use crate::{
    AccountId, AssetId, Balance, BroadcastNo, Class, Millis, OpenRequest, PlanNo, StreamId, Terms,
    TermsNo,
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

/// How a price is made of the rate. Immutable once made; further kinds are appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum PlanKind {
    /// The rate, and nothing else: a factor of one.
    Flat,
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

/// What watching would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Quote {
    /// The base rate now.
    pub rate_per_sec: Balance,
    /// The price factor in millionths.
    pub factor: u32,
    /// The price: rate × factor / 10^6, rounded down.
    pub price_per_sec: Balance,
    /// The hold that lasts for the duration at this price, rounded up.
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
}

/// What a second costs: rates, plans, the price track of each broadcast, charges.
///
/// Constructor `new(change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the owner. Wired to
/// registry and payments.
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
    /// - `Overflow`: no more numbers.
    #[ink(message)]
    fn set_plan(&mut self, stream: StreamId, kind: PlanKind) -> Result<PlanNo, PricingEngineError>;

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

    /// What a session of `viewer` would be opened on now: what registry and prices say to the request.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`, `Suspended`, `NotLive`;
    /// - `InvalidReferrer`: the viewer, the owner or a co-host of the newest terms, or the zero account;
    /// - `AssetNotAccepted`: the stream has no rate in it;
    /// - `AboveCeiling`: rate × factor > ceiling × 10^6;
    /// - `HoldTooLarge`: above `MAX_HOLD`;
    /// - `HoldTooSmall`: less than the price of `MIN_HOLD_MS`, rounded up.
    #[ink(message)]
    fn offer(&self, viewer: AccountId, request: OpenRequest) -> Result<Offer, PricingEngineError>;

    /// Charges sessions up to `now_ms`: the one place where money is computed.
    ///
    /// Caller: anyone; it reads one cell for each broadcast here and one in the registry, and changes nothing.
    /// Rounding: none; `accrued` is exact. A session is charged whole milliseconds that its hold covers.
    ///
    /// A session's *stop* is the earlier of `stop_ms` and its broadcast's end. An end that is still to come by the chain's
    /// clock does not count, for a heartbeat may move it: with a `now_ms` in the future, the answer is what
    /// will be if the broadcast goes on.
    ///
    /// For a running session, from `since_ms` on, accrual ends at the earliest of: its stop; the first instant at which
    /// rate × factor > ceiling × 10^6; the first instant at which the next millisecond would take `accrued` above hold × 10^9.
    /// It has ended if that instant is at or before `now_ms`. A paused session has ended if its stop is; then, and
    /// while paused, nothing is added and `upto_ms` is `since_ms`.
    ///
    /// # Errors
    /// - `TooManyCharges`;
    /// - `NotWired`, `CallFailed`; `BroadcastNotFound`;
    /// - `Overflow`: an item's numbers are out of the limits that open ensures.
    #[ink(message)]
    fn charge(
        &self,
        now_ms: Millis,
        items: Vec<ChargeItem>,
    ) -> Result<Vec<Charged>, PricingEngineError>;

    /// What watching for `duration_ms` would cost now, and what would make opening fail.
    ///
    /// # Errors
    /// - `NotWired`, `CallFailed`;
    /// - `StreamNotFound`;
    /// - `AssetNotAccepted`;
    /// - `Overflow`: the duration is too long for the price.
    #[ink(message)]
    fn quote(
        &self,
        stream: StreamId,
        asset: AssetId,
        duration_ms: Millis,
    ) -> Result<Quote, PricingEngineError>;

    /// The limits.
    #[ink(message)]
    fn limits(&self) -> PricingLimits;
}
