//! Charges, plans, splits and the acceptance of vouchers: laws of the design's part 6, on numbers of every size.

use crate::input::Input;
use vilokanam_math::{
    charge::{charge, lasts_ms, Charged, Item, UNIT},
    plan::{charge_planned, Rules, Tier, Window},
    split::split,
};
use vilokanam_voucher::{accept, Refusal, Terms, TOLERANCE_MS};

/// The first byte says which.
pub fn arithmetic(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => charging(&mut input),
        1 => planning(&mut input),
        2 => splitting(&mut input),
        _ => accepting(&mut input),
    }
}

fn item(input: &mut Input) -> Item {
    let hold = input.sized();
    Item {
        rate: input.sized(),
        factor: input.u32(),
        ceiling: input.sized(),
        hold,
        accrued: input.sized(),
        since_ms: input.sized_ms(),
        running: !input.byte().is_multiple_of(8),
        stop_ms: match input.byte() % 4 {
            0 => u64::MAX,
            _ => input.sized_ms(),
        },
    }
}

/// Repricings in their order.
fn steps(input: &mut Input) -> Vec<(u64, u128)> {
    let count = input.byte() % 8;
    let mut steps: Vec<_> = (0..count)
        .map(|_| (input.sized_ms(), input.sized()))
        .collect();
    steps.sort_unstable();
    steps.dedup_by_key(|step| step.0);
    steps
}

fn bounded(item: &Item, charged: &Charged, now_ms: u64) {
    // Law 6: no more than the hold, never less than before.
    assert!(charged.accrued >= item.accrued);
    assert!(charged.accrued <= item.hold * UNIT);
    // Law 9, and 7: time goes on, not past now or the stop.
    assert!(charged.upto_ms >= item.since_ms);
    assert!(charged.upto_ms <= now_ms.min(item.stop_ms).max(item.since_ms));
    assert_eq!(charged.added_ms, charged.upto_ms - item.since_ms);
    let new = charged.accrued - item.accrued;
    // The ceiling, exactly: new ≤ ceiling × 10^6 × time.
    if let Some(most) = item
        .ceiling
        .checked_mul(1_000_000)
        .and_then(|per_ms| per_ms.checked_mul(u128::from(charged.added_ms)))
    {
        assert!(new <= most);
    }
    if !item.running {
        assert_eq!((new, charged.added_ms), (0, 0));
    }
}

/// Laws 6, 7, 8, 9 and 14.
fn charging(input: &mut Input) {
    let item = item(input);
    let steps = steps(input);
    let (mid_ms, now_ms) = (input.sized_ms(), input.sized_ms());
    let (mid_ms, now_ms) = (mid_ms.min(now_ms), mid_ms.max(now_ms));
    let Some(whole) = charge(&item, &steps, now_ms) else {
        return;
    };
    bounded(&item, &whole, now_ms);
    let _ = lasts_ms(item.hold, item.rate, item.factor);
    let Some(first) = charge(&item, &steps, mid_ms) else {
        panic!("charges to the end, and not to the middle");
    };
    bounded(&item, &first, mid_ms);
    // Law 8: in two parts as in one. Law 14: a pause of no time in between changes nothing.
    let after = Item {
        accrued: first.accrued,
        since_ms: first.upto_ms,
        ..item
    };
    let second = charge(&after, &steps, now_ms).expect("the rest is charged, too");
    assert_eq!(
        (second.accrued, second.upto_ms, second.ended_ms, second.rate),
        (whole.accrued, whole.upto_ms, whole.ended_ms, whole.rate)
    );
}

fn planning(input: &mut Input) {
    let item = item(input);
    let steps = steps(input);
    let part = |input: &mut Input, most: u32| input.u32() % (most + 1);
    let tiers: Vec<_> = {
        let count = input.byte() % 5;
        let mut tiers: Vec<_> = (0..count)
            .map(|_| Tier {
                after_ms: input.sized_ms().max(1),
                factor: part(input, 4_000_000),
            })
            .collect();
        tiers.sort_unstable_by_key(|tier| tier.after_ms);
        tiers.dedup_by_key(|tier| tier.after_ms);
        tiers
    };
    let windows: Vec<_> = {
        let count = input.byte() % 4;
        let mut edges: Vec<u16> = (0..count * 2).map(|_| input.u16() % 1_441).collect();
        edges.sort_unstable();
        let pairs = edges.chunks_exact(2).filter(|pair| pair[0] < pair[1]);
        pairs
            .map(|pair| Window {
                from_min: pair[0],
                to_min: pair[1],
                factor: part(input, 4_000_000),
            })
            .collect()
    };
    let rules = Rules {
        class: part(input, 4_000_000),
        category: part(input, 4_000_000),
        audience: part(input, 1_000_000),
        discount: part(input, 1_000_000),
        discount_until_ms: input.sized_ms(),
        preview_ms: u64::from(input.u32()),
        tiers: &tiers,
        windows: &windows,
    };
    let watched_ms = input.u64() >> 24;
    // A month: windows are walked one by one.
    let first_ms = u64::from(input.u32()) % 1_300_000_000;
    let second_ms = u64::from(input.u32()) % 1_300_000_000;
    let mid_ms = item.since_ms.saturating_add(first_ms);
    let now_ms = mid_ms.saturating_add(second_ms);
    let Some(whole) = charge_planned(&item, &steps, &rules, watched_ms, now_ms) else {
        return;
    };
    bounded(&item, &whole.charged, now_ms);
    let first = charge_planned(&item, &steps, &rules, watched_ms, mid_ms);
    let first = first
        .expect("charges to the end, and to the middle")
        .charged;
    bounded(&item, &first, mid_ms);
    let after = Item {
        accrued: first.accrued,
        since_ms: first.upto_ms,
        ..item
    };
    let watched_ms = watched_ms + first.added_ms;
    let second = charge_planned(&after, &steps, &rules, watched_ms, now_ms);
    let second = second.expect("the rest is charged, too");
    let seen = |c: &Charged| (c.accrued, c.upto_ms, c.ended_ms, c.rate);
    assert_eq!(seen(&second.charged), seen(&whole.charged));
    assert_eq!(second.factor, whole.factor);
}

