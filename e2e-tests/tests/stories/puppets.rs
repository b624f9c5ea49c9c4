//! A contract that stands where another should and does as it is told (the fixture `hostile`), and what is looked at before and after.

use crate::common::*;
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment,
    },
    primitives::LangError,
    scale::{Decode, DecodeAll, Encode},
};
use vilokanam_chain::{account, artifacts_dir, instantiate, Calls, Chain, Message};
use vilokanam_interfaces::{
    AccountId, AssetId, Audience, Balance, Broadcast, Change, OpenSession, PageView, PassLevel,
    PassOffer, PassOffice, PassOrder, PassPeriod, PassScope, PaymentHandler, Pool, PricingEngine,
    Session, SessionId, Stream, StreamId, StreamRegistry, TickLifecycle, TickStream, Totals,
    Wiring, FACTOR_ONE, NATIVE,
};

/// The one message that a puppet has of its own: the complement of all others.
const OBEY: [u8; 4] = [0x9B, 0xAE, 0x9D, 0x5E];

/// As in the fixture, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode)]
pub enum Mode {
    Honest,
    Say(Vec<Vec<u8>>),
    Refuse(Vec<u8>),
    Trap,
    Flood,
    Spin,
    CallBack(AccountId, Vec<u8>),
    TakeFee,
}

/// As in the fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Decode)]
pub enum Outcome {
    None,
    Answered(Vec<u8>),
    Trapped,
    Failed,
}

/// As in the fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode)]
pub enum Order {
    Behave(Vec<(Option<[u8; 4]>, Mode)>),
    StandBefore(AccountId),
    Credit(AccountId, Balance),
    Call(AccountId, Balance, Vec<u8>),
    Tell,
}

/// An order to a puppet.
pub fn obeys(puppet: AccountId, order: Order) -> impl Message<Output = Outcome> {
    build_call::<DefaultEnvironment>()
        .call(puppet)
        .exec_input(ExecutionInput::new(Selector::new(OBEY)).push_arg(order))
        .returns::<Outcome>()
}

/// The bytes by which a contract answers this: what a message returns, in the call's `Ok`.
pub fn answer<T: Encode>(value: T) -> Vec<u8> {
    Ok::<T, LangError>(value).encode()
}

/// A mode: answers this, whatever is asked.
pub fn says<T: Encode>(value: T) -> Mode {
    Mode::Say(vec![answer(value)])
}

/// A message that somebody sends, whatever it returns.
#[derive(Debug, Clone)]
pub struct Act {
    pub name: &'static str,
    pub who: &'static str,
    pub to: AccountId,
    pub value: Balance,
    pub input: Vec<u8>,
}

impl Act {
    pub fn new(who: &'static str, name: &'static str, message: impl Message) -> Self {
        let (to, value, input) = message.into_parts();
        Self {
            name,
            who,
            to,
            value,
            input,
        }
    }
}

/// What came of an act: it is done, refused by the contract with this error, or ended by the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met<E> {
    Done,
    Refused(E),
    Ended(String),
}

impl Stage {
    /// A new contract that does as it is told, and is an honest token until then.
    pub fn puppet(&mut self, name: &str) -> AccountId {
        let (dir, sam) = (artifacts_dir(), account("sam"));
        let salt = name.as_bytes();
        let made = instantiate(&mut self.chain, &dir, "hostile", sam, Vec::new(), salt);
        made.expect("is instantiated")
    }

    #[track_caller]
    pub fn tells(&mut self, puppet: AccountId, order: Order) -> Outcome {
        let sent = self.chain.send(account("sam"), obeys(puppet, order));
        sent.expect("obeys").value
    }

    /// Whatever it is asked, it behaves so.
    #[track_caller]
    pub fn turns(&mut self, puppet: AccountId, mode: Mode) {
        self.tells(puppet, Order::Behave(vec![(None, mode)]));
    }

    /// Asked this, it behaves so; otherwise it is honest.
    #[track_caller]
    pub fn turns_when(&mut self, puppet: AccountId, asked: [u8; 4], mode: Mode) {
        self.tells(puppet, Order::Behave(vec![(Some(asked), mode)]));
    }

    /// Transactions have this much gas, or as much as they like.
    pub fn chain_gas(&mut self, limit: Option<(u64, u64)>) {
        match limit {
            Some((ref_time, proof_size)) => self.chain.limit_gas(ref_time, proof_size),
            None => self.chain.unlimit_gas(),
        }
    }

    /// What came of a puppet's last call back.
    pub fn called_back(&mut self, puppet: AccountId) -> Outcome {
        self.read(obeys(puppet, Order::Tell))
    }

    /// A puppet in front of this contract, honest: it passes on what it is asked, as if it asked itself.
    pub fn puppet_before(&mut self, name: &str, contract: AccountId) -> AccountId {
        let puppet = self.puppet(name);
        self.tells(puppet, Order::StandBefore(contract));
        puppet
    }

    /// The meter asks these from now on. Changes need no delay here.
    pub fn rewires_meter(&mut self, registry: AccountId, pricing: AccountId) {
        let wiring = Wiring {
            registry: Some(registry),
            pricing: Some(pricing),
            patronage: Some(self.suite.patronage),
            ..Wiring::default()
        };
        self.changes(self.suite.meter, Change::Wiring(wiring));
    }

