/* run: one kernel on files. */
#include <string.h>

#include "cli.h"
#include "guotu/model.h"
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
    if (st == GT_OK) {
        st = gt_model_run(app->ctx, call);
    }
    gt_model_call_free(call);
    return st;
}

static gt_status run(cli *app)
{
    return run_kernel(app, app->operands[0]);
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
    {0}};

const cli_verb CLI_RUN = {
    .name = "run",
    .operands = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"运行模型", "run models"},
    .detail =
        {"run 模型 --in 名称=文件 --with 参数=值 --out "
         "文件：直接用文件运行一个模型，无需工作空间。",
         "run MODEL --in NAME=FILE --with PARAMETER=VALUE --out FILE runs one model on files; "
         "no workspace is needed."},
    .options = options,
    .run = run,
};
