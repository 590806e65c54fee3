"""What all tests share: built tools, and the Pythons of this machine."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from xpyja.build import lock, pipeline
from xpyja.build.pack import Packed, pack
from xpyja.build.stage import Stage
from xpyja.build.targets import this_target

ROOT = Path(__file__).resolve().parents[1]

ToolBuilder = Callable[[Path], Path]
FakeBuilder = Callable[..., Packed]


class Interpreter(NamedTuple):
    """A Python of this machine."""

    version: tuple[int, ...]
    path: Path


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_cache(shared_folder: Path) -> Iterator[None]:
    """Keeps this run away from the user's cache, in subprocesses too."""
    before = os.environ.get("XPYJA_CACHE")
    os.environ["XPYJA_CACHE"] = str(shared_folder / "cache")
    yield
    if before is None:
        del os.environ["XPYJA_CACHE"]
    else:
        os.environ["XPYJA_CACHE"] = before


@pytest.fixture(scope="session")
def built_tool(shared_folder: Path) -> ToolBuilder:
    """Builds a spec once per test run, whichever worker asks first. Never write to the file it returns."""

    def build(spec: Path) -> Path:
        identity = f"{spec.resolve()}\0{spec.read_text(encoding='utf-8')}"
        folder = shared_folder / "tools" / hashlib.sha256(identity.encode()).hexdigest()[:16]
        tool = folder / f"{spec.stem}.pyz"
        with locked(folder.with_suffix(".lock")):
            if not tool.exists():
                pipeline.build(spec, tool, proving=False)
        return tool

    return build


@pytest.fixture
def fake_tool(tmp_path: Path) -> FakeBuilder:
    """Packs a tool that is nothing but a few files, for tests of the launcher alone."""

    def build(
        main: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        name: str = "fake",
        output: Path | None = None,
        target: str | None = None,
        requires_python: str = ">=3.10",
    ) -> Packed:
        folder = tmp_path / f"stage-{len(list(tmp_path.iterdir()))}"
        content = {"xpyja_tool/__init__.py": main, **(files or {})}
        for relative, text in content.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(0o644)
        stage = Stage(folder, dict.fromkeys(sorted(content), "the test"))
        return pack(
            stage,
            output or tmp_path / f"{name}.pyz",
            name=name,
            target=target or this_target(),
            requires_python=requires_python,
        )

    return build


@pytest.fixture(scope="session")
def pythons() -> tuple[Interpreter, ...]:
    """One Python of each supported release on this machine, the oldest first."""
    return tuple(found for found in _interpreters() if found.version >= (3, 10))


@pytest.fixture(scope="session")
def old_pythons() -> tuple[Interpreter, ...]:
    """One Python of each release on this machine that is too old."""
    return tuple(found for found in _interpreters() if found.version < (3, 10))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock across processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _interpreters() -> list[Interpreter]:
    candidates = {Path(sys.executable)}
    command = [lock.find_uv(), "python", "list", "--only-installed", "--offline", "--output-format", "json"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        candidates |= {Path(entry["path"]) for entry in json.loads(listed.stdout)}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates |= set(pyenv.glob("versions/*/bin/python"))
    found: dict[tuple[int, ...], Interpreter] = {}
    for path in sorted(candidates):
        asked = subprocess.run(
            [str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0:
            version = tuple(int(part) for part in asked.stdout.strip().split("."))
            found.setdefault(version, Interpreter(version, path))
    return [found[version] for version in sorted(found)]
