//! `vilokanam demo`: plays an evening and tells it.

use crate::{cli::DemoArgs, network::key, print, show};
use anyhow::{ensure, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{stderr, IsTerminal},
    time::Instant,
};
use vilokanam_chain::{artifacts_dir, Embedded, Node};
use vilokanam_client::Options;
use vilokanam_deploy::Network;
use vilokanam_e2e::evening::{play, EveningPlan, Moment, Onlooker};

/// Plays the evening. `false` if a law did not hold.
pub fn run(args: &DemoArgs) -> Result<bool> {
    let begun = Instant::now();
    let mut progress = progress();
    let report = match &args.network {
        None => {
            let plan = EveningPlan::new(args.viewers.unwrap_or(200), args.seed);
            play(
                &mut Embedded::new(),
                &artifacts_dir(),
                &plan,
                progress.as_mut(),
            )?
        }
        Some(name) => {
            let network = Network::load(name, Some(&args.config))?;
            ensure!(
                network.development,
                "the demo makes up people and their money: that is for a development chain, and {name} is none"
            );
            let options = Options {
                // The chain may seal a block for each transaction, and many before one is final.
                mortal_blocks: 1_024,
                ..network.options()
            };
            let mut chain = Node::connect(&network.endpoints, options, key(&network)?)?;
            let plan = EveningPlan::fast(args.viewers.unwrap_or(12), args.seed);
            play(&mut chain, &artifacts_dir(), &plan, progress.as_mut())?
        }
    };
    drop(progress);
    if args.json {
        print::json(&report)?;
    } else {
        print::text(&show::report(&report))?;
    }
    // Not in the report, which is the same every time.
    eprintln!("Played in {:.1} s.", begun.elapsed().as_secs_f64());
    Ok(report.holds())
}

/// A bar on a terminal, lines elsewhere.
fn progress() -> Box<dyn Onlooker> {
    if !stderr().is_terminal() {
        return Box::new(Lines { next_percent: 0 });
    }
    let bar = ProgressBar::new(100);
    let style = ProgressStyle::with_template(
        "{bar:30} {percent:>3} % of the evening, {prefix} transactions {wide_msg:.dim}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    Box::new(Bar(bar))
}

struct Bar(ProgressBar);

impl Onlooker for Bar {
    fn progress(&mut self, percent: u64, transactions: u64) {
        self.0.set_prefix(transactions.to_string());
        self.0.set_position(percent);
    }

    fn moment(&mut self, moment: &Moment) {
        self.0.set_message(show::moment(moment));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

struct Lines {
    next_percent: u64,
}

impl Onlooker for Lines {
    fn progress(&mut self, percent: u64, transactions: u64) {
        if percent >= self.next_percent {
            eprintln!("{percent:>3} % of the evening, {transactions} transactions");
            self.next_percent = percent - percent % 10 + 10;
        }
    }

    fn moment(&mut self, _moment: &Moment) {}
}
