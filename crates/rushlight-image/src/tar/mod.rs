//! Tar archives, read only: ustar (POSIX.1-2017, `pax`), GNU long names and large numbers, PAX paths and sizes. Nothing is ever extracted.
//!
//! [`Archive::next`] walks the headers of any [`Source`]; a member's contents are read when asked for, or passed over.

mod error;
mod header;
mod pax;
mod source;

pub use error::{Error, Result};
pub use source::{Seeking, Source, Stream, read_at};

use crate::ErrorKind;
use header::Header;

const BLOCK: u64 = 512;

/// Largest extension header (a long name, PAX records) that is read.
const MAX_EXTENSION: u64 = 1 << 20;

/// Extension headers in a row before a member; real writers use at most three.
const MAX_EXTENSIONS: usize = 16;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, a device or a pipe: it has no contents.
    Special,
    /// A type this reader does not know; its contents can be read.
    Unknown(u8),
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the archive, in whatever encoding it was written with.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of its contents.
    pub size: u64,
    /// Where its first header begins: [`Archive::at`] continues from here.
    pub start: u64,
    /// Where its contents begin.
    pub contents: u64,
}

/// The members of an archive, in order.
///
/// ```
/// use rushlight_image::tar::{Archive, Seeking};
/// let end = [0; 1024];
/// let mut archive = Archive::new(Seeking::new(std::io::Cursor::new(&end)).unwrap());
/// assert!(archive.next().unwrap().is_none());
/// ```
pub struct Archive<S> {
    source: S,
    position: u64,
    /// Bytes of the last member's contents not yet read, and with the padding up to its last block.
    unread: u64,
    padding: u64,
    ended: bool,
}

/// What extension headers say about the member after them.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    pax: pax::Records,
    count: usize,
}

impl<S: Source> Archive<S> {
    /// An archive that begins where `source` stands.
    pub fn new(source: S) -> Archive<S> {
        Archive { source, position: 0, unread: 0, padding: 0, ended: false }
    }

    /// The rest of an archive, from the [`Member::start`] of one of its members on; `source` stands at its beginning.
    pub fn at(source: S, start: u64) -> Result<Archive<S>> {
        let mut archive = Archive::new(source);
        archive.skip(start)?;
        Ok(archive)
    }

    /// The header of the next member, or `None` at the end. After an error there is nothing more.
    pub fn next(&mut self) -> Result<Option<Member>> {
        if self.ended {
            return Ok(None);
        }
        let member = self.read_member();
        self.ended = !matches!(member, Ok(Some(_)));
        member
    }

    fn read_member(&mut self) -> Result<Option<Member>> {
        self.skip(self.unread + self.padding)?;
        (self.unread, self.padding) = (0, 0);
        let start = self.position;
        let mut extensions = Extensions::default();
        loop {
            let at = self.position;
            let Some(block) = self.block()? else {
                return if extensions.count == 0 { Ok(None) } else { Err(self.fault(ErrorKind::Truncated, "a member is missing after its extension header")) };
            };
            if block.iter().all(|&b| b == 0) {
                return Ok(None);
            }
            let header = Header::parse(&block).map_err(|(kind, reason)| Error::new(kind, at, reason))?;
            if !self.extend(&header, &mut extensions)? {
                return self.member(header, extensions, start).map(Some);
            }
        }
    }

    /// Reads an extension header; `false` if this one is a member's own.
    fn extend(&mut self, header: &Header, extensions: &mut Extensions) -> Result<bool> {
        match header.kind {
            b'L' => extensions.name = Some(header::text(&self.extension(header)?).to_vec()),
            b'x' | b'X' => {
                let at = self.position;
                let records = self.extension(header)?;
                extensions.pax = pax::Records::parse(&records).map_err(|(kind, reason)| Error::new(kind, at, reason))?;
            }
            // The target of a link; records for all members, none of which is its path or size.
            b'K' | b'g' => drop(self.extension(header)?),
            b'S' => return Err(self.fault(ErrorKind::Unsupported, "sparse files are not read: archive them with tar's --hole-detection off")),
            _ => return Ok(false),
        }
        extensions.count += 1;
        if extensions.count > MAX_EXTENSIONS {
            return Err(self.fault(ErrorKind::Limit, format!("more than {MAX_EXTENSIONS} extension headers in a row")));
        }
        Ok(true)
    }

    fn extension(&mut self, header: &Header) -> Result<Vec<u8>> {
        if header.size > MAX_EXTENSION {
            return Err(self.fault(ErrorKind::Limit, format!("an extension header of {} bytes is over {MAX_EXTENSION}", header.size)));
        }
        let mut bytes = vec![0; header.size as usize];
        self.fill(&mut bytes)?;
        self.skip(padding(header.size))?;
        Ok(bytes)
    }

    fn member(&mut self, header: Header, extensions: Extensions, start: u64) -> Result<Member> {
        let name = extensions.pax.path.or(extensions.name).unwrap_or(header.name);
        let directory = name.ends_with(b"/");
        let kind = match header.kind {
            b'0' | 0 | b'7' if directory => Kind::Directory,
            b'0' | 0 | b'7' => Kind::File,
            b'5' => Kind::Directory,
            b'1'..=b'4' | b'6' => Kind::Special,
            other => Kind::Unknown(other),
        };
        let has_contents = matches!(kind, Kind::File | Kind::Unknown(_));
        let size = if has_contents { extensions.pax.size.unwrap_or(header.size) } else { 0 };
        let end = self.position.checked_add(size).and_then(|end| end.checked_add(padding(size)));
        if end.is_none_or(|end| !self.source.may_reach(end)) {
            return Err(self.fault(ErrorKind::Truncated, format!("the archive ends before the {size} bytes of a member do")));
        }
        (self.unread, self.padding) = (size, padding(size));
        Ok(Member { name, kind, size, start, contents: self.position })
    }

    /// The contents of the member that [`Archive::next`] gave last; an error if they are larger than `limit`.
    pub fn read(&mut self, limit: u64) -> Result<Vec<u8>> {
        if self.unread > limit {
            return Err(self.fault(ErrorKind::Limit, format!("a member of {} bytes is over the limit of {limit}", self.unread)));
        }
        let mut bytes = Vec::new();
        while self.unread > 0 {
            // Memory grows with what is really there, not with what a header says.
            let from = bytes.len();
            bytes.resize(from + self.unread.min((from as u64).max(1 << 16)) as usize, 0);
            self.fill(&mut bytes[from..])?;
            self.unread -= (bytes.len() - from) as u64;
        }
        Ok(bytes)
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK as usize]>> {
        let mut block = [0; BLOCK as usize];
        let count = self.source.read(&mut block)?;
        match count {
            0 => return Ok(None),
            512 => self.position += BLOCK,
            _ => return Err(self.fault(ErrorKind::Truncated, "the archive ends inside a header")),
        }
        Ok(Some(block))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        let count = self.source.read(bytes)?;
        self.position += count as u64;
        if count < bytes.len() {
            return Err(self.fault(ErrorKind::Truncated, "the archive ends inside a member"));
        }
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        if count > 0 && !self.source.skip(count)? {
            return Err(self.fault(ErrorKind::Truncated, "the archive ends inside a member"));
        }
        self.position += count;
        Ok(())
    }

    fn fault(&self, kind: ErrorKind, reason: impl Into<String>) -> Error {
        Error::new(kind, self.position, reason)
    }
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK
}

#[cfg(test)]
mod tests;
