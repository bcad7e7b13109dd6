/* log [--verify]: the revisions, newest first; --verify recomputes every hash. */
#include "cli.h"

static gt_status list(cli *app, gt_store *store, long limit, bool json)
{
    gt_text *o = &app->out;
    gt_status st = GT_OK;
    long shown = 0;
    gt_text_puts(o, json ? "[" : "");
    for (int64_t id = gt_store_revision(store); id > 0 && shown < limit && st == GT_OK; id--) {
        gt_revision r;
        char time[GT_TIME_TEXT];
        st = gt_store_revision_info(app->ctx, store, id, &r);
        if (st != GT_OK) {
            break;
        }
        gt_time_format(r.time_ms, time);
        if (json) {
            gt_text_printf(o, "%s\n  {\"revision\":%lld,\"time\":\"%s\",\"author\":",
                           shown == 0 ? "" : ",", (long long)r.id, time);
            gt_text_json_string(o, r.author);
            gt_text_puts(o, ",\"message\":");
            gt_text_json_string(o, r.message);
            gt_text_puts(o, ",\"reason\":");
            gt_text_json_string(o, r.reason);
            gt_text_printf(o, ",\"put\":%lld,\"deleted\":%lld,\"hash\":\"%s\",\"parent\":\"%s\"}",
                           (long long)r.n_put, (long long)r.n_deleted, r.hash, r.parent_hash);
        } else {
            gt_text_printf(o, "%6lld  %s  %-12s  +%lld -%lld  %.12s\n        %s", (long long)r.id,
                           time, r.author, (long long)r.n_put, (long long)r.n_deleted, r.hash,
                           r.message);
            if (r.reason != NULL && *r.reason != '\0') {
                gt_text_printf(o, cli_say(app, "（%s）", " (%s)"), r.reason);
            }
            gt_text_putc(o, '\n');
        }
        shown++;
    }
    gt_text_puts(o, json ? "\n]\n" : "");
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    long limit = 0;
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_get_long(app, "limit", 1000000, 1, 1000000000, &limit);
    }
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK && cli_has(app, "verify")) {
        st = gt_store_verify(app->ctx, store);
        if (st == GT_OK) {
            gt_text_printf(&app->out,
                           cli_say(app, "%lld 个修订的哈希链与数据一致\n",
                                   "%lld revisions: chain and data agree\n"),
                           (long long)gt_store_revision(store));
        }
    } else if (st == GT_OK) {
        st = list(app, store, limit, format == CLI_JSON);
    }
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"verify", NULL, {"重新计算并核对全部哈希", "recompute and compare every hash"}, false},
    {"limit", "N", {"只列最近 N 个", "only the newest N"}, false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_LOG = {
    .name = "log",
    .operands = "",
    .summary = {"修订记录；--verify 核对哈希链", "the revisions; --verify checks the hash chain"},
    .options = options,
    .run = run,
};
