//! What both halves of the meter do to their storage, up to where another contract is called.

mod common;

use common::{account, at, id, ledger, seat, terms, viewer, EXIT_DELAY_MS, START_MS, STREAM};
use ink::{
    env::{
        test::{recorded_events, set_block_timestamp, set_callee, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use std::panic::{catch_unwind, AssertUnwindSafe};
use vilokanam_interfaces::{
    events::tick_stream::{SessionClosing, Settlement},
    Charged, Outcome, Release, SettleItem, TickStreamError as Error, Wiring, MAX_BATCH_PAGES,
};
use vilokanam_sessions::{
    batch::{Batch, BatchSeat},
    calls::Wired,
    ledger::{
        caller, ensure_not_ended, now, Found, Ledger, Preview, Sponsor, PREVIEW_LEN, SPONSOR_LEN,
    },
    seats::{Page, Seat},
};

fn wiring() -> Wiring {
    Wiring {
        registry: Some(account(21)),
        pricing: Some(account(22)),
        payments: Some(account(23)),
        patronage: Some(account(24)),
        ..Wiring::default()
    }
}

#[ink::test]
fn cells_have_their_sizes() {
    assert_eq!(PREVIEW_LEN, 8);
    assert_eq!(SPONSOR_LEN, 64);
}

#[ink::test]
fn the_environment_is_asked() {
    set_caller::<Env>(account(8));
    set_block_timestamp::<Env>(START_MS + 1);
    assert_eq!((caller(), now()), (account(8), START_MS + 1));
}

#[ink::test]
fn wired_is_who_has_all_four() {
    let payments = |wiring| Wired::new(wiring).map(|wired| wired.payments());
    assert_eq!(payments(wiring()), Ok(account(23)));
    for empty in 0..4 {
        let mut wiring = wiring();
        match empty {
            0 => wiring.registry = None,
            1 => wiring.pricing = None,
            2 => wiring.payments = None,
            _ => wiring.patronage = None,
        }
        assert_eq!(payments(wiring), Err(Error::NotWired.into()));
    }
    let wired = ledger(&[]).wired_setup();
    assert_eq!(wired.map(|(_, payments)| payments), Ok(account(9)));
    set_callee::<Env>(account(99)); // with storage of its own
    let unwired = Ledger::default().wired_setup();
    assert_eq!(unwired, Err(Error::NotWired.into()));
}

#[ink::test]
fn what_has_ended_is_told() {
    let charged = |ended_ms| Charged {
        accrued: 0,
        added_ms: 0,
        upto_ms: START_MS,
        ended_ms,
        price_per_sec: 5,
        above_ceiling: false,
    };
    assert_eq!(ensure_not_ended(&charged(None)), Ok(()));
    let ended = Err(Error::SessionEnded { ended_ms: 7 }.into());
    assert_eq!(ensure_not_ended(&charged(Some(7))), ended);
}

#[ink::test]
fn sessions_are_found_by_their_number() {
    let ledger = ledger(&[(0, 3, seat(2)), (4, 5, seat(7))]);
    let found = ledger.find(id(7)).expect("session 7");
    assert_eq!((found.place.page, found.place.seat), (4, 5));
    assert_eq!((found.place.number, found.place.stream), (7, STREAM));
    assert_eq!(*found.seat, seat(7));
    assert_eq!(found.page.taken(), 1);
    // Never had, and had: sessions 1 and 3 to 6 are over.
    let error = |number| ledger.find(id(number)).err().expect("no session");
    assert_eq!(*error(0), Error::SessionNotFound);
    assert_eq!(*error(8), Error::SessionNotFound);
    assert_eq!(*error(1), Error::SessionClosed);
    assert_eq!(*error(6), Error::SessionClosed);
    // In a batch, by outcomes.
    let mut batch = Batch::default();
    let outcome = |batch: &mut Batch, number| ledger.find_in(batch, id(number)).err();
    assert_eq!(outcome(&mut batch, 0), Some(Outcome::SessionNotFound));
    assert_eq!(outcome(&mut batch, 8), Some(Outcome::SessionNotFound));
    assert_eq!(outcome(&mut batch, 6), Some(Outcome::SessionClosed));
    let of = ledger.find_in(&mut batch, id(7)).expect("session 7");
    assert_eq!((of.page, of.place, *of.seat), (0, 5, seat(7)));
    let of = ledger.find_in(&mut batch, id(2)).expect("session 2");
    assert_eq!((of.page, of.place, *of.seat), (1, 3, seat(2)));
}

#[ink::test]
fn sessions_are_found_where_their_event_said() {
    let ledger = ledger(&[(0, 3, seat(2)), (4, 5, seat(7))]);
    let found = ledger.find_at(&at(7, 4, 5)).expect("session 7");
    assert_eq!((found.place.page, found.place.seat), (4, 5));
    assert_eq!((found.place.number, found.place.stream), (7, STREAM));
    assert_eq!(*found.seat, seat(7));
    for elsewhere in [at(7, 0, 3), at(7, 4, 4), at(7, 1, 5), at(2, 4, 5)] {
        let error = ledger.find_at(&elsewhere).err().expect("no session");
        assert_eq!(*error, Error::SessionNotFound);
    }
}

#[ink::test]
fn a_batch_reads_each_page_once_and_so_many_pages() {
    let seats: Vec<_> = (0..16).map(|page| (page, 0, seat(page.into()))).collect();
    let mut ledger = ledger(&seats[1..]);
    for page in 0..=MAX_BATCH_PAGES as u16 {
        ledger.pages.insert((STREAM, page), &Page::new(account(1)));
    }
    let mut batch = Batch::default();
    for page in 0..MAX_BATCH_PAGES as u16 {
        let position = ledger.page_in(&mut batch, (STREAM, page));
        assert_eq!(position, Ok(usize::from(page)));
    }
    assert_eq!(ledger.page_in(&mut batch, (STREAM, 7)), Ok(7));
    let last = (STREAM, MAX_BATCH_PAGES as u16);
    let too_many = Err(Outcome::TooManyPages);
    assert_eq!(ledger.page_in(&mut batch, last), too_many);
    let mut batch = Batch::default();
    let absent = Err(Outcome::SessionNotFound);
    assert_eq!(ledger.page_in(&mut batch, (STREAM, 900)), absent);
    assert_eq!(ledger.page_in(&mut batch, (STREAM + 1, 0)), absent);
}

#[ink::test]
fn what_a_batch_pays_is_told_to_payments_and_the_event() {
    let mut referred = seat(2);
    referred.referrer = account(7);
    referred.settled = 100;
    let mut other = seat(7);
    other.terms = 1;
    let mut page = Page::new(account(1));
    assert_eq!(page.slot_for(&terms(5)), Some(0));
    page.put(3, &referred);
    assert_eq!(page.slot_for(&terms(6)), Some(1));
    page.put(4, &other);
    let mut batch = Batch::default();
    assert_eq!(batch.add((STREAM, 8), Page::new(account(1))), 0);
    assert_eq!(batch.add((STREAM, 9), page), 1);
    assert_eq!(batch.position((STREAM, 9)), Some(1));
    assert_eq!(batch.position((STREAM + 1, 9)), None);
    let release = Release {
        to: viewer(),
        amount: 4,
        counted: 3,
        placed_ms: START_MS,
        category: 4,
    };
    let in_batch = |place, seat: Seat| BatchSeat {
        page: 1,
        place,
        seat: seat.into(),
    };
    let mut first = in_batch(3, referred.clone());
    let mut second = in_batch(4, other);
    let mut third = in_batch(3, referred);
    assert_eq!(batch.pay(&mut first, 23, None), Ok(()));
    assert_eq!(batch.keep(&first, 23), Ok(()));
    assert_eq!(batch.pay(&mut second, 0, Some(release)), Ok(()));
    assert_eq!(batch.pay(&mut third, 1, None), Ok(()));
    assert_eq!(first.seat.settled, 123);
    let item = |terms, before, after, referrer, release| SettleItem {
        terms,
        asset: 0x2221,
        before,
        after,
        referrer,
        release,
    };
    let expected = [
        item(0, 100, 123, Some(account(7)), None),
        item(1, 0, 0, None, Some(release)),
        item(0, 100, 101, Some(account(7)), None),
    ];
    assert_eq!(batch.items, expected);
    assert_eq!(batch.terms, [terms(5).pay_terms(), terms(6).pay_terms()]);
    let told = Settlement {
        session: id(2),
        amount: 23,
        settled: 123,
        upto_ms: START_MS,
    };
    assert_eq!(batch.settlements, [told]);
    assert!(!batch.pages[0].changed);
    assert!(batch.pages[1].changed);
    assert_eq!(batch.pages[1].page.seat(3), Some(first.seat));
    // Sums, pages and terms that there are not.
    let mut full = in_batch(3, seat(2));
    full.seat.settled = u128::MAX;
    let overflow = Err(Error::Overflow.into());
    assert_eq!(batch.pay(&mut full, 1, None), overflow);
    let absent = Err(Error::PageNotFound.into());
    full.seat.settled = 0;
    full.page = 2;
    assert_eq!(batch.pay(&mut full, 1, None), absent);
    assert_eq!(batch.write(&full), absent);
}

#[ink::test]
fn a_session_is_written_back_to_its_seat() {
    let mut ledger = ledger(&[(0, 3, seat(2))]);
    let mut found = ledger.find(id(2)).expect("session 2");
    found.seat.hold = 77;
    ledger.write(&mut found);
    let found = ledger.find(id(2)).expect("session 2");
    assert_eq!(found.seat.hold, 77);
}

#[ink::test]
fn nothing_to_settle_settles_nothing() {
    let mut ledger = ledger(&[]);
    let wired = Wired::new(wiring()).expect("wired");
    let settled = ledger.settle_batch(&wired, Batch::default(), Vec::new());
    assert_eq!(settled, Ok(Vec::new()));
    assert_eq!(recorded_events().count(), 0);
}

#[ink::test]
fn a_session_that_closes_leaves_the_lists_and_its_clock_stops() {
    let mut watched = seat(7);
    watched.preview_ms = 10_000;
    watched.since_ms = START_MS + 4_000;
    watched.watched_ms = 4_000;
    let mut ledger = ledger(&[(0, 3, seat(2)), (4, 5, watched.clone())]);
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 10_000), 10_000);
    let now_ms = START_MS + 4_000;
    set_block_timestamp::<Env>(now_ms);
    let found = ledger.find(id(7)).expect("session 7");
    assert_eq!(ledger.begin_close(found), Ok(()));
    let finish_ms = now_ms + EXIT_DELAY_MS;
    let expected = Seat {
        closing: true,
        paused: true,
        until_ms: now_ms,
        exit_ms: finish_ms,
        ..watched
    };
    let closing = ledger.find_at(&at(7, 4, 5)).expect("it still sits");
    assert_eq!(*closing.seat, expected);
    assert_eq!(
        *ledger.find(id(7)).err().expect("not listed"),
        Error::SessionClosed
    );
    assert!(ledger.find(id(2)).is_ok());
    assert_eq!(ledger.meter(STREAM).live, 1);
    assert_eq!(ledger.preview_left(viewer(), STREAM, 3, 10_000), 6_000);
    let event = SessionClosing {
        viewer: viewer(),
        number: 7,
        stream: STREAM,
        page: 4,
        seat: 5,
        finish_ms,
    };
    let events: Vec<_> = recorded_events().map(|event| event.data).collect();
    assert_eq!(events, [event.encode()]);
    // One whose exit had begun keeps its instant, and its earlier end.
    let mut found = ledger.find(id(2)).expect("session 2");
    found.seat.exit_ms = 5;
    found.seat.until_ms = START_MS + 1;
    assert_eq!(ledger.begin_close(found), Ok(()));
    let closing = ledger.find_at(&at(2, 0, 3)).expect("it still sits");
    assert_eq!(closing.seat.exit_ms, 5);
    assert_eq!(closing.seat.until_ms, START_MS + 1);
    assert_eq!(ledger.meter(STREAM).live, 0);
    // More than there are is a fault, and refused.
    let found = ledger.find_at(&at(2, 0, 3)).expect("it still sits");
    assert_eq!(ledger.begin_close(found), Err(Error::Overflow.into()));
}

#[ink::test]
fn a_preview_is_given_once_and_what_is_not_watched_returns() {
    let mut ledger = ledger(&[]);
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 0), 0);
    assert!(!ledger.previews.contains((viewer(), STREAM)));
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 10_000), 10_000);
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 10_000), 0);
    assert_eq!(ledger.preview_left(viewer(), STREAM, 3, 10_000), 0);
    assert_eq!(ledger.preview_left(viewer(), STREAM, 4, 10_000), 10_000);
    let cell = |ledger: &Ledger| ledger.previews.get((viewer(), STREAM));
    let used = |used_ms| {
        Some(Preview {
            broadcast: 3,
            used_ms,
        })
    };
    assert_eq!(cell(&ledger), used(10_000));
    let mut watched = seat(7);
    watched.preview_ms = 10_000;
    watched.watched_ms = 9_999;
    set_block_timestamp::<Env>(START_MS);
    ledger.return_preview(STREAM, &watched);
    assert_eq!(cell(&ledger), used(9_999));
    watched.watched_ms = 10_000;
    ledger.return_preview(STREAM, &watched);
    assert_eq!(cell(&ledger), used(9_999));
    // Of another broadcast, or without one.
    watched.watched_ms = 0;
    watched.broadcast = 2;
    ledger.return_preview(STREAM, &watched);
    watched.broadcast = 3;
    watched.preview_ms = 0;
    ledger.return_preview(STREAM, &watched);
    assert_eq!(cell(&ledger), used(9_999));
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 15_000), 5_001);
    assert_eq!(cell(&ledger), used(15_000));
    // A shorter plan leaves nothing, and changes nothing.
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 8_000), 0);
    assert_eq!(cell(&ledger), used(15_000));
}

