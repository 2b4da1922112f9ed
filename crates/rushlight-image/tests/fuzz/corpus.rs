//! Files to break, and files that are broken.

use crate::samples;
use rushlight_image::Format;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One or more valid files of each format, by name.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for (i, (format, file, ..)) in samples::files().into_iter().enumerate() {
        seeds.push((format!("{format} {i}"), file));
    }
    seeds.extend(samples::jpeg::ALL.iter().map(|sample| (format!("JPEG {}", sample.name), sample.bytes.to_vec())));
    seeds.extend(samples::avif::ALL.iter().map(|sample| (format!("AVIF {}", sample.name), sample.bytes.to_vec())));
    seeds
}

/// Where seeds are written: `target/tmp/seeds`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("seeds")
}

fn data() -> PathBuf {
    std::env::var("RUSHLIGHT_DATA").map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// The smaller files of the test data in all formats, for mutations; none without the data.
pub fn real() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&data().join("formats"), &mut files);
    collect(&data().join("exif"), &mut files);
    files.retain(|(_, file)| file.len() < 48 << 10 && Format::sniff(file).is_some());
    files
}

/// The malformed files of the test data, those in archives included; none without the data.
pub fn malformed() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&data().join("malformed"), &mut files);
    if files.is_empty() {
        eprintln!("skipped: needs ../shared/data");
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(content) = std::fs::read(&path) {
            let name = path.display().to_string();
            match name.ends_with(".tar.gz") {
                true => files.extend(members(&content).into_iter().map(|(member, content)| (format!("{name}/{member}"), content))),
                false => files.push((name, content)),
            }
        }
    }
}

/// The files in a compressed tar archive: headers of 512 bytes, contents in blocks of as many.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(archive).read_to_end(&mut tar).expect("the archive is whole");
    let (mut files, mut rest) = (Vec::new(), &tar[..]);
    while rest.len() > 512 && rest[0] != 0 {
        let text = |from: usize, length: usize| String::from_utf8_lossy(&rest[from..from + length]).trim_matches(['\0', ' ']).to_string();
        let size = usize::from_str_radix(&text(124, 12), 8).expect("a size in octal digits");
        if rest[156] == b'0' {
            files.push((text(0, 100), rest[512..512 + size].to_vec()));
        }
        rest = &rest[(512 + size.next_multiple_of(512)).min(rest.len())..];
    }
    files
}
