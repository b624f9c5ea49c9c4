//! The chain, the model and a witness side by side: every action goes to all three.

use crate::{
    real::{address, Transaction},
    tally::Tally,
    witness::Witness,
};
use ink::scale::Encode;
use psp22::PSP22;
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_chain::{
    account, administered, artifacts_dir, instantiate, psp22, Calls, Chain, Embedded, Message,
    Snapshot, Suite,
};
use vilokanam_e2e::model::{
    Action, AdminCall, Contracts, MeterCall, Model, Part, PaymentsCall, PricingCall,
    RegistryCall, Setup, TokenCall,
};
use vilokanam_interfaces::{
    AccountId, Administered, AssetId, AssetRate, Balance, Class, FeeSchedule, Hash, Millis,
    PaymentHandler, SessionId, Share, TickStream, Wiring, MIN_CHANGE_DELAY_MS, NATIVE,
};

pub type Checked = Result<(), String>;

/// Fails with a text.
pub fn ensure(holds: bool, found: impl FnOnce() -> String) -> Checked {
    holds.then_some(()).ok_or_else(found)
}

/// Those who act: the owner of the contracts, creators, viewers, and others.
pub const CAST: [&str; 10] = [
    "owner",
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "cohost",
    "moderator",
    "stranger",
    "treasury",
];
/// Is paid, and never acts: has nothing for a storage deposit.
pub const GHOST: &str = "ghost";
/// What each has outside the platform, of each asset.
const PURSE: Balance = 10u128.pow(32);
/// What most have in their pools.
pub const POOL: Balance = 10u128.pow(24);
/// A base rate: 1 unit a millisecond.
pub const RATE: Balance = 1_000_000_000;
/// How long an exit takes.
pub const EXIT_DELAY_MS: Millis = 600_000;
/// A content identifier.
pub const CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

/// What a run starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Wired, with money in pools and streams on air; changes act at once.
    Quick,
    /// The same, with changes that wait for two days.
    Slow,
    /// Not wired, and empty.
    Unwired,
    /// The payment handler obeys a person who says to be the meter.
    Puppet,
}

/// Who plays the meter in [`Start::Puppet`].
pub const PUPPET: &str = "dave";

/// A state to start runs from.
#[derive(Clone)]
pub struct Base {
    pub start: Start,
    snapshot: Snapshot,
    model: Model,
    suite: Suite,
    witness: Witness,
    /// The native tokens that the payment handler had before anybody deposited.
    floor: Balance,
}

pub struct World {
    pub start: Start,
    pub chain: Embedded,
    pub model: Model,
    pub suite: Suite,
    pub witness: Witness,
    pub floor: Balance,
    pub tally: Tally,
    /// The native tokens of the cast before the message at hand.
    purses: [Balance; CAST.len()],
    /// What was done, for people.
    pub log: Vec<String>,
}

impl Base {
    /// Deploys, and prepares what the start is named for.
    pub fn new(start: Start) -> Self {
        let mut world = World::deploy(start);
        if start != Start::Unwired {
            world.wire().expect("it is wired");
            world.equip().expect("it is equipped");
        }
        Self {
            start,
            snapshot: world.chain.snapshot(),
            model: world.model,
            suite: world.suite,
            witness: world.witness,
            floor: world.floor,
        }
    }

    /// A world in this state, on a chain that may have been used before.
    pub fn world(&self, mut chain: Embedded) -> World {
        chain.restore(&self.snapshot);
        World {
            start: self.start,
            chain,
            model: self.model.clone(),
            suite: self.suite,
            witness: self.witness.clone(),
            floor: self.floor,
            tally: Tally::default(),
            purses: [0; CAST.len()],
            log: Vec::new(),
        }
    }
}

