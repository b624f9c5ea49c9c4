//! Attacks on vouchers. Each ends in an exact refusal, alone and in a batch, and moves nothing.

use crate::common::*;
use ink::scale::Encode;
use psp22::PSP22;
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy, instantiate, psp22, wasm, Calls, Chain, Config,
    Message, Receipt, Trap,
};
use vilokanam_interfaces::{
    events::tick_stream::*, AccountId, Administered, AssetId, AssetRate, Balance, Change, Class,
    Hash, Millis, OpenRequest, PageView, PaymentHandler, Pool, PricingEngine, Seated, Session,
    SessionId, SignedVoucher, StreamRegistry, TickLifecycle, TickStream, TickStreamError as Error,
    Totals, VoucherOutcome, VoucherRefusal as Refusal, MAX_BATCH, MAX_BATCH_PAGES, MAX_HOLD,
    MAX_RATE, NATIVE,
};
use vilokanam_voucher::{
    sign::{self, sign, Form},
    Domain, Voucher,
};

const EXIT_DELAY: Millis = HOUR;
/// Ten seconds at [`RATE`]: 1,000,007 × 10, and what mira has of them.
const TEN_SECONDS: Balance = 10_000_070;
const NET: Balance = 9_000_063;

/// alice watches stream 1 on vouchers, for ten seconds so far.
fn watched() -> (Stage, Watch) {
    let mut s = Stage::on_air();
    let watch = s.watches("alice", signed_by("alice"));
    s.advance(10_000);
    (s, watch)
}

fn redeem(s: &Stage, voucher: SignedVoucher) -> impl Message<Output = Result<Balance, Error>> {
    s.suite.meter().redeem(voucher)
}

/// All that an attack might change.
#[derive(Debug, PartialEq)]
struct Books {
    totals: Totals,
    pools: Vec<Pool>,
    payable: Vec<Balance>,
    native: Vec<Balance>,
    sessions: Vec<Option<Session>>,
    page: Option<PageView>,
}

fn books(s: &mut Stage) -> Books {
    let people = ["alice", "bob", "mira", "noor", "sam"];
    let meter = s.suite.meter;
    let read = |s: &mut Stage, viewer, number| {
        let lifecycle: vilokanam_chain::TickLifecycleCalls = meter.into();
        s.read(lifecycle.session(id(viewer, number)))
    };
    Books {
        totals: s.totals(NATIVE),
        pools: people.map(|who| s.pool(who, NATIVE)).to_vec(),
        payable: people.map(|who| s.payable(who, NATIVE)).to_vec(),
        native: people.map(|who| s.native(who)).to_vec(),
        sessions: [("alice", 1), ("alice", 2), ("bob", 1)]
            .map(|(who, number)| read(s, who, number))
            .to_vec(),
        page: s.read(s.suite.meter().page(STREAM, 0)),
    }
}

/// Refused for this reason, alone and in a batch, and nothing moves.
#[track_caller]
fn is_refused(s: &mut Stage, voucher: SignedVoucher, why: Refusal) {
    let before = books(s);
    assert_eq!(s.refused("sam", redeem(s, voucher)), Error::Voucher(why));
    let sent = s.must("sam", s.suite.meter().redeem_many(vec![voucher]));
    assert_eq!(sent.value, [VoucherOutcome::Refused(why)]);
    told(&sent, []);
    assert_eq!(sent.receipt.deposit, 0);
    assert_eq!(books(s), before);
}

/// Paid, whoever sends it: `amount` leaves the hold.
#[track_caller]
fn is_paid(s: &mut Stage, voucher: SignedVoucher, amount: Balance) {
    let before = s.totals(NATIVE).holds;
    let sent = s.must("sam", redeem(s, voucher));
    assert_eq!(sent.value, amount);
    assert_eq!(before - s.totals(NATIVE).holds, amount);
}

/// The same code under another hash: with a section that nobody reads.
fn other_code(s: &mut Stage, name: &str) -> Hash {
    let mut code = wasm(&artifacts_dir(), name).expect("is built");
    code.extend([0, 2, 1, b'x']);
    s.chain.upload(account("owner"), &code).expect("uploads")
}

#[test]
fn law_11_a_voucher_is_paid_once() {
    let (mut s, watch) = watched();
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let nine = s.signs("alice", &watch, 9_000, 9_000_063);
    is_paid(&mut s, ten, TEN_SECONDS);
    // Again, under another signature, an older one, and the same amount for more time.
    is_refused(&mut s, ten, Refusal::NotNewer);
    let again = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    assert_ne!(again.signature, ten.signature);
    is_refused(&mut s, again, Refusal::NotNewer);
    is_refused(&mut s, nine, Refusal::NotNewer);
    let longer = s.signs("alice", &watch, 11_000, TEN_SECONDS);
    is_refused(&mut s, longer, Refusal::NotNewer);
    let nothing = s.signs("alice", &watch, 11_000, 0);
    is_refused(&mut s, nothing, Refusal::NotNewer);
    // More money for less time; the ceiling would allow it.
    let mut s = Stage::on_air();
    let ceiling = 2 * RATE;
    let watch = s.watches(
        "alice",
        OpenRequest {
            ceiling,
            ..signed_by("alice")
        },
    );
    s.advance(10_000);
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    is_paid(&mut s, ten, TEN_SECONDS);
    let back = s.signs("alice", &watch, 9_999, TEN_SECONDS + 1);
    is_refused(&mut s, back, Refusal::TimeFallsBack);
}

#[test]
fn law_11_a_batch_pays_each_voucher_once() {
    let (mut s, watch) = watched();
    let bobs = s.watches("bob", signed_by("bob"));
    let three = s.signs("alice", &watch, 3_000, 3_000_021);
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let bob = s.signs("bob", &bobs, 5_000, 5_000_035);
    let batch = vec![three, three, ten, three, ten, bob, bob, ten];
    let sent = s.must("sam", s.suite.meter().redeem_many(batch));
    let stale = VoucherOutcome::Refused(Refusal::NotNewer);
    let paid = VoucherOutcome::Paid;
    assert_eq!(
        sent.value,
        [
            paid(3_000_021),
            stale,
            // 10,000,070 - 3,000,021
            paid(7_000_049),
            stale,
            stale,
            paid(5_000_035),
            stale,
            stale
        ]
    );
    // Each line tells the session after it.
    let redemption = |viewer, amount, settled, voucher_ms| Redemption {
        session: id(viewer, 1),
        amount,
        settled,
        voucher_amount: settled,
        voucher_ms,
    };
    told(
        &sent,
        [Redeemed {
            redemptions: vec![
                redemption("alice", 3_000_021, 3_000_021, 3_000),
                redemption("alice", 7_000_049, TEN_SECONDS, 10_000),
                redemption("bob", 5_000_035, 5_000_035, 5_000),
            ],
        }
        .into()],
    );
    // Nine tenths of 10,000,070 and of 5,000,035, whose fee is 500,003.5.
    assert_eq!(s.payable("mira", NATIVE), NET + 4_500_032);
    assert_eq!(s.totals(NATIVE).fees, 1_500_010);
    s.is_solvent_to_the_unit();
}

