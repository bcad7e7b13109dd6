/* run: one kernel on files, or the models of the package on the workspace. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli.h"
#include "guotu/graph.h"
#include "messages.h"

typedef gt_status (*set_fn)(gt_ctx *ctx, gt_model_call *call, const char *name, const char *text);

static gt_status not_pair(cli *app, const char *option, const char *value)
{
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", option), GT_TEXT("value", value),
                           GT_TEXT("allowed", "NAME=VALUE")));
}

/* Hands every NAME=VALUE of an option on. A value without a name goes to `only`, when there is one.
 */
static gt_status set_all(cli *app, gt_model_call *call, const char *option, const char *only,
                         set_fn set)
{
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < app->n_values; i++) {
        const char *value = app->values[i].value, *equals = strchr(value, '=');
        char name[64];
        if (strcmp(app->values[i].name, option) != 0) {
            continue;
        }
        if (equals == NULL && only != NULL) {
            st = set(app->ctx, call, only, value);
            continue;
        }
        size_t n = equals == NULL ? 0 : (size_t)(equals - value);
        if (n == 0 || n >= sizeof name) {
            return not_pair(app, option, value);
        }
        memcpy(name, value, n);
        name[n] = '\0';
        st = set(app->ctx, call, name, equals + 1);
    }
    return st;
}

static gt_status fill(cli *app, gt_model_call *call)
{
    const gt_model *m = gt_model_call_model(call);
    const char *first_in = m->in[1].name == NULL ? m->in[0].name : NULL;
    gt_status st = set_all(app, call, "in", first_in, gt_model_set_in);
    if (st == GT_OK) {
        st = set_all(app, call, "out", m->out[0].name, gt_model_set_out);
    }
    if (st == GT_OK) {
        st = set_all(app, call, "with", NULL, gt_model_set_with);
    }
    return st;
}

/* "at most 812 MB of memory (11.5 bytes a cell), 3.1 GB of scratch files" */
static void put_need(cli *app, const gt_model_need *need)
{
    gt_text *o = &app->out;
    gt_text_printf(o, cli_say(app, "  内存至多 %.0f MB", "  at most %.0f MB of memory"),
                   ceil((double)need->memory / 1e6));
    if (need->cell_bytes > 0) {
        gt_text_printf(o, cli_say(app, "（每像元 %g 字节）", " (%g bytes a cell)"),
                       need->cell_bytes);
    }
    if (!need->fits) {
        gt_text_puts(o, cli_say(app, "，超出内存上限", ", more than the ceiling"));
    }
    if (need->scratch > 0) {
        gt_text_printf(o, cli_say(app, "，暂存文件 %.0f MB", ", %.0f MB of scratch files"),
                       ceil((double)need->scratch / 1e6));
    }
}

static void json_need(gt_text *o, const gt_model_need *need)
{
    if (need->cells == 0) {
        gt_text_puts(o, ",\"need\":null");
        return;
    }
    gt_text_printf(o,
                   ",\"need\":{\"cells\":%" PRIu64 ",\"cell_bytes\":%g,\"memory\":%" PRIu64
                   ",\"scratch\":%" PRIu64 ",\"fits\":%s}",
                   need->cells, need->cell_bytes, need->memory, need->scratch,
                   need->fits ? "true" : "false");
}

/* The memory law of one call, by the first grid it reads. */
static gt_status plan_kernel(cli *app, const gt_model_call *call)
{
    const gt_model *m = gt_model_call_model(call);
    const char *like = NULL;
    gt_model_need need = {0};
    cli_format format;
    gt_status st = gt_model_check(app->ctx, call);
    for (size_t i = 0; like == NULL && m->in[i].name != NULL; i++) {
        like = m->in[i].kind == GT_PORT_GRID ? gt_model_in(call, m->in[i].name) : NULL;
    }
    st = st == GT_OK ? cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format) : st;
    if (st == GT_OK && like != NULL) {
        st = gt_model_need_of(app->ctx, call, like, &need);
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_text_puts(&app->out, "{\"model\":");
        gt_text_json_string(&app->out, m->name);
        json_need(&app->out, &need);
        gt_text_puts(&app->out, "}\n");
    } else if (st == GT_OK) {
        gt_text_puts(&app->out, m->name);
        if (need.cells > 0) {
            put_need(app, &need);
        }
        gt_text_printf(&app->out, "\n  %s\n", m->law);
    }
    app->answer_no = st == GT_OK && like != NULL && !need.fits;
    return st;
}

static gt_status run_kernel(cli *app, const char *name)
{
    const gt_model *m = NULL;
    gt_model_call *call = NULL;
    gt_status st = gt_model_find(app->ctx, name, &m);
    if (st == GT_OK) {
        st = gt_model_call_new(app->ctx, m, &call);
    }
    if (st == GT_OK) {
        st = fill(app, call);
    }
    if (st == GT_OK && cli_has(app, "plan")) {
        st = plan_kernel(app, call);
    } else if (st == GT_OK) {
        st = gt_model_run(app->ctx, call);
    }
    gt_model_call_free(call);
    return st;
}

/* ---- the models of the package ------------------------------------------------------------------
 */

typedef struct told {
    cli *app;
    cli_format format;
    size_t n;
    bool plan;
} told;

static const char *build_word(const cli *app, gt_build build)
{
    static const char *const zh[] = {"未变", "局部更新", "全部计算", "缺输入", "视上游而定"};
    return cli_say(app, zh[build], gt_build_name(build));
}

