'use strict';

// Calls whose results the `path` module must share with Node: [function, ...arguments]. write_expected.js asks Node.

const paths = [
  '', '.', '..', '/', '//', '///', 'a', '/a', '//a', '///a', 'a/', 'a//', '/a/', 'a/b', '/a/b', '/a/b/', 'a//b', '/a//b//',
  './a', '../a', 'a/.', 'a/..', 'a/../b', '/..', '/../a', '/a/../..', 'a/../../b', './', '../', '.././a/..', '/./a/./',
  'a.js', '/dir/a.js', 'a.b.js', '.profile', '..profile', 'a.', 'a..', '.a.b', 'dir.d/file', '...', '....js', 'é/ü.ñ',
  'a\\b', 'name with space.txt', '/a/b/c/../../d', 'a/b/../../../c', '/.profile', 'x/.', 'x/..', '.js/', 'a.js/',
];
const windowsPaths = [
  '', '.', '..', '\\', '/', 'a', 'a\\', '\\a', 'a\\b', 'a/b', 'C:', 'c:\\', 'C:/', 'C:a', 'C:\\a', 'C:\\a\\..', 'C:..\\a',
  'C:\\a\\b\\', 'C:\\\\a//b', '\\\\server\\share', '\\\\server\\share\\', '\\\\server\\share\\a\\..\\..', '//server/share/x',
  '\\\\server', '\\\\server\\', '\\\\', '\\\\\\a', '\\\\?\\C:\\x', '\\\\.\\pipe\\name', '\\\\.\\COM1', '//?/UNC/s/sh/x',
  '..\\..\\a', '\\..\\a', 'a\\..\\..\\b', 'file.txt', 'C:\\dir\\file.txt', 'C:file.txt', '.hidden', 'C:.hidden', 'a.',
  'D:\\x.y\\z', './C:x', 'a\\..\\C:\\x', 'CON:', 'con:..', 'NUL:\\x', './a:b', 'COM1:a', 'a:b:c', ':', 'a:', '1:\\x', 'x:y\\..',
];
const relations = [
  ['/a/b/c', '/a/b/d'], ['/a/b', '/a/b'], ['/a/b', '/a/b/c'], ['/a/b/c', '/a/b'], ['/a', '/b'], ['/', '/a'], ['/a', '/'],
  ['/foo', '/foobar'], ['/foobar', '/foo'], ['a', 'b'], ['a/b', 'a/c'], ['', 'a'], ['a', ''], ['/a/../b', '/b'], ['', ''],
  ['/a/b/', '/a/b//c/'], ['..', 'a'], ['/é/a', '/é/b'],
];
const windowsRelations = [
  ['C:\\a\\b', 'C:\\a\\c'], ['C:\\a', 'D:\\a'], ['c:\\A', 'C:\\a\\b'], ['C:\\', 'C:\\a'], ['C:\\a', 'C:\\'], ['\\a', '\\b'],
  ['\\a', '\\'], ['\\\\s\\sh\\a', '\\\\s\\sh\\b'], ['\\\\s\\sh', '\\\\s\\other'], ['\\\\s\\sh\\a', 'C:\\a'], ['C:\\foo', 'C:\\foobar'],
  ['a', 'b'], ['C:\\A\\b\\c', 'c:\\a\\B'], ['C:\\x\\', 'C:\\x'], ['C:/a/b', 'C:/a/b'], ['C:\\a', '\\\\s\\sh'],
];
const joins = [
  [], [''], ['', ''], ['a', 'b'], ['a', '', 'b'], ['/a', '../b'], ['a', '/b'], ['.', 'a'], ['..', '..'], ['a', '..'],
  ['a', '..', '..'], ['/', '..'], ['/', '/'], ['a/', '/b'], ['', '/a'], [' ', '.'], ['a', './b/', '../c'], ['//a', 'b'],
];
const windowsJoins = [
  ['\\', '\\a'], ['\\\\', 'server', 'share'], ['\\\\server', 'share'], ['\\\\server\\share', '..', 'x'], ['C:', 'a'],
  ['C:\\', '..', 'a'], ['C:.', 'a'], ['C:', '\\a'], ['', '\\\\a', 'b'], ['/', '/', 'a'], ['a', 'C:'], ['//', 'a'], ['///a', 'b'],
  ['\\', 'server', 'share'], ['/', 'a', 'b', 'c'],
];
const resolves = [
  [], [''], ['.'], ['/a', 'b'], ['/a', '/b'], ['/a', '..', 'b'], ['a', 'b'], ['/', '..'], ['a', '/b', '../c'], ['/a/', ''],
  ['..'], ['/a/./b/'], ['x', '', '/y', ''],
];
const windowsResolves = [
  ['C:\\a', 'b'], ['C:\\a', '\\b'], ['C:\\a', 'D:b'], ['C:\\a', 'D:\\b', 'C:c'], ['C:a', '\\b'], ['\\\\s\\sh', 'a'],
  ['\\\\s\\sh', '..'], ['C:/', '//'], ['D:', 'C:\\x'], ['c:\\a', 'C:b'], ['\\\\s\\sh\\', '..\\x'], ['\\\\.\\COM1'], ['/a', 'C:b'],
];
const suffixes = [
  ['a.js', '.js'], ['a.js', 'a.js'], ['/b/a.js', 'a.js'], ['a.js', 's'], ['a.js', ''], ['a.js', 'x'], ['a.js.js', '.js'],
  ['/a/b.js/', '.js'], ['aaa', 'a'], ['.js', '.js'], ['x.js', 'longer/x.js'], ['js', '.js'],
];
const parts = [
  {}, { dir: '/a', base: 'b' }, { root: '/', base: 'b' }, { root: '/', dir: '/', base: 'b' }, { name: 'n', ext: '.e' },
  { name: 'n', ext: 'e' }, { ext: 'e' }, { base: 'b', name: 'n', ext: '.e' }, { dir: '/a/', name: 'n' }, { root: 'C:\\', base: 'x' },
  { dir: 'C:\\', root: 'C:\\', base: 'x' }, { dir: '', base: '' },
];
const wrong = [undefined, null, 5, -0, true, {}, [], 10n];