impl World {
    fn deploy(start: Start) -> Self {
        let mut chain = Embedded::new();
        let owner = account("owner");
        let mut funded = BTreeSet::new();
        for name in CAST {
            let purse = if name == "owner" { 100 * PURSE } else { PURSE };
            chain.fund(account(name), purse).expect("native tokens");
            funded.insert(account(name));
        }
        let delay_ms = match start {
            Start::Slow => MIN_CHANGE_DELAY_MS,
            _ => 0,
        };
        let fees = FeeSchedule {
            standard_bps: 1_000,
            premium_bps: 1_500,
            subscription_bps: 2_000,
            tips_bps: 500,
            referral_bps: 1_000,
        };
        let treasury = account("treasury");
        let genesis_hash = chain.genesis_hash();
        let minted: Vec<_> = CAST.iter().map(|name| (account(name), PURSE)).collect();
        let dir = artifacts_dir();
        let mut make = |name: &str, args: Vec<u8>, salt: &[u8]| {
            instantiate(&mut chain, &dir, name, owner, args, salt).expect("run `make contracts`")
        };
        let token_args = (&minted, delay_ms).encode();
        let token = make("vlk_token", token_args.clone(), &[]);
        let other_token = make("vlk_token", token_args, &[2]);
        let registry = make("stream_registry", delay_ms.encode(), &[]);
        let pricing = make("pricing_engine", delay_ms.encode(), &[]);
        let args = (treasury, fees, vec![token], delay_ms);
        let payments = make("payment_handler", args.encode(), &[]);
        let args = (genesis_hash, EXIT_DELAY_MS, delay_ms);
        let meter = make("tick_stream", args.encode(), &[]);
        let suite = Suite {
            token,
            registry,
            pricing,
            payments,
            meter,
        };
        let contracts = Contracts {
            tokens: vec![token, other_token],
            registry,
            pricing,
            meter,
            payments,
        };
        let parts = [
            Part::Token(0),
            Part::Token(1),
            Part::Registry,
            Part::Pricing,
            Part::Meter,
            Part::Payments,
        ];
        let mut codes = BTreeMap::new();
        for part in parts {
            let contract = address(&suite, &contracts.tokens, part);
            let code = chain.read(administered(contract).code_hash());
            codes.insert(part, code.expect("its code hash"));
        }
        let uploaded: BTreeSet<Hash> = codes.values().copied().collect();
        let model = Model::new(Setup {
            now_ms: chain.now_ms(),
            genesis_hash,
            owner,
            contracts,
            allocations: vec![minted.clone(), minted],
            listed: vec![token],
            treasury,
            fees,
            exit_delay_ms: EXIT_DELAY_MS,
            change_delay_ms: delay_ms,
            codes,
            uploaded,
            wired: false,
            funded,
            existential_deposit: 1,
        });
        let floor = chain.native_balance(payments);
        Self {
            start,
            chain,
            model,
            suite,
            witness: Witness::default(),
            floor,
            tally: Tally::default(),
            purses: [0; CAST.len()],
            log: Vec::new(),
        }
    }

    /// What a contract is to be wired to at first.
    pub fn first_wiring(&self, part: Part) -> Wiring {
        let (registry, pricing) = (Some(self.suite.registry), Some(self.suite.pricing));
        let payments = Some(self.suite.payments);
        let none = Wiring::default();
        match part {
            Part::Pricing => Wiring {
                registry,
                payments,
                ..none
            },
            Part::Meter => Wiring {
                registry,
                pricing,
                payments,
                ..none
            },
            Part::Payments => Wiring {
                meter: Some(match self.start {
                    Start::Puppet => account(PUPPET),
                    _ => self.suite.meter,
                }),
                ..none
            },
            Part::Token(_) | Part::Registry => none,
        }
    }

    /// Wires what is not wired yet.
    pub fn wire(&mut self) -> Checked {
        for part in [Part::Pricing, Part::Meter, Part::Payments] {
            if self.model.admin(part).wired.is_none() {
                let call = AdminCall::Wire(self.first_wiring(part));
                let owner = self.model.admin(part).owner;
                self.act(owner, 0, Action::Admin(part, call))?;
            }
        }
        Ok(())
    }

