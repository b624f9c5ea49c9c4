//! The meter and the payment handler become their second versions, then their third, with sessions open, holds placed and
//! money owed, on the embedded chain and on a node. What can be read of money, sessions and rights is the same before and
//! after each step; sessions go on accruing; in the end everybody has to the unit what they are owed.

use anyhow::{ensure, Context, Result};
use core::fmt::Debug;
use ink::{
    primitives::LangError,
    scale::{Decode, DecodeAll},
};
use std::io::Write;
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy, node_binary, wasm, Calls, Chain, Config,
    Directed, Embedded, Message, Node, Sent, Suite, NO_NODE,
};
use vilokanam_interfaces::{
    events::tick_stream::{SessionClosed, SessionOpened},
    AccountId, AdminError, Administered, Administration, AssetRate, Balance, Change, Class,
    Discount, Hash, Millis, OpenRequest, PaymentHandler, Pool, PricingEngine, Seated, Session,
    SessionId, SessionNo, SignedVoucher, StreamId, StreamRegistry, TickLifecycle, TickStream,
    Totals, FULL_BPS, MIN_CHANGE_DELAY_MS, NATIVE,
};
use vilokanam_voucher::{sign, Domain, Voucher};

const ONE: Balance = 1_000_000_000_000;
/// What everybody starts with.
const RICH: Balance = 1_000_000 * ONE;
const DEPOSIT: Balance = 1_000 * ONE;
const HOLD: Balance = 100 * ONE;
const RATE: Balance = 1_000_007;
const STREAM: StreamId = 1;
const SECOND: Millis = 1_000;
const HALF_A_DAY: Millis = 12 * 3_600 * SECOND;
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";

/// All that an upgrade must leave as it is.
#[derive(Debug, PartialEq)]
struct Books {
    totals: Totals,
    treasury: AccountId,
    has: Balance,
    pools: Vec<Pool>,
    payable: Balance,
    sessions: Vec<Option<Session>>,
    administrations: Vec<Administration>,
}

struct Story<'a, C: Chain> {
    chain: &'a mut C,
    suite: Suite,
    owner: AccountId,
    creator: AccountId,
    /// The clock bills her.
    alice: AccountId,
    /// He signs vouchers.
    bob: AccountId,
    /// She comes later.
    carol: AccountId,
    stranger: AccountId,
    /// What the payment handler has and owes nobody: its existential deposit.
    floor: Balance,
    delay_ms: Millis,
}

impl<'a, C: Chain> Story<'a, C> {
    /// The suite, a stream on air, and two viewers with deposits.
    fn begin(chain: &'a mut C, delay_ms: Millis) -> Result<Self> {
        let [owner, creator, alice, bob, carol, stranger] =
            ["owner", "mira", "alice", "bob", "carol", "sam"].map(|name| chain.account(name));
        for person in [owner, creator, alice, bob, carol, stranger] {
            chain.fund(person, RICH)?;
        }
        let config = Config {
            owner,
            treasury: chain.account("treasury"),
            allocations: vec![(owner, 1_000_000_000 * ONE)],
            change_delay_ms: delay_ms,
            ..Config::default()
        };
        let suite = deploy(chain, &artifacts_dir(), &config)?;
        let floor = chain.native_balance(suite.payments)?;
        let mut registry = suite.registry();
        let register = registry.register(CID.into(), Class::Standard, 7, FULL_BPS, Vec::new());
        chain.must(creator, register)?;
        let rates = vec![AssetRate {
            asset: NATIVE,
            rate_per_sec: RATE,
        }];
        chain.must(creator, suite.pricing().set_rates(STREAM, rates))?;
        chain.must(creator, suite.registry().go_live(STREAM, 2 * HALF_A_DAY))?;
        let mut story = Self {
            chain,
            suite,
            owner,
            creator,
            alice,
            bob,
            carol,
            stranger,
            floor,
            delay_ms,
        };
        story.deposits(alice)?;
        story.deposits(bob)?;
        Ok(story)
    }

