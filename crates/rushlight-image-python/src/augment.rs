//! Changes of images, the module `rushlight._C.image.augment`: a contiguous array `[..., C, H, W]` (planar) or `[..., H, W, C]` in, a new one out.

use crate::array::{Array, Sample};
use crate::error::raise;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rushlight_image::Result;
use rushlight_image::augment::pick::Border;
use rushlight_image::augment::scale::Scaling;
use rushlight_image::augment::warp::{Interpolation, Map};
use rushlight_image::augment::{Shape, blur, channels, color, flip, hue, pick, resample, scale, sharpen, tone, warp};
use rushlight_image::resize::Filter;

/// The two kinds of samples.
enum Samples {
    Bytes(Array<u8>),
    Floats(Array<f32>),
}

impl Samples {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Samples> {
        if let Ok(bytes) = Array::borrow(object) {
            return Ok(Samples::Bytes(bytes));
        }
        let floats = Array::borrow(object).map_err(|e| PyTypeError::new_err(format!("contiguous samples of uint8 or float32 are needed: {e}")))?;
        Ok(Samples::Floats(floats))
    }
}

/// The images of an array; the dimensions before theirs are the batch.
fn shape_of(shape: &[usize], planar: bool) -> PyResult<Shape> {
    match (shape, planar) {
        (&[.., channels, height, width], true) | (&[.., height, width, channels], false) => Ok(Shape { channels, height, width, planar }),
        _ => Err(PyValueError::new_err(format!("an image has three dimensions, not {}", shape.len()))),
    }
}

/// `batch` and then the dimensions of one image.
fn dimensions(batch: &[usize], image: &Shape) -> Vec<usize> {
    let Shape { channels, height, width, planar } = *image;
    [batch, &if planar { [channels, height, width] } else { [height, width, channels] }].concat()
}

type Arrays<'py> = PyResult<Bound<'py, PyAny>>;

/// Runs `work` on an array of images that become images of the shape `result` finds.
fn run<'py, T: Sample, U: Sample>(
    py: Python<'py>,
    array: &Array<T>,
    planar: bool,
    result: impl FnOnce(Shape) -> Shape,
    work: impl FnOnce(&Shape, &Shape, &[T], &mut [U]) -> Result<()> + Send,
) -> Arrays<'py> {
    let shape = shape_of(array.shape(), planar)?;
    let result = result(shape);
    let batch = &array.shape()[..array.shape().len() - 3];
    let (new, mut memory) = Array::empty(py, &dimensions(batch, &result))?;
    let (input, output) = (array.as_slice(), memory.as_mut_slice());
    py.detach(|| work(&shape, &result, input, output)).map_err(|e| raise(py, e, None))?;
    Ok(new)
}

/// Runs a closure that is written once on either kind of samples.
macro_rules! reshaping {
    ($py:ident, $array:ident, $planar:expr, $result:expr, $work:expr) => {
        match Samples::of($array)? {
            Samples::Bytes(array) => run($py, &array, $planar, $result, $work),
            Samples::Floats(array) => run($py, &array, $planar, $result, $work),
        }
    };
}

/// Calls a kernel that exists for both kinds of samples and keeps the shape.
macro_rules! either {
    ($py:ident, $array:ident, $planar:ident, $kernel:path $(, $arg:expr)*) => {
        reshaping!($py, $array, $planar, |s| s, |shape, _, from, to| $kernel(shape, $($arg,)* from, to))
    };
}

/// flip_image(array, planar, vertical): a mirror image
#[pyfunction]
fn flip_image<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, vertical: bool) -> Arrays<'py> {
    if vertical {
        return either!(py, array, planar, flip::vertical);
    }
    either!(py, array, planar, flip::horizontal)
}

/// permute(array, planar, order): channel `order[c]` becomes channel `c`
#[pyfunction]
fn permute<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, order: Vec<usize>) -> Arrays<'py> {
    either!(py, array, planar, channels::permute, &order)
}

/// planes(array): interleaved images as planar ones
#[pyfunction]
fn planes<'py>(py: Python<'py>, array: &Bound<'py, PyAny>) -> Arrays<'py> {
    reshaping!(py, array, false, |s| Shape { planar: true, ..s }, |shape, _, from, to| channels::to_planar(shape, from, to))
}

/// interleaved(array): planar images as interleaved ones
#[pyfunction]
fn interleaved<'py>(py: Python<'py>, array: &Bound<'py, PyAny>) -> Arrays<'py> {
    reshaping!(py, array, true, |s| Shape { planar: false, ..s }, |shape, _, from, to| channels::to_interleaved(shape, from, to))
}

