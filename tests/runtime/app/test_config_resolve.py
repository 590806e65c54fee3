"""The layers of configuration, put together by the resolver alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpyja.runtime.api.measures import parse_duration, parse_size, show_duration, show_size
from xpyja.runtime.app.config import LAYERS, ConfigFile, Resolved, resolve
from xpyja.runtime.app.config.values import merge
from xpyja.runtime.errors import ConfigError, UnknownNameError
from xpyja.runtime.plan import (
    BuildInfo,
    Field,
    Limits,
    ModuleInstance,
    Profile,
    RuntimePlan,
    Section,
    from_json,
    to_json,
)

TEXT = Field("text", "string", default="code", flag="m-text", variable="T_M_TEXT", line=7)
FIELDS = (
    TEXT,
    Field("tags", "string[]", default=[], flag="m-tag", variable="T_M_TAGS"),
    Field("extra", "map", flag="m-extra", variable="T_M_EXTRA"),
    Field("secret", "int", secret=True, flag="m-secret", variable="T_M_SECRET"),
    Field("words", "string[]", default=[], choices=("a", "b", "c"), grant=True, flag="m-word", variable="T_M_WORDS"),
    Field("roots", "path[]", default=[], grant=True, variable="T_M_ROOTS"),
    Field("top", "int", grant=True, variable="T_M_TOP"),
    Field("open", "bool", default=False, grant=True, flag="m-open", variable="T_M_OPEN"),
    Field("map", "map", grant=True, variable="T_M_MAP"),
    Field("one", "path", grant=True, variable="T_M_ONE"),
    Field("name", "string", grant=True, variable="T_M_NAME"),
    Field("wide", "int", grant=True, widen=True, flag="m-wide", variable="T_M_WIDE"),
    Field("mode", "string", default="x", choices=("x", "y"), variable="T_M_MODE"),
    Field("size", "size", variable="T_M_SIZE", flag="m-size"),
    Field("on", "bool", default=True, variable="T_M_ON"),
)
FILE_LAYERS = ("system", "user", "project", "config")


def make_plan(config: Mapping[str, Any] | None = None, limits: Limits | None = None) -> RuntimePlan:
    module = ModuleInstance("acme", "m", "m", dict(config or {}), "", 5, FIELDS)
    other = ModuleInstance("acme", "o", "other", {}, "", 6, (Field("deep", "int", flag="other-deep"),))
    server = Section("server", "Server", (Field("port", "int", default=80, variable="T_SERVER_PORT"),), {})
    return RuntimePlan(
        name="tool",
        version="1",
        description="",
        env_prefix="T",
        default_runtime="main",
        providers=(),
        runtimes=(
            Profile("main", (module,), limits or Limits(), "none", 4, {"time": 9}, (server,)),
            Profile("second", (other,), Limits(), "none", 12),
        ),
        sources=(),
        commands=(),
        offers=(),
        build=BuildInfo("0", "spec.yaml", "", ">=3.10", (), ()),
    )


def run(
    spec: Mapping[str, Any] | None = None,
    *,
    flags: Mapping[tuple[str, str], Any] | None = None,
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    **files: Any,
) -> Resolved:
    """Resolves the main profile; the keyword of a file is its layer, its value what it says of the module."""
    plan = make_plan(spec, limits)
    before = to_json(plan)
    read = [ConfigFile(layer, f"/etc/{layer}", {"m": files[layer]}) for layer in FILE_LAYERS if layer in files]
    resolved = resolve(plan, plan.runtimes[0], flags or {}, environment or {}, read)
    assert to_json(plan) == before
    return resolved


def refused(*arguments: Any, **options: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        run(*arguments, **options)
    return caught.value


# -- precedence ----------------------------------------------------------------------------------------------------------


@given(st.sets(st.sampled_from(LAYERS[1:])))
def test_the_highest_layer_wins_and_every_layer_is_told(layers: set[str]) -> None:
    files: dict[str, Any] = {layer: {"text": layer} for layer in FILE_LAYERS if layer in layers}
    resolved = run(
        {"text": "spec"} if "spec" in layers else {},
        flags={("m", "text"): "flag"} if "flag" in layers else {},
        environment={"T_M_TEXT": "environment"} if "environment" in layers else {},
        **files,
    )
    value = resolved.value("m.text")
    expected = [layer for layer in LAYERS if layer == "default" or layer in layers]
    assert [setting.origin.layer for setting in value.chain] == expected
    assert [setting.value for setting in value.chain] == ["code", *expected[1:]]
    assert value.value == value.chain[-1].value
    assert value.origin.layer == expected[-1]
    config = resolved.profile.modules[0].config
    assert config == ({"text": expected[-1]} if layers else {})


def test_origins_name_file_line_variable_and_flag() -> None:
    plan = make_plan({"text": "spec"})
    file = ConfigFile("user", "/etc/x.yaml", {"m": {"text": "file"}}, {("m",): 2, ("m", "text"): 3})
    environment = {"T_M_TEXT": "variable"}
    resolved = resolve(plan, plan.runtimes[0], {("m", "text"): "flag"}, environment, [file])
    places = [setting.origin.place for setting in resolved.value("m.text").chain]
    assert places == ["", "spec.yaml:7", "/etc/x.yaml:3", "T_M_TEXT", "--m-text"]


def test_a_boolean_that_nobody_gives_stays_as_the_spec_has_it() -> None:
    assert run({"on": True}).value("m.on").value is True
    assert run({"on": True}, environment={"T_M_ON": "off"}).value("m.on").value is False


def test_files_of_one_layer_count_in_order() -> None:
    plan = make_plan()
    files = [ConfigFile("config", f"/{name}", {"m": {"text": name}}) for name in ("a", "b")]
    assert resolve(plan, plan.runtimes[0], {}, {}, files).value("m.text").value == "b"


json_values = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """What a map says, by path; an empty map is a leaf."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    return {where: leaf for key, item in value.items() for where, leaf in leaves(item, (*path, key)).items()}


