/* Second look at rows of a file that may be duplicates: the file is read once more. It costs a
 * second read, but only of files that (all but surely) have duplicates. */
#include <string.h>

#include "store/import.h"

typedef struct again {
    const char *path;
    const gt_source_options *options;
    const imp_map *map;
    const qc_twin_set *sets;
} again;

static gt_status look(gt_ctx *ctx, gt_arena *arena, const again *a, const gt_source_feature *f,
                      qc_suspect *s)
{
    int field = a->sets[s->set].field;
    if (field < 0) {
        return qc_look_geometry(ctx, f->geom, s);
    }
    qc_value_check check;
    gt_status st = qc_value(ctx, arena, &a->map->standard->fields[field],
                            &f->values[a->map->column_of[field]], false, &check);
    return st == GT_OK ? qc_look_value(arena, &check.value, s) : st;
}

static gt_status read_again(gt_ctx *ctx, void *user, gt_arena *arena, qc_suspect *list, size_t n)
{
    const again *a = user;
    gt_source *source = NULL;
    gt_status st = gt_source_open(ctx, a->path, a->options, &source);
    for (size_t i = 0; i < n && st == GT_OK;) {
        gt_source_feature f;
        bool more = false;
        st = gt_source_next(ctx, source, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        while (i < n && list[i].row < f.row) {
            i++;
        }
        for (; i < n && list[i].row == f.row && st == GT_OK; i++) {
            st = look(ctx, arena, a, &f, &list[i]);
        }
    }
    gt_source_close(source);
    return st;
}

gt_status imp_confirm_twins(gt_ctx *ctx, const char *path, const gt_source_options *options,
                            const imp_map *map, const qc_twin_set *sets, size_t n_sets,
                            gt_notes *notes)
{
    again a = {path, options, map, sets};
    qc_confirm how = {.standard = map->standard,
                      .sets = sets,
                      .n_sets = n_sets,
                      .file = path,
                      .id_field = map->id_field,
                      .look = read_again,
                      .user = &a};
    return qc_confirm_twins(ctx, &how, notes);
}
