"""Modules: the contract of `nn.Module`, starting values of known seeds, names and texts that programs depend on."""

import copy
import pickle
from collections import OrderedDict

import pytest

import rushlight as rl
from rushlight import nn

# First value, last value and sum of all parameters after manual_seed(0), as PyTorch has them.
STARTING_VALUES = {
    "Linear(3, 4)": [-0.00432252, 0.02138712, -1.552881],
    "Bilinear(2, 3, 4)": [-0.00529398, -0.65596199, -0.812579],
    "Conv2d(2, 3, 3)": [-0.00176466, 0.04392171, -0.562373],
    "ConvTranspose1d(2, 3, 3)": [-0.00249561, 0.12107237, -0.814832],
    "LSTM(2, 3, proj_size=2)": [-0.00432252, -0.50205380, -0.211808],
    "GRUCell(2, 3)": [-0.00432252, -0.34199488, -2.372126],
    "Embedding(4, 3)": [1.54099607, 0.18203649, -3.141736],
    "MultiheadAttention(4, 2)": [0.22242416, 0.0, -1.532331],
    "TransformerEncoderLayer(4, 2, 8)": [0.22242416, 0.0, 6.339973],
    "AdaptiveLogSoftmaxWithLoss(4, 6, [2])": [-0.00374341, -0.43546283, -1.462880],
}

# First row of a 3 by 4 tensor after manual_seed(0), as PyTorch has it.
INITIALIZERS = {
    "xavier_normal_(t)": [0.8236971, -0.1568443, -1.1646119, 0.3038393],
    "kaiming_normal_(t, mode='fan_out', nonlinearity='relu')": [1.2582181, -0.2395837, -1.7789741, 0.4641222],
    "trunc_normal_(t, std=0.5)": [0.770498, -0.1467144, -1.0893947, 0.2842156],
    "trunc_normal_(t, a=2.0, b=3.0)": [2.4962566, 2.2629614, 2.0884774, 2.1320305],
    "sparse_(t, 0.5)": [0.0, -0.0029343, 0.0, 0.0],
}

REPRS = {
    "Linear(2, 3, bias=False)": "Linear(in_features=2, out_features=3, bias=False)",
    "Conv2d(3, 4, 3, padding='same')": "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=same)",
    "Conv1d(2, 4, 3, 2, 1, 2, 2, False, 'circular')": "Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), "
    "dilation=(2,), groups=2, bias=False, padding_mode=circular)",
    "RNN(2, 3, 2, 'relu', False, True, 0.5, True)": "RNN(2, 3, num_layers=2, bias=False, batch_first=True, "
    "dropout=0.5, bidirectional=True)",
    "Sequential(ReLU(), Tanh())": "Sequential(\n  (0): ReLU()\n  (1): Tanh()\n)",
    "ModuleList([ReLU(), ReLU(), GELU()])": "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): GELU(approximate='none')\n)",
    "MaxPool2d(2)": "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
    "EmbeddingBag(5, 3, mode='sum')": "EmbeddingBag(5, 3, mode='sum')",
    "LazyLinear(3)": "LazyLinear(in_features=0, out_features=3, bias=True)",
}

STATES = {
    "LSTM(2, 3, 1, bidirectional=True)": "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_ih_l0_reverse "
    "weight_hh_l0_reverse bias_ih_l0_reverse bias_hh_l0_reverse",
    "BatchNorm2d(2)": "weight bias running_mean running_var num_batches_tracked",
    "MultiheadAttention(4, 2)": "in_proj_weight in_proj_bias out_proj.weight out_proj.bias",
    "MultiheadAttention(4, 2, kdim=3)": "q_proj_weight k_proj_weight v_proj_weight in_proj_bias out_proj.weight "
    "out_proj.bias",
}

ERRORS = {
    "Linear(2, 2).load_state_dict({'weight': rl.ones(3, 3), 'x': rl.ones(1)})": (
        RuntimeError,
        'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". \n\t'
        'Unexpected key(s) in state_dict: "x". \n\tsize mismatch for weight: copying a param with shape '
        "torch.Size([3, 3]) from checkpoint, the shape in current model is torch.Size([2, 2]).",
    ),
    "Module().missing": (AttributeError, "'Module' object has no attribute 'missing'"),
    "Module()(1)": (NotImplementedError, 'Module [Module] is missing the required "forward" function'),
    "setattr(Linear(2, 2), 'weight', rl.ones(2, 2))": (
        TypeError,
        "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)",
    ),
    "Conv2d(3, 4, 3, groups=2)": (ValueError, "in_channels must be divisible by groups"),
    "BatchNorm2d(3)(rl.ones(2, 3))": (ValueError, "expected 4D input (got 2D input)"),
    "LSTM(2, 3)(rl.ones(3, 1, 4))": (
        RuntimeError,
        "input.size(-1) must be equal to input_size. Expected 2, got 4",
    ),
    "Linear(2, 2).to(rl.int32)": (
        TypeError,
        "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int32",
    ),
}


