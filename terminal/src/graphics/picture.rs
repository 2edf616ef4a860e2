//! A decoded picture, and how the pixel data of kitty's graphics protocol becomes one: raw, compressed, or PNG.

use std::io::{Cursor, Read};

use flate2::read::ZlibDecoder;

/// The longest side of a picture, in pixels: what kitty takes.
pub const MAX_SIDE: u32 = 10_000;
/// Pixels of a picture at most, 64 MiB of them: twice a screen of 3,840 by 2,160.
pub const MAX_PIXELS: u64 = 16 << 20;
/// Bytes of a PNG file that is compressed once more: as many as the largest picture has pixels.
const MAX_PNG: usize = 16 << 20;
/// Bytes of a pixel: red, green, blue, opacity.
pub(crate) const PIXEL: usize = 4;

/// A decoded picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Columns of pixels.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Row by row from the top: red, green, blue and opacity of each pixel, not premultiplied.
    pub rgba: Vec<u8>,
}

/// Why there is no picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// It has no pixels.
    Empty,
    /// It is larger than a picture may be.
    TooLarge,
    /// There are fewer bytes than it takes.
    TooShort,
    /// It cannot be decoded.
    Malformed,
}

impl Refused {
    /// In the words of kitty's protocol: a name as errno has it, and what is meant.
    pub(crate) const fn message(&self) -> &'static str {
        match self {
            Self::Empty => "EINVAL:an image without pixels",
            Self::TooLarge => "EFBIG:the image is too large",
            Self::TooShort => "ENODATA:too little data for the image",
            Self::Malformed => "EBADPNG:the data cannot be decoded",
        }
    }
}

impl Picture {
    /// An empty one, all of it transparent.
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, Refused> {
        let bytes = bytes_of(width, height)?;
        Ok(Self { width, height, rgba: vec![0; bytes] })
    }
}

/// The bytes that a picture of this size takes, if it may be.
pub(crate) fn bytes_of(width: u32, height: u32) -> Result<usize, Refused> {
    if width == 0 || height == 0 {
        return Err(Refused::Empty);
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(Refused::TooLarge);
    }
    usize::try_from(pixels).map(|pixels| pixels * PIXEL).map_err(|_| Refused::TooLarge)
}

/// How pixel data is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Format {
    /// Three bytes a pixel.
    Rgb,
    /// Four bytes a pixel.
    #[default]
    Rgba,
    /// A PNG file.
    Png,
}

/// Decodes pixel data. Raw data needs its size in pixels told; a PNG file has its own.
pub(crate) fn decode(
    data: &[u8],
    format: Format,
    compressed: bool,
    size: (u32, u32),
) -> Result<Picture, Refused> {
    let (width, height) = size;
    match format {
        Format::Png if compressed => decode_png(&inflate(data, MAX_PNG)?),
        Format::Png => decode_png(data),
        Format::Rgb | Format::Rgba => {
            let bytes = bytes_of(width, height)?;
            let raw = if format == Format::Rgb { bytes / PIXEL * 3 } else { bytes };
            let inflated;
            let data = if compressed {
                inflated = inflate(data, raw)?;
                &inflated
            } else {
                data
            };
            // More than that is no error: files may be longer.
            let data = data.get(..raw).ok_or(Refused::TooShort)?;
            let rgba = if format == Format::Rgb { with_opacity(data) } else { data.to_vec() };
            Ok(Picture { width, height, rgba })
        }
    }
}

fn with_opacity(rgb: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    pixels.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect()
}

/// Inflates zlib data, up to `most` bytes.
fn inflate(data: &[u8], most: usize) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    let read = ZlibDecoder::new(data).take(most as u64).read_to_end(&mut out);
    read.map_err(|_| Refused::Malformed)?;
    Ok(out)
}

