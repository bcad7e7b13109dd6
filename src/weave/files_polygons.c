/* What a weave of plain files yields as polygons, and its faults as a list. */
#include <math.h>
#include <string.h>

#include "guotu/text.h"
#include "weave/files.h"

typedef wv_source source;
typedef wv_files_job job;

static gt_status put_atom(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                          double plane_m2, const gt_geom *geom)
{
    job *j = user;
    gt_gpkg_value v[2 * GT_WEAVE_LAYERS_MAX + 2];
    size_t n = 0;
    for (size_t k = 0; k < j->o->n_files; k++) {
        const source *s = &j->sources[k];
        bool some = codes[k] < GT_WEAVE_SEVERAL;
        v[n++] = (gt_gpkg_value){.null = !some, .integer = some ? s->fid[codes[k]] : 0};
        if (s->code != NULL) {
            uint32_t code = some ? s->code[codes[k]] : UINT32_MAX;
            v[n++] = (gt_gpkg_value){.null = code == UINT32_MAX,
                                     .text = code == UINT32_MAX ? NULL : s->table->codes[code]};
        }
    }
    v[n++] = (gt_gpkg_value){.real = m2};
    v[n++] = (gt_gpkg_value){.real = plane_m2};
    j->facts->n_atoms++;
    return gt_gpkg_add(ctx, j->writer, geom, v);
}

/* A row of the account: codes are those of the fields. */
static gt_status put_dissolved(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                               double plane_m2, const gt_geom *geom)
{
    job *j = user;
    gt_gpkg_value v[GT_WEAVE_LAYERS_MAX + 2];
    size_t n = 0;
    for (size_t k = 0; k < j->o->n_files; k++) {
        const source *s = &j->sources[k];
        bool some = codes[k] < GT_WEAVE_SEVERAL;
        gt_gpkg_value *to = &v[n++];
        *to = (gt_gpkg_value){.null = !some};
        if (s->code == NULL) {
            to->integer = some ? s->fid[codes[k]] : 0;
        } else {
            to->text = some ? s->table->codes[codes[k]] : "*";
            to->null = codes[k] == GT_WEAVE_NONE;
        }
    }
    v[n++] = (gt_gpkg_value){.real = m2};
    v[n++] = (gt_gpkg_value){.real = plane_m2};
    j->facts->n_dissolved++;
    return gt_gpkg_add(ctx, j->writer, geom, v);
}

/* Writes what gt_weave_polygons yields; columns and m2, plane_m2 behind them. */
static gt_status write_polygons(job *j, const char *path, const char *table,
                                gt_gpkg_column *columns, size_t n, const gt_weave_view *view,
                                gt_weave_polygon_fn put)
{
    columns[n++] = (gt_gpkg_column){"m2", GT_GPKG_REAL};
    columns[n++] = (gt_gpkg_column){"plane_m2", GT_GPKG_REAL};
    size_t from = 0; /* whose definition of the CRS is taken over */
    while (from + 1 < j->o->n_files && j->sources[from].grid) {
        from++;
    }
    const source *of = &j->sources[from];
    gt_status st = gt_gpkg_create(j->ctx, path, table, columns, n, of->table->srs_id,
                                  of->grid ? NULL : of->path, &j->writer);
    if (st == GT_OK && of->grid) {
        st = gt_gpkg_state_crs(j->ctx, j->writer, of->crs);
    }
    if (st == GT_OK) {
        st = gt_weave_polygons(j->ctx, j->weave, view, put, j);
    }
    if (st == GT_OK) {
        st = gt_gpkg_finish(j->ctx, j->writer);
    } else {
        gt_gpkg_abandon(j->ctx, j->writer);
    }
    j->writer = NULL;
    return st;
}

/* Adds a column named by the file's place in the list, its table and a field. */
static void add_column(const job *j, size_t k, const char *field, gt_gpkg_type type, gt_text *names,
                       size_t *starts, gt_gpkg_column *columns, size_t *n)
{
    starts[*n] = names->len;
    columns[(*n)++].type = type;
    gt_text_printf(names, "%zu_%s_%s", k + 1, j->sources[k].table->name, field);
    gt_text_add(names, "", 1);
}

/* Atoms: the feature and, where there is one, its field. Dissolved: the field, else the feature. */
gt_status wv_files_polygons(job *j, const char *path, bool atoms)
{
    gt_gpkg_column columns[2 * GT_WEAVE_LAYERS_MAX + 2];
    gt_weave_view view;
    gt_text names;
    size_t starts[2 * GT_WEAVE_LAYERS_MAX], n = 0;
    gt_weave_view_init(&view);
    gt_text_init(&names, j->ctx, 0);
    for (size_t k = 0; k < j->o->n_files; k++) {
        bool coded = j->sources[k].code != NULL;
        if (atoms || !coded) {
            add_column(j, k, "fid", GT_GPKG_INTEGER, &names, starts, columns, &n);
        }
        if (coded) {
            add_column(j, k, j->o->fields[k], GT_GPKG_TEXT, &names, starts, columns, &n);
        }
    }
    gt_status st = gt_text_status(&names);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        columns[i].name = names.data + starts[i];
    }
    if (!atoms) {
        view.code_of = j->code_of;
        view.code_len = j->code_len;
        view.tolerance = j->o->tolerance;
    }
    if (st == GT_OK) {
        st = write_polygons(j, path, atoms ? "atoms" : "dissolved", columns, n, &view,
                            atoms ? put_atom : put_dissolved);
    }
    gt_text_free(&names);
    return st;
}

/* ---- faults --------------------------------------------------------------------------------- */

static void put_fid(wv_csv *csv, const source *s, uint32_t number)
{
    wv_csv_text(csv, ",", 1);
    if (number < GT_WEAVE_SEVERAL) {
        wv_csv_integer(csv, s->fid[number]);
    }
}

gt_status wv_files_faults(job *j)
{
    gt_weave_finding *found = NULL;
    size_t n = 0;
    wv_csv csv = {0};
    static const char heading[] = "fault,layer,fid,other_fid,m2,width_m,xmin,ymin,xmax,ymax\n";
    gt_status st = gt_weave_qc(j->ctx, j->weave, &found, &n);
    if (st == GT_OK) {
        st = wv_csv_open(j->ctx, &csv, j->o->qc);
    }
    if (st != GT_OK) {
        gt_free(j->ctx, found);
        return st;
    }
    j->facts->n_faults = n;
    wv_csv_text(&csv, heading, sizeof heading - 1);
    for (size_t i = 0; i < n; i++) {
        const gt_weave_finding *f = &found[i];
        const source *s = &j->sources[f->layer];
        const char *name = gt_weave_fault_name(f->fault);
        const double v[6] = {f->m2,       isfinite(f->width) ? f->width : -1,
                             f->box.xmin, f->box.ymin,
                             f->box.xmax, f->box.ymax};
        wv_csv_text(&csv, name, strlen(name));
        wv_csv_text(&csv, ",", 1);
        wv_csv_integer(&csv, f->layer + 1);
        put_fid(&csv, s, f->first);
        put_fid(&csv, s, f->fault == GT_WEAVE_OVERLAP ? f->second : GT_WEAVE_NONE);
        for (int k = 0; k < 6; k++) {
            wv_csv_text(&csv, ",", 1);
            wv_csv_micro(&csv, v[k]);
        }
        wv_csv_text(&csv, "\n", 1);
    }
    gt_free(j->ctx, found);
    return wv_csv_close(j->ctx, &csv);
}
