//! What is told about an evening.

use super::{
    cast::{self, Role, CREATORS},
    laws::{conserved, Law},
    story::{Story, MODERATOR, REFERRER, STRANGER},
    Moment,
};
use anyhow::Result;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_chain::{Chain, VLK};
use vilokanam_interfaces::{
    events::tick_stream::SessionClosed, AccountId, AssetId, Balance, Millis, PassScope, StreamId,
    Verdict, NATIVE,
};

/// The assets of the evening.
pub const ASSETS: [AssetId; 2] = [NATIVE, VLK];
/// Base units of one whole token, native or $VLK.
const ONE: Balance = 1_000_000_000_000;
/// How many viewers are listed.
const TOP: usize = 10;

/// What to call an asset.
pub fn asset_name(asset: AssetId) -> &'static str {
    match asset {
        NATIVE => "UNIT",
        _ => "VLK",
    }
}

/// An amount for people, with its unit.
pub fn money(amount: Balance, asset: AssetId) -> String {
    format!("{} {}", whole(amount), asset_name(asset))
}

/// An amount in whole tokens: four decimals, rounded down.
pub fn whole(amount: Balance) -> String {
    let decimals = amount % ONE / (ONE / 10_000);
    format!("{}.{decimals:04}", amount / ONE)
}

/// A time for people.
pub fn time(ms: Millis) -> String {
    let secs = ms / 1_000;
    let (hours, minutes) = (secs / 3_600, secs / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{secs} s"),
        (0, _) => format!("{minutes} min {:02} s", secs % 60),
        _ => format!("{hours} h {minutes:02} min"),
    }
}

/// An amount in each asset, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// The chain's native token.
    #[serde(serialize_with = "as_text")]
    pub native: Balance,
    /// $VLK.
    #[serde(serialize_with = "as_text")]
    pub vlk: Balance,
}

/// Numbers above 2^53 do not survive every reader of JSON.
fn as_text<S: Serializer>(amount: &Balance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl Amounts {
    /// Adds an amount of one of them.
    pub fn add(&mut self, asset: AssetId, amount: Balance) {
        match asset {
            NATIVE => self.native += amount,
            _ => self.vlk += amount,
        }
    }

    /// The sum of all amounts.
    fn of<'a>(amounts: impl Iterator<Item = (&'a AssetId, &'a Balance)>) -> Self {
        let mut sum = Self::default();
        amounts.for_each(|(asset, amount)| sum.add(*asset, *amount));
        sum
    }

    /// What an account has in a map of amounts by account and asset.
    fn of_account(map: &BTreeMap<(AccountId, AssetId), Balance>, account: AccountId) -> Self {
        let of_account = map.iter().filter(|((of, _), _)| *of == account);
        Self::of(of_account.map(|((_, asset), amount)| (asset, amount)))
    }

    /// All accounts' together.
    fn of_all(map: &BTreeMap<(AccountId, AssetId), Balance>) -> Self {
        Self::of(map.iter().map(|((_, asset), amount)| (asset, amount)))
    }

    fn plus(self, other: Self) -> Self {
        Self {
            native: self.native + other.native,
            vlk: self.vlk + other.vlk,
        }
    }
}

/// How often things happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// A viewer stopped the clock.
    pub pauses: u64,
    /// A viewer started it again.
    pub resumes: u64,
    /// A viewer added to the own hold.
    pub own_top_ups: u64,
    /// A viewer added to another's.
    pub gifts: u64,
    /// A session used up its hold.
    pub ran_dry: u64,
    /// A session's price passed its ceiling.
    pub hit_ceiling: u64,
    /// A session came to the end that its viewer had set.
    pub until_came: u64,
    /// A session was closed by somebody else, after it had ended.
    pub closed_by_others: u64,
    /// A viewer came to a stream that was off the air.
    pub found_off_air: u64,
    /// A viewer went on in a stream's new broadcast.
    pub rejoined: u64,
    /// A viewer left by the exit that needs nobody.
    pub exits: u64,
    /// A balance was pushed by a stranger.
    pub pushes: u64,
    /// Heartbeats of all creators.
    pub heartbeats: u64,
    /// Sessions that were free for a while.
    pub previews: u64,
    /// Sessions that reached a cheaper tier.
    pub tiers: u64,
    /// Passes that their holder bought.
    pub passes: u64,
    /// Passes that were given.
    pub passes_given: u64,
    /// Sessions at a pass's price.
    pub with_pass: u64,
    /// Tips.
    pub tips: u64,
    /// Gifts to goals.
    pub contributions: u64,
    /// Goals that were reached.
    pub goals_reached: u64,
    /// Goals that were missed.
    pub goals_missed: u64,
    /// Contributions that went back.
    pub returned: u64,
    /// Sessions that a sponsor paid.
    pub sponsored: u64,
    /// A viewer's own limit refused something.
    pub limits_hit: u64,
    /// Reports of streams.
    pub reports: u64,
    /// Verdicts that were appealed against.
    pub appeals: u64,
    /// Verdicts that were overturned.
    pub overturned: u64,
}

