//! Seconds that viewers sign for, off the chain, and what creators redeem of them.

use crate::common::*;
use vilokanam_chain::{account, Calls, Chain, Message, VLK};
use vilokanam_interfaces::{
    events::{stream_registry::BroadcastEnded, tick_stream::*},
    AccountId, Balance, Change, Class, EndCause, Millis, OpenRequest, Outcome, PaymentHandler,
    PaymentHandlerError, Session, SessionNo, SessionState, SignedVoucher, StreamRegistry,
    TickLifecycle, TickStream, TickStreamError as Error, Totals, VoucherOutcome,
    VoucherRefusal as Refusal, Wiring, FACTOR_ONE, NATIVE,
};
use vilokanam_voucher::sign::{sign, Form};

/// How long what is signed can be redeemed: what `Config::default` sets for exits.
const EXIT_DELAY: Millis = HOUR;
/// Ten seconds at [`RATE`]: 1,000,007 × 10.
const TEN_SECONDS: Balance = 10_000_070;
/// Of those, mira's nine tenths.
const NET: Balance = 9_000_063;
/// And the platform's tenth.
const FEE: Balance = 1_000_007;

/// alice watches stream 1 on vouchers, for ten seconds so far.
fn watched() -> (Stage, Watch) {
    let mut s = Stage::on_air();
    let watch = s.watches("alice", signed_by("alice"));
    s.advance(10_000);
    (s, watch)
}

fn redeem(s: &Stage, voucher: SignedVoucher) -> impl Message<Output = Result<Balance, Error>> {
    s.suite.meter().redeem(voucher)
}

/// What one voucher of alice's first session tells when it is paid; nothing else has been settled.
fn redeemed(amount: Balance, voucher_amount: Balance, voucher_ms: Millis) -> Redeemed {
    Redeemed {
        redemptions: vec![Redemption {
            session: id("alice", 1),
            amount,
            settled: voucher_amount,
            voucher_amount,
            voucher_ms,
        }],
    }
}

/// The receipt of alice's first session on stream 1.
fn closed(
    s: &Stage,
    opened_ms: Millis,
    watched_ms: Millis,
    settled: Balance,
    by: &str,
) -> SessionClosed {
    SessionClosed {
        viewer: account("alice"),
        number: 1,
        stream: STREAM,
        broadcast: 1,
        asset: NATIVE,
        opened_ms,
        closed_ms: s.now(),
        watched_ms,
        hold: HOLD,
        settled,
        released: HOLD - settled,
        by: account(by),
    }
}

fn refused(why: Refusal) -> VoucherOutcome {
    VoucherOutcome::Refused(why)
}

#[test]
fn a_second_watched_on_vouchers_costs_no_transaction() {
    let mut s = Stage::on_air();
    let t = s.now();
    let sent = s.must("alice", s.suite.lifecycle().open(signed_by("alice")));
    told(
        &sent,
        [
            PageProvided {
                stream: STREAM,
                page: 0,
                payer: account("alice"),
            }
            .into(),
            SessionOpened {
                viewer: account("alice"),
                number: 1,
                stream: STREAM,
                broadcast: 1,
                page: 0,
                seat: 0,
                asset: NATIVE,
                terms: 1,
                fee_bps: 1_000,
                referral_bps: 1_000,
                referrer: None,
                hold: HOLD,
                rate_per_sec: RATE,
                factor: 1_000_000,
                ceiling: RATE,
                until_ms: None,
                plan: 0,
                key: Some(key("alice")),
                extras: None,
            }
            .into(),
        ],
    );
    let watch = Watch::opened(&sent);
    let opened = s.session("alice", 1);
    assert_eq!(
        opened,
        Session {
            id: id("alice", 1),
            stream: STREAM,
            broadcast: 1,
            page: 0,
            seat: 0,
            state: SessionState::Voucher,
            asset: NATIVE,
            terms: 1,
            fee_bps: 1_000,
            referral_bps: 1_000,
            referrer: None,
            plan: 0,
            hold: HOLD,
            settled: 0,
            rate_per_sec: RATE,
            factor: 1_000_000,
            ceiling: RATE,
            until_ms: None,
            opened_ms: t,
            since_ms: t,
            accrued: 0,
            watched_ms: 0,
            exit_ms: None,
            key: Some(key("alice")),
            old_key: None,
            voucher_amount: 0,
            voucher_ms: 0,
            voucher_from_ms: t,
            class: Class::Standard,
            category: CATEGORY,
            step: 0,
            discount: FACTOR_ONE,
            discount_until_ms: 0,
            preview_ms: 0,
            sponsor: None,
        }
    );

    // A voucher for each second, and nothing on the chain.
    let mut vouchers = Vec::new();
    for second in 1..=10 {
        s.advance(SECOND);
        vouchers.push(s.signs(
            "alice",
            &watch,
            second * SECOND,
            RATE * Balance::from(second),
        ));
    }
    assert_eq!(s.session("alice", 1), opened);
    assert_eq!((s.owed("alice", 1), s.refundable("alice", 1)), (0, HOLD));
    assert_eq!(s.runs_out_at("alice", 1), None);
    let sent = s.must("sam", s.suite.meter().settle(id("alice", 1)));
    assert_eq!(sent.value, 0);
    told(&sent, []);

    let sent = s.must("mira", redeem(&s, vouchers[9]));
    assert_eq!(sent.value, TEN_SECONDS);
    told(&sent, [redeemed(TEN_SECONDS, TEN_SECONDS, 10_000).into()]);
    assert_eq!(s.payable("mira", NATIVE), NET);
    let totals = Totals {
        pools: 2 * DEPOSITED - HOLD,
        holds: HOLD - TEN_SECONDS,
        payable: NET,
        fees: FEE,
    };
    assert_eq!(s.totals(NATIVE), totals);
    assert_eq!(
        s.session("alice", 1),
        Session {
            settled: TEN_SECONDS,
            voucher_amount: TEN_SECONDS,
            voucher_ms: 10_000,
            ..opened
        }
    );
    assert_eq!(s.refundable("alice", 1), HOLD - TEN_SECONDS);
    assert_eq!(s.owed("alice", 1), 0);
    // The newest replaces all before it.
    for voucher in vouchers {
        assert_eq!(
            s.refused("mira", redeem(&s, voucher)),
            Error::Voucher(Refusal::NotNewer)
        );
    }

    // The next voucher adds what it is above the last.
    s.advance(2_500);
    // 1,000,007 × 12.5 = 12,500,087.5
    let sent = s.must(
        "sam",
        redeem(&s, s.signs("alice", &watch, 12_500, 12_500_087)),
    );
    assert_eq!(sent.value, 2_500_017);
    told(&sent, [redeemed(2_500_017, 12_500_087, 12_500).into()]);
    // 1,250,008 of 12,500,087 for the platform.
    assert_eq!(s.payable("mira", NATIVE), 11_250_079);
    assert_eq!(s.totals(NATIVE).fees, 1_250_008);
    s.is_solvent_to_the_unit();
}

