//! `moderation`: cases as all that happened to them, and the bonds.

use super::{Model, ModerationCall, Part, RegistryCall, Value};
use vilokanam_interfaces::{
    AccountId, AdminError, Balance, Millis, ModerationError as Error, Offender, Report, ReportId,
    ReportState, StreamId, Verdict, APPEAL_MS, DECIDE_MS, MAX_REASON_LEN, OFFENCE_MS,
    REPEAT_OFFENCES,
};

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Nobody decided, or answered, in time.
    Lapsed,
    /// A moderator decided.
    Decided(Verdict, AccountId, Millis),
    /// Somebody appealed.
    Appealed(AccountId, Millis),
    /// The owner answered: whether it was overturned.
    Resolved(bool),
    /// The bond became the treasury's.
    Forfeited,
}

/// A report and all that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The stream.
    pub stream: StreamId,
    /// Who owned it then.
    pub creator: AccountId,
    /// Who reported it.
    pub reporter: AccountId,
    /// The bond.
    pub bond: Balance,
    /// When.
    pub reported_ms: Millis,
    /// What happened since.
    pub events: Vec<Event>,
    /// Whether its verdict ordered the last suspension of the stream: began it, or was given during it.
    pub suspends: bool,
}

/// Moderation's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moderation {
    /// The bond of reports from now on.
    pub bond: Balance,
    /// Where forfeited bonds go.
    pub treasury: AccountId,
    /// The native tokens that the contract has, without what its storage needs.
    pub native: Balance,
    /// The cases, from number 1.
    pub cases: Vec<Case>,
    /// What was collected, by whom.
    pub collected: Vec<(AccountId, Balance)>,
}

impl Case {
    fn verdict(&self) -> Option<(Verdict, AccountId, Millis)> {
        self.events.iter().find_map(|event| match event {
            Event::Decided(verdict, moderator, at_ms) => Some((*verdict, *moderator, *at_ms)),
            _ => None,
        })
    }

    fn appealed(&self) -> Option<(AccountId, Millis)> {
        self.events.iter().find_map(|event| match event {
            Event::Appealed(by, at_ms) => Some((*by, *at_ms)),
            _ => None,
        })
    }

    fn has(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    fn over(&self) -> bool {
        let ends = [Event::Lapsed, Event::Resolved(true), Event::Resolved(false)];
        ends.into_iter().any(|end| self.has(end))
    }

    fn offends(&self) -> bool {
        let verdict = self.verdict().map(|v| v.0);
        matches!(verdict, Some(Verdict::Warned | Verdict::Suspended))
    }

    /// Who gets the bond, and whether that can be collected.
    fn bond_of(&self, treasury: AccountId) -> Option<AccountId> {
        let abusive = self.verdict().map(|v| v.0 == Verdict::Abusive);
        let back = abusive == Some(false) || self.has(Event::Lapsed);
        if self.has(Event::Forfeited) {
            Some(treasury)
        } else if back || self.has(Event::Resolved(true)) {
            Some(self.reporter)
        } else {
            None
        }
    }

    fn state(&self) -> ReportState {
        let Some((verdict, moderator, at_ms)) = self.verdict() else {
            return match self.has(Event::Lapsed) {
                true => ReportState::Lapsed,
                false => ReportState::Open,
            };
        };
        let overturned = self.has(Event::Resolved(true));
        if self.has(Event::Lapsed) {
            ReportState::Lapsed
        } else if overturned || self.has(Event::Resolved(false)) {
            ReportState::Resolved {
                verdict,
                overturned,
            }
        } else if let Some((by, _)) = self.appealed() {
            ReportState::Appealed {
                verdict,
                moderator,
                by,
            }
        } else {
            ReportState::Decided {
                verdict,
                moderator,
                at_ms,
            }
        }
    }
}

impl Moderation {
    pub(super) fn new(bond: Balance, treasury: AccountId) -> Self {
        Self {
            bond,
            treasury,
            native: 0,
            cases: Vec::new(),
            collected: Vec::new(),
        }
    }
}

fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.is_empty() || reason.len() > MAX_REASON_LEN as usize {
        let max_len = MAX_REASON_LEN;
        return Err(Error::InvalidReason { max_len });
    }
    Ok(())
}

impl Model {
    fn case(&self, report: ReportId) -> Result<&Case, Error> {
        let place = report.checked_sub(1).ok_or(Error::ReportNotFound)?;
        let case = self.moderation.cases.get(place as usize);
        case.ok_or(Error::ReportNotFound)
    }

    fn happened(&mut self, report: ReportId, event: Event) {
        let case = &mut self.moderation.cases[report as usize - 1];
        case.events.push(event);
    }

