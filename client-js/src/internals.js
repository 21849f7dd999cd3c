/** Where our other modules, each with no import of the core, find what a client consists of. */
export const INTERNALS = Symbol.for('tailwater.client');
