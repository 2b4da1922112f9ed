//! Searches among hashes against looking at all pairs, and what a hash is made of.

use rushlight_image::hash::{Algorithm, Failure, Hasher, Index, Pair, Request, fingerprint_files, group, pairs};
use rushlight_image::resize::View;
use rushlight_image::{Limits, Turn, orient};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545F4914F6CDD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound
    }

    /// Hashes of which many are near or equal to an earlier one, and many have most bits zero.
    fn hashes(&mut self, count: usize, flips: u64) -> Vec<u64> {
        let mut found: Vec<u64> = Vec::new();
        while found.len() < count {
            let new = match self.below(4) {
                0 if !found.is_empty() => {
                    let near = found[self.below(found.len() as u64) as usize];
                    (0..self.below(flips + 1)).fold(near, |hash, _| hash ^ 1 << self.below(64))
                }
                1 => self.next() & self.next() & self.next() & self.next(),
                _ => self.next(),
            };
            found.push(new);
        }
        found
    }
}

fn brute_force(hashes: &[u64], radius: u32) -> Vec<Pair> {
    let all = (0..hashes.len()).flat_map(|first| (first + 1..hashes.len()).map(move |second| (first, second)));
    let pair = |(first, second): (usize, usize)| Pair { first: first as u32, second: second as u32, distance: (hashes[first] ^ hashes[second]).count_ones() };
    all.map(pair).filter(|pair| pair.distance <= radius).collect()
}

#[test]
fn all_pairs_are_found_once() {
    let mut random = Random(1);
    for round in 0..24 {
        let count = [0, 1, 2, 300, 3000, 6000][round % 6];
        let radius = [0, 1, 2, 3, 5, 8, 12, 64][random.below(if count > 300 { 7 } else { 8 }) as usize];
        let hashes = random.hashes(count, u64::from(radius) + 2);
        assert!(pairs(&hashes, radius, 1 + round % 3, usize::MAX).unwrap() == brute_force(&hashes, radius), "{count} hashes within {radius}");
    }
}

#[test]
fn a_query_need_not_be_one_of_the_hashes() {
    let mut random = Random(2);
    let hashes = random.hashes(20_000, 6);
    for radius in [0, 1, 4, 5, 7] {
        let index = Index::new(&hashes, radius);
        for query in random.hashes(50, 0).into_iter().chain(hashes[..50].iter().map(|hash| hash ^ 9)) {
            let mut found = Vec::new();
            index.within(query, &mut |at, distance| found.push((at, distance)));
            found.sort_unstable();
            let expected = hashes.iter().map(|hash| (hash ^ query).count_ones()).enumerate().filter(|&(_, distance)| distance <= radius);
            assert!(found.into_iter().eq(expected), "radius {radius}");
        }
    }
}

#[test]
fn too_many_pairs_are_not_collected() {
    assert_eq!(pairs(&[7; 1000], 3, 2, 10_000), None);
    assert_eq!(pairs(&[7; 100], 3, 2, 4950).map(|found| found.len()), Some(4950));
    assert_eq!(pairs(&[7; 100_000], 3, 2, 1_000_000), None);
}

#[test]
fn groups_are_those_of_the_plain_rule() {
    let mut random = Random(3);
    for (count, radius, bits) in [(0, 3, 64), (1, 3, 64), (700, 0, 64), (3000, 5, 64), (6000, 9, 64), (5000, 2, 64), (4000, 3, 12), (3000, 4, 16)] {
        // Of few bits: so many near ones that their pairs are not listed.
        let hashes: Vec<u64> = random.hashes(count, u64::from(radius) + 1).into_iter().map(|hash| hash >> (64 - bits)).collect();
        let mut kept: Vec<usize> = Vec::new();
        for threads in [1, 3] {
            kept.clear();
            for (i, member) in group(&hashes, radius, threads).into_iter().enumerate() {
                let near = kept.iter().map(|&k| ((hashes[k] ^ hashes[i]).count_ones(), k)).filter(|&(distance, _)| distance <= radius);
                match near.min() {
                    Some((distance, k)) => assert_eq!((member.distance, member.kept), (distance, k)),
                    None => {
                        assert_eq!((member.distance, member.kept), (0, i));
                        kept.push(i);
                    }
                }
            }
        }
    }
}

