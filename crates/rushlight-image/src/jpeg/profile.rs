//! The ICC profile in the APP2 markers (ICC.1, annex B.4).

use super::markers::Markers;
use crate::icc::LONGEST;

/// The parts of the profile in order; `None` when there is none or a part is missing.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    let mut markers = Markers::new(data).ok()?;
    let mut parts: Vec<(u8, u8, &[u8])> = Vec::new();
    loop {
        match markers.next_marker().ok()? {
            0xDA | 0xD9 => break,
            0x01 | 0xD0..=0xD8 => {}
            code => {
                let segment = markers.optional_segment().ok()?.unwrap_or(&[]);
                if let (0xE2, Some([number, count, part @ ..])) = (code, segment.strip_prefix(b"ICC_PROFILE\0")) {
                    parts.push((*number, *count, part));
                }
            }
        }
    }
    parts.sort_by_key(|part| part.0);
    let complete = parts.iter().enumerate().all(|(i, &(number, count, _))| number as usize == i + 1 && count as usize == parts.len());
    let length: usize = parts.iter().map(|part| part.2.len()).sum();
    (complete && !parts.is_empty() && length <= LONGEST).then(|| parts.iter().flat_map(|part| part.2).copied().collect())
}
