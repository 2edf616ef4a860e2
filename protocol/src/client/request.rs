//! Which answer belongs to which request, so that asking is typed.

use crate::message::{Message, ToClient, ToService, answer, request};

/// A message that is answered: by [`Request::Answer`], or by [`answer::Failed`].
pub trait Request: Message + Into<ToService> {
    /// What the service answers when it did as asked.
    type Answer: TryFrom<ToClient, Error = ToClient>;
}

macro_rules! answered {
    ($($request:ident => $answer:ident,)*) => {
        $(impl Request for request::$request { type Answer = answer::$answer; })*
    };
}

answered! {
    Ping => Pong,
    LoadPlugin => Plugin,
    Create => Created,
    List => Sessions,
    Attach => Attached,
    Detach => Done,
    Kill => Done,
    Rename => Done,
    Send => Done,
    Capture => Captured,
    Wait => Waited,
    Cancel => Done,
    Reload => Done,
    GetConfig => Config,
    SetConfig => Config,
    CopyScreen => ScreenCopy,
    GetStatus => Status,
    Subscribe => Done,
    ResizeSession => Done,
    GetEnvironment => Environment,
    KeepWindow => Done,
    TakeWindows => Windows,
    Release => Done,
    Search => Captured,
    GetPictures => Pictures,
}
