//! A pricing engine that refuses, traps, babbles, answers too much, burns all gas, calls back, or lies: what it is asked for fails and changes nothing, what it
//! lies about is bounded by what the viewer agreed to, and everybody gets out.

use crate::{common::*, puppets::*};
use ink::selector_bytes;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    AccountId, Balance, Charged, Class, Offer, OpenRequest, Outcome as Fate, PaymentHandler,
    PermittedDeposit, PricingEngineError, Seated, Share, StreamId, Terms, TickLifecycle,
    TickStream, TickStreamError as Error, Totals, FACTOR_ONE, NATIVE,
};

const CHARGE: [u8; 4] = selector_bytes!("PricingPlans::charge");
const OFFER: [u8; 4] = selector_bytes!("PricingPlans::offer");
/// Noor's stream, a fifth of which is omar's.
pub const SECOND_STREAM: StreamId = 2;
/// Ten seconds of stream 1, in native units: 10 × 1,000,007.
const TEN_SECONDS: Balance = 10_000_070;
/// What is accrued for a base unit.
const UNIT: u128 = 1_000_000_000;

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

/// The meter asks a puppet for prices.
fn priced_by_a_puppet(s: &mut Stage) -> AccountId {
    let (registry, pricing) = (s.suite.registry, s.suite.pricing);
    let puppet = s.puppet_before("pricing", pricing);
    s.rewires_meter(registry, puppet);
    puppet
}

#[test]
fn prices_that_are_no_answer_fail_whatever_asks_and_nobody_is_kept() {
    let mut s = watched();
    noor_is_ready(&mut s);
    let puppet = priced_by_a_puppet(&mut s);
    // While it is honest nobody can tell.
    assert_eq!(s.owed("alice", 1), 5_000_035);
    let acts = asking(&mut s);
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let expected = match ended {
            Some(name) => Met::Ended(name.into()),
            None => Met::Refused(Error::PricingFailed),
        };
        all_fail(&mut s, &acts, how, &expected);
        s.chain_gas(None);
    }
    // A refusal goes to the caller as it came: typed or, if it is none, unreadable. It is one all the same.
    let refusal = Err::<(), _>(PricingEngineError::StreamNotFound);
    s.turns(puppet, Mode::Refuse(answer(refusal)));
    let refused = Met::Refused(Error::Pricing(PricingEngineError::StreamNotFound));
    all_fail(&mut s, &acts, "refuses", &refused);
    s.turns(puppet, Mode::Say(vec![vec![0, 1, 0xEE, 0xEE]]));
    let unreadable = Met::Ended("UndecodableReply".into());
    all_fail(&mut s, &acts, "refuses in no words", &unreadable);
    s.turns(puppet, Mode::Trap);
    noor_leaves(&mut s);
    all_leave(&mut s);
}

/// What alice's clock has, honestly: 15 s at 1,000,007, of which five are new.
fn honestly(s: &mut Stage) -> Charged {
    let now_ms = s.now();
    Charged {
        accrued: 15 * RATE * UNIT,
        added_ms: 5_000,
        upto_ms: now_ms,
        ended_ms: None,
        price_per_sec: RATE,
        above_ceiling: false,
    }
}

type Lie = (&'static str, fn(Charged, &Stage) -> Charged);

/// Charges that no session can have.
const LIES: [Lie; 11] = [
    ("one millionth above the ceiling", |c, _| Charged {
        accrued: c.accrued + 1_000,
        ..c
    }),
    ("the whole hold", |c, _| Charged {
        accrued: HOLD * UNIT,
        ..c
    }),
    ("all holds of the asset", |c, _| Charged {
        accrued: 3 * HOLD * UNIT,
        ..c
    }),
    ("more than there can be", |c, _| Charged {
        accrued: u128::MAX,
        ..c
    }),
    ("less than was paid", |c, _| Charged { accrued: 0, ..c }),
    ("a bit less than was accrued", |c, _| Charged {
        accrued: 10 * RATE * UNIT - 1,
        ..c
    }),
    ("time that has gone back", |c, _| Charged {
        added_ms: 0,
        upto_ms: c.upto_ms - 5_001,
        ..c
    }),
    ("time to come", |c, _| Charged {
        added_ms: 6_000,
        upto_ms: c.upto_ms + 1_000,
        ..c
    }),
    ("the end of time", |c, _| Charged {
        added_ms: u64::MAX,
        upto_ms: u64::MAX,
        ..c
    }),
    ("time that was not", |c, _| Charged {
        added_ms: 5_001,
        ..c
    }),
    ("no time for money", |c, _| Charged {
        added_ms: 0,
        upto_ms: c.upto_ms - 5_000,
        ..c
    }),
];

#[test]
fn a_charge_that_cannot_be_is_none_and_locks_nothing_up() {
    let mut s = watched();
    let puppet = priced_by_a_puppet(&mut s);
    let acts = asking(&mut s);
    let of_alice = ["settle", "pause", "set_key", "close", "dismiss"];
    let acts: Vec<_> = acts
        .into_iter()
        .filter(|act| of_alice.contains(&act.name))
        .collect();
    assert_eq!(acts.len(), of_alice.len());
    let failed = Met::Refused(Error::PricingFailed);
    let honest = honestly(&mut s);
    for (what, lie) in LIES {
        let charged = lie(honest, &s);
        s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![charged])));
        all_fail(&mut s, &acts, what, &failed);
        let alice = id("alice", 1);
        let owed = s.suite.lifecycle().owed(alice);
        assert_eq!(s.read(owed), Err(Error::PricingFailed), "{what}");
        let left = s.suite.lifecycle().refundable(alice);
        assert_eq!(s.read(left), Err(Error::PricingFailed), "{what}");
    }
    // Nor time that was paused, nor charges of another number.
    s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![honest])));
    let resume = Act::new("sam", "settle", s.suite.meter().settle(id("bob", 2)));
    all_fail(&mut s, &[resume], "bills a pause", &failed);
    for charges in [vec![], vec![honest; 2]] {
        s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(charges)));
        all_fail(&mut s, &acts, "counts wrong", &failed);
    }
    all_leave(&mut s);
}

