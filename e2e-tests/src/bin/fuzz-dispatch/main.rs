//! Fuzzes the dispatch of every contract on the embedded chain, guided by what cases do: see `vilokanam_e2e::dispatch`.
//!
//! usage: fuzz-dispatch CORPUS [--seconds 900] [--seed N] [--failures DIR]
//!        fuzz-dispatch CORPUS --minimise
//!        fuzz-dispatch --replay FILE...
//!        fuzz-dispatch --seeds
//!
//! CORPUS is a folder. With `--minimise` it is left with the smallest cases that together do all that they all do. A case that fails
//! is written into the folder of failures, as it was found and with as few steps as still fail, with the command that replays it.

#![allow(clippy::arithmetic_side_effects)]

use anyhow::{anyhow, bail, ensure, Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    panic::{catch_unwind, AssertUnwindSafe},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use vilokanam_e2e::dispatch::{seeds, Case, Failure, Mutator, Report, World};

/// How often to say what was done.
const PULSE: Duration = Duration::from_secs(30);
/// Different failures after which to stop.
const MAX_FAILURES: usize = 20;

struct Options {
    corpus: PathBuf,
    seconds: u64,
    seed: u64,
    failures: PathBuf,
    minimise: bool,
    seeds: bool,
    replay: Vec<PathBuf>,
}

fn options() -> Result<Options> {
    let mut found = Options {
        corpus: PathBuf::new(),
        seconds: 900,
        seed: 1,
        failures: PathBuf::from("fuzz/artifacts/dispatch"),
        minimise: false,
        seeds: false,
        replay: Vec::new(),
    };
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--seconds" => found.seconds = value()?.parse()?,
            "--seed" => found.seed = value()?.parse()?,
            "--failures" => found.failures = value()?.into(),
            "--minimise" => found.minimise = true,
            "--seeds" => found.seeds = true,
            "--replay" => found.replay = args.by_ref().map(PathBuf::from).collect(),
            other if other.starts_with('-') => bail!("unknown option {other}"),
            folder => found.corpus = folder.into(),
        }
    }
    Ok(found)
}

/// Runs a case; a panic of our own code is a failure, too.
fn run(world: &mut World, case: &Case) -> Result<Report, Failure> {
    catch_unwind(AssertUnwindSafe(|| world.run(case))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        Err(Failure {
            step: 0,
            what: format!("a panic: {}", said.unwrap_or_default()),
        })
    })
}

fn load(folder: &Path) -> Result<BTreeMap<PathBuf, Case>> {
    fs::create_dir_all(folder)?;
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        cases.insert(path.clone(), Case::from_bytes(&fs::read(&path)?));
    }
    Ok(cases)
}

