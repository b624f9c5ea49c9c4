//! What needs no other contract: the page layout, the lists, and the messages that only read or change this contract's
//! own state. All else is told on the embedded chain, in `e2e-tests`.

use crate::tick_stream::TickStreamContract;
use ink::{
    env::{
        test::{
            default_accounts, recorded_events, set_block_timestamp, set_caller, DefaultAccounts,
        },
        DefaultEnvironment,
    },
    scale::{Decode, Encode},
};
use vilokanam_interfaces::{
    events::admin::*, AccountId, AdminError, Administered, Change, Charged, Class, FeeTerms, Hash,
    Offer, OpenSession, Outcome, PatronageError, PaymentHandlerError, Planned, PricingEngineError,
    Seated, SessionId, SessionState, Share, SignedVoucher, Terms, TickStream, TickStreamError,
    VoucherOutcome, VoucherRefusal, Wiring, FACTOR_ONE, MAX_BATCH, MAX_CHANGE_DELAY_MS,
    MAX_GRACE_MS, MAX_OPEN, MAX_PAGES, MAX_PENDING_CHANGES, MAX_PROVIDED, MIN_CHANGE_DELAY_MS,
    MIN_EXIT_DELAY_MS, PAGE_SEATS, PAGE_TERMS,
};
use vilokanam_sessions::{
    calls::Refused,
    ledger::{Ledger, Preview, Sponsor, PREVIEW_LEN, SPONSOR_LEN},
    seats::{
        Account, Page, Seat, StreamMeter, TermsSlot, ACCOUNT_LEN, NOBODY, NO_END, PAGE_LEN,
        SEAT_LEN, TERMS_LEN,
    },
};

const DAY_MS: u64 = 86_400_000;

fn people() -> DefaultAccounts<DefaultEnvironment> {
    default_accounts::<DefaultEnvironment>()
}

fn as_caller(caller: AccountId) {
    set_caller::<DefaultEnvironment>(caller);
}

fn contract() -> TickStreamContract {
    as_caller(people().alice);
    TickStreamContract::new(Hash::from([7; 32]), DAY_MS, 0, Hash::from([8; 32])).unwrap()
}

/// What `seat` has, and the next four seconds at 9 a second, no more than its ceiling: charged by 5,000 at the latest.
fn four_seconds() -> (Seat, Charged) {
    let seat = Seat {
        since_ms: 1_000,
        until_ms: 5_000,
        accrued: 10_000_000_000,
        ceiling: 9,
        hold: 1_000,
        paused: false,
        ..seat(1, 0)
    };
    let charged = Charged {
        accrued: 46_000_000_000,
        added_ms: 4_000,
        upto_ms: 5_000,
        ended_ms: None,
        price_per_sec: 9,
        above_ceiling: false,
    };
    (seat, charged)
}

fn refuses(mut seat: Seat, charged: Charged, now_ms: u64) {
    let before = seat.clone();
    let refused = seat.advance(&charged, now_ms);
    assert_eq!(refused, Err(Box::new(TickStreamError::PricingFailed)));
    assert_eq!(seat, before);
}

#[test]
fn a_charge_that_the_session_allows_is_taken_over() {
    let (mut seat, charged) = four_seconds();
    let watched_ms = seat.watched_ms;
    seat.advance(&charged, 5_000).unwrap();
    assert_eq!((seat.accrued, seat.since_ms), (46_000_000_000, 5_000));
    assert_eq!(seat.watched_ms, watched_ms + 4_000);
    // Nothing more is due, however late it is; and nothing at all is a charge.
    let nothing = Charged {
        added_ms: 0,
        ..charged
    };
    seat.advance(&nothing, 9_000).unwrap();
    // To the last unit of its hold, less what vouchers have of it; any ceiling will do.
    let (mut seat, charged) = four_seconds();
    seat.ceiling = u128::MAX;
    seat.voucher_amount = 400;
    let all = Charged {
        accrued: 600_000_000_000,
        ..charged
    };
    seat.advance(&all, 5_000).unwrap();
    assert_eq!(seat.earned().unwrap(), 1_000);
}

