// Node's `ws` against a Mooring server: the client of the Java end-to-end tests.
//
//   node client.mjs URL '{"connections": 100, "sizes": [0, 125, 65536]}'
//   node client.mjs --self-test       against an echo server made with ws itself, and broken ones
//
// Opens all connections, and only then sends on each: for every size a text and a binary message,
// whole and in fragments (pings between them), one after the other; then all small ones at once.
// What comes back must be the same bytes, of the same kind, in the same order. Ends with a clean
// close. Prints one line of JSON and exits 0 (ok), 1 (not ok) or 2 (usage).
import { WebSocket, WebSocketServer } from 'ws';

const DEFAULTS = {
  connections: 1,
  sizes: [0, 1, 125, 126, 65535, 65536, 1048576],
  fragments: 3, // pieces of a fragmented message; 0: whole messages only
  pipelined: 126, // messages up to this size are sent once more, without waiting; -1: none
  deflate: true, // offer permessage-deflate, as ws does when nothing is said
  deadlineMs: 60_000,
};
const FAILURES_SHOWN = 20;

class Run {
  constructor(url, spec) {
    this.url = url;
    this.spec = spec;
    this.result = {
      ok: false, connections: 0, echoes: 0, pongs: 0, closes: 0, ms: 0, failures: [],
    };
    this.failuresTotal = 0;
    this.clients = [];
  }

  fail(text) {
    this.failuresTotal++;
    if (this.result.failures.length < FAILURES_SHOWN) this.result.failures.push(text);
  }

  /** Never throws, and never takes longer than the deadline: what hangs is named. */
  async go() {
    const start = performance.now();
    let timer;
    const deadline = new Promise((resolve) => {
      timer = setTimeout(() => {
        const waiting = this.clients.filter((client) => !client.done);
        for (const client of waiting) {
          const over = `${this.spec.deadlineMs} ms over`;
          this.fail(`#${client.id}: ${over}, still waiting for ${client.doing}`);
        }
        resolve();
      }, this.spec.deadlineMs);
    });
    await Promise.race([this.all(), deadline]);
    clearTimeout(timer);
    for (const client of this.clients) client.ws.terminate();
    this.result.ms = Math.round(performance.now() - start);
    this.result.ok = this.failuresTotal === 0;
    if (this.failuresTotal > FAILURES_SHOWN) {
      this.result.failures.push(`and ${this.failuresTotal - FAILURES_SHOWN} more`);
    }
    return this.result;
  }

  async all() {
    const messages = this.messages();
    for (let id = 0; id < this.spec.connections; id++) this.clients.push(new Client(id, this));
    await Promise.all(this.clients.map((client) => client.guard(() => client.open())));
    const open = this.clients.filter((client) => !client.done);
    await Promise.all(open.map((client) => client.guard(() => client.talk(messages))));
    for (const client of this.clients) client.done = true;
  }

  messages() {
    const messages = [];
    for (const size of this.spec.sizes) {
      for (const binary of [false, true]) {
        const bytes = binary ? binaryOf(size) : textOf(size);
        messages.push({ bytes, binary, pieces: 1 });
        if (this.spec.fragments > 0) messages.push({ bytes, binary, pieces: this.spec.fragments });
      }
    }
    return messages;
  }
}

class Client {
  constructor(id, run) {
    this.id = id;
    this.run = run;
    this.done = false;
    this.doing = 'the handshake';
    this.expected = []; // messages sent and not yet echoed, oldest first
    this.wake = null;
    this.ws = new WebSocket(run.url, { perMessageDeflate: run.spec.deflate });
    this.ws.on('open', () => this.wakeUp());
    this.ws.on('error', (error) => this.end(`${this.doing}: ${error.message || error.code}`));
    this.ws.on('close', (code) => {
      this.closeCode = code;
      this.end(`${this.doing}: closed with ${code}`);
    });
    this.ws.on('message', (data, binary) => this.onEcho(data, binary));
    this.ws.on('pong', (data) => this.onPong(data));
  }

