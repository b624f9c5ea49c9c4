//! The evening that hostile contracts meet: who watches what, what asks whom, and how everybody leaves without asking.

use crate::{common::*, puppets::*};
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, Change, Class, OpenRequest, Outcome as Fate,
    PaymentHandler, PermittedDeposit, PricingEngine, Seated, StreamId, TickLifecycle, TickStream,
    TickStreamError as Error, Totals, NATIVE,
};

/// Noor's stream, a fifth of which is omar's.
pub const SECOND_STREAM: StreamId = 2;
/// Ten seconds of stream 1, in native units: 10 × 1,000,007.
pub const TEN_SECONDS: Balance = 10_000_070;
/// The puppet's number as an asset.
pub const HOSTILE: AssetId = 2;
/// What noor has deposited in it.
pub const GIVEN: Balance = 1_000_000_000;
/// What a session in it costs a second.
const HOSTILE_RATE: Balance = 1_000;

/// Alice watches stream 1 by the clock, and stream 2 on vouchers, which rita told her of; bob watches stream 2 for $VLK, and has paused on stream 1. Ten
/// seconds of each are charged or signed, and all but the pause's are paid; five more are not.
pub fn watched() -> Stage {
    let mut s = Stage::on_air();
    s.airs("noor", Class::Standard, &[share("omar", 2_000)]);
    s.opens("alice", request());
    let signed = OpenRequest {
        stream: SECOND_STREAM,
        referrer: Some(account("rita")),
        ..signed_by("alice")
    };
    let watch = s.watches("alice", signed);
    let in_vlk = OpenRequest {
        stream: SECOND_STREAM,
        ..vlk_request()
    };
    s.opens("bob", in_vlk);
    s.opens("bob", request());
    s.advance(10_000);
    let (mut meter, mut lifecycle) = (s.suite.meter(), s.suite.lifecycle());
    let both = vec![id("alice", 1), id("bob", 1)];
    let sent = s.must("sam", meter.settle_many(both));
    let paid = [Fate::Settled(TEN_SECONDS), Fate::Settled(3_333_330)];
    assert_eq!(sent.value, paid);
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    s.must("noor", meter.redeem(voucher));
    s.must("bob", lifecycle.pause(2));
    s.advance(5_000);
    s
}

/// Everybody leaves by the ways that ask neither registry nor pricing, whatever those say, with what is theirs to the unit.
#[track_caller]
pub fn all_leave(s: &mut Stage) {
    let mut lifecycle = s.suite.lifecycle();
    for viewer in ["alice", "bob"] {
        for number in [1, 2] {
            s.must(viewer, lifecycle.begin_exit(number));
        }
    }
    s.advance(HOUR);
    for viewer in ["alice", "bob"] {
        for number in [1, 2] {
            s.must(viewer, lifecycle.finish_exit(number));
        }
    }
    let mut payments = s.suite.payments();
    for (viewer, asset, free) in [
        ("alice", NATIVE, DEPOSITED - 2 * TEN_SECONDS),
        ("alice", VLK, DEPOSITED),
        // What he had watched when he paused.
        ("bob", NATIVE, DEPOSITED - TEN_SECONDS),
        ("bob", VLK, DEPOSITED - 3_333_330),
    ] {
        assert_eq!(s.free(viewer, asset), free, "{viewer} in {asset}");
        s.must(viewer, payments.withdraw(asset, free));
    }
    for (payee, asset, amount) in [
        // Of each 10,000,070: a tenth is the fee, and the rest mira's.
        ("mira", NATIVE, 18_000_126),
        // Of 9,000,063, and of 2,999,997: four fifths, with what rounding leaves, and one.
        ("noor", NATIVE, 7_200_051),
        ("omar", NATIVE, 1_800_012),
        ("noor", VLK, 2_399_998),
        ("omar", VLK, 599_999),
        // A tenth of the fee of 1,000,007.
        ("rita", NATIVE, 100_000),
    ] {
        let sent = s.must(payee, payments.withdraw_payable(asset));
        assert_eq!(sent.value, amount, "{payee} in {asset}");
    }
    for (asset, fees) in [(NATIVE, 2 * 1_000_007 + 900_007), (VLK, 333_333)] {
        assert_eq!(s.must("sam", payments.withdraw_fees(asset)).value, fees);
        assert_eq!(s.totals(asset), Totals::default());
    }
    s.is_solvent_to_the_unit();
}

