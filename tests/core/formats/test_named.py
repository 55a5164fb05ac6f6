"""Files that are no checkpoints get their real name and a next step."""

from pathlib import Path

import pytest
import torch

from inspector.core.errors import UnknownFormat
from inspector.core.formats import open_checkpoint

FILES = {
    "zstd": (b"\x28\xb5\x2f\xfd\x24\x10", "compressed with zstd", "zstd -d"),
    "lz4": (b"\x04\x22\x4d\x18\x64\x40", "compressed with lz4", "lz4 -d"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "7z archive", "Unpack"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\xd5\x01\n", "an ONNX model", "PyTorch"),
    "saved model": (b"\x08\x01\x12\xd1\xbf\x02\n\xd0\x01", "TensorFlow SavedModel", "program"),
    "gguf": (b"GGUF\x03\0\0\0", "GGUF model", "checkpoint"),
    "ggml": (b"lmgg\0\0\0\0", "GGML model", "checkpoint"),
    "torch7": (b"\4\0\0\0\1\0\0\0\3\0\0\0V 1\r\0\0\0nn.Sequential", "Lua Torch 7", "torchfile"),
    "torch7 text": (b"4\n1\n3\nV 1\n13\nnn.Sequential\n", "Lua Torch 7", "torchfile"),
    "hdf5": (b"\x89HDF\r\n\x1a\n\0", "HDF5", "program"),
    "mxnet": (b"\x12\x01\0\0\0\0\0\0\0\0\0\0", "MXNet", "program"),
    "tflite": (b"\x1c\0\0\0TFL3\0\0", "TensorFlow Lite", "program"),
    "flax": (b"\x82\xa6params\x81\xa5Dense", "msgpack", "flax"),
    "darknet": (b"\0\0\0\0\2\0\0\0\5\0\0\0\0}\xe8\0", "Darknet", "program"),
    "ctranslate2": (b"\6\0\0\0\x10\0TransformerSpec\0\7\0", "CTranslate2", "checkpoint"),
    "torchsharp": (b"\2\x0dlinear.weight\6\2\3\4" + bytes(48), "saved by TorchSharp", "exportsd"),
    "index": (
        b'{"metadata": {"total_size": 9}, "weight_map": {"a": "m-1.bin"}}',
        "index of a checkpoint in several files",
        "lists",
    ),
    "config": (b'{"architectures": ["BertModel"]}', "configuration of a model", "weights"),
    "json": (b'{"a": 1}', "a JSON text", "belongs to"),
    "tf index": (b'model_checkpoint_path: "model.ckpt-1"\n', "TensorFlow checkpoint", "program"),
    "refused": (
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>x</Message></Error>',
        "storage service (AccessDenied)",
        "refused",
    ),
    "page": (b"<!DOCTYPE html><title>Log &amp; in</title>", "entitled “Log & in”", "again"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="x" version="11">', "OpenVINO", "PyTorch"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG picture", ""),
    "empty zip": (b"PK\5\6" + bytes(18), "an empty zip archive", "again"),
    "empty": (b"", "empty (0 bytes)", "again"),
    "zeros": (bytes(5000), "zeros", ""),
    "unknown": (b"\xf7\xf8\xf9" * 50, "begins with the bytes f7 f8 f9", "encrypted"),
}


@pytest.mark.parametrize("name", FILES)
def test_names(tmp_path: Path, name: str):
    content, what, hint = FILES[name]
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(UnknownFormat) as raised:
        open_checkpoint(str(tmp_path / "model.pt"))
    assert what in raised.value.message
    assert hint in raised.value.hint
    assert "\n" not in str(raised.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_flatbuffer_of_torch_is_named(tmp_path: Path):
    module = torch.jit.script(torch.nn.Linear(2, 2))
    module._save_for_lite_interpreter(str(tmp_path / "m.ptl"), _use_flatbuffer=True)
    with pytest.raises(UnknownFormat, match="flatbuffer"):
        open_checkpoint(str(tmp_path / "m.ptl"))
