//! What must hold of every transition, by its design: laws 6, 7, 9, 10, 11, 13 and the graces, each from the two states and the move alone.
//! (Laws 1 to 5 and 15 to 17 are sums over a state: the model's own [`Model::laws`].)

use crate::{
    bounds::{Bounds, EXIT_DELAY_MS},
    moves::{self, key_of, Move, Of},
    scene::{PAYEES, STREAM},
    view::price,
};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Life, Model, Outcome, Value};
use vilokanam_interfaces::{Balance, Millis, NATIVE};

pub type Checked = Result<(), String>;

/// A second's price times a millisecond, in the units of what accrues.
const SCALE: u128 = 1_000_000_000;
/// How far vouchers may be ahead.
const TOLERANCE_MS: Millis = 12_000;

/// Fails with a text.
pub fn ensure(holds: bool, found: impl FnOnce() -> String) -> Checked {
    holds.then_some(()).ok_or_else(found)
}

/// One transition.
pub struct Step<'a> {
    pub bounds: &'a Bounds,
    pub before: &'a Model,
    pub after: &'a Model,
    pub done: Move,
    /// What was answered; `None`: time passed.
    pub outcome: Option<&'a Outcome>,
}

/// What a session owes in all: what was settled of it, and what was not.
pub fn due(model: &Model, life: &Life) -> Balance {
    let at_ms = life.closed.map_or(model.now_ms, |closed| closed.at_ms);
    model.charged(life, at_ms).1 / SCALE + life.voucher_amount()
}

