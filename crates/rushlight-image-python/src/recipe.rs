//! What is wanted of every image, checked once.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_image::resize::{Filter, Normalization};
use rushlight_image::{Crop, Layout, Limits, Mode, Pixels, Recipe, Shape, Size};

/// Recipe(size, crop, algorithm, mode, background, dtype, normalize, layout, exif, icc, exact, max_pixels, max_memory)
#[pyclass(name = "Recipe", module = "rushlight._C.image", frozen)]
pub struct PyRecipe(pub Recipe);

/// A side, or rows and columns.
#[derive(FromPyObject)]
enum Sides {
    Shortest(usize),
    Exact((usize, usize)),
}

/// A name of the centre, or rows and columns.
#[derive(FromPyObject)]
enum Cropping {
    Exact((usize, usize)),
    Named(String),
}

fn filter(name: &str) -> PyResult<Filter> {
    Ok(match name {
        "nearest" => Filter::Nearest,
        "area" | "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" | "catmullrom" => Filter::Bicubic,
        "mitchell" => Filter::Mitchell,
        "lanczos3" | "lanczos" => Filter::Lanczos3,
        _ => {
            let known = "nearest, bilinear, bicubic, catmullrom, mitchell, lanczos3, area";
            return Err(PyValueError::new_err(format!("algorithm={name:?} is not known; it is one of {known}")));
        }
    })
}

fn mode(name: &str) -> PyResult<Option<Mode>> {
    Ok(match name {
        "RGB" => Some(Mode::Rgb),
        "RGBA" => Some(Mode::Rgba),
        "L" => Some(Mode::L),
        "LA" => Some(Mode::La),
        "unchanged" => None,
        _ => return Err(PyValueError::new_err(format!("mode={name:?} is not known; it is one of RGB, RGBA, L, LA, unchanged"))),
    })
}

fn pixels(dtype: &str, normalize: Option<(Vec<f32>, Vec<f32>)>) -> PyResult<Pixels> {
    let (mean, std) = normalize.unwrap_or_else(|| (vec![0.0], vec![1.0]));
    Ok(match dtype {
        "uint8" => Pixels::U8,
        "uint16" => Pixels::U16,
        "float32" => Pixels::F32(Normalization::new(&mean, &std)),
        _ => return Err(PyValueError::new_err(format!("dtype={dtype:?} is not known; it is one of uint8, uint16, float32"))),
    })
}

#[pymethods]
impl PyRecipe {
    #[new]
    fn new(
        size: Option<Sides>,
        crop: Option<Cropping>,
        algorithm: &str,
        mode_name: &str,
        background: Option<[u8; 3]>,
        dtype: &str,
        normalize: Option<(Vec<f32>, Vec<f32>)>,
        layout: &str,
        exif: bool,
        icc: bool,
        exact: bool,
        max_pixels: u64,
        max_memory: u64,
    ) -> PyResult<PyRecipe> {
        let size = size.map(|size| match size {
            Sides::Shortest(side) => Size::Shortest(side),
            Sides::Exact((height, width)) => Size::Exact(height, width),
        });
        let crop = match crop {
            None => None,
            Some(Cropping::Exact((height, width))) => Some(Crop::Exact(height, width)),
            Some(Cropping::Named(name)) if name == "center" => Some(Crop::Center),
            Some(Cropping::Named(name)) => return Err(PyValueError::new_err(format!("crop={name:?} is not known; it is \"center\", a side, or (h, w)"))),
        };
        let layout = match layout {
            "HWC" => Layout::Hwc,
            "CHW" => Layout::Chw,
            _ => return Err(PyValueError::new_err(format!("layout={layout:?} is not known; it is \"HWC\" or \"CHW\""))),
        };
        Ok(PyRecipe(Recipe {
            size,
            crop,
            filter: filter(algorithm)?,
            mode: mode(mode_name)?,
            background,
            pixels: pixels(dtype, normalize)?,
            layout,
            upright: exif,
            to_srgb: icc,
            exact,
            limits: Limits { max_pixels, max_memory },
        }))
    }

    /// The dimensions of every result, or None if they depend on the image.
    #[getter]
    fn fixed_shape<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.0.fixed_shape().map(|shape| PyTuple::new(py, dimensions(&self.0, shape))).transpose()
    }

    /// The name of the type of the samples.
    #[getter]
    fn dtype(&self) -> &'static str {
        match self.0.pixels {
            Pixels::U8 => "uint8",
            Pixels::U16 => "uint16",
            Pixels::F32(_) => "float32",
        }
    }
}

/// The dimensions of the array for images of a shape.
pub fn dimensions(recipe: &Recipe, Shape { height, width, channels }: Shape) -> Vec<usize> {
    match recipe.layout {
        Layout::Hwc => vec![height, width, channels],
        Layout::Chw => vec![channels, height, width],
    }
}
