/* Import: one file, one layer, one revision or nothing. The writer's side of the pipeline and the
 * decisions about the file as a whole. */
#include "guotu/import.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/import.h"
#include "store/qc_cover.h"
#include "store/qc_messages.h"

typedef struct import {
    gt_ctx *ctx;
    gt_store *store;
    const gt_standard *standard;
    const char *path;
    const gt_import_options *options;
    gt_import_report *report;
    gt_source_options source_options;
    gt_source *source;
    gt_arena *arena;
    imp_map map;
    imp_rules rules;
    gt_commit *commit;    /* NULL: dry run, or given up because of errors */
    gt_status put_failed; /* the store refused a row; QC goes on, the error stays recorded */
    qc_twin_set *sets;
    size_t n_sets;
    qc_cover *cover; /* NULL: overlaps are allowed */
    uint64_t *coerced;
    int64_t *coerced_row;
    uint64_t n_geom, n_bad_place;
    bool misplaced; /* all geometries so far are somewhere else: reading on is of no use */
    char crs[32];
} import;

void gt_import_options_init(gt_import_options *o)
{
    memset(o, 0, sizeof *o);
    o->size = sizeof *o;
    o->as_of = GT_DATE_NONE;
    o->expect_revision = -1;
    o->area_step_m = 70.0;    /* LA-1 */
    o->area_tolerance = 0.01; /* a project choice: one percent */
}

void gt_import_report_init(gt_import_report *report)
{
    memset(report, 0, sizeof *report);
}

void gt_import_report_free(gt_ctx *ctx, gt_import_report *report)
{
    gt_notes_free(report->notes);
    gt_free(ctx, report->report);
    memset(report, 0, sizeof *report);
}

static size_t n_errors(const import *m)
{
    return gt_notes_count(m->report->notes, GT_ERROR);
}

static void give_up_commit(import *m)
{
    if (m->commit != NULL) {
        gt_commit_abort(m->commit);
        m->commit = NULL;
    }
}

/* ---- the writer ------------------------------------------------------------------------------ */

static gt_status put_rows(import *m, const imp_batch *b)
{
    size_t n_fields = m->standard->n_fields;
    gt_status st = GT_OK;
    for (size_t i = 0; i < b->n && st == GT_OK; i++) {
        const imp_item *item = &b->item[i];
        gt_feature f = {.id = item->id,
                        .valid_from = m->options->as_of,
                        .valid_to = GT_DATE_NONE,
                        .blob = item->blob_len > 0 ? b->blob + item->blob_at : NULL,
                        .blob_len = item->blob_len,
                        .box = item->box,
                        .values = b->value + i * n_fields,
                        .n_values = n_fields};
        st = gt_commit_put(m->ctx, m->commit, m->standard->id, &f,
                           m->rules.has_area ? item->area : NAN);
        if (st != GT_OK) {
            gt_fail_at(m->ctx,
                       GT_PLACE(.file = m->path, .layer = m->standard->id, .row = item->row));
        }
        m->report->n_written += st == GT_OK;
    }
    if (st == GT_E_INPUT || st == GT_E_CONFLICT) { /* of the data: the report shall be whole */
        m->put_failed = st;
        give_up_commit(m);
        return GT_OK;
    }
    return st;
}

static gt_status collect_twins(import *m, const imp_batch *b)
{
    gt_status st = GT_OK;
    for (size_t k = 0; k < m->n_sets; k++) {
        const qc_twin_set *set = &m->sets[k];
        for (size_t i = 0; i < b->n && st == GT_OK; i++) {
            const imp_item *item = &b->item[i];
            if (set->field < 0) {
                st = item->shape != 0 ? qc_twins_add(m->ctx, set->twins, item->shape, item->row)
                                      : GT_OK;
                continue;
            }
            const gt_value *v = &b->value[i * m->standard->n_fields + (size_t)set->field];
            if (v->kind != GT_NULL) {
                st = qc_twins_add(m->ctx, set->twins, qc_value_hash(v), item->row);
            }
        }
    }
    return st;
}

