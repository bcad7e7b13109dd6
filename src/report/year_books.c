/* Ledgers and accounts of the year: counted once, shown as a page and as sheets. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/ledger.h"
#include "report/year_page.h"

/* ---- gathering ---------------------------------------------------------------------------------
 */

static gt_status count_one(gt_year *y, gt_book *book, const gt_ledger *l, gt_year_ledger *out)
{
    gt_entry_query q;
    *out = (gt_year_ledger){.ledger = l};
    gt_entry_query_init(&q, l->id);
    gt_status st = gt_entry_count(y->ctx, book, &q, &out->all);
    q.open_only = true;
    st = st == GT_OK ? gt_entry_count(y->ctx, book, &q, &out->open) : st;
    q.overdue_on = gt_date_from_ymd(y->o->year, 12, 31);
    st = st == GT_OK ? gt_entry_count(y->ctx, book, &q, &out->overdue) : st;
    gt_entry_query_init(&q, l->id);
    q.year = y->o->year;
    if (st == GT_OK && l->year_field != NULL) {
        st = gt_entry_count(y->ctx, book, &q, &out->of_year);
    }
    return st;
}

static gt_status balances_of(gt_year *y, gt_book *book, const gt_ledger *l)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < l->n_balances && st == GT_OK; i++) {
        gt_balance_result *out = &y->balances[y->n_balances];
        st = gt_balance_of(y->ctx, book, y->package, l->balances[i].id, y->o->year, y->arena, out);
        y->n_balances += st == GT_OK && out->n_lines > 0;
    }
    return st;
}

gt_status gt_year_books(gt_year *y)
{
    gt_book *book = NULL;
    size_t n = gt_package_n_ledgers(y->package), most = 0;
    for (size_t i = 0; i < n; i++) {
        most += gt_package_ledger(y->package, i)->n_balances;
    }
    gt_status st = gt_arena_new(y->ctx, 0, &y->arena);
    if (st != GT_OK || n == 0) {
        return st;
    }
    y->ledgers = gt_arena_zalloc(y->arena, n, sizeof *y->ledgers);
    y->balances = gt_arena_zalloc(y->arena, most + 1, sizeof *y->balances);
    st = y->ledgers == NULL || y->balances == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? gt_book_open(y->ctx, y->store, false, &book) : st;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        const gt_ledger *l = gt_package_ledger(y->package, i);
        st = count_one(y, book, l, &y->ledgers[y->n_ledgers]);
        y->n_ledgers += st == GT_OK && y->ledgers[y->n_ledgers].all > 0;
        st = st == GT_OK ? balances_of(y, book, l) : st;
    }
    gt_book_close(book);
    return st;
}

const char *gt_year_balance_standing(const gt_balance_result *b, bool zh)
{
    return b->n_faults > 0 ? (zh ? "不平" : "does not close")
           : !b->met       ? (zh ? "平，条件未满足" : "closes; condition missed")
                           : (zh ? "平，条件满足" : "closes; condition met");
}

/* ---- the page ----------------------------------------------------------------------------------
 */

enum { COLUMNS = 6 };

static const unsigned INK = 0x23231F, LINE = 0xD5D5CC, RED = 0xB3261E, GREEN = 0x2E7D4F;

typedef struct grid { /* widths are shares of the page */
    double width[COLUMNS];
    const char *head[COLUMNS];
    bool numbers; /* the last column, too */
} grid;

static void put_cells(gt_pages *p, const grid *g, const char *const *cells, bool bold, gt_rgb last)
{
    double x = GT_MARGIN, h = 13;
    for (int c = 0; c < COLUMNS; c++) {
        h = fmax(h, gt_pages_measure(p, g->width[c] * p->width - 6, 7.4, cells[c]) + 3);
    }
    for (int c = 0; c < COLUMNS; c++) {
        bool number = c > 0 && (c < COLUMNS - 1 || g->numbers);
        (void)gt_pages_text(p, x + 3, p->y + 1, g->width[c] * p->width - 6, 7.4, bold,
                            c == COLUMNS - 1 ? last : gt_rgb_of(INK), number ? 1 : -1, cells[c]);
        x += g->width[c] * p->width;
    }
    p->y += h;
    gt_pages_rule(p, p->y - 1, gt_rgb_of(LINE));
}

static void put_head(gt_pages *p, const grid *g)
{
    gt_pages_box(p, GT_MARGIN, p->y, p->width, 14, gt_rgb_of(0xE6E8E4));
    put_cells(p, g, g->head, true, gt_rgb_of(INK));
}

