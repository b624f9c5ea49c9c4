//! The events of every contract. Topics on ids and accounts only: a topic costs nearly a storage write.

pub mod admin;
pub mod payment_handler;
pub mod pricing_engine;
pub mod stream_registry;
pub mod tick_stream;
