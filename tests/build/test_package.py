"""The importable package: written, replaced, refused, and used by programs."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from xpyja import __version__
from xpyja.build import pipeline
from xpyja.build.errors import BuildError
from xpyja.cli.main import run

PROVIDER = """\
from xpyja.runtime.api import Module, Provider

def new_store(ctx):
    ctx.add_closer(lambda: ctx.service("log")("closed"))
    return {"get": ctx.service("store").get}

PROVIDER = Provider(id="acme", modules=(Module("store", new_store),))
"""
SPEC = """\
schema: xpyja/v1
name: notes
version: 1.2.0
providers:
  - {id: core}
  - {id: acme, import: "acme_xpyja:PROVIDER", path: ./acme}
runtimes:
  main: {modules: [acme.store, core.path]}
  small: {limits: {memory: 8MiB}}
  apart: {isolation: process}
sources:
  - {id: scripts, kind: script, from: {dir: scripts}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "acme" / "acme_xpyja").mkdir(parents=True)
    (folder / "acme" / "acme_xpyja" / "__init__.py").write_text(PROVIDER)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "twice.js").write_text("exports.twice = (n) => n * 2\n")
    (folder / "spec.yaml").write_text(SPEC)
    return folder / "spec.yaml"


@pytest.fixture
def package(spec: Path, tmp_path: Path) -> Path:
    return pipeline.generate_package(spec, tmp_path / "lib" / "notes_runtime")


def use(package: Path, program: str) -> str:
    """Runs a program that finds the package, and nothing of the spec's folder."""
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    code = "from notes_runtime import new_bundle\n" + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=package.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_the_plan_the_sources_and_the_providers_of_the_user(package: Path) -> None:
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert files == {
        "__init__.py",
        "plan.json",
        "providers/acme_xpyja/__init__.py",
        "py.typed",
        "requirements.txt",
        "sources/scripts/twice.js",
        "spec.yaml",
    }
    assert (package / "requirements.txt").read_text() == f"xpyja=={__version__}\n"


def test_a_program_uses_it_with_services_of_its_own(package: Path) -> None:
    program = """
        log = []
        with new_bundle(services={"store": {"a": 1}, "log": log.append}) as bundle:
            first, second = bundle.new_runtime("main"), bundle.new_runtime()
            print(first.eval("require('store').get('a')"), second.eval("require('twice').twice(21)"))
            second.close()
        print(log, first.closed)
    """
    assert use(package, program) == "1 42\n['closed'] True\n"


def test_bundles_do_not_see_each_others_services(package: Path) -> None:
    program = """
        bundles = [new_bundle(services={"store": {"a": name}, "log": print}) for name in "xy"]
        print([bundle.new_runtime().eval("require('store').get('a')") for bundle in bundles])
        for bundle in bundles:
            bundle.close()
            bundle.close()
    """
    assert use(package, program) == "['x', 'y']\nclosed\nclosed\n"


def test_a_service_that_nobody_gave_is_an_error_that_names_those_there_are(package: Path) -> None:
    program = """
        from xpyja.runtime.errors import CloseError, JsError, UnknownNameError
        bundle = new_bundle(services={"shop": {}, "other": 1})
        try:
            bundle.new_runtime().eval("require('store')")
        except JsError as error:
            print(error.text, "|", error.__cause__.hint)
        try:
            bundle.close()
        except CloseError as error:
            print(type(error.failures[0].failures[0]).__name__)
    """
    assert use(package, program) == 'unknown host service "store" | did you mean "shop"?\nUnknownNameError\n'.replace(
        'did you mean "shop"?', "known: shop, other"
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("bundle.new_runtime('mian')", 'UnknownNameError: unknown runtime profile "mian"'),
        ("bundle.new_runtime('apart')", "CompositionError: "),
        ("(bundle.close(), bundle.new_runtime())", 'OwnerClosed: the bundle of "notes" is closed'),
    ],
)
def test_what_a_bundle_refuses(package: Path, call: str, said: str) -> None:
    program = f"""
        bundle = new_bundle()
        try:
            {call}
        except Exception as error:
            print(f"{{type(error).__name__}}: {{error}}")
    """
    assert use(package, program).startswith(said)


def test_limits_and_denials_of_the_spec_hold(package: Path) -> None:
    program = """
        with new_bundle() as bundle:
            runtime = bundle.new_runtime("small")
            for source in ("require('path')", "new Array(1e8).fill('x').join('y')"):
                try:
                    print(runtime.eval(source))
                except Exception as error:
                    print(type(error.__cause__ or error).__name__)
    """
    assert use(package, program) == "ModuleDenied\nJsMemoryError\n"


def test_it_is_replaced_when_it_is_ours_and_never_otherwise(spec: Path, package: Path) -> None:
    (package / "sources" / "stale.js").touch()
    pipeline.generate_package(spec, package)
    assert not (package / "sources" / "stale.js").exists()
    (package / "thesis.txt").touch()
    with pytest.raises(BuildError, match=r"thesis\.txt"):
        pipeline.generate_package(spec, package)
    other = package.parent / "someones"
    other.mkdir()
    (other / "__init__.py").write_text("mine = 1\n")
    with pytest.raises(BuildError, match="__init__"):
        pipeline.generate_package(spec, other)
    assert (other / "__init__.py").read_text() == "mine = 1\n"


def test_a_name_that_nobody_can_import_is_refused(spec: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be the name"):
        pipeline.generate_package(spec, tmp_path / "notes-runtime")


def test_a_build_writes_what_the_spec_asks_for(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(SPEC + "artifacts: [{type: package, output: out/notes_runtime}]\n")
    result = pipeline.build(spec)
    assert result.path == spec.parent / "out" / "notes_runtime"
    assert result.packages == (result.path,)
    assert not (spec.parent / "dist").exists()
    assert pipeline.build(spec).digest == result.digest
    spec.write_text(SPEC + "artifacts: [{type: package, output: out/notes_runtime}, {type: zipapp}]\n")
    both = pipeline.build(spec, proving=False)
    assert (both.path, both.packages) == (spec.parent / "dist" / "notes.pyz", result.packages)
    assert run(["generate", str(spec), "--package", str(tmp_path / "again")]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (f"{tmp_path / 'again'}\n", "ok: use it with: from again import new_bundle\n")
    assert run(["generate", str(spec), "--package", "a", "-o", "b"]) == 2


def test_it_is_the_same_every_time(spec: Path, tmp_path: Path) -> None:
    folders = [pipeline.generate_package(spec, tmp_path / name / "rt") for name in ("one", "two")]
    contents = [{path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} for folder in folders]
    assert contents[0] == contents[1]
    assert str(tmp_path).encode() not in b"".join(contents[0].values())