#[test]
fn one_batch_pays_vouchers_of_many_viewers_streams_and_creators() {
    let mut s = Stage::on_air();
    let cohosts = [share("omar", 2_500), share("mira", 1_000)];
    let second = s.airs("noor", Class::Premium, &cohosts);
    let on_second = |signer| OpenRequest {
        stream: second,
        ..signed_by(signer)
    };
    let referred = OpenRequest {
        referrer: Some(account("rita")),
        ..signed_by("alice")
    };
    let in_vlk = OpenRequest {
        key: Some(key("bob")),
        ..vlk_request()
    };
    let a1 = s.watches("alice", referred);
    let b1 = s.watches("bob", in_vlk);
    let a2 = s.watches("alice", on_second("alice"));
    let b2 = s.watches("bob", on_second("bob"));
    s.advance(10_000);

    // 333,333 × 10; 1,000,007 × 7.
    let vouchers = vec![
        s.signs("alice", &a1, 10_000, TEN_SECONDS),
        s.signs("sam", &a1, 10_000, TEN_SECONDS + 1),
        s.signs("bob", &b1, 10_000, 3_333_330),
        s.signs("alice", &a2, 10_000, TEN_SECONDS),
        s.signs("alice", &b2, 7_000, 7_000_049),
        s.signs("bob", &b2, 7_000, 7_000_049),
    ];
    let sent = s.must("sam", s.suite.meter().redeem_many(vouchers));
    assert_eq!(
        sent.value,
        [
            VoucherOutcome::Paid(TEN_SECONDS),
            refused(Refusal::AboveCeiling),
            VoucherOutcome::Paid(3_333_330),
            VoucherOutcome::Paid(TEN_SECONDS),
            refused(Refusal::BadSignature),
            VoucherOutcome::Paid(7_000_049),
        ]
    );
    let paid = |viewer, number, amount, voucher_ms| Redemption {
        session: id(viewer, number),
        amount,
        settled: amount,
        voucher_amount: amount,
        voucher_ms,
    };
    told(
        &sent,
        [Redeemed {
            redemptions: vec![
                paid("alice", 1, TEN_SECONDS, 10_000),
                paid("bob", 1, 3_333_330, 10_000),
                paid("alice", 2, TEN_SECONDS, 10_000),
                paid("bob", 2, 7_000_049, 7_000),
            ],
        }
        .into()],
    );
    // alice on 1: fee 1,000,007, of which rita has 100,000; mira 9,000,063.
    // alice on 2: fee 15 % = 1,500,010; of 8,500,060 omar has 2,125,015, mira 850,006, noor 5,525,039.
    // bob on 2: fee 15 % of 7,000,049 = 1,050,007; of 5,950,042 omar has 1,487,510, mira 595,004, noor 3,867,528.
    assert_eq!(s.payable("rita", NATIVE), 100_000);
    assert_eq!(s.payable("mira", NATIVE), 10_445_073);
    assert_eq!(s.payable("omar", NATIVE), 3_612_525);
    assert_eq!(s.payable("noor", NATIVE), 9_392_567);
    assert_eq!(s.totals(NATIVE).fees, 3_450_024);
    // bob on 1, in $VLK: fee 333,333.
    assert_eq!(s.payable("mira", VLK), 2_999_997);
    assert_eq!(s.totals(VLK).fees, 333_333);
    s.is_solvent_to_the_unit();

    // A batch of which nothing is good does nothing.
    let stale = vec![s.signs("alice", &a1, 10_000, TEN_SECONDS)];
    let sent = s.must("sam", s.suite.meter().redeem_many(stale));
    assert_eq!(sent.value, [refused(Refusal::NotNewer)]);
    told(&sent, []);
    let sent = s.must("sam", s.suite.meter().redeem_many(Vec::new()));
    assert_eq!(sent.value, []);
    told(&sent, []);
}

#[test]
fn law_05_any_pattern_of_redeeming_gives_what_one_division_gives() {
    let mut s = Stage::on_air();
    let cohosts = [share("omar", 1_234), share("noor", 1), share("sam", 5_000)];
    let stream = s.airs("mira", Class::Standard, &cohosts);
    let on = |signer| OpenRequest {
        stream,
        referrer: Some(account("rita")),
        ..signed_by(signer)
    };
    let often = s.watches("alice", on("alice"));
    let once = s.watches("bob", on("bob"));
    let payees = ["mira", "omar", "noor", "sam", "rita"];
    s.advance(9_973);
    for ms in [1, 2, 3, 500, 999, 1_000, 1_001, 7_777, 9_972, 9_973] {
        // What is owed, divided once.
        let amount = RATE * Balance::from(ms) / 1_000;
        s.must("sam", redeem(&s, s.signs("alice", &often, ms, amount)));
    }
    let first: Vec<_> = payees.map(|payee| s.payable(payee, NATIVE)).to_vec();
    // 1,000,007 × 9.973 = 9,973,069.811; fee 997,306, rita 99,730; of 8,975,763 omar 1,107,609.1, noor
    // 7,868,154 / 8,766 = 897.5, sam 7,867,257 × 5,000 / 8,765 = 4,487,881.9, mira the rest.
    assert_eq!(first, [3_379_376, 1_107_609, 897, 4_487_881, 99_730]);
    assert_eq!(s.totals(NATIVE).fees, 897_576);
    assert_eq!(s.session("alice", 1).settled, 9_973_069);
    let sent = s.must("sam", redeem(&s, s.signs("bob", &once, 9_973, 9_973_069)));
    assert_eq!(sent.value, 9_973_069);
    let both: Vec<_> = payees.map(|payee| s.payable(payee, NATIVE)).to_vec();
    assert_eq!(both, first.iter().map(|x| 2 * x).collect::<Vec<_>>());
    assert_eq!(s.totals(NATIVE).fees, 2 * 897_576);
    s.is_solvent_to_the_unit();
}

