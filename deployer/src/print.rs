//! What goes to standard output. That whoever reads has gone (`export | head`) is no error.

use anyhow::Result;
use serde::Serialize;
use std::io::{stdout, ErrorKind, Write};

/// Text as it is.
pub fn text(text: &str) -> Result<()> {
    let mut out = stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// One JSON document.
pub fn json(value: &impl Serialize) -> Result<()> {
    text(&format!("{}\n", serde_json::to_string_pretty(value)?))
}
