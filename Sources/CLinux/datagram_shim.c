#define _GNU_SOURCE 1
#include "datagram_shim.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { limit = apus_datagram_limit, control_size = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

struct apus_datagrams {
  size_t size, room, used;
  /// How many of `in` the kernel has written to.
  int touched;
  int answers;
  struct mmsghdr in[limit], out[limit];
  struct iovec in_parts[limit], out_parts[limit];
  struct sockaddr_in6 peers[limit];
  _Alignas(struct cmsghdr) unsigned char in_control[limit][control_size], out_control[limit][control_size];
  /// The datagrams, and behind them the answers.
  unsigned char bytes[];
};

struct apus_datagrams *apus_datagrams_make(size_t size, size_t room) {
  struct apus_datagrams *all = calloc(1, sizeof *all + limit * size + room);
  if (!all) return NULL;
  all->size = size;
  all->room = room;
  all->touched = limit;
  for (int i = 0; i < limit; i++) {
    all->in_parts[i] = (struct iovec){.iov_base = all->bytes + i * size, .iov_len = size};
    all->in[i].msg_hdr = (struct msghdr){.msg_name = &all->peers[i], .msg_iov = &all->in_parts[i], .msg_iovlen = 1};
    all->out[i].msg_hdr = (struct msghdr){.msg_iov = &all->out_parts[i], .msg_iovlen = 1};
  }
  return all;
}

void apus_datagrams_free(struct apus_datagrams *all) { free(all); }

int apus_datagrams_receive(struct apus_datagrams *all, int socket, int wants_information) {
  // Between sockets that tell the address and sockets that do not, all is to be set.
  if (wants_information != (all->in[0].msg_hdr.msg_control != NULL)) all->touched = limit;
  for (int i = 0; i < all->touched; i++) {
    struct msghdr *header = &all->in[i].msg_hdr;
    header->msg_namelen = sizeof all->peers[i];
    header->msg_control = wants_information ? all->in_control[i] : NULL;
    header->msg_controllen = wants_information ? control_size : 0;
  }
  all->touched = 0;
  all->answers = 0;
  all->used = 0;
  int received = recvmmsg(socket, all->in, limit, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
  // The kernel also writes to the one that it had no datagram for.
  if (received >= 0) all->touched = received < limit ? received + 1 : limit;
  else all->touched = 1;
  return received;
}

const void *apus_datagrams_bytes(const struct apus_datagrams *all, int index, size_t *count) {
  *count = all->in[index].msg_len;
  return all->in_parts[index].iov_base;
}

const void *apus_datagrams_peer(const struct apus_datagrams *all, int index, unsigned *size) {
  *size = all->in[index].msg_hdr.msg_namelen;
  return &all->peers[index];
}

/// The control message that tells the address; null where there is none.
static struct cmsghdr *information(const struct apus_datagrams *all, int index) {
  struct msghdr *header = (struct msghdr *)&all->in[index].msg_hdr;
  for (struct cmsghdr *h = CMSG_FIRSTHDR(header); h; h = CMSG_NXTHDR(header, h)) {
    if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) return h;
    if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) return h;
  }
  return NULL;
}

const void *apus_datagrams_information(const struct apus_datagrams *all, int index, unsigned *size) {
  struct cmsghdr *h = information(all, index);
  *size = h ? (unsigned)(h->cmsg_len - CMSG_LEN(0)) : 0;
  return h ? CMSG_DATA(h) : NULL;
}

int apus_datagrams_answer(struct apus_datagrams *all, int index, const void *bytes, size_t count) {
  if (all->answers == limit || count > all->room - all->used) return 0;
  int number = all->answers++;
  unsigned char *place = all->bytes + limit * all->size + all->used;
  memcpy(place, bytes, count);
  all->used += count;
  all->out_parts[number] = (struct iovec){.iov_base = place, .iov_len = count};
  struct msghdr *header = &all->out[number].msg_hdr;
  header->msg_name = &all->peers[index];
  header->msg_namelen = all->in[index].msg_hdr.msg_namelen;
  struct cmsghdr *h = information(all, index);
  size_t size = h ? h->cmsg_len : 0;
  header->msg_control = size ? all->out_control[number] : NULL;
  header->msg_controllen = size ? CMSG_SPACE(size - CMSG_LEN(0)) : 0;
  if (size) memcpy(all->out_control[number], h, size);
  return 1;
}

void apus_datagrams_send(struct apus_datagrams *all, int socket) {
  int done = 0;
  while (done < all->answers) {
    int sent = sendmmsg(socket, all->out + done, (unsigned)(all->answers - done), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) done += sent;
    else if (errno == EAGAIN) break;
    else if (errno != EINTR) done++;
  }
  all->answers = 0;
  all->used = 0;
}
