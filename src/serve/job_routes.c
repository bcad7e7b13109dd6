/* /jobs: what was asked for, how far it is, its results. Jobs are their owner's, and of those who
 * may `run` on "@jobs" everywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"
#include "serve/job_file.h"
#include "serve/jobs.h"
#include "serve/messages.h"

static gt_status ask_of(gt_desk *desk, const gt_request *request, gt_job_ask *out)
{
    gt_book *book = NULL;
    bool all = false;
    const gt_ask ask = {desk->who.id, "@jobs", "run", NULL, NULL};
    gt_status st = desk->jobs == NULL ? gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_JOB,
                                                GT_NOWHERE, GT_ARGS(GT_TEXT("id", "")))
                                      : gt_desk_book(desk, &book);
    st = st == GT_OK && !desk->who.must_change ? gt_actor_may(desk->ctx, book, &ask, NULL, &all)
                                               : st;
    *out = (gt_job_ask){request->n_parts > 1 ? request->part[1] : "", all ? NULL : desk->who.id,
                        request->base, desk->lang};
    return st;
}

gt_status gt_get_jobs(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_job_ask ask;
    gt_text *o = &reply->body;
    gt_status st = ask_of(desk, request, &ask);
    if (st == GT_OK) {
        reply->cache = "no-store";
        gt_text_puts(o, "{\"jobs\":[");
        gt_jobs_put_all(desk->jobs, &ask, o);
        gt_text_puts(o, "],\n\"links\":[");
        gt_put_link(o, request, "/jobs", "self", "application/json");
        gt_text_puts(o, "]}\n");
    }
    return st;
}

gt_status gt_get_job(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_job_ask ask;
    gt_status st = ask_of(desk, request, &ask);
    reply->cache = "no-store";
    st = st == GT_OK ? gt_jobs_put(desk->ctx, desk->jobs, &ask, &reply->body, NULL) : st;
    gt_text_putc(&reply->body, '\n');
    return st;
}

gt_status gt_delete_job(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_job_ask ask;
    gt_status st = ask_of(desk, request, &ask);
    reply->cache = "no-store";
    st = st == GT_OK ? gt_jobs_dismiss(desk->ctx, desk->jobs, &ask, &reply->body) : st;
    gt_text_putc(&reply->body, '\n');
    return st;
}

static gt_status send_file(gt_desk *desk, const gt_request *request, const char *rest,
                           gt_reply *reply)
{
    gt_job_ask ask;
    char path[GT_JOB_PATH];
    gt_status st = ask_of(desk, request, &ask);
    st = st == GT_OK ? gt_jobs_file(desk->ctx, desk->jobs, &ask, rest, path, sizeof path) : st;
    if (st == GT_OK) {
        reply->cache = "no-store";
        reply->file = gt_arena_strdup(desk->arena, path);
        st = reply->file == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

gt_status gt_get_results(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    return send_file(desk, request, "results.json", reply);
}

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".tif", "image/tiff; application=geotiff"},
        {".gpkg", "application/geopackage+sqlite3"},
        {".csv", "text/csv; charset=utf-8"},
        {".jsonl", "application/jsonl"},
        {".pdf", "application/pdf"},
        {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(dot, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

gt_status gt_get_result(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const char *name = request->part[3];
    if (strcmp(name, "results.json") == 0) { /* that is no file of out/ */
        return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_PAGE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("path", request->path)));
    }
    reply->type = type_of(name);
    reply->save_as = name;
    return send_file(desk, request, name, reply);
}

/* The events themselves are sent by the event loop (stream.c). */
gt_status gt_get_events(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_job_ask ask;
    gt_status st = ask_of(desk, request, &ask);
    st = st == GT_OK ? gt_jobs_put(desk->ctx, desk->jobs, &ask, NULL, NULL) : st;
    if (st == GT_OK) {
        reply->type = "text/event-stream";
        reply->cache = "no-store";
        reply->stream = gt_arena_strdup(desk->arena, request->part[1]);
        st = reply->stream == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}