#[test]
fn law_11_a_voucher_does_not_count_in_another_session_of_its_viewer() {
    let (mut s, first) = watched();
    let voucher = s.signs("alice", &first, 10_000, TEN_SECONDS);
    // Closed and opened again in one block, with the same key.
    s.must("alice", s.suite.lifecycle().close(1));
    let second = s.watches("alice", signed_by("alice"));
    let moved = SignedVoucher {
        at: second.at,
        ..voucher
    };
    is_refused(&mut s, moved, Refusal::BadSignature);
    let mixed = SignedVoucher {
        at: Seated {
            id: first.at.id,
            ..second.at
        },
        ..voucher
    };
    is_refused(&mut s, mixed, Refusal::NotSeated);
    is_paid(&mut s, voucher, TEN_SECONDS);

    // And in the seat where the first one sat.
    s.must("mira", s.suite.lifecycle().dismiss(first.at));
    s.must("alice", s.suite.lifecycle().close(2));
    let third = s.watches("alice", signed_by("alice"));
    assert_eq!((third.at.seat, third.at.id.number), (first.at.seat, 3));
    s.advance(10_000);
    is_refused(&mut s, voucher, Refusal::NotSeated);
    let reseated = SignedVoucher {
        at: third.at,
        ..voucher
    };
    is_refused(&mut s, reseated, Refusal::BadSignature);
    let own = s.signs("alice", &third, 10_000, TEN_SECONDS);
    is_paid(&mut s, own, TEN_SECONDS);
}

#[test]
fn law_11_a_voucher_does_not_count_for_another_viewer_stream_or_asset() {
    let (mut s, watch) = watched();
    let second = s.airs("noor", Class::Standard, &[]);
    let elsewhere = s.watches(
        "alice",
        OpenRequest {
            stream: second,
            ..signed_by("alice")
        },
    );
    // bob's session has alice's key: his vouchers must name him.
    let bobs = s.watches("bob", signed_by("alice"));
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    for at in [elsewhere.at, bobs.at] {
        is_refused(
            &mut s,
            SignedVoucher { at, ..voucher },
            Refusal::BadSignature,
        );
    }
    // The asset and each number, changed after signing, and changed in what is signed.
    let in_vlk = Watch { asset: 1, ..watch };
    let signed = s.signs("alice", &in_vlk, 10_000, TEN_SECONDS);
    is_refused(&mut s, signed, Refusal::BadSignature);
    for (ms, amount) in [(10_001, TEN_SECONDS), (10_000, TEN_SECONDS - 1)] {
        let changed = SignedVoucher {
            ms,
            amount,
            ..voucher
        };
        is_refused(&mut s, changed, Refusal::BadSignature);
    }
    for stream in [0, second, u32::MAX] {
        let at = Seated { stream, ..watch.at };
        let signed = s.signs("alice", &Watch { at, ..watch }, 10_000, TEN_SECONDS);
        is_refused(
            &mut s,
            SignedVoucher {
                at: watch.at,
                ..signed
            },
            Refusal::BadSignature,
        );
    }
    is_paid(&mut s, voucher, TEN_SECONDS);
}

#[test]
fn law_11_a_voucher_does_not_count_in_another_contract() {
    let (mut s, watch) = watched();
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let first = s.suite;
    // The same chain, another suite: the same viewer, number, stream, asset, seat and key.
    let config = Config {
        owner: account("noor"),
        ..Config::default()
    };
    s.suite = deploy(&mut s.chain, &artifacts_dir(), &config).expect("deploys");
    assert_ne!(s.suite.meter, first.meter);
    s.airs("mira", Class::Standard, &[]);
    let deposit = s.suite.payments().deposit().transferred_value(2 * HOLD);
    s.must("alice", deposit);
    let twin = s.watches("alice", signed_by("alice"));
    assert_eq!(twin, watch);
    s.advance(10_000);
    is_refused(&mut s, voucher, Refusal::BadSignature);
    let own = s.signs("alice", &twin, 10_000, TEN_SECONDS);
    is_paid(&mut s, own, TEN_SECONDS);
    s.suite = first;
    is_refused(&mut s, own, Refusal::BadSignature);
    is_paid(&mut s, voucher, TEN_SECONDS);
}

/// A chain of another name: its contracts are told another genesis hash.
struct OtherChain<'a>(&'a mut dyn Chain);

impl OtherChain<'_> {
    const GENESIS: [u8; 32] = [0x6e; 32];
}

impl Chain for OtherChain<'_> {
    fn name(&self) -> &str {
        "other"
    }
    fn now_ms(&self) -> Millis {
        self.0.now_ms()
    }
    fn advance(&mut self, ms: Millis) -> Result<(), Trap> {
        self.0.advance(ms)
    }
    fn genesis_hash(&self) -> Hash {
        Self::GENESIS.into()
    }
    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        self.0.fund(account, amount)
    }
    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        self.0.transfer(from, to, amount)
    }
    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap> {
        self.0.native_balance(account)
    }
    fn existential_deposit(&self) -> Balance {
        self.0.existential_deposit()
    }
    fn storage_prices(&self) -> (Balance, Balance) {
        self.0.storage_prices()
    }
    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        self.0.upload(origin, wasm)
    }
    fn instantiate(
        &mut self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: &[u8],
    ) -> Result<(AccountId, Receipt), Trap> {
        self.0.instantiate(origin, code, value, data, salt)
    }
    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.0.call(origin, to, value, data)
    }
    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.0.dry_run(origin, to, value, data)
    }
    fn limit_gas(&mut self, ref_time: u64, proof_size: u64) {
        self.0.limit_gas(ref_time, proof_size);
    }
    fn unlimit_gas(&mut self) {
        self.0.unlimit_gas();
    }
}