static void put_ledgers(gt_pages *p)
{
    const gt_year *y = p->year;
    const grid g = {{0.42, 0.11, 0.12, 0.11, 0.12, 0.12},
                    {gt_pages_say(p, "台账", "ledger"), gt_pages_say(p, "记录", "records"),
                     gt_pages_say(p, "本年列入", "of the year"), gt_pages_say(p, "在办", "open"),
                     gt_pages_say(p, "办结", "closed"), gt_pages_say(p, "年末逾期", "overdue")},
                    true};
    gt_pages_need(p, 60);
    put_head(p, &g);
    for (size_t i = 0; i < y->n_ledgers; i++) {
        const gt_year_ledger *l = &y->ledgers[i];
        char n[5][24];
        (void)snprintf(n[0], sizeof n[0], "%lld", (long long)l->all);
        (void)snprintf(n[1], sizeof n[1], "%lld", (long long)l->of_year);
        (void)snprintf(n[2], sizeof n[2], "%lld", (long long)l->open);
        (void)snprintf(n[3], sizeof n[3], "%lld", (long long)(l->all - l->open));
        (void)snprintf(n[4], sizeof n[4], "%lld", (long long)l->overdue);
        const char *const cells[COLUMNS] = {gt_title_in(l->ledger->title, p->lang),
                                            n[0],
                                            l->ledger->year_field == NULL ? "–" : n[1],
                                            n[2],
                                            n[3],
                                            n[4]};
        if (p->y + 16 > GT_BOTTOM) {
            gt_pages_next(p);
            put_head(p, &g);
        }
        put_cells(p, &g, cells, false, gt_rgb_of(l->overdue > 0 ? RED : INK));
    }
    p->y += 8;
}

static void hectares(int64_t cents, char out[GT_NUMBER_TEXT])
{
    gt_number_format((double)cents / 1e6, 4, out);
}

static void put_balances(gt_pages *p)
{
    const gt_year *y = p->year;
    bool zh = p->lang == GT_LANG_ZH;
    const grid g = {{0.32, 0.12, 0.12, 0.12, 0.13, 0.19},
                    {gt_pages_say(p, "账户（公顷）", "account (ha)"),
                     gt_pages_say(p, "年初", "opening"), gt_pages_say(p, "转入", "in"),
                     gt_pages_say(p, "转出", "out"), gt_pages_say(p, "年末", "closing"),
                     gt_pages_say(p, "平衡", "balance")},
                    false};
    gt_pages_subheading(p, gt_pages_say(p, "平衡账", "Accounts"));
    gt_pages_need(p, 60);
    put_head(p, &g);
    for (size_t i = 0; i < y->n_balances; i++) {
        const gt_balance_result *b = &y->balances[i];
        char n[4][GT_NUMBER_TEXT], said[200];
        hectares(b->total.opening, n[0]);
        hectares(b->total.in, n[1]);
        hectares(b->total.out, n[2]);
        hectares(b->total.closing, n[3]);
        bool fine = b->n_faults == 0 && b->met;
        (void)snprintf(said, sizeof said, "%s%s%.80s", gt_year_balance_standing(b, zh),
                       b->broken_unit == NULL || b->met ? "" : gt_pages_say(p, "：", ": "),
                       b->broken_unit == NULL || b->met ? "" : b->broken_unit);
        const char *const cells[COLUMNS] = {
            gt_title_in(b->balance->title, p->lang), n[0], n[1], n[2], n[3], said};
        if (p->y + 26 > GT_BOTTOM) {
            gt_pages_next(p);
            put_head(p, &g);
        }
        put_cells(p, &g, cells, false, gt_rgb_of(fine ? GREEN : RED));
    }
    p->y += 6;
    gt_pages_paragraph(
        p, 7.2,
        gt_pages_say(p, "各账为全市合计，条件逐区检验；所列为首个未满足的区。逾期按年末计。",
                     "Sums of the city; conditions are asked of every district, the first that "
                     "misses is named. Overdue as of the end of the year."));
}

void gt_pages_books(gt_pages *p)
{
    const gt_year *y = p->year;
    if (y->n_ledgers == 0) {
        return;
    }
    gt_pages_next(p);
    gt_pages_heading(p, gt_pages_say(p, "六、台账与平衡", "6  Ledgers and accounts"));
    put_ledgers(p);
    if (y->n_balances > 0) {
        put_balances(p);
    }
}
