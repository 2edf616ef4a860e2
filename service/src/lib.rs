//! The service that owns the PTYs, runs the terminal emulation and publishes each session's screen.
//!
//! | module | what |
//! | --- | --- |
//! | [`service`] | the whole: what connections and sessions share, from start to stop |
//! | [`session`] | one session: its PTY, emulator, memory, viewers; a thread each |
//! | [`control`] | the control socket: connections, requests, input |
//! | [`registry`] | which sessions there are, and their names |
//! | [`subscriptions`] | who wants to be told what happens |
//! | [`config`] | the configuration: keys, file, reload |
//! | [`plugin`] | which programs may be plugins |
//! | [`listen`] | a socket of our own, where systemd passes none |
//! | [`systemd`] | the service manager: sockets, readiness, status, watchdog |
//! | [`windows`] | what windows leave behind: their layouts, and shells nobody needs |
//! | [`idle`] | ending those shells |
//! | [`signals`] | signals as orders |
//! | [`limits`] | the limit of open files |
//! | [`log`] | the journal, or standard error |

pub mod bus;
pub mod config;
pub mod control;
pub mod failure;
pub mod idle;
pub mod limits;
pub mod listen;
pub mod log;
pub mod manager;
pub mod operations;
pub mod plugin;
pub mod registry;
pub mod service;
pub mod session;
pub mod signals;
pub mod steps;
pub mod store;
pub mod subscriptions;
pub mod systemd;
pub mod windows;
