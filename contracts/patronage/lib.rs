//! What viewers give besides paying for seconds: tips, goals, sponsored sessions, payments for external streams.
//!
//! **Who may do what.** Anyone tips, contributes, sponsors and pays for external streams, from their own pool. A stream's owner makes goals and
//! gives them up. Anyone returns a contribution to who gave it, once its goal was missed or given up. A sponsor takes back what is free
//! of a budget. The meter alone opens sponsored sessions. The contract's owner changes its code and wiring, behind the change delay.
//!
//! **Where money flows.** None is here. Tips go from a pool to payees at once. What waits for a goal, or is a budget, lies in pools at
//! `payment_handler` under accounts that are hashes of this contract's address and of what they are for: nobody has a key for them, no
//! two are one, and only this contract moves what they have, in four ways. From a goal to its stream's payees, when its sum is reached before
//! its end; from a goal to who gave it, otherwise; from a budget to its sponsor; and as the hold of a session, from which the meter returns the
//! rest. Taking money out of a pool here needs the payment handler to obey this contract: it is upgraded in place, and not replaced
//! while goals or budgets hold money.
//!
//! **Units.** Base units of an asset; milliseconds of chain time.
//!
//! **Cells.** A goal is one; so are what an account gave to it, a budget, and each viewer whom a budget served. None is ever freed.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod calls;
mod rules;
#[cfg(test)]
mod tests;

#[ink::contract]
mod patronage {
    use crate::{
        calls::Wired,
        rules::{self, Given, Purse, Wish},
    };
    use ink::{
        codegen::Env as _,
        env::hash::Blake2x256,
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::patronage::*, AdminError, Administered, Administration, AssetId, Budget, Change,
        Contribution, ExternalId, Goal, GoalId, GoalState, Millis, Patronage, PatronageError,
        Shift, SponsoredHold, Sponsorship, StreamFacts, StreamId, Wiring,
    };

    type Result<T> = core::result::Result<T, PatronageError>;
    /// A sponsor, a stream, an asset: what a budget is for.
    type BudgetOf = (AccountId, StreamId, AssetId);
    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs these contracts.
    const WIRED: Slots = Slots {
        payments: true,
        ..REWIRED
    };
    /// May change these. Payments stay for ever: goals and budgets are pools there.
    const REWIRED: Slots = Slots {
        registry: true,
        meter: true,
        directory: true,
        ..Slots::NONE
    };
    /// What the accounts of pools are hashes of begins with one of these.
    const GOAL: [u8; 14] = *b"vilokanam/goal";
    const BUDGET: [u8; 16] = *b"vilokanam/budget";

    /// Patronage.
    #[ink(storage)]
    #[derive(Default)]
    pub struct PatronageContract {
        /// Ownership, delayed changes, wiring.
        admin: Admin,
        /// How many goals there are.
        goal_count: Lazy<GoalId, ManualKey<0x00E1_0001>>,
        /// Goals, numbered from 1.
        goals: Mapping<GoalId, Goal, ManualKey<0x00E1_0002>>,
        /// What accounts gave to goals.
        given: Mapping<(GoalId, AccountId), Given, ManualKey<0x00E1_0003>>,
        /// Sponsors' budgets.
        purses: Mapping<BudgetOf, Purse, ManualKey<0x00E1_0004>>,
        /// The viewers who had a session from a budget.
        served: Mapping<(BudgetOf, AccountId), (), ManualKey<0x00E1_0005>>,
    }

