//! How a program ended, in words that follow its name.

use crate::translation::{gettext, gettext_with};
use scarab_protocol::message::ExitStatus;

pub fn ending(status: Option<ExitStatus>) -> String {
    match status {
        Some(ExitStatus::Code(0)) => gettext("has finished"),
        Some(ExitStatus::Code(code)) => gettext_with("ended with status {code}", &[("code", &code)]),
        Some(ExitStatus::Signal(signal)) => {
            gettext_with("was ended by signal {signal}", &[("signal", &signal)])
        }
        Some(ExitStatus::OutOfMemory) => gettext("was killed because its memory was used up"),
        Some(ExitStatus::Unknown) | None => gettext("has ended"),
    }
}
