//! Whether one version of a contract can take the place of another.
//!
//! **Clients** know the old messages and events: none may be gone, and each must still be read and answered as before.
//! **Storage** was written by the old version: every cell must be where it was and be read as it was written. New cells are
//! fine; so are new messages and events.
//!
//! Types are compared by what they are made of, their own names aside (an account stays an account). Names of fields and
//! arguments count, since two of one type that change places are read without an error and mean something else.
//!
//! **Enums may grow** where only the new version reads them: in storage, in arguments, and in the errors of messages,
//! which clients must expect to grow. Elsewhere, in what messages return and in events, a new variant is something that
//! old clients cannot read. What is there must keep its name, its index and its fields everywhere.
//!
//! Not seen: bytes that a contract's own code reads and writes ([`crate::opaque_cells`]), and what fields mean.

use crate::{
    storage::{CellKind, Packed},
    type_name,
    types::{is_account, is_prelude},
    Abi, Cell, Event, Message,
};
use scale_info::{form::PortableForm, Field, PortableRegistry, TypeDef, TypeDefVariant};
use std::{collections::BTreeSet, fmt};

/// Why one version cannot take the place of another, in a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatibility {
    /// What it concerns.
    pub part: Part,
    /// What is wrong.
    pub what: String,
}

/// What an incompatibility concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Callers.
    Message,
    /// Whoever follows events.
    Event,
    /// What is stored.
    Storage,
    /// The next upgrade.
    Upgrades,
}

impl fmt::Display for Incompatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Message => "message",
            Part::Event => "event",
            Part::Storage => "storage",
            Part::Upgrades => "upgrades",
        };
        write!(f, "{part}: {}", self.what)
    }
}

/// The messages by which code is replaced.
const UPGRADING: [&str; 3] = [
    "Administered::administration",
    "Administered::announce",
    "Administered::apply",
];

/// All that keeps `new` from taking the place of `old`; nothing if it can.
pub fn compare(old: &Abi, new: &Abi) -> Vec<Incompatibility> {
    let mut found = Found::default();
    for message in &old.messages {
        compare_message(old, new, message, &mut found);
    }
    for event in &old.events {
        compare_event(old, new, event, &mut found);
    }
    found.0.extend(compare_storage(old, new));
    // A contract that never had them (code that others run) needs none.
    if UPGRADING.iter().all(|label| has(old, label)) {
        let missing = UPGRADING.iter().filter(|label| !has(new, label));
        for label in missing {
            found.add(
                Part::Upgrades,
                format!("without `{label}` the new version can never be replaced"),
            );
        }
        if has(new, "Administered::announce") && !announces_code(new) {
            let what =
                "`Administered::announce` takes no `Code`: the new version can never be replaced";
            found.add(Part::Upgrades, what.to_owned());
        }
    }
    found.0
}

/// What keeps `new` from running on the storage of `old`.
pub fn compare_storage(old: &Abi, new: &Abi) -> Vec<Incompatibility> {
    let mut found = Found::default();
    for cell in &old.cells {
        if let Some(what) = compare_cell(old, new, cell, Rule::Grows) {
            found.add(Part::Storage, what);
        }
    }
    for (position, cell) in new.cells.iter().enumerate() {
        let earlier = new.cells.iter().take(position);
        if let Some(other) = earlier.clone().find(|other| other.key == cell.key) {
            found.add(
                Part::Storage,
                format!(
                    "`{}` and `{}` have the same key {:#x}",
                    other.name, cell.name, cell.key
                ),
            );
        }
    }
    found.0
}

