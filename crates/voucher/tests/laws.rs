//! Laws of vouchers, on random numbers. `CASES` sets how many (5,000 each by default).

use proptest::prelude::*;
use vilokanam_voucher::{
    accept, sign, signed, Accepted, Domain, Permit, Refusal, Terms, Voucher, MESSAGE_LEN,
    PERMIT_LEN, TOLERANCE_MS,
};

fn config() -> ProptestConfig {
    let cases = std::env::var("CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(5_000);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Of every size, as many small as large, and near the edges.
fn number() -> impl Strategy<Value = u128> {
    prop_oneof![
        4 => (0u32..128, any::<u128>()).prop_map(|(bits, n)| n >> bits),
        1 => (0u128..2_000).prop_map(|below| u128::MAX - below),
    ]
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0u32..64, any::<u64>()).prop_map(|(bits, ms)| ms >> bits),
        1 => (0u64..20_000).prop_map(|below| u64::MAX - below),
    ]
}

prop_compose! {
    fn any_terms()(
        ceiling in number(), from_ms in time(), until_ms in time(), available in number(), paid in number(),
        paid_ms in time(),
    ) -> Terms {
        Terms { ceiling, from_ms, until_ms, available, paid, paid_ms }
    }
}

/// A voucher, its terms and the time, near what each check allows or anywhere.
fn claim() -> impl Strategy<Value = (u64, u128, Terms, u64)> {
    let near = (1u128..2_000, 0u64..30_000)
        .prop_flat_map(|(ceiling, ms)| {
            let most = ceiling * u128::from(ms) / 1_000;
            (
                (Just(ms), 0..=most + 1, Just(ceiling)),
                (0..=most / 2 + 1, 0..=ms + 1),
            )
        })
        .prop_flat_map(|((ms, amount, ceiling), (paid, paid_ms))| {
            let now_ms = ms.saturating_sub(TOLERANCE_MS);
            // Of hold, time and end, some are just what the voucher takes, or one short of it.
            let around = |n: u64| prop_oneof![Just(n), Just(n.saturating_sub(1)), 0u64..30_000];
            let available = prop_oneof![
                Just(amount),
                Just(amount.saturating_sub(1)),
                0u128..amount + 1_000
            ];
            (available, around(now_ms), around(now_ms)).prop_map(
                move |(available, run_ms, end_ms)| {
                    let terms = Terms {
                        ceiling,
                        from_ms: 1_000_000,
                        until_ms: 1_000_000 + end_ms,
                        available,
                        paid,
                        paid_ms,
                    };
                    (ms, amount, terms, 1_000_000 + run_ms)
                },
            )
        });
    let far = (time(), number(), any_terms(), time());
    prop_oneof![3 => near, 1 => far]
}

/// A voucher that is acceptable under the terms at the time.
fn acceptable() -> impl Strategy<Value = (u64, u128, Terms, u64)> {
    (1u64..100_000, 1_000u128..2_000_000)
        .prop_flat_map(|(ms, ceiling)| {
            let most = ceiling * u128::from(ms) / 1_000;
            (Just(ms), Just(ceiling), 1..=most.max(1), 0..=ms)
        })
        .prop_flat_map(|(ms, ceiling, amount, paid_ms)| {
            let least_now = ms.saturating_sub(TOLERANCE_MS);
            (
                (0..amount, amount..amount * 2),
                least_now..least_now + 50_000,
            )
                .prop_map(move |((paid, available), run_ms)| {
                    let terms = Terms {
                        ceiling,
                        from_ms: 1_000_000,
                        until_ms: u64::MAX,
                        available,
                        paid,
                        paid_ms,
                    };
                    (ms, amount, terms, 1_000_000 + run_ms)
                })
        })
}

/// At the ceiling or next to it, where a product that was cut off would show.
fn at_ceiling() -> impl Strategy<Value = (u64, u128, u128)> {
    (number(), time(), 0u128..3).prop_filter_map("beyond u128", |(amount, ms, step)| {
        let ms = ms.max(1);
        // The least ceiling that allows the amount, if it fits, and its neighbours.
        let whole = amount / u128::from(ms);
        let rest = amount % u128::from(ms);
        let least = whole.checked_mul(1_000)?;
        let least = least.checked_add((rest * 1_000).div_ceil(u128::from(ms)))?;
        Some((ms, amount, least.checked_add(step)?.checked_sub(1)?))
    })
}

/// a × b in digits of 16 bits, the lowest first: the way of the school, to compare with.
fn digits(a: u128, b: u128) -> [u64; 16] {
    let digit = |n: u128, i: usize| u64::from(((n >> (16 * i)) & 0xffff) as u16);
    let mut product = [0; 16];
    for i in 0..8 {
        for j in 0..8 {
            product[i + j] += digit(a, i) * digit(b, j);
        }
    }
    for i in 0..15 {
        product[i + 1] += product[i] >> 16;
        product[i] &= 0xffff;
    }
    product
}

