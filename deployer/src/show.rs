//! The report of an evening as tables and lines for a person.

use comfy_table::{
    presets::UTF8_HORIZONTAL_ONLY, CellAlignment, ContentArrangement, Table, TableComponent,
};
use std::fmt::Write;
use vilokanam_e2e::evening::{
    time, whole, Amounts, CaseReport, Gift, Law, Moment, Receipt, Report,
};

/// Everything, in the order in which one wants to know it.
pub fn report(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_report(&mut text, report);
    text
}

fn write_report(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(text, "\nWhat happened tonight\n")?;
    for moment in &report.moments {
        writeln!(text, "{}", self::moment(moment))?;
    }
    writeln!(
        text,
        "\nWho watched how long, and paid what (the longest {})\n{}",
        report.top_viewers.len(),
        viewers(report)
    )?;
    writeln!(text, "\nStreams\n{}", streams(report))?;
    writeln!(text, "\nWho earned what\n{}", earners(report))?;
    writeln!(
        text,
        "\nWhat was given besides paying for seconds\n{}",
        gifts(&report.gifts)
    )?;
    writeln!(text, "\nWhere the money went\n{}", flow(report))?;
    writeln!(
        text,
        "\nReports, and what became of them\n{}",
        cases(&report.cases)
    )?;
    writeln!(text, "\nReceipts")?;
    for receipt in &report.receipts {
        writeln!(text, "{}", self::receipt(receipt))?;
    }
    writeln!(text, "\nHow often\n{}", counts(report))?;
    writeln!(
        text,
        "\nThe laws, checked on chain and against the independent model\n"
    )?;
    write_laws(text, &report.laws)?;
    writeln!(text, "\n{}", totals(report))
}

/// The laws, and whether they held.
pub fn write_laws(text: &mut String, laws: &[Law]) -> std::fmt::Result {
    for law in laws {
        let mark = if law.holds { '✔' } else { '✘' };
        writeln!(
            text,
            "  {mark} {:>2}  {} (checked {} ×)",
            law.number, law.text, law.checks
        )?;
        for broken in &law.broken {
            writeln!(text, "        {broken}")?;
        }
    }
    Ok(())
}

/// One moment in a line.
pub fn moment(moment: &Moment) -> String {
    let minutes = moment.at_ms / 60_000;
    format!("  {}:{:02}  {}", minutes / 60, minutes % 60, moment.text)
}

/// An empty table whose columns after the first `texts` are numbers.
pub fn table(header: &[&str], texts: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    for between_rows in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(between_rows);
    }
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// An amount without its unit, which the header names.
fn amount(amount: u128) -> String {
    match amount {
        0 => "–".into(),
        _ => whole(amount),
    }
}

fn both(amounts: Amounts) -> [String; 2] {
    [amount(amounts.native), amount(amounts.vlk)]
}

fn duration(secs: u64) -> String {
    time(secs * 1_000)
}

fn row(cells: Vec<Vec<String>>) -> Vec<String> {
    cells.concat()
}

fn viewers(report: &Report) -> Table {
    let header = [
        "viewer",
        "sessions",
        "watched",
        "paid UNIT",
        "paid VLK",
        "back UNIT",
        "back VLK",
    ];
    let mut table = table(&header, 1);
    for viewer in &report.top_viewers {
        table.add_row(row(vec![
            vec![
                viewer.name.clone(),
                viewer.sessions.to_string(),
                duration(viewer.seconds_watched),
            ],
            both(viewer.paid).into(),
            both(viewer.refunded).into(),
        ]));
    }
    table.add_row(row(vec![
        vec![
            format!("all {} viewers", report.viewers + report.regulars),
            report.sessions.to_string(),
            duration(report.seconds_watched),
        ],
        both(report.settled).into(),
        both(report.refunded).into(),
    ]));
    table
}

fn streams(report: &Report) -> Table {
    let header = [
        "creator",
        "class",
        "broadcasts",
        "viewers",
        "sessions",
        "watched",
        "paid UNIT",
        "paid VLK",
    ];
    let mut table = table(&header, 2);
    for stream in &report.streams {
        table.add_row(row(vec![
            vec![
                stream.creator.into(),
                stream.class.into(),
                stream.broadcasts.to_string(),
                stream.viewers.to_string(),
                stream.sessions.to_string(),
                duration(stream.seconds_watched),
            ],
            both(stream.settled).into(),
        ]));
    }
    table
}

fn earners(report: &Report) -> Table {
    let header = [
        "who",
        "as",
        "earned UNIT",
        "earned VLK",
        "withdrawn UNIT",
        "withdrawn VLK",
    ];
    let mut table = table(&header, 2);
    for earner in &report.earners {
        table.add_row(row(vec![
            vec![earner.name.into(), earner.role.into()],
            both(earner.earned).into(),
            both(earner.paid_out).into(),
        ]));
    }
    let platform = both(report.platform);
    table.add_row(row(vec![
        vec!["treasury".into(), "platform".into()],
        platform.clone().into(),
        platform.into(),
    ]));
    table
}