/// A stream's evening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// Its creator.
    pub creator: &'static str,
    /// What the platform's fee goes by.
    pub class: &'static str,
    /// How often it went live.
    pub broadcasts: u32,
    /// Different viewers.
    pub viewers: usize,
    /// Sessions.
    pub sessions: usize,
    /// Watched by all together.
    pub seconds_watched: u64,
    /// Paid by its viewers.
    pub settled: Amounts,
}

/// Somebody who earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earner {
    /// Who.
    pub name: &'static str,
    /// As what.
    pub role: &'static str,
    /// All that became payable.
    pub earned: Amounts,
    /// What was paid out of it.
    pub paid_out: Amounts,
}

/// A viewer's evening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watcher {
    /// Who.
    pub name: String,
    /// Sessions.
    pub sessions: usize,
    /// Watched, and billed.
    pub seconds_watched: u64,
    /// Deposited.
    pub deposited: Amounts,
    /// Paid for watching, one's own or others'.
    pub paid: Amounts,
    /// Paid for tips, passes and goals.
    pub given: Amounts,
    /// Withdrawn from the pool.
    pub refunded: Amounts,
}

/// A session's receipt, from its `SessionClosed` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Who watched.
    pub viewer: String,
    /// The viewer's own number of the session.
    pub number: u32,
    /// Whom.
    pub creator: &'static str,
    /// Which broadcast.
    pub broadcast: u32,
    /// What was paid in.
    pub asset: &'static str,
    /// Milliseconds since the evening began.
    pub opened_ms: Millis,
    /// Milliseconds since the evening began.
    pub closed_ms: Millis,
    /// Milliseconds billed.
    pub watched_ms: Millis,
    /// All that was placed on hold.
    #[serde(serialize_with = "as_text")]
    pub hold: Balance,
    /// What went to the payees.
    #[serde(serialize_with = "as_text")]
    pub settled: Balance,
    /// What went back to the viewer.
    #[serde(serialize_with = "as_text")]
    pub released: Balance,
    /// How much of it was free, by the plan.
    pub preview_ms: Millis,
    /// The price factor of a pass, in millionths.
    pub discount: Option<u32>,
    /// Whose budget paid it.
    pub sponsor: Option<String>,
    /// Who closed it.
    pub closed_by: String,
}

/// Something that was given besides paying for seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gift {
    /// By whom.
    pub from: String,
    /// To whom.
    pub to: &'static str,
    /// What.
    pub what: String,
    /// In what.
    pub asset: &'static str,
    /// All of it, with the platform's fee.
    #[serde(serialize_with = "as_text")]
    pub amount: Balance,
    /// The platform's fee.
    #[serde(serialize_with = "as_text")]
    pub fee: Balance,
}

/// A report, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// Its number.
    pub number: u32,
    /// Whose stream.
    pub creator: &'static str,
    /// Who reported it.
    pub reporter: String,
    /// The verdict.
    pub verdict: &'static str,
    /// Who appealed.
    pub appealed_by: Option<String>,
    /// What the owner answered.
    pub outcome: &'static str,
    /// The bond.
    #[serde(serialize_with = "as_text")]
    pub bond: Balance,
    /// Who got it.
    pub bond_to: String,
}

/// What the transactions used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gas {
    /// Picoseconds of reference time, by the weights of the chain at hand.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
}

