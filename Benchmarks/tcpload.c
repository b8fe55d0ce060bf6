/* tcpload MILLISECONDS ROUNDS {NAME SERVER-NAMESPACE LISTEN-PORT CLIENT-NAMESPACE ADDRESS PORT}…
 *
 * TCP throughput over several paths, in turn: one connection for each path is opened once, then each round sends over
 * every one of them for some milliseconds, every second round in the opposite order. Slices that short lie so close
 * together that what else the machine does meets all paths alike. Prints a line for each path: its name and, for each
 * round, what arrived, in Gbit/s. The sender and the receiver are two threads; the kernel places them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most = 16, chunk = 128 << 10, words = 6 };

static struct {
  int sender, receiver;
  _Atomic long arrived;
  double *rates;
} paths[most];
static _Atomic int current;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void enter(const char *namespace) {
  int handle = open(namespace, O_RDONLY);
  if (handle < 0 || setns(handle, CLONE_NEWNET)) fail(namespace);
  close(handle);
}

static int listen_in(const char *namespace, const char *port) {
  enter(namespace);
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};
  int handle = socket(AF_INET6, SOCK_STREAM, 0), no = 0, yes = 1;
  setsockopt(handle, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(handle, (struct sockaddr *)&address, sizeof address) || listen(handle, 1)) fail(namespace);
  return handle;
}

static int connect_from(const char *namespace, const char *address, const char *port) {
  enter(namespace);
  struct addrinfo hint = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found;
  if (getaddrinfo(address, port, &hint, &found)) fail(address);
  int handle = socket(found->ai_family, SOCK_STREAM, 0);
  if (connect(handle, found->ai_addr, found->ai_addrlen)) fail(address);
  freeaddrinfo(found);
  fcntl(handle, F_SETFL, O_NONBLOCK);
  return handle;
}

static void *receive(void *unused) {
  static char buffer[chunk];
  for (;;) {
    int path = current;
    struct pollfd ready = {paths[path].receiver, POLLIN, 0};
    if (poll(&ready, 1, 1) <= 0) continue; /* the turn may have passed to another path */
    long size = recv(paths[path].receiver, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) paths[path].arrived += size;
    if (size == 0) exit(fprintf(stderr, "path %d: the connection was closed\n", path));
  }
  return unused;
}

/* Sends over one path; the first fifth of the slice, in which it comes up to speed, does not count. */
static double slice(int path, double length) {
  static char buffer[chunk];
  current = path;
  double began = 0, start = seconds() + length / 5, now;
  long before = 0;
  while ((now = seconds()) < start + length) {
    if (!began && now >= start) began = now, before = paths[path].arrived;
    if (send(paths[path].sender, buffer, sizeof buffer, MSG_NOSIGNAL) < 0) {
      struct pollfd ready = {paths[path].sender, POLLOUT, 0};
      poll(&ready, 1, 5);
    }
  }
  return (paths[path].arrived - before) * 8 / (now - began) / 1e9;
}

int main(int count, char **arguments) {
  int number = (count - 3) / words, rounds = count > 2 ? atoi(arguments[2]) : 0;
  if (number < 1 || number > most || (count - 3) % words || rounds < 1)
    return fputs("usage: tcpload MILLISECONDS ROUNDS {NAME SERVER-NAMESPACE LISTEN-PORT CLIENT-NAMESPACE ADDRESS PORT}…\n", stderr), 2;
  for (int path = 0; path < number; path++) {
    char **word = arguments + 3 + path * words;
    int listener = listen_in(word[1], word[2]);
    paths[path].sender = connect_from(word[3], word[4], word[5]);
    paths[path].receiver = accept(listener, NULL, NULL);
    close(listener);
    paths[path].rates = calloc(rounds, sizeof(double));
  }
  pthread_t receiver;
  pthread_create(&receiver, NULL, receive, NULL);
  for (int round = -2; round < rounds; round++) /* two to warm up */
    for (int turn = 0; turn < number; turn++) {
      int path = round & 1 ? number - 1 - turn : turn;
      double rate = slice(path, atof(arguments[1]) / 1e3);
      if (round >= 0) paths[path].rates[round] = rate;
    }
  for (int path = 0; path < number; path++) {
    printf("%s", arguments[3 + path * words]);
    for (int round = 0; round < rounds; round++) printf(" %.4f", paths[path].rates[round]);
    printf("\n");
  }
  return 0;
}
