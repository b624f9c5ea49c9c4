//! The scene: streams on air, clock and voucher sessions, passes, a goal, a budget, a report, and money that is owed.

use super::world::{caller, CALLERS};
use psp22::PSP22;
use vilokanam_chain::{
    account, artifacts_dir, deploy, Calls, Chain, Config, Embedded, Message, Suite, VLK,
};
use vilokanam_interfaces::{
    events::tick_stream::SessionOpened, AccountId, AssetId, AssetRate, Balance, Class, Directory,
    Discount, Hash, Moderation, OpenRequest, PassLevel, PassOffer, PassOffice, PassOrder,
    PassPeriod, PassScope, Patronage, PaymentDesk, PaymentHandler, PlanKind, PlanRules,
    PricingEngine, PricingPlans, Renewal, Scheduled, SessionId, Share, SpendingLimits, Sponsorship,
    StreamRegistry, TickLifecycle, TickStream, Tier, FACTOR_ONE, MIN_CHANGE_DELAY_MS, NATIVE,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Permit, Voucher,
};

/// What callers have, of each asset.
const PURSE: Balance = 1_000_000_000_000_000_000_000;
/// What most have deposited, of each asset.
const POOL: Balance = 10_000_000_000_000_000;
/// A base rate.
pub const RATE: Balance = 1_000_000_007;
/// What a session holds.
pub const HOLD: Balance = 10_000_000_000_000;
/// The value of a report's bond.
pub const BOND: Balance = 10_000_000_000_000;
pub const CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
/// What the vouchers that are signed say: time and amount.
pub const VOUCHERS: [(u64, Balance); 4] = [
    (1_000, RATE),
    (20_000, RATE * 20),
    (40_000, RATE * 30),
    (10_000_000, HOLD),
];
/// What the permit says: how much, and until when.
pub const PERMIT: (Balance, u64) = (1_000_000_000_000, u64::MAX);

/// A chain that is ready.
pub struct Set {
    pub chain: Embedded,
    pub suite: Suite,
    pub signatures: Vec<[u8; 64]>,
    /// Accounts of nobody who calls.
    pub others: Vec<AccountId>,
    pub floor: Balance,
}

/// The key that signs vouchers, and the permit of the account that it is.
pub fn signer() -> Keypair {
    sign::pair(&[7; 32]).expect("any 32 bytes are a seed")
}

struct Scene {
    chain: Embedded,
    suite: Suite,
}

impl Scene {
    fn must<T, E: core::fmt::Debug>(
        &mut self,
        name: &str,
        message: impl Message<Output = Result<T, E>>,
    ) -> T {
        self.chain
            .must(caller(name), message)
            .expect("it succeeds")
            .value
    }

    /// Deposits of both assets.
    fn deposits(&mut self, name: &str) {
        let suite = self.suite;
        let native = suite.payments().deposit().transferred_value(POOL);
        self.must(name, native);
        let approve = suite.token().approve(suite.payments, POOL * 10);
        self.must(name, approve);
        self.must(name, suite.payments().deposit_token(VLK, POOL));
    }

    fn airs(&mut self, name: &str, class: Class, owner_bps: u16, cohosts: Vec<Share>) -> u32 {
        let suite = self.suite;
        let register = suite
            .registry()
            .register(CID.into(), class, 7, owner_bps, cohosts);
        let stream = self.must(name, register);
        let rates = [NATIVE, VLK].map(|asset| AssetRate {
            asset,
            rate_per_sec: RATE,
        });
        let set = suite.pricing().set_rates(stream, rates.into());
        self.must(name, set);
        let live = suite.registry().go_live(stream, 86_400_000);
        self.must(name, live);
        stream
    }
}

