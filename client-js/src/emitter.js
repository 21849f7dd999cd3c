/**
 * Notices by type.
 *
 * @template {Record<string, any>} Types
 */
export class Emitter {
  /** @type {Map<keyof Types, Set<(event: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Types} E
   * @param {E} type
   * @param {(event: Types[E]) => void} f
   */
  on(type, f) {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set.add(f));
    return () => void set.delete(f);
  }

  /**
   * Whether anybody was told. A listener that throws disturbs nobody else.
   *
   * @template {keyof Types} E
   * @param {E} type
   * @param {Types[E]} event
   */
  emit(type, event) {
    const set = this.#listeners.get(type);
    for (const f of [...(set ?? [])]) guarded(() => f(event));
    return !!set?.size;
  }
}

/** Runs a page's own code: what it throws is reported as from any event handler. @param {() => void} f */
export function guarded(f) {
  try {
    f();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
