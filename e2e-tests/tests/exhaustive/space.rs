//! The state space, as the model checker walks it.

use crate::{
    bounds::Bounds,
    commute,
    faults::{self, Fault},
    leave::{self, WAYS},
    moves::Move,
    record::Record,
    rules::{Checked, Step},
    scene::Scene,
    twins,
    view::{control, View},
};
use stateright::{Checker, HasDiscoveries, Model as Checkable, Property};
use std::{
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use vilokanam_e2e::model::{Model, Outcome};
use vilokanam_interfaces::{AccountId, Hash as CodeHash};

/// A configuration, and what was seen of it.
pub struct Space {
    pub bounds: Bounds,
    record: Arc<Record>,
    code: CodeHash,
    first: State,
    fault: Option<Fault>,
}

/// A situation, with one history that leads to it.
#[derive(Clone)]
pub struct State {
    /// Behind a lock only because the model cannot be shared between threads.
    model: Arc<Mutex<Model>>,
    view: Arc<View>,
    /// What did not hold on the way to it.
    wrong: Option<Arc<str>>,
}

impl State {
    fn new(model: Model, bounds: &Bounds, wrong: Option<String>) -> Self {
        Self {
            view: Arc::new(View::of(&model, bounds)),
            model: Arc::new(Mutex::new(model)),
            wrong: wrong.map(Into::into),
        }
    }

    /// The situation with its history.
    pub fn model(&self) -> Model {
        let model = self.model.lock();
        model.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.view == other.view && self.wrong.is_some() == other.wrong.is_some()
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.view.hash(hasher);
        self.wrong.is_some().hash(hasher);
    }
}

impl Space {
    pub fn new(bounds: Bounds, fault: Option<Fault>) -> Self {
        let scene = Scene::new(&bounds);
        let first = State::new(scene.model, &bounds, None);
        let record = Arc::new(Record::new(&first.view));
        Self {
            code: scene.next_code,
            bounds,
            record,
            first,
            fault,
        }
    }

    /// Lets something happen; what was answered, unless it is time passing.
    pub fn perform(&self, model: &mut Model, done: Move) -> Option<Outcome> {
        perform(model, done, &self.bounds, self.code, self.fault)
    }

    /// Whether what must hold of a situation does; why not is noted.
    fn is_sound(&self, state: &State) -> bool {
        let inspected = self.inspect(state);
        if let Err(why) = &inspected {
            self.record.note(why);
        }
        inspected.is_ok()
    }

    /// What must hold of a situation, whatever led there.
    fn inspect(&self, state: &State) -> Checked {
        let model = state.model();
        let apply = |model: &mut Model, caller: AccountId, action: &_| {
            faults::apply(self.fault, model, caller, action).is_ok()
        };
        for way in WAYS {
            leave::everybody(&model, &self.bounds, way, &apply)?;
        }
        commute::check(&model, &self.bounds, &|model, done| self.perform(model, done))
    }
}

/// Lets something happen in a model; what was answered, unless it is time passing.
pub fn perform(
    model: &mut Model,
    done: Move,
    bounds: &Bounds,
    code: CodeHash,
    fault: Option<Fault>,
) -> Option<Outcome> {
    if let Some(ms) = done.waits(model, bounds) {
        model.advance(ms);
        return None;
    }
    let (caller, action) = done.message(model, bounds, code)?;
    Some(faults::apply(fault, model, caller, &action))
}

impl Checkable for Space {
    type State = State;
    type Action = Move;

    fn init_states(&self) -> Vec<State> {
        vec![self.first.clone()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Move>) {
        if state.wrong.is_none() {
            actions.extend(Move::all(&state.model(), &self.bounds));
        }
    }

    fn next_state(&self, state: &State, done: Move) -> Option<State> {
        let before = state.model();
        let mut after = before.clone();
        let outcome = self.perform(&mut after, done);
        let step = Step {
            bounds: &self.bounds,
            before: &before,
            after: &after,
            done,
            outcome: outcome.as_ref(),
        };
        let wrong = step.check().err();
        let label = outcome.as_ref().map_or("time passes".into(), Outcome::label);
        let class = (done.kind(), label, control(&before, &self.bounds));
        self.record.tried(class, &state.view, done);
        if wrong.is_none() && outcome.is_some_and(|outcome| !outcome.is_ok()) {
            return None;
        }
        let mut next = State::new(after, &self.bounds, wrong);
        if let Some(twin) = self.record.reached(&next.view, &state.view, done, &next.model) {
            let twin = twin.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let alike = twins::alike(&next.model(), &twin, &self.bounds, &|model, done| {
                self.perform(model, done)
            });
            next.wrong = next.wrong.or(alike.err().map(Into::into));
        }
        if let Some(why) = &next.wrong {
            self.record.note(why);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every transition keeps the laws", |_, state: &State| {
                state.wrong.is_none()
            }),
            Property::always("everybody gets out, and order does not matter", |space: &Self, state: &State| {
                state.wrong.is_some() || space.is_sound(state)
            }),
        ]
    }
}

/// What a walk found.
pub struct Walk {
    pub bounds: Bounds,
    pub record: Arc<Record>,
    /// Situations, the transitions that led to them, and the longest of the shortest paths.
    pub unique: usize,
    pub transitions: usize,
    pub depth: usize,
    pub seconds: f64,
    /// What did not hold, and the path to it.
    pub failure: Option<String>,
}

/// Goes through all of a space, or to the first thing that does not hold.
pub fn walk(bounds: Bounds, fault: Option<Fault>, threads: usize) -> Walk {
    let began = Instant::now();
    let space = Space::new(bounds.clone(), fault);
    let record = Arc::clone(&space.record);
    let checker = space.checker().threads(threads);
    let checker = checker.finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let found = checker.discoveries().into_iter().next();
    let failure = found.map(|(property, path)| {
        let path = path.into_actions();
        let path: Vec<_> = path.iter().map(|done| format!("{done:?}")).collect();
        let why = record.why().unwrap_or_default();
        format!("not so in \"{}\": {property}: {why}\nafter {}", bounds.name, path.join(", "))
    });
    Walk {
        unique: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        seconds: began.elapsed().as_secs_f64(),
        bounds,
        record,
        failure,
    }
}
