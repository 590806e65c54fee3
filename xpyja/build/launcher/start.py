"""The start of a tool: finds the unpacked copy of this archive, checks it, and imports the tool from there.

This file is the archive's ``__main__.py``. Python compiles it anew at every start, so it is short, imports nothing that
the interpreter has not loaded already, and leaves to `xpyja_first_start` whatever only a first start needs. It must
parse on any Python back to 2.7, or the sentence about the version would never be shown; hence the type comments.
"""

import os
import sys

# Filled in by xpyja.build.pack.
NAME = "@name@"
DIGEST = "@digest@"
TARGET = "@target@"
PYTHON_FROM = "@python_from@"
PYTHON_BELOW = "@python_below@"


def refusal():
    # type: () -> str
    """Says why this Python cannot run the tool; "" if it can."""
    low, below = [tuple(map(int, bound.split("."))) for bound in (PYTHON_FROM, PYTHON_BELOW)]
    if low <= sys.version_info[:3] < below:
        return ""
    wanted = PYTHON_FROM + " or later" + (", but before " + PYTHON_BELOW if below < (4,) else "")
    return "needs Python %s; %s is Python %d.%d.%d" % ((wanted, sys.executable or "this") + sys.version_info[:3])


def cache_folder():
    # type: () -> str
    """Finds the folder of xpyja's cache, which may not exist yet; "" if there is no place for one."""
    chosen = os.environ.get("XPYJA_CACHE")
    if chosen:
        return os.path.abspath(chosen)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        if os.environ.get("HOME") == "":
            return ""  # expanduser would take it for the root folder
        base = os.path.join(os.path.expanduser("~"), "Library/Caches" if sys.platform == "darwin" else ".cache")
    return os.path.join(base, "xpyja") if os.path.isabs(base) else ""


def is_private(*folders):
    # type: (str) -> bool
    """Tells whether folders are ours and nobody else can write to them: what is in them will be imported."""
    try:
        for folder in folders:
            status = os.stat(folder)
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return False
    except OSError:
        return False
    return True


def is_whole(copy):
    # type: (str) -> bool
    """Tells whether an unpacked copy has all its files, in their right sizes, compiled for this Python."""
    try:
        with open(os.path.join(copy, stamp_name()), "rb") as stream:
            lines = stream.read().decode("utf-8").split("\n")
        if lines[0] != DIGEST or lines[-2:] != ["end", ""]:
            return False
        for line in lines[1:-2]:
            size, _, name = line.partition(" ")
            if os.stat(copy + "/" + name).st_size != int(size):
                return False
    except (OSError, ValueError):
        return False
    return True


def stamp_name():
    # type: () -> str
    """Names the stamp of this Python: one copy serves all, each with its own compiled files.

    The platform is in it because that was checked when the stamp was written, and machines share home folders.
    """
    facts = (sys.implementation.cache_tag, getattr(sys.implementation, "_multiarch", ""), sys.flags.optimize)
    return "stamp.%s.%s.%s" % facts


def is_standard_library(entry):
    # type: (str) -> bool
    """Tells whether an entry of ``sys.path`` belongs to the interpreter itself."""
    name = os.path.basename(entry)
    zipped = name.startswith("python") and name.endswith(".zip")
    return zipped or name == "lib-dynload" or entry == os.path.dirname(os.__file__)


def start():
    # type: () -> object
    """Runs the tool and returns its exit code."""
    complaint = refusal()
    if complaint:
        sys.stderr.write("error: %s %s\n" % (NAME, complaint))
        return 2
    sys.pycache_prefix = None  # the compiled files of the copy are beside their sources
    archive = os.path.dirname(os.path.abspath(__file__))
    cache = cache_folder()
    tools = os.path.join(cache, "tools")
    copy = os.path.join(tools, "%s-%s" % (NAME, DIGEST[:12]))
    try:
        if not (cache and is_private(cache, tools, copy) and is_whole(copy)):
            import xpyja_first_start

            copy = xpyja_first_start.prepare(archive, sys.modules[__name__], cache, copy)
            if not copy:
                return 2
        # The tool runs what it contains: neither PYTHONPATH nor packages of this interpreter take part.
        sys.path[:] = [os.path.join(copy, "site-packages")] + [e for e in sys.path if is_standard_library(e)]
        sys.argv[0] = archive
        import xpyja_tool

        return xpyja_tool.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())  # type: ignore[arg-type]
