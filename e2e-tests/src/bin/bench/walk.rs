//! A walk through every message of every contract, in a state like that of an evening: a stream on air with a full page
//! of 32 viewers. A message that is added to a contract is added here, or `make bench` reports it as missing.

use crate::{
    measure::{Bench, ONE},
    top,
};
use anyhow::{Context, Result};
use ink::scale::Encode;
use psp22::{PSP22Burnable, PSP22Metadata, PSP22};
use sp_core::{sr25519, Pair};
use vilokanam_chain::{
    administered, artifacts_dir, instantiate, psp22_burnable, psp22_metadata, second_code_of, wasm,
    Calls, Chain, HoldsCalls, PaymentHandlerCalls, VLK,
};
use vilokanam_interfaces::{
    AccountId, Administered, AssetRate, Balance, Change, ChargeItem, Class, Discount, FeeSchedule,
    FeeTerms, Hash, Holds, Millis, OpenRequest, PayTerms, PaymentHandler, PlanKind, PricingEngine,
    PricingPlans, QuoteRequest, Seated, SessionId, SessionNo, SettleItem, Share, SignedVoucher,
    StreamId, StreamRegistry, TickLifecycle, TickStream, VlkToken, Wiring, FACTOR_ONE, FULL_BPS,
    MIN_GRACE_MS, NATIVE, PAGE_SEATS,
};
use vilokanam_voucher::{Domain, Voucher};

/// The grace of broadcasts.
pub const DAY: Millis = 86_400_000;
/// The stream's rate, in native base units a second.
pub const RATE: Balance = 1_000_007;
/// What a session holds: a year at that rate.
pub const HOLD: Balance = 100 * ONE;
/// Long enough for something to be owed.
pub const MOMENT: Millis = 1_200;
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";

/// Measures every message.
pub fn walk<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    token(b).context("vlk_token")?;
    registry(b).context("stream_registry")?;
    let stream = pricing(b).context("pricing_engine")?;
    pools(b).context("payment_handler, pools")?;
    meter(b, stream).context("tick_stream")?;
    vouchers(b, stream).context("tick_stream, vouchers")?;
    payouts(b).context("payment_handler, payouts")?;
    holds(b).context("payment_handler, holds")?;
    administration(b).context("administration")?;
    // What came later comes later here, too: the state in which the messages above are measured does not know of it.
    top::walk(b)
}

fn token<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [alice, bob, community] = people(b, ["alice", "bob", "community"])?;
    for holder in [alice, bob] {
        let some = s.token().transfer(holder, 1_000 * ONE, Vec::new());
        b.does(community, some)?;
    }
    b.costs(alice, s.token().transfer(bob, ONE, Vec::new()))?;
    b.costs(alice, s.token().approve(bob, 100 * ONE))?;
    b.costs(alice, s.token().increase_allowance(bob, ONE))?;
    b.costs(alice, s.token().decrease_allowance(bob, ONE))?;
    b.costs(bob, s.token().transfer_from(alice, bob, ONE, Vec::new()))?;
    b.costs(alice, psp22_burnable(s.token).burn(ONE))?;
    b.asks(s.vlk().cap())?;
    b.asks(s.token().total_supply())?;
    b.asks(s.token().balance_of(alice))?;
    b.asks(s.token().allowance(alice, bob))?;
    b.asks(psp22_metadata(s.token).token_name())?;
    b.asks(psp22_metadata(s.token).token_symbol())?;
    b.asks(psp22_metadata(s.token).token_decimals())?;
    Ok(())
}

