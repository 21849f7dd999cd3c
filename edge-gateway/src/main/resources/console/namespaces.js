// Namespaces beside their Kafka topics.

import {badge, bytes, count, duration, h, table} from '/console/dom.js';
import {call} from '/console/api.js';

export function namespaces(main) {
  const list = h('div', {class: 'stack'});
  const again = h('button', {type: 'button', onclick: load}, 'Ask Kafka again');
  main.append(h('div', {class: 'row'}, h('h1', null, 'Namespaces'), again), list);

  async function load() {
    again.disabled = true;
    try {
      const answer = await call('GET', '/v1/admin/namespaces');
      const worst = (one) => (one.problem ? 0 : one.differences.length ? 1 : one.skipped?.length ? 2 : 3);
      list.replaceChildren(...answer.namespaces.sort((a, b) => worst(a) - worst(b) || a.namespace.localeCompare(b.namespace)).map(card));
    } catch (refusal) {
      list.replaceChildren(h('p', {class: 'note bad'}, refusal.message));
    }
    again.disabled = false;
  }
  load();
}

function fact(name, value) {
  return h('div', null, h('dt', null, name), h('dd', null, value));
}

function kept(one) {
  if (one.ephemeral) return 'nothing is kept';
  if (one.retention_ms === null) return 'unknown';
  return one.retention_ms < 0 ? 'for ever' : duration(one.retention_ms);
}

function card(one) {
  const skipped = one.skipped ?? [];
  const state = one.problem ? badge('bad', 'not described')
    : one.differences.length ? badge('warn', `${one.differences.length} ${one.differences.length === 1 ? 'difference' : 'differences'}`)
      : skipped.length ? badge('warn', 'records skipped') : badge('good', one.ephemeral ? 'ephemeral' : 'as configured');
  const section = h('section', {class: 'card'},
    h('div', {class: 'row'}, h('h2', {class: 'mono'}, one.namespace), state),
    h('dl', {class: 'facts'},
      fact('Topic', one.topic === null ? 'none' : h('span', {class: 'mono'}, one.topic)),
      fact('Partitions', count(one.partitions)),
      fact('Partitioner', one.partitioner),
      fact('Data', one.data),
      fact('Retention', kept(one)),
      fact('Replicas', one.replicas === null ? '–' : count(one.replicas)),
      fact('Largest event', bytes(one.max_event_bytes)),
      fact('Keys kept', duration(one.idempotency_window_ms))));
  if (one.problem) section.append(h('p', {class: 'note bad'}, one.problem));
  if (one.differences.length) {
    const found = table(`Differences of ${one.namespace}`, ['Setting', 'Configured', 'In Kafka', 'So', 'Remedy']);
    found.body.append(...one.differences.map((each) => h('tr', null,
      h('th', {scope: 'row', class: 'mono'}, each.setting), h('td', {class: 'mono'}, each.configured), h('td', {class: 'mono'}, each.actual),
      h('td', null, each.consequence), h('td', null, each.applicable ? `tailwater.namespaces.${one.namespace}.apply: true` : 'by hand'))));
    section.append(h('h3', null, 'Configured against Kafka'), found.box);
  }
  if (skipped.length) {
    const found = table(`Skipped records of ${one.namespace}`, ['Reason', {name: 'Records', class: 'number'}, 'Newest warning']);
    found.body.append(...skipped.map((each) => h('tr', null,
      h('th', {scope: 'row', class: 'mono'}, each.reason), h('td', {class: 'number'}, count(each.records)), h('td', {class: 'words'}, each.warning))));
    section.append(h('h3', null, 'Skipped records'), h('p', {class: 'hint'}, 'No client sees them. Counted since the event-core that answered was started.'), found.box);
  }
  return section;
}
