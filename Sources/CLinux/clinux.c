// Only here and not in the header: Swift imports glibc without it, and both views of a type must agree.
#define _GNU_SOURCE 1
#include "clinux.h"

#include <stdio.h>

int apus_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}
int apus_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
int apus_openat(int dirfd, const char *path, int flags, unsigned mode) { return openat(dirfd, path, flags, mode); }
int apus_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
int apus_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
int apus_waitid_pidfd(int pidfd, int options, int *code, int *status) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int result = waitid(P_PIDFD, (id_t)pidfd, &info, options);
  if (result == 0) {
    *code = info.si_pid == 0 ? 0 : info.si_code;
    *status = info.si_status;
  }
  return result;
}
int apus_setns(int fd, int kind) { return setns(fd, kind); }
int apus_unshare(int flags) { return unshare(flags); }
int apus_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }
int apus_set_window_size(int fd, uint16_t rows, uint16_t columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(fd, TIOCSWINSZ, &size);
}
pid_t apus_gettid(void) { return (pid_t)syscall(SYS_gettid); }

int apus_pipe(int *read_end, int *write_end, int flags) {
  int ends[2];
  if (pipe2(ends, flags) < 0) return -1;
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}
int apus_syncfs(int fd) { return syncfs(fd); }
void apus_raise_malloc_thresholds(size_t size) {
  // The compiler may do without a block that nobody looks at.
  volatile char *block = malloc(size);
  if (block) *block = 0;
  free((void *)block);
}

// --- spawn ---------------------------------------------------------------------------------------------------------

enum { STAGE_FORK, STAGE_SESSION, STAGE_NAMESPACE, STAGE_CGROUP, STAGE_DESCRIPTORS, STAGE_CWD, STAGE_EXEC };

const char *apus_spawn_stage_name(int stage) {
  static const char *const names[] = {"clone",       "setsid", "join mount namespace", "hide the unified cgroup tree",
                                      "descriptors", "chdir",  "exec"};
  return stage >= 0 && stage <= STAGE_EXEC ? names[stage] : "unknown";
}

struct shared {
  const struct apus_spawn *request;
  int stage;
  int error;
};

// Runs in the child on the parent's memory (CLONE_VM|CLONE_VFORK): only async-signal-safe calls, no allocation.
static int child(struct shared *s) {
  const struct apus_spawn *r = s->request;
#define STEP(name, condition) \
  do { \
    s->stage = name; \
    if (condition) { \
      s->error = errno; \
      _exit(127); \
    } \
  } while (0)
  if (r->parent_death_signal) prctl(PR_SET_PDEATHSIG, r->parent_death_signal);
  if (r->new_session) STEP(STAGE_SESSION, setsid() < 0);
  if (r->join_mount_namespace >= 0) STEP(STAGE_NAMESPACE, setns(r->join_mount_namespace, CLONE_NEWNS) < 0);
  if (r->hide_unified_cgroup) {
    // Slave propagation: what the parent unmounts later goes away here too, nothing flows back.
    STEP(STAGE_CGROUP, unshare(CLONE_NEWNS) < 0);
    STEP(STAGE_CGROUP, mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0);
    STEP(STAGE_CGROUP, umount2("/sys/fs/cgroup/unified", MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT);
  }
  // Two passes, so that a target number never overwrites a source that is still needed.
  int high = r->descriptor_count + 64, moved[64];
  for (int i = 0; i < r->descriptor_count && i < 64; i++) {
    int source = r->descriptors[i];
    if (source == -1) {
      source = open("/dev/null", O_RDWR | O_CLOEXEC);
      STEP(STAGE_DESCRIPTORS, source < 0);
    }
    moved[i] = fcntl(source, F_DUPFD_CLOEXEC, high);
    STEP(STAGE_DESCRIPTORS, moved[i] < 0);
  }
  for (int i = 0; i < r->descriptor_count && i < 64; i++) STEP(STAGE_DESCRIPTORS, dup2(moved[i], i) < 0);
  // A leaked descriptor is a way out of a container (CVE-2024-21626): all but the named ones close at exec.
  if (syscall(SYS_close_range, (unsigned)r->descriptor_count, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) {
    for (int fd = r->descriptor_count; fd < 20000; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  if (r->cwd) STEP(STAGE_CWD, chdir(r->cwd) < 0);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 65; signal++)
    if (signal != SIGKILL && signal != SIGSTOP) sigaction(signal, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  s->stage = STAGE_EXEC;
  execve(r->path, r->argv, r->envp);
  s->error = errno;
  _exit(127);
}

struct clone_arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static int child_entry(void *p) { return child(p); }

pid_t apus_spawn(const struct apus_spawn *request, int *pidfd, int *stage) {
  struct shared shared = {.request = request, .stage = STAGE_FORK, .error = 0};
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  const size_t size = 128 * 1024;
  char *stack = malloc(size);
  if (!stack) {
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    *stage = STAGE_FORK;
    errno = ENOMEM;
    return -1;
  }
  // CLONE_VFORK holds this thread until exec, so the child may use our memory and `shared` tells how far it came.
  pid_t pid = clone(child_entry, (char *)(((uintptr_t)stack + size) & ~(uintptr_t)15),
                    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &shared, pidfd);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  free(stack);
  *stage = shared.stage;
  if (pid < 0) {
    errno = error;
    return -1;
  }
  if (shared.error) {
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(*pidfd);
    errno = shared.error;
    return -1;
  }
  return pid;
}

// --- threads -------------------------------------------------------------------------------------------------------

struct start {
  void (*body)(void *);
  void *context;
  char name[16];
};

static void *run(void *p) {
  struct start start = *(struct start *)p;
  free(p);
  pthread_setname_np(pthread_self(), start.name);
  start.body(start.context);
  return NULL;
}

int apus_thread_start(void (*body)(void *), void *context, const char *name, size_t stack_size) {
  struct start *start = calloc(1, sizeof *start);
  if (!start) return ENOMEM;
  start->body = body;
  start->context = context;
  strncpy(start->name, name, sizeof start->name - 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size) pthread_attr_setstacksize(&attributes, stack_size);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, run, start);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  if (error) free(start);
  return error;
}

// --- descriptors over a socket -------------------------------------------------------------------------------------

int apus_send_descriptors(int socket, const void *data, size_t size, const int *descriptors, int count) {
  struct iovec part = {.iov_base = (void *)data, .iov_len = size};
  char control[CMSG_SPACE(sizeof(int) * 64)];
  memset(control, 0, sizeof control);
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 64) {
    errno = EINVAL;
    return -1;
  }
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
  }
  return (int)sendmsg(socket, &message, MSG_NOSIGNAL);
}

long apus_receive_descriptors(int socket, void *data, size_t size, int *descriptors, int *count) {
  struct iovec part = {.iov_base = data, .iov_len = size};
  char control[CMSG_SPACE(sizeof(int) * 64)];
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int room = *count;
  *count = 0;
  long received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
    if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS) continue;
    int n = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    const int *passed = (const int *)CMSG_DATA(h);
    for (int i = 0; i < n; i++) {
      if (*count < room)
        descriptors[(*count)++] = passed[i];
      else
        close(passed[i]);
    }
  }
  return received;
}
