"""Finding one's way through the models of the spec."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from types import UnionType

from pydantic import BaseModel


def unwrap(hint: object) -> tuple[object, ...]:
    """Looks through ``X | None``, unions and annotations: the types that a value may have."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return unwrap(typing.get_args(hint)[0])
    if origin in (typing.Union, UnionType):
        return tuple(found for choice in typing.get_args(hint) for found in unwrap(choice))
    return (hint,)


def as_model(hint: object) -> type[BaseModel] | None:
    """Returns the hint when it is a model."""
    # Python 3.10 takes dict[str, int] for a class.
    if typing.get_origin(hint) is not None or not isinstance(hint, type):
        return None
    return hint if issubclass(hint, BaseModel) else None


def models_of(model: type[BaseModel], where: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Lists a model and all models below it.

    Args:
        model: The model.
        where: Its place.

    Yields:
        The place, with ``[]`` for items and ``*`` for names, such as ``runtimes.*.modules[]``, and the model.
    """
    yield where, model
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield from _below(field.annotation, f"{where}.{key}" if where else key)


def _below(hint: object, where: str) -> Iterator[tuple[str, type[BaseModel]]]:
    for found in unwrap(hint):
        model = as_model(found)
        if model is not None:
            yield from models_of(model, where)
        elif typing.get_origin(found) is tuple:
            yield from _below(typing.get_args(found)[0], f"{where}[]")
        elif typing.get_origin(found) is dict:
            yield from _below(typing.get_args(found)[1], f"{where}.*")


def keys_at(model: type[BaseModel], location: tuple[str | int, ...]) -> tuple[str, ...]:
    """Lists the keys that a place may have.

    Args:
        model: The model of the whole document.
        location: The place as pydantic names it: where several models are told apart by ``type``, that follows the
            index.
    """
    here: object = model
    for part in location:
        here = _step(here, part)
    models = [found for hint in unwrap(here) if (found := as_model(hint))]
    return tuple(field.alias or name for found in models for name, field in found.model_fields.items())


def _step(here: object, part: str | int) -> object:
    for hint in unwrap(here):
        if typing.get_origin(hint) in (tuple, dict):
            return typing.get_args(hint)[0 if isinstance(part, int) else 1]
        model = as_model(hint)
        for name, field in model.model_fields.items() if model else ():
            if part == (field.alias or name):
                return field.annotation
            if name == "type" and part in typing.get_args(field.annotation):
                return model
    return None