static void tell(void *user, const gt_build_step *s)
{
    told *t = user;
    gt_text *o = &t->app->out;
    if (t->format == CLI_JSON) {
        gt_text_puts(o, t->n++ > 0 ? ",\n{\"model\":" : "{\"model\":");
        gt_text_json_string(o, s->model->id);
        gt_text_printf(o, ",\"build\":\"%s\",\"dirty_blocks\":%zu,\"blocks\":%zu,\"waits_for\":",
                       gt_build_name(s->build), s->n_dirty, s->n_blocks);
        gt_text_json_string(o, s->waits_for);
        if (t->plan) {
            json_need(o, &s->need);
        }
        gt_text_putc(o, '}');
        return;
    }
    t->n++;
    gt_text_printf(o, "%-6s %s  %s", build_word(t->app, s->build), s->model->id,
                   cli_title(t->app, s->model->title));
    if (s->build == GT_BUILD_PART) {
        gt_text_printf(o, cli_say(t->app, "（%zu / %zu 块）", " (%zu of %zu blocks)"), s->n_dirty,
                       s->n_blocks);
    }
    if (s->waits_for != NULL) {
        gt_text_printf(o, cli_say(t->app, "（缺 %s）", " (no %s)"), s->waits_for);
    }
    if (t->plan && s->need.cells > 0) {
        put_need(t->app, &s->need);
    }
    gt_text_putc(o, '\n');
}

static gt_status build(cli *app, gt_store *store, const gt_package *package)
{
    gt_notes *notes = NULL;
    gt_graph *graph = NULL;
    told t = {.app = app};
    gt_build_options o;
    gt_build_options_init(&o);
    o.only = app->n_operands > 0 ? app->operands[0] : NULL;
    o.plan_only = cli_has(app, "plan");
    o.full = cli_has(app, "full");
    o.author = cli_author(app);
    o.told = tell;
    t.plan = o.plan_only;
    o.user = &t;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &t.format);
    if (st == GT_OK) {
        st = gt_notes_new(app->ctx, 0, &notes);
    }
    if (st == GT_OK) {
        st = gt_graph_new(app->ctx, package, notes, &graph);
        gt_notes_render_all(notes, app->lang, &app->out);
    }
    if (st == GT_OK) {
        gt_text_puts(&app->out, t.format == CLI_JSON ? "[" : "");
        st = gt_graph_run(app->ctx, graph, store, &o);
        gt_text_puts(&app->out, t.format == CLI_JSON ? "]\n" : "");
    }
    if (st == GT_OK && t.format == CLI_TEXT && t.n == 0) {
        gt_text_puts(&app->out,
                     cli_say(app, "规划包没有声明模型\n", "the package declares no models\n"));
    }
    gt_graph_free(graph);
    gt_notes_free(notes);
    return st;
}

static gt_status run_workspace(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? build(app, store, package) : st;
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run(cli *app)
{
    bool files = cli_has(app, "in") || cli_has(app, "out") || cli_has(app, "with");
    if (files && app->n_operands == 0) {
        return gt_fail(
            app->ctx, GT_E_USAGE, &CLI_MSG_OPERANDS, GT_NOWHERE,
            GT_ARGS(GT_TEXT("verb", "run"), GT_TEXT("operands", "MODEL --in ... --out ...")));
    }
    return files || app->workspace == NULL
               ? run_kernel(app, app->n_operands > 0 ? app->operands[0] : "")
               : run_workspace(app);
}

static const cli_option options[] = {
    {"in",
     "NAME=FILE",
     {"输入（只有一个输入时可省名称）", "an input (of a sole input the name may be left out)"},
     true},
    {"out",
     "NAME=FILE",
     {"输出（第一个输出可省名称）", "an output (of the first the name may be left out)"},
     true},
    {"with",
     "NAME=VALUE",
     {"参数，可带单位，如 radius=\"1 km\"", "a parameter, with its unit: radius=\"1 km\""},
     true},
    {"plan",
     NULL,
     {"只说明将计算什么、占用多少内存，不运行",
      "only say what would be computed, with how much memory"},
     false},
    {"full",
     NULL,
     {"全部重新计算，不管是否已变", "compute everything anew, whether it changed or not"},
     false},
    {"author", "NAME", {"操作人（记入运行记录）", "who runs, for the record"}, false},
    {"format",
     "text|json",
     {"工作空间运行时的输出格式", "output format of a run in the workspace"},
     false},
    {0}};

const cli_verb CLI_RUN = {
    .name = "run",
    .operands = "[MODEL]",
    .min_operands = 0,
    .max_operands = 1,
    .summary = {"运行模型", "run models"},
    .detail =
        {"-w 目录 run "
         "[模型]：运行规划包声明的模型及其所依赖者，只算已变的部分（逐栅格和邻域模型只算"
         "变动的块），各栅格的值与全部重算逐位相同；中断后再运行即可继续。\n"
         "run 模型 --in 名称=文件 --with 参数=值 --out "
         "文件：直接用文件运行一个模型，无需工作空间。",
         "-w DIR run [MODEL] runs the models the package declares, and what they need: only what "
         "changed (local and focal models: only the blocks that changed), with the same values to "
         "the "
         "bit as a full run; after an interruption run it again.\n"
         "run MODEL --in NAME=FILE --with PARAMETER=VALUE --out FILE runs one model on files; "
         "no workspace is needed."},
    .options = options,
    .run = run,
};
