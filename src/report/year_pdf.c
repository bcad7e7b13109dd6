/* The yearly report as pages: summary, table, trends, maps of districts, what moved and why. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/year_page.h"

static const unsigned INK = 0x23231F, SOFT = 0x66665F, LINE = 0xD5D5CC, SHADE = 0xF4F3EE,
                      BLUE = 0x1F5F99;

/* ---- summary -----------------------------------------------------------------------------------
 */

static void put_counts(gt_pages *p)
{
    static const gt_grade grades[] = {GT_GREEN, GT_GREEN, GT_ORANGE, GT_RED, GT_GREY, GT_GREY};
    double w = p->width / 6 - 6, x = GT_MARGIN;
    for (int s = GT_STAND_MET; s <= GT_STAND_NO_TARGET; s++) {
        char n[16];
        const char *word = s == GT_STAND_NO_TARGET
                               ? gt_pages_say(p, "不考核", "no target")
                               : gt_title_in(gt_standing_title((gt_standing)s), p->lang);
        (void)snprintf(n, sizeof n, "%zu", p->year->standings[s]);
        gt_pages_box(p, x, p->y, w, 46, gt_rgb_of(SHADE));
        gt_pages_box(p, x, p->y, 3, 46, gt_grade_color(grades[s]));
        (void)gt_pages_text(p, x + 10, p->y + 4, w - 12, 18, true, gt_grade_color(grades[s]), -1,
                            n);
        (void)gt_pages_text(p, x + 10, p->y + 29, w - 12, 7.6, false, gt_rgb_of(SOFT), -1, word);
        x += w + 7.2;
    }
    p->y += 58;
}

static void put_warnings(gt_pages *p, gt_grade grade)
{
    const gt_year *y = p->year;
    gt_text line;
    gt_text_init(&line, y->ctx, 65536);
    for (size_t i = 0; i < y->n_items; i++) {
        const gt_indicator_row *row = y->items[i].judged;
        if (row->judgement.grade != grade || row->target == NULL) {
            continue;
        }
        gt_text_clear(&line);
        gt_text_printf(&line, "%s%s", gt_title_in(y->items[i].in->title, p->lang),
                       gt_pages_say(p, "：", ": "));
        gt_year_sentence(y, &y->items[i], &line);
        double h = gt_pages_measure(p, p->width - 16, 8.2, gt_text_cstr(&line));
        gt_pages_need(p, h + 5);
        gt_pages_box(p, GT_MARGIN + 2, p->y + 3, 6, 6, gt_grade_color(grade));
        (void)gt_pages_text(p, GT_MARGIN + 16, p->y, p->width - 16, 8.2, false, gt_rgb_of(INK), -1,
                            gt_text_cstr(&line));
        p->y += h + 4;
    }
    gt_text_free(&line);
}

static void put_summary(gt_pages *p)
{
    const gt_year *y = p->year;
    char text[400];
    gt_pages_heading(p, gt_pages_say(p, "一、总体情况", "1  Summary"));
    (void)snprintf(
        text, sizeof text,
        gt_pages_say(p,
                     "共 %zu 项指标：达标 %zu 项，按序时推进 %zu 项，进度滞后 %zu 项，未达标 %zu "
                     "项，无法判定 %zu 项。",
                     "%zu indicators: %zu met, %zu on the path, %zu behind, %zu broken, "
                     "%zu undecidable."),
        y->n_items, y->standings[GT_STAND_MET], y->standings[GT_STAND_ON_PATH],
        y->standings[GT_STAND_BEHIND], y->standings[GT_STAND_BROKEN],
        y->standings[GT_STAND_UNDECIDABLE]);
    gt_pages_paragraph(p, 9, text);
    put_counts(p);
    gt_pages_subheading(p, gt_pages_say(p, "需要关注的指标", "What needs attention"));
    put_warnings(p, GT_RED);
    put_warnings(p, GT_ORANGE);
    put_warnings(p, GT_YELLOW);
}

/* ---- table -------------------------------------------------------------------------------------
 */

