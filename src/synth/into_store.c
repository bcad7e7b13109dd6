/* A generated city into the one map: one revision for each survey year. */
#include <stdio.h>

#include "synth/messages.h"
#include "synth/synth.h"

typedef struct put_job {
    gt_commit *commit;
    const char *layer;
} put_job;

static gt_status put_feature(gt_ctx *ctx, void *user, const gt_feature *feature, double area_m2)
{
    const put_job *job = user;
    return gt_commit_put(ctx, job->commit, job->layer, feature, area_m2);
}

static gt_status put_layer(gt_ctx *ctx, gt_synth *s, size_t i, gt_commit *commit)
{
    gt_synth_layer l = gt_synth_layer_at(s, i);
    put_job job = {commit, l.standard->id};
    gt_status st = gt_commit_define_layer(ctx, commit, l.standard, l.origin);
    if (st == GT_OK) {
        st = gt_commit_replace_layer(ctx, commit, l.standard->id, l.valid_from);
    }
    if (st == GT_OK) {
        st = gt_synth_emit(ctx, s, i, put_feature, &job);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = l.standard->id));
    }
    return st;
}

/* All layers of one day in one revision. */
static gt_status put_day(gt_ctx *ctx, gt_synth *s, gt_store *store, const char *author, gt_date day,
                         int64_t *revision)
{
    char message[96], text[GT_DATE_TEXT];
    gt_date_format(day, text);
    bool zh = gt_ctx_lang(ctx) == GT_LANG_ZH;
    (void)snprintf(message, sizeof message,
                   zh ? "生成图层，时点 %s，种子 %llu" : "generated layers as of %s, seed %llu",
                   text, (unsigned long long)s->seed);
    gt_commit_info info = {.author = author,
                           .message = message,
                           .reason = zh ? "guotu synth：按配方布置，非调查成果"
                                        : "guotu synth: laid out by recipe, not surveyed",
                           .expect_revision = -1};
    gt_commit *commit = NULL;
    gt_status st = gt_commit_begin(ctx, store, &info, &commit);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; st == GT_OK && i < gt_synth_n_layers(s); i++) {
        if (gt_synth_layer_at(s, i).valid_from == day) {
            st = put_layer(ctx, s, i, commit);
        }
    }
    if (st != GT_OK) {
        gt_commit_abort(commit);
        return st;
    }
    return gt_commit_finish(ctx, commit, revision);
}

gt_status gt_synth_store(gt_ctx *ctx, gt_synth *s, gt_store *store, const char *author,
                         int64_t *revision)
{
    gt_date last = GT_DATE_NONE; /* which is the lowest there is */
    for (;;) {
        gt_date day = INT32_MAX;
        for (size_t i = 0; i < gt_synth_n_layers(s); i++) {
            gt_date d = gt_synth_layer_at(s, i).valid_from;
            day = d > last && d < day ? d : day;
        }
        if (day == INT32_MAX) {
            return GT_OK;
        }
        gt_status st = put_day(ctx, s, store, author, day, revision);
        if (st != GT_OK) {
            return st;
        }
        last = day;
    }
}
