//! Another version of a source file, for tests: the file with a few edits, so that what the edits leave stays the same code,
//! today and after its next change.
//!
//! ```ignore
//! vilokanam_edited::edited! {
//!     "contracts/vlk_token/lib.rs"
//!     "const LAYOUT_VERSION: u32 = 1;" => "const LAYOUT_VERSION: u32 = 2;"
//! }
//! ```
//!
//! Every text on the left must be in the file exactly once. Comments and attributes of the file itself (`//!`, `#![…]`)
//! are left out: whoever edits has their own.

use proc_macro::{TokenStream, TokenTree};
use std::{fs, path::Path};

/// The file with its edits.
#[proc_macro]
pub fn edited(input: TokenStream) -> TokenStream {
    let code = edit(input).unwrap_or_else(|e| format!("compile_error!({e:?});"));
    code.parse()
        .unwrap_or_else(|e| panic!("what the edits made is no Rust: {e}"))
}

fn edit(input: TokenStream) -> Result<String, String> {
    let mut texts = Vec::new();
    for token in input {
        match token {
            TokenTree::Literal(literal) => texts.push(text(&literal.to_string())?),
            TokenTree::Punct(_) => {}
            other => return Err(format!("texts are expected here, and not {other}")),
        }
    }
    let mut texts = texts.into_iter();
    let path = texts.next().ok_or("the file's path is missing")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(path);
    let source = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let own = |line: &&str| !line.starts_with("//!") && !line.starts_with("#![");
    let mut code: String = source.lines().filter(own).collect::<Vec<_>>().join("\n");
    while let Some(before) = texts.next() {
        let after = texts.next().ok_or("an edit has two sides")?;
        if code.matches(&before).count() != 1 {
            let found = code.matches(&before).count();
            return Err(format!("{found} times in {}: {before}", path.display()));
        }
        code = code.replace(&before, &after);
    }
    Ok(code)
}

/// What a text literal says: `"…"` without escapes, or `r#"…"#`.
fn text(literal: &str) -> Result<String, String> {
    let inner = literal.trim_start_matches('r').trim_matches('#');
    let inner = inner
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if literal.starts_with('r') || !inner.contains('\\') => Ok(inner.to_owned()),
        _ => Err(format!(
            "a text without escapes is expected, and not {literal}"
        )),
    }
}
