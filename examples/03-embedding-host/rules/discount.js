// A pricing rule: what is plenty gets cheaper.
const stock = require("stock");

exports.price = (item) => {
  const { count, price } = stock.find(item);
  return count > 10 ? price * 0.9 : price;
};
