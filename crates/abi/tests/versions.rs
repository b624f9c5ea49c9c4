//! What keeps a version from taking the place of another. The other versions are made by editing the committed metadata.

mod common;

use common::{abi, document, documents};
use serde_json::{json, Value};
use vilokanam_abi::{
    compare, compare_halves, compare_storage, opaque_cells, type_name, Abi, CellKind,
};

/// What is said of a version that `edit` makes of the contract's metadata.
fn said(contract: &str, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let old = document(contract);
    let mut new = old.clone();
    edit(&mut new);
    assert_ne!(old, new, "the edit found what it edits");
    let found = compare(&abi(&old), &abi(&new));
    found.iter().map(ToString::to_string).collect()
}

/// The member of an array with this label or name.
fn labelled<'a>(list: &'a mut Value, label: &str) -> &'a mut Value {
    let list = list.as_array_mut().expect("is an array");
    let is = |item: &&mut Value| item["label"] == label || item["name"] == label;
    list.iter_mut().find(is).expect("is there")
}

fn message<'a>(new: &'a mut Value, label: &str) -> &'a mut Value {
    labelled(&mut new["spec"]["messages"], label)
}

fn event<'a>(new: &'a mut Value, label: &str) -> &'a mut Value {
    labelled(&mut new["spec"]["events"], label)
}

fn remove(list: &mut Value, label: &str) {
    let list = list.as_array_mut().expect("is an array");
    list.retain(|item| item["label"] != label && item["name"] != label);
}

/// The type whose path ends so.
fn ty<'a>(new: &'a mut Value, last: &str) -> &'a mut Value {
    let types = new["types"].as_array_mut().expect("is an array");
    let is = |ty: &&mut Value| {
        let path = ty["type"]["path"].as_array();
        path.and_then(|path| path.last())
            .is_some_and(|name| name == last)
    };
    &mut types.iter_mut().find(is).expect("is there")["type"]["def"]
}

/// The number of a primitive type.
fn primitive(new: &Value, name: &str) -> Value {
    let types = new["types"].as_array().expect("is an array");
    let is = |ty: &&Value| ty["type"]["def"]["primitive"] == name;
    types.iter().find(is).expect("is there")["id"].clone()
}

/// The fields that hold the payment handler's money.
fn money(new: &mut Value) -> &mut Value {
    let fields = &mut new["storage"]["root"]["layout"]["struct"]["fields"];
    &mut labelled(fields, "money")["layout"]["struct"]["fields"]
}

/// A cell among them.
fn cell<'a>(new: &'a mut Value, name: &str) -> &'a mut Value {
    &mut labelled(money(new), name)["layout"]["root"]
}

#[test]
fn a_version_can_follow_itself() {
    for (name, document) in documents() {
        let abi = abi(&document);
        assert_eq!(compare(&abi, &abi), [], "{name}");
        assert!(abi.cells.len() > 2, "{name} has {} cells", abi.cells.len());
    }
}

