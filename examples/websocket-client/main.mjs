// A WebSocket client in Node: reads several channels, publishes what is typed, survives cuts.
import {createInterface} from 'node:readline';
import WebSocket from 'ws';
import {url} from '../platform.mjs';

const channels = process.argv.length > 2 ? process.argv.slice(2) : ['demo:a', 'demo:b'];
const positions = new Map();
const unsent = new Map(); // by key
let socket;
let number = 0;

const send = (content) => socket.send(JSON.stringify({id: ++number, ...content}));
const publish = ([key, data]) => send({publish: {channel: channels[0], data, key}});

function connect() {
  socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, 'tailwater.v1.json');
  socket.on('open', () => {
    for (const channel of channels) {
      const after = positions.get(channel);
      send({subscribe: {channel, ...(after ? {after} : {from: 'earliest'})}});
    }
    [...unsent].forEach(publish);
  });
  socket.on('message', (text) => {
    const frame = JSON.parse(text);
    if (frame.live) {
      positions.set(frame.live.channel, frame.live.position);
      console.log('live', frame.live.channel);
    }
    for (const event of frame.events ?? []) {
      positions.set(event.channel, event.id);
      unsent.delete(event.key);
      console.log('event', event.channel, JSON.stringify(event.data));
    }
    if (frame.error) console.log('error', frame.error.message);
    if (frame.disconnect) console.log('the gateway says goodbye:', frame.disconnect.reason);
  });
  socket.on('error', () => {}); // a close follows
  socket.on('close', () => setTimeout(connect, 500 + 1500 * Math.random()));
}

connect();
createInterface({input: process.stdin}).on('line', (line) => {
  const entry = [crypto.randomUUID(), {text: line}];
  unsent.set(...entry);
  if (socket.readyState === WebSocket.OPEN) publish(entry);
});
