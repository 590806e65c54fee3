"""Stacks of both languages as frames, in call order: innermost first."""

from __future__ import annotations

from os.path import dirname
from types import TracebackType

from xpyja.runtime.errors import Frame

_OWN_FOLDER = dirname(dirname(__file__))  # xpyja/runtime: the machinery between the two languages
_INTERNAL = "xpyja:"

HOST_CALL = Frame("", "xpyja:bridge", 0, 0, "")
"""Stands in a JavaScript stack where the script called Python."""


def javascript_frames(stack: str) -> list[Frame]:
    """Reads the engine's ``stack`` text.

    Frames of the engine's own files are left out; where they are a call to Python, `HOST_CALL` takes their place.
    """
    frames: list[Frame] = []
    for line in stack.splitlines():
        text = line.strip()
        if not text.startswith("at "):
            continue
        frame = _javascript_frame(text[3:])
        if frame.file.startswith(_INTERNAL):
            # Every wrapper of a Python function is a method of the object `holder` in bridge.js; its frames and those
            # of the code that makes an error from the answer stand together.
            if frame.file == HOST_CALL.file and (not frames or frames[-1] != HOST_CALL):
                frames.append(HOST_CALL)
        elif frame.file != "native":
            frames.append(frame)
    return frames


def _javascript_frame(text: str) -> Frame:
    function = ""
    place = text
    if text.endswith(")"):
        function, _, place = text[:-1].rpartition(" (")
    file, line, column = _split_place(place)
    return Frame("" if function in ("<eval>", "<anonymous>", "<module>") else function, file, line, column)


def _split_place(place: str) -> tuple[str, int, int]:
    rest, _, last = place.rpartition(":")
    file, _, middle = rest.rpartition(":")
    if last.lstrip("-").isdigit() and middle.lstrip("-").isdigit():
        return file, int(middle), int(last)
    return place, 0, 0


def python_frames(traceback: TracebackType | None) -> list[Frame]:
    """Reads a Python traceback; the frames of the engine and the app are left out."""
    frames: list[Frame] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(_OWN_FOLDER):
            name = getattr(code, "co_qualname", code.co_name)
            frames.append(Frame(name, code.co_filename, traceback.tb_lineno, 0, "python"))
        traceback = traceback.tb_next
    frames.reverse()
    return frames


def interleave(stack: list[Frame], segments: list[list[Frame]]) -> tuple[Frame, ...]:
    """Puts the frames of Python calls into a JavaScript stack.

    Args:
        stack: What `javascript_frames` returned.
        segments: The Python frames of each call to Python that the error passed, innermost call first.
    """
    frames: list[Frame] = []
    remaining = list(segments)
    for frame in stack:
        if frame == HOST_CALL:
            if remaining:
                frames.extend(remaining.pop(0))
        else:
            frames.append(frame)
    for segment in remaining:
        frames.extend(segment)
    return tuple(frames)
