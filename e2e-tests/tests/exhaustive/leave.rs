//! Law 12 in a state: whatever the state, everybody gets out with what is theirs to the unit, and nothing is left. In three ways: by
//! closing; with registry and pricing gone, everything suspended, paused and delisted; and with viewers who never act again.

use crate::{
    bounds::{Bounds, EXIT_DELAY_MS},
    moves::{self, Of},
    rules::{due, ensure, Checked},
    scene::{CREATOR, OWNER, PAYEES, STRANGER},
};
use std::collections::BTreeMap;
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, MeterCall, Model, Part, PaymentsCall};
use vilokanam_interfaces::{AccountId, Balance, Totals, NATIVE};

/// How everybody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Viewers close.
    Close,
    /// Registry and pricing answer no more, and what the owner and moderators could do against it is done.
    Exit,
    /// Viewers do nothing until all is over.
    Absent,
}

pub const WAYS: [Way; 3] = [Way::Close, Way::Exit, Way::Absent];

/// What sends the messages: the model's own rules, or those of a test that are wrong on purpose.
pub type Apply<'a> = &'a dyn Fn(&mut Model, AccountId, &Action) -> bool;

struct Leaving<'a> {
    model: Model,
    bounds: &'a Bounds,
    apply: Apply<'a>,
    /// What each viewer must get out, by then.
    expected: BTreeMap<u8, Balance>,
}

/// Everybody leaves.
pub fn everybody(model: &Model, bounds: &Bounds, way: Way, apply: Apply) -> Checked {
    let mut leaving = Leaving {
        model: model.clone(),
        bounds,
        apply,
        expected: BTreeMap::new(),
    };
    let left = leaving.by(way);
    left.map_err(|why| format!("law 12, {way:?}: {why}"))
}

impl Leaving<'_> {
    fn must(&mut self, caller: AccountId, action: Action) -> Checked {
        let done = (self.apply)(&mut self.model, caller, &action);
        ensure(done, || format!("{action:?} is refused"))
    }

    fn meter(&mut self, caller: AccountId, call: MeterCall) -> Checked {
        self.must(caller, Action::Meter(call))
    }

    fn seated(&self) -> Vec<Of> {
        let all = moves::sessions(&self.model, self.bounds).into_iter();
        let seated = |of: &Of| self.model.life(of.id()).is_some_and(|life| life.seated());
        all.filter(seated).collect()
    }

    fn is_open(&self, of: Of) -> bool {
        self.model.life(of.id()).is_some_and(|life| life.open())
    }

    fn by(&mut self, way: Way) -> Checked {
        for place in 0..self.bounds.viewers {
            let free = self.model.pool(moves::viewer(place), NATIVE).free;
            self.expected.insert(place, free);
        }
        match way {
            Way::Close => self.close()?,
            Way::Exit => self.exit()?,
            Way::Absent => self.absent()?,
        }
        self.draw(way)
    }

    /// What a viewer will get of a session: all but what it costs.
    fn expect(&mut self, of: Of, costs: Balance) -> Checked {
        let life = self.model.life(of.id()).ok_or("no such session")?;
        let back = life.hold().checked_sub(costs);
        let back = back.ok_or("it costs more than its hold")?;
        *self.expected.entry(of.0).or_default() += back;
        Ok(())
    }

    fn close(&mut self) -> Checked {
        for of in self.seated() {
            let life = self.model.life(of.id()).ok_or("no such session")?;
            let costs = due(&self.model, life);
            self.expect(of, costs)?;
            if self.is_open(of) {
                self.meter(of.id().viewer, MeterCall::Close(of.1))?;
            }
        }
        if !self.seated().is_empty() {
            self.model.advance(EXIT_DELAY_MS);
        }
        self.finish()
    }

    /// Those that close are finished by a stranger.
    fn finish(&mut self) -> Checked {
        for of in self.seated() {
            let at = self.model.seat_of(of.id()).ok_or("it has no seat")?;
            self.meter(account(STRANGER), MeterCall::FinishClose(at))?;
        }
        Ok(())
    }

    fn exit(&mut self) -> Checked {
        let nobody = AccountId::from([9; 32]);
        for part in [Part::Meter, Part::Pricing] {
            let wiring = self.model.admins.get_mut(&part);
            let wiring = wiring.and_then(|admin| admin.wired.as_mut());
            let wiring = wiring.ok_or("it is not wired")?;
            wiring.registry = Some(nobody);
            wiring.pricing = wiring.pricing.map(|_| nobody);
        }
        let pause = PaymentsCall::Pause {
            duration_ms: 86_400_000,
        };
        self.must(account(OWNER), Action::Payments(pause))?;
        self.model.payments.assets[0].allowed = false;
        for of in self.seated() {
            let open = self.is_open(of);
            let life = self.model.life(of.id()).ok_or("no such session")?;
            // What is written down is charged. A session that closes stands still: all of it is written down.
            let (_, accrued, _) = self.model.charged(life, life.since_ms);
            let costs = accrued / 1_000_000_000 + life.voucher_amount();
            let begun = life.exit_ms.is_some();
            self.expect(of, costs)?;
            if open && !begun {
                self.meter(of.id().viewer, MeterCall::BeginExit(of.1))?;
            }
        }
        self.model.advance(EXIT_DELAY_MS);
        for of in self.seated() {
            if self.is_open(of) {
                self.meter(of.id().viewer, MeterCall::FinishExit(of.1))?;
            }
        }
        self.finish()
    }

    /// Nobody keeps the broadcast alive; strangers tidy up.
    fn absent(&mut self) -> Checked {
        self.model.advance(self.bounds.grace_ms);
        for of in self.seated() {
            let life = self.model.life(of.id()).ok_or("no such session")?;
            let costs = due(&self.model, life);
            self.expect(of, costs)?;
        }
        self.model.advance(EXIT_DELAY_MS);
        for of in self.seated() {
            if self.is_open(of) {
                self.meter(account(STRANGER), MeterCall::CloseEnded(of.id()))?;
            }
        }
        self.finish()
    }

    /// Pools, payees and fees are drawn to the last unit.
    fn draw(&mut self, way: Way) -> Checked {
        let asset = NATIVE;
        for (place, expected) in self.expected.clone() {
            let viewer = moves::viewer(place);
            let amount = self.model.pool(viewer, asset).free;
            ensure(amount == expected, || {
                format!("viewer {place} gets {amount}, and not {expected}")
            })?;
            if amount > 0 {
                let withdraw = PaymentsCall::Withdraw { asset, amount };
                self.must(viewer, Action::Payments(withdraw))?;
            }
        }
        for name in PAYEES {
            let payee = account(name);
            if self.model.payable(payee, asset) == 0 {
                continue;
            }
            // The creator asks, the others are pushed theirs; when viewers are gone, anyone does it all.
            let (caller, call) = match name == CREATOR && way != Way::Absent {
                true => (payee, PaymentsCall::WithdrawPayable { asset }),
                false => (account(STRANGER), PaymentsCall::PushPayable { payee, asset }),
            };
            self.must(caller, Action::Payments(call))?;
        }
        if self.model.totals(asset).fees > 0 {
            let fees = PaymentsCall::WithdrawFees { asset };
            self.must(account(STRANGER), Action::Payments(fees))?;
        }
        let (totals, vault) = (self.model.totals(asset), self.model.vault(asset));
        ensure(totals == Totals::default() && vault == Some(0), || {
            format!("{totals:?} is left, {vault:?} in the contract")
        })?;
        ensure(self.model.seated_sessions().is_empty(), || "a session is left".into())
    }
}