#[test]
fn a_charge_that_the_session_does_not_allow_is_refused() {
    let (seat, charged) = four_seconds();
    // A unit above ceiling × time; less than before; time that has gone back, has not come, or does not add up.
    for accrued in [46_000_000_001, 9_999_999_999, 0, u128::MAX] {
        refuses(seat.clone(), Charged { accrued, ..charged }, 5_000);
    }
    let until = |upto_ms, added_ms| Charged {
        upto_ms,
        added_ms,
        accrued: 10_000_000_000,
        ..charged
    };
    refuses(seat.clone(), charged, 4_999);
    refuses(seat.clone(), until(5_001, 4_001), 9_000);
    refuses(seat.clone(), until(999, 0), 5_000);
    refuses(seat.clone(), until(5_000, 3_999), 5_000);
    refuses(seat.clone(), until(u64::MAX, u64::MAX), u64::MAX);
    // A pause adds nothing.
    let paused = Seat {
        paused: true,
        ..seat.clone()
    };
    refuses(paused.clone(), until(1_001, 1), 5_000);
    paused.clone().advance(&until(1_000, 0), 5_000).unwrap();
    // One unit above what the hold has for the clock.
    let rich = Seat {
        ceiling: u128::MAX,
        voucher_amount: 400,
        ..seat
    };
    let accrued = 600_000_000_001;
    refuses(rich.clone(), Charged { accrued, ..charged }, 5_000);
    let spent = Seat {
        voucher_amount: 1_001,
        ..rich
    };
    refuses(spent, until(1_000, 0), 5_000);
}

#[test]
fn law_12_whatever_prices_say_a_session_can_be_finished_at_no_more_than_its_hold() {
    const UNIT: u128 = 1_000_000_000;
    let (seat, charged) = four_seconds();
    let sums = [
        0,
        10 * UNIT - 1,
        10 * UNIT,
        10 * UNIT + 1,
        46 * UNIT,
        46 * UNIT + 1,
        600 * UNIT,
    ];
    let sums = sums
        .into_iter()
        .chain([600 * UNIT + 1, 1_000 * UNIT, 1_000 * UNIT + 1, u128::MAX]);
    let times = [0, 999, 1_000, 1_001, 4_999, 5_000, 5_001, u64::MAX];
    let spans = [0, 1, 3_999, 4_000, 4_001, u64::MAX];
    let mut taken = 0;
    for accrued in sums {
        for upto_ms in times {
            for added_ms in spans {
                for voucher_amount in [0, 400, 990] {
                    for ceiling in [0, 9, u128::MAX] {
                        for (paused, now_ms) in [(false, 1_000), (false, 5_000), (true, 5_000)] {
                            let mut seat = Seat {
                                voucher_amount,
                                ceiling,
                                paused,
                                ..seat.clone()
                            };
                            let before = seat.clone();
                            let charged = Charged {
                                accrued,
                                upto_ms,
                                added_ms,
                                ..charged
                            };
                            if seat.advance(&charged, now_ms).is_err() {
                                assert_eq!(seat, before);
                                continue;
                            }
                            taken += 1;
                            assert!(
                                seat.earned().unwrap() <= seat.hold && seat.unsettled().is_ok()
                            );
                            assert!(before.since_ms <= seat.since_ms && seat.since_ms <= now_ms);
                            assert!(
                                before.accrued <= seat.accrued && seat.since_ms <= seat.until_ms
                            );
                            assert!(!paused || seat == before);
                        }
                    }
                }
            }
        }
    }
    // Of 14,256: those that add nothing, and those that add what ceiling, time and hold allow. Counted by another program.
    assert_eq!(taken, 92);
}

#[test]
fn shares_that_cannot_be_split_are_no_terms() {
    let fees = FeeTerms {
        fee_bps: 1_000,
        referral_bps: 1_000,
    };
    let offer = |bps: &[u16]| Offer {
        broadcast: 1,
        class: Class::Standard,
        terms_no: 1,
        terms: Terms {
            owner: people().alice,
            owner_bps: 0,
            cohosts: bps
                .iter()
                .map(|bps| Share {
                    account: people().bob,
                    bps: *bps,
                })
                .collect(),
        },
        rate_per_sec: 1,
        factor: FACTOR_ONE,
        plan: 0,
        category: 0,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
    };
    for shares in [&[][..], &[10_000], &[0, 0, 0], &[3_333, 3_333, 3_334]] {
        assert!(TermsSlot::new(&offer(shares), fees).is_ok());
    }
    for shares in [
        &[10_001][..],
        &[3_333, 3_333, 3_335],
        &[u16::MAX, 2],
        &[0; 4],
    ] {
        let refused = TermsSlot::new(&offer(shares), fees);
        assert_eq!(refused, Err(Box::new(TickStreamError::PricingFailed)));
    }
}

fn seat(number: u32, terms: u8) -> Seat {
    Seat {
        number,
        terms,
        paused: false,
        asset: 1,
        viewer: people().bob,
        broadcast: 3,
        plan: 0,
        referrer: NOBODY.into(),
        hold: 1_000,
        settled: 10,
        rate_per_sec: 5,
        factor: 1_000_000,
        ceiling: 9,
        accrued: 10_000_000_000,
        since_ms: 2_000,
        watched_ms: 2_000,
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
        class: Class::Premium,
        category: 4,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
        sponsored: false,
        gifts: 0,
        spare: [0; 2],
    }
}

