#define _GNU_SOURCE
#include "connection.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

void fail(const char *what) {
  fprintf(stderr, "apiload: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

struct target make_target(const char *host, const char *port, const char *ca, const char *certificate, const char *key) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!SSL_CTX_load_verify_locations(context, ca, NULL)) fail(ca);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  struct target target = {host, port, getenv("APILOAD_TOKEN"), getenv("APILOAD_ACCEPT"), context};
  /* Who shows a certificate is known by it, whatever token is sent. */
  if (target.token) return target;
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) fail(certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) fail(key);
  return target;
}

struct connection *try_connection(const struct target *target) {
  struct addrinfo hint = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(target->host, target->port, &hint, &found)) fail(target->host);
  int handle = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  if (handle < 0) fail("a socket");
  int connected = !connect(handle, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (!connected) {
    close(handle);
    return NULL;
  }
  setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  SSL *tls = SSL_new(target->context);
  SSL_set_fd(tls, handle);
  if (SSL_connect(tls) != 1) {
    SSL_free(tls);
    close(handle);
    return NULL;
  }
  struct connection *connection = calloc(1, sizeof *connection);
  *connection = (struct connection){.tls = tls, .handle = handle, .target = target, .size = 16 << 10};
  connection->buffer = malloc(connection->size);
  return connection;
}

struct connection *open_connection(const struct target *target) {
  struct connection *connection = try_connection(target);
  if (!connection) {
    ERR_print_errors_fp(stderr);
    fail("connecting");
  }
  return connection;
}

void close_connection(struct connection *connection) {
  SSL_free(connection->tls);
  close(connection->handle);
  free(connection->buffer);
  free(connection->body);
  free(connection);
}

/* Reads more behind what is there. 0: over. */
static int fill(struct connection *connection) {
  if (connection->start == connection->end) connection->start = connection->end = 0;
  if (connection->end == connection->size) {
    if (connection->start) {
      memmove(connection->buffer, connection->buffer + connection->start, connection->end - connection->start);
      connection->end -= connection->start;
      connection->start = 0;
    } else {
      connection->buffer = realloc(connection->buffer, connection->size *= 2);
    }
  }
  int count = SSL_read(connection->tls, connection->buffer + connection->end, connection->size - connection->end);
  if (count <= 0) return 0;
  connection->end += count;
  return 1;
}

static char *line_end(struct connection *connection) {
  return memmem(connection->buffer + connection->start, connection->end - connection->start, "\r\n", 2);
}

/* A line of the protocol; NULL where the connection is over. It is gone with the next call. */
static char *protocol_line(struct connection *connection) {
  char *end;
  while (!(end = line_end(connection)))
    if (!fill(connection)) return NULL;
  char *line = connection->buffer + connection->start;
  *end = 0;
  connection->start = end + 2 - connection->buffer;
  return line;
}

static int send_request(
    struct connection *connection, const char *method, const char *path, const char *body, size_t length) {
  char head[5120];
  const struct target *target = connection->target;
  int count = snprintf(head, sizeof head,
                       "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\nUser-Agent: apiload\r\n%s%s%s"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                       method, path, target->host, target->accept ? target->accept : "application/json",
                       target->token ? "Authorization: Bearer " : "", target->token ? target->token : "",
                       target->token ? "\r\n" : "", length);
  if (count >= (int)sizeof head) fail("a head that is too long");
  if (count + length < sizeof head) {
    memcpy(head + count, body ? body : "", length);
    return SSL_write(connection->tls, head, count + length) > 0;
  }
  return SSL_write(connection->tls, head, count) > 0 && SSL_write(connection->tls, body, length) > 0;
}

/* Reads the head of an answer: the status, 0 where the connection is over. `length` is -1 for a chunked one. */
static int read_head(struct connection *connection, long *length) {
  char *line = protocol_line(connection);
  if (!line || strlen(line) < 12) return 0;
  int status = atoi(line + 9);
  *length = 0;
  while ((line = protocol_line(connection)) && *line) {
    if (!strncasecmp(line, "content-length:", 15)) *length = atol(line + 15);
    if (!strncasecmp(line, "transfer-encoding: chunked", 26)) *length = -1;
  }
  return line ? status : 0;
}

static int take(struct connection *connection, size_t count) {
  if (connection->body_length + count + 1 > connection->body_size) {
    connection->body_size = (connection->body_length + count + 1) * 2;
    connection->body = realloc(connection->body, connection->body_size);
  }
  while (count) {
    size_t there = connection->end - connection->start;
    if (!there) {
      if (!fill(connection)) return 0;
      continue;
    }
    size_t part = there < count ? there : count;
    memcpy(connection->body + connection->body_length, connection->buffer + connection->start, part);
    connection->start += part;
    connection->body_length += part;
    count -= part;
  }
  connection->body[connection->body_length] = 0;
  return 1;
}

static int read_body(struct connection *connection, long length) {
  connection->body_length = 0;
  if (length >= 0) return take(connection, length);
  for (;;) {
    char *line = protocol_line(connection);
    if (!line) return 0;
    size_t chunk = strtoul(line, NULL, 16);
    if (!take(connection, chunk) || !protocol_line(connection)) return 0;
    if (!chunk) return 1;
  }
}

static int exchange(
    struct connection *connection, const char *method, const char *path, const char *body, size_t length) {
  long answer;
  if (!send_request(connection, method, path, body, length)) return 0;
  int status = read_head(connection, &answer);
  return status && read_body(connection, answer) ? status : 0;
}

int try_request(struct connection *connection, const char *method, const char *path) {
  return exchange(connection, method, path, NULL, 0);
}

void request(
    struct connection *connection, const char *method, const char *path, const char *body, size_t length, int wanted) {
  int status = exchange(connection, method, path, body, length);
  if (status == wanted) return;
  fprintf(stderr, "apiload: %s %s: status %d: %.300s\n", method, path, status, status ? connection->body : "");
  exit(1);
}

void find_text(struct connection *connection, const char *before, char *text, size_t size) {
  *text = 0;
  char *found = memmem(connection->body, connection->body_length, before, strlen(before));
  if (!found) return;
  found += strlen(before);
  size_t length = strcspn(found, "\"");
  if (length >= size) fail("an answer of a form that is not known");
  memcpy(text, found, length);
  text[length] = 0;
}

void begin_stream(struct connection *connection, const char *path) {
  long length;
  if (!send_request(connection, "GET", path, NULL, 0)) fail("a watch");
  int status = read_head(connection, &length);
  if (status != 200 || length != -1) {
    fprintf(stderr, "apiload: GET %s: status %d\n", path, status);
    exit(1);
  }
  connection->chunk = -1;
  connection->body_length = 0;
}

/* Lines are gathered in `body`, past the heads of the chunks. */
const char *next_line(struct connection *connection) {
  connection->body_length = 0;
  for (;;) {
    if (connection->chunk <= 0) {
      if (connection->chunk == 0 && !protocol_line(connection)) fail("a watch ended");
      char *line = protocol_line(connection);
      if (!line || !(connection->chunk = strtol(line, NULL, 16))) fail("a watch ended");
    }
    if (connection->start == connection->end && !fill(connection)) fail("a watch ended");
    size_t there = connection->end - connection->start;
    if (there > (size_t)connection->chunk) there = connection->chunk;
    char *first = connection->buffer + connection->start, *end = memchr(first, '\n', there);
    size_t part = end ? (size_t)(end - first) + 1 : there;
    if (!take(connection, part)) fail("a watch ended");
    connection->chunk -= part;
    if (end) return connection->body;
  }
}
