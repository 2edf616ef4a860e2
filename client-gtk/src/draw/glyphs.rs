//! Fonts: the size of a cell, and each character shaped once for each face.

use super::Metrics;
use gtk::prelude::*;
use gtk::{cairo, pango};
use pangocairo::prelude::*;
use scarab_protocol::grid::Attributes;
use std::collections::HashMap;
use std::rc::Rc;

/// Characters kept shaped: more than any screen shows, and a bound against a program that prints all of Unicode.
const MOST: usize = 1 << 14;

/// Regular, bold, italic, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Face(u8);

impl Face {
    const COUNT: usize = 4;

    pub fn of(attributes: Attributes) -> Self {
        let bold = attributes.contains(Attributes::BOLD);
        let italic = attributes.contains(Attributes::ITALIC);
        Self(u8::from(bold) | u8::from(italic) << 1)
    }

    fn describe(self, base: &pango::FontDescription) -> pango::FontDescription {
        let mut description = base.clone();
        if self.0 & 1 != 0 {
            description.set_weight(pango::Weight::Bold);
        }
        if self.0 & 2 != 0 {
            description.set_style(pango::Style::Italic);
        }
        description
    }
}

/// One glyph of a shaped character, in Pango's units.
#[derive(Clone, Copy, Debug)]
pub struct Glyph {
    pub number: u32,
    pub width: i32,
    pub x_offset: i32,
    pub y_offset: i32,
}

/// A character in the font that has it.
#[derive(Clone, Debug)]
pub struct Shaped {
    pub font: pango::Font,
    pub glyphs: Vec<Glyph>,
    /// Width of all of them, in Pango's units.
    pub width: i32,
    /// What they blacken: left, top, right and bottom, in pixels from where they begin on their line.
    pub ink: [f32; 4],
    /// The font as cairo has it; `None` where Pango draws a sign of its own for a character that no font has.
    pub scaled: Option<cairo::ScaledFont>,
}

impl Shaped {
    fn new(font: pango::Font, glyphs: Vec<Glyph>) -> Rc<Self> {
        let width = glyphs.iter().map(|glyph| glyph.width).sum();
        let known = glyphs.iter().all(|glyph| glyph.number & pango::GLYPH_UNKNOWN_FLAG == 0);
        let scaled =
            font.downcast_ref::<pangocairo::Font>().filter(|_| known).and_then(|font| font.scaled_font());
        let mut ink = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        let mut x = 0;
        for glyph in glyphs.iter() {
            let (black, _) = font.glyph_extents(glyph.number);
            let (left, top) = (x + glyph.x_offset + black.x(), glyph.y_offset + black.y());
            let edges = [left, top, left + black.width(), top + black.height()];
            let [left, top, right, bottom] = edges.map(|units| units as f32 / pango::SCALE as f32);
            ink = [ink[0].min(left), ink[1].min(top), ink[2].max(right), ink[3].max(bottom)];
            x += glyph.width;
        }
        Rc::new(Self { font, glyphs, width, ink, scaled })
    }

    /// What is narrower than the room it has stands so far from its left, in Pango's units.
    pub fn middle(&self, room: i32) -> i32 {
        ((room - self.width) / 2).max(0)
    }
}

/// Letters that are joined, a part for each; `None` where the font does not join them.
type Joined = Option<Rc<[Rc<Shaped>]>>;

/// A font at a size, and what was shaped with it.
#[derive(Debug)]
pub struct Fonts {
    context: pango::Context,
    base: pango::FontDescription,
    metrics: Metrics,
    /// The characters that most cells hold, by number and face.
    ascii: Vec<Option<Option<Rc<Shaped>>>>,
    characters: HashMap<(char, Face), Option<Rc<Shaped>>>,
    clusters: HashMap<(Box<str>, Face), Option<Rc<Shaped>>>,
    /// Letters that the font may join, and what came of them; `None` where a person does not want that.
    joined: Option<HashMap<(Box<str>, Face), Joined>>,
}

