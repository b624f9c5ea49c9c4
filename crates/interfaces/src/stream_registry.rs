//! `stream_registry`: who streams what, on which terms, and when it was on air.

use crate::{AccountId, AdminError, BroadcastNo, Millis, StreamId, TermsNo};
use ink::prelude::{string::String, vec::Vec};

/// The most co-hosts that share a stream's income with its owner.
pub const MAX_COHOSTS: u32 = 3;
/// The most operators of a stream.
pub const MAX_OPERATORS: u32 = 8;
/// The longest content identifier, in bytes of text.
pub const MAX_CID_LEN: u32 = 64;
/// The longest reason for a suspension or a reinstatement, in bytes.
pub const MAX_REASON_LEN: u32 = 200;
/// Categories are numbered below this.
pub const MAX_CATEGORIES: u16 = 256;

/// What a second of watching counts as, which decides the platform's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Class {
    /// 10 % by default.
    Standard,
    /// 15 % by default.
    Premium,
    /// 20 % by default.
    Subscription,
    /// 5 % by default; no stream is of this class.
    Tips,
}

/// One co-host's part of what is left after the platform's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Share {
    /// Who gets it.
    pub account: AccountId,
    /// How much, in basis points.
    pub bps: u16,
}

/// How a stream's income is shared. The owner's basis points and the co-hosts' sum to 10,000.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Terms {
    /// The owner when these terms were made: paid by sessions opened on them, whoever owns the stream later.
    pub owner: AccountId,
    /// The owner's part; the owner also takes what rounding leaves.
    pub owner_bps: u16,
    /// At most `MAX_COHOSTS`; none is the owner, none twice, none with zero.
    pub cohosts: Vec<Share>,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Stream {
    /// Who owns it.
    pub owner: AccountId,
    /// Who was offered it.
    pub offered_to: Option<AccountId>,
    /// The content identifier of its metadata, as text.
    pub cid: String,
    /// Its class.
    pub class: Class,
    /// Its category.
    pub category: u16,
    /// The newest terms.
    pub terms: TermsNo,
    /// The newest broadcast; 0 if it was never live.
    pub broadcast: BroadcastNo,
    /// Whether a moderator has suspended it.
    pub suspended: bool,
    /// When it was registered.
    pub registered_ms: Millis,
}

/// Why a broadcast ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum EndCause {
    /// It has not been ended by anybody: it lives until its last heartbeat plus its grace.
    None,
    /// The owner or an operator ended it.
    Ended,
    /// A moderator suspended the stream.
    Suspended,
}

/// One run of a stream. It is over from `end_ms` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Broadcast {
    /// When it went live.
    pub started_ms: Millis,
    /// How long it lives without a heartbeat; fixed at going live.
    pub grace_ms: Millis,
    /// The last heartbeat; going live counts as one.
    pub heartbeat_ms: Millis,
    /// When it ends: for ever, once `cause` says so; until then the last heartbeat plus the grace.
    pub end_ms: Millis,
    /// Whether somebody ended it.
    pub cause: EndCause,
}

/// What opening a session needs to know of a stream, in one read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct StreamFacts {
    /// Its class.
    pub class: Class,
    /// Its category.
    pub category: u16,
    /// The number of its newest terms.
    pub terms_no: TermsNo,
    /// Its newest terms.
    pub terms: Terms,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Its newest broadcast's number; 0 if it was never live.
    pub broadcast_no: BroadcastNo,
    /// When that broadcast ends or ended; 0 if it was never live.
    pub end_ms: Millis,
}

/// A part of a list, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Listing {
    /// The streams found.
    pub streams: Vec<StreamId>,
    /// Where the next part starts; `None` at the end of the list.
    pub next: Option<u32>,
}

