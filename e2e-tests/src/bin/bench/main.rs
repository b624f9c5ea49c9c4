//! `make bench`: what every message costs, and whether the design's promises hold.
//!
//! usage: bench [--check | --quick]
//!   (nothing)  measures on the embedded chain and on a node, and writes metadata/gas.json and docs/benchmarks.md
//!   --check    measures on the embedded chain only, writes nothing, and fails if a message is missing or a figure is
//!              more than 2 % above the committed one
//!   --quick    as without arguments, with a crowd of 2,000 sessions instead of 20,000
//!
//! Without a node, the committed figures of one are kept; with VILOKANAM_REQUIRE_NODE=1 that is a failure.

mod measure;
mod report;
mod rows;
mod top;
mod walk;

use anyhow::{bail, ensure, Context, Result};
use measure::{Abi, Bench};
use report::{grown, targets, Figures, Report};
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    time::Instant,
};
use vilokanam_chain::{artifacts_dir, wasm, Chain, Embedded, Node, CONTRACTS, NO_NODE};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => bench(20_000),
        ["--quick"] => bench(2_000),
        ["--check"] => check(),
        _ => bail!("usage: bench [--check | --quick]"),
    }
}

fn bench(crowd: u32) -> Result<()> {
    let root = root();
    let (gas, page) = (
        root.join("metadata/gas.json"),
        root.join("docs/benchmarks.md"),
    );
    let abi = Abi::read(&root.join("metadata"))?;
    // First, so that a machine without one says so before anybody waits.
    let node = Node::start()?;
    if node.is_none() {
        let required = env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
        ensure!(!required, "{NO_NODE}");
        eprintln!("bench: {NO_NODE}");
        eprintln!("bench: the node's figures are left as they are");
    }

    let mut report = Report {
        code_bytes: code_bytes()?,
        ..Report::read(&gas)?.unwrap_or_default()
    };
    let mut embedded = walked(Embedded::new(), &abi)?;
    report.embedded = Figures {
        rows: rows::lasting(&mut embedded, crowd)?,
        messages: embedded.messages,
    };
    if let Some(node) = node {
        let mut node = walked(node, &abi)?;
        let mut rows = rows::compared(&mut node)?;
        rows.extend(top::rows(&mut node)?);
        report.node = Some(Figures {
            rows,
            messages: node.messages,
        });
    }
    report.write(&gas)?;
    let before = root.join("metadata/gas-core.json");
    report.write_page(&page, &Figures::read(&before)?)?;
    for figures in report.node.iter().chain([&report.embedded]) {
        println!("{}", targets(&figures.rows));
    }
    eprintln!("bench: wrote {} and {}", gas.display(), page.display());
    Ok(())
}

fn check() -> Result<()> {
    let root = root();
    let abi = Abi::read(&root.join("metadata"))?;
    let committed = Report::read(&root.join("metadata/gas.json"))?;
    let committed = committed.context("no metadata/gas.json: run `make bench`")?;
    let measured = walked(Embedded::new(), &abi)?.messages;
    let grown = grown(&committed.embedded.messages, &measured);
    for line in &grown {
        eprintln!("bench: {line}");
    }
    ensure!(
        grown.is_empty(),
        "{} figures have grown: make them smaller again, or commit a new baseline by `make bench`",
        grown.len()
    );
    eprintln!("bench: no message costs more than it did");
    Ok(())
}

/// A chain on which every message was measured.
fn walked<C: Chain>(chain: C, abi: &Abi) -> Result<Bench<'_, C>> {
    let start = Instant::now();
    let name = chain.name().to_owned();
    eprintln!("bench: every message, on the chain `{name}`");
    let mut bench = Bench::deploy(chain, abi)?;
    walk::walk(&mut bench)?;
    let missing = abi.missing(&bench.messages);
    ensure!(
        missing.is_empty(),
        "nobody measures these messages (see walk.rs):\n  {}",
        missing.join("\n  ")
    );
    eprintln!("bench: done in {:.0} s", start.elapsed().as_secs_f64());
    Ok(bench)
}

fn code_bytes() -> Result<BTreeMap<String, u64>> {
    let dir = artifacts_dir();
    let size = |name: &str| -> Result<_> {
        let bytes = u64::try_from(wasm(&dir, name)?.len())?;
        Ok((name.to_owned(), bytes))
    };
    CONTRACTS.into_iter().map(size).collect()
}

/// The project's folder.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
