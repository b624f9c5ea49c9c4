//! What happens, in order.

use super::{
    cast::{Cast, REPRICED_PERCENT},
    desk::Desk,
    expect::{due, fee_bps, until_ms, Due, Earned, OnAir, Progress},
    report::{Cost, Mark, Memory, Report, Round, Settling},
    Onlooker, ReplayPlan, TARGET_PER_SEC,
};
use crate::evening::Amounts;
use anyhow::{Context, Result};
use psp22::PSP22;
use std::{collections::BTreeMap, path::Path, time::Instant};
use vilokanam_chain::{account, deploy, Calls, Chain, Config, Receipt, VLK};
use vilokanam_interfaces::{
    events::{
        payment_handler::Withdrawn,
        tick_stream::{Redeemed, SessionClosed, SessionClosing, SessionOpened, Settled},
    },
    AccountId, AssetId, AssetRate, Balance, Millis, OpenRequest, Outcome, PageNo, PaymentHandler,
    PricingEngine, Seated, SessionId, SessionNo, SignedVoucher, StreamId, StreamRegistry,
    TickSettler, TickStream, TickStreamError, Totals, TrackEntry, VoucherOutcome, VoucherRefusal,
    MAX_BATCH, NATIVE, PAGE_SEATS,
};
use vilokanam_voucher::{
    sign::{sign, Form},
    Domain, Voucher,
};

const ASSETS: [AssetId; 2] = [NATIVE, VLK];
const SECOND_MS: Millis = 1_000;
const MINUTE_MS: Millis = 60 * SECOND_MS;
const HOUR_MS: Millis = 60 * MINUTE_MS;
/// What everybody has of the native token: 1,000,000 whole ones, more than storage deposits take.
const PURSE: Balance = 1_000_000_000_000_000_000;
/// What the deployer has: the storage deposits of all code.
const DEPLOYERS_PURSE: Balance = 1_000 * PURSE;
/// Whom the viewers get their $VLK from.
const VLK_SOURCE: &str = "community";
/// Settles, redeems and closes for everybody, and can redirect nothing.
const WORKER: &str = "worker";
const REFERRER: &str = "referrer";
/// Metadata of every stream.
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
const GRACE_MS: Millis = HOUR_MS;
const HEARTBEAT_MS: Millis = HOUR_MS / 2;
/// How many sessions open in one block of the rush.
const OPENS_PER_BLOCK: usize = 250;
const BLOCK_MS: Millis = 6 * SECOND_MS;
/// The streams that are repriced, one of each meter: the largest.
const REPRICED: [usize; 2] = [0, 1];
/// When, after the last session was opened.
const REPRICE_AFTER_MS: Millis = 5 * MINUTE_MS;
/// When the first round of settling is.
const FIRST_ROUND_AFTER_MS: Millis = 15 * MINUTE_MS;
/// The streams that end long before their viewers want to, one of each meter.
const ENDING_EARLY: [usize; 2] = [2, 3];
const END_AFTER_MS: Millis = HOUR_MS;
/// One in so many sessions with vouchers presents an older voucher too.
const STALE_EVERY: usize = 32;
/// Every so many sessions with vouchers, one is closed by its viewer; the creator dismisses the others.
const CLOSED_BY_VIEWER_EVERY: usize = 4;

/// A voucher and whose it is.
struct Signed {
    ticket: usize,
    newest: bool,
    voucher: SignedVoucher,
}

/// What a call of the settling phase answered, to be compared when the clock does not run any more.
enum Answer {
    Page(Vec<(AssetId, Balance)>, Receipt),
    Batch(Vec<VoucherOutcome>, Receipt),
}

/// The evening as it goes.
pub struct Replay<'a, C: Chain> {
    desk: Desk<'a, C>,
    plan: ReplayPlan,
    config: Config,
    cast: Cast,
    streams: Vec<StreamId>,
    on_air: Vec<OnAir>,
    progress: Vec<Progress>,
    /// The ticket of each session.
    tickets: BTreeMap<(AccountId, SessionNo), usize>,
    next_heartbeat_ms: Millis,
    worker: AccountId,
    native_floor: Balance,
    deposited: Amounts,
    /// By viewers.
    refunded: Amounts,
    /// By payees and the treasury.
    paid_out: Amounts,
    platform: Amounts,
    marks: Vec<Mark>,
    settling: Settling,
    /// Vouchers that were paid last.
    spent: Vec<SignedVoucher>,
    most_open: usize,
    began: Instant,
}

