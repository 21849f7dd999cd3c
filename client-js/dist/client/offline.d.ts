import type {Outbox} from '../client.js';

/**
 * Keeps publications in IndexedDB until they have a verdict, so that they survive a reload. Entries belong to the platform
 * and the token's subject. Of several tabs, one sends; if it is closed, another goes on.
 *
 * @param name of the database; two outboxes of one origin with the same name are one
 * @param options `limit`: most entries of a subject, 100 by default
 */
export function persistentOutbox(name?: string, options?: {limit?: number}): Outbox;
