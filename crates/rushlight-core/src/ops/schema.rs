//! Schemas: the signature of a row, parsed from its text.
//!
//! `name(Type parameter=default, *, Type keyword_only=default) -> Result`. Types: `Tensor`, `Tensor?`, `Tensor[]`, `Tensor?[]`,
//! `Operand` (a tensor or number), `Scalar`, `int`, `float`, `bool`, `str`, `dtype`, `device`, `memory_format`,
//! `int[]`, `int[N]` (a number counts N times), `int[...]` (the rest of the positional arguments), `float[]`; `?` marks
//! what may be None.

use super::{Arg, Op};
use crate::scalar::Scalar;
use std::borrow::Cow;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Type {
    Tensor,
    Tensors,
    Operand,
    Scalar,
    Int,
    Float,
    Bool,
    Str,
    DType,
    Device,
    Format,
    Ints,
    /// A list written as separate arguments.
    Rest,
    Floats,
}

impl Type {
    /// Whether it is passed with the tensors.
    pub fn is_tensor(self) -> bool {
        matches!(self, Type::Tensor | Type::Tensors | Type::Operand)
    }
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub ty: Type,
    /// None is allowed.
    pub optional: bool,
    /// The default; a parameter without one is required.
    pub default: Option<Arg>,
    /// Only by name.
    pub keyword_only: bool,
}

/// The parameters of a row and how many results it has.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Name.
    pub name: &'static str,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// Number of results; zero for a list, however long.
    pub results: usize,
}

/// Parses the schema of a row. The table's test calls it for every row, so a malformed one never ships.
pub fn parse(op: &Op) -> Signature {
    let text = op.schema;
    let open = text.find('(').unwrap_or(text.len());
    let close = text.find(") ->").unwrap_or(text.len());
    let mut params = Vec::new();
    let mut keyword_only = false;
    for piece in pieces(text.get(open + 1..close).unwrap_or("")) {
        if piece == "*" {
            keyword_only = true;
            continue;
        }
        let (ty, rest) = piece.split_once(' ').unwrap_or((piece, ""));
        let (name, default) = match rest.split_once('=') {
            Some((name, default)) => (name, Some(literal(default))),
            None => (rest, None),
        };
        let optional = ty.ends_with('?');
        params.push(Param { name, ty: type_of(ty.trim_end_matches('?')), optional, default, keyword_only });
    }
    let results = text.get(close + 4..).map_or(1, |r| if r.contains("[]") { 0 } else { r.matches("Tensor").count() });
    Signature { name: op.name(), params, results }
}

/// Splits at commas outside brackets.
fn pieces(text: &'static str) -> Vec<&'static str> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                out.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        out.push(text[start..].trim());
    }
    out
}

fn type_of(name: &str) -> Type {
    match name {
        "Tensor" => Type::Tensor,
        "Tensor[]" | "Tensor?[]" => Type::Tensors,
        "Operand" => Type::Operand,
        "Scalar" => Type::Scalar,
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "str" => Type::Str,
        "dtype" => Type::DType,
        "device" => Type::Device,
        "memory_format" => Type::Format,
        "int[...]" => Type::Rest,
        "float[]" => Type::Floats,
        n if n.starts_with("int[") => Type::Ints,
        other => panic!("schema: unknown type {other}"),
    }
}

fn literal(text: &'static str) -> Arg {
    match text {
        "None" => Arg::None,
        "True" => Arg::Scalar(Scalar::Bool(true)),
        "False" => Arg::Scalar(Scalar::Bool(false)),
        "()" => Arg::ints(&[]),
        t if t.starts_with('\'') => Arg::Str(Cow::Borrowed(t.trim_matches('\''))),
        t if t.starts_with(['(', '[']) => Arg::Ints(t.trim_matches(['(', ')', '[', ']']).split(',').filter_map(|n| n.trim().parse().ok()).collect()),
        t => t.parse::<i64>().map(|v| Arg::Scalar(Scalar::Int(v))).or_else(|_| t.parse::<f64>().map(|v| Arg::Scalar(Scalar::Float(v)))).unwrap_or(Arg::None),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_has_a_schema_a_name_of_its_own_and_a_line_of_documentation() {
        let mut names = std::collections::HashSet::new();
        for op in crate::ops::table() {
            let signature = super::parse(op);
            assert!(names.insert(signature.name), "{} stands twice", signature.name);
            assert!(!signature.params.is_empty() && !op.doc.is_empty(), "{}", op.schema);
        }
    }
}