fn terms(terms_no: u32) -> TermsSlot {
    TermsSlot {
        terms_no,
        fee_bps: 1_000,
        referral_bps: 500,
        owner: people().charlie,
        cohosts: [
            (people().django, 2_500),
            (NOBODY.into(), 0),
            (NOBODY.into(), 0),
        ],
    }
}

fn emitted<E: Decode>(at: usize) -> E {
    let events: Vec<_> = recorded_events().collect();
    E::decode(&mut events[at].data.as_slice()).unwrap()
}

#[ink::test]
fn cells_have_the_sizes_that_deposits_are_quoted_for() {
    assert_eq!(seat(1, 0).encoded_size(), SEAT_LEN);
    assert_eq!(terms(1).encoded_size(), TERMS_LEN);
    assert_eq!(Account::default().encoded_size(), ACCOUNT_LEN);
    let preview = Preview {
        broadcast: 1,
        used_ms: 2,
    };
    assert_eq!(preview.encoded_size(), PREVIEW_LEN);
    let sponsor = Sponsor {
        account: people().bob,
        pool: people().eve,
    };
    assert_eq!(sponsor.encoded_size(), SPONSOR_LEN);
    let mut page = Page::new(people().alice);
    assert_eq!(page.encoded_size(), PAGE_LEN);
    // One buffer of 16 KiB bounds a cell.
    const { assert!(PAGE_LEN < 12 * 1024) };
    for place in 0..PAGE_SEATS as u8 {
        page.put(place, &seat(u32::from(place) + 1, 0));
    }
    page.slot_for(&terms(1)).unwrap();
    assert_eq!(page.encoded_size(), PAGE_LEN);
}

#[ink::test]
fn a_seat_has_its_new_fields_where_zeros_were() {
    let plain = seat(1, 0);
    let bytes = plain.encode();
    let (old, new) = bytes.split_at(SEAT_LEN - 31);
    // Class, category, step, discount, its end, preview, sponsored, gifts, spare.
    let mut expected = vec![1, 4, 0, 0];
    expected.extend(1_000_000_u32.to_le_bytes());
    expected.extend([0; 8 + 4 + 1 + 8 + 2]);
    assert_eq!(new, expected);
    // A session that was seated before these fields were pays what it did.
    let before = [old, &[0; 31]].concat();
    let before = Seat::decode(&mut before.as_slice()).unwrap();
    assert_eq!(before.class, Class::Standard);
    assert!(!before.sponsored);
    assert_eq!(before.gifts, 0);
    assert_eq!(before.preview_ms, 0);
    assert_eq!(before.charge_item(7), plain.charge_item(7));
    assert_eq!(before.charge_item(7).planned, None);
}

#[ink::test]
fn what_others_gave_is_told_apart_up_to_2_to_the_64th() {
    // 1,000 of the viewer's own, and gifts of 300 and 1.
    let mut gifted = seat(1, 0);
    gifted.hold = 1_000;
    assert_eq!((gifted.own_hold(), gifted.counted(1_000)), (1_000, 1_000));
    gifted.add_gift(300);
    gifted.add_gift(1);
    gifted.hold = 1_301;
    assert_eq!((gifted.gifts, gifted.own_hold()), (301, 1_000));
    // All comes back, most, as much as was given, less, nothing.
    let counted = [1_301, 801, 301, 300, 0].map(|released| gifted.counted(released));
    assert_eq!(counted, [1_000, 500, 0, 0, 0]);

    // The largest sum that is known, and one more.
    gifted.add_gift(u128::from(u64::MAX) - 302);
    gifted.hold = u128::from(u64::MAX) - 1 + 1_000;
    assert_eq!(gifted.own_hold(), 1_000);
    assert_eq!(gifted.counted(gifted.hold), 1_000);
    gifted.add_gift(1);
    gifted.hold += 1;
    assert_eq!(gifted.own_hold(), gifted.hold);
    assert_eq!(gifted.counted(gifted.hold), 0);
    // It stays so, and at once for what does not fit.
    gifted.add_gift(5);
    assert_eq!(gifted.gifts, u64::MAX);
    let mut gifted = seat(1, 0);
    gifted.add_gift(1 << 64);
    assert_eq!((gifted.gifts, gifted.counted(5)), (u64::MAX, 0));
}

#[ink::test]
fn only_a_plan_or_a_discount_makes_a_planned_charge() {
    let planned = |seat: &Seat| seat.charge_item(7).planned;
    let mut changed = seat(1, 0);
    assert_eq!(planned(&changed), None);
    // Not by themselves: the flat plan knows neither step nor preview.
    changed.step = 2;
    changed.preview_ms = 9_000;
    changed.sponsored = true;
    changed.gifts = 5;
    assert_eq!(planned(&changed), None);
    changed.plan = 3;
    let expected = Planned {
        plan: 3,
        class: Class::Premium,
        category: 4,
        step: 2,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 9_000,
        watched_ms: 2_000,
    };
    assert_eq!(planned(&changed), Some(expected));
    changed.plan = 0;
    changed.discount = 750_000;
    changed.discount_until_ms = 1;
    let expected = Planned {
        plan: 0,
        discount: 750_000,
        discount_until_ms: 1,
        ..expected
    };
    assert_eq!(planned(&changed), Some(expected));
}

