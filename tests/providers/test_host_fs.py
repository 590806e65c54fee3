"""``fs`` as scripts see it; ``oracle/write_expected.js`` asked Node for most of the results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from xpyja.runtime.api import JsSource
from xpyja.runtime.api.config import describe_fields, make_config
from xpyja.runtime.errors import ConfigError, UnknownNameError
from xpyja_providers.host import text
from xpyja_providers.host.files import describe
from xpyja_providers.host.fs import new_fs
from xpyja_providers.host.fs_config import FsConfig

HERE = os.path.dirname(__file__)

with open(os.path.join(HERE, "oracle", "fs_expected.json"), encoding="utf-8") as file:
    EXPECTED = json.load(file)["results"]
with open(os.path.join(HERE, "oracle", "fs_cases.js"), encoding="utf-8") as file:
    CASES = file.read()


class Assets:
    def __init__(self, folders: dict[str, str]) -> None:
        self.folders = folders

    def folder(self, source: str) -> str:
        if source not in self.folders:
            raise UnknownNameError("assets source", source, tuple(self.folders))
        return self.folders[source]


class Context:
    """A module's context, as much of it as ``fs`` uses."""

    name = "fs"
    owner: Any = None

    def __init__(self, config: FsConfig, alias: str = "fs", **folders: str) -> None:
        self.config = config
        self.alias = alias
        self.assets = Assets(folders)
        self.closers: list[Callable[[], None]] = []

    def service(self, key: str) -> Any:
        raise KeyError(key)

    def add_closer(self, closer: Callable[[], None]) -> None:
        self.closers.append(closer)

    def log(self, message: str) -> None:
        raise AssertionError(message)


MakeFs = Callable[..., JsSource]


@pytest.fixture(scope="module")
def make_fs() -> Iterator[MakeFs]:
    """Makes an ``fs`` module from the keys of a spec's config."""
    contexts: list[Context] = []

    def make(alias: str = "fs", folders: dict[str, str] | None = None, **config: Any) -> JsSource:
        context = Context(make_config(FsConfig, config, "config"), alias, **(folders or {}))
        contexts.append(context)
        return new_fs(context)

    yield make
    for context in contexts:
        for closer in context.closers:
            closer()


def prepare(folder: str) -> None:
    """The tree of ``prepareFsCases``."""
    os.makedirs(os.path.join(folder, "d/inner/deep"))
    for name, content in {
        "d/f": b"hi",
        "d/inner/g": b"g",
        "d/inner/deep/h": b"h",
        "bytes": b"\xef\xbb\xbfA\xe9\xc3\xa9\xff\0\xf0\x9f\x98\x80",
    }.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    for name, target in {"d/l": "f", "d/folder": "inner", "d/loop": "loop", "d/gone": "nowhere"}.items():
        os.symlink(target, os.path.join(folder, name))


