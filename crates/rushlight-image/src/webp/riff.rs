//! Chunks of a RIFF file (RFC 9649, 2.3), and files of chunks.

/// Bytes before the first chunk.
const HEADER: usize = 12;

/// A chunk and what follows its header, whether or not there is as much as its size says.
pub struct Chunk<'a> {
    pub kind: [u8; 4],
    size: usize,
    pub tail: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The chunk that `data` begin with.
    pub fn first(data: &'a [u8]) -> Option<Chunk<'a>> {
        let (&[a, b, c, d, size @ ..], tail) = data.split_first_chunk::<8>()?;
        Some(Chunk { kind: [a, b, c, d], size: u32::from_le_bytes(size) as usize, tail })
    }

    /// Its content, unless it is cut.
    pub fn content(&self) -> Option<&'a [u8]> {
        self.tail.get(..self.size)
    }

    /// What follows it; chunks begin at even places.
    pub fn behind(&self) -> &'a [u8] {
        self.tail.get(self.size.saturating_add(self.size % 2)..).unwrap_or(&[])
    }
}

/// The chunks of a file, as data that [`Chunk::first`] reads.
pub fn body(file: &[u8]) -> &[u8] {
    file.get(HEADER..).unwrap_or(&[])
}

/// The chunks of a file one after the other.
pub fn chunks(file: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    std::iter::successors(Chunk::first(body(file)), |chunk| Chunk::first(chunk.behind()))
}

/// A file of the parts that make up its chunks.
pub fn file(parts: &[&[u8]]) -> Vec<u8> {
    let size: usize = b"WEBP".len() + parts.iter().map(|part| part.len()).sum::<usize>();
    [&[b"RIFF", &(size as u32).to_le_bytes()[..], b"WEBP"], parts].concat().concat()
}
