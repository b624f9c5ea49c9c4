//! What the owner sets.

use vilokanam_interfaces::{
    AccountId, Class, FeeSchedule, FeeTerms, MAX_FEE_BPS, MAX_REFERRAL_BPS,
};

/// Fees and treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Config {
    /// The fees of sessions that open now.
    pub fees: FeeSchedule,
    /// Where fees and donations go.
    pub treasury: AccountId,
}

impl Config {
    /// Of a contract that was never constructed.
    pub const NONE: Self = Self {
        fees: FeeSchedule {
            standard_bps: 0,
            premium_bps: 0,
            subscription_bps: 0,
            tips_bps: 0,
            referral_bps: 0,
        },
        treasury: AccountId([0; 32]),
    };

    /// What a session of this class keeps.
    pub fn fee_terms(&self, class: Class) -> FeeTerms {
        let fees = &self.fees;
        FeeTerms {
            fee_bps: match class {
                Class::Standard => fees.standard_bps,
                Class::Premium => fees.premium_bps,
                Class::Subscription => fees.subscription_bps,
                Class::Tips => fees.tips_bps,
            },
            referral_bps: fees.referral_bps,
        }
    }
}

/// Whether all fees are within their limits.
pub fn fees_fit(fees: &FeeSchedule) -> bool {
    let FeeSchedule {
        standard_bps,
        premium_bps,
        subscription_bps,
        tips_bps,
        referral_bps,
    } = *fees;
    [standard_bps, premium_bps, subscription_bps, tips_bps]
        .into_iter()
        .all(|bps| bps <= MAX_FEE_BPS)
        && referral_bps <= MAX_REFERRAL_BPS
}
