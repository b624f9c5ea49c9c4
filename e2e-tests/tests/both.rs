//! The stories of the suite on both backends: told once, to any chain, with durations that a real clock can wait for.
//!
//! What is expected comes from the independent model, fed with the times at which things happened, and from hand
//! computation. The evening of the demo is one of the stories.

use anyhow::{ensure, Context, Result};
use std::io::Write;
use vilokanam_chain::{account, artifacts_dir, Calls, Chain, Config, Embedded, Node, NO_NODE, VLK};
use vilokanam_e2e::{
    evening::{play, EveningPlan, SessionBook, Stage},
    model::{
        Action, MeterCall, Outcome, PaymentsCall, PricingCall, RegistryCall, Signed, TokenCall,
        Value,
    },
};
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, Class, Discount, Millis, OpenRequest, Outcome as Fate,
    PaymentHandler, SessionId, Share, SignedVoucher, StreamId, TickStreamError as Error,
    VoucherOutcome, VoucherRefusal, NATIVE,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Voucher,
};

/// 10^12 base units: one VLK, and as much of the native token.
const ONE: Balance = 1_000_000_000_000;
/// The assets and the rates of every stream, in base units a second. They do not divide evenly, on purpose.
const RATES: [(AssetId, Balance); 2] = [(NATIVE, 1_000_007), (VLK, 333_331)];
/// The shortest that serves: a development chain allows any.
const EXIT_DELAY: Millis = 2_000;
/// Longer than all the stories together: none of them sends heartbeats.
const GRACE: Millis = 3_600_000;
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
const PEOPLE: [&str; 7] = ["mira", "noor", "alice", "bob", "rita", "sam", "sale"];

