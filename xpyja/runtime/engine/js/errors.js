'use strict';

// Errors of the Web APIs, with the codes that Node.js gives them.

exports.withCode = function withCode(error, code) {
  error.code = code;
  return error;
};

exports.missingArguments = function missingArguments(message) {
  return exports.withCode(new TypeError(message), 'ERR_MISSING_ARGS');
};

exports.invalidArgument = function invalidArgument(message) {
  return exports.withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
};
