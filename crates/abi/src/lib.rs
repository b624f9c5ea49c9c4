//! What the metadata of an ink! 5 contract (`metadata/NAME.json`, its ABI) tells, without any code of the contract.
//!
//! - [`compare`]: whether one version can take the place of another, on storage that is there and for clients that are.
//! - [`Abi::encode`], [`Abi::reply`], [`Abi::event`]: calls from JSON, results and events to JSON; see [`codec`] for how
//!   each type looks there.
//! - [`can_upgrade`]: whether code can ever be replaced, from its Wasm.

pub mod codec;
mod compare;
mod ss58;
mod storage;
mod types;
mod wasm;

pub use codec::Accounts;
pub use compare::{compare, compare_halves, compare_storage, Incompatibility, Part};
pub use ss58::{from_ss58, to_ss58};
pub use storage::{opaque_cells, Cell, CellKind};
pub use types::type_name;
pub use wasm::{can_upgrade, imports};

use anyhow::{anyhow, bail, ensure, Context, Result};
use scale_info::PortableRegistry;
use serde::Deserialize;
use serde_json::Value;

/// A contract's ABI.
#[derive(Debug, Clone)]
pub struct Abi {
    /// The contract's name.
    pub name: String,
    /// The version of its package.
    pub version: String,
    /// The hash of its code, where the metadata says it: `metadata/` does not, since it differs between compilers.
    pub code_hash: Option<[u8; 32]>,
    /// Its messages.
    pub messages: Vec<Message>,
    /// Its constructors.
    pub constructors: Vec<Message>,
    /// The events that it knows, its own and others'.
    pub events: Vec<Event>,
    /// Its storage, cell by cell.
    pub cells: Vec<Cell>,
    /// Every type that occurs.
    pub types: PortableRegistry,
    /// How accounts are written.
    pub accounts: Accounts,
}

/// A message or a constructor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its name, after that of its trait: `TickStream::open`.
    pub label: String,
    /// What a call of it begins with.
    #[serde(deserialize_with = "hex_bytes")]
    pub selector: [u8; 4],
    /// Its arguments.
    pub args: Vec<Argument>,
    /// What it returns, inside ink!'s own `Result`.
    pub return_type: TypeSpec,
    /// Whether it may change storage; constructors do not say.
    #[serde(default)]
    pub mutates: bool,
    /// Whether it takes native tokens.
    pub payable: bool,
}

/// An argument of a message.
#[derive(Debug, Clone, Deserialize)]
pub struct Argument {
    /// Its name, without the `_` that says that the code itself does not use it.
    #[serde(deserialize_with = "argument_name")]
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: TypeSpec,
}

/// A type by its number in [`Abi::types`].
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct TypeSpec {
    /// The number.
    #[serde(rename = "type")]
    pub id: u32,
}

/// An event.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// Its name.
    pub label: String,
    /// The Rust module that defines it.
    pub module_path: String,
    /// Its first topic; an anonymous event has none.
    #[serde(deserialize_with = "hex_topic")]
    pub signature_topic: Option<[u8; 32]>,
    /// Its fields.
    pub args: Vec<Field>,
}

/// A field of an event.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    /// Its name.
    pub label: String,
    /// Whether it is a topic, too.
    pub indexed: bool,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: TypeSpec,
}

/// What a message answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Its value, out of the `Ok` if it returns a `Result`.
    Value(Value),
    /// The contract refused, with this error.
    Refused(Value),
    /// ink!'s dispatch refused before the message ran: the contract has no such message, or cannot read its arguments.
    NotDispatched(Value),
}

/// An event that was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its fields by name.
    pub fields: Value,
}

#[derive(Deserialize)]
struct Document {
    contract: About,
    #[serde(default)]
    source: Option<Source>,
    spec: Spec,
    storage: Value,
    #[serde(flatten)]
    types: PortableRegistry,
    version: Value,
}

#[derive(Deserialize)]
struct About {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(deserialize_with = "hex_bytes")]
    hash: [u8; 32],
}

#[derive(Deserialize)]
struct Spec {
    constructors: Vec<Message>,
    messages: Vec<Message>,
    events: Vec<Event>,
}

