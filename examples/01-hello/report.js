// Reports on a text: ./dist/hello.pyz run report.js [FILE]
const fs = require("fs");
const path = require("path");
const { count, longest, mostFrequent } = require("./lib/words");

const file = scriptArgs[1] || path.join("data", "lighthouse.txt");
const text = fs.readFileSync(file, "utf8");
const { lines, words, sentences } = count(text);

console.log(`${path.basename(file)} (${path.extname(file).slice(1)}, ${fs.statSync(file).size} bytes)`);
console.log(`  ${lines} lines, ${words.length} words, ${sentences} sentences`);
console.log(`  ${(words.length / sentences).toFixed(1)} words per sentence`);
console.log(`  longest word: ${longest(words)}`);
console.log("  most frequent:");
for (const [word, times] of mostFrequent(words, 5)) {
  console.log(`    ${String(times).padStart(3)}  ${word} ${"▪".repeat(times)}`);
}
