import type {Client, ClientOptions} from '../client.js';

/**
 * A client as `createClient` makes it, that shares one connection with the other tabs of its origin: those of the same platform
 * and subject. One tab leads and is connected; the others read through it. When it is closed, frozen or hangs, another one
 * takes over, and each tab goes on at its positions. Without Web Locks, each tab has a connection of its own.
 */
export function createSharedClient(options?: ClientOptions): Client;
