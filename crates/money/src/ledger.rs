//! The storage that both codes share, and the checks and moves that their messages are made of.

use crate::{config::Config, spending::Book, token, Result};
use ink::{
    env::DefaultEnvironment,
    storage::{traits::ManualKey, Lazy, Mapping},
};
use vilokanam_interfaces::{
    events::payment_handler::Deposited, AccountId, Asset, AssetId, Balance, Millis,
    PaymentHandlerError, Pool, Totals, MAX_HOLD,
};

/// The cells of money. Keys `0x9A_0001` to `0x9A_0009` of the contract.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Money {
    /// Viewers' money; an empty pool may have no cell.
    pub pools: Mapping<(AssetId, AccountId), Pool, ManualKey<0x9A_0001>>,
    /// What is payable; no cell before the first credit.
    pub payables: Mapping<(AssetId, AccountId), Balance, ManualKey<0x9A_0002>>,
    /// What is owed in each asset; no cell before the first deposit.
    pub totals: Mapping<AssetId, Totals, ManualKey<0x9A_0003>>,
    /// The assets, numbered from 0 without gaps.
    pub assets: Mapping<AssetId, Asset, ManualKey<0x9A_0004>>,
    /// How many assets there are.
    pub asset_count: Lazy<u16, ManualKey<0x9A_0005>>,
    /// The number of each token.
    pub asset_ids: Mapping<AccountId, AssetId, ManualKey<0x9A_0006>>,
    /// Set by the constructor.
    pub config: Lazy<Config, ManualKey<0x9A_0007>>,
    /// When the last pause ends or ended; unset before the first.
    pub pause_end_ms: Lazy<Millis, ManualKey<0x9A_0008>>,
    /// The spending limits of viewers who set any, and what counts against them. Only `payment_desk` reads it.
    pub books: Mapping<(AssetId, AccountId), Book, ManualKey<0x9A_0009>>,
}

/// Who calls.
pub fn caller() -> AccountId {
    ink::env::caller::<DefaultEnvironment>()
}

/// The time of this block.
pub fn now() -> Millis {
    ink::env::block_timestamp::<DefaultEnvironment>()
}

/// This contract.
pub fn this() -> AccountId {
    ink::env::account_id::<DefaultEnvironment>()
}

/// Emits an event.
pub fn emit(event: impl ink::env::Event) {
    ink::env::emit_event::<DefaultEnvironment, _>(event);
}

/// Reads.
impl Money {
    /// A viewer's pool.
    pub fn pool(&self, viewer: AccountId, asset: AssetId) -> Pool {
        self.pools.get((asset, viewer)).unwrap_or_default()
    }

    /// What is payable to an account.
    pub fn payable(&self, payee: AccountId, asset: AssetId) -> Balance {
        self.payables.get((asset, payee)).unwrap_or_default()
    }

    /// What is owed in an asset.
    pub fn totals(&self, asset: AssetId) -> Totals {
        self.totals.get(asset).unwrap_or_default()
    }

    /// What the owner has set.
    pub fn config(&self) -> Config {
        self.config.get().unwrap_or(Config::NONE)
    }

    /// Until when deposits and new holds are paused; 0 if they are not.
    pub fn paused_until(&self) -> Millis {
        let end_ms = self.pause_end_ms.get_or_default();
        if now() < end_ms {
            end_ms
        } else {
            0
        }
    }
}

/// Checks.
impl Money {
    /// `Paused`, while it is.
    pub fn ensure_not_paused(&self) -> Result<()> {
        match self.paused_until() {
            0 => Ok(()),
            until_ms => Err(PaymentHandlerError::Paused { until_ms }),
        }
    }

    /// The asset, or `UnknownAsset`.
    pub fn known_asset(&self, asset: AssetId) -> Result<Asset> {
        self.assets
            .get(asset)
            .ok_or(PaymentHandlerError::UnknownAsset)
    }

    /// What everything that spends checks before it looks at the pool.
    pub fn ensure_takes_money(&self, asset: AssetId, amount: Balance) -> Result<()> {
        self.ensure_not_paused()?;
        ensure_allowed(&self.known_asset(asset)?)?;
        ensure_positive(amount)
    }

    /// What `hold` checks before it looks at the pool.
    pub fn ensure_takes_hold(&self, asset: AssetId, amount: Balance) -> Result<()> {
        self.ensure_takes_money(asset, amount)?;
        if amount > MAX_HOLD {
            return Err(PaymentHandlerError::HoldTooLarge { max: MAX_HOLD });
        }
        Ok(())
    }

    /// What a deposit of tokens checks. Returns the token.
    pub fn ensure_takes_token(&self, asset: AssetId, amount: Balance) -> Result<AccountId> {
        self.ensure_not_paused()?;
        let known = self.known_asset(asset)?;
        let token = known.token.ok_or(PaymentHandlerError::WrongAsset)?;
        ensure_allowed(&known)?;
        ensure_positive(amount)?;
        Ok(token)
    }
}

/// Changes of state, and deposits of tokens.
impl Money {
    /// Adds new money to a pool. All that is owed in an asset stays within 128 bits, so that no later move overflows.
    pub fn credit_pool(
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

    /// Moves `amount` from a pool, as it was read, to total holds, for so many more sessions of the pool's viewer.
    pub fn place_on_hold(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        mut pool: Pool,
        amount: Balance,
        sessions: u32,
    ) -> Result<()> {
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

    /// Takes tokens of `viewer`, who has approved it; they are in the viewer's pool already.
    pub fn collect(
        &self,
        token: AccountId,
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<()> {
        let this = this();
        let before = token::balance_of(token, this)?;
        token::transfer_from(token, viewer, this, amount)?;
        let arrived = token::balance_of(token, this)?.saturating_sub(before);
        if arrived != amount {
            return Err(PaymentHandlerError::TokenMoved {
                expected: amount,
                arrived,
            });
        }
        deposited(viewer, asset, amount);
        Ok(())
    }
}

/// Ends one hold of a pool's viewer: what is left of it is free again. The totals have moved already.
pub fn release_hold(pool: &mut Pool, amount: Balance) -> Result<()> {
    let holds = pool.holds.checked_sub(1);
    pool.holds = holds.ok_or(PaymentHandlerError::BadSettlement)?;
    pool.free = add(pool.free, amount)?;
    Ok(())
}

/// Says that money came into a pool.
pub fn deposited(viewer: AccountId, asset: AssetId, amount: Balance) {
    emit(Deposited {
        viewer,
        asset,
        amount,
    });
}

/// `AssetNotAllowed`, if no new money is taken in it.
pub fn ensure_allowed(asset: &Asset) -> Result<()> {
    if !asset.allowed {
        return Err(PaymentHandlerError::AssetNotAllowed);
    }
    Ok(())
}

/// `ZeroAmount`, if it is.
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
    let owed = pools
        .checked_add(holds)
        .and_then(|sum| sum.checked_add(payable))
        .and_then(|sum| sum.checked_add(fees));
    owed.ok_or(PaymentHandlerError::Overflow)
}

/// Both together, or `Overflow`.
pub fn add(a: Balance, b: Balance) -> Result<Balance> {
    a.checked_add(b).ok_or(PaymentHandlerError::Overflow)
}

/// What is left; a total smaller than its parts would be a fault of ours, and is refused.
pub fn sub(total: Balance, part: Balance) -> Result<Balance> {
    total.checked_sub(part).ok_or(PaymentHandlerError::Overflow)
}
