//! What needs no other contract. All else is told on the embedded chain, through `tick_stream`, in `e2e-tests`.

use crate::tick_lifecycle::TickLifecycleContract;
use ink::{
    env::{
        test::{recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::tick_stream::{ExitBegun, PageCleared},
    AccountId, AssetId, Class, Discount, Millis, OpenRequest, OpenSession, PageNo,
    PermittedDeposit, Seated, SessionId, TickLifecycle, TickStreamError, FACTOR_ONE,
};
use vilokanam_sessions::{
    ledger::{Ledger, Preview, Setup, Sponsor},
    seats::{Account, Page, Seat, StreamMeter, TermsSlot, NOBODY, NO_END},
};

const VIEWER: [u8; 32] = [1; 32];

fn id() -> SessionId {
    SessionId {
        viewer: VIEWER.into(),
        number: 1,
    }
}

fn at() -> Seated {
    Seated {
        id: id(),
        stream: 1,
        page: 0,
        seat: 0,
    }
}

#[ink::test]
fn every_message_that_needs_others_fails_when_unwired() {
    let mut contract = TickLifecycleContract::new();
    let unwired = || TickStreamError::NotWired;
    let request = OpenRequest {
        stream: 1,
        asset: 0,
        hold: 1,
        ceiling: 1,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    };
    let deposit = PermittedDeposit {
        amount: 1,
        permit: None,
    };
    assert_eq!(contract.open(request), Err(unwired()));
    assert_eq!(contract.deposit_and_open(request, deposit), Err(unwired()));
    assert_eq!(contract.can_open(VIEWER.into(), request), Err(unwired()));
    assert_eq!(contract.provide_seats(1, 1), Err(unwired()));
    assert_eq!(contract.top_up(id(), 0), Err(unwired()));
    assert_eq!(contract.pause(1), Err(unwired()));
    assert_eq!(contract.resume(1), Err(unwired()));
    assert_eq!(contract.set_key(1, None), Err(unwired()));
    assert_eq!(contract.close(1), Err(unwired()));
    assert_eq!(contract.close_ended(id()), Err(unwired()));
    assert_eq!(contract.dismiss(at()), Err(unwired()));
    assert_eq!(contract.finish_close(at()), Err(unwired()));
    assert_eq!(contract.finish_exit(1), Err(unwired()));
}

#[ink::test]
fn unknown_sessions_and_pages_are_named() {
    let mut contract = TickLifecycleContract::new();
    let not_found = || TickStreamError::SessionNotFound;
    assert_eq!(contract.session(id()), None);
    assert_eq!(contract.session_at(at()), None);
    assert_eq!(contract.open_session(VIEWER.into(), 1), None);
    assert_eq!(contract.owed(id()), Err(not_found()));
    assert_eq!(contract.refundable(id()), Err(not_found()));
    assert_eq!(contract.runs_out_at(id()), Err(not_found()));
    assert_eq!(contract.begin_exit(0), Err(not_found()));
    assert_eq!(contract.begin_exit(1), Err(not_found()));
    assert_eq!(
        contract.clear_page(1, 0),
        Err(TickStreamError::PageNotFound)
    );
}

/// A session of the viewer's on stream 1, opened at instant 0 with a preview.
fn seat(broadcast: u32, preview_ms: u32) -> Seat {
    Seat {
        number: 1,
        terms: 0,
        paused: false,
        asset: AssetId::default(),
        viewer: VIEWER.into(),
        broadcast,
        plan: 1,
        referrer: NOBODY.into(),
        hold: 1_000,
        settled: 0,
        rate_per_sec: 5,
        factor: FACTOR_ONE,
        ceiling: 9,
        accrued: 0,
        since_ms: 0,
        watched_ms: 0,
        opened_ms: 0,
        until_ms: NO_END,
        exit_ms: 0,
        closing: false,
        key: NOBODY.into(),
        old_key: NOBODY.into(),
        old_until_ms: 0,
        voucher_amount: 0,
        voucher_ms: 0,
        voucher_from_ms: 0,
        class: Class::Standard,
        category: 0,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms,
        sponsored: false,
        gifts: 0,
        spare: [0; 2],
    }
}

/// The session as it is once charged up to `upto_ms`.
fn charged(broadcast: u32, preview_ms: u32, upto_ms: Millis) -> Seat {
    Seat {
        since_ms: upto_ms,
        watched_ms: upto_ms,
        ..seat(broadcast, preview_ms)
    }
}

fn at_ms(now_ms: Millis) {
    set_block_timestamp::<DefaultEnvironment>(now_ms);
}

#[ink::test]
fn what_was_not_watched_of_a_preview_is_told_by_the_clock() {
    // Charged up to now: 7 of 10 seconds are left, then none.
    assert_eq!(charged(1, 10_000, 3_000).unwatched_preview(3_000), 7_000);
    assert_eq!(charged(1, 10_000, 9_999).unwatched_preview(9_999), 1);
    assert_eq!(charged(1, 10_000, 10_000).unwatched_preview(10_000), 0);
    assert_eq!(charged(1, 10_000, 90_000).unwatched_preview(90_000), 0);
    assert_eq!(
        charged(1, 10_000, 1 << 40).unwatched_preview(1 << 40),
        0,
        "longer than 32 bits count"
    );
    // An exit is charged no further than before, and its clock ran until it began: 3 + 4 seconds.
    let mut exit = charged(1, 10_000, 3_000);
    exit.until_ms = 7_000;
    assert_eq!(exit.unwatched_preview(60_000), 3_000);
    // Its own end is not reached: up to now.
    assert_eq!(exit.unwatched_preview(5_000), 5_000);
    // A clock that stands still counts nothing.
    exit.paused = true;
    assert_eq!(exit.unwatched_preview(60_000), 7_000);
    // No preview, nothing of it is left.
    assert_eq!(charged(1, 0, 3_000).unwatched_preview(3_000), 0);
}

#[ink::test]
fn a_preview_is_given_once_for_a_broadcast_whatever_the_sessions() {
    let mut ledger = Ledger::default();
    let viewer = VIEWER.into();
    let left = |ledger: &Ledger, broadcast| ledger.preview_left(viewer, 1, broadcast, 10_000);
    assert_eq!(left(&ledger, 1), 10_000);
    // The first session is given all of it.
    assert_eq!(ledger.take_preview(viewer, 1, 1, 10_000), 10_000);
    assert_eq!(left(&ledger, 1), 0);
    assert_eq!(ledger.take_preview(viewer, 1, 1, 10_000), 0);
    // It watches 3 seconds: 7 are left for the next.
    at_ms(3_000);
    ledger.return_preview(1, &charged(1, 10_000, 3_000));
    assert_eq!(left(&ledger, 1), 7_000);
    assert_eq!(ledger.take_preview(viewer, 1, 1, 10_000), 7_000);
    // The next watches 2 of them.
    at_ms(2_000);
    ledger.return_preview(1, &charged(1, 7_000, 2_000));
    assert_eq!(left(&ledger, 1), 5_000);
    // The third watches all, and more.
    assert_eq!(ledger.take_preview(viewer, 1, 1, 10_000), 5_000);
    at_ms(60_000);
    ledger.return_preview(1, &charged(1, 5_000, 60_000));
    assert_eq!(left(&ledger, 1), 0);
    // Another broadcast, viewer or stream has its own.
    assert_eq!(left(&ledger, 2), 10_000);
    assert_eq!(ledger.preview_left(viewer, 2, 1, 10_000), 10_000);
    assert_eq!(ledger.preview_left([2; 32].into(), 1, 1, 10_000), 10_000);
}

#[ink::test]
fn a_preview_follows_the_plan_of_now() {
    let mut ledger = Ledger::default();
    let viewer = VIEWER.into();
    assert_eq!(ledger.take_preview(viewer, 1, 1, 10_000), 10_000);
    // A longer one adds what it is longer by.
    assert_eq!(ledger.preview_left(viewer, 1, 1, 15_000), 5_000);
    assert_eq!(ledger.take_preview(viewer, 1, 1, 15_000), 5_000);
    // A shorter one is over.
    assert_eq!(ledger.take_preview(viewer, 1, 1, 8_000), 0);
    let used = Preview {
        broadcast: 1,
        used_ms: 15_000,
    };
    assert_eq!(ledger.previews.get((viewer, 1)), Some(used));
}

#[ink::test]
fn a_preview_of_an_earlier_broadcast_returns_nothing() {
    let mut ledger = Ledger::default();
    let viewer = VIEWER.into();
    // The session of broadcast 1 sits on after its end, while the viewer takes the preview of broadcast 2.
    ledger.take_preview(viewer, 1, 1, 10_000);
    ledger.take_preview(viewer, 1, 2, 10_000);
    at_ms(0);
    ledger.return_preview(1, &seat(1, 10_000));
    assert_eq!(ledger.preview_left(viewer, 1, 2, 10_000), 0);
}

#[ink::test]
fn who_has_no_preview_has_no_cell() {
    let mut ledger = Ledger::default();
    let viewer = VIEWER.into();
    assert_eq!(ledger.take_preview(viewer, 1, 1, 0), 0);
    ledger.return_preview(1, &seat(1, 0));
    assert!(!ledger.previews.contains((viewer, 1)));
    assert_eq!(ledger.preview_left(viewer, 1, 1, 0), 0);
    assert_eq!(ledger.sponsor_of(1, &seat(1, 0)), None);
}

#[ink::test]
fn sums_that_cannot_be_are_refused() {
    let overflow = |sum: Result<u128, Box<TickStreamError>>| {
        assert_eq!(
            sum.map_err(|refused| *refused),
            Err(TickStreamError::Overflow)
        );
    };
    // One unit by the clock: 10^9 ths.
    let mut session = seat(1, 0);
    session.accrued = 1_000_000_000;
    session.voucher_amount = u128::MAX - 1;
    assert_eq!(session.earned(), Ok(u128::MAX));
    session.voucher_amount = u128::MAX;
    overflow(session.earned());
    // Less earned than was settled.
    session.voucher_amount = 2;
    session.settled = 3;
    assert_eq!(session.unsettled(), Ok(0));
    session.settled = 4;
    overflow(session.unsettled());
}

const EXIT_DELAY_MS: Millis = 86_400_000;

fn account(number: u8) -> AccountId {
    [number; 32].into()
}

/// The creator's terms of all sessions here.
fn terms() -> TermsSlot {
    TermsSlot {
        terms_no: 5,
        fee_bps: 1_000,
        referral_bps: 500,
        owner: account(3),
        cohosts: [(NOBODY.into(), 0); 3],
    }
}

/// The contract, with these sessions of the viewer on pages of stream 1, which account 9 paid for. The ledger that is returned is
/// the contract's own: its cells have the same keys.
fn with_sessions(seats: &[(PageNo, Seat)]) -> (TickLifecycleContract, Ledger) {
    let mut ledger = Ledger::default();
    ledger.setup.set(&Setup {
        exit_delay_ms: EXIT_DELAY_MS,
        payments: Some(account(8)),
        ..Setup::default()
    });
    let mut list = Account::default();
    let mut meter = StreamMeter::default();
    for (page_no, seat) in seats {
        let mut page = Page::new(account(9));
        assert_eq!(page.slot_for(&terms()), Some(0));
        page.put(0, seat);
        ledger.pages.insert((1, *page_no), &page);
        meter.add_page(*page_no);
        meter.live += 1;
        list.sessions = list.sessions.max(seat.number);
        assert!(list.list(OpenSession {
            number: seat.number,
            stream: u32::from(*page_no) + 1,
            page: *page_no,
            seat: 0,
        }));
        // The list has each on a stream of its own, as the rules want it.
        ledger
            .pages
            .insert((u32::from(*page_no) + 1, *page_no), &page);
    }
    ledger.meters.insert(1, &meter);
    ledger.accounts.insert(AccountId::from(VIEWER), &list);
    set_caller::<DefaultEnvironment>(VIEWER.into());
    (TickLifecycleContract::new(), ledger)
}

fn emitted() -> Vec<Vec<u8>> {
    recorded_events().map(|event| event.data).collect()
}

#[ink::test]
fn sessions_are_shown_by_number_by_seat_and_by_stream() {
    let second = Seat {
        number: 2,
        sponsored: true,
        ..seat(1, 0)
    };
    let (contract, mut ledger) = with_sessions(&[(0, seat(1, 0)), (1, second.clone())]);
    let sponsor = Sponsor {
        account: account(5),
        pool: account(6),
    };
    ledger.sponsors.insert((account(1), 2), &sponsor);
    let place = |number, stream, page| OpenSession {
        number,
        stream,
        page,
        seat: 0,
    };
    let first = seat(1, 0).view(&place(1, 1, 0), &terms(), None);
    let second = second.view(&place(2, 2, 1), &terms(), Some(account(5)));
    assert_eq!(contract.session(id()), Some(first));
    assert_eq!(contract.session_at(at()), Some(first));
    assert_eq!(contract.open_session(VIEWER.into(), 1), Some(first));
    assert_eq!(contract.open_session(VIEWER.into(), 2), Some(second));
    assert_eq!(contract.open_session(VIEWER.into(), 3), None);
    assert_eq!(contract.preview_left(VIEWER.into(), 1, 1, 10_000), 10_000);
    assert_eq!(ledger.take_preview(VIEWER.into(), 1, 1, 9_000), 9_000);
    assert_eq!(contract.preview_left(VIEWER.into(), 1, 1, 10_000), 1_000);
}

#[ink::test]
fn an_exit_begins_once_and_is_finished_after_its_delay() {
    let (mut contract, ledger) = with_sessions(&[(0, seat(1, 0))]);
    let not_begun = Err(TickStreamError::ExitNotBegun);
    assert_eq!(contract.finish_exit(1), not_begun);
    at_ms(1_000);
    assert_eq!(contract.begin_exit(1), Ok(()));
    let finish_ms = 1_000 + EXIT_DELAY_MS;
    let expected = Seat {
        exit_ms: finish_ms,
        until_ms: 1_000,
        ..seat(1, 0)
    };
    let found = ledger.find(id()).expect("it is open");
    assert_eq!(*found.seat, expected);
    let begun = ExitBegun {
        viewer: VIEWER.into(),
        number: 1,
        stream: 1,
        finish_ms,
    };
    assert_eq!(emitted(), [begun.encode()]);
    at_ms(2_000);
    let again = Err(TickStreamError::ExitBegun { finish_ms });
    assert_eq!(contract.begin_exit(1), again);
    at_ms(finish_ms - 1);
    let early = Err(TickStreamError::ExitNotDue { finish_ms });
    assert_eq!(contract.finish_exit(1), early);
    let not_closing = Err(TickStreamError::NotClosing);
    assert_eq!(contract.finish_close(at()), not_closing);
    assert_eq!(contract.dismiss(at()), Err(TickStreamError::NotCreator));
}

/// As far as the payment handler, which no mock chain can call.
#[ink::test]
#[should_panic(expected = "off-chain environment does not support contract invocation")]
fn an_exit_is_finished_at_its_very_instant() {
    let (mut contract, _) = with_sessions(&[(0, seat(1, 0))]);
    at_ms(1_000);
    assert_eq!(contract.begin_exit(1), Ok(()));
    at_ms(1_000 + EXIT_DELAY_MS);
    let _ = contract.finish_exit(1);
}

#[ink::test]
fn a_session_that_closes_is_finished_after_its_delay() {
    let closing = Seat {
        closing: true,
        paused: true,
        exit_ms: 5_000,
        ..seat(1, 0)
    };
    let (mut contract, _) = with_sessions(&[(0, closing)]);
    at_ms(4_999);
    let finish_ms = 5_000;
    let early = Err(TickStreamError::ExitNotDue { finish_ms });
    assert_eq!(contract.finish_close(at()), early);
}

#[ink::test]
fn an_empty_page_is_cleared_by_who_paid_for_it() {
    let (mut contract, mut ledger) = with_sessions(&[(0, seat(1, 0))]);
    let not_payer = Err(TickStreamError::NotPagePayer);
    assert_eq!(contract.clear_page(1, 0), not_payer);
    set_caller::<DefaultEnvironment>(account(9));
    let not_empty = Err(TickStreamError::PageNotEmpty);
    assert_eq!(contract.clear_page(1, 0), not_empty);
    ledger.pages.insert((1, 0), &Page::new(account(9)));
    assert_eq!(emitted(), [] as [Vec<u8>; 0]);
    assert_eq!(contract.clear_page(1, 0), Ok(()));
    assert_eq!(ledger.pages.get((1, 0)), None);
    assert_eq!(ledger.meter(1).page_with_room(), None);
    assert_eq!(ledger.meter(1).next_page(), Some(0));
    let cleared = PageCleared {
        stream: 1,
        page: 0,
        payer: account(9),
    };
    assert_eq!(emitted(), [cleared.encode()]);
    let gone = Err(TickStreamError::PageNotFound);
    assert_eq!(contract.clear_page(1, 0), gone);
}
