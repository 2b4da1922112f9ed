//! Tiles of a grid as one image.

use super::av1::{self, Plane, Planes};
use super::malformed;
use crate::Result;

/// Decodes tiles, row after row, and joins them; what is beyond `width` and `height` is cut off.
pub fn join(tiles: &[impl AsRef<[u8]>], columns: usize, width: usize, height: usize) -> Result<Planes> {
    // A tile of the first row and column is the largest; none may be larger than the image.
    let first = av1::decode(tiles[0].as_ref(), width, height, None)?;
    let (tile_width, tile_height) = (first.width, first.height);
    let rows = tiles.len() / columns;
    if tile_width * columns < width || tile_height * rows < height || tile_width * (columns - 1) >= width || tile_height * (rows - 1) >= height {
        return Err(malformed(format!("{columns}x{rows} tiles of {tile_width}x{tile_height} pixels do not cover {width}x{height}")));
    }
    let mut joined = blank(&first, width, height);
    paste(&mut joined, &first, 0, 0)?;
    for (i, tile) in tiles.iter().enumerate().skip(1) {
        let tile = av1::decode(tile.as_ref(), tile_width, tile_height, Some((tile_width, tile_height)))?;
        paste(&mut joined, &tile, i % columns * tile_width, i / columns * tile_height)?;
    }
    Ok(joined)
}

/// The size of plane `index` of an image.
fn plane_size(index: usize, halved: (bool, bool), width: usize, height: usize) -> (usize, usize) {
    let half = |size: usize, halve: bool| if halve && index > 0 { size.div_ceil(2) } else { size };
    (half(width, halved.0), half(height, halved.1))
}

fn blank(like: &Planes, width: usize, height: usize) -> Planes {
    let plane = |i: usize| {
        let (width, height) = plane_size(i, like.halved, width, height);
        Plane { samples: vec![0; width * height], width }
    };
    Planes { width, height, planes: (0..like.planes.len()).map(plane).collect(), ..*like }
}

fn paste(image: &mut Planes, tile: &Planes, x: usize, y: usize) -> Result<()> {
    if tile.depth != image.depth || tile.halved != image.halved || tile.planes.len() != image.planes.len() {
        return Err(malformed("the tiles of the grid are of different kinds"));
    }
    for (i, (to, from)) in image.planes.iter_mut().zip(&tile.planes).enumerate() {
        let (x, y) = plane_size(i, image.halved, x, y);
        let width = from.width.min(to.width - x);
        for (to, from) in to.samples.chunks_exact_mut(to.width).skip(y).zip(from.samples.chunks_exact(from.width)) {
            to[x..x + width].copy_from_slice(&from[..width]);
        }
    }
    Ok(())
}
