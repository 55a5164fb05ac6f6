"""One builder per attack: the bytes that somebody hostile would hand over, and where it is from.

`needs.md` numbers in the comments are those of our own list of techniques. None of these payloads
does anything but touch a file, should somebody run it after all.
"""

from __future__ import annotations

import itertools
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.checkpoints import (
    call,
    dict_of,
    integer,
    legacy_bytes,
    named,
    safetensors_bytes,
    sizes,
    storage_id,
    stream,
    tensor,
    text,
    torch_zip,
    tuple_of,
    zip_archive,
)

Build = Callable[[Path], object]
MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
CANARY = "touch /tmp/inspector-was-here"


class Attack(NamedTuple):
    """A file that must open inertly or be refused in a sentence."""

    name: str
    source: str
    """The advisory, report or paper it is from."""
    build: Build


ATTACKS: list[Attack] = []


def attack(source: str, name: str = "") -> Callable[[Build], Build]:
    def add(build: Build) -> Build:
        ATTACKS.append(Attack(name or build.__name__.replace("_", "-"), source, build))
        return build

    return add


def writes(data: bytes) -> Build:
    return lambda path: path.write_bytes(data)


def zips(data: bytes, storages: dict[str, bytes] | None = None) -> Build:
    return lambda path: torch_zip(path, data, storages)


def archives(records: list[tuple[str, bytes]]) -> Build:
    return lambda path: zip_archive(path, records)


def add(name: str, source: str, build: Build) -> None:
    ATTACKS.append(Attack(name, source, build))


def add_stream(name: str, source: str, data: bytes) -> None:
    """Add an attack that is one pickle, raw and as the data.pkl of a torch zip."""
    ATTACKS.append(Attack(f"{name} (pickle)", source, writes(data)))
    ATTACKS.append(Attack(f"{name} (zip)", source, zips(data)))


def add_zip(name: str, data: bytes) -> None:
    """Add an attack that reading our own code suggested."""
    add(name, "review of inspector/core", zips(data))


# ---- calls of anything: REDUCE and its relatives (needs.md B14) ------------------------------

_SYSTEM = named("os", "system")
_COMMAND = text(CANARY)
add_stream("REDUCE os.system", "Sour Pickles, 2011", stream(call(_SYSTEM, _COMMAND)))
add_stream("protocol 0 REDUCE", "Sour Pickles, 2011", f"cos\nsystem\n(S'{CANARY}'\ntR.".encode())
add_stream("INST os.system", "picklescan malicious3.pkl", f"(S'{CANARY}'\nios\nsystem\n.".encode())
add_stream(
    "OBJ then POP", "fickling GHSA-mxhj-88fx-4pcv", stream(b"(" + _SYSTEM + _COMMAND + b"o0N")
)
add_stream("NEWOBJ", "needs.md B14", stream(_SYSTEM + tuple_of(_COMMAND) + b"\x81"))
add_stream(
    "NEWOBJ_EX",
    "needs.md B14",
    stream(_SYSTEM + tuple_of() + dict_of((text("command"), _COMMAND)) + b"\x92", 4),
)
add_stream(
    "STACK_GLOBAL",
    "needs.md B14",
    stream(text("os") + text("system") + b"\x93" + tuple_of(_COMMAND) + b"R", 4),
)
add_stream("BUILD setstate of os.system", "needs.md B14", stream(_SYSTEM + _COMMAND + b"b"))

