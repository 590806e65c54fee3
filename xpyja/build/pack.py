"""Pack: makes one executable file of a stage, the same bytes wherever and whenever it is made.

shiv's builder writes the stage into a zip archive. What it adds for its own start (its bootstrap package, its settings,
its ``__main__``) is taken off again, and our launcher put in its place: shiv's start costs four times as much.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import shiv
import shiv.builder
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from shiv.bootstrap.environment import Environment
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT

from xpyja.build import launcher
from xpyja.build.errors import BuildError
from xpyja.build.stage import TOOL_PACKAGE, Stage

INTERPRETER = "/usr/bin/env python3"
START_FILE = "__main__.py"
FIRST_START_FILE = "xpyja_first_start.py"

_STAGED = "site-packages/"
_LAUNCHER_FOLDER = Path(launcher.__file__).parent
_FIRST_MINOR, _LAST_MINOR = 10, 40
_EPOCH = 315532800  # 1980-01-01, the earliest time a zip archive can hold


@dataclass(frozen=True, slots=True)
class Packed:
    """A tool that was written.

    Attributes:
        path: The file.
        size: Its size in bytes.
        digest: The tool's identity: SHA-256 over the sorted names, modes and contents of its files.
    """

    path: Path
    size: int
    digest: str


def pack(stage: Stage, output: Path, *, name: str, target: str, requires_python: str) -> Packed:
    """Writes a stage as an executable file.

    Args:
        stage: What goes into it.
        output: The file to write. It is replaced at once, or not at all.
        name: The tool's name.
        target: The platform that its compiled parts are for.
        requires_python: PEP 440 range of the Pythons it runs under.

    Raises:
        BuildError: The file cannot be written, or the range contains no Python.
    """
    lowest, below = python_range(requires_python)
    values = {"name": name, "target": target, "python_from": lowest, "python_below": below}
    first_start = _launcher("first_start.py")
    unsigned = _fill_in(_launcher("start.py"), values)
    digest = identity(stage, {START_FILE: unsigned.encode(), FIRST_START_FILE: first_start.encode()})
    start = _fill_in(unsigned, {"digest": digest})

    moment = _build_time()
    environment = Environment(
        built_at=time.strftime(BUILD_AT_TIMESTAMP_FORMAT, moment), shiv_version=shiv.__version__, reproducible=True
    )
    temporary = None
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        os.close(handle)
        temporary = Path(path)
        shiv.builder.create_archive([stage.folder], temporary, INTERPRETER, f"{TOOL_PACKAGE}:main", environment)
        with zipfile.ZipFile(temporary, "a") as archive:
            _drop_bootstrap(archive)
            # Stored, not deflated: the interpreter reads this file at every start, and need not load zlib for it.
            _add(archive, START_FILE, start, moment, zipfile.ZIP_STORED)
            _add(archive, FIRST_START_FILE, first_start, moment, zipfile.ZIP_DEFLATED)
        temporary.chmod(0o755)
        temporary.replace(output)
    except OSError as error:
        raise BuildError("pack", f"cannot write {output}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return Packed(output, output.stat().st_size, digest)


def python_range(requires: str) -> tuple[str, str]:
    """Turns a PEP 440 range into the two bounds that the launcher compares with.

    Args:
        requires: The range, such as ``>=3.10,<3.13``.

    Returns:
        The lowest release, and the first one above that is no longer allowed ("4" if all are).

    Raises:
        BuildError: No release that xpyja supports is in the range.
    """
    allowed = SpecifierSet(requires)
    releases = (f"3.{minor}.{micro}" for minor in range(_FIRST_MINOR, _LAST_MINOR) for micro in range(30))
    lowest = next((release for release in releases if allowed.contains(release)), None)
    if lowest is None:
        raise BuildError("pack", f'no Python that xpyja supports is in "{requires}"', hint='write ">=3.10"')
    minor = Version(lowest).minor
    above = (f"3.{number}" for number in range(minor + 1, _LAST_MINOR))
    return lowest.removesuffix(".0"), next((release for release in above if not allowed.contains(f"{release}.0")), "4")


def _launcher(name: str) -> str:
    return (_LAUNCHER_FOLDER / name).read_text(encoding="utf-8")


def _fill_in(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        marker = f'"@{key}@"'
        if text.count(marker) != 1 or not value.isprintable() or '"' in value or "\\" in value:
            raise BuildError("pack", f"cannot fill {key} {value!r} into the launcher")
        text = text.replace(marker, f'"{value}"')
    return text


def identity(stage: Stage, launcher_files: Mapping[str, bytes] | None = None) -> str:
    """Hashes names, modes and contents. The launcher takes part as it is before the digest is filled in."""

    def entries() -> Iterable[tuple[str, int, bytes]]:
        for name in stage.owners:
            path = stage.folder / name
            yield _STAGED + name, path.stat().st_mode & 0o777, path.read_bytes()
        for name, content in (launcher_files or {}).items():
            yield name, 0o644, content

    whole = hashlib.sha256()
    for name, mode, content in sorted(entries()):
        whole.update(f"{name}\0{mode:o}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _build_time() -> time.struct_time:
    """The time that all entries carry: always the same, unless ``SOURCE_DATE_EPOCH`` says otherwise."""
    wanted = os.environ.get("SOURCE_DATE_EPOCH", "")
    return time.gmtime(max(int(wanted), _EPOCH) if wanted.isdigit() else _EPOCH)


def _drop_bootstrap(archive: zipfile.ZipFile) -> None:
    """Forgets the entries that shiv wrote after the stage; the next entry overwrites them."""
    staged = [entry for entry in archive.filelist if entry.filename.startswith(_STAGED)]
    rest = archive.filelist[len(staged) :]
    if archive.filelist[: len(staged)] != staged or not rest:
        raise BuildError("pack", "shiv's builder wrote the archive in an unknown order", hint="install xpyja again")
    archive.start_dir = rest[0].header_offset
    archive.filelist = staged
    archive.NameToInfo = {entry.filename: entry for entry in staged}


def _add(archive: zipfile.ZipFile, name: str, text: str, moment: time.struct_time, compression: int) -> None:
    entry = zipfile.ZipInfo(name, date_time=moment[:6])
    entry.external_attr = 0o100644 << 16
    entry.compress_type = compression
    archive.writestr(entry, text)
