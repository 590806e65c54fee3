'use strict';

// Programs over a small tree whose results the `fs` module must share with Node, errors included. They run one after
// the other in one working directory, in this order; write_expected.js runs them in Node.

const shown = (value) => {
  if (value === undefined) return 'undefined';
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Error) {
    const { name, code, errno, syscall, path, dest, message } = value;
    return { name, code, errno, syscall, path, dest, message };
  }
  return value;
};

const tryTo = (fn) => {
  try {
    return shown(fn());
  } catch (error) {
    return shown(error);
  }
};

const settle = (promise) => promise.then(shown, shown);

globalThis.prepareFsCases = (fs) => {
  fs.mkdirSync('d/inner/deep', { recursive: true });
  fs.writeFileSync('d/f', 'hi');
  fs.writeFileSync('d/inner/g', 'g');
  fs.writeFileSync('d/inner/deep/h', 'h');
  fs.symlinkSync('f', 'd/l');
  fs.symlinkSync('inner', 'd/folder');
  fs.symlinkSync('loop', 'd/loop');
  fs.symlinkSync('nowhere', 'd/gone');
  fs.writeFileSync(
    'bytes',
    Uint8Array.from([0xef, 0xbb, 0xbf, 0x41, 0xe9, 0xc3, 0xa9, 0xff, 0x00, 0xf0, 0x9f, 0x98, 0x80]),
  );
};

const ENCODINGS = ['utf8', 'UTF-8', 'latin1', 'binary', 'ascii', 'hex', 'base64', 'base64url', 'utf16le', 'ucs2'];
const TEXTS = [
  '',
  'plain',
  'é\u{1f600}\u0000',
  'lone \ud800 surrogate',
  '\ud83d',
  '\udc00x',
  'ff0g11',
  'f',
  'aGk',
  'aGk=',
  'a-_+/ b=c',
  '====',
  'a',
];

