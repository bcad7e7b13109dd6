/* What a descriptor says of itself: help, reference, JSON. */
#include <string.h>

#include "model/call.h"

static const char *in_lang(gt_title t, gt_lang lang)
{
    const char *text = lang == GT_LANG_ZH ? t.zh : t.en;
    return text == NULL ? "" : text;
}

static const char *port_word(gt_port_kind kind, gt_lang lang)
{
    static const char *const words[][2] = {
        {"grid", "栅格"}, {"polygons", "面"}, {"lines", "线"}, {"points", "点"}, {"table", "表"}};
    return words[kind][lang == GT_LANG_ZH];
}

static const char *param_word(gt_param_kind kind)
{
    static const char *const words[] = {"real", "int", "bool", "choice", "reals", "pairs", "text"};
    return words[kind];
}

static const char *reach_word(gt_model_reach reach, gt_lang lang)
{
    static const char *const words[][2] = {
        {"local", "逐栅格"}, {"focal", "邻域"}, {"zonal", "分区"}, {"global", "全域"}};
    return words[reach][lang == GT_LANG_ZH];
}

static bool bounded(const gt_model_param *p)
{
    return p->min != 0 || p->max != 0;
}

/* "m, 0 .. 100, default 30 m" */
static void say_param(const gt_model_param *p, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    gt_text_puts(out, in_lang(gt_param_form(p->kind), lang));
    if (p->unit != NULL) {
        gt_text_printf(out, zh ? "，单位 %s" : ", in %s", p->unit);
    }
    if (bounded(p)) {
        gt_text_printf(out, zh ? "，%g 至 %g" : ", %g .. %g", p->min, p->max);
    }
    for (size_t i = 0; p->choices != NULL && p->choices[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? ", " : zh ? "：" : ": ", p->choices[i]);
    }
    if (p->preset == NULL) {
        gt_text_puts(out, zh ? "，必填" : ", required");
    } else if (*p->preset != '\0') {
        gt_text_printf(out, zh ? "，默认 %s" : ", default %s", p->preset);
    }
    if (p->source != NULL) {
        gt_text_printf(out, zh ? "（%s）" : " (%s)", p->source);
    }
}

static void say_port(const gt_model_port *p, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    gt_text_puts(out, port_word(p->kind, lang));
    if (p->unit != NULL) {
        gt_text_printf(out, zh ? "，单位 %s" : ", in %s", p->unit);
    }
    if (p->optional) {
        gt_text_puts(out, zh ? "，可省" : ", optional");
    }
    if (*in_lang(p->note, lang) != '\0') {
        gt_text_printf(out, zh ? "；%s" : "; %s", in_lang(p->note, lang));
    }
}

static void say_name(const char *name, size_t width, const char *title, gt_text *out)
{
    gt_text_printf(out, "  %-*s %s: ", (int)width, name, title);
}

void gt_model_describe(const gt_model *m, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    size_t width = 4;
    for (size_t i = 0; m->with[i].name != NULL; i++) {
        width = strlen(m->with[i].name) > width ? strlen(m->with[i].name) : width;
    }
    gt_text_printf(out, "%s (%s, v%d)  %s\n\n%s\n", m->name, m->group, m->version,
                   in_lang(m->title, lang), in_lang(m->what, lang));
    gt_text_puts(out, zh ? "\n输入\n" : "\ninputs\n");
    for (size_t i = 0; m->in[i].name != NULL; i++) {
        say_name(m->in[i].name, width, in_lang(m->in[i].title, lang), out);
        say_port(&m->in[i], lang, out);
        gt_text_putc(out, '\n');
    }
    gt_text_puts(out, m->with[0].name == NULL ? "" : zh ? "\n参数\n" : "\nparameters\n");
    for (size_t i = 0; m->with[i].name != NULL; i++) {
        say_name(m->with[i].name, width, in_lang(m->with[i].title, lang), out);
        say_param(&m->with[i], lang, out);
        gt_text_putc(out, '\n');
    }
    gt_text_puts(out, zh ? "\n输出\n" : "\noutputs\n");
    for (size_t i = 0; m->out[i].name != NULL; i++) {
        say_name(m->out[i].name, width, in_lang(m->out[i].title, lang), out);
        say_port(&m->out[i], lang, out);
        gt_text_putc(out, '\n');
    }
    gt_text_printf(out, zh ? "\n影响范围：%s。内存：%s\n" : "\nreach: %s; memory: %s\n",
                   reach_word(m->reach, lang), m->law);
    gt_text_puts(out, zh ? "来源\n" : "sources\n");
    for (size_t i = 0; m->sources[i] != NULL; i++) {
        gt_text_printf(out, "  %s\n", m->sources[i]);
    }
}

static void table_row(const char *name, const char *title, gt_text *out)
{
    gt_text_printf(out, "| `%s` | %s | ", name, title);
}

