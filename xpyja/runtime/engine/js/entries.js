'use strict';

// Joins the entries of an object into one text: on one line, on a line each, or in
// columns. `context` is that of inspect.js.

const {
  arrayJoin, getOwnPropertyDescriptor, mathFloor, mathMax, mathMin, mathRound, mathSqrt,
  stringIncludes, stringPadEnd, stringPadStart, stringRepeat,
} = require('primordials');
const { dataOf } = require('objects');
const { lengthWithoutStyles, widthOf } = require('text');

// Short objects with at most `compact` inner levels go on one line; others have
// a line for each entry.
function joinEntries(context, output, base, open, close, isArrayLike, depth, value) {
  const before = base === '' ? '' : base + ' ';
  const indentation = stringRepeat(' ', context.indentation);
  if (context.compact === true) {
    if (fitsOneLine(context, output, 0, base)) {
      return open + (base === '' ? '' : ' ' + base) + ' ' + arrayJoin(output, ', ') + ' ' + close;
    }
    let start = ' ';
    if (base !== '' || open.length > 1) start = (base === '' ? '' : ' ' + base) + '\n' + indentation + '  ';
    return open + start + arrayJoin(output, ',\n' + indentation + '  ') + ' ' + close;
  }
  if (context.compact >= 1) {
    const entries = output.length;
    if (isArrayLike && entries > 6) output = groupInColumns(context, output, value);
    if (context.currentDepth - depth < context.compact && entries === output.length) {
      const start = output.length + context.indentation + open.length + base.length + 10;
      if (fitsOneLine(context, output, start, base)) {
        const joined = arrayJoin(output, ', ');
        if (!stringIncludes(joined, '\n')) return before + open + ' ' + joined + ' ' + close;
      }
    }
  }
  const lines = arrayJoin(output, ',\n' + indentation + '  ');
  return before + open + '\n' + indentation + '  ' + lines + '\n' + indentation + close;
}

function fitsOneLine(context, output, start, base) {
  let total = output.length + start;
  if (total + output.length > context.breakLength) return false;
  for (let i = 0; i < output.length; i++) {
    total += context.colors ? lengthWithoutStyles(output[i]) : output[i].length;
    if (total > context.breakLength) return false;
  }
  return base === '' || !stringIncludes(base, '\n');
}

function allNumbers(array, count) {
  for (let i = 0; i < count; i++) {
    const type = typeof dataOf(getOwnPropertyDescriptor(array, i));
    if (type !== 'number' && type !== 'bigint') return false;
  }
  return true;
}

// Lays the elements of a longer array out in columns, about 2.5 times as wide as
// high (as characters are), if the elements are short and of similar width.
function groupInColumns(context, output, array) {
  let count = output.length;
  const hasMoreNote = context.maxArrayLength < count;
  if (hasMoreNote) count--;

  const widths = [];
  let totalWidth = 0;
  let maxWidth = 0;
  for (let i = 0; i < count; i++) {
    widths[i] = widthOf(output[i]);
    totalWidth += widths[i] + 2;
    maxWidth = mathMax(maxWidth, widths[i]);
  }
  const columnWidth = maxWidth + 2;
  if (columnWidth * 3 + context.indentation >= context.breakLength) return output;
  if (totalWidth / columnWidth <= 5 && maxWidth > 6) return output;

  const bias = mathSqrt(columnWidth - totalWidth / output.length);
  const biasedWidth = mathMax(columnWidth - 3 - bias, 1);
  const columns = mathMin(
    mathRound(mathSqrt(2.5 * biasedWidth * count) / biasedWidth),
    mathFloor((context.breakLength - context.indentation) / columnWidth),
    context.compact * 4,
    15,
  );
  if (columns <= 1) return output;

  const columnWidths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < count; i += columns) width = mathMax(width, widths[i]);
    columnWidths[column] = width + 2;
  }
  const numeric = array !== undefined && allNumbers(array, output.length);
  const pad = numeric ? stringPadStart : stringPadEnd;
  const rows = [];
  for (let start = 0; start < count; start += columns) {
    const last = mathMin(start + columns, count) - 1;
    let row = '';
    for (let i = start; i < last; i++) {
      // Padding counts characters, so add those that take no columns.
      row += pad(output[i] + ', ', columnWidths[i - start] + output[i].length - widths[i], ' ');
    }
    if (numeric) row += pad(output[last], columnWidths[last - start] + output[last].length - widths[last] - 2, ' ');
    else row += output[last];
    rows[rows.length] = row;
  }
  if (hasMoreNote) rows[rows.length] = output[count];
  return rows;
}

exports.joinEntries = joinEntries;