fn gifts(gifts: &[Gift]) -> Table {
    let header = ["what", "from", "to", "", "amount", "platform's part"];
    let mut table = table(&header, 4);
    for gift in gifts {
        table.add_row(vec![
            gift.what.clone(),
            gift.from.clone(),
            gift.to.into(),
            gift.asset.into(),
            amount(gift.amount),
            amount(gift.fee),
        ]);
    }
    table
}

fn cases(cases: &[CaseReport]) -> Table {
    let header = [
        "on",
        "by",
        "verdict",
        "appeal",
        "outcome",
        "bond to",
        "bond UNIT",
    ];
    let mut table = table(&header, 6);
    for case in cases {
        table.add_row(vec![
            case.creator.into(),
            case.reporter.clone(),
            case.verdict.into(),
            match &case.appealed_by {
                Some(who) => format!("by {who}"),
                None => "none".into(),
            },
            case.outcome.into(),
            case.bond_to.clone(),
            amount(case.bond),
        ]);
    }
    table
}

fn flow(report: &Report) -> Table {
    let mut table = table(&["", "UNIT", "VLK"], 1);
    let lines = [
        ("deposited by viewers", report.deposited),
        ("= paid for watching", report.settled),
        ("+ paid for passes, tips and goals", report.given),
        ("    of both, to creators and co-hosts", report.creators),
        ("    to the referrer", report.referrers),
        ("    to the platform", report.platform),
        ("+ back to viewers", report.refunded),
    ];
    for (what, amounts) in lines {
        table.add_row(row(vec![vec![what.into()], both(amounts).into()]));
    }
    table
}

fn receipt(receipt: &Receipt) -> String {
    let mut lines = vec![
        format!(
            "{}, session {} · {}, broadcast {}",
            receipt.viewer, receipt.number, receipt.creator, receipt.broadcast
        ),
        format!(
            "from {} to {} of the evening, {} billed",
            time(receipt.opened_ms),
            time(receipt.closed_ms),
            time(receipt.watched_ms)
        ),
    ];
    if receipt.preview_ms > 0 {
        lines.push(format!(
            "{} of it free",
            time(receipt.preview_ms.min(receipt.watched_ms))
        ));
    }
    if let Some(factor) = receipt.discount {
        lines.push(format!("at {} % of the price, by a pass", factor / 10_000));
    }
    lines.push(format!(
        "on hold {} = paid {} + back {} {}",
        whole(receipt.hold),
        whole(receipt.settled),
        whole(receipt.released),
        receipt.asset
    ));
    if let Some(sponsor) = &receipt.sponsor {
        lines.push(format!("from {sponsor}'s budget, and back to it"));
    }
    lines.push(format!("closed by {}", receipt.closed_by));
    let lines = lines.into_iter();
    lines
        .map(|line| format!("\n  │ {line}"))
        .collect::<String>()
}

fn counts(report: &Report) -> String {
    let counts = &report.counts;
    let lines = [
        (counts.pauses, "clocks stopped"),
        (counts.resumes, "clocks started again"),
        (counts.own_top_ups, "holds topped up by their viewer"),
        (counts.gifts, "holds topped up by another viewer"),
        (counts.ran_dry, "sessions ran out of money in mid-stream"),
        (counts.hit_ceiling, "sessions ended at their ceiling"),
        (
            counts.until_came,
            "sessions ended at the time that their viewer had set",
        ),
        (
            counts.found_off_air,
            "visits found their stream off the air",
        ),
        (counts.rejoined, "viewers came over to a new broadcast"),
        (
            counts.closed_by_others,
            "sessions closed by a stranger, after they had ended",
        ),
        (counts.exits, "exits that needed nobody"),
        (counts.pushes, "balances pushed by a stranger"),
        (counts.heartbeats, "heartbeats"),
        (counts.previews, "sessions began with free minutes"),
        (counts.tiers, "sessions became cheaper as they went on"),
        (counts.passes, "passes bought"),
        (counts.passes_given, "passes given"),
        (counts.with_pass, "sessions at a pass's price"),
        (counts.tips, "tips"),
        (counts.contributions, "gifts to goals"),
        (counts.goals_reached, "goals reached"),
        (counts.goals_missed, "goals missed"),
        (counts.returned, "gifts to goals given back"),
        (counts.sponsored, "sessions paid by a sponsor"),
        (
            counts.limits_hit,
            "times a viewer's own limit refused to spend more",
        ),
        (counts.reports, "reports of streams"),
        (counts.appeals, "appeals against a verdict"),
        (counts.overturned, "verdicts overturned"),
    ];
    let mut text = lines
        .map(|(count, what)| format!("\n  {count:>6}  {what}"))
        .concat();
    for (what, count) in &report.refused {
        text.push_str(&format!(
            "\n  {count:>6}  refused, as the model predicted: {what}"
        ));
    }
    text
}

fn totals(report: &Report) -> String {
    let gas = report.gas.ref_time / report.transactions.max(1);
    format!(
        "{} transactions ({:.1} ms of reference time each, by the {} chain's weights), \
         {} answers compared, seed {}.",
        report.transactions,
        gas as f64 / 1e9,
        report.network,
        report.compared,
        report.seed
    )
}
