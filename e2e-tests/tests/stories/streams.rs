//! The registry: metadata, terms, operators, handing over, broadcasts, moderation, listings.

use crate::common::*;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    events::{pricing_engine::PlanSet, stream_registry::*, tick_stream::SessionOpened},
    AdminError, Broadcast, CidError, Class, EndCause, Listing, PlanKind, PricingEngine,
    PricingEngineError, PricingPlans, Share, Stream, StreamId, StreamRegistry,
    StreamRegistryError as Error, Terms, TickLifecycle, FULL_BPS, MAX_CATEGORIES, MAX_COHOSTS,
    MAX_GRACE_MS, MAX_OPERATORS, MAX_REASON_LEN, MIN_GRACE_MS, NATIVE,
};

const CID_V1: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

fn whole(owner: &str) -> Terms {
    Terms {
        owner: account(owner),
        owner_bps: FULL_BPS,
        cohosts: Vec::new(),
    }
}

#[test]
fn a_stream_is_registered_with_its_terms_and_numbered_from_one() {
    let mut s = Stage::empty();
    let mira = account("mira");
    let suite = s.suite;
    let cohosts = vec![share("noor", 2_500), share("omar", 1)];
    let register =
        suite
            .registry()
            .register(CID.into(), Class::Premium, 255, 7_499, cohosts.clone());
    let sent = s.must("mira", register);
    assert_eq!(sent.value, 1);
    let terms = Terms {
        owner: mira,
        owner_bps: 7_499,
        cohosts,
    };
    told(
        &sent,
        [
            StreamRegistered {
                stream: 1,
                owner: mira,
                cid: CID.into(),
                class: Class::Premium,
                category: 255,
            }
            .into(),
            TermsSet {
                stream: 1,
                terms_no: 1,
                terms: terms.clone(),
            }
            .into(),
        ],
    );
    let stream = Stream {
        owner: mira,
        offered_to: None,
        cid: CID.into(),
        class: Class::Premium,
        category: 255,
        terms: 1,
        broadcast: 0,
        suspended: false,
        registered_ms: s.now(),
    };
    assert_eq!(s.read(suite.registry().stream(1)), Some(stream));
    assert_eq!(s.read(suite.registry().stream(0)), None);
    assert_eq!(s.read(suite.registry().stream(2)), None);
    assert_eq!(s.read(suite.registry().terms(1, 1)), Some(terms));
    assert_eq!(s.registers("noor", Class::Standard, &[]), 2);
    assert_eq!(s.read(suite.registry().stream_count()), 2);
}

#[test]
fn metadata_must_be_a_content_identifier_of_a_known_class_and_category() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let register = |cid: &str, class, category| {
        suite
            .registry()
            .register(cid.into(), class, category, FULL_BPS, Vec::new())
    };
    for cid in [CID, CID_V1] {
        s.must("mira", register(cid, Class::Standard, 0));
    }
    for (cid, error) in [
        (String::new(), CidError::UnknownForm),
        ("ipfs".into(), CidError::UnknownForm),
        ("Q".repeat(46), CidError::UnknownForm),
        ("b".repeat(65), CidError::TooLong),
        ("Ж".repeat(33), CidError::TooLong),
        (CID.replace('z', "0"), CidError::BadCharacter),
        (CID_V1.replace('z', "1"), CidError::BadCharacter),
        (
            CID_V1.to_uppercase().replacen('B', "b", 1),
            CidError::BadCharacter,
        ),
        (format!("{CID_V1}a"), CidError::BadPadding),
        (CID_V1.replacen("ba", "ca", 1), CidError::UnknownForm),
    ] {
        let refused = s.refused("mira", register(&cid, Class::Tips, u16::MAX));
        assert_eq!(refused, Error::InvalidCid(error), "{cid}");
    }
    let tips = register(CID, Class::Tips, u16::MAX);
    assert_eq!(s.refused("mira", tips), Error::NotAStreamClass);
    let unknown = register(CID, Class::Standard, MAX_CATEGORIES);
    let limit = MAX_CATEGORIES;
    assert_eq!(s.refused("mira", unknown), Error::UnknownCategory { limit });

    // The same on updating, after the stream and its owner.
    let update = |stream, cid: &str, class, category| {
        suite.registry().update(stream, cid.into(), class, category)
    };
    let unknown = update(9, "", Class::Tips, 0);
    assert_eq!(s.refused("mira", unknown), Error::StreamNotFound);
    let foreign = update(1, "", Class::Tips, 0);
    assert_eq!(s.refused("sam", foreign), Error::NotStreamOwner);
    let bad = update(1, "", Class::Tips, 0);
    let expected = Error::InvalidCid(CidError::UnknownForm);
    assert_eq!(s.refused("mira", bad), expected);
    let tips = update(1, CID, Class::Tips, 0);
    assert_eq!(s.refused("mira", tips), Error::NotAStreamClass);
    let unknown = update(1, CID, Class::Premium, 256);
    assert_eq!(s.refused("mira", unknown), Error::UnknownCategory { limit });
    let sent = s.must("mira", update(1, CID_V1, Class::Premium, 3));
    told(
        &sent,
        [StreamUpdated {
            stream: 1,
            cid: CID_V1.into(),
            class: Class::Premium,
            category: 3,
        }
        .into()],
    );
}

