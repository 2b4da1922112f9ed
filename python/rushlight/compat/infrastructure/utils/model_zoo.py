"""``torch.utils.model_zoo``: the older name of `rushlight.hub.load_state_dict_from_url`."""

from rushlight.hub import load_state_dict_from_url

__all__ = ["load_url"]

load_url = load_state_dict_from_url
