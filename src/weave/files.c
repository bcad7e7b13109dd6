/* weave on plain GeoPackages: read in parallel, weave, write the account, atoms and faults. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/area.h"
#include "guotu/grid_zones.h"
#include "guotu/pool.h"
#include "guotu/text.h"
#include "weave/files.h"
#include "weave/messages.h"

enum { ROWS_AT_ONCE = 16 };

typedef wv_source source;
typedef wv_piece piece;
typedef wv_files_job job;

void gt_weave_files_options_init(gt_weave_files_options *o)
{
    memset(o, 0, sizeof *o);
    o->size = sizeof *o;
}

static double scale_of(const void *user, double x, double y)
{
    return gt_plane_scale(user, x, y);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* "FILE:TABLE" unless a file of the whole name exists. */
static gt_status split_name(job *j, source *s, const char *given)
{
    s->path = gt_strdup(j->ctx, given);
    if (s->path == NULL) {
        return GT_E_MEMORY;
    }
    char *colon = strrchr(s->path, ':');
    if (colon != NULL && colon[1] != '\0' && strchr(colon, '/') == NULL &&
        access(s->path, F_OK) != 0) {
        *colon = '\0';
        s->table_name = colon + 1;
    }
    return GT_OK;
}

/* Does the file begin as a TIFF does? */
static bool looks_like_grid(const char *path)
{
    unsigned char head[4] = {0};
    FILE *f = fopen(path, "rbe");
    bool got = f != NULL && fread(head, 1, sizeof head, f) == sizeof head;
    if (f != NULL) {
        (void)fclose(f);
    }
    return got && ((memcmp(head, "II", 2) == 0 && (head[2] == 42 || head[2] == 43)) ||
                   (memcmp(head, "MM", 2) == 0 && (head[3] == 42 || head[3] == 43)));
}

/* A class grid: its patches, coded by their value where a field is asked for. */
static gt_status read_grid(job *j, source *s, const char *field)
{
    gt_grid *g = NULL;
    s->grid = true;
    if (field != NULL && strcmp(field, "value") != 0) {
        return gt_fail(j->ctx, GT_E_INPUT, &GT_MSG_WEAVE_GRID_FIELD, GT_PLACE(.file = s->path),
                       GT_ARGS(GT_TEXT("field", field)));
    }
    gt_status st = gt_grid_open_any(j->ctx, s->path, NULL, &g);
    st = st == GT_OK ? gt_grid_polygons(j->ctx, g, &s->table) : st;
    if (st == GT_OK && gt_grid_crs(g) != NULL) {
        st = gt_crs_new(j->ctx, gt_crs_wkt(gt_grid_crs(g)), &s->crs);
    }
    for (size_t i = 0; st == GT_OK && field == NULL && i < s->table->n_runs; i++) {
        gt_free(j->ctx, s->table->runs[i].code);
        s->table->runs[i].code = NULL;
    }
    gt_grid_close(j->ctx, g);
    return st;
}

/* Features by number, counted through all runs. */
static gt_status number_features(job *j, source *s)
{
    gt_ctx *ctx = j->ctx;
    const gt_polygon_table *t = s->table;
    bool coded = t->n_runs > 0 && t->runs[0].code != NULL;
    s->fid = gt_alloc(ctx, t->n_features + 1, sizeof *s->fid);
    s->code = coded ? gt_alloc(ctx, t->n_features + 1, sizeof *s->code) : NULL;
    if (s->fid == NULL || (coded && s->code == NULL)) {
        return GT_E_MEMORY;
    }
    size_t at = 0;
    for (size_t i = 0; i < t->n_runs; i++) {
        const gt_polygon_run *r = &t->runs[i];
        memcpy(s->fid + at, r->fid, r->n_features * sizeof *s->fid);
        if (coded) {
            memcpy(s->code + at, r->code, r->n_features * sizeof *s->code);
        }
        at += r->n_features;
    }
    return GT_OK;
}

