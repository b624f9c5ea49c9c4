//! Spending limits, refunds and permits, worked out by hand.

use super::*;
use vilokanam_interfaces::{LimitKind, PermitError, Spending, SpendingLimits};

fn none() -> SpendingLimits {
    SpendingLimits::default()
}

fn limit(world: &mut World, limits: SpendingLimits) -> Result<Value, PaymentHandlerError> {
    let asset = NATIVE;
    world.payments(VIEWER, PaymentsCall::SetSpendingLimits { asset, limits })
}

fn spending(world: &World) -> Spending {
    world.0.spending(who(VIEWER), NATIVE)
}

fn above(kind: LimitKind, left: Balance) -> Option<TickStreamError> {
    let above = PaymentHandlerError::AboveLimit { kind, left };
    Some(TickStreamError::Payments(above))
}

#[test]
fn windows_are_days_weeks_from_monday_and_calendar_months() {
    use limits::month_of;
    assert_eq!(month_of(0), (1970, 1));
    let day = 86_400_000;
    assert_eq!(month_of(31 * day - 1), (1970, 1));
    assert_eq!(month_of(31 * day), (1970, 2));
    // START is Tuesday, 14 November 2023, 22:13:20.
    assert_eq!(month_of(START), (2023, 11));
    assert_eq!(month_of(1_709_164_800_000), (2024, 2)); // 29 February
    assert_eq!(month_of(1_709_251_200_000), (2024, 3));
    assert_eq!(month_of(4_107_542_400_000), (2100, 3)); // no leap year: after 28 February

    let mut world = World::new();
    let limits = SpendingLimits {
        month: Some(DEPOSIT),
        ..none()
    };
    limit(&mut world, limits).unwrap();
    world.open(30_000);
    let sums = |world: &World| {
        let spending = spending(world);
        (spending.day, spending.week, spending.month)
    };
    assert_eq!(sums(&world), (30_000, 30_000, 30_000));
    world.0.advance(6_400_000 - 1); // the last millisecond of Tuesday is 23:59:59.999
    assert_eq!(sums(&world), (30_000, 30_000, 30_000));
    world.0.advance(1);
    assert_eq!(sums(&world), (0, 30_000, 30_000));
    world.0.advance(5 * day - 1); // to the end of Sunday
    assert_eq!(sums(&world), (0, 30_000, 30_000));
    world.0.advance(1);
    assert_eq!(sums(&world), (0, 0, 30_000));
    world.0.advance(11 * day); // 1 December
    assert_eq!(sums(&world), (0, 0, 0));
}

#[test]
fn what_comes_back_in_the_same_window_is_counted_off() {
    let mut world = World::new();
    let limits = SpendingLimits {
        session: Some(40_000),
        day: Some(50_000),
        categories: vec![(7, 45_000)],
        ..none()
    };
    limit(&mut world, limits).unwrap();
    world.0.advance(1);
    assert!(world.0.pool(who(VIEWER), NATIVE).limited);
    let refused = world.open_with(VIEWER, request(40_001)).err();
    assert_eq!(refused, above(LimitKind::Session, 40_000));
    let id = world.open(40_000);
    let more = MeterCall::TopUp { id, amount: 1 };
    let refused = world.meter(VIEWER, more).err();
    assert_eq!(refused, above(LimitKind::Session, 0));
    let can = world.0.can_open(who(STRANGER), &request(2_000));
    assert!(can.is_err()); // the stranger has nothing
    world.0.advance(10_000); // 15,000
    world.meter(VIEWER, MeterCall::Close(1)).unwrap();
    assert_eq!(
        (spending(&world).day, spending(&world).month),
        (15_000, 15_000)
    );
    assert_eq!(spending(&world).categories, [15_000]);
    let refused = world.open_with(VIEWER, request(35_001)).err();
    assert_eq!(refused, above(LimitKind::Day, 35_000));
    let refused = world.open_with(VIEWER, request(30_001)).err();
    assert_eq!(refused, above(LimitKind::Category(7), 30_000));
    // What others give is nobody's to count off, and binds no session; what the viewer placed besides comes back.
    let gift = Action::Payments(PaymentsCall::Deposit);
    assert!(world.0.apply(who(STRANGER), 10_000, &gift).is_ok());
    let id = world.open(30_000);
    let top_up = MeterCall::TopUp { id, amount: 5_000 };
    world.meter(STRANGER, top_up).unwrap();
    let amount = 10_001;
    let refused = world.meter(VIEWER, MeterCall::TopUp { id, amount }).err();
    assert_eq!(refused, above(LimitKind::Session, 10_000));
    world.meter(VIEWER, MeterCall::Close(2)).unwrap();
    assert_eq!(spending(&world).day, 15_000);
    assert_eq!(world.free(), DEPOSIT - 15_000 + 5_000);
}

#[test]
fn what_is_tighter_binds_at_once_and_what_is_looser_a_day_later() {
    let mut world = World::new();
    let of = |day, week| SpendingLimits {
        day,
        week,
        ..none()
    };
    limit(&mut world, of(Some(100), None)).unwrap();
    assert_eq!(spending(&world).next, None);
    // The week at once, the day later.
    limit(&mut world, of(Some(200), Some(150))).unwrap();
    let from_ms = START + 86_400_000;
    let waits = Some((of(Some(200), Some(150)), from_ms));
    assert_eq!(spending(&world).limits, of(Some(100), Some(150)));
    assert_eq!(spending(&world).next, waits);
    world.0.advance(86_399_999);
    assert_eq!(spending(&world).limits, of(Some(100), Some(150)));
    world.0.advance(1);
    assert_eq!(spending(&world).limits, of(Some(200), Some(150)));
    assert_eq!(spending(&world).next, None);
    let bad = SpendingLimits {
        categories: vec![(2, 1), (2, 1)],
        ..none()
    };
    let invalid = Err(PaymentHandlerError::InvalidLimits);
    assert_eq!(limit(&mut world, bad), invalid);
    let ascending = |from: u16, to: u16| SpendingLimits {
        categories: (from..to).map(|c| (c, 1)).collect(),
        ..none()
    };
    assert_eq!(limit(&mut world, ascending(0, 5)), invalid);
    limit(&mut world, ascending(0, 3)).unwrap();
    // Three that still bind, and two more.
    assert_eq!(limit(&mut world, ascending(3, 5)), invalid);
}

