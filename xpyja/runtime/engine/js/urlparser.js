'use strict';

// The URL parser of the WHATWG URL standard.
//
// The standard describes a machine that goes through the text character by
// character. The same result comes from cutting the text at its delimiters:
// fragment, query and scheme first, then the authority, then the path.
//
// A record of a parsed URL has the scheme (without the colon), username and
// password, host (a text or null), port (a number or null), path (an array of
// segments, or a text if it is opaque), query and fragment (a text or null).

const percent = require('percent');
const { parseHost } = require('host');

const { encode, sets } = percent;

const defaultPorts = { __proto__: null, ftp: 21, file: null, http: 80, https: 443, ws: 80, wss: 443 };

function isSpecial(url) {
  return url.scheme in defaultPorts;
}

function hasOpaquePath(url) {
  return typeof url.path === 'string';
}

// A URL without a host has no place for credentials and port.
function hasCredentialsPlace(url) {
  return url.host !== null && url.host !== '' && url.scheme !== 'file';
}

function withoutTabs(text) {
  return text.replace(/[\t\n\r]/g, '');
}

function isSlash(character, url) {
  return character === '/' || (character === '\\' && isSpecial(url));
}

function countSlashes(text, url) {
  let count = 0;
  while (isSlash(text[count], url)) count++;
  return count;
}

// Paths ---------------------------------------------------------------------------

const driveLetter = /^[a-z][:|]$/i;
const startsWithDriveLetter = /^[a-z][:|](?:[/\\]|$)/i;

function shortenPath(url) {
  const { path } = url;
  const isDrive = url.scheme === 'file' && path.length === 1 && /^[a-z]:$/i.test(path[0]);
  if (!isDrive) path.pop();
}

// Adds the segments of a text to the path of the URL.
function addSegments(url, text) {
  const segments = text.split(isSpecial(url) ? /[/\\]/ : '/');
  segments.forEach((segment, i) => {
    const isLast = i === segments.length - 1;
    if (/^(?:\.|%2e){2}$/i.test(segment)) {
      shortenPath(url);
      if (isLast) url.path.push('');
    } else if (/^(?:\.|%2e)$/i.test(segment)) {
      if (isLast) url.path.push('');
    } else {
      const isDrive = url.scheme === 'file' && url.path.length === 0 && driveLetter.test(segment);
      url.path.push(isDrive ? `${segment[0]}:` : encode(segment, sets.path));
    }
  });
}

// Parses a path that is not relative to another one.
function setPath(url, text) {
  url.path = [];
  if (text === '' && !isSpecial(url)) return;
  addSegments(url, isSlash(text[0], url) ? text.slice(1) : text);
}

// Authorities ---------------------------------------------------------------------

// Cuts a text at the first character that may not be part of an authority.
function cutAuthority(text, url) {
  const end = text.search(isSpecial(url) ? /[/\\]/ : /\//);
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

// Cuts host and port apart; the port is null without a colon.
function cutPort(text) {
  let inBrackets = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '[') inBrackets = true;
    else if (text[i] === ']') inBrackets = false;
    else if (text[i] === ':' && !inBrackets) return [text.slice(0, i), text.slice(i + 1)];
  }
  return [text, null];
}

// Undefined if the digits are no port.
function portOf(digits, url) {
  if (!/^[0-9]*$/.test(digits)) return undefined;
  const port = Number(digits);
  if (port > 65535) return undefined;
  return digits === '' || port === defaultPorts[url.scheme] ? null : port;
}

function setAuthority(url, authority) {
  const at = authority.lastIndexOf('@');
  if (at !== -1) {
    const credentials = authority.slice(0, at);
    const colon = credentials.indexOf(':');
    url.username = encode(colon === -1 ? credentials : credentials.slice(0, colon), sets.userinfo);
    url.password = colon === -1 ? '' : encode(credentials.slice(colon + 1), sets.userinfo);
  }
  const [hostText, portText] = cutPort(authority.slice(at + 1));
  if (hostText === '' && (at !== -1 || portText !== null || isSpecial(url))) return false;
  url.host = hostText === '' ? '' : parseHost(hostText, isSpecial(url));
  url.port = portText === null ? null : portOf(portText, url);
  return url.host !== null && url.port !== undefined;
}

// `text` starts after the slashes.
function parseAuthorityAndPath(url, text) {
  const [authority, path] = cutAuthority(text, url);
  if (!setAuthority(url, authority)) return false;
  setPath(url, path);
  return true;
}

