"""CommonJS: Node's rules for finding and running modules, and the one difference, that native names win."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xpyja.runtime.api.provider import JsSource
from xpyja.runtime.engine.builder import RuntimeBuilder
from xpyja.runtime.errors import JsError, ModuleDenied, ModuleNotFound

if TYPE_CHECKING:
    from xpyja.runtime.engine.runtime import Runtime

    RuntimeMaker = Callable[..., Runtime]


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Writes files given as path=text, with / spelled as __ and . as _DOT_; or from a dict."""

    def write(tree: dict[str, str]) -> Path:
        for name, text in tree.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


Files = Callable[[dict[str, str]], Path]


@pytest.fixture
def load(make_runtime: RuntimeMaker, files: Files) -> Callable[..., Any]:
    """Requires a module of a tree of files from its top folder."""

    def require(tree: dict[str, str], specifier: str, **options: Any) -> Any:
        return make_runtime(folder=str(files(tree)), **options).require(specifier)

    return require


def problem(caught: pytest.ExceptionInfo[JsError]) -> BaseException | None:
    return caught.value.__cause__


@pytest.mark.parametrize(
    ("tree", "specifier"),
    [
        ({"a.js": "exports.x = 1"}, "./a"),
        ({"a.js": "exports.x = 1"}, "./a.js"),
        ({"a.js": "exports.x = 1"}, "./b/../a"),
        ({"a.cjs": "module.exports = { x: 1 }"}, "./a.cjs"),
        ({"a": "exports.x = 1"}, "./a"),
        ({"a.json": '{"x": 1}'}, "./a"),
        ({"a.json": '\ufeff{"x": 1}'}, "./a.json"),
        ({"a/index.js": "exports.x = 1"}, "./a"),
        ({"a/index.js": "exports.x = 1", "a.js": "exports.x = 2"}, "./a/"),
        ({"a/index.json": '{"x": 1}'}, "./a"),
        ({"a.js": "exports.x = 1", "a/index.js": "exports.x = 2"}, "./a"),
        ({"a.js": "exports.x = 1", "a.json": '{"x": 2}'}, "./a"),
        ({"a/package.json": '{"main": "lib/main"}', "a/lib/main.js": "exports.x = 1"}, "./a"),
        ({"a/package.json": '{"main": "./lib"}', "a/lib/index.js": "exports.x = 1"}, "./a"),
        ({"a/package.json": '{"main": "missing"}', "a/index.js": "exports.x = 1"}, "./a"),
        ({"a/package.json": '{"main": 5}', "a/index.js": "exports.x = 1"}, "./a"),
        ({"a/package.json": "{}", "a/index.js": "exports.x = 1"}, "./a"),
        ({"node_modules/a/index.js": "exports.x = 1"}, "a"),
        ({"node_modules/a.js": "exports.x = 1"}, "a"),
        ({"node_modules/@s/a/package.json": '{"main": "m.js"}', "node_modules/@s/a/m.js": "exports.x = 1"}, "@s/a"),
        ({"node_modules/a/lib/b.js": "exports.x = 1"}, "a/lib/b"),
        ({"a.js": "#!/usr/bin/env node\nexports.x = 1"}, "./a"),
        ({"ä ö.js": "exports.x = 1"}, "./ä ö"),
        ({"a.js": "exports.x = 1; return; exports.x = 2"}, "./a"),
    ],
)
def test_a_module_is_found(load: Callable[..., Any], tree: dict[str, str], specifier: str) -> None:
    assert load(tree, specifier) == {"x": 1}


def test_node_modules_are_looked_for_upwards_and_the_nearest_counts(load: Callable[..., Any]) -> None:
    tree = {
        "node_modules/far.js": "exports.x = 'far'",
        "node_modules/near.js": "exports.x = 'wrong'",
        "p/q/node_modules/near.js": "exports.x = 'near'",
        "p/q/r/main.js": "module.exports = [require('near').x, require('far').x]",
    }
    assert load(tree, "./p/q/r/main") == ["near", "far"]


def test_roots_come_before_node_modules(load: Callable[..., Any], tmp_path: Path) -> None:
    tree = {
        "one/a.js": "exports.x = 1",
        "two/a.js": "exports.x = 2",
        "two/b.js": "exports.x = 3",
        "node_modules/a.js": "",
    }
    roots = (str(tmp_path / "one"), str(tmp_path / "two"))
    assert load(tree, "a", roots=roots) == {"x": 1}
    assert load(tree, "b", roots=roots) == {"x": 3}