enum { C_NAME = 0, C_VALUE, C_UNIT, C_TARGET, C_STANDING, C_CLAUSE, C_TREND, N_COLUMNS };
static const double WIDTHS[N_COLUMNS] = {0.31, 0.10, 0.10, 0.155, 0.105, 0.09, 0.14};

static double column_x(const gt_pages *p, int c)
{
    double x = GT_MARGIN;
    for (int i = 0; i < c; i++) {
        x += WIDTHS[i] * p->width;
    }
    return x;
}

static void put_head(gt_pages *p)
{
    const char *const words[N_COLUMNS] = {
        gt_pages_say(p, "指标", "indicator"), gt_pages_say(p, "现值", "value"),
        gt_pages_say(p, "单位", "unit"),      gt_pages_say(p, "目标", "target"),
        gt_pages_say(p, "状态", "standing"),  gt_pages_say(p, "条款", "clause"),
        gt_pages_say(p, "走势", "trend")};
    gt_pages_box(p, GT_MARGIN, p->y, p->width, 16, gt_rgb_of(0xE6E8E4));
    for (int c = 0; c < N_COLUMNS; c++) {
        (void)gt_pages_text(p, column_x(p, c) + 3, p->y + 3, WIDTHS[c] * p->width - 6, 7.6, true,
                            gt_rgb_of(INK), c == C_VALUE ? 1 : -1, words[c]);
    }
    p->y += 18;
}

static void put_row(gt_pages *p, const gt_year_item *item, const gt_indicator_row *row, bool first)
{
    const gt_year *y = p->year;
    const gt_indicator_row *asked = gt_year_asked(item, row);
    char value[GT_NUMBER_TEXT], target[96];
    bool held = asked->target != NULL && asked->target->overruled;
    const char *name = first ? gt_title_in(item->in->title, p->lang) : "";
    gt_rgb ink = gt_rgb_of(held ? 0x8F8F88 : INK);
    const char *unit = first ? gt_year_unit(item->in, p->lang) : "";
    double h = gt_pages_measure(p, WIDTHS[C_NAME] * p->width - 6, 7.4, name) + 3;
    h = fmax(fmax(13, h), gt_pages_measure(p, WIDTHS[C_UNIT] * p->width - 6, 7.4, unit) + 3);
    if (p->y + h > GT_BOTTOM) {
        gt_pages_next(p);
        put_head(p);
    }
    gt_year_value(row, value);
    gt_year_target(y, asked, target, sizeof target);
    const char *standing = held
                               ? gt_pages_say(p, "存录", "held only")
                               : gt_title_in(gt_standing_title(asked->judgement.standing), p->lang);
    const char *const cells[N_COLUMNS] = {name,
                                          first ? value : "",
                                          unit,
                                          target,
                                          asked->target == NULL ? "" : standing,
                                          asked->target == NULL ? "" : asked->target->clause,
                                          ""};
    for (int c = 0; c < N_COLUMNS; c++) {
        gt_rgb color = c == C_STANDING && !held ? gt_grade_color(asked->judgement.grade) : ink;
        (void)gt_pages_text(p, column_x(p, c) + 3, p->y + 1, WIDTHS[c] * p->width - 6, 7.4,
                            c == C_STANDING && !held, color, c == C_VALUE ? 1 : -1, cells[c]);
    }
    if (first) {
        gt_pages_spark(p, item, column_x(p, C_TREND) + 4, p->y + 2, WIDTHS[C_TREND] * p->width - 8,
                       h - 4);
    }
    p->y += h;
    gt_pages_rule(p, p->y - 1, gt_rgb_of(LINE));
}

