/* A verdict as text and as JSON. The JSON is stable: docs/reference/verdict-json.md. */
#include <string.h>

#include "check/verdict.h"

static const char *strength_word(gt_strength s, gt_lang lang)
{
    static const char *const words[3][2] = {
        {"binding", "约束性"}, {"guidance", "预期性"}, {"descriptive", "说明性"}};
    return words[s][lang];
}

static const char *mark(const gt_finding *f)
{
    if (f->result == GT_PASS) {
        return "✓";
    }
    if (f->result == GT_UNDECIDABLE) {
        return "?";
    }
    return f->rule->effect == GT_DENY ? "✗" : f->rule->effect == GT_NOTE ? "i" : "!";
}

const char *gt_effect_key(gt_effect e)
{
    static const char *const keys[] = {"deny", "condition", "duty", "note"};
    return keys[e];
}

const char *gt_result_key(gt_result r)
{
    static const char *const keys[] = {"pass", "fail", "undecidable"};
    return keys[r];
}

static void put_clauses(const gt_rule *r, gt_text *out)
{
    for (size_t i = 0; r->clauses[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? " " : "", r->clauses[i]);
    }
}

gt_title gt_verdict_missing_title(const gt_verdict *v, const gt_finding *f)
{
    const char *id = f->missing == NULL ? "" : f->missing;
    const gt_subject_kind *kind = gt_package_find_subject_kind(v->package, v->kind);
    for (size_t i = 0; kind != NULL && i < kind->n_fields; i++) {
        if (strcmp(kind->fields[i].name, id) == 0) {
            return kind->fields[i].title;
        }
    }
    const gt_standard *layer = gt_package_find_layer(v->package, id);
    return layer != NULL ? layer->title : (gt_title){id, id};
}

/* What the user can do about it: state the fact, or load the layer. */
static void put_missing(const gt_verdict *v, const gt_finding *f, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    gt_title title = gt_verdict_missing_title(v, f);
    bool layer = gt_package_find_layer(v->package, f->missing) != NULL;
    gt_text_printf(out, zh ? "      无法判定：缺少%s（" : "      undecidable: %s is missing (",
                   zh ? title.zh : title.en);
    gt_text_printf(out, layer ? (zh ? "请载入图层 %s" : "load layer %s") : "--set %s=...",
                   f->missing);
    gt_text_puts(out, zh ? "）\n" : ")\n");
}

static void put_finding(const gt_verdict *v, const gt_finding *f, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    gt_text_printf(out, "  %s %s  [%s]  %s  ", mark(f), zh ? f->rule->title.zh : f->rule->title.en,
                   f->rule->id, strength_word(f->rule->strength, lang));
    put_clauses(f->rule, out);
    gt_text_putc(out, '\n');
    if (f->result == GT_FAIL) {
        gt_text_printf(out, "      %s\n", f->said[lang]);
    }
    if (f->result == GT_UNDECIDABLE && f->missing != NULL && *f->missing != '\0') {
        put_missing(v, f, lang, out);
    }
    if (f->n_together > 0) {
        gt_text_printf(
            out,
            zh ? "      与同一项目其他 %zu 个部分合并判断，共 %.4f 公顷\n"
               : "      judged together with %zu other part(s) of the project, %.4f ha in all\n",
            f->n_together, gt_area_to(GT_HA, f->together_m2));
    }
    if (f->comply[lang] != NULL) {
        gt_text_printf(out, zh ? "      如何符合：%s\n" : "      to comply: %s\n", f->comply[lang]);
    }
    if (f->exempt != NULL) {
        gt_text_puts(out, zh ? "      例外依据：" : "      excepted by: ");
        for (size_t i = 0; f->exempt->clauses[i] != NULL; i++) {
            gt_text_printf(out, "%s%s", i > 0 ? " " : "", f->exempt->clauses[i]);
        }
        gt_text_putc(out, '\n');
    }
}

static const char *headline(gt_result r, gt_lang lang)
{
    static const char *const words[3][2] = {{"✓ CONFORMING", "✓ 符合"},
                                            {"✗ NOT CONFORMING", "✗ 不符合"},
                                            {"? UNDECIDABLE", "? 无法判定"}};
    return words[r][lang];
}

void gt_verdict_render(const gt_verdict *v, gt_lang lang, bool all, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    double m2 = gt_verdict_area_m2(v);
    char day[GT_DATE_TEXT];
    size_t passes = v->n_unlisted;
    const gt_subject_kind *kind = gt_package_find_subject_kind(v->package, v->kind);
    gt_date_format(v->as_of, day);
    gt_text_printf(out, "%s    %s", headline(gt_verdict_result(v), lang),
                   kind == NULL ? v->kind
                   : zh         ? kind->title.zh
                                : kind->title.en);
    gt_text_printf(out, *v->name == '\0' ? "%s" : zh ? "“%s”" : " \"%s\"", v->name);
    gt_text_printf(out, zh ? "，%.4f 公顷（%.2f 亩）" : ", %.4f ha (%.2f mu)",
                   gt_area_to(GT_HA, m2), gt_area_to(GT_MU, m2));
    gt_text_printf(out, *v->unit == '\0' ? "%s" : zh ? "，%s" : ", %s", v->unit);
    gt_text_printf(out,
                   zh ? "，时点 %s，地图修订 %lld，规划包 %s %s\n"
                      : ", as of %s, map revision %lld, package %s %s\n",
                   day, (long long)v->revision, gt_package_id(v->package),
                   gt_package_version(v->package));
    gt_verdict_put_generated(v, lang, out);
    for (size_t i = 0; i < v->n_findings; i++) {
        const gt_finding *f = &v->findings[i];
        passes += f->result == GT_PASS;
        if (all || f->result != GT_PASS || f->exempt != NULL) {
            put_finding(v, f, lang, out);
        }
    }
    if (!all && passes > 0) {
        gt_text_printf(out, zh ? "  ✓ 另有 %zu 条规则符合\n" : "  ✓ %zu more rules hold\n", passes);
    }
}

