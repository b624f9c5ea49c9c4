//! The messages of what is built on top of seconds: plans, passes, tips, goals, sponsors, limits, permits, the directory, moderation.

use crate::{
    measure::{Bench, Cost, ONE, RICH},
    rows::Row,
    walk::{
        airs, fees, people, quote_of, request, second, spare, watches, DAY, HOLD, MOMENT, RATE,
    },
};
use anyhow::{Context, Result};
use ink::scale::Encode;
use psp22::PSP22;
use vilokanam_chain::{
    account, administered, Calls, Chain, HoldsCalls, PatronageCalls, PaymentDeskCalls,
    PaymentHandlerCalls, VLK,
};
use vilokanam_interfaces::{
    AccountId, Administered, AudienceStep, Balance, CategoryFactor, Class, Directory, Discount,
    Holds, Millis, Moderation, OpenRequest, PassLevel, PassOffer, PassOffice, PassOrder,
    PassPeriod, PassScope, Patronage, Payment, PaymentDesk, PaymentHandler, Peak, PermittedDeposit,
    PlanKind, PlanRules, PricingPlans, Renewal, Scheduled, SessionId, Shift, SpendingLimits,
    Sponsorship, Staking, StreamId, TickLifecycle, TickStream, Tier, Verdict, VlkPermit, Wiring,
    APPEAL_MS, DECIDE_MS, FACTOR_ONE, NATIVE, PAGE_SEATS, RENEW_AHEAD_MS,
};
use vilokanam_voucher::{
    sign::{self, Form},
    Domain, Permit,
};

/// A content identifier.
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
/// A category.
const CATEGORY: u16 = 7;

/// Measures every message of it.
pub fn walk<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let [tara] = people(b, ["tara"])?;
    let stream = airs(b, tara, Vec::new())?;
    plans(b, stream).context("plans")?;
    passes(b, stream).context("pass_office")?;
    tips(b, stream).context("patronage, tips")?;
    goals(b, stream).context("patronage, goals")?;
    sponsors(b, stream).context("patronage, sponsors")?;
    limits(b, stream).context("payment_handler, limits")?;
    desk(b).context("payment_handler, desk")?;
    permits(b, stream).context("permits")?;
    directory(b, stream).context("directory")?;
    moderation(b, stream).context("moderation")?;
    waits(b, stream).context("what takes days")
}

/// A plan with all that a plan can have.
pub fn rules() -> PlanKind {
    let tier = |minutes: Millis, factor| Tier {
        after_ms: minutes * 60_000,
        factor,
    };
    let peak = |from_min, to_min| Peak {
        from_min,
        to_min,
        factor: 1_200_000,
    };
    PlanKind::Rules(PlanRules {
        preview_ms: 1_000,
        tiers: vec![tier(10, 900_000), tier(60, 800_000)],
        peaks: vec![peak(0, 60), peak(1_080, 1_320)],
        standard: FACTOR_ONE,
        premium: 1_500_000,
        subscription: FACTOR_ONE,
        categories: vec![CategoryFactor {
            category: CATEGORY,
            factor: 950_000,
        }],
        audience: vec![AudienceStep {
            viewers: 100,
            factor: 900_000,
        }],
        stakers: 900_000,
    })
}

fn plans<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [owner, tara, viewer] = people(b, ["owner", "tara", "planned"])?;
    b.noting("all rules")
        .costs(tara, s.plans().set_plan(stream, rules()))?;
    b.noting("all rules").asks(s.plans().plan_kind(stream, 1))?;
    b.answers(s.plans().quote(quote_of(stream)))?;
    let staking = Staking {
        contract: viewer,
        minimum: ONE,
    };
    b.costs(owner, s.plans().set_staking(Some(staking)))?;
    b.asks(s.plans().staking())?;
    b.does(owner, s.plans().set_staking(None))?;

    b.does(viewer, s.payments().deposit().transferred_value(HOLD + ONE))?;
    let number = b.does(viewer, s.lifecycle().open(dear(stream)))?;
    b.asks(s.lifecycle().preview_left(viewer, stream, 1, 1_000))?;
    b.wait(MOMENT)?;
    b.does(viewer, s.lifecycle().close(number))?;
    // The rest of the walk is on flat prices.
    b.does(tara, s.plans().set_plan(stream, PlanKind::Flat))?;
    Ok(())
}

