/* guotu-io MEMORY CPU_SECONDS FILE_BYTES: reads or writes one foreign file for guotu, on fds 3
 * and 4. The only program of the project that links GDAL. Not for use by hand. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard.h"
#include "io/messages.h"
#include "raster_reader.h"
#include "reader.h"
#include "writer.h"

#ifdef __SANITIZE_THREAD__
/* GDAL and what it draws in are not instrumented: what is said of them is noise. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "ignore_noninstrumented_modules=1:detect_deadlocks=0:report_signal_unsafe=0";
}
#endif

static gt_status do_task(io_session *s, gt_wire_in *in)
{
    const uint8_t task = gt_wire_get_u8(in);
    gt_read_ask ask;
    switch (task) {
    case GT_TASK_READ:
    case GT_TASK_LIST:
        if (gt_read_ask_get(in, &ask)) {
            io_guard_files(&s->watch, ask.path, (const char *const[]){ask.temp_dir, NULL});
            (void)setenv("TMPDIR", ask.temp_dir, 1);
            return task == GT_TASK_READ ? io_read(s, &ask) : io_dataset_list(s, &ask);
        }
        break;
    case GT_TASK_WRITE:
        return io_write(s, in);
    case GT_TASK_RASTER:
        return io_raster(s, in);
    default:
        break;
    }
    return gt_fail(s->ctx, GT_E_INTERNAL, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("what", "ask")));
}

static gt_status serve(io_session *s, uint32_t guards)
{
    gt_frame type = GT_FRAME_ERROR;
    gt_wire_in in = {0};
    gt_wire_u32(&s->frame, guards);
    gt_status st = io_send(s, GT_FRAME_HELLO);
    if (st == GT_OK) {
        st = io_receive(s, &type, &in);
    }
    if (st == GT_OK && type != GT_FRAME_ASK) {
        st = gt_fail(s->ctx, GT_E_INTERNAL, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("what", "first frame")));
    }
    return st == GT_OK ? do_task(s, &in) : st;
}

int main(int argc, char **argv)
{
    enum { ARGS = 4, BASE = 10 };
    if (argc != ARGS) {
        (void)fputs("guotu-io is run by guotu, not by hand\n", stderr);
        return 2;
    }
    const size_t memory = strtoull(argv[1], NULL, BASE);
    const unsigned cpu = (unsigned)strtoul(argv[2], NULL, BASE);
    const size_t file = strtoull(argv[3], NULL, BASE);
    uint32_t guards = io_guard_limits(memory, cpu, file);
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 1;
    io_session s = {.memory_limit = memory, .file_limit = file};
    s.ctx = gt_ctx_new(&o);
    if (s.ctx == NULL) {
        return 3;
    }
    gt_wire_init(&s.frame, s.ctx);
    io_outbox_open(s.ctx, IO_FD_ANSWER, &s.out);
    s.watch.fd = IO_FD_ASK;
    io_guard_orphan(&s.watch);
    io_gdal_start(&s);
    guards |= io_guard_calls() | io_guard_files_known();
    if (serve(&s, guards) != GT_OK) {
        io_send_error(&s);
    }
    io_outbox_close(&s.out);
    gt_wire_free(&s.frame);
    gt_free(s.ctx, s.asked);
    gt_ctx_free(s.ctx);
    (void)fflush(NULL);
    _exit(0); /* no atexit work of a hundred libraries */
}
