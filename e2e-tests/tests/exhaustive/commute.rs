//! Laws 8 and 14 in a state: settling twice, or at other times, gives the same; so does a pause of no time.

use crate::{
    bounds::Bounds,
    moves::{self, Move, Of},
    rules::{due, ensure, Checked},
    scene::PAYEES,
    twins::Perform,
};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Model, Outcome, Value};
use vilokanam_interfaces::{Balance, NATIVE};

const TIMES: [Move; 2] = [Move::Wait, Move::WaitToNext];

pub fn check(model: &Model, bounds: &Bounds, perform: Perform) -> Checked {
    for of in moves::sessions(model, bounds) {
        if model.life(of.id()).is_some_and(|life| life.open()) {
            settling(model, of, perform).map_err(|why| format!("law 8: {why} ({of:?})"))?;
            pausing(model, of, perform).map_err(|why| format!("law 14: {why} ({of:?})"))?;
        }
    }
    Ok(())
}

/// All the money that there is, and what the session owes.
fn money(model: &Model, of: Of) -> Vec<Balance> {
    let viewer = of.id().viewer;
    let totals = model.totals(NATIVE);
    let payable = PAYEES.map(|name| model.payable(account(name), NATIVE));
    let mut money = vec![totals.pools, totals.holds, totals.fees];
    money.push(model.pool(viewer, NATIVE).free);
    money.extend(payable);
    money.extend(model.life(of.id()).map(|life| due(model, life)));
    money
}

fn settling(model: &Model, of: Of, perform: Perform) -> Checked {
    let mut settled = model.clone();
    if !perform(&mut settled, Move::Settle(of)).is_some_and(|o| o.is_ok()) {
        return Err("it cannot be settled".into());
    }
    let mut again = settled.clone();
    let said = perform(&mut again, Move::Settle(of));
    let nothing = Some(Outcome::Meter(Ok(Value::Amount(0))));
    ensure(said == nothing && again == settled, || {
        format!("settling again answers {said:?}")
    })?;
    for time in TIMES {
        let (mut twice, mut once) = (settled.clone(), model.clone());
        for model in [&mut twice, &mut once] {
            // The same time for both, though they may have other instants ahead.
            perform(model, time);
        }
        let later = twice.now_ms.max(once.now_ms);
        for model in [&mut twice, &mut once] {
            model.advance(later - model.now_ms);
            perform(model, Move::Settle(of));
        }
        let (twice, once) = (money(&twice, of), money(&once, of));
        ensure(twice == once, || {
            format!("{time:?} and settling gives {once:?}, settled before too {twice:?}")
        })?;
    }
    Ok(())
}

fn pausing(model: &Model, of: Of, perform: Perform) -> Checked {
    let (mut paused, mut plain) = (model.clone(), model.clone());
    let both = [Move::Pause(of), Move::Resume(of)];
    let done = both.map(|done| perform(&mut paused, done).is_some_and(|o| o.is_ok()));
    if done != [true, true] {
        return Ok(());
    }
    for time in TIMES {
        ensure(money(&paused, of) == money(&plain, of), || {
            format!("{:?} before {time:?}, {:?}", money(&paused, of), money(&plain, of))
        })?;
        perform(&mut paused, time);
        perform(&mut plain, time);
        ensure(paused.now_ms == plain.now_ms, || "another end".into())?;
    }
    ensure(money(&paused, of) == money(&plain, of), || "other money".into())
}
