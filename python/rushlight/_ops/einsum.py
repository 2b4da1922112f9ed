"""Einstein summation."""

import math

from rushlight import _C

from .registry import op

ELLIPSIS = "."


@op(method=False)
def einsum(*args):
    """Sum products of elements along named dimensions.

    ``einsum("bij,bjk->bik", a, b)`` is a batched matrix product. Letters that are missing after ``->`` are summed,
    repeated ones in an operand read its diagonal, and ``...`` stands for dimensions that broadcast. The sublist form
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` is accepted too. Operands are contracted from left to right.

    >>> import rushlight as rl
    >>> rl.einsum("ij->ji", rl.tensor([[1, 2]])).tolist()
    [[1], [2]]
    """
    equation, operands = parse_arguments(args)
    left, arrow, right = equation.replace(" ", "").replace("...", ELLIPSIS).partition("->")
    terms = left.split(",")
    check_terms(equation, terms, operands)
    extra = max((x.dim() - len(term) + 1 for term, x in zip(terms, operands) if ELLIPSIS in term), default=0)
    terms = [named_dims(term, x, extra) for term, x in zip(terms, operands)]
    output = named_dims(right, None, extra) if arrow else implicit_output(terms, extra)
    check_output(output, terms, bool(arrow))
    return contract(terms, list(operands), output)


def parse_arguments(args):
    """Return the equation and the operands from the string form or the sublist form."""
    if not args:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, "
            "or at least one operand and its subscripts list"
        )
    if isinstance(args[0], str):
        operands = args[1:]
        return args[0], tuple(operands[0]) if len(operands) == 1 and isinstance(
            operands[0], (list, tuple)
        ) else operands
    pairs = len(args) // 2 * 2
    equation = ",".join(sublist_text(sub) for sub in args[1:pairs:2])
    if len(args) % 2:
        equation += "->" + sublist_text(args[-1])
    return equation, args[0:pairs:2]


def sublist_text(subscripts):
    """Return the letters of a sublist: 0-25 are A-Z, 26-51 are a-z."""
    letters = []
    for s in subscripts:
        if s is not Ellipsis and not 0 <= s < 52:
            raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
        letters.append("..." if s is Ellipsis else chr(ord("A") + s if s < 26 else ord("a") + s - 26))
    return "".join(letters)


def check_terms(equation, terms, operands):
    """Raise unless every operand has a term of its dimensions."""
    if not operands:
        raise RuntimeError("einsum(): must provide at least one operand")
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum(): {'more' if len(terms) < len(operands) else 'fewer'} operands were provided "
            "than specified in the equation"
        )
    for i, (term, operand) in enumerate(zip(terms, operands)):
        for letter in term:
            if letter != ELLIPSIS and not (letter.isascii() and letter.isalpha()):
                raise RuntimeError(
                    f"einsum(): invalid subscript given at index {equation.find(letter)} in the equation string, "
                    "subscripts must be in [a-zA-Z]"
                )
        named = len(term.replace(ELLIPSIS, ""))
        if named > operand.dim() or ELLIPSIS not in term and named != operand.dim():
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) does not match the number of dimensions "
                f"({operand.dim()}) for operand {i} and no ellipsis was given"
            )


def named_dims(term, operand, extra):
    """Return one name per dim: letters, and ``0 .. extra - 1`` (aligned at the end) for those of an ellipsis."""
    before, dots, after = term.partition(ELLIPSIS)
    covered = extra if operand is None else operand.dim() - len(before) - len(after)
    return [*before, *(range(extra - covered, extra) if dots else ()), *after]


def implicit_output(terms, extra):
    """Return the dims of the result without ``->``: broadcast ones, then letters used once in alphabetical order."""
    letters = [name for term in terms for name in term if isinstance(name, str)]
    return [*range(extra), *sorted(letter for letter in set(letters) if letters.count(letter) == 1)]


