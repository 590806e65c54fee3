"""The module `tables`. Its library comes from PyPI, is embedded in the tool, and imported by the first table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpyja.runtime.api import Exports, HostError, ModuleContext

if TYPE_CHECKING:
    from inventory_xpyja.tables_config import TablesConfig


def new_tables(ctx: ModuleContext) -> Exports:
    """Makes the module for one runtime."""
    config: TablesConfig = ctx.config

    def table(rows: list[dict[str, Any]]) -> str:
        if not rows:
            raise HostError("there is nothing to draw", name="RangeError")
        from tabulate import tabulate

        return tabulate(rows, headers="keys", tablefmt=config.style, floatfmt=f".{config.decimals}f")

    return {"table": table}
