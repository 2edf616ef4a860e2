//! The pen's style as a number, and what happens when a table of styles, links or clusters is full: what
//! no cell, pen or saved cursor names any more is dropped and the rest renumbered.

use crate::cell::{Cell, Content};
use crate::cluster::ClusterId;
use crate::history::History;
use crate::link::LinkId;
use crate::style::{Colour, Style, StyleId};
use crate::terminal::Terminal;

impl<H: History> Terminal<H> {
    /// The number of the pen's style.
    #[inline]
    pub(crate) fn pen_style(&mut self) -> StyleId {
        match self.pen.id {
            Some(id) => id,
            None => {
                let id = match self.styles.intern(&self.pen.style) {
                    Some(id) => id,
                    None => self.intern_style(self.pen.style),
                };
                self.pen.id = Some(id);
                id
            }
        }
    }

    /// What erasing leaves: nothing, on the pen's background.
    #[inline]
    pub(crate) fn blank(&mut self) -> Cell {
        match self.pen.style.bg {
            Colour::Default => Cell::EMPTY,
            // Without compacting: whoever erases may have numbers in hand.
            bg => Cell::blank(self.intern_growing(Style { bg, ..Style::default() })),
        }
    }

    /// The number of a style, looked up without renumbering any other.
    pub(crate) fn intern_growing(&mut self, style: Style) -> StyleId {
        let mut id = self.styles.intern(&style);
        if id.is_none() && self.styles.0.grow() {
            id = self.styles.intern(&style);
        }
        id.unwrap_or_default()
    }

    /// The number of a style. When even compacting makes no room it is the default one: more than 65,535
    /// styles on the screen at once.
    pub(crate) fn intern_style(&mut self, style: Style) -> StyleId {
        if let Some(id) = self.styles.intern(&style) {
            return id;
        }
        if self.styles.0.worth_compacting() {
            // The link must live although no cell names it yet.
            let links = self.compact(style.link);
            let style = Style { link: style.link.and_then(|link| link.renumbered(&links)), ..style };
            return self.styles.intern(&style).unwrap_or_default();
        }
        StyleId::DEFAULT
    }

    /// The number of a cluster, if there is room.
    pub(crate) fn intern_cluster(&mut self, text: &str) -> Option<ClusterId> {
        self.clusters.intern(text).or_else(|| {
            if !self.clusters.0.worth_compacting() {
                return None;
            }
            self.compact_clusters();
            self.clusters.intern(text)
        })
    }

    /// The number of a link, if there is room.
    pub(crate) fn intern_link(&mut self, id: &str, uri: &str) -> Option<LinkId> {
        self.links.intern(id, uri).or_else(|| {
            if !self.links.table.worth_compacting() {
                return None;
            }
            self.compact(None);
            self.links.intern(id, uri)
        })
    }

    /// Drops styles and links that nothing names, and returns the new numbers of the links.
    fn compact(&mut self, extra: Option<LinkId>) -> Vec<u32> {
        let mut styles = vec![false; self.styles.entries().len()];
        styles[StyleId::DEFAULT.index()] = true;
        for screen in [&self.primary, &self.alternate] {
            for cell in (0..screen.rows()).flat_map(|row| screen.row(row).used_cells()) {
                styles[cell.style().index()] = true;
            }
        }
        let pens = || std::iter::once(&self.pen).chain(self.saved.iter().flatten().map(|saved| &saved.pen));
        let mut links = vec![false; self.links.entries().len()];
        let live = styles.iter().zip(self.styles.entries()).filter(|(live, _)| **live);
        let of_styles = live.filter_map(|(_, style)| style.link);
        for link in of_styles.chain(pens().filter_map(|pen| pen.style.link)).chain(extra) {
            links[link.index()] = true;
        }
        let links = self.links.compact(&links);
        let styles = self.styles.rewrite(&styles, &links);
        let renumber = |cell: Cell| cell.with_style(StyleId(styles[cell.style().index()] as u16));
        self.primary.rewrite(renumber);
        self.alternate.rewrite(renumber);
        let saved = self.saved.iter_mut().flatten().map(|saved| &mut saved.pen);
        for pen in saved.chain([&mut self.pen]) {
            pen.id = None;
            pen.style.link = pen.style.link.and_then(|link| link.renumbered(&links));
        }
        links
    }

    fn compact_clusters(&mut self) {
        let mut live = vec![false; self.clusters.entries().len()];
        for screen in [&self.primary, &self.alternate] {
            for cell in (0..screen.rows()).flat_map(|row| screen.row(row).used_cells()) {
                if let Content::Cluster(id) = cell.content() {
                    live[id.index()] = true;
                }
            }
        }
        let renumbered = self.clusters.0.compact(&live);
        let renumber = |cell: Cell| match cell.content() {
            Content::Cluster(id) => cell.with_cluster(ClusterId(renumbered[id.index()])),
            _ => cell,
        };
        self.primary.rewrite(renumber);
        self.alternate.rewrite(renumber);
    }
}
