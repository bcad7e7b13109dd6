/* conflicts [PART...]: where lines that must not meet lie over each other. Exit 1 when they do. */
#include <string.h>

#include "messages.h"
#include "place_file.h"

enum { MOST_LINES = 16 };

typedef struct job {
    cli *app;
    cli_format format;
    gt_part parts[MOST_LINES];
    const char *titles[MOST_LINES];
    size_t n_parts;
    cli_table *table;
    cli_origins origins;
    cli_place_file file;
    bool has_file;
    size_t n_of[MOST_LINES][MOST_LINES];
    double m2_of[MOST_LINES][MOST_LINES];
    size_t n;
} job;

/* "LAYER" or "LAYER:CONDITION", in a copy. */
static gt_status read_part(cli *app, char *text, gt_part *out)
{
    char *colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        out->where = colon + 1;
    }
    out->layer = text;
    out->as_of = GT_DATE_NONE;
    return *text != '\0' ? GT_OK
                         : gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OPERANDS, GT_NOWHERE,
                                   GT_ARGS(GT_TEXT("verb", "conflicts"),
                                           GT_TEXT("operands", app->verb->operands)));
}

static gt_status parts_of_view(job *j, const gt_package *package)
{
    cli *app = j->app;
    const char *id = cli_option_value(app, "view", "three-lines");
    const gt_view *view = gt_package_find_view(package, id);
    if (view == NULL) {
        return gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_VIEW, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("view", id), GT_TEXT("package", gt_package_id(package))));
    }
    for (size_t i = 0; view->show[i] != NULL && j->n_parts < MOST_LINES; i++) {
        j->parts[j->n_parts++] =
            (gt_part){view->show[i], view->show[i + 1] == NULL ? view->where : NULL, GT_DATE_NONE};
    }
    return GT_OK;
}

static gt_status read_parts(job *j, const gt_package *package, char **copies)
{
    cli *app = j->app;
    gt_status st = GT_OK;
    if (app->n_operands == 0) {
        st = parts_of_view(j, package);
    }
    for (int i = 0; st == GT_OK && i < app->n_operands && i < MOST_LINES; i++) {
        copies[i] = gt_strdup(app->ctx, app->operands[i]);
        st = copies[i] == NULL ? GT_E_MEMORY : read_part(app, copies[i], &j->parts[j->n_parts++]);
    }
    for (size_t i = 0; st == GT_OK && i < j->n_parts; i++) {
        const gt_standard *s = NULL;
        st = cli_find_layer(app, package, j->parts[i].layer, &s);
        j->titles[i] = st == GT_OK ? cli_title(app, s->title) : "";
    }
    return st;
}

static void as_json(job *j, const gt_place_found *p)
{
    gt_text *o = &j->app->out;
    gt_text_puts(o, j->n > 0 ? ",\n  {\"a\":" : "\n  {\"a\":");
    gt_text_json_string(o, j->parts[p->a].layer);
    gt_text_puts(o, ",\"b\":");
    gt_text_json_string(o, j->parts[p->b].layer);
    gt_text_puts(o, ",\"feature_a\":");
    gt_text_json_string(o, p->features[0]);
    gt_text_puts(o, ",\"feature_b\":");
    gt_text_json_string(o, p->features[1]);
    gt_text_puts(o, ",\"m2\":");
    gt_text_json_real(o, p->m2);
    gt_text_printf(o, ",\"x\":%.3f,\"y\":%.3f,\"box\":[%.3f,%.3f,%.3f,%.3f]}", p->x, p->y,
                   p->box.xmin, p->box.ymin, p->box.xmax, p->box.ymax);
}

static gt_status as_row(job *j, const gt_place_found *p)
{
    char m2[40], ha[40], mu[40], x[40], y[40];
    bool csv = j->format == CLI_CSV;
    (void)snprintf(m2, sizeof m2, csv ? "%.6f" : "%.2f", p->m2);
    (void)snprintf(ha, sizeof ha, "%.4f", gt_area_to(GT_HA, p->m2));
    (void)snprintf(mu, sizeof mu, "%.4f", gt_area_to(GT_MU, p->m2));
    (void)snprintf(x, sizeof x, "%.2f", p->x);
    (void)snprintf(y, sizeof y, "%.2f", p->y);
    const char *const cells[] = {csv ? j->parts[p->a].layer : j->titles[p->a],
                                 p->features[0],
                                 csv ? j->parts[p->b].layer : j->titles[p->b],
                                 p->features[1],
                                 m2,
                                 ha,
                                 mu,
                                 x,
                                 y,
                                 cli_origin_key(j->origins.weakest)};
    return cli_table_row(j->table, cells);
}

static gt_status found(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    job *j = user;
    (void)ctx;
    gt_status st = GT_OK;
    if (j->has_file) {
        const char *const texts[] = {j->parts[p->a].layer, p->features[0], p->classes[0],
                                     j->parts[p->b].layer, p->features[1], p->classes[1]};
        st = cli_place_file_add(&j->file, texts, p);
    }
    if (j->format == CLI_JSON) {
        as_json(j, p);
        st = st == GT_OK ? gt_text_status(&j->app->out) : st;
    } else if (st == GT_OK) {
        st = as_row(j, p);
    }
    j->n_of[p->a][p->b]++;
    j->m2_of[p->a][p->b] += p->m2;
    j->n++;
    return st;
}

