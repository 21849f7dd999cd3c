import {INTERNALS} from '../internals.js';

const PINGS = 200, KEPT = 20;

/** @param {import('../../types/client.js').Client} client @returns {import('../../types/diagnostics.js').Diagnostics} */
export function observe(client) {
  const core = /** @type {any} */ (client)[INTERNALS], {emitter, clock} = core;
  const began = clock.now();
  /** @type {number[]} */
  const pings = [];
  /** @type {{at_ms: number, code: string, message: string}[]} */
  const reasons = [];
  /** @type {{at_ms: number, transport: any, why: string}[]} */
  const transports = [];
  let asked = 0, lost = 0, bytes = 0, disconnects = 0, failed = 0, tokens = 0;
  /** @template T @param {T[]} list @param {T} item @param {number} most */
  const keep = (list, item, most) => {
    list.push(item);
    if (list.length > most) list.shift();
  };
  const undo = [
    emitter.on('ping', (/** @type {number | null} */ ms) => {
      asked++;
      if (ms === null) lost++;
      else keep(pings, ms, PINGS);
    }),
    emitter.on('bytes', (/** @type {number} */ count) => (bytes += count)),
    emitter.on('lost', (/** @type {any} */ {opened, error}) => {
      if (opened) disconnects++;
      else failed++;
      if (/token|unauthorized/.test(error.code)) tokens++;
      keep(reasons, {at_ms: clock.now(), code: error.code, message: error.message}, KEPT);
    }),
    emitter.on('transport', (/** @type {any} */ {transport, why}) => keep(transports, {at_ms: clock.now(), transport, why}, KEPT)),
  ];

  const snapshot = () => {
    const sorted = [...pings].sort((a, b) => a - b), since = clock.now() - began;
    const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return {
      state: client.state, transport: client.transport, since_ms: since,
      disconnects, failed_connects: failed, reasons: [...reasons], transports: [...transports],
      ...(pings.length && {latency: {
        current: pings[pings.length - 1], mean: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length, p95: at(0.95), p99: at(0.99),
      }}),
      pings: asked, lost_pings: lost, received_bytes: bytes, bytes_per_second: since > 0 ? (bytes * 1000) / since : 0,
    };
  };

  const suggestions = () => {
    const {transport, latency, ...now} = snapshot(), all = [];
    const fell = (/** @type {string} */ from) => transports.some((one, i) => i > 0 && transports[i - 1].transport === from && /connects failed/.test(one.why));
    if (fell('websocket')) all.push('WebSockets do not get through: a proxy has to pass the headers Upgrade and Connection on.');
    if (fell('sse')) all.push('Event streams do not get through: switch buffering of answers off in the proxy (nginx: proxy_buffering off).');
    if (transport === 'sse' && core.feeds.size > 32) all.push('More than 32 channels need several event streams, and HTTP/1.1 allows six connections for each origin: use HTTP/2 or a WebSocket.');
    if (tokens) all.push('Connections ended because of a token: hand in getToken, and check the clocks of both sides.');
    if (latency && latency.p95 > 1000) all.push('Round trips are slow: look at the network or the nearest gateway.');
    if (now.lost_pings > 1) all.push('Pings are lost: look for a proxy that closes quiet connections, or a weak network.');
    if (!core.online) all.push('The browser says that the network is away.');
    return all.length ? all : ['Nothing stands out.'];
  };

  return {
    snapshot,
    report() {
      const {state, transport, latency, ...now} = snapshot();
      const ms = (/** @type {number} */ value) => `${Math.round(value)} ms`;
      return [
        `State: ${state}${transport ? ` by ${transport}` : ''}, observed for ${Math.round(now.since_ms / 1000)} s.`,
        `Connections: ${now.disconnects} ended, ${now.failed_connects} failed.`,
        latency ? `Round trip: ${ms(latency.current)} now, ${ms(latency.mean)} mean, ${ms(latency.p95)} p95, ${ms(latency.p99)} p99; ${now.lost_pings} of ${now.pings} lost.`
          : 'Round trip: not measured yet.',
        `Received: ${now.received_bytes} bytes, ${Math.round(now.bytes_per_second)} bytes/s.`,
        ...now.transports.map(({transport: to, why}) => `Transport: ${to} (${why}).`),
        ...now.reasons.slice(-5).map(({code, message}) => `Ended: ${code}: ${message}.`),
        ...suggestions().map((text) => `Suggestion: ${text}`),
      ].join('\n');
    },
    stop() {
      for (const f of undo) f();
    },
  };
}
