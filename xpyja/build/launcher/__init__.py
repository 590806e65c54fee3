"""What an archive starts with; these files ship, though nothing of the runtime half imports them.

- `start` becomes the archive's ``__main__.py``: the warm start, which finds the unpacked copy and imports from it.
- `first_start` becomes ``xpyja_first_start.py``: everything that only a first or a damaged start needs.
"""
