"""What a Keras config would have Keras import, call and read when the model is made of it.

keras/src/saving/serialization_lib.py: `{"module", "class_name", "config", "registered_name"}`,
where `class_name` may be `function` or `__lambda__`; Keras 1 and 2 write `{"class_name", "config"}`
and lists of code, defaults and closure. Nothing is imported here.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.analyses.scan.lambdas import read_lambda
from tensorboard_plugin_modelinspect.analyses.scan.names import (
    BUILTIN_FUNCTIONS,
    FILE_KEYS,
    GADGETS,
    KERAS2_OPTIMIZERS,
    TELLING_NAMES,
    THIRD_PARTY_MODULES,
)
from tensorboard_plugin_modelinspect.analyses.scan.pickles import is_dangerous
from tensorboard_plugin_modelinspect.analyses.scan.result import (
    Finding,
    Origin,
    Place,
    Severity,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.analyses.scan.texts import describe_meaning, read_meaning
from tensorboard_plugin_modelinspect.model.artifact import Document

_CONFIGS = ("model_config", "training_config", "keras_metadata.pb")
_MOST_VALUES = 1_000_000
_LONGEST = 300
_OWN = frozenset({"keras", "tf_keras", "keras_core", "tensorflow", "tensorflow_core"})
_TF = frozenset({"tensorflow", "tensorflow_core"})
_PLAIN_BUILTINS = frozenset(
    {"tuple", "list", "dict", "set", "slice", "NoneType", "str", "int", "float", "bool", "bytes"}
)
_RUNS = frozenset({"__main__"})
_NUMPY = frozenset({"load", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savetxt"})
_LAMBDA_LAYERS = frozenset({"Lambda", "LambdaCallback"})
_LOADERS = frozenset({"TFSMLayer"})
_UNPICKLERS = frozenset({"TorchModuleWrapper"})
_OP_LAYERS = frozenset({"TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda"})
_LOADING = (Origin("loading"),)


class KerasFindings(NamedTuple):
    """What was found in configs, how many there are, and which could not be read."""

    findings: list[Finding]
    documents: int
    gaps: list[str]


def scan_documents(documents: tuple[Document, ...]) -> KerasFindings:
    """Look at the configs of an artifact. Cost: parses them; a pass over their values."""
    findings: list[Finding] = []
    gaps: list[str] = []
    count = 0
    for document in documents:
        if not _is_config(document.name):
            continue
        count += 1
        try:
            value = json.loads(document.text)
        except (ValueError, RecursionError):
            gaps.append(f"{document.name} is no JSON that can be read, so it was not looked at")
            continue
        walk = _Walk(document.name)
        walk.look(value)
        findings += walk.found.values()
        if walk.is_cut:
            gaps.append(f"{document.name} has more values than were looked at")
    return KerasFindings(findings, count, gaps)


def _is_config(name: str) -> bool:
    return name in _CONFIGS or name.rpartition("/")[2] in ("config.json", "metadata.json")


class _Object(NamedTuple):
    """A serialized object: what Keras makes it of, and where it stands."""

    class_name: str
    module: str | None
    registered: str
    config: Any
    path: str

    @property
    def is_function(self) -> bool:
        """Whether it is named and not made."""
        return self.class_name == "function" and isinstance(self.config, str)

    @property
    def name(self) -> str:
        """What is looked up in the module."""
        return str(self.config) if self.is_function else self.class_name

    @property
    def full_name(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}" if self.module else self.name


class _Walk:
    """One pass over a document."""

    def __init__(self, document: str) -> None:
        self._document = document
        self.found: dict[tuple[str, str, str | None], Finding] = {}
        self.is_cut = False

    def look(self, root: Any) -> None:
        """Look at every value; those of objects by what they are."""
        waiting: list[tuple[Any, str, str]] = [(root, "", "")]
        left = _MOST_VALUES
        while waiting:
            value, path, owner = waiting.pop()
            left -= 1
            if left < 0:
                self.is_cut = True
                return
            if isinstance(value, dict):
                waiting += self._look_at_dict(value, path, owner)
            elif isinstance(value, list):
                waiting += [(one, f"{path}[{i}]", owner) for i, one in enumerate(value)]

    def _look_at_dict(
        self, value: Mapping[str, Any], path: str, owner: str
    ) -> list[tuple[Any, str, str]]:
        thing = _as_object(value, path)
        if thing is not None:
            self._look_at_object(thing)
            owner = thing.class_name
        for key in value:
            if key in FILE_KEYS and isinstance(value[key], str):
                self._look_at_file(owner, key, value[key], _below(path, key))
        return [(one, _below(path, key), owner) for key, one in value.items()]

    def _look_at_object(self, thing: _Object) -> None:
        if thing.class_name == "__lambda__" or thing.class_name in _LAMBDA_LAYERS:
            for path, code in _find_code(thing):
                self._add_lambda(thing, path, code)
            if thing.class_name in _LAMBDA_LAYERS:
                self._look_at_named(thing)
        if thing.class_name in _UNPICKLERS:
            evidence = "making it unpickles a module of torch that is in the config"
            self._add("config-gadget", thing, thing.class_name, None, evidence, "critical")
        if thing.class_name in _OP_LAYERS:
            self._look_at_op(thing)
        self._look_at_import(thing)

    def _look_at_named(self, thing: _Object) -> None:
        """A Lambda layer of Keras 2 whose function is looked up by name, in a module."""
        config = thing.config if isinstance(thing.config, dict) else {}
        for key in ("function", "output_shape", "mask"):
            name, module = (
                config.get(key),
                config.get("module" if key == "function" else f"{key}_module"),
            )
            if not isinstance(name, str) or config.get(f"{key}_type") == "raw":
                continue
            inner = _Object(
                "function", module if isinstance(module, str) else None, "", name, thing.path
            )
            if not name.replace(".", "").isidentifier():
                self._add_source(thing, _below(thing.path, f"config.{key}"), name)
            elif not self._look_at_import(inner):
                evidence = f"calls {inner.full_name}, which is not in the file"
                self._add("lambda-function", thing, inner.full_name, None, evidence)

    def _add_source(self, thing: _Object, path: str, text: str) -> None:
        """A function that is told as Python text; no Keras writes that."""
        telling = [name for name in re.findall(r"\w+", text) if name in TELLING_NAMES]
        severity: Severity = "critical" if telling else "high"
        evidence = f"Python as text that names {', '.join(telling) or 'nothing that tells'}"
        at = thing._replace(path=path)
        shown = text[:_LONGEST]
        self._add("lambda-bytecode", at, _name_of(thing), shown, evidence, severity)

    def _look_at_op(self, thing: _Object) -> None:
        """A layer of Keras 2 that calls a symbol of TensorFlow by its name."""
        config = thing.config if isinstance(thing.config, dict) else {}
        name = config.get("function")
        if isinstance(name, str) and name.rpartition(".")[2] in GADGETS:
            evidence = f"calls tf.{name[:_LONGEST]} with arguments of the config"
            self._add("config-gadget", thing, f"tf.{name[:_LONGEST]}", None, evidence, "critical")

    def _look_at_import(self, thing: _Object) -> bool:
        """What making an object imports; whether that was worth telling."""
        bad = _describe_gadget(thing)
        if bad:
            argument = None if thing.is_function else _shown(thing.config)
            self._add("config-gadget", thing, thing.full_name, argument, bad, "critical")
            return True
        root = (thing.module or "").split(".")[0]
        package = thing.registered.rpartition(">")[0] or thing.class_name.rpartition(">")[0]
        is_builtin = root == "builtins" and not thing.is_function
        is_foreign = thing.module is not None and root not in _OWN and not is_builtin
        if thing.class_name.startswith("__") or not (is_foreign or package):
            return False
        if thing.module is None and thing.class_name.removeprefix("Custom>") in KERAS2_OPTIMIZERS:
            return False  # TensorFlow 2.11 and newer register their own so
        evidence = (
            f"loading looks for {thing.registered or thing.full_name}, which is not in the file"
        )
        self._add("custom-object", thing, thing.full_name, None, evidence)
        return True

    def _look_at_file(self, owner: str, key: str, text: str, path: str) -> None:
        meaning = read_meaning([text])
        is_read = key.startswith("vocab") or owner in _LOADERS
        if not (meaning.is_outside or (is_read and text)):
            return
        severity: Severity = "medium"
        if meaning.is_outside:
            severity = "critical" if meaning.is_sensitive else "high"
        odd = describe_meaning(meaning)
        evidence = f"{owner or 'the config'} has {key}" + (f": {odd}" if odd else "")
        thing = _Object(owner or key, None, "", None, path)
        self._add("config-path", thing, owner or key, text[:_LONGEST], evidence, severity)

    def _add_lambda(self, thing: _Object, path: str, code: str) -> None:
        reading = read_lambda(code)
        self._add(
            "lambda-bytecode",
            thing._replace(path=path),
            _name_of(thing),
            reading.argument,
            reading.evidence,
            reading.severity,
            reading.listing,
        )

    def _add(
        self,
        rule: str,
        thing: _Object,
        what: str,
        argument: str | None,
        evidence: str,
        severity: Severity | None = None,
        listing: tuple[str, ...] = (),
    ) -> None:
        place = Place(file=self._document, inside=thing.path)
        finding = Finding(
            rule, severity or RULES[rule].severity, what[:_LONGEST], place, _LOADING, argument,
            evidence, RULES[rule].advice, listing,
        )  # fmt: skip
        # Of the same class one is shown, but of code each.
        mark = thing.path if rule == "lambda-bytecode" else argument
        self.found.setdefault((rule, what, mark), finding)


def _below(path: str, key: str) -> str:
    return f"{path}.{key[:80]}" if path else key[:80]


def _as_object(value: Mapping[str, Any], path: str) -> _Object | None:
    name, module = value.get("class_name"), value.get("module")
    if name == "__typespec__":  # its class stands elsewhere
        name = value.get("spec_name", name)
    if not isinstance(name, str):
        return None
    registered = value.get("registered_name")
    return _Object(
        name,
        module if isinstance(module, str) else None,
        registered if isinstance(registered, str) else "",
        value.get("config"),
        path,
    )


def _name_of(thing: _Object) -> str:
    name = thing.config.get("name") if isinstance(thing.config, dict) else None
    return f"{thing.class_name} {name}" if isinstance(name, str) else thing.class_name


def _shown(config: Any) -> str | None:
    """A config as it stands, shortened."""
    return None if config in (None, {}, []) else json.dumps(config)[:_LONGEST]


def _find_code(thing: _Object) -> Iterator[tuple[str, str]]:
    """The base64 texts of an object that holds functions, with their paths."""
    config = thing.config
    if thing.class_name == "__lambda__":
        value = config.get("value", config.get("code")) if isinstance(config, dict) else config
        text = value[0] if isinstance(value, list) and value else value
        if isinstance(text, str):
            yield _below(thing.path, "config.value"), text
    elif isinstance(config, dict):
        for key in ("function", "output_shape", "mask"):
            value = config.get(key)
            if isinstance(value, list) and value and isinstance(value[0], str):
                yield _below(thing.path, f"config.{key}"), value[0]


def _describe_gadget(thing: _Object) -> str:
    """Why making an object does more than to make a layer; empty if it does not."""
    if thing.module is None:
        return ""
    root = thing.module.split(".")[0]
    if root == "builtins" and not thing.is_function and thing.class_name in _PLAIN_BUILTINS:
        return ""
    if root in _OWN:
        is_bad = thing.name in GADGETS or ".lib.io" in thing.module or ".raw_ops" in thing.module
        is_bad = is_bad or (
            root in _TF and thing.module.startswith(("tensorflow.io", "tensorflow.raw"))
        )
        return f"calls {thing.full_name}, which does more than to compute" if is_bad else ""
    if root == "builtins":
        is_bad = thing.name in BUILTIN_FUNCTIONS or not thing.is_function
        return f"calls Python's own {thing.name}" if is_bad else ""
    if root == "numpy":
        return (
            f"calls {thing.full_name}, which reads or writes files" if thing.name in _NUMPY else ""
        )
    if root in sys.stdlib_module_names and root not in _RUNS:
        return f"imports {thing.module} of Python's own library and calls {thing.name}"
    if root in THIRD_PARTY_MODULES or is_dangerous(thing.full_name):
        return f"imports {thing.module} and calls {thing.name}"
    return ""