for _module, _name, _source in (
    ("builtins", "eval", "JFrog 2024, Hugging Face"),
    ("builtins", "exec", "nullifAI, ReversingLabs 2025"),
    ("__builtin__", "eval", "fickling GHSA-5j3x-jp52-966f"),
    ("builtins", "__import__", "picklescan"),
    ("builtins", "getattr", "StyleTTS2#348"),
    ("nt", "system", "picklescan"),
    ("posix", "system", "picklescan"),
    ("pip", "main", "CVE-2025-1716"),
    ("importlib", "import_module", "GHSA-vvpj-8cmc-gx39"),
    ("pkgutil", "resolve_name", "GHSA-vvpj-8cmc-gx39"),
    ("operator", "attrgetter", "GHSA-955r-x9j8-7rhh"),
    ("operator", "methodcaller", "GHSA-955r-x9j8-7rhh"),
    ("functools", "partial", "needs.md B22"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start", "CVE-2025-10157"),
    ("subprocess", "Popen", "needs.md B23"),
    ("socket", "create_connection", "needs.md B23"),
    ("ctypes", "CDLL", "needs.md B23"),
    ("marshal", "loads", "needs.md B23"),
    ("types", "CodeType", "cloudpickle"),
    ("pickle", "loads", "needs.md B18"),
    ("_pickle", "loads", "needs.md B18"),
    ("torch", "load", "CVE-2025-32434"),
    ("torch.jit", "load", "CVE-2025-32434"),
    ("torch.storage", "_load_from_bytes", "needs.md B18"),
    ("torch.os", "system", "fickling PR#60"),
    ("numpy", "core._internal.sys.modules", "fickling GHSA-5j3x-jp52-966f"),
    ("numpy.testing._private.utils", "runstring", "picklescan"),
    ("numpy.f2py.crackfortran", "getlincoef", "picklescan"),
    ("torch.utils.collect_env", "run", "picklescan"),
    ("webbrowser", "open", "needs.md B23"),
    ("sys", "exit", "needs.md B23"),
    ("pathlib", "os.system", "GHSA-5j3x-jp52-966f"),
):
    _call = call(named(_module, _name), _COMMAND)
    add_stream(f"{_module}.{_name}", _source, stream(dict_of((text("weight"), _call))))

_EVIL_STREAM = stream(call(_SYSTEM, _COMMAND))
_NESTED = b"B" + struct.pack("<I", len(_EVIL_STREAM)) + _EVIL_STREAM
add_stream(
    "hostile pickle in _load_from_bytes",
    "torch/storage.py",
    stream(call(named("torch.storage", "_load_from_bytes"), _NESTED), 3),
)
_EVIL_LEGACY = legacy_bytes(_EVIL_STREAM, [], [])
add_stream(
    "hostile legacy stream in _load_from_bytes",
    "torch/storage.py",
    stream(
        call(
            named("torch.storage", "_load_from_bytes"),
            b"B" + struct.pack("<I", len(_EVIL_LEGACY)) + _EVIL_LEGACY,
        ),
        3,
    ),
)


@attack("legacy streams are nested without end")
def nested_load_from_bytes(path: Path) -> None:
    data = stream(b"N")
    for _ in range(50):
        inner = legacy_bytes(data, [], [])
        packed = b"B" + struct.pack("<I", len(inner)) + inner
        data = stream(call(named("torch.storage", "_load_from_bytes"), packed), 3)
    path.write_bytes(data)


# ---- copyreg codes, persistent ids, buffers ---------------------------------------------------

for _code in (b"\x82\x01", b"\x83\x01\x02", b"\x84\xff\xff\xff\x7f", b"\x82\x00"):
    add_stream(
        f"extension code {_code.hex()}", "modelaudit test_ext", stream(_code + tuple_of() + b"R")
    )
add_stream("PERSID of text", "needs.md B14", b"Pos.system\n.")
for _name, _id in {
    "number": integer(7),
    "nothing": b"N",
    "dict": b"}",
    "five letters": text("storx"),
    "empty tuple": b")",
    "call": call(_SYSTEM, _COMMAND),
}.items():
    add_stream(f"BINPERSID of {_name}", "needs.md B14", stream(_id + b"Q"))
add_stream("out-of-band buffers", "PEP 574", stream(b"\x97\x98\x97", 5))
add_stream("BYTEARRAY8", "PEP 574", stream(b"\x96" + struct.pack("<Q", 3) + b"abc", 5))


# ---- state and items on what must not change (CVE-2026-24747) ---------------------------------

_STATE = dict_of((text("__class__"), _SYSTEM), (text("append"), _SYSTEM))
_SLOTS = tuple_of(b"N", dict_of((text("build"), _SYSTEM), (text("module"), text("os"))))
_TARGETS = {
    "global": named("torch", "FloatStorage"),
    "type": named("builtins", "list"),
    "allowed function": named("torch._utils", "_rebuild_tensor_v2"),
    "list": b"]",
    "tuple": b")",
    "text": text("os"),
    "number": integer(3),
    "dict": b"}",
    "set": b"\x8f",
    "None": b"N",
    "tensor": tensor(),
    "storage": storage_id(),
    "OrderedDict": call(named("collections", "OrderedDict")),
    "device": call(named("torch", "device"), text("cpu")),
    "object": call(named("a", "b")),
}
for _name, _target in _TARGETS.items():
    for _what, _code in {
        "BUILD": _STATE + b"b",
        "BUILD slots": _SLOTS + b"b",
        "SETITEM": text("k") + integer(1) + b"s",
        "APPEND": integer(1) + b"a",
        "APPENDS": b"(" + integer(1) + integer(2) + b"e",
        "ADDITEMS": b"(" + integer(1) + b"\x90",
    }.items():
        ATTACKS.append(
            Attack(
                f"{_what} on {_name}",
                "CVE-2026-24747, modelscan#85",
                zips(stream(_target + _code, 4)),
            )
        )


# ---- memo, stack and stream (needs.md B15, B16, B17, B19) -------------------------------------

add_stream("computed STACK_GLOBAL", "modelscan#89", stream(integer(3) + b"]\x93", 4))
add_stream("STACK_GLOBAL of nothing", "modelscan#89", stream(b"\x93", 4))
add_stream("missing memo", "picklescan keyerror-exploit.pkl", stream(b"h\x07"))
add_stream("missing memo by text", "picklescan type-confusion-exploit.pkl", b"gx\n.")
add_stream("negative memo index", "picklescan", b"I1\np-1\n.")
add_stream("LONG_BINPUT of 2^32-1", "needs.md B25", stream(b"Nr\xff\xff\xff\xff0j\xff\xff\xff\xff"))
add_stream("decimal memo index", "needs.md B25", b"Np99999999999999999999\n.")
add_stream("no STOP", "needs.md B16", stream(call(_SYSTEM, _COMMAND))[:-1])
add_stream(
    "broken after the payload",
    "nullifAI; GHSA-9gvj-pp9x-gcfr",
    stream(call(_SYSTEM, _COMMAND))[:-1] + b"\xff\xfe",
)
add_stream(
    "two streams", "modelaudit test_multi_stream", stream(b"N") + stream(call(_SYSTEM, _COMMAND))
)
add_stream("only a mark", "needs.md B15", stream(b"("))
add_stream("POP of nothing", "needs.md B15", stream(b"0000"))
add_stream("TUPLE without mark", "needs.md B15", stream(b"Nt"))
add_stream("TUPLE3 of one", "needs.md B15", stream(b"N\x87"))
add_stream("SETITEMS odd", "needs.md B15", stream(b"}(Nu"))
add_stream("DICT odd", "needs.md B15", stream(b"(Nd"))
add_stream("empty OBJ", "needs.md B15", stream(b"(o"))
for _length in (0, 1, 1 << 40, (1 << 64) - 1):
    add_stream(
        f"FRAME of {_length}",
        "python/cpython#154848",
        stream(b"\x95" + struct.pack("<Q", _length) + call(_SYSTEM, _COMMAND), 4),
    )
add_stream("protocol 255", "needs.md 4.3", b"\x80\xffN.")
add_stream("protocol 5 inside 2", "needs.md 4.3", stream(b"\x80\x05N"))


@attack("picklescan pytorch_magic_bypass.pt (needs.md B17)")
def magic_number_by_reduce(path: Path) -> None:
    magic = stream(call(named("builtins", "eval"), text("0x1950a86a20f9469cfc6c")))
    path.write_bytes(magic + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + _EVIL_STREAM)


@attack("needs.md B17")
def legacy_protocol_by_reduce(path: Path) -> None:
    number = stream(call(named("builtins", "eval"), text("1001")))
    path.write_bytes(MAGIC + number + pickle.dumps({}, 2) + _EVIL_STREAM)


# ---- resources (needs.md B25) -----------------------------------------------------------------

add_stream(
    "billion laughs by DUP",
    "coldwaterq/pickle_injector billionLaughsAlt.pkl",
    stream(text("lol") + b"2\x86" * 60),
)
_BINGET = b"".join(
    b"(" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"tq" + bytes([i + 1]) for i in range(40)
)
add_stream(
    "billion laughs by BINGET",
    "coldwaterq/pickle_injector globalLaughs.pt",
    stream(text("lol") + b"q\x00" + _BINGET),
)
_KEY_BOMB = stream(b"}" + text("lol") + b"2\x86" * 60 + integer(1) + b"s")
add_stream("tuple bomb as key", "needs.md B25", _KEY_BOMB)
add_stream(
    "tuple bomb in a set",
    "needs.md B25",
    stream(b"\x8f(" + text("lol") + b"2\x86" * 60 + b"\x90", 4),
)
add_stream("200,000 lists deep", "needs.md B25", stream(b"]" * 200_000 + b"a" * 199_999))
add_stream("200,000 tuples deep", "needs.md B25", stream(b")" + b"\x85" * 200_000))
add_stream("200,000 dicts deep", "needs.md B25", stream(b"}N" * 200_000 + b"N" + b"s" * 199_999))
add_stream(
    "200,000 objects deep",
    "needs.md B25",
    stream(named("a", "B") + b"q\x000" + b"h\x00" * 200_000 + b")" + b"\x85R" * 200_000),
)
add_stream("deep tuple as key", "needs.md B25", stream(b"})" + b"\x85" * 200_000 + b"Ns"))
add_stream(
    "deep tuple as state",
    "needs.md B25",
    stream(call(named("a", "B")) + b")" + b"\x85" * 200_000 + b"b"),
)
add_stream("list of itself", "needs.md B25", stream(b"]q\x00h\x00a"))
add_stream("dict of itself", "needs.md B25", stream(b"}q\x00h\x00h\x00s"))
add_stream("object of itself", "needs.md B25", stream(call(named("a", "B")) + b"q\x00h\x00b"))
_COLLIDING = b"".join(integer(i * ((1 << 61) - 1)) + b"N" for i in range(1, 30_000))
add_stream("colliding integers as keys", "needs.md B25", stream(b"}(" + _COLLIDING + b"u"))
add_stream("unhashable keys", "needs.md B25", stream(b"}(]N}N\x8fNu", 4))
add_stream("keys that are calls", "needs.md B25", stream(dict_of((call(_SYSTEM, _COMMAND), b"N"))))
for _width, _code in (
    (8, b"\x8e"),
    (8, b"\x8d"),
    (8, b"\x96"),
    (4, b"\x8b"),
    (4, b"B"),
    (4, b"X"),
    (4, b"T"),
):
    for _claim in (0x7FFFFFFF, (1 << (8 * _width)) - 1):
        _operand = _claim.to_bytes(_width, "little")
        add_stream(
            f"opcode {_code.hex()} claims {_claim} bytes",
            "needs.md B25",
            stream(_code + _operand + b"abc", 4),
        )
add_stream(
    "LONG4 of 100 kB",
    "needs.md B25",
    stream(b"\x8b" + struct.pack("<i", 100_000) + b"\x7f" * 100_000),
)
add_stream("100,000 decimal digits", "needs.md B25", b"I" + b"9" * 100_000 + b"\n.")
add_stream("100,000 decimal digits, long", "needs.md B25", b"L" + b"9" * 100_000 + b"L\n.")
add_stream("underscores and spaces", "needs.md B25", b"I 1_000 \n.")
add_stream(
    "surrogates, NUL, RTL, escapes in keys",
    "needs.md B25",
    stream(
        dict_of(
            *(
                (text(key), integer(1))
                for key in (
                    "\ud800",
                    "\0",
                    "\u202egnp.exe",
                    "\x1b]0;title\x07",
                    "\x1b[2J",
                    "\r\n",
                    "\x9b31m",
                )
            )
        )
    ),
)
add_stream(
    "escapes in class names",
    "needs.md B25",
    stream(
        dict_of(
            (text("a"), call(named("\x1b]0;x\x07", "\x1b[2J"))),
            (text("b"), named("\x9b2J", "\u202eb")),
        )
    ),
)
add_stream("a key of 8 MB", "needs.md B25", stream(dict_of((text("k" * (8 << 20)), tensor()))))
add_stream(
    "text of 30 MB",
    "needs.md B25",
    stream(dict_of((text("v"), text("v" * (30 << 20))))),
)


# ---- tensors that lie (needs.md C26) ----------------------------------------------------------

_HUGE = 1 << 62
for _name, _tensor in {
    "expand bomb": tensor(shape=sizes(1 << 40, 1 << 20), stride=sizes(0, 0)),
    "negative size": tensor(shape=sizes(-1)),
    "huge size": tensor(shape=sizes(_HUGE), stride=sizes(1)),
    "size beyond 64 bit": tensor(shape=sizes(1 << 70), stride=sizes(1)),
    "negative stride": tensor(stride=sizes(-1)),
    "huge stride": tensor(stride=sizes(_HUGE)),
    "negative offset": tensor(offset=integer(-1)),
    "huge offset": tensor(offset=integer(_HUGE)),
    "offset beyond 64 bit": tensor(offset=integer(1 << 70)),
    "shape without stride": tensor(stride=sizes()),
    "shape is text": tensor(shape=text("8")),
    "shape of texts": tensor(shape=tuple_of(text("8"))),
    "1000 dimensions": tensor(shape=sizes(*[1] * 1000), stride=sizes(*[1] * 1000)),
    "storage is a tensor": tensor(tensor()),
    "storage is text": tensor(text("0")),
    "key with ../": tensor(storage_id(text("../../etc/passwd"))),
    "absolute key": tensor(storage_id(text("/etc/passwd"))),
    "key is the pickle": tensor(storage_id(text("../data.pkl"))),
    "key is a number": tensor(storage_id(integer(0))),
    "key is huge": tensor(storage_id(text("k" * 100_000))),
    "negative numel": tensor(storage_id(numel=integer(-8))),
    "huge numel": tensor(storage_id(numel=integer(1 << 60))),
    "numel is text": tensor(storage_id(numel=text("8"))),
    "numel lies": tensor(storage_id(numel=integer(1 << 40))),
    "unknown storage class": tensor(storage_id(cls=named("evil", "Storage"))),
    "storage class is os.system": tensor(storage_id(cls=named("os", "system"))),
    "storage class is text": tensor(storage_id(cls=text("FloatStorage"))),
    "storage class is a list": tensor(storage_id(cls=b"]")),
    "device is a number": tensor(storage_id(device=integer(1))),
    "device with escapes": tensor(storage_id(device=text("\x1b]0;cpu\x07"))),
    "view of a view": tensor(storage_id(view=tuple_of(text("0"), integer(-1), integer(8)))),
    "huge view offset": tensor(
        storage_id(view=tuple_of(text("0"), integer(1 << 9000), integer(8)))
    ),
    "meta of 2^120 elements": call(
        named("torch._utils", "_rebuild_meta_tensor_no_storage"),
        named("torch", "float32"),
        sizes(1 << 60, 1 << 60),
        sizes(1, 1),
        b"\x89",
    ),
    "unknown dtype": call(
        named("torch._utils", "_rebuild_tensor_v3"),
        storage_id(),
        integer(0),
        sizes(8),
        sizes(1),
        b"\x89",
        b"N",
        named("torch", "float999"),
    ),
    "sparse indices out of range": call(
        named("torch._utils", "_rebuild_sparse_tensor"),
        named("torch", "sparse_coo"),
        tuple_of(tensor(), tensor(), sizes(1 << 40)),
    ),
    "quantizer is text": call(
        named("torch._utils", "_rebuild_qtensor"),
        storage_id(),
        integer(0),
        sizes(8),
        sizes(1),
        text("q"),
        b"\x89",
        b"N",
    ),
    "wrapper of an unknown class": call(
        named("torch._tensor", "_rebuild_from_type_v2"),
        _SYSTEM,
        named("a", "B"),
        tuple_of(_COMMAND),
        b"N",
    ),
    "from_type calls eval": call(
        named("torch._tensor", "_rebuild_from_type_v2"),
        named("builtins", "eval"),
        named("torch", "Tensor"),
        tuple_of(_COMMAND),
        b"N",
    ),
}.items():
    _stream = stream(dict_of((text("weight"), _tensor)))
    add(f"tensor: {_name}", "needs.md C26", zips(_stream, {"0": bytes(32)}))
    add(
        f"legacy tensor: {_name}",
        "needs.md C26",
        writes(legacy_bytes(_stream, ["0"], [(8, bytes(32))])),
    )


# ---- found by reading our own code ------------------------------------------------------------

_DEEP = b")" + b"\x85" * 200_000
_SHALLOW = b")" + b"\x85" * 20_000  # still deeper than Python recurses
_BOMB = text("lol") + b"2\x86" * 60
_OURS = "review of inspector/core"
for _name, _odd in {"deep tuple": _DEEP, "tuple bomb": _BOMB}.items():
    for _what, _id in {
        "storage key": storage_id(_odd),
        "storage class": storage_id(cls=_odd),
        "device": storage_id(device=_odd),
        "numel": storage_id(numel=_odd),
        "tag": tuple_of(_odd, b"N", b"N", b"N", b"N") + b"Q",
        "module tag": tuple_of(_odd, b"N") + b"Q",
    }.items():
        _stream = stream(dict_of((text("weight"), tensor(_id))))
        add(f"{_what} is a {_name}", _OURS, zips(_stream))
        if _odd is _DEEP:
            add(f"legacy: {_what} is a {_name}", _OURS, writes(legacy_bytes(_stream, ["0"], [])))
    _keys = stream(b"](" + _odd + b"e")
    _head = legacy_bytes(stream(dict_of((text("w"), tensor()))), ["0"], [])
    add(
        f"list of legacy keys holds a {_name}",
        _OURS,
        writes(_head[: _head.rindex(b"\x80")] + _keys),
    )
    _quantizer = tuple_of(named("torch", "per_channel_affine"), tensor(), tensor(), _odd)
    _arguments = (storage_id(), integer(0), sizes(8), sizes(1), _quantizer, b"\x89", b"N")
    add_zip(
        f"quantizer holds a {_name}",
        stream(dict_of((text("q"), call(named("torch._utils", "_rebuild_qtensor"), *_arguments)))),
    )
    for _function in (
        "torch.Size",
        "torch.device",
        "numpy.dtype",
        "builtins.range",
        "builtins.complex",
        "collections.OrderedDict",
        "collections.Counter",
        "collections.deque",
        "torch.nn.parameter.Parameter",
        "numpy._core.multiarray.scalar",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.numeric._frombuffer",
        "_codecs.encode",
        "copyreg._reconstructor",
        "torch.serialization._get_layout",
        "torch._utils._rebuild_sparse_tensor",
        "torch._utils._rebuild_nested_tensor",
        "torch._utils._rebuild_wrapper_subclass",
        "torch._utils._rebuild_meta_tensor_no_storage",
    ):
        _module, _, _attribute = _function.rpartition(".")
        for _count in range(1, 5):
            add(
                f"{_function} of {_count} {_name}",
                _OURS,
                zips(
                    stream(
                        dict_of(
                            (
                                text("x"),
                                call(
                                    named(_module, _attribute),
                                    *[_odd.replace(_DEEP, _SHALLOW)] * _count,
                                ),
                            )
                        )
                    )
                ),
            )
_from_type = named("torch._tensor", "_rebuild_from_type_v2") + b"q\x000"
add_zip(
    "_rebuild_from_type_v2 of itself",
    stream(_from_type + b"h\x00" + b"(h\x00N" * 20_000 + b"(NNNNt" + b"Nt" * 20_000 + b"R"),
)
for _name, _odd in {
    "number": integer(5),
    "dict": b"}",
    "None": b"N",
    "list": b"]",
    "text": text("ab"),
}.items():
    add_zip(
        f"a key that is a call with a {_name} for arguments",
        stream(b"}" + _SYSTEM + _odd + b"RNs"),
    )
    add_zip(f"a call with a {_name} for arguments", stream(_SYSTEM + _odd + b"R"))
    add_zip(
        f"NEWOBJ_EX with a {_name} for keywords",
        stream(_SYSTEM + b")" + _odd + b"\x92", 4),
    )
_SHARED = text("x" * 1_000_000) + b"q\x000"
add_zip(
    "a key whose call repeats a long text",
    stream(_SHARED + b"}" + _SYSTEM + b"(" + b"h\x00" * 2000 + b"tRNs"),
)
add_zip(
    "a key that is a tuple of long texts",
    stream(
        _SHARED
        + b"}"
        + b"(" * 3
        + (b"h\x00" * 16 + b"t")
        + (b"2" * 15 + b"t")
        + (b"2" * 15 + b"t")
        + b"Ns"
    ),
)
add_zip("a long text 2,000 times", stream(_SHARED + b"](" + b"h\x00" * 2000 + b"e"))
add_zip(
    "a long key above 2,000 values",
    stream(b"}" + text("x" * 1_000_000) + b"](" + b"N" * 2000 + b"es"),
)
add_zip(
    "one state for 3,000 objects",
    stream(
        named("a", "B")
        + b"q\x000}("
        + b"".join(integer(i) + b"N" for i in range(3000))
        + b"uq\x010]("
        + b"h\x00)Rh\x01b" * 3000
        + b"e"
    ),
)
add_zip(
    "one state 3,000 times for an object",
    stream(
        named("a", "B")
        + b")R}("
        + b"".join(integer(i) + b"N" for i in range(3000))
        + b"uq\x010"
        + b"h\x01b" * 3000
    ),
)
add_zip(
    "one list copied into 3,000 others",
    stream(
        named("collections", "deque")
        + b"q\x000]("
        + b"N" * 30_000
        + b"eq\x010]("
        + b"h\x00(h\x01tR" * 3000
        + b"e"
    ),
)
add_zip(
    "one dict copied into 3,000 others",
    stream(
        named("collections", "OrderedDict")
        + b"q\x000}("
        + b"NN" * 15_000
        + b"uq\x010]("
        + b"h\x00(h\x01tR" * 3000
        + b"e"
    ),
)
add_zip(
    "a small tuple 300,000 times",
    stream(b"(" + b"N" * 16 + b"tq\x000](" + b"h\x00" * 300_000 + b"e"),
)
add_zip("5 MB of dicts", stream(b"](" + b"}" * (5 << 20) + b"e"))
add_zip("a hexadecimal number of 4,000 digits", b"I0x" + b"f" * 4000 + b"\n.")
add_zip("a hexadecimal number as key", b"(I0x" + b"f" * 4000 + b"\nNd.")
_NINES = b"L" + b"9" * 4300 + b"L\n"
add_zip("numbers at the limit of digits", stream(b"](" + _NINES + b"L-" + b"9" * 4299 + b"L\ne"))
add(
    "legacy: view offset of 4,300 digits",
    _OURS,
    writes(
        legacy_bytes(
            stream(
                dict_of(
                    (text("w"), tensor(storage_id(view=tuple_of(text("0"), _NINES, integer(8)))))
                )
            ),
            ["0"],
            [],
        )
    ),
)
add(
    "zip: view offset of 4,300 digits",
    _OURS,
    zips(
        stream(
            dict_of((text("w"), tensor(storage_id(view=tuple_of(text("0"), _NINES, integer(8))))))
        )
    ),
)
add(
    "tensor: 64 dimensions of 2^62",
    _OURS,
    zips(
        stream(dict_of((text("w"), tensor(shape=sizes(*[1 << 62] * 64), stride=sizes(*[0] * 64)))))
    ),
)
add(
    "safetensors: 30 dimensions of 2^61",
    _OURS,
    writes(
        safetensors_bytes(
            '{"a":{"dtype":"F32","shape":['
            + ",".join([str(1 << 61)] * 30)
            + '],"data_offsets":[0,8]}}'
        )
    ),
)
_PARTS = tuple((text(part), b"}") for part in ("_parameters", "_buffers", "_modules"))
add_zip(
    "escapes in the class of a module",
    stream(named("m", "\x1b]0;x\x07Net") + b")R" + dict_of(*_PARTS) + b"b"),
)
add_zip(
    "escapes in a numpy dtype",
    stream(
        dict_of(
            (
                text("a"),
                named("numpy", "ndarray")
                + b")R"
                + tuple_of(
                    integer(1),
                    sizes(2),
                    call(named("numpy", "dtype"), text("\x1b]0;x\x07")),
                    b"\x89",
                    b"N",
                )
                + b"b",
            )
        )
    ),
)
add_zip(
    "escapes in a torch dtype",
    stream(
        dict_of(
            (
                text("a"),
                call(
                    named("torch._utils", "_rebuild_meta_tensor_no_storage"),
                    named("torch", "\x1b]0;x\x07"),
                    sizes(2),
                    sizes(1),
                    b"\x89",
                ),
            )
        )
    ),
)
add_zip(
    "escapes in facts and notes",
    stream(
        dict_of(
            (text("epoch"), text("\x1b]0;x\x07")),
            (text("arch"), text("\u202e\x9b2J")),
            (
                text("optimizer"),
                call(named("a", "\x1b]0;x\x07"))
                + dict_of((text("state"), b"}"), (text("param_groups"), b"]"))
                + b"b",
            ),
        )
    ),
)


def colliding_shapes(count: int) -> bytes:
    """Return tensors whose shapes have one hash: n and n + 2^61 - 1 share theirs."""
    period = (1 << 61) - 1
    rows = itertools.product(*[[n, n + period, n + 2 * period] for n in (2, 3, 5, 7, 11, 13, 17)])
    return b"".join(
        text(f"k{i}") + tensor(shape=sizes(*row), stride=sizes(*[0] * 7))
        for i, row in zip(range(count), rows, strict=False)
    )


add_zip("colliding shapes", stream(b"}(" + colliding_shapes(500) + b"u"))


# ---- zip archives (needs.md A) ----------------------------------------------------------------


@attack("CVE-2025-1944 picklescan malicious1_central_directory.zip")
def local_name_differs(path: Path) -> None:
    data = torch_zip(path, stream(b"N")).read_bytes()
    path.write_bytes(data.replace(b"archive/data.pkl", b"archive/evil.pkl", 1))


@attack("CVE-2025-1945 picklescan malicious1_0x1.zip")
def local_flags(path: Path) -> None:
    data = bytearray(torch_zip(path, stream(b"N")).read_bytes())
    data[6] |= 0x61
    path.write_bytes(data)


@attack("CVE-2025-10156 picklescan malicious1_crc.zip")
def wrong_crc(path: Path) -> None:
    data = torch_zip(path, stream(text("benign"))).read_bytes()
    path.write_bytes(data.replace(b"benign", b"hostil", 1))


@attack("needs.md A5: torch's lookup ignores case", "case-folded-duplicate")
def case_folded(path: Path) -> None:
    zip_archive(path, [("archive/data.pkl", stream(b"N")), ("archive/DATA.PKL", _EVIL_STREAM)])


@attack("needs.md A10")
def names_that_escape(path: Path) -> None:
    names = (
        "../../x",
        "/etc/passwd",
        "C:\\x",
        "archive/\0",
        "archive/\u202e",
        "con",
        "archive/./data.pkl",
    )
    zip_archive(path, [("archive/data.pkl", stream(b"N")), *((name, b"x") for name in names)])


@attack("needs.md A9: decompression bomb, 30 MB in 30 kB")
def deflated_zeros(path: Path) -> None:
    zip_archive(path, [("archive/data.pkl", bytes(30 << 20))], zipfile.ZIP_DEFLATED)


@attack("needs.md A9: a bomb that inflates to opcodes")
def deflated_dicts(path: Path) -> None:
    zip_archive(path, [("archive/data.pkl", stream(b"}" * (20 << 20)))], zipfile.ZIP_DEFLATED)


@attack("needs.md A9: the directory declares less than there is")
def inflates_to_more(path: Path) -> None:
    data = zip_archive(path, [("archive/data.pkl", bytes(1 << 20))], 8).read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 16)))


