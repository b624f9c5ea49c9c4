//! The record of a deployment: read, written and read again it is the same, and nothing of it is lost on the way.

use serde_json::Value;
use std::{collections::BTreeSet, path::Path};
use vilokanam_deploy::Record;

/// Bytes that are no text are damaged, as is whatever else is no record.
pub fn record(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let record = match read(text) {
        Ok(record) => record,
        Err(error) => {
            assert!(!format!("{error:#}").trim().is_empty());
            return;
        }
    };
    let written = record.to_text().expect("what was read can be written");
    let again = read(&written).expect("what was written can be read");
    let (Ok(before), Ok(after)) = (
        serde_json::from_str::<Value>(text),
        serde_json::from_str::<Value>(&written),
    ) else {
        panic!("a record is JSON");
    };
    // Parts of a whole are in no record, and JSON's are not exact.
    if has_fraction(&before) {
        return;
    }
    assert_eq!(again, record);
    assert_eq!(again.to_text().expect("is written"), written);
    keeps(&before, &after);
    let _ = (record.ensure_chain(&[0; 32]), record.address("tick_stream"));
}

fn read(text: &str) -> anyhow::Result<Record> {
    Record::parse(Path::new("fuzzed.json"), text)
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => !(number.is_u64() || number.is_i64()),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        _ => false,
    }
}

/// What is at the top and of a contract, other commands keep there: none of it is lost.
fn keeps(before: &Value, after: &Value) {
    let members = |record: &Value, path: [&str; 2]| -> BTreeSet<String> {
        let mut at = path.iter().filter(|name| !name.is_empty());
        let place = at.try_fold(record, |value, name| value.get(name));
        let members = place.and_then(Value::as_object);
        members
            .into_iter()
            .flat_map(|m| m.keys().cloned())
            .collect()
    };
    for name in members(before, ["contracts", ""])
        .iter()
        .map(String::as_str)
    {
        let path = ["contracts", name];
        assert!(
            members(before, path).is_subset(&members(after, path)),
            "{name}"
        );
    }
    assert!(members(before, ["", ""]).is_subset(&members(after, ["", ""])));
}
