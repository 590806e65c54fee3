"""What the tests of the spec share: providers that exist in memory only, and specs from a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xpyja.build.check import check_spec
from xpyja.build.describe import (
    ConfigField,
    Descriptions,
    ModuleDescription,
    ProviderDescription,
    ProviderFailure,
    ProviderLocation,
)
from xpyja.build.errors import Problem, SpecError
from xpyja.build.spec.loader import LoadedSpec, load_spec

SpecWriter = Callable[[str | bytes], Path]
ProblemFinder = Callable[[str | bytes], tuple[Problem, ...]]
SpecLoader = Callable[[str | bytes], LoadedSpec]


def _field(key: str, kind: str, **given: object) -> ConfigField:
    """A field that may be left out and is of the given type."""
    values: dict[str, object] = {
        "required": False,
        "default": None,
        "choices": (),
        "help": "",
        "grant": False,
        "flag": "",
        "secret": False,
        "widen": False,
        **given,
    }
    return ConfigField(key=key, type=kind, **values)  # type: ignore[arg-type]  # the values fit


def _provider(provider_id: str, *modules: ModuleDescription) -> ProviderDescription:
    """A provider that is nowhere."""
    location = ProviderLocation(
        provider_id, f"{provider_id}.provider:PROVIDER", Path("/none") / provider_id, provider_id
    )
    return ProviderDescription(location, "", "1.0", modules)


_ALL_TYPES = (
    _field("text", "string"),
    _field("count", "int", default=3),
    _field("ratio", "float"),
    _field("on", "bool"),
    _field("root", "path"),
    _field("wait", "duration"),
    _field("most", "size"),
    _field("extra", "map"),
    _field("roots", "path[]", default=[]),
    _field("waits", "duration[]"),
    _field("mode", "string", choices=("fast", "safe")),
)

_DESCRIPTIONS = Descriptions(
    (
        _provider(
            "core",
            ModuleDescription("path", "Paths", (), False, None),
            ModuleDescription("yaml", "YAML", ("PyYAML>=6",), False, None),
        ),
        _provider(
            "host",
            ModuleDescription("all", "Every type", ("tabulate",), True, _ALL_TYPES),
            ModuleDescription("strict", "Wants a name", (), True, (_field("name", "string", required=True),)),
        ),
    ),
    (ProviderFailure("broken", "ImportError", "no module named x", "/x/provider.py", 3),),
)


@pytest.fixture
def write_spec(tmp_path: Path) -> SpecWriter:
    """Writes a spec into the test's folder."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "spec.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(scope="session")
def descriptions() -> Descriptions:
    """The providers of these tests."""
    return _DESCRIPTIONS


@pytest.fixture
def problems_of(write_spec: SpecWriter) -> ProblemFinder:
    """Loads and checks a text and returns what is wrong with it."""

    def find(content: str | bytes) -> tuple[Problem, ...]:
        try:
            check_spec(load_spec(write_spec(content)), _DESCRIPTIONS)
        except SpecError as error:
            return error.problems
        return ()

    return find


@pytest.fixture
def load(write_spec: SpecWriter) -> SpecLoader:
    """Loads a text that has to be a right spec."""

    def load_text(content: str | bytes) -> LoadedSpec:
        loaded = load_spec(write_spec(content))
        check_spec(loaded, _DESCRIPTIONS)
        return loaded

    return load_text
