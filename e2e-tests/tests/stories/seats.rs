//! Pages of seats: who pays for them, who may clear them, and that a stranger never does.

use crate::common::*;
use vilokanam_chain::{account, Chain};
use vilokanam_interfaces::{
    events::tick_stream::{PageCleared, PageProvided, SessionOpened},
    AccountId, PageNo, PaymentHandler, StreamId, StreamRegistry, TickLifecycle, TickStream,
    TickStreamError as Error, MAX_PROVIDED, NATIVE, PAGE_SEATS,
};

fn crowd(n: u32) -> Vec<String> {
    (0..n).map(|i| format!("viewer {i}")).collect()
}

/// A viewer out of nowhere opens a session.
#[track_caller]
fn joins(s: &mut Stage, viewer: &str) -> (PageNo, u8) {
    let suite = s.suite;
    s.chain.fund(account(viewer), RICH).expect("funds");
    s.must(
        viewer,
        suite.payments().deposit().transferred_value(2 * HOLD),
    );
    let sent = s.must(viewer, suite.lifecycle().open(request()));
    let opened = &sent.events_of::<SessionOpened>()[0];
    (opened.page, opened.seat)
}

fn provided(page: PageNo, payer: AccountId) -> PageProvided {
    PageProvided {
        stream: STREAM,
        page,
        payer,
    }
}

#[test]
fn the_thirty_third_session_sits_on_a_new_page_and_seats_are_used_again() {
    let mut s = Stage::on_air();
    let viewers = crowd(PAGE_SEATS + 2);
    for (at, viewer) in viewers.iter().enumerate().take(32) {
        assert_eq!(joins(&mut s, viewer), (0, at as u8));
    }
    assert_eq!(joins(&mut s, &viewers[32]), (1, 0));
    let page = s.read(s.suite.meter().page(STREAM, 1)).expect("is there");
    assert_eq!(page.payer, account(&viewers[32]));
    assert_eq!(s.read(s.suite.meter().audience(STREAM)).pages, 2);

    // A seat that is left on a full page is taken again, once the newer page is full or gone.
    s.must(&viewers[5], s.suite.lifecycle().close(1));
    s.must(&viewers[32], s.suite.lifecycle().close(1));
    s.must(&viewers[32], s.suite.lifecycle().clear_page(STREAM, 1));
    assert_eq!(joins(&mut s, &viewers[33]), (0, 5));
    // Another number, another session: who sat there before has nothing of it.
    let gone = Error::SessionClosed;
    assert_eq!(s.refused(&viewers[5], s.suite.lifecycle().close(1)), gone);

    // All of them, page by page.
    s.advance(10_000);
    let sent = s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    assert_eq!(sent.value, [(NATIVE, 32 * 10_000_070)]);
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 32);
}

#[test]
fn provided_seats_spare_viewers_the_deposit_of_a_page() {
    let mut s = Stage::on_air();
    let mira = account("mira");
    let before = s.native("mira");
    let sent = s.must("mira", s.suite.lifecycle().provide_seats(STREAM, 2));
    told(&sent, [provided(0, mira).into(), provided(1, mira).into()]);
    let paid = sent.receipt.deposit;
    assert!(paid > s.deposit_of(0, 2 * 32 * 300));
    assert_eq!(before - s.native("mira"), paid.unsigned_abs());

    let sent = s.must("alice", s.suite.lifecycle().open(request()));
    assert!(sent.events_of::<PageProvided>().is_empty());
    assert!(sent.receipt.deposit < s.deposit_of(1, 299));

    // Only who paid may clear a page, and only an empty one.
    let clear = |s: &Stage, page| s.suite.lifecycle().clear_page(STREAM, page);
    for who in ["alice", "sam", "owner"] {
        for page in [0, 1] {
            assert_eq!(s.refused(who, clear(&s, page)), Error::NotPagePayer);
        }
    }
    assert_eq!(s.refused("mira", clear(&s, 0)), Error::PageNotEmpty);
    assert_eq!(s.refused("mira", clear(&s, 2)), Error::PageNotFound);
    s.must("alice", s.suite.lifecycle().close(1));

    let cleared = |page| PageCleared {
        stream: STREAM,
        page,
        payer: mira,
    };
    let sent = s.must("mira", clear(&s, 0));
    told(&sent, [cleared(0).into()]);
    let first = -sent.receipt.deposit;
    let sent = s.must("mira", clear(&s, 1));
    told(&sent, [cleared(1).into()]);
    // The pallet refunds a share of the whole deposit, rounded.
    assert!((-sent.receipt.deposit - first).abs() <= 2);
    // All but the stream's own small cell, which stays.
    assert!(first > s.deposit_of(0, 32 * 300) && paid - 2 * first < s.deposit_of(1, 99));
    assert_eq!(s.refused("mira", clear(&s, 0)), Error::PageNotFound);
    assert_eq!(s.read(s.suite.meter().page(STREAM, 0)), None);

    // Numbers of cleared pages are used again.
    let sent = s.must("bob", s.suite.lifecycle().provide_seats(STREAM, 1));
    told(&sent, [provided(0, account("bob")).into()]);
    assert_eq!(s.read(s.suite.meter().audience(STREAM)).pages, 2);
}

