//! The names of types in PyTorch's texts.

use crate::DType;

/// PyTorch's name of a type in error texts, `Float`.
pub fn type_name(dtype: DType) -> &'static str {
    use DType::*;
    match dtype {
        Bool => "Bool",
        U8 => "Byte",
        I8 => "Char",
        I16 => "Short",
        I32 => "Int",
        I64 => "Long",
        U16 => "UInt16",
        U32 => "UInt32",
        U64 => "UInt64",
        F16 => "Half",
        BF16 => "BFloat16",
        F32 => "Float",
        F64 => "Double",
        C64 => "ComplexFloat",
        C128 => "ComplexDouble",
    }
}

/// The name in C++ of the values of a type, as PyTorch's texts on overflow have it.
pub fn value_name(dtype: DType) -> &'static str {
    match dtype {
        DType::U8 => "uint8_t",
        DType::I8 => "int8_t",
        DType::I16 => "int16_t",
        DType::I64 => "int64_t",
        DType::U16 => "uint16_t",
        DType::U32 => "uint32_t",
        DType::U64 => "uint64_t",
        DType::F16 => "at::Half",
        DType::BF16 => "at::BFloat16",
        other => c_name(other),
    }
}

/// The type's name in C++, which PyTorch's texts use.
pub fn c_name(dtype: DType) -> &'static str {
    use DType::*;
    match dtype {
        Bool => "bool",
        U8 => "unsigned char",
        I8 => "signed char",
        I16 => "short int",
        I32 => "int",
        I64 => "long int",
        U16 => "short unsigned int",
        U32 => "unsigned int",
        U64 => "long unsigned int",
        F16 => "c10::Half",
        BF16 => "c10::BFloat16",
        F32 => "float",
        F64 => "double",
        C64 => "c10::complex<float>",
        C128 => "c10::complex<double>",
    }
}
