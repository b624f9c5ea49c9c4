//! `payment_desk`: payments at once, spending limits, refunds, deposits by permit. The second half of the payment handler's code.
//!
//! `payment_handler` is the contract: its address, its storage, its messages. Those of `PaymentDesk`, and those of `Holds` for a payer whom
//! limits bind, it hands over to this code, which runs on `payment_handler`'s storage and under its address (a delegate call), so that
//! those who use none of it pay for none of it. Nobody calls an instance of this contract: it would have no money.
//!
//! **Who may do what.** As the traits say. No exit is here, and none needs this code: what is released is free whether or not it could be
//! taken off what counts against limits.
//!
//! **Where money flows.** Pool → hold; pool → payable balances and fees, at once; pool → pool; payable balance → pool. Only `deposit_permitted`
//! moves tokens, inwards.
//!
//! **Limits.** A viewer's book (`vilokanam_money::spending`) counts what leaves the pool while limits bind it, from the viewer's first
//! `set_spending_limits` on; a category, from the first limit on it on. It is there while the pool is marked `limited`. The mark goes, and with it
//! the dearer way, at the first spending after the last limit has ended; the book's cell stays until its viewer says once more that there are
//! no limits, because its storage deposit is the viewer's.
//!
//! **Units.** Base units of each asset; milliseconds of chain time; windows of UTC.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

#[cfg(test)]
mod tests;

#[ink::contract]
mod payment_desk {
    use ink::{codegen::Env, prelude::vec::Vec};
    use vilokanam_admin::Admin;
    use vilokanam_interfaces::{
        events::payment_handler::*, AssetId, Class, FeeTerms, Holds, Millis, PayTerms, Payment,
        PaymentDesk, PaymentHandlerError as Error, PermittedDeposit, Pool, SessionId, SettleItem,
        Shift, Spending, SpendingLimits, MAX_HOLD,
    };
    use vilokanam_math::split::{split, MAX_COHOSTS};
    use vilokanam_money::{
        ledger::{add, ensure_allowed, ensure_free, ensure_positive, now, sub, this, Money},
        spending::Expense,
        token, Result,
    };

    /// The cells of `payment_handler`, by the same keys.
    #[ink(storage)]
    #[derive(Default)]
    pub struct PaymentDeskContract {
        /// Ownership, delayed changes, wiring.
        pub(crate) admin: Admin,
        /// Pools, holds, payable balances, assets, limits.
        pub(crate) money: Money,
    }

    impl PaymentDeskContract {
        /// An instance has no money; chains ask for a constructor.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }

        /// Takes what a settlement released off what counts against limits.
        ///
        /// Caller: `payment_handler`'s own `settle`, which sends its arguments on to this code; under its selector, so that nobody can
        /// reach it through that contract.
        #[ink(message, selector = 0x8BCF_B496)]
        #[allow(unused_variables)] // as they came
        pub fn give_back(&mut self, terms: Vec<PayTerms>, items: Vec<SettleItem>) {
            for item in items {
                if let Some(release) = item.release {
                    self.uncount(
                        release.to,
                        item.asset,
                        release.counted,
                        release.placed_ms,
                        Some(release.category),
                    );
                }
            }
        }
    }

    impl Holds for PaymentDeskContract {
        #[ink(message)]
        fn hold(
            &mut self,
            payer: AccountId,
            asset: AssetId,
            amount: Balance,
            class: Class,
            category: u16,
        ) -> Result<FeeTerms> {
            self.ensure_meter()?;
            self.money.ensure_takes_hold(asset, amount)?;
            let expense = of_session(amount, 0, category);
            let pool = self.spend(payer, asset, expense)?;
            self.money.place_on_hold(payer, asset, pool, amount, 1)?;
            Ok(self.money.config().fee_terms(class))
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
            self.money.ensure_takes_hold(asset, amount)?;
            let pool = self.money.pool(payer, asset);
            ensure_free(&pool, amount)?;
            if pool.limited {
                let book = self.money.books.get((asset, payer));
                let mut book = book.ok_or(Error::DeskFailed)?;
                book.spend(now(), of_session(amount, 0, category))?;
            }
            Ok(self.money.config().fee_terms(class))
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
            self.ensure_meter()?;
            self.money.ensure_takes_money(asset, amount)?;
            let pool = self.spend(payer, asset, of_session(amount, held, category))?;
            self.money.place_on_hold(payer, asset, pool, amount, 0)
        }
    }

