//! The checks and moves that the messages are made of.

use crate::{payment_handler::Payments, settlement::add, token};
use ink::codegen::Env;
use vilokanam_interfaces::{
    events::payment_handler::PaidOut, AccountId, Asset, AssetId, Balance, PaymentHandler,
    PaymentHandlerError, Pool, Totals, MAX_HOLD,
};

type Result<T> = core::result::Result<T, PaymentHandlerError>;

/// Checks.
impl Payments {
    pub(crate) fn ensure_owner(&self) -> Result<()> {
        match self.admin.ensure_owner() {
            Ok(_) => Ok(()),
            Err(error) => Err(PaymentHandlerError::Admin(error)),
        }
    }

    pub(crate) fn ensure_meter(&self) -> Result<()> {
        if self.admin.wiring().meter != Some(self.env().caller()) {
            return Err(PaymentHandlerError::NotMeter);
        }
        Ok(())
    }

    pub(crate) fn ensure_not_paused(&self) -> Result<()> {
        match self.paused_until() {
            0 => Ok(()),
            until_ms => Err(PaymentHandlerError::Paused { until_ms }),
        }
    }

    /// What `top_up` checks before it looks at the pool.
    pub(crate) fn ensure_takes_money(&self, asset: AssetId, amount: Balance) -> Result<()> {
        self.ensure_not_paused()?;
        ensure_allowed(&self.known_asset(asset)?)?;
        ensure_positive(amount)
    }

    /// What `hold` checks before it looks at the pool.
    pub(crate) fn ensure_takes_hold(&self, asset: AssetId, amount: Balance) -> Result<()> {
        self.ensure_takes_money(asset, amount)?;
        if amount > MAX_HOLD {
            return Err(PaymentHandlerError::HoldTooLarge { max: MAX_HOLD });
        }
        Ok(())
    }

    pub(crate) fn known_asset(&self, asset: AssetId) -> Result<Asset> {
        self.assets
            .get(asset)
            .ok_or(PaymentHandlerError::UnknownAsset)
    }
}

/// Changes of state, and payouts.
impl Payments {
    /// Adds new money to a pool. All that is owed in an asset stays within 128 bits, so that no later move overflows.
    pub(crate) fn credit_pool(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<()> {
        let mut totals = self.totals(asset);
        add(owed(&totals)?, amount)?;
        let mut pool = self.pool(viewer, asset);
        pool.free = add(pool.free, amount)?;
        totals.pools = add(totals.pools, amount)?;
        self.pools.insert((asset, viewer), &pool);
        self.totals.insert(asset, &totals);
        Ok(())
    }

    /// Moves `amount` from a pool to total holds, for so many more sessions of the pool's viewer.
    pub(crate) fn place_on_hold(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        sessions: u32,
    ) -> Result<()> {
        let mut pool = self.pool(payer, asset);
        pool.free = ensure_free(&pool, amount)?;
        pool.holds = pool
            .holds
            .checked_add(sessions)
            .ok_or(PaymentHandlerError::Overflow)?;
        let mut totals = self.totals(asset);
        totals.pools = sub(totals.pools, amount)?;
        totals.holds = add(totals.holds, amount)?;
        self.pools.insert((asset, payer), &pool);
        self.totals.insert(asset, &totals);
        Ok(())
    }

    /// Ends one hold of a viewer: what is left of it is free again. The totals have moved already.
    pub(crate) fn release_hold(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<()> {
        let mut pool = self.pool(viewer, asset);
        pool.holds = pool
            .holds
            .checked_sub(1)
            .ok_or(PaymentHandlerError::BadSettlement)?;
        pool.free = add(pool.free, amount)?;
        self.pools.insert((asset, viewer), &pool);
        Ok(())
    }

    /// Pays a payee all that is payable to them.
    pub(crate) fn pay_payee(&mut self, payee: AccountId, asset: AssetId) -> Result<Balance> {
        let known = self.known_asset(asset)?;
        let amount = self.payable(payee, asset);
        if amount == 0 {
            return Err(PaymentHandlerError::NothingPayable);
        }
        let mut totals = self.totals(asset);
        totals.payable = sub(totals.payable, amount)?;
        self.payables.insert((asset, payee), &0);
        self.totals.insert(asset, &totals);
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
    pub(crate) fn pay_out(&self, asset: Asset, to: AccountId, amount: Balance) -> Result<()> {
        match asset.token {
            Some(token) => token::transfer(token, to, amount),
            None => self
                .env()
                .transfer(to, amount)
                .map_err(|_| PaymentHandlerError::TransferFailed),
        }
    }
}

pub fn ensure_allowed(asset: &Asset) -> Result<()> {
    if !asset.allowed {
        return Err(PaymentHandlerError::AssetNotAllowed);
    }
    Ok(())
}

pub fn ensure_positive(amount: Balance) -> Result<()> {
    if amount == 0 {
        return Err(PaymentHandlerError::ZeroAmount);
    }
    Ok(())
}

/// What stays free of a pool after `needed` is taken.
pub fn ensure_free(pool: &Pool, needed: Balance) -> Result<Balance> {
    pool.free
        .checked_sub(needed)
        .ok_or(PaymentHandlerError::PoolTooSmall {
            needed,
            free: pool.free,
        })
}

/// All that the contract owes in an asset.
pub fn owed(totals: &Totals) -> Result<Balance> {
    let Totals {
        pools,
        holds,
        payable,
        fees,
    } = *totals;
    add(add(add(pools, holds)?, payable)?, fees)
}

/// What is left; a total smaller than its parts would be a fault of ours, and is refused.
pub fn sub(total: Balance, part: Balance) -> Result<Balance> {
    total.checked_sub(part).ok_or(PaymentHandlerError::Overflow)
}
