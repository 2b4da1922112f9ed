//! Pixels with alpha: colours count as much as they are opaque, so they are multiplied by alpha before resampling, as in Pillow.

use super::{Filter, Geometry, Resizer, View};
use crate::buffer::check_rows;
use crate::pixels::product;
use crate::{Region, Result};
use rushlight_kernels::vectorized;

impl Resizer {
    /// Resamples pixels whose last channel is alpha (`channels` 2 or 4) into rows `stride` samples apart.
    ///
    /// ```
    /// use rushlight_image::resize::{Filter, Geometry, Resizer, View};
    /// // What is transparent has no colour: the mean of opaque 200 and transparent 0 is half-transparent 200.
    /// let source = View { samples: &[200, 255, 0, 0], width: 2, height: 1, channels: 2, stride: 4 };
    /// let mut out = [0; 2];
    /// let geometry = Geometry::whole(1, 1);
    /// Resizer::new().resize_with_alpha(source, geometry, Filter::Bilinear, &mut out, 2).unwrap();
    /// assert_eq!(out, [199, 128]);
    /// ```
    pub fn resize_with_alpha(&mut self, view: View, geometry: Geometry, filter: Filter, out: &mut [u8], stride: usize) -> Result<()> {
        let part = view.part(self.prepare(view.width, view.height, geometry, filter)?)?;
        match filter {
            Filter::Nearest => self.resize_prepared(part, out, stride),
            _ => self.resize_prepared_with_alpha(part, out, stride),
        }
    }

    /// [`Resizer::resize_prepared`] for pixels whose last channel is alpha.
    pub fn resize_prepared_with_alpha(&mut self, part: View, out: &mut [u8], stride: usize) -> Result<()> {
        let View { samples, width, height, channels, stride: source_stride } = part;
        let row = width * channels;
        check_rows(samples.len(), source_stride, row, height)?;
        let mut premultiplied = std::mem::take(&mut self.premultiplied);
        premultiplied.resize(row * height, 0);
        for (to, from) in premultiplied.chunks_exact_mut(row.max(1)).zip(samples.chunks(source_stride.max(1))) {
            multiply(&from[..row], channels, to);
        }
        let result = self.resize_prepared(View { samples: &premultiplied, stride: row, ..part }, out, stride);
        self.premultiplied = premultiplied;
        result?;
        let Region { width, height, .. } = self.window;
        out.chunks_mut(stride).take(height).for_each(|out| divide(&mut out[..width * channels], channels));
        Ok(())
    }
}

vectorized! {
    fn multiply[](pixels: &[u8], channels: usize, out: &mut [u8]) {
        if channels == 4 {
            for (out, &[r, g, b, a]) in out.as_chunks_mut::<4>().0.iter_mut().zip(pixels.as_chunks::<4>().0) {
                *out = [product(r, a), product(g, a), product(b, a), a];
            }
        } else {
            for (out, &[l, a]) in out.as_chunks_mut::<2>().0.iter_mut().zip(pixels.as_chunks::<2>().0) {
                *out = [product(l, a), a];
            }
        }
    }
}

/// Divides colours by alpha; those of transparent and of opaque pixels stay.
fn divide(pixels: &mut [u8], channels: usize) {
    for pixel in pixels.chunks_exact_mut(channels) {
        if let [colors @ .., alpha @ 1..=254] = pixel {
            let alpha = *alpha as u32;
            colors.iter_mut().for_each(|color| *color = (255 * *color as u32 / alpha).min(255) as u8);
        }
    }
}
