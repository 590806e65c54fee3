// Copies the notes that are done. Reading and writing are different modules, so each has its own folder.
const fs = require("fs");
const done = require("fs:done");

done.mkdirSync("done", { recursive: true });
for (const name of fs.readdirSync("notes").sort()) {
  const text = fs.readFileSync(`notes/${name}`, "utf8");
  if (!text.includes("- ")) {
    done.writeFileSync(`done/${name}`, text);
    console.log("archived", name);
  }
}
