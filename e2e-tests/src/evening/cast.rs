//! Who comes this evening, when, and with what habits. Everything is drawn here, once, by the seed.

use super::EveningPlan;
use crate::audience::{pick, Audience, EVENING_SECS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vilokanam_chain::VLK;
use vilokanam_interfaces::{AccountId, AssetId, Balance, Class, Discount, NATIVE};

/// Minutes from the creators' going live to the first viewer.
pub const DOORS_MIN: u64 = 10;
/// The largest stream: repriced in the middle of the evening.
pub const ASHA: usize = 0;
/// Shares with a co-host.
pub const BRUNO: usize = 1;
/// Loses her connection, and comes back.
pub const CHEN: usize = 2;
/// Suspended by a moderator, and reinstated.
pub const DALIA: usize = 3;
/// Never withdraws: a stranger pushes his balance to him.
pub const EMEKA: usize = 4;
/// Becomes cheaper, and ends early.
pub const FREYA: usize = 5;

/// A creator before the evening begins.
#[derive(Debug, Clone, Copy)]
pub struct Creator {
    pub name: &'static str,
    /// IPFS content identifier of the stream's metadata.
    pub cid: &'static str,
    pub class: Class,
    pub category: u16,
    /// Names and basis points.
    pub cohosts: &'static [(&'static str, u16)],
    /// Native base units a second: about 2 to 6 whole ones an hour.
    pub native_rate: Balance,
    /// $VLK base units a second: about 9 to 20 whole ones an hour.
    pub vlk_rate: Balance,
}

/// The rates do not divide evenly, on purpose: rounding is what they test.
pub const CREATORS: [Creator; 6] = [
    Creator {
        name: "Asha",
        cid: "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG",
        class: Class::Standard,
        category: 1,
        cohosts: &[],
        native_rate: 1_111_111_111,
        vlk_rate: 3_333_333_331,
    },
    Creator {
        name: "Bruno",
        cid: "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
        class: Class::Standard,
        category: 2,
        cohosts: &[("Bela", 3_000)],
        native_rate: 833_333_333,
        vlk_rate: 2_500_000_007,
    },
    Creator {
        name: "Chen",
        cid: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
        class: Class::Premium,
        category: 3,
        cohosts: &[],
        native_rate: 1_666_666_667,
        vlk_rate: 5_555_555_557,
    },
    Creator {
        name: "Dalia",
        cid: "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        class: Class::Standard,
        category: 1,
        cohosts: &[],
        native_rate: 555_555_559,
        vlk_rate: 2_777_777_777,
    },
    Creator {
        name: "Emeka",
        cid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
        class: Class::Subscription,
        category: 4,
        cohosts: &[("Efe", 3_333), ("Esi", 1_111)],
        native_rate: 999_999_937,
        vlk_rate: 3_141_592_653,
    },
    Creator {
        name: "Freya",
        cid: "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
        class: Class::Premium,
        category: 5,
        cohosts: &[],
        native_rate: 1_234_567_891,
        vlk_rate: 4_444_444_443,
    },
];

/// How long Emeka lets everybody watch for nothing, in seconds of the evening.
pub const PREVIEW_SECS: u64 = 600;
/// After how many seconds at Emeka's it becomes cheaper, and the price factor from then on.
pub const TIER: (u64, u32) = (1_200, 800_000);
/// The price factor of a pass for Bruno's stream.
pub const PASS_FACTOR: u32 = 500_000;

/// Viewers who come every evening, whoever else is drawn, and what they pay in: what is in the script takes them.
pub const REGULARS: [(&str, AssetId); 6] = [
    ("Nadia", NATIVE),
    ("Pavel", VLK),
    ("Quyen", VLK),
    ("Ravi", NATIVE),
    ("Selma", NATIVE),
    ("Tomas", NATIVE),
];
/// Tries Emeka's stream out, and comes back.
pub const NADIA: usize = 0;
/// Buys passes.
pub const PAVEL: usize = 1;
/// Is given one, tips, and reports a stream.
pub const QUYEN: usize = 2;
/// Tips, and has set a limit for himself.
pub const RAVI: usize = 3;
/// Pays others' first minutes.
pub const SELMA: usize = 4;
/// Watches on her budget, and reports a stream out of spite.
pub const TOMAS: usize = 5;

/// What the first viewers, and the regulars, are sure to live through, so that no evening lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    RunsDry,
    TopsUp,
    IsHelped,
    HitsCeiling,
    LosesStream,
    SeesSuspension,
    Exits,
    SetsUntil,
    Pauses,
    WalksAway,
    IsReferred,
    Previews,
    ReachesTier,
    HasPass,
    IsSponsored,
    KeepsLimit,
}

