//! Loading ahead into the slots of batches: `Pool`, its `Batch`es, and `RandomCut`.

use crate::array::{Array, Sample};
use crate::error::{raise, raise_io};
use crate::input::{Data, Input};
use crate::recipe::{PyRecipe, dimensions};
use crate::tar::TarFile;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rushlight_image::stream::{Area, Pool, RandomCut, State, Ticket, Work};
use rushlight_image::{Error, Loader, Out, Pixels, Recipe, Shape, Turn, tar};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// RandomCut(size, scale, ratio, mirror): the crop of each image by its number; the whole image when `scale` is None
#[pyclass(name = "RandomCut", module = "rushlight._C.image", frozen)]
struct PyRandomCut(RandomCut);

#[pymethods]
impl PyRandomCut {
    #[new]
    fn new(size: (usize, usize), scale: Option<(f64, f64)>, ratio: (f64, f64), mirror: f64) -> PyRandomCut {
        let area = scale.map(|scale| Area { scale, ratio });
        PyRandomCut(RandomCut { size, area, mirror })
    }

    /// cut(width, height, key) -> ((top, left, height, width), size, mirror)
    fn cut(&self, width: usize, height: usize, key: [u64; 3]) -> ((usize, usize, usize, usize), (usize, usize), bool) {
        let cut = self.0.cut(width, height, key);
        ((cut.region.y, cut.region.x, cut.region.height, cut.region.width), cut.size, cut.mirror)
    }
}

/// Where a sample's bytes are: a path or bytes, or a member of an archive.
#[derive(FromPyObject)]
enum PySource<'py> {
    Member(Bound<'py, TarFile>, u64, u64),
    Input(Input),
}

enum Source {
    Member(Arc<File>, u64, u64),
    Input(Input),
}

impl Source {
    fn read(&self, limit: u64) -> io::Result<Data<'_>> {
        let (file, offset, size) = match self {
            Source::Input(input) => return input.read(limit),
            Source::Member(file, offset, size) => (file, *offset, *size),
        };
        if size > limit {
            return Err(io::Error::other(format!("its {size} bytes are more than max_memory={limit}")));
        }
        let mut data = vec![0; size as usize];
        tar::read_at(file, &mut data, offset).map(|()| Data::Read(data))
    }

    fn name(&self) -> Option<String> {
        match self {
            Source::Input(input) => input.name().map(|name| name.into_owned()),
            Source::Member(..) => None,
        }
    }
}

/// Why a sample was not loaded.
enum Fault {
    File(io::Error),
    Image(Error),
    Panic,
}

impl Fault {
    fn raise(self, py: Python<'_>, file: Option<&str>) -> PyErr {
        match self {
            Fault::File(error) => raise_io(py, &error, file),
            Fault::Image(error) => raise(py, error, file),
            Fault::Panic => raise_io(py, &io::Error::other("the decoder failed"), file),
        }
    }
}

/// A batch's memory in equal slots.
#[derive(Clone, Copy)]
enum Slots {
    U8(*mut u8, usize),
    U16(*mut u16, usize),
    F32(*mut f32, usize),
}

// SAFETY: the memory behind the address is used by one thread at a time for each slot, and by nobody after the ticket of the batch is gone.
unsafe impl Send for Slots {}
// SAFETY: as above.
unsafe impl Sync for Slots {}

impl Slots {
    /// Slot `index`.
    ///
    /// # Safety
    /// The memory must be there, have such a slot, and nobody else may use the slot meanwhile.
    unsafe fn slot<'a>(self, index: usize) -> Out<'a> {
        // SAFETY: promised by the caller.
        unsafe {
            match self {
                Slots::U8(start, length) => Out::U8(std::slice::from_raw_parts_mut(start.add(index * length), length)),
                Slots::U16(start, length) => Out::U16(std::slice::from_raw_parts_mut(start.add(index * length), length)),
                Slots::F32(start, length) => Out::F32(std::slice::from_raw_parts_mut(start.add(index * length), length)),
            }
        }
    }
}

/// What a batch's memory is borrowed from.
enum Memory {
    U8(Array<u8>),
    U16(Array<u16>),
    F32(Array<f32>),
}

impl Memory {
    /// The array, if it is of the recipe's type and has `shape`.
    fn borrow(array: &Bound<'_, PyAny>, recipe: &Recipe, shape: &[usize]) -> PyResult<Memory> {
        fn of<T: Sample>(object: &Bound<'_, PyAny>, shape: &[usize]) -> PyResult<Array<T>> {
            let array = Array::borrow_mut(object)?;
            match array.shape() == shape {
                true => Ok(array),
                false => Err(PyValueError::new_err(format!("the batch has the shape {:?} where {shape:?} is needed", array.shape()))),
            }
        }
        Ok(match recipe.pixels {
            Pixels::U8 => Memory::U8(of(array, shape)?),
            Pixels::U16 => Memory::U16(of(array, shape)?),
            Pixels::F32(_) => Memory::F32(of(array, shape)?),
        })
    }

    fn slots(&mut self, length: usize) -> Slots {
        match self {
            Memory::U8(array) => Slots::U8(array.as_mut_slice().as_mut_ptr(), length),
            Memory::U16(array) => Slots::U16(array.as_mut_slice().as_mut_ptr(), length),
            Memory::F32(array) => Slots::F32(array.as_mut_slice().as_mut_ptr(), length),
        }
    }
}

/// The samples of a batch and where they go.
struct Filling {
    sources: Vec<Source>,
    recipe: Recipe,
    random: Option<RandomCut>,
    /// Seed and epoch; the numbers of the samples.
    key: [u64; 2],
    numbers: Vec<u64>,
    slots: Slots,
    faults: Mutex<Vec<(usize, Fault)>>,
}

