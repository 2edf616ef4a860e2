//! Checkpoints: all that a terminal is, as bytes, and a terminal again from them. Whoever feeds the rest of a
//! program's output to a restored terminal has the one that was never interrupted.
//!
//! What each type keeps stands beside it, in its own file; here is the whole. The bytes are not trusted when they
//! come back: what [`Terminal::verify_integrity`] does not find healthy is refused.

mod codec;

pub use codec::Damaged;
pub(crate) use codec::{Reader, Saved, damaged, save_since, save_text, saved_enum, saved_struct};

use crate::bulk::Bulk;
use crate::event::Events;
use crate::graphics::Graphics;
use crate::history::History;
use crate::retire::Retirement;
use crate::screen::Screen;
use crate::size::Options;
use crate::terminal::Terminal;

/// Begins every checkpoint.
const MAGIC: u32 = u32::from_le_bytes(*b"SCCP");
/// The version written, and the newest that can be read. Raised, it is a new layout of what the host keeps them in: a
/// host that knows only the version before must not take them for damaged. The feature `previous` makes that one.
pub const VERSION: u32 = if cfg!(feature = "previous") { 1 } else { 2 };

impl<H: History> Terminal<H> {
    /// Appends everything that this terminal is to `out`: but for its history, which is the host's, its events,
    /// which the host must have taken, and the version it tells to programs.
    pub fn checkpoint(&self, out: &mut Vec<u8>) {
        MAGIC.save(out);
        VERSION.save(out);
        let Self {
            size,
            options: Options { allow_checksum, tell_titles, name_version: _, grapheme_clusters, image_bytes },
            stream,
            primary,
            alternate,
            on_alternate,
            at,
            pen,
            charsets,
            saved,
            margins,
            tabs,
            modes,
            saved_modes,
            protection,
            cursor_look,
            last,
            conformance,
            rectangular,
            styles,
            clusters,
            links,
            anonymous_links,
            titles,
            directory,
            progress,
            notifications,
            kitty,
            modify_other_keys,
            focused,
            colours,
            replies,
            eight_bit,
            renditions,
            watched,
            pace,
            pointers,
            events: _,
            history: _,
            retirement: _,
            graphics,
            bulk: _,
        } = self;
        size.save(out);
        allow_checksum.save(out);
        grapheme_clusters.save(out);
        stream.save(out);
        primary.save(out);
        alternate.save(out);
        on_alternate.save(out);
        at.save(out);
        pen.save(out);
        charsets.save(out);
        saved.save(out);
        margins.save(out);
        tabs.save(out);
        modes.save(out);
        saved_modes.save(out);
        protection.save(out);
        cursor_look.save(out);
        last.save(out);
        conformance.save(out);
        rectangular.save(out);
        styles.save(out);
        clusters.save(out);
        links.save(out);
        anonymous_links.save(out);
        titles.save(out);
        directory.save(out);
        progress.save(out);
        notifications.save(out);
        kitty.save(out);
        modify_other_keys.save(out);
        focused.save(out);
        colours.save(out);
        replies.save(out);
        save_since(2, eight_bit, out);
        save_since(2, renditions, out);
        save_since(2, watched, out);
        save_since(2, pace, out);
        save_since(2, pointers, out);
        save_since(2, tell_titles, out);
        save_since(2, image_bytes, out);
        save_since(2, graphics, out);
    }

