//! The state space, as the model checker walks it.

use crate::{
    bounds::Bounds,
    commute,
    faults::{self, Fault},
    leave::{self, Event, WAYS},
    moves::Move,
    record::Record,
    rules::{ensure, Checked, Step},
    scene::Scene,
    twins,
    view::{control, View},
};
use stateright::{Checker, HasDiscoveries, Model as Checkable, Property};
use std::{
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use vilokanam_e2e::model::{Model, Outcome};
use vilokanam_interfaces::Hash as CodeHash;

/// How often a walk tells how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(30);

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

    /// Where it begins.
    pub fn first(&self) -> Model {
        self.first.model()
    }

    /// Lets something happen; what was answered, unless it is time passing.
    pub fn perform(&self, model: &mut Model, done: Move) -> Option<Outcome> {
        perform(model, done, &self.bounds, self.code, self.fault)
    }

    /// Whether what must hold of a situation does; why not is noted.
    fn is_sound(&self, state: &State) -> bool {
        if self.record.is_over() {
            return true;
        }
        let inspected = self.inspect(state);
        if let Err(why) = &inspected {
            self.record.fails(why, &state.view, None);
        }
        inspected.is_ok()
    }

    /// What must hold of a situation, whatever led there.
    fn inspect(&self, state: &State) -> Checked {
        let model = state.model();
        for way in WAYS {
            leave::everybody(&model, &self.bounds, way, &mut |model, event| match event {
                Event::Time(ms) => {
                    model.advance(ms);
                    Ok(())
                }
                Event::Message(caller, action) => {
                    let outcome = faults::apply(self.fault, model, caller, &action);
                    ensure(outcome.is_ok(), || format!("{action:?}: {outcome:?}"))
                }
            })?;
        }
        commute::check(&model, &self.bounds, &|model, done| {
            self.perform(model, done)
        })
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
        // The first thing that does not hold ends the walk.
        if !self.record.is_over() {
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
        let label = outcome
            .as_ref()
            .map_or("time passes".into(), Outcome::label);
        let class = (done.kind(), label, control(&before, &self.bounds, done));
        self.record.tried(class, &state.view, done);
        if wrong.is_none() && outcome.is_some_and(|outcome| !outcome.is_ok()) {
            return None;
        }
        let mut next = State::new(after, &self.bounds, wrong);
        let twin = self
            .record
            .reached(&next.view, &state.view, done, &next.model);
        // Wrong rules may well go by what a view forgets: laws must find them.
        if let Some(twin) = twin.filter(|_| self.fault.is_none()) {
            let twin = twin.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let alike = twins::alike(&next.model(), &twin, &self.bounds, &|model, done| {
                self.perform(model, done)
            });
            next.wrong = next.wrong.or(alike.err().map(Into::into));
        }
        if let Some(why) = &next.wrong {
            self.record.fails(why, &state.view, Some(done));
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every transition keeps the laws", |_, state: &State| {
                state.wrong.is_none()
            }),
            Property::always(
                "everybody gets out, and order does not matter",
                |space: &Self, state: &State| state.wrong.is_some() || space.is_sound(state),
            ),
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
    let checker = checker.spawn_bfs();
    let mut told = began;
    while !checker.is_done() {
        thread::sleep(Duration::from_millis(5));
        if told.elapsed() > TOLD_EVERY {
            told = Instant::now();
            let (unique, depth) = (checker.unique_state_count(), checker.max_depth());
            println!("{}: {unique} situations so far, {depth} deep", bounds.name);
        }
    }
    let checker = checker.join();
    let failure = record.failure().map(|(why, path)| {
        let path: Vec<_> = path.iter().map(|done| format!("{done:?}")).collect();
        format!("in \"{}\": {why}\nafter {}", bounds.name, path.join(", "))
    });
    record.allow();
    let discovered = checker.discoveries().into_keys().collect::<Vec<_>>();
    let agreed = failure.is_some() != discovered.is_empty();
    assert!(
        agreed,
        "the checker says {discovered:?}, and this {failure:?}"
    );
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
