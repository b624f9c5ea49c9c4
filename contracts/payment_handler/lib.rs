//! The money of Vilokanam: viewers' pools, the holds of sessions, what is payable to creators, and the platform's fees.
//!
//! **Who may do what.** Viewers deposit and withdraw; payees withdraw, and anyone may push a payee's balance to that payee,
//! the fees and donations to the treasury. Only the meter (`tick_stream`, wired once, for ever) opens holds and settles
//! them. The owner lists tokens, sets fees and treasury behind the change delay, and may pause deposits and new holds for
//! at most 72 hours. Nobody can pause an exit, or name where another's money goes.
//!
//! **Where money flows.** deposit → pool → hold → payable balances and fees, the rest of a hold back to the pool; out of
//! the contract only to the account whose balance it is, or to the treasury.
//!
//! **Units.** Base units of each asset; basis points; milliseconds of chain time.
//!
//! **Cells.** A cell is freed in one case only: a viewer's withdrawal that empties their own pool while no session holds
//! money. Payable balances stay at zero: their storage deposit was paid by whoever settled first, not by the payee.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod administration;
mod ledger;
mod settlement;
#[cfg(test)]
mod tests;
mod token;

#[ink::contract]
mod payment_handler {
    use crate::{
        administration::{fee_terms, fees_fit, Config},
        ledger::{ensure_allowed, ensure_free, ensure_positive, owed, sub},
        settlement::{add, Settlement},
        token,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::payment_handler::*, AdminError, Administered, Administration, Asset, AssetId,
        Change, Class, FeeSchedule, FeeTerms, Millis, PayTerms, PaymentHandler,
        PaymentHandlerError, PaymentLimits, Pool, SettleItem, Totals, Wiring, MAX_ASSETS,
        MAX_FEE_BPS, MAX_HOLD, MAX_PAUSE_MS, MAX_REFERRAL_BPS, MAX_SETTLEMENT, NATIVE,
        PAUSE_REST_MS,
    };

    type Result<T> = core::result::Result<T, PaymentHandlerError>;

    /// The version of the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Wired to the meter, and to nothing else.
    const SLOTS: Slots = Slots {
        registry: false,
        pricing: false,
        payments: false,
        meter: true,
    };

    #[ink(storage)]
    #[derive(Default)]
    pub struct Payments {
        /// Ownership, delayed changes, wiring.
        pub(crate) admin: Admin,
        /// Viewers' money; an empty pool may have no cell.
        pub(crate) pools: Mapping<(AssetId, AccountId), Pool, ManualKey<0x9A_0001>>,
        /// What is payable; no cell before the first credit.
        pub(crate) payables: Mapping<(AssetId, AccountId), Balance, ManualKey<0x9A_0002>>,
        /// What is owed in each asset; no cell before the first deposit.
        pub(crate) totals: Mapping<AssetId, Totals, ManualKey<0x9A_0003>>,
        /// The assets, numbered from 0 without gaps.
        pub(crate) assets: Mapping<AssetId, Asset, ManualKey<0x9A_0004>>,
        /// How many assets there are.
        pub(crate) asset_count: Lazy<u16, ManualKey<0x9A_0005>>,
        /// The number of each token.
        pub(crate) asset_ids: Mapping<AccountId, AssetId, ManualKey<0x9A_0006>>,
        /// Set by the constructor.
        pub(crate) config: Lazy<Config, ManualKey<0x9A_0007>>,
        /// When the last pause ends or ended; unset before the first.
        pub(crate) pause_end_ms: Lazy<Millis, ManualKey<0x9A_0008>>,
    }