    /// Money in pools, three streams with rates, on air.
    pub fn equip(&mut self) -> Checked {
        let moderator = RegistryCall::SetModerator {
            account: account("moderator"),
            moderator: true,
        };
        let owner = self.model.admin(Part::Registry).owner;
        self.act(owner, 0, Action::Registry(moderator))?;
        for name in ["alice", "bob", "carol", "dave", "erin", "stranger"] {
            let viewer = account(name);
            self.act(viewer, POOL, Action::Payments(PaymentsCall::Deposit))?;
            for token in [0, 1] {
                let approve = TokenCall::Approve {
                    spender: self.suite.payments,
                    amount: PURSE / 2,
                };
                self.act(viewer, 0, Action::Token(token, approve))?;
            }
            let deposit = PaymentsCall::DepositToken {
                asset: 1,
                amount: POOL,
            };
            self.act(viewer, 0, Action::Payments(deposit))?;
        }
        let share = |name: &str, bps| Share {
            account: account(name),
            bps,
        };
        let streams = [
            (
                "alice",
                Class::Standard,
                7_500,
                vec![share("cohost", 2_500)],
                3_600_000,
            ),
            ("bob", Class::Premium, 10_000, vec![], 86_400_000),
            (
                "alice",
                Class::Subscription,
                3_334,
                vec![share("cohost", 3_333), share(GHOST, 3_333)],
                86_400_000,
            ),
        ];
        for (name, class, owner_bps, cohosts, grace_ms) in streams {
            let creator = account(name);
            let register = RegistryCall::Register {
                cid: CID.into(),
                class,
                category: 7,
                owner_bps,
                cohosts,
            };
            self.act(creator, 0, Action::Registry(register))?;
            let stream = self.model.stream_count();
            let rates = [NATIVE, 1].map(|asset| AssetRate {
                asset,
                rate_per_sec: RATE + Balance::from(asset) * 333_333_337,
            });
            let rates = PricingCall::SetRates {
                stream,
                rates: rates.to_vec(),
            };
            self.act(creator, 0, Action::Pricing(rates))?;
            let live = RegistryCall::GoLive { stream, grace_ms };
            self.act(creator, 0, Action::Registry(live))?;
        }
        Ok(())
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: Millis) {
        self.log.push(format!("wait {ms} ms"));
        self.chain.advance(ms);
        self.model.advance(ms);
    }

    /// One action: the model predicts, the chain answers, the answers are compared, the laws checked.
    pub fn act(&mut self, caller: AccountId, value: Balance, action: Action) -> Checked {
        self.log
            .push(format!("{} pays {value}: {action:?}", name_of(caller)));
        let before = self.model.clone();
        let predicted = self.model.apply(caller, value, &action);
        if !predicted.is_ok() {
            ensure(self.model == before, || {
                "law 13: the model changed".into()
            })?;
        }
        self.note_purses();
        let transaction = Transaction {
            chain: &mut self.chain,
            suite: &self.suite,
            tokens: &before.contracts.tokens,
            caller,
            value,
        };
        let (real, receipt) = transaction
            .perform(&action)
            .map_err(|trap| format!("{trap}; the model predicts {predicted:?}"))?;
        ensure(predicted.matches(&real), || {
            format!("predicted {predicted:?}, found {real:?}")
        })?;
        self.tally.count(action.name(), real.label());
        self.law_18_purses(caller, &action)?;
        if let Some(receipt) = receipt {
            if receipt.deposit < 0 {
                self.tally.refund(action.name());
            }
            let now_ms = self.chain.now_ms();
            self.witness.see(now_ms, &action, &real, &receipt)?;
        }
        self.compare_touched(&before, caller, &action, &real)
    }

    fn note_purses(&mut self) {
        let chain = &mut self.chain;
        self.purses = CAST.map(|name| chain.native_balance(account(name)));
    }

    /// Nobody's native tokens change by what others do, but for those who are paid.
    fn law_18_purses(&mut self, caller: AccountId, action: &Action) -> Checked {
        let before = self.purses;
        self.note_purses();
        let paid = match action {
            Action::Payments(PaymentsCall::PushPayable { payee, asset: 0 }) => Some(*payee),
            Action::Payments(
                PaymentsCall::WithdrawFees { asset: 0 } | PaymentsCall::Sweep { asset: 0 },
            ) => Some(self.model.payments.treasury),
            _ => None,
        };
        for (place, name) in CAST.iter().enumerate() {
            let (before, after) = (before[place], self.purses[place]);
            let may = account(name) == caller || (Some(account(name)) == paid && after > before);
            ensure(may || before == after, || {
                format!("law 18: {name} had {before}, and has {after}")
            })?;
        }
        Ok(())
    }

