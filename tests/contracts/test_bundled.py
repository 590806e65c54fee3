"""Everything that is shipped for users to run is built and run here, found by glob."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from xpyja.build import pipeline
from xpyja.build.describe import bundled_providers

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def test_there_is_something_to_test() -> None:
    assert SPECS


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_ready_made_spec_builds_and_starts(spec: Path, tmp_path: Path) -> None:
    assert pipeline.build(spec, tmp_path / "tool.pyz").proved


def test_a_new_project_builds_and_runs(tmp_path: Path) -> None:
    def xpyja(*arguments: str) -> str:
        command = [sys.executable, "-m", "xpyja", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    xpyja("init", "--name", "fresh")
    xpyja("build")
    done = subprocess.run(
        [str(tmp_path / "dist" / "fresh.pyz"), "run", "main.js"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert ".js main.js" in done.stdout.splitlines()


def test_a_new_provider_builds_and_runs_as_printed(tmp_path: Path) -> None:
    def xpyja(*arguments: str, cwd: Path = tmp_path) -> str:
        command = [sys.executable, "-m", "xpyja", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd).stderr

    said = xpyja("init", "some-words", "--provider").split("Next:")[1].split("\n")
    assert [line.strip() for line in said if line] == [
        "cd some-words",
        "xpyja build",
        "./dist/some-words.pyz run main.js",
    ]
    folder = tmp_path / "some-words"
    xpyja("build", cwd=folder)
    done = subprocess.run(
        ["./dist/some-words.pyz", "run", "main.js"], capture_output=True, text=True, check=False, cwd=folder
    )
    assert (done.stdout, done.stderr.count("error")) == ("GOOD MORNING WORLD!\n", 0)
    assert "prints `GOOD MORNING WORLD!`" in (folder / "README.md").read_text()


def test_a_new_provider_can_be_published(tmp_path: Path) -> None:
    """Its wheel, required by another spec, is found by its entry point."""
    subprocess.run([sys.executable, "-m", "xpyja", "init", "words", "--provider"], check=True, cwd=tmp_path)
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, cwd=tmp_path / "words")
    (wheel,) = tmp_path.glob("*.whl")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"schema: xpyja/v1\nname: loud\nproviders: [{{id: words, requirement: 'words-xpyja @ {wheel.as_uri()}'}}]\n"
        "runtimes: {main: {modules: [words.shout]}}\n"
    )
    tool = pipeline.build(spec, proving=False).path
    done = subprocess.run(
        [sys.executable, str(tool), "eval", "require('shout').shout('ship it')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "SHIP IT!\n", done.stderr


def test_bundled_providers_are_found_by_the_door_that_all_providers_use() -> None:
    named = {
        point.name: point.value for point in metadata.distribution("xpyja").entry_points.select(group="xpyja.providers")
    }
    folders = {path.parent.name for path in (ROOT / "providers" / "xpyja_providers").glob("*/provider.py")}
    assert named == {name: f"xpyja_providers.{name}.provider:PROVIDER" for name in folders}
    assert {location.id: location.folder.name for location in bundled_providers()} == {name: name for name in folders}
