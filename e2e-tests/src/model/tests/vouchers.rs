//! Lives of sessions that vouchers bill, worked out by hand.

use super::*;
use vilokanam_interfaces::{VoucherOutcome, VoucherRefusal as Refusal};
use vilokanam_voucher::{Domain, Voucher};

const KEY: u8 = 50;
const NEXT_KEY: u8 = 51;

/// A voucher over the right bytes, as the library for clients makes them.
pub fn signed(model: &Model, id: SessionId, ms: Millis, amount: Balance, by: AccountId) -> Signed {
    let at = model.seat_of(id).unwrap_or(Seated {
        id,
        stream: 1,
        page: 0,
        seat: 0,
    });
    let fields = Voucher {
        viewer: *id.viewer.as_ref(),
        number: id.number,
        stream: at.stream,
        asset: model.life(id).map_or(NATIVE, |life| life.asset),
        ms,
        amount,
    };
    let domain = Domain {
        genesis_hash: model.genesis_hash.into(),
        contract: *model.contracts.meter.as_ref(),
    };
    Signed {
        voucher: SignedVoucher {
            at,
            ms,
            amount,
            signature: [7; 64],
        },
        by: Some(by),
        over: fields.message(&domain).to_vec(),
    }
}

fn refused(refusal: Refusal) -> Result<Value, TickStreamError> {
    Err(TickStreamError::Voucher(refusal))
}

impl World {
    fn open_keyed(&mut self, hold: Balance) -> SessionId {
        let keyed = OpenRequest {
            key: Some(who(KEY)),
            ..request(hold)
        };
        self.open_with(VIEWER, keyed).unwrap()
    }

    /// A stranger redeems what a key signed.
    fn redeem(
        &mut self,
        id: SessionId,
        ms: Millis,
        amount: Balance,
        by: u8,
    ) -> Result<Value, TickStreamError> {
        let voucher = signed(&self.0, id, ms, amount, who(by));
        self.meter(STRANGER, MeterCall::Redeem(voucher))
    }

    fn set_key(&mut self, key: Option<u8>) -> Result<Value, TickStreamError> {
        let key = key.map(who);
        self.meter(VIEWER, MeterCall::SetKey { number: 1, key })
    }
}

#[test]
fn a_session_with_a_key_is_billed_by_what_it_signs_and_closes_after_a_grace() {
    let mut world = World::new();
    let id = world.open_keyed(100_000);
    world.0.advance(10_000);
    assert_eq!(world.0.owed(id), Ok(0)); // the clock stands still
    assert_eq!(world.redeem(id, 10_000, 15_000, KEY), amount(15_000));
    assert_eq!(world.payable(CREATOR), 13_500);
    assert_eq!(world.0.totals(NATIVE).fees, 1_500);
    assert_eq!(world.0.owed(id), Ok(0));
    assert_eq!(world.0.refundable(id), Ok(85_000));
    let again = world.redeem(id, 10_000, 15_000, KEY);
    assert_eq!(again, refused(Refusal::NotNewer));
    world.0.advance(5_000);
    let mut wrapped = signed(&world.0, id, 15_000, 22_500, who(KEY));
    wrapped.over = [b"<Bytes>", &wrapped.over[..], b"</Bytes>"].concat();
    let redeem = MeterCall::Redeem(wrapped);
    assert_eq!(world.meter(STRANGER, redeem), amount(7_500));
    let session = world.0.session(id).unwrap();
    let vouchers = (session.voucher_amount, session.voucher_ms, session.settled);
    assert_eq!(vouchers, (22_500, 15_000, 22_500));
    assert_eq!(
        (session.state, session.voucher_from_ms),
        (SessionState::Voucher, START)
    );
    assert_eq!((session.watched_ms, session.accrued), (0, 0));

    // It closes: off the list, still on its page.
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(0));
    assert_eq!(world.0.session(id), None);
    assert_eq!(world.0.viewer(who(VIEWER)).open, Vec::new());
    assert_eq!(world.0.live_viewers(1), 0);
    assert_eq!(world.0.page(1, 0).unwrap().sessions, vec![id]);
    let closed = Err(TickStreamError::SessionClosed);
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), closed);
    assert_eq!(world.meter(VIEWER, MeterCall::Settle(id)), closed);
    assert_eq!(world.0.owed(id), Err(TickStreamError::SessionClosed));
    let second = world.open(1_500);
    assert_eq!((second.number, world.0.life(second).unwrap().seat), (2, 1));

    // What was signed counts; time stood still when it closed: 15 s and the tolerance.
    world.0.advance(400_000);
    assert_eq!(world.redeem(id, 20_000, 30_000, KEY), amount(7_500));
    let ahead = refused(Refusal::AheadOfTime { latest_ms: 27_000 });
    assert_eq!(world.redeem(id, 27_001, 40_000, KEY), ahead);
    let at = world.0.seat_of(id).unwrap();
    let finish_ms = START + 15_000 + EXIT_DELAY;
    let early = Err(TickStreamError::ExitNotDue { finish_ms });
    assert_eq!(world.meter(STRANGER, MeterCall::FinishClose(at)), early);
    world.0.advance(200_000);
    assert_eq!(world.meter(STRANGER, MeterCall::FinishClose(at)), amount(0));
    assert_eq!(world.free(), DEPOSIT - 30_000 - 1_500);
    assert_eq!(world.0.viewer(who(VIEWER)).watched_ms, 20_000);
    let audience = world.0.audience(1);
    assert_eq!(
        (audience.live, audience.closed, audience.watched_ms),
        (1, 1, 20_000)
    );
    let gone = world.redeem(id, 27_000, 40_000, KEY);
    assert_eq!(gone, refused(Refusal::NotSeated));
    let gone = world.meter(STRANGER, MeterCall::FinishClose(at));
    assert_eq!(gone, Err(TickStreamError::SessionNotFound));
}