#[test]
fn both_codes_of_a_contract_agree_on_its_storage() {
    let halves = ["tick_stream", "tick_lifecycle"];
    for (one, other) in [(0, 1), (1, 0)] {
        let (running, next) = (abi(&document(halves[one])), document(halves[other]));
        let said = |edit: &dyn Fn(&mut Value)| {
            let mut new = next.clone();
            edit(&mut new);
            let found = compare_halves(&running, &abi(&new));
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(compare_storage(&running, &abi(&next)), []);
        assert_eq!(said(&|_| {}), [] as [&str; 0]);

        // A variant that only one half knows, whichever it is: the other would take the cell for an empty one.
        let shared = "; the other half of the contract runs on this cell, too";
        let grown = "Change::Another is new, and what is older cannot read it";
        let said_grown = said(&|new| grow(new, "Change"));
        assert_eq!(said_grown.len(), 1);
        assert!(
            said_grown[0].starts_with("storage: `admin.authority` (key 0xad0001, Authority): ")
                && said_grown[0].ends_with(&format!("{grown}{shared}")),
            "{said_grown:?}"
        );
        let shrunk = said(&|new| {
            let variants = &mut ty(new, "Change")["variant"]["variants"];
            variants.as_array_mut().expect("is an array").pop();
        });
        assert!(
            shrunk.len() == 1 && shrunk[0].contains(" is gone"),
            "{shrunk:?}"
        );

        // What only one half knows is its own affair.
        let own = |key: &'static str| {
            move |new: &mut Value| {
                let fields = &mut new["storage"]["root"]["layout"]["struct"]["fields"];
                let ledger = &mut labelled(fields, "ledger")["layout"]["struct"]["fields"];
                let setup = &mut labelled(ledger, "setup")["layout"]["root"];
                setup["root_key"] = json!(key);
            }
        };
        assert_eq!(said(&own("0x70000000")), [] as [&str; 0]);
        let taken = said(&own("0x04000000"));
        assert!(
            taken[0].starts_with("storage: `ledger.accounts` (key 0x4, "),
            "{taken:?}"
        );
    }
    // So do the others'.
    for [one, other] in [
        ["pricing_engine", "pricing_plans"],
        ["payment_handler", "payment_desk"],
        ["vlk_token", "vlk_permit"],
    ] {
        let (one, other) = (abi(&document(one)), abi(&document(other)));
        assert_eq!(compare_halves(&one, &other), []);
        assert_eq!(compare_halves(&other, &one), []);
    }
    // Another contract's code does not.
    let (meter, other) = (document("tick_stream"), document("payment_handler"));
    assert!(!compare_storage(&abi(&meter), &abi(&other)).is_empty());
}

#[test]
fn metadata_tells_what_is_in_every_cell_but_bytes() {
    let payments = abi(&document("payment_handler"));
    let cells: Vec<_> = payments
        .cells
        .iter()
        .map(|cell| cell.shown(&payments.types))
        .collect();
    assert_eq!(
        cells,
        [
            "`Payments` (key 0x0, 0 packed fields)",
            "`admin.authority` (key 0xad0001, Authority)",
            "`admin.wiring` (key 0xad0002, Wiring)",
            "`admin.second_code` (key 0xad0003, Hash)",
            "`money.pools` (key 0x9a0001, Mapping<(u16, AccountId), Pool>)",
            "`money.payables` (key 0x9a0002, Mapping<(u16, AccountId), u128>)",
            "`money.totals` (key 0x9a0003, Mapping<u16, Totals>)",
            "`money.assets` (key 0x9a0004, Mapping<u16, Asset>)",
            "`money.asset_count` (key 0x9a0005, u16)",
            "`money.asset_ids` (key 0x9a0006, Mapping<AccountId, u16>)",
            "`money.config` (key 0x9a0007, Config)",
            "`money.pause_end_ms` (key 0x9a0008, u64)",
            "`money.books` (key 0x9a0009, Mapping<(u16, AccountId), Book>)",
        ]
    );
    assert!(matches!(payments.cells[4].kind, CellKind::Mapping(..)));
    // Only ink!'s own types are cells of a form; others of these names pack their fields.
    let mut own = document("payment_handler");
    for ty in own["types"].as_array_mut().expect("is an array") {
        if ty["type"]["path"][0] == "ink_storage" {
            ty["type"]["path"][0] = json!("own");
        }
    }
    let own = abi(&own);
    assert!(own
        .cells
        .iter()
        .all(|cell| matches!(cell.kind, CellKind::Packed(_))));
    // The keys of such types are no part of their names.
    let lazy = cell(&mut document("payment_handler"), "config")["ty"].clone();
    let lazy = u32::try_from(lazy.as_u64().expect("is a number")).expect("fits");
    assert_eq!(type_name(&payments.types, lazy), "Lazy<Config>");
    assert_eq!(opaque_cells(&payments), [] as [&str; 0]);
    // Seats, terms and free places are bytes that the meter's code writes by hand.
    assert_eq!(
        opaque_cells(&abi(&document("tick_stream"))),
        [
            "`ledger.pages` (key 0x2, Mapping<(u32, u16), Page>)",
            "`ledger.meters` (key 0x3, Mapping<u32, StreamMeter>)",
        ]
    );
}