#[ink::test]
fn a_view_tells_what_makes_the_price_and_who_placed_the_hold() {
    let place = OpenSession {
        number: 1,
        stream: 7,
        page: 2,
        seat: 3,
    };
    let mut changed = seat(1, 0);
    let plain = changed.view(&place, &terms(5), None);
    assert_eq!(plain.state, SessionState::Running);
    assert_eq!((plain.class, plain.category), (Class::Premium, 4));
    assert_eq!((plain.step, plain.preview_ms), (0, 0));
    assert_eq!((plain.discount, plain.discount_until_ms), (FACTOR_ONE, 0));
    assert_eq!(plain.sponsor, None);
    changed.step = 1;
    changed.discount = 0;
    changed.discount_until_ms = 77;
    changed.preview_ms = 5_000;
    let view = changed.view(&place, &terms(5), Some(people().eve));
    assert_eq!((view.step, view.preview_ms), (1, 5_000));
    assert_eq!((view.discount, view.discount_until_ms), (0, 77));
    assert_eq!(view.sponsor, Some(people().eve));
}

#[ink::test]
fn refusals_are_passed_on_under_their_errors_numbers() {
    let first = |error: TickStreamError| error.encode()[0];
    for (refused, error) in [
        (
            Refused::Pricing,
            TickStreamError::Pricing(PricingEngineError::NotLive),
        ),
        (
            Refused::Payments,
            TickStreamError::Payments(PaymentHandlerError::NotMeter),
        ),
        (
            Refused::Patronage,
            TickStreamError::Patronage(PatronageError::OwnSponsor),
        ),
    ] {
        assert_eq!(refused as u8, first(error));
    }
}

#[ink::test]
fn a_page_keeps_each_session_on_its_seat() {
    let mut page = Page::new(people().alice);
    assert_eq!(page.vacant_seat(), Some(0));
    assert_eq!(page.seat(0), None);
    page.put(0, &seat(11, 0));
    page.put(1, &seat(12, 0));
    page.put(31, &seat(13, 0));
    assert_eq!(page.vacant_seat(), Some(2));
    assert_eq!(page.seat(31), Some(seat(13, 0).into()));
    assert_eq!(
        page.sessions(),
        [
            (0, seat(11, 0).into()),
            (1, seat(12, 0).into()),
            (31, seat(13, 0).into())
        ]
    );
    page.vacate(0);
    assert_eq!(page.taken(), 2);
    assert_eq!(page.vacant_seat(), Some(0));
    // Out of range: nothing there, nothing changed.
    page.put(32, &seat(14, 0));
    assert_eq!(page.seat(32), None);
    assert_eq!(page.taken(), 2);
    // It survives its encoding.
    assert_eq!(Page::decode(&mut page.encode().as_slice()), Ok(page));
}

#[ink::test]
fn a_full_page_has_no_vacant_seat() {
    let mut page = Page::new(people().alice);
    for place in 0..PAGE_SEATS as u8 {
        page.put(place, &seat(1, 0));
    }
    assert_eq!(page.vacant_seat(), None);
    assert_eq!(page.taken(), PAGE_SEATS as usize);
}

#[ink::test]
fn terms_slots_are_shared_and_used_again_only_when_nobody_uses_them() {
    let mut page = Page::new(people().alice);
    for number in 0..PAGE_TERMS {
        let slot = page.slot_for(&terms(number + 1)).unwrap();
        assert_eq!(u32::from(slot), number);
        page.put(slot, &seat(number + 1, slot));
    }
    // The same terms take the same slot; other terms find none.
    assert_eq!(page.slot_for(&terms(2)), Some(1));
    assert_eq!(page.slot_for(&terms(9)), None);
    assert_eq!(page.terms(1), Some(terms(2)));
    // When the only session of a slot leaves, others may have it.
    page.vacate(1);
    assert_eq!(page.slot_for(&terms(9)), Some(1));
    assert_eq!(page.terms(1), Some(terms(9)));
    assert_eq!(page.terms(0), Some(terms(1)));
}

#[ink::test]
fn pay_terms_leave_out_unused_places() {
    let paid = terms(1).pay_terms();
    assert_eq!(paid.owner, people().charlie);
    assert_eq!(paid.cohosts.len(), 1);
    assert_eq!(paid.cohosts[0].account, people().django);
    assert_eq!(paid.cohosts[0].bps, 2_500);
    assert_eq!((paid.fees.fee_bps, paid.fees.referral_bps), (1_000, 500));
}