    impl PaymentDesk for PaymentDeskContract {
        #[ink(message)]
        fn pay(&mut self, payment: Payment) -> Result<Balance> {
            let wiring = self.admin.wiring();
            let caller = Some(self.env().caller());
            if caller != wiring.passes && caller != wiring.patronage {
                return Err(Error::NotAuthorised);
            }
            let Payment {
                payer,
                asset,
                amount,
                class,
                category,
                owner,
                cohosts,
            } = payment;
            self.money.ensure_takes_money(asset, amount)?;
            let mut pool = self.spend(payer, asset, at_once(amount, category))?;
            pool.free = ensure_free(&pool, amount)?;

            let mut bps = [0; MAX_COHOSTS];
            for (bps, share) in bps.iter_mut().zip(&cohosts) {
                *bps = share.bps;
            }
            let bps = bps.get(..cohosts.len()).ok_or(Error::BadSettlement)?;
            let fee_bps = self.money.config().fee_terms(class).fee_bps;
            // Of nothing, only to tell shares that are impossible from an amount that is too large.
            split(0, fee_bps, 0, bps).ok_or(Error::BadSettlement)?;
            if amount > MAX_HOLD {
                return Err(Error::Overflow);
            }
            let parts = split(amount, fee_bps, 0, bps).ok_or(Error::Overflow)?;

            let fee = parts.platform;
            let mut totals = self.money.totals(asset);
            totals.pools = sub(totals.pools, amount)?;
            totals.payable = add(totals.payable, sub(amount, fee)?)?;
            totals.fees = add(totals.fees, fee)?;
            self.money.totals.insert(asset, &totals);
            self.money.pools.insert((asset, payer), &pool);
            self.credit(owner, asset, parts.owner)?;
            for (share, part) in cohosts.iter().zip(parts.cohosts) {
                self.credit(share.account, asset, part)?;
            }
            Ok(fee)
        }

        #[ink(message)]
        fn shift(&mut self, shift: Shift) -> Result<()> {
            if self.admin.wiring().patronage != Some(self.env().caller()) {
                return Err(Error::NotAuthorised);
            }
            let Shift {
                from,
                to,
                asset,
                amount,
                category,
                back_of_ms,
            } = shift;
            let spends = back_of_ms.is_none();
            if spends {
                self.money.ensure_not_paused()?;
            }
            let known = self.money.known_asset(asset)?;
            if spends {
                ensure_allowed(&known)?;
            }
            ensure_positive(amount)?;
            let mut pool = if spends {
                self.spend(from, asset, at_once(amount, category))?
            } else {
                self.money.pool(from, asset)
            };
            pool.free = ensure_free(&pool, amount)?;
            self.money.pools.insert((asset, from), &pool);
            self.add_to_pool(to, asset, amount)?;
            if let Some(placed_ms) = back_of_ms {
                self.uncount(to, asset, amount, placed_ms, category);
            }
            Ok(())
        }

        #[ink(message)]
        fn refund(&mut self, session: SessionId, asset: AssetId, amount: Balance) -> Result<()> {
            self.money.known_asset(asset)?;
            ensure_positive(amount)?;
            let payee = self.env().caller();
            let payable = self.money.payable(payee, asset);
            let left = payable.checked_sub(amount);
            let left = left.ok_or(Error::PayableTooSmall { payable })?;
            let mut totals = self.money.totals(asset);
            totals.payable = sub(totals.payable, amount)?;
            totals.pools = add(totals.pools, amount)?;
            // A payee's cell stays, empty or not, as after a withdrawal.
            self.money.payables.insert((asset, payee), &left);
            self.money.totals.insert(asset, &totals);
            self.add_to_pool(session.viewer, asset, amount)?;
            self.env().emit_event(Refunded {
                payee,
                viewer: session.viewer,
                number: session.number,
                asset,
                amount,
            });
            Ok(())
        }