/// The roles in the order in which viewers get them.
const ROLES: [Role; 11] = [
    Role::RunsDry,
    Role::TopsUp,
    Role::IsHelped,
    Role::HitsCeiling,
    Role::LosesStream,
    Role::SeesSuspension,
    Role::Exits,
    Role::SetsUntil,
    Role::Pauses,
    Role::WalksAway,
    Role::IsReferred,
];

/// Who helps a viewer whose hold is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    Nobody,
    /// The viewer tops up in time.
    Own,
    /// Another viewer does.
    Friend,
}

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// The viewer closes the session.
    Closes,
    /// The viewer forgets it: somebody closes it when it has ended.
    WalksAway,
    /// The viewer takes the exit that needs nobody.
    Exits,
}

/// A break, counted from the start of the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    pub after_secs: u64,
    pub secs: u64,
}

/// One stay of a viewer at a stream, as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Position in [`CREATORS`].
    pub creator: usize,
    /// Seconds since the evening began.
    pub at_secs: u64,
    /// Past that second.
    pub at_thousandths: u64,
    /// How long the viewer wants to watch.
    pub secs: u64,
    /// Past that length.
    pub leave_thousandths: u64,
    /// The hold, in percent of what the visit costs.
    pub hold_percent: Balance,
    /// The ceiling, in percent of the price at open.
    pub ceiling_percent: Balance,
    /// After how many seconds the session shall end at the latest.
    pub until_secs: Option<u64>,
    pub pause: Option<Break>,
    pub help: Help,
    pub leaving: Leaving,
    /// Told as a moment.
    pub role: Option<Role>,
    /// What makes it cheaper.
    pub discount: Discount,
    /// Whether Selma's budget pays it.
    pub sponsored: bool,
}

/// A viewer.
#[derive(Debug, Clone)]
pub struct Guest {
    pub name: String,
    pub account: AccountId,
    pub asset: AssetId,
    pub referred: bool,
    pub visits: Vec<Visit>,
}

/// Draws the guests of an evening, and adds the regulars; `account` knows their accounts by their names.
pub fn draw(plan: &EveningPlan, mut account: impl FnMut(&str) -> AccountId) -> Vec<Guest> {
    let audience = Audience::load();
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let weights = audience.channel_weights(CREATORS.len(), &mut rng);
    let mut guests: Vec<_> = (0..plan.viewers)
        .map(|i| guest(i, &mut account, &audience, &weights, &mut rng))
        .collect();
    for ((name, asset), visits) in REGULARS.into_iter().zip(regulars()) {
        guests.push(Guest {
            account: account(name),
            name: name.into(),
            asset,
            referred: false,
            visits,
        });
    }
    guests
}

fn guest(
    i: usize,
    account: &mut impl FnMut(&str) -> AccountId,
    audience: &Audience,
    weights: &[u32],
    rng: &mut ChaCha8Rng,
) -> Guest {
    let name = format!("viewer {}", i + 1);
    let role = ROLES.get(i).copied();
    let habit = audience.viewer(rng);
    let lengths = audience.evening(habit, EVENING_SECS, rng);
    let mut joins: Vec<u64> = lengths
        .iter()
        .map(|_| (u64::from(audience.join_minute(rng)) + DOORS_MIN) * 60 + rng.random_range(0..60))
        .collect();
    joins.sort_unstable();

    let mut visits: Vec<Visit> = Vec::new();
    for (at_secs, secs) in joins.into_iter().zip(lengths) {
        let mut visit = ordinary(pick(weights, rng), at_secs, u64::from(secs), rng);
        if let (Some(role), true) = (role, visits.is_empty()) {
            visit = leading(role, visit);
        }
        // One stream at a time: the next visit waits for the end of the one before.
        let free_at = visits
            .last()
            .map_or(0, |last| last.at_secs + last.secs + 60);
        visit.at_secs = visit.at_secs.max(free_at);
        if visits.is_empty() || visit.at_secs < last_call() {
            visits.push(visit);
        }
    }
    Guest {
        account: account(&name),
        name,
        asset: [VLK, NATIVE][i % 2],
        referred: role == Some(Role::IsReferred) || rng.random_range(0..100) < 15,
        visits,
    }
}

/// Nobody comes after this second of the evening.
fn last_call() -> u64 {
    DOORS_MIN * 60 + u64::from(EVENING_SECS)
}

