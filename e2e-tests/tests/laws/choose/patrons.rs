//! Messages to `pass_office` and `patronage`, limits, and what only they may tell the payment handler.

use super::{Choice, Chooser, DAY};
use crate::base::{Start, PUPPET};
use crate::world::{GHOST, RATE};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, PassCall, PatronageCall, PaymentsCall, Sponsored};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Class, GoalId, Hash, Millis, PassLevel, PassOffer, PassOrder,
    PassPeriod, PassScope, Payment, Renewal, SessionId, Share, Shift, SpendingLimits, Sponsorship,
    StreamId, FACTOR_ONE, MAX_HOLD, RENEW_AHEAD_MS,
};

impl Chooser<'_> {
    // Passes.

    fn level(&mut self) -> PassLevel {
        [PassLevel::Basic, PassLevel::Premium, PassLevel::Vip][self.dice.roll(3)]
    }

    fn period(&mut self) -> PassPeriod {
        [PassPeriod::Day, PassPeriod::Week, PassPeriod::Month][self.dice.roll(3)]
    }

    pub(super) fn set_offer(&mut self) -> Choice {
        let (stream, owner) = self.stream();
        let scope = match self.dice.roll(3) {
            0 => PassScope::Creator(owner),
            _ => PassScope::Stream(stream),
        };
        let (odd, price) = self.dice.roll2(16, 4);
        let price = [RATE * 60, RATE * 600, 3, RATE * 86_400][price];
        let prices = match odd {
            0 => [None; 3],
            1 => [Some(0), None, None],
            2..=4 => [None, Some(price * 5), None],
            _ => [Some(price), Some(price * 6), Some(price * 20 + 1)],
        };
        let offer = PassOffer {
            asset: self.asset() % 2,
            prices,
            factor: [500_000, 0, 900_000, 999_999, FACTOR_ONE][self.dice.roll(5)],
        };
        let offer = (odd != 5).then_some(offer);
        let level = self.level();
        // What somebody has already, half of the time.
        let bought = self.world.model.passes.bought.iter();
        let bought: Vec<_> = bought.map(|b| (b.scope, b.level)).collect();
        let again = self.dice.pick(&bought).filter(|_| odd % 4 > 0);
        let (scope, level) = again.unwrap_or((scope, level));
        let owner = match scope {
            _ if again.is_none() => owner,
            PassScope::Creator(creator) => creator,
            PassScope::Stream(stream) => self.world.model.stream(stream).map_or(owner, |s| s.owner),
        };
        let call = PassCall::SetOffer {
            scope,
            level,
            offer,
        };
        self.act(owner, Action::Passes(call))
    }

    /// Something that is sold, most of the time.
    fn sold(&mut self) -> (PassScope, PassLevel, Option<PassOffer>) {
        let model = &self.world.model;
        let offers = model.passes.offers.iter();
        let sold = offers.filter(|of| model.pass_offer(of.0, of.1).is_some());
        let sold: Vec<_> = sold.map(|of| (of.0, of.1)).collect();
        let random = (PassScope::Stream(self.stream().0), self.level());
        let found = self.dice.pick(&sold).filter(|_| !self.dice.rarely(10));
        let (scope, level) = found.unwrap_or(random);
        (scope, level, self.world.model.pass_offer(scope, level))
    }

    pub(super) fn buy(&mut self) -> Choice {
        let caller = self.viewer();
        let (mut scope, mut level, mut offer) = self.sold();
        // What somebody has already, and not just now at these terms, once in a while.
        let bought = self.world.model.passes.bought.last().copied();
        let again = bought.filter(|_| self.dice.rarely(2));
        if let Some(of) = again {
            (scope, level) = (of.scope, of.level);
            offer = self.world.model.pass_offer(scope, level);
        }
        let (periods, odd) = self.dice.roll2(6, 16);
        let period = match offer {
            Some(offer) if offer.prices[0].is_none() => PassPeriod::Week,
            _ => self.period(),
        };
        let holder = match self.dice.roll(4) {
            _ if again.is_some() => again.map(|of| of.holder),
            0 => Some(self.someone()),
            _ => None,
        };
        let asset = offer.map_or(0, |offer| offer.asset);
        let order = PassOrder {
            scope,
            level,
            period,
            periods: [1, 1, 2, 3, 12, 13][periods],
            asset: if odd == 0 { 1 - asset } else { asset },
            max_price: if odd == 1 { RATE } else { Balance::MAX },
            max_factor: if odd == 2 { 1 } else { FACTOR_ONE },
            holder,
        };
        self.act(caller, Action::Passes(PassCall::Buy(order)))
    }

    /// Somebody's pass, if there is any.
    fn held(&mut self) -> (AccountId, PassScope, PassLevel) {
        let bought = &self.world.model.passes.bought;
        let held: Vec<_> = bought
            .iter()
            .map(|b| (b.holder, b.scope, b.level))
            .collect();
        let random = (self.viewer(), PassScope::Stream(1), self.level());
        self.dice.pick(&held).unwrap_or(random)
    }

    pub(super) fn set_renewal(&mut self) -> Choice {
        if self.world.model.passes.bought.is_empty() && !self.dice.rarely(4) {
            return self.buy();
        }
        let (holder, scope, level) = self.held();
        let caller = self.mostly(holder);
        let offer = self.world.model.pass_offer(scope, level);
        let renewal = Renewal {
            period: self.period(),
            asset: offer.map_or(0, |offer| offer.asset),
            max_price: [Balance::MAX, Balance::MAX, Balance::MAX, RATE][self.dice.roll(4)],
            max_factor: [FACTOR_ONE, FACTOR_ONE, 500_000][self.dice.roll(3)],
        };
        let renewal = (!self.dice.rarely(8)).then_some(renewal);
        let call = PassCall::SetRenewal {
            scope,
            level,
            renewal,
        };
        self.act(caller, Action::Passes(call))
    }

    pub(super) fn renew(&mut self) -> Choice {
        if self.world.model.passes.renewals.is_empty() && !self.dice.rarely(4) {
            return self.set_renewal();
        }
        let model = &self.world.model;
        let renewals = model.passes.renewals.iter();
        let allowed: Vec<_> = renewals.map(|r| (r.0, r.1, r.2)).collect();
        let found = self.dice.pick(&allowed).filter(|_| !self.dice.rarely(6));
        let (holder, scope, level) = match found {
            Some(found) => found,
            None => self.held(),
        };
        // What is not due yet is waited for, half of the time.
        let now = self.now();
        let pass = self.world.model.pass(holder, scope, level);
        let due = pass.map_or(0, |pass| pass.until_ms.saturating_sub(RENEW_AHEAD_MS));
        let soon = now < due && due < now + 40 * DAY;
        if soon && self.dice.rarely(2) {
            return Choice::Wait(due - now - Millis::from(self.dice.rarely(4)));
        }
        let caller = self.someone();
        let call = PassCall::Renew {
            holder,
            scope,
            level,
        };
        self.act(caller, Action::Passes(call))
    }

    // Patronage.

    /// What somebody gives.
    fn gift(&mut self, giver: AccountId, asset: AssetId) -> Balance {
        let free = self.world.model.pool(giver, asset).free;
        let left = self.left_to_spend(giver, asset);
        match (self.dice.roll(10), left) {
            (0, _) => self.part_of(free),
            (1, _) => 0,
            (2, _) => MAX_HOLD + 1,
            (3, _) => 1,
            (4, Some(left)) => left,
            (5, Some(left)) => left.saturating_add(1),
            (4 | 5, None) => RATE * 77 + 13,
            _ => RATE * 3,
        }
    }

    /// What the limits of a pool leave for today, if there are any.
    fn left_to_spend(&self, viewer: AccountId, asset: AssetId) -> Option<Balance> {
        let spending = self.world.model.spending(viewer, asset);
        let limits = spending.limits;
        let left = [
            (limits.day, spending.day),
            (limits.week, spending.week),
            (limits.month, spending.month),
        ];
        let left = left.into_iter();
        left.filter_map(|(limit, spent)| Some(limit?.saturating_sub(spent)))
            .min()
    }

    /// A viewer and what they pay in: one whose limits bind, half of the time.
    fn spender(&mut self) -> (AccountId, AssetId) {
        let random = (self.viewer(), self.asset());
        let limited = self.world.model.payments.limited.iter().copied();
        let limited: Vec<_> = limited.collect();
        let found = self.dice.pick(&limited).filter(|_| self.dice.rarely(2));
        found.unwrap_or(random)
    }

    pub(super) fn tip(&mut self) -> Choice {
        let ((caller, asset), stream) = (self.spender(), self.live_stream());
        let amount = self.gift(caller, asset);
        let message = self.dice.rarely(3).then(|| Hash::from([3; 32]));
        let call = PatronageCall::Tip {
            stream,
            asset,
            amount,
            message,
        };
        self.act(caller, Action::Patronage(call))
    }

    pub(super) fn pay_external(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        let count = self.world.model.external_count() as usize;
        if count == 0 && !self.dice.rarely(4) {
            return self.register_external();
        }
        let external = 1 + self.dice.roll(count + usize::from(count == 0)) as u32;
        let amount = self.gift(caller, asset);
        let call = PatronageCall::PayExternal {
            external,
            asset,
            amount,
            message: None,
        };
        self.act(caller, Action::Patronage(call))
    }

    pub(super) fn make_goal(&mut self) -> Choice {
        let ((stream, caller), asset) = (self.stream(), self.asset());
        let (target, end) = self.dice.roll2(8, 8);
        let target = match target {
            0 => 0,
            1 => MAX_HOLD + 1,
            2 => 1,
            3 | 4 => RATE * 5,
            _ => RATE * 200,
        };
        let now = self.now();
        let end_ms = match end {
            0 => now,
            1 => now + 90 * DAY + 1,
            2 => now + 1,
            3 | 4 => now + 3 * DAY,
            _ => now + 600_000,
        };
        let call = PatronageCall::MakeGoal {
            stream,
            asset,
            target,
            end_ms,
            about: Hash::from([1; 32]),
        };
        self.act(caller, Action::Patronage(call))
    }

    /// A goal that fits, most of the time.
    fn goal(&mut self, over: bool) -> GoalId {
        let model = &self.world.model;
        let goals = 1..=model.goal_count();
        let fits = |goal: &GoalId| {
            let of = model.goal(*goal);
            of.is_some_and(|of| (model.now_ms >= of.end_ms) == over && of.raised < of.target)
        };
        let fitting: Vec<_> = goals.clone().filter(fits).collect();
        if fitting.is_empty() || self.dice.rarely(8) {
            return 1 + self.dice.roll(model.goal_count() as usize + 1) as u32;
        }
        self.dice.pick(&fitting).unwrap_or(1)
    }

    pub(super) fn contribute(&mut self) -> Choice {
        let (caller, goal) = (self.viewer(), self.goal(false));
        let asset = self.world.model.goal(goal).map_or(0, |of| of.asset);
        let amount = self.gift(caller, asset);
        let call = PatronageCall::Contribute { goal, amount };
        self.act(caller, Action::Patronage(call))
    }

    pub(super) fn cancel_goal(&mut self) -> Choice {
        let over = self.dice.rarely(3);
        let goal = self.goal(over);
        let creator = self.world.model.goal(goal).map(|of| of.creator);
        let caller = self.mostly(creator.unwrap_or(account("alice")));
        self.act(
            caller,
            Action::Patronage(PatronageCall::CancelGoal { goal }),
        )
    }

    pub(super) fn return_contribution(&mut self) -> Choice {
        let model = &self.world.model;
        let goals = model.patronage.goals.iter().zip(1..);
        let closed = goals.filter(|(aim, _)| aim.cancelled || aim.end_ms <= model.now_ms);
        let given = closed.flat_map(|(aim, goal)| aim.given.iter().map(move |g| (goal, g.by)));
        let given: Vec<_> = given.collect();
        let found = self.dice.pick(&given).filter(|_| !self.dice.rarely(6));
        let (goal, to) = match found {
            Some(found) => found,
            None => (self.goal(true), self.viewer()),
        };
        let caller = self.someone();
        let call = PatronageCall::ReturnContribution { goal, to };
        self.act(caller, Action::Patronage(call))
    }

    pub(super) fn sponsor(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset() % 2);
        let stream = self.live_stream();
        let amount = match self.dice.roll(4) {
            0 => 0,
            _ => self.gift(caller, asset).min(RATE * 100_000),
        };
        let now = self.now();
        let terms = Sponsorship {
            max_hold: [RATE * 600, RATE * 7_200, 1][self.dice.roll(3)],
            max_ceiling: [RATE * 2, MAX_HOLD, RATE][self.dice.roll(3)],
            until_ms: now + [3_600_000, 8 * DAY, 0, 1][self.dice.roll(4)],
        };
        let call = PatronageCall::Sponsor {
            stream,
            asset,
            amount,
            terms,
        };
        self.act(caller, Action::Patronage(call))
    }

    /// A budget, if there is any.
    pub(super) fn a_budget(&mut self) -> (AccountId, StreamId, AssetId) {
        let budgets = self.world.model.patronage.budgets.keys();
        let budgets: Vec<_> = budgets.copied().collect();
        let found = self.dice.pick(&budgets);
        found.unwrap_or((account("stranger"), 2, 0))
    }

    pub(super) fn withdraw_budget(&mut self) -> Choice {
        let (sponsor, stream, asset) = self.a_budget();
        let model = &self.world.model;
        let pool = model.budget_pool(sponsor, stream, asset);
        let free = model.pool(pool, asset).free;
        let amount = self.part_of(free).min(free.saturating_add(1));
        let caller = self.mostly(sponsor);
        let call = PatronageCall::WithdrawBudget {
            stream,
            asset,
            amount,
        };
        self.act(caller, Action::Patronage(call))
    }

    /// Asked, and told, by those who are not the meter.
    pub(super) fn would_sponsor(&mut self) -> Choice {
        let (sponsor, stream, asset) = self.a_budget();
        let of = Sponsored {
            sponsor,
            viewer: self.viewer(),
            stream,
            asset,
            hold: [RATE, RATE * 7_201, MAX_HOLD][self.dice.roll(3)],
            ceiling: [RATE, RATE * 3, Balance::MAX][self.dice.roll(3)],
        };
        let call = match self.dice.rarely(3) {
            true => PatronageCall::SponsorSession(of),
            false => PatronageCall::WouldSponsor(of),
        };
        Choice::Act(account("stranger"), 0, Action::Patronage(call))
    }

    // Payments.

    pub(super) fn set_spending_limits(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        let mut amount = || {
            const LIMITS: [Option<Balance>; 7] = [
                None,
                None,
                Some(RATE * 3_600),
                Some(RATE * 60),
                Some(RATE * 600),
                Some(0),
                Some(RATE * 86_400),
            ];
            LIMITS[self.dice.roll(LIMITS.len())]
        };
        let [session, day, week, month] = [(); 4].map(|()| amount());
        let categories = match self.dice.roll(10) {
            0 => vec![(7, RATE * 100)],
            1 => vec![(3, RATE * 50), (7, RATE * 1_000)],
            2 => vec![(7, 1), (7, 2)],
            3 => (0..5).map(|category| (category, 1)).collect(),
            4 => (9..12).map(|category| (category, RATE)).collect(),
            _ => vec![],
        };
        let limits = match self.dice.rarely(5) {
            true => SpendingLimits::default(),
            false => SpendingLimits {
                session,
                day,
                week,
                month,
                categories,
            },
        };
        let call = PaymentsCall::SetSpendingLimits { asset, limits };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn spending(&mut self) -> Choice {
        let (viewer, asset) = (self.viewer(), self.asset());
        let call = PaymentsCall::Spending { viewer, asset };
        Choice::Act(account("stranger"), 0, Action::Payments(call))
    }

    pub(super) fn refund(&mut self) -> Choice {
        let (payee, asset) = self.owed_payee();
        let caller = match payee == account(GHOST) {
            true => account("stranger"),
            false => payee,
        };
        let payable = self.world.model.payable(caller, asset);
        let closed = self.world.model.meter.lives.keys().next_back().copied();
        let (viewer, number) = closed.unwrap_or((account("carol"), 1));
        let amount = self.part_of(payable);
        let call = PaymentsCall::Refund {
            session: SessionId { viewer, number },
            asset,
            amount,
        };
        self.act(caller, Action::Payments(call))
    }

    /// Who says to be the pass office, or patronage.
    fn would_be_office(&mut self) -> AccountId {
        match self.world.start {
            Start::Puppet => self.mostly(account(PUPPET)),
            _ => self.someone(),
        }
    }

    pub(super) fn direct_pay(&mut self) -> Choice {
        let (caller, payer, asset) = (self.would_be_office(), self.viewer(), self.asset());
        let (odd, class) = self.dice.roll2(8, 2);
        let bps = |odd| if odd == 0 { 5_001 } else { 3_333 };
        let share = |name: &str| Share {
            account: account(name),
            bps: bps(odd),
        };
        let cohosts = match odd {
            0 => vec![share("cohost"), share(GHOST)],
            1 => vec![share("cohost"); 4],
            2 => vec![share("cohost"), share(GHOST), share("bob")],
            _ => vec![],
        };
        let payment = Payment {
            payer,
            asset,
            amount: self.gift(payer, asset),
            class: [Class::Tips, Class::Subscription][class],
            category: Some(7),
            owner: account("alice"),
            cohosts,
        };
        self.act(caller, Action::Payments(PaymentsCall::Pay(payment)))
    }

    pub(super) fn direct_shift(&mut self) -> Choice {
        let (caller, from, to) = (self.would_be_office(), self.viewer(), self.viewer());
        let asset = self.asset();
        let shift = Shift {
            from,
            to,
            asset,
            amount: self.gift(from, asset),
            category: None,
            back_of_ms: self.dice.rarely(2).then_some(0 as Millis),
        };
        self.act(caller, Action::Payments(PaymentsCall::Shift(shift)))
    }

    pub(super) fn direct_deposit(&mut self) -> Choice {
        let (caller, viewer) = (self.would_be_meter(), self.signer());
        let (asset, amount) = (1, RATE * 1_000);
        let deposit = self.brought(viewer, asset, amount);
        let call = PaymentsCall::DepositPermitted {
            viewer,
            asset,
            deposit,
        };
        self.act(caller, Action::Payments(call))
    }
}
