const { shout } = require('./lib/shout');
console.log(shout('hello'), scriptArgs.slice(1));
