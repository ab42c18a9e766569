"""Write `analyses/portability/op_history.json`: which TensorFlow knows which op and attribute.

    python -m tools.portability.op_history [FOLDER]

Gets a wheel of each minor release, asks its library for the ops that it registers, and deletes it:
6 GB of downloads, one after the other. What was read is kept in FOLDER, and read there again.
Needs Python 3.6, 3.7, 3.8 and 3.10 on the PATH, since libraries want the Python they are for.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tools.portability.wheels import RELEASES, Release, read_ops, unpacked

TARGET = (
    Path(__file__).parents[2]
    / "tensorboard_plugin_modelinspect/analyses/portability/op_history.json"
)
_LEFT_OUT = ("_Mkl", "__Mkl", "_Nop", "_OneDnn", "_ITEX")
"""Rewrites for one kind of processor; no file holds them."""
_PRODUCER = re.compile(r"#define TF_GRAPH_DEF_VERSION (\d+)")
_TYPE = re.compile(r"\bDT_[A-Z0-9_]+ = (\d+)")


class Registry(NamedTuple):
    """What a release says of itself: its ops, GraphDef version and numbers of element types."""

    release: Release
    ops: dict[str, Any]
    producer: int
    types: list[int]


def main() -> None:
    """Write the file."""
    if sys.argv[1:]:
        registries = [_collect(release, Path(sys.argv[1])) for release in RELEASES]
    else:
        with tempfile.TemporaryDirectory() as folder:
            registries = [_collect(release, Path(folder)) for release in RELEASES]
    TARGET.write_text(format_history(registries), encoding="utf-8")
    print(f"{TARGET.name}: {len(registries)} releases, {TARGET.stat().st_size:,} bytes")


def _collect(release: Release, folder: Path) -> Registry:
    from tensorboard.compat.proto import op_def_pb2

    raw, about = folder / f"{release.version}.pb", folder / f"{release.version}.json"
    if not about.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with unpacked(release) as content:
            raw.write_bytes(read_ops(release, content).SerializeToString())
            about.write_text(json.dumps(_read_headers(content)))
        print(release.version, about.read_text()[:60], flush=True)
    said = json.loads(about.read_text())
    ops = op_def_pb2.OpList.FromString(raw.read_bytes()).op
    kept = {op.name: op for op in ops if not op.name.startswith(_LEFT_OUT)}
    return Registry(release, kept, said["producer"], said["types"])


def _read_headers(folder: Path) -> dict[str, Any]:
    """GraphDef version and element types, of `public/version.h` and `framework/types.pb.h`."""
    patterns = ("core/public/*version.h", "core/framework/types.pb.h")
    headers = [path for pattern in patterns for path in folder.rglob(pattern)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in headers)
    (producer,) = set(_PRODUCER.findall(text))
    types = {int(number) for number in _TYPE.findall(text)}
    return {"producer": int(producer), "types": sorted(types & DTYPES.keys())}


def format_history(registries: Sequence[Registry]) -> str:
    """The content of the file: a line for each release and op."""
    releases = [
        json.dumps([one.release.minor, one.producer], separators=(",", ":")) for one in registries
    ]
    types: dict[str, int] = {}
    for number, registry in enumerate(registries):
        for dtype in registry.types:
            types.setdefault(DTYPES[dtype].name, number)
    names = sorted({name for registry in registries for name in registry.ops})
    ops = [
        f"{json.dumps(name)}:{json.dumps(_history(name, registries), separators=(',', ':'))}"
        for name in names
    ]
    lines = (
        '{"releases":[',
        ",\n".join(releases),
        f'],"types":{json.dumps(types)},"ops":{{',
        ",\n".join(ops),
        "}}",
    )
    return "\n".join([*lines, ""])


def _history(name: str, registries: Sequence[Registry]) -> list[Any]:
    """First release, one past the last, GraphDef version that forbids it, and attributes."""
    known = [(place, one.ops[name]) for place, one in enumerate(registries) if name in one.ops]
    last = known[-1][1]
    until = known[-1][0] + 1
    attributes = dict(_attributes(known, until))
    return [
        known[0][0],
        until if until < len(registries) else None,
        last.deprecation.version or None,
        attributes,
    ]


def _attributes(known: list[tuple[int, Any]], until: int) -> Iterator[tuple[str, list[Any]]]:
    """Of each attribute: first release, one past the last, default, allowed values by release.

    Numbers are left out at the end where they say nothing: known as long as the op, no default.
    """
    seen: dict[str, list[tuple[int, Any]]] = {}
    for place, op in known:
        for attribute in op.attr:
            seen.setdefault(attribute.name, []).append((place, attribute))
    for name in sorted(seen):
        places = seen[name]
        last = places[-1][1]
        since = places[0][0] if places[0][0] != known[0][0] else None
        end = places[-1][0] + 1 if places[-1][0] + 1 != until else None
        default = as_text(last.default_value) if last.HasField("default_value") else None
        row = [since, end, default, _allowed(places)]
        while row and row[-1] in (None, {}):
            row.pop()
        yield name, row


def _allowed(places: list[tuple[int, Any]]) -> dict[str, str]:
    """Allowed types and texts by the release that allowed them first; empty if all are."""
    since: dict[str, int] = {}
    for place, attribute in places:
        values = _values(attribute.allowed_values.list)
        if not values:
            # It was open, and may be by now what an older release did not restrict.
            since = {} if place == places[-1][0] else since
        for value in values:
            since.setdefault(value, place)
    if not _values(places[-1][1].allowed_values.list):
        return {}
    groups: dict[str, list[str]] = {}
    for value, place in since.items():
        groups.setdefault(str(place), []).append(value)
    return {place: " ".join(sorted(values)) for place, values in groups.items()}


def _values(allowed: Any) -> list[str]:
    types = [DTYPES[number].name for number in allowed.type if number in DTYPES]
    return types + [text.decode() for text in allowed.s]


def as_text(value: Any) -> str:
    """An `AttrValue` as `analyses/portability/history.py` writes those of nodes."""
    kind = value.WhichOneof("value")
    if kind == "type":
        return DTYPES[value.type].name if value.type in DTYPES else "?"
    if kind == "b":
        return "true" if value.b else "false"
    if kind in ("i", "f"):
        return str(getattr(value, kind))
    if kind == "s":
        return str(value.s.decode(errors="surrogateescape"))
    if kind == "list":
        return _list_text(value.list)
    if kind == "shape":
        return "?" if value.shape.unknown_rank else _shape_text(value.shape)
    return "?"


def _list_text(values: Any) -> str:
    texts = [str(one) for one in (*values.i, *values.f)]
    texts += ["true" if one else "false" for one in values.b]
    texts += [DTYPES[one].name for one in values.type if one in DTYPES]
    texts += [one.decode(errors="surrogateescape") for one in values.s]
    texts += [_shape_text(one) for one in values.shape]
    return f"[{','.join(texts)}]"


def _shape_text(shape: Any) -> str:
    return f"({','.join(str(dim.size) for dim in shape.dim)})"


if __name__ == "__main__":
    main()