/// A session at any price of the plan.
pub fn dear(stream: StreamId) -> OpenRequest {
    OpenRequest {
        ceiling: RATE * 4,
        ..request(stream)
    }
}

/// An order for a day.
pub fn order(scope: PassScope) -> PassOrder {
    PassOrder {
        scope,
        level: PassLevel::Basic,
        period: PassPeriod::Day,
        periods: 1,
        asset: NATIVE,
        max_price: ONE,
        max_factor: FACTOR_ONE,
        holder: None,
    }
}

/// What a day costs.
pub fn offer() -> PassOffer {
    PassOffer {
        asset: NATIVE,
        prices: [Some(ONE), None, None],
        factor: 500_000,
    }
}

fn passes<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [tara, holder] = people(b, ["tara", "holder"])?;
    let (scope, level) = (PassScope::Stream(stream), PassLevel::Basic);
    let sells = s.passes().set_offer(scope, level, Some(offer()));
    b.costs(tara, sells)?;
    b.asks(s.passes().offer(scope, level))?;
    b.does(holder, s.payments().deposit().transferred_value(HOLD * 3))?;
    b.costs(holder, s.passes().buy(order(scope)))?;
    b.asks(s.passes().pass(holder, scope, level))?;
    b.asks(s.passes().discount(holder, stream, tara))?;
    let renewal = Renewal {
        period: PassPeriod::Day,
        asset: NATIVE,
        max_price: ONE,
        max_factor: FACTOR_ONE,
    };
    let allows = s.passes().set_renewal(scope, level, Some(renewal));
    b.costs(holder, allows)?;
    let with_pass = OpenRequest {
        discount: Discount::Pass,
        ..request(stream)
    };
    let number = b.does(holder, s.lifecycle().open(with_pass))?;
    b.wait(MOMENT)?;
    b.does(holder, s.lifecycle().close(number))?;
    Ok(())
}

fn tips<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [owner, gateway, fan, payee] = people(b, ["owner", "gateway", "fan", "payee"])?;
    b.does(fan, s.payments().deposit().transferred_value(100 * ONE))?;
    let message = Some([7; 32].into());
    b.does(fan, s.patronage().tip(stream, NATIVE, ONE, message))?;
    b.costs(fan, s.patronage().tip(stream, NATIVE, ONE, message))?;

    b.costs(owner, s.directory().set_gateway(gateway, true))?;
    b.asks(s.directory().is_gateway(gateway))?;
    let origin = || [1; 32].into();
    let register = s
        .directory()
        .register_external(2_000, origin(), payee, CID.into(), CATEGORY);
    let external = b.costs(gateway, register)?;
    let update = s
        .directory()
        .update_external(external, payee, CID.into(), 8, true);
    b.costs(gateway, update)?;
    b.asks(s.directory().external(external))?;
    b.asks(s.directory().external_of(2_000, origin()))?;
    b.asks(s.directory().external_count())?;
    let pays = || s.patronage().pay_external(external, NATIVE, ONE, None);
    b.does(fan, pays())?;
    b.costs(fan, pays())?;
    Ok(())
}

