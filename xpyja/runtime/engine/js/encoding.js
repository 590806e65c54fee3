'use strict';

// TextEncoder and TextDecoder.
//
// Whole texts are converted by native functions wherever one fits: a loop over
// the bytes takes tens of times as long. Their common currency is the "binary
// string", which has one character from 0 to 255 for each byte.

const { invalidArgument, withCode } = require('errors');
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

function bytesFromBinary(binary) {
  return Uint8Array.fromBase64(btoa(binary));
}

function binaryFromBytes(bytes) {
  return atob(bytes.toBase64());
}

class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(text = '') {
    // encodeURIComponent makes %XX of each byte, and unescape characters of those.
    return bytesFromBinary(unescape(encodeURIComponent(`${text}`.toWellFormed())));
  }

  // Writes as many whole characters as there is room for.
  encodeInto(text, target) {
    text = `${text}`.toWellFormed();
    if (!(target instanceof Uint8Array)) {
      throw invalidArgument('The "dest" argument must be an instance of Uint8Array.');
    }
    let read = 0;
    let written = 0;
    while (read < text.length) {
      const code = text.codePointAt(read);
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (written + size > target.length) break;
      if (size === 1) {
        target[written] = code;
      } else {
        for (let i = size - 1, rest = code; i > 0; i--, rest >>= 6) target[written + i] = 0x80 | (rest & 0x3f);
        target[written] = [0, 0, 0xc0, 0xe0, 0xf0][size] | (code >> (6 * (size - 1)));
      }
      written += size;
      read += size === 4 ? 2 : 1;
    }
    return { read, written };
  }

  [inspectCustom](depth, options, inspect) {
    return inspect({ encoding: this.encoding }, options);
  }
}

const labels = {
  'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8',
  'utf-16be': 'unicodefffe utf-16be',
  'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le',
  'windows-1252':
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 ' +
    'iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
};
const encodingOf = new Map();
for (const encoding of Object.keys(labels)) {
  for (const label of labels[encoding].split(' ')) encodingOf.set(label, encoding);
}

// The bytes of a sequence that starts with `lead`; 0 if none starts with it.
function sequenceLength(lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

// Whether the byte may come second: not in overlong forms, surrogates, or
// characters above U+10FFFF.
function isSecondByte(lead, byte) {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

// How many bytes from `start` belong to one character, or to the start of one.
function sequenceAt(bytes, start) {
  const lead = bytes[start];
  const length = sequenceLength(lead);
  let end = start + 1;
  while (end < bytes.length && end - start < length &&
         (end === start + 1 ? isSecondByte(lead, bytes[end]) : (bytes[end] & 0xc0) === 0x80)) end++;
  return { size: end - start, complete: end - start === length };
}

// The bytes at the end that more input may complete to a character.
function incompleteUtf8(bytes) {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const start = bytes.length - back;
    if ((bytes[start] & 0xc0) === 0x80) continue;
    const { size, complete } = sequenceAt(bytes, start);
    return !complete && size === back && sequenceLength(bytes[start]) > 0 ? back : 0;
  }
  return 0;
}

function incompleteUtf16(bytes, bigEndian) {
  const odd = bytes.length % 2;
  const high = bytes.length - odd - 2 + (bigEndian ? 0 : 1);
  return high >= 0 && (bytes[high] & 0xfc) === 0xd8 ? odd + 2 : odd;
}

// Null if the bytes are not well-formed.
function utf8Strict(bytes) {
  const binary = binaryFromBytes(bytes);
  if (/^[\x00-\x7f]*$/.test(binary)) return binary;
  try {
    return decodeURIComponent(escape(binary));
  } catch {
    return null;
  }
}

// Each malformed part becomes one replacement character.
function utf8Lenient(bytes) {
  let text = '';
  let start = 0; // of the well-formed bytes that are not in `text` yet
  let i = 0;
  while (i < bytes.length) {
    const { size, complete } = bytes[i] < 0x80 ? { size: 1, complete: true } : sequenceAt(bytes, i);
    if (!complete) {
      text += utf8Strict(bytes.subarray(start, i)) + '\ufffd';
      start = i + size;
    }
    i += size;
  }
  return text + utf8Strict(bytes.subarray(start));
}

function utf16(bytes, bigEndian) {
  const parts = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const even = bytes.length - (bytes.length % 2);
  for (let start = 0; start < even; start += 4096) {
    const units = [];
    for (let i = start; i < even && i < start + 4096; i += 2) units.push(view.getUint16(i, !bigEndian));
    parts.push(String.fromCharCode.apply(null, units));
  }
  return parts.join('') + (even === bytes.length ? '' : '\ufffd');
}

// The characters of windows-1252 for the bytes from 0x80 to 0x9f.
const windows1252 =
  '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function decodeWindows1252(bytes) {
  return binaryFromBytes(bytes).replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80]);
}

