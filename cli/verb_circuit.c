/* circuit: runs a Circuitscape problem file. */
#include "circuit_verb.h"

static void say_facts(cli *app, bool json, const gt_circuit_facts *f)
{
    if (json) {
        gt_text_puts(&app->out, "{\"scenario\":");
        gt_text_json_string(&app->out, f->scenario);
        gt_text_printf(&app->out,
                       ",\"points\":%zu,\"nodes\":%zu,\"parts\":%zu,\"solves\":%zu,\"steps\":%zu,"
                       "\"residual\":",
                       f->points, f->nodes, f->parts, f->solves, f->steps);
        gt_text_json_real(&app->out, f->residual);
        gt_text_printf(&app->out, ",\"setup_s\":%.3f,\"solve_s\":%.3f,\"files\":%zu}\n", f->setup_s,
                       f->solve_s, f->files);
        return;
    }
    gt_text_printf(&app->out,
                   cli_say(app,
                           "%s：%zu 个点，%zu 个节点，%zu 个连通区；求解 %zu 次，最多 %zu 步，"
                           "最大相对残差 %.1e；写出 %zu 个文件\n",
                           "%s: %zu points, %zu nodes, %zu connected areas; %zu solves, at most "
                           "%zu steps, greatest relative residual %.1e; %zu files written\n"),
                   f->scenario, f->points, f->nodes, f->parts, f->solves, f->steps, f->residual,
                   f->files);
}

gt_status cli_run_circuit(cli *app,
                          gt_status (*run)(gt_ctx *, const char *, const gt_circuit_options *,
                                           gt_circuit_facts *))
{
    cli_format format = CLI_TEXT;
    gt_circuit_options o;
    gt_circuit_facts facts;
    gt_circuit_options_init(&o);
    o.root = cli_option_value(app, "root", NULL);
    o.out = cli_option_value(app, "out", NULL);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    st = st == GT_OK ? gt_notes_new(app->ctx, 0, &o.notes) : st;
    st = st == GT_OK ? run(app->ctx, app->operands[0], &o, &facts) : st;
    if (o.notes != NULL && gt_notes_kept(o.notes) > 0) {
        gt_text text;
        gt_text_init(&text, app->ctx, 0);
        gt_notes_render_all(o.notes, app->lang, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
    }
    if (st == GT_OK) {
        say_facts(app, format == CLI_JSON, &facts);
    }
    gt_notes_free(o.notes);
    return st;
}

static gt_status run_it(cli *app)
{
    return cli_run_circuit(app, gt_circuit_run);
}

static const cli_option options[] = {
    {"root",
     "DIR",
     {"问题文件中相对路径的起点（默认当前目录）",
      "where relative input names start from (default: the current folder)"},
     false},
    {"out",
     "DIR",
     {"输出目录（默认按 output_file）", "folder of the outputs (default: as output_file says)"},
     false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_CIRCUIT = {
    .name = "circuit",
    .operands = "FILE.ini",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"按 Circuitscape 问题文件计算电流与等效电阻",
                "currents and effective resistances of a Circuitscape problem file"},
    .detail = {"支持栅格的两两、高级、一对多、多对一模式，以及网络的两两、高级模式；"
               "输出文件名与 Circuitscape 相同。",
               "Raster problems: pairwise, advanced, one-to-all, all-to-one; networks: pairwise, "
               "advanced. Outputs have Circuitscape's names."},
    .options = options,
    .run = run_it,
};
