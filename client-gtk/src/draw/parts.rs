//! The row that is typed into, in parts: what is as it was before is taken over, so that a key in a row of many colours
//! costs no more than one in an empty row.

use super::colours::{Colours, Ink};
use super::glyphs::Fonts;
use super::row::{self, Spot, Text};
use gtk::gsk;
use gtk::prelude::*;
use scarab_protocol::grid::Style;

/// Columns of a part.
const WIDTH: usize = 8;

/// A row in parts, and what they were made of.
#[derive(Debug, Default)]
pub struct Parts {
    /// What lies behind all the text.
    grounds: Option<gsk::RenderNode>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    text: String,
    looks: Vec<(usize, usize, Style, Ink)>,
    node: Option<gsk::RenderNode>,
    recorded: bool,
}

impl Parts {
    /// As [`row::draw`].
    pub fn draw<'a>(
        &mut self,
        spots: impl Iterator<Item = Spot<'a>>,
        fonts: &mut Fonts,
        colours: &Colours<'_>,
    ) -> Option<gsk::RenderNode> {
        if fonts.joins() {
            self.parts.clear();
            return row::draw(spots, fonts, colours); // letters are joined over the borders of parts
        }
        let spots = row::inked(spots, colours);
        let snapshot = gtk::Snapshot::new();
        row::grounds(&snapshot, &spots, fonts);
        self.grounds = snapshot.to_node();
        let mut before = std::mem::take(&mut self.parts).into_iter();
        for spots in spots.chunk_by(|(one, _), (other, _)| one.col / WIDTH == other.col / WIDTH) {
            let before = before.next().filter(|before| before.shows(spots));
            self.parts.push(before.unwrap_or_else(|| Part::new(spots, fonts)));
        }
        self.node()
    }

    /// Whether anything but the part with this column is not recorded.
    pub fn plain_beside(&mut self, col: usize) -> bool {
        self.beside(col).any(|part| !part.recorded)
    }

    /// The same row, with all but the part with this column recorded (see [`row::recorded`]).
    pub fn recorded_beside(&mut self, col: usize) -> Option<gsk::RenderNode> {
        for part in self.beside(col).filter(|part| !part.recorded) {
            part.node = part.node.as_ref().map(row::recorded);
            part.recorded = true;
        }
        self.node()
    }

    fn beside(&mut self, col: usize) -> impl Iterator<Item = &mut Part> {
        let there =
            move |part: &Part| part.looks.first().is_some_and(|(first, ..)| first / WIDTH == col / WIDTH);
        self.parts.iter_mut().filter(move |part| !there(part))
    }

    fn node(&self) -> Option<gsk::RenderNode> {
        let snapshot = gtk::Snapshot::new();
        for node in self.parts.iter().filter_map(|part| part.node.as_ref()) {
            snapshot.append_node(node);
        }
        // The text in a node of its own: however the grounds change, it is compared with what it was.
        let text = snapshot.to_node();
        let snapshot = gtk::Snapshot::new();
        for node in self.grounds.iter().chain(&text) {
            snapshot.append_node(node);
        }
        snapshot.to_node()
    }
}

impl Part {
    fn new(spots: &[(Spot<'_>, Ink)], fonts: &mut Fonts) -> Self {
        let mut text = String::new();
        for (spot, _) in spots {
            match spot.text {
                Text::Character(character) => text.push(character),
                Text::Cluster(cluster) => text.push_str(cluster),
            }
        }
        let looks = spots.iter().map(|(spot, ink)| (spot.col, spot.width, spot.style, *ink)).collect();
        let snapshot = gtk::Snapshot::new();
        row::text(&snapshot, spots, &[], fonts);
        Self { text, looks, node: snapshot.to_node(), recorded: false }
    }

    fn shows(&self, spots: &[(Spot<'_>, Ink)]) -> bool {
        let mut rest = self.text.as_str();
        self.looks.len() == spots.len()
            && self.looks.iter().zip(spots).all(|(looks, (spot, ink))| {
                let after = match spot.text {
                    Text::Character(character) => rest.strip_prefix(character),
                    Text::Cluster(cluster) => rest.strip_prefix(cluster),
                };
                rest = after.unwrap_or_default();
                after.is_some() && *looks == (spot.col, spot.width, spot.style, *ink)
            })
            && rest.is_empty()
    }
}