/// The evening in numbers. The same plan gives the same report, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The chain that it was played on.
    pub network: String,
    /// The seed.
    pub seed: u64,
    /// Viewers who were drawn.
    pub viewers: usize,
    /// Viewers who come every evening.
    pub regulars: usize,
    /// Sessions.
    pub sessions: usize,
    /// Watched by all, and billed.
    pub seconds_watched: u64,
    /// Deposited by viewers.
    pub deposited: Amounts,
    /// Paid for watching.
    pub settled: Amounts,
    /// Paid for tips, passes and goals. With what was paid for watching: creators + referrers + platform.
    pub given: Amounts,
    /// What went to creators and co-hosts.
    pub creators: Amounts,
    /// What went to the referrer.
    pub referrers: Amounts,
    /// What stayed with the platform.
    pub platform: Amounts,
    /// What went back to viewers: deposited − settled − given.
    pub refunded: Amounts,
    /// Messages sent to contracts.
    pub transactions: u64,
    /// Those that a contract refused, as it should, by message and error.
    pub refused: BTreeMap<String, u64>,
    /// What all of them used.
    pub gas: Gas,
    /// Answers and amounts compared with the independent model.
    pub compared: u64,
    /// Whether all laws about money held.
    pub conservation: bool,
    /// All laws.
    pub laws: Vec<Law>,
    /// How often things happened.
    pub counts: Counts,
    /// By stream.
    pub streams: Vec<StreamReport>,
    /// By payee.
    pub earners: Vec<Earner>,
    /// The viewers who watched longest.
    pub top_viewers: Vec<Watcher>,
    /// What happened.
    pub moments: Vec<Moment>,
    /// Some sessions' receipts.
    pub receipts: Vec<Receipt>,
    /// What was given besides.
    pub gifts: Vec<Gift>,
    /// The reports of streams.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// Whether every law held.
    pub fn holds(&self) -> bool {
        self.laws.iter().all(|law| law.holds)
    }
}

