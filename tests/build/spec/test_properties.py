"""Whatever is in the file, the answer is a plan or a SpecError."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xpyja.build.check import check_spec
from xpyja.build.describe import Descriptions, describe_bundled
from xpyja.build.errors import Problem, SpecError
from xpyja.build.plan import compile_plan
from xpyja.build.spec.loader import load_spec
from xpyja.build.spec.model import Spec
from xpyja.build.spec.reference import EXAMPLE
from xpyja.build.spec.walk import models_of
from xpyja.runtime.plan import from_json, to_json

BROKEN = Path(__file__).parent / "broken"
TEXTS = [EXAMPLE, *(path.read_bytes().decode("latin-1") for path in sorted(BROKEN.glob("*.yaml")))]
KEYS = sorted({field.alias or name for _, model in models_of(Spec) for name, field in model.model_fields.items()})
WORDS = [
    "xpyja/v1",
    "main",
    "core",
    "host",
    "core.path",
    "fs",
    "eval",
    "run",
    "script",
    "zipapp",
    "64MiB",
    "30s",
    ".",
    "a/../b",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.dates(),
    st.binary(max_size=5),
)
keys = st.one_of(st.sampled_from(KEYS), st.sampled_from(WORDS), st.text(max_size=5), st.integers(), st.booleans())
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=30
)
snippets = st.one_of(
    st.sampled_from(
        [
            *KEYS,
            *WORDS,
            ": ",
            "- ",
            "\n",
            "  ",
            "\t",
            "*a",
            "&a ",
            "<<: ",
            "!!x ",
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            "\\",
            "#",
        ]
    ),
    st.text(max_size=3),
)


@pytest.fixture(scope="module")
def bundled() -> Descriptions:
    return describe_bundled()


def judge(content: bytes, descriptions: Descriptions) -> None:
    """Takes a spec as far as it gets."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "scripts").mkdir()
        (Path(folder) / "scripts" / "a.js").touch()
        path = Path(folder) / "spec.yaml"
        path.write_bytes(content)
        problems: tuple[Problem, ...] = ()
        try:
            loaded = load_spec(path)
            check_spec(loaded, descriptions)
            runtime = compile_plan(loaded, descriptions).runtime
        except SpecError as error:
            problems = error.problems
        else:
            assert from_json(to_json(runtime).encode().decode()) == runtime
            return
    lines = len(content.decode(errors="replace").splitlines())
    assert problems
    for problem in problems:
        assert 1 <= problem.line <= lines + 2
        assert problem.column >= 1
        assert (problem.message + problem.path + (problem.hint or "")).isprintable()
    assert list(problems) == sorted(problems, key=lambda problem: (problem.line, problem.column))


relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@relaxed
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(bundled: Descriptions, content: bytes) -> None:
    judge(content, bundled)


@relaxed
@given(document=st.dictionaries(keys, values, max_size=8))
def test_any_document(bundled: Descriptions, document: dict[Any, Any]) -> None:
    start = {"schema": "xpyja/v1", "name": "n", "runtimes": {"main": {}}}
    judge(yaml.safe_dump({**start, **document}, allow_unicode=True).encode("utf-8", "surrogatepass"), bundled)


@relaxed
@given(data=st.data())
def test_any_value_at_any_place_of_a_good_spec(bundled: Descriptions, data: st.DataObject) -> None:
    document = yaml.safe_load(EXAMPLE)
    place: Any = document
    while True:
        choices = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(choices))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    if data.draw(st.booleans()) and isinstance(place, dict):
        place[data.draw(keys)] = data.draw(values)
    else:
        place[key] = data.draw(values)
    judge(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"), bundled)


@relaxed
@given(data=st.data(), text=st.sampled_from(TEXTS))
def test_any_change_of_a_text(bundled: Descriptions, data: st.DataObject, text: str) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(snippets) + text[end:]
    judge(text.encode("utf-8", "surrogatepass"), bundled)
