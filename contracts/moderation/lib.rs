//! Reports of viewers with a bond, verdicts of moderators, appeals to the owner, and who offends again and again.
//!
//! **Who may do what.** Anyone but its owner reports a stream. The registry's moderators decide, but not on their own cases. Who
//! lost by a verdict appeals, and the contract's owner answers. Anyone says that time is over, and has bonds paid to those
//! whom they belong to. The contract is itself a moderator of the registry, to suspend streams and lift that again.
//!
//! **Where money flows.** A bond comes in with a report, in native tokens. It becomes the reporter's or the treasury's to
//! collect, once (`rules` lists the ways), and is paid to that account alone. What the contract has is what it owes: the
//! bonds of open cases and those that can be collected. Taking one's bond back needs neither the registry nor anybody's consent.
//!
//! **Units.** Native base units, milliseconds of chain time.
//!
//! **Cells.** No cell is ever freed or shrinks, so no call gives one account the storage deposit of another.
//!
//! A suspension is lifted when the last verdict that ordered it is overturned: the one that suspended the stream, and those given
//! while it was suspended so.
//!
//! What it cannot see: a moderator who, in the registry itself, reinstates a stream that a verdict had suspended and suspends
//! it anew. Overturning the verdicts lifts this as well.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod calls;
mod rules;
#[cfg(test)]
mod tests;

#[ink::contract]
mod moderation {
    use crate::{
        calls::Registry,
        rules::{ensure_reason, Case, Record, Stage, Suspensions},
    };
    use ink::{
        prelude::{boxed::Box, string::String},
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::moderation::*, AdminError, Administered, Administration, Change, Millis,
        Moderation, ModerationError, Offender, Report, ReportId, StreamId, Verdict, Wiring,
    };

    type Result<T> = core::result::Result<T, ModerationError>;
    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs the registry, and may change it.
    const SLOTS: Slots = Slots {
        registry: true,
        ..Slots::NONE
    };

