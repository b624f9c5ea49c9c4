//! A viewer's session, and pages of such.

#![allow(dead_code)] // each test program uses some

use ink::env::{
    test::{set_block_timestamp, set_callee},
    DefaultEnvironment as Env,
};
use vilokanam_interfaces::{
    AccountId, Class, Millis, OpenSession, PageNo, Seated, SessionId, StreamId, FACTOR_ONE,
};
use vilokanam_sessions::{
    ledger::{Ledger, Setup},
    seats::{Account, Page, Seat, StreamMeter, TermsSlot, NOBODY, NO_END},
};

/// When sessions are opened.
pub const START_MS: Millis = 1_700_000_000_000;
pub const STREAM: StreamId = 0x1413_1211;
pub const EXIT_DELAY_MS: Millis = 86_400_000;

/// The 32 or 64 bytes that a text of hexadecimal digits stands for.
pub fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("digits");
    core::array::from_fn(byte)
}

/// The viewer, key and contract of the first of the published test vectors of vouchers.
pub fn viewer() -> AccountId {
    bytes::<32>("50780547322a1ceba67ea8c552c9bc6c686f8698ac9a8cafab7cd15a1db19859").into()
}

pub fn key() -> AccountId {
    bytes::<32>("a63d1427fd44c2e8876a2d724abc93fee5cff849ca7cdc4a906e381a189c8c04").into()
}

pub fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

/// A session that was opened at `START_MS`, with a hold of 10,000 on the clock.
pub fn seat(number: u32) -> Seat {
    Seat {
        number,
        terms: 0,
        paused: false,
        asset: 0x2221,
        viewer: viewer(),
        broadcast: 3,
        plan: 0,
        referrer: NOBODY.into(),
        hold: 10_000,
        settled: 0,
        rate_per_sec: 5,
        factor: FACTOR_ONE,
        ceiling: 9,
        accrued: 0,
        since_ms: START_MS,
        watched_ms: 0,
        opened_ms: START_MS,
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

/// Charlie's, with a co-host of a quarter.
pub fn terms(terms_no: u32) -> TermsSlot {
    TermsSlot {
        terms_no,
        fee_bps: 1_000,
        referral_bps: 500,
        owner: account(3),
        cohosts: [(account(4), 2_500), (NOBODY.into(), 0), (NOBODY.into(), 0)],
    }
}

pub fn id(number: u32) -> SessionId {
    SessionId {
        viewer: viewer(),
        number,
    }
}

pub fn at(number: u32, page: PageNo, seat: u8) -> Seated {
    Seated {
        id: id(number),
        stream: STREAM,
        page,
        seat,
    }
}

/// A ledger on which these sessions of the viewer are open, each on its page and seat.
pub fn ledger(seated: &[(PageNo, u8, Seat)]) -> Ledger {
    set_block_timestamp::<Env>(START_MS);
    set_callee::<Env>(
        bytes::<32>("404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f").into(),
    );
    let mut ledger = Ledger::default();
    ledger.setup.set(&Setup {
        genesis_hash: core::array::from_fn::<u8, 32, _>(|at| at as u8).into(),
        exit_delay_ms: EXIT_DELAY_MS,
        payments: Some(account(9)),
    });
    let mut account_cell = Account::default();
    let mut meter = StreamMeter::default();
    for (page_no, place, seat) in seated {
        let mut page = match ledger.pages.get((STREAM, *page_no)) {
            Some(page) => page,
            None => {
                meter.add_page(*page_no);
                Page::new(account(1))
            }
        };
        assert_eq!(page.slot_for(&terms(5)), Some(0));
        page.put(*place, seat);
        ledger.pages.insert((STREAM, *page_no), &page);
        meter.live += 1;
        account_cell.sessions = account_cell.sessions.max(seat.number);
        assert!(account_cell.list(OpenSession {
            number: seat.number,
            stream: STREAM,
            page: *page_no,
            seat: *place,
        }));
    }
    ledger.meters.insert(STREAM, &meter);
    ledger.accounts.insert(viewer(), &account_cell);
    ledger
}
