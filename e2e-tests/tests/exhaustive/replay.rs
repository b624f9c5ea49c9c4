//! The same on the real contracts: transitions that the model checker went through are sent to the embedded chain, in the situation in which it
//! found them, and the answer and all that can be read after it are compared with the model.

use crate::{
    bounds::Bounds,
    moves::{self, sign, Move},
    record::{key_of, Key},
    rules::{ensure, Checked},
    scene::{Scene, PAYEES, STREAM, UPGRADED},
    space::Walk,
    view::View,
};
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    fmt::Debug,
    time::Instant,
};
use vilokanam_chain::{account, administered, Calls, Snapshot};
use vilokanam_e2e::model::Model;
use vilokanam_interfaces::{
    Administered, PaymentHandler, StreamRegistry, TickLifecycle, TickStream, NATIVE,
};

/// What was replayed.
#[derive(Debug, Default)]
pub struct Replayed {
    wanted: usize,
    situations: usize,
    steps: usize,
    refused: usize,
    reads: usize,
    seconds: f64,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "on the contracts: {} transitions wanted, in {} situations; {} steps sent, {} of them refused, {} reads compared, {:.1} s",
            self.wanted, self.situations, self.steps, self.refused, self.reads, self.seconds
        )
    }
}

/// One transition of each class.
pub fn classes(walk: &Walk) -> Result<Replayed, String> {
    let mut wanted: HashMap<Key, Vec<Move>> = HashMap::new();
    for (at, done) in walk.record.classes().into_values() {
        wanted.entry(at).or_default().push(done);
    }
    Replay::new(walk, Some(wanted)).run()
}

/// Every transition of every situation.
pub fn everything(walk: &Walk) -> Result<Replayed, String> {
    Replay::new(walk, None).run()
}

struct Replay<'a> {
    bounds: &'a Bounds,
    scene: Scene,
    first: Key,
    /// What to send in each situation; `None`: everything.
    wanted: Option<HashMap<Key, Vec<Move>>>,
    /// Which situations each leads to, of those that are needed.
    children: HashMap<Key, Vec<(Move, Key)>>,
    path: Vec<Move>,
    done: Replayed,
}

impl<'a> Replay<'a> {
    fn new(walk: &'a Walk, wanted: Option<HashMap<Key, Vec<Move>>>) -> Self {
        let parents = walk.record.parents();
        let mut needed: BTreeSet<Key> = match &wanted {
            Some(wanted) => wanted.keys().copied().collect(),
            None => parents.keys().copied().collect(),
        };
        // And all that lead there.
        for key in needed.clone() {
            let mut at = key;
            while let Some((parent, _)) = parents.get(&at) {
                if !needed.insert(*parent) && at != key {
                    break;
                }
                at = *parent;
            }
        }
        let mut children: HashMap<Key, Vec<(Move, Key)>> = HashMap::new();
        for key in &needed {
            if let Some((parent, done)) = parents.get(key) {
                children.entry(*parent).or_default().push((*done, *key));
            }
        }
        let count = wanted.iter().flat_map(|w| w.values()).map(Vec::len).sum();
        Self {
            bounds: &walk.bounds,
            scene: Scene::new(&walk.bounds),
            first: walk.record.first,
            wanted,
            children,
            path: Vec::new(),
            done: Replayed {
                wanted: count,
                ..Replayed::default()
            },
        }
    }

    fn run(mut self) -> Result<Replayed, String> {
        let began = Instant::now();
        let first = self.first;
        self.visit(first).map_err(|why| {
            format!("on the contracts, \"{}\": {why}\nafter {:?}", self.bounds.name, self.path)
        })?;
        self.done.seconds = began.elapsed().as_secs_f64();
        Ok(self.done)
    }

    fn visit(&mut self, key: Key) -> Checked {
        let view = View::of(&self.scene.model, self.bounds);
        ensure(key_of(&view) == key, || "another situation than the checker's".into())?;
        let children = self.children.remove(&key).unwrap_or_default();
        let mut wanted = match &mut self.wanted {
            Some(wanted) => wanted.remove(&key).unwrap_or_default(),
            None => {
                let all = Move::all(&self.scene.model, self.bounds);
                self.done.wanted += all.len();
                all
            }
        };
        wanted.retain(|done| !children.iter().any(|child| child.0 == *done));
        self.done.situations += 1;
        let model = self.scene.model.clone();
        // A refusal changes nothing; only what is done must be taken back.
        let mut here: Option<Snapshot> = None;
        let last = children.len() + wanted.len();
        let all = wanted.into_iter().map(|done| (done, None));
        let all = all.chain(children.into_iter().map(|(done, key)| (done, Some(key))));
        for (place, (done, child)) in all.enumerate() {
            if here.is_none() && place + 1 < last {
                here = Some(self.scene.chain.snapshot());
            }
            self.path.push(done);
            let changed = self.step(done)?;
            if let Some(child) = child {
                self.visit(child)?;
            }
            self.path.pop();
            if let Some(here) = here.as_ref().filter(|_| changed) {
                self.scene.chain.restore(here);
                self.scene.model = model.clone();
            }
        }
        Ok(())
    }

