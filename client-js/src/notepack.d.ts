// The builds for browsers, which have no types of their own.
declare module 'notepack.io/browser/encode.js' {
  export default function encode(value: unknown): ArrayBuffer;
}
declare module 'notepack.io/browser/decode.js' {
  export default function decode(bytes: ArrayBuffer | Uint8Array): any;
}
