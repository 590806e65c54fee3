"""Config files: where they are looked for, and what is in them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from xpyja.runtime.errors import ConfigError

if TYPE_CHECKING:
    from xpyja.runtime.plan import RuntimePlan

MAX_BYTES = 1024 * 1024

Path = tuple["str | int", ...]
"""Where in a document something is."""


class Malformed(Exception):
    """A text is not of its format.

    Args:
        line: Where, counted from 1, or 0 when that is not known.
        reason: What is wrong. It never quotes the text, which may hold a secret.
        hint: What to do about it, or None.
    """

    def __init__(self, line: int, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.hint = hint


class ConfigFile(NamedTuple):
    """A config file that was read.

    Attributes:
        layer: ``system``, ``user``, ``project`` or ``config``.
        path: Its absolute path.
        values: Its document.
        lines: The line of each key and item, as far as the format tells, by its path in the document.
    """

    layer: str
    path: str
    values: dict[str, Any]  # JSON values
    lines: Mapping[Path, int] = {}

    def line(self, path: Path) -> int:
        """The line of a value, else of what it is in, else 0."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 0


def find_files(
    plan: RuntimePlan, explicit: Sequence[str], environment: Mapping[str, str], folder: str
) -> list[tuple[str, str]]:
    """Finds the config files of a tool.

    Args:
        plan: The tool's plan.
        explicit: What ``--config`` names, in order.
        environment: Environment variables.
        folder: The working directory.

    Returns:
        Layer and absolute path of each, weakest first.
    """
    config = plan.config_file
    if config is None:
        return []
    home = environment.get("HOME") or os.path.expanduser("~")
    found: list[tuple[str, str]] = []
    for layer in ("system", "user", "project"):
        if layer not in config.layers:
            continue
        if layer == "project":
            candidates = [_upward(config.file_name, folder, home)]
        else:
            folders = _system_folders(environment) if layer == "system" else [_user_folder(environment, home)]
            candidates = [os.path.join(base, plan.name, config.file_name) for base in folders]
        found += [(layer, path) for path in candidates if path and os.path.isfile(path)]
    found += [("config", os.path.join(folder, path)) for path in explicit]
    return found


def _system_folders(environment: Mapping[str, str]) -> list[str]:
    """The folders for all users, weakest first; the variable names the strongest first."""
    folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    return [base for base in reversed(folders) if os.path.isabs(base)]


def _user_folder(environment: Mapping[str, str], home: str) -> str:
    given = environment.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(given):
        return given
    return os.path.join(home, "Library/Application Support" if sys.platform == "darwin" else ".config")


def _upward(name: str, folder: str, home: str) -> str:
    """The nearest file of a name, from a folder up to the home folder or the root; "" when there is none."""
    home = os.path.realpath(home)
    here = os.path.realpath(folder)
    while True:
        path = os.path.join(here, name)
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(here)
        if here in (home, parent):
            return ""
        here = parent


def shown_path(path: str) -> str:
    """A path as a reader wants it: relative when it is below the working directory, with ``~`` below home."""
    for base, short in ((os.getcwd(), ""), (os.path.expanduser("~"), "~/")):
        if base != "/" and path.startswith(base + "/"):
            return printable(short + path[len(base) + 1 :])
    return printable(path)


def printable(text: str) -> str:
    """A text from a file, for a terminal: what could control the terminal becomes an escape."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def read_file(layer: str, path: str) -> ConfigFile:
    """Reads one config file; the ending of its name says how.

    Raises:
        ConfigError: It cannot be read, is not of its format, or is not a mapping.
    """

    def broken(reason: str, line: int = 0, hint: str | None = None) -> ConfigError:
        place = shown_path(path) + (f":{line}" if line else "")
        return ConfigError("", printable(reason), hint=hint, layer=layer, place=place)

    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise broken("there is no such file") from None
    except IsADirectoryError:
        raise broken("this is a folder", hint="give the file inside it") from None
    except (OSError, ValueError) as error:
        raise broken(f"cannot be read: {getattr(error, 'strerror', None) or 'not a path'}") from None
    if len(content) > MAX_BYTES:
        raise broken(f"is larger than {MAX_BYTES // 1024} KiB")
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        raise broken("is not UTF-8", content[: error.start].count(b"\n") + 1, "save it as UTF-8") from None
    ending = os.path.splitext(path)[1].lower()
    try:
        values, lines = _parse(ending, text)
    except Malformed as error:
        raise broken(error.reason, error.line, error.hint) from None
    except ImportError:
        hint = "write JSON, or the format of the file that the tool looks for by itself"
        raise broken(f"this tool cannot read {ending} files", hint=hint) from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise broken("must be a mapping of keys", 1)
    return ConfigFile(layer, path, values, lines)


def _parse(ending: str, text: str) -> tuple[Any, Mapping[Path, int]]:
    if ending == ".json":
        from xpyja.runtime.app.config.json_text import parse_json

        return parse_json(text)
    if ending == ".toml":
        from xpyja.runtime.app.config.toml_text import parse_toml

        return parse_toml(text)
    if ending in (".yaml", ".yml"):
        from xpyja.runtime.app.config.yaml_text import parse_yaml

        return parse_yaml(text)
    raise Malformed(0, "is of no known format", "name it .yaml, .toml or .json")
