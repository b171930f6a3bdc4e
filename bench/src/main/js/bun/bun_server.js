// Bun as a peer of the bench:
//
//   bun bun_server.js --host 127.0.0.1 --port 9001 [--connections N]
//
// /echo sends back what comes; /topic/NAME publishes it to NAME's other subscribers by Bun's own
// publish. Without compression, time-outs and pings; Bun sets TCP_NODELAY.
import { parseArgs } from 'node:util';

const MESSAGE_BYTES_MAX = 1 << 20;
const TOPIC = '/topic/';

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    connections: { type: 'string' }, // nothing here is sized by it
  },
});

const server = Bun.serve({
  hostname: values.host,
  port: Number(values.port),
  idleTimeout: 0,
  fetch(request, server) {
    const path = new URL(request.url).pathname;
    const topic = path.startsWith(TOPIC) ? path.slice(TOPIC.length) : undefined;
    if (path !== '/echo' && topic === undefined) return new Response('', { status: 404 });
    if (server.upgrade(request, { data: topic })) return undefined;
    return new Response('a WebSocket is wanted here', { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: MESSAGE_BYTES_MAX,
    idleTimeout: 0,
    sendPings: false,
    open(socket) {
      if (socket.data !== undefined) socket.subscribe(socket.data);
    },
    message(socket, message) {
      if (socket.data === undefined) socket.send(message);
      else socket.publish(socket.data, message);
    },
  },
});
console.log(`listening on port ${server.port}`);
