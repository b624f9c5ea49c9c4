//! `directory`: what is on, and what will be. Categories and their streams, scheduled broadcasts, streams of other chains.

use crate::{AccountId, AdminError, CidError, Hash, Listing, Millis, StreamId};
use ink::prelude::{string::String, vec::Vec};

/// The longest name of a category, in bytes.
pub const MAX_NAME_LEN: u32 = 32;
/// The most scheduled broadcasts of a stream that are still to come.
pub const MAX_SCHEDULED: u32 = 8;
/// How far ahead a broadcast may be scheduled: 180 days.
pub const MAX_AHEAD_MS: Millis = 15_552_000_000;

/// A stream of another chain, numbered from 1.
pub type ExternalId = u32;

/// A broadcast that is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Scheduled {
    /// When it is to begin.
    pub start_ms: Millis,
    /// When it is to end; after `start_ms`.
    pub end_ms: Millis,
    /// The content identifier of what it is about, as text.
    pub cid: String,
}

/// A stream of another chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct External {
    /// The gateway that registered it.
    pub gateway: AccountId,
    /// The chain that it comes from: a parachain's number, or another that the gateway documents.
    pub origin_chain: u32,
    /// What it is called there.
    pub origin_stream: Hash,
    /// Who is paid for it on this chain.
    pub payee: AccountId,
    /// The content identifier of its metadata, as text.
    pub cid: String,
    /// Its category.
    pub category: u16,
    /// Whether it can be paid for.
    pub active: bool,
}

/// Why the directory refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum DirectoryError {
    /// The contract is not wired yet.
    NotWired,
    /// The registry could not be read.
    RegistryFailed,
    /// The registry has no such stream.
    StreamNotFound,
    /// The caller neither owns nor operates the stream.
    NotOperator,
    /// Categories are numbered below `limit`.
    UnknownCategory {
        /// The first number that is too high.
        limit: u16,
    },
    /// A name must be given, and not be too long.
    InvalidName {
        /// The most bytes.
        max_len: u32,
    },
    /// The stream is in its category's list already.
    AlreadyListed,
    /// The content identifier is not one.
    InvalidCid(CidError),
    /// It does not begin after now, not within `max_ms`, or does not end after it begins.
    TimeOutOfRange {
        /// The latest start.
        max_ms: Millis,
    },
    /// The stream has too many scheduled broadcasts.
    TooManyScheduled {
        /// The most.
        max: u32,
    },
    /// One begins at that time already.
    AlreadyScheduled,
    /// None begins at that time.
    NotScheduled,
    /// The caller is not a gateway, or not the one that registered it.
    NotGateway,
    /// The origin chain's stream is registered already.
    AlreadyRegistered {
        /// Its number.
        external: ExternalId,
    },
    /// No external stream has this number.
    ExternalNotFound,
    /// No more can be numbered.
    NumbersExhausted,
    /// An administrative refusal.
    Admin(AdminError),
}

/// Categories, scheduled broadcasts, external streams.
///
/// Constructor `new(change_delay_ms: Millis) -> Result<Self, AdminError>`: the caller becomes the owner. Wired to the registry. Holds no
/// money.
#[ink::trait_definition]
pub trait Directory {
    /// The name of a category; `None`: it has none.
    #[ink(message)]
    fn category_name(&self, category: u16) -> Option<String>;

    /// Names a category (numbers are the registry's, below `MAX_CATEGORIES`).
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `CategoryNamed { category, old, new }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`; `UnknownCategory`; `InvalidName`: empty, or above `MAX_NAME_LEN`.
    #[ink(message)]
    fn name_category(&mut self, category: u16, name: String) -> Result<(), DirectoryError>;

    /// Puts a stream into the list of its category, as the registry has it now, and takes it out of the one where it was.
    ///
    /// Caller: anyone; it only mends the lists.
    ///
    /// # Events
    /// `StreamListed { stream, category, before }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`; `AlreadyListed`; `NumbersExhausted`.
    #[ink(message)]
    fn list_stream(&mut self, stream: StreamId) -> Result<(), DirectoryError>;