def test_the_five_variables_of_a_module(load: Callable[..., Any], tmp_path: Path) -> None:
    tree = {
        "sub/a.js": """
            module.exports = [this === exports, exports === module.exports, typeof require, __filename, __dirname,
                              module.id, module.filename, module.path, module.loaded, arguments.length, typeof globalThis.exports];"""
    }
    path = os.path.realpath(tmp_path / "sub")
    assert load(tree, "./sub/a") == [
        True,
        True,
        "function",
        f"{path}/a.js",
        path,
        f"{path}/a.js",
        f"{path}/a.js",
        path,
        False,
        5,
        "undefined",
    ]


def test_a_module_runs_once(load: Callable[..., Any]) -> None:
    tree = {
        "a.js": "globalThis.runs = (globalThis.runs || 0) + 1; exports.self = require('./a.js') === exports",
        "b.js": "module.exports = [require('./a') === require('./sub/../a.js'), runs, require('./a').self]",
    }
    assert load(tree, "./b") == [True, 1, True]


def test_a_link_and_its_target_are_one_module(make_runtime: RuntimeMaker, files: Files) -> None:
    folder = files(
        {"real/a.js": "exports.n = 1", "main.js": "module.exports = require('./link') === require('./real/a')"}
    )
    (folder / "link.js").symlink_to(folder / "real/a.js")
    assert make_runtime(folder=str(folder)).require("./main") is True


def test_a_cycle_sees_what_is_there_so_far(load: Callable[..., Any]) -> None:
    tree = {
        "a.js": "exports.early = 1; const b = require('./b'); exports.late = b.seen",
        "b.js": "const a = require('./a'); exports.seen = [a.early, a.late, module.parent.id.slice(-4)]",
    }
    runtime_sees = load(tree, "./a")
    assert runtime_sees["late"][0] == 1
    assert runtime_sees["late"][2] == "a.js"


def test_a_module_that_threw_runs_again(load: Callable[..., Any]) -> None:
    tree = {
        "bad.js": "globalThis.tries = (globalThis.tries || 0) + 1; if (tries < 2) throw new Error('first'); exports.ok = tries",
        "main.js": "let m; try { require('./bad') } catch (e) { m = e.message } module.exports = [m, require('./bad').ok]",
    }
    assert load(tree, "./main") == ["first", 2]


def test_require_cache_resolve_and_main(load: Callable[..., Any], tmp_path: Path) -> None:
    tree = {
        "a.js": "exports.n = Math.random()",
        "main.js": """
            const first = require('./a'); const path = require.resolve('./a');
            const cached = require.cache[path].exports === first;
            delete require.cache[path];
            require.cache[require.resolve('./b')] = { exports: 'made up' };
            module.exports = [path, cached, require('./a') === first, require('./b'), require.main === undefined,
                              Object.getPrototypeOf(require.cache), module.children.length];""",
        "b.js": "",
    }
    assert load(tree, "./main") == [os.path.realpath(tmp_path / "a.js"), True, False, "made up", True, None, 3]


def test_a_main_module_knows_that_it_is(make_runtime: RuntimeMaker, files: Files) -> None:
    folder = files(
        {
            "main.js": "globalThis.out = [require.main === module, module.id, require('./other')]",
            "other.js": "module.exports = require.main.filename.slice(-7)",
        }
    )
    runtime = make_runtime(folder=str(folder))
    runtime.call(lambda: runtime.run_file(str(folder / "main.js")))
    assert runtime.eval("out") == [True, ".", "main.js"]


@pytest.mark.parametrize("specifier", ["fs", "node:fs", "FS", " fs ", "node:FS"])
def test_native_names_are_compared_normalised(specifier: str) -> None:
    with RuntimeBuilder().add_module("fs", lambda _: {"native": True}).build().new_runtime() as runtime:
        assert runtime.eval(f"require({specifier!r})") == {"native": True}
        assert runtime.eval(f"require({specifier!r}) === require('fs')") is True


def test_a_native_module_wins_over_a_file(files: Files) -> None:
    folder = files({"node_modules/fs.js": "exports.native = false", "fs.js": "exports.native = 'beside'"})
    builder = RuntimeBuilder(folder=str(folder), roots=(str(folder),)).add_module("fs", lambda _: {"native": True})
    with builder.build().new_runtime() as runtime:
        assert runtime.eval("[require('fs').native, require('./fs').native]") == [True, "beside"]