#[ink::test]
fn a_sponsor_is_told_of_sponsored_sessions_only() {
    let mut ledger = ledger(&[]);
    let sponsor = Sponsor {
        account: account(5),
        pool: account(6),
    };
    ledger.sponsors.insert((viewer(), STREAM), &sponsor);
    let mut sponsored = seat(1);
    assert_eq!(ledger.sponsor_of(STREAM, &sponsored), None);
    sponsored.sponsored = true;
    assert_eq!(ledger.sponsor_of(STREAM, &sponsored), Some(sponsor));
    assert_eq!(ledger.sponsor_of(STREAM + 1, &sponsored), None);
}

/// What is written when a session is finished, before the payment handler is called, which no mock chain can.
fn finish(ledger: &mut Ledger, found: Found, charged: Option<&Charged>) {
    let called = catch_unwind(AssertUnwindSafe(|| {
        let _ = ledger.finish(account(9), found, charged);
    }));
    let reason = called.expect_err("a call to the payment handler");
    let reason = reason.downcast_ref::<&str>().copied();
    let unsupported = "not implemented: off-chain environment does not support contract invocation";
    assert_eq!(reason, Some(unsupported));
}

#[ink::test]
fn a_session_that_is_finished_leaves_its_seat_and_its_time() {
    let mut watched = seat(7);
    watched.preview_ms = 10_000;
    watched.voucher_ms = 50;
    let mut ledger = ledger(&[(0, 3, seat(2)), (4, 5, watched)]);
    let mut meter = ledger.meter(STREAM);
    meter.set_room(0, false);
    meter.set_room(4, false);
    ledger.meters.insert(STREAM, &meter);
    assert_eq!(ledger.take_preview(viewer(), STREAM, 3, 10_000), 10_000);
    set_block_timestamp::<Env>(START_MS + 4_000);
    let charged = Charged {
        accrued: 7_000_000_000,
        added_ms: 4_000,
        upto_ms: START_MS + 4_000,
        ended_ms: None,
        price_per_sec: 5,
        above_ceiling: false,
    };
    let found = ledger.find(id(7)).expect("session 7");
    finish(&mut ledger, found, Some(&charged));
    let error = ledger
        .find_at(&at(7, 4, 5))
        .err()
        .expect("its seat is vacant");
    assert_eq!(*error, Error::SessionNotFound);
    assert_eq!(
        *ledger.find(id(7)).err().expect("not listed"),
        Error::SessionClosed
    );
    assert_eq!(ledger.account(&viewer()).watched_ms, 4_050);
    let meter = ledger.meter(STREAM);
    assert_eq!((meter.live, meter.closed, meter.watched_ms), (1, 1, 4_050));
    assert_eq!(meter.page_with_room(), Some(4));
    assert_eq!(ledger.preview_left(viewer(), STREAM, 3, 10_000), 6_000);

    // One that is closing was taken off the lists, and gave its preview back, before; an exit is not charged.
    let mut found = ledger.find(id(2)).expect("session 2");
    found.seat.preview_ms = 10_000;
    found.seat.closing = true;
    found.seat.watched_ms = 1_000;
    finish(&mut ledger, found, None);
    let meter = ledger.meter(STREAM);
    assert_eq!((meter.live, meter.closed, meter.watched_ms), (1, 2, 5_050));
    assert_eq!(ledger.preview_left(viewer(), STREAM, 3, 10_000), 6_000);
    assert_eq!(ledger.account(&viewer()).watched_ms, 5_050);
}

#[ink::test]
fn a_session_that_is_paid_more_than_its_hold_is_not_finished() {
    let mut ledger = ledger(&[(0, 3, seat(2))]);
    let mut found = ledger.find(id(2)).expect("session 2");
    found.seat.voucher_amount = 10_001;
    let finished = ledger.finish(account(9), found, None);
    assert_eq!(finished, Err(Error::Overflow.into()));
    // One whose sponsor is not known keeps its rest, too.
    let mut found = ledger.find(id(2)).expect("session 2");
    found.seat.sponsored = true;
    let finished = ledger.finish(account(9), found, None);
    assert_eq!(finished, Err(Error::PatronageFailed.into()));
}