@attack("needs.md A9")
def method_bzip2(path: Path) -> None:
    zip_archive(path, [("archive/data.pkl", stream(b"N"))], zipfile.ZIP_BZIP2)


def _zip_with(
    central: bytes, count: int = 1, size: int | None = None, offset: int | None = None
) -> bytes:
    local = (
        b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 16, 0) + b"archive/data.pkl" + stream(b"N")
    )
    size = len(central) if size is None else size
    offset = len(local) if offset is None else offset
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, 0)
    return local + central + end


def _entry(offset: int = 0, size: int = 5, extra: bytes = b"", method: int = 0) -> bytes:
    name = b"archive/data.pkl"
    return (
        struct.pack(
            "<4s4xHH4x3L3H8xL",
            b"PK\1\2",
            0,
            method,
            zlib.crc32(b""),
            size,
            size,
            len(name),
            len(extra),
            0,
            offset,
        )
        + name
        + extra
    )


for _name, _central in {
    "usual": _entry(),
    "offset behind the end": _entry(offset=1 << 31),
    "offset of something else": _entry(offset=3),
    "size behind the end": _entry(size=1 << 31),
    "zip64 offset of 2^64-1": _entry(0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, (1 << 64) - 1)),
    "zip64 offset of 2^63": _entry(0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 1 << 63)),
    "zip64 size of 2^64-1": _entry(
        size=0xFFFFFFFF, extra=struct.pack("<HHQQ", 1, 16, (1 << 64) - 1, (1 << 64) - 1)
    ),
    "zip64 extra field cut off": _entry(0xFFFFFFFF, extra=struct.pack("<HHH", 1, 24, 0)),
    "zip64 extra field empty": _entry(0xFFFFFFFF, extra=struct.pack("<HH", 1, 0)),
    "extra field tag alone": _entry(0xFFFFFFFF, extra=b"\1"),
    "deflate of nothing": _entry(method=8),
    "implode": _entry(method=6),
}.items():
    add(f"zip: {_name}", "APPNOTE 6.3.10", writes(_zip_with(_central)))
