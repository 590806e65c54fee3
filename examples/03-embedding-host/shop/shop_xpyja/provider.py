"""The provider `shop`: the module `stock`, which asks the program around it for its data."""

from __future__ import annotations

from collections.abc import Callable

from xpyja.runtime.api import Exports, HostError, Module, ModuleContext, Provider


def new_stock(ctx: ModuleContext) -> Exports:
    """Makes the module. The service is whatever the program gives to `new_bundle` under that key."""
    find: Callable[[str], dict[str, object] | None] = ctx.service("shop.stock")

    def found(item: str) -> dict[str, object]:
        entry = find(item)
        if entry is None:
            raise HostError(f"there is no {item}", name="RangeError", code="ENOITEM")
        return entry

    return {"find": found}


PROVIDER = Provider(id="shop", modules=(Module("stock", new_stock, doc="What the shop has"),))