#[test]
fn programs_sign_raw_bytes_and_wallets_wrapped_ones() {
    let (mut s, watch) = watched();
    for (ms, form) in [
        (1_000, Form::Raw),
        (2_000, Form::Wrapped),
        (3_000, Form::Raw),
    ] {
        let amount = RATE * Balance::from(ms) / 1_000;
        let signature = sign(&pair("alice"), &s.message(&watch, ms, amount), form);
        let sent = s.must("mira", redeem(&s, watch.with(ms, amount, signature)));
        assert_eq!(sent.value, RATE);
    }
}

#[test]
fn the_viewers_own_account_can_be_the_session_key() {
    let mut s = Stage::on_air();
    // An account of the kind that wallets make: its address is its key.
    let vera = key("vera");
    s.chain.fund(vera, RICH).expect("funds");
    let suite = s.suite;
    let deposit = suite.payments().deposit().transferred_value(HOLD);
    s.chain.must(vera, deposit).expect("deposits");
    let sent = s
        .chain
        .must(vera, suite.lifecycle().open(signed_by("vera")));
    let watch = Watch::opened(&sent.expect("opens"));
    assert_eq!(watch.at.id.viewer, vera);
    s.advance(10_000);
    let message = s.message(&watch, 10_000, TEN_SECONDS);
    let signature = sign(&pair("vera"), &message, Form::Wrapped);
    let voucher = watch.with(10_000, TEN_SECONDS, signature);
    assert_eq!(s.must("mira", redeem(&s, voucher)).value, TEN_SECONDS);
    assert_eq!(s.payable("mira", NATIVE), NET);
}

#[test]
fn an_account_that_is_no_sr25519_key_signs_by_a_session_key() {
    let mut s = Stage::on_air();
    // alice's account is a hash, as those of ECDSA keys, multisigs and proxies are: no signature is of it.
    let own = OpenRequest {
        key: Some(account("alice")),
        ..request()
    };
    let watch = s.watches("alice", own);
    s.advance(10_000);
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(
        s.refused("mira", redeem(&s, voucher)),
        Error::Voucher(Refusal::BadSignature)
    );
    // A transaction of the account authorises a key that signs.
    let sent = s.must("alice", s.suite.lifecycle().set_key(1, Some(key("alice"))));
    told(
        &sent,
        [KeyChanged {
            viewer: account("alice"),
            number: 1,
            old: Some(account("alice")),
            new: Some(key("alice")),
            old_until_ms: s.now() + EXIT_DELAY,
        }
        .into()],
    );
    assert_eq!(s.must("mira", redeem(&s, voucher)).value, TEN_SECONDS);
}

fn changes_key(s: &Stage, new: Option<&str>) -> impl Message<Output = Result<(), Error>> {
    s.suite.lifecycle().set_key(1, new.map(key))
}

fn key_changed(old: Option<&str>, new: Option<&str>, old_until_ms: Millis) -> KeyChanged {
    KeyChanged {
        viewer: account("alice"),
        number: 1,
        old: old.map(key),
        new: new.map(key),
        old_until_ms,
    }
}

#[test]
fn a_rotated_key_is_honoured_for_the_grace_and_no_longer() {
    let (mut s, watch) = watched();
    let rotated_ms = s.now();
    let until_ms = rotated_ms + EXIT_DELAY;
    let signed_before = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let sent = s.must("alice", changes_key(&s, Some("tablet")));
    told(
        &sent,
        [key_changed(Some("alice"), Some("tablet"), until_ms).into()],
    );
    let session = s.session("alice", 1);
    assert_eq!(session.state, SessionState::Voucher);
    assert_eq!(session.key, Some(key("tablet")));
    assert_eq!(session.old_key, Some((key("alice"), until_ms)));

    // Both count now, and time and amount go on whatever the key.
    assert_eq!(s.must("mira", redeem(&s, signed_before)).value, TEN_SECONDS);
    s.advance(1_000);
    let by_tablet = s.signs("tablet", &watch, 11_000, 11_000_077);
    assert_eq!(s.must("mira", redeem(&s, by_tablet)).value, 1_000_007);
    // Another change would cut the first key's grace short.
    let changing = Error::KeyChanging { until_ms };
    for new in [Some("phone"), Some("alice"), None] {
        assert_eq!(s.refused("alice", changes_key(&s, new)), changing);
    }

    // At the last millisecond, and after it.
    s.advance(until_ms - 1 - s.now());
    let twelve = s.signs("alice", &watch, 12_000, 12_000_084);
    assert_eq!(s.must("mira", redeem(&s, twelve)).value, 1_000_007);
    assert_eq!(s.refused("alice", changes_key(&s, None)), changing);
    s.advance(1);
    let thirteen = s.signs("alice", &watch, 13_000, 13_000_091);
    assert_eq!(
        s.refused("mira", redeem(&s, thirteen)),
        Error::Voucher(Refusal::BadSignature)
    );
    let thirteen = s.signs("tablet", &watch, 13_000, 13_000_091);
    assert_eq!(s.must("mira", redeem(&s, thirteen)).value, 1_000_007);
    // And the next change is free.
    let sent = s.must("alice", changes_key(&s, Some("alice")));
    told(
        &sent,
        [key_changed(Some("tablet"), Some("alice"), until_ms + EXIT_DELAY).into()],
    );
}

