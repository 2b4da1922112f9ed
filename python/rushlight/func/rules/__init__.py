"""How each operation runs on a whole batch; a rule returns ``NotImplemented`` where the batch must be looped over."""

from rushlight.func.rules.contraction import CONTRACTIONS
from rushlight.func.rules.convolution import CONVOLUTIONS
from rushlight.func.rules.elementwise import ELEMENTWISE
from rushlight.func.rules.index import INDEXING
from rushlight.func.rules.looped import loop
from rushlight.func.rules.loss import LOSSES
from rushlight.func.rules.random import RANDOM
from rushlight.func.rules.reduction import REDUCTIONS
from rushlight.func.rules.refused import REFUSED
from rushlight.func.rules.view import VIEWS

RULES = {
    **ELEMENTWISE,
    **REDUCTIONS,
    **VIEWS,
    **CONTRACTIONS,
    **INDEXING,
    **CONVOLUTIONS,
    **LOSSES,
    **RANDOM,
    **REFUSED,
}

__all__ = ["RULES", "loop"]
