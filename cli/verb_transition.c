/* transition LAYER --from D --to D: what each class became between two surveys. */
#include <math.h>
#include <string.h>

#include "messages.h"
#include "place_file.h"

enum { MOST_SHOWN = 24 }; /* columns of a text matrix; more are listed */

typedef struct job {
    cli *app;
    const gt_transition *t;
    gt_area_unit unit;
    cli_origins origins; /* of the layer and the units */
} job;

static const char *shown(const job *j, const char *text)
{
    if (*text == '\0') {
        return cli_say(j->app, "（无）", "(none)");
    }
    const gt_codelist *codes = gt_transition_codes(j->t);
    const gt_code *code = codes == NULL ? NULL : gt_codelist_find(codes, text);
    return code == NULL ? text : cli_title(j->app, code->title);
}

static gt_status matrix_row(const job *j, cli_table *table, size_t unit, size_t i)
{
    char texts[MOST_SHOWN + 1][40];
    const char *cells[MOST_SHOWN + 2];
    size_t n = gt_transition_n_classes(j->t);
    cells[0] = i < n ? shown(j, gt_transition_class(j->t, i)) : cli_say(j->app, "合计", "total");
    for (size_t k = 0; k <= n; k++) {
        (void)snprintf(texts[k], sizeof texts[k], "%.4f",
                       gt_area_to(j->unit, gt_transition_m2(j->t, unit, i, k)));
        cells[k + 1] = texts[k];
    }
    return cli_table_row(table, cells);
}

static gt_status matrix(const job *j, size_t unit)
{
    const char *headings[MOST_SHOWN + 2];
    char align[MOST_SHOWN + 3], corner[64];
    cli_table *table = NULL;
    size_t n = gt_transition_n_classes(j->t);
    (void)snprintf(corner, sizeof corner, "%s (%s)", cli_say(j->app, "由＼到", "from \\ to"),
                   gt_area_unit_name(j->unit, j->app->lang));
    headings[0] = corner;
    for (size_t k = 0; k < n; k++) {
        headings[k + 1] = shown(j, gt_transition_class(j->t, k));
    }
    headings[n + 1] = cli_say(j->app, "合计", "total");
    memset(align, 'r', sizeof align);
    align[0] = 'l';
    align[n + 2] = '\0';
    gt_status st = cli_table_new(j->app, (int)n + 2, headings, align, &table);
    for (size_t i = 0; st == GT_OK && i <= n; i++) {
        st = matrix_row(j, table, unit, i);
    }
    if (st == GT_OK) {
        cli_table_text(table, &j->app->out);
    }
    cli_table_free(table);
    return st;
}