/// The registry's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct RegistryLimits {
    /// `MAX_COHOSTS`.
    pub cohosts: u32,
    /// `MAX_OPERATORS`.
    pub operators: u32,
    /// `MAX_CID_LEN`.
    pub cid_len: u32,
    /// `MAX_REASON_LEN`.
    pub reason_len: u32,
    /// `MAX_CATEGORIES`.
    pub categories: u16,
    /// `MIN_GRACE_MS`.
    pub min_grace_ms: Millis,
    /// `MAX_GRACE_MS`.
    pub max_grace_ms: Millis,
    /// `MAX_LISTING`.
    pub listing: u32,
}

/// Why a content identifier was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum CidError {
    /// Above `MAX_CID_LEN` bytes.
    TooLong,
    /// Neither `Qm…` of 46 characters (CIDv0) nor `b…` (CIDv1 in base32).
    UnknownForm,
    /// A character that its base does not have.
    BadCharacter,
    /// The base32 text does not end on a whole byte, or its last bits are not zero.
    BadPadding,
    /// Not CID version 1.
    BadVersion,
    /// The multihash is not sha2-256 of 32 bytes.
    BadHash,
}

/// Why the registry refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum StreamRegistryError {
    /// No stream has this number.
    StreamNotFound,
    /// The caller does not own the stream.
    NotStreamOwner,
    /// The caller neither owns nor operates the stream.
    NotOperator,
    /// The caller is not a moderator.
    NotModerator,
    /// The stream was not offered to the caller.
    NotOffered,
    /// The content identifier is not one.
    InvalidCid(CidError),
    /// Categories are numbered below `limit`.
    UnknownCategory {
        /// The first number that is too high.
        limit: u16,
    },
    /// `Class::Tips` is a fee class, not a stream's.
    NotAStreamClass,
    /// Too many co-hosts.
    TooManyCohosts {
        /// The most.
        max: u32,
    },
    /// A co-host is the owner, is named twice, or has no share.
    InvalidCohost,
    /// The shares do not sum to 10,000 basis points.
    SharesNotFull {
        /// What they sum to.
        sum_bps: u32,
    },
    /// Too many operators.
    TooManyOperators {
        /// The most.
        max: u32,
    },
    /// The stream is live already.
    AlreadyLive,
    /// The stream is not live.
    NotLive,
    /// The stream is suspended.
    Suspended,
    /// The stream is not suspended.
    NotSuspended,
    /// The grace is out of bounds.
    GraceOutOfRange {
        /// The shortest grace.
        min_ms: Millis,
        /// The longest grace.
        max_ms: Millis,
    },
    /// A reason must be given, and not be too long.
    InvalidReason {
        /// The most bytes.
        max_len: u32,
    },
    /// The stream is not in the list of live streams.
    NotListed,
    /// No more streams or broadcasts can be numbered.
    NumbersExhausted,
    /// An administrative refusal.
    Admin(AdminError),
}

/// Who streams what: owners, terms, metadata, broadcasts, moderation.
///
/// Constructor `new(change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the owner.
#[ink::trait_definition]
pub trait StreamRegistry {
    /// A stream, or `None`.
    #[ink(message)]
    fn stream(&self, stream: StreamId) -> Option<Stream>;

    /// How many streams there are; they are numbered from 1 without gaps.
    #[ink(message)]
    fn stream_count(&self) -> u32;

    /// A broadcast of a stream, or `None`.
    #[ink(message)]
    fn broadcast(&self, stream: StreamId, broadcast: BroadcastNo) -> Option<Broadcast>;

    /// When each broadcast ends or ended, `None` for one that never was. At most `MAX_LISTING` × 2 are answered.
    #[ink(message)]
    fn broadcast_ends(&self, broadcasts: Vec<(StreamId, BroadcastNo)>) -> Vec<Option<Millis>>;

    /// Terms of a stream by number, or `None`.
    #[ink(message)]
    fn terms(&self, stream: StreamId, terms: TermsNo) -> Option<Terms>;