    /// The streams in a category's list, from position `start`; at most `limit` (and `MAX_LISTING`) positions are looked at.
    /// A list moves as streams change category: read it at one block.
    #[ink(message)]
    fn streams_in(&self, category: u16, start: u32, limit: u32) -> Listing;

    /// How many streams are in a category's list.
    #[ink(message)]
    fn stream_count_in(&self, category: u16) -> u32;

    /// The category in whose list a stream is.
    #[ink(message)]
    fn listed_in(&self, stream: StreamId) -> Option<u16>;

    /// The broadcasts of a stream that are scheduled and have not ended, by their start.
    #[ink(message)]
    fn scheduled(&self, stream: StreamId) -> Vec<Scheduled>;

    /// Announces a broadcast. It binds nobody: going live is the registry's.
    ///
    /// Caller: the stream's owner or an operator. What has ended is dropped.
    ///
    /// # Events
    /// `BroadcastScheduled { stream, scheduled }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`, `NotOperator`;
    /// - `TimeOutOfRange`; `InvalidCid(_)`; `AlreadyScheduled`; `TooManyScheduled`.
    #[ink(message)]
    fn schedule(&mut self, stream: StreamId, broadcast: Scheduled) -> Result<(), DirectoryError>;

    /// Takes an announcement back.
    ///
    /// Caller: the stream's owner or an operator.
    ///
    /// # Events
    /// `ScheduleCancelled { stream, start_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `RegistryFailed`, `StreamNotFound`, `NotOperator`; `NotScheduled`.
    #[ink(message)]
    fn cancel_scheduled(
        &mut self,
        stream: StreamId,
        start_ms: Millis,
    ) -> Result<(), DirectoryError>;

    /// Whether an account is a gateway.
    #[ink(message)]
    fn is_gateway(&self, account: AccountId) -> bool;

    /// Makes `account` a gateway, or no longer one. What it registered stays.
    ///
    /// Caller: the contract's owner.
    ///
    /// # Events
    /// `GatewaySet { account, old, new }`.
    ///
    /// # Errors
    /// - `Admin(NotOwner)`.
    #[ink(message)]
    fn set_gateway(&mut self, account: AccountId, gateway: bool) -> Result<(), DirectoryError>;

    /// An external stream, or `None`.
    #[ink(message)]
    fn external(&self, external: ExternalId) -> Option<External>;

    /// The number of an origin chain's stream, or `None`.
    #[ink(message)]
    fn external_of(&self, origin_chain: u32, origin_stream: Hash) -> Option<ExternalId>;

    /// How many external streams there are; they are numbered from 1 without gaps.
    #[ink(message)]
    fn external_count(&self) -> u32;

    /// Registers a stream of another chain and returns its number.
    ///
    /// Caller: a gateway.
    ///
    /// # Events
    /// `ExternalRegistered { external, gateway, origin_chain, origin_stream, payee, cid, category }`.
    ///
    /// # Errors
    /// - `NotGateway`; `InvalidCid(_)`; `UnknownCategory`; `AlreadyRegistered`; `NumbersExhausted`.
    #[ink(message)]
    fn register_external(
        &mut self,
        origin_chain: u32,
        origin_stream: Hash,
        payee: AccountId,
        cid: String,
        category: u16,
    ) -> Result<ExternalId, DirectoryError>;

    /// Changes an external stream's payee, metadata and category, and whether it can be paid for.
    ///
    /// Caller: the gateway that registered it, while it is one.
    ///
    /// # Events
    /// `ExternalUpdated { external, payee, cid, category, active }`.
    ///
    /// # Errors
    /// - `ExternalNotFound`; `NotGateway`; `InvalidCid(_)`; `UnknownCategory`.
    #[ink(message)]
    fn update_external(
        &mut self,
        external: ExternalId,
        payee: AccountId,
        cid: String,
        category: u16,
        active: bool,
    ) -> Result<(), DirectoryError>;
}
