//! Kinds of TIFF that writers seldom make, built tag by tag.

use rushlight_image::{ErrorKind, Limits, Mode, Samples, decode, info};

/// A file with one strip or more; tags have numbers of 16 bits, those above 32 bits of the offset table's kind.
struct File {
    big_endian: bool,
    tags: Vec<(u16, Vec<u32>)>,
    strips: Vec<Vec<u8>>,
    bytes_tag: Option<(u16, Vec<u8>)>,
}

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const SAMPLES: u16 = 277;
const ROWS: u16 = 278;
const PLANAR: u16 = 284;
const PREDICTOR: u16 = 317;
const COLORS: u16 = 320;
const EXTRA: u16 = 338;
const FORMAT: u16 = 339;
const SUBSAMPLING: u16 = 530;

fn file(width: u32, height: u32, tags: &[(u16, &[u32])], strips: &[&[u8]]) -> File {
    let mut tags: Vec<(u16, Vec<u32>)> = tags.iter().map(|&(tag, values)| (tag, values.to_vec())).collect();
    tags.extend([(WIDTH, vec![width]), (HEIGHT, vec![height])]);
    File { big_endian: false, tags, strips: strips.iter().map(|s| s.to_vec()).collect(), bytes_tag: None }
}

impl File {
    fn number(&self, value: u32, bytes: usize) -> Vec<u8> {
        if self.big_endian { value.to_be_bytes()[4 - bytes..].to_vec() } else { value.to_le_bytes()[..bytes].to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = if self.big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        let (mut offsets, mut at) = (Vec::new(), 8);
        for strip in &self.strips {
            offsets.push(at);
            at += strip.len() as u32;
        }
        let mut entries: Vec<(u16, u32, Vec<u8>)> = Vec::new();
        for (tag, values) in &self.tags {
            entries.push((*tag, 3, values.iter().flat_map(|&v| self.number(v, 2)).collect()));
        }
        entries.push((273, 4, offsets.iter().flat_map(|&v| self.number(v, 4)).collect()));
        entries.push((279, 4, self.strips.iter().flat_map(|s| self.number(s.len() as u32, 4)).collect()));
        entries.extend(self.bytes_tag.iter().map(|(tag, bytes)| (*tag, 7, bytes.clone())));
        entries.sort();
        out.extend(self.number(at, 4));
        out.extend(self.strips.concat());
        out.extend(self.number(entries.len() as u32, 2));
        let (mut behind, mut values) = (at + 6 + 12 * entries.len() as u32, Vec::new());
        for (tag, kind, bytes) in entries {
            let size = [0, 1, 1, 2, 4, 8, 1, 1][kind as usize];
            out.extend([self.number(tag.into(), 2), self.number(kind, 2), self.number((bytes.len() / size) as u32, 4)].concat());
            if bytes.len() <= 4 {
                out.extend(&bytes);
                out.resize(out.len() + 4 - bytes.len(), 0);
            } else {
                out.extend(self.number(behind, 4));
                behind += bytes.len() as u32;
                values.extend(bytes);
            }
        }
        out.extend([0; 4]);
        out.extend(values);
        out
    }
}

fn pixels(file: &File) -> (Mode, Samples) {
    let image = decode(&file.bytes(), &Limits::default()).unwrap();
    (image.mode, image.samples)
}

fn narrow(mode: Mode, samples: &[u8]) -> (Mode, Samples) {
    (mode, Samples::U8(samples.to_vec()))
}

#[test]
fn grey_of_few_bits_in_either_order_of_bits_and_sense() {
    let black: &[(u16, &[u32])] = &[(BITS, &[2]), (PHOTOMETRIC, &[1])];
    assert_eq!(pixels(&file(3, 1, black, &[&[0b00_01_11_00]])), narrow(Mode::L, &[0, 85, 255]));
    let white: &[(u16, &[u32])] = &[(BITS, &[2]), (PHOTOMETRIC, &[0]), (FILL_ORDER, &[2])];
    assert_eq!(pixels(&file(3, 1, white, &[&[0b00_11_10_00]])), narrow(Mode::L, &[255, 170, 0]));
}

#[test]
fn twelve_bits_become_sixteen() {
    let tags: &[(u16, &[u32])] = &[(BITS, &[12]), (PHOTOMETRIC, &[1])];
    assert_eq!(pixels(&file(2, 1, tags, &[&[0xAB, 0xC0, 0x12]])), (Mode::L, Samples::U16(vec![0xABCA, 0x0120])));
}

#[test]
fn signed_and_floating_point_values_are_cut_off() {
    let mut signed = file(3, 1, &[(BITS, &[16]), (PHOTOMETRIC, &[1]), (FORMAT, &[2])], &[&[0xFF, 0xFE, 0, 7, 1, 0]]);
    signed.big_endian = true;
    assert_eq!(pixels(&signed), narrow(Mode::L, &[0, 7, 255]));
    let values: Vec<u8> = [-3.0f32, 7.9, 1e9, f32::NAN].iter().flat_map(|v| v.to_le_bytes()).collect();
    let floats: &[(u16, &[u32])] = &[(BITS, &[32]), (PHOTOMETRIC, &[1]), (FORMAT, &[3])];
    assert_eq!(pixels(&file(4, 1, floats, &[&values])), narrow(Mode::L, &[0, 7, 255, 0]));
}

#[test]
fn planes_are_joined_and_extra_samples_dropped() {
    let tags: &[(u16, &[u32])] = &[(BITS, &[8, 8, 8, 8]), (PHOTOMETRIC, &[2]), (SAMPLES, &[4]), (PLANAR, &[2]), (EXTRA, &[0]), (ROWS, &[1])];
    assert_eq!(pixels(&file(2, 1, tags, &[&[1, 2], &[3, 4], &[5, 6], &[7, 8]])), narrow(Mode::Rgb, &[1, 3, 5, 2, 4, 6]));
}

#[test]
fn colours_multiplied_by_alpha_are_divided_and_clear_ones_are_black() {
    let tags: &[(u16, &[u32])] = &[(BITS, &[8, 8]), (PHOTOMETRIC, &[1]), (SAMPLES, &[2]), (EXTRA, &[1])];
    assert_eq!(pixels(&file(3, 1, tags, &[&[50, 100, 9, 0, 9, 255]])), narrow(Mode::La, &[127, 100, 0, 0, 9, 255]));
}

#[test]
fn inks_and_palettes_become_rgb() {
    let inks: &[(u16, &[u32])] = &[(BITS, &[8, 8, 8, 8]), (PHOTOMETRIC, &[5]), (SAMPLES, &[4])];
    assert_eq!(pixels(&file(2, 1, inks, &[&[0, 0, 0, 0, 255, 0, 0, 55]])), narrow(Mode::Rgb, &[255, 255, 255, 0, 200, 200]));
    let palette: &[(u16, &[u32])] = &[(BITS, &[1]), (PHOTOMETRIC, &[3]), (COLORS, &[0, 0x1234, 0x5600, 0x78FF, 0x100, 0x200])];
    assert_eq!(pixels(&file(2, 1, palette, &[&[0b0100_0000]])), narrow(Mode::Rgb, &[0, 0x56, 1, 0x12, 0x78, 2]));
}

#[test]
fn chroma_of_blocks_is_spread() {
    let tags: &[(u16, &[u32])] = &[(BITS, &[8, 8, 8]), (PHOTOMETRIC, &[6]), (SAMPLES, &[3]), (SUBSAMPLING, &[2, 2])];
    // Two blocks of four luma samples and a pair of chroma; the second is cut at the right edge.
    let data = [10, 20, 40, 50, 128, 128, 30, 99, 60, 99, 128, 128];
    let gray: Vec<u8> = [10, 20, 30, 40, 50, 60].iter().flat_map(|&y| [y; 3]).collect();
    assert_eq!(pixels(&file(3, 2, tags, &[&data])), narrow(Mode::Rgb, &gray));
}

#[test]
fn floating_point_predictions_are_undone() {
    // 1.0 and 200.0, bytes from the highest in planes, each less the one before.
    let planes = [0x3F, 0x43, 0x80, 0x48, 0, 0, 0, 0u8];
    let differences: Vec<u8> = (0..8).map(|i| if i == 0 { planes[0] } else { planes[i].wrapping_sub(planes[i - 1]) }).collect();
    let mut packed = flate2::Compress::new(flate2::Compression::default(), true);
    let mut strip = Vec::with_capacity(64);
    packed.compress_vec(&differences, &mut strip, flate2::FlushCompress::Finish).unwrap();
    let tags: &[(u16, &[u32])] = &[(BITS, &[32]), (PHOTOMETRIC, &[1]), (FORMAT, &[3]), (COMPRESSION, &[8]), (PREDICTOR, &[3])];
    assert_eq!(pixels(&file(2, 1, tags, &[&strip])), narrow(Mode::L, &[1, 200]));
}

#[test]
fn fax_codes_of_all_kinds() {
    let image = |compression: u32, data: &[u8]| {
        let tags: &[(u16, &[u32])] = &[(BITS, &[1]), (PHOTOMETRIC, &[0]), (COMPRESSION, &[compression])];
        pixels(&file(4, 2, tags, &[data]))
    };
    let expected = narrow(Mode::L, &[255, 0, 0, 255, 255, 0, 0, 255]);
    // White of one: 000111, black of two: 11.
    assert_eq!(image(2, &[0b0001_1111, 0b0001_1100, 0b0001_1111, 0b0001_1100]), expected);
    // With ends of lines.
    assert_eq!(image(3, &[0, 0b0001_0001, 0b1111_0001, 0b1100_0000, 0, 0b0100_0111, 0b1100_0111]), expected);
    // Against the row above: horizontal (001), then the rest of the row at the end above (1); all as above (1 1 1).
    assert_eq!(image(4, &[0b0010_0011, 0b1111_1110]), expected);
}

#[test]
fn the_orientation_may_be_in_xmp() {
    let mut turned = file(1, 1, &[(BITS, &[8]), (PHOTOMETRIC, &[1])], &[&[0]]);
    turned.bytes_tag = Some((700, br#"<rdf:Description tiff:Orientation="6"/>"#.to_vec()));
    assert_eq!(info(&turned.bytes()).unwrap().orientation, 6);
}

#[test]
fn what_is_not_decoded_is_named() {
    let fault = |tags: &[(u16, &[u32])]| decode(&file(2, 2, tags, &[&[0; 64]]).bytes(), &Limits::default()).unwrap_err();
    let error = fault(&[(BITS, &[8]), (PHOTOMETRIC, &[1]), (COMPRESSION, &[50000])]);
    assert_eq!((error.kind, error.reason.contains("Zstandard")), (ErrorKind::Unsupported, true));
    let error = fault(&[(BITS, &[8, 8, 8]), (PHOTOMETRIC, &[8]), (SAMPLES, &[3])]);
    assert_eq!((error.kind, error.reason.contains("L*a*b*")), (ErrorKind::Unsupported, true));
    let error = fault(&[(BITS, &[64]), (PHOTOMETRIC, &[1]), (FORMAT, &[3])]);
    assert_eq!((error.kind, error.reason.contains("64 bits")), (ErrorKind::Unsupported, true));
    // The samples of a JPEG have eight bits, whatever the tags say.
    assert_eq!(fault(&[(BITS, &[2]), (PHOTOMETRIC, &[1]), (COMPRESSION, &[7])]).kind, ErrorKind::Unsupported);
}

/// Sides of more than sixteen bits, whose products have more than 64.
#[test]
fn the_largest_sides_are_refused() {
    let mut file = b"II*\0\x08\0\0\0\x05\0".to_vec();
    for (tag, kind, value) in [(256u16, 4u16, u32::MAX), (257, 4, u32::MAX), (262, 3, 1), (322, 4, 1 << 31), (323, 4, 1 << 31)] {
        file.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    assert_eq!(decode(&file, &Limits::default()).unwrap_err().kind, ErrorKind::Limit);
    // A pixel in a tile whose area has 65 bits.
    for at in [18, 30] {
        file[at..at + 4].copy_from_slice(&1u32.to_le_bytes());
    }
    for at in [54, 66] {
        file[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    }
    assert_eq!(decode(&file, &Limits::default()).unwrap_err().kind, ErrorKind::Limit);
}

#[test]
fn tiles_much_larger_than_the_image_are_refused() {
    let mut tiled = file(1, 1, &[(BITS, &[8]), (PHOTOMETRIC, &[1]), (322, &[65520]), (323, &[65520])], &[&[0]]);
    tiled.strips = vec![vec![0; 8]];
    assert_eq!(decode(&tiled.bytes(), &Limits::default()).unwrap_err().kind, ErrorKind::Limit);
}
