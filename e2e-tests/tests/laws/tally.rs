//! How often each message was tried, and what it answered.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Counts of all runs: by message, then by answer.
static COUNTS: Mutex<BTreeMap<String, BTreeMap<String, u64>>> = Mutex::new(BTreeMap::new());

/// The answer of a message that succeeded.
const OK: &str = "ok";
/// Beside its answer: storage deposit came back to the caller.
const REFUND: &str = "(deposit back)";

/// Counts of one run, added to those of all when it ends.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, BTreeMap<String, u64>>);

impl Tally {
    pub fn count(&mut self, message: String, answer: String) {
        let answers = self.0.entry(message).or_default();
        *answers.entry(answer).or_default() += 1;
    }

    /// Notes that a message gave its caller some storage deposit back.
    pub fn refund(&mut self, message: String) {
        let answers = self.0.entry(message).or_default();
        *answers.entry(REFUND.into()).or_default() += 1;
    }

    /// Adds the run to all.
    pub fn publish(self) {
        let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        for (message, answers) in self.0 {
            let sums = counts.entry(message).or_default();
            for (answer, count) in answers {
                *sums.entry(answer).or_default() += count;
            }
        }
    }
}

/// The table of all runs, and how many messages were sent.
pub fn table() -> (String, u64) {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = format!("{:<28} {:>8} {:>8}  refused\n", "message", "tried", "ok");
    let mut all = 0;
    for (message, answers) in counts.iter() {
        let answered = answers.iter().filter(|(answer, _)| *answer != REFUND);
        let tried: u64 = answered.map(|(_, count)| count).sum();
        let ok = answers.get(OK).copied().unwrap_or(0);
        let refused = answers.iter().filter(|(answer, _)| *answer != OK);
        let refused: Vec<_> = refused.map(|(a, n)| format!("{a} {n}")).collect();
        text += &format!("{message:<28} {tried:>8} {ok:>8}  {}\n", refused.join(", "));
        all += tried;
    }
    (text, all)
}

/// Those refusals that no message was ever given.
pub fn never_refused(refusals: &[(&str, &[&str])]) -> Vec<String> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let all = refusals
        .iter()
        .flat_map(|(message, answers)| answers.iter().map(move |answer| (*message, *answer)));
    let never = all.filter(|(message, answer)| {
        let answers = counts.get(*message);
        !answers.is_some_and(|answers| answers.contains_key(*answer))
    });
    never
        .map(|(message, answer)| format!("{message}: {answer}"))
        .collect()
}

/// Those of `messages` that never succeeded.
pub fn never_succeeded(messages: &[&str]) -> Vec<String> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let ok = |message: &&&str| {
        let answers = counts.get(**message);
        answers.is_some_and(|answers| answers.contains_key(OK))
    };
    let never = messages.iter().filter(|message| !ok(message));
    never.map(|message| (*message).into()).collect()
}
