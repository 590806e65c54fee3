"""What holds for every bundled provider."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from importlib import import_module

import pytest

from xpyja.runtime.api import Lazy, Provider, TsModule
from xpyja.runtime.api.config import describe_fields
from xpyja.runtime.registry import ProviderRegistry

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
NAMES = sorted(
    os.path.basename(os.path.dirname(path))
    for path in glob.glob(os.path.join(ROOT, "providers", "xpyja_providers", "*", "provider.py"))
)
HEAVY = {
    "asyncio",
    "dataclasses",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "shutil",
    "subprocess",
    "tempfile",
    "urllib",
}


def provider(name: str) -> Provider:
    found = import_module(f"xpyja_providers.{name}.provider").PROVIDER
    assert isinstance(found, Provider)
    return found


def run_python(code: str) -> str:
    path = os.pathsep.join((ROOT, os.path.join(ROOT, "providers")))
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_is_valid_and_named_like_its_folder(name: str) -> None:
    found = provider(name)
    assert found.id == name
    assert found.doc
    ProviderRegistry().register(found)


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_a_factory_a_line_of_help_and_types(name: str) -> None:
    for module in provider(name).modules:
        assert isinstance(module.factory, Lazy)
        assert callable(module.factory.resolve())
        assert module.doc
        assert not module.doc.endswith(".")
        assert isinstance(module.typescript, TsModule)
        assert module.typescript.functions or module.typescript.declarations
        if module.config is not None:
            assert isinstance(module.config, Lazy)
            assert all(field.help for field in describe_fields(module.config.resolve()))


@pytest.mark.parametrize("name", NAMES)
def test_importing_a_provider_imports_nothing_heavy(name: str) -> None:
    code = (
        "import sys; import xpyja.runtime.api; before = set(sys.modules);"
        f"import xpyja_providers.{name}.provider; print(*(set(sys.modules) - before))"
    )
    new = set(run_python(code).split())
    package = f"xpyja_providers.{name}"
    allowed = {"xpyja_providers", package, f"{package}.provider", "xpyja_providers.host.fs_types"}
    assert {module for module in new if module.startswith("xpyja_providers")} <= allowed
    assert {module.partition(".")[0] for module in new} & HEAVY == set()


@pytest.mark.parametrize("name", ["path", "events", "timer", "time"])
def test_the_code_of_core_modules_imports_nothing_heavy(name: str) -> None:
    code = (
        "import sys; import xpyja.runtime.api; before = set(sys.modules);"
        f"import xpyja_providers.core.{name}; print(*(set(sys.modules) - before))"
    )
    assert {module.partition(".")[0] for module in run_python(code).split()} & HEAVY == set()


def test_the_code_of_fs_avoids_what_it_can() -> None:
    code = "import sys; import xpyja_providers.host.fs; print(*sys.modules)"
    # dataclasses, and inspect with it, come with the config class.
    assert {module.partition(".")[0] for module in run_python(code).split()} & (
        HEAVY - {"dataclasses", "inspect"}
    ) == set()


def test_factories_open_nothing() -> None:
    code = """
import sys
from types import SimpleNamespace
from xpyja_providers.core.path import new_path
from xpyja_providers.core.events import new_events
from xpyja_providers.core.timer import new_timer
from xpyja_providers.core.time import new_time
from xpyja_providers.host.fs import new_fs
from xpyja_providers.host.fs_config import FsConfig
seen = []
watching = False
sys.addaudithook(lambda event, args: seen.append(event) if watching else None)
config = FsConfig(allow=("read",), roots=("/tmp",), mounts={"/assets": "web"})
assets = SimpleNamespace(folder=lambda source: "/tmp")
ctx = SimpleNamespace(config=config, alias="it", assets=assets, add_closer=lambda closer: None)
watching = True
for factory in (new_path, new_events, new_timer, new_time, new_fs):
    factory(ctx)
watching = False
print(*(event for event in seen if event.startswith(("open", "os.", "socket.", "subprocess."))))
"""
    assert run_python(code).split() == []
