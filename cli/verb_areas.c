/* areas --by A,B: area tables from the account of weave. */
#include <string.h>

#include "cli.h"
#include "guotu/coverage.h"
#include "messages.h"

enum { MAX_PIVOT = 12, MAX_CELLS = 21 };

static const char *shown(const cli *app, const gt_area_column *c, const char *text)
{
    if (*text == '\0') {
        return c->codes == NULL ? cli_say(app, "（范围外）", "(outside)")
                                : cli_say(app, "（无）", "(none)");
    }
    if (strcmp(text, "*") == 0) {
        return cli_say(app, "（重叠）", "(overlapping)");
    }
    if (c->big_class) {
        static const char *const words[][3] = {{"farm", "农用地", "agricultural"},
                                               {"construction", "建设用地", "construction"},
                                               {"unused", "未利用地", "unused"}};
        for (size_t i = 0; i < 3; i++) {
            if (strcmp(text, words[i][0]) == 0) {
                return cli_say(app, words[i][1], words[i][2]);
            }
        }
    }
    const gt_code *code = c->codes == NULL ? NULL : gt_codelist_find(c->codes, text);
    return code == NULL ? text : cli_title(app, code->title);
}

/* Heading of a column for people; files keep the word. */
static const char *heading_of(const cli *app, const gt_package *package, const gt_area_column *c)
{
    static const char *const words[][3] = {{"district", "行政区", "district"},
                                           {"township", "乡镇", "township"},
                                           {"land_class", "地类", "land class"},
                                           {"big_class", "三大类", "big class"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(c->name, words[i][0]) == 0) {
            return cli_say(app, words[i][1], words[i][2]);
        }
    }
    if (c->grid != NULL) {
        const gt_model_decl *m = gt_package_model_of_grid(package, c->grid);
        return m != NULL ? cli_title(app, m->title) : c->name;
    }
    const gt_standard *s = gt_package_find_layer(package, c->layer);
    return s != NULL && strcmp(c->name, c->layer) == 0 ? cli_title(app, s->title) : c->name;
}

static gt_status list_rows(cli *app, const gt_package *package, const gt_area_table *t,
                           gt_area_unit unit, bool csv, gt_origin weakest)
{
    size_t n = gt_area_table_n_columns(t);
    const char *headings[MAX_CELLS], *keys[MAX_CELLS], *cells[MAX_CELLS];
    char align[MAX_CELLS + 1], m2[40], km2[40], heading[64];
    cli_table *table = NULL;
    for (size_t c = 0; c < n; c++) {
        keys[c] = gt_area_table_column(t, c)->name;
        headings[c] = heading_of(app, package, gt_area_table_column(t, c));
        align[c] = 'l';
    }
    (void)snprintf(heading, sizeof heading, cli_say(app, "面积 (%s)", "area (%s)"),
                   gt_area_unit_name(unit, app->lang));
    headings[n] = heading;
    keys[n] = "m2";
    headings[n + 1] = cli_say(app, "占比 %", "share %");
    keys[n + 1] = "share";
    headings[n + 2] = keys[n + 2] = "origin"; /* of the weakest layer; CSV only: text has a line */
    cells[n + 2] = cli_origin_key(weakest);
    align[n] = align[n + 1] = 'r';
    align[n + 2] = csv ? 'l' : '\0';
    align[n + 3] = '\0';
    gt_status st = cli_table_new(app, (int)n + 2 + (csv ? 1 : 0), headings, align, &table);
    for (size_t r = 0; st == GT_OK && r < gt_area_table_n_rows(t); r++) {
        double a = gt_area_table_m2(t, r);
        for (size_t c = 0; c < n; c++) {
            const char *text = gt_area_table_text(t, r, c);
            cells[c] = csv ? text : shown(app, gt_area_table_column(t, c), text);
        }
        (void)snprintf(m2, sizeof m2, "%.4f", csv ? a : gt_area_to(unit, a));
        (void)snprintf(km2, sizeof km2, csv ? "%.9f" : "%.2f",
                       (csv ? 1 : 100) * a / gt_area_table_total(t));
        cells[n] = m2;
        cells[n + 1] = km2;
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK && csv) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
        gt_text_printf(&app->out, cli_say(app, "合计 %.4f %s\n", "total %.4f %s\n"),
                       gt_area_to(unit, gt_area_table_total(t)),
                       gt_area_unit_name(unit, app->lang));
    }
    cli_table_free(table);
    return st;
}

/* Distinct texts of column 1 in order; n = MAX_PIVOT + 1 when there are too many. */
static size_t distinct_second(const gt_area_table *t, const char **out)
{
    size_t n = 0;
    for (size_t r = 0; r < gt_area_table_n_rows(t); r++) {
        const char *text = gt_area_table_text(t, r, 1);
        size_t k = 0;
        while (k < n && strcmp(out[k], text) != 0) {
            k++;
        }
        if (k == n) {
            if (n == MAX_PIVOT) {
                return MAX_PIVOT + 1;
            }
            out[n++] = text;
        }
    }
    return n;
}

