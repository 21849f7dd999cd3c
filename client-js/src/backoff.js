/**
 * How long to wait before the next attempt: a random time up to a bound that doubles (full jitter), and at least as long
 * as the server asked for.
 *
 * @param {number} attempt from 0
 * @param {{min: number, max: number}} bounds milliseconds
 * @param {number} random from 0, below 1
 * @param {number} [least] milliseconds
 */
export const backoff = (attempt, bounds, random, least = 0) =>
  Math.max(least, random * ceiling(attempt, bounds));

/** @param {number} attempt @param {{min: number, max: number}} bounds */
export const ceiling = (attempt, {min, max}) => Math.min(max, min * 2 ** attempt);
