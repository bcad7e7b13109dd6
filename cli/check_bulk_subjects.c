/* The subjects of check --bulk: read from a file or a layer of the workspace, with their facts,
 * names and projects. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_bulk_run.h"
#include "messages.h"

static gt_status add_fact(bulk_run *r, const gt_field *field, const gt_value *v, gt_fact *out)
{
    gt_text_clear(&r->line);
    gt_text_printf(&r->line, "%s=", field->name);
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_TEXT:
        gt_text_add(&r->line, v->text, v->len);
        break;
    case GT_VAL_INT:
        gt_text_printf(&r->line, "%lld", (long long)v->integer);
        break;
    case GT_VAL_REAL:
        gt_text_printf(&r->line, "%.17g", v->real);
        break;
    }
    return gt_fact_parse(r->app->ctx, r->package, r->kind->id, gt_text_cstr(&r->line), r->texts,
                         out);
}

/* Facts given by --set count where the subject itself says nothing. */
static gt_status take_facts(bulk_run *r, const gt_value *values, size_t *n)
{
    gt_status st = GT_OK;
    *n = 0;
    for (size_t i = 0; st == GT_OK && i < r->n_columns; i++) {
        bool empty = values[i].kind == GT_NULL ||
                     (values[i].kind == GT_VAL_TEXT && values[i].len == 0); /* not known */
        if (r->fact_of[i] >= 0 && !empty) {
            st = add_fact(r, &r->kind->fields[r->fact_of[i]], &values[i], &r->facts[(*n)++]);
        }
    }
    for (size_t i = 0; st == GT_OK && i < r->n_given; i++) {
        r->facts[(*n)++] = r->given[i];
    }
    return st;
}

static void take_name(bulk_run *r, const gt_value *values, const char *fallback)
{
    const gt_value *v = r->name_at < 0 ? NULL : &values[r->name_at];
    if (v == NULL || v->kind == GT_NULL) {
        (void)snprintf(r->name, sizeof r->name, "%s", fallback);
    } else if (v->kind == GT_VAL_INT) {
        (void)snprintf(r->name, sizeof r->name, "%lld", (long long)v->integer);
    } else if (v->kind == GT_VAL_REAL) {
        (void)snprintf(r->name, sizeof r->name, "%.15g", v->real);
    } else {
        size_t len = v->len < sizeof r->name - 1 ? v->len : sizeof r->name - 1;
        while (len > 0 && len < v->len && ((unsigned char)v->text[len] & 0xC0) == 0x80) {
            len--; /* not within a character */
        }
        memcpy(r->name, v->text, len);
        r->name[len] = '\0';
    }
}

/* The project it is a part of, NULL where the column says nothing. */
static const char *take_project(bulk_run *r, const gt_value *values)
{
    const gt_value *v = r->project_at < 0 ? NULL : &values[r->project_at];
    gt_text_clear(&r->project);
    if (v != NULL && v->kind == GT_VAL_INT) {
        gt_text_printf(&r->project, "%lld", (long long)v->integer);
    } else if (v != NULL && v->kind == GT_VAL_REAL) {
        gt_text_printf(&r->project, "%.15g", v->real);
    } else if (v != NULL && v->kind == GT_VAL_TEXT) {
        gt_text_add(&r->project, v->text, v->len);
    }
    return r->project.len == 0 ? NULL : gt_text_cstr(&r->project);
}

static gt_status next_of_source(bulk_run *r, gt_subject *s, bool *more)
{
    gt_source_feature f;
    char number[32];
    gt_status st = gt_source_next(r->app->ctx, r->source, &f, more);
    if (st != GT_OK || !*more) {
        *more = false; /* an error of the file, not of one subject */
        return st;
    }
    (void)snprintf(number, sizeof number, "%lld", (long long)f.row);
    take_name(r, f.values, number);
    s->geom = f.geom;
    s->name = r->name;
    s->project = take_project(r, f.values);
    for (size_t i = 0; i < f.n_faults; i++) {
        if (f.faults[i].field == GT_FAULT_GEOMETRY || f.faults[i].field == GT_FAULT_RECORD) {
            return gt_fail(r->app->ctx, GT_E_INPUT, f.faults[i].message,
                           GT_PLACE(.file = r->path, .row = f.row, .has_xy = f.faults[i].has_xy,
                                    .x = f.faults[i].x, .y = f.faults[i].y),
                           f.faults[i].args);
        }
    }
    st = take_facts(r, f.values, &s->n_facts);
    if (st != GT_OK) {
        gt_fail_at(r->app->ctx, GT_PLACE(.file = r->path, .row = f.row));
    }
    return st;
}