    /// What opening a session needs, or `None` without such a stream.
    #[ink(message)]
    fn facts(&self, stream: StreamId) -> Option<StreamFacts>;

    /// Whether `account` owns or operates the stream; `false` without such a stream.
    #[ink(message)]
    fn may_operate(&self, stream: StreamId, account: AccountId) -> bool;

    /// The operators of a stream.
    #[ink(message)]
    fn operators(&self, stream: StreamId) -> Vec<AccountId>;

    /// Whether a broadcast of the stream is on air now.
    #[ink(message)]
    fn is_live(&self, stream: StreamId) -> bool;

    /// The streams that `creator` owns, in the order in which they first came, from position `start`; at most `limit`
    /// (and `MAX_LISTING`) positions are looked at.
    #[ink(message)]
    fn streams_of(&self, creator: AccountId, start: u32, limit: u32) -> Listing;

    /// The streams that are live now, from position `start`; at most `limit` (and `MAX_LISTING`) positions are
    /// looked at. The list moves as streams come and go: read it at one block.
    #[ink(message)]
    fn live_streams(&self, start: u32, limit: u32) -> Listing;

    /// Whether `account` is a moderator.
    #[ink(message)]
    fn is_moderator(&self, account: AccountId) -> bool;

    /// The limits.
    #[ink(message)]
    fn limits(&self) -> RegistryLimits;

    /// Registers a stream of the caller and returns its number. Its first terms have number 1.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `StreamRegistered { stream, owner, cid, class, category }`, `TermsSet { stream, terms_no: 1, terms }`.
    ///
    /// # Errors
    /// - `InvalidCid(_)`, `NotAStreamClass`, `UnknownCategory` (in this order);
    /// - `TooManyCohosts`, `InvalidCohost`, `SharesNotFull` (in this order);
    /// - `NumbersExhausted`.
    #[ink(message)]
    fn register(
        &mut self,
        cid: String,
        class: Class,
        category: u16,
        owner_bps: u16,
        cohosts: Vec<Share>,
    ) -> Result<StreamId, StreamRegistryError>;

    /// Replaces a stream's metadata, class and category; sessions that are open keep their class.
    ///
    /// Caller: the stream's owner.
    ///
    /// # Events
    /// `StreamUpdated { stream, cid, class, category }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotStreamOwner`;
    /// - `InvalidCid(_)`, `NotAStreamClass`, `UnknownCategory`.
    #[ink(message)]
    fn update(
        &mut self,
        stream: StreamId,
        cid: String,
        class: Class,
        category: u16,
    ) -> Result<(), StreamRegistryError>;

    /// Makes new terms, for sessions opened from now on, and returns their number.
    ///
    /// Caller: the stream's owner.
    ///
    /// # Events
    /// `TermsSet { stream, terms_no, terms }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotStreamOwner`;
    /// - `TooManyCohosts`, `InvalidCohost`, `SharesNotFull` (in this order);
    /// - `NumbersExhausted`.
    #[ink(message)]
    fn set_terms(
        &mut self,
        stream: StreamId,
        owner_bps: u16,
        cohosts: Vec<Share>,
    ) -> Result<TermsNo, StreamRegistryError>;

    /// Replaces the stream's operators: accounts that may go live, send heartbeats, end and reprice.
    ///
    /// Caller: the stream's owner.
    ///
    /// # Events
    /// `OperatorsSet { stream, old, new }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotStreamOwner`;
    /// - `TooManyOperators`.
    #[ink(message)]
    fn set_operators(
        &mut self,
        stream: StreamId,
        operators: Vec<AccountId>,
    ) -> Result<(), StreamRegistryError>;

    /// Offers the stream to `account`, or withdraws the offer with `None`.
    ///
    /// Caller: the stream's owner.
    ///
    /// # Events
    /// `StreamOffered { stream, owner, offered_to }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotStreamOwner`.
    #[ink(message)]
    fn offer_stream(
        &mut self,
        stream: StreamId,
        account: Option<AccountId>,
    ) -> Result<(), StreamRegistryError>;

