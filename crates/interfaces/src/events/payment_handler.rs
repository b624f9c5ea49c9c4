//! Events of `PaymentHandler`. Holds and settlements are told by the meter's events, what the owner changes by `ChangeApplied`.

use crate::{AccountId, AssetId, Balance, Millis, SessionNo, SpendingLimits};

/// Money came into a pool.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposited {
    /// Whose pool.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
}

/// Money left a pool.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// Whose pool.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
}

/// A payee was paid all that was payable.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidOut {
    /// Who was paid.
    #[ink(topic)]
    pub payee: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
    /// Who called.
    pub by: AccountId,
}

/// Platform fees went to the treasury.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeesWithdrawn {
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
    /// Where to.
    pub treasury: AccountId,
}

/// Donations went to the treasury.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
    /// Where to.
    pub treasury: AccountId,
}

/// Deposits and new holds are paused until then, or no longer.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PausedUntil {
    /// Until when.
    pub until_ms: Millis,
}

/// A token became an asset.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetListed {
    /// The asset's number.
    pub asset: AssetId,
    /// The token.
    pub token: AccountId,
}

/// A payee gave money back.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// Who.
    #[ink(topic)]
    pub payee: AccountId,
    /// To whose pool.
    #[ink(topic)]
    pub viewer: AccountId,
    /// For which of the viewer's sessions, as the payee says.
    pub number: SessionNo,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
}

/// A viewer limited their own spending.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsSet {
    /// Who.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// What binds now.
    pub now: SpendingLimits,
    /// What will bind, and from when, if that is looser.
    pub next: Option<(SpendingLimits, Millis)>,
}
