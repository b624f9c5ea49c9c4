//! The money of Vilokanam: viewers' pools, the holds of sessions, what is payable to creators, and the platform's fees.
//!
//! What concerns viewers with spending limits, payments at once, refunds and deposits by permit is in a second code, `payment_desk`, which
//! runs on this contract's storage; no exit needs it.
//!
//! **Who may do what.** Viewers deposit and withdraw, and limit themselves; payees withdraw, or refund, and anyone may push a payee's
//! balance to that payee, the fees and donations to the treasury. Only the meter (`tick_stream`, wired once, for ever) opens holds and
//! settles them; `pass_office` and `patronage` spend from pools what their callers have there, and touch no hold. The owner lists tokens,
//! sets fees and treasury behind the change delay, and may pause deposits and spending for at most 72 hours. Nobody can pause an exit, or
//! name where another's money goes.
//!
//! **Where money flows.** deposit → pool → hold → payable balances and fees, the rest of a hold back to the pool; from a pool at once
//! to payable balances and fees, or to another pool; out of the contract only to the account whose balance it is, or to the treasury.
//!
//! **Units.** Base units of each asset; basis points; milliseconds of chain time.
//!
//! **Cells.** A cell is freed by the viewer's own call only: a withdrawal that empties their pool while no session holds money and no
//! limits bind it, and the end of limits. Payable balances stay at zero: their storage deposit was paid by whoever settled first, not by the payee.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod administration;
mod desk;
mod settlement;
#[cfg(test)]
mod tests;

#[ink::contract]
mod payment_handler {
    use crate::{
        desk::{Handed, PaymentDesk},
        settlement::Settlement,
    };
    use ink::{
        env::{
            call::{build_call, ExecutionInput, Selector},
            CallFlags, DefaultEnvironment,
        },
        prelude::vec::Vec,
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::payment_handler::*, AdminError, Administered, Administration, Asset, AssetId,
        Change, Class, FeeSchedule, FeeTerms, Holds, Millis, PayTerms, Payment, PaymentHandler,
        PaymentHandlerError, PaymentLimits, PermittedDeposit, Pool, Release, SessionId, SettleItem,
        Shift, Spending, SpendingLimits, Totals, Wiring, MAX_ASSETS, MAX_FEE_BPS, MAX_HOLD,
        MAX_PAUSE_MS, MAX_REFERRAL_BPS, MAX_SETTLEMENT, NATIVE, PAUSE_REST_MS,
    };
    use vilokanam_money::{
        config::{fees_fit, Config},
        ledger::{
            add, deposited, ensure_allowed, ensure_free, ensure_positive, owed, release_hold, sub,
            Money,
        },
        token,
    };

    type Result<T> = core::result::Result<T, PaymentHandlerError>;

    /// The version of the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Obeys these contracts.
    const WIRED: Slots = Slots {
        meter: true,
        ..REWIRED
    };
    /// May change these. The meter stays for ever: it and this contract hold the money together.
    const REWIRED: Slots = Slots {
        passes: true,
        patronage: true,
        second_code: true,
        ..Slots::NONE
    };

    #[ink(storage)]
    #[derive(Default)]
    pub struct Payments {
        /// Ownership, delayed changes, wiring, the code of `payment_desk`.
        pub(crate) admin: Admin,
        /// Pools, holds, payable balances, assets.
        pub(crate) money: Money,
    }

    impl Payments {
        /// See `PaymentHandler`.
        #[ink(constructor)]
        pub fn new(
            treasury: AccountId,
            fees: FeeSchedule,
            tokens: Vec<AccountId>,
            change_delay_ms: Millis,
            desk: Hash,
        ) -> core::result::Result<Self, AdminError> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            if !fees_fit(&fees) || tokens.len() >= usize::from(MAX_ASSETS) {
                return Err(AdminError::InvalidSetup);
            }
            this.admin.set_second_code(desk);
            this.money.config.set(&Config { fees, treasury });
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
            self.money.pool(viewer, asset)
        }

        #[ink(message)]
        fn payable(&self, payee: AccountId, asset: AssetId) -> Balance {
            self.money.payable(payee, asset)
        }

        #[ink(message)]
        fn totals(&self, asset: AssetId) -> Totals {
            self.money.totals(asset)
        }

        #[ink(message)]
        fn asset(&self, asset: AssetId) -> Option<Asset> {
            self.money.assets.get(asset)
        }

        #[ink(message)]
        fn asset_count(&self) -> u16 {
            self.money.asset_count.get_or_default()
        }

