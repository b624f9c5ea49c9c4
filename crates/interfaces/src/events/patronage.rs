//! Events of `Patronage`.

use crate::{
    AccountId, AssetId, Balance, BroadcastNo, ExternalId, GoalId, Hash, Millis, Sponsorship,
    StreamId,
};

/// A stream was tipped.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tipped {
    /// By whom.
    #[ink(topic)]
    pub from: AccountId,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// During which broadcast.
    pub broadcast: BroadcastNo,
    /// The asset.
    pub asset: AssetId,
    /// How much, fee included.
    pub amount: Balance,
    /// The platform's fee of that.
    pub fee: Balance,
    /// The hash of a message.
    pub message: Option<Hash>,
}

/// An external stream was paid.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPaid {
    /// By whom.
    #[ink(topic)]
    pub from: AccountId,
    /// The stream.
    #[ink(topic)]
    pub external: ExternalId,
    /// The chain that it comes from.
    pub origin_chain: u32,
    /// What it is called there.
    pub origin_stream: Hash,
    /// The asset.
    pub asset: AssetId,
    /// How much, fee included.
    pub amount: Balance,
    /// The platform's fee of that.
    pub fee: Balance,
    /// The hash of a message.
    pub message: Option<Hash>,
}

/// A creator has a goal.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalMade {
    /// Its number.
    pub goal: GoalId,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// Who made it.
    #[ink(topic)]
    pub creator: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// The sum to reach.
    pub target: Balance,
    /// Until when.
    pub end_ms: Millis,
    /// The hash of what it is for.
    pub about: Hash,
}

/// Somebody gave to a goal.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributed {
    /// Its number.
    #[ink(topic)]
    pub goal: GoalId,
    /// Who.
    #[ink(topic)]
    pub from: AccountId,
    /// How much was taken.
    pub amount: Balance,
    /// Raised in all.
    pub raised: Balance,
}

/// A goal was reached, and paid out.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalReached {
    /// Its number.
    #[ink(topic)]
    pub goal: GoalId,
    /// How much, fee included.
    pub amount: Balance,
    /// The platform's fee of that.
    pub fee: Balance,
}

/// A goal was given up.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalCancelled {
    /// Its number.
    #[ink(topic)]
    pub goal: GoalId,
}

/// A contribution went back.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributionReturned {
    /// The goal's number.
    #[ink(topic)]
    pub goal: GoalId,
    /// To whose pool.
    #[ink(topic)]
    pub to: AccountId,
    /// How much.
    pub amount: Balance,
}

/// A sponsor set a budget's terms, or added to it.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SponsorshipSet {
    /// Who.
    #[ink(topic)]
    pub sponsor: AccountId,
    /// For which stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The asset.
    pub asset: AssetId,
    /// What was added.
    pub amount: Balance,
    /// The terms from now on.
    pub terms: Sponsorship,
}

/// A sponsor took money back.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetWithdrawn {
    /// Who.
    #[ink(topic)]
    pub sponsor: AccountId,
    /// For which stream it was.
    #[ink(topic)]
    pub stream: StreamId,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Balance,
}
