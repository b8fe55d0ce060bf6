// Datagrams that are received, and answered, several in one call: recvmmsg(2) and sendmmsg(2), which glibc hides without
// _GNU_SOURCE, with the control messages that they carry.
#ifndef APUS_DATAGRAM_SHIM_H
#define APUS_DATAGRAM_SHIM_H

#include <stddef.h>

/// How many datagrams one call receives at most.
enum { apus_datagram_limit = 32 };

/// Room for so many datagrams and for answers to them.
struct apus_datagrams;

/// `size`: bytes of each datagram; what is longer is cut. `room`: bytes of the answers together. Null without memory.
struct apus_datagrams *apus_datagrams_make(size_t size, size_t room);
void apus_datagrams_free(struct apus_datagrams *all);

/// Receives what is there without waiting, in place of what was there before, answers too. How many, or -1 and errno.
/// `wants_information`: notes to which address each came, as IP_PKTINFO and IPV6_RECVPKTINFO tell it.
int apus_datagrams_receive(struct apus_datagrams *all, int socket, int wants_information);

/// A received datagram.
const void *apus_datagrams_bytes(const struct apus_datagrams *all, int index, size_t *count);
/// Who sent it.
const void *apus_datagrams_peer(const struct apus_datagrams *all, int index, unsigned *size);
/// To which address it came (in_pktinfo, in6_pktinfo); of size 0 where that is not known.
const void *apus_datagrams_information(const struct apus_datagrams *all, int index, unsigned *size);

/// Notes an answer to a received datagram. 0 where there is no room until the others are sent.
int apus_datagrams_answer(struct apus_datagrams *all, int index, const void *bytes, size_t count);

/// Sends the noted answers in their order, without waiting; what cannot be sent is lost.
void apus_datagrams_send(struct apus_datagrams *all, int socket);

#endif