#[test]
fn new_messages_events_and_cells_are_welcome() {
    let said = said("payment_handler", |new| {
        for list in ["messages", "events"] {
            let list = new["spec"][list].as_array_mut().expect("is an array");
            let mut added = list[0].clone();
            added["label"] = json!("Another::one");
            added["module_path"] = json!("another");
            list.push(added);
        }
        let mut added =
            json!({ "layout": { "root": cell(new, "config").clone() }, "name": "more" });
        added["layout"]["root"]["root_key"] = json!("0x0c009a00");
        let fields = &mut new["storage"]["root"]["layout"]["struct"]["fields"];
        fields.as_array_mut().expect("is an array").push(added);
    });
    assert_eq!(said, [] as [&str; 0]);
}

#[test]
fn dropped_and_changed_messages_are_told() {
    let gone = said("payment_handler", |new| {
        remove(&mut new["spec"]["messages"], "PaymentHandler::sweep");
    });
    assert_eq!(gone, ["message: `PaymentHandler::sweep` is gone"]);

    let changed = said("payment_handler", |new| {
        let number = primitive(new, "u32");
        let other = message(new, "PaymentHandler::pool");
        other["selector"] = json!("0x01020304");
        other["mutates"] = json!(true);
        other["payable"] = json!(true);
        other["args"][0]["label"] = json!("of");
        other["args"][1]["type"]["type"] = number;
    });
    assert_eq!(
        changed,
        [
            "message: `PaymentHandler::pool` has the selector 0x01020304, and had 0x56fad9d9",
            "message: `PaymentHandler::pool` changes storage now",
            "message: `PaymentHandler::pool` takes native tokens now",
            "message: `PaymentHandler::pool` calls an argument `of`, and called it `viewer`",
            "message: `PaymentHandler::pool` takes another `asset`: u32, was u16",
        ]
    );

    let fewer = said("payment_handler", |new| {
        let args = &mut message(new, "PaymentHandler::pool")["args"];
        args.as_array_mut().expect("is an array").pop();
    });
    assert_eq!(
        fewer,
        ["message: `PaymentHandler::pool` takes 1 arguments, and took 2"]
    );

    let returns = said("payment_handler", |new| {
        let of = message(new, "PaymentHandler::payable")["returnType"].clone();
        message(new, "PaymentHandler::pool")["returnType"] = of;
    });
    assert_eq!(
        returns,
        ["message: `PaymentHandler::pool` returns something else: u128, was Pool"]
    );
}

#[test]
fn dropped_and_changed_events_are_told() {
    let said = said("payment_handler", |new| {
        remove(&mut new["spec"]["events"], "Swept");
        event(new, "Deposited")["signature_topic"] = json!(format!("0x{}", "ab".repeat(32)));
        let number = primitive(new, "u64");
        let withdrawn = event(new, "Withdrawn");
        for field in withdrawn["args"].as_array_mut().expect("is an array") {
            if field["label"] == "amount" {
                field["type"]["type"] = number.clone();
            } else if field["label"] == "viewer" {
                field["indexed"] = json!(false);
            }
        }
    });
    assert_eq!(
        said,
        [
            "event: `Deposited` has another signature topic",
            "event: `Withdrawn` has a field `viewer` that is no topic any more",
            "event: `Withdrawn` has another `amount`: u64, was u128",
            "event: `Swept` is gone",
        ]
    );
}

#[test]
fn an_event_is_followed_in_its_own_module() {
    // One of the same name in another crate comes first, and the contract's own has a new signature: a field was renamed.
    let said = said("payment_handler", |new| {
        let own = event(new, "Deposited");
        let mut other = own.clone();
        own["signature_topic"] = json!(format!("0x{}", "ab".repeat(32)));
        own["args"][0]["label"] = json!("of");
        other["signature_topic"] = json!(format!("0x{}", "cd".repeat(32)));
        other["module_path"] = json!("another");
        other["args"] = json!([]);
        let events = new["spec"]["events"].as_array_mut().expect("is an array");
        events.insert(0, other);
    });
    assert_eq!(
        said,
        [
            "event: `Deposited` has another signature topic",
            "event: `Deposited` has a field `of` where `viewer` was",
        ]
    );
}