    /// As [`Self::act`], for what must succeed.
    pub fn must(&mut self, caller: AccountId, value: Balance, action: Action) -> Checked {
        let mut predicted = self.model.clone();
        let predicted = predicted.apply(caller, value, &action);
        ensure(predicted.is_ok(), || {
            format!("law 12: {action:?}: {predicted:?}")
        })?;
        self.act(caller, value, action)
    }

    pub fn read<M: Message>(&mut self, message: M) -> Result<M::Output, String> {
        self.chain.read(message).map_err(|trap| trap.to_string())
    }

    /// Everybody gets out: viewers with what is not owed, payees with what is; nothing is left.
    pub fn law_12_everybody_gets_out(&mut self) -> Checked {
        for id in self.model.open_sessions() {
            self.leave(id)?;
        }
        for asset in 0..self.model.asset_count() {
            let token = self.model.asset(asset).and_then(|a| a.token);
            let tokens = &self.model.contracts.tokens;
            if token.is_some_and(|token| !tokens.contains(&token)) {
                continue; // no token at all: nothing was ever deposited
            }
            self.empty(asset)?;
        }
        Ok(())
    }

    /// One viewer leaves, by the exit that needs nobody if the session cannot be closed.
    fn leave(&mut self, id: SessionId) -> Checked {
        let number = id.number;
        self.act(id.viewer, 0, Action::Meter(MeterCall::Close(number)))?;
        let Some(life) = self.model.life(id).filter(|life| life.closed.is_none()) else {
            return Ok(());
        };
        if life.exit_ms.is_none() {
            self.must(id.viewer, 0, Action::Meter(MeterCall::BeginExit(number)))?;
        }
        self.wait(EXIT_DELAY_MS);
        self.must(id.viewer, 0, Action::Meter(MeterCall::FinishExit(number)))
    }

    fn empty(&mut self, asset: AssetId) -> Checked {
        let people = CAST.iter().chain([&GHOST]).map(|name| account(name));
        for person in people {
            let amount = self.model.pool(person, asset).free;
            if amount > 0 {
                let withdraw = PaymentsCall::Withdraw { asset, amount };
                self.must(person, 0, Action::Payments(withdraw))?;
            }
            if self.model.payable(person, asset) > 0 {
                let (caller, pay) = match person == account(GHOST) {
                    true => {
                        let payee = person;
                        (
                            account("stranger"),
                            PaymentsCall::PushPayable { payee, asset },
                        )
                    }
                    false => (person, PaymentsCall::WithdrawPayable { asset }),
                };
                self.must(caller, 0, Action::Payments(pay))?;
            }
        }
        if self.model.totals(asset).fees > 0 {
            let draw = PaymentsCall::WithdrawFees { asset };
            self.must(account("stranger"), 0, Action::Payments(draw))?;
        }
        let totals = self.read(self.suite.payments().totals(asset))?;
        let left = totals.pools + totals.payable + totals.fees;
        // A puppet may never release what is on hold.
        let held = totals.holds > 0 && self.start != Start::Puppet;
        ensure(left == 0 && !held, || {
            format!("law 12: {totals:?} is left of asset {asset}")
        })
    }

    /// What the payment handler has of an asset; `None` for what is no token.
    pub fn vault(&mut self, asset: AssetId) -> Result<Option<Balance>, String> {
        let payments = self.suite.payments;
        let Some(token) = self.model.asset(asset).and_then(|a| a.token) else {
            let balance = self.chain.native_balance(payments);
            return Ok(Some(balance - self.floor));
        };
        if !self.model.contracts.tokens.contains(&token) {
            return Ok(None);
        }
        self.read(psp22(token).balance_of(payments)).map(Some)
    }

    /// Compares a session.
    pub fn compare_session(&mut self, id: SessionId) -> Checked {
        let real = self.read(self.suite.meter().session(id))?;
        self.witness.see_session(id, real.as_ref())?;
        self.model.note_session(id, real.as_ref())
    }
}

/// A person's name, or the account.
pub fn name_of(person: AccountId) -> String {
    let mut names = CAST.iter().chain([&GHOST]);
    let name = names.find(|name| account(name) == person);
    name.map_or_else(|| format!("{person:?}"), |name| (*name).into())
}