#[test]
fn a_voucher_is_refused_for_the_first_reason() {
    let mut world = World::new();
    let id = world.open(50_000);
    let no_key = world.redeem(id, 9_999, 15_000, KEY);
    assert_eq!(no_key, refused(Refusal::NoKey));
    world.set_key(Some(KEY)).unwrap();
    world.0.advance(10_000);
    assert_eq!(world.redeem(id, 10_000, 15_000, KEY), amount(15_000));
    // Each line mends the reason of the one before it.
    let mut elsewhere = signed(&world.0, id, 9_999, 15_000, who(NEXT_KEY));
    elsewhere.voucher.at.seat = 1;
    let elsewhere = world.meter(VIEWER, MeterCall::Redeem(elsewhere));
    assert_eq!(elsewhere, refused(Refusal::NotSeated));
    let mut bad = |ms, amount| world.redeem(id, ms, amount, NEXT_KEY);
    assert_eq!(bad(9_999, 15_000), refused(Refusal::NotNewer));
    assert_eq!(bad(9_999, 500_000), refused(Refusal::TimeFallsBack));
    // The ceiling is 10,000 a second: 22,001 ms cost 220,010 at most.
    assert_eq!(bad(22_001, 220_011), refused(Refusal::AboveCeiling));
    let latest_ms = 22_000;
    let ahead = refused(Refusal::AheadOfTime { latest_ms });
    assert_eq!(bad(22_001, 220_010), ahead);
    let available = 50_000;
    let above = refused(Refusal::AboveHold { available });
    assert_eq!(bad(22_000, 50_001), above);
    assert_eq!(bad(22_000, 50_000), refused(Refusal::BadSignature));
    let tampered: [fn(&mut Signed); 4] = [
        |signed| signed.over[147] ^= 1,
        |signed| signed.over = [b"<Bytes>", &signed.over[..]].concat(),
        |signed| signed.by = None,
        |signed| signed.voucher.ms -= 1,
    ];
    for tamper in tampered {
        let mut voucher = signed(&world.0, id, 22_000, 50_000, who(KEY));
        tamper(&mut voucher);
        let bad = world.meter(VIEWER, MeterCall::Redeem(voucher));
        assert_eq!(bad, refused(Refusal::BadSignature));
    }
    assert_eq!(world.redeem(id, 22_000, 50_000, KEY), amount(35_000));
}

