"""Fails."""


def make() -> object:
    raise RuntimeError("the moon\nis in the wrong phase")
