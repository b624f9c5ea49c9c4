//! What the design promises, measured: each row has a target, or none and is for information.

use crate::report::grouped;
use crate::{
    measure::{Bench, Cost, ONE},
    walk::{airs, people, rates, request, watches, Vouchers, DAY, HOLD, MOMENT, RATE},
};
use anyhow::{ensure, Context, Result};
use ink::{
    primitives::MessageResult,
    scale::{DecodeAll, Encode},
};
use psp22::PSP22;
use serde::{Deserialize, Serialize};
use sp_core::{sr25519, Pair};
use vilokanam_chain::{artifacts_dir, psp22, wasm, Calls, Chain, Embedded};
use vilokanam_interfaces::{
    AccountId, Balance, Millis, PaymentHandler, PricingEngine, SessionId, Share, StreamRegistry,
    TickLifecycle, TickStream, VoucherOutcome, NATIVE, PAGE_SEATS,
};

/// A line of the table of targets. Costs are those of one item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// Picoseconds of reference time.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
    /// What it should be; empty for a row that is only for information.
    pub target: String,
    /// What it is, in the target's terms.
    pub result: String,
    /// Whether the target is met.
    pub met: Option<bool>,
}

impl Row {
    /// For information.
    pub fn info(what: &str, cost: &Cost, items: u64) -> Self {
        Self {
            what: what.to_owned(),
            ref_time: cost.ref_time / items,
            proof_size: cost.proof_size / items,
            target: String::new(),
            result: String::new(),
            met: None,
        }
    }

    /// At most `limit` times the reference time of `other`.
    fn at_most(mut self, limit: f64, other: &Row, name: &str) -> Self {
        let ratio = self.ref_time as f64 / other.ref_time as f64;
        self.demand(
            &format!("≤ {limit:.2} × {name}"),
            &format!("{ratio:.3} ×"),
            ratio <= limit,
        );
        self
    }

    /// One more demand.
    fn demand(&mut self, target: &str, result: &str, met: bool) {
        for (all, one) in [(&mut self.target, target), (&mut self.result, result)] {
            if !all.is_empty() {
                all.push_str("; ");
            }
            all.push_str(one);
        }
        self.met = Some(self.met.unwrap_or(true) && met);
    }
}

/// The rows that compare with the reference token and the floor. After the walk, whose figures they use.
pub fn compared<C: Chain>(b: &mut Bench<C>) -> Result<Vec<Row>> {
    let reference = reference_transfer(b).context("reference_psp22")?;
    let vlk = Row::info(
        "`vlk_token.transfer`",
        b.cost("vlk_token", "PSP22::transfer")?,
        1,
    )
    .at_most(1.1, &reference, "reference");
    let pair = floor(b, 2, 64).context("floor")?;
    let many = floor(b, 50, 50).context("floor")?;
    let seats = u64::from(PAGE_SEATS);
    let page = b.cost("tick_stream", "TickStream::settle_page")?;
    let page = Row::info(
        "settling a full page of 32 clock sessions, a session",
        page,
        seats,
    )
    .at_most(0.05, &reference, "reference");
    let cohosts = page_of(b, "lena", PAGE_SEATS, 2).context("co-hosts")?;
    let cohosts = Row::info("the same with two co-hosts", &cohosts, seats);
    let parts = parts_of_a_page(b).context("a page in its parts")?;
    let whole = open_to_close(b).context("open to close")?;
    let vouchers = vouchers(b, &reference, &pair)?;
    let mut rows = vec![reference, vlk, pair, many, page, cohosts];
    rows.extend(parts);
    rows.push(whole);
    rows.extend(vouchers);
    Ok(rows)
}

