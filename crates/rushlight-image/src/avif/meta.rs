//! The items of a `meta` box: what they are, where their data are, and their properties (ISO/IEC 14496-12, 8.11; HEIF, 9.3).

use super::boxes::{self, Box, Reader};
use super::{fault, malformed};
use crate::{ErrorKind, Result};
use std::borrow::Cow;

/// Items, references and property associations of a file; cameras write some tens.
const MOST: u64 = 1 << 14;

/// One item.
#[derive(Default)]
pub struct Item {
    pub id: u32,
    pub kind: [u8; 4],
    /// Whether the extents are in the `idat` box instead of the file.
    in_box: bool,
    extents: Vec<(u64, u64)>,
    /// Numbers of its properties, from 1.
    properties: Vec<usize>,
}

/// A reference of one item to others.
pub struct Reference {
    pub kind: [u8; 4],
    pub from: u32,
    pub to: Vec<u32>,
}

/// All that a `meta` box says.
pub struct Meta<'a> {
    file: &'a [u8],
    idat: &'a [u8],
    pub primary: u32,
    pub items: Vec<Item>,
    pub references: Vec<Reference>,
    properties: Vec<Box<'a>>,
}

fn bounded(count: u64) -> Result<u64> {
    if count <= MOST { Ok(count) } else { Err(fault(ErrorKind::Limit, format!("a list of {count} entries is longer than {MOST}"))) }
}

