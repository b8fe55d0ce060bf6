// Calls on sockets that Swift cannot make by itself: control messages, and what glibc hides without _GNU_SOURCE.
#ifndef APUS_NETWORK_SHIM_H
#define APUS_NETWORK_SHIM_H

#include <stddef.h>

/// splice(2) that never waits.
long apus_splice(int from, int to, size_t count);

/// Receives a datagram with its sender and, as the kernel gave it, the packet information (in_pktinfo, in6_pktinfo): the
/// local address it came to. The sizes are room before and use after the call.
long apus_receive_datagram(int socket, void *data, size_t size, void *peer, unsigned *peer_size, void *information,
                           unsigned *information_size);

/// Sends a datagram from the local address in `information`, which may be empty.
long apus_send_datagram(int socket, const void *data, size_t size, const void *peer, unsigned peer_size,
                        const void *information, unsigned information_size);

#endif
