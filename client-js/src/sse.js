/**
 * A block of an event stream.
 *
 * @typedef {{type: string, data: string, id?: string}} Block
 */

/** Reads the format text/event-stream, however its bytes are cut. */
export class SseParser {
  #decoder = new TextDecoder();
  #rest = '';
  #type = '';
  /** @type {string[]} */
  #data = [];
  /** @type {string | undefined} */
  #id;
  #onBlock;
  /** Milliseconds to wait before coming back, as the server said; 0 if it did not. */
  retryMs = 0;

  /** @param {(block: Block) => void} onBlock */
  constructor(onBlock) {
    this.#onBlock = onBlock;
  }

  /** @param {Uint8Array} bytes */
  feed(bytes) {
    const lines = (this.#rest + this.#decoder.decode(bytes, {stream: true})).split('\n');
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  /** @param {string} line */
  #line(line) {
    if (!line) return this.#dispatch();
    const colon = line.indexOf(':');
    if (!colon) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id') this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch() {
    const block = {type: this.#type, data: this.#data.join('\n'), id: this.#id}, empty = !this.#data.length;
    this.#type = '';
    this.#data = [];
    this.#id = undefined;
    if (!empty) this.#onBlock(block);
  }
}
