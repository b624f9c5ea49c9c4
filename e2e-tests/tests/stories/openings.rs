//! Opening: what it costs, what stands in its way, and that `can_open` knows both beforehand.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    Audience, Change, Class, Factors, Footprint, Obstacle, OpenRequest, OpenSession,
    PaymentHandler, PaymentHandlerError, PricingEngine, PricingEngineError, PricingPlans, Quote,
    SessionState, StreamId, StreamRegistry, TickLifecycle, TickStream, TickStreamError as Error,
    Viewer, FACTOR_ONE, MAX_HOLD, MAX_OPEN, NATIVE,
};

/// The pricing engine's refusal, as the meter passes it on.
fn pricing(refusal: PricingEngineError) -> Error {
    Error::Pricing(refusal)
}

/// `open` is refused, and `can_open` said so, for the same reason.
#[track_caller]
fn refuses(s: &mut Stage, viewer: &str, request: OpenRequest, expected: Error) {
    let can_open = s.suite.lifecycle().can_open(account(viewer), request);
    assert_eq!(s.read(can_open), Err(expected.clone()));
    let open = s.suite.lifecycle().open(request);
    assert_eq!(s.refused(viewer, open), expected);
}

/// `can_open` names the deposit that `open` then takes: on this chain a unit for each cell and each byte.
#[track_caller]
fn opens_as_quoted(s: &mut Stage, viewer: &str, request: OpenRequest) -> Footprint {
    let can_open = s.suite.lifecycle().can_open(account(viewer), request);
    let quote = s.read(can_open).expect("can open");
    let sent = s.must(viewer, s.suite.lifecycle().open(request));
    assert_eq!(sent.value, quote.number);
    let Footprint { items, bytes } = quote.deposit;
    assert_eq!(sent.receipt.deposit, s.deposit_of(items, bytes));
    quote.deposit
}

#[test]
fn open_fails_for_each_documented_reason_and_can_open_foresees_it() {
    let mut s = Stage::on_air();
    let now = s.now();
    let unknown = 99;
    let never_live = s.registers("noor", Class::Standard, &[]);
    let rates_here = s.suite.pricing().set_rates(never_live, rates());
    s.must("noor", rates_here);
    let ended = s.airs("noor", Class::Standard, &[]);
    s.must("noor", s.suite.registry().end_broadcast(ended));
    let suspended = s.airs("noor", Class::Standard, &[]);
    let suspend = s.suite.registry().suspend(suspended, "why not".into());
    s.must("mona", suspend);
    let shared = s.airs("noor", Class::Standard, &[share("omar", 2_500)]);

    let with = |stream: StreamId| OpenRequest {
        stream,
        ..request()
    };
    let past = OpenRequest {
        until_ms: Some(now),
        ..with(unknown)
    };
    refuses(&mut s, "alice", past, Error::UntilPassed);
    refuses(
        &mut s,
        "alice",
        with(unknown),
        pricing(PricingEngineError::StreamNotFound),
    );
    refuses(
        &mut s,
        "alice",
        with(0),
        pricing(PricingEngineError::StreamNotFound),
    );
    refuses(
        &mut s,
        "alice",
        with(suspended),
        pricing(PricingEngineError::Suspended),
    );
    refuses(
        &mut s,
        "alice",
        with(never_live),
        pricing(PricingEngineError::NotLive),
    );
    refuses(
        &mut s,
        "alice",
        with(ended),
        pricing(PricingEngineError::NotLive),
    );
    for referrer in ["alice", "noor", "omar"] {
        let referred = OpenRequest {
            referrer: Some(account(referrer)),
            ..with(shared)
        };
        refuses(
            &mut s,
            "alice",
            referred,
            pricing(PricingEngineError::InvalidReferrer),
        );
    }
    // Nobody is no account.
    let by_nobody = OpenRequest {
        referrer: Some([0; 32].into()),
        ..with(shared)
    };
    refuses(
        &mut s,
        "alice",
        by_nobody,
        pricing(PricingEngineError::InvalidReferrer),
    );
    for asset in [2, u16::MAX] {
        let foreign = OpenRequest { asset, ..request() };
        let expected = pricing(PricingEngineError::AssetNotAccepted { asset });
        refuses(&mut s, "alice", foreign, expected);
    }
    for ceiling in [0, RATE - 1] {
        let expected = pricing(PricingEngineError::AboveCeiling {
            price_per_sec: RATE,
            ceiling,
        });
        let low = OpenRequest {
            ceiling,
            ..request()
        };
        refuses(&mut s, "alice", low, expected);
    }
    // A ceiling of any size is no reason to fail.
    let any = OpenRequest {
        ceiling: u128::MAX,
        ..request()
    };
    assert!(s
        .read(s.suite.lifecycle().can_open(account("alice"), any))
        .is_ok());
    for hold in [MAX_HOLD + 1, u128::MAX] {
        let expected = pricing(PricingEngineError::HoldTooLarge { max: MAX_HOLD });
        refuses(&mut s, "alice", OpenRequest { hold, ..request() }, expected);
    }
    for hold in [0, RATE - 1] {
        let expected = pricing(PricingEngineError::HoldTooSmall { needed: RATE });
        refuses(&mut s, "alice", OpenRequest { hold, ..request() }, expected);
    }
    let all_and_one = OpenRequest {
        hold: DEPOSITED + 1,
        ..request()
    };
    let too_small = |free| {
        Error::Payments(PaymentHandlerError::PoolTooSmall {
            needed: DEPOSITED + 1,
            free,
        })
    };
    refuses(&mut s, "alice", all_and_one, too_small(DEPOSITED));
    refuses(&mut s, "sam", all_and_one, too_small(0));

    s.opens("alice", request());
    // This comes before everything else.
    let again = OpenRequest {
        hold: 0,
        ceiling: 0,
        until_ms: Some(0),
        ..request()
    };
    refuses(&mut s, "alice", again, Error::AlreadyOpen { number: 1 });
}

