"""The provider `inventory`: one module, and the scripts in `tips`."""

from __future__ import annotations

import os

from xpyja.runtime.api import Lazy, Module, Provider, TsFunction, TsModule, TsParam, VerbSource

_TYPES = TsModule((TsFunction("table", (TsParam("rows", "Record<string, unknown>[]"),), "string", "Draws a table"),))

PROVIDER = Provider(
    id="inventory",
    doc="Tables for reports",
    modules=(
        Module(
            "tables",
            Lazy("inventory_xpyja.tables:new_tables"),
            config=Lazy("inventory_xpyja.tables_config:TablesConfig"),
            doc="Draws tables",
            typescript=_TYPES,
            requirements=("tabulate>=0.9,<1",),
        ),
    ),
    verb_sources=(VerbSource("tips", os.path.join(os.path.dirname(__file__), "tips"), "Things to try"),),
)
