//! The stream in a checkpoint: the parser itself cannot be saved, but the beginning of an unfinished sequence brings
//! another one to where it is.

use vte::{Parser, Perform};

use super::{State, Stream};
use crate::checkpoint::{Damaged, Reader, Saved, damaged, save_since, saved_enum};
use crate::perform::{DeviceControl, Params};

saved_enum!(State {
    Ground = 0,
    Escape = 1,
    EscapeIntermediate = 2,
    Csi = 3,
    Osc = 4,
    Dcs = 5,
    Ignored = 6,
    TooLong = 7,
    Apc = 8,
});

impl Saved for Stream {
    fn save(&self, to: &mut Vec<u8>) {
        let Self {
            parser: _,
            state,
            unfinished,
            partial,
            partial_len,
            unpassed,
            osc,
            osc_spoilt,
            device_control,
            params: _,
        } = self;
        state.save(to);
        unfinished.save(to);
        (*partial, *partial_len).save(to);
        osc.save(to);
        osc_spoilt.save(to);
        device_control.save(to);
        save_since(2, unpassed, to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let state = State::load(from)?;
        let unfinished = Vec::load(from)?;
        let (partial, partial_len) = <([u8; 4], usize)>::load(from)?;
        let osc = Vec::load(from)?;
        let osc_spoilt = bool::load(from)?;
        let device_control = DeviceControl::load(from)?;
        let unpassed = from.since(2)?;
        let partial_is_one = partial.get(..partial_len).is_some_and(|bytes| {
            bytes.is_empty() || str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
        });
        if unfinished.len() > Self::MAX_SEQUENCE || osc.len() > Self::MAX_OSC || !partial_is_one {
            return damaged("no beginning of a sequence or a character");
        }
        let introducer = match state {
            State::Ground | State::TooLong => Vec::new(),
            State::Escape | State::EscapeIntermediate | State::Csi => unfinished.clone(),
            State::Osc => b"\x1b]".to_vec(),
            State::Ignored => b"\x1bX".to_vec(),
            State::Apc => b"\x1b_".to_vec(),
            State::Dcs if device_control.is_begun() => device_control.introducer(),
            State::Dcs => unfinished.clone(),
        };
        let after = introducer.iter().fold(State::Ground, |state, byte| match state {
            State::Dcs => State::Dcs,
            state => state.after(*byte),
        });
        if after != state && state != State::TooLong {
            return damaged("its sequence leads elsewhere");
        }
        let mut parser = Parser::default();
        parser.advance(&mut Silence, &introducer);
        let params = Params::default();
        Ok(Self {
            parser,
            state,
            unfinished,
            partial,
            partial_len,
            unpassed,
            osc,
            osc_spoilt,
            device_control,
            params,
        })
    }
}

/// Hears the beginning of a sequence again, whose effects have been had.
struct Silence;

impl Perform for Silence {}
