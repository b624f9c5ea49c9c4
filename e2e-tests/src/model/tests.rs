//! The model against numbers worked out by hand from the design.

mod patrons;
mod plans;
mod random;
mod rules;
mod spending;
mod vouchers;

use super::*;
use vilokanam_interfaces::{
    Asset, Discount, PricingEngineError, SessionState, Totals, Viewer, MAX_HOLD, MAX_PAUSE_MS,
    MIN_CHANGE_DELAY_MS, NATIVE, PAUSE_REST_MS,
};

const CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const START: Millis = 1_700_000_000_000;
const EXIT_DELAY: Millis = 600_000;
const VLK: AssetId = 1;
/// Base units a second: 1,500 a millisecond in 10^9ths is 1.5 units.
const RATE: Balance = 1_500;
const DEPOSIT: Balance = 1_000_000;
const SUPPLY: Balance = 10_000_000;

fn who(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

const OWNER: u8 = 1;
const CREATOR: u8 = 2;
const COHOST: u8 = 3;
const VIEWER: u8 = 4;
const REFERRER: u8 = 5;
const STRANGER: u8 = 6;
const TREASURY: u8 = 7;
const METER: u8 = 103;
const PAYMENTS: u8 = 104;
const PASSES: u8 = 105;
const PATRONAGE: u8 = 106;
const COURT: u8 = 108;
const BOND: Balance = 5_000;

struct World(Model);

impl World {
    /// A wired suite; the viewer has `DEPOSIT` native and as much $VLK in pools, and stream 1 asks `RATE` in both.
    fn new() -> Self {
        Self::with_shares(10_000, &[])
    }

    fn with_shares(owner_bps: u16, cohosts: &[(u8, u16)]) -> Self {
        let mut world = Self::bare();
        let share = |(account, bps): &(u8, u16)| Share {
            account: who(*account),
            bps: *bps,
        };
        let register = RegistryCall::Register {
            cid: CID.into(),
            class: Class::Standard,
            category: 7,
            owner_bps,
            cohosts: cohosts.iter().map(share).collect(),
        };
        world.must(CREATOR, Action::Registry(register));
        world.rates(RATE);
        world.go_live(86_400_000);
        world
    }

    fn bare() -> Self {
        let contracts = Contracts {
            tokens: vec![who(100)],
            registry: who(101),
            pricing: who(102),
            meter: who(METER),
            payments: who(PAYMENTS),
            passes: who(PASSES),
            patronage: who(PATRONAGE),
            directory: who(107),
            moderation: who(COURT),
        };
        let model = Model::new(Setup {
            now_ms: START,
            genesis_hash: Hash::default(),
            owner: who(OWNER),
            listed: contracts.tokens.clone(),
            contracts,
            allocations: vec![vec![(who(VIEWER), SUPPLY)]],
            treasury: who(TREASURY),
            fees: FeeSchedule {
                standard_bps: 1_000,
                premium_bps: 1_500,
                subscription_bps: 2_000,
                tips_bps: 500,
                referral_bps: 2_500,
            },
            bond: BOND,
            exit_delay_ms: EXIT_DELAY,
            change_delay_ms: 0,
            codes: BTreeMap::new(),
            second_codes: BTreeMap::from([(Part::Meter, Hash::from([9; 32]))]),
            uploaded: BTreeSet::from([Hash::from([9; 32])]),
            wired: true,
            funded: (1..=TREASURY).map(who).collect(),
            existential_deposit: 1_000,
        });
        let mut world = Self(model);
        let outcome = world.0.apply(
            who(VIEWER),
            DEPOSIT,
            &Action::Payments(PaymentsCall::Deposit),
        );
        assert!(outcome.is_ok());
        let approve = TokenCall::Approve {
            spender: who(PAYMENTS),
            amount: SUPPLY,
        };
        world.must(VIEWER, Action::Token(0, approve));
        let deposit = PaymentsCall::DepositToken {
            asset: VLK,
            amount: DEPOSIT,
        };
        world.must(VIEWER, Action::Payments(deposit));
        world
    }

    /// Applies one action; checks the laws, and that a failure changes nothing.
    fn act(&mut self, caller: u8, action: Action) -> Outcome {
        let before = self.0.clone();
        let outcome = self.0.apply(who(caller), 0, &action);
        if !outcome.is_ok() {
            assert_eq!(before, self.0, "law 13: {action:?}");
        }
        self.0.laws().unwrap();
        outcome
    }

    fn must(&mut self, caller: u8, action: Action) -> Value {
        let name = action.name();
        match self.act(caller, action) {
            Outcome::Token(Ok(value))
            | Outcome::Registry(Ok(value))
            | Outcome::Pricing(Ok(value))
            | Outcome::Meter(Ok(value))
            | Outcome::Payments(Ok(value))
            | Outcome::Passes(Ok(value))
            | Outcome::Patronage(Ok(value))
            | Outcome::Directory(Ok(value))
            | Outcome::Moderation(Ok(value))
            | Outcome::Permit(Ok(value))
            | Outcome::Admin(Ok(value)) => value,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn meter(&mut self, caller: u8, call: MeterCall) -> Result<Value, TickStreamError> {
        match self.act(caller, Action::Meter(call)) {
            Outcome::Meter(result) => result,
            other => panic!("{other:?}"),
        }
    }

    fn payments(&mut self, caller: u8, call: PaymentsCall) -> Result<Value, PaymentHandlerError> {
        match self.act(caller, Action::Payments(call)) {
            Outcome::Payments(result) => result,
            other => panic!("{other:?}"),
        }
    }

    fn registry(&mut self, caller: u8, call: RegistryCall) -> Result<Value, StreamRegistryError> {
        match self.act(caller, Action::Registry(call)) {
            Outcome::Registry(result) => result,
            other => panic!("{other:?}"),
        }
    }

    fn admin(&mut self, part: Part, call: AdminCall) -> Result<Value, AdminError> {
        match self.act(OWNER, Action::Admin(part, call)) {
            Outcome::Admin(result) => result,
            other => panic!("{other:?}"),
        }
    }

    fn set_rates(&mut self, rate_per_sec: Balance) -> Outcome {
        let rate = |asset| AssetRate {
            asset,
            rate_per_sec,
        };
        let rates = vec![rate(NATIVE), rate(VLK)];
        self.act(
            CREATOR,
            Action::Pricing(PricingCall::SetRates { stream: 1, rates }),
        )
    }

    fn rates(&mut self, rate_per_sec: Balance) {
        assert!(self.set_rates(rate_per_sec).is_ok());
    }

    fn go_live(&mut self, grace_ms: Millis) {
        let live = RegistryCall::GoLive {
            stream: 1,
            grace_ms,
        };
        self.must(CREATOR, Action::Registry(live));
    }

    fn open(&mut self, hold: Balance) -> SessionId {
        self.open_with(VIEWER, request(hold)).unwrap()
    }

    fn open_with(
        &mut self,
        viewer: u8,
        request: OpenRequest,
    ) -> Result<SessionId, TickStreamError> {
        let viewer = who(viewer);
        match self
            .0
            .apply(viewer, 0, &Action::Meter(MeterCall::Open(request)))
        {
            Outcome::Meter(Ok(Value::Number(number))) => Ok(SessionId { viewer, number }),
            Outcome::Meter(Err(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    fn free(&self) -> Balance {
        self.0.pool(who(VIEWER), NATIVE).free
    }

    fn payable(&self, account: u8) -> Balance {
        self.0.payable(who(account), NATIVE)
    }
}

fn request(hold: Balance) -> OpenRequest {
    OpenRequest {
        stream: 1,
        asset: NATIVE,
        hold,
        ceiling: 10_000,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

fn amount(amount: Balance) -> Result<Value, TickStreamError> {
    Ok(Value::Amount(amount))
}

#[test]
fn a_flat_rate_charges_whole_units_rounded_down() {
    let mut world = World::new();
    let id = world.open(100_000);
    assert_eq!(world.free(), 900_000);
    world.0.advance(10_001);
    // 1,500 × 10.001 s = 15,001.5
    assert_eq!(world.0.owed(id), Ok(15_001));
    assert_eq!(world.0.refundable(id), Ok(84_999));
    // 100,000 / 1.5 = 66,666.67 milliseconds
    assert_eq!(world.0.runs_out_at(id), Ok(Some(START + 66_666)));
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(15_001));
    assert_eq!(world.free(), 984_999);
    // 10 % fee of 15,001, rounded down; nobody referred the viewer
    assert_eq!(world.payable(CREATOR), 13_501);
    let totals = Totals {
        pools: 984_999,
        holds: 0,
        payable: 13_501,
        fees: 1_500,
    };
    assert_eq!(world.0.totals(NATIVE), totals);
    let closed = world.meter(VIEWER, MeterCall::Close(1));
    assert_eq!(closed, Err(TickStreamError::SessionClosed));
    let unknown = world.meter(VIEWER, MeterCall::Close(2));
    assert_eq!(unknown, Err(TickStreamError::SessionNotFound));
    let viewer = Viewer {
        sessions: 1,
        watched_ms: 10_001,
        open: Vec::new(),
    };
    assert_eq!(world.0.viewer(who(VIEWER)), viewer);
}

#[test]
fn settling_in_parts_gives_what_settling_once_gives() {
    let mut world = World::with_shares(3_333, &[(COHOST, 3_334), (STRANGER, 3_333)]);
    let with_referrer = OpenRequest {
        referrer: Some(who(REFERRER)),
        ..request(100_000)
    };
    let id = world.open_with(VIEWER, with_referrer).unwrap();
    let mut settled = 0;
    for step in [1, 1, 0, 5, 333, 2_000, 7_660, 1] {
        world.0.advance(step);
        let Ok(Value::Amount(moved)) = world.meter(STRANGER, MeterCall::Settle(id)) else {
            panic!("not settled");
        };
        settled += moved;
        assert_eq!(world.meter(STRANGER, MeterCall::Settle(id)), amount(0));
    }
    // 10,001 ms as before: t = 15,001; fee = 1,500, a quarter of it to the referrer.
    assert_eq!(settled, 15_001);
    assert_eq!(world.payable(REFERRER), 375);
    assert_eq!(world.0.totals(NATIVE).fees, 1_125);
    // net 13,501: floor(13,501 × 3,334 / 10,000) = 4,501; left 9,000 and 6,666: floor(9,000 × 3,333 / 6,666) = 4,500
    assert_eq!(world.payable(COHOST), 4_501);
    assert_eq!(world.payable(STRANGER), 4_500);
    assert_eq!(world.payable(CREATOR), 4_500);
}

#[test]
fn repricing_counts_from_its_instant_and_a_ceiling_ends_the_session() {
    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(10_000); // 15,000
    world.rates(2_000);
    world.0.advance(59_999);
    let next_ms = START + 70_000;
    let too_soon = PricingEngineError::RepricedTooSoon { next_ms };
    assert_eq!(world.set_rates(1), Outcome::Pricing(Err(too_soon)));
    world.0.advance(1); // 60 s × 2,000 = 120,000
    assert_eq!(world.0.owed(id), Ok(135_000));
    world.rates(10_000); // at the ceiling, not above
    world.0.advance(61_000); // 610,000, of which the hold has 365,000: 36.5 s
    assert_eq!(world.0.runs_out_at(id), Ok(Some(START + 106_500)));
    assert_eq!(world.0.owed(id), Ok(500_000));

    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(10_000);
    world.rates(10_001);
    let ended_ms = START + 10_000;
    let ended = Err(TickStreamError::SessionEnded { ended_ms });
    assert_eq!(world.meter(VIEWER, MeterCall::Pause(1)), ended);
    world.0.advance(60_000);
    world.rates(1_000); // too late
    world.0.advance(5_000);
    assert_eq!(world.0.owed(id), Ok(15_000));
    assert_eq!(
        world.meter(STRANGER, MeterCall::CloseEnded(id)),
        amount(15_000)
    );
    assert_eq!(world.0.audience(1).watched_ms, 10_000);
}

#[test]
fn a_hold_runs_out_at_a_whole_millisecond_and_is_topped_up_before() {
    let mut world = World::new();
    let id = world.open(1_501);
    world.0.advance(1_000); // 1,500: the next millisecond costs 1.5
    let ended_ms = START + 1_000;
    assert_eq!(world.0.runs_out_at(id), Ok(Some(ended_ms)));
    let top_up = |amount| MeterCall::TopUp { id, amount };
    let ended = Err(TickStreamError::SessionEnded { ended_ms });
    assert_eq!(world.meter(VIEWER, top_up(5)), ended);
    assert_eq!(
        world.meter(VIEWER, MeterCall::CloseEnded(id)),
        amount(1_500)
    );
    assert_eq!(world.free(), DEPOSIT - 1_500);

    let id = world.open(1_500);
    world.0.advance(999);
    let top_up = |amount| MeterCall::TopUp { id, amount };
    let free = PaymentHandlerError::PoolTooSmall { needed: 5, free: 0 };
    let refused = Err(TickStreamError::Payments(free));
    assert_eq!(world.meter(STRANGER, top_up(5)), refused);
    let max = MAX_HOLD;
    let large = Err(TickStreamError::HoldTooLarge { max });
    assert_eq!(world.meter(VIEWER, top_up(Balance::MAX)), large);
    world.meter(VIEWER, top_up(1_500)).unwrap();
    assert_eq!(world.0.runs_out_at(id), Ok(Some(START + 1_000 + 2_000)));
    world.0.advance(10_000);
    assert_eq!(world.meter(STRANGER, MeterCall::Settle(id)), amount(3_000));
    assert_eq!(world.0.refundable(id), Ok(0));
}

#[test]
fn paused_time_costs_nothing_even_when_the_price_passes_the_ceiling_meanwhile() {
    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(1_000);
    world.meter(VIEWER, MeterCall::Pause(1)).unwrap();
    let running = world.meter(VIEWER, MeterCall::Pause(1));
    assert_eq!(running, Err(TickStreamError::NotRunning));
    world.rates(20_000); // in the same millisecond, after the pause
    world.0.advance(50_000);
    assert_eq!(world.0.runs_out_at(id), Ok(None));
    let above = TickStreamError::AboveCeiling {
        price_per_sec: 20_000,
        ceiling: 10_000,
    };
    assert_eq!(world.meter(VIEWER, MeterCall::Resume(1)), Err(above));
    world.0.advance(10_000);
    world.rates(3_000);
    world.meter(VIEWER, MeterCall::Resume(1)).unwrap();
    let again = world.meter(VIEWER, MeterCall::Resume(1));
    assert_eq!(again, Err(TickStreamError::NotPaused));
    world.0.advance(2_000);
    assert_eq!(world.0.owed(id), Ok(1_500 + 6_000));
    let session = world.0.session(id).unwrap();
    assert_eq!(session.since_ms, START + 61_000);
    assert_eq!(session.accrued, 1_500_000_000_000);
    assert_eq!(session.watched_ms, 1_000);
    assert_eq!(session.state, SessionState::Running);
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(7_500));
    assert_eq!(world.0.viewer(who(VIEWER)).watched_ms, 3_000);
}

#[test]
fn dead_air_is_free_and_the_next_broadcast_is_another() {
    let mut world = World::bare();
    let register = RegistryCall::Register {
        cid: CID.into(),
        class: Class::Premium,
        category: 0,
        owner_bps: 10_000,
        cohosts: Vec::new(),
    };
    world.must(CREATOR, Action::Registry(register));
    world.rates(RATE);
    let not_live = world.open_with(VIEWER, request(100_000));
    assert_eq!(
        not_live,
        Err(TickStreamError::Pricing(PricingEngineError::NotLive))
    );
    world.go_live(10_000);
    let id = world.open(100_000);
    world.0.advance(9_999);
    let beat = RegistryCall::Heartbeat { stream: 1 };
    world.registry(CREATOR, beat.clone()).unwrap();
    world.0.advance(10_000);
    let late = world.registry(CREATOR, beat);
    assert_eq!(late, Err(StreamRegistryError::NotLive));
    assert!(world.0.live_streams().is_empty());
    world.go_live(10_000);
    let number = id.number;
    let open = world.open_with(VIEWER, request(100_000));
    assert_eq!(open, Err(TickStreamError::AlreadyOpen { number }));
    world.0.advance(5_000);
    // 19,999 ms at 1.5, and 15 % of it
    assert_eq!(
        world.meter(STRANGER, MeterCall::CloseEnded(id)),
        amount(29_998)
    );
    assert_eq!(world.0.totals(NATIVE).fees, 4_499);
    let second = world.open(100_000);
    assert_eq!(world.0.life(second).unwrap().broadcast, 2);
    let running = world.meter(STRANGER, MeterCall::CloseEnded(second));
    assert_eq!(running, Err(TickStreamError::SessionNotEnded));
}

#[test]
fn the_exit_needs_nobody_and_pays_what_is_settled() {
    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(2_000);
    world.meter(STRANGER, MeterCall::Settle(id)).unwrap();
    world.0.advance(1_000);
    // The registry is gone.
    let wiring = Wiring {
        registry: Some(who(STRANGER)),
        payments: Some(who(103)),
        passes: Some(who(PASSES)),
        ..Wiring::default()
    };
    let announce = AdminCall::Announce(Change::Wiring(wiring));
    assert_eq!(world.admin(Part::Pricing, announce), Ok(Value::Number(1)));
    world.admin(Part::Pricing, AdminCall::Apply(1)).unwrap();
    let failed = world.meter(VIEWER, MeterCall::Close(1));
    let pricing_failed = TickStreamError::Pricing(PricingEngineError::CallFailed);
    assert_eq!(failed, Err(pricing_failed));
    let early = world.meter(VIEWER, MeterCall::FinishExit(1));
    assert_eq!(early, Err(TickStreamError::ExitNotBegun));
    world.meter(VIEWER, MeterCall::BeginExit(1)).unwrap();
    let finish_ms = START + 3_000 + EXIT_DELAY;
    let twice = world.meter(VIEWER, MeterCall::BeginExit(1));
    assert_eq!(twice, Err(TickStreamError::ExitBegun { finish_ms }));
    world.0.advance(EXIT_DELAY - 1);
    let early = world.meter(VIEWER, MeterCall::FinishExit(1));
    assert_eq!(early, Err(TickStreamError::ExitNotDue { finish_ms }));
    world.0.advance(1);
    world.meter(VIEWER, MeterCall::FinishExit(1)).unwrap();
    assert_eq!(world.free(), DEPOSIT - 3_000);
    assert_eq!(world.0.viewer(who(VIEWER)).watched_ms, 2_000);
}

#[test]
fn what_the_meter_writes_down_must_lie_on_the_life() {
    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(2_000);
    let predicted = world.0.session(id).unwrap();
    let later = vilokanam_interfaces::Session {
        since_ms: START + 1_001,
        accrued: 1_501_500_000_000,
        watched_ms: 1_001,
        ..predicted
    };
    world.0.note_session(id, Some(&later)).unwrap();
    assert_eq!(world.0.session(id), Some(later));
    assert!(world.0.note_session(id, Some(&predicted)).is_err(), "back");
    let wrong = vilokanam_interfaces::Session {
        accrued: later.accrued + 1,
        ..later
    };
    assert!(world.0.note_session(id, Some(&wrong)).is_err());
    assert!(world.0.note_session(id, None).is_err());
}

#[test]
fn exits_work_while_deposits_are_paused() {
    let mut world = World::new();
    let id = world.open(100_000);
    let pause = |duration_ms| PaymentsCall::Pause { duration_ms };
    let max_ms = MAX_PAUSE_MS;
    let range = Err(PaymentHandlerError::PauseOutOfRange { max_ms });
    assert_eq!(world.payments(OWNER, pause(0)), range);
    world.payments(OWNER, pause(MAX_PAUSE_MS)).unwrap();
    let until_ms = START + MAX_PAUSE_MS;
    let next_ms = until_ms + PAUSE_REST_MS;
    let soon = Err(PaymentHandlerError::PauseTooSoon { next_ms });
    assert_eq!(world.payments(OWNER, pause(1)), soon);
    world.0.advance(2_000);
    let paused = PaymentHandlerError::Paused { until_ms };
    let deposit = PaymentsCall::Deposit;
    assert_eq!(world.payments(VIEWER, deposit), Err(paused.clone()));
    let top_up = MeterCall::TopUp { id, amount: 1 };
    let refused = Err(TickStreamError::Payments(paused));
    assert_eq!(world.meter(VIEWER, top_up), refused);
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(3_000));
    let withdraw = PaymentsCall::Withdraw {
        asset: NATIVE,
        amount: DEPOSIT - 3_000,
    };
    world.payments(VIEWER, withdraw).unwrap();
    let push = PaymentsCall::PushPayable {
        payee: who(CREATOR),
        asset: NATIVE,
    };
    let pushed = world.payments(STRANGER, push.clone());
    assert_eq!(pushed, Ok(Value::Amount(2_700)));
    let again = world.payments(STRANGER, push);
    assert_eq!(again, Err(PaymentHandlerError::NothingPayable));
    let sweep = PaymentsCall::Sweep { asset: NATIVE };
    let nothing = world.payments(STRANGER, sweep.clone());
    assert_eq!(nothing, Err(PaymentHandlerError::NothingToSweep));
    assert_eq!(
        world.act(STRANGER, Action::DonateNative(77)),
        Outcome::Donated
    );
    assert_eq!(world.payments(STRANGER, sweep), Ok(Value::Amount(77)));
    let fees = PaymentsCall::WithdrawFees { asset: NATIVE };
    assert_eq!(world.payments(STRANGER, fees), Ok(Value::Amount(300)));
    assert_eq!(world.0.vault(NATIVE), Some(0));
    world.payments(OWNER, PaymentsCall::Unpause).unwrap();
    let again = world.payments(OWNER, PaymentsCall::Unpause);
    assert_eq!(again, Err(PaymentHandlerError::NotPaused));
}

#[test]
fn a_delisted_token_keeps_its_exits() {
    let mut world = World::new();
    let change = Change::SetAsset {
        asset: VLK,
        allowed: false,
    };
    world
        .admin(Part::Payments, AdminCall::Announce(change))
        .unwrap();
    world.admin(Part::Payments, AdminCall::Apply(1)).unwrap();
    let allowed = world.0.asset(VLK).map(|a: Asset| a.allowed);
    assert_eq!(allowed, Some(false));
    let (asset, amount) = (VLK, DEPOSIT);
    let deposit = PaymentsCall::DepositToken { asset, amount };
    let refused = world.payments(VIEWER, deposit);
    assert_eq!(refused, Err(PaymentHandlerError::AssetNotAllowed));
    let withdraw = PaymentsCall::Withdraw { asset, amount };
    world.payments(VIEWER, withdraw).unwrap();
    assert_eq!(world.0.tokens[0].balance_of(who(VIEWER)), SUPPLY);
}

#[test]
fn charge_answers_for_any_session() {
    let world = World::new();
    let item = ChargeItem {
        stream: 1,
        broadcast: 1,
        asset: NATIVE,
        rate_per_sec: 1_000_000_000_000_000_000,
        factor: 1_000_000,
        ceiling: Balance::MAX,
        hold: MAX_HOLD,
        accrued: 0,
        since_ms: 10,
        running: true,
        stop_ms: Millis::MAX,
        planned: None,
    };
    // A hold of 10^29 at 10^18 a second: 10^11 seconds.
    let charged = world.0.charge(Millis::MAX, &[item]).unwrap()[0];
    assert_eq!(charged.added_ms, 100_000_000_000_000);
    assert_eq!(charged.ended_ms, Some(10 + 100_000_000_000_000));
    assert_eq!(charged.accrued, MAX_HOLD * 1_000_000_000);
    assert_eq!(charged.price_per_sec, item.rate_per_sec);
    let too_much = ChargeItem {
        hold: MAX_HOLD + 1,
        ..item
    };
    let refused = world.0.charge(0, &[item, too_much]);
    assert_eq!(refused, Err(PricingEngineError::Overflow));
    let paused = ChargeItem {
        running: false,
        stop_ms: 20,
        ..item
    };
    let charged = world.0.charge(20, &[paused]).unwrap()[0];
    assert_eq!((charged.upto_ms, charged.ended_ms), (10, Some(20)));
}
