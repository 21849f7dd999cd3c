/** @param {Uint8Array} bytes */
export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** @param {string} text */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** The bytes of a value, if it is bytes. @param {unknown} data */
export const bytesOf = (data) =>
  data instanceof ArrayBuffer ? new Uint8Array(data)
  : ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  : undefined;

/** What carries bytes as text gets them as bytes. @template {{data?: any, encoding?: any}} E @param {E} event @returns {E} */
export const decoded = (event) =>
  event.encoding === 'base64' && typeof event.data === 'string' ? {...event, data: fromBase64(event.data)} : event;

/** The other way round. @template {{data?: any}} E @param {E} event @returns {E} */
export function encoded(event) {
  const bytes = bytesOf(event.data);
  return bytes ? {...event, data: toBase64(bytes)} : event;
}
