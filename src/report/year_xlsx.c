/* The yearly report as a workbook: indicators with standing, districts, values by year with charts,
 * what moved. libxlsxwriter is loaded on first use. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/messages.h"
#include "report/xlsx_lib.h"
#include "report/year.h"

typedef struct book {
    const gt_year *y;
    lxw_workbook *wb;
    lxw_format *head, *number, *plain, *wrap, *whole;
    lxw_format *grade[GT_GRADES];
    bool zh;
    lxw_error error;
} book;

#define SAY(b, zh_text, en_text) ((b)->zh ? (zh_text) : (en_text))

static void note(book *b, lxw_error error)
{
    b->error = b->error == LXW_NO_ERROR ? error : b->error;
}

static void text(book *b, lxw_worksheet *s, lxw_row_t row, int column, const char *value,
                 lxw_format *format)
{
    char cut[1024]; /* a cell takes 32767 characters; a list of parcels needs no more than this */
    (void)snprintf(cut, sizeof cut, "%s", value);
    size_t bad = 0;
    if (!gt_utf8_valid(cut, strlen(cut), &bad)) {
        cut[bad] = '\0';
    }
    note(b, worksheet_write_string(s, row, (lxw_col_t)column, cut, format));
}

static void number(book *b, lxw_worksheet *s, lxw_row_t row, int column, double value, bool known)
{
    if (known && isfinite(value)) {
        note(b, worksheet_write_number(s, row, (lxw_col_t)column, value, b->number));
    } else {
        note(b, worksheet_write_string(s, row, (lxw_col_t)column, "–", b->plain));
    }
}

static lxw_worksheet *sheet(book *b, const char *name, const char *const *heads,
                            const double *widths, int n)
{
    lxw_worksheet *s = workbook_add_worksheet(b->wb, name);
    if (s == NULL) {
        note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return NULL;
    }
    for (int c = 0; c < n; c++) {
        note(b, worksheet_set_column(s, (lxw_col_t)c, (lxw_col_t)c, widths[c], NULL));
        note(b, worksheet_write_string(s, 0, (lxw_col_t)c, heads[c], b->head));
    }
    worksheet_freeze_panes(s, 1, 1);
    return s;
}

static void sources(book *b, lxw_worksheet *s, lxw_row_t at, int column, const char *list)
{
    gt_text words;
    gt_text_init(&words, b->y->ctx, 65536);
    gt_source_words(b->y->package, list, b->y->o->lang, &words);
    text(b, s, at, column, gt_text_cstr(&words), b->wrap);
    gt_text_free(&words);
}

/* What moved, in words: three cells. */
static void moved(book *b, lxw_worksheet *s, lxw_row_t at, const gt_explanation *e,
                  const gt_contribution *c)
{
    gt_text words[3];
    for (int i = 0; i < 3; i++) {
        gt_text_init(&words[i], b->y->ctx, 65536);
    }
    gt_contribution_words(b->y->package, e, c, b->y->o->lang, &words[0], &words[1], &words[2]);
    for (int i = 0; i < 3; i++) {
        text(b, s, at, 5 + i, gt_text_cstr(&words[i]), b->plain);
        gt_text_free(&words[i]);
    }
}

/* The item of an indicator; there is one for each row of the table. */
static const gt_year_item *item_of(const gt_year *y, const gt_indicator *in)
{
    size_t i = 0;
    while (i + 1 < y->n_items && y->items[i].in != in) {
        i++;
    }
    return &y->items[i];
}

static void put_row(book *b, lxw_worksheet *s, lxw_row_t at, const gt_indicator_row *row)
{
    char target[96];
    const gt_indicator *in = row->indicator;
    const gt_indicator_row *asked = gt_year_asked(item_of(b->y, in), row);
    bool held = asked->target != NULL && asked->target->overruled;
    gt_lang lang = b->y->o->lang;
    gt_year_target(b->y, asked, target, sizeof target);
    text(b, s, at, 0, gt_title_in(in->title, lang), b->wrap);
    text(b, s, at, 1, *row->unit == '\0' ? SAY(b, "全市", "city") : row->unit, b->plain);
    number(b, s, at, 2, row->value / in->unit_base, row->known);
    text(b, s, at, 3, gt_year_unit(in, lang), b->plain);
    text(b, s, at, 4, target, b->plain);
    text(b, s, at, 5,
         held ? SAY(b, "存录", "held only")
              : gt_title_in(gt_standing_title(asked->judgement.standing), lang),
         b->grade[held ? GT_GREY : asked->judgement.grade]);
    text(b, s, at, 6, asked->target == NULL ? "" : asked->target->clause, b->plain);
    number(b, s, at, 7, 100 * row->judgement.progress, !isnan(row->judgement.progress));
    number(b, s, at, 8, 100 * row->judgement.time, !isnan(row->judgement.time));
    sources(b, s, at, 9, row->missing);
    sources(b, s, at, 10, row->vintage);
    text(b, s, at, 11, row->generated ? SAY(b, "生成", "generated") : "", b->plain);
}