/// What redeeming vouchers costs in batches: of one stream, and each of another stream and creator.
fn vouchers<C: Chain>(b: &mut Bench<C>, reference: &Row, pair: &Row) -> Result<Vec<Row>> {
    const ONE_STREAM: u32 = 64;
    const MANY_STREAMS: u32 = 50;
    let cost = batch(b, "una", 1, ONE_STREAM, 0).context("one stream")?;
    let mut one = Row::info(
        "64 vouchers of one stream, a voucher",
        &cost,
        ONE_STREAM.into(),
    )
    .at_most(0.10, reference, "reference")
    .at_most(1.5, pair, "floor");
    let proof = format!("{} bytes", one.proof_size);
    one.demand("proof ≤ 4,096 bytes", &proof, one.proof_size <= 4_096);
    let cohosts = batch(b, "ulf", 1, ONE_STREAM, 2).context("co-hosts")?;
    let single = batch(b, "uma", 1, 1, 0).context("a single one")?;
    let cost = batch(b, "ugo", MANY_STREAMS, MANY_STREAMS, 0).context("many streams")?;
    let many = Row::info(
        "50 vouchers of 50 streams and creators, a voucher",
        &cost,
        MANY_STREAMS.into(),
    )
    .at_most(0.5, reference, "reference");
    let shared = batch(b, "ute", MANY_STREAMS, MANY_STREAMS, 2).context("many, co-hosts")?;
    Ok(vec![
        one,
        Row::info("the same with two co-hosts", &cohosts, ONE_STREAM.into()),
        Row::info("a single voucher in a batch", &single, 1),
        many,
        Row::info(
            "the same with two co-hosts each",
            &shared,
            MANY_STREAMS.into(),
        ),
    ])
}

/// What a batch of `count` vouchers of `streams` streams costs, each of another creator; not the first time.
fn batch<C: Chain>(
    b: &mut Bench<C>,
    name: &str,
    streams: u32,
    count: u32,
    cohosts: usize,
) -> Result<Cost> {
    let s = b.suite;
    let [stranger] = people(b, ["stranger"])?;
    let mut on = Vec::new();
    for n in 0..streams {
        let creator = b.who(&format!("{name} {n}"))?;
        let mut shares = Vec::new();
        for m in 0..cohosts {
            shares.push(Share {
                account: b.who(&format!("{name} {n} {m}"))?,
                bps: 2_000,
            });
        }
        on.push(airs(b, creator, shares)?);
    }
    let mut sessions = Vec::new();
    for (n, stream) in (0..count).zip(on.into_iter().cycle()) {
        sessions.push(Vouchers::open(b, &format!("{name} viewer {n}"), stream)?);
    }
    b.wait(MOMENT)?;
    let sign = |sessions: &mut Vec<Vouchers>, b: &Bench<C>| -> Vec<_> {
        sessions.iter_mut().map(|s| s.signs(b, 1)).collect()
    };
    let first = sign(&mut sessions, b); // first credits make the payees' cells
    b.does(stranger, s.meter().redeem_many(first))?;
    let again = sign(&mut sessions, b);
    let sent = b.chain.quote(stranger, s.meter().redeem_many(again))?;
    let sent = sent.accepted()?;
    let paid = |outcome: &VoucherOutcome| *outcome == VoucherOutcome::Paid(RATE);
    ensure!(
        sent.value.iter().all(paid),
        "a voucher was refused: {:?}",
        sent.value
    );
    Ok(Cost::from(&sent.receipt))
}

/// A transfer of the reference token between two holders.
fn reference_transfer<C: Chain>(b: &mut Bench<C>) -> Result<Row> {
    let [owner, bob] = people(b, ["owner", "bob"])?;
    let token = place(b, "reference_psp22", (1_000 * ONE).encode())?;
    let transfer = || psp22(token).transfer(bob, ONE, Vec::new());
    b.does(owner, transfer())?;
    let sent = b.chain.quote(owner, transfer())?.accepted()?;
    Ok(Row::info(
        "`transfer` of the reference PSP22",
        &Cost::from(&sent.receipt),
        1,
    ))
}

