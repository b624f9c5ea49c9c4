//! Refusals, limits, places and names.

use super::*;
use vilokanam_interfaces::CidError;

#[test]
fn open_refuses_in_the_documented_order() {
    let mut world = World::new();
    let good = request(100_000);
    let mut refused = |request| world.open_with(VIEWER, request).unwrap_err();
    let bad = OpenRequest {
        until_ms: Some(START),
        stream: 9,
        referrer: Some(who(VIEWER)),
        asset: 9,
        ceiling: 1_499,
        hold: Balance::MAX,
        key: None,
        discount: Discount::None,
        sponsor: None,
    };
    assert_eq!(refused(bad), TickStreamError::UntilPassed);
    let bad = OpenRequest {
        until_ms: Some(START + 1),
        ..bad
    };
    assert_eq!(
        refused(bad),
        TickStreamError::Pricing(PricingEngineError::StreamNotFound)
    );
    let bad = OpenRequest { stream: 1, ..bad };
    assert_eq!(
        refused(bad),
        TickStreamError::Pricing(PricingEngineError::InvalidReferrer)
    );
    let bad = OpenRequest {
        referrer: Some(who(STRANGER)),
        ..bad
    };
    let unpriced = PricingEngineError::AssetNotAccepted { asset: 9 };
    assert_eq!(refused(bad), TickStreamError::Pricing(unpriced));
    let bad = OpenRequest { asset: VLK, ..bad };
    let above = PricingEngineError::AboveCeiling {
        price_per_sec: 1_500,
        ceiling: 1_499,
    };
    assert_eq!(refused(bad), TickStreamError::Pricing(above));
    let bad = OpenRequest {
        ceiling: Balance::MAX,
        ..bad
    };
    let large = PricingEngineError::HoldTooLarge { max: MAX_HOLD };
    assert_eq!(refused(bad), TickStreamError::Pricing(large));
    let small = OpenRequest {
        hold: 1_499,
        ..good
    };
    let needed = 1_500;
    let too_small = PricingEngineError::HoldTooSmall { needed };
    assert_eq!(refused(small), TickStreamError::Pricing(too_small));
    let poor = OpenRequest {
        hold: DEPOSIT + 1,
        ..good
    };
    let too_small = PaymentHandlerError::PoolTooSmall {
        needed: DEPOSIT + 1,
        free: DEPOSIT,
    };
    assert_eq!(refused(poor), TickStreamError::Payments(too_small));
    let quote = world.0.can_open(who(VIEWER), &good).unwrap();
    assert_eq!((quote.number, quote.broadcast), (1, 1));
    assert_eq!((quote.price_per_sec, quote.lasts_ms), (1_500, 66_666));
}

#[test]
fn batches_and_pages_settle_like_single_sessions() {
    let mut world = World::new();
    let id = world.open(100_000);
    world.0.advance(1_000);
    let unknown = SessionId { number: 9, ..id };
    let many = MeterCall::SettleMany(vec![id, unknown, id]);
    let fates = vec![Fate::Settled(1_500), Fate::SessionNotFound, Fate::Duplicate];
    assert_eq!(world.meter(STRANGER, many), Ok(Value::Fates(fates)));
    let too_many = MeterCall::SettleMany(vec![id; 65]);
    let max = Err(TickStreamError::TooMany { max: 64 });
    assert_eq!(world.meter(STRANGER, too_many), max);
    world.0.advance(2_000);
    let page = |page| MeterCall::SettlePage { stream: 1, page };
    let sums = Value::Amounts(vec![(NATIVE, 3_000)]);
    assert_eq!(world.meter(STRANGER, page(0)), Ok(sums));
    let nothing = Value::Amounts(Vec::new());
    assert_eq!(world.meter(STRANGER, page(0)), Ok(nothing));
    let missing = world.meter(STRANGER, page(1));
    assert_eq!(missing, Err(TickStreamError::PageNotFound));
}

