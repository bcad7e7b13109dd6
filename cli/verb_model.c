/* model list | help NAME | page: the kernels there are, from their descriptors. */
#include <string.h>

#include "cli.h"
#include "guotu/model.h"
#include "messages.h"

static gt_status list(cli *app)
{
    cli_format format = CLI_TEXT;
    const gt_model *m = NULL;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st != GT_OK) {
        return st;
    }
    if (format == CLI_JSON) {
        gt_text_putc(&app->out, '[');
        for (size_t i = 0; (m = gt_model_at(i)) != NULL; i++) {
            gt_text_puts(&app->out, i > 0 ? ",\n" : "");
            gt_model_json(m, &app->out);
        }
        gt_text_puts(&app->out, "]\n");
        return GT_OK;
    }
    const char *const headings[] = {cli_say(app, "模型", "model"), cli_say(app, "类", "group"),
                                    cli_say(app, "名称", "what")};
    cli_table *table = NULL;
    st = cli_table_new(app, 3, headings, "   ", &table);
    for (size_t i = 0; st == GT_OK && (m = gt_model_at(i)) != NULL; i++) {
        const char *const cells[] = {m->name, m->group, cli_title(app, m->title)};
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

static gt_status help(cli *app, const char *name)
{
    cli_format format = CLI_TEXT;
    const gt_model *m = NULL;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = gt_model_find(app->ctx, name, &m);
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_model_json(m, &app->out);
        gt_text_putc(&app->out, '\n');
    } else if (st == GT_OK) {
        gt_model_describe(m, app->lang, &app->out);
    }
    return st;
}

/* The reference page of all kernels. */
static gt_status page(cli *app)
{
    const gt_model *m = NULL;
    const char *group = "";
    gt_text_puts(&app->out,
                 cli_say(app,
                         "# 模型\n由 `guotu model page` 生成，请勿手工修改。每个模型都可直接运行："
                         "`guotu run 模型 --in 输入=文件 --with 参数=值 --out 输出=文件`。\n\n",
                         "# Models\nMade by `guotu model page`; do not edit. Each can be run by "
                         "itself: `guotu run MODEL --in INPUT=FILE --with PARAMETER=VALUE --out "
                         "OUTPUT=FILE`.\n\n"));
    for (size_t i = 0; (m = gt_model_at(i)) != NULL; i++) {
        if (strcmp(group, m->group) != 0) {
            group = m->group;
            gt_text_printf(&app->out, "## %s\n\n", group);
        }
        gt_model_markdown(m, app->lang, &app->out);
    }
    return GT_OK;
}

static gt_status run(cli *app)
{
    const char *what = app->operands[0];
    if (strcmp(what, "list") == 0 && app->n_operands == 1) {
        return list(app);
    }
    if (strcmp(what, "page") == 0 && app->n_operands == 1) {
        return page(app);
    }
    if (strcmp(what, "help") == 0 && app->n_operands == 2) {
        return help(app, app->operands[1]);
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OPERANDS, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("verb", "model"), GT_TEXT("operands", "list, help NAME, page")));
}

static const cli_option options[] = {{"format", "text|json", {"输出格式", "output format"}, false},
                                     {0}};

const cli_verb CLI_MODEL = {
    .name = "model",
    .operands = "list|help|page [NAME]",
    .min_operands = 1,
    .max_operands = 2,
    .summary = {"有哪些模型，各需要什么", "the models there are and what each takes"},
    .detail =
        {"list 列出全部；help 名称 说明输入、参数、输出、内存与来源；page 写出参考页（Markdown）。",
         "list shows all; help NAME explains inputs, parameters, outputs, memory and sources; "
         "page writes the reference (Markdown)."},
    .options = options,
    .run = run,
};
