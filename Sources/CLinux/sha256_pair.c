#include "sha256_pair.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

int apus_sha256_pair_supported(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 29))) return 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  return (c & bit_SSE4_1) && (c & bit_SSSE3);
}

/// One stream's registers: the state as the instructions want it (A B E F and C D G H), and the last 16 schedule words.
typedef struct {
  __m128i abef, cdgh, words[4];
} lane;

WITH_SHA static inline __attribute__((always_inline)) void enter(lane *lane, const uint32_t *state) {
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  lane->abef = _mm_alignr_epi8(low, high, 8);
  lane->cdgh = _mm_blend_epi16(high, low, 0xF0);
}

WITH_SHA static inline __attribute__((always_inline)) void leave(const lane *lane, uint32_t *state) {
  __m128i low = _mm_shuffle_epi32(lane->abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(lane->cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

/// Four rounds; `group` counts them from 0 to 15.
WITH_SHA static inline __attribute__((always_inline)) void rounds(lane *lane, const uint8_t *data, int group) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
  __m128i *words = lane->words;
  __m128i next;
  if (group < 4) {
    next = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + group), order);
  } else {
    __m128i last = words[(group + 3) & 3];
    next = _mm_add_epi32(
        _mm_sha256msg1_epu32(words[group & 3], words[(group + 1) & 3]),
        _mm_alignr_epi8(last, words[(group + 2) & 3], 4));
    next = _mm_sha256msg2_epu32(next, last);
  }
  words[group & 3] = next;
  __m128i sum = _mm_add_epi32(next, _mm_load_si128((const __m128i *)constants + group));
  lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
  lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

WITH_SHA void apus_sha256_blocks(uint32_t *state, const uint8_t *data, size_t blocks) {
  lane one;
  enter(&one, state);
  for (; blocks > 0; blocks--, data += 64) {
    __m128i abef = one.abef, cdgh = one.cdgh;
#pragma unroll
    for (int group = 0; group < 16; group++) rounds(&one, data, group);
    one.abef = _mm_add_epi32(one.abef, abef);
    one.cdgh = _mm_add_epi32(one.cdgh, cdgh);
  }
  leave(&one, state);
}

WITH_SHA void apus_sha256_pair_blocks(
    uint32_t *first, const uint8_t *first_data, uint32_t *second, const uint8_t *second_data, size_t blocks) {
  lane one, two;
  enter(&one, first);
  enter(&two, second);
  for (; blocks > 0; blocks--, first_data += 64, second_data += 64) {
    __m128i abef1 = one.abef, cdgh1 = one.cdgh, abef2 = two.abef, cdgh2 = two.cdgh;
#pragma unroll
    for (int group = 0; group < 16; group++) {
      rounds(&one, first_data, group);
      rounds(&two, second_data, group);
    }
    one.abef = _mm_add_epi32(one.abef, abef1);
    one.cdgh = _mm_add_epi32(one.cdgh, cdgh1);
    two.abef = _mm_add_epi32(two.abef, abef2);
    two.cdgh = _mm_add_epi32(two.cdgh, cdgh2);
  }
  leave(&one, first);
  leave(&two, second);
}

#else

int apus_sha256_pair_supported(void) { return 0; }
void apus_sha256_blocks(uint32_t *state, const uint8_t *data, size_t blocks) { __builtin_trap(); }
void apus_sha256_pair_blocks(
    uint32_t *first, const uint8_t *first_data, uint32_t *second, const uint8_t *second_data, size_t blocks) {
  __builtin_trap();
}

#endif