    fn must<T, E: Debug, M>(&mut self, origin: AccountId, message: M) -> Result<Sent<T>>
    where
        M: Message<Output = Result<T, E>>,
    {
        self.chain.must(origin, message)
    }

    /// Lets time pass, and keeps the stream on air.
    fn waits(&mut self, ms: Millis) -> Result<()> {
        let mut left_ms = ms;
        while left_ms > 0 {
            let step_ms = left_ms.min(HALF_A_DAY);
            self.chain.advance(step_ms)?;
            self.must(self.creator, self.suite.registry().heartbeat(STREAM))?;
            left_ms -= step_ms;
        }
        Ok(())
    }

    fn deposits(&mut self, viewer: AccountId) -> Result<()> {
        let deposit = self.suite.payments().deposit();
        self.must(viewer, deposit.transferred_value(DEPOSIT))?;
        Ok(())
    }

    fn opens(&mut self, viewer: AccountId, key: Option<AccountId>) -> Result<SessionOpened> {
        let request = OpenRequest {
            stream: STREAM,
            asset: NATIVE,
            hold: HOLD,
            ceiling: RATE,
            until_ms: None,
            referrer: None,
            key,
            discount: Discount::None,
            sponsor: None,
        };
        let sent = self.must(viewer, self.suite.lifecycle().open(request))?;
        sent.events_of().pop().context("an open session is told")
    }

    /// The creator redeems a voucher of bob's, for all that he has watched on vouchers so far.
    fn redeems(&mut self, opened: &SessionOpened, ms: Millis) -> Result<Balance> {
        let amount = RATE * Balance::from(ms) / 1_000;
        let domain = Domain {
            genesis_hash: self.chain.genesis_hash().into(),
            contract: *self.suite.meter.as_ref(),
        };
        let message = Voucher {
            viewer: *opened.viewer.as_ref(),
            number: opened.number,
            stream: opened.stream,
            asset: opened.asset,
            ms,
            amount,
        }
        .message(&domain);
        let signature = sign::sign(&key_pair(), &message, sign::Form::Raw);
        let voucher = SignedVoucher {
            at: seat(opened),
            ms,
            amount,
            signature,
        };
        Ok(self
            .must(self.creator, self.suite.meter().redeem(voucher))?
            .value)
    }

    fn books(&mut self) -> Result<Books> {
        let suite = self.suite;
        let ids =
            [(self.alice, 1), (self.bob, 1)].map(|(viewer, number)| SessionId { viewer, number });
        let mut books = Books {
            totals: self.chain.read(suite.payments().totals(NATIVE))?,
            treasury: self.chain.read(suite.payments().treasury())?,
            has: self.chain.native_balance(suite.payments)?,
            pools: Vec::new(),
            payable: self
                .chain
                .read(suite.payments().payable(self.creator, NATIVE))?,
            sessions: Vec::new(),
            administrations: Vec::new(),
        };
        for viewer in [self.alice, self.bob] {
            books
                .pools
                .push(self.chain.read(suite.payments().pool(viewer, NATIVE))?);
        }
        for id in ids {
            books
                .sessions
                .push(self.chain.read(suite.lifecycle().session(id))?);
        }
        for (_, contract) in suite.contracts() {
            let mut administration = self.chain.read(administered(contract).administration())?;
            // These change, and are looked at by themselves.
            administration.code_hash = Hash::default();
            administration.layout_version = 0;
            administration.pending.clear();
            books.administrations.push(administration);
        }
        let Totals {
            pools,
            holds,
            payable,
            fees,
        } = books.totals;
        assert_eq!(
            books.has,
            pools + holds + payable + fees + self.floor,
            "law 1"
        );
        Ok(books)
    }

