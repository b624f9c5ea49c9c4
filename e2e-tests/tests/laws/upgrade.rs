//! New code for the meter and the payment handler, in the middle of an evening.

use crate::{
    real::address,
    world::{ensure, Checked, World, CAST},
};
use ink::{
    primitives::LangError,
    scale::{DecodeAll, Encode},
};
use vilokanam_chain::{account, artifacts_dir, wasm, Chain};
use vilokanam_e2e::model::{Action, AdminCall, Part};
use vilokanam_interfaces::{AccountId, AdminError, Change, Hash};

const PARTS: [(Part, &str); 2] = [
    (Part::Payments, "payment_handler"),
    (Part::Meter, "tick_stream"),
];

impl World {
    /// The second versions.
    pub fn upgrade_to_v2(&mut self) -> Checked {
        for (part, name) in PARTS {
            self.upgrade(part, name, 2)?;
        }
        Ok(())
    }

    /// The third versions, which migrate what the second wrote.
    pub fn upgrade_to_v3(&mut self) -> Checked {
        for (part, name) in PARTS {
            self.upgrade(part, name, 3)?;
            self.migrate(part)?;
        }
        Ok(())
    }

    /// Replaces a contract's code. Strangers, garbage and impatience are refused, and nothing that can be read changes.
    fn upgrade(&mut self, part: Part, name: &str, version: u32) -> Checked {
        self.log.push(format!("{name} becomes version {version}"));
        let owner = self.model.admin(part).owner;
        let code = wasm(&artifacts_dir(), &format!("{name}_v{version}"));
        let code = code.map_err(|e| e.to_string())?;
        let code = self.chain.upload(owner, &code);
        let code = code.map_err(|trap| trap.to_string())?;
        self.model.note_code(code);
        self.layouts.insert(code, version);

        let admin = |call| Action::Admin(part, call);
        // An older change could bring the old code back, in the middle of what follows.
        for waiting in self.model.admin(part).pending.clone() {
            self.must(owner, 0, admin(AdminCall::Cancel(waiting.id)))?;
        }
        let stranger = self.not_the_owner(part);
        let announce = AdminCall::Announce(Change::Code(code));
        self.act(stranger, 0, admin(announce.clone()))?;
        let garbage = Change::Code(Hash::from([7; 32]));
        self.must(owner, 0, admin(AdminCall::Announce(garbage)))?;
        self.must(owner, 0, admin(announce))?;
        let pending = self.model.admin(part).pending.clone();
        for waiting in &pending {
            self.act(stranger, 0, admin(AdminCall::Apply(waiting.id)))?;
            if waiting.due_ms > self.model.now_ms {
                self.act(owner, 0, admin(AdminCall::Apply(waiting.id)))?;
            }
        }
        let due_ms = pending.iter().map(|waiting| waiting.due_ms).max();
        let wait_ms = due_ms.unwrap_or(0).saturating_sub(self.model.now_ms);
        if wait_ms > 0 {
            self.wait(wait_ms);
        }
        for waiting in pending {
            // The chain has no garbage: that change is refused, and is dropped.
            self.act(owner, 0, admin(AdminCall::Apply(waiting.id)))?;
            if waiting.change == garbage {
                self.must(owner, 0, admin(AdminCall::Cancel(waiting.id)))?;
            }
        }
        ensure(self.model.admin(part).code == code, || {
            format!("{name} does not run version {version}")
        })?;
        self.compare_all(true)
    }

    /// Calls `migrate`: once it is done, again it is refused, and never a stranger's.
    fn migrate(&mut self, part: Part) -> Checked {
        let owner = self.model.admin(part).owner;
        let stranger = self.not_the_owner(part);
        for (caller, expected) in [
            (stranger, Err(AdminError::NotOwner)),
            (owner, Ok(())),
            (owner, Err(AdminError::InvalidChange)),
        ] {
            let said = self.call_migrate(part, caller)?;
            ensure(
                // With nothing counted yet there is nothing to migrate.
                said == expected
                    || (part == Part::Payments && said == Err(AdminError::InvalidChange)),
                || format!("{part:?} migrates for {caller:?}: {said:?}, and not {expected:?}"),
            )?;
        }
        self.compare_all(true)
    }

    fn call_migrate(
        &mut self,
        part: Part,
        caller: AccountId,
    ) -> Result<Result<(), AdminError>, String> {
        let contract = address(&self.suite, &self.model.contracts.tokens, part);
        let selector = ink::selector_bytes!("migrate").encode();
        let receipt = self.chain.call(caller, contract, 0, selector);
        let output = receipt.map_err(|trap| trap.to_string())?.output;
        let said = Result::<Result<(), AdminError>, LangError>::decode_all(&mut &output[..]);
        said.map_err(|e| e.to_string())?
            .map_err(|e| format!("{e:?}"))
    }

    fn not_the_owner(&self, part: Part) -> AccountId {
        let owner = self.model.admin(part).owner;
        let others = CAST.map(account).into_iter().find(|one| *one != owner);
        others.unwrap_or(owner)
    }
}
