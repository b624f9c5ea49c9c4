//! The books of the evening, kept from the contracts' events alone, as anybody outside could.

use std::collections::BTreeMap;
use vilokanam_chain::Receipt;
use vilokanam_interfaces::{
    events::{
        moderation::{
            AppealResolved, BondForfeited, ReportDecided, StreamReported, VerdictAppealed,
        },
        pass_office::PassBought,
        patronage::{Contributed, ContributionReturned, GoalMade, GoalReached, Tipped},
        payment_handler::{Deposited, FeesWithdrawn, PaidOut, Withdrawn},
        tick_stream::{
            ExitBegun, PageProvided, SessionClosed, SessionOpened, SessionPaused, SessionResumed,
            SessionToppedUp, Settled,
        },
    },
    AccountId, AssetId, Balance, GoalId, Millis, PageNo, ReportId, SessionNo, StreamId,
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

/// A goal's life as its events tell it.
#[derive(Debug, Clone)]
pub struct GoalBook {
    /// How it was made.
    pub made: GoalMade,
    /// Who gave what, less what went back.
    pub given: BTreeMap<AccountId, Balance>,
    /// What went back.
    pub returned: Balance,
    /// How it was reached.
    pub reached: Option<GoalReached>,
}

/// A report's life as its events tell it.
#[derive(Debug, Clone)]
pub struct CaseBook {
    /// How it was reported.
    pub reported: StreamReported,
    /// The verdict.
    pub decided: Option<ReportDecided>,
    /// Who appealed.
    pub appealed: Option<VerdictAppealed>,
    /// What the owner answered.
    pub resolved: Option<AppealResolved>,
    /// Whether the bond became the treasury's.
    pub forfeited: bool,
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
    /// Every tip.
    pub tips: Vec<Tipped>,
    /// Every pass.
    pub passes: Vec<PassBought>,
    /// Every goal.
    pub goals: BTreeMap<GoalId, GoalBook>,
    /// Every report.
    pub cases: BTreeMap<ReportId, CaseBook>,
}

impl Books {
    /// Enters what a transaction said.
    pub fn enter(&mut self, now_ms: Millis, receipt: &Receipt) {
        self.enter_money(receipt);
        self.enter_sessions(now_ms, receipt);
        self.enter_gifts(receipt);
        self.enter_cases(receipt);
    }

    fn enter_gifts(&mut self, receipt: &Receipt) {
        self.tips.extend(receipt.events_of::<Tipped>());
        self.passes.extend(receipt.events_of::<PassBought>());
        for made in receipt.events_of::<GoalMade>() {
            let book = GoalBook {
                made: made.clone(),
                given: BTreeMap::new(),
                returned: 0,
                reached: None,
            };
            self.goals.insert(made.goal, book);
        }
        for event in receipt.events_of::<Contributed>() {
            if let Some(goal) = self.goals.get_mut(&event.goal) {
                *goal.given.entry(event.from).or_default() += event.amount;
            }
        }
        for event in receipt.events_of::<ContributionReturned>() {
            if let Some(goal) = self.goals.get_mut(&event.goal) {
                goal.returned += event.amount;
                let given = goal.given.entry(event.to).or_default();
                // More than was given cannot go back: what is wrong is left to the laws to find.
                *given = given.saturating_sub(event.amount);
            }
        }
        for event in receipt.events_of::<GoalReached>() {
            if let Some(goal) = self.goals.get_mut(&event.goal) {
                goal.reached = Some(event);
            }
        }
    }

    fn enter_cases(&mut self, receipt: &Receipt) {
        for reported in receipt.events_of::<StreamReported>() {
            let book = CaseBook {
                reported: reported.clone(),
                decided: None,
                appealed: None,
                resolved: None,
                forfeited: false,
            };
            self.cases.insert(reported.report, book);
        }
        for event in receipt.events_of::<ReportDecided>() {
            if let Some(case) = self.cases.get_mut(&event.report) {
                case.decided = Some(event);
            }
        }
        for event in receipt.events_of::<VerdictAppealed>() {
            if let Some(case) = self.cases.get_mut(&event.report) {
                case.appealed = Some(event);
            }
        }
        for event in receipt.events_of::<AppealResolved>() {
            if let Some(case) = self.cases.get_mut(&event.report) {
                case.resolved = Some(event);
            }
        }
        for event in receipt.events_of::<BondForfeited>() {
            if let Some(case) = self.cases.get_mut(&event.report) {
                case.forfeited = true;
            }
        }
    }

    /// What was paid at once, by payer and asset: tips, passes, goals that were reached.
    pub fn given(&self) -> BTreeMap<(AccountId, AssetId), Balance> {
        let tips = self
            .tips
            .iter()
            .map(|tip| (tip.from, tip.asset, tip.amount));
        let passes = self.passes.iter();
        let passes = passes.map(|pass| (pass.buyer, pass.asset, pass.price));
        let reached = self.goals.values().filter(|goal| goal.reached.is_some());
        let goals = reached.flat_map(|goal| {
            let given = goal.given.iter();
            given.map(|(from, amount)| (*from, goal.made.asset, *amount))
        });
        let mut all = BTreeMap::new();
        for (from, asset, amount) in tips.chain(passes).chain(goals) {
            *all.entry((from, asset)).or_default() += amount;
        }
        all
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