#[test]
fn an_event_is_followed_by_its_topic_to_another_module() {
    let said = said("payment_handler", |new| {
        event(new, "Deposited")["module_path"] = json!("another");
    });
    assert_eq!(said, [] as [&str; 0]);
}

#[test]
fn moved_retyped_and_repacked_cells_are_told() {
    let moved = said("payment_handler", |new| {
        cell(new, "pools")["root_key"] = json!("0x0b009a00");
        remove(money(new), "payables");
    });
    assert_eq!(
        moved,
        [
            "storage: `money.pools` (key 0x9a0001, Mapping<(u16, AccountId), Pool>) moved to key 0x9a000b",
            "storage: `money.payables` (key 0x9a0002, Mapping<(u16, AccountId), u128>) is gone",
        ]
    );

    let retyped = said("payment_handler", |new| {
        let of = cell(new, "asset_count")["ty"].clone();
        cell(new, "pause_end_ms")["ty"] = of;
        let of = cell(new, "totals")["ty"].clone();
        cell(new, "config")["ty"] = of;
    });
    assert_eq!(
        retyped,
        [
            "storage: `money.config` (key 0x9a0007, Config): is `money.config` (key 0x9a0007, Mapping<u16, Totals>) now",
            "storage: `money.pause_end_ms` (key 0x9a0008, u64): u16, was u64",
        ]
    );

    // Two fields of one type change places: nothing fails to decode, and everything is wrong.
    let swapped = said("payment_handler", |new| {
        let fields = &mut ty(new, "Totals")["composite"]["fields"];
        fields.as_array_mut().expect("is an array").swap(0, 1);
    });
    assert_eq!(
        swapped,
        [
            "message: `PaymentHandler::totals` returns something else: Totals has `holds` where `pools` was",
            "storage: `money.totals` (key 0x9a0003, Mapping<u16, Totals>): Totals has `holds` where `pools` was",
        ]
    );

    let packed = said("payment_handler", |new| {
        let number = primitive(new, "u32");
        let fields = &mut new["storage"]["root"]["layout"]["struct"]["fields"];
        let field =
            json!({ "layout": { "leaf": { "key": "0x00000000", "ty": number } }, "name": "count" });
        fields.as_array_mut().expect("is an array").push(field);
    });
    assert_eq!(
        packed,
        ["storage: `Payments` (key 0x0, 0 packed fields): packs 1 fields, and packed 0"]
    );

    let shared = said("payment_handler", |new| {
        let mut added =
            json!({ "layout": { "root": cell(new, "config").clone() }, "name": "more" });
        added["layout"]["root"]["root_key"] = json!("0x01009a00");
        let fields = &mut new["storage"]["root"]["layout"]["struct"]["fields"];
        fields.as_array_mut().expect("is an array").push(added);
    });
    assert_eq!(
        shared,
        ["storage: `money.pools` and `more` have the same key 0x9a0001"]
    );
}

/// Metadata of the payment handler whose own cell packs an array of `len` numbers, then an enum with these variants.
fn packing(len: u64, variants: &[&str]) -> Abi {
    let mut document = document("payment_handler");
    let number = primitive(&document, "u32");
    let leaf = json!({ "leaf": { "key": "0x00000000", "ty": number } });
    let inside = |name: &str| {
        let fields = json!([{ "name": "0", "layout": leaf.clone() }]);
        json!({ "name": name, "fields": fields })
    };
    let variants = variants.iter().enumerate();
    let variants = variants.map(|(index, name)| (index.to_string(), inside(name)));
    let variants: serde_json::Map<_, _> = variants.collect();
    let fields = &mut document["storage"]["root"]["layout"]["struct"]["fields"];
    let fields = fields.as_array_mut().expect("is an array");
    let array = json!({ "array": { "len": len, "offset": "0x00000000", "layout": leaf } });
    fields.push(json!({ "name": "last", "layout": array }));
    let either =
        json!({ "enum": { "name": "Either", "dispatchKey": "0x00000000", "variants": variants } });
    fields.push(json!({ "name": "either", "layout": either }));
    abi(&document)
}

