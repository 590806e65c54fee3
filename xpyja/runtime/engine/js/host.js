'use strict';

// Hosts of URLs: domains, IPv4 and IPv6 addresses, and opaque hosts.

const percent = require('percent');

// Null if the text is no number. An empty text after 0x is zero.
function parseIPv4Number(text) {
  if (text === '') return null;
  if (/^0x[0-9a-f]*$/i.test(text)) return text.length === 2 ? 0 : parseInt(text, 16);
  if (/^0[0-7]*$/.test(text)) return parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? parseInt(text, 10) : null;
}

function partsOf(domain) {
  const parts = domain.split('.');
  if (parts.length > 1 && parts[parts.length - 1] === '') parts.pop();
  return parts;
}

// Whether the domain has to be an IPv4 address.
function endsInNumber(domain) {
  const parts = partsOf(domain);
  const last = parts[parts.length - 1];
  return /^[0-9]+$/.test(last) || parseIPv4Number(last) !== null;
}

// The last of the up to four numbers fills all remaining bytes.
function parseIPv4(domain) {
  const numbers = partsOf(domain).map(parseIPv4Number);
  if (numbers.length > 4 || numbers.includes(null)) return null;
  const last = numbers.pop();
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  let address = last;
  numbers.forEach((number, i) => {
    address += number * 256 ** (3 - i);
  });
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

// The eight 16-bit pieces; null if the text is no IPv6 address.
function parseIPv6(text) {
  // An IPv4 address may stand for the last two pieces.
  const dotted = /^(.*:)([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(text);
  if (dotted !== null) {
    const bytes = dotted.slice(2);
    if (bytes.some((byte) => byte > 255 || /^0./.test(byte))) return null;
    const piece = (high, low) => (high * 256 + Number(low)).toString(16);
    text = `${dotted[1]}${piece(bytes[0], bytes[1])}:${piece(bytes[2], bytes[3])}`;
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const pieces = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (!pieces.flat().every((piece) => /^[0-9a-f]{1,4}$/i.test(piece))) return null;
  const missing = 8 - pieces.flat().length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const [before, after = []] = pieces;
  return [...before, ...Array(missing).fill('0'), ...after].map((piece) => parseInt(piece, 16));
}

// The first longest run of at least two zeros is shortened to "::".
function serializeIPv6(pieces) {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = pieces.map((piece) => piece.toString(16));
  if (start === -1) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

const forbidden = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const forbiddenInDomain = /[\x00-\x20#%/:<>?@[\\\]^|\x7f]/;

function domainToASCII(domain) {
  const simple = /^[\x00-\x7f]*$/.test(domain) && !/(^|\.)xn--/i.test(domain);
  return simple ? domain.toLowerCase() : require('idna').toASCII(domain);
}

// The host as it is in the serialized URL; null if it is invalid.
exports.parseHost = function parseHost(text, isSpecial) {
  if (text.startsWith('[')) {
    const pieces = text.endsWith(']') ? parseIPv6(text.slice(1, -1)) : null;
    return pieces === null ? null : `[${serializeIPv6(pieces)}]`;
  }
  if (!isSpecial) return forbidden.test(text) ? null : percent.encode(text, percent.sets.control);
  const domain = domainToASCII(percent.decode(text));
  if (domain === null || domain === '' || forbiddenInDomain.test(domain)) return null;
  return endsInNumber(domain) ? parseIPv4(domain) : domain;
};

exports.domainToASCII = function (domain) {
  return exports.parseHost(`${domain}`, true) ?? '';
};

exports.domainToUnicode = function (domain) {
  const host = exports.domainToASCII(domain);
  return /(^|\.)xn--/.test(host) ? require('idna').toUnicode(host) : host;
};
