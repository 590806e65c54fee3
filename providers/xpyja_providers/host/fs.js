'use strict';

// Node's `fs`: checks of arguments, the classes, and the three forms of each function. The work, and all decisions
// about what is allowed, are in Python behind `native`.

// -- arguments -------------------------------------------------------------------------------------------------------

const ENCODINGS = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  latin1: 'latin1',
  binary: 'latin1',
  ascii: 'ascii',
  utf16le: 'utf16le',
  'utf-16le': 'utf16le',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
  hex: 'hex',
  base64: 'base64',
  base64url: 'base64url',
};

const WRITE_FLAGS = {
  w: 'w',
  'w+': 'w',
  wx: 'wx',
  xw: 'wx',
  'wx+': 'wx',
  'xw+': 'wx',
  a: 'a',
  as: 'a',
  'a+': 'a',
  'as+': 'a',
  ax: 'ax',
  xa: 'ax',
  'ax+': 'ax',
  'xa+': 'ax',
  'r+': 'r+',
  'rs+': 'r+',
};

const READ_FLAGS = { r: 'r', rs: 'r', 'r+': 'r', 'rs+': 'r' };

function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  return `type ${typeof value} (${show(value)})`;
}

function show(value) {
  if (typeof value === 'string') return `'${value.replaceAll('\0', '\\x00')}'`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

function invalidType(what, expected, value) {
  const error = new TypeError(`The ${what} must be ${expected}. Received ${describe(value)}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}

function invalidValue(name, problem, value) {
  const error = new TypeError(`The argument '${name}' ${problem}. Received ${show(value)}`);
  error.code = 'ERR_INVALID_ARG_VALUE';
  return error;
}

function outOfRange(name, expected, value) {
  const error = new RangeError(
    `The value of "${name}" is out of range. It must be ${expected}. Received ${show(value)}`,
  );
  error.code = 'ERR_OUT_OF_RANGE';
  return error;
}

/** A path as Python takes it: text, or the bytes of a name that is no text. */
function toPath(value, name = 'path') {
  let path = value;
  if (typeof value?.href === 'string' && typeof value.pathname === 'string') path = pathOfUrl(value);
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) {
    throw invalidType(`"${name}" argument`, 'of type string or an instance of Buffer or URL', value);
  }
  if (typeof path === 'string' ? path.includes('\0') : path.includes(0)) {
    throw invalidValue(name, 'must be a string, Uint8Array, or URL without null bytes', String(path));
  }
  return path;
}

function pathOfUrl(url) {
  if (url.protocol !== 'file:') {
    throw Object.assign(new TypeError('The URL must be of scheme file'), { code: 'ERR_INVALID_URL_SCHEME' });
  }
  if (url.hostname && url.hostname !== 'localhost') {
    throw Object.assign(new TypeError('A file URL must not name a host'), { code: 'ERR_INVALID_FILE_URL_HOST' });
  }
  if (/%2f/i.test(url.pathname)) {
    const error = new TypeError('File URL path must not include encoded / characters');
    throw Object.assign(error, { code: 'ERR_INVALID_FILE_URL_PATH' });
  }
  return decodeURIComponent(url.pathname);
}

/** Options as an object; a string stands for the encoding. */
function toOptions(value) {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string') return { encoding: value };
  if (typeof value !== 'object') throw invalidType('"options" argument', 'one of type string or object', value);
  return value;
}

function toBoolean(options, name) {
  const value = options[name];
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw invalidType(`"options.${name}" property`, 'of type boolean', value);
  return value;
}

/** The encoding's one name; null where bytes are wanted. */
function toEncoding(value) {
  if (value === undefined || value === null || value === 'buffer') return null;
  const encoding = typeof value === 'string' ? ENCODINGS[value.toLowerCase()] : undefined;
  if (encoding === undefined) throw invalidValue('encoding', 'is invalid encoding', value);
  return encoding;
}

/** Checks the encoding wanted for names, which are always text here. */
function checkNameEncoding(options) {
  if (toEncoding(options.encoding ?? 'utf8') !== 'utf8') {
    throw invalidValue('encoding', "must be 'utf8' for names", options.encoding);
  }
}

function toFlag(value, known, otherwise) {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'string' || !Object.hasOwn(known, value)) throw invalidValue('flags', 'is invalid', value);
  return known[value];
}

function toMode(value, otherwise) {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'string' && !/^[0-7]+$/.test(value)) {
    throw invalidValue('mode', 'must be a 32-bit unsigned integer or an octal string', value);
  }
  const mode = typeof value === 'string' ? parseInt(value, 8) : value;
  if (typeof mode !== 'number') throw invalidType('"mode" argument', 'of type number', value);
  if (!Number.isInteger(mode)) throw outOfRange('mode', 'an integer', value);
  if (mode < 0 || mode > 0xffffffff) throw outOfRange('mode', '>= 0 && <= 4294967295', value);
  return mode & 0o7777;
}

/** A set of the bits 1, 2 and 4, as `access` and `copyFile` take them. */
function toBits(value) {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number') throw invalidType('"mode" argument', 'of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > 7) throw outOfRange('mode', '>= 0 && <= 7', value);
  return value;
}

/** Text, or bytes that no longer depend on the kind of array they came in. */
function toData(value) {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw invalidType('"data" argument', 'of type string or an instance of Buffer, TypedArray, or DataView', value);
}

/** Seconds since 1970 from a Date, a number of seconds, or such a number as text. */
function toSeconds(value) {
  const seconds =
    value instanceof Date ? value.getTime() / 1000 : typeof value === 'string' ? parseNumber(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) {
    throw invalidType('"time" argument', 'an instance of Date or a time in seconds', value);
  }
  return seconds;
}

function parseNumber(text) {
  return text.trim() === '' ? NaN : Number(text);
}

/** Bytes as a Buffer where the runtime has that, since scripts call its `toString`. */
function toBuffer(bytes) {
  const { Buffer } = globalThis;
  return typeof Buffer?.from === 'function' ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
}

// -- classes ---------------------------------------------------------------------------------------------------------

const constants = Object.freeze({
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  COPYFILE_EXCL: 1,
  COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE_FORCE: 4,
  UV_DIRENT_UNKNOWN: 0,
  UV_DIRENT_FILE: 1,
  UV_DIRENT_DIR: 2,
  UV_DIRENT_LINK: 3,
  UV_DIRENT_FIFO: 4,
  UV_DIRENT_SOCKET: 5,
  UV_DIRENT_CHAR: 6,
  UV_DIRENT_BLOCK: 7,
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  S_IFCHR: 0o020000,
  S_IFBLK: 0o060000,
  S_IFIFO: 0o010000,
  S_IFLNK: 0o120000,
  S_IFSOCK: 0o140000,
});

/** What is known about a file. */
class Stats {
  constructor(described) {
    Object.assign(this, described);
    for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
      this[name] = new Date(Math.round(this[`${name}Ms`]));
    }
  }

  #is(kind) {
    return (this.mode & constants.S_IFMT) === kind;
  }

  isFile() {
    return this.#is(constants.S_IFREG);
  }

  isDirectory() {
    return this.#is(constants.S_IFDIR);
  }

  isSymbolicLink() {
    return this.#is(constants.S_IFLNK);
  }

  isFIFO() {
    return this.#is(constants.S_IFIFO);
  }

  isSocket() {
    return this.#is(constants.S_IFSOCK);
  }

  isCharacterDevice() {
    return this.#is(constants.S_IFCHR);
  }

  isBlockDevice() {
    return this.#is(constants.S_IFBLK);
  }

  /** Time of the last change as text. Not in Node. */
  get modTime() {
    return this.mtime.toISOString();
  }

  /** Whether this is a folder. Not in Node. */
  get isDir() {
    return this.isDirectory();
  }
}

/** An entry of a folder. */
class Dirent {
  #kind;

  constructor(name, parentPath, kind) {
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    this.#kind = kind;
  }

  isFile() {
    return this.#kind === constants.UV_DIRENT_FILE;
  }

  isDirectory() {
    return this.#kind === constants.UV_DIRENT_DIR;
  }

  isSymbolicLink() {
    return this.#kind === constants.UV_DIRENT_LINK;
  }

  isFIFO() {
    return this.#kind === constants.UV_DIRENT_FIFO;
  }

  isSocket() {
    return this.#kind === constants.UV_DIRENT_SOCKET;
  }

  isCharacterDevice() {
    return this.#kind === constants.UV_DIRENT_CHAR;
  }

  isBlockDevice() {
    return this.#kind === constants.UV_DIRENT_BLOCK;
  }
}

// -- operations ------------------------------------------------------------------------------------------------------

function write(path, data, options, flag) {
  const { encoding, flag: wanted, mode } = toOptions(options);
  native.writeFile(
    toPath(path),
    toData(data),
    toEncoding(encoding) ?? 'utf8',
    toFlag(wanted, WRITE_FLAGS, flag),
    toMode(mode, 0o666),
  );
}

function status(path, options, follow) {
  const { bigint, throwIfNoEntry } = toOptions(options);
  if (bigint) throw invalidValue('options.bigint', 'is not supported', bigint);
  try {
    return new Stats(native.stat(toPath(path), follow));
  } catch (error) {
    if (throwIfNoEntry === false && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

const operations = {
  readFile(path, options) {
    const { encoding, flag } = toOptions(options);
    toFlag(flag, READ_FLAGS, 'r');
    const wanted = toEncoding(encoding);
    const content = native.readFile(toPath(path), wanted);
    return wanted === null ? toBuffer(content) : content;
  },

  writeFile(path, data, options) {
    write(path, data, options, 'w');
  },

  appendFile(path, data, options) {
    write(path, data, options, 'a');
  },

  truncate(path, length) {
    if (length !== undefined && length !== null && typeof length !== 'number') {
      throw invalidType('"len" argument', 'of type number', length);
    }
    if (!Number.isInteger(length ?? 0)) throw outOfRange('len', 'an integer', length);
    native.truncate(toPath(path), Math.max(0, length ?? 0));
  },

  access(path, mode) {
    native.access(toPath(path), toBits(mode));
  },

  stat(path, options) {
    return status(path, options, true);
  },

  lstat(path, options) {
    return status(path, options, false);
  },

  readdir(path, options) {
    const wanted = toOptions(options);
    checkNameEncoding(wanted);
    const recursive = toBoolean(wanted, 'recursive');
    const withFileTypes = toBoolean(wanted, 'withFileTypes');
    const top = toPath(path);
    const join = (parent, name) => (parent === '' ? name : parent.endsWith('/') ? parent + name : `${parent}/${name}`);
    const entries = native.readdir(top, recursive);
    if (!withFileTypes) return entries.map(([parent, name]) => join(parent, name));
    return entries.map(([parent, name, kind]) => new Dirent(name, parent === '' ? top : join(top, parent), kind));
  },

  readlink(path, options) {
    checkNameEncoding(toOptions(options));
    return native.readlink(toPath(path));
  },

  realpath(path, options) {
    checkNameEncoding(toOptions(options));
    return native.realpath(toPath(path));
  },

  mkdir(path, options) {
    const wanted = typeof options === 'number' || typeof options === 'string' ? { mode: options } : toOptions(options);
    return native.mkdir(toPath(path), toBoolean(wanted, 'recursive'), toMode(wanted.mode, 0o777));
  },

  mkdtemp(prefix, options) {
    checkNameEncoding(toOptions(options));
    return native.mkdtemp(toPath(prefix, 'prefix'));
  },

  rmdir(path) {
    native.rmdir(toPath(path));
  },

  unlink(path) {
    native.unlink(toPath(path));
  },

  rm(path, options) {
    const wanted = toOptions(options);
    native.rm(toPath(path), toBoolean(wanted, 'recursive'), toBoolean(wanted, 'force'));
  },

  rename(oldPath, newPath) {
    native.rename(toPath(oldPath, 'oldPath'), toPath(newPath, 'newPath'));
  },

  copyFile(source, target, mode) {
    native.copyFile(toPath(source, 'src'), toPath(target, 'dest'), toBits(mode));
  },

  utimes(path, atime, mtime) {
    native.utimes(toPath(path), toSeconds(atime), toSeconds(mtime));
  },
};

/** Never throws for a path, whatever it is; only a module that may not read at all says so. */
function existsSync(path) {
  let checked;
  try {
    checked = toPath(path);
  } catch {
    return false;
  }
  return native.exists(checked);
}

// -- forms -----------------------------------------------------------------------------------------------------------

/**
 * The form with a callback as the last argument, which runs when the current code is done.
 *
 * Without a callback it returns a promise, where Node throws: that is how scripts for the Go original call it.
 */
function withCallback(operation, deliver = deliverAsNode) {
  return function (...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return new Promise((resolve) => resolve(operation(...args)));
    let failure = null;
    let result;
    try {
      result = operation(...args.slice(0, -1));
    } catch (error) {
      // The caller's mistake, not the disk's: thrown at once, as in Node.
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      failure = error;
    }
    queueMicrotask(() => deliver(callback, failure, result));
    return undefined;
  };
}

function deliverAsNode(callback, error, result) {
  if (error !== null) callback(error);
  else if (result === undefined) callback(null);
  else callback(null, result);
}

function named(name, fn) {
  return Object.defineProperty(fn, 'name', { value: name });
}

const promises = { constants };
const fs = {
  constants,
  F_OK: constants.F_OK,
  R_OK: constants.R_OK,
  W_OK: constants.W_OK,
  X_OK: constants.X_OK,
  Stats,
  Dirent,
  promises,
  existsSync,
  exists: named(
    'exists',
    withCallback(existsSync, (callback, _error, found) => callback(found ?? false)),
  ),
  isReadOnly: !native.capabilities.write,
  capabilities: () => ({ ...native.capabilities, mounts: native.capabilities.mounts.map((mount) => ({ ...mount })) }),
};

for (const [name, operation] of Object.entries(operations)) {
  fs[`${name}Sync`] = named(`${name}Sync`, operation);
  fs[name] = named(name, withCallback(operation));
  promises[name] = named(name, async (...args) => operation(...args));
}

fs.realpath.native = fs.realpath;
fs.realpathSync.native = fs.realpathSync;

module.exports = fs;