static gt_status collect_cover(import *m, const imp_batch *b)
{
    gt_status st = GT_OK;
    for (size_t i = 0; m->cover != NULL && i < b->n && st == GT_OK; i++) {
        const imp_item *item = &b->item[i];
        const qc_cover_item it = {
            item->row, item->id, item->shape, item->box, b->blob + item->blob_at, item->blob_len};
        st = item->blob_len > 0 ? qc_cover_add(m->ctx, m->cover, &it) : GT_OK;
    }
    return st;
}

static void add_up(import *m, const imp_batch *b)
{
    gt_import_report *r = m->report;
    for (size_t i = 0; i < m->standard->n_fields; i++) {
        if (b->coerced[i] > 0 && m->coerced[i] == 0) {
            m->coerced_row[i] = b->coerced_row[i];
        }
        m->coerced[i] += b->coerced[i];
    }
    if (b->box_known && r->box.xmin > r->box.xmax) {
        r->box = b->box;
    } else if (b->box_known) {
        r->box.xmin = fmin(r->box.xmin, b->box.xmin);
        r->box.ymin = fmin(r->box.ymin, b->box.ymin);
        r->box.xmax = fmax(r->box.xmax, b->box.xmax);
        r->box.ymax = fmax(r->box.ymax, b->box.ymax);
    }
    r->n_read += (int64_t)b->n;
    r->n_repaired += (int64_t)b->n_repaired;
    r->area_m2 += b->area;
    m->n_geom += b->n_geom;
    m->n_bad_place += b->n_bad_place;
}

static gt_status consume(void *user, imp_batch *b, bool *stop)
{
    import *m = user;
    add_up(m, b);
    gt_status st = qc_hits_flush(m->ctx, &b->hits, m->report->notes, m->path, m->standard->id);
    if (st == GT_OK && n_errors(m) > 0) {
        give_up_commit(m); /* nothing will be written: do not hold the lock, do not do the work */
    }
    if (st == GT_OK && m->commit != NULL) {
        st = put_rows(m, b);
    }
    if (st == GT_OK) {
        st = collect_twins(m, b);
    }
    if (st == GT_OK) {
        st = collect_cover(m, b);
    }
    m->misplaced = m->n_geom > 0 && m->n_bad_place == m->n_geom;
    *stop = m->misplaced;
    gt_progress_step(m->ctx, (uint64_t)m->report->n_read);
    return st;
}

/* ---- before ---------------------------------------------------------------------------------- */

static gt_status open_source(import *m)
{
    const gt_import_options *o = m->options;
    const gt_crs *work = gt_store_crs(m->store);
    if (gt_crs_epsg(work) > 0) {
        (void)snprintf(m->crs, sizeof m->crs, "EPSG:%d", gt_crs_epsg(work));
    }
    gt_source_options_init(&m->source_options);
    m->source_options.layer = o->source_layer;
    m->source_options.encoding = o->encoding;
    m->source_options.crs = o->crs;
    m->source_options.where = o->where;
    m->source_options.datum = o->datum;
    bool geometric = m->standard->geom_type != GT_GEOM_NONE;
    m->source_options.target_crs = !geometric          ? NULL
                                   : m->crs[0] != '\0' ? m->crs
                                                       : gt_crs_wkt(work);
    return gt_source_open(m->ctx, m->path, &m->source_options, &m->source);
}

static gt_status make_sets(import *m)
{
    const char *dir = gt_store_dir(m->store);
    size_t n = m->map.n_unique + (m->rules.has_area ? 1 : 0);
    m->sets = gt_zalloc(m->ctx, n + 1, sizeof *m->sets);
    gt_status st = m->sets == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        m->sets[i].field = i < m->map.n_unique ? m->map.unique[i] : -1;
        st = qc_twins_new(m->ctx, 0, dir, &m->sets[i].twins);
        m->n_sets += st == GT_OK;
    }
    return st;
}