@given(maps, maps)
def test_maps_merge_deeply_and_all_else_replaces(low: dict[str, Any], high: dict[str, Any]) -> None:
    merged = merge(low, high)
    assert merge(low, {}) == low
    for path, leaf in leaves(high).items():
        if leaf != {}:
            assert leaves(merged)[path] == leaf
    for path, leaf in leaves(low).items():
        touched = any(path[: len(other)] == other or other[: len(path)] == path for other in leaves(high) if other)
        if path and not touched:
            assert leaves(merged)[path] == leaf


def test_layers_of_a_map_and_of_a_list() -> None:
    resolved = run(
        {"extra": {"a": 1, "deep": {"x": 1, "gone": 1}}, "tags": ["s"]},
        user={"extra": {"b": 2, "deep": {"y": [2], "gone": None}}, "tags": ["u", "v"]},
        flags={("m", "extra"): ("c=3", '{"deep": {"y": []}}')},
    )
    assert resolved.value("m.extra").value == {"a": 1, "deep": {"x": 1, "y": []}, "b": 2, "c": "3"}
    assert resolved.value("m.tags").value == ["u", "v"]


def test_profiles_and_values_do_not_see_each_other() -> None:
    plan = make_plan({"extra": {"a": {"b": 1}}})
    first = resolve(plan, plan.runtimes[0], {("m", "extra"): ('{"a": {"c": 2}}',)}, {}, [])
    second = resolve(plan, plan.runtimes[0], {}, {}, [])
    assert first.section("m")["extra"] == {"a": {"b": 1, "c": 2}}
    assert second.section("m")["extra"] == plan.runtimes[0].modules[0].config["extra"] == {"a": {"b": 1}}


def test_a_section_without_a_module_is_resolved_like_one() -> None:
    plan = make_plan()
    file = ConfigFile("user", "/f", {"server": {"port": 81}})
    resolved = resolve(plan, plan.runtimes[0], {}, {"T_SERVER_PORT": "82"}, [file])
    assert resolved.section("server") == {"port": 82}
    assert resolved.profile.sections[0].values == {"port": 82}


# -- types ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("tags", "a, b,c", ["a", "b", "c"]),
        ("tags", "", []),
        ("tags", '["a,b"]', ["a,b"]),
        ("extra", '{"a": [1]}', {"a": [1]}),
        ("on", "Yes", True),
        ("on", "0", False),
        ("size", "4KiB", 4096),
        ("size", "12", 12),
        ("text", "", ""),
        ("secret", "-7", -7),
    ],
)
def test_variables_are_read_as_their_type(field: str, text: str, value: object) -> None:
    assert run(environment={f"T_M_{field.upper()}": text}).value(f"m.{field}").value == value


