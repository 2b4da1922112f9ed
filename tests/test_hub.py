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


def test_models_come_from_a_repository(tmp_path, monkeypatch):
    repository = tmp_path / "someone_models_main"
    repository.mkdir()
    (repository / "parts.py").write_text("import rushlight as rl\ndef make(n): return rl.nn.Linear(n, 1)\n")
    (repository / "hubconf.py").write_text(
        "dependencies = ['json']\nimport parts as _parts\ndef line(n=2):\n    'A line.'\n    return _parts.make(n)\n"
    )
    monkeypatch.setattr(rl.hub, "_directory", str(tmp_path))
    assert rl.hub.load(str(repository), "line", n=3, source="local").in_features == 3
    assert rl.hub.load("someone/models", "line").in_features == 2
    assert rl.hub.list("someone/models:main") == ["line"]
    assert rl.hub.help("someone/models", "line") == "A line."
    with pytest.raises(RuntimeError, match="Cannot find callable curve in hubconf"):
        rl.hub.load("someone/models", "curve")
    with pytest.raises(RuntimeError, match="Clone https://github.com/other/models into that folder"):
        rl.hub.load("other/models:v1", "line")
    with pytest.raises(ValueError, match="Unknown source"):
        rl.hub.load("someone/models", "line", source="web")
