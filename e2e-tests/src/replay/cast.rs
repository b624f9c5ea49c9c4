//! Who streams, who comes, what they watch and for how long: drawn once, by the seed.

use super::ReplayPlan;
use crate::audience::{pick, Audience, EVENING_SECS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{AccountId, AssetId, Balance, Class, Share, FULL_BPS, NATIVE};
use vilokanam_voucher::sign::{pair, Keypair};

/// The most streams; half of them for each meter.
const MAX_STREAMS: usize = 48;
/// The fewest.
const MIN_STREAMS: usize = 8;
/// About how many sessions a stream should have on average.
const SESSIONS_PER_STREAM: usize = 400;
/// The most sessions of one viewer, who has all of them open at once, each on another stream. Few real viewers have more in an
/// evening; what is beyond is dropped.
const MAX_PER_VIEWER: usize = 8;
/// What repricing makes of a rate, in percent.
pub const REPRICED_PERCENT: Balance = 140;

/// A stream.
#[derive(Debug, Clone)]
pub struct Stream {
    pub owner: AccountId,
    pub class: Class,
    pub cohosts: Vec<Share>,
    pub native_rate: Balance,
    pub vlk_rate: Balance,
}

impl Stream {
    /// Base units a second.
    pub fn rate(&self, asset: AssetId) -> Balance {
        match asset {
            NATIVE => self.native_rate,
            _ => self.vlk_rate,
        }
    }

    pub fn owner_bps(&self) -> u16 {
        FULL_BPS - self.cohosts.iter().map(|share| share.bps).sum::<u16>()
    }
}

/// A viewer.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub account: AccountId,
    pub asset: AssetId,
    /// What comes into the pool: a tenth more than all holds.
    pub deposit: Balance,
}

/// A session as its viewer plans it.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Position among the viewers.
    pub viewer: usize,
    /// The viewer's own number of it.
    pub number: u32,
    /// Position among the streams.
    pub stream: usize,
    /// How long the viewer wants to watch.
    pub secs: u32,
    pub hold: Balance,
    pub ceiling: Balance,
    pub referred: bool,
    /// The pair that signs vouchers; none: the clock bills.
    pub key: Option<Keypair>,
}

/// Everybody.
#[derive(Debug)]
pub struct Cast {
    pub streams: Vec<Stream>,
    pub viewers: Vec<Viewer>,
    pub tickets: Vec<Ticket>,
}

impl Cast {
    /// Draws everybody.
    pub fn draw(plan: &ReplayPlan) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
        let audience = Audience::load();
        let pairs = (plan.sessions / SESSIONS_PER_STREAM).clamp(MIN_STREAMS, MAX_STREAMS) / 2;
        let weights = audience.channel_weights(2 * pairs, &mut rng);
        // Neighbours in size have different meters, so that each half has large and small streams.
        let weights_of =
            |meter: usize| -> Vec<u32> { weights.iter().skip(meter).step_by(2).copied().collect() };
        let weights = [weights_of(0), weights_of(1)];
        let streams: Vec<_> = (0..2 * pairs).map(stream).collect();

        let (mut viewers, mut tickets) = (Vec::new(), Vec::new());
        while tickets.len() < plan.sessions {
            let habit = audience.viewer(&mut rng);
            let lengths = audience.evening(habit, EVENING_SECS, &mut rng);
            let asset = if rng.random_range(0..4) == 0 {
                VLK
            } else {
                NATIVE
            };
            let room = MAX_PER_VIEWER.min(plan.sessions - tickets.len());
            let mut own: Vec<Ticket> = Vec::new();
            for secs in lengths.into_iter().take(room) {
                let meter = (tickets.len() + own.len()) % 2;
                let stream = loop {
                    let stream = 2 * pick(&weights[meter], &mut rng) + meter;
                    if own.iter().all(|ticket| ticket.stream != stream) {
                        break stream;
                    }
                };
                own.push(Ticket {
                    viewer: viewers.len(),
                    number: own.len() as u32 + 1,
                    stream,
                    secs,
                    key: (meter == 1).then(|| session_key(&mut rng)),
                    ..wishes(streams[stream].rate(asset), secs, &mut rng)
                });
            }
            let held: Balance = own.iter().map(|ticket| ticket.hold).sum();
            viewers.push(Viewer {
                account: account(&format!("viewer {}", viewers.len())),
                asset,
                deposit: held * 11 / 10,
            });
            tickets.extend(own);
        }
        Self {
            streams,
            viewers,
            tickets,
        }
    }

    /// The asset of a ticket.
    pub fn asset(&self, ticket: &Ticket) -> AssetId {
        self.viewers[ticket.viewer].asset
    }
}

/// Hold, ceiling and referrer of a session. Every eighth hold is too small for the whole of it, every fourth ceiling is below a
/// repricing.
fn wishes(rate: Balance, secs: u32, rng: &mut ChaCha8Rng) -> Ticket {
    let hold_percent = if rng.random_range(0..8) == 0 { 60 } else { 150 };
    let ceiling_percent = if rng.random_range(0..4) == 0 {
        110
    } else {
        200
    };
    Ticket {
        viewer: 0,
        number: 0,
        stream: 0,
        secs,
        hold: rate * Balance::from(secs) * hold_percent / 100,
        ceiling: rate * ceiling_percent / 100,
        referred: rng.random_range(0..10) == 0,
        key: None,
    }
}

fn session_key(rng: &mut ChaCha8Rng) -> Keypair {
    pair(&rng.random()).expect("32 bytes are a seed")
}

/// The stream in a place: classes, co-hosts and rates differ from stream to stream, and the rates do not divide evenly.
fn stream(place: usize) -> Stream {
    const COHOSTS: [&[u16]; 4] = [&[], &[3_000], &[], &[3_333, 1_111, 7]];
    let class = [Class::Standard, Class::Premium, Class::Subscription][place % 3];
    // By pairs, so that either meter has all kinds.
    let cohosts = (1..).zip(COHOSTS[place / 2 % COHOSTS.len()]);
    let step = place as Balance;
    Stream {
        owner: account(&format!("creator {place}")),
        class,
        cohosts: cohosts
            .map(|(nth, bps)| Share {
                account: account(&format!("co-host {nth} of {place}")),
                bps: *bps,
            })
            .collect(),
        native_rate: 1_111_111_111 + step * 37_037_037,
        vlk_rate: 3_333_333_331 + step * 101_010_101,
    }
}