/// `items` signed items spread over `pages`, on the floor contract.
fn floor<C: Chain>(b: &mut Bench<C>, pages: u32, items: u32) -> Result<Row> {
    const AMOUNT: Balance = 1_000;
    let [owner] = people(b, ["owner"])?;
    let floor = place(b, "floor", Vec::new())?;
    let mut batch: Vec<(u32, u8, [u8; 64], Balance)> = Vec::new();
    let each = items / pages;
    for page in 0..pages {
        let mut keys = Vec::new();
        for seat in 0..each {
            let key =
                sr25519::Pair::from_seed(&sp_core::hashing::blake2_256(&(page, seat).encode()));
            let mut message = [0; 220];
            message[..16].copy_from_slice(&AMOUNT.to_le_bytes());
            batch.push((page, u8::try_from(seat)?, key.sign(&message).0, AMOUNT));
            keys.push(key.public().0);
        }
        let prepare = [
            ink::selector_bytes!("prepare").to_vec(),
            (page, keys).encode(),
        ]
        .concat();
        b.chain.call(owner, floor, 0, prepare)?;
    }
    let touch = [ink::selector_bytes!("touch").to_vec(), batch.encode()].concat();
    let receipt = b.chain.dry_run(owner, floor, 0, touch)?;
    let total = MessageResult::<Balance>::decode_all(&mut &receipt.output[..])?;
    ensure!(
        total == Ok(AMOUNT * Balance::from(items)),
        "a signature was refused"
    );
    Ok(Row::info(
        &format!("the floor: {items} items on {pages} pages, an item"),
        &Cost::from(&receipt),
        items.into(),
    ))
}

/// A clock session from open to close: nothing is sent between, and the creator is paid.
fn open_to_close<C: Chain>(b: &mut Bench<C>) -> Result<Row> {
    let s = b.suite;
    let [olga, wim] = people(b, ["olga", "wim"])?;
    let stream = airs(b, olga, Vec::new())?;
    watches(b, "guest 0", stream)?; // pays for the page
    let deposit = s.payments().deposit().transferred_value(2 * HOLD);
    b.does(wim, deposit)?;

    let mut sent = Vec::new();
    let opened = b.chain.must(wim, s.lifecycle().open(request(stream)))?;
    sent.push(opened.receipt);
    b.wait(MOMENT)?;
    let closed = b.chain.must(wim, s.lifecycle().close(opened.value))?;
    sent.push(closed.receipt);

    ensure!(closed.value > 0, "nothing was paid");
    let income = b.chain.read(s.payments().payable(olga, NATIVE))?;
    let transactions = sent.len();
    let total = Cost {
        ref_time: sent.iter().map(|receipt| receipt.ref_time).sum(),
        proof_size: sent.iter().map(|receipt| receipt.proof_size).sum(),
        ..Cost::default()
    };
    let mut row = Row::info("a clock session, open and close together", &total, 1);
    let met = transactions == 2 && income > 0;
    row.demand("two transactions", &transactions.to_string(), met);
    Ok(row)
}

/// What settling a page costs, by `sessions` on it and the stream's co-hosts; not the first time.
fn page_of<C: Chain>(b: &mut Bench<C>, owner: &str, sessions: u32, cohosts: usize) -> Result<Cost> {
    let s = b.suite;
    let [owner, noor, omar, stranger] = people(b, [owner, "noor", "omar", "stranger"])?;
    let cohosts = [noor, omar].map(|account| Share {
        account,
        bps: 2_000,
    })[..cohosts]
        .to_vec();
    let stream = airs(b, owner, cohosts)?;
    for n in 0..sessions {
        watches(b, &format!("guest {n}"), stream)?;
    }
    b.wait(MOMENT)?;
    b.does(stranger, s.meter().settle_page(stream, 0))?; // first credits make the payees' cells
    b.wait(MOMENT)?;
    let sent = b.chain.quote(stranger, s.meter().settle_page(stream, 0))?;
    Ok(Cost::from(&sent.accepted()?.receipt))
}

/// Where the cost of settling a full page goes: to what a page with one session costs too, and to each further session;
/// and what the other contracts' parts of it cost when they are called by themselves.
fn parts_of_a_page<C: Chain>(b: &mut Bench<C>) -> Result<Vec<Row>> {
    let one = page_of(b, "iris", 1, 0)?;
    let full = b.cost("tick_stream", "TickStream::settle_page")?;
    let further = Cost {
        ref_time: full.ref_time.saturating_sub(one.ref_time),
        proof_size: full.proof_size.saturating_sub(one.proof_size),
        ..Cost::default()
    };
    let mut rows = vec![
        Row::info("settling a page with one session", &one, 1),
        Row::info(
            "each further session on it",
            &further,
            u64::from(PAGE_SEATS) - 1,
        ),
    ];
    for (contract, message) in [
        ("pricing_engine", "PricingPlans::charge"),
        ("payment_handler", "PaymentHandler::settle"),
        ("stream_registry", "StreamRegistry::broadcast_ends"),
    ] {
        // Only while the meter settles by these.
        if let Ok(cost) = b.cost(contract, message) {
            let name = message.rsplit("::").next().unwrap_or(message);
            let what = format!("`{contract}.{name}` by itself, {}", cost.note);
            rows.push(Row::info(&what, cost, 1));
        }
    }
    Ok(rows)
}