#[ink::test]
fn an_account_lists_at_most_max_open_sessions() {
    let mut account = Account::default();
    for number in 1..=MAX_OPEN {
        assert!(account.list(OpenSession {
            number,
            stream: number,
            page: 0,
            seat: 0,
        }));
    }
    let one_more = OpenSession {
        number: MAX_OPEN + 1,
        stream: 1,
        page: 0,
        seat: 0,
    };
    assert!(!account.list(one_more));
    account.unlist(3);
    assert_eq!(account.open().count(), MAX_OPEN as usize - 1);
    assert!(account.list(one_more));
    assert!(account.open().any(|open| open.number == MAX_OPEN + 1));
    assert!(account.open().all(|open| open.number != 3));
}

#[ink::test]
fn pages_are_found_by_room_and_numbered_without_gaps() {
    let mut meter = StreamMeter::default();
    assert_eq!(meter.page_with_room(), None);
    assert_eq!(meter.last_with_room(), None);
    for page in 0..20 {
        assert_eq!(meter.next_page(), Some(page));
        meter.add_page(page);
    }
    assert_eq!(meter.pages, 20);
    for page in 0..17 {
        meter.set_room(page, false);
    }
    // Page 0 is current and full: the lowest with room is tried.
    assert_eq!(meter.page_with_room(), Some(17));
    // The current page is tried first while it has room.
    meter.current = 19;
    assert_eq!(meter.page_with_room(), Some(19));
    assert_eq!(meter.last_with_room(), Some(19));
    meter.set_room(19, false);
    assert_eq!(meter.page_with_room(), Some(17));
    assert_eq!(meter.last_with_room(), Some(18));
    // A page that is gone has no room, and its number is used again.
    meter.remove_page(17);
    meter.remove_page(4);
    assert_eq!(meter.page_with_room(), Some(18));
    assert_eq!(meter.next_page(), Some(4));
    meter.add_page(4);
    assert_eq!(meter.next_page(), Some(17));
    assert_eq!(meter.pages, 20);
}

#[ink::test]
fn a_stream_has_at_most_max_pages() {
    let mut meter = StreamMeter::default();
    for page in 0..MAX_PAGES as u16 {
        meter.add_page(page);
    }
    assert_eq!(meter.next_page(), None);
    meter.remove_page(77);
    assert_eq!(meter.next_page(), Some(77));
}

#[ink::test]
fn new_works() {
    let contract = contract();
    assert_eq!(contract.genesis_hash(), Hash::from([7; 32]));
    assert_eq!(contract.exit_delay(), DAY_MS);
    assert_eq!(contract.administration().owner, people().alice);
    assert_eq!(contract.administration().change_delay_ms, 0);
    assert_eq!(contract.administration().wiring, Wiring::default());
    assert_eq!(contract.administration().layout_version, 1);
    assert_eq!(
        contract.administration().second_code,
        Some(Hash::from([8; 32]))
    );
    assert_eq!(recorded_events().count(), 0);
}

#[ink::test]
fn new_fails_when_delays_are_out_of_range() {
    let genesis = Hash::from([7; 32]);
    let out_of_range = AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    };
    for delay in [1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
        let refused = TickStreamContract::new(genesis, 0, delay, Hash::from([8; 32])).err();
        assert_eq!(refused, Some(out_of_range.clone()));
    }
    assert!(TickStreamContract::new(
        genesis,
        MIN_EXIT_DELAY_MS,
        MIN_CHANGE_DELAY_MS,
        Hash::from([8; 32])
    )
    .is_ok());
    assert!(TickStreamContract::new(
        genesis,
        MAX_GRACE_MS,
        MAX_CHANGE_DELAY_MS,
        Hash::from([8; 32])
    )
    .is_ok());
    let refused = TickStreamContract::new(genesis, MAX_GRACE_MS + 1, 0, Hash::from([8; 32])).err();
    assert_eq!(refused, Some(AdminError::InvalidSetup));
    // No exit delay is for development only.
    let (short, delay) = (MIN_EXIT_DELAY_MS - 1, MIN_CHANGE_DELAY_MS);
    let refused = TickStreamContract::new(genesis, short, delay, Hash::from([8; 32])).err();
    assert_eq!(refused, Some(AdminError::InvalidSetup));
    assert!(TickStreamContract::new(genesis, 0, 0, Hash::from([8; 32])).is_ok());
}

