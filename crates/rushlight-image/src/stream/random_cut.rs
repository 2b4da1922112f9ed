//! Random crops that depend on nothing but the seed, the epoch and the sample's number.

use crate::{Cut, Region};

/// Inception-style cropping: torchvision's `RandomResizedCrop`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Bounds of the part of the area.
    pub scale: (f64, f64),
    /// Bounds of width divided by height.
    pub ratio: (f64, f64),
}

/// How each image is cut, resized and mirrored.
///
/// ```
/// use rushlight_image::stream::{Area, RandomCut};
/// let area = Area { scale: (0.08, 1.0), ratio: (0.75, 4.0 / 3.0) };
/// let random = RandomCut { size: (224, 224), area: Some(area), mirror: 0.5 };
/// let cut = random.cut(640, 480, [0, 1, 2]);
/// assert_eq!(cut, random.cut(640, 480, [0, 1, 2]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomCut {
    /// Rows and columns of the result.
    pub size: (usize, usize),
    /// Which part is cut; the whole image when `None`.
    pub area: Option<Area>,
    /// How probable it is that the image is mirrored.
    pub mirror: f64,
}

impl RandomCut {
    /// The cut of an image of `width` x `height` upright pixels; `key` is seed, epoch and number of the sample.
    pub fn cut(&self, width: usize, height: usize, key: [u64; 3]) -> Cut {
        let mut random = Random::new(key);
        let region = match &self.area {
            Some(area) => area.draw(width, height, &mut random),
            None => Region::all(width, height),
        };
        Cut { region, size: self.size, mirror: random.unit() < self.mirror }
    }
}

impl Area {
    fn draw(&self, width: usize, height: usize, random: &mut Random) -> Region {
        let (low, high) = (self.ratio.0.ln(), self.ratio.1.ln());
        for _ in 0..10 {
            let area = (width * height) as f64 * random.between(self.scale.0, self.scale.1);
            let aspect = random.between(low, high).exp();
            let (w, h) = (whole((area * aspect).sqrt()), whole((area / aspect).sqrt()));
            if (1..=width).contains(&w) && (1..=height).contains(&h) {
                let y = random.below(height - h + 1);
                return Region { x: random.below(width - w + 1), y, width: w, height: h };
            }
        }
        self.middle(width, height)
    }

    /// The largest part in the middle whose sides are in bounds.
    fn middle(&self, width: usize, height: usize) -> Region {
        let aspect = width as f64 / height as f64;
        let (w, h) = match () {
            _ if aspect < self.ratio.0 => (width, whole(width as f64 / self.ratio.0).clamp(1, height)),
            _ if aspect > self.ratio.1 => (whole(height as f64 * self.ratio.1).clamp(1, width), height),
            _ => (width, height),
        };
        Region { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h }
    }
}

/// Rounded as Python's `round`.
fn whole(value: f64) -> usize {
    value.round_ties_even() as usize
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), started from a hash of the key.
struct Random(u64);

impl Random {
    fn new(key: [u64; 3]) -> Random {
        Random(key.iter().fold(0, |state, &word| mix(state ^ word).wrapping_add(GAMMA)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// From 0 up to, but not including, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { scale: (0.08, 1.0), ratio: (0.75, 4.0 / 3.0) };

    #[test]
    fn cuts_are_inside_and_spread_as_asked() {
        let random = RandomCut { size: (8, 8), area: Some(AREA), mirror: 0.5 };
        let cuts: Vec<Cut> = (0..20_000).map(|i| random.cut(500, 375, [7, 0, i])).collect();
        assert!(cuts.iter().all(|cut| cut.region.check(500, 375).is_ok()));
        let mirrored = cuts.iter().filter(|cut| cut.mirror).count();
        assert!((9_700..10_300).contains(&mirrored), "{mirrored}");
        let areas = cuts.iter().map(|cut| (cut.region.width * cut.region.height) as f64 / 187_500.0);
        let mean = areas.clone().sum::<f64>() / 20_000.0;
        // Large parts often do not fit and are drawn again, so the mean is under 0.54.
        assert!((0.4..0.5).contains(&mean), "{mean}");
        assert!(areas.clone().all(|area| (0.078..=1.0).contains(&area)));
    }

    #[test]
    fn every_word_of_the_key_counts() {
        let random = RandomCut { size: (8, 8), area: Some(AREA), mirror: 0.5 };
        let cut = |key| random.cut(1000, 1000, key).region;
        assert_eq!(cut([1, 2, 3]), cut([1, 2, 3]));
        let others = [[0, 2, 3], [1, 0, 3], [1, 2, 0], [2, 1, 3], [1, 3, 2]];
        assert!(others.iter().all(|&key| cut(key) != cut([1, 2, 3])));
    }

    #[test]
    fn images_of_extreme_shape_are_cut_in_the_middle() {
        let random = RandomCut { size: (8, 8), area: Some(Area { scale: (1.0, 1.0), ..AREA }), mirror: 0.0 };
        assert_eq!(random.cut(1000, 10, [0; 3]).region, Region { x: 493, y: 0, width: 13, height: 10 });
        assert_eq!(random.cut(10, 1000, [0; 3]).region, Region { x: 0, y: 493, width: 10, height: 13 });
        assert_eq!(random.cut(1, 1, [0; 3]).region, Region::all(1, 1));
    }
}
