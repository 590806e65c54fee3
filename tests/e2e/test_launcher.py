"""The launcher, alone: tools made of a few files, started in every way that may go wrong."""

from __future__ import annotations

import json
import os
import pty
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from xpyja.build.pack import Packed

REPORT = """
import sys

def main():
    loaded = sorted(sys.modules)
    import json, ballast
    print(json.dumps({"path": sys.path, "argv": sys.argv, "loaded": loaded, "here": __file__, "sum": ballast.total()}))
    return 0
"""
BALLAST_FILES = 150
BALLAST: dict[str, str | bytes] = {
    "ballast/__init__.py": "\n".join(f"from .part_{i} import N as N{i}" for i in range(BALLAST_FILES))
    + "\ndef total():\n    return sum(("
    + ", ".join(f"N{i}" for i in range(BALLAST_FILES))
    + "))\n",
    **{
        f"ballast/part_{i}.py": f"N = {i}\n"
        + "\n".join(f"def f{j}(a, b):\n    return a + b * {j}\n" for j in range(40))
        for i in range(BALLAST_FILES)
    },
    "ballast/data.bin": bytes(range(256)) * 2000,
}
SUM = sum(range(BALLAST_FILES))

FakeBuilder = Callable[..., Packed]
Setting = dict[str, str]


