// SQLite behind a handful of calls that take and give sizes and indices, so that Swift needs no raw pointers.
#ifndef APUS_CSQLITE_H
#define APUS_CSQLITE_H

#include <sqlite3.h>
#include <stdint.h>

int apus_sqlite_bind_blob(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count);
/// Text as its bytes: a zero byte does not end it, and SQLite compares it byte by byte.
int apus_sqlite_bind_text(sqlite3_stmt *statement, int index, const uint8_t *bytes, int count);
int apus_sqlite_column_size(sqlite3_stmt *statement, int column);
/// Copies a blob or text column; `room` is the size of `out`. Returns what was copied.
int apus_sqlite_column_copy(sqlite3_stmt *statement, int column, uint8_t *out, int room);
/// Opens a database with `flags` of sqlite3_open_v2, or returns the error code of SQLite; `*database` must be closed in
/// both cases.
int apus_sqlite_open(const char *path, int flags, sqlite3 **database);

/// CRC-32C (RFC 3720, appendix B.4), continued from `sum`; begin with 0.
uint32_t apus_crc32c(uint32_t sum, const uint8_t *bytes, int count);

/// Runs the prepared `INSERT INTO log` with its seven parameters (id, key, value, created, previous, lease, sum), the
/// sum computed here. `value_count` below zero is a removal: its value is NULL. Nothing is copied on the way.
int apus_log_insert(sqlite3_stmt *insert, int64_t id, const char *key, int key_count, const uint8_t *value,
                    int value_count, int64_t created, int64_t previous, int64_t lease);
/// Whether the columns id, key, value, created, previous, lease, sum that begin at `first` are what was written.
int apus_log_is_intact(sqlite3_stmt *row, int first);
/// Whether two text columns hold the same bytes.
int apus_sqlite_columns_equal(sqlite3_stmt *row, int a, int b);

#endif
