'use strict';

// How many terminal columns a text takes: 2 for East Asian wide characters and
// emoji, 0 for combining marks and control characters, else 1. ANSI style
// sequences take none. Loaded only for texts that are not plain ASCII.

const { regexpExec, stringCharCodeAt, stringCodePointAt, stringNormalize } = require('primordials');

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
const emoji = /^\p{Emoji_Presentation}/u;

// First and last code point of each range of wide characters.
const wideRanges = [
  0x1100, 0x115f, 0x2329, 0x232a, 0x2e80, 0x303e, 0x3041, 0x4dbf, 0x4e00, 0xa4cf,
  0xa960, 0xa97c, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6f,
  0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x18cff, 0x1aff0, 0x1b2ff,
  0x1f200, 0x1f265, 0x20000, 0x3fffd,
];

function isWide(codePoint, text) {
  for (let i = 0; i < wideRanges.length; i += 2) {
    if (codePoint < wideRanges[i]) break;
    if (codePoint <= wideRanges[i + 1]) return true;
  }
  return regexpExec(emoji, text) !== null;
}

exports.stringWidth = function stringWidth(text) {
  text = stringNormalize(text, 'NFC');
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    const codePoint = stringCodePointAt(text, i);
    if (codePoint === 0x1b && text[i + 1] === '[') {
      // A style sequence ends with its first letter.
      i += 2;
      while (i < text.length && stringCharCodeAt(text, i) < 0x40) i++;
      continue;
    }
    const character = codePoint > 0xffff ? text[i] + text[++i] : text[i];
    if (codePoint >= 0x20 && codePoint < 0x7f) width++;
    else if (regexpExec(zeroWidth, character) === null) width += isWide(codePoint, character) ? 2 : 1;
  }
  return width;
};
