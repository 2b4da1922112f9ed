//! Loading: one image, or many on several threads.

use crate::array::{Array, Sample};
use crate::error::{raise, raise_io};
use crate::input::{Data, Input};
use crate::recipe::{PyRecipe, dimensions};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rushlight_image::{Cut, Error, ErrorKind, Info, Limits, Loader, Out, Pixels, Recipe, Region, Shape, in_parallel};
use std::io;
use std::sync::Mutex;

/// Why an image was not loaded.
enum Fault {
    Unreadable(io::Error),
    Image(Error),
    /// The answer has been given to someone else.
    Taken,
}

impl Fault {
    fn raise(self, py: Python<'_>, input: &Input) -> PyErr {
        match self {
            Fault::Unreadable(reason) => raise_io(py, &reason, input.name().as_deref()),
            Fault::Image(error) => raise(py, error, input.name().as_deref()),
            Fault::Taken => PyRuntimeError::new_err("an image was asked for twice"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(reason: io::Error) -> Fault {
        Fault::Unreadable(reason)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Image(error)
    }
}

/// Memory for results: new, or the caller's.
enum Memory {
    U8(Array<u8>),
    U16(Array<u16>),
    F32(Array<f32>),
}

impl Memory {
    /// The caller's array, or a new one.
    fn of<'py>(py: Python<'py>, out: Option<Bound<'py, PyAny>>, recipe: &Recipe, shape: &[usize]) -> PyResult<(Bound<'py, PyAny>, Memory)> {
        match out {
            Some(array) => Memory::borrow(&array, recipe, shape).map(|memory| (array, memory)),
            None => Memory::empty(py, recipe, shape),
        }
    }

    /// A new array.
    fn empty<'py>(py: Python<'py>, recipe: &Recipe, shape: &[usize]) -> PyResult<(Bound<'py, PyAny>, Memory)> {
        fn of<'py, T: Sample>(py: Python<'py>, shape: &[usize], wrap: fn(Array<T>) -> Memory) -> PyResult<(Bound<'py, PyAny>, Memory)> {
            Array::empty(py, shape).map(|(array, memory)| (array, wrap(memory)))
        }
        match recipe.pixels {
            Pixels::U8 => of(py, shape, Memory::U8),
            Pixels::U16 => of(py, shape, Memory::U16),
            Pixels::F32(_) => of(py, shape, Memory::F32),
        }
    }

    /// The caller's array, if it is of the type and the shape.
    fn borrow(object: &Bound<'_, PyAny>, recipe: &Recipe, shape: &[usize]) -> PyResult<Memory> {
        fn of<T: Sample>(object: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<Array<T>> {
            let array = Array::borrow_mut(object)
                .map_err(|e| PyValueError::new_err(format!("out= must be a writable contiguous array of {} and shape {shape:?}: {e}", T::NAME)))?;
            if array.shape() != shape {
                return Err(PyValueError::new_err(format!("out= has the shape {:?} where {shape:?} is needed", array.shape())));
            }
            Ok(array)
        }
        Ok(match recipe.pixels {
            Pixels::U8 => Memory::U8(of(object, shape)?),
            Pixels::U16 => Memory::U16(of(object, shape)?),
            Pixels::F32(_) => Memory::F32(of(object, shape)?),
        })
    }

    fn out(&mut self) -> Out<'_> {
        match self {
            Memory::U8(array) => Out::U8(array.as_mut_slice()),
            Memory::U16(array) => Out::U16(array.as_mut_slice()),
            Memory::F32(array) => Out::F32(array.as_mut_slice()),
        }
    }

    /// Equal parts, one for each image.
    fn slots(&mut self, length: usize) -> Vec<Out<'_>> {
        let length = length.max(1);
        match self {
            Memory::U8(array) => array.as_mut_slice().chunks_mut(length).map(Out::U8).collect(),
            Memory::U16(array) => array.as_mut_slice().chunks_mut(length).map(Out::U16).collect(),
            Memory::F32(array) => array.as_mut_slice().chunks_mut(length).map(Out::F32).collect(),
        }
    }
}