/// Law 4, and that no part falls.
fn splitting(input: &mut Input) {
    let total = input.sized();
    let more = total.saturating_add(input.sized());
    let (fee_bps, referral_bps) = (input.u16(), input.u16());
    let count = usize::from(input.byte() % 5);
    let cohosts: Vec<u16> = (0..count).map(|_| input.u16()).collect();
    let parts = |total| {
        let found = split(total, fee_bps, referral_bps, &cohosts)?;
        let [a, b, c] = found.cohosts;
        let parts = [found.platform, found.referrer, found.owner, a, b, c];
        assert_eq!(parts.iter().sum::<u128>(), total);
        // The fee rounds down, and the referrer's part of it.
        let fee = total * u128::from(fee_bps) / 10_000;
        assert_eq!(found.platform + found.referrer, fee);
        assert_eq!(found.referrer, fee * u128::from(referral_bps) / 10_000);
        Some(parts)
    };
    if let (Some(before), Some(after)) = (parts(total), parts(more)) {
        for (before, after) in before.iter().zip(after) {
            assert!(*before <= after);
        }
    }
}

/// a × b as four limbs of 64 bits, the highest first: written as on paper.
fn product(a: u128, b: u64) -> [u64; 3] {
    let digits = [
        a as u32,
        (a >> 32) as u32,
        (a >> 64) as u32,
        (a >> 96) as u32,
    ];
    let others = [b as u32, (b >> 32) as u32];
    let mut columns = [0u128; 7];
    for (i, digit) in digits.iter().enumerate() {
        for (j, other) in others.iter().enumerate() {
            columns[i + j] += u128::from(*digit) * u128::from(*other);
        }
    }
    let mut carry = 0u128;
    let mut out = [0u64; 6];
    for (place, column) in out.iter_mut().zip(columns) {
        let sum = column + carry;
        *place = (sum & 0xffff_ffff) as u64;
        carry = sum >> 32;
    }
    assert_eq!(carry, 0);
    [
        out[5] << 32 | out[4],
        out[3] << 32 | out[2],
        out[1] << 32 | out[0],
    ]
}

/// What a voucher must be, condition by condition, in their order.
fn accepting(input: &mut Input) {
    let terms = Terms {
        ceiling: input.sized(),
        from_ms: input.sized_ms(),
        until_ms: input.sized_ms(),
        available: input.sized(),
        paid: input.sized(),
        paid_ms: input.sized_ms(),
    };
    let (ms, amount, now_ms) = (input.sized_ms(), input.sized(), input.sized_ms());
    let found = accept(ms, amount, &terms, now_ms);
    let clock = u128::from(now_ms.min(terms.until_ms).saturating_sub(terms.from_ms));
    let latest = clock + u128::from(TOLERANCE_MS);
    let expected = if amount <= terms.paid {
        Some("NotNewer")
    } else if ms < terms.paid_ms {
        Some("TimeFallsBack")
    } else if product(amount, 1_000) > product(terms.ceiling, ms) {
        Some("AboveCeiling")
    } else if u128::from(ms) > latest {
        Some("AheadOfTime")
    } else if amount > terms.available {
        Some("AboveHold")
    } else {
        None
    };
    let name = |refusal| match refusal {
        Refusal::NotNewer => "NotNewer",
        Refusal::TimeFallsBack => "TimeFallsBack",
        Refusal::AboveCeiling => "AboveCeiling",
        Refusal::AheadOfTime { .. } => "AheadOfTime",
        Refusal::AboveHold { .. } => "AboveHold",
    };
    match found {
        Ok(added) => {
            assert_eq!(expected, None);
            assert_eq!(added.amount + terms.paid, amount);
            assert_eq!(added.ms + terms.paid_ms, ms);
        }
        Err(refusal) => assert_eq!(Some(name(refusal)), expected),
    }
}
