// SHA-256 (FIPS 180-4) of two streams side by side with x86-64's SHA instructions.
//
// One stream waits most of the time for its own last round; a second one fills those gaps. A layer is hashed twice, as
// it is sent and as it is unpacked, so there are always two. Libraries hash one stream at a time or many short ones.
#ifndef APUS_SHA256_PAIR_H
#define APUS_SHA256_PAIR_H

#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instructions. Where it has not, the functions below must not be called.
int apus_sha256_pair_supported(void);

/// Takes `blocks` blocks of 64 bytes into a state of eight words.
void apus_sha256_blocks(uint32_t *state, const uint8_t *data, size_t blocks);

/// The same for two streams.
void apus_sha256_pair_blocks(
    uint32_t *first, const uint8_t *first_data, uint32_t *second, const uint8_t *second_data, size_t blocks);

#endif