#[test]
fn what_an_old_key_signed_counts_for_a_grace() {
    let mut world = World::new();
    let id = world.open(500_000);
    world.0.advance(2_000);
    let invalid = Err(TickStreamError::InvalidKey);
    assert_eq!(world.set_key(None), invalid);
    assert_eq!(world.set_key(Some(0)), invalid);
    world.set_key(Some(KEY)).unwrap();
    assert_eq!(world.set_key(Some(KEY)), invalid);
    let resumed = world.meter(VIEWER, MeterCall::Resume(1));
    assert_eq!(resumed, Err(TickStreamError::NotPaused));
    let paused = world.meter(VIEWER, MeterCall::Pause(1));
    assert_eq!(paused, Err(TickStreamError::NotRunning));
    world.0.advance(1_000);
    // The clock had 2 s; vouchers count from then on.
    assert_eq!(world.0.owed(id), Ok(3_000));
    assert_eq!(world.redeem(id, 1_000, 1_500, KEY), amount(1_500));

    world.set_key(Some(NEXT_KEY)).unwrap();
    let until_ms = START + 3_000 + EXIT_DELAY;
    let session = world.0.session(id).unwrap();
    assert_eq!(session.key, Some(who(NEXT_KEY)));
    assert_eq!(session.old_key, Some((who(KEY), until_ms)));
    assert_eq!(session.voucher_from_ms, START + 2_000);
    let changing = Err(TickStreamError::KeyChanging { until_ms });
    assert_eq!(world.set_key(Some(KEY)), changing);
    assert_eq!(world.set_key(None), changing);
    world.0.advance(EXIT_DELAY - 1);
    assert_eq!(world.redeem(id, 2_000, 3_000, KEY), amount(1_500));
    world.0.advance(1);
    let late = world.redeem(id, 3_000, 4_500, KEY);
    assert_eq!(late, refused(Refusal::BadSignature));
    assert_eq!(world.redeem(id, 3_000, 4_500, NEXT_KEY), amount(1_500));

    // Revoked: paused, and again a grace.
    world.set_key(None).unwrap();
    let state = world.0.session(id).unwrap().state;
    assert_eq!(state, SessionState::Paused);
    assert_eq!(world.redeem(id, 4_000, 6_000, NEXT_KEY), amount(1_500));
    let until_ms = world.0.now_ms + EXIT_DELAY;
    let resumed = world.meter(VIEWER, MeterCall::Resume(1));
    assert_eq!(resumed, Err(TickStreamError::KeyChanging { until_ms }));
    world.0.advance(EXIT_DELAY);
    world.meter(VIEWER, MeterCall::Resume(1)).unwrap();
    world.0.advance(4_000);
    assert_eq!(world.0.owed(id), Ok(3_000 + 6_000));
    let over = world.redeem(id, 5_000, 7_500, NEXT_KEY);
    assert_eq!(over, refused(Refusal::NoKey));
    // Nothing can be redeemed any more, so it closes at once. Vouchers have paid 6,000.
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(9_000));
    assert_eq!(world.free(), DEPOSIT - 15_000);
}

#[test]
fn clock_and_vouchers_share_one_hold() {
    let mut world = World::new();
    let id = world.open(10_000);
    world.0.advance(2_001);
    world.set_key(Some(KEY)).unwrap();
    // The clock accrued 3,001.5: it keeps 3,002 of the hold.
    let available = 6_998;
    let above = refused(Refusal::AboveHold { available });
    assert_eq!(world.redeem(id, 10_000, 6_999, KEY), above);
    assert_eq!(world.redeem(id, 10_000, 6_998, KEY), amount(6_998));
    assert_eq!(world.0.owed(id), Ok(3_001));
    assert_eq!(world.0.refundable(id), Ok(1));
    assert_eq!(world.meter(VIEWER, MeterCall::Close(1)), amount(0));
    let at = world.0.seat_of(id).unwrap();
    let not_creator = Err(TickStreamError::NotCreator);
    assert_eq!(world.meter(VIEWER, MeterCall::Dismiss(at)), not_creator);
    assert_eq!(world.meter(CREATOR, MeterCall::Dismiss(at)), amount(3_001));
    assert_eq!(world.free(), DEPOSIT - 9_999);
    assert_eq!(world.0.viewer(who(VIEWER)).watched_ms, 12_001);

    // While what is signed counts the clock stands still: it would take of the hold what vouchers are for.
    let id = world.open_keyed(10_000);
    let revoke = MeterCall::SetKey {
        number: 2,
        key: None,
    };
    world.meter(VIEWER, revoke).unwrap();
    let until_ms = world.0.now_ms + EXIT_DELAY;
    let resumed = world.meter(VIEWER, MeterCall::Resume(2));
    assert_eq!(resumed, Err(TickStreamError::KeyChanging { until_ms }));
    world.0.advance(EXIT_DELAY - 1);
    assert_eq!(world.redeem(id, 500, 5_000, KEY), amount(5_000));
    world.0.advance(1);
    world.meter(VIEWER, MeterCall::Resume(2)).unwrap();
    // 5,000 are left: 3,333 ms at 1.5.
    let end_ms = world.0.now_ms + 3_333;
    assert_eq!(world.0.runs_out_at(id), Ok(Some(end_ms)));
    world.0.advance(4_000);
    assert_eq!(world.0.owed(id), Ok(4_999));
    let page = MeterCall::SettlePage { stream: 1, page: 0 };
    let moved = Ok(Value::Amounts(vec![(NATIVE, 4_999)]));
    assert_eq!(world.meter(STRANGER, page), moved);
}