fn registry<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [owner, mira, noor, omar, mona] = people(b, ["owner", "mira", "noor", "omar", "mona"])?;
    let shares = |accounts: [AccountId; 2]| {
        accounts.map(|account| Share {
            account,
            bps: 2_000,
        })
    };
    let cohosts = shares([noor, omar]).to_vec();
    let owner_bps = FULL_BPS - 4_000;

    let register = |cohosts| {
        s.registry()
            .register(CID.into(), Class::Standard, 7, owner_bps, cohosts)
    };
    let stream = b
        .noting("two co-hosts")
        .costs(mira, register(cohosts.clone()))?;
    let update = s.registry().update(stream, CID.into(), Class::Premium, 8);
    b.costs(mira, update)?;
    let terms = s.registry().set_terms(stream, owner_bps, cohosts);
    b.noting("two co-hosts").costs(mira, terms)?;
    b.costs(mira, s.registry().set_operators(stream, vec![omar]))?;
    b.costs(mira, s.registry().offer_stream(stream, Some(noor)))?;
    b.costs(noor, s.registry().accept_stream(stream))?;
    b.costs(noor, s.registry().go_live(stream, MIN_GRACE_MS))?;
    b.costs(noor, s.registry().heartbeat(stream))?;
    b.asks(s.registry().stream(stream))?;
    b.asks(s.registry().stream_count())?;
    b.asks(s.registry().broadcast(stream, 1))?;
    let ends = s.registry().broadcast_ends(vec![(stream, 1)]);
    b.noting("one broadcast").asks(ends)?;
    b.asks(s.registry().terms(stream, 1))?;
    b.asks(s.registry().facts(stream))?;
    b.asks(s.registry().may_operate(stream, omar))?;
    b.asks(s.registry().operators(stream))?;
    b.asks(s.registry().is_live(stream))?;
    let streams = s.registry().streams_of(mira, 0, 50);
    b.noting("one stream").asks(streams)?;
    let live = s.registry().live_streams(0, 50);
    b.noting("one stream").asks(live)?;
    b.asks(s.registry().is_moderator(mona))?;
    b.asks(s.registry().limits())?;

    b.costs(noor, s.registry().end_broadcast(stream))?;
    b.does(noor, s.registry().go_live(stream, MIN_GRACE_MS))?;
    b.wait(MIN_GRACE_MS + MOMENT)?;
    b.costs(mira, s.registry().unlist(stream))?;

    b.costs(owner, s.registry().set_moderator(mona, true))?;
    b.does(noor, s.registry().go_live(stream, MIN_GRACE_MS))?;
    let suspend = s.registry().suspend(stream, "reported by viewers".into());
    b.noting("on air").costs(mona, suspend)?;
    let reinstate = s.registry().reinstate(stream, "looked into".into());
    b.costs(mona, reinstate)?;
    Ok(())
}

/// Returns mira's stream, which is on air.
fn pricing<C: Chain>(b: &mut Bench<C>) -> Result<StreamId> {
    let s = b.suite;
    let [mira, pia] = people(b, ["mira", "pia"])?;
    let stream = airs(b, mira, Vec::new())?;
    let repricing = s.pricing().set_rates(stream, rates());
    b.noting("on air").costs(mira, repricing)?;
    // Mira's stream keeps the plan that it began with.
    let other = airs(b, pia, Vec::new())?;
    b.costs(pia, s.plans().set_plan(other, PlanKind::Flat))?;
    b.asks(s.pricing().rates(stream))?;
    b.noting("one entry").asks(s.pricing().track(stream, 1))?;
    b.asks(s.pricing().plan(stream))?;
    b.asks(s.plans().plan_kind(other, 1))?;
    let [bob] = people(b, ["bob"])?;
    b.answers(s.plans().offer(bob, 0, request(stream)))?;
    b.answers(s.plans().quote(quote_of(stream)))?;
    b.asks(s.pricing().limits())?;
    let now_ms = b.chain.now_ms();
    let item = ChargeItem {
        stream,
        broadcast: 1,
        asset: NATIVE,
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        ceiling: RATE,
        hold: HOLD,
        accrued: 0,
        since_ms: now_ms.saturating_sub(MOMENT),
        running: true,
        stop_ms: now_ms.saturating_add(DAY),
        planned: None,
    };
    let page = vec![item; PAGE_SEATS as usize];
    b.noting("32 sessions")
        .answers(s.plans().charge(now_ms, page))?;
    Ok(stream)
}

