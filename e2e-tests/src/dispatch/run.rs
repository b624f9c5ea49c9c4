//! Runs a case.

use super::{
    books::Told,
    case::Case,
    judge::{judge, reading, Outcome, Sent},
    world::{World, PAUPER},
};
use std::hash::{DefaultHasher, Hash, Hasher};
use vilokanam_chain::{Chain, Receipt};

/// What a case did.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was seen, in numbers: new ones make a case worth keeping.
    pub features: Vec<u64>,
    /// The same without cost, in words: message and kind of answer.
    pub labels: Vec<String>,
}

/// A law that does not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// After which message.
    pub step: usize,
    pub what: String,
}

impl World {
    /// Sends everything, from the start, and judges each outcome.
    pub fn run(&mut self, case: &Case) -> Result<Report, Failure> {
        self.reset();
        let mut books = self.books;
        let mut report = Report::default();
        let mut foreign = false;
        for (place, step) in case.steps.iter().enumerate() {
            let fail = |what: String| Failure { step: place, what };
            if step.wait_ms() > 0 {
                self.chain.advance(step.wait_ms());
            }
            let caller = self.caller_of(step);
            let number = self.contract_of(step);
            let (name, contract) = self.contract(number);
            let data = self.data_of(step);
            if let Some(ref_time) = step.ref_time() {
                self.chain.limit_gas(ref_time, u64::MAX);
            }
            let origin = self.accounts[caller].into();
            let done = self
                .chain
                .call(origin, contract, step.value(), data.clone());
            self.chain.unlimit_gas();
            let sent = Sent {
                abi: &self.abis[number],
                data: &data,
                value: step.value(),
                starved: step.gas > 0,
                poor: caller == PAUPER,
                foreign,
            };
            let outcome = judge(&sent, &done).map_err(fail)?;
            let message = reading(&self.abis[number], &data);
            let label = message.map_or("?".to_owned(), |message| message.label.clone());
            report.note(name, &label, &outcome, done.as_ref().ok());
            let (Outcome::Ok(_), Ok(receipt)) = (&outcome, &done) else {
                continue;
            };
            self.check_events(receipt).map_err(fail)?;
            if message.is_some_and(|message| message.mutates) {
                let told = Told {
                    caller,
                    to_token: name == "vlk_token",
                    sweeps: label == "PaymentHandler::sweep",
                    renews: label == "PassOffice::renew",
                    spends_allowance: label == "PSP22::transfer_from",
                };
                let token = self.suite.token;
                let moved = receipt.events.iter().any(|event| event.contract == token);
                let after = books.read(self, moved);
                books.check(&after, &told).map_err(fail)?;
                books = after;
            }
            // What the owner has announced and applied may change whom a contract obeys, and what its code is.
            if label == "Administered::apply" {
                break;
            }
            foreign |= label == "PricingPlans::set_staking";
        }
        Ok(report)
    }

    /// Every event is one that its contract's metadata knows.
    fn check_events(&self, receipt: &Receipt) -> Result<(), String> {
        for event in &receipt.events {
            let contracts = self.suite.contracts();
            let number = contracts.iter().position(|(_, at)| *at == event.contract);
            let Some(number) = number else {
                return Err(format!("an event of a stranger: {event:?}"));
            };
            let topics: Vec<[u8; 32]> = event.topics.iter().map(|topic| (*topic).into()).collect();
            match self.abis[number].event(&topics, &event.data) {
                Ok(Some(_)) => {}
                found => return Err(format!("an unknown event: {found:?}: {event:?}")),
            }
        }
        Ok(())
    }
}

impl Report {
    fn note(
        &mut self,
        contract: &str,
        message: &str,
        outcome: &Outcome,
        receipt: Option<&Receipt>,
    ) {
        let said = match outcome {
            Outcome::Trapped(name) => format!("trapped {name}"),
            Outcome::NotRead => "not read".to_owned(),
            Outcome::Refused(shape) => format!("refused {shape}"),
            Outcome::Ok(shape) => format!("ok {shape}"),
        };
        let label = format!("{contract} {message}: {said}");
        self.features.push(number(&label));
        if let Some(receipt) = receipt {
            // Another way through the code takes another time; eight steps to each doubling.
            let time = (receipt.ref_time.max(1) as f64).log2() * 8.0;
            self.features.push(number(&(&label, time as u64)));
            let kinds: Vec<_> = receipt.events.iter().map(|e| e.topics.first()).collect();
            self.features.push(number(&(&label, kinds)));
        }
        if let Some(before) = self.labels.last() {
            // What has been done before makes another state, if it did anything.
            if before.contains(": ok") {
                self.features.push(number(&(before, &label)));
            }
        }
        self.labels.push(label);
    }
}

fn number(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
