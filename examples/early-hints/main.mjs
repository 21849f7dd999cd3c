// 103 Early Hints: what replaced HTTP/2 push.
// While the server still works on the page, it names the files that the page will need, and the
// browser loads them meanwhile. It is for files, not for events.
import {createServer} from 'node:http';

const style = 'body { font: 20px sans-serif }';
const page = '<!doctype html><title>Hints</title><link rel="stylesheet" href="/style.css"><h1>Hello</h1>';

createServer((request, response) => {
  if (request.url === '/style.css') {
    response.writeHead(200, {'Content-Type': 'text/css'}).end(style);
    return;
  }
  response.writeEarlyHints({link: '</style.css>; rel=preload; as=style'});
  // The slow part: a database, a template.
  setTimeout(() => response.writeHead(200, {'Content-Type': 'text/html'}).end(page), 500);
}).listen(Number(process.env.PORT ?? 8301), '127.0.0.1', function () {
  console.log(`page: http://127.0.0.1:${this.address().port}/`);
});
