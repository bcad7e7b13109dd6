/* indicators, warn: figures of the plans with target, standing and warning grade. */
#include <math.h>
#include <string.h>

#include "cli.h"
#include "guotu/indicator.h"
#include "guotu/yearly.h"
#include "messages.h"

enum { N_COLUMNS = 9, N_CSV = 15 };

typedef struct job {
    cli *app;
    const gt_package *package;
    const gt_indicator_table *table;
    const char *unit; /* only this district; NULL: all */
    bool warn;        /* only yellow and worse */
} job;

static const char *const level_names[] = {"city", "district", "town"};

static double in_unit(const gt_indicator *in, double base)
{
    return base / in->unit_base;
}

static bool shown(const job *j, const gt_indicator_row *row)
{
    if (j->warn) {
        return row->judgement.grade >= GT_YELLOW && row->target != NULL && !row->target->overruled;
    }
    return j->unit == NULL || strcmp(j->unit, row->unit) == 0 || strcmp(j->unit, row->parent) == 0;
}

/* ids: what is missing by id, not by title. Appends. */
static void note_of(const job *j, const gt_indicator_row *row, bool ids, gt_text *out)
{
    const cli *app = j->app;
    const gt_judgement *a = &row->judgement;
    if (row->target != NULL && row->target->overruled) {
        gt_text_puts(out,
                     cli_say(app, "另一规划优先，此目标仅存录", "held; another plan prevails"));
    } else if (a->why != GT_WHY_NONE) {
        gt_text_puts(out, cli_title(app, gt_why_title(a->why)));
        gt_text_puts(out, *row->missing == '\0' ? "" : cli_say(app, "：", ": "));
        if (ids) {
            gt_text_puts(out, row->missing);
        } else {
            gt_source_words(j->package, row->missing, app->lang, out);
        }
    } else if (!isnan(a->progress)) {
        gt_text_printf(
            out,
            cli_say(app, "完成 %.1f%%，时间已过 %.1f%%", "%.1f %% done in %.1f %% of the time"),
            100 * a->progress, 100 * a->time);
    }
}

/* "no_decrease (2025)" for machines; "不减少 (2025)" for readers. */
static void target_text(const job *j, const gt_indicator_row *row, bool csv, char *out, size_t cap)
{
    const gt_target *t = row->target;
    *out = '\0';
    if (t == NULL) {
        return;
    }
    const char *op = csv ? gt_target_op_name(t->op) : cli_title(j->app, gt_target_op_title(t->op));
    double asked = t->has_value ? t->value : in_unit(row->indicator, row->asked);
    if (isnan(asked)) {
        (void)snprintf(out, cap, "%s (%d)", op, t->year);
    } else if (!csv && t->op == GT_ABOUT && j->app->lang == GT_LANG_ZH) {
        (void)snprintf(out, cap, "%.10g %s (%d)", asked, op, t->year);
    } else {
        (void)snprintf(out, cap, "%s %.10g (%d)", op, asked, t->year);
    }
}

/* What only machines ask for in a table: strength, level and where the value comes from. */
static gt_status put_row(job *j, const gt_indicator_row *row, bool csv, cli_table *table)
{
    cli *app = j->app;
    const gt_indicator *in = row->indicator;
    const gt_target *t = row->target;
    const gt_judgement *a = &row->judgement;
    char value[40] = "", target[96];
    gt_text line, words;
    gt_text_init(&line, app->ctx, 65536);
    gt_text_init(&words, app->ctx, 65536);
    if (row->known) {
        double x = in_unit(in, row->value);
        double gap = fabs(x - in_unit(in, row->asked));
        bool close = gap > 0 && gap < 1e-4; /* a miss must not be rounded away */
        (void)snprintf(value, sizeof value, csv || close ? "%.12g" : "%.4f", x);
    }
    target_text(j, row, csv, target, sizeof target);
    gt_indicator_line(row, app->lang, &line);
    note_of(j, row, csv, &words);
    const char *note = gt_text_cstr(&words), *clause = t == NULL ? "" : t->clause;
    const char *strength = t == NULL ? "" : t->binding ? "binding" : "guidance";
    const char *const cells[N_CSV] = {
        csv ? in->id : cli_title(app, in->title),
        csv || *row->unit != '\0' ? row->unit : cli_say(app, "全域", "all"),
        value,
        csv ? in->unit : gt_unit_word(in->unit, app->lang),
        target,
        csv ? gt_standing_name(a->standing) : cli_title(app, gt_standing_title(a->standing)),
        csv ? gt_grade_name(a->grade) : cli_title(app, gt_grade_title(a->grade)),
        csv ? note : clause,
        csv ? clause : note,
        strength,
        level_names[row->level],
        row->missing,
        row->vintage,
        row->generated ? "generated" : "",
        gt_text_cstr(&line)};
    gt_status st = cli_table_row(table, cells);
    gt_text_free(&line);
    gt_text_free(&words);
    return st;
}

