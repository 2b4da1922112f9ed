"""Named tuples returned by operators with several results, such as ``max(dim)`` and ``sort``."""

from operator import itemgetter


def named_result(name, *fields):
    """Make a tuple class with named fields, built from one sequence and printed field by field."""

    def represent(self):
        body = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self))
        return f"torch.return_types.{name}(\n{body})"

    def build(cls, values, unnamed=None):
        # Pickles of PyTorch give the fields without a position second; these classes have none.
        values = tuple(values)
        if len(values) != len(fields):
            raise TypeError(f"{name}() takes a {len(fields)}-sequence ({len(values)}-sequence given)")
        return tuple.__new__(cls, values)

    members = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    members |= {"__repr__": represent, "__new__": build, "__module__": __name__, "__slots__": ()}
    members |= {"n_fields": len(fields), "n_sequence_fields": len(fields)}
    return type(name, (tuple,), members)


values_and_indices = ("values", "indices")
aminmax = named_result("aminmax", "min", "max")
cummax = named_result("cummax", *values_and_indices)
cummin = named_result("cummin", *values_and_indices)
frexp = named_result("frexp", "mantissa", "exponent")
histogram = named_result("histogram", "hist", "bin_edges")
histogramdd = named_result("histogramdd", "hist", "bin_edges")
kthvalue = named_result("kthvalue", *values_and_indices)
max = named_result("max", *values_and_indices)
median = named_result("median", *values_and_indices)
min = named_result("min", *values_and_indices)
mode = named_result("mode", *values_and_indices)
nanmedian = named_result("nanmedian", *values_and_indices)
sort = named_result("sort", *values_and_indices)
topk = named_result("topk", *values_and_indices)

linalg_cholesky_ex = named_result("linalg_cholesky_ex", "L", "info")
geqrf = named_result("geqrf", "a", "tau")
linalg_eig = named_result("linalg_eig", "eigenvalues", "eigenvectors")
linalg_eigh = named_result("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_inv_ex = named_result("linalg_inv_ex", "inverse", "info")
linalg_ldl_factor = named_result("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = named_result("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_lstsq = named_result("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_lu = named_result("linalg_lu", "P", "L", "U")
linalg_lu_factor = named_result("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = named_result("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_qr = named_result("linalg_qr", "Q", "R")
linalg_slogdet = named_result("linalg_slogdet", "sign", "logabsdet")
linalg_solve_ex = named_result("linalg_solve_ex", "result", "info")
linalg_svd = named_result("linalg_svd", "U", "S", "Vh")
lu_unpack = named_result("lu_unpack", "P", "L", "U")
qr = named_result("qr", "Q", "R")
slogdet = named_result("slogdet", "sign", "logabsdet")
svd = named_result("svd", "U", "S", "V")
triangular_solve = named_result("triangular_solve", "solution", "cloned_coefficient")
