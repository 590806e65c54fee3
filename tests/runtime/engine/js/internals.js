'use strict';

// Gives test scripts what scripts of users do not have: the engine's own files,
// handles, and what a console printed. `native` is in test_globals_js.py.

const lazy = (name, make) => Object.defineProperty(globalThis, name, { configurable: true, get: make });

lazy('inspect', () => require('inspect').inspect);
lazy('format', () => require('inspect').format);

globalThis.isLoaded = (name) => name in require.loaded;
globalThis.makeHandle = native.makeHandle;

globalThis.printed = (run) => {
  native.begin();
  run(require('console').createConsole());
  return native.end();
};

globalThis.attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

globalThis.normalized = (value) => {
  const text = typeof value === 'string' ? value : `${JSON.stringify(value)}`;
  return text.replace(/(\n *(at|\.\.\. \d+ lines matching) [^\n]*)+/g, '\n    at <frames>');
};
