'use strict';

// Percent-encoding, with the sets of characters that the URL standard names.

// Each pattern matches the characters that are encoded.
exports.sets = {
  control: /[^\x20-\x7e]/gu,
  fragment: /[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7e]/gu,
  query: /[^\x21\x24-\x3b\x3d\x3f-\x7e]/gu,
  specialQuery: /[^\x21\x24-\x26\x28-\x3b\x3d\x3f-\x7e]/gu,
  path: /[^\x21\x24-\x3b\x3d\x40-\x5f\x61-\x7a\x7c\x7e]/gu,
  userinfo: /[^\x21\x24-\x2e\x30-\x39\x41-\x5a\x5f\x61-\x7a\x7e]/gu,
};

function encodeCharacter(character) {
  const code = character.charCodeAt(0);
  if (code >= 0x80) return encodeURIComponent(character.toWellFormed());
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

exports.encode = function encode(text, set) {
  return text.replace(set, encodeCharacter);
};

// Decodes %XX as UTF-8. What is not well-formed becomes replacement characters;
// a % that no two digits follow stays.
exports.decode = function decode(text) {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    const { TextDecoder, TextEncoder } = require('encoding');
    const bytes = new TextEncoder().encode(text);
    const decoded = [];
    for (let i = 0; i < bytes.length; i++) {
      const digits = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : '';
      if (/^[0-9a-f]{2}$/i.test(digits)) {
        decoded.push(parseInt(digits, 16));
        i += 2;
      } else {
        decoded.push(bytes[i]);
      }
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(decoded));
  }
};