function setFileHost(url, text) {
  url.host = text === '' ? '' : parseHost(text, true);
  if (url.host === 'localhost') url.host = '';
  return url.host !== null;
}

// URLs relative to others ------------------------------------------------------------

function inheritAuthority(url, base) {
  url.username = base.username;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
}

// The path of a text that is relative to the path of `base`.
function inheritPath(url, text, base, hasOwnQuery) {
  url.path = [...base.path];
  if (text === '') {
    if (!hasOwnQuery) url.query = base.query;
    return;
  }
  if (url.scheme === 'file' && startsWithDriveLetter.test(text)) url.path = [];
  else shortenPath(url);
  addSegments(url, text);
}

function parseRelative(url, text, base, hasOwnQuery) {
  url.scheme = base.scheme;
  const slashes = countSlashes(text, url);
  if (slashes >= 2) return parseAuthorityAndPath(url, text.slice(isSpecial(url) ? slashes : 2));
  inheritAuthority(url, base);
  if (slashes === 1) setPath(url, text);
  else inheritPath(url, text, base, hasOwnQuery);
  return true;
}

function parseFile(url, text, base, hasOwnQuery) {
  url.scheme = 'file';
  url.host = '';
  const slashes = countSlashes(text, url);
  if (slashes >= 2) {
    const [host, path] = cutAuthority(text.slice(2), url);
    // file://C:/path has a drive where the host would be.
    if (driveLetter.test(host)) setPath(url, text.slice(2));
    else if (setFileHost(url, host)) setPath(url, path);
    else return false;
    return true;
  }
  if (base === null || base.scheme !== 'file') {
    setPath(url, text);
    return true;
  }
  url.host = base.host;
  if (slashes === 0) {
    inheritPath(url, text, base, hasOwnQuery);
    return true;
  }
  url.path = [];
  const keepsDrive = !startsWithDriveLetter.test(text.slice(1)) && /^[a-z]:$/i.test(base.path[0] ?? '');
  if (keepsDrive) url.path.push(base.path[0]);
  addSegments(url, text.slice(1));
  return true;
}

// The parser ------------------------------------------------------------------------

function cut(text, delimiter) {
  const index = text.indexOf(delimiter);
  return index === -1 ? [text, null] : [text.slice(0, index), text.slice(index + 1)];
}

function parseAfterScheme(url, text, base, hasOwnQuery) {
  if (url.scheme === 'file') return parseFile(url, text, base, hasOwnQuery);
  if (isSpecial(url)) {
    if (base !== null && base.scheme === url.scheme && !text.startsWith('//')) {
      return parseRelative(url, text, base, hasOwnQuery);
    }
    return parseAuthorityAndPath(url, text.slice(countSlashes(text, url)));
  }
  if (text.startsWith('//')) return parseAuthorityAndPath(url, text.slice(2));
  if (text.startsWith('/')) setPath(url, text);
  else url.path = encode(text, sets.control);
  return true;
}

// The record of a URL; null if it is invalid. `base` is a record or null.
exports.parse = function parse(input, base) {
  const trimmed = withoutTabs(input.toWellFormed().replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, ''));
  const [withoutFragment, fragment] = cut(trimmed, '#');
  const [withoutQuery, query] = cut(withoutFragment, '?');
  const url = {
    scheme: '', username: '', password: '', host: null, port: null, path: [], query: null, fragment: null,
  };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(withoutQuery);
  let valid;
  if (scheme !== null) {
    url.scheme = scheme[1].toLowerCase();
    valid = parseAfterScheme(url, withoutQuery.slice(scheme[0].length), base, query !== null);
  } else if (base === null) {
    valid = false;
  } else if (hasOpaquePath(base)) {
    // Only its fragment can be replaced.
    valid = fragment !== null && withoutFragment === '';
    Object.assign(url, base);
  } else if (base.scheme === 'file') {
    valid = parseFile(url, withoutQuery, base, query !== null);
  } else {
    valid = parseRelative(url, withoutQuery, base, query !== null);
  }
  if (!valid) return null;
  if (query !== null) setQuery(url, query);
  url.fragment = fragment === null ? null : encode(fragment, sets.fragment);
  return url;
};

function serializePath(url) {
  return hasOpaquePath(url) ? url.path : url.path.map((segment) => `/${segment}`).join('');
}

