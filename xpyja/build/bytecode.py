"""Bytecode of the engine's own JavaScript, made by the very engine that goes into the tool."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

import xpyja
from xpyja.build.cache import cache_folder
from xpyja.build.errors import BuildError
from xpyja.build.layer import Layer
from xpyja.build.targets import this_target

_PACKAGE = Path(xpyja.__file__).parent
_START = "import sys; sys.path[:0] = sys.argv[1:]; from xpyja.runtime.engine.precompile import main; main()"


def engine_bytecode(layer: Layer, target: str) -> Mapping[str, bytes]:
    """Compiles the engine's files in a short process, or takes the result from the cache.

    Args:
        layer: Holds the engine.
        target: Platform that the tool is for; the engine of another one cannot be started here.

    Returns:
        Contents by their path inside the stage; empty for a foreign target, whose tools compile at each start.

    Raises:
        BuildError: The engine does not start.
    """
    if target != this_target():
        return {}
    place = cache_folder() / "bytecode" / f"{_key(layer)}.json"
    text = _read(place)
    if text is None:
        text = _compile(layer)
        _keep(place, text)
    folder = "xpyja/runtime/engine/js"
    return {f"{folder}/{name}.jsc": b64decode(code) for name, code in json.loads(text).items()}


def _key(layer: Layer) -> str:
    whole = hashlib.sha256()
    for path in sorted((_PACKAGE / "runtime" / "engine").rglob("*")):
        if path.suffix in (".js", ".py"):
            whole.update(path.name.encode() + b"\0" + path.read_bytes())
    for file in layer.files:
        if file.name.startswith("_quickjs"):
            whole.update(file.digest.encode())
    return whole.hexdigest()[:32]


def _read(place: Path) -> str | None:
    """Reads a cached result; None if it is missing or damaged. Its first line is the digest of the rest."""
    try:
        digest, _, text = place.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if hashlib.sha256(text.encode()).hexdigest() == digest else None


def _keep(place: Path, text: str) -> None:
    """Writes a result into the cache; a cache that cannot be written only costs the next build time."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8") as file:
            file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        Path(file.name).replace(place)
    except OSError:
        return


def _compile(layer: Layer) -> str:
    command = [sys.executable, "-I", "-S", "-c", _START, str(layer.folder), str(_PACKAGE.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BuildError("stage", f"the JavaScript engine does not start: {last}")
    return done.stdout