    /// Mira sells passes for stream 1, and this is an order of one: a hundred native units for a day.
    #[track_caller]
    pub fn sells_passes(&mut self) -> PassOrder {
        let (scope, level) = (PassScope::Stream(STREAM), PassLevel::Basic);
        let offer = PassOffer {
            asset: NATIVE,
            prices: [Some(100), None, None],
            factor: FACTOR_ONE / 2,
        };
        let sell = self.suite.passes().set_offer(scope, level, Some(offer));
        self.must("mira", sell);
        PassOrder {
            scope,
            level,
            period: PassPeriod::Day,
            periods: 1,
            asset: NATIVE,
            max_price: 100,
            max_factor: FACTOR_ONE,
            holder: None,
        }
    }

    /// Everybody asks this registry from now on, and otherwise whom they asked before.
    pub fn rewires_all_to_registry(&mut self, registry: AccountId) {
        let suite = self.suite;
        self.rewires_meter(registry, suite.pricing);
        let asks = Wiring {
            registry: Some(registry),
            ..Wiring::default()
        };
        let pricing = Wiring {
            payments: Some(suite.payments),
            passes: Some(suite.passes),
            ..asks
        };
        let patronage = Wiring {
            meter: Some(suite.meter),
            directory: Some(suite.directory),
            ..asks
        };
        for (contract, wiring) in [
            (suite.pricing, pricing),
            (suite.passes, asks),
            (suite.patronage, patronage),
            (suite.directory, asks),
            (suite.moderation, asks),
        ] {
            self.changes(contract, Change::Wiring(wiring));
        }
    }

    /// Who does not trap may be refused: the answer is that of a message that returns a `Result`.
    #[track_caller]
    pub fn act<E: Decode>(&mut self, act: &Act) -> Met<E> {
        let who = account(act.who);
        let done = self.chain.call(who, act.to, act.value, act.input.clone());
        let receipt = match done {
            Ok(receipt) => receipt,
            Err(trap) => return Met::Ended(trap.name),
        };
        match receipt.output[..] {
            [0, 0, ..] => Met::Done,
            [0, 1, ref error @ ..] => {
                assert!(receipt.reverted && receipt.events.is_empty() && receipt.deposit == 0);
                match E::decode_all(&mut &error[..]) {
                    Ok(error) => Met::Refused(error),
                    Err(_) => Met::Ended("UndecodableReply".into()),
                }
            }
            ref other => panic!("{}: {other:?} is no answer", act.name),
        }
    }

    /// All that the suite knows of these people and its streams, and what they have in their purses.
    pub fn books(&mut self) -> Books {
        let suite = self.suite;
        let assets = 0..self.read(suite.payments().asset_count());
        let streams = 1..=self.read(suite.registry().stream_count());
        let mut books = Books::default();
        for asset in assets.clone() {
            books.totals.push(self.totals(asset));
        }
        for name in PARTIES {
            let who = account(name);
            for asset in assets.clone() {
                let purse = Purse {
                    name,
                    asset,
                    pool: self.pool(name, asset),
                    payable: self.payable(name, asset),
                };
                books.purses.push(purse);
            }
            let viewer = self.read(suite.meter().viewer(who));
            for number in 1..=viewer.sessions {
                let id = SessionId {
                    viewer: who,
                    number,
                };
                if let Some(session) = self.read(suite.lifecycle().session(id)) {
                    books.sessions.push(session);
                }
            }
            books.seats.push(viewer.open);
            books.vlk.push(self.vlk(who));
            books.native.push(self.native(name));
        }
        for stream in streams {
            let registered = self.read(suite.registry().stream(stream));
            let broadcast = registered.as_ref().map_or(0, |stream| stream.broadcast);
            books.streams.push(StreamBook {
                stream,
                registered,
                broadcast: self.read(suite.registry().broadcast(stream, broadcast)),
                audience: self.read(suite.meter().audience(stream)),
                page: self.read(suite.meter().page(stream, 0)),
                rates: self.read(suite.pricing().rates(stream)),
            });
        }
        let payments = suite.payments;
        let native = self.chain.native_balance(payments);
        books.native.push(native.expect("says its balance"));
        books.vlk.push(self.vlk(payments));
        books
    }
}

/// Whose money is looked at.
const PARTIES: [&str; 7] = ["alice", "bob", "mira", "noor", "omar", "rita", "treasury"];

/// See [`Stage::books`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    pub totals: Vec<Totals>,
    pub purses: Vec<Purse>,
    pub sessions: Vec<Session>,
    pub seats: Vec<Vec<OpenSession>>,
    pub streams: Vec<StreamBook>,
    pub vlk: Vec<Balance>,
    pub native: Vec<Balance>,
}

impl Books {
    /// Nothing has changed since: part by part, so that a failure is short enough to be read.
    #[track_caller]
    pub fn are_as_before(&self, before: &Self, what: &str) {
        assert_eq!(self.totals, before.totals, "{what}");
        for (now, before) in self.purses.iter().zip(&before.purses) {
            assert_eq!(now, before, "{what}");
        }
        for (now, before) in self.sessions.iter().zip(&before.sessions) {
            assert_eq!(now, before, "{what}");
        }
        for (now, before) in self.streams.iter().zip(&before.streams) {
            assert_eq!(now, before, "{what}");
        }
        assert_eq!(
            (&self.vlk, &self.native),
            (&before.vlk, &before.native),
            "{what}"
        );
        assert!(self == before, "{what}: not as many as before");
    }
}

/// What somebody has in an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    pub name: &'static str,
    pub asset: AssetId,
    pub pool: Pool,
    pub payable: Balance,
}

/// What is known of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamBook {
    pub stream: StreamId,
    pub registered: Option<Stream>,
    pub broadcast: Option<Broadcast>,
    pub audience: Audience,
    pub page: Option<PageView>,
    pub rates: Vec<vilokanam_interfaces::AssetRate>,
}
