// What is connected, what flows, who is behind, and how the parts are.

import {badge, bytes, channelLink, connectionsLink, count, date, duration, h, rate, rows, say, table} from '/console/dom.js';
import {chart, tile} from '/console/charts.js';
import {live, refusals as refusalsOf, total, verdictsWithin} from '/console/live.js';
import {disconnectButton, why} from '/console/connections.js';

function sumBy(gateways, list) {
  const sums = new Map();
  for (const {report} of gateways) for (const [name, n] of list(report)) sums.set(name, (sums.get(name) ?? 0) + n);
  return sums;
}

function words(counts) {
  return Object.entries(counts).filter(([, n]) => n > 0).map(([name, n]) => `${name} ${count(n)}`).join(', ');
}

export function overview(main) {
  const connected = tile('Connected');
  const out = tile('Events out, a second');
  const into = tile('Events in, a second');
  const latency = tile('Publish to verdict');
  const resets = tile('Resets');
  const refusals = tile('Refusals');
  const tiles = h('dl', {class: 'tiles'}, [connected, out, into, latency, resets, refusals].map((one) => one.element));

  const flow = chart('Events a second', [
    {label: 'out', colour: 'first', at: 1, fill: true}, {label: 'in', colour: 'second', at: 2, dash: [6, 4]}],
  () => `${rate(live.sum('delivered'))} out and ${rate(live.sum('published'))} in`);
  const seats = chart('Connections', [{label: 'open', colour: 'first', at: 3, fill: true}],
    () => `${count(live.here().reduce((sum, one) => sum + one.report.connections, 0))} open`);

  const behind = table('Subscriptions that are furthest behind', ['Channel', 'Subject', {name: 'Behind', class: 'number'}, 'Why', 'Connection', {name: h('span', {class: 'unseen'}, 'Action')}]);
  const by = table('Subscriptions by namespace and protocol', ['Namespace', 'Protocol', {name: 'Subscriptions', class: 'number'}]);
  const busiest = table('Channels with the most readers', ['Channel', {name: 'Readers', class: 'number'}]);
  const gateways = table('Gateways', ['Gateway', 'State', {name: 'Connections', class: 'number'}, {name: 'Out/s', class: 'number'}, {name: 'In/s', class: 'number'}, 'Redis', 'Version', 'Since']);
  const cores = table('Event-cores', ['Event-core', 'State', 'Behind Kafka', 'Kafka', 'Broadcasts', 'Version']);
  const note = h('p', {class: 'note', hidden: true});

  const all = h('div', {hidden: true}, tiles,
    h('div', {class: 'two'}, flow.element, seats.element),
    h('section', {class: 'card'}, h('h2', null, 'Furthest behind'), behind.box),
    h('div', {class: 'two'},
      h('section', {class: 'card'}, h('h2', null, 'By namespace and protocol'), by.box),
      h('section', {class: 'card'}, h('h2', null, 'Channels with the most readers'), busiest.box)),
    h('section', {class: 'card'}, h('h2', null, 'Gateways'), gateways.box),
    h('section', {class: 'card'}, h('h2', null, 'Event-cores and Kafka'), cores.box));
  main.append(h('h1', null, 'Overview'), note, all);

  function show() {
    const here = live.here();
    note.hidden = live.state === 'live';
    say(note, {
      refused: live.refusal?.message ?? '',
      asking: `The live channel is quiet, so this gateway is asked every 5 seconds. ${live.complete ? '' : 'It could ask no other gateway: is Redis away?'}`,
      connecting: live.refusal?.message ?? 'Waiting for the first report …',
    }[live.state] ?? '');

    // Nothing is known before the first report.
    all.hidden = !live.gateways.size;
    if (all.hidden) return;

    const transports = sumBy(here, (r) => Object.entries(r.transports));
    connected.show(count(here.reduce((sum, one) => sum + one.report.connections, 0)),
      [...transports].filter(([, n]) => n).sort((a, b) => b[1] - a[1]).slice(0, 4).map(([name, n]) => `${name} ${count(n)}`).join(', ') || 'nobody');
    out.show(rate(live.sum('delivered')), live.sum('bytes') === null ? '' : `${bytes(live.sum('bytes'))} a second, ${rate(live.sum('replayed'))} replayed`);
    into.show(rate(live.sum('published')), 'stored for clients of gateways');
    const [p50, p99] = [0.5, 0.99].map((share) => verdictsWithin(here, share));
    latency.show(p99 === null ? 'none' : p99 === Infinity ? '> 10 s' : `≤ ${p99} ms`, p99 === null ? 'in the last minute' : `99 of 100 in the last minute; half ≤ ${p50} ms`, p99 > 1000 ? 'bad' : '');
    const resetCounts = Object.fromEntries(sumBy(here, (r) => Object.entries(r.counters.resets)));
    resets.show(count(total(resetCounts)), words(resetCounts) || 'positions that were not available', live.sum('resets') > 0 ? 'bad' : '');
    const refused = Object.fromEntries(sumBy(here, (r) => Object.entries(refusalsOf(r.counters))));
    refusals.show(count(total(refused)), words(refused) || 'since the gateways started', live.sum('refused') > 0 ? 'bad' : '');

    flow.draw(live.points);
    seats.draw(live.points);

    const worst = here.flatMap(({report}) => report.behind.map((one) => ({...one, gateway: report.gateway}))).sort((a, b) => b.lag - a.lag).slice(0, 10);
    rows(behind.body, worst, (one) => `${one.connection} ${one.channel}`, (first) => {
      const lag = h('td', {class: 'number'});
      const reason = h('td');
      return {
        row: h('tr', null, h('td', null, channelLink(first.channel)), h('td', null, connectionsLink('subject', first.subject)), lag, reason,
          h('td', null, connectionsLink('connection', first.connection), h('span', {class: 'hint'}, ` ${first.transport} on ${first.gateway}`)),
          h('td', {class: 'end'}, disconnectButton(first))),
        update(one) {
          say(lag, count(one.lag));
          say(reason, one.buffered_bytes ? `${why(one)}, ${bytes(one.buffered_bytes)} wait` : why(one));
        },
      };
    }, 'Every reader is up to date.');

    const shares = sumBy(here, (r) => r.subscriptions.map((one) => [`${one.namespace} ${one.transport}`, one.count]));
    rows(by.body, [...shares].sort((a, b) => b[1] - a[1]).slice(0, 32), ([name]) => name, ([name]) => {
      const n = h('td', {class: 'number'});
      const [namespace, transport] = name.split(' ');
      return {row: h('tr', null, h('td', {class: 'mono'}, namespace), h('td', null, transport), n), update: ([, value]) => say(n, count(value))};
    }, 'Nothing is subscribed.');

    const readers = sumBy(here, (r) => r.busiest.map((one) => [one.channel, one.readers]));
    rows(busiest.body, [...readers].sort((a, b) => b[1] - a[1]).slice(0, 10), ([name]) => name, ([name]) => {
      const n = h('td', {class: 'number'});
      return {row: h('tr', null, h('td', null, channelLink(name)), n), update: ([, value]) => say(n, count(value))};
    }, 'No channel has readers.');

    rows(gateways.body, [...live.gateways.values()].sort((a, b) => a.report.gateway.localeCompare(b.report.gateway)), (one) => one.report.gateway, (first) => {
      const [state, seatsOf, delivered, published, redis, version, since] = Array.from({length: 7}, (_, i) => h('td', {class: i > 0 && i < 4 ? 'number' : 'line'}));
      return {
        row: h('tr', null, h('th', {scope: 'row', class: 'mono'}, first.report.gateway), state, seatsOf, delivered, published, redis, version, since),
        update({report, rates, ...one}) {
          const gone = live.isGone(one);
          mark(state, gone ? ['bad', 'not heard'] : report.draining ? ['warn', 'draining'] : report.ready ? ['good', 'ready'] : ['bad', report.log ? 'not ready' : 'no event-core']);
          say(seatsOf, count(report.connections));
          say(delivered, gone ? '–' : rate(rates?.delivered));
          say(published, gone ? '–' : rate(rates?.published));
          mark(redis, gone ? ['', 'unknown'] : report.redis ? ['good', 'connected'] : ['warn', 'away: follows the log']);
          say(version, report.version);
          say(since, date(report.started_ms));
        },
      };
    }, 'No gateway has reported yet.');

    rows(cores.body, [...live.cores.values()].sort((a, b) => a.report.instance.localeCompare(b.report.instance)), (one) => one.report.instance, (first) => {
      const [state, lag, kafka, broadcasts, version] = Array.from({length: 5}, (_, i) => h('td', {class: i ? 'line' : null}));
      return {
        row: h('tr', null, h('th', {scope: 'row', class: 'mono'}, first.report.instance), state, lag, kafka, broadcasts, version),
        update({report, ...one}) {
          // With several, each is asked only now and then.
          const gone = Date.now() - one.heardMs > 30_000;
          mark(state, gone ? ['bad', 'not heard'] : report.ready ? ['good', 'ready'] : ['bad', report.reason || 'not ready']);
          say(lag, gone ? '–' : report.lag_ms ? duration(report.lag_ms) : 'no');
          mark(kafka, gone ? ['', 'unknown'] : report.kafka ? ['good', 'answers'] : ['bad', 'does not answer']);
          say(broadcasts, `${report.broadcasts} of ${report.partitions} partitions`);
          say(version, report.version);
        },
      };
    }, 'No event-core answers the gateways.');
  }

  const end = live.watch(show);
  return () => {
    end();
    flow.close();
    seats.close();
  };
}

function mark(cell, [kind, text]) {
  const shown = cell.firstElementChild;
  if (shown?.textContent === text && shown.className === `badge ${kind}`) return;
  cell.replaceChildren(badge(kind, text));
}