#[ink::test]
fn every_message_that_needs_others_fails_when_unwired() {
    let mut contract = contract();
    let unwired = || TickStreamError::NotWired;
    let id = SessionId {
        viewer: people().bob,
        number: 1,
    };
    let voucher = SignedVoucher {
        at: Seated {
            id,
            stream: 1,
            page: 0,
            seat: 0,
        },
        ms: 1,
        amount: 1,
        signature: [0; 64],
    };
    assert_eq!(contract.settle(id), Err(unwired()));
    assert_eq!(contract.settle_many(vec![]), Err(unwired()));
    assert_eq!(contract.settle_page(1, 0), Err(unwired()));
    assert_eq!(contract.redeem(voucher), Err(unwired()));
    let many = vec![voucher; MAX_BATCH as usize + 1];
    assert_eq!(contract.redeem_many(many), Err(unwired()));
}

#[ink::test]
fn unknown_sessions_and_pages_are_empty() {
    let contract = contract();
    assert_eq!(contract.page(1, 0), None);
    assert_eq!(contract.live_viewers(1), 0);
    assert_eq!(contract.audience(1), Default::default());
    assert_eq!(contract.viewer(people().bob).open, []);
}

#[ink::test]
fn limits_are_what_they_are() {
    let limits = contract().limits();
    assert_eq!(limits.page_seats, 32);
    assert_eq!(limits.page_terms, 4);
    assert_eq!(limits.pages, 2_048);
    assert_eq!(limits.open, 16);
    assert_eq!(limits.batch, 64);
    assert_eq!(limits.batch_pages, 50);
    assert_eq!(limits.provided, MAX_PROVIDED);
    assert_eq!(limits.min_hold_ms, 1_000);
}

fn all_wired() -> Wiring {
    Wiring {
        registry: Some(people().bob),
        pricing: Some(people().charlie),
        payments: Some(people().django),
        patronage: Some(people().alice),
        ..Wiring::default()
    }
}

#[ink::test]
fn wire_works_once() {
    let mut contract = contract();
    for wrong in [
        Wiring::default(),
        Wiring {
            payments: None,
            ..all_wired()
        },
        Wiring {
            patronage: None,
            ..all_wired()
        },
        Wiring {
            meter: Some(people().eve),
            ..all_wired()
        },
        Wiring {
            passes: Some(people().eve),
            ..all_wired()
        },
    ] {
        assert_eq!(contract.wire(wrong), Err(AdminError::WiringMismatch));
    }
    assert_eq!(contract.wire(all_wired()), Ok(()));
    assert_eq!(contract.administration().wiring, all_wired());
    assert_eq!(
        emitted::<Wired>(0),
        Wired {
            wiring: all_wired()
        }
    );
    assert_eq!(contract.wire(all_wired()), Err(AdminError::AlreadyWired));
    assert_eq!(recorded_events().count(), 1);
}

#[ink::test]
fn wire_fails_when_caller_is_not_owner() {
    let mut contract = contract();
    as_caller(people().bob);
    assert_eq!(contract.wire(all_wired()), Err(AdminError::NotOwner));
}

#[ink::test]
fn registry_pricing_and_patronage_change_after_the_delay_and_payments_never() {
    as_caller(people().alice);
    let delay = MIN_CHANGE_DELAY_MS;
    let mut contract =
        TickStreamContract::new(Hash::default(), DAY_MS, delay, Hash::from([8; 32])).unwrap();
    contract.wire(all_wired()).unwrap();
    assert_eq!(
        contract.announce(Change::Wiring(all_wired())),
        Err(AdminError::WiringMismatch)
    );
    let change = Change::Wiring(Wiring {
        registry: Some(people().eve),
        pricing: Some(people().frank),
        patronage: Some(people().bob),
        ..Wiring::default()
    });
    set_block_timestamp::<DefaultEnvironment>(1_000);
    assert_eq!(contract.announce(change), Ok(1));
    assert_eq!(contract.administration().pending[0].due_ms, 1_000 + delay);
    set_block_timestamp::<DefaultEnvironment>(999 + delay);
    assert_eq!(
        contract.apply(1),
        Err(AdminError::ChangeNotDue {
            due_ms: 1_000 + delay
        })
    );
    assert_eq!(contract.administration().pending.len(), 1);
    set_block_timestamp::<DefaultEnvironment>(1_000 + delay);
    as_caller(people().bob);
    assert_eq!(contract.apply(1), Err(AdminError::NotOwner));
    as_caller(people().alice);
    assert_eq!(contract.apply(1), Ok(()));
    assert_eq!(contract.apply(1), Err(AdminError::UnknownChange));
    assert_eq!(
        contract.administration().wiring,
        Wiring {
            registry: Some(people().eve),
            pricing: Some(people().frank),
            payments: Some(people().django),
            patronage: Some(people().bob),
            ..Wiring::default()
        }
    );
    assert_eq!(
        emitted::<ChangeAnnounced>(1),
        ChangeAnnounced {
            id: 1,
            change,
            due_ms: 1_000 + delay,
        }
    );
    assert_eq!(
        emitted::<ChangeApplied>(2),
        ChangeApplied {
            id: 1,
            old: Some(Change::Wiring(all_wired())),
            new: change,
        }
    );
    assert_eq!(recorded_events().count(), 3);
}

