// Search by subject, channel or connection, and an end to what is found.

import {bytes, channelLink, confirmed, connectionsLink, count, date, duration, field, h, rows, table, tell} from '/console/dom.js';
import {call} from '/console/api.js';

const LIMIT = 50;
const SHOWN_CHANNELS = 4;

const WHY = {
  'live': 'live',
  'replay slow': 'reads too slowly',
  'replay history': 'reads older events',
  'waiting unwritable': 'does not read',
  'waiting replay_rate': 'paused by a limit of replays',
  'waiting opening': 'is being opened',
  'waiting ended': 'the channel has ended',
};

/** Why a subscription is behind, in words. */
export function why(one) {
  return WHY[one.reason ? `${one.state} ${one.reason}` : one.state] ?? `${one.state} ${one.reason ?? ''}`;
}

/** A button that ends one connection, on whichever gateway it is. */
export function disconnectButton(one, done = () => {}) {
  return h('button', {type: 'button', class: 'small danger', 'aria-label': `Disconnect ${one.connection} of ${one.subject}`, onclick: async (click) => {
    click.currentTarget.disabled = true;
    await end({connection: one.connection}, `${one.connection} of ${one.subject}`);
    done();
  }}, 'Disconnect');
}

async function end(query, what) {
  try {
    const {ended, complete} = await call('DELETE', '/v1/admin/connections', {query});
    tell(ended ? `${count(ended)} ended: ${what}. Clients may come back.` : `Nothing to end: ${what}.${complete ? '' : ' Not every gateway could be asked.'}`);
  } catch (refusal) {
    tell(refusal.message, true);
  }
}

export function connections(main, query) {
  const kind = h('select', {name: 'kind'}, ['subject', 'channel', 'connection'].map((name) => h('option', {value: name}, name[0].toUpperCase() + name.slice(1))));
  const given = ['subject', 'channel', 'connection'].find((name) => query.get(name)) ?? 'subject';
  kind.value = given;
  const text = h('input', {type: 'search', name: 'text', autocomplete: 'off', spellcheck: 'false', value: query.get(given) ?? ''});
  const found = table('Connections', ['Connection', 'Subject', 'Protocol', 'Channels', {name: 'Behind', class: 'number'}, 'Waits', 'Since', {name: h('span', {class: 'unseen'}, 'Action')}]);
  const more = h('button', {type: 'button', hidden: true, onclick: () => load(false)}, 'Show more');
  const all = h('button', {type: 'button', class: 'danger', hidden: true});
  const summary = h('p', {class: 'hint', role: 'status'});
  let shown = [];
  let next = '';
  let newest = 0;

  const form = h('form', {class: 'search card', role: 'search', onsubmit: (submit) => {
    submit.preventDefault();
    const wanted = text.value.trim();
    location.hash = wanted ? `#/connections?${kind.value}=${encodeURIComponent(wanted)}` : '#/connections';
    load(true);
  }},
  field('Search by', kind), field('Name', text, 'Exactly as it is; a channel also finds those that read it by a pattern. Empty lists all.'),
  h('button', {type: 'submit', class: 'primary'}, 'Search'));

  async function load(anew) {
    const mine = ++newest;
    const wanted = text.value.trim();
    try {
      const page = await call('GET', '/v1/admin/connections', {query: {[kind.value]: wanted, limit: LIMIT, after: anew ? '' : next}});
      if (mine !== newest) return;
      shown = anew ? page.connections : [...shown, ...page.connections];
      next = page.next ?? '';
      more.hidden = !next;
      summary.textContent = `${count(shown.length)}${next ? ' and more' : ''} on ${page.gateways.join(', ') || 'no gateway'}.${page.complete ? '' : ' Not every gateway has answered.'}`;
      all.hidden = !wanted || !shown.length;
      all.textContent = kind.value === 'channel' ? 'End all these subscriptions' : 'Disconnect all of these';
      all.onclick = async () => {
        const question = kind.value === 'channel'
          ? `End every subscription of ${wanted}, on every gateway? Streams that read it end, too.`
          : `Disconnect every connection of ${kind.value} ${wanted}, on every gateway?`;
        if (await confirmed(question, 'End them')) {
          await end({[kind.value]: wanted}, wanted);
          load(true);
        }
      };
      rows(found.body, shown, (one) => one.connection, row, wanted ? `No connection has this ${kind.value}.` : 'Nobody is connected.');
    } catch (refusal) {
      if (mine !== newest) return;
      shown = [];
      more.hidden = all.hidden = true;
      summary.textContent = '';
      rows(found.body, [], (one) => one.connection, row, refusal.message);
    }
  }

  function row() {
    const element = h('tr');
    return {
      row: element,
      update(one) {
        const others = one.channel_count - Math.min(SHOWN_CHANNELS, one.channels.length);
        element.replaceChildren(
          h('th', {scope: 'row', class: 'mono'}, one.connection, h('span', {class: 'hint'}, ` on ${one.gateway}`)),
          h('td', null, connectionsLink('subject', one.subject), h('span', {class: 'hint'}, ` ${one.address}`)),
          h('td', null, one.transport),
          h('td', null, h('ul', {class: 'plain'}, one.channels.slice(0, SHOWN_CHANNELS).map((each) =>
            h('li', null, channelLink(each.channel), h('span', {class: 'hint'}, ` ${each.lag ? `${count(each.lag)} behind, ` : ''}${why(each)}`))),
          others > 0 ? h('li', {class: 'hint'}, `and ${count(others)} more`) : null)),
          h('td', {class: 'number'}, count(Math.max(0, ...one.channels.map((each) => each.lag)))),
          h('td', null, one.buffered_bytes ? bytes(one.buffered_bytes) : 'nothing'),
          h('td', {title: date(one.since_ms)}, duration(Date.now() - one.since_ms)),
          h('td', {class: 'end'}, disconnectButton(one, () => load(true))));
      },
    };
  }

  main.append(h('h1', null, 'Connections'), form,
    h('section', {class: 'card'}, h('div', {class: 'row'}, summary, all), found.box, h('div', {class: 'row'}, more)));
  load(true);
}
