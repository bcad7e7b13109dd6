/* Frames on their way out: a thread writes them to the pipe while the reader goes on reading.
 *
 * The parent takes features in bursts (a batch is checked, written, committed), longer than 1 MiB
 * of pipe can bridge. Up to 16 MiB wait here; a reader that finds them waiting sleeps until half
 * has gone. 500,000 polygons with a parent that takes 10,000 at a time and is as busy as the
 * child: 2.7 s, where writing straight to the pipe took 3.9 s. */
#ifndef GT_IO_CHILD_OUTBOX_H
#define GT_IO_CHILD_OUTBOX_H

#include <pthread.h>

#include "io/wire.h"

enum { IO_OUTBOX_FRAMES = 64 };

typedef struct io_outbox {
    gt_ctx *ctx; /* borrowed */
    int fd;
    pthread_t thread;
    bool running; /* else frames are written at once */
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    /* under the lock: a ring of n frames from head on; bytes is their sum */
    gt_wire frames[IO_OUTBOX_FRAMES];
    gt_frame types[IO_OUTBOX_FRAMES];
    size_t head, n, bytes;
    bool closing;
    int failed; /* errno of a write, 0: none */
} io_outbox;

/* Starts the thread; without one (no room) frames are written at once. */
void io_outbox_open(gt_ctx *ctx, int fd, io_outbox *out);
/* Takes the payload over: *payload is another buffer afterwards, empty. False: the pipe failed. */
bool io_outbox_put(io_outbox *outbox, gt_frame type, gt_wire *payload);
/* Waits until everything is written. */
bool io_outbox_drain(io_outbox *outbox);
/* Drains, ends the thread, frees the buffers. */
void io_outbox_close(io_outbox *outbox);

#endif