#[test]
fn a_revoked_key_is_honoured_for_the_grace_and_can_be_set_again() {
    let (mut s, watch) = watched();
    let until_ms = s.now() + EXIT_DELAY;
    let sent = s.must("alice", changes_key(&s, None));
    told(&sent, [key_changed(Some("alice"), None, until_ms).into()]);
    let session = s.session("alice", 1);
    assert_eq!((session.state, session.key), (SessionState::Paused, None));
    assert_eq!(s.refused("alice", changes_key(&s, None)), Error::InvalidKey);

    // Another at once: the revoked one keeps its grace.
    let sent = s.must("alice", changes_key(&s, Some("tablet")));
    told(&sent, [key_changed(None, Some("tablet"), 0).into()]);
    let changing = Error::KeyChanging { until_ms };
    assert_eq!(s.refused("alice", changes_key(&s, None)), changing);
    s.advance(EXIT_DELAY - 1);
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("mira", redeem(&s, ten)).value, TEN_SECONDS);
    s.advance(1);
    let eleven = s.signs("alice", &watch, 11_000, 11_000_077);
    assert_eq!(
        s.refused("mira", redeem(&s, eleven)),
        Error::Voucher(Refusal::BadSignature)
    );

    // Revoked, and its grace over: no key's vouchers count, and the viewer closes at once.
    s.must("alice", changes_key(&s, None));
    s.advance(EXIT_DELAY);
    let eleven = s.signs("tablet", &watch, 11_000, 11_000_077);
    assert_eq!(
        s.refused("mira", redeem(&s, eleven)),
        Error::Voucher(Refusal::NoKey)
    );
    let opened_ms = until_ms - EXIT_DELAY - 10_000;
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    let receipt = closed(&s, opened_ms, 10_000, TEN_SECONDS, "alice");
    told(&sent, [receipt.into()]);
}

#[test]
fn clock_and_vouchers_are_counted_apart_under_one_hold() {
    let mut s = Stage::on_air();
    let t = s.now();
    let watch = s.watches("alice", request());
    s.advance(10_000);
    let sent = s.must("alice", changes_key(&s, Some("alice")));
    told(&sent, [key_changed(None, Some("alice"), 0).into()]);
    let session = s.session("alice", 1);
    assert_eq!(session.state, SessionState::Voucher);
    assert_eq!(session.accrued, TEN_SECONDS * 1_000_000_000);
    assert_eq!((session.since_ms, session.watched_ms), (t + 10_000, 10_000));
    assert_eq!(session.voucher_from_ms, t + 10_000);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().pause(1)),
        Error::NotRunning
    );
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().resume(1)),
        Error::NotPaused
    );

    // Five seconds on vouchers; what the clock owes stays apart until it is settled.
    s.advance(5_000);
    let sent = s.must(
        "sam",
        redeem(&s, s.signs("alice", &watch, 5_000, 5_000_035)),
    );
    told(&sent, [redeemed(5_000_035, 5_000_035, 5_000).into()]);
    assert_eq!(s.owed("alice", 1), TEN_SECONDS);
    let sent = s.must("sam", s.suite.meter().settle(id("alice", 1)));
    let settlement = Settlement {
        session: id("alice", 1),
        amount: TEN_SECONDS,
        settled: 15_000_105,
        upto_ms: t + 10_000,
    };
    told(
        &sent,
        [Settled {
            settlements: vec![settlement],
        }
        .into()],
    );

    // Back to the clock, once what the revoked key signed counts no more.
    let sent = s.must("alice", changes_key(&s, None));
    let until_ms = t + 15_000 + EXIT_DELAY;
    told(&sent, [key_changed(Some("alice"), None, until_ms).into()]);
    s.advance(EXIT_DELAY - 1);
    let resume = s.suite.lifecycle().resume(1);
    let changing = Error::KeyChanging { until_ms };
    assert_eq!(s.refused("alice", resume), changing);
    let sent = s.must(
        "sam",
        redeem(&s, s.signs("alice", &watch, 6_000, 6_000_042)),
    );
    assert_eq!(sent.value, 1_000_007);
    s.advance(1);
    let sent = s.must("alice", s.suite.lifecycle().resume(1));
    let resumed = SessionResumed {
        viewer: account("alice"),
        number: 1,
        at_ms: until_ms,
    };
    told(&sent, [resumed.into()]);
    s.advance(10_000);
    assert_eq!(s.session("alice", 1).state, SessionState::Running);
    assert_eq!(s.owed("alice", 1), TEN_SECONDS);

    // And to vouchers again, by another key; their time goes on from six seconds.
    s.must("alice", changes_key(&s, Some("tablet")));
    assert_eq!(s.session("alice", 1).voucher_from_ms, t + 10_000);
    let back = s.signs("tablet", &watch, 5_999, 6_000_043);
    assert_eq!(
        s.refused("sam", redeem(&s, back)),
        Error::Voucher(Refusal::TimeFallsBack)
    );
    let sent = s.must(
        "sam",
        redeem(&s, s.signs("tablet", &watch, 9_000, 9_000_063)),
    );
    assert_eq!(sent.value, 3_000_021);
    // 20 s by the clock, of which ten are settled, and 9 s on vouchers: 20,000,140 + 9,000,063.
    assert_eq!(s.owed("alice", 1), TEN_SECONDS);
    assert_eq!(s.refundable("alice", 1), HOLD - 29_000_203);
    let sent = s.must("mira", s.suite.lifecycle().dismiss(watch.at));
    assert_eq!(sent.value, TEN_SECONDS);
    told(&sent, [closed(&s, t, 29_000, 29_000_203, "mira").into()]);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 29_000_203);
    // 2,900,020 for the platform.
    assert_eq!(s.payable("mira", NATIVE), 26_100_183);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_used_up_hold_is_topped_up_and_vouchers_go_on() {
    let mut s = Stage::on_air();
    let hold = TEN_SECONDS;
    let watch = s.watches(
        "alice",
        OpenRequest {
            hold,
            ..signed_by("alice")
        },
    );
    s.advance(12_000);
    let eleven = s.signs("alice", &watch, 11_000, 11_000_077);
    assert_eq!(
        s.refused("mira", redeem(&s, eleven)),
        Error::Voucher(Refusal::AboveHold { available: hold })
    );
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("mira", redeem(&s, ten)).value, TEN_SECONDS);
    assert_eq!(s.refundable("alice", 1), 0);
    // It has not ended: whoever wants it to go on tops it up.
    assert_eq!(
        s.refused("sam", s.suite.lifecycle().close_ended(id("alice", 1))),
        Error::SessionNotEnded
    );
    let top_up = s.suite.lifecycle().top_up(id("alice", 1), 1_500_000);
    let sent = s.must("bob", top_up);
    told(
        &sent,
        [SessionToppedUp {
            viewer: account("alice"),
            number: 1,
            payer: account("bob"),
            amount: 1_500_000,
            hold: 11_500_070,
        }
        .into()],
    );
    let sent = s.must("mira", redeem(&s, eleven));
    told(&sent, [redeemed(1_000_007, 11_000_077, 11_000).into()]);
    // What remains of the gift goes to the viewer.
    s.must("mira", s.suite.lifecycle().dismiss(watch.at));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED + 1_500_000 - 11_000_077);
    assert_eq!(s.free("bob", NATIVE), DEPOSITED - 1_500_000);
    s.is_solvent_to_the_unit();
}