static gt_status read_source(job *j, size_t k)
{
    source *s = &j->sources[k];
    const char *field = j->o->fields == NULL ? NULL : j->o->fields[k];
    gt_status st = split_name(j, s, j->o->files[k]);
    if (st == GT_OK && looks_like_grid(s->path)) {
        st = read_grid(j, s, field);
    } else if (st == GT_OK) {
        st = gt_gpkg_read_polygons(j->ctx, s->path, s->table_name, field, &s->table);
    }
    if (st == GT_OK && k > 0 && s->table->srs_id != j->sources[0].table->srs_id) {
        st = gt_fail(j->ctx, GT_E_INPUT, &GT_MSG_WEAVE_SRS, GT_PLACE(.file = s->path),
                     GT_ARGS(GT_INT("this", s->table->srs_id),
                             GT_INT("first", j->sources[0].table->srs_id)));
    }
    return st == GT_OK ? number_features(j, s) : st;
}

static gt_status make_batches(job *j)
{
    size_t n = 0;
    for (size_t k = 0; k < j->o->n_files; k++) {
        n += j->sources[k].table->n_runs;
    }
    j->batches = gt_alloc(j->ctx, n + 1, sizeof *j->batches);
    if (j->batches == NULL) {
        return GT_E_MEMORY;
    }
    for (uint32_t k = 0; k < j->o->n_files; k++) {
        uint32_t number = 0;
        const gt_polygon_table *t = j->sources[k].table;
        for (size_t i = 0; i < t->n_runs; i++) {
            const gt_polygon_run *r = &t->runs[i];
            j->batches[j->n_batches++] = (gt_weave_batch){.layer = k,
                                                          .first_number = number,
                                                          .n_features = r->n_features,
                                                          .xy = r->xy,
                                                          .ring_end = r->ring_end,
                                                          .part_end = r->part_end,
                                                          .feature_end = r->feature_end};
            number += (uint32_t)r->n_features;
        }
    }
    return GT_OK;
}

/* The plane of the common CRS. Undefined CRS (-1, 0): areas of the plane. */
static gt_status find_plane(job *j)
{
    int32_t srs = j->sources[0].table->srs_id;
    gt_crs *crs = NULL;
    char name[32];
    if (srs <= 0) {
        return GT_OK;
    }
    (void)snprintf(name, sizeof name, "EPSG:%d", srs);
    gt_status st = gt_crs_new(j->ctx, name, &crs);
    if (st == GT_OK && gt_crs_is_geographic(crs)) {
        st = gt_fail(j->ctx, GT_E_INPUT, &GT_MSG_WEAVE_DEGREES,
                     GT_PLACE(.file = j->sources[0].path), GT_ARGS(GT_TEXT("crs", name)));
    }
    if (st == GT_OK && !j->o->plane) {
        st = gt_plane_new(j->ctx, crs, &j->plane);
    }
    gt_crs_free(j->ctx, crs);
    return st;
}

static gt_status run_weave(job *j)
{
    gt_weave_options o;
    bool coverage[GT_WEAVE_LAYERS_MAX];
    gt_weave_options_init(&o);
    memset(coverage, 1, sizeof coverage);
    o.cell = j->o->cell;
    o.keep_lines = j->o->atoms != NULL || j->o->dissolve != NULL;
    o.coverage = j->o->qc != NULL ? coverage : NULL;
    if (j->plane != NULL) {
        o.scale = scale_of;
        o.scale_user = j->plane;
    }
    uint32_t n = (uint32_t)j->o->n_files;
    bool keep = o.keep_lines || j->o->qc != NULL;
    for (size_t k = 0; k < n; k++) {
        j->code_of[k] = j->sources[k].code;
        j->code_len[k] = j->sources[k].table->n_features;
    }
    j->how = (wv_codes){j->code_of, j->code_len, NULL};
    gt_status st = keep ? gt_weave_run(j->ctx, n, j->batches, j->n_batches, &o, &j->weave)
                        : gt_wv_run_rows(j->ctx, n, j->batches, j->n_batches, &o, &j->how,
                                         &j->facts->stats, &j->rows);
    for (size_t k = 0; k < j->o->n_files; k++) { /* coordinates are not needed any more */
        gt_polygon_table *t = j->sources[k].table;
        for (size_t i = 0; i < t->n_runs; i++) {
            gt_free(j->ctx, t->runs[i].xy);
            t->runs[i].xy = NULL;
        }
    }
    if (st == GT_OK && keep) {
        j->facts->stats = gt_weave_statistics(j->weave);
        st = gt_wv_rows_of(j->ctx, j->weave, &j->how, NULL, &j->rows);
    }
    return st;
}

