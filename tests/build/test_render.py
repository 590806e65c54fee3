from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from xpyja.build import render
from xpyja.build.errors import BuildError
from xpyja.build.plan import BuildPlan, ProviderFiles
from xpyja.build.resources import bundled
from xpyja.runtime.plan import BuildInfo, RuntimePlan, from_json

RUNTIME = RuntimePlan(
    *("tool", "1", "", "", "main", (), (), (), (), ()), BuildInfo("0", "spec.yaml", "", ">=3.10", ("linux-x86_64",), ())
)
PLAN = BuildPlan(
    RUNTIME,
    "name: tööl\n",
    (
        ProviderFiles("core", "xpyja_providers.core.provider:PROVIDER", Path(), "xpyja_providers.core"),
        ProviderFiles("my-own", "acme.provider:ACME", Path(), "acme"),
    ),
    (),
    (),
    (),
)

ENTRYPOINT = '''\
"""Entry point, made by `xpyja build`: which providers this tool has, and where its plan is."""

import gc
import os


def _core():
    from xpyja_providers.core.provider import PROVIDER

    return PROVIDER


def _my_own():
    from acme.provider import ACME

    return ACME


def main():
    # What is imported on the way does not become garbage; looking for some would cost 5 ms. The app looks again.
    gc.disable()
    from xpyja.runtime.app.main import run

    providers = {
        "core": _core,
        "my-own": _my_own,
    }
    return run(os.path.dirname(__file__), providers)
'''


def test_the_entrypoint_imports_each_provider_when_asked() -> None:
    assert render.render(PLAN)["__init__.py"].decode() == ENTRYPOINT


def test_a_tool_without_providers_has_an_entrypoint_too() -> None:
    text = render.render(replace(PLAN, providers=()))["__init__.py"].decode()
    ast.parse(text)
    assert "providers = {\n    }" in text


def test_the_plan_and_the_spec_come_along_unchanged() -> None:
    files = render.render(PLAN)
    assert from_json(files["plan.json"].decode()) == RUNTIME
    assert files["spec.yaml"].decode() == "name: tööl\n"


@pytest.mark.parametrize("origin", ["acme", "acme:", "acme.provider:A.B", 'acme:A\nimport os; os.system("x")', "a b:C"])
def test_an_origin_that_is_no_import_path_is_refused(origin: str) -> None:
    broken = replace(PLAN, providers=(replace(PLAN.providers[0], origin=origin),))
    with pytest.raises(BuildError) as caught:
        render.render(broken)
    assert caught.value.step == "render"
    assert 'provider "core"' in caught.value.message


def test_an_origin_that_is_a_keyword_does_not_reach_a_tool() -> None:
    with pytest.raises(BuildError) as caught:
        render.render(replace(PLAN, providers=(replace(PLAN.providers[0], origin="class.x:PROVIDER"),)))
    assert "invalid Python" in caught.value.message


def test_a_missing_value_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "x.j2"
    template.write_text("{{ given }} {{ forgotten }}")
    with pytest.raises(BuildError, match="forgotten"):
        render.render_file(template, given=1)


@pytest.mark.parametrize("template", sorted(bundled("templates").iterdir()), ids=lambda path: path.name)
def test_templates_end_in_j2_so_that_no_tool_takes_them_for_python(template: Path) -> None:
    assert template.suffix == ".j2"


def test_the_entrypoint_template_stays_short() -> None:
    text = (bundled("templates") / "entrypoint.py.j2").read_text()
    assert len(text.splitlines()) <= 30
