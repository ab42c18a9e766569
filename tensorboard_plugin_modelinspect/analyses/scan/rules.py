"""The rules of the scan: what each is about, how bad it is at least, what to do.

docs/scan.md has the same table; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.scan.result import Severity

_ASK = "Ask who made the model what it is for, and do not load or serve it before."
_CHECK = "Look at the argument and at who reaches it; load the model only if both are meant."


class Rule(NamedTuple):
    """A rule.

    Attributes:
        title: What is found, for people.
        severity: What it has unless `grading.py` or its finder says otherwise.
        advice: A sentence.
    """

    title: str
    severity: Severity
    advice: str


RULES: Mapping[str, Rule] = {
    "python-call": Rule(
        "Calls Python outside of the model",
        "high",
        "The function is not in the file: find out which one is meant, or export without it.",
    ),
    "file-read": Rule("Reads a file", "high", _CHECK),
    "file-list": Rule("Lists folders", "medium", _CHECK),
    "file-write": Rule("Writes a file", "high", _ASK),
    "summary-write": Rule("Writes summaries", "medium", "Export the model without summaries."),
    "vocabulary-read": Rule(
        "Reads a vocabulary that is no asset",
        "medium",
        "Export it with the file as an asset, so that it needs no other file.",
    ),
    "checkpoint-read": Rule(
        "Reads a checkpoint beside the saver",
        "medium",
        "Check which file it reads; a warm start can be left out of an export.",
    ),
    "checkpoint-write": Rule("Writes a checkpoint beside the saver", "high", _ASK),
    "network": Rule("Talks to other machines", "high", _ASK),
    "process": Rule(
        "Ends, stalls or changes the process",
        "medium",
        "Do not serve it: whoever can call it can stop the server.",
    ),
    "native-code": Rule("Calls code of the machine by name", "high", _ASK),
    "hidden-graph": Rule("Runs a graph that is data", "high", _ASK),
    "compiled-module": Rule(
        "Runs a compiled module",
        "info",
        "The module itself is not looked at: trust it as you trust its maker.",
    ),
    "console-print": Rule("Prints to the console", "low", "Leave it out of what is served."),
    "debug-output": Rule("Sends tensors to a debugger", "medium", _CHECK),
    "custom-op": Rule(
        "Needs code that is not TensorFlow's",
        "medium",
        "Load only the library that you know it is from.",
    ),
    "addon-op": Rule(
        "Needs a package that adds ops to TensorFlow",
        "low",
        "Install that package from where you get TensorFlow, and from nowhere else.",
    ),
    "recursive-function": Rule(
        "A function calls itself",
        "medium",
        "Calling it may never end, or end the process: do not serve it.",
    ),
    "exploding-graph": Rule(
        "Functions that call each other unfold without bound",
        "medium",
        "Loading may take all memory: do not load it.",
    ),
    "oversized-graph": Rule(
        "A graph of very many nodes", "low", "Load it where memory is limited."
    ),
    "huge-constant": Rule(
        "A constant of many bytes made of few",
        "medium",
        "Loading takes that memory: do not load it where others need it.",
    ),
    "asset-escape": Rule("An asset outside of the model", "high", _ASK),
    "lambda-bytecode": Rule(
        "A Keras layer that holds bytecode",
        "high",
        "Read the listing. Never load it with safe_mode=False, nor with Keras before 2.13.",
    ),
    "lambda-function": Rule(
        "A Keras layer that calls a function by name",
        "low",
        "Loading needs the function: give only the one that you know.",
    ),
    "config-gadget": Rule(
        "A config that has Keras call something else",
        "critical",
        "Do not load it: loading imports the module and calls what is named.",
    ),
    "config-path": Rule("A config that names files", "high", _CHECK),
    "custom-object": Rule(
        "A class that is not Keras' own",
        "low",
        "Loading imports its module: give it as a custom object that you know.",
    ),
    "pickle": Rule(
        "A pickle beside the model",
        "high",
        "Do not unpickle it: reading it runs what it names.",
    ),
    "native-file": Rule(
        "A program beside the model", "medium", "Do not load or run it unless you know its maker."
    ),
    "hdf5-link": Rule(
        "HDF5 that leads to other files",
        "high",
        "Do not load it: values may come from any file that you may read.",
    ),
    "zip-trick": Rule("An archive made to mislead", "high", "Do not load it, nor unpack it."),
    "unreadable": Rule(
        "Cannot be read",
        "medium",
        "Nothing is known of it: get the file again, and do not load it before.",
    ),
}
"""By name, in the order of the documentation."""


def title_of(rule: str) -> str:
    """What a rule finds."""
    return RULES[rule].title
