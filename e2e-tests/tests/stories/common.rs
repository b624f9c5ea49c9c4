//! The stage that stories are told on.

use crate::{house::House, receipts::Tale};
use core::fmt::Debug;
use psp22::PSP22;
use std::sync::{Mutex, OnceLock, PoisonError};
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy, Calls, Chain, Config, Message, Sent, Snapshot,
    Suite, VLK,
};
use vilokanam_interfaces::{
    events::tick_stream::SessionOpened, AccountId, Administered, AssetId, AssetRate, Balance,
    Change, Class, Discount, Millis, OpenRequest, PaymentHandler, Pool, PricingEngine,
    QuoteRequest, Seated, Session, SessionId, SessionNo, Share, SignedVoucher, StreamId,
    StreamRegistry, TickLifecycle, Totals, FULL_BPS, NATIVE,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Voucher, MESSAGE_LEN,
};

/// 10^12 base units: one VLK, and as much of the native token.
pub const ONE: Balance = 1_000_000_000_000;
/// What everybody starts with, in native tokens and in $VLK.
pub const RICH: Balance = 1_000_000 * ONE;
/// What alice and bob have deposited, in each asset, when a story starts on air.
pub const DEPOSITED: Balance = 1_000 * ONE;
/// Stream 1's rate in native base units a second.
pub const RATE: Balance = 1_000_007;
/// Stream 1's rate in base units of $VLK a second.
pub const VLK_RATE: Balance = 333_333;
/// What a session holds unless its story says otherwise.
pub const HOLD: Balance = 10_000_000_000;
pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;
/// The grace of stream 1's broadcast.
pub const GRACE: Millis = DAY;
/// The category of every stream that registers here.
pub const CATEGORY: u16 = 7;
pub const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
/// The stream that is on air when a story starts on air.
pub const STREAM: StreamId = 1;

const PEOPLE: [&str; 10] = [
    "owner",
    "community",
    "alice",
    "bob",
    "mira",
    "noor",
    "omar",
    "rita",
    "sam",
    "mona",
];

const TREASURIES: [&str; 2] = ["treasury", "vault"];

/// A chain with the suite on it. People: mira and noor stream, alice and bob watch, omar is a co-host, rita a referrer, mona
/// a moderator, sam a stranger to all.
pub struct Stage {
    pub chain: House,
    pub suite: Suite,
}

impl Stage {
    /// The suite, and people with tokens. No streams, no deposits. Changes need no delay.
    pub fn empty() -> Self {
        static READY: OnceLock<Mutex<Option<(Snapshot, Suite)>>> = OnceLock::new();
        Self::remembered(READY.get_or_init(Mutex::default), || {
            Self::deployed(&Config::default())
        })
    }

    /// Mira's stream 1 is on air, at [`RATE`] and [`VLK_RATE`]; alice and bob have deposits in both assets.
    pub fn on_air() -> Self {
        static READY: OnceLock<Mutex<Option<(Snapshot, Suite)>>> = OnceLock::new();
        Self::remembered(READY.get_or_init(Mutex::default), || {
            let mut stage = Self::empty();
            stage.airs("mira", Class::Standard, &[]);
            for viewer in ["alice", "bob"] {
                stage.deposits(viewer);
            }
            stage
        })
    }

    /// The suite as `config` says, and people with tokens.
    pub fn deployed(config: &Config) -> Self {
        let mut chain = House::open();
        for person in PEOPLE {
            chain.fund(account(person), RICH).expect("funds");
        }
        let suite = deploy(&mut chain, &artifacts_dir(), config).expect("deploys");
        let mut stage = Self { chain, suite };
        let alive = stage.alive();
        for treasury in TREASURIES.into_iter().filter(|_| alive > 0) {
            stage.chain.fund(account(treasury), alive).expect("funds");
        }
        stage.must(
            "owner",
            suite.registry().set_moderator(account("mona"), true),
        );
        stage
    }

    fn remembered(ready: &Mutex<Option<(Snapshot, Suite)>>, make: impl FnOnce() -> Self) -> Self {
        if House::is_node() {
            return make();
        }
        let mut ready = ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((snapshot, suite)) = ready.as_ref() {
            return Self {
                chain: House::returned(snapshot),
                suite: *suite,
            };
        }
        let mut stage = make();
        *ready = stage.chain.state().map(|state| (state, stage.suite));
        stage
    }

    /// Sends a message that must succeed.
    #[track_caller]
    pub fn must<T, E: Debug, M: Message<Output = Result<T, E>>>(
        &mut self,
        who: &str,
        message: M,
    ) -> Sent<T> {
        match self.chain.must(account(who), message) {
            Ok(sent) => sent,
            Err(e) => panic!("{who} must succeed: {e}"),
        }
    }

    /// Sends a message that must be refused, and says why it was. Nothing of a refused message stays.
    #[track_caller]
    pub fn refused<T: Debug, E: Debug, M: Message<Output = Result<T, E>>>(
        &mut self,
        who: &str,
        message: M,
    ) -> E {
        let sent = match self.chain.send(account(who), message) {
            Ok(sent) => sent,
            Err(e) => panic!("{who} must be refused by the contract: {e}"),
        };
        assert!(sent.receipt.events.is_empty() && sent.receipt.deposit == 0);
        match sent.value {
            Err(e) => e,
            Ok(value) => panic!("{who} must be refused, and got {value:?}"),
        }
    }