/// Uploads and instantiates a contract whose constructor cannot refuse.
fn place<C: Chain>(b: &mut Bench<C>, name: &str, args: Vec<u8>) -> Result<AccountId> {
    let [owner] = people(b, ["owner"])?;
    let code = b.chain.upload(owner, &wasm(&artifacts_dir(), name)?)?;
    let data = [ink::selector_bytes!("new").to_vec(), args].concat();
    // One may be placed twice.
    let salt = b.salt().to_le_bytes();
    let (address, receipt) = b.chain.instantiate(owner, code, 0, data, &salt)?;
    ensure!(!receipt.reverted, "the constructor of {name} refused");
    Ok(address)
}

/// The rows that need years, or crowds: on the embedded chain only.
pub fn lasting(b: &mut Bench<Embedded>, crowd: u32) -> Result<Vec<Row>> {
    let mut rows = after_any_time(b).context("settling after a long time")?;
    rows.extend(whatever_the_audience(b, crowd).context("repricing")?);
    Ok(rows)
}

/// Settling after a minute, an hour and a year.
fn after_any_time(b: &mut Bench<Embedded>) -> Result<Vec<Row>> {
    const MINUTE: Millis = 60_000;
    let s = b.suite;
    let [yara, stranger] = people(b, ["yara", "stranger"])?;
    let stream = airs(b, yara, Vec::new())?;
    let session: SessionId = watches(b, "yann", stream)?;
    b.wait(MOMENT)?;
    b.does(stranger, s.meter().settle(session))?;
    let start = b.chain.snapshot();
    let mut rows = Vec::new();
    for (name, days, rest) in [
        ("a minute", 0, MINUTE),
        ("an hour", 0, 60 * MINUTE),
        ("a year", 366, 0),
    ] {
        b.chain.restore(&start);
        for _ in 0..days {
            b.wait(DAY - MINUTE)?;
            b.does(yara, s.registry().heartbeat(stream))?;
        }
        b.wait(rest)?;
        let sent = b
            .chain
            .quote(stranger, s.meter().settle(session))?
            .accepted()?;
        ensure!(sent.value > 0, "nothing was owed");
        let what = format!("settling a clock session after {name}");
        rows.push(Row::info(&what, &Cost::from(&sent.receipt), 1));
    }
    b.chain.restore(&start);
    Ok(alike(rows, 0.001, "equal"))
}

/// Repricing a stream with one session, a thousand, and `crowd`.
fn whatever_the_audience(b: &mut Bench<Embedded>, crowd: u32) -> Result<Vec<Row>> {
    let s = b.suite;
    let [zoe] = people(b, ["zoe"])?;
    let stream = airs(b, zoe, Vec::new())?;
    let mut rows = Vec::new();
    let mut open = 0;
    for count in [1, 1_000, crowd] {
        while open < count {
            watches(b, &format!("fan {open}"), stream)?;
            open += 1;
            if open % 1_000 == 0 {
                eprintln!("  {open} of {crowd} sessions open");
            }
        }
        let live = b.chain.read(s.meter().live_viewers(stream))?;
        ensure!(live == count, "{live} sessions are open instead of {count}");
        let repricing = s.pricing().set_rates(stream, rates());
        let sent = b.chain.quote(zoe, repricing)?.accepted()?;
        let what = format!("repricing, sessions open: {}", grouped(count.into()));
        rows.push(Row::info(&what, &Cost::from(&sent.receipt), 1));
    }
    Ok(alike(rows, 0.05, "within 5 %"))
}

/// Demands that reference times differ by no more than `tolerance` of the first.
fn alike(mut rows: Vec<Row>, tolerance: f64, target: &str) -> Vec<Row> {
    let first = rows.first().map_or(0.0, |row| row.ref_time as f64);
    for row in &mut rows {
        let off = row.ref_time as f64 / first - 1.0;
        let result = format!("{:+.2} %", off * 100.0);
        row.demand(target, &result, off.abs() <= tolerance);
    }
    rows
}
