'use strict';

// Strings and numbers as they are written in JavaScript.

const {
  bigintToString, numberIsFinite, numberToString, objectIs, regexpExec, stringCharCodeAt,
  stringIncludes, stringIndexOf, stringPadStart, stringSlice, stringStartsWith, stringToUpperCase,
} = require('primordials');

const namedEscapes = {
  __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 39: "\\'", 92: '\\\\',
};
const specialCharacters = /[\x00-\x1f\x7f-\x9f\\'\ud800-\udfff]/;

function isLoneSurrogate(text, i, code) {
  if (code < 0xdc00) {
    const next = stringCharCodeAt(text, i + 1);
    return !(next >= 0xdc00 && next <= 0xdfff);
  }
  const previous = stringCharCodeAt(text, i - 1);
  return !(previous >= 0xd800 && previous <= 0xdbff);
}

// Escapes control characters, backslashes and lone surrogates, and single
// quotes when they are the quotes around the text.
function escapeText(text, escapeQuotes) {
  if (regexpExec(specialCharacters, text) === null) return text;
  let result = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = stringCharCodeAt(text, i);
    let escape;
    if (code < 0x20 || code === 0x5c || (code === 0x27 && escapeQuotes) || (code >= 0x7f && code <= 0x9f)) {
      escape = namedEscapes[code];
      if (escape === undefined) {
        escape = '\\x' + stringPadStart(stringToUpperCase(numberToString(code, 16)), 2, '0');
      }
    } else if (code >= 0xd800 && code <= 0xdfff && isLoneSurrogate(text, i, code)) {
      escape = '\\u' + numberToString(code, 16);
    } else {
      continue;
    }
    result += stringSlice(text, start, i) + escape;
    start = i + 1;
  }
  return result + stringSlice(text, start);
}

function quote(text) {
  if (!stringIncludes(text, "'")) return "'" + escapeText(text, false) + "'";
  if (!stringIncludes(text, '"')) return '"' + escapeText(text, false) + '"';
  if (!stringIncludes(text, '`') && !stringIncludes(text, '${')) return '`' + escapeText(text, false) + '`';
  return "'" + escapeText(text, true) + "'";
}

function groupDigits(digits) {
  let result = '';
  let end = digits.length;
  const first = stringStartsWith(digits, '-') ? 4 : 3;
  for (; end > first; end -= 3) result = '_' + stringSlice(digits, end - 3, end) + result;
  return stringSlice(digits, 0, end) + result;
}

function groupFraction(digits) {
  let result = stringSlice(digits, 0, 3);
  for (let i = 3; i < digits.length; i += 3) result += '_' + stringSlice(digits, i, i + 3);
  return result;
}

function numberText(number, separator) {
  if (objectIs(number, -0)) return '-0';
  const text = numberToString(number);
  if (!separator || !numberIsFinite(number) || stringIncludes(text, 'e')) return text;
  const point = stringIndexOf(text, '.');
  if (point === -1) return groupDigits(text);
  return groupDigits(stringSlice(text, 0, point)) + '.' + groupFraction(stringSlice(text, point + 1));
}

function bigintText(bigint, separator) {
  const text = bigintToString(bigint);
  return (separator ? groupDigits(text) : text) + 'n';
}

exports.bigintText = bigintText;
exports.escapeText = escapeText;
exports.numberText = numberText;
exports.quote = quote;