impl<'a, C: Chain> Replay<'a, C> {
    /// Deploys the suite, and draws who comes.
    pub fn begin(
        chain: &'a mut C,
        artifacts: &Path,
        plan: &ReplayPlan,
        onlooker: &'a mut dyn Onlooker,
    ) -> Result<Self> {
        let began = Instant::now();
        onlooker.progress("set the stage", 0, 1);
        let config = Config::default();
        let worker = account(WORKER);
        chain.fund(config.owner, DEPLOYERS_PURSE)?;
        for rich in [
            worker,
            config.treasury,
            account(VLK_SOURCE),
            account(REFERRER),
        ] {
            chain.fund(rich, PURSE)?;
        }
        let suite = deploy(chain, artifacts, &config)?;
        let native_floor = chain.native_balance(suite.payments);
        let next_heartbeat_ms = chain.now_ms() + HEARTBEAT_MS;
        let cast = Cast::draw(plan);
        let ids = cast.tickets.iter().enumerate().map(|(ticket, of)| {
            let viewer = cast.viewers[of.viewer].account;
            ((viewer, of.number), ticket)
        });
        Ok(Self {
            tickets: ids.collect(),
            progress: vec![Progress::default(); cast.tickets.len()],
            on_air: vec![OnAir::default(); cast.streams.len()],
            streams: Vec::new(),
            cast,
            plan: *plan,
            config,
            desk: Desk::new(chain, suite, onlooker),
            next_heartbeat_ms,
            worker,
            native_floor,
            deposited: Amounts::default(),
            refunded: Amounts::default(),
            paid_out: Amounts::default(),
            platform: Amounts::default(),
            marks: Vec::new(),
            settling: Settling {
                rounds: Vec::new(),
                sessions_per_sec: 0.0,
                sessions_per_cpu_sec: None,
                target_per_sec: TARGET_PER_SEC,
                pages: Cost::default(),
                full_pages: Cost::default(),
                batches: Cost::default(),
                full_batches: Cost::default(),
                signed: 0,
                superseded: 0,
                refused: 0,
            },
            spent: Vec::new(),
            most_open: 0,
            began,
        })
    }

    /// The whole evening.
    pub fn play(mut self) -> Result<Report> {
        self.raise_the_curtain()?;
        self.deposit()?;
        self.check_money()?;
        self.open()?;
        self.check_money()?;
        self.check_live()?;

        let doors_ms = self.desk.chain.now_ms();
        self.watch_until(doors_ms + REPRICE_AFTER_MS)?;
        self.reprice()?;
        self.watch_until(doors_ms + FIRST_ROUND_AFTER_MS)?;
        self.settle()?;
        self.check_money()?;
        self.watch_until(doors_ms + END_AFTER_MS)?;
        self.end_early()?;
        let last_ms = self
            .tickets()
            .map(|(ticket, progress)| until_ms(&self.cast.tickets[ticket], progress.opened_ms));
        let last_ms = last_ms.max().unwrap_or(doors_ms);
        self.watch_until(last_ms.max(doors_ms + END_AFTER_MS + MINUTE_MS))?;
        self.settle()?;
        self.check_money()?;
        self.present_again(VoucherRefusal::NotNewer)?;

        self.close()?;
        self.check_money()?;
        self.check_live()?;
        self.present_again(VoucherRefusal::NotSeated)?;
        self.close_again()?;
        self.withdraw()?;
        self.check_money()?;
        self.check_all_is_out()?;
        self.report()
    }

    fn tickets(&self) -> impl Iterator<Item = (usize, &Progress)> {
        self.progress.iter().enumerate()
    }

    fn id(&self, ticket: usize) -> SessionId {
        let of = &self.cast.tickets[ticket];
        SessionId {
            viewer: self.cast.viewers[of.viewer].account,
            number: of.number,
        }
    }

    fn seated(&self, ticket: usize) -> Seated {
        let progress = self.progress[ticket];
        Seated {
            id: self.id(ticket),
            stream: self.streams[self.cast.tickets[ticket].stream],
            page: progress.page,
            seat: progress.seat,
        }
    }

    fn asset(&self, ticket: usize) -> AssetId {
        self.cast.asset(&self.cast.tickets[ticket])
    }

    /// What a session has cost up to `now_ms`.
    fn due(&self, ticket: usize, now_ms: Millis) -> Due {
        let of = &self.cast.tickets[ticket];
        let opened_ms = self.progress[ticket].opened_ms;
        due(&self.cast, of, opened_ms, &self.on_air[of.stream], now_ms)
    }

    fn referrer(&self, ticket: usize) -> Option<AccountId> {
        self.cast.tickets[ticket]
            .referred
            .then(|| account(REFERRER))
    }