static gt_status changes(const job *j, size_t unit)
{
    cli *app = j->app;
    const char *const headings[] = {
        cli_say(app, "类别", "class"), cli_say(app, "期初", "before"),
        cli_say(app, "期末", "after"), cli_say(app, "减少", "loss"),
        cli_say(app, "增加", "gain"),  cli_say(app, "净变化", "net"),
        cli_say(app, "交换", "swap"),  cli_say(app, "动态度 %/年", "degree %/year")};
    cli_table *table = NULL;
    gt_status st = cli_table_new(app, 8, headings, "lrrrrrrr", &table);
    for (size_t i = 0; st == GT_OK && i < gt_transition_n_classes(j->t); i++) {
        gt_change c = gt_transition_change(j->t, unit, i);
        const double values[] = {c.before, c.after, c.loss, c.gain, c.net, c.swap};
        char texts[7][40];
        const char *cells[8] = {shown(j, gt_transition_class(j->t, i))};
        for (size_t k = 0; k < 6; k++) {
            (void)snprintf(texts[k], sizeof texts[k], "%.4f", gt_area_to(j->unit, values[k]));
            cells[k + 1] = texts[k];
        }
        (void)snprintf(texts[6], sizeof texts[6], "%.3f", 100 * c.degree);
        cells[7] = isnan(c.degree) ? "" : texts[6];
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    gt_disagreement d = gt_transition_disagreement(j->t, unit);
    gt_text_printf(&app->out,
                   cli_say(app,
                           "变化 %.4f %s：数量 %.4f，配置 %.4f；综合动态度 %.4f %%/年（%.2f 年）\n",
                           "changed %.4f %s: quantity %.4f, allocation %.4f; comprehensive degree "
                           "%.4f %%/year (%.2f years)\n"),
                   gt_area_to(j->unit, d.change), gt_area_unit_name(j->unit, app->lang),
                   gt_area_to(j->unit, d.quantity), gt_area_to(j->unit, d.allocation),
                   100 * d.degree, d.years);
    return st;
}

static gt_status as_text(const job *j)
{
    size_t units = gt_transition_n_units(j->t);
    gt_status st = GT_OK;
    for (size_t u = 0; st == GT_OK && u <= units; u++) {
        if (units > 0) {
            gt_text_printf(&j->app->out, "%s%s\n", u > 0 ? "\n" : "",
                           u == units ? cli_say(j->app, "全域", "all")
                           : *gt_transition_unit(j->t, u) == '\0'
                               ? cli_say(j->app, "（无）", "(none)")
                               : gt_transition_unit(j->t, u));
        }
        if (gt_transition_n_classes(j->t) <= MOST_SHOWN) {
            st = matrix(j, u);
        } else {
            gt_text_puts(&j->app->out,
                         cli_say(j->app, "类别太多，矩阵请用 --format csv\n",
                                 "too many classes for a matrix: use --format csv\n"));
        }
        st = st == GT_OK ? changes(j, u) : st;
    }
    return st;
}

/* One line for every cell that is not 0: sums over lines are the table's own. */
static void as_csv(const job *j)
{
    gt_text *o = &j->app->out;
    size_t n = gt_transition_n_classes(j->t), units = gt_transition_n_units(j->t);
    gt_text_puts(o, units > 0 ? "unit,from,to,m2,origin\r\n" : "from,to,m2,origin\r\n");
    for (size_t u = 0; u < (units > 0 ? units : 1); u++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < n; k++) {
                double m2 = gt_transition_m2(j->t, u, i, k);
                if (m2 == 0) {
                    continue;
                }
                if (units > 0) {
                    gt_text_csv_field(o, gt_transition_unit(j->t, u));
                    gt_text_putc(o, ',');
                }
                gt_text_csv_field(o, gt_transition_class(j->t, i));
                gt_text_putc(o, ',');
                gt_text_csv_field(o, gt_transition_class(j->t, k));
                gt_text_printf(o, ",%.6f,%s\r\n", m2, cli_origin_key(j->origins.weakest));
            }
        }
    }
}

static void json_unit(const job *j, size_t u)
{
    gt_text *o = &j->app->out;
    size_t n = gt_transition_n_classes(j->t);
    gt_text_puts(o, "{\"unit\":");
    gt_text_json_string(o, u == gt_transition_n_units(j->t) ? NULL : gt_transition_unit(j->t, u));
    gt_text_puts(o, ",\"m2\":[");
    for (size_t i = 0; i < n; i++) {
        gt_text_puts(o, i > 0 ? ",\n   [" : "\n   [");
        for (size_t k = 0; k < n; k++) {
            gt_text_puts(o, k > 0 ? "," : "");
            gt_text_json_real(o, gt_transition_m2(j->t, u, i, k));
        }
        gt_text_putc(o, ']');
    }
    gt_text_puts(o, "],\"changes\":[");
    for (size_t i = 0; i < n; i++) {
        gt_change c = gt_transition_change(j->t, u, i);
        const double values[] = {c.before, c.after, c.loss, c.gain, c.net, c.swap, c.degree};
        static const char *const names[] = {"before", "after", "loss",  "gain",
                                            "net",    "swap",  "degree"};
        gt_text_puts(o, i > 0 ? ",\n   {\"class\":" : "\n   {\"class\":");
        gt_text_json_string(o, gt_transition_class(j->t, i));
        for (size_t k = 0; k < 7; k++) {
            gt_text_printf(o, ",\"%s\":", names[k]);
            gt_text_json_real(o, values[k]);
        }
        gt_text_putc(o, '}');
    }
    gt_disagreement d = gt_transition_disagreement(j->t, u);
    gt_text_puts(o, "],\"change\":");
    gt_text_json_real(o, d.change);
    gt_text_puts(o, ",\"quantity\":");
    gt_text_json_real(o, d.quantity);
    gt_text_puts(o, ",\"allocation\":");
    gt_text_json_real(o, d.allocation);
    gt_text_puts(o, ",\"degree\":");
    gt_text_json_real(o, d.degree);
    gt_text_putc(o, '}');
}

static void as_json(const job *j)
{
    gt_text *o = &j->app->out;
    gt_text_putc(o, '{');
    cli_json_generated(j->app, &j->origins);
    gt_text_puts(o, ",\"classes\":[");
    for (size_t i = 0; i < gt_transition_n_classes(j->t); i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, gt_transition_class(j->t, i));
    }
    gt_text_puts(o, "],\"units\":[");
    for (size_t u = 0; u <= gt_transition_n_units(j->t); u++) {
        gt_text_puts(o, u > 0 ? ",\n  " : "\n  ");
        json_unit(j, u);
    }
    gt_text_puts(o, "\n]}\n");
}