/// A visit with habits drawn: what is not known of the real audience, and assumed.
fn ordinary(creator: usize, at_secs: u64, secs: u64, rng: &mut ChaCha8Rng) -> Visit {
    let short = rng.random_range(0..100) < 12;
    let help = match rng.random_range(0..3) {
        _ if !short => Help::Nobody,
        0 => Help::Nobody,
        1 => Help::Own,
        _ => Help::Friend,
    };
    let pauses = rng.random_range(0..100) < 25 && secs >= 600;
    let pause = Break {
        after_secs: secs / 4,
        secs: rng.random_range(60..600),
    };
    let hold_percent = if short { 40..90 } else { 110..160 };
    Visit {
        creator,
        at_secs,
        at_thousandths: rng.random_range(0..1_000),
        secs,
        leave_thousandths: rng.random_range(0..1_000),
        hold_percent: rng.random_range(hold_percent),
        ceiling_percent: [100, 120, 150, 200][rng.random_range(0..4_usize)],
        until_secs: (rng.random_range(0..100) < 8).then_some(secs),
        pause: pauses.then_some(pause),
        help,
        leaving: if rng.random_range(0..100) < 6 {
            Leaving::WalksAway
        } else {
            Leaving::Closes
        },
        role: None,
        discount: Discount::None,
        sponsored: false,
    }
}

/// A visit of a regular.
fn scripted(role: Role, creator: usize, minute: u64, secs: u64) -> Visit {
    Visit {
        creator,
        at_secs: minute * 60,
        at_thousandths: 0,
        secs,
        leave_thousandths: 0,
        hold_percent: 200,
        ceiling_percent: 200,
        until_secs: None,
        pause: None,
        help: Help::Nobody,
        leaving: Leaving::Closes,
        role: Some(role),
        discount: Discount::None,
        sponsored: false,
    }
}

/// The visits of the regulars, in their order. Ravi's comes about in its scene.
fn regulars() -> [Vec<Visit>; 6] {
    let with_pass = |minute, secs| Visit {
        discount: Discount::Pass,
        ..scripted(Role::HasPass, BRUNO, minute, secs)
    };
    let on_the_house = Visit {
        hold_percent: 50,
        sponsored: true,
        ..scripted(Role::IsSponsored, FREYA, 45, 1_200)
    };
    [
        vec![
            scripted(Role::Previews, EMEKA, 12, 240),
            scripted(Role::ReachesTier, EMEKA, 80, 2_700),
        ],
        vec![with_pass(25, 3_600)],
        vec![with_pass(28, 2_400)],
        vec![],
        vec![],
        vec![on_the_house],
    ]
}

/// What Ravi wants to watch: Bruno, for an hour.
pub fn ravis_visit() -> Visit {
    Visit {
        hold_percent: 100,
        ..scripted(Role::KeepsLimit, BRUNO, 140, 3_600)
    }
}

/// The same visit, bent so that its role happens: the viewer comes to the right stream at the right
/// time, and stays at least for as long as it takes.
fn leading(role: Role, drawn: Visit) -> Visit {
    let calm = Visit {
        hold_percent: 200,
        ceiling_percent: 200,
        until_secs: None,
        pause: None,
        help: Help::Nobody,
        leaving: Leaving::Closes,
        role: Some(role),
        ..drawn
    };
    let at = |creator, minute: u64, least_minutes: u64| Visit {
        creator,
        at_secs: minute * 60 + drawn.at_secs % 60,
        secs: drawn.secs.clamp(least_minutes * 60, least_minutes * 120),
        ..calm
    };
    let short = |visit, help| Visit {
        hold_percent: 50,
        help,
        ..visit
    };
    match role {
        Role::RunsDry => short(at(BRUNO, 40, 20), Help::Nobody),
        Role::TopsUp => short(at(ASHA, 50, 20), Help::Own),
        Role::IsHelped => short(at(EMEKA, 60, 20), Help::Friend),
        Role::HitsCeiling => Visit {
            ceiling_percent: 120,
            ..at(ASHA, 130, 45)
        },
        Role::LosesStream => at(CHEN, 90, 60),
        Role::SeesSuspension => at(DALIA, 170, 60),
        Role::Exits => Visit {
            leaving: Leaving::Exits,
            ..at(BRUNO, 220, 25)
        },
        Role::SetsUntil => Visit {
            until_secs: Some(1_200),
            ..at(EMEKA, 240, 30)
        },
        Role::Pauses => Visit {
            pause: Some(Break {
                after_secs: 600,
                secs: 900,
            }),
            ..at(FREYA, 100, 40)
        },
        Role::WalksAway => Visit {
            hold_percent: 110,
            leaving: Leaving::WalksAway,
            ..at(EMEKA, 120, 30)
        },
        Role::IsReferred => at(ASHA, 70, 20),
        // The regulars'.
        Role::Previews
        | Role::ReachesTier
        | Role::HasPass
        | Role::IsSponsored
        | Role::KeepsLimit => calm,
    }
}