#[test]
fn the_creator_dismisses_a_session_and_that_is_final() {
    let (mut s, watch) = watched();
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 8_000, 8_000_056)),
    );
    let unredeemed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let dismiss = |s: &Stage| s.suite.lifecycle().dismiss(watch.at);
    for who in ["sam", "alice", "owner", "noor"] {
        assert_eq!(s.refused(who, dismiss(&s)), Error::NotCreator);
    }
    let opened_ms = s.now() - 10_000;
    let sent = s.must("mira", dismiss(&s));
    assert_eq!(sent.value, 0);
    told(
        &sent,
        [closed(&s, opened_ms, 8_000, 8_000_056, "mira").into()],
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 8_000_056);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 0);

    // What the creator had not redeemed is gone, by its own choice.
    assert_eq!(
        s.refused("mira", redeem(&s, unredeemed)),
        Error::Voucher(Refusal::NotSeated)
    );
    assert_eq!(s.refused("mira", dismiss(&s)), Error::SessionNotFound);
    let finish = s.suite.lifecycle().finish_close(watch.at);
    assert_eq!(s.refused("sam", finish), Error::SessionNotFound);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().close(1)),
        Error::SessionClosed
    );
    s.is_solvent_to_the_unit();
}

#[test]
fn only_the_owner_at_open_dismisses_and_a_running_clock_is_charged() {
    let mut s = Stage::on_air();
    let t = s.now();
    let watch = s.watches("alice", request());
    s.must(
        "mira",
        s.suite
            .registry()
            .offer_stream(STREAM, Some(account("noor"))),
    );
    s.must("noor", s.suite.registry().accept_stream(STREAM));
    s.advance(10_000);
    // The session's money is mira's, whoever owns the stream by now.
    let dismiss = || s.suite.lifecycle().dismiss(watch.at);
    let (by_noor, by_mira) = (dismiss(), dismiss());
    assert_eq!(s.refused("noor", by_noor), Error::NotCreator);
    let sent = s.must("mira", by_mira);
    assert_eq!(sent.value, TEN_SECONDS);
    told(&sent, [closed(&s, t, 10_000, TEN_SECONDS, "mira").into()]);
    assert_eq!(s.payable("mira", NATIVE), NET);
}

fn closing(number: SessionNo, seat: u8, finish_ms: Millis) -> SessionClosing {
    SessionClosing {
        viewer: account("alice"),
        number,
        stream: STREAM,
        page: 0,
        seat,
        finish_ms,
    }
}

#[test]
fn the_viewer_closes_opens_again_at_once_and_what_is_signed_is_redeemed_within_the_grace() {
    let (mut s, watch) = watched();
    let opened_ms = s.now() - 10_000;
    let finish_ms = s.now() + EXIT_DELAY;
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(sent.value, 0);
    told(&sent, [closing(1, 0, finish_ms).into()]);
    // It holds its money, but is nobody's open session.
    let session = s
        .read(s.suite.lifecycle().session_at(watch.at))
        .expect("it sits there");
    assert_eq!(session.state, SessionState::Closing);
    assert_eq!((session.hold, session.exit_ms), (HOLD, Some(finish_ms)));
    assert_eq!(session.until_ms, Some(s.now()));
    assert_eq!(s.pool("alice", NATIVE).holds, 1);
    assert_eq!(s.read(s.suite.lifecycle().session(id("alice", 1))), None);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 0);
    let viewer = s.read(s.suite.meter().viewer(account("alice")));
    assert_eq!((viewer.sessions, viewer.open), (1, vec![]));

    // Another one in the same block, on another seat of the same stream.
    let next = s.watches("alice", signed_by("alice"));
    assert_eq!((next.at.id.number, next.at.seat), (2, 1));
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 1);
    let page = s.read(s.suite.meter().page(STREAM, 0)).expect("is there");
    assert_eq!(page.sessions, [id("alice", 1), id("alice", 2)]);

    // Nothing of the viewer's touches the closing one.
    let suite = s.suite;
    let gone = Error::SessionClosed;
    assert_eq!(s.refused("alice", suite.lifecycle().close(1)), gone);
    assert_eq!(s.refused("alice", suite.lifecycle().set_key(1, None)), gone);
    assert_eq!(s.refused("alice", suite.lifecycle().begin_exit(1)), gone);
    assert_eq!(s.refused("alice", suite.lifecycle().finish_exit(1)), gone);
    assert_eq!(
        s.refused("alice", suite.lifecycle().close_ended(id("alice", 1))),
        gone
    );
    assert_eq!(
        s.refused("bob", suite.lifecycle().top_up(id("alice", 1), 1)),
        gone
    );
    s.advance(EXIT_DELAY - 1);
    for who in ["alice", "mira", "sam"] {
        let not_due = Error::ExitNotDue { finish_ms };
        assert_eq!(
            s.refused(who, suite.lifecycle().finish_close(watch.at)),
            not_due
        );
    }
    // Its time stopped when it began to close: 10 s and the tolerance.
    let later = s.signs("alice", &watch, 22_001, 10_000_071);
    assert_eq!(
        s.refused("mira", redeem(&s, later)),
        Error::Voucher(Refusal::AheadOfTime { latest_ms: 22_000 })
    );
    let sent = s.must("mira", redeem(&s, signed));
    told(&sent, [redeemed(TEN_SECONDS, TEN_SECONDS, 10_000).into()]);

    s.advance(1);
    let sent = s.must("sam", suite.lifecycle().finish_close(watch.at));
    assert_eq!(sent.value, 0);
    told(
        &sent,
        [closed(&s, opened_ms, 10_000, TEN_SECONDS, "sam").into()],
    );
    assert_eq!(
        s.refused("sam", suite.lifecycle().finish_close(watch.at)),
        Error::SessionNotFound
    );
    assert_eq!(
        s.refused("sam", suite.lifecycle().finish_close(next.at)),
        Error::NotClosing
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS - HOLD);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 1);
    let viewer = s.read(s.suite.meter().viewer(account("alice")));
    assert_eq!((viewer.sessions, viewer.open.len()), (2, 1));
    assert_eq!(viewer.watched_ms, 10_000);
    s.is_solvent_to_the_unit();
}

