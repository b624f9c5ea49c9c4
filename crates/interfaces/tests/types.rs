//! What these types do besides naming fields: an encoding that is written out, lengths of time, an opened box.

use ink::scale::{Decode, Encode};
use vilokanam_interfaces::{
    AccountId, PassPeriod, TickStreamError, Wiring, MAX_GRACE_MS, MIN_CHANGE_DELAY_MS,
};

/// A wiring is encoded as the derive would: its slots in their order, each with a byte before it.
#[test]
fn a_wiring_is_its_slots_in_their_order() {
    let slot = |number: u8| Some(AccountId::from([number; 32]));
    let full = Wiring {
        registry: slot(1),
        pricing: slot(2),
        payments: slot(3),
        meter: slot(4),
        passes: slot(5),
        patronage: slot(6),
        directory: slot(7),
    };
    let slots: Vec<_> = (1..=7).map(slot).collect();
    for filled in 0..128_u8 {
        let has = |at: usize| filled >> at & 1 == 1;
        let of = |at: usize| slots[at].filter(|_| has(at));
        let wiring = Wiring {
            registry: of(0),
            pricing: of(1),
            payments: of(2),
            meter: of(3),
            passes: of(4),
            patronage: of(5),
            directory: of(6),
        };
        let mut expected = Vec::new();
        for slot in (0..7).map(of) {
            expected.push(u8::from(slot.is_some()));
            expected.extend(slot.iter().flat_map(|account| account.0));
        }
        assert_eq!(wiring.encode(), expected);
        assert_eq!(Wiring::decode(&mut &expected[..]), Ok(wiring));
    }
    let bytes = full.encode();
    assert_eq!(bytes.len(), 7 * 33);
    assert!(Wiring::decode(&mut &bytes[..230]).is_err());
}

#[test]
fn passes_last_for_days() {
    let days = [PassPeriod::Day, PassPeriod::Week, PassPeriod::Month].map(|p| p.ms() / 86_400_000);
    assert_eq!(days, [1, 7, 30]);
    assert_eq!(PassPeriod::Month.ms(), 30 * PassPeriod::Day.ms());
}

/// Two days: whoever sees a change announced can still close, and redeem, what is open.
#[test]
fn a_change_waits_a_day_longer_than_the_longest_grace() {
    assert_eq!(MIN_CHANGE_DELAY_MS, 172_800_000);
    assert_eq!(MIN_CHANGE_DELAY_MS - MAX_GRACE_MS, PassPeriod::Day.ms());
}

#[test]
fn a_boxed_error_is_the_error() {
    let finish_ms = 7;
    let error = TickStreamError::ExitNotDue { finish_ms };
    assert_eq!(TickStreamError::from(Box::new(error.clone())), error);
}