/* ---- account -------------------------------------------------------------------------------- */

/* Texts of a source's codes as CSV fields, made once. */
static gt_status make_words(job *j, source *s)
{
    s->words = gt_zalloc(j->ctx, s->table->n_codes + 1, sizeof *s->words);
    gt_status st = s->words == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < s->table->n_codes; i++) {
        gt_text_init(&s->words[i], j->ctx, 0);
        gt_text_csv_field(&s->words[i], s->table->codes[i]);
        st = gt_text_status(&s->words[i]);
    }
    return st;
}

static void put_code(wv_csv *csv, const source *s, uint32_t code)
{
    if (code == GT_WEAVE_SEVERAL) {
        wv_csv_text(csv, "*", 1);
    } else if (code != GT_WEAVE_NONE && s->code != NULL) {
        wv_csv_text(csv, gt_text_cstr(&s->words[code]), s->words[code].len);
    } else if (code != GT_WEAVE_NONE) {
        wv_csv_integer(csv, s->fid[code]);
    }
    wv_csv_text(csv, ",", 1);
}

static void put_heading(job *j, wv_csv *csv)
{
    gt_text t;
    gt_text_init(&t, j->ctx, 0);
    for (size_t k = 0; k < j->o->n_files; k++) {
        const char *field = j->o->fields == NULL ? NULL : j->o->fields[k];
        char name[256];
        (void)snprintf(name, sizeof name, "%s.%s", j->sources[k].table->name,
                       field == NULL ? "fid" : field);
        gt_text_csv_field(&t, name);
        gt_text_putc(&t, ',');
    }
    gt_text_puts(&t, "m2,plane_m2\n");
    wv_csv_text(csv, gt_text_cstr(&t), t.len);
    gt_text_free(&t);
}

static void put_row(const job *j, wv_csv *csv, const uint32_t *codes, const wv_sum *sum)
{
    for (size_t k = 0; k < j->o->n_files; k++) {
        put_code(csv, &j->sources[k], codes[k]);
    }
    wv_csv_micro(csv, (double)sum->area * GT_WEAVE_UNIT);
    wv_csv_text(csv, ",", 1);
    wv_csv_micro(csv, (double)sum->plane * GT_WEAVE_UNIT);
    wv_csv_text(csv, "\n", 1);
}

/* Codes of a few rows; asks for their feature ids, which lie anywhere. */
static void fetch_rows(const job *j, const uint64_t *keys, size_t words, size_t n, uint32_t *codes)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t *row = codes + i * j->o->n_files;
        gt_wv_rows_codes(j->rows, keys + i * words, row);
        for (size_t k = 0; k < j->o->n_files; k++) {
            if (row[k] < GT_WEAVE_SEVERAL && j->sources[k].code == NULL) {
                __builtin_prefetch(&j->sources[k].fid[row[k]]);
            }
        }
    }
}

/* Rows of a part as text, to be joined in order. */
static gt_status part_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    job *j = user;
    piece *p = &j->pieces[task];
    wv_part part;
    uint32_t codes[ROWS_AT_ONCE * GT_WEAVE_LAYERS_MAX];
    gt_status st = gt_wv_rows_part(ctx, j->rows, j->first_part + task, worker, &part);
    if (st != GT_OK) {
        return st;
    }
    size_t words = gt_wv_rows_words(j->rows);
    p->csv.ctx = ctx;
    p->n_rows = part.n;
    p->area = 0;
    for (size_t i = 0; i < part.n; i++) {
        p->area += part.sums[i].area;
        if (j->o->account != NULL) {
            size_t at = i % ROWS_AT_ONCE, left = part.n - i;
            if (at == 0) {
                fetch_rows(j, part.keys + i * words, words,
                           left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, codes);
            }
            put_row(j, &p->csv, codes + at * j->o->n_files, &part.sums[i]);
        }
    }
    return p->csv.st;
}

