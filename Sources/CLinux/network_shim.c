#define _GNU_SOURCE 1
#include "network_shim.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

long apus_splice(int from, int to, size_t count) {
  return splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

long apus_receive_datagram(int socket, void *data, size_t size, void *peer, unsigned *peer_size, void *information,
                           unsigned *information_size) {
  struct iovec part = {.iov_base = data, .iov_len = size};
  char control[256];
  struct msghdr message = {.msg_name = peer,
                           .msg_namelen = *peer_size,
                           .msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  unsigned room = *information_size;
  *information_size = 0;
  long received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  *peer_size = message.msg_namelen;
  for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
    int is4 = h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO;
    int is6 = h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO;
    unsigned length = (unsigned)(h->cmsg_len - CMSG_LEN(0));
    if ((is4 || is6) && length <= room) {
      memcpy(information, CMSG_DATA(h), length);
      *information_size = length;
    }
  }
  return received;
}

long apus_send_datagram(int socket, const void *data, size_t size, const void *peer, unsigned peer_size,
                        const void *information, unsigned information_size) {
  struct iovec part = {.iov_base = (void *)data, .iov_len = size};
  char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
  memset(control, 0, sizeof control);
  struct msghdr message = {
      .msg_name = (void *)peer, .msg_namelen = peer_size, .msg_iov = &part, .msg_iovlen = 1};
  if (information_size == sizeof(struct in_pktinfo) || information_size == sizeof(struct in6_pktinfo)) {
    int is6 = information_size == sizeof(struct in6_pktinfo);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(information_size);
    struct cmsghdr *h = CMSG_FIRSTHDR(&message);
    h->cmsg_level = is6 ? IPPROTO_IPV6 : IPPROTO_IP;
    h->cmsg_type = is6 ? IPV6_PKTINFO : IP_PKTINFO;
    h->cmsg_len = CMSG_LEN(information_size);
    memcpy(CMSG_DATA(h), information, information_size);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
