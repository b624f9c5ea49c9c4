//! A contract's storage as its metadata lays it out: cells, each with its key and the types inside.

use crate::{codec::from_hex, type_name, types::parts, Abi};
use anyhow::{anyhow, Context, Result};
use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive};
use serde_json::Value;
use std::collections::BTreeSet;

/// What lies under one root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The key, as `ManualKey` writes it.
    pub key: u32,
    /// The names of the fields that lead there: `ledger.pages`. The contract's own cell has the name of its struct.
    pub name: String,
    /// What it is.
    pub kind: CellKind,
}

/// The form of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellKind {
    /// One value of this type.
    Lazy(u32),
    /// A value for each key: their types.
    Mapping(u32, u32),
    /// Fields packed one after another: names, and what each is.
    Packed(Vec<(String, Packed)>),
}

/// A packed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// Of this type.
    Type(u32),
    /// The head of an enum or an array, whose own fields follow.
    Head(String),
}

impl Cell {
    /// The cell in words.
    pub fn shown(&self, types: &PortableRegistry) -> String {
        let name = |id: u32| type_name(types, id);
        let what = match &self.kind {
            CellKind::Lazy(value) => name(*value),
            CellKind::Mapping(key, value) => format!("Mapping<{}, {}>", name(*key), name(*value)),
            CellKind::Packed(fields) => format!("{} packed fields", fields.len()),
        };
        format!("`{}` (key {:#x}, {what})", self.name, self.key)
    }

    pub(crate) fn type_ids(&self) -> Vec<u32> {
        match &self.kind {
            CellKind::Lazy(value) => vec![*value],
            CellKind::Mapping(key, value) => vec![*key, *value],
            CellKind::Packed(fields) => {
                let ids = fields.iter().filter_map(|(_, field)| match field {
                    Packed::Type(id) => Some(*id),
                    Packed::Head(_) => None,
                });
                ids.collect()
            }
        }
    }
}

/// The cells of a layout, in its order.
pub(crate) fn cells(layout: &Value, types: &PortableRegistry) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    find(layout, types, &mut Vec::new(), &mut cells)?;
    Ok(cells)
}

/// The cells in which metadata shows bytes only, because code of the contract's own reads and writes them: no comparison
/// of metadata can see whether that code still agrees with what is stored.
pub fn opaque_cells(abi: &Abi) -> Vec<String> {
    let opaque = abi.cells.iter().filter(|cell| {
        let mut seen = BTreeSet::new();
        cell.type_ids()
            .into_iter()
            .any(|id| has_bytes(&abi.types, id, &mut seen))
    });
    opaque.map(|cell| cell.shown(&abi.types)).collect()
}

/// Whether a `Vec<u8>` is in a type. Bytes of fixed length are keys and hashes.
fn has_bytes(types: &PortableRegistry, id: u32, seen: &mut BTreeSet<u32>) -> bool {
    let Some(ty) = types.resolve(id).filter(|_| seen.insert(id)) else {
        return false;
    };
    let byte = TypeDef::Primitive(TypeDefPrimitive::U8);
    if let TypeDef::Sequence(of) = &ty.type_def {
        if types
            .resolve(of.type_param.id)
            .is_some_and(|of| of.type_def == byte)
        {
            return true;
        }
    }
    parts(ty)
        .into_iter()
        .any(|part| has_bytes(types, part, seen))
}

fn fields_of(layout: &Value) -> Result<&Vec<Value>> {
    let fields = layout.get("fields").and_then(Value::as_array);
    fields.ok_or_else(|| anyhow!("a struct without fields"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    let text = value.get(name).and_then(Value::as_str);
    text.ok_or_else(|| anyhow!("`{name}` is missing"))
}

fn number(value: &Value, name: &str) -> Result<u32> {
    let number = value.get(name).and_then(Value::as_u64);
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| anyhow!("`{name}` is missing"))
}

fn part<'a>(value: &'a Value, name: &str) -> Result<&'a Value> {
    value
        .get(name)
        .ok_or_else(|| anyhow!("`{name}` is missing"))
}

