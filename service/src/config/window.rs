//! What the desktop terminal looks like. The service uses none of it: it checks what is written, so that a mistake is
//! told with its line, and one file has everything.

use super::value;
use serde::{Deserialize, Serialize};

/// The desktop terminal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Window {
    /// Family and size in points, as Pango reads them.
    #[serde(deserialize_with = "value::line")]
    pub font: String,
    /// Draw letters that a font joins (`=>`) as one.
    pub ligatures: bool,
    /// Dark or light.
    pub appearance: Appearance,
    /// The palette when it is dark.
    #[serde(deserialize_with = "value::line")]
    pub palette_dark: String,
    /// The palette when it is light.
    #[serde(deserialize_with = "value::line")]
    pub palette_light: String,
    /// Columns and rows of a new window.
    #[serde(deserialize_with = "value::within::<_, _, 2, 1000>")]
    pub columns: u16,
    /// And rows.
    #[serde(deserialize_with = "value::within::<_, _, 1, 500>")]
    pub rows: u16,
    /// Pixels between the text and the window's edge.
    #[serde(deserialize_with = "value::within::<_, _, 0, 100>")]
    pub padding: u16,
    /// When the cursor blinks.
    pub cursor_blink: CursorBlink,
    /// A bell is heard.
    pub bell_sound: bool,
    /// A bell is seen.
    pub bell_flash: bool,
    /// A scrollbar stands beside the text.
    pub scrollbar: bool,
    /// What is searched for is a regular expression.
    pub search_regex: bool,
    /// What opens a file that is named in the text with its line.
    #[serde(deserialize_with = "value::line_or_empty")]
    pub editor: String,
    /// Ask whether sessions shall outlive the logout.
    pub linger_question: bool,
}

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appearance {
    /// As the desktop is.
    #[default]
    System,
    /// Light always.
    Light,
    /// Dark always.
    Dark,
}

/// When the cursor blinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CursorBlink {
    /// When the program asks for it, and the desktop does not forbid it.
    #[default]
    Program,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A person's own palette.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Palette {
    /// Of text, `#rrggbb`.
    #[serde(deserialize_with = "value::colour")]
    pub foreground: String,
    /// Of the ground.
    #[serde(deserialize_with = "value::colour")]
    pub background: String,
    /// Of the cursor; nothing for that of text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "value::colour_or_none")]
    pub cursor: Option<String>,
    /// The first sixteen colours.
    #[serde(deserialize_with = "value::sixteen_colours")]
    pub colours: Vec<String>,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            font: "Monospace 11".into(),
            ligatures: false,
            appearance: Appearance::default(),
            palette_dark: "scarab-dark".into(),
            palette_light: "scarab-light".into(),
            columns: 80,
            rows: 24,
            padding: 4,
            cursor_blink: CursorBlink::default(),
            bell_sound: true,
            bell_flash: false,
            scrollbar: true,
            search_regex: false,
            editor: String::new(),
            linger_question: true,
        }
    }
}
