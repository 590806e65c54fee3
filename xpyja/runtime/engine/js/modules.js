'use strict';

// CommonJS. Python resolves specifiers, reads files and compiles them; this file
// keeps the cache and runs the wrappers.

const { host, slot } = internal;
const { ask, entries, follow, toText } = require('bridge');
const { apply, defineProperty, hasOwn, isArray, objectKeys, stringSlice, mapDelete, mapGet, mapSet } = require('primordials');
const { parse: jsonParse } = JSON;
const encodePath = encodeURI;
const globalObject = globalThis; // scripts may delete the name

const cache = { __proto__: null }; // absolute path -> Module; scripts see it as require.cache
const natives = new Map(); // alias -> module object
let main;

class Module {
  // Fields, because an assignment could reach a setter on Object.prototype.
  id;
  path;
  exports = {};
  filename;
  loaded = false;
  children = [];

  constructor(filename, parent) {
    this.id = this.filename = filename;
    this.path = stringSlice(filename, 0, lastSlash(filename));
    defineProperty(this, 'parent', hidden(parent));
  }
}

const plain = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });
const hidden = (value) => ({ __proto__: null, value, writable: true, enumerable: false, configurable: true });

function lastSlash(path) {
  for (let i = path.length - 1; i > 0; i--) if (path[i] === '/') return i;
  return path[0] === '/' ? 1 : 0;
}

function takeCompiled() {
  const compiled = slot.value;
  slot.value = undefined;
  return compiled;
}

function requireSpecifier(specifier) {
  if (typeof specifier === 'string' && specifier !== '') return;
  const error = new TypeError('The "id" argument of require must be a non-empty string');
  error.code = typeof specifier === 'string' ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function makeRequire(module) {
  function require(specifier) {
    requireSpecifier(specifier);
    return loadFrom(specifier, module);
  }
  function resolve(specifier) {
    requireSpecifier(specifier);
    return ask('resolve', specifier, module.filename).path;
  }
  defineProperty(require, 'resolve', plain(resolve));
  defineProperty(require, 'cache', plain(cache));
  defineProperty(require, 'main', plain(main));
  return require;
}

// `children` is for scripts to look at; they may also have made anything of it.
function noteChild(parent, module) {
  const { children } = parent;
  if (!isArray(children)) return;
  const { length } = children;
  for (let i = 0; i < length; i++) if (children[i] === module) return;
  defineProperty(children, length, plain(module));
}

function loadFrom(specifier, parent) {
  const { kind, path } = ask('resolve', specifier, parent.filename);
  if (kind === 'native') return nativeModule(path);
  const cached = cache[path];
  if (cached !== undefined) {
    noteChild(parent, cached);
    return cached.exports;
  }
  const module = new Module(path, parent);
  noteChild(parent, module);
  loadFile(module, kind);
  return module.exports;
}

function loadFile(module, kind) {
  cache[module.filename] = module;
  let finished = false;
  try {
    if (kind === 'json') module.exports = readJson(module.filename);
    else if (kind === 'module') requireModule(module);
    else runFile(module, kind === 'compiled');
    finished = module.loaded = true;
  } finally {
    // A module that threw runs again the next time.
    if (!finished) delete cache[module.filename];
  }
}

// An ES module in a CommonJS world: its namespace is what it exports.
function requireModule(module) {
  ask('requireModule', module.filename);
  module.exports = takeCompiled();
}

function runFile(module, compiled) {
  if (!compiled && ask('compile', module.filename)) {
    requireModule(module);
    return;
  }
  const body = takeCompiled();
  apply(body, module.exports, [module.exports, makeRequire(module), module, module.filename, module.path]);
}

function readJson(path) {
  const text = ask('read', path);
  try {
    return jsonParse(text);
  } catch (error) {
    error.message = path + ': ' + error.message;
    throw error;
  }
}

// A native module is made when it is first required, once per runtime.
function nativeModule(alias) {
  const existing = mapGet(natives, alias);
  if (existing !== undefined) return existing.exports;
  const module = { exports: {} };
  const made = ask('native', alias);
  if (made.path === undefined) {
    module.exports = made.exports;
  } else {
    apply(takeCompiled(), module.exports, [module.exports, internal.require, module, made.bindings]);
  }
  mapSet(natives, alias, module);
  return module.exports;
}

// -- entries ------------------------------------------------------------------------

// Runs a file as the main module. Answers true when it is an ES module, which is
// evaluated from Python.
entries.runMain = (_, text) => {
  const { path, kind } = jsonParse(text);
  main = new Module(path, null);
  main.id = '.';
  if (kind === 'js' && ask('compile', path)) return 'jtrue'; // an ES module after all
  loadFile(main, kind === 'js' ? 'compiled' : kind);
};

// Gives scripts without a file a `require` of their own: eval and the REPL.
entries.globalRequire = (_, text) => {
  const filename = jsonParse(text);
  const module = new Module(filename, null);
  const names = { __proto__: null, require: makeRequire(module), module, exports: module.exports };
  // What somebody else has put there stays.
  for (const name in names) {
    if (!hasOwn(globalObject, name)) defineProperty(globalObject, name, hidden(names[name]));
  }
};

entries.require = (_, text) => {
  const { specifier, filename } = jsonParse(text);
  return toText(loadFrom(specifier, new Module(filename, null)));
};

// -- entries for ES modules (esmodules.py) -------------------------------------------

const synthetic = new Map(); // name -> exports, until the module that has them is there

// Runs a module that is no ES module and answers with the names that it exports.
entries.prepareSynthetic = (_, text) => {
  const { name, kind, path } = jsonParse(text);
  let exports;
  if (kind === 'native') {
    exports = nativeModule(path);
  } else {
    let module = cache[path];
    if (module === undefined) {
      module = new Module(path, null);
      loadFile(module, kind);
    }
    ({ exports } = module);
  }
  mapSet(synthetic, name, exports);
  const named = typeof exports === 'function' || (typeof exports === 'object' && exports !== null);
  return toText(named ? objectKeys(exports) : []);
};

entries.fillMeta = (_, text) => {
  const { name, synthetic: isSynthetic, secret } = jsonParse(text);
  const meta = takeCompiled();
  if (isSynthetic) {
    meta.exports = mapGet(synthetic, name);
    mapDelete(synthetic, name);
    return;
  }
  const parent = new Module(name, null);
  meta.dirname = parent.path;
  meta.filename = name;
  meta.url = 'file://' + encodePath(name);
  meta.resolve = (specifier) => {
    requireSpecifier(specifier);
    const { kind, path } = ask('resolve', specifier, name);
    return kind === 'native' ? path : 'file://' + encodePath(path);
  };
  // Told once, by the call at the end of the module's own text.
  defineProperty(meta, '__xpyja_done', {
    __proto__: null,
    value: (given) => { if (given === secret) host('moduleDone', name); },
    enumerable: false,
  });
};

// Whether the evaluation whose promise is in the slot has ended; throws what it threw.
entries.checkEvaluated = () => {
  const promise = takeCompiled();
  const [state, value] = internal.promiseState(promise);
  if (state === 'rejected') {
    follow(promise, undefined, () => {}); // its rejection is thrown here, so it counts as handled
    throw value;
  }
  return state === 'fulfilled' ? 'jtrue' : 'jfalse';
};

// After an interrupt, which runs no `finally`: forgets the modules that were loading.
entries.recover = () => {
  const paths = objectKeys(cache);
  // Scripts see the cache and may have put anything into it.
  for (let i = 0; i < paths.length; i++) if (cache[paths[i]] instanceof Module && !cache[paths[i]].loaded) delete cache[paths[i]];
};
