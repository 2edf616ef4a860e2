//! The row that is typed into, in parts: text that is as it was before is taken over, so that a key in a row of many colours
//! costs hardly more than one in an empty row. Where the font joins letters there are no parts.

use super::colours::{Colours, Ink};
use super::glyphs::Fonts;
use super::row::{self, Spot, Text};
use gtk::gsk;
use gtk::prelude::*;
use scarab_protocol::grid::Style;

/// Columns of a part: what a key makes anew is a word or two, and a row has few enough parts to go through.
const WIDTH: usize = 8;

/// A row in parts, and what they were made of.
#[derive(Debug, Default)]
pub struct Parts {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    text: String,
    /// For each spot its column, its width, the end of its text, and how it looks.
    looks: Vec<(usize, usize, usize, Style, Ink)>,
    node: Option<gsk::RenderNode>,
}

impl Parts {
    /// As [`row::draw`].
    pub fn draw<'a>(
        &mut self,
        spots: impl Iterator<Item = Spot<'a>>,
        recorded: Option<f32>,
        fonts: &mut Fonts,
        colours: &Colours<'_>,
    ) -> Option<gsk::RenderNode> {
        if fonts.joins() {
            self.parts.clear();
            return row::draw(spots, recorded, fonts, colours); // letters are joined over the borders of parts
        }
        let spots = row::inked(spots, colours);
        let grounds = row::draw_all(&[], &row::grounds(&spots, fonts), &[], None, fonts);
        let mut before = std::mem::take(&mut self.parts).into_iter();
        for spots in spots.chunk_by(|(one, _), (other, _)| one.col / WIDTH == other.col / WIDTH) {
            let before = before.next().filter(|before| before.shows(spots));
            self.parts.push(before.unwrap_or_else(|| Part::new(spots, recorded, fonts)));
        }
        let snapshot = gtk::Snapshot::new();
        self.parts.iter().filter_map(|part| part.node.as_ref()).for_each(|node| snapshot.append_node(node));
        // The text in a node of its own: while there are grounds, it is compared with what it was however they change.
        let text = snapshot.to_node();
        let snapshot = gtk::Snapshot::new();
        grounds.iter().chain(&text).for_each(|node| snapshot.append_node(node));
        snapshot.to_node()
    }
}

impl Part {
    fn new(spots: &[(Spot<'_>, Ink)], recorded: Option<f32>, fonts: &mut Fonts) -> Self {
        let mut text = String::new();
        let looks = spots.iter().map(|(spot, ink)| {
            match spot.text {
                Text::Character(character) => text.push(character),
                Text::Cluster(cluster) => text.push_str(cluster),
            }
            (spot.col, spot.width, text.len(), spot.style, *ink)
        });
        let looks = looks.collect();
        let node = row::draw_all(spots, &[], &[], recorded, fonts);
        Self { text, looks, node }
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
                let end = self.text.len() - rest.len();
                after.is_some() && *looks == (spot.col, spot.width, end, spot.style, *ink)
            })
    }
}
