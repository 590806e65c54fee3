"""Start times: how long a tool takes until it has done something small, next to what it competes with.

The commands run in turn, so that whatever else the machine does hits all of them alike. What counts are the ratios.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from xpyja.build import pipeline
from xpyja.build.resources import bundled


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--spec", type=Path, default=bundled("specs") / "host.yaml")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xpyja-bench-") as temporary:
        tool = pipeline.build(options.spec, Path(temporary) / "tool.pyz").path
        environment = {**os.environ, "XPYJA_CACHE": str(Path(temporary) / "cache")}
        python = [sys.executable, str(tool)]
        commands: dict[str, Sequence[str]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "tool --version": [*python, "--version"],
            "tool eval 1+1": [*python, "eval", "1+1"],
        }
        node = shutil.which("node")
        if node:
            commands["node -p 1+1"] = [node, "-p", "1+1"]
        first = _seconds([*python, "eval", "1+1"], environment)
        print(f"first start, unpacking included: {first * 1000:.0f} ms; {tool.stat().st_size / 1e6:.2f} MB\n")
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(_seconds(command, environment))
    medians = {name: statistics.median(found) for name, found in times.items()}
    floor = medians["python -c pass"]
    for name, median in medians.items():
        print(f"{name:16}  {median * 1000:6.1f} ms  {median / floor:5.2f} x python -c pass")
    if node:
        print(f"\ntool eval 1+1 / node -p 1+1 = {medians['tool eval 1+1'] / medians['node -p 1+1']:.2f}")


def _seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
