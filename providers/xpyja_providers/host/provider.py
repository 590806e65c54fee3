"""The ``host`` provider: modules that reach the machine, each only as far as its configuration says."""

from __future__ import annotations

from xpyja.runtime.api import Lazy, Module, Provider
from xpyja_providers.host.fs_types import FS_TYPES

PROVIDER = Provider(
    id="host",
    doc="Modules that reach the machine, as far as their configuration allows",
    modules=(
        Module(
            "fs",
            Lazy("xpyja_providers.host.fs:new_fs"),
            config=Lazy("xpyja_providers.host.fs_config:FsConfig"),
            doc="Files inside chosen folders",
            typescript=FS_TYPES,
        ),
    ),
)