static void json_measure(const gt_measured *m, gt_text *out)
{
    gt_text_puts(out, "{\"id\":");
    gt_text_json_string(out, m->measure->id);
    gt_text_puts(out, ",\"layer\":");
    gt_text_json_string(out, m->measure->layer);
    gt_text_printf(out, ",\"known\":%s,\"origin\":", m->known ? "true" : "false");
    gt_text_json_string(out, m->known ? gt_origin_key(m->origin) : NULL);
    gt_text_puts(out, ",\"m2\":");
    gt_text_json_real(out, m->m2);
    gt_text_puts(out, ",\"share\":");
    gt_text_json_real(out, m->share);
    gt_text_printf(out, ",\"count\":%lld,\"pieces\":%lld,\"length_m\":", (long long)m->count,
                   (long long)m->pieces);
    gt_text_json_real(out, m->length_m);
    gt_text_puts(out, ",\"distance_m\":");
    gt_text_json_real(out, m->distance_m);
    gt_text_puts(out, ",\"overlap\":");
    if (m->overlap->n_points > 0) {
        gt_geom_to_geojson(m->overlap, 3, out);
    } else {
        gt_text_puts(out, "null");
    }
    gt_text_putc(out, '}');
}

static void json_pair(gt_text *out, const char *zh, const char *en)
{
    gt_text_puts(out, "{\"zh\":");
    gt_text_json_string(out, zh);
    gt_text_puts(out, ",\"en\":");
    gt_text_json_string(out, en);
    gt_text_putc(out, '}');
}

static void json_list(gt_text *out, const char *const *list)
{
    gt_text_putc(out, '[');
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        gt_text_json_string(out, list[i]);
    }
    gt_text_putc(out, ']');
}

static void json_finding(const gt_finding *f, gt_text *out)
{
    gt_text_puts(out, "{\"rule\":");
    gt_text_json_string(out, f->rule->id);
    gt_text_puts(out, ",\"title\":");
    json_pair(out, f->rule->title.zh, f->rule->title.en);
    gt_text_puts(out, ",\"clauses\":");
    json_list(out, f->rule->clauses);
    gt_text_printf(out, ",\"strength\":\"%s\",\"effect\":\"%s\",\"result\":\"%s\",\"missing\":",
                   strength_word(f->rule->strength, GT_LANG_EN), gt_effect_key(f->rule->effect),
                   gt_result_key(f->result));
    gt_text_json_string(out, f->missing);
    gt_text_puts(out, ",\"message\":");
    json_pair(out, f->said[GT_LANG_ZH], f->said[GT_LANG_EN]);
    gt_text_puts(out, ",\"comply\":");
    if (f->comply[GT_LANG_EN] != NULL) {
        json_pair(out, f->comply[GT_LANG_ZH], f->comply[GT_LANG_EN]);
    } else {
        gt_text_puts(out, "null");
    }
    gt_text_puts(out, ",\"excepted_by\":");
    json_list(out, f->exempt == NULL ? NULL : f->exempt->clauses);
    gt_text_printf(out, ",\"together\":%zu,\"together_m2\":", f->n_together);
    gt_text_json_real(out, f->together_m2);
    gt_text_puts(out, ",\"measures\":[");
    for (size_t i = 0; i < f->rule->n_measures; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        json_measure(f->measured[i], out);
    }
    gt_text_puts(out, "]}");
}

void gt_verdict_render_json(const gt_verdict *v, gt_text *out)
{
    char day[GT_DATE_TEXT];
    gt_date_format(v->as_of, day);
    gt_text_printf(
        out, "{\"result\":\"%s\",\"subject\":{\"type\":", gt_result_key(gt_verdict_result(v)));
    gt_text_json_string(out, v->kind);
    gt_text_puts(out, ",\"name\":");
    gt_text_json_string(out, *v->name == '\0' ? NULL : v->name);
    gt_text_puts(out, ",\"unit\":");
    gt_text_json_string(out, *v->unit == '\0' ? NULL : v->unit);
    gt_text_puts(out, ",\"project\":");
    gt_text_json_string(out, v->project);
    gt_text_puts(out, ",\"facts\":");
    gt_text_json_string(out, v->facts);
    gt_text_puts(out, ",\"area_m2\":");
    gt_text_json_real(out, gt_verdict_area_m2(v));
    gt_text_puts(out, ",\"geometry\":");
    gt_geom_to_geojson(gt_verdict_geom(v), 3, out);
    gt_text_printf(out, "},\"as_of\":\"%s\",\"revision\":%lld,\"package\":{\"id\":", day,
                   (long long)v->revision);
    gt_text_json_string(out, gt_package_id(v->package));
    gt_text_puts(out, ",\"version\":");
    gt_text_json_string(out, gt_package_version(v->package));
    gt_text_puts(out, ",\"hash\":");
    gt_text_json_string(out, gt_package_hash(v->package));
    gt_text_puts(out, "},\"crs\":");
    gt_text_json_string(out, gt_package_crs(v->package));
    gt_text_puts(out, ",\"generated_layers\":");
    gt_verdict_json_generated(v, out);
    gt_text_puts(out, ",\"findings\":[");
    for (size_t i = 0; i < v->n_findings; i++) {
        gt_text_puts(out, i > 0 ? ",\n" : "\n");
        json_finding(&v->findings[i], out);
    }
    gt_text_puts(out, "]}\n");
}
