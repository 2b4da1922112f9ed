//! Transformative properties (HEIF, 6.5.9 to 6.5.12): crop, then rotation, then mirroring.

use super::boxes::{self, Box, Reader};
use super::malformed;
use crate::{Format, Image, Result, Samples, Turn};

/// What is done with decoded pixels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transforms {
    /// Numerators and denominators: width, height, and how far its centre is from the image's.
    aperture: Option<[i64; 8]>,
    /// What rotation and mirroring amount to.
    turn: Turn,
}

/// Columns and rows that are kept.
struct Crop {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Transforms {
    pub fn parse(properties: &[Box]) -> Result<Transforms> {
        let aperture = boxes::find(properties, b"clap").map(|content| {
            let mut reader = Reader::new(content);
            (0..8).map(|_| Ok(reader.u32()? as i32 as i64)).collect::<Result<Vec<i64>>>()
        });
        let aperture = aperture.transpose()?.and_then(|values| values.try_into().ok());
        let angle = boxes::find(properties, b"irot").map(|content| Reader::new(content).u8()).transpose()?.unwrap_or(0) & 3;
        let axis = boxes::find(properties, b"imir").map(|content| Reader::new(content).u8()).transpose()?.map(|axis| axis & 1);
        let orientation = match (angle, axis) {
            (0, None) => 1,
            (1, None) => 8,
            (2, None) => 3,
            (_, None) => 6,
            (0, Some(0)) | (2, Some(1)) => 4,
            (0, Some(_)) | (2, Some(_)) => 2,
            (1, Some(0)) | (3, Some(1)) => 5,
            _ => 7,
        };
        Ok(Transforms { aperture, turn: Turn::of_exif(orientation) })
    }

    fn crop(&self, width: usize, height: usize) -> Result<Crop> {
        let Some([wide, wide_by, high, high_by, right, right_by, down, down_by]) = self.aperture else {
            return Ok(Crop { x: 0, y: 0, width, height });
        };
        let (x, width) = interval(width as i64, [wide, wide_by], [right, right_by])?;
        let (y, height) = interval(height as i64, [high, high_by], [down, down_by])?;
        Ok(Crop { x, y, width, height })
    }

    /// The size of the result.
    pub fn size(&self, width: usize, height: usize) -> Result<(usize, usize)> {
        let Crop { width, height, .. } = self.crop(width, height)?;
        Ok(self.turn.size(width, height))
    }

    pub fn apply(&self, image: Image) -> Result<Image> {
        let crop = self.crop(image.width, image.height)?;
        let Samples::U8(samples) = &image.samples else { return Ok(image) };
        if (crop.width, crop.height) == (image.width, image.height) {
            return Ok(image.turned(self.turn));
        }
        let channels = image.mode.channels();
        let rows = samples.chunks_exact(image.width * channels).skip(crop.y).take(crop.height);
        let kept = rows.flat_map(|row| &row[crop.x * channels..(crop.x + crop.width) * channels]).copied().collect();
        Ok(Image::from_u8(Format::Avif, crop.width, crop.height, image.mode, kept)?.turned(self.turn))
    }
}

/// First sample and number of samples of an aperture along one axis: `offset + (size - extent) / 2`, rounded down.
fn interval(size: i64, [extent, extent_by]: [i64; 2], [offset, offset_by]: [i64; 2]) -> Result<(usize, usize)> {
    let wrong = || malformed("the clean aperture is not inside the image");
    if extent_by <= 0 || offset_by <= 0 || extent <= 0 || extent % extent_by != 0 {
        return Err(wrong());
    }
    let extent = extent / extent_by;
    let twice = 2 * offset + (size - extent) * offset_by;
    if twice < 0 {
        return Err(wrong());
    }
    let start = twice / (2 * offset_by);
    if start + extent > size { Err(wrong()) } else { Ok((start as usize, extent as usize)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aperture_is_centred_and_moved_by_its_offset() {
        assert_eq!(interval(10, [4, 1], [0, 1]).unwrap(), (3, 4));
        assert_eq!(interval(10, [8, 2], [-6, 2]).unwrap(), (0, 4));
        assert_eq!(interval(9, [4, 1], [1, 2]).unwrap(), (3, 4));
        assert_eq!(interval(9, [4, 1], [0, 1]).unwrap(), (2, 4));
        for wrong in [interval(10, [11, 1], [0, 1]), interval(10, [4, 0], [0, 1]), interval(10, [4, 1], [-4, 1])] {
            assert!(wrong.is_err());
        }
    }
}
