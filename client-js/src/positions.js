/**
 * How far a reader has read one channel.
 *
 * `text` is what the server said. `epoch` and `offset` are read from it, to tell an event that came before from one that
 * did not; `offset` is -Infinity where the text is of several channels. `wide`, if present, is a later position of several
 * channels, which contains this one.
 *
 * @typedef {{text: string, epoch: string, offset: number, wide?: string}} Mark
 */

const ONE_CHANNEL = /^(\w+)-(-?\d+)$/;

/** @param {string} text @returns {Mark} */
export function mark(text) {
  const found = ONE_CHANNEL.exec(text);
  return found ? {text, epoch: found[1], offset: Number(found[2])} : {text, epoch: '', offset: -Infinity};
}

/**
 * Whether a reader at `reader` has seen what is at `at`. One of another incarnation of the log has not.
 *
 * @param {Mark} reader
 * @param {Mark} at
 */
export const covers = (reader, at) => reader.epoch === at.epoch && at.offset <= reader.offset;
