'use strict';

// The text of console.table(): rows of data in a box.

const {
  arrayJoin, hasOwn, isArray, mapForEach, mapSize, mathMax, objectKeys, setForEach, setSize,
  stringRepeat,
} = require('primordials');
const { inspect } = require('inspect');
const { widthOf } = require('text');

const INDEX = '(index)';
const ITERATION = '(iteration index)';
const VALUES = 'Values';

// A size getter throws if the value is of another kind.
function succeeds(check, value) {
  try {
    check(value);
    return true;
  } catch {
    return false;
  }
}

function isObject(value) {
  return value !== null && (typeof value === 'object' || typeof value === 'function');
}

function cellText(value, options) {
  const large = isObject(value) && typeof value === 'object' && !isArray(value) && objectKeys(value).length > 2;
  return inspect(value, {
    __proto__: null,
    depth: large ? -1 : 0,
    maxArrayLength: 3,
    breakLength: Infinity,
    colors: options.colors,
  });
}

// `columns` has an array of cell texts for each title.
function draw(titles, columns) {
  let rowCount = 0;
  const widths = [];
  const lines = [];
  for (let c = 0; c < titles.length; c++) {
    rowCount = mathMax(rowCount, columns[c].length);
    widths[c] = widthOf(titles[c]);
    for (let r = 0; r < columns[c].length; r++) {
      if (columns[c][r] !== undefined) widths[c] = mathMax(widths[c], widthOf(columns[c][r]));
    }
    widths[c] += 2;
    lines[c] = stringRepeat('─', widths[c]);
  }
  const row = (textOf) => {
    const cells = [];
    for (let c = 0; c < titles.length; c++) {
      const cell = textOf(c) ?? '';
      cells[c] = ' ' + cell + stringRepeat(' ', widths[c] - 1 - widthOf(cell));
    }
    return '│' + arrayJoin(cells, '│') + '│\n';
  };
  let text = '┌' + arrayJoin(lines, '┬') + '┐\n';
  text += row((c) => titles[c]);
  text += '├' + arrayJoin(lines, '┼') + '┤\n';
  for (let r = 0; r < rowCount; r++) text += row((c) => columns[c][r]);
  return text + '└' + arrayJoin(lines, '┴') + '┘';
}

function indexCells(count, options) {
  const cells = [];
  for (let i = 0; i < count; i++) cells[i] = cellText(i, options);
  return cells;
}

function drawMap(map, options) {
  const keys = [];
  const values = [];
  mapForEach(map, (value, key) => {
    keys[keys.length] = cellText(key, options);
    values[values.length] = cellText(value, options);
  });
  return draw([ITERATION, 'Key', VALUES], [indexCells(keys.length, options), keys, values]);
}

function drawSet(set, options) {
  const values = [];
  setForEach(set, (value) => {
    values[values.length] = cellText(value, options);
  });
  return draw([ITERATION, VALUES], [indexCells(values.length, options), values]);
}

// One column for each property that any row has, in order of appearance, and
// one for the rows that are not objects. `properties` chooses the columns.
function drawRows(data, properties, options) {
  const rows = objectKeys(data);
  const columnOf = { __proto__: null };
  const plainCells = [];
  for (let r = 0; r < rows.length; r++) {
    const item = data[rows[r]];
    if (!isObject(item) && properties === undefined) {
      plainCells[r] = cellText(item, options);
      continue;
    }
    const names = properties ?? objectKeys(item);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      columnOf[name] ??= [];
      const present = isObject(item) && hasOwn(item, name);
      columnOf[name][r] = present ? cellText(item[name], options) : '';
    }
  }
  const titles = [INDEX];
  const columns = [rows];
  const names = objectKeys(columnOf);
  for (let i = 0; i < names.length; i++) {
    titles[titles.length] = names[i];
    columns[columns.length] = columnOf[names[i]];
  }
  if (plainCells.length > 0) {
    titles[titles.length] = VALUES;
    columns[columns.length] = plainCells;
  }
  return draw(titles, columns);
}

exports.tableText = function tableText(data, properties, options) {
  if (succeeds(mapSize, data)) return drawMap(data, options);
  if (succeeds(setSize, data)) return drawSet(data, options);
  return drawRows(data, properties, options);
};
