"""Layers, made of real distributions: a few are built here, so that nothing depends on an index."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xpyja.build import layer, lock
from xpyja.build.errors import BuildError
from xpyja.build.targets import this_target

if TYPE_CHECKING:
    from tests.build.conftest import Wheels


def fetch(*requirements: str) -> layer.Layer:
    return layer.fetch(requirements, this_target(), "3.10")


def test_facts_about_the_installation_are_left_out_and_licences_kept(wheels: Wheels) -> None:
    wheels.make("plain")
    found = fetch("plain")
    assert [file.name for file in found.files] == [
        "plain-1.0.dist-info/METADATA",
        "plain-1.0.dist-info/WHEEL",
        "plain-1.0.dist-info/entry_points.txt",
        "plain-1.0.dist-info/licenses/LICENSE",
        "plain.py",
    ]
    assert {file.owner for file in found.files} == {"plain 1.0"}
    assert found.distributions == ("plain==1.0",)
    on_disk = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()}
    assert on_disk == {file.name for file in found.files}


def test_the_second_fetch_installs_nothing(wheels: Wheels) -> None:
    wheels.make("plain")
    first = fetch("plain")
    (wheels.folder / "plain-1.0-py3-none-any.whl").unlink()
    assert fetch("plain") == first
    assert fetch("plain", "plain") == first


def test_other_requirements_make_another_layer(wheels: Wheels) -> None:
    wheels.make("plain")
    wheels.make("other")
    assert fetch("plain").folder != fetch("plain", "other").folder


@pytest.mark.parametrize("damage", ["delete", "truncate", "change", "manifest", "manifest-gone"])
def test_a_damaged_layer_is_made_again(wheels: Wheels, damage: str) -> None:
    wheels.make("plain", files={"plain.py": b"X = 12345\n"})
    first = fetch("plain")
    victim = first.folder / "plain.py"
    manifest = first.folder.parent / "layer.json"
    match damage:
        case "delete":
            victim.unlink()
        case "truncate":
            victim.write_bytes(b"X = ")
        case "change":
            victim.write_bytes(b"X = 54321\n")
        case "manifest":
            manifest.write_text(manifest.read_text()[:40])
        case _:
            manifest.unlink()
    assert fetch("plain") == first
    assert victim.read_bytes() == b"X = 12345\n"


def _fetch_in_a_process(results: multiprocessing.SimpleQueue[object]) -> None:
    try:
        results.put(fetch("plain", "other").distributions)
    except BuildError as error:
        results.put(error.message)


def test_several_builds_may_make_one_layer_at_once(wheels: Wheels) -> None:
    wheels.make("plain")
    wheels.make("other")
    context = multiprocessing.get_context("fork")
    results: multiprocessing.SimpleQueue[object] = context.SimpleQueue()
    children = [context.Process(target=_fetch_in_a_process, args=(results,)) for _ in range(4)]
    for child in children:
        child.start()
    assert [results.get() for _ in children] == [("other==1.0", "plain==1.0")] * 4
    for child in children:
        child.join()
    (_place,) = (wheels.folder.parent / "cache" / "layers").iterdir()


def test_a_requirement_that_cannot_be_met_is_named_with_its_target(wheels: Wheels) -> None:
    wheels.make("plain")
    with pytest.raises(BuildError) as caught:
        fetch("plain", "no-such-thing==3")
    assert caught.value.step == "stage"
    assert caught.value.message == f'cannot install "no-such-thing==3" for {this_target()} and Python 3.10'
    assert caught.value.hint


def test_a_requirement_without_a_wheel_for_the_target_is_named(wheels: Wheels) -> None:
    wheels.make("elsewhere", tag="cp310-abi3-win_amd64")
    with pytest.raises(BuildError) as caught:
        fetch("elsewhere")
    assert '"elsewhere"' in caught.value.message


def test_compiled_code_for_one_python_is_refused(wheels: Wheels) -> None:
    wheels.make("fast", files={"fast/_speed.cpython-310-x86_64-linux-gnu.so": b""})
    with pytest.raises(BuildError) as caught:
        fetch("fast")
    assert "fast 1.0 has compiled code for one Python release only" in caught.value.message


def test_a_speedup_that_is_optional_is_left_out(wheels: Wheels) -> None:
    wheels.make("PyYAML", files={"yaml/__init__.py": b"", "yaml/_yaml.cpython-310-x86_64-linux-gnu.so": b""})
    assert "yaml/__init__.py" in {file.name for file in fetch("pyyaml").files}
    assert not [file.name for file in fetch("pyyaml").files if file.name.endswith(".so")]


@pytest.mark.skipif(this_target() != "linux-x86_64", reason="uses the engine of this machine as an example")
def test_compiled_code_is_stripped(wheels: Wheels) -> None:
    import _quickjs

    original = Path(_quickjs.__file__).read_bytes()
    wheels.make("engine", files={"engine.abi3.so": original}, tag="cp310-abi3-manylinux_2_17_x86_64")
    found = fetch("engine")
    assert (found.folder / "engine.abi3.so").stat().st_size < len(original) / 4


def test_two_distributions_with_one_file_are_refused(wheels: Wheels) -> None:
    wheels.make("one", files={"shared.py": b"1"})
    wheels.make("two", files={"shared.py": b"2"})
    with pytest.raises(BuildError) as caught:
        fetch("one", "two")
    assert "shared.py comes from both" in caught.value.message


@pytest.mark.parametrize("name", ["quickjs", "QuickJS>=1"])
def test_the_old_engine_distribution_is_refused(wheels: Wheels, name: str) -> None:
    with pytest.raises(BuildError) as caught:
        fetch(name)
    assert "quickjs-ng" in caught.value.message


@pytest.mark.parametrize("text", ["", "two words", "a==", "-r file.txt"])
def test_what_is_no_requirement_never_reaches_uv(wheels: Wheels, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        fetch(text)
    assert "is not a requirement" in caught.value.message


def test_a_cache_that_cannot_be_written_is_an_error_of_the_user(
    wheels: Wheels, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels.make("plain")
    monkeypatch.setenv("XPYJA_CACHE", "/dev/null/cache")
    with pytest.raises(BuildError) as caught:
        fetch("plain")
    assert "XPYJA_CACHE" in str(caught.value.hint)


def test_the_cache_is_private(wheels: Wheels) -> None:
    wheels.make("plain")
    fetch("plain")
    assert stat.S_IMODE((wheels.folder.parent / "cache").stat().st_mode) & 0o022 == 0


def test_the_requirements_of_the_runtime_half_are_also_those_of_xpyja() -> None:
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    declared = {Requirement(line).name: Requirement(line).specifier for line in requires("xpyja") or ()}
    for line in lock.RUNTIME_REQUIREMENTS:
        pinned = Requirement(line)
        (pin,) = pinned.specifier
        assert pin.operator == "=="
        assert declared[pinned.name].contains(pin.version)