/// Rows, columns, height and width of the part to cut; rows and columns it becomes; whether it is mirrored.
type PyCut = ((usize, usize, usize, usize), (usize, usize), bool);

fn cut(((top, left, height, width), size, mirror): PyCut) -> Cut {
    Cut { region: Region { x: left, y: top, width, height }, size, mirror }
}

/// load(source, recipe, cut=None, out=None) -> array
#[pyfunction]
#[pyo3(signature = (source, recipe, cut=None, out=None))]
fn load<'py>(py: Python<'py>, source: Input, recipe: &Bound<'py, PyRecipe>, cut: Option<PyCut>, out: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let recipe = &recipe.get().0;
    let cut = cut.map(self::cut);
    let (data, shape) = py.detach(|| open(&source, recipe, cut)).map_err(|fault| fault.raise(py, &source))?;
    let dimensions = dimensions(recipe, shape);
    let (array, mut memory) = Memory::of(py, out, recipe, &dimensions)?;
    let out = memory.out();
    py.detach(|| Loader::with(|loader| loader.load(&data, recipe, cut, out))).map_err(|error| raise(py, error, source.name().as_deref()))?;
    Ok(array)
}

fn open<'a>(source: &'a Input, recipe: &Recipe, cut: Option<Cut>) -> Result<(Data<'a>, Shape), Fault> {
    let data = source.read(recipe.limits.max_memory)?;
    let shape = Loader::shape(&data, recipe, cut)?;
    Ok((data, shape))
}

/// load_batch(sources, recipe, workers, out=None) -> (array or list of arrays, [(index, exception), ...]); what failed is zero, or None in a list
#[pyfunction]
#[pyo3(signature = (sources, recipe, workers, out=None))]
fn load_batch<'py>(
    py: Python<'py>,
    sources: Vec<Input>,
    recipe: &Bound<'py, PyRecipe>,
    workers: usize,
    out: Option<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Vec<(usize, PyErr)>)> {
    let recipe = &recipe.get().0;
    let (array, faults) = match recipe.fixed_shape() {
        Some(shape) => uniform(py, sources.len(), recipe, workers, shape, out, |index| Ok(sources[index].read(recipe.limits.max_memory)?))?,
        None => measured(py, &sources, recipe, workers, out)?,
    };
    let raised = faults.into_iter().map(|(index, fault)| (index, fault.raise(py, &sources[index]))).collect();
    Ok((array, raised))
}

type Loaded<'py> = (Bound<'py, PyAny>, Vec<(usize, Fault)>);

/// All results have one shape; `read` gives the bytes of each.
fn uniform<'py, 'a>(
    py: Python<'py>,
    count: usize,
    recipe: &Recipe,
    workers: usize,
    shape: Shape,
    out: Option<Bound<'py, PyAny>>,
    read: impl Fn(usize) -> Result<Data<'a>, Fault> + Sync,
) -> PyResult<Loaded<'py>> {
    let one = dimensions(recipe, shape);
    let all = [&[count], &one[..]].concat();
    let (array, mut memory) = Memory::of(py, out, recipe, &all)?;
    let slots = memory.slots(one.iter().product());
    let faults = py.detach(|| fill(slots, workers, |loader, index, out| Ok(loader.load(&read(index)?, recipe, None, out)?)));
    Ok((array, faults))
}

/// The shapes come from the headers; if they are equal, so is the result of [`uniform`].
fn measured<'py>(py: Python<'py>, sources: &[Input], recipe: &Recipe, workers: usize, out: Option<Bound<'py, PyAny>>) -> PyResult<Loaded<'py>> {
    let opened: Vec<Mutex<Result<(Data, Shape), Fault>>> = sources.iter().map(|_| Mutex::new(Err(Fault::Taken))).collect();
    py.detach(|| in_parallel(sources.len(), workers, |_, index| *lock(&opened[index]) = open(&sources[index], recipe, None)));
    let shapes: Vec<Shape> = opened.iter().filter_map(|o| lock(o).as_ref().map(|&(_, shape)| shape).ok()).collect();
    let take = |index: usize| std::mem::replace(&mut *lock(&opened[index]), Err(Fault::Taken));
    match shapes.first() {
        Some(&first) if shapes.iter().all(|&shape| shape == first) => {
            uniform(py, sources.len(), recipe, workers, first, out, |index| take(index).map(|(data, _)| data))
        }
        _ if out.is_some() => Err(PyValueError::new_err("out= needs results of one shape: give size as (h, w), or size and crop")),
        _ => various(py, (0..sources.len()).map(take), recipe, workers),
    }
}

