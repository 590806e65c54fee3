"""ES modules: graphs, other kinds of modules in them, dynamic import, top-level await, require() of them, and failures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xpyja.runtime.engine import JsError, JsStackError, RuntimeBuilder
from xpyja.runtime.engine.vm_modules import MAX_CYCLE
from xpyja.runtime.errors import ModuleDenied, ModuleNotFound, XpyjaError

HANG = 60.0
Files = dict[str, str]
Run = Callable[..., list[Any]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Writes files, runs one as the main module, and returns what scripts gave to ``log``."""

    def run_files(files: Files, main: str = "main.mjs") -> list[Any]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        logged: list[Any] = []
        builder = RuntimeBuilder(folder=str(tmp_path))
        builder.add_module("native", lambda _: {"one": 1, "double": lambda n: 2 * n, "a b": "quoted", "default": "d"})
        with builder.build().new_runtime() as runtime:
            runtime.set_global("log", lambda *values: logged.append(list(values) if len(values) != 1 else values[0]))
            runtime.run(lambda: runtime.run_file(str(tmp_path / main)), op="run", seconds=HANG)
        return logged

    return run_files


def test_names_defaults_namespaces_and_live_bindings(run: Run) -> None:
    files = {
        "main.mjs": "import first, { count, increase as more } from './dep.mjs'; import * as all from './dep.mjs';\n"
        "log(first, count); more(); log(count, all.count, Object.keys(all));",
        "dep.mjs": "export let count = 1; export const increase = () => { count++ }; export default 'first';",
    }
    assert run(files) == [["first", 1], [2, 2, ["count", "default", "increase"]]]


def test_modules_run_once_dependencies_first(run: Run) -> None:
    files = {
        "main.mjs": "import './b.mjs'; import './a.mjs'; log('main')",
        "a.mjs": "import './shared.mjs'; log('a')",
        "b.mjs": "import './shared.mjs'; log('b')",
        "shared.mjs": "log('shared')",
    }
    assert run(files) == ["shared", "b", "a", "main"]


def test_cycles_see_bindings_that_are_not_ready_yet(run: Run) -> None:
    files = {
        "main.mjs": "import { late } from './b.mjs'; export const value = 'value'; log(late());",
        "b.mjs": "import { value } from './main.mjs'; export const late = () => value;\n"
        "try { value } catch (e) { log(e.name) }",
    }
    assert run(files) == ["ReferenceError", "value"]


def test_native_modules_have_a_default_and_names(run: Run) -> None:
    files = {
        "main.mjs": "import all, { one, double, 'a b' as quoted } from 'native'; log(one, double(4), quoted, all.one)"
    }
    assert run(files) == [[1, 8, "quoted", 1]]


def test_json_and_commonjs_take_part(run: Run) -> None:
    files = {
        "main.mjs": "import data from './data.json' with { type: 'json' }; import old, { name } from './old.cjs';\n"
        "log(data.list, old === await import('./old.cjs').then(m => m.default), name)",
        "data.json": '{"list": [1, 2]}',
        "old.cjs": "exports.name = 'old'; exports.path = __filename;",
    }
    assert run(files) == [[[1, 2], True, "old"]]


def test_import_meta_tells_where_the_module_is(run: Run, tmp_path: Path) -> None:
    files = {
        "deep/ä b.mjs": "const { url, filename, dirname, resolve } = import.meta;\n"
        "log(url, filename, dirname, resolve('./x.mjs'), resolve('native'))",
        "deep/x.mjs": "",
    }
    folder = str(tmp_path.resolve() / "deep")
    quoted = folder + "/%C3%A4%20b.mjs"
    assert run(files, "deep/ä b.mjs") == [
        ["file://" + quoted, folder + "/ä b.mjs", folder, f"file://{folder}/x.mjs", "native"]
    ]


def test_top_level_await_holds_back_importers_only(run: Run) -> None:
    files = {
        "main.mjs": "import './slow.mjs'; import './quick.mjs'; log('main')",
        "slow.mjs": "log('slow begins'); await new Promise(r => setTimeout(r, 5)); log('slow ends')",
        "quick.mjs": "log('quick')",
    }
    assert run(files) == ["slow begins", "quick", "slow ends", "main"]


def test_dynamic_import_from_a_commonjs_file(run: Run) -> None:
    files = {
        "main.cjs": "import('./dep.mjs').then((m) => { log(m.default); return import('./dep.mjs').then((n) => log(n === m)) })",
        "dep.mjs": "export default 'dep'",
    }
    assert run(files, "main.cjs") == ["dep", True]