    /// Replaces a contract's code, through all that must be refused.
    fn upgrades(&mut self, contract: AccountId, name: &str, version: u32) -> Result<()> {
        let before = self.books()?;
        let admin = || administered(contract);
        let code = self
            .chain
            .upload(self.owner, &wasm(&artifacts_dir(), name)?)?;
        let change = Change::Code(code);
        let refused = self
            .chain
            .refused(self.stranger, admin().announce(change))?;
        assert_eq!(refused, AdminError::NotOwner);
        let garbage = Change::Code(Hash::from([7; 32]));
        let garbage = self.must(self.owner, admin().announce(garbage))?.value;
        let id = self.must(self.owner, admin().announce(change))?.value;
        if self.delay_ms > 0 {
            let pending = self.chain.read(admin().administration())?.pending;
            let due_ms = pending.last().context("it waits")?.due_ms;
            self.waits(self.delay_ms - SECOND)?;
            let refused = self.chain.refused(self.owner, admin().apply(id))?;
            assert_eq!(refused, AdminError::ChangeNotDue { due_ms });
            self.chain.advance(SECOND)?;
        }
        let refused = self.chain.refused(self.owner, admin().apply(garbage))?;
        assert_eq!(refused, AdminError::SetCodeRefused);
        let refused = self.chain.refused(self.stranger, admin().apply(id))?;
        assert_eq!(refused, AdminError::NotOwner);
        self.must(self.owner, admin().cancel(garbage))?;
        self.must(self.owner, admin().apply(id))?;

        let administration = self.chain.read(admin().administration())?;
        assert_eq!(administration.code_hash, code, "{name}");
        assert_eq!(administration.layout_version, version, "{name}");
        assert_eq!(self.books()?, before, "{name}");
        Ok(())
    }

    /// Sends a message that only a new version has, by its name.
    fn asks<T: Decode>(&mut self, origin: AccountId, contract: AccountId, name: &str) -> Result<T> {
        let selector = ink::env::call::Selector::new(selector(name))
            .to_bytes()
            .to_vec();
        let output = self.chain.call(origin, contract, 0, selector)?.output;
        let said = Result::<T, LangError>::decode_all(&mut &output[..])?;
        said.map_err(|e| anyhow::anyhow!("{name}: {e:?}"))
    }

    fn migrates(&mut self, contract: AccountId) -> Result<()> {
        let before = self.books()?;
        for (origin, expected) in [
            (self.stranger, Err(AdminError::NotOwner)),
            (self.owner, Ok(())),
            (self.owner, Err(AdminError::InvalidChange)),
        ] {
            let said: Result<(), AdminError> = self.asks(origin, contract, "migrate")?;
            assert_eq!(said, expected);
        }
        assert_eq!(self.books()?, before);
        Ok(())
    }
}

fn selector(name: &str) -> [u8; 4] {
    match name {
        "deposits" => ink::selector_bytes!("deposits"),
        "migrate" => ink::selector_bytes!("migrate"),
        "settles" => ink::selector_bytes!("settles"),
        name => panic!("no version has `{name}`"),
    }
}

/// The key that signs bob's vouchers.
fn key_pair() -> sign::Keypair {
    sign::pair(account("bob's device").as_ref()).expect("any 32 bytes are a seed")
}

fn seat(opened: &SessionOpened) -> Seated {
    Seated {
        id: SessionId {
            viewer: opened.viewer,
            number: opened.number,
        },
        stream: opened.stream,
        page: opened.page,
        seat: opened.seat,
    }
}

/// What a session that the clock billed for so long cost.
fn cost(watched_ms: Millis) -> Balance {
    RATE * Balance::from(watched_ms) / 1_000
}