    /// Everybody registers, prices and goes live.
    fn raise_the_curtain(&mut self) -> Result<()> {
        let started = self.desk.start();
        let suite = self.desk.suite;
        for stream in self.cast.streams.clone() {
            let owner = stream.owner;
            self.desk.chain.fund(owner, PURSE)?;
            for cohost in &stream.cohosts {
                self.desk.chain.fund(cohost.account, PURSE)?;
            }
            let register = suite.registry().register(
                CID.into(),
                stream.class,
                1,
                stream.owner_bps(),
                stream.cohosts.clone(),
            );
            let (id, _) = self.desk.must("register", owner, register)?;
            let rates = ASSETS.map(|asset| AssetRate {
                asset,
                rate_per_sec: stream.rate(asset),
            });
            let set = suite.pricing().set_rates(id, rates.to_vec());
            self.desk.must("set_rates", owner, set)?;
            let go_live = suite.registry().go_live(id, GRACE_MS);
            self.desk.must("go_live", owner, go_live)?;
            self.streams.push(id);
        }
        self.desk.onlooker.progress("set the stage", 1, 1);
        self.desk.stop("set the stage", started);
        Ok(())
    }

    /// Viewers fill their pools.
    fn deposit(&mut self) -> Result<()> {
        let started = self.desk.start();
        let suite = self.desk.suite;
        let source = account(VLK_SOURCE);
        let of = self.cast.viewers.len();
        for (done, viewer) in self.cast.viewers.iter().enumerate() {
            self.desk.onlooker.progress("fund and deposit", done, of);
            let (account, amount) = (viewer.account, viewer.deposit);
            self.desk.chain.fund(account, PURSE)?;
            if viewer.asset == NATIVE {
                let deposit = suite.payments().deposit().transferred_value(amount);
                self.desk.must("deposit", account, deposit)?;
            } else {
                let give = suite.token().transfer(account, amount, Vec::new());
                self.desk.must("transfer", source, give)?;
                let approve = suite.token().approve(suite.payments, amount);
                self.desk.must("approve", account, approve)?;
                let deposit = suite.payments().deposit_token(viewer.asset, amount);
                self.desk.must("deposit_token", account, deposit)?;
            }
            self.deposited.add(viewer.asset, amount);
        }
        self.desk.onlooker.progress("fund and deposit", of, of);
        self.desk.stop("fund and deposit", started);
        Ok(())
    }

    /// All sessions open, within minutes.
    fn open(&mut self) -> Result<()> {
        let started = self.desk.start();
        let suite = self.desk.suite;
        let of = self.cast.tickets.len();
        self.mark(0);
        for ticket in 0..of {
            self.desk.onlooker.progress("open", ticket, of);
            if ticket % OPENS_PER_BLOCK == 0 {
                self.pass_until(self.desk.chain.now_ms() + BLOCK_MS)?;
            }
            let now_ms = self.desk.chain.now_ms();
            let wanted = &self.cast.tickets[ticket];
            let request = OpenRequest {
                stream: self.streams[wanted.stream],
                asset: self.asset(ticket),
                hold: wanted.hold,
                ceiling: wanted.ceiling,
                until_ms: Some(until_ms(wanted, now_ms)),
                referrer: self.referrer(ticket),
                key: wanted
                    .key
                    .as_ref()
                    .map(|pair| pair.public.to_bytes().into()),
            };
            let id = self.id(ticket);
            let open = suite.meter().open(request);
            let (number, receipt) = self.desk.must("open", id.viewer, open)?;
            let opened = one::<SessionOpened>(&receipt)?;
            let stream = &self.cast.streams[wanted.stream];
            let expected = SessionOpened {
                number: id.number,
                viewer: id.viewer,
                stream: request.stream,
                broadcast: 1,
                asset: request.asset,
                terms: 1,
                fee_bps: fee_bps(&self.config.fees, stream.class),
                referral_bps: self.config.fees.referral_bps,
                referrer: request.referrer,
                hold: request.hold,
                rate_per_sec: stream.rate(request.asset),
                factor: 1_000_000,
                ceiling: request.ceiling,
                until_ms: request.until_ms,
                plan: 0,
                key: request.key,
                // Where it sits is the contract's to say.
                page: opened.page,
                seat: opened.seat,
            };
            self.progress[ticket] = Progress {
                opened_ms: now_ms,
                page: opened.page,
                seat: opened.seat,
                open: true,
                settled: 0,
            };
            self.desk.same(|| "open".into(), id.number, number);
            self.desk
                .same(|| format!("session {id:?}"), expected, opened);
            let open = ticket + 1;
            if [of / 8, of / 4, of / 2, of].contains(&open) {
                self.mark(open);
            }
        }
        self.most_open = of;
        self.desk.onlooker.progress("open", of, of);
        self.desk.stop("open", started);
        Ok(())
    }

    fn mark(&mut self, open: usize) {
        self.marks.extend(Mark::now(open, self.marks.last()));
    }

    /// Time passes, and nobody does anything but the creators.
    fn watch_until(&mut self, at_ms: Millis) -> Result<()> {
        let started = self.desk.start();
        self.desk.onlooker.progress("watch", 0, 1);
        self.pass_until(at_ms)?;
        self.desk.onlooker.progress("watch", 1, 1);
        self.desk.stop("watch", started);
        Ok(())
    }

