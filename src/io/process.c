#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guotu/date.h"
#include "io/batch.h"
#include "io/locate.h"
#include "io/messages.h"
#include "io/temp_dir.h"

enum {
    PIPE_BYTES = 1 << 20,
    POLL_MS = 100,      /* a cancel is noticed within this */
    HELLO_S = 60,       /* a child that says nothing for so long is not ours */
    GRACE_MS = 2000,    /* between the end of its answers and the end of the child */
    FIRST_BYTES = 4096, /* first size of the receive buffer */
};
static const size_t DEFAULT_MEMORY = (size_t)2 << 30;
static const uint64_t DEFAULT_FILE_SIZE = (uint64_t)8 << 30;

struct gt_process {
    gt_ctx *ctx; /* of the opener: frees */
    pid_t pid;   /* 0 once reaped */
    int ask, answer;
    uint8_t *data; /* the frame received last */
    size_t cap;
    uint32_t guards;
    gt_process_limits limits;
    int64_t rows;
    gt_temp_dir temp;
    char *file, *program;
    bool stopping; /* killed by us */
    bool greeted;
};

const char *gt_process_temp_dir(const gt_process *p)
{
    return p->temp.path;
}

uint32_t gt_process_guards(const gt_process *p)
{
    return p->guards;
}

void gt_process_rows(gt_process *p, int64_t rows)
{
    p->rows = rows;
}

/* ---- start ----------------------------------------------------------------------------------- */

/* A copy above the numbers the child will use, so that dup2 cannot hit one of them. */
static int lift(int fd)
{
    enum { ABOVE = 10 };
    const int up = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
    (void)close(fd);
    return up;
}

typedef struct channels {
    int ask, answer;             /* ours */
    int child_ask, child_answer; /* the child's */
} channels;

static void close_all(const channels *c)
{
    const int fds[] = {c->ask, c->answer, c->child_ask, c->child_answer};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
}

static gt_status open_channels(gt_ctx *ctx, channels *c)
{
    int pair[2] = {-1, -1}, tube[2] = {-1, -1};
    *c = (channels){-1, -1, -1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return gt_fail_errno(ctx, errno, "socketpair", NULL);
    }
    c->ask = pair[0];
    c->child_ask = lift(pair[1]);
    if (pipe2(tube, O_CLOEXEC) == 0) {
        c->answer = tube[0];
        c->child_answer = lift(tube[1]);
    }
    if (c->child_ask < 0 || c->answer < 0 || c->child_answer < 0 ||
        fcntl(c->answer, F_SETFL, O_NONBLOCK) != 0) {
        gt_status st = gt_fail_errno(ctx, errno, "pipe", NULL);
        close_all(c);
        return st;
    }
    (void)fcntl(c->answer, F_SETPIPE_SZ, PIPE_BYTES); /* smaller works too, only slower */
    return GT_OK;
}

static int child_files(posix_spawn_file_actions_t *acts, const channels *c)
{
    int e = posix_spawn_file_actions_init(acts);
    for (int fd = 0; fd <= 1 && e == 0; fd++) {
        e = posix_spawn_file_actions_addopen(acts, fd, "/dev/null", O_RDWR, 0);
    }
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__) /* a sanitizer's report is worth seeing */
    e = e != 0 ? e : posix_spawn_file_actions_addopen(acts, 2, "/dev/null", O_RDWR, 0);
#endif
    e = e != 0 ? e : posix_spawn_file_actions_adddup2(acts, c->child_ask, 3);
    e = e != 0 ? e : posix_spawn_file_actions_adddup2(acts, c->child_answer, 4);
    return e != 0 ? e : posix_spawn_file_actions_addclosefrom_np(acts, 5);
}

