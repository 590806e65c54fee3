"""Is somebody else, and no provider."""

from xpyja.runtime.api import Provider

PROVIDER = Provider(id="other")
NUMBER = 3
