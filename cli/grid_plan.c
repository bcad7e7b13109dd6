/* grid ... --plan: what an operation would hold in memory and in scratch files, before it runs. The
 * laws are those of the headers (grid_ops.h, grid_analysis.h). */
#include <string.h>

#include "grid_verb.h"

typedef struct law {
    const char *op;
    double held;    /* bytes a cell in memory; beyond the ceiling in a scratch file where it can */
    double scratch; /* bytes a cell in scratch files in any case */
    int first;      /* operand that holds the grid; NAME= is skipped */
    bool spills;    /* can it? */
} law;

static const law LAWS[] = {
    {"info", 0, 0, 0, false},         {"copy", 0, 0, 0, false},      {"terrain", 0, 0, 0, false},
    {"cost", 11.5, 0, 0, true},       {"flow", 1.4, 0, 0, true},     {"calc", 0, 0, 1, false},
    {"zonal", 0, 0, 0, false},        {"rasterize", 0, 0, 1, false}, {"focal", 0, 0, 0, false},
    {"distance", 0, 8, 0, false},     {"patches", 0, 0, 0, false},   {"classify", 0, 0, 0, false},
    {"downstream", 0.1, 0, 0, false}, {"hand", 0.1, 8, 0, false},    {"wetness", 0, 0, 0, false},
    {"order", 0.2, 0, 0, false},      {"view", 0, 0, 0, false},
};

static void say(cli *app, const law *l, const gt_grid_spec *s)
{
    gt_text *o = &app->out;
    double cells = (double)s->n_cols * (double)s->n_rows, mib = 1048576;
    size_t ceiling = gt_ctx_memory_ceiling(app->ctx);
    bool fits = ceiling == 0 || cells * l->held < (double)ceiling * 7 / 8;
    double held = fits ? cells * l->held : 0;
    double scratch = cells * l->scratch + (fits ? 0 : cells * l->held);
    gt_text_printf(o, cli_say(app, "像元　　%.0f\n", "cells     %.0f\n"), cells);
    gt_text_printf(o,
                   cli_say(app, "内存　　%.0f MiB（每像元 %.4g 字节），另加每线程的分块缓冲\n",
                           "memory    %.0f MiB (%.4g bytes a cell), and blocks for each thread\n"),
                   held / mib, fits ? l->held : 0);
    gt_text_printf(o, cli_say(app, "临时文件　%.0f MiB\n", "scratch   %.0f MiB\n"), scratch / mib);
    if (ceiling > 0) {
        gt_text_printf(o, cli_say(app, "上限　　%.0f MiB：%s\n", "ceiling   %.0f MiB: %s\n"),
                       (double)ceiling / mib,
                       fits ? cli_say(app, "可在内存中完成", "fits")
                       : l->spills ? cli_say(app, "超出部分放入临时文件", "goes to a scratch file")
                                   : cli_say(app, "放不下", "does not fit"));
    }
    app->answer_no = !fits && !l->spills;
}

gt_status cli_grid_plan(cli *app)
{
    for (size_t i = 0; i < sizeof LAWS / sizeof LAWS[0]; i++) {
        const law *l = &LAWS[i];
        if (strcmp(l->op, app->operands[0]) == 0 && app->n_operands > l->first + 1) {
            const char *file = app->operands[1 + l->first], *eq = strchr(file, '=');
            gt_grid *g = NULL;
            gt_status st =
                gt_grid_open_any(app->ctx, l->first == 1 && eq != NULL ? eq + 1 : file, NULL, &g);
            if (st == GT_OK) {
                say(app, l, gt_grid_facts(g));
            }
            gt_grid_close(app->ctx, g);
            return st;
        }
    }
    return cli_grid_bad(app, "OP", app->operands[0], "help grid");
}
