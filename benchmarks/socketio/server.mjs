// Socket.IO's own server with its Redis streams adapter and connection state recovery, for benchmarks/run:
// node server.mjs PORT REDIS_PORT. A POST to /pub/ROOM is an event for the room.
import {createServer} from 'node:http';
import {createAdapter} from '@socket.io/redis-streams-adapter';
import {createClient} from 'redis';
import {Server} from 'socket.io';

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = createClient({url: `redis://127.0.0.1:${redisPort}`});
await redis.connect();

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    io.to(request.url.slice('/pub/'.length)).emit('message', JSON.parse(Buffer.concat(parts).toString()));
    response.writeHead(200, {'Content-Length': 0});
    response.end();
  });
});
server.keepAliveTimeout = 600_000;

const io = new Server(server, {
  adapter: createAdapter(redis),
  connectionStateRecovery: {maxDisconnectionDuration: 600_000, skipMiddlewares: true},
  transports: ['websocket'],
  serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('join', (room, joined) => {
    socket.join(room);
    joined();
  });
});
server.listen(port, '127.0.0.1', 4096);
