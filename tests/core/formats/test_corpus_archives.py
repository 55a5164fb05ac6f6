"""Archives that other people wrote: as many tensors as were read from them independently."""

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.core.errors import UnknownFormat
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import CORPUS

EXPECTED = CORPUS / "expected.jsonl"
FORMATS = {
    "torchscript": "torchscript",
    "torch.package": "torch-package",
    "sb3-zip": "zip",
    "gzip:whole-pickled-object": "pickle",
}
NAMED = {
    "gh_netsys-edinburgh_morphling/optimizer.pt": "without its record data.pkl",
    "gh_mmaitre314_picklescan/bad_pytorch.pt": "PNG picture",
    "gh_dotnet_TorchSharp/adam1.dat": "saved by TorchSharp",
    "gh_dotnet_TorchSharp/bug510.dat": "saved by TorchSharp",
    "gh_OpenNMT_OpenNMT-py/model.bin": "CTranslate2",
}


def rows() -> list[dict[str, Any]]:
    if not EXPECTED.exists():
        return []
    return [json.loads(line) for line in EXPECTED.read_text().splitlines()]


def path_of(name: str) -> Path:
    if not (CORPUS / "files" / name).exists():
        pytest.skip("the corpus is not on this machine")
    return CORPUS / "files" / name


@pytest.mark.skipif(not EXPECTED.exists(), reason="the corpus is not on this machine")
@pytest.mark.parametrize(
    "row", [row for row in rows() if row["kind"] in FORMATS], ids=lambda row: row["path"]
)
def test_archives(row: dict[str, Any]):
    with open_checkpoint(str(path_of(row["path"]))) as checkpoint:
        assert checkpoint.format == FORMATS[row["kind"]]
        found = [tensor for _, tensor in tensors(checkpoint.root)]
        assert len(found) == row["n_tensors"]
        looks = sorted((list(tensor.shape), tensor.dtype.name) for tensor in found)
        if len(found) <= 50:  # all of them are listed
            assert looks == sorted((item["shape"], item["dtype"]) for item in row["tensors"])
        for tensor in found:
            if tensor.storage is not None:
                data = checkpoint.read(tensor.storage, 0, tensor.storage.nbytes)
                assert len(data) == tensor.storage.nbytes


@pytest.mark.parametrize("name", NAMED)
def test_what_is_no_checkpoint_is_named(name: str):
    with pytest.raises(UnknownFormat, match=NAMED[name]):
        open_checkpoint(str(path_of(name)))
