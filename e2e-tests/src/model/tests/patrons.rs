//! Passes, tips, goals, sponsors, external streams and reports, worked out by hand.

use super::*;
use vilokanam_interfaces::{
    Contribution, GoalState, Offender, PassPeriod, ReportState, SpendingLimits,
};

fn patronage(world: &mut World, caller: u8, call: PatronageCall) -> Result<Value, PatronageError> {
    match world.act(caller, Action::Patronage(call)) {
        Outcome::Patronage(told) => told,
        other => panic!("{other:?}"),
    }
}

fn passes(world: &mut World, caller: u8, call: PassCall) -> Result<Value, PassOfficeError> {
    match world.act(caller, Action::Passes(call)) {
        Outcome::Passes(told) => told,
        other => panic!("{other:?}"),
    }
}

fn court(
    world: &mut World,
    caller: u8,
    value: Balance,
    call: ModerationCall,
) -> Result<Value, ModerationError> {
    let told = world.0.apply(who(caller), value, &Action::Moderation(call));
    world.0.laws().unwrap();
    match told {
        Outcome::Moderation(told) => told,
        other => panic!("{other:?}"),
    }
}

fn fund(world: &mut World, account: u8, value: Balance) {
    let deposit = Action::Payments(PaymentsCall::Deposit);
    assert!(world.0.apply(who(account), value, &deposit).is_ok());
}

#[test]
fn a_tip_is_split_at_once_less_five_percent() {
    let mut world = World::with_shares(7_000, &[(COHOST, 3_000)]);
    let tip = |amount| PatronageCall::Tip {
        stream: 1,
        asset: NATIVE,
        amount,
        message: None,
    };
    // 5 % of 1,001 is 50; of 951 the co-host gets 285.3.
    assert_eq!(
        patronage(&mut world, VIEWER, tip(1_001)),
        Ok(Value::Amount(50))
    );
    assert_eq!(world.payable(COHOST), 285);
    assert_eq!(world.payable(CREATOR), 666);
    assert_eq!(world.free(), DEPOSIT - 1_001);
    let zero = PatronageError::Payments(PaymentHandlerError::ZeroAmount);
    assert_eq!(patronage(&mut world, VIEWER, tip(0)), Err(zero));
    let end = RegistryCall::EndBroadcast { stream: 1 };
    world.registry(CREATOR, end).unwrap();
    let silent = patronage(&mut world, VIEWER, tip(1));
    assert_eq!(silent, Err(PatronageError::NotLive));
}

fn make_goal(world: &mut World, target: Balance, ms: Millis) {
    let end_ms = world.0.now_ms + ms;
    let call = PatronageCall::MakeGoal {
        stream: 1,
        asset: NATIVE,
        target,
        end_ms,
        about: Hash::default(),
    };
    patronage(world, CREATOR, call).unwrap();
}

