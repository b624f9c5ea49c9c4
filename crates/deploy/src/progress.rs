//! What a deployment tells while it runs.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use vilokanam_client::{hex, Hash};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It is known what is left to do.
    Begun {
        /// How many steps.
        steps: usize,
        /// How many are done already.
        there: usize,
    },
    /// A transaction is in the pool.
    Sent {
        /// What it does.
        step: &'a str,
        /// Its hash.
        transaction: Hash,
    },
    /// A block has it.
    InBlock {
        /// What it did.
        step: &'a str,
        /// The block's number.
        block: u64,
    },
    /// It can never be undone, and is recorded.
    Final {
        /// What it did.
        step: &'a str,
        /// The block's number.
        block: u64,
    },
    /// Something that the user should know.
    Note(String),
}

impl core::fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Begun { steps, there } => write!(f, "{steps} steps to do, {there} done before"),
            Self::Sent { step, transaction } => write!(f, "{step}: sent in {}", hex(transaction)),
            Self::InBlock { step, block } => write!(f, "{step}: in block {block}"),
            Self::Final { step, block } => write!(f, "{step}: final in block {block}"),
            Self::Note(text) => f.write_str(text),
        }
    }
}

/// Whom a deployment tells. It stops at once where an error is answered; a later run goes on from there.
pub trait Watcher {
    /// Something happened.
    fn on(&mut self, progress: &Progress<'_>) -> Result<()>;
}

impl<F: FnMut(&Progress<'_>) -> Result<()>> Watcher for F {
    fn on(&mut self, progress: &Progress<'_>) -> Result<()> {
        self(progress)
    }
}

/// Tells people on standard error: with a bar on a terminal, by plain lines elsewhere.
#[derive(Debug, Default)]
pub struct Teller {
    bar: Option<ProgressBar>,
}

impl Watcher for Teller {
    fn on(&mut self, progress: &Progress<'_>) -> Result<()> {
        if !std::io::stderr().is_terminal() {
            eprintln!("{progress}");
            return Ok(());
        }
        match progress {
            Progress::Begun { steps, .. } => {
                // A step is three things: sent, in a block, final.
                let bar = ProgressBar::new(u64::try_from(*steps)?.saturating_mul(3));
                bar.set_style(ProgressStyle::with_template(
                    "{bar:30} {elapsed} {wide_msg}",
                )?);
                self.bar = Some(bar);
            }
            _ => {}
        }
        let Some(bar) = &self.bar else {
            eprintln!("{progress}");
            return Ok(());
        };
        match progress {
            Progress::Begun { .. } => bar.set_message(progress.to_string()),
            Progress::Note(_) => bar.println(progress.to_string()),
            _ => {
                bar.inc(1);
                bar.set_message(progress.to_string());
            }
        }
        Ok(())
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watcher for Silent {
    fn on(&mut self, _: &Progress<'_>) -> Result<()> {
        Ok(())
    }
}
