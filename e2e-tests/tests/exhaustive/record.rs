//! What a walk through a space remembers: how each situation was reached first, one way to each class of transitions, and histories to
//! compare with others that meet them.

use crate::{moves::Move, view::View};
use std::{
    collections::{hash_map::DefaultHasher, BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::{
        atomic::{AtomicUsize, Ordering},
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
const TWINS_EVERY: Key = 16;
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
    why: Mutex<Option<String>>,
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
            why: Mutex::default(),
        }
    }

    /// Something was tried in a situation, refused or not.
    pub fn tried(&self, class: Class, at: &View, done: Move) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        let at = key_of(at);
        open(&self.classes).entry(class).or_insert((at, done));
    }

    /// A situation was reached. Another history that leads there, if these two should be compared.
    pub fn reached(&self, view: &View, from: &View, by: Move, history: &History) -> Option<History> {
        let (key, from) = (key_of(view), key_of(from));
        let mut parents = open(&self.parents);
        let new = key != self.first && !parents.contains_key(&key);
        if new {
            parents.insert(key, (from, by));
        }
        drop(parents);
        if key % TWINS_EVERY != 0 {
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

    /// Why something did not hold, the first time.
    pub fn note(&self, why: &str) {
        open(&self.why).get_or_insert_with(|| why.into());
    }

    pub fn why(&self) -> Option<String> {
        open(&self.why).clone()
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
