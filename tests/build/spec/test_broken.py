"""Every rule about specs has a spec that breaks it, and the exact words that xpyja says then.

A case is ``broken/NAME.yaml``, whose first line names the rule, and ``broken/NAME.txt``, what is printed. After a
change of words, run with ``XPYJA_UPDATE_EXPECTED=1`` and read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from xpyja.build.spec import unsupported
from xpyja.cli.main import run
from xpyja.runtime.errors import EXIT_USAGE

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.stem for path in BROKEN.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _in_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    monkeypatch.setattr(unsupported, "this_target", lambda: "linux-x86_64")  # the same words on every machine


@pytest.mark.parametrize("name", CASES)
def test_broken_spec_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["check", f"{name}.yaml"])
    printed = capsys.readouterr()
    said = printed.err.replace(str(BROKEN), "BROKEN")
    expected = BROKEN / f"{name}.txt"
    if os.environ.get("XPYJA_UPDATE_EXPECTED"):
        expected.write_text(said, "utf-8")
    assert said == expected.read_text("utf-8")
    assert code == EXIT_USAGE
    assert printed.out == ""
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if not line.startswith("  hint: ")]
    assert all(line.startswith(f"{name}.yaml:") for line in lines)
    positions = [tuple(map(int, line.split(":")[1:3])) for line in lines]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", CASES)
def test_problems_are_the_same_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", f"{name}.yaml"])
    shown = capsys.readouterr().err
    code = run(["check", "--json", f"{name}.yaml"])
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert code == EXIT_USAGE
    assert printed.err == ""
    assert document["ok"] is False
    for problem in document["problems"]:
        assert set(problem) == {"file", "line", "column", "path", "message", "hint"}
        assert f"{problem['file']}:{problem['line']}:{problem['column']}: " in shown
        assert problem["message"] in shown


def test_each_case_breaks_a_rule_of_its_own() -> None:
    rules: dict[str, list[str]] = {}
    for name in CASES:
        first = (BROKEN / f"{name}.yaml").read_bytes().split(b"\n", 1)[0].decode()
        assert first.startswith("# rule: "), name
        rules.setdefault(first.removeprefix("# rule: "), []).append(name)
    assert {rule: names for rule, names in rules.items() if len(names) > 1} == {}
    assert len(rules) >= 60


def test_no_expectation_is_left_behind() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == CASES