#[test]
fn shares_must_sum_to_the_whole_and_name_each_cohost_once() {
    let mut s = Stage::empty();
    let suite = s.suite;
    s.registers("mira", Class::Standard, &[]);
    let four = ["noor", "omar", "rita", "sam"].map(|who| share(who, 1_000));
    let max = MAX_COHOSTS;
    let cases: [(u16, Vec<Share>, Error); 9] = [
        (6_000, four.to_vec(), Error::TooManyCohosts { max }),
        (9_000, vec![share("mira", 1_000)], Error::InvalidCohost),
        (10_000, vec![share("noor", 0)], Error::InvalidCohost),
        (
            8_000,
            vec![share("noor", 1_000), share("noor", 1_000)],
            Error::InvalidCohost,
        ),
        (9_999, Vec::new(), Error::SharesNotFull { sum_bps: 9_999 }),
        (0, Vec::new(), Error::SharesNotFull { sum_bps: 0 }),
        (10_001, Vec::new(), Error::SharesNotFull { sum_bps: 10_001 }),
        (
            1,
            vec![share("noor", u16::MAX)],
            Error::SharesNotFull { sum_bps: 65_536 },
        ),
        (
            10_000,
            vec![share("noor", 1)],
            Error::SharesNotFull { sum_bps: 10_001 },
        ),
    ];
    for (owner_bps, cohosts, error) in cases {
        let register =
            suite
                .registry()
                .register(CID.into(), Class::Standard, 0, owner_bps, cohosts.clone());
        assert_eq!(s.refused("mira", register), error);
        let set_terms = suite.registry().set_terms(1, owner_bps, cohosts);
        assert_eq!(s.refused("mira", set_terms), error);
    }
    // The owner may leave all to others.
    let all = vec![share("noor", 10_000)];
    assert_eq!(
        s.must("mira", suite.registry().set_terms(1, 0, all)).value,
        2
    );
    let foreign = suite.registry().set_terms(1, 10_000, Vec::new());
    assert_eq!(s.refused("sam", foreign), Error::NotStreamOwner);
    let unknown = suite.registry().set_terms(2, 10_000, Vec::new());
    assert_eq!(s.refused("mira", unknown), Error::StreamNotFound);
}

#[test]
fn new_terms_bind_new_sessions_and_old_terms_stay_readable() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.opens("alice", request());
    let set_terms = suite
        .registry()
        .set_terms(STREAM, 4_000, vec![share("noor", 6_000)]);
    let sent = s.must("mira", set_terms);
    let terms = Terms {
        owner_bps: 4_000,
        cohosts: vec![share("noor", 6_000)],
        ..whole("mira")
    };
    told(
        &sent,
        [TermsSet {
            stream: STREAM,
            terms_no: 2,
            terms: terms.clone(),
        }
        .into()],
    );
    let sent = s.must("bob", suite.lifecycle().open(request()));
    assert_eq!(sent.events_of::<SessionOpened>()[0].terms, 2);
    s.advance(10_000);
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.payable("noor", NATIVE), 0);
    s.must("bob", suite.lifecycle().close(1));
    // 60 % of 9,000,063, rounded down
    assert_eq!(s.payable("noor", NATIVE), 5_400_037);
    assert_eq!(s.payable("mira", NATIVE), 9_000_063 + 3_600_026);
    assert_eq!(
        s.read(suite.registry().terms(STREAM, 1)),
        Some(whole("mira"))
    );
    assert_eq!(s.read(suite.registry().terms(STREAM, 2)), Some(terms));
}

