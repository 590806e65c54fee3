"""From a file to a spec, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from xpyja.build.errors import Problem, SpecError
from xpyja.build.spec import document as yaml_document
from xpyja.build.spec.document import Document
from xpyja.build.spec.messages import empty_problems, explain
from xpyja.build.spec.model import Spec

DEFAULT_PATHS = (Path("xpyja.yaml"), Path("spec.yaml"))
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec and where it came from.

    Attributes:
        spec: The spec.
        path: Its file, as the user gave it.
        text: The file's text.
        document: The same as plain values, with the place of each key and value.
    """

    spec: Spec
    path: Path
    text: str = field(repr=False)
    document: Document = field(repr=False)

    @property
    def folder(self) -> Path:
        """The absolute folder that paths of the spec are relative to."""
        return self.path.parent.resolve()

    def position(self, path: yaml_document.Path) -> tuple[int, int]:
        """Line and column of a value, or of its nearest ancestor that the document has; counted from 1."""
        place = self.document.place(path)
        return place.line, place.column

    def problem(self, path: yaml_document.Path, message: str, hint: str | None = None, *, key: bool = False) -> Problem:
        """Makes a problem that points at a value, or at its key."""
        return self.document.problem(path, message, hint, key=key)


def load_spec(path: Path | None = None) -> LoadedSpec:
    """Reads and validates a spec.

    Args:
        path: The file; ``xpyja.yaml``, else ``spec.yaml``, of the working directory unless given.

    Raises:
        SpecError: The file cannot be read, is not YAML, or is not a spec. It holds all problems.
    """
    path = path or next((known for known in DEFAULT_PATHS if known.exists()), DEFAULT_PATHS[0])
    text = _read(path)
    document = yaml_document.parse_document(text, str(path))
    problems = list(document.problems)
    if isinstance(document.value, dict):
        problems += empty_problems(document)
        try:
            spec = Spec.model_validate(document.value)
        except ValidationError as error:
            problems += explain(error, document)
        if not problems:
            return LoadedSpec(spec, path, text, document)
    elif not problems:
        problems = [document.problem((), "a spec is a mapping of keys such as schema, name and runtimes")]
    raise spec_error(problems)


def spec_error(problems: Iterable[Problem]) -> SpecError:
    """Makes the error for problems found in any order: each once, in document order."""
    found = dict.fromkeys(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return SpecError(tuple(found))


def _read(path: Path) -> str:
    def broken(message: str, hint: str | None = None, line: int = 1, column: int = 1) -> SpecError:
        return SpecError((Problem(str(path), line, column, "", message, hint),))

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "xpyja init writes a spec to start from" if path in DEFAULT_PATHS else None
        raise broken("there is no such file", hint) from None
    except IsADirectoryError:
        raise broken("this is a folder, not a spec", "give the file inside it") from None
    except (OSError, ValueError) as error:
        raise broken(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MAX_BYTES:
        raise broken(f"the file is larger than {MAX_BYTES // 1024} KiB, which no spec is")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise broken("the file is UTF-16", "save it as UTF-8")
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode(errors="replace")) + 1
        raise broken("the file is not UTF-8", "save it as UTF-8", before.count(b"\n") + 1, column) from None
