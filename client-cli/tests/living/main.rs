//! What Scarab promises of sessions and their viewers, tried with real processes: viewers killed, stopped, slow
//! and many; pastes of ten megabytes; interrupts under flood.

#[path = "../harness/mod.rs"]
mod harness;

mod crowd;
mod flood;
mod paste;
mod survival;
