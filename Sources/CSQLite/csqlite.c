#include "csqlite.h"

#include <string.h>

static const uint8_t nothing[1];

int apus_sqlite_bind_blob(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count) {
  return sqlite3_bind_blob(statement, index, count ? bytes : nothing, count, SQLITE_TRANSIENT);
}

int apus_sqlite_bind_text(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count) {
  return sqlite3_bind_text(statement, index, count ? (const char *)bytes : "", count, SQLITE_TRANSIENT);
}

int apus_sqlite_column_size(sqlite3_stmt *statement, int column) { return sqlite3_column_bytes(statement, column); }

int apus_sqlite_column_copy(sqlite3_stmt *statement, int column, uint8_t *out, int room) {
  const void *bytes = sqlite3_column_blob(statement, column);
  int count = sqlite3_column_bytes(statement, column);
  if (count > room) count = room;
  if (count > 0 && bytes) memcpy(out, bytes, (size_t)count);
  return count;
}

int apus_sqlite_open(const char *path, int flags, sqlite3 **database) {
  int result = sqlite3_open_v2(path, database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (result == SQLITE_OK) result = sqlite3_busy_timeout(*database, 2000);
  return result;
}

int apus_log_insert(sqlite3_stmt *insert, int64_t id, const char *key, int key_count, const uint8_t *value,
                    int value_count, int64_t created, int64_t previous, int64_t lease) {
  int64_t numbers[4] = {id, created, previous, lease};
  uint8_t is_removal = value_count < 0;
  uint32_t sum = apus_crc32c(0, (const uint8_t *)numbers, sizeof numbers);
  sum = apus_crc32c(sum, &is_removal, 1);
  sum = apus_crc32c(sum, (const uint8_t *)key, key_count);
  sum = apus_crc32c(sum, value, is_removal ? 0 : value_count);

  int result = sqlite3_bind_int64(insert, 1, id);
  if (result == SQLITE_OK) result = sqlite3_bind_text(insert, 2, key, key_count, SQLITE_STATIC);
  if (result == SQLITE_OK)
    result = is_removal ? sqlite3_bind_null(insert, 3)
                        : sqlite3_bind_blob(insert, 3, value_count ? value : nothing, value_count, SQLITE_STATIC);
  if (result == SQLITE_OK) result = sqlite3_bind_int64(insert, 4, created);
  if (result == SQLITE_OK) result = sqlite3_bind_int64(insert, 5, previous);
  if (result == SQLITE_OK) result = sqlite3_bind_int64(insert, 6, lease);
  if (result == SQLITE_OK) result = sqlite3_bind_int64(insert, 7, sum);
  if (result == SQLITE_OK) result = sqlite3_step(insert);
  sqlite3_reset(insert);
  sqlite3_clear_bindings(insert);
  return result == SQLITE_DONE ? SQLITE_OK : result;
}

int apus_log_is_intact(sqlite3_stmt *row, int first) {
  int64_t numbers[4] = {sqlite3_column_int64(row, first), sqlite3_column_int64(row, first + 3),
                        sqlite3_column_int64(row, first + 4), sqlite3_column_int64(row, first + 5)};
  uint8_t is_removal = sqlite3_column_type(row, first + 2) == SQLITE_NULL;
  uint32_t sum = apus_crc32c(0, (const uint8_t *)numbers, sizeof numbers);
  sum = apus_crc32c(sum, &is_removal, 1);
  const void *key = sqlite3_column_text(row, first + 1);
  sum = apus_crc32c(sum, key, sqlite3_column_bytes(row, first + 1));
  const void *value = sqlite3_column_blob(row, first + 2);
  sum = apus_crc32c(sum, value, sqlite3_column_bytes(row, first + 2));
  return sum == sqlite3_column_int64(row, first + 6);
}

int apus_sqlite_columns_equal(sqlite3_stmt *row, int a, int b) {
  const void *left = sqlite3_column_blob(row, a), *right = sqlite3_column_blob(row, b);
  int count = sqlite3_column_bytes(row, a);
  return count == sqlite3_column_bytes(row, b) && (count == 0 || memcmp(left, right, (size_t)count) == 0);
}
