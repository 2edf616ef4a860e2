//! What stands on the outer terminal, cell by cell, in numbers of our own.
//!
//! A frame's styles and clusters are numbered by the frame; overlays and history have none. Here each look and
//! cluster gets one number for as long as it may stand on the outer terminal, so that two cells are compared as
//! two words, wherever they come from.

use super::style::Look;
use scarab_protocol::grid::{Cell, ClusterId, Colour, Content, RowIdentity, StyleId};
use std::collections::HashMap;

/// Styles or clusters after which everything is numbered afresh (and painted anew): a number has 16 bits, and a
/// frame may bring as many again. Real screens hold a few dozen.
const RENUMBER_AT: usize = 30_000;

/// A look and the link it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ink {
    /// Colours and attributes.
    pub look: Look,
    /// A number of [`Inks::link`].
    pub link: Option<u32>,
}

/// The numbers of inks, clusters and links. Ink 0 is the default one.
#[derive(Debug)]
pub struct Inks {
    inks: Vec<Ink>,
    by_ink: HashMap<Ink, u16>,
    clusters: Vec<Box<str>>,
    by_cluster: HashMap<Box<str>, u32>,
    links: Vec<(Box<str>, Box<str>)>,
    by_link: HashMap<(Box<str>, Box<str>), u32>,
}

impl Default for Inks {
    fn default() -> Self {
        let default = Ink::default();
        Self {
            inks: vec![default],
            by_ink: HashMap::from([(default, 0)]),
            clusters: Vec::new(),
            by_cluster: HashMap::new(),
            links: Vec::new(),
            by_link: HashMap::new(),
        }
    }
}

impl Inks {
    /// So many numbers are in use that all should be given afresh.
    pub fn crowded(&self) -> bool {
        self.inks.len().max(self.clusters.len()).max(self.links.len()) > RENUMBER_AT
    }

    /// The number of an ink; the default's when there are no numbers left until the next renumbering.
    pub fn number(&mut self, ink: Ink) -> StyleId {
        if let Some(&number) = self.by_ink.get(&ink) {
            return StyleId(number);
        }
        let Ok(number) = u16::try_from(self.inks.len()) else { return StyleId(0) };
        self.inks.push(ink);
        self.by_ink.insert(ink, number);
        StyleId(number)
    }

    /// An ink by its number.
    pub fn ink(&self, number: StyleId) -> Ink {
        self.inks.get(usize::from(number.0)).copied().unwrap_or_default()
    }

    /// The number of a cluster.
    pub fn cluster(&mut self, text: &str) -> ClusterId {
        if let Some(&number) = self.by_cluster.get(text) {
            return ClusterId(number);
        }
        let number = self.clusters.len() as u32;
        self.clusters.push(text.into());
        self.by_cluster.insert(text.into(), number);
        ClusterId(number)
    }

    /// A cluster by its number.
    pub fn text(&self, number: ClusterId) -> &str {
        self.clusters.get(number.0 as usize).map_or("\u{fffd}", |text| text)
    }

    /// The number of a link.
    pub fn link_number(&mut self, id: &str, uri: &str) -> u32 {
        let key = (id.into(), uri.into());
        if let Some(&number) = self.by_link.get(&key) {
            return number;
        }
        let number = self.links.len() as u32;
        self.links.push(key.clone());
        self.by_link.insert(key, number);
        number
    }

    /// A link's id and address.
    pub fn link(&self, number: u32) -> (&str, &str) {
        self.links.get(number as usize).map_or(("", ""), |(id, uri)| (id, uri))
    }
}

/// What a row shows, as far as that is known without looking at its cells: two rows of equal tags are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// Only the cells tell.
    #[default]
    None,
    /// A frame's row, from this column of it on.
    Frame {
        /// The row.
        identity: RowIdentity,
        /// Its state.
        revision: u64,
        /// The first of its columns shown.
        from: u16,
    },
}

