"""Module resolution: from a specifier and the file that asks to a native module or a file.

Node's CommonJS rules, with three differences that all serve the same end, that a profile decides what a script may
load: native aliases win over files; the name of a native module that the profile lacks is denied and never falls
through to a file of that name; and ``node:`` names are the same as bare ones. Files are real ones on disk, those of
a tool's embedded sources included, which the launcher has unpacked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from xpyja.runtime.api.values import HostError
from xpyja.runtime.errors import ModuleDenied, ModuleNotFound, suggest

EXTENSIONS = (".js", ".cjs", ".mjs", ".json")

NODE_BUILTINS = frozenset(
    {
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "sea",
        "sqlite",
        "stream",
        "string_decoder",
        "sys",
        "test",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
    }
)
"""Names that Node reserves; here they are native modules or nothing."""


class Resolved(NamedTuple):
    """Where a specifier leads.

    Attributes:
        kind: ``native``, ``js`` (CommonJS unless its text says otherwise), ``module`` (an ES module) or ``json``.
        path: The alias of a native module, else the absolute path of a file.
    """

    kind: str
    path: str


Denial = Callable[[str], "ModuleDenied | None"]
"""Makes the error for a native name that is not selected; None when the name is none of a native module."""


def normalise(specifier: str) -> str:
    """The form in which native names are compared: no surrounding spaces, no ``node:``, lower case."""
    name = specifier.strip().lower()
    return name[5:] if name.startswith("node:") else name


class Resolver:
    """Finds modules.

    Args:
        aliases: The native modules, by alias.
        denial: Says whether another name is that of a native module, and makes the error.
        roots: Folders that bare specifiers are looked up in before ``node_modules``.
    """

    def __init__(self, aliases: Mapping[str, object], denial: Denial, roots: tuple[str, ...] = ()) -> None:
        self._aliases = {normalise(alias): alias for alias in aliases}
        self._denial = denial
        self.roots = roots

    def resolve(self, specifier: str, parent: str) -> Resolved:
        """Resolves a specifier.

        Args:
            specifier: What the script wrote.
            parent: Absolute path of the file that asks; for code without a file, a made-up name in its folder.

        Raises:
            ModuleDenied: It names a native module that is not selected.
            ModuleNotFound: Nothing was found; the error lists what was tried.
        """
        if is_path(specifier):
            base = os.path.normpath(os.path.join(os.path.dirname(parent), specifier))
            folder_only = specifier.endswith(("/", "/.", "/..")) or specifier in (".", "..")
            tried: list[str] = []
            found = _file_or_folder(base, tried, folder_only)
            if found is None:
                raise ModuleNotFound(specifier, parent, tuple(tried), hint=_near_files(base))
            return found
        name = normalise(specifier)
        alias = self._aliases.get(name)
        if alias is not None:
            return Resolved("native", alias)
        denied = self._denial(name)
        if denied is not None:
            raise denied
        if specifier.strip().startswith("node:") or name in NODE_BUILTINS:
            raise ModuleDenied(
                name,
                f"module '{specifier}' is a built-in of Node that no provider of this tool has",
                hint=suggest(name, tuple(self._aliases)),
            )
        return self._bare(specifier, parent)

    def _bare(self, specifier: str, parent: str) -> Resolved:
        from difflib import get_close_matches

        name = normalise(specifier)
        tried: list[str] = []
        for folder in (*self.roots, *_node_modules(os.path.dirname(parent))):
            if not os.path.isdir(folder):
                tried.append(folder + "/")
                continue
            found = _file_or_folder(os.path.join(folder, specifier), tried, specifier.endswith("/"))
            if found is not None:
                return found
        hint = (
            f'native modules here: {", ".join(self._aliases.values()) or "none"}; a file needs a path: "./{specifier}"'
        )
        near = get_close_matches(name, tuple(self._aliases), n=1)
        if near:
            hint = f'did you mean "{self._aliases[near[0]]}"?'
        if _file_or_folder(os.path.join(os.path.dirname(parent), specifier), [], False) is not None:
            hint = f'a file of that name lies beside: write "./{specifier}"'
        raise ModuleNotFound(specifier, parent, tuple(tried), hint=hint)

    def main(self, path: str) -> Resolved:
        """Resolves the file that a user wants to run.

        Raises:
            ModuleNotFound: There is none.
        """
        tried: list[str] = []
        found = _file_or_folder(os.path.abspath(path), tried, path.endswith("/"))
        if found is None:
            raise ModuleNotFound(path, "", tuple(tried), hint=_near_files(os.path.abspath(path)))
        if found.path.endswith((".ts", ".mts", ".cts", ".tsx")):
            raise HostError(
                f"{path}: TypeScript cannot be run by this tool",
                code="ERR_UNKNOWN_FILE_EXTENSION",
                hint="compile it to JavaScript first",
            )
        return found


def is_path(specifier: str) -> bool:
    """Whether a specifier is a path rather than a name."""
    return specifier in (".", "..") or specifier.startswith(("./", "../", "/"))


def _node_modules(folder: str) -> list[str]:
    folders = []
    while True:
        if os.path.basename(folder) != "node_modules":
            folders.append(os.path.join(folder, "node_modules"))
        parent = os.path.dirname(folder)
        if parent == folder:
            return folders
        folder = parent


def _file_or_folder(base: str, tried: list[str], folder_only: bool) -> Resolved | None:
    if not folder_only:
        found = _file(base, tried)
        if found is not None:
            return found
    if os.path.isdir(base):
        main = _package_main(base)
        if main is not None:
            entry = os.path.normpath(os.path.join(base, main))
            found = _file(entry, tried) or _file(os.path.join(entry, "index"), tried)
            if found is not None:
                return found
        return _file(os.path.join(base, "index"), tried)
    return None


def _file(base: str, tried: list[str]) -> Resolved | None:
    for path in (base, *(base + extension for extension in EXTENSIONS)):
        tried.append(path)
        if os.path.isfile(path):
            real = os.path.realpath(path)
            return Resolved(_kind(real), real)
    return None


def _kind(path: str) -> str:
    if path.endswith(".json"):
        return "json"
    if path.endswith(".mjs"):
        return "module"
    if path.endswith(".js") and _package_type(os.path.dirname(path)) == "module":
        return "module"
    return "js"


def _package_type(folder: str) -> str:
    """The ``type`` of the nearest package.json; "" when there is none."""
    while True:
        package = _package(folder)
        if package is not None:
            kind = package.get("type")
            return kind if isinstance(kind, str) else ""
        parent = os.path.dirname(folder)
        if parent == folder or os.path.basename(folder) == "node_modules":
            return ""
        folder = parent


def _package_main(folder: str) -> str | None:
    package = _package(folder)
    main = package.get("main") if package is not None else None
    return main if isinstance(main, str) else None


def _package(folder: str) -> dict[str, object] | None:
    """The package.json of a folder; None when it has none."""
    path = os.path.join(folder, "package.json")
    try:
        with open(path, encoding="utf-8") as file:
            import json

            package = json.load(file)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except ValueError as error:
        raise HostError(f"{path} is no valid package.json: {error}", code="ERR_INVALID_PACKAGE_CONFIG") from error
    return package if isinstance(package, dict) else {}


def _near_files(base: str) -> str | None:
    try:
        names = tuple(os.listdir(os.path.dirname(base)))
    except OSError:
        return None
    from difflib import get_close_matches

    near = get_close_matches(os.path.basename(base), names, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else None


def read_source(path: str) -> str:
    """Reads a script: UTF-8 with or without a byte order mark; a ``#!`` line becomes a comment.

    Raises:
        HostError: The file cannot be read, or is not UTF-8.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except UnicodeDecodeError as error:
        raise HostError(f"{path} is not UTF-8 (byte {error.start})", code="ERR_INVALID_FILE") from error
    except OSError as error:
        raise HostError(f"cannot read {path}: {error.strerror}", code="ERR_READ") from error
    return without_hashbang(text)


def without_hashbang(source: str) -> str:
    """Makes a first line ``#!…`` a comment, without moving anything."""
    return "//" + source[2:] if source.startswith("#!") else source


def looks_like_module(source: str) -> bool:
    """Whether a ``.js`` file that no package.json speaks for is written as an ES module.

    A guess from the first words of its lines; whoever asks has the compiler decide in the end.
    """
    return any(
        line.startswith(("import ", "import{", "import*", 'import"', "import'", "export ", "export{", "export*"))
        for line in source.splitlines()
    )