#[test]
fn a_goal_that_is_reached_pays_out_and_one_that_is_missed_returns() {
    let mut world = World::new();
    fund(&mut world, STRANGER, 10_000);
    make_goal(&mut world, 9_999, 60_000);
    let give = |goal, amount| PatronageCall::Contribute { goal, amount };
    assert_eq!(
        patronage(&mut world, VIEWER, give(1, 4_000)),
        Ok(Value::Amount(4_000))
    );
    let pool = world.0.goal_pool(1);
    assert_eq!(world.0.pool(pool, NATIVE).free, 4_000);
    assert_eq!(
        patronage(&mut world, STRANGER, give(1, 10_000)),
        Ok(Value::Amount(5_999))
    );
    // 5 % of 9,999 is 499.95
    assert_eq!(world.payable(CREATOR), 9_500);
    assert_eq!(world.0.pool(pool, NATIVE).free, 0);
    assert_eq!(world.0.goal(1).unwrap().state, GoalState::Reached);
    let back = |goal, to| PatronageCall::ReturnContribution { goal, to: who(to) };
    let reached = patronage(&mut world, VIEWER, back(1, VIEWER));
    assert_eq!(reached, Err(PatronageError::NotReturnable));

    make_goal(&mut world, 9_999, 60_000);
    patronage(&mut world, VIEWER, give(2, 100)).unwrap();
    world.0.advance(1);
    patronage(&mut world, VIEWER, give(2, 11)).unwrap();
    let contribution = Contribution {
        amount: 111,
        placed_ms: START,
    };
    assert_eq!(world.0.contribution(2, who(VIEWER)), contribution);
    world.0.advance(60_000 - 1);
    let over = patronage(&mut world, VIEWER, give(2, 1));
    assert_eq!(over, Err(PatronageError::GoalClosed));
    let nothing = patronage(&mut world, VIEWER, back(2, STRANGER));
    assert_eq!(nothing, Err(PatronageError::NothingContributed));
    let free = world.free();
    let returned = patronage(&mut world, STRANGER, back(2, VIEWER));
    assert_eq!(returned, Ok(Value::Amount(111)));
    assert_eq!(world.free(), free + 111);
    let again = patronage(&mut world, STRANGER, back(2, VIEWER));
    assert_eq!(again, Err(PatronageError::NothingContributed));

    make_goal(&mut world, 50, 60_000);
    let cancel = PatronageCall::CancelGoal { goal: 3 };
    let other = patronage(&mut world, STRANGER, cancel);
    assert_eq!(other, Err(PatronageError::NotCreator));
    patronage(&mut world, CREATOR, cancel).unwrap();
    let closed = patronage(&mut world, VIEWER, give(3, 1));
    assert_eq!(closed, Err(PatronageError::GoalClosed));
}

#[test]
fn a_contribution_counts_until_it_comes_back() {
    let mut world = World::new();
    let limits = SpendingLimits {
        day: Some(1_000),
        ..SpendingLimits::default()
    };
    let asset = NATIVE;
    let set = PaymentsCall::SetSpendingLimits { asset, limits };
    world.payments(VIEWER, set).unwrap();
    world.0.advance(1);
    make_goal(&mut world, 9_999, 60_000);
    let give = PatronageCall::Contribute {
        goal: 1,
        amount: 900,
    };
    patronage(&mut world, VIEWER, give).unwrap();
    assert_eq!(world.0.spending(who(VIEWER), NATIVE).day, 900);
    assert!(patronage(&mut world, VIEWER, give).is_err());
    world.0.advance(60_000);
    let to = who(VIEWER);
    let back = PatronageCall::ReturnContribution { goal: 1, to };
    patronage(&mut world, VIEWER, back).unwrap();
    assert_eq!(world.0.spending(who(VIEWER), NATIVE).day, 0);
}

#[test]
fn a_sponsor_pays_one_session_of_each_viewer_and_gets_the_rest_back() {
    let mut world = World::new();
    fund(&mut world, STRANGER, 50_000);
    let terms = Sponsorship {
        max_hold: 20_000,
        max_ceiling: 2_000,
        until_ms: START + 100_000,
    };
    let sponsor = PatronageCall::Sponsor {
        stream: 1,
        asset: NATIVE,
        amount: 30_000,
        terms,
    };
    patronage(&mut world, STRANGER, sponsor).unwrap();
    let pool = world.0.budget(who(STRANGER), 1, NATIVE).unwrap().pool;
    assert_eq!(world.0.pool(pool, NATIVE).free, 30_000);
    let asks = OpenRequest {
        sponsor: Some(who(STRANGER)),
        ceiling: 2_000,
        ..request(20_000)
    };
    let refused = |world: &mut World, request| {
        let refused = world.open_with(VIEWER, request).unwrap_err();
        match refused {
            TickStreamError::Patronage(why) => why,
            other => panic!("{other:?}"),
        }
    };
    let max = 20_000;
    let dear = OpenRequest {
        hold: 20_001,
        ..asks
    };
    assert_eq!(refused(&mut world, dear), PatronageError::AboveHold { max });
    let max = 2_000;
    let high = OpenRequest {
        ceiling: 2_001,
        ..asks
    };
    let above = PatronageError::AboveCeiling { max };
    assert_eq!(refused(&mut world, high), above);
    let none = OpenRequest {
        sponsor: Some(who(COHOST)),
        ..asks
    };
    let nobody = PatronageError::NoSponsorship;
    assert_eq!(refused(&mut world, none), nobody);
    let keyed = OpenRequest {
        key: Some(who(9)),
        ..asks
    };
    let told = world.open_with(VIEWER, keyed);
    assert_eq!(told, Err(TickStreamError::Sponsored));

    let id = world.open_with(VIEWER, asks).unwrap();
    let until_ms = world.0.session(id).unwrap().until_ms;
    assert_eq!(until_ms, Some(terms.until_ms));
    assert_eq!(world.free(), DEPOSIT);
    assert_eq!(world.0.pool(pool, NATIVE).holds, 1);
    assert_eq!(world.0.session(id).unwrap().sponsor, Some(who(STRANGER)));
    let top_up = MeterCall::TopUp { id, amount: 1 };
    let told = world.meter(VIEWER, top_up);
    assert_eq!(told, Err(TickStreamError::Sponsored));
    world.0.advance(10_000);
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(15_000));
    assert_eq!(world.0.pool(pool, NATIVE).free, 15_000);
    assert_eq!(world.free(), DEPOSIT);
    let again = PatronageError::AlreadySponsored;
    assert_eq!(refused(&mut world, asks), again);
    let withdraw = PatronageCall::WithdrawBudget {
        stream: 1,
        asset: NATIVE,
        amount: 15_000,
    };
    patronage(&mut world, STRANGER, withdraw).unwrap();
    assert_eq!(world.0.pool(who(STRANGER), NATIVE).free, 35_000);
}

