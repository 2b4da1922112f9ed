//! Luma's shares of red and blue for colours whose matrix follows from their primaries (ITU-T H.273, 8.3, matrix coefficients 12).

/// Chromaticities of red, green, blue and white.
type Chromaticities = [[f64; 2]; 4];

const D65: [f64; 2] = [0.3127, 0.3290];
const C: [f64; 2] = [0.310, 0.316];

/// By the number of `ColourPrimaries`.
fn chromaticities(primaries: u16) -> Option<Chromaticities> {
    Some(match primaries {
        1 => [[0.640, 0.330], [0.300, 0.600], [0.150, 0.060], D65],
        4 => [[0.67, 0.33], [0.21, 0.71], [0.14, 0.08], C],
        5 => [[0.64, 0.33], [0.29, 0.60], [0.15, 0.06], D65],
        6 | 7 => [[0.630, 0.340], [0.310, 0.595], [0.155, 0.070], D65],
        8 => [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049], C],
        9 => [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046], D65],
        11 => [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060], [0.314, 0.351]],
        12 => [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060], D65],
        22 => [[0.630, 0.340], [0.295, 0.605], [0.155, 0.077], D65],
        _ => return None,
    })
}

/// Equations 39 and 40 of H.273: how much of white's luma is red's and blue's.
pub fn shares(primaries: u16) -> Option<[f32; 2]> {
    let [red, green, blue, white] = chromaticities(primaries)?;
    // XYZ of each at Y = 1; white is a sum of the primaries, whose factors are the shares.
    let xz = |[x, y]: [f64; 2]| (x / y, (1.0 - x - y) / y);
    let ((rx, rz), (gx, gz), (bx, bz), (wx, wz)) = (xz(red), xz(green), xz(blue), xz(white));
    let determinant = (rx - gx) * (bz - gz) - (bx - gx) * (rz - gz);
    let kr = ((wx - gx) * (bz - gz) - (bx - gx) * (wz - gz)) / determinant;
    let kb = ((rx - gx) * (wz - gz) - (wx - gx) * (rz - gz)) / determinant;
    Some([kr as f32, kb as f32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_known_systems() {
        for (primaries, red, blue) in [(1, 0.2126, 0.0722), (9, 0.2627, 0.0593)] {
            let [kr, kb] = shares(primaries).unwrap();
            assert!((kr - red).abs() < 1e-4 && (kb - blue).abs() < 1e-4);
        }
        assert!(shares(2).is_none());
    }
}
