//! What must hold: the laws of design part 6 that an evening can show, checked on what the contracts said.

use super::{
    report::{asset_name, ASSETS},
    stage::Stage,
    story::Story,
    SessionBook,
};
use anyhow::{Context, Result};
use psp22::PSP22;
use serde::Serialize;
use std::collections::BTreeMap;
use vilokanam_chain::{Calls, Chain, VLK};
use vilokanam_interfaces::{
    AssetId, Balance, Millis, PaymentHandler, StreamRegistry, TickStream, NATIVE,
};

/// The laws' numbers in the design, and what they say.
const LAWS: [(u8, &str); 8] = [
    (
        1,
        "the contracts have at least what they owe: pools + holds + payable + fees, and bonds",
    ),
    (
        2,
        "what it owes is what was deposited less what was withdrawn, exactly",
    ),
    (3, "settled + released = placed on hold, for every session"),
    (
        4,
        "creators + co-hosts + referrer + platform = settled and given, exactly",
    ),
    (
        5,
        "every answer and every amount is what the independent model predicts",
    ),
    (
        7,
        "nobody paid in a free preview, for a pause, for dead air, above their ceiling, or past their own end",
    ),
    (
        12,
        "everybody got out all that was theirs; nothing is left behind",
    ),
    (17, "the supply of $VLK is what was minted"),
];

/// The laws about money alone: what `conservation` means.
const CONSERVATION: [u8; 5] = [1, 2, 3, 4, 12];

/// A law, and whether it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Law {
    /// Its number in design part 6.
    pub number: u8,
    /// What it says.
    pub text: &'static str,
    /// How often it was checked.
    pub checks: u64,
    /// Whether it held each time, and was checked at all.
    pub holds: bool,
    /// Where it did not.
    pub broken: Vec<String>,
}

/// What was checked of each law so far.
#[derive(Debug, Default)]
pub struct Checks(BTreeMap<u8, (u64, Vec<String>)>);

impl Checks {
    /// Notes whether a law held, and if not, what was found.
    pub fn ensure(&mut self, law: u8, holds: bool, found: impl FnOnce() -> String) {
        let (checks, broken) = self.0.entry(law).or_default();
        *checks += 1;
        // One break is enough to know; a few help to see why.
        if !holds && broken.len() < 5 {
            broken.push(found());
        }
    }

    /// Notes that a law was checked as often before.
    fn count(&mut self, law: u8, checks: u64) {
        self.0.entry(law).or_default().0 += checks;
    }

    /// The result.
    pub fn laws(&self) -> Vec<Law> {
        let law = |(number, text)| {
            let (checks, broken) = self.0.get(&number).cloned().unwrap_or_default();
            let holds = checks > 0 && broken.is_empty();
            Law {
                number,
                text,
                checks,
                holds,
                broken,
            }
        };
        LAWS.into_iter().map(law).collect()
    }
}

/// Whether all laws about money held.
pub fn conserved(laws: &[Law]) -> bool {
    let mut money = laws.iter().filter(|law| CONSERVATION.contains(&law.number));
    money.all(|law| law.holds)
}

