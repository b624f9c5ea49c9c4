//! Whether a view forgets nothing that matters: two histories that lead to one view answer alike to all that may happen, and lead to one view
//! again.

use crate::{
    bounds::Bounds,
    moves::Move,
    rules::{ensure, Checked},
    view::View,
};
use vilokanam_e2e::model::{Model, Outcome};

/// Lets something happen.
pub type Perform<'a> = &'a dyn Fn(&mut Model, Move) -> Option<Outcome>;

pub fn alike(one: &Model, other: &Model, bounds: &Bounds, perform: Perform) -> Checked {
    let all = Move::all(one, bounds);
    ensure(all == Move::all(other, bounds), || "twins: other moves".into())?;
    for done in all {
        let (mut one, mut other) = (one.clone(), other.clone());
        let said = (perform(&mut one, done), perform(&mut other, done));
        let same = match &said {
            (Some(one), Some(other)) if one.is_ok() => one == other,
            // What is refused may name the instant, which differs.
            (Some(one), Some(other)) => one.label() == other.label(),
            (one, other) => one.is_none() && other.is_none(),
        };
        ensure(same, || format!("twins: {done:?} is answered by {said:?}"))?;
        let views = (View::of(&one, bounds), View::of(&other, bounds));
        ensure(views.0 == views.1, || {
            format!("twins: {done:?} leads to {views:?}")
        })?;
    }
    Ok(())
}