#[test]
fn a_creator_gives_back_what_is_payable() {
    let mut world = World::new();
    let id = world.open(100_000);
    world.0.advance(10_000);
    world.meter(VIEWER, MeterCall::Close(1)).unwrap();
    assert_eq!(world.payable(CREATOR), 13_500);
    let refund = |amount| PaymentsCall::Refund {
        session: id,
        asset: NATIVE,
        amount,
    };
    let payable = 13_500;
    let too_small = Err(PaymentHandlerError::PayableTooSmall { payable });
    assert_eq!(world.payments(CREATOR, refund(13_501)), too_small);
    let zero = Err(PaymentHandlerError::ZeroAmount);
    assert_eq!(world.payments(CREATOR, refund(0)), zero);
    world.payments(CREATOR, refund(13_000)).unwrap();
    assert_eq!(world.payable(CREATOR), 500);
    assert_eq!(world.free(), DEPOSIT - 2_000);
}

/// A permit of the viewer's key as it must be, but for what `change` does to it before and after it is signed.
fn permit(world: &World, value: Balance, deadline_ms: Millis, nonce: u64) -> Permit {
    let permit = Permit {
        owner: who(VIEWER),
        spender: who(PAYMENTS),
        value,
        deadline_ms,
        signature: [0; 64],
        by: Some(who(VIEWER)),
        over: Vec::new(),
    };
    let genesis = world.0.genesis_hash;
    let over = permit_bytes(genesis.as_ref(), who(100), &permit, nonce);
    Permit { over, ..permit }
}

#[test]
fn a_permit_counts_once_and_until_its_deadline() {
    let mut world = World::new();
    let take = |world: &mut World, permit: &Permit| {
        let call = TokenCall::Permit(permit.clone());
        match world.act(STRANGER, Action::Token(0, call)) {
            Outcome::Permit(told) => told,
            other => panic!("{other:?}"),
        }
    };
    let good = permit(&world, 70, START, 0);
    assert_eq!(good.over.len(), 16 + 1 + 32 * 4 + 16 + 8 + 8);
    let forged = Permit {
        value: 71,
        ..good.clone()
    };
    let bad = Err(PermitError::BadSignature { nonce: 0 });
    assert_eq!(take(&mut world, &forged), bad);
    assert_eq!(take(&mut world, &good), Ok(Value::Unit));
    assert_eq!(world.0.tokens[0].allowance(who(VIEWER), who(PAYMENTS)), 70);
    let again = Err(PermitError::BadSignature { nonce: 1 });
    assert_eq!(take(&mut world, &good), again);
    let late = permit(&world, 1, START, 1);
    world.0.advance(1);
    let deadline_ms = START;
    assert_eq!(
        take(&mut world, &late),
        Err(PermitError::Expired { deadline_ms })
    );
}

#[test]
fn tokens_come_and_a_session_opens_in_one_transaction_or_neither() {
    let mut world = World::new();
    // What was approved is all in the pool already but for this.
    let approve = TokenCall::Approve {
        spender: who(PAYMENTS),
        amount: 0,
    };
    world.must(VIEWER, Action::Token(0, approve));
    let open = |hold, amount, permit| MeterCall::DepositAndOpen {
        request: OpenRequest {
            asset: VLK,
            ..request(hold)
        },
        deposit: Brought { amount, permit },
    };
    let good = permit(&world, 5_000, START, 0);
    let refused = TickStreamError::Payments(PaymentHandlerError::PermitRefused);
    let other = world.meter(VIEWER, open(10_000, 5_001, Some(good.clone())));
    assert_eq!(other, Err(refused));
    let refused = TickStreamError::Payments(PaymentHandlerError::TokenRefused);
    let without = world.meter(VIEWER, open(10_000, 5_000, None));
    assert_eq!(without, Err(refused));
    // The deposit is taken back when the session does not open.
    let (needed, free) = (DEPOSIT + 5_001, DEPOSIT + 5_000);
    let poor = PaymentHandlerError::PoolTooSmall { needed, free };
    let refused = world.meter(VIEWER, open(needed, 5_000, Some(good.clone())));
    assert_eq!(refused, Err(TickStreamError::Payments(poor)));
    let opened = world.meter(VIEWER, open(free, 5_000, Some(good.clone())));
    assert_eq!(opened, Ok(Value::Number(1)));
    assert_eq!(world.0.pool(who(VIEWER), VLK).free, 0);
    world.meter(VIEWER, MeterCall::Close(1)).unwrap();
    // A permit that was used does no harm where the allowance suffices.
    let approve = TokenCall::Approve {
        spender: who(PAYMENTS),
        amount: 5_000,
    };
    world.must(VIEWER, Action::Token(0, approve));
    let opened = world.meter(VIEWER, open(10_000, 5_000, Some(good)));
    assert_eq!(opened, Ok(Value::Number(2)));
}
