/* Where data come from, said wherever figures are printed: generated data must never pass for a
 * survey. */
#include <string.h>

#include "cli.h"

const char *cli_origin_key(gt_origin origin)
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

gt_status cli_origins_of(cli *app, gt_store *store, const char *const *layers, size_t n,
                         cli_origins *out)
{
    *out = (cli_origins){.weakest = GT_ORIGIN_SURVEY};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        gt_layer_info info;
        bool again = false;
        for (size_t k = 0; k < i && !again; k++) {
            again = strcmp(layers[k], layers[i]) == 0;
        }
        st = gt_store_find_layer(app->ctx, store, layers[i], &info);
        if (st == GT_OK && !again) {
            out->weakest = info.origin > out->weakest ? info.origin : out->weakest;
            if (info.origin == GT_ORIGIN_GENERATED && out->n < CLI_MAX_ORIGINS) {
                out->generated[out->n++] = layers[i];
            }
        }
    }
    return st;
}

void cli_put_generated(cli *app, const gt_package *package, const cli_origins *origins)
{
    for (size_t i = 0; i < origins->n; i++) {
        const gt_standard *s = gt_package_find_layer(package, origins->generated[i]);
        gt_text_puts(&app->out, i > 0
                                    ? cli_say(app, "、", ", ")
                                    : cli_say(app, "⚠ 依据生成数据，非调查成果：",
                                              "⚠ rests on generated data, not a survey result: "));
        gt_text_puts(&app->out, s != NULL ? cli_title(app, s->title) : origins->generated[i]);
    }
    gt_text_puts(&app->out, origins->n > 0 ? "\n" : "");
}

void cli_json_generated(cli *app, const cli_origins *origins)
{
    gt_text_puts(&app->out, "\"generated_layers\":[");
    for (size_t i = 0; i < origins->n; i++) {
        gt_text_puts(&app->out, i > 0 ? "," : "");
        gt_text_json_string(&app->out, origins->generated[i]);
    }
    gt_text_putc(&app->out, ']');
}
