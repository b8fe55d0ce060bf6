/* apiload HOST PORT CA CERTIFICATE KEY MODE [ARGUMENT…]
 *
 * Loads a Kubernetes API server by HTTP/1.1 over TLS, with connections that stay open, and prints one line of JSON:
 *
 *   ready SECONDS                     a new connection every 2 ms until /readyz says 200
 *   create NUMBER CONNECTIONS PREFIX  ConfigMaps of 200 bytes of data in the namespace `apiload`, each connection as fast as it can
 *   get NUMBER CONNECTIONS PREFIX     one by one
 *   list REPEATS LIMIT                all of them, whole (LIMIT 0) or in pages
 *   watch NUMBER RATE PREFIX          one watch; from before a POST is sent, RATE a second, until its event has been read
 *   watchers COUNT NUMBER RATE PREFIX COUNT watches; says `open` when all are, waits for a line, then creates NUMBER
 *                                     objects, RATE a second, and ends when each watch has read every event
 *
 * Each connection is a thread that blocks: what the program costs is little beside the server's share. */
#define _GNU_SOURCE
#include "connection.h"
#include <pthread.h>
#include <stdatomic.h>

enum { most_threads = 4096, body_bytes = 200 };

static const struct target *target;
static const char *const collection = "/api/v1/namespaces/apiload/configmaps";

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void sleep_until(double time) {
  double left = time - now();
  if (left <= 0) return;
  struct timespec pause = {left, (left - (long)left) * 1e9};
  nanosleep(&pause, NULL);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* Prints what is common to all modes; times in seconds. */
static void report(const char *mode, double *times, int count, double wall) {
  qsort(times, count, sizeof *times, ascending);
  double sum = 0;
  for (int i = 0; i < count; i++) sum += times[i];
#define AT(share) (times[(int)((count - 1) * (share) + .5)] * 1e3)
  printf("{\"mode\":\"%s\",\"count\":%d,\"wall_s\":%.4f,\"per_s\":%.1f,\"mean_ms\":%.3f,\"p50_ms\":%.3f,"
         "\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
         mode, count, wall, count / wall, sum / count * 1e3, AT(.5), AT(.9), AT(.99), AT(1));
}

static void post(struct connection *connection, const char *prefix, int number) {
  char body[1024], filler[body_bytes + 1];
  memset(filler, 'x', body_bytes);
  filler[body_bytes] = 0;
  int length = snprintf(body, sizeof body,
                        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s-%06d\",\"labels\":{"
                        "\"app\":\"apiload\"}},\"data\":{\"payload\":\"%s\"}}",
                        prefix, number, filler);
  request(connection, "POST", collection, body, length, 201);
}

/* ---- create and get: a closed loop on each connection ---- */

static struct {
  int total;
  _Atomic int next;
  const char *prefix;
  int creates;
  double *times;
} loop;

static void *work(void *unused) {
  (void)unused;
  struct connection *connection = open_connection(target);
  int number;
  while ((number = loop.next++) < loop.total) {
    double start = now();
    if (loop.creates) {
      post(connection, loop.prefix, number);
    } else {
      char path[256];
      snprintf(path, sizeof path, "%s/%s-%06d", collection, loop.prefix, number);
      request(connection, "GET", path, NULL, 0, 200);
    }
    loop.times[number] = now() - start;
  }
  close_connection(connection);
  return NULL;
}

static void run_loop(const char *mode, int total, int connections, const char *prefix) {
  loop.total = total;
  loop.prefix = prefix;
  loop.creates = !strcmp(mode, "create");
  loop.times = calloc(total, sizeof *loop.times);
  pthread_t threads[most_threads];
  double start = now();
  for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
  report(mode, loop.times, total, now() - start);
}

static void run_list(int repeats, int limit) {
  double times[1000];
  struct connection *connection = open_connection(target);
  size_t bytes = 0;
  double first = now();
  for (int i = 0; i < repeats && i < 1000; i++) {
    double start = now();
    char path[4096], token[2048] = "";
    bytes = 0;
    do {
      snprintf(path, sizeof path, limit ? "%s?limit=%d&continue=%s" : "%s", collection, limit, token);
      request(connection, "GET", path, NULL, 0, 200);
      bytes += connection->body_length;
      find_text(connection, "\"continue\":\"", token, sizeof token);
    } while (*token);
    times[i] = now() - start;
  }
  close_connection(connection);
  report(limit ? "pages" : "list", times, repeats, now() - first);
  fprintf(stderr, "%zu bytes\n", bytes);
}

/* ---- watches ---- */

static struct {
  const char *prefix;
  int total;
  char version[32];
  double *sent, *seen;
  _Atomic int open, done;
} events;

static void find_version(void) {
  struct connection *connection = open_connection(target);
  char path[256];
  snprintf(path, sizeof path, "%s?limit=1", collection);
  request(connection, "GET", path, NULL, 0, 200);
  find_text(connection, "\"resourceVersion\":\"", events.version, sizeof events.version);
  close_connection(connection);
}

/* Reads events until all that are expected have come. `times`: whether to note when. */
static void follow(int times) {
  struct connection *connection = open_connection(target);
  char path[512], pattern[128];
  snprintf(path, sizeof path, "%s?watch=1&resourceVersion=%s", collection, events.version);
  snprintf(pattern, sizeof pattern, "\"name\":\"%s-", events.prefix);
  begin_stream(connection, path);
  events.open++;
  for (int count = 0; count < events.total;) {
    const char *line = next_line(connection);
    const char *name = strstr(line, pattern);
    if (!name || !strstr(line, "\"ADDED\"")) continue;
    if (times) events.seen[atoi(name + strlen(pattern))] = now();
    count++;
  }
  close_connection(connection);
  events.done++;
}

static void *follow_timed(void *unused) {
  follow(1);
  return unused;
}

static void *follow_only(void *unused) {
  follow(0);
  return unused;
}

/* Creates at a rate, on as many connections as it takes to keep it. */
static struct {
  _Atomic int next;
  double start, rate;
} pace;

static void *create_paced(void *unused) {
  struct connection *connection = open_connection(target);
  int number;
  while ((number = pace.next++) < events.total) {
    sleep_until(pace.start + number / pace.rate);
    events.sent[number] = now();
    post(connection, events.prefix, number);
  }
  close_connection(connection);
  return unused;
}

static void create_all(double rate) {
  pthread_t threads[16];
  pace.rate = rate;
  pace.start = now() + .05;
  for (int i = 0; i < 16; i++) pthread_create(&threads[i], NULL, create_paced, NULL);
  for (int i = 0; i < 16; i++) pthread_join(threads[i], NULL);
}

static void prepare(const char *prefix, int total) {
  events.prefix = prefix;
  events.total = total;
  events.sent = calloc(total, sizeof(double));
  events.seen = calloc(total, sizeof(double));
  find_version();
}

static void wait_for_all(_Atomic int *count, int wanted) {
  while (*count < wanted) sleep_until(now() + .001);
}

static void run_watch(int total, double rate, const char *prefix) {
  prepare(prefix, total);
  pthread_t follower;
  pthread_create(&follower, NULL, follow_timed, NULL);
  wait_for_all(&events.open, 1);
  double start = now();
  create_all(rate);
  pthread_join(follower, NULL);
  double wall = now() - start;
  for (int i = 0; i < total; i++) events.seen[i] -= events.sent[i];
  report("watch", events.seen, total, wall);
}

static void run_watchers(int watchers, int total, double rate, const char *prefix) {
  prepare(prefix, total);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 128 << 10);
  pthread_t threads[most_threads];
  for (int i = 0; i < watchers; i++) {
    if (pthread_create(&threads[i], &small, follow_only, NULL)) fail("a thread for each watch");
    // As many handshakes at a time as a server's queue takes.
    while (i + 1 - events.open > 32) sleep_until(now() + .001);
  }
  wait_for_all(&events.open, watchers);
  printf("open\n");
  fflush(stdout);
  char line[16];
  if (!fgets(line, sizeof line, stdin)) fail("the line that says go");
  double start = now();
  create_all(rate);
  wait_for_all(&events.done, watchers);
  double wall = now() - start;
  // A thread that has read everything still has to end: OpenSSL forgets a thread then, and itself where the program ends.
  for (int i = 0; i < watchers; i++) pthread_join(threads[i], NULL);
  printf("{\"mode\":\"watchers\",\"watchers\":%d,\"count\":%d,\"wall_s\":%.4f}\n", watchers, total, wall);
}

