"""Top-level ``await`` in a script, which the language has in modules only."""

from __future__ import annotations

from collections.abc import Callable

MAX_SPLITS = 50


def with_await(source: str, compiles: Callable[[str], bool]) -> str | None:
    """Wraps a script that uses ``await`` at its top level in an async function, so that its last value is the result.

    The text of the script starts on the third line of what is returned.

    Args:
        source: A script that does not compile as it is.
        compiles: Says whether a script would.

    Returns:
        The wrapped script, or None when ``await`` is not what is wrong with it.
    """
    expression = f"(async () => (\n\n{source}\n))()"
    if compiles(expression):
        return expression
    body = f"(async () => {{\n\n{source}\n}})()"
    if not compiles(body):
        return None
    # The value is that of the last statement: the last piece behind a separator that stands as an expression. A
    # separator inside a string, a block or a template leaves a text that does not compile.
    end = len(source.rstrip().rstrip(";"))
    position = end
    for _ in range(MAX_SPLITS):
        position = max(source.rfind(";", 0, position), source.rfind("\n", 0, position))
        if position < 0:
            break
        head, tail = source[: position + 1], source[position + 1 : end]
        wrapped = f"(async () => {{\n\n{head}return ({tail}\n)}})()"
        if tail.strip() and compiles(wrapped):
            return wrapped
    return body