fn pools<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [owner, alice] = people(b, ["owner", "alice"])?;
    b.does(alice, s.payments().deposit().transferred_value(ONE))?;
    b.costs(alice, s.payments().deposit().transferred_value(HOLD * 10))?;
    b.does(alice, s.token().approve(s.payments, 20 * ONE))?;
    b.does(alice, s.payments().deposit_token(VLK, ONE))?;
    b.costs(alice, s.payments().deposit_token(VLK, ONE))?;
    b.noting("native")
        .costs(alice, s.payments().withdraw(NATIVE, ONE))?;
    b.costs(owner, s.payments().pause(3_600_000))?;
    b.costs(owner, s.payments().unpause())?;
    b.asks(s.payments().pool(alice, NATIVE))?;
    b.asks(s.payments().totals(NATIVE))?;
    b.asks(s.payments().asset(VLK))?;
    b.asks(s.payments().asset_count())?;
    b.asks(s.payments().asset_of(s.token))?;
    b.asks(s.payments().fees())?;
    b.asks(s.payments().treasury())?;
    b.asks(s.payments().paused_until())?;
    b.asks(s.payments().limits())?;
    Ok(())
}

fn meter<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [mira, alice, bob, stranger] = people(b, ["mira", "alice", "bob", "stranger"])?;
    let provide = || s.lifecycle().provide_seats(stream, 1);
    b.noting("one page").costs(mira, provide())?;
    b.does(mira, provide())?;

    // A page with one seat left, which alice takes.
    let mut page = Vec::new();
    for n in 1..PAGE_SEATS {
        page.push(watches(b, &format!("viewer {n}"), stream)?);
    }
    b.answers(s.lifecycle().can_open(alice, request(stream)))?;
    let number = b
        .noting("on a provided page")
        .costs(alice, s.lifecycle().open(request(stream)))?;
    let id = SessionId {
        viewer: alice,
        number,
    };
    page.push(id);

    b.wait(MOMENT)?;
    b.does(stranger, s.meter().settle_page(stream, 0))?; // a first credit makes the payee's cell
    b.wait(MOMENT)?;
    b.costs(stranger, s.meter().settle(id))?;
    b.wait(MOMENT)?;
    let many = s.meter().settle_many(page);
    b.noting("32 sessions of one page").costs(stranger, many)?;
    b.wait(MOMENT)?;
    let whole = s.meter().settle_page(stream, 0);
    b.noting("32 sessions").costs(stranger, whole)?;
    b.wait(MOMENT)?;
    b.costs(alice, s.lifecycle().top_up(id, ONE))?;

    b.asks(s.meter().genesis_hash())?;
    b.asks(s.meter().exit_delay())?;
    b.asks(s.lifecycle().session(id))?;
    b.asks(s.lifecycle().open_session(alice, stream))?;
    b.asks(s.meter().viewer(alice))?;
    b.asks(s.meter().audience(stream))?;
    b.asks(s.meter().live_viewers(stream))?;
    b.noting("32 sessions").asks(s.meter().page(stream, 0))?;
    b.answers(s.lifecycle().owed(id))?;
    b.answers(s.lifecycle().refundable(id))?;
    b.answers(s.lifecycle().runs_out_at(id))?;
    b.asks(s.meter().limits())?;

    b.costs(alice, s.lifecycle().pause(number))?;
    b.wait(MOMENT)?;
    b.costs(alice, s.lifecycle().resume(number))?;
    b.wait(MOMENT)?;
    b.costs(alice, s.lifecycle().close(number))?;

    // Bob watches until a moment that soon comes, and then leaves on his own.
    b.does(bob, s.payments().deposit().transferred_value(HOLD * 10))?;
    let until_ms = Some(b.chain.now_ms().saturating_add(2 * MOMENT));
    let short = OpenRequest {
        until_ms,
        ..request(stream)
    };
    let number = b.does(bob, s.lifecycle().open(short))?;
    b.wait(3 * MOMENT)?;
    let ended = SessionId {
        viewer: bob,
        number,
    };
    b.costs(stranger, s.lifecycle().close_ended(ended))?;
    let number = b.does(bob, s.lifecycle().open(request(stream)))?;
    b.wait(MOMENT)?;
    b.costs(bob, s.lifecycle().begin_exit(number))?;
    b.wait(MOMENT)?;
    b.costs(bob, s.lifecycle().finish_exit(number))?;

    b.costs(mira, s.lifecycle().clear_page(stream, 1))?;
    Ok(())
}

