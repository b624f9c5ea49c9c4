//! Who gets what of a session's money.

/// The most co-hosts.
pub const MAX_COHOSTS: usize = 3;
/// All of it, in basis points.
const FULL_BPS: u16 = 10_000;

/// The parts of a total; they sum to it exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    /// The platform's fee without the referrer's part.
    pub platform: u128,
    /// The referrer's part of the fee.
    pub referrer: u128,
    /// What the others leave.
    pub owner: u128,
    /// Each co-host's, in their order; zero beyond the last.
    pub cohosts: [u128; MAX_COHOSTS],
}

/// Splits the cumulative `total`: the fee is `fee_bps` of it, the referrer gets `referral_bps` of the fee (0 without a
/// referrer), each co-host in order its share of the rest, the owner what is left.
///
/// Rounding: every part down, of what those before it left, except the owner's. So no part falls as `total` grows, and the
/// differences between successive totals sum to the split of the last.
///
/// `None`: a share above 10,000 basis points, co-hosts' shares that sum to more, more than `MAX_COHOSTS`, or a total so large that
/// its product with 10,000 overflows.
pub fn split(total: u128, fee_bps: u16, referral_bps: u16, cohost_bps: &[u16]) -> Option<Split> {
    if cohost_bps.len() > MAX_COHOSTS {
        return None;
    }
    let fee = part(total, fee_bps, FULL_BPS)?;
    let referrer = part(fee, referral_bps, FULL_BPS)?;
    let platform = fee.checked_sub(referrer)?;
    let mut owner = total.checked_sub(fee)?;
    let mut left = FULL_BPS;
    let mut cohosts = [0; MAX_COHOSTS];
    for (cohost, bps) in cohosts.iter_mut().zip(cohost_bps) {
        *cohost = part(owner, *bps, left)?;
        owner = owner.checked_sub(*cohost)?;
        left = left.checked_sub(*bps)?;
    }
    Some(Split {
        platform,
        referrer,
        owner,
        cohosts,
    })
}

/// floor(amount × share / whole); `None` if the share is more than the whole.
fn part(amount: u128, share: u16, whole: u16) -> Option<u128> {
    if share > whole {
        return None;
    }
    if share == 0 {
        // Also when nothing of the whole is left.
        return Some(0);
    }
    amount
        .checked_mul(u128::from(share))?
        .checked_div(u128::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_works() {
        // Fee 99.9 → 99, referrer 9.9 → 9; net 900: 12.34 % → 111.06 → 111; of 789, 1/8766 → 0.09 → 0; of 789, 5000/8765 → 450.08.
        assert_eq!(
            split(999, 1_000, 1_000, &[1_234, 1, 5_000]),
            Some(Split {
                platform: 90,
                referrer: 9,
                owner: 339,
                cohosts: [111, 0, 450]
            })
        );
    }

    #[test]
    fn split_rounds_each_part_on_what_those_before_it_left() {
        // Of 3: a third each, and the owner nothing but rounding: 3333/10000 → 0, 3333/6667 of 3 → 1, 3333/3334 of 2 → 1.
        assert_eq!(
            split(3, 0, 0, &[3_333, 3_333, 3_333]),
            Some(Split {
                owner: 1,
                cohosts: [0, 1, 1],
                ..Split::default()
            })
        );
    }

    #[test]
    fn split_works_when_all_goes_to_one_side() {
        assert_eq!(
            split(7, 10_000, 10_000, &[]),
            Some(Split {
                referrer: 7,
                ..Split::default()
            })
        );
        assert_eq!(
            split(7, 0, 10_000, &[10_000, 0, 0]),
            Some(Split {
                cohosts: [7, 0, 0],
                ..Split::default()
            })
        );
        assert_eq!(split(0, 1_000, 1_000, &[5_000]), Some(Split::default()));
    }

    #[test]
    fn split_fails_when_out_of_range() {
        assert_eq!(split(1, 10_001, 0, &[]), None);
        assert_eq!(split(1, 0, 10_001, &[]), None);
        assert_eq!(split(1, 0, 0, &[10_001]), None);
        assert_eq!(split(1, 0, 0, &[5_000, 5_001]), None);
        assert_eq!(split(1, 0, 0, &[0, 0, 0, 0]), None);
        assert_eq!(split(u128::MAX, 1_000, 0, &[]), None);
    }
}