static int child_signals(posix_spawnattr_t *attr)
{
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int e = posix_spawnattr_init(attr);
    e = e != 0 ? e : posix_spawnattr_setsigdefault(attr, &all);
    e = e != 0 ? e : posix_spawnattr_setsigmask(attr, &none);
    return e != 0 ? e
                  : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* Only what the child needs: nothing that makes GDAL load plug-ins, extensions or the network. */
static void child_environment(const char *keep[8])
{
    static const char *const names[] = {
        "LD_LIBRARY_PATH=", "PROJ_DATA=", "PROJ_LIB=", "GDAL_DATA=", "TZ="};
    size_t n = 0;
    keep[n++] = "LC_ALL=C.UTF-8";
    for (char **e = environ; *e != NULL; e++) {
        for (size_t k = 0; k < sizeof names / sizeof names[0] && n < 7; k++) {
            if (strncmp(*e, names[k], strlen(names[k])) == 0) {
                keep[n++] = *e;
            }
        }
    }
    keep[n] = NULL;
}

static gt_status spawn(gt_ctx *ctx, gt_process *p, const channels *c)
{
    char memory[24], cpu[16], size[24];
    (void)snprintf(memory, sizeof memory, "%zu", p->limits.memory);
    (void)snprintf(cpu, sizeof cpu, "%d", p->limits.cpu_s);
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)p->limits.file_size);
    char *argv[] = {(char *)"guotu-io", memory, cpu, size, NULL};
    const char *envp[8];
    child_environment(envp);
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    int e = child_files(&acts, c);
    if (e == 0) {
        e = child_signals(&attr);
        pid_t pid = 0;
        e = e != 0 ? e : posix_spawn(&pid, p->program, &acts, &attr, argv, (char *const *)envp);
        p->pid = e == 0 ? pid : 0;
        (void)posix_spawnattr_destroy(&attr);
    }
    (void)posix_spawn_file_actions_destroy(&acts);
    if (e != 0) {
        char reason[128];
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_IO_START, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("program", p->program),
                               GT_TEXT("reason", strerror_r(e, reason, sizeof reason))));
    }
    return GT_OK;
}

static gt_status other_version(gt_ctx *ctx, const gt_process *p)
{
    return gt_fail(ctx, GT_E_ENV, &GT_MSG_IO_VERSION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("program", p->program)));
}

static gt_status hello(gt_ctx *ctx, gt_process *p)
{
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    size_t len = 0;
    gt_status st = gt_process_receive(ctx, p, &type, &payload, &len);
    if (st != GT_OK) {
        return st;
    }
    gt_wire_in in = {.data = payload, .len = len};
    p->guards = gt_wire_get_u32(&in);
    p->greeted = true;
    if (type != GT_FRAME_HELLO || !gt_wire_done(&in)) {
        return other_version(ctx, p);
    }
    return GT_OK;
}

gt_status gt_process_start(gt_ctx *ctx, const char *file, const gt_process_limits *limits,
                           gt_process **out)
{
    channels c = {-1, -1, -1, -1};
    gt_text program;
    gt_text_init(&program, ctx, 0);
    gt_status st = GT_E_MEMORY;
    gt_process *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        goto done;
    }
    p->ctx = ctx;
    p->ask = p->answer = -1;
    p->limits = *limits;
    p->limits.memory = limits->memory != 0 ? limits->memory : DEFAULT_MEMORY;
    p->limits.cpu_s = limits->cpu_s > 0 ? limits->cpu_s : 3600;
    p->limits.file_size = limits->file_size != 0 ? limits->file_size : DEFAULT_FILE_SIZE;
    p->file = gt_strdup(ctx, file);
    if (p->file == NULL) {
        goto done;
    }
    st = gt_io_locate(ctx, &program);
    if (st == GT_OK) {
        p->program = gt_strdup(ctx, gt_text_cstr(&program));
        st = p->program == NULL ? GT_E_MEMORY : gt_temp_dir_make(ctx, &p->temp);
    }
    if (st == GT_OK) {
        st = open_channels(ctx, &c);
    }
    if (st != GT_OK) {
        goto done;
    }
    p->ask = c.ask;
    p->answer = c.answer;
    st = spawn(ctx, p, &c);
    (void)close(c.child_ask);
    (void)close(c.child_answer);
    if (st == GT_OK) {
        st = hello(ctx, p);
    }
done:
    gt_text_free(&program);
    if (st != GT_OK) {
        gt_process_stop(p);
        return st;
    }
    *out = p;
    return GT_OK;
}

/* ---- end ------------------------------------------------------------------------------------- */

static const char *signal_name(int number, char buffer[32])
{
    const char *name = sigabbrev_np(number);
    (void)snprintf(buffer, 32, "SIG%s", name != NULL ? name : "?");
    return buffer;
}

/* A buffer that grows by doubling fails when half of the memory is in use. */
static bool near_memory_limit(const gt_process *p, const struct rusage *used)
{
    return (size_t)used->ru_maxrss * 1024 > p->limits.memory / 2;
}