#[test]
fn passes_are_lengthened_renewed_when_due_and_given_away() {
    let mut world = World::new();
    let (scope, level) = (PassScope::Creator(who(CREATOR)), PassLevel::Basic);
    let offer = PassOffer {
        asset: NATIVE,
        prices: [Some(1_000), Some(6_000), None],
        factor: 500_000,
    };
    let sell = |offer| PassCall::SetOffer {
        scope,
        level,
        offer: Some(offer),
    };
    let stranger = passes(&mut world, STRANGER, sell(offer));
    assert_eq!(stranger, Err(PassOfficeError::NotCreator));
    let free = PassOffer {
        factor: 1_000_000,
        ..offer
    };
    let refused = passes(&mut world, CREATOR, sell(free));
    assert_eq!(refused, Err(PassOfficeError::FactorOutOfRange));
    passes(&mut world, CREATOR, sell(offer)).unwrap();
    let order = PassOrder {
        scope,
        level,
        period: PassPeriod::Day,
        periods: 2,
        asset: NATIVE,
        max_price: 2_000,
        max_factor: 500_000,
        holder: Some(who(STRANGER)),
    };
    let day = 86_400_000;
    let until = passes(&mut world, VIEWER, PassCall::Buy(order));
    assert_eq!(until, Ok(Value::Until(START + 2 * day)));
    world.0.advance(day);
    let dear = PassOrder {
        max_price: 1_999,
        ..order
    };
    let price = 2_000;
    let refused = passes(&mut world, VIEWER, PassCall::Buy(dear));
    assert_eq!(refused, Err(PassOfficeError::AbovePrice { price }));
    let until = passes(&mut world, VIEWER, PassCall::Buy(order));
    assert_eq!(until, Ok(Value::Until(START + 4 * day)));
    // 4,000 less 20 %, all to the creator.
    assert_eq!(world.payable(CREATOR), 3_200);
    let cheaper = PassOffer {
        factor: 400_000,
        ..offer
    };
    passes(&mut world, CREATOR, sell(cheaper)).unwrap();
    let other = PassOfficeError::OtherFactor {
        factor: 500_000,
        until_ms: START + 4 * day,
    };
    let refused = passes(&mut world, VIEWER, PassCall::Buy(order));
    assert_eq!(refused, Err(other));

    let renew = PassCall::Renew {
        holder: who(STRANGER),
        scope,
        level,
    };
    let refused = passes(&mut world, OWNER, renew.clone());
    assert_eq!(refused, Err(PassOfficeError::RenewalNotAllowed));
    let renewal = Renewal {
        period: PassPeriod::Day,
        asset: NATIVE,
        max_price: 1_000,
        max_factor: 500_000,
    };
    let allow = PassCall::SetRenewal {
        scope,
        level,
        renewal: Some(renewal),
    };
    let nothing = passes(&mut world, VIEWER, allow.clone());
    assert_eq!(nothing, Err(PassOfficeError::PassNotFound));
    passes(&mut world, STRANGER, allow).unwrap();
    let (from_ms, until_ms) = (START + 4 * day - 3_600_000, START + 7 * day);
    let refused = passes(&mut world, OWNER, renew.clone());
    assert_eq!(refused, Err(PassOfficeError::NotDue { from_ms, until_ms }));
    world.0.advance(3 * day); // it lapses at this instant
    let discount = world.0.pass_discount(who(STRANGER), 1, who(CREATOR));
    assert_eq!(discount, None);
    fund(&mut world, STRANGER, 1_000);
    let until = passes(&mut world, OWNER, renew);
    assert_eq!(until, Ok(Value::Until(START + 5 * day)));
    let discount = world.0.pass_discount(who(STRANGER), 1, who(CREATOR));
    assert_eq!(discount.map(|d| d.factor), Some(400_000));
}