    #[track_caller]
    pub fn read<M: Message>(&mut self, message: M) -> M::Output {
        match self.chain.read(message) {
            Ok(value) => value,
            Err(e) => panic!("must be readable: {e}"),
        }
    }

    pub fn now(&self) -> Millis {
        self.chain.now_ms()
    }

    pub fn advance(&mut self, ms: Millis) {
        self.chain.advance(ms).expect("makes a block");
    }

    /// Registers a stream, sets the two rates and goes live.
    #[track_caller]
    pub fn airs(&mut self, owner: &str, class: Class, cohosts: &[Share]) -> StreamId {
        let stream = self.registers(owner, class, cohosts);
        self.must(owner, self.suite.pricing().set_rates(stream, rates()));
        self.must(owner, self.suite.registry().go_live(stream, GRACE));
        stream
    }

    #[track_caller]
    pub fn registers(&mut self, owner: &str, class: Class, cohosts: &[Share]) -> StreamId {
        let owner_bps = FULL_BPS - cohosts.iter().map(|share| share.bps).sum::<u16>();
        let register = self.suite.registry().register(
            CID.into(),
            class,
            CATEGORY,
            owner_bps,
            cohosts.to_vec(),
        );
        self.must(owner, register).value
    }

    /// Deposits [`DEPOSITED`] of both assets; the $VLK comes from the community's.
    #[track_caller]
    pub fn deposits(&mut self, viewer: &str) {
        let suite = self.suite;
        let native = suite.payments().deposit().transferred_value(DEPOSITED);
        self.must(viewer, native);
        self.gets_vlk(viewer, DEPOSITED);
        self.must(viewer, suite.token().approve(suite.payments, DEPOSITED));
        self.must(viewer, suite.payments().deposit_token(VLK, DEPOSITED));
    }

    #[track_caller]
    pub fn gets_vlk(&mut self, who: &str, amount: Balance) {
        let transfer = self
            .suite
            .token()
            .transfer(account(who), amount, Vec::new());
        self.must("community", transfer);
    }

    /// Opens a session and returns its number.
    #[track_caller]
    pub fn opens(&mut self, viewer: &str, request: OpenRequest) -> SessionNo {
        self.must(viewer, self.suite.lifecycle().open(request))
            .value
    }

    /// Opens a session, and knows where it sits: as the creator's worker does.
    #[track_caller]
    pub fn watches(&mut self, viewer: &str, request: OpenRequest) -> Watch {
        let sent = self.must(viewer, self.suite.lifecycle().open(request));
        Watch::opened(&sent)
    }

    /// The bytes of a voucher of this session, for this chain and contract.
    pub fn message(&self, watch: &Watch, ms: Millis, amount: Balance) -> [u8; MESSAGE_LEN] {
        watch.message(&self.domain(), ms, amount)
    }

    /// Where vouchers count.
    pub fn domain(&self) -> Domain {
        Domain {
            genesis_hash: self.chain.genesis_hash().into(),
            contract: *self.suite.meter.as_ref(),
        }
    }

    /// A voucher, signed by the key of this name as programs do.
    pub fn signs(&self, signer: &str, watch: &Watch, ms: Millis, amount: Balance) -> SignedVoucher {
        let message = self.message(watch, ms, amount);
        watch.with(ms, amount, sign::sign(&pair(signer), &message, Form::Raw))
    }

    /// Announces a change and applies it at once, where no delay is.
    #[track_caller]
    pub fn changes(&mut self, contract: AccountId, change: Change) {
        let announced = self.must("owner", administered(contract).announce(change));
        self.must("owner", administered(contract).apply(announced.value));
    }

    #[track_caller]
    pub fn session(&mut self, viewer: &str, number: SessionNo) -> Session {
        self.read(self.suite.lifecycle().session(id(viewer, number)))
            .expect("is open")
    }

    #[track_caller]
    pub fn owed(&mut self, viewer: &str, number: SessionNo) -> Balance {
        self.read(self.suite.lifecycle().owed(id(viewer, number)))
            .expect("is open")
    }

    #[track_caller]
    pub fn refundable(&mut self, viewer: &str, number: SessionNo) -> Balance {
        self.read(self.suite.lifecycle().refundable(id(viewer, number)))
            .expect("is open")
    }

    #[track_caller]
    pub fn runs_out_at(&mut self, viewer: &str, number: SessionNo) -> Option<Millis> {
        self.read(self.suite.lifecycle().runs_out_at(id(viewer, number)))
            .expect("is open")
    }

    pub fn pool(&mut self, viewer: &str, asset: AssetId) -> Pool {
        self.read(self.suite.payments().pool(account(viewer), asset))
    }

    pub fn free(&mut self, viewer: &str, asset: AssetId) -> Balance {
        self.pool(viewer, asset).free
    }

