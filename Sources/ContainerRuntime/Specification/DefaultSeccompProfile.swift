import OCI

/// Which system calls a container may make by default: Docker's policy. Everything is refused with EPERM unless it is
/// named here, or one of the container's capabilities brings it.
enum DefaultSeccompProfile {
  /// The profile as data, in the form in which users write their own.
  static let profile = SeccompProfile(
    defaultAction: "SCMP_ACT_ERRNO", defaultErrno: 1, architectures: nil,
    rules: [rule(always)] + conditional)

  private static func rule(
    _ names: String, _ arguments: [RuntimeSeccomp.Argument] = [], action: String = "SCMP_ACT_ALLOW",
    errno: UInt32? = nil, includes: SeccompProfile.Condition = .init(), excludes: SeccompProfile.Condition = .init()
  ) -> SeccompProfile.Rule {
    SeccompProfile.Rule(
      names: names.split(whereSeparator: \.isWhitespace).map(String.init), action: action, errno: errno,
      arguments: arguments, includes: includes, excludes: excludes)
  }

  private static func capability(_ name: String, _ calls: String) -> SeccompProfile.Rule {
    rule(calls, includes: .init(capabilities: [name]))
  }

  private static func argument(
    _ index: UInt32, _ comparison: String, _ value: UInt64, _ second: UInt64 = 0
  ) -> RuntimeSeccomp.Argument {
    RuntimeSeccomp.Argument(index: index, value: value, valueTwo: second, comparison: "SCMP_CMP_" + comparison)
  }

  /// Flags of clone(2) that make namespaces, CLONE_NEWNS to CLONE_NEWNET and CLONE_NEWCGROUP.
  private static let namespaceFlags: UInt64 = 0x7E02_0000

  private static let conditional: [SeccompProfile.Rule] =
    [
      // Since 4.8 a tracer cannot step past a filter.
      rule("process_vm_readv process_vm_writev ptrace", includes: .init(minimumKernel: .init(4, 8))),
      // Sockets of every family but AF_ALG (38) and AF_VSOCK (40), which reach past the container.
      rule("socket", [argument(0, "LT", 38)]),
      rule("socket", [argument(0, "EQ", 39)]),
      rule("socket", [argument(0, "GT", 40)]),
    ]
    + [0, 8, 0x20000, 0x20008, 0xFFFF_FFFF].map { rule("personality", [argument(0, "EQ", $0)]) }
    + [
      rule("sync_file_range2 swapcontext", includes: .init(architectures: ["ppc64le"])),
      rule(
        "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
        includes: .init(architectures: ["arm", "arm64"])),
      rule("arch_prctl", includes: .init(architectures: ["amd64", "x32"])),
      rule("modify_ldt", includes: .init(architectures: ["amd64", "x32", "x86"])),
      rule(
        "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
        includes: .init(architectures: ["s390", "s390x"])),
      rule("riscv_flush_icache", includes: .init(architectures: ["riscv64"])),
      capability("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
      capability(
        "CAP_SYS_ADMIN",
        """
        bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
        quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
        """),
      // Without it, clone may not make namespaces; the flags are its first argument, or its second on s390.
      rule(
        "clone", [argument(0, "MASKED_EQ", namespaceFlags)],
        excludes: .init(capabilities: ["CAP_SYS_ADMIN"], architectures: ["s390", "s390x"])),
      rule(
        "clone", [argument(1, "MASKED_EQ", namespaceFlags)], includes: .init(architectures: ["s390", "s390x"]),
        excludes: .init(capabilities: ["CAP_SYS_ADMIN"])),
      // A filter cannot see clone3's flags: "not implemented" makes libraries use clone.
      rule(
        "clone3", action: "SCMP_ACT_ERRNO", errno: 38, excludes: .init(capabilities: ["CAP_SYS_ADMIN"])),
      capability("CAP_SYS_BOOT", "reboot"),
      capability("CAP_SYS_CHROOT", "chroot"),
      capability("CAP_SYS_MODULE", "delete_module init_module finit_module"),
      capability("CAP_SYS_PACCT", "acct"),
      capability(
        "CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
      capability("CAP_SYS_RAWIO", "iopl ioperm"),
      capability("CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"),
      capability("CAP_SYS_TTY_CONFIG", "vhangup"),
      capability("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
      capability("CAP_SYSLOG", "syslog"),
      capability("CAP_BPF", "bpf"),
      capability("CAP_PERFMON", "perf_event_open"),
    ]

  private static let always = """
    accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime
    clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
    clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create
    epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
    execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir
    fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork
    fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex
    futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64
    getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid
    getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
    get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid getuid32
    getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy
    io_getevents io_pgetevents io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill
    landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat listen
    listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise
    map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2
    mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
    mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall
    munmap name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause pidfd_open
    pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv
    preadv2 prlimit64 process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink
    readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat
    rename renameat renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
    rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
    sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min
    sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
    sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64
    send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
    setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
    setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address
    setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4
    sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink
    symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun
    timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
    timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat
    uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev
    """
}