static double cpu_seconds(const struct rusage *used)
{
    return (double)used->ru_utime.tv_sec + (double)used->ru_stime.tv_sec +
           1e-6 * (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

/* Reading, the file is to blame; writing, the program is. */
static gt_status crashed(gt_ctx *ctx, const gt_process *p, const char *how)
{
    return gt_fail(ctx, p->limits.writes ? GT_E_ENV : GT_E_INPUT,
                   p->limits.writes ? &GT_MSG_IO_WRITER_DIED : &GT_MSG_IO_DIED,
                   GT_PLACE(.file = p->file),
                   GT_ARGS(GT_TEXT("signal", how), GT_INT("rows", p->rows)));
}

static gt_status explain_signal(gt_ctx *ctx, gt_process *p, int sig, const struct rusage *used)
{
    char name[32];
    const size_t mib = p->limits.memory >> 20;
    const bool crash = sig == SIGSEGV || sig == SIGABRT || sig == SIGBUS || sig == SIGFPE ||
                       sig == SIGILL || sig == SIGSYS;
    if (sig == SIGXCPU || (sig == SIGKILL && cpu_seconds(used) > p->limits.cpu_s - 0.5)) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_IO_TIME, GT_PLACE(.file = p->file),
                       GT_ARGS(GT_INT("limit", p->limits.cpu_s)));
    }
    if (sig == SIGXFSZ) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_IO_SPACE, GT_PLACE(.file = p->file),
                       GT_ARGS(GT_INT("limit", p->limits.file_size >> 20)));
    }
    if (crash && near_memory_limit(p, used)) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_IO_MEMORY, GT_PLACE(.file = p->file),
                       GT_ARGS(GT_INT("limit", mib)));
    }
    if (crash) {
        return crashed(ctx, p, signal_name(sig, name));
    }
    return gt_fail(ctx, GT_E_ENV, &GT_MSG_IO_KILLED, GT_PLACE(.file = p->file),
                   GT_ARGS(GT_TEXT("signal", signal_name(sig, name))));
}

static void nap_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Waits for the child, which gets a little time to end by itself when grace_ms > 0. */
static int reap(gt_process *p, int grace_ms, struct rusage *used)
{
    int status = 0;
    pid_t got = 0;
    for (int waited = 0; waited < grace_ms && got == 0; waited += 2) {
        got = wait4(p->pid, &status, WNOHANG, used);
        if (got == 0) {
            nap_ms(2);
        }
    }
    if (got == 0) {
        (void)kill(p->pid, SIGKILL);
        p->stopping = true;
        do {
            got = wait4(p->pid, &status, 0, used);
        } while (got < 0 && errno == EINTR);
    }
    p->pid = 0;
    return status;
}

/* The answers ended too early: says why, by how the child ended. */
static gt_status explain_end(gt_ctx *ctx, gt_process *p)
{
    struct rusage used;
    memset(&used, 0, sizeof used);
    if (p->pid == 0) {
        return gt_io_nonsense(ctx, "no end");
    }
    const int status = reap(p, GRACE_MS, &used);
    if (WIFSIGNALED(status) && !p->stopping) {
        return explain_signal(ctx, p, WTERMSIG(status), &used);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        char code[32];
        (void)snprintf(code, sizeof code, "exit %d", WEXITSTATUS(status));
        return crashed(ctx, p, code);
    }
    return gt_io_nonsense(ctx, "no end");
}

