//! A real audience: the habits of 100,000 viewers of a live-video platform, and draws from them.
//!
//! The data and its origin are described in `e2e-tests/data/README.md`. Every draw takes a seeded
//! `ChaCha8Rng` and uses integers only, so that a seed gives the same evening on every machine.
//!
//! What is real: each viewer's number of sessions and watching time, the sizes of channels, the rise
//! and fall of joins over a day. What is assumed, since the data does not tell: a viewer's sessions
//! fall on any day alike and independently; lengths vary around the viewer's own mean as if the viewer
//! decided every few seconds, with the same odds, whether to stay; what a viewer watches on a day is
//! watched in the evening.
//!
//! Units: seconds, minutes where the name says so, and the data's own units of ten minutes.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Days over which the habits were counted.
pub const DAYS: u32 = 43;
/// Length of an evening: the six busiest hours of the day.
pub const EVENING_MINUTES: u32 = 360;
/// Length of an evening in seconds.
pub const EVENING_SECS: u32 = 21_600;
/// The shortest session that is drawn.
pub const MIN_SESSION_SECS: u32 = 10;

/// The evening's hours in `daily_cycle.csv`, counted from the quietest hour of the day.
const EVENING_HOURS: std::ops::Range<usize> = 9..15;
/// The largest 1 % of the real channels, those that hold half of the viewers.
const TOP_CHANNELS: usize = 1_626;

const VIEWERS_CSV: &str = include_str!("../data/viewers.csv");
const CHANNELS_CSV: &str = include_str!("../data/channels.csv");
const DAILY_CYCLE_CSV: &str = include_str!("../data/daily_cycle.csv");

/// What one real viewer did in 43 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewerHabit {
    /// Sessions, at least five for every viewer in the data.
    pub sessions: u32,
    /// Time watched, in units of ten minutes.
    pub watched_10min: u32,
}

impl ViewerHabit {
    /// The viewer's mean session in seconds, rounded down; 0 for a viewer without sessions.
    pub fn mean_session_secs(&self) -> u32 {
        let watched_secs = u64::from(self.watched_10min).saturating_mul(600);
        let mean = watched_secs
            .checked_div(u64::from(self.sessions))
            .unwrap_or(0);
        u32::try_from(mean).unwrap_or(u32::MAX)
    }
}

/// The audience, with all its viewers and channels in memory (about 1.5 MB).
#[derive(Clone, Debug)]
pub struct Audience {
    viewers: Vec<ViewerHabit>,
    channels: Vec<u32>,
    evening_joins: Vec<u32>,
}

impl Audience {
    /// Reads the embedded data.
    ///
    /// # Panics
    /// When the embedded data is damaged, which its tests exclude.
    pub fn load() -> Self {
        let mut viewers = Vec::new();
        for [sessions, watched_10min, count] in rows(VIEWERS_CSV) {
            let habit = ViewerHabit {
                sessions,
                watched_10min,
            };
            viewers.extend((0..count).map(|_| habit));
        }
        let mut channels = Vec::new();
        for [unique_viewers, count] in rows(CHANNELS_CSV) {
            channels.extend((0..count).map(|_| unique_viewers));
        }
        let day: Vec<u32> = rows(DAILY_CYCLE_CSV).map(|[_, joins]| joins).collect();
        Self {
            viewers,
            channels,
            evening_joins: day[EVENING_HOURS].to_vec(),
        }
    }

    /// All 100,000 viewers, those with the fewest sessions first.
    pub fn viewers(&self) -> &[ViewerHabit] {
        &self.viewers
    }

    /// Unique viewers of each of the 162,625 channels, the largest first.
    pub fn channels(&self) -> &[u32] {
        &self.channels
    }

    /// Draws one of the real viewers, each as likely as any other.
    pub fn viewer(&self, rng: &mut ChaCha8Rng) -> ViewerHabit {
        // Both draws of an index below are over `u32`: those of `usize` depend on the machine.
        let count = u32::try_from(self.viewers.len()).expect("100,000 fits");
        self.viewers[index(rng.random_range(0..count))]
    }