#[ink::test]
fn the_second_code_changes_by_announcement() {
    let mut contract = contract();
    let change = Change::SecondCode(Hash::from([9; 32]));
    assert_eq!(contract.announce(change), Ok(1));
    assert_eq!(contract.apply(1), Ok(()));
    assert_eq!(
        contract.administration().second_code,
        Some(Hash::from([9; 32]))
    );
    assert_eq!(
        emitted::<ChangeApplied>(1),
        ChangeApplied {
            id: 1,
            old: Some(Change::SecondCode(Hash::from([8; 32]))),
            new: change,
        }
    );
}

#[ink::test]
fn announce_fails_when_the_change_is_not_for_this_contract() {
    let mut contract = contract();
    for change in [
        Change::ListToken(people().bob),
        Change::SetAsset {
            asset: 0,
            allowed: false,
        },
        Change::Treasury(people().bob),
    ] {
        assert_eq!(
            contract.announce(change),
            Err(AdminError::UnsupportedChange)
        );
    }
    as_caller(people().bob);
    assert_eq!(
        contract.announce(Change::Code(Hash::default())),
        Err(AdminError::NotOwner)
    );
}

#[ink::test]
fn announce_fails_when_too_many_wait() {
    let mut contract = contract();
    for id in 1..=MAX_PENDING_CHANGES {
        assert_eq!(contract.announce(Change::Code(Hash::default())), Ok(id));
    }
    let full = AdminError::TooManyChanges {
        max: MAX_PENDING_CHANGES,
    };
    let change = Change::Code(Hash::default());
    assert_eq!(contract.announce(change), Err(full));
    assert_eq!(contract.cancel(3), Ok(()));
    assert_eq!(contract.cancel(3), Err(AdminError::UnknownChange));
    // Numbers are never reused.
    assert_eq!(contract.announce(change), Ok(MAX_PENDING_CHANGES + 1));
}

#[ink::test]
fn ownership_moves_in_two_steps() {
    let mut contract = contract();
    as_caller(people().bob);
    assert_eq!(
        contract.propose_owner(Some(people().bob)),
        Err(AdminError::NotOwner)
    );
    assert_eq!(contract.accept_owner(), Err(AdminError::NotProposedOwner));
    as_caller(people().alice);
    assert_eq!(contract.propose_owner(Some(people().bob)), Ok(()));
    assert_eq!(contract.administration().owner, people().alice);
    assert_eq!(contract.administration().proposed_owner, Some(people().bob));
    as_caller(people().bob);
    assert_eq!(contract.accept_owner(), Ok(()));
    assert_eq!(contract.administration().owner, people().bob);
    assert_eq!(contract.administration().proposed_owner, None);
    assert_eq!(contract.accept_owner(), Err(AdminError::NotProposedOwner));
    as_caller(people().alice);
    assert_eq!(contract.propose_owner(None), Err(AdminError::NotOwner));
    assert_eq!(
        emitted::<OwnerChanged>(1),
        OwnerChanged {
            old: people().alice,
            new: people().bob,
        }
    );
}

#[ink::test]
fn the_change_delay_only_grows() {
    let mut contract = contract();
    let out_of_range = AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    };
    let announce = |contract: &mut TickStreamContract, ms| contract.announce(Change::Delay(ms));
    for delay in [0, 1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
        assert_eq!(announce(&mut contract, delay), Err(out_of_range.clone()));
    }
    assert_eq!(announce(&mut contract, MIN_CHANGE_DELAY_MS), Ok(1));
    assert_eq!(announce(&mut contract, MIN_CHANGE_DELAY_MS + 1), Ok(2));
    assert_eq!(contract.administration().change_delay_ms, 0);
    assert_eq!(contract.apply(2), Ok(()));
    let raised = MIN_CHANGE_DELAY_MS + 1;
    assert_eq!(contract.administration().change_delay_ms, raised);
    // What was a raise when it was announced is none any more.
    assert_eq!(contract.apply(1), Err(AdminError::InvalidChange));
    assert_eq!(contract.administration().change_delay_ms, raised);
    for delay in [MIN_CHANGE_DELAY_MS, raised] {
        assert_eq!(
            announce(&mut contract, delay),
            Err(AdminError::DelayNotRaised { current_ms: raised })
        );
    }
    assert_eq!(
        emitted::<ChangeApplied>(2),
        ChangeApplied {
            id: 2,
            old: Some(Change::Delay(0)),
            new: Change::Delay(raised),
        }
    );
    as_caller(people().bob);
    assert_eq!(announce(&mut contract, 0), Err(AdminError::NotOwner));
}