#[test]
fn open_fails_while_the_owner_has_paused_it_or_the_asset_is_delisted() {
    let mut s = Stage::on_air();
    let until_ms = s.now() + HOUR;
    s.changes(
        s.suite.payments,
        Change::SetAsset {
            asset: VLK,
            allowed: false,
        },
    );
    let delisted = Error::Payments(PaymentHandlerError::AssetNotAllowed);
    refuses(&mut s, "alice", vlk_request(), delisted);
    s.must("owner", s.suite.payments().pause(HOUR));
    let paused = Error::Payments(PaymentHandlerError::Paused { until_ms });
    refuses(&mut s, "alice", request(), paused.clone());
    // The pause is named before the asset.
    refuses(&mut s, "alice", vlk_request(), paused);
    s.advance(HOUR);
    opens_as_quoted(&mut s, "alice", request());
}

#[test]
fn sixteen_sessions_may_be_open_and_no_more() {
    let mut s = Stage::on_air();
    let with = |stream: StreamId| OpenRequest {
        stream,
        ..request()
    };
    for stream in 1..=MAX_OPEN {
        if stream > 1 {
            assert_eq!(s.airs("mira", Class::Standard, &[]), stream);
        }
        assert_eq!(s.opens("alice", with(stream)), stream);
    }
    // It is said before anything is known of the stream.
    let too_many = Error::TooManyOpen { max: MAX_OPEN };
    refuses(&mut s, "alice", with(MAX_OPEN + 1), too_many.clone());
    let last = s.airs("mira", Class::Standard, &[]);
    refuses(&mut s, "alice", with(last), too_many);

    s.must("alice", s.suite.lifecycle().close(7));
    assert_eq!(s.opens("alice", with(last)), MAX_OPEN + 1);
    let viewer = s.read(s.suite.meter().viewer(account("alice")));
    assert_eq!((viewer.sessions, viewer.open.len()), (17, 16));
    assert_eq!(s.pool("alice", NATIVE).holds, 16);
}

#[test]
fn the_quote_names_price_duration_and_the_very_deposit() {
    let mut s = Stage::on_air();
    let can_open = s.suite.lifecycle().can_open(account("alice"), request());
    let quote = s.read(can_open).expect("can open");
    assert_eq!((quote.number, quote.broadcast), (1, 1));
    assert_eq!(quote.price_per_sec, RATE);
    // 10^10 / 1,000,007 a second = 9,999.930 s
    assert_eq!(quote.lasts_ms, 9_999_930);
    let worst = s.suite.plans().quote(quoted(STREAM, NATIVE, HOUR));
    let worst = s.read(worst).expect("is quoted").deposit;

    // The first viewer pays for the stream's cell, the page and the viewer's own cell.
    let first = opens_as_quoted(&mut s, "alice", request());
    assert_eq!(first.items, 3);
    assert!(first.bytes > 32 * 300 && first.bytes <= worst.bytes && first.items <= worst.items);
    // The next pays for a cell of a few hundred bytes, and once only.
    let second = opens_as_quoted(&mut s, "bob", vlk_request());
    assert_eq!(second.items, 1);
    assert!(second.bytes < 300);
    s.must("bob", s.suite.lifecycle().close(1));
    assert_eq!(
        opens_as_quoted(&mut s, "bob", request()),
        Footprint::default()
    );
}

#[test]
fn what_a_viewer_pays_to_open_is_not_paid_back_to_whoever_closes() {
    let mut s = Stage::on_air();
    let short = OpenRequest {
        hold: 10_000_070,
        ..request()
    };
    s.opens("alice", short);
    s.advance(MINUTE);
    let sent = s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    // He paid for the first cells of what is payable to mira, and freed nothing.
    assert!(sent.receipt.deposit >= 0);
    let sent = s.must(
        "sam",
        s.suite.payments().push_payable(account("mira"), NATIVE),
    );
    assert!(sent.receipt.deposit >= 0);
}