fn decode_png(data: &[u8]) -> Result<Picture, Refused> {
    // What the decoder may allocate beside the picture: a row and its tables.
    let limits = png::Limits { bytes: 4 << 20 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(data), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    // Text and colour profiles mean nothing here, and may be compressed bombs.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| Refused::Malformed)?;
    let (width, height) = reader.info().size();
    let bytes = bytes_of(width, height)?;
    // Sixteen bits are made eight; no format has more than four samples.
    let size = reader.output_buffer_size().filter(|size| *size <= bytes).ok_or(Refused::Malformed)?;
    let mut out = vec![0; size];
    let info = reader.next_frame(&mut out).map_err(|_| Refused::Malformed)?;
    out.truncate(info.buffer_size());
    let rgba = match info.color_type {
        png::ColorType::Rgba => out,
        png::ColorType::Rgb => with_opacity(&out),
        png::ColorType::Grayscale => out.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        png::ColorType::GrayscaleAlpha => {
            let (pixels, _) = out.as_chunks::<2>();
            pixels.iter().flat_map(|[grey, opacity]| [*grey, *grey, *grey, *opacity]).collect()
        }
        png::ColorType::Indexed => return Err(Refused::Malformed),
    };
    if rgba.len() == bytes { Ok(Picture { width, height, rgba }) } else { Err(Refused::TooShort) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::*;

    fn deflated(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).expect("to memory");
        encoder.finish().expect("to memory")
    }

    fn png_of(width: u32, height: u32, colour: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        encoder.write_header().expect("to memory").write_image_data(data).expect("to memory");
        file
    }

    #[test]
    fn raw_and_compressed_data_become_pictures() {
        let rgb = [1, 2, 3, 4, 5, 6];
        let picture = decode(&rgb, Format::Rgb, false, (2, 1)).expect("a picture");
        assert_eq!(picture.rgba, [1, 2, 3, 255, 4, 5, 6, 255]);
        let rgba = [1, 2, 3, 4, 5, 6, 7, 8];
        let picture = decode(&deflated(&rgba), Format::Rgba, true, (1, 2)).expect("a picture");
        assert_eq!((picture.width, picture.height, &picture.rgba[..]), (1, 2, &rgba[..]));
        assert_eq!(decode(&rgba, Format::Rgba, false, (2, 2)), Err(Refused::TooShort));
        assert_eq!(decode(&rgba, Format::Rgba, true, (1, 2)), Err(Refused::Malformed));
        assert_eq!(decode(&rgba, Format::Rgba, false, (0, 2)), Err(Refused::Empty));
        assert_eq!(decode(&rgba, Format::Rgba, false, (u32::MAX, u32::MAX)), Err(Refused::TooLarge));
    }

    #[test]
    fn every_colour_type_of_a_png_is_read() {
        use png::{BitDepth, ColorType};
        let read = |file: &[u8]| decode(file, Format::Png, false, (0, 0)).expect("a picture").rgba;
        assert_eq!(read(&png_of(1, 1, ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 4])), [1, 2, 3, 4]);
        assert_eq!(read(&png_of(1, 1, ColorType::Rgb, BitDepth::Eight, &[1, 2, 3])), [1, 2, 3, 255]);
        assert_eq!(read(&png_of(1, 1, ColorType::Grayscale, BitDepth::Eight, &[7])), [7, 7, 7, 255]);
        assert_eq!(read(&png_of(1, 1, ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 9])), [7, 7, 7, 9]);
        let deep = png_of(1, 1, ColorType::Rgb, BitDepth::Sixteen, &[1, 99, 2, 99, 3, 99]);
        assert_eq!(read(&deep), [1, 2, 3, 255]);
        let mono = png_of(8, 1, ColorType::Grayscale, BitDepth::One, &[0x80]);
        assert_eq!(read(&mono)[..8], [255, 255, 255, 255, 0, 0, 0, 255]);
        let whole = png_of(1, 1, ColorType::Rgb, BitDepth::Eight, &[1, 2, 3]);
        let packed = decode(&deflated(&whole), Format::Png, true, (0, 0));
        assert_eq!(packed.map(|picture| picture.rgba), Ok(vec![1, 2, 3, 255]));
    }

    #[test]
    fn bombs_do_not_go_off() {
        // 256 MiB of zeros in 256 KiB, for a picture of one pixel.
        let bomb = deflated(&vec![0; 256 << 20]);
        let picture = decode(&bomb, Format::Rgba, true, (1, 1)).expect("its first pixel");
        assert_eq!(picture.rgba, [0; 4]);
        // A head that promises a picture of 100,000,000 pixels.
        let mut file = png_of(1, 1, png::ColorType::Rgb, png::BitDepth::Eight, &[1, 2, 3]);
        file[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
        assert!(decode(&file, Format::Png, false, (0, 0)).is_err());
    }

    proptest! {
        #[test]
        fn no_data_panics(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
            noise in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let pixels: Vec<u8> = (0..=255).collect();
            let mut file = png_of(8, 8, png::ColorType::Rgba, png::BitDepth::Eight, &pixels);
            for (place, byte) in changes {
                let place = place.index(file.len());
                file[place] = byte;
            }
            file.truncate(cut.index(file.len()) + 1);
            let _ = decode(&file, Format::Png, false, (0, 0));
            let _ = decode(&noise, Format::Png, true, (0, 0));
            let _ = decode(&noise, Format::Rgba, true, (4, 4));
        }
    }
}