def test_an_occurrence_of_a_list_flag_is_an_item() -> None:
    assert run(flags={("m", "tags"): ("a,b", "c")}).value("m.tags").value == ["a,b", "c"]
    assert run({"tags": ["s"]}, flags={("m", "tags"): ("[]",)}).value("m.tags").value == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"environment": {"T_M_SIZE": "many"}}, 'T_M_SIZE (environment): m.size: must be a size, not the text "many"'),
        (
            {"environment": {"T_M_ON": "maybe"}},
            'T_M_ON (environment): m.on: must be true or false, not the text "maybe"',
        ),
        ({"environment": {"T_M_MODE": "z"}}, 'T_M_MODE (environment): m.mode: must be one of x, y, not the text "z"'),
        (
            {"environment": {"T_M_EXTRA": "[1]"}},
            "T_M_EXTRA (environment): m.extra: must be a mapping of keys, not a list",
        ),
        ({"environment": {"T_M_EXTRA": '{"a": NaN}'}}, "must be a JSON object"),
        ({"flags": {("m", "extra"): ("novalue",)}}, "--m-extra (flag): m.extra: must be KEY=VALUE or a JSON object"),
        ({"user": {"tags": "a"}}, '/etc/user (user): m.tags: must be a list, not the text "a"'),
        ({"user": {"tags": ["a", 7]}}, "/etc/user (user): m.tags[1]: must be text, not the number 7"),
        ({"project": {"text": 7}}, "/etc/project (project): m.text: must be text, not the number 7"),
        ({"project": {"text": None}}, "/etc/project (project): m.text: must be text, not nothing"),
        ({"project": {"text": "a\0b"}}, "must not contain the character U+0000"),
        ({"system": {"size": True}}, "/etc/system (system): m.size: must be a size, not true"),
        ({"config": {"txet": "a"}}, "/etc/config (config): m.txet: unknown key"),
        ({"config": 7}, "/etc/config (config): m: must be a mapping of keys"),
    ],
)
def test_wrong_values_name_layer_place_and_key(options: dict[str, Any], message: str) -> None:
    assert message in refused(**options).message


def test_similar_names_are_suggested() -> None:
    assert refused(user={"txet": "a"}).hint == 'did you mean "text"?'
    plan = make_plan()
    with pytest.raises(ConfigError, match="/f \\(user\\): servre: unknown key") as caught:
        resolve(plan, plan.runtimes[0], {}, {}, [ConfigFile("user", "/f", {"servre": {}})])
    assert caught.value.hint == 'did you mean "server"?'
    with pytest.raises(UnknownNameError, match=r'unknown key "m.txt"') as unknown:
        run().value("m.txt")
    assert unknown.value.hint == 'did you mean "m.text"?'


def test_a_file_may_speak_of_other_profiles() -> None:
    plan = make_plan()
    file = ConfigFile("user", "/f", {"other": {"deep": "unchecked here"}})
    assert resolve(plan, plan.runtimes[0], {}, {}, [file]).values
    with pytest.raises(ConfigError, match=r"other\.deep: must be a whole number"):
        resolve(plan, plan.runtimes[1], {}, {}, [file])


def test_a_flag_of_another_profile_is_refused() -> None:
    error = refused(flags={("other", "deep"): "1"})
    assert error.message == '--other-deep (flag): other.deep: "other" is not in runtime profile "main"'
    assert (error.hint, error.exit_code) == ("use --runtime second, which has it", 2)


def test_a_secret_is_in_no_error() -> None:
    for options in (
        {"environment": {"T_M_SECRET": "hunter2"}},
        {"flags": {("m", "secret"): "hunter2"}},
        {"user": {"secret": "hunter2"}},
        {"user": {"secret": ["hunter2"]}},
    ):
        error = refused(**options)
        assert "m.secret: must be a whole number" in error.message
        assert "hunter2" not in f"{error.message} {error.hint}"
        assert error.__cause__ is None
        assert error.__suppress_context__


@given(st.integers(min_value=0, max_value=2**50))
def test_sizes_are_read_back(size: int) -> None:
    assert parse_size(show_size(size)) == size


@given(st.floats(min_value=0, max_value=1e6))
def test_durations_are_read_back(seconds: float) -> None:
    if seconds == 0 or seconds > 1e-3:
        assert parse_duration(show_duration(seconds)) == pytest.approx(seconds)


def test_plans_survive_the_way_through_json() -> None:
    plan = make_plan({"text": "t"})
    assert from_json(to_json(plan)) == plan


# -- grants --------------------------------------------------------------------------------------------------------------

words = st.lists(st.sampled_from("abc"), max_size=3)


@given(words, words, st.sampled_from(LAYERS[2:]))
def test_a_list_can_only_lose_items(granted: list[str], wanted: list[str], layer: str) -> None:
    options: dict[str, Any] = {layer: {"words": wanted}} if layer in FILE_LAYERS else {}
    if layer == "environment":
        options = {"environment": {"T_M_WORDS": ",".join(wanted)}}
    elif layer == "flag":
        options = {"flags": {("m", "words"): tuple(wanted)}} if wanted else {}
    if set(wanted) <= set(granted):
        expected = wanted if options else granted
        assert run({"words": granted}, **options).value("m.words").value == expected
    else:
        error = refused({"words": granted}, **options)
        assert (error.layer, error.key) == (layer, "m.words")
        assert f"is more than the spec grants: [{', '.join(granted)}]" in error.message


