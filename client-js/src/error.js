/** A failure with a code, so that a program can tell what to do. */
export class TailwaterError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{retry?: boolean, details?: unknown, outcome?: 'unknown', retryMs?: number}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = 'TailwaterError';
    this.code = code;
    this.retry = more.retry === true;
    if (more.details) this.details = more.details;
    if (more.outcome) this.outcome = more.outcome;
    /** How long the server asks to wait before another try. Not public. */
    this.retryMs = more.retryMs ?? 0;
  }
}

export const ABORTED = 'the signal was aborted';

/** @param {string} [message] */
export const unavailable = (message = 'the connection was lost') =>
  new TailwaterError('unavailable', message, {retry: true});

/** @param {string} message */
export const invalid = (message) => new TailwaterError('invalid_request', message);

/**
 * What the server refused, and why.
 *
 * @param {{code: string, message?: string, retry?: boolean, details?: unknown, reason?: string, current?: unknown}} wire
 * @param {number} [retryMs]
 */
export const refusal = ({code, message = code, retry, details, reason, current}, retryMs) =>
  new TailwaterError(code, message, {retry, retryMs, details: details ?? (reason && {reason, current})});

/** One of another of our modules, which has a class of its own, becomes one of this. @param {any} error @returns {TailwaterError} */
export const asError = (error) =>
  error instanceof TailwaterError ? error
  : error?.name === 'TailwaterError' ? new TailwaterError(error.code, error.message, error)
  : unavailable(String(error?.message ?? error));

/** Whether another token may be accepted where this one was refused. @param {TailwaterError} error */
export const isStale = ({code, retry}) => !retry && (code === 'token_expired' || code === 'token_revoked');