    pub fn payable(&mut self, payee: &str, asset: AssetId) -> Balance {
        self.read(self.suite.payments().payable(account(payee), asset))
    }

    pub fn totals(&mut self, asset: AssetId) -> Totals {
        self.read(self.suite.payments().totals(asset))
    }

    pub fn vlk(&mut self, who: AccountId) -> Balance {
        self.read(self.suite.token().balance_of(who))
    }

    /// What treasuries begin with: small fees could not be paid to an account that does not exist, unless a unit is enough.
    fn alive(&self) -> Balance {
        match self.chain.existential_deposit() {
            1 => 0,
            more => more,
        }
    }

    /// What somebody has; a treasury, besides what it began with.
    pub fn native(&mut self, who: &str) -> Balance {
        let balance = self.chain.native_balance(account(who));
        let balance = balance.expect("says its balance");
        match TREASURIES.contains(&who) {
            true => balance - self.alive(),
            false => balance,
        }
    }

    /// The storage deposit for items and bytes: on the embedded chain a unit for each.
    pub fn deposit_of(&self, items: u32, bytes: u32) -> i128 {
        let (item, byte) = self.chain.storage_prices();
        let price = Balance::from(items) * item + Balance::from(bytes) * byte;
        i128::try_from(price).expect("is no such sum")
    }

    /// Law 1: the contract has what it owes; without donations, exactly that and its existential deposit.
    #[track_caller]
    pub fn is_solvent_to_the_unit(&mut self) {
        let payments = self.suite.payments;
        let native = sum(self.totals(NATIVE));
        let floor = self.chain.existential_deposit();
        let has = self.chain.native_balance(payments);
        assert_eq!(has, Ok(native + floor));
        let vlk = sum(self.totals(VLK));
        assert_eq!(self.vlk(payments), vlk);
    }
}

/// A session and its asset: all that signing and redeeming its vouchers takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    pub at: Seated,
    pub asset: AssetId,
}

impl Watch {
    #[track_caller]
    pub fn opened<T>(sent: &Sent<T>) -> Self {
        let opened = &sent.events_of::<SessionOpened>()[0];
        Self {
            at: Seated {
                id: SessionId {
                    viewer: opened.viewer,
                    number: opened.number,
                },
                stream: opened.stream,
                page: opened.page,
                seat: opened.seat,
            },
            asset: opened.asset,
        }
    }

    pub fn message(&self, domain: &Domain, ms: Millis, amount: Balance) -> [u8; MESSAGE_LEN] {
        Voucher {
            viewer: *self.at.id.viewer.as_ref(),
            number: self.at.id.number,
            stream: self.at.stream,
            asset: self.asset,
            ms,
            amount,
        }
        .message(domain)
    }

    pub fn with(&self, ms: Millis, amount: Balance, signature: [u8; 64]) -> SignedVoucher {
        SignedVoucher {
            at: self.at,
            ms,
            amount,
            signature,
        }
    }
}

fn sum(totals: Totals) -> Balance {
    totals.pools + totals.holds + totals.payable + totals.fees
}

pub fn rates() -> Vec<AssetRate> {
    rates_of(RATE, VLK_RATE)
}

pub fn rates_of(native: Balance, vlk: Balance) -> Vec<AssetRate> {
    [(NATIVE, native), (VLK, vlk)]
        .map(|(asset, rate_per_sec)| AssetRate {
            asset,
            rate_per_sec,
        })
        .to_vec()
}

/// Stream 1 in native tokens: [`HOLD`], at [`RATE`] and no more.
pub fn request() -> OpenRequest {
    OpenRequest {
        stream: STREAM,
        asset: NATIVE,
        hold: HOLD,
        ceiling: RATE,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

/// What watching costs somebody who has no discount, alone.
pub fn quoted(stream: StreamId, asset: AssetId, duration_ms: Millis) -> QuoteRequest {
    QuoteRequest {
        stream,
        asset,
        duration_ms,
        audience: 0,
        viewer: None,
    }
}

/// The same in $VLK.
pub fn vlk_request() -> OpenRequest {
    OpenRequest {
        asset: VLK,
        ceiling: VLK_RATE,
        ..request()
    }
}

/// [`request`], billed by vouchers that the key of this name signs.
pub fn signed_by(signer: &str) -> OpenRequest {
    OpenRequest {
        key: Some(key(signer)),
        ..request()
    }
}

/// The key pair of this name, always the same.
pub fn pair(name: &str) -> Keypair {
    sign::pair(account(name).as_ref()).expect("any 32 bytes are a seed")
}

/// The public key of this name.
pub fn key(name: &str) -> AccountId {
    pair(name).public.to_bytes().into()
}

pub fn id(viewer: &str, number: SessionNo) -> SessionId {
    SessionId {
        viewer: account(viewer),
        number,
    }
}

pub fn share(who: &str, bps: u16) -> Share {
    Share {
        account: account(who),
        bps,
    }
}

/// All that a transaction emitted, and nothing else.
#[track_caller]
pub fn told<T, const N: usize>(sent: &Sent<T>, expected: [Tale; N]) {
    assert_eq!(Tale::all(&sent.receipt), expected);
}
