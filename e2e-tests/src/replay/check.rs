//! What must hold besides, and the numbers in the end.

use super::{
    expect::Earned,
    phases::{Replay, ASSETS, SECOND_MS},
    report::{Mark, Memory, Report},
};
use crate::evening::Amounts;
use anyhow::Result;
use psp22::PSP22;
use vilokanam_chain::{Calls, Chain};
use vilokanam_interfaces::{
    AssetId, Balance, Millis, Outcome, PaymentHandler, TickLifecycle, TickStream, TickStreamError,
    Totals, MAX_BATCH, NATIVE,
};

impl<C: Chain> Replay<'_, C> {
    /// Law 10.
    pub(super) fn close_again(&mut self) -> Result<()> {
        let step = (self.cast.tickets.len() / MAX_BATCH as usize).max(1);
        let some = (0..self.cast.tickets.len()).step_by(step);
        let ids: Vec<_> = some
            .take(MAX_BATCH as usize)
            .map(|ticket| self.id(ticket))
            .collect();
        let mut meter = self.desk.suite.meter();
        let mut lifecycle = self.desk.suite.lifecycle();
        let settle = meter.settle_many(ids.clone());
        let (outcomes, _) = self
            .desk
            .must("settle_many (closed)", self.worker, settle)?;
        for outcome in outcomes {
            self.desk.ensure(10, outcome == Outcome::SessionClosed, || {
                format!("settling a closed session: {outcome:?}")
            });
        }
        for id in ids {
            let close = lifecycle.close(id.number);
            let again = self.desk.send("close (refused)", id.viewer, close)?.value;
            let refused = again == Err(TickStreamError::SessionClosed);
            self.desk.ensure(10, refused, || {
                format!("closing a closed session: {again:?}")
            });
        }
        Ok(())
    }

    /// Who has earned what so far.
    pub(super) fn earned(&self) -> Earned {
        let mut earned = Earned::default();
        for (ticket, progress) in self.tickets() {
            let stream = &self.cast.streams[self.cast.tickets[ticket].stream];
            let (asset, referrer) = (self.asset(ticket), self.referrer(ticket));
            earned.add(stream, &self.config.fees, asset, progress.settled, referrer);
        }
        earned
    }

    /// Laws 1 and 2, and the totals of both assets.
    pub(super) fn check_money(&mut self) -> Result<()> {
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
            NATIVE => self.desk.chain.native_balance(suite.payments)? - self.native_floor,
            _ => self
                .desk
                .chain
                .read(suite.token().balance_of(suite.payments))?,
        })
    }

    /// Law 15.
    pub(super) fn check_live(&mut self) -> Result<()> {
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
    pub(super) fn check_all_is_out(&mut self) -> Result<()> {
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

    pub(super) fn report(mut self) -> Result<Report> {
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

fn of(amounts: Amounts, asset: AssetId) -> Balance {
    match asset {
        NATIVE => amounts.native,
        _ => amounts.vlk,
    }
}
