//! The life cycle of sessions and vouchers, exhaustively: every interleaving of everything that can happen, within small bounds. See
//! `docs/exhaustive.md`.
//!
//! A model checker walks the independent model ([`space`]); what must hold is in [`rules`], of every transition, and in [`leave`] and
//! [`commute`], of every situation. The real contracts on the embedded chain answer one transition of every class there was, and every
//! transition of the smallest spaces ([`replay`]). Rules that are wrong on purpose are found ([`faults`]).
//!
//! `EXHAUSTIVE=long` takes larger bounds; `EXHAUSTIVE_ONLY`: the configurations whose names contain this.

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod bounds;
mod commute;
mod faults;
mod leave;
mod moves;
#[path = "../laws/real.rs"]
mod real;
mod record;
mod replay;
mod rules;
mod scene;
mod space;
mod twins;
mod view;

use bounds::Bounds;
use std::{env, thread};

/// The configurations to walk.
fn chosen() -> Vec<Bounds> {
    let all = match env::var("EXHAUSTIVE").as_deref() {
        Ok("long") => bounds::long(),
        Ok(other) if !other.is_empty() => panic!("EXHAUSTIVE={other}: there is only `long`"),
        _ => bounds::short(),
    };
    let only = env::var("EXHAUSTIVE_ONLY").unwrap_or_default();
    all.into_iter().filter(|b| b.name.contains(&only)).collect()
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get())
}

fn told(walk: &space::Walk) {
    println!(
        "{}: {} situations, {} transitions, {} messages and times tried, {} deep, {} classes, {} pairs of histories alike, {:.1} s",
        walk.bounds.name,
        walk.unique,
        walk.transitions,
        walk.record.all_tried(),
        walk.depth,
        walk.record.classes().len(),
        walk.record.all_compared(),
        walk.seconds,
    );
}

#[test]
fn no_interleaving_breaks_a_law_or_leaves_money_behind() {
    for bounds in chosen() {
        let walk = space::walk(bounds, None, threads());
        told(&walk);
        if let Some(why) = &walk.failure {
            panic!("{why}");
        }
        assert!(walk.record.all_compared() > 0, "no two histories were compared");
        let replayed = replay::classes(&walk).unwrap_or_else(|why| panic!("{why}"));
        println!("  {replayed}");
    }
}

#[test]
fn the_contracts_answer_every_transition_of_the_smallest_spaces() {
    for bounds in bounds::tiny() {
        let walk = space::walk(bounds, None, 1);
        told(&walk);
        if let Some(why) = &walk.failure {
            panic!("{why}");
        }
        let replayed = replay::everything(&walk).unwrap_or_else(|why| panic!("{why}"));
        println!("  {replayed}");
    }
}

#[test]
fn every_fault_is_found() {
    for fault in faults::FAULTS {
        let walks = bounds::for_faults().into_iter().map(|bounds| space::walk(bounds, Some(fault), threads()));
        let found = walks.into_iter().find_map(|walk| walk.failure);
        let Some(why) = found else {
            panic!("{fault:?} is not found");
        };
        println!("{fault:?}: {why}");
    }
}
