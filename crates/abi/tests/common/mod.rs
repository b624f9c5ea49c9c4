//! The committed metadata of the suite.

use serde_json::Value;
use std::{fs, path::Path};
use vilokanam_abi::Abi;

/// The metadata of every contract: name, document.
pub fn documents() -> Vec<(String, Value)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../metadata");
    let mut documents = Vec::new();
    for entry in fs::read_dir(dir).expect("metadata/ is there") {
        let path = entry.expect("is listed").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("reads");
        let document: Value = serde_json::from_str(&text).expect("is JSON");
        // The sizes and the gas table lie there, too.
        if document.get("spec").is_some() {
            let name = path.file_stem().expect("has a name").to_string_lossy();
            documents.push((name.into_owned(), document));
        }
    }
    documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert_eq!(documents.len(), 13);
    documents
}

pub fn document(name: &str) -> Value {
    let mut documents = documents().into_iter();
    documents.find(|(of, _)| of == name).expect("is there").1
}

pub fn abi(document: &Value) -> Abi {
    Abi::parse(&document.to_string()).expect("is an ABI")
}
