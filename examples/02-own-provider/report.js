const { table } = require("tables");
const plain = require("plain");

const stock = [
  { item: "lantern", count: 12, price: 24.5 },
  { item: "rope", count: 3, price: 8.25 },
  { item: "compass", count: 7, price: 31 },
];

console.log(table(stock));
console.log();
console.log(plain.table(stock.map(({ item, count, price }) => ({ item, worth: count * price }))));
