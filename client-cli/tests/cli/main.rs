//! The command line as scripts meet it: the real `scarab`, starting the real `scarabd` beside it, each test with a
//! socket, a home and a service of its own.

#[path = "../harness/mod.rs"]
mod harness;
mod sessions;
mod start;
mod text;
mod usage;
