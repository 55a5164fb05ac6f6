"""Legacy streams: storages one behind the other, and what can be wrong about them."""

from pathlib import Path

import pytest
import torch

from inspector.core.errors import InspectorError, SourceError
from inspector.core.formats import open_checkpoint
from inspector.core.model import tensors
from tests.checkpoints import (
    dict_of,
    integer,
    legacy_bytes,
    save_legacy,
    sizes,
    storage_bytes,
    storage_id,
    stream,
    tensor,
    text,
    tuple_of,
)

ONE = stream(dict_of((text("w"), tensor())))


def codes(path: Path) -> list[str]:
    with open_checkpoint(str(path)) as checkpoint:
        return [finding.code for finding in checkpoint.findings]


def write(path: Path, *args: object) -> Path:
    path.write_bytes(legacy_bytes(*args))  # type: ignore[arg-type]
    return path


def test_a_whole_stream_has_no_findings(tmp_path: Path) -> None:
    assert codes(write(tmp_path / "a.pt", ONE, ["0"], [(8, bytes(32))])) == []


def test_a_stream_cut_behind_its_structure(tmp_path: Path) -> None:
    value = {"a": torch.arange(4.0), "b": torch.arange(100.0)}
    path = save_legacy(tmp_path / "a.pt", value)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with open_checkpoint(str(path)) as checkpoint:
        assert [finding.code for finding in checkpoint.findings] == ["truncated"]
        readable = 0
        for where, found in tensors(checkpoint.root):
            assert found.storage is not None
            content = storage_bytes(value[where[0]])
            try:
                assert checkpoint.read(found.storage, 0, found.storage.nbytes) == content
                readable += 1
            except SourceError:
                pass
        assert readable == 1


def test_a_stream_cut_inside_its_structure(tmp_path: Path) -> None:
    path = save_legacy(tmp_path / "a.pt", {"a": torch.ones(4)})
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InspectorError, match="ends before its STOP"):
        open_checkpoint(str(path))


def test_bytes_behind_the_last_storage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", ONE, ["0"], [(8, bytes(32))])
    path.write_bytes(path.read_bytes() + b"more")
    assert codes(path) == ["trailing-bytes"]


def test_a_storage_that_the_list_of_keys_leaves_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", ONE, [], [])
    assert "truncated" in codes(path)
    with open_checkpoint(str(path)) as checkpoint, pytest.raises(SourceError):
        checkpoint.read(checkpoint.storages["0"], 0, 4)


def test_views_of_a_storage(tmp_path: Path) -> None:
    """Before torch 0.4 a storage could be a part of another (serialization.py, `view_metadata`)."""
    view = tuple_of(text("1"), integer(2), integer(4))
    viewed = tensor(storage_id(view=view), shape=sizes(4))
    base = tensor(storage_id(view=b"N"))
    content = torch.arange(8.0).numpy().tobytes()
    body = stream(dict_of((text("whole"), base), (text("view"), viewed)))
    path = write(tmp_path / "a.pt", body, ["0"], [(8, content)])
    loaded = torch.load(path, weights_only=False)
    with open_checkpoint(str(path)) as checkpoint:
        whole, part = (found for _, found in tensors(checkpoint.root))
        assert part.storage is whole.storage
        assert part.offset == 2
        assert part.storage is not None
        assert checkpoint.read(part.storage, *part.extent) == loaded["view"].numpy().tobytes()


def test_a_count_that_differs_from_the_id(tmp_path: Path) -> None:
    assert codes(write(tmp_path / "a.pt", ONE, ["0"], [(9, bytes(32))])) != []


def test_a_key_with_two_sizes(tmp_path: Path) -> None:
    other = tensor(storage_id(numel=integer(4)), shape=sizes(4))
    body = stream(dict_of((text("a"), tensor()), (text("b"), other)))
    path = write(tmp_path / "a.pt", body, ["0"], [(8, bytes(32))])
    assert "storage-conflict" in codes(path)
