"""The configuration of the ``fs`` module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xpyja.runtime.api.config import option


@dataclass(frozen=True)
class FsConfig:
    """What scripts may do with files. The default is nothing.

    Attributes:
        allow: ``read``, ``write`` or both.
        roots: Folders whose files can be reached, relative to the working directory. Neither ``..`` nor a symbolic link
            leads out of them.
        mounts: Embedded files by the path at which scripts see them: absolute path → id of an ``assets`` source. They
            are read-only.
    """

    allow: tuple[str, ...] = option(
        (), choices=("read", "write"), grant=True, help="What is allowed with files", flag=True
    )
    roots: tuple[str, ...] = option((), type="path[]", grant=True, help="Folders that can be reached", flag="root")
    mounts: Mapping[str, str] | None = option(None, type="map", grant=True, help="Mount point: assets source")
