// What Swift cannot import from the C headers of Linux and glibc: variadic functions, system calls without a
// wrapper, macros with casts, and the few sequences that must run between fork and exec.
#ifndef APUS_CLINUX_H
#define APUS_CLINUX_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Each returns -1 and sets errno, as the system call does.
int apus_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int apus_open(const char *path, int flags, unsigned mode);
int apus_openat(int dirfd, const char *path, int flags, unsigned mode);
int apus_pidfd_open(pid_t pid, unsigned flags);
int apus_pidfd_send_signal(int pidfd, int signal);
int apus_waitid_pidfd(int pidfd, int options, int *code, int *status);
int apus_setns(int fd, int kind);
int apus_unshare(int flags);
int apus_fcntl(int fd, int command, long argument);
int apus_set_window_size(int fd, uint16_t rows, uint16_t columns);
pid_t apus_gettid(void);
int apus_pipe(int *read_end, int *write_end, int flags);
int apus_syncfs(int fd);
void apus_raise_malloc_thresholds(size_t size);

/// What a child does between its birth and exec. All pointers live in the caller's memory while the child borrows it.
struct apus_spawn {
  const char *path;             // program to execute
  char *const *argv;
  char *const *envp;
  const char *cwd;              // or NULL
  const int *descriptors;       // descriptors[i] becomes i in the child; -1 means /dev/null
  int descriptor_count;
  int new_session;              // setsid
  int parent_death_signal;      // or 0
  int hide_unified_cgroup;      // a private mount namespace without /sys/fs/cgroup/unified
  int join_mount_namespace;     // descriptor or -1
};
/// Starts a child in a new process (vfork semantics; the calling thread waits until exec). Returns the pid and a pidfd,
/// or -1 with errno of what failed in the child; `*stage` then tells which step (see apus_spawn_stage_name).
pid_t apus_spawn(const struct apus_spawn *request, int *pidfd, int *stage);
const char *apus_spawn_stage_name(int stage);

/// Starts a detached thread with signals blocked. `body` is called once with `context`.
int apus_thread_start(void (*body)(void *), void *context, const char *name, size_t stack_size);

/// Sends and receives one byte with descriptors attached (SCM_RIGHTS).
int apus_send_descriptors(int socket, const void *data, size_t size, const int *descriptors, int count);
long apus_receive_descriptors(int socket, void *data, size_t size, int *descriptors, int *count);

// Macros that Swift does not see.
static inline unsigned apus_major(uint64_t device) { return gnu_dev_major(device); }
static inline unsigned apus_minor(uint64_t device) { return gnu_dev_minor(device); }
static inline uint64_t apus_makedev(unsigned major, unsigned minor) { return gnu_dev_makedev(major, minor); }
static inline int apus_is_directory(unsigned mode) { return S_ISDIR(mode); }
static inline int apus_is_regular(unsigned mode) { return S_ISREG(mode); }
static inline int apus_is_link(unsigned mode) { return S_ISLNK(mode); }
static inline int apus_wifexited(int s) { return WIFEXITED(s); }
static inline int apus_wexitstatus(int s) { return WEXITSTATUS(s); }
static inline int apus_wtermsig(int s) { return WTERMSIG(s); }

#endif
