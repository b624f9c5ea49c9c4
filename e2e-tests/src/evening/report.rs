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
    events::tick_stream::SessionClosed, AccountId, AssetId, Balance, Millis, NATIVE,
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
    /// Paid to creators and platform.
    pub paid: Amounts,
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
    /// Who closed it.
    pub closed_by: String,
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
    /// Viewers.
    pub viewers: usize,
    /// Sessions.
    pub sessions: usize,
    /// Watched by all, and billed.
    pub seconds_watched: u64,
    /// Deposited by viewers.
    pub deposited: Amounts,
    /// Paid for watching: creators + referrers + platform.
    pub settled: Amounts,
    /// What went to creators and co-hosts.
    pub creators: Amounts,
    /// What went to the referrer.
    pub referrers: Amounts,
    /// What stayed with the platform.
    pub platform: Amounts,
    /// What went back to viewers: deposited − settled.
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
    /// Three sessions' receipts.
    pub receipts: Vec<Receipt>,
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
            viewers: self.guests.len(),
            sessions: books.sessions.len(),
            seconds_watched: watched_ms / 1_000,
            deposited: Amounts::of_all(&books.deposited),
            settled,
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
            receipts: self.three_receipts(),
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
        let watcher = |guest: &cast::Guest| {
            let receipts = books.receipts().filter(|r| r.viewer == guest.account);
            let (mut sessions, mut watched_ms, mut paid) = (0, 0, Amounts::default());
            for receipt in receipts {
                sessions += 1;
                watched_ms += receipt.watched_ms;
                paid.add(receipt.asset, receipt.settled);
            }
            Watcher {
                name: guest.name.clone(),
                sessions,
                seconds_watched: watched_ms / 1_000,
                deposited: Amounts::of_account(&books.deposited, guest.account),
                paid,
                refunded: Amounts::of_account(&books.withdrawn, guest.account),
            }
        };
        let mut watchers: Vec<_> = self.guests.iter().map(watcher).collect();
        // The sort is stable: equals stay in the order in which they came.
        watchers.sort_by_key(|watcher| core::cmp::Reverse(watcher.seconds_watched));
        watchers.truncate(TOP);
        watchers
    }

    /// Of the viewer who ran out of money, of the one who took the exit, and of the longest session.
    fn three_receipts(&self) -> Vec<Receipt> {
        let receipts: Vec<_> = self.stage.books.receipts().collect();
        let first_of = |role: Role| {
            let mut guests = self.guests.iter();
            let guest = guests.find(|guest| guest.visits.iter().any(|v| v.role == Some(role)))?;
            receipts.iter().find(|r| r.viewer == guest.account).copied()
        };
        let mut by_length = receipts.clone();
        by_length.sort_by_key(|r| core::cmp::Reverse(r.watched_ms));
        let told = [first_of(Role::RunsDry), first_of(Role::Exits)];
        let mut three: Vec<&SessionClosed> = told.into_iter().flatten().collect();
        for receipt in by_length {
            if three.len() < 3 && !three.contains(&receipt) {
                three.push(receipt);
            }
        }
        three
            .into_iter()
            .map(|receipt| self.receipt(receipt))
            .collect()
    }

    fn receipt(&self, receipt: &SessionClosed) -> Receipt {
        let mut streams = (0..).zip(&self.streams);
        let creator = streams.find(|(_, on_air)| on_air.id == receipt.stream);
        let creator = creator.map_or(0, |(creator, _): (usize, _)| creator);
        Receipt {
            viewer: self.name_of(receipt.viewer),
            number: receipt.number,
            creator: CREATORS[creator].name,
            broadcast: receipt.broadcast,
            asset: asset_name(receipt.asset),
            opened_ms: receipt.opened_ms - self.stage.began_ms,
            closed_ms: receipt.closed_ms - self.stage.began_ms,
            watched_ms: receipt.watched_ms,
            hold: receipt.hold,
            settled: receipt.settled,
            released: receipt.released,
            closed_by: self.name_of(receipt.by),
        }
    }

    fn name_of(&self, who: AccountId) -> String {
        let guest = self.guests.iter().find(|guest| guest.account == who);
        let others = [REFERRER, MODERATOR, STRANGER];
        let other = others
            .into_iter()
            .find(|name| self.stage.account(name) == who);
        match (guest, other) {
            (Some(guest), _) => guest.name.clone(),
            (_, Some(name)) => name.into(),
            _ => "somebody".into(),
        }
    }
}
