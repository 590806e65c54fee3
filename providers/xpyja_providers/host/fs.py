"""The ``fs`` module: Node's ``fs`` inside the folders that the configuration names."""

from __future__ import annotations

import os

from xpyja.runtime.api import JsSource, ModuleContext
from xpyja.runtime.errors import ConfigError
from xpyja_providers.host.files import Files
from xpyja_providers.host.fs_config import FsConfig
from xpyja_providers.host.roots import Roots


def new_fs(ctx: ModuleContext) -> JsSource:
    """Makes an ``fs`` module. Folders are opened when a script first uses one.

    Raises:
        ConfigError: A mount point is not an absolute path, or its source is not a name.
        UnknownNameError: There is no assets source of the name that a mount gives.
    """
    config: FsConfig = ctx.config
    mounts = config.mounts or {}
    for point, source in mounts.items():
        if not point.startswith("/") or os.path.normpath(point) != point:
            raise ConfigError(f"mounts.{point}", "a mount point is an absolute path", hint='write it like "/assets"')
        if not isinstance(source, str):
            raise ConfigError(f"mounts.{point}", "expected the id of an assets source")
    folders = {point: ctx.assets.folder(source) for point, source in mounts.items()}
    roots = Roots(config.roots, folders, os.getcwd())
    ctx.add_closer(roots.close)
    files = Files(ctx.alias, config.allow, roots, config.roots)
    return JsSource(
        os.path.join(os.path.dirname(__file__), "fs.js"),
        {
            "capabilities": {
                "backend": "host" if config.roots else "embedded",
                "read": "read" in config.allow,
                "write": "write" in config.allow and bool(config.roots),
                "embedded": bool(mounts),
                "mounts": [{"mount": point, "root": source} for point, source in mounts.items()],
            },
            "readFile": files.read_file,
            "writeFile": files.write_file,
            "truncate": files.truncate,
            "exists": files.exists,
            "access": files.access,
            "stat": files.stat,
            "readdir": files.readdir,
            "readlink": files.readlink,
            "realpath": files.realpath,
            "mkdir": files.mkdir,
            "mkdtemp": files.mkdtemp,
            "rmdir": files.rmdir,
            "unlink": files.unlink,
            "rm": files.rm,
            "rename": files.rename,
            "copyFile": files.copy_file,
            "utimes": files.utimes,
        },
    )