/* Between some datums (Xian 1980, Beijing 1954) no parameters are public and degrees are kept. */
static gt_status note_ballpark(import *m, const gt_source_info *info)
{
    const char *definition = m->options->crs != NULL ? m->options->crs : info->crs_wkt;
    gt_crs *from = NULL;
    gt_transform *t = NULL;
    if (definition == NULL || m->source_options.target_crs == NULL) {
        return GT_OK;
    }
    const gt_crs *work = gt_store_crs(m->store);
    gt_status st = gt_crs_new(m->ctx, definition, &from);
    if (st == GT_OK) {
        st = gt_transform_new(m->ctx, from, work, GT_DATUM_AS_STATED, &t);
    }
    if (st == GT_OK && gt_transform_is_ballpark(t)) {
        st = gt_notes_add(
            m->report->notes, GT_WARNING, &GT_MSG_IMPORT_BALLPARK, GT_PLACE(.file = m->path),
            GT_ARGS(GT_TEXT("crs", gt_crs_name(from)), GT_TEXT("work", gt_crs_name(work))));
    }
    gt_transform_free(m->ctx, t);
    gt_crs_free(m->ctx, from);
    return st;
}

static gt_status prepare(import *m)
{
    const gt_source_info *info = gt_source_info_of(m->source);
    gt_geom_type type = m->standard->geom_type;
    gt_status st = gt_arena_new(m->ctx, 0, &m->arena);
    if (st == GT_OK) {
        st = imp_map_make(m->ctx, m->arena, m->standard, info, m->report->notes, m->path, &m->map);
    }
    if (st == GT_OK && type != GT_GEOM_NONE && !info->has_geometry) {
        st = gt_notes_add(m->report->notes, GT_ERROR, &GT_MSG_IMPORT_NO_GEOMETRY,
                          GT_PLACE(.file = m->path, .layer = m->standard->id), GT_NO_ARGS);
    }
    if (st == GT_OK) {
        st = note_ballpark(m, info);
    }
    if (st == GT_OK && info->crs_assumed && m->source_options.target_crs != NULL) {
        st = gt_notes_add(m->report->notes, GT_INFO, &GT_MSG_IMPORT_CRS_ASSUMED,
                          GT_PLACE(.file = m->path), GT_NO_ARGS);
    }
    if (st == GT_OK && info->encoding_assumed) {
        st = gt_notes_add(m->report->notes, GT_INFO, &GT_MSG_IMPORT_ENCODING,
                          GT_PLACE(.file = m->path),
                          GT_ARGS(GT_TEXT("encoding", info->encoding_used)));
    }
    if (st == GT_OK) {
        m->coerced = gt_arena_zalloc(m->arena, m->standard->n_fields + 1, sizeof *m->coerced);
        m->coerced_row =
            gt_arena_zalloc(m->arena, m->standard->n_fields + 1, sizeof *m->coerced_row);
        st = m->coerced == NULL || m->coerced_row == NULL ? GT_E_MEMORY : GT_OK;
    }
    m->rules = (imp_rules){.map = &m->map,
                           .options = m->options,
                           .plane = gt_store_plane(m->store),
                           .geographic = gt_crs_is_geographic(gt_store_crs(m->store)),
                           .srs_id = gt_store_srs_id(m->store),
                           .has_area = type == GT_POLYGON || type == GT_MULTIPOLYGON};
    if (st == GT_OK) {
        st = imp_world(m->ctx, gt_store_crs(m->store), m->rules.plane, &m->rules);
    }
    if (st == GT_OK && m->rules.has_area && m->standard->qc.no_overlap) {
        st = qc_cover_new(m->ctx, gt_store_dir(m->store), &m->cover);
    }
    return st == GT_OK ? make_sets(m) : st;
}

