from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xpyja.build.errors import BuildError
from xpyja.build.pack import Packed, pack, python_range
from xpyja.build.stage import Stage

FILES = {
    "b/__init__.py": b"",
    "a.py": b"A = 1\n",
    "b/data.txt": b"text" * 500,
    "xpyja_tool/__init__.py": b"def main(): ...",
}


def staged(folder: Path, files: dict[str, bytes] = FILES) -> Stage:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)
    return Stage(folder, dict.fromkeys(sorted(files), "the test"))


def packed(stage: Stage, output: Path, *, name: str = "tool", target: str = "linux-x86_64") -> Packed:
    return pack(stage, output, name=name, target=target, requires_python=">=3.10")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_same_files_same_bytes_in_another_folder_under_another_umask(tmp_path: Path) -> None:
    with umask(0o022):
        first = packed(staged(tmp_path / "one"), tmp_path / "first.pyz")
    with umask(0o077):
        files = dict(reversed(FILES.items()))
        second = packed(staged(tmp_path / "another" / "place", files), tmp_path / "deep" / "er" / "second.pyz")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == second.digest


def test_the_file_is_executable_for_all_whatever_the_umask(tmp_path: Path) -> None:
    with umask(0o077):
        tool = packed(staged(tmp_path / "stage"), tmp_path / "tool.pyz")
    assert stat.S_IMODE(tool.path.stat().st_mode) == 0o755
    assert tool.size == tool.path.stat().st_size


def test_entries_have_fixed_times_and_modes_and_only_what_was_staged(tmp_path: Path) -> None:
    stage = staged(tmp_path / "stage")
    (stage.folder / "a.py").chmod(0o755)
    with zipfile.ZipFile(packed(stage, tmp_path / "tool.pyz").path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        assert archive.testzip() is None
    assert set(entries) == {f"site-packages/{name}" for name in FILES} | {"__main__.py", "xpyja_first_start.py"}
    assert {entry.date_time for entry in entries.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries.values()} == {3}
    modes = {name: entry.external_attr >> 16 for name, entry in entries.items()}
    assert modes.pop("site-packages/a.py") == 0o100755
    assert set(modes.values()) == {0o100644}
    assert entries["__main__.py"].compress_type == zipfile.ZIP_STORED


def test_nothing_of_shivs_own_start_is_left_in_the_file(tmp_path: Path) -> None:
    content = packed(staged(tmp_path / "stage"), tmp_path / "tool.pyz").path.read_bytes()
    assert b"_bootstrap" not in content
    assert b"environment.json" not in content
    assert content.startswith(b"#!/usr/bin/env python3\n")


def test_the_digest_depends_on_names_modes_and_contents(tmp_path: Path) -> None:
    def digest(number: int, files: dict[str, bytes] = FILES, *, mode: int = 0o644, name: str = "tool") -> str:
        stage = staged(tmp_path / f"stage-{number}", files)
        (stage.folder / next(iter(files))).chmod(mode)
        return packed(stage, tmp_path / f"{number}.pyz", name=name).digest

    digests = [
        digest(0),
        digest(1, {**FILES, "a.py": b"A = 2\n"}),
        digest(2, {("c.py" if name == "a.py" else name): content for name, content in FILES.items()}),
        digest(3, mode=0o755),
        digest(4, name="other"),
    ]
    assert len(set(digests)) == len(digests)


def test_the_build_time_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    tool = packed(staged(tmp_path / "stage"), tmp_path / "tool.pyz")
    with zipfile.ZipFile(tool.path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}


@pytest.mark.parametrize("moment", ["0", "", "yesterday", "-5"])
def test_a_build_time_that_a_zip_cannot_hold_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
    tool = packed(staged(tmp_path / "stage"), tmp_path / "tool.pyz")
    with zipfile.ZipFile(tool.path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_local_time_zone_plays_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    contents = set()
    for zone in ("UTC", "Asia/Tokyo", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        contents.add(packed(staged(tmp_path / "stage"), tmp_path / "tool.pyz").path.read_bytes())
    monkeypatch.undo()
    time.tzset()
    assert len(contents) == 1


def test_a_failed_pack_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    output = tmp_path / "out" / "tool.pyz"
    before = packed(staged(tmp_path / "stage"), output).path.read_bytes()
    broken = Stage(tmp_path / "stage", {**FILES_OWNERS, "missing.py": "the test"})
    with pytest.raises(OSError, match="missing"):
        packed(broken, output)
    assert output.read_bytes() == before
    assert os.listdir(output.parent) == ["tool.pyz"]


def test_an_output_that_is_a_folder_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "dist" / "x").mkdir(parents=True)
    with pytest.raises(BuildError) as caught:
        packed(staged(tmp_path / "stage"), tmp_path / "dist")
    assert caught.value.step == "pack"
    assert os.listdir(tmp_path) == ["dist", "stage"] or sorted(os.listdir(tmp_path)) == ["dist", "stage"]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (">=3.10", ("3.10", "4")),
        (">=3.9", ("3.10", "4")),
        ("", ("3.10", "4")),
        (">=3.11.4", ("3.11.4", "4")),
        (">=3.10,<3.13", ("3.10", "3.13")),
        ("==3.12.*", ("3.12", "3.13")),
        ("~=3.11", ("3.11", "4")),
        (">3.10", ("3.10.1", "4")),
    ],
)
def test_the_range_becomes_two_bounds(requires: str, expected: tuple[str, str]) -> None:
    lowest, below = python_range(requires)
    assert (lowest, below) == expected


def test_a_range_without_any_python_is_refused() -> None:
    with pytest.raises(BuildError) as caught:
        python_range("<3.8")
    assert caught.value.step == "pack"


FILES_OWNERS = dict.fromkeys(FILES, "the test")
