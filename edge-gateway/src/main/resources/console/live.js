// What the gateways report of themselves, live: each publishes a report to the channel admin:overview every two
// seconds while someone reads it. Where that is quiet (Redis is away, say), the gateway that answers is asked.

import {createClient} from '/v1/client.js';
import {call, session} from '/console/api.js';

const QUIET_MS = 7_000;
const ASK_MS = 5_000;
/** A gateway that has not reported for as long is shown as gone, and later forgotten. */
const GONE_MS = 10_000;
const FORGET_MS = 120_000;
/** Points of a chart: ten minutes. */
const POINTS = 300;
/** Reports that latencies are judged over: a minute. */
const WINDOW = 30;

export const live = {
  /** By gateway: {report, rates, heardMs}. */
  gateways: new Map(),
  /** By event-core: {report, heardMs}. */
  cores: new Map(),
  /** Columns for charts: seconds, delivered/s, published/s, connections. */
  points: [[], [], [], []],
  /** 'connecting', 'live', 'asking' or 'refused'. */
  state: 'connecting',
  /** Whether every gateway is known to be among them. */
  complete: true,
  paused: false,
  refusal: null,

  start() {
    if (this.client) return;
    this.client = createClient({url: location.origin, transport: 'sse',
      getToken: async (why) => (why === 'expired' && session.development ? session.renew() : session.token)});
    const reading = this.client.channel('admin:overview').subscribe((event) => this.take(event.data, Date.now()));
    reading.on('error', (failure) => {
      if (failure.code === 'forbidden') {
        this.refusal = failure;
        this.turn('refused');
      }
    });
    // Quiet is judged from here on.
    this.heardMs = Date.now();
    this.ask();
    this.timer = setInterval(() => this.tick(), 1_000);
  },

  stop() {
    clearInterval(this.timer);
    this.client?.close();
    this.client = null;
    this.gateways.clear();
    this.cores.clear();
    this.points = [[], [], [], []];
    this.refusal = null;
    this.state = 'connecting';
  },

  turn(state) {
    this.state = state;
    this.changed = true;
  },

  tick() {
    const now = Date.now();
    if (this.state !== 'refused' && now - this.heardMs > QUIET_MS && now - (this.askedMs ?? 0) > ASK_MS && !document.hidden) this.ask();
    for (const all of [this.gateways, this.cores]) {
      for (const [name, one] of all) if (now - one.heardMs > FORGET_MS) all.delete(name);
    }
    if (!document.hidden) this.point(now);
    if (!this.paused) for (const listener of this.listeners) listener();
  },

  async ask() {
    this.askedMs = Date.now();
    try {
      const overview = await call('GET', '/v1/admin/overview');
      const now = Date.now();
      this.complete = overview.complete;
      for (const report of overview.reports) this.add(report, now);
      if (now - this.heardMs > QUIET_MS) this.turn('asking');
    } catch (refusal) {
      this.refusal = refusal;
      this.turn(refusal.status === 403 ? 'refused' : 'connecting');
    }
  },

  take(report, now) {
    this.heardMs = now;
    this.complete = true;
    this.refusal = null;
    this.turn('live');
    this.add(report, now);
  },

  add(report, now) {
    const before = this.gateways.get(report.gateway);
    // A gateway that was restarted counts anew.
    const known = before?.report.started_ms === report.started_ms ? before : undefined;
    if (known && report.at_ms <= known.report.at_ms) return;
    const past = known ? [...known.past, known.report.counters].slice(-WINDOW) : [];
    this.gateways.set(report.gateway, {report, heardMs: now, rates: rates(known, report), past});
    for (const core of report.event_cores) this.cores.set(core.instance, {report: core, heardMs: now});
  },

  /** The gateways that still report. */
  here() {
    const now = Date.now();
    return [...this.gateways.values()].filter((one) => now - one.heardMs < GONE_MS);
  },

  isGone: (one) => Date.now() - one.heardMs >= GONE_MS,

  /** The sum of a rate over gateways; null if none is known yet. */
  sum(name) {
    const known = this.here().map((one) => one.rates?.[name]).filter((value) => value !== undefined);
    return known.length ? known.reduce((a, b) => a + b, 0) : null;
  },

  point(now) {
    const at = Math.floor(now / 1000);
    const [seconds, delivered, published, connections] = this.points;
    if (at - (seconds.at(-1) ?? 0) < 2 || !this.gateways.size) return;
    seconds.push(at);
    delivered.push(this.sum('delivered'));
    published.push(this.sum('published'));
    connections.push(this.here().reduce((sum, one) => sum + one.report.connections, 0));
    if (seconds.length > POINTS) this.points.forEach((column) => column.shift());
  },

  listeners: new Set(),
  /** Calls `f` every second unless paused. Returns a function that ends that. */
  watch(f) {
    this.listeners.add(f);
    f();
    return () => this.listeners.delete(f);
  },
};

/** The sum of counts by name. */
export function total(counts) {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

const STORED = new Set(['stored', 'duplicate']);

/** What was refused, by reason. A connection that was ended since nothing came over it was refused nothing. */
export function refusals(counters) {
  const {idle, ...ended} = counters.ended;
  return {...counters.refused, ...ended, ...Object.fromEntries(Object.entries(counters.publications).filter(([outcome]) => !STORED.has(outcome)))};
}

function accepted(counters) {
  return counters.publications.stored ?? 0;
}

/** What happened between two reports, a second; undefined without one before. */
function rates(before, report) {
  if (!before) return undefined;
  const seconds = (report.at_ms - before.report.at_ms) / 1000;
  if (seconds <= 0) return before.rates;
  const now = report.counters;
  const then = before.report.counters;
  const per = (f) => Math.max(0, f(now) - f(then)) / seconds;
  return {
    delivered: per((c) => c.delivered_events),
    bytes: per((c) => c.delivered_bytes),
    replayed: per((c) => c.replayed_events),
    published: per(accepted),
    resets: per((c) => total(c.resets)),
    refused: per((c) => total(refusals(c))),
  };
}

/** The time within which a share of the last minute's verdicts came, over all gateways; ms, or null without any. */
export function verdictsWithin(gateways, share) {
  const sums = new Map();
  let all = 0;
  for (const {report, past} of gateways) {
    if (!past.length) continue;
    const before = new Map(past[0].verdicts_within_ms);
    for (const [bound, within] of report.counters.verdicts_within_ms) {
      sums.set(bound, (sums.get(bound) ?? 0) + within - (before.get(bound) ?? 0));
    }
    all += total(report.counters.publications) - total(past[0].publications);
  }
  if (all <= 0) return null;
  for (const bound of [...sums.keys()].sort((a, b) => a - b)) if (sums.get(bound) >= share * all) return bound;
  return Infinity;
}