    impl Payments {
        /// See `PaymentHandler`.
        #[ink(constructor)]
        pub fn new(
            treasury: AccountId,
            fees: FeeSchedule,
            tokens: Vec<AccountId>,
            change_delay_ms: Millis,
        ) -> core::result::Result<Self, AdminError> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            if !fees_fit(&fees) || tokens.len() >= usize::from(MAX_ASSETS) {
                return Err(AdminError::InvalidSetup);
            }
            this.config.set(&Config { fees, treasury });
            this.list(None).ok_or(AdminError::InvalidSetup)?;
            for token in tokens {
                this.list(Some(token)).ok_or(AdminError::InvalidSetup)?;
            }
            Ok(this)
        }
    }

    impl PaymentHandler for Payments {
        #[ink(message)]
        fn pool(&self, viewer: AccountId, asset: AssetId) -> Pool {
            self.pools.get((asset, viewer)).unwrap_or_default()
        }

        #[ink(message)]
        fn payable(&self, payee: AccountId, asset: AssetId) -> Balance {
            self.payables.get((asset, payee)).unwrap_or_default()
        }

        #[ink(message)]
        fn totals(&self, asset: AssetId) -> Totals {
            self.totals.get(asset).unwrap_or_default()
        }

        #[ink(message)]
        fn asset(&self, asset: AssetId) -> Option<Asset> {
            self.assets.get(asset)
        }

        #[ink(message)]
        fn asset_count(&self) -> u16 {
            self.asset_count.get_or_default()
        }

        #[ink(message)]
        fn asset_of(&self, token: AccountId) -> Option<AssetId> {
            self.asset_ids.get(token)
        }

        #[ink(message)]
        fn fees(&self) -> FeeSchedule {
            self.config().fees
        }

        #[ink(message)]
        fn treasury(&self) -> AccountId {
            self.config().treasury
        }

        #[ink(message)]
        fn paused_until(&self) -> Millis {
            let end_ms = self.pause_end_ms.get_or_default();
            if self.env().block_timestamp() < end_ms {
                end_ms
            } else {
                0
            }
        }

        #[ink(message)]
        fn limits(&self) -> PaymentLimits {
            PaymentLimits {
                hold: MAX_HOLD,
                fee_bps: MAX_FEE_BPS,
                referral_bps: MAX_REFERRAL_BPS,
                assets: MAX_ASSETS,
                pause_ms: MAX_PAUSE_MS,
                pause_rest_ms: PAUSE_REST_MS,
                settlement: MAX_SETTLEMENT,
            }
        }

        #[ink(message, payable)]
        fn deposit(&mut self) -> Result<()> {
            self.ensure_not_paused()?;
            ensure_allowed(&self.known_asset(NATIVE)?)?;
            let amount = self.env().transferred_value();
            ensure_positive(amount)?;
            let viewer = self.env().caller();
            self.credit_pool(viewer, NATIVE, amount)?;
            self.env().emit_event(Deposited {
                viewer,
                asset: NATIVE,
                amount,
            });
            Ok(())
        }

        #[ink(message)]
        fn deposit_token(&mut self, asset: AssetId, amount: Balance) -> Result<()> {
            self.ensure_not_paused()?;
            let known = self.known_asset(asset)?;
            let token = known.token.ok_or(PaymentHandlerError::WrongAsset)?;
            ensure_allowed(&known)?;
            ensure_positive(amount)?;
            let viewer = self.env().caller();
            self.credit_pool(viewer, asset, amount)?;

            let this = self.env().account_id();
            let before = token::balance_of(token, this)?;
            token::transfer_from(token, viewer, this, amount)?;
            let arrived = token::balance_of(token, this)?.saturating_sub(before);
            if arrived != amount {
                return Err(PaymentHandlerError::TokenMoved {
                    expected: amount,
                    arrived,
                });
            }
            self.env().emit_event(Deposited {
                viewer,
                asset,
                amount,
            });
            Ok(())
        }

        #[ink(message)]
        fn withdraw(&mut self, asset: AssetId, amount: Balance) -> Result<()> {
            let known = self.known_asset(asset)?;
            ensure_positive(amount)?;
            let viewer = self.env().caller();
            let mut pool = self.pool(viewer, asset);
            pool.free = ensure_free(&pool, amount)?;
            let mut totals = self.totals(asset);
            totals.pools = sub(totals.pools, amount)?;

            if pool == Pool::default() {
                self.pools.remove((asset, viewer));
            } else {
                self.pools.insert((asset, viewer), &pool);
            }
            self.totals.insert(asset, &totals);
            self.pay_out(known, viewer, amount)?;
            self.env().emit_event(Withdrawn {
                viewer,
                asset,
                amount,
            });
            Ok(())
        }

        #[ink(message)]
        fn withdraw_payable(&mut self, asset: AssetId) -> Result<Balance> {
            self.pay_payee(self.env().caller(), asset)
        }

        #[ink(message)]
        fn push_payable(&mut self, payee: AccountId, asset: AssetId) -> Result<Balance> {
            self.pay_payee(payee, asset)
        }

        #[ink(message)]
        fn withdraw_fees(&mut self, asset: AssetId) -> Result<Balance> {
            let known = self.known_asset(asset)?;
            let mut totals = self.totals(asset);
            let amount = core::mem::take(&mut totals.fees);
            if amount == 0 {
                return Err(PaymentHandlerError::NoFees);
            }
            let treasury = self.treasury();
            self.totals.insert(asset, &totals);
            self.pay_out(known, treasury, amount)?;
            self.env().emit_event(FeesWithdrawn {
                asset,
                amount,
                treasury,
            });
            Ok(amount)
        }

        #[ink(message)]
        fn sweep(&mut self, asset: AssetId) -> Result<Balance> {
            let known = self.known_asset(asset)?;
            let balance = match known.token {
                // Without the existential deposit, which stays.
                None => self.env().balance(),
                Some(token) => token::balance_of(token, self.env().account_id())?,
            };
            let amount = balance.saturating_sub(owed(&self.totals(asset))?);
            if amount == 0 {
                return Err(PaymentHandlerError::NothingToSweep);
            }
            let treasury = self.treasury();
            self.pay_out(known, treasury, amount)?;
            self.env().emit_event(Swept {
                asset,
                amount,
                treasury,
            });
            Ok(amount)
        }

        #[ink(message)]
        fn pause(&mut self, duration_ms: Millis) -> Result<()> {
            self.ensure_owner()?;
            if duration_ms == 0 || duration_ms > MAX_PAUSE_MS {
                return Err(PaymentHandlerError::PauseOutOfRange {
                    max_ms: MAX_PAUSE_MS,
                });
            }
            let now_ms = self.env().block_timestamp();
            if let Some(end_ms) = self.pause_end_ms.get() {
                let next_ms = end_ms.saturating_add(PAUSE_REST_MS);
                if now_ms < next_ms {
                    return Err(PaymentHandlerError::PauseTooSoon { next_ms });
                }
            }
            self.end_pause_at(now_ms.saturating_add(duration_ms));
            Ok(())
        }

        #[ink(message)]
        fn unpause(&mut self) -> Result<()> {
            self.ensure_owner()?;
            if self.paused_until() == 0 {
                return Err(PaymentHandlerError::NotPaused);
            }
            self.end_pause_at(self.env().block_timestamp());
            Ok(())
        }

        #[ink(message)]
        fn hold(
            &mut self,
            viewer: AccountId,
            asset: AssetId,
            amount: Balance,
            class: Class,
        ) -> Result<FeeTerms> {
            self.ensure_meter()?;
            self.ensure_takes_hold(asset, amount)?;
            self.place_on_hold(viewer, asset, amount, 1)?;
            Ok(fee_terms(&self.fees(), class))
        }

        #[ink(message)]
        fn would_hold(
            &self,
            viewer: AccountId,
            asset: AssetId,
            amount: Balance,
            class: Class,
        ) -> Result<FeeTerms> {
            self.ensure_takes_hold(asset, amount)?;
            ensure_free(&self.pool(viewer, asset), amount)?;
            Ok(fee_terms(&self.fees(), class))
        }

        #[ink(message)]
        fn top_up(&mut self, payer: AccountId, asset: AssetId, amount: Balance) -> Result<()> {
            self.ensure_meter()?;
            self.ensure_takes_money(asset, amount)?;
            self.place_on_hold(payer, asset, amount, 0)
        }

        #[ink(message)]
        fn settle(&mut self, terms: Vec<PayTerms>, items: Vec<SettleItem>) -> Result<()> {
            self.ensure_meter()?;
            let settlement = Settlement::of(&terms, &items)?;
            for movement in &settlement.movements {
                let totals = movement.applied_to(self.totals(movement.asset))?;
                self.totals.insert(movement.asset, &totals);
            }
            for credit in &settlement.credits {
                let balance = add(self.payable(credit.payee, credit.asset), credit.amount)?;
                self.payables.insert((credit.asset, credit.payee), &balance);
            }
            for item in &items {
                if let Some((viewer, amount)) = item.release {
                    self.release_hold(viewer, item.asset, amount)?;
                }
            }
            Ok(())
        }
    }

    impl Administered for Payments {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, SLOTS)
        }

        #[ink(message)]
        fn propose_owner(
            &mut self,
            account: Option<AccountId>,
        ) -> core::result::Result<(), AdminError> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> core::result::Result<(), AdminError> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> core::result::Result<u32, AdminError> {
            // The meter stays for ever: it and this contract hold the money together.
            if self.admin.is_own(&change, Slots::NONE)? {
                self.ensure_valid(&change)?;
            }
            self.admin.enlist(change)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> core::result::Result<(), AdminError> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> core::result::Result<(), AdminError> {
            if let Some(change) = self.admin.carry_out(id, Slots::NONE)? {
                self.ensure_valid(&change)?;
                let old = self.carry_out(&change)?;
                Admin::applied(id, old, change);
            }
            Ok(())
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> core::result::Result<(), AdminError> {
            self.admin.wire(SLOTS, wiring)
        }
    }
}
