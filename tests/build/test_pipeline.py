from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from xpyja.build import pipeline
from xpyja.build.errors import BuildError, SpecError
from xpyja.build.project import create_project

SPEC = """\
schema: xpyja/v1
name: small
version: 0.1.0
runtimes:
  main: {}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "spec.yaml"
    path.parent.mkdir()
    path.write_text(SPEC)
    return path


def test_a_build_names_its_steps_in_order_and_times_them(spec: Path) -> None:
    announced: list[str] = []
    result = pipeline.build(spec, proving=False, progress=announced.append)
    assert announced == [step.name for step in result.steps] == ["plan", "fetch", "stage", "pack"]
    assert all(step.seconds > 0 for step in result.steps)
    assert not result.proved


def test_the_tool_is_written_beside_the_spec_unless_told_otherwise(spec: Path, tmp_path: Path) -> None:
    assert pipeline.build(spec, proving=False).path == spec.parent / "dist" / "small.pyz"
    assert pipeline.build(spec, tmp_path / "x", proving=False).path == tmp_path / "x"
    assert (tmp_path / "x").read_bytes() == (spec.parent / "dist" / "small.pyz").read_bytes()


def test_what_was_embedded_is_in_the_plan_of_the_tool(spec: Path) -> None:
    tool = pipeline.build(spec, proving=False).path
    with zipfile.ZipFile(tool) as archive:
        document = json.loads(archive.read("site-packages/xpyja_tool/plan.json"))
        assert archive.read("site-packages/xpyja_tool/spec.yaml").decode() == SPEC
    assert {entry.split("==")[0] for entry in document["build"]["embedded"]} == {"click", "quickjs-ng"}


def test_the_steps_can_be_run_one_by_one(spec: Path, tmp_path: Path) -> None:
    plan = pipeline.make_plan(spec)
    staged = pipeline.make_stage(plan, pipeline.fetch_layer(plan), tmp_path / "stage")
    packed = pipeline.pack_stage(plan, staged, tmp_path / "by-hand.pyz")
    assert packed.digest == pipeline.build(spec, proving=False).digest


def test_a_plan_is_the_same_each_time(spec: Path) -> None:
    assert pipeline.make_plan(spec) == pipeline.make_plan(spec)
    document = pipeline.plan_document(pipeline.make_plan(spec))
    assert json.loads(json.dumps(document)) == document


def test_a_broken_spec_builds_nothing(spec: Path) -> None:
    spec.write_text(SPEC.replace("name: small", "name: Small!"))
    with pytest.raises(SpecError):
        pipeline.build(spec)
    assert not (spec.parent / "dist").exists()


def test_generate_writes_the_same_files_as_a_folder(spec: Path, tmp_path: Path) -> None:
    folder = pipeline.generate(spec, tmp_path / "tree")
    with zipfile.ZipFile(pipeline.build(spec, proving=False).path) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if name.startswith("site-packages/")}
    written = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    written.pop("__main__.py")
    assert written == packed


def test_generate_replaces_its_own_folder_and_refuses_any_other(spec: Path, tmp_path: Path) -> None:
    folder = pipeline.generate(spec, tmp_path / "tree")
    (folder / "site-packages" / "stale.py").touch()
    pipeline.generate(spec, folder)
    assert not (folder / "site-packages" / "stale.py").exists()
    (folder / "thesis.txt").touch()
    with pytest.raises(BuildError) as caught:
        pipeline.generate(spec, folder)
    assert "thesis.txt" in caught.value.message
    assert (folder / "thesis.txt").exists()


def test_a_new_project_is_a_valid_spec(tmp_path: Path) -> None:
    project = create_project(tmp_path / "My Notes")
    assert project.name == "my-notes"
    assert pipeline.make_plan(tmp_path / "My Notes" / "spec.yaml").runtime.name == "my-notes"


@pytest.mark.parametrize("name", ["", "Caps", "1st", "a_b", "-x", "a b", "a\n", 'x"'])
def test_a_name_that_no_tool_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BuildError) as caught:
        create_project(tmp_path, name)
    assert caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("existing", ["spec.yaml", "main.js", ".gitignore"])
def test_a_new_project_overwrites_nothing(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(BuildError) as caught:
        create_project(tmp_path, "tool")
    assert existing in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_the_build_half_does_not_load_the_engine(spec: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from xpyja.build import pipeline\n"
        f"pipeline.build(Path({str(spec)!r}), proving=False)\n"
        "assert '_quickjs' not in sys.modules and 'xpyja.runtime.app' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
