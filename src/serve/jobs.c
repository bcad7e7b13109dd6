/* The table of jobs, their threads, and the documents told of them. */
#include "serve/jobs.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/job_file.h"
#include "serve/messages.h"
#include "serve/processes.h"

enum { MOST = GT_JOBS_KEPT + 4 * (GT_JOBS_WAITING + GT_JOBS_RUNNING) }; /* of four servers */
static const double LOOK_AGAIN_S = 1; /* at the jobs of other servers */

typedef struct runner {
    gt_jobs *jobs;
    pthread_t thread;
    bool running;
} runner;

struct gt_jobs {
    gt_ctx *parent, *ctx; /* ctx: under the lock */
    gt_desk_setup setup;
    char dir[GT_JOB_PATH - 128];
    pthread_mutex_t lock;
    pthread_cond_t work;
    gt_job *list[MOST]; /* by time made, oldest first */
    size_t n;
    int64_t versions;
    gt_owner owner;
    double looked, watched; /* gt_clock(), at the jobs of others; at what they called off */
    bool closing;
    runner runners[GT_JOBS_RUNNING];
};

static bool ended(const gt_job *job)
{
    return job->state != GT_JOB_ACCEPTED && job->state != GT_JOB_RUNNING;
}

static bool ours(const gt_jobs *jobs, const gt_job *job)
{
    return strcmp(job->owner, jobs->owner.id) == 0;
}

/* ---- the table (all under the lock) -----------------------------------------------------------
 */

static void touch(gt_jobs *jobs, gt_job *job)
{
    job->version = ++jobs->versions;
}

static gt_job *find(gt_jobs *jobs, const gt_job_ask *ask, size_t *at)
{
    for (size_t i = 0; i < jobs->n; i++) {
        gt_job *job = jobs->list[i];
        if (strcmp(job->id, ask->id) == 0 &&
            (ask->account == NULL || strcmp(ask->account, job->account) == 0)) {
            if (at != NULL) {
                *at = i;
            }
            return job;
        }
    }
    return NULL;
}

static gt_status unknown(gt_ctx *ctx, const char *id)
{
    return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_JOB, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("id", id)));
}

static void forget(gt_jobs *jobs, size_t at)
{
    gt_job *job = jobs->list[at];
    memmove(&jobs->list[at], &jobs->list[at + 1], (jobs->n - at - 1) * sizeof(void *));
    jobs->n--;
    gt_job_remove(jobs->dir, job->id);
    gt_job_free(jobs->ctx, job);
}

/* Forgets the oldest that have ended until `most` of them are left. */
static void prune(gt_jobs *jobs, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < jobs->n; i++) {
        n += ended(jobs->list[i]);
    }
    for (size_t i = 0; i < jobs->n && n > most;) {
        if (ended(jobs->list[i])) {
            forget(jobs, i);
            n--;
        } else {
            i++;
        }
    }
}

/* A job that cannot be recorded runs all the same; it is only not known after a restart. */
static void record(gt_jobs *jobs, const gt_job *job)
{
    if (gt_job_record(jobs->ctx, jobs->dir, job) != GT_OK) {
        gt_error_clear(jobs->ctx);
    }
}

/* The folder of the workspace is ours to know. */
static void put_without(const char *folder, const char *text, gt_text *out)
{
    size_t len = strlen(folder);
    const char *at = NULL;
    while (len > 0 && (at = strstr(text, folder)) != NULL) {
        gt_text_add(out, text, (size_t)(at - text));
        text = at + len + (at[len] == '/' ? 1 : 0);
    }
    gt_text_puts(out, text);
}

static void set_error(gt_jobs *jobs, gt_job *job, gt_ctx *from)
{
    gt_text line, kept;
    gt_status st = gt_error_status(from);
    gt_text_init(&line, jobs->ctx, 16384);
    gt_text_init(&kept, jobs->ctx, 16384);
    (void)snprintf(job->error_id, sizeof job->error_id, "%s", gt_error_id(from));
    for (int lang = 0; lang < 2; lang++) {
        gt_text_clear(&line);
        gt_text_clear(&kept);
        gt_error_render(from, (gt_lang)lang, &line);
        put_without(jobs->setup.workspace, gt_text_cstr(&line), &kept);
        gt_free(jobs->ctx, job->error[lang]);
        job->error[lang] = gt_strdup(
            jobs->ctx, st == GT_E_ENV || st == GT_E_INTERNAL ? job->error_id : gt_text_cstr(&kept));
    }
    gt_text_free(&kept);
    gt_text_free(&line);
    gt_error_clear(jobs->ctx);
}