fn above_ceiling(ms: u64, amount: u128, ceiling: u128) -> bool {
    let asked = digits(amount, 1_000);
    let most = digits(ceiling, u128::from(ms));
    asked.iter().rev().gt(most.iter().rev())
}

/// The specification's words, one after the other, in numbers that cannot overflow.
fn spelled_out(ms: u64, amount: u128, terms: &Terms, now_ms: u64) -> Result<(u128, u64), Refusal> {
    if amount <= terms.paid {
        return Err(Refusal::NotNewer);
    }
    if ms < terms.paid_ms {
        return Err(Refusal::TimeFallsBack);
    }
    if above_ceiling(ms, amount, terms.ceiling) {
        return Err(Refusal::AboveCeiling);
    }
    let since = i128::from(now_ms.min(terms.until_ms)) - i128::from(terms.from_ms);
    let latest = since.max(0) + i128::from(TOLERANCE_MS);
    if i128::from(ms) > latest {
        return Err(Refusal::AheadOfTime {
            latest_ms: latest as u64,
        });
    }
    if amount > terms.available {
        return Err(Refusal::AboveHold {
            available: terms.available,
        });
    }
    Ok((amount - terms.paid, ms - terms.paid_ms))
}

fn any_domain() -> impl Strategy<Value = Domain> {
    any::<([u8; 32], [u8; 32])>().prop_map(|(genesis_hash, contract)| Domain {
        genesis_hash,
        contract,
    })
}

fn any_voucher() -> impl Strategy<Value = Voucher> {
    any::<([u8; 32], u32, u32, u16, u64, u128)>().prop_map(
        |(viewer, number, stream, asset, ms, amount)| Voucher {
            viewer,
            number,
            stream,
            asset,
            ms,
            amount,
        },
    )
}

fn any_permit() -> impl Strategy<Value = Permit> {
    any::<([u8; 32], [u8; 32], u128, u64, u64)>().prop_map(
        |(owner, spender, value, nonce, deadline_ms)| Permit {
            owner,
            spender,
            value,
            nonce,
            deadline_ms,
        },
    )
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}

/// Reads a permit's message by the documented offsets.
fn read_permit(message: &[u8; PERMIT_LEN]) -> (Domain, Permit) {
    assert_eq!(&message[..17], b"vilokanam/permit\x01");
    (
        Domain {
            genesis_hash: part(message, 17),
            contract: part(message, 49),
        },
        Permit {
            owner: part(message, 81),
            spender: part(message, 113),
            value: u128::from_le_bytes(part(message, 145)),
            nonce: u64::from_le_bytes(part(message, 161)),
            deadline_ms: u64::from_le_bytes(part(message, 169)),
        },
    )
}

