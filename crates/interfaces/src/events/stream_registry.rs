//! Events of `StreamRegistry`.

use crate::{AccountId, BroadcastNo, Class, EndCause, Millis, StreamId, Terms, TermsNo};
use ink::prelude::{string::String, vec::Vec};

/// A stream was registered.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRegistered {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Its owner.
    #[ink(topic)]
    pub owner: AccountId,
    /// Its metadata.
    pub cid: String,
    /// Its class.
    pub class: Class,
    /// Its category.
    pub category: u16,
}

/// A stream's metadata, class or category changed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamUpdated {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Its metadata.
    pub cid: String,
    /// Its class.
    pub class: Class,
    /// Its category.
    pub category: u16,
}

/// New terms hold for sessions opened from now on.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsSet {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The terms' number.
    pub terms_no: TermsNo,
    /// The terms.
    pub terms: Terms,
}

/// The operators of a stream were replaced.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorsSet {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Before.
    pub old: Vec<AccountId>,
    /// Now.
    pub new: Vec<AccountId>,
}

/// A stream was offered to somebody, or the offer withdrawn.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamOffered {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Its owner.
    pub owner: AccountId,
    /// Who may accept.
    pub offered_to: Option<AccountId>,
}

/// A stream has a new owner.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamTransferred {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The old owner.
    #[ink(topic)]
    pub old_owner: AccountId,
    /// The new owner.
    #[ink(topic)]
    pub new_owner: AccountId,
}

/// A broadcast began.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentLive {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// How long it lives without a heartbeat.
    pub grace_ms: Millis,
}

/// A broadcast was ended.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastEnded {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// When.
    pub end_ms: Millis,
    /// Why.
    pub cause: EndCause,
}

/// An account became a moderator, or ceased to be one.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeratorSet {
    /// The account.
    #[ink(topic)]
    pub account: AccountId,
    /// Before.
    pub old: bool,
    /// Now.
    pub new: bool,
}

/// A moderator suspended a stream.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSuspended {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Who did it.
    #[ink(topic)]
    pub moderator: AccountId,
    /// Why.
    pub reason: String,
}

/// A moderator lifted a suspension.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReinstated {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Who did it.
    #[ink(topic)]
    pub moderator: AccountId,
    /// Why.
    pub reason: String,
}
