/* grid ... --plan: what an operation would hold in memory and in scratch files, before it runs. The
 * laws are those of the headers (grid_ops.h, grid_analysis.h). */
#include <string.h>

#include "grid_verb.h"

typedef struct law {
    const char *op;
    int first;      /* operand that holds the grid; NAME= is skipped */
    double held;    /* bytes a cell in memory; beyond the ceiling in a scratch file where it can */
    bool spills;    /* can it? */
    double scratch; /* bytes a cell in scratch files in any case */
} law;

static const law LAWS[] = {
    {"info", 0, 0, false, 0},       {"copy", 0, 0, false, 0},      {"terrain", 0, 0, false, 0},
    {"cost", 0, 12.2, true, 0},     {"flow", 0, 8, true, 0},       {"calc", 1, 0, false, 0},
    {"zonal", 0, 0, false, 0},      {"rasterize", 1, 0, false, 0}, {"focal", 0, 0, false, 0},
    {"distance", 0, 0, false, 8},   {"patches", 0, 0, false, 4},   {"classify", 0, 0, false, 0},
    {"downstream", 0, 5, false, 0}, {"hand", 0, 5, false, 8},      {"wetness", 0, 0, false, 0},
    {"order", 0, 5, false, 0},      {"view", 0, 0, false, 0},
};

static void say(cli *app, const law *l, const gt_grid_spec *s)
{
    gt_text *o = &app->out;
    double cells = (double)s->n_cols * (double)s->n_rows, mib = 1048576;
    size_t ceiling = gt_ctx_memory_ceiling(app->ctx);
    bool fits = ceiling == 0 || cells * l->held < (double)(ceiling / 8 * 7);
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
