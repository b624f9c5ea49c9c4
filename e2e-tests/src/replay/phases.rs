//! What happens, in order.

use super::{
    cast::{Cast, REPRICED_PERCENT},
    desk::Desk,
    expect::{due, fee_bps, until_ms, Due, OnAir, Progress},
    report::{Cost, Mark, Report, Settling},
    Onlooker, ReplayPlan, TARGET_PER_SEC,
};
use crate::evening::Amounts;
use anyhow::{Context, Result};
use psp22::PSP22;
use std::{collections::BTreeMap, path::Path, time::Instant};
use vilokanam_chain::{account, deploy, Chain, Config, Receipt, VLK};
use vilokanam_interfaces::{
    events::{
        payment_handler::Withdrawn,
        tick_stream::{SessionClosed, SessionClosing, SessionOpened},
    },
    AccountId, AssetId, AssetRate, Balance, Discount, Millis, OpenRequest, PaymentHandler,
    PricingEngine, Seated, SessionId, SessionNo, SignedVoucher, StreamId, StreamRegistry,
    TickLifecycle, TrackEntry, VoucherRefusal, NATIVE,
};

pub(super) const ASSETS: [AssetId; 2] = [NATIVE, VLK];
pub(super) const SECOND_MS: Millis = 1_000;
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
/// Every so many sessions with vouchers, one is closed by its viewer; the creator dismisses the others.
const CLOSED_BY_VIEWER_EVERY: usize = 4;

/// The evening as it goes.
pub struct Replay<'a, C: Chain> {
    pub(super) desk: Desk<'a, C>,
    pub(super) plan: ReplayPlan,
    pub(super) config: Config,
    pub(super) cast: Cast,
    pub(super) streams: Vec<StreamId>,
    pub(super) on_air: Vec<OnAir>,
    pub(super) progress: Vec<Progress>,
    /// The ticket of each session.
    pub(super) tickets: BTreeMap<(AccountId, SessionNo), usize>,
    pub(super) next_heartbeat_ms: Millis,
    pub(super) worker: AccountId,
    pub(super) native_floor: Balance,
    pub(super) deposited: Amounts,
    /// By viewers.
    pub(super) refunded: Amounts,
    /// By payees and the treasury.
    pub(super) paid_out: Amounts,
    pub(super) platform: Amounts,
    pub(super) marks: Vec<Mark>,
    pub(super) settling: Settling,
    /// Vouchers that were paid last.
    pub(super) spent: Vec<SignedVoucher>,
    pub(super) most_open: usize,
    pub(super) began: Instant,
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
        let native_floor = chain.native_balance(suite.payments)?;
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

    pub(super) fn tickets(&self) -> impl Iterator<Item = (usize, &Progress)> {
        self.progress.iter().enumerate()
    }

    pub(super) fn id(&self, ticket: usize) -> SessionId {
        let of = &self.cast.tickets[ticket];
        SessionId {
            viewer: self.cast.viewers[of.viewer].account,
            number: of.number,
        }
    }

    pub(super) fn seated(&self, ticket: usize) -> Seated {
        let progress = self.progress[ticket];
        Seated {
            id: self.id(ticket),
            stream: self.streams[self.cast.tickets[ticket].stream],
            page: progress.page,
            seat: progress.seat,
        }
    }

    pub(super) fn asset(&self, ticket: usize) -> AssetId {
        self.cast.asset(&self.cast.tickets[ticket])
    }

    /// What a session has cost up to `now_ms`.
    pub(super) fn due(&self, ticket: usize, now_ms: Millis) -> Due {
        let of = &self.cast.tickets[ticket];
        let opened_ms = self.progress[ticket].opened_ms;
        due(&self.cast, of, opened_ms, &self.on_air[of.stream], now_ms)
    }

    pub(super) fn referrer(&self, ticket: usize) -> Option<AccountId> {
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
                discount: Discount::None,
                sponsor: None,
            };
            let id = self.id(ticket);
            let open = suite.lifecycle().open(request);
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
                extras: None,
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
            self.wait_until(self.next_heartbeat_ms)?;
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
        self.wait_until(at_ms)
    }

    fn wait_until(&mut self, at_ms: Millis) -> Result<()> {
        let ms = at_ms.saturating_sub(self.desk.chain.now_ms());
        if ms > 0 {
            self.desk.chain.advance(ms)?;
        }
        Ok(())
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

    /// Everything is closed: clock sessions by their viewers or, as they have ended, by the worker; voucher sessions by their
    /// creators at once, or by their viewers, and then finished by the worker.
    fn close(&mut self) -> Result<()> {
        let started = self.desk.start();
        let mut lifecycle = self.desk.suite.lifecycle();
        let of = self.cast.tickets.len();
        let mut closing = Vec::new();
        for ticket in 0..of {
            self.desk.onlooker.progress("close", ticket, of);
            let id = self.id(ticket);
            let wanted = &self.cast.tickets[ticket];
            let nth = ticket / 2;
            let (by, (now, receipt)) = match (&wanted.key, nth % 2) {
                (None, 0) => {
                    let close = lifecycle.close(id.number);
                    (id.viewer, self.desk.must("close", id.viewer, close)?)
                }
                (None, _) => {
                    let close = lifecycle.close_ended(id);
                    (
                        self.worker,
                        self.desk.must("close_ended", self.worker, close)?,
                    )
                }
                (Some(_), _) if nth % CLOSED_BY_VIEWER_EVERY == 0 => {
                    let close = lifecycle.close(id.number);
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
                    let dismiss = lifecycle.dismiss(self.seated(ticket));
                    (owner, self.desk.must("dismiss", owner, dismiss)?)
                }
            };
            self.closed(ticket, by, now, &receipt)?;
        }
        // Those that are closing are not live any more.
        self.check_live()?;
        let wait_ms = self.desk.chain.now_ms() + self.config.exit_delay_ms;
        self.wait_until(wait_ms)?;
        for ticket in closing {
            let finish = lifecycle.finish_close(self.seated(ticket));
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
}

/// The one event of a kind in a receipt.
pub(super) fn one<E: ink::env::Event + ink::scale::DecodeAll>(receipt: &Receipt) -> Result<E> {
    let mut events = receipt.events_of::<E>().into_iter();
    let event = events.next().context("an event is missing")?;
    anyhow::ensure!(events.next().is_none(), "an event too many");
    Ok(event)
}