#[test]
fn seats_and_terms_decide_the_page() {
    let mut world = World::new();
    let terms = || RegistryCall::SetTerms {
        stream: 1,
        owner_bps: 10_000,
        cohosts: Vec::new(),
    };
    let viewers = 10..50u8;
    for viewer in viewers.clone() {
        let deposit = Action::Payments(PaymentsCall::Deposit);
        assert!(world.0.apply(who(viewer), 10_000, &deposit).is_ok());
    }
    let mut seats = Vec::new();
    for viewer in viewers {
        // Terms 1, 2, 3, 4 for the first four; the fifth combination needs a page of its own.
        let id = world.open_with(viewer, request(2_000)).unwrap();
        let life = world.0.life(id).unwrap();
        seats.push((life.page, life.seat));
        if viewer < 14 {
            world.registry(CREATOR, terms()).unwrap();
        }
    }
    assert_eq!(seats[..4], [(0, 0), (0, 1), (0, 2), (0, 3)]);
    // The page made for the fifth terms is the current one until it is full; then page 0 is tried, whose terms slots are
    // all in use.
    assert_eq!(seats[4..6], [(1, 0), (1, 1)]);
    assert_eq!(seats[35..], [(1, 31), (2, 0), (2, 1), (2, 2), (2, 3)]);
    assert_eq!(world.0.audience(1).pages, 3);
    world.0.laws().unwrap();

    let clear = |page| MeterCall::ClearPage { stream: 1, page };
    let other = world.meter(STRANGER, clear(2));
    assert_eq!(other, Err(TickStreamError::NotPagePayer));
    assert_eq!(
        world.meter(46, clear(2)),
        Err(TickStreamError::PageNotEmpty)
    );
    for viewer in 46..50 {
        world.meter(viewer, MeterCall::Close(1)).unwrap();
    }
    world.meter(46, clear(2)).unwrap();
    // One of the first four goes too: its slot is free for the newest terms, on the only page with room.
    world.meter(10, MeterCall::Close(1)).unwrap();
    let seat_of = |world: &mut World, viewer| {
        let id = world.open_with(viewer, request(2_000)).unwrap();
        let life = world.0.life(id).unwrap();
        (life.page, life.seat)
    };
    assert_eq!(seat_of(&mut world, 46), (0, 0));

    let provide = MeterCall::ProvideSeats {
        stream: 1,
        pages: 2,
    };
    world.meter(STRANGER, provide).unwrap();
    let payer = |page| world.0.page(1, page).map(|p| p.payer);
    assert_eq!(
        (payer(2), payer(3)),
        (Some(who(STRANGER)), Some(who(STRANGER)))
    );
    assert_eq!(world.0.audience(1).pages, 4);
    assert_eq!(seat_of(&mut world, 47), (0, 4));
}

#[test]
fn a_token_that_is_no_contract_fails_and_the_handler_itself_is_refused() {
    let mut world = World::new();
    let own = AdminCall::Announce(Change::ListToken(who(PAYMENTS)));
    let refused = world.admin(Part::Payments, own);
    assert_eq!(refused, Err(AdminError::InvalidChange));
    let change = AdminCall::Announce(Change::ListToken(who(STRANGER)));
    world.admin(Part::Payments, change.clone()).unwrap();
    world.admin(Part::Payments, AdminCall::Apply(1)).unwrap();
    let again = world.admin(Part::Payments, change);
    assert_eq!(again, Err(AdminError::InvalidChange));
    let deposit = PaymentsCall::DepositToken {
        asset: 2,
        amount: 1,
    };
    let failed = world.payments(VIEWER, deposit);
    assert_eq!(failed, Err(PaymentHandlerError::TokenFailed));
}

