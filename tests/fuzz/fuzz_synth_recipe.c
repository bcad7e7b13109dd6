/* Recipes as anybody may write them: read or refused with a place, never a crash. What is accepted
 * has an amount for every step and refers only to what exists. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "synth/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_steps(const sy_recipe *r, const sy_step *steps, size_t n, size_t n_labels)
{
    for (size_t i = 0; i < n; i++) {
        need(steps[i].km2 > 0 && !isnan(steps[i].km2));
        need(steps[i].label < n_labels);
        need(steps[i].where.zone < (int)r->n_zones && steps[i].where.not_zone < (int)r->n_zones);
        need(steps[i].need_track < (int)r->n_tracks);
        for (size_t k = 0; k < steps[i].score.n; k++) {
            need(isfinite(steps[i].score.t[k].weight));
            need(steps[i].score.t[k].zone < (int)r->n_zones);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const codes[] = {"1", "2"}, *const names[] = {"west", "east"};
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 1;
    gt_ctx *ctx = gt_ctx_new(&o);
    char *text = malloc(size + 1);
    if (ctx == NULL || text == NULL) {
        abort();
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)data[i];
    }
    text[size] = '\0';
    sy_world w = {490000000, 4390000000, 1 << 25};
    sy_territory t = {&w, NULL, codes, names, 2, 400};
    sy_recipe *r = NULL;
    gt_status st = sy_recipe_parse(ctx, "recipe", text, size, &t, &r);
    if (st == GT_OK) {
        need(r->n_tracks > 0);
        for (size_t i = 0; i < r->n_zones; i++) {
            check_steps(r, r->zones[i].steps, r->zones[i].n_steps, r->zones[i].n_labels);
        }
        for (size_t i = 0; i < r->n_tracks; i++) {
            check_steps(r, r->tracks[i].steps, r->tracks[i].n_steps, r->tracks[i].n_labels);
        }
        sy_recipe_free(ctx, r);
    } else {
        need(gt_failed(ctx) && st != GT_E_INTERNAL);
    }
    need(gt_ctx_memory_used(ctx) == 0);
    free(text);
    gt_ctx_free(ctx);
    return 0;
}
