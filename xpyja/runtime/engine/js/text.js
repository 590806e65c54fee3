'use strict';

// Lines and widths of texts.

const {
  arrayJoin, regexpExec, stringIncludes, stringIndexOf, stringRepeat, stringSlice,
} = require('primordials');

const asciiPattern = /^[\x20-\x7e]*$/;

function widthOf(text) {
  return regexpExec(asciiPattern, text) !== null ? text.length : require('width').stringWidth(text);
}

// The length without the style sequences, which all end with the letter m.
function lengthWithoutStyles(text) {
  let length = text.length;
  let start = stringIndexOf(text, '\x1b[');
  while (start !== -1) {
    const end = stringIndexOf(text, 'm', start);
    if (end === -1) break;
    length -= end + 1 - start;
    start = stringIndexOf(text, '\x1b[', end);
  }
  return length;
}

function splitLines(text) {
  const lines = [];
  let start = 0;
  for (let end = stringIndexOf(text, '\n'); end !== -1; end = stringIndexOf(text, '\n', start)) {
    lines[lines.length] = stringSlice(text, start, end);
    start = end + 1;
  }
  lines[lines.length] = stringSlice(text, start);
  return lines;
}

function indented(text, width) {
  if (width === 0 || !stringIncludes(text, '\n')) return text;
  return arrayJoin(splitLines(text), '\n' + stringRepeat(' ', width));
}

function plural(count, noun) {
  return count + ' ' + noun + (count === 1 ? '' : 's');
}

exports.indented = indented;
exports.lengthWithoutStyles = lengthWithoutStyles;
exports.plural = plural;
exports.splitLines = splitLines;
exports.widthOf = widthOf;
