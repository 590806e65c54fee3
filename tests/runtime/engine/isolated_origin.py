"""What the children of the isolation tests are made of: modules that misbehave, each in its own way."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from xpyja.runtime.api import Handle, Lazy, Module, ModuleContext, Provider
from xpyja.runtime.engine.builder import RuntimeBuilder, RuntimeFactory
from xpyja.runtime.engine.process_child import WRITE
from xpyja.runtime.errors import ConfigError, UnknownNameError


def new_factory(arguments: Any) -> RuntimeFactory:
    builder = RuntimeBuilder(folder=arguments.get("folder", "") if isinstance(arguments, dict) else "")
    builder.add_module("bad", lambda runtime: new_bad(runtime, arguments))
    return builder.build()


def new_failing(arguments: Any) -> RuntimeFactory:
    raise ConfigError("some.key", "is wrong", hint="right it")


def new_surprise(arguments: Any) -> RuntimeFactory:
    raise LookupError("not there")


def new_nothing(arguments: Any) -> None:
    return None


def new_slow_start(arguments: Any) -> RuntimeFactory:
    time.sleep(60)
    raise AssertionError


def new_crash(arguments: Any) -> RuntimeFactory:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def new_failing_closer(arguments: Any) -> RuntimeFactory:
    def fail() -> None:
        raise ValueError("cannot close")

    return RuntimeBuilder().add_initializer("closer", lambda runtime: runtime.add_closer(fail)).build()


def new_leaving_closer(arguments: Any) -> RuntimeFactory:
    def leave() -> None:
        with open(arguments, "w", encoding="utf-8") as file:
            file.write("closed")

    return RuntimeBuilder().add_initializer("closer", lambda runtime: runtime.add_closer(leave)).build()


def new_bad(runtime: Any, arguments: object) -> dict[str, object]:
    return {
        "arguments": lambda: arguments,
        "echo": lambda value=None: value,
        "pid": os.getpid,
        "signal": _signal,
        "exit": os._exit,
        "leave": lambda: sys.exit(4),
        "sleep": time.sleep,
        "hold": _hold_the_lock,
        "closePipe": lambda: os.close(WRITE),
        "write": lambda data: os.write(WRITE, data),
        "grow": lambda size: len(bytearray(size)),
        "object": lambda: {"inside": [Handle(socket.SocketType, "socket")]},
        "error": lambda: ValueError("as a value"),
        "fail": _fail,
        "typed": _typed,
        "print": print,  # not flushed on purpose
        "files": lambda: sorted(int(name) for name in os.listdir("/dev/fd")),
        "filesOfOthers": _files_of_others,
        "limits": _limits,
        "status": _status,
        "spawn": _spawn,
        "stdin": sys.stdin.read,
        "path": lambda: sys.path,
        "encoding": lambda: [sys.stdout.encoding, sys.stdout.errors],
    }


def _signal(number: int) -> None:
    """Does not return: another thread may get the signal, and this one would go on for a moment."""
    os.kill(os.getpid(), number)
    time.sleep(10)


def _fail() -> None:
    raise KeyError("deep")


def _typed() -> None:
    raise UnknownNameError("thing", "aple", ("apple", "pear"))


def _hold_the_lock(seconds: float) -> None:
    """Blocks the whole interpreter: no other thread of the process runs."""
    import ctypes

    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def _limits() -> dict[str, list[int]]:
    names = ("CORE", "NOFILE", "AS", "CPU")
    return {name: list(resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))) for name in names}


def _status() -> dict[str, str]:
    with open("/proc/self/status", encoding="utf-8") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}


def _files_of_others() -> list[str]:
    done = subprocess.run(["ls", "/dev/fd/"], close_fds=False, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def _spawn() -> int:
    return subprocess.Popen(["sleep", "60"]).pid


def new_module(ctx: ModuleContext) -> dict[str, object]:
    """The same for tools."""
    return new_bad(None, None)


PROVIDER = Provider("bad", (Module("bad", Lazy("isolated_origin:new_module")),))
