"""Texts of users inside messages."""

from __future__ import annotations

import json

_LONGEST = 60


def quoted(text: str) -> str:
    """Quotes a text for a message: cut to a sensible length, and without anything that a terminal would act on."""
    shown = json.dumps(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", ensure_ascii=False)
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()
        for character in shown
    )