/// What opening asks for, by the clock, with nothing else.
pub fn request(stream: u32, asset: AssetId) -> OpenRequest {
    OpenRequest {
        stream,
        asset,
        hold: HOLD,
        ceiling: RATE * 4,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

/// Deploys, and plays the beginning of an evening.
pub fn set() -> Set {
    let mut chain = Embedded::new();
    for name in CALLERS {
        let purse = match name {
            "pauper" => 300,
            _ => PURSE,
        };
        chain.fund(caller(name), purse).expect("native tokens");
    }
    let config = Config {
        allocations: CALLERS
            .iter()
            .filter(|name| **name != "pauper")
            .map(|name| (caller(name), PURSE))
            .collect(),
        change_delay_ms: MIN_CHANGE_DELAY_MS,
        report_bond: BOND,
        ..Config::default()
    };
    let suite = deploy(&mut chain, &artifacts_dir(), &config).expect("run `make contracts`");
    let floor = chain.native_balance(suite.payments);
    let mut scene = Scene { chain, suite };
    streams(&mut scene);
    platform(&mut scene);
    let signatures = sessions(&mut scene);
    let others = [
        account("ghost"),
        signer().public.to_bytes().into(),
        AccountId::from([0; 32]),
        account("treasury"),
    ];
    Set {
        chain: scene.chain,
        suite,
        signatures,
        others: others.into(),
        floor,
    }
}

/// Money, three streams on air, a plan.
fn streams(scene: &mut Scene) {
    let suite = scene.suite;
    let moderator = suite.registry().set_moderator(account("moderator"), true);
    scene.must("owner", moderator);
    for name in [
        "alice", "bob", "carol", "dave", "erin", "stranger", "signer",
    ] {
        scene.deposits(name);
    }
    let share = |name: &str, bps| Share {
        account: account(name),
        bps,
    };
    let cohosts = vec![share("erin", 2_500)];
    scene.airs("alice", Class::Standard, 7_500, cohosts);
    scene.airs("bob", Class::Premium, 10_000, Vec::new());
    let cohosts = vec![share("erin", 3_333), share("ghost", 3_333)];
    scene.airs("alice", Class::Subscription, 3_334, cohosts);
    let operators = suite.registry().set_operators(1, vec![account("bob")]);
    scene.must("alice", operators);
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
    let plan = suite.plans().set_plan(3, PlanKind::Rules(rules));
    scene.must("alice", plan);
}

/// A pass, a goal, a budget, limits, a calendar, a stream of another chain, a report.
fn platform(scene: &mut Scene) {
    let suite = scene.suite;
    let now_ms = scene.chain.now_ms();
    let (scope, level) = (PassScope::Stream(1), PassLevel::Premium);
    let offer = PassOffer {
        asset: NATIVE,
        prices: [Some(RATE * 600), Some(RATE * 3_001), None],
        factor: 500_000,
    };
    let offer = suite.passes().set_offer(scope, level, Some(offer));
    scene.must("alice", offer);
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
    scene.must("erin", suite.passes().buy(order));
    let renewal = Renewal {
        period: PassPeriod::Day,
        asset: NATIVE,
        max_price: Balance::MAX,
        max_factor: FACTOR_ONE,
    };
    let allow = suite.passes().set_renewal(scope, level, Some(renewal));
    scene.must("erin", allow);
    let end_ms = now_ms + 7 * 86_400_000;
    let goal = suite
        .patronage()
        .make_goal(1, NATIVE, RATE * 10_000, end_ms, Hash::default());
    scene.must("alice", goal);
    scene.must("carol", suite.patronage().contribute(1, RATE * 100));
    let terms = Sponsorship {
        max_hold: HOLD,
        max_ceiling: RATE * 4,
        until_ms: end_ms,
    };
    let budget = suite.patronage().sponsor(2, NATIVE, HOLD * 10, terms);
    scene.must("stranger", budget);
    let limits = SpendingLimits {
        session: Some(HOLD * 10),
        day: Some(HOLD * 20),
        week: None,
        month: Some(HOLD * 40),
        categories: vec![(7, HOLD * 30)],
    };
    let limits = suite.desk().set_spending_limits(NATIVE, limits);
    scene.must("dave", limits);
    let directory = suite.directory();
    scene.must(
        "owner",
        suite.directory().set_gateway(account("erin"), true),
    );
    scene.must("owner", suite.directory().name_category(7, "Chess".into()));
    scene.must("alice", suite.directory().list_stream(1));
    let scheduled = Scheduled {
        start_ms: end_ms,
        end_ms: end_ms + 3_600_000,
        cid: CID.into(),
    };
    scene.must("alice", suite.directory().schedule(1, scheduled));
    let mut directory = directory;
    let origin = Hash::from([9; 32]);
    let external = directory.register_external(2_000, origin, account("ghost"), CID.into(), 7);
    scene.must("erin", external);
    let report = suite.moderation().report_stream(2, "loud".into());
    scene.must("carol", report.transferred_value(BOND));
}

/// Sessions of both meters, one paused, one sponsored, one on a plan; some of it settled.
fn sessions(scene: &mut Scene) -> Vec<[u8; 64]> {
    let suite = scene.suite;
    let key = AccountId::from(signer().public.to_bytes());
    let open = |request| suite.lifecycle().open(request);
    scene.must("carol", open(request(1, NATIVE)));
    scene.must("carol", open(request(2, VLK)));
    let by_voucher = OpenRequest {
        key: Some(key),
        referrer: Some(account("stranger")),
        ..request(1, NATIVE)
    };
    let sent = scene.chain.must(account("dave"), open(by_voucher));
    let sent = sent.expect("it opens");
    let opened = &sent.events_of::<SessionOpened>()[0];
    let sponsored = OpenRequest {
        sponsor: Some(account("stranger")),
        ..request(2, NATIVE)
    };
    scene.must("dave", open(sponsored));
    let with_pass = OpenRequest {
        discount: Discount::Pass,
        ..request(1, NATIVE)
    };
    scene.must("erin", open(with_pass));
    scene.must("erin", open(request(3, VLK)));
    scene.chain.advance(30_000);
    scene.must("carol", suite.lifecycle().pause(2));
    scene.must("erin", suite.lifecycle().begin_exit(2));
    let carols = SessionId {
        viewer: account("carol"),
        number: 1,
    };
    scene.must("stranger", suite.meter().settle(carols));
    scene.must("carol", suite.patronage().tip(2, VLK, RATE, None));
    scene.chain.advance(30_000);

    let domain = |contract: AccountId, scene: &Scene| Domain {
        genesis_hash: scene.chain.genesis_hash().into(),
        contract: *contract.as_ref(),
    };
    let pair = signer();
    let mut signatures: Vec<_> = VOUCHERS
        .iter()
        .map(|(ms, amount)| {
            let voucher = Voucher {
                viewer: *opened.viewer.as_ref(),
                number: opened.number,
                stream: opened.stream,
                asset: opened.asset,
                ms: *ms,
                amount: *amount,
            };
            let message = voucher.message(&domain(suite.meter, scene));
            sign::sign(&pair, &message, Form::Raw)
        })
        .collect();
    let permit = Permit {
        owner: pair.public.to_bytes(),
        spender: *suite.payments.as_ref(),
        value: PERMIT.0,
        nonce: 0,
        deadline_ms: PERMIT.1,
    };
    let message = permit.message(&domain(suite.token, scene));
    signatures.push(sign::sign(&pair, &message, Form::Wrapped));
    signatures
}
