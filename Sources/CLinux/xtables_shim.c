#define _GNU_SOURCE 1
#include "xtables_shim.h"

#include <errno.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Both families have the same numbers and the same structures around their entries.
_Static_assert(IPT_SO_GET_INFO == IP6T_SO_GET_INFO && IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES, "numbers differ");
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "structures differ");
_Static_assert(sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries), "structures differ");

// FNV-1a, 64 bits.
static uint64_t mix(uint64_t hash, const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

// Where things stand in an entry.
struct layout {
  size_t head, next, begin, end;
};

static uint64_t digest(const unsigned char *entries, size_t size, const struct layout *of) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t at = 0; at + of->head <= size;) {
    uint16_t length;
    memcpy(&length, entries + at + of->next, sizeof length);
    if (length < of->head || length > size - at) break;
    // What the kernel notes for itself and the counters stand together.
    hash = mix(hash, entries + at, of->begin);
    hash = mix(hash, entries + at + of->end, length - of->end);
    at += length;
  }
  return hash;
}

int apus_xtables_fingerprint(int socket, int is_ipv6, const char *table, uint64_t *fingerprint) {
  static const struct layout v4 = {sizeof(struct ipt_entry), offsetof(struct ipt_entry, next_offset),
                                   offsetof(struct ipt_entry, comefrom), offsetof(struct ipt_entry, elems)};
  static const struct layout v6 = {sizeof(struct ip6t_entry), offsetof(struct ip6t_entry, next_offset),
                                   offsetof(struct ip6t_entry, comefrom), offsetof(struct ip6t_entry, elems)};
  int level = is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  // The table may be replaced between the two questions, and has another size then.
  for (int attempt = 0; attempt < 8; attempt++) {
    struct ipt_getinfo info;
    memset(&info, 0, sizeof info);
    strncpy(info.name, table, sizeof info.name - 1);
    socklen_t size = sizeof info;
    if (getsockopt(socket, level, IPT_SO_GET_INFO, &info, &size)) return -1;
    size = (socklen_t)(sizeof(struct ipt_get_entries) + info.size);
    struct ipt_get_entries *request = calloc(1, size);
    if (!request) return -1;
    memcpy(request->name, info.name, sizeof request->name);
    request->size = info.size;
    int failed = getsockopt(socket, level, IPT_SO_GET_ENTRIES, request, &size);
    int error = errno;
    if (!failed) *fingerprint = digest((const unsigned char *)request->entrytable, info.size, is_ipv6 ? &v6 : &v4);
    free(request);
    if (!failed) return 0;
    errno = error;
    if (error != EAGAIN) return -1;
  }
  return -1;
}
