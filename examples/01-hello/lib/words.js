// Plain JavaScript: this file would run anywhere.
const SHORT = 4;

exports.count = (text) => ({
  lines: text.split("\n").filter((line) => line.trim()).length,
  words: text.toLowerCase().match(/\p{L}+/gu) ?? [],
  sentences: (text.match(/[.!?]+(?=\s|$)/g) ?? []).length,
});

exports.longest = (words) => words.reduce((best, word) => (word.length > best.length ? word : best), "");

// Words of fewer letters say little about a text.
exports.mostFrequent = (words, limit) => {
  const times = new Map();
  for (const word of words) {
    if (word.length >= SHORT) times.set(word, (times.get(word) ?? 0) + 1);
  }
  return [...times].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit);
};
