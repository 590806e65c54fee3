"""Every cause of a crash in a process of its own: it must end by itself, with exit code 0 and the expected line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("crash_causes.py")
ROOT = FILE.parents[3]
DEADLINE = 90  # seconds; only a hang takes that long

SENSITIVE_TO_THE_PYTHON = (
    "functions_dropped_on_another_thread",
    "cycles_collected_by_another_threads_collector",
    "tracebacks_dropped_on_another_thread",
    "hostile_prepared_stack",
    "hostile_code_while_values_cross",
    "finalizers_and_microtasks_that_throw_hostile_objects",
    "host_exceptions_that_cannot_be_described",
    "recursion_through_host_calls_at_many_stack_sizes",
    "python_recursion_ends_just_before_a_host_call",
    "memory_is_gone_whenever_the_bridge_needs_some",
    "interrupts_at_any_moment",
    "closed_while_other_threads_interrupt_and_look_at_the_heap",
    "vm_of_a_thread_that_has_ended",
    "interpreter_exits_with_runtimes_busy",
    "interpreter_exits_inside_a_host_call",
    "forked_while_running",
)


def survive(cause: str, python: str = sys.executable, path: tuple[str, ...] = ()) -> None:
    """Runs a cause in a child process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "providers"), *path))}
    child = subprocess.run(
        [python, "-X", "faulthandler", str(FILE), cause],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    shown = f"{cause} under {python}: exit code {child.returncode}\n{child.stdout}\n{child.stderr}"
    assert child.returncode == 0, shown
    assert child.stdout.splitlines()[-1:] == [f"survived {cause}"], shown


def binding_folder() -> str:
    """Where the engine binding of this Python is; its one file serves every Python from 3.10 on."""
    import _quickjs

    return str(Path(_quickjs.__file__).parent)


def other_pythons() -> list[str]:
    """The oldest and the newest supported Python of this machine, other than the one that runs the tests."""
    found: dict[tuple[int, ...], str] = {}
    for python in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")):
        version = tuple(int(part) for part in python.parents[1].name.split(".")[:2] if part.isdigit())
        if version >= (3, 10) and version != sys.version_info[:2]:
            found[version] = str(python)
    return [found[version] for version in sorted({min(found), max(found)})] if found else []


def causes() -> list[str]:
    """The names of all causes."""
    text = FILE.read_text(encoding="utf-8")
    functions = re.findall(r"^@cause\ndef (\w+)", text, re.MULTILINE)
    throws = text.partition("HOSTILE_THROWS = {")[2].partition("\n}")[0]
    return sorted([*functions, *(f"hostile_{name}" for name in re.findall(r'^    "(\w+)":', throws, re.MULTILINE))])


@pytest.mark.parametrize("cause", causes())
def test_survives(cause: str) -> None:
    survive(cause)


@pytest.mark.parametrize("cause", SENSITIVE_TO_THE_PYTHON)
def test_survives_on_other_pythons(cause: str) -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("NO OTHER PYTHON FOUND under ~/.pyenv/versions: crashes are looked for on this one only")
    for python in pythons:
        survive(cause, python, (binding_folder(),))


def test_there_are_at_least_forty_causes() -> None:
    assert len(set(causes())) >= 40
    assert set(SENSITIVE_TO_THE_PYTHON) <= set(causes())