@pytest.fixture
def tool(fake_tool: FakeBuilder) -> Path:
    return fake_tool(REPORT, BALLAST).path


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """An environment with a cache of its own, which does not exist yet."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    return {"PATH": os.environ["PATH"], "XPYJA_CACHE": str(tmp_path / "cache"), "TMPDIR": str(scratch)}


def start(
    tool: Path, setting: Setting, *arguments: str, python: Path | str = sys.executable, **options: Any
) -> subprocess.CompletedProcess[str]:
    command = [str(python), str(tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=setting, timeout=60, **options)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["sum"] == SUM
    return found


def copy_of(setting: Setting) -> Path:
    (copy,) = (path for path in Path(setting["XPYJA_CACHE"], "tools").iterdir() if path.is_dir())
    return copy


def in_cache(found: dict[str, Any], setting: Setting) -> bool:
    return bool(found["here"].startswith(setting["XPYJA_CACHE"] + "/"))


# -- what a start does ----------------------------------------------------------------------------------------------


def test_every_python_starts_it_from_one_copy(tool: Path, setting: Setting, pythons: Any) -> None:
    for python in pythons:
        first = report(start(tool, setting, python=python.path))
        assert report(start(tool, setting, python=python.path))["here"] == first["here"]
    stamps = sorted(path.name for path in copy_of(setting).glob("stamp.*"))
    assert len(stamps) == len(pythons)


def test_a_warm_start_loads_next_to_nothing_and_writes_nothing(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    before = {path: path.stat().st_mtime_ns for path in copy_of(setting).rglob("*")}
    loaded = set(report(start(tool, setting))["loaded"])
    assert {path: path.stat().st_mtime_ns for path in copy_of(setting).rglob("*")} == before
    # What runpy and zipimport themselves need is beyond our control; the rest is not loaded without a reason.
    assert not loaded & {"zipfile", "zlib", "json", "hashlib", "pathlib", "tempfile", "shutil", "xpyja_first_start"}


def test_the_tool_sees_its_own_packages_and_the_standard_library_only(
    tool: Path, setting: Setting, tmp_path: Path
) -> None:
    intruder = tmp_path / "intruder"
    intruder.mkdir()
    (intruder / "json.py").write_text("raise SystemExit('from PYTHONPATH')")
    (intruder / "ballast.py").write_text("raise SystemExit('from PYTHONPATH')")
    found = report(start(tool, {**setting, "PYTHONPATH": str(intruder)}, cwd=intruder))
    assert found["path"][0] == str(copy_of(setting) / "site-packages")
    for entry in found["path"][1:]:
        assert entry.endswith((".zip", "lib-dynload")) or entry == os.path.dirname(os.__file__)


def test_arguments_arrive_and_the_first_is_the_absolute_path(tool: Path, setting: Setting) -> None:
    found = report(start(Path(tool.name), setting, "--flag", "a b", "", cwd=tool.parent))
    assert found["argv"] == [str(tool), "--flag", "a b", ""]


@pytest.mark.parametrize(
    ("main", "code"),
    [
        ("def main(): return 0", 0),
        ("def main(): return None", 0),
        ("def main(): return 3", 3),
        ("def main(): raise SystemExit(4)", 4),
        ("def main(): raise KeyboardInterrupt", 130),
    ],
)
def test_the_exit_code_is_the_tools(fake_tool: FakeBuilder, setting: Setting, main: str, code: int) -> None:
    tool = fake_tool(main).path
    for _ in range(2):
        done = start(tool, setting)
        assert (done.returncode, done.stderr) == (code, "")


def test_optimised_pythons_have_their_own_stamp(tool: Path, setting: Setting) -> None:
    for level in ("", "1", "2"):
        report(start(tool, {**setting, "PYTHONOPTIMIZE": level}))
    assert len(list(copy_of(setting).glob("stamp.*"))) == 3


def test_a_foreign_folder_for_compiled_files_is_not_used(tool: Path, setting: Setting, tmp_path: Path) -> None:
    report(start(tool, {**setting, "PYTHONPYCACHEPREFIX": str(tmp_path / "elsewhere")}))
    assert not list((tmp_path / "elsewhere").rglob("part_0*"))
    assert list(copy_of(setting).rglob("part_0.*.pyc"))


def test_it_runs_as_a_program_through_a_link_from_a_read_only_folder(
    tool: Path, setting: Setting, tmp_path: Path
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    shutil.copy(tool, folder / "real.pyz")
    folder.chmod(0o500)
    link = tmp_path / "link"
    link.symlink_to(folder / "real.pyz")
    done = subprocess.run([str(link)], capture_output=True, text=True, check=False, env=setting)
    assert report(done)["argv"] == [str(link)]
    moved = tmp_path / "moved.pyz"
    shutil.copy(tool, moved)
    assert report(start(moved, setting))["here"] == report(done)["here"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XPYJA_CACHE": "{}/own"}, "own"),
        ({"XDG_CACHE_HOME": "{}/xdg", "HOME": "{}/home"}, "xdg/xpyja"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "{}/home"}, "home/.cache/xpyja"),
        ({"HOME": "{}/home"}, "home/.cache/xpyja"),
    ],
)
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps caches elsewhere")
def test_the_cache_is_where_the_builder_has_it(
    tool: Path, tmp_path: Path, variables: Setting, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xpyja.build.cache import cache_folder

    filled = {key: value.format(tmp_path) for key, value in variables.items()}
    here = report(start(tool, {"PATH": os.environ["PATH"], **filled}))["here"]
    assert here.startswith(str(tmp_path / expected / "tools"))
    for key in ("XPYJA_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(key, raising=False)
    for key, value in filled.items():
        monkeypatch.setenv(key, value)
    assert cache_folder() == tmp_path / expected


def test_only_a_terminal_is_told_about_unpacking_and_only_once(tool: Path, setting: Setting) -> None:
    told = []
    for _ in range(2):
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [sys.executable, str(tool)], stdout=subprocess.PIPE, stderr=theirs, check=True, env=setting
        )
        os.write(theirs, b".")  # so that there is something to read in any case
        told.append(os.read(ours, 10_000).decode())
        os.close(ours)
        os.close(theirs)
        assert json.loads(done.stdout)["sum"] == SUM
    assert told[0].startswith(f"fake: unpacking into {copy_of(setting)} ")
    assert told[0].count("\n") == 1
    assert told[1] == "."


# -- refusals -------------------------------------------------------------------------------------------------------


def test_an_old_python_is_refused_in_one_sentence(tool: Path, setting: Setting, old_pythons: Any) -> None:
    if not old_pythons:
        pytest.skip("this machine has no Python before 3.10")
    for python in old_pythons:
        done = start(tool, setting, python=python.path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: fake needs Python 3.10 or later; ")
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_a_python_outside_of_the_specs_range_is_refused(fake_tool: FakeBuilder, setting: Setting) -> None:
    minor = sys.version_info[1]
    done = start(fake_tool(REPORT, BALLAST, requires_python=f">=3.{minor + 1}").path, setting)
    assert (done.returncode, done.stderr.split(";")[0]) == (2, f"error: fake needs Python 3.{minor + 1} or later")


def test_a_python_above_the_specs_range_is_refused(fake_tool: FakeBuilder, setting: Setting, pythons: Any) -> None:
    newest = pythons[-1]
    if newest.version == (3, 10):
        pytest.skip("needs a Python after 3.10")
    limit = ".".join(map(str, newest.version))
    done = start(fake_tool(REPORT, requires_python=f">=3.10,<{limit}").path, setting, python=newest.path)
    assert done.returncode == 2
    assert f"Python 3.10 or later, but before {limit}" in done.stderr


def test_another_platform_is_refused(fake_tool: FakeBuilder, setting: Setting) -> None:
    done = start(fake_tool(REPORT, target="macos-mips").path, setting)
    assert done.returncode == 2
    assert done.stderr.startswith("error: fake is built for macos-mips; ")
    assert not Path(setting["XPYJA_CACHE"]).exists()


def test_a_damaged_archive_says_so(tool: Path, setting: Setting) -> None:
    content = bytearray(tool.read_bytes())
    at = content.index(b"ballast/data.bin") + 200
    content[at : at + 50] = bytes(50)
    tool.write_bytes(content)
    done = start(tool, setting)
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert "download it again" in done.stderr
    assert "Traceback" not in done.stderr


# -- damaged copies -------------------------------------------------------------------------------------------------


def _delete(path: Path) -> None:
    path.unlink()


def _truncate(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _extend(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\n# more\n")


@pytest.mark.parametrize("damage", [_delete, _truncate, _empty, _extend])
@pytest.mark.parametrize(
    "victim",
    [
        "site-packages/ballast/part_7.py",
        "site-packages/ballast/__pycache__/part_7.*.pyc",
        "site-packages/ballast/data.bin",
        "site-packages/xpyja_tool/__init__.py",
        "stamp.*",
    ],
)
def test_a_damaged_copy_heals(tool: Path, setting: Setting, damage: Callable[[Path], None], victim: str) -> None:
    report(start(tool, setting))
    copy = copy_of(setting)
    whole = _content(copy)
    damage(next(copy.glob(victim)))
    assert in_cache(report(start(tool, setting)), setting)
    assert _content(copy) == whole


@pytest.mark.parametrize("folder", ["", "site-packages", "site-packages/ballast/__pycache__"])
def test_a_removed_folder_heals(tool: Path, setting: Setting, folder: str) -> None:
    report(start(tool, setting))
    copy = copy_of(setting)
    whole = _content(copy)
    shutil.rmtree(copy / folder)
    assert in_cache(report(start(tool, setting)), setting)
    assert _content(copy) == whole


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"nonsense\nend\n", b"-1 a\nend\n", b"end\n" * 3])
def test_a_stamp_with_nonsense_heals(tool: Path, setting: Setting, text: bytes) -> None:
    report(start(tool, setting))
    stamp = next(copy_of(setting).glob("stamp.*"))
    whole = stamp.read_bytes()
    stamp.write_bytes(text)
    report(start(tool, setting))
    assert stamp.read_bytes() == whole


def test_what_killed_starts_left_half_written_is_removed(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    half = copy_of(setting) / "site-packages" / "ballast" / "part_7.py.4711.tmp"
    half.write_bytes(b"N = ")
    next(copy_of(setting).glob("stamp.*")).unlink()
    report(start(tool, setting))
    assert not half.exists()


def test_a_damaged_file_is_replaced_not_overwritten(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    victim = copy_of(setting) / "site-packages" / "ballast" / "data.bin"
    _truncate(victim)
    damaged = victim.read_bytes()
    with victim.open("rb") as held_by_a_running_tool:
        report(start(tool, setting))
        assert held_by_a_running_tool.read() == damaged
    assert victim.read_bytes() == BALLAST["ballast/data.bin"]


def test_a_folder_in_the_place_of_a_file_is_survived(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    victim = copy_of(setting) / "site-packages/ballast/part_7.py"
    victim.unlink()
    victim.mkdir()
    (victim / "x").touch()
    assert not in_cache(report(start(tool, setting)), setting)


def _content(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- interrupted and simultaneous first starts ----------------------------------------------------------------------


def test_first_starts_killed_at_any_moment_leave_nothing_wrong(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    whole = _content(copy_of(setting))
    shutil.rmtree(setting["XPYJA_CACHE"])
    chance = random.Random(20)
    stages_seen = set()
    for _ in range(25):
        # Wait until the copy has some number of files, so that kills are spread over the whole of the work.
        wanted = chance.randrange(2 * BALLAST_FILES)
        child = subprocess.Popen([sys.executable, str(tool)], env=setting, stdout=subprocess.DEVNULL)
        while child.poll() is None and _file_count(setting) < wanted:
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
        stages_seen.add(min(_file_count(setting) // 60, 5))
        if chance.random() < 0.3:
            shutil.rmtree(setting["XPYJA_CACHE"], ignore_errors=True)
    assert len(stages_seen) > 2, "the kills came at too few different moments"
    assert in_cache(report(start(tool, setting)), setting)
    assert _content(copy_of(setting)) == whole


def _file_count(setting: Setting) -> int:
    return sum(len(names) for _, _, names in os.walk(setting["XPYJA_CACHE"]))


def test_eight_first_starts_at_once(tool: Path, setting: Setting) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, str(tool)], env=setting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    places = set()
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, err) == (0, "")
        places.add(json.loads(out)["here"])
    assert places == {str(copy_of(setting) / "site-packages/xpyja_tool/__init__.py")}
    assert not list(copy_of(setting).rglob("*.tmp"))


def test_starts_while_the_copy_is_damaged_again_and_again(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    children = []
    for number in range(12):
        victim = copy_of(setting) / f"site-packages/ballast/part_{number}.py"
        victim.unlink(missing_ok=True)
        children.append(
            subprocess.Popen(
                [sys.executable, str(tool)], env=setting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    for child in children:
        _, err = child.communicate(timeout=60)
        # A start whose check was over before the file went may miss it; what counts is that the next start is right.
        assert child.returncode == 0 or "ModuleNotFoundError" in err
    report(start(tool, setting))


def test_ctrl_c_during_the_first_start_is_quiet(tool: Path, setting: Setting) -> None:
    child = subprocess.Popen(
        [sys.executable, str(tool)], env=setting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while child.poll() is None and _file_count(setting) < 20:
        time.sleep(0.001)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode in (130, 0)  # 0 when it was over before the signal came
    assert "Traceback" not in err
    report(start(tool, setting))


# -- caches that cannot be used -------------------------------------------------------------------------------------


def test_what_killed_starts_leave_in_the_temporary_folder_is_removed_later(
    tool: Path, fake_tool: FakeBuilder, setting: Setting
) -> None:
    setting["XPYJA_CACHE"] = "/dev/null/x"
    main = "import time\n\ndef main():\n    print('up', flush=True)\n    time.sleep(60)"
    slow = fake_tool(main, output=tool.with_name("slow.pyz")).path
    children = [subprocess.Popen([sys.executable, str(slow)], env=setting, stdout=subprocess.PIPE) for _ in range(2)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        child.stdout.close()
    killed, alive = children
    killed.kill()
    killed.wait()
    before = set(os.listdir(setting["TMPDIR"]))
    assert len(before) == 2
    report(start(tool, setting))
    left = set(os.listdir(setting["TMPDIR"]))
    assert len(left) == 1
    assert alive.poll() is None
    assert (Path(setting["TMPDIR"], *left) / "site-packages" / "xpyja_tool").is_dir()
    alive.kill()
    alive.wait()


def _uses_a_temporary_copy(tool: Path, setting: Setting) -> None:
    done = start(tool, setting)
    found = report(done)
    assert found["here"].startswith(setting["TMPDIR"] + "/xpyja-fake-")
    assert not os.listdir(setting["TMPDIR"]), "the temporary copy is removed at exit"


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("where", ["cache", "tools", "copy"])
def test_a_cache_that_others_can_write_to_is_not_used(tool: Path, setting: Setting, mode: int, where: str) -> None:
    report(start(tool, setting))
    copy = copy_of(setting)
    {"cache": copy.parents[1], "tools": copy.parent, "copy": copy}[where].chmod(mode)
    # What somebody may have planted there must not run.
    (copy / "site-packages/xpyja_tool/__init__.py").write_text(REPORT.replace("return 0", "return 9"))
    _uses_a_temporary_copy(tool, setting)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_cache_of_somebody_else_is_not_used(tool: Path, setting: Setting) -> None:
    report(start(tool, setting))
    os.chown(copy_of(setting), 65534, 65534)
    _uses_a_temporary_copy(tool, setting)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has this temptation")
def test_root_makes_no_cache_in_somebodys_home(tool: Path, setting: Setting, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    del setting["XPYJA_CACHE"]
    _uses_a_temporary_copy(tool, {**setting, "HOME": str(home)})
    assert not os.listdir(home)


@pytest.mark.parametrize("home", ["/dev/null", "/proc/self/no-such-home", ""])
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux")
def test_a_home_that_cannot_be_written_is_survived(tool: Path, setting: Setting, home: str) -> None:
    del setting["XPYJA_CACHE"]
    _uses_a_temporary_copy(tool, {**setting, "HOME": home})


@pytest.mark.skipif(os.geteuid() == 0, reason="modes do not bind root")
def test_a_read_only_home_is_survived(tool: Path, setting: Setting, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    del setting["XPYJA_CACHE"]
    _uses_a_temporary_copy(tool, {**setting, "HOME": str(home)})


def test_no_room_anywhere_is_a_clear_message(tool: Path, setting: Setting) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = start(tool, setting, preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.startswith("error: fake cannot unpack itself: ")
    assert "no room" in done.stderr
    assert "XPYJA_CACHE" in done.stderr
    assert "Traceback" not in done.stderr
    report(start(tool, setting))


def test_a_full_disk_is_survived(tool: Path, setting: Setting, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=256k") as disk:
        full = {**setting, "XPYJA_CACHE": str(disk / "cache")}
        _uses_a_temporary_copy(tool, full)
    report(start(tool, setting))


def test_a_folder_without_execution_is_not_used(tool: Path, setting: Setting, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "noexec") as disk:
        _uses_a_temporary_copy(tool, {**setting, "XPYJA_CACHE": str(disk / "cache")})


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"{options},mode=700", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("needs root and mount(8)")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
