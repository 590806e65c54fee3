"""Reading spec files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpyja.build.errors import Problem, SpecError
from xpyja.build.spec.loader import MAX_BYTES, load_spec

if TYPE_CHECKING:
    from tests.build.spec.conftest import SpecWriter

MINIMAL = "schema: xpyja/v1\nname: notes\nruntimes:\n  main: {}\n"


def only_problem(path: Path | None) -> Problem:
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    [problem] = caught.value.problems
    return problem


def test_minimal_spec_has_defaults(write_spec: SpecWriter) -> None:
    loaded = load_spec(write_spec(MINIMAL))
    assert loaded.text == MINIMAL
    assert loaded.folder == loaded.path.parent
    assert loaded.spec.version == "0.0.0"
    assert [command.type for command in loaded.spec.commands] == ["eval", "run"]
    assert [artifact.type for artifact in loaded.spec.artifacts] == ["zipapp"]
    assert loaded.position(("runtimes", "main")) == (4, 9)


def test_byte_order_mark_and_line_ends_of_other_systems_do_not_matter(write_spec: SpecWriter) -> None:
    loaded = load_spec(write_spec(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()))
    assert not loaded.text.startswith("\ufeff")
    assert loaded.position(("schema",)) == (1, 9)
    assert loaded.position(("runtimes", "main")) == (4, 9)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_a_problem(write_spec: SpecWriter, encoding: str) -> None:
    problem = only_problem(write_spec(MINIMAL.encode(encoding)))
    assert "UTF-16" in problem.message or "U+0000" in problem.message


def test_wrong_byte_is_found(write_spec: SpecWriter) -> None:
    problem = only_problem(write_spec("a: ä\nb: ö ".encode() + b"\xff\n"))
    assert (problem.line, problem.column, problem.message) == (2, 6, "the file is not UTF-8")


def test_file_that_no_spec_can_be_is_not_parsed(write_spec: SpecWriter) -> None:
    assert "larger than" in only_problem(write_spec(b"#" * (MAX_BYTES + 1))).message
    assert only_problem(write_spec(b"#" * MAX_BYTES)).message == "the file is empty"


def test_missing_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only_problem(tmp_path / "no.yaml").message == "there is no such file"
    assert only_problem(tmp_path).message == "this is a folder, not a spec"
    monkeypatch.chdir(tmp_path)
    problem = only_problem(None)
    assert problem.file == "xpyja.yaml"
    assert problem.hint is not None


def test_unreadable_file(write_spec: SpecWriter) -> None:
    path = write_spec(MINIMAL)
    path.chmod(0)
    if os.geteuid() == 0:
        path = Path("/proc/self/mem")  # root may read anything but this
        if not path.exists():
            pytest.skip("root, and no /proc")
    assert "cannot be read" in only_problem(path).message


def test_path_with_a_null_character() -> None:
    assert "cannot be read" in only_problem(Path("a\0b")).message


def test_default_names_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(MINIMAL)
    assert load_spec().path == Path("spec.yaml")
    (tmp_path / "xpyja.yaml").write_text(MINIMAL)
    assert load_spec().path == Path("xpyja.yaml")


def test_null_is_refused_in_the_spec_but_left_to_modules_in_their_configuration(write_spec: SpecWriter) -> None:
    module = "schema: xpyja/v1\nname: notes\nruntimes: {main: {modules: [{provider: a, module: b, config: {c: }}]}}\n"
    assert load_spec(write_spec(module)).spec.runtimes["main"].modules[0].config == {"c": None}
    problem = only_problem(write_spec(MINIMAL + "app:\n  envPrefix:\n"))
    assert (problem.path, problem.message) == ("app.envPrefix", "is empty")


def test_yaml_problems_and_problems_of_the_shape_come_together(write_spec: SpecWriter) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(write_spec("schema: xpyja/v1\nname: Notes\nname: x\nruntimes: {1: {}, main: {x: 1}}\n"))
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (2, "name"),
        (3, "name"),
        (4, "runtimes"),
        (4, "runtimes.main.x"),
    ]