impl Abi {
    /// Reads metadata: a `.json` or `.contract` file of `cargo contract`.
    pub fn parse(json: &str) -> Result<Self> {
        let document: Document =
            serde_json::from_str(json).context("this is not the metadata of an ink! contract")?;
        ensure!(
            document.version == 5,
            "this is metadata of version {}, and 5 is needed (ink! 5)",
            document.version
        );
        let abi = Self {
            cells: storage::cells(&document.storage, &document.types)
                .context("the storage layout")?,
            name: document.contract.name,
            version: document.contract.version,
            code_hash: document.source.map(|source| source.hash),
            messages: document.spec.messages,
            constructors: document.spec.constructors,
            events: document.spec.events,
            types: document.types,
            accounts: Accounts::Hex,
        };
        abi.ensure_types_known()?;
        Ok(abi)
    }

    /// Fails if a number of a type has no type, so that nothing later needs to ask.
    fn ensure_types_known(&self) -> Result<()> {
        let messages = self.messages.iter().chain(&self.constructors);
        let of_messages = messages.flat_map(|message| {
            let args = message.args.iter().map(|arg| arg.ty.id);
            args.chain([message.return_type.id])
        });
        let of_events = self.events.iter().flat_map(|event| &event.args);
        let ids = of_messages
            .chain(of_events.map(|field| field.ty.id))
            .chain(self.cells.iter().flat_map(Cell::type_ids))
            .chain(self.types.types.iter().flat_map(|ty| types::parts(&ty.ty)));
        for id in ids {
            ensure!(self.types.resolve(id).is_some(), "type {id} is missing");
        }
        Ok(())
    }

    /// The same, writing accounts so.
    pub fn with_accounts(mut self, accounts: Accounts) -> Self {
        self.accounts = accounts;
        self
    }

    /// A message by its full name (`TickStream::open`), or by its last part (`open`) where no other has it.
    pub fn message(&self, name: &str) -> Result<&Message> {
        find(&self.messages, name).with_context(|| format!("{}'s messages", self.name))
    }

    /// A constructor by its name.
    pub fn constructor(&self, name: &str) -> Result<&Message> {
        find(&self.constructors, name).with_context(|| format!("{}'s constructors", self.name))
    }

    /// The bytes of a call: the selector, then the arguments. `args` is an array in their order, or an object by their
    /// names; nothing (`null`) for a message without.
    pub fn encode(&self, message: &Message, args: &Value) -> Result<Vec<u8>> {
        let mut bytes = message.selector.to_vec();
        for (argument, value) in message.args.iter().zip(arguments(message, args)?) {
            codec::encode(&self.types, argument.ty.id, value, &mut bytes).with_context(|| {
                let ty = type_name(&self.types, argument.ty.id);
                format!("argument `{}` ({ty})", argument.label)
            })?;
        }
        Ok(bytes)
    }

    /// The message or constructor that a call was of, and its arguments by name: the reverse of [`Abi::encode`].
    pub fn decode(&self, call: &[u8]) -> Result<(&Message, Value)> {
        let (selector, mut rest) = call
            .split_first_chunk::<4>()
            .ok_or_else(|| anyhow!("a call begins with a selector of 4 bytes"))?;
        let message = self.messages.iter().chain(&self.constructors);
        let message = message
            .clone()
            .find(|message| message.selector == *selector)
            .ok_or_else(|| anyhow!("no message of {} has this selector", self.name))?;
        let mut args = serde_json::Map::new();
        for argument in &message.args {
            let value = codec::decode(&self.types, argument.ty.id, &mut rest, self.accounts)
                .with_context(|| format!("argument `{}`", argument.label))?;
            args.insert(argument.label.clone(), value);
        }
        ensure!(rest.is_empty(), "{} bytes follow the arguments", rest.len());
        Ok((message, Value::Object(args)))
    }