        #[ink(message)]
        fn asset_of(&self, token: AccountId) -> Option<AssetId> {
            self.money.asset_ids.get(token)
        }

        #[ink(message)]
        fn fees(&self) -> FeeSchedule {
            self.money.config().fees
        }

        #[ink(message)]
        fn treasury(&self) -> AccountId {
            self.money.config().treasury
        }

        #[ink(message)]
        fn paused_until(&self) -> Millis {
            self.money.paused_until()
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
            self.money.ensure_not_paused()?;
            ensure_allowed(&self.money.known_asset(NATIVE)?)?;
            let amount = self.env().transferred_value();
            ensure_positive(amount)?;
            let viewer = self.env().caller();
            self.money.credit_pool(viewer, NATIVE, amount)?;
            deposited(viewer, NATIVE, amount);
            Ok(())
        }

        #[ink(message)]
        fn deposit_token(&mut self, asset: AssetId, amount: Balance) -> Result<()> {
            let token = self.money.ensure_takes_token(asset, amount)?;
            let viewer = self.env().caller();
            self.money.credit_pool(viewer, asset, amount)?;
            self.money.collect(token, viewer, asset, amount)
        }

        #[ink(message)]
        fn withdraw(&mut self, asset: AssetId, amount: Balance) -> Result<()> {
            let known = self.money.known_asset(asset)?;
            ensure_positive(amount)?;
            let viewer = self.env().caller();
            let mut pool = self.money.pool(viewer, asset);
            pool.free = ensure_free(&pool, amount)?;
            let mut totals = self.money.totals(asset);
            totals.pools = sub(totals.pools, amount)?;

            if pool == Pool::default() {
                self.money.pools.remove((asset, viewer));
            } else {
                self.money.pools.insert((asset, viewer), &pool);
            }
            self.money.totals.insert(asset, &totals);
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
            let known = self.money.known_asset(asset)?;
            let mut totals = self.money.totals(asset);
            let amount = core::mem::take(&mut totals.fees);
            if amount == 0 {
                return Err(PaymentHandlerError::NoFees);
            }
            let treasury = self.money.config().treasury;
            self.money.totals.insert(asset, &totals);
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
            let known = self.money.known_asset(asset)?;
            let balance = match known.token {
                // Without the existential deposit, which stays.
                None => self.env().balance(),
                Some(token) => token::balance_of(token, self.env().account_id())?,
            };
            let amount = balance.saturating_sub(owed(&self.money.totals(asset))?);
            if amount == 0 {
                return Err(PaymentHandlerError::NothingToSweep);
            }
            let treasury = self.money.config().treasury;
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
            if let Some(end_ms) = self.money.pause_end_ms.get() {
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
            if self.money.paused_until() == 0 {
                return Err(PaymentHandlerError::NotPaused);
            }
            self.end_pause_at(self.env().block_timestamp());
            Ok(())
        }

        #[ink(message)]
        fn settle(&mut self, terms: Vec<PayTerms>, items: Vec<SettleItem>) -> Result<()> {
            self.ensure_meter()?;
            let settlement = Settlement::of(&terms, &items)?;
            for movement in &settlement.movements {
                let totals = movement.applied_to(self.money.totals(movement.asset))?;
                self.money.totals.insert(movement.asset, &totals);
            }
            for credit in &settlement.credits {
                let balance = add(
                    self.money.payable(credit.payee, credit.asset),
                    credit.amount,
                )?;
                self.money
                    .payables
                    .insert((credit.asset, credit.payee), &balance);
            }
            let mut told = false;
            for item in &items {
                if let Some(Release { to, amount, .. }) = item.release {
                    let mut pool = self.money.pool(to, item.asset);
                    if pool.limited && !told {
                        told = true;
                        // Cannot be starved of gas alone: the pool's writing is charged after it, at first as for the largest value,
                        // as the accesses of the give-back are. What is too little for one of these is too little for the writing.
                        self.give_back();
                    }
                    release_hold(&mut pool, amount)?;
                    self.money.pools.insert((item.asset, to), &pool);
                }
            }
            Ok(())
        }
    }

    #[allow(unused_variables)] // what is handed over goes as it came
    impl Holds for Payments {
        #[ink(message)]
        fn hold(
            &mut self,
            payer: AccountId,
            asset: AssetId,
            amount: Balance,
            class: Class,
            category: u16,
        ) -> Result<FeeTerms> {
            let pool = self.unlimited_pool(payer, asset);
            self.ensure_meter()?;
            let fees = self.terms_of_hold(&pool, asset, amount, class)?;
            self.money.place_on_hold(payer, asset, pool, amount, 1)?;
            Ok(fees)
        }

