"""Needs a package that nobody asked for."""

__import__("nothing_of_that_name")
