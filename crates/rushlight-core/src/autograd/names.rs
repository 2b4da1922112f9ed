//! PyTorch's names of nodes, where they are not the row's name in capitals: programs print and compare them.

use crate::ops::Arg;

/// Rows by the number of the overload that PyTorch derives: `sum` over dimensions is its second.
const OVERLOADS: &[(&str, &str)] = &[("sum", "SumBackward1"), ("mean", "MeanBackward1"), ("squeeze", "SqueezeBackward1")];

const NAMES: &[(&str, &str)] = &[
    ("adaptive_avg_pool1d", "SqueezeBackward1"),
    ("adaptive_avg_pool2d", "AdaptiveAvgPool2DBackward0"),
    ("adaptive_avg_pool3d", "AdaptiveAvgPool3DBackward0"),
    ("adaptive_max_pool2d", "AdaptiveMaxPool2DBackward0"),
    ("adaptive_max_pool3d", "AdaptiveMaxPool3DBackward0"),
    ("_attention", "ScaledDotProductFlashAttentionForCpuBackward0"),
    ("avg_pool1d", "SqueezeBackward1"),
    ("avg_pool2d", "AvgPool2DBackward0"),
    ("avg_pool3d", "AvgPool3DBackward0"),
    ("_chebyshev", "CdistBackward0"),
    ("_clamp_between", "ClampBackward1"),
    ("col2im", "Col2ImBackward0"),
    ("constant_pad", "ConstantPadNdBackward0"),
    ("copy", "CopyBackwards"),
    ("_evenly", "MaxBackward1"),
    ("fft_c2c", "FftC2CBackward0"),
    ("fft_c2r", "FftC2RBackward0"),
    ("fft_r2c", "FftR2CBackward0"),
    ("grid_sampler_2d", "GridSampler2DBackward0"),
    ("grid_sampler_3d", "GridSampler3DBackward0"),
    ("_gru_gates", "AddBackward0"),
    ("im2col", "Im2ColBackward0"),
    ("log1p", "Log1PBackward0"),
    ("_lstm_gates", "MulBackward0"),
    ("max_dim", "MaxBackward0"),
    ("max_pool1d_with_indices", "SqueezeBackward1"),
    ("max_pool2d_with_indices", "MaxPool2DWithIndicesBackward0"),
    ("max_pool3d_with_indices", "MaxPool3DWithIndicesBackward0"),
    ("median_dim", "MedianBackward1"),
    ("min_dim", "MinBackward0"),
    ("square", "PowBackward0"),
    ("_to_dtype", "ToCopyBackward0"),
    ("upsample_bicubic2d", "UpsampleBicubic2DBackward0"),
    ("upsample_bilinear2d", "UpsampleBilinear2DBackward0"),
    ("upsample_linear1d", "UpsampleLinear1DBackward0"),
    ("upsample_nearest1d", "UpsampleNearest1DBackward0"),
    ("upsample_nearest2d", "UpsampleNearest2DBackward0"),
    ("upsample_nearest3d", "UpsampleNearest3DBackward0"),
    ("upsample_trilinear3d", "UpsampleTrilinear3DBackward0"),
];

/// The name of the node that a row records for `args`.
pub(crate) fn of_row(row: &str, args: &[Arg]) -> String {
    let listed = |table: &[(&str, &str)]| table.iter().find(|(name, _)| *name == row).map(|(_, shown)| shown.to_string());
    let with_dims = !matches!(args.first(), None | Some(Arg::None));
    let overload = if with_dims { listed(OVERLOADS) } else { None };
    overload.or_else(|| listed(NAMES)).unwrap_or_else(|| {
        let mut name: String = row.trim_matches('_').split('_').map(capitalised).collect();
        name.push_str("Backward0");
        name
    })
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
