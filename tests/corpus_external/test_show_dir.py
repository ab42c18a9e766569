"""`show --dir` on real models, against what `saved_model_cli show` printed.

`truth/…/show_all.txt` is its text for `--all`, `ops.txt` for `--list_ops` of each tag-set; see
`test_truth.py` for the folder.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.views.cli.main import run
from tests.corpus_external.test_truth import DATA, TRUTH, key_of
from tests.support.saved_model_cli import without_order

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/"),
]

GAVE_UP = "\nConcrete Functions: N/A"
TAG_SET = re.compile(r"^### tag_set '(.*)' rc=(\d+)\n", re.MULTILINE)


def show(capsys: pytest.CaptureFixture[str], text: Path, *options: str) -> tuple[int, str]:
    """Exit code, and what we print of the model that a text is about."""
    code = run(["show", "--dir", str(DATA / text.parent.relative_to(TRUTH)), *options])
    return code, capsys.readouterr().out


def compare(wanted: str, found: str) -> str:
    """`equal`, `excepted` (only the order of sets, or functions in place of N/A) or `different`."""
    if found == wanted:
        return "equal"
    wanted, gave_up, _ = wanted.partition(GAVE_UP)
    if gave_up:
        found, _, functions = found.partition("\nConcrete Functions:")
        if "\n  Function Name: " not in functions:
            return "different"
    return "excepted" if without_order(found) == without_order(wanted) else "different"


def report(title: str, outcomes: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Print how many are what, and fail if one is different."""
    counts = Counter(outcomes.values())
    with capsys.disabled():
        print(f"\n{title}:", *(f"{counts[one]} {one}," for one in ("equal", "excepted")), end=" ")
        print(f"{counts['different']} different")
    assert [key for key, outcome in outcomes.items() if outcome == "different"] == []
    assert outcomes


def test_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """`--all` of every model; nothing where that tool cannot read the file."""
    report(
        "show --dir --all",
        {
            key_of(DATA / text.parent.relative_to(TRUTH)): compare(
                text.read_text(encoding="utf-8"), show(capsys, text, "--all")[1]
            )
            for text in sorted(TRUTH.rglob("show_all.txt"))
        },
        capsys,
    )


def test_ops(capsys: pytest.CaptureFixture[str]) -> None:
    """`--list_ops` of every tag-set; where that tool fails, so do we."""
    outcomes = {}
    for text in sorted(TRUTH.rglob("ops.txt")):
        _, *parts = TAG_SET.split(text.read_text(encoding="utf-8"))
        for tags, code, wanted in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found_code, found = show(capsys, text, "--tag_set", tags, "--list_ops")
            assert bool(found_code) == (code != "0")
            if code == "0":  # an empty line stands after each text
                outcomes[f"{text.parent.relative_to(TRUTH)} {tags}"] = compare(wanted[:-1], found)
    report("show --dir --list_ops", outcomes, capsys)