static void put_table(book *b, bool districts)
{
    static const double widths[] = {38, 12, 14, 14, 18, 12, 12, 12, 12, 28, 36, 11};
    const char *const heads[] = {
        SAY(b, "指标", "indicator"),   SAY(b, "地区", "place"),          SAY(b, "现值", "value"),
        SAY(b, "单位", "unit"),        SAY(b, "目标", "target"),         SAY(b, "状态", "standing"),
        SAY(b, "条款", "clause"),      SAY(b, "完成 %", "done %"),       SAY(b, "时间 %", "time %"),
        SAY(b, "缺失数据", "missing"), SAY(b, "数据时点", "data as of"), SAY(b, "来源", "origin")};
    lxw_worksheet *s =
        sheet(b, districts ? SAY(b, "分区", "Districts") : SAY(b, "指标", "Indicators"), heads,
              widths, 12);
    lxw_row_t at = 1;
    for (size_t i = 0; s != NULL && i < gt_indicator_table_n_rows(b->y->table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(b->y->table, i);
        if ((row->level == GT_LEVEL_DISTRICT) == districts) {
            put_row(b, s, at++, row);
        }
    }
    if (s != NULL) {
        note(b, worksheet_autofilter(s, 0, 0, at > 1 ? at - 1 : 1, 11));
    }
}

static void put_chart(book *b, lxw_worksheet *s, const gt_year_item *item, lxw_row_t at, int n)
{
    lxw_chart *chart = workbook_add_chart(b->wb, LXW_CHART_LINE);
    const char *name = SAY(b, "走势", "Trends");
    if (chart == NULL) {
        note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    lxw_col_t last = (lxw_col_t)(1 + b->y->n_years);
    lxw_chart_series *line = chart_add_series(chart, NULL, NULL);
    if (line != NULL) {
        chart_series_set_categories(line, name, 0, 2, 0, last);
        chart_series_set_values(line, name, at, 2, at, last);
        chart_series_set_name(line, gt_title_in(item->in->title, b->y->o->lang));
    }
    chart_title_set_name(chart, gt_title_in(item->in->title, b->y->o->lang));
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    note(b, worksheet_insert_chart(s, (lxw_row_t)(16 * (n / 2)),
                                   (lxw_col_t)(5 + b->y->n_years + 8 * (n % 2)), chart));
}

static void put_trends(book *b)
{
    const gt_year *y = b->y;
    char years[GT_YEARS_MOST][8];
    const char *heads[GT_YEARS_MOST + 3] = {SAY(b, "指标", "indicator"), SAY(b, "单位", "unit")};
    double widths[GT_YEARS_MOST + 3] = {38, 14};
    for (int k = 0; k < y->n_years; k++) {
        (void)snprintf(years[k], sizeof years[k], "%d", y->first_year + k);
        heads[2 + k] = years[k];
        widths[2 + k] = 12;
    }
    heads[2 + y->n_years] = SAY(b, "目标值", "target");
    widths[2 + y->n_years] = 12;
    lxw_worksheet *s = sheet(b, SAY(b, "走势", "Trends"), heads, widths, 3 + y->n_years);
    int charts = 0;
    for (size_t i = 0; s != NULL && i < y->n_items; i++) {
        const gt_year_item *item = &y->items[i];
        lxw_row_t at = (lxw_row_t)(i + 1);
        int known = 0;
        text(b, s, at, 0, gt_title_in(item->in->title, y->o->lang), b->wrap);
        text(b, s, at, 1, gt_year_unit(item->in, y->o->lang), b->plain);
        for (int k = 0; k < y->n_years; k++) {
            number(b, s, at, 2 + k, item->value[k], item->known[k]);
            known += item->known[k] ? 1 : 0;
        }
        number(b, s, at, 2 + y->n_years, item->judged->asked / item->in->unit_base,
               item->judged->target != NULL);
        if (known >= 3) {
            put_chart(b, s, item, at, charts++);
        }
    }
}

static void put_movements(book *b)
{
    static const double widths[] = {38, 18, 16, 14, 12, 52, 28, 28, 10};
    const char *const heads[] = {SAY(b, "指标", "indicator"),
                                 SAY(b, "贡献", "amount"),
                                 SAY(b, "单位", "unit"),
                                 SAY(b, "整数量", "quanta"),
                                 SAY(b, "地区", "place"),
                                 SAY(b, "图斑、序列或台账记录", "what"),
                                 SAY(b, "变化前", "before"),
                                 SAY(b, "变化后", "after"),
                                 SAY(b, "版本或#事件", "revision or #event")};
    const size_t most = 100000; /* rows of the sheet; what is more is summed in the last */
    lxw_worksheet *s = sheet(b, SAY(b, "变化及原因", "Movements"), heads, widths, 9);
    lxw_row_t at = 1;
    for (size_t i = 0; s != NULL && i < b->y->n_items; i++) {
        const gt_explanation *e = b->y->items[i].why;
        int64_t rest = 0;
        for (size_t k = 0; e != NULL && k < e->n; k++) {
            const gt_contribution *c = &e->list[k];
            char quanta[24];
            if (k >= most) {
                rest += c->quanta;
                continue;
            }
            (void)snprintf(quanta, sizeof quanta, "%lld", (long long)c->quanta);
            text(b, s, at, 0, gt_title_in(e->indicator->title, b->y->o->lang), b->wrap);
            number(b, s, at, 1, (double)c->quanta * e->quantum, true);
            text(b, s, at, 2, gt_year_unit(e->indicator, b->y->o->lang), b->plain);
            text(b, s, at, 3, quanta, b->whole);
            text(b, s, at, 4, c->unit, b->plain);
            moved(b, s, at, e, c);
            if (c->event > 0) {
                char event[24];
                (void)snprintf(event, sizeof event, "#%lld", (long long)c->event);
                text(b, s, at, 8, event, b->plain);
            } else if (c->revision > 0) {
                note(b, worksheet_write_number(s, at, 8, (double)c->revision, b->plain));
            }
            at++;
        }
        if (rest != 0) {
            number(b, s, at, 1, (double)rest * e->quantum, true);
            text(b, s, at++, 5, SAY(b, "其余", "the rest"), b->plain);
        }
    }
}

static void make_formats(book *b)
{
    static const lxw_color_t colors[GT_GRADES] = {0x85857D, 0x2E7D4F, 0xA58500, 0xC8640A, 0xB3261E};
    b->head = workbook_add_format(b->wb);
    b->number = workbook_add_format(b->wb);
    b->plain = workbook_add_format(b->wb);
    b->wrap = workbook_add_format(b->wb);
    b->whole = workbook_add_format(b->wb);
    format_set_bold(b->head);
    format_set_bg_color(b->head, 0xE6E8E4);
    format_set_bottom(b->head, LXW_BORDER_THIN);
    format_set_num_format(b->number, "#,##0.00####");
    format_set_text_wrap(b->wrap);
    format_set_align(b->whole, LXW_ALIGN_RIGHT);
    for (int g = 0; g < GT_GRADES; g++) {
        b->grade[g] = workbook_add_format(b->wb);
        format_set_bold(b->grade[g]);
        format_set_font_color(b->grade[g], colors[g]);
    }
}

/* Ledgers, then accounts: a sheet each, where there are any. */
static void put_books(book *b)
{
    const gt_year *y = b->y;
    const char *const heads[] = {SAY(b, "台账", "ledger"), SAY(b, "记录", "records"),
                                 SAY(b, "本年列入", "of the year"), SAY(b, "在办", "open"),
                                 SAY(b, "年末逾期", "overdue")};
    const double widths[] = {52, 10, 12, 10, 12};
    lxw_worksheet *s =
        y->n_ledgers == 0 ? NULL : sheet(b, SAY(b, "台账", "Ledgers"), heads, widths, 5);
    for (size_t i = 0; s != NULL && i < y->n_ledgers; i++) {
        const gt_year_ledger *l = &y->ledgers[i];
        const int64_t n[] = {l->all, l->of_year, l->open, l->overdue};
        text(b, s, (lxw_row_t)(i + 1), 0, gt_title_in(l->ledger->title, y->o->lang), b->wrap);
        for (int c = 0; c < 4; c++) {
            note(b, worksheet_write_number(s, (lxw_row_t)(i + 1), (lxw_col_t)(c + 1), (double)n[c],
                                           b->whole));
        }
    }
    const char *const sides[] = {
        SAY(b, "账户", "account"), SAY(b, "区", "district"), SAY(b, "年初（公顷）", "opening, ha"),
        SAY(b, "转入", "in"),      SAY(b, "转出", "out"),    SAY(b, "年末", "closing"),
        SAY(b, "平衡", "balance")};
    const double wide[] = {40, 12, 14, 14, 14, 14, 26};
    s = y->n_balances == 0 ? NULL : sheet(b, SAY(b, "平衡账", "Accounts"), sides, wide, 7);
    lxw_row_t at = 1;
    for (size_t i = 0; s != NULL && i < y->n_balances; i++) {
        const gt_balance_result *r = &y->balances[i];
        for (size_t k = 0; k <= r->n_lines; k++, at++) {
            const gt_balance_line *line = k < r->n_lines ? &r->lines[k] : &r->total;
            const int64_t n[] = {line->opening, line->in, line->out, line->closing};
            text(b, s, at, 0, gt_title_in(r->balance->title, y->o->lang), b->wrap);
            text(b, s, at, 1, k < r->n_lines ? line->unit : SAY(b, "全市", "city"), b->plain);
            for (int c = 0; c < 4; c++) {
                number(b, s, at, c + 2, (double)n[c] / 1e6, true);
            }
            text(b, s, at, 6, k < r->n_lines ? "" : gt_year_balance_standing(r, b->zh), b->plain);
        }
    }
}

static void put_about(book *b)
{
    const gt_year *y = b->y;
    char line[300];
    lxw_worksheet *s = workbook_add_worksheet(b->wb, SAY(b, "说明", "About"));
    if (s == NULL) {
        note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    note(b, worksheet_set_column(s, 0, 0, 100, NULL));
    (void)snprintf(
        line, sizeof line,
        SAY(b, "国土空间规划指标年度体检（%d 年）", "Yearly check-up of the plans' indicators, %d"),
        y->o->year);
    text(b, s, 0, 0, line, b->head);
    text(b, s, 1, 0, gt_title_in(gt_package_title(y->package), y->o->lang), b->plain);
    (void)snprintf(line, sizeof line,
                   SAY(b, "一张图版本 %s，规划包 %s", "map revision %s, package %s"), y->revision,
                   y->package_text);
    text(b, s, 2, 0, line, b->plain);
    text(b, s, 3, 0,
         !y->generated ? ""
                       : SAY(b, "含生成数据，非调查成果：仅供演示，不得作为考核依据。",
                             "Holds generated data, not a survey result: for demonstration only."),
         b->grade[GT_ORANGE]);
    text(b, s, 4, 0,
         SAY(b, "“存录”：另一规划按优先次序为准，本目标保留备查。",
             "Held only: another plan prevails by the order of plans."),
         b->plain);
}

gt_status gt_year_xlsx(const gt_year *year, const char *path)
{
    book b = {.y = year, .zh = year->o->lang == GT_LANG_ZH};
    gt_text part;
    gt_status st = gt_xlsx_load(year->ctx);
    if (st != GT_OK) {
        return st;
    }
    gt_text_init(&part, year->ctx, 8192);
    gt_text_printf(&part, "%s.part", path);
    st = gt_text_status(&part);
    b.wb = st == GT_OK ? workbook_new(gt_text_cstr(&part)) : NULL;
    if (st == GT_OK && b.wb == NULL) {
        st = gt_fail(year->ctx, GT_E_MEMORY, &GT_MSG_YEAR_WORKBOOK, GT_PLACE(.file = path),
                     GT_ARGS(GT_TEXT("reason", "out of memory")));
    }
    if (st == GT_OK) {
        make_formats(&b);
        put_table(&b, false);
        put_table(&b, true);
        if (year->n_years > 1) {
            put_trends(&b);
            put_movements(&b);
        }
        put_books(&b);
        put_about(&b);
        lxw_error closed = workbook_close(b.wb);
        note(&b, closed);
        if (b.error != LXW_NO_ERROR) {
            st = gt_fail(year->ctx, GT_E_ENV, &GT_MSG_YEAR_WORKBOOK, GT_PLACE(.file = path),
                         GT_ARGS(GT_TEXT("reason", lxw_strerror(b.error))));
        } else if (rename(gt_text_cstr(&part), path) != 0) {
            st = gt_fail(year->ctx, GT_E_ENV, &GT_MSG_YEAR_WORKBOOK, GT_PLACE(.file = path),
                         GT_ARGS(GT_TEXT("reason", "rename")));
        }
        if (st != GT_OK) {
            (void)unlink(gt_text_cstr(&part));
        }
    }
    gt_text_free(&part);
    return st;
}
