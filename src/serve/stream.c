#include "serve/stream.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* Locks: `lock` here before the jobs' own; the library is called under neither. */

enum { BLOCK = 4096 };
static const double BEAT_S = 10; /* below the idle limit of connections */

typedef struct stream {
    gt_streams *of;
    bool used;
    struct MHD_Connection *connection;
    char job[GT_JOB_ID];
    gt_lang lang;
    gt_ctx *ctx;
    gt_text text; /* what is being sent */
    size_t at;
    int64_t seen; /* version told of last */
    double told;  /* when */
    bool over, waiting;
} stream;

struct gt_streams {
    gt_ctx *ctx;
    gt_jobs *jobs;
    pthread_mutex_t lock;
    bool closing;
    stream list[GT_STREAMS];
};

gt_status gt_streams_new(gt_ctx *ctx, gt_jobs *jobs, gt_streams **out)
{
    gt_streams *streams = gt_zalloc(ctx, 1, sizeof *streams);
    *out = streams;
    if (streams == NULL) {
        return GT_E_MEMORY;
    }
    streams->ctx = ctx;
    streams->jobs = jobs;
    (void)pthread_mutex_init(&streams->lock, NULL);
    return GT_OK;
}

void gt_streams_free(gt_streams *streams)
{
    if (streams != NULL) {
        (void)pthread_mutex_destroy(&streams->lock);
        gt_free(streams->ctx, streams);
    }
}

/* Something new? Then it is in s->text. Under the lock. */
static void look(stream *s)
{
    gt_job_look now = {GT_JOB_ACCEPTED, 0};
    const gt_job_ask ask = {s->job, NULL, NULL, s->lang};
    gt_text_clear(&s->text);
    s->at = 0;
    gt_status st = gt_jobs_put(s->ctx, s->of->jobs, &ask, NULL, &now);
    if (st != GT_OK) { /* dismissed and forgotten */
        s->over = true;
    } else if (now.version != s->seen) {
        gt_text_puts(&s->text, "event: status\ndata: ");
        st = gt_jobs_put(s->ctx, s->of->jobs, &ask, &s->text, &now);
        gt_text_puts(&s->text, "\n\n");
        s->seen = now.version;
        s->told = gt_clock();
        s->over = st != GT_OK || s->text.failed ||
                  (now.state != GT_JOB_ACCEPTED && now.state != GT_JOB_RUNNING);
    } else if (gt_clock() - s->told >= BEAT_S) {
        gt_text_puts(&s->text, ": \n\n");
        s->told = gt_clock();
    }
    gt_error_clear(s->ctx);
}

/* Called by the event loop when the connection can take more. */
static ssize_t read_some(void *user, uint64_t pos, char *out, size_t max)
{
    stream *s = user;
    ssize_t n = 0;
    (void)pos;
    (void)pthread_mutex_lock(&s->of->lock);
    if (s->at >= s->text.len && !s->over) {
        look(s);
    }
    if (s->at < s->text.len) {
        size_t left = s->text.len - s->at;
        n = (ssize_t)(left < max ? left : max);
        memcpy(out, gt_text_cstr(&s->text) + s->at, (size_t)n);
        s->at += (size_t)n;
    } else if (s->over || s->of->closing) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    }
    (void)pthread_mutex_unlock(&s->of->lock);
    if (n != 0) {
        return n;
    }
    MHD_suspend_connection(s->connection);
    (void)pthread_mutex_lock(&s->of->lock);
    bool closing = s->of->closing;
    s->waiting = !closing;
    (void)pthread_mutex_unlock(&s->of->lock);
    if (closing) { /* nobody would wake it any more */
        MHD_resume_connection(s->connection);
    }
    return 0;
}

static void release(void *user)
{
    stream *s = user;
    gt_streams *of = s->of;
    (void)pthread_mutex_lock(&of->lock);
    gt_text_free(&s->text);
    gt_ctx_free(s->ctx);
    *s = (stream){.of = of};
    (void)pthread_mutex_unlock(&of->lock);
}

struct MHD_Response *gt_stream_response(gt_streams *streams, struct MHD_Connection *connection,
                                        const char *job, gt_lang lang)
{
    stream *s = NULL;
    (void)pthread_mutex_lock(&streams->lock);
    for (size_t i = 0; i < GT_STREAMS && s == NULL && !streams->closing; i++) {
        s = streams->list[i].used ? NULL : &streams->list[i];
    }
    gt_ctx *ctx = s == NULL ? NULL : gt_ctx_fork(streams->ctx);
    if (ctx != NULL) {
        *s = (stream){.of = streams,
                      .used = true,
                      .connection = connection,
                      .lang = lang,
                      .ctx = ctx,
                      .told = gt_clock()};
        (void)snprintf(s->job, sizeof s->job, "%s", job);
        gt_text_init(&s->text, ctx, 4 << 20);
    }
    (void)pthread_mutex_unlock(&streams->lock);
    if (ctx == NULL) {
        return NULL;
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_some, s, release);
    if (response == NULL) {
        release(s);
    }
    return response;
}

static bool has_news(const stream *s)
{
    gt_job_look now = {GT_JOB_ACCEPTED, 0};
    const gt_job_ask ask = {s->job, NULL, NULL, s->lang};
    gt_status st = gt_jobs_put(s->ctx, s->of->jobs, &ask, NULL, &now);
    gt_error_clear(s->ctx);
    return st != GT_OK || now.version != s->seen || gt_clock() - s->told >= BEAT_S;
}

/* A suspended connection stays until it is resumed: it may be resumed outside the lock. */
static void wake(gt_streams *streams, bool all)
{
    struct MHD_Connection *list[GT_STREAMS];
    size_t n = 0;
    (void)pthread_mutex_lock(&streams->lock);
    streams->closing = streams->closing || all;
    for (size_t i = 0; i < GT_STREAMS; i++) {
        stream *s = &streams->list[i];
        if (s->used && s->waiting && (all || has_news(s))) {
            s->waiting = false;
            list[n++] = s->connection;
        }
    }
    (void)pthread_mutex_unlock(&streams->lock);
    for (size_t i = 0; i < n; i++) {
        MHD_resume_connection(list[i]);
    }
}

void gt_streams_wake(gt_streams *streams)
{
    wake(streams, false);
}

static size_t count(gt_streams *streams)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&streams->lock);
    for (size_t i = 0; i < GT_STREAMS; i++) {
        n += streams->list[i].used;
    }
    (void)pthread_mutex_unlock(&streams->lock);
    return n;
}

/* Clients that take what is left get two seconds for it. */
void gt_streams_end(gt_streams *streams)
{
    const struct timespec blink = {.tv_nsec = 20 * 1000 * 1000};
    wake(streams, true);
    for (int i = 0; i < 100 && count(streams) > 0; i++) {
        (void)nanosleep(&blink, NULL);
    }
}
