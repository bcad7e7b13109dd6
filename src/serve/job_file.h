/* The folder of a job, and what is kept in it. Internal to serve. */
#ifndef GT_SERVE_JOB_FILE_H
#define GT_SERVE_JOB_FILE_H

#include "serve/job_owner.h"
#include "serve/jobs.h"

enum { GT_JOB_PATH = 4096 };

typedef struct gt_job {
    char id[GT_JOB_ID];
    char process[64], account[65];
    char owner[GT_OWNER_ID]; /* the server that took it */
    char *inputs;            /* owned, JSON */
    gt_lang lang;
    gt_job_state state;
    int64_t made_ms, begun_ms, ended_ms; /* 0: not yet */
    int64_t version;
    const gt_message *what; /* static: what it is at */
    uint64_t done, total;   /* total 0: not known */
    char error_id[64];      /* "" for none */
    char *error[2];         /* owned, by gt_lang */
    gt_ctx *ctx;            /* of its run; NULL when it does not run */
    bool dismissed;
} gt_job;

gt_job *gt_job_new(gt_ctx *ctx);
void gt_job_free(gt_ctx *ctx, gt_job *job);
bool gt_job_id_good(const char *id);

/* Makes DIR/ID and DIR/ID/out where they are missing. GT_E_ENV. */
gt_status gt_job_folder(gt_ctx *ctx, const char *dir, const char *id) GT_CHECKED;
/* DIR/ID/REST; false when it does not fit. */
bool gt_job_path(const char *dir, const char *id, const char *rest, char out[GT_JOB_PATH]);
/* Writes a file of the job as a whole: beside it, then renamed. */
gt_status gt_job_write(gt_ctx *ctx, const char *dir, const char *id, const char *rest,
                       const char *data, size_t len) GT_CHECKED;
/* Writes job.json. */
gt_status gt_job_record(gt_ctx *ctx, const char *dir, const gt_job *job) GT_CHECKED;
/* Reads job.json; *out = NULL when there is none or it cannot be read: then nothing of the folder
 * is known, and it stays. */
gt_status gt_job_read(gt_ctx *ctx, const char *dir, const char *id, gt_job **out) GT_CHECKED;
/* Asks the server whose job it is to cancel it; and has somebody asked? */
void gt_job_call_off(const char *dir, const char *id);
bool gt_job_called_off(const char *dir, const char *id);
/* Removes the folder. What cannot be removed stays. */
void gt_job_remove(const char *dir, const char *id);

#endif