fn vouchers<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [mira, stranger] = people(b, ["mira", "stranger"])?;
    let mut first = Vouchers::open(b, "vera", stream)?;
    let mut second = Vouchers::open(b, "vito", stream)?;
    b.wait(MOMENT)?;
    let voucher = first.signs(b, 1);
    b.costs(stranger, s.meter().redeem(voucher))?;
    b.asks(s.lifecycle().session_at(first.at))?;
    let both = vec![first.signs(b, 1), second.signs(b, 1)];
    b.noting("two vouchers of one page")
        .costs(stranger, s.meter().redeem_many(both))?;

    // From a clock's session to vouchers, and to another key.
    let id = watches(b, "vega", stream)?;
    let key = Some(Vouchers::pair("vega").public().0.into());
    b.noting("from the clock to vouchers")
        .costs(id.viewer, s.lifecycle().set_key(id.number, key))?;

    b.costs(mira, s.lifecycle().dismiss(first.at))?;
    let (viewer, number) = (second.at.id.viewer, second.at.id.number);
    b.does(viewer, s.lifecycle().close(number))?;
    b.wait(MOMENT)?;
    b.costs(stranger, s.lifecycle().finish_close(second.at))?;
    Ok(())
}

/// A session whose vouchers are signed here.
pub struct Vouchers {
    pub at: Seated,
    pair: sr25519::Pair,
    ms: Millis,
    amount: Balance,
}

impl Vouchers {
    /// The key of a viewer's sessions.
    fn pair(viewer: &str) -> sr25519::Pair {
        sr25519::Pair::from_seed(&sp_core::blake2_256(viewer.as_bytes()))
    }

    /// Deposits, and opens a session that vouchers bill.
    pub fn open<C: Chain>(b: &mut Bench<C>, viewer: &str, stream: StreamId) -> Result<Self> {
        let s = b.suite;
        let pair = Self::pair(viewer);
        let [viewer] = people(b, [viewer])?;
        b.does(viewer, s.payments().deposit().transferred_value(2 * HOLD))?;
        let with_key = OpenRequest {
            key: Some(pair.public().0.into()),
            ..request(stream)
        };
        let number = b.does(viewer, s.lifecycle().open(with_key))?;
        let id = SessionId { viewer, number };
        let session = b.chain.read(s.lifecycle().session(id))?;
        let session = session.context("it was opened")?;
        let at = Seated {
            id,
            stream,
            page: session.page,
            seat: session.seat,
        };
        Ok(Self {
            at,
            pair,
            ms: 0,
            amount: 0,
        })
    }

    /// The voucher of another `seconds` at the stream's rate. They may be a few seconds ahead of the chain.
    pub fn signs<C: Chain>(&mut self, b: &Bench<C>, seconds: u32) -> SignedVoucher {
        self.ms = self.ms.saturating_add(Millis::from(seconds) * 1_000);
        self.amount = self.amount.saturating_add(RATE * Balance::from(seconds));
        let domain = Domain {
            genesis_hash: b.chain.genesis_hash().into(),
            contract: *b.suite.meter.as_ref(),
        };
        let voucher = Voucher {
            viewer: *self.at.id.viewer.as_ref(),
            number: self.at.id.number,
            stream: self.at.stream,
            asset: NATIVE,
            ms: self.ms,
            amount: self.amount,
        };
        SignedVoucher {
            at: self.at,
            ms: self.ms,
            amount: self.amount,
            signature: self.pair.sign(&voucher.message(&domain)).0,
        }
    }
}

fn payouts<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [alice, mira, stranger] = people(b, ["alice", "mira", "stranger"])?;
    b.asks(s.payments().payable(mira, NATIVE))?;
    b.noting("native")
        .costs(mira, s.payments().withdraw_payable(NATIVE))?;
    b.noting("native")
        .costs(stranger, s.payments().withdraw_fees(NATIVE))?;
    let gift = s.token().transfer(s.payments, ONE, Vec::new());
    b.does(alice, gift)?;
    b.noting("a PSP22")
        .costs(stranger, s.payments().sweep(VLK))?;
    b.wait(MOMENT)?;
    b.does(stranger, s.meter().settle_page(2, 0))?;
    b.noting("native")
        .costs(stranger, s.payments().push_payable(mira, NATIVE))?;
    Ok(())
}

