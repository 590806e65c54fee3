"""Where the build half's data files are, in a wheel and in a checkout alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def bundled(kind: Literal["templates", "specs"]) -> Path:
    """Finds a folder of bundled data.

    Args:
        kind: Which one.

    Returns:
        The folder inside the package, where a wheel has it, else the one at the top of the checkout.
    """
    here = Path(__file__).resolve().parent
    packed = here / "_bundled" / kind
    return packed if packed.is_dir() else here.parents[1] / kind
