//! Seats, pages and lists, field by field and bit by bit.

mod common;

use common::{account, key, seat, terms, viewer, START_MS, STREAM};
use vilokanam_interfaces::{
    AccountId, ChargeItem, Charged, Class, FeeTerms, Offer, OpenSession, PayTerms, Planned,
    Session, SessionId, SessionState, Share, Terms, TickStreamError, FACTOR_ONE, MAX_PAGES,
    PAGE_SEATS,
};
use vilokanam_sessions::seats::{
    some, Account, Page, Seat, StreamMeter, TermsSlot, ACCOUNT_LEN, NOBODY, NO_END, PAGE_LEN,
};

const UNIT: u128 = 1_000_000_000;

const PLACE: OpenSession = OpenSession {
    number: 1,
    stream: STREAM,
    page: 2,
    seat: 3,
};

#[ink::test]
fn cells_have_their_sizes() {
    // 32 for the payer, four slots of 142 and 32 seats of 340 with the two bytes of a list's length each.
    assert_eq!(PAGE_LEN, 32 + 2 + 568 + 2 + 10_880);
    assert_eq!(ACCOUNT_LEN, 188);
    // Two counters of 4 bytes, a time, a page, two empty lists, the number of pages.
    let mut meter = StreamMeter::default();
    assert_eq!(meter.bytes(), 4 + 4 + 8 + 2 + 1 + 1 + 4);
    meter.add_page(8);
    assert_eq!(meter.bytes(), 24 + 4);
}

#[ink::test]
fn a_charge_item_is_the_seat_without_what_vouchers_paid() {
    let mut clock = seat(1);
    clock.accrued = 7 * UNIT;
    clock.voucher_amount = 4_000;
    clock.until_ms = START_MS + 60_000;
    let expected = ChargeItem {
        stream: STREAM,
        broadcast: 3,
        asset: 0x2221,
        rate_per_sec: 5,
        factor: FACTOR_ONE,
        ceiling: 9,
        hold: 6_000,
        accrued: 7 * UNIT,
        since_ms: START_MS,
        running: true,
        stop_ms: START_MS + 60_000,
        planned: None,
    };
    assert_eq!(clock.charge_item(STREAM), expected);
    clock.paused = true;
    assert!(!clock.charge_item(STREAM).running);
}

#[ink::test]
fn a_plan_or_a_discount_alone_makes_a_planned_charge() {
    let mut planned = seat(1);
    planned.plan = 6;
    planned.watched_ms = 8;
    let expected = Planned {
        plan: 6,
        class: Class::Premium,
        category: 4,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
        watched_ms: 8,
    };
    assert_eq!(planned.charge_item(STREAM).planned, Some(expected));
    planned.plan = 0;
    assert_eq!(planned.charge_item(STREAM).planned, None);
    planned.discount_until_ms = 9;
    let expected = Planned {
        plan: 0,
        discount_until_ms: 9,
        ..expected
    };
    assert_eq!(planned.charge_item(STREAM).planned, Some(expected));
}

#[ink::test]
fn what_is_earned_is_what_the_clock_and_vouchers_owe() {
    let mut both = seat(1);
    both.accrued = 7 * UNIT + UNIT - 1;
    both.voucher_amount = 30;
    assert_eq!(both.earned(), Ok(37));
    both.settled = 20;
    assert_eq!(both.unsettled(), Ok(17));
    both.settled = 37;
    assert_eq!(both.unsettled(), Ok(0));
    both.settled = 38;
    assert_eq!(both.unsettled(), Err(TickStreamError::Overflow.into()));
    both.voucher_amount = u128::MAX;
    assert_eq!(both.earned(), Err(TickStreamError::Overflow.into()));
    both.watched_ms = 1_000;
    both.voucher_ms = 234;
    assert_eq!(both.all_watched_ms(), 1_234);
}

#[ink::test]
fn advance_takes_a_charge_over() {
    let mut clock = seat(1);
    clock.watched_ms = 5_000;
    let charged = Charged {
        accrued: 11,
        added_ms: 900,
        upto_ms: START_MS + 900,
        ended_ms: None,
        price_per_sec: 5,
        above_ceiling: false,
    };
    assert_eq!(clock.advance(&charged, START_MS + 900), Ok(()));
    let expected = Seat {
        accrued: 11,
        since_ms: START_MS + 900,
        watched_ms: 5_900,
        ..seat(1)
    };
    assert_eq!(clock, expected);
}