/// floats(array, planar, planes, divide): 8-bit samples as floats in 0..1, in planes if asked for, divided by 255 or multiplied with its inverse
#[pyfunction]
fn floats<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, planes: bool, divide: bool) -> Arrays<'py> {
    let scaling = if divide { Scaling::Divide } else { Scaling::Multiply };
    let array: Array<u8> = Array::borrow(array)?;
    run(
        py,
        &array,
        planar,
        |s| Shape { planar: s.planar || planes, ..s },
        |shape, _, from, to| {
            if planes { scale::planar_floats(shape, scaling, from, to) } else { scale::floats(shape, scaling, from, to) }
        },
    )
}

/// brightness(array, planar, factor)
#[pyfunction]
fn brightness<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, factor: f32) -> Arrays<'py> {
    either!(py, array, planar, tone::brightness, factor)
}

/// contrast(array, planar, factor)
#[pyfunction]
fn contrast<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, factor: f64) -> Arrays<'py> {
    either!(py, array, planar, tone::contrast, factor)
}

/// saturation(array, planar, factor)
#[pyfunction]
fn saturation<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, factor: f64) -> Arrays<'py> {
    either!(py, array, planar, color::saturation, factor)
}

/// turn_hue(array, planar, turn): 1 is the whole circle
#[pyfunction]
fn turn_hue<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, turn: f32) -> Arrays<'py> {
    either!(py, array, planar, hue::turn, turn)
}

/// gamma(array, planar, gamma, gain)
#[pyfunction]
fn gamma<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, gamma: f32, gain: f32) -> Arrays<'py> {
    either!(py, array, planar, tone::gamma, gamma, gain)
}

/// solarize(array, planar, threshold)
#[pyfunction]
fn solarize<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, threshold: f32) -> Arrays<'py> {
    either!(py, array, planar, tone::solarize, threshold)
}

/// autocontrast(array, planar)
#[pyfunction]
fn autocontrast<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool) -> Arrays<'py> {
    match Samples::of(array)? {
        Samples::Bytes(array) => run(py, &array, planar, |s| s, |shape, _, from, to| tone::autocontrast(shape, from, to)),
        Samples::Floats(array) => run(py, &array, planar, |s| s, |shape, _, from, to| tone::autocontrast_floats(shape, from, to)),
    }
}

/// equalize(array, planar): of 8-bit samples
#[pyfunction]
fn equalize<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool) -> Arrays<'py> {
    let array: Array<u8> = Array::borrow(array)?;
    run(py, &array, planar, |s| s, |shape, _, from, to| tone::equalize(shape, from, to))
}

/// sharpness(array, planar, factor)
#[pyfunction]
fn sharpness<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, factor: f64) -> Arrays<'py> {
    either!(py, array, planar, sharpen::sharpness, factor)
}

/// separable(array, planar, horizontal, vertical): two filters of odd length, reflected edges
#[pyfunction]
fn separable<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, horizontal: Vec<f32>, vertical: Vec<f32>) -> Arrays<'py> {
    either!(py, array, planar, blur::separable, &horizontal, &vertical)
}

/// gray(array, planar, channels): the luma of RGB, once or three times
#[pyfunction]
fn gray<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, channels: usize) -> Arrays<'py> {
    reshaping!(py, array, planar, |s| s.with_channels(channels), color::gray)
}

/// pad(array, planar, (left, top, right, bottom), mode): "edge", "reflect" or "symmetric" borders
#[pyfunction]
fn pad<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, borders: [usize; 4], mode: &str) -> Arrays<'py> {
    let border = match mode {
        "edge" => Border::Edge,
        "reflect" => Border::Reflect,
        "symmetric" => Border::Symmetric,
        other => return Err(PyValueError::new_err(format!("unknown border '{other}'"))),
    };
    let [left, top, right, bottom] = borders;
    let result = |s: Shape| Shape { height: s.height + top + bottom, width: s.width + left + right, ..s };
    reshaping!(py, array, planar, result, |shape, _, from, to| pick::pad(shape, borders, border, from, to))
}

/// nearest(array, planar, (top, left, height, width), (height, width), centre): single samples of a part
#[pyfunction]
fn nearest<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, window: [usize; 4], size: [usize; 2], centre: bool) -> Arrays<'py> {
    let [height, width] = size;
    reshaping!(py, array, planar, |s| Shape { height, width, ..s }, |shape, result, from, to| pick::nearest(shape, window, centre, result, from, to))
}