        #[ink(message)]
        fn set_spending_limits(&mut self, asset: AssetId, limits: SpendingLimits) -> Result<()> {
            self.money.known_asset(asset)?;
            let viewer = self.env().caller();
            let key = (asset, viewer);
            let mut pool = self.money.pool(viewer, asset);
            let mut book = self.money.books.get(key).unwrap_or_default();
            book.set(now(), limits, pool.limited)?;
            pool.limited = !book.is_over(now());
            let (bind, next) = (book.limits.clone(), book.next.clone());
            // Cells of the viewer's own, in the viewer's own call: what is empty is freed.
            if pool.limited {
                self.money.books.insert(key, &book);
            } else {
                self.money.books.remove(key);
            }
            if pool == Pool::default() {
                self.money.pools.remove(key);
            } else {
                self.money.pools.insert(key, &pool);
            }
            self.env().emit_event(LimitsSet {
                viewer,
                asset,
                now: bind,
                next,
            });
            Ok(())
        }

        #[ink(message)]
        fn spending(&self, viewer: AccountId, asset: AssetId) -> Result<Spending> {
            let book = self.money.books.get((asset, viewer));
            Ok(book.unwrap_or_default().view(now()))
        }

        #[ink(message)]
        fn deposit_permitted(
            &mut self,
            viewer: AccountId,
            asset: AssetId,
            deposit: PermittedDeposit,
        ) -> Result<()> {
            self.ensure_meter()?;
            let PermittedDeposit { amount, permit } = deposit;
            let token = self.money.ensure_takes_token(asset, amount)?;
            self.money.credit_pool(viewer, asset, amount)?;
            if let Some(permit) = permit {
                // One that somebody else sent before, or that was signed too late, does no harm if the allowance is there.
                if !token::permit(token, viewer, this(), amount, permit)
                    && token::allowance(token, viewer, this())? < amount
                {
                    return Err(Error::PermitRefused);
                }
            }
            self.money.collect(token, viewer, asset, amount)
        }
    }

    impl PaymentDeskContract {
        fn ensure_meter(&self) -> Result<()> {
            if self.admin.wiring().meter != Some(self.env().caller()) {
                return Err(Error::NotMeter);
            }
            Ok(())
        }

        /// Counts what is spent of a pool, within its limits, if it has that much. Returns the pool, from which it is still to be taken.
        fn spend(&mut self, payer: AccountId, asset: AssetId, expense: Expense) -> Result<Pool> {
            let mut pool = self.money.pool(payer, asset);
            ensure_free(&pool, expense.amount)?;
            if pool.limited {
                let book = self.money.books.get((asset, payer));
                let mut book = book.ok_or(Error::DeskFailed)?;
                if book.is_over(now()) {
                    pool.limited = false;
                } else {
                    book.spend(now(), expense)?;
                    self.money.books.insert((asset, payer), &book);
                }
            }
            Ok(pool)
        }

        /// Takes what comes back off what counts. Changes nothing for a viewer without limits.
        fn uncount(
            &mut self,
            viewer: AccountId,
            asset: AssetId,
            amount: Balance,
            placed_ms: Millis,
            category: Option<u16>,
        ) {
            if amount == 0 || !self.money.pool(viewer, asset).limited {
                return;
            }
            if let Some(mut book) = self.money.books.get((asset, viewer)) {
                book.give_back(now(), amount, placed_ms, category);
                self.money.books.insert((asset, viewer), &book);
            }
        }

        /// Adds to a pool what the totals have among pools already.
        fn add_to_pool(&mut self, to: AccountId, asset: AssetId, amount: Balance) -> Result<()> {
            let mut pool = self.money.pool(to, asset);
            pool.free = add(pool.free, amount)?;
            self.money.pools.insert((asset, to), &pool);
            Ok(())
        }

        /// Adds to a payable balance. Nothing makes no cell.
        fn credit(&mut self, payee: AccountId, asset: AssetId, amount: Balance) -> Result<()> {
            if amount > 0 {
                let balance = add(self.money.payable(payee, asset), amount)?;
                self.money.payables.insert((asset, payee), &balance);
            }
            Ok(())
        }
    }

    /// An expense on a session whose hold has `held` of the payer already.
    fn of_session(amount: Balance, held: Balance, category: u16) -> Expense {
        Expense {
            amount,
            held: Some(held),
            category: Some(category),
        }
    }

    /// An expense on no session.
    fn at_once(amount: Balance, category: Option<u16>) -> Expense {
        Expense {
            amount,
            held: None,
            category,
        }
    }
}
