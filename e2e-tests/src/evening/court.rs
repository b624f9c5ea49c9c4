//! Reports and what becomes of them: one in good faith, whose verdict stops a stream and is overturned, and one out of spite.

use super::{
    cast::{CHEN, DALIA, QUYEN, TOMAS},
    report::money,
    story::{Story, MODERATOR, STRANGER},
};
use crate::model::{Action, ModerationCall, Value};
use anyhow::{ensure, Result};
use vilokanam_chain::Chain;
use vilokanam_interfaces::{AccountId, ReportId, Verdict, NATIVE};

/// The report on Dalia's stream, in good faith.
const DALIAS: ReportId = 1;
/// The report on Chen's, out of spite.
const CHENS: ReportId = 2;

impl<C: Chain> Story<'_, C> {
    fn court(&mut self, who: AccountId, call: ModerationCall) -> Result<Value> {
        self.stage.must(who, Action::Moderation(call))
    }

    /// Quyen reports Dalia's stream, and Tomas Chen's.
    pub fn reports(&mut self) -> Result<()> {
        let bond = self.config.report_bond;
        for (report, who, creator, reason) in [
            (DALIAS, QUYEN, DALIA, "Music without a licence."),
            (CHENS, TOMAS, CHEN, "She beat me."),
        ] {
            let guest = self.regular(who);
            let call = ModerationCall::Report {
                stream: self.streams[creator].id,
                reason: reason.into(),
            };
            let account = self.guests[guest].account;
            let number = self
                .stage
                .must_with(account, bond, Action::Moderation(call))?;
            ensure!(
                number == Value::Number(report),
                "a report's number: {number:?}"
            );
            self.counts.reports += 1;
            let name = super::cast::CREATORS[creator].name;
            let bond = money(bond, NATIVE);
            self.say(
                guest,
                &format!("reports {name}'s stream (\"{reason}\"), with a bond of {bond}"),
            );
        }
        Ok(())
    }

    /// The moderator finds that the report on Dalia is right.
    pub fn suspends(&mut self) -> Result<()> {
        let call = ModerationCall::Decide {
            report: DALIAS,
            verdict: Verdict::Suspended,
            reason: "No licence is known.".into(),
        };
        self.court(self.stage.account(MODERATOR), call)?;
        self.streams[DALIA].connected = false;
        let watching = self.open_sessions_on(DALIA).len();
        self.tell(format!(
            "{MODERATOR} finds that the report is right, and suspends Dalia's stream: none of its {watching} \
             sessions costs anything from here on"
        ));
        Ok(())
    }

    /// And that the one on Chen is abuse; Tomas will not have it.
    pub fn rejects(&mut self) -> Result<()> {
        let call = ModerationCall::Decide {
            report: CHENS,
            verdict: Verdict::Abusive,
            reason: "Losing at chess is no offence.".into(),
        };
        self.court(self.stage.account(MODERATOR), call)?;
        let guest = self.regular(TOMAS);
        let appeal = ModerationCall::Appeal {
            report: CHENS,
            reason: "She should not have.".into(),
        };
        self.court(self.guests[guest].account, appeal)?;
        self.counts.appeals += 1;
        self.tell(format!(
            "{MODERATOR} finds the report on Chen abusive, which forfeits its bond; Tomas appeals to the owner"
        ));
        Ok(())
    }

    /// Dalia appeals as well.
    pub fn appeals(&mut self) -> Result<()> {
        let appeal = ModerationCall::Appeal {
            report: DALIAS,
            reason: "The licence was bought last week.".into(),
        };
        self.court(self.streams[DALIA].creator, appeal)?;
        self.counts.appeals += 1;
        self.tell("Dalia appeals to the owner: she has a licence".into());
        Ok(())
    }

    /// The owner overturns the one verdict and confirms the other; bonds go where they belong.
    pub fn resolves(&mut self) -> Result<()> {
        let owner = self.config.owner;
        let host = self.streams[DALIA].creator;
        ensure!(self.stage.model.offender(host).offences == 1);
        for (report, overturned, reason) in [
            (DALIAS, true, "The licence was shown."),
            (CHENS, false, "As the moderator says."),
        ] {
            let resolve = ModerationCall::Resolve {
                report,
                overturned,
                reason: reason.into(),
            };
            self.court(owner, resolve)?;
        }
        self.counts.overturned += 1;
        ensure!(self.stage.model.offender(host).offences == 0);
        self.tell(
            "the owner overturns the verdict on Dalia, whose stream is reinstated and who has no offence \
             to her name; the one on Tomas stands"
                .into(),
        );
        let stranger = self.stage.account(STRANGER);
        self.court(stranger, ModerationCall::Forfeit { report: CHENS })?;
        let bond = self.config.report_bond;
        let quyen = self.guests[self.regular(QUYEN)].account;
        for account in [quyen, self.config.treasury] {
            let paid = self.court(stranger, ModerationCall::Collect { account })?;
            ensure!(paid == Value::Amount(bond), "{paid:?} of a bond of {bond}");
        }
        let bond = money(bond, NATIVE);
        self.tell(format!(
            "{STRANGER} has the bonds paid out: {bond} to Quyen, who reported in good faith, {bond} of Tomas's \
             to the treasury"
        ));
        Ok(())
    }
}
