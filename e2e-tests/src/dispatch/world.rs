//! The chain, the suite on it, who is there, and the state that every case starts from.

use super::{
    books::Books,
    case::{account_ref, refer, resolve, Case, Step},
    setting,
};
use vilokanam_abi::Abi;
use vilokanam_chain::{account, Chain, Embedded, Message, Snapshot, Suite};
use vilokanam_interfaces::{AccountId, Balance};

/// Those who call. The last but one has next to nothing for storage deposits, the last has a key that tests know.
pub const CALLERS: [&str; 10] = [
    "owner",
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "moderator",
    "stranger",
    "pauper",
    "signer",
];
/// The number of the one without money.
pub const PAUPER: usize = 8;

/// The contracts' metadata, in the order of [`Suite::contracts`].
const METADATA: [&str; 9] = [
    include_str!("../../../metadata/vlk_token.json"),
    include_str!("../../../metadata/stream_registry.json"),
    include_str!("../../../metadata/pricing_engine.json"),
    include_str!("../../../metadata/payment_handler.json"),
    include_str!("../../../metadata/tick_stream.json"),
    include_str!("../../../metadata/pass_office.json"),
    include_str!("../../../metadata/patronage.json"),
    include_str!("../../../metadata/directory.json"),
    include_str!("../../../metadata/moderation.json"),
];

/// Where cases are run.
pub struct World {
    pub chain: Embedded,
    pub suite: Suite,
    /// By the number that cases name them by: callers, then contracts, then others.
    pub accounts: Vec<[u8; 32]>,
    /// Vouchers' and a permit's.
    pub signatures: Vec<[u8; 64]>,
    /// The contracts' metadata.
    pub abis: Vec<Abi>,
    /// What the payment handler had before anybody deposited.
    pub floor: Balance,
    pub(super) start: Snapshot,
    pub(super) books: Books,
}

impl World {
    /// Deploys the suite, and sets the scene.
    pub fn new() -> Self {
        let mut set = setting::set();
        let abis = METADATA.map(|json| Abi::parse(json).expect("metadata is good"));
        let contracts = set.suite.contracts().map(|(_, contract)| contract);
        let callers = CALLERS.map(caller);
        let all = callers.iter().chain(&contracts).chain(&set.others);
        let accounts = all.map(|account| *account.as_ref()).collect();
        let start = set.chain.snapshot();
        let mut world = Self {
            chain: set.chain,
            suite: set.suite,
            accounts,
            signatures: set.signatures,
            abis: abis.into(),
            floor: set.floor,
            start,
            books: Books::default(),
        };
        world.books = Books::open(&mut world);
        world
    }

    /// Back to the start.
    pub fn reset(&mut self) {
        let start = self.start.clone();
        self.chain.restore(&start);
        self.chain.unlimit_gas();
    }

    /// Who sends a step.
    pub fn caller_of(&self, step: &Step) -> usize {
        usize::from(step.caller) % CALLERS.len()
    }

    /// Where a step goes: the contract's number.
    pub fn contract_of(&self, step: &Step) -> usize {
        usize::from(step.contract) % self.abis.len()
    }

    /// A contract by its number.
    pub fn contract(&self, number: usize) -> (&'static str, AccountId) {
        self.suite.contracts()[number]
    }

    /// The bytes that are sent.
    pub fn data_of(&self, step: &Step) -> Vec<u8> {
        resolve(&step.data, &self.accounts, &self.signatures)
    }

    /// A typed message as a step.
    pub fn step(&self, caller: usize, message: impl Message) -> Step {
        let (to, value, data) = message.into_parts();
        let contracts = self.suite.contracts();
        let number = contracts.iter().position(|(_, account)| *account == to);
        let value = (0..8).find(|kind| {
            let step = Step {
                value: *kind,
                ..Step::default()
            };
            step.value() == value
        });
        Step {
            contract: number.expect("is of the suite") as u8,
            caller: caller as u8,
            value: value.expect("is one of the values"),
            data: refer(&data, &self.accounts, &self.signatures),
            ..Step::default()
        }
    }

    /// A case in words, to be read.
    pub fn describe(&self, case: &Case) -> String {
        let lines = case.steps.iter().map(|step| {
            let number = self.contract_of(step);
            let data = self.data_of(step);
            let said = match self.abis[number].decode(&data) {
                Ok((message, args)) => format!("{} {args}", message.label),
                Err(error) => format!("{error:#}: {}", vilokanam_abi::codec::to_hex(&data)),
            };
            format!(
                "  after {} ms {} sends {} {} (gas {:?}): {said}",
                step.wait_ms(),
                CALLERS[self.caller_of(step)],
                self.contract(number).0,
                step.value(),
                step.ref_time(),
            )
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        // People and contracts by name.
        let named = (0..CALLERS.len()).map(|number| (CALLERS[number], self.accounts[number]));
        let contracts = self.suite.contracts();
        let contracts = contracts.iter().map(|(name, at)| (*name, *at.as_ref()));
        named.chain(contracts).fold(text, |text, (name, account)| {
            text.replace(&vilokanam_abi::codec::to_hex(&account), name)
        })
    }

    /// How many accounts cases can name.
    pub fn account_count(&self) -> u8 {
        self.accounts.len() as u8
    }

    /// One of the accounts, as cases name it.
    pub fn account_ref(&self, number: u8) -> [u8; 32] {
        account_ref(number % self.account_count())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// The account of a caller.
pub fn caller(name: &str) -> AccountId {
    match name {
        "signer" => setting::signer().public.to_bytes().into(),
        name => account(name),
    }
}
