from __future__ import annotations

import stat
from pathlib import Path

import pytest

from xpyja.build.errors import BuildError
from xpyja.build.layer import Layer, LayerFile
from xpyja.build.plan import BuildPlan, ProviderFiles, SourceFile
from xpyja.build.stage import Stage, stage
from xpyja.runtime.plan import BuildInfo, RuntimePlan

RUNTIME = RuntimePlan(
    *("tool", "1", "", "", "main", (), (), (), (), ()), BuildInfo("0", "spec.yaml", "", ">=3.10", ("linux-x86_64",), ())
)


def plan(providers: tuple[ProviderFiles, ...] = (), files: tuple[SourceFile, ...] = ()) -> BuildPlan:
    return BuildPlan(RUNTIME, "name: tool\n", providers, (), files, ())


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def layer(folder: Path, *names: str) -> Layer:
    write(folder, *names)
    return Layer(folder, tuple(LayerFile(name, "some 1.0", "") for name in sorted(names)), ("some==1.0",))


def provider(folder: Path, identity: str = "acme", package: str = "acme") -> ProviderFiles:
    return ProviderFiles(identity, f"{package}.provider:PROVIDER", folder, package)


def staged(tmp_path: Path, build_plan: BuildPlan, *, distributions: tuple[str, ...] = ()) -> Stage:
    return stage(build_plan, layer(tmp_path / "layer", *distributions), {}, {"plan.json": b"{}"}, tmp_path / "stage")


def test_the_runtime_half_is_copied_whole_and_the_build_half_not_at_all(tmp_path: Path) -> None:
    import xpyja

    package = Path(xpyja.__file__).parent
    names = set(staged(tmp_path, plan()).owners)
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in (package / "runtime").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names
    assert names - wanted == {"xpyja/__init__.py", "xpyja_tool/plan.json"}


def test_what_is_said_to_be_there_is_there(tmp_path: Path) -> None:
    found = staged(tmp_path, plan(), distributions=("click/core.py",))
    on_disk = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()}
    assert on_disk == set(found.owners)
    assert list(found.owners) == sorted(found.owners)


def test_only_chosen_providers_are_copied_with_the_packages_they_are_in(tmp_path: Path) -> None:
    providers = write(
        *(tmp_path / "root",),
        *(
            "suite/__init__.py",
            "suite/one/__init__.py",
            "suite/one/help/x.md",
            "suite/two/__init__.py",
            "suite/setup.py",
        ),
    )
    chosen = (provider(providers / "suite" / "one", "one", "suite.one"),)
    names = {name for name in staged(tmp_path, plan(chosen)).owners if name.startswith("suite")}
    assert names == {"suite/__init__.py", "suite/one/__init__.py", "suite/one/help/x.md"}


def test_two_providers_may_share_the_package_they_are_in(tmp_path: Path) -> None:
    root = write(tmp_path / "root", "suite/__init__.py", "suite/one/__init__.py", "suite/two/__init__.py")
    chosen = tuple(provider(root / "suite" / name, name, f"suite.{name}") for name in ("one", "two"))
    found = staged(tmp_path, plan(chosen))
    assert found.owners["suite/__init__.py"] == "suite"
    assert found.owners["suite/two/__init__.py"] == 'provider "two"'


def test_a_deep_package_brings_all_its_parents(tmp_path: Path) -> None:
    root = write(tmp_path / "root", "a/__init__.py", "a/b/__init__.py", "a/b/c/__init__.py")
    names = set(staged(tmp_path, plan((provider(root / "a/b/c", "c", "a.b.c"),))).owners)
    assert {"a/__init__.py", "a/b/__init__.py", "a/b/c/__init__.py"} <= names
    assert (tmp_path / "stage/a/__init__.py").read_text() == "a/__init__.py"
    assert (tmp_path / "stage/a/b/__init__.py").read_text() == "a/b/__init__.py"


def test_what_caches_and_editors_leave_behind_stays_out(tmp_path: Path) -> None:
    folder = write(
        *(tmp_path / "root" / "acme",),
        *("__init__.py", "__pycache__/x.cpython-311.pyc", "x.pyc", "x.py~", ".x.py.swp", ".DS_Store", ".git/config"),
    )
    names = {name for name in staged(tmp_path, plan((provider(folder),))).owners if name.startswith("acme")}
    assert names == {"acme/__init__.py"}


def test_modes_are_set_not_inherited(tmp_path: Path) -> None:
    folder = write(tmp_path / "root" / "acme", "__init__.py", "run.sh")
    (folder / "__init__.py").chmod(0o600)
    (folder / "run.sh").chmod(0o700)
    found = staged(tmp_path, plan((provider(folder),)))
    modes = {name: stat.S_IMODE((found.folder / name).stat().st_mode) for name in found.owners}
    assert modes.pop("acme/run.sh") == 0o755
    assert set(modes.values()) == {0o644}


def test_sources_go_below_the_tools_own_package(tmp_path: Path) -> None:
    files = write(tmp_path / "verbs", "a.js", "lib/b.js")
    sources = tuple(SourceFile("verbs", name, files / name) for name in ("a.js", "lib/b.js"))
    found = staged(tmp_path, plan(files=sources))
    assert found.owners["xpyja_tool/sources/verbs/lib/b.js"] == 'source "verbs"'


@pytest.mark.parametrize(
    ("distribution", "package"),
    [("acme/__init__.py", "acme"), ("xpyja/__init__.py", "acme"), ("xpyja_tool/plan.json", "acme")],
)
def test_two_owners_of_one_file_are_refused_and_both_are_named(tmp_path: Path, distribution: str, package: str) -> None:
    folder = write(tmp_path / "root" / package, "__init__.py")
    with pytest.raises(BuildError) as caught:
        staged(tmp_path, plan((provider(folder),)), distributions=(distribution,))
    assert caught.value.step == "stage"
    assert f"{distribution} comes from both some 1.0 and " in caught.value.message


def test_a_source_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "gone.js"
    with pytest.raises(BuildError) as caught:
        staged(tmp_path, plan(files=(SourceFile("verbs", "gone.js", missing),)))
    assert str(missing) in caught.value.message


@pytest.mark.parametrize("name", ["line\nbreak.js", "compiled.pyc"])
def test_a_name_that_cannot_be_packed_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "verbs", name)
    with pytest.raises(BuildError) as caught:
        staged(tmp_path, plan(files=(SourceFile("verbs", name, tmp_path / "verbs" / name),)))
    assert caught.value.hint == "rename the file"