static gt_status begin_commit(import *m)
{
    const gt_import_options *o = m->options;
    gt_text message;
    gt_text_init(&message, m->ctx, 4096);
    const char *slash = strrchr(m->path, '/');
    gt_text_printf(&message,
                   gt_ctx_lang(m->ctx) == GT_LANG_ZH ? "导入 %s（%s）" : "import of %s (%s)",
                   m->standard->id, slash != NULL ? slash + 1 : m->path);
    gt_commit_info info = {.author = o->author,
                           .message = o->message != NULL ? o->message : gt_text_cstr(&message),
                           .reason = o->reason,
                           .expect_revision = o->expect_revision};
    gt_status st = gt_text_status(&message);
    if (st == GT_OK) {
        st = gt_commit_begin(m->ctx, m->store, &info, &m->commit);
    }
    if (st == GT_OK) {
        st = gt_commit_define_layer(m->ctx, m->commit, m->standard, o->origin);
    }
    if (st == GT_OK) {
        st = gt_commit_replace_layer(m->ctx, m->commit, m->standard->id, o->as_of);
    }
    gt_text_free(&message);
    return st;
}

/* ---- after ----------------------------------------------------------------------------------- */

static gt_status note_coerced(import *m)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < m->standard->n_fields && st == GT_OK; i++) {
        if (m->coerced[i] > 0) {
            st = gt_notes_add(m->report->notes, GT_INFO, &GT_MSG_QC_COERCED,
                              GT_PLACE(.file = m->path, .layer = m->standard->id,
                                       .field = m->standard->fields[i].name,
                                       .row = m->coerced_row[i]),
                              GT_ARGS(GT_INT("count", m->coerced[i])));
        }
    }
    return st;
}

static gt_status note_overlap(gt_ctx *ctx, void *user, const qc_overlap *o)
{
    import *m = user;
    char other[32];
    (void)ctx;
    (void)snprintf(other, sizeof other, "#%lld", (long long)o->other_row);
    return gt_notes_add(m->report->notes, GT_ERROR, &GT_MSG_QC_OVERLAP,
                        GT_PLACE(.file = m->path, .layer = m->standard->id, .row = o->row,
                                 .feature = o->id, .has_xy = true, .x = o->x, .y = o->y),
                        GT_ARGS(GT_TEXT("other", o->other != NULL ? o->other : other),
                                GT_REAL("area", round(o->m2 * 100.0) / 100.0)));
}

/* Coverage rules; nothing of the file is committed yet. */
static gt_status judge_cover(import *m)
{
    const double degree = 111195.0; /* m, mean sphere: thresholds need no more */
    double middle = 0.5 * (m->report->box.ymin + m->report->box.ymax);
    double metre[2] = {1, 1};
    if (m->rules.geographic) {
        metre[0] = degree * cos(middle * 3.14159265358979323846 / 180);
        metre[1] = degree;
    }
    if (m->cover == NULL) {
        return GT_OK;
    }
    gt_progress_begin(m->ctx, &GT_MSG_QC_PROGRESS, (uint64_t)m->report->n_read);
    gt_status st = qc_cover_sweep(m->ctx, m->cover, metre, note_overlap, m);
    gt_progress_end(m->ctx);
    return st;
}

static gt_status judge_file(import *m)
{
    gt_status st = GT_OK;
    gt_notes *notes = m->report->notes;
    bool lost = m->n_bad_place > 0 && m->n_bad_place * 2 > m->n_geom;
    const gt_box *b = &m->report->box;
    /* all within 180 x 90 units of a plane's origin: degrees that were taken for metres */
    bool degrees = m->n_geom > 0 && !lost && !m->rules.geographic && b->xmin <= b->xmax &&
                   b->xmin >= -180 && b->xmax <= 180 && b->ymin >= -90 && b->ymax <= 90;
    if (m->report->n_read == 0) {
        st = gt_notes_add(notes, GT_ERROR, &GT_MSG_IMPORT_EMPTY,
                          GT_PLACE(.file = m->path, .layer = m->standard->id), GT_NO_ARGS);
    }
    if (st == GT_OK && lost) {
        st = imp_diagnose_place(m->ctx, m->path, &m->source_options, gt_source_info_of(m->source),
                                gt_store_crs(m->store), notes);
    }
    if (st == GT_OK && degrees) {
        st = gt_notes_add(
            notes, GT_ERROR, &GT_MSG_IMPORT_DEGREES,
            GT_PLACE(.file = m->path, .row = 1, .has_xy = true, .x = b->xmin, .y = b->ymin),
            GT_ARGS(GT_REAL("x", b->xmin), GT_REAL("y", b->ymin),
                    GT_TEXT("crs", gt_crs_name(gt_store_crs(m->store))),
                    GT_TEXT("likely", "EPSG:4326")));
    }
    if (st == GT_OK && !m->misplaced) {
        st = imp_confirm_twins(m->ctx, m->path, &m->source_options, &m->map, m->sets, m->n_sets,
                               notes);
    }
    if (st == GT_OK && !m->misplaced) {
        st = judge_cover(m);
    }
    return st == GT_OK ? note_coerced(m) : st;
}

