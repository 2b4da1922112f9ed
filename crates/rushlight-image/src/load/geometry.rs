//! Sizes and crops by the rules of torchvision, and what they mean for the pixels as stored.

use crate::jpeg::Scale;
use crate::resize::{Filter, Geometry};
use crate::{Error, Region, Result, Turn};

/// A new size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Of the shorter side; the other follows, rounded down, as in torchvision's `Resize(size)`.
    Shortest(usize),
    /// Rows and columns.
    Exact(usize, usize),
}

/// What is kept of the resized image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crop {
    /// All of the size asked for: the image is resized to cover it, the rest cut off. A square of the shorter side for a `Shortest` or no size.
    Center,
    /// So many rows and columns.
    Exact(usize, usize),
}

/// One image's own crop before resizing, in place of size and crop of the recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The part of the upright image.
    pub region: Region,
    /// Rows and columns it becomes.
    pub size: (usize, usize),
    /// Whether it is mirrored left to right afterwards.
    pub mirror: bool,
}

/// The rows and columns of every result, where they do not depend on the image.
pub fn fixed_size(size: Option<Size>, crop: Option<Crop>) -> Option<(usize, usize)> {
    match (size, crop) {
        (_, Some(Crop::Exact(height, width))) | (Some(Size::Exact(height, width)), _) => Some((height, width)),
        (Some(Size::Shortest(side)), Some(Crop::Center)) => Some((side, side)),
        _ => None,
    }
}

/// Rows and columns that an image is resized to.
fn resized(width: usize, height: usize, size: Option<Size>, crop: Option<Crop>) -> (usize, usize) {
    match (size, crop) {
        (None, _) => (height, width),
        (Some(Size::Shortest(side)), _) if width <= height => (side * height / width, side),
        (Some(Size::Shortest(side)), _) => (side, side * width / height),
        (Some(Size::Exact(h, w)), Some(Crop::Center)) if h * width >= w * height => (h, w.max(h * width / height)),
        (Some(Size::Exact(h, w)), Some(Crop::Center)) => (h.max(w * height / width), w),
        (Some(Size::Exact(h, w)), _) => (h, w),
    }
}

/// The first of `part` samples in the middle of `whole`, halves rounded to even as Python's `round`.
fn middle(whole: usize, part: usize) -> usize {
    let twice = whole - part;
    let half = twice / 2;
    if twice.is_multiple_of(2) || half.is_multiple_of(2) { half } else { half + 1 }
}

/// Where the pixels come from and go to, along the axes of the stored image.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The part of the stored image that counts as the source.
    source: Region,
    stored: (usize, usize),
    /// The size the source becomes.
    width: usize,
    height: usize,
    /// The part of it that is kept.
    pub window: Region,
    /// What is done to the kept part in the end.
    pub turn: Turn,
    /// How the stored image is turned upright, without mirroring.
    pub upright: Turn,
}

impl Plan {
    /// A plan for `width` x `height` stored pixels.
    pub fn new(width: usize, height: usize, upright: Turn, size: Option<Size>, crop: Option<Crop>, cut: Option<Cut>) -> Result<Plan> {
        let seen = upright.size(width, height);
        let (source, (new_height, new_width), window, turn) = match cut {
            Some(cut) => {
                cut.region.check(seen.0, seen.1)?;
                let turn = if cut.mirror { upright.mirrored() } else { upright };
                (cut.region, cut.size, Region::all(cut.size.1, cut.size.0), turn)
            }
            None => {
                let new = resized(seen.0, seen.1, size, crop);
                (Region::all(seen.0, seen.1), new, window(new, size, crop)?, upright)
            }
        };
        if new_width.checked_mul(new_height).is_none_or(|n| n == 0 || n > MAX_RESULT) {
            return Err(Error::argument(format!("{}x{} pixels cannot be resized to {new_width}x{new_height}", seen.0, seen.1)));
        }
        let (resized_width, resized_height) = upright.size(new_width, new_height);
        Ok(Plan {
            source: upright.stored(source, width, height),
            stored: (width, height),
            width: resized_width,
            height: resized_height,
            window: upright.stored(window, resized_width, resized_height),
            turn,
            upright,
        })
    }

    /// Whether the stored pixels are the result.
    pub fn is_whole(&self) -> bool {
        let all = Region::all(self.stored.0, self.stored.1);
        self.turn.is_identity() && self.source == all && self.window == all && !self.resizes()
    }

