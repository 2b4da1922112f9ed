//! The entropy-coded segments of a scan: from restart marker to restart marker, with libjpeg's recovery from missing ones.

use super::bits::{Bits, Position, unstuff};
use super::fault;
use super::markers::Markers;
use crate::{ErrorKind, Result};

/// The segment being read.
pub struct Segments<'m, 'a> {
    markers: &'m mut Markers<'a>,
    bytes: &'m mut Vec<u8>,
    position: Position,
    /// The marker at `markers.position` that ended the segment; `None` when the data ended.
    end: Option<u8>,
    /// The segment had too few bits: what is left of it stays zero.
    exhausted: bool,
    until_restart: usize,
    next_restart: u8,
}

impl<'m, 'a> Segments<'m, 'a> {
    /// Begins behind a scan header; `bytes` is reused memory.
    pub fn new(markers: &'m mut Markers<'a>, bytes: &'m mut Vec<u8>) -> Segments<'m, 'a> {
        let until_restart = match markers.restart_interval {
            0 => usize::MAX,
            interval => interval,
        };
        let mut segments = Segments { markers, bytes, position: Position::default(), end: None, exhausted: false, until_restart, next_restart: 0 };
        segments.load();
        segments
    }

    fn load(&mut self) {
        let rest = self.markers.data.get(self.markers.position..).unwrap_or(&[]);
        let (length, end) = unstuff(rest, self.bytes);
        self.markers.position += length;
        self.end = end;
        self.position = Position::default();
    }

    /// How many of `wanted` units (at least one) come before the next restart marker, and whether one was just passed.
    pub fn begin_run(&mut self, wanted: usize) -> Result<(usize, bool)> {
        let restart = self.until_restart == 0;
        if restart {
            self.restart()?;
        }
        let run = wanted.min(self.until_restart);
        self.until_restart -= run;
        Ok((run, restart))
    }

    /// Whether nothing more can be read before the next restart marker.
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    pub fn bits(&self) -> Bits<'_> {
        Bits::resume(self.bytes, self.position)
    }

    /// Takes back the position of [`Segments::bits`]; running out of bits is an error only where the data end.
    pub fn save(&mut self, position: Position, overrun: bool) -> Result<()> {
        self.position = position;
        self.exhausted |= overrun;
        if overrun && self.end.is_none() {
            return Err(fault(ErrorKind::Truncated, "the data end within the image"));
        }
        Ok(())
    }

    /// An error unless a marker ends the scan.
    pub fn finish(self) -> Result<()> {
        match self.end {
            Some(_) => Ok(()),
            None => Err(fault(ErrorKind::Truncated, "the data end before the end-of-image marker")),
        }
    }

    /// Passes the restart marker that is due. Where another marker stands, decides as libjpeg's `jpeg_resync_to_restart`:
    /// a marker from the near future stays, so that the segment before it counts as empty; others are skipped.
    fn restart(&mut self) -> Result<()> {
        self.until_restart = self.markers.restart_interval;
        let due = self.next_restart;
        self.next_restart = (due + 1) & 7;
        loop {
            let before = self.markers.position;
            let code = self.markers.next_marker()?;
            let ahead = code.wrapping_sub(0xD0).wrapping_sub(due) & 7;
            match code {
                0xD0..=0xD7 if matches!(ahead, 6 | 7) => continue,
                0xD0..=0xD7 if !matches!(ahead, 1 | 2) => break,
                0x00..0xC0 => continue,
                _ => {
                    self.markers.position = before;
                    self.bytes.clear();
                    self.position = Position::default();
                    return Ok(());
                }
            }
        }
        self.exhausted = false;
        self.load();
        Ok(())
    }
}
