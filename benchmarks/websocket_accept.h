/* SHA-1 and base64, which a WebSocket handshake wants. */
#ifndef WEBSOCKET_ACCEPT_H
#define WEBSOCKET_ACCEPT_H

#include <stdio.h>
#include <string.h>

#include "types.h"

static void sha1(const u8 *d, size_t n, u8 out[20]) {
  u32 h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  u8 blk[64];
  size_t i = 0;
  u64 bits = n * 8;
  int fin = 0, pad = 0;
  while (!fin) {
    size_t k = n - i < 64 ? n - i : 64;
    memcpy(blk, d + i, k);
    i += k;
    if (k < 64) {
      memset(blk + k, 0, 64 - k);
      if (!pad) {
        blk[k] = 0x80;
        pad = 1;
      }
      if (k < 56) {
        for (int j = 0; j < 8; j++)
          blk[56 + j] = (u8)(bits >> (56 - 8 * j));
        fin = 1;
      }
    }
    u32 w[80];
    for (int j = 0; j < 16; j++)
      w[j] = (u32)blk[4 * j] << 24 | (u32)blk[4 * j + 1] << 16 | (u32)blk[4 * j + 2] << 8 | blk[4 * j + 3];
    for (int j = 16; j < 80; j++) {
      u32 x = w[j - 3] ^ w[j - 8] ^ w[j - 14] ^ w[j - 16];
      w[j] = x << 1 | x >> 31;
    }
    u32 a = h[0], b = h[1], c = h[2], e = h[4], dd = h[3];
    for (int j = 0; j < 80; j++) {
      u32 f, kk;
      if (j < 20)
        f = (b & c) | (~b & dd), kk = 0x5A827999;
      else if (j < 40)
        f = b ^ c ^ dd, kk = 0x6ED9EBA1;
      else if (j < 60)
        f = (b & c) | (b & dd) | (c & dd), kk = 0x8F1BBCDC;
      else
        f = b ^ c ^ dd, kk = 0xCA62C1D6;
      u32 t = (a << 5 | a >> 27) + f + e + kk + w[j];
      e = dd;
      dd = c;
      c = b << 30 | b >> 2;
      b = a;
      a = t;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += dd;
    h[4] += e;
  }
  for (int j = 0; j < 5; j++)
    for (int k = 0; k < 4; k++)
      out[4 * j + k] = (u8)(h[j] >> (24 - 8 * k));
}
static void b64(const u8 *d, size_t n, char *o) {
  static const char t[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t i;
  for (i = 0; i + 2 < n; i += 3) {
    *o++ = t[d[i] >> 2];
    *o++ = t[(d[i] & 3) << 4 | d[i + 1] >> 4];
    *o++ = t[(d[i + 1] & 15) << 2 | d[i + 2] >> 6];
    *o++ = t[d[i + 2] & 63];
  }
  if (n - i == 1) {
    *o++ = t[d[i] >> 2];
    *o++ = t[(d[i] & 3) << 4];
    *o++ = '=';
    *o++ = '=';
  } else if (n - i == 2) {
    *o++ = t[d[i] >> 2];
    *o++ = t[(d[i] & 3) << 4 | d[i + 1] >> 4];
    *o++ = t[(d[i + 1] & 15) << 2];
    *o++ = '=';
  }
  *o = 0;
}

/* What Sec-WebSocket-Accept is for this Sec-WebSocket-Key: 28 characters and a zero into out. */
static void websocket_accept(const char *key, char out[29]) {
  char both[64];
  u8 digest[20];
  int n = snprintf(both, sizeof both, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  sha1((const u8 *)both, (size_t)n, digest);
  b64(digest, 20, out);
}

#endif
