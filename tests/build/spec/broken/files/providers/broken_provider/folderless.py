"""Ships files that are not there, and asks for what is no requirement."""

from typing import Any

from xpyja.runtime.api import Module, Provider, VerbSource

make: Any = print

PROVIDER = Provider(id="acme", verb_sources=(VerbSource("tips", "/no/such/folder"),))
VAGUE = Provider(id="acme", modules=(Module("greet", make, requirements=("two words",)),))