/// All that asks for a charge or an offer.
pub fn asking(s: &mut Stage) -> Vec<Act> {
    let (mut meter, mut lifecycle) = (s.suite.meter(), s.suite.lifecycle());
    let (alice, bob) = (id("alice", 1), id("bob", 1));
    let at = s.session("alice", 1);
    let at = Seated {
        id: alice,
        stream: at.stream,
        page: at.page,
        seat: at.seat,
    };
    let deposit = PermittedDeposit {
        amount: ONE,
        permit: None,
    };
    vec![
        Act::new("sam", "settle", meter.settle(alice)),
        Act::new("sam", "settle_many", meter.settle_many(vec![bob, alice])),
        Act::new("sam", "settle_page 1", meter.settle_page(STREAM, 0)),
        Act::new("sam", "settle_page 2", meter.settle_page(SECOND_STREAM, 0)),
        Act::new("noor", "open", lifecycle.open(request())),
        Act::new(
            "noor",
            "deposit_and_open",
            lifecycle.deposit_and_open(vlk_request(), deposit),
        ),
        Act::new("bob", "top_up", lifecycle.top_up(alice, 1)),
        Act::new("alice", "pause", lifecycle.pause(1)),
        Act::new("bob", "resume", lifecycle.resume(2)),
        Act::new(
            "alice",
            "set_key",
            lifecycle.set_key(1, Some(key("tablet"))),
        ),
        Act::new("alice", "close", lifecycle.close(1)),
        Act::new("alice", "close of vouchers", lifecycle.close(2)),
        Act::new("sam", "close_ended", lifecycle.close_ended(bob)),
        Act::new("mira", "dismiss", lifecycle.dismiss(at)),
    ]
}

/// Who could open, and deposit what they open with.
pub fn noor_is_ready(s: &mut Stage) {
    s.deposits("noor");
    s.gets_vlk("noor", ONE);
    let approve = psp22::PSP22::approve(&mut s.suite.token(), s.suite.payments, ONE);
    s.must("noor", approve);
}

/// She takes back what she deposited.
pub fn noor_leaves(s: &mut Stage) {
    for asset in [NATIVE, VLK] {
        s.must("noor", s.suite.payments().withdraw(asset, DEPOSITED));
    }
}

/// A mode that is no answer, and what the chain says where it ends the transaction itself.
pub fn no_answers() -> [(&'static str, Mode, Option<&'static str>); 8] {
    [
        ("traps", Mode::Trap, None),
        ("says nothing", Mode::Say(vec![vec![]]), None),
        ("babbles", Mode::Say(vec![vec![0xFF]]), None),
        ("knows no such message", Mode::Say(vec![vec![1, 1]]), None),
        (
            "babbles on after an answer",
            Mode::Say(vec![vec![0, 0, 0xFF]]),
            None,
        ),
        ("undoes what it did", Mode::Refuse(vec![0xFF]), None),
        ("floods", Mode::Flood, Some("OutputBufferTooSmall")),
        ("spins", Mode::Spin, Some("OutOfGas")),
    ]
}

/// Enough for what is honest, and soon burned: half a second of reference time.
pub const ENOUGH_GAS: (u64, u64) = (500_000_000_000, 1 << 26);

/// Each act meets what is said, and none changes anything.
#[track_caller]
pub fn all_fail(s: &mut Stage, acts: &[Act], how: &str, expected: &Met<Error>) {
    let before = s.books();
    for act in acts {
        let met = s.act::<Error>(act);
        let in_second_code = !["settle", "redeem"]
            .iter()
            .any(|of| act.name.starts_with(of));
        match expected {
            // What ends the second code's call is a refusal of the first's; but without gas neither has a word.
            Met::Ended(name) if in_second_code && name == "OutputBufferTooSmall" => {
                let failed = Met::Refused(Error::LifecycleFailed);
                assert_eq!(met, failed, "{} where it {how}", act.name);
            }
            _ => assert_eq!(met, *expected, "{} where it {how}", act.name),
        }
    }
    s.books().are_as_before(&before, how);
}

/// [`watched`], and a puppet that is asset 2: noor has a pool of it, in which her session on stream 1 owes mira something.
pub fn with_a_token() -> (Stage, AccountId) {
    let mut s = watched();
    let token = s.puppet("token");
    s.tells(token, Order::Credit(account("noor"), 2 * GIVEN));
    let payments = s.suite.payments;
    s.changes(payments, Change::ListToken(token));
    let rates = [(NATIVE, RATE), (VLK, VLK_RATE), (HOSTILE, HOSTILE_RATE)];
    let rates = rates.map(|(asset, rate_per_sec)| AssetRate {
        asset,
        rate_per_sec,
    });
    let (mut pricing, mut lifecycle) = (s.suite.pricing(), s.suite.lifecycle());
    s.must("mira", pricing.set_rates(STREAM, rates.to_vec()));
    s.must("noor", s.suite.payments().deposit_token(HOSTILE, GIVEN));
    s.must("noor", lifecycle.open(in_hostile(1_000_000)));
    s.advance(10_000);
    s.must("sam", s.suite.meter().settle(id("noor", 1)));
    // Something to sweep.
    s.tells(token, Order::Credit(payments, GIVEN + 77));
    (s, token)
}

/// Stream 1, in the puppet's token.
pub fn in_hostile(hold: Balance) -> OpenRequest {
    OpenRequest {
        asset: HOSTILE,
        hold,
        ceiling: HOSTILE_RATE,
        ..request()
    }
}