static void run_ready(double limit) {
  double start = now();
  while (now() - start < limit) {
    struct connection *connection = try_connection(target);
    if (connection) {
      int status = try_request(connection, "GET", "/readyz");
      close_connection(connection);
      if (status == 200) {
        printf("{\"mode\":\"ready\",\"wall_s\":%.4f}\n", now() - start);
        return;
      }
    }
    sleep_until(now() + .002);
  }
  fail("the server did not become ready");
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(stderr, "usage: apiload HOST PORT CA CERTIFICATE KEY MODE [ARGUMENT…]\n");
    return 2;
  }
  struct target where = make_target(arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  target = &where;
  const char *mode = arguments[6];
  char **more = arguments + 7;
  int left = count - 7;
  if (!strcmp(mode, "ready") && left == 1) {
    run_ready(atof(more[0]));
  } else if ((!strcmp(mode, "create") || !strcmp(mode, "get")) && left == 3) {
    run_loop(mode, atoi(more[0]), atoi(more[1]), more[2]);
  } else if (!strcmp(mode, "list") && left == 2) {
    run_list(atoi(more[0]), atoi(more[1]));
  } else if (!strcmp(mode, "watch") && left == 3) {
    run_watch(atoi(more[0]), atof(more[1]), more[2]);
  } else if (!strcmp(mode, "watchers") && left == 4 && atoi(more[0]) <= most_threads) {
    run_watchers(atoi(more[0]), atoi(more[1]), atof(more[2]), more[3]);
  } else {
    fprintf(stderr, "apiload: %s: no such mode, or not its arguments\n", mode);
    return 2;
  }
  return 0;
}