fn goals<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [tara, fan] = people(b, ["tara", "fan"])?;
    let end_ms = b.chain.now_ms().saturating_add(DAY);
    let make = || {
        let about = [9; 32].into();
        s.patronage()
            .make_goal(stream, NATIVE, 2 * ONE, end_ms, about)
    };
    let reached = b.costs(tara, make())?;
    b.does(fan, s.patronage().contribute(reached, ONE))?;
    b.asks(s.patronage().goal(reached))?;
    b.asks(s.patronage().goal_count())?;
    b.asks(s.patronage().contribution(reached, fan))?;
    b.noting("which reaches it")
        .costs(fan, s.patronage().contribute(reached, ONE))?;
    let given_up = b.does(tara, make())?;
    b.does(fan, s.patronage().contribute(given_up, ONE))?;
    b.costs(tara, s.patronage().cancel_goal(given_up))?;
    b.costs(fan, s.patronage().return_contribution(given_up, fan))?;
    Ok(())
}

fn sponsors<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [owner, meter, sponsor, guest, other] =
        people(b, ["owner", "meter", "sponsor", "guest", "other guest"])?;
    let terms = Sponsorship {
        max_hold: HOLD,
        max_ceiling: RATE,
        until_ms: b.chain.now_ms().saturating_add(DAY),
    };
    b.does(sponsor, s.payments().deposit().transferred_value(3 * HOLD))?;
    let funds = s.patronage().sponsor(stream, NATIVE, 2 * HOLD, terms);
    b.costs(sponsor, funds)?;
    b.asks(s.patronage().budget(sponsor, stream, NATIVE))?;
    let would = |viewer| {
        s.patronage()
            .would_sponsor(sponsor, viewer, stream, NATIVE, HOLD, RATE)
    };
    b.answers(would(guest))?;
    let invited = OpenRequest {
        sponsor: Some(sponsor),
        ..request(stream)
    };
    let number = b.does(guest, s.lifecycle().open(invited))?;
    let was = s.patronage().was_sponsored(sponsor, stream, NATIVE, guest);
    b.asks(was)?;
    b.wait(MOMENT)?;
    b.does(guest, s.lifecycle().close(number))?;
    b.costs(sponsor, s.patronage().withdraw_budget(stream, NATIVE, HOLD))?;

    // Only the meter may: measured on another instance, which obeys an account.
    let at = spare(b, "patronage", owner, 0u64.encode(), b"sponsors")?;
    let wiring = Wiring {
        registry: Some(s.registry),
        payments: Some(s.payments),
        meter: Some(meter),
        directory: Some(s.directory),
        ..Wiring::default()
    };
    b.does(owner, administered(at).wire(wiring))?;
    let patronage = || PatronageCalls::from(at);
    b.does(sponsor, patronage().sponsor(stream, NATIVE, 0, terms))?;
    let mut notes = patronage();
    let notes = notes.sponsor_session(sponsor, other, stream, NATIVE, HOLD, RATE);
    b.costs(meter, notes)?;
    Ok(())
}

/// Limits that nobody reaches.
pub fn wide() -> SpendingLimits {
    let much = Some(1_000 * HOLD);
    SpendingLimits {
        session: much,
        day: much,
        week: much,
        month: much,
        categories: vec![(CATEGORY, 1_000 * HOLD)],
    }
}

fn limits<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [tara, saver] = people(b, ["tara", "saver"])?;
    b.does(saver, s.payments().deposit().transferred_value(2 * HOLD))?;
    b.noting("all of them")
        .costs(saver, s.desk().set_spending_limits(NATIVE, wide()))?;
    let number = b.does(saver, s.lifecycle().open(request(stream)))?;
    b.answers(s.desk().spending(saver, NATIVE))?;
    b.wait(MOMENT)?;
    b.does(saver, s.lifecycle().close(number))?;
    let session = SessionId {
        viewer: saver,
        number,
    };
    b.costs(tara, s.desk().refund(session, NATIVE, 1_000))?;
    Ok(())
}