def evaluate(text):
    return eval(text, {"rl": rl, **{name: getattr(nn, name) for name in nn.modules.__all__}})


@pytest.mark.parametrize("text", STARTING_VALUES)
def test_starting_values(text):
    rl.manual_seed(0)
    values = nn.utils.parameters_to_vector(evaluate(text).parameters()).detach()
    found = [values[0].item(), values[-1].item(), values.double().sum().item()]
    assert found == pytest.approx(STARTING_VALUES[text], abs=1e-5)


@pytest.mark.parametrize("text", INITIALIZERS)
def test_initializers(text):
    rl.manual_seed(0)
    t = rl.empty(3, 4)
    eval(f"init.{text}", {"init": nn.init, "t": t})
    assert t[0].tolist() == pytest.approx(INITIALIZERS[text], abs=1e-6)


@pytest.mark.parametrize("text", REPRS)
def test_repr(text):
    assert repr(evaluate(text)) == REPRS[text]


@pytest.mark.parametrize("text", STATES)
def test_state_names(text):
    assert list(evaluate(text).state_dict()) == STATES[text].split()


@pytest.mark.parametrize("text", ERRORS)
def test_errors(text):
    kind, message = ERRORS[text]
    with pytest.raises(kind) as caught:
        evaluate(text)
    assert str(caught.value) == message


def test_registration():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(rl.ones(1))
    assert "x" not in module.__dict__ and list(module._parameters) == ["x"]
    module.x = None
    assert module.x is None and list(module.state_dict()) == []
    del module.x
    module.register_buffer("hidden", rl.ones(1), persistent=False)
    module.shown = nn.Buffer(rl.ones(2))
    assert list(module.state_dict()) == ["shown"]
    assert [name for name, _ in module.named_buffers()] == ["hidden", "shown"]


def test_shared_members_are_listed_once():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.Sequential(shared))
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert len(list(model.named_parameters(remove_duplicate=False))) == 4
    assert len(model.state_dict()) == 4


def test_state_dict_assign_and_metadata():
    layer = nn.Linear(2, 2, device="meta")
    state = {"weight": rl.zeros(2, 2), "bias": rl.ones(2)}
    layer.load_state_dict(state, assign=True)
    assert isinstance(layer.weight, nn.Parameter) and layer.bias.tolist() == [1.0, 1.0]
    assert dict(nn.BatchNorm1d(1).state_dict()._metadata) == {"": {"version": 2}}
    assert repr(layer.load_state_dict(layer.state_dict())) == "<All keys matched successfully>"


def test_state_dict_hooks_and_extra_state():
    class Counting(nn.Module):
        count = 1

        def get_extra_state(self):
            return self.count

        def set_extra_state(self, state):
            self.count = state + 1

    model = nn.Sequential(Counting())
    seen = []
    model.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append(prefix))
    model.register_load_state_dict_post_hook(lambda module, keys: seen.append(tuple(keys)))
    model.load_state_dict(model.state_dict())
    assert model[0].count == 2 and seen == ["", ([], [])]


def test_forward_hooks():
    layer, seen = nn.Linear(2, 2), []
    layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {}), with_kwargs=True)
    handle = layer.register_forward_hook(lambda module, args, output: output * 2)
    layer.register_forward_hook(lambda module, args, output: seen.append(output), always_call=True)
    x = rl.ones(1, 2)
    assert rl.equal(layer(x, ignored=1), 2 * nn.functional.linear(x, layer.weight, layer.bias))
    handle.remove()
    assert rl.equal(layer(x), nn.functional.linear(x, layer.weight, layer.bias))
    with pytest.raises(RuntimeError):
        layer(rl.ones(1, 3))
    assert len(seen) == 3 and seen[-1] is None


def test_full_backward_hooks():
    layer, seen = nn.Linear(2, 2), []
    layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 3,))
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append((grad_input, grad_output)))
    x = rl.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    (grad_input, grad_output) = seen[0]
    assert grad_output[0].tolist() == [[3.0, 3.0]]
    assert rl.allclose(grad_input[0], 3 * layer.weight.detach().sum(0, keepdim=True))
    assert rl.equal(x.grad, grad_input[0]) and layer.bias.grad.tolist() == [3.0, 3.0]


