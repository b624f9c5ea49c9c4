//! A case: messages one after another, as bytes that stay good when contracts change.
//!
//! Accounts of the world and signatures are in it by number, since the real ones depend on the code: [`account_ref`], [`signature_ref`].

use vilokanam_interfaces::{Balance, Millis};

/// The most messages in a case.
pub const MAX_STEPS: usize = 8;
/// The longest message: a little more than a contract can read.
pub const MAX_DATA: usize = 16_500;
/// Stands before the number of an account.
const ACCOUNT: &[u8; 31] = b"vilokanam fuzz account, number:";
/// Stands before the number of a signature.
const SIGNATURE: &[u8; 63] = b"vilokanam fuzz signature, number:..............................";

/// What passes before a message.
const WAITS: [Millis; 16] = [
    0,
    0,
    0,
    1,
    999,
    1_000,
    5_000,
    60_000,
    600_000,
    3_600_000,
    86_400_000,
    604_800_000,
    691_200_000,
    2_678_400_000,
    9_000_000_000,
    40_000_000_000,
];
/// What is paid with a message.
const VALUES: [Balance; 8] = [
    0,
    0,
    0,
    1,
    1_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    1_000_000_000_000_000_000,
];
/// Picoseconds of reference time in one step of a gas limit.
const GAS_STEP: u64 = 400_000_000;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// The contract's number.
    pub contract: u8,
    /// The caller's.
    pub caller: u8,
    /// Which of the values is paid.
    pub value: u8,
    /// Which of the times passes before it.
    pub wait: u8,
    /// Zero: as much gas as it wants; otherwise a limit in steps.
    pub gas: u8,
    /// The bytes: selector, arguments, whatever.
    pub data: Vec<u8>,
}

impl Step {
    pub fn value(&self) -> Balance {
        VALUES[usize::from(self.value) % VALUES.len()]
    }

    pub fn wait_ms(&self) -> Millis {
        WAITS[usize::from(self.wait) % WAITS.len()]
    }

    pub fn ref_time(&self) -> Option<u64> {
        (self.gas > 0).then(|| u64::from(self.gas) * GAS_STEP)
    }
}

/// Messages, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    pub steps: Vec<Step>,
}

impl Case {
    /// Any bytes are a case.
    pub fn from_bytes(mut bytes: &[u8]) -> Self {
        let mut steps = Vec::new();
        while let Some((head, rest)) = bytes.split_first_chunk::<7>() {
            if steps.len() == MAX_STEPS {
                break;
            }
            let [contract, caller, value, wait, gas, low, high] = *head;
            let len = usize::from(u16::from_le_bytes([low, high])).min(MAX_DATA);
            let (data, after) = rest.split_at(len.min(rest.len()));
            steps.push(Step {
                contract,
                caller,
                value,
                wait,
                gas,
                data: data.to_vec(),
            });
            bytes = after;
        }
        Self { steps }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for step in &self.steps {
            let [low, high] = (step.data.len() as u16).to_le_bytes();
            bytes.extend([step.contract, step.caller, step.value, step.wait, step.gas]);
            bytes.extend([low, high]);
            bytes.extend(&step.data);
        }
        bytes
    }
}

/// Stands for an account of the world.
pub fn account_ref(number: u8) -> [u8; 32] {
    let mut bytes = [number; 32];
    bytes[..31].copy_from_slice(ACCOUNT);
    bytes
}

/// Stands for a signature of the world.
pub fn signature_ref(number: u8) -> [u8; 64] {
    let mut bytes = [number; 64];
    bytes[..63].copy_from_slice(SIGNATURE);
    bytes
}

/// Puts accounts and signatures where their numbers stand.
pub fn resolve(data: &[u8], accounts: &[[u8; 32]], signatures: &[[u8; 64]]) -> Vec<u8> {
    let mut out = data.to_vec();
    replace(&mut out, ACCOUNT, accounts);
    replace(&mut out, SIGNATURE, signatures);
    out
}

fn replace<const N: usize>(out: &mut [u8], tag: &[u8], by: &[[u8; N]]) {
    let mut at = 0;
    while at + N <= out.len() {
        if out[at..].starts_with(tag) {
            let number = usize::from(out[at + N - 1]) % by.len();
            out[at..at + N].copy_from_slice(&by[number]);
            at += N;
        } else {
            at += 1;
        }
    }
}

/// The reverse, for seeds that are made of typed calls.
pub fn refer(data: &[u8], accounts: &[[u8; 32]], signatures: &[[u8; 64]]) -> Vec<u8> {
    let mut out = data.to_vec();
    for (number, account) in accounts.iter().enumerate() {
        put(&mut out, account, &account_ref(number as u8));
    }
    for (number, signature) in signatures.iter().enumerate() {
        put(&mut out, signature, &signature_ref(number as u8));
    }
    out
}

fn put(out: &mut [u8], what: &[u8], by: &[u8]) {
    let mut at = 0;
    while at + what.len() <= out.len() {
        if out[at..].starts_with(what) {
            out[at..at + what.len()].copy_from_slice(by);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_what_its_bytes_say() {
        let case = Case {
            steps: vec![
                Step {
                    contract: 1,
                    gas: 9,
                    data: vec![1, 2, 3],
                    ..Step::default()
                },
                Step::default(),
            ],
        };
        assert_eq!(Case::from_bytes(&case.to_bytes()), case);
        assert!(Case::from_bytes(&[1; 6]).steps.is_empty());
        // Cut off, it has what is left.
        assert_eq!(Case::from_bytes(&case.to_bytes()[..8]).steps[0].data, [1]);
    }

    #[test]
    fn accounts_and_signatures_stand_for_others() {
        let (accounts, signatures) = ([[1; 32], [2; 32]], [[3; 64]]);
        let real = [&[9][..], &[2; 32], &[3; 64], &[8]].concat();
        let stored = refer(&real, &accounts, &signatures);
        assert_eq!(
            stored,
            [&[9][..], &account_ref(1), &signature_ref(0), &[8]].concat()
        );
        assert_eq!(resolve(&stored, &accounts, &signatures), real);
    }
}