    /// Lets time pass, with heartbeats.
    fn pass_until(&mut self, at_ms: Millis) -> Result<()> {
        while self.next_heartbeat_ms <= at_ms {
            self.wait_until(self.next_heartbeat_ms);
            self.next_heartbeat_ms += HEARTBEAT_MS;
            let mut registry = self.desk.suite.registry();
            for place in 0..self.streams.len() {
                if self.on_air[place].ended_ms.is_none() {
                    let owner = self.cast.streams[place].owner;
                    let heartbeat = registry.heartbeat(self.streams[place]);
                    self.desk.must("heartbeat", owner, heartbeat)?;
                }
            }
        }
        self.wait_until(at_ms);
        Ok(())
    }

    fn wait_until(&mut self, at_ms: Millis) {
        let ms = at_ms.saturating_sub(self.desk.chain.now_ms());
        if ms > 0 {
            self.desk.chain.advance(ms);
        }
    }

    /// The largest streams become dearer: one message each, whatever their audience.
    fn reprice(&mut self) -> Result<()> {
        let started = self.desk.start();
        for place in REPRICED {
            let stream = self.cast.streams[place].clone();
            let rates = ASSETS.map(|asset| AssetRate {
                asset,
                rate_per_sec: stream.rate(asset) * REPRICED_PERCENT / 100,
            });
            let set = self
                .desk
                .suite
                .pricing()
                .set_rates(self.streams[place], rates.to_vec());
            self.desk.must("set_rates (live)", stream.owner, set)?;
            self.on_air[place].track.push(TrackEntry {
                from_ms: self.desk.chain.now_ms(),
                rates: rates.to_vec(),
            });
        }
        self.desk.stop("watch", started);
        Ok(())
    }

    /// Two broadcasts end before their time; nobody pays for dead air.
    fn end_early(&mut self) -> Result<()> {
        let started = self.desk.start();
        for place in ENDING_EARLY {
            let owner = self.cast.streams[place].owner;
            let end = self
                .desk
                .suite
                .registry()
                .end_broadcast(self.streams[place]);
            self.desk.must("end_broadcast", owner, end)?;
            self.on_air[place].ended_ms = Some(self.desk.chain.now_ms());
        }
        self.desk.stop("watch", started);
        Ok(())
    }

    /// What the clients of all sessions with vouchers sign up to now, as the worker presents it: the newest of each session
    /// that adds something, page by page; at the end, of some sessions, an older one too.
    fn sign(&mut self, now_ms: Millis) -> Vec<Signed> {
        let domain = Domain {
            genesis_hash: self.desk.chain.genesis_hash().into(),
            contract: *self.desk.suite.meter.as_ref(),
        };
        let mut order: Vec<_> = (0..self.cast.tickets.len())
            .filter(|ticket| self.cast.tickets[*ticket].key.is_some())
            .collect();
        order.sort_by_key(|ticket| {
            let at = self.progress[*ticket];
            (self.cast.tickets[*ticket].stream, at.page, at.seat)
        });
        // Neighbours, since a batch touches few pages.
        let stales = (order.len() / STALE_EVERY).max(1);
        let (mut presented, mut stale) = (Vec::new(), Vec::new());
        for (place, ticket) in order.into_iter().enumerate() {
            let newest = self.due(ticket, now_ms);
            if newest.amount <= self.progress[ticket].settled {
                continue;
            }
            // Of the many that a client signs while it watches, one more.
            let then_ms = self.progress[ticket].opened_ms + newest.watched_ms / 2;
            let older = self.due(ticket, then_ms);
            let older = self.voucher(ticket, &domain, older);
            let newest = self.voucher(ticket, &domain, newest);
            self.settling.signed += 2;
            presented.push(Signed {
                ticket,
                newest: true,
                voucher: newest,
            });
            if place < stales {
                self.settling.refused += 1;
                stale.push(Signed {
                    ticket,
                    newest: false,
                    voucher: older,
                });
            } else {
                self.settling.superseded += 1;
            }
        }
        presented.extend(stale);
        presented
    }

    fn voucher(&self, ticket: usize, domain: &Domain, due: Due) -> SignedVoucher {
        let at = self.seated(ticket);
        let message = Voucher {
            viewer: *at.id.viewer.as_ref(),
            number: at.id.number,
            stream: at.stream,
            asset: self.asset(ticket),
            ms: due.watched_ms,
            amount: due.amount,
        }
        .message(domain);
        let key = self.cast.tickets[ticket].key.as_ref();
        let key = key.expect("only sessions with keys sign");
        SignedVoucher {
            at,
            ms: due.watched_ms,
            amount: due.amount,
            signature: sign(key, &message, Form::Raw),
        }
    }

