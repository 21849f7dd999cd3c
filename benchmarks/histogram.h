/* A histogram of nanoseconds with 128 sub-buckets per octave: an error below 0.8 %. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#include "types.h"

#define HB 7
#define HN ((48 - HB + 1) << HB)
typedef struct {
  u64 n, max, sum;
  u64 b[HN];
} Hist;
static inline u32 hidx(u64 v) {
  if (v < (1u << HB))
    return (u32)v;
  int m = 63 - __builtin_clzll(v);
  if (m > 47) {
    m = 47;
    v = (1ull << 48) - 1;
  }
  return (u32)(((u32)(m - HB + 1) << HB) + ((v >> (m - HB)) & ((1u << HB) - 1)));
}
static u64 hval(u32 i) {
  if (i < (1u << HB))
    return i;
  int m = (int)(i >> HB) + HB - 1;
  u64 lo = (1ull << m) + ((u64)(i & ((1u << HB) - 1)) << (m - HB));
  return lo + (1ull << (m - HB)) / 2;
}
static inline void hadd(Hist *h, u64 v) {
  h->b[hidx(v)]++;
  h->n++;
  h->sum += v;
  if (v > h->max)
    h->max = v;
}
static void hmerge(Hist *a, const Hist *b) {
  for (int i = 0; i < HN; i++)
    a->b[i] += b->b[i];
  a->n += b->n;
  a->sum += b->sum;
  if (b->max > a->max)
    a->max = b->max;
}
static u64 hq(const Hist *h, double q) {
  if (!h->n)
    return 0;
  u64 want = (u64)(q * (double)h->n + 0.9999999), c = 0;
  if (want < 1)
    want = 1;
  for (u32 i = 0; i < HN; i++) {
    c += h->b[i];
    if (c >= want) {
      u64 v = hval(i);
      return v > h->max ? h->max : v;
    }
  }
  return h->max;
}

#endif
