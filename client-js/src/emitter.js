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
   * @param {Types[E]} [event] absent if there is nothing to say
   */
  emit(type, event) {
    const set = this.#listeners.get(type);
    for (const f of [...(set ?? [])]) guarded(() => f(event));
    return this.has(type);
  }

  /** Whether anybody listens. @param {keyof Types} type */
  has(type) {
    return !!this.#listeners.get(type)?.size;
  }
}

/** Listens to what a page or a signal tells. Returns what ends it. @param {any} target may be absent, or tell nothing @param {string} type @param {(event: any) => void} f */
export function listen(target, type, f) {
  target?.addEventListener?.(type, f);
  return () => target?.removeEventListener?.(type, f);
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
