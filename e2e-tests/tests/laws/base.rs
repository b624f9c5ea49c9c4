//! Deployments that runs start from.

use crate::{
    choose::vouchers::key_of,
    mischief,
    real::address,
    tally::Tally,
    witness::Witness,
    world::{Checked, World, BOND, CAST, CID, EXIT_DELAY_MS, GHOST, POOL, PURSE, RATE, SIGNERS},
};
use ink::scale::Encode;
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_chain::{
    account, administered, artifacts_dir, instantiate, wasm, Calls, Chain, Embedded, Snapshot,
    Suite,
};
use vilokanam_e2e::model::{
    Action, AdminCall, Contracts, DirectoryCall, Model, Part, PassCall, PatronageCall,
    PaymentsCall, PricingCall, RegistryCall, Setup, TokenCall,
};
use vilokanam_interfaces::{
    AccountId, Administered, AssetRate, Balance, Class, FeeSchedule, Hash, Millis, PassLevel,
    PassOffer, PassOrder, PassPeriod, PassScope, PlanKind, PlanRules, Renewal, Share, Sponsorship,
    Stake, Staking, Tier, Wiring, FACTOR_ONE, MIN_CHANGE_DELAY_MS, NATIVE,
};

/// All parts of the suite.
pub const PARTS: [Part; 10] = [
    Part::Token(0),
    Part::Token(1),
    Part::Registry,
    Part::Pricing,
    Part::Meter,
    Part::Payments,
    Part::Passes,
    Part::Patronage,
    Part::Directory,
    Part::Moderation,
];