    /// Every page that has a session of the clock.
    fn clock_pages(&self) -> Vec<(usize, PageNo)> {
        let clock = self
            .tickets()
            .filter(|(ticket, progress)| progress.open && self.cast.tickets[*ticket].key.is_none());
        let mut pages: Vec<_> = clock
            .map(|(ticket, progress)| (self.cast.tickets[ticket].stream, progress.page))
            .collect();
        pages.sort_unstable();
        pages.dedup();
        pages
    }

    /// A worker settles everybody: the measured phase. What was answered is compared afterwards.
    fn settle(&mut self) -> Result<()> {
        let now_ms = self.desk.chain.now_ms();
        let started = self.desk.start();
        let signed = self.sign(now_ms);
        self.desk.stop("sign (off the chain)", started);

        let pages = self.clock_pages();
        let batches: Vec<Vec<SignedVoucher>> = signed
            .chunks(MAX_BATCH as usize)
            .map(|batch| batch.iter().map(|one| one.voucher).collect())
            .collect();
        let of = pages.len() + batches.len();
        let mut settler = self.desk.suite.settler();
        let mut answers = Vec::with_capacity(of);
        let started = self.desk.start();
        for (stream, page) in &pages {
            self.desk.onlooker.progress("settle", answers.len(), of);
            let settle = settler.settle_page(self.streams[*stream], *page);
            let (sums, receipt) = self.desk.must("settle_page", self.worker, settle)?;
            answers.push(Answer::Page(sums, receipt));
        }
        let page_secs = started.wall.elapsed().as_secs_f64();
        for batch in batches {
            self.desk.onlooker.progress("settle", answers.len(), of);
            let redeem = settler.redeem_many(batch);
            let (outcomes, receipt) = self.desk.must("redeem_many", self.worker, redeem)?;
            answers.push(Answer::Batch(outcomes, receipt));
        }
        self.desk.onlooker.progress("settle", of, of);
        let secs = self.desk.stop("settle", started);

        let before = (self.settling.pages.sessions, self.settling.batches.sessions);
        self.compare_answers(now_ms, answers, &signed)?;
        self.settling.rounds.push(Round {
            open: self.progress.iter().filter(|p| p.open).count(),
            by_page: self.settling.pages.sessions - before.0,
            page_secs,
            by_voucher: self.settling.batches.sessions - before.1,
            voucher_secs: secs - page_secs,
        });
        let paid = signed.iter().rev().filter(|one| one.newest);
        self.spent = paid
            .take(MAX_BATCH as usize)
            .map(|one| one.voucher)
            .collect();
        Ok(())
    }

    /// Compares what was moved with what was due, session by session.
    fn compare_answers(
        &mut self,
        now_ms: Millis,
        answers: Vec<Answer>,
        signed: &[Signed],
    ) -> Result<()> {
        let mut presented = signed.iter();
        for answer in answers {
            match answer {
                Answer::Page(sums, receipt) => {
                    let mut moved: BTreeMap<AssetId, Balance> = BTreeMap::new();
                    let events = receipt.events_of::<Settled>();
                    let items = events.into_iter().flat_map(|event| event.settlements);
                    let mut settled = 0;
                    for item in items {
                        settled += 1;
                        let ticket = self.ticket(item.session)?;
                        *moved.entry(self.asset(ticket)).or_default() += item.amount;
                        self.moved(ticket, now_ms, item.amount, item.settled);
                    }
                    let sums = sums.into_iter().collect();
                    self.desk.same(|| "settle_page".into(), moved, sums);
                    self.settling.pages.settled(&receipt, settled);
                    if settled == PAGE_SEATS as usize {
                        self.settling.full_pages.settled(&receipt, settled);
                    }
                }
                Answer::Batch(outcomes, receipt) => {
                    let events = receipt.events_of::<Redeemed>();
                    let mut items = events.into_iter().flat_map(|event| event.redemptions);
                    let mut paid = 0;
                    for outcome in outcomes {
                        let one = presented.next().context("an outcome too many")?;
                        if !one.newest {
                            let refused = VoucherOutcome::Refused(VoucherRefusal::NotNewer);
                            self.desk.ensure(11, outcome == refused, || {
                                format!("an older voucher: {outcome:?}")
                            });
                            continue;
                        }
                        paid += 1;
                        let item = items.next().context("a voucher was not paid")?;
                        let ticket = self.ticket(item.session)?;
                        let told = VoucherOutcome::Paid(item.amount);
                        self.desk.same(
                            || "redeem_many".into(),
                            (one.ticket, told),
                            (ticket, outcome),
                        );
                        self.moved(ticket, now_ms, item.amount, item.settled);
                    }
                    self.settling.batches.settled(&receipt, paid);
                    if paid == MAX_BATCH as usize {
                        self.settling.full_batches.settled(&receipt, paid);
                    }
                }
            }
        }
        for ticket in 0..self.progress.len() {
            let due = self.due(ticket, now_ms);
            let settled = self.progress[ticket].settled;
            self.desk.same(
                || format!("ticket {ticket} is settled"),
                due.amount,
                settled,
            );
        }
        Ok(())
    }