for _name, _data in {
    "directory longer than the file": _zip_with(_entry(), size=1 << 31),
    "directory behind the file": _zip_with(_entry(), offset=1 << 31),
    "65,535 entries": _zip_with(_entry(), count=0xFFFF),
    "no entries": _zip_with(_entry(), count=0),
    "garbled directory": _zip_with(b"PK\1\3" + _entry()[4:]),
    "nothing but an end": b"PK\3\4" + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0),
    "nothing": b"PK\3\4",
    "zip64 locator to nowhere": _zip_with(_entry())[:-22]
    + struct.pack("<4sLQL", b"PK\6\7", 0, (1 << 64) - 1, 1)
    + _zip_with(_entry())[-22:],
    "zip64 locator to itself": _zip_with(_entry())[:-22]
    + struct.pack("<4sLQL", b"PK\6\7", 0, 60, 1)
    + _zip_with(_entry())[-22:],
    "signature of an end in the last bytes": _zip_with(_entry()) + b"PK\5\6",
    "two archives": _zip_with(_entry()) + _zip_with(_entry()),
    "end record's comment is code": _zip_with(_entry())[:-2] + struct.pack("<H", 4) + b"PK\5\6",
}.items():
    add(f"zip: {_name}", "needs.md A", writes(_data))

for _record, _content in {
    "version": b"\x1b]0;3\x07",
    "byteorder": b"middle",
    "version ": b"9" * 60,
}.items():
    add(
        f"zip: record {_record.strip()} says {_content[:12]!r}",
        "needs.md A13",
        archives([("a/data.pkl", stream(b"N")), (f"a/{_record.strip()}", _content)]),
    )


