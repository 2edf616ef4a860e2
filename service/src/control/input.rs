//! What an attached viewer's person does: keys, mouse, pastes, focus, sizes.
//!
//! Done the moment it is read, by whoever reads (see [`super::inlet`]), straight into the session (which writes to
//! the PTY at once when nothing waits there): no queue in between, and never behind a request. No answer is due;
//! what a client does wrong is told as a `Failed` with id 0.

use crate::failure::{Failure, failed};
use crate::session::{Session, ViewerId};
use scarab_protocol::message::ToService;
use scarab_protocol::message::answer::FailureKind;

/// Kinds below are a person's doing and the end of the connection, those from here on requests.
const FIRST_REQUEST: u16 = 16;
/// Longest text of one key, in bytes: an input method may hand over a sentence at once.
const MAX_KEY_TEXT: usize = 4096;
/// Most palette entries there are.
pub const MAX_PALETTE: usize = 256;
/// Largest clipboard a program is given, in bytes.
const MAX_CLIPBOARD: usize = 1 << 20;

/// Why a message was not acted upon.
pub struct Complaint {
    /// What the client is told.
    pub failure: Failure,
    /// Its count of bytes no longer holds: the connection ends, because going on would leave a hole in what it types.
    pub spoils: bool,
}

/// Whether a message is a person's doing in the session that is viewed.
pub fn is_input(message: &ToService) -> bool {
    message.kind() < FIRST_REQUEST && !matches!(message, ToService::Disconnect(_))
}

/// Does what the message says.
///
/// # Errors
/// What the client did wrong.
pub fn act(session: &Session, viewer: ViewerId, message: ToService) -> Result<(), Complaint> {
    let result: Result<(), Failure> = match message {
        ToService::Resize(resize) => {
            session.resize(viewer, resize.size);
            Ok(())
        }
        ToService::Key(key) if key.text.len() <= MAX_KEY_TEXT => {
            session.key(viewer, &key);
            Ok(())
        }
        ToService::Key(_) => {
            let message = format!("a key that types more than {MAX_KEY_TEXT} bytes was ignored: paste them");
            let failure = failed(FailureKind::BadArgument, message);
            return Err(Complaint { failure, spoils: false });
        }
        ToService::Mouse(mouse) => {
            session.mouse(viewer, &mouse);
            Ok(())
        }
        ToService::Focus(focus) => {
            session.focus(viewer, focus.focused);
            Ok(())
        }
        ToService::Colours(mut colours) => {
            colours.colours.palette.truncate(MAX_PALETTE);
            session.colours(viewer, colours.colours);
            Ok(())
        }
        ToService::Input(input) => session.input(viewer, input),
        ToService::Paste(paste) => session.paste(viewer, paste),
        ToService::ClipboardAnswer(answer) => {
            let data = answer.data.filter(|data| data.len() <= MAX_CLIPBOARD);
            session.clipboard_answer(viewer, answer.number, data);
            Ok(())
        }
        _ => Ok(()),
    };
    result.map_err(|failure| Complaint { spoils: failure.kind == FailureKind::BadArgument, failure })
}
