#define _GNU_SOURCE 1
#include "clinux.h"
#include <sched.h>

#include "archive_shim.h"

#include <isa-l/igzip_lib.h>
#include <locale.h>
#include <zstd.h>

// --- inflate -------------------------------------------------------------------------------------------------------

struct apus_inflater {
  int compression;
  const char *error;
  int inside;  // a member has begun and not ended
  struct inflate_state gzip;
  ZSTD_DStream *zstd;
};

static void begin_member(apus_inflater *s) {
  isal_inflate_reset(&s->gzip);
  s->gzip.crc_flag = ISAL_GZIP;
  s->inside = 0;
}

apus_inflater *apus_inflater_new(int compression) {
  apus_inflater *s = calloc(1, sizeof *s);
  if (s == NULL) return NULL;
  s->compression = compression;
  if (compression == APUS_COMPRESSION_GZIP) {
    isal_inflate_init(&s->gzip);
    begin_member(s);
  } else if (compression == APUS_COMPRESSION_ZSTD) {
    s->zstd = ZSTD_createDStream();
    if (s->zstd == NULL) {
      free(s);
      return NULL;
    }
  }
  return s;
}

void apus_inflater_free(apus_inflater *s) {
  if (s == NULL) return;
  if (s->zstd != NULL) ZSTD_freeDStream(s->zstd);
  free(s);
}

const char *apus_inflater_error(const apus_inflater *s) { return s->error != NULL ? s->error : "broken data"; }

static const char *gzip_text(int code) {
  switch (code) {
    case ISAL_INVALID_WRAPPER: return "gzip: invalid header";
    case ISAL_UNSUPPORTED_METHOD: return "gzip: unsupported compression method";
    case ISAL_INCORRECT_CHECKSUM: return "gzip: invalid checksum";
    default: return "flate: corrupt input";
  }
}

static int run_gzip(apus_inflater *s, const uint8_t *in, size_t *in_size, uint8_t *out, size_t *out_size) {
  s->gzip.next_in = (uint8_t *)in;
  s->gzip.avail_in = (uint32_t)*in_size;
  s->gzip.next_out = out;
  s->gzip.avail_out = (uint32_t)*out_size;
  int result = 0;
  for (;;) {
    if (s->gzip.block_state == ISAL_BLOCK_FINISH) begin_member(s);
    if (!s->inside && s->gzip.avail_in == 0) {
      result = 1;
      break;
    }
    s->inside = 1;
    int code = isal_inflate(&s->gzip);
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT && code != ISAL_OUT_OVERFLOW) {
      s->error = gzip_text(code);
      result = -1;
      break;
    }
    if (s->gzip.block_state == ISAL_BLOCK_FINISH) {
      begin_member(s);
      continue;
    }
    break;
  }
  *in_size -= s->gzip.avail_in;
  *out_size -= s->gzip.avail_out;
  return result;
}

static int run_zstd(apus_inflater *s, const uint8_t *in, size_t *in_size, uint8_t *out, size_t *out_size) {
  ZSTD_inBuffer input = {in, *in_size, 0};
  ZSTD_outBuffer output = {out, *out_size, 0};
  if (!s->inside && *in_size == 0) {
    *out_size = 0;
    return 1;
  }
  s->inside = 1;
  size_t code = ZSTD_decompressStream(s->zstd, &output, &input);
  *in_size = input.pos;
  *out_size = output.pos;
  if (ZSTD_isError(code)) {
    s->error = ZSTD_getErrorName(code);
    return -1;
  }
  if (code == 0) {
    s->inside = 0;
    return 1;
  }
  return 0;
}

int apus_inflater_run(
    apus_inflater *s, const uint8_t *input, size_t *input_size, uint8_t *output, size_t *output_size) {
  return s->compression == APUS_COMPRESSION_GZIP ? run_gzip(s, input, input_size, output, output_size)
                                                 : run_zstd(s, input, input_size, output, output_size);
}

// --- deflate -------------------------------------------------------------------------------------------------------

struct apus_deflater {
  struct isal_zstream stream;
  uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
};

apus_deflater *apus_deflater_new(void) {
  apus_deflater *s = calloc(1, sizeof *s);
  if (s == NULL) return NULL;
  isal_deflate_init(&s->stream);
  s->stream.gzip_flag = IGZIP_GZIP;
  s->stream.level = 1;
  s->stream.level_buf = s->level_buffer;
  s->stream.level_buf_size = sizeof s->level_buffer;
  return s;
}

