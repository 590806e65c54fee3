"""An existing program that lets its users write pricing rules in JavaScript."""

from __future__ import annotations

from pricing_runtime import new_bundle

from xpyja.runtime.errors import JsError

STOCK = {
    "lantern": {"count": 12, "price": 24.5},
    "rope": {"count": 3, "price": 8.25},
}


def main() -> None:
    """Asks a rule for prices."""
    with new_bundle(services={"shop.stock": STOCK.get}) as bundle:
        runtime = bundle.new_runtime("rules")
        rule = runtime.require("discount")
        for item in ("lantern", "rope", "anvil"):
            try:
                print(f"{item}: {rule['price'](item):.2f}")
            except JsError as error:
                print(f"{item}: {error.text}")


if __name__ == "__main__":
    main()
