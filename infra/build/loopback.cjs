// The framework's server listens on all addresses; on a developer's machine nothing of ours may. Preloaded before it.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnLoopback(port, ...rest) {
  return listen.call(this, port, '127.0.0.1', ...rest);
};
