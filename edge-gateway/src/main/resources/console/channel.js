// Channels: a search, and the page of one channel.

import {createClient} from '/v1/client.js';
import {badge, channelLink, connectionsLink, count, dataText, date, duration, field, h, rows, say, table, tell, time} from '/console/dom.js';
import {call, session} from '/console/api.js';
import {live} from '/console/live.js';

const TAIL = 200;
const PAGE = 50;
const ENTRIES = 100;
const MEMBERS = 100;
const MEMBERS_EVERY_MS = 5_000;

export function channels(main) {
  const name = h('input', {type: 'search', name: 'channel', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'chat:lobby'});
  const busiest = table('Channels with the most readers', ['Channel', {name: 'Readers', class: 'number'}]);
  main.append(h('h1', null, 'Channels'),
    h('form', {class: 'search one card', role: 'search', onsubmit: (submit) => {
      submit.preventDefault();
      location.hash = `#/channel/${encodeURIComponent(name.value.trim())}`;
    }}, field('Channel', name, 'Its whole name: namespace:key.'), h('button', {type: 'submit', class: 'primary'}, 'Open')),
    h('section', {class: 'card'}, h('h2', null, 'With the most readers now'), busiest.box));
  return live.watch(() => {
    const readers = new Map();
    for (const {report} of live.here()) for (const one of report.busiest) readers.set(one.channel, (readers.get(one.channel) ?? 0) + one.readers);
    rows(busiest.body, [...readers].sort((a, b) => b[1] - a[1]), ([each]) => each, ([each]) => {
      const n = h('td', {class: 'number'});
      return {row: h('tr', null, h('td', null, channelLink(each)), n), update: ([, value]) => say(n, count(value))};
    }, live.refusal?.message ?? 'No channel has readers.');
  });
}

/** The page of one channel. */
export function channel(main, name) {
  const closing = new AbortController();
  const client = createClient({url: location.origin, transport: 'sse',
    getToken: async (why) => (why === 'expired' && session.development ? session.renew() : session.token)});
  const standing = h('dl', {class: 'facts'});

  main.append(h('h1', {class: 'mono name'}, name), h('section', {class: 'card'}, standing));
  const about = async () => {
    try {
      const status = await call('GET', '/v1/channel', {query: {channel: name}, signal: closing.signal});
      standing.replaceChildren(
        fact('State', status.closed ? badge('warn', 'closed') : badge('good', 'open')),
        fact('Newest position', h('span', {class: 'mono'}, status.position)),
        fact('Earliest', h('span', {class: 'mono'}, status.earliest)),
        ...(status.subscribers === undefined ? [] : [fact('Readers', count(status.subscribers))]),
        fact('All readers', h('a', {href: `#/connections?channel=${encodeURIComponent(name)}`}, 'Show connections')));
    } catch (refusal) {
      if (refusal.name !== 'AbortError') standing.replaceChildren(fact('State', h('span', {class: 'bad'}, refusal.message)));
    }
  };

  const tail = eventList('Live tail');
  const heard = h('span', {class: 'hint'}, 'connecting …');
  let waiting = [];
  const reading = client.channel(name).subscribe((event) => {
    waiting.push(event);
    if (waiting.length > TAIL) waiting.shift();
  }, {from: 'last:10'});
  reading.on('live', () => {
    say(heard, 'live');
    tail.empty('No events yet.');
  });
  reading.on('end', () => {
    say(heard, 'ended: the channel is closed');
    about();
  });
  reading.on('reset', (reset) => say(heard, `reset: ${reset.reason}`));
  reading.on('error', (failure) => say(heard, failure.message));
  // Together, however many come in a second.
  const painter = setInterval(() => {
    if (!waiting.length || live.paused) return;
    tail.add(waiting, true);
    waiting = [];
  }, 250);

  main.append(h('div', {class: 'two'},
    h('section', {class: 'card'}, h('div', {class: 'row'}, h('h2', null, 'Live tail'), heard), tail.element),
    h('section', {class: 'card'}, h('h2', null, 'Publish a test event'), publisher(client, name, about))));

  const past = eventList('History');
  let before;
  const older = h('button', {type: 'button', onclick: load}, 'Show older events');
  async function load() {
    try {
      const page = await client.channel(name).history({before, limit: PAGE, signal: closing.signal});
      past.add([...page.events].reverse(), false);
      before = page.previous;
      older.hidden = !before;
      past.empty(before ? '' : 'Nothing is left of this channel.');
    } catch (failure) {
      if (closing.signal.aborted) return;
      older.hidden = true;
      past.empty(failure.message);
    }
  }
  main.append(h('section', {class: 'card'}, h('h2', null, 'History'), past.element, h('div', {class: 'row'}, older)),
    entries(name, closing.signal), members(name, closing.signal));
  about();
  load();
  return () => {
    closing.abort();
    clearInterval(painter);
    client.close();
  };
}

function fact(name, value) {
  return h('div', null, h('dt', null, name), h('dd', null, value));
}

