/* adopt: edits that other programs (QGIS) made straight in onemap.gpkg become a revision, or go. */
#include <string.h>

#include "cli.h"
#include "messages.h"

/* Rows edited in layer i, 0 where another layer was asked for. *id is borrowed. */
static gt_status edits_of(cli *app, gt_store *store, size_t i, const char **id, int64_t *n)
{
    gt_layer_info info;
    *n = 0;
    gt_status st = gt_store_layer(app->ctx, store, i, &info);
    if (st != GT_OK) {
        return st;
    }
    *id = info.standard->id;
    bool asked = app->n_operands == 0 || strcmp(app->operands[0], *id) == 0;
    return asked ? gt_store_outside_edits(app->ctx, store, *id, n) : GT_OK;
}

static void say_layer(cli *app, bool json, size_t k, const char *id, int64_t n)
{
    if (json) {
        gt_text_puts(&app->out, k == 0 ? "\n  {\"layer\":" : ",\n  {\"layer\":");
        gt_text_json_string(&app->out, id);
        gt_text_printf(&app->out, ",\"rows\":%lld}", (long long)n);
    } else {
        gt_text_printf(&app->out, cli_say(app, "%s：%lld 行\n", "%s: %lld rows\n"), id,
                       (long long)n);
    }
}

/* Lists the layers with edits, or takes them into the commit when there is one. */
static gt_status each_layer(cli *app, gt_store *store, gt_commit *commit, gt_date date, bool json,
                            size_t *n_layers)
{
    gt_status st = GT_OK;
    *n_layers = 0;
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(store); i++) {
        const char *id = NULL;
        int64_t n = 0;
        st = edits_of(app, store, i, &id, &n);
        if (st == GT_OK && n > 0 && commit != NULL) {
            st = gt_commit_take_edits(app->ctx, commit, id, !cli_has(app, "discard"), date, &n);
        }
        if (st == GT_OK && n > 0) {
            say_layer(app, json, (*n_layers)++, id, n);
        }
    }
    return st;
}

static gt_status take(cli *app, gt_store *store, gt_date date, bool json, size_t *n_layers,
                      int64_t *revision)
{
    gt_commit *commit = NULL;
    bool discard = cli_has(app, "discard");
    const char *message = cli_option_value(app, "message", NULL);
    if (message == NULL && !discard) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "message"), GT_TEXT("arg", "TEXT")));
    }
    const gt_commit_info info = {.author = cli_author(app),
                                 .message = message != NULL ? message
                                                            : "edits of other programs discarded",
                                 .reason = cli_option_value(app, "reason", NULL),
                                 .expect_revision = -1};
    gt_status st = gt_commit_begin(app->ctx, store, &info, &commit);
    if (st != GT_OK) {
        return st;
    }
    st = each_layer(app, store, commit, date, json, n_layers);
    if (st != GT_OK) {
        gt_commit_abort(commit);
        return st;
    }
    return gt_commit_finish(app->ctx, commit, revision);
}

static void summarise(cli *app, bool json, bool took, size_t n_layers, int64_t revision)
{
    if (json) {
        gt_text_printf(&app->out, "%s],\"revision\":%lld}\n", n_layers > 0 ? "\n" : "",
                       (long long)revision);
    } else if (n_layers == 0) {
        gt_text_puts(&app->out,
                     cli_say(app, "没有在版本之外的修改\n", "no edits outside a revision\n"));
    } else if (!took) {
        gt_text_puts(&app->out,
                     cli_say(app, "采纳：guotu adopt --message 说明；撤销：guotu adopt --discard\n",
                             "adopt them with guotu adopt --message TEXT, or drop them with guotu "
                             "adopt --discard\n"));
    } else if (cli_has(app, "discard")) {
        gt_text_printf(&app->out,
                       cli_say(app, "已撤销，各行恢复原状；版本 %lld\n",
                               "discarded, the rows are as they were; revision %lld\n"),
                       (long long)revision);
    } else {
        gt_text_printf(&app->out,
                       cli_say(app, "已采纳为版本 %lld；几何请用 guotu qc 复核\n",
                               "adopted as revision %lld; look at the shapes with guotu qc\n"),
                       (long long)revision);
    }
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    cli_format format = CLI_TEXT;
    gt_date date = GT_DATE_NONE;
    size_t n = 0;
    int64_t revision = 0;
    bool took = false;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    bool json = format == CLI_JSON;
    if (st == GT_OK) {
        st = cli_get_date(app, "as-of", &date);
    }
    if (st == GT_OK) {
        st = cli_open_store(app, cli_has(app, "list"), &store);
    }
    if (st == GT_OK && app->n_operands > 0) {
        gt_layer_info info;
        st = gt_store_find_layer(app->ctx, store, app->operands[0], &info);
    }
    gt_text_puts(&app->out, json ? "{\"layers\":[" : "");
    size_t head = app->out.len;
    if (st == GT_OK) {
        st = each_layer(app, store, NULL, date, json, &n);
    }
    if (st == GT_OK && n > 0 && !cli_has(app, "list")) {
        app->out.len = head; /* said again by the taking itself */
        took = true;
        st = take(app, store, date, json, &n, &revision);
    }
    if (st == GT_OK) {
        summarise(app, json, took, n, took ? revision : gt_store_revision(store));
    } else {
        gt_text_clear(&app->out);
    }
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"message",
     "TEXT",
     {"修订说明（采纳时必填）", "message of the revision (needed to adopt)"},
     false},
    {"discard", NULL, {"不采纳：各行恢复原状", "do not adopt: put the rows back"}, false},
    {"list", NULL, {"只列出有哪些修改", "only list what was edited"}, false},
    {"as-of",
     "DATE",
     {"修改自该日起有效（默认：更正）",
      "the edits are in force from that day (default: corrections)"},
     false},
    {"reason", "TEXT", {"依据或事由", "reason"}, false},
    {"author", "NAME", {"操作人", "who does it"}, false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_ADOPT = {
    .name = "adopt",
    .operands = "[LAYER]",
    .max_operands = 1,
    .summary = {"采纳或撤销其他程序对一张图的修改", "adopt or discard edits other programs made"},
    .detail =
        {"QGIS 等程序可直接编辑 onemap.gpkg。这些修改立即可见，但不属于任何版本，图层在处理之前\n"
         "不接受其他写入。采纳使其成为一个版本：面积重新计算，字段按标准核对。",
         "QGIS and others may edit onemap.gpkg directly. Their edits show at once but belong to\n"
         "no revision, and the layer takes no other change until they are dealt with. Adopting\n"
         "makes them a revision: areas are computed anew, fields are checked by the standard."},
    .options = options,
    .run = run,
};
