"""The JSON Schema and the reference page, both made from the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from xpyja.build.spec.document import parse_document
from xpyja.build.spec.loader import load_spec
from xpyja.build.spec.model import Spec
from xpyja.build.spec.reference import EXAMPLE, reference_markdown
from xpyja.build.spec.schema import json_schema
from xpyja.build.spec.unsupported import UNSUPPORTED
from xpyja.build.spec.walk import models_of

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "reference" / "spec.md"
GOOD = sorted((HERE / "good").glob("*.yaml"))

# What the schema can see: the shape. The rest of the corpus is about names, files and other keys.
SHAPE = sorted(
    path
    for prefix in (
        "schema-",
        "name-",
        "key-",
        "list-",
        "mapping-",
        "runtimes-",
        "command-type-",
        "kind-",
        "size-",
        "boolean-",
    )
    for path in (HERE / "broken").glob(f"{prefix}*.yaml")
)


def valid(document: object) -> bool:
    return jsonschema.Draft202012Validator(json_schema()).is_valid(document)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_spec_fits_the_schema(path: Path) -> None:
    load_spec(path)
    assert valid(parse_document(path.read_text("utf-8"), path.name).value)


@pytest.mark.parametrize("path", SHAPE, ids=lambda path: path.stem)
def test_spec_of_broken_shape_does_not_fit_the_schema(path: Path) -> None:
    assert not valid(parse_document(path.read_text("utf-8"), path.name).value)


def test_corpus_has_broken_shapes() -> None:
    assert len(SHAPE) >= 15


def test_every_key_of_the_schema_is_described() -> None:
    schema = json_schema()
    objects: list[dict[str, Any]] = [schema, *schema["$defs"].values()]  # JSON
    undescribed = [
        key for found in objects for key, value in found["properties"].items() if not value.get("description")
    ]
    assert undescribed == []
    assert "null" not in json.dumps(schema)


def test_example_of_the_page_is_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(EXAMPLE)
    assert load_spec(path).spec.name == "notes"
    assert yaml.safe_load(EXAMPLE) == parse_document(EXAMPLE, "spec.yaml").value


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == reference_markdown().rstrip("\n") + "\n"


def test_page_has_every_key_with_its_meaning() -> None:
    page = reference_markdown()
    for where, model in models_of(Spec):
        assert f"`{where}`" in page or not where
        for name, field in model.model_fields.items():
            assert field.description, f"{where}.{name}"
            assert f"| `{field.alias or name}` |" in page


def test_every_unsupported_part_exists_and_is_refused_by_a_case_of_the_corpus() -> None:
    places = {
        f"{where}.{field.alias or name}".lstrip(".")
        for where, model in models_of(Spec)
        for name, field in model.model_fields.items()
    }
    said = "".join(path.read_text("utf-8") for path in (HERE / "broken").glob("later-*.txt"))
    for row in UNSUPPORTED:
        assert row.where.removesuffix("[]") in places
        for value in ("",) if callable(row.values) or not row.values else row.values:
            assert f": {row.what.format(value=value)} are not supported by this version of xpyja yet" in said
