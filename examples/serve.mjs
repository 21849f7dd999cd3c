// Serves the page of an example on an origin of its own, as an application would.
import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
import {url} from './platform.mjs';

/** @param routes answers of a backend, by path: (request) => [status, headers, body] */
export function serve(folder, routes = {}) {
  const page = readFileSync(new URL('index.html', folder), 'utf8').replaceAll('TAILWATER_URL', url);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://here').pathname;
    const route = routes[path];
    if (!route && path !== '/') {
      response.writeHead(404).end();
      return;
    }
    try {
      const [status, headers, body] = route
        ? await route(request)
        : [200, {'Content-Type': 'text/html; charset=utf-8'}, page];
      response.writeHead(status, headers).end(body);
    } catch (e) {
      response.writeHead(502).end(e.message);
    }
  });
  server.listen(Number(process.env.PORT ?? 8300), '127.0.0.1', () =>
    console.log(`page: http://127.0.0.1:${server.address().port}/`));
}
