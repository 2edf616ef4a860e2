//! Scarab's control protocol, its blocking client and the shared grid.
//!
//! This crate is the boundary between the service and everything that looks at it. The contract in prose,
//! from which a third party could write a client in another language, is this crate's `README.md`.
//!
//! | module | what |
//! | --- | --- |
//! | [`hello`] | the fixed first 32 bytes each way: magic, versions, capabilities |
//! | [`frame`] | length-prefixed messages, and the one scheme of parts for what is larger |
//! | [`message`] | every message as bare, documented data |
//! | [`socket`] | where the control socket is, and sending descriptors over it |
//! | [`client`] | the blocking client, with reconnect |
//! | [`pattern`] | what is looked for in lines of text |
//! | [`grid`] | the shared memory in which a session's frames and history are published |

pub mod client;
pub mod frame;
pub mod grid;
pub mod hello;
pub mod message;
pub mod pattern;
pub mod socket;

pub use client::{Client, ClientError};
pub use frame::{Decoder, FrameError, Incoming, MAX_MESSAGE};
pub use hello::{Hello, Refusal, VERSION};
pub use message::SessionId;
pub use pattern::Pattern;