type Story<C> = fn(&mut Stage<'_, C>, StreamId) -> Result<()>;

/// All but the evening, which has a house of its own.
fn stories<C: Chain>() -> [(&'static str, Story<C>); 5] {
    [
        ("a session costs its seconds", costs_its_seconds),
        ("money runs out", runs_out),
        ("an exit needs nobody", exits),
        ("vouchers are redeemed", vouchers),
        ("refusals change nothing", refusals),
    ]
}

/// Tells all stories, each on a stream of its own that mira and noor (a third of it) run.
fn tell_all<C: Chain>(chain: &mut C) -> Result<()> {
    let config = Config {
        exit_delay_ms: EXIT_DELAY,
        ..Config::of(chain)
    };
    let people = PEOPLE.into_iter().map(String::from);
    let mut stage = Stage::set(chain, &artifacts_dir(), &config, people)?;
    for viewer in ["alice", "bob"] {
        let viewer = stage.account(viewer);
        stage.deposit(viewer, NATIVE, 1_000 * ONE)?;
        let buy = TokenCall::Transfer {
            to: viewer,
            amount: 1_000 * ONE,
        };
        stage.must(stage.account("sale"), Action::Token(0, buy))?;
        stage.deposit(viewer, VLK, 1_000 * ONE)?;
    }
    for (name, story) in stories() {
        let stream = airs(&mut stage)?;
        story(&mut stage, stream).context(name)?;
        compare_money(&mut stage)?;
        ensure!(
            stage.differences.is_empty(),
            "{name}: {:#?}",
            stage.differences
        );
    }
    ensure!(stage.model.laws().is_ok(), "{:?}", stage.model.laws());
    println!(
        "{}: {} transactions, {} answers compared",
        stage.chain.name(),
        stage.transactions,
        stage.compared
    );
    Ok(())
}

#[test]
fn stories_on_the_embedded_chain() -> Result<()> {
    tell_all(&mut Embedded::new())
}

#[test]
fn stories_on_a_node() -> Result<()> {
    node()?.map_or(Ok(()), |mut node| tell_all(&mut node))
}

/// The fast evening must have everything in it that the real one has.
fn evening<C: Chain>(chain: &mut C) -> Result<()> {
    let plan = EveningPlan::fast(12, 1);
    let report = play(chain, &artifacts_dir(), &plan, &mut ())?;
    ensure!(report.holds(), "{:#?}", report.laws);
    ensure!(report.conservation);
    let counts = report.counts;
    for (what, count) in [
        ("pauses", counts.pauses),
        ("resumes", counts.resumes),
        ("top-ups", counts.own_top_ups),
        ("gifts", counts.gifts),
        ("ran dry", counts.ran_dry),
        ("hit their ceiling", counts.hit_ceiling),
        ("came to until_ms", counts.until_came),
        ("rejoined", counts.rejoined),
        ("closed by others", counts.closed_by_others),
        ("exits", counts.exits),
        ("pushes", counts.pushes),
        ("watched a preview", counts.previews),
        ("reached a tier", counts.tiers),
        ("bought a pass", counts.passes),
        ("was given a pass", counts.passes_given),
        ("watched with a pass", counts.with_pass),
        ("tips", counts.tips),
        ("gave to a goal", counts.contributions),
        ("reached a goal", counts.goals_reached),
        ("missed a goal", counts.goals_missed),
        ("got a contribution back", counts.returned),
        ("was on the house", counts.sponsored),
        ("hit an own limit", counts.limits_hit),
        ("reported a stream", counts.reports),
        ("appealed", counts.appeals),
        ("had a verdict overturned", counts.overturned),
    ] {
        ensure!(count > 0, "nobody: {what}");
    }
    for (deposited, settled, given, refunded) in [
        (
            report.deposited.native,
            report.settled.native,
            report.given.native,
            report.refunded.native,
        ),
        (
            report.deposited.vlk,
            report.settled.vlk,
            report.given.vlk,
            report.refunded.vlk,
        ),
    ] {
        ensure!(settled > 0 && deposited == settled + given + refunded);
    }
    println!(
        "{}: {} transactions, {} answers compared",
        report.network, report.transactions, report.compared
    );
    Ok(())
}

#[test]
fn evening_on_the_embedded_chain() -> Result<()> {
    evening(&mut Embedded::new())
}

#[test]
fn evening_on_a_node() -> Result<()> {
    node()?.map_or(Ok(()), |mut node| evening(&mut node))
}

/// A node, or `None` after saying that there is none, where that is allowed.
fn node() -> Result<Option<Node>> {
    let node = Node::start()?;
    if node.is_none() {
        let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
        ensure!(!required, "no node: {NO_NODE}");
        // Not by print!, which is shown only when a test fails.
        writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}")?;
    }
    Ok(node)
}

/// Watched, paused, resumed, topped up by a stranger, settled by one: each asset's price for the milliseconds that ran.
fn costs_its_seconds<C: Chain>(stage: &mut Stage<'_, C>, stream: StreamId) -> Result<()> {
    for (asset, rate) in RATES {
        let request = OpenRequest {
            referrer: Some(stage.account("rita")),
            ..request(stream, asset, 20 * rate)
        };
        let id = opens(stage, "alice", request)?;
        wait(stage, 1_000)?;
        stage.compare_session(id)?;
        must(stage, "sam", MeterCall::Settle(id))?;
        wait(stage, 500)?;
        must(stage, "alice", MeterCall::Pause(id.number))?;
        wait(stage, 700)?;
        must(stage, "alice", MeterCall::Resume(id.number))?;
        let amount = 5 * rate;
        must(stage, "bob", MeterCall::TopUp { id, amount })?;
        wait(stage, 500)?;
        stage.compare_session(id)?;
        let all = MeterCall::SettleMany(vec![id, id]);
        let Value::Fates(fates) = must(stage, "sam", all)? else {
            anyhow::bail!("settle_many says fates");
        };
        ensure!(
            matches!(fates[..], [Fate::Settled(1..), Fate::Duplicate]),
            "{fates:?}"
        );
        must(stage, "alice", MeterCall::Close(id.number))?;

        let book = book(stage, id);
        let receipt = book.closed.as_ref().context("is closed")?;
        let watched_ms = book.running_ms(receipt.closed_ms);
        let paid = price(rate, watched_ms);
        ensure!(watched_ms >= 2_000 && receipt.closed_ms - receipt.opened_ms >= watched_ms + 700);
        ensure!(receipt.watched_ms == watched_ms, "{receipt:?}");
        ensure!(receipt.hold == 25 * rate, "{receipt:?}");
        ensure!(receipt.settled == paid, "{receipt:?} and not {paid}");
        ensure!(receipt.released == 25 * rate - paid, "{receipt:?}");
    }
    // What is payable is withdrawn by the creator, and pushed by a stranger.
    for (asset, _) in RATES {
        let mira = stage.account("mira");
        let earned = stage.model.payable(mira, asset);
        ensure!(earned > 0);
        let withdraw = Action::Payments(PaymentsCall::WithdrawPayable { asset });
        ensure!(stage.must(mira, withdraw)? == Value::Amount(earned));
        for payee in ["noor", "rita"] {
            let payee = stage.account(payee);
            let earned = stage.model.payable(payee, asset);
            ensure!(earned > 0);
            let push = Action::Payments(PaymentsCall::PushPayable { payee, asset });
            ensure!(stage.must(stage.account("sam"), push)? == Value::Amount(earned));
        }
    }
    Ok(())
}

/// A hold of one second buys 1,000 ms, and is paid whole; anyone may close what has ended.
fn runs_out<C: Chain>(stage: &mut Stage<'_, C>, stream: StreamId) -> Result<()> {
    for (asset, rate) in RATES {
        let id = opens(stage, "alice", request(stream, asset, rate))?;
        let opened_ms = stage.now_ms();
        ensure!(stage.runs_out_at(id)? == Some(opened_ms + 1_000));
        is_refused(stage, "sam", MeterCall::CloseEnded(id), "SessionNotEnded")?;
        wait(stage, 1_100)?;
        must(stage, "sam", MeterCall::SettlePage { stream, page: 0 })?;
        is_refused(stage, "alice", MeterCall::Pause(id.number), "SessionEnded")?;
        must(stage, "sam", MeterCall::CloseEnded(id))?;
        let receipt = book(stage, id).closed.context("is closed")?;
        ensure!(receipt.by == stage.account("sam"));
        ensure!((receipt.watched_ms, receipt.settled, receipt.released) == (1_000, rate, 0));
    }
    Ok(())
}

/// The clock stops when an exit begins; payees have the delay to settle; then the rest is the viewer's.
fn exits<C: Chain>(stage: &mut Stage<'_, C>, stream: StreamId) -> Result<()> {
    for (asset, rate) in RATES {
        let id = opens(stage, "bob", request(stream, asset, 60 * rate))?;
        wait(stage, 800)?;
        must(stage, "bob", MeterCall::BeginExit(id.number))?;
        let early = MeterCall::FinishExit(id.number);
        is_refused(stage, "bob", early.clone(), "ExitNotDue")?;
        must(stage, "mira", MeterCall::SettleMany(vec![id]))?;
        wait(stage, EXIT_DELAY)?;
        must(stage, "bob", early)?;

        let book = book(stage, id);
        let receipt = book.closed.as_ref().context("is closed")?;
        let watched_ms = book.exit_begun_ms.context("has begun")? - book.opened_ms;
        ensure!(watched_ms >= 800 && receipt.closed_ms >= book.opened_ms + watched_ms + EXIT_DELAY);
        ensure!(receipt.watched_ms == watched_ms, "{receipt:?}");
        ensure!(receipt.settled == price(rate, watched_ms), "{receipt:?}");
    }
    let viewer = stage.account("bob");
    for (asset, _) in RATES {
        let amount = stage.model.pool(viewer, asset).free / 2;
        let withdraw = PaymentsCall::Withdraw { asset, amount };
        stage.must(viewer, Action::Payments(withdraw))?;
    }
    Ok(())
}

/// Redeemed many at once, with those that are no good; another key; closed by the viewer, or by the creator at once.
fn vouchers<C: Chain>(stage: &mut Stage<'_, C>, stream: StreamId) -> Result<()> {
    use VoucherOutcome::{Paid, Refused};
    for (asset, rate) in RATES {
        let signed_by = |name| OpenRequest {
            key: Some(key(name)),
            ..request(stream, asset, 60 * rate)
        };
        let id = opens(stage, "alice", signed_by("alice"))?;
        wait(stage, 1_000)?;
        let batch = vec![
            voucher(stage, id, "alice", 1_000, rate)?,
            voucher(stage, id, "bob", 2_000, 2 * rate)?,
            voucher(stage, id, "alice", 2_000, 2 * rate)?,
            voucher(stage, id, "alice", 2_000, 2 * rate)?,
            voucher(stage, id, "alice", 3_000, 3 * rate + 1)?,
        ];
        let redeemed = must(stage, "mira", MeterCall::RedeemMany(batch))?;
        let expected = [
            Paid(rate),
            Refused(VoucherRefusal::BadSignature),
            Paid(rate),
            Refused(VoucherRefusal::NotNewer),
            Refused(VoucherRefusal::AboveCeiling),
        ];
        ensure!(
            redeemed == Value::Vouchers(expected.to_vec()),
            "{redeemed:?}"
        );

        // A new key; what the old one signed counts for the exit delay.
        let number = id.number;
        let rotate = |name| MeterCall::SetKey {
            number,
            key: Some(key(name)),
        };
        must(stage, "alice", rotate("tablet"))?;
        is_refused(stage, "alice", rotate("phone"), "KeyChanging")?;
        let old = MeterCall::Redeem(voucher(stage, id, "alice", 3_000, 3 * rate)?);
        ensure!(must(stage, "mira", old)? == Value::Amount(rate));
        wait(stage, EXIT_DELAY)?;
        let old = MeterCall::Redeem(voucher(stage, id, "alice", 4_000, 4 * rate)?);
        is_refused(stage, "mira", old, "Voucher(BadSignature)")?;
        let new = MeterCall::Redeem(voucher(stage, id, "tablet", 4_000, 4 * rate)?);
        ensure!(must(stage, "sam", new)? == Value::Amount(rate));
        stage.compare_session(id)?;

        // Closing waits for what is signed.
        let at = stage.model.seat_of(id).context("sits")?;
        is_refused(stage, "sam", MeterCall::FinishClose(at), "NotClosing")?;
        ensure!(must(stage, "alice", MeterCall::Close(number))? == Value::Amount(0));
        is_refused(stage, "sam", MeterCall::FinishClose(at), "ExitNotDue")?;
        let last = MeterCall::Redeem(voucher(stage, id, "tablet", 5_000, 5 * rate)?);
        ensure!(must(stage, "mira", last)? == Value::Amount(rate));
        wait(stage, EXIT_DELAY)?;
        must(stage, "sam", MeterCall::FinishClose(at))?;
        let receipt = book(stage, id).closed.context("is closed")?;
        ensure!((receipt.watched_ms, receipt.settled) == (5_000, 5 * rate));
        ensure!(receipt.released == 55 * rate);

        // The creator may end one at once.
        let id = opens(stage, "bob", signed_by("bob"))?;
        let at = stage.model.seat_of(id).context("sits")?;
        is_refused(stage, "bob", MeterCall::Dismiss(at), "NotCreator")?;
        ensure!(must(stage, "mira", MeterCall::Dismiss(at))? == Value::Amount(0));
        let receipt = book(stage, id).closed.context("is closed")?;
        ensure!((receipt.watched_ms, receipt.settled) == (0, 0));
        ensure!(receipt.released == 60 * rate);
    }
    Ok(())
}

/// Bad input gets the documented error, from each contract, and changes nothing.
fn refusals<C: Chain>(stage: &mut Stage<'_, C>, stream: StreamId) -> Result<()> {
    let (asset, rate) = RATES[0];
    let fine = || request(stream, asset, 10 * rate);
    let id = opens(stage, "alice", fine())?;
    let nobodys = SessionId { number: 999, ..id };
    let [alice, mira] = ["alice", "mira"].map(|name| stage.account(name));
    let all = 100_000 * ONE;
    let meter: [(&str, MeterCall, &str); 13] = [
        ("alice", MeterCall::Open(fine()), "AlreadyOpen"),
        (
            "bob",
            MeterCall::Open(request(999, asset, 10 * rate)),
            "Pricing(StreamNotFound)",
        ),
        (
            "bob",
            MeterCall::Open(request(stream, asset, rate - 1)),
            "Pricing(HoldTooSmall)",
        ),
        (
            "bob",
            MeterCall::Open(request(stream, asset, all)),
            "Payments(PoolTooSmall)",
        ),
        (
            "bob",
            MeterCall::Open(request(stream, 7, 10 * rate)),
            "Pricing(AssetNotAccepted)",
        ),
        (
            "bob",
            MeterCall::Open(OpenRequest {
                ceiling: rate - 1,
                ..fine()
            }),
            "Pricing(AboveCeiling)",
        ),
        (
            "bob",
            MeterCall::Open(OpenRequest {
                until_ms: Some(1),
                ..fine()
            }),
            "UntilPassed",
        ),
        ("sam", MeterCall::Settle(nobodys), "SessionNotFound"),
        ("bob", MeterCall::Close(999), "SessionNotFound"),
        ("alice", MeterCall::Resume(id.number), "NotPaused"),
        ("alice", MeterCall::FinishExit(id.number), "ExitNotBegun"),
        ("bob", MeterCall::TopUp { id, amount: 0 }, "ZeroAmount"),
        ("sam", MeterCall::CloseEnded(id), "SessionNotEnded"),
    ];
    let mut wrong = Vec::new();
    for (who, call, why) in meter {
        wrong.extend(is_refused(stage, who, call, why).err());
    }
    let rates = |rate_per_sec| PricingCall::SetRates {
        stream,
        rates: vec![AssetRate {
            asset,
            rate_per_sec,
        }],
    };
    let register = |cid: &str, owner_bps| RegistryCall::Register {
        cid: cid.into(),
        class: Class::Standard,
        category: 1,
        owner_bps,
        cohosts: Vec::new(),
    };
    let (stranger, reason) = ("sam", String::from("why not"));
    let others = [
        (stranger, Action::Pricing(rates(rate)), "NotOperator"),
        ("mira", Action::Pricing(rates(0)), "RateOutOfRange"),
        (
            "mira",
            Action::Registry(RegistryCall::GoLive {
                stream,
                grace_ms: GRACE,
            }),
            "AlreadyLive",
        ),
        (
            stranger,
            Action::Registry(RegistryCall::Heartbeat { stream }),
            "NotOperator",
        ),
        (
            stranger,
            Action::Registry(RegistryCall::Suspend { stream, reason }),
            "NotModerator",
        ),
        (
            "noor",
            Action::Registry(register("Qm", 10_000)),
            "InvalidCid(UnknownForm)",
        ),
        (
            "noor",
            Action::Registry(register(CID, 9_999)),
            "SharesNotFull",
        ),
        (
            "alice",
            Action::Payments(PaymentsCall::Withdraw { asset, amount: all }),
            "PoolTooSmall",
        ),
        (
            "alice",
            Action::Payments(PaymentsCall::DepositToken {
                asset: VLK,
                amount: all,
            }),
            "TokenRefused",
        ),
        (
            stranger,
            Action::Payments(PaymentsCall::WithdrawPayable { asset }),
            "NothingPayable",
        ),
        (
            stranger,
            Action::Payments(PaymentsCall::Settle {
                terms: Vec::new(),
                items: Vec::new(),
            }),
            "NotMeter",
        ),
        (
            "alice",
            Action::Token(
                0,
                TokenCall::Transfer {
                    to: mira,
                    amount: all,
                },
            ),
            "InsufficientBalance",
        ),
    ];
    for (who, action, why) in others {
        let outcome = stage.act(stage.account(who), 0, action.clone())?;
        if outcome.label() != why {
            wrong.push(anyhow::anyhow!("{action:?} by {who}: {outcome:?}"));
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    // The session of all this goes on, and is closed once.
    stage.compare_session(id)?;
    must(stage, "alice", MeterCall::Close(id.number))?;
    is_refused(stage, "alice", MeterCall::Close(id.number), "SessionClosed")?;
    stage.compare_session(id)?;
    ensure!(
        stage.model.viewer(alice) == {
            let meter = stage.suite.meter();
            stage
                .chain
                .read(vilokanam_interfaces::TickStream::viewer(&meter, alice))?
        }
    );
    Ok(())
}

/// Registers a stream of mira's, of which noor has a third, and takes it on air.
fn airs<C: Chain>(stage: &mut Stage<'_, C>) -> Result<StreamId> {
    let (mira, noor) = (stage.account("mira"), stage.account("noor"));
    let register = RegistryCall::Register {
        cid: CID.into(),
        class: Class::Standard,
        category: 7,
        owner_bps: 6_667,
        cohosts: vec![Share {
            account: noor,
            bps: 3_333,
        }],
    };
    let Value::Number(stream) = stage.must(mira, Action::Registry(register))? else {
        anyhow::bail!("a stream has a number");
    };
    let rates = RATES.map(|(asset, rate_per_sec)| AssetRate {
        asset,
        rate_per_sec,
    });
    let rates = PricingCall::SetRates {
        stream,
        rates: rates.to_vec(),
    };
    stage.must(mira, Action::Pricing(rates))?;
    let live = RegistryCall::GoLive {
        stream,
        grace_ms: GRACE,
    };
    stage.must(mira, Action::Registry(live))?;
    Ok(stream)
}

/// At the stream's rate and no more, by the clock.
fn request(stream: StreamId, asset: AssetId, hold: Balance) -> OpenRequest {
    let rate = RATES.iter().find(|rate| rate.0 == asset);
    OpenRequest {
        stream,
        asset,
        hold,
        ceiling: rate.map_or(1, |rate| rate.1),
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    }
}

fn opens<C: Chain>(
    stage: &mut Stage<'_, C>,
    viewer: &str,
    request: OpenRequest,
) -> Result<SessionId> {
    match must(stage, viewer, MeterCall::Open(request))? {
        Value::Number(number) => Ok(SessionId {
            viewer: stage.account(viewer),
            number,
        }),
        other => anyhow::bail!("{other:?} is no session"),
    }
}

fn must<C: Chain>(stage: &mut Stage<'_, C>, who: &str, call: MeterCall) -> Result<Value> {
    stage.must(stage.account(who), Action::Meter(call))
}

fn is_refused<C: Chain>(
    stage: &mut Stage<'_, C>,
    who: &str,
    call: MeterCall,
    why: &str,
) -> Result<()> {
    let refused: Result<Value, Error> = stage.meter(stage.account(who), call.clone())?;
    let label = Outcome::Meter(refused).label();
    ensure!(label == why, "{call:?} by {who}: {label}");
    Ok(())
}

fn wait<C: Chain>(stage: &mut Stage<'_, C>, ms: Millis) -> Result<()> {
    stage.wait_until(stage.now_ms() + ms)
}

fn book<C: Chain>(stage: &Stage<'_, C>, id: SessionId) -> SessionBook {
    stage.books.sessions[&(id.viewer, id.number)].clone()
}

/// By hand: a second's price, by the millisecond, rounded down.
fn price(rate: Balance, ms: Millis) -> Balance {
    rate * Balance::from(ms) / 1_000
}

/// Every pool, everything payable, and the totals, which are all that the contract has.
fn compare_money<C: Chain>(stage: &mut Stage<'_, C>) -> Result<()> {
    let payments = stage.suite.payments();
    for (asset, _) in RATES {
        for name in PEOPLE {
            let who = stage.account(name);
            let pool = stage.chain.read(payments.pool(who, asset))?;
            stage.compare(name, stage.model.pool(who, asset), pool);
            let payable = stage.chain.read(payments.payable(who, asset))?;
            stage.compare(name, stage.model.payable(who, asset), payable);
        }
        let totals = stage.chain.read(payments.totals(asset))?;
        stage.compare("totals", stage.model.totals(asset), totals);
        let owing = totals.pools + totals.holds + totals.payable + totals.fees;
        let floor = if asset == NATIVE {
            stage.native_floor
        } else {
            0
        };
        let has = stage.purse(stage.suite.payments, asset)?;
        ensure!(has == floor + owing, "asset {asset}: {has} of {owing}");
    }
    Ok(())
}

fn pair(name: &str) -> Keypair {
    sign::pair(account(name).as_ref()).expect("any 32 bytes are a seed")
}

fn key(name: &str) -> AccountId {
    pair(name).public.to_bytes().into()
}

/// A voucher of a session, signed by the key of this name.
fn voucher<C: Chain>(
    stage: &Stage<'_, C>,
    id: SessionId,
    signer: &str,
    ms: Millis,
    amount: Balance,
) -> Result<Signed> {
    let at = stage.model.seat_of(id).context("sits")?;
    let asset = stage.model.life(id).context("lives")?.asset;
    let message = Voucher {
        viewer: *id.viewer.as_ref(),
        number: id.number,
        stream: at.stream,
        asset,
        ms,
        amount,
    }
    .message(&Domain {
        genesis_hash: stage.chain.genesis_hash().into(),
        contract: *stage.suite.meter.as_ref(),
    });
    Ok(Signed {
        voucher: SignedVoucher {
            at,
            ms,
            amount,
            signature: sign::sign(&pair(signer), &message, Form::Raw),
        },
        by: Some(key(signer)),
        over: message.to_vec(),
    })
}