#[test]
fn the_end_of_a_broadcast_and_an_exit_leave_time_to_redeem() {
    let mut world = World::new();
    let id = world.open_keyed(100_000);
    world.0.advance(10_000);
    let end = RegistryCall::EndBroadcast { stream: 1 };
    world.registry(CREATOR, end).unwrap();
    let finish_ms = START + 10_000 + EXIT_DELAY;
    let early = Err(TickStreamError::ExitNotDue { finish_ms });
    world.0.advance(EXIT_DELAY - 1);
    let close_ended = MeterCall::CloseEnded(id);
    assert_eq!(world.meter(STRANGER, close_ended.clone()), early);
    assert_eq!(world.redeem(id, 10_000, 15_000, KEY), amount(15_000));
    let ended_ms = START + 10_000;
    let ended = Err(TickStreamError::SessionEnded { ended_ms });
    assert_eq!(world.set_key(Some(NEXT_KEY)), ended);
    world.0.advance(1);
    assert_eq!(world.meter(STRANGER, close_ended), amount(0));
    assert_eq!(world.free(), DEPOSIT - 15_000);

    world.go_live(86_400_000);
    let id = world.open_keyed(100_000);
    let began_ms = world.0.now_ms;
    world.meter(VIEWER, MeterCall::BeginExit(2)).unwrap();
    let finish_ms = began_ms + EXIT_DELAY;
    let begun = Err(TickStreamError::ExitBegun { finish_ms });
    let rotate = MeterCall::SetKey {
        number: 2,
        key: Some(who(NEXT_KEY)),
    };
    assert_eq!(world.meter(VIEWER, rotate), begun);
    world.0.advance(1_000);
    // Closing keeps the instant that the exit announced.
    assert_eq!(world.meter(VIEWER, MeterCall::Close(2)), amount(0));
    let at = world.0.seat_of(id).unwrap();
    let early = Err(TickStreamError::ExitNotDue { finish_ms });
    assert_eq!(world.meter(VIEWER, MeterCall::FinishClose(at)), early);
    assert_eq!(world.redeem(id, 12_000, 18_000, KEY), amount(18_000));
    world.0.advance(EXIT_DELAY - 1_000);
    assert_eq!(world.meter(VIEWER, MeterCall::FinishClose(at)), amount(0));
    assert_eq!(world.free(), DEPOSIT - 15_000 - 18_000);
}

#[test]
fn one_bad_voucher_costs_the_others_nothing() {
    let mut world = World::new();
    let id = world.open_keyed(100_000);
    world.0.advance(10_000);
    let voucher = |amount, by| signed(&world.0, id, 10_000, amount, who(by));
    let batch = vec![
        voucher(1_000, KEY),
        voucher(1_000, KEY),
        voucher(2_000, NEXT_KEY),
        voucher(3_000, KEY),
    ];
    let outcomes = vec![
        VoucherOutcome::Paid(1_000),
        VoucherOutcome::Refused(Refusal::NotNewer),
        VoucherOutcome::Refused(Refusal::BadSignature),
        VoucherOutcome::Paid(2_000),
    ];
    let paid = world.meter(STRANGER, MeterCall::RedeemMany(batch));
    assert_eq!(paid, Ok(Value::Vouchers(outcomes)));
    assert_eq!(world.payable(CREATOR), 2_700);
    let many = vec![signed(&world.0, id, 1, 1, who(KEY)); 65];
    let many = world.meter(STRANGER, MeterCall::RedeemMany(many));
    assert_eq!(many, Err(TickStreamError::TooMany { max: 64 }));
}