  async guard(step) {
    try {
      await step();
    } catch (error) {
      this.run.fail(`#${this.id}: ${error.message}`);
      this.done = true;
    }
  }

  async open() {
    await this.until(() => this.ws.readyState === WebSocket.OPEN, 'open');
    this.run.result.connections++;
  }

  async talk(messages) {
    for (const message of messages) {
      this.doing = `the echo of ${describe(message)}`;
      this.send(message, message.pieces > 1);
      await this.until(() => this.expected.length === 0);
    }
    await this.ping('a ping', Buffer.from('mooring'));
    await this.ping('an empty ping', Buffer.alloc(0));
    await this.ping('a ping of 125 bytes', binaryOf(125));

    const small = messages.filter((message) => message.bytes.length <= this.run.spec.pipelined);
    this.doing = `the echoes of ${small.length} messages sent at once`;
    for (const message of small) this.send(message, false);
    await this.until(() => this.expected.length === 0);

    this.doing = 'the close with 1000';
    this.closing = true;
    this.ws.close(1000, 'done');
    await this.until(() => this.closeCode !== undefined);
    if (this.closeCode !== 1000) throw new Error(`closed with ${this.closeCode} and not 1000`);
    this.run.result.closes++;
    this.done = true;
  }

  send(message, pings) {
    this.expected.push(message);
    const { bytes, binary, pieces } = message;
    for (let i = 0; i < pieces; i++) {
      // Cut anywhere, also within a UTF-8 character. A message shorter than its pieces: empty ones.
      const from = Math.floor((bytes.length * i) / pieces);
      const to = Math.floor((bytes.length * (i + 1)) / pieces);
      this.ws.send(bytes.subarray(from, to), { binary, fin: i === pieces - 1 });
      if (pings && i < pieces - 1) {
        this.pongsDue = (this.pongsDue ?? 0) + 1;
        this.ws.ping('between');
      }
    }
  }

  async ping(what, bytes) {
    this.doing = `the pong to ${what}`;
    const before = this.pongs ?? 0;
    this.ws.ping(bytes);
    await this.until(() => (this.pongs ?? 0) > before && !this.pongsDue);
    if (Buffer.compare(this.lastPong, bytes) !== 0) {
      throw new Error(`${this.doing} has other bytes`);
    }
  }

  onPong(data) {
    this.run.result.pongs++;
    if (this.pongsDue && data.toString() === 'between') {
      this.pongsDue--;
    } else {
      this.pongs = (this.pongs ?? 0) + 1;
      this.lastPong = data;
    }
    this.wakeUp();
  }

  onEcho(data, binary) {
    const message = this.expected.shift();
    if (!message) {
      this.end(`${this.doing}: got ${data.length} bytes that nobody had asked for`);
    } else if (binary !== message.binary) {
      this.end(`${describe(message)} came back as ${binary ? 'binary' : 'text'}`);
    } else if (Buffer.compare(data, message.bytes) !== 0) {
      const difference = firstDifference(data, message.bytes);
      this.end(`${describe(message)} came back as ${data.length} bytes, ${difference}`);
    } else {
      this.run.result.echoes++;
    }
    this.wakeUp();
  }

  /** The first reason counts; what follows from it (a close after an error) says nothing new. */
  end(reason) {
    if (!(this.closing && this.closeCode !== undefined)) this.reason ??= reason;
    this.wakeUp();
  }

  async until(condition) {
    while (!condition()) {
      if (this.reason) throw new Error(this.reason);
      await new Promise((resolve) => (this.wake = resolve));
    }
    if (this.reason) throw new Error(this.reason);
  }

  wakeUp() {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }
}

function describe({ bytes, binary, pieces }) {
  const how = pieces > 1 ? `in ${pieces} fragments` : 'whole';
  return `${bytes.length} bytes of ${binary ? 'binary' : 'text'}, ${how}`;
}

function firstDifference(got, want) {
  const length = Math.min(got.length, want.length);
  for (let i = 0; i < length; i++) if (got[i] !== want[i]) return `other from byte ${i} on`;
  return `the same for ${length} bytes`;
}