/// What only the other contracts may call: measured on another payment handler, which obeys accounts.
fn desk<C: Chain>(b: &mut Bench<C>) -> Result<()> {
    let s = b.suite;
    let [owner, treasury, meter, office, patron] =
        people(b, ["owner", "treasury", "meter", "office", "patron"])?;
    let [rich, payee, community] = people(b, ["rich", "payee", "community"])?;
    let code = second(b, "payment_handler", owner)?;
    let args = (treasury, fees(), vec![s.token], 0u64, code).encode();
    let at = spare(b, "payment_handler", owner, args, b"desk")?;
    let wiring = Wiring {
        meter: Some(meter),
        passes: Some(office),
        patronage: Some(patron),
        ..Wiring::default()
    };
    b.does(owner, administered(at).wire(wiring))?;
    let desk = || PaymentDeskCalls::from(at);
    let deposit = PaymentHandlerCalls::from(at)
        .deposit()
        .transferred_value(10 * HOLD);
    b.does(rich, deposit)?;
    let payment = || Payment {
        payer: rich,
        asset: NATIVE,
        amount: ONE,
        class: Class::Subscription,
        category: Some(CATEGORY),
        owner: payee,
        cohosts: Vec::new(),
    };
    b.does(office, desk().pay(payment()))?;
    b.costs(office, desk().pay(payment()))?;
    let shift = Shift {
        from: rich,
        to: payee,
        asset: NATIVE,
        amount: ONE,
        category: Some(CATEGORY),
        back_of_ms: None,
    };
    b.does(patron, desk().shift(shift))?;
    b.costs(patron, desk().shift(shift))?;

    let (signer, viewer) = signer(b, "signer")?;
    let moved = s.token().transfer(viewer, 10 * ONE, Vec::new());
    b.does(community, moved)?;
    for nonce in 0..2 {
        let permit = permit(b, &signer, at, ONE, nonce);
        let deposit = PermittedDeposit {
            amount: ONE,
            permit: Some(permit),
        };
        let deposited = desk().deposit_permitted(viewer, VLK, deposit);
        b.noting("by a permit").costs(meter, deposited)?;
    }
    // A hold of somebody with limits goes another way.
    b.does(rich, desk().set_spending_limits(NATIVE, wide()))?;
    let hold = HoldsCalls::from(at).hold(rich, NATIVE, HOLD, Class::Standard, CATEGORY);
    b.does(meter, hold)?;
    Ok(())
}

/// An account whose key is at hand, and which may send as well.
fn signer<C: Chain>(b: &mut Bench<C>, name: &str) -> Result<(sign::Keypair, AccountId)> {
    // On a node the person of this name has this very key.
    b.who(name)?;
    let pair = sign::pair(account(name).as_ref()).context("any 32 bytes are a seed")?;
    let itself = AccountId::from(pair.public.to_bytes());
    if b.chain.native_balance(itself)? == 0 {
        b.chain.fund(itself, RICH)?;
    }
    Ok((pair, itself))
}

/// A permit for a day: its deadline, and its signature.
fn permit<C: Chain>(
    b: &mut Bench<C>,
    signer: &sign::Keypair,
    spender: AccountId,
    value: Balance,
    nonce: u64,
) -> (Millis, [u8; 64]) {
    let domain = Domain {
        genesis_hash: b.chain.genesis_hash().into(),
        contract: *b.suite.token.as_ref(),
    };
    let deadline_ms = b.chain.now_ms().saturating_add(DAY);
    let message = Permit {
        owner: signer.public.to_bytes(),
        spender: *spender.as_ref(),
        value,
        nonce,
        deadline_ms,
    }
    .message(&domain);
    (deadline_ms, sign::sign(signer, &message, Form::Raw))
}

fn permits<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [community, spender] = people(b, ["community", "spender"])?;
    let (signer, viewer) = signer(b, "permitting")?;
    let moved = s.token().transfer(viewer, 10 * HOLD, Vec::new());
    b.does(community, moved)?;
    for nonce in 0..2 {
        let (deadline_ms, signature) = permit(b, &signer, spender, ONE, nonce);
        let approves = s
            .permit()
            .permit(viewer, spender, ONE, deadline_ms, signature);
        b.costs(spender, approves)?;
    }
    b.asks(s.permit().nonce(viewer))?;
    b.asks(s.permit().permit_genesis())?;

    let in_vlk = OpenRequest {
        asset: VLK,
        ..request(stream)
    };
    let deposit = PermittedDeposit {
        amount: HOLD,
        permit: Some(permit(b, &signer, s.payments, HOLD, 2)),
    };
    let opens = s.lifecycle().deposit_and_open(in_vlk, deposit);
    let number = b.noting("by a permit").costs(viewer, opens)?;
    b.wait(MOMENT)?;
    b.does(viewer, s.lifecycle().close(number))?;
    Ok(())
}