/// Finds every cell in and under a layout.
fn find(
    layout: &Value,
    types: &PortableRegistry,
    path: &mut Vec<String>,
    cells: &mut Vec<Cell>,
) -> Result<()> {
    if let Some(root) = layout.get("root") {
        cells.push(cell(root, types, path).with_context(|| path.join("."))?);
        // What is inside may have cells of its own: `Lazy`s of the contract's struct, a token's mappings.
        return find(part(root, "layout")?, types, path, cells);
    }
    for (name, inner) in children(layout)? {
        path.push(name);
        find(inner, types, path, cells)?;
        path.pop();
    }
    Ok(())
}

/// The layouts inside one that is not a cell, with their names.
fn children(layout: &Value) -> Result<Vec<(String, &Value)>> {
    let mut children = Vec::new();
    if let Some(body) = layout.get("struct") {
        for field in fields_of(body)? {
            children.push((text(field, "name")?.to_owned(), part(field, "layout")?));
        }
    } else if let Some(body) = layout.get("enum") {
        let variants = part(body, "variants")?.as_object();
        for variant in variants.into_iter().flat_map(|variants| variants.values()) {
            let variant_name = text(variant, "name")?;
            for field in fields_of(variant)? {
                let name = format!("{variant_name}.{}", text(field, "name")?);
                children.push((name, part(field, "layout")?));
            }
        }
    } else if let Some(body) = layout.get("array").or_else(|| layout.get("hash")) {
        children.push(("[]".to_owned(), part(body, "layout")?));
    }
    Ok(children)
}

fn cell(root: &Value, types: &PortableRegistry, path: &[String]) -> Result<Cell> {
    // Four bytes, the lowest first.
    let key = from_hex(text(root, "root_key")?)?;
    let key = key
        .try_into()
        .map_err(|_| anyhow!("a key is not of 4 bytes"))?;
    let ty = types.resolve(number(root, "ty")?);
    let ty = ty.ok_or_else(|| anyhow!("its type is missing"))?;
    let param = |name: &str| {
        let param = ty.type_params.iter().find(|param| param.name == name);
        let id = param.and_then(|param| param.ty).map(|ty| ty.id);
        id.ok_or_else(|| anyhow!("its type has no parameter {name}"))
    };
    let of_ink = ty
        .path
        .segments
        .first()
        .is_some_and(|first| first == "ink_storage");
    let last = ty.path.segments.last().map(String::as_str);
    let kind = match last {
        Some("Lazy") if of_ink => CellKind::Lazy(param("V")?),
        Some("Mapping") if of_ink => CellKind::Mapping(param("K")?, param("V")?),
        _ => {
            let mut fields = Vec::new();
            pack(part(root, "layout")?, &mut Vec::new(), &mut fields)?;
            CellKind::Packed(fields)
        }
    };
    Ok(Cell {
        key: u32::from_le_bytes(key),
        name: match path {
            [] => last.unwrap_or("root").to_owned(),
            path => path.join("."),
        },
        kind,
    })
}

/// What a layout packs into one cell, without the cells in it.
fn pack(layout: &Value, path: &mut Vec<String>, fields: &mut Vec<(String, Packed)>) -> Result<()> {
    if layout.get("root").is_some() {
        return Ok(());
    }
    if let Some(leaf) = layout.get("leaf") {
        fields.push((path.join("."), Packed::Type(number(leaf, "ty")?)));
        return Ok(());
    }
    if let Some(body) = layout.get("enum") {
        let variants = part(body, "variants")?.as_object();
        let names = variants
            .into_iter()
            .flatten()
            .map(|(index, variant)| Ok(format!("{index} {}", text(variant, "name")?)));
        let names: Vec<_> = names.collect::<Result<_>>()?;
        fields.push((
            path.join("."),
            Packed::Head(format!("enum of {}", names.join(", "))),
        ));
    }
    if let Some(body) = layout.get("array") {
        let len = number(body, "len")?;
        fields.push((path.join("."), Packed::Head(format!("array of {len}"))));
    }
    for (name, inner) in children(layout)? {
        path.push(name);
        pack(inner, path, fields)?;
        path.pop();
    }
    Ok(())
}
