"""Reading YAML: values, where they are, and what YAML itself can get wrong."""

from __future__ import annotations

import pytest

from xpyja.build.spec.document import MAX_DEPTH, MAX_VALUES, Document, parse_document, show_path


def parse(text: str) -> Document:
    document = parse_document(text, "spec.yaml")
    assert document.problems == ()
    return document


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("~", None),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-7", -7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("0.10", 0.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("2026-01-31", "2026-01-31"),
        ("!!str 12", "12"),
        ('"12"', "12"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    found = parse(f"key: {written}\n").value
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(value)


def test_places_are_those_of_keys_and_values() -> None:
    document = parse("a: 1\nb:\n  c: [x, 'y z']\n  d:\n    - e\n    - f: 2\n")
    places = {
        ("a",): (1, 4),
        ("b",): (2, 1),  # its value begins in another line, so the key says more
        ("b", "c"): (3, 6),
        ("b", "c", 1): (3, 10),
        ("b", "d"): (4, 3),
        ("b", "d", 0): (5, 7),
        ("b", "d", 1): (6, 7),
        ("b", "d", 1, "f"): (6, 10),
        (): (1, 1),
        ("b", "d", 1, "missing", "deeper"): (6, 7),
        ("missing",): (1, 1),
    }
    assert {path: (document.place(path).line, document.place(path).column) for path in places} == places
    key = document.place(("b", "d", 1, "f"), key=True)
    assert (key.line, key.column, key.text) == (6, 7, "f")


def test_columns_count_characters_when_they_are_wide() -> None:
    place = parse("'ä😀': {b: c}\n").place(("ä😀", "b"))
    assert (place.line, place.column) == (1, 11)


def test_merged_keys_give_way_to_own_keys_and_keep_the_places_of_their_anchor() -> None:
    document = parse("base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nown:\n  <<: [*base, *more]\n  a: 9\n")
    assert isinstance(document.value, dict)
    assert document.value["own"] == {"a": 9, "b": 2, "c": 4}
    assert document.place(("own", "a")).line == 5
    assert document.place(("own", "b")).line == 1
    assert document.place(("own", "c")).line == 2


def test_alias_is_shown_where_it_is_used_and_its_parts_where_they_are_written() -> None:
    document = parse("a: &a\n  b: 1\nc: *a\n")
    assert document.place(("c",)).line == 3
    assert document.place(("c", "b")).line == 2


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5000])
def test_deep_nesting_is_a_problem_and_no_recursion_error(depth: int) -> None:
    for text in ("[" * depth, "{a: " * depth, "- " * depth + "x"):
        [problem] = parse_document(text, "spec.yaml").problems
        assert "nested" in problem.message


def test_many_values_are_fine_until_the_limit() -> None:
    rows = ",".join("x" * (MAX_VALUES - 10))
    parse(f"a: [{rows}]\n")
    [problem] = parse_document(f"a: &a [{rows}]\nb: *a\n", "spec.yaml").problems
    assert str(MAX_VALUES) in problem.message


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('a: "\\UFFFFFFFF"\n', 1, 4, "not valid YAML"),
        ('a: "\\ud800"\n', 1, 4, "no text may contain"),
        ("a: 1\n\ufffe: 2\n", 2, 1, "U+FFFE"),
        ("%YAML 2.0\n---\na: 1\n", 1, 1, "not valid YAML"),
        ("a: " + "9" * 6000 + "\n", 1, 4, "out of range"),
        ("a: .nan\n", 1, 4, "out of range"),
        ("a: !!int x\n", 1, 4, "out of range"),
        ("a: !!bool x\n", 1, 4, "no meaning"),
        ("a: !!set {x, y}\n", 1, 4, "no meaning"),
        ("a: !mine [x]\n", 1, 4, "no meaning"),
        ("x: &a 1\ny: &a 2\n", 2, 4, "second time"),
        ("a: b\n\tc: d\n", 2, 1, "tab"),
        ("? {a: b}\n: c\n", 1, 3, "not a mapping"),
        ("~: c\n", 1, 1, "not text"),
    ],
)
def test_odd_yaml_is_a_problem_with_its_place(text: str, line: int, column: int, said: str) -> None:
    document = parse_document(text, "spec.yaml")
    found = [(problem.line, said in problem.message) for problem in document.problems]
    assert (line, True) in found, document.problems
    if "YAML" not in said:
        assert document.problems[0].column == column


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), ""),
        (("runtimes", "main", "modules", 1, "config", "allow"), "runtimes.main.modules[1].config.allow"),
        (("a b", "c.d", 0), '["a b"]["c.d"][0]'),
        (("x", "y-z_1"), "x.y-z_1"),
    ],
)
def test_paths_are_spelled_as_one_would_write_them(path: tuple[str | int, ...], shown: str) -> None:
    assert show_path(path) == shown
