//! The colour spaces that XParseColor takes beside RGB: `rgbi:`, `CIEXYZ:`, `CIEuvY:`, `CIExyY:`, `CIELab:`,
//! `CIELuv:` and `TekHVC:`. They name what the eye sees, so that a screen must be assumed; X11 assumes one
//! (a Sony tube of 1990) where nobody has described a better one, and a program that sets a colour so and asks
//! for it expects that screen's numbers. Formulas: CIE 15, TekHVC, with X11's two oddities in `lab` and `luv`.

use super::Rgb;

type Triple = [f64; 3];

/// What the red, green and blue of the assumed screen are in CIE XYZ.
const TO_XYZ: [Triple; 3] = [
    [0.381_061_49, 0.320_257_12, 0.248_345_79],
    [0.207_297_45, 0.680_546_39, 0.112_156_16],
    [0.021_339_44, 0.142_971_93, 1.241_728_93],
];

/// The inverse.
const FROM_XYZ: [Triple; 3] = [
    [3.483_404_81, -1.521_763_75, -0.559_231_33],
    [-1.071_527_51, 1.965_937_95, 0.036_736_91],
    [0.063_511_80, -0.200_205_01, 0.810_709_42],
];

/// How much light a component of the assumed screen gives: nothing up to a value, and from there on a polynomial
/// of the fourth degree, which meets the measured curve to a third of a step.
struct Curve {
    dark: f64,
    coefficients: [f64; 5],
}

const CURVES: [Curve; 3] = [
    Curve { dark: 9.0, coefficients: [0.000_561, 0.000_019, 0.198_665, 1.155_925, -0.355_172] },
    Curve { dark: 19.0, coefficients: [-0.000_707, -0.000_006, 0.118_586, 1.746_626, -0.864_498] },
    Curve { dark: 14.0, coefficients: [0.000_641, -0.000_008, 0.103_456, 1.729_695, -0.833_783] },
];

impl Curve {
    /// The measured points lie so far apart, with straight lines between them.
    const STEP: f64 = 5.0;

    fn light(&self, value: f64) -> f64 {
        if value >= 255.0 {
            return 1.0;
        }
        self.coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * (value / 255.0) + coefficient)
    }

    /// The value that gives this much light.
    fn value(&self, light: f64) -> u8 {
        if light <= 0.0 {
            return 0;
        }
        let (mut low, mut low_light) = (self.dark, 0.0);
        while low < 255.0 {
            let high = ((low / Self::STEP).floor() * Self::STEP + Self::STEP).min(255.0);
            let high_light = self.light(high);
            if high_light >= light {
                let part = (light - low_light) / (high_light - low_light);
                return (low + (high - low) * part).round() as u8;
            }
            (low, low_light) = (high, high_light);
        }
        255
    }
}

/// The colour that `values` mean in the space of this name, in small letters.
pub(super) fn convert(space: &str, values: Triple) -> Option<Rgb> {
    let [a, b, c] = values;
    let xyz = match space {
        "rgbi" => {
            let fraction = |value: &f64| (0.0..=1.0).contains(value);
            return values.iter().all(fraction).then(|| shown(values));
        }
        "ciexyz" => values,
        "cieuvy" => from_uvy([a, b], c),
        "ciexyy" => [a * c / nonzero(b), c, (1.0 - a - b) * c / nonzero(b)],
        "cielab" => lab(a, b, c),
        "cieluv" => luv(a, b, c),
        "tekhvc" => hvc(a, b, c),
        _ => return None,
    };
    xyz.iter().all(|value| value.is_finite()).then(|| shown(within_gamut(xyz)))
}

fn shown(light: Triple) -> Rgb {
    let [red, green, blue] = [0, 1, 2].map(|component| CURVES[component].value(light[component]));
    Rgb::new(red, green, blue)
}