@pytest.fixture(scope="module")
def actual(tmp_path_factory: pytest.TempPathFactory, make_fs: MakeFs, run_js: Any) -> dict[str, Any]:
    folder = str(tmp_path_factory.mktemp("fs"))
    prepare(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        umask = os.umask(0o022)
        try:
            module = make_fs(allow=["read", "write"], roots=["."])
            results: dict[str, Any] = run_js(module, f"{CASES}\nreturn runFsCases(module);")
        finally:
            os.umask(umask)
    return results


@pytest.mark.parametrize("name", EXPECTED)
def test_same_as_node(name: str, actual: dict[str, Any]) -> None:
    assert actual[name] == EXPECTED[name]


@pytest.fixture
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    prepare(str(tmp_path))
    return str(os.path.realpath(tmp_path))


CATCH = """
const caught = (fn) => {
  try {
    return fn();
  } catch (error) {
    return { ...error, name: error.name, message: error.message };
  }
};
"""


def test_recursive_listing_does_not_follow_links(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = """return [
      module.readdirSync('d', { recursive: true }),
      module.readdirSync('d', { recursive: true, withFileTypes: true }).map((e) => [e.parentPath, e.name]),
    ]"""
    names, entries = run_js(make_fs(allow=["read"], roots=["."]), script)
    assert names == ["f", "folder", "gone", "inner", "l", "loop", "inner/deep", "inner/g", "inner/deep/h"]
    assert ["/".join(entry) for entry in entries] == [f"d/{name}" for name in names]


def test_bytes_come_as_uint8array_or_as_buffer_where_there_is_one(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = """
    const plain = module.readFileSync('d/f');
    globalThis.Buffer = class Buffer extends Uint8Array {
      static from(...args) { return new this(...args); }
      toString() { return String.fromCharCode(...this); }
    };
    const buffer = module.readFileSync('d/f');
    return [plain.constructor.name, [...plain], buffer.constructor.name, String(buffer)];
    """
    module = make_fs(allow=["read"], roots=["."])
    assert run_js(module, script) == ["Uint8Array", [104, 105], "Buffer", "hi"]


def test_without_a_callback_there_is_a_promise(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = """
    await module.writeFile('new', 'text');
    const failed = await module.stat('d/nope').catch((error) => error.code);
    const wrong = module.readFile({});
    return [await module.readFile('new', 'utf8'), await module.exists('new'), failed, await wrong.catch((e) => e.code)];
    """
    module = make_fs(allow=["read", "write"], roots=["."])
    assert run_js(module, script) == ["text", True, "ENOENT", "ERR_INVALID_ARG_TYPE"]


def test_callbacks_run_after_the_current_code(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = """
    const order = [];
    const done = new Promise((resolve) => module.readFile('d/f', 'utf8', (error, text) => resolve(order.push(text))));
    order.push('first');
    await done;
    return order;
    """
    assert run_js(make_fs(allow=["read"], roots=["."]), script) == ["first", "hi"]


def test_file_urls_are_paths(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = (
        CATCH
        + f"""
    const url = (pathname, protocol = 'file:', hostname = '') =>
      ({{ href: 'x', protocol, hostname, pathname }});
    return [
      module.readFileSync(url('{folder}/d/%66'), 'utf8'),
      caught(() => module.readFileSync(url('/x', 'http:'))).code,
      caught(() => module.readFileSync(url('/x', 'file:', 'host'))).code,
      caught(() => module.readFileSync(url('/a%2Fb'))).code,
      caught(() => module.readFileSync(url('/a%00b'))).code,
    ];
    """
    )
    assert run_js(make_fs(allow=["read"], roots=["."]), script) == [
        "hi",
        "ERR_INVALID_URL_SCHEME",
        "ERR_INVALID_FILE_URL_HOST",
        "ERR_INVALID_FILE_URL_PATH",
        "ERR_INVALID_ARG_VALUE",
    ]


def test_denied_operations_say_which_line_would_allow_them(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = CATCH + "return caught(() => module.writeFileSync('d/f', 'x'));"
    assert run_js(make_fs(alias="fs:data", allow=["read"], roots=["d"]), script) == {
        "name": "Error",
        "message": 'fs:data: writing is not allowed here (config.allow has no "write")',
        "code": "ERR_ACCESS_DENIED",
        "permission": "FileSystemWrite",
        "resource": "d/f",
        "syscall": "open",
        "path": "d/f",
    }
    script = CATCH + "return caught(() => module.readFileSync('bytes'));"
    assert run_js(make_fs(alias="fs:data", allow=["read"], roots=["d", "./e"]), script) == {
        "name": "Error",
        "message": "fs:data: 'bytes' is outside of the folders that can be reached (config.roots: d, ./e)",
        "code": "ERR_ACCESS_DENIED",
        "permission": "FileSystemRead",
        "resource": "bytes",
        "syscall": "open",
        "path": "bytes",
    }


def test_the_path_that_leads_outside_is_the_one_named(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = CATCH + "return caught(() => module.renameSync('d/f', 'e'));"
    error = run_js(make_fs(allow=["write"], roots=["d"]), script)
    assert error["message"].startswith("fs: 'e' is outside")
    assert (error["resource"], error["path"]) == ("e", "d/f")


def test_exists_says_so_when_nothing_may_be_read(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = CATCH + "return [module.existsSync(5), caught(() => module.existsSync('d/f')).code];"
    assert run_js(make_fs(allow=["write"], roots=["."]), script) == [False, "ERR_ACCESS_DENIED"]
    assert run_js(make_fs(), script) == [False, "ERR_ACCESS_DENIED"]


def test_everything_is_denied_by_default(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = (
        CATCH
        + """
    const calls = Object.keys(module).filter((name) => name.endsWith('Sync') && name !== 'existsSync');
    const two = ['writeFileSync', 'appendFileSync', 'renameSync', 'copyFileSync'];
    const rest = (name) => (name === 'utimesSync' ? [1, 1] : two.includes(name) ? ['d/g'] : []);
    return calls.map((name) => [name, caught(() => module[name]('d/f', ...rest(name))).code]);
    """
    )
    calls = run_js(make_fs(), script)
    assert len(calls) == 18
    assert [name for name, code in calls if code != "ERR_ACCESS_DENIED"] == []


def test_three_forms_of_each_operation(make_fs: MakeFs, run_js: Any) -> None:
    script = """
    const names = Object.keys(module.promises).filter((name) => name !== 'constants');
    return names.filter((name) => typeof module[name] !== 'function' || typeof module[`${name}Sync`] !== 'function' ||
      module[name].name !== name || module[`${name}Sync`].name !== `${name}Sync`);
    """
    assert run_js(make_fs(), script) == []


def test_realpath_shows_where_a_file_is(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = """return [
      module.realpathSync('d/folder/deep/../../l'), module.realpathSync.native('.'), module.realpathSync('/assets/./d'),
    ]"""
    module = make_fs(allow=["read"], roots=["."], folders={"web": folder}, mounts={"/assets": "web"})
    assert run_js(module, script) == [f"{folder}/d/f", folder, "/assets/d"]


def test_mounts_are_read_only(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = (
        CATCH
        + """return [
      module.readFileSync('/assets/f', 'utf8'), module.readdirSync('/assets/inner'), module.existsSync('/assets/nope'),
      caught(() => module.writeFileSync('/assets/f', 'x')).message, caught(() => module.readFileSync('d/f')).code,
      module.isReadOnly, module.capabilities(),
    ]"""
    )
    module = make_fs(allow=["read", "write"], folders={"web": f"{folder}/d"}, mounts={"/assets": "web"})
    capabilities = {
        "backend": "embedded",
        "read": True,
        "write": False,
        "embedded": True,
        "mounts": [{"mount": "/assets", "root": "web"}],
    }
    error = "EROFS: read-only file system, open '/assets/f'"
    assert run_js(module, script) == ["hi", ["deep", "g"], False, error, "ERR_ACCESS_DENIED", True, capabilities]


def test_capabilities_cannot_be_changed_by_a_script(make_fs: MakeFs, run_js: Any) -> None:
    script = "module.capabilities().write = true; return [module.capabilities().write, module.isReadOnly]"
    assert run_js(make_fs(allow=["read"], roots=["."]), script) == [False, True]


@pytest.mark.parametrize("point", ["assets", "./assets", "/assets/", "/a/../b", "/a//b", ""])
def test_a_mount_point_is_an_absolute_path(point: str, make_fs: MakeFs) -> None:
    with pytest.raises(ConfigError, match="absolute path"):
        make_fs(allow=["read"], folders={"web": "/tmp"}, mounts={point: "web"})


def test_a_mount_of_an_unknown_source_fails_when_the_module_is_made(make_fs: MakeFs) -> None:
    with pytest.raises(UnknownNameError, match="wep"):
        make_fs(allow=["read"], folders={"web": "/tmp"}, mounts={"/assets": "wep"})
    with pytest.raises(ConfigError, match="id of an assets source"):
        make_fs(allow=["read"], mounts={"/assets": 5})


def test_the_config_grants_nothing_by_default_and_marks_what_grants() -> None:
    assert FsConfig() == make_config(FsConfig, {}, "config")
    described = {field.key: (field.type, field.grant, field.default) for field in describe_fields(FsConfig)}
    assert described == {
        "allow": ("string[]", True, []),
        "roots": ("path[]", True, []),
        "mounts": ("map", True, None),
    }
    with pytest.raises(ConfigError):
        make_config(FsConfig, {"allow": ["execute"]}, "config")


def test_names_that_are_no_text_survive_the_round_trip(folder: str, make_fs: MakeFs) -> None:
    name = b"\xff\xfe.txt"
    try:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"odd")
    except OSError:
        pytest.skip("this file system wants names to be text")
    bindings: dict[str, Any] = dict(make_fs(allow=["read"], roots=["."]).bindings)
    (found,) = (entry for _, entry, _ in bindings["readdir"](".", False) if entry.endswith(".txt"))
    assert bindings["readFile"](found, "utf8") == "odd"
    assert bindings["readFile"](name, "utf8") == "odd"


def test_large_numbers_of_a_file_stay_numbers() -> None:
    inode = 2**60 + 1
    rest = dict.fromkeys(("st_rdev", "st_blksize", "st_blocks", "st_atime_ns", "st_mtime_ns", "st_ctime_ns"), 0)
    described = describe(os.stat_result((0o100644, inode, 2**53 - 1, 1, 0, 0, 5, 0, 0, 0), rest))
    assert (described["ino"], type(described["ino"])) == (float(inode), float)
    assert (described["dev"], type(described["dev"])) == (2**53 - 1, int)


def test_a_path_of_bytes_without_an_end_in_the_middle(folder: str, make_fs: MakeFs, run_js: Any) -> None:
    script = CATCH + "return caught(() => module.readFileSync(Uint8Array.from([0x64, 0, 0x66]))).code"
    assert run_js(make_fs(allow=["read"], roots=["."]), script) == "ERR_INVALID_ARG_VALUE"


def test_files_without_a_size_are_read_to_the_end(make_fs: MakeFs) -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no procfs")
    bindings: dict[str, Any] = dict(make_fs(allow=["read"], roots=["/proc/self"]).bindings)
    assert f"Pid:\t{os.getpid()}\n" in bindings["readFile"](f"/proc/{os.getpid()}/status", "utf8")


def test_a_large_file_is_copied_whole(folder: str, make_fs: MakeFs) -> None:
    content = os.urandom(3 << 20)
    bindings: dict[str, Any] = dict(make_fs(allow=["read", "write"], roots=["."]).bindings)
    bindings["writeFile"]("large", content, "utf8", "w", 0o666)
    bindings["copyFile"]("large", "copy", 0)
    assert bindings["readFile"]("copy", None) == content


def test_a_deep_tree_is_removed(folder: str, make_fs: MakeFs) -> None:
    path = "deep"
    bindings: dict[str, Any] = dict(make_fs(allow=["write"], roots=["."]).bindings)
    bindings["mkdir"](path + "/x" * 400, True, 0o777)
    bindings["rm"](path, True, False)
    assert not os.path.exists(path)


@pytest.mark.parametrize("encoding", ["utf8", "latin1", "utf16le", "hex", "base64", "base64url"])
def test_every_byte_survives_its_encoding(encoding: str) -> None:
    data = bytes(range(256)) if encoding != "utf8" else "é\U0001f600\0".encode()
    assert text.encode(text.decode(data, encoding), encoding) == data