fn name_of(bytes: &[u8]) -> String {
    // FNV-1a: a name, and no proof of anything.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// A fuzzing run.
struct Fuzzer {
    world: World,
    options: Options,
    corpus: Vec<Case>,
    seen: BTreeSet<u64>,
    labels: BTreeMap<String, u64>,
    failures: BTreeSet<String>,
    cases: u64,
    messages: u64,
}

impl Fuzzer {
    /// Tries a case; keeps it if it does what none has done.
    fn try_case(&mut self, case: Case, keep: bool) -> Result<()> {
        self.cases += 1;
        match run(&mut self.world, &case) {
            Ok(report) => {
                self.messages += report.labels.len() as u64;
                for label in report.labels {
                    *self.labels.entry(label).or_default() += 1;
                }
                let before = self.seen.len();
                self.seen.extend(report.features);
                if self.seen.len() > before || !keep {
                    if keep {
                        let bytes = case.to_bytes();
                        fs::write(self.options.corpus.join(name_of(&bytes)), bytes)?;
                    }
                    self.corpus.push(case);
                }
                Ok(())
            }
            Err(failure) => self.report(&case, &failure),
        }
    }

    /// Says what failed, once for each kind, and stores it.
    fn report(&mut self, case: &Case, failure: &Failure) -> Result<()> {
        let kind: String = failure
            .what
            .chars()
            .filter(|c| !c.is_numeric())
            .take(70)
            .collect();
        if !self.failures.insert(kind) {
            return Ok(());
        }
        let smaller = shrink(&mut self.world, case);
        let bytes = smaller.to_bytes();
        fs::create_dir_all(&self.options.failures)?;
        let file = self.options.failures.join(name_of(&bytes));
        fs::write(&file, &bytes)?;
        fs::write(file.with_extension("found"), case.to_bytes())?;
        println!(
            "FAILED: {}\n{}\n  again: fuzz-dispatch --replay {}",
            failure.what,
            self.world.describe(&smaller),
            file.display()
        );
        ensure!(self.failures.len() < MAX_FAILURES, "too many failures");
        Ok(())
    }

    fn pulse(&self, since: Instant) {
        println!(
            "{:>5} s  {} cases, {} messages, {} kept, {} features, {} kinds of answer, {} failures",
            since.elapsed().as_secs(),
            self.cases,
            self.messages,
            self.corpus.len(),
            self.seen.len(),
            self.labels.len(),
            self.failures.len()
        );
    }

    fn fuzz(&mut self) -> Result<()> {
        let start = Instant::now();
        for case in load(&self.options.corpus)?.into_values() {
            self.try_case(case, false)?;
        }
        for case in seeds(&self.world) {
            self.try_case(case, true)?;
        }
        self.pulse(start);
        let mut mutator = Mutator::new(self.options.seed, &self.world);
        let mut pulsed = Instant::now();
        while start.elapsed().as_secs() < self.options.seconds {
            let other = mutator.choose(&self.corpus).clone();
            let case = mutator.choose(&self.corpus).clone();
            let case = mutator.mutate(&case, &other, &self.world.abis);
            self.try_case(case, true)?;
            if pulsed.elapsed() > PULSE {
                self.pulse(start);
                pulsed = Instant::now();
            }
        }
        self.pulse(start);
        self.table();
        match self.failures.len() {
            0 => Ok(()),
            many => Err(anyhow!(
                "{many} failures: see {}",
                self.options.failures.display()
            )),
        }
    }

    /// What each message was seen to do.
    fn table(&self) {
        let mut messages = BTreeMap::<&str, (u64, u64, u64, u64)>::new();
        for (label, count) in &self.labels {
            let (message, answer) = label.split_once(": ").unwrap_or((label, ""));
            let row = messages.entry(message).or_default();
            match answer.split(' ').next() {
                Some("ok") => row.0 += count,
                Some("refused") => row.1 += count,
                Some("not") => row.2 += count,
                _ => row.3 += count,
            }
        }
        println!(
            "{:<52} {:>9} {:>9} {:>9} {:>9}",
            "message", "ok", "refused", "not read", "trapped"
        );
        for (message, (ok, refused, unread, trapped)) in &messages {
            println!("{message:<52} {ok:>9} {refused:>9} {unread:>9} {trapped:>9}");
        }
        let traps = self
            .labels
            .iter()
            .filter(|(label, _)| label.contains(": trapped"));
        let mut kinds = BTreeMap::<&str, u64>::new();
        for (label, count) in traps {
            *kinds
                .entry(label.rsplit(' ').next().unwrap_or(""))
                .or_default() += count;
        }
        println!("traps, all allowed: {kinds:?}");
    }
}

/// The fewest steps that still fail, with the shortest bytes.
fn shrink(world: &mut World, case: &Case) -> Case {
    let mut case = case.clone();
    let mut place = 0;
    while place < case.steps.len() {
        let mut fewer = case.clone();
        fewer.steps.remove(place);
        match run(world, &fewer) {
            Err(_) => case = fewer,
            Ok(_) => place += 1,
        }
    }
    case
}

/// Leaves the smallest cases that together do what all do, by kinds of answer and pairs of them: cost is not counted, since it
/// changes with every compiler.
fn minimise(folder: &Path) -> Result<()> {
    let mut world = World::new();
    let mut all: Vec<_> = load(folder)?.into_iter().collect();
    all.sort_by_key(|(_, case)| case.to_bytes().len());
    let mut seen = BTreeSet::new();
    let (mut kept, mut bytes) = (0, 0);
    for (path, case) in all {
        let report =
            run(&mut world, &case).map_err(|f| anyhow!("{}: {}", path.display(), f.what))?;
        let before = seen.len();
        seen.extend(report.labels);
        if seen.len() > before {
            kept += 1;
            bytes += case.to_bytes().len();
        } else {
            fs::remove_file(path)?;
        }
    }
    println!(
        "{kept} cases of {bytes} bytes, which do {} kinds of things",
        seen.len()
    );
    Ok(())
}

/// Prints what a case is and does; whether all laws held.
fn told(world: &mut World, case: &Case) -> bool {
    println!("{}", world.describe(case));
    match run(world, case) {
        Ok(report) => println!("{}\n", report.labels.join("\n")),
        Err(failure) => {
            println!("FAILED at message {}: {}\n", failure.step + 1, failure.what);
            return false;
        }
    }
    true
}

fn replay(files: &[PathBuf]) -> Result<()> {
    let mut world = World::new();
    let mut failed = 0;
    for file in files {
        println!("{}", file.display());
        let case = Case::from_bytes(&fs::read(file)?);
        failed += usize::from(!told(&mut world, &case));
    }
    ensure!(failed == 0, "{failed} of {} failed", files.len());
    Ok(())
}

fn main() -> Result<()> {
    let options = options()?;
    if !options.replay.is_empty() {
        return replay(&options.replay);
    }
    if options.seeds {
        let mut world = World::new();
        for case in seeds(&world) {
            told(&mut world, &case);
        }
        return Ok(());
    }
    ensure!(
        options.corpus != Path::new(""),
        "which folder has the corpus?"
    );
    if options.minimise {
        return minimise(&options.corpus);
    }
    let mut fuzzer = Fuzzer {
        world: World::new(),
        options,
        corpus: Vec::new(),
        seen: BTreeSet::new(),
        labels: BTreeMap::new(),
        failures: BTreeSet::new(),
        cases: 0,
        messages: 0,
    };
    fuzzer.fuzz()
}
