//! `pass_office`: passes and subscriptions, which discount or free watching until they lapse.

use crate::{AccountId, AssetId, Balance, Millis, PaymentHandlerError, StreamId};

/// The most periods that one purchase buys.
pub const MAX_PERIODS: u32 = 12;
/// How long before a pass lapses its renewal is due: an hour.
pub const RENEW_AHEAD_MS: Millis = 3_600_000;
/// How long after a pass lapsed others may still renew it: three days.
pub const RENEW_LATE_MS: Millis = 259_200_000;

/// What a pass is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PassScope {
    /// One stream, whoever owns it.
    Stream(StreamId),
    /// All streams of an owner.
    Creator(AccountId),
}

/// The level of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PassLevel {
    /// The least.
    Basic,
    /// More.
    Premium,
    /// The most.
    Vip,
}

/// How long a pass lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PassPeriod {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl PassPeriod {
    /// How long that is.
    pub fn ms(self) -> Millis {
        match self {
            Self::Day => 86_400_000,
            Self::Week => 604_800_000,
            Self::Month => 2_592_000_000,
        }
    }
}

/// What a creator sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct PassOffer {
    /// The asset of the prices.
    pub asset: AssetId,
    /// Of a day, a week and a month, in base units; `None`: not sold.
    pub prices: [Option<Balance>; 3],
    /// The price factor of watching with it, in millionths; below one. Zero: watching is free.
    pub factor: u32,
}

/// What a holder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Pass {
    /// Until when it is valid: not at that instant any more.
    pub until_ms: Millis,
    /// The price factor, as it was sold.
    pub factor: u32,
    /// What the holder allows others to buy for them when it is due.
    pub renewal: Option<Renewal>,
}

/// What a holder allows anyone to renew, from the holder's own pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Renewal {
    /// For how long each time.
    pub period: PassPeriod,
    /// The asset that may be spent.
    pub asset: AssetId,
    /// The highest price of the period.
    pub max_price: Balance,
    /// The highest price factor.
    pub max_factor: u32,
}

/// What to buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PassOrder {
    /// For what.
    pub scope: PassScope,
    /// Which level.
    pub level: PassLevel,
    /// For how long.
    pub period: PassPeriod,
    /// How many periods, one after the other; at most `MAX_PERIODS`.
    pub periods: u32,
    /// The asset that the buyer means to spend.
    pub asset: AssetId,
    /// The most that all periods together may cost.
    pub max_price: Balance,
    /// The highest price factor that is worth it.
    pub max_factor: u32,
    /// Whom it is for; `None`: the buyer.
    pub holder: Option<AccountId>,
}

/// What a pass gives a viewer on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PassDiscount {
    /// The price factor.
    pub factor: u32,
    /// When it lapses.
    pub until_ms: Millis,
}

/// Why the pass office refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PassOfficeError {
    /// The contract is not wired yet.
    NotWired,
    /// The registry could not be read.
    RegistryFailed,
    /// The payment handler could not be called.
    PaymentsFailed,
    /// The payment handler refused.
    Payments(PaymentHandlerError),
    /// The registry has no such stream.
    StreamNotFound,
    /// The caller does not own the stream, or is not the creator.
    NotCreator,
    /// A factor is not below one.
    FactorOutOfRange,
    /// A price is zero, or nothing is sold.
    InvalidPrice,
    /// Nothing of this level is sold for this.
    NotOffered,
    /// No period, or more than `max`.
    PeriodsOutOfRange {
        /// The most.
        max: u32,
    },
    /// It is sold in another asset.
    OtherAsset {
        /// Which.
        asset: AssetId,
    },
    /// It costs more than the order or the renewal allows.
    AbovePrice {
        /// What it costs.
        price: Balance,
    },
    /// It gives less than the order or the renewal allows.
    AboveFactor {
        /// The price factor that it gives.
        factor: u32,
    },
    /// The holder has a valid one with another price factor: buy again when it has lapsed.
    OtherFactor {
        /// That factor.
        factor: u32,
        /// Until when.
        until_ms: Millis,
    },
    /// Nobody has such a pass.
    PassNotFound,
    /// The holder allows no renewal.
    RenewalNotAllowed,
    /// It is not due yet, or not any more.
    NotDue {
        /// From when.
        from_ms: Millis,
        /// Until when.
        until_ms: Millis,
    },
    /// A number passed its limit.
    Overflow,
}

