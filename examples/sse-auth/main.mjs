// Server-Sent Events with authentication, in a page with a backend in Node.
// The backend knows its users, and gives the page a ticket, since EventSource cannot send a header.
import {serve} from '../serve.mjs';
import {token, url} from '../platform.mjs';

serve(new URL('.', import.meta.url), {
  /** In place of a session: whoever asks is the user in the query. A real backend checks a cookie. */
  '/stream': async (request) => {
    const user = new URL(request.url, 'http://here').searchParams.get('user') ?? 'alice';
    const channel = `chat:inbox-${user}`;
    const answer = await fetch(`${url}/v1/tickets`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token(user, {subscribe: [channel]})}`,
      },
      body: JSON.stringify({channels: [channel], ttl_s: 600}),
    });
    const {url: path} = await answer.json();
    return [200, {'Content-Type': 'application/json'}, JSON.stringify({url: url + path})];
  },
  /** Something happens that alice is told. */
  '/notify': async () => {
    const channel = 'chat:inbox-alice';
    const answer = await fetch(`${url}/v1/events?${new URLSearchParams({channel})}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token('backend', {publish: ['chat:*']})}`,
      },
      body: JSON.stringify({text: 'your parcel is on its way'}),
    });
    return [answer.status, {}, await answer.text()];
  },
});