/// What stream 1 offers, honestly.
fn offered() -> Offer {
    Offer {
        broadcast: 1,
        class: Class::Standard,
        terms_no: 1,
        terms: Terms {
            owner: account("mira"),
            owner_bps: 10_000,
            cohosts: vec![],
        },
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        plan: 0,
        category: CATEGORY,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
    }
}

#[test]
fn nobody_opens_on_terms_that_cannot_be_split() {
    let mut s = watched();
    noor_is_ready(&mut s);
    let puppet = priced_by_a_puppet(&mut s);
    let deposit = PermittedDeposit {
        amount: ONE,
        permit: None,
    };
    let mut lifecycle = s.suite.lifecycle();
    let in_vlk = lifecycle.deposit_and_open(vlk_request(), deposit);
    let opening = [
        Act::new("noor", "open", lifecycle.open(request())),
        Act::new("noor", "deposit_and_open", in_vlk),
    ];
    let omar = |bps| share("omar", bps);
    let crowd = |bps| ["sam", "owner", "mona"].map(|who| share(who, bps)).to_vec();
    let shares: [Vec<Share>; 4] = [
        vec![omar(10_001)],
        crowd(3_334),
        vec![omar(u16::MAX), omar(2)],
        vec![omar(1); 4],
    ];
    let failed = Met::Refused(Error::PricingFailed);
    for cohosts in shares {
        let mut offer = offered();
        offer.terms.cohosts = cohosts;
        s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
        all_fail(&mut s, &opening, "shares more than there is", &failed);
        let can_open = s.suite.lifecycle().can_open(account("noor"), request());
        assert_eq!(s.read(can_open), Err(Error::PricingFailed));
    }
    // All of it is no more than there is: nothing is left to the owner.
    let mut offer = offered();
    offer.terms.cohosts = crowd(3_333);
    offer.terms.cohosts[0].bps += 1;
    s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
    s.opens("noor", request());
    s.advance(10_000);
    s.turns(puppet, Mode::Honest);
    assert_eq!(s.must("noor", lifecycle.close(1)).value, TEN_SECONDS);
    // Of 9,000,063 a third each, and a ten-thousandth more; rounded down, what is left is the owner's.
    for (cohost, part) in [
        ("sam", 3_000_621),
        ("owner", 2_999_721),
        ("mona", 2_999_721),
    ] {
        assert_eq!(s.payable(cohost, NATIVE), part);
    }
    s.is_solvent_to_the_unit();
}

#[test]
fn prices_that_are_merely_wrong_cost_a_viewer_no_more_than_they_agreed_to() {
    let mut s = watched();
    let puppet = priced_by_a_puppet(&mut s);
    // For nothing, of no class, on a plan that is none, and for ever: such a session is the viewer's own to end.
    let offer = Offer {
        broadcast: u32::MAX,
        class: Class::Tips,
        terms_no: u32::MAX,
        rate_per_sec: Balance::MAX,
        factor: u32::MAX,
        plan: u32::MAX,
        category: u16::MAX,
        step: u8::MAX,
        discount: u32::MAX,
        discount_until_ms: u64::MAX,
        preview_ms: u32::MAX,
        ..offered()
    };
    s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
    s.deposits("noor");
    s.opens("noor", request());
    s.advance(10_000);
    // Charged to its ceiling, to the millisecond; and told to have ended, when it has not.
    let now_ms = s.now();
    let charged = Charged {
        accrued: 10 * RATE * UNIT,
        added_ms: 10_000,
        upto_ms: now_ms,
        ended_ms: Some(0),
        price_per_sec: 0,
        above_ceiling: true,
    };
    s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![charged])));
    let end = s.suite.lifecycle().close_ended(id("noor", 1));
    assert_eq!(s.must("sam", end).value, TEN_SECONDS);
    assert_eq!(s.free("noor", NATIVE), DEPOSITED - TEN_SECONDS);
    s.is_solvent_to_the_unit();
}