fn tells(chain: &mut impl Chain, delay_ms: Millis) -> Result<()> {
    let mut s = Story::begin(chain, delay_ms)?;
    let suite = s.suite;
    let number: SessionNo = s.opens(s.alice, None)?.number;
    let at = s.opens(s.bob, Some(key_pair().public.to_bytes().into()))?;
    s.chain.advance(3 * SECOND)?;
    assert_eq!(s.redeems(&at, SECOND)?, RATE);
    let alices = SessionId {
        viewer: s.alice,
        number,
    };
    // Money is owed: some is settled, more accrues.
    let settled = s.must(s.stranger, suite.meter().settle(alices))?.value;
    ensure!(settled > 0, "something is settled");

    s.upgrades(suite.payments, "payment_handler_v2", 2)?;
    s.upgrades(suite.meter, "tick_stream_v2", 2)?;
    s.chain.advance(SECOND)?;
    // The new cells begin empty, and count from now on.
    assert_eq!(s.asks::<u32>(s.stranger, suite.payments, "deposits")?, 0);
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 0);
    s.deposits(s.carol)?;
    s.opens(s.carol, None)?;
    assert_eq!(s.asks::<u32>(s.stranger, suite.payments, "deposits")?, 1);
    // What was open is billed by the new code as by the old.
    let settled = s.must(s.stranger, suite.meter().settle(alices))?.value;
    ensure!(settled > 0, "it goes on accruing");
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 1);
    assert_eq!(s.redeems(&at, 2 * SECOND)?, cost(2 * SECOND) - RATE);

    s.upgrades(suite.payments, "payment_handler_v3", 3)?;
    s.migrates(suite.payments)?;
    assert_eq!(s.asks::<u32>(s.stranger, suite.payments, "deposits")?, 1);
    s.deposits(s.stranger)?;
    assert_eq!(s.asks::<u32>(s.stranger, suite.payments, "deposits")?, 2);

    s.upgrades(suite.meter, "tick_stream_v3", 3)?;
    // Until the migration the third version reads what the second wrote.
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 1);
    s.chain.advance(SECOND)?;
    let settled = s.must(s.stranger, suite.meter().settle(alices))?.value;
    ensure!(settled > 0, "it goes on accruing");
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 2);
    s.migrates(suite.meter)?;
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 2);
    s.opens(s.stranger, None)?;
    s.must(s.stranger, suite.meter().settle(alices))?;
    assert_eq!(s.asks::<u32>(s.stranger, suite.meter, "settles")?, 3);
    assert_eq!(
        s.redeems(&at, 3 * SECOND)?,
        cost(3 * SECOND) - cost(2 * SECOND)
    );

    // Everybody leaves. Each clock has billed to the millisecond from beginning to end, upgrades or not.
    let mut paid = cost(3 * SECOND);
    for viewer in [s.alice, s.carol, s.stranger] {
        let sent = s.must(viewer, suite.lifecycle().close(1))?;
        let closed: SessionClosed = sent.events_of().pop().context("it is told")?;
        assert_eq!(closed.watched_ms, closed.closed_ms - closed.opened_ms);
        assert_eq!(closed.settled, cost(closed.watched_ms).min(HOLD));
        assert_eq!(closed.settled + closed.released, HOLD);
        paid += closed.settled;
    }
    let bobs = s.must(s.creator, suite.lifecycle().dismiss(seat(&at)))?;
    let closed: SessionClosed = bobs.events_of().pop().context("it is told")?;
    assert_eq!(closed.settled, cost(3 * SECOND));
    let books = s.books()?;
    assert_eq!(books.totals.holds, 0);
    assert_eq!(books.totals.payable + books.totals.fees, paid);
    assert_eq!(books.totals.pools, 4 * DEPOSIT - paid);
    s.must(s.creator, suite.payments().withdraw_payable(NATIVE))?;
    let free = books.pools[0].free;
    s.must(s.alice, suite.payments().withdraw(NATIVE, free))?;
    s.books()?;
    Ok(())
}

#[test]
fn money_and_sessions_survive_two_versions_on_the_embedded_chain() {
    tells(&mut Embedded::new(), 0).expect("a good end");
}

#[test]
fn money_and_sessions_survive_versions_that_are_announced_for_two_days() {
    tells(&mut Embedded::new(), MIN_CHANGE_DELAY_MS).expect("a good end");
}

#[test]
fn money_and_sessions_survive_two_versions_on_a_node_at_once_and_after_two_days() {
    if node_binary().is_none() {
        let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
        assert!(!required, "no node: {NO_NODE}");
        // Not by print!, which is shown only when a test fails.
        writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}").expect("is printed");
        return;
    }
    let mut node = Node::start().expect("starts").expect("is there");
    tells(&mut node, 0).expect("a good end");
    let mut node = Directed::direct(node).expect("it says its time");
    tells(&mut node, MIN_CHANGE_DELAY_MS).expect("a good end");
}
