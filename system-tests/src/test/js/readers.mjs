// Readers by our client, many in one process. Commands come as JSON lines; what readers are told goes out as JSON lines.
import {createInterface} from 'node:readline';

const {createClient} = await import(process.argv[2]);
const readers = new Map();
let skipped = 0;
const clock = {
  now: () => Date.now() + skipped,
  random: Math.random,
  setTimeout: (f, ms) => setTimeout(f, Math.min(ms, 2 ** 31 - 1)),
  clearTimeout,
};
const say = (reader, kind, what) => process.stdout.write(JSON.stringify({reader, kind, ...what}) + '\n');

/** As WebSocket is global only from Node 22 on. */
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket;

class Reader {
  constructor({open: name, channels, from, after, ...options}) {
    this.name = name;
    this.connection = 0;
    this.subscriptions = new Map();
    this.handling = new Set();
    this.client = createClient({backoff: {min: 25, max: 250}, clock, WebSocket, ...options});
    this.client.on('state', ({state}) => {
      if (state === 'live') this.connected();
    });
    this.client.on('transport', ({transport, why}) => say(name, 'transport', {transport, why}));
    this.client.on('error', (error) => say(name, 'error', {code: error.code, message: error.message}));
    for (const channel of channels) this.subscribe(channel, {from, after});
  }

  connected() {
    say(this.name, 'connected', {connection: ++this.connection});
  }

  subscribe(channel, options) {
    const {name} = this;
    let started = false;
    const start = () => {
      if (!started) say(name, 'start', {channel, position: subscription.position});
      started = true;
    };
    const subscription = this.client.channel(channel).subscribe((event) => {
      start();
      say(name, 'event', {channel: event.channel, id: event.id, type: event.type, data: JSON.stringify(event.data), connection: this.connection});
      return event.id?.endsWith('7') ? this.slow(channel) : undefined;
    }, options);
    subscription.on('live', () => {
      start();
      say(name, 'live', {channel, connection: this.connection});
    });
    subscription.on('reset', (reset) => say(name, 'reset', {channel, ...reset, connection: this.connection}));
    subscription.on('end', () => say(name, 'end', {channel}));
    subscription.on('error', (error) => say(name, 'error', {code: error.code, message: `${channel}: ${error.message}`}));
    this.subscriptions.set(channel, subscription);
  }

  /** Some handlers take their time. */
  slow(channel) {
    this.handling.add(channel);
    return new Promise((done) => setTimeout(() => {
      this.handling.delete(channel);
      done();
    }, 5));
  }

  /** Gives every channel up and takes it again at its position. What is being handled would come again. */
  again() {
    if (this.handling.size) {
      setTimeout(() => this.again(), 1);
      return;
    }
    this.connected();
    for (const [channel, subscription] of this.subscriptions) {
      const after = subscription.position;
      subscription.unsubscribe();
      this.subscribe(channel, after === undefined ? {from: 'earliest'} : {after});
    }
  }

  frames() {
    this.client.call('none.none').catch(() => {});
  }

  publish({publish, channel, data, key}) {
    this.client.channel(channel).publish(data, {key}).then(
      (published) => say(this.name, 'published', {key, ...published}),
      (error) => say(this.name, 'refused', {key, code: error.code, message: error.message}));
  }
}

createInterface({input: process.stdin}).on('line', (line) => {
  const command = JSON.parse(line), reader = readers.get(command.again ?? command.close ?? command.frames ?? command.publish);
  if (command.open) readers.set(command.open, new Reader(command));
  else if (command.again) reader.again();
  else if (command.frames) reader.frames();
  else if (command.publish) reader.publish(command);
  else if (command.skip) skipped += command.skip;
  else if (command.close) reader.client.close();
}).on('close', () => process.exit());
