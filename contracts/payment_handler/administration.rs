//! What the owner sets, and who else is obeyed.

use crate::payment_handler::Payments;
use ink::codegen::Env;
use vilokanam_interfaces::{
    events::payment_handler::*, AccountId, AdminError, Asset, AssetId, Balance, Change, Millis,
    PaymentHandlerError, MAX_ASSETS,
};
use vilokanam_money::{config::fees_fit, ledger::sub, token, Result as Paid};

impl Payments {
    /// Fails unless the owner calls.
    pub(crate) fn ensure_owner(&self) -> Paid<()> {
        self.admin
            .ensure_owner()
            .map_err(PaymentHandlerError::Admin)
    }

    /// Fails unless the meter calls.
    pub(crate) fn ensure_meter(&self) -> Paid<()> {
        if self.admin.wiring().meter != Some(self.env().caller()) {
            return Err(PaymentHandlerError::NotMeter);
        }
        Ok(())
    }

    /// Fails unless this contract can carry out such a change of its own, as things are.
    pub(crate) fn ensure_valid(&self, change: &Change) -> Result<(), AdminError> {
        let valid = match change {
            Change::Treasury(_) => true,
            Change::ListToken(token) => {
                // As its own token it could not be called back, and its deposits would trap.
                *token != self.env().account_id()
                    && !self.money.asset_ids.contains(token)
                    && self.money.asset_count.get_or_default() < MAX_ASSETS
            }
            Change::SetAsset { asset, .. } => self.money.assets.contains(asset),
            Change::Fees(fees) => fees_fit(fees),
            Change::Code(_) | Change::Wiring(_) | Change::Delay(_) | Change::SecondCode(_) => {
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
        let mut config = self.money.config();
        let old = match *change {
            Change::ListToken(token) => {
                let asset = self.list(Some(token)).ok_or(AdminError::InvalidChange)?;
                self.env().emit_event(AssetListed { asset, token });
                return Ok(None);
            }
            Change::SetAsset { asset, allowed } => {
                let mut known = self
                    .money
                    .assets
                    .get(asset)
                    .ok_or(AdminError::InvalidChange)?;
                let old = core::mem::replace(&mut known.allowed, allowed);
                self.money.assets.insert(asset, &known);
                return Ok(Some(Change::SetAsset {
                    asset,
                    allowed: old,
                }));
            }
            Change::Fees(new) => Change::Fees(core::mem::replace(&mut config.fees, new)),
            Change::Treasury(new) => {
                Change::Treasury(core::mem::replace(&mut config.treasury, new))
            }
            Change::Code(_) | Change::Wiring(_) | Change::Delay(_) | Change::SecondCode(_) => {
                return Err(AdminError::UnsupportedChange)
            }
        };
        self.money.config.set(&config);
        Ok(Some(old))
    }

    /// Numbers a new asset, unless it is listed or there are too many.
    pub(crate) fn list(&mut self, token: Option<AccountId>) -> Option<AssetId> {
        let asset = self.money.asset_count.get_or_default();
        if asset >= MAX_ASSETS {
            return None;
        }
        if let Some(token) = token {
            if self.money.asset_ids.contains(token) {
                return None;
            }
            self.money.asset_ids.insert(token, &asset);
        }
        self.money.asset_count.set(&asset.checked_add(1)?);
        self.money.assets.insert(
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
        self.money.pause_end_ms.set(&until_ms);
        self.env().emit_event(PausedUntil { until_ms });
    }
}

/// Payouts.
impl Payments {
    /// Pays a payee all that is payable to them.
    pub(crate) fn pay_payee(&mut self, payee: AccountId, asset: AssetId) -> Paid<Balance> {
        let known = self.money.known_asset(asset)?;
        let amount = self.money.payable(payee, asset);
        if amount == 0 {
            return Err(PaymentHandlerError::NothingPayable);
        }
        let mut totals = self.money.totals(asset);
        totals.payable = sub(totals.payable, amount)?;
        self.money.payables.insert((asset, payee), &0);
        self.money.totals.insert(asset, &totals);
        self.pay_out(known, payee, amount)?;
        self.env().emit_event(PaidOut {
            payee,
            asset,
            amount,
            by: self.env().caller(),
        });
        Ok(amount)
    }

    /// Sends money out. The state has changed before.
    pub(crate) fn pay_out(&self, asset: Asset, to: AccountId, amount: Balance) -> Paid<()> {
        match asset.token {
            Some(token) => token::transfer(token, to, amount),
            None => self
                .env()
                .transfer(to, amount)
                .map_err(|_| PaymentHandlerError::TransferFailed),
        }
    }
}
