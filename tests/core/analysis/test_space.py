"""Shared and wasted storages, on files that torch wrote."""

from __future__ import annotations

from pathlib import Path

import torch

from inspector.core.analysis.space import Space, space_of
from inspector.core.analysis.space import space_sentences as sentences
from inspector.core.formats import open_checkpoint


def space(path: Path, value: object) -> Space:
    torch.save(value, path)
    with open_checkpoint(str(path)) as checkpoint:
        return space_of(checkpoint)


def test_separate_tensors_share_and_waste_nothing(tmp_path: Path) -> None:
    found = space(tmp_path / "a.pt", {"a": torch.zeros(3), "b": torch.zeros(2, 2), "c": 1})
    assert (found.shared, found.wasted, found.stored) == ((), (), 28)


def test_tied_weights_are_one_storage_under_several_names(tmp_path: Path) -> None:
    weight = torch.randn(4, 3)
    found = space(tmp_path / "a.pt", {"in": weight, "other": torch.zeros(1), "out": weight})
    (shared,) = found.shared
    assert shared.tied
    assert shared.paths == (("in",), ("out",))
    assert found.wasted == ()


def test_parts_of_one_storage_are_shared_but_not_tied(tmp_path: Path) -> None:
    whole = torch.randn(10)
    found = space(tmp_path / "a.pt", {"head": whole[:4], "tail": whole[4:]})
    (shared,) = found.shared
    assert not shared.tied
    assert found.unused == 0


def test_a_slice_keeps_its_whole_storage(tmp_path: Path) -> None:
    found = space(tmp_path / "a.pt", {"rows": torch.zeros(1000, 1000)[:2]})
    assert found.stored == 4_000_000
    assert found.unused == 4_000_000 - 8_000
    (sentence,) = sentences(found)
    assert sentence.startswith("3.99 MB of 4.00 MB")
    assert "rows" in sentence


def test_bytes_between_overlapping_and_distant_views_count_once(tmp_path: Path) -> None:
    whole = torch.arange(10.0)
    found = space(tmp_path / "a.pt", {"a": whole[0:4], "b": whole[2:5], "c": whole[8:9]})
    assert found.unused == 4 * (10 - 5 - 1)


def test_zero_elements_and_expanded_views(tmp_path: Path) -> None:
    found = space(
        tmp_path / "a.pt",
        {"none": torch.zeros(5)[:0], "wide": torch.zeros(1).expand(1 << 20, 1 << 20)},
    )
    assert [(waste.unused, waste.paths) for waste in found.wasted] == [(20, (("none",),))]


def test_parts_of_sparse_tensors_count_for_the_tensor(tmp_path: Path) -> None:
    found = space(tmp_path / "a.pt", {"eye": torch.eye(3).to_sparse()})
    assert found.unused == 0
    assert found.shared == ()


def test_equal_storages_are_found_by_their_checksums(tmp_path: Path) -> None:
    weight = torch.randn(100, 100)
    value = {"a": weight, "b": weight.clone(), "c": torch.randn(100, 100), "n": torch.zeros(1)}
    found = space(tmp_path / "a.pt", value | {"m": torch.zeros(1)})
    (group,) = found.duplicates
    assert [storage.key for storage in group.storages] == ["0", "1"]
    assert group.spare == 40_000
    assert any("40.0 kB are probably stored more than once" in said for said in sentences(found))


def test_formats_without_checksums_say_nothing_of_duplicates(tmp_path: Path) -> None:
    weight = torch.randn(100, 100)
    path = tmp_path / "legacy.pt"
    value = {"a": weight, "b": weight.clone()}
    torch.save(value, path, _use_new_zipfile_serialization=False)
    with open_checkpoint(str(path)) as checkpoint:
        assert space_of(checkpoint).duplicates == ()


def test_sentences_name_ties_views_and_waste(tmp_path: Path) -> None:
    tied, whole = torch.randn(4, 3), torch.randn(1000)
    value = {"in": tied, "out": tied, "head": whole[:4], "tail": whole[4:8]}
    said = sentences(space(tmp_path / "a.pt", value))
    assert said == [
        "One tensor under several names: in, out.",
        "2 tensors are parts of 1 storage.",
        "3.97 kB of 4.05 kB in storages are used by no tensor, most behind head.",
    ]
