#include "session.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <errno.h>
#include <gdal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guotu/text.h"
#include "io/messages.h"

/* ---- frames ---------------------------------------------------------------------------------- */

static bool read_all(int fd, uint8_t *data, size_t n)
{
    while (n > 0) {
        const ssize_t got = read(fd, data, n);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        if (got > 0) {
            data += got;
            n -= (size_t)got;
        }
    }
    return true;
}

gt_status io_send(io_session *s, gt_frame type)
{
    gt_status st = gt_wire_status(&s->frame);
    if (st == GT_OK && !io_outbox_put(&s->out, type, &s->frame)) {
        st = gt_fail_errno(s->ctx, s->out.failed, "write", NULL);
    }
    gt_wire_clear(&s->frame);
    return st;
}

void io_send_error(io_session *s)
{
    gt_wire_clear(&s->frame);
    gt_remark_put_error(&s->frame, s->ctx);
    if (io_send(s, GT_FRAME_ERROR) != GT_OK || !io_outbox_drain(&s->out)) {
        _exit(3); /* nobody to tell */
    }
}

gt_status io_receive(io_session *s, gt_frame *type, gt_wire_in *payload)
{
    uint8_t head[GT_WIRE_HEAD];
    if (!read_all(IO_FD_ASK, head, sizeof head)) {
        return gt_fail(s->ctx, GT_E_CANCELLED, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "no ask")));
    }
    gt_wire_in in = {.data = head, .len = sizeof head};
    const uint32_t magic = gt_wire_get_u32(&in);
    const uint16_t version = gt_wire_get_u16(&in), kind = gt_wire_get_u16(&in);
    const uint64_t n = gt_wire_get_u64(&in);
    if (magic != GT_WIRE_MAGIC || version != GT_WIRE_VERSION || n > GT_WIRE_MAX) {
        return gt_fail(s->ctx, GT_E_INTERNAL, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "ask")));
    }
    void *block = s->asked;
    gt_status st = gt_grow(s->ctx, &block, &s->asked_cap, (size_t)n, 1);
    s->asked = block;
    if (st == GT_OK && !read_all(IO_FD_ASK, s->asked, (size_t)n)) {
        st = gt_fail(s->ctx, GT_E_CANCELLED, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("what", "ask cut short")));
    }
    *type = (gt_frame)kind;
    *payload = (gt_wire_in){.data = s->asked, .len = (size_t)n};
    return st;
}

/* ---- GDAL ------------------------------------------------------------------------------------ */

/* Copies GDAL's words: one line, well-formed UTF-8. */
static void keep_words(char to[IO_REASON_BYTES], const char *words)
{
    size_t n = 0;
    for (const char *p = words; *p != '\0' && n < IO_REASON_BYTES - 1; p++) {
        to[n++] = *p == '\n' || *p == '\r' || *p == '\t' ? ' ' : *p;
    }
    to[n] = '\0';
    size_t bad = 0;
    while (!gt_utf8_valid(to, strlen(to), &bad)) {
        to[bad] = strlen(to + bad) < 4 && n == IO_REASON_BYTES - 1 ? '\0' : '?';
    }
}

static void on_complaint(CPLErr level, CPLErrorNum number, const char *words)
{
    io_session *s = CPLGetErrorHandlerUserData();
    io_log *log = &s->log;
    static const char open_ring[] = "Non closed ring detected";
    if (level == CE_Warning && strncmp(words, open_ring, sizeof open_ring - 1) == 0) {
        return; /* the decoder finds open rings and says where; GDAL may say it at another record */
    }
    if (number == CPLE_OutOfMemory) {
        log->out_of_memory = true;
    }
    if (level == CE_Warning && log->warnings++ == 0) {
        keep_words(log->warning, words);
    }
    if (level >= CE_Failure && log->failures++ == 0) {
        keep_words(log->failure, words);
    }
    if (level == CE_Fatal) { /* GDAL aborts after this: say why first */
        gt_error_clear(s->ctx);
        if (io_out_of_memory(s)) {
            (void)gt_fail(s->ctx, GT_E_LIMIT, &GT_MSG_IO_MEMORY, GT_NOWHERE,
                          GT_ARGS(GT_INT("limit", s->memory_limit >> 20)));
        } else {
            (void)gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_READ, GT_NOWHERE,
                          GT_ARGS(GT_TEXT("reason", log->failure)));
        }
        io_send_error(s);
        _exit(3);
    }
}

void io_log_reset(io_session *s)
{
    if (s->log.failures != 0 || s->log.warnings != 0) {
        memset(&s->log, 0, sizeof s->log);
    }
}

bool io_out_of_memory(const io_session *s)
{
    struct rusage used;
    /* a buffer that grows by doubling fails when half of the memory is in use */
    const bool near =
        getrusage(RUSAGE_SELF, &used) == 0 && (size_t)used.ru_maxrss * 1024 > s->memory_limit / 2;
    return s->log.out_of_memory || (s->log.failures > 0 && near);
}

const char *io_log_reason(const io_session *s)
{
    return s->log.failures != 0 ? s->log.failure : s->log.warning;
}

void io_gdal_start(io_session *s)
{
    static const char *const settings[][2] = {
        {"GDAL_DRIVER_PATH", "disable"},
        {"PROJ_NETWORK", "OFF"},
        {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "{noext-none}"},
        {"GDAL_HTTP_TIMEOUT", "1"},
        {"GML_SKIP_RESOLVE_ELEMS", "ALL"},
        {"GML_DOWNLOAD_SCHEMA", "NO"},
        {"OGR_SQLITE_LOAD_EXTENSIONS", NULL},
        {"OGR_SQLITE_LIST_VIRTUAL_OGR", "NO"},
        {"OGR_GEOJSON_MAX_OBJ_SIZE", "512"},
        {"OGR_GPKG_FOREIGN_KEY_CHECK", "NO"},
        {"GDAL_DISABLE_READDIR_ON_OPEN", NULL},
    };
    CPLPushErrorHandlerEx(on_complaint, s);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        CPLSetConfigOption(settings[i][0], settings[i][1]);
    }
    GDALAllRegister();
    io_log_reset(s);
}
