'use strict';

// CommonJS. Python resolves specifiers, reads files and compiles them; this file
// keeps the cache and runs the wrappers.

const { slot } = internal;
const { ask, entries, toText } = require('bridge');
const { apply, defineProperty, objectKeys, stringSlice, mapGet, mapSet } = require('primordials');
const { parse: jsonParse } = JSON;

const cache = { __proto__: null }; // absolute path -> Module; scripts see it as require.cache
const natives = new Map(); // alias -> module object
let main;

class Module {
  constructor(filename, parent) {
    this.id = filename;
    this.path = stringSlice(filename, 0, lastSlash(filename));
    this.exports = {};
    this.filename = filename;
    this.loaded = false;
    this.children = [];
    defineProperty(this, 'parent', { value: parent, enumerable: false, configurable: true });
  }
}

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
  require.resolve = function resolve(specifier) {
    requireSpecifier(specifier);
    const found = ask('resolve', specifier, module.filename);
    return found.path;
  };
  require.cache = cache;
  require.main = main;
  return require;
}

function loadFrom(specifier, parent) {
  const { kind, path } = ask('resolve', specifier, parent.filename);
  if (kind === 'native') return nativeModule(path);
  const cached = cache[path];
  if (cached !== undefined) {
    if (parent.children.indexOf(cached) < 0) parent.children.push(cached);
    return cached.exports;
  }
  const module = new Module(path, parent);
  parent.children.push(module);
  loadFile(module, kind);
  return module.exports;
}

function loadFile(module, kind) {
  cache[module.filename] = module;
  let finished = false;
  try {
    if (kind === 'json') module.exports = readJson(module.filename);
    else runFile(module, kind === 'compiled');
    finished = module.loaded = true;
  } finally {
    // A module that threw runs again the next time.
    if (!finished) delete cache[module.filename];
  }
}

function runFile(module, compiled) {
  if (!compiled) ask('compile', module.filename);
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

internal.requireNative = nativeModule;

// -- entries ------------------------------------------------------------------------

// Runs a file as the main module.
entries.runMain = (_, text) => {
  const { path, kind } = jsonParse(text);
  main = new Module(path, null);
  main.id = '.';
  loadFile(main, kind);
};

// Gives scripts without a file a `require` of their own: eval and the REPL.
entries.globalRequire = (_, text) => {
  const filename = jsonParse(text);
  const module = new Module(filename, null);
  const property = { writable: true, enumerable: false, configurable: true };
  defineProperty(globalThis, 'require', { value: makeRequire(module), ...property });
  defineProperty(globalThis, 'module', { value: module, ...property });
  defineProperty(globalThis, 'exports', { value: module.exports, ...property });
};

entries.require = (_, text) => {
  const { specifier, filename } = jsonParse(text);
  return toText(loadFrom(specifier, new Module(filename, null)));
};

// After an interrupt, which runs no `finally`: forgets the modules that were loading.
entries.recover = () => {
  const paths = objectKeys(cache);
  for (let i = 0; i < paths.length; i++) if (!cache[paths[i]].loaded) delete cache[paths[i]];
};