#[test]
fn a_report_is_decided_appealed_and_its_bond_paid_once() {
    let mut world = World::new();
    let moderate = |account| RegistryCall::SetModerator {
        account: who(account),
        moderator: true,
    };
    world.registry(OWNER, moderate(COURT)).unwrap();
    world.registry(OWNER, moderate(REFERRER)).unwrap();
    let report = ModerationCall::Report {
        stream: 1,
        reason: "spam".into(),
    };
    let wrong = court(&mut world, VIEWER, BOND - 1, report.clone());
    assert_eq!(wrong, Err(ModerationError::WrongBond { bond: BOND }));
    let own = court(&mut world, CREATOR, BOND, report.clone());
    assert_eq!(own, Err(ModerationError::OwnStream));
    let made = court(&mut world, VIEWER, BOND, report.clone());
    assert_eq!(made, Ok(Value::Number(1)));
    let again = court(&mut world, VIEWER, BOND, report.clone());
    assert_eq!(again, Err(ModerationError::AlreadyReported { report: 1 }));
    let decide = |report, verdict| ModerationCall::Decide {
        report,
        verdict,
        reason: "seen".into(),
    };
    let suspend = decide(1, Verdict::Suspended);
    let stranger = court(&mut world, STRANGER, 0, suspend.clone());
    assert_eq!(stranger, Err(ModerationError::NotModerator));
    court(&mut world, REFERRER, 0, suspend).unwrap();
    assert!(world.0.stream(1).unwrap().suspended);
    assert_eq!(world.0.collectable(who(VIEWER)), BOND);
    let offender = Offender {
        offences: 1,
        recent: 1,
        repeat: false,
    };
    assert_eq!(world.0.offender(who(CREATOR)), offender);
    let appeal = |report| ModerationCall::Appeal {
        report,
        reason: "no".into(),
    };
    let stranger = court(&mut world, VIEWER, 0, appeal(1));
    assert_eq!(stranger, Err(ModerationError::NotAppealable));
    court(&mut world, CREATOR, 0, appeal(1)).unwrap();
    let resolve = |report, overturned| ModerationCall::Resolve {
        report,
        overturned,
        reason: "right".into(),
    };
    court(&mut world, OWNER, 0, resolve(1, true)).unwrap();
    assert!(!world.0.stream(1).unwrap().suspended);
    assert_eq!(world.0.offender(who(CREATOR)), Offender::default());
    let collect = |account| ModerationCall::Collect {
        account: who(account),
    };
    assert_eq!(
        court(&mut world, STRANGER, 0, collect(VIEWER)),
        Ok(Value::Amount(BOND))
    );
    let twice = court(&mut world, STRANGER, 0, collect(VIEWER));
    assert_eq!(twice, Err(ModerationError::NothingToCollect));

    // An abusive one: the treasury's, once nobody can appeal any more.
    court(&mut world, VIEWER, BOND, report.clone()).unwrap();
    court(&mut world, REFERRER, 0, decide(2, Verdict::Abusive)).unwrap();
    let forfeit = ModerationCall::Forfeit { report: 2 };
    let early = court(&mut world, STRANGER, 0, forfeit.clone());
    assert_eq!(early, Err(ModerationError::NotAppealable));
    world.0.advance(7 * 86_400_000);
    let late = court(&mut world, VIEWER, 0, appeal(2));
    assert_eq!(late, Err(ModerationError::NotAppealable));
    court(&mut world, STRANGER, 0, forfeit.clone()).unwrap();
    assert!(court(&mut world, STRANGER, 0, forfeit).is_err());
    assert_eq!(world.0.collectable(who(TREASURY)), BOND);

    // One that nobody decides.
    court(&mut world, VIEWER, BOND, report).unwrap();
    let lapse = ModerationCall::Lapse { report: 3 };
    let until_ms = world.0.now_ms + 14 * 86_400_000;
    let early = court(&mut world, STRANGER, 0, lapse.clone());
    assert_eq!(early, Err(ModerationError::NotLapsed { until_ms }));
    world.0.advance(14 * 86_400_000);
    court(&mut world, STRANGER, 0, lapse).unwrap();
    let lapsed = world.0.report(3).unwrap().state;
    assert_eq!(lapsed, ReportState::Lapsed);
    assert_eq!(world.0.moderation.native, 2 * BOND);
}