/* LAYER-20261121T023412123Z, and a number behind when that is taken. */
static gt_status report_stem(import *m, const char *dir, gt_text *stem)
{
    char stamp[GT_TIME_TEXT], plain[GT_TIME_TEXT];
    size_t n = 0;
    gt_time_format(gt_time_now(), stamp);
    for (const char *p = stamp; *p != '\0'; p++) {
        if (strchr("-:.", *p) == NULL) {
            plain[n++] = *p;
        }
    }
    plain[n] = '\0';
    gt_text path;
    gt_text_init(&path, m->ctx, 8192);
    for (int i = 1; i < 1000; i++) {
        gt_text_clear(stem);
        gt_text_printf(stem, i == 1 ? "%s-%s" : "%s-%s-%d", m->standard->id, plain, i);
        gt_text_clear(&path);
        gt_text_printf(&path, "%s/%s.json", dir, gt_text_cstr(stem));
        if (access(gt_text_cstr(&path), F_OK) != 0) {
            break;
        }
    }
    gt_text_free(&path);
    return gt_text_status(stem);
}

/* A report that cannot be written does not undo the import, nor hide why it was refused. */
static void write_report(import *m, const char *verdict)
{
    const char *dir =
        m->options->report_dir != NULL ? m->options->report_dir : gt_store_report_dir(m->store);
    gt_ctx *side = gt_ctx_fork(m->ctx);
    gt_text stem, path;
    gt_text_init(&stem, m->ctx, 4096);
    gt_text_init(&path, m->ctx, 8192);
    gt_qc_report_info info = {.layer = m->standard->id,
                              .file = m->path,
                              .crs = m->standard->geom_type == GT_GEOM_NONE ? NULL
                                     : m->crs[0] != '\0'                    ? m->crs
                                                         : gt_crs_wkt(gt_store_crs(m->store)),
                              .verdict = verdict,
                              .n_features = m->report->n_read,
                              .revision = m->report->revision};
    if (side != NULL && report_stem(m, dir, &stem) == GT_OK &&
        gt_qc_report_write(side, m->report->notes, &info, dir, gt_text_cstr(&stem)) == GT_OK) {
        gt_text_printf(&path, "%s/%s", dir, gt_text_cstr(&stem));
        m->report->report = gt_strdup(m->ctx, gt_text_cstr(&path));
    } else if (side != NULL) {
        gt_text why;
        gt_text_init(&why, m->ctx, 4096);
        gt_error_render(side, gt_ctx_lang(m->ctx), &why);
        gt_status st =
            gt_notes_add(m->report->notes, GT_WARNING, &GT_MSG_IMPORT_NO_REPORT,
                         GT_PLACE(.file = dir), GT_ARGS(GT_TEXT("why", gt_text_cstr(&why))));
        (void)st; /* memory is out: there is nowhere left to say it */
        gt_text_free(&why);
    }
    gt_text_free(&stem);
    gt_text_free(&path);
    gt_ctx_free(side);
}

