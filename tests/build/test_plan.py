"""From a checked spec to the build plan."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from xpyja import __version__
from xpyja.build.check import check_spec
from xpyja.build.describe import (
    Descriptions,
    ModuleDescription,
    ProviderDescription,
    ProviderLocation,
    describe_bundled,
)
from xpyja.build.errors import SpecError
from xpyja.build.plan import BuildPlan, compile_plan
from xpyja.build.spec.loader import load_spec
from xpyja.build.targets import this_target
from xpyja.runtime.plan import CommandEntry, ConfigFiles, Limits, ModuleOffer, SourceEntry, from_json, to_json

GOOD = Path(__file__).parent / "spec" / "good"


def compiled(path: Path, descriptions: Descriptions | None = None) -> BuildPlan:
    descriptions = descriptions or describe_bundled()
    loaded = load_spec(path)
    check_spec(loaded, descriptions)
    return compile_plan(loaded, descriptions)


def test_minimal_spec_gives_defaults() -> None:
    plan = compiled(GOOD / "minimal.yaml")
    runtime = plan.runtime
    assert (runtime.name, runtime.version, runtime.description) == ("notes", "0.0.0", "")
    assert (runtime.env_prefix, runtime.default_runtime) == ("NOTES", "main")
    assert [profile.limits for profile in runtime.runtimes] == [Limits()]
    assert runtime.commands == (CommandEntry("eval", "eval", ""), CommandEntry("run", "run", ""))
    assert (runtime.providers, runtime.sources, plan.files, plan.requirements) == ((), (), (), ())
    assert {offer.provider for offer in runtime.offers} >= {"core", "host", "fixture"}
    assert not any(offer.chosen for offer in runtime.offers)
    [artifact] = plan.artifacts
    assert (artifact.type, artifact.output) == ("zipapp", GOOD / "dist" / "notes.pyz")


def test_everything_reaches_the_plan() -> None:
    plan = compiled(GOOD / "everything.yaml")
    runtime = plan.runtime
    text = (GOOD / "everything.yaml").read_text("utf-8")
    assert plan.spec_text == text
    assert (runtime.name, runtime.version) == ("notes-app", "0.3.0rc1")
    assert runtime.description == "Notes with a scripting language"
    assert (runtime.env_prefix, runtime.default_runtime) == ("", "safe")
    assert [(provider.id, provider.line) for provider in runtime.providers] == [("host", 13), ("core", 14)]
    assert all(provider.version == __version__ for provider in runtime.providers)
    assert [files.package for files in plan.providers] == ["xpyja_providers.host", "xpyja_providers.core"]
    assert all((files.folder / "provider.py").is_file() for files in plan.providers)

    main, safe, same, yes = runtime.runtimes
    assert [profile.name for profile in runtime.runtimes] == ["main", "safe", "same", "yes"]
    assert main.limits == Limits(64 * 1024**2, 512 * 1024, 90.0)
    assert safe.limits == Limits(memory=16 * 1024**2)
    assert safe.modules == main.modules
    assert [(module.alias, module.line) for module in main.modules] == [
        ("path", 18),
        ("happenings", 19),
        ("fs:data", 22),
        ("fs", 23),
    ]
    assert (main.line, yes.line) == (17, 30)
    assert main.modules[2].config == {"allow": ["read", "write"], "roots": ["./data", "/srv"]}
    assert main.modules[3].config == {}
    assert [module.alias for module in same.modules] == [module.alias for module in main.modules]

    assert runtime.sources == (
        SourceEntry("web", "assets", True, "web", ("index.html",)),
        SourceEntry("scripts", "script", True, "scripts", ("lib/x.js", "report.js")),
    )
    assert [(file.source, file.relative) for file in plan.files] == [
        ("scripts", "lib/x.js"),
        ("scripts", "report.js"),
        ("web", "index.html"),
    ]
    assert all(file.path.is_absolute() and file.path.is_file() for file in plan.files)
    assert runtime.commands == (
        CommandEntry("run", "run", "main"),
        CommandEntry("eval", "eval", ""),
        CommandEntry("eval", "safe-eval", "safe"),
    )
    chosen = {offer.provider for offer in runtime.offers if offer.chosen}
    assert chosen == {"core", "host"}
    assert [artifact.output for artifact in plan.artifacts] == [
        GOOD / "out" / "notes.pyz",
        GOOD / "dist" / "notes-app.pyz",
    ]
    build = runtime.build
    assert (build.xpyja, build.spec, build.requires_python) == (__version__, "everything.yaml", ">=3.11,<3.15")
    assert (build.targets, build.embedded) == ((this_target(),), ())
    assert build.spec_digest == hashlib.sha256(text.encode()).hexdigest()


def test_plan_survives_its_json_and_holds_no_path_of_this_machine() -> None:
    runtime = compiled(GOOD / "everything.yaml").runtime
    text = to_json(runtime)
    assert from_json(text) == runtime
    assert str(GOOD) not in text


def test_same_spec_gives_the_same_plan_from_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled(GOOD / "everything.yaml")
    monkeypatch.chdir(GOOD / "scripts")
    assert compiled(Path("../everything.yaml")) == first


def test_requirements_are_those_of_modules_in_use(tmp_path: Path) -> None:
    location = ProviderLocation("core", "core.provider:PROVIDER", tmp_path, "core")
    modules = (
        ModuleDescription("yaml", "YAML", ("PyYAML>=6", "attrs"), False, None),
        ModuleDescription("toml", "TOML", ("tomli",), False, None),
        ModuleDescription("ini", "", ("attrs",), False, None),
    )
    descriptions = Descriptions((ProviderDescription(location, "", "1", modules),))
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "schema: xpyja/v1\nname: n\nproviders: [{id: core}]\n"
        "runtimes: {a: {modules: [core.yaml]}, b: {modules: [core.ini]}}\n"
    )
    plan = compiled(spec, descriptions)
    assert plan.requirements == ("PyYAML>=6", "attrs")
    assert plan.runtime.offers == tuple(ModuleOffer("core", module.name, module.doc, True) for module in modules)


def test_fields_tell_flags_variables_and_the_lines_that_set_them(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "schema: xpyja/v1\nname: my-notes\nproviders: [{id: host}, {id: core}]\nruntimes:\n  main:\n    modules:\n"
        '    - core.path\n    - {provider: host, module: fs, as: "FS:Data"}\n'
        "    - provider: host\n      module: fs\n      config:\n        allow: [read]\n        roots: [.]\n"
        "    limits:\n      stack: 4MiB\n      time: 2s\n"
    )
    [profile] = compiled(spec).runtime.runtimes
    path, data, fs = profile.modules
    assert path.fields == ()
    assert [(field.key, field.flag, field.variable, field.line) for field in fs.fields] == [
        ("allow", "fs-allow", "MY_NOTES_FS_ALLOW", 12),
        ("roots", "fs-root", "MY_NOTES_FS_ROOTS", 13),
        ("mounts", "", "MY_NOTES_FS_MOUNTS", 0),
    ]
    assert [(field.flag, field.variable, field.line) for field in data.fields][1] == (
        "fs-data-root",
        "MY_NOTES_FS_DATA_ROOTS",
        0,
    )
    assert all(field.grant and not field.secret for field in fs.fields)
    assert profile.limit_lines == {"stack": 15, "time": 16}


@pytest.mark.parametrize(("name", "requirements"), [("n.json", 0), ("n.yaml", 1), ("n.yml", 1), ("n.toml", 1)])
def test_a_config_file_brings_what_reads_it(tmp_path: Path, name: str, requirements: int) -> None:
    spec = tmp_path / "spec.yaml"
    head = "schema: xpyja/v1\nname: notes\nruntimes: {main: {}}\n"
    spec.write_text(f"{head}app: {{envPrefix: '', configFile: {{fileName: {name}, layers: [user]}}}}\n")
    plan = compiled(spec)
    assert plan.runtime.config_file == ConfigFiles(name, ("user",))
    assert len(plan.requirements) == requirements
    spec.write_text(head)
    assert compiled(spec).runtime.config_file is None


def test_default_runtime_is_the_first(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("schema: xpyja/v1\nname: my-own-tool\nruntimes: {z: {}, a: {}}\n")
    runtime = compiled(spec).runtime
    assert (runtime.default_runtime, runtime.env_prefix) == ("z", "MY_OWN_TOOL")


def test_source_that_went_bad_after_the_check_is_still_a_spec_error(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a").symlink_to("/etc/hosts")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "schema: xpyja/v1\nname: n\nruntimes: {a: {}}\nsources: [{id: w, kind: assets, from: {dir: web}}]\n"
    )
    with pytest.raises(SpecError) as caught:
        compile_plan(load_spec(spec), Descriptions(()))
    assert caught.value.problems[0].line == 4