/// What a run starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Wired, with money in pools and streams on air; changes act at once.
    Quick,
    /// The same, with changes that wait for two days.
    Slow,
    /// Not wired, and empty.
    Unwired,
    /// The payment handler obeys a person who says to be the meter, and the pass office.
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
    hostile: AccountId,
    witness: Witness,
    /// The native tokens that the payment handler had before anybody deposited.
    floor: Balance,
    /// And moderation, before anybody reported.
    court_floor: Balance,
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
            hostile: world.hostile,
            witness: world.witness,
            floor: world.floor,
            court_floor: world.court_floor,
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
            hostile: self.hostile,
            witness: self.witness.clone(),
            floor: self.floor,
            court_floor: self.court_floor,
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
        chain
            .fund(account("villain"), PURSE)
            .expect("native tokens");
        for signer in (0..SIGNERS).map(key_of) {
            chain.fund(signer, PURSE).expect("native tokens");
            funded.insert(signer);
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
        let holders = CAST.iter().map(|name| account(name));
        let holders = holders.chain((0..SIGNERS).map(key_of));
        let minted: Vec<_> = holders.map(|holder| (holder, PURSE)).collect();
        let dir = artifacts_dir();
        let mut upload = |name: &str| {
            let code = wasm(&dir, name).expect("run `make contracts`");
            chain.upload(owner, &code).expect("it is valid")
        };
        let (permit, plans) = (upload("vlk_permit"), upload("pricing_plans"));
        let (desk, lifecycle) = (upload("payment_desk"), upload("tick_lifecycle"));
        let mut make = |name: &str, args: Vec<u8>, salt: &[u8]| {
            instantiate(&mut chain, &dir, name, owner, args, salt).expect("run `make contracts`")
        };
        let token_args = (&minted, delay_ms, genesis_hash, permit).encode();
        let token = make("vlk_token", token_args.clone(), &[]);
        let other_token = make("vlk_token", token_args, &[2]);
        let registry = make("stream_registry", delay_ms.encode(), &[]);
        let pricing = make("pricing_engine", (delay_ms, plans).encode(), &[]);
        let hostile = make("hostile", Vec::new(), &[]);
        let args = (treasury, fees, vec![token, hostile], delay_ms, desk);
        let payments = make("payment_handler", args.encode(), &[]);
        let args = (genesis_hash, EXIT_DELAY_MS, delay_ms, lifecycle);
        let meter = make("tick_stream", args.encode(), &[]);
        let passes = make("pass_office", delay_ms.encode(), &[]);
        let patronage = make("patronage", delay_ms.encode(), &[]);
        let directory = make("directory", delay_ms.encode(), &[]);
        let args = (BOND, treasury, delay_ms);
        let moderation = make("moderation", args.encode(), &[]);
        let stake_book = make("stake_book", Vec::new(), &[]);
        let suite = Suite {
            token,
            registry,
            pricing,
            payments,
            meter,
            passes,
            patronage,
            directory,
            moderation,
        };
        let contracts = Contracts {
            tokens: vec![token, other_token],
            registry,
            pricing,
            meter,
            payments,
            passes,
            patronage,
            directory,
            moderation,
        };
        let second_codes = BTreeMap::from([
            (Part::Token(0), permit),
            (Part::Token(1), permit),
            (Part::Pricing, plans),
            (Part::Payments, desk),
            (Part::Meter, lifecycle),
        ]);
        let mut codes = BTreeMap::new();
        for part in PARTS {
            let contract = address(&suite, &contracts.tokens, part);
            let admin = chain.read(administered(contract).administration());
            codes.insert(part, admin.expect("is readable").code_hash);
        }
        let mut uploaded: BTreeSet<Hash> = codes.values().copied().collect();
        uploaded.extend(second_codes.values());
        mischief::begin(&mut chain, hostile);
        let stakes = stakes(chain.now_ms());
        for (holder, stake) in &stakes {
            let told = (holder, stake.amount, stake.until_ms).encode();
            let set = [ink::selector_bytes!("set").to_vec(), told].concat();
            let done = chain.call(owner, stake_book, 0, set);
            assert!(!done.expect("no trap").reverted);
        }
        let mut model = Model::new(Setup {
            now_ms: chain.now_ms(),
            genesis_hash,
            owner,
            contracts,
            allocations: vec![minted.clone(), minted],
            listed: vec![token, hostile],
            treasury,
            fees,
            bond: BOND,
            exit_delay_ms: EXIT_DELAY_MS,
            change_delay_ms: delay_ms,
            codes,
            second_codes,
            uploaded,
            wired: false,
            funded,
            existential_deposit: 1,
        });
        model.stakes.insert(stake_book, stakes);
        let floor = chain.native_balance(payments);
        let court_floor = chain.native_balance(moderation);
        Self {
            start,
            chain,
            model,
            suite,
            hostile,
            witness: Witness::default(),
            floor,
            court_floor,
            layouts: BTreeMap::new(),
            tally: Tally::default(),
            purses: [0; CAST.len()],
            log: Vec::new(),
        }
    }

    /// What a contract is to be wired to at first.
    pub fn first_wiring(&self, part: Part) -> Wiring {
        let suite = &self.suite;
        let (registry, pricing) = (Some(suite.registry), Some(suite.pricing));
        let (payments, passes) = (Some(suite.payments), Some(suite.passes));
        let (patronage, directory) = (Some(suite.patronage), Some(suite.directory));
        let none = Wiring::default();
        match part {
            Part::Pricing => Wiring {
                registry,
                payments,
                passes,
                ..none
            },
            Part::Meter => Wiring {
                registry,
                pricing,
                payments,
                patronage,
                ..none
            },
            Part::Payments => {
                let puppet = (self.start == Start::Puppet).then(|| account(PUPPET));
                Wiring {
                    meter: Some(puppet.unwrap_or(suite.meter)),
                    passes: puppet.or(passes),
                    patronage,
                    ..none
                }
            }
            Part::Passes => Wiring {
                registry,
                payments,
                ..none
            },
            Part::Patronage => Wiring {
                registry,
                payments,
                meter: Some(suite.meter),
                directory,
                ..none
            },
            Part::Directory | Part::Moderation => Wiring { registry, ..none },
            Part::Token(_) | Part::Registry => none,
        }
    }

    /// Wires what is not wired yet.
    pub fn wire(&mut self) -> Checked {
        for part in PARTS {
            let wiring = self.first_wiring(part);
            if wiring != Wiring::default() && self.model.admin(part).wired.is_none() {
                let call = AdminCall::Wire(wiring);
                let owner = self.model.admin(part).owner;
                self.act(owner, 0, Action::Admin(part, call))?;
            }
        }
        Ok(())
    }

    /// Money in pools, three streams with rates, on air.
    pub fn equip(&mut self) -> Checked {
        for account in [account("moderator"), self.suite.moderation] {
            let moderator = RegistryCall::SetModerator {
                account,
                moderator: true,
            };
            let owner = self.model.admin(Part::Registry).owner;
            self.act(owner, 0, Action::Registry(moderator))?;
        }
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
        self.equip_extras()
    }

    /// A plan, passes, a staking contract, a goal, a budget, a gateway.
    fn equip_extras(&mut self) -> Checked {
        let (alice, bob) = (account("alice"), account("bob"));
        let rules = PlanRules {
            preview_ms: 20_000,
            tiers: vec![Tier {
                after_ms: 300_000,
                factor: 750_000,
            }],
            peaks: Vec::new(),
            standard: FACTOR_ONE,
            premium: 1_200_000,
            subscription: 800_000,
            categories: Vec::new(),
            audience: Vec::new(),
            stakers: 900_000,
        };
        let (stream, kind) = (3, PlanKind::Rules(rules));
        let plan = PricingCall::SetPlan { stream, kind };
        self.act(alice, 0, Action::Pricing(plan))?;
        let contract = self.model.stakes.keys().next().copied();
        let staking = contract.map(|contract| Staking {
            contract,
            minimum: 100,
        });
        let owner = self.model.admin(Part::Pricing).owner;
        let staking = PricingCall::SetStaking(staking);
        self.act(owner, 0, Action::Pricing(staking))?;
        let offers = [
            (alice, PassScope::Stream(1), PassLevel::Premium, 500_000),
            (bob, PassScope::Creator(bob), PassLevel::Vip, 0),
        ];
        for (creator, scope, level, factor) in offers {
            let offer = PassCall::SetOffer {
                scope,
                level,
                offer: Some(PassOffer {
                    asset: NATIVE,
                    prices: [Some(RATE * 600), Some(RATE * 3_001), None],
                    factor,
                }),
            };
            self.act(creator, 0, Action::Passes(offer))?;
        }
        let (scope, level) = (PassScope::Stream(1), PassLevel::Premium);
        let order = PassOrder {
            scope,
            level,
            period: PassPeriod::Day,
            periods: 1,
            asset: NATIVE,
            max_price: Balance::MAX,
            max_factor: FACTOR_ONE,
            holder: None,
        };
        let erin = account("erin");
        self.act(erin, 0, Action::Passes(PassCall::Buy(order)))?;
        let renewal = Renewal {
            period: PassPeriod::Day,
            asset: NATIVE,
            max_price: Balance::MAX,
            max_factor: FACTOR_ONE,
        };
        let allow = PassCall::SetRenewal {
            scope,
            level,
            renewal: Some(renewal),
        };
        self.act(erin, 0, Action::Passes(allow))?;
        let end_ms = self.model.now_ms + 7 * 86_400_000;
        let goal = PatronageCall::MakeGoal {
            stream: 1,
            asset: NATIVE,
            target: RATE * 10_000,
            end_ms,
            about: Hash::default(),
        };
        self.act(alice, 0, Action::Patronage(goal))?;
        let budget = PatronageCall::Sponsor {
            stream: 2,
            asset: NATIVE,
            amount: RATE * 100_000,
            terms: Sponsorship {
                max_hold: RATE * 3_600,
                max_ceiling: RATE * 4,
                until_ms: end_ms,
            },
        };
        self.act(account("stranger"), 0, Action::Patronage(budget))?;
        let gateway = DirectoryCall::SetGateway {
            account: account("erin"),
            gateway: true,
        };
        let owner = self.model.admin(Part::Directory).owner;
        self.act(owner, 0, Action::Directory(gateway))
    }
}

/// What some have at stake.
fn stakes(now_ms: Millis) -> BTreeMap<AccountId, Stake> {
    let day = 86_400_000;
    let stake = |amount, until_ms| Stake { amount, until_ms };
    BTreeMap::from([
        (account("carol"), stake(100, now_ms + 400 * day)),
        (account("erin"), stake(1_000, now_ms + 3_600_000)),
        (account("dave"), stake(99, now_ms + 400 * day)),
    ])
}