#[test]
fn operators_run_the_broadcast_and_the_prices_and_nothing_else() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let noor = account("noor");
    let eight: Vec<_> = (0..MAX_OPERATORS)
        .map(|i| account(&format!("operator {i}")))
        .collect();
    let nine = [eight.clone(), vec![noor]].concat();
    let set = |stream, operators| suite.registry().set_operators(stream, operators);
    let max = MAX_OPERATORS;
    assert_eq!(
        s.refused("mira", set(STREAM, nine)),
        Error::TooManyOperators { max }
    );
    assert_eq!(s.refused("mira", set(9, Vec::new())), Error::StreamNotFound);
    assert_eq!(
        s.refused("noor", set(STREAM, vec![noor])),
        Error::NotStreamOwner
    );
    s.must("mira", set(STREAM, eight.clone()));

    let set_rates = || suite.pricing().set_rates(STREAM, rates());
    let heartbeat = || suite.registry().heartbeat(STREAM);
    let end = || suite.registry().end_broadcast(STREAM);
    let go_live = || suite.registry().go_live(STREAM, GRACE);
    let not_operator = PricingEngineError::NotOperator;
    assert_eq!(s.refused("noor", heartbeat()), Error::NotOperator);
    assert_eq!(s.refused("noor", end()), Error::NotOperator);
    assert_eq!(s.refused("noor", go_live()), Error::NotOperator);
    assert_eq!(s.refused("noor", set_rates()), not_operator);
    let set_plan = suite.plans().set_plan(STREAM, PlanKind::Flat);
    assert_eq!(s.refused("noor", set_plan), not_operator);

    let sent = s.must("mira", set(STREAM, vec![noor]));
    told(
        &sent,
        [OperatorsSet {
            stream: STREAM,
            old: eight,
            new: vec![noor],
        }
        .into()],
    );
    assert!(s.read(suite.registry().may_operate(STREAM, noor)));
    assert!(!s.read(suite.registry().may_operate(STREAM + 1, noor)));
    s.must("noor", heartbeat());
    s.must("noor", set_rates());
    s.must("noor", end());
    s.must("noor", go_live());
    let set_plan = suite.plans().set_plan(STREAM, PlanKind::Flat);
    let sent = s.must("noor", set_plan);
    told(
        &sent,
        [PlanSet {
            stream: STREAM,
            plan: 1,
            kind: PlanKind::Flat,
        }
        .into()],
    );
    // What makes an owner stays the owner's.
    let update = suite
        .registry()
        .update(STREAM, CID.into(), Class::Standard, 0);
    assert_eq!(s.refused("noor", update), Error::NotStreamOwner);
    let terms = suite.registry().set_terms(STREAM, FULL_BPS, Vec::new());
    assert_eq!(s.refused("noor", terms), Error::NotStreamOwner);
    let offer = suite.registry().offer_stream(STREAM, Some(noor));
    assert_eq!(s.refused("noor", offer), Error::NotStreamOwner);
}