static gt_status as_table(job *j, bool csv)
{
    static const char *const keys[N_CSV] = {
        "indicator", "district", "value", "unit",    "target",  "standing",  "grade", "note",
        "clause",    "strength", "level", "missing", "vintage", "generated", "line"};
    cli *app = j->app;
    const char *const headings[N_COLUMNS] = {
        cli_say(app, "指标", "indicator"), cli_say(app, "区", "district"),
        cli_say(app, "现值", "value"),     cli_say(app, "单位", "unit"),
        cli_say(app, "目标", "target"),    cli_say(app, "状态", "standing"),
        cli_say(app, "预警", "grade"),     cli_say(app, "条款", "clause"),
        cli_say(app, "说明", "note")};
    cli_table *table = NULL;
    gt_status st = csv ? cli_table_new(app, N_CSV, keys, "llrllllllllllll", &table)
                       : cli_table_new(app, N_COLUMNS, headings, "llrllllll", &table);
    for (size_t i = 0; st == GT_OK && i < gt_indicator_table_n_rows(j->table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(j->table, i);
        if (shown(j, row)) {
            st = put_row(j, row, csv, table);
            app->answer_no = app->answer_no || j->warn;
        }
    }
    if (st == GT_OK && csv) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        gt_text_printf(&app->out, cli_say(app, "%d 年\n", "year %d\n"),
                       gt_indicator_table_year(j->table));
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

static void json_target(gt_text *o, const gt_indicator_row *row)
{
    const gt_target *t = row->target;
    if (t == NULL) {
        gt_text_puts(o, "null");
        return;
    }
    gt_text_printf(o, "{\"year\":%d,\"must\":\"%s\",\"value\":", t->year, gt_target_op_name(t->op));
    gt_text_json_real(o, in_unit(row->indicator, row->asked));
    gt_text_puts(o, ",\"clause\":");
    gt_text_json_string(o, t->clause);
    gt_text_printf(o, ",\"strength\":\"%s\",\"in_force\":%s}", t->binding ? "binding" : "guidance",
                   t->overruled ? "false" : "true");
}

static void as_json(job *j)
{
    gt_text *o = &j->app->out;
    bool first = true;
    gt_text line;
    gt_text_init(&line, j->app->ctx, 65536);
    gt_text_printf(o, "{\"year\":%d,\"rows\":[", gt_indicator_table_year(j->table));
    for (size_t i = 0; i < gt_indicator_table_n_rows(j->table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(j->table, i);
        if (!shown(j, row)) {
            continue;
        }
        gt_text_puts(o, first ? "\n  {\"indicator\":" : ",\n  {\"indicator\":");
        gt_text_json_string(o, row->indicator->id);
        gt_text_puts(o, ",\"district\":");
        gt_text_json_string(o, *row->unit == '\0' ? NULL : row->unit);
        gt_text_printf(o, ",\"level\":\"%s\",\"parent\":", level_names[row->level]);
        gt_text_json_string(o, *row->parent == '\0' ? NULL : row->parent);
        gt_text_puts(o, ",\"value\":");
        gt_text_json_real(o, row->known ? in_unit(row->indicator, row->value) : NAN);
        gt_text_puts(o, ",\"unit\":");
        gt_text_json_string(o, row->indicator->unit);
        gt_text_puts(o, ",\"target\":");
        json_target(o, row);
        gt_text_printf(o, ",\"standing\":\"%s\",\"grade\":\"%s\",\"note\":",
                       gt_standing_name(row->judgement.standing),
                       gt_grade_name(row->judgement.grade));
        gt_text_clear(&line);
        note_of(j, row, true, &line);
        gt_text_json_string(o, gt_text_cstr(&line));
        gt_text_puts(o, ",\"missing\":");
        gt_text_json_string(o, row->missing);
        gt_text_puts(o, ",\"vintage\":");
        gt_text_json_string(o, row->vintage);
        gt_text_printf(o, ",\"generated\":%s,\"line\":", row->generated ? "true" : "false");
        gt_text_clear(&line);
        gt_indicator_line(row, j->app->lang, &line);
        gt_text_json_string(o, gt_text_cstr(&line));
        gt_text_putc(o, '}');
        first = false;
        j->app->answer_no = j->app->answer_no || j->warn;
    }
    gt_text_puts(o, "\n]}\n");
    gt_text_free(&line);
}

static gt_status get_level(cli *app, gt_level *out)
{
    static const char *const names[] = {"city", "district", "town"};
    const char *level = cli_option_value(app, "level", "district");
    for (int i = GT_LEVEL_CITY; i <= GT_LEVEL_TOWN; i++) {
        if (strcmp(level, names[i]) == 0) {
            *out = (gt_level)i;
            return GT_OK;
        }
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", "level"), GT_TEXT("value", level),
                           GT_TEXT("allowed", "city, district, town")));
}

/* The sheets of the yearly report that look at one year only. */
static gt_status as_workbook(cli *app, gt_store *store, const gt_package *package, int year)
{
    const char *path = cli_option_value(app, "o", NULL);
    int month = 0, day = 0;
    gt_yearly_options o;
    if (path == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("arg", "FILE.xlsx")));
    }
    gt_yearly_options_init(app->ctx, &o);
    gt_date_to_ymd(gt_date_today(), &o.year, &month, &day);
    o.year = year == 0 ? o.year : year;
    o.back = 0;
    return gt_yearly_report(app->ctx, store, package, &o, path);
}

