//! Events of `Directory`.

use crate::{AccountId, ExternalId, Hash, Millis, Scheduled, StreamId};
use ink::prelude::string::String;

/// A category has another name.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryNamed {
    /// The category.
    pub category: u16,
    /// Before.
    pub old: Option<String>,
    /// Now.
    pub new: String,
}

/// A stream is in the list of a category.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamListed {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The category.
    pub category: u16,
    /// In whose list it was before.
    pub before: Option<u16>,
}

/// A broadcast was announced.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastScheduled {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// What was announced.
    pub scheduled: Scheduled,
}

/// An announcement was taken back.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleCancelled {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// When it was to begin.
    pub start_ms: Millis,
}

/// An account became a gateway, or is no longer one.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySet {
    /// Who.
    #[ink(topic)]
    pub account: AccountId,
    /// Before.
    pub old: bool,
    /// Now.
    pub new: bool,
}

/// A stream of another chain was registered.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalRegistered {
    /// Its number.
    pub external: ExternalId,
    /// By whom.
    #[ink(topic)]
    pub gateway: AccountId,
    /// The chain that it comes from.
    pub origin_chain: u32,
    /// What it is called there.
    pub origin_stream: Hash,
    /// Who is paid for it.
    #[ink(topic)]
    pub payee: AccountId,
    /// The content identifier of its metadata.
    pub cid: String,
    /// Its category.
    pub category: u16,
}

/// An external stream changed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUpdated {
    /// Its number.
    #[ink(topic)]
    pub external: ExternalId,
    /// Who is paid for it.
    #[ink(topic)]
    pub payee: AccountId,
    /// The content identifier of its metadata.
    pub cid: String,
    /// Its category.
    pub category: u16,
    /// Whether it can be paid for.
    pub active: bool,
}
