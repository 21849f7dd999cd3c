import type {Client} from './client.js';

export interface Question {
  /** Either this or `messages`. */
  prompt?: string;
  messages?: {role: string; content: string}[];
  model?: string;
  max_tokens?: number;
  temperature?: number;
  seed?: number;
  /** What happens when nobody reads for 30 s. Default `continue`. */
  unwatched?: 'continue' | 'cancel';
  /** Joins the answer that was begun with the same key. Default: a random one. */
  key?: string;
}

export interface Part {
  kind: 'text' | 'reasoning' | 'tool_call';
  text: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** An answer of a model as it grows. Iterate over it for its text, piece by piece, from the beginning. */
export interface Answer extends AsyncIterable<string> {
  readonly id: string;
  /** The text so far. */
  readonly text: string;
  readonly parts: readonly Part[];
  readonly status: 'running' | 'finished' | 'failed' | 'cancelled';
  /** Resolves at the end. Rejects with a TailwaterError if the answer failed. */
  readonly finished: Promise<{text: string; finish_reason: string; usage?: Usage}>;
  /** Calls `f` after each change. Returns a function that ends that. */
  onChange(f: () => void): () => void;
  /** Cancels the answer. */
  stop(): Promise<void>;
  /** Reads no further; the answer goes on. */
  close(): void;
}

export function createAnswer(client: Client, question: Question): Promise<Answer>;
/** Reads an answer again from its beginning, as after a reload. */
export function resumeAnswer(client: Client, id: string): Promise<Answer>;

/** A chunk of a UI message stream, as the AI SDK knows them. */
export interface UiChunk {
  type: string;
  [name: string]: any;
}

/** As `useChat` of Vercel's AI SDK takes it (`ChatTransport`). */
export interface ChatTransport {
  sendMessages(request: {
    chatId: string;
    messages: any[];
    trigger: 'submit-message' | 'regenerate-message';
    messageId: string | undefined;
    abortSignal: AbortSignal | undefined;
    body?: object;
    headers?: Record<string, string> | Headers;
    metadata?: unknown;
  }): Promise<ReadableStream<any>>;
  reconnectToStream(request: {chatId: string; [name: string]: any}): Promise<ReadableStream<any> | null>;
}

/**
 * A transport for the AI SDK with the client's address and tokens. An answer that is cut is read on; stopping it in the SDK
 * cancels it.
 *
 * @param options `body`: further fields of each request, such as `model`
 */
export function chatTransport(client: Client, options?: {body?: object}): ChatTransport;
