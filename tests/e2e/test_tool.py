"""Real tools, built from real specs and run as programs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "specs" / "core.yaml"
ToolBuilder = Callable[[Path], Path]


def run(
    tool: Path, *arguments: str, python: Path | str = sys.executable, **options: Any
) -> subprocess.CompletedProcess[str]:
    options.setdefault("capture_output", True)
    return subprocess.run([str(python), str(tool), *arguments], text=True, check=False, timeout=60, **options)


def test_it_holds_the_runtime_half_and_nothing_of_the_build_half(built_tool: ToolBuilder) -> None:
    with zipfile.ZipFile(built_tool(CORE)) as archive:
        names = archive.namelist()
    tops = {name.split("/")[1] for name in names if name.startswith("site-packages/")}
    packages = {name for name in tops if not name.endswith(".dist-info")}
    assert packages == {"xpyja", "xpyja_providers", "xpyja_tool", "click", "quickjs", "_quickjs.abi3.so"}
    assert {name.split("-")[0] for name in tops - packages} == {"click", "quickjs_ng"}
    assert {name for name in names if not name.startswith("site-packages/")} == {"__main__.py", "xpyja_first_start.py"}
    inside = {"/".join(name.split("/")[1:3]) for name in names if name.startswith("site-packages/xpyja/")}
    assert inside == {"xpyja/__init__.py", "xpyja/runtime"}
    providers = {name.split("/")[2] for name in names if name.startswith("site-packages/xpyja_providers/")}
    assert providers == {"__init__.py", "core"}
    junk = ("/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json", ".pyc")
    assert not [name for name in names if name.endswith(junk) or "/bin/" in name]
    assert [name for name in names if "LICENSE" in name]


def test_it_is_small(built_tool: ToolBuilder) -> None:
    assert built_tool(CORE).stat().st_size < 4_000_000


def test_it_needs_nothing_but_a_python(built_tool: ToolBuilder, pythons: Any, tmp_path: Path) -> None:
    setting = {"PATH": os.environ["PATH"], "XPYJA_CACHE": str(tmp_path / "cache")}
    for python in pythons:
        for flags in ((), ("-S",), ("-I",), ("-I", "-S")):
            command = [str(python.path), *flags, str(built_tool(CORE)), "eval", "[1, 2].map(x => x * 21)[1]"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=setting, cwd=tmp_path)
            assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", ""), (python, flags)


def test_it_describes_itself(built_tool: ToolBuilder) -> None:
    described = json.loads(run(built_tool(CORE), "self", "info", "--json").stdout)
    assert described["name"] == "core"


def test_a_reader_that_goes_away_early_is_no_error(built_tool: ToolBuilder) -> None:
    script = "for (let i = 0; i < 100000; i++) console.log('line', i)"
    child = subprocess.Popen(
        [sys.executable, str(built_tool(CORE)), "eval", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    assert child.stdout.readline() == "line 0\n"
    child.stdout.close()
    assert "Traceback" not in child.stderr.read()
    child.stderr.close()
    child.wait()


def test_the_same_spec_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    digests = set()
    for number, mask in enumerate((0o022, 0o077)):
        place = tmp_path / f"place-{number}" / ("deeper" * number)
        shutil.copytree(ROOT / "examples" / "01-hello", place, ignore=shutil.ignore_patterns("dist"))
        done = subprocess.run(
            [sys.executable, "-m", "xpyja", "build", "spec.yaml", "--json", "--no-prove"],
            capture_output=True,
            check=False,
            cwd=place,
            env={**os.environ, "XPYJA_CACHE": str(tmp_path / f"cache-{number}"), "TZ": ("UTC", "Asia/Tokyo")[number]},
            text=True,
            umask=mask,
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        digests.add((result["digest"], hashlib.sha256(Path(result["path"]).read_bytes()).hexdigest()))
    assert len(digests) == 1


def test_a_generated_folder_runs_like_the_tool(built_tool: ToolBuilder, tmp_path: Path) -> None:
    from xpyja.build import pipeline

    folder = pipeline.generate(CORE, tmp_path / "tree")
    code = "require('path').join('a', '..', 'b')"
    assert run(folder, "eval", code).stdout == run(built_tool(CORE), "eval", code).stdout == "b\n"
