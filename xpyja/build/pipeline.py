"""The build, step by step: load, resolve, check, plan, stage, render, pack, prove."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xpyja.build.bytecode import engine_bytecode
from xpyja.build.errors import BuildError
from xpyja.build.layer import Layer, fetch
from xpyja.build.lock import RUNTIME_REQUIREMENTS
from xpyja.build.pack import Packed, identity, pack, python_range
from xpyja.build.plan import BuildPlan
from xpyja.build.prove import prove
from xpyja.build.render import SPEC_FILE, check_python, render, render_package, render_template
from xpyja.build.stage import Stage, stage, stage_package
from xpyja.build.targets import this_target
from xpyja.runtime.plan import PLAN_FILE, PROVIDERS_FOLDER, SOURCES_FOLDER, to_json

Progress = Callable[[str], None]
"""Is told each step's name as it begins."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took.

    Attributes:
        name: The step.
        seconds: Wall time.
    """

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A finished build.

    Attributes:
        path: The tool, or the first package where the spec asks for no tool.
        size: Its size in bytes.
        digest: Its identity, see `xpyja.build.pack.Packed`.
        proved: Whether it was started; False where it was not wanted, or its platform is another.
        steps: How long each step took.
        packages: The folders of the importable packages.
    """

    path: Path
    size: int
    digest: str
    proved: bool
    steps: tuple[StepTime, ...]
    packages: tuple[Path, ...] = ()


class _Clock:
    """Announces and times steps."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.steps: list[StepTime] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(name)
        began = time.perf_counter()
        yield
        self.steps.append(StepTime(name, time.perf_counter() - began))


def make_plan(spec: Path | None) -> BuildPlan:
    """Loads a spec, asks its providers what they offer, checks it and plans the build.

    Args:
        spec: The spec, or None for the one in the working directory.

    Raises:
        SpecError: The spec is invalid; the error holds all problems.
        BuildError: A provider cannot be described.
    """
    from xpyja.build.check import check_spec
    from xpyja.build.plan import compile_plan
    from xpyja.build.resolve import resolve
    from xpyja.build.spec.loader import load_spec

    loaded = load_spec(spec)
    descriptions = resolve(loaded)
    check_spec(loaded, descriptions)
    return compile_plan(loaded, descriptions)


def fetch_layer(plan: BuildPlan) -> Layer:
    """Takes everything that comes from package indexes from the cache, or installs it.

    Raises:
        BuildError: A requirement cannot be met.
    """
    lowest, _ = python_range(plan.runtime.build.requires_python)
    return fetch((*RUNTIME_REQUIREMENTS, *plan.requirements), _only_target(plan), lowest)


def make_stage(plan: BuildPlan, layer: Layer, folder: Path) -> Stage:
    """Renders the tool's own files and copies everything together.

    Raises:
        BuildError: Two parts bring the same file, or a file cannot be read.
    """
    info = plan.runtime.build._replace(embedded=layer.distributions)
    complete = replace(plan, runtime=plan.runtime._replace(build=info))
    return stage(complete, layer, engine_bytecode(layer, _only_target(plan)), render(complete), folder)


def pack_stage(plan: BuildPlan, staged: Stage, output: Path) -> Packed:
    """Writes the tool.

    Raises:
        BuildError: It cannot be written.
    """
    runtime = plan.runtime
    return pack(
        staged, output, name=runtime.name, target=_only_target(plan), requires_python=runtime.build.requires_python
    )


def build(
    spec: Path | None, output: Path | None = None, *, proving: bool = True, progress: Progress | None = None
) -> BuildResult:
    """Builds what a spec asks for.

    Args:
        spec: The spec, or None for the one in the working directory.
        output: The tool to write, instead of what the spec says.
        proving: Whether to start the tool before calling it done.
        progress: Is told each step as it begins.

    Raises:
        SpecError: The spec is invalid.
        BuildError: A step failed.
    """
    clock = _Clock(progress)
    with clock.step("plan"):
        plan = make_plan(spec)
    packages = []
    for artifact in plan.artifacts:
        if artifact.type == "package":
            with clock.step("package"):
                packages.append(write_package(plan, artifact.output))
    folders = tuple(package.path for package in packages)
    if packages and output is None and all(artifact.type != "zipapp" for artifact in plan.artifacts):
        return BuildResult(packages[0].path, packages[0].size, packages[0].digest, False, tuple(clock.steps), folders)
    with clock.step("fetch"):
        layer = fetch_layer(plan)
    with tempfile.TemporaryDirectory(prefix="xpyja-build-") as temporary:
        with clock.step("stage"):
            staged = make_stage(plan, layer, Path(temporary) / "stage")
        with clock.step("pack"):
            packed = pack_stage(plan, staged, output or zipapp_output(plan))
    proving = proving and _only_target(plan) == this_target()
    if proving:
        with clock.step("prove"):
            prove(packed.path, plan.runtime)
    return BuildResult(packed.path, packed.size, packed.digest, proving, tuple(clock.steps), folders)


def write_package(plan: BuildPlan, folder: Path) -> Packed:
    """Writes an importable package with the runtimes of a plan.

    Args:
        plan: The build plan.
        folder: The package; its name is what programs import. What an earlier build wrote there is replaced, anything
            else is refused.

    Raises:
        BuildError: The folder cannot be written, or its name is no Python name.
    """
    if not folder.name.isidentifier():
        raise BuildError(
            "package", f"{folder.name} cannot be the name of a Python package", hint="write a name like notes_runtime"
        )
    _empty(folder, _OF_PACKAGE, proof=PLAN_FILE)
    staged = stage_package(plan, render_package(plan), folder)
    size = sum((folder / name).stat().st_size for name in staged.owners)
    return Packed(folder, size, identity(staged))


def generate_package(spec: Path | None, folder: Path, *, progress: Progress | None = None) -> Path:
    """Loads a spec and does `write_package`.

    Raises:
        SpecError: The spec is invalid.
        BuildError: A step failed.
    """
    clock = _Clock(progress)
    with clock.step("plan"):
        plan = make_plan(spec)
    with clock.step("package"):
        return write_package(plan, folder.parent.resolve() / folder.name).path


def generate(spec: Path | None, folder: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Writes what would be packed as a folder that Python can run.

    Args:
        spec: The spec, or None for the one in the working directory.
        folder: Where to write, ``build/NAME`` unless given. What an earlier `generate` wrote there is replaced,
            anything else is refused.
        progress: Is told each step as it begins.

    Returns:
        The folder.

    Raises:
        SpecError: The spec is invalid.
        BuildError: A step failed.
    """
    clock = _Clock(progress)
    with clock.step("plan"):
        plan = make_plan(spec)
    if folder is None:
        folder = Path("build") / plan.runtime.name
    with clock.step("fetch"):
        layer = fetch_layer(plan)
    with clock.step("stage"):
        main = render_template("folder_main.py.j2")
        check_python("folder_main.py.j2", main)
        _empty(folder, {"__main__.py", "site-packages", "__pycache__"})
        make_stage(plan, layer, folder / "site-packages")
        (folder / "__main__.py").write_text(main, encoding="utf-8")
    return folder


