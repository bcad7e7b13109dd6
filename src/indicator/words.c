/* What ids of units, sources, features and codes are called for a reader. */
#include <stdio.h>
#include <string.h>

#include "guotu/indicator.h"
#include "guotu/text.h"
#include "indicator/run.h"

static const char *in_lang(gt_title title, gt_lang lang)
{
    return lang == GT_LANG_ZH ? title.zh : title.en;
}

const char *gt_unit_word(const char *unit, gt_lang lang)
{
    static const struct {
        const char *unit, *zh, *en;
    } words[] = {{"km2", "平方公里", "km²"},
                 {"ha", "公顷", "ha"},
                 {"wan_mu", "万亩", "10⁴ mu"},
                 {"wan_m3", "万立方米", "10⁴ m³"},
                 {"count", "个", ""},
                 {"m2_per_person", "平方米/人", "m²/person"},
                 {"yi_yuan_per_km2", "亿元/平方公里", "10⁸ yuan/km²"},
                 {"m", "米", "m"},
                 {"km", "公里", "km"},
                 {"yi_yuan", "亿元", "10⁸ yuan"},
                 {"yi_m3", "亿立方米", "10⁸ m³"},
                 {"wan_persons", "万人", "10⁴ persons"},
                 {"mu", "亩", "mu"},
                 {"m2", "平方米", "m²"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].unit, unit) == 0) {
            return lang == GT_LANG_ZH ? words[i].zh : words[i].en;
        }
    }
    return unit;
}

/* ---- sources ----------------------------------------------------------------------------------
 */

static const gt_title *balance_title(const gt_package *package, const char *id)
{
    for (size_t i = 0; i < gt_package_n_ledgers(package); i++) {
        const gt_ledger *l = gt_package_ledger(package, i);
        for (size_t k = 0; k < l->n_balances; k++) {
            if (strcmp(l->balances[k].id, id) == 0) {
                return &l->balances[k].title;
            }
        }
    }
    return NULL;
}

/* Layer, series, ledger or account; NULL: none of them. */
static const gt_title *title_of(const gt_package *package, const char *id)
{
    const gt_standard *layer = gt_package_find_layer(package, id);
    const gt_series *series = layer == NULL ? gt_package_find_series(package, id) : NULL;
    const gt_ledger *ledger =
        layer == NULL && series == NULL ? gt_package_find_ledger(package, id) : NULL;
    return layer != NULL    ? &layer->title
           : series != NULL ? &series->title
           : ledger != NULL ? &ledger->title
                            : balance_title(package, id);
}

static bool came_before(const char *list, const char *at, size_t len)
{
    for (const char *p = list; p < at;) {
        size_t n = strcspn(p, ";");
        if (n == len && memcmp(p, at, len) == 0) {
            return true;
        }
        p += n;
        p += strspn(p, "; ");
    }
    return false;
}

void gt_source_words(const gt_package *package, const char *list, gt_lang lang, gt_text *out)
{
    bool first = true;
    for (const char *p = list; *p != '\0';) {
        size_t len = strcspn(p, ";"), n = strcspn(p, "; ");
        char id[128];
        if (!came_before(list, p, len)) {
            (void)snprintf(id, sizeof id, "%.*s", (int)n, p);
            const gt_title *title = title_of(package, id);
            gt_text_puts(out, first ? "" : lang == GT_LANG_ZH ? "；" : "; ");
            gt_text_puts(out, title == NULL ? id : in_lang(*title, lang));
            gt_text_printf(out, "%.*s", (int)(len - n), p + n);
            first = false;
        }
        p += len;
        p += strspn(p, "; ");
    }
}

/* ---- what moved -------------------------------------------------------------------------------
 */

/* One text of the account after `gap`: the code and its title where the layer's classes have a
 * list; nothing where it is a mere feature id, which `where` names already. */
static void put_class(const gt_package *package, const char *word, const char *text, size_t len,
                      gt_lang lang, const char *gap, gt_text *out)
{
    static const struct {
        const char *id;
        gt_title title;
    } big[] = {{"farm", {"农用地", "farm land"}},
               {"construction", {"建设用地", "construction land"}},
               {"unused", {"未利用地", "unused land"}}};
    char code[128], scratch[128];
    const char *layer = gt_indicator_layer(package, word, scratch, sizeof scratch);
    const gt_standard *s = layer == NULL ? NULL : gt_package_find_layer(package, layer);
    const char *dot = strchr(word, '.');
    const char *name = dot != NULL ? dot + 1 : s == NULL ? NULL : s->class_field;
    int field = s == NULL || name == NULL ? -1 : gt_standard_field(s, name);
    (void)snprintf(code, sizeof code, "%.*s", (int)len, text);
    for (size_t i = 0; strcmp(word, "big_class") == 0 && i < sizeof big / sizeof *big; i++) {
        if (strcmp(big[i].id, code) == 0) {
            gt_text_printf(out, "%s%s", gap, in_lang(big[i].title, lang));
            return;
        }
    }
    const gt_code *found = field < 0 ? NULL : gt_codelist_find(s->fields[field].codes, code);
    if (found != NULL) {
        gt_text_printf(out, "%s%s %s", gap, code, in_lang(found->title, lang));
    } else if (field >= 0) {
        gt_text_printf(out, "%s%s", gap, code);
    }
}