def test_dynamic_import_in_a_script_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "near.mjs").write_text("export const near = 'near'", encoding="utf-8")
    with RuntimeBuilder(folder=str(tmp_path)).build().new_runtime() as runtime:
        assert runtime.eval("import('./near.mjs').then((m) => m.near)").result(HANG) == "near"


@pytest.mark.parametrize(
    ("package", "text", "logged"),
    [
        ({"type": "module"}, "log(typeof require, this === undefined)", ["undefined", True]),
        ({"type": "commonjs"}, "log(typeof require, this === exports)", ["function", True]),
        (None, "log(typeof require, this === exports)", ["function", True]),
        (None, "export {};\nlog(typeof require, this === undefined)", ["undefined", True]),
        (None, "import { one } from 'native'\nlog(one, typeof require)", [1, "undefined"]),
    ],
)
def test_a_js_file_is_what_its_package_or_its_text_says(
    run: Run, package: dict[str, str] | None, text: str, logged: list[Any]
) -> None:
    files = {"main.js": text}
    if package is not None:
        files["package.json"] = json.dumps(package)
    assert run(files, "main.js") == [logged]


def test_require_gives_the_namespace_of_an_es_module(run: Run) -> None:
    files = {
        "main.cjs": "const m = require('./dep.mjs'); log(m.default, m.named, require('./dep.mjs') === m)",
        "dep.mjs": "export default 1; export const named = 2",
    }
    assert run(files, "main.cjs") == [[1, 2, True]]


def test_require_of_a_module_with_top_level_await_is_refused(run: Run) -> None:
    files = {
        "main.cjs": "try { require('./dep.mjs') } catch (e) { log(e.code) }",
        "dep.mjs": "await new Promise(r => setTimeout(r, 1)); export default 1",
    }
    assert run(files, "main.cjs") == ["ERR_REQUIRE_ASYNC_MODULE"]


def test_require_of_a_module_that_threw_throws_the_same(run: Run) -> None:
    files = {
        "main.cjs": "for (let i = 0; i < 2; i++) try { require('./dep.mjs') } catch (e) { log(e.name, e.message) }",
        "dep.mjs": "log('runs'); throw new TypeError('at the top')",
    }
    assert run(files, "main.cjs") == ["runs", ["TypeError", "at the top"], ["TypeError", "at the top"]]


# What these do crashes the engine unless it is seen in time, so they run in a process of their own.
CYCLES: dict[str, Files] = {
    "itself": {
        "main.mjs": "import { load } from './old.cjs'; log(load('./main.mjs'))",
    },
    "an importer of it": {
        "main.mjs": "import './inner.mjs'",
        "inner.mjs": "import { load } from './old.cjs'; log(load('./main.mjs'))",
    },
    "another module that imports it": {
        "main.mjs": "import { load } from './old.cjs'; log(load('./other.mjs')); export const here = 1",
        "other.mjs": "import { here } from './main.mjs'; export default here",
    },
    "one of its cycle that has run": {
        "main.mjs": "import './a.mjs'",
        "a.mjs": "import './b.mjs'; import { load } from './old.cjs'; log(load('./b.mjs'))",
        "b.mjs": "import './a.mjs'; export const b = 1",
    },
    "with a forged sign that its body has run": {
        "main.mjs": "import.meta.__xpyja_done('guess'); import.meta.__xpyja_done(); import { load } from './old.cjs';\n"
        "log(load('./main.mjs'))",
    },
}
OLD = "exports.load = (name) => { try { return typeof require(name) } catch (e) { return e.code } }"


@pytest.mark.parametrize("case", CYCLES)
def test_require_of_what_is_being_evaluated_is_refused(case: str, tmp_path: Path) -> None:
    for name, text in {**CYCLES[case], "old.cjs": OLD}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    program = (
        "import sys\n"
        "from xpyja.runtime.engine import RuntimeBuilder\n"
        "with RuntimeBuilder().build().new_runtime() as runtime:\n"
        "    runtime.set_global('log', lambda value: print(value, flush=True))\n"
        f"    runtime.run(lambda: runtime.run_file({str(tmp_path / 'main.mjs')!r}), op='run')\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program], capture_output=True, text=True, check=False, timeout=HANG
    )
    assert (done.returncode, done.stdout) == (0, "ERR_REQUIRE_CYCLE_MODULE\n"), done.stderr


def test_require_of_a_finished_module_is_fine_while_another_is_evaluated(run: Run) -> None:
    files = {
        "main.mjs": "import './done.mjs'; import { load } from './old.cjs'; log(load('./done.mjs'), load('./fresh.mjs'))",
        "done.mjs": "export const done = 1",
        "fresh.mjs": "import './done.mjs'; export const fresh = 1",
        "old.cjs": OLD,
    }
    assert run(files) == [["object", "object"]]


