#include "csqlite.h"

#include <string.h>

int apus_sqlite_bind_blob(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count) {
  static const uint8_t nothing[1];
  return sqlite3_bind_blob(statement, index, count ? bytes : nothing, count, SQLITE_TRANSIENT);
}

int apus_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text) {
  return sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

int apus_sqlite_column_size(sqlite3_stmt *statement, int column) { return sqlite3_column_bytes(statement, column); }

int apus_sqlite_column_copy(sqlite3_stmt *statement, int column, uint8_t *out, int room) {
  const void *bytes = sqlite3_column_blob(statement, column);
  int count = sqlite3_column_bytes(statement, column);
  if (count > room) count = room;
  if (count > 0 && bytes) memcpy(out, bytes, (size_t)count);
  return count;
}

int apus_sqlite_open(const char *path, sqlite3 **database) {
  int result = sqlite3_open_v2(path, database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                               NULL);
  if (result == SQLITE_OK) result = sqlite3_busy_timeout(*database, 2000);
  return result;
}
