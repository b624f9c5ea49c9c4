//! Events of `PricingEngine`.

use crate::{AssetRate, BroadcastNo, PlanKind, PlanNo, Staking, StreamId};
use ink::prelude::vec::Vec;

/// A stream's rates changed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatesSet {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The broadcast that was repriced; 0 when none is on air.
    pub broadcast: BroadcastNo,
    /// Before.
    pub old: Vec<AssetRate>,
    /// Now.
    pub new: Vec<AssetRate>,
}

/// A stream has a new version of its plan.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSet {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The version.
    pub plan: PlanNo,
    /// The plan.
    pub kind: PlanKind,
}

/// Another staking contract, or none, is asked from now on.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StakingSet {
    /// Before.
    pub old: Option<Staking>,
    /// Now.
    pub new: Option<Staking>,
}
