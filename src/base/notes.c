#include "guotu/notes.h"

#include <string.h>

#include "base/record.h"

typedef struct note {
    gt_severity severity;
    gt_record record;
} note;

typedef struct id_count {
    const char *id; /* static, of a message */
    size_t n;
} id_count;

struct gt_notes {
    gt_ctx *ctx; /* borrowed */
    note **kept; /* one block each: records point into themselves, so they may not move */
    size_t n_kept, cap, max;
    size_t total[3];
    id_count *ids;
    size_t n_ids, cap_ids;
};

gt_status gt_notes_new(gt_ctx *ctx, size_t max, gt_notes **out)
{
    gt_notes *n = gt_zalloc(ctx, 1, sizeof *n);
    if (n == NULL) {
        return GT_E_MEMORY;
    }
    n->ctx = ctx;
    n->max = max == 0 ? 10000 : max;
    *out = n;
    return GT_OK;
}

void gt_notes_free(gt_notes *n)
{
    if (n == NULL) {
        return;
    }
    for (size_t i = 0; i < n->n_kept; i++) {
        gt_free(n->ctx, n->kept[i]);
    }
    gt_free(n->ctx, n->kept);
    gt_free(n->ctx, n->ids);
    gt_free(n->ctx, n);
}

static gt_status count_id(gt_notes *n, const char *id)
{
    for (size_t i = 0; i < n->n_ids; i++) {
        if (strcmp(n->ids[i].id, id) == 0) {
            n->ids[i].n++;
            return GT_OK;
        }
    }
    void *block = n->ids;
    gt_status st = gt_grow(n->ctx, &block, &n->cap_ids, n->n_ids + 1, sizeof *n->ids);
    if (st == GT_OK) {
        n->ids = block;
        n->ids[n->n_ids++] = (id_count){id, 1};
    }
    return st;
}

gt_status gt_notes_add(gt_notes *n, gt_severity severity, const gt_message *message,
                       const gt_place *place, const gt_arg *args)
{
    gt_status st = count_id(n, message->id);
    if (st != GT_OK) {
        return st;
    }
    n->total[severity]++;
    if (n->n_kept >= n->max) {
        return GT_OK;
    }
    void *block = n->kept;
    st = gt_grow(n->ctx, &block, &n->cap, n->n_kept + 1, sizeof(note *));
    if (st != GT_OK) {
        return st;
    }
    n->kept = block;
    note *fresh = gt_alloc(n->ctx, 1, sizeof *fresh);
    if (fresh == NULL) {
        return GT_E_MEMORY;
    }
    fresh->severity = severity;
    gt_record_set(&fresh->record, GT_E_INPUT, message, place, args);
    n->kept[n->n_kept++] = fresh;
    return GT_OK;
}

size_t gt_notes_count(const gt_notes *n, gt_severity at_least)
{
    size_t sum = 0;
    for (int s = (int)at_least; s <= (int)GT_ERROR; s++) {
        sum += n->total[s];
    }
    return sum;
}

size_t gt_notes_kept(const gt_notes *n)
{
    return n->n_kept;
}

size_t gt_notes_count_id(const gt_notes *n, const char *id)
{
    for (size_t i = 0; i < n->n_ids; i++) {
        if (strcmp(n->ids[i].id, id) == 0) {
            return n->ids[i].n;
        }
    }
    return 0;
}

void gt_notes_get(const gt_notes *n, size_t i, gt_severity *severity, const gt_message **message,
                  const gt_place **place)
{
    if (severity != NULL) {
        *severity = n->kept[i]->severity;
    }
    if (message != NULL) {
        *message = n->kept[i]->record.message;
    }
    if (place != NULL) {
        *place = &n->kept[i]->record.place;
    }
}

void gt_notes_render_message(const gt_notes *n, size_t i, gt_lang lang, gt_text *out)
{
    gt_record_message(&n->kept[i]->record, lang, out);
}

static const char *severity_word(gt_severity s, gt_lang lang)
{
    static const char *const words[2][3] = {{"info", "warning", "error"}, {"提示", "警告", "错误"}};
    return words[lang == GT_LANG_ZH][s];
}

void gt_notes_render(const gt_notes *n, size_t i, gt_lang lang, gt_text *out)
{
    const note *k = n->kept[i];
    gt_record_place(&k->record.place, lang, out);
    gt_text_puts(out, severity_word(k->severity, lang));
    gt_text_puts(out, lang == GT_LANG_ZH ? "：" : ": ");
    gt_record_message(&k->record, lang, out);
    gt_text_putc(out, '\n');
    if (k->record.message->mend_en != NULL) {
        gt_text_puts(out, lang == GT_LANG_ZH ? "  建议：" : "  hint: ");
        (void)gt_record_mend(&k->record, lang, out);
        gt_text_putc(out, '\n');
    }
}

void gt_notes_render_json(const gt_notes *n, size_t i, gt_lang lang, gt_text *out)
{
    const note *k = n->kept[i];
    gt_text part;
    gt_text_init(&part, out->ctx, 0);
    gt_text_printf(out, "{\"severity\":\"%s\",\"id\":", severity_word(k->severity, GT_LANG_EN));
    gt_text_json_string(out, k->record.message->id);
    gt_text_puts(out, ",\"message\":");
    gt_record_message(&k->record, lang, &part);
    gt_text_json_string(out, gt_text_cstr(&part));
    gt_text_puts(out, ",\"mend\":");
    gt_text_clear(&part);
    bool has_mend = gt_record_mend(&k->record, lang, &part);
    gt_text_json_string(out, has_mend ? gt_text_cstr(&part) : NULL);
    gt_text_puts(out, ",\"place\":");
    gt_record_place_json(&k->record.place, out);
    gt_text_putc(out, '}');
    gt_text_free(&part);
}

void gt_notes_render_all(const gt_notes *n, gt_lang lang, gt_text *out)
{
    for (size_t i = 0; i < n->n_kept; i++) {
        gt_notes_render(n, i, lang, out);
    }
    size_t total = gt_notes_count(n, GT_INFO);
    if (total > n->n_kept) {
        gt_text_printf(out, lang == GT_LANG_ZH ? "……还有 %zu 条\n" : "... and %zu more\n",
                       total - n->n_kept);
    }
}
