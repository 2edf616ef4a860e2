//! What an attached viewer's person does: keys, mouse, pastes, focus, sizes.
//!
//! Handled the moment it is read, on the reading task, straight into the session (which writes to the PTY at once
//! when nothing waits there): no queue in between, and never behind a request. No answer is due; what a client does
//! wrong is told as a `Failed` with id 0, and where its count of bytes no longer holds, the connection ends,
//! because going on would leave a hole in what it types.

use super::connection::Connection;
use crate::failure::{Failure, failed};
use scarab_protocol::message::ToService;
use scarab_protocol::message::answer::FailureKind;

/// Longest text of one key, in bytes: an input method may hand over a sentence at once.
const MAX_KEY_TEXT: usize = 4096;
/// Most palette entries there are.
pub const MAX_PALETTE: usize = 256;
/// Largest clipboard a program is given, in bytes.
const MAX_CLIPBOARD: usize = 1 << 20;

/// What becomes of a message that may be input.
pub enum Handled {
    /// It was input.
    Yes,
    /// It is a request.
    No(ToService),
    /// The client goes.
    Disconnect,
}

/// Handles a message if it is input.
pub fn handle(connection: &mut Connection, message: ToService) -> Handled {
    if let ToService::Disconnect(_) = message {
        return Handled::Disconnect;
    }
    if message.kind() >= 16 {
        return Handled::No(message);
    }
    let Some((session, viewer)) = connection.viewing() else {
        connection
            .complain(failed(FailureKind::Refused, "input without an attached session was ignored"), false);
        return Handled::Yes;
    };
    let mut result: Result<(), Failure> = Ok(());
    match message {
        ToService::Resize(resize) => session.resize(viewer, resize.size),
        ToService::Key(key) if key.text.len() <= MAX_KEY_TEXT => session.key(viewer, &key),
        ToService::Key(_) => {
            let message = format!("a key that types more than {MAX_KEY_TEXT} bytes was ignored: paste them");
            connection.complain(failed(FailureKind::BadArgument, message), false);
        }
        ToService::Mouse(mouse) => session.mouse(viewer, &mouse),
        ToService::Focus(focus) => session.focus(viewer, focus.focused),
        ToService::Colours(mut colours) => {
            colours.colours.palette.truncate(MAX_PALETTE);
            session.colours(viewer, colours.colours);
        }
        ToService::Input(input) => result = session.input(viewer, input),
        ToService::Paste(paste) => result = session.paste(viewer, paste),
        ToService::ClipboardAnswer(answer) => {
            let data = answer.data.filter(|data| data.len() <= MAX_CLIPBOARD);
            session.clipboard_answer(viewer, answer.number, data);
        }
        _ => {}
    }
    if let Err(failure) = result {
        let count_is_lost = failure.kind == FailureKind::BadArgument;
        connection.complain(failure, count_is_lost);
    }
    Handled::Yes
}