/// What only the meter may call: measured on another payment handler, which obeys an account.
fn holds<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let [owner, treasury, alice, meter, mira] =
        people(b, ["owner", "treasury", "alice", "meter", "mira"])?;
    let zero = 0u64; // the change delay
    let desk = second(b, "payment_handler", owner)?;
    let args = (treasury, fees(), Vec::<AccountId>::new(), zero, desk).encode();
    let at = spare(b, "payment_handler", owner, args, b"holds")?;
    let wiring = Wiring {
        meter: Some(meter),
        passes: Some(owner),
        patronage: Some(owner),
        ..Wiring::default()
    };
    b.does(owner, administered(at).wire(wiring))?;
    let payments = || PaymentHandlerCalls::from(at);
    let holds = || HoldsCalls::from(at);
    b.does(alice, payments().deposit().transferred_value(10 * HOLD))?;
    let hold = || holds().hold(alice, NATIVE, HOLD, Class::Standard, 7);
    b.does(meter, hold())?;
    b.costs(meter, hold())?;
    b.answers(holds().would_hold(alice, NATIVE, HOLD, Class::Standard, 7))?;
    b.costs(meter, holds().top_up(alice, NATIVE, ONE, 7, HOLD))?;
    let terms = PayTerms {
        fees: FeeTerms {
            fee_bps: 1_000,
            referral_bps: 1_000,
        },
        owner: mira,
        cohosts: Vec::new(),
    };
    for after in [1, 2] {
        let item = SettleItem {
            terms: 0,
            asset: NATIVE,
            before: RATE * (after - 1),
            after: RATE * after,
            referrer: None,
            release: None,
        };
        let page = vec![item; PAGE_SEATS as usize];
        let settle = payments().settle(vec![terms.clone()], page);
        b.noting("32 sessions").costs(meter, settle)?;
    }
    Ok(())
}

/// The same messages in every contract, measured on instances that nothing depends on.
fn administration<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [owner, heir, treasury] = people(b, ["owner", "heir", "treasury"])?;
    let zero = 0u64; // the change delay
    let allocations = vec![(owner, ONE)];
    let tokens = Vec::<AccountId>::new();
    let genesis_hash = b.chain.genesis_hash();
    let none = Wiring::default();
    let of_registry = Wiring {
        registry: Some(s.registry),
        ..none
    };
    let of_passes = Wiring {
        payments: Some(s.payments),
        ..of_registry
    };
    let of_pricing = Wiring {
        passes: Some(s.passes),
        ..of_passes
    };
    let of_patronage = Wiring {
        meter: Some(s.meter),
        directory: Some(s.directory),
        ..of_passes
    };
    let of_meter = Wiring {
        pricing: Some(s.pricing),
        patronage: Some(s.patronage),
        ..of_passes
    };
    let of_payments = Wiring {
        meter: Some(s.meter),
        passes: Some(s.passes),
        patronage: Some(s.patronage),
        ..none
    };
    let permit = second(b, "vlk_token", owner)?;
    let plans = second(b, "pricing_engine", owner)?;
    let desk = second(b, "payment_handler", owner)?;
    let lifecycle = second(b, "tick_stream", owner)?;
    let spares: [(&'static str, Vec<u8>, Wiring); 9] = [
        (
            "vlk_token",
            (allocations, zero, genesis_hash, permit).encode(),
            none,
        ),
        ("stream_registry", zero.encode(), none),
        ("pricing_engine", (zero, plans).encode(), of_pricing),
        (
            "payment_handler",
            (treasury, fees(), tokens, zero, desk).encode(),
            of_payments,
        ),
        (
            "tick_stream",
            (genesis_hash, zero, zero, lifecycle).encode(),
            of_meter,
        ),
        ("pass_office", zero.encode(), of_passes),
        ("patronage", zero.encode(), of_patronage),
        ("directory", zero.encode(), of_registry),
        ("moderation", (ONE, treasury, zero).encode(), of_registry),
    ];
    for (name, args, wiring) in spares {
        let at = spare(b, name, owner, args, b"administration")?;
        if wiring == none {
            b.costs_refusal(owner, administered(at).wire(wiring))?;
        } else {
            b.costs(owner, administered(at).wire(wiring))?;
        }
        b.costs(owner, administered(at).propose_owner(Some(heir)))?;
        b.costs(heir, administered(at).accept_owner())?;
        let code = b.chain.read(administered(at).administration())?.code_hash;
        let announce = || administered(at).announce(Change::Code(code));
        let dropped = b.noting("code").costs(heir, announce())?;
        b.noting("one change")
            .asks(administered(at).administration())?;
        b.costs(heir, administered(at).cancel(dropped))?;
        let applied = b.does(heir, announce())?;
        b.noting("code")
            .costs(heir, administered(at).apply(applied))?;
    }
    Ok(())
}