function bytesOf(input) {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return new Uint8Array(input);
  throw invalidArgument(
    'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.');
}

function concatenated(first, second) {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

const noBytes = new Uint8Array(0);

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #pending = noBytes; // the start of a character, kept from the last chunk
  #atStart = true; // nothing has been decoded of this stream

  constructor(label = 'utf-8', options = {}) {
    this.#encoding = encodingOf.get(`${label}`.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase());
    if (this.#encoding === undefined) {
      throw withCode(new RangeError(`The "${label}" encoding is not supported`), 'ERR_ENCODING_NOT_SUPPORTED');
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input, options = {}) {
    const stream = Boolean(options?.stream);
    let bytes = concatenated(this.#pending, input === undefined ? noBytes : bytesOf(input));
    this.#pending = noBytes;
    if (stream) {
      const kept = this.#incomplete(bytes);
      // A copy: the script may change its buffer before the next chunk.
      this.#pending = bytes.slice(bytes.length - kept);
      bytes = bytes.subarray(0, bytes.length - kept);
    }
    let text;
    try {
      text = this.#textOf(bytes);
    } catch (error) {
      this.#pending = noBytes;
      this.#atStart = true;
      throw error;
    }
    if (this.#atStart && text !== '') {
      this.#atStart = false;
      if (!this.#ignoreBOM && text[0] === '\ufeff') text = text.slice(1);
    }
    if (!stream) this.#atStart = true;
    return text;
  }

  #incomplete(bytes) {
    switch (this.#encoding) {
      case 'utf-8': return incompleteUtf8(bytes);
      case 'utf-16le': return incompleteUtf16(bytes, false);
      case 'utf-16be': return incompleteUtf16(bytes, true);
      default: return 0;
    }
  }

  #textOf(bytes) {
    if (this.#encoding === 'windows-1252') return decodeWindows1252(bytes);
    if (this.#encoding === 'utf-8') {
      const text = utf8Strict(bytes);
      if (text !== null) return text;
      if (this.#fatal) throw this.#invalid();
      return utf8Lenient(bytes);
    }
    const text = utf16(bytes, this.#encoding === 'utf-16be');
    if (this.#fatal && (bytes.length % 2 === 1 || !text.isWellFormed())) throw this.#invalid();
    return text.toWellFormed();
  }

  #invalid() {
    const message = `The encoded data was not valid for encoding ${this.#encoding}`;
    return withCode(new TypeError(message), 'ERR_ENCODING_INVALID_ENCODED_DATA');
  }

  [inspectCustom](depth, options, inspect) {
    const { encoding, fatal, ignoreBOM } = this;
    return `TextDecoder ${inspect({ encoding, fatal, ignoreBOM }, options)}`;
  }
}

for (const constructor of [TextEncoder, TextDecoder]) {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: constructor.name, configurable: true });
}

exports.TextEncoder = TextEncoder;
exports.TextDecoder = TextDecoder;