impl<C: Chain> Story<'_, C> {
    /// Laws 1 and 2, now.
    pub fn check_vault(&mut self) -> Result<()> {
        for asset in ASSETS {
            let totals = self
                .stage
                .chain
                .read(self.stage.suite.payments().totals(asset))?;
            self.stage
                .compare(asset_name(asset), self.stage.model.totals(asset), totals);
            let owing = totals.pools + totals.holds + totals.payable + totals.fees;
            let vault = vault(&mut self.stage, asset)?;
            let name = asset_name(asset);
            self.checks.ensure(1, vault >= owing, || {
                format!("{name}: has {vault}, owes {owing}")
            });

            let books = &self.stage.books;
            let came = of_asset(&books.deposited, asset);
            let went = of_asset(&books.withdrawn, asset)
                + of_asset(&books.paid_out, asset)
                + books.fees.get(&asset).copied().unwrap_or(0);
            self.checks.ensure(2, came == went + owing, || {
                format!("{name}: deposited {came}, withdrawn {went}, owes {owing}")
            });
        }
        let bonds = self.bonds()?;
        let owing = self.stage.model.moderation.native;
        self.stage.compare("bonds", owing, bonds);
        self.checks.ensure(1, bonds >= owing, || {
            format!("moderation has {bonds}, owes {owing}")
        });
        Ok(())
    }

    /// What moderation has, beside what it was born with.
    fn bonds(&mut self) -> Result<Balance> {
        let has = self.stage.purse(self.stage.suite.moderation, NATIVE)?;
        Ok(has.saturating_sub(self.stage.court_floor))
    }

    /// Compares every pool and every payable balance with the model.
    pub fn compare_money(&mut self) -> Result<()> {
        self.check_vault()?;
        let payments = self.stage.suite.payments();
        for asset in ASSETS {
            for guest in &self.guests {
                let pool = self.stage.chain.read(payments.pool(guest.account, asset))?;
                let predicted = self.stage.model.pool(guest.account, asset);
                self.stage.compare(&guest.name, predicted, pool);
            }
            for name in self.payees() {
                let payable = self
                    .stage
                    .chain
                    .read(payments.payable(self.stage.account(name), asset))?;
                let predicted = self.stage.model.payable(self.stage.account(name), asset);
                self.stage.compare(name, predicted, payable);
            }
        }
        Ok(())
    }

    /// Compares the time watched by every viewer and at every stream with the model.
    pub fn compare_time(&mut self) -> Result<()> {
        let meter = self.stage.suite.meter();
        for guest in &self.guests {
            let viewer = self.stage.chain.read(meter.viewer(guest.account))?;
            let predicted = self.stage.model.viewer(guest.account);
            self.stage.compare(&guest.name, predicted, viewer);
        }
        for stream in self.streams.iter().map(|on_air| on_air.id) {
            let audience = self.stage.chain.read(meter.audience(stream))?;
            let predicted = self.stage.model.audience(stream);
            self.stage
                .compare(&format!("stream {stream}"), predicted, audience);
        }
        Ok(())
    }

    /// Checks what can only be checked when all is over.
    pub fn check_laws(&mut self) -> Result<()> {
        self.check_sessions()?;
        self.check_shares();
        self.check_all_is_out()?;
        self.check_supply()?;
        let differences = self.stage.differences.join("; ");
        let compared = self.stage.compared;
        self.checks.ensure(5, differences.is_empty(), || {
            format!("of {compared} answers: {differences}")
        });
        self.checks.count(5, compared);
        let own = self.stage.model.laws();
        self.checks
            .ensure(5, own.is_ok(), || format!("in the model itself: {own:?}"));
        Ok(())
    }

    /// Laws 3 and 7, for every session.
    fn check_sessions(&mut self) -> Result<()> {
        let books: Vec<_> = self.stage.books.sessions.values().cloned().collect();
        for book in books {
            let receipt = book.closed.as_ref().context("a session is still open")?;
            let hold = book.opened.hold + book.topped_up;
            let holds = receipt.hold == hold && receipt.settled + receipt.released == hold;
            self.checks
                .ensure(3, holds, || format!("{receipt:?} of a hold of {hold}"));

            let end_ms = self.latest_end(&book)?;
            let may_run_ms = book.running_ms(end_ms);
            self.checks.ensure(7, receipt.watched_ms <= may_run_ms, || {
                format!("{receipt:?}, of at most {may_run_ms} ms")
            });
            let free_ms = book
                .opened
                .extras
                .map_or(0, |extras| extras.preview_ms.into());
            let dear_ms = receipt.watched_ms.saturating_sub(free_ms);
            let dearest = book.opened.ceiling * Balance::from(dear_ms);
            self.checks
                .ensure(7, receipt.settled * 1_000 <= dearest, || {
                    format!("{receipt:?}, with a ceiling of {}", book.opened.ceiling)
                });
        }
        Ok(())
    }

    /// The last instant that a session may be billed for.
    fn latest_end(&mut self, book: &SessionBook) -> Result<Millis> {
        let opened = &book.opened;
        let registry = self.stage.suite.registry();
        let broadcast = registry.broadcast(opened.stream, opened.broadcast);
        let broadcast = self.stage.chain.read(broadcast)?;
        let over_ms = broadcast.context("a broadcast is missing")?.end_ms;
        let closed_ms = book.closed.as_ref().map(|receipt| receipt.closed_ms);
        let ends = [closed_ms, opened.until_ms, book.exit_begun_ms];
        Ok(ends.into_iter().flatten().fold(over_ms, Millis::min))
    }

    /// Law 4.
    fn check_shares(&mut self) {
        for asset in ASSETS {
            let books = &self.stage.books;
            let settled: Balance = books
                .receipts()
                .filter(|receipt| receipt.asset == asset)
                .map(|receipt| receipt.settled)
                .sum();
            let given = of_asset(&books.given(), asset);
            let payees = of_asset(&books.paid_out, asset);
            let platform = books.fees.get(&asset).copied().unwrap_or(0);
            self.checks
                .ensure(4, payees + platform == settled + given, || {
                    let name = asset_name(asset);
                    format!(
                    "{name}: payees {payees}, platform {platform}, settled {settled}, given {given}"
                )
                });
        }
    }

    /// Law 12: after everybody left, nothing is owed, and the contract has nothing of theirs.
    fn check_all_is_out(&mut self) -> Result<()> {
        for asset in ASSETS {
            let totals = self
                .stage
                .chain
                .read(self.stage.suite.payments().totals(asset))?;
            let vault = vault(&mut self.stage, asset)?;
            let empty = totals == Default::default() && vault == 0;
            self.checks.ensure(12, empty, || {
                format!("{}: {vault} and {totals:?} are left", asset_name(asset))
            });
        }
        let bonds = self.bonds()?;
        self.checks
            .ensure(12, bonds == 0, || format!("moderation: {bonds} are left"));
        for stream in self.streams.iter().map(|on_air| on_air.id) {
            let live = self
                .stage
                .chain
                .read(self.stage.suite.meter().live_viewers(stream))?;
            self.checks.ensure(12, live == 0, || {
                format!("{live} sessions on stream {stream}")
            });
        }
        Ok(())
    }

    /// Law 17.
    fn check_supply(&mut self) -> Result<()> {
        let supply = self
            .stage
            .chain
            .read(self.stage.suite.token().total_supply())?;
        let minted: Balance = self
            .config
            .allocations
            .iter()
            .map(|(_, amount)| amount)
            .sum();
        self.checks
            .ensure(17, supply == minted, || format!("{supply} of {minted}"));
        for guest in &self.guests {
            let real = self.stage.purse(guest.account, VLK)?;
            let predicted = self.stage.model.tokens[0].balance_of(guest.account);
            self.stage.compare(&guest.name, predicted, real);
        }
        Ok(())
    }
}

/// What the payment handler has of an asset, beside what it was born with.
fn vault<C: Chain>(stage: &mut Stage<'_, C>, asset: AssetId) -> Result<Balance> {
    let has = stage.purse(stage.suite.payments, asset)?;
    Ok(match asset {
        NATIVE => has.saturating_sub(stage.native_floor),
        _ => has,
    })
}

/// The sum of all accounts' amounts in one asset.
fn of_asset<K>(amounts: &BTreeMap<(K, AssetId), Balance>, asset: AssetId) -> Balance {
    let of_asset = amounts.iter().filter(|((_, of), _)| *of == asset);
    of_asset.map(|(_, amount)| amount).sum()
}
