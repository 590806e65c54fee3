// What a table without rows says.
const { table } = require("tables");

try {
  table([]);
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
}
