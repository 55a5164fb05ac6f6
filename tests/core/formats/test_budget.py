"""What one file may cost is counted over all that it holds, however it is packed."""

import gzip
import pickle
import zipfile
from pathlib import Path

import pytest

from inspector.core.errors import FormatError
from inspector.core.formats import open_checkpoint
from tests.checkpoints import zip_archive
from tests.core.formats.archives import codes


def test_pickles_of_many_members_count_together(tmp_path: Path):
    bomb = pickle.dumps([None] * (1 << 17))
    records = [(f"{at}.pkl", bomb) for at in range(30)]
    path = zip_archive(tmp_path / "all.zip", records, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with open_checkpoint(str(path)) as checkpoint:
        assert "unreadable-member" in codes(checkpoint)
        kinds = [node.kind for node in checkpoint.root.children]
        assert kinds == sorted(kinds, key=lambda kind: kind == "cut")
        assert 5 < kinds.count("cut") < 30


def test_long_payloads_cost_nothing(tmp_path: Path):
    (tmp_path / "m").write_bytes(gzip.compress(pickle.dumps({"mask": bytes(20 << 20)})))
    with open_checkpoint(str(tmp_path / "m")) as checkpoint:
        assert checkpoint.root.children[0].kind == "cut"


def test_one_deflated_stream(tmp_path: Path):
    records = [("m/data.pkl", b"\x80\x02" + b"N0" * (12 << 20) + b"N."), ("m/version", b"3")]
    path = zip_archive(tmp_path / "m.pt", records, zipfile.ZIP_DEFLATED)
    with pytest.raises(FormatError, match="inflate"):
        open_checkpoint(str(path))
