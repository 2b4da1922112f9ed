//! Samples to floats.

/// `(sample / 255 - mean) / std` for each channel, by table.
#[derive(Clone, Debug)]
pub struct Normalization {
    tables: Vec<[f32; 256]>,
}

impl Normalization {
    /// Tables for as many channels as `mean` and `std` have, computed in single precision in the order of torchvision.
    pub fn new(mean: &[f32], std: &[f32]) -> Normalization {
        let table = |(&mean, &std): (&f32, &f32)| std::array::from_fn(|v| (v as f32 / 255.0 - mean) / std);
        Normalization { tables: mean.iter().zip(std).map(table).collect() }
    }

    /// How many channels it is for.
    pub fn channels(&self) -> usize {
        self.tables.len()
    }

    /// Normalises a row of pixels to a row of each plane; planes begin `plane` values apart.
    pub fn planes(&self, pixels: &[u8], out: &mut [f32], plane: usize) {
        let channels = self.tables.len();
        for (c, table) in self.tables.iter().enumerate() {
            let row = &mut out[c * plane..][..pixels.len() / channels];
            for (value, &sample) in row.iter_mut().zip(pixels[c..].iter().step_by(channels)) {
                *value = table[sample as usize];
            }
        }
    }

    /// Normalises pixels whose channels stay together.
    pub fn interleaved(&self, pixels: &[u8], out: &mut [f32]) {
        let channels = self.tables.len();
        for (values, samples) in out.chunks_exact_mut(channels).zip(pixels.chunks_exact(channels)) {
            for ((value, &sample), table) in values.iter_mut().zip(samples).zip(&self.tables) {
                *value = table[sample as usize];
            }
        }
    }
}
