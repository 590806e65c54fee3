"""``xpyja schema``."""

from __future__ import annotations

from typing import Annotated

import typer

from xpyja.cli import output


def schema(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the reference page of the spec instead.")] = False,
) -> None:
    """Print the JSON Schema of specs, for editors."""
    if markdown:
        from xpyja.build.spec.reference import reference_markdown

        output.data(reference_markdown().rstrip("\n"))
        return
    from xpyja.build.spec.schema import json_schema

    output.data_json(json_schema())
