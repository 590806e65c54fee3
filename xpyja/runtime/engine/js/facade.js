'use strict';

// What the lazily loaded files get as `internal`, and the globals that load them
// the first time a script touches them.

const { host, slot, require: load } = internal;
const { handleKind } = require('bridge');
const { defineProperty, jsonStringify } = require('primordials');

internal.write = (fd, text) => { host('write', fd, jsonStringify(text)); };
internal.now = () => host('now');
internal.isTTY = (fd) => host('isTTY', fd);
internal.colors = (fd) => host('colors', fd);
internal.columns = (fd) => host('columns', fd);
internal.isHandle = handleKind;

// [target, handler] of a Proxy, undefined for anything else. No trap runs.
internal.proxyDetails = (value) => {
  slot.value = value;
  if (!host('openProxy')) return undefined;
  const details = [slot.value, slot.handler];
  slot.value = slot.handler = undefined;
  return details;
};

internal.isProxy = (value) => internal.proxyDetails(value) !== undefined;

const globalObject = globalThis; // scripts may delete the name
const PROMISE_STATES = ['pending', 'fulfilled', 'rejected'];

// [state, value] of a promise, undefined for anything else.
internal.promiseState = (promise) => {
  slot.value = promise;
  const state = host('promiseState');
  const value = slot.value;
  slot.value = undefined;
  return state < 0 ? undefined : [PROMISE_STATES[state], value];
};

internal.inspect = (value) => load('inspect').inspect(value);

// As console.log prints it.
internal.display = (value) => {
  if (typeof value === 'string') return value;
  return load('inspect').inspect(value, { colors: internal.colors(1) });
};

// Descriptors have no prototype: a script may have given Object.prototype a `get`.
function lazyGlobal(name, file, make) {
  const define = (value) => {
    defineProperty(globalObject, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  };
  defineProperty(globalObject, name, {
    __proto__: null,
    enumerable: false,
    configurable: true,
    get() {
      const value = make(load(file));
      define(value);
      return value;
    },
    set: define,
  });
}

lazyGlobal('console', 'console', (file) => file.createConsole());
lazyGlobal('structuredClone', 'clone', (file) => file.structuredClone);
for (const name of ['URL', 'URLSearchParams']) lazyGlobal(name, 'url', (file) => file[name]);
for (const name of ['TextEncoder', 'TextDecoder']) lazyGlobal(name, 'encoding', (file) => file[name]);
for (const name of ['Event', 'EventTarget', 'AbortController', 'AbortSignal']) lazyGlobal(name, 'abort', (file) => file[name]);
