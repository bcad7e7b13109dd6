/* What a value was made from, what is missing, and a line about it for readers. */
#include <math.h>
#include <string.h>

#include "guotu/date.h"
#include "guotu/text.h"
#include "indicator/run.h"

/* ---- vintage and missing facts ------------------------------------------------------------------
 */

static void join(gt_text *out, const char *text)
{
    gt_text_puts(out, out->len == 0 ? "" : "; ");
    gt_text_puts(out, text);
}

const char *gt_indicator_layer(const gt_package *p, const char *word, char *scratch, size_t cap)
{
    if (strcmp(word, "land_class") == 0 || strcmp(word, "big_class") == 0) {
        return gt_package_land_layer(p);
    }
    size_t len = strcspn(word, ".");
    if (len >= cap) {
        return NULL;
    }
    memcpy(scratch, word, len);
    scratch[len] = '\0';
    return scratch;
}

static void layer_vintage(run *r, const char *word, bool counted, gt_text *vintage,
                          gt_text *missing, gt_indicator_row *row)
{
    char name[128], day[GT_DATE_TEXT];
    gt_layer_info info;
    if (strncmp(word, "grid.", 5) == 0) {
        join(counted ? vintage : missing, word);
        return;
    }
    const char *layer = gt_indicator_layer(r->package, word, name, sizeof name);
    gt_status st =
        layer == NULL ? GT_E_NOT_FOUND : gt_store_find_layer(r->ctx, r->store, layer, &info);
    if (st != GT_OK || info.n_features == 0 || !counted) {
        gt_error_clear(r->ctx);
        if (!counted) {
            join(missing, layer == NULL ? word : layer);
        }
        return;
    }
    gt_date_format(info.valid_from, day);
    join(vintage, layer);
    gt_text_printf(vintage, " %s", day);
    row->generated = row->generated || info.origin == GT_ORIGIN_GENERATED;
}

static void series_vintage(run *r, const gt_series *s, const char *place, gt_text *vintage,
                           gt_text *missing, gt_indicator_row *row)
{
    double x = 0;
    bool known = gt_series_value(r->book, s, place, r->table->year, &x);
    join(known ? vintage : missing, s->id);
    gt_text_printf(known ? vintage : missing, " %d", r->table->year);
    row->generated =
        row->generated || (known && gt_series_origin(r->book, s) == GT_ORIGIN_GENERATED);
}

gt_status gt_indicator_sources(run *r, const gt_indicator *in, bool counted, const char *place,
                               gt_indicator_row *row)
{
    gt_text vintage, missing;
    gt_text_init(&vintage, r->ctx, 65536);
    gt_text_init(&missing, r->ctx, 65536);
    for (size_t i = 0; in->count != NULL && in->account[i] != NULL; i++) {
        layer_vintage(r, in->account[i], counted, &vintage, &missing, row);
    }
    for (size_t i = 0; i < in->n_series; i++) {
        series_vintage(r, in->series[i], place, &vintage, &missing, row);
    }
    for (size_t i = 0; i < in->n_sums; i++) {
        const char *book = in->sums[i].ledger != NULL ? in->sums[i].ledger_id : in->sums[i].balance;
        join(r->books.known[i] ? &vintage : &missing, book);
        row->generated = row->generated || r->books_generated[i];
    }
    if (in->count == NULL && in->n_series == 0 && in->n_sums == 0) {
        join(&missing, in->id);
    }
    gt_status st =
        gt_text_status(&vintage) != GT_OK ? gt_text_status(&vintage) : gt_text_status(&missing);
    if (st == GT_OK) {
        row->vintage = gt_arena_strdup(r->table->arena, gt_text_cstr(&vintage));
        row->missing = gt_arena_strdup(r->table->arena, row->known ? "" : gt_text_cstr(&missing));
        st = row->vintage == NULL || row->missing == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&vintage);
    gt_text_free(&missing);
    return st;
}

/* ---- lines ------------------------------------------------------------------------------------
 */

void gt_indicator_number(const gt_indicator *in, double base, gt_text *out)
{
    double x = base / in->unit_base;
    int decimals = strcmp(in->unit, "m2") == 0 || strcmp(in->unit, "count") == 0 ? 0 : 2;
    bool whole = fabs(x - round(x)) < 1e-9;
    gt_text_printf(out, "%.*f", whole ? 0 : decimals, x);
}

static void say(gt_text *out, gt_lang lang, gt_title title)
{
    gt_text_puts(out, lang == GT_LANG_ZH ? title.zh : title.en);
}

static void put_target(const gt_indicator_row *row, gt_lang lang, gt_text *out)
{
    const gt_target *t = row->target;
    bool zh = lang == GT_LANG_ZH;
    gt_text_puts(out, zh ? "，目标" : ", asked ");
    if (zh && t->op == GT_ABOUT) {
        gt_indicator_number(row->indicator, row->asked, out);
        gt_text_printf(out, "%s左右", gt_unit_word(row->indicator->unit, lang));
    } else {
        say(out, lang, gt_target_op_title(t->op));
        if (!isnan(row->asked)) {
            gt_text_putc(out, ' ');
            gt_indicator_number(row->indicator, row->asked, out);
        }
    }
    gt_text_printf(out, zh ? "（%d 年，%s）" : " (%d, %s)", t->year, t->clause);
}

static void put_standing(const gt_indicator_row *row, gt_lang lang, gt_text *out)
{
    const gt_judgement *j = &row->judgement;
    bool zh = lang == GT_LANG_ZH;
    gt_text_puts(out, zh ? "：" : ": ");
    say(out, lang, gt_standing_title(j->standing));
    if (j->why != GT_WHY_NONE) {
        gt_text_puts(out, zh ? "，" : ", ");
        say(out, lang, gt_why_title(j->why));
        if (*row->missing != '\0') {
            gt_text_printf(out, zh ? "（缺 %s）" : " (missing: %s)", row->missing);
        }
    } else if (!isnan(j->progress)) {
        gt_text_printf(
            out, zh ? "，完成 %.1f%%，时间已过 %.1f%%" : ", %.1f %% done in %.1f %% of the time",
            100 * j->progress, 100 * j->time);
    }
    if (row->target != NULL && row->target->overruled) {
        gt_text_puts(out,
                     zh ? "（另一规划优先，此目标仅存录）" : " (held only: another plan prevails)");
    }
}

void gt_indicator_line(const gt_indicator_row *row, gt_lang lang, gt_text *out)
{
    if (row->known) {
        gt_indicator_number(row->indicator, row->value, out);
        const char *unit = gt_unit_word(row->indicator->unit, lang);
        gt_text_printf(out, "%s%s", *unit == '\0' ? "" : " ", unit);
    } else {
        gt_text_puts(out, lang == GT_LANG_ZH ? "无数值" : "no value");
    }
    if (row->target != NULL) {
        put_target(row, lang, out);
        put_standing(row, lang, out);
    }
}
