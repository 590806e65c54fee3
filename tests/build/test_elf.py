from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpyja.build.elf import strip


def make_elf(
    *,
    kind: int = 3,
    segment: bytes = b"code" * 40,
    sections: bytes = b"debug" * 50,
    appended: bytes = b"",
    program_count: int = 1,
    section_count: int = 1,
) -> bytes:
    """A linked file with one segment, followed by one section, followed by the section table."""
    segment_offset = 64 + 56
    section_offset = segment_offset + len(segment)
    table = section_offset + len(sections)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        *(kind, 62, 1, 0, 64, table, 0, 64, 56, program_count, 64, section_count, 0),
    )
    program = struct.pack("<IIQQQQQQ", 1, 5, segment_offset, 0, 0, len(segment), len(segment), 4096)
    section = struct.pack("<IIQQQQIIQQ", 0, 1, 0, 0, section_offset, len(sections), 0, 0, 1, 0)
    return header + program + segment + sections + section * section_count + appended


def test_everything_after_the_last_segment_goes() -> None:
    stripped = strip(make_elf(segment=b"x" * 100))
    assert len(stripped) == 64 + 56 + 100
    assert stripped.endswith(b"x" * 100)


def test_the_header_says_that_there_are_no_sections() -> None:
    fields = struct.unpack_from("<16sHHIQQQIHHHHHH", strip(make_elf()))
    assert (fields[6], fields[12], fields[13]) == (0, 0, 0)
    assert fields[5] == 64


def test_stripping_twice_changes_nothing_more() -> None:
    once = strip(make_elf())
    assert strip(once) == once


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x7fELF",
        b"#!/bin/sh\n",
        b"\xcf\xfa\xed\xfe" + b"\0" * 200,
        b"\x7fELF\x01\x01" + make_elf()[6:],
        b"\x7fELF\x02\x02" + make_elf()[6:],
        make_elf(kind=1),
        make_elf(kind=4),
        make_elf(program_count=0),
        make_elf(program_count=0xFFFF),
        make_elf(section_count=0),
        make_elf()[:-1],
        make_elf(appended=b"PK\x03\x04 an archive"),
    ],
    ids=[
        *("empty", "magic-only", "script", "macho", "32-bit", "big-endian", "object-file", "core-file"),
        *("no-segments", "too-many-segments", "no-sections", "truncated", "appended-archive"),
    ],
)
def test_whatever_is_not_a_plain_linked_file_is_left_alone(content: bytes) -> None:
    assert strip(content) is content


@given(st.binary(max_size=300), st.integers(0, 300))
def test_damaged_files_never_fail_and_never_grow(noise: bytes, at: int) -> None:
    whole = make_elf()
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    assert len(strip(damaged)) <= len(damaged)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF files are at home on Linux")
def test_a_stripped_library_still_loads(tmp_path: Path) -> None:
    import _quickjs

    original = Path(_quickjs.__file__)
    stripped = strip(original.read_bytes())
    assert len(stripped) < original.stat().st_size / 4
    (tmp_path / original.name).write_bytes(stripped)
    code = "import _quickjs; print(_quickjs.__file__, _quickjs.Context().eval('6 * 7'))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout.split() == [str(tmp_path / original.name), "42"], done.stderr


@pytest.mark.skipif(shutil.which("true") is None, reason="needs an executable to strip")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ELF files are at home on Linux")
def test_a_stripped_executable_still_runs(tmp_path: Path) -> None:
    copy = tmp_path / "true"
    copy.write_bytes(strip(Path(str(shutil.which("true"))).read_bytes()))
    copy.chmod(0o755)
    assert subprocess.run([str(copy)], check=False).returncode == 0
