#include "outbox.h"

#include <errno.h>
#include <unistd.h>

enum {
    MOST_BYTES = 16 << 20,
    KEPT_BYTES = 4 << 20 /* larger buffers are not kept for reuse */
};

static int write_all(int fd, const uint8_t *data, size_t n)
{
    while (n > 0) {
        const ssize_t put = write(fd, data, n);
        if (put < 0 && errno != EINTR) {
            return errno;
        }
        if (put > 0) {
            data += put;
            n -= (size_t)put;
        }
    }
    return 0;
}

static int write_frame(int fd, gt_frame type, const gt_wire *w)
{
    uint8_t head[GT_WIRE_HEAD];
    gt_wire_head(head, type, w->len);
    const int e = write_all(fd, head, sizeof head);
    return e != 0 ? e : write_all(fd, w->data, w->len);
}

static void *write_frames(void *user)
{
    io_outbox *o = user;
    (void)pthread_mutex_lock(&o->lock);
    for (;;) {
        while (o->n == 0 && !o->closing) {
            (void)pthread_cond_wait(&o->filled, &o->lock);
        }
        if (o->n == 0) {
            break;
        }
        gt_wire *w = &o->frames[o->head];
        const gt_frame type = o->types[o->head];
        (void)pthread_mutex_unlock(&o->lock);
        const int e = write_frame(o->fd, type, w); /* the slot is ours until it leaves the ring */
        (void)pthread_mutex_lock(&o->lock);
        o->failed = o->failed != 0 ? o->failed : e;
        o->bytes -= w->len;
        gt_wire_clear(w);
        if (w->cap > KEPT_BYTES) {
            gt_wire_free(w);
        }
        o->head = (o->head + 1) % IO_OUTBOX_FRAMES;
        o->n--;
        if (o->n == 0 || (o->bytes < MOST_BYTES / 2 && o->n < IO_OUTBOX_FRAMES / 2)) {
            (void)pthread_cond_signal(&o->emptied);
        }
    }
    (void)pthread_mutex_unlock(&o->lock);
    return NULL;
}

void io_outbox_open(gt_ctx *ctx, int fd, io_outbox *o)
{
    memset(o, 0, sizeof *o);
    o->ctx = ctx;
    o->fd = fd;
    (void)pthread_mutex_init(&o->lock, NULL);
    (void)pthread_cond_init(&o->filled, NULL);
    (void)pthread_cond_init(&o->emptied, NULL);
    for (size_t i = 0; i < IO_OUTBOX_FRAMES; i++) {
        gt_wire_init(&o->frames[i], ctx);
    }
    o->running = pthread_create(&o->thread, NULL, write_frames, o) == 0;
}

static bool is_full(const io_outbox *o, size_t more)
{
    return o->n == IO_OUTBOX_FRAMES || (o->n > 0 && o->bytes + more > MOST_BYTES);
}

bool io_outbox_put(io_outbox *o, gt_frame type, gt_wire *payload)
{
    if (!o->running) {
        const int e = write_frame(o->fd, type, payload);
        gt_wire_clear(payload);
        return e == 0;
    }
    (void)pthread_mutex_lock(&o->lock);
    while (is_full(o, payload->len) && o->failed == 0) {
        (void)pthread_cond_wait(&o->emptied, &o->lock);
    }
    const size_t slot = (o->head + o->n) % IO_OUTBOX_FRAMES;
    const gt_wire empty = o->frames[slot];
    o->frames[slot] = *payload;
    o->types[slot] = type;
    o->bytes += payload->len;
    o->n++;
    *payload = empty;
    const bool ok = o->failed == 0;
    (void)pthread_cond_signal(&o->filled);
    (void)pthread_mutex_unlock(&o->lock);
    return ok;
}

bool io_outbox_drain(io_outbox *o)
{
    (void)pthread_mutex_lock(&o->lock);
    while (o->running && o->n > 0) {
        (void)pthread_cond_wait(&o->emptied, &o->lock);
    }
    const bool ok = o->failed == 0;
    (void)pthread_mutex_unlock(&o->lock);
    return ok;
}

void io_outbox_close(io_outbox *o)
{
    (void)pthread_mutex_lock(&o->lock);
    o->closing = true;
    (void)pthread_cond_signal(&o->filled);
    (void)pthread_mutex_unlock(&o->lock);
    if (o->running) {
        (void)pthread_join(o->thread, NULL);
        o->running = false;
    }
    for (size_t i = 0; i < IO_OUTBOX_FRAMES; i++) {
        gt_wire_free(&o->frames[i]);
    }
    (void)pthread_cond_destroy(&o->filled);
    (void)pthread_cond_destroy(&o->emptied);
    (void)pthread_mutex_destroy(&o->lock);
}
