"""Describing providers, each in a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xpyja import __version__
from xpyja.build.cache import cache_folder
from xpyja.build.describe import ProviderLocation, bundled_providers, describe_bundled, describe_providers
from xpyja.build.errors import BuildError

GOOD = """\
import os
from dataclasses import dataclass
from xpyja.runtime.api import HelpSource, Lazy, Module, Provider, TsModule, VerbSource
from xpyja.runtime.api.config import option

@dataclass(frozen=True)
class GreetConfig:
    name: str = option(help="Whom to greet")
    max_length: int = option(80, type="size", help="Longest greeting")
    tones: tuple[str, ...] = option(("kind",), choices=("kind", "rude"), grant=True)

class Commands:
    id = "serve"

TIPS = os.path.join(os.path.dirname(__file__), "tips")

PROVIDER = Provider(
    id="acme",
    doc="Greetings",
    modules=(
        Module("greet", print, config=Lazy("acme.provider:GreetConfig"), doc="Greets", requirements=("attrs",)),
        Module("plain", print, typescript=TsModule()),
    ),
    verb_sources=(VerbSource("tips", TIPS, "Scripts"),),
    help_sources=(HelpSource("topics", TIPS),),
    capabilities=(object(),),
    command_sets=(Commands(),),
)
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of a provider."""
    monkeypatch.setenv("XPYJA_CACHE", str(tmp_path / "cache"))
    package = tmp_path / "root" / "acme"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "tips").mkdir()
    (package / "provider.py").write_text(GOOD)
    return package


def location(package: Path, attribute: str = "PROVIDER") -> ProviderLocation:
    return ProviderLocation("acme", f"acme.provider:{attribute}", package, "acme")


def test_bundled_providers_describe_themselves() -> None:
    descriptions = describe_bundled()
    assert descriptions.failures == ()
    assert [provider.id for provider in descriptions.providers] == [found.id for found in bundled_providers()]
    assert {"core", "host", "fixture"} <= set(descriptions.ids)
    assert {provider.version for provider in descriptions.providers} == {__version__}


def test_bundled_providers_are_found_without_importing_them() -> None:
    code = (
        "import sys; from xpyja.build.describe import describe_bundled; describe_bundled();"
        "sys.exit(any(name.startswith('xpyja_providers') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_description_says_everything(acme: Path) -> None:
    [provider] = describe_providers([location(acme)]).providers
    assert (provider.id, provider.doc, provider.version) == ("acme", "Greetings", "")
    [tips], [topics] = provider.verb_sources, provider.help_sources
    assert (tips.id, tips.folder, tips.doc) == ("tips", acme / "tips", "Scripts")
    assert (topics.id, topics.folder, topics.doc) == ("topics", acme / "tips", "")
    assert provider.sources("script") == (tips,)
    assert provider.sources("help") == (topics,)
    assert provider.sources("assets") == (tips, topics)
    assert (provider.capabilities, provider.command_sets) == (("object",), ("serve",))
    greet, plain = provider.modules
    assert (greet.name, greet.doc, greet.requirements, greet.typescript) == ("greet", "Greets", ("attrs",), False)
    assert (plain.fields, plain.typescript) == (None, True)
    assert greet.fields is not None
    name, length, tones = greet.fields
    assert (name.key, name.type, name.required, name.help) == ("name", "string", True, "Whom to greet")
    assert (length.key, length.type, length.required, length.default) == ("maxLength", "size", False, 80)
    assert (tones.type, tones.default, tones.choices, tones.grant) == ("string[]", ["kind"], ("kind", "rude"), True)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("import nothing_of_that_name\n", "ModuleNotFoundError", "nothing_of_that_name"),
        ("x = 1\ny = = 2\n", "SyntaxError", "invalid syntax"),
        ("import sys\nsys.exit(0)\n", "SystemExit", "0"),
        ("x = 1\n", "AttributeError", "PROVIDER"),
        ("PROVIDER = 3\n", "RegistrationError", "is not a Provider"),
        (GOOD.replace('"acme",', '"Acme",'), "RegistrationError", "lower-case"),
        (GOOD.replace('"acme",', '"other",'), "RegistrationError", 'calls itself "other"'),
        (GOOD.replace("frozen=True", "frozen=False"), "RegistrationError", "not a frozen dataclass"),
        (
            GOOD.replace("max_length: int", "max_length: complex").replace('type="size", ', ""),
            "RegistrationError",
            "complex",
        ),
        (GOOD.replace('("kind",)', "(object(),)"), "RegistrationError", "config class is invalid"),
        (GOOD.replace(":GreetConfig", ":Missing"), "AttributeError", "Missing"),
        (GOOD.replace('"plain"', '"greet"'), "RegistrationError", "defined twice"),
    ],
)
def test_provider_that_cannot_be_used_is_a_failure_and_not_an_exception(
    acme: Path, code: str, kind: str, said: str
) -> None:
    (acme / "provider.py").write_text(code)
    descriptions = describe_providers([*bundled_providers(), location(acme)])
    [failure] = descriptions.failures
    assert (failure.provider, failure.type) == ("acme", kind)
    assert said in str(failure)
    assert "Traceback" not in str(failure)
    assert len(descriptions.providers) == len(bundled_providers())
    if kind in ("ModuleNotFoundError", "SyntaxError", "SystemExit"):
        assert failure.file == str(acme / "provider.py")
        assert failure.line == (1 if kind == "ModuleNotFoundError" else 2)


def test_what_libraries_write_past_python_does_not_matter(acme: Path) -> None:
    noise = "import os, sys\nos.write(1, b'hello')\nsys.stderr.write('hello')\nsys.stdout.flush()\n"
    (acme / "provider.py").write_text(noise + GOOD)
    assert describe_providers([location(acme)]).failures == ()


def test_provider_that_prints_is_refused_since_it_would_print_in_tools_too(acme: Path) -> None:
    (acme / "provider.py").write_text("x = 1\nprint('hello')\n" + GOOD)
    [failure] = describe_providers([location(acme)]).failures
    assert (failure.type, failure.file, failure.line) == ("PrintedError", str(acme / "provider.py"), 2)
    assert "'hello'" in failure.message


@pytest.mark.parametrize(
    "code", ["import os\nos._exit(3)\n", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"]
)
def test_provider_that_ends_the_process_is_a_build_error(acme: Path, code: str) -> None:
    (acme / "provider.py").write_text(code)
    with pytest.raises(BuildError, match="acme ended the process"):
        describe_providers([location(acme)])


def test_missing_interpreter_is_a_build_error(acme: Path) -> None:
    with pytest.raises(BuildError, match="cannot be started"):
        describe_providers([location(acme)], python="/no/such/python")


def test_packages_of_the_builder_are_not_there(acme: Path) -> None:
    (acme / "provider.py").write_text("import pydantic\n" + GOOD)
    [failure] = describe_providers([location(acme)]).failures
    assert failure.message == "No module named 'pydantic'"


def test_folder_of_the_user_is_not_on_the_path(acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert describe_providers([location(acme)]).failures == ()


def test_paths_are_searched(acme: Path, tmp_path: Path) -> None:
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "wanted.py").write_text("x = 1\n")
    (acme / "provider.py").write_text("import wanted\n" + GOOD)
    assert describe_providers([location(acme)]).failures != ()
    assert describe_providers([location(acme)], paths=[tmp_path / "libraries"]).failures == ()


def test_second_time_comes_from_the_cache(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = describe_providers([location(acme)])
    monkeypatch.setattr(subprocess, "run", _no_process)
    assert describe_providers([location(acme)]) == first


@pytest.mark.parametrize("damage", ["", "{", '{"providers": [{}]}', "[]", "\x00"])
def test_damaged_cache_is_made_again(acme: Path, damage: str) -> None:
    first = describe_providers([location(acme)])
    [cached] = (cache_folder() / "describe").iterdir()
    cached.write_text(damage)
    assert describe_providers([location(acme)]) == first
    assert cached.read_text() != damage


def test_changed_provider_is_described_again(acme: Path) -> None:
    describe_providers([location(acme)])
    (acme / "provider.py").write_text(GOOD.replace("Greetings", "Changed"))
    [provider] = describe_providers([location(acme)]).providers
    assert provider.doc == "Changed"


def test_failure_is_not_cached(acme: Path, tmp_path: Path) -> None:
    (acme / "provider.py").write_text("import later\n" + GOOD)
    (tmp_path / "libraries").mkdir()
    assert describe_providers([location(acme)], paths=[tmp_path / "libraries"]).failures != ()
    (tmp_path / "libraries" / "later.py").touch()
    assert describe_providers([location(acme)], paths=[tmp_path / "libraries"]).failures == ()


def test_cache_that_cannot_be_written_does_not_matter(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XPYJA_CACHE", str(tmp_path / "file" / "cache"))
    assert describe_providers([location(acme)]).failures == ()


def _no_process(*_arguments: object, **_options: object) -> None:
    raise AssertionError("a process was started")
