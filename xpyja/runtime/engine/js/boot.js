(function (slot) {
  'use strict';

  // The first script of a VM. It takes the host function away from the global
  // object, loads the parts that every runtime has, and returns the one function
  // that Python calls: enter(operation, id, text).
  //
  // The files of this folder are bodies of `function (exports, require, internal)`;
  // `require` loads another file of the folder, once, when first asked for.

  const host = globalThis.__xpyja_host;
  delete globalThis.__xpyja_host;

  const loaded = { __proto__: null };
  const internal = { __proto__: null, host, slot };

  function require(name) {
    let exports = loaded[name];
    if (exports === undefined) {
      host('builtin', name);
      const body = slot.value;
      slot.value = undefined;
      exports = {};
      body(exports, require, internal);
      loaded[name] = exports; // not before: an interrupt or the end of memory may leave the file half done
    }
    return exports;
  }

  require.loaded = loaded;
  internal.require = require;
  const bridge = require('bridge');
  require('facade');
  require('timers');
  require('modules');

  const names = Object.keys(bridge.entries);
  const table = names.map((name) => bridge.entries[name]);
  const { failure } = bridge;

  slot.value = names.join();
  return function enter(operation, id, text) {
    try {
      return table[operation](id, text);
    } catch (error) {
      return failure(error);
    }
  };
})
