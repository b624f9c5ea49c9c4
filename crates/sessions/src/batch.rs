//! What one call settles: the pages that it touches, the payment handler's items, the event's.

use crate::{
    seats::{Page, Seat},
    Checked,
};
use ink::prelude::{boxed::Box, vec::Vec};
use vilokanam_interfaces::{
    events::tick_stream::Settlement, Balance, PageNo, PayTerms, Release, SettleItem, StreamId,
    TickStreamError as Error,
};

/// A page that was read.
#[derive(Debug)]
pub struct BatchPage {
    /// Its stream and number.
    pub at: (StreamId, PageNo),
    /// What is on it.
    pub page: Page,
    /// Whether it must be written back.
    pub changed: bool,
}

/// A session that a batch may settle.
#[derive(Debug)]
pub struct BatchSeat {
    /// The position of its page in the batch.
    pub page: usize,
    /// Its seat on that page.
    pub place: u8,
    /// The session. Boxed: it is large, and would be copied at every step.
    pub seat: Box<Seat>,
}

/// What one call settles.
#[derive(Debug, Default)]
pub struct Batch {
    /// The pages that were read, each once.
    pub pages: Vec<BatchPage>,
    /// The terms that items name: a page's position and the slot on it.
    slots: Vec<(usize, u8)>,
    /// The terms as the payment handler takes them, in the same order.
    pub terms: Vec<PayTerms>,
    /// The items for the payment handler.
    pub items: Vec<SettleItem>,
    /// The items for the event.
    pub settlements: Vec<Settlement>,
}

impl Batch {
    /// Adds a page that was read and returns its position.
    pub fn add(&mut self, at: (StreamId, PageNo), page: Page) -> usize {
        self.pages.push(BatchPage {
            at,
            page,
            changed: false,
        });
        self.pages.len().saturating_sub(1)
    }

    /// The position of a page that was read.
    pub fn position(&self, at: (StreamId, PageNo)) -> Option<usize> {
        self.pages.iter().position(|read| read.at == at)
    }

    /// Moves `amount` from a session's hold to its payees, and ends the hold if there is a release.
    pub fn pay(
        &mut self,
        of: &mut BatchSeat,
        amount: Balance,
        release: Option<Release>,
    ) -> Checked<()> {
        let before = of.seat.settled;
        let after = before.checked_add(amount).ok_or(Error::Overflow)?;
        of.seat.settled = after;
        let terms = self.terms_of(of.page, of.seat.terms)?;
        self.items.push(SettleItem {
            terms,
            asset: of.seat.asset,
            before,
            after,
            referrer: of.seat.referrer(),
            release,
        });
        Ok(())
    }

    /// Writes a session that owed something back to its page, and tells it in the event.
    pub fn keep(&mut self, of: &BatchSeat, amount: Balance) -> Checked<()> {
        self.settlements.push(Settlement {
            session: of.seat.id(),
            amount,
            settled: of.seat.settled,
            upto_ms: of.seat.since_ms,
        });
        self.write(of)
    }

    /// Writes a session back to its page.
    pub fn write(&mut self, of: &BatchSeat) -> Checked<()> {
        let read = self.pages.get_mut(of.page).ok_or(Error::PageNotFound)?;
        read.page.put(of.place, &of.seat);
        read.changed = true;
        Ok(())
    }

    fn terms_of(&mut self, page: usize, slot: u8) -> Checked<u8> {
        let known = self.slots.iter().position(|known| *known == (page, slot));
        let position = match known {
            Some(position) => position,
            None => {
                let read = self.pages.get(page).ok_or(Error::PageNotFound)?;
                let terms = read.page.terms(slot).ok_or(Error::PageNotFound)?;
                self.slots.push((page, slot));
                self.terms.push(terms.pay_terms());
                self.terms.len().saturating_sub(1)
            }
        };
        u8::try_from(position).map_err(|_| Error::Overflow.into())
    }
}