    impl PatronageContract {
        /// See `Patronage`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            Ok(this)
        }
    }

    impl Patronage for PatronageContract {
        #[ink(message)]
        fn tip(
            &mut self,
            stream: StreamId,
            asset: AssetId,
            amount: Balance,
            message: Option<Hash>,
        ) -> Result<Balance> {
            let wired = self.wired()?;
            let from = self.env().caller();
            let facts = wired.facts(stream)?;
            let broadcast = rules::on_air(&facts, self.env().block_timestamp())?;
            let category = Some(facts.category);
            let fee = wired.pay(rules::to_stream(from, asset, amount, category, facts))?;
            self.env().emit_event(Tipped {
                from,
                stream,
                broadcast,
                asset,
                amount,
                fee,
                message,
            });
            Ok(fee)
        }

        #[ink(message)]
        fn pay_external(
            &mut self,
            external: ExternalId,
            asset: AssetId,
            amount: Balance,
            message: Option<Hash>,
        ) -> Result<Balance> {
            let wired = self.wired()?;
            let from = self.env().caller();
            let of = rules::ensure_active(wired.external(external)?)?;
            let fee = wired.pay(rules::to_external(from, asset, amount, &of))?;
            self.env().emit_event(ExternalPaid {
                from,
                external,
                origin_chain: of.origin_chain,
                origin_stream: of.origin_stream,
                asset,
                amount,
                fee,
                message,
            });
            Ok(fee)
        }

        #[ink(message)]
        fn goal(&self, goal: GoalId) -> Option<Goal> {
            self.goals.get(goal)
        }

        #[ink(message)]
        fn goal_count(&self) -> u32 {
            self.goal_count.get_or_default()
        }

        #[ink(message)]
        fn contribution(&self, goal: GoalId, account: AccountId) -> Contribution {
            let given = self.given.get((goal, account));
            given.map(|given| given.contribution).unwrap_or_default()
        }

        #[ink(message)]
        fn make_goal(
            &mut self,
            stream: StreamId,
            asset: AssetId,
            target: Balance,
            end_ms: Millis,
            about: Hash,
        ) -> Result<GoalId> {
            let facts = self.wired()?.facts(stream)?;
            self.add_goal(&facts, (stream, asset), target, end_ms, about)
        }

        #[ink(message)]
        fn contribute(&mut self, goal: GoalId, amount: Balance) -> Result<Balance> {
            let wired = self.wired()?;
            let of = self.open_goal(goal)?;
            let facts = wired.facts(of.stream)?;
            let (of, shift) = self.take(goal, of, &facts, amount)?;
            wired.shift(shift)?;
            self.env().emit_event(Contributed {
                goal,
                from: shift.from,
                amount: shift.amount,
                raised: of.raised,
            });
            if of.state == GoalState::Reached {
                let amount = of.raised;
                let fee = wired.pay(rules::to_stream(shift.to, of.asset, amount, None, facts))?;
                self.env().emit_event(GoalReached { goal, amount, fee });
            }
            Ok(shift.amount)
        }

        #[ink(message)]
        fn cancel_goal(&mut self, goal: GoalId) -> Result<()> {
            let mut of = self.goals.get(goal).ok_or(PatronageError::GoalNotFound)?;
            rules::cancel(&mut of, self.env().caller())?;
            self.goals.insert(goal, &of);
            self.env().emit_event(GoalCancelled { goal });
            Ok(())
        }

        #[ink(message)]
        fn return_contribution(&mut self, goal: GoalId, to: AccountId) -> Result<Balance> {
            let wired = self.wired()?;
            let shift = self.give_back(goal, to)?;
            wired.shift(shift)?;
            let amount = shift.amount;
            self.env()
                .emit_event(ContributionReturned { goal, to, amount });
            Ok(amount)
        }

        #[ink(message)]
        fn budget(&self, sponsor: AccountId, stream: StreamId, asset: AssetId) -> Option<Budget> {
            let purse = self.purses.get((sponsor, stream, asset))?;
            Some(Budget {
                terms: purse.terms,
                pool: self.budget_pool(sponsor, stream, asset),
            })
        }

        #[ink(message)]
        fn was_sponsored(
            &self,
            sponsor: AccountId,
            stream: StreamId,
            asset: AssetId,
            viewer: AccountId,
        ) -> bool {
            self.served.contains(((sponsor, stream, asset), viewer))
        }

        #[ink(message)]
        fn sponsor(
            &mut self,
            stream: StreamId,
            asset: AssetId,
            amount: Balance,
            terms: Sponsorship,
        ) -> Result<()> {
            let wired = self.wired()?;
            let facts = wired.facts(stream)?;
            let shift = self.fill(&facts, (stream, asset), amount, terms)?;
            if shift.amount > 0 {
                wired.shift(shift)?;
            }
            self.env().emit_event(SponsorshipSet {
                sponsor: shift.from,
                stream,
                asset,
                amount,
                terms,
            });
            Ok(())
        }

        #[ink(message)]
        fn withdraw_budget(
            &mut self,
            stream: StreamId,
            asset: AssetId,
            amount: Balance,
        ) -> Result<()> {
            let wired = self.wired()?;
            let shift = self.empty((stream, asset), amount)?;
            wired.shift(shift)?;
            self.env().emit_event(BudgetWithdrawn {
                sponsor: shift.to,
                stream,
                asset,
                amount,
            });
            Ok(())
        }

        #[ink(message)]
        fn sponsor_session(
            &mut self,
            sponsor: AccountId,
            viewer: AccountId,
            stream: StreamId,
            asset: AssetId,
            hold: Balance,
            ceiling: Balance,
        ) -> Result<SponsoredHold> {
            if self.admin.wiring().meter != Some(self.env().caller()) {
                return Err(PatronageError::NotMeter);
            }
            let of = self.would_sponsor(sponsor, viewer, stream, asset, hold, ceiling)?;
            self.served.insert(((sponsor, stream, asset), viewer), &());
            Ok(of)
        }

        #[ink(message)]
        fn would_sponsor(
            &self,
            sponsor: AccountId,
            viewer: AccountId,
            stream: StreamId,
            asset: AssetId,
            hold: Balance,
            ceiling: Balance,
        ) -> Result<SponsoredHold> {
            let purse = self.purses.get((sponsor, stream, asset));
            let wish = Wish {
                sponsor,
                viewer,
                hold,
                ceiling,
            };
            let until_ms = rules::ensure_sponsors(
                purse.map(|purse| purse.terms),
                wish,
                self.was_sponsored(sponsor, stream, asset, viewer),
                self.env().block_timestamp(),
            )?;
            Ok(SponsoredHold {
                pool: self.budget_pool(sponsor, stream, asset),
                until_ms,
            })
        }
    }

    impl Administered for PatronageContract {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, WIRED)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> AdminResult<()> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> AdminResult<()> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> AdminResult<u32> {
            self.admin.announce(change, REWIRED)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, REWIRED)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(WIRED, wiring)
        }
    }

    impl PatronageContract {
        fn wired(&self) -> Result<Wired> {
            Wired::new(self.admin.wiring())
        }

        /// The account whose pool has what was given to a goal.
        pub(crate) fn goal_pool(&self, goal: GoalId) -> AccountId {
            let hash =
                self.env()
                    .hash_encoded::<Blake2x256, _>(&(GOAL, self.env().account_id(), goal));
            hash.into()
        }

        /// The account whose pool is a budget.
        pub(crate) fn budget_pool(
            &self,
            sponsor: AccountId,
            stream: StreamId,
            asset: AssetId,
        ) -> AccountId {
            let of = (BUDGET, self.env().account_id(), sponsor, stream, asset);
            self.env().hash_encoded::<Blake2x256, _>(&of).into()
        }

        /// `make_goal`, on a stream with these facts.
        pub(crate) fn add_goal(
            &mut self,
            facts: &StreamFacts,
            (stream, asset): (StreamId, AssetId),
            target: Balance,
            end_ms: Millis,
            about: Hash,
        ) -> Result<GoalId> {
            let creator = self.env().caller();
            let now_ms = self.env().block_timestamp();
            let of = (stream, asset);
            let new = rules::new_goal(creator, facts, now_ms, of, target, end_ms, about)?;
            let goal = self
                .goal_count()
                .checked_add(1)
                .ok_or(PatronageError::Overflow)?;
            self.goal_count.set(&goal);
            self.goals.insert(goal, &new);
            self.env().emit_event(GoalMade {
                goal,
                stream,
                creator,
                asset,
                target,
                end_ms,
                about,
            });
            Ok(goal)
        }

        /// A goal that takes contributions now.
        pub(crate) fn open_goal(&self, goal: GoalId) -> Result<Goal> {
            let of = self.goals.get(goal).ok_or(PatronageError::GoalNotFound)?;
            rules::ensure_takes(&of, self.env().block_timestamp())?;
            Ok(of)
        }

        /// Notes what the caller gives to an open goal of a stream with these facts. Returns the goal, and what moves into its pool.
        pub(crate) fn take(
            &mut self,
            goal: GoalId,
            mut of: Goal,
            facts: &StreamFacts,
            amount: Balance,
        ) -> Result<(Goal, Shift)> {
            let from = self.env().caller();
            let now_ms = self.env().block_timestamp();
            let before = self.given.get((goal, from));
            let (amount, given) = rules::take(&mut of, before, facts, now_ms, amount)?;
            self.goals.insert(goal, &of);
            self.given.insert((goal, from), &given);
            let shift = Shift {
                from,
                to: self.goal_pool(goal),
                asset: of.asset,
                amount,
                category: Some(facts.category),
                back_of_ms: None,
            };
            Ok((of, shift))
        }

        /// Notes that a contribution goes back, and returns what moves out of the goal's pool.
        pub(crate) fn give_back(&mut self, goal: GoalId, to: AccountId) -> Result<Shift> {
            let mut of = self.goals.get(goal).ok_or(PatronageError::GoalNotFound)?;
            let now_ms = self.env().block_timestamp();
            let (before, after) = rules::give_back(&mut of, self.given.get((goal, to)), now_ms)?;
            self.goals.insert(goal, &of);
            self.given.insert((goal, to), &after);
            Ok(Shift {
                from: self.goal_pool(goal),
                to,
                asset: of.asset,
                amount: before.contribution.amount,
                category: before.category,
                back_of_ms: Some(before.contribution.placed_ms),
            })
        }

        /// Notes what the caller adds to a budget for a stream with these facts, and returns what moves into its pool.
        pub(crate) fn fill(
            &mut self,
            facts: &StreamFacts,
            (stream, asset): (StreamId, AssetId),
            amount: Balance,
            terms: Sponsorship,
        ) -> Result<Shift> {
            let from = self.env().caller();
            let now_ms = self.env().block_timestamp();
            let at = (from, stream, asset);
            let category = facts.category;
            let purse = rules::fill(self.purses.get(at), terms, now_ms, amount, category)?;
            self.purses.insert(at, &purse);
            Ok(Shift {
                from,
                to: self.budget_pool(from, stream, asset),
                asset,
                amount,
                category: Some(category),
                back_of_ms: None,
            })
        }

        /// Notes what the caller takes out of a budget, and returns what moves out of its pool.
        pub(crate) fn empty(
            &mut self,
            (stream, asset): (StreamId, AssetId),
            amount: Balance,
        ) -> Result<Shift> {
            let to = self.env().caller();
            let at = (to, stream, asset);
            let (purse, placed_ms) = rules::empty(self.purses.get(at), amount)?;
            self.purses.insert(at, &purse);
            Ok(Shift {
                from: self.budget_pool(to, stream, asset),
                to,
                asset,
                amount,
                category: purse.category,
                back_of_ms: Some(placed_ms),
            })
        }
    }
}