#[test]
fn law_11_a_voucher_does_not_count_on_another_chain() {
    let (mut s, watch) = watched();
    // Here, what is signed for another chain.
    let there = Domain {
        genesis_hash: OtherChain::GENESIS,
        ..s.domain()
    };
    let signed = |domain: &Domain| {
        let message = watch.message(domain, 10_000, TEN_SECONDS);
        let signature = sign(&pair("alice"), &message, Form::Raw);
        watch.with(10_000, TEN_SECONDS, signature)
    };
    let foreign = signed(&there);
    is_refused(&mut s, foreign, Refusal::BadSignature);

    // There, what is signed for this one.
    let config = Config {
        owner: account("noor"),
        ..Config::default()
    };
    s.suite = deploy(&mut OtherChain(&mut s.chain), &artifacts_dir(), &config).expect("deploys");
    assert_eq!(
        s.read(s.suite.meter().genesis_hash()),
        OtherChain::GENESIS.into()
    );
    s.airs("mira", Class::Standard, &[]);
    let deposit = s.suite.payments().deposit().transferred_value(2 * HOLD);
    s.must("alice", deposit);
    assert_eq!(s.watches("alice", signed_by("alice")), watch);
    s.advance(10_000);
    let here = s.domain();
    let foreign = signed(&here);
    is_refused(&mut s, foreign, Refusal::BadSignature);
    let there = Domain {
        genesis_hash: OtherChain::GENESIS,
        ..here
    };
    let own = signed(&there);
    is_paid(&mut s, own, TEN_SECONDS);
}

#[test]
fn law_11_a_voucher_is_not_paid_again_after_an_upgrade() {
    let (mut s, watch) = watched();
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let eleven = s.signs("alice", &watch, 11_000, 11_000_077);
    is_paid(&mut s, ten, TEN_SECONDS);
    let meter = s.suite.meter;
    let before = books(&mut s);
    let lifecycle = other_code(&mut s, "tick_lifecycle");
    s.changes(meter, Change::SecondCode(lifecycle));
    let code = other_code(&mut s, "tick_stream");
    s.changes(meter, Change::Code(code));
    assert_eq!(s.read(administered(meter).administration()).code_hash, code);
    let after = books(&mut s);
    assert_eq!(
        (after.totals, &after.sessions),
        (before.totals, &before.sessions)
    );
    is_refused(&mut s, ten, Refusal::NotNewer);
    // What was signed before the upgrade and not redeemed still counts.
    is_paid(&mut s, eleven, 1_000_007);
    is_refused(&mut s, eleven, Refusal::NotNewer);
    let again = s.signs("alice", &watch, 12_000, 12_000_084);
    is_paid(&mut s, again, 1_000_007);
}

#[test]
fn law_07_no_voucher_is_paid_above_the_ceiling() {
    let (mut s, watch) = watched();
    let pay = |s: &Stage, ms, amount| s.signs("alice", &watch, ms, amount);
    // 1,000,007 × 9.999 s = 9,999,069.993: no unit more than that.
    let above = pay(&s, 9_999, 9_999_070);
    is_refused(&mut s, above, Refusal::AboveCeiling);
    let exactly = pay(&s, 9_999, 9_999_069);
    is_paid(&mut s, exactly, 9_999_069);
    let above = pay(&s, 10_000, TEN_SECONDS + 1);
    is_refused(&mut s, above, Refusal::AboveCeiling);
    let for_no_time = pay(&s, 9_999, Balance::MAX);
    is_refused(&mut s, for_no_time, Refusal::AboveCeiling);
    let exactly = pay(&s, 10_000, TEN_SECONDS);
    is_paid(&mut s, exactly, 1_001);
}

#[test]
fn law_07_voucher_time_is_never_faster_than_the_chains() {
    let (mut s, watch) = watched();
    let at = |s: &Stage, ms| s.signs("alice", &watch, ms, Balance::from(ms));
    let ahead = Refusal::AheadOfTime { latest_ms: 22_000 };
    for ms in [22_001, HOUR, u64::MAX] {
        let voucher = at(&s, ms);
        is_refused(&mut s, voucher, ahead);
    }
    let tolerated = at(&s, 22_000);
    is_paid(&mut s, tolerated, 22_000);
    // It is not lost: a millisecond later it counts.
    let next = at(&s, 22_001);
    is_refused(&mut s, next, ahead);
    s.advance(1);
    is_paid(&mut s, next, 1);

    // In the block of the opening, only the tolerance.
    let mut s = Stage::on_air();
    let watch = s.watches("alice", signed_by("alice"));
    let voucher = s.signs("alice", &watch, 12_001, 12_001);
    is_refused(&mut s, voucher, Refusal::AheadOfTime { latest_ms: 12_000 });
    let voucher = s.signs("alice", &watch, 12_000, 12_000);
    is_paid(&mut s, voucher, 12_000);
}

#[test]
fn law_07_no_voucher_is_paid_for_time_after_until_ms() {
    let mut s = Stage::on_air();
    let until_ms = Some(s.now() + 10_000);
    let watch = s.watches(
        "alice",
        OpenRequest {
            until_ms,
            ..signed_by("alice")
        },
    );
    s.advance(MINUTE);
    for ms in [22_001, MINUTE, u64::MAX] {
        let voucher = s.signs("alice", &watch, ms, 1_000);
        is_refused(&mut s, voucher, Refusal::AheadOfTime { latest_ms: 22_000 });
    }
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    is_paid(&mut s, voucher, TEN_SECONDS);
    // Its time is over; after the grace for what was signed, anyone closes it.
    let close = s.suite.lifecycle().close_ended(id("alice", 1));
    let finish_ms = s.now() - MINUTE + 10_000 + EXIT_DELAY;
    assert_eq!(s.refused("sam", close), Error::ExitNotDue { finish_ms });
    s.advance(finish_ms - s.now());
    s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);
}

#[test]
fn no_voucher_is_paid_above_the_hold() {
    let mut s = Stage::on_air();
    let hold = 5_000_035;
    let watch = s.watches(
        "alice",
        OpenRequest {
            hold,
            ..signed_by("alice")
        },
    );
    s.advance(10_000);
    for amount in [hold + 1, TEN_SECONDS] {
        let voucher = s.signs("alice", &watch, 10_000, amount);
        is_refused(&mut s, voucher, Refusal::AboveHold { available: hold });
    }
    let all = s.signs("alice", &watch, 10_000, hold);
    is_paid(&mut s, all, hold);
    assert_eq!(s.totals(NATIVE).holds, 0);
    let more = s.signs("alice", &watch, 10_000, hold + 1);
    is_refused(&mut s, more, Refusal::AboveHold { available: hold });
}

