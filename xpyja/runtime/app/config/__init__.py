"""The values that a run works with: which layer sets what, and what wins.

    code default < spec < system file < user file < project file < --config FILE < environment < flag

`find_files` and `read_file` turn files into `ConfigFile` values; `resolve` puts all layers together. Nothing here is
imported when no layer above the spec has anything to say.
"""

from xpyja.runtime.app.config.files import ConfigFile, find_files, read_file
from xpyja.runtime.app.config.layers import LAYERS, Origin, Resolved, Setting, Value, resolve, sections_of

__all__ = [
    "LAYERS",
    "ConfigFile",
    "Origin",
    "Resolved",
    "Setting",
    "Value",
    "find_files",
    "read_file",
    "resolve",
    "sections_of",
]