#[test]
fn an_external_stream_is_paid_while_its_gateway_says_so() {
    let mut world = World::new();
    let directory =
        |world: &mut World, caller, call| match world.act(caller, Action::Directory(call)) {
            Outcome::Directory(told) => told,
            other => panic!("{other:?}"),
        };
    let register = DirectoryCall::RegisterExternal {
        origin_chain: 2_000,
        origin_stream: Hash::from([5; 32]),
        payee: who(COHOST),
        cid: CID.into(),
        category: 3,
    };
    let refused = directory(&mut world, STRANGER, register.clone());
    assert_eq!(refused, Err(DirectoryError::NotGateway));
    let gateway = DirectoryCall::SetGateway {
        account: who(STRANGER),
        gateway: true,
    };
    directory(&mut world, OWNER, gateway).unwrap();
    let made = directory(&mut world, STRANGER, register.clone());
    assert_eq!(made, Ok(Value::Number(1)));
    let external = 1;
    let again = directory(&mut world, STRANGER, register);
    assert_eq!(again, Err(DirectoryError::AlreadyRegistered { external }));
    let pay = PatronageCall::PayExternal {
        external,
        asset: NATIVE,
        amount: 1_000,
        message: None,
    };
    let paid = patronage(&mut world, VIEWER, pay);
    assert_eq!(paid, Ok(Value::Amount(50)));
    assert_eq!(world.payable(COHOST), 950);
    let update = DirectoryCall::UpdateExternal {
        external,
        payee: who(COHOST),
        cid: CID.into(),
        category: 3,
        active: false,
    };
    directory(&mut world, STRANGER, update).unwrap();
    let refused = patronage(&mut world, VIEWER, pay);
    assert_eq!(refused, Err(PatronageError::ExternalNotFound));

    let schedule = |start_ms, end_ms| DirectoryCall::Schedule {
        stream: 1,
        broadcast: Scheduled {
            start_ms,
            end_ms,
            cid: CID.into(),
        },
    };
    let max_ms = START + 180 * 86_400_000;
    let past = directory(&mut world, CREATOR, schedule(START, START + 1));
    assert_eq!(past, Err(DirectoryError::TimeOutOfRange { max_ms }));
    directory(&mut world, CREATOR, schedule(START + 5, START + 10)).unwrap();
    directory(&mut world, CREATOR, schedule(START + 3, START + 4)).unwrap();
    assert_eq!(world.0.scheduled(1).len(), 2);
    assert_eq!(world.0.scheduled(1)[0].start_ms, START + 3);
    world.0.advance(4);
    assert_eq!(world.0.scheduled(1).len(), 1);
}
