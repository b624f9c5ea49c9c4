//! New cases of old ones: some steps by the metadata, some bytes against it.

use super::{
    case::{account_ref, signature_ref, Case, Step, MAX_DATA, MAX_STEPS},
    generate::{self, Generator},
    world::World,
};
use rand::{seq::IndexedRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vilokanam_abi::{codec, Abi};

/// Bytes that mean much in SCALE: lengths of one, two and four bytes, and of more than there is.
const MARKS: [&[u8]; 8] = [
    &[0],
    &[1],
    &[0xff],
    &[0xfd, 0xff],
    &[0xfe, 0xff, 0xff, 0xff],
    &[0x03, 0xff, 0xff, 0xff, 0xff],
    &[0xff; 16],
    &[0x02, 0x00, 0x01, 0x00],
];

/// Makes cases, always the same for one seed.
pub struct Mutator {
    rng: ChaCha8Rng,
    accounts: u8,
}

impl Mutator {
    pub fn new(seed: u64, world: &World) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            accounts: world.account_count(),
        }
    }

    /// One of a corpus: the newest half of it as often as all the rest.
    pub fn choose<'a>(&mut self, corpus: &'a [Case]) -> &'a Case {
        let len = corpus.len();
        let from = match self.rng.random_bool(0.3) {
            true => len / 2,
            false => 0,
        };
        &corpus[self.rng.random_range(from..len)]
    }

    /// A case that is a little different from `case`; `other` may lend some of its steps.
    pub fn mutate(&mut self, case: &Case, other: &Case, abis: &[Abi]) -> Case {
        let mut case = case.clone();
        if case.steps.is_empty() {
            case.steps.push(self.fresh(abis));
        }
        for _ in 0..self.rng.random_range(1..4) {
            self.change(&mut case, other, abis);
        }
        case.steps.truncate(MAX_STEPS);
        for step in &mut case.steps {
            step.data.truncate(MAX_DATA);
        }
        case
    }

    fn change(&mut self, case: &mut Case, other: &Case, abis: &[Abi]) {
        let len = case.steps.len();
        let at = self.rng.random_range(0..len);
        match self.rng.random_range(0..20) {
            0..=2 => {
                let place = self.rng.random_range(0..=len);
                case.steps.insert(place, self.fresh(abis));
            }
            3 if len > 1 => drop(case.steps.remove(at)),
            4 => {
                let again = case.steps[at].clone();
                case.steps.insert(at, again);
            }
            5 if len > 1 => case.steps.swap(at, (at + 1) % len),
            6..=7 => {
                // The beginning of one, the end of another.
                let from = self.rng.random_range(0..=other.steps.len());
                case.steps.truncate(at + 1);
                case.steps.extend_from_slice(&other.steps[from..]);
            }
            8..=9 => case.steps[at].caller = self.rng.random_range(0..10),
            10 => self.head(&mut case.steps[at]),
            11..=15 => self.argument(&mut case.steps[at], abis),
            _ => self.bytes(&mut case.steps[at], other),
        }
    }

    /// A step of its own, as the metadata has it.
    fn fresh(&mut self, abis: &[Abi]) -> Step {
        let contract = self.rng.random_range(0..abis.len());
        let abi = &abis[contract];
        let changing: Vec<_> = abi.messages.iter().filter(|m| m.mutates).collect();
        let message = match self.rng.random_bool(0.9) {
            true => *changing.choose(&mut self.rng).expect("some change"),
            false => abi.messages.choose(&mut self.rng).expect("there are some"),
        };
        let mut step = Step {
            contract: contract as u8,
            caller: self.rng.random_range(0..10),
            data: generate::call(abi, message, &mut self.rng, self.accounts),
            ..Step::default()
        };
        if message.payable {
            step.value = self.rng.random_range(0..8);
        }
        if self.rng.random_bool(0.2) {
            step.wait = self.rng.random_range(0..16);
        }
        step
    }

    fn head(&mut self, step: &mut Step) {
        match self.rng.random_range(0..5) {
            0 => step.contract = self.rng.random_range(0..9),
            1 => step.value = self.rng.random_range(0..8),
            2 => step.gas = self.rng.random(),
            _ => step.wait = self.rng.random_range(0..16),
        }
    }

    /// Another value for one argument.
    fn argument(&mut self, step: &mut Step, abis: &[Abi]) {
        let abi = &abis[usize::from(step.contract) % abis.len()];
        let Some((selector, mut rest)) = step.data.split_first_chunk::<4>() else {
            return;
        };
        let Some(message) = abi.messages.iter().find(|m| m.selector == *selector) else {
            return;
        };
        if message.args.is_empty() {
            return;
        }
        let chosen = self.rng.random_range(0..message.args.len());
        let mut data = selector.to_vec();
        for (place, argument) in message.args.iter().enumerate() {
            let before = rest;
            let known = codec::decode(&abi.types, argument.ty.id, &mut rest, abi.accounts).is_ok();
            if place == chosen || !known {
                let mut generator = Generator {
                    rng: &mut self.rng,
                    types: &abi.types,
                    accounts: self.accounts,
                };
                generator.value(argument.ty.id, &argument.label, &mut data);
            } else {
                data.extend(&before[..before.len() - rest.len()]);
            }
        }
        step.data = data;
    }

    /// Bytes, whatever they mean.
    fn bytes(&mut self, step: &mut Step, other: &Case) {
        let data = &mut step.data;
        let len = data.len();
        let at = self.rng.random_range(0..=len);
        match self.rng.random_range(0..10) {
            0 | 1 if at < len => data[at] ^= 1 << self.rng.random_range(0..8),
            2 if at < len => data[at] = self.rng.random(),
            3 => data.truncate(at),
            4 => {
                let more = self.rng.random_range(1..64);
                data.extend((0..more).map(|_| self.rng.random::<u8>()));
            }
            5 => {
                let mark = *MARKS.choose(&mut self.rng).expect("there are some");
                let end = (at + mark.len()).min(len);
                data.splice(at..end, mark.iter().copied());
            }
            6 => {
                let account = account_ref(self.rng.random_range(0..self.accounts));
                let end = (at + 32).min(len);
                data.splice(at..end, account);
            }
            7 => {
                let signature = signature_ref(self.rng.random_range(0..6));
                let end = (at + 64).min(len);
                data.splice(at..end, signature);
            }
            8 => {
                let Some(from) = other.steps.choose(&mut self.rng) else {
                    return;
                };
                let cut = self.rng.random_range(0..=from.data.len());
                data.truncate(at);
                data.extend_from_slice(&from.data[cut..]);
            }
            // Longer than anything that a contract reads, now and then.
            _ if self.rng.random_bool(0.05) => {
                let more = self.rng.random_range(1..MAX_DATA);
                data.resize((len + more).min(MAX_DATA), 0x41);
            }
            _ if at < len => {
                let _ = data.remove(at);
            }
            _ => {}
        }
    }
}