/// What keeps `new` from running side by side with `running`, on one storage: both write the cells that both know, so what is
/// in them must be the same. Not even an enum may grow: code that cannot decode a cell takes it for an empty one. Cells that
/// only one of them knows are its own.
pub fn compare_halves(running: &Abi, new: &Abi) -> Vec<Incompatibility> {
    let mut found = Found::default();
    for cell in &running.cells {
        let Some(other) = new.cells.iter().find(|other| other.key == cell.key) else {
            continue;
        };
        let differs = compare_cell(running, new, cell, Rule::Same);
        // The other way round, for what only the running one has.
        let differs = differs.or_else(|| compare_cell(new, running, other, Rule::Same));
        if let Some(what) = differs {
            let what = format!("{what}; the other half of the contract runs on this cell, too");
            found.add(Part::Storage, what);
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Incompatibility>);

impl Found {
    fn add(&mut self, part: Part, what: String) {
        self.0.push(Incompatibility { part, what });
    }
}

fn has(abi: &Abi, label: &str) -> bool {
    abi.messages.iter().any(|message| message.label == label)
}

/// Whether new code can be announced.
fn announces_code(abi: &Abi) -> bool {
    let announce = abi
        .messages
        .iter()
        .find(|message| message.label == "Administered::announce");
    let change = announce.and_then(|announce| announce.args.first());
    let change = change.and_then(|change| abi.types.resolve(change.ty.id));
    change.is_some_and(|change| crate::types::payload(change, "Code").is_some())
}

fn compare_message(old: &Abi, new: &Abi, was: &Message, found: &mut Found) {
    let label = &was.label;
    let mut add = |what: String| found.add(Part::Message, format!("`{label}` {what}"));
    let Some(is) = new.messages.iter().find(|message| message.label == *label) else {
        return add("is gone".to_owned());
    };
    if is.selector != was.selector {
        let (is, was) = (is.selector, was.selector);
        let hex = crate::codec::to_hex;
        add(format!(
            "has the selector {}, and had {}",
            hex(&is),
            hex(&was)
        ));
    }
    for (is, was, yes, no) in [
        (
            is.mutates,
            was.mutates,
            "changes storage now",
            "does not change storage any more",
        ),
        (
            is.payable,
            was.payable,
            "takes native tokens now",
            "takes no native tokens any more",
        ),
    ] {
        if is != was {
            add(if is { yes } else { no }.to_owned());
        }
    }
    if is.args.len() != was.args.len() {
        add(format!(
            "takes {} arguments, and took {}",
            is.args.len(),
            was.args.len()
        ));
    }
    for (is, was) in is.args.iter().zip(&was.args) {
        if is.label != was.label {
            add(format!(
                "calls an argument `{}`, and called it `{}`",
                is.label, was.label
            ));
        }
        let differ = Types::new(old, new).differ(was.ty.id, is.ty.id, Rule::Grows);
        if let Some(what) = differ {
            add(format!("takes another `{}`: {what}", was.label));
        }
    }
    let (was, is) = (was.return_type.id, is.return_type.id);
    if let Some(what) = Types::new(old, new).differ(was, is, Rule::ErrorsGrow) {
        add(format!("returns something else: {what}"));
    }
}

fn compare_event(old: &Abi, new: &Abi, was: &Event, found: &mut Found) {
    let label = &was.label;
    let mut add = |what: String| found.add(Part::Event, format!("`{label}` {what}"));
    // Other crates may have events of the same name.
    let same = |event: &&Event| event.label == *label && event.module_path == was.module_path;
    let by_topic =
        |event: &&Event| event.label == *label && event.signature_topic == was.signature_topic;
    let mut events = new.events.iter();
    let Some(is) = events.clone().find(by_topic).or_else(|| events.find(same)) else {
        return add("is gone".to_owned());
    };
    if is.signature_topic != was.signature_topic {
        add("has another signature topic".to_owned());
    }
    if is.args.len() != was.args.len() {
        add(format!(
            "has {} fields, and had {}",
            is.args.len(),
            was.args.len()
        ));
    }
    for (is, was) in is.args.iter().zip(&was.args) {
        if is.label != was.label {
            add(format!(
                "has a field `{}` where `{}` was",
                is.label, was.label
            ));
        }
        if is.indexed != was.indexed {
            let now = if is.indexed {
                "is a topic now"
            } else {
                "is no topic any more"
            };
            add(format!("has a field `{}` that {now}", was.label));
        }
        let differ = Types::new(old, new).differ(was.ty.id, is.ty.id, Rule::Same);
        if let Some(what) = differ {
            add(format!("has another `{}`: {what}", was.label));
        }
    }
}

fn compare_cell(old: &Abi, new: &Abi, was: &Cell, rule: Rule) -> Option<String> {
    let shown = was.shown(&old.types);
    let Some(is) = new.cells.iter().find(|cell| cell.key == was.key) else {
        // A contract without packed fields stores nothing in its own cell.
        if was.kind == CellKind::Packed(Vec::new()) {
            return None;
        }
        let moved = new.cells.iter().find(|cell| cell.name == was.name);
        return Some(match moved {
            Some(cell) => format!("{shown} moved to key {:#x}", cell.key),
            None => format!("{shown} is gone"),
        });
    };
    let differ = |was: u32, is: u32| Types::new(old, new).differ(was, is, rule);
    let what = match (&was.kind, &is.kind) {
        (CellKind::Lazy(was), CellKind::Lazy(is)) => differ(*was, *is)?,
        (CellKind::Mapping(old_key, old_value), CellKind::Mapping(key, value)) => {
            match (differ(*old_key, *key), differ(*old_value, *value)) {
                (Some(what), _) => format!("its keys: {what}"),
                (None, Some(what)) => what,
                (None, None) => return None,
            }
        }
        (CellKind::Packed(was), CellKind::Packed(is)) => packed_differ(old, new, was, is, rule)?,
        _ => format!("is {} now", is.shown(&new.types)),
    };
    Some(format!("{shown}: {what}"))
}

fn packed_differ(
    old: &Abi,
    new: &Abi,
    was: &[(String, Packed)],
    is: &[(String, Packed)],
    rule: Rule,
) -> Option<String> {
    for ((old_name, old_field), (name, field)) in was.iter().zip(is) {
        if old_name != name {
            return Some(format!("packs `{name}` where `{old_name}` was"));
        }
        let what = match (old_field, field) {
            (Packed::Type(was), Packed::Type(is)) => {
                match Types::new(old, new).differ(*was, *is, rule) {
                    Some(what) => what,
                    None => continue,
                }
            }
            (Packed::Head(was), Packed::Head(is)) if was == is => continue,
            (Packed::Head(was), Packed::Head(is)) => format!("{is}, was {was}"),
            _ => "of another kind".to_owned(),
        };
        return Some(format!("its packed field `{name}`: {what}"));
    }
    (was.len() != is.len()).then(|| format!("packs {} fields, and packed {}", is.len(), was.len()))
}

/// Where enums may have new variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// Nowhere.
    Same,
    /// In the error of a `Result`.
    ErrorsGrow,
    /// Everywhere.
    Grows,
}

struct Types<'a> {
    old: &'a PortableRegistry,
    new: &'a PortableRegistry,
    /// Compared already, or in the middle of it: types may contain themselves.
    seen: BTreeSet<(u32, u32, Rule)>,
}

