/* Server-sent events of a job (WHATWG HTML, 9.2): each change of its status as an event `status`
 * with the status document as data; a comment every 10 s, so that a client that left is noticed;
 * the stream ends with the job. The connection is suspended between events: a stream costs no
 * thread. Internal to serve. */
#ifndef GT_SERVE_STREAM_H
#define GT_SERVE_STREAM_H

#include <microhttpd.h>

#include "serve/jobs.h"

enum { GT_STREAMS = 64 }; /* open at once */

typedef struct gt_streams gt_streams;
/* jobs is borrowed. Owned by the caller. */
gt_status gt_streams_new(gt_ctx *ctx, gt_jobs *jobs, gt_streams **out) GT_CHECKED;
/* Every stream ends, and no new one begins: called when nobody looks after them any more, before
 * the library is stopped. */
void gt_streams_end(gt_streams *streams);
/* When the library is stopped. NULL is accepted. */
void gt_streams_free(gt_streams *streams);
/* The response to a request for events; NULL when there are too many streams, or no memory. */
struct MHD_Response *gt_stream_response(gt_streams *streams, struct MHD_Connection *connection,
                                        const char *job, gt_lang lang);
/* Wakes the streams that have something to send; called every tenth of a second. */
void gt_streams_wake(gt_streams *streams);

#endif