#[test]
fn the_creator_shortens_the_grace_of_a_closing_session() {
    let (mut s, watch) = watched();
    let opened_ms = s.now() - 10_000;
    s.must("alice", s.suite.lifecycle().close(1));
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 10_000, TEN_SECONDS)),
    );
    assert_eq!(
        s.refused("sam", s.suite.lifecycle().dismiss(watch.at)),
        Error::NotCreator
    );
    let sent = s.must("mira", s.suite.lifecycle().dismiss(watch.at));
    told(
        &sent,
        [closed(&s, opened_ms, 10_000, TEN_SECONDS, "mira").into()],
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 0);
    assert_eq!(s.read(s.suite.meter().audience(STREAM)).closed, 1);
}

#[test]
fn a_closing_session_keeps_its_seat_and_its_terms() {
    let (mut s, watch) = watched();
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    s.must("alice", s.suite.lifecycle().close(1));
    // alice paid for the page, and cannot clear it.
    let clear = s.suite.lifecycle().clear_page(STREAM, 0);
    assert_eq!(s.refused("alice", clear), Error::PageNotEmpty);
    // Four viewers on terms of their own: three fit beside alice's, the fourth sits elsewhere.
    let mut cohost_bps = 0;
    for (viewer, page) in [("bob", 0), ("noor", 0), ("omar", 0), ("rita", 1)] {
        cohost_bps += 100;
        let cohosts = vec![share("sam", cohost_bps)];
        let terms = s
            .suite
            .registry()
            .set_terms(STREAM, 10_000 - cohost_bps, cohosts);
        s.must("mira", terms);
        if viewer != "bob" {
            s.deposits(viewer);
        }
        let other = s.watches(viewer, signed_by("all"));
        assert_eq!(other.at.page, page);
        assert_ne!((other.at.page, other.at.seat), (0, 0));
    }
    // What alice signed is mira's alone, as it was when she opened.
    s.must("sam", redeem(&s, signed));
    assert_eq!(
        (s.payable("mira", NATIVE), s.payable("sam", NATIVE)),
        (NET, 0)
    );
}

/// The broadcast has ended, in some way, with a voucher outstanding: it is redeemed within the grace, and then anyone closes.
#[track_caller]
fn outlives_the_broadcast(mut s: Stage, watch: Watch, ended_ms: Millis) {
    let opened_ms = ended_ms - 10_000;
    let finish_ms = ended_ms + EXIT_DELAY;
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let suite = s.suite;
    let close_ended = || suite.lifecycle().close_ended(id("alice", 1));
    let not_due = Error::ExitNotDue { finish_ms };
    for who in ["sam", "alice", "mira"] {
        assert_eq!(s.refused(who, close_ended()), not_due);
    }
    // Nothing in the meter can be changed any more.
    let ended = Error::SessionEnded { ended_ms };
    assert_eq!(s.refused("alice", changes_key(&s, None)), ended);
    assert_eq!(s.refused("alice", changes_key(&s, Some("tablet"))), ended);
    s.advance(finish_ms - 1 - s.now());
    assert_eq!(s.refused("alice", close_ended()), not_due);
    let sent = s.must("sam", redeem(&s, signed));
    told(&sent, [redeemed(TEN_SECONDS, TEN_SECONDS, 10_000).into()]);
    s.advance(1);
    let sent = s.must("sam", close_ended());
    assert_eq!(sent.value, 0);
    told(
        &sent,
        [closed(&s, opened_ms, 10_000, TEN_SECONDS, "sam").into()],
    );
    assert_eq!(s.payable("mira", NATIVE), NET);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);
    s.is_solvent_to_the_unit();
}

#[test]
fn vouchers_outlive_a_broadcast_that_its_owner_ends() {
    let (mut s, watch) = watched();
    let ended_ms = s.now();
    let sent = s.must("mira", s.suite.registry().end_broadcast(STREAM));
    told(
        &sent,
        [BroadcastEnded {
            stream: STREAM,
            broadcast: 1,
            end_ms: ended_ms,
            cause: EndCause::Ended,
        }
        .into()],
    );
    outlives_the_broadcast(s, watch, ended_ms);
}

#[test]
fn vouchers_outlive_a_suspension() {
    let (mut s, watch) = watched();
    let ended_ms = s.now();
    s.must("mona", s.suite.registry().suspend(STREAM, "rules".into()));
    outlives_the_broadcast(s, watch, ended_ms);
}

#[test]
fn vouchers_outlive_a_broadcast_that_falls_silent() {
    let mut s = Stage::on_air();
    s.advance(GRACE - 10_000);
    let watch = s.watches("alice", signed_by("alice"));
    s.advance(20_000);
    let ended_ms = s.now() - 10_000;
    outlives_the_broadcast(s, watch, ended_ms);
}

#[test]
fn a_viewer_may_close_after_the_broadcast_and_its_grace_counts_from_then() {
    let (mut s, watch) = watched();
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    s.advance(MINUTE);
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    told(&sent, [closing(1, 0, s.now() + EXIT_DELAY).into()]);
    s.advance(EXIT_DELAY - 1);
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("mira", redeem(&s, signed)).value, TEN_SECONDS);
    s.advance(1);
    s.must("sam", s.suite.lifecycle().finish_close(watch.at));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);
}

/// Registry and pricing are gone; the payment handler stays for ever.
fn loses_registry_and_pricing(s: &mut Stage) {
    let wiring = Wiring {
        registry: Some(account("nothing")),
        pricing: Some(account("nowhere")),
        patronage: Some(s.suite.patronage),
        ..Wiring::default()
    };
    s.changes(s.suite.meter, Change::Wiring(wiring));
}