# -- failures --------------------------------------------------------------------------------------------------------


def failure(run: Run, files: Files) -> JsError:
    with pytest.raises(JsError) as caught:
        run(files)
    return caught.value


def test_a_missing_name_fails_before_anything_runs(run: Run) -> None:
    error = failure(
        run, {"main.mjs": "import { nope } from './dep.mjs'; log(1)", "dep.mjs": "export const yes = 1; log(2)"}
    )
    assert (error.name, "nope" in error.text) == ("SyntaxError", True)


def test_a_syntax_error_names_file_line_and_column(run: Run, tmp_path: Path) -> None:
    error = failure(run, {"main.mjs": "import './bad.mjs'", "bad.mjs": "let fine = 1;\n  let let = 2"})
    assert error.name == "SyntaxError"
    assert error.frames[0][1:4] == (str(tmp_path.resolve() / "bad.mjs"), 2, 7)


def test_a_missing_file_lists_what_was_tried(run: Run, tmp_path: Path) -> None:
    with pytest.raises(XpyjaError) as caught:
        run({"main.mjs": "import './absent.mjs'"})
    error = caught.value if isinstance(caught.value, ModuleNotFound) else caught.value.__cause__
    assert isinstance(error, ModuleNotFound)
    assert error.tried[0] == str(tmp_path.resolve() / "absent.mjs")


def test_a_denied_module_says_so_to_static_and_dynamic_import(run: Run) -> None:
    with pytest.raises(XpyjaError) as caught:
        run({"main.mjs": "import 'node:fs'"})
    assert isinstance(caught.value, ModuleDenied) or isinstance(caught.value.__cause__, ModuleDenied)
    assert run(
        {"main.mjs": "await import('fs').catch(e => log(e.code)); await import('./x.mjs').catch(e => log(e.code))"}
    ) == [
        "ERR_MODULE_DENIED",
        "MODULE_NOT_FOUND",
    ]


def test_a_dynamic_import_that_failed_fails_the_same_way_again(run: Run) -> None:
    files = {
        "main.mjs": "for (let i = 0; i < 2; i++) await import('./bad.mjs').catch(e => log(e.name));\n"
        "for (let i = 0; i < 2; i++) await import('./throws.mjs').catch(e => log(e.message));",
        "bad.mjs": "let let",
        "throws.mjs": "throw new Error('once')",
    }
    assert run(files) == ["SyntaxError", "SyntaxError", "once", "once"]


def test_frames_of_modules_have_their_own_lines(run: Run, tmp_path: Path) -> None:
    error = failure(
        run, {"main.mjs": "import { f } from './dep.mjs'\n\nf()", "dep.mjs": "export function f() {\n  null.x\n}"}
    )
    folder = str(tmp_path.resolve())
    assert [(frame.file, frame.line) for frame in error.frames] == [(f"{folder}/dep.mjs", 2), (f"{folder}/main.mjs", 3)]


# -- size ------------------------------------------------------------------------------------------------------------


def test_a_chain_of_a_thousand_modules(run: Run) -> None:
    count = 1000
    files = {
        f"m{i}.mjs": f"import {{ n as below }} from './m{i + 1}.mjs'; export const n = below + 1" for i in range(count)
    }
    files[f"m{count}.mjs"] = "export const n = 0"
    files["main.mjs"] = "import { n } from './m0.mjs'; log(n)"
    assert run(files) == [count]


def test_cycles_may_be_long_but_not_endless(run: Run) -> None:
    def ring(count: int) -> Files:
        files = {
            f"m{i}.mjs": f"import './m{(i + 1) % count}.mjs'; globalThis.n = (globalThis.n ?? 0) + 1"
            for i in range(count)
        }
        return {**files, "main.mjs": "import './m0.mjs'; log(n)"}

    assert run(ring(MAX_CYCLE)) == [MAX_CYCLE]
    with pytest.raises((JsError, JsStackError)) as caught:
        run(ring(MAX_CYCLE * 4))
    assert "import cycle" in str(caught.value)


def test_an_interrupt_during_evaluation_leaves_the_runtime_usable(tmp_path: Path) -> None:
    (tmp_path / "spin.mjs").write_text("globalThis.began = true; for (;;) {}", encoding="utf-8")
    (tmp_path / "fine.mjs").write_text("export default 'fine'", encoding="utf-8")
    with RuntimeBuilder(folder=str(tmp_path)).build().new_runtime() as runtime:
        with pytest.raises(XpyjaError):
            runtime.run(lambda: runtime.run_file(str(tmp_path / "spin.mjs")), op="run", seconds=0.2)
        assert runtime.eval("began") is True
        assert runtime.eval("import('./fine.mjs').then((m) => m.default)").result(HANG) == "fine"