void apus_deflater_free(apus_deflater *s) { free(s); }

int apus_deflater_run(
    apus_deflater *s, const uint8_t *input, size_t *input_size, uint8_t *output, size_t *output_size, int finish) {
  s->stream.next_in = (uint8_t *)input;
  s->stream.avail_in = (uint32_t)*input_size;
  s->stream.next_out = output;
  s->stream.avail_out = (uint32_t)*output_size;
  s->stream.end_of_stream = finish ? 1 : 0;
  s->stream.flush = NO_FLUSH;
  if (isal_deflate(&s->stream) != COMP_OK) return -1;
  *input_size -= s->stream.avail_in;
  *output_size -= s->stream.avail_out;
  return s->stream.internal_state.state == ZSTATE_END ? 1 : 0;
}

// --- tar -----------------------------------------------------------------------------------------------------------

static locale_t utf8_locale(void) {
  static locale_t locale;
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  if (locale == NULL) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
  pthread_mutex_unlock(&lock);
  return locale;
}

struct archive *apus_archive_read_tar(void *context, archive_read_callback *read) {
  struct archive *a = archive_read_new();
  if (a == NULL) return NULL;
  archive_read_support_format_tar(a);
  archive_read_support_format_empty(a);
  locale_t previous = uselocale(utf8_locale());
  int result = archive_read_open(a, context, NULL, read, NULL);
  uselocale(previous);
  (void)result;  // a failure shows again, with its text, at the first header
  return a;
}

int apus_archive_next(struct archive *a, struct archive_entry **entry) {
  locale_t previous = uselocale(utf8_locale());
  int result = archive_read_next_header(a, entry);
  uselocale(previous);
  return result;
}

struct archive *apus_archive_write_tar(void *context, archive_write_callback *write) {
  struct archive *a = archive_write_new();
  if (a == NULL) return NULL;
  locale_t previous = uselocale(utf8_locale());
  archive_write_set_format_pax_restricted(a);
  archive_write_set_options(a, "xattrheader=SCHILY");
  archive_write_set_bytes_per_block(a, 256 * 1024);
  archive_write_set_bytes_in_last_block(a, 1);
  int result = archive_write_open(a, context, NULL, write, NULL);
  uselocale(previous);
  if (result != ARCHIVE_OK) {
    archive_write_free(a);
    return NULL;
  }
  return a;
}

int apus_archive_write_header(struct archive *a, struct archive_entry *entry) {
  locale_t previous = uselocale(utf8_locale());
  int result = archive_write_header(a, entry);
  uselocale(previous);
  return result;
}

// --- mounts --------------------------------------------------------------------------------------------------------

struct mount_request {
  int directory;
  const char *source, *target, *type, *options;
  unsigned long flags;
  int error;
};

// Runs in a child that shares memory and not the working directory; only async-signal-safe calls.
static int mount_child(void *argument) {
  struct mount_request *r = argument;
  if (fchdir(r->directory) != 0 || mount(r->source, r->target, r->type, r->flags, r->options) != 0) r->error = errno;
  _exit(0);
}

int apus_mount_in_directory(
    int directory, const char *source, const char *target, const char *type, unsigned long flags, const char *options) {
  struct mount_request request = {directory, source, target, type, options, flags, 0};
  size_t size = 64 * 1024;
  char *stack = malloc(size);
  if (stack == NULL) return ENOMEM;
  // CLONE_VFORK: the child has ended before clone returns, so the stack can go.
  pid_t pid = clone(mount_child, stack + size, CLONE_VM | CLONE_VFORK | SIGCHLD, &request);
  if (pid < 0) {
    int error = errno;
    free(stack);
    return error;
  }
  while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {
  }
  free(stack);
  return request.error;
}

int apus_fsopen(const char *type, unsigned flags) { return (int)syscall(SYS_fsopen, type, flags); }
int apus_fsconfig(int fd, unsigned command, const char *key, const void *value, int auxiliary) {
  return (int)syscall(SYS_fsconfig, fd, command, key, value, auxiliary);
}
int apus_fsmount(int fd, unsigned flags, unsigned attributes) {
  return (int)syscall(SYS_fsmount, fd, flags, attributes);
}
int apus_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

int apus_start_writeback(int fd, int64_t offset, int64_t count) {
  return sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE);
}
