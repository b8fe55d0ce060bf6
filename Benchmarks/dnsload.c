/* dnsload SERVER NAME SECONDS OUTSTANDING: asks a name server for one name's address over UDP, with so many questions
 * in flight, and prints "queries/s p50 p99 lost" (microseconds). Questions leave, and answers are taken, as many at a
 * time as there are: who measures must not be what is measured. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { most = 64 };

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static unsigned char queries[most][512], answers[most][1500];
static int length = 12;
static struct iovec query_parts[most], answer_parts[most];
static struct mmsghdr out[most], in[most];
static double sent[65536];
static char waiting[65536];
static unsigned short number;

static void ask(int socket, int count) {
  double now = microseconds();
  for (int i = 0; i < count; i++) {
    number++;
    queries[i][0] = number >> 8;
    queries[i][1] = number & 255;
    sent[number] = now;
    waiting[number] = 1;
  }
  for (int done = 0; done < count;) {
    int more = sendmmsg(socket, out + done, count - done, 0);
    if (more < 0) return perror("sendmmsg");
    done += more;
  }
}

int main(int count, char **words) {
  int outstanding = count == 5 ? atoi(words[4]) : 0;
  if (outstanding < 1 || outstanding > most)
    return fprintf(stderr, "usage: dnsload SERVER NAME SECONDS OUTSTANDING (1 to %d)\n", most), 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, words[1], &server.sin_addr);
  int handle = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(handle, (struct sockaddr *)&server, sizeof server)) return perror("connect"), 1;
  struct timeval patience = {.tv_sec = 1};
  setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  unsigned char *query = queries[0];
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
  for (int i = 0; i < most; i++) {
    if (i) memcpy(queries[i], query, length);
    query_parts[i] = (struct iovec){queries[i], length};
    answer_parts[i] = (struct iovec){answers[i], sizeof answers[i]};
    out[i].msg_hdr = (struct msghdr){.msg_iov = &query_parts[i], .msg_iovlen = 1};
    in[i].msg_hdr = (struct msghdr){.msg_iov = &answer_parts[i], .msg_iovlen = 1};
  }

  long room = 1 << 22, answered = 0, lost = 0;
  double *delays = malloc(room * sizeof *delays), began = microseconds(), end = began + atof(words[3]) * 1e6;
  ask(handle, outstanding);
  while (microseconds() < end) {
    int received = recvmmsg(handle, in, most, MSG_WAITFORONE, NULL), next = 0;
    if (received <= 0) {
      lost += outstanding;
      memset(waiting, 0, sizeof waiting);
      ask(handle, outstanding);
      continue;
    }
    double now = microseconds();
    for (int i = 0; i < received; i++) {
      unsigned char *answer = answers[i];
      unsigned short which = answer[0] << 8 | answer[1];
      if (in[i].msg_len < 12 || !waiting[which]) continue;
      waiting[which] = 0;
      if ((answer[3] & 15) || !(answer[6] || answer[7])) lost++; /* an error, or no records */
      if (answered < room) delays[answered++] = now - sent[which];
      next++;
    }
    ask(handle, next);
  }
  double took = (microseconds() - began) / 1e6;
  if (!answered) return printf("0 0 0 %ld\n", lost), 1;
  qsort(delays, answered, sizeof *delays, compare);
  printf("%.0f %.1f %.1f %ld\n", answered / took, delays[answered / 2], delays[answered * 99 / 100], lost);
  return 0;
}
