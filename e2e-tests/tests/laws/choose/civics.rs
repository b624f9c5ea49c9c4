//! Messages to `directory` and `moderation`.

use super::{Choice, Chooser, DAY};
use crate::world::{BOND, CID};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, DirectoryCall, ModerationCall, Part};
use vilokanam_interfaces::{
    AccountId, Balance, Hash, Report, ReportId, ReportState, Scheduled, StreamId, Verdict,
};

impl Chooser<'_> {
    fn directory(&mut self, caller: AccountId, call: DirectoryCall) -> Choice {
        self.act(caller, Action::Directory(call))
    }

    pub(super) fn name_category(&mut self) -> Choice {
        let caller = self.mostly(self.world.model.admin(Part::Directory).owner);
        let (category, name) = self.dice.roll2(9, 8);
        let name = match name {
            0 => String::new(),
            1 => "x".repeat(33),
            _ => "music".into(),
        };
        let category = if category == 8 { 256 } else { category as u16 };
        self.directory(caller, DirectoryCall::NameCategory { category, name })
    }

    pub(super) fn list_stream(&mut self) -> Choice {
        let (stream, caller) = (self.stream().0, self.someone());
        self.directory(caller, DirectoryCall::ListStream { stream })
    }

    pub(super) fn schedule(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let (start, odd) = self.dice.roll2(6, 12);
        let now = self.now();
        let start_ms = match (odd, start) {
            (0, _) => now,
            (1, _) => now + 181 * DAY,
            (_, 0) => now + 1,
            (_, 1) => now - now % DAY + DAY, // often the same
            (_, n) => now + n as u64 * 600_000,
        };
        let end_ms = match odd {
            2 => start_ms,
            _ => start_ms + 3_600_000,
        };
        let cid = match odd {
            3 => "Qm".into(),
            _ => CID.into(),
        };
        let broadcast = Scheduled {
            start_ms,
            end_ms,
            cid,
        };
        self.directory(caller, DirectoryCall::Schedule { stream, broadcast })
    }

    pub(super) fn cancel_scheduled(&mut self) -> Choice {
        let model = &self.world.model;
        let all = model.directory.scheduled.iter();
        let all: Vec<_> = all.map(|(stream, s)| (*stream, s.start_ms)).collect();
        if all.is_empty() && !self.dice.rarely(4) {
            return self.schedule();
        }
        let (stream, start_ms) = self.dice.pick(&all).unwrap_or((1, 5));
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let caller = self.mostly(owner.unwrap_or(account("alice")));
        let call = DirectoryCall::CancelScheduled { stream, start_ms };
        self.directory(caller, call)
    }

    pub(super) fn set_gateway(&mut self) -> Choice {
        let caller = self.mostly(self.world.model.admin(Part::Directory).owner);
        let (account_of, gateway) = (self.someone(), self.dice.roll(3) > 0);
        let call = DirectoryCall::SetGateway {
            account: if gateway { account("erin") } else { account_of },
            gateway,
        };
        self.directory(caller, call)
    }

    pub(super) fn register_external(&mut self) -> Choice {
        let (caller, payee) = (self.mostly(account("erin")), self.payee());
        let (origin, odd) = self.dice.roll2(20, 10);
        let call = DirectoryCall::RegisterExternal {
            origin_chain: 2_000 + (origin % 2) as u32,
            origin_stream: Hash::from([origin as u8; 32]),
            payee,
            cid: if odd == 0 { "baf".into() } else { CID.into() },
            category: if odd == 1 { 256 } else { odd as u16 },
        };
        self.directory(caller, call)
    }

    pub(super) fn update_external(&mut self) -> Choice {
        let count = self.world.model.external_count() as usize;
        if count == 0 && !self.dice.rarely(4) {
            return self.register_external();
        }
        let external = 1 + self.dice.roll(count) as u32 + u32::from(self.dice.rarely(12));
        let gateway = self.world.model.external(external).map(|of| of.gateway);
        let caller = self.mostly(gateway.unwrap_or(account("erin")));
        let (odd, active) = self.dice.roll2(8, 3);
        let call = DirectoryCall::UpdateExternal {
            external,
            payee: self.payee(),
            cid: if odd == 0 { String::new() } else { CID.into() },
            category: if odd == 1 { 300 } else { 7 },
            active: active > 0,
        };
        self.directory(caller, call)
    }

    fn moderation(&mut self, caller: AccountId, call: ModerationCall) -> Choice {
        self.act(caller, Action::Moderation(call))
    }

    pub(super) fn set_bond(&mut self) -> Choice {
        let caller = self.mostly(self.world.model.admin(Part::Moderation).owner);
        let bond = [BOND, BOND / 2 + 1, BOND, 0][self.dice.roll(4)];
        self.moderation(caller, ModerationCall::SetBond(bond))
    }

    pub(super) fn report(&mut self) -> Choice {
        let (mut caller, mut stream) = (self.viewer(), self.stream().0);
        let reason = self.reason();
        // Once more what waits already, once in a while.
        let model = &self.world.model;
        let mut reports = (1..=model.report_count()).filter_map(|report| model.report(report));
        let waits = reports.find(|of| of.state == ReportState::Open);
        if let Some(of) = waits.filter(|_| self.dice.rarely(4)) {
            (caller, stream) = (of.reporter, of.stream);
        }
        let bond = self.world.model.moderation.bond;
        let value = match self.dice.roll(8) {
            0 => bond + 1,
            1 => 0 as Balance,
            _ => bond,
        };
        let call = ModerationCall::Report { stream, reason };
        Choice::Act(caller, value, Action::Moderation(call))
    }

    /// A report in a state, most of the time.
    fn report_where(&mut self, fits: impl Fn(&ReportState) -> bool) -> (ReportId, Option<Report>) {
        let model = &self.world.model;
        let reports = 1..=model.report_count();
        let fitting = reports.filter(|r| model.report(*r).is_some_and(|of| fits(&of.state)));
        let fitting: Vec<_> = fitting.collect();
        let random = 1 + self.dice.roll(model.report_count() as usize + 1) as u32;
        let found = self.dice.pick(&fitting).filter(|_| !self.dice.rarely(8));
        let report = found.unwrap_or(random);
        (report, self.world.model.report(report))
    }

    /// Whether nothing is in such a state; then what comes before is done, most of the time.
    fn comes_before(&mut self, fits: impl Fn(&ReportState) -> bool) -> bool {
        let model = &self.world.model;
        let mut reports = (1..=model.report_count()).filter_map(|report| model.report(report));
        !reports.any(|of| fits(&of.state)) && !self.dice.rarely(5)
    }

    pub(super) fn decide(&mut self) -> Choice {
        if self.comes_before(|state| *state == ReportState::Open) {
            return self.report();
        }
        let (report, _) = self.report_where(|state| *state == ReportState::Open);
        let verdict = [
            Verdict::Suspended,
            Verdict::Abusive,
            Verdict::Warned,
            Verdict::Unfounded,
        ][self.dice.roll(4)];
        let (caller, reason) = (self.mostly(account("moderator")), self.reason());
        let call = ModerationCall::Decide {
            report,
            verdict,
            reason,
        };
        self.moderation(caller, call)
    }

    pub(super) fn lapse(&mut self) -> Choice {
        let waits = |state: &ReportState| {
            let appealed = matches!(state, ReportState::Appealed { .. });
            *state == ReportState::Open || appealed
        };
        let (report, caller) = (self.report_where(waits).0, self.someone());
        self.moderation(caller, ModerationCall::Lapse { report })
    }

    pub(super) fn appeal(&mut self) -> Choice {
        let decided = |state: &ReportState| matches!(state, ReportState::Decided { .. });
        if self.comes_before(decided) {
            return self.decide();
        }
        let (report, of) = self.report_where(decided);
        let loser = of.map(|of| match of.state {
            ReportState::Decided {
                verdict: Verdict::Abusive,
                ..
            } => of.reporter,
            _ => of.creator,
        });
        let (caller, reason) = (
            self.mostly(loser.unwrap_or(account("alice"))),
            self.reason(),
        );
        self.moderation(caller, ModerationCall::Appeal { report, reason })
    }

    pub(super) fn resolve(&mut self) -> Choice {
        let appealed = |state: &ReportState| matches!(state, ReportState::Appealed { .. });
        if self.comes_before(appealed) {
            return self.appeal();
        }
        let (report, _) = self.report_where(appealed);
        let caller = self.mostly(self.world.model.admin(Part::Moderation).owner);
        let call = ModerationCall::Resolve {
            report,
            overturned: self.dice.roll(3) > 0,
            reason: self.reason(),
        };
        self.moderation(caller, call)
    }

    pub(super) fn collect(&mut self) -> Choice {
        let caller = self.someone();
        let reporters = self.world.model.moderation.cases.iter();
        let mut who: Vec<_> = reporters.map(|case| case.reporter).collect();
        who.push(self.world.model.moderation.treasury);
        let account = self.dice.pick(&who).unwrap_or(caller);
        self.moderation(caller, ModerationCall::Collect { account })
    }

    pub(super) fn forfeit(&mut self) -> Choice {
        let decided = |state: &ReportState| {
            matches!(
                state,
                ReportState::Decided {
                    verdict: Verdict::Abusive,
                    ..
                } | ReportState::Resolved { .. }
            )
        };
        let (report, caller) = (self.report_where(decided).0, self.someone());
        self.moderation(caller, ModerationCall::Forfeit { report })
    }

    /// Instants at which something of this happens.
    pub(super) fn civic_instants(&self) -> Vec<u64> {
        use vilokanam_interfaces::{APPEAL_MS, DECIDE_MS};
        let model = &self.world.model;
        let mut at = Vec::new();
        for report in (1..=model.report_count()).filter_map(|report| model.report(report)) {
            match report.state {
                ReportState::Open => at.push(report.reported_ms + DECIDE_MS),
                ReportState::Decided { at_ms, .. } => at.push(at_ms + APPEAL_MS),
                ReportState::Appealed { .. } => at.push(report.reported_ms + 2 * DECIDE_MS),
                _ => {}
            }
        }
        let streams: Vec<StreamId> = (1..=model.stream_count()).collect();
        let scheduled = streams.into_iter().flat_map(|s| model.scheduled(s));
        at.extend(scheduled.flat_map(|s| [s.start_ms, s.end_ms]));
        at
    }
}