        #[ink(message)]
        fn would_hold(
            &self,
            payer: AccountId,
            asset: AssetId,
            amount: Balance,
            class: Class,
            category: u16,
        ) -> Result<FeeTerms> {
            let pool = self.unlimited_pool(payer, asset);
            self.terms_of_hold(&pool, asset, amount, class)
        }

        #[ink(message)]
        fn top_up(
            &mut self,
            payer: AccountId,
            asset: AssetId,
            amount: Balance,
            category: u16,
            held: Balance,
        ) -> Result<()> {
            let pool = self.unlimited_pool(payer, asset);
            self.ensure_meter()?;
            self.money.ensure_takes_money(asset, amount)?;
            self.money.place_on_hold(payer, asset, pool, amount, 0)
        }
    }

    /// Payments at once, limits, refunds, permits: the other code does, on this storage.
    #[allow(unused_variables)] // what is called is handed over as it came
    impl PaymentDesk for Payments {
        #[ink(message)]
        fn pay(&mut self, payment: Handed<Payment>) -> Result<Balance> {
            self.hand_over()
        }

        #[ink(message)]
        fn shift(&mut self, shift: Handed<Shift>) -> Result<()> {
            self.hand_over()
        }

        #[ink(message)]
        fn refund(
            &mut self,
            session: Handed<SessionId>,
            asset: Handed<AssetId>,
            amount: Handed<Balance>,
        ) -> Result<()> {
            self.hand_over()
        }

        #[ink(message)]
        fn set_spending_limits(
            &mut self,
            asset: Handed<AssetId>,
            limits: Handed<SpendingLimits>,
        ) -> Result<()> {
            self.hand_over()
        }

        #[ink(message)]
        fn spending(&self, viewer: Handed<AccountId>, asset: Handed<AssetId>) -> Result<Spending> {
            self.hand_over()
        }

        #[ink(message)]
        fn deposit_permitted(
            &mut self,
            viewer: Handed<AccountId>,
            asset: Handed<AssetId>,
            deposit: Handed<PermittedDeposit>,
        ) -> Result<()> {
            self.hand_over()
        }
    }

    impl Administered for Payments {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, WIRED)
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
            if self.admin.is_own(&change, REWIRED)? {
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
            if let Some(change) = self.admin.carry_out(id, REWIRED)? {
                self.ensure_valid(&change)?;
                let old = self.carry_out(&change)?;
                Admin::applied(id, old, change);
            }
            Ok(())
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> core::result::Result<(), AdminError> {
            self.admin.wire(WIRED, wiring)
        }
    }

    #[ink(impl)]
    impl Payments {
        /// Runs the message that was called in the code of `payment_desk`, and answers what that answers.
        fn hand_over(&self) -> ! {
            self.admin.hand_over(PaymentHandlerError::DeskFailed)
        }

        /// The pool of a payer whom no limits bind; for others the message is handed over.
        fn unlimited_pool(&self, payer: AccountId, asset: AssetId) -> Pool {
            let pool = self.money.pool(payer, asset);
            if pool.limited {
                self.hand_over();
            }
            pool
        }

        /// What a hold keeps, if it can be placed.
        fn terms_of_hold(
            &self,
            pool: &Pool,
            asset: AssetId,
            amount: Balance,
            class: Class,
        ) -> Result<FeeTerms> {
            self.money.ensure_takes_hold(asset, amount)?;
            ensure_free(pool, amount)?;
            Ok(self.money.config().fee_terms(class))
        }

        /// Lets `payment_desk` take what is released off what counts against limits: its `settle` does that, with the arguments of ours. If it
        /// fails, the money is free all the same, and only counts until its window ends.
        ///
        /// No caller can make it alone fail: without frames or gas to call it the chain traps this call too, and what stops it for want of gas
        /// leaves too little to write the pool, which comes after it. It is our own code, and reads of the pool only whether it is limited.
        fn give_back(&self) {
            let _ = build_call::<DefaultEnvironment>()
                .delegate(self.admin.second_code())
                .call_flags(CallFlags::FORWARD_INPUT)
                // Not sent: the input of this call is.
                .exec_input(ExecutionInput::new(Selector::new([0; 4])))
                .returns::<()>()
                .try_invoke();
        }
    }
}
