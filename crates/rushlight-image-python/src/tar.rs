//! Members of tar archives: `TarFile` for files on disk, `TarStream` for anything with `read`.

use crate::error::image_error;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use rushlight_image::tar::{self, Archive, Kind, Member, Seeking, Stream};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// `(name, size, start, contents)` of a regular file: where its first header and its contents begin.
type Row<'py> = (Bound<'py, PyString>, u64, u64, u64);

fn raise(py: Python<'_>, error: tar::Error, file: &str) -> PyErr {
    match error {
        tar::Error::Io(error) => match error.raw_os_error() {
            Some(code) => os_error(py, code, file),
            None => error.into(),
        },
        error => image_error(py).and_then(|class| class.call1((file, "TAR", error.to_string()))).map_or_else(|e| e, PyErr::from_value),
    }
}

/// As Python's own functions raise it: the subclass of the code, with message and file.
fn os_error(py: Python<'_>, code: i32, file: &str) -> PyErr {
    let message = py.import("os").and_then(|os| os.call_method1("strerror", (code,))).and_then(|text| text.extract::<String>());
    PyOSError::new_err((code, message.unwrap_or_default(), file.to_string()))
}

/// The name as Python decodes names of files.
fn name<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyString>> {
    PyBytes::new(py, bytes).call_method1("decode", ("utf-8", "surrogateescape"))?.cast_into().map_err(Into::into)
}

/// The next member that is a regular file.
fn next_file<S: tar::Source>(archive: &mut Archive<S>) -> tar::Result<Option<Member>> {
    loop {
        match archive.next()? {
            Some(member) if member.kind != Kind::File => {}
            found => return Ok(found),
        }
    }
}

fn row<'py>(py: Python<'py>, member: Option<Member>) -> PyResult<Option<Row<'py>>> {
    let row = |m: Member| Ok((name(py, &m.name)?, m.size, m.start, m.contents));
    member.map(row).transpose()
}

/// TarFile(path, start=0): the regular files of an archive on disk, from the header at `start` on
#[pyclass(module = "rushlight._C.image")]
pub struct TarFile {
    pub file: Arc<File>,
    archive: Archive<Seeking<File>>,
    path: String,
}

#[pymethods]
impl TarFile {
    #[new]
    #[pyo3(signature = (path, start=0))]
    fn new(py: Python<'_>, path: PathBuf, start: u64) -> PyResult<TarFile> {
        let name = path.display().to_string();
        let open = || -> tar::Result<_> { Ok((File::open(&path)?, Archive::at(Seeking::new(File::open(&path)?)?, start)?)) };
        let (file, archive) = py.detach(open).map_err(|e| raise(py, e, &name))?;
        Ok(TarFile { file: Arc::new(file), archive, path: name })
    }

    /// next() -> (name, size, start, contents) or None at the end
    fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Row<'py>>> {
        let member = py.detach(|| next_file(&mut self.archive)).map_err(|e| raise(py, e, &self.path))?;
        row(py, member)
    }

    /// read(contents, size) -> bytes: the contents of a member, wherever the reader stands
    fn read<'py>(&self, py: Python<'py>, contents: u64, size: u64) -> PyResult<Bound<'py, PyBytes>> {
        let mut failure = None;
        let bytes = PyBytes::new_with(py, size as usize, |bytes| {
            failure = py.detach(|| tar::read_at(&self.file, bytes, contents)).err();
            Ok(())
        })?;
        failure.map_or(Ok(bytes), |error| Err(raise(py, error.into(), &self.path)))
    }
}

/// A Python object with `read(size) -> bytes`.
struct Reader(Py<PyAny>);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let bytes = self.0.bind(py).call_method1("read", (buffer.len(),))?;
            let bytes = bytes.extract::<&[u8]>().map_err(PyErr::from)?;
            let count = bytes.len().min(buffer.len());
            buffer[..count].copy_from_slice(&bytes[..count]);
            Ok(count)
        })
        .map_err(|e: PyErr| io::Error::other(e))
    }
}

/// TarStream(reader, name, start=0): the regular files of an archive that can only be read on
#[pyclass(module = "rushlight._C.image")]
pub struct TarStream {
    archive: Archive<Stream<Reader>>,
    path: String,
}

#[pymethods]
impl TarStream {
    #[new]
    #[pyo3(signature = (reader, name, start=0))]
    fn new(py: Python<'_>, reader: Py<PyAny>, name: String, start: u64) -> PyResult<TarStream> {
        let archive = Archive::at(Stream(Reader(reader)), start).map_err(|e| raise(py, e, &name))?;
        Ok(TarStream { archive, path: name })
    }

    /// next() -> (name, size, start, contents) or None at the end
    fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Row<'py>>> {
        let member = next_file(&mut self.archive).map_err(|e| raise(py, e, &self.path))?;
        row(py, member)
    }

    /// read(limit) -> bytes: the contents of the member that next() gave
    fn read<'py>(&mut self, py: Python<'py>, limit: u64) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.archive.read(limit).map_err(|e| raise(py, e, &self.path))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<TarFile>()?;
    m.add_class::<TarStream>()
}
