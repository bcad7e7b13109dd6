/* Any text as a filter: refused, or a condition that compiles and holds none of the text. */
#include <stdlib.h>
#include <string.h>

#include "serve/cql2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gt_field fields[] = {{.name = "code", .type = GT_FIELD_TEXT},
                                      {.name = "area", .type = GT_FIELD_REAL}};
    static const gt_standard standard = {.id = "t", .fields = fields, .n_fields = 2};
    gt_value values[2] = {{.kind = GT_VAL_TEXT, .text = "0103", .len = 4},
                          {.kind = GT_VAL_REAL, .real = 1}};
    const gt_feature feature = {.id = "a", .values = values, .n_values = 2};
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_arena *arena = NULL;
    gt_filter filter;
    bool passes = false;
    if (gt_arena_new(ctx, 0, &arena) != GT_OK ||
        gt_filter_open(ctx, &standard, arena, &filter) != GT_OK) {
        abort();
    }
    char *text = gt_arena_strndup(arena, (const char *)data, size);
    if (gt_filter_cql2(ctx, &filter, text) == GT_OK) {
        static const char allowed[] =
            "()fvlower0123456789 =<>,ANDORTINULLGOBSEWisnotad"; /* of what the reader writes */
        if (strspn(gt_text_cstr(&filter.sql), allowed) != filter.sql.len ||
            gt_filter_ready(ctx, &filter) != GT_OK ||
            gt_filter_test(ctx, &filter, &feature, &passes) != GT_OK) {
            abort();
        }
    }
    gt_filter_close(ctx, &filter);
    gt_arena_free(arena);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    return 0;
}