/// resize(array, planar, (top, left, height, width), (height, width), filter): a part of the images at another size
#[pyfunction]
fn resize<'py>(py: Python<'py>, array: &Bound<'py, PyAny>, planar: bool, window: [usize; 4], size: [usize; 2], filter: &str) -> Arrays<'py> {
    let filter = match filter {
        "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" => Filter::Bicubic,
        "lanczos" => Filter::Lanczos3,
        other => return Err(PyValueError::new_err(format!("unknown filter '{other}'"))),
    };
    let [height, width] = size;
    reshaping!(py, array, planar, |s| Shape { height, width, ..s }, |shape, result, from, to| resample::resize(shape, window, result, filter, from, to))
}

/// warp_by(array, planar, (height, width), map, bilinear, fill): `map` is the six numbers of an affine map or the eight of a perspective
#[pyfunction]
fn warp_by<'py>(
    py: Python<'py>,
    array: &Bound<'py, PyAny>,
    planar: bool,
    size: [usize; 2],
    map: Vec<f32>,
    bilinear: bool,
    fill: Option<Vec<f32>>,
) -> Arrays<'py> {
    let map = match (<[f32; 6]>::try_from(&map[..]), <[f32; 8]>::try_from(&map[..])) {
        (Ok(affine), _) => Map::Affine(affine),
        (_, Ok(perspective)) => Map::Perspective(perspective),
        _ => return Err(PyValueError::new_err(format!("a map has six or eight numbers, not {}", map.len()))),
    };
    warped(py, array, planar, size, map, bilinear, fill)
}

/// displace(array, planar, displacement, bilinear, fill): `displacement[h, w, 2]` in half images is added to the places of the pixels
#[pyfunction]
fn displace<'py>(
    py: Python<'py>,
    array: &Bound<'py, PyAny>,
    planar: bool,
    displacement: &Bound<'py, PyAny>,
    bilinear: bool,
    fill: Option<Vec<f32>>,
) -> Arrays<'py> {
    let displacement: Array<f32> = Array::borrow(displacement)?;
    let &[height, width, 2] = displacement.shape() else {
        return Err(PyValueError::new_err(format!("a displacement has the shape [H, W, 2], not {:?}", displacement.shape())));
    };
    warped(py, array, planar, [height, width], Map::Displaced(displacement.as_slice()), bilinear, fill)
}

fn warped<'py>(
    py: Python<'py>,
    array: &Bound<'py, PyAny>,
    planar: bool,
    [height, width]: [usize; 2],
    map: Map<'_>,
    bilinear: bool,
    fill: Option<Vec<f32>>,
) -> Arrays<'py> {
    let interpolation = if bilinear { Interpolation::Bilinear } else { Interpolation::Nearest };
    let fill = fill.as_deref();
    reshaping!(py, array, planar, |s| Shape { height, width, ..s }, |shape, result, from, to| warp::warp(shape, result, map, interpolation, fill, from, to))
}

pub fn register(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let m = PyModule::new(parent.py(), "augment")?;
    for function in [
        wrap_pyfunction!(flip_image, &m)?,
        wrap_pyfunction!(permute, &m)?,
        wrap_pyfunction!(planes, &m)?,
        wrap_pyfunction!(interleaved, &m)?,
        wrap_pyfunction!(floats, &m)?,
        wrap_pyfunction!(brightness, &m)?,
        wrap_pyfunction!(contrast, &m)?,
        wrap_pyfunction!(saturation, &m)?,
        wrap_pyfunction!(turn_hue, &m)?,
        wrap_pyfunction!(gamma, &m)?,
        wrap_pyfunction!(solarize, &m)?,
        wrap_pyfunction!(autocontrast, &m)?,
        wrap_pyfunction!(equalize, &m)?,
        wrap_pyfunction!(sharpness, &m)?,
        wrap_pyfunction!(separable, &m)?,
        wrap_pyfunction!(gray, &m)?,
        wrap_pyfunction!(pad, &m)?,
        wrap_pyfunction!(nearest, &m)?,
        wrap_pyfunction!(resize, &m)?,
        wrap_pyfunction!(warp_by, &m)?,
        wrap_pyfunction!(displace, &m)?,
    ] {
        m.add_function(function)?;
    }
    parent.add_submodule(&m)
}
