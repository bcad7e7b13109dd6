/* The clause registry reader: any bytes. What it accepts must hold together (ids, plans, no NULL).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_arena *arena = NULL;
    if (text == NULL || ctx == NULL || gt_arena_new(ctx, 0, &arena) != GT_OK) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    gt_problems problems;
    gt_problems_init(&problems, ctx);
    gt_yfile *file = NULL;
    gt_clause *clauses = NULL;
    size_t n = 0;
    if (gt_yfile_of(ctx, arena, &problems, "c.csv", text, size, 0, &file) != GT_OK ||
        gt_clauses_parse(ctx, arena, &problems, file, &clauses, &n) != GT_OK) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        const gt_clause *c = &clauses[i];
        size_t sum = strlen(c->id) + strlen(c->plan) + strlen(c->section) + strlen(c->kind) +
                     strlen(c->title_en) + strlen(c->terms_zh) + strlen(c->requirement_en) +
                     strlen(c->quantities) + strlen(c->area) + strlen(c->strength);
        if (sum > size + strlen(c->plan) || c->line < 1) {
            abort();
        }
        (void)gt_clause_carried_by(c, GT_ITEM_RULE);
    }
    gt_problems_free(&problems);
    gt_arena_free(arena);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    free(text);
    return 0;
}
