"""Values as people read them. Secrets are ``***``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from xpyja.runtime.api.measures import show_duration, show_size

if TYPE_CHECKING:
    from xpyja.runtime.plan import Field

MASK = "***"


def masked(field: Field, value: Any) -> Any:  # JSON values
    """The value, or `MASK` in place of a secret."""
    return MASK if field.secret and value is not None else value


def shown(field: Field, value: Any) -> str:
    """Writes a value the way that a config file would have it, on one line."""
    if value is None:
        return "null"
    if field.secret:
        return MASK
    if field.type == "size":
        return show_size(value)
    if field.type == "duration":
        return show_duration(value)
    if field.type.endswith("[]"):
        scalar = field._replace(type=field.type[:-2])
        return "[" + ", ".join(shown(scalar, item) for item in value) + "]"
    if isinstance(value, str) and value.isprintable() and value == value.strip() and value:
        return value
    return json.dumps(value)
