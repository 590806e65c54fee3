'use strict';

// Node's `path`, for POSIX and for Windows spellings. Both are plain text work: nothing here looks at a disk. They are
// written over segments (split, fold "..", join) instead of over single characters; tests hold them to Node's results.

/** Makes Node's error for an argument of the wrong type. */
function invalidType(name, expected, value) {
  const error = new TypeError(`The "${name}" argument must be of type ${expected}. Received ${describe(value)}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}

function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : '[Object: null prototype] {}';
  }
  if (typeof value === 'string') return `type string ('${value.length > 28 ? `${value.slice(0, 25)}...` : value}')`;
  const text = Object.is(value, -0) ? '-0' : String(value);
  return `type ${typeof value} (${typeof value === 'bigint' ? `${text}n` : text})`;
}

function checkString(value, name) {
  if (typeof value !== 'string') throw invalidType(name, 'string', value);
}

/** Removes "." and empty segments and folds ".." into what precedes it; at the top ".." stays only if `climbs`. */
function fold(segments, climbs) {
  const kept = [];
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (climbs) kept.push('..');
  }
  return kept;
}

/** Index just after the last character of `path` at or after `start` that is no separator; `start` if there is none. */
function endWithoutSeparators(path, start, isSeparator) {
  let end = path.length;
  while (end > start && isSeparator(path[end - 1])) end--;
  return end;
}

/** Index just after the last separator in `path[start:end]`; `start` if there is none. */
function startOfLastSegment(path, start, end, isSeparator) {
  let begin = end;
  while (begin > start && !isSeparator(path[begin - 1])) begin--;
  return begin;
}

/** Splits a file name before its last dot; a dot at the front, and the name "..", do not count. */
function splitExtension(base) {
  const dot = base.lastIndexOf('.');
  return dot <= 0 || base === '..' ? [base, ''] : [base.slice(0, dot), base.slice(dot)];
}

function stripSuffix(base, path, suffix) {
  if (suffix === undefined || suffix === '') return base;
  if (suffix === path) return '';
  return base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
}

function formatWith(separator, parts) {
  if (parts === null || typeof parts !== 'object' || Array.isArray(parts)) {
    throw invalidType('pathObject', 'object', parts);
  }
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? `${parts.ext[0] === '.' ? '' : '.'}${parts.ext}` : '';
  const base = parts.base || `${parts.name || ''}${ext}`;
  if (!dir) return base;
  return dir === parts.root ? `${dir}${base}` : `${dir}${separator}${base}`;
}

/** Joins the non-empty arguments; undefined when there are none. */
function joinNonEmpty(separator, parts) {
  for (const part of parts) checkString(part, 'path');
  const given = parts.filter((part) => part !== '');
  return given.length === 0 ? undefined : given.join(separator);
}

/** The ".." for what only `from` has, then what only `to` has. */
function climbAndDescend(separator, from, to, common) {
  return [...Array(from.length - common).fill('..'), ...to.slice(common)].join(separator);
}

function countCommon(left, right) {
  let count = 0;
  while (count < left.length && count < right.length && left[count] === right[count]) count++;
  return count;
}

// -- POSIX -----------------------------------------------------------------------------------------------------------

const isSlash = (character) => character === '/';

const posix = {
  sep: '/',
  separator: '/',
  delimiter: ':',

  resolve(...paths) {
    let resolved = '';
    for (let index = paths.length - 1; index >= 0 && !resolved.startsWith('/'); index--) {
      checkString(paths[index], `paths[${index}]`);
      if (paths[index] !== '') resolved = `${paths[index]}/${resolved}`;
    }
    if (!resolved.startsWith('/')) resolved = `${native.cwd()}/${resolved}`;
    return `/${fold(resolved.split('/'), false).join('/')}`;
  },

  normalize(path) {
    checkString(path, 'path');
    if (path === '') return '.';
    const absolute = path.startsWith('/');
    const folded = fold(path.split('/'), !absolute).join('/');
    if (folded === '') return absolute ? '/' : path.endsWith('/') ? './' : '.';
    return `${absolute ? '/' : ''}${folded}${path.endsWith('/') ? '/' : ''}`;
  },

  isAbsolute(path) {
    checkString(path, 'path');
    return path.startsWith('/');
  },

  join(...paths) {
    const joined = joinNonEmpty('/', paths);
    return joined === undefined ? '.' : posix.normalize(joined);
  },

  relative(from, to) {
    checkString(from, 'from');
    checkString(to, 'to');
    if (from === to) return '';
    const [source, target] = [posix.resolve(from), posix.resolve(to)].map((path) => path.split('/').filter(Boolean));
    return climbAndDescend('/', source, target, countCommon(source, target));
  },

  toNamespacedPath(path) {
    return path;
  },

  dirname(path) {
    checkString(path, 'path');
    if (path === '') return '.';
    const end = endWithoutSeparators(path, 1, isSlash);
    const begin = startOfLastSegment(path, 1, end, isSlash);
    if (begin === 1) return path[0] === '/' ? '/' : '.';
    return begin === 2 && path[0] === '/' ? '//' : path.slice(0, begin - 1);
  },

  basename(path, suffix) {
    if (suffix !== undefined) checkString(suffix, 'suffix');
    checkString(path, 'path');
    const end = endWithoutSeparators(path, 0, isSlash);
    return stripSuffix(path.slice(startOfLastSegment(path, 0, end, isSlash), end), path, suffix);
  },

  extname(path) {
    checkString(path, 'path');
    return splitExtension(posix.basename(path))[1];
  },

  format(parts) {
    return formatWith('/', parts);
  },

  parse(path) {
    checkString(path, 'path');
    const root = path.startsWith('/') ? '/' : '';
    const end = endWithoutSeparators(path, root.length, isSlash);
    const begin = startOfLastSegment(path, root.length, end, isSlash);
    const base = path.slice(begin, end);
    const [name, ext] = splitExtension(base);
    const dir = begin > root.length ? path.slice(0, begin - 1) : root;
    return { root, dir, base, ext, name };
  },
};

// -- Windows ---------------------------------------------------------------------------------------------------------

const isAnySlash = (character) => character === '/' || character === '\\';
const DRIVE = /^[A-Za-z]:/;
const UNC = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/;
const RESERVED = /^(?:CON|PRN|AUX|NUL|COM[1-9\u00b9\u00b2\u00b3]|LPT[1-9\u00b9\u00b2\u00b3])$/i;

/**
 * Takes the root off a Windows path.
 *
 * `device` is "", "C:", "\\server\share" or, for "\\.\" and "\\?\", those two dots or question marks; `rest` is where
 * the part after the root begins; `whole` tells that a UNC root is all there is.
 */
function windowsRoot(path) {
  if (isAnySlash(path[0])) {
    const unc = UNC.exec(path);
    if (unc === null) return { device: '', absolute: true, rest: 1, whole: false };
    const [matched, server, share] = unc;
    if (server === '.' || server === '?') return { device: `\\\\${server}`, absolute: true, rest: 4, whole: false };
    const device = `\\\\${server}\\${share}`;
    return { device, absolute: true, rest: matched.length, whole: matched.length === path.length };
  }
  if (DRIVE.test(path)) {
    const absolute = isAnySlash(path[2]);
    return { device: path.slice(0, 2), absolute, rest: absolute ? 3 : 2, whole: false };
  }
  return { device: '', absolute: false, rest: 0, whole: false };
}

/** Length of the root as `dirname` and `parse` see it, in the characters of the path. */
function windowsRootLength(path) {
  if (isAnySlash(path[0])) {
    const unc = UNC.exec(path);
    if (unc === null) return 1;
    return unc[0].length + (unc[0].length < path.length ? 1 : 0);
  }
  if (DRIVE.test(path)) return isAnySlash(path[2]) ? 3 : 2;
  return 0;
}

const splitWindows = (path) => path.split(/[\\/]/);

/** The device name that `path` starts with, colon included, such as "CON:"; "" if there is none. */
function reservedDevice(path) {
  const colon = path.indexOf(':');
  return colon > 0 && RESERVED.test(path.slice(0, colon)) ? path.slice(0, colon + 1) : '';
}

/** Whether Windows might take the relative `path`, normalized to `tail`, for one that starts with a drive. */
function looksLikeDrive(path, tail) {
  if (DRIVE.test(tail)) return true;
  for (let colon = path.indexOf(':'); colon !== -1; colon = path.indexOf(':', colon + 1)) {
    if (colon === path.length - 1 || isAnySlash(path[colon + 1])) return true;
  }
  return false;
}

const win32 = {
  sep: '\\',
  separator: '\\',
  delimiter: ';',

  resolve(...paths) {
    let device = '';
    let tail = '';
    let absolute = false;
    for (let index = paths.length - 1; index >= -1 && !(absolute && device !== ''); index--) {
      let path;
      if (index >= 0) {
        path = paths[index];
        checkString(path, `paths[${index}]`);
        if (path === '') continue;
      } else {
        path = native.cwd();
        // The working directory of another drive is not known.
        const otherDrive = path.slice(0, 2).toLowerCase() !== device.toLowerCase() && path[2] === '\\';
        if (device !== '' && otherDrive) path = `${device}\\`;
      }
      const root = windowsRoot(path);
      if (root.device !== '') {
        if (device !== '' && root.device.toLowerCase() !== device.toLowerCase()) continue;
        device ||= root.device;
      }
      if (!absolute) {
        tail = `${path.slice(root.rest)}\\${tail}`;
        absolute = root.absolute;
      }
    }
    tail = fold(splitWindows(tail), !absolute).join('\\');
    return `${device}${absolute ? '\\' : ''}${tail}` || '.';
  },

  normalize(path) {
    checkString(path, 'path');
    if (path === '') return '.';
    if (path.length === 1) return isAnySlash(path) ? '\\' : path;
    const { device, absolute, rest, whole } = windowsRoot(path);
    if (whole) return `${device}\\`;
    const reserved = device === '' && !absolute ? reservedDevice(path) : '';
    let tail = fold(splitWindows(path.slice(rest + reserved.length)), !absolute).join('\\');
    if (tail === '' && !absolute) tail = '.';
    if (tail !== '' && isAnySlash(path.at(-1))) tail += '\\';
    if (reserved !== '') return `.\\${reserved}${tail}`;
    if (absolute) return `${device}\\${tail}`;
    return device === '' && looksLikeDrive(path, tail) ? `.\\${tail}` : `${device}${tail}`;
  },

  isAbsolute(path) {
    checkString(path, 'path');
    return isAnySlash(path[0]) || (DRIVE.test(path) && isAnySlash(path[2]));
  },

  join(...paths) {
    const joined = joinNonEmpty('\\', paths);
    if (joined === undefined) return '.';
    // Two slashes at the front mean a server. They may come from the first argument only, never from the joining.
    const first = paths.find((path) => path !== '');
    const names = /^[\\/]{2}[^\\/]/.test(first);
    return win32.normalize(names ? joined : joined.replace(/^[\\/]{2,}/, '\\'));
  },

  relative(from, to) {
    checkString(from, 'from');
    checkString(to, 'to');
    if (from === to) return '';
    const [fromFull, toFull] = [win32.resolve(from), win32.resolve(to)];
    const [source, target] = [fromFull, toFull].map((path) => path.split('\\').filter(Boolean));
    const lower = (segments) => segments.map((segment) => segment.toLowerCase());
    const common = countCommon(lower(source), lower(target));
    if (common === 0 && source.length > 0 && target.length > 0) return toFull;
    return climbAndDescend('\\', source, target, common);
  },

  toNamespacedPath(path) {
    if (typeof path !== 'string' || path === '') return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (/^\\\\[^?.]/.test(resolved)) return `\\\\?\\UNC\\${resolved.slice(2)}`;
    return DRIVE.test(resolved) && resolved[2] === '\\' ? `\\\\?\\${resolved}` : resolved;
  },

  dirname(path) {
    checkString(path, 'path');
    if (path === '') return '.';
    const root = windowsRootLength(path);
    const end = endWithoutSeparators(path, root, isAnySlash);
    const begin = startOfLastSegment(path, root, end, isAnySlash);
    if (begin > root) return path.slice(0, begin - 1);
    return root === 0 ? '.' : path.slice(0, root);
  },

  basename(path, suffix) {
    if (suffix !== undefined) checkString(suffix, 'suffix');
    checkString(path, 'path');
    const start = DRIVE.test(path) ? 2 : 0;
    const end = endWithoutSeparators(path, start, isAnySlash);
    return stripSuffix(path.slice(startOfLastSegment(path, start, end, isAnySlash), end), path, suffix);
  },

  extname(path) {
    checkString(path, 'path');
    return splitExtension(win32.basename(path))[1];
  },

  format(parts) {
    return formatWith('\\', parts);
  },

  parse(path) {
    checkString(path, 'path');
    const length = windowsRootLength(path);
    const root = path.slice(0, length);
    const end = endWithoutSeparators(path, length, isAnySlash);
    const begin = startOfLastSegment(path, length, end, isAnySlash);
    const base = path.slice(begin, end);
    const [name, ext] = splitExtension(base);
    const dir = begin > length ? path.slice(0, begin - 1) : root;
    return { root, dir, base, ext, name };
  },
};

posix._makeLong = posix.toNamespacedPath;
win32._makeLong = win32.toNamespacedPath;
posix.posix = win32.posix = posix;
posix.win32 = win32.win32 = win32;

module.exports = posix;