#[ink::test]
fn keys_count_until_their_end() {
    let mut keyed = seat(1);
    let keys = |seat: &Seat, now_ms| seat.keys(now_ms).collect::<Vec<_>>();
    assert_eq!(keys(&keyed, START_MS), []);
    assert!(!keyed.takes_vouchers(START_MS));
    keyed.key = key();
    assert_eq!(keys(&keyed, START_MS), [key()]);
    assert!(keyed.takes_vouchers(START_MS));
    keyed.old_key = account(6);
    keyed.old_until_ms = START_MS + 10;
    assert_eq!(keys(&keyed, START_MS + 9), [key(), account(6)]);
    assert_eq!(keys(&keyed, START_MS + 10), [key()]);
    assert_eq!(keys(&keyed, START_MS + 11), [key()]);
    keyed.key = NOBODY.into();
    assert_eq!(keys(&keyed, START_MS + 9), [account(6)]);
    assert!(keyed.takes_vouchers(START_MS + 9));
    assert!(!keyed.takes_vouchers(START_MS + 10));
}

#[ink::test]
fn nobody_is_no_account() {
    assert_eq!(some(NOBODY.into()), None);
    assert_eq!(some(account(1)), Some(account(1)));
    let mut sent = seat(1);
    assert_eq!(sent.referrer(), None);
    sent.referrer = account(7);
    assert_eq!(sent.referrer(), Some(account(7)));
}

#[ink::test]
fn what_others_gave_is_not_the_viewers() {
    let mut gifted = seat(1);
    gifted.add_gift(300);
    assert_eq!((gifted.own_hold(), gifted.counted(301)), (9_700, 1));
    gifted.add_gift(u128::MAX);
    assert_eq!((gifted.own_hold(), gifted.counted(301)), (10_000, 0));
}

#[ink::test]
fn what_was_not_watched_of_a_preview_is_told_by_the_clock() {
    let mut running = seat(1);
    running.preview_ms = 10_000;
    running.watched_ms = 3_000;
    assert_eq!(running.unwatched_preview(START_MS + 2_000), 5_000);
    running.paused = true;
    assert_eq!(running.unwatched_preview(START_MS + 2_000), 7_000);
}

#[ink::test]
fn a_view_tells_all() {
    let mut whole = seat(1);
    let plain = Session {
        id: SessionId {
            viewer: viewer(),
            number: 1,
        },
        stream: STREAM,
        broadcast: 3,
        page: 2,
        seat: 3,
        state: SessionState::Running,
        asset: 0x2221,
        terms: 5,
        fee_bps: 1_000,
        referral_bps: 500,
        referrer: None,
        plan: 0,
        hold: 10_000,
        settled: 0,
        rate_per_sec: 5,
        factor: FACTOR_ONE,
        ceiling: 9,
        until_ms: None,
        opened_ms: START_MS,
        since_ms: START_MS,
        accrued: 0,
        watched_ms: 0,
        exit_ms: None,
        key: None,
        old_key: None,
        voucher_amount: 0,
        voucher_ms: 0,
        voucher_from_ms: 0,
        class: Class::Premium,
        category: 4,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
        sponsor: None,
    };
    assert_eq!(whole.view(&PLACE, &terms(5), None), plain);
    whole.until_ms = NO_END - 1;
    whole.exit_ms = 1;
    whole.old_key = account(6);
    whole.old_until_ms = 77;
    let expected = Session {
        until_ms: Some(NO_END - 1),
        exit_ms: Some(1),
        old_key: Some((account(6), 77)),
        ..plain
    };
    assert_eq!(whole.view(&PLACE, &terms(5), None), expected);

    let state = |seat: &Seat| seat.view(&PLACE, &terms(5), None).state;
    let mut paused = seat(1);
    paused.paused = true;
    assert_eq!(state(&paused), SessionState::Paused);
    paused.key = key();
    assert_eq!(state(&paused), SessionState::Voucher);
    paused.paused = false;
    assert_eq!(state(&paused), SessionState::Running);
    paused.closing = true;
    assert_eq!(state(&paused), SessionState::Closing);
}

#[ink::test]
fn terms_are_those_of_the_offer() {
    let share = |number, bps| Share {
        account: account(number),
        bps,
    };
    let offer = Offer {
        broadcast: 3,
        class: Class::Premium,
        terms_no: 5,
        terms: Terms {
            owner: account(3),
            owner_bps: 6_500,
            cohosts: vec![share(4, 2_500), share(5, 1_000)],
        },
        rate_per_sec: 5,
        factor: FACTOR_ONE,
        plan: 0,
        category: 4,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
    };
    let fees = FeeTerms {
        fee_bps: 1_000,
        referral_bps: 500,
    };
    let slot = TermsSlot::new(&offer, fees).expect("can be split");
    let nobody = (AccountId::from(NOBODY), 0);
    let cohosts = [(account(4), 2_500), (account(5), 1_000), nobody];
    assert_eq!(
        slot,
        TermsSlot {
            cohosts,
            ..terms(5)
        }
    );
    let paid = PayTerms {
        fees,
        owner: account(3),
        cohosts: vec![share(4, 2_500), share(5, 1_000)],
    };
    assert_eq!(slot.pay_terms(), paid);
}

