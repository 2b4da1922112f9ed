//! Archives made by hand, whole and broken.

use super::*;
use std::io::Cursor;

/// A ustar header with its checksum.
fn header(name: &[u8], size: &[u8], kind: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn member(name: &[u8], contents: &[u8], kind: u8) -> Vec<u8> {
    let mut bytes = header(name, format!("{:011o}", contents.len()).as_bytes(), kind);
    bytes.extend(contents);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn names(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut archive = Archive::new(Seeking::new(Cursor::new(bytes)).unwrap());
    let mut streamed = Archive::new(Stream(bytes));
    let mut found = vec![];
    loop {
        let (member, same) = (archive.next(), streamed.next());
        let Some(member) = member? else { return Ok(found) };
        assert_eq!(Some(&member), same?.as_ref());
        let contents = archive.read(1 << 20)?;
        assert_eq!(contents, streamed.read(1 << 20)?);
        assert_eq!(contents, bytes[member.contents as usize..][..member.size as usize]);
        found.push((String::from_utf8_lossy(&member.name).into_owned(), contents));
    }
}

fn fault(bytes: &[u8]) -> ErrorKind {
    match names(bytes) {
        Err(Error::Archive { kind, .. }) => kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn long_names_and_pax_records_are_for_the_next_member_only() {
    let long = [b'n'; 300];
    let bytes = [
        member(b"././@LongLink", &[&long[..], b"\0"].concat(), b'L'),
        member(b"short", b"1", b'0'),
        member(b"pax_global_header", b"18 comment=abcdefg\n", b'g'),
        member(b"PaxHeaders/x", b"12 path=a/b\n", b'x'),
        member(b"cut", b"22", b'0'),
        member(b"plain", b"", b'0'),
        vec![0; 1024],
    ]
    .concat();
    let found = names(&bytes).unwrap();
    assert_eq!(found[0], (String::from_utf8(long.to_vec()).unwrap(), b"1".to_vec()));
    assert_eq!(found[1], ("a/b".into(), b"22".to_vec()));
    assert_eq!(found[2], ("plain".into(), vec![]));
    assert_eq!(found.len(), 3);
}

#[test]
fn reading_continues_at_a_members_start() {
    let bytes = [member(b"a", b"1", b'0'), member(b"L", b"long\0", b'L'), member(b"b", b"2", b'0'), vec![0; 1024]].concat();
    let mut archive = Archive::at(Stream(&bytes[..]), 1024).unwrap();
    let member = archive.next().unwrap().unwrap();
    assert_eq!((&member.name[..], member.start), (&b"long"[..], 1024));
    assert!(archive.next().unwrap().is_none());
}

#[test]
fn sizes_in_base_256_and_in_pax_are_bounded_by_the_archive() {
    let huge = header(b"a", &[0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], b'0');
    assert_eq!(fault(&huge), ErrorKind::Truncated);
    let negative = header(b"a", &[0xFF; 12], b'0');
    assert_eq!(fault(&negative), ErrorKind::Malformed);
    let records = [member(b"x", b"28 size=9223372036854775807\n", b'x'), member(b"a", b"1", b'0')].concat();
    assert_eq!(fault(&records), ErrorKind::Truncated);
    let wide = header(b"L", b"77777777777", b'L');
    assert_eq!(fault(&wide), ErrorKind::Limit);
}

#[test]
fn a_stream_does_not_allocate_what_it_has_not_seen() {
    let bytes = [header(b"a", b"77777777777", b'0'), vec![1; 4096]].concat();
    let mut archive = Archive::new(Stream(&bytes[..]));
    assert_eq!(archive.next().unwrap().unwrap().size, 0o77777777777);
    assert!(matches!(archive.read(u64::MAX), Err(Error::Archive { kind: ErrorKind::Truncated, .. })));
}

#[test]
fn broken_archives_are_errors() {
    let whole = member(b"a", b"12345", b'0');
    assert_eq!(fault(&whole[..300]), ErrorKind::Truncated);
    assert_eq!(fault(&whole[..515]), ErrorKind::Truncated);
    assert_eq!(fault(&member(b"a", b"", b'S')), ErrorKind::Unsupported);
    assert_eq!(fault(&[member(b"x", b"25 GNU.sparse.realsize=10\n", b'x'), whole.clone()].concat()), ErrorKind::Malformed);
    assert_eq!(fault(&[member(b"x", b"26 GNU.sparse.realsize=10\n", b'x'), whole.clone()].concat()), ErrorKind::Unsupported);
    assert_eq!(fault(&member(b"x", b"9 path=a\n", b'x')), ErrorKind::Truncated);
    assert_eq!(fault(&member(b"L", b"a", b'L').repeat(40)), ErrorKind::Limit);
    let mut changed = whole.clone();
    changed[0] = b'b';
    assert_eq!(fault(&changed), ErrorKind::Malformed);
    assert_eq!(fault(&[0x42; 512]), ErrorKind::Malformed);
    let mut archive = Archive::new(Stream(&[0x42; 2048][..]));
    assert!(archive.next().is_err() && archive.next().unwrap().is_none());
}

/// Every byte of a small archive changed to a few values: an archive or an error, the same from memory and from a stream.
#[test]
fn no_change_of_a_byte_is_a_panic() {
    let bytes = [member(b"x", b"12 path=a/b\n", b'x'), member(b"a", b"123", b'0'), vec![0; 1024]].concat();
    for i in 0..bytes.len() {
        for value in [0, b'0', b'7', 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[i] = value;
            let mut archive = Archive::new(Stream(&changed[..]));
            while let Ok(Some(_)) = archive.next() {
                if archive.read(1 << 20).is_err() {
                    break;
                }
            }
        }
    }
}