globalThis.fsCases = {
  'read text': (fs) => fs.readFileSync('d/f', 'utf8'),
  'read with options': (fs) => fs.readFileSync('d/f', { encoding: 'utf8', flag: 'r' }),
  'read a path of bytes': (fs) => fs.readFileSync(Uint8Array.from([0x64, 0x2f, 0x66]), 'utf8'),
  'read through links': (fs) => [fs.readFileSync('d/l', 'utf8'), fs.readFileSync('d/folder/../f', 'utf8')],
  'read in every encoding': (fs) => ENCODINGS.map((encoding) => [encoding, fs.readFileSync('bytes', encoding)]),
  'write in every encoding': (fs) =>
    ENCODINGS.flatMap((encoding) =>
      TEXTS.map((text) => {
        fs.writeFileSync('text', text, encoding);
        return [encoding, text, fs.readFileSync('text', 'hex')];
      }),
    ),
  'write bytes': (fs) => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    return [bytes, bytes.subarray(2, 5), new Uint16Array(bytes.buffer, 2, 2), new DataView(bytes.buffer, 1, 3)].map(
      (data) => {
        fs.writeFileSync('text', data);
        return fs.readFileSync('text', 'hex');
      },
    );
  },
  'writing replaces': (fs) => {
    fs.writeFileSync('text', 'long text');
    fs.writeFileSync('text', 'short');
    return fs.readFileSync('text', 'utf8');
  },
  appending: (fs) => {
    fs.appendFileSync('text', ' and more');
    fs.writeFileSync('text', '!', { flag: 'a' });
    fs.appendFileSync('new', 'first');
    return [fs.readFileSync('text', 'utf8'), fs.readFileSync('new', 'utf8')];
  },
  'flag r+ writes over': (fs) => {
    fs.writeFileSync('text', 'abcdef');
    fs.writeFileSync('text', 'XY', { flag: 'r+' });
    return [fs.readFileSync('text', 'utf8'), tryTo(() => fs.writeFileSync('missing', 'x', { flag: 'r+' }))];
  },
  'flag wx is exclusive': (fs) => [
    tryTo(() => fs.writeFileSync('only', '1', { flag: 'wx' })),
    tryTo(() => fs.writeFileSync('only', '2', { flag: 'wx' })),
    tryTo(() => fs.writeFileSync('only', '2', { flag: 'ax' })),
    tryTo(() => fs.writeFileSync('d/gone', 'x', { flag: 'wx' })),
    fs.readFileSync('only', 'utf8'),
  ],
  'mode of a new file': (fs) => {
    fs.writeFileSync('moded', 'x', { mode: 0o640 });
    fs.writeFileSync('moded-text', 'x', { mode: '600' });
    return [fs.statSync('moded').mode.toString(8), fs.statSync('moded-text').mode.toString(8)];
  },
  'write through a link to nothing': (fs) => {
    fs.writeFileSync('d/gone', 'made');
    const text = fs.readFileSync('d/nowhere', 'utf8');
    fs.unlinkSync('d/nowhere');
    return text;
  },
  'reading fails': (fs) =>
    ['d/nope', 'd/f/x', 'd/f/', 'd/loop', '', 'd/nope/x', 'd/gone'].map((path) => tryTo(() => fs.readFileSync(path))),
  'writing fails': (fs) => ['d', 'd/nope/x', 'd/f/x', 'd/loop'].map((path) => tryTo(() => fs.writeFileSync(path, 'x'))),
  exists: (fs) =>
    ['d', 'd/f', 'd/l', 'd/gone', 'd/nope', 'd/f/', 'd/f/x', 'd/loop', '', 'a\0b', 5, undefined, {}].map((path) =>
      fs.existsSync(path),
    ),
  'kinds by stat and lstat': (fs) =>
    ['d', 'd/f', 'd/l', 'd/folder', 'd/folder/'].flatMap((path) =>
      [fs.statSync(path), fs.lstatSync(path)].map((s) => [
        s.isFile(),
        s.isDirectory(),
        s.isSymbolicLink(),
        s.isFIFO(),
        s.isSocket(),
        s.isBlockDevice(),
        s.isCharacterDevice(),
      ]),
    ),
  'fields of stat': (fs) => {
    const stat = fs.statSync('d/f');
    const times = ['atime', 'mtime', 'ctime', 'birthtime'];
    return [
      stat.size,
      stat.mode,
      stat.nlink,
      Object.keys(stat).sort(),
      times.map((name) => stat[name] instanceof Date && Math.abs(stat[name] - stat[`${name}Ms`]) < 1),
      stat instanceof fs.Stats,
    ];
  },
  'stat fails': (fs) => [
    ...['d/nope', 'd/gone', 'd/f/x', 'd/loop'].map((path) => tryTo(() => fs.statSync(path))),
    ...['d/nope', 'd/f/x'].map((path) => tryTo(() => fs.lstatSync(path))),
    tryTo(() => fs.statSync('d/nope', { throwIfNoEntry: false })),
    tryTo(() => fs.lstatSync('d/nope/x', { throwIfNoEntry: false })),
  ],
  readdir: (fs) => [
    fs.readdirSync('d'),
    fs.readdirSync('d/'),
    fs.readdirSync('d/folder'),
    fs.readdirSync('d/inner/deep'),
  ],
  'readdir recursive': (fs) => fs.readdirSync('d/inner', { recursive: true }),
  'readdir with kinds': (fs) =>
    fs
      .readdirSync('d', { withFileTypes: true })
      .map((e) => [
        e.name,
        e.parentPath,
        e.path,
        e.isFile(),
        e.isDirectory(),
        e.isSymbolicLink(),
        e.isFIFO(),
        e instanceof fs.Dirent,
      ]),
  'readdir fails': (fs) => ['d/nope', 'd/f', 'd/loop'].map((path) => tryTo(() => fs.readdirSync(path))),
  readlink: (fs) => ['d/l', 'd/gone', 'd/f', 'd', 'd/nope'].map((path) => tryTo(() => fs.readlinkSync(path))),
  access: (fs) => [
    ...['d', 'd/f', 'd/l'].map((path) => tryTo(() => fs.accessSync(path))),
    ...['d/nope', 'd/gone', 'd/f/x'].map((path) => tryTo(() => fs.accessSync(path, fs.constants.R_OK))),
    tryTo(() => fs.accessSync('d/f', fs.constants.W_OK | fs.constants.R_OK)),
    tryTo(() => fs.accessSync('d/f', fs.constants.X_OK)),
  ],
  constants: (fs) => [
    fs.constants.F_OK,
    fs.R_OK,
    fs.W_OK,
    fs.X_OK,
    fs.constants.COPYFILE_EXCL,
    fs.constants.S_IFMT,
    fs.promises.constants.R_OK,
  ],
  mkdir: (fs) => [
    tryTo(() => fs.mkdirSync('m')),
    tryTo(() => fs.mkdirSync('m/slash/')),
    tryTo(() => fs.mkdirSync('m')),
    tryTo(() => fs.mkdirSync('m/a/b')),
    tryTo(() => fs.mkdirSync('d/f/x')),
    tryTo(() => fs.mkdirSync('d/f')),
    tryTo(() => fs.mkdirSync('d/gone')),
  ],
  'mkdir recursive': (fs) => [
    tryTo(() => fs.mkdirSync('r/a/b/c', { recursive: true })),
    tryTo(() => fs.mkdirSync('r/a/b/c', { recursive: true })),
    tryTo(() => fs.mkdirSync('r/a/x/y/', { recursive: true })),
    tryTo(() => fs.mkdirSync('d/f', { recursive: true })),
    tryTo(() => fs.mkdirSync('d/f/x', { recursive: true })),
    tryTo(() => fs.mkdirSync('d/folder/fresh', { recursive: true })),
    fs.existsSync('d/inner/fresh'),
  ],
  mkdtemp: (fs) => {
    const made = fs.mkdtempSync('m/t-');
    return [/^m\/t-[A-Za-z0-9]{6}$/.test(made), (fs.statSync(made).mode & 0o777).toString(8), fs.rmdirSync(made)].slice(
      0,
      2,
    );
  },
  'mkdtemp fails': (fs) => tryTo(() => fs.mkdtempSync('nope/t-')),
  rmdir: (fs) => [
    tryTo(() => fs.rmdirSync('m/slash/')),
    ...['r', 'nope', 'd/f', 'd/l'].map((path) => tryTo(() => fs.rmdirSync(path))),
  ],
  unlink: (fs) => [
    tryTo(() => fs.unlinkSync('only')),
    ...['d', 'nope', 'd/f/', 'd/f/x'].map((path) => tryTo(() => fs.unlinkSync(path))),
  ],
  rm: (fs) =>
    [
      tryTo(() => fs.rmSync('new')),
      tryTo(() => fs.rmSync('nope')),
      tryTo(() => fs.rmSync('nope', { force: true })),
      tryTo(() => fs.rmSync('nope/x', { force: true, recursive: true })),
      tryTo(() => fs.rmSync('r', { recursive: true })),
      fs.existsSync('r'),
      tryTo(() => fs.rmSync('m/', { recursive: true, force: true })),
      fs.existsSync('m'),
    ].slice(0),
  'rm of a folder': (fs) => {
    const { name, code, message } = tryTo(() => fs.rmSync('d'));
    return [name, code, message];
  },
  rename: (fs) => {
    fs.writeFileSync('one', '1');
    fs.writeFileSync('two', '2');
    return [
      tryTo(() => fs.renameSync('one', 'two')),
      fs.readFileSync('two', 'utf8'),
      tryTo(() => fs.renameSync('two', 'd')),
      tryTo(() => fs.renameSync('nope', 'x')),
      tryTo(() => fs.renameSync('two', 'nope/x')),
      tryTo(() => fs.renameSync('d', 'd/inner/d')),
      tryTo(() => fs.renameSync('d/inner', 'd/moved')),
      tryTo(() => fs.renameSync('d/moved', 'd/inner/')),
    ];
  },
  copyFile: (fs) => [
    tryTo(() => fs.copyFileSync('two', 'three')),
    fs.readFileSync('three', 'utf8'),
    tryTo(() => fs.copyFileSync('two', 'three', fs.constants.COPYFILE_EXCL)),
    tryTo(() => fs.copyFileSync('two', 'two')),
    fs.readFileSync('two', 'utf8'),
    tryTo(() => fs.copyFileSync('nope', 'x')),
    tryTo(() => fs.copyFileSync('two', 'nope/x')),
    tryTo(() => fs.copyFileSync('two', 'd')),
    tryTo(() => fs.copyFileSync('d', 'x')),
    tryTo(() => fs.copyFileSync('moded', 'd/l')),
    [
      fs.lstatSync('d/l').isSymbolicLink(),
      fs.readFileSync('d/f', 'utf8'),
      (fs.statSync('d/f').mode & 0o777).toString(8),
    ],
  ],
  truncate: (fs) => {
    fs.writeFileSync('three', 'abcdef');
    return [
      tryTo(() => fs.truncateSync('three', 3)),
      fs.readFileSync('three', 'utf8'),
      tryTo(() => fs.truncateSync('three', 5)),
      fs.readFileSync('three', 'hex'),
      tryTo(() => fs.truncateSync('three', -1)),
      tryTo(() => fs.truncateSync('three')),
      fs.statSync('three').size,
      tryTo(() => fs.truncateSync('nope')),
      tryTo(() => fs.truncateSync('d')),
    ];
  },
  utimes: (fs) => {
    fs.utimesSync('three', 1000.5, new Date(2000500));
    const stat = fs.statSync('three');
    fs.utimesSync('three', '5', 7);
    const again = fs.statSync('three');
    return [
      stat.atimeMs,
      stat.mtimeMs,
      stat.mtime.getTime(),
      again.atimeMs,
      again.mtimeMs,
      tryTo(() => fs.utimesSync('nope', 1, 1)),
    ];
  },
  'path arguments are checked': (fs) =>
    [{}, [], null, undefined, true, () => {}, 'a\0b'].flatMap((path) => [
      tryTo(() => fs.statSync(path)),
      tryTo(() => fs.mkdirSync(path)),
      tryTo(() => fs.renameSync('two', path)),
      tryTo(() => fs.copyFileSync(path, 'x')),
    ]),
  'options are checked': (fs) => [
    tryTo(() => fs.readFileSync('d/f', 'nope')),
    tryTo(() => fs.readFileSync('d/f', { encoding: 'nope' })),
    tryTo(() => fs.readFileSync('d/f', 5)),
    tryTo(() => fs.readFileSync('d/f', { flag: 'zz' })),
    tryTo(() => fs.mkdirSync('q', { recursive: 'yes' })),
    tryTo(() => fs.rmSync('two', { force: 1 })),
    tryTo(() => fs.mkdirSync('q', { mode: 'abc' })),
    tryTo(() => fs.writeFileSync('two', 'x', { mode: -1 })),
    tryTo(() => fs.truncateSync('two', 'x')),
  ],
  'data is checked': (fs) => [5, {}, undefined, null, true].map((data) => tryTo(() => fs.writeFileSync('two', data))),
  callbacks: async (fs) => {
    const call = (name, ...args) =>
      new Promise((resolve) => {
        let returned = false;
        fs[name](...args, (...results) => resolve([name, returned, results.map(shown)]));
        returned = true;
      });
    return [
      await call('readFile', 'd/f', 'utf8'),
      await call('readFile', 'd/nope'),
      await call('writeFile', 'two', 'called'),
      await call('readdir', 'd/inner/deep'),
      await call('exists', 'd/f'),
      await call('exists', 'd/nope'),
      await call('unlink', 'd/nope'),
      await call('mkdir', 'q/r/s', { recursive: true }),
      (await call('stat', 'two'))[2][1].size,
    ];
  },
  'callbacks: wrong arguments throw at once': (fs) => [
    tryTo(() => fs.readFile({}, () => {})),
    tryTo(() => fs.writeFile('two', 5, () => {})),
  ],
  promises: async (fs) => [
    await fs.promises.readFile('two', 'utf8'),
    await settle(fs.promises.readFile('d/nope')),
    await settle(fs.promises.writeFile('two', 'promised')),
    await fs.promises.readdir('d/inner'),
    (await fs.promises.stat('two')).size,
    await settle(fs.promises.access('d/nope')),
    await settle(fs.promises.rename('nope', 'x')),
    await settle(fs.promises.rm('q', { recursive: true })),
    await settle(fs.promises.readFile({})),
  ],
};

globalThis.runFsCases = async (fs) => {
  const results = {};
  for (const [name, run] of Object.entries(globalThis.fsCases)) {
    results[name] = JSON.parse(JSON.stringify(shown(await run(fs))));
  }
  return results;
};