def check_output(output, terms, explicit):
    """Raise when the result names a letter twice, or one that no operand has."""
    for name in output:
        if output.count(name) > 1:
            raise RuntimeError(f"einsum(): output subscript {name} appears more than once in the output")
        if explicit and isinstance(name, str) and not any(name in term for term in terms):
            raise RuntimeError(
                f"einsum(): output subscript {name} does not appear in the equation for any input operand"
            )


def contract(terms, operands, output):
    """Contract operands from left to right; each name is summed with the last operand that has it."""
    names = [*output, *dict.fromkeys(n for term in terms for n in term if n not in output)]
    aligned = [align(term, operand, names) for term, operand in zip(terms, operands)]
    check_sizes(aligned, names)
    result = aligned[0]
    for i, operand in enumerate(aligned[1:], 1):
        later = aligned[i + 1 :]
        summed = [d for d in range(len(output), len(names)) if all(x.size(d) == 1 for x in later)]
        result = sum_product(result, operand, summed)
    rest = [d for d in range(len(output), len(names))]
    result = result.sum(rest) if rest and len(aligned) == 1 else result.reshape(result.shape[: len(output)])
    return result


def align(term, operand, names):
    """Bring an operand to one dim per name, of size one where it has none; repeated names take the diagonal."""
    term = list(term)
    for name in dict.fromkeys(term):
        while term.count(name) > 1:
            first = term.index(name)
            second = term.index(name, first + 1)
            if operand.size(first) != operand.size(second):
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand but the sizes don't match, "
                    f"{operand.size(second)} != {operand.size(first)}"
                )
            operand = operand.diagonal(0, first, second)
            term = [n for d, n in enumerate(term) if d not in (first, second)] + [name]
    operand = operand.permute([term.index(name) for name in names if name in term])
    sizes = iter(operand.shape)
    return operand.reshape([next(sizes) if name in term else 1 for name in names])


def check_sizes(aligned, names):
    """Raise when a name has two sizes, neither of them one."""
    for d, name in enumerate(names):
        seen = 1
        for i, x in enumerate(aligned):
            if 1 != x.size(d) != seen != 1:
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {x.size(d)} for operand {i} which does not broadcast with "
                    f"previously seen size {seen}: the shapes are {[list(x.shape) for x in aligned]}"
                )
            seen = max(seen, x.size(d)) if x.size(d) else 0


def sum_product(a, b, summed):
    """Multiply two aligned operands and sum the dims ``summed`` (kept with size one), as one batched matrix product."""
    shared, left, right, inner = [], [], [], []
    for d in range(a.dim()):
        in_a, in_b = a.size(d) != 1, b.size(d) != 1
        if d in summed:
            if in_a and in_b:
                inner.append(d)
            elif in_a:
                a = a.sum(d, keepdim=True)
            elif in_b:
                b = b.sum(d, keepdim=True)
        else:
            (shared if in_a and in_b else left if in_a else right).append(d)
    # The product lies in memory as the result names its dims wherever one operand's all stand before the other's.
    if left and right and right[-1] < left[0]:
        return sum_product(b, a, summed)
    if not inner:
        return a * b
    kept = inner + [d for d in summed if d not in inner]
    a = a.permute(shared + left + inner + [d for d in range(a.dim()) if d not in shared + left + inner])
    b_order = shared + inner + right
    b = b.permute(b_order + [d for d in range(b.dim()) if d not in b_order])
    sizes = [
        a.shape[: len(shared)],
        a.shape[len(shared) : len(shared) + len(left)],
        b.shape[len(shared) + len(inner) : len(b_order)],
    ]
    n, m, k = (math.prod(size) for size in sizes)
    k_inner = math.prod(b.shape[len(shared) : len(shared) + len(inner)])
    product = _C.bmm(a.reshape(n, m, k_inner), b.reshape(n, k_inner, k))
    order = shared + left + right + kept
    product = product.reshape([*sizes[0], *sizes[1], *sizes[2], *[1] * len(kept)])
    return product.permute([order.index(d) for d in range(len(order))])
