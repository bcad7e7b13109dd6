/* Jobs: runs of processes that take longer than a request, in threads of their own.
 *
 * Each has a folder WORKSPACE/jobs/ID: job.json (what, who, when, how it ended), results.json and
 * out/ with the files made. A job runs in a context family of its own: its memory has a ceiling,
 * and it is cancelled alone. What a server that lives no more had not ended has failed
 * ("serve.job-stopped"; decision 0015); servers of one workspace tell of each other's jobs within a
 * second and cancel them through a file. Shareable between threads. Internal to serve. */
#ifndef GT_SERVE_JOBS_H
#define GT_SERVE_JOBS_H

#include "serve/desk.h"

enum {
    GT_JOB_ID = 33,
    GT_JOBS_RUNNING = 2,  /* at once */
    GT_JOBS_WAITING = 32, /* accepted and not begun */
    GT_JOBS_OF_ONE = 8,   /* of them, and running, of one account */
    GT_JOBS_KEPT = 100    /* that have ended; the oldest go, with their folders */
};
#define GT_JOB_MEMORY ((size_t)1 << 30) /* bytes a job may hold */

typedef enum gt_job_state {
    GT_JOB_ACCEPTED = 0,
    GT_JOB_RUNNING,
    GT_JOB_SUCCESSFUL,
    GT_JOB_FAILED,
    GT_JOB_DISMISSED
} gt_job_state;
const char *gt_job_state_name(gt_job_state state); /* as OGC API Processes says; static */

/* Reads what is kept, starts the threads. Owned by the caller. */
gt_status gt_jobs_start(gt_ctx *ctx, const gt_desk_setup *setup, gt_jobs **out) GT_CHECKED;
/* Cancels what runs and waits for it; what was told of jobs still can be asked. */
void gt_jobs_halt(gt_jobs *jobs);
/* The same, and frees all. NULL is accepted. */
void gt_jobs_stop(gt_jobs *jobs);

/* Cancels what another server was asked to cancel; to be called now and then. */
void gt_jobs_watch(gt_jobs *jobs);

typedef struct gt_job_order {
    const char *process, *account;
    const char *inputs; /* JSON object; read before */
    gt_lang lang;
} gt_job_order;
/* GT_E_LIMIT "serve.jobs-full" (503), "serve.jobs-many" (429). */
gt_status gt_jobs_add(gt_ctx *ctx, gt_jobs *jobs, const gt_job_order *order,
                      char id[GT_JOB_ID]) GT_CHECKED;

typedef struct gt_job_ask {
    const char *id;
    const char *account; /* whose job it must be; NULL: anybody's */
    const char *base;    /* of links; NULL: none */
    gt_lang lang;
} gt_job_ask;
typedef struct gt_job_look {
    gt_job_state state;
    int64_t version; /* grows with every change */
} gt_job_look;
/* Appends the status document. out may be NULL: only the look. GT_E_NOT_FOUND "serve.no-job". */
gt_status gt_jobs_put(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask, gt_text *out,
                      gt_job_look *look) GT_CHECKED;
/* Appends the documents of all jobs of ask->account, newest first, with commas; ask->id is left
 * aside. */
void gt_jobs_put_all(gt_jobs *jobs, const gt_job_ask *ask, gt_text *out);
/* Cancels what has not ended; forgets what has. Appends the status document. */
gt_status gt_jobs_dismiss(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask,
                          gt_text *out) GT_CHECKED;
/* WORKSPACE/jobs/ID/REST, which is there. GT_E_NOT_FOUND: no such job or file, and
 * "serve.not-ready" while it has not ended; GT_E_INPUT "serve.job-failed" with why. rest:
 * "results.json", or the name of a file, then of out/. */
gt_status gt_jobs_file(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask, const char *rest,
                       char *out, size_t cap) GT_CHECKED;

gt_status gt_get_jobs(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_job(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_delete_job(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_results(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_result(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_events(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_execution(gt_desk *desk, const gt_request *request, gt_reply *reply);

#endif