#[test]
fn no_voucher_takes_what_the_clock_accrued_to_its_last_fraction() {
    let mut s = Stage::on_air();
    let watch = s.watches(
        "alice",
        OpenRequest {
            hold: 20_000_000,
            ceiling: 2_000_000,
            ..request()
        },
    );
    s.advance(9_999);
    // 1,000,007 × 9.999 = 9,999,069.993: the hold has 10,000,930.007 left, of which no more than 10,000,930 can be signed away.
    s.must("alice", s.suite.lifecycle().set_key(1, Some(key("alice"))));
    s.advance(10_000);
    let available = 10_000_930;
    let above = s.signs("alice", &watch, 10_000, available + 1);
    is_refused(&mut s, above, Refusal::AboveHold { available });
    let all = s.signs("alice", &watch, 10_000, available);
    is_paid(&mut s, all, available);
    assert_eq!(
        (s.owed("alice", 1), s.refundable("alice", 1)),
        (9_999_069, 1)
    );

    // The clock has no millisecond left: it ends where it starts again.
    s.must("alice", s.suite.lifecycle().set_key(1, None));
    s.advance(EXIT_DELAY);
    s.must("alice", s.suite.lifecycle().resume(1));
    let t = s.now();
    s.advance(MINUTE);
    assert_eq!(s.owed("alice", 1), 9_999_069);
    assert_eq!(s.runs_out_at("alice", 1), Some(t));
    let sent = s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    assert_eq!(sent.value, 9_999_069);
    let receipt = &sent.events_of::<SessionClosed>()[0];
    assert_eq!((receipt.settled, receipt.released), (19_999_999, 1));
    assert_eq!(receipt.watched_ms, 19_999);
    s.is_solvent_to_the_unit();
}

#[test]
fn law_06_the_clock_stands_still_while_any_key_counts() {
    let mut s = Stage::on_air();
    let hold = 15_000_105;
    let watch = s.watches(
        "alice",
        OpenRequest {
            hold,
            ..signed_by("alice")
        },
    );
    s.advance(10_000);
    let ten = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    s.must("alice", s.suite.lifecycle().set_key(1, None));
    let until_ms = s.now() + EXIT_DELAY;
    for ms in [0, 10_000, EXIT_DELAY - 10_001] {
        s.advance(ms);
        let resume = s.suite.lifecycle().resume(1);
        let changing = Error::KeyChanging { until_ms };
        assert_eq!(s.refused("alice", resume), changing);
        assert_eq!((s.owed("alice", 1), s.refundable("alice", 1)), (0, hold));
    }
    is_paid(&mut s, ten, TEN_SECONDS);
    s.advance(1);
    s.must("alice", s.suite.lifecycle().resume(1));
    // What is left lasts five seconds by the clock, and no key takes any of it.
    let t = s.now();
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 5_000));
    s.advance(10_000);
    let more = s.signs("alice", &watch, 11_000, 11_000_077);
    is_refused(&mut s, more, Refusal::NoKey);
    assert_eq!(s.owed("alice", 1), 5_000_035);
    assert_eq!(s.refundable("alice", 1), 0);
    let close = s.suite.lifecycle().close(1);
    assert_eq!(s.must("alice", close).value, 5_000_035);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - hold);
    s.is_solvent_to_the_unit();
}

#[test]
fn only_the_sessions_key_signs() {
    let (mut s, watch) = watched();
    for stranger in ["sam", "mira", "owner"] {
        let voucher = s.signs(stranger, &watch, 10_000, TEN_SECONDS);
        is_refused(&mut s, voucher, Refusal::BadSignature);
    }
    // A clock session has no key at all.
    let bobs = s.watches("bob", request());
    s.advance(10_000);
    let voucher = s.signs("bob", &bobs, 10_000, TEN_SECONDS);
    is_refused(&mut s, voucher, Refusal::NoKey);
}

#[test]
fn nobody_signs_for_no_key() {
    let mut s = Stage::on_air();
    // What chains accept for the key of zeros, over any message.
    let mut forged = [0; 64];
    forged[63] = 0x80;
    let zero = Some(AccountId::from([0; 32]));
    let open = s.suite.lifecycle().open(OpenRequest {
        key: zero,
        ..request()
    });
    assert_eq!(s.refused("alice", open), Error::InvalidKey);
    let can_open = s.suite.lifecycle().can_open(
        account("alice"),
        OpenRequest {
            key: zero,
            ..request()
        },
    );
    assert_eq!(s.read(can_open), Err(Error::InvalidKey));
    // A session that never had a key.
    let watch = s.watches("alice", request());
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().set_key(1, zero)),
        Error::InvalidKey
    );
    s.advance(10_000);
    let voucher = watch.with(10_000, TEN_SECONDS, forged);
    is_refused(&mut s, voucher, Refusal::NoKey);
    // One that has one, one whose key is revoked, and after the grace.
    s.must("alice", s.suite.lifecycle().set_key(1, Some(key("alice"))));
    is_refused(&mut s, voucher, Refusal::BadSignature);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().set_key(1, zero)),
        Error::InvalidKey
    );
    s.must("alice", s.suite.lifecycle().set_key(1, None));
    is_refused(&mut s, voucher, Refusal::BadSignature);
    s.advance(EXIT_DELAY);
    is_refused(&mut s, voucher, Refusal::NoKey);
    // The place of the key before the first one is empty, too.
    let bobs = s.watches("bob", signed_by("bob"));
    s.advance(10_000);
    let voucher = bobs.with(10_000, TEN_SECONDS, forged);
    is_refused(&mut s, voucher, Refusal::BadSignature);
}

/// s + the group's order: the same scalar, written otherwise.
fn plus_order(signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = signature;
    other[63] &= 0x7f;
    let mut carry = 0;
    for (byte, order) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    other[63] |= 0x80;
    other
}

#[test]
fn a_changed_signature_never_counts() {
    let (mut s, watch) = watched();
    let good = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let with = |signature| watch.with(10_000, TEN_SECONDS, signature);
    let mut bad = vec![
        with([0; 64]),
        with([0xff; 64]),
        with(plus_order(good.signature)),
    ];
    let mut unmarked = good.signature;
    unmarked[63] &= 0x7f;
    bad.push(with(unmarked));
    // R and s in the other order; R of one signature and s of another.
    let mut swapped = good.signature;
    swapped.rotate_left(32);
    bad.push(with(swapped));
    let other = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let mut mixed = good.signature;
    mixed[32..].copy_from_slice(&other.signature[32..]);
    bad.push(with(mixed));
    for voucher in bad {
        is_refused(&mut s, voucher, Refusal::BadSignature);
    }
    // Each bit of it.
    let before = books(&mut s);
    let flipped: Vec<_> = (0..512)
        .map(|bit| {
            let mut signature = good.signature;
            signature[bit / 8] ^= 1 << (bit % 8);
            with(signature)
        })
        .collect();
    for batch in flipped.chunks(MAX_BATCH as usize) {
        let sent = s.must("sam", s.suite.meter().redeem_many(batch.to_vec()));
        assert_eq!(
            sent.value,
            vec![VoucherOutcome::Refused(Refusal::BadSignature); batch.len()]
        );
        told(&sent, []);
    }
    assert_eq!(books(&mut s), before);
    is_paid(&mut s, good, TEN_SECONDS);
}

