// Archives and decompression for Swift: libarchive's reader and writer as it is, and one inflater over ISA-L (gzip) and
// libzstd, because their states are structures that Swift should not lay out itself.
#ifndef APUS_ARCHIVE_SHIM_H
#define APUS_ARCHIVE_SHIM_H

#include <archive.h>
#include <archive_entry.h>
#include <stddef.h>
#include <stdint.h>

enum apus_compression { APUS_COMPRESSION_NONE, APUS_COMPRESSION_GZIP, APUS_COMPRESSION_ZSTD };

typedef struct apus_inflater apus_inflater;
apus_inflater *apus_inflater_new(int compression);
void apus_inflater_free(apus_inflater *);
/// Inflates. On entry `*input_size` and `*output_size` are what there is, on return what was used. Gives 0 when it can
/// go on, 1 when it stands between two members (where the stream may end), -1 on broken data (see the text).
int apus_inflater_run(
    apus_inflater *, const uint8_t *input, size_t *input_size, uint8_t *output, size_t *output_size);
const char *apus_inflater_error(const apus_inflater *);

typedef struct apus_deflater apus_deflater;
apus_deflater *apus_deflater_new(void);
void apus_deflater_free(apus_deflater *);
/// Makes one gzip stream; `finish` says that this input is the last. Gives 0 to go on, 1 when all is written, -1 on error.
int apus_deflater_run(
    apus_deflater *, const uint8_t *input, size_t *input_size, uint8_t *output, size_t *output_size, int finish);

/// A reader of tar archives (ustar, pax, GNU), or an empty input, without filters.
struct archive *apus_archive_read_tar(void *context, archive_read_callback *read);
/// archive_read_next_header with names taken as UTF-8 whatever the process's locale is.
int apus_archive_next(struct archive *, struct archive_entry **);
/// A writer of pax archives that uses pax headers only where ustar cannot say it.
struct archive *apus_archive_write_tar(void *context, archive_write_callback *write);
/// archive_write_header, names taken as UTF-8.
int apus_archive_write_header(struct archive *, struct archive_entry *);

/// Runs mount(2) with `directory` as the working directory of a short-lived child that shares memory and mount
/// namespace, so that the caller's working directory stays as it is. Returns 0 or an errno.
int apus_mount_in_directory(
    int directory, const char *source, const char *target, const char *type, unsigned long flags, const char *options);

/// fsopen, fsconfig, fsmount and move_mount (Linux 5.2); -1 and errno.
int apus_fsopen(const char *type, unsigned flags);
int apus_fsconfig(int fd, unsigned command, const char *key, const void *value, int auxiliary);
int apus_fsmount(int fd, unsigned flags, unsigned attributes);
int apus_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);

/// sync_file_range(2) that starts to write dirty pages and does not wait for them. glibc hides it without _GNU_SOURCE.
int apus_start_writeback(int fd, int64_t offset, int64_t count);

#endif
