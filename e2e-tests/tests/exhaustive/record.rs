//! What a walk through a space remembers: how each situation was reached first, one way to each class of transitions, and histories to
//! compare with others that meet them.

use crate::{moves::Move, view::View};
use std::{
    collections::{hash_map::DefaultHasher, BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        Arc, Mutex, MutexGuard, PoisonError,
    },
};
use vilokanam_e2e::model::Model;

/// A situation, as a number.
pub type Key = u64;
/// What was tried, what was answered, and where, roughly.
pub type Class = (String, String, String);
/// One history of a situation.
type History = Arc<Mutex<Model>>;

/// One in so many situations is kept, to compare others' histories with it.
const TWINS_EVERY: Key = 8;
/// And compared so often.
const TWINS_EACH: usize = 2;

pub fn key_of(view: &View) -> Key {
    let mut hasher = DefaultHasher::new();
    view.hash(&mut hasher);
    hasher.finish()
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Record {
    pub first: Key,
    /// From where, and by what, each situation was reached first.
    parents: Mutex<HashMap<Key, (Key, Move)>>,
    classes: Mutex<BTreeMap<Class, (Key, Move)>>,
    twins: Mutex<HashMap<Key, (History, usize)>>,
    tried: AtomicUsize,
    compared: AtomicUsize,
    failure: Mutex<Option<(String, Vec<Move>)>>,
    /// Whether the walk ends here: something failed.
    over: AtomicBool,
}

impl Record {
    pub fn new(first: &View) -> Self {
        Self {
            first: key_of(first),
            parents: Mutex::default(),
            classes: Mutex::default(),
            twins: Mutex::default(),
            tried: AtomicUsize::new(0),
            compared: AtomicUsize::new(0),
            failure: Mutex::default(),
            over: AtomicBool::new(false),
        }
    }

    /// Something was tried in a situation, refused or not.
    pub fn tried(&self, class: Class, at: &View, done: Move) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        let at = key_of(at);
        open(&self.classes).entry(class).or_insert((at, done));
    }

    /// A situation was reached. Another history that leads there, if these two should be compared.
    pub fn reached(
        &self,
        view: &View,
        from: &View,
        by: Move,
        history: &History,
    ) -> Option<History> {
        let (key, from) = (key_of(view), key_of(from));
        let mut parents = open(&self.parents);
        let new = key != self.first && !parents.contains_key(&key);
        if new {
            parents.insert(key, (from, by));
        }
        drop(parents);
        if !key.is_multiple_of(TWINS_EVERY) {
            return None;
        }
        let mut twins = open(&self.twins);
        if new {
            twins.insert(key, (Arc::clone(history), 0));
            return None;
        }
        let (twin, times) = twins.get_mut(&key)?;
        if *times >= TWINS_EACH || Arc::ptr_eq(twin, history) {
            return None;
        }
        *times += 1;
        self.compared.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(twin))
    }

    /// Something does not hold in a situation, or after a move in it. The first time is kept, and what led there.
    pub fn fails(&self, why: &str, at: &View, then: Option<Move>) {
        let mut failure = open(&self.failure);
        if failure.is_none() {
            let path = self.path(key_of(at)).into_iter().chain(then).collect();
            *failure = Some((why.into(), path));
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// What does not hold, and the moves that led there.
    pub fn failure(&self) -> Option<(String, Vec<Move>)> {
        open(&self.failure).clone()
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The checker goes along its paths again.
    pub fn allow(&self) {
        self.over.store(false, Ordering::Relaxed);
    }

    /// How a situation was reached first.
    fn path(&self, key: Key) -> Vec<Move> {
        let parents = open(&self.parents);
        let steps = std::iter::successors(parents.get(&key), |(from, _)| parents.get(from));
        let mut path: Vec<_> = steps.map(|(_, done)| *done).collect();
        path.reverse();
        path
    }

    /// Whether the walk came by here.
    pub fn knows(&self, view: &View) -> bool {
        let key = key_of(view);
        key == self.first || open(&self.parents).contains_key(&key)
    }

    /// How many messages and times were tried in all.
    pub fn all_tried(&self) -> usize {
        self.tried.load(Ordering::Relaxed)
    }

    /// How many pairs of histories were compared.
    pub fn all_compared(&self) -> usize {
        self.compared.load(Ordering::Relaxed)
    }

    pub fn classes(&self) -> BTreeMap<Class, (Key, Move)> {
        open(&self.classes).clone()
    }

    pub fn parents(&self) -> HashMap<Key, (Key, Move)> {
        open(&self.parents).clone()
    }
}
