/* qc [LAYER]: checks what the map holds against its standards. Exit 1 when something is wrong. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "guotu/coverage.h"
#include "guotu/qc.h"
#include "messages.h"

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
        st = gt_coverage_qc_layer(app->ctx, store, package, id, &o, notes, &summary);
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

/* ---- --coverage: gaps, overlaps, slivers
 * ---------------------------------------------------------
 */

typedef struct faults {
    cli *app;
    cli_format format;
    cli_table *table;
    size_t n[4];
    double m2[4], least, largest_gap;
} faults;

static const char *fault_title(const cli *app, gt_weave_fault fault)
{
    switch (fault) {
    case GT_WEAVE_GAP:
        return cli_say(app, "空隙", "gap");
    case GT_WEAVE_OVERLAP:
        return cli_say(app, "重叠", "overlap");
    case GT_WEAVE_SELF_CROSS:
        return cli_say(app, "自相交", "self-crossing");
    case GT_WEAVE_SLIVER:
        return cli_say(app, "狭长图斑", "sliver");
    }
    return "";
}

static gt_status add_fault(gt_ctx *ctx, void *user, const gt_weave_finding *f, const char *feature,
                           const char *other)
{
    faults *all = user;
    gt_text *o = &all->app->out;
    char m2[40], width[40], place[2][40];
    double x = (f->box.xmin + f->box.xmax) / 2, y = (f->box.ymin + f->box.ymax) / 2;
    (void)ctx;
    bool land = f->fault == GT_WEAVE_GAP && all->largest_gap > 0 && f->m2 > all->largest_gap;
    if (f->m2 < all->least || land) {
        return GT_OK;
    }
    bool first = all->n[0] + all->n[1] + all->n[2] + all->n[3] == 0;
    all->n[f->fault]++;
    all->m2[f->fault] += f->m2;
    if (all->format == CLI_JSON) {
        gt_text_printf(o, "%s{\"fault\":\"%s\",\"feature\":", first ? "\n  " : ",\n  ",
                       gt_weave_fault_name(f->fault));
        gt_text_json_string(o, *feature == '\0' ? NULL : feature);
        gt_text_puts(o, ",\"other\":");
        gt_text_json_string(o, *other == '\0' ? NULL : other);
        gt_text_puts(o, ",\"m2\":");
        gt_text_json_real(o, f->m2);
        gt_text_puts(o, ",\"width_m\":");
        gt_text_json_real(o, f->width);
        gt_text_printf(o, ",\"box\":[%.3f,%.3f,%.3f,%.3f]}", f->box.xmin, f->box.ymin, f->box.xmax,
                       f->box.ymax);
        return gt_text_status(o);
    }
    (void)snprintf(m2, sizeof m2, "%.6f", f->m2);
    (void)snprintf(width, sizeof width, "%.4f", f->width);
    (void)snprintf(place[0], sizeof place[0], "%.3f", x);
    (void)snprintf(place[1], sizeof place[1], "%.3f", y);
    bool csv = all->format == CLI_CSV;
    const char *const cells[] = {csv ? gt_weave_fault_name(f->fault)
                                     : fault_title(all->app, f->fault),
                                 feature,
                                 other,
                                 m2,
                                 width,
                                 place[0],
                                 place[1]};
    return cli_table_row(all->table, cells);
}

static void fault_totals(faults *all)
{
    gt_text *o = &all->app->out;
    for (int k = 0; k < 4; k++) {
        if (all->format == CLI_TEXT) {
            gt_text_printf(o,
                           cli_say(all->app, "%s：%zu 处，%.6f 平方米（椭球面积）\n",
                                   "%s: %zu, %.6f m2 on the ellipsoid\n"),
                           fault_title(all->app, (gt_weave_fault)k), all->n[k], all->m2[k]);
        }
        all->app->answer_no = all->app->answer_no || all->n[k] > 0;
    }
}

/* --tolerance in metres: what is narrower is a sliver; the standard's own width where there is one.
 */
static gt_status read_tolerance(cli *app, const gt_standard *s, double *out)
{
    const char *given = cli_option_value(app, "tolerance", NULL);
    *out = s != NULL && s->qc.min_width_m > 0 ? s->qc.min_width_m : 0.05;
    if (given == NULL) {
        return GT_OK;
    }
    char *end = NULL;
    *out = strtod(given, &end);
    if (end == given || *end != '\0' || !(*out >= 0 && *out <= 1e6)) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "tolerance"), GT_TEXT("value", given),
                               GT_TEXT("allowed", "0 .. 1000000 (m)")));
    }
    return GT_OK;
}

static gt_status run_coverage(cli *app, const char *layer, cli_format format)
{
    static const char *const keys[] = {"fault", "feature", "other", "m2", "width_m", "x", "y"};
    const char *const headings[] = {cli_say(app, "问题", "fault"),
                                    cli_say(app, "要素", "feature"),
                                    cli_say(app, "另一要素", "other"),
                                    cli_say(app, "平方米（椭球）", "m2 (ellipsoid)"),
                                    cli_say(app, "宽（米）", "width m"),
                                    "x",
                                    "y"};
    gt_store *store = NULL;
    gt_package *package = NULL;
    faults all = {.app = app, .format = format};
    const gt_part part = {.layer = layer, .as_of = GT_DATE_NONE};
    double width = 0;
    long least = 0, most = 0;
    gt_status st = cli_get_long(app, "min-area", 0, 0, 1000000000, &least);
    st = st == GT_OK ? cli_get_long(app, "max-gap", 0, 1, 1000000000000, &most) : st;
    all.least = (double)least;
    all.largest_gap = (double)most;
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? read_tolerance(app, gt_package_find_layer(package, layer), &width) : st;
    st = st == GT_OK ? cli_table_new(app, 7, headings, "lllrrrr", &all.table) : st;
    gt_text_puts(&app->out, format == CLI_JSON ? "[" : "");
    if (st == GT_OK) {
        st = gt_coverage_faults(app->ctx, store, package, &part, width, add_fault, &all);
    }
    if (st != GT_OK) {
        gt_text_clear(&app->out);
    } else if (format == CLI_JSON) {
        gt_text_puts(&app->out, "\n]\n");
    } else if (format == CLI_CSV) {
        cli_table_csv(all.table, keys, &app->out);
    } else if (all.n[0] + all.n[1] + all.n[2] + all.n[3] > 0) {
        cli_table_text(all.table, &app->out);
    }
    if (st == GT_OK) {
        fault_totals(&all);
    }
    cli_table_free(all.table);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    cli_format format = CLI_TEXT;
    if (cli_has(app, "coverage")) {
        gt_status of =
            cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
        return of != GT_OK ? of : run_coverage(app, cli_option_value(app, "coverage", ""), format);
    }
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
    {"coverage",
     "LAYER",
     {"检查该图层的空隙、重叠、自相交和狭长图斑",
      "gaps, overlaps, self-crossings and slivers of LAYER"},
     false},
    {"tolerance",
     "M",
     {"--coverage：窄于此宽度（米）为狭长图斑（默认：标准的最小宽度，或 0.05）",
      "--coverage: narrower than this (m) is a sliver (default: the standard's width, or 0.05)"},
     false},
    {"min-area",
     "M2",
     {"--coverage：不计更小的问题", "--coverage: leave smaller faults out"},
     false},
    {"max-gap",
     "M2",
     {"--coverage：更大的空隙视为有意留空，不计",
      "--coverage: larger gaps are meant to be open: leave them out"},
     false},
    {"format",
     "text|json|csv",
     {"输出格式（csv 仅 --coverage）", "output format (csv with --coverage)"},
     false},
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
