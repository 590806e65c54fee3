"""Providers from folders and distributions, up to the built tool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpyja.build import pipeline
from xpyja.build.check import check_spec
from xpyja.build.errors import BuildError, SpecError
from xpyja.build.resolve import resolve
from xpyja.build.spec.loader import load_spec
from xpyja.cli.main import run

if TYPE_CHECKING:
    from tests.build.conftest import Wheels

PROVIDER = """\
from xpyja.runtime.api import Module, Provider

def new_greet(ctx):
    import acme_words
    return {"greet": lambda name: f"{acme_words.HELLO} {name}"}

PROVIDER = Provider(
    id="acme",
    modules=(
        Module("greet", new_greet, doc="Greets", requirements=("xpyja-test-words",)),
        Module("unused", new_greet, requirements=("xpyja-test-missing",)),
    ),
)
"""
SPEC = """\
schema: xpyja/v1
name: greeter
providers:
  - {entry}
  - id: core
runtimes:
  main:
    modules: [acme.greet, core.path]
"""


def write_spec(folder: Path, entry: str, extra: str = "") -> Path:
    spec = folder / "project" / "spec.yaml"
    spec.parent.mkdir(exist_ok=True)
    spec.write_text(SPEC.replace("{entry}", entry) + extra)
    return spec


def write_package(folder: Path, code: str = PROVIDER) -> None:
    package = folder / "project" / "acme" / "acme_xpyja"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "provider.py").write_text(code)
    (package / "tips").mkdir()
    (package / "tips" / "hello.js").write_text("console.log(require('greet').greet('script'))\n")


def add_words(wheels: Wheels, version: str = "1.0", word: str = "hello") -> None:
    wheels.make("xpyja-test-words", version, {"acme_words.py": f"HELLO = {word!r}\n".encode()})


def add_distribution(wheels: Wheels, version: str = "1.2", code: str = PROVIDER) -> None:
    wheels.make(
        "xpyja-test-acme",
        version,
        {"acme_xpyja/__init__.py": b"", "acme_xpyja/provider.py": code.encode()},
        provider="acme = acme_xpyja.provider:PROVIDER",
    )


def greet(tool: Path, source: str = "require('greet').greet('you')") -> str:
    done = subprocess.run([sys.executable, str(tool), "eval", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FOLDER = '{id: acme, import: "acme_xpyja.provider:PROVIDER", path: ./acme}'


def test_provider_in_a_folder_goes_into_the_tool_with_what_its_modules_need(
    more_wheels: Wheels, tmp_path: Path
) -> None:
    add_words(more_wheels)
    write_package(tmp_path)
    tool = pipeline.build(write_spec(tmp_path, FOLDER), proving=False).path
    assert greet(tool) == "hello you"
    with zipfile.ZipFile(tool) as archive:
        names = set(archive.namelist())
        plan = json.loads(archive.read("site-packages/xpyja_tool/plan.json"))
    assert "site-packages/acme_xpyja/provider.py" in names
    assert "xpyja-test-words==1.0" in plan["build"]["embedded"]
    assert str(tmp_path) not in json.dumps(plan)


@pytest.mark.parametrize(
    ("entry", "extra"),
    [
        ("{id: acme, requirement: xpyja-test-acme==1.2}", ""),
        ('{id: acme, import: "acme_xpyja.provider:PROVIDER", requirement: xpyja-test-acme}', ""),
        ("{id: acme}", "python: {requirements: [xpyja-test-acme]}\n"),
        ('{id: acme, import: "acme_xpyja.provider:PROVIDER"}', "python: {requirements: [xpyja-test-acme]}\n"),
    ],
    ids=["entry-point", "import", "entry-point-of-python-requirements", "import-from-python-requirements"],
)
def test_provider_in_a_distribution(more_wheels: Wheels, tmp_path: Path, entry: str, extra: str) -> None:
    add_words(more_wheels)
    add_distribution(more_wheels)
    plan = pipeline.make_plan(write_spec(tmp_path, entry, extra))
    assert (plan.runtime.providers[0].id, plan.runtime.providers[0].version) == ("acme", "1.2")
    assert set(plan.requirements) >= {"xpyja-test-words"}
    assert greet(pipeline.build(tmp_path / "project" / "spec.yaml", proving=False).path) == "hello you"


def test_provider_is_described_in_the_release_that_goes_into_the_tool(more_wheels: Wheels, tmp_path: Path) -> None:
    needs = PROVIDER.replace('"xpyja-test-words"', '"xpyja-test-words", "xpyja-test-acme<2"')
    add_words(more_wheels)
    add_distribution(more_wheels, "1.2", needs.replace("Greets", "Old"))
    add_distribution(more_wheels, "2.0", needs.replace("Greets", "New"))
    plan = pipeline.make_plan(write_spec(tmp_path, "{id: acme, requirement: xpyja-test-acme}"))
    assert plan.runtime.providers[0].version == "1.2"
    assert plan.runtime.runtimes[0].modules[0].doc == "Old"


def test_extra_packages_are_embedded_with_what_they_need(more_wheels: Wheels, tmp_path: Path) -> None:
    more_wheels.make("xpyja-test-more", files={"more.py": b""}, requires=("xpyja-test-words>=1",))
    add_words(more_wheels)
    spec = tmp_path / "spec.yaml"
    spec.write_text("schema: xpyja/v1\nname: n\nruntimes: {main: {}}\npython: {requirements: [xpyja-test-more]}\n")
    plan = pipeline.make_plan(spec)
    assert {"xpyja-test-more==1.0", "xpyja-test-words==1.0"} <= set(pipeline.fetch_layer(plan).distributions)


def test_requirement_with_code_for_one_python_is_refused(more_wheels: Wheels, tmp_path: Path) -> None:
    more_wheels.make("xpyja-test-words", files={"acme_words.cpython-310-x86_64-linux-gnu.so": b""})
    write_package(tmp_path)
    with pytest.raises(BuildError) as caught:
        pipeline.build(write_spec(tmp_path, FOLDER))
    assert "xpyja-test-words 1.0 has compiled code for one Python release only" in caught.value.message


def test_requirement_that_does_not_exist_is_named(more_wheels: Wheels, tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        pipeline.make_plan(write_spec(tmp_path, "{id: acme, requirement: xpyja-test-acme==9}"))
    assert '"xpyja-test-acme==9"' in caught.value.message


def test_code_of_a_provider_never_runs_in_the_builder(more_wheels: Wheels, tmp_path: Path) -> None:
    add_words(more_wheels)
    mark = "import os, pathlib\npathlib.Path(os.environ['MARK']).write_text(str(os.getpid()))\n"
    write_package(tmp_path, mark + PROVIDER)
    spec = write_spec(tmp_path, FOLDER)
    code = (
        "import os, sys; from pathlib import Path; from xpyja.build import pipeline\n"
        f"pipeline.build(Path({str(spec)!r}), proving=False)\n"
        "assert not any(name.startswith(('acme', 'xpyja_providers.')) for name in sys.modules)\n"
        "assert Path(os.environ['MARK']).read_text() != str(os.getpid())\n"
    )
    environment = {**os.environ, "MARK": str(tmp_path / "mark")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert (tmp_path / "mark").exists()


def test_bundled_provider_may_be_named_by_its_import_or_replaced(more_wheels: Wheels, tmp_path: Path) -> None:
    add_words(more_wheels)
    write_package(tmp_path, PROVIDER.replace('id="acme"', 'id="fixture"'))
    entry = '{id: fixture, import: "acme_xpyja.provider:PROVIDER", path: ./acme}'
    spec = write_spec(tmp_path, entry)
    spec.write_text(spec.read_text().replace("acme.greet", "fixture.greet").replace("id: core", CORE_BY_IMPORT))
    plan = pipeline.make_plan(spec)
    assert [provider.origin for provider in plan.runtime.providers] == [
        "acme_xpyja.provider:PROVIDER",
        "xpyja_providers.core.provider:PROVIDER",
    ]


CORE_BY_IMPORT = "{id: core, import: xpyja_providers.core.provider:PROVIDER}"


def test_entry_point_of_another_name(more_wheels: Wheels, tmp_path: Path) -> None:
    add_distribution(more_wheels)
    loaded = load_spec(write_spec(tmp_path, "{id: acmes, requirement: xpyja-test-acme}"))
    with pytest.raises(SpecError) as caught:
        check_spec(loaded, resolve(loaded))
    problem = caught.value.problems[0]
    assert (problem.path, problem.line) == ("providers[0].requirement", 4)
    assert problem.message == '"xpyja-test-acme" brings no entry point "acmes" of the group xpyja.providers'


def test_wrong_requirement_is_said_once(tmp_path: Path) -> None:
    loaded = load_spec(write_spec(tmp_path, "{id: acme}", 'python: {requirements: ["two words"]}\n'))
    with pytest.raises(SpecError) as caught:
        check_spec(loaded, resolve(loaded))
    assert [problem.path for problem in caught.value.problems] == ["python.requirements[0]"]


def test_files_of_a_provider_are_embedded_as_a_source(more_wheels: Wheels, tmp_path: Path) -> None:
    add_words(more_wheels)
    sources = (
        "import os\nHERE = os.path.dirname(__file__)\n"
        + PROVIDER.replace("import Module, Provider", "import HelpSource, Module, Provider, VerbSource")[:-2]
        + '    verb_sources=(VerbSource("tips", os.path.join(HERE, "tips")),),\n'
        + '    help_sources=(HelpSource("pages", os.path.join(HERE, "tips")),),\n)\n'
    )
    write_package(tmp_path, sources)
    spec = write_spec(
        tmp_path,
        FOLDER,
        "sources:\n"
        "  - {id: hints, kind: script, from: {provider: acme, source: tips}}\n"
        "  - {id: shown, kind: assets, from: {provider: acme, source: pages}}\n",
    )
    plan = pipeline.make_plan(spec)
    assert [(source.id, source.files) for source in plan.runtime.sources] == [
        ("hints", ("hello.js",)),
        ("shown", ("hello.js",)),
    ]
    tool = pipeline.build(spec, proving=False).path
    command = [sys.executable, str(tool), "run", "hints:hello.js"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "hello script\n"
    spec.write_text(spec.read_text().replace("source: tips", "source: pages"))
    with pytest.raises(SpecError) as caught:
        pipeline.make_plan(spec)
    assert caught.value.problems[0].message == 'the provider "acme" has no source "pages" for kind script'


def test_provider_that_is_one_file(more_wheels: Wheels, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, '{id: acme, import: "lone:PROVIDER", path: .}')
    code = PROVIDER.replace(', requirements=("xpyja-test-words",)', "").replace("    import acme_words\n", "")
    (spec.parent / "lone.py").write_text(code.replace("{acme_words.HELLO}", "lone"))
    assert greet(pipeline.build(spec, proving=False).path) == "lone you"


def test_modules_lists_everything_and_where_it_is_used(
    more_wheels: Wheels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(tmp_path)
    spec = write_spec(tmp_path, FOLDER)
    spec.write_text(
        spec.read_text().replace("core.path]", '{provider: host, module: fs, as: "fs:data"}]').replace("core", "host")
    )
    assert run(["modules", str(spec)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("acme (path)\n  acme.greet  Greets  [main as greet]\n      needs xpyja-test-words\n")
    assert "  host.fs  Files inside chosen folders  [main as fs:data]\n" in text
    assert "      allow   list of read | write, default [], grant: What is allowed with files\n" in text
    assert "core.path" in text
    assert run(["modules", str(spec), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [provider["id"] for provider in document["providers"]] == ["acme", "host", "core", "fixture"]
    acme, host, core, _ = document["providers"]
    assert (acme["kind"], acme["listed"], core["kind"], core["listed"]) == ("path", True, "bundled", False)
    assert acme["modules"][0]["requirements"] == ["xpyja-test-words"]
    [fs] = host["modules"]
    assert fs["selected"] == [{"runtime": "main", "alias": "fs:data"}]
    assert fs["config"][0]["key"] == "allow"
    assert fs["config"][0]["choices"] == ["read", "write"]
    monkeypatch.chdir(tmp_path)
    assert run(["modules", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"] is None


def test_modules_shows_the_rest_when_a_provider_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_package(tmp_path, "raise ValueError('not today')\n")
    assert run(["modules", str(write_spec(tmp_path, FOLDER))]) == 2
    printed = capsys.readouterr()
    assert "core.path" in printed.out
    assert "ValueError: not today" in printed.err