def plan_document(plan: BuildPlan) -> dict[str, Any]:  # JSON values
    """Makes the machine-readable form of a build plan."""
    return {
        "runtime": json.loads(to_json(plan.runtime)),
        "providers": [{"id": p.id, "origin": p.origin, "folder": str(p.folder)} for p in plan.providers],
        "requirements": [*RUNTIME_REQUIREMENTS, *plan.requirements],
        "files": [{"source": f.source, "relative": f.relative, "path": str(f.path)} for f in plan.files],
        "artifacts": [{"type": artifact.type, "output": str(artifact.output)} for artifact in plan.artifacts],
    }


def zipapp_output(plan: BuildPlan) -> Path:
    """Finds where the plan wants the tool.

    Raises:
        BuildError: The plan has no such artifact.
    """
    for artifact in plan.artifacts:
        if artifact.type == "zipapp":
            return artifact.output
    raise BuildError("pack", "the spec has no artifact of type zipapp", hint="add one, or give -o FILE")


def _only_target(plan: BuildPlan) -> str:
    targets = plan.runtime.build.targets
    if len(targets) != 1:
        raise BuildError(
            "stage", f"one tool is built for one platform, the spec has {', '.join(targets)}", hint="keep one of them"
        )
    return targets[0]


_OF_PACKAGE = {"__init__.py", "__pycache__", "py.typed", "requirements.txt", PLAN_FILE, SPEC_FILE}
_OF_PACKAGE |= {SOURCES_FOLDER, PROVIDERS_FOLDER}


def _empty(folder: Path, ours: set[str], proof: str = "") -> None:
    """Removes an earlier outcome, and nothing that somebody else may have put there.

    Args:
        folder: Where the outcome goes.
        ours: The names that an earlier outcome may have.
        proof: The name that tells an earlier outcome from others with such names, or "".
    """
    try:
        if folder.is_dir():
            names = {path.name for path in folder.iterdir()}
            strange = sorted(names - ours if not proof or proof in names else names)
            if strange:
                raise BuildError("stage", f"{folder} is not empty: it has {strange[0]}", hint="choose another folder")
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise BuildError("stage", f"cannot write {folder}: {error.strerror or error}") from error