/* Commits or refuses. */
static gt_status conclude(import *m)
{
    gt_status st = GT_OK;
    gt_import_report *r = m->report;
    if (n_errors(m) > 0) {
        give_up_commit(m);
        gt_error_clear(m->ctx); /* of put_failed: it is among the findings, or comes after them */
        r->refused = true;
        r->n_written = 0;
        write_report(m, "refused");
        return gt_fail(m->ctx, GT_E_INPUT, &GT_MSG_IMPORT_REFUSED,
                       GT_PLACE(.file = m->path, .layer = m->standard->id),
                       GT_ARGS(GT_INT("errors", n_errors(m)),
                               GT_TEXT("report", r->report != NULL ? r->report : "-")));
    }
    if (m->put_failed != GT_OK) {
        r->n_written = 0;
        return m->put_failed;
    }
    if (m->commit != NULL) {
        gt_commit *commit = m->commit;
        m->commit = NULL; /* consumed either way */
        st = gt_commit_finish(m->ctx, commit, &r->revision);
        gt_revision made;
        if (st == GT_OK && gt_store_revision_info(m->ctx, m->store, r->revision, &made) == GT_OK) {
            r->n_changed = made.n_put;
            r->n_ended = made.n_deleted;
        } else if (st == GT_OK) { /* it is committed, whatever can be said about it */
            gt_error_clear(m->ctx);
            r->n_changed = r->n_written;
        }
    }
    if (st == GT_OK && gt_notes_count(r->notes, GT_INFO) > 0) {
        write_report(m, m->options->dry_run ? "checked"
                        : r->n_repaired > 0 ? "repaired"
                                            : "passed");
    }
    return st;
}

static gt_status check_options(gt_ctx *ctx, const gt_import_options *given, gt_import_options *o)
{
    gt_import_options_init(o);
    if (given != NULL) {
        memcpy(o, given, given->size < sizeof *o ? given->size : sizeof *o);
        o->size = sizeof *o;
    }
    if (!(o->area_tolerance >= 0.0) || !isfinite(o->area_step_m)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_IMPORT_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "area_tolerance, area_step_m")));
    }
    return GT_OK;
}

static void free_all(import *m)
{
    give_up_commit(m);
    gt_source_close(m->source);
    for (size_t i = 0; i < m->n_sets; i++) {
        qc_twins_free(m->ctx, m->sets[i].twins);
    }
    gt_free(m->ctx, m->sets);
    qc_cover_free(m->ctx, m->cover);
    gt_arena_free(m->arena);
}

gt_status gt_import(gt_ctx *ctx, gt_store *store, const gt_standard *standard, const char *path,
                    const gt_import_options *options, gt_import_report *report)
{
    gt_import_options o;
import m = {.ctx = ctx, .store = store, .standard = standard, .path = path, .options = & o, .report = report };
    double start = gt_clock();
    gt_import_report_init(report);
    report->box = (gt_box){1, 1, 0, 0};
    gt_status st = check_options(ctx, options, &o);
    if (st == GT_OK) {
        st = gt_notes_new(ctx, o.max_findings, &report->notes);
    }
    if (st == GT_OK) {
        st = open_source(&m);
    }
    if (st == GT_OK) {
        st = prepare(&m);
    }
    if (st == GT_OK && !o.dry_run && n_errors(&m) == 0) {
        st = begin_commit(&m);
    }
    if (st == GT_OK) {
        int64_t n = gt_source_info_of(m.source)->n_features;
        gt_progress_begin(ctx, &GT_MSG_IMPORT_PROGRESS, n > 0 ? (uint64_t)n : 0);
        st = imp_pipe_run(ctx, m.source, &m.rules, consume, &m);
        gt_progress_end(ctx);
    }
    if (st == GT_OK) {
        st = judge_file(&m);
    }
    if (st == GT_OK) {
        st = conclude(&m);
    }
    if (st != GT_OK && !report->refused) {
        report->n_written = 0;
        gt_fail_at(ctx, GT_PLACE(.file = path, .layer = standard->id));
    }
    free_all(&m);
    report->seconds = gt_clock() - start;
    return st;
}
