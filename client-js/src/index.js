import {Client} from './client.js';
import {Core} from './core.js';

export {TailwaterError} from './error.js';

/** @param {import('../types/client.js').ClientOptions} [options] @returns {import('../types/client.js').Client} */
export const createClient = (options = {}) => new Client(new Core(options));