/// The second code of a contract, which is on the chain already.
pub fn second<C: Chain>(b: &mut Bench<C>, contract: &str, owner: AccountId) -> Result<Hash> {
    let code =
        second_code_of(contract).with_context(|| format!("{contract} has no second code"))?;
    Ok(b.chain.upload(owner, &wasm(&artifacts_dir(), code)?)?)
}

/// Another instance of a contract.
pub fn spare<C: Chain>(
    b: &mut Bench<C>,
    name: &'static str,
    owner: AccountId,
    args: Vec<u8>,
    salt: &[u8],
) -> Result<AccountId> {
    let at = instantiate(&mut b.chain, &artifacts_dir(), name, owner, args, salt)?;
    b.know(at, name);
    Ok(at)
}

pub fn fees() -> FeeSchedule {
    vilokanam_chain::Config::default().fees
}

/// These people's accounts.
pub fn people<C: Chain, const N: usize>(
    b: &mut Bench<C>,
    names: [&str; N],
) -> Result<[AccountId; N]> {
    let mut accounts = [AccountId::from([0; 32]); N];
    for (account, name) in accounts.iter_mut().zip(names) {
        *account = b.who(name)?;
    }
    Ok(accounts)
}

/// Registers a stream with rates and goes live for a day at a time.
pub fn airs<C: Chain>(b: &mut Bench<C>, owner: AccountId, cohosts: Vec<Share>) -> Result<StreamId> {
    let s = b.suite;
    let owner_bps = FULL_BPS - cohosts.iter().map(|share| share.bps).sum::<u16>();
    let register = s
        .registry()
        .register(CID.into(), Class::Standard, 7, owner_bps, cohosts);
    let stream = b.does(owner, register)?;
    b.does(owner, s.pricing().set_rates(stream, rates()))?;
    b.does(owner, s.registry().go_live(stream, DAY))?;
    Ok(stream)
}

/// Rates in both assets.
pub fn rates() -> Vec<AssetRate> {
    [NATIVE, VLK]
        .map(|asset| AssetRate {
            asset,
            rate_per_sec: RATE,
        })
        .to_vec()
}

/// Deposits and opens a session.
pub fn watches<C: Chain>(b: &mut Bench<C>, viewer: &str, stream: StreamId) -> Result<SessionId> {
    let s = b.suite;
    let [viewer] = people(b, [viewer])?;
    b.does(viewer, s.payments().deposit().transferred_value(2 * HOLD))?;
    let number: SessionNo = b.does(viewer, s.lifecycle().open(request(stream)))?;
    Ok(SessionId { viewer, number })
}

/// An hour of watching, alone.
pub fn quote_of(stream: StreamId) -> QuoteRequest {
    QuoteRequest {
        stream,
        asset: NATIVE,
        duration_ms: 3_600_000,
        audience: 0,
        viewer: None,
    }
}

/// A clock session in native tokens.
pub fn request(stream: StreamId) -> OpenRequest {
    OpenRequest {
        stream,
        asset: NATIVE,
        hold: HOLD,
        ceiling: RATE,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}
