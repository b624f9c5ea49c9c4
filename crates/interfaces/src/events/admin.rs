//! Events of `Administered`.

use crate::{AccountId, Change, Hash, Millis, Wiring};

/// Ownership was offered, or the offer withdrawn.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerProposed {
    /// The owner.
    pub owner: AccountId,
    /// Who may accept.
    pub proposed: Option<AccountId>,
}

/// The owner changed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerChanged {
    /// The old owner.
    pub old: AccountId,
    /// The new owner.
    pub new: AccountId,
}

/// The change delay was raised.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDelayRaised {
    /// The old delay.
    pub old_ms: Millis,
    /// The new delay.
    pub new_ms: Millis,
}

/// A change was announced.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAnnounced {
    /// Its number.
    pub id: u32,
    /// What will change.
    pub change: Change,
    /// From when it may be applied.
    pub due_ms: Millis,
}

/// A change was dropped.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCancelled {
    /// Its number.
    pub id: u32,
}

/// A change was carried out.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeApplied {
    /// Its number.
    pub id: u32,
    /// What changed.
    pub change: Change,
}

/// The contract runs other code from the next call on.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChanged {
    /// The old hash.
    pub old: Hash,
    /// The new hash.
    pub new: Hash,
}

/// The contract was wired.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WiringChanged {
    /// The old wiring.
    pub old: Wiring,
    /// The new wiring.
    pub new: Wiring,
}
