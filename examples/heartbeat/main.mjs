// Heartbeats: finding out that a connection is dead although nothing has closed it.
import WebSocket from 'ws';
import {url} from '../platform.mjs';

function connect() {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, 'tailwater.v1.json');
  const sent = new Map();
  let number = 0;
  let alarm;

  /** Whatever comes is a sign of life. Nothing for two intervals: the connection is dead. */
  function alive(pingMs) {
    clearTimeout(alarm);
    alarm = setTimeout(() => {
      console.log('silence: dead');
      socket.terminate(); // `close` would wait for an answer that does not come
    }, 2 * pingMs);
  }

  const measuring = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    sent.set(++number, performance.now());
    socket.send(JSON.stringify({id: number, ping: {}}));
  }, 2000);

  let interval = 15_000;
  socket.on('message', (text) => {
    const frame = JSON.parse(text);
    if (frame.welcome) {
      interval = frame.welcome.ping_ms;
      console.log(`connected: the server pings every ${interval / 1000} s`);
    }
    if (frame.pong) {
      const took = performance.now() - sent.get(frame.id);
      sent.delete(frame.id);
      console.log(`round trip: ${took.toFixed(1)} ms`);
    }
    alive(interval);
  });
  socket.on('ping', () => {
    console.log('ping of the server; the library has answered');
    alive(interval);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(alarm);
    clearInterval(measuring);
    console.log('closed: reconnecting');
    setTimeout(connect, 500 + 1500 * Math.random());
  });
}

connect();
