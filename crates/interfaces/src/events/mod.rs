//! The events of every contract. Topics on ids and accounts only: a topic costs nearly a storage write.

pub mod admin;
pub mod directory;
pub mod moderation;
pub mod pass_office;
pub mod patronage;
pub mod payment_handler;
pub mod pricing_engine;
pub mod stream_registry;
pub mod tick_stream;