    /// A report.
    pub fn report(&self, report: ReportId) -> Option<Report> {
        let case = self.case(report).ok()?;
        Some(Report {
            stream: case.stream,
            creator: case.creator,
            reporter: case.reporter,
            bond: case.bond,
            reported_ms: case.reported_ms,
            state: case.state(),
        })
    }

    /// How many reports there are.
    pub fn report_count(&self) -> u32 {
        self.moderation.cases.len() as u32
    }

    /// What is known of a creator.
    pub fn offender(&self, creator: AccountId) -> Offender {
        let cases = self.moderation.cases.iter();
        let mine =
            cases.filter(|c| c.creator == creator && c.offends() && !c.has(Event::Resolved(true)));
        let mut at: Vec<_> = mine.filter_map(|c| Some(c.verdict()?.2)).collect();
        at.sort_unstable();
        let last = at.iter().rev().take(REPEAT_OFFENCES as usize);
        let recent = last.filter(|at| self.now_ms < **at + OFFENCE_MS).count() as u32;
        Offender {
            offences: at.len() as u32,
            recent,
            repeat: recent >= REPEAT_OFFENCES,
        }
    }

    /// The bonds that an account can collect.
    pub fn collectable(&self, account: AccountId) -> Balance {
        let treasury = self.moderation.treasury;
        let cases = self.moderation.cases.iter();
        let mine = cases.filter(|c| c.bond_of(treasury) == Some(account));
        let due: Balance = mine.map(|c| c.bond).sum();
        let collected = self.moderation.collected.iter();
        let collected = collected.filter(|c| c.0 == account).map(|c| c.1);
        due - collected.sum::<Balance>()
    }

    /// The bonds that are nobody's yet.
    pub fn bonds_waiting(&self) -> Balance {
        let treasury = self.moderation.treasury;
        let cases = self.moderation.cases.iter();
        let waiting = cases.filter(|c| c.bond_of(treasury).is_none());
        waiting.map(|c| c.bond).sum()
    }