    /// Moderation.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Court {
        /// Ownership, delayed changes, wiring.
        admin: Admin,
        /// The bond of reports from now on.
        bond: Lazy<Balance, ManualKey<0x00E1_0001>>,
        /// Where forfeited bonds go.
        treasury: Lazy<AccountId, ManualKey<0x00E1_0002>>,
        /// How many reports there are, which is the last one's number.
        report_count: Lazy<ReportId, ManualKey<0x00E1_0003>>,
        /// The reports.
        cases: Mapping<ReportId, Case, ManualKey<0x00E1_0004>>,
        /// The last report of an account on a stream.
        last: Mapping<(AccountId, StreamId), ReportId, ManualKey<0x00E1_0005>>,
        /// What accounts can collect.
        collectable: Mapping<AccountId, Balance, ManualKey<0x00E1_0006>>,
        /// The offences of creators.
        records: Mapping<AccountId, Record, ManualKey<0x00E1_0007>>,
        /// How verdicts suspended streams, and how many of them stand.
        suspensions: Mapping<StreamId, Suspensions, ManualKey<0x00E1_0008>>,
    }

    impl Court {
        /// See `Moderation`.
        #[ink(constructor)]
        pub fn new(
            bond: Balance,
            treasury: AccountId,
            change_delay_ms: Millis,
        ) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            this.bond.set(&bond);
            this.treasury.set(&treasury);
            Ok(this)
        }

        fn now(&self) -> Millis {
            self.env().block_timestamp()
        }

        /// The registry, once the contract is wired.
        fn registry(&self) -> Result<Registry> {
            Registry::new(self.admin.wiring())
        }

        fn ensure_owner(&self) -> Result<()> {
            self.admin.ensure_owner().map_err(ModerationError::Admin)
        }

        fn ensure_case(&self, report: ReportId) -> Result<Box<Case>> {
            match self.cases.get(report) {
                Some(case) => Ok(Box::new(case)),
                None => Err(ModerationError::ReportNotFound),
            }
        }

        /// Stores what became of a case, and lets its reporter collect `back`.
        #[inline(never)]
        fn settle_case(&mut self, report: ReportId, case: &Case, back: Balance) {
            self.cases.insert(report, case);
            self.credit(case.reporter, back);
        }

        fn record(&self, creator: AccountId) -> Record {
            self.records.get(creator).unwrap_or_default()
        }

        fn suspensions(&self, stream: StreamId) -> Suspensions {
            self.suspensions.get(stream).unwrap_or_default()
        }

        /// Lets an account collect that much more.
        fn credit(&mut self, account: AccountId, amount: Balance) {
            if amount == 0 {
                return;
            }
            // Cannot overflow: the contract has all of it, and more tokens than a balance can count are nowhere.
            let sum = self.collectable(account).saturating_add(amount);
            self.collectable.insert(account, &sum);
        }

        /// Reports a stream that `creator` owns.
        pub(crate) fn reported(
            &mut self,
            stream: StreamId,
            creator: AccountId,
            reason: String,
        ) -> Result<ReportId> {
            let reporter = self.env().caller();
            if reporter == creator {
                return Err(ModerationError::OwnStream);
            }
            ensure_reason(&reason)?;
            let bond = self.bond();
            if self.env().transferred_value() != bond {
                return Err(ModerationError::WrongBond { bond });
            }
            if let Some(report) = self.last.get((reporter, stream)) {
                if self.ensure_case(report)?.stage == Stage::Open {
                    return Err(ModerationError::AlreadyReported { report });
                }
            }
            let report = self
                .report_count()
                .checked_add(1)
                .ok_or(ModerationError::NumbersExhausted)?;
            let case = Case::new(stream, creator, reporter, bond, self.now());
            self.report_count.set(&report);
            self.settle_case(report, &case, 0);
            self.last.insert((reporter, stream), &report);
            self.env().emit_event(StreamReported {
                report,
                stream,
                creator,
                reporter,
                bond,
                reason,
            });
            Ok(report)
        }

        /// Decides as the moderator who calls. `party`: whether the caller owns the stream now; `suspended`: whether it is suspended.
        /// Tells whether the verdict makes a repeat offender, and of how many offences.
        pub(crate) fn decided(
            &mut self,
            report: ReportId,
            case: &mut Case,
            verdict: Verdict,
            party: bool,
            suspended: bool,
            reason: &str,
        ) -> Result<Option<u32>> {
            let now = self.now();
            let back = case.decide(self.env().caller(), party, verdict, now)?;
            ensure_reason(reason)?;
            if verdict == Verdict::Suspended {
                let mut suspensions = self.suspensions(case.stream);
                case.suspension = suspensions.order(suspended);
                self.suspensions.insert(case.stream, &suspensions);
            }
            self.settle_case(report, case, back);
            if !case.is_offence() {
                return Ok(None);
            }
            let mut record = self.record(case.creator);
            let makes_one = record.add(now);
            self.records.insert(case.creator, &record);
            Ok(makes_one.then_some(record.offences))
        }

        /// Answers an appeal as the owner. Tells whether a suspension may have to be lifted.
        pub(crate) fn resolved(
            &mut self,
            report: ReportId,
            case: &mut Case,
            overturned: bool,
            reason: &str,
        ) -> Result<bool> {
            let back = case.resolve(overturned, self.now())?;
            ensure_reason(reason)?;
            self.settle_case(report, case, back);
            if !overturned || !case.is_offence() {
                return Ok(false);
            }
            let mut record = self.record(case.creator);
            record.remove(case.decided_ms);
            self.records.insert(case.creator, &record);
            let mut suspensions = self.suspensions(case.stream);
            let lifts = suspensions.overturn(case.suspension);
            if case.suspension != 0 {
                self.suspensions.insert(case.stream, &suspensions);
            }
            Ok(lifts)
        }
    }

    #[cfg(test)]
    impl Court {
        pub fn case(&self, report: ReportId) -> Option<Case> {
            self.cases.get(report)
        }

        pub fn set_report_count(&mut self, count: ReportId) {
            self.report_count.set(&count);
        }

        pub fn set_collectable(&mut self, account: AccountId, amount: Balance) {
            self.collectable.insert(account, &amount);
        }
    }

    impl Moderation for Court {
        #[ink(message)]
        fn bond(&self) -> Balance {
            self.bond.get_or_default()
        }

        #[ink(message)]
        fn set_bond(&mut self, bond: Balance) -> Result<()> {
            self.ensure_owner()?;
            let old = self.bond();
            self.bond.set(&bond);
            self.env().emit_event(BondSet { old, new: bond });
            Ok(())
        }

        #[ink(message)]
        fn report(&self, report: ReportId) -> Option<Report> {
            self.ensure_case(report).ok().map(|case| case.report())
        }

        #[ink(message)]
        fn report_count(&self) -> u32 {
            self.report_count.get_or_default()
        }

        #[ink(message)]
        fn offender(&self, creator: AccountId) -> Offender {
            self.record(creator).offender(self.now())
        }

        #[ink(message)]
        fn collectable(&self, account: AccountId) -> Balance {
            self.collectable.get(account).unwrap_or(0)
        }

        #[ink(message, payable)]
        fn report_stream(&mut self, stream: StreamId, reason: String) -> Result<ReportId> {
            let creator = self.registry()?.stream(stream)?.owner;
            self.reported(stream, creator, reason)
        }

        #[ink(message)]
        fn decide(&mut self, report: ReportId, verdict: Verdict, reason: String) -> Result<()> {
            let registry = self.registry()?;
            let mut case = self.ensure_case(report)?;
            let moderator = self.env().caller();
            registry.ensure_moderator(moderator)?;
            let stream = registry.stream(case.stream)?;
            let party = stream.owner == moderator;
            let offences =
                self.decided(report, &mut case, verdict, party, stream.suspended, &reason)?;
            if verdict == Verdict::Suspended && !stream.suspended {
                registry.suspend(case.stream, reason.clone())?;
            }
            self.env().emit_event(ReportDecided {
                report,
                stream: case.stream,
                moderator,
                verdict,
                reason,
            });
            if let Some(offences) = offences {
                self.env().emit_event(RepeatOffender {
                    creator: case.creator,
                    offences,
                });
            }
            Ok(())
        }

        #[ink(message)]
        fn lapse(&mut self, report: ReportId) -> Result<()> {
            let mut case = self.ensure_case(report)?;
            let back = case.lapse(self.now())?;
            self.settle_case(report, &case, back);
            self.env().emit_event(ReportLapsed { report });
            Ok(())
        }

        #[ink(message)]
        fn appeal(&mut self, report: ReportId, reason: String) -> Result<()> {
            let mut case = self.ensure_case(report)?;
            let by = self.env().caller();
            case.appeal(by, self.now())?;
            ensure_reason(&reason)?;
            self.cases.insert(report, &case);
            self.env()
                .emit_event(VerdictAppealed { report, by, reason });
            Ok(())
        }

        #[ink(message)]
        fn resolve(&mut self, report: ReportId, overturned: bool, reason: String) -> Result<()> {
            self.ensure_owner()?;
            let registry = self.registry()?;
            let mut case = self.ensure_case(report)?;
            let lifts = self.resolved(report, &mut case, overturned, &reason)?;
            if lifts && registry.stream(case.stream)?.suspended {
                registry.reinstate(case.stream, reason.clone())?;
            }
            self.env().emit_event(AppealResolved {
                report,
                overturned,
                reason,
            });
            Ok(())
        }

        #[ink(message)]
        fn collect(&mut self, account: AccountId) -> Result<Balance> {
            let amount = self.collectable(account);
            if amount == 0 {
                return Err(ModerationError::NothingToCollect);
            }
            self.collectable.insert(account, &0);
            self.env()
                .transfer(account, amount)
                .map_err(|_| ModerationError::TransferFailed)?;
            self.env().emit_event(BondCollected { account, amount });
            Ok(amount)
        }

        #[ink(message)]
        fn forfeit(&mut self, report: ReportId) -> Result<()> {
            let mut case = self.ensure_case(report)?;
            let amount = case.forfeit(self.now())?;
            self.settle_case(report, &case, 0);
            self.credit(self.bond_treasury(), amount);
            self.env().emit_event(BondForfeited { report, amount });
            Ok(())
        }

        #[ink(message)]
        fn bond_treasury(&self) -> AccountId {
            // The constructor sets it.
            self.treasury.get().unwrap_or(AccountId::from([0; 32]))
        }
    }

    impl Administered for Court {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, SLOTS)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> AdminResult<()> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> AdminResult<()> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> AdminResult<u32> {
            self.admin.announce(change, SLOTS)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, SLOTS)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(SLOTS, wiring)
        }
    }
}