fn times(matrix: &[Triple; 3], vector: Triple) -> Triple {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

/// The assumed screen's white.
fn white() -> Triple {
    let sum = |row: Triple| row[0] + row[1] + row[2];
    [sum(TO_XYZ[0]), 1.0, sum(TO_XYZ[2])]
}

/// The chromaticity of a colour, u' and v'.
fn chromaticity([x, y, z]: Triple) -> [f64; 2] {
    let divisor = nonzero(x + 15.0 * y + 3.0 * z);
    [4.0 * x / divisor, 9.0 * y / divisor]
}

fn from_uvy([u, v]: [f64; 2], luminance: f64) -> Triple {
    let divisor = nonzero(6.0 * u - 16.0 * v + 12.0);
    let (x, y) = (9.0 * u / divisor, nonzero(4.0 * v / divisor));
    [x * luminance / y, luminance, (1.0 - x - y) * luminance / y]
}

/// The luminance of a lightness from 0 to 100.
fn luminance(lightness: f64) -> f64 {
    if lightness < 8.0 { lightness / 903.29 } else { ((lightness + 16.0) / 116.0).powi(3) }
}

/// Its oddity: what is dark comes out a hundred times as light as CIE has it, and `a` and `b` count from 0 to 1.
fn lab(lightness: f64, a: f64, b: f64) -> Triple {
    let [x, _, z] = white();
    let root = (lightness + 16.0) / 116.0;
    if root.powi(3) < 0.008_856 {
        let dark = lightness / 9.032_92;
        return [x * (a / 3893.5 + dark), dark, z * (dark - b / 1557.4)];
    }
    [x * (root + a / 5.0).powi(3), root.powi(3), z * (root - b / 2.0).powi(3)]
}

/// Its oddity: `u` and `v` are a hundred times what CIE has.
fn luv(lightness: f64, u: f64, v: f64) -> Triple {
    let [white_u, white_v] = chromaticity(white());
    let scale = nonzero(13.0 * lightness / 100.0);
    from_uvy([u / scale + white_u, v / scale + white_v], luminance(lightness))
}

fn hvc(hue: f64, value: f64, chroma: f64) -> Triple {
    /// The red that hues are counted from.
    const BEST_RED: [f64; 2] = [0.7127, 0.4931];
    /// Chroma for a distance in chromaticity and a value.
    const SCALE: f64 = 7.507_25;
    let [u, v] = chromaticity(white());
    let angle = hue.to_radians() + ((BEST_RED[1] - v) / (BEST_RED[0] - u)).atan();
    let distance = chroma / nonzero(value * SCALE);
    from_uvy([angle.cos() * distance + u, angle.sin() * distance + v], luminance(value))
}

/// The light of each component: of a colour that the screen cannot show, that of the most vivid one of the
/// same hue and lightness that it can.
fn within_gamut(xyz: Triple) -> Triple {
    /// Calculation leaves the gamut by so much.
    const SLOP: f64 = 0.001;
    /// Halvings: to a millionth of a millionth.
    const STEPS: usize = 40;
    let light = times(&FROM_XYZ, xyz);
    if light.iter().all(|part| (-SLOP..=1.0 + SLOP).contains(part)) {
        return light;
    }
    let (white, [_, luminance, _]) = (chromaticity(white()), xyz);
    if luminance >= 1.0 || luminance <= 0.0 {
        return [if luminance >= 1.0 { 1.0 } else { 0.0 }; 3];
    }
    let [u, v] = chromaticity(xyz);
    let paler = |part: f64| {
        let place = [white[0] + (u - white[0]) * part, white[1] + (v - white[1]) * part];
        times(&FROM_XYZ, from_uvy(place, luminance))
    };
    let (mut inside, mut outside) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = (inside + outside) / 2.0;
        if paler(middle).iter().all(|part| (0.0..=1.0).contains(part)) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    paler(inside)
}

/// A divisor.
fn nonzero(value: f64) -> f64 {
    if value == 0.0 { 1e-5 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What xterm answers on a display that says nothing of its colours.
    #[test]
    fn the_assumed_screen_is_x11s() {
        for (space, ones, halves) in [
            ("rgbi", 0xffffff, 0xc1bbbb),
            ("ciexyz", 0xffffff, 0xddb5a0),
            ("cieuvy", 0xffffff, 0xffa3ae),
            ("ciexyy", 0xffffff, 0xf7b30e),
            ("cielab", 0x6c6767, 0x524f4f),
            ("cieluv", 0x16140e, 0x0e130e),
            ("tekhvc", 0x1a130f, 0x11130e),
        ] {
            assert_eq!(convert(space, [1.0; 3]), Some(Rgb::from_u24(ones)), "{space} 1");
            assert_eq!(convert(space, [0.5; 3]), Some(Rgb::from_u24(halves)), "{space} 0.5");
            for strange in [[0.0; 3], [-1.0; 3], [100.0, 0.0, 0.0], [50.0, 1e9, -1e9], [1e300; 3]] {
                if space != "rgbi" {
                    assert!(convert(space, strange).is_some() || strange[0] == 1e300, "{space} {strange:?}");
                }
            }
        }
        assert_eq!(convert("cmyk", [0.0; 3]), None);
    }

    #[test]
    fn black_is_black_and_white_is_white() {
        assert_eq!(convert("rgbi", [0.0; 3]), Some(Rgb::BLACK));
        assert_eq!(convert("ciexyz", [0.0; 3]), Some(Rgb::BLACK));
        assert_eq!(convert("ciexyz", white()), Some(Rgb::WHITE));
        assert_eq!(convert("cieluv", [100.0, 0.0, 0.0]), Some(Rgb::WHITE));
        assert_eq!(convert("tekhvc", [0.0, 100.0, 0.0]), Some(Rgb::WHITE));
    }
}
