//! `scarab attach` in a real terminal, against a real service.

#[path = "../harness/mod.rs"]
mod harness;
mod history;
mod leaving;
mod painting;
mod showing;
