// bpf(2): the system call has one argument, a union of structures that hold pointers, which Swift cannot fill in.
#ifndef APUS_BPF_SHIM_H
#define APUS_BPF_SHIM_H

#include <stdint.h>

// Each returns -1 and sets errno, as the system call does. What is opened is close-on-exec.
int apus_bpf_map_create(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags,
                        const char *name);
int apus_bpf_map_lookup(int map, const void *key, void *value);
int apus_bpf_map_update(int map, const void *key, const void *value, uint64_t flags);
int apus_bpf_map_delete(int map, const void *key);
/// The key after `key`, the first one for NULL.
int apus_bpf_map_next_key(int map, const void *key, void *next);
int apus_bpf_map_open(uint32_t id);

/// `log` takes what the verifier says, where it is not NULL.
int apus_bpf_program_load(uint32_t type, uint32_t attach_type, const void *instructions, uint32_t count,
                          const char *license, const char *name, char *log, uint32_t log_size);
int apus_bpf_program_open(uint32_t id);

struct apus_bpf_program_info {
  char name[16];
  uint8_t tag[8];
  uint32_t id;
  uint32_t map_count;  // at most 8 are told
  uint32_t maps[8];
};
int apus_bpf_program_info(int program, struct apus_bpf_program_info *info);

struct apus_bpf_map_info {
  char name[16];
  uint32_t id;
  uint32_t key_size;
  uint32_t value_size;
};
int apus_bpf_map_info(int map, struct apus_bpf_map_info *info);

int apus_bpf_attach(int target, int program, uint32_t attach_type, uint32_t flags);
int apus_bpf_detach(int target, int program, uint32_t attach_type);
/// `count` is the room in `ids` before and the number of programs after the call; ENOSPC where the room is too small.
int apus_bpf_query(int target, uint32_t attach_type, uint32_t *ids, uint32_t *count);

/// SO_NETNS_COOKIE (socket(7)): the number of the network namespace that a socket is in, never given twice.
int apus_network_cookie(int socket, uint64_t *cookie);

#endif
