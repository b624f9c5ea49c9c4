//! Replays the corpus of `fuzz-dispatch`, and what it begins with.

use std::{collections::BTreeSet, fs, path::Path};
use vilokanam_e2e::dispatch::{seeds, Case, World};

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
    // Every message of every contract has answered with success at least once.
    let mut never = Vec::new();
    for (number, abi) in world.abis.iter().enumerate() {
        for message in &abi.messages {
            let ok = format!("{} {}: ok", world.contract(number).0, message.label);
            if !labels.iter().any(|label| label.starts_with(&ok)) {
                never.push(ok);
            }
        }
    }
    println!(
        "{} cases, {} kinds of answer; never: {never:?}",
        cases.len(),
        labels.len()
    );
}