#[test]
fn one_layer_of_wrapping_counts_and_in_this_case_only() {
    let (mut s, watch) = watched();
    let message = s.message(&watch, 10_000, TEN_SECONDS);
    let sign_bytes = |bytes: &[u8]| {
        let signature = pair("alice").sign_simple(b"substrate", bytes).to_bytes();
        watch.with(10_000, TEN_SECONDS, signature)
    };
    let around = |open: &[u8], close: &[u8]| [open, &message[..], close].concat();
    let wrapped = Voucher::wrapped(&message);
    for bytes in [
        [b"<Bytes>", &wrapped[..], b"</Bytes>"].concat(),
        around(b"<bytes>", b"</bytes>"),
        around(b"<BYTES>", b"</BYTES>"),
        around(b"<Bytes>", b""),
        around(b"", b"</Bytes>"),
        around(b"<Bytes> ", b"</Bytes>"),
        around(b"<Bytes>", b"</Bytes>\n"),
        around(b"<Bytes></Bytes>", b""),
        around(b"", b"\0"),
        message[..147].to_vec(),
        Vec::new(),
        b"<Bytes></Bytes>".to_vec(),
    ] {
        let voucher = sign_bytes(&bytes);
        is_refused(&mut s, voucher, Refusal::BadSignature);
    }
    // As hexadecimal text, as some wallets show it.
    let hex: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [
        hex.clone(),
        format!("0x{hex}"),
        format!("<Bytes>0x{hex}</Bytes>"),
    ] {
        let voucher = sign_bytes(text.as_bytes());
        is_refused(&mut s, voucher, Refusal::BadSignature);
    }
    // In another context than the chain's.
    let other = pair("alice").sign_simple(b"vilokanam", &message).to_bytes();
    let voucher = watch.with(10_000, TEN_SECONDS, other);
    is_refused(&mut s, voucher, Refusal::BadSignature);
    // Another tag or version is another message.
    for (at, byte) in [(0, b'V'), (17, 0), (17, 2)] {
        let mut other = message;
        other[at] = byte;
        let voucher = sign_bytes(&other);
        is_refused(&mut s, voucher, Refusal::BadSignature);
    }
    let voucher = sign_bytes(&wrapped);
    is_paid(&mut s, voucher, TEN_SECONDS);
}

#[test]
fn a_truncated_voucher_is_no_input() {
    let (mut s, watch) = watched();
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let before = books(&mut s);
    let (to, value, alone) = redeem(&s, voucher).into_parts();
    let many = s.suite.meter().redeem_many(vec![voucher; 2]);
    let (_, _, many) = many.into_parts();
    for data in [alone.clone(), many] {
        for cut in [1, 32, 63, 64, data.len() - 4] {
            let data = data[..data.len() - cut].to_vec();
            match s.chain.call(account("sam"), to, value, data) {
                Err(_) => {}
                // ink!'s own answer: the input could not be read.
                Ok(receipt) => assert!(receipt.reverted && receipt.output == [1, 1], "{cut}"),
            }
        }
    }
    // Nor is one with money.
    assert!(s.chain.call(account("sam"), to, 1, alone).is_err());
    assert_eq!(books(&mut s), before);
}

#[test]
fn a_batch_has_at_most_sixty_four_vouchers() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let viewers: Vec<_> = (0..32).map(|n| format!("viewer {n}")).collect();
    let mut vouchers = Vec::new();
    for viewer in &viewers {
        s.chain.fund(account(viewer), RICH).expect("funds");
        s.must(viewer, suite.payments().deposit().transferred_value(HOLD));
        let watch = s.watches(viewer, signed_by("all"));
        vouchers.push(s.signs("all", &watch, 1_000, RATE));
        vouchers.push(s.signs("all", &watch, 2_000, 2 * RATE));
    }
    s.advance(10_000);
    let before = books(&mut s);
    let max = MAX_BATCH;
    for more in [65, 100] {
        let mut batch = vouchers.clone();
        batch.resize(more, vouchers[0]);
        let redeem_many = suite.meter().redeem_many(batch);
        assert_eq!(s.refused("sam", redeem_many), Error::TooMany { max });
    }
    // So many that the contract's buffer does not hold them.
    let huge = suite.meter().redeem_many(vec![vouchers[0]; 1_000]);
    assert!(s.chain.send(account("sam"), huge).is_err());
    assert_eq!(books(&mut s), before);

    let sent = s.must("sam", suite.meter().redeem_many(vouchers));
    assert_eq!(sent.value, vec![VoucherOutcome::Paid(RATE); 64]);
    assert_eq!(sent.receipt.events.len(), 1);
    assert_eq!(sent.events_of::<Redeemed>()[0].redemptions.len(), 64);
    // Of each 2,000,014: 200,001 for the platform.
    assert_eq!(s.payable("mira", NATIVE), 32 * 1_800_013);
    assert_eq!(s.totals(NATIVE).fees, 32 * 200_001);
    s.is_solvent_to_the_unit();
}

/// What a block of six seconds has for its transactions: 75 % of 2 s and of 5 MiB.
const BLOCK_REF_TIME: u64 = 1_500_000_000_000;
const BLOCK_PROOF: u64 = 5 * 1024 * 1024 / 4 * 3;