/* Ended without a word of its own: because the server did. */
static void set_stopped(gt_jobs *jobs, gt_job *job)
{
    (void)gt_fail(jobs->ctx, GT_E_CANCELLED, &GT_MSG_SERVE_JOB_STOPPED, GT_NOWHERE, GT_NO_ARGS);
    set_error(jobs, job, jobs->ctx);
    job->state = GT_JOB_FAILED;
    job->ended_ms = gt_time_now();
}

static size_t at_of(const gt_jobs *jobs, const char *id)
{
    size_t i = 0;
    while (i < jobs->n && strcmp(jobs->list[i]->id, id) != 0) {
        i++;
    }
    return i;
}

/* A folder of another server, or of one that has ended: as its file says now. */
static gt_status look_at(gt_jobs *jobs, const char *id)
{
    gt_job *job = NULL;
    size_t at = at_of(jobs, id);
    gt_job *known = at < jobs->n ? jobs->list[at] : NULL;
    if (at == MOST || (known != NULL && (ended(known) || ours(jobs, known)))) {
        return GT_OK;
    }
    gt_status st = gt_job_read(jobs->ctx, jobs->dir, id, &job);
    if (job == NULL) {
        return st;
    }
    if (!ended(job) && !gt_owner_alive(jobs->dir, job->owner)) {
        set_stopped(jobs, job);
        record(jobs, job);
    }
    job->version = known == NULL ? 0 : known->version;
    job->dismissed = known != NULL && known->dismissed;
    if (known == NULL || known->state != job->state) {
        touch(jobs, job);
    }
    gt_job_free(jobs->ctx, known);
    jobs->list[at] = job;
    jobs->n += known == NULL ? 1 : 0;
    return GT_OK;
}

static int by_time(const void *a, const void *b)
{
    const gt_job *x = *(gt_job *const *)a, *y = *(gt_job *const *)b;
    return x->made_ms != y->made_ms ? (x->made_ms < y->made_ms ? -1 : 1) : strcmp(x->id, y->id);
}

