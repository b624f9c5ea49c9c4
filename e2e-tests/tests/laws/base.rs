//! Deployments that runs start from.

use crate::{
    real::address,
    tally::Tally,
    witness::Witness,
    world::{Checked, World, CAST, CID, EXIT_DELAY_MS, GHOST, POOL, PURSE, RATE},
};
use ink::scale::Encode;
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_chain::{
    account, administered, artifacts_dir, instantiate, wasm, Calls, Chain, Embedded, Snapshot,
    Suite,
};
use vilokanam_e2e::model::{
    Action, AdminCall, Contracts, Model, Part, PaymentsCall, PricingCall, RegistryCall, Setup,
    TokenCall,
};
use vilokanam_interfaces::{
    Administered, AssetRate, Balance, Class, FeeSchedule, Hash, Share, Wiring, MIN_CHANGE_DELAY_MS,
    NATIVE,
};

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
            layouts: BTreeMap::new(),
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
        let lifecycle = wasm(&dir, "tick_lifecycle").expect("run `make contracts`");
        let lifecycle = chain.upload(owner, &lifecycle).expect("it is valid");
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
        let args = (genesis_hash, EXIT_DELAY_MS, delay_ms, lifecycle);
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
            let admin = chain.read(administered(contract).administration());
            codes.insert(part, admin.expect("is readable").code_hash);
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
            layouts: BTreeMap::new(),
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
}