#[test]
fn packed_arrays_and_enums_are_compared_by_their_heads() {
    let old = packing(2, &["One", "Two"]);
    let said = |new: &Abi| {
        let found = compare_storage(&old, new);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let cell = &old.cells[0];
    assert_eq!(
        cell.shown(&old.types),
        "`Payments` (key 0x0, 5 packed fields)"
    );
    let CellKind::Packed(fields) = &cell.kind else {
        panic!("is packed: {cell:?}");
    };
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["last", "last.[]", "either", "either.One.0", "either.Two.0"]
    );
    assert_eq!(said(&packing(2, &["One", "Two"])), [] as [&str; 0]);
    let shown = "storage: `Payments` (key 0x0, 5 packed fields): its packed field";
    assert_eq!(
        said(&packing(3, &["One", "Two"])),
        [format!("{shown} `last`: array of 3, was array of 2")]
    );
    assert_eq!(
        said(&packing(2, &["One", "Other"])),
        [format!(
            "{shown} `either`: enum of 0 One, 1 Other, was enum of 0 One, 1 Two"
        )]
    );
    // The types inside count, too, and so does where they are.
    let mut other = packing(2, &["One", "Two"]);
    let CellKind::Packed(fields) = &mut other.cells[0].kind else {
        panic!("is packed");
    };
    fields.swap(0, 1);
    assert_eq!(
        said(&other),
        ["storage: `Payments` (key 0x0, 5 packed fields): packs `last.[]` where `last` was"]
    );
}

/// Adds a variant without fields, with the number after the last.
fn grow(new: &mut Value, name: &str) {
    let variants = &mut ty(new, name)["variant"]["variants"];
    let variants = variants.as_array_mut().expect("is an array");
    let index = variants.len();
    variants.push(json!({ "index": index, "name": "Another" }));
}

#[test]
fn enums_grow_at_their_end_where_only_the_new_version_reads_them() {
    // An error: clients must expect more.
    assert_eq!(
        said("payment_handler", |new| grow(new, "PaymentHandlerError")),
        [] as [&str; 0]
    );
    // `Class` is an argument, where it may grow, and in events that tell of it.
    let told = said("stream_registry", |new| grow(new, "Class"));
    let new = "Class::Another is new, and what is older cannot read it";
    assert!(told.iter().all(|line| line.ends_with(new)), "{told:?}");
    let mut parts: Vec<_> = told
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    parts.dedup();
    assert_eq!(
        parts,
        [
            "message: `StreamRegistry::stream`",
            "message: `StreamRegistry::facts`",
            "event: `StreamRegistered`",
            "event: `StreamUpdated`",
        ]
    );
    // Changes are in storage and in arguments, where they may grow, and in what is told.
    let change = said("payment_handler", |new| grow(new, "Change"));
    let new = "Change::Another is new, and what is older cannot read it";
    assert_eq!(
        change,
        [
            format!("message: `Administered::administration` returns something else: Administration.pending: PendingChange.change: {new}"),
            format!("event: `ChangeAnnounced` has another `change`: {new}"),
            format!("event: `ChangeApplied` has another `old`: {new}"),
            format!("event: `ChangeApplied` has another `new`: {new}"),
        ]
    );
    // In the middle, everything after moves.
    let middle = said("payment_handler", |new| {
        let variants = &mut ty(new, "Class")["variant"]["variants"];
        let variants = variants.as_array_mut().expect("is an array");
        variants[1]["name"] = json!("Another");
    });
    assert!(
        middle
            .iter()
            .any(|line| line.ends_with("Class::Premium is gone")),
        "{middle:?}"
    );
}

/// Metadata of the payment handler in which `pool` returns a type with this definition.
fn returning(def: &Value) -> Abi {
    let mut document = document("payment_handler");
    let types = document["types"].as_array_mut().expect("is an array");
    let id = types.len();
    types.push(json!({ "id": id, "type": { "def": def } }));
    message(&mut document, "PaymentHandler::pool")["returnType"]["type"] = json!(id);
    abi(&document)
}

