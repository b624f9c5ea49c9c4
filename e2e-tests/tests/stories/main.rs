//! Stories, told on the embedded chain and, where there is a node, on that as well. Expected numbers are computed by hand, in the comments beside them, and never come
//! from the contracts; what a message emits is asserted whole.

mod common;
mod directory;
mod endings;
mod every_message;
mod exits;
mod hostile_discounts;
mod hostile_payees;
mod hostile_prices;
mod hostile_registry;
mod hostile_tokens;
mod house;
mod limits;
mod moderation;
mod money;
mod openings;
mod passes;
mod permits;
mod plans;
mod previews;
mod prices;
mod puppets;
mod receipts;
mod reentry;
mod seats;
mod sessions;
mod settling;
mod spending;
mod sponsors;
mod streams;
mod tips;
mod tokens;
mod upgrades;
mod vouchers;
mod vouchers_attacks;
mod wiring;