    fn ticket(&self, id: SessionId) -> Result<usize> {
        let ticket = self.tickets.get(&(id.viewer, id.number));
        ticket.copied().context("an event of nobody's session")
    }

    /// Money was moved for a session.
    fn moved(&mut self, ticket: usize, now_ms: Millis, amount: Balance, settled: Balance) {
        let due = self.due(ticket, now_ms).amount;
        let expected = (due.saturating_sub(self.progress[ticket].settled), due);
        self.desk
            .same(|| format!("ticket {ticket}"), expected, (amount, settled));
        self.progress[ticket].settled = settled;
    }

    /// Presents vouchers that were paid: law 11.
    fn present_again(&mut self, refusal: VoucherRefusal) -> Result<()> {
        let vouchers = self.spent.clone();
        let redeem = self.desk.suite.settler().redeem_many(vouchers);
        let (outcomes, _) = self
            .desk
            .must("redeem_many (refused)", self.worker, redeem)?;
        for outcome in outcomes {
            let refused = outcome == VoucherOutcome::Refused(refusal);
            self.desk
                .ensure(11, refused, || format!("a voucher again: {outcome:?}"));
        }
        Ok(())
    }

    /// Everything is closed: clock sessions by their viewers or, as they have ended, by the worker; voucher sessions by their
    /// creators at once, or by their viewers, and then finished by the worker.
    fn close(&mut self) -> Result<()> {
        let started = self.desk.start();
        let mut settler = self.desk.suite.settler();
        let of = self.cast.tickets.len();
        let mut closing = Vec::new();
        for ticket in 0..of {
            self.desk.onlooker.progress("close", ticket, of);
            let id = self.id(ticket);
            let wanted = &self.cast.tickets[ticket];
            let nth = ticket / 2;
            let (by, (now, receipt)) = match (&wanted.key, nth % 2) {
                (None, 0) => {
                    let close = settler.close(id.number);
                    (id.viewer, self.desk.must("close", id.viewer, close)?)
                }
                (None, _) => {
                    let close = settler.close_ended(id);
                    (
                        self.worker,
                        self.desk.must("close_ended", self.worker, close)?,
                    )
                }
                (Some(_), _) if nth % CLOSED_BY_VIEWER_EVERY == 0 => {
                    let close = settler.close(id.number);
                    let (now, receipt) = self.desk.must("close (vouchers)", id.viewer, close)?;
                    let event = one::<SessionClosing>(&receipt)?;
                    self.progress[ticket].open = false;
                    self.desk.same(
                        || "closing".into(),
                        (0, id.viewer, id.number),
                        (now, event.viewer, event.number),
                    );
                    closing.push(ticket);
                    continue;
                }
                (Some(_), _) => {
                    let owner = self.cast.streams[wanted.stream].owner;
                    let dismiss = settler.dismiss(self.seated(ticket));
                    (owner, self.desk.must("dismiss", owner, dismiss)?)
                }
            };
            self.closed(ticket, by, now, &receipt)?;
        }
        // Those that are closing are not live any more.
        self.check_live()?;
        let wait_ms = self.desk.chain.now_ms() + self.config.exit_delay_ms;
        self.wait_until(wait_ms);
        for ticket in closing {
            let finish = settler.finish_close(self.seated(ticket));
            let (now, receipt) = self.desk.must("finish_close", self.worker, finish)?;
            self.closed(ticket, self.worker, now, &receipt)?;
        }
        self.desk.onlooker.progress("close", of, of);
        self.desk.stop("close", started);
        Ok(())
    }

    /// Compares a receipt with what was planned and settled.
    fn closed(
        &mut self,
        ticket: usize,
        by: AccountId,
        now: Balance,
        receipt: &Receipt,
    ) -> Result<()> {
        let closed = one::<SessionClosed>(receipt)?;
        let closed_ms = self.desk.chain.now_ms();
        let due = self.due(ticket, closed_ms);
        let wanted = &self.cast.tickets[ticket];
        let at = self.seated(ticket);
        let expected = SessionClosed {
            viewer: at.id.viewer,
            number: at.id.number,
            stream: at.stream,
            broadcast: 1,
            asset: self.asset(ticket),
            opened_ms: self.progress[ticket].opened_ms,
            closed_ms,
            watched_ms: due.watched_ms,
            hold: wanted.hold,
            settled: due.amount,
            released: wanted.hold - due.amount,
            by,
        };
        let whole = closed.settled + closed.released == wanted.hold;
        self.desk.ensure(3, whole, || format!("{closed:?}"));
        self.desk.same(
            || format!("ticket {ticket} is closed"),
            (0, expected),
            (now, closed),
        );
        self.progress[ticket].open = false;
        Ok(())
    }

