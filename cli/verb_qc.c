/* qc [LAYER]: checks what the map holds against its standards. Exit 1 when something is wrong. */
#include <string.h>

#include "cli.h"
#include "guotu/qc.h"

static gt_status one_layer(cli *app, gt_store *store, const gt_package *package, const char *id,
                           bool json, bool first)
{
    gt_qc_options o;
    gt_qc_summary summary;
    gt_notes *notes = NULL;
    gt_qc_options_init(&o);
    o.standard = gt_package_find_layer(package, id);
    gt_status st = gt_notes_new(app->ctx, 0, &notes);
    if (st == GT_OK) {
        st = gt_qc_layer(app->ctx, store, id, &o, notes, &summary);
    }
    if (st == GT_OK && json) {
        gt_text_printf(&app->out,
                       "%s\n {\"layer\":\"%s\",\"errors\":%zu,\"warnings\":%zu,\"findings\":[",
                       first ? "" : ",", id, gt_notes_count(notes, GT_ERROR),
                       gt_notes_count(notes, GT_WARNING) - gt_notes_count(notes, GT_ERROR));
        for (size_t i = 0; i < gt_notes_kept(notes); i++) {
            gt_text_puts(&app->out, i > 0 ? ",\n  " : "\n  ");
            gt_notes_render_json(notes, i, app->lang, &app->out);
        }
        gt_text_puts(&app->out, "]}");
    } else if (st == GT_OK) {
        gt_text_printf(
            &app->out,
            cli_say(app, "%s：%zu 个错误，%zu 个警告\n", "%s: %zu errors, %zu warnings\n"), id,
            gt_notes_count(notes, GT_ERROR),
            gt_notes_count(notes, GT_WARNING) - gt_notes_count(notes, GT_ERROR));
        gt_notes_render_all(notes, app->lang, &app->out);
    }
    if (st == GT_OK && gt_notes_count(notes, GT_ERROR) > 0) {
        app->answer_no = true;
    }
    gt_notes_free(notes);
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    bool json = format == CLI_JSON, first = true;
    gt_text_puts(&app->out, json ? "[" : "");
    if (st == GT_OK && app->n_operands == 1) {
        gt_layer_info info;
        st = gt_store_find_layer(app->ctx, store, app->operands[0], &info);
        st = st != GT_OK ? st : one_layer(app, store, package, app->operands[0], json, true);
    }
    for (size_t i = 0; st == GT_OK && app->n_operands == 0 && i < gt_store_n_layers(store); i++) {
        gt_layer_info info;
        st = gt_store_layer(app->ctx, store, i, &info);
        if (st == GT_OK && info.n_features > 0) {
            st = one_layer(app, store, package, info.standard->id, json, first);
            first = false;
        }
    }
    gt_text_puts(&app->out, json ? "\n]\n" : "");
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_QC = {
    .name = "qc",
    .operands = "[LAYER]",
    .max_operands = 1,
    .summary = {"按标准质检一张图中的图层", "check the map's layers against their standards"},
    .options = options,
    .run = run,
};
