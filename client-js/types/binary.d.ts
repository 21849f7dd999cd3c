import type {Channel, Frames} from './client.js';

/** Frames of a WebSocket as protobuf: `createClient({frames: protobufFrames()})`. Bytes then travel as they are. */
export function protobufFrames(): Frames;

export interface PackOptions {
  /** Events whose JSON has at least this many bytes are packed. Default 1024. */
  pack?: number;
  /** Packed events of at least this many bytes are compressed as well. Default 10240. */
  compress?: number;
}

/**
 * A channel whose larger events travel as bytes: MessagePack from 1 KB on, with gzip from 10 KB on, if that is smaller. All its
 * readers have to unpack: they read the channel with this function, too. Events that are not packed are read as they are.
 */
export function packed<T = unknown>(channel: Channel<T>, options?: PackOptions): Pick<Channel<T>, 'name' | 'publish' | 'subscribe' | 'events' | 'history' | 'ack' | 'unread'>;