impl<'a> Meta<'a> {
    /// Reads the content of a `meta` box of `file`.
    pub fn parse(file: &'a [u8], content: &'a [u8]) -> Result<Meta<'a>> {
        let mut reader = Reader::new(content);
        reader.version()?;
        let inner = boxes::list(reader.rest())?;
        let idat = boxes::find(&inner, b"idat").unwrap_or(&[]);
        let mut meta = Meta { file, idat, primary: 0, items: Vec::new(), references: Vec::new(), properties: Vec::new() };
        let mut reader = Reader::new(boxes::require(&inner, b"pitm")?);
        meta.primary = if reader.version()?.0 == 0 { reader.u16()? as u32 } else { reader.u32()? };
        meta.read_kinds(boxes::require(&inner, b"iinf")?)?;
        meta.read_places(boxes::require(&inner, b"iloc")?)?;
        if let Some(references) = boxes::find(&inner, b"iref") {
            meta.read_references(references)?;
        }
        let properties = boxes::list(boxes::require(&inner, b"iprp")?)?;
        meta.properties = boxes::list(boxes::require(&properties, b"ipco")?)?;
        let associations: Vec<&[u8]> = properties.iter().filter(|b| b.kind == *b"ipma").map(|b| b.content).collect();
        for (i, content) in associations.iter().enumerate() {
            if associations[..i].iter().any(|other| other.get(..4) == content.get(..4)) {
                return Err(malformed("two property associations of the same version and flags"));
            }
            meta.read_associations(content)?;
        }
        Ok(meta)
    }

    fn read_kinds(&mut self, content: &[u8]) -> Result<()> {
        let mut reader = Reader::new(content);
        let count = if reader.version()?.0 == 0 { reader.u16()? as u64 } else { reader.u32()? as u64 };
        bounded(count)?;
        for entry in boxes::list(reader.rest())?.iter().filter(|b| b.kind == *b"infe") {
            let mut reader = Reader::new(entry.content);
            let id = match reader.version()?.0 {
                2 => reader.u16()? as u32,
                3 => reader.u32()?,
                _ => continue,
            };
            reader.u16()?;
            if self.item(id).is_some() {
                return Err(malformed(format!("item {id} is declared twice")));
            }
            self.items.push(Item { id, kind: reader.kind()?, ..Item::default() });
        }
        Ok(())
    }

    fn read_places(&mut self, content: &[u8]) -> Result<()> {
        let mut reader = Reader::new(content);
        let (version, _) = reader.version()?;
        let (sizes, more) = (reader.u8()?, reader.u8()?);
        let (offset_size, length_size, base_size) = ((sizes >> 4) as usize, (sizes & 15) as usize, (more >> 4) as usize);
        let index_size = if version == 0 { 0 } else { (more & 15) as usize };
        if [offset_size, length_size, base_size, index_size].iter().any(|size| ![0, 4, 8].contains(size)) {
            return Err(malformed("the places of items have numbers of another size than 0, 4 or 8 bytes"));
        }
        let count = if version < 2 { reader.u16()? as u64 } else { reader.u32()? as u64 };
        for _ in 0..bounded(count)? {
            let id = if version < 2 { reader.u16()? as u32 } else { reader.u32()? };
            let method = if version == 0 { 0 } else { reader.u16()? & 15 };
            reader.u16()?;
            let base = reader.number(base_size)?;
            let mut extents = Vec::new();
            for _ in 0..bounded(reader.u16()? as u64)? {
                reader.number(index_size)?;
                let offset = base.checked_add(reader.number(offset_size)?).ok_or_else(|| malformed("an item begins beyond any file"))?;
                extents.push((offset, reader.number(length_size)?));
            }
            if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
                (item.in_box, item.extents) = (method == 1, if method > 1 { Vec::new() } else { extents });
            }
        }
        Ok(())
    }

    fn read_references(&mut self, content: &[u8]) -> Result<()> {
        let mut reader = Reader::new(content);
        let size = if reader.version()?.0 == 0 { 2 } else { 4 };
        for reference in boxes::list(reader.rest())? {
            let mut reader = Reader::new(reference.content);
            let from = reader.number(size)? as u32;
            let count = bounded(reader.u16()? as u64)?;
            let to = (0..count).map(|_| Ok(reader.number(size)? as u32)).collect::<Result<_>>()?;
            self.references.push(Reference { kind: reference.kind, from, to });
        }
        Ok(())
    }

    fn read_associations(&mut self, content: &[u8]) -> Result<()> {
        let mut reader = Reader::new(content);
        let (version, flags) = reader.version()?;
        for _ in 0..bounded(reader.u32()? as u64)? {
            let id = if version == 0 { reader.u16()? as u32 } else { reader.u32()? };
            let count = reader.u8()?;
            let number = |reader: &mut Reader| Ok(if flags & 1 == 0 { (reader.u8()? & 0x7F) as usize } else { (reader.u16()? & 0x7FFF) as usize });
            let numbers = (0..count).map(|_| number(&mut reader)).collect::<Result<Vec<usize>>>()?;
            if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
                item.properties.extend(numbers);
            }
        }
        Ok(())
    }

    pub fn item(&self, id: u32) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// The properties of an item.
    pub fn properties(&self, item: &Item) -> Vec<Box<'a>> {
        item.properties.iter().filter_map(|&number| self.properties.get(number.checked_sub(1)?).copied()).collect()
    }

    /// The items that `from` refers to by references of a kind.
    pub fn referred(&self, kind: &[u8; 4], from: u32) -> Vec<u32> {
        self.references.iter().filter(|r| r.kind == *kind && r.from == from).flat_map(|r| r.to.iter().copied()).collect()
    }

    /// The data of an item.
    pub fn data(&self, item: &Item) -> Result<Cow<'a, [u8]>> {
        let source = if item.in_box { self.idat } else { self.file };
        let part = |&(offset, length): &(u64, u64)| {
            let start = usize::try_from(offset).ok().filter(|&start| start <= source.len())?;
            let length = if length == 0 { source.len() - start } else { usize::try_from(length).ok()? };
            source.get(start..start.checked_add(length)?)
        };
        let parts: Option<Vec<&[u8]>> = item.extents.iter().map(part).collect();
        let parts = parts.ok_or_else(|| fault(ErrorKind::Truncated, format!("the data of item {} end behind the file", item.id)))?;
        match parts[..] {
            [] => Err(malformed(format!("item {} has no data", item.id))),
            [one] => Ok(Cow::Borrowed(one)),
            _ if parts.iter().map(|p| p.len()).sum::<usize>() > source.len() => Err(malformed(format!("the data of item {} overlap", item.id))),
            _ => Ok(Cow::Owned(parts.concat())),
        }
    }
}