    /// Law 10.
    fn close_again(&mut self) -> Result<()> {
        let step = (self.cast.tickets.len() / MAX_BATCH as usize).max(1);
        let some = (0..self.cast.tickets.len()).step_by(step);
        let ids: Vec<_> = some
            .take(MAX_BATCH as usize)
            .map(|ticket| self.id(ticket))
            .collect();
        let mut settler = self.desk.suite.settler();
        let settle = settler.settle_many(ids.clone());
        let (outcomes, _) = self
            .desk
            .must("settle_many (closed)", self.worker, settle)?;
        for outcome in outcomes {
            self.desk.ensure(10, outcome == Outcome::SessionClosed, || {
                format!("settling a closed session: {outcome:?}")
            });
        }
        for id in ids {
            let close = settler.close(id.number);
            let again = self.desk.send("close (refused)", id.viewer, close)?.value;
            let refused = again == Err(TickStreamError::SessionClosed);
            self.desk.ensure(10, refused, || {
                format!("closing a closed session: {again:?}")
            });
        }
        Ok(())
    }

    /// Everybody takes what is theirs: viewers exactly what is left, payees what an independent calculation says.
    fn withdraw(&mut self) -> Result<()> {
        let started = self.desk.start();
        let mut payments = self.desk.suite.payments();
        let mut left: Vec<_> = self.cast.viewers.iter().map(|v| v.deposit).collect();
        for (ticket, progress) in self.progress.iter().enumerate() {
            left[self.cast.tickets[ticket].viewer] -= progress.settled;
        }
        let of = left.len();
        for (place, left) in left.into_iter().enumerate() {
            self.desk.onlooker.progress("withdraw", place, of);
            let viewer = self.cast.viewers[place];
            if left == 0 {
                continue;
            }
            // Too much would be refused; too little is found in the totals, which must be zero in the end.
            let withdraw = payments.withdraw(viewer.asset, left);
            let (_, receipt) = self.desk.must("withdraw", viewer.account, withdraw)?;
            let expected = Withdrawn {
                viewer: viewer.account,
                asset: viewer.asset,
                amount: left,
            };
            self.desk.same(
                || format!("viewer {place}"),
                expected,
                one::<Withdrawn>(&receipt)?,
            );
            self.refunded.add(viewer.asset, left);
        }
        self.desk.onlooker.progress("withdraw", of, of);

        let earned = self.earned();
        for ((asset, payee), amount) in earned.payees {
            if amount > 0 {
                let withdraw = payments.withdraw_payable(asset);
                let (paid, _) = self.desk.must("withdraw_payable", payee, withdraw)?;
                self.desk.same(|| format!("payee {payee:?}"), amount, paid);
                self.paid_out.add(asset, paid);
            }
        }
        for (asset, amount) in earned.platform {
            if amount > 0 {
                let withdraw = payments.withdraw_fees(asset);
                let (paid, _) = self.desk.must("withdraw_fees", self.worker, withdraw)?;
                self.desk.same(|| "the platform".into(), amount, paid);
                self.paid_out.add(asset, paid);
                self.platform.add(asset, paid);
            }
        }
        self.desk.stop("withdraw", started);
        Ok(())
    }

    /// Who has earned what so far.
    fn earned(&self) -> Earned {
        let mut earned = Earned::default();
        for (ticket, progress) in self.tickets() {
            let stream = &self.cast.streams[self.cast.tickets[ticket].stream];
            let (asset, referrer) = (self.asset(ticket), self.referrer(ticket));
            earned.add(stream, &self.config.fees, asset, progress.settled, referrer);
        }
        earned
    }

    /// Laws 1 and 2, and the totals of both assets.
    fn check_money(&mut self) -> Result<()> {
        let earned = self.earned();
        for asset in ASSETS {
            let (mut held, mut settled) = (0, 0);
            for (ticket, progress) in self.tickets() {
                if self.asset(ticket) == asset {
                    settled += progress.settled;
                    if progress.open {
                        held += self.cast.tickets[ticket].hold - progress.settled;
                    }
                }
            }
            let refunded = of(self.refunded, asset);
            let paid_out = of(self.paid_out, asset);
            let deposited = of(self.deposited, asset);
            // Payees and platform take all that is theirs, or nothing yet.
            let unpaid = |amount: Balance| if paid_out == 0 { amount } else { 0 };
            let platform = earned.platform.get(&asset).copied().unwrap_or(0);
            let expected = Totals {
                pools: deposited - settled - held - refunded,
                holds: held,
                payable: unpaid(earned.payable(asset)),
                fees: unpaid(platform),
            };
            let totals = self
                .desk
                .chain
                .read(self.desk.suite.payments().totals(asset))?;
            let owing = totals.pools + totals.holds + totals.payable + totals.fees;
            let vault = self.vault(asset)?;
            self.desk
                .same(|| format!("totals of asset {asset}"), expected, totals);
            self.desk.ensure(1, vault >= owing, || {
                format!("asset {asset}: has {vault}, owes {owing}")
            });
            // Nobody donates here.
            let conserved = deposited - refunded - paid_out == owing && vault == owing;
            self.desk.ensure(2, conserved, || {
                format!("asset {asset}: deposited {deposited}, withdrawn {refunded} and {paid_out}, owes {owing}")
            });
            let shared = totals.payable + totals.fees + paid_out;
            self.desk.ensure(4, shared == settled, || {
                format!("asset {asset}: settled {settled}, shared {shared}")
            });
        }
        Ok(())
    }

