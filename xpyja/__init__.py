"""xpyja: from a YAML spec to one executable file that runs JavaScript with Python behind ``require()``.

General layout, and what may import what (checked by import-linter):

- ``xpyja.runtime``: the runtime half. It is copied whole into every tool and uses the standard library,
  click and quickjs-ng only. Inside it: ``app > registry | engine > api > plan > errors``.
- ``xpyja.build``: the build half. It reads the spec and makes the tool; it never ships.
- ``xpyja.cli``: the ``xpyja`` command: parse, call ``xpyja.build``, print.
- ``xpyja_providers``: the bundled providers. They see ``xpyja.runtime.api`` only, as third parties do.

This module imports nothing: it ships, and every start of a tool runs it.
"""

__version__ = "0.1.0"
