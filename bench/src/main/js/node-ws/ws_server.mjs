// Node's `ws` as a peer of the bench:
//
//   node ws_server.mjs --host 127.0.0.1 --port 9001 [--connections N]
//
// /echo sends back what comes; /topic/NAME sends it to NAME's other subscribers, by a loop over
// them, which is ws's own way to broadcast. Without compression (its default); ws sets TCP_NODELAY.
import { parseArgs } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';

const MESSAGE_BYTES_MAX = 1 << 20;
const TOPIC = '/topic/';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    connections: { type: 'string' }, // nothing here is sized by it
  },
});

const server = new WebSocketServer({
  host: values.host,
  port: Number(values.port),
  backlog: 4096,
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  clientTracking: false,
});
const topics = new Map();

function echo(socket) {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

function subscribe(socket, name) {
  const members = topics.get(name) ?? new Set();
  topics.set(name, members.add(socket));
  socket.on('message', (data, binary) => {
    for (const member of members) {
      if (member !== socket && member.readyState === WebSocket.OPEN) member.send(data, { binary });
    }
  });
  socket.on('close', () => {
    members.delete(socket);
    if (members.size === 0 && topics.get(name) === members) topics.delete(name);
  });
}

server.on('connection', (socket, request) => {
  socket.on('error', () => {}); // a peer that goes away with a reset is no news
  if (request.url === '/echo') echo(socket);
  else if (request.url.startsWith(TOPIC)) subscribe(socket, request.url.slice(TOPIC.length));
  else socket.close(1008);
});
server.on('listening', () => console.log(`listening on port ${server.address().port}`));
