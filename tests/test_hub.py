"""Weights from a URL: the cache, the hash check and the errors."""

import hashlib
import os

import pytest

import rushlight as rl
from rushlight.hub import load_state_dict_from_url
from rushlight.serialization import save


def test_hub(tmp_path):
    save({"x": rl.ones(2)}, tmp_path / "plain")
    digest = hashlib.sha256((tmp_path / "plain").read_bytes()).hexdigest()
    for prefix in (digest[:8], "deadbeef"):
        (tmp_path / f"m-{prefix}.pt").write_bytes((tmp_path / "plain").read_bytes())
    source, cache = tmp_path.as_uri(), tmp_path / "cache"
    state = load_state_dict_from_url(f"{source}/m-{digest[:8]}.pt", cache, check_hash=True)
    assert state["x"].tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="invalid hash"):
        load_state_dict_from_url(f"{source}/m-deadbeef.pt", cache, check_hash=True)
    with pytest.raises(RuntimeError, match="cannot read"):
        load_state_dict_from_url(f"{source}/nothing.pt", cache)
    assert os.listdir(cache) == [f"m-{digest[:8]}.pt"]