impl Step<'_> {
    /// Whether all that must hold does.
    pub fn check(&self) -> Checked {
        if self.outcome.is_some_and(|outcome| !outcome.is_ok()) {
            let unchanged = self.before == self.after;
            return ensure(unchanged, || "law 13: it failed, and changed something".into());
        }
        self.after.laws()?;
        for of in moves::sessions(self.before, self.bounds) {
            self.session(of).map_err(|why| format!("{why} ({of:?})"))?;
        }
        self.redeemed()?;
        self.others()
    }

    fn session(&self, of: Of) -> Checked {
        let lives = self.before.life(of.id()).zip(self.after.life(of.id()));
        let (before, after) = lives.ok_or("law 10: a session is gone")?;
        if before.closed.is_some() {
            return ensure(before == after, || "law 10: it was closed, and changed".into());
        }
        self.owed(before, after)?;
        self.time(before, after)?;
        self.effect(of, before, after)?;
        self.promises(of, before, after)
    }

    /// A message does what it is for, and what was fixed at open stays.
    fn effect(&self, of: Of, before: &Life, after: &Life) -> Checked {
        let now = self.after.now_ms;
        let fixed = |life: &Life| (life.ceiling, life.rate_per_sec, life.terms_no, life.fees, life.referrer);
        ensure(fixed(before) == fixed(after), || "law 7: what was fixed at open changed".into())?;
        let works = match self.done {
            Move::Pause(one) if one == of => !after.running(),
            Move::Resume(one) if one == of => after.running(),
            Move::SetKey(one, key) if one == of => after.key() == key.map(key_of) && !after.running(),
            Move::Close(one) if one == of => !after.open(),
            Move::BeginExit(one) if one == of => {
                after.until_ms.is_some_and(|until| until <= now) && after.exit_ms == Some(now + EXIT_DELAY_MS)
            }
            Move::FinishExit(one) | Move::FinishClose(one) | Move::Dismiss(one) | Move::CloseEnded(one)
                if one == of =>
            {
                after.closed.is_some()
            }
            _ => before.closed == after.closed,
        };
        ensure(works, || format!("{:?} did not do what it is for", self.done))
    }

    /// Law 6: what is owed never falls, but for an exit that the viewer began and nobody settled in time; and is within the hold.
    fn owed(&self, before: &Life, after: &Life) -> Checked {
        let (was, is) = (due(self.before, before), due(self.after, after));
        let (hold, settled) = (after.hold(), after.settled());
        let found = || format!("law 6: owed {was}, then {is}, settled {settled} of {hold}");
        ensure(was <= is && settled <= is && is <= hold, found)?;
        ensure(before.settled() <= settled, found)?;
        ensure(before.hold() <= hold, found)?;
        match after.closed {
            Some(closed) if closed.by_exit => {
                let due_ms = before.exit_ms.unwrap_or(Millis::MAX);
                let waited = due_ms <= self.after.now_ms;
                ensure(waited, || "law 12: an exit before its time".into())
            }
            Some(closed) => ensure(settled == is && closed.released == hold - is, found),
            None => Ok(()),
        }
    }

    /// Laws 7 and 9: what accrues in a time is the price by the time that the clock ran in it, and nothing else accrues.
    fn time(&self, before: &Life, after: &Life) -> Checked {
        let (from_ms, to_ms) = (self.before.now_ms, self.after.now_ms);
        let (upto_was, accrued_was, watched_was) = self.before.charged(before, from_ms);
        let (upto_is, accrued_is, watched_is) = self.after.charged(after, to_ms);
        let back = upto_is < upto_was || watched_is < watched_was || after.since_ms < before.since_ms;
        ensure(!back, || "law 9: time goes back".into())?;
        let runs = before.running() && before.closing_ms.is_none();
        let price = price(self.before, before);
        let broadcast = self.before.broadcast(STREAM, before.broadcast);
        let over_ms = broadcast.map_or(0, |b| b.end_ms);
        let stop_ms = over_ms.min(before.until_ms.unwrap_or(Millis::MAX));
        let mut ms = stop_ms.min(to_ms).saturating_sub(upto_was.max(from_ms));
        // It was charged up to now, unless it had ended.
        if !runs || price > before.ceiling || upto_was < from_ms {
            ms = 0;
        }
        let left = (before.hold() - before.voucher_amount()) * SCALE - accrued_was;
        let per_ms = price * 1_000_000;
        let ms = u128::from(ms).min(left.checked_div(per_ms).unwrap_or(0));
        let (added, expected) = (accrued_is - accrued_was, per_ms * ms);
        ensure(added == expected, || {
            format!("law 7: {added} accrued in {} ms, and not {expected}", to_ms - from_ms)
        })
    }

    /// Whether a voucher would be paid.
    fn payable(model: &Model, life: &Life, bounds: &Bounds, place: usize) -> bool {
        let cheque = bounds.cheques[place];
        let now = model.now_ms;
        let by = key_of(cheque.key);
        let old = model.old_key(life);
        let counts = life.key() == Some(by) || old.is_some_and(|(key, until)| key == by && now < until);
        let from_ms = life.vouchers_from_ms().unwrap_or(Millis::MAX);
        let at_ms = now.min(life.until_ms.unwrap_or(Millis::MAX));
        life.seated()
            && counts
            && cheque.amount > life.voucher_amount()
            && cheque.ms >= life.voucher_ms()
            && cheque.amount * 1_000 <= life.ceiling * u128::from(cheque.ms)
            && cheque.ms <= at_ms.saturating_sub(from_ms) + TOLERANCE_MS
            && cheque.amount <= model.voucher_available(life)
    }

    /// What was signed and could be redeemed can be, until a grace that began for all to see is over; only the creator, and a
    /// newer voucher, end that sooner.
    fn promises(&self, of: Of, before: &Life, after: &Life) -> Checked {
        let now = self.after.now_ms;
        let ended = self.before.runs_out_at(of.id()).ok().flatten();
        let keys = before.keys.iter().skip(1).map(|set| set.at_ms);
        let begun = keys.chain(before.closing_ms).chain(ended);
        // An exit begins when its viewer says so.
        let exit = before.exit_ms.map(|exit| exit - EXIT_DELAY_MS);
        let graces = begun.chain(exit).any(|from| from + EXIT_DELAY_MS <= now);
        for place in 0..self.bounds.cheques.len() {
            let was = Self::payable(self.before, before, self.bounds, place);
            if !was || Self::payable(self.after, after, self.bounds, place) || graces {
                continue;
            }
            let may = match self.done {
                Move::Dismiss(one) => one == of,
                Move::Redeem(one, n) => {
                    let paid = self.bounds.cheques[usize::from(n)];
                    let void = self.bounds.cheques[place];
                    one == of && (void.amount <= paid.amount || void.ms < paid.ms)
                }
                _ => false,
            };
            ensure(may, || format!("graces: voucher {place} is void at once"))?;
        }
        Ok(())
    }

    /// Law 11: a voucher is paid once, for what it adds, to the session that it names, by a key that counts.
    fn redeemed(&self) -> Checked {
        let (of, at, place) = match self.done {
            Move::Redeem(of, place) => (of, of, place),
            Move::RedeemElsewhere(of, at, place) => (of, at, place),
            _ => return Ok(()),
        };
        let moved = match self.outcome {
            Some(Outcome::Meter(Ok(Value::Amount(moved)))) => *moved,
            other => return Err(format!("law 11: redeeming answers {other:?}")),
        };
        let cheque = self.bounds.cheques[usize::from(place)];
        let life = self.before.life(at.id()).ok_or("law 11: no session")?;
        let paid = life.voucher_amount();
        let could = Self::payable(self.before, life, self.bounds, place.into());
        ensure(of == at && could && paid + moved == cheque.amount, || {
            format!("law 11: {moved} is paid for {cheque:?} after {paid}")
        })
    }

    /// Law 18, of money: nobody's pool or payable falls by what others do.
    fn others(&self) -> Checked {
        for place in 0..self.bounds.viewers {
            let viewer = moves::viewer(place);
            let free = |model: &Model| model.pool(viewer, NATIVE).free;
            let own = match self.done {
                Move::Open(by, _) | Move::Withdraw(by) => by == place,
                Move::TopUp(of) => of.0 == place,
                _ => false,
            };
            ensure(own || free(self.before) <= free(self.after), || {
                format!("law 18: the pool of viewer {place} falls")
            })?;
        }
        for (place, name) in PAYEES.iter().enumerate() {
            let payable = |model: &Model| model.payable(account(name), NATIVE);
            let own = place == 0 && self.done == Move::WithdrawPayable;
            ensure(own || payable(self.before) <= payable(self.after), || {
                format!("law 18: what is payable to {name} falls")
            })?;
        }
        Ok(())
    }
}