fn directory<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [owner, tara, stranger] = people(b, ["owner", "tara", "stranger"])?;
    let names = s.directory().name_category(CATEGORY, "Chess".into());
    b.costs(owner, names)?;
    b.asks(s.directory().category_name(CATEGORY))?;
    b.costs(stranger, s.directory().list_stream(stream))?;
    b.noting("one stream")
        .asks(s.directory().streams_in(CATEGORY, 0, 50))?;
    b.asks(s.directory().stream_count_in(CATEGORY))?;
    b.asks(s.directory().listed_in(stream))?;
    let start_ms = b.chain.now_ms().saturating_add(DAY);
    let evening = Scheduled {
        start_ms,
        end_ms: start_ms.saturating_add(DAY),
        cid: CID.into(),
    };
    b.costs(tara, s.directory().schedule(stream, evening))?;
    b.noting("one broadcast")
        .asks(s.directory().scheduled(stream))?;
    b.costs(tara, s.directory().cancel_scheduled(stream, start_ms))?;
    Ok(())
}

fn moderation<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [owner, tara, mona, rude] = people(b, ["owner", "tara", "mona", "rude"])?;
    b.asks(s.moderation().bond())?;
    b.costs(owner, s.moderation().set_bond(ONE))?;
    let reports = || {
        let why = "what was shown".into();
        let report = s.moderation().report_stream(stream, why);
        report.transferred_value(ONE)
    };
    let report = b.costs(rude, reports())?;
    b.asks(s.moderation().report(report))?;
    b.asks(s.moderation().report_count())?;
    let reason = || "as the rules say".to_owned();
    let suspends = s.moderation().decide(report, Verdict::Suspended, reason());
    b.noting("suspended, on air").costs(mona, suspends)?;
    b.noting("one offence")
        .asks(s.moderation().offender(tara))?;
    b.asks(s.moderation().collectable(rude))?;
    b.costs(rude, s.moderation().collect(rude))?;
    b.costs(tara, s.moderation().appeal(report, reason()))?;
    b.noting("overturned")
        .costs(owner, s.moderation().resolve(report, true, reason()))?;

    // Abuse that is confirmed can be forfeited at once.
    let report = b.does(rude, reports())?;
    let abuse = s.moderation().decide(report, Verdict::Abusive, reason());
    b.does(mona, abuse)?;
    b.does(rude, s.moderation().appeal(report, reason()))?;
    b.does(owner, s.moderation().resolve(report, false, reason()))?;
    b.costs(rude, s.moderation().forfeit(report))?;
    b.asks(s.moderation().bond_treasury())?;
    Ok(())
}

/// What can only be done after days: where the clock is real, it is refused.
fn waits<C: Chain>(b: &mut Bench<C>, stream: StreamId) -> Result<()> {
    let s = b.suite;
    let [rude, holder, stranger] = people(b, ["rude", "holder", "stranger"])?;
    let (scope, level) = (PassScope::Stream(stream), PassLevel::Basic);
    let renews = || s.passes().renew(holder, scope, level);
    let why = "what was shown".into();
    let reports = s.moderation().report_stream(stream, why);
    let report = b.does(rude, reports.transferred_value(ONE))?;
    let lapses = || s.moderation().lapse(report);
    if b.chain.name() != "embedded" {
        b.costs_refusal(stranger, renews())?;
        return b.costs_refusal(stranger, lapses());
    }
    b.wait(DAY - RENEW_AHEAD_MS)?;
    b.costs(stranger, renews())?;
    b.wait(DECIDE_MS.max(APPEAL_MS))?;
    b.costs(stranger, lapses())?;
    Ok(())
}