/// Grey noise that is smooth enough to have a hash of its own.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let wave = |x: usize, y: usize| (x as f32 / 9.0).sin() + (y as f32 / 7.0 + x as f32 / 31.0).cos();
    (0..width * height).map(|i| (127.0 + 60.0 * wave(i % width, i / width)) as u8).collect()
}

#[test]
fn gray_in_three_channels_has_the_hash_of_gray() {
    let gray = picture(90, 70);
    let one = View { samples: &gray, width: 90, height: 70, channels: 1, stride: 90 };
    for channels in [3, 4] {
        let many: Vec<u8> = gray.iter().flat_map(|&v| [v, v, v, 9].into_iter().take(channels)).collect();
        let view = View { samples: &many, width: 90, height: 70, channels, stride: 90 * channels };
        for algorithm in [Algorithm::Difference, Algorithm::Cosine] {
            assert_eq!(Hasher::new().hash(view, algorithm), Hasher::new().hash(one, algorithm));
        }
    }
    assert!(Hasher::new().hash(View { channels: 2, width: 45, ..one }, Algorithm::Cosine).is_err());
    assert!(Hasher::new().hash(View { height: 71, ..one }, Algorithm::Cosine).is_err());
}

#[test]
fn one_colour_has_no_differences() {
    let flat = View { samples: &[200; 50 * 40], width: 50, height: 40, channels: 1, stride: 50 };
    assert_eq!(Hasher::new().hash(flat, Algorithm::Difference), Ok(0));
    assert_eq!(Hasher::new().hash(flat, Algorithm::Cosine), Ok(1 << 63));
}

#[test]
fn encoded_images_have_the_hash_of_their_pixels() {
    let gray = picture(60, 50);
    let mut file = b"P5 60 50 255\n".to_vec();
    file.extend(&gray);
    let view = View { samples: &gray, width: 60, height: 50, channels: 1, stride: 60 };
    for algorithm in [Algorithm::Difference, Algorithm::Cosine] {
        let mut hasher = Hasher::new();
        let (info, hash) = hasher.hash_encoded(&file, algorithm, true, &Limits::default()).unwrap();
        assert_eq!((info.width, info.height), (60, 50));
        assert_eq!(Ok(hash), hasher.hash(view, algorithm));
    }
    let mut turned = vec![0; 60 * 50];
    orient(&gray, 60, 50, 1, Turn::of_exif(6), &mut turned, 50).unwrap();
    let upright = View { samples: &turned, width: 50, height: 60, channels: 1, stride: 50 };
    assert_ne!(Hasher::new().hash(upright, Algorithm::Difference), Hasher::new().hash(view, Algorithm::Difference));
}

#[test]
fn bad_files_do_not_stop_the_others() {
    let folder = std::env::temp_dir().join(format!("rushlight-hash-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("directory")).unwrap();
    let write = |name: &str, content: &[u8]| std::fs::write(folder.join(name), content).unwrap();
    write("a.pgm", b"P5 2 1 255\nab");
    write("b.jpg", b"P5 2 1 255\nab");
    write("text.png", b"hello");
    write("short.pgm", b"P5 9 9 255\nab");
    let names = ["a.pgm", "text.png", "b.jpg", "directory", "short.pgm", "missing.png"];
    let paths = names.map(|name| folder.join(name));
    let request = Request { content: true, algorithm: Some(Algorithm::Difference), upright: true, limits: Limits::default() };
    let found = fingerprint_files(&paths, &request, 4);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false, false, false]);
    assert_eq!(found[0].as_ref().unwrap(), found[2].as_ref().unwrap());
    assert!(matches!(&found[1], Err(Failure::Image(error)) if error.format.is_none()));
    assert!(matches!(&found[5], Err(Failure::File(error)) if error.kind() == std::io::ErrorKind::NotFound));
}
