/*
 * fanload: a load client for servers that fan events out, over SSE and WebSocket.
 *
 * One epoll loop per process; --procs forks more, each with its own limit of open files. The publisher is open-loop: an
 * event's "ts" is when it was due, so a server (or a publisher) that stalls shows in the latency. The last line of
 * output is one JSON object; exit code 0 only if nothing was lost, repeated, out of order, foreign, undelivered or
 * refused.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "websocket_accept.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* ------------------------------------------------------------------ options */
enum { T_SSE, T_WS, T_SIO };
enum { M_CONNECT, M_FANOUT, M_STORM, M_IDLE };
#define MAXH 32
typedef struct {
  char host[128];
  int port;
  char path[1024];
} Url;
static struct {
  int mode, tr;
  Url url, purl;
  int have_url, have_pub;
  long n, chans, spread;
  int conc;
  double connect_rate;
  int nsrc, ndst;
  const char *hdr[MAXH];
  int nhdr;
  const char *phdr[MAXH];
  int nphdr;
  const char *wssend[MAXH];
  int nwssend, wsbinary;
  const char *wsready;
  const char *subproto;
  const char *body;
  int size;
  double rate;
  int pubs;
  int burst;
  int pipeline;
  double dur, warm, drain, hold, away, cto;
  int msgs;
  const char *lastid, *reshdr, *wsresume, *idkey, *event;
  int pids[64];
  int npids;
  int procs;
  int cpu;
  int quiet;
  const char *label;
  u64 run;
  int debug, clean;
} O;

/* ------------------------------------------------------------------ shared state */
enum { C_NONE, C_CONNECT, C_RECONNECT, C_CLOSE, C_RESETSTAT, C_FINAL, C_EXIT };
#define MAXP 32
typedef struct {
  _Atomic u64 open, opened_total, failed, deliv, rawbytes, paybytes, dup, ooo, gaps, foreign, noseq, closed, wserr,
      httperr, nodisp, pings, pongs, comments, primed, done, lost, undeliv, recvs, events_other, missing_id,
      maxseq_seen, lat_neg;
  _Atomic u64 firstconn_ns, lastopen_ns, lastdeliv_ns;
  _Atomic int ack;
  Hist lat, hs, donet;
} PStat;
typedef struct {
  _Atomic int cmd, gen;
  _Atomic u64 expect_lo, expect_hi;
  _Atomic int phase_storm;
  PStat p[MAXP];
  _Atomic u32 chseq[];
} Shared;
static Shared *S;
static PStat *me;
static int myproc;
#define ADD(f, v) atomic_fetch_add_explicit(&me->f, (v), memory_order_relaxed)
#define INC(f)                                                   \
  do {                                                           \
    u64 x_ = atomic_load_explicit(&me->f, memory_order_relaxed); \
    atomic_store_explicit(&me->f, x_ + 1, memory_order_relaxed); \
  } while (0)
#define ADDL(f, v)                                                      \
  do {                                                                  \
    u64 x_ = atomic_load_explicit(&me->f, memory_order_relaxed);        \
    atomic_store_explicit(&me->f, x_ + (u64)(v), memory_order_relaxed); \
  } while (0)
static u64 tot(size_t off) {
  u64 t = 0;
  for (int i = 0; i < O.procs; i++)
    t += atomic_load((_Atomic u64 *)((char *)&S->p[i] + off));
  return t;
}
#define TOT(f) tot(offsetof(PStat, f))
static int hasseq;
static u64 useful(void) {
  return hasseq ? TOT(deliv) - TOT(noseq) - TOT(dup) : TOT(deliv);
}

static u64 now_rt(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}
static u64 now_mono(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}
static void die(const char *f, ...) {
  va_list a;
  va_start(a, f);
  fprintf(stderr, "fanload: ");
  vfprintf(stderr, f, a);
  fputc('\n', stderr);
  va_end(a);
  if (S)
    atomic_store(&S->cmd, C_EXIT);
  exit(2);
}
static void dbg(const char *f, ...) {
  static int left = 20;
  if (!O.debug && left <= 0)
    return;
  if (!O.debug && left-- == 1)
    f = "(further messages dropped; --debug shows all)";
  va_list a;
  va_start(a, f);
  fprintf(stderr, "fanload: ");
  vfprintf(stderr, f, a);
  fputc('\n', stderr);
  va_end(a);
}

/* ------------------------------------------------------------------ connections */
enum { S_NONE, S_CONNECTING, S_HDR, S_OPEN, S_CLOSED };
enum { K_SUB, K_PUB };
typedef struct Q {
  u32 ch, seq;
  u64 ts;
} Q;
typedef struct Conn {
  int fd;
  u8 kind, st, tr, upgraded, chunked, cst, fin_after, skiplf, wantout;
  u8 bom, hasdata, frag_op, cl_known, counted_closed, isprimed, isdone, ev_other;
  u32 idx, chan;
  u64 cleft; /* body / chunk bytes left */
  char *pb;
  u32 pl, pc; /* partial header / chunk line / ws frame bytes */
  char *lb;
  u32 ll, lc; /* partial sse line */
  char *db;
  u32 dl, dc; /* partial event data / ws message */
  char *ob;
  u32 ol, oc;        /* unsent output */
  char *id, *idpend; /* last event id; id of the event being built */
  char *pid; /* private id of a Socket.IO session */
  u32 maxseq, nrecv;
  u64 *bits;
  u64 t0;
  char key[28];
  /* publisher */
  Q *q;
  u32 qh, qt, qcap;
  u32 inflight;
  int status;
} Conn;
static Conn *conns;
static long nconn, firstidx;
static Conn *pubs;
static int ep;
static u32 nbits;
static long opening, next_open;
static int open_resume, open_active;
static u64 open_t0;
static char *rbuf;
enum { RB = 256 * 1024 };
static u64 pub_sent, pub_acked, pub_err, pub_backmax;
static Hist *puback, *publate;

static void grow(char **b, u32 *cap, u32 need) {
  if (*cap >= need)
    return;
  u32 c = *cap ? *cap : 64;
  while (c < need)
    c = c < 4096 ? c * 2 : c + c / 2;
  *b = realloc(*b, c);
  if (!*b)
    die("out of memory");
  *cap = c;
}
static void app(char **b, u32 *len, u32 *cap, const void *p, size_t n) {
  grow(b, cap, *len + (u32)n + 1);
  memcpy(*b + *len, p, n);
  *len += (u32)n;
  (*b)[*len] = 0;
}