static void totals(job *j)
{
    gt_text *o = &j->app->out;
    bool first = true;
    for (size_t b = 1; b < j->n_parts; b++) {
        for (size_t a = 0; a < b; a++) {
            if (j->format == CLI_JSON) {
                gt_text_puts(o, first ? "\n" : ",\n");
                gt_text_puts(o, "  {\"a\":");
                gt_text_json_string(o, j->parts[a].layer);
                gt_text_puts(o, ",\"b\":");
                gt_text_json_string(o, j->parts[b].layer);
                gt_text_printf(o, ",\"places\":%zu,\"m2\":", j->n_of[a][b]);
                gt_text_json_real(o, j->m2_of[a][b]);
                gt_text_puts(o, "}");
            } else {
                gt_text_printf(o,
                               cli_say(j->app, "%s 与 %s：%zu 处，%.4f 公顷（%.4f 亩）\n",
                                       "%s and %s: %zu places, %.4f ha (%.4f mu)\n"),
                               j->titles[a], j->titles[b], j->n_of[a][b],
                               gt_area_to(GT_HA, j->m2_of[a][b]),
                               gt_area_to(GT_MU, j->m2_of[a][b]));
            }
            first = false;
        }
    }
}

static gt_status find_origins(job *j, gt_store *store)
{
    const char *layers[MOST_LINES];
    for (size_t i = 0; i < j->n_parts; i++) {
        layers[i] = j->parts[i].layer;
    }
    return cli_origins_of(j->app, store, layers, j->n_parts, &j->origins);
}

static gt_status list(job *j, gt_store *store, const gt_package *package)
{
    static const char *const columns[] = {"layer_a", "feature_a", "class_a",
                                          "layer_b", "feature_b", "class_b"};
    static const char *const keys[] = {"layer_a", "feature_a", "layer_b", "feature_b", "m2",
                                       "ha",      "mu",        "x",       "y",         "origin"};
    cli *app = j->app;
    const char *const headings[] = {cli_say(app, "图层甲", "layer A"),
                                    cli_say(app, "要素", "feature"),
                                    cli_say(app, "图层乙", "layer B"),
                                    cli_say(app, "要素", "feature"),
                                    cli_say(app, "平方米", "m2"),
                                    cli_say(app, "公顷", "ha"),
                                    cli_say(app, "亩", "mu"),
                                    "x",
                                    "y",
                                    "origin"};
    const char *path = cli_option_value(app, "o", NULL);
    long min_m2 = 0;
    gt_status st = cli_get_long(app, "min-area", 0, 0, 1000000000, &min_m2);
    st = st == GT_OK
             ? cli_table_new(app, j->format == CLI_CSV ? 10 : 9, headings, "llllrrrrrl", &j->table)
             : st;
    if (st == GT_OK && path != NULL) {
        st = cli_place_file_open(app, store, path, "conflicts", columns, 6, &j->file);
        j->has_file = true;
    }
    st = st == GT_OK ? find_origins(j, store) : st;
    if (j->format == CLI_JSON) {
        gt_text_putc(&app->out, '{');
        cli_json_generated(app, &j->origins);
        gt_text_puts(&app->out, ",\"places\":[");
    }
    if (st == GT_OK) {
        st = gt_conflicts(app->ctx, store, package, j->parts, j->n_parts, (double)min_m2, found, j);
    }
    st = cli_place_file_close(&j->file, st);
    if (st != GT_OK) {
        gt_text_clear(&app->out);
        return st;
    }
    if (j->format == CLI_JSON) {
        gt_text_puts(&app->out, "\n],\"pairs\":[");
        totals(j);
        gt_text_puts(&app->out, "\n]}\n");
    } else if (j->format == CLI_CSV) {
        cli_table_csv(j->table, keys, &app->out);
    } else {
        if (j->n > 0) {
            cli_table_text(j->table, &app->out);
        }
        totals(j);
        cli_put_generated(app, package, &j->origins);
    }
    app->answer_no = j->n > 0;
    return GT_OK;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    char *copies[MOST_LINES] = {NULL};
    job *j = gt_zalloc(app->ctx, 1, sizeof *j);
    if (j == NULL) {
        return GT_E_MEMORY;
    }
    j->app = app;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &j->format);
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? read_parts(j, package, copies) : st;
    st = st == GT_OK ? list(j, store, package) : st;
    cli_table_free(j->table);
    for (size_t i = 0; i < MOST_LINES; i++) {
        gt_free(app->ctx, copies[i]);
    }
    gt_free(app->ctx, j);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"o",
     "FILE",
     {"写出重叠图形（.gpkg）或清单（.csv）",
      "write the overlaps: polygons (.gpkg) or a list (.csv)"},
     false},
    {"min-area",
     "M2",
     {"不计小于此面积的重叠（默认 0）", "leave smaller overlaps out (default 0)"},
     false},
    {"view",
     "ID",
     {"不给图层时所用的视图（默认 three-lines）",
      "view whose layers are taken when none is named (default three-lines)"},
     false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_CONFLICTS = {
    .name = "conflicts",
    .operands = "[LAYER[:CONDITION] LAYER[:CONDITION]...]",
    .max_operands = MOST_LINES,
    .summary = {"控制线之间的重叠：位置、要素、面积",
                "where control lines overlap: place, features, area"},
    .detail = {"两两比较所给图层（或视图中的图层）；有重叠时退出码为 1。条件如 "
               "farmland_space:\"part = 'basic'\"。图层读入内存，每条边约 150 "
               "字节；图层很大时只读入参与矛盾的要素。",
               "Compares the layers (or those of the view) pair by pair; exit code 1 when any two "
               "overlap. A condition is SQL over the layer's fields, such as farmland_space:\"part "
               "= 'basic'\". Layers are held in memory at about 150 bytes an edge; of large ones "
               "only what conflicts."},
    .options = options,
    .run = run,
};
