//! Which vouchers are taken, with the published test vector's signature, up to the call that moves the money.

mod common;

use common::{account, at, bytes, key, ledger, seat, START_MS, STREAM};
use ink::env::{
    test::{recorded_events, set_block_timestamp},
    DefaultEnvironment as Env,
};
use std::panic::{catch_unwind, AssertUnwindSafe};
use vilokanam_interfaces::{
    AccountId, Seated, SignedVoucher, VoucherOutcome, VoucherRefusal as Refusal, MAX_BATCH_PAGES,
};
use vilokanam_sessions::{
    ledger::Ledger,
    seats::{Page, Seat, NOBODY},
};

const NUMBER: u32 = 0x0403_0201;
const VLK: u128 = 1_000_000_000_000;
const PLACE: u8 = 3;

/// The session of the vector: a VLK a second, 3,600 of them, of which vouchers have paid a minute.
fn session() -> Seat {
    Seat {
        paused: true,
        hold: 3_600 * VLK,
        settled: 60 * VLK,
        ceiling: VLK,
        key: key(),
        voucher_amount: 60 * VLK,
        voucher_ms: 60_000,
        voucher_from_ms: START_MS,
        ..seat(NUMBER)
    }
}

/// A second more, as the key signed it.
fn voucher() -> SignedVoucher {
    SignedVoucher {
        at: at(NUMBER, 0, PLACE),
        ms: 61_000,
        amount: 61 * VLK,
        signature: bytes(
            "20ab749ca12af14daa705949a622a78f6079cfbb5fecea2c7da377c67e2fe66f\
             0a6eb3ccef61f871d84cd15f4a63f6fa4efeb6833984ba996ae1148fdf20a88d",
        ),
    }
}

/// Sixty seconds after the session was opened.
fn with(session: Seat) -> Ledger {
    let ledger = ledger(&[(0, PLACE, session)]);
    set_block_timestamp::<Env>(START_MS + 60_000);
    ledger
}

fn redeem(ledger: &mut Ledger, vouchers: &[SignedVoucher]) -> Vec<VoucherOutcome> {
    let wired = ledger.wired_setup().expect("wired");
    let outcomes = ledger.redeem_batch(wired, vouchers);
    outcomes.expect("a batch of which nothing is paid")
}

/// Why a voucher is refused on the session. Nothing changes.
fn refusal(session: Seat, voucher: SignedVoucher) -> Refusal {
    let mut ledger = with(session.clone());
    let outcomes = redeem(&mut ledger, &[voucher]);
    let found = ledger.find_at(&at(NUMBER, 0, PLACE)).ok();
    assert_eq!(*found.expect("it sits").seat, session);
    assert_eq!(recorded_events().count(), 0);
    match outcomes[..] {
        [VoucherOutcome::Refused(refusal)] => refusal,
        _ => panic!("{outcomes:?}"),
    }
}

/// What is written before the payment handler is called, which no mock chain can; `None` if nothing was.
fn paid(session: Seat, voucher: SignedVoucher) -> Seat {
    let mut ledger = with(session);
    let wired = ledger.wired_setup().expect("wired");
    let called = catch_unwind(AssertUnwindSafe(|| {
        let _ = ledger.redeem_batch(wired, &[voucher]);
    }));
    let reason = called.expect_err("a call to the payment handler");
    let reason = reason.downcast_ref::<&str>().copied();
    let unsupported = "not implemented: off-chain environment does not support contract invocation";
    assert_eq!(reason, Some(unsupported));
    let found = ledger.find_at(&at(NUMBER, 0, PLACE)).ok();
    *found.expect("it sits").seat
}

#[ink::test]
fn a_good_voucher_is_paid_and_noted() {
    let expected = Seat {
        settled: 61 * VLK,
        voucher_amount: 61 * VLK,
        voucher_ms: 61_000,
        ..session()
    };
    assert_eq!(paid(session(), voucher()), expected);
    // By the key before, too, while what it signed counts.
    let rotated = Seat {
        key: account(6),
        old_key: key(),
        old_until_ms: START_MS + 60_001,
        ..session()
    };
    assert_eq!(paid(rotated, voucher()).voucher_amount, 61 * VLK);
}

#[ink::test]
fn vouchers_of_other_seats_are_refused() {
    let of = |at: Seated| SignedVoucher { at, ..voucher() };
    let mut other = at(NUMBER, 0, PLACE);
    other.id.number += 1;
    for elsewhere in [other, at(NUMBER, 0, PLACE + 1), at(NUMBER, 1, PLACE)] {
        assert_eq!(refusal(session(), of(elsewhere)), Refusal::NotSeated);
    }
}

#[ink::test]
fn vouchers_need_a_key_that_counts_and_has_signed() {
    let keyless = Seat {
        key: NOBODY.into(),
        ..session()
    };
    assert_eq!(refusal(keyless.clone(), voucher()), Refusal::NoKey);
    let lapsed = Seat {
        old_key: key(),
        old_until_ms: START_MS + 60_000,
        ..keyless
    };
    assert_eq!(refusal(lapsed, voucher()), Refusal::NoKey);
    let of_another = Seat {
        key: account(6),
        ..session()
    };
    assert_eq!(refusal(of_another, voucher()), Refusal::BadSignature);
    let asset = session().asset + 1;
    let other_asset = Seat { asset, ..session() };
    assert_eq!(refusal(other_asset, voucher()), Refusal::BadSignature);
    let mut forged = voucher();
    forged.amount -= 1;
    assert_eq!(refusal(session(), forged), Refusal::BadSignature);
}

#[ink::test]
fn numbers_out_of_the_sessions_limits_are_refused() {
    let paid = Seat {
        voucher_amount: 61 * VLK,
        ..session()
    };
    assert_eq!(refusal(paid, voucher()), Refusal::NotNewer);
    let watched = Seat {
        voucher_ms: 61_001,
        ..session()
    };
    assert_eq!(refusal(watched, voucher()), Refusal::TimeFallsBack);
    let ceiling = VLK - 1;
    let cheaper = Seat {
        ceiling,
        ..session()
    };
    assert_eq!(refusal(cheaper, voucher()), Refusal::AboveCeiling);
    let until_ms = START_MS + 48_999;
    let over = Seat {
        until_ms,
        ..session()
    };
    let latest_ms = 60_999;
    assert_eq!(refusal(over, voucher()), Refusal::AheadOfTime { latest_ms });
    // The clock owes a part of a unit beyond 3,539 VLK: rounded up, less than 61 is left.
    let accrued = 3_539 * VLK * 1_000_000_000 + 1;
    let drawn = Seat {
        accrued,
        ..session()
    };
    let available = 61 * VLK - 1;
    assert_eq!(refusal(drawn, voucher()), Refusal::AboveHold { available });
}

#[ink::test]
fn a_batch_touches_so_many_pages() {
    let mut ledger = with(session());
    for page in 1..=MAX_BATCH_PAGES as u16 {
        let payer: AccountId = account(1);
        ledger.pages.insert((STREAM, page), &Page::new(payer));
    }
    let vouchers: Vec<_> = (1..=MAX_BATCH_PAGES as u16)
        .chain([0])
        .map(|page| SignedVoucher {
            at: at(NUMBER, page, PLACE),
            ..voucher()
        })
        .collect();
    let mut expected = vec![VoucherOutcome::Refused(Refusal::NotSeated); vouchers.len()];
    expected[MAX_BATCH_PAGES as usize] = VoucherOutcome::Refused(Refusal::TooManyPages);
    assert_eq!(redeem(&mut ledger, &vouchers), expected);
}