static void ep_mod(Conn *c, int out) {
  if (c->wantout == out)
    return;
  c->wantout = (u8)out;
  struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static int csend(Conn *c, const void *p, size_t n) {
  if (!c->ol) {
    ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
    if (r < 0) {
      if (errno != EAGAIN)
        return -1;
      r = 0;
    }
    if ((size_t)r == n)
      return 0;
    p = (const char *)p + r;
    n -= (size_t)r;
  }
  app(&c->ob, &c->ol, &c->oc, p, n);
  ep_mod(c, 1);
  return 0;
}
static int cflush(Conn *c) {
  if (c->ol) {
    ssize_t r = send(c->fd, c->ob, c->ol, MSG_NOSIGNAL);
    if (r < 0)
      return errno == EAGAIN ? 0 : -1;
    memmove(c->ob, c->ob + r, c->ol - (u32)r);
    c->ol -= (u32)r;
  }
  if (!c->ol) {
    free(c->ob);
    c->ob = 0;
    c->oc = 0;
    ep_mod(c, 0);
  }
  return 0;
}
static void cclose(Conn *c, int unexpected) {
  if (c->fd < 0)
    return;
  if (!O.clean) {
    struct linger l = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  }
  close(c->fd);
  c->fd = -1;
  if (c->kind == K_SUB) {
    if (c->st == S_OPEN) {
      ADD(open, (u64)-1);
      if (unexpected)
        ADD(closed, 1);
    } else if (c->st != S_CLOSED && c->st != S_NONE) {
      opening--;
      if (unexpected)
        ADD(failed, 1);
    }
  }
  c->st = S_CLOSED;
  c->upgraded = 0;
  c->pl = c->ll = c->dl = c->ol = 0;
  c->hasdata = 0;
  c->frag_op = 0;
  c->chunked = c->cst = 0;
  c->cleft = 0;
  c->skiplf = 0;
  c->bom = 0;
  c->wantout = 0;
  c->cl_known = 0;
}

/* ------------------------------------------------------------------ templates: %d channel, %i connection number, %id%
 * last id */
static size_t expand(char *o, size_t cap, const char *t, u32 chan, u32 idx, const char *id) {
  size_t n = 0;
#define PUTC(x)      \
  do {               \
    if (n + 1 < cap) \
      o[n++] = (x);  \
  } while (0)
  for (; *t; t++) {
    if (*t == '%') {
      const char *s = 0;
      char tmp[24];
      size_t adv = 0;
      if (!strncmp(t, "%id%", 4))
        s = id ? id : "", adv = 4;
      else if (t[1] == 'd') {
        snprintf(tmp, sizeof tmp, "%u", chan);
        s = tmp;
        adv = 2;
      } else if (t[1] == 'i') {
        snprintf(tmp, sizeof tmp, "%u", idx);
        s = tmp;
        adv = 2;
      } else if (t[1] == '%') {
        s = "%";
        adv = 2;
      }
      if (s) {
        while (*s) {
          PUTC(*s);
          s++;
        }
        t += adv - 1;
        continue;
      }
    }
    PUTC(*t);
  }
  o[n] = 0;
  return n;
}
static int hex(char c) {
  return isdigit((u8)c) ? c - '0' : tolower((u8)c) - 'a' + 10;
}
static size_t unescape(char *o, const char *s) {
  size_t n = 0;
  for (; *s; s++) {
    if (*s == '\\' && s[1]) {
      s++;
      o[n++] = *s == 'r'                                               ? '\r'
               : *s == 'n'                                             ? '\n'
               : *s == 't'                                             ? '\t'
               : *s == '0'                                             ? 0
               : *s == 's'                                             ? ' '
               : *s == 'x' && isxdigit((u8)s[1]) && isxdigit((u8)s[2]) ? (s += 2, (char)(hex(s[-1]) << 4 | hex(*s)))
                                                                       : *s;
    } else
      o[n++] = *s;
  }
  o[n] = 0;
  return n;
}

/* ------------------------------------------------------------------ ws send (client frames are masked) */
static u32 rng = 0x9E3779B9u;
static u32 rnd(void) {
  rng ^= rng << 13;
  rng ^= rng >> 17;
  rng ^= rng << 5;
  return rng;
}
static int ws_send(Conn *c, int op, const char *p, size_t n) {
  static u8 f[70000];
  size_t h = 2;
  if (n > 65535)
    die("ws text too long");
  f[0] = (u8)(0x80 | op);
  if (n < 126)
    f[1] = (u8)(0x80 | n);
  else {
    f[1] = 0x80 | 126;
    f[2] = (u8)(n >> 8);
    f[3] = (u8)n;
    h = 4;
  }
  u32 m = rnd();
  memcpy(f + h, &m, 4);
  u8 *k = f + h;
  h += 4;
  for (size_t i = 0; i < n; i++)
    f[h + i] = (u8)p[i] ^ k[i & 3];
  return csend(c, f, h + n);
}

/* ------------------------------------------------------------------ delivery */
static int find_num(const char *p, size_t n, const char *key, size_t kl, u64 *out) {
  const char *e = p + n;
  for (;;) {
    const char *m = memmem(p, (size_t)(e - p), key, kl);
    if (!m)
      return 0;
    p = m + kl;
    const char *s = p;
    if (s < e && *s == '\\')
      s++;
    if (s >= e || *s != '"')
      continue;
    s++;
    while (s < e && (*s == ' '))
      s++;
    if (s >= e || *s != ':')
      continue;
    s++;
    while (s < e && (*s == ' ' || *s == '"' || *s == '\\'))
      s++;
    if (s >= e || *s < '0' || *s > '9')
      continue;
    u64 v = 0;
    while (s < e && *s >= '0' && *s <= '9')
      v = v * 10 + (u64)(*s++ - '0');
    *out = v;
    return 1;
  }
}
static int find_str(const char *p, size_t n, const char *key, char *o, size_t cap) {
  char k[80];
  int kl = snprintf(k, sizeof k, "\"%s\"", key);
  const char *m = memmem(p, n, k, (size_t)kl), *e = p + n;
  if (!m)
    return 0;
  m += kl;
  while (m < e && (*m == ' ' || *m == ':'))
    m++;
  size_t i = 0;
  if (m < e && *m == '"') {
    m++;
    while (m < e && *m != '"' && i + 1 < cap)
      o[i++] = *m++;
  } else
    while (m < e && *m != ',' && *m != '}' && *m != ']' && *m != ' ' && i + 1 < cap)
      o[i++] = *m++;
  o[i] = 0;
  return i > 0;
}
static void set_id(Conn *c, const char *p, size_t n) {
  if (c->id && strlen(c->id) >= n) {
    memcpy(c->id, p, n);
    c->id[n] = 0;
    return;
  }
  free(c->id);
  c->id = malloc(n + 32 > 64 ? n + 1 : 64);
  memcpy(c->id, p, n);
  c->id[n] = 0;
}
static void deliver(Conn *c, const char *p, size_t n, u64 now) {
  u64 run, seq, ts;
  if (O.have_pub && find_num(p, n, "\"run", 4, &run) && run != O.run) {
    INC(foreign);
    return;
  }
  INC(deliv);
  ADDL(paybytes, n);
  c->nrecv++;
  atomic_store_explicit(&me->lastdeliv_ns, now, memory_order_relaxed);
  if (find_num(p, n, "\"seq", 4, &seq) && seq && seq <= nbits) {
    u64 m = 1ull << ((seq - 1) & 63), *w = &c->bits[(seq - 1) >> 6];
    if (*w & m)
      INC(dup);
    else {
      *w |= m;
      if (seq < c->maxseq) {
        if (O.spread == 1)
          INC(ooo);
      } else {
        if (seq > c->maxseq + 1)
          INC(gaps);
        c->maxseq = (u32)seq;
      }
      int ph = atomic_load_explicit(&S->phase_storm, memory_order_relaxed);
      if (ph) {
        if (ph == 1 && seq == 1 && !c->isprimed) {
          c->isprimed = 1;
          ADD(primed, 1);
        }
        if (ph == 2 && !c->isdone) {
          u32 got = 0;
          u64 hi = atomic_load(&S->expect_hi), lo = atomic_load(&S->expect_lo);
          if (seq >= lo && seq <= hi) {
            c->inflight++;
            got = c->inflight;
            if (got == hi - lo + 1) {
              c->isdone = 1;
              hadd(&me->donet, now_mono() - c->t0);
              ADD(done, 1);
            }
          }
        }
      }
    }
  } else
    INC(noseq);
  if (find_num(p, n, "\"ts", 3, &ts)) {
    if (now >= ts)
      hadd(&me->lat, now - ts);
    else {
      hadd(&me->lat, 0);
      INC(lat_neg);
    }
  }
}

/* ------------------------------------------------------------------ opened */
static void send_subs(Conn *c) {
  char b[8192], x[8192];
  if (open_resume && O.wsresume && c->id) {
    expand(x, sizeof x, O.wsresume, c->chan, c->idx, c->id);
    size_t n = unescape(b, x);
    ws_send(c, O.wsbinary ? 2 : 1, b, n);
    return;
  }
  for (int i = 0; i < O.nwssend; i++) {
    expand(x, sizeof x, O.wssend[i], c->chan, c->idx, c->id);
    size_t n = unescape(b, x);
    ws_send(c, O.wsbinary ? 2 : 1, b, n);
  }
}
static void mark_open(Conn *c) {
  c->st = S_OPEN;
  opening--;
  ADD(open, 1);
  ADD(opened_total, 1);
  u64 t = now_mono();
  atomic_store(&me->lastopen_ns, t);
  hadd(&me->hs, t - c->t0);
}

/* ------------------------------------------------------------------ SSE */
static char *ed;
static u32 el, ec; /* event data scratch of the connection being parsed */
static void sse_line(Conn *c, const char *p, size_t n, u64 now) {
  if (!n) { /* dispatch */
    if (c->idpend) {
      set_id(c, c->idpend, strlen(c->idpend));
      free(c->idpend);
      c->idpend = 0;
    }
    if (!c->hasdata) {
      c->ev_other = 0;
      INC(nodisp);
      return;
    }
    if (c->ev_other)
      INC(events_other);
    else
      deliver(c, ed, el, now);
    el = 0;
    c->hasdata = 0;
    c->ev_other = 0;
    return;
  }
  if (p[0] == ':') {
    INC(comments);
    return;
  }
  const char *col = memchr(p, ':', n < 16 ? n : 16);
  size_t fl = col ? (size_t)(col - p) : n;
  const char *v = col ? col + 1 : p + n;
  size_t vl = (size_t)(p + n - v);
  if (vl && *v == ' ')
    v++, vl--;
  if (fl == 4 && !memcmp(p, "data", 4)) {
    if (c->hasdata)
      app(&ed, &el, &ec, "\n", 1);
    app(&ed, &el, &ec, v, vl);
    c->hasdata = 1;
  } else if (fl == 2 && p[0] == 'i' && p[1] == 'd') {
    if (!memchr(v, 0, vl)) {
      free(c->idpend);
      c->idpend = strndup(v, vl);
    }
  } else if (fl == 5 && !memcmp(p, "event", 5))
    c->ev_other = O.event && !(strlen(O.event) == vl && !memcmp(v, O.event, vl));
}
static void sse_feed(Conn *c, const char *p, size_t n, u64 now) {
  const char *e = p + n;
  if (!c->bom && n) {
    c->bom = 1;
    if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
      p += 3;
  }
  el = 0;
  if (c->hasdata) {
    app(&ed, &el, &ec, c->db, c->dl);
    c->dl = 0;
  }
  while (p < e) {
    if (c->skiplf) {
      c->skiplf = 0;
      if (*p == '\n') {
        p++;
        continue;
      }
    }
    const char *nl = memchr(p, '\n', (size_t)(e - p)), *end = nl ? nl : e, *cr = memchr(p, '\r', (size_t)(end - p));
    if (cr)
      nl = cr;
    if (!nl) {
      app(&c->lb, &c->ll, &c->lc, p, (size_t)(e - p));
      break;
    }
    if (c->ll) {
      app(&c->lb, &c->ll, &c->lc, p, (size_t)(nl - p));
      u32 l = c->ll;
      c->ll = 0;
      sse_line(c, c->lb, l, now);
    } else
      sse_line(c, p, (size_t)(nl - p), now);
    if (*nl == '\r')
      c->skiplf = 1;
    p = nl + 1;
  }
  if (c->hasdata) {
    c->dl = 0;
    app(&c->db, &c->dl, &c->dc, ed, el);
  }
}

/* ------------------------------------------------------------------ HTTP body (chunked or not). returns -1 on
 * error/end, else 0; consumes all, or stops at message end (left in *used) */
typedef void (*Feed)(Conn *, const char *, size_t, u64);
static int body_feed(Conn *c, const char *p, size_t n, u64 now, Feed f, size_t *used) {
  const char *s = p, *e = p + n;
  *used = 0;
  if (!c->chunked) {
    if (!c->cl_known) {
      f(c, p, n, now);
      *used = n;
      return 0;
    }
    size_t k = n < c->cleft ? n : (size_t)c->cleft;
    if (k)
      f(c, p, k, now);
    c->cleft -= k;
    *used = k;
    return c->cleft == 0 ? 1 : 0;
  }
  while (p < e)
    switch (c->cst) {
      case 0:
      case 3: { /* size line / trailer line */
        const char *nl = memchr(p, '\n', (size_t)(e - p));
        size_t k = (size_t)((nl ? nl + 1 : e) - p);
        const char *ln = p;
        size_t l = k;
        if (c->pl || !nl) {
          app(&c->pb, &c->pl, &c->pc, p, k);
          ln = c->pb;
          l = c->pl;
        }
        p += k;
        if (!nl)
          break;
        c->pl = 0;
        while (l && (ln[l - 1] == '\n' || ln[l - 1] == '\r'))
          l--;
        if (c->cst == 3) {
          if (!l) {
            *used = (size_t)(p - s);
            c->cst = 0;
            return 1;
          }
          break;
        }
        u64 v = 0;
        size_t i = 0;
        for (; i < l && isxdigit((u8)ln[i]); i++)
          v = v * 16 + (u64)(isdigit((u8)ln[i]) ? ln[i] - '0' : (tolower(ln[i]) - 'a' + 10));
        if (!i) {
          dbg("bad chunk size line '%.*s'", (int)l, ln);
          INC(httperr);
          return -1;
        }
        c->cleft = v;
        c->cst = v ? 1 : 3;
        break;
      }
      case 1: {
        size_t k = (size_t)(e - p);
        if (k > c->cleft)
          k = (size_t)c->cleft;
        f(c, p, k, now);
        c->cleft -= k;
        p += k;
        if (!c->cleft)
          c->cst = 2;
        break;
      }
      case 2:
        if (*p == '\n')
          c->cst = 0;
        else if (*p != '\r') {
          dbg("bad chunk end");
          INC(httperr);
          return -1;
        }
        p++;
        break;
    }
  *used = n;
  return 0;
}

/* ------------------------------------------------------------------ Socket.IO, each packet a message of a WebSocket */
/* 1: the packet is the protocol's own; 0: it is an event or an acknowledgement; -1: the connection is over. */
static int sio_packet(Conn *c, const char *p, size_t n) {
  char b[512];
  if (n && p[0] == '2') {
    INC(pings);
    ws_send(c, 1, "3", 1);
    return 1;
  }
  if (n && p[0] == '0') {
    int restores = open_resume && c->pid && c->id;
    int k = restores ? snprintf(b, sizeof b, "40{\"pid\":\"%s\",\"offset\":\"%s\"}", c->pid, c->id)
                     : snprintf(b, sizeof b, "40");
    ws_send(c, 1, b, (size_t)k);
    return 1;
  }
  if (n < 2 || p[0] != '4' || p[1] == '1' || p[1] == '4') {
    dbg("conn %u: ended by '%.*s'", c->idx, (int)(n > 200 ? 200 : n), p);
    INC(wserr);
    return -1;
  }
  if (p[1] == '0') {
    int had = open_resume && c->pid && c->id, same = 0;
    if (find_str(p, n, "pid", b, sizeof b)) {
      same = had && !strcmp(b, c->pid);
      free(c->pid);
      c->pid = strdup(b);
    }
    /* Whoever is restored has its rooms again. */
    if (same)
      mark_open(c);
    else
      send_subs(c);
    return 1;
  }
  if (p[1] == '2' && n > 5 && p[n - 1] == ']' && p[n - 2] == '"') { /* the last argument is the offset */
    const char *q = memrchr(p, '"', n - 2);
    if (q)
      set_id(c, q + 1, (size_t)(p + n - 2 - (q + 1)));
  }
  return 0;
}

/* ------------------------------------------------------------------ WebSocket frames */
/* -1: the connection is over. */
static int ws_msg(Conn *c, const char *p, size_t n, u64 now) {
  if (c->tr == T_SIO) {
    int own = sio_packet(c, p, n);
    if (own)
      return own;
  }
  /* Socket.IO's server sends what was missed before it says that the client is restored. */
  if (c->st == S_HDR && !(c->tr == T_SIO && p[1] == '2')) {
    if (memmem(p, n, O.wsready, strlen(O.wsready)))
      mark_open(c);
    return 0;
  }
  /* A frame may hold several events: each begins with its body's "run". */
  const char *e = p + n, *at = p, *next;
  if (O.wsready && O.have_pub && !memmem(p, n, "\"run", 4)) {
    INC(events_other);
    return 0;
  }
  do {
    next = O.have_pub ? memmem(at, (size_t)(e - at), "\"run", 4) : 0;
    if (next)
      next = memmem(next + 4, (size_t)(e - next - 4), "\"run", 4);
    const char *end = next ? next : e;
    if (O.idkey) {
      char b[128];
      if (find_str(at, (size_t)(end - at), O.idkey, b, sizeof b))
        set_id(c, b, strlen(b));
    } else if (c->tr == T_WS && n > 4 && !memcmp(p, "id: ", 4)) {
      const char *nl = memchr(p, '\n', n);
      if (nl)
        set_id(c, p + 4, (size_t)(nl - p - 4));
    }
    deliver(c, at, (size_t)(end - at), now);
    at = end;
  } while (next);
  return 0;
}
/* returns bytes consumed; -1 = close */
static ssize_t ws_parse(Conn *c, const char *p, size_t n, u64 now) {
  const char *s = p, *e = p + n;
  while (e - p >= 2) {
    u8 b0 = (u8)p[0], b1 = (u8)p[1];
    size_t h = 2;
    u64 l = b1 & 127;
    int op = b0 & 15;
    if (b1 & 0x80) {
      dbg("masked frame from server");
      INC(wserr);
      return -1;
    }
    if (b0 & 0x70) {
      dbg("RSV bit set");
      INC(wserr);
      return -1;
    }
    if (l == 126) {
      if (e - p < 4)
        break;
      l = (u64)(u8)p[2] << 8 | (u8)p[3];
      h = 4;
    } else if (l == 127) {
      if (e - p < 10)
        break;
      l = 0;
      for (int i = 0; i < 8; i++)
        l = l << 8 | (u8)p[2 + i];
      h = 10;
    }
    if ((u64)(e - p) < h + l)
      break;
    const char *d = p + h;
    p += h + l;
    int fin = b0 >> 7;
    if (op >= 8) {
      if (!fin || l > 125) {
        dbg("bad control frame");
        INC(wserr);
        return -1;
      }
      if (op == 9) {
        INC(pings);
        ws_send(c, 10, d, (size_t)l);
      } else if (op == 10)
        INC(pongs);
      else if (op == 8) {
        dbg("ws close from server, code %d", l >= 2 ? (u8)d[0] << 8 | (u8)d[1] : 0);
        ws_send(c, 8, d, (size_t)l);
        return -1;
      } else {
        INC(wserr);
        return -1;
      }
      continue;
    }
    if (op == 0) {
      if (!c->frag_op) {
        dbg("continuation without start");
        INC(wserr);
        return -1;
      }
      app(&c->db, &c->dl, &c->dc, d, (size_t)l);
      if (fin) {
        c->frag_op = 0;
        u32 k = c->dl;
        c->dl = 0;
        if (ws_msg(c, c->db, k, now) < 0)
          return -1;
      }
    } else if (op == 1 || op == 2) {
      if (c->frag_op) {
        dbg("new message inside a fragmented one");
        INC(wserr);
        return -1;
      }
      if (fin) {
        if (ws_msg(c, d, (size_t)l, now) < 0)
          return -1;
      } else {
        c->frag_op = (u8)op;
        c->dl = 0;
        app(&c->db, &c->dl, &c->dc, d, (size_t)l);
      }
    } else {
      INC(wserr);
      return -1;
    }
    if (c->fd < 0)
      return p - s;
  }
  return p - s;
}

/* ------------------------------------------------------------------ HTTP response head */
static const char *hget(const char *h, const char *e, const char *name, size_t *vl) {
  size_t nl = strlen(name);
  while (h < e) {
    const char *x = memchr(h, '\n', (size_t)(e - h));
    if (!x)
      x = e;
    if ((size_t)(x - h) > nl && !strncasecmp(h, name, nl) && h[nl] == ':') {
      const char *v = h + nl + 1;
      while (v < x && *v == ' ')
        v++;
      const char *y = x;
      while (y > v && (y[-1] == '\r' || y[-1] == ' '))
        y--;
      *vl = (size_t)(y - v);
      return v;
    }
    h = x + 1;
  }
  return 0;
}
static int hhas(const char *v, size_t n, const char *w) {
  size_t k = strlen(w);
  for (size_t i = 0; i + k <= n; i++)
    if (!strncasecmp(v + i, w, k))
      return 1;
  return 0;
}
static void drop(Conn *c, const char *p, size_t n, u64 now) {
  (void)c;
  (void)p;
  (void)n;
  (void)now;
}
static void pub_next(Conn *c);
static void pub_done(Conn *c);
static int on_head(Conn *c, const char *h, size_t n) { /* h..h+n incl. the empty line */
  const char *e = h + n;
  size_t vl;
  const char *v;
  int st = n > 12 ? atoi(h + 9) : 0;
  c->status = st;
  c->chunked = 0;
  c->cl_known = 0;
  c->cleft = 0;
  c->cst = 0;
  if ((v = hget(h, e, "transfer-encoding", &vl)) && hhas(v, vl, "chunked"))
    c->chunked = 1;
  else if ((v = hget(h, e, "content-length", &vl))) {
    c->cl_known = 1;
    c->cleft = strtoull(v, 0, 10);
  }
  if (c->kind == K_PUB) {
    if (st == 204 || st == 304) {
      c->cl_known = 1;
      c->cleft = 0;
      c->chunked = 0;
    }
    c->fin_after = 0;
    if ((v = hget(h, e, "connection", &vl)) && hhas(v, vl, "close"))
      c->fin_after = 1;
    return 0;
  }
  if (c->tr == T_SSE) {
    if (st != 200) {
      dbg("conn %u: HTTP status %d: %.*s", c->idx, st, (int)(n > 300 ? 300 : n), h);
      INC(httperr);
      return -1;
    }
    if (!((v = hget(h, e, "content-type", &vl)) && hhas(v, vl, "text/event-stream"))) {
      dbg("conn %u: content-type is not text/event-stream", c->idx);
      INC(httperr);
      return -1;
    }
    c->bom = 0;
    mark_open(c);
    return 0;
  }
  if (st != 101) {
    dbg("conn %u: HTTP status %d instead of 101: %.*s", c->idx, st, (int)(n > 300 ? 300 : n), h);
    INC(httperr);
    return -1;
  }
  char acc[29];
  websocket_accept(c->key, acc);
  v = hget(h, e, "sec-websocket-accept", &vl);
  if (!v || vl != strlen(acc) || memcmp(v, acc, vl)) {
    dbg("bad Sec-WebSocket-Accept");
    INC(wserr);
    return -1;
  }
  c->upgraded = 1;
  if (c->tr == T_SIO)
    return 0;
  if (!O.wsready)
    mark_open(c);
  send_subs(c);
  return 0;
}

/* ------------------------------------------------------------------ connect */
static void start_conn(Conn *c) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    dbg("socket: %s", strerror(errno));
    ADD(failed, 1);
    c->st = S_CLOSED;
    return;
  }
  int one = 1;
  const Url *u = c->kind == K_PUB ? &O.purl : &O.url;
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)u->port)};
  if (inet_pton(AF_INET, !strcmp(u->host, "localhost") ? "127.0.0.1" : u->host, &a.sin_addr) != 1)
    die("host must be an IPv4 address: %s", u->host);
  if ((ntohl(a.sin_addr.s_addr) >> 24) != 127)
    die("only 127.x.x.x targets");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (c->kind == K_SUB) {
    if (O.ndst > 1)
      a.sin_addr.s_addr = htonl(ntohl(a.sin_addr.s_addr) + (u32)(c->idx % (u32)O.ndst));
    if (O.nsrc > 1) {
      setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
      struct sockaddr_in s = {
          .sin_family = AF_INET,
          .sin_addr.s_addr = htonl(0x7f000002u + c->idx / (u32)(O.ndst > 1 ? O.ndst : 1) % (u32)O.nsrc)};
      if (bind(fd, (void *)&s, sizeof s))
        die("bind: %s", strerror(errno));
    }
    opening++;
  }
  c->fd = fd;
  c->st = S_CONNECTING;
  c->t0 = now_mono();
  u64 z = 0;
  atomic_compare_exchange_strong(&me->firstconn_ns, &z, c->t0);
  int r = connect(fd, (void *)&a, sizeof a);
  if (r && errno != EINPROGRESS) {
    dbg("connect: %s", strerror(errno));
    cclose(c, 1);
    return;
  }
  c->wantout = 1;
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
static int on_connected(Conn *c) {
  int err = 0;
  socklen_t l = sizeof err;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
  if (err) {
    dbg("connect: %s", strerror(err));
    return -1;
  }
  c->st = S_HDR;
  ep_mod(c, 0);
  if (c->kind == K_PUB) {
    c->st = S_OPEN;
    pub_next(c);
    return 0;
  }
  char b[16384], x[4096];
  size_t n;
  expand(x, sizeof x, O.url.path, c->chan, c->idx, open_resume ? c->id : 0);
  n = (size_t)snprintf(b, sizeof b, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: fanload\r\n", x, O.url.host,
                       O.url.port);
  if (c->tr == T_SSE)
    n += (size_t)snprintf(b + n, sizeof b - n, "Accept: text/event-stream\r\nCache-Control: no-cache\r\n");
  else {
    u8 k[16];
    for (int i = 0; i < 4; i++) {
      u32 r = rnd();
      memcpy(k + 4 * i, &r, 4);
    }
    b64(k, 16, c->key);
    n += (size_t)snprintf(
        b + n, sizeof b - n,
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", c->key);
    if (O.subproto)
      n += (size_t)snprintf(b + n, sizeof b - n, "Sec-WebSocket-Protocol: %s\r\n", O.subproto);
  }
  for (int i = 0; i < O.nhdr; i++) {
    expand(x, sizeof x, O.hdr[i], c->chan, c->idx, c->id);
    n += (size_t)snprintf(b + n, sizeof b - n, "%s\r\n", x);
  }
  if (open_resume && O.reshdr && c->id && c->tr == T_SSE) {
    expand(x, sizeof x, O.reshdr, c->chan, c->idx, c->id);
    n += (size_t)snprintf(b + n, sizeof b - n, "%s\r\n", x);
  }
  n += (size_t)snprintf(b + n, sizeof b - n, "\r\n");
  return csend(c, b, n);
}

/* ------------------------------------------------------------------ publisher */
static size_t make_body(char *o, size_t cap, const Q *m) {
  char seq[24], ts[24], run[24], ch[24];
  size_t n = 0, padat = (size_t)-1;
  snprintf(seq, sizeof seq, "%u", m->seq);
  snprintf(ts, sizeof ts, "%" PRIu64, m->ts);
  snprintf(run, sizeof run, "%" PRIu64, O.run);
  snprintf(ch, sizeof ch, "%u", m->ch);
  for (const char *t = O.body; *t;) {
    const char *s = 0;
    if (*t == '%') {
      if (!strncmp(t, "%seq%", 5))
        s = seq, t += 5;
      else if (!strncmp(t, "%ts%", 4))
        s = ts, t += 4;
      else if (!strncmp(t, "%run%", 5))
        s = run, t += 5;
      else if (!strncmp(t, "%chan%", 6))
        s = ch, t += 6;
      else if (!strncmp(t, "%pad%", 5)) {
        padat = n;
        t += 5;
        continue;
      }
    }
    if (s)
      while (*s && n < cap)
        o[n++] = *s++;
    else if (n < cap)
      o[n++] = *t++;
    else
      break;
  }
  if (padat != (size_t)-1 && n < (size_t)O.size) {
    size_t k = (size_t)O.size - n;
    memmove(o + padat + k, o + padat, n - padat);
    memset(o + padat, 'x', k);
    n += k;
  }
  return n;
}
static void pub_next(Conn *c) {
  static char *b, *body;
  if (!b) {
    b = malloc((size_t)O.size + 65536);
    body = malloc((size_t)O.size + 32768);
  }
  while (c->st == S_OPEN && c->qh != c->qt && c->inflight < (u32)O.pipeline) {
    Q *m = &c->q[c->qh % c->qcap];
    size_t bl = make_body(body, (size_t)O.size + 16384, m), n;
    char x[2048];
    u64 t = now_rt();
    {
      u32 to = O.spread > 1 ? m->seq % (u32)O.spread : m->ch;
      expand(x, sizeof x, O.purl.path, to, to, 0);
      n = (size_t)sprintf(b, "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %zu\r\n", x, O.purl.host, O.purl.port,
                          bl);
      int ct = 0;
      for (int i = 0; i < O.nphdr; i++) {
        expand(x, sizeof x, O.phdr[i], m->ch, m->ch, 0);
        if (!strncasecmp(x, "content-type:", 13))
          ct = 1;
        n += (size_t)sprintf(b + n, "%s\r\n", x);
      }
      if (!ct)
        n += (size_t)sprintf(b + n, "Content-Type: application/json\r\n");
      n += (size_t)sprintf(b + n, "\r\n");
      memcpy(b + n, body, bl);
      n += bl;
    }
    hadd(publate, t > m->ts ? t - m->ts : 0);
    c->inflight++;
    c->qh++;
    pub_sent++;
    if (csend(c, b, n)) {
      cclose(c, 1);
      return;
    }
  }
}
static void pub_done(Conn *c) {
  u32 i = c->qh - c->inflight;
  Q *m = &c->q[i % c->qcap];
  u64 t = now_rt();
  if (c->inflight)
    c->inflight--;
  if (c->status >= 200 && c->status < 300) {
    pub_acked++;
    hadd(puback, t > m->ts ? t - m->ts : 0);
  } else {
    pub_err++;
    dbg("publish: HTTP status %d", c->status);
  }
}
static void pub_enq(u32 ch, u64 ts) {
  Conn *c = &pubs[ch % (u32)O.pubs];
  u32 seq = atomic_load(&S->chseq[ch]) + 1;
  atomic_store(&S->chseq[ch], seq);
  if (c->qt - c->qh + c->inflight >= c->qcap) { /* grow, re-laying the live part */
    u32 nc = c->qcap ? c->qcap * 2 : 1024;
    Q *q = malloc(nc * sizeof *q);
    u32 lo = c->qh - c->inflight;
    for (u32 i = lo; i != c->qt; i++)
      q[i % nc] = c->q[i % c->qcap];
    free(c->q);
    c->q = q;
    c->qcap = nc;
  }
  c->q[c->qt++ % c->qcap] = (Q){ch, seq, ts};
  u64 bl = c->qt - c->qh;
  if (bl > pub_backmax)
    pub_backmax = bl;
  if (c->st == S_NONE || c->st == S_CLOSED)
    start_conn(c);
  else if (c->st == S_OPEN)
    pub_next(c);
}
static u64 pub_outstanding(void) {
  u64 t = 0;
  for (int i = 0; i < O.pubs; i++)
    if (O.have_pub)
      t += pubs[i].qt - pubs[i].qh + pubs[i].inflight;
  return t;
}

/* publisher input: returns -1 to close */
static int pub_input(Conn *c, const char *p, size_t n) {
  while (n) {
    if (c->cst < 10) { /* reading head; cst>=10 => in body, real chunk state is cst-10 */
      app(&c->pb, &c->pl, &c->pc, p, n);
      char *h = memmem(c->pb, c->pl, "\r\n\r\n", 4);
      if (!h)
        return 0;
      size_t hl = (size_t)(h - c->pb) + 4, rest = c->pl - hl;
      p += n - rest;
      n = rest;
      c->pl = 0;
      on_head(c, c->pb, hl);
      if (c->status == 100) {
        c->cst = 0;
        continue;
      }
      if (!c->chunked && (!c->cl_known || !c->cleft)) {
        c->cst = 0;
        pub_done(c);
        if (c->fin_after || !c->cl_known)
          return -1;
        continue;
      }
      c->cst = 10;
    }
    size_t used = 0;
    c->cst -= 10;
    int r = body_feed(c, p, n, 0, drop, &used);
    u8 ns = c->cst;
    p += used;
    n -= used;
    if (r < 0)
      return -1;
    if (r == 1) {
      c->cst = 0;
      pub_done(c);
      if (c->fin_after)
        return -1;
    } else {
      c->cst = (u8)(ns + 10);
    }
  }
  pub_next(c);
  return 0;
}

/* ------------------------------------------------------------------ input */
static void on_input(Conn *c) {
  ssize_t r = recv(c->fd, rbuf, RB, 0);
  if (r < 0) {
    if (errno == EAGAIN || errno == EINTR)
      return;
    if (c->kind == K_PUB)
      goto pubgone;
    cclose(c, 1);
    return;
  }
  if (r == 0) {
    if (c->kind == K_PUB)
      goto pubgone;
    dbg("conn %u closed by server (state %d)", c->idx, c->st);
    cclose(c, 1);
    return;
  }
  u64 now = now_rt();
  char *p = rbuf;
  size_t n = (size_t)r;
  if (c->kind == K_PUB) {
    if (pub_input(c, p, n))
      goto pubgone;
    return;
  }
  ADDL(rawbytes, n);
  INC(recvs);
  if (c->st == S_HDR && !c->upgraded) {
    app(&c->pb, &c->pl, &c->pc, p, n);
    char *h = memmem(c->pb, c->pl, "\r\n\r\n", 4);
    if (!h) {
      if (c->pl > 65536) {
        INC(httperr);
        cclose(c, 1);
      }
      return;
    }
    size_t hl = (size_t)(h - c->pb) + 4, rest = c->pl - hl;
    p = p + n - rest;
    n = rest;
    char *hb = c->pb;
    c->pb = 0;
    c->pl = c->pc = 0;
    int e = on_head(c, hb, hl);
    free(hb);
    if (e) {
      cclose(c, 1);
      return;
    }
    if (!n)
      return;
  }
  if (c->tr == T_SSE) {
    size_t used;
    int e = body_feed(c, p, n, now, sse_feed, &used);
    if (e) {
      dbg("conn %u: response body ended", c->idx);
      cclose(c, 1);
    }
    return;
  }
  if (c->pl) {
    app(&c->pb, &c->pl, &c->pc, p, n);
    ssize_t k = ws_parse(c, c->pb, c->pl, now);
    if (k < 0) {
      cclose(c, 1);
      return;
    }
    if (c->fd < 0)
      return;
    c->pl -= (u32)k;
    memmove(c->pb, c->pb + k, c->pl);
    if (!c->pl && c->pc > 4096) {
      free(c->pb);
      c->pb = 0;
      c->pc = 0;
    }
    return;
  }
  ssize_t k = ws_parse(c, p, n, now);
  if (k < 0) {
    cclose(c, 1);
    return;
  }
  if (c->fd >= 0 && (size_t)k < n)
    app(&c->pb, &c->pl, &c->pc, p + k, n - (size_t)k);
  return;
pubgone:
  {
    u32 lost = c->inflight;
    if (lost) {
      pub_err += lost;
      dbg("publisher connection closed with %u unanswered", lost);
    }
    c->inflight = 0;
    cclose(c, 0);
    c->cst = 0;
    if (c->qh != c->qt)
      start_conn(c);
  }
}

/* ------------------------------------------------------------------ publishing schedule */
static int sch_on;
static u64 sch_t0, sch_k, sch_n;
static double sch_dt;
static u64 sch_due(u64 k) {
  return sch_t0 + (u64)((double)(k / (u64)O.burst * (u64)O.burst) * sch_dt);
}
static void sch_pump(void) {
  if (!sch_on)
    return;
  u64 t = now_rt();
  while (sch_k < sch_n && sch_due(sch_k) <= t) {
    pub_enq((u32)(sch_k % (u64)O.chans), sch_due(sch_k));
    sch_k++;
  }
  if (sch_k >= sch_n)
    sch_on = 0;
}

static void open_pump(void) {
  if (!open_active)
    return;
  long lim = O.conc / O.procs;
  if (lim < 1)
    lim = 1;
  long allowed = nconn;
  if (O.connect_rate > 0) {
    double a = (double)(now_mono() - open_t0) * 1e-9 * O.connect_rate / O.procs + 1;
    allowed = a < (double)nconn ? (long)a : nconn;
  }
  while (next_open < nconn && next_open < allowed && opening < lim) {
    Conn *c = &conns[next_open++];
    start_conn(c);
  }
  if (next_open >= nconn && !opening)
    open_active = 0;
}
static void begin_open(int resume) {
  open_resume = resume;
  next_open = 0;
  opening = 0;
  open_active = 1;
  open_t0 = now_mono();
  for (long i = 0; i < nconn; i++) {
    conns[i].st = S_NONE;
    conns[i].isdone = 0;
    conns[i].inflight = 0;
  }
}

static void pump(int ms) {
  struct epoll_event ev[64];
  int n;
  open_pump();
  sch_pump();
  struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};
  if (sch_on) { /* sleep no longer than to the next publication, with sub-millisecond precision */
    u64 t = now_rt(), d = sch_due(sch_k), w = d > t ? d - t : 0;
    if (w < (u64)ms * 1000000) {
      ts.tv_sec = (time_t)(w / 1000000000);
      ts.tv_nsec = (long)(w % 1000000000);
    }
  }
  n = epoll_pwait2(ep, ev, 64, &ts, 0);
  for (int i = 0; i < n; i++) {
    Conn *c = ev[i].data.ptr;
    if (c->fd < 0)
      continue;
    if (c->st == S_CONNECTING) {
      if (!(ev[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        continue;
      if (on_connected(c)) {
        cclose(c, 1);
        continue;
      }
    } else if ((ev[i].events & EPOLLOUT) && cflush(c)) {
      cclose(c, 1);
      continue;
    }
    if (c->fd >= 0 && (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
      on_input(c);
  }
}

/* ------------------------------------------------------------------ commands over processes */
static void do_cmd(int cmd) {
  switch (cmd) {
    case C_CONNECT:
      begin_open(0);
      break;
    case C_RECONNECT:
      begin_open(1);
      break;
    case C_CLOSE:
      for (long i = 0; i < nconn; i++)
        cclose(&conns[i], 0);
      open_active = 0;
      opening = 0;
      break;
    case C_RESETSTAT:
      memset(&me->lat, 0, sizeof me->lat);
      break;
    case C_FINAL: {
      u64 lost = 0, und = 0;
      for (long i = 0; i < nconn; i++) {
        u64 got = 0;
        if (conns[i].bits)
          for (u32 k = 0; k < (nbits + 63) / 64; k++)
            got += (u64)__builtin_popcountll(conns[i].bits[k]);
        u64 want = atomic_load(&S->chseq[conns[i].chan]);
        if (got < want) {
          u64 tail = want - conns[i].maxseq;
          und += tail;
          lost += want - got - tail;
        }
      }
      atomic_store(&me->lost, lost);
      atomic_store(&me->undeliv, und);
    } break;
  }
}
static void command(int cmd) {
  atomic_store(&S->cmd, cmd);
  int g = atomic_fetch_add(&S->gen, 1) + 1;
  do_cmd(cmd);
  atomic_store(&me->ack, g);
  for (int i = 1; i < O.procs; i++)
    while (atomic_load(&S->p[i].ack) != g) {
      pump(0);
      usleep(200);
    }
}
static void child_main(void) {
  int g = 0;
  for (;;) {
    int ng = atomic_load(&S->gen), cmd = atomic_load(&S->cmd);
    if (cmd == C_EXIT)
      _exit(0);
    if (ng != g) {
      g = ng;
      do_cmd(cmd);
      atomic_store(&me->ack, g);
    }
    pump(open_active ? 1 : 5);
    if (getppid() == 1)
      _exit(1);
  }
}

/* ------------------------------------------------------------------ /proc sampling */
typedef struct {
  double ut, st, ns, self;
  u64 rss_kb, pss_kb;
  double busy, softirq, steal;
  u64 t;
  u64 tcpmem_pg, slab_kb, ctx;
} Snap;
static pid_t kids[MAXP];
static double cpu_clock(pid_t p) {
  clockid_t id;
  struct timespec t;
  if (clock_getcpuclockid(p, &id) || clock_gettime(id, &t))
    return 0;
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static void snap(Snap *s, int mem) {
  char b[4096], f[64];
  memset(s, 0, sizeof *s);
  double hz = (double)sysconf(_SC_CLK_TCK);
  for (int i = 0; i < O.npids; i++) {
    snprintf(f, sizeof f, "/proc/%d/stat", O.pids[i]);
    FILE *h = fopen(f, "r");
    if (!h) {
      dbg("pid %d is gone", O.pids[i]);
      continue;
    }
    size_t n = fread(b, 1, sizeof b - 1, h);
    b[n] = 0;
    fclose(h);
    char *p = strrchr(b, ')');
    unsigned long ut = 0, st = 0;
    if (p)
      sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st);
    s->ut += (double)ut / hz;
    s->st += (double)st / hz;
    s->ns += cpu_clock(O.pids[i]);
    snprintf(f, sizeof f, "/proc/%d/statm", O.pids[i]);
    if ((h = fopen(f, "r"))) {
      unsigned long a = 0, r = 0;
      if (fscanf(h, "%lu %lu", &a, &r) == 2)
        s->rss_kb += r * 4;
      fclose(h);
    }
    if (mem) {
      snprintf(f, sizeof f, "/proc/%d/smaps_rollup", O.pids[i]);
      if ((h = fopen(f, "r"))) {
        while (fgets(b, sizeof b, h)) {
          unsigned long v;
          if (sscanf(b, "Pss: %lu", &v) == 1)
            s->pss_kb += v;
        }
        fclose(h);
      }
    }
  }
  FILE *h = fopen("/proc/stat", "r");
  if (h) {
    double v[8] = {0};
    if (fscanf(h, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) == 8) {
      s->busy = (v[0] + v[1] + v[2] + v[5] + v[6]) / hz;
      s->softirq = v[6] / hz;
      s->steal = v[7] / hz;
    }
    fclose(h);
  }
  if (mem) {
    if ((h = fopen("/proc/net/sockstat", "r"))) {
      while (fgets(b, sizeof b, h)) {
        char *m = strstr(b, "mem ");
        if (!strncmp(b, "TCP:", 4) && m)
          s->tcpmem_pg = strtoull(m + 4, 0, 10);
      }
      fclose(h);
    }
    if ((h = fopen("/proc/meminfo", "r"))) {
      while (fgets(b, sizeof b, h))
        if (!strncmp(b, "Slab:", 5))
          s->slab_kb = strtoull(b + 5, 0, 10);
      fclose(h);
    }
  }
  s->self = cpu_clock(getpid());
  for (int i = 1; i < O.procs; i++)
    if (kids[i])
      s->self += cpu_clock(kids[i]);
  s->t = now_mono();
}

/* ------------------------------------------------------------------ main */
static const char *HELP =
    "fanload MODE --url http://127.0.0.1:PORT/path [options]      MODE: connect | idle | fanout | storm\n"
    "subscribers  -n N  -t sse|ws|sio  --chans K (%d in paths/headers/texts = i mod K; 0: = i)  --header 'A: b'\n"
    "             --ws-send TEXT (\\r \\n \\xHH escapes, %d; repeatable; sent after the handshake)  --ws-binary (as "
    "binary frames)\n"
    "             --ws-ready TEXT (open when a frame with it comes; what has no event then counts as none)  --subproto "
    "P  --event NAME (count only these SSE events)\n"
    "             --conc C handshakes in flight (256)  --connect-rate R/s  --src-ips S  --dst-ips D  --procs P  "
    "--connect-timeout S\n"
    "publishing   --pub-url http://127.0.0.1:PORT/path%d  --rate R (per channel and second)\n"
    "             --spread K (%d in its path = sequence number mod K, for readers of all K; order is not judged)\n"
    "             --size B  --body TEMPLATE (%seq% %ts% %run% %chan% %pad%)  --pub-header H  --pubs P  --pipeline D  "
    "--burst B\n"
    "time         --secs T  --warm S (published but not measured)  --drain S  --hold S  --away S\n"
    "storm        --msgs M  [--last-id ID]  [--resume-header 'Last-Event-ID: %id%']  [--ws-resume TEXT]  [--id-key "
    "KEY]\n"
    "measuring    --pid P1,P2,..   --label NAME   --cpu N (pin this client)   --quiet   --debug\n";
static void parse_url(const char *s, Url *u) {
  const char *p = strstr(s, "://");
  p = p ? p + 3 : s;
  size_t i = 0;
  while (*p && *p != ':' && *p != '/' && i < sizeof u->host - 1)
    u->host[i++] = *p++;
  u->host[i] = 0;
  u->port = 80;
  if (*p == ':') {
    u->port = atoi(p + 1);
    while (*p && *p != '/')
      p++;
  }
  snprintf(u->path, sizeof u->path, "%s", *p ? p : "/");
}
static void print_hist(const char *k, const Hist *h) {
  printf(",\"%s\":{\"n\":%" PRIu64
         ",\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"mean_us\":%.1f}",
         k, h->n, (double)hq(h, .5) / 1e3, (double)hq(h, .9) / 1e3, (double)hq(h, .99) / 1e3, (double)hq(h, .999) / 1e3,
         (double)h->max / 1e3, h->n ? (double)h->sum / (double)h->n / 1e3 : 0);
}
static Hist *merged(size_t off) {
  Hist *h = calloc(1, sizeof *h);
  for (int i = 0; i < O.procs; i++)
    hmerge(h, (Hist *)((char *)&S->p[i] + off));
  return h;
}
static void wait_open(void) {
  u64 t0 = now_mono();
  for (;;) {
    pump(1);
    u64 f = TOT(opened_total) + TOT(failed);
    if (f >= (u64)O.n)
      break;
    if ((double)(now_mono() - t0) * 1e-9 > O.cto) {
      dbg("connect timeout: %" PRIu64 " of %ld open", TOT(open), O.n);
      break;
    }
  }
}
static void run_for(double s) {
  u64 t = now_mono() + (u64)(s * 1e9);
  while (now_mono() < t) {
    u64 l = t - now_mono();
    pump(l > 5000000 ? 5 : 1);
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
    fputs(HELP, stdout);
    return 0;
  }
  O.mode = !strcmp(argv[1], "connect")  ? M_CONNECT
           : !strcmp(argv[1], "fanout") ? M_FANOUT
           : !strcmp(argv[1], "storm")  ? M_STORM
           : !strcmp(argv[1], "idle")   ? M_IDLE
                                        : -1;
  if (O.mode < 0)
    die("unknown mode %s", argv[1]);
  O.n = 100;
  O.chans = 1;
  O.spread = 1;
  O.conc = 256;
  O.nsrc = 0;
  O.ndst = 1;
  O.size = 200;
  O.rate = 10;
  O.pubs = 1;
  O.burst = 1;
  O.pipeline = 1;
  O.dur = 5;
  O.warm = 0;
  O.drain = 5;
  O.hold = 1;
  O.away = 0.3;
  O.cto = 20;
  O.msgs = 100;
  O.procs = 1;
  O.cpu = -1;
  O.reshdr = "Last-Event-ID: %id%";
  O.label = "";
  O.body = "{\"run\":%run%,\"seq\":%seq%,\"ts\":%ts%,\"pad\":\"%pad%\"}";
  for (int i = 2; i < argc; i++) {
    const char *a = argv[i];
#define V (i + 1 < argc ? argv[++i] : (die("%s needs a value", a), ""))
#define IS(x) (!strcmp(a, x))
    if (IS("--url"))
      parse_url(V, &O.url), O.have_url = 1;
    else if (IS("--pub-url")) {
      const char *v = V;
      parse_url(v, &O.purl);
      O.have_pub = 1;
    } else if (IS("-n"))
      O.n = atol(V);
    else if (IS("--chans"))
      O.chans = atol(V);
    else if (IS("--spread"))
      O.spread = atol(V);
    else if (IS("--conc"))
      O.conc = atoi(V);
    else if (IS("--connect-rate"))
      O.connect_rate = atof(V);
    else if (IS("-t")) {
      const char *v = V;
      O.tr = !strcmp(v, "sse") ? T_SSE : !strcmp(v, "ws") ? T_WS : !strcmp(v, "sio") ? T_SIO : -1;
      if (O.tr < 0)
        die("-t is sse or ws, not %s", v);
    } else if (IS("--src-ips"))
      O.nsrc = atoi(V);
    else if (IS("--dst-ips"))
      O.ndst = atoi(V);
    else if (IS("--header")) {
      if (O.nhdr < MAXH)
        O.hdr[O.nhdr++] = V;
    } else if (IS("--pub-header")) {
      if (O.nphdr < MAXH)
        O.phdr[O.nphdr++] = V;
    } else if (IS("--ws-send")) {
      if (O.nwssend < MAXH)
        O.wssend[O.nwssend++] = V;
    } else if (IS("--ws-binary"))
      O.wsbinary = 1;
    else if (IS("--ws-ready"))
      O.wsready = V;
    else if (IS("--subproto"))
      O.subproto = V;
    else if (IS("--event"))
      O.event = V;
    else if (IS("--size"))
      O.size = atoi(V);
    else if (IS("--body"))
      O.body = V;
    else if (IS("--rate"))
      O.rate = atof(V);
    else if (IS("--pubs"))
      O.pubs = atoi(V);
    else if (IS("--pipeline"))
      O.pipeline = atoi(V);
    else if (IS("--burst"))
      O.burst = atoi(V);
    else if (IS("--secs"))
      O.dur = atof(V);
    else if (IS("--warm"))
      O.warm = atof(V);
    else if (IS("--drain"))
      O.drain = atof(V);
    else if (IS("--hold"))
      O.hold = atof(V);
    else if (IS("--away"))
      O.away = atof(V);
    else if (IS("--connect-timeout"))
      O.cto = atof(V);
    else if (IS("--msgs"))
      O.msgs = atoi(V);
    else if (IS("--last-id"))
      O.lastid = V;
    else if (IS("--resume-header"))
      O.reshdr = V;
    else if (IS("--ws-resume"))
      O.wsresume = V;
    else if (IS("--id-key"))
      O.idkey = V;
    else if (IS("--pid")) {
      char *s = strdup(V);
      for (char *t = strtok(s, ", "); t && O.npids < 64; t = strtok(0, ", "))
        O.pids[O.npids++] = atoi(t);
    } else if (IS("--procs"))
      O.procs = atoi(V);
    else if (IS("--cpu"))
      O.cpu = atoi(V);
    else if (IS("--label"))
      O.label = V;
    else if (IS("--quiet"))
      O.quiet = 1;
    else if (IS("--debug"))
      O.debug = 1;
    else if (IS("--clean-close"))
      O.clean = 1;
    else
      die("unknown option %s", a);
  }
  hasseq = strstr(O.body, "%seq%") != 0;
  if (!O.have_url)
    die("--url is missing");
  if (O.procs < 1 || O.procs > MAXP)
    die("--procs 1..%d", MAXP);
  if (O.chans == 0)
    O.chans = O.n;
  if (O.burst < 1)
    O.burst = 1;
  if (O.pubs < 1)
    O.pubs = 1;
  if (!O.nsrc)
    O.nsrc = (int)((O.n / O.ndst + 19999) / 20000);
  if (O.nsrc < 1)
    O.nsrc = 1;
  if (O.cpu >= 0) {
    cpu_set_t cs;
    CPU_ZERO(&cs);
    CPU_SET(O.cpu, &cs);
    sched_setaffinity(0, sizeof cs, &cs);
  }
  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  if ((O.n + O.procs - 1) / O.procs + O.pubs + 16 > (long)rl.rlim_max)
    die("%ld connections exceed the limit of %ld fds per process: use --procs", O.n, (long)rl.rlim_max);
  prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
  O.run = now_rt() / 1000 % 1000000000000ull;
  rng ^= (u32)O.run;
  size_t sz = sizeof(Shared) + sizeof(u32) * (size_t)(O.chans + 1);
  S = mmap(0, sz, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (S == MAP_FAILED)
    die("mmap");
  nbits = O.mode == M_STORM ? (u32)O.msgs + 2 : (u32)((O.warm + O.dur) * O.rate + 64);
  if (!O.have_pub && O.mode != M_STORM)
    nbits = 100000;
  for (int i = 1; i < O.procs; i++) {
    kids[i] = fork();
    if (!kids[i]) {
      myproc = i;
      break;
    }
  }
  me = &S->p[myproc];
  ep = epoll_create1(EPOLL_CLOEXEC);
  rbuf = malloc(RB);
  long per = O.n / O.procs, rem = O.n % O.procs;
  nconn = per + (myproc < rem);
  firstidx = per * myproc + (myproc < rem ? myproc : rem);
  conns = calloc((size_t)nconn + 1, sizeof *conns);
  u64 *bits = 0;
  size_t words = (nbits + 63) / 64;
  if (O.have_pub || O.mode == M_FANOUT || O.mode == M_STORM)
    bits = calloc((size_t)nconn + 1, words * 8);
  for (long i = 0; i < nconn; i++) {
    Conn *c = &conns[i];
    c->fd = -1;
    c->idx = (u32)(firstidx + i);
    c->chan = c->idx % (u32)O.chans;
    c->tr = (u8)O.tr;
    if (bits)
      c->bits = bits + (size_t)i * words;
    if (O.lastid)
      c->id = strdup(O.lastid);
  }
  if (!bits)
    nbits = 0;
  if (myproc)
    child_main();
  puback = calloc(1, sizeof(Hist));
  publate = calloc(1, sizeof(Hist));
  pubs = calloc((size_t)O.pubs, sizeof *pubs);
  for (int i = 0; i < O.pubs; i++) {
    pubs[i].fd = -1;
    pubs[i].kind = K_PUB;
    pubs[i].idx = (u32)i;
  }
  Snap a, b, m0, m1;
  u64 d0 = 0, d1 = 0;
  double tlast = 0, secs = 0, t_storm = 0;
  u64 storm_expect = 0;
  int ok = 1;
  snap(&m0, 1);
  a = m0;
  u64 raw0 = 0, rc0 = 0, rc1 = 0;
  if (O.mode != M_STORM) {
    command(C_CONNECT);
    wait_open();
    snap(&b, 0);
    tlast = 0;
    u64 f = ~0ull, l = 0;
    for (int i = 0; i < O.procs; i++) {
      u64 x = S->p[i].firstconn_ns;
      if (x && x < f)
        f = x;
      if (S->p[i].lastopen_ns > l)
        l = S->p[i].lastopen_ns;
    }
    tlast = l > f ? (double)(l - f) * 1e-9 : 0;
    if (O.mode == M_CONNECT || O.mode == M_IDLE) {
      Snap c = b;
      if (O.mode == M_IDLE) {
        run_for(0.5);
        snap(&a, 0);
        raw0 = TOT(rawbytes), rc0 = TOT(recvs);
        run_for(O.dur);
        snap(&b, 0);
        secs = (double)(b.t - a.t) * 1e-9;
      } else {
        run_for(O.hold);
        a = m0;
        b = c;
        secs = tlast;
      }
      snap(&m1, 1);
    } else {
      run_for(0.3);
      if (O.have_pub) {
        u64 total = (u64)((O.warm + O.dur) * O.rate * (double)O.chans + 0.5),
            warmn = (u64)(O.warm * O.rate * (double)O.chans + 0.5);
        if (total > (u64)nbits * (u64)O.chans)
          total = (u64)nbits * (u64)O.chans;
        sch_dt = 1e9 / (O.rate * (double)O.chans);
        sch_t0 = now_rt() + 5000000;
        sch_k = 0;
        sch_n = total;
        if (warmn) {
          sch_n = warmn;
          sch_on = 1;
          while (sch_on)
            pump(5);
          u64 tw = now_mono();
          u64 ex = 0;
          for (long i = 0; i < O.n; i++)
            ex += S->chseq[i % O.chans];
          while (useful() < ex && (double)(now_mono() - tw) * 1e-9 < 1.0)
            pump(1);
          pub_backmax = 0;
          memset(publate, 0, sizeof *publate);
          memset(puback, 0, sizeof *puback);
          sch_t0 = now_rt() - (u64)((double)warmn * sch_dt) + 2000000;
          sch_n = total;
        }
        command(C_RESETSTAT);
        snap(&a, 0);
        d0 = TOT(deliv);
        raw0 = TOT(rawbytes), rc0 = TOT(recvs);
        sch_on = 1;
        u64 t1 = now_mono();
        while (sch_on)
          pump(5);
        u64 ex = 0;
        for (long i = 0; i < O.n; i++)
          ex += S->chseq[i % O.chans];
        u64 td = now_mono();
        while ((useful() < ex || pub_outstanding()) && (double)(now_mono() - td) * 1e-9 < O.drain) {
          pump(1);
          if (TOT(open) == 0)
            break;
        }
        snap(&b, 0);
        d1 = TOT(deliv), rc1 = TOT(recvs);
        secs = (double)(b.t - a.t) * 1e-9;
        (void)t1;
        if (secs > O.dur && useful() >= ex && secs < O.dur + 0.2)
          secs = O.dur;
        run_for(0.2); /* late duplicates */
      } else {
        command(C_RESETSTAT);
        snap(&a, 0);
        d0 = TOT(deliv);
        raw0 = TOT(rawbytes), rc0 = TOT(recvs);
        run_for(O.dur);
        snap(&b, 0);
        d1 = TOT(deliv), rc1 = TOT(recvs);
        secs = (double)(b.t - a.t) * 1e-9;
      }
      snap(&m1, 1);
    }
    if (TOT(open) < (u64)O.n)
      ok = 0;
  } else {
    if (!O.have_pub && !O.lastid)
      die("storm needs --pub-url (or --last-id)");
    if (!O.lastid) {
      atomic_store(&S->phase_storm, 1);
      command(C_CONNECT);
      wait_open();
      run_for(0.3);
      for (long k = 0; k < O.chans; k++)
        pub_enq((u32)k, now_rt());
      u64 t = now_mono();
      while (TOT(primed) < (u64)O.n && (double)(now_mono() - t) * 1e-9 < 10)
        pump(2);
      if (TOT(primed) < (u64)O.n)
        dbg("only %" PRIu64 " of %ld primed", TOT(primed), O.n);
      command(C_CLOSE);
      run_for(O.away);
      atomic_store(&S->phase_storm, 0);
      for (int i = 0; i < O.procs; i++) {
        S->p[i].opened_total = 0;
        S->p[i].failed = 0;
      }
    }
    if (O.have_pub) {
      sch_dt = 1e9 / (O.rate * (double)O.chans);
      sch_t0 = now_rt();
      sch_k = 0;
      sch_n = (u64)O.msgs * (u64)O.chans;
      sch_on = 1;
      while (sch_on)
        pump(5);
      u64 td = now_mono();
      while (pub_outstanding() && (double)(now_mono() - td) * 1e-9 < 10)
        pump(1);
      run_for(0.5);
    }
    u32 lo = O.lastid ? 1 : 2;
    atomic_store(&S->expect_lo, lo);
    atomic_store(&S->expect_hi, lo + (u32)O.msgs - 1);
    storm_expect = (u64)O.n * (u64)O.msgs;
    command(C_RESETSTAT);
    for (int i = 0; i < O.procs; i++) {
      S->p[i].firstconn_ns = 0;
      memset(&S->p[i].hs, 0, sizeof(Hist));
    }
    snap(&a, 1);
    m0 = a;
    d0 = TOT(deliv);
    raw0 = TOT(rawbytes), rc0 = TOT(recvs);
    atomic_store(&S->phase_storm, 2);
    u64 t = now_mono();
    command(C_RECONNECT);
    while (TOT(done) < (u64)O.n && (double)(now_mono() - t) * 1e-9 < O.drain + O.dur) {
      pump(2);
      if (TOT(opened_total) >= (u64)O.n && TOT(open) == 0)
        break;
    }
    u64 l = 0;
    for (int i = 0; i < O.procs; i++)
      if (S->p[i].lastopen_ns > l)
        l = S->p[i].lastopen_ns;
    tlast = (double)(l - t) * 1e-9;
    t_storm = (double)(now_mono() - t) * 1e-9;
    snap(&b, 0);
    d1 = TOT(deliv), rc1 = TOT(recvs);
    secs = (double)(b.t - a.t) * 1e-9;
    run_for(0.2);
    snap(&m1, 1);
    if (TOT(done) < (u64)O.n)
      ok = 0;
  }
  command(C_FINAL);
  u64 fin_open = TOT(open), lost = O.have_pub ? TOT(lost) : 0, undeliv = O.have_pub ? TOT(undeliv) : 0;
  double ut = b.ut - a.ut, st = b.st - a.st, cpu = ut + st, cns = b.ns - a.ns, self = b.self - a.self,
         busy = b.busy - a.busy;
  u64 deliv = d1 - d0;
  Hist *lat = merged(offsetof(PStat, lat)), *hs = merged(offsetof(PStat, hs)), *dn = merged(offsetof(PStat, donet));
  double cpm = deliv ? cpu / (double)deliv * 1e6 : 0, cpmn = deliv ? cns / (double)deliv * 1e6 : 0;
  if (lost || undeliv || TOT(dup) || TOT(ooo) || TOT(foreign) || pub_err)
    ok = 0;
  command(C_CLOSE);
  atomic_store(&S->cmd, C_EXIT);
  atomic_fetch_add(&S->gen, 1);
  for (int i = 1; i < O.procs; i++)
    waitpid(kids[i], 0, 0);
  static const char *mn[] = {"connect", "fanout", "storm", "idle"}, *tn[] = {"sse", "ws", "sio"};
  long drss = (long)m1.rss_kb - (long)m0.rss_kb, dpss = (long)m1.pss_kb - (long)m0.pss_kb;
  if (!O.quiet) {
    printf("%s %s %s n=%ld chans=%ld: ", O.label, mn[O.mode], tn[O.tr], O.n, O.chans);
    if (O.mode == M_CONNECT || O.mode == M_IDLE)
      printf("%" PRIu64 " open (%" PRIu64
             " failed) in %.2f s = %.0f/s, handshake p50 %.2f ms p99 %.2f ms; server CPU %.2f s (%.1f us/conn%s); RSS "
             "+%ld KiB = %.0f B/conn, PSS %.0f B/conn; kernel (both ends) slab %.0f B/conn, tcp mem %.0f B/conn\n",
             TOT(open) + fin_open, TOT(failed), tlast, tlast > 0 ? (double)fin_open / tlast : 0,
             (double)hq(hs, .5) / 1e6, (double)hq(hs, .99) / 1e6, cpu, fin_open ? cns / (double)fin_open * 1e6 : 0,
             O.mode == M_IDLE ? " while idle" : "", drss, fin_open ? (double)drss * 1024 / (double)fin_open : 0,
             fin_open ? (double)dpss * 1024 / (double)fin_open : 0,
             fin_open ? ((double)m1.slab_kb - (double)m0.slab_kb) * 1024 / (double)fin_open : 0,
             fin_open ? ((double)m1.tcpmem_pg - (double)m0.tcpmem_pg) * 4096 / (double)fin_open : 0);
    else
      printf("%" PRIu64
             " deliveries in %.2f s = %.0f/s; server CPU %.3f s (u %.2f s %.2f) = %.3f CPU-s/M; undelivered %" PRIu64
             " lost %" PRIu64 " dup %" PRIu64 " ooo %" PRIu64 " foreign %" PRIu64 " closed %" PRIu64
             "; latency us p50 %.0f p90 %.0f p99 %.0f p99.9 %.0f max %.0f; client CPU %.2f s, others %.2f s%s",
             deliv, secs, secs > 0 ? (double)deliv / secs : 0, cns, ut, st, cpmn, undeliv, lost, TOT(dup), TOT(ooo),
             TOT(foreign), TOT(closed), (double)hq(lat, .5) / 1e3, (double)hq(lat, .9) / 1e3,
             (double)hq(lat, .99) / 1e3, (double)hq(lat, .999) / 1e3, (double)lat->max / 1e3, self, busy - cns - self,
             O.mode == M_STORM ? "" : "\n");
    if (O.mode == M_STORM)
      printf("; %" PRIu64 "/%ld clients complete, last after %.3f s, per client p50 %.1f p99 %.1f ms\n", TOT(done), O.n,
             t_storm, (double)hq(dn, .5) / 1e6, (double)hq(dn, .99) / 1e6);
  }
  printf("{\"label\":\"%s\",\"mode\":\"%s\",\"transport\":\"%s\",\"n\":%ld,\"chans\":%ld,\"ok\":%s,\"open\":%" PRIu64
         ",\"failed\":%" PRIu64 ",\"connect_s\":%.4f,\"secs\":%.4f",
         O.label, mn[O.mode], tn[O.tr], O.n, O.chans, ok ? "true" : "false", fin_open, TOT(failed), tlast, secs);
  printf(",\"deliveries\":%" PRIu64 ",\"deliveries_per_s\":%.1f,\"wire_bytes\":%" PRIu64 ",\"payload_bytes\":%" PRIu64
         ",\"lost\":%" PRIu64 ",\"undelivered\":%" PRIu64 ",\"dup\":%" PRIu64 ",\"out_of_order\":%" PRIu64
         ",\"gaps\":%" PRIu64 ",\"foreign\":%" PRIu64 ",\"no_seq\":%" PRIu64 ",\"closed\":%" PRIu64
         ",\"http_errors\":%" PRIu64 ",\"ws_errors\":%" PRIu64 ",\"pings\":%" PRIu64 ",\"comments\":%" PRIu64,
         deliv, secs > 0 ? (double)deliv / secs : 0, TOT(rawbytes) - raw0, TOT(paybytes), lost, undeliv, TOT(dup),
         TOT(ooo), TOT(gaps), TOT(foreign), TOT(noseq), TOT(closed), TOT(httperr), TOT(wserr), TOT(pings),
         TOT(comments));
  printf(
      ",\"cpu_user_s\":%.2f,\"cpu_sys_s\":%.2f,\"cpu_s\":%.2f,\"cpu_precise_s\":%.4f,\"cpu_s_per_million\":%.4f,\"cpu_"
      "ticks_s_per_million\":%.4f,\"deliveries_per_recv\":%.3f,\"client_cpu_s\":%.3f,\"other_cpu_s\":%.3f,\"steal_s\":%"
      ".2f,\"softirq_s\":%.2f",
      ut, st, cpu, cns, cpmn, cpm, rc1 > rc0 ? (double)deliv / (double)(rc1 - rc0) : 0, self, busy - cns - self,
      b.steal - a.steal, b.softirq - a.softirq);
  printf(",\"rss_before_kb\":%" PRIu64 ",\"rss_after_kb\":%" PRIu64
         ",\"rss_per_conn_b\":%.0f,\"pss_per_conn_b\":%.0f,\"slab_both_ends_per_conn_b\":%.0f,\"tcpmem_both_ends_per_"
         "conn_b\":%.0f",
         m0.rss_kb, m1.rss_kb, fin_open ? (double)drss * 1024 / (double)fin_open : 0,
         fin_open ? (double)dpss * 1024 / (double)fin_open : 0,
         fin_open ? ((double)m1.slab_kb - (double)m0.slab_kb) * 1024 / (double)fin_open : 0,
         fin_open ? ((double)m1.tcpmem_pg - (double)m0.tcpmem_pg) * 4096 / (double)fin_open : 0);
  printf(",\"pub_sent\":%" PRIu64 ",\"pub_acked\":%" PRIu64 ",\"pub_errors\":%" PRIu64 ",\"pub_backlog_max\":%" PRIu64
         ",\"clock_skew\":%" PRIu64,
         pub_sent, pub_acked, pub_err, pub_backmax, TOT(lat_neg));
  if (O.mode == M_STORM)
    printf(",\"storm_expected\":%" PRIu64 ",\"storm_done\":%" PRIu64 ",\"storm_last_s\":%.4f", storm_expect, TOT(done),
           t_storm);
  print_hist("handshake", hs);
  print_hist("latency", lat);
  if (O.have_pub) {
    print_hist("pub_ack", puback);
    print_hist("pub_late", publate);
  }
  if (O.mode == M_STORM)
    print_hist("client_done", dn);
  printf("}\n");
  return ok ? 0 : 1;
}
