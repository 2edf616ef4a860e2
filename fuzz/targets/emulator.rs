//! Any bytes from a program, cut anywhere, with resizes between them: the terminal stays in order, one byte at a time
//! gives the same screen as all at once, and a checkpoint gives it back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scarab_terminal::{Options, Size, Terminal, VecHistory};

/// Between two stretches of what the program writes stands this byte, and then one that says what happens there. No
/// text and no sequence has it.
const BETWEEN: u8 = 0xff;

fn terminal() -> Terminal<VecHistory> {
    let options = Options { images: true, ..Options::default() };
    Terminal::new(Size::cells(20, 6), options, VecHistory::with_limit(100))
}

/// Four bits of columns and rows each, or an event.
fn happen(terminal: &mut Terminal<VecHistory>, what: u8) {
    match what {
        0xfc => terminal.begin_frame(),
        0xfd => terminal.set_focus(true),
        0xfe => terminal.set_watched(false),
        0xff => terminal.end_synchronized_update(),
        size => terminal.resize(Size::cells(u16::from(size >> 4) * 3 + 1, u16::from(size & 15) + 1)),
    }
}

fn run(data: &[u8], piece: usize) -> Terminal<VecHistory> {
    let mut terminal = terminal();
    let mut stretches = data.split(|byte| *byte == BETWEEN);
    let feed = |terminal: &mut Terminal<VecHistory>, bytes: &[u8]| {
        bytes.chunks(piece).for_each(|bytes| terminal.feed(bytes));
        terminal.verify_integrity().expect("in order after bytes");
    };
    feed(&mut terminal, stretches.next().unwrap_or_default());
    for stretch in stretches {
        if let Some((what, bytes)) = stretch.split_first() {
            happen(&mut terminal, *what);
            terminal.verify_integrity().expect("in order after an event");
            feed(&mut terminal, bytes);
        }
    }
    terminal
}

fuzz_target!(|data: &[u8]| {
    let whole = run(data, usize::MAX);
    let bytewise = run(data, 1);
    assert_eq!(whole.describe(), bytewise.describe());
    let mut checkpoint = Vec::new();
    whole.checkpoint(&mut checkpoint);
    let restored = Terminal::restore(&checkpoint, VecHistory::with_limit(100)).expect("its own checkpoint");
    restored.verify_integrity().expect("in order after a checkpoint");
    let mut again = Vec::new();
    restored.checkpoint(&mut again);
    assert_eq!(checkpoint, again);
    // Bytes as a checkpoint: refused, or in order.
    if let Ok(restored) = Terminal::restore(data, VecHistory::with_limit(100)) {
        restored.verify_integrity().expect("in order after a stranger's checkpoint");
    }
});