/* ---- where --------------------------------------------------------------------------------------
 */

static gt_status put_place(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    cli_place_file *f = user;
    (void)ctx;
    const char *const texts[] = {p->features[0], p->classes[0],  p->features[1],
                                 p->classes[1],  p->features[2], p->classes[2]};
    return cli_place_file_add(f, texts, p);
}

static gt_status write_places(cli *app, gt_store *store, const gt_package *package,
                              const gt_transition_options *o)
{
    static const char *const columns[] = {"from_feature", "from_class", "to_feature",
                                          "to_class",     "unit",       "unit_class"};
    cli_place_file file;
    const char *path = cli_option_value(app, "changes", NULL);
    gt_status st = cli_place_file_open(app, store, path, "changes", columns, 6, &file);
    if (st == GT_OK) {
        st = gt_transition_places(app->ctx, store, package, app->operands[0], o, put_place, &file);
    }
    return cli_place_file_close(&file, st);
}

static gt_status read_options(cli *app, const gt_package *package, gt_transition_options *o,
                              gt_area_unit *unit)
{
    const char *by = cli_option_value(app, "by", NULL);
    const char *given = cli_option_value(app, "unit", "ha");
    gt_status st = cli_get_date(app, "from", &o->from);
    st = st == GT_OK ? cli_get_date(app, "to", &o->to) : st;
    o->field = cli_option_value(app, "field", NULL);
    o->by = by != NULL && strcmp(by, "district") == 0 ? gt_package_unit_layer(package) : by;
    if (st == GT_OK && !gt_area_unit_parse(given, unit)) {
        st = gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("option", "unit"), GT_TEXT("value", given),
                             GT_TEXT("allowed", "m2, mu, ha, km2, wan_mu")));
    }
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_transition *t = NULL;
    gt_transition_options o;
    job j = {.app = app, .unit = GT_HA};
    cli_format format = CLI_TEXT;
    gt_transition_options_init(&o);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? read_options(app, package, &o, &j.unit) : st;
    st = st == GT_OK ? gt_transition_run(app->ctx, store, package, app->operands[0], &o, &t) : st;
    if (st == GT_OK) {
        const char *const layers[] = {app->operands[0], o.by};
        st = cli_origins_of(app, store, layers, o.by != NULL ? 2 : 1, &j.origins);
    }
    if (st == GT_OK) {
        j.t = t;
        switch (format) {
        case CLI_CSV:
            as_csv(&j);
            break;
        case CLI_JSON:
            as_json(&j);
            break;
        case CLI_TEXT:
        case CLI_GPKG:
        case CLI_PDF:
        case CLI_PNG:
        case CLI_XLSX:
            st = as_text(&j);
            cli_put_generated(app, package, &j.origins);
            break;
        }
    }
    if (st == GT_OK && cli_has(app, "changes")) {
        st = write_places(app, store, package, &o);
    }
    gt_transition_free(t);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"from", "DATE", {"期初日期", "first day"}, false},
    {"to", "DATE", {"期末日期", "second day"}, false},
    {"by",
     "district|LAYER",
     {"按行政区或某一图层分别统计", "a matrix for each district, or each unit of LAYER"},
     false},
    {"field",
     "FIELD",
     {"分类字段（默认：图层的分类字段）", "class field (default: the layer's)"},
     false},
    {"changes",
     "FILE",
     {"写出变化图斑（.gpkg 或 .csv）", "write the pieces that changed (.gpkg or .csv)"},
     false},
    {"unit",
     "U",
     {"单位：m2、mu、ha、km2、wan_mu（默认 ha）", "unit: m2, mu, ha, km2, wan_mu (default ha)"},
     false},
    {"format",
     "text|csv|json",
     {"输出格式（csv、json 为平方米）", "output format (csv and json in m2)"},
     false},
    {0},
};

const cli_verb CLI_TRANSITION = {
    .name = "transition",
    .operands = "LAYER",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"两期之间的地类转移矩阵", "what each class became between two dates"},
    .detail =
        {"行列平衡；另给减少、增加、净变化、交换、动态度，以及数量与配置差异。矩阵按 --memory "
         "分条带计算；--changes 把图层读入内存。",
         "Rows and columns balance; with loss, gain, net, swap, dynamic degree, quantity and "
         "allocation. The matrix is woven in strips that fit --memory; --changes holds the "
         "layer in memory."},
    .options = options,
    .run = run,
};