/// Two sessions of bob's on page 4 of stream 7, by cells with the contract's own keys.
fn seated() -> Ledger {
    let mut ledger = Ledger::default();
    let mut page = Page::new(people().eve);
    let slot = page.slot_for(&terms(5)).unwrap();
    let mut account = Account::default();
    account.sessions = 3;
    account.watched_ms = 77;
    for (place, number) in [(2, 1), (9, 3)] {
        page.put(place, &seat(number, slot));
        assert!(account.list(OpenSession {
            number,
            stream: 7,
            page: 4,
            seat: place,
        }));
    }
    let mut meter = StreamMeter::default();
    meter.live = 2;
    meter.closed = 5;
    meter.watched_ms = 99;
    meter.add_page(4);
    ledger.pages.insert((7, 4), &page);
    ledger.accounts.insert(people().bob, &account);
    ledger.meters.insert(7, &meter);
    ledger
}

#[ink::test]
fn viewers_audiences_and_pages_are_shown() {
    let contract = contract();
    seated();
    let shown = contract.viewer(people().bob);
    assert_eq!((shown.sessions, shown.watched_ms), (3, 77));
    let open: Vec<_> = shown.open.iter().map(|open| open.number).collect();
    assert_eq!(open, [1, 3]);
    let audience = contract.audience(7);
    assert_eq!((audience.live, audience.closed), (2, 5));
    assert_eq!((audience.watched_ms, audience.pages), (99, 5));
    assert_eq!(contract.live_viewers(7), 2);
    assert_eq!(contract.live_viewers(8), 0);
    let page = contract.page(7, 4).unwrap();
    assert_eq!(page.payer, people().eve);
    let id = |number| SessionId {
        viewer: people().bob,
        number,
    };
    assert_eq!(page.sessions, [id(1), id(3)]);
    assert_eq!(contract.page(7, 5), None);
}

#[ink::test]
fn batches_tell_what_there_is_not_to_settle() {
    let mut contract = contract();
    let mut ledger = seated();
    assert_eq!(contract.wire(all_wired()), Ok(()));
    let of = |number| SessionId {
        viewer: people().bob,
        number,
    };
    let ids = vec![of(2), of(4), of(2), of(0), of(4)];
    let expected = vec![
        Outcome::SessionClosed,
        Outcome::SessionNotFound,
        Outcome::Duplicate,
        Outcome::SessionNotFound,
        Outcome::Duplicate,
    ];
    assert_eq!(contract.settle_many(ids), Ok(expected));
    let most = vec![of(2); MAX_BATCH as usize];
    let settled = contract.settle_many(most).unwrap();
    assert_eq!(settled.len(), MAX_BATCH as usize);
    assert_eq!(settled[0], Outcome::SessionClosed);
    let max = MAX_BATCH;
    let too_many = Err(TickStreamError::TooMany { max });
    let more = vec![of(2); MAX_BATCH as usize + 1];
    assert_eq!(contract.settle_many(more), too_many);
    let closed = Err(TickStreamError::SessionClosed);
    assert_eq!(contract.settle(of(2)), closed);
    // A page without sessions, and one that is not there.
    ledger.pages.insert((7, 5), &Page::new(people().eve));
    assert_eq!(contract.settle_page(7, 5), Ok(vec![]));
    let absent = Err(TickStreamError::PageNotFound);
    assert_eq!(contract.settle_page(7, 6), absent);
}

#[ink::test]
fn vouchers_that_are_not_good_are_told() {
    let mut contract = contract();
    seated();
    assert_eq!(contract.wire(all_wired()), Ok(()));
    let voucher = |number| SignedVoucher {
        at: Seated {
            id: SessionId {
                viewer: people().bob,
                number,
            },
            stream: 7,
            page: 4,
            seat: 9,
        },
        ms: 1,
        amount: 1,
        signature: [0; 64],
    };
    let not_seated = VoucherRefusal::NotSeated;
    let refused = Err(TickStreamError::Voucher(not_seated));
    assert_eq!(contract.redeem(voucher(1)), refused);
    let no_key = VoucherRefusal::NoKey;
    let refused = Err(TickStreamError::Voucher(no_key));
    assert_eq!(contract.redeem(voucher(3)), refused);
    let both = vec![voucher(1), voucher(3)];
    let expected = vec![
        VoucherOutcome::Refused(not_seated),
        VoucherOutcome::Refused(no_key),
    ];
    assert_eq!(contract.redeem_many(both), Ok(expected));
    let most = vec![voucher(3); MAX_BATCH as usize];
    let outcomes = contract.redeem_many(most).unwrap();
    assert_eq!(outcomes.len(), MAX_BATCH as usize);
    let max = MAX_BATCH;
    let too_many = Err(TickStreamError::TooMany { max });
    let more = vec![voucher(3); MAX_BATCH as usize + 1];
    assert_eq!(contract.redeem_many(more), too_many);
}
