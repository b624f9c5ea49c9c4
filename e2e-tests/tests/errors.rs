//! Every error that a contract's interface documents is met in a test: by its own enum's name, so that `NotOwner` of one contract is not
//! taken for that of another.
//!
//! Read from the sources: the enums in `crates/interfaces`, and what the tests and the model name. It shows that an error has a
//! test, not that the test is good: reviews and planted faults do (`docs/mutants.md`, `docs/planted.md`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Enums that say why something was refused, besides those whose names end in `Error`.
const REASONS: [&str; 2] = ["VoucherOutcome", "VoucherError"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("is a folder") {
        let path = entry.expect("can be read").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// The enums of errors in a source, and the names of their variants: as rustfmt lays them out.
fn enums(source: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut open: Option<(String, Vec<String>)> = None;
    for line in source.lines() {
        if let Some(name) = line.strip_prefix("pub enum ") {
            let name = words(name).next().expect("has a name");
            if name.ends_with("Error") || REASONS.contains(&name) {
                open = Some((name.into(), Vec::new()));
            }
        } else if line == "}" {
            found.extend(open.take());
        } else if let (Some((_, variants)), Some(variant)) = (&mut open, line.strip_prefix("    "))
        {
            if variant.starts_with(char::is_uppercase) {
                variants.extend(words(variant).next().map(String::from));
            }
        }
    }
    found
}

/// The pairs `Enum::Variant` that a source names, its imports' aliases resolved.
fn named(source: &str, enums: &BTreeMap<String, Vec<String>>) -> BTreeSet<(String, String)> {
    let mut aliases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in enums.keys() {
        aliases.entry(name).or_default().insert(name);
    }
    let all: Vec<&str> = words(source).collect();
    for three in all.windows(3) {
        if three[1] == "as" && enums.contains_key(three[0]) {
            aliases.entry(three[2]).or_default().insert(three[0]);
        }
    }
    let mut found = BTreeSet::new();
    for (place, _) in source.match_indices("::") {
        let before = &source[..place];
        let from = before
            .rfind(|c: char| !c.is_alphanumeric())
            .map_or(0, |at| at + 1);
        let Some(names) = aliases.get(&before[from..]) else {
            continue;
        };
        let variant = words(&source[place..]).next().unwrap_or_default();
        found.extend(names.iter().map(|name| ((*name).into(), variant.into())));
    }
    found
}

#[test]
fn every_documented_error_is_met_in_a_test() {
    let mut all = BTreeMap::new();
    for path in sources(&root().join("crates/interfaces/src")) {
        all.append(&mut enums(&fs::read_to_string(path).expect("is text")));
    }
    let mut met = BTreeSet::new();
    let mut tests = sources(&root().join("e2e-tests/tests"));
    for contract in fs::read_dir(root().join("contracts")).expect("is a folder") {
        tests.push(contract.expect("can be read").path().join("tests.rs"));
    }
    for path in tests.iter().filter(|path| path.exists()) {
        met.append(&mut named(
            &fs::read_to_string(path).expect("is text"),
            &all,
        ));
    }
    let documented = all.iter().flat_map(|(name, variants)| {
        let pair = |variant: &String| (name.clone(), variant.clone());
        variants.iter().map(pair).collect::<Vec<_>>()
    });
    let documented: BTreeSet<_> = documented.collect();
    assert!(documented.len() > 200, "only {} found", documented.len());
    let never: Vec<_> = documented.difference(&met).collect();
    println!("{} errors of {} enums", documented.len(), all.len());
    assert!(never.is_empty(), "in no test: {never:?}");
}

#[test]
fn an_error_counts_by_its_own_enum_only() {
    let enums = enums("pub enum AError {\n    One,\n    /// Two.\n    Two {\n        max: u8,\n    },\n}\npub enum BError {\n    One,\n}\n");
    assert_eq!(enums["AError"], ["One", "Two"]);
    let met = named(
        "use x::{AError as Error};\nError::One; BError::Other",
        &enums,
    );
    let pair = |name: &str, variant: &str| (name.to_string(), variant.to_string());
    assert!(met.contains(&pair("AError", "One")) && !met.contains(&pair("BError", "One")));
}
