"""What a provider author imports, and nothing else.

The names are loaded when they are first used, so that importing a provider costs no more than what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpyja.runtime.api.cancel import CancelToken
    from xpyja.runtime.api.config import FieldDescription, describe_fields, make_config, option
    from xpyja.runtime.api.context import Assets, ModuleContext, Owner
    from xpyja.runtime.api.javascript import JsFunction, JsPromise
    from xpyja.runtime.api.marking import blocking
    from xpyja.runtime.api.provider import (
        Exports,
        HelpSource,
        JsSource,
        Lazy,
        Module,
        ModuleFactory,
        Provider,
        VerbSource,
    )
    from xpyja.runtime.api.typescript import TsFunction, TsModule, TsParam
    from xpyja.runtime.api.values import UNDEFINED, Handle, HostError, JsBigInt, JsMap, Undefined, require_handle

__all__ = [
    "UNDEFINED",
    "Assets",
    "CancelToken",
    "Exports",
    "FieldDescription",
    "Handle",
    "HelpSource",
    "HostError",
    "JsBigInt",
    "JsFunction",
    "JsMap",
    "JsPromise",
    "JsSource",
    "Lazy",
    "Module",
    "ModuleContext",
    "ModuleFactory",
    "Owner",
    "Provider",
    "TsFunction",
    "TsModule",
    "TsParam",
    "Undefined",
    "VerbSource",
    "blocking",
    "describe_fields",
    "make_config",
    "option",
    "require_handle",
]

_HOMES = {
    "marking": ("blocking",),
    "cancel": ("CancelToken",),
    "config": ("FieldDescription", "describe_fields", "make_config", "option"),
    "context": ("Assets", "ModuleContext", "Owner"),
    "javascript": ("JsFunction", "JsPromise"),
    "provider": ("Exports", "HelpSource", "JsSource", "Lazy", "Module", "ModuleFactory", "Provider", "VerbSource"),
    "typescript": ("TsFunction", "TsModule", "TsParam"),
    "values": ("UNDEFINED", "Handle", "HostError", "JsBigInt", "JsMap", "Undefined", "require_handle"),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value: object = getattr(import_module(f"xpyja.runtime.api.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