static gt_status look_around(gt_jobs *jobs)
{
    DIR *folder = opendir(jobs->dir);
    const struct dirent *entry = NULL;
    gt_status st = GT_OK;
    size_t before = jobs->n;
    while (folder != NULL && st == GT_OK && (entry = readdir(folder)) != NULL) {
        st = gt_job_id_good(entry->d_name) ? look_at(jobs, entry->d_name) : GT_OK;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    for (size_t i = jobs->n; i-- > 0;) { /* forgotten by another server */
        char path[GT_JOB_PATH];
        if (!ours(jobs, jobs->list[i]) &&
            gt_job_path(jobs->dir, jobs->list[i]->id, "job.json", path) &&
            access(path, F_OK) != 0) {
            forget(jobs, i);
        }
    }
    if (jobs->n > before) {
        qsort(jobs->list, jobs->n, sizeof(void *), by_time);
        prune(jobs, GT_JOBS_KEPT);
    }
    return st;
}

/* What other servers of the workspace have begun and ended since. */
static void look_again(gt_jobs *jobs)
{
    double now = gt_clock();
    if (now - jobs->looked > LOOK_AGAIN_S) {
        jobs->looked = now;
        if (look_around(jobs) != GT_OK) {
            gt_error_clear(jobs->ctx);
        }
    }
}

/* ---- running ----------------------------------------------------------------------------------
 */

typedef struct at_work {
    gt_jobs *jobs;
    gt_job *job;
} at_work;

static void on_progress(void *user, const gt_message *what, uint64_t done, uint64_t total)
{
    const at_work *w = user;
    (void)pthread_mutex_lock(&w->jobs->lock);
    w->job->what = what;
    w->job->done = done;
    w->job->total = total;
    touch(w->jobs, w->job);
    (void)pthread_mutex_unlock(&w->jobs->lock);
}

void gt_jobs_watch(gt_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    double now = gt_clock();
    bool due = now - jobs->watched > LOOK_AGAIN_S;
    jobs->watched = due ? now : jobs->watched;
    for (size_t i = 0; due && i < jobs->n; i++) {
        gt_job *job = jobs->list[i];
        if (!ended(job) && !job->dismissed && ours(jobs, job) &&
            gt_job_called_off(jobs->dir, job->id)) {
            job->dismissed = true;
            if (job->ctx != NULL) {
                gt_cancel(job->ctx);
            }
            touch(jobs, job);
        }
    }
    (void)pthread_mutex_unlock(&jobs->lock);
}

static gt_job *take(gt_jobs *jobs)
{
    gt_job *job = NULL;
    (void)pthread_mutex_lock(&jobs->lock);
    while (!jobs->closing && job == NULL) {
        for (size_t i = 0; i < jobs->n && job == NULL; i++) {
            gt_job *next = jobs->list[i];
            job = next->state == GT_JOB_ACCEPTED && ours(jobs, next) ? next : NULL;
        }
        if (job == NULL) {
            (void)pthread_cond_wait(&jobs->work, &jobs->lock);
        }
    }
    if (jobs->closing) {
        job = NULL;
    }
    if (job != NULL) {
        job->dismissed = job->dismissed || gt_job_called_off(jobs->dir, job->id);
        job->state = GT_JOB_RUNNING;
        job->begun_ms = gt_time_now();
        touch(jobs, job);
        record(jobs, job);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return job;
}

static gt_status run_in(gt_ctx *ctx, const gt_jobs *jobs, const gt_job *job)
{
    gt_desk desk;
    gt_text results;
    char out[GT_JOB_PATH];
    json_t *inputs = json_loads(job->inputs, 0, NULL);
    gt_status st = inputs == NULL ? GT_E_MEMORY : gt_desk_open(ctx, &jobs->setup, &desk);
    if (st != GT_OK) {
        json_decref(inputs);
        return st;
    }
    gt_text_init(&results, ctx, 0);
    desk.lang = job->lang;
    (void)snprintf(desk.who.id, sizeof desk.who.id, "%s", job->account);
    st = gt_job_path(jobs->dir, job->id, "out", out)
             ? gt_process_run(&desk, job->process, inputs, out, &results)
             : gt_fail_errno(ctx, ENAMETOOLONG, "open", jobs->dir);
    st = st == GT_OK ? gt_text_status(&results) : st;
    st = st == GT_OK ? gt_job_write(ctx, jobs->dir, job->id, "results.json", gt_text_cstr(&results),
                                    results.len)
                     : st;
    gt_text_free(&results);
    gt_desk_close(&desk);
    json_decref(inputs);
    return st;
}

static void finish(gt_jobs *jobs, gt_job *job, gt_ctx *ctx, gt_status st)
{
    (void)pthread_mutex_lock(&jobs->lock);
    job->ctx = NULL;
    job->ended_ms = gt_time_now();
    if (job->dismissed) {
        job->state = GT_JOB_DISMISSED;
    } else if (st == GT_OK) {
        job->state = GT_JOB_SUCCESSFUL;
    } else if (jobs->closing) {
        set_stopped(jobs, job);
    } else {
        job->state = GT_JOB_FAILED;
        if (ctx != NULL) {
            set_error(jobs, job, ctx);
        }
    }
    touch(jobs, job);
    record(jobs, job);
    prune(jobs, GT_JOBS_KEPT);
    (void)pthread_mutex_unlock(&jobs->lock);
}

static void run_one(gt_jobs *jobs, gt_job *job)
{
    at_work w = {jobs, job};
    gt_ctx_options options;
    gt_ctx_options_init(&options);
    options.lang = job->lang;
    options.threads = 1;
    options.memory_ceiling = GT_JOB_MEMORY;
    options.progress = on_progress;
    options.progress_user = &w;
    gt_ctx *ctx = gt_ctx_new(&options);
    (void)pthread_mutex_lock(&jobs->lock);
    job->ctx = ctx;
    bool cancelled = job->dismissed || jobs->closing; /* before there was anything to cancel */
    (void)pthread_mutex_unlock(&jobs->lock);
    gt_status st = ctx == NULL ? GT_E_MEMORY : cancelled ? GT_E_CANCELLED : run_in(ctx, jobs, job);
    finish(jobs, job, ctx, st);
    if (ctx != NULL) {
        gt_error_clear(ctx);
    }
    gt_ctx_free(ctx);
}

static void *run_jobs(void *user)
{
    gt_jobs *jobs = user;
    gt_job *job = NULL;
    (void)setpriority(PRIO_PROCESS, 0, 10); /* of this thread alone, on Linux: requests go first */
    while ((job = take(jobs)) != NULL) {
        run_one(jobs, job);
    }
    return NULL;
}

/* ---- start and stop ---------------------------------------------------------------------------
 */

static gt_status start_looking(gt_jobs *jobs)
{
    gt_owner_open(jobs->dir, &jobs->owner);
    jobs->looked = gt_clock();
    return look_around(jobs);
}

gt_status gt_jobs_start(gt_ctx *ctx, const gt_desk_setup *setup, gt_jobs **out)
{
    *out = NULL;
    gt_jobs *jobs = gt_zalloc(ctx, 1, sizeof *jobs);
    if (jobs == NULL) {
        return GT_E_MEMORY;
    }
    jobs->parent = ctx;
    jobs->owner.fd = -1;
    jobs->setup = *setup;
    jobs->setup.accounts = true; /* a job may read what its owner may */
    jobs->setup.tiles = NULL;
    jobs->setup.glance = NULL;
    jobs->setup.jobs = NULL;
    (void)pthread_mutex_init(&jobs->lock, NULL);
    (void)pthread_cond_init(&jobs->work, NULL);
    int n = snprintf(jobs->dir, sizeof jobs->dir, "%s/jobs", setup->workspace);
    jobs->ctx = gt_ctx_fork(ctx);
    gt_status st = jobs->ctx == NULL ? GT_E_MEMORY
                   : n < 0 || n >= (int)sizeof jobs->dir
                       ? gt_fail_errno(ctx, ENAMETOOLONG, "open", setup->workspace)
                       : start_looking(jobs);
    for (size_t i = 0; st == GT_OK && i < GT_JOBS_RUNNING; i++) {
        runner *r = &jobs->runners[i];
        int code = pthread_create(&r->thread, NULL, run_jobs, jobs);
        r->running = code == 0;
        st = code == 0 ? GT_OK : gt_fail_errno(ctx, code, "pthread_create", NULL);
    }
    if (st != GT_OK) {
        gt_jobs_stop(jobs);
        return st;
    }
    *out = jobs;
    return GT_OK;
}

void gt_jobs_halt(gt_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->closing = true;
    for (size_t i = 0; i < jobs->n; i++) {
        gt_job *job = jobs->list[i];
        if (job->ctx != NULL) {
            gt_cancel(job->ctx);
        } else if (job->state == GT_JOB_ACCEPTED && ours(jobs, job)) {
            set_stopped(jobs, job);
            record(jobs, job);
            touch(jobs, job);
        }
    }
    (void)pthread_cond_broadcast(&jobs->work);
    (void)pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < GT_JOBS_RUNNING; i++) {
        if (jobs->runners[i].running) {
            (void)pthread_join(jobs->runners[i].thread, NULL);
            jobs->runners[i].running = false;
        }
    }
}

void gt_jobs_stop(gt_jobs *jobs)
{
    if (jobs == NULL) {
        return;
    }
    gt_jobs_halt(jobs);
    gt_owner_close(&jobs->owner);
    for (size_t i = 0; i < jobs->n; i++) {
        gt_job_free(jobs->ctx, jobs->list[i]);
    }
    gt_ctx_free(jobs->ctx);
    (void)pthread_cond_destroy(&jobs->work);
    (void)pthread_mutex_destroy(&jobs->lock);
    gt_free(jobs->parent, jobs);
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static gt_status room(gt_ctx *ctx, const gt_jobs *jobs, const char *account)
{
    int waiting = 0, own = 0;
    for (size_t i = 0; i < jobs->n; i++) {
        const gt_job *job = jobs->list[i];
        waiting += job->state == GT_JOB_ACCEPTED && ours(jobs, job);
        own += !ended(job) && strcmp(job->account, account) == 0;
    }
    if (jobs->closing || waiting >= GT_JOBS_WAITING || jobs->n == MOST) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_JOBS_FULL, GT_NOWHERE,
                       GT_ARGS(GT_INT("n", waiting)));
    }
    return own < GT_JOBS_OF_ONE ? GT_OK
                                : gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_JOBS_MANY, GT_NOWHERE,
                                          GT_ARGS(GT_INT("n", own)));
}

