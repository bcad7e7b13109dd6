#include "base/record.h"

#include <string.h>

#include "base/foreign.h"

/* Copies text into the record's block; cut at a character border when full, NULL stays NULL. */
static const char *keep(gt_record *r, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t room = GT_RECORD_BYTES - r->used;
    if (room == 0) {
        return "";
    }
    size_t len = strlen(text);
    if (len > room - 1) {
        len = room - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0U) == 0x80U) {
            len--;
        }
    }
    char *to = r->bytes + r->used;
    memcpy(to, text, len);
    to[len] = '\0';
    r->used += len + 1;
    return to;
}

void gt_record_set(gt_record *r, gt_status status, const gt_message *message, const gt_place *place,
                   const gt_arg *args)
{
    memset(r, 0, sizeof *r);
    r->status = status;
    r->message = message;
    /* names first: a long text may be cut, a name may not */
    size_t n = 0;
    for (; args != NULL && args[n].name != NULL && n < GT_RECORD_ARGS; n++) {
        r->args[n] = args[n];
        r->args[n].name = keep(r, args[n].name);
    }
    for (size_t i = 0; i < n; i++) {
        if (args[i].kind == GT_ARG_TEXT) {
            r->args[i].text = keep(r, args[i].text == NULL ? "" : args[i].text);
        }
    }
    if (place != NULL) {
        gt_record_at(r, place);
    }
}

void gt_record_at(gt_record *r, const gt_place *from)
{
    gt_place *to = &r->place;
    to->file = to->file != NULL ? to->file : keep(r, from->file);
    to->layer = to->layer != NULL ? to->layer : keep(r, from->layer);
    to->feature = to->feature != NULL ? to->feature : keep(r, from->feature);
    to->field = to->field != NULL ? to->field : keep(r, from->field);
    to->rule = to->rule != NULL ? to->rule : keep(r, from->rule);
    to->clause = to->clause != NULL ? to->clause : keep(r, from->clause);
    if (to->line == 0) {
        to->line = from->line;
        to->column = from->column;
    }
    to->row = to->row != 0 ? to->row : from->row;
    if (!to->has_xy && from->has_xy) {
        to->has_xy = true;
        to->x = from->x;
        to->y = from->y;
    }
}

static const char *moved(const gt_record *from, gt_record *to, const char *text)
{
    if (text == NULL || text < from->bytes || text >= from->bytes + GT_RECORD_BYTES) {
        return text;
    }
    return to->bytes + (text - from->bytes);
}

void gt_record_copy(gt_record *to, const gt_record *from)
{
    *to = *from;
    to->place.file = moved(from, to, from->place.file);
    to->place.layer = moved(from, to, from->place.layer);
    to->place.feature = moved(from, to, from->place.feature);
    to->place.field = moved(from, to, from->place.field);
    to->place.rule = moved(from, to, from->place.rule);
    to->place.clause = moved(from, to, from->place.clause);
    for (size_t i = 0; i < GT_RECORD_ARGS; i++) {
        to->args[i].name = moved(from, to, from->args[i].name);
        to->args[i].text = moved(from, to, from->args[i].text);
    }
}

static void put_arg(const gt_arg *arg, gt_lang lang, gt_text *out)
{
    switch (arg->kind) {
    case GT_ARG_TEXT:
        if (lang == GT_LANG_ZH && arg->text != NULL &&
            gt_foreign_arg(arg->name, strlen(arg->name))) {
            gt_foreign_put(arg->text, out);
        } else {
            gt_text_puts(out, arg->text);
        }
        break;
    case GT_ARG_INT:
        gt_text_printf(out, "%lld", arg->integer);
        break;
    case GT_ARG_REAL:
        gt_text_printf(out, "%.10g", arg->real);
        break;
    case GT_ARG_END:
        break;
    }
}

/* Fills the {name} holes of a template; an unknown name stays as it is (a test forbids it). */
static void expand(const gt_record *r, const char *template, gt_lang lang, gt_text *out)
{
    for (const char *p = template; *p != '\0';) {
        const char *open = strchr(p, '{');
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (close == NULL) {
            gt_text_puts(out, p);
            return;
        }
        gt_text_add(out, p, (size_t)(open - p));
        size_t n = (size_t)(close - open - 1);
        const gt_arg *hit = NULL;
        for (size_t i = 0; r->args[i].name != NULL; i++) {
            if (strlen(r->args[i].name) == n && memcmp(r->args[i].name, open + 1, n) == 0) {
                hit = &r->args[i];
            }
        }
        if (hit != NULL) {
            put_arg(hit, lang, out);
        } else {
            gt_text_add(out, open, n + 2);
        }
        p = close + 1;
    }
}

void gt_record_message(const gt_record *r, gt_lang lang, gt_text *out)
{
    if (r->message != NULL) {
        expand(r, lang == GT_LANG_ZH ? r->message->zh : r->message->en, lang, out);
    }
}

bool gt_record_mend(const gt_record *r, gt_lang lang, gt_text *out)
{
    if (r->message == NULL) {
        return false;
    }
    const char *mend = lang == GT_LANG_ZH ? r->message->mend_zh : r->message->mend_en;
    if (mend == NULL) {
        return false;
    }
    expand(r, mend, lang, out);
    return true;
}

void gt_record_place(const gt_place *p, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    const char *sep = "";
    if (p->file != NULL) {
        gt_text_puts(out, p->file);
        if (p->line > 0) {
            gt_text_printf(out, ":%d:%d", p->line, p->column);
        }
        sep = ": ";
    }
    const struct {
        const char *zh, *en, *value;
    } named[] = {{"图层 ", "layer ", p->layer},
                 {"要素 ", "feature ", p->feature},
                 {"字段 ", "field ", p->field},
                 {"规则 ", "rule ", p->rule},
                 {"条款 ", "clause ", p->clause}};
    if (p->row > 0) {
        gt_text_printf(out, zh ? "%s第 %lld 条" : "%srecord %lld", sep, p->row);
        sep = zh ? "，" : ", ";
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (named[i].value != NULL) {
            gt_text_printf(out, "%s%s%s", sep, zh ? named[i].zh : named[i].en, named[i].value);
            sep = zh ? "，" : ", ";
        }
    }
    if (p->has_xy) {
        gt_text_printf(out, zh ? "%s位于 (%.10g, %.10g)" : "%sat (%.10g, %.10g)", sep, p->x, p->y);
        sep = ", ";
    }
    if (*sep != '\0') {
        gt_text_puts(out, ": ");
    }
}

void gt_record_place_json(const gt_place *p, gt_text *out)
{
    const char *sep = "";
    const struct {
        const char *name, *value;
    } texts[] = {{"file", p->file},   {"layer", p->layer}, {"feature", p->feature},
                 {"field", p->field}, {"rule", p->rule},   {"clause", p->clause}};
    gt_text_putc(out, '{');
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].value != NULL) {
            gt_text_printf(out, "%s\"%s\":", sep, texts[i].name);
            gt_text_json_string(out, texts[i].value);
            sep = ",";
        }
    }
    if (p->line > 0) {
        gt_text_printf(out, "%s\"line\":%d,\"column\":%d", sep, p->line, p->column);
        sep = ",";
    }
    if (p->row > 0) {
        gt_text_printf(out, "%s\"row\":%lld", sep, p->row);
        sep = ",";
    }
    if (p->has_xy) {
        gt_text_printf(out, "%s\"x\":", sep);
        gt_text_json_real(out, p->x);
        gt_text_puts(out, ",\"y\":");
        gt_text_json_real(out, p->y);
    }
    gt_text_putc(out, '}');
}
