#include "place_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "messages.h"

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static gt_status open_gpkg(cli_place_file *f, gt_store *store, const char *table,
                           const char *const *columns)
{
    gt_gpkg_column list[PLACE_TEXTS + 3];
    char map[PATH_MAX];
    for (size_t i = 0; i < f->n_texts; i++) {
        list[i] = (gt_gpkg_column){columns[i], GT_GPKG_TEXT};
    }
    list[f->n_texts] = (gt_gpkg_column){"m2", GT_GPKG_REAL};
    list[f->n_texts + 1] = (gt_gpkg_column){"x", GT_GPKG_REAL};
    list[f->n_texts + 2] = (gt_gpkg_column){"y", GT_GPKG_REAL};
    (void)snprintf(map, sizeof map, "%s/onemap.gpkg", gt_store_dir(store));
    return gt_gpkg_create(f->app->ctx, f->path, table, list, f->n_texts + 3, gt_store_srs_id(store),
                          map, &f->gpkg);
}

gt_status cli_place_file_open(cli *app, gt_store *store, const char *path, const char *table,
                              const char *const *columns, size_t n_columns, cli_place_file *out)
{
    *out = (cli_place_file){.app = app, .path = path, .n_texts = n_columns};
    if (ends_with(path, ".gpkg")) {
        return open_gpkg(out, store, table, columns);
    }
    if (!ends_with(path, ".csv")) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("value", path),
                               GT_TEXT("allowed", "FILE.gpkg, FILE.csv")));
    }
    gt_text_init(&out->csv, app->ctx, SIZE_MAX / 2);
    for (size_t i = 0; i < n_columns; i++) {
        gt_text_csv_field(&out->csv, columns[i]);
        gt_text_putc(&out->csv, ',');
    }
    gt_text_puts(&out->csv, "m2,x,y\r\n");
    return GT_OK;
}

gt_status cli_place_file_add(cli_place_file *f, const char *const *texts, const gt_place_found *p)
{
    f->n++;
    f->m2 += p->m2;
    if (f->gpkg == NULL) {
        for (size_t i = 0; i < f->n_texts; i++) {
            gt_text_csv_field(&f->csv, texts[i]);
            gt_text_putc(&f->csv, ',');
        }
        gt_text_printf(&f->csv, "%.6f,%.3f,%.3f\r\n", p->m2, p->x, p->y);
        return gt_text_status(&f->csv);
    }
    gt_gpkg_value values[PLACE_TEXTS + 3];
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < f->n_texts; i++) {
        values[i].text = texts[i];
        values[i].null = *texts[i] == '\0';
    }
    values[f->n_texts].real = p->m2;
    values[f->n_texts + 1].real = p->x;
    values[f->n_texts + 2].real = p->y;
    return gt_gpkg_add(f->app->ctx, f->gpkg, p->geom, values);
}

static gt_status write_csv(cli_place_file *f)
{
    gt_status st = gt_text_status(&f->csv);
    if (st != GT_OK) {
        return st;
    }
    char part[PATH_MAX];
    (void)snprintf(part, sizeof part, "%.4000s.part", f->path);
    FILE *file = fopen(part, "wb");
    if (file == NULL) {
        return gt_fail_errno(f->app->ctx, errno, "create", part);
    }
    bool bad = fwrite(f->csv.data, 1, f->csv.len, file) != f->csv.len;
    bad = fclose(file) != 0 || bad;
    if (bad || rename(part, f->path) != 0) {
        int e = errno;
        (void)remove(part);
        return gt_fail_errno(f->app->ctx, e, "write", f->path);
    }
    return GT_OK;
}

gt_status cli_place_file_close(cli_place_file *f, gt_status st)
{
    if (f->app == NULL) {
        return st;
    }
    if (f->gpkg != NULL) {
        if (st == GT_OK) {
            st = gt_gpkg_finish(f->app->ctx, f->gpkg);
        } else {
            gt_gpkg_abandon(f->app->ctx, f->gpkg);
        }
        f->gpkg = NULL;
        return st;
    }
    if (f->csv.ctx != NULL) {
        st = st == GT_OK ? write_csv(f) : st;
        gt_text_free(&f->csv);
    }
    return st;
}
