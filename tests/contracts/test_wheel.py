"""The wheel: what a user installs, as opposed to what a checkout happens to have."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_it_has_both_packages_and_the_data_and_nothing_else(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"xpyja", "xpyja_providers"}
    for kind in ("templates", "specs"):
        there = {path.name for path in (unpacked / "xpyja" / "build" / "_bundled" / kind).iterdir()}
        assert there == {path.name for path in (ROOT / kind).iterdir()}
    for package in ("xpyja", "xpyja_providers"):
        assert (unpacked / package / "py.typed").is_file()


def test_it_builds_a_tool_without_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    setting = {**os.environ, "PYTHONPATH": str(unpacked)}
    script = "import xpyja; from xpyja.build.resources import bundled; print(xpyja.__file__, bundled('specs'))"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=setting,
        cwd=tmp_path,
    ).stdout.split()
    assert all(path.startswith(str(unpacked)) for path in found)
    command = [sys.executable, "-m", "xpyja", "build", f"{found[1]}/minimal.yaml", "-o", str(tmp_path / "tool.pyz")]
    done = subprocess.run(
        [*command, "--no-prove"], capture_output=True, text=True, check=False, env=setting, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tool.pyz").is_file()
