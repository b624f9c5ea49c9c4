//! The books of the evening, kept from the contracts' events alone, as anybody outside could.

use std::collections::BTreeMap;
use vilokanam_chain::Receipt;
use vilokanam_interfaces::{
    events::{
        payment_handler::{Deposited, FeesWithdrawn, PaidOut, Withdrawn},
        tick_stream::{
            ExitBegun, PageProvided, SessionClosed, SessionOpened, SessionPaused, SessionResumed,
            SessionToppedUp, Settled,
        },
    },
    AccountId, AssetId, Balance, Millis, PageNo, SessionNo, StreamId,
};

/// A session's life as its events tell it.
#[derive(Debug, Clone)]
pub struct SessionBook {
    /// When it was opened.
    pub opened_ms: Millis,
    /// How it was opened.
    pub opened: SessionOpened,
    /// What others and the viewer added to the hold.
    pub topped_up: Balance,
    /// What `Settled` events moved: all but what was moved at closing.
    pub settled: Balance,
    /// When it was paused, and resumed if it was.
    pub pauses: Vec<(Millis, Option<Millis>)>,
    /// When an exit began.
    pub exit_begun_ms: Option<Millis>,
    /// Its receipt.
    pub closed: Option<SessionClosed>,
}

/// All that was said.
#[derive(Debug, Default)]
pub struct Books {
    /// Every session.
    pub sessions: BTreeMap<(AccountId, SessionNo), SessionBook>,
    /// Deposited by viewers.
    pub deposited: BTreeMap<(AccountId, AssetId), Balance>,
    /// Withdrawn from pools by viewers.
    pub withdrawn: BTreeMap<(AccountId, AssetId), Balance>,
    /// Paid out to payees.
    pub paid_out: BTreeMap<(AccountId, AssetId), Balance>,
    /// Platform fees paid to the treasury.
    pub fees: BTreeMap<AssetId, Balance>,
    /// Pages and who paid for them.
    pub pages: Vec<PageProvided>,
}

impl Books {
    /// Enters what a transaction said.
    pub fn enter(&mut self, now_ms: Millis, receipt: &Receipt) {
        self.enter_money(receipt);
        self.enter_sessions(now_ms, receipt);
    }

    fn enter_money(&mut self, receipt: &Receipt) {
        for event in receipt.events_of::<Deposited>() {
            *self
                .deposited
                .entry((event.viewer, event.asset))
                .or_default() += event.amount;
        }
        for event in receipt.events_of::<Withdrawn>() {
            *self
                .withdrawn
                .entry((event.viewer, event.asset))
                .or_default() += event.amount;
        }
        for event in receipt.events_of::<PaidOut>() {
            *self.paid_out.entry((event.payee, event.asset)).or_default() += event.amount;
        }
        for event in receipt.events_of::<FeesWithdrawn>() {
            *self.fees.entry(event.asset).or_default() += event.amount;
        }
    }

    fn enter_sessions(&mut self, now_ms: Millis, receipt: &Receipt) {
        self.pages.extend(receipt.events_of::<PageProvided>());
        for opened in receipt.events_of::<SessionOpened>() {
            let book = SessionBook {
                opened_ms: now_ms,
                topped_up: 0,
                settled: 0,
                pauses: Vec::new(),
                exit_begun_ms: None,
                closed: None,
                opened: opened.clone(),
            };
            self.sessions.insert((opened.viewer, opened.number), book);
        }
        for event in receipt.events_of::<SessionToppedUp>() {
            self.of(event.viewer, event.number, |book| {
                book.topped_up += event.amount
            });
        }
        for event in receipt.events_of::<SessionPaused>() {
            self.of(event.viewer, event.number, |book| {
                book.pauses.push((event.at_ms, None));
            });
        }
        for event in receipt.events_of::<SessionResumed>() {
            self.of(event.viewer, event.number, |book| {
                if let Some(pause) = book.pauses.last_mut() {
                    pause.1 = Some(event.at_ms);
                }
            });
        }
        for event in receipt.events_of::<ExitBegun>() {
            self.of(event.viewer, event.number, |book| {
                book.exit_begun_ms = Some(now_ms);
            });
        }
        for item in receipt
            .events_of::<Settled>()
            .iter()
            .flat_map(|e| &e.settlements)
        {
            self.of(item.session.viewer, item.session.number, |book| {
                book.settled += item.amount;
            });
        }
        for event in receipt.events_of::<SessionClosed>() {
            self.of(event.viewer, event.number, |book| {
                book.closed = Some(event.clone())
            });
        }
    }

    /// Changes the book of a session. One that was never opened has none, which the laws will find.
    fn of(&mut self, viewer: AccountId, number: SessionNo, change: impl FnOnce(&mut SessionBook)) {
        if let Some(book) = self.sessions.get_mut(&(viewer, number)) {
            change(book);
        }
    }

    /// The receipts of all sessions that were closed.
    pub fn receipts(&self) -> impl Iterator<Item = &SessionClosed> {
        self.sessions
            .values()
            .filter_map(|book| book.closed.as_ref())
    }

    /// The pages of a stream that anybody provided.
    pub fn pages_of(&self, stream: StreamId) -> impl Iterator<Item = PageNo> + '_ {
        let pages = self.pages.iter();
        pages
            .filter(move |page| page.stream == stream)
            .map(|page| page.page)
    }
}

impl SessionBook {
    /// Milliseconds that the clock may have run, if nothing else ended it: the life from open to `end_ms`
    /// without the pauses.
    pub fn running_ms(&self, end_ms: Millis) -> Millis {
        let life = end_ms.saturating_sub(self.opened_ms);
        let paused: Millis = self
            .pauses
            .iter()
            .map(|(from, to)| to.unwrap_or(end_ms).min(end_ms).saturating_sub(*from))
            .sum();
        life.saturating_sub(paused)
    }
}
