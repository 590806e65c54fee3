"""The configuration of the module `tables`."""

from __future__ import annotations

from dataclasses import dataclass

from xpyja.runtime.api import option


@dataclass(frozen=True)
class TablesConfig:
    """How tables look.

    Attributes:
        style: One of the styles.
        decimals: Digits after the point.
    """

    style: str = option("simple", choices=("simple", "plain", "github"), help="How tables look")
    decimals: int = option(2, help="Digits after the point")