impl Fonts {
    /// `scale` is device pixels a logical pixel.
    pub fn new(context: pango::Context, base: pango::FontDescription, scale: f64, ligatures: bool) -> Self {
        // Every cell begins on a device pixel: letters must not be placed between two.
        context.set_round_glyph_positions(true);
        let metrics = measure(&context, &base, scale);
        let joined = ligatures.then(HashMap::new);
        let ascii = vec![None; 128 * Face::COUNT];
        let (characters, clusters) = (HashMap::new(), HashMap::new());
        Self { context, base, metrics, ascii, characters, clusters, joined }
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub fn base(&self) -> &pango::FontDescription {
        &self.base
    }

    /// Letters that the font may join are to be drawn so.
    pub fn joins(&self) -> bool {
        self.joined.is_some()
    }

    /// Letters as the font joins them, one part for each; `None` where that is nothing but the letters themselves, or
    /// does not fit into as many cells.
    pub fn joined(&mut self, text: &str, face: Face) -> Joined {
        let key = (Box::from(text), face);
        if let Some(parts) = self.joined.as_ref()?.get(&key) {
            return parts.clone();
        }
        // A font that joins letters draws them in one of their cells and leaves the others empty: as many glyphs.
        let whole = self.shape(text, face).filter(|whole| whole.glyphs.len() == text.chars().count());
        let parts = whole.map(|whole| {
            let part = |glyph: &Glyph| Shaped::new(whole.font.clone(), vec![*glyph]);
            whole.glyphs.iter().map(part).collect()
        });
        let kept = self.joined.as_mut()?;
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Option::clone(&parts));
        parts
    }

    pub fn character(&mut self, character: char, face: Face) -> Option<Rc<Shaped>> {
        let number = character as usize * Face::COUNT + usize::from(face.0);
        if let Some(known) = self.ascii.get(number) {
            if let Some(shaped) = known {
                return shaped.clone();
            }
            let shaped = self.shape(character.encode_utf8(&mut [0; 4]), face);
            self.ascii[number] = Some(shaped.clone());
            return shaped;
        }
        if let Some(shaped) = self.characters.get(&(character, face)) {
            return shaped.clone();
        }
        if self.characters.len() >= MOST {
            self.characters.clear();
        }
        let shaped = self.shape(character.encode_utf8(&mut [0; 4]), face);
        self.characters.insert((character, face), shaped.clone());
        shaped
    }

    pub fn cluster(&mut self, text: &str, face: Face) -> Option<Rc<Shaped>> {
        // The borrowed key would need a map of its own kind; clusters are few.
        let key = (Box::from(text), face);
        if let Some(shaped) = self.clusters.get(&key) {
            return shaped.clone();
        }
        if self.clusters.len() >= MOST {
            self.clusters.clear();
        }
        let shaped = self.shape(text, face);
        self.clusters.insert(key, shaped.clone());
        shaped
    }

    /// By Pango, with its choice of another font where this one lacks the character. `None`: nothing to draw.
    fn shape(&self, text: &str, face: Face) -> Option<Rc<Shaped>> {
        let layout = pango::Layout::new(&self.context);
        layout.set_font_description(Some(&face.describe(&self.base)));
        layout.set_single_paragraph_mode(true);
        layout.set_text(text);
        let line = layout.line_readonly(0)?;
        // A cluster that needs two fonts is none that could be drawn in one cell: its first part is.
        let run = line.runs().into_iter().next()?;
        let font = run.item().analysis().font();
        let string = run.glyph_string();
        let glyphs: Vec<Glyph> = string
            .glyph_info()
            .iter()
            .map(|info| {
                let geometry = info.geometry();
                Glyph {
                    number: info.glyph(),
                    width: geometry.width(),
                    x_offset: geometry.x_offset(),
                    y_offset: geometry.y_offset(),
                }
            })
            .collect();
        Some(Shaped::new(font, glyphs))
    }
}

/// The cell of a font, on whole device pixels. Bold and italic stand on the regular face's line.
fn measure(context: &pango::Context, base: &pango::FontDescription, scale: f64) -> Metrics {
    let metrics = context.metrics(Some(base), None);
    let units = |value: i32| f64::from(value) / f64::from(pango::SCALE);
    let up = |value: f64| ((value * scale).ceil().max(1.0) / scale) as f32;
    let near = |value: f64| ((value * scale).round().max(1.0) / scale) as f32;
    let ascent = up(units(metrics.ascent()));
    let thickness = near(units(metrics.underline_thickness()));
    Metrics {
        width: near(units(metrics.approximate_char_width())),
        height: ascent + up(units(metrics.descent())),
        ascent,
        underline: ascent - (units(metrics.underline_position()) as f32) + thickness / 2.0,
        strike: ascent - (units(metrics.strikethrough_position()) as f32) + thickness / 2.0,
        thickness,
    }
}