#[test]
fn administration_waits_and_answers_in_order() {
    let mut world = World::new();
    let raise = |ms| AdminCall::Announce(Change::Delay(ms));
    let low = raise(MIN_CHANGE_DELAY_MS - 1);
    let refused = world.admin(Part::Registry, low);
    assert!(matches!(refused, Err(AdminError::DelayOutOfRange { .. })));
    for _ in 0..2 {
        let shortest = raise(MIN_CHANGE_DELAY_MS);
        world.admin(Part::Registry, shortest).unwrap();
    }
    world.admin(Part::Registry, AdminCall::Apply(2)).unwrap();
    let current_ms = MIN_CHANGE_DELAY_MS;
    let again = world.admin(Part::Registry, raise(MIN_CHANGE_DELAY_MS));
    assert_eq!(again, Err(AdminError::DelayNotRaised { current_ms }));
    let again = world.admin(Part::Registry, AdminCall::Apply(1));
    assert_eq!(again, Err(AdminError::InvalidChange));
    for (id, code) in [(3, 9), (4, 8)] {
        let change = AdminCall::Announce(Change::Code(Hash::from([code; 32])));
        assert_eq!(world.admin(Part::Registry, change), Ok(Value::Number(id)));
    }
    let due_ms = START + MIN_CHANGE_DELAY_MS;
    let early = world.admin(Part::Registry, AdminCall::Apply(3));
    assert_eq!(early, Err(AdminError::ChangeNotDue { due_ms }));
    world.0.advance(MIN_CHANGE_DELAY_MS);
    world.admin(Part::Registry, AdminCall::Apply(3)).unwrap();
    let refused = world.admin(Part::Registry, AdminCall::Apply(4));
    assert_eq!(refused, Err(AdminError::SetCodeRefused));
    world.admin(Part::Registry, AdminCall::Cancel(4)).unwrap();
    let gone = world.admin(Part::Registry, AdminCall::Apply(4));
    assert_eq!(gone, Err(AdminError::UnknownChange));
    let wire = AdminCall::Wire(Wiring::default());
    let refused = world.admin(Part::Registry, wire.clone());
    assert_eq!(refused, Err(AdminError::UnsupportedChange));
    let refused = world.admin(Part::Meter, wire);
    assert_eq!(refused, Err(AdminError::AlreadyWired));
    let code = AdminCall::Announce(Change::Wiring(Wiring::default()));
    let refused = world.admin(Part::Pricing, code);
    assert_eq!(refused, Err(AdminError::WiringMismatch));
    let stranger = AdminCall::ProposeOwner(None);
    let refused = world.act(STRANGER, Action::Admin(Part::Meter, stranger));
    assert_eq!(refused, Outcome::Admin(Err(AdminError::NotOwner)));
}

#[test]
fn content_identifiers_are_decoded() {
    use super::cid::check_cid;
    // Of one digest: CIDv1 as dag-pb, raw, and dag-json, whose number takes two bytes; and a well-known CIDv0.
    let digest = "ajixndtv36ufohcee7ey7zgxqrhamm7fsoomck6dlsvfyawpmy7u";
    let of = |prefix: &str| check_cid(&format!("{prefix}{digest}"));
    assert_eq!((of("bafybei"), of("bafkrei")), (Ok(()), Ok(())));
    let dag_json = "baguqeerabfc5uooxp2qvy4iqt4td7e26ce4brt4wjzzqjlynokuxacz5td6q";
    assert_eq!(check_cid(dag_json), Ok(()));
    let v0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
    assert_eq!(check_cid(v0), Ok(()));

    assert_eq!(check_cid(&"b".repeat(65)), Err(CidError::TooLong));
    for form in ["", "Qm", &v0[..45], "BAFYBEI", "zQmYw"] {
        assert_eq!(check_cid(form), Err(CidError::UnknownForm), "{form}");
    }
    for character in ["0", "I", "l", "O", " "] {
        let bad = v0.replace('Y', character);
        assert_eq!(check_cid(&bad), Err(CidError::BadCharacter));
    }
    assert_eq!(of("bafybei1"), Err(CidError::BadCharacter));
    assert_eq!(check_cid("baf"), Err(CidError::BadPadding)); // a byte and 01
    assert_eq!(of("bafybeia"), Err(CidError::BadPadding)); // five bits too many
    assert_eq!(check_cid("b"), Err(CidError::BadVersion));
    assert_eq!(of("bajkrei"), Err(CidError::BadVersion)); // version 2
    assert_eq!(check_cid("bae"), Err(CidError::BadHash)); // nothing after the version
    assert_eq!(of("bafkrwi"), Err(CidError::BadHash)); // another hash function
    let short = of("bafkrei").and(check_cid(&format!("bafkrei{}", &digest[2..])));
    assert_eq!(short, Err(CidError::BadHash));
    for low_or_high in ["1", "z"] {
        let other = format!("Qm{}", low_or_high.repeat(44));
        assert_eq!(check_cid(&other), Err(CidError::BadHash));
    }
}

#[test]
fn labels_and_names_are_short() {
    let too_small = PaymentHandlerError::PoolTooSmall { needed: 1, free: 0 };
    let outcome = Outcome::Meter(Err(TickStreamError::Payments(too_small)));
    assert_eq!(outcome.label(), "Payments(PoolTooSmall)");
    let outcome = Outcome::Registry(Err(StreamRegistryError::InvalidCid(CidError::BadHash)));
    assert_eq!(outcome.label(), "InvalidCid(BadHash)");
    let action = Action::Meter(MeterCall::SettleMany(Vec::new()));
    assert_eq!(action.name(), "meter.settle_many");
    let action = Action::Payments(PaymentsCall::Unpause);
    assert_eq!(action.name(), "payments.unpause");
}
