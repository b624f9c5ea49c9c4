//! `vilokanam replay`: replays an evening at scale and tells what it measured.

use crate::{cli::ReplayArgs, print, show};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt::Write,
    io::{stderr, IsTerminal},
    time::Instant,
};
use vilokanam_chain::{artifacts_dir, Embedded};
use vilokanam_e2e::{
    evening::{time, whole},
    replay::{play, Cost, Onlooker, ReplayPlan, Report},
};

/// Replays the evening. `false` if an amount or a law did not hold.
pub fn run(args: &ReplayArgs) -> Result<bool> {
    let plan = ReplayPlan {
        sessions: args.sessions,
        seed: args.seed,
    };
    let mut progress = progress();
    let mut chain = Embedded::new();
    let report = play(&mut chain, &artifacts_dir(), &plan, progress.as_mut())?;
    drop(progress);
    if args.json {
        print::json(&report)?;
    } else {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write(&mut text, &report);
        print::text(&text)?;
    }
    Ok(report.holds())
}

/// A bar on a terminal, lines elsewhere.
fn progress() -> Box<dyn Onlooker> {
    if !stderr().is_terminal() {
        return Box::new(Lines {
            began: Instant::now(),
            next: 0,
        });
    }
    let bar = ProgressBar::new(1);
    let style = ProgressStyle::with_template("{elapsed:>5} {bar:30} {msg} {pos} of {len}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    Box::new(Bar(bar))
}

struct Bar(ProgressBar);

impl Onlooker for Bar {
    fn progress(&mut self, phase: &str, done: usize, of: usize) {
        if done == 0 {
            self.0.set_message(phase.to_owned());
            self.0.set_length(of as u64);
        }
        self.0.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

struct Lines {
    began: Instant,
    /// From which step on the next line is due.
    next: usize,
}

impl Onlooker for Lines {
    fn progress(&mut self, phase: &str, done: usize, of: usize) {
        if done == 0 {
            self.next = 0;
        }
        // A phase of one step is told when it begins.
        if done >= self.next && (of > 1 || done == 0) {
            let secs = self.began.elapsed().as_secs();
            eprintln!("{secs:>4} s  {phase}: {done} of {of}");
            // A line for each quarter.
            self.next = (done * 4 / of.max(1) + 1) * of.div_ceil(4);
        }
    }
}

fn write(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(
        text,
        "\n{} sessions of {} viewers on {} streams, {} of them by voucher, {} open at once; {} watched; seed {}.",
        report.sessions,
        report.viewers,
        report.streams,
        report.by_voucher,
        report.most_open,
        time(report.seconds_watched * 1_000),
        report.seed
    )?;
    writeln!(text, "\nPhases, in wall time\n{}", phases(report))?;
    let settling = &report.settling;
    writeln!(text, "\nSettling, in wall time\n{}", rounds(report))?;
    writeln!(
        text,
        "\n{:.0} sessions settled a second (target {:.0}: {}){}. {} vouchers signed; {} were superseded, {} presented all \
         the same and refused.",
        settling.sessions_per_sec,
        settling.target_per_sec,
        if settling.sessions_per_sec >= settling.target_per_sec {
            "met"
        } else {
            "missed"
        },
        settling
            .sessions_per_cpu_sec
            .map(|rate| format!(", {rate:.0} in a second on a core"))
            .unwrap_or_default(),
        settling.signed,
        settling.superseded,
        settling.refused
    )?;
    writeln!(
        text,
        "\nSettling, by the embedded chain's weights\n{}",
        weights(report)
    )?;
    writeln!(
        text,
        "\nMessages, on average, by the embedded chain's weights\n{}",
        messages(report)
    )?;
    if let Some(memory) = &report.memory {
        let mut table = show::table(
            &[
                "open sessions",
                "resident MiB",
                "peak MiB",
                "bytes each since",
            ],
            0,
        );
        for mark in &memory.marks {
            table.add_row([
                mark.open.to_string(),
                mib(mark.resident_kib),
                mib(mark.peak_kib),
                match mark.open {
                    0 => "–".into(),
                    _ => mark.bytes_per_session.to_string(),
                },
            ]);
        }
        writeln!(
            text,
            "\nMemory of this process, chain and accounts included; {} MiB at its peak\n{table}",
            mib(memory.peak_kib)
        )?;
    }
    let mut table = show::table(&["", "UNIT", "VLK"], 1);
    for (what, amounts) in [
        ("deposited by viewers", report.deposited),
        ("= paid for watching", report.settled),
        ("    of that to the platform", report.platform),
        ("+ back to viewers", report.refunded),
    ] {
        table.add_row([what.into(), whole(amounts.native), whole(amounts.vlk)]);
    }
    writeln!(text, "\nMoney\n{table}")?;
    writeln!(text, "\nThe laws, against an independent calculation\n")?;
    show::write_laws(text, &report.laws)?;
    writeln!(
        text,
        "\n{} transactions in {:.1} s.",
        report.transactions, report.secs
    )
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1_024.0)
}

fn per_sec(count: u64, secs: f64) -> String {
    match count {
        0 => "–".into(),
        _ => format!("{:.0}", count as f64 / secs),
    }
}

fn phases(report: &Report) -> impl std::fmt::Display {
    let mut table = show::table(
        &["phase", "seconds", "on a core", "transactions", "a second"],
        1,
    );
    for phase in &report.phases {
        table.add_row([
            phase.name.to_owned(),
            format!("{:.1}", phase.secs),
            phase
                .cpu_secs
                .map_or("–".into(), |secs| format!("{secs:.1}")),
            phase.transactions.to_string(),
            per_sec(phase.transactions, phase.secs),
        ]);
    }
    table
}

fn rounds(report: &Report) -> impl std::fmt::Display {
    let header = [
        "round",
        "seated",
        "by page",
        "seconds",
        "a second",
        "by voucher",
        "seconds",
        "a second",
    ];
    let mut table = show::table(&header, 0);
    for (nth, round) in (1..).zip(&report.settling.rounds) {
        table.add_row([
            format!("{nth}"),
            round.open.to_string(),
            round.by_page.to_string(),
            format!("{:.2}", round.page_secs),
            per_sec(round.by_page, round.page_secs),
            round.by_voucher.to_string(),
            format!("{:.2}", round.voucher_secs),
            per_sec(round.by_voucher, round.voucher_secs),
        ]);
    }
    table
}

fn weights(report: &Report) -> impl std::fmt::Display {
    let header = [
        "",
        "calls",
        "sessions",
        "µs a session",
        "proof bytes a session",
    ];
    let mut table = show::table(&header, 1);
    let settling = &report.settling;
    let rows: [(&str, &Cost); 4] = [
        ("pages", &settling.pages),
        ("  of them full: 32 settled", &settling.full_pages),
        ("voucher batches", &settling.batches),
        ("  of them full: 64 paid", &settling.full_batches),
    ];
    for (what, cost) in rows {
        table.add_row([
            what.to_owned(),
            cost.calls.to_string(),
            cost.sessions.to_string(),
            micros(cost.ref_time_per_session()),
            cost.proof_per_session().to_string(),
        ]);
    }
    table
}

fn messages(report: &Report) -> impl std::fmt::Display {
    let header = ["message", "calls", "µs", "proof bytes", "deposit"];
    let mut table = show::table(&header, 1);
    for message in &report.messages {
        table.add_row([
            message.message.to_owned(),
            message.calls.to_string(),
            micros(message.ref_time),
            message.proof_size.to_string(),
            message.deposit.to_string(),
        ]);
    }
    table
}

fn micros(picoseconds: u64) -> String {
    format!("{:.1}", picoseconds as f64 / 1e6)
}