impl<C: Chain> Story<'_, C> {
    /// Checks the laws, and sums the evening up.
    pub fn report(mut self) -> Result<Report> {
        self.check_laws()?;
        let laws = self.checks.laws();
        let books = &self.stage.books;
        let earners = self.earners();
        let earned = |role: fn(&str) -> bool| {
            let those = earners.iter().filter(|earner| role(earner.role));
            those.fold(Amounts::default(), |sum, earner| sum.plus(earner.earned))
        };
        let mut settled = Amounts::default();
        books
            .receipts()
            .for_each(|r| settled.add(r.asset, r.settled));
        let watched_ms: Millis = books.receipts().map(|r| r.watched_ms).sum();
        Ok(Report {
            network: self.stage.chain.name().into(),
            seed: self.plan.seed,
            viewers: self.plan.viewers,
            regulars: cast::REGULARS.len(),
            sessions: books.sessions.len(),
            seconds_watched: watched_ms / 1_000,
            deposited: Amounts::of_all(&books.deposited),
            settled,
            given: Amounts::of_all(&books.given()),
            creators: earned(|role| role != "referrer"),
            referrers: earned(|role| role == "referrer"),
            platform: Amounts::of(books.fees.iter()),
            refunded: Amounts::of_all(&books.withdrawn),
            transactions: self.stage.transactions,
            refused: self.stage.refused.clone(),
            gas: Gas {
                ref_time: self.stage.ref_time,
                proof_size: self.stage.proof_size,
            },
            compared: self.stage.compared,
            conservation: conserved(&laws),
            laws,
            counts: self.counts,
            streams: self.stream_reports(),
            top_viewers: self.top_viewers(),
            receipts: self.some_receipts(),
            gifts: self.gifts(),
            cases: self.cases(),
            earners,
            moments: self.moments,
        })
    }

    fn stream_reports(&self) -> Vec<StreamReport> {
        let report = |(creator, on_air): (usize, &super::story::OnAir)| {
            let receipts = self.stage.books.receipts();
            let receipts: Vec<_> = receipts.filter(|r| r.stream == on_air.id).collect();
            let viewers: BTreeSet<_> = receipts.iter().map(|r| r.viewer).collect();
            let mut settled = Amounts::default();
            receipts
                .iter()
                .for_each(|r| settled.add(r.asset, r.settled));
            StreamReport {
                creator: CREATORS[creator].name,
                class: Self::class_of(creator),
                broadcasts: on_air.broadcast,
                viewers: viewers.len(),
                sessions: receipts.len(),
                seconds_watched: receipts.iter().map(|r| r.watched_ms).sum::<Millis>() / 1_000,
                settled,
            }
        };
        self.streams.iter().enumerate().map(report).collect()
    }

    fn earners(&self) -> Vec<Earner> {
        let earner = |name: &'static str| {
            let paid_out =
                Amounts::of_account(&self.stage.books.paid_out, self.stage.account(name));
            let payable =
                Amounts::of_account(&self.stage.model.payments.payable, self.stage.account(name));
            let role = match name {
                REFERRER => "referrer",
                _ if CREATORS.iter().any(|creator| creator.name == name) => "creator",
                _ => "co-host",
            };
            let earned = paid_out.plus(payable);
            Earner {
                name,
                role,
                earned,
                paid_out,
            }
        };
        self.payees().into_iter().map(earner).collect()
    }

    fn top_viewers(&self) -> Vec<Watcher> {
        let books = &self.stage.books;
        let given = books.given();
        let watcher = |guest: &cast::Guest| {
            let (mut sessions, mut watched_ms, mut paid) = (0, 0, Amounts::default());
            for receipt in books.receipts() {
                if receipt.viewer == guest.account {
                    sessions += 1;
                    watched_ms += receipt.watched_ms;
                }
                if self.sponsor_of(receipt).unwrap_or(receipt.viewer) == guest.account {
                    paid.add(receipt.asset, receipt.settled);
                }
            }
            Watcher {
                name: guest.name.clone(),
                sessions,
                seconds_watched: watched_ms / 1_000,
                deposited: Amounts::of_account(&books.deposited, guest.account),
                paid,
                given: Amounts::of_account(&given, guest.account),
                refunded: Amounts::of_account(&books.withdrawn, guest.account),
            }
        };
        let mut watchers: Vec<_> = self.guests.iter().map(watcher).collect();
        // The sort is stable: equals stay in the order in which they came.
        watchers.sort_by_key(|watcher| core::cmp::Reverse(watcher.seconds_watched));
        watchers.truncate(TOP);
        watchers
    }

    /// Of the viewer who ran out of money, of the one who took the exit, of two at prices that a plan or a pass made, of one
    /// that was on the house, and of the longest session.
    fn some_receipts(&self) -> Vec<Receipt> {
        let receipts: Vec<_> = self.stage.books.receipts().collect();
        let first_of = |role: Role| {
            let told = |guest: &&cast::Guest| guest.visits.iter().any(|v| v.role == Some(role));
            let guest = self.guests.iter().find(told)?;
            let mut own = receipts.iter().filter(|r| r.viewer == guest.account);
            match role {
                // Her first session was shorter.
                Role::ReachesTier => own.max_by_key(|r| r.watched_ms),
                _ => own.next(),
            }
            .copied()
        };
        let roles = [
            Role::RunsDry,
            Role::Exits,
            Role::ReachesTier,
            Role::HasPass,
            Role::IsSponsored,
        ];
        let mut some: Vec<&SessionClosed> = roles.into_iter().filter_map(first_of).collect();
        let longest = receipts.iter().max_by_key(|r| r.watched_ms);
        some.extend(longest.filter(|longest| !some.contains(longest)));
        some.into_iter()
            .map(|receipt| self.receipt(receipt))
            .collect()
    }

    fn sponsor_of(&self, receipt: &SessionClosed) -> Option<AccountId> {
        let book = &self.stage.books.sessions[&(receipt.viewer, receipt.number)];
        book.opened.extras.and_then(|extras| extras.sponsor)
    }

    /// Whose stream that is.
    fn creator_of(&self, stream: StreamId) -> &'static str {
        let creator = self.streams.iter().position(|on_air| on_air.id == stream);
        CREATORS[creator.unwrap_or_default()].name
    }

    fn gifts(&self) -> Vec<Gift> {
        let books = &self.stage.books;
        let tips = books.tips.iter().map(|tip| Gift {
            from: self.name_of(tip.from),
            to: self.creator_of(tip.stream),
            what: "a tip".into(),
            asset: asset_name(tip.asset),
            amount: tip.amount,
            fee: tip.fee,
        });
        let passes = books.passes.iter().map(|pass| Gift {
            from: self.name_of(pass.buyer),
            to: match pass.scope {
                PassScope::Stream(stream) => self.creator_of(stream),
                PassScope::Creator(_) => "a creator",
            },
            what: match pass.holder == pass.buyer {
                true => "a day's pass".into(),
                false => format!("a day's pass for {}", self.name_of(pass.holder)),
            },
            asset: asset_name(pass.asset),
            amount: pass.price,
            fee: pass.fee,
        });
        let goals = books.goals.values().map(|goal| {
            let target = whole(goal.made.target);
            let (what, amount, fee) = match &goal.reached {
                Some(reached) => ("reached", reached.amount, reached.fee),
                None => ("missed, and given back", goal.returned, 0),
            };
            Gift {
                from: format!("{} viewers", goal.given.len()),
                to: self.creator_of(goal.made.stream),
                what: format!("a goal of {target}: {what}"),
                asset: asset_name(goal.made.asset),
                amount,
                fee,
            }
        });
        passes.chain(tips).chain(goals).collect()
    }

    fn cases(&self) -> Vec<CaseReport> {
        let case = |case: &super::books::CaseBook| {
            let verdict = case.decided.as_ref().map(|decided| decided.verdict);
            let outcome = case.resolved.as_ref().map(|resolved| resolved.overturned);
            let reporter = self.name_of(case.reported.reporter);
            let waits = verdict == Some(Verdict::Abusive) && outcome != Some(true);
            CaseReport {
                number: case.reported.report,
                creator: self.creator_of(case.reported.stream),
                verdict: match verdict {
                    None => "none",
                    Some(Verdict::Unfounded) => "unfounded",
                    Some(Verdict::Abusive) => "abusive",
                    Some(Verdict::Warned) => "warned",
                    Some(Verdict::Suspended) => "suspended",
                },
                appealed_by: case.appealed.as_ref().map(|appeal| self.name_of(appeal.by)),
                outcome: match outcome {
                    None => "not appealed against",
                    Some(true) => "overturned",
                    Some(false) => "confirmed",
                },
                bond: case.reported.bond,
                bond_to: match (case.forfeited, verdict) {
                    (true, _) => "treasury".into(),
                    (false, None) => "nobody yet".into(),
                    (false, _) if waits => "nobody yet".into(),
                    (false, _) => reporter.clone(),
                },
                reporter,
            }
        };
        self.stage.books.cases.values().map(case).collect()
    }

    fn receipt(&self, receipt: &SessionClosed) -> Receipt {
        let book = &self.stage.books.sessions[&(receipt.viewer, receipt.number)];
        let extras = book.opened.extras;
        let passed = extras.filter(|extras| extras.discount_until_ms > 0);
        Receipt {
            viewer: self.name_of(receipt.viewer),
            number: receipt.number,
            creator: self.creator_of(receipt.stream),
            broadcast: receipt.broadcast,
            asset: asset_name(receipt.asset),
            opened_ms: receipt.opened_ms - self.stage.began_ms,
            closed_ms: receipt.closed_ms - self.stage.began_ms,
            watched_ms: receipt.watched_ms,
            hold: receipt.hold,
            settled: receipt.settled,
            released: receipt.released,
            preview_ms: extras.map_or(0, |extras| extras.preview_ms.into()),
            discount: passed.map(|extras| extras.discount),
            sponsor: self
                .sponsor_of(receipt)
                .map(|sponsor| self.name_of(sponsor)),
            closed_by: self.name_of(receipt.by),
        }
    }

    fn name_of(&self, who: AccountId) -> String {
        let guest = self.guests.iter().find(|guest| guest.account == who);
        let others = [REFERRER, MODERATOR, STRANGER];
        let other = others
            .into_iter()
            .find(|name| self.stage.account(name) == who);
        let mut hosts = (0..).zip(&self.streams);
        let host = hosts.find(|(_, on_air)| on_air.creator == who);
        match (guest, other, host) {
            (Some(guest), ..) => guest.name.clone(),
            (_, Some(name), _) => name.into(),
            (.., Some((creator, _))) => CREATORS[creator as usize].name.into(),
            _ => "somebody".into(),
        }
    }
}
