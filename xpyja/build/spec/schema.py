"""The JSON Schema of specs, made from the models."""

from __future__ import annotations

from typing import Any

from xpyja.build.spec.model import SCHEMA, Spec
from xpyja.build.spec.unsupported import remark
from xpyja.build.spec.walk import models_of

SCHEMA_ID = "urn:xpyja:spec:v1"


def json_schema() -> dict[str, Any]:
    """Makes the JSON Schema that editors check specs with.

    It describes the shape of a spec. What depends on the providers, on other keys or on files is left to
    ``xpyja check``.
    """
    made = Spec.model_json_schema(by_alias=True)
    for where, model in models_of(Spec):
        properties = (made if model is Spec else made["$defs"][model.__name__])["properties"]
        for key, described in properties.items():
            note = remark(f"{where}.{key}" if where else key, described.get("const", ""))
            if note:
                described["description"] += f" {note}"
    _tidy(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"A spec of xpyja ({SCHEMA})",
        **made,
        "description": "What `xpyja build` makes a tool from.",
    }


def _tidy(schema: Any) -> None:  # any part of a JSON Schema
    """Removes what pydantic adds and no editor needs: made-up titles, whole objects as defaults, and null."""
    if isinstance(schema, list):
        for item in schema:
            _tidy(item)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    schema.pop("discriminator", None)
    default = schema.get("default", ...)
    if (
        default is None
        or isinstance(default, dict)
        or (isinstance(default, list) and default and isinstance(default[0], dict))
    ):
        del schema["default"]
    choices = schema.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        choices.remove({"type": "null"})
        if len(choices) == 1:
            schema.pop("anyOf")
            schema.update(choices[0])
    for value in schema.values():
        _tidy(value)
