#include "guard.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/staging.h"
#include "io/wire.h"

static bool limit(int what, size_t value)
{
    const struct rlimit l = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

uint32_t io_guard_limits(size_t memory, unsigned cpu_s, size_t file_size)
{
    uint32_t bits = 0;
    /* the soft CPU limit sends SIGXCPU, which the parent can tell from a kill; the hard one follows
     */
    const struct rlimit cpu = {.rlim_cur = cpu_s, .rlim_max = cpu_s + 2UL};
    bool ok = setrlimit(RLIMIT_CPU, &cpu) == 0;
    ok = limit(RLIMIT_CORE, 0) && ok;
    ok = limit(RLIMIT_FSIZE, file_size) && ok;
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__) /* their shadows count as data */
    ok = limit(RLIMIT_DATA, memory) && ok;
#else
    (void)memory;
#endif
    bits |= ok ? GT_GUARD_LIMITS : 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        bits |= GT_GUARD_NO_PRIVS;
    }
    (void)signal(SIGINT, SIG_IGN); /* Ctrl-C is the parent's affair: it stops us */
    return bits;
}

static void *watch_parent(void *user)
{
    io_watch *w = user;
    struct pollfd p = {.fd = w->fd, .events = 0}; /* hang-up is always told */
    for (;;) {
        if (poll(&p, 1, -1) <= 0 || (p.revents & (POLLHUP | POLLERR)) == 0) {
            continue;
        }
        const size_t n = atomic_load(&w->n_own);
        for (size_t i = 0; i < n; i++) {
            gt_io_remove_tree(w->own[i]);
        }
        _exit(0);
    }
    return NULL;
}

void io_guard_orphan(io_watch *watch)
{
    enum { STACK = 256 * 1024 };
    pthread_t thread;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) == 0) {
        (void)pthread_attr_setstacksize(&attr, STACK);
        (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        (void)pthread_create(&thread, &attr, watch_parent, watch);
        (void)pthread_attr_destroy(&attr);
    }
}

#if defined(__x86_64__)
#define IO_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define IO_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef IO_ARCH
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define GIVE(what)   BPF_STMT(BPF_RET | BPF_K, (what))
/* Skips `no` rules unless the loaded word is `value`. */
#define UNLESS(value, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (no))
#define ARGUMENT(i)       (offsetof(struct seccomp_data, args) + 8 * (i))
#define REFUSE            (SECCOMP_RET_ERRNO | EPERM)
/* Refused with EPERM rather than death: a driver that tries the network then reports its failure.
 */
#define DENY(call) UNLESS(call, 1), GIVE(REFUSE)

uint32_t io_guard_calls(void)
{
    const struct sock_filter rules[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IO_ARCH, 1, 0),
        GIVE(SECCOMP_RET_KILL_PROCESS),
        LOAD(offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__) /* the x32 calls of the same kernel */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        GIVE(SECCOMP_RET_KILL_PROCESS),
        DENY(SYS_fork),
        DENY(SYS_vfork),
#endif
        DENY(SYS_socket),
        DENY(SYS_connect),
        DENY(SYS_bind),
        DENY(SYS_listen),
        DENY(SYS_accept),
        DENY(SYS_accept4),
        DENY(SYS_execve),
        DENY(SYS_execveat),
        DENY(SYS_ptrace),
        DENY(SYS_process_vm_readv),
        DENY(SYS_process_vm_writev),
        DENY(SYS_kill),
        DENY(SYS_tkill),
        DENY(SYS_mount),
        DENY(SYS_umount2),
        DENY(SYS_pivot_root),
        DENY(SYS_chroot),
        DENY(SYS_unshare),
        DENY(SYS_setns),
        DENY(SYS_bpf),
        DENY(SYS_perf_event_open),
        DENY(SYS_io_uring_setup),
        DENY(SYS_keyctl),
        DENY(SYS_add_key),
        DENY(SYS_request_key),
        DENY(SYS_userfaultfd),
        DENY(SYS_open_by_handle_at),
        DENY(SYS_pidfd_open),
        DENY(SYS_pidfd_getfd),
        DENY(SYS_init_module),
        DENY(SYS_finit_module),
        DENY(SYS_delete_module),
        DENY(SYS_kexec_load),
        DENY(SYS_reboot),
        DENY(SYS_swapon),
        DENY(SYS_swapoff),
        DENY(SYS_setrlimit),
        /* clone3 hides its flags in memory: "not there" makes libc use clone */
        UNLESS(SYS_clone3, 1),
        GIVE(SECCOMP_RET_ERRNO | ENOSYS),
        /* threads yes, processes no */
        UNLESS(SYS_clone, 4),
        LOAD(ARGUMENT(0)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
        GIVE(REFUSE),
        GIVE(SECCOMP_RET_ALLOW),
        /* a signal to ourselves (abort) yes, to others no */
        UNLESS(SYS_tgkill, 4),
        LOAD(ARGUMENT(0)),
        UNLESS(getpid(), 1),
        GIVE(SECCOMP_RET_ALLOW),
        GIVE(REFUSE),
        /* asking for a limit yes, setting one (third argument not NULL) no */
        UNLESS(SYS_prlimit64, 5),
        LOAD(ARGUMENT(2)),
        UNLESS(0, 2),
        LOAD(ARGUMENT(2) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        GIVE(REFUSE),
        GIVE(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0],
                                 .filter = (struct sock_filter *)(void *)rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? GT_GUARD_SECCOMP : 0;
}
#else
uint32_t io_guard_calls(void)
{
    return 0; /* other machines: the limits and the closed descriptors remain */
}
#endif