    /// What the payment handler has of an asset, beside what it was born with.
    fn vault(&mut self, asset: AssetId) -> Result<Balance> {
        let suite = self.desk.suite;
        Ok(match asset {
            NATIVE => self.desk.chain.native_balance(suite.payments) - self.native_floor,
            _ => self
                .desk
                .chain
                .read(suite.token().balance_of(suite.payments))?,
        })
    }

    /// Law 15.
    fn check_live(&mut self) -> Result<()> {
        let mut open = vec![0; self.streams.len()];
        for (ticket, progress) in self.tickets() {
            open[self.cast.tickets[ticket].stream] += u32::from(progress.open);
        }
        for (place, expected) in open.into_iter().enumerate() {
            let stream = self.streams[place];
            let live = self
                .desk
                .chain
                .read(self.desk.suite.meter().live_viewers(stream))?;
            self.desk.ensure(15, live == expected, || {
                format!("stream {stream}: {live}, of {expected}")
            });
        }
        Ok(())
    }

    /// Law 12.
    fn check_all_is_out(&mut self) -> Result<()> {
        for asset in ASSETS {
            let totals = self
                .desk
                .chain
                .read(self.desk.suite.payments().totals(asset))?;
            let vault = self.vault(asset)?;
            let empty = totals == Totals::default() && vault == 0;
            self.desk.ensure(12, empty, || {
                format!("asset {asset}: {vault} and {totals:?} are left")
            });
        }
        Ok(())
    }

    fn report(mut self) -> Result<Report> {
        let watched_ms = (0..self.progress.len()).map(|ticket| {
            let now_ms = self.desk.chain.now_ms();
            self.due(ticket, now_ms).watched_ms
        });
        let watched_ms: Millis = watched_ms.sum();
        let mut settled = Amounts::default();
        for (ticket, progress) in self.tickets() {
            settled.add(self.asset(ticket), progress.settled);
        }
        let rounds = self.settling.rounds.iter();
        let settled_secs: f64 = rounds.map(|r| r.page_secs + r.voucher_secs).sum();
        let sessions = self.settling.pages.sessions + self.settling.batches.sessions;
        self.settling.sessions_per_sec = sessions as f64 / settled_secs;
        let settle = self.desk.phases.iter().find(|phase| phase.name == "settle");
        let cpu_secs = settle.and_then(|phase| phase.cpu_secs);
        self.settling.sessions_per_cpu_sec = cpu_secs.map(|secs| sessions as f64 / secs);
        let keys = self.cast.tickets.iter().filter(|t| t.key.is_some());
        let peak = Mark::now(0, None);
        Ok(Report {
            seed: self.plan.seed,
            sessions: self.cast.tickets.len(),
            by_voucher: keys.count(),
            viewers: self.cast.viewers.len(),
            streams: self.cast.streams.len(),
            most_open: self.most_open,
            seconds_watched: watched_ms / SECOND_MS,
            transactions: self.desk.transactions,
            secs: self.began.elapsed().as_secs_f64(),
            messages: self.desk.messages(),
            laws: self.desk.laws(),
            phases: self.desk.phases,
            settling: self.settling,
            memory: peak.map(|peak| Memory {
                marks: self.marks,
                peak_kib: peak.peak_kib,
            }),
            deposited: self.deposited,
            settled,
            platform: self.platform,
            refunded: self.refunded,
        })
    }
}

/// The one event of a kind in a receipt.
fn one<E: ink::env::Event + ink::scale::DecodeAll>(receipt: &Receipt) -> Result<E> {
    let mut events = receipt.events_of::<E>().into_iter();
    let event = events.next().context("an event is missing")?;
    anyhow::ensure!(events.next().is_none(), "an event too many");
    Ok(event)
}

fn of(amounts: Amounts, asset: AssetId) -> Balance {
    match asset {
        NATIVE => amounts.native,
        _ => amounts.vlk,
    }
}
