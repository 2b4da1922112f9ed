"""Names that packages built on PyTorch import at their top: each line stands in one of them."""

import subprocess
import sys

import pytest

LINES = """
from torch._dynamo.eval_frame import OptimizedModule
from torch._dynamo.utils import is_compile_supported
from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex
from torch._jit_internal import _copy_to_script_wrapper, boolean_dispatch
from torch._subclasses.fake_tensor import FakeTensor, is_fake
from torch._tensor_str import _tensor_str, _add_suffixes, PRINT_OPTS
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import CPUOffloadPolicy, FullyShardedDataParallel as FSDP
from torch.distributed.fsdp.fully_sharded_data_parallel import FullyShardedDataParallel, StateDictType
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributions.transforms import _InverseTransform
from torch.distributions.utils import _standard_normal, _sum_rightmost, broadcast_all, lazy_property
from torch.export import Dim
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.fx.experimental.symbolic_shapes import guard_or_false
from torch.fx.node import map_arg
from torch.hub import HASH_REGEX, _get_torch_home, download_url_to_file, urlparse
from torch.jit import TracerWarning, _overload, _overload_method
from torch.jit.annotations import BroadcastingList2, List
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention
from torch.nn.modules.module import _EXTRA_STATE_KEY_SUFFIX, _IncompatibleKeys
from torch.nn.parallel.scatter_gather import gather, scatter, scatter_kwargs
from torch.onnx import symbolic_opset11
from torch.onnx.symbolic_helper import parse_args
from torch.serialization import MAP_LOCATION
from torch.utils._pytree import _dict_flatten, _dict_flatten_with_keys
from torch.utils.data.dataloader import _BaseDataLoaderIter, _MultiProcessingDataLoaderIter
from torch.utils.model_zoo import load_url
from torch._higher_order_ops.associative_scan import associative_scan
from torch.distributed import rpc
from torch._C import _TensorMeta
from torch._utils import _get_device_index
from torch.autograd.profiler import emit_nvtx
from torch.profiler import kineto_available
from torch.utils._contextlib import _DecoratorContextManager
from torch.utils._python_dispatch import is_traceable_wrapper_subclass
from torch.utils._pytree import _get_node_type, tree_is_leaf
from torch.utils.data._utils.collate import default_collate, np_str_obj_array_pattern
from torch import PyTorchFileReader, ScriptModule, TensorType
import torch._custom_ops
import torch.classes
""".strip()

TRUE = """
torch.__name__ == torch.torch.__name__ == "torch"
torch.__config__.show() and torch.__config__.parallel_info()
torch.futures.Future[int] and torch.Future is torch.futures.Future
torch.func.vmap(lambda x: x + torch._C._are_functorch_transforms_active())(torch.zeros(2)).tolist() == [1, 1]
torch.func.grad(lambda x: x * torch._C._are_functorch_transforms_active())(torch.ones(())) == 1
(lambda x: torch.ops.aten._to_copy.default(x).data_ptr() != x.data_ptr() == torch.ops.aten.alias.default(x).data_ptr())(torch.ones(2))
torch._C._get_tracing_state() is None and not torch._C._are_functorch_transforms_active()
(torch.finfo(torch.float8_e4m3fn).max, torch.finfo(torch.float8_e5m2).max) == (448, 57344)
torch.float8_e5m2.itemsize == 1 and repr(torch.float8_e8m0fnu) == "torch.float8_e8m0fnu"
torch.ops.aten.add.Tensor(torch.ones(2), 1).tolist() == [2, 2] and torch.ops.aten.add.Tensor is torch.ops.aten.add.Tensor
torch.distributed.ReduceOp.SUM.name == "SUM" and torch.distributed.group.WORLD is None
not torch._dynamo.config.suppress_errors and callable(torch._dynamo.config.patch)
torch._convert_indices_from_coo_to_csr(torch.tensor([0, 0, 2]), 3).tolist() == [0, 2, 2, 3]
torch._convert_indices_from_csr_to_coo(torch.tensor([0, 2, 3]), torch.tensor([1, 0, 1])).tolist() == [[0, 0, 1], [1, 0, 1]]
torch._assert_async(torch.tensor(True)) is None
torch.legacy_contiguous_format is torch.contiguous_format
torch.arange(6, dtype=torch.uint8).untyped_storage()[2:4].tolist() == [2, 3]
torch.UntypedStorage.from_file(__file__, nbytes=6).tolist() == list(b"import")
""".strip()


@pytest.mark.parametrize(
    "lines", [LINES, f"import torch\n{''.join(f'assert {x}{chr(10)}' for x in TRUE.splitlines())}"]
)
def test_what_packages_reach_for_is_there(lines, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(lines)
    command = [sys.executable, "-m", "rushlight.cli", "run", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        (
            "torch.sparse_coo_tensor([[0]], [1.0])",
            "NotImplementedError: torch.sparse_coo_tensor: Rushlight has no sparse",
        ),
        (
            "torch.ops.aten._sparse_addmm()",
            "NotImplementedError: torch.ops.aten._sparse_addmm: Rushlight has no sparse",
        ),
        ("torch.export.export(torch.nn.Linear(1, 1), ())", "NotImplementedError: torch.export.export: Rushlight runs"),
        ("torch.distributed.tensor.DTensor()", "RuntimeError: torch.distributed.tensor.DTensor: Rushlight runs in one"),
    ],
)
def test_what_is_only_a_name_says_so_when_it_is_used(expression, error, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"import torch\n{expression}\n")
    command = [sys.executable, "-m", "rushlight.cli", "run", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and error in done.stderr
