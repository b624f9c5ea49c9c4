//! The rules of a case, without any state: what may happen to it when, and where its bond goes.
//!
//! A bond goes one of these ways, each of them once:
//!
//! - decided as anything but abusive: the reporter's at once;
//! - not decided within `DECIDE_MS`: the reporter's, when anyone says so;
//! - abusive, and not appealed against within `APPEAL_MS`: the treasury's, when anyone says so;
//! - abusive, appealed against and confirmed: the treasury's, when anyone says so;
//! - abusive, appealed against and overturned: the reporter's at once;
//! - abusive, appealed against, and not answered within `DECIDE_MS`: the reporter's, when anyone says so.
//!
//! The windows meet without overlapping: at any instant a case can go one way only, and no one can hold it up.

use vilokanam_interfaces::{
    AccountId, Balance, Millis, ModerationError as Error, Offender, Report, ReportState, StreamId,
    Verdict, APPEAL_MS, DECIDE_MS, MAX_REASON_LEN, OFFENCE_MS, REPEAT_OFFENCES,
};

type Result<T> = core::result::Result<T, Error>;

/// How far a case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Stage {
    /// It waits for a moderator.
    Open,
    /// Nobody decided, or nobody answered the reporter's appeal, in time.
    Lapsed,
    /// A moderator decided.
    Decided,
    /// Somebody appealed.
    Appealed,
    /// The owner confirmed the verdict.
    Confirmed,
    /// The owner overturned it.
    Overturned,
}

/// A report and what became of it. Its size never changes, so that who reports pays for all of it, and nobody gets that
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Case {
    /// The stream.
    pub stream: StreamId,
    /// Who owned it then.
    pub creator: AccountId,
    /// Who reported it.
    pub reporter: AccountId,
    /// The bond.
    pub bond: Balance,
    /// Whether the bond is neither the reporter's nor the treasury's yet.
    pub bonded: bool,
    /// When it was reported.
    pub reported_ms: Millis,
    /// How far it has come.
    pub stage: Stage,
    /// The verdict; means nothing before one.
    pub verdict: Verdict,
    /// Who gave it; the reporter before one.
    pub moderator: AccountId,
    /// When; zero before one.
    pub decided_ms: Millis,
    /// When somebody appealed; zero before.
    pub appealed_ms: Millis,
    /// The suspension of the stream that its verdict orders (`Suspensions`); zero for none.
    pub suspension: u32,
}

/// Fails unless this is a reason, and a short one.
pub fn ensure_reason(reason: &str) -> Result<()> {
    if reason.is_empty() || reason.len() > MAX_REASON_LEN as usize {
        return Err(Error::InvalidReason {
            max_len: MAX_REASON_LEN,
        });
    }
    Ok(())
}

impl Case {
    /// A report that was just made.
    pub fn new(
        stream: StreamId,
        creator: AccountId,
        reporter: AccountId,
        bond: Balance,
        now_ms: Millis,
    ) -> Self {
        Self {
            stream,
            creator,
            reporter,
            bond,
            bonded: true,
            reported_ms: now_ms,
            stage: Stage::Open,
            verdict: Verdict::Unfounded,
            moderator: reporter,
            decided_ms: 0,
            appealed_ms: 0,
            suspension: 0,
        }
    }

    /// As it is told.
    pub fn report(&self) -> Report {
        let (verdict, moderator) = (self.verdict, self.moderator);
        Report {
            stream: self.stream,
            creator: self.creator,
            reporter: self.reporter,
            bond: self.bond,
            reported_ms: self.reported_ms,
            state: match self.stage {
                Stage::Open => ReportState::Open,
                Stage::Lapsed => ReportState::Lapsed,
                Stage::Decided => ReportState::Decided {
                    verdict,
                    moderator,
                    at_ms: self.decided_ms,
                },
                Stage::Appealed => ReportState::Appealed {
                    verdict,
                    moderator,
                    by: self.loser(),
                },
                Stage::Confirmed | Stage::Overturned => ReportState::Resolved {
                    verdict,
                    overturned: self.stage == Stage::Overturned,
                },
            },
        }
    }

    /// Whether its verdict counts as an offence, unless it is overturned.
    pub fn is_offence(&self) -> bool {
        matches!(self.verdict, Verdict::Warned | Verdict::Suspended)
    }

    /// Whose appeal its verdict is open to.
    pub fn loser(&self) -> AccountId {
        if self.is_offence() {
            self.creator
        } else {
            self.reporter
        }
    }

    /// Lets go of the bond: the one place where that happens. What is returned is somebody's to collect.
    fn release(&mut self) -> Balance {
        if core::mem::replace(&mut self.bonded, false) {
            self.bond
        } else {
            0
        }
    }

    /// Decides. `party`: whether who decides owns the stream now. Returns what the reporter can collect.
    pub fn decide(
        &mut self,
        moderator: AccountId,
        party: bool,
        verdict: Verdict,
        now_ms: Millis,
    ) -> Result<Balance> {
        if party || moderator == self.creator || moderator == self.reporter {
            return Err(Error::OwnCase);
        }
        if self.stage != Stage::Open || now_ms >= self.lapses_ms() {
            return Err(Error::NotOpen);
        }
        self.stage = Stage::Decided;
        self.verdict = verdict;
        self.moderator = moderator;
        self.decided_ms = now_ms;
        Ok(match verdict {
            Verdict::Abusive => 0,
            _ => self.release(),
        })
    }