/// What opening and settling cost those who use some of it, beside those who use none.
pub fn rows<C: Chain>(b: &mut Bench<C>) -> Result<Vec<Row>> {
    let s = b.suite;
    let [toni, sponsor] = people(b, ["toni", "toni's sponsor"])?;
    let stream = airs(b, toni, Vec::new())?;
    watches(b, "toni's first", stream)?; // pays for the page
    let plain = request(stream);
    let mut rows = vec![opening(b, "with nothing of it", "toni's plain", plain)?];

    let [saver] = people(b, ["toni's saver"])?;
    b.does(saver, s.desk().set_spending_limits(NATIVE, wide()))?;
    let what = "with spending limits of all kinds";
    rows.push(opening(b, what, "toni's saver", plain)?);

    let scope = PassScope::Creator(toni);
    let sells = s.passes().set_offer(scope, PassLevel::Basic, Some(offer()));
    b.does(toni, sells)?;
    let [holder] = people(b, ["toni's holder"])?;
    b.does(holder, s.payments().deposit().transferred_value(ONE))?;
    b.does(holder, s.passes().buy(order(scope)))?;
    let with_pass = OpenRequest {
        discount: Discount::Pass,
        ..plain
    };
    rows.push(opening(b, "with a pass", "toni's holder", with_pass)?);

    let terms = Sponsorship {
        max_hold: HOLD,
        max_ceiling: RATE,
        until_ms: b.chain.now_ms().saturating_add(DAY),
    };
    b.does(sponsor, s.payments().deposit().transferred_value(HOLD))?;
    let funds = s.patronage().sponsor(stream, NATIVE, HOLD, terms);
    b.does(sponsor, funds)?;
    let invited = OpenRequest {
        sponsor: Some(sponsor),
        ..plain
    };
    let what = "on a sponsor's budget";
    rows.push(opening(b, what, "toni's guest", invited)?);

    b.does(toni, s.plans().set_plan(stream, rules()))?;
    let what = "on a plan with all rules";
    rows.push(opening(b, what, "toni's planned", dear(stream))?);

    // A full page of sessions that a plan bills.
    let [tess, stranger] = people(b, ["tess", "stranger"])?;
    let stream = airs(b, tess, Vec::new())?;
    b.does(tess, s.plans().set_plan(stream, rules()))?;
    for n in 0..PAGE_SEATS {
        let [viewer] = people(b, [format!("planned {n}").as_str()])?;
        b.does(viewer, s.payments().deposit().transferred_value(2 * HOLD))?;
        b.does(viewer, s.lifecycle().open(dear(stream)))?;
    }
    for _ in 0..2 {
        // The free preview passes, and first credits make the payees' cells.
        b.wait(MOMENT)?;
        b.does(stranger, s.meter().settle_page(stream, 0))?;
    }
    b.wait(MOMENT)?;
    let sent = b.chain.quote(stranger, s.meter().settle_page(stream, 0))?;
    let cost = Cost::from(&sent.accepted()?.receipt);
    rows.push(Row::info(
        "settling a full page of 32 sessions on a plan with all rules, a session",
        &cost,
        PAGE_SEATS.into(),
    ));
    Ok(rows)
}

/// What opening costs a viewer, who deposits first.
fn opening<C: Chain>(
    b: &mut Bench<C>,
    what: &str,
    viewer: &str,
    request: OpenRequest,
) -> Result<Row> {
    let s = b.suite;
    let [viewer] = people(b, [viewer])?;
    b.does(viewer, s.payments().deposit().transferred_value(2 * HOLD))?;
    let opened = b.chain.must(viewer, s.lifecycle().open(request));
    let opened = opened.with_context(|| what.to_owned())?;
    let what = format!("opening a session {what}");
    Ok(Row::info(&what, &Cost::from(&opened.receipt), 1))
}
