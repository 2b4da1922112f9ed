"""Softmax over many classes, faster where a few of them are frequent."""

from collections import namedtuple
from itertools import pairwise

import rushlight as rl

from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """log P(class) = log P(cluster) + log P(class | cluster), with classes sorted by frequency into clusters.

    The head scores the classes before `cutoffs[0]` and one entry per cluster; cluster i scores its own classes from
    in_features / div_value^(i+1) values. Input (N, in_features) and target (N) give `output` (N), the log-probability
    of each target, and `loss`, minus its mean. Source: Grave et al., 2017.

    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0)
    >>> layer(rl.ones(2, 8), rl.tensor([3, 12])).output.shape
    torch.Size([2])
    """

    def __init__(self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None):
        super().__init__()
        cutoffs = list(cutoffs)
        _check_cutoffs(cutoffs, n_classes)
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        factory = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **factory)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(pairwise(self.cutoffs), 1):
            hidden = int(in_features // div_value**i)
            projection = Linear(in_features, hidden, bias=False, **factory)
            self.tail.append(Sequential(projection, Linear(hidden, stop - start, bias=False, **factory)))

    def reset_parameters(self):
        """Draw new values."""
        self.head.reset_parameters()
        for projection, scores in self.tail:
            projection.reset_parameters()
            scores.reset_parameters()

    def forward(self, input_, target_):
        _check_shapes(input_, target_)
        batched = target_.dim() == 1
        input, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        if target.numel() and not (0 <= int(target.min()) and int(target.max()) < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], "
                f"but values in range [{target.min().item()}, {target.max().item()}] were found. "
            )
        within, head_index = self._within_clusters(input, target)
        head = F.log_softmax(self.head(input), dim=1)
        output = within + head.gather(1, head_index.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _within_clusters(self, input, target):
        """log P(class | cluster) of each target, and the index in the head that stands for it."""
        within = input.new_zeros(target.size(0))
        head_index = target.clone()
        for i, (start, stop) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= start) & (target < stop)).nonzero().squeeze(1)
            if rows.numel() == 0:
                continue
            scores = F.log_softmax(self.tail[i](input.index_select(0, rows)), dim=1)
            chosen = scores.gather(1, (target[rows] - start).unsqueeze(1)).squeeze(1)
            within = within.index_copy(0, rows, chosen)
            head_index.index_fill_(0, rows, self.shortlist_size + i)
        return within, head_index

    def _get_full_log_prob(self, input, head_output):
        head = F.log_softmax(head_output, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + i].unsqueeze(1)
            parts.append(F.log_softmax(tail(input), dim=1) + cluster)
        return rl.cat(parts, dim=1)

    def log_prob(self, input):
        """The log-probability of every class: (N, in_features) to (N, n_classes)."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input):
        """The most probable class of each row; clusters are scored only where the head prefers one."""
        head_output = self.head(input)
        output = head_output.argmax(dim=1)
        rows = (output >= self.shortlist_size).nonzero().squeeze(1)
        if rows.numel():
            output[rows] = self._get_full_log_prob(input[rows], head_output[rows]).argmax(dim=1)
        return output


def _check_cutoffs(cutoffs, n_classes):
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    increasing = all(low < high for low, high in pairwise(cutoffs))
    whole = all(int(c) == c for c in cutoffs)
    if not (increasing and whole and min(cutoffs) > 0 and max(cutoffs) < n_classes):
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, "
            "where each value is between 1 and n_classes-1"
        )


def _check_shapes(input, target):
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and input.size(0) != target.size(0):
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    if input.dim() != target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, "
            f"but found inputs with size {input.size()}"
        )