gt_status gt_jobs_add(gt_ctx *ctx, gt_jobs *jobs, const gt_job_order *order, char id[GT_JOB_ID])
{
    unsigned char bytes[(GT_JOB_ID - 1) / 2];
    (void)pthread_mutex_lock(&jobs->lock);
    look_again(jobs);
    gt_status st = room(ctx, jobs, order->account);
    gt_job *job = st == GT_OK ? gt_job_new(jobs->ctx) : NULL;
    if (job != NULL) {
        randombytes_buf(bytes, sizeof bytes); /* not to be guessed by others */
        (void)sodium_bin2hex(job->id, sizeof job->id, bytes, sizeof bytes);
        (void)snprintf(job->process, sizeof job->process, "%s", order->process);
        (void)snprintf(job->account, sizeof job->account, "%s", order->account);
        job->inputs = gt_strdup(jobs->ctx, order->inputs);
        (void)snprintf(job->owner, sizeof job->owner, "%s", jobs->owner.id);
        job->lang = order->lang;
        job->made_ms = gt_time_now();
    }
    if (st == GT_OK && (job == NULL || job->inputs == NULL)) {
        st = gt_fail(ctx, GT_E_MEMORY, &GT_MSG_SERVE_BUSY, GT_NOWHERE, GT_NO_ARGS);
    }
    st = st == GT_OK ? gt_job_folder(ctx, jobs->dir, job->id) : st;
    st = st == GT_OK ? gt_job_record(ctx, jobs->dir, job) : st;
    if (st == GT_OK && job != NULL) {
        (void)snprintf(id, GT_JOB_ID, "%s", job->id);
        jobs->list[jobs->n++] = job;
        touch(jobs, job);
        (void)pthread_cond_signal(&jobs->work);
    } else {
        gt_job_free(jobs->ctx, job);
    }
    gt_error_clear(jobs->ctx);
    (void)pthread_mutex_unlock(&jobs->lock);
    return st;
}

