//! Calls, replies and events by the metadata of the contracts: any bytes decode or are refused, and what decodes is encoded to the
//! same bytes again.

use crate::input::Input;
use std::sync::OnceLock;
use vilokanam_abi::{Abi, Accounts};

/// The contracts' metadata, as it is published.
const METADATA: [&str; 13] = [
    include_str!("../../../metadata/directory.json"),
    include_str!("../../../metadata/moderation.json"),
    include_str!("../../../metadata/pass_office.json"),
    include_str!("../../../metadata/patronage.json"),
    include_str!("../../../metadata/payment_desk.json"),
    include_str!("../../../metadata/payment_handler.json"),
    include_str!("../../../metadata/pricing_engine.json"),
    include_str!("../../../metadata/pricing_plans.json"),
    include_str!("../../../metadata/stream_registry.json"),
    include_str!("../../../metadata/tick_lifecycle.json"),
    include_str!("../../../metadata/tick_stream.json"),
    include_str!("../../../metadata/vlk_permit.json"),
    include_str!("../../../metadata/vlk_token.json"),
];

fn abis() -> &'static [Abi] {
    static ABIS: OnceLock<Vec<Abi>> = OnceLock::new();
    ABIS.get_or_init(|| {
        let all = METADATA.iter().map(|json| Abi::parse(json));
        all.collect::<Result<_, _>>().expect("metadata is good")
    })
}

/// The first byte names the contract, the second the form of accounts and what the rest is, the third which message or event.
pub fn abi(data: &[u8]) {
    let mut input = Input(data);
    let abis = abis();
    let abi = &abis[usize::from(input.byte()) % abis.len()];
    let kind = input.byte();
    // Both, at prefixes of one byte and of two.
    let accounts = match kind & 0x30 {
        0x00 => Accounts::Hex,
        0x10 => Accounts::Ss58(42),
        0x20 => Accounts::Ss58(64),
        _ => Accounts::Ss58(16_383),
    };
    let which = usize::from(input.byte());
    match kind % 3 {
        0 => call(abi, accounts, which, input.rest()),
        1 => reply(abi, accounts, which, input.rest()),
        _ => event(abi, accounts, which, input.rest()),
    }
}

fn call(abi: &Abi, accounts: Accounts, which: usize, args: &[u8]) {
    let all: Vec<_> = abi.messages.iter().chain(&abi.constructors).collect();
    let message = all[which % all.len()];
    let call = [&message.selector[..], args].concat();
    let abi = abi.clone_with(accounts);
    match abi.decode(&call) {
        Ok((found, value)) => {
            // Names of arguments are made of them, and back.
            assert_eq!(found.selector, message.selector);
            let again = abi
                .encode(found, &value)
                .expect("what was decoded is encoded");
            assert_eq!(again, call, "{}: {value}", message.label);
        }
        Err(error) => assert!(!format!("{error:#}").is_empty()),
    }
    // Raw, too: the selector is most likely nobody's.
    let _ = abi.decode(args);
}

fn reply(abi: &Abi, accounts: Accounts, which: usize, output: &[u8]) {
    let message = &abi.messages[which % abi.messages.len()];
    if let Err(error) = abi.clone_with(accounts).reply(message, output) {
        assert!(!format!("{error:#}").is_empty());
    }
}

fn event(abi: &Abi, accounts: Accounts, which: usize, data: &[u8]) {
    let event = &abi.events[which % abi.events.len()];
    let topic = event.signature_topic.expect("no event is anonymous");
    if let Err(error) = abi.clone_with(accounts).event(&[topic], data) {
        assert!(!format!("{error:#}").is_empty());
    }
}

/// Abis are large, and clones of them slow: each form is made once.
trait With {
    fn clone_with(&self, accounts: Accounts) -> &'static Abi;
}

impl With for Abi {
    fn clone_with(&self, accounts: Accounts) -> &'static Abi {
        static FORMS: OnceLock<Vec<Abi>> = OnceLock::new();
        let forms = FORMS.get_or_init(|| {
            let forms = [
                Accounts::Hex,
                Accounts::Ss58(42),
                Accounts::Ss58(64),
                Accounts::Ss58(16_383),
            ];
            let all = abis().iter();
            all.flat_map(|abi| forms.map(|form| abi.clone().with_accounts(form)))
                .collect()
        });
        let found = forms
            .iter()
            .find(|form| form.name == self.name && form.accounts == accounts);
        found.expect("every form is there")
    }
}
