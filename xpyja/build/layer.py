"""Layers: installed distributions, cleaned up, kept in the cache by the hash of what asked for them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from xpyja.build import elf, lock
from xpyja.build.cache import cache_folder
from xpyja.build.errors import BuildError

_FORMAT = 1  # raise it whenever the same distributions would give another layer
_MANIFEST = "layer.json"
_FILES = "files"

# Facts about the installation, not about the distribution.
_INSTALLERS_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}

# A compiled part for one Python release, such as ``_yaml.cpython-310-x86_64-linux-gnu.so``.
_ONE_PYTHON = re.compile(r"\.(cpython|pypy|graalpy)-?\d+[^/]*\.so$")

# Distributions that work without their compiled part, which is left out: a tool serves several Pythons.
_OPTIONAL_SPEEDUPS = {"markupsafe", "pyyaml"}


@dataclass(frozen=True, slots=True)
class LayerFile:
    """One file of a layer.

    Attributes:
        name: Path inside the layer, with forward slashes.
        owner: The distribution it belongs to, such as ``click 8.5.1``.
        digest: SHA-256 of its content.
    """

    name: str
    owner: str
    digest: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Distributions on disk, ready to be copied into a tool.

    Attributes:
        folder: Where the files are. It is shared: never write to it.
        files: All of them, sorted by name.
        distributions: ``name==version`` of each, sorted.
    """

    folder: Path
    files: tuple[LayerFile, ...]
    distributions: tuple[str, ...]


def fetch(requirements: tuple[str, ...], target: str, python: str) -> Layer:
    """Takes a layer from the cache, or installs it.

    Safe when several builds run at once: a layer is made aside and renamed into place, and who comes second uses what
    the first has made. A layer whose files do not match their digests is made again.

    Args:
        requirements: What the layer has to contain, in requirement syntax.
        target: Platform it is for.
        python: Lowest supported Python, such as ``3.10``.

    Raises:
        BuildError: It cannot be made.
    """
    wanted = tuple(sorted(set(requirements)))
    facts = json.dumps([_FORMAT, wanted, target, python, lock.uv_version()])
    layers = cache_folder() / "layers"
    place = layers / hashlib.sha256(facts.encode()).hexdigest()[:32]
    found = _read(place)
    if found is not None:
        return found
    try:
        layers.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=layers) as temporary:
            made = Path(temporary) / "layer"
            _make(wanted, target, python, made)
            if place.exists():
                place.rename(Path(temporary) / "damaged")
            made.rename(place)
    except OSError as error:
        # Another build may have put the same layer there meanwhile; only the result counts.
        found = _read(place)
        if found is None:
            raise BuildError(
                "stage", f"cannot write to the cache: {error}", hint="set XPYJA_CACHE to a folder of your own"
            ) from error
        return found
    found = _read(place)
    if found is None:
        raise BuildError("stage", f"the cached layer {place} was changed while it was made", hint="build again")
    return found


def _read(place: Path) -> Layer | None:
    """Reads a layer back; None if it is missing or damaged."""
    try:
        manifest = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        files = tuple(LayerFile(**entry) for entry in manifest["files"])
        whole = all(_digest(place / _FILES / file.name) == file.digest for file in files)
        return Layer(place / _FILES, files, tuple(manifest["distributions"])) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _make(requirements: tuple[str, ...], target: str, python: str, place: Path) -> None:
    installed = place / "installed"
    lock.install(requirements, target, python, installed)
    owners: dict[str, str] = {}
    distributions = []
    for metadata in sorted(installed.glob("*.dist-info")):
        distribution = Distribution.at(metadata)
        title = f"{distribution.name} {distribution.version}"
        distributions.append(f"{distribution.name}=={distribution.version}")
        for name in _recorded(metadata):
            if name in owners:
                raise BuildError(
                    "stage", f"{name} comes from both {owners[name]} and {title}", hint="remove one of them"
                )
            owners[name] = title

    files = []
    for name, title in sorted(owners.items()):
        source = installed / name
        if _left_out(name, title, target):
            continue
        content = elf.strip(source.read_bytes())
        destination = place / _FILES / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(content)
        destination.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
        files.append({"name": name, "owner": title, "digest": hashlib.sha256(content).hexdigest()})
    shutil.rmtree(installed)
    manifest = {"requirements": requirements, "distributions": sorted(distributions), "files": files}
    (place / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _recorded(metadata: Path) -> list[str]:
    """Lists a distribution's files from its RECORD, those outside of the target folder (scripts) left out."""
    with (metadata / "RECORD").open(encoding="utf-8", newline="") as stream:
        names = [row[0].replace(os.sep, "/") for row in csv.reader(stream) if row]
    return [name for name in names if not name.startswith(("../", "/", "bin/"))]


def _left_out(name: str, title: str, target: str) -> bool:
    path = Path(name)
    if path.parent.name.endswith(".dist-info") and path.name in _INSTALLERS_OWN:
        return True
    if path.suffix == ".pyc" or "__pycache__" in path.parts:
        return True
    if _ONE_PYTHON.search(name):
        if canonicalize_name(title.partition(" ")[0]) in _OPTIONAL_SPEEDUPS:
            return True
        raise BuildError(
            "stage",
            f"{title} has compiled code for one Python release only, on {target} ({name}); "
            "a tool serves all Pythons that its spec allows",
            hint="use a release with an abi3 or a pure Python wheel",
        )
    return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
