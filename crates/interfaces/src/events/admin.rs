//! Events of `Administered`.

use crate::{AccountId, Change, Millis, Wiring};

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
    /// What was before, as a change of the same kind: the old code hash, fees, treasury, delay, whether the asset was
    /// accepted, all slots of the wiring. `None` for a token that was listed, since nothing was there before.
    pub old: Option<Change>,
    /// The change as it was announced.
    pub new: Change,
}

/// The contract was wired, for the first time.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wired {
    /// The wiring.
    pub wiring: Wiring,
}
