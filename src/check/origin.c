/* Which of a verdict's data are generated: said in every form of the verdict, so that made-up data
 * never passes for a survey. */
#include <string.h>

#include "check/verdict.h"

const char *gt_origin_key(gt_origin origin)
{
    switch (origin) {
    case GT_ORIGIN_SURVEY:
        return "survey";
    case GT_ORIGIN_OPEN:
        return "open";
    case GT_ORIGIN_GENERATED:
        return "generated";
    }
    return "";
}

static bool rests_on(const gt_verdict *v, const char *layer)
{
    const char *unit = gt_package_unit_layer(v->package);
    if (v->unit_origin == GT_ORIGIN_GENERATED && unit != NULL && strcmp(unit, layer) == 0) {
        return true;
    }
    for (size_t i = 0; i < v->n_findings; i++) {
        const gt_finding *f = &v->findings[i];
        for (size_t k = 0; k < f->rule->n_measures; k++) {
            const gt_measured *m = f->measured[k];
            if (m->known && m->origin == GT_ORIGIN_GENERATED &&
                strcmp(m->measure->layer, layer) == 0) {
                return true;
            }
        }
    }
    return false;
}

const gt_standard *gt_verdict_generated(const gt_verdict *v, size_t i)
{
    for (size_t k = 0; k < gt_package_n_layers(v->package); k++) {
        const gt_standard *s = gt_package_layer(v->package, k);
        if (rests_on(v, s->id) && i-- == 0) {
            return s;
        }
    }
    return NULL;
}

void gt_verdict_put_generated(const gt_verdict *v, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    const gt_standard *s;
    for (size_t i = 0; (s = gt_verdict_generated(v, i)) != NULL; i++) {
        const char *head = zh ? "  ⚠ 依据生成数据，非调查成果："
                              : "  ⚠ rests on generated data, not a survey result: ";
        gt_text_puts(out, i == 0 ? head : zh ? "、" : ", ");
        gt_text_puts(out, zh ? s->title.zh : s->title.en);
    }
    gt_text_puts(out, gt_verdict_generated(v, 0) != NULL ? "\n" : "");
}

void gt_verdict_json_generated(const gt_verdict *v, gt_text *out)
{
    const gt_standard *s;
    gt_text_putc(out, '[');
    for (size_t i = 0; (s = gt_verdict_generated(v, i)) != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        gt_text_json_string(out, s->id);
    }
    gt_text_putc(out, ']');
}
