//! Where archives are read from: files and memory, in which one can move, and streams, which can only be read on.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

/// Bytes one after the other.
pub trait Source {
    /// Fills `buffer`, or as much of it as there are bytes.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Passes over `count` bytes; `false` if there are fewer.
    fn skip(&mut self, count: u64) -> io::Result<bool>;

    /// Whether there may be `end` bytes from the beginning.
    fn may_reach(&self, end: u64) -> bool;
}

/// A file or memory.
pub struct Seeking<R> {
    reader: BufReader<R>,
    position: u64,
    length: u64,
}

impl<R: Read + Seek> Seeking<R> {
    /// From the beginning of `reader`.
    pub fn new(mut reader: R) -> io::Result<Seeking<R>> {
        let length = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        // Between the contents of images there are seldom more than two headers.
        Ok(Seeking { reader: BufReader::with_capacity(2048, reader), position: 0, length })
    }
}

impl<R: Read + Seek> Source for Seeking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = read_fully(&mut self.reader, buffer)?;
        self.position += count as u64;
        Ok(count)
    }

    fn skip(&mut self, count: u64) -> io::Result<bool> {
        let end = self.position.saturating_add(count);
        if end > self.length {
            return Ok(false);
        }
        self.reader.seek_relative(count as i64)?;
        self.position = end;
        Ok(true)
    }

    fn may_reach(&self, end: u64) -> bool {
        end <= self.length
    }
}

/// A pipe, a socket, a decompressor.
pub struct Stream<R>(pub R);

impl<R: Read> Source for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_fully(&mut self.0, buffer)
    }

    fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        let mut scratch = vec![0; count.min(1 << 16) as usize];
        while count > 0 {
            let wanted = count.min(scratch.len() as u64) as usize;
            if self.read(&mut scratch[..wanted])? < wanted {
                return Ok(false);
            }
            count -= wanted as u64;
        }
        Ok(true)
    }

    fn may_reach(&self, _end: u64) -> bool {
        true
    }
}

fn read_fully(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Fills `buffer` from `offset` of a file, whose own position does not matter: several threads may read at once.
pub fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_some_at(file, buffer, offset) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the file ends before the member does")),
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