static gt_status pivot_row(cli_table *table, const char *label, const double *values, size_t n,
                           gt_area_unit unit)
{
    char texts[MAX_PIVOT + 1][40];
    const char *cells[MAX_PIVOT + 2];
    double sum = 0;
    cells[0] = label;
    for (size_t k = 0; k < n; k++) {
        sum += values[k];
        (void)snprintf(texts[k], sizeof texts[k], "%.4f", gt_area_to(unit, values[k]));
        cells[k + 1] = texts[k];
    }
    (void)snprintf(texts[n], sizeof texts[n], "%.4f", gt_area_to(unit, sum));
    cells[n + 1] = texts[n];
    return cli_table_row(table, cells);
}

/* Would the area print as 0.0000? */
static bool prints_as_nothing(gt_area_unit unit, double m2)
{
    return gt_area_to(unit, m2) < 0.00005;
}

/* Which of the words of column 1 get a column: those that hold an area that can be printed. */
static size_t columns_worth(const gt_area_table *t, gt_area_unit unit, const char **second,
                            size_t n)
{
    size_t kept = 0;
    for (size_t k = 0; k < n; k++) {
        double m2 = 0;
        for (size_t r = 0; r < gt_area_table_n_rows(t); r++) {
            m2 += strcmp(second[k], gt_area_table_text(t, r, 1)) == 0 ? gt_area_table_m2(t, r) : 0;
        }
        if (!prints_as_nothing(unit, m2)) {
            second[kept++] = second[k];
        }
    }
    return kept;
}

/* Rows: first column; columns: second; sums at the right and at the foot. What is too small to
 * print gets no row and no column, and is told in square metres beneath. */
static gt_status pivot(cli *app, const gt_package *package, const gt_area_table *t,
                       gt_area_unit unit, const char **second, size_t n)
{
    const char *headings[MAX_PIVOT + 2] = {NULL};
    double row[MAX_PIVOT] = {0}, foot[MAX_PIVOT] = {0}, sum = 0, shown_m2 = 0;
    cli_table *table = NULL;
    char corner[64];
    n = columns_worth(t, unit, second, n);
    (void)snprintf(corner, sizeof corner, "%s (%s)",
                   heading_of(app, package, gt_area_table_column(t, 0)),
                   gt_area_unit_name(unit, app->lang));
    headings[0] = corner;
    for (size_t k = 0; k < n; k++) {
        headings[k + 1] = shown(app, gt_area_table_column(t, 1), second[k]);
    }
    headings[n + 1] = cli_say(app, "合计", "total");
    gt_status st = cli_table_new(app, (int)n + 2, headings, "lrrrrrrrrrrrrr", &table);
    size_t rows = gt_area_table_n_rows(t);
    for (size_t r = 0; st == GT_OK && r < rows; r++) {
        const char *label = gt_area_table_text(t, r, 0);
        size_t k = 0;
        while (k < n && strcmp(second[k], gt_area_table_text(t, r, 1)) != 0) {
            k++;
        }
        if (k < n) {
            row[k] += gt_area_table_m2(t, r);
            sum += gt_area_table_m2(t, r);
        }
        if (r + 1 == rows || strcmp(label, gt_area_table_text(t, r + 1, 0)) != 0) {
            if (!prints_as_nothing(unit, sum)) {
                st = pivot_row(table, shown(app, gt_area_table_column(t, 0), label), row, n, unit);
                shown_m2 += sum;
                for (k = 0; k < n; k++) {
                    foot[k] += row[k];
                }
            }
            memset(row, 0, sizeof row);
            sum = 0;
        }
    }
    if (st == GT_OK) {
        st = pivot_row(table, cli_say(app, "全域", "all"), foot, n, unit);
    }
    if (st == GT_OK) {
        cli_table_text(table, &app->out);
        double left = gt_area_table_total(t) - shown_m2;
        if (left >= 0.00005) {
            gt_text_printf(&app->out,
                           cli_say(app, "另有 %.4f m2 过小未列\n",
                                   "and %.4f m2 in pieces too small to print\n"),
                           left);
        }
    }
    cli_table_free(table);
    return st;
}