/** A list of events, newest first. */
function eventList(label) {
  const list = h('ol', {class: 'events', tabindex: 0, 'aria-label': label});
  const none = h('p', {class: 'hint'}, '');
  const element = h('div', null, none, list);
  return {
    element,
    empty(text) {
      say(none, list.childElementCount ? '' : text);
    },
    /** Adds events: before those that are shown, or after them. */
    add(events, newest) {
      for (const event of events) {
        const item = h('li', null,
          h('div', {class: 'meta'},
            h('time', {datetime: new Date(event.ts_ms).toISOString(), title: date(event.ts_ms)}, time(event.ts_ms)),
            h('b', null, event.type),
            event.by ? h('span', null, 'by ', connectionsLink('subject', event.by)) : null,
            h('span', {class: 'mono id'}, event.id ?? 'ephemeral'),
            event.entry ? h('span', null, 'entry ', h('span', {class: 'mono'}, event.entry)) : null,
            event.closed ? badge('warn', 'closes the channel') : null),
          h('pre', {class: 'data'}, dataText(event) ?? ''));
        if (newest) list.prepend(item);
        else list.append(item);
      }
      while (newest && list.childElementCount > TAIL) list.lastElementChild.remove();
      if (events.length) say(none, '');
    },
  };
}

function publisher(client, name, done) {
  const type = h('input', {name: 'type', value: 'message', autocomplete: 'off', spellcheck: 'false'});
  const data = h('textarea', {name: 'data', rows: 4, spellcheck: 'false'}, '{"text":"a test from the console"}');
  const said = h('p', {class: 'hint', role: 'status'});
  const button = h('button', {type: 'submit', class: 'primary'}, 'Publish');
  return h('form', {onsubmit: async (submit) => {
    submit.preventDefault();
    let value;
    try {
      value = JSON.parse(data.value);
    } catch (failure) {
      said.className = 'bad';
      say(said, `The data is not JSON: ${failure.message}`);
      data.focus();
      return;
    }
    button.disabled = true;
    try {
      const {id} = await client.channel(name).publish(value, {type: type.value});
      said.className = 'hint';
      say(said, id ? `Stored as ${id}.` : 'Passed on: this channel is ephemeral.');
      done();
    } catch (failure) {
      said.className = 'bad';
      say(said, failure.message);
    }
    button.disabled = false;
  }}, field('Type', type), field('Data, as JSON', data), h('div', {class: 'row'}, button, said));
}

/** The entries of the channel's state, if it has one. */
function entries(name, signal) {
  const found = table('Entries', ['Entry', 'Value', 'Version', 'By', 'Changed']);
  const more = h('button', {type: 'button', hidden: true, onclick: () => load()}, 'Show more');
  const text = h('pre', {class: 'data answer', hidden: true});
  const section = h('section', {class: 'card', hidden: true}, h('h2', null, 'State'), text, found.box, h('div', {class: 'row'}, more));
  let shown = [];
  let next;
  async function load() {
    try {
      const page = await call('GET', '/v1/state', {query: {channel: name, limit: ENTRIES, after: next}, signal});
      section.hidden = false;
      if (page.parts) {
        found.box.hidden = true;
        text.hidden = false;
        text.textContent = page.parts.map((part) => part.text).join('');
        return;
      }
      shown = [...shown, ...page.entries];
      next = page.next;
      more.hidden = !next;
      rows(found.body, shown, (one) => one.entry, () => {
        const element = h('tr');
        return {row: element, update: (one) => element.replaceChildren(
          h('th', {scope: 'row', class: 'mono'}, one.entry), h('td', null, h('pre', {class: 'data'}, JSON.stringify(one.data))),
          h('td', {class: 'mono'}, one.version), h('td', null, one.by ? connectionsLink('subject', one.by) : ''), h('td', {class: 'line'}, date(one.ts_ms)))};
      }, 'It has no entries.');
    } catch (refusal) {
      // Most namespaces have no state, and their channels no such part.
      if (!signal.aborted && refusal.status === 403) {
        section.hidden = false;
        rows(found.body, [], () => '', null, refusal.message);
      }
    }
  }
  load();
  return section;
}

/** Who is present, where the namespace has presence. */
function members(name, signal) {
  const found = table('Members', ['Subject', 'Since', 'Info']);
  const summary = h('p', {class: 'hint'});
  const section = h('section', {class: 'card', hidden: true}, h('h2', null, 'Members'), summary, found.box);
  async function load() {
    if (document.hidden || live.paused) return;
    try {
      const page = await call('GET', '/v1/presence', {query: {channel: name, limit: MEMBERS}, signal});
      section.hidden = false;
      const list = page.members ?? [];
      found.box.hidden = !page.members;
      say(summary, `${count(page.count)} present${page.connections === undefined ? '' : ` on ${count(page.connections)} connections`}${page.stale ? '; Redis is away, so this may be old' : ''}${page.next ? `; the first ${list.length} are shown` : ''}.`);
      rows(found.body, list, (one) => one.subject, () => {
        const since = h('td');
        const info = h('td');
        const subject = h('th', {scope: 'row'});
        return {row: h('tr', null, subject, since, info), update(one) {
          if (!subject.firstChild) subject.append(connectionsLink('subject', one.subject));
          say(since, one.since_ms ? duration(Date.now() - one.since_ms) : '');
          say(info, one.info === undefined || one.info === null ? '' : JSON.stringify(one.info));
        }};
      }, 'Nobody is present.');
    } catch (refusal) {
      // Not a namespace with presence, or a gateway without it.
      if (!signal.aborted && refusal.status >= 400 && refusal.status < 500) clearInterval(timer);
    }
  }
  const timer = setInterval(load, MEMBERS_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  load();
  return section;
}
