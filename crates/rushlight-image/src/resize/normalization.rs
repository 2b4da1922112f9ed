//! Samples to floats.

/// `(sample / 255 - mean) / std` for each channel, by table.
#[derive(Clone, Debug)]
pub struct Normalization {
    tables: Vec<[f32; 256]>,
}

impl Normalization {
    /// Tables for as many channels as `mean` and `std` have (one is for all channels there are), in single precision and torchvision's order.
    pub fn new(mean: &[f32], std: &[f32]) -> Normalization {
        let table = |(&mean, &std): (&f32, &f32)| std::array::from_fn(|v| (v as f32 / 255.0 - mean) / std);
        Normalization { tables: mean.iter().zip(std).map(table).collect() }
    }

    /// How many means there are.
    pub fn means(&self) -> usize {
        self.tables.len()
    }

    /// Whether pixels of so many channels can be normalised.
    pub fn suits(&self, channels: usize) -> bool {
        self.tables.len() == 1 || self.tables.len() == channels
    }

    fn tables(&self, channels: usize) -> impl Iterator<Item = &[f32; 256]> {
        self.tables.iter().cycle().take(channels)
    }

    /// Normalises a row of pixels to a row of each plane; planes begin `plane` values apart.
    pub fn planes(&self, pixels: &[u8], channels: usize, out: &mut [f32], plane: usize) {
        for (c, table) in self.tables(channels).enumerate() {
            let row = &mut out[c * plane..][..pixels.len() / channels];
            for (value, &sample) in row.iter_mut().zip(pixels[c..].iter().step_by(channels)) {
                *value = table[sample as usize];
            }
        }
    }

    /// Normalises pixels whose channels stay together.
    pub fn interleaved(&self, pixels: &[u8], channels: usize, out: &mut [f32]) {
        for (values, samples) in out.chunks_exact_mut(channels).zip(pixels.chunks_exact(channels)) {
            for ((value, &sample), table) in values.iter_mut().zip(samples).zip(self.tables(channels)) {
                *value = table[sample as usize];
            }
        }
    }
}