@pytest.mark.parametrize("specifier", ["fs", "node:fs", "FS", "child_process", "node:nothing", "secret", "Secret "])
def test_a_denied_name_never_falls_through_to_a_file(make_runtime: RuntimeMaker, files: Files, specifier: str) -> None:
    names = ["fs", "FS", "child_process", "nothing", "node:nothing", "secret", "Secret "]
    folder = files({f"{place}{name}.js": "exports.evil = 1" for name in names for place in ("node_modules/", "")})
    runtime = make_runtime(
        folder=str(folder),
        roots=(str(folder),),
        denial=lambda name: ModuleDenied(name, f"{name} is not in the profile") if name == "secret" else None,
    )
    with pytest.raises(JsError) as caught:
        runtime.eval(f"require({specifier!r})")
    assert isinstance(problem(caught), ModuleDenied)
    assert caught.value.code == "ERR_MODULE_DENIED"
    with pytest.raises(JsError):
        runtime.eval(f"require.resolve({specifier!r})")


def test_a_module_that_is_not_found_lists_what_was_tried(make_runtime: RuntimeMaker, files: Files) -> None:
    folder = files({"report.js": ""})
    runtime = make_runtime(folder=str(folder))
    with pytest.raises(JsError) as caught:
        runtime.eval("require('./reprot')")
    missing = problem(caught)
    assert isinstance(missing, ModuleNotFound)
    assert missing.tried[:2] == (str(folder / "reprot"), str(folder / "reprot.js"))
    assert caught.value.code == "MODULE_NOT_FOUND"
    assert caught.value.hint == 'did you mean "report.js"?'
    with pytest.raises(JsError) as caught:
        runtime.eval("require('report')")
    assert caught.value.hint == 'a file of that name lies beside: write "./report"'
    assert runtime.eval("try { require('./x') } catch (e) { [e.code, e.requireStack.length] }") == [
        "MODULE_NOT_FOUND",
        1,
    ]


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", "ERR_INVALID_ARG_TYPE"),
        ("''", "ERR_INVALID_ARG_VALUE"),
        ("5", "ERR_INVALID_ARG_TYPE"),
        ("new String('./a')", "ERR_INVALID_ARG_TYPE"),
        ("{}", "ERR_INVALID_ARG_TYPE"),
        ("'./a\\0.js'", "MODULE_NOT_FOUND"),
        ("'\\ud800'", "MODULE_NOT_FOUND"),
        ("'./' + 'x'.repeat(5000)", "MODULE_NOT_FOUND"),
    ],
)
def test_odd_specifiers(runtime: Runtime, argument: str, code: str) -> None:
    assert runtime.eval(f"try {{ require({argument}) }} catch (e) {{ e.code }}") == code


@pytest.mark.parametrize(
    ("name", "text", "needle"),
    [
        ("bad.json", "{ nope", "bad.json"),
        ("bad.js", "let let = 5;", ""),
        ("bad/package.json", "{ nope", "package.json"),
    ],
)
def test_broken_files_are_named(make_runtime: RuntimeMaker, files: Files, name: str, text: str, needle: str) -> None:
    runtime = make_runtime(folder=str(files({name: text})))
    with pytest.raises(JsError) as caught:
        runtime.require("./bad")
    assert needle in caught.value.text
    if name == "bad.js":
        assert (caught.value.name, os.path.basename(caught.value.frames[0].file), caught.value.frames[0].line) == (
            "SyntaxError",
            "bad.js",
            1,
        )


def test_a_file_that_is_not_utf8_is_refused(make_runtime: RuntimeMaker, tmp_path: Path) -> None:
    (tmp_path / "bad.js").write_bytes(b"exports.x = '\xff'")
    with pytest.raises(JsError, match=r"not UTF-8 \(byte 13\)"):
        make_runtime(folder=str(tmp_path)).require("./bad")


def test_a_body_cannot_leave_its_function(load: Callable[..., Any]) -> None:
    tree = {"a.js": "exports.x = 1 }); globalThis.outside = typeof module; (function () {"}
    try:
        load(tree, "./a")
    except JsError as error:
        assert error.name == "SyntaxError"  # noqa: PT017


def test_a_module_written_in_javascript_has_its_bindings(tmp_path: Path) -> None:
    path = tmp_path / "impl.js"
    path.write_text(
        "exports.twice = (x) => native.double(x); exports.loads = typeof require; exports.file = module === undefined"
    )
    source = JsSource(str(path), {"double": lambda x: 2 * x})
    with RuntimeBuilder().add_module("m", lambda _: source).build().new_runtime() as runtime:
        assert runtime.eval("const m = require('m'); [m.twice(4), m.loads, m === require('node:m')]") == [
            8,
            "function",
            True,
        ]


def test_the_cache_survives_hostile_entries(load: Callable[..., Any]) -> None:
    tree = {
        "a.js": "exports.x = 1",
        "main.js": """
            module.children = null; require('./a');
            module.children = new Proxy([], { get() { throw 1 } }); try { require('./a') } catch {}
            module.exports = require('./a').x""",
    }
    try:
        assert load(tree, "./main") == 1
    except JsError:
        pass