@pytest.mark.parametrize(
    ("key", "granted", "narrower", "wider"),
    [
        ("top", 10, (10, 3, -5), (11, None)),
        ("top", None, (10, None), ()),
        ("open", True, (True, False), ()),
        ("open", False, (False,), (True,)),
        ("name", "a", ("a",), ("b", "", None)),
        ("name", None, (None,), ("a",)),
        (
            "map",
            {"a": {"b": 1}, "c": 2},
            ({}, {"c": 2}, {"c": None}, {"a": None}),
            ({"d": 1}, {"c": 3}, {"a": {"x": 1}}),
        ),
        ("words", ["a", "b"], ([], ["b"]), (["c"], ["a", "c"])),
        ("words", [], ([],), (["a"],)),
    ],
)
def test_grants_go_down_and_not_up(key: str, granted: Any, narrower: tuple[Any, ...], wider: tuple[Any, ...]) -> None:
    for value in narrower:
        assert run({key: granted}, project={key: value}).value(f"m.{key}").value == merge(granted, value)
    for value in wider:
        assert refused({key: granted}, project={key: value}).key == f"m.{key}"


def test_the_code_default_is_what_a_silent_spec_grants() -> None:
    error = refused(user={"words": ["a"]})
    assert error.message == "/etc/user (user): m.words: [a] is more than the spec grants: []"
    assert error.hint == "a grant can be narrowed here, not widened; spec.yaml is what widens it"


def test_a_layer_is_measured_against_the_spec_and_not_against_a_lower_layer() -> None:
    assert run({"words": ["a", "b"]}, user={"words": ["a"]}, project={"words": ["b"]}).value("m.words").value == ["b"]


def test_paths_are_compared_on_disk_and_not_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("data/inner", "data-and-more", "secret"):
        os.makedirs(folder)
    os.symlink("../secret", "data/out")
    os.symlink("data", "alias")
    os.symlink("data/inner", "into")
    inside = ["data", "data/inner", "./data/../data", "alias/inner", "into", "data/not/there", str(tmp_path / "data")]
    for path in inside:
        assert run({"roots": ["data"]}, project={"roots": [path]}).value("m.roots").value == [path]
        assert run({"one": "data"}, environment={"T_M_ONE": path}).value("m.one").value == path
    outside = [
        ".",
        "..",
        "/",
        "data-and-more",
        "data/out",
        "data/out/x",
        "data/../secret",
        "secret",
        "",
        "~",
        "data/inner/../..",
    ]
    for path in outside:
        assert refused({"roots": ["data"]}, project={"roots": [path]}).key == "m.roots"
        assert refused({"roots": ["data"]}, project={"roots": ["data", path]}).key == "m.roots"
        assert refused({"one": "data"}, environment={"T_M_ONE": path}).key == "m.one"


def test_what_may_be_widened_is_widened_by_variable_and_flag_only() -> None:
    assert run({"wide": 1}, environment={"T_M_WIDE": "5"}).value("m.wide").value == 5
    assert run({"wide": 1}, flags={("m", "wide"): "6"}).value("m.wide").value == 6
    for layer in FILE_LAYERS:
        assert refused({"wide": 1}, **{layer: {"wide": 5}}).layer == layer


def test_limits_are_a_grant_like_any_other() -> None:
    granted = Limits(memory=64 * 2**20, time=30.0)
    resolved = run(limits=granted, flags={("limits", "time"): "2s"}, environment={"T_LIMITS_MEMORY": "32MiB"})
    assert resolved.profile.limits == Limits(memory=32 * 2**20, time=2.0)
    assert resolved.value("limits.time").chain[1].origin.place == "spec.yaml:9"
    error = refused(limits=granted, flags={("limits", "time"): "31s"})
    assert error.message == "--limit time (flag): limits.time: 31s is more than the spec grants: 30s"
    assert run(flags={("limits", "time"): "31s"}).profile.limits.time == 31
    assert refused(flags={("limits", "stack"): "8MiB"}).key == "limits.stack"


@pytest.mark.parametrize("given_limit", ["memory=1MiB", "stack=1KiB", "time=0s", "time=2", "memory=lots"])
def test_limits_that_no_run_could_have_are_refused(given_limit: str) -> None:
    key, _, amount = given_limit.partition("=")
    error = refused(flags={("limits", key): amount})
    assert error.message.startswith(f"--limit {key} (flag): limits.{key}: must be ")
