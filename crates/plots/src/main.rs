//! Draws `docs/img/` from the node's figures in `metadata/gas.json`. `make bench` runs it.
//!
//! - `cost-per-hour.svg`: reference time for an hour watched, against the length of the session.
//! - `sessions-per-block.svg`: how many sessions one 6-second block of a parachain settles.

use anyhow::{Context, Result};
use plotters::prelude::*;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

const SIZE: (u32, u32) = (900, 520);
const FONT: &str = "sans-serif";
/// What contracts' transactions may fill of a block: three quarters of 2 s of reference time, in picoseconds.
const BLOCK_TIME: f64 = 1.5e12;
/// The same of 5 MiB of proof.
const BLOCK_PROOF: f64 = 0.75 * 5.0 * 1_048_576.0;
/// Vouchers in a batch.
const BATCH: f64 = 64.0;
const COLOURS: [RGBColor; 6] = [
    RGBColor(204, 51, 17),
    RGBColor(0, 119, 187),
    RGBColor(238, 119, 51),
    RGBColor(0, 153, 136),
    RGBColor(51, 34, 136),
    RGBColor(136, 136, 136),
];

fn main() -> Result<()> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).unwrap_or(package);
    let gas = fs::read_to_string(root.join("metadata/gas.json")).context("run `make bench`")?;
    let gas: Value = serde_json::from_str(&gas)?;
    let Some(node) = Node::new(gas["node"].clone()) else {
        eprintln!("plots: no node was measured, so there is nothing to draw");
        return Ok(());
    };
    let images = root.join("docs/img");
    fs::create_dir_all(&images)?;
    cost_per_hour(&node, &images.join("cost-per-hour.svg"))?;
    sessions_per_block(&node, &images.join("sessions-per-block.svg"))?;
    eprintln!("plots: drew {}", images.display());
    Ok(())
}

/// Reference time in picoseconds, bytes of proof.
#[derive(Clone, Copy)]
struct Cost(f64, f64);

/// The node's figures. What was not measured is left out of the plots.
struct Node(Value);

impl Node {
    fn new(node: Value) -> Option<Self> {
        node.is_object().then_some(Self(node))
    }

    /// A message of the meter.
    fn meter(&self, message: &str) -> Option<Cost> {
        let messages = &self.0["messages"]["tick_stream"];
        ["TickStream", "TickLifecycle"]
            .iter()
            .find_map(|part| cost(&messages[format!("{part}::{message}")]))
    }

    /// The first row whose name starts so.
    fn row(&self, what: &str) -> Option<Cost> {
        let mut rows = self.0["rows"].as_array()?.iter();
        cost(rows.find(|row| {
            row["what"]
                .as_str()
                .is_some_and(|text| text.starts_with(what))
        })?)
    }

    fn transfer(&self) -> Option<Cost> {
        self.row("`transfer` of the reference")
    }
}

fn cost(value: &Value) -> Option<Cost> {
    Some(Cost(
        value["ref_time"].as_f64()?,
        value["proof_size"].as_f64()?,
    ))
}

fn cost_per_hour(node: &Node, file: &PathBuf) -> Result<()> {
    // What a session costs whatever its length, and what each hour adds.
    let mut lines: Vec<(&str, f64, f64)> = Vec::new();
    if let Some(Cost(transfer, _)) = node.transfer() {
        lines.push(("one transaction a second", 0.0, 3_600.0 * transfer));
    }
    let open = node.meter("open").map(|cost| cost.0);
    let close = node.meter("close").map(|cost| cost.0);
    if let Some(both) = open.zip(close).map(|(open, close)| open + close) {
        lines.push(("clock: open, close", both, 0.0));
    }
    let dismiss = node.meter("dismiss").map(|cost| cost.0);
    if let Some(both) = open.zip(dismiss).map(|(open, dismiss)| open + dismiss) {
        if let Some(Cost(redeem, _)) = node.meter("redeem") {
            lines.push(("voucher: open, redeem once, dismiss", both + redeem, 0.0));
        }
        if let Some(Cost(voucher, _)) = node.row("64 vouchers of one stream") {
            lines.push(("voucher, redeemed in a batch of 64", both + voucher, 0.0));
        }
    }
    let milliseconds = |picoseconds: f64| picoseconds / 1e9;
    let lengths = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0];

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("What an hour of watching costs the chain", (FONT, 22))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d((1.0..480.0).log_scale(), (1.0..10_000.0).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("length of the session, minutes")
        .y_desc("reference time for each hour watched, ms")
        .x_label_formatter(&|minutes| format!("{minutes:.0}"))
        .y_label_formatter(&|ms| format!("{ms:.0}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for ((name, fixed, hourly), colour) in lines.into_iter().zip(COLOURS) {
        let points = lengths.map(|minutes| {
            let an_hour = fixed * 60.0 / minutes + hourly;
            (minutes, milliseconds(an_hour))
        });
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 14))
        .draw()?;
    Ok(area.present()?)
}

fn sessions_per_block(node: &Node, file: &PathBuf) -> Result<()> {
    let whole = |cost: Option<Cost>, sessions: f64| {
        cost.map(|Cost(time, proof)| Cost(time / sessions, proof / sessions))
    };
    let ways = [
        ("a transfer each", node.transfer()),
        ("settle, one by one", node.meter("settle")),
        ("settle_many, 32", whole(node.meter("settle_many"), 32.0)),
        ("settle_page, 32", whole(node.meter("settle_page"), 32.0)),
        (
            "vouchers, 64 at once",
            node.row("64 vouchers of one stream"),
        ),
        ("floor of that", node.row(&format!("the floor: {BATCH}"))),
    ];
    let ways: Vec<(&str, Cost)> = ways
        .into_iter()
        .filter_map(|(name, cost)| Some((name, cost?)))
        .collect();
    let limits = |cost: &Cost| [BLOCK_TIME / cost.0, BLOCK_PROOF / cost.1];
    let most = ways.iter().flat_map(|(_, cost)| limits(cost));
    let most = most.fold(10.0, f64::max) * 2.0;

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Sessions settled in one 6-second block", (FONT, 22))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(0.0..ways.len() as f64, (1.0..most).log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .x_desc("the lower bar of a pair is what counts")
        .y_desc("sessions")
        .y_label_formatter(&|count| format!("{count:.0}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    let kinds = [
        ("by reference time (1.5 s)", COLOURS[1]),
        ("by proof size (3.75 MiB)", COLOURS[2]),
    ];
    for (kind, (name, colour)) in kinds.into_iter().enumerate() {
        let bars = ways.iter().enumerate().map(|(place, (_, cost))| {
            let left = place as f64 + 0.12 + 0.38 * kind as f64;
            Rectangle::new(
                [(left, 1.0), (left + 0.36, limits(cost)[kind])],
                colour.filled(),
            )
        });
        chart
            .draw_series(bars)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], colour.filled()));
    }
    for (place, (name, cost)) in ways.iter().enumerate() {
        let [by_time, by_proof] = limits(cost);
        let above = by_time.max(by_proof) * 1.5;
        let text = format!("{name}: {:.0}", by_time.min(by_proof));
        let position = (place as f64 + 0.12, above);
        chart.draw_series([Text::new(text, position, (FONT, 13))])?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 14))
        .draw()?;
    Ok(area.present()?)
}
