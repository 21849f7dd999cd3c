/**
 * @typedef {import('../types/presence.js').Member} Member
 * @typedef {{channel: string, count: number, first?: true, more?: true, stale?: true, members?: Member[], joined?: Member[], left?: string[],
 *     changed?: Member[]}} Block as the server writes it
 */

/** Members are listed up to this number. */
const LISTED = 500;

/** Who is present in a channel, as one link has heard. */
class Roster {
  count = 0;
  stale = false;
  /** Whether all blocks of a state have come. */
  isWhole = false;
  /** Whether members are listed, and not only counted. */
  isListed = false;
  /** Whether it was asked for, and will not be kept up by the server. */
  isPolled = false;
  /** @type {Map<string, Member>} */
  members = new Map();
  /** How often the feed had lost its connection. */
  losses = 0;

  /** @param {any} feed of the channel */
  constructor(feed) {
    this.feed = feed;
  }

  /** @param {Block} block */
  apply({count, first, more, stale, members, joined, left, changed}) {
    if (first) this.members = new Map();
    this.count = count;
    this.stale = stale === true;
    if (first || members) this.isWhole = !more;
    if (first || members || joined || left || changed) this.isListed = Boolean(members || joined || left || changed);
    // There is no word for it that the members are too many to be listed.
    else if (count > LISTED) this.isListed = false;
    for (const subject of left ?? []) this.members.delete(subject);
    for (const member of [...(members ?? []), ...(joined ?? []), ...(changed ?? [])]) this.members.set(member.subject, member);
  }
}

/** Follows who is present in the channels of a client, whatever link brings it. */
export class Rosters {
  /** @type {WeakMap<object, Map<string, Roster>>} */
  #byLink = new WeakMap();
  /** @type {Set<(channel?: string) => void>} */
  #watchers = new Set();
  #core;

  /** @param {any} core */
  constructor(core) {
    this.#core = core;
    const all = () => this.#tell();
    core.emitter.on('presence', (/** @type {Block & {link: object}} */ {link, ...block}) => this.take(link, block, false));
    core.emitter.on('transport', all);
    core.emitter.on('state', all);
  }

  /** Calls a function when a channel's roster has changed, or with nothing if each may have. @param {(channel?: string) => void} f */
  watch(f) {
    this.#watchers.add(f);
    return () => void this.#watchers.delete(f);
  }

  /** @param {string} [channel] */
  #tell(channel) {
    for (const f of [...this.#watchers]) f(channel);
  }

  /** @param {object} link @param {Block} block @param {boolean} isPolled */
  take(link, block, isPolled) {
    const {channel} = block, feed = this.#core.feeds.get(channel), all = this.#byLink.get(link) ?? new Map();
    if (!feed) return;
    const known = all.get(channel), roster = known?.feed === feed ? known : new Roster(feed);
    this.#byLink.set(link, all.set(channel, roster));
    roster.apply(block);
    roster.isPolled = isPolled;
    roster.losses = feed.losses;
    if (link === this.#core.inUse && roster.isWhole) this.#tell(channel);
  }

  /** What the connection in use has brought; undefined until it has brought a whole state. @param {string} channel */
  of(channel) {
    const {inUse = this, feeds} = this.#core, roster = this.#byLink.get(inUse)?.get(channel), feed = feeds.get(channel);
    return roster?.isWhole && roster.feed === feed && roster.losses === feed.losses ? roster : undefined;
  }

  /** Nobody watches a channel any more. @param {string} channel */
  forget(channel) {
    this.#byLink.get(this.#core.inUse ?? this)?.delete(channel);
  }
}

/** @type {WeakMap<object, Rosters>} */
const all = new WeakMap();

/** The rosters of a client. @param {any} core */
export function rostersOf(core) {
  const rosters = all.get(core) ?? new Rosters(core);
  all.set(core, rosters);
  return rosters;
}

/**
 * Members see another `info` of this client. On a WebSocket a frame says it; the streams of an HTTP link begin again with it.
 *
 * @param {any} core
 * @param {string} channel
 * @param {object | undefined} info
 * @returns {Promise<void>}
 */
export async function inform(core, channel, info) {
  const {inUse} = core;
  if (inUse?.kind === 'websocket') await (core.inform?.(channel, info) ?? inUse.ask('present', {channel, info}, core));
  else core.changed();
}
