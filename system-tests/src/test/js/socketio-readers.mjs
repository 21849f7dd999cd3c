// Readers by Socket.IO's own client, unmodified, many in one process. Commands come as JSON lines; what readers are told
// goes out as JSON lines. Everything that was missed comes with the connection that is recovered.
import {createInterface} from 'node:readline';
import {io} from 'socket.io-client';

const readers = new Map();
const say = (reader, kind, what) => process.stdout.write(JSON.stringify({reader, kind, ...what}) + '\n');

class Reader {
  constructor({open: name, url, transports, channels, from, after, token, unrecovered}) {
    this.name = name;
    this.channels = channels;
    this.start = after ? {after} : {from};
    this.connection = 0;
    this.positions = new Map();
    this.subscribed = new Set();
    this.socket = io(url, {
      forceNew: true,
      transports,
      auth: {token, meta: true},
      reconnectionDelay: 25,
      reconnectionDelayMax: 250,
    });
    this.socket.on('connect', () => this.connected(unrecovered));
    this.socket.on('connect_error', (error) => {
      if (error.data) say(name, 'error', {code: error.data.code, message: error.message});
    });
    this.socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') say(name, 'error', {code: reason});
    });
    this.socket.on('tw.live', ({channel}) => say(name, 'live', {channel, connection: this.connection}));
    this.socket.on('tw.end', ({channel}) => say(name, 'end', {channel}));
    this.socket.on('tw.reset', (reset) => say(name, 'reset', {...reset, connection: this.connection}));
    this.socket.onAny((type, data, meta) => {
      if (!this.positions.has(meta?.channel)) return;
      this.positions.set(meta.channel, meta.id);
      say(name, 'event', {channel: meta.channel, id: meta.id, type, data: JSON.stringify(data), connection: this.connection});
    });
  }

  connected(unrecovered) {
    say(this.name, 'connected', {connection: ++this.connection});
    if (this.socket.recovered) {
      // The answer was lost, so nobody knows whether the subscription is there, or where it began: once more.
      for (const channel of this.channels.filter((one) => !this.subscribed.has(one)))
        this.socket.emit('tw:unsubscribe', {channel}, () => this.subscribe(channel));
      return;
    }
    if (this.positions.size && !unrecovered) say(this.name, 'error', {code: 'not recovered'});
    this.subscribed.clear();
    for (const channel of this.channels) this.subscribe(channel);
  }

  subscribe(channel) {
    const {connection} = this;
    const after = this.positions.get(channel);
    const start = after ? {after} : this.start;
    this.socket.emit('tw:subscribe', {channel, ...start}, ({position, error}) => {
      if (error?.retry) setTimeout(() => this.connection === connection && this.subscribe(channel), 200);
      else if (error) say(this.name, 'error', {code: error.code, message: `${channel}: ${error.message}`});
      if (position === undefined) return;
      this.subscribed.add(channel);
      if (this.positions.has(channel)) return;
      this.positions.set(channel, position);
      say(this.name, 'start', {channel, position});
    });
  }

  /** Between two polls there is nothing to cut: then the next poll fails. */
  again() {
    const {engine} = this.socket.io;
    setTimeout(() => {
      if (engine === this.socket.io.engine && engine.readyState === 'open' && engine.transport.name === 'polling')
        engine.transport.onError('the poll was cut');
    }, 200);
  }
}

createInterface({input: process.stdin}).on('line', (line) => {
  const command = JSON.parse(line), reader = readers.get(command.again ?? command.close);
  if (command.open) readers.set(command.open, new Reader(command));
  else if (command.again) reader.again();
  else if (command.close) reader.socket.close();
}).on('close', () => process.exit());
