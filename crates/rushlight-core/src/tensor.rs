//! The tensor: a cheap handle on shared storage, a layout, a dtype and, where needed, its place in the graph.

use crate::autograd::Autograd;
use crate::layout::{Dims, Layout, MemoryFormat, Strides, checked_numel};
use crate::scalar::Scalar;
use crate::storage::{Storage, shared};
use crate::{Result, bail};
use rushlight_kernels::DType;
use rushlight_kernels::elementwise::cast::Cast;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Where the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// Main memory.
    Cpu,
    /// Nowhere: shapes and dtypes only.
    Meta,
}

/// How a view came about, which decides whether it may be changed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An ordinary view.
    Plain,
    /// Made while gradients were off, of a tensor that requires them.
    NoGrad,
    /// One of several views made by one call (`unbind`, `split`, `chunk`).
    Several,
    /// A view of another element type (`view_as_real`), which cannot be replayed by strides.
    OtherType,
}

/// A strided array of one dtype. Cloning makes another handle on the same tensor.
#[derive(Clone)]
pub struct Tensor(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub storage: Arc<Storage>,
    pub layout: Layout,
    pub dtype: DType,
    pub device: Device,
    /// A Python number made into a tensor: it takes part in promotion by category only.
    pub wrapped: bool,
    /// Made in inference mode: never recorded.
    pub inference: bool,
    pub origin: Origin,
    /// The tensor this one is a view of, never itself a view.
    pub base: Option<Tensor>,
    /// Its own count of changes, where it does not share the storage's (`.data`).
    pub version: Option<Arc<AtomicU64>>,
    pub autograd: OnceLock<Arc<Autograd>>,
    /// A slot for the binding: the object that wraps this tensor.
    pub object: AtomicPtr<()>,
}

impl Tensor {
    pub(crate) fn from_parts(storage: Arc<Storage>, layout: Layout, dtype: DType, device: Device) -> Tensor {
        Tensor(shared(|| Inner {
            storage,
            layout,
            dtype,
            device,
            wrapped: false,
            inference: crate::autograd::inference_mode(),
            origin: Origin::Plain,
            base: None,
            version: None,
            autograd: OnceLock::new(),
            object: AtomicPtr::new(std::ptr::null_mut()),
        }))
    }

    /// A tensor over given storage; refuses layouts that reach beyond it.
    pub fn from_storage(storage: Arc<Storage>, layout: Layout, dtype: DType) -> Result<Tensor> {
        checked_numel(&layout.shape)?;
        if let Some((_, end)) = layout.span()
            && end.checked_mul(dtype.size()).is_none_or(|bytes| bytes > storage.bytes())
        {
            bail!(
                Runtime,
                "setStorage: sizes {:?}, strides {:?}, storage offset {} and dtype {} reach beyond the storage of {} bytes",
                layout.shape.as_slice(),
                layout.strides.as_slice(),
                layout.offset,
                dtype.name(),
                storage.bytes()
            );
        }
        Ok(Tensor::from_parts(storage, layout, dtype, Device::Cpu))
    }

    /// Uninitialised elements with the given layout.
    pub fn empty_layout(layout: Layout, dtype: DType, device: Device) -> Result<Tensor> {
        let n = checked_numel(&layout.shape)?;
        let bytes = if device == Device::Meta { 0 } else { n.saturating_mul(dtype.size()) };
        Ok(Tensor::from_parts(Storage::new(bytes)?, layout, dtype, device))
    }

    /// Uninitialised elements, row-major.
    pub fn empty(shape: &[usize], dtype: DType) -> Result<Tensor> {
        Tensor::empty_layout(Layout::contiguous(shape), dtype, Device::Cpu)
    }

    /// Uninitialised elements on a device and in a memory format.
    pub fn empty_on(shape: &[usize], dtype: DType, device: Device, format: MemoryFormat) -> Result<Tensor> {
        Tensor::empty_layout(Layout::with_format(shape, format), dtype, device)
    }

    /// Zeros.
    pub fn zeros(shape: &[usize], dtype: DType, device: Device) -> Result<Tensor> {
        let n = checked_numel(shape)?;
        let bytes = if device == Device::Meta { 0 } else { n.saturating_mul(dtype.size()) };
        Ok(Tensor::from_parts(Storage::zeroed(bytes)?, Layout::contiguous(shape), dtype, device))
    }

    /// One value everywhere.
    pub fn full(shape: &[usize], value: Scalar, dtype: DType, device: Device) -> Result<Tensor> {
        let out = Tensor::empty_on(shape, dtype, device, MemoryFormat::Contiguous)?;
        crate::ops::copy::fill(&out, value)?;
        Ok(out)
    }

    /// A 0-d tensor.
    pub fn scalar(value: Scalar, dtype: DType) -> Result<Tensor> {
        Tensor::full(&[], value, dtype, Device::Cpu)
    }

    /// A 0-d tensor that takes part in promotion like a Python number.
    pub fn wrapped(value: Scalar) -> Result<Tensor> {
        let dtype = match value {
            Scalar::Float(_) => DType::F64,
            Scalar::Complex(..) => DType::C128,
            other => other.dtype(DType::F64),
        };
        Ok(Tensor::scalar(value, dtype)?.modified(|inner| inner.wrapped = true))
    }

    /// Copies a slice.
    ///
    /// ```
    /// use rushlight_core::Tensor;
    /// let x = Tensor::of(&[1f32, 2.0, 3.0], &[3])?;
    /// assert_eq!(x.mul(2.0)?.to_vec::<f32>()?, [2.0, 4.0, 6.0]);
    /// # Ok::<(), rushlight_core::Error>(())
    /// ```
    pub fn of<T: Cast>(values: &[T], shape: &[usize]) -> Result<Tensor> {
        if checked_numel(shape)? != values.len() {
            bail!(Runtime, "shape {shape:?} does not hold {} values", values.len());
        }
        let out = Tensor::empty(shape, T::DTYPE)?;
        crate::iter::slice_mut::<T>(&out)?.copy_from_slice(values);
        Ok(out)
    }

