/* dnsload SERVER NAME SECONDS OUTSTANDING: asks a name server for one name's address over UDP, with so many questions
 * in flight, and prints "queries/s p50 p99 lost" (microseconds). */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static unsigned char query[512];
static int length = 12;
static double sent[65536];
static char waiting[65536];
static unsigned short number;

static void ask(int socket) {
  number++;
  query[0] = number >> 8;
  query[1] = number & 255;
  sent[number] = microseconds();
  waiting[number] = 1;
  if (send(socket, query, length, 0) < 0) perror("send");
}

int main(int count, char **words) {
  if (count != 5) return fputs("usage: dnsload SERVER NAME SECONDS OUTSTANDING\n", stderr), 2;
  int outstanding = atoi(words[4]);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, words[1], &server.sin_addr);
  int handle = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(handle, (struct sockaddr *)&server, sizeof server)) return perror("connect"), 1;
  query[2] = 1; /* recursion desired */
  query[5] = 1; /* one question */
  for (char *label = strtok(words[2], "."); label; label = strtok(NULL, ".")) {
    size_t size = strlen(label);
    query[length++] = size;
    memcpy(query + length, label, size);
    length += size;
  }
  static const unsigned char tail[5] = {0, 0, 1, 0, 1}; /* the root, A, IN */
  memcpy(query + length, tail, 5);
  length += 5;

  long room = 1 << 22, answered = 0, lost = 0;
  double *delays = malloc(room * sizeof *delays), began = microseconds(), end = began + atof(words[3]) * 1e6;
  for (int i = 0; i < outstanding; i++) ask(handle);
  while (microseconds() < end) {
    struct pollfd ready = {handle, POLLIN, 0};
    if (poll(&ready, 1, 1000) == 0) {
      lost += outstanding;
      memset(waiting, 0, sizeof waiting);
      for (int i = 0; i < outstanding; i++) ask(handle);
      continue;
    }
    unsigned char answer[1500];
    long size = recv(handle, answer, sizeof answer, 0);
    unsigned short which = answer[0] << 8 | answer[1];
    if (size < 12 || !waiting[which]) continue;
    waiting[which] = 0;
    if ((answer[3] & 15) || !(answer[6] || answer[7])) lost++; /* an error, or no records */
    if (answered < room) delays[answered++] = microseconds() - sent[which];
    ask(handle);
  }
  double took = (microseconds() - began) / 1e6;
  if (!answered) return printf("0 0 0 %ld\n", lost), 1;
  qsort(delays, answered, sizeof *delays, compare);
  printf("%.0f %.1f %.1f %ld\n", answered / took, delays[answered / 2], delays[answered * 99 / 100], lost);
  return 0;
}