def test_global_hooks():
    seen = []
    handle = nn.modules.module.register_module_forward_hook(lambda module, args, output: seen.append(type(module)))
    with handle:
        nn.Sequential(nn.ReLU())(rl.ones(1))
    nn.ReLU()(rl.ones(1))
    assert seen == [nn.ReLU, nn.Sequential]


def test_conversion_keeps_parameters_and_their_gradients():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    layer(rl.ones(1, 2)).sum().backward()
    layer.to(rl.float64)
    assert layer.weight is weight and weight.dtype == rl.float64 and weight.grad.dtype == rl.float64
    assert layer.to("meta").weight.is_meta
    with pytest.raises(NotImplementedError, match="to_empty"):
        layer.to("cpu")
    assert layer.to_empty(device="cpu").weight.device.type == "cpu"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies(copied):
    model = nn.Sequential(OrderedDict(rnn=nn.LSTM(2, 2), norm=nn.BatchNorm1d(2)))
    other = copied(model)
    assert repr(other) == repr(model)
    for name, tensor in model.state_dict().items():
        assert rl.equal(other.state_dict()[name], tensor)
    assert other.rnn.weight_ih_l0 is not model.rnn.weight_ih_l0
    x = rl.ones(3, 2)
    assert rl.equal(other.rnn(x)[0], model.rnn(x)[0])


def test_lazy_modules():
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))
    model(rl.ones(2, 3, 5, 5))
    assert [type(layer) for layer in model] == [nn.Conv2d, nn.BatchNorm2d, nn.Flatten, nn.Linear]
    assert model[0].weight.shape == (4, 3, 3, 3) and model[3].in_features == 36
    assert type(model[1].running_mean) is rl.Tensor
    other = nn.LazyLinear(2)
    other.load_state_dict(model[3].state_dict())
    assert rl.equal(other.weight, model[3].weight)
    with pytest.raises(RuntimeError, match="no shape yet"):
        _ = nn.LazyLinear(2).weight.shape


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_packed_sequences_equal_each_alone(kind):
    rl.manual_seed(0)
    network = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True)
    sequences = [rl.randn(length, 2) for length in (2, 4, 3)]
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    output, last = network(packed)
    outputs = nn.utils.rnn.unpack_sequence(output)
    for i, sequence in enumerate(sequences):
        alone, last_alone = network(sequence)
        assert rl.allclose(outputs[i], alone, atol=1e-6)
        hidden, hidden_alone = (last[0], last_alone[0]) if kind == "LSTM" else (last, last_alone)
        assert rl.allclose(hidden[:, i], hidden_alone, atol=1e-6)


def test_clipping():
    parameter = nn.Parameter(rl.zeros(2))
    parameter.grad = rl.tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([parameter], 1.0).item() == 5.0
    assert parameter.grad.tolist() == pytest.approx([0.6, 0.8], abs=1e-6)
    nn.utils.clip_grad_value_(parameter, 0.7)
    assert parameter.grad.tolist() == pytest.approx([0.6, 0.7], abs=1e-6)
    parameter.grad.fill_(float("inf"))
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(parameter, 1.0, error_if_nonfinite=True)


def test_weight_norm_is_the_weight_at_first():
    layer = nn.Linear(3, 4)
    weight = layer.weight.detach().clone()
    nn.utils.parametrizations.weight_norm(layer)
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    assert rl.allclose(layer.weight, weight)
    nn.utils.parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and rl.allclose(layer.weight, weight)


def test_functional_call_leaves_the_module():
    layer = nn.Linear(2, 2, bias=False)
    before = layer.weight
    weight = rl.ones(2, 2, requires_grad=True)
    nn.utils.stateless._functional_call(layer, {"weight": weight}, rl.ones(1, 2)).sum().backward()
    assert layer.weight is before and before.grad is None and weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_parameters_without_a_shape_are_not_counted():
    lazy = nn.LazyLinear(2)
    with pytest.raises(ValueError, match="numel"):
        sum(p.numel() for p in lazy.parameters())
    lazy(rl.ones(1, 3))
    assert sum(p.numel() for p in lazy.parameters()) == 8


def test_hooks_of_modules_have_handles_of_one_class():
    handle = nn.ReLU().register_forward_hook(print)
    assert type(handle) is rl.utils.hooks.RemovableHandle