impl<'a> Types<'a> {
    fn new(old: &'a Abi, new: &'a Abi) -> Self {
        Self {
            old: &old.types,
            new: &new.types,
            seen: BTreeSet::new(),
        }
    }

    /// How type `is` of the new version differs from type `was` of the old one.
    fn differ(&mut self, was: u32, is: u32, rule: Rule) -> Option<String> {
        if !self.seen.insert((was, is, rule)) {
            return None;
        }
        let (old, new) = (self.old.resolve(was)?, self.new.resolve(is)?);
        let retyped = || {
            let (is, was) = (type_name(self.new, is), type_name(self.old, was));
            match is == was {
                true => Some(format!("{is} is made otherwise")),
                false => Some(format!("{is}, was {was}")),
            }
        };
        if is_account(old) != is_account(new) {
            return retyped();
        }
        let name = type_name(self.old, was);
        match (&old.type_def, &new.type_def) {
            (TypeDef::Primitive(old), TypeDef::Primitive(new)) if old == new => None,
            (TypeDef::Sequence(old), TypeDef::Sequence(new)) => {
                self.differ(old.type_param.id, new.type_param.id, rule)
            }
            (TypeDef::Array(old), TypeDef::Array(new)) if old.len == new.len => {
                self.differ(old.type_param.id, new.type_param.id, rule)
            }
            (TypeDef::Compact(old), TypeDef::Compact(new)) => {
                self.differ(old.type_param.id, new.type_param.id, rule)
            }
            (TypeDef::Tuple(old), TypeDef::Tuple(new)) if old.fields.len() == new.fields.len() => {
                let pairs = old.fields.iter().zip(&new.fields);
                pairs.enumerate().find_map(|(position, (old, new))| {
                    let what = self.differ(old.id, new.id, rule)?;
                    Some(format!("{name}.{position}: {what}"))
                })
            }
            (TypeDef::Composite(old), TypeDef::Composite(new)) => {
                self.fields_differ(&name, &old.fields, &new.fields, rule)
            }
            (TypeDef::Variant(variants), TypeDef::Variant(others)) => {
                let both = |name| is_prelude(old, name) && is_prelude(new, name);
                let prelude = both("Result") || both("Option");
                self.variants_differ(&name, variants, others, rule, prelude)
            }
            (TypeDef::BitSequence(old), TypeDef::BitSequence(new)) => self
                .differ(old.bit_store_type.id, new.bit_store_type.id, rule)
                .or_else(|| self.differ(old.bit_order_type.id, new.bit_order_type.id, rule)),
            _ => retyped(),
        }
    }