# ---- safetensors (needs.md C27) ---------------------------------------------------------------

_ROW = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
_HEADERS: tuple[tuple[str, str, int | None], ...] = (
    ("header longer than the file", "{}", 1000),
    ("header of 100 MB", "{}", 100_000_000),
    ("header of 2^63", "{}", 1 << 63),
    ("no object", "[]", None),
    ("not JSON", "{garbage", None),
    ("text behind the object", "{} {}", None),
    ("NaN", '{"a":NaN}', None),
    ("deep JSON", '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", None),
    ("deep metadata", '{"__metadata__":{"a":' + "[" * 900 + "]" * 900 + "}}", None),
    ("metadata is a number", '{"__metadata__":5}', None),
    ("metadata is a list", '{"__metadata__":[1]}', None),
    ("metadata is null", '{"__metadata__":null}', None),
    ("metadata of numbers", '{"__metadata__":{"a":1,"b":null}}', None),
    ("duplicate names", '{"a":%s,"a":%s}' % (_ROW, _ROW), None),  # noqa: UP031
    (
        "duplicate members",
        '{"a":{"dtype":"F32","dtype":"I8","shape":[2],"data_offsets":[0,8]}}',
        None,
    ),
    ("overlap", '{"a":%s,"b":%s}' % (_ROW, _ROW), None),  # noqa: UP031
    ("hole", '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', None),
    ("beyond the file", '{"a":{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]}}', None),
    ("ends before it begins", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}', None),
    ("negative offsets", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}', None),
    ("negative shape", '{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', None),
    ("fractions", '{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', None),
    ("booleans", '{"a":{"dtype":"F32","shape":[true],"data_offsets":[0,8]}}', None),
    (
        "overflowing shape",
        '{"a":{"dtype":"F32","shape":[4611686018427387903,4611686018427387903,99],"data_offsets":[0,8]}}',
        None,
    ),
    (
        "size of 2^70",
        '{"a":{"dtype":"F32","shape":[1180591620717411303424],"data_offsets":[0,8]}}',
        None,
    ),
    (
        "number of 5,000 digits",
        '{"a":{"dtype":"F32","shape":[' + "9" * 5000 + '],"data_offsets":[0,8]}}',
        None,
    ),
    (
        "20,000 dimensions",
        '{"a":{"dtype":"F32","shape":['
        + ",".join(["4611686018427387903"] * 20_000)
        + '],"data_offsets":[0,8]}}',
        None,
    ),
    ("unknown dtype", '{"a":{"dtype":"Q7","shape":[2],"data_offsets":[0,8]}}', None),
    (
        "dtype with escapes",
        '{"a":{"dtype":"\\u001b]0;x\\u0007","shape":[2],"data_offsets":[0,8]}}',
        None,
    ),
    ("dtype is a list", '{"a":{"dtype":["F32"],"shape":[2],"data_offsets":[0,8]}}', None),
    ("shape is null", '{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}', None),
    ("shape is an object", '{"a":{"dtype":"F32","shape":{"a":1},"data_offsets":[0,8]}}', None),
    ("one offset", '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}', None),
    ("offsets are text", '{"a":{"dtype":"F32","shape":[2],"data_offsets":"08"}}', None),
    ("entry is a number", '{"a":1}', None),
    ("names with escapes", '{"\\u001b]0;x\\u0007\\ud800\\u202e":' + _ROW + "}", None),
    ("empty name", '{"":' + _ROW + "}", None),
    ("lying shape", '{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,8]}}', None),
)
for _name, _header, _said in _HEADERS:
    _file = safetensors_bytes(_header, bytes(8), _said)
    add(f"safetensors: {_name}", "needs.md C27; SafeTensorError", writes(_file))
add("safetensors: invalid UTF-8", "needs.md C27", writes(safetensors_bytes(b'{"\xff":1}')))
add("safetensors: UTF-16", "needs.md C27", writes(safetensors_bytes('{"a":1}'.encode("utf-16-le"))))
