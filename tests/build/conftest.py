"""What tests of the build half share: distributions that are made here, so that nothing depends on an index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest


class Wheels(NamedTuple):
    """A folder of distributions that uv finds."""

    folder: Path

    def make(
        self,
        name: str,
        version: str = "1.0",
        files: dict[str, bytes] | None = None,
        *,
        tag: str = "py3-none-any",
        requires: tuple[str, ...] = (),
        provider: str = "",
    ) -> None:
        """Adds one; `provider` is what its entry point for providers says, as in a pyproject.toml."""
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        points = f"[console_scripts]\n{name}-run = {name}:main\n"
        points += f"[xpyja.providers]\n{provider}\n" if provider else ""
        needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        content = {
            **(files if files is not None else {f"{name}.py": b"X = 1\n"}),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}".encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
            f"{info}/licenses/LICENSE": b"free\n",
            f"{info}/entry_points.txt": points.encode(),
        }
        record = "".join(
            f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
            for path, data in content.items()
        )
        content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
        with zipfile.ZipFile(self.folder / f"{name.replace('-', '_')}-{version}-{tag}.whl", "w") as archive:
            for path, data in content.items():
                archive.writestr(path, data)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheels:
    """A folder that is all the index there is, and an empty cache."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.setenv("XPYJA_CACHE", str(tmp_path / "cache"))
    return Wheels(folder)


@pytest.fixture
def more_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheels:
    """Distributions besides those of the index, and an empty cache."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("XPYJA_CACHE", str(tmp_path / "cache"))
    return Wheels(folder)
