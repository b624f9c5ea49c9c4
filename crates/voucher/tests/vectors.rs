//! The committed vectors are those that the example prints, and each says what its name promises.

#[path = "../examples/vectors.rs"]
#[allow(dead_code)]
mod example;

use serde_json::Value;

const COMMITTED: &str = include_str!("../vectors.json");

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(COMMITTED).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn permits() -> Vec<Value> {
    let file: Value = serde_json::from_str(COMMITTED).unwrap();
    file["permits"].as_array().unwrap().clone()
}

fn names(refusal: Option<&str>) -> Vec<String> {
    names_of(&vectors(), refusal)
}

fn names_of(vectors: &[Value], refusal: Option<&str>) -> Vec<String> {
    vectors
        .iter()
        .filter(|vector| vector["refusal"].as_str() == refusal)
        .map(|vector| vector["name"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn vectors_are_current() {
    assert!(
        example::file() == COMMITTED,
        "write anew: cargo run -p vilokanam-voucher --example vectors --features sign >crates/voucher/vectors.json"
    );
}

#[test]
fn vectors_are_refused_for_the_reason_in_their_name() {
    assert_eq!(
        names(None),
        [
            "raw, by the session key",
            "wrapped, by the session key",
            "raw, by the viewer's account",
            "wrapped, by the viewer's account",
            "first of its session",
            "more money for the same time",
            "below the ceiling",
            "at the ceiling of a fraction of a unit",
            "as far ahead as is tolerated",
            "as far past the latest end as is tolerated",
            "all that the hold covers",
            "numbers of session, stream and asset zero",
            "numbers of session, stream and asset at their edge",
            "amount and ceiling at their edge",
            "time at its edge",
        ]
    );
    assert_eq!(
        names(Some("Signature")),
        [
            "wrong key",
            "by the viewer's account, where a session key is authorised",
            "truncated",
            "a byte too long",
            "all zero",
            "all zero but for the mark",
            "bit flipped in R",
            "bit flipped in s",
            "not marked as sr25519",
            "malleated: the group's order added to s",
            "forged for the neutral element as key",
            "signed for another session",
            "signed for another stream",
            "signed for another asset",
            "signed for another viewer",
            "signed for another contract",
            "signed for another chain",
            "signed for another time",
            "signed for another amount",
            "signed in another version",
            "wrapped twice",
            "wrapped in another case",
            "wrapped without end",
            "wrapped with a space",
        ]
    );
    assert_eq!(
        names(Some("NotNewer")),
        ["older", "equal", "longer, but for the same amount"]
    );
    assert_eq!(names(Some("TimeFallsBack")), ["more money for less time"]);
    assert_eq!(
        names(Some("AboveCeiling")),
        [
            "above the ceiling",
            "above the ceiling of a fraction of a unit",
            "above the ceiling at the edge"
        ]
    );
    assert_eq!(
        names(Some("AheadOfTime")),
        ["ahead of time", "ahead of the latest end"]
    );
    assert_eq!(
        names(Some("AboveHold")),
        ["above the hold", "above the hold, wrapped"]
    );
    assert_eq!(vectors().len(), 15 + 24 + 3 + 1 + 3 + 2 + 2);
}

/// But for its signature, a vector refused for it would be accepted: the signature alone is to blame.
#[test]
fn vectors_have_one_fault_each() {
    let accepted = vectors()[0].clone();
    for vector in vectors() {
        if vector["refusal"] == "Signature" {
            for part in ["domain", "voucher", "message", "terms", "now_ms"] {
                assert_eq!(vector[part], accepted[part], "{}", vector["name"]);
            }
        }
    }
}

#[test]
fn permits_are_refused_for_the_reason_in_their_name() {
    let permits = permits();
    assert_eq!(
        names_of(&permits, None),
        [
            "raw, at its deadline",
            "wrapped, at its deadline",
            "the first of its owner",
            "of nothing, which takes an approval back",
            "numbers at their edge",
        ]
    );
    assert_eq!(
        names_of(&permits, Some("Signature")),
        [
            "wrong key",
            "signed for another spender",
            "signed for another owner",
            "signed for another value",
            "used already: signed with the nonce before",
            "too early: signed with the nonce after",
            "signed for another deadline",
            "signed for another token",
            "signed for another chain",
            "signed in another version",
            "signed with the purpose of vouchers",
            "a voucher of the same key",
            "truncated",
            "not marked as sr25519",
            "malleated: the group's order added to s",
            "forged for the neutral element as owner",
        ]
    );
    assert_eq!(
        names_of(&permits, Some("Expired")),
        ["after its deadline", "after its deadline, by the wrong key"]
    );
    assert_eq!(permits.len(), 5 + 16 + 2);
}

/// But for its signature, a permit refused for it would be accepted: the signature alone is to blame.
#[test]
fn permits_have_one_fault_each() {
    let permits = permits();
    let forged = "forged for the neutral element as owner";
    for permit in permits.iter().filter(|permit| permit["name"] != forged) {
        if permit["refusal"] == "Signature" {
            for part in ["domain", "permit", "message", "now_ms"] {
                assert_eq!(permit[part], permits[0][part], "{}", permit["name"]);
            }
        }
    }
}