impl Filling {
    fn fill(&self, loader: &mut Loader, index: usize, out: Out) -> Result<(), Fault> {
        let data = self.sources[index].read(self.recipe.limits.max_memory).map_err(Fault::File)?;
        let cut = match &self.random {
            Some(random) => {
                let info = rushlight_image::info(&data).map_err(Fault::Image)?;
                let turn = if self.recipe.upright { Turn::of_exif(info.orientation) } else { Turn::default() };
                let (width, height) = turn.size(info.width, info.height);
                Some(random.cut(width, height, [self.key[0], self.key[1], self.numbers[index]]))
            }
            None => None,
        };
        loader.load(&data, &self.recipe, cut, out).map_err(Fault::Image)
    }

    fn failed(&self, index: usize, fault: Fault) {
        // SAFETY: only the thread that works on sample `index`, or has just failed to, comes here.
        unsafe { self.slots.slot(index) }.clear();
        self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((index, fault));
    }
}

impl Work for Filling {
    fn run(&self, loader: &mut Loader, index: usize) {
        // SAFETY: the memory has a slot for each source and is there as long as the ticket; the pool gives an index to one thread only.
        let out = unsafe { self.slots.slot(index) };
        if let Err(fault) = self.fill(loader, index, out) {
            self.failed(index, fault);
        }
    }

    fn panicked(&self, index: usize) {
        self.failed(index, Fault::Panic);
    }
}

/// A batch under way; dropping it stops the work on it.
#[pyclass(name = "Batch", module = "rushlight._C.image")]
struct PyBatch {
    // Goes first: nobody may work on the memory when that is given back.
    ticket: Ticket,
    filling: Arc<Filling>,
    _memory: Memory,
}

#[pymethods]
impl PyBatch {
    /// wait() -> [(index, exception), ...]: ends when all samples are there; the slots of those that failed are zero
    fn wait(&self, py: Python<'_>) -> PyResult<Vec<(usize, PyErr)>> {
        loop {
            match py.detach(|| self.ticket.wait(Some(Duration::from_millis(50)))) {
                State::Running => py.check_signals()?,
                State::Done => break,
                State::Cancelled => return Err(PyRuntimeError::new_err("the loader was closed, or belongs to another process: iterate it anew")),
            }
        }
        let mut faults = std::mem::take(&mut *self.filling.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        faults.sort_by_key(|(index, _)| *index);
        Ok(faults.into_iter().map(|(index, fault)| (index, fault.raise(py, self.filling.sources[index].name().as_deref()))).collect())
    }
}

/// Pool(threads): threads that load images
#[pyclass(name = "Pool", module = "rushlight._C.image")]
struct PyPool(Option<Pool>);

#[pymethods]
impl PyPool {
    #[new]
    fn new(threads: usize) -> PyResult<PyPool> {
        Ok(PyPool(Some(Pool::new(threads)?)))
    }

    /// submit(sources, recipe, out, random=None, key=(0, 0), numbers=()) -> Batch: fills `out[i]` with `sources[i]`
    #[pyo3(signature = (sources, recipe, out, random=None, key=[0, 0], numbers=vec![]))]
    fn submit(
        &self,
        sources: Vec<PySource<'_>>,
        recipe: &Bound<'_, PyRecipe>,
        out: &Bound<'_, PyAny>,
        random: Option<&Bound<'_, PyRandomCut>>,
        key: [u64; 2],
        numbers: Vec<u64>,
    ) -> PyResult<PyBatch> {
        let pool = self.0.as_ref().ok_or_else(|| PyValueError::new_err("the pool is closed"))?;
        let recipe = recipe.get().0.clone();
        let random = random.map(|random| random.get().0);
        let shape = dimensions(&recipe, shape(&recipe, random)?);
        if random.is_some() && numbers.len() != sources.len() {
            return Err(PyValueError::new_err(format!("{} numbers for {} sources", numbers.len(), sources.len())));
        }
        let mut memory = Memory::borrow(out, &recipe, &[&[sources.len()], &shape[..]].concat())?;
        let slots = memory.slots(shape.iter().product());
        let sources: Vec<Source> = sources.into_iter().map(own).collect();
        let count = sources.len();
        let filling = Arc::new(Filling { sources, recipe, random, key, numbers, slots, faults: Mutex::default() });
        Ok(PyBatch { ticket: pool.submit(count, filling.clone()), filling, _memory: memory })
    }

    /// close(): ends the threads, each after the sample it is at
    fn close(&mut self, py: Python<'_>) {
        let pool = self.0.take();
        py.detach(|| drop(pool));
    }

    /// How many threads there are.
    #[getter]
    fn threads(&self) -> usize {
        self.0.as_ref().map_or(0, Pool::threads)
    }
}

fn own(source: PySource<'_>) -> Source {
    match source {
        PySource::Member(archive, offset, size) => Source::Member(archive.get().file.clone(), offset, size),
        PySource::Input(input) => Source::Input(input),
    }
}

/// The shape of every sample.
fn shape(recipe: &Recipe, random: Option<RandomCut>) -> PyResult<Shape> {
    let varies = || PyValueError::new_err("the size of the samples depends on the images: give size as (h, w), or size and crop");
    match random {
        Some(random) => {
            let channels = recipe.mode.ok_or_else(varies)?.channels();
            Ok(Shape { height: random.size.0, width: random.size.1, channels })
        }
        None => recipe.fixed_shape().ok_or_else(varies),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyRandomCut>()?;
    m.add_class::<PyPool>()?;
    m.add_class::<PyBatch>()
}