    /// Its elements in row-major order.
    pub fn to_vec<T: Cast>(&self) -> Result<Vec<T>> {
        let x = crate::ops::copy::to_dtype(&self.detach()?, T::DTYPE)?.contiguous()?;
        Ok(crate::iter::slice::<T>(&x)?.to_vec())
    }

    /// Changes a fresh handle before anyone else holds it.
    pub(crate) fn modified(mut self, change: impl FnOnce(&mut Inner)) -> Tensor {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    /// Another tensor over the same storage, outside the graph.
    pub fn alias(&self, layout: Layout) -> Tensor {
        self.alias_as(layout, self.0.dtype)
    }

    pub(crate) fn alias_as(&self, layout: Layout, dtype: DType) -> Tensor {
        let version = self.0.version.clone();
        let out = Tensor::from_parts(self.0.storage.clone(), layout, dtype, self.0.device);
        if version.is_some() { out.modified(|inner| inner.version = version) } else { out }
    }

    /// The same elements with a count of changes of its own: what `.data` gives.
    pub fn untracked(&self) -> Tensor {
        let out = Tensor::from_parts(self.0.storage.clone(), self.0.layout.clone(), self.0.dtype, self.0.device);
        out.modified(|inner| inner.version = Some(Arc::new(AtomicU64::new(0))))
    }

    /// The same elements in the place of `self`: it keeps its position in the graph, gradient and hooks.
    pub fn with_data(&self, data: &Tensor) -> Tensor {
        let autograd = self.autograd().clone();
        autograd.moved();
        let out = Tensor::from_parts(data.0.storage.clone(), data.0.layout.clone(), data.0.dtype, data.0.device);
        out.modified(|inner| {
            inner.version = data.0.version.clone();
            inner.inference = false;
            let _ = inner.autograd.set(autograd);
        })
    }

    /// Sizes.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.0.layout.shape
    }

    /// Distances between neighbours, in elements.
    #[inline]
    pub fn strides(&self) -> &[isize] {
        &self.0.layout.strides
    }

    /// Shape, strides and offset.
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// Element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Where it lives.
    #[inline]
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Whether it has shape and dtype only.
    #[inline]
    pub fn is_meta(&self) -> bool {
        self.0.device == Device::Meta
    }

    /// Number of dimensions.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.0.layout.shape.len()
    }

    /// Number of elements.
    #[inline]
    pub fn numel(&self) -> usize {
        self.0.layout.numel()
    }

    /// Row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.0.layout.is_contiguous()
    }

    /// A Python number made into a tensor.
    pub fn is_wrapped(&self) -> bool {
        self.0.wrapped
    }

    /// Made in inference mode.
    pub fn is_inference(&self) -> bool {
        self.0.inference
    }

    /// The shared memory.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.0.storage
    }

    /// Number of in-place changes so far.
    #[inline]
    pub fn version(&self) -> u64 {
        match &self.0.version {
            Some(own) => own.load(Ordering::Relaxed),
            None => self.0.storage.version(),
        }
    }

    /// Counts one in-place change.
    pub fn bump_version(&self) {
        match &self.0.version {
            Some(own) => drop(own.fetch_add(1, Ordering::Relaxed)),
            None => self.0.storage.bump(),
        }
    }

    /// The tensor this one is a view of.
    pub fn base(&self) -> Option<&Tensor> {
        self.0.base.as_ref()
    }

    /// Two handles on one tensor.
    #[inline]
    pub fn is(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many handles there are; one means that nobody else can see its elements through it.
    pub fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Whether nobody else can see its elements: through no other handle, and no other tensor than a base that only it
    /// holds.
    pub fn is_private(&self) -> bool {
        let own_base = self.base().is_some_and(|base| base.handles() == 1);
        self.handles() == 1 && Arc::strong_count(&self.0.storage) == 1 + usize::from(own_base)
    }

    /// The slot of the binding.
    pub fn object(&self) -> &AtomicPtr<()> {
        &self.0.object
    }

    /// The value of a one-element tensor.
    pub fn item(&self) -> Result<Scalar> {
        if self.is_meta() {
            bail!(Runtime, "Tensor.item() cannot be called on meta tensors: they have no data");
        }
        if self.numel() != 1 {
            bail!(Runtime, "a Tensor with {} elements cannot be converted to Scalar: index it first or use tolist()", self.numel());
        }
        rushlight_kernels::match_dtype!(self.dtype(), T => Ok(Scalar::of(crate::iter::first::<T>(self))))
    }

    /// Sizes and strides as owned lists.
    pub fn geometry(&self) -> (Dims, Strides) {
        (self.0.layout.shape.clone(), self.0.layout.strides.clone())
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Tensor({} {:?})", self.dtype().name(), self.shape())
    }
}

static PROCESS_DEFAULT: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(DType::F32 as u8);

/// The floating type of tensors made from Python floats.
pub fn default_dtype() -> DType {
    let code = PROCESS_DEFAULT.load(Ordering::Relaxed);
    DType::ALL.into_iter().find(|&d| d as u8 == code).unwrap_or(DType::F32)
}

/// Sets the default floating type for the process.
pub fn set_default_dtype(dtype: DType) -> Result<()> {
    if !dtype.is_float() {
        bail!(Type, "only floating-point types are supported as the default type, not {}", dtype.name());
    }
    PROCESS_DEFAULT.store(dtype as u8, Ordering::Relaxed);
    Ok(())
}
