/* The child process guotu-io: started with limits, spoken to in frames, always reaped.
 *
 * Two one-way channels: a socket to the child (sends never raise SIGPIPE), a pipe of 1 MiB from it
 * (so that it works ahead). The child gets fds 0-2 on /dev/null, 3 (asks), 4 (answers), nothing
 * else, and an environment of its own. */
#ifndef GT_IO_PROCESS_H
#define GT_IO_PROCESS_H

#include "io/wire.h"

typedef struct gt_process gt_process; /* one thread at a time */

typedef struct gt_process_limits {
    size_t memory;      /* bytes; 0 = 2 GiB */
    int cpu_s;          /* 0 = 3600 */
    uint64_t file_size; /* largest file it may write; 0 = 8 GiB */
    bool writes;        /* its task is a new file, not a foreign one */
} gt_process_limits;

/* Starts guotu-io and waits for its HELLO. `file` is the path that errors name; copied. */
gt_status gt_process_start(gt_ctx *ctx, const char *file, const gt_process_limits *limits,
                           gt_process **out) GT_CHECKED;
/* Folder for temporary files of the child; removed with the process. Borrowed. */
const char *gt_process_temp_dir(const gt_process *process);
uint32_t gt_process_guards(const gt_process *process); /* GT_GUARD_* the child says are in force */
/* Records handled so far: told when the child dies. */
void gt_process_rows(gt_process *process, int64_t rows);
/* Sends one frame. When the child has died or failed, its own error is recorded instead. */
gt_status gt_process_send(gt_ctx *ctx, gt_process *process, gt_frame type,
                          const gt_wire *payload) GT_CHECKED;
/* Next frame that is not an ERROR (that is recorded and its status returned). The payload is
 * borrowed until the next call, 16-byte aligned, and may be written to. */
gt_status gt_process_receive(gt_ctx *ctx, gt_process *process, gt_frame *type, uint8_t **payload,
                             size_t *len) GT_CHECKED;
/* Kills the child if it still runs, reaps it, removes its folder. NULL accepted. */
void gt_process_stop(gt_process *process);

#endif
