//! Where a story is told: on the embedded chain, or, where `VILOKANAM_STORIES=node`, on a node. And the test that tells all of
//! them on nodes too.

use std::{
    collections::BTreeSet,
    env,
    io::Write,
    process::Command,
    sync::{Mutex, PoisonError},
};
use vilokanam_chain::{node_binary, Chain, Directed, Embedded, Receipt, Snapshot, Trap, NO_NODE};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};

/// Which chain: `node`, or else the embedded one.
const STORIES: &str = "VILOKANAM_STORIES";
/// How many nodes tell stories at a time.
const NODES: &str = "2";
/// One story in so many is told on a node too, where not all are asked for.
const SHARE: usize = 4;

/// A chain for one story.
pub struct House {
    /// There until it is dropped.
    room: Option<Room>,
}

enum Room {
    Embedded(Box<Embedded>),
    Node(Box<Directed>),
}

/// Nodes on which no story is told now. One that failed left its node in an unknown state: it is not here again.
static FREE: Mutex<Vec<Directed>> = Mutex::new(Vec::new());

impl House {
    /// Nobody has anything, and nothing is deployed.
    pub fn open() -> Self {
        if !Self::is_node() {
            return Self::of(Room::Embedded(Box::default()));
        }
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut node = free.unwrap_or_else(|| {
            let node = Directed::start().expect("a node starts");
            node.expect(NO_NODE)
        });
        node.start_afresh().expect("begins again");
        Self::of(Room::Node(Box::new(node)))
    }

    /// As it was.
    pub fn returned(to: &Snapshot) -> Self {
        Self::of(Room::Embedded(Box::new(to.into())))
    }

    pub fn is_node() -> bool {
        env::var_os(STORIES).is_some_and(|named| named == "node")
    }

    fn of(room: Room) -> Self {
        Self { room: Some(room) }
    }

    fn room(&self) -> &dyn Chain {
        match self.room.as_ref() {
            Some(Room::Embedded(chain)) => &**chain,
            Some(Room::Node(chain)) => &**chain,
            None => unreachable!("it is there until it is dropped"),
        }
    }

    fn room_mut(&mut self) -> &mut dyn Chain {
        match self.room.as_mut() {
            Some(Room::Embedded(chain)) => &mut **chain,
            Some(Room::Node(chain)) => &mut **chain,
            None => unreachable!("it is there until it is dropped"),
        }
    }
}

impl Chain for House {
    fn name(&self) -> &str {
        self.room().name()
    }

    fn account(&mut self, name: &str) -> AccountId {
        self.room_mut().account(name)
    }

    fn now_ms(&self) -> Millis {
        self.room().now_ms()
    }

    fn advance(&mut self, ms: Millis) -> Result<(), Trap> {
        self.room_mut().advance(ms)
    }

    fn block_ms(&mut self) -> Result<Millis, Trap> {
        self.room_mut().block_ms()
    }

    fn genesis_hash(&self) -> Hash {
        self.room().genesis_hash()
    }

    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        self.room_mut().fund(account, amount)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        self.room_mut().transfer(from, to, amount)
    }

    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap> {
        self.room_mut().native_balance(account)
    }

    fn existential_deposit(&self) -> Balance {
        self.room().existential_deposit()
    }

    fn storage_prices(&self) -> (Balance, Balance) {
        self.room().storage_prices()
    }

    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        self.room_mut().upload(origin, wasm)
    }

    fn instantiate(
        &mut self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: &[u8],
    ) -> Result<(AccountId, Receipt), Trap> {
        self.room_mut().instantiate(origin, code, value, data, salt)
    }

    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.room_mut().call(origin, to, value, data)
    }

    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.room_mut().dry_run(origin, to, value, data)
    }

    fn limit_gas(&mut self, ref_time: u64, proof_size: u64) {
        self.room_mut().limit_gas(ref_time, proof_size);
    }

    fn unlimit_gas(&mut self) {
        self.room_mut().unlimit_gas();
    }

    fn state(&mut self) -> Option<Snapshot> {
        self.room_mut().state()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let (Some(Room::Node(node)), false) = (self.room.take(), std::thread::panicking()) {
            FREE.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(*node);
        }
    }
}

/// Runs this program again for the stories on nodes, and prints which were told where.
#[test]
fn every_story_is_told_on_a_node_too() {
    if House::is_node() {
        return;
    }
    let required = env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
    if node_binary().is_none() {
        assert!(!required, "no node: {NO_NODE}");
        report(&format!("stories on a node: SKIPPED: {NO_NODE}\n"));
        return;
    }
    let again = |args: &[&str]| {
        let program = env::current_exe().expect("it runs");
        let mut again = Command::new(program);
        again.args(["--skip", "every_story_is_told"]).args(args);
        let done = again.env(STORIES, "node").output().expect("runs again");
        (
            done.status.success(),
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )
    };
    let (listed, list) = again(&["--list"]);
    assert!(listed, "{list}");
    let all: BTreeSet<&str> = named(&list, "", ": test");
    // All of them take minutes: too long for everybody's every run.
    let share = if required { 1 } else { SHARE };
    let asked: BTreeSet<&str> = all.iter().copied().step_by(share).collect();
    let mut args = vec!["--exact", "--test-threads", NODES];
    args.extend(&asked);
    let (told_well, said) = again(&args);
    let told = named(&said, "test ", " ... ok");
    report(&table(&all, &told));
    assert!(told_well, "on a node:\n{said}");
    assert!(!asked.is_empty());
    assert_eq!(told, asked, "not every story was told on a node");
}

/// Past the test harness, which shows what a test prints only if it fails.
fn report(text: &str) {
    std::io::stdout()
        .write_all(text.as_bytes())
        .expect("is printed");
}

/// The names of stories in what the test harness prints: `a::b: test` where it lists them, `test a::b ... ok` where it ran them.
fn named<'a>(said: &'a str, before: &str, after: &str) -> BTreeSet<&'a str> {
    let of = |line: &'a str| line.strip_prefix(before)?.strip_suffix(after);
    said.lines().filter_map(of).collect()
}

fn table(all: &BTreeSet<&str>, told: &BTreeSet<&str>) -> String {
    let row = |name: &&str| {
        let node = if told.contains(name) { "  node" } else { "" };
        format!("{name:<90} embedded{node}\n")
    };
    let rows: String = all.iter().map(row).collect();
    let (both, alone) = (told.len(), all.len() - told.len());
    let why = match alone {
        0 => String::new(),
        _ => format!(": of {SHARE}, one is told on a node, and all where VILOKANAM_REQUIRE_NODE=1"),
    };
    format!("\n{rows}{both} stories on both chains, {alone} on the embedded one alone{why}\n")
}