/// Puts narrow text into a row of cells, cut at its end; the column after it. For the viewer's own words: what is
/// not one column wide is shown as a question mark.
pub fn write_text(cells: &mut [Cell], col: usize, text: &str, style: StyleId) -> usize {
    use unicode_width::UnicodeWidthChar;
    let mut at = col;
    for character in text.chars() {
        let Some(cell) = cells.get_mut(at) else { break };
        let shown = if character.width() == Some(1) { character } else { '?' };
        *cell = Cell::new(Content::Char(shown), style);
        at += 1;
    }
    at
}

/// Makes both halves of wide characters agree after something was written over one of them.
pub fn mend(cells: &mut [Cell]) {
    for at in 0..cells.len() {
        let cell = cells[at];
        let broken = match cell.content() {
            Content::Spacer => at == 0 || !cells[at - 1].wide(),
            _ => cell.wide() && cells.get(at + 1).is_none_or(|next| next.content() != Content::Spacer),
        };
        if broken {
            cells[at] = Cell::new(Content::Blank, cell.style());
        }
    }
}

/// True if nothing shows in this cell but erased space.
pub fn is_erased(cell: Cell, inks: &Inks) -> bool {
    matches!(cell.content(), Content::Blank | Content::Char(' '))
        && (cell.style() == StyleId(0) || {
            let ink = inks.ink(cell.style());
            ink.link.is_none() && ink.look.erases()
        })
}

/// Replaces the colours that a program has set for itself (OSC 4, 10, 11): the outer terminal's own stay untouched,
/// as other windows may share them.
pub fn recolour(look: Look, colours: &scarab_protocol::grid::FrameColours) -> Look {
    use scarab_protocol::grid::DynamicColour;
    let of = |colour: Colour, default: Option<DynamicColour>| match colour {
        Colour::Indexed(index) => colours.palette[usize::from(index)].map_or(colour, Colour::Rgb),
        Colour::Default => default.and_then(|which| colours.dynamic(which)).map_or(colour, Colour::Rgb),
        Colour::Rgb(_) => colour,
    };
    Look {
        foreground: of(look.foreground, Some(DynamicColour::Foreground)),
        background: of(look.background, Some(DynamicColour::Background)),
        underline_colour: of(look.underline_colour, None),
        ..look
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::{FrameColours, Rgb};

    #[test]
    fn numbers_are_given_once() {
        let mut inks = Inks::default();
        let inverse = Ink { look: Look::INVERSE, link: None };
        let number = inks.number(inverse);
        assert_eq!(
            (inks.number(Ink::default()), number, inks.number(inverse)),
            (StyleId(0), StyleId(1), StyleId(1))
        );
        assert_eq!(inks.ink(number), inverse);
        let heart = inks.cluster("❤\u{fe0f}");
        assert_eq!((inks.cluster("❤\u{fe0f}"), inks.text(heart)), (heart, "❤\u{fe0f}"));
        let link = inks.link_number("1", "http://a");
        assert_eq!((inks.link_number("1", "http://a"), inks.link(link)), (link, ("1", "http://a")));
        assert_eq!(inks.link(99), ("", ""));
    }

    #[test]
    fn halves_of_wide_characters_are_mended() {
        let wide = Cell::new(Content::Char('宽'), StyleId(0)).with_wide(true);
        let spacer = Cell::new(Content::Spacer, StyleId(0));
        let mut row = [wide, spacer, wide, spacer, wide, spacer];
        write_text(&mut row, 1, "ab", StyleId(0));
        mend(&mut row);
        let letter = |letter| Cell::new(Content::Char(letter), StyleId(0));
        assert_eq!(row, [Cell::BLANK, letter('a'), letter('b'), Cell::BLANK, wide, spacer]);
    }

    #[test]
    fn colours_that_the_program_set_replace_numbers() {
        let mut colours = FrameColours::default();
        let green = Rgb { r: 0, g: 200, b: 0 };
        colours.palette[1] = Some(green);
        colours.dynamic[1] = Some(green);
        let look = Look { foreground: Colour::Indexed(1), ..Look::default() };
        let got = recolour(look, &colours);
        assert_eq!((got.foreground, got.background), (Colour::Rgb(green), Colour::Rgb(green)));
        assert_eq!(recolour(Look::default(), &FrameColours::default()), Look::default());
    }
}