#[test]
fn a_stream_is_handed_over_in_two_steps_and_open_sessions_pay_the_old_owner() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let (mira, noor) = (account("mira"), account("noor"));
    s.must("mira", suite.registry().set_operators(STREAM, vec![mira]));
    s.opens("alice", request());

    let accept = |stream| suite.registry().accept_stream(stream);
    let offer = |to| suite.registry().offer_stream(STREAM, to);
    assert_eq!(s.refused("noor", accept(9)), Error::StreamNotFound);
    assert_eq!(s.refused("noor", accept(STREAM)), Error::NotOffered);
    let sent = s.must("mira", offer(Some(noor)));
    told(
        &sent,
        [StreamOffered {
            stream: STREAM,
            owner: mira,
            offered_to: Some(noor),
        }
        .into()],
    );
    assert_eq!(s.refused("sam", accept(STREAM)), Error::NotOffered);
    s.must("mira", offer(None));
    assert_eq!(s.refused("noor", accept(STREAM)), Error::NotOffered);
    s.must("mira", offer(Some(noor)));
    let sent = s.must("noor", accept(STREAM));
    told(
        &sent,
        [
            StreamTransferred {
                stream: STREAM,
                old_owner: mira,
                new_owner: noor,
            }
            .into(),
            TermsSet {
                stream: STREAM,
                terms_no: 2,
                terms: whole("noor"),
            }
            .into(),
        ],
    );
    assert_eq!(s.refused("noor", accept(STREAM)), Error::NotOffered);
    assert_eq!(s.read(suite.registry().operators(STREAM)), []);
    let heartbeat = suite.registry().heartbeat(STREAM);
    assert_eq!(s.refused("mira", heartbeat), Error::NotOperator);
    let list = |s: &mut Stage, who| s.read(suite.registry().streams_of(account(who), 0, 50));
    assert!(list(&mut s, "mira").streams.is_empty());
    assert_eq!(list(&mut s, "noor").streams, [STREAM]);

    s.opens("bob", request());
    s.advance(10_000);
    s.must("alice", suite.lifecycle().close(1));
    s.must("bob", suite.lifecycle().close(1));
    assert_eq!(s.payable("mira", NATIVE), 9_000_063);
    assert_eq!(s.payable("noor", NATIVE), 9_000_063);
}

#[test]
fn a_broadcast_lives_between_going_live_and_its_end() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let stream = s.registers("mira", Class::Standard, &[]);
    let go_live = |stream, grace| suite.registry().go_live(stream, grace);
    let heartbeat = |stream| suite.registry().heartbeat(stream);
    let unlist = |stream| suite.registry().unlist(stream);
    let out = Error::GraceOutOfRange {
        min_ms: MIN_GRACE_MS,
        max_ms: MAX_GRACE_MS,
    };
    assert_eq!(s.refused("mira", go_live(9, 0)), Error::StreamNotFound);
    assert_eq!(s.refused("sam", go_live(stream, 0)), Error::NotOperator);
    for grace in [0, MIN_GRACE_MS - 1, MAX_GRACE_MS + 1] {
        assert_eq!(s.refused("mira", go_live(stream, grace)), out);
    }
    assert_eq!(s.refused("mira", heartbeat(stream)), Error::NotLive);
    assert_eq!(s.refused("mira", heartbeat(9)), Error::StreamNotFound);
    assert_eq!(s.refused("sam", unlist(stream)), Error::NotListed);
    assert_eq!(s.refused("sam", unlist(9)), Error::StreamNotFound);

    let t = s.now();
    assert_eq!(s.must("mira", go_live(stream, MIN_GRACE_MS)).value, 1);
    assert_eq!(
        s.refused("mira", go_live(stream, MIN_GRACE_MS)),
        Error::AlreadyLive
    );
    assert_eq!(s.refused("sam", unlist(stream)), Error::AlreadyLive);
    s.advance(MIN_GRACE_MS - 1);
    s.must("mira", heartbeat(stream));
    let broadcast = Broadcast {
        started_ms: t,
        grace_ms: MIN_GRACE_MS,
        heartbeat_ms: t + 9_999,
        end_ms: t + 19_999,
        cause: EndCause::None,
    };
    let read = s.read(suite.registry().broadcast(stream, 1));
    assert_eq!(read, Some(broadcast));
    s.advance(MIN_GRACE_MS);
    assert!(!s.read(suite.registry().is_live(stream)));
    assert_eq!(s.refused("mira", heartbeat(stream)), Error::NotLive);
    // A lapsed one takes a place in the list until anybody removes it, but is not shown.
    let live = suite.registry().live_streams(0, 50);
    assert!(s.read(live).streams.is_empty());
    s.must("sam", unlist(stream));
    assert_eq!(s.refused("sam", unlist(stream)), Error::NotListed);
    assert_eq!(s.must("mira", go_live(stream, MAX_GRACE_MS)).value, 2);
    let ends = suite
        .registry()
        .broadcast_ends(vec![(stream, 1), (stream, 3), (stream, 2)]);
    let now = s.now();
    assert_eq!(
        s.read(ends),
        [Some(t + 19_999), None, Some(now + MAX_GRACE_MS)]
    );
}