#[test]
fn fifty_streams_of_fifty_creators_are_redeemed_at_once_and_a_fifty_first_page_is_refused() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let viewers = ["alice", "bob", "noor", "omar"];
    s.deposits("noor");
    s.deposits("omar");
    let mut vouchers = Vec::new();
    for stream in 1..=MAX_BATCH_PAGES + 1 {
        let creator = format!("creator {stream}");
        if stream > 1 {
            s.chain.fund(account(&creator), RICH).expect("funds");
            let cohosts = [share("sam", 1_000), share("rita", 1_000)];
            assert_eq!(s.airs(&creator, Class::Standard, &cohosts), stream);
        }
        let viewer = viewers[(stream as usize - 1) / 13];
        let watch = s.watches(
            viewer,
            OpenRequest {
                stream,
                ..signed_by("all")
            },
        );
        vouchers.push(s.signs("all", &watch, 1_000, RATE));
    }
    // Another session on a page that was read already is no other page.
    let known = s.watches("omar", signed_by("all"));
    vouchers.push(s.signs("all", &known, 1_000, RATE));
    let mut expected = vec![VoucherOutcome::Paid(RATE); 50];
    expected.push(VoucherOutcome::Refused(Refusal::TooManyPages));
    expected.push(VoucherOutcome::Paid(RATE));
    let sent = s.must("rita", suite.meter().redeem_many(vouchers.clone()));
    assert_eq!(sent.value, expected);
    assert_eq!(sent.receipt.events.len(), 1);
    let (ref_time, proof) = (sent.receipt.ref_time, sent.receipt.proof_size);
    println!("50 pages: ref_time {ref_time}, proof {proof}");
    assert!(ref_time < BLOCK_REF_TIME, "{ref_time}");
    assert!(proof < BLOCK_PROOF, "{proof}");
    // Of each 1,000,007: 100,000 for the platform; of 900,007 a tenth for each co-host, 90,000 and 90,000.7.
    assert_eq!(s.payable("creator 50", NATIVE), 720_007);
    assert_eq!(s.payable("sam", NATIVE), 49 * 90_000);
    assert_eq!(s.payable("mira", NATIVE), 2 * 900_007);
    assert_eq!(s.totals(NATIVE).fees, 51 * 100_000);
    s.is_solvent_to_the_unit();

    // The next call takes it.
    is_paid(&mut s, vouchers[50], RATE);
    assert_eq!(s.payable("creator 51", NATIVE), 720_007);
}

#[test]
fn the_fullest_batch_fits_the_contracts_memory() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    // Fifty pages, of which fourteen have sessions on two terms; each stream has an owner and three co-hosts of its own, each
    // session a referrer of its own.
    let mut vouchers = Vec::new();
    for n in 0..MAX_BATCH {
        let creator = format!("creator {}", n % MAX_BATCH_PAGES);
        let cohosts: Vec<_> = (0..3)
            .map(|i| share(&format!("cohost {n} {i}"), 1_000))
            .collect();
        let stream = n % MAX_BATCH_PAGES + 2;
        if n < MAX_BATCH_PAGES {
            s.chain.fund(account(&creator), RICH).expect("funds");
            assert_eq!(s.airs(&creator, Class::Standard, &cohosts), stream);
        } else {
            let terms = suite.registry().set_terms(stream, 7_000, cohosts);
            s.must(&creator, terms);
        }
        let viewer = format!("viewer {n}");
        s.chain.fund(account(&viewer), RICH).expect("funds");
        s.must(&viewer, suite.payments().deposit().transferred_value(HOLD));
        let watch = s.watches(
            &viewer,
            OpenRequest {
                stream,
                referrer: Some(account(&format!("referrer {n}"))),
                ..signed_by("all")
            },
        );
        assert_eq!(watch.at.page, 0);
        vouchers.push(s.signs("all", &watch, 1_000, RATE));
    }
    let sent = s.must("sam", suite.meter().redeem_many(vouchers));
    assert_eq!(sent.value, vec![VoucherOutcome::Paid(RATE); 64]);
    assert_eq!(sent.events_of::<Redeemed>()[0].redemptions.len(), 64);
    // Of each 1,000,007: fee 100,000, of which the referrer has a tenth; of 900,007 each co-host 90,000.
    for payee in ["referrer 0", "referrer 63"] {
        assert_eq!(s.payable(payee, NATIVE), 10_000);
    }
    for payee in ["cohost 0 0", "cohost 49 2", "cohost 63 2"] {
        assert_eq!(s.payable(payee, NATIVE), 90_000);
    }
    assert_eq!(s.payable("creator 0", NATIVE), 2 * 630_007);
    assert_eq!(s.payable("creator 14", NATIVE), 630_007);
    assert_eq!(s.totals(NATIVE).fees, 64 * 90_000);
    let (ref_time, proof) = (sent.receipt.ref_time, sent.receipt.proof_size);
    println!("fullest batch: ref_time {ref_time}, proof {proof}");
    s.is_solvent_to_the_unit();
}

/// What a viewer might end a session with.
type End = fn(&mut Stage);

#[test]
fn what_the_viewer_does_never_voids_what_is_signed() {
    let ends: [(&str, End); 8] = [
        ("closes", |s| {
            s.must("alice", s.suite.lifecycle().close(1));
        }),
        ("closes and opens again", |s| {
            s.must("alice", s.suite.lifecycle().close(1));
            s.watches("alice", request());
        }),
        ("revokes", |s| {
            s.must("alice", s.suite.lifecycle().set_key(1, None));
        }),
        ("rotates", |s| {
            s.must("alice", s.suite.lifecycle().set_key(1, Some(key("tablet"))));
        }),
        ("switches to the clock", |s| {
            s.must("alice", s.suite.lifecycle().set_key(1, None));
            // A clock that ran now would take from the hold what is signed of it.
            let resume = s.suite.lifecycle().resume(1);
            let _ = s.chain.send(account("alice"), resume);
            s.advance(1);
            let settle = s.suite.meter().settle(id("alice", 1));
            let _ = s.chain.send(account("alice"), settle);
        }),
        ("leaves by exit", |s| {
            s.must("alice", s.suite.lifecycle().begin_exit(1));
        }),
        ("revokes and leaves by exit", |s| {
            s.must("alice", s.suite.lifecycle().set_key(1, None));
            s.must("alice", s.suite.lifecycle().begin_exit(1));
        }),
        ("revokes and closes", |s| {
            s.must("alice", s.suite.lifecycle().set_key(1, None));
            s.must("alice", s.suite.lifecycle().close(1));
        }),
    ];
    for (what, end) in ends {
        // All that is on hold is signed.
        let mut s = Stage::on_air();
        let (t, hold) = (s.now(), TEN_SECONDS);
        let watch = s.watches(
            "alice",
            OpenRequest {
                hold,
                ..signed_by("alice")
            },
        );
        s.advance(10_000);
        let suite = s.suite;
        let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
        end(&mut s);
        let ended_ms = 10_000 + EXIT_DELAY - 1;
        s.advance(t + ended_ms - s.now());
        // Whatever alice tries within the grace, the session sits where it sat.
        let _ = s
            .chain
            .send(account("alice"), suite.lifecycle().finish_exit(1));
        let ended = suite.lifecycle().close_ended(id("alice", 1));
        let _ = s.chain.send(account("alice"), ended);
        let finish = suite.lifecycle().finish_close(watch.at);
        let _ = s.chain.send(account("alice"), finish);
        let _ = s
            .chain
            .send(account("alice"), suite.lifecycle().set_key(1, None));
        let _ = s.chain.send(account("alice"), suite.lifecycle().close(1));
        let payable = s.payable("mira", NATIVE);
        let sent = s.must("mira", redeem(&s, signed));
        assert_eq!(sent.value, TEN_SECONDS, "{what}");
        assert_eq!(s.payable("mira", NATIVE) - payable, NET, "{what}");
        s.is_solvent_to_the_unit();
    }
}