/** Bytes in no simple period, so that a mask or an offset gone wrong cannot pass unseen. */
function binaryOf(size) {
  const bytes = Buffer.allocUnsafe(size);
  let x = 0x2545f491 ^ size;
  for (let i = 0; i < size; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
  return bytes;
}

/** Exactly `size` bytes of UTF-8, with characters of one to four bytes. */
function textOf(size) {
  const unit = Buffer.from('Moor: é, €, 😀. ');
  const bytes = Buffer.alloc(size, 'x');
  const whole = Math.floor(size / unit.length) * unit.length;
  for (let at = 0; at < whole; at += unit.length) unit.copy(bytes, at);
  return bytes;
}

function readSpec(text) {
  const spec = JSON.parse(text ?? '{}');
  for (const name of Object.keys(spec)) {
    if (!(name in DEFAULTS)) {
      throw new Error(`no '${name}' in a spec, but ${Object.keys(DEFAULTS).join(', ')}`);
    }
  }
  return { ...DEFAULTS, ...spec };
}

// ---- self-test ----------------------------------------------------------------------------------

/** Runs against a server of ws's own, with `onMessage(socket, data, binary)`. */
async function against(onMessage, spec, options = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await new Promise((resolve) => server.on('listening', resolve));
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, binary) => onMessage(socket, data, binary));
  });
  const url = `ws://127.0.0.1:${server.address().port}/echo`;
  const result = await new Run(url, readSpec(JSON.stringify(spec))).go();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
  return result;
}

async function selfTest() {
  const echo = (socket, data, binary) => socket.send(data, { binary });
  const few = { connections: 2, sizes: [5, 126], deadlineMs: 1000 };
  const cases = [
    ['an echo server passes', echo, { connections: 20 }, undefined],
    ['without fragments', echo, { ...few, fragments: 0, pipelined: -1 }, undefined],
    ['another byte fails', (socket, data, binary) => {
      data[data.length - 1] ^= 1;
      socket.send(data, { binary });
    }, few, /other from byte 4 on/],
    ['a byte too few fails', (socket, data, binary) => {
      socket.send(data.subarray(1), { binary });
    }, few, /came back as 4/],
    ['the other kind fails', (socket, data) => {
      socket.send(data, { binary: true });
    }, few, /came back as binary/],
    ['an echo twice fails', (socket, data, binary) => {
      echo(socket, data, binary);
      echo(socket, data, binary);
    }, few, /nobody had asked for|came back as/],
    ['a silent server fails', () => {}, few, /waiting for the echo of 5 bytes of text, whole/],
    ['a close fails', (socket) => socket.close(1011), few, /closed with 1011/],
    ['a reset fails', (socket) => socket.terminate(), few, /closed with 1006/],
    ['no pong fails', echo, few, /still waiting for the pong/, { autoPong: false }],
  ];
  const failures = [];
  for (const [name, onMessage, spec, expected, options] of cases) {
    const result = await against(onMessage, spec, options);
    const right = expected
      ? !result.ok && result.failures.some((failure) => expected.test(failure))
      : result.ok && result.closes === spec.connections;
    if (!right) failures.push(`${name}: ${JSON.stringify(result)}`);
  }
  const refused = await new Run('ws://127.0.0.1:1/', readSpec('{}')).go();
  if (refused.ok || !/ECONNREFUSED/.test(refused.failures[0])) {
    failures.push(`refused: ${JSON.stringify(refused)}`);
  }
  return { ok: failures.length === 0, cases: cases.length + 1, failures };
}

// -------------------------------------------------------------------------------------------------

async function main([url, text]) {
  if (url === '--self-test') return selfTest();
  let spec;
  try {
    new URL(url);
    spec = readSpec(text);
  } catch (error) {
    console.error(`${error.message}; usage: node client.mjs URL '{...}' | --self-test`);
    process.exit(2);
  }
  return new Run(url, spec).go();
}

const result = await main(process.argv.slice(2));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(result.ok ? 0 : 1));
