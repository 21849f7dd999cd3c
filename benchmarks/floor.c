/*
 * floor PORT [--coalesce MS] [--chunked]: what fanning out takes at least. On each publication one bare non-blocking
 * send() of the same bytes to every subscriber of the channel, and nothing else: no queue, no history, no timers. What
 * does not fit into a socket is dropped and counted.
 *
 *   GET  .../N   an SSE subscriber of channel N (the number at the end of the path, 0 if there is none); with Upgrade:
 *                websocket a WebSocket one
 *   POST .../N   publishes the body to channel N; 200 after the sends
 *
 * --coalesce MS  appends to a buffer per channel and sends it every MS ms: what batching buys
 * --chunked      SSE as HTTP chunks, as most servers send it, instead of delimited by the connection's end
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "websocket_accept.h"

typedef struct {
  char *b;
  u32 n, c;
} Buf;
typedef struct {
  int *fd;
  u32 n, c;
  Buf pend;
  u32 pendmsgs;
} List;
typedef struct {
  List l[2];
} Chan; /* 0 = sse, 1 = ws */
typedef struct {
  Buf in;
  int sub;
  u32 ch;
  u32 pos;
  u8 ws;
} Conn;
static Chan *chans;
static u32 nchans;
static Conn *conns;
static int ep;
static u64 dropped, sent;
static int chunked, coalesce;
static void add(Buf *b, const void *p, size_t n) {
  if (b->c < b->n + n) {
    b->c = (b->n + (u32)n) * 2;
    b->b = realloc(b->b, b->c);
  }
  memcpy(b->b + b->n, p, n);
  b->n += (u32)n;
}
static Chan *chan(u32 c) {
  if (c >= nchans) {
    chans = realloc(chans, (c + 64) * sizeof *chans);
    memset(chans + nchans, 0, (c + 64 - nchans) * sizeof *chans);
    nchans = c + 64;
  }
  return &chans[c];
}
static void unsub(int fd) {
  Conn *c = &conns[fd];
  if (c->sub) {
    List *l = &chans[c->ch].l[c->ws];
    int last = l->fd[--l->n];
    l->fd[c->pos] = last;
    conns[last].pos = c->pos;
  }
  c->sub = 0;
}
static void closefd(int fd) {
  unsub(fd);
  conns[fd].in.n = 0;
  close(fd);
}
static void out(int fd, const char *p, size_t n) {
  ssize_t r = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (r != (ssize_t)n)
    dropped++;
  else
    sent++;
}
static void publish(u32 ch, const char *body, size_t n) {
  Chan *c = chan(ch);
  static char *f;
  static size_t cap;
  if (cap < n + 64) {
    cap = n * 2 + 256;
    f = realloc(f, cap);
  }
  for (int k = 0; k < 2; k++) {
    List *l = &c->l[k];
    if (!l->n)
      continue;
    size_t m = 0;
    if (k == 0) {
      if (chunked)
        m = (size_t)sprintf(f, "%zx\r\n", n + 8);
      memcpy(f + m, "data: ", 6);
      memcpy(f + m + 6, body, n);
      memcpy(f + m + 6 + n, "\n\n", 2);
      m += n + 8;
      if (chunked) {
        memcpy(f + m, "\r\n", 2);
        m += 2;
      }
    } else {
      f[0] = (char)0x81;
      if (n < 126) {
        f[1] = (char)n;
        m = 2;
      } else if (n < 65536) {
        f[1] = 126;
        f[2] = (char)(n >> 8);
        f[3] = (char)n;
        m = 4;
      } else {
        f[1] = 127;
        for (int i = 0; i < 8; i++)
          f[2 + i] = (char)((u64)n >> (56 - 8 * i));
        m = 10;
      }
      memcpy(f + m, body, n);
      m += n;
    }
    if (coalesce) {
      add(&l->pend, f, m);
      continue;
    }
    for (u32 i = 0; i < l->n; i++)
      out(l->fd[i], f, m);
  }
}
static void flushall(void) {
  for (u32 c = 0; c < nchans; c++)
    for (int k = 0; k < 2; k++) {
      List *l = &chans[c].l[k];
      if (l->pend.n) {
        for (u32 i = 0; i < l->n; i++)
          out(l->fd[i], l->pend.b, l->pend.n);
        l->pend.n = 0;
      }
    }
}
static int request(int fd) { /* one request at the head of in; 0 = need more */
  Conn *c = &conns[fd];
  char *s = c->in.b, *h = memmem(s, c->in.n, "\r\n\r\n", 4);
  if (!h)
    return 0;
  size_t hl = (size_t)(h - s) + 4;
  *h = 0;
  char *p0 = strchr(s, ' '), *p1 = p0 ? strchr(p0 + 1, ' ') : 0;
  if (!p1) {
    closefd(fd);
    return 0;
  }
  char *q = p1;
  while (q > p0 && q[-1] >= '0' && q[-1] <= '9')
    q--;
  u32 ch = q < p1 ? (u32)atoi(q) : 0;
  if (ch > 1000000)
    ch = 0;
  if (*s == 'P') {
    char *cl = strcasestr(s, "\r\ncontent-length:");
    size_t n = cl ? (size_t)atol(cl + 17) : 0;
    *h = '\r';
    if (c->in.n < hl + n)
      return 0;
    publish(ch, s + hl, n);
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0) {
    }
    c->in.n -= (u32)(hl + n);
    memmove(s, s + hl + n, c->in.n);
    return 1;
  }
  char r[512];
  int n;
  char *k = strcasestr(s, "\r\nsec-websocket-key:");
  if (k) {
    char ac[29];
    k += 20;
    while (*k == ' ')
      k++;
    websocket_accept(k, ac);
    n = snprintf(r, sizeof r,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                 ac);
    c->ws = 1;
  } else {
    n = snprintf(r, sizeof r, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n%s\r\n",
                 chunked ? "Transfer-Encoding: chunked\r\n" : "");
    c->ws = 0;
  }
  if (send(fd, r, (size_t)n, MSG_NOSIGNAL) < 0) {
  }
  List *l = &chan(ch)->l[c->ws];
  if (l->n == l->c) {
    l->c = l->c ? l->c * 2 : 64;
    l->fd = realloc(l->fd, l->c * sizeof(int));
  }
  c->sub = 1;
  c->ch = ch;
  c->pos = l->n;
  l->fd[l->n++] = fd;
  free(c->in.b);
  memset(&c->in, 0, sizeof c->in);
  return 0;
}
int main(int argc, char **argv) {
  int port = 9100;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--coalesce"))
      coalesce = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--chunked"))
      chunked = 1;
    else
      port = atoi(argv[i]);
  }
  signal(SIGPIPE, SIG_IGN);
  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  size_t maxfd = rl.rlim_max > 1 << 20 ? 1 << 20 : rl.rlim_max;
  conns = calloc(maxfd, sizeof *conns);
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(0x7f000001)};
  a.sin_addr.s_addr = getenv("FLOOR_ANY") ? 0 : htonl(0x7f000001);
  if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) {
    perror("listen");
    return 1;
  }
  ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ls}, ev[256];
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  static char buf[65536];
  struct timespec t;
  u64 nextf = 0;
  for (;;) {
    int n = epoll_wait(ep, ev, 256, coalesce ? coalesce : -1);
    if (coalesce) {
      clock_gettime(CLOCK_MONOTONIC, &t);
      u64 ms = (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
      if (ms >= nextf) {
        flushall();
        nextf = ms + (u64)coalesce;
      }
    }
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (fd == ls) {
        for (int k = 0; k < 64; k++) {
          int c = accept4(ls, 0, 0, SOCK_NONBLOCK);
          if (c < 0)
            break;
          if ((size_t)c >= maxfd) {
            close(c);
            break;
          }
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          struct epoll_event x = {.events = EPOLLIN, .data.fd = c};
          epoll_ctl(ep, EPOLL_CTL_ADD, c, &x);
          memset(&conns[c].in, 0, 0);
          conns[c].in.n = 0;
          conns[c].sub = 0;
        }
        continue;
      }
      ssize_t r = recv(fd, buf, sizeof buf, 0);
      if (r <= 0) {
        if (r == 0 || errno != EAGAIN)
          closefd(fd);
        continue;
      }
      if (conns[fd].sub)
        continue;
      add(&conns[fd].in, buf, (size_t)r);
      while (conns[fd].in.n && request(fd)) {
      }
    }
  }
}