    fn fields_differ(
        &mut self,
        of: &str,
        old: &[Field<PortableForm>],
        new: &[Field<PortableForm>],
        rule: Rule,
    ) -> Option<String> {
        let name = |position: usize, field: &Field<PortableForm>| {
            field.name.clone().unwrap_or_else(|| position.to_string())
        };
        for (position, (old, new)) in old.iter().zip(new).enumerate() {
            let (was, is) = (name(position, old), name(position, new));
            if was != is {
                return Some(format!("{of} has `{is}` where `{was}` was"));
            }
            if let Some(what) = self.differ(old.ty.id, new.ty.id, rule) {
                return Some(format!("{of}.{was}: {what}"));
            }
        }
        let (is, was) = (new.len(), old.len());
        (is != was).then(|| format!("{of} has {is} fields, and had {was}"))
    }

    fn variants_differ(
        &mut self,
        of: &str,
        old: &TypeDefVariant<PortableForm>,
        new: &TypeDefVariant<PortableForm>,
        rule: Rule,
        is_prelude: bool,
    ) -> Option<String> {
        for was in &old.variants {
            let is = new
                .variants
                .iter()
                .find(|variant| variant.index == was.index);
            let Some(is) = is.filter(|is| is.name == was.name) else {
                let moved = new.variants.iter().find(|variant| variant.name == was.name);
                return Some(match moved {
                    Some(is) => format!(
                        "{of}::{} is number {}, was {}",
                        was.name, is.index, was.index
                    ),
                    None => format!("{of}::{} is gone", was.name),
                });
            };
            let rule = match rule {
                Rule::ErrorsGrow if is_prelude && was.name == "Err" => Rule::Grows,
                rule => rule,
            };
            let name = format!("{of}::{}", was.name);
            // What is in a `Result` or an `Option` speaks for itself.
            let what = match (was.fields.as_slice(), is.fields.as_slice()) {
                ([old], [new]) if is_prelude => self.differ(old.ty.id, new.ty.id, rule),
                (old, new) => self.fields_differ(&name, old, new, rule),
            };
            if what.is_some() {
                return what;
            }
        }
        if rule == Rule::Grows {
            return None;
        }
        let known = |index: u8| old.variants.iter().any(|variant| variant.index == index);
        let added = new.variants.iter().find(|variant| !known(variant.index))?;
        Some(format!(
            "{of}::{} is new, and what is older cannot read it",
            added.name
        ))
    }
}