/// Reads a message by the documented offsets.
fn read(message: &[u8; MESSAGE_LEN]) -> (Domain, Voucher) {
    assert_eq!(&message[..18], b"vilokanam/voucher\x01");
    (
        Domain {
            genesis_hash: part(message, 18),
            contract: part(message, 50),
        },
        Voucher {
            viewer: part(message, 82),
            number: u32::from_le_bytes(part(message, 114)),
            stream: u32::from_le_bytes(part(message, 118)),
            asset: u16::from_le_bytes(part(message, 122)),
            ms: u64::from_le_bytes(part(message, 124)),
            amount: u128::from_le_bytes(part(message, 132)),
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn accept_does_what_the_specification_says((ms, amount, terms, now_ms) in claim()) {
        prop_assert_eq!(
            accept(ms, amount, &terms, now_ms),
            spelled_out(ms, amount, &terms, now_ms).map(|(amount, ms)| Accepted { amount, ms })
        );
    }

    #[test]
    fn accept_does_what_the_specification_says_of_any_numbers(
        ms in time(), amount in number(), terms in any_terms(), now_ms in time()
    ) {
        prop_assert_eq!(
            accept(ms, amount, &terms, now_ms),
            spelled_out(ms, amount, &terms, now_ms).map(|(amount, ms)| Accepted { amount, ms })
        );
    }

    #[test]
    fn ceiling_is_exact_next_to_it((ms, amount, ceiling) in at_ceiling()) {
        let terms = Terms { ceiling, from_ms: 0, until_ms: u64::MAX, available: u128::MAX, paid: 0, paid_ms: 0 };
        let refused = accept(ms, amount, &terms, u64::MAX) == Err(Refusal::AboveCeiling);
        prop_assert_eq!(refused, amount > 0 && above_ceiling(ms, amount, ceiling));
    }

    /// Law 6: paid never falls, and never exceeds the hold or ceiling × time; law 11: none is paid twice.
    #[test]
    fn law_06_and_11_in_any_order_and_number_the_newest_alone_is_paid(
        first in any_terms(),
        vouchers in prop::collection::vec((0u64..100_000, 0u128..100_000), 1..20),
        ceiling in 0u128..2_000,
        available in 0u128..100_000,
        times in prop::collection::vec(0u64..100_000, 20),
    ) {
        let mut terms = Terms { ceiling, from_ms: first.from_ms >> 1, until_ms: u64::MAX, available, paid: 0, paid_ms: 0 };
        for ((ms, amount), now_ms) in vouchers.into_iter().zip(times) {
            let now_ms = terms.from_ms + now_ms;
            if let Ok(adds) = accept(ms, amount, &terms, now_ms) {
                prop_assert!(adds.amount > 0);
                terms.paid += adds.amount;
                terms.paid_ms += adds.ms;
                prop_assert_eq!((terms.paid, terms.paid_ms), (amount, ms));
                prop_assert!(terms.paid <= available);
                prop_assert!(terms.paid * 1_000 <= ceiling * u128::from(terms.paid_ms));
                prop_assert!(terms.paid_ms <= now_ms - terms.from_ms + TOLERANCE_MS);
                prop_assert_eq!(accept(ms, amount, &terms, u64::MAX), Err(Refusal::NotNewer));
            }
        }
    }

    /// Law 8: to redeem one on the way changes nothing in what the last one brings.
    #[test]
    fn law_08_redeeming_one_on_the_way_changes_nothing(
        (ms, amount, terms, now_ms) in acceptable(), way in any::<prop::sample::Index>()
    ) {
        let all = accept(ms, amount, &terms, now_ms).unwrap();
        let way_amount = terms.paid + 1 + way.index((amount - terms.paid) as usize) as u128;
        let way_ms = ms - way.index((ms - terms.paid_ms) as usize + 1) as u64;
        let Ok(on_the_way) = accept(way_ms, way_amount, &terms, now_ms) else {
            // As when it is above the ceiling: then nothing was redeemed.
            return Ok(());
        };
        let after = Terms { paid: way_amount, paid_ms: way_ms, ..terms };
        let rest = accept(ms, amount, &after, now_ms);
        if way_amount == amount {
            prop_assert_eq!(rest, Err(Refusal::NotNewer));
        } else {
            let rest = rest.unwrap();
            prop_assert_eq!(on_the_way.amount + rest.amount, all.amount);
            prop_assert_eq!(on_the_way.ms + rest.ms, all.ms);
        }
    }

    /// What is acceptable stays so as time passes and the hold is topped up.
    #[test]
    fn acceptable_stays_acceptable((ms, amount, terms, now_ms) in acceptable(), later in time(), more in number()) {
        let adds = accept(ms, amount, &terms, now_ms);
        prop_assert_eq!(adds, Ok(Accepted { amount: amount - terms.paid, ms: ms - terms.paid_ms }));
        let topped_up = Terms { available: terms.available.saturating_add(more), ..terms };
        prop_assert_eq!(accept(ms, amount, &topped_up, now_ms.saturating_add(later)), adds);
    }

    /// A client that signs each tick as it begins is never refused while chain time is late by up to the tolerance less
    /// a tick, and whoever of the two stops, the other loses a tick's price at most.
    #[test]
    fn honest_vouchers_are_acceptable_and_a_tick_is_the_most_to_lose(
        rate in 1_000u128..1_000_000_000_000, tick_ms in 1u64..=TOLERANCE_MS, ticks in 1u64..10_000,
        late in any::<prop::sample::Index>(), redeemed in any::<prop::sample::Index>(),
    ) {
        let price = |ms: u64| rate * u128::from(ms) / 1_000;
        let from_ms = 1_700_000_000_000;
        let begun_ms = (ticks - 1) * tick_ms;
        let (ms, amount) = (ticks * tick_ms, price(ticks * tick_ms));
        let paid_ms = redeemed.index(ticks as usize) as u64 * tick_ms;
        let terms = Terms {
            ceiling: rate,
            from_ms,
            until_ms: u64::MAX,
            available: amount,
            paid: price(paid_ms),
            paid_ms,
        };
        let now_ms = from_ms + begun_ms - (late.index((TOLERANCE_MS - tick_ms) as usize + 1) as u64).min(begun_ms);
        let adds = accept(ms, amount, &terms, now_ms);
        prop_assert_eq!(adds, Ok(Accepted { amount: amount - price(paid_ms), ms: ms - paid_ms }));

        let tick_price = (rate * u128::from(tick_ms)).div_ceil(1_000);
        let signed_ahead = amount - price(begun_ms);
        let not_yet_signed = price(ms + tick_ms) - amount;
        prop_assert!(signed_ahead <= tick_price);
        prop_assert!(not_yet_signed <= tick_price);
    }

    /// Law 11: a message tells everything it commits to, so no two vouchers or places share one.
    #[test]
    fn law_11_a_message_can_be_read_back(domain in any_domain(), voucher in any_voucher()) {
        let message = voucher.message(&domain);
        prop_assert_eq!(read(&message), (domain, voucher));
        let wrapped = Voucher::wrapped(&message);
        prop_assert_eq!(&wrapped[..], &[b"<Bytes>", &message[..], b"</Bytes>"].concat()[..]);
    }
}

proptest! {
    #![proptest_config(config())]

    /// Law 11: a permit tells everything it commits to, so no two permits or places share a message.
    #[test]
    fn law_11_a_permit_can_be_read_back(domain in any_domain(), permit in any_permit()) {
        let message = permit.message(&domain);
        prop_assert_eq!(read_permit(&message), (domain, permit));
        let wrapped = Permit::wrapped(&message);
        prop_assert_eq!(&wrapped[..], &[b"<Bytes>", &message[..], b"</Bytes>"].concat()[..]);
    }

    /// Law 11: no bytes of a permit are a voucher's, or the beginning of them, whatever either says.
    #[test]
    fn law_11_no_permit_is_a_voucher(
        here in any_domain(), there in any_domain(), permit in any_permit(), voucher in any_voucher()
    ) {
        let (permit, voucher) = (permit.message(&here), voucher.message(&there));
        let permits = [permit.to_vec(), Permit::wrapped(&permit).to_vec()];
        let vouchers = [voucher.to_vec(), Voucher::wrapped(&voucher).to_vec()];
        for (permit, voucher) in permits.iter().flat_map(|p| vouchers.iter().map(move |v| (p, v))) {
            prop_assert!(!permit.starts_with(voucher) && !voucher.starts_with(permit));
        }
    }
}

proptest! {
    // Signing takes long.
    #![proptest_config(ProptestConfig { cases: config().cases.div_ceil(10), ..config() })]

    /// Law 11: a signature counts for the voucher and place that it was made for, and for no other.
    #[test]
    fn law_11_a_signature_counts_once(
        seed in any::<[u8; 32]>(),
        domain in any_domain(), voucher in any_voucher(),
        wrapped in any::<bool>(),
        byte in 0..MESSAGE_LEN, flipped in 1u8..,
        spoilt in 0..64usize,
    ) {
        let pair = sign::pair(&seed).unwrap();
        let public = pair.public.to_bytes();
        let message = voucher.message(&domain);
        let form = if wrapped { sign::Form::Wrapped } else { sign::Form::Raw };
        let mut signature = sign::sign(&pair, &message, form);
        let counts = |message: &[u8; MESSAGE_LEN], signature: &[u8]| {
            signed(message, |bytes| sign::verify(&public, bytes, signature))
        };
        prop_assert!(counts(&message, &signature));

        let mut other = message;
        other[byte] ^= flipped;
        prop_assert!(!counts(&other, &signature));

        signature[spoilt] ^= flipped;
        prop_assert!(!counts(&message, &signature));
    }

    /// Law 11: the same of permits, also of one key that signs vouchers with the same fields.
    #[test]
    fn law_11_the_signature_of_a_permit_counts_once(
        seed in any::<[u8; 32]>(),
        domain in any_domain(), permit in any_permit(), voucher in any_voucher(),
        wrapped in any::<bool>(),
        byte in 0..PERMIT_LEN, flipped in 1u8..,
        spoilt in 0..64usize,
    ) {
        let pair = sign::pair(&seed).unwrap();
        let public = pair.public.to_bytes();
        let permit = Permit { owner: public, ..permit };
        let message = permit.message(&domain);
        let form = if wrapped { sign::Form::Wrapped } else { sign::Form::Raw };
        let mut signature = sign::sign(&pair, &message, form);
        let of_voucher = sign::sign(&pair, &voucher.message(&domain), form);
        let counts = |message: &[u8; PERMIT_LEN], signature: &[u8]| {
            signed(message, |bytes| sign::verify(&public, bytes, signature))
        };
        prop_assert!(counts(&message, &signature));
        prop_assert!(permit.is_signed(&domain, |bytes| sign::verify(&public, bytes, &signature)));
        prop_assert!(!counts(&message, &of_voucher));
        prop_assert!(!signed(&voucher.message(&domain), |bytes| sign::verify(&public, bytes, &signature)));

        let mut other = message;
        other[byte] ^= flipped;
        prop_assert!(!counts(&other, &signature));

        signature[spoilt] ^= flipped;
        prop_assert!(!counts(&message, &signature));
    }
}
