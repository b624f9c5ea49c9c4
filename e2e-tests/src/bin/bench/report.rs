//! What was measured, as `metadata/gas.json` for programs and as tables for readers; and whether it has grown.

use crate::{
    measure::{Cost, Messages},
    rows::Row,
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

/// How much dearer than before a message of the core may be for those who use nothing of what is on top, in percent.
const DEARER: f64 = 3.0;
/// How much a figure may grow without a new baseline, in percent.
const TOLERANCE: f64 = 2.0;
/// Between these lines `docs/benchmarks.md` is generated.
const FROM: &str = "<!-- From here to the end mark, `make bench` writes this page. -->";
const TO: &str = "<!-- The end mark. -->";

/// All that was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The size of each contract's code.
    pub code_bytes: BTreeMap<String, u64>,
    /// On the embedded chain: to catch growth.
    pub embedded: Figures,
    /// On a node: what things cost.
    pub node: Option<Figures>,
}

/// What was measured on one chain.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Every message.
    pub messages: Messages,
    /// What the design promises.
    pub rows: Vec<Row>,
}

impl Report {
    /// The report at `path`, or `None` if there is none yet.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let report = serde_json::from_str(&fs::read_to_string(path)?);
        report.with_context(|| format!("{} is no report", path.display()))
    }

    /// Writes `metadata/gas.json`.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// Writes the generated part of `docs/benchmarks.md`. `before`: what the core cost on a node before anything was built on top.
    pub fn write_page(&self, path: &Path, before: &Figures) -> Result<()> {
        let page = fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
        let (head, rest) = page
            .split_once(FROM)
            .context("the page has no start mark")?;
        let (_, after) = rest.split_once(TO).context("the page has no end mark")?;
        let tables = self.tables(before);
        Ok(fs::write(
            path,
            format!("{head}{FROM}\n\n{tables}\n{TO}{after}"),
        )?)
    }

    fn tables(&self, before: &Figures) -> String {
        let mut text = String::new();
        for (figures, chain) in [
            (self.node.as_ref(), "On a node"),
            (Some(&self.embedded), "On the embedded chain"),
        ] {
            if let Some(figures) = figures {
                text += &format!("## {chain}: what the design promises\n\n");
                text += &targets(&figures.rows);
            }
        }
        if let Some(node) = &self.node {
            text += &core(before, node);
        }
        text += "## Every message\n\n";
        text += "Reference time in µs, proof in bytes, both of `gas_consumed`; the deposit in tokens of 10^12 base units, negative \
                 where it is refunded.\n\n";
        for (contract, messages) in &self.embedded.messages {
            let bytes = self.code_bytes.get(contract).copied().unwrap_or_default();
            let _ = writeln!(text, "### `{contract}`, {} bytes of code\n", grouped(bytes));
            text += "| message | node: µs | proof | deposit | embedded: µs | proof |\n";
            text += "| --- | ---: | ---: | ---: | ---: | ---: |\n";
            for (label, cost) in messages {
                text += &self.line(contract, label, cost);
            }
            text += "\n";
        }
        text
    }

    fn line(&self, contract: &str, label: &str, embedded: &Cost) -> String {
        let name = label.rsplit("::").next().unwrap_or(label);
        let node = self.node.as_ref();
        let node = node.and_then(|node| node.messages.get(contract)?.get(label));
        let note = match embedded.note.as_str() {
            "" => String::new(),
            note => format!(", {note}"),
        };
        let note = match node.map(|cost| cost.note.as_str()) {
            Some(there) if there != embedded.note => format!("{note} (on the node {there})"),
            _ => note,
        };
        let [time, proof, deposit] = node.map_or_else(Default::default, |cost| {
            [
                grouped(cost.ref_time / 1_000_000),
                grouped(cost.proof_size),
                tokens(cost.deposit),
            ]
        });
        let embedded_time = grouped(embedded.ref_time / 1_000_000);
        let embedded_proof = grouped(embedded.proof_size);
        format!("| `{name}`{note} | {time} | {proof} | {deposit} | {embedded_time} | {embedded_proof} |\n")
    }
}

impl Figures {
    /// The figures at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
        let figures = serde_json::from_str(&text);
        figures.with_context(|| format!("{} has no figures", path.display()))
    }
}

/// The tables of what the core's messages and rows cost on a node before and after.
fn core(before: &Figures, after: &Figures) -> String {
    let mut lines = Vec::new();
    for (place, old) in before.rows.iter().enumerate() {
        // Some rows say "the same with": the nth of a name is compared with the nth.
        let same = |row: &&Row| row.what == old.what;
        let nth = before.rows.iter().take(place).filter(same).count();
        if let Some(new) = after.rows.iter().filter(same).nth(nth) {
            let of = |row: &Row| (row.ref_time, row.proof_size);
            lines.push((old.what.clone(), of(old), of(new)));
        }
    }
    for (contract, messages) in &before.messages {
        for (label, old) in messages {
            let Some((new_label, new)) = moved(after, contract, label) else {
                continue;
            };
            let of = |cost: &Cost| (cost.ref_time, cost.proof_size);
            lines.push((format!("`{contract}`: `{new_label}`"), of(old), of(new)));
        }
    }
    let dear = |(_, old, new): &&(String, (u64, u64), (u64, u64))| {
        percent(old.0, new.0) > DEARER || percent(old.1, new.1) > DEARER
    };
    let above = lines.iter().filter(dear).count();
    let mut text = String::from("## The core, before and after\n\n");
    let _ = writeln!(
        text,
        "What the core cost on a node before plans, passes and the rest were built on top (`metadata/gas-core.json`), and what it costs \
         now those who use none of it. Of {} figures, {above} are more than {DEARER} % dearer in time or in proof: those in bold.\n",
        lines.len()
    );
    text += "| what | µs before | after | | proof before | after | |\n";
    text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for (what, old, new) in &lines {
        let _ = writeln!(
            text,
            "| {what} | {} | {} | {} | {} | {} | {} |",
            micros(old.0),
            micros(new.0),
            change(old.0, new.0),
            grouped(old.1),
            grouped(new.1),
            change(old.1, new.1),
        );
    }
    text + "\n"
}

