//! Events of `PassOffice`.

use crate::{
    AccountId, AssetId, Balance, Millis, PassLevel, PassOffer, PassPeriod, PassScope, Renewal,
};

/// A level is sold from now on, otherwise, or no longer.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassOffered {
    /// For what.
    pub scope: PassScope,
    /// Which level.
    pub level: PassLevel,
    /// Before.
    pub old: Option<PassOffer>,
    /// Now.
    pub new: Option<PassOffer>,
}

/// A pass was bought, lengthened or renewed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassBought {
    /// Whose it is.
    #[ink(topic)]
    pub holder: AccountId,
    /// For what.
    pub scope: PassScope,
    /// Which level.
    pub level: PassLevel,
    /// Who paid: the holder, or who gave it.
    pub buyer: AccountId,
    /// For how long each.
    pub period: PassPeriod,
    /// How many of them.
    pub periods: u32,
    /// The asset.
    pub asset: AssetId,
    /// What was paid in all.
    pub price: Balance,
    /// The platform's fee of that.
    pub fee: Balance,
    /// The price factor of watching with it.
    pub factor: u32,
    /// Until when it is valid.
    pub until_ms: Millis,
}

/// A holder allows another renewal, or none.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalSet {
    /// Whose pass it is.
    #[ink(topic)]
    pub holder: AccountId,
    /// For what.
    pub scope: PassScope,
    /// Which level.
    pub level: PassLevel,
    /// Before.
    pub old: Option<Renewal>,
    /// Now.
    pub new: Option<Renewal>,
}
