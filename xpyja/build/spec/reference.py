"""The reference page of the spec, made from the models: ``docs/reference/spec.md``."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, StrictBool
from pydantic.fields import FieldInfo

from xpyja.build.spec import model as spec_model
from xpyja.build.spec.model import Spec
from xpyja.build.spec.unsupported import UNSUPPORTED, remark
from xpyja.build.spec.walk import models_of

EXAMPLE = """\
schema: xpyja/v1
name: notes
version: 0.3.0
description: Notes with a scripting language
app:
  envPrefix: NOTES
  configFile: {fileName: notes.yaml}
  defaultRuntime: main
python:
  requires: ">=3.10"
providers:
  - id: core
  - id: host
runtimes:
  main:
    modules:
      - core.path
      - {provider: host, module: fs, as: "fs:data", config: {allow: [read, write], roots: [./data]}}
    limits: {memory: 64MiB, stack: 512KiB, time: 30s}
  safe:
    modules: [core.path]
    limits: {memory: 16MiB, time: 500ms}
sources:
  - {id: scripts, kind: script, from: {dir: ./scripts}}
  - {id: web, kind: assets, from: {dir: ./public}}
commands:
  - {type: eval, runtime: safe}
  - {type: run}
artifacts:
  - {type: zipapp, output: dist/notes.pyz}
"""

_INTRO = f"""\
# The spec

<!-- Made by `xpyja schema --markdown > docs/reference/spec.md`; change the models, not this page. -->

A spec is one YAML file that says what a tool contains. `xpyja check` looks for everything that can be wrong with it and
reports all of it at once, each with file, line and column. `xpyja schema` prints a JSON Schema; an editor uses it when
the first line of the spec is `# yaml-language-server: $schema=xpyja.schema.json`.

```yaml
{EXAMPLE}```

## Rules for all keys

- Keys are camelCase. Unknown keys, keys given twice and keys without a value are errors.
- YAML is read as YAML 1.2: `true` and `false` are the only booleans, and dates are text. A version such as `0.10` is a
  number unless it is in quotes.
- A *name* is made of lower-case letters, digits and dashes, a letter first, 64 at most.
- A *size* is a number of bytes, or a number with `B`, `KiB`, `MiB` or `GiB`.
- A *duration* is a number with `ms`, `s`, `m` or `h`.
- Paths are relative to the spec's folder; those in the `config` of a module, to the working directory of the tool.
- Aliases of modules are compared in lower case and without the prefix `node:`.
"""

_WORDS: tuple[tuple[object, str], ...] = (
    (spec_model.Name, "name"),
    (spec_model.Line, "text, one line"),
    (spec_model.Text, "text"),
    (spec_model.Size, "size"),
    (spec_model.Duration, "duration"),
    (StrictBool, "true or false"),
    (dict[str, Any], "mapping"),
)


def reference_markdown() -> str:
    """Makes the page: every key with its type, default and meaning."""
    parts = [_INTRO]
    for where, model in models_of(Spec):
        parts.append(
            f"## {_heading(where, model)}\n\n{_first_line(model)}\n\n" + "\n".join(_table(where, model)) + "\n"
        )
    rows = "\n".join(f"- `{row.where}`: {row.what.replace('{value}', _listed(row.values))}" for row in UNSUPPORTED)
    parts.append(f"## Not supported yet\n\nThe format has these parts; this version of xpyja refuses them:\n\n{rows}\n")
    return "\n".join(parts)


def _listed(values: object) -> str:
    return " or ".join(f"`{value}`" for value in values) if isinstance(values, tuple) else ""


def _heading(where: str, model: type[BaseModel]) -> str:
    if not where:
        return "The top level"
    kind = model.model_fields.get("type")
    return f"`{where}`" + (f" of type `{typing.get_args(kind.annotation)[0]}`" if kind else "")


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _table(where: str, model: type[BaseModel]) -> Iterator[str]:
    hints = typing.get_type_hints(model, include_extras=True)
    yield "| Key | Type | Default | Meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        key = field.alias or name
        only = next(iter(typing.get_args(field.annotation)), "") if name == "type" else ""
        note = remark(f"{where}.{key}" if where else key, only)
        example = f"Example: `{_yaml(field.examples[0])}`." if field.examples else ""
        meaning = " ".join(part for part in (field.description, f"**{note}**" if note else "", example) if part)
        cells = (f"`{key}`", _type(hints[name]), _default(field), meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(hint: object) -> str:
    for known, word in _WORDS:
        if hint == known:
            return word
    if typing.get_origin(hint) is typing.Annotated:
        return _type(typing.get_args(hint)[0])
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{choice}`" for choice in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        item = _type(typing.get_args(hint)[0])
        return f"list of {item}s" if item.isalpha() else f"list of {item}"
    if typing.get_origin(hint) is dict:
        return "mapping by name"
    choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
    if len(choices) == 1:
        return _type(choices[0])
    return "text" if hint is str else "mapping"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, BaseModel) or "Default:" in (field.description or ""):
        return ""  # the defaults of its keys, or what the meaning says
    if field.default is None:
        return "none"
    return f"`{_yaml(field.default)}`"


def _yaml(value: object) -> str:
    """Writes a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    plain = (
        isinstance(value, str)
        and value
        and value[0].isalnum() | (value[0] in "./")
        and not set(value) & set(":{}[],#\"'")
    )
    return str(value) if plain or value == "./scripts" else text