    fn court_reaches_registry(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Moderation).registry;
        slot.ok_or(Error::NotWired)?;
        Ok(())
    }

    fn court_reads_registry(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Moderation).registry;
        let answered = self.reaches(self.contracts.moderation, slot, self.contracts.registry);
        answered.then_some(()).ok_or(Error::RegistryFailed)
    }

    fn ensure_court_owner(&self, caller: AccountId) -> Result<(), Error> {
        if caller != self.admin(Part::Moderation).owner {
            return Err(Error::Admin(AdminError::NotOwner));
        }
        Ok(())
    }

    pub(super) fn moderation_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &ModerationCall,
    ) -> Result<Value, Error> {
        let now = self.now_ms;
        match call {
            ModerationCall::SetBond(bond) => {
                self.ensure_court_owner(caller)?;
                self.moderation.bond = *bond;
            }
            ModerationCall::Report { stream, reason } => {
                self.court_reaches_registry()?;
                self.court_reads_registry()?;
                let creator = self.stream(*stream).ok_or(Error::StreamNotFound)?.owner;
                if creator == caller {
                    return Err(Error::OwnStream);
                }
                check_reason(reason)?;
                let bond = self.moderation.bond;
                if value != bond {
                    return Err(Error::WrongBond { bond });
                }
                let mut numbered = (1..).zip(&self.moderation.cases);
                let waits = numbered.find(|(_, c)| {
                    (c.reporter, c.stream) == (caller, *stream) && c.state() == ReportState::Open
                });
                if let Some((report, _)) = waits {
                    return Err(Error::AlreadyReported { report });
                }
                self.moderation.native += value;
                self.moderation.cases.push(Case {
                    stream: *stream,
                    creator,
                    reporter: caller,
                    bond,
                    reported_ms: now,
                    events: Vec::new(),
                    suspends: false,
                });
                return Ok(Value::Number(self.report_count()));
            }
            ModerationCall::Decide {
                report,
                verdict,
                reason,
            } => self.decide(caller, *report, *verdict, reason)?,
            ModerationCall::Lapse { report } => {
                let case = self.case(*report)?;
                let abusive = case.verdict().map(|v| v.0 == Verdict::Abusive);
                let since_ms = match (abusive, case.appealed()) {
                    (None, _) => Some(case.reported_ms),
                    // An appeal about a bond is to be answered in time too.
                    (Some(true), Some((_, at_ms))) => Some(at_ms),
                    _ => None,
                };
                let since_ms = since_ms.filter(|_| !case.over()).ok_or(Error::NotOpen)?;
                let until_ms = since_ms + DECIDE_MS;
                if now < until_ms {
                    return Err(Error::NotLapsed { until_ms });
                }
                self.happened(*report, Event::Lapsed);
            }
            ModerationCall::Appeal { report, reason } => {
                let case = self.case(*report)?;
                let loser = case.verdict().and_then(|(verdict, _, at_ms)| {
                    let loser = match verdict {
                        Verdict::Unfounded => return None,
                        Verdict::Abusive => case.reporter,
                        Verdict::Warned | Verdict::Suspended => case.creator,
                    };
                    let in_time = now < at_ms + APPEAL_MS && case.appealed().is_none();
                    (in_time && !case.has(Event::Forfeited)).then_some(loser)
                });
                if loser != Some(caller) {
                    return Err(Error::NotAppealable);
                }
                check_reason(reason)?;
                self.happened(*report, Event::Appealed(caller, now));
            }
            ModerationCall::Resolve {
                report,
                overturned,
                reason,
            } => self.resolve(caller, *report, *overturned, reason)?,
            ModerationCall::Collect { account } => {
                let amount = self.collectable(*account);
                if amount == 0 {
                    return Err(Error::NothingToCollect);
                }
                if *account != self.contracts.moderation {
                    if !self.exists_with(*account, amount) {
                        return Err(Error::TransferFailed);
                    }
                    self.moderation.native -= amount;
                }
                self.moderation.collected.push((*account, amount));
                return Ok(Value::Amount(amount));
            }
            ModerationCall::Forfeit { report } => {
                let case = self.case(*report)?;
                let verdict = case.verdict();
                let abusive = verdict.filter(|v| v.0 == Verdict::Abusive);
                let (.., at_ms) = abusive.ok_or(Error::NotAppealable)?;
                let late = now >= at_ms + APPEAL_MS && case.appealed().is_none();
                let final_now = late || case.has(Event::Resolved(false));
                if !final_now || case.bond_of(self.moderation.treasury).is_some() {
                    return Err(Error::NotAppealable);
                }
                self.happened(*report, Event::Forfeited);
            }
        }
        Ok(Value::Unit)
    }

    /// Whether a verdict other than `but`'s that ordered the stream's last suspension stands.
    fn orders_suspension(&self, stream: StreamId, but: Option<ReportId>) -> bool {
        let orders = |c: &Case| c.stream == stream && c.suspends && !c.has(Event::Resolved(true));
        let mut numbered = (1..).zip(&self.moderation.cases);
        numbered.any(|(report, case)| Some(report) != but && orders(case))
    }

    fn decide(
        &mut self,
        caller: AccountId,
        report: ReportId,
        verdict: Verdict,
        reason: &str,
    ) -> Result<(), Error> {
        let now = self.now_ms;
        self.court_reaches_registry()?;
        let case = self.case(report)?.clone();
        self.court_reads_registry()?;
        if !self.is_moderator(caller) {
            return Err(Error::NotModerator);
        }
        let stream = self.stream(case.stream).ok_or(Error::StreamNotFound)?;
        if [stream.owner, case.creator, case.reporter].contains(&caller) {
            return Err(Error::OwnCase);
        }
        if case.state() != ReportState::Open || now >= case.reported_ms + DECIDE_MS {
            return Err(Error::NotOpen);
        }
        check_reason(reason)?;
        if verdict == Verdict::Suspended && stream.suspended {
            let orders = self.orders_suspension(case.stream, None);
            self.moderation.cases[report as usize - 1].suspends = orders;
        } else if verdict == Verdict::Suspended {
            let suspend = RegistryCall::Suspend {
                stream: case.stream,
                reason: reason.into(),
            };
            self.registry_call(self.contracts.moderation, &suspend)
                .map_err(|_| Error::RegistryFailed)?;
            for other in &mut self.moderation.cases {
                other.suspends &= other.stream != case.stream;
            }
            self.moderation.cases[report as usize - 1].suspends = true;
        }
        self.happened(report, Event::Decided(verdict, caller, now));
        Ok(())
    }

    fn resolve(
        &mut self,
        caller: AccountId,
        report: ReportId,
        overturned: bool,
        reason: &str,
    ) -> Result<(), Error> {
        self.ensure_court_owner(caller)?;
        self.court_reaches_registry()?;
        let case = self.case(report)?.clone();
        let (_, appealed_ms) = case.appealed().ok_or(Error::NotAppealed)?;
        let about_bond = !case.offends();
        let late = about_bond && self.now_ms >= appealed_ms + DECIDE_MS;
        if case.over() || late {
            return Err(Error::NotAppealed);
        }
        check_reason(reason)?;
        if overturned && case.suspends && !self.orders_suspension(case.stream, Some(report)) {
            self.court_reads_registry()?;
            let stream = self.stream(case.stream).ok_or(Error::StreamNotFound)?;
            if stream.suspended {
                let reinstate = RegistryCall::Reinstate {
                    stream: case.stream,
                    reason: reason.into(),
                };
                self.registry_call(self.contracts.moderation, &reinstate)
                    .map_err(|_| Error::RegistryFailed)?;
            }
        }
        self.happened(report, Event::Resolved(overturned));
        Ok(())
    }
}
