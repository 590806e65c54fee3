"""Render: the few files of a tool that are written for it alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jinja2

from xpyja.build.errors import BuildError
from xpyja.build.plan import BuildPlan
from xpyja.build.resources import bundled
from xpyja.runtime.plan import PLAN_FILE, to_json

SPEC_FILE = "spec.yaml"
"""Name of the spec's copy inside the tool's package."""

_ORIGIN = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)", re.ASCII)


def render(plan: BuildPlan) -> dict[str, bytes]:
    """Makes the files of the tool's own package.

    Args:
        plan: The build plan.

    Returns:
        Content by name.

    Raises:
        BuildError: A provider's origin is no import path, or the outcome is not Python.
    """
    providers = []
    for provider in plan.providers:
        found = _ORIGIN.fullmatch(provider.origin)
        if found is None:
            raise BuildError(
                "render",
                f'provider "{provider.id}": "{provider.origin}" is no import path',
                hint="write it as package.module:ATTRIBUTE",
            )
        function = "_" + provider.id.replace("-", "_")
        providers.append({"id": provider.id, "function": function, "module": found[1], "attribute": found[2]})
    entrypoint = render_template("entrypoint.py.j2", providers=providers)
    check_python("entrypoint.py.j2", entrypoint)
    return {
        "__init__.py": entrypoint.encode(),
        PLAN_FILE: to_json(plan.runtime).encode(),
        SPEC_FILE: plan.spec_text.encode(),
    }


def render_package(plan: BuildPlan) -> dict[str, bytes]:
    """Makes the files that an importable package has for itself.

    Args:
        plan: The build plan.

    Returns:
        Content by name.

    Raises:
        BuildError: The outcome is not Python.
    """
    runtime = plan.runtime
    module = render_template("package.py.j2", name=runtime.name, version=runtime.version)
    check_python("package.py.j2", module)
    requirements = (f"xpyja=={runtime.build.xpyja}", *plan.requirements)
    return {
        "__init__.py": module.encode(),
        "py.typed": b"",
        "requirements.txt": "".join(f"{requirement}\n" for requirement in requirements).encode(),
        PLAN_FILE: to_json(runtime).encode(),
        SPEC_FILE: plan.spec_text.encode(),
    }


def render_template(template: str, /, **values: object) -> str:
    """Renders a bundled template. A name that the template uses and `values` lacks is an error.

    Raises:
        BuildError: The template is missing, broken or lacks a value.
    """
    return render_file(bundled("templates") / template, **values)


def render_file(path: Path, /, **values: object) -> str:
    """Renders a template file, see `render_template`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(path.parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the outcome is Python and YAML, and every value is quoted or checked
    )
    try:
        return environment.get_template(path.name).render(values)
    except jinja2.TemplateError as error:
        raise BuildError("render", f"template {path.name}: {type(error).__name__}: {error}") from error


def check_python(name: str, text: str) -> None:
    """Parses what a template has made.

    Raises:
        BuildError: It is not Python.
    """
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise BuildError("render", f"template {name} made invalid Python: {error}") from error
