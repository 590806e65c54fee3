const fs = require("fs");
const path = require("path");

for (const name of fs.readdirSync("notes").sort()) {
  const lines = fs.readFileSync(path.join("notes", name), "utf8").trim().split("\n");
  const open = lines.filter((line) => line.startsWith("- "));
  console.log(`${path.basename(name, ".txt")}: ${open.length} of ${lines.length} open`);
}
