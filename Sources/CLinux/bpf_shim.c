#define _GNU_SOURCE 1
#include "bpf_shim.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static uint64_t address(const void *pointer) { return (uint64_t)(uintptr_t)pointer; }

static void copy_name(char *to, const char *name) {
  strncpy(to, name, BPF_OBJ_NAME_LEN - 1);
}

int apus_bpf_map_create(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags,
                        const char *name) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = type;
  attributes.key_size = key_size;
  attributes.value_size = value_size;
  attributes.max_entries = max_entries;
  attributes.map_flags = flags;
  copy_name(attributes.map_name, name);
  return bpf(BPF_MAP_CREATE, &attributes);
}

static int element(enum bpf_cmd command, int map, const void *key, const void *value, uint64_t flags) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (uint32_t)map;
  attributes.key = address(key);
  attributes.value = address(value);
  attributes.flags = flags;
  return bpf(command, &attributes);
}

int apus_bpf_map_lookup(int map, const void *key, void *value) {
  return element(BPF_MAP_LOOKUP_ELEM, map, key, value, 0);
}

int apus_bpf_map_update(int map, const void *key, const void *value, uint64_t flags) {
  return element(BPF_MAP_UPDATE_ELEM, map, key, value, flags);
}

int apus_bpf_map_delete(int map, const void *key) { return element(BPF_MAP_DELETE_ELEM, map, key, NULL, 0); }

int apus_bpf_map_next_key(int map, const void *key, void *next) {
  return element(BPF_MAP_GET_NEXT_KEY, map, key, next, 0);
}

static int open_by_id(enum bpf_cmd command, uint32_t id) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_id = id;  // one union with map_id
  return bpf(command, &attributes);
}

int apus_bpf_map_open(uint32_t id) { return open_by_id(BPF_MAP_GET_FD_BY_ID, id); }

int apus_bpf_program_open(uint32_t id) { return open_by_id(BPF_PROG_GET_FD_BY_ID, id); }

int apus_bpf_program_load(uint32_t type, uint32_t attach_type, const void *instructions, uint32_t count,
                          const char *license, const char *name, char *log, uint32_t log_size) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = type;
  attributes.expected_attach_type = attach_type;
  attributes.insns = address(instructions);
  attributes.insn_cnt = count;
  attributes.license = address(license);
  copy_name(attributes.prog_name, name);
  if (log) {
    attributes.log_level = 1;
    attributes.log_buf = address(log);
    attributes.log_size = log_size;
  }
  return bpf(BPF_PROG_LOAD, &attributes);
}

static int object_info(int object, void *info, uint32_t size) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = (uint32_t)object;
  attributes.info.info_len = size;
  attributes.info.info = address(info);
  return bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes);
}

int apus_bpf_program_info(int program, struct apus_bpf_program_info *info) {
  struct bpf_prog_info found;
  memset(&found, 0, sizeof found);
  memset(info, 0, sizeof *info);
  found.nr_map_ids = sizeof info->maps / sizeof info->maps[0];
  found.map_ids = address(info->maps);
  if (object_info(program, &found, sizeof found) != 0) return -1;
  memcpy(info->name, found.name, sizeof info->name);
  memcpy(info->tag, found.tag, sizeof info->tag);
  info->id = found.id;
  info->map_count = found.nr_map_ids;
  return 0;
}

int apus_bpf_map_info(int map, struct apus_bpf_map_info *info) {
  struct bpf_map_info found;
  memset(&found, 0, sizeof found);
  memset(info, 0, sizeof *info);
  if (object_info(map, &found, sizeof found) != 0) return -1;
  memcpy(info->name, found.name, sizeof info->name);
  info->id = found.id;
  info->key_size = found.key_size;
  info->value_size = found.value_size;
  return 0;
}

int apus_bpf_attach(int target, int program, uint32_t attach_type, uint32_t flags) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.target_fd = (uint32_t)target;
  attributes.attach_bpf_fd = (uint32_t)program;
  attributes.attach_type = attach_type;
  attributes.attach_flags = flags;
  return bpf(BPF_PROG_ATTACH, &attributes);
}

int apus_bpf_detach(int target, int program, uint32_t attach_type) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.target_fd = (uint32_t)target;
  attributes.attach_bpf_fd = (uint32_t)program;
  attributes.attach_type = attach_type;
  return bpf(BPF_PROG_DETACH, &attributes);
}

int apus_bpf_query(int target, uint32_t attach_type, uint32_t *ids, uint32_t *count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.query.target_fd = (uint32_t)target;
  attributes.query.attach_type = attach_type;
  attributes.query.prog_ids = address(ids);
  attributes.query.prog_cnt = *count;
  int result = bpf(BPF_PROG_QUERY, &attributes);
  *count = attributes.query.prog_cnt;
  return result;
}

int apus_network_cookie(int socket, uint64_t *cookie) {
  socklen_t size = sizeof *cookie;
  return getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size);
}
