/* help [VERB]: made from the declarations. */
#include <string.h>

#include "cli.h"
#include "messages.h"
#include "parse.h"

static void global_help(cli *app)
{
    gt_text *o = &app->out;
    gt_text_puts(
        o, cli_say(app,
                   "guotu（国土）：把国土空间规划变成可运行的系统\n\n用法：guotu [-w 目录] "
                   "[全局选项] 命令 [参数]\n\n命令：\n",
                   "guotu: territorial plans as a running system\n\n"
                   "usage: guotu [-w DIR] [global options] COMMAND [arguments]\n\ncommands:\n"));
    for (size_t i = 0; CLI_VERBS[i] != NULL; i++) {
        gt_text_printf(o, "  %-11s %s\n", CLI_VERBS[i]->name,
                       cli_title(app, CLI_VERBS[i]->summary));
    }
    gt_text_puts(
        o, cli_say(app,
                   "\n全局选项：\n"
                   "  -w, --workspace 目录   工作空间（或环境变量 GUOTU_WORKSPACE）\n"
                   "  --lang zh|en           语言（或 GUOTU_LANG，否则随系统）\n"
                   "  --threads N            线程数（默认：全部核心）\n"
                   "  --memory 字节          内存上限，如 512M、2G\n"
                   "  -q, --quiet            不显示进度\n"
                   "  --version              版本\n\n"
                   "退出码：0 完成，1 结论为“否”，2 用法错误，3 数据错误，4 环境错误\n"
                   "“guotu help 命令”查看某一命令\n",
                   "\nglobal options:\n"
                   "  -w, --workspace DIR    the workspace (or GUOTU_WORKSPACE)\n"
                   "  --lang zh|en           language (or GUOTU_LANG, else the locale)\n"
                   "  --threads N            threads (default: all cores)\n"
                   "  --memory BYTES         memory ceiling, such as 512M or 2G\n"
                   "  -q, --quiet            no progress\n"
                   "  --version              version\n\n"
                   "exit codes: 0 done, 1 the answer is \"no\", 2 usage, 3 input, 4 environment\n"
                   "'guotu help COMMAND' explains one command\n"));
}

static void verb_help(cli *app, const cli_verb *v)
{
    gt_text *o = &app->out;
    gt_text_printf(o, "guotu %s %s\n\n%s\n", v->name, v->operands, cli_title(app, v->summary));
    if (v->detail.en != NULL) {
        gt_text_printf(o, "\n%s\n", cli_title(app, v->detail));
    }
    if (v->options == NULL || v->options->name == NULL) {
        return;
    }
    gt_text_puts(o, cli_say(app, "\n选项：\n", "\noptions:\n"));
    for (const cli_option *p = v->options; p->name != NULL; p++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s%s", strlen(p->name) == 1 ? "-" : "--", p->name,
                       p->arg != NULL ? " " : "", p->arg != NULL ? p->arg : "");
        gt_text_printf(o, "  %-26s %s%s\n", left, cli_title(app, p->help),
                       p->repeat ? cli_say(app, "（可重复）", " (may be repeated)") : "");
    }
}

static gt_status run(cli *app)
{
    if (app->n_operands == 0) {
        global_help(app);
        return GT_OK;
    }
    const cli_verb *v = cli_find_verb(app->operands[0]);
    if (v == NULL) {
        const char *names[64];
        size_t n = 0;
        for (; CLI_VERBS[n] != NULL && n < 63; n++) {
            names[n] = CLI_VERBS[n]->name;
        }
        names[n] = NULL;
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_VERB, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("verb", app->operands[0]),
                               GT_TEXT("near", cli_nearest(app->operands[0], names))));
    }
    verb_help(app, v);
    return GT_OK;
}

static const cli_option options[] = {{0}};

const cli_verb CLI_HELP = {
    .name = "help",
    .operands = "[COMMAND]",
    .max_operands = 1,
    .summary = {"说明全部命令或某一命令", "explain all commands, or one"},
    .options = options,
    .run = run,
};
