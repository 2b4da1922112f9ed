//! From the bytes of a file to the array that was asked for, in one pass: only the part and the size that are needed are decoded, one
//! resampling resizes and crops, and normalising and transposing are part of its last step.
//!
//! A [`Recipe`] says what is wanted of every image. A [`Loader`] keeps one thread's memory. [`Loader::shape`] reads the headers,
//! [`Loader::load`] the pixels, into memory of the caller.

mod geometry;
mod parallel;
mod source;
mod write;

pub use geometry::{Crop, Cut, Size};
pub use parallel::in_parallel;
pub use write::{Layout, Out, Pixels};

use crate::image::guarded;
use crate::jpeg::Scale;
use crate::resize::{Filter, Resizer};
use crate::{Error, Format, Info, Limits, Mode, Region, Result, Samples, Turn, decode, icc};
use geometry::Plan;
use source::Source;

/// What becomes of every image.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The new size; the stored one when `None`.
    pub size: Option<Size>,
    /// The part kept after resizing, from the centre.
    pub crop: Option<Crop>,
    /// How samples are weighted when resizing.
    pub filter: Filter,
    /// The channels; those of the file when `None`.
    pub mode: Option<Mode>,
    /// What shows behind transparent pixels when the mode has no alpha; alpha is dropped when `None`, as by Pillow's `convert`.
    pub background: Option<[u8; 3]>,
    /// Samples and their scale.
    pub pixels: Pixels,
    /// Where the channels are.
    pub layout: Layout,
    /// Whether the EXIF orientation is applied.
    pub upright: bool,
    /// Whether the embedded colour profile is applied, so that the samples are sRGB.
    pub to_srgb: bool,
    /// Whether a JPEG is decoded at its full size even where less is enough.
    pub exact: bool,
    /// How large an image may be.
    pub limits: Limits,
}

/// The array that an image becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Samples of a pixel.
    pub channels: usize,
}

/// One thread's decoder and memory.
#[derive(Default)]
pub struct Loader {
    source: Source,
    resizer: Resizer,
    /// Pixels resized, before they are turned or written.
    resized: Vec<u8>,
    turned: Vec<u8>,
}

impl Recipe {
    /// All pixels as they are, 8-bit RGB, channels last.
    pub fn new() -> Recipe {
        Recipe {
            size: None,
            crop: None,
            filter: Filter::Lanczos3,
            mode: Some(Mode::Rgb),
            background: None,
            pixels: Pixels::U8,
            layout: Layout::Hwc,
            upright: true,
            to_srgb: false,
            exact: false,
            limits: Limits::default(),
        }
    }

    fn mode(&self, info: &Info) -> Mode {
        self.mode.unwrap_or(info.mode)
    }

    /// The shape of every result, where it does not depend on the image.
    pub fn fixed_shape(&self) -> Option<Shape> {
        let channels = self.mode?.channels();
        let (height, width) = geometry::fixed_size(self.size, self.crop)?;
        Some(Shape { height, width, channels })
    }

    fn plan(&self, info: &Info, cut: Option<Cut>) -> Result<Plan> {
        let turn = if self.upright { Turn::of_exif(info.orientation) } else { Turn::default() };
        Plan::new(info.width, info.height, turn, self.size, self.crop, cut)
    }
}

impl Default for Recipe {
    fn default() -> Recipe {
        Recipe::new()
    }
}

impl Loader {
    /// A loader without any memory yet.
    pub fn new() -> Loader {
        Loader::default()
    }

    /// The shape that an image becomes; only its headers are read.
    pub fn shape(data: &[u8], recipe: &Recipe, cut: Option<Cut>) -> Result<Shape> {
        let info = crate::info(data)?;
        // Before there is memory for the result.
        recipe.limits.check(info.format, info.width, info.height, 0)?;
        let plan = recipe.plan(&info, cut)?;
        let (width, height) = plan.turn.size(plan.window.width, plan.window.height);
        Ok(Shape { height, width, channels: recipe.mode(&info).channels() })
    }