    /// The terminal that [`Terminal::checkpoint`] saved, with the history that it had then.
    ///
    /// # Errors
    /// When the bytes are not what this version or one before it wrote.
    pub fn restore(bytes: &[u8], history: H) -> Result<Self, Damaged> {
        let from = &mut Reader::new(bytes);
        if u32::load(from)? != MAGIC {
            return damaged("it does not begin as one");
        }
        from.version = u32::load(from)?;
        if !(1..=VERSION).contains(&from.version) {
            return damaged(&format!("it has version {}, this is version {VERSION}", from.version));
        }
        let mut retirement = Retirement::default();
        retirement.reopen(&history);
        // Read in the order of the fields, which is that of `checkpoint`.
        let mut terminal = Self {
            size: Saved::load(from)?,
            options: Options {
                allow_checksum: Saved::load(from)?,
                grapheme_clusters: Saved::load(from)?,
                ..Options::default()
            },
            stream: Saved::load(from)?,
            primary: Saved::load(from)?,
            alternate: Saved::load(from)?,
            on_alternate: Saved::load(from)?,
            at: Saved::load(from)?,
            pen: Saved::load(from)?,
            charsets: Saved::load(from)?,
            saved: Saved::load(from)?,
            margins: Saved::load(from)?,
            tabs: Saved::load(from)?,
            modes: Saved::load(from)?,
            saved_modes: Saved::load(from)?,
            protection: Saved::load(from)?,
            cursor_look: Saved::load(from)?,
            last: Saved::load(from)?,
            conformance: Saved::load(from)?,
            rectangular: Saved::load(from)?,
            styles: Saved::load(from)?,
            clusters: Saved::load(from)?,
            links: Saved::load(from)?,
            anonymous_links: Saved::load(from)?,
            titles: Saved::load(from)?,
            directory: Saved::load(from)?,
            progress: Saved::load(from)?,
            notifications: Saved::load(from)?,
            kitty: Saved::load(from)?,
            modify_other_keys: Saved::load(from)?,
            focused: Saved::load(from)?,
            colours: Saved::load(from)?,
            replies: Saved::load(from)?,
            eight_bit: from.since(2)?,
            renditions: from.since(2)?,
            // Until the host says: who looked on is not in version 1, and the size of what is looked at must stay.
            watched: if from.version < 2 { true } else { Saved::load(from)? },
            pace: from.since(2)?,
            pointers: from.since(2)?,
            events: Events::default(),
            history,
            retirement,
            graphics: Graphics::default(),
            bulk: Bulk::default(),
        };
        terminal.options.tell_titles = from.since(2)?;
        // Version 1 had no images.
        terminal.options.image_bytes = from.since(2)?;
        terminal.graphics = from.since(2)?;
        if !from.is_empty() {
            return damaged("something is left over");
        }
        // Version 1 had no bound for pixels.
        terminal.size = terminal.size.clamped();
        terminal.verify_integrity().map_err(Damaged)?;
        Ok(terminal)
    }

    /// All rows count as changed since any frame up to the one with this number: for a terminal restored under
    /// viewers who saw frames that it knows nothing of.
    pub fn restamp(&mut self, frame: u64) {
        let stamp = self.primary.stamp.max(frame) + 1;
        let restamp = |screen: &mut Screen| {
            screen.stamp = stamp;
            (0..screen.rows()).for_each(|index| {
                screen.row_mut(index);
            });
        };
        restamp(&mut self.primary);
        restamp(&mut self.alternate);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::VecHistory;
    use crate::size::Size;

    fn terminal() -> Terminal<VecHistory> {
        terminal_with(Options { image_bytes: 9 << 20, ..Options::default() })
    }

    fn terminal_with(options: Options) -> Terminal<VecHistory> {
        Terminal::new(Size::cells(20, 6), options, VecHistory::with_limit(200))
    }

    fn restored(terminal: &Terminal<VecHistory>) -> Terminal<VecHistory> {
        let mut bytes = Vec::new();
        terminal.checkpoint(&mut bytes);
        Terminal::restore(&bytes, terminal.history.clone()).expect("its own checkpoint")
    }

    /// Pieces that move every part of the state.
    fn pieces() -> Vec<&'static [u8]> {
        vec![
            b"plain text ",
            b"\r\n",
            "wide \u{4e16}\u{754c} e\u{301} \u{1f469}\u{200d}\u{1f680}".as_bytes(),
            b"\x1b[1;31;48;2;1;2;3;4:3;58:5:9mstyled",
            b"\x1b[m",
            b"\x1b]8;id=a;http://example.org/\x1b\\link\x1b]8;;\x1b\\",
            b"\x1b]8;;http://example.org/2\x07",
            b"\x1b]2;title\x07\x1b[22t\x1b]1;icon\x07",
            b"\x1b]4;3;rgb:11/22/33\x07\x1b]10;#123456\x07",
            b"\x1b]7;file:///tmp\x07\x1b]9;4;1;40\x07",
            b"\x1b]99;i=1:d=0;half a \x07",
            b"\x1b]133;A\x07$ \x1b]133;C\x07",
            b"\x1b[?1049h\x1b[2J\x1b[3;4Halt",
            b"\x1b[?1049l",
            b"\x1b[2;5r\x1b[?6h\x1b[?69h\x1b[3;9s",
            b"\x1b[r\x1b[?6l\x1b[?69l",
            b"\x1b7\x1b[5;5H\x1b(0lqk\x0e",
            b"\x1b8\x0f",
            b"\x1b[>5u\x1b[>4;2m\x1b[?1003;1006h\x1b[?2004h",
            b"\x1b[3g\x1bH\x1b[?2026h",
            b"\x1b[?2026l\x1b[c\x1b[6n",
            b"\x1b[1\"q protected\x1b[0\"q\x1b#6",
            b"\x1bP$qm\x1b\\\x1bP+q544e\x1b\\",
            b"\x1b[12;\x0834;5\x0a6:7",
            b"\x1bPq1;2;3q\x1b[4 q",
            b"\x1b[9999999999999999999999999999999b\x1b[3b",
            b"\x1b_apc text\x1b\\\x1bX sos",
            b"\x18\x1bc",
        ]
    }