#[test]
fn law_12_vouchers_are_redeemed_and_exits_finished_with_registry_and_pricing_gone() {
    let (mut s, watch) = watched();
    let bobs = s.watches("bob", signed_by("bob"));
    loses_registry_and_pricing(&mut s);
    let suite = s.suite;
    let opened_ms = s.now() - 10_000;
    let failed = Error::PricingFailed;
    assert_eq!(s.refused("alice", suite.lifecycle().close(1)), failed);
    assert_eq!(
        s.refused("alice", suite.lifecycle().set_key(1, None)),
        failed
    );

    let finish_ms = s.now() + EXIT_DELAY;
    let sent = s.must("alice", suite.lifecycle().begin_exit(1));
    told(
        &sent,
        [ExitBegun {
            viewer: account("alice"),
            number: 1,
            stream: STREAM,
            finish_ms,
        }
        .into()],
    );
    let leaving = Error::ExitBegun { finish_ms };
    assert_eq!(
        s.refused("alice", suite.lifecycle().set_key(1, None)),
        leaving
    );
    assert_eq!(s.refused("alice", changes_key(&s, Some("tablet"))), leaving);
    s.advance(EXIT_DELAY - 1);
    let not_due = Error::ExitNotDue { finish_ms };
    assert_eq!(
        s.refused("alice", suite.lifecycle().finish_exit(1)),
        not_due
    );
    let later = s.signs("alice", &watch, 22_001, TEN_SECONDS);
    assert_eq!(
        s.refused("mira", redeem(&s, later)),
        Error::Voucher(Refusal::AheadOfTime { latest_ms: 22_000 })
    );
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("mira", redeem(&s, signed)).value, TEN_SECONDS);
    s.advance(1);
    let sent = s.must("alice", suite.lifecycle().finish_exit(1));
    told(
        &sent,
        [closed(&s, opened_ms, 10_000, TEN_SECONDS, "alice").into()],
    );

    // The creator can let bob go at once.
    s.must("mira", suite.lifecycle().dismiss(bobs.at));
    for (viewer, free) in [("alice", DEPOSITED - TEN_SECONDS), ("bob", DEPOSITED)] {
        s.must(viewer, s.suite.payments().withdraw(NATIVE, free));
        s.must(viewer, s.suite.payments().withdraw(VLK, DEPOSITED));
    }
    let sent = s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    assert_eq!(sent.value, NET);
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    assert_eq!(s.totals(NATIVE), Totals::default());
    assert_eq!(s.totals(VLK), Totals::default());
    s.is_solvent_to_the_unit();
}

#[test]
fn law_12_a_closing_session_is_finished_with_registry_and_pricing_gone() {
    let (mut s, watch) = watched();
    s.must("alice", s.suite.lifecycle().close(1));
    loses_registry_and_pricing(&mut s);
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("sam", redeem(&s, signed)).value, TEN_SECONDS);
    s.advance(EXIT_DELAY);
    s.must("sam", s.suite.lifecycle().finish_close(watch.at));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);
    s.is_solvent_to_the_unit();
}

#[test]
fn law_12_vouchers_in_a_delisted_asset_are_redeemed_while_opens_are_paused() {
    let (mut s, watch) = watched();
    let delist = Change::SetAsset {
        asset: NATIVE,
        allowed: false,
    };
    s.changes(s.suite.payments, delist);
    let open = || s.suite.lifecycle().open(signed_by("bob"));
    let (first, second) = (open(), open());
    let not_allowed = Error::Payments(PaymentHandlerError::AssetNotAllowed);
    assert_eq!(s.refused("bob", first), not_allowed);
    s.must("owner", s.suite.payments().pause(HOUR));
    let until_ms = s.now() + HOUR;
    let paused = Error::Payments(PaymentHandlerError::Paused { until_ms });
    assert_eq!(s.refused("bob", second), paused);
    let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_eq!(s.must("sam", redeem(&s, signed)).value, TEN_SECONDS);
    s.must("alice", changes_key(&s, Some("tablet")));
    s.must("alice", s.suite.lifecycle().close(1));
    s.advance(EXIT_DELAY);
    s.must("sam", s.suite.lifecycle().finish_close(watch.at));
    let all = s.suite.payments().withdraw(NATIVE, DEPOSITED - TEN_SECONDS);
    s.must("alice", all);
    let sent = s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    assert_eq!(sent.value, NET);
    s.is_solvent_to_the_unit();
}

#[test]
fn when_the_stream_stops_the_viewer_loses_the_tick_signed_ahead_and_no_more() {
    // Ticks of a second, each signed as it begins; the tenth is cut off at 9.4 s, and the creator redeems all that it has.
    let mut s = Stage::on_air();
    let watch = s.watches("alice", signed_by("alice"));
    s.advance(9_400);
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 10_000, TEN_SECONDS)),
    );
    s.must("alice", s.suite.lifecycle().close(1));
    s.advance(EXIT_DELAY);
    s.must("alice", s.suite.lifecycle().finish_close(watch.at));
    // Delivered: 1,000,007 × 9.4 = 9,400,065.8; lost: 600,004.2 of a tick's 1,000,007.
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 9_400_065 - 600_005);
}

#[test]
fn an_exit_and_then_a_close_share_one_grace() {
    let (mut s, watch) = watched();
    let finish_ms = s.now() + EXIT_DELAY;
    s.must("alice", s.suite.lifecycle().begin_exit(1));
    s.advance(MINUTE);
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    told(&sent, [closing(1, 0, finish_ms).into()]);
    s.advance(EXIT_DELAY - MINUTE);
    s.must("sam", s.suite.lifecycle().finish_close(watch.at));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED);
}

#[test]
fn time_on_vouchers_counts_as_watched_like_the_clocks() {
    let mut s = Stage::on_air();
    let watch = s.watches("alice", request());
    s.advance(10_000);
    s.must("alice", changes_key(&s, Some("alice")));
    s.advance(10_000);
    // Seven of the ten seconds were delivered.
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 7_000, 7_000_049)),
    );
    let watched = |s: &mut Stage| {
        let viewer = s.read(s.suite.meter().viewer(account("alice"))).watched_ms;
        let audience = s.read(s.suite.meter().audience(STREAM));
        (viewer, audience.watched_ms, audience.closed, audience.live)
    };
    assert_eq!(watched(&mut s), (0, 0, 0, 1));
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(watched(&mut s), (0, 0, 0, 0));
    // One more, that was signed before.
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 8_000, 8_000_056)),
    );
    s.must("mira", s.suite.lifecycle().dismiss(watch.at));
    assert_eq!(watched(&mut s), (18_000, 18_000, 1, 0));
}

