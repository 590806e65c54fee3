"""What the engine costs, as ratios measured in one run: ``python benchmarks/engine.py``.

Host calls are compared with the raw binding's, which corrupts values and crashes (docs/design.md) but is the floor.
"""

from __future__ import annotations

import base64
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import _quickjs

from xpyja.runtime.engine import RuntimeBuilder

ROUNDS = 7


def median(measure: Callable[[], float]) -> float:
    """Runs a measurement several times and takes the middle result."""
    return statistics.median(measure() for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def row(name: str, ours: float, floor: float | None, unit: str) -> None:
    """Prints one line of the report."""
    ratio = f"{ours / floor:8.1f}x" if floor else ""
    raw = f"{floor:10.2f}" if floor is not None else " " * 10
    print(f"{name:<44}{ours:10.2f}{raw} {unit:<4}{ratio}")


def host_calls() -> None:
    """Calls from JavaScript to Python."""
    count = 20_000
    rows = [{"id": i, "name": f"row {i}", "score": i / 3, "ok": i % 2 == 0, "note": None} for i in range(10_000)]
    data = bytes(range(256)) * 4096
    raw = _quickjs.Context()
    raw.add_callable("nothing", lambda: None)
    raw.add_callable("add", lambda a, b: a + b)
    raw.add_callable("text", lambda text: json.dumps(json.loads(text)))
    raw.add_callable("rows", lambda: json.dumps(rows))
    raw.add_callable("data", lambda: base64.b64encode(data).decode())
    with RuntimeBuilder().build().new_runtime() as runtime:
        exports: dict[str, Callable[..., Any]] = {
            "nothing": lambda: None,
            "add": lambda a, b: a + b,
            "text": lambda value: value,
            "rows": lambda: rows,
            "data": lambda: data,
        }
        for name, function in exports.items():
            runtime.set_global(name, function)

        def pair(name: str, ours: str, theirs: str, each: int, unit: str, scale: float) -> None:
            loop = "for (let i = 0; i < {0}; i++) {1}"
            row(
                name,
                median(lambda: timed(lambda: runtime.eval(loop.format(each, ours) + "; 0"))) / each * scale,
                median(lambda: timed(lambda: raw.eval(loop.format(each, theirs) + "; 0"))) / each * scale,
                unit,
            )

        pair("host call, no arguments", "nothing()", "nothing()", count, "us", 1e6)
        pair("host call, two numbers", "add(1, 2)", "add(1, 2)", count, "us", 1e6)
        small = "{a: 1, b: 'x', c: [1, 2]}"
        pair(
            "host call, a small object both ways",
            f"text({small})",
            f"JSON.parse(text(JSON.stringify({small})))",
            5_000,
            "us",
            1e6,
        )
        pair("10,000 rows of 5 columns into JavaScript", "rows()", "JSON.parse(rows())", 1, "ms", 1e3)
        pair("1 MiB of bytes into JavaScript", "data()", "atob(data())", 1, "ms", 1e3)


def owner() -> None:
    """Work handed to the owner from another thread."""
    count = 5_000
    with RuntimeBuilder().build().new_runtime() as runtime:

        def calls() -> None:
            for _ in range(count):
                runtime.owner.call(int)

        def posts() -> None:
            done = threading.Event()
            for _ in range(count - 1):
                runtime.owner.post(int)
            runtime.owner.post(done.set)
            done.wait()

        row("owner: call round trips", count / median(lambda: timed(calls)) / 1000, None, "k/s")
        row("owner: posts", count / median(lambda: timed(posts)) / 1000, None, "k/s")


def runtimes() -> None:
    """Making runtimes, and what many cost."""
    factory = RuntimeBuilder().build()
    bare = median(lambda: timed(_quickjs.Context)) * 1e3

    def one() -> None:
        factory.new_runtime().close()

    row("make and close a runtime", median(lambda: timed(one)) * 1e3, bare, "ms")
    before = resident()
    for number in range(1, 1001):
        one()
        if number == 100:
            early = resident()
    row("memory after 100 runtimes, one at a time", early - before, None, "MiB")
    row("memory after 1,000 runtimes, one at a time", resident() - before, None, "MiB")
    alive = [factory.new_runtime() for _ in range(1000)]
    row("memory of 1,000 runtimes alive", resident() - before, None, "MiB")
    for runtime in alive:
        runtime.close()


def two_cores() -> None:
    """Two owners at once against one after the other."""
    source = "(function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) })(25)"
    factory = RuntimeBuilder().build()
    with factory.new_runtime() as first, factory.new_runtime() as second:

        def alone() -> None:
            first.eval(source)
            second.eval(source)

        def together() -> None:
            thread = threading.Thread(target=first.eval, args=(source,))
            thread.start()
            second.eval(source)
            thread.join()

        row(
            "two scripts on two owners, against in turn",
            median(lambda: timed(together)) * 1e3,
            median(lambda: timed(alone)) * 1e3,
            "ms",
        )


def resident() -> float:
    """MiB of memory in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096 / 2**20
    except OSError:
        return 0.0


def main() -> None:
    """Runs everything."""
    print(f"{'':<44}{'xpyja':>10}{'raw':>10}")
    host_calls()
    owner()
    runtimes()
    two_cores()


if __name__ == "__main__":
    main()