    /// Takes over a stream that was offered: new terms give all to the new owner, operators are removed.
    /// Sessions that are open keep paying on their own terms.
    ///
    /// Caller: the account it was offered to.
    ///
    /// # Events
    /// `StreamTransferred { stream, old_owner, new_owner }`, `TermsSet { .. }`; the operators are empty from then on.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotOffered`;
    /// - `NumbersExhausted`.
    #[ink(message)]
    fn accept_stream(&mut self, stream: StreamId) -> Result<(), StreamRegistryError>;

    /// Starts a broadcast, which lives on heartbeats `grace_ms` apart at most, and returns its number.
    ///
    /// Caller: the stream's owner or an operator.
    ///
    /// # Events
    /// `WentLive { stream, broadcast, grace_ms }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotOperator`;
    /// - `Suspended`;
    /// - `AlreadyLive`;
    /// - `GraceOutOfRange`;
    /// - `NumbersExhausted`.
    #[ink(message)]
    fn go_live(
        &mut self,
        stream: StreamId,
        grace_ms: Millis,
    ) -> Result<BroadcastNo, StreamRegistryError>;

    /// Says that the broadcast goes on. Too late (at or after its end) it is refused.
    ///
    /// Caller: the stream's owner or an operator.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotOperator`;
    /// - `NotLive`.
    #[ink(message)]
    fn heartbeat(&mut self, stream: StreamId) -> Result<(), StreamRegistryError>;

    /// Ends the broadcast now, for ever.
    ///
    /// Caller: the stream's owner or an operator.
    ///
    /// # Events
    /// `BroadcastEnded { stream, broadcast, end_ms, cause: Ended }`.
    ///
    /// # Errors
    /// - `StreamNotFound`, `NotOperator`;
    /// - `NotLive`.
    #[ink(message)]
    fn end_broadcast(&mut self, stream: StreamId) -> Result<(), StreamRegistryError>;

    /// Takes a stream whose broadcast is over out of the list of live streams (a lapsed heartbeat leaves it there).
    ///
    /// Caller: anyone; it only shortens the list.
    ///
    /// # Errors
    /// - `StreamNotFound`;
    /// - `AlreadyLive`: it is on air;
    /// - `NotListed`.
    #[ink(message)]
    fn unlist(&mut self, stream: StreamId) -> Result<(), StreamRegistryError>;

    /// Makes `account` a moderator, or no longer one.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `ModeratorSet { account, old, new }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`.
    #[ink(message)]
    fn set_moderator(
        &mut self,
        account: AccountId,
        moderator: bool,
    ) -> Result<(), StreamRegistryError>;

    /// Suspends a stream: its broadcast ends now, and it cannot go live until it is reinstated. No money is touched.
    ///
    /// Caller: a moderator.
    ///
    /// # Events
    /// `BroadcastEnded { .., cause: Suspended }` if it was on air, then `StreamSuspended { stream, moderator, reason }`.
    ///
    /// # Errors
    /// - `NotModerator`;
    /// - `StreamNotFound`;
    /// - `InvalidReason`: empty, or above `MAX_REASON_LEN`;
    /// - `Suspended`: already.
    #[ink(message)]
    fn suspend(&mut self, stream: StreamId, reason: String) -> Result<(), StreamRegistryError>;

    /// Lifts a suspension.
    ///
    /// Caller: a moderator.
    ///
    /// # Events
    /// `StreamReinstated { stream, moderator, reason }`.
    ///
    /// # Errors
    /// - `NotModerator`;
    /// - `StreamNotFound`;
    /// - `InvalidReason`;
    /// - `NotSuspended`.
    #[ink(message)]
    fn reinstate(&mut self, stream: StreamId, reason: String) -> Result<(), StreamRegistryError>;
}