#[test]
fn law_10_no_voucher_counts_after_the_final_close() {
    // Dismissed by the creator, finished after a close, after an exit, after the broadcast.
    let ends: [fn(&mut Stage, &Watch); 4] = [
        |s, watch| {
            s.must("mira", s.suite.lifecycle().dismiss(watch.at));
        },
        |s, watch| {
            s.must("alice", s.suite.lifecycle().close(1));
            s.advance(EXIT_DELAY);
            s.must("sam", s.suite.lifecycle().finish_close(watch.at));
        },
        |s, _| {
            s.must("alice", s.suite.lifecycle().begin_exit(1));
            s.advance(EXIT_DELAY);
            s.must("alice", s.suite.lifecycle().finish_exit(1));
        },
        |s, _| {
            s.must("mira", s.suite.registry().end_broadcast(STREAM));
            s.advance(EXIT_DELAY);
            s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
        },
    ];
    for end in ends {
        let (mut s, watch) = watched();
        let signed = s.signs("alice", &watch, 10_000, TEN_SECONDS);
        end(&mut s, &watch);
        is_refused(&mut s, signed, Refusal::NotSeated);
        let suite = s.suite;
        let dismiss = suite.lifecycle().dismiss(watch.at);
        let finish = suite.lifecycle().finish_close(watch.at);
        assert_eq!(s.refused("mira", dismiss), Error::SessionNotFound);
        assert_eq!(s.refused("sam", finish), Error::SessionNotFound);
        assert_eq!(s.free("alice", NATIVE), DEPOSITED);
        assert_eq!(s.totals(NATIVE).holds, 0);
    }
}

#[test]
fn a_silent_worker_delays_nothing_and_no_worker_redirects_money() {
    let (mut s, watch) = watched();
    let before = books(&mut s);
    // The creator redeems by itself, a stranger may, and none of those who send it gets anything.
    for (who, ms, amount) in [
        ("mira", 3_000, 3_000_021),
        ("sam", 6_000, 6_000_042),
        ("alice", 9_000, 9_000_063),
        ("bob", 10_000, TEN_SECONDS),
    ] {
        s.must(who, redeem(&s, s.signs("alice", &watch, ms, amount)));
    }
    let after = books(&mut s);
    assert_eq!(after.pools, before.pools);
    assert_eq!(after.payable, [0, 0, NET, 0, 0]);
    // mira redeemed first, and paid for the cell of what is payable to her; nobody else's tokens moved.
    assert!(after.native[2] < before.native[2]);
    assert_eq!(after.native[..2], before.native[..2]);
    assert_eq!(after.native[3..], before.native[3..]);
    s.is_solvent_to_the_unit();
}

#[test]
fn places_that_are_not_there_are_refused() {
    let (mut s, watch) = watched();
    let at = watch.at;
    let nobody = SessionId {
        viewer: AccountId::from([0; 32]),
        number: 0,
    };
    let places = [
        Seated { page: 1, ..at },
        Seated {
            page: u16::MAX,
            ..at
        },
        Seated { seat: 1, ..at },
        Seated { seat: 31, ..at },
        Seated { seat: 32, ..at },
        Seated { seat: 255, ..at },
        Seated { stream: 0, ..at },
        Seated { stream: 2, ..at },
        Seated {
            stream: u32::MAX,
            ..at
        },
        Seated {
            id: id("alice", 0),
            ..at
        },
        Seated {
            id: id("alice", 2),
            ..at
        },
        Seated {
            id: id("alice", u32::MAX),
            ..at
        },
        Seated {
            id: id("bob", 1),
            ..at
        },
        Seated { id: nobody, ..at },
        // A vacant seat has no number and no viewer.
        Seated {
            id: nobody,
            seat: 1,
            ..at
        },
        Seated {
            id: nobody,
            stream: u32::MAX,
            page: u16::MAX,
            seat: u8::MAX,
        },
    ];
    let mut batch = Vec::new();
    for at in places {
        let voucher = s.signs("alice", &Watch { at, ..watch }, 10_000, TEN_SECONDS);
        is_refused(&mut s, voucher, Refusal::NotSeated);
        batch.push(voucher);
        let (dismiss, finish) = (
            s.suite.lifecycle().dismiss(at),
            s.suite.lifecycle().finish_close(at),
        );
        assert_eq!(s.refused("mira", dismiss), Error::SessionNotFound);
        assert_eq!(s.refused("mira", finish), Error::SessionNotFound);
    }
    // None of them costs the one good voucher anything.
    batch.push(s.signs("alice", &watch, 10_000, TEN_SECONDS));
    let sent = s.must("sam", s.suite.meter().redeem_many(batch));
    let mut expected = vec![VoucherOutcome::Refused(Refusal::NotSeated); places.len()];
    expected.push(VoucherOutcome::Paid(TEN_SECONDS));
    assert_eq!(sent.value, expected);
}

#[test]
fn the_largest_numbers_are_paid_to_the_unit_or_refused() {
    /// The number of a token of which there is as much as a balance can be.
    const HUGE: AssetId = 2;
    let mut s = Stage::on_air();
    let (suite, alice) = (s.suite, account("alice"));
    let supply = Balance::MAX.encode();
    let dir = artifacts_dir();
    let token = instantiate(&mut s.chain, &dir, "hostile_token", alice, supply, &[]);
    let token = token.expect("is instantiated");
    s.changes(suite.payments, Change::ListToken(token));
    let rate = AssetRate {
        asset: HUGE,
        rate_per_sec: MAX_RATE,
    };
    s.must("mira", suite.pricing().set_rates(STREAM, vec![rate]));
    s.must("alice", psp22(token).approve(suite.payments, Balance::MAX));
    let deposit = suite.payments().deposit_token(HUGE, Balance::MAX);
    s.must("alice", deposit);
    let largest = OpenRequest {
        asset: HUGE,
        hold: MAX_HOLD,
        ceiling: Balance::MAX,
        ..signed_by("alice")
    };
    let watch = s.watches("alice", largest);

    let latest = Refusal::AheadOfTime { latest_ms: 12_000 };
    let available = MAX_HOLD;
    for (ms, amount, why) in [
        (0, 0, Refusal::NotNewer),
        (0, 1, Refusal::AboveCeiling),
        (0, Balance::MAX, Refusal::AboveCeiling),
        // The ceiling × 999 ms is below the largest amount, × 1,000 ms it is equal.
        (999, Balance::MAX, Refusal::AboveCeiling),
        (1_000, Balance::MAX, Refusal::AboveHold { available }),
        (1_000, MAX_HOLD + 1, Refusal::AboveHold { available }),
        (12_001, 1, latest),
        (u64::MAX, 1, latest),
        (u64::MAX, Balance::MAX, latest),
        (u64::MAX, 0, Refusal::NotNewer),
    ] {
        let voucher = s.signs("alice", &watch, ms, amount);
        is_refused(&mut s, voucher, why);
    }
    // The whole of it for the first millisecond.
    let all = s.signs("alice", &watch, 1, MAX_HOLD);
    let sent = s.must("sam", redeem(&s, all));
    assert_eq!(sent.value, MAX_HOLD);
    assert_eq!(s.payable("mira", HUGE), MAX_HOLD / 10 * 9);
    assert_eq!(s.totals(HUGE).fees, MAX_HOLD / 10);
    assert_eq!(s.totals(HUGE).holds, 0);
    is_refused(&mut s, all, Refusal::NotNewer);
    let more = s.signs("alice", &watch, u64::MAX, Balance::MAX);
    is_refused(&mut s, more, latest);
    let top_up = suite.lifecycle().top_up(id("alice", 1), 1);
    let max = MAX_HOLD;
    assert_eq!(s.refused("alice", top_up), Error::HoldTooLarge { max });
    s.must("alice", suite.lifecycle().close(1));
    s.must("mira", suite.lifecycle().dismiss(watch.at));
    assert_eq!(s.free("alice", HUGE), Balance::MAX - MAX_HOLD);
}

