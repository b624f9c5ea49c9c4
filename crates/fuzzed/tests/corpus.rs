//! Replays what is kept of each target's corpus: what was found once is not there again, and whoever has no nightly toolchain sees it.

use std::{fs, path::Path};
use vilokanam_fuzzed::TARGETS;

#[test]
fn every_corpus_is_replayed() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpora.join(name)).expect("every target has a corpus") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display()); // shown if it fails
            target(&fs::read(path).expect("is readable"));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no corpus");
    }
}

#[test]
fn every_target_is_one_of_cargo_fuzz() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("is readable");
    let names: Vec<_> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| *name != "vilokanam-fuzz")
        .collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
}