void gt_model_markdown(const gt_model *m, gt_lang lang, gt_text *out)
{
    bool zh = lang == GT_LANG_ZH;
    const char *rule = "| --- | --- | --- |\n";
    gt_text_printf(out, "### %s\n\n**%s**. %s\n\n", m->name, in_lang(m->title, lang),
                   in_lang(m->what, lang));
    gt_text_puts(out, zh ? "| 输入 | 名称 | 形式 |\n" : "| input | what | form |\n");
    gt_text_puts(out, rule);
    for (size_t i = 0; m->in[i].name != NULL; i++) {
        table_row(m->in[i].name, in_lang(m->in[i].title, lang), out);
        say_port(&m->in[i], lang, out);
        gt_text_puts(out, " |\n");
    }
    if (m->with[0].name != NULL) {
        gt_text_puts(out, zh ? "\n| 参数 | 名称 | 形式 |\n" : "\n| parameter | what | form |\n");
        gt_text_puts(out, rule);
    }
    for (size_t i = 0; m->with[i].name != NULL; i++) {
        table_row(m->with[i].name, in_lang(m->with[i].title, lang), out);
        say_param(&m->with[i], lang, out);
        gt_text_puts(out, " |\n");
    }
    gt_text_puts(out, zh ? "\n| 输出 | 名称 | 形式 |\n" : "\n| output | what | form |\n");
    gt_text_puts(out, rule);
    for (size_t i = 0; m->out[i].name != NULL; i++) {
        table_row(m->out[i].name, in_lang(m->out[i].title, lang), out);
        say_port(&m->out[i], lang, out);
        gt_text_puts(out, " |\n");
    }
    gt_text_printf(
        out, zh ? "\n影响范围：%s。内存：%s。\n\n来源：" : "\nReach: %s. Memory: %s.\n\nSources: ",
        reach_word(m->reach, lang), m->law);
    for (size_t i = 0; m->sources[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? "; " : "", m->sources[i]);
    }
    gt_text_puts(out, ".\n\n");
}

/* ---- JSON ---------------------------------------------------------------------------------------
 */

static void json_member(gt_text *out, const char *key, const char *value)
{
    gt_text_printf(out, ",\"%s\":", key);
    gt_text_json_string(out, value);
}

static void json_title(gt_text *out, const char *key, gt_title t)
{
    gt_text_printf(out, ",\"%s\":{\"zh\":", key);
    gt_text_json_string(out, t.zh);
    gt_text_puts(out, ",\"en\":");
    gt_text_json_string(out, t.en);
    gt_text_putc(out, '}');
}

static void json_ports(const char *key, const gt_model_port *ports, gt_text *out)
{
    gt_text_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; ports[i].name != NULL; i++) {
        gt_text_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        gt_text_json_string(out, ports[i].name);
        json_title(out, "title", ports[i].title);
        json_member(out, "kind", port_word(ports[i].kind, GT_LANG_EN));
        json_member(out, "unit", ports[i].unit);
        gt_text_printf(out, ",\"optional\":%s}", ports[i].optional ? "true" : "false");
    }
    gt_text_putc(out, ']');
}

static void json_param(const gt_model_param *p, gt_text *out)
{
    gt_text_puts(out, "{\"name\":");
    gt_text_json_string(out, p->name);
    json_title(out, "title", p->title);
    json_member(out, "kind", param_word(p->kind));
    json_member(out, "unit", p->unit);
    if (bounded(p)) {
        gt_text_puts(out, ",\"min\":");
        gt_text_json_real(out, p->min);
        gt_text_puts(out, ",\"max\":");
        gt_text_json_real(out, p->max);
    }
    json_member(out, "default", p->preset);
    for (size_t i = 0; p->choices != NULL && p->choices[i] != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : ",\"choices\":[");
        gt_text_json_string(out, p->choices[i]);
        gt_text_puts(out, p->choices[i + 1] == NULL ? "]" : "");
    }
    gt_text_putc(out, '}');
}

void gt_model_json(const gt_model *m, gt_text *out)
{
    gt_text_puts(out, "{\"name\":");
    gt_text_json_string(out, m->name);
    json_member(out, "group", m->group);
    gt_text_printf(out, ",\"version\":%d", m->version);
    json_title(out, "title", m->title);
    json_title(out, "what", m->what);
    json_ports("in", m->in, out);
    gt_text_puts(out, ",\"with\":[");
    for (size_t i = 0; m->with[i].name != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        json_param(&m->with[i], out);
    }
    gt_text_putc(out, ']');
    json_ports("out", m->out, out);
    json_member(out, "reach", reach_word(m->reach, GT_LANG_EN));
    json_member(out, "memory", m->law);
    gt_text_puts(out, ",\"sources\":[");
    for (size_t i = 0; m->sources[i] != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        gt_text_json_string(out, m->sources[i]);
    }
    gt_text_puts(out, "]}");
}
