import {Reader} from './reader.js';

/**
 * Reads a channel on demand. The next event is asked for only when the one before has been handled by the loop's body, so
 * that the position is that of what was handled.
 *
 * @param {import('./core.js').Core} core
 * @param {string} channel
 * @param {import('../types/client.js').SubscribeOptions} options
 * @returns {AsyncIterableIterator<any>}
 */
export function iterate(core, channel, options) {
  /** @type {(() => void) | undefined} The reader waits for this before it hands over another event. */
  let handled;
  /** @type {any} */
  let offered;
  let has = false, over = false;
  /** @type {Error | undefined} */
  let failure;
  /** @type {((value?: any) => void) | undefined} */
  let tell;
  /** Resolves when something has come. @type {Promise<void> | undefined} */
  let coming;
  const wake = () => {
    tell?.();
    coming = new Promise((resolve) => (tell = resolve));
  };
  wake();
  const finish = () => {
    over = true;
    wake();
  };
  /** @type {Reader | undefined} */
  let reader;
  const open = () => {
    if (reader) return;
    reader = new Reader(core, channel, (event) => {
      offered = event;
      has = true;
      wake();
      return new Promise((resolve) => (handled = /** @type {any} */ (resolve)));
    }, options);
    reader.on('end', finish);
    reader.onClose = finish;
    reader.on('error', (error) => {
      failure = error;
      finish();
    });
    options.signal?.addEventListener('abort', finish);
    if (reader.over) over = true;
  };
  return {
    async next() {
      open();
      handled?.();
      handled = undefined;
      while (!has && !over) await coming;
      if (has) {
        has = false;
        return {done: false, value: offered};
      }
      if (failure) {
        const error = failure;
        failure = undefined;
        throw error;
      }
      return {done: true, value: undefined};
    },
    async return() {
      reader?.unsubscribe();
      finish();
      return {done: true, value: undefined};
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
