// CRC-32C: by the processor's own instruction where it has one, by tables elsewhere.
#include <string.h>

#include "csqlite.h"

static uint32_t by_table(uint32_t crc, const uint8_t *bytes, int count) {
  static uint32_t table[256];
  static int ready;
  if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
    // Two threads that come here together write the same numbers.
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t entry = i;
      for (int bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >> 1) ^ 0x82F63B78u : entry >> 1;
      __atomic_store_n(&table[i], entry, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  }
  for (int i = 0; i < count; i++) crc = table[(crc ^ bytes[i]) & 0xFF] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)
static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, int count) {
  uint64_t wide = crc;
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = (uint32_t)wide;
  for (; count > 0; count--) crc = __builtin_ia32_crc32qi(crc, *bytes++);
  return crc;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static int has_instruction(void) { return 1; }

static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, int count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; count--) crc = __crc32cb(crc, *bytes++);
  return crc;
}
#else
static int has_instruction(void) { return 0; }
static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, int count) { return by_table(crc, bytes, count); }
#endif

uint32_t apus_crc32c(uint32_t sum, const uint8_t *bytes, int count) {
  if (count <= 0) return sum;
  uint32_t crc = ~sum;
  crc = has_instruction() ? by_instruction(crc, bytes, count) : by_table(crc, bytes, count);
  return ~crc;
}