#[test]
fn a_page_of_clock_voucher_and_closing_sessions_is_settled() {
    let mut s = Stage::on_air();
    s.deposits("noor");
    s.watches("alice", request());
    s.watches("bob", signed_by("bob"));
    let noors = s.watches("noor", request());
    s.advance(10_000);
    // noor's clock is charged as she goes over to vouchers, and then closes.
    s.must("noor", s.suite.lifecycle().set_key(1, Some(key("noor"))));
    s.advance(10_000);
    s.must("noor", s.suite.lifecycle().close(1));
    let sent = s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    assert_eq!(sent.value, [(NATIVE, 30_000_210)]);
    let t = s.now();
    let settlement = |viewer, amount, upto_ms| Settlement {
        session: id(viewer, 1),
        amount,
        settled: amount,
        upto_ms,
    };
    told(
        &sent,
        [Settled {
            settlements: vec![
                settlement("alice", 20_000_140, t),
                settlement("noor", TEN_SECONDS, t - 10_000),
            ],
        }
        .into()],
    );
    let sent = s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    told(&sent, []);
    // By name, a closing session is closed; where it sits it is not.
    let ids = vec![id("noor", 1), id("bob", 1)];
    let sent = s.must("sam", s.suite.meter().settle_many(ids));
    assert_eq!(sent.value, [Outcome::SessionClosed, Outcome::Settled(0)]);
    let ten = s.signs("noor", &noors, 10_000, TEN_SECONDS);
    s.must("sam", redeem(&s, ten));
    s.advance(EXIT_DELAY);
    let sent = s.must("sam", s.suite.lifecycle().finish_close(noors.at));
    assert_eq!(sent.value, 0);
    assert_eq!(s.free("noor", NATIVE), DEPOSITED - 2 * TEN_SECONDS);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_strangers_redeem_changes_nobodys_storage_deposit() {
    let (mut s, watch) = watched();
    let bobs = s.watches("bob", signed_by("bob"));
    // The first credit makes the cell of what is payable to mira, at the expense of who redeems.
    let first = s.must(
        "sam",
        redeem(&s, s.signs("alice", &watch, 1_000, 1_000_007)),
    );
    assert!(first.receipt.deposit > 0);
    let before: Vec<_> = ["alice", "bob", "mira", "sam"]
        .map(|who| s.native(who))
        .to_vec();
    let mut deposits = Vec::new();
    for (viewer, watch) in [("alice", &watch), ("bob", &bobs)] {
        let nine = s.signs(viewer, watch, 9_000, 9_000_063);
        deposits.push(s.must("sam", redeem(&s, nine)).receipt.deposit);
    }
    let both = vec![
        s.signs("alice", &watch, 10_000, TEN_SECONDS),
        s.signs("bob", &bobs, 10_000, TEN_SECONDS),
    ];
    let suite = s.suite;
    deposits.push(
        s.must("sam", suite.meter().redeem_many(both))
            .receipt
            .deposit,
    );
    for key in [Some(key("tablet")), None] {
        deposits.push(
            s.must("alice", suite.lifecycle().set_key(1, key))
                .receipt
                .deposit,
        );
        s.advance(EXIT_DELAY);
    }
    deposits.push(
        s.must("alice", suite.lifecycle().set_key(1, Some(key("alice"))))
            .receipt
            .deposit,
    );
    deposits.push(s.must("alice", suite.lifecycle().close(1)).receipt.deposit);
    deposits.push(
        s.must("mira", suite.lifecycle().dismiss(bobs.at))
            .receipt
            .deposit,
    );
    s.advance(EXIT_DELAY);
    deposits.push(
        s.must("sam", suite.lifecycle().finish_close(watch.at))
            .receipt
            .deposit,
    );
    assert_eq!(deposits, [0; 9]);
    let after: Vec<_> = ["alice", "bob", "mira", "sam"]
        .map(|who| s.native(who))
        .to_vec();
    assert_eq!(after, before);
    // The page is there still, and its payer may clear it.
    let sent = s.must("alice", s.suite.lifecycle().clear_page(STREAM, 0));
    assert!(sent.receipt.deposit < -s.deposit_of(0, 32 * 300));
}

#[test]
fn set_key_fails_for_each_documented_reason() {
    let (mut s, watch) = watched();
    let suite = s.suite;
    let zero = Some(AccountId::from([0; 32]));
    let set = |number, key| suite.lifecycle().set_key(number, key);
    assert_eq!(s.refused("alice", set(2, None)), Error::SessionNotFound);
    assert_eq!(s.refused("sam", set(1, None)), Error::SessionNotFound);
    assert_eq!(s.refused("alice", set(1, zero)), Error::InvalidKey);
    assert_eq!(
        s.refused("alice", set(1, Some(key("alice")))),
        Error::InvalidKey
    );
    let open = s.suite.lifecycle().open(OpenRequest {
        key: zero,
        ..request()
    });
    assert_eq!(s.refused("bob", open), Error::InvalidKey);
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    let ended_ms = s.now();
    let ended = Error::SessionEnded { ended_ms };
    assert_eq!(s.refused("alice", set(1, None)), ended);
    // What comes first when several reasons hold.
    assert_eq!(s.refused("alice", set(1, zero)), Error::InvalidKey);
    s.must("alice", suite.lifecycle().begin_exit(1));
    let finish_ms = ended_ms + EXIT_DELAY;
    assert_eq!(
        s.refused("alice", set(1, None)),
        Error::ExitBegun { finish_ms }
    );
    s.must("mira", suite.lifecycle().dismiss(watch.at));
    assert_eq!(s.refused("alice", set(1, None)), Error::SessionClosed);
}

#[test]
fn a_paused_clock_session_goes_over_to_vouchers_and_its_pause_is_free() {
    let mut s = Stage::on_air();
    let watch = s.watches("alice", request());
    s.advance(10_000);
    s.must("alice", s.suite.lifecycle().pause(1));
    s.advance(MINUTE);
    s.must("alice", changes_key(&s, Some("alice")));
    s.advance(5_000);
    // Vouchers count time since the key was set: 5 s and the tolerance, not the minute before.
    let ahead = s.signs("alice", &watch, 17_001, 5_000_035);
    assert_eq!(
        s.refused("mira", redeem(&s, ahead)),
        Error::Voucher(Refusal::AheadOfTime { latest_ms: 17_000 })
    );
    s.must(
        "mira",
        redeem(&s, s.signs("alice", &watch, 5_000, 5_000_035)),
    );
    assert_eq!(s.owed("alice", 1), TEN_SECONDS);
    let sent = s.must("mira", s.suite.lifecycle().dismiss(watch.at));
    assert_eq!(sent.value, TEN_SECONDS);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 15_000_105);
}