#[test]
fn a_viewer_who_paid_for_a_page_clears_it_once_all_have_left() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    let sent = s.must("bob", s.suite.lifecycle().open(request()));
    assert!(sent.receipt.deposit < s.deposit_of(1, 299));
    s.must("alice", s.suite.lifecycle().close(1));
    let clear = |s: &Stage| s.suite.lifecycle().clear_page(STREAM, 0);
    assert_eq!(s.refused("alice", clear(&s)), Error::PageNotEmpty);
    s.must("bob", s.suite.lifecycle().close(1));
    assert_eq!(s.refused("bob", clear(&s)), Error::NotPagePayer);
    let before = s.native("alice");
    let sent = s.must("alice", clear(&s));
    assert!(sent.receipt.deposit < -s.deposit_of(0, 32 * 300));
    assert_eq!(
        s.native("alice") - before,
        sent.receipt.deposit.unsigned_abs()
    );
}

#[test]
fn nothing_after_opening_changes_anybodys_storage_deposit() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.opens("alice", request());
    s.opens("bob", request());
    s.advance(10_000);
    // The first settlement makes the cell of what is payable to mira, at the expense of who settles.
    let first = s.must("sam", suite.meter().settle(id("alice", 1)));
    assert!(first.receipt.deposit > 0);
    let alice = id("alice", 1);
    let deposits = [
        s.must("alice", suite.lifecycle().pause(1)).receipt.deposit,
        s.must("alice", suite.lifecycle().resume(1)).receipt.deposit,
        s.must("bob", suite.lifecycle().top_up(alice, 5))
            .receipt
            .deposit,
        s.must("sam", suite.meter().settle(id("bob", 1)))
            .receipt
            .deposit,
        s.must("bob", suite.lifecycle().begin_exit(1))
            .receipt
            .deposit,
        s.must("sam", suite.lifecycle().close_ended(id("bob", 1)))
            .receipt
            .deposit,
        s.must("alice", suite.lifecycle().close(1)).receipt.deposit,
        s.must("alice", suite.lifecycle().open(request()))
            .receipt
            .deposit,
        s.must("mira", suite.payments().withdraw_payable(NATIVE))
            .receipt
            .deposit,
        s.must("sam", suite.payments().withdraw_fees(NATIVE))
            .receipt
            .deposit,
    ];
    assert_eq!(deposits, [0; 10]);
}

#[test]
fn provide_seats_fails_for_each_documented_reason() {
    let mut s = Stage::on_air();
    let provide = |s: &Stage, stream: StreamId, n| s.suite.lifecycle().provide_seats(stream, n);
    assert_eq!(s.refused("sam", provide(&s, 99, 0)), Error::ZeroAmount);
    let too_many = Error::TooMany { max: MAX_PROVIDED };
    assert_eq!(
        s.refused("sam", provide(&s, 99, MAX_PROVIDED + 1)),
        too_many
    );
    assert_eq!(s.refused("sam", provide(&s, 99, 1)), Error::StreamNotFound);
    // The most at once.
    let sent = s.must("sam", provide(&s, STREAM, MAX_PROVIDED));
    assert_eq!(sent.receipt.events.len(), MAX_PROVIDED as usize);
}

#[test]
fn sessions_on_other_terms_share_a_page_until_its_slots_are_used() {
    let mut s = Stage::on_air();
    // Each viewer finds other terms: 4 kinds fit a page, the fifth starts another.
    for (at, viewer) in crowd(5).iter().enumerate() {
        let page = if at < 4 { 0 } else { 1 };
        assert_eq!(joins(&mut s, viewer).0, page);
        let cohost = share("omar", 100 + at as u16);
        let terms = s
            .suite
            .registry()
            .set_terms(STREAM, 10_000 - cohost.bps, vec![cohost]);
        s.must("mira", terms);
    }
    s.advance(10_000);
    for viewer in crowd(5) {
        s.must(&viewer, s.suite.lifecycle().close(1));
    }
    // Fees of 1,000,007 from each; omar has 0, 1.00, 1.01, 1.02, 1.03 % of 9,000,063, each rounded down:
    // 90,000 + 90,900 + 91,800 + 92,700.
    assert_eq!(s.totals(NATIVE).fees, 5 * 1_000_007);
    assert_eq!(s.payable("omar", NATIVE), 365_400);
    assert_eq!(s.payable("mira", NATIVE), 5 * 9_000_063 - 365_400);
}

#[test]
fn the_quote_knows_that_other_terms_need_another_page() {
    let mut s = Stage::on_air();
    for (at, viewer) in crowd(4).iter().enumerate() {
        assert_eq!(joins(&mut s, viewer).0, 0);
        let cohost = share("omar", 100 + at as u16);
        let terms = s
            .suite
            .registry()
            .set_terms(STREAM, 10_000 - cohost.bps, vec![cohost]);
        s.must("mira", terms);
    }
    let can_open = s.suite.lifecycle().can_open(account("alice"), request());
    let quoted = s.read(can_open).expect("can open").deposit;
    let sent = s.must("alice", s.suite.lifecycle().open(request()));
    assert_eq!(sent.events_of::<PageProvided>().len(), 1);
    assert_eq!(
        sent.receipt.deposit,
        s.deposit_of(quoted.items, quoted.bytes)
    );
}