    /// One transition of both; whether it changed anything.
    fn step(&mut self, done: Move) -> Result<bool, String> {
        self.done.steps += 1;
        if let Some(ms) = done.waits(&self.scene.model, self.bounds) {
            self.scene.chain.advance(ms);
            self.scene.model.advance(ms);
            return Ok(true);
        }
        let message = done.message(&self.scene.model, self.bounds, self.scene.next_code);
        let (caller, action) = message.ok_or("no message")?;
        let outcome = self.scene.both(caller, 0, &sign(action))?;
        if !outcome.is_ok() {
            self.done.refused += 1;
            return Ok(false);
        }
        self.compare()?;
        Ok(true)
    }

    fn same<T: PartialEq + Debug>(&mut self, what: impl Debug, predicted: T, real: T) -> Checked {
        self.done.reads += 1;
        ensure(predicted == real, || {
            format!("{what:?}: the model has {predicted:?}, the contracts {real:?}")
        })
    }

    /// All that can be read.
    fn compare(&mut self) -> Checked {
        let trap = |trap: vilokanam_chain::Trap| trap.to_string();
        let suite = self.scene.suite;
        let model: Model = self.scene.model.clone();
        for of in moves::sessions(&model, self.bounds) {
            let real = self.scene.chain.read(suite.lifecycle().session(of.id())).map_err(trap)?;
            self.same(("session", of), model.session(of.id()), real)?;
            let at = model.seat_of(of.id()).ok_or("no seat")?;
            let real = self.scene.chain.read(suite.lifecycle().session_at(at)).map_err(trap)?;
            let seated = model.life(of.id()).is_some_and(|life| life.seated());
            self.same(("seat", of), seated, real.is_some())?;
            if let (Some(real), Some(life)) = (real, model.life(of.id())) {
                let predicted = (life.hold(), life.settled(), life.voucher_amount(), life.exit_ms);
                let real = (real.hold, real.settled, real.voucher_amount, real.exit_ms);
                self.same(("seat", of), predicted, real)?;
            }
        }
        for place in 0..self.bounds.viewers {
            let viewer = moves::viewer(place);
            let real = self.scene.chain.read(suite.payments().pool(viewer, NATIVE)).map_err(trap)?;
            self.same(("pool", place), model.pool(viewer, NATIVE), real)?;
            let mut real = self.scene.chain.read(suite.meter().viewer(viewer)).map_err(trap)?;
            real.open.sort_by_key(|open| open.number);
            self.same(("viewer", place), model.viewer(viewer), real)?;
        }
        for name in PAYEES {
            let read = suite.payments().payable(account(name), NATIVE);
            let real = self.scene.chain.read(read).map_err(trap)?;
            self.same(("payable", name), model.payable(account(name), NATIVE), real)?;
        }
        let real = self.scene.chain.read(suite.payments().totals(NATIVE)).map_err(trap)?;
        self.same("totals", model.totals(NATIVE), real)?;
        let vault = self.scene.chain.native_balance(suite.payments) - self.scene.floor;
        self.same("vault", model.vault(NATIVE), Some(vault))?;
        let real = self.scene.chain.read(suite.meter().audience(STREAM)).map_err(trap)?;
        self.same("audience", model.audience(STREAM), real)?;
        let real = self.scene.chain.read(suite.registry().stream(STREAM)).map_err(trap)?;
        let broadcast = model.stream(STREAM).map_or(0, |s| s.broadcast);
        self.same("stream", model.stream(STREAM), real)?;
        let read = suite.registry().broadcast(STREAM, broadcast);
        let real = self.scene.chain.read(read).map_err(trap)?;
        self.same("broadcast", model.broadcast(STREAM, broadcast), real)?;
        let meter = administered(suite.meter);
        let real = self.scene.chain.read(meter.administration()).map_err(trap)?;
        self.same("code", model.admin(UPGRADED).code, real.code_hash)
    }
}