static gt_status work(cli *app, bool warn)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_indicator_table *table = NULL;
    gt_indicators_options o;
    cli_format format = CLI_TEXT;
    long year = 0;
    gt_indicators_options_init(&o);
    gt_status st = cli_get_format(
        app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON | (warn ? 0U : 1U << CLI_XLSX),
        &format);
    st = st == GT_OK ? cli_get_long(app, "year", 0, 1900, 2100, &year) : st;
    o.year = (int)year;
    st = st == GT_OK ? get_level(app, &o.level) : st;
    o.only = cli_option_value(app, "only", NULL);
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    const char *unit = warn ? NULL : cli_option_value(app, "unit", NULL);
    st = st == GT_OK
             ? gt_indicator_check_unit(app->ctx, store, package, unit, o.level == GT_LEVEL_TOWN)
             : st;
    if (st == GT_OK && format == CLI_XLSX) {
        st = as_workbook(app, store, package, o.year);
    } else if (st == GT_OK) {
        st = gt_indicators_run(app->ctx, store, package, &o, &table);
    }
    if (st == GT_OK && table != NULL) {
        job j = {app, package, table, unit, warn};
        if (format == CLI_JSON) {
            as_json(&j);
        } else {
            st = as_table(&j, format == CLI_CSV);
        }
    }
    gt_indicator_table_free(table);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run_indicators(cli *app)
{
    return work(app, false);
}

static gt_status run_warn(cli *app)
{
    return work(app, true);
}

#define YEAR_OPTION                                                                                \
    {                                                                                              \
        "year", "Y",                                                                               \
            {"评估年份：地图取该年末有效的要素（默认今年、最新状态）",                             \
             "year judged; the map as valid on its last day (default this year, newest state)"},   \
            false                                                                                  \
    }
#define FORMAT_OPTION                                                                              \
    {                                                                                              \
        "format", "text|csv|json", {"输出格式", "output format"}, false                            \
    }

static const cli_option indicator_options[] = {
    YEAR_OPTION,
    {"unit", "NAME", {"只列该区（及其乡镇）", "only this district (and its towns)"}, false},
    {"level",
     "city|district|town",
     {"列到哪一级（默认 district）", "rows down to (default district)"},
     false},
    {"only", "ID", {"只算该指标", "only this indicator"}, false},
    {"format", "text|csv|json|xlsx", {"输出格式", "output format"}, false},
    {"o",
     "FILE",
     {"xlsx 写到该文件（全市与各区各一表）", "xlsx: the file (city and districts)"},
     false},
    {0},
};

const cli_verb CLI_INDICATORS = {
    .name = "indicators",
    .operands = "",
    .summary = {"指标现值、目标与状态", "values of the plans' indicators, targets, standing"},
    .detail = {"数值取自叠合面积账，各区之和恒等于全域。规划之间目标不一致时两者均列出，并注明以何"
               "者为准。",
               "Values come from the account of weave; districts sum to the whole exactly. Where "
               "plans ask for different values both are listed, and which one prevails is said."},
    .options = indicator_options,
    .run = run_indicators,
};

static const cli_option warn_options[] = {YEAR_OPTION, FORMAT_OPTION, {0}};

const cli_verb CLI_WARN = {
    .name = "warn",
    .operands = "",
    .summary = {"预警：滞后或未达标的指标", "warnings: indicators behind or broken"},
    .detail = {"黄：进度为时间进度的 60% 至 90%；橙：不足 "
               "60%，或引导性目标到期未达；红：约束性目标到期未达。"
               "有预警时退出码为 1。",
               "Yellow: 60 to 90 % of the progress that the time passed asks for; orange: less, or "
               "guidance missed; red: a binding target missed. Exit code 1 when there are any."},
    .options = warn_options,
    .run = run_warn,
};