#[test]
fn moderators_suspend_and_reinstate_with_a_reason() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let suspend = |stream, why: &str| suite.registry().suspend(stream, why.into());
    let reinstate = |stream, why: &str| suite.registry().reinstate(stream, why.into());
    let long = "x".repeat(MAX_REASON_LEN as usize + 1);
    for who in ["sam", "owner", "mira"] {
        assert_eq!(s.refused(who, suspend(9, "")), Error::NotModerator);
        assert_eq!(s.refused(who, reinstate(9, "")), Error::NotModerator);
    }
    assert_eq!(s.refused("mona", suspend(9, "")), Error::StreamNotFound);
    assert_eq!(s.refused("mona", reinstate(9, "")), Error::StreamNotFound);
    let max_len = MAX_REASON_LEN;
    for why in ["", long.as_str()] {
        let invalid = Error::InvalidReason { max_len };
        assert_eq!(s.refused("mona", suspend(STREAM, why)), invalid);
        assert_eq!(s.refused("mona", reinstate(STREAM, why)), invalid);
    }
    assert_eq!(
        s.refused("mona", reinstate(STREAM, "?")),
        Error::NotSuspended
    );
    s.must("mona", suspend(STREAM, &long[1..]));
    assert_eq!(s.refused("mona", suspend(STREAM, "?")), Error::Suspended);
    let go_live = || suite.registry().go_live(STREAM, GRACE);
    assert_eq!(s.refused("mira", go_live()), Error::Suspended);
    let sent = s.must("mona", reinstate(STREAM, "a mistake"));
    told(
        &sent,
        [StreamReinstated {
            stream: STREAM,
            moderator: account("mona"),
            reason: "a mistake".into(),
        }
        .into()],
    );
    assert_eq!(s.must("mira", go_live()).value, 2);
    // A stream that is off the air is suspended without an end.
    s.must("mira", suite.registry().end_broadcast(STREAM));
    let sent = s.must("mona", suspend(STREAM, "again"));
    assert_eq!(sent.receipt.events.len(), 1);

    let mona = account("mona");
    let set = |moderator| suite.registry().set_moderator(mona, moderator);
    let not_owner = Error::Admin(AdminError::NotOwner);
    assert_eq!(s.refused("mona", set(true)), not_owner);
    let sent = s.must("owner", set(false));
    told(
        &sent,
        [ModeratorSet {
            account: mona,
            old: true,
            new: false,
        }
        .into()],
    );
    assert_eq!(
        s.refused("mona", reinstate(STREAM, "?")),
        Error::NotModerator
    );
}

#[test]
fn long_listings_come_in_parts_of_fifty() {
    let mut s = Stage::empty();
    let suite = s.suite;
    for stream in 1..=53 {
        assert_eq!(s.registers("mira", Class::Standard, &[]), stream);
        s.must("mira", suite.registry().go_live(stream, GRACE));
    }
    s.must("mira", suite.registry().end_broadcast(2));
    let mira = account("mira");
    let of = |start, limit| suite.registry().streams_of(mira, start, limit);
    let live = |start, limit| suite.registry().live_streams(start, limit);
    let part = |streams: Vec<StreamId>, next| Listing { streams, next };
    for limit in [50, 51, u32::MAX] {
        let first = part((1..=50).collect(), Some(50));
        assert_eq!(s.read(of(0, limit)), first);
    }
    assert_eq!(s.read(of(50, 50)), part(vec![51, 52, 53], None));
    assert_eq!(s.read(of(1, 2)), part(vec![2, 3], Some(3)));
    assert_eq!(s.read(of(0, 0)), part(Vec::new(), Some(0)));
    assert_eq!(s.read(of(u32::MAX, u32::MAX)), part(Vec::new(), None));
    // The last took the place of the one that went.
    let mut on_air: Vec<_> = (1..=50).collect();
    on_air[1] = 53;
    assert_eq!(s.read(live(0, u32::MAX)), part(on_air, Some(50)));
    assert_eq!(s.read(live(50, 50)), part(vec![51, 52], None));
}