/// One array for each image.
fn various<'py, 'a>(py: Python<'py>, opened: impl Iterator<Item = Result<(Data<'a>, Shape), Fault>>, recipe: &Recipe, workers: usize) -> PyResult<Loaded<'py>> {
    let (mut arrays, mut faults) = (Vec::new(), Vec::new());
    let (mut places, mut memories) = (Vec::new(), Vec::new());
    for (index, opened) in opened.enumerate() {
        match opened {
            Ok((data, shape)) => {
                let (array, memory) = Memory::of(py, None, recipe, &dimensions(recipe, shape))?;
                arrays.push(array);
                places.push((index, data));
                memories.push(memory);
            }
            Err(fault) => {
                arrays.push(py.None().into_bound(py));
                faults.push((index, fault));
            }
        }
    }
    let slots = memories.iter_mut().map(Memory::out).collect();
    for (i, fault) in py.detach(|| fill(slots, workers, |loader, i, out| Ok(loader.load(&places[i].1, recipe, None, out)?))) {
        arrays[places[i].0] = py.None().into_bound(py);
        faults.push((places[i].0, fault));
    }
    faults.sort_by_key(|(index, _)| *index);
    Ok((arrays.into_pyobject(py)?, faults))
}

/// Works on every slot; one that fails is left zero.
fn fill(slots: Vec<Out<'_>>, workers: usize, work: impl Fn(&mut Loader, usize, Out) -> Result<(), Fault> + Sync) -> Vec<(usize, Fault)> {
    let slots: Vec<_> = slots.into_iter().map(Mutex::new).collect();
    let faults = Mutex::new(Vec::new());
    in_parallel(slots.len(), workers, |loader, index| {
        let mut slot = lock(&slots[index]);
        if let Err(fault) = work(loader, index, slot.reborrow()) {
            slot.clear();
            lock(&faults).push((index, fault));
        }
    });
    let mut faults = faults.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    faults.sort_by_key(|(index, _)| *index);
    faults
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn header(input: &Input) -> Result<Info, Fault> {
    // What is missing from the beginning of a long file may come later in it.
    match rushlight_image::info(&input.head()?) {
        Err(error) if error.kind == ErrorKind::Truncated => Ok(rushlight_image::info(&input.read(Limits::default().max_memory)?)?),
        found => Ok(found?),
    }
}

/// info(sources, workers) -> [(format, width, height, mode, bits, orientation) or an exception, ...]
#[pyfunction]
fn info<'py>(py: Python<'py>, sources: Vec<Input>, workers: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let found: Vec<_> = sources.iter().map(|_| Mutex::new(Err(Fault::Taken))).collect();
    py.detach(|| in_parallel(sources.len(), workers, |_, index| *lock(&found[index]) = header(&sources[index])));
    let answer = |(cell, source): (Mutex<Result<Info, Fault>>, &Input)| match cell.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        Ok(i) => Ok((i.format.name(), i.width, i.height, i.mode.name(), i.bits, i.orientation).into_pyobject(py)?.into_any()),
        Err(fault) => Ok(fault.raise(py, source).into_value(py).into_bound(py).into_any()),
    };
    found.into_iter().zip(&sources).map(answer).collect()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyRecipe>()?;
    m.add_function(wrap_pyfunction!(load, m)?)?;
    m.add_function(wrap_pyfunction!(load_batch, m)?)?;
    m.add_function(wrap_pyfunction!(info, m)?)
}
