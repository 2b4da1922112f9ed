//! Broken files: an error or an image within limits of memory and time, and never the end of the process.
//!
//! `RUSHLIGHT_FUZZ_SECONDS` sets how long random mutations are tried (2 by default), `RUSHLIGHT_DATA` where the test data are.

mod corpus;
mod memory;
mod mutate;
mod others;
#[path = "../samples/mod.rs"]
mod samples;

use rushlight_image::{ErrorKind, Format, Limits, Mode, decode, decode_into, icc, info, jpeg};
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits { max_pixels: 1 << 22, max_memory: 64 << 20 };
/// What a decoder may use besides, such as the tables of AV1 and the windows of inflate.
const BESIDES: usize = 48 << 20;
const LONGEST: Duration = Duration::from_secs(20);

/// Decodes in every way; panics if a limit is broken.
fn check(name: &str, data: &[u8]) {
    let start = Instant::now();
    let used = memory::most_during(|| {
        if let Ok(info) = info(data) {
            assert!(info.width > 0 && info.height > 0, "{name}: an image without pixels");
            if let Ok(image) = decode(data, &LIMITS) {
                assert_eq!((image.width, image.height, image.mode), (info.width, info.height, info.mode), "{name}: not what the header says");
            }
            if info.width * info.height <= 1 << 18 {
                let mut pixels = vec![0; 3 * info.width * info.height];
                let _ = decode_into(&mut jpeg::Decoder::new(), data, Mode::Rgb, &LIMITS, &mut pixels, 3 * info.width);
            }
        }
        if let Some(profile) = icc::profile(data) {
            let _ = icc::to_srgb(&mut [7; 12], Mode::Rgb, &profile);
        }
    });
    assert!(used <= 2 * LIMITS.max_memory as usize + BESIDES, "{name}: {used} bytes of memory");
    assert!(start.elapsed() < LONGEST, "{name}: {:?}", start.elapsed());
}

#[test]
fn files_cut_at_every_64th_byte() {
    for (name, file) in corpus::seeds() {
        for length in (0..file.len()).step_by(64) {
            check(&format!("{name} cut to {length}"), &file[..length]);
        }
    }
}

#[test]
fn files_that_declare_huge_sizes() {
    for (name, file) in corpus::seeds() {
        for at in 0..file.len().min(256) {
            for wide in [2, 4] {
                let mut broken = file.clone();
                broken[at..].iter_mut().take(wide).for_each(|byte| *byte = 0x7F);
                check(&format!("{name} with {wide} large bytes at {at}"), &broken);
            }
        }
    }
}

/// Mutates seeds for as long as is asked for, and checks each.
fn try_mutations<Name: std::fmt::Display>(seeds: &[(Name, Vec<u8>)], check: impl Fn(&str, &[u8])) {
    let seconds = std::env::var("RUSHLIGHT_FUZZ_SECONDS").map_or(2.0, |s| s.parse().expect("RUSHLIGHT_FUZZ_SECONDS is a number"));
    let start = Instant::now();
    let mut random = mutate::Random::new(std::env::var("RUSHLIGHT_FUZZ_SEED").map_or(1, |s| s.parse().expect("RUSHLIGHT_FUZZ_SEED is a number")));
    let mut count = 0u64;
    while start.elapsed().as_secs_f64() < seconds {
        let (name, file) = &seeds[random.below(seeds.len())];
        let state = random.state();
        let broken = mutate::mutate(file, &seeds[random.below(seeds.len())].1, &mut random);
        if std::env::var("RUSHLIGHT_FUZZ_KEEP").is_ok() {
            // What ends the process can be found in this file.
            std::fs::write(corpus::folder().join("last"), &broken).expect("the folder of the tests is writable");
        }
        check(&format!("{name} mutated from state {state}"), &broken);
        count += 1;
    }
    println!("{count} mutations of {} files", seeds.len());
}

#[test]
fn random_mutations() {
    let mut seeds = corpus::seeds();
    seeds.extend(corpus::real());
    try_mutations(&seeds, check);
}

#[test]
fn random_mutations_of_archives_and_metadata() {
    let seeds = others::seeds();
    seeds.iter().for_each(|(_, seed)| (0..seed.len()).step_by(7).for_each(|length| others::read(&seed[..length])));
    try_mutations(&seeds, |name, data| {
        let start = Instant::now();
        let used = memory::most_during(|| others::read(data));
        assert!(used <= BESIDES, "{name}: {used} bytes of memory");
        assert!(start.elapsed() < LONGEST, "{name}: {:?}", start.elapsed());
    });
}

#[test]
fn malformed_files_that_others_died_of() {
    for (name, file) in corpus::malformed() {
        check(&name, &file);
    }
}

#[test]
fn ten_thousand_failures_leave_no_memory_behind() {
    for (name, file) in corpus::seeds() {
        let half = &file[..file.len() / 2];
        let fail = |times: usize| (0..times).filter(|_| decode(half, &LIMITS).is_err()).count();
        fail(20);
        let before = memory::now();
        let failed = fail(1000);
        assert!(failed == 1000 || Format::sniff(half) == Some(Format::Tiff), "{name}: half of it was decoded");
        assert!(memory::now() <= before + 4096, "{name}: {} bytes more after 1000 failures", memory::now() - before);
    }
}

#[test]
fn seeds_are_valid_and_written_for_the_fuzz_targets() {
    for (name, file) in corpus::seeds() {
        decode(&file, &LIMITS).unwrap_or_else(|error| panic!("{name}: {error}"));
        let format = Format::sniff(&file).map_or_else(String::new, |format| format.name().to_lowercase());
        let folder = corpus::folder().join(format);
        std::fs::create_dir_all(&folder).expect("the folder of the tests is writable");
        std::fs::write(folder.join(name.replace(' ', "_")), &file).expect("the folder of the tests is writable");
    }
    for (i, (name, data)) in others::seeds().into_iter().enumerate() {
        let folder = corpus::folder().join(name);
        std::fs::create_dir_all(&folder).expect("the folder of the tests is writable");
        std::fs::write(folder.join(i.to_string()), &data).expect("the folder of the tests is writable");
    }
}

#[test]
fn content_decides_and_not_the_name() {
    assert_eq!(decode(b"", &LIMITS).unwrap_err().kind, ErrorKind::Unknown);
    assert_eq!(decode(b"\xFF\xD8\xFFnothing", &LIMITS).unwrap_err().format, Some(Format::Jpeg));
}
