/* guotu-io: one process, one task. Frames in on fd 3, frames out on fd 4 (see io/wire.h). */
#ifndef GT_IO_CHILD_SESSION_H
#define GT_IO_CHILD_SESSION_H

#include "guard.h"
#include "io/remark.h"
#include "io/wire.h"
#include "outbox.h"

enum { IO_FD_ASK = 3, IO_FD_ANSWER = 4, IO_REASON_BYTES = 512 };

/* What GDAL complained about since the last io_log_reset. */
typedef struct io_log {
    int failures, warnings;
    bool out_of_memory;
    char failure[IO_REASON_BYTES], warning[IO_REASON_BYTES]; /* the first of each, UTF-8 */
} io_log;

typedef struct io_session {
    gt_ctx *ctx;
    gt_wire frame; /* payload being collected */
    io_outbox out;
    uint8_t *asked; /* payload received last */
    size_t asked_cap;
    size_t memory_limit, file_limit; /* bytes, as given to the process */
    io_log log;
    io_watch watch;
} io_session;

/* Hands session->frame over to be sent, and empties it. The parent's going away ends the process
 * (SIGPIPE). */
gt_status io_send(io_session *session, gt_frame type) GT_CHECKED;
/* Sends the error recorded in ctx and waits until it is sent. */
void io_send_error(io_session *session);
/* Next frame from the parent; the payload is borrowed until the next call. */
gt_status io_receive(io_session *session, gt_frame *type, gt_wire_in *payload) GT_CHECKED;

/* Registers GDAL's drivers, with everything off that reaches beyond the file. */
void io_gdal_start(io_session *session);
void io_log_reset(io_session *session);
/* Has the memory limit been met, as far as can be told? (Readers often only say "failed".) */
bool io_out_of_memory(const io_session *session);
/* "" when there is none: the first failure, else the first warning. */
const char *io_log_reason(const io_session *session);

#endif
