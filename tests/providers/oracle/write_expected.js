'use strict';

// Writes what Node does to *_expected.json:  node tests/providers/oracle/write_expected.js

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

require('./path_cases.js');
require('./events_cases.js');
require('./fs_cases.js');

function write(name, value) {
  fs.writeFileSync(path.join(__dirname, name), `${JSON.stringify({ node: process.version, ...value }, null, 1)}\n`);
}

async function main() {
  // The working directory is part of what `path.resolve` says.
  const { cwd } = process;
  process.cwd = () => '/home/someone';
  const paths = globalThis.runPathCases(path);
  process.cwd = () => 'C:\\work\\here';
  const drive = globalThis.runDriveCases(path);
  process.cwd = cwd;
  write('path_expected.json', { cases: globalThis.pathCases, ...paths, drive });

  write('events_expected.json', { results: await globalThis.runEventsCases(require('node:events')) });

  process.umask(0o022);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fs-cases-'));
  process.chdir(folder);
  try {
    globalThis.prepareFsCases(fs);
    write('fs_expected.json', { results: await globalThis.runFsCases(fs) });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

main();