static void as_json(cli *app, const gt_area_table *t, const cli_origins *origins)
{
    gt_text *o = &app->out;
    gt_text_puts(o, "{\"total_m2\":");
    gt_text_json_real(o, gt_area_table_total(t));
    gt_text_putc(o, ',');
    cli_json_generated(app, origins);
    gt_text_puts(o, ",\"rows\":[");
    for (size_t r = 0; r < gt_area_table_n_rows(t); r++) {
        gt_text_puts(o, r > 0 ? ",\n  {" : "\n  {");
        for (size_t c = 0; c < gt_area_table_n_columns(t); c++) {
            gt_text_json_string(o, gt_area_table_column(t, c)->name);
            gt_text_putc(o, ':');
            const char *text = gt_area_table_text(t, r, c);
            gt_text_json_string(o, *text == '\0' ? NULL : text);
            gt_text_putc(o, ',');
        }
        gt_text_puts(o, "\"m2\":");
        gt_text_json_real(o, gt_area_table_m2(t, r));
        gt_text_putc(o, '}');
    }
    gt_text_puts(o, "\n]}\n");
}

static gt_status find_origins(cli *app, gt_store *store, const gt_area_table *t, cli_origins *out)
{
    const char *layers[MAX_CELLS];
    size_t n = 0, n_columns = gt_area_table_n_columns(t);
    for (size_t i = 0; i < n_columns && n < MAX_CELLS; i++) {
        if (gt_area_table_column(t, i)->grid == NULL) {
            layers[n++] = gt_area_table_column(t, i)->layer;
        }
    }
    gt_status st = cli_origins_of(app, store, layers, n, out);
    for (size_t i = 0; st == GT_OK && i < n_columns; i++) {
        const gt_area_column *c = gt_area_table_column(t, i);
        if (c->generated && out->n < CLI_MAX_ORIGINS) {
            out->generated[out->n++] = c->layer;
            out->weakest = GT_ORIGIN_GENERATED;
        }
    }
    return st;
}

static gt_status write_table(cli *app, const gt_package *package, const gt_area_table *t,
                             cli_format format, const cli_origins *origins)
{
    gt_area_unit unit = GT_KM2;
    const char *second[MAX_PIVOT];
    const char *given = cli_option_value(app, "unit", "km2");
    if (!gt_area_unit_parse(given, &unit)) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "unit"), GT_TEXT("value", given),
                               GT_TEXT("allowed", "m2, mu, ha, km2, wan_mu")));
    }
    if (format == CLI_JSON) {
        as_json(app, t, origins);
        return GT_OK;
    }
    if (format == CLI_TEXT && gt_area_table_n_columns(t) == 2) {
        size_t n = distinct_second(t, second);
        if (n > 0 && n <= MAX_PIVOT) {
            return pivot(app, package, t, unit, second, n);
        }
    }
    return list_rows(app, package, t, unit, format == CLI_CSV, origins->weakest);
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_area_table *table = NULL;
    gt_areas_options o;
    cli_origins origins = {.n = 0};
    cli_format format = CLI_TEXT;
    gt_areas_options_init(&o);
    o.afresh = cli_has(app, "afresh");
    o.whole = !o.afresh;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_get_date(app, "as-of", &o.as_of);
    }
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    if (st == GT_OK) {
        st = gt_areas(app->ctx, store, package, cli_option_value(app, "by", "district,land_class"),
                      &o, &table);
    }
    if (st == GT_OK && gt_area_table_n_rows(table) == 0 && o.as_of != GT_DATE_NONE) {
        st = gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NOTHING_THEN, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("date", cli_option_value(app, "as-of", ""))));
    }
    if (st == GT_OK) {
        st = find_origins(app, store, table, &origins);
    }
    if (st == GT_OK) {
        st = write_table(app, package, table, format, &origins);
    }
    if (st == GT_OK && format == CLI_TEXT) {
        cli_put_generated(app, package, &origins);
    }
    gt_area_table_free(table);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"by",
     "A,B,...",
     {"分类项：district、township、land_class、big_class、图层、图层.字段 或 grid.栅格",
      "break down by: district, township, land_class, big_class, LAYER, LAYER.FIELD or "
      "grid.NAME (classes of a grid)"},
     false},
    {"unit",
     "U",
     {"单位：m2、mu、ha、km2、wan_mu（默认 km2）", "unit: m2, mu, ha, km2, wan_mu (default km2)"},
     false},
    {"as-of", "DATE", {"该日有效的要素", "features valid on that day"}, false},
    {"afresh",
     NULL,
     {"只叠合所问图层，不用全图账目", "cut only the layers asked for, not the whole map's account"},
     false},
    {"format",
     "text|csv|json",
     {"输出格式（csv、json 为平方米）", "output format (csv and json in m2)"},
     false},
    {0},
};

const cli_verb CLI_AREAS = {
    .name = "areas",
    .operands = "",
    .summary = {"分区、分类面积表", "area tables by unit, class or any layer"},
    .detail = {"全图各面图层一次叠合并入账，各表同出一账：分项之和恒等于总和，表与表相符。面积为椭"
               "球面积。",
               "All polygon layers are cut together once and kept as one account: parts sum to the "
               "whole, and tables agree with each other. Areas are ellipsoidal."},
    .options = options,
    .run = run,
};
