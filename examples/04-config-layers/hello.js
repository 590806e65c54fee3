const { greeting, tags, loud } = require("hello").config();
const text = [greeting, ...tags].join(", ");
console.log(loud ? text.toUpperCase() : text);