static void put_table(gt_pages *p)
{
    const gt_year *y = p->year;
    gt_pages_next(p);
    gt_pages_heading(p, gt_pages_say(p, "二、指标表", "2  Indicators"));
    put_head(p);
    for (size_t i = 0; i < y->n_items; i++) {
        bool first = true;
        for (size_t k = 0; k < y->items[i].n; k++) {
            const gt_indicator_row *row = gt_year_row(y, &y->items[i], k);
            if (row->level == GT_LEVEL_CITY) {
                put_row(p, &y->items[i], row, first);
                first = false;
            }
        }
    }
    p->y += 6;
    gt_pages_paragraph(
        p, 7.2,
        gt_pages_say(
            p,
            "“存录”：另一规划按优先次序为准，本目标保留备查。走势为各年现值，虚线为目标值；断开处"
            "该年没有数据。",
            "Held only: another plan prevails by the order of plans; the target is kept "
            "for reference. Trend: values by year, dashed the target; a break is a year "
            "without data."));
}

/* ---- trends ------------------------------------------------------------------------------------
 */

static bool has_trend(const gt_year *y, const gt_year_item *item)
{
    int n = 0;
    double low = INFINITY, high = -INFINITY;
    for (int k = 0; k < y->n_years; k++) {
        if (item->known[k]) {
            n++;
            low = fmin(low, item->value[k]);
            high = fmax(high, item->value[k]);
        }
    }
    return n >= 2 && high - low > 1e-6 * fmax(fabs(high), fabs(low)); /* not rounding alone */
}

static void put_trends(gt_pages *p)
{
    const gt_year *y = p->year;
    const double h = 104, gap = 10, w = (p->width - 2 * gap) / 3;
    int column = 0;
    gt_pages_next(p);
    gt_pages_heading(p, gt_pages_say(p, "三、走势", "3  Trends"));
    for (size_t i = 0; i < y->n_items; i++) {
        if (!has_trend(y, &y->items[i])) {
            continue;
        }
        if (column == 0) {
            gt_pages_need(p, h + gap);
        }
        gt_pages_chart(p, &y->items[i], GT_MARGIN + column * (w + gap), p->y, w, h);
        column = (column + 1) % 3;
        p->y += column == 0 ? h + gap : 0;
    }
    p->y += column == 0 ? 0 : h + gap;
}

/* ---- maps --------------------------------------------------------------------------------------
 */

/* Stations have values, too, but no place on the map of districts. Where nothing is counted on the
 * map at all, any name may be a district. */
