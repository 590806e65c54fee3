"""What a config class says of itself, and the instances made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any

import pytest

from xpyja.runtime.api import describe_fields, make_config, option
from xpyja.runtime.errors import ConfigError


@dataclass(frozen=True)
class Config:
    max_bytes: int = option(5, type="size", flag=True)
    other: str = option("x", flag="another-name")
    hidden: str = option("code", secret=True, choices=("code", "other"))
    plain: bool = False
    roots: tuple[str, ...] = option((), grant=True, widen=True)
    extra: Mapping[str, Any] | None = option(None, type="map")


def test_a_field_tells_its_flag_and_what_it_is() -> None:
    fields = {field.name: field for field in describe_fields(Config)}
    assert [field.flag for field in fields.values()] == ["max-bytes", "another-name", "", "", "", ""]
    assert fields["max_bytes"].key == "maxBytes"
    assert [name for name, field in fields.items() if field.secret] == ["hidden"]
    assert [(name, field.grant) for name, field in fields.items() if field.widen] == [("roots", True)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (option("x", flag="--x"), "'--x' is no name for a flag"),
        (option("x", flag="Upper"), "'Upper' is no name for a flag"),
        (option("x", flag=""), "'' is no name for a flag"),
        (option("x", widen=True), "widen=True is for grants"),
        (option("x", type="colour"), "no field type"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(wrong: Any, message: str) -> None:
    config = make_dataclass("Wrong", [("field", str, wrong)], frozen=True)
    with pytest.raises(TypeError, match=f"Wrong.field: {message}"):
        describe_fields(config)


def test_a_secret_is_in_no_repr_and_no_error() -> None:
    config = make_config(Config, {"hidden": "other"}, "config")
    assert config.hidden == "other"
    assert "other'" not in repr(config).replace("other='x'", "")
    with pytest.raises(ConfigError, match=r"config\.hidden: the secret is not one of code, other") as caught:
        make_config(Config, {"hidden": "hunter2"}, "config")
    assert caught.value.hint is None


def test_a_module_cannot_change_what_its_configuration_was_made_from() -> None:
    values = {"extra": {"a": [1, {"b": 2}]}}
    config = make_config(Config, values, "config")
    config.extra["a"][1]["b"] = config.extra["c"] = 3
    config.extra["a"].append(4)
    assert values == {"extra": {"a": [1, {"b": 2}]}}
