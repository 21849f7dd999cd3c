/**
 * A block of an event stream.
 *
 * @typedef {{type: string, data: string, id?: string}} Block
 */

/** Reads the format text/event-stream, however its bytes are cut. */
export class SseParser {
  #decoder = new TextDecoder();
  #rest = '';
  #block = fresh();
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
    for (const line of lines) this.#line(line.replace(/\r$/, ''));
  }

  /** @param {string} line */
  #line(line) {
    const block = this.#block;
    // A comment has no name.
    const [, name, value] = /^(\w+):? ?(.*)/s.exec(line) ?? [];
    if (name === 'data') block.data.push(value);
    if (name === 'event') block.type = value;
    if (name === 'id') block.id = value;
    if (name === 'retry') this.retryMs = +value || 0;
    if (line) return;
    this.#block = fresh();
    if (block.data.length) this.#onBlock({...block, data: block.data.join('\n')});
  }
}

/** @returns {{type: string, data: string[], id?: string}} */
const fresh = () => ({type: '', data: []});