    /// Those that move what checkpoints have since a version.
    fn pieces_since(version: u32) -> Vec<&'static [u8]> {
        match version {
            2 => vec![
                b"\x18\x1b[?42h\x1b(K\x1b)4\x1b.A[\x0e]\x1b(B\x0f",
                b"\x1b]5;0;#123;4;red\x07\x1b[#P\x1b]104\x07\x1b]105;0\x07",
                b"\x1b[>0;1t\x1b]2;6162\x07",
                b"\x1b[3;34m\x1b[3;30#{\x1b[m\x1b[#{",
                b"\x1b[?40h\x1b[?3h\x1b[?1001;1035;1037;35h",
                b"\x1b G\x9b5n",
                b"\x1b]22;>wait,help\x07\x1b[?1049h\x1b]22;grab\x07\x1b[?1049l",
                b"\x1b[8;5;21t\x1b[8;6;20t\x1b[3#P",
                b"\x9d2;\xc3",
                b"\x9c\x9c",
                b"\x18\x1b_Gi=3,a=T,s=2,v=1,f=24,c=3,r=2,p=4,z=-5;AAECAwQF\x1b\\",
                b"\x1b_GI=9,s=1,v=1,f=32;AAECAw\x1b\\\x1b_Ga=p,I=9,U=1,c=2,r=2\x1b\\",
                b"\x1b[?1070l\x1b[?8452h\x1bP7;1q\"1;1;30;30#4;2;9;9;9!30~-!9B\x1b\\\x1b[?1070h\x1b[?8452l\x1b[?80h",
                b"\x1b_Gi=5,s=3,v=1,f=24,m=1;AAEC\x1b\\\x1b_Gm=1,q=2;AwQ\x1b\\",
                b"\x1b_Ga=p,i=3,p=9,P=3,Q=4,H=2,V=-1\x1b\\",
                b"\x1b_Ga=d,d=I,i=7\x1b\\\x1b[?80l",
                b"\x1bPq#1!20~",
                b"-~\x1b\\",
                b"\x1b_Gi=6,a=T,s=1,v",
                b"=1;AAEC",
                b"Aw\x1b\\",
                b"\x1b_Gi=8,s=9,v=9,f=24,m=1;AAEC\x1b\\",
                b"\x1bP2$t3/9",
            ],
            _ => Vec::new(),
        }
    }

    /// Some of them, often cut in unfortunate places.
    fn output() -> impl Strategy<Value = Vec<u8>> {
        let all = [pieces(), pieces_since(2)].concat();
        let piece = prop_oneof![
            12 => prop::sample::select(all).prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..6),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_restored_terminal_is_the_one_that_was_saved(output in output(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
            let mut whole = terminal();
            let mut interrupted = terminal();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(output.len() + 1)).collect();
            places.sort_unstable();
            let mut done = 0;
            for place in places {
                interrupted.feed(&output[done..place]);
                whole.feed(&output[done..place]);
                done = place;
                interrupted.take_events();
                whole.take_events();
                interrupted = restored(&interrupted);
                prop_assert_eq!(interrupted.describe(), whole.describe(), "after {:?}", String::from_utf8_lossy(&output[..place]));
            }
            interrupted.feed(&output[done..]);
            whole.feed(&output[done..]);
            prop_assert_eq!(interrupted.describe(), whole.describe());
        }

        #[test]
        fn whatever_bytes_come_nothing_panics(output in output(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()) {
            let mut terminal = terminal();
            terminal.feed(&output);
            let mut bytes = Vec::new();
            terminal.checkpoint(&mut bytes);
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Ok(mut other) = Terminal::restore(&bytes, VecHistory::default()) {
                other.feed(&output);
                other.resize(Size::cells(7, 9));
                other.feed(b"\x1b[?1049l\x1b8more\r\n\x1b[3b");
                prop_assert_eq!(other.verify_integrity(), Ok(()));
            }
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(Terminal::restore(&bytes, VecHistory::default()).is_err());
        }
    }

    /// A file of what earlier versions wrote.
    fn golden(name: &str) -> String {
        format!("{}/tests/golden/checkpoint-{name}", env!("CARGO_MANIFEST_DIR"))
    }

    /// While people upgrade, a checkpoint of the version before is all that is left of their screens. Other bytes are
    /// another [`VERSION`], with a file of its own beside this one, which must go on being read: as what the
    /// description beside it says, whatever the same output comes to in this version.
    /// `SCARAB_WRITE_GOLDEN=1` writes a file of bytes that is not there yet, and the descriptions.
    #[test]
    fn checkpoints_of_every_version_are_read() {
        let write = std::env::var_os("SCARAB_WRITE_GOLDEN").is_some_and(|value| value == "1");
        for version in 1..=VERSION {
            let mut known = terminal_with(Options {
                image_bytes: if version < 2 { 0 } else { 9 << 20 },
                ..Options::default()
            });
            let pieces = pieces();
            // Without the last one, which resets everything.
            pieces[..pieces.len() - 1].iter().for_each(|piece| known.feed(piece));
            (2..=version).flat_map(pieces_since).for_each(|piece| known.feed(piece));
            known.take_events();
            let mut bytes = Vec::new();
            known.checkpoint(&mut bytes);
            let hex: Vec<String> = bytes
                .chunks(32)
                .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
                .collect();
            let file = golden(&format!("{version}.hex"));
            if write && version == VERSION && !std::path::Path::new(&file).exists() {
                std::fs::write(&file, hex.concat()).expect("the golden file can be written");
            }
            let digits = std::fs::read_to_string(&file).expect("the golden file");
            if version == VERSION {
                assert!(digits == hex.concat(), "other bytes than {file}: raise VERSION, and read both");
            }
            let digits: String = digits.split_whitespace().collect();
            let bytes: Vec<u8> = (0..digits.len() / 2)
                .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("a byte"))
                .collect();
            let mut read = Terminal::restore(&bytes, known.history.clone()).expect("a checkpoint");
            // Which is the package's, and not saved.
            read.options.name_version.clear();
            known.options.name_version.clear();
            let read = read.describe();
            let description = golden(&format!("{version}.txt"));
            if write {
                std::fs::write(&description, &read).expect("the description can be written");
            }
            let described = std::fs::read_to_string(&description).expect("the description");
            assert!(read == described, "{file} is read as something else than {description}");
            if version == VERSION {
                assert_eq!(read, known.describe(), "{file}");
            }
        }
    }

    #[test]
    fn restamping_makes_every_row_newer_than_any_frame() {
        let mut terminal = terminal();
        terminal.feed(b"text");
        terminal.restamp(77);
        assert!((0..6).all(|row| terminal.screen().row(row).revision() == 78));
        terminal.begin_frame();
        terminal.feed(b"x");
        assert_eq!(terminal.screen().row(0).revision(), 79);
        assert_eq!(terminal.verify_integrity(), Ok(()));
    }
}
