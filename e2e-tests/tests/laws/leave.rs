//! Law 12: everybody can get out.

use crate::{
    base::Start,
    world::{ensure, Checked, World, CAST, EXIT_DELAY_MS, GHOST},
};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, MeterCall, PaymentsCall};
use vilokanam_interfaces::{AssetId, PaymentHandler, SessionId};

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
        let people = CAST.iter().chain([&GHOST]).map(|name| account(name));
        for person in people {
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
