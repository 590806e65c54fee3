"""Rules that need more than a text in the corpus: folders, links, many names, broken providers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpyja.build.check import check_spec
from xpyja.build.describe import Descriptions
from xpyja.build.spec.language import built_in, normalise_alias
from xpyja.build.spec.loader import load_spec
from xpyja.runtime.engine.loader import normalise

if TYPE_CHECKING:
    from tests.build.spec.conftest import ProblemFinder, SpecWriter

HEAD = "schema: xpyja/v1\nname: notes\nproviders: [{id: core}, {id: host}]\n"
RUNTIMES = "runtimes:\n  main: {}\n"


@pytest.mark.parametrize(
    "name", ["JSON", "json", "Math", "Date", "Promise", "console", "setTimeout", "URL", "globalThis"]
)
@pytest.mark.parametrize(
    "form", ["%s", "core.%s", "{provider: core, module: %s}", "js.%s", "{provider: core, module: ' %s '}"]
)
def test_what_scripts_always_have_is_refused_with_the_reason(problems_of: ProblemFinder, name: str, form: str) -> None:
    [problem] = problems_of(HEAD + f"runtimes:\n  main:\n    modules:\n      - {form % name}\n")
    assert problem.message == built_in(name)
    assert "always there and needs no module" in problem.message
    assert problem.line == 7


def test_module_of_a_provider_comes_before_the_language(problems_of: ProblemFinder) -> None:
    assert built_in("url") is not None
    [problem] = problems_of(HEAD + "runtimes: {main: {modules: [yaml]}}\n")
    assert problem.hint == "write core.yaml"


@pytest.mark.parametrize(
    ("alias", "normal"),
    [("fs", "fs"), (" FS ", "fs"), ("node:fs", "fs"), ("Node:Fs", "fs"), ("node: fs", " fs"), ("fs:data", "fs:data")],
)
def test_aliases_are_compared_as_the_engine_does(alias: str, normal: str) -> None:
    assert normalise_alias(alias) == normalise(alias) == normal


@pytest.mark.parametrize("alias", ["node:", " ", "node: fs", "./x", "/x", "..", "a b"])
def test_alias_that_cannot_be_required(problems_of: ProblemFinder, alias: str) -> None:
    modules = f"[{{provider: core, module: path, as: '{alias}'}}]"
    [problem] = problems_of(HEAD + f"runtimes: {{main: {{modules: {modules}}}}}\n")
    assert problem.path == "runtimes.main.modules[0].as"


def test_same_alias_in_two_runtimes_is_fine(problems_of: ProblemFinder) -> None:
    assert problems_of(HEAD + "runtimes: {a: {modules: [core.path]}, b: {modules: [core.path]}}\n") == ()


@pytest.mark.parametrize(
    ("limits", "fine"),
    [
        ("memory: 4MiB", True),
        ("memory: 4194303", False),
        ("memory: 1024GiB", True),
        ("memory: 1025GiB", False),
        ("stack: 64KiB", True),
        ("stack: 63KiB", False),
        ("stack: 8MiB", True),
        ("stack: 9MiB", False),
        ("time: 1ms", True),
        ("time: 0ms", False),
        ("time: 8760h", True),
        ("time: 8761h", False),
    ],
)
def test_limits_have_limits(problems_of: ProblemFinder, limits: str, fine: bool) -> None:
    problems = problems_of(HEAD + f"runtimes: {{main: {{limits: {{{limits}}}}}}}\n")
    assert [problem.path for problem in problems] == ([] if fine else [f"runtimes.main.limits.{limits.split(':')[0]}"])


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        (">=3.10", None),
        (">=3.11,<3.14", None),
        ("==3.12.*", None),
        ("==3.12.4", None),
        ("~=3.10", None),
        (">3.9.99,!=3.11.*", None),
        (">=3.9.5", "3.9"),
        ("<3.13", "3.0"),
        ("", None),
        ("==3.9.*", "3.9"),
        (">=4", "no version"),
        ("three", "not a range"),
    ],
)
def test_range_of_pythons(problems_of: ProblemFinder, requires: str, said: str | None) -> None:
    problems = problems_of(HEAD + RUNTIMES + f"python: {{requires: '{requires}'}}\n")
    if requires == "":
        assert [problem.message for problem in problems] == ["must not be empty"]
    elif said is None:
        assert problems == ()
    else:
        assert said in problems[0].message


def test_broken_provider_is_a_problem_when_chosen_only(problems_of: ProblemFinder) -> None:
    assert problems_of(HEAD + RUNTIMES) == ()
    problems = problems_of(
        "schema: xpyja/v1\nname: notes\nproviders: [{id: broken}]\nruntimes: {main: {modules: [broken.x]}}\n"
    )
    assert [problem.path for problem in problems] == ["providers[0].id"]
    assert "no module named x (/x/provider.py:3)" in problems[0].message


# -- sources --------------------------------------------------------------------------------------------------------

SOURCE = HEAD + RUNTIMES + "sources: [{id: web, kind: assets, from: {dir: web}}]\n"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("hello")
    return folder


def messages(problems: tuple[object, ...]) -> list[str]:
    return [getattr(problem, "message", "") for problem in problems]


def test_folder_with_a_file_is_fine(problems_of: ProblemFinder, web: Path) -> None:
    assert web.is_dir()
    assert problems_of(SOURCE) == ()


def test_empty_folder(problems_of: ProblemFinder, web: Path) -> None:
    (web / "index.html").unlink()
    (web / ".git").mkdir()
    (web / ".git" / "HEAD").write_text("x")
    (web / "__pycache__").mkdir()
    (web / "__pycache__" / "x.pyc").write_text("x")
    assert messages(problems_of(SOURCE)) == ["the folder web has no files"]


def test_links_that_leave_the_folder_are_refused(problems_of: ProblemFinder, web: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "webby").mkdir()
    (web / "a").symlink_to("../secret")
    (web / "b").symlink_to("/etc/hosts")
    (web / "c").symlink_to("../webby")
    (web / "d").symlink_to("../../" + tmp_path.name + "/web/index.html")  # out and in again: it is inside
    (web / "e").symlink_to("nowhere")
    (web / "f").symlink_to("f")
    (web / "g").symlink_to(".")
    assert messages(problems_of(SOURCE)) == [
        '"a" is a link that leaves the folder',
        '"b" is a link that leaves the folder',
        '"c" is a link that leaves the folder',
        '"e" is a link that leads nowhere',
        '"f" is a link that leads nowhere',
        '"g" is a link to a folder',
    ]


def test_source_that_is_itself_a_link_is_followed(problems_of: ProblemFinder, web: Path, tmp_path: Path) -> None:
    web.rename(tmp_path / "real")
    web.symlink_to("real")
    assert problems_of(SOURCE) == ()


def test_pipe_is_no_file(problems_of: ProblemFinder, web: Path) -> None:
    os.mkfifo(web / "pipe")
    assert messages(problems_of(SOURCE)) == ['"pipe" is not a regular file']


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1b[31m", b"caf\xe9"])
def test_name_that_cannot_be_packed(problems_of: ProblemFinder, web: Path, name: bytes) -> None:
    try:
        Path(os.fsdecode(bytes(web) + b"/" + name)).write_text("x")
    except OSError:
        pytest.skip("this file system refuses the name itself")
    [message] = messages(problems_of(SOURCE))
    assert message.endswith("has a name that cannot be packed")
    assert message.isprintable()


def test_default_output_must_not_be_inside_a_source(problems_of: ProblemFinder) -> None:
    source = HEAD + RUNTIMES + "sources: [{id: all, kind: assets, from: {dir: .}}]\n"
    [problem] = problems_of(source)
    assert "notes.pyz" in problem.message


def test_output_that_is_a_folder_already(problems_of: ProblemFinder, tmp_path: Path) -> None:
    (tmp_path / "dist" / "notes.pyz").mkdir(parents=True)
    assert messages(problems_of(HEAD + RUNTIMES)) == ["is a folder"]


def test_spec_is_found_from_any_folder(write_spec: SpecWriter, web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_spec(SOURCE.replace("providers: [{id: core}, {id: host}]\n", ""))
    monkeypatch.chdir(web)
    check_spec(load_spec(Path("../spec.yaml")), Descriptions(()))
    monkeypatch.chdir("/")
    check_spec(load_spec(path), Descriptions(()))
