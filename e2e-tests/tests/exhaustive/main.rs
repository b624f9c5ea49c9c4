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
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeSet,
    env,
    sync::{Mutex, PoisonError},
    thread,
};

fn is_long() -> bool {
    match env::var("EXHAUSTIVE").as_deref() {
        Ok("long") => true,
        Ok(other) if !other.is_empty() => panic!("EXHAUSTIVE={other}: there is only `long`"),
        _ => false,
    }
}

/// Random histories in each configuration, and moves in each.
const WANDERINGS: usize = 100;
const WANDERING: usize = 60;

/// The configurations to walk.
fn chosen() -> Vec<Bounds> {
    let all = match is_long() {
        true => bounds::long(),
        false => bounds::short(),
    };
    let only = env::var("EXHAUSTIVE_ONLY").unwrap_or_default();
    let chosen: Vec<_> = all.into_iter().filter(|b| b.name.contains(&only)).collect();
    assert!(
        !chosen.is_empty(),
        "EXHAUSTIVE_ONLY={only}: none has this name"
    );
    chosen
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get())
}

fn told(walk: &space::Walk) -> String {
    format!(
        "{}: {} situations, {} transitions, {} messages and times tried, {} deep, {} classes, {} pairs of histories alike, {:.1} s",
        walk.bounds.name,
        walk.unique,
        walk.transitions,
        walk.record.all_tried(),
        walk.depth,
        walk.record.classes().len(),
        walk.record.all_compared(),
        walk.seconds,
    )
}

/// Random histories, far longer than the checker's, lead to no situation that it did not see.
fn wander(walk: &space::Walk) {
    let space = space::Space::new(walk.bounds.clone(), None);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..WANDERINGS {
        let mut model = space.first();
        let mut path = Vec::new();
        for _ in 0..WANDERING {
            let all = moves::Move::all(&model, &walk.bounds);
            let done = all[rng.random_range(0..all.len())];
            path.push(done);
            space.perform(&mut model, done);
            let known = walk.record.knows(&view::View::of(&model, &walk.bounds));
            assert!(known, "{path:?} leads out of what was checked");
        }
    }
}

/// One configuration: walked, wandered in, and replayed on the contracts.
fn check(bounds: Bounds) {
    let walk = space::walk(bounds, None, 1);
    if let Some(why) = &walk.failure {
        panic!("{why}");
    }
    assert!(
        walk.record.all_compared() > 0,
        "no two histories were compared"
    );
    wander(&walk);
    let replayed = replay::classes(&walk).unwrap_or_else(|why| panic!("{why}"));
    println!("{}\n  {replayed}", told(&walk));
}

#[test]
fn no_interleaving_breaks_a_law_or_leaves_money_behind() {
    let waiting = Mutex::new(chosen());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || {
        while let Some(bounds) = next() {
            check(bounds);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads()).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().expect("a configuration failed: see above");
        }
    });
}

#[test]
fn the_contracts_answer_every_transition_of_the_smallest_spaces() {
    let all = match is_long() {
        true => bounds::tiny(),
        false => bounds::tiniest(),
    };
    for bounds in all {
        let walk = space::walk(bounds, None, 1);
        if let Some(why) = &walk.failure {
            panic!("{why}");
        }
        let replayed = replay::everything(&walk).unwrap_or_else(|why| panic!("{why}"));
        println!("{}\n  {replayed}", told(&walk));
    }
}

#[test]
fn every_fault_is_found() {
    let mut sound = BTreeSet::new();
    for (fault, bounds) in faults::all() {
        if sound.insert(bounds.name) {
            let failure = space::walk(bounds.clone(), None, 1).failure;
            assert_eq!(failure, None, "without a fault");
        }
        let Some(why) = space::walk(bounds, Some(fault), 1).failure else {
            panic!("{fault:?} is not found");
        };
        println!("{fault:?}: {why}");
    }
}