function serializeHost(url) {
  if (url.host === null) return '';
  return url.port === null ? url.host : `${url.host}:${url.port}`;
}

exports.serialize = function serialize(url) {
  let text = `${url.scheme}:`;
  if (url.host !== null) {
    const password = url.password === '' ? '' : `:${url.password}`;
    const credentials = url.username === '' && password === '' ? '' : `${url.username}${password}@`;
    text += `//${credentials}${serializeHost(url)}`;
  } else if (!hasOpaquePath(url) && url.path.length > 1 && url.path[0] === '') {
    text += '/.'; // lest the path look like an authority
  }
  text += serializePath(url);
  if (url.query !== null) text += `?${url.query}`;
  if (url.fragment !== null) text += `#${url.fragment}`;
  return text;
};

exports.serializePath = serializePath;
exports.serializeHost = serializeHost;

exports.originOf = function originOf(url) {
  if (url.scheme === 'blob') {
    const inner = exports.parse(serializePath(url), null);
    return inner !== null && /^https?$/.test(inner.scheme) ? originOf(inner) : 'null';
  }
  return isSpecial(url) && url.scheme !== 'file' ? `${url.scheme}://${serializeHost(url)}` : 'null';
};

// Setters: they change a record, or leave it as it is if the text is invalid ------------

function setQuery(url, text) {
  url.query = encode(text, isSpecial(url) ? sets.specialQuery : sets.query);
}

// Spaces at the end of an opaque path are kept by a query or fragment only.
function stripOpaquePath(url) {
  if (hasOpaquePath(url) && url.query === null && url.fragment === null) url.path = url.path.replace(/ +$/, '');
}

exports.setScheme = function setScheme(url, text) {
  const scheme = /^([a-z][a-z0-9+.-]*)(?::|$)/i.exec(withoutTabs(text))?.[1].toLowerCase();
  if (scheme === undefined || scheme in defaultPorts !== isSpecial(url)) return;
  const hasCredentials = url.username !== '' || url.password !== '';
  if (scheme === 'file' && (hasCredentials || url.port !== null)) return;
  if (url.scheme === 'file' && url.host === '') return;
  url.scheme = scheme;
  if (url.port === defaultPorts[scheme]) url.port = null;
};

exports.setUsername = function setUsername(url, text) {
  if (hasCredentialsPlace(url)) url.username = encode(text, sets.userinfo);
};

exports.setPassword = function setPassword(url, text) {
  if (hasCredentialsPlace(url)) url.password = encode(text, sets.userinfo);
};

exports.setHost = function setHost(url, text, withPort) {
  if (hasOpaquePath(url)) return;
  const authority = withoutTabs(text).split(isSpecial(url) ? /[/\\?#]/ : /[/?#]/)[0];
  if (url.scheme === 'file') {
    const { host } = url;
    if (!setFileHost(url, authority)) url.host = host;
    return;
  }
  const [hostText, portText] = cutPort(authority);
  if (portText !== null && (hostText === '' || !withPort)) return;
  if (hostText === '') {
    if (isSpecial(url) || url.username !== '' || url.password !== '' || url.port !== null) return;
    url.host = '';
    return;
  }
  const host = parseHost(hostText, isSpecial(url));
  if (host === null) return;
  url.host = host;
  if (portText !== null && /^[0-9]/.test(portText)) setPortDigits(url, portText);
};

function setPortDigits(url, text) {
  const digits = /^[0-9]+/.exec(text);
  const port = digits === null ? undefined : portOf(digits[0], url);
  if (port !== undefined) url.port = port;
}

exports.setPort = function setPort(url, text) {
  if (!hasCredentialsPlace(url)) return;
  if (text === '') url.port = null;
  else setPortDigits(url, withoutTabs(text));
};

exports.setPathname = function setPathname(url, text) {
  if (hasOpaquePath(url)) return;
  setPath(url, withoutTabs(text));
  if (url.path.length === 0 && url.host === null) url.path.push('');
};

exports.setSearch = function setSearch(url, text) {
  if (text === '') {
    url.query = null;
    stripOpaquePath(url);
  } else {
    setQuery(url, withoutTabs(text.startsWith('?') ? text.slice(1) : text));
  }
};

exports.setHash = function setHash(url, text) {
  if (text === '') {
    url.fragment = null;
    stripOpaquePath(url);
  } else {
    url.fragment = encode(withoutTabs(text.startsWith('#') ? text.slice(1) : text), sets.fragment);
  }
};
