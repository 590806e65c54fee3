"""A whole program as data, so that it can run in this process or in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Held, Runtime


class Program(NamedTuple):
    """What to run, from its first line to its last pending timer.

    Attributes:
        kind: ``eval`` for a script, ``source`` for the text of a main module, ``file`` for a main module on disk.
        name: Path of the file; the name of a text in traces.
        text: The JavaScript, unless it is in a file.
        arguments: What scripts find in ``scriptArgs`` after the name; None for no such variable.
        show: How the value is printed: ``display`` as ``console.log`` would, ``json``, or "" not at all.
    """

    kind: str
    name: str
    text: str = ""
    arguments: tuple[str, ...] | None = None
    show: str = ""


def start(program: Program, runtime: Runtime) -> Held | None:
    """Starts a program. Owner thread.

    Returns:
        The value of a script; what the runtime has to wait for, of a module.
    """
    if program.arguments is not None:
        runtime.set_global("scriptArgs", [program.name, *program.arguments])
    if program.kind == "eval":
        return runtime.hold(program.text, filename=program.name)
    if program.kind == "source":
        runtime.run_source(program.text, program.name)
        return None
    return runtime.run_file(program.name)


def show(program: Program, runtime: Runtime, value: Held) -> None:
    """Prints the value of a script as the program asks for. Owner thread."""
    if program.show == "json":
        runtime.output.write(1, (runtime.to_json(value) or "null") + "\n")
    elif program.show == "display":
        runtime.output.write(1, runtime.display(value) + "\n")
