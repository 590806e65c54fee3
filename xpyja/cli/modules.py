"""``xpyja modules``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xpyja.cli import output

if TYPE_CHECKING:
    from xpyja.build.describe import ConfigField, Descriptions, ModuleDescription, ProviderDescription
    from xpyja.build.spec.loader import LoadedSpec


def modules(
    spec: Annotated[
        Path | None, typer.Argument(help="The spec; xpyja.yaml or spec.yaml unless given, or none if there is none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the modules of all providers, and where a spec uses them."""
    from xpyja.build.check import provider_problems
    from xpyja.build.describe import describe_bundled
    from xpyja.build.resolve import resolve
    from xpyja.build.spec.loader import DEFAULT_PATHS, load_spec, spec_error

    loaded = load_spec(spec) if spec or any(path.exists() for path in DEFAULT_PATHS) else None
    descriptions = resolve(loaded) if loaded else describe_bundled()
    document = [_provider(provider, loaded) for provider in _ordered(descriptions, loaded)]
    if as_json:
        output.data_json({"spec": str(loaded.path) if loaded else None, "providers": document})
    else:
        output.data("\n\n".join("\n".join(_text(provider)) for provider in document))
    problems = tuple(provider_problems(loaded, descriptions)) if loaded else ()
    if problems:
        raise spec_error(problems)


def _ordered(descriptions: Descriptions, loaded: LoadedSpec | None) -> list[ProviderDescription]:
    """Those of the spec first, in its order."""
    listed = [ref.id for ref in loaded.spec.providers] if loaded else []
    return sorted(descriptions.providers, key=lambda found: listed.index(found.id) if found.id in listed else 999)


def _provider(provider: ProviderDescription, loaded: LoadedSpec | None) -> dict[str, Any]:  # JSON values
    from xpyja.build.sources import list_files

    return {
        "id": provider.id,
        "doc": provider.doc,
        "version": provider.version,
        "kind": provider.location.kind,
        "origin": provider.location.origin,
        "listed": loaded is not None and any(ref.id == provider.id for ref in loaded.spec.providers),
        "modules": [_module(provider, module, loaded) for module in provider.modules],
        "sources": [
            {"id": source.id, "kind": kind, "doc": source.doc, "files": list(list_files(source.folder).files)}
            for kind, sources in (("verbs", provider.verb_sources), ("help", provider.help_sources))
            for source in sources
        ],
        "capabilities": list(provider.capabilities),
        "commandSets": list(provider.command_sets),
    }


def _module(
    provider: ProviderDescription, module: ModuleDescription, loaded: LoadedSpec | None
) -> dict[str, Any]:  # JSON values
    return {
        "name": module.name,
        "doc": module.doc,
        "requirements": list(module.requirements),
        "typescript": module.typescript,
        "config": None if module.fields is None else [_field(field) for field in module.fields],
        "selected": [
            {"runtime": name, "alias": ref.alias or ref.module}
            for name, runtime in (loaded.spec.runtimes if loaded else {}).items()
            for ref in runtime.modules
            if (ref.provider, ref.module) == (provider.id, module.name)
        ],
    }


def _field(field: ConfigField) -> dict[str, Any]:  # JSON values
    from dataclasses import asdict

    return {**asdict(field), "choices": list(field.choices)}


def _text(provider: dict[str, Any]) -> list[str]:  # what _provider makes
    where = " ".join(part for part in (provider["version"], f"({provider['kind']})") if part)
    lines = [f"{provider['id']} {where}" + (f": {provider['doc']}" if provider["doc"] else "")]
    for module in provider["modules"]:
        used = ", ".join(f"{entry['runtime']} as {entry['alias']}" for entry in module["selected"])
        doc = f"  {module['doc']}" if module["doc"] else ""
        lines.append(f"  {provider['id']}.{module['name']}{doc}" + (f"  [{used}]" if used else ""))
        if module["requirements"]:
            lines.append(f"      needs {', '.join(module['requirements'])}")
        width = max((len(field["key"]) for field in module["config"] or ()), default=0)
        lines.extend(f"      {field['key']:<{width}}  {_about(field)}" for field in module["config"] or ())
    for source in provider["sources"]:
        count = len(source["files"])
        lines.append(f"  source {source['id']} ({source['kind']}, {count} file{'' if count == 1 else 's'})")
    for word, key in (("capability", "capabilities"), ("command set", "commandSets")):
        lines.extend(f"  {word} {name}" for name in provider[key])
    return lines


def _about(field: dict[str, Any]) -> str:
    import json

    kind = " | ".join(field["choices"]) if field["choices"] else field["type"].removesuffix("[]")
    if field["type"].endswith("[]"):
        kind = f"list of {kind}"
    state = "required" if field["required"] else f"default {json.dumps(field['default'], ensure_ascii=False)}"
    marks = "".join(f", {mark}" for mark in ("grant", "secret") if field[mark])
    return f"{kind}, {state}{marks}" + (f": {field['help']}" if field["help"] else "")
