//! Colour specifications as XParseColor takes them, which is what OSC 4, 5, 10 to 19 and X resources use: `#`
//! with 1 to 4 hexadecimal digits a component, `rgb:` and `rgba:` (whose alpha is dropped), the spaces of
//! [`super::space`] and the names of X11.

use super::{Rgb, names, space};

/// The longest specification looked at, in bytes. Real ones have at most 24; `rgbi:` allows any number of
/// digits.
const LONGEST: usize = 64;

/// The colour that `specification` means, if it means one.
#[must_use]
pub fn parse(specification: &str) -> Option<Rgb> {
    let text = specification.trim_matches(' ');
    if text.is_empty() || text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    if let Some(digits) = text.strip_prefix('#') {
        return hash(digits);
    }
    match text.split_once(':') {
        Some((space, values)) => match space.to_ascii_lowercase().as_str() {
            "rgb" => components(values, 3),
            "rgba" => components(values, 4),
            space => space::convert(space, fractions(values)?),
        },
        None => names::lookup(text),
    }
}

/// `#rgb` to `#rrrrggggbbbb`: the digits given are the *high* ones, so `#fff` is not quite white. (Terminals
/// report it as f0f0 each, and programs test for that.)
fn hash(digits: &str) -> Option<Rgb> {
    let each = digits.len() / 3;
    if !(1..=4).contains(&each) || digits.len() != each * 3 {
        return None;
    }
    let component = |index: usize| {
        let value = hex(&digits[index * each..(index + 1) * each])?;
        Some((value << (16 - 4 * each) >> 8) as u8)
    };
    Some(Rgb::new(component(0)?, component(1)?, component(2)?))
}

/// `count` components between slashes, of which the first three are the colour.
fn components(text: &str, count: usize) -> Option<Rgb> {
    let mut values = [0; 4];
    let mut seen = 0;
    for part in text.split('/') {
        *values.get_mut(seen)? = scaled(part)?;
        seen += 1;
    }
    (seen == count).then(|| Rgb::new(values[0], values[1], values[2]))
}

/// 1 to 4 hexadecimal digits as a fraction of the largest number they can write.
fn scaled(digits: &str) -> Option<u8> {
    let value = hex(digits)?;
    let sixteen_bits = match digits.len() {
        1 => value * 0x1111,
        2 => value * 0x101,
        3 => value * 0xffff / 0xfff,
        4 => value,
        _ => return None,
    };
    Some((sixteen_bits >> 8) as u8)
}

/// Three numbers between slashes.
fn fractions(text: &str) -> Option<[f64; 3]> {
    let mut parts = text.split('/').map(str::parse);
    let values = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
    (parts.next().is_none() && values.iter().all(|value: &f64| value.is_finite())).then_some(values)
}

/// At most four digits and nothing else: `from_str_radix` would take a sign.
fn hex(digits: &str) -> Option<u32> {
    if digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form() {
        for (text, colour) in [
            ("#fff", Some(0xf0f0f0)),
            ("#f0f0f0", Some(0xf0f0f0)),
            ("#f00f00f00", Some(0xf0f0f0)),
            ("#f000f000f000", Some(0xf0f0f0)),
            ("#12AbCd", Some(0x12abcd)),
            ("rgb:f/f/f", Some(0xffffff)),
            ("rgb:f0/f0/f0", Some(0xf0f0f0)),
            ("rgb:f00/f00/f00", Some(0xf0f0f0)),
            ("rgb:f000/f000/f000", Some(0xf0f0f0)),
            ("RGB:1/22/3333", Some(0x112233)),
            ("rgba:12/34/56/78", Some(0x123456)),
            ("rgbi:1.0/0/0.5", Some(0xff00bb)),
            ("CIELab:1/1/1", Some(0x6c6767)),
            ("cieLAB:1/1", None),
            (" Navy Blue ", Some(0x000080)),
            ("", None),
            ("#", None),
            ("#12", None),
            ("#1234", None),
            ("#+12", None),
            ("#1234567890123456", None),
            ("rgb:1/2", None),
            ("rgb:1/2/3/4", None),
            ("rgb:1/2/12345", None),
            ("rgb:+1/2/3", None),
            ("rgb://", None),
            ("rgba:1/2/3", None),
            ("rgbi:2/0/0", None),
            ("rgbi:nan/0/0", None),
            ("rgbi:-1/0/0", None),
            ("cmyk:1/2/3", None),
            ("#\u{e9}\u{e9}\u{e9}", None),
            ("no such colour", None),
        ] {
            assert_eq!(parse(text), colour.map(Rgb::from_u24), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,80}", tail in "(#|rgb:|rgbi:|rgba:|CIE(XYZ|uvY|xyY|Lab|Luv):|TekHVC:)[0-9a-f/.+-]{0,30}") {
            let _ = (parse(&text), parse(&tail));
        }

        #[test]
        fn a_report_reads_back(value in 0u32..0x0100_0000) {
            let colour = Rgb::from_u24(value);
            prop_assert_eq!(parse(&colour.report()), Some(colour));
        }
    }
}