    /// When what it waits for is late.
    fn lapses_ms(&self) -> Millis {
        let since_ms = match self.stage {
            Stage::Appealed => self.appealed_ms,
            _ => self.reported_ms,
        };
        since_ms.saturating_add(DECIDE_MS)
    }

    /// Whether it waits for the owner's answer about a bond.
    fn owes_an_answer(&self) -> bool {
        self.stage == Stage::Appealed && self.verdict == Verdict::Abusive
    }

    /// Ends it because nobody decided, or answered an appeal about the bond. Returns what the reporter can collect.
    pub fn lapse(&mut self, now_ms: Millis) -> Result<Balance> {
        if self.stage != Stage::Open && !self.owes_an_answer() {
            return Err(Error::NotOpen);
        }
        let until_ms = self.lapses_ms();
        if now_ms < until_ms {
            return Err(Error::NotLapsed { until_ms });
        }
        self.stage = Stage::Lapsed;
        Ok(self.release())
    }

    /// Whether its verdict can be appealed against still.
    fn in_time(&self, now_ms: Millis) -> bool {
        self.stage == Stage::Decided && now_ms < self.decided_ms.saturating_add(APPEAL_MS)
    }

    /// Appeals.
    pub fn appeal(&mut self, by: AccountId, now_ms: Millis) -> Result<()> {
        if !self.in_time(now_ms) || self.verdict == Verdict::Unfounded || by != self.loser() {
            return Err(Error::NotAppealable);
        }
        self.stage = Stage::Appealed;
        self.appealed_ms = now_ms;
        Ok(())
    }

    /// Answers an appeal. Returns what the reporter can collect.
    pub fn resolve(&mut self, overturned: bool, now_ms: Millis) -> Result<Balance> {
        let late = self.owes_an_answer() && now_ms >= self.lapses_ms();
        if self.stage != Stage::Appealed || late {
            return Err(Error::NotAppealed);
        }
        if !overturned {
            self.stage = Stage::Confirmed;
            return Ok(0);
        }
        self.stage = Stage::Overturned;
        Ok(self.release())
    }

    /// Gives an abusive report's bond away. Returns what the treasury can collect.
    pub fn forfeit(&mut self, now_ms: Millis) -> Result<Balance> {
        let is_final = match self.stage {
            Stage::Decided => !self.in_time(now_ms),
            Stage::Confirmed => true,
            _ => false,
        };
        if !is_final || self.verdict != Verdict::Abusive || !self.bonded {
            return Err(Error::NotAppealable);
        }
        Ok(self.release())
    }
}

/// A stream's suspensions by verdicts, of which only the last can last. Its size never changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Suspensions {
    /// How many there were, which is the last one's number. There are no more than verdicts, which are numbered likewise.
    pub number: u32,
    /// Verdicts that order the last, without those overturned.
    pub standing: u32,
}

impl Suspensions {
    /// A verdict orders one. `suspended`: whether the stream is already. Returns the number of that suspension, which begins anew if
    /// the stream was not; zero if moderators suspended the stream themselves: no verdict is to lift that.
    pub fn order(&mut self, suspended: bool) -> u32 {
        if !suspended {
            self.number = self.number.saturating_add(1);
            self.standing = 0;
        } else if self.standing == 0 {
            return 0;
        }
        self.standing = self.standing.saturating_add(1);
        self.number
    }

    /// A verdict that ordered that suspension is overturned. Tells whether it was the last one standing.
    pub fn overturn(&mut self, number: u32) -> bool {
        if number == 0 || number != self.number {
            return false;
        }
        self.standing = self.standing.saturating_sub(1);
        self.standing == 0
    }
}

/// Instants of offences that are remembered: more than make a repeat offender, so that overturning some still leaves
/// the others to be counted.
const REMEMBERED: usize = 8;

/// A creator's offences. Its size never changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Record {
    /// How many, without those overturned.
    pub offences: u32,
    /// When, the newest first; zero where there is none.
    pub at_ms: [Millis; REMEMBERED],
}

impl Record {
    /// What is known of the creator now.
    pub fn offender(&self, now_ms: Millis) -> Offender {
        let since = |at: &Millis| *at != 0 && now_ms < at.saturating_add(OFFENCE_MS);
        let last = self.at_ms.iter().take(REPEAT_OFFENCES as usize);
        // At most `REPEAT_OFFENCES`.
        let recent = last
            .filter(|at| since(at))
            .fold(0u32, |n, _| n.saturating_add(1));
        Offender {
            offences: self.offences,
            recent,
            repeat: recent >= REPEAT_OFFENCES,
        }
    }

    /// Adds an offence, and tells whether it makes a repeat offender.
    pub fn add(&mut self, now_ms: Millis) -> bool {
        let before = self.offender(now_ms).repeat;
        self.offences = self.offences.saturating_add(1);
        let mut newer = now_ms;
        for at in &mut self.at_ms {
            core::mem::swap(at, &mut newer);
        }
        !before && self.offender(now_ms).repeat
    }

    /// Takes the offence of that instant off.
    pub fn remove(&mut self, at_ms: Millis) {
        self.offences = self.offences.saturating_sub(1);
        if !self.at_ms.contains(&at_ms) {
            return;
        }
        // The older ones move up, as far as the place that becomes free.
        let mut older = 0;
        for at in self.at_ms.iter_mut().rev() {
            core::mem::swap(at, &mut older);
            if older == at_ms {
                return;
            }
        }
    }
}