static void put_time(gt_text *o, const char *name, int64_t ms)
{
    char text[GT_TIME_TEXT];
    if (ms != 0) {
        gt_time_format(ms, text);
        gt_text_printf(o, ",\"%s\":\"%s\"", name, text);
    }
}

static int percent(const gt_job *job)
{
    if (job->state == GT_JOB_SUCCESSFUL) {
        return 100;
    }
    return job->total == 0 || job->done > job->total
               ? 0
               : (int)(100.0 * (double)job->done / (double)job->total);
}

static void put_links(const gt_job *job, const char *base, gt_text *o)
{
    static const char *const links[][3] = {
        {"", "self", "application/json"},
        {"/events", "monitor", "text/event-stream"},
        {"/results", "http://www.opengis.net/def/rel/ogc/1.0/results", "application/json"}};
    const gt_request request = {.base = base};
    char path[128];
    gt_text_puts(o, ",\"links\":[");
    for (size_t i = 0; i < (job->state == GT_JOB_SUCCESSFUL ? 3U : 2U); i++) {
        (void)snprintf(path, sizeof path, "/jobs/%s%s", job->id, links[i][0]);
        gt_text_puts(o, i > 0 ? "," : "");
        gt_put_link(o, &request, path, links[i][1], links[i][2]);
    }
    gt_text_puts(o, "]");
}

static void put(const gt_job *job, const gt_job_ask *ask, gt_text *o)
{
    int64_t updated = job->ended_ms != 0   ? job->ended_ms
                      : job->begun_ms != 0 ? job->begun_ms
                                           : job->made_ms;
    gt_text_printf(o, "{\"jobID\":\"%s\",\"type\":\"process\",\"processID\":", job->id);
    gt_text_json_string(o, job->process);
    gt_text_printf(o, ",\"status\":\"%s\",\"progress\":%d",
                   job->dismissed ? "dismissed" : gt_job_state_name(job->state), percent(job));
    put_time(o, "created", job->made_ms);
    put_time(o, "started", job->begun_ms);
    put_time(o, "finished", job->ended_ms);
    put_time(o, "updated", updated);
    gt_text_puts(o, ",\"account\":");
    gt_text_json_string(o, job->account);
    if (job->state == GT_JOB_RUNNING && job->what != NULL) {
        gt_text_puts(o, ",\"message\":");
        gt_text_json_string(o, ask->lang == GT_LANG_ZH ? job->what->zh : job->what->en);
        gt_text_printf(o, ",\"done\":%llu,\"total\":%llu", (unsigned long long)job->done,
                       (unsigned long long)job->total);
    }
    if (job->error_id[0] != '\0') {
        gt_text_puts(o, ",\"id\":");
        gt_text_json_string(o, job->error_id);
        gt_text_puts(o, ",\"message\":");
        gt_text_json_string(o, job->error[ask->lang]);
    }
    gt_text_printf(o, ",\"inputs\":%s", job->inputs == NULL ? "{}" : job->inputs);
    if (ask->base != NULL) {
        put_links(job, ask->base, o);
    }
    gt_text_putc(o, '}');
}

