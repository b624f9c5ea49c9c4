//! A run as plain numbers: what proptest draws and shrinks. Each step picks among what exists when it is carried out.

use proptest::{
    prelude::RngExt,
    strategy::{NewTree, Strategy, ValueTree},
    test_runner::TestRunner,
};

/// How many numbers a step has: the first says what is done, the others with what.
const NUMBERS: usize = 16;

/// One step of a run.
pub type Step = [u16; NUMBERS];

/// A run: which deployment it starts from, and its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Chooses the deployment.
    pub base: u16,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Runs of so many steps on average; some are twice as long.
#[derive(Debug, Clone, Copy)]
pub struct Scripts {
    /// The average.
    pub steps: usize,
}

impl Strategy for Scripts {
    type Tree = ScriptTree;
    type Value = Script;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let rng = runner.rng();
        let length = rng.random_range(self.steps / 2..=self.steps + self.steps / 2);
        let steps = (0..length).map(|_| rng.random()).collect();
        let base = rng.random();
        Ok(ScriptTree::new(Script { base, steps }))
    }
}

/// What was tried last, and how to take it back.
#[derive(Debug, Clone)]
enum Tried {
    Nothing,
    Removed(usize, Vec<Step>),
    Lowered(usize, u16),
}

/// Shrinks a script: first takes out steps, half of them at a time, the last first; then lowers numbers.
#[derive(Debug, Clone)]
pub struct ScriptTree {
    script: Script,
    /// How many steps are taken out at once; zero when only numbers are left to lower.
    chunk: usize,
    /// Up to where steps are still to be tried, or which number is next.
    at: usize,
    tried: Tried,
}

impl ScriptTree {
    fn new(script: Script) -> Self {
        let length = script.steps.len();
        Self {
            chunk: length.div_ceil(2),
            at: length,
            script,
            tried: Tried::Nothing,
        }
    }

    fn number(&mut self, at: usize) -> Option<&mut u16> {
        let step = self.script.steps.get_mut(at / NUMBERS)?;
        step.get_mut(at % NUMBERS)
    }
}

impl ValueTree for ScriptTree {
    type Value = Script;

    fn current(&self) -> Script {
        self.script.clone()
    }

    fn simplify(&mut self) -> bool {
        while self.chunk > 0 {
            if self.at > 0 {
                let end = self.at.min(self.script.steps.len());
                let start = end.saturating_sub(self.chunk);
                self.at = start;
                if start < end {
                    let removed = self.script.steps.drain(start..end).collect();
                    self.tried = Tried::Removed(start, removed);
                    return true;
                }
            } else {
                self.chunk /= 2;
                self.at = match self.chunk {
                    0 => 0,
                    _ => self.script.steps.len(),
                };
            }
        }
        loop {
            let at = self.at;
            self.at += 1;
            let Some(number) = self.number(at) else {
                self.tried = Tried::Nothing;
                return false;
            };
            // What is done stays: only with what is made simpler.
            if !at.is_multiple_of(NUMBERS) && *number > 0 {
                let old = std::mem::take(number);
                self.tried = Tried::Lowered(at, old);
                return true;
            }
        }
    }

    /// Takes back what was tried, and tries the next: what was there is known to fail.
    fn complicate(&mut self) -> bool {
        match std::mem::replace(&mut self.tried, Tried::Nothing) {
            Tried::Nothing => return false,
            Tried::Removed(start, steps) => {
                self.script.steps.splice(start..start, steps);
            }
            Tried::Lowered(at, old) => {
                if let Some(number) = self.number(at) {
                    *number = old;
                }
            }
        }
        self.simplify()
    }
}

/// The numbers of a step, drawn one after the other; zeros when there are no more. Zero is the plainest choice.
pub struct Dice<'a>(std::slice::Iter<'a, u16>);

impl<'a> Dice<'a> {
    pub fn new(step: &'a Step) -> Self {
        Self(step[1..].iter())
    }

    /// A number below `sides`; zero if there are no sides.
    pub fn roll(&mut self, sides: usize) -> usize {
        let number = usize::from(self.0.next().copied().unwrap_or(0));
        number.checked_rem(sides).unwrap_or(0)
    }

    /// Two questions with one number: below `a`, and below `b`.
    pub fn roll2(&mut self, a: usize, b: usize) -> (usize, usize) {
        let both = self.roll(a * b);
        (both % a, both / a)
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let place = self.roll(from.len());
        from.get(place).cloned()
    }

    /// True about once in `times`; never for zero.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.roll(times) == times - 1
    }
}