    /// Whether samples change.
    pub fn resizes(&self) -> bool {
        (self.width, self.height) != (self.source.width, self.source.height)
    }

    /// The part of the stored image that is kept, where samples do not change.
    pub fn kept(&self) -> Region {
        Region { x: self.source.x + self.window.x, y: self.source.y + self.window.y, ..self.window }
    }

    /// The same for the image already turned upright.
    pub fn after_turn(&self) -> Plan {
        let upright = |part: Region, (width, height): (usize, usize)| {
            let inverse = self.upright.inverse();
            let (width, height) = self.upright.size(width, height);
            inverse.stored(part, width, height)
        };
        let (width, height) = self.upright.size(self.width, self.height);
        Plan {
            source: upright(self.source, self.stored),
            stored: self.upright.size(self.stored.0, self.stored.1),
            width,
            height,
            window: upright(self.window, (self.width, self.height)),
            turn: if self.turn == self.upright { Turn::default() } else { Turn::default().mirrored() },
            upright: Turn::default(),
        }
    }

    /// How much smaller a JPEG may be decoded, so that enough samples are left for the filter.
    pub fn scale(&self, filter: Filter) -> Scale {
        let enough = |&&(scale, spare): &&(Scale, f64)| {
            let needed = spare * scale.divisor() as f64;
            self.source.width as f64 >= needed * self.width as f64 && self.source.height as f64 >= needed * self.height as f64
        };
        let smooth = !matches!(filter, Filter::Nearest | Filter::Box);
        SPARES.iter().find(|scale| smooth && enough(scale)).map_or(Scale::Full, |&(scale, _)| scale)
    }

    /// The source in pixels of the image decoded at a scale, and the resampling of that.
    pub fn resampling(&self, scale: Scale) -> (Region, Geometry) {
        let Region { x, y, width, height } = self.source;
        let divisor = scale.divisor();
        let (left, top) = (x / divisor, y / divisor);
        // A sample of which a part lies beyond the image holds padding, whatever the encoder put there: it is left out.
        let end = |last: usize, stored: usize, start: usize| last.div_ceil(divisor).min(stored / divisor).max(start + 1);
        let (right, bottom) = (end(x + width, self.stored.0, left), end(y + height, self.stored.1, top));
        let part = Region { x: left, y: top, width: right - left, height: bottom - top };
        let place = |position: usize, start: usize| (position as f64 / divisor as f64 - start as f64) as f32;
        let source = [place(x, left), place(y, top), place(x + width, left), place(y + height, top)];
        let geometry = Geometry {
            source: (scale != Scale::Full).then_some(source),
            width: self.width,
            height: self.height,
            window: Some(self.window),
            transposed: self.turn.exchanges_sides(),
            mirrored: self.turn.is_mirror(),
        };
        (part, geometry)
    }
}

/// Most pixels of a resized image, far above any memory there is for them.
const MAX_RESULT: usize = 1 << 40;

/// How many decoded samples are left for each sample of the result, along each side, when a JPEG is decoded smaller. Of 20 camera files at most this
/// share of a file's samples was more than one level off the result of full decoding: to 64 pixels 1.2 % with 4 everywhere and 0.3 % so; to 224 5 % with
/// 2, 2 % with 3 and 0.3 % so. Decoding 12 megapixels to half, a quarter and an eighth takes 0.67, 0.59 and 0.53 of the time for all of them.
const SPARES: [(Scale, f64); 3] = [(Scale::Eighth, 6.0), (Scale::Quarter, 4.0), (Scale::Half, 4.0)];

/// The part of the resized image that is kept.
fn window((height, width): (usize, usize), size: Option<Size>, crop: Option<Crop>) -> Result<Region> {
    let (h, w) = match (crop, size) {
        (None, _) => (height, width),
        (Some(Crop::Center), Some(Size::Exact(h, w))) => (h, w),
        (Some(Crop::Center), _) => (height.min(width), height.min(width)),
        (Some(Crop::Exact(h, w)), _) => (h, w),
    };
    if h > height || w > width || h == 0 || w == 0 {
        return Err(Error::argument(format!("a crop of {h}x{w} does not fit into the image resized to {height}x{width}: ask for a larger size")));
    }
    Ok(Region { x: middle(width, w), y: middle(height, h), width: w, height: h })
}
