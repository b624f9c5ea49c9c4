//! What the owner sets: fees, treasury, assets, pauses.

use crate::payment_handler::Payments;
use ink::codegen::Env;
use vilokanam_interfaces::{
    events::payment_handler::*, AccountId, AdminError, Asset, AssetId, Change, Class, FeeSchedule,
    FeeTerms, Millis, PaymentHandler, MAX_ASSETS, MAX_FEE_BPS, MAX_REFERRAL_BPS,
};

/// What the owner can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Config {
    /// The fees of sessions that open now.
    pub fees: FeeSchedule,
    /// Where fees and donations go.
    pub treasury: AccountId,
}

impl Payments {
    /// What the owner has set. A contract without it was never constructed.
    pub(crate) fn config(&self) -> Config {
        self.config.get().unwrap_or(Config {
            fees: FeeSchedule {
                standard_bps: 0,
                premium_bps: 0,
                subscription_bps: 0,
                tips_bps: 0,
                referral_bps: 0,
            },
            treasury: AccountId::from([0; 32]),
        })
    }

    /// Fails unless this contract can carry out such a change of its own, as things are.
    pub(crate) fn ensure_valid(&self, change: &Change) -> Result<(), AdminError> {
        let valid = match change {
            Change::Treasury(_) => true,
            Change::ListToken(token) => {
                // As its own token it could not be called back, and its deposits would trap.
                *token != self.env().account_id()
                    && !self.asset_ids.contains(token)
                    && self.asset_count() < MAX_ASSETS
            }
            Change::SetAsset { asset, .. } => self.assets.contains(asset),
            Change::Fees(fees) => fees_fit(fees),
            Change::Code(_) | Change::Wiring(_) | Change::Delay(_) | Change::Lifecycle(_) => {
                return Err(AdminError::UnsupportedChange)
            }
        };
        if !valid {
            return Err(AdminError::InvalidChange);
        }
        Ok(())
    }

    /// Carries out a change of this contract's own. Returns the one that would undo it, if any can.
    pub(crate) fn carry_out(&mut self, change: &Change) -> Result<Option<Change>, AdminError> {
        let mut config = self.config();
        let old = match *change {
            Change::ListToken(token) => {
                let asset = self.list(Some(token)).ok_or(AdminError::InvalidChange)?;
                self.env().emit_event(AssetListed { asset, token });
                return Ok(None);
            }
            Change::SetAsset { asset, allowed } => {
                let mut known = self.assets.get(asset).ok_or(AdminError::InvalidChange)?;
                let old = core::mem::replace(&mut known.allowed, allowed);
                self.assets.insert(asset, &known);
                return Ok(Some(Change::SetAsset {
                    asset,
                    allowed: old,
                }));
            }
            Change::Fees(new) => Change::Fees(core::mem::replace(&mut config.fees, new)),
            Change::Treasury(new) => {
                Change::Treasury(core::mem::replace(&mut config.treasury, new))
            }
            Change::Code(_) | Change::Wiring(_) | Change::Delay(_) | Change::Lifecycle(_) => {
                return Err(AdminError::UnsupportedChange)
            }
        };
        self.config.set(&config);
        Ok(Some(old))
    }

    /// Numbers a new asset, unless it is listed or there are too many.
    pub(crate) fn list(&mut self, token: Option<AccountId>) -> Option<AssetId> {
        let asset = self.asset_count();
        if asset >= MAX_ASSETS {
            return None;
        }
        if let Some(token) = token {
            if self.asset_ids.contains(token) {
                return None;
            }
            self.asset_ids.insert(token, &asset);
        }
        self.asset_count.set(&asset.checked_add(1)?);
        self.assets.insert(
            asset,
            &Asset {
                token,
                allowed: true,
            },
        );
        Some(asset)
    }

    /// Sets and tells the end of the pause.
    pub(crate) fn end_pause_at(&mut self, until_ms: Millis) {
        self.pause_end_ms.set(&until_ms);
        self.env().emit_event(PausedUntil { until_ms });
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

/// What a session of this class keeps.
pub fn fee_terms(fees: &FeeSchedule, class: Class) -> FeeTerms {
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