#[test]
fn types_are_compared_by_what_they_are_made_of() {
    let document = document("payment_handler");
    let (one, two) = (primitive(&document, "u32"), primitive(&document, "u64"));
    let array = |len, of: &Value| json!({ "array": { "len": len, "type": of } });
    let compact = |of: &Value| json!({ "compact": { "type": of } });
    let bits = |order: &Value, store: &Value| json!({ "bitsequence": { "bit_store_type": store, "bit_order_type": order } });
    for (old, new, told) in [
        (array(2, &one), array(2, &one), None),
        (
            array(2, &one),
            array(3, &one),
            Some("[u32; 3], was [u32; 2]"),
        ),
        (array(2, &one), array(2, &two), Some("u64, was u32")),
        (compact(&one), compact(&one), None),
        (compact(&one), compact(&two), Some("u64, was u32")),
        (
            json!({ "tuple": [one, two] }),
            json!({ "tuple": [one, two] }),
            None,
        ),
        (
            json!({ "tuple": [one, two] }),
            json!({ "tuple": [one, two, two] }),
            Some("(u32, u64, u64), was (u32, u64)"),
        ),
        (
            json!({ "tuple": [one, two] }),
            json!({ "tuple": [one, one] }),
            Some("(u32, u64).1: u32, was u64"),
        ),
        (bits(&one, &two), bits(&one, &two), None),
        (bits(&one, &two), bits(&one, &one), Some("u32, was u64")),
        (bits(&one, &two), bits(&two, &two), Some("u64, was u32")),
        (
            compact(&one),
            bits(&one, &two),
            Some("bits, was Compact<u32>"),
        ),
    ] {
        let found = compare(&returning(&old), &returning(&new));
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        let what = |told| format!("message: `PaymentHandler::pool` returns something else: {told}");
        let expected: Vec<_> = told.map(what).into_iter().collect();
        assert_eq!(found, expected, "{old} and {new}");
    }
}

#[test]
fn an_error_grows_in_a_result_alone_and_its_fields_keep_their_names() {
    // An enum that only looks like a `Result`: old clients cannot know that it is one.
    let own = said("payment_handler", |new| {
        grow(new, "PaymentHandlerError");
        for ty in new["types"].as_array_mut().expect("is an array") {
            if ty["type"]["path"] == json!(["Result"]) {
                ty["type"]["path"] = json!(["own", "Answer"]);
            }
        }
    });
    assert!(!own.is_empty());
    for line in &own {
        assert!(
            line.contains("PaymentHandlerError::Another is new"),
            "{line}"
        );
    }
    let renamed = said("vlk_token", |new| {
        let variants = &mut ty(new, "AdminError")["variant"]["variants"];
        labelled(variants, "ChangeNotDue")["fields"][0]["name"] = json!("until_ms");
    });
    assert!(!renamed.is_empty());
    for line in &renamed {
        assert!(
            line.ends_with("AdminError::ChangeNotDue has `until_ms` where `due_ms` was"),
            "{line}"
        );
    }
}

#[test]
fn versions_that_can_never_be_replaced_are_told() {
    let gone = said("vlk_token", |new| {
        remove(&mut new["spec"]["messages"], "Administered::apply");
    });
    let what = "without `Administered::apply` the new version can never be replaced";
    assert_eq!(
        gone,
        [
            "message: `Administered::apply` is gone".to_owned(),
            format!("upgrades: {what}")
        ]
    );

    let no_code = said("vlk_token", |new| {
        let variants = &mut ty(new, "Change")["variant"]["variants"];
        variants[0]["name"] = json!("Nothing");
    });
    let last = no_code.last().expect("something is told");
    assert_eq!(
        last,
        "upgrades: `Administered::announce` takes no `Code`: the new version can never be replaced"
    );
}

#[test]
fn what_is_no_metadata_is_refused() {
    let error = Abi::parse("{}").expect_err("is none").to_string();
    assert_eq!(error, "this is not the metadata of an ink! contract");
    let mut old = document("vlk_token");
    old["version"] = json!("4");
    let error = Abi::parse(&old.to_string())
        .expect_err("is old")
        .to_string();
    assert_eq!(
        error,
        "this is metadata of version \"4\", and 5 is needed (ink! 5)"
    );
    let mut holes = document("vlk_token");
    holes["types"]
        .as_array_mut()
        .expect("is an array")
        .truncate(3);
    assert!(Abi::parse(&holes.to_string()).is_err());
}