/// Passes: sold by creators, bought with pool money, paid out at once under the subscription fee.
///
/// Constructor `new(change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the owner. Wired to registry and
/// payments. Holds no money.
///
/// A holder has one pass for each scope and level. A session takes its discount at open, for as long as the pass was valid then.
#[ink::trait_definition]
pub trait PassOffice {
    /// What is sold, or `None`.
    #[ink(message)]
    fn offer(&self, scope: PassScope, level: PassLevel) -> Option<PassOffer>;

    /// What a holder has, valid or lapsed, or `None`.
    #[ink(message)]
    fn pass(&self, holder: AccountId, scope: PassScope, level: PassLevel) -> Option<Pass>;

    /// The best that a viewer's passes give now on a stream that `owner` owns: the lowest factor, of equal ones the longest.
    #[ink(message)]
    fn discount(
        &self,
        viewer: AccountId,
        stream: StreamId,
        owner: AccountId,
    ) -> Option<PassDiscount>;

    /// Sells a level from now on, or with `None` no longer. Passes that were sold stay as they are.
    ///
    /// Caller: the stream's owner; for `Creator`, that account.
    ///
    /// # Events
    /// `PassOffered { scope, level, old, new }`.
    ///
    /// # Errors
    /// - for a stream: `NotWired`, `RegistryFailed`, `StreamNotFound`;
    /// - `NotCreator`; `FactorOutOfRange`: not below `FACTOR_ONE`; `InvalidPrice`.
    #[ink(message)]
    fn set_offer(
        &mut self,
        scope: PassScope,
        level: PassLevel,
        offer: Option<PassOffer>,
    ) -> Result<(), PassOfficeError>;

    /// Buys a pass, or lengthens one that is valid, from the caller's pool, and returns until when it is valid. A new one begins now. The
    /// money goes at once to the stream's payees by its newest terms (for `Creator`: to that account), less the fee of subscriptions.
    ///
    /// Caller: anyone; for others as a gift. A pass of another factor, a gift too, keeps its holder from this level until it lapses
    /// (`OtherFactor`).
    ///
    /// # Events
    /// `PassBought { holder, scope, level, buyer, period, periods, asset, price, fee, factor, until_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `NotOffered`; `PeriodsOutOfRange`; `OtherAsset`; `AbovePrice`; `AboveFactor`; `OtherFactor`;
    /// - for a stream: `RegistryFailed`, `StreamNotFound`;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::pay`; `Overflow`.
    #[ink(message)]
    fn buy(&mut self, order: PassOrder) -> Result<Millis, PassOfficeError>;

    /// Allows anyone to renew a pass of the caller when it is due, or with `None` no longer.
    ///
    /// Caller: the holder.
    ///
    /// # Events
    /// `RenewalSet { holder, scope, level, old, new }`.
    ///
    /// # Errors
    /// - `PassNotFound`.
    #[ink(message)]
    fn set_renewal(
        &mut self,
        scope: PassScope,
        level: PassLevel,
        renewal: Option<Renewal>,
    ) -> Result<(), PassOfficeError>;

    /// Renews a pass by one period from the holder's pool, as the holder allowed, and returns until when it is valid.
    ///
    /// Caller: anyone, from `RENEW_AHEAD_MS` before it lapses to `RENEW_LATE_MS` after.
    ///
    /// # Events
    /// `PassBought { .., buyer: holder }`.
    ///
    /// # Errors
    /// - `NotWired`; `PassNotFound`; `RenewalNotAllowed`; `NotDue`;
    /// - then as `buy` from `NotOffered` on.
    #[ink(message)]
    fn renew(
        &mut self,
        holder: AccountId,
        scope: PassScope,
        level: PassLevel,
    ) -> Result<Millis, PassOfficeError>;
}
