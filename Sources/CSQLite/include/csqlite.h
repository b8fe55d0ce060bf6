// SQLite behind a handful of calls that take and give sizes and indices, so that Swift needs no raw pointers.
#ifndef APUS_CSQLITE_H
#define APUS_CSQLITE_H

#include <sqlite3.h>
#include <stdint.h>

int apus_sqlite_bind_blob(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count);
int apus_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text);
int apus_sqlite_column_size(sqlite3_stmt *statement, int column);
/// Copies a blob or text column; `room` is the size of `out`. Returns what was copied.
int apus_sqlite_column_copy(sqlite3_stmt *statement, int column, uint8_t *out, int room);
/// Opens or makes a database, or returns the error code of SQLite; `*database` must be closed in both cases.
int apus_sqlite_open(const char *path, sqlite3 **database);

#endif