    /// What a message or constructor answered.
    pub fn reply(&self, message: &Message, mut output: &[u8]) -> Result<Reply> {
        let id = message.return_type.id;
        let outer = codec::decode(&self.types, id, &mut output, self.accounts)
            .with_context(|| format!("the reply of `{}`", message.label))?;
        ensure!(
            output.is_empty(),
            "{} bytes follow the reply of `{}`",
            output.len(),
            message.label
        );
        let value = match either(outer) {
            Ok(value) => value,
            Err(e) => return Ok(Reply::NotDispatched(e)),
        };
        if !types::returns_result(&self.types, id) {
            return Ok(Reply::Value(value));
        }
        Ok(either(value).map_or_else(Reply::Refused, Reply::Value))
    }

    /// An event of this contract's; `None` if it knows none with this signature.
    pub fn event(&self, topics: &[[u8; 32]], mut data: &[u8]) -> Result<Option<Told>> {
        let signature = topics.first();
        let known = |event: &&Event| {
            event.signature_topic.is_some() && event.signature_topic.as_ref() == signature
        };
        let Some(event) = self.events.iter().find(known) else {
            return Ok(None);
        };
        let mut fields = serde_json::Map::new();
        for field in &event.args {
            let value = codec::decode(&self.types, field.ty.id, &mut data, self.accounts)
                .with_context(|| format!("`{}` of event `{}`", field.label, event.label))?;
            fields.insert(field.label.clone(), value);
        }
        ensure!(
            data.is_empty(),
            "{} bytes follow the event `{}`",
            data.len(),
            event.label
        );
        Ok(Some(Told {
            name: event.label.clone(),
            fields: Value::Object(fields),
        }))
    }
}

/// A `Result` as JSON: `{"Ok": …}` or `{"Err": …}`.
fn either(value: Value) -> Result<Value, Value> {
    match value {
        Value::Object(mut object) => match object.remove("Err") {
            Some(error) => Err(error),
            None => Ok(object.remove("Ok").unwrap_or_default()),
        },
        other => Ok(other),
    }
}

fn find<'a>(messages: &'a [Message], name: &str) -> Result<&'a Message> {
    if let Some(message) = messages.iter().find(|message| message.label == name) {
        return Ok(message);
    }
    let last = |message: &&Message| message.label.rsplit("::").next() == Some(name);
    let found: Vec<_> = messages.iter().filter(last).collect();
    let labels = |of: &[&Message]| {
        let labels: Vec<_> = of.iter().map(|message| message.label.as_str()).collect();
        labels.join(", ")
    };
    match found.as_slice() {
        [message] => Ok(message),
        [] => {
            let all: Vec<_> = messages.iter().collect();
            bail!("`{name}` is none of them: {}", labels(&all))
        }
        several => bail!("`{name}` can be any of these: {}", labels(several)),
    }
}

/// The values of a message's arguments, in their order.
fn arguments<'a>(message: &Message, args: &'a Value) -> Result<Vec<&'a Value>> {
    let label = &message.label;
    let names: Vec<_> = message.args.iter().map(|arg| arg.label.as_str()).collect();
    let takes = || match names.as_slice() {
        [] => format!("`{label}` takes no arguments"),
        names => format!("`{label}` takes {} ({})", names.len(), names.join(", ")),
    };
    match args {
        Value::Null if names.is_empty() => Ok(Vec::new()),
        Value::Array(values) if values.len() == names.len() => Ok(values.iter().collect()),
        Value::Array(values) => bail!("{}, and {} are given", takes(), values.len()),
        Value::Object(values) => {
            if let Some(unknown) = values.keys().find(|name| !names.contains(&name.as_str())) {
                bail!("`{label}` has no argument `{unknown}`; {}", takes());
            }
            let value = |name: &&str| {
                let missing = || anyhow!("argument `{name}` is missing; {}", takes());
                values.get(*name).ok_or_else(missing)
            };
            names.iter().map(value).collect()
        }
        _ => bail!("{}: as an array, or as an object by name", takes()),
    }
}

fn argument_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(name.trim_start_matches('_').to_owned())
}

fn hex_bytes<'de, D: serde::Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(deserializer)?;
    fixed(&text).map_err(serde::de::Error::custom)
}

fn hex_topic<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<[u8; 32]>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let topic = text.map(|text| fixed(&text)).transpose();
    topic.map_err(serde::de::Error::custom)
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N]> {
    let bytes = codec::from_hex(text)?;
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| anyhow!("{N} bytes are needed, and {found} given"))
}