    /// Draws `n` channels for an evening and returns their real unique viewers, the largest first;
    /// give them to [`pick`] to choose the channel of a session.
    ///
    /// The largest 1 % of the real channels (the first `n`, if `n` is more than that) are cut by rank
    /// into `n` equal strata, and one channel is drawn from each: any `n` keeps the spread between
    /// the largest and the small.
    ///
    /// # Panics
    /// When `n` is above the 162,625 channels of the data.
    pub fn channel_weights(&self, n: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        assert!(
            n <= self.channels.len(),
            "{n} channels asked, {} known",
            self.channels.len()
        );
        let pool = u64::try_from(TOP_CHANNELS.max(n)).expect("a rank fits");
        let strata = u64::try_from(n).expect("a rank fits");
        // cannot saturate: both factors are below 2^18; no stratum is asked for when there is none
        let edge = |i: u64| {
            u32::try_from(i.saturating_mul(pool).checked_div(strata).unwrap_or(0))
                .expect("a rank fits")
        };
        (0..strata)
            .map(|i| self.channels[index(rng.random_range(edge(i)..edge(i.saturating_add(1))))])
            .collect()
    }

    /// Draws the minute of the evening, below [`EVENING_MINUTES`], at which somebody joins.
    ///
    /// The hour is weighted by the real joins in the six busiest hours of the day, the minute within
    /// it is uniform. The data does not say which hours of the clock these are.
    pub fn join_minute(&self, rng: &mut ChaCha8Rng) -> u32 {
        let hour = u32::try_from(pick(&self.evening_joins, rng)).expect("six hours");
        hour.saturating_mul(60)
            .saturating_add(rng.random_range(0..60))
    }

    /// Draws the sessions of one evening of a viewer who comes at least once, in seconds of watching.
    ///
    /// The number: each of the habit's sessions fell on this day with odds of 1 in 43, given that at
    /// least one did. The lengths: around the habit's own mean, memoryless (geometric, the integer
    /// form of the exponential distribution), at least [`MIN_SESSION_SECS`]. Together they last at
    /// most `evening_secs`: the session that would exceed it is cut, those after it are dropped.
    ///
    /// No-op: a habit without sessions, or an evening shorter than a session, gives none.
    pub fn evening(&self, habit: ViewerHabit, evening_secs: u32, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let mut sessions = Vec::new();
        let mut left = evening_secs;
        for _ in 0..sessions_in_a_day(habit.sessions, rng) {
            if left < MIN_SESSION_SECS {
                break;
            }
            let secs = session_secs(habit.mean_session_secs(), left, rng);
            left = left.saturating_sub(secs);
            sessions.push(secs);
        }
        sessions
    }
}

/// Draws an index of `weights`, each with odds in proportion to its weight.
///
/// # Panics
/// When the weights sum to zero.
pub fn pick(weights: &[u32], rng: &mut ChaCha8Rng) -> usize {
    let total: u64 = weights.iter().copied().map(u64::from).sum();
    let mut left = rng.random_range(0..total);
    for (i, weight) in weights.iter().copied().map(u64::from).enumerate() {
        match left.checked_sub(weight) {
            Some(rest) => left = rest,
            None => return i,
        }
    }
    unreachable!("the draw is below the sum of the weights")
}

/// How many of `sessions` fall on one day of the 43, given that at least one does.
fn sessions_in_a_day(sessions: u32, rng: &mut ChaCha8Rng) -> usize {
    if sessions == 0 {
        return 0;
    }
    loop {
        let today = (0..sessions)
            .filter(|_| rng.random_range(0..DAYS) == 0)
            .count();
        if today > 0 {
            return today;
        }
    }
}

/// The length of a session with mean `mean`, cut at `most`.
///
/// `10 * g + u` seconds, where `g` counts steps of ten seconds up to the one after which the viewer
/// leaves, with odds of `20 / (2 * mean - 9)` each, and `u` is uniform in `0..=9`. The mean is
/// `10 * (2 * mean - 9) / 20 + 4.5 = mean`, exactly.
fn session_secs(mean: u32, most: u32, rng: &mut ChaCha8Rng) -> u32 {
    // A mean below two steps cannot be met with a step as the least; no real viewer has one.
    let mean = mean.max(MIN_SESSION_SECS.saturating_mul(2));
    let odds = mean.saturating_mul(2).saturating_sub(9);
    let mut secs = rng.random_range(MIN_SESSION_SECS..20);
    while secs < most && rng.random_range(0..odds) >= 20 {
        secs = secs.saturating_add(MIN_SESSION_SECS);
    }
    secs.min(most)
}