    /// Loads an image into `out`, which has as many elements as [`Loader::shape`] says.
    ///
    /// ```
    /// use rushlight_image::{Loader, Out, Recipe, Size};
    /// let recipe = Recipe { size: Some(Size::Exact(1, 2)), ..Recipe::new() };
    /// let mut out = [0; 6];
    /// Loader::new().load(b"P2 2 2 255\n0 200 0 200\n", &recipe, None, Out::U8(&mut out)).unwrap();
    /// assert_eq!(out, [0, 0, 0, 200, 200, 200]);
    /// ```
    pub fn load(&mut self, data: &[u8], recipe: &Recipe, cut: Option<Cut>, out: Out) -> Result<()> {
        let info = crate::info(data)?;
        // Before the weights of a resampling are computed, which takes long for huge images.
        recipe.limits.check(info.format, info.width, info.height, 0)?;
        let plan = recipe.plan(&info, cut)?;
        let mode = recipe.mode(&info);
        let needed = plan.window.width * plan.window.height * mode.channels();
        if out.len() != needed {
            return Err(Error::argument(format!("memory for {} samples where {needed} are needed", out.len())));
        }
        if let Pixels::F32(normalization) = &recipe.pixels
            && !normalization.suits(mode.channels())
        {
            return Err(Error::argument(format!("normalize has {} means, the image {} channels", normalization.means(), mode.channels())));
        }
        let result = guarded(info.format, || match out {
            Out::U16(out) => wide(data, recipe, &plan, mode, out),
            out => self.narrow(data, recipe, plan, &info, out),
        });
        match result {
            Ok(()) => self.source.shrink(),
            // After a fault nothing of this image is left for the next.
            Err(_) => *self = Loader::default(),
        }
        result
    }

    /// 8-bit samples, resized as the plan says.
    fn narrow(&mut self, data: &[u8], recipe: &Recipe, plan: Plan, info: &Info, out: Out) -> Result<()> {
        let mode = recipe.mode(info);
        // Filters that do not treat left and right alike have to see the image upright.
        let upright_first = matches!(recipe.filter, Filter::Nearest | Filter::Box) && !plan.upright.is_identity();
        // A profile is of the pixels as they are stored, all of them in their own mode.
        let convert = recipe.to_srgb && icc::profile(data).is_some();
        let in_parts = info.format == Format::Jpeg && !mode.has_alpha() && !upright_first && !convert;
        let mut out = out;
        if in_parts
            && plan.is_whole()
            && let (Out::U8(out), Pixels::U8, Layout::Hwc) = (&mut out, &recipe.pixels, recipe.layout)
        {
            return self.source.jpeg_into(data, mode, &recipe.limits, out, info.width * mode.channels());
        }
        let (plan, turn) = if upright_first { (plan.after_turn(), plan.upright) } else { (plan, Turn::default()) };
        let scale = if in_parts && !recipe.exact { plan.scale(recipe.filter) } else { Scale::Full };
        let (source, geometry) = plan.resampling(scale);
        let part = self.resizer.prepare(source.width, source.height, geometry, recipe.filter)?;
        let part = Region { x: source.x + part.x, y: source.y + part.y, ..part };
        let part = match in_parts {
            true => self.source.jpeg(data, mode, scale, part, &recipe.limits)?,
            false => self.source.any(data, mode, turn, recipe)?.part(part)?,
        };
        let Region { width, height, .. } = plan.window;
        // Colours count as much as they are opaque.
        let blends = mode.has_alpha() && plan.resizes() && recipe.filter != Filter::Nearest;
        if !blends && (plan.turn.is_identity() || plan.turn.is_mirror()) {
            return write::resized(&mut self.resizer, part, recipe, (width, height), &mut self.resized, out);
        }
        let row = width * mode.channels();
        self.resized.resize(row * height, 0);
        match blends {
            true => self.resizer.resize_prepared_with_alpha(part, &mut self.resized, row)?,
            false => self.resizer.resize_prepared(part, &mut self.resized, row)?,
        }
        if plan.turn.is_identity() || plan.turn.is_mirror() {
            return write::pixels(&self.resized, mode.channels(), recipe, out);
        }
        self.turned.resize(row * height, 0);
        let stride = plan.turn.size(width, height).0 * mode.channels();
        crate::orient(&self.resized, width, height, mode.channels(), plan.turn, &mut self.turned, stride)?;
        write::pixels(&self.turned, mode.channels(), recipe, out)
    }
}

/// 16-bit samples, cropped and turned but not resized.
fn wide(data: &[u8], recipe: &Recipe, plan: &Plan, mode: Mode, out: &mut [u16]) -> Result<()> {
    if plan.resizes() {
        return Err(Error::argument("16-bit samples are not resized: leave size out, or ask for uint8 or float32"));
    }
    if recipe.to_srgb && icc::profile(data).is_some() {
        return Err(Error::argument("16-bit samples are not converted by colour profiles: leave icc out, or ask for uint8 or float32"));
    }
    let Pixels::U16 = recipe.pixels else { return Err(write::other_type()) };
    let image = source::prepared(decode(data, &recipe.limits)?.into_u16(), mode, recipe).part(plan.kept()).turned(plan.turn);
    if let Samples::U16(samples) = &image.samples {
        write::ordered(samples, mode.channels(), recipe.layout, out);
    }
    Ok(())
}