/* A few parts at a time: made by all workers, written in order. */
static gt_status put_parts(job *j, wv_csv *csv)
{
    size_t n = gt_wv_rows_parts(j->rows), wave = 4 * (size_t)gt_ctx_threads(j->ctx);
    wv_wide sum = 0;
    j->pieces = gt_zalloc(j->ctx, wave, sizeof *j->pieces);
    gt_status st = j->pieces == NULL ? GT_E_MEMORY : GT_OK;
    for (j->first_part = 0; st == GT_OK && j->first_part < n; j->first_part += wave) {
        size_t many = n - j->first_part < wave ? n - j->first_part : wave;
        st = gt_parallel_for(j->ctx, many, part_task, j);
        for (size_t i = 0; st == GT_OK && i < many; i++) {
            sum += j->pieces[i].area;
            j->facts->n_rows += j->pieces[i].n_rows;
            st = j->o->account == NULL ? GT_OK : wv_csv_join(csv, &j->pieces[i].csv);
        }
    }
    j->facts->m2 = (double)sum * GT_WEAVE_UNIT;
    for (size_t i = 0; j->pieces != NULL && i < wave; i++) {
        gt_free(j->ctx, j->pieces[i].csv.data);
    }
    gt_free(j->ctx, j->pieces);
    return st;
}

static gt_status write_account(job *j)
{
    wv_csv csv = {0};
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < j->o->n_files; k++) {
        st = j->sources[k].code == NULL ? GT_OK : make_words(j, &j->sources[k]);
    }
    if (st != GT_OK || j->o->account == NULL) {
        return st == GT_OK ? put_parts(j, NULL) : st;
    }
    st = wv_csv_open(j->ctx, &csv, j->o->account);
    if (st != GT_OK) {
        return st;
    }
    put_heading(j, &csv);
    st = put_parts(j, &csv);
    if (st != GT_OK) {
        wv_csv_abandon(j->ctx, &csv);
        return st;
    }
    return wv_csv_close(j->ctx, &csv);
}

/* ---- all ------------------------------------------------------------------------------------ */

static void job_free(job *j)
{
    gt_ctx *ctx = j->ctx;
    for (size_t k = 0; k < j->o->n_files; k++) {
        source *s = &j->sources[k];
        for (size_t i = 0; s->words != NULL && i < s->table->n_codes; i++) {
            if (s->words[i].ctx != NULL) {
                gt_text_free(&s->words[i]);
            }
        }
        gt_free(ctx, s->words);
        gt_polygon_table_free(ctx, s->table);
        gt_free(ctx, s->fid);
        gt_free(ctx, s->code);
        gt_free(ctx, s->path);
        gt_crs_free(ctx, s->crs);
    }
    gt_free(ctx, j->batches);
    gt_wv_rows_free(ctx, j->rows);
    gt_plane_free(ctx, j->plane);
    gt_weave_free(ctx, j->weave);
    gt_free(ctx, j);
}

gt_status gt_weave_files(gt_ctx *ctx, const gt_weave_files_options *options,
                         gt_weave_files_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    if (options->n_files == 0 || options->n_files > GT_WEAVE_LAYERS_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "files"), GT_INT("value", options->n_files)));
    }
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    if (j == NULL) {
        return GT_E_MEMORY;
    }
    j->ctx = ctx;
    j->o = options;
    j->facts = facts;
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < options->n_files; k++) {
        st = read_source(j, k);
    }
    if (st == GT_OK) {
        st = find_plane(j);
    }
    if (st == GT_OK) {
        st = make_batches(j);
    }
    if (st == GT_OK) {
        st = run_weave(j);
    }
    if (st == GT_OK) {
        facts->ellipsoidal = j->plane != NULL;
        st = write_account(j);
    }
    if (st == GT_OK && options->qc != NULL) {
        st = wv_files_faults(j);
    }
    if (st == GT_OK && options->atoms != NULL) {
        st = wv_files_polygons(j, options->atoms, true);
    }
    if (st == GT_OK && options->dissolve != NULL) {
        st = wv_files_polygons(j, options->dissolve, false);
    }
    job_free(j);
    return st;
}
