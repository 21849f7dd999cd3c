// Pictures are events of bytes. One that is to be sent is drawn anew, small enough for an event. So nothing else that was in
// the file, such as the place where it was taken, goes with it.

/** The most that one event takes. */
const MAX_BYTES = 256 << 10;
/** What is tried, one after the other, until it fits: the longest side in pixels, and the quality. */
const ATTEMPTS = [[1600, .85], [1600, .7], [1200, .75], [1000, .65], [800, .6], [640, .5], [400, .4]];

/** A file as the bytes of a picture. Rejects with what is wrong with it, in words. */
export async function scaled(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name || 'This'} is not a picture that this browser can read.`);
  });
  try {
    // Drawn anew, it would not move any more.
    if (file.type === 'image/gif' && file.size <= MAX_BYTES) return new Uint8Array(await file.arrayBuffer());
    for (const [side, quality] of ATTEMPTS) {
      const blob = await drawn(bitmap, Math.min(1, side / Math.max(bitmap.width, bitmap.height)), quality);
      if (blob.size <= MAX_BYTES) return new Uint8Array(await blob.arrayBuffer());
    }
  } finally {
    bitmap.close();
  }
  throw new Error('This picture cannot be made small enough.');
}

async function drawn(bitmap, scale, quality) {
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const encoded = (type) => new Promise((done) => canvas.toBlob(done, type, quality));
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const webp = await encoded('image/webp');
  if (webp.type === 'image/webp') return webp;
  // JPEG has no transparency.
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  return encoded('image/jpeg');
}

/** Bytes as a picture that is ready to be shown, so that nothing moves when it is; null if they are none. */
export async function shown(bytes) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([bytes]));
  try {
    await image.decode();
    return {url: image.src, width: image.naturalWidth, height: image.naturalHeight, bytes: bytes.length};
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}

export function forget(picture) {
  if (picture) URL.revokeObjectURL(picture.url);
}