#[ink::test]
fn a_page_keeps_each_session_on_its_seat() {
    let mut page = Page::new(account(1));
    assert_eq!((page.taken(), page.vacant_seat()), (0, Some(0)));
    page.put(0, &seat(11));
    page.put(1, &seat(256));
    page.put(2, &seat(1 << 24));
    assert_eq!((page.taken(), page.vacant_seat()), (3, Some(3)));
    assert_eq!(page.seat(1), Some(seat(256).into()));
    assert_eq!(page.seat(3), None);
    let seated: Vec<(u8, Box<Seat>)> = vec![
        (0, seat(11).into()),
        (1, seat(256).into()),
        (2, seat(1 << 24).into()),
    ];
    assert_eq!(page.sessions(), seated);
    page.vacate(1);
    assert_eq!((page.taken(), page.vacant_seat()), (2, Some(1)));
    assert_eq!(page.seat(1), None);
    // Whatever was there.
    page.put(1, &seat(9));
    for place in 3..PAGE_SEATS as u8 {
        page.put(place, &seat(1));
    }
    assert_eq!(page.vacant_seat(), None);
    assert_eq!(page.taken(), 32);
}

#[ink::test]
fn terms_slots_are_used_again_only_when_nobody_uses_them() {
    let mut page = Page::new(account(1));
    for slot in 0..4_u8 {
        assert_eq!(page.slot_for(&terms(u32::from(slot) + 1)), Some(slot));
        let mut sits = seat(1);
        sits.terms = slot;
        page.put(slot, &sits);
    }
    assert_eq!(page.slot_for(&terms(4)), Some(3));
    assert_eq!(page.slot_for(&terms(9)), None);
    assert_eq!(page.terms(3), Some(terms(4)));
    page.vacate(2);
    assert_eq!(page.slot_for(&terms(9)), Some(2));
    assert_eq!(page.terms(2), Some(terms(9)));
    assert_eq!(page.terms(1), Some(terms(2)));
    assert_eq!(page.terms(4), None);
}

#[ink::test]
fn an_account_lists_sixteen() {
    let open = |number| OpenSession { number, ..PLACE };
    let mut account = Account::default();
    for number in 1..=16 {
        assert!(account.list(open(number)));
    }
    assert!(!account.list(open(17)));
    account.unlist(16);
    account.unlist(2);
    let listed: Vec<_> = account.open().map(|open| open.number).collect();
    assert_eq!(listed, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert!(account.list(open(17)));
    assert_eq!(account.open().nth(1), Some(&open(17)));
}

#[ink::test]
fn pages_are_found_by_room() {
    let mut meter = StreamMeter::default();
    let found = |meter: &StreamMeter| (meter.page_with_room(), meter.last_with_room());
    assert_eq!(found(&meter), (None, None));
    assert_eq!(meter.next_page(), Some(0));
    meter.add_page(0);
    assert_eq!(meter.pages, 1);
    assert_eq!(found(&meter), (Some(0), Some(0)));
    for page in 1..20 {
        assert_eq!(meter.next_page(), Some(page));
        meter.add_page(page);
        assert_eq!(meter.last_with_room(), Some(page));
    }
    assert_eq!(meter.pages, 20);
    // One after the other fills; the current one is tried first while it has room.
    for page in 0..19 {
        meter.current = page;
        assert_eq!(meter.page_with_room(), Some(page));
        meter.set_room(page, false);
        assert_eq!(found(&meter), (Some(page + 1), Some(19)));
    }
    meter.set_room(19, false);
    assert_eq!(found(&meter), (None, None));
    // Some have room again, in different bytes of the list.
    meter.set_room(5, true);
    assert_eq!(found(&meter), (Some(5), Some(5)));
    meter.set_room(13, true);
    assert_eq!(found(&meter), (Some(5), Some(13)));
    meter.set_room(13, true);
    assert_eq!(found(&meter), (Some(5), Some(13)));
    meter.current = 13;
    assert_eq!(found(&meter), (Some(13), Some(13)));
    // Of those that are gone the lowest is the next.
    meter.remove_page(13);
    assert_eq!(found(&meter), (Some(5), Some(5)));
    assert_eq!(meter.next_page(), Some(13));
    meter.remove_page(2);
    assert_eq!(meter.next_page(), Some(2));
    meter.add_page(2);
    assert_eq!((meter.pages, meter.next_page()), (20, Some(13)));
    // A page of a stream that never had so many has no room.
    meter.current = 300;
    assert_eq!(meter.page_with_room(), Some(2));
}

#[ink::test]
fn a_stream_has_at_most_max_pages() {
    let mut meter = StreamMeter::default();
    let last = MAX_PAGES as u16 - 1;
    for page in 0..last {
        meter.add_page(page);
    }
    assert_eq!(meter.next_page(), Some(last));
    meter.add_page(last);
    assert_eq!(meter.next_page(), None);
    assert_eq!(meter.pages, MAX_PAGES);
    assert_eq!(meter.last_with_room(), Some(last));
}