#[test]
fn the_smallest_ceiling_pays_its_first_unit_after_a_second() {
    let mut s = Stage::on_air();
    s.must("mira", s.suite.pricing().set_rates(STREAM, rates_of(1, 1)));
    let watch = s.watches(
        "alice",
        OpenRequest {
            hold: 1_000,
            ceiling: 1,
            ..signed_by("alice")
        },
    );
    s.advance(10_000);
    let early = s.signs("alice", &watch, 999, 1);
    is_refused(&mut s, early, Refusal::AboveCeiling);
    let first = s.signs("alice", &watch, 1_000, 1);
    is_paid(&mut s, first, 1);
    let two = s.signs("alice", &watch, 1_999, 2);
    is_refused(&mut s, two, Refusal::AboveCeiling);
    // At ten units, and not before, the platform has its tenth.
    let nine = s.signs("alice", &watch, 9_000, 9);
    is_paid(&mut s, nine, 8);
    assert_eq!((s.payable("mira", NATIVE), s.totals(NATIVE).fees), (9, 0));
    let ten = s.signs("alice", &watch, 10_000, 10);
    is_paid(&mut s, ten, 1);
    assert_eq!((s.payable("mira", NATIVE), s.totals(NATIVE).fees), (9, 1));
}

#[test]
fn law_20_redeeming_costs_no_more_with_more_history_and_grows_with_the_batch_only() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let watch = s.watches("alice", signed_by("alice"));
    s.advance(HOUR);
    let pay = |s: &mut Stage, at: Millis| {
        let voucher = s.signs("alice", &watch, at, Balance::from(at));
        s.must("sam", redeem(s, voucher)).receipt.ref_time
    };
    pay(&mut s, 1_000);
    let before = pay(&mut s, 2_000);
    // Many sessions before and beside it, other streams, and many vouchers.
    for _ in 0..15 {
        let stream = s.airs("noor", Class::Standard, &[]);
        let request = OpenRequest {
            stream,
            ..signed_by("bob")
        };
        let other = s.watches("bob", request);
        s.must("noor", suite.lifecycle().dismiss(other.at));
    }
    for n in 0..20 {
        let viewer = format!("viewer {n}");
        s.chain.fund(account(&viewer), RICH).expect("funds");
        s.must(&viewer, suite.payments().deposit().transferred_value(HOLD));
        s.watches(&viewer, signed_by("all"));
        pay(&mut s, 3_000 + n);
    }
    assert_eq!(pay(&mut s, 4_000), before);

    // A batch grows with its length at most.
    let mut cost = |from: Millis, items: Millis| {
        let vouchers = (1..=items)
            .map(|n| s.signs("alice", &watch, from + n, Balance::from(from + n)))
            .collect();
        let sent = s.must("sam", suite.meter().redeem_many(vouchers));
        sent.receipt.ref_time
    };
    let (a, b, c) = (cost(10_000, 20), cost(11_000, 40), cost(12_000, 60));
    assert!(b < 2 * a && c < 3 * a, "{a} {b} {c}");
    assert!((c - b) * 20 < (b - a) * 21, "{a} {b} {c}");
}

#[test]
fn a_call_that_is_starved_of_gas_redeems_all_or_nothing() {
    let (mut s, watch) = watched();
    let bobs = s.watches("bob", signed_by("bob"));
    let both = vec![
        s.signs("alice", &watch, 10_000, TEN_SECONDS),
        s.signs("bob", &bobs, 10_000, TEN_SECONDS),
    ];
    let right = vec![VoucherOutcome::Paid(TEN_SECONDS); 2];
    let suite = s.suite;
    let redeem_many = || suite.meter().redeem_many(both.clone());
    let full = s
        .chain
        .quote(account("sam"), redeem_many())
        .expect("is served");
    assert_eq!(full.value, Ok(right.clone()));
    let (time, proof) = (full.receipt.ref_time, full.receipt.proof_size);
    let (mut failed, mut done) = (0, 0);
    for part in 1..=60 {
        for (time, proof) in [(time / 50 * part, u64::MAX), (u64::MAX, proof / 50 * part)] {
            s.chain.limit_gas(time, proof);
            match s
                .chain
                .quote(account("sam"), redeem_many())
                .map(|sent| sent.value)
            {
                Ok(Ok(value)) => {
                    assert_eq!(value, right);
                    done += 1;
                }
                _ => failed += 1,
            }
        }
    }
    s.chain.unlimit_gas();
    assert!(failed > 0 && done > 0, "{failed} {done}");
}

#[test]
fn vouchers_are_verified_off_chain_as_the_contract_does() {
    let (mut s, watch) = watched();
    let suite = s.suite;
    let domain = s.domain();
    assert_eq!(
        s.read(suite.meter().genesis_hash()),
        domain.genesis_hash.into()
    );
    let voucher = s.signs("alice", &watch, 10_000, TEN_SECONDS);
    let message = s.message(&watch, 10_000, TEN_SECONDS);
    let public: [u8; 32] = *key("alice").as_ref();
    let good = vilokanam_voucher::signed(&message, |bytes| {
        sign::verify(&public, bytes, &voucher.signature)
    });
    assert!(good);
    is_paid(&mut s, voucher, TEN_SECONDS);
}
