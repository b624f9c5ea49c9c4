//! How the evening ends: everything is closed, and everybody gets their money.

use super::{
    cast::CREATORS,
    report::ASSETS,
    story::{Story, REFERRER, STRANGER},
};
use crate::model::{Action, MeterCall, PaymentsCall};
use anyhow::Result;
use vilokanam_chain::Chain;
use vilokanam_interfaces::MAX_BATCH;

impl<C: Chain> Story<'_, C> {
    /// Closes what is open, pays out what is owed, and compares what is left with the model.
    pub fn finale(&mut self) -> Result<()> {
        self.close_all()?;
        self.compare_money()?;
        self.pay_payees()?;
        self.pay_treasury()?;
        self.pay_viewers()?;
        self.clear_pages()?;
        self.compare_money()?;
        self.compare_time()
    }

    /// A stranger settles what is still open, in batches, and closes it: all broadcasts are over.
    fn close_all(&mut self) -> Result<()> {
        let open: Vec<_> = self.watching.keys().copied().collect();
        let stranger = self.stage.account(STRANGER);
        for batch in open.chunks(MAX_BATCH as usize) {
            let ids = batch
                .iter()
                .map(|(guest, number)| self.session(*guest, *number));
            let settle = MeterCall::SettleMany(ids.collect());
            self.stage.must(stranger, Action::Meter(settle))?;
        }
        for &(guest, number) in &open {
            let close = MeterCall::CloseEnded(self.session(guest, number));
            self.stage.must(stranger, Action::Meter(close))?;
            self.closed(guest, number);
        }
        let closed = open.len();
        self.tell(format!(
            "all broadcasts are over; a stranger closes the {closed} sessions that were left open"
        ));
        Ok(())
    }

    fn pay_payees(&mut self) -> Result<()> {
        // Emeka's is pushed again; all others come themselves.
        self.stranger_pushes()?;
        for payee in self.payees() {
            self.withdraw_earnings(self.stage.account(payee))?;
        }
        self.tell("creators, co-hosts and the referrer have withdrawn all that was theirs".into());
        Ok(())
    }

    /// Everybody who may have earned something: creators, co-hosts, the referrer.
    pub fn payees(&self) -> Vec<&'static str> {
        let hosts = CREATORS.iter().flat_map(|creator| {
            let cohosts = creator.cohosts.iter().map(|(name, _)| *name);
            std::iter::once(creator.name).chain(cohosts)
        });
        hosts.chain([REFERRER]).collect()
    }

    fn pay_treasury(&mut self) -> Result<()> {
        for asset in ASSETS {
            if self.stage.model.totals(asset).fees > 0 {
                let fees = PaymentsCall::WithdrawFees { asset };
                self.stage
                    .must(self.stage.account(STRANGER), Action::Payments(fees))?;
            }
        }
        self.tell("the platform's fees are in its treasury".into());
        Ok(())
    }

    fn pay_viewers(&mut self) -> Result<()> {
        for guest in 0..self.guests.len() {
            let viewer = self.guests[guest].account;
            for asset in ASSETS {
                let amount = self.stage.model.pool(viewer, asset).free;
                if amount > 0 {
                    let withdraw = PaymentsCall::Withdraw { asset, amount };
                    self.stage.must(viewer, Action::Payments(withdraw))?;
                }
            }
        }
        self.tell("every viewer has withdrawn what was not watched".into());
        Ok(())
    }

    /// Whoever paid the storage deposit of a page of seats takes it back.
    fn clear_pages(&mut self) -> Result<()> {
        for page in self.stage.books.pages.clone() {
            let clear = MeterCall::ClearPage {
                stream: page.stream,
                page: page.page,
            };
            self.stage.must(page.payer, Action::Meter(clear))?;
        }
        Ok(())
    }
}
