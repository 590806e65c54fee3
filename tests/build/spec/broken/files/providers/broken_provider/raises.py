"""Fails in a second file."""

from broken_provider import raises_inside  # type: ignore[import-not-found]  # found when it is described

PROVIDER = raises_inside.make()
