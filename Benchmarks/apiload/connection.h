/* HTTP/1.1 over TLS on one connection that blocks: requests with their answers, and streams of lines. */
#pragma once
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct target {
  const char *host, *port;
  /* APILOAD_TOKEN, a bearer token instead of the certificate; APILOAD_ACCEPT, the form that is asked for. Or NULL. */
  const char *token, *accept;
  void *context;
};

struct connection {
  void *tls;
  int handle;
  const struct target *target;
  char *buffer;
  size_t start, end, size;
  char *body;
  size_t body_length, body_size;
  /* Of a chunked stream: bytes left of the chunk; -1 before its head. */
  long chunk;
  int is_chunked;
};

void fail(const char *what);
struct target make_target(const char *host, const char *port, const char *ca, const char *certificate, const char *key);
/* NULL where nobody listens, or a handshake fails. */
struct connection *try_connection(const struct target *);
struct connection *open_connection(const struct target *);
void close_connection(struct connection *);
/* The status; 0 where the connection broke. */
int try_request(struct connection *, const char *method, const char *path);
/* Ends the program where the status is not `wanted`. */
void request(struct connection *, const char *method, const char *path, const char *body, size_t length, int wanted);
/* What stands between `before` and the next quotation mark of the last answer; empty where it is not there. */
void find_text(struct connection *, const char *before, char *text, size_t size);
void begin_stream(struct connection *, const char *path);
/* The next line of a stream, with a zero at its end. */
const char *next_line(struct connection *);
