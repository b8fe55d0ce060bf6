// libsodium behind calls that take and give sizes, so that Swift needs no raw pointers.
#ifndef APUS_CSODIUM_H
#define APUS_CSODIUM_H

#include <stdint.h>

/// Encrypts `count` bytes with XSalsa20 and Poly1305 (crypto_secretbox_easy). `sealed` has room for 16 bytes more, `nonce`
/// has 24 bytes and `key` 32. Returns whether it was done.
int apus_secretbox_seal(uint8_t *sealed, const uint8_t *text, int count, const uint8_t *nonce, const uint8_t *key);
/// The reverse: `count` is that of `sealed`, 16 at least. Returns whether it was sealed so.
int apus_secretbox_open(uint8_t *text, const uint8_t *sealed, int count, const uint8_t *nonce, const uint8_t *key);

#endif
