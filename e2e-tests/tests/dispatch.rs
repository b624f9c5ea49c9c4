//! Replays the corpus of `fuzz-dispatch`, and what it begins with.

use std::{collections::BTreeSet, fs, path::Path};
use vilokanam_e2e::dispatch::{seeds, Case, World};

/// Sent by contracts to contracts: nobody else succeeds with them.
const OF_CONTRACTS: [&str; 7] = [
    "Holds::hold",
    "Holds::top_up",
    "Patronage::sponsor_session",
    "PaymentDesk::deposit_permitted",
    "PaymentDesk::pay",
    "PaymentDesk::shift",
    "PaymentHandler::settle",
];

#[test]
fn the_corpus_of_dispatch_does_what_the_design_allows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/dispatch");
    let mut world = World::new();
    let mut cases = seeds(&world);
    let seeds = cases.len();
    for entry in fs::read_dir(folder).expect("the corpus is there") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("is readable");
        cases.push(Case::from_bytes(&bytes));
    }
    assert!(cases.len() > seeds, "the corpus is empty");
    let mut labels = BTreeSet::new();
    for case in &cases {
        match world.run(case) {
            Ok(report) => labels.extend(report.labels),
            Err(failure) => panic!(
                "message {}: {}\n{}",
                failure.step + 1,
                failure.what,
                world.describe(case)
            ),
        }
    }
    // Every message of every contract succeeds in some case, but for those that contracts alone may send, and the first wiring, which
    // was done.
    let mut never = BTreeSet::new();
    for (number, abi) in world.abis.iter().enumerate() {
        for message in &abi.messages {
            let ok = format!("{} {}: ok", world.contract(number).0, message.label);
            let done = labels.iter().any(|label| label.starts_with(&ok));
            if !done && message.label != "Administered::wire" {
                never.insert(message.label.clone());
            }
        }
    }
    let never: Vec<_> = never.iter().map(String::as_str).collect();
    assert_eq!(never, OF_CONTRACTS);
    println!("{} cases, {} kinds of answer", cases.len(), labels.len());
}
