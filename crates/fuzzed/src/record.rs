//! The record of a deployment: read, written and read again it is the same, and nothing of it is lost on the way.

use serde_json::Value;
use std::path::Path;
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
    keeps(&before, &after, "");
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

/// Whatever a member said before, it says after.
fn keeps(before: &Value, after: &Value, path: &str) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                let path = format!("{path}/{name}");
                let kept = after.get(name);
                keeps(
                    value,
                    kept.unwrap_or_else(|| panic!("{path} is lost")),
                    &path,
                );
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len(), "{path}");
            for (before, after) in before.iter().zip(after) {
                keeps(before, after, path);
            }
        }
        // Hex is written in small letters.
        (Value::String(before), Value::String(after)) => {
            assert!(
                before.eq_ignore_ascii_case(after),
                "{path}: {before} became {after}"
            );
        }
        (before, after) => assert_eq!(before, after, "{path}"),
    }
}