/* The texts of one side that the other does not have, in words. */
static void put_side(const gt_package *package, const gt_indicator *in, const char *here,
                     const char *there, gt_lang lang, gt_text *out)
{
    size_t start = out->len;
    for (size_t k = 0; in->account[k] != NULL; k++) {
        size_t n = strcspn(here, "/"), m = strcspn(there, "/");
        bool same = n == m && memcmp(here, there, n) == 0;
        if (n > 0 && !same) {
            const char *gap = out->len == start ? "" : lang == GT_LANG_ZH ? "，" : ", ";
            put_class(package, in->account[k], here, n, lang, gap, out);
        }
        here += n + (here[n] == '/' ? 1 : 0);
        there += m + (there[m] == '/' ? 1 : 0);
    }
}

/* "land_use:P-1 farmland_space:B-2" as "Land use P-1, farmland space B-2". */
static void put_places(const gt_package *package, const char *where, gt_lang lang, gt_text *out)
{
    for (const char *p = where; *p != '\0';) {
        size_t len = strcspn(p, " "), n = strcspn(p, ": ");
        char id[128];
        (void)snprintf(id, sizeof id, "%.*s", (int)n, p);
        const gt_title *title = title_of(package, id);
        gt_text_puts(out, p == where ? "" : lang == GT_LANG_ZH ? "、" : ", ");
        gt_text_puts(out, title == NULL ? id : in_lang(*title, lang));
        gt_text_printf(out, " %.*s", (int)(len > n ? len - n - 1 : 0), p + n + (len > n ? 1 : 0));
        p += len;
        p += strspn(p, " ");
    }
}

static const char *state_word(const gt_ledger *ledger, const char *state, gt_lang lang)
{
    for (size_t i = 0; ledger != NULL && i < ledger->n_states; i++) {
        if (strcmp(ledger->states[i].id, state) == 0) {
            return in_lang(ledger->states[i].title, lang);
        }
    }
    return state;
}

/* "94.6 wan_mu" as a reader writes it. A count needs no word: the title says of what. */
static void put_amount(const gt_series *s, const char *text, gt_lang lang, gt_text *out)
{
    const char *gap = strchr(text, ' ');
    if (s == NULL || gap == NULL || strcmp(gap + 1, s->unit) != 0) {
        gt_text_puts(out, text);
        return;
    }
    gt_text_printf(out, "%.*s", (int)(gap - text), text);
    if (strcmp(s->unit, "count") != 0) {
        gt_text_printf(out, " %s", gt_unit_word(s->unit, lang));
    }
}

void gt_contribution_words(const gt_package *package, const gt_explanation *e,
                           const gt_contribution *c, gt_lang lang, gt_text *what, gt_text *before,
                           gt_text *after)
{
    const bool zh = lang == GT_LANG_ZH;
    if (c->series != NULL) {
        const gt_series *s = gt_package_find_series(package, c->series);
        gt_text_puts(what, s == NULL ? c->series : in_lang(s->title, lang));
        put_amount(s, c->before, lang, before);
        put_amount(s, c->after, lang, after);
    } else if (*c->where == '\0') {
        gt_text_puts(what, zh ? "公式的非线性部分" : "bend of the formula");
    } else if (c->sum != NULL) {
        char id[128];
        (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(c->where, ":"), c->where);
        const gt_ledger *ledger = gt_package_find_ledger(package, id);
        put_places(package, c->where, lang, what);
        if (c->event > 0) {
            gt_text_puts(before, state_word(ledger, c->before, lang));
        }
        gt_text_puts(after, state_word(ledger, c->after, lang));
        gt_text_puts(after, c->event > 0 ? ""
                            : zh         ? "（计入另一年）"
                                         : " (counts in another year)");
    } else {
        put_places(package, c->where, lang, what);
        size_t was = before->len, is = after->len;
        put_side(package, e->indicator, c->before, c->after, lang, before);
        put_side(package, e->indicator, c->after, c->before, lang, after);
        if (before->len == was && after->len == is && strcmp(c->before, c->after) != 0) {
            /* the layer has no classes: it covers the ground, or does not */
            gt_text_puts(before, *c->before == '\0' ? zh ? "范围外" : "outside"
                                 : zh               ? "范围内"
                                                    : "inside");
            gt_text_puts(after, *c->after == '\0' ? zh ? "范围外" : "outside"
                                : zh              ? "范围内"
                                                  : "inside");
        }
        if (*c->before != '\0' && strcmp(c->before, c->after) == 0) {
            gt_text_puts(before, zh ? "原边界" : "old outline");
            gt_text_puts(after, zh ? "新边界" : "new outline");
        }
    }
}
