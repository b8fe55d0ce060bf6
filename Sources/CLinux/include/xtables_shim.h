// The older tables of iptables and ip6tables (x_tables), of whose changes the kernel tells nobody.
#ifndef APUS_XTABLES_SHIM_H
#define APUS_XTABLES_SHIM_H

#include <stdint.h>

/// A number that differs when the rules of a table differ: their counters do not matter. The table is that of the network
/// namespace in which the socket (raw, of the family) was made. 0, or -1 with errno.
int apus_xtables_fingerprint(int socket, int is_ipv6, const char *table, uint64_t *fingerprint);

#endif
