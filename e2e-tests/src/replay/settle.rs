//! The measured phase: clients sign, a worker settles everybody, and what was moved is compared with what was due.

use super::{expect::Due, phases::Replay, report::Round};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use vilokanam_chain::{Chain, Receipt};
use vilokanam_interfaces::{
    events::tick_stream::{Redeemed, Settled},
    AssetId, Balance, Millis, PageNo, SessionId, SignedVoucher, TickStream, VoucherOutcome,
    VoucherRefusal, MAX_BATCH, PAGE_SEATS,
};
use vilokanam_voucher::{
    sign::{sign, Form},
    Domain, Voucher,
};

/// One in so many sessions with vouchers presents an older voucher too.
const STALE_EVERY: usize = 32;

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

impl<C: Chain> Replay<'_, C> {
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
    pub(super) fn settle(&mut self) -> Result<()> {
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
        let mut meter = self.desk.suite.meter();
        let mut answers = Vec::with_capacity(of);
        let started = self.desk.start();
        for (stream, page) in &pages {
            self.desk.onlooker.progress("settle", answers.len(), of);
            let settle = meter.settle_page(self.streams[*stream], *page);
            let (sums, receipt) = self.desk.must("settle_page", self.worker, settle)?;
            answers.push(Answer::Page(sums, receipt));
        }
        let page_secs = started.wall.elapsed().as_secs_f64();
        for batch in batches {
            self.desk.onlooker.progress("settle", answers.len(), of);
            let redeem = meter.redeem_many(batch);
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
    pub(super) fn present_again(&mut self, refusal: VoucherRefusal) -> Result<()> {
        let vouchers = self.spent.clone();
        let redeem = self.desk.suite.meter().redeem_many(vouchers);
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
}