fn index(drawn: u32) -> usize {
    usize::try_from(drawn).expect("an index fits")
}

/// The rows of an embedded table after its header.
fn rows<const N: usize>(csv: &str) -> impl Iterator<Item = [u32; N]> + '_ {
    csv.lines().skip(1).map(|line| {
        let mut fields = line.split(',').map(|field| field.parse::<u32>());
        let row = std::array::from_fn(|_| match fields.next() {
            Some(Ok(number)) => number,
            _ => panic!("a number is missing in `{line}`"),
        });
        assert!(fields.next().is_none(), "too many fields in `{line}`");
        row
    })
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const HOURLY_CSV: &str = include_str!("../data/hourly.csv");
    const SESSIONS: u64 = 3_051_733;
    const UNITS_OF_TEN_MINUTES: u64 = 9_588_711;
    const VIEWERS: usize = 100_000;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    fn assert_near(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} is not within {tolerance} of {expected}"
        );
    }

    fn mean(numbers: &[u32]) -> f64 {
        numbers.iter().copied().map(f64::from).sum::<f64>() / numbers.len() as f64
    }

    #[test]
    fn viewers_match_the_published_totals() {
        let audience = Audience::load();
        let viewers = audience.viewers();
        let sessions = viewers.iter().map(|v| u64::from(v.sessions)).sum::<u64>();
        let watched = viewers
            .iter()
            .map(|v| u64::from(v.watched_10min))
            .sum::<u64>();
        assert_eq!(viewers.len(), VIEWERS);
        assert_eq!(sessions, SESSIONS);
        assert_eq!(watched, UNITS_OF_TEN_MINUTES);
        assert_near(watched as f64 * 10.0 / sessions as f64, 31.4, 0.05);
        // A session is at least one sample long.
        assert!(viewers
            .iter()
            .all(|v| v.sessions >= 5 && v.watched_10min >= v.sessions));
    }

    #[test]
    fn channels_match_the_published_totals() {
        let audience = Audience::load();
        let channels = audience.channels();
        let sum = |part: &[u32]| part.iter().copied().map(u64::from).sum::<u64>();
        assert_eq!(channels.len(), 162_625);
        assert_eq!(channels[..4], [17_154, 14_460, 11_011, 7_747]);
        assert!(channels.is_sorted_by(|a, b| a >= b));
        assert_eq!(sum(channels), 1_505_158);
        assert_eq!(sum(&channels[..TOP_CHANNELS]) * 100 / sum(channels), 52);
    }

    #[test]
    fn rows_of_hourly_are_consecutive_blocks_of_sixty_samples() {
        let blocks: Vec<[u32; 4]> = rows(HOURLY_CSV).collect();
        assert_eq!(blocks.len(), 6_148_usize.div_ceil(60));
        assert_eq!(
            blocks.iter().map(|b| u64::from(b[3])).sum::<u64>(),
            SESSIONS
        );
        for (i, [day, hour, ..]) in (0_u32..).zip(blocks) {
            assert_eq!(day * 24 + hour, i);
        }
    }

    /// Lays the daily cycle over the blocks, at the best of 24 first hours, and correlates.
    #[test]
    fn daily_cycle_explains_the_blocks() {
        let day: Vec<f64> = rows(DAILY_CYCLE_CSV)
            .map(|[_, joins]| f64::from(joins))
            .collect();
        assert_eq!(day.len(), 24);
        // A mean day of the cycle is a 43rd of all joins, but for the unused first and last block.
        assert_near(day.iter().sum(), SESSIONS as f64 / f64::from(DAYS), 1_000.0);

        let blocks: Vec<f64> = rows(HOURLY_CSV)
            .map(|[_, _, _, joins]| f64::from(joins))
            .collect();
        let blocks = &blocks[1..102];
        let predicted = |first_hour: f64, i: usize| -> f64 {
            (0..600)
                .map(|sample| {
                    let nominal = 10.0 * (i as f64 + 1.0) + f64::from(sample) / 60.0;
                    // 43 days in 6,148 samples
                    let hour = first_hour + nominal * 43.0 * 144.0 / 6_148.0;
                    day[(hour as usize) % 24] / 60.0
                })
                .sum()
        };
        let correlation = |first_hour: f64| {
            let p: Vec<f64> = (0..101).map(|i| predicted(first_hour, i)).collect();
            let (mp, mb) = (
                p.iter().sum::<f64>() / 101.0,
                blocks.iter().sum::<f64>() / 101.0,
            );
            let dot = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
                a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum()
            };
            dot(&p, mp, blocks, mb) / (dot(&p, mp, &p, mp) * dot(blocks, mb, blocks, mb)).sqrt()
        };
        let best = (0..24)
            .map(|h| correlation(f64::from(h)))
            .fold(f64::MIN, f64::max);
        assert!(best > 0.9, "best correlation {best}");
    }

    #[test]
    fn evening_is_the_six_busiest_hours() {
        let mut day: Vec<u32> = rows(DAILY_CYCLE_CSV).map(|[_, joins]| joins).collect();
        let mut evening = Audience::load().evening_joins;
        day.sort_unstable();
        evening.sort_unstable();
        assert_eq!(evening, day[18..]);
        assert_eq!(EVENING_MINUTES as usize, EVENING_HOURS.len() * 60);
        assert_eq!(EVENING_SECS, EVENING_MINUTES * 60);
    }

    type Draws = (Vec<(u32, u32)>, Vec<u32>, Vec<u32>, Vec<Vec<u32>>);

    fn draws(seed: u64) -> Draws {
        let audience = Audience::load();
        let mut rng = rng(seed);
        let viewers: Vec<_> = (0..3).map(|_| audience.viewer(&mut rng)).collect();
        let channels = audience.channel_weights(3, &mut rng);
        let minutes = (0..3).map(|_| audience.join_minute(&mut rng)).collect();
        let evenings = viewers
            .iter()
            .map(|v| audience.evening(*v, EVENING_SECS, &mut rng))
            .collect();
        let viewers = viewers
            .iter()
            .map(|v| (v.sessions, v.watched_10min))
            .collect();
        (viewers, channels, minutes, evenings)
    }

    #[test]
    fn same_seed_gives_the_same_draws_on_every_machine() {
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        // Pinned: a change here changes every evening that was ever published with its seed.
        let pinned: Draws = (
            vec![(6, 23), (7, 7), (7, 15)],
            vec![1_367, 304, 151],
            vec![244, 261, 15],
            vec![vec![1_222], vec![2_372], vec![1_053]],
        );
        assert_eq!(draws(7), pinned);
    }

    #[test]
    fn drawn_viewers_have_the_real_means() {
        const DRAWN: u32 = 50_000;
        let audience = Audience::load();
        let mut rng = rng(1);
        let (mut sessions, mut watched) = (0, 0);
        for _ in 0..DRAWN {
            let viewer = audience.viewer(&mut rng);
            sessions += viewer.sessions;
            watched += viewer.watched_10min;
        }
        assert_near(f64::from(sessions) / f64::from(DRAWN), 30.5, 0.5);
        assert_near(f64::from(watched) * 10.0 / f64::from(sessions), 31.4, 0.3);
    }

    #[test]
    fn drawn_viewers_cover_the_audience_evenly() {
        let audience = Audience::load();
        // Viewers are sorted by sessions: the quartiles of the draws must be those of the data.
        let mut rng = rng(2);
        let mut drawn: Vec<u32> = (0..20_000)
            .map(|_| audience.viewer(&mut rng).sessions)
            .collect();
        drawn.sort_unstable();
        for (of_draws, of_data) in [(5_000, 25_000), (10_000, 50_000), (15_000, 75_000)] {
            let real = audience.viewers()[of_data].sessions;
            assert!(drawn[of_draws].abs_diff(real) <= 1);
        }
    }

    #[test]
    fn channel_weights_keep_the_spread_of_the_top() {
        let audience = Audience::load();
        for n in [0, 1, 3, 8, 100, TOP_CHANNELS, 5_000] {
            let weights = audience.channel_weights(n, &mut rng(3));
            assert_eq!(weights.len(), n);
            assert!(weights.is_sorted_by(|a, b| a >= b));
        }
        // One channel per stratum: with as many strata as channels, these are the top channels.
        let all = audience.channel_weights(TOP_CHANNELS, &mut rng(3));
        assert_eq!(all, audience.channels()[..TOP_CHANNELS]);
        // Many evenings of eight channels have on average the viewers of the top, an eighth each.
        let evenings: Vec<u32> = (0..2_000)
            .flat_map(|seed| audience.channel_weights(8, &mut rng(seed)))
            .collect();
        let top = mean(&audience.channels()[..TOP_CHANNELS]);
        assert_near(mean(&evenings) / top, 1.0, 0.03);
    }

    #[test]
    #[should_panic(expected = "162626 channels asked, 162625 known")]
    fn channel_weights_fail_above_the_channels_of_the_data() {
        Audience::load().channel_weights(162_626, &mut rng(0));
    }

    #[test]
    fn pick_follows_the_weights() {
        let mut rng = rng(4);
        let mut picked = [0_u32; 4];
        for _ in 0..10_000 {
            picked[pick(&[1, 0, 3, 6], &mut rng)] += 1;
        }
        assert_eq!(picked[1], 0);
        for (found, expected) in [(0, 1_000.0), (2, 3_000.0), (3, 6_000.0)] {
            assert_near(f64::from(picked[found]), expected, 150.0);
        }
    }

    #[test]
    fn join_minutes_follow_the_joins_of_the_evening() {
        const DRAWN: u32 = 200_000;
        let audience = Audience::load();
        let mut rng = rng(5);
        let mut minutes = vec![0_u32; EVENING_MINUTES as usize];
        for _ in 0..DRAWN {
            minutes[audience.join_minute(&mut rng) as usize] += 1;
        }
        // Every minute is met about 555 times.
        assert!(minutes.iter().all(|count| (400..750).contains(count)));
        let total: u32 = audience.evening_joins.iter().sum();
        for (hour, joins) in minutes.chunks(60).zip(&audience.evening_joins) {
            let found = f64::from(hour.iter().sum::<u32>()) / f64::from(DRAWN);
            // Four standard errors; the hours differ from a flat sixth by up to 0.008.
            assert_near(found, f64::from(*joins) / f64::from(total), 0.0034);
        }
    }

    #[test]
    fn evening_has_the_viewers_own_rate_and_mean() {
        const HABIT: ViewerHabit = ViewerHabit {
            sessions: 43,
            watched_10min: 86,
        };
        let audience = Audience::load();
        let mut rng = rng(6);
        let evenings: Vec<Vec<u32>> = (0..20_000)
            .map(|_| audience.evening(HABIT, u32::MAX, &mut rng))
            .collect();
        assert!(evenings.iter().all(|sessions| !sessions.is_empty()));
        let sessions = evenings.concat();
        // By hand: one session a day on average, on a share 1 - (42/43)^43 = 0.6365 of the days.
        assert_near(sessions.len() as f64 / 20_000.0, 1.0 / 0.6365, 0.02);
        assert_near(mean(&sessions), 1_200.0, 25.0);
        assert!(sessions.iter().all(|secs| *secs >= MIN_SESSION_SECS));
        // Exponential: a share 1/e stays longer than the mean; every last digit of a second occurs.
        let longer = sessions.iter().filter(|secs| **secs > 1_200).count();
        assert_near(longer as f64 / sessions.len() as f64, 0.368, 0.012);
        assert!((0..10).all(|digit| sessions.iter().any(|secs| secs % 10 == digit)));
    }

    #[test]
    fn evening_never_outlasts_its_window() {
        let audience = Audience::load();
        let busiest = *audience.viewers().last().expect("viewers");
        assert_eq!(busiest.sessions, 327);
        let mut rng = rng(7);
        for window in [10, 37, 600, EVENING_SECS] {
            let mut fullest = 0;
            for _ in 0..1_000 {
                let sessions = audience.evening(busiest, window, &mut rng);
                assert!(!sessions.is_empty());
                assert!(sessions.iter().all(|secs| *secs >= MIN_SESSION_SECS));
                fullest = fullest.max(sessions.iter().sum());
            }
            assert_eq!(fullest, window);
        }
    }

    #[test]
    fn evening_is_noop_without_sessions_or_time() {
        let audience = Audience::load();
        let never = ViewerHabit {
            sessions: 0,
            watched_10min: 0,
        };
        assert_eq!(never.mean_session_secs(), 0);
        assert!(audience
            .evening(never, EVENING_SECS, &mut rng(8))
            .is_empty());
        let viewer = audience.viewer(&mut rng(8));
        assert!(audience.evening(viewer, 9, &mut rng(8)).is_empty());
    }

    #[test]
    #[should_panic(expected = "a number is missing in `1,x`")]
    fn rows_fail_on_damaged_data() {
        let _ = rows::<2>("a,b\n1,x\n").count();
    }
}