/// The message that does now what `label` did: traits were split.
fn moved<'a>(after: &'a Figures, contract: &str, label: &str) -> Option<(&'a str, &'a Cost)> {
    let messages = after.messages.get(contract)?;
    let name = |label: &str| label.rsplit("::").next().map(str::to_owned);
    let exact = messages.get_key_value(label);
    let found = exact.or_else(|| messages.iter().find(|(new, _)| name(new) == name(label)));
    found.map(|(label, cost)| (label.as_str(), cost))
}

fn percent(old: u64, new: u64) -> f64 {
    (new as f64 - old as f64) * 100.0 / (old.max(1)) as f64
}

fn change(old: u64, new: u64) -> String {
    let percent = percent(old, new);
    let text = format!("{percent:+.1} %");
    if percent > DEARER {
        format!("**{text}**")
    } else {
        text
    }
}

/// The table of targets.
pub fn targets(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | µs | proof, bytes | target | measured | |\n| --- | ---: | ---: | --- | --- | --- |\n",
    );
    for row in rows {
        let met = match row.met {
            Some(true) => "PASS",
            Some(false) => "**MISS**",
            None => "",
        };
        let (time, proof) = (micros(row.ref_time), grouped(row.proof_size));
        let (what, target, result) = (&row.what, &row.target, &row.result);
        let _ = writeln!(
            text,
            "| {what} | {time} | {proof} | {target} | {result} | {met} |"
        );
    }
    text + "\n"
}

/// The figures of `new` that are too far above those of `old`, a line each.
pub fn grown(old: &Messages, new: &Messages) -> Vec<String> {
    let mut lines = Vec::new();
    for (contract, messages) in new {
        for (label, cost) in messages {
            let Some(before) = old.get(contract).and_then(|all| all.get(label)) else {
                lines.push(format!("{contract}: {label} is not in the baseline"));
                continue;
            };
            for (what, old, new) in [
                ("ref_time", before.ref_time.into(), cost.ref_time.into()),
                (
                    "proof_size",
                    before.proof_size.into(),
                    cost.proof_size.into(),
                ),
                ("deposit", before.deposit, cost.deposit),
            ] {
                let percent = (new - old) as f64 * 100.0 / (old.unsigned_abs().max(1)) as f64;
                if percent > TOLERANCE {
                    lines.push(format!(
                        "{contract}: {label}: {what} {old} → {new} ({percent:+.1} %)"
                    ));
                }
            }
        }
    }
    lines
}

/// Microseconds, with a decimal where they are few.
fn micros(picoseconds: u64) -> String {
    if picoseconds < 1_000_000_000 {
        format!("{:.1}", picoseconds as f64 / 1e6)
    } else {
        grouped(picoseconds / 1_000_000)
    }
}

fn tokens(amount: i128) -> String {
    if amount == 0 {
        return "0".to_owned();
    }
    format!("{:.4}", amount as f64 / 1e12)
}

/// Digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(ref_time: u64, proof_size: u64, deposit: i128) -> Messages {
        let cost = Cost {
            ref_time,
            proof_size,
            deposit,
            ..Cost::default()
        };
        let open = [("TickStream::open".to_owned(), cost)].into();
        [("tick_stream".to_owned(), open)].into()
    }

    #[test]
    fn grown_tells_what_is_above_the_tolerance() {
        let old = messages(1_000, 500, -100);
        assert!(grown(&old, &old).is_empty());
        assert!(grown(&old, &messages(1_020, 510, -98)).is_empty());
        assert!(grown(&old, &messages(1, 1, -1_000)).is_empty());
        assert_eq!(
            grown(&old, &messages(1_021, 511, -97)),
            [
                "tick_stream: TickStream::open: ref_time 1000 → 1021 (+2.1 %)",
                "tick_stream: TickStream::open: proof_size 500 → 511 (+2.2 %)",
                "tick_stream: TickStream::open: deposit -100 → -97 (+3.0 %)",
            ]
        );
        assert_eq!(
            grown(&Messages::new(), &old),
            ["tick_stream: TickStream::open is not in the baseline"]
        );
    }

    #[test]
    fn core_tells_what_became_dearer_and_where_messages_moved() {
        let cost = |ref_time, proof_size| Cost {
            ref_time,
            proof_size,
            ..Cost::default()
        };
        let of = |label: &str, cost| {
            let messages = [(label.to_owned(), cost)].into();
            Figures {
                messages: [("payment_handler".to_owned(), messages)].into(),
                rows: Vec::new(),
            }
        };
        let before = of("PaymentHandler::hold", cost(100_000_000, 1_000));
        let after = of("Holds::hold", cost(103_000_000, 1_031));
        let text = core(&before, &after);
        let line = "| `payment_handler`: `Holds::hold` | 100.0 | 103.0 | +3.0 % | 1,000 | 1,031 | **+3.1 %** |";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("Of 1 figures, 1 are"), "{text}");
        assert!(core(&before, &before).contains("Of 1 figures, 0 are"));
        let gone = of("PaymentHandler::pool", cost(1, 1));
        assert!(core(&before, &gone).contains("Of 0 figures, 0 are"));
    }

    #[test]
    fn grouped_works() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
