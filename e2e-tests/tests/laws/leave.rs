//! Law 12: everybody can get out.

use crate::{
    base::Start,
    check::people,
    world::{ensure, Checked, World, EXIT_DELAY_MS, GHOST},
};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, MeterCall, ModerationCall, PatronageCall, PaymentsCall};
use vilokanam_interfaces::{
    AssetId, Balance, GoalState, Millis, PaymentHandler, ReportState, SessionId, Verdict,
    APPEAL_MS, DECIDE_MS, MAX_GOAL_MS,
};

impl World {
    /// Everybody gets out: viewers with what is not owed, payees with what is; nothing is left.
    pub fn law_12_everybody_gets_out(&mut self) -> Checked {
        for id in self.model.open_sessions() {
            self.leave(id)?;
        }
        if !self.model.seated_sessions().is_empty() {
            self.wait(EXIT_DELAY_MS);
        }
        for id in self.model.seated_sessions() {
            self.finish_leaving(id)?;
        }
        self.end_goals()?;
        self.empty_budgets()?;
        self.collect_bonds()?;
        for asset in 0..self.model.asset_count() {
            let token = self.model.asset(asset).and_then(|a| a.token);
            let tokens = &self.model.contracts.tokens;
            if token.is_some_and(|token| !tokens.contains(&token)) {
                continue; // no token at all: nothing was ever deposited
            }
            self.empty(asset)?;
        }
        Ok(())
    }

    /// Goals that were not reached are over, and everybody gets back what they gave.
    fn end_goals(&mut self) -> Checked {
        let open = |world: &Self| {
            let goals = 1..=world.model.goal_count();
            let goals = goals.filter_map(|goal| Some((goal, world.model.goal(goal)?)));
            let open = goals.filter(|(_, of)| of.state != GoalState::Reached);
            open.collect::<Vec<_>>()
        };
        let last = open(self).into_iter().map(|(_, of)| of.end_ms).max();
        let ms = last.unwrap_or(0).saturating_sub(self.model.now_ms);
        ensure(ms <= MAX_GOAL_MS, || format!("a goal ends in {ms} ms"))?;
        if ms > 0 {
            self.wait(ms);
        }
        for (goal, _) in open(self) {
            let given = &self.model.patronage.goals[goal as usize - 1].given;
            let mut givers: Vec<_> = given.iter().map(|g| g.by).collect();
            givers.sort_unstable();
            givers.dedup();
            for to in givers {
                if self.model.contribution(goal, to).amount > 0 {
                    let back = PatronageCall::ReturnContribution { goal, to };
                    self.must(account("stranger"), 0, Action::Patronage(back))?;
                }
            }
        }
        Ok(())
    }

    /// Sponsors take back what is left of their budgets.
    fn empty_budgets(&mut self) -> Checked {
        let budgets: Vec<_> = self.model.patronage.budgets.keys().copied().collect();
        for (sponsor, stream, asset) in budgets {
            let pool = self.model.budget_pool(sponsor, stream, asset);
            let amount = self.model.pool(pool, asset).free;
            if amount > 0 {
                let withdraw = PatronageCall::WithdrawBudget {
                    stream,
                    asset,
                    amount,
                };
                self.must(sponsor, 0, Action::Patronage(withdraw))?;
            }
        }
        Ok(())
    }

    /// All bonds are somebody's in the end, whatever moderators and owner do or not, and are collected.
    fn collect_bonds(&mut self) -> Checked {
        if self.model.bonds_waiting() > 0 {
            self.wait(DECIDE_MS.max(APPEAL_MS) + 1 as Millis);
        }
        for report in 1..=self.model.report_count() {
            let state = self.model.report(report).map(|of| of.state);
            let call = match state {
                Some(ReportState::Open) => ModerationCall::Lapse { report },
                Some(ReportState::Appealed {
                    verdict: Verdict::Abusive,
                    ..
                }) => ModerationCall::Lapse { report },
                _ => ModerationCall::Forfeit { report },
            };
            // Only of abusive ones is there something to forfeit.
            self.act(account("stranger"), 0, Action::Moderation(call))?;
        }
        let waiting: Balance = self.model.bonds_waiting();
        ensure(waiting == 0, || format!("bonds: {waiting} is nobody's"))?;
        let treasury = self.model.moderation.treasury;
        let everybody: Vec<_> = people().chain([treasury]).collect();
        for account_of in everybody {
            if self.model.collectable(account_of) > 0 {
                let collect = ModerationCall::Collect {
                    account: account_of,
                };
                self.must(account("stranger"), 0, Action::Moderation(collect))?;
            }
        }
        let left = self.model.moderation.native;
        ensure(left == 0, || format!("bonds: {left} is left"))
    }

    /// One viewer leaves, by the exit that needs nobody if the session cannot be closed. Whoever has to wait is waited for once.
    fn leave(&mut self, id: SessionId) -> Checked {
        let number = id.number;
        self.act(id.viewer, 0, Action::Meter(MeterCall::Close(number)))?;
        match self.model.life(id).filter(|life| life.open()) {
            Some(life) if life.exit_ms.is_none() => {
                self.must(id.viewer, 0, Action::Meter(MeterCall::BeginExit(number)))
            }
            _ => Ok(()),
        }
    }

    /// A viewer who began to leave is out: by an exit of their own, or by anyone's call if the session is closing.
    fn finish_leaving(&mut self, id: SessionId) -> Checked {
        let life = self.model.life(id);
        if life.is_some_and(|life| life.open()) {
            let call = MeterCall::FinishExit(id.number);
            return self.must(id.viewer, 0, Action::Meter(call));
        }
        let at = self.model.seat_of(id).ok_or("a session without a seat")?;
        let call = MeterCall::FinishClose(at);
        self.must(account("stranger"), 0, Action::Meter(call))
    }

    fn empty(&mut self, asset: AssetId) -> Checked {
        for person in people() {
            let amount = self.model.pool(person, asset).free;
            if amount > 0 {
                let withdraw = PaymentsCall::Withdraw { asset, amount };
                self.must(person, 0, Action::Payments(withdraw))?;
            }
            if self.model.payable(person, asset) > 0 {
                let (caller, pay) = match person == account(GHOST) {
                    true => {
                        let payee = person;
                        (
                            account("stranger"),
                            PaymentsCall::PushPayable { payee, asset },
                        )
                    }
                    false => (person, PaymentsCall::WithdrawPayable { asset }),
                };
                self.must(caller, 0, Action::Payments(pay))?;
            }
        }
        if self.model.totals(asset).fees > 0 {
            let draw = PaymentsCall::WithdrawFees { asset };
            self.must(account("stranger"), 0, Action::Payments(draw))?;
        }
        let totals = self.read(self.suite.payments().totals(asset))?;
        let left = totals.pools + totals.payable + totals.fees;
        // A puppet may never release what is on hold.
        let held = totals.holds > 0 && self.start != Start::Puppet;
        ensure(left == 0 && !held, || {
            format!("law 12: {totals:?} is left of asset {asset}")
        })
    }
}