static gt_status next_of_layer(bulk_run *r, gt_subject *s, bool *more)
{
    gt_feature f;
    gt_status st = gt_scan_next(r->app->ctx, r->scan, &f, more);
    if (st != GT_OK || !*more) {
        *more = false;
        return st;
    }
    take_name(r, f.values, f.id);
    st =
        f.blob == NULL ? GT_OK : gt_geom_from_gpkg(r->app->ctx, f.blob, f.blob_len, NULL, &r->geom);
    s->geom = f.blob == NULL ? NULL : &r->geom;
    s->name = r->name;
    s->project = take_project(r, f.values);
    return st == GT_OK ? take_facts(r, f.values, &s->n_facts) : st;
}

gt_status cli_bulk_next(gt_ctx *ctx, void *user, gt_subject *s, bool *more)
{
    bulk_run *r = user;
    (void)ctx;
    gt_arena_reset(r->texts);
    gt_status st = r->scan != NULL ? next_of_layer(r, s, more) : next_of_source(r, s, more);
    s->kind = r->kind->id;
    s->facts = r->facts;
    r->n_subjects += *more;
    return st;
}

/* The column that `option` names, or the one called so; -1: there is none. */
static gt_status find_column(bulk_run *r, const char *option, const char *const *names, size_t n,
                             int *out)
{
    const char *given = cli_option_value(r->app, option, NULL);
    *out = -1;
    for (size_t i = 0; i < n; i++) {
        *out = strcasecmp(names[i], given != NULL ? given : option) == 0 ? (int)i : *out;
    }
    return given == NULL || *out >= 0
               ? GT_OK
               : gt_fail(r->app->ctx, GT_E_USAGE, &CLI_MSG_BULK_NAME, GT_PLACE(.file = r->path),
                         GT_ARGS(GT_TEXT("name", given), GT_TEXT("file", r->path)));
}

/* Columns by the names of facts; those of names and projects. */
static gt_status match_columns(bulk_run *r, const char *const *names, size_t n)
{
    cli *app = r->app;
    r->n_columns = n;
    r->fact_of = gt_alloc(app->ctx, n + 1, sizeof *r->fact_of);
    r->facts = gt_alloc(app->ctx, n + r->n_given + 1, sizeof *r->facts);
    if (r->fact_of == NULL || r->facts == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        r->fact_of[i] = -1;
        for (size_t k = 0; k < r->kind->n_fields; k++) {
            if (strcasecmp(names[i], r->kind->fields[k].name) == 0) {
                r->fact_of[i] = (int)k;
            }
        }
    }
    gt_status st = find_column(r, "name", names, n, &r->name_at);
    return st == GT_OK ? find_column(r, "project", names, n, &r->project_at) : st;
}

static gt_status open_file(bulk_run *r)
{
    cli *app = r->app;
    gt_source_options o;
    gt_source_options_init(&o);
    o.crs = cli_option_value(app, "crs", NULL);
    o.layer = cli_option_value(app, "layer", NULL);
    o.target_crs = gt_package_crs(r->package);
    gt_status st = cli_get_datum(app, &o.datum);
    st = st == GT_OK ? gt_source_open(app->ctx, r->path, &o, &r->source) : st;
    if (st != GT_OK) {
        return st;
    }
    const gt_source_info *info = gt_source_info_of(r->source);
    const char **names = gt_alloc(app->ctx, info->n_fields + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < info->n_fields; i++) {
        names[i] = info->fields[i].name;
    }
    st = match_columns(r, names, info->n_fields);
    gt_free(app->ctx, names);
    return st;
}

static gt_status open_layer(bulk_run *r, const gt_layer_info *info, gt_date as_of)
{
    cli *app = r->app;
    gt_query q;
    const gt_standard *s = info->standard;
    const char **names = gt_alloc(app->ctx, s->n_fields + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        names[i] = s->fields[i].name;
    }
    gt_status st = match_columns(r, names, s->n_fields);
    gt_free(app->ctx, names);
    gt_query_init(&q, r->path);
    q.as_of_date = as_of;
    return st == GT_OK ? gt_scan_open(app->ctx, r->store, &q, &r->scan) : st;
}

/* A file, or else a layer of the workspace. */
gt_status cli_bulk_open(bulk_run *r, gt_date as_of)
{
    gt_layer_info info;
    r->path = cli_option_value(r->app, "bulk", "");
    if (access(r->path, F_OK) == 0) {
        return open_file(r);
    }
    gt_status st = gt_store_find_layer(r->app->ctx, r->store, r->path, &info);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(r->app->ctx);
        return open_file(r); /* says that there is no such file */
    }
    return st == GT_OK ? open_layer(r, &info, as_of) : st;
}