function calls(list, relative, join, resolve) {
  const unary = ['normalize', 'isAbsolute', 'dirname', 'basename', 'extname', 'parse', 'toNamespacedPath'];
  return [
    ...unary.flatMap((name) => list.map((path) => [name, path])),
    ...relative.map((pair) => ['relative', ...pair]),
    ...join.map((args) => ['join', ...args]),
    ...resolve.map((args) => ['resolve', ...args]),
    ...suffixes.map((args) => ['basename', ...args]),
    ...parts.map((value) => ['format', value]),
  ];
}

globalThis.pathCases = {
  posix: calls(paths, relations, joins, resolves),
  win32: calls(windowsPaths, windowsRelations, [...joins, ...windowsJoins], [...resolves, ...windowsResolves]),
};

// Values that JSON cannot carry stay on this side.
const wrongCalls = [
  ...['normalize', 'isAbsolute', 'dirname', 'basename', 'extname', 'parse', 'join', 'resolve', 'format'].flatMap((name) =>
    wrong.map((value) => [name, value]),
  ),
  ...wrong.slice(1).map((value) => ['basename', 'a', value]),
  ...wrong.flatMap((value) => [['relative', value, 'a'], ['relative', 'a', value], ['join', 'a', value]]),
];

function attempt(library, [name, ...args]) {
  try {
    return library[name](...args);
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message };
  }
}

// With a working directory on drive C:, which posix systems never have.
globalThis.runDriveCases = (path) =>
  [[], ['a'], ['\\a'], ['C:a'], ['c:..'], ['D:a'], ['D:\\a', 'C:b'], ['\\\\s\\sh', 'C:'], ['C:'], ['D:']].map((paths) =>
    path.win32.resolve(...paths),
  );

globalThis.runPathCases = (path) => ({
  posix: pathCases.posix.map((call) => attempt(path.posix, call)),
  win32: pathCases.win32.map((call) => attempt(path.win32, call)),
  wrong: ['posix', 'win32'].map((platform) => wrongCalls.map((call) => attempt(path[platform], call))),
  round: ['posix', 'win32'].map((platform) => {
    const library = path[platform];
    return (platform === 'posix' ? paths : windowsPaths).map((one) => library.format(library.parse(one)));
  }),
  names: [path.sep, path.delimiter, path.win32.sep, path.win32.delimiter, path.posix === path, path.win32.posix === path],
});
