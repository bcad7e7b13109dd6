/* Guarded expressions: any text. It compiles or is refused; what compiles evaluates or meets a
 * stated bound. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"basic_m2", "use", "flag", "nothing"};
    char *text = malloc(size + 1);
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_sql *sql = NULL;
    gt_expr *e = NULL;
    if (text == NULL || ctx == NULL || gt_sql_new(ctx, NULL, &sql) != GT_OK) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    gt_status st = gt_expr_compile(ctx, sql, text, names, 4,
                                   GT_PLACE(.file = "x", .line = 1, .column = 1), &e);
    if ((st != GT_OK && st != GT_E_INPUT) || (st == GT_OK) != (e != NULL)) {
        abort();
    }
    if (st == GT_OK) {
        const gt_value values[4] = {{.kind = GT_VAL_REAL, .real = 12.5},
                                    {.kind = GT_VAL_TEXT, .text = "logistics", .len = 9},
                                    {.kind = GT_VAL_INT, .integer = 1},
                                    {.kind = GT_NULL}};
        gt_truth truth = GT_FALSE;
        st = gt_expr_test(ctx, e, values, &truth);
        if (st != GT_OK && st != GT_E_LIMIT && st != GT_E_INPUT) {
            abort();
        }
    }
    gt_sql_free(sql);
    gt_error_clear(ctx);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    free(text);
    return 0;
}