#[test]
fn reads_tell_of_session_viewer_and_audience() {
    let mut s = Stage::on_air();
    let t = s.now();
    let viewer = |s: &mut Stage| s.read(s.suite.meter().viewer(account("alice")));
    let audience = |s: &mut Stage| s.read(s.suite.meter().audience(STREAM));
    assert_eq!(audience(&mut s), Audience::default());
    assert_eq!(
        viewer(&mut s),
        Viewer {
            sessions: 0,
            watched_ms: 0,
            open: Vec::new()
        }
    );

    let referred = OpenRequest {
        referrer: Some(account("rita")),
        until_ms: Some(t + DAY),
        ..request()
    };
    s.opens("alice", referred);
    s.opens("bob", request());
    s.advance(10_000);

    let session = s.session("alice", 1);
    assert_eq!(session.id, id("alice", 1));
    assert_eq!((session.stream, session.broadcast), (STREAM, 1));
    assert_eq!((session.page, session.seat, session.terms), (0, 0, 1));
    assert_eq!(session.state, SessionState::Running);
    assert_eq!((session.asset, session.fee_bps), (NATIVE, 1_000));
    assert_eq!(session.referrer, Some(account("rita")));
    assert_eq!((session.hold, session.settled), (HOLD, 0));
    assert_eq!((session.rate_per_sec, session.factor), (RATE, 1_000_000));
    assert_eq!((session.ceiling, session.until_ms), (RATE, Some(t + DAY)));
    assert_eq!((session.opened_ms, session.since_ms), (t, t));
    assert_eq!((session.accrued, session.watched_ms), (0, 0));
    assert_eq!(session.exit_ms, None);
    let open = s.suite.lifecycle().open_session(account("alice"), STREAM);
    assert_eq!(s.read(open), Some(session));
    let open = s
        .suite
        .lifecycle()
        .open_session(account("alice"), STREAM + 1);
    assert_eq!(s.read(open), None);

    let place = OpenSession {
        number: 1,
        stream: STREAM,
        page: 0,
        seat: 0,
    };
    let open = Viewer {
        sessions: 1,
        watched_ms: 0,
        open: vec![place],
    };
    assert_eq!(viewer(&mut s), open);
    let two = Audience {
        live: 2,
        watched_ms: 0,
        closed: 0,
        pages: 1,
    };
    assert_eq!(audience(&mut s), two);
    let page = s
        .read(s.suite.meter().page(STREAM, 0))
        .expect("is provided");
    assert_eq!(page.payer, account("alice"));
    assert_eq!(page.sessions, [id("alice", 1), id("bob", 1)]);
    assert_eq!(s.read(s.suite.meter().page(STREAM, 1)), None);

    s.must("alice", s.suite.lifecycle().close(1));
    s.advance(5_000);
    s.must("bob", s.suite.lifecycle().close(1));
    let closed = Audience {
        live: 0,
        watched_ms: 25_000,
        closed: 2,
        pages: 1,
    };
    assert_eq!(audience(&mut s), closed);
    let watched = Viewer {
        sessions: 1,
        watched_ms: 10_000,
        open: Vec::new(),
    };
    assert_eq!(viewer(&mut s), watched);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 0);
}

#[test]
fn a_stream_quotes_what_watching_costs_and_the_first_obstacle() {
    let mut s = Stage::on_air();
    let quote =
        |s: &mut Stage, stream, asset, ms| s.read(s.suite.plans().quote(quoted(stream, asset, ms)));
    // 1,000,007 × 90.001 s = 90,001,630.007, rounded up.
    let expected = Quote {
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        factors: Factors {
            class: FACTOR_ONE,
            category: FACTOR_ONE,
            audience: FACTOR_ONE,
            tier: FACTOR_ONE,
            peak: FACTOR_ONE,
            discount: FACTOR_ONE,
        },
        discount_until_ms: 0,
        preview_ms: 0,
        plan: 0,
        price_per_sec: RATE,
        hold: 90_001_631,
        deposit: Footprint {
            items: 3,
            bytes: 12_000,
        },
        obstacle: None,
    };
    assert_eq!(quote(&mut s, STREAM, NATIVE, 90_001), Ok(expected));
    assert_eq!(
        quote(&mut s, 2, NATIVE, 1),
        Err(PricingEngineError::StreamNotFound)
    );
    assert_eq!(
        quote(&mut s, STREAM, 2, 1),
        Err(PricingEngineError::AssetNotAccepted { asset: 2 })
    );

    let obstacle = |s: &mut Stage, asset| {
        let quoted = quote(s, STREAM, asset, 90_001).expect("is quoted");
        assert_eq!(
            quoted.price_per_sec,
            if asset == VLK { VLK_RATE } else { RATE }
        );
        quoted.obstacle
    };
    s.must("owner", s.suite.payments().pause(HOUR));
    assert_eq!(obstacle(&mut s, NATIVE), Some(Obstacle::OpensPaused));
    s.changes(
        s.suite.payments,
        Change::SetAsset {
            asset: VLK,
            allowed: false,
        },
    );
    assert_eq!(obstacle(&mut s, VLK), Some(Obstacle::AssetNotAllowed));
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    assert_eq!(obstacle(&mut s, VLK), Some(Obstacle::NotLive));
    let suspend = s.suite.registry().suspend(STREAM, "why not".into());
    s.must("mona", suspend);
    assert_eq!(obstacle(&mut s, NATIVE), Some(Obstacle::Suspended));
}
