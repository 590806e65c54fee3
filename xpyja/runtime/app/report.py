"""Errors as text, in the one format that every command of a tool uses."""

from __future__ import annotations

import os
from collections.abc import Mapping

from xpyja.runtime.errors import Frame, Interrupted, JsError, ModuleNotFound, UnhandledRejection, XpyjaError

RED, CYAN, DIM, BOLD, RESET = "\x1b[31m", "\x1b[36m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
MAX_FRAMES = 30
MAX_TRIED = 12
MAX_LINE = 160


class Report:
    """Makes the text for an error.

    Args:
        colors: Whether to use ANSI colours.
        sources: Texts of code that is in no file, by the name it has in traces.
        places: Folders and the short names that stand for them in file names, the most specific first.
    """

    def __init__(
        self,
        *,
        colors: bool = False,
        sources: Mapping[str, str] | None = None,
        places: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._colors = colors
        self._sources = sources or {}
        self._places = places
        self._folder = os.getcwd()

    def render(self, error: XpyjaError) -> str:
        """The whole message: what happened, where, how it got there, what to do next. Ends with a newline."""
        blocks = [self._headline("error", error)]
        blocks.extend(self._details(error))
        hint = error.hint
        if hint:
            blocks.append(f"{self._paint('hint', CYAN)}: {hint}")
        return "\n\n".join(blocks) + "\n"

    def _headline(self, label: str, error: XpyjaError) -> str:
        text = error.message
        if isinstance(error, JsError):
            plain = error.name in ("Error", "")
            text = (
                (error.text if plain else f"{error.name}: {error.text}")
                if error.text
                else error.name or "undefined was thrown"
            )
            if not error.name and error.ref is not None:
                text = f"uncaught value: {text}"
            if isinstance(error, UnhandledRejection):
                text += self._paint(" (unhandled promise rejection)", DIM)
        return f"{self._paint(label, RED + BOLD)}: {text}"

    def _details(self, error: XpyjaError) -> list[str]:
        blocks: list[str] = []
        original = error.__cause__ if isinstance(error, JsError) else error
        if isinstance(original, ModuleNotFound) and original.tried:
            shown = [f"  {self.place(path)}" for path in original.tried[:MAX_TRIED]]
            if len(original.tried) > MAX_TRIED:
                shown.append(f"  … and {len(original.tried) - MAX_TRIED} more")
            blocks.append("tried:\n" + "\n".join(shown))
        if isinstance(error, (JsError, Interrupted)):
            blocks.extend(self._trace(error.frames))
        if isinstance(error, JsError):
            for number, member in enumerate(error.errors, start=1):
                blocks.append(self._headline(f"error {number}", member))
                blocks.extend(self._details(member))
            if error.cause is not None:
                blocks.append(self._headline("caused by", error.cause))
                blocks.extend(self._details(error.cause))
        return blocks

    def _trace(self, frames: tuple[Frame, ...]) -> list[str]:
        blocks = []
        excerpt = self._excerpt(frames)
        if excerpt:
            blocks.append(excerpt)
        if frames:
            lines = [self._frame_line(frame) for frame in frames[:MAX_FRAMES]]
            if len(frames) > MAX_FRAMES:
                lines.append(f"    … {len(frames) - MAX_FRAMES} more frames")
            blocks.append("\n".join(lines))
        return blocks

    def _frame_line(self, frame: Frame) -> str:
        place = self.place(frame.file)
        if frame.line:
            place += f":{frame.line}"
        if frame.column:
            place += f":{frame.column}"
        mark = " [python]" if frame.language == "python" else ""
        text = f"{frame.function} ({place})" if frame.function else place
        return f"    {self._paint('at', DIM)} {text}{self._paint(mark, DIM)}"

    def _excerpt(self, frames: tuple[Frame, ...]) -> str:
        for frame in frames:
            if frame.language != "js" or not frame.line or self._is_ours(frame.file):
                continue
            lines = self._lines(frame.file)
            if lines is None or frame.line > len(lines):
                continue
            return self._draw(frame, lines)
        return ""

    def _draw(self, frame: Frame, lines: list[str]) -> str:
        width = len(str(frame.line))
        drawn = [f"  {self._paint(f'{self.place(frame.file)}:{frame.line}:{frame.column}', CYAN)}"]
        for number in range(max(1, frame.line - 2), frame.line + 1):
            marker = ">" if number == frame.line else " "
            drawn.append(f"  {marker} {number:>{width}} | {lines[number - 1][:MAX_LINE]}")
        if 0 < frame.column <= MAX_LINE:
            before = lines[frame.line - 1][: frame.column - 1]
            lead = "".join("\t" if character == "\t" else " " for character in before)
            drawn.append(f"    {' ' * width} | {lead}{self._paint('^', RED)}")
        return "\n".join(line.rstrip() for line in drawn)

    def _lines(self, file: str) -> list[str] | None:
        text = self._sources.get(file)
        if text is None:
            try:
                with open(file, encoding="utf-8", errors="replace") as stream:
                    text = stream.read()
            except OSError:
                return None
        return text.splitlines()

    def _is_ours(self, file: str) -> bool:
        """Whether a file belongs to a provider rather than to the user; only user code is quoted."""
        return any(not short.endswith(":") and file.startswith(folder + os.sep) for folder, short in self._places)

    def place(self, file: str) -> str:
        """A file name as a reader wants it: short where it can be."""
        for folder, short in self._places:
            if file.startswith(folder + os.sep):
                return short + file[len(folder) + 1 :]
        if file.startswith(self._folder + os.sep):
            return file[len(self._folder) + 1 :]
        return file

    def _paint(self, text: str, color: str) -> str:
        return f"{color}{text}{RESET}" if self._colors and text else text
