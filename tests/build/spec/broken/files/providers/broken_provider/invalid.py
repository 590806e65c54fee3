"""Has several invalid definitions."""

from typing import Any

from xpyja.runtime.api import HelpSource, Module, Provider, VerbSource

wrong: Any = 3
make: Any = print

PROVIDER = Provider(
    id="acme",
    modules=(
        Module("greet", wrong),
        Module("greet", make),
        Module("node:x", make, config=wrong, requirements=wrong),
        wrong,
    ),
    verb_sources=(VerbSource("Tips", "/tips"), VerbSource("tips", "tips")),
    help_sources=(HelpSource("tips", "/tips"),),
    capabilities=wrong,
)
