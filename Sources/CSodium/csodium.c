#include "csodium.h"
#include <sodium.h>

int apus_secretbox_seal(uint8_t *sealed, const uint8_t *text, int count, const uint8_t *nonce, const uint8_t *key) {
  // Chooses the code for this processor; what is done already is not done again.
  return sodium_init() >= 0 && crypto_secretbox_easy(sealed, text, (unsigned long long)count, nonce, key) == 0;
}

int apus_secretbox_open(uint8_t *text, const uint8_t *sealed, int count, const uint8_t *nonce, const uint8_t *key) {
  return sodium_init() >= 0 && crypto_secretbox_open_easy(text, sealed, (unsigned long long)count, nonce, key) == 0;
}
