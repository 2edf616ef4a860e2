//! Setting one key in the text of a configuration file while every other byte, comments too, stays.
//!
//! A line edit, kept honest by its caller: the edited text is parsed again and must differ from the old
//! configuration in this one key alone, else nothing is written.

use super::place::{header_of, key_of};

/// The text with `key` (dotted) set to `value` (TOML).
pub fn set(text: &str, key: &str, value: &str) -> String {
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push('\n');
    }
    let mut open = String::new();
    // Where a new line goes: after the table's last setting, else right after its header.
    let mut after = None;
    for (number, line) in lines.iter_mut().enumerate() {
        if let Some(header) = header_of(line) {
            open = header;
            if open == table {
                after = Some(number + 1);
            }
        } else if let Some(written) = key_of(line) {
            let full = if open.is_empty() { written } else { format!("{open}.{written}") };
            if full == key {
                replace_value(line, value);
                return lines.concat();
            }
            if open == table {
                after = Some(number + 1);
            }
        }
    }
    match after {
        Some(at) => lines.insert(at, format!("{name} = {value}\n")),
        None if table.is_empty() => lines.insert(0, format!("{name} = {value}\n")),
        None => {
            let gap = if lines.is_empty() { "" } else { "\n" };
            lines.push(format!("{gap}[{table}]\n{name} = {value}\n"));
        }
    }
    lines.concat()
}

/// Replaces what stands between `=` and a comment.
fn replace_value(line: &mut String, value: &str) {
    let start = line.find('=').map_or(line.len(), |at| at + 1);
    let mut quote = None;
    let mut end = line.trim_end_matches(['\n', '\r']).len();
    for (at, c) in line[start..].char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '#') => {
                end = start + line[start..start + at].trim_end().len();
                break;
            }
            _ => {}
        }
    }
    line.replace_range(start..end.max(start), &format!(" {value}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_changes_and_every_comment_stays() {
        let text = "# mine\n[history]\nlines = 5 # few\n\n# others\n[limits]\n";
        assert_eq!(
            set(text, "history.lines", "7"),
            "# mine\n[history]\nlines = 7 # few\n\n# others\n[limits]\n"
        );
        assert_eq!(
            set(text, "history.bytes", "\"1MiB\""),
            "# mine\n[history]\nlines = 5 # few\nbytes = \"1MiB\"\n\n# others\n[limits]\n"
        );
        assert_eq!(set(text, "limits.viewers", "3"), format!("{text}viewers = 3\n"));
        assert_eq!(set(text, "dbus.control", "true"), format!("{text}\n[dbus]\ncontrol = true\n"));
        assert_eq!(set("", "dbus.control", "true"), "[dbus]\ncontrol = true\n");
        assert_eq!(set("history.lines = 5", "history.lines", "6"), "history.lines = 6\n");
        assert_eq!(
            set("[keys]\nprefix = \"#\" # x\n", "keys.prefix", "\"C-a\""),
            "[keys]\nprefix = \"C-a\" # x\n"
        );
    }

    #[test]
    fn a_commented_setting_stays_commented() {
        assert_eq!(
            set("[keys]\n#prefix = \"x\"\n", "keys.prefix", "\"y\""),
            "[keys]\nprefix = \"y\"\n#prefix = \"x\"\n"
        );
    }
}
