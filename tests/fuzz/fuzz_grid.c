/* Any bytes as a TIFF: refused, or opened into a grid whose windows can be read or are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guotu/grid.h"

enum { SIDE = 70 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_grid *g = NULL;
    char path[64];
    int fd = memfd_create("grid", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (gt_grid_open(ctx, path, &g) == GT_OK) {
        const gt_grid_spec *s = gt_grid_facts(g);
        float *cells = malloc(SIDE * SIDE * sizeof *cells);
        const gt_window at[3] = {{-3, -3, SIDE, SIDE},
                                 {s->n_cols - 9, s->n_rows - 9, SIDE, SIDE},
                                 {s->n_cols / 2, s->n_rows / 2, SIDE, 1}};
        if (cells == NULL || s->n_cols < 1 || s->n_rows < 1 || !(s->cell_x > 0)) {
            abort();
        }
        for (int i = 0; i < 3; i++) {
            (void)!gt_grid_read(ctx, g, &at[i], i == 1 ? GT_CELL_I32 : GT_CELL_F32, cells, SIDE);
            gt_error_clear(ctx);
        }
        free(cells);
    } else if (!gt_failed(ctx)) {
        abort();
    }
    gt_grid_close(ctx, g);
    (void)close(fd);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    return 0;
}
