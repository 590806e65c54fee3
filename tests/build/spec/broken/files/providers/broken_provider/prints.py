"""Prints."""

print("loading …")  # noqa: T201 - what this file is about