gt_status gt_jobs_put(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask, gt_text *out,
                      gt_job_look *look)
{
    (void)pthread_mutex_lock(&jobs->lock);
    look_again(jobs);
    const gt_job *job = find(jobs, ask, NULL);
    gt_status st = job == NULL ? unknown(ctx, ask->id) : GT_OK;
    if (job != NULL && look != NULL) {
        *look = (gt_job_look){job->state, job->version};
    }
    if (job != NULL && out != NULL) {
        put(job, ask, out);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return st;
}

void gt_jobs_put_all(gt_jobs *jobs, const gt_job_ask *ask, gt_text *out)
{
    (void)pthread_mutex_lock(&jobs->lock);
    look_again(jobs);
    for (size_t i = jobs->n, n = 0; i > 0; i--) {
        const gt_job *job = jobs->list[i - 1];
        if (ask->account == NULL || strcmp(ask->account, job->account) == 0) {
            gt_text_puts(out, n++ > 0 ? ",\n" : "\n");
            put(job, ask, out);
        }
    }
    (void)pthread_mutex_unlock(&jobs->lock);
}

gt_status gt_jobs_dismiss(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask, gt_text *out)
{
    size_t at = 0;
    (void)pthread_mutex_lock(&jobs->lock);
    look_again(jobs);
    gt_job *job = find(jobs, ask, &at);
    gt_status st = job == NULL ? unknown(ctx, ask->id) : GT_OK;
    if (job != NULL) {
        bool over = ended(job);
        job->dismissed = true;
        if (!over && !ours(jobs, job)) {
            gt_job_call_off(jobs->dir, job->id);
        } else if (job->ctx != NULL) {
            gt_cancel(job->ctx);
        } else if (over || job->state == GT_JOB_ACCEPTED) {
            job->state = GT_JOB_DISMISSED;
            job->ended_ms = job->ended_ms == 0 ? gt_time_now() : job->ended_ms;
        }
        touch(jobs, job);
        put(job, ask, out);
        if (over) {
            forget(jobs, at);
        } else if (ended(job)) {
            record(jobs, job);
        }
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return st;
}

/* Names of files that runs make: no folders, nothing hidden. */
static bool name_good(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < 100 && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == n;
}

gt_status gt_jobs_file(gt_ctx *ctx, gt_jobs *jobs, const gt_job_ask *ask, const char *rest,
                       char *out, size_t cap)
{
    struct stat facts;
    bool whole = strcmp(rest, "results.json") == 0;
    (void)pthread_mutex_lock(&jobs->lock);
    look_again(jobs);
    const gt_job *job = find(jobs, ask, NULL);
    gt_status st = job == NULL ? unknown(ctx, ask->id) : GT_OK;
    if (job != NULL && !ended(job) && !job->dismissed) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NOT_READY, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", ask->id)));
    } else if (job != NULL && job->state != GT_JOB_SUCCESSFUL) {
        const char *why = job->error[ask->lang];
        st = gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_SERVE_JOB_FAILED, GT_NOWHERE,
            GT_ARGS(GT_TEXT("status", job->dismissed ? "dismissed" : gt_job_state_name(job->state)),
                    GT_TEXT("reason", why == NULL ? "" : why)));
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    if (st != GT_OK) {
        return st;
    }
    int n = name_good(rest)
                ? snprintf(out, cap, whole ? "%s/%s/%s" : "%s/%s/out/%s", jobs->dir, ask->id, rest)
                : -1;
    return n > 0 && (size_t)n < cap && stat(out, &facts) == 0 && S_ISREG(facts.st_mode)
               ? GT_OK
               : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_PAGE, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("path", rest)));
}