void gt_process_stop(gt_process *p)
{
    if (p == NULL) {
        return;
    }
    gt_ctx *ctx = p->ctx;
    if (p->ask >= 0) {
        (void)close(p->ask);
    }
    if (p->answer >= 0) {
        (void)close(p->answer);
    }
    if (p->pid > 0) {
        struct rusage used;
        (void)reap(p, 0, &used);
    }
    gt_temp_dir_remove(ctx, &p->temp);
    gt_free(ctx, p->program);
    gt_free(ctx, p->file);
    gt_free(ctx, p->data);
    gt_free(ctx, p);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Fills data[0, n); *eof when the child closed before. deadline: gt_clock seconds, 0 = none. */
static gt_status read_exact(gt_ctx *ctx, gt_process *p, uint8_t *data, size_t n, double deadline,
                            bool *eof)
{
    size_t at = 0;
    while (at < n) {
        const ssize_t got = read(p->answer, data + at, n - at);
        if (got > 0) {
            at += (size_t)got;
            continue;
        }
        if (got == 0) {
            *eof = true;
            return GT_OK;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return gt_fail_errno(ctx, errno, "read", NULL);
        }
        gt_status st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
        if (deadline != 0 && gt_clock() > deadline) {
            return gt_io_nonsense(ctx, "no greeting");
        }
        struct pollfd ready = {.fd = p->answer, .events = POLLIN};
        (void)poll(&ready, 1, POLL_MS);
    }
    return GT_OK;
}

/* The payload, in a buffer that grows as bytes really arrive. */
static gt_status read_payload(gt_ctx *ctx, gt_process *p, size_t len, bool *eof)
{
    size_t at = 0;
    gt_status st = GT_OK;
    while (at < len && st == GT_OK && !*eof) {
        const size_t step = p->cap > at ? p->cap - at : FIRST_BYTES + at;
        const size_t want = len - at < step ? len - at : step;
        if (at + want > p->cap) {
            void *fresh = gt_realloc(ctx, p->data, at + want, 1);
            if (fresh == NULL) {
                return GT_E_MEMORY;
            }
            p->data = fresh;
            p->cap = at + want;
        }
        st = read_exact(ctx, p, p->data + at, want, 0, eof);
        at += want;
    }
    return st;
}

static gt_status take_error(gt_ctx *ctx, gt_process *p, size_t len)
{
    gt_wire_in in = {.data = p->data, .len = len};
    gt_remark r;
    if (!gt_remark_get(&in, &r) || !gt_wire_done(&in)) {
        return gt_io_nonsense(ctx, "error record");
    }
    r.place.file = p->file;
    return gt_fail(ctx, r.status, r.message, &r.place, r.args);
}

gt_status gt_process_receive(gt_ctx *ctx, gt_process *p, gt_frame *type, uint8_t **payload,
                             size_t *len)
{
    uint8_t head[GT_WIRE_HEAD];
    bool eof = false;
    const double deadline = p->greeted ? 0 : gt_clock() + HELLO_S;
    gt_status st = gt_check_cancel(ctx);
    if (st == GT_OK) {
        st = read_exact(ctx, p, head, sizeof head, deadline, &eof);
    }
    if (st != GT_OK || eof) {
        return st != GT_OK ? st : explain_end(ctx, p);
    }
    gt_wire_in in = {.data = head, .len = sizeof head};
    const uint32_t magic = gt_wire_get_u32(&in);
    const uint16_t version = gt_wire_get_u16(&in), kind = gt_wire_get_u16(&in);
    const uint64_t n = gt_wire_get_u64(&in);
    if (magic == GT_WIRE_MAGIC && version != GT_WIRE_VERSION && !p->greeted) {
        return other_version(ctx, p);
    }
    if (magic != GT_WIRE_MAGIC || version != GT_WIRE_VERSION || kind < GT_FRAME_HELLO ||
        kind > GT_FRAME_DONE || n > GT_WIRE_MAX) {
        return gt_io_nonsense(ctx, "frame head");
    }
    st = read_payload(ctx, p, (size_t)n, &eof);
    if (st != GT_OK || eof) {
        return st != GT_OK ? st : explain_end(ctx, p);
    }
    if (kind == GT_FRAME_ERROR) {
        return take_error(ctx, p, (size_t)n);
    }
    *type = (gt_frame)kind;
    *payload = p->data;
    *len = (size_t)n;
    return GT_OK;
}

static gt_status send_bytes(gt_ctx *ctx, gt_process *p, const uint8_t *data, size_t n, bool *gone)
{
    size_t at = 0;
    while (at < n) {
        const ssize_t sent = send(p->ask, data + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            at += (size_t)sent;
            continue;
        }
        if (errno == EPIPE || errno == ECONNRESET) {
            *gone = true;
            return GT_OK;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return gt_fail_errno(ctx, errno, "send", NULL);
        }
        gt_status st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
        struct pollfd ready = {.fd = p->ask, .events = POLLOUT};
        (void)poll(&ready, 1, POLL_MS);
    }
    return GT_OK;
}

/* The child has gone while we were sending: its last frames say why. */
static gt_status last_words(gt_ctx *ctx, gt_process *p)
{
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    size_t len = 0;
    gt_status st = GT_OK;
    while (st == GT_OK) {
        st = gt_process_receive(ctx, p, &type, &payload, &len);
    }
    return st;
}

gt_status gt_process_send(gt_ctx *ctx, gt_process *p, gt_frame type, const gt_wire *payload)
{
    uint8_t head[GT_WIRE_HEAD];
    bool gone = false;
    gt_status st = payload == NULL ? GT_OK : gt_wire_status(payload);
    const size_t len = payload == NULL ? 0 : payload->len;
    gt_wire_head(head, type, len);
    if (st == GT_OK) {
        st = send_bytes(ctx, p, head, sizeof head, &gone);
    }
    if (st == GT_OK && !gone && len > 0) {
        st = send_bytes(ctx, p, payload->data, len, &gone);
    }
    return gone ? last_words(ctx, p) : st;
}