static bool is_district(const gt_year *y, const char *name)
{
    bool any = false;
    for (size_t i = 0; i < gt_indicator_table_n_rows(y->table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(y->table, i);
        if (row->indicator->count != NULL && row->level == GT_LEVEL_DISTRICT) {
            any = true;
            if (strcmp(row->unit, name) == 0) {
                return true;
            }
        }
    }
    return !any;
}

static size_t known_districts(const gt_year *y, const gt_year_item *item)
{
    size_t n = 0;
    for (size_t k = 0; k < item->n; k++) {
        const gt_indicator_row *row = gt_year_row(y, item, k);
        n += row->level == GT_LEVEL_DISTRICT && row->known && is_district(y, row->unit) ? 1 : 0;
    }
    return n;
}

static void put_maps(gt_pages *p)
{
    const gt_year *y = p->year;
    const double gap = 14, w = (p->width - gap) / 2, h = 212;
    int column = 0;
    bool any = false;
    for (size_t i = 0; i < y->n_items && p->status == GT_OK; i++) {
        if (known_districts(y, &y->items[i]) < 3) {
            continue;
        }
        if (!any) {
            gt_pages_next(p);
            gt_pages_heading(p, gt_pages_say(p, "四、分区情况", "4  By district"));
            any = true;
        }
        if (column == 0) {
            gt_pages_need(p, h + gap);
        }
        gt_pages_map(p, &y->items[i], GT_MARGIN + column * (w + gap), p->y, w, h);
        column = 1 - column;
        p->y += column == 0 ? h + gap : 0;
    }
    p->y += column == 0 ? 0 : h + gap;
}

/* ---- what moved ---------------------------------------------------------------------------------
 */

static void amount_text(const gt_explanation *e, int64_t quanta, char out[GT_NUMBER_TEXT])
{
    char plain[GT_NUMBER_TEXT];
    double x = (double)quanta * e->quantum;
    bool whole = strcmp(e->indicator->unit, "count") == 0 && fabs(x - round(x)) < 1e-9;
    gt_number_format(fabs(x), whole ? 0 : fabs(x) < 0.1 ? 6 : fabs(x) < 100 ? 4 : 2, plain);
    (void)snprintf(out, GT_NUMBER_TEXT, "%s%.40s", x < 0 ? "−" : "+", plain);
}

static void put_contribution(gt_pages *p, const gt_explanation *e, int64_t quanta, const char *what)
{
    char amount[GT_NUMBER_TEXT];
    amount_text(e, quanta, amount);
    double h = gt_pages_measure(p, p->width - 110, 7.4, what) + 2;
    gt_pages_need(p, h);
    (void)gt_pages_text(p, GT_MARGIN + 10, p->y, 86, 7.4, false,
                        gt_rgb_of(quanta < 0 ? 0xB3261E : BLUE), 1, amount);
    (void)gt_pages_text(p, GT_MARGIN + 106, p->y, p->width - 110, 7.4, false, gt_rgb_of(INK), -1,
                        what);
    p->y += h;
}

/* Number and message of the revision: why the parcel changed. */
static void put_revision(const gt_pages *p, const gt_contribution *c, gt_text *out)
{
    gt_revision info;
    const gt_year *y = p->year;
    const char *why = "";
    if (gt_store_revision_info(y->ctx, y->store, c->revision, &info) == GT_OK) {
        why = info.message;
    } else {
        gt_error_clear(y->ctx); /* the number stands for itself */
    }
    gt_text_printf(out, gt_pages_say(p, "（版本 %lld%s%s）", "  (revision %lld%s%s)"),
                   (long long)c->revision, *why == '\0' ? "" : gt_pages_say(p, "：", ": "), why);
}

static void what_moved(const gt_pages *p, const gt_explanation *e, const gt_contribution *c,
                       gt_text *out)
{
    gt_text what, before, after;
    gt_text_init(&what, p->year->ctx, 65536);
    gt_text_init(&before, p->year->ctx, 65536);
    gt_text_init(&after, p->year->ctx, 65536);
    gt_contribution_words(p->year->package, e, c, p->lang, &what, &before, &after);
    gt_text_clear(out);
    gt_text_printf(out, "%s%s%s", c->unit, *c->unit == '\0' ? "" : "  ", gt_text_cstr(&what));
    if (before.len > 0 || after.len > 0) {
        gt_text_printf(out, "%s%s → %s", gt_pages_say(p, "：", ": "),
                       before.len == 0 ? "–" : gt_text_cstr(&before),
                       after.len == 0 ? "–" : gt_text_cstr(&after));
    }
    if (c->event > 0) {
        gt_text_printf(out, gt_pages_say(p, "（台账事件 %lld）", "  (ledger event %lld)"),
                       (long long)c->event);
    } else if (c->revision > 0 && c->series == NULL) {
        put_revision(p, c, out);
    }
    gt_text_free(&what);
    gt_text_free(&before);
    gt_text_free(&after);
}

static void put_movement(gt_pages *p, const gt_year_item *item)
{
    const gt_explanation *e = item->why;
    char moved[GT_NUMBER_TEXT], text[400];
    gt_text what;
    int64_t rest = 0;
    size_t most = p->year->o->movers, shown = e->n < most ? e->n : most;
    amount_text(e, e->after - e->before, moved);
    gt_pages_need(p, 40);
    (void)snprintf(text, sizeof text, "%.200s  %s %s", gt_title_in(item->in->title, p->lang), moved,
                   gt_year_unit(item->in, p->lang));
    p->y += gt_pages_text(p, GT_MARGIN, p->y, p->width, 8.4, true, gt_rgb_of(INK), -1, text) + 1;
    gt_text_init(&what, p->year->ctx, 65536);
    for (size_t i = 0; i < e->n; i++) {
        if (i < shown) {
            what_moved(p, e, &e->list[i], &what);
            put_contribution(p, e, e->list[i].quanta, gt_text_cstr(&what));
        } else {
            rest += e->list[i].quanta;
        }
    }
    if (e->n > shown) {
        (void)snprintf(text, sizeof text, gt_pages_say(p, "其余 %zu 项", "%zu more"), e->n - shown);
        put_contribution(p, e, rest, text);
    }
    gt_text_free(&what);
    p->y += 6;
}

static void put_movements(gt_pages *p)
{
    const gt_year *y = p->year;
    char text[200];
    bool any = false;
    gt_pages_next(p);
    gt_pages_heading(p, gt_pages_say(p, "五、变化及原因", "5  What moved and why"));
    (void)snprintf(text, sizeof text,
                   gt_pages_say(p, "与 %d 年末相比。各项贡献之和与总变化一位不差。",
                                "Compared with the end of %d. Contributions sum to the movement to "
                                "the last digit."),
                   y->o->year - 1);
    gt_pages_paragraph(p, 8, text);
    for (size_t i = 0; i < y->n_items; i++) {
        if (y->items[i].why != NULL && y->items[i].why->n > 0) {
            put_movement(p, &y->items[i]);
            any = true;
        }
    }
    if (!any) {
        gt_pages_paragraph(p, 8.4,
                           gt_pages_say(p, "没有可比的变化：两年之一没有数据，或数值未变。",
                                        "Nothing to compare: one of the years has no data, "
                                        "or no value changed."));
    }
}

/* ---- basis -------------------------------------------------------------------------------------
 */

static void put_basis(gt_pages *p)
{
    const gt_year *y = p->year;
    gt_pages_next(p);
    gt_pages_heading(p, y->n_ledgers > 0 ? gt_pages_say(p, "七、依据与口径", "7  Basis")
                                         : gt_pages_say(p, "六、依据与口径", "6  Basis"));
    gt_pages_paragraph(
        p, 8,
        gt_pages_say(
            p,
            "约束性目标到期未达或底线被突破为红；引导性目标到期未达、或进度不足时间进度 60% "
            "为橙；60% 至 90% "
            "为黄；其余为绿；没有数据、没有基期值或目标由上级下达而未载入的为灰。面积取自一张图的叠"
            "合账，各区之"
            "和恒等于全市。",
            "Red: a binding target is due and missed, or a floor is broken. Orange: guidance is "
            "missed, or progress is below 60 % of the time passed; yellow: 60 to 90 %; green "
            "otherwise. Grey: no data, no base, or a requirement not loaded. Areas come from the "
            "account of the one map; districts sum to the city exactly."));
    gt_pages_subheading(p, gt_pages_say(p, "数据时点", "Data"));
    gt_text line;
    gt_text_init(&line, y->ctx, 65536);
    for (size_t i = 0; i < y->n_items; i++) {
        const gt_indicator_row *row = gt_year_row(y, &y->items[i], 0);
        gt_text_clear(&line);
        gt_text_printf(&line, "%s%s", gt_title_in(y->items[i].in->title, p->lang),
                       gt_pages_say(p, "：", ": "));
        gt_source_words(y->package, row->vintage, p->lang, &line);
        gt_text_puts(&line, row->generated ? gt_pages_say(p, "（生成）", " (generated)") : "");
        if (*row->missing != '\0') {
            gt_text_puts(&line, *row->vintage == '\0' ? "" : gt_pages_say(p, "；", "; "));
            gt_text_puts(&line, gt_pages_say(p, "缺 ", "missing: "));
            gt_source_words(y->package, row->missing, p->lang, &line);
        }
        gt_pages_paragraph(p, 7.2, gt_text_cstr(&line));
    }
    gt_text_free(&line);
}

gt_status gt_year_pdf(const gt_year *year, const char *path)
{
    gt_pages p;
    gt_status st = gt_pages_open(year, path, &p);
    if (st != GT_OK) {
        return st;
    }
    gt_pages_title(&p);
    put_summary(&p);
    put_table(&p);
    if (year->n_years > 1) {
        put_trends(&p);
    }
    put_maps(&p);
    if (year->n_years > 1) {
        put_movements(&p);
    }
    gt_pages_books(&p);
    put_basis(&p);
    return gt_pages_close(&p);
}
