/* The layers of a workspace as a source for drawing. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/expr.h"
#include "guotu/map.h"
#include "report/style.h"

enum { MOST_CLASSES = 200, NOTE = 192 };

typedef struct entry { /* one layer to be drawn */
    gt_layer_info info;
    gt_expr *where;         /* only features for which it is true; the map's evaluator's; or NULL */
    bool ground;            /* the units once more, as the ground beneath everything */
    int class_at, label_at; /* index of the field, -1: none */
    gt_rank rank;
    size_t order; /* as found */
    bool unit;
} entry;

struct gt_store_map {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    gt_store_map_options options;
    gt_arena *arena;
    gt_sql *sql;      /* made when a view filters */
    const char **ids; /* of a view */
    entry *entries;
    gt_map_layer *layers;
    size_t n;
    gt_map_source source;
    char note_zh[NOTE], note_en[NOTE];
};

void gt_store_map_options_init(gt_store_map_options *options)
{
    *options = (gt_store_map_options){.size = sizeof *options, .as_of_date = GT_DATE_NONE};
}

/* ---- reading ---- */

typedef struct cursor {
    gt_ctx *ctx;
    const entry *of;
    gt_scan *scan;
    gt_geom geom;
    char class_code[32], label[32]; /* of numbers */
} cursor;

static void close_layer(void *user)
{
    cursor *c = user;
    gt_scan_close(c->scan);
    gt_geom_free(c->ctx, &c->geom);
    gt_free(c->ctx, c);
}

static gt_status open_layer(gt_ctx *ctx, void *user, size_t i, const gt_box *box, void **out)
{
    const gt_store_map *map = user;
    cursor *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->ctx = ctx;
    c->of = &map->entries[i];
    gt_geom_init(&c->geom);
    gt_query query;
    gt_query_init(&query, c->of->info.standard->id);
    query.as_of_rev = map->options.as_of_rev;
    query.as_of_date = map->options.as_of_date;
    if (box != NULL) {
        query.has_box = true;
        query.box = *box;
    }
    gt_status st = gt_scan_open(ctx, map->store, &query, &c->scan);
    if (st != GT_OK) {
        gt_free(ctx, c);
        return st;
    }
    *out = c;
    return GT_OK;
}

/* Text of an attribute; numbers are written into `room`. NULL for null and for no field. */
static const char *text_of(const gt_feature *f, int at, char room[32])
{
    if (at < 0 || (size_t)at >= f->n_values) {
        return NULL;
    }
    const gt_value *v = &f->values[at];
    switch (v->kind) {
    case GT_NULL:
        return NULL;
    case GT_VAL_TEXT:
        return v->text;
    case GT_VAL_INT:
        (void)snprintf(room, 32, "%" PRId64, v->integer);
        return room;
    case GT_VAL_REAL:
        (void)snprintf(room, 32, "%.15g", v->real);
        return room;
    }
    return NULL;
}

/* The next feature that fits the view's condition; what cannot be decided is not shown. */
static gt_status next_fitting(gt_ctx *ctx, cursor *c, gt_feature *f, bool *more)
{
    for (;;) {
        gt_status st = gt_scan_next(ctx, c->scan, f, more);
        gt_truth truth = GT_TRUE;
        if (st == GT_OK && *more && c->of->where != NULL) {
            st = gt_expr_test(ctx, c->of->where, f->values, &truth);
        }
        if (st != GT_OK || !*more || truth == GT_TRUE) {
            return st;
        }
        st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
    }
}

static gt_status next_feature(gt_ctx *ctx, void *user, gt_map_feature *out, bool *more)
{
    cursor *c = user;
    gt_feature f;
    gt_status st = next_fitting(ctx, c, &f, more);
    if (st != GT_OK || !*more) {
        return st;
    }
    *out = (gt_map_feature){.id = f.id,
                            .class_code = text_of(&f, c->of->class_at, c->class_code),
                            .label = text_of(&f, c->of->label_at, c->label),
                            .m2 = NAN};
    if (f.blob != NULL && f.blob_len > 0) {
        st = gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &c->geom);
        out->geom = &c->geom;
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.feature = f.id));
        }
    }
    return st;
}

/* ---- classes ---- */

static size_t count_level(const gt_codelist *list, bool first_level)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_codes; i++) {
        n += !first_level || list->codes[i].parent == NULL ? 1U : 0U;
    }
    return n;
}

static bool is_far_off(const gt_store_map *map, double metres)
{
    return map->options.ground_width <= 0 || map->options.ground_width > metres;
}

static int by_place(const void *a, const void *b)
{
    const gt_code *const *x = a, *const *y = b;
    return ((*x)->place > (*y)->place) - ((*x)->place < (*y)->place);
}

/* Classes of a code list, in the order in which it is written. Wide maps show the first level of a
 * deep list: seventy colours cannot be told apart from ten kilometres up. */
static gt_status fill_classes(gt_store_map *map, const gt_codelist *list, gt_map_layer *layer)
{
    const double wide = 30000; /* metres */
    size_t all = count_level(list, false);
    size_t top = count_level(list, true);
    bool first_level = (is_far_off(map, wide) && top < all && top > 1) || all > MOST_CLASSES;
    size_t n = first_level ? top : all;
    if (n == 0 || n > MOST_CLASSES) {
        return GT_OK; /* one colour */
    }
    gt_map_class *classes = gt_arena_alloc(map->arena, n, sizeof *classes);
    const gt_code **shown = gt_arena_alloc(map->arena, n, sizeof *shown);
    if (classes == NULL || shown == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0, k = 0; i < list->n_codes; i++) {
        if (!first_level || list->codes[i].parent == NULL) {
            shown[k++] = &list->codes[i];
        }
    }
    qsort(shown, n, sizeof *shown, by_place);
    for (size_t k = 0; k < n; k++) {
        const gt_code *c = shown[k];
        classes[k] =
            (gt_map_class){c->code, c->title, c->color != NULL ? c->color : gt_spare_color(k)};
    }
    layer->classes = classes;
    layer->n_classes = n;
    layer->codes = list;
    return GT_OK;
}

/* ---- layers ---- */

static bool is_unit(const gt_store_map *map, const char *id)
{
    const char *unit = map->package == NULL ? NULL : gt_package_unit_layer(map->package);
    return unit != NULL && strcmp(unit, id) == 0;
}

static gt_status add_entry(gt_store_map *map, const char *id, size_t i)
{
    gt_layer_info info;
    gt_status st = id != NULL ? gt_store_find_layer(map->ctx, map->store, id, &info)
                              : gt_store_layer(map->ctx, map->store, i, &info);
    if (st != GT_OK || (id == NULL && info.n_features == 0)) {
        return st;
    }
    entry *e = &map->entries[map->n++];
    *e = (entry){.info = info, .class_at = -1, .label_at = -1, .order = i + 1};
    e->unit = is_unit(map, info.standard->id);
    return GT_OK;
}

/* Ids of a view, base first, in one list. */
static gt_status list_view(gt_store_map *map, const gt_view *view)
{
    const char *const *parts[2] = {view->base, view->show};
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        size_t k = 0;
        for (int p = 0; p < 2; p++) {
            for (size_t i = 0; parts[p] != NULL && parts[p][i] != NULL; i++, k++) {
                if (pass == 1) {
                    map->ids[k] = parts[p][i];
                }
            }
        }
        n = k;
        if (pass == 0) {
            map->ids = gt_arena_zalloc(map->arena, n + 1, sizeof *map->ids);
            if (map->ids == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    map->options.ids = map->ids;
    return GT_OK;
}

static gt_status list_layers(gt_store_map *map)
{
    const char *const *ids = map->options.ids;
    size_t stored = gt_store_n_layers(map->store);
    size_t most = stored;
    if (ids != NULL) {
        for (most = 0; ids[most] != NULL; most++) {
        }
    }
    map->entries = gt_zalloc(map->ctx, most + 1, sizeof *map->entries);
    map->layers = gt_zalloc(map->ctx, most + 1, sizeof *map->layers);
    if (map->entries == NULL || map->layers == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && (ids != NULL ? ids[i] != NULL : i < stored); i++) {
        st = add_entry(map, ids == NULL ? NULL : ids[i], i);
    }
    for (size_t i = 0; st == GT_OK && i < map->n; i++) {
        if (map->entries[i].unit) {
            entry *ground = &map->entries[map->n++];
            *ground = map->entries[i];
            ground->ground = true;
            ground->unit = false;
            ground->order = 0;
            break;
        }
    }
    return st;
}

/* The view's condition belongs to the last layer it shows. */
static gt_status compile_where(gt_store_map *map, const gt_view *view)
{
    size_t last = map->n;
    for (size_t i = 0; i < map->n; i++) {
        bool later = last == map->n || map->entries[i].order > map->entries[last].order;
        last = later ? i : last;
    }
    if (view->where == NULL || last == map->n) {
        return GT_OK;
    }
    entry *e = &map->entries[last];
    const gt_standard *s = e->info.standard;
    const char **names = gt_arena_alloc(map->arena, s->n_fields, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        names[i] = s->fields[i].name;
    }
    gt_status st = gt_sql_new(map->ctx, map->package, &map->sql);
    return st != GT_OK ? st
                       : gt_expr_compile(map->ctx, map->sql, view->where, names, s->n_fields,
                                         GT_PLACE(.layer = s->id, .rule = view->id), &e->where);
}

static int by_rank(const void *a, const void *b)
{
    const entry *x = a;
    const entry *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

/* The package's standard knows titles, code lists and colours; the store's only the schema. */
static const gt_standard *standard_of(const gt_store_map *map, const entry *e)
{
    const gt_standard *s =
        map->package == NULL ? NULL : gt_package_find_layer(map->package, e->info.standard->id);
    return s != NULL ? s : e->info.standard;
}

/* Ground of the territory: told from what lies beyond it. */
static void style_ground(gt_map_layer *layer)
{
    gt_map_style_init(&layer->style);
    layer->style.fill = "#fdfcf8";
    layer->style.stroke = NULL;
    layer->hide_legend = true;
    layer->base = true;
}

/* From far off, casings of roads and ribbons of many small areas would cover what lies between. */
static void thin_lines(const gt_store_map *map, const entry *e, gt_rank rank, gt_map_style *style)
{
    const double wide = 15000; /* metres */
    const int64_t many = 1000;
    bool crowd = e->info.n_features > many && rank < GT_RANK_UNIT;
    if (is_far_off(map, wide) && (rank == GT_RANK_LINE || crowd)) {
        style->band = NULL;
        style->stroke_width *= rank == GT_RANK_LINE ? 0.6 : 0.4;
    }
}

static gt_status fill_layer(gt_store_map *map, entry *e, gt_map_layer *layer)
{
    const gt_standard *s = standard_of(map, e);
    const gt_standard *stored = e->info.standard;
    gt_look_of look;
    gt_style_of(s, e->unit, &look);
    thin_lines(map, e, look.rank, &look.style);
    bool present = map->options.as_of_rev == 0 && map->options.as_of_date == GT_DATE_NONE;
    *layer = (gt_map_layer){.id = stored->id,
                            .title = s->title,
                            .origin = e->info.origin,
                            .style = look.style,
                            .extent = present ? e->info.box : (gt_box){1, 1, 0, 0},
                            .base = look.rank == GT_RANK_GROUND};
    if (layer->title.zh == NULL && layer->title.en == NULL) {
        layer->title = (gt_title){stored->id, stored->id};
    }
    if (e->ground) {
        style_ground(layer);
        return GT_OK;
    }
    int at = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    const gt_codelist *codes = at < 0 ? NULL : s->fields[at].codes;
    gt_status st = GT_OK;
    if (codes != NULL && !e->unit) {
        e->class_at = gt_standard_field(stored, s->class_field);
        st = fill_classes(map, codes, layer);
    }
    const char *name = e->unit ? gt_package_unit_name_field(map->package) : "name";
    if (look.style.label_size > 0) {
        e->label_at = gt_standard_field(stored, name == NULL ? "name" : name);
    }
    return st;
}

static gt_status fill_note(gt_store_map *map)
{
    int64_t rev =
        map->options.as_of_rev != 0 ? map->options.as_of_rev : gt_store_revision(map->store);
    char date[GT_TIME_TEXT] = "";
    if (rev > 0) {
        gt_revision info;
        gt_status st = gt_store_revision_info(map->ctx, map->store, rev, &info);
        if (st != GT_OK) {
            return st;
        }
        gt_time_format(info.time_ms, date);
    }
    char as_of[GT_DATE_TEXT];
    gt_date_format(map->options.as_of_date, as_of);
    const char *id = map->package == NULL ? "" : gt_package_id(map->package);
    const char *version = map->package == NULL ? "" : gt_package_version(map->package);
    (void)snprintf(map->note_zh, NOTE, "一张图第 %" PRId64 " 次修订%s%.10s%s%s%s%s%.40s%s%.20s",
                   rev, rev > 0 ? "（" : "", date, rev > 0 ? "）" : "",
                   as_of[0] != '\0' ? "，时点 " : "", as_of, id[0] != '\0' ? "；规划包 " : "", id,
                   id[0] != '\0' ? " " : "", version);
    (void)snprintf(map->note_en, NOTE, "Map revision %" PRId64 "%s%.10s%s%s%s%.40s%s%.20s", rev,
                   rev > 0 ? " of " : "", date, as_of[0] != '\0' ? ", as of " : "", as_of,
                   id[0] != '\0' ? "; plan package " : "", id, id[0] != '\0' ? " " : "", version);
    return GT_OK;
}

/* With a list of ids the order asked for; only the ground of the territory goes to the bottom and
 * the borders with names to the top. */
static void set_order(gt_store_map *map)
{
    for (size_t i = 0; i < map->n; i++) {
        entry *e = &map->entries[i];
        gt_look_of look;
        gt_style_of(standard_of(map, e), e->unit, &look);
        e->rank = map->options.ids == NULL && !e->ground ? look.rank
                  : e->unit                              ? GT_RANK_UNIT
                                                         : GT_RANK_GROUND;
    }
    if (map->n > 1) {
        qsort(map->entries, map->n, sizeof *map->entries, by_rank);
    }
}

gt_status gt_store_map_new(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_store_map_options *options, gt_store_map **out)
{
    gt_store_map *map = gt_zalloc(ctx, 1, sizeof *map);
    if (map == NULL) {
        return GT_E_MEMORY;
    }
    map->ctx = ctx;
    map->store = store;
    map->package = package;
    map->options = *options;
    const gt_crs *crs = gt_store_crs(store);
    map->source = (gt_map_source){map,
                                  open_layer,
                                  next_feature,
                                  close_layer,
                                  gt_store_plane(store),
                                  gt_crs_is_geographic(crs),
                                  gt_crs_name(crs)};
    gt_status st = gt_arena_new(ctx, 0, &map->arena);
    if (st == GT_OK && options->view != NULL) {
        st = list_view(map, options->view);
    }
    st = st != GT_OK ? st : list_layers(map);
    if (st == GT_OK && options->view != NULL) {
        st = compile_where(map, options->view);
    }
    if (st == GT_OK) {
        set_order(map);
    }
    for (size_t i = 0; st == GT_OK && i < map->n; i++) {
        st = fill_layer(map, &map->entries[i], &map->layers[i]);
    }
    st = st != GT_OK ? st : fill_note(map);
    if (st != GT_OK) {
        gt_store_map_free(map);
        return st;
    }
    *out = map;
    return GT_OK;
}

void gt_store_map_free(gt_store_map *map)
{
    if (map == NULL) {
        return;
    }
    gt_ctx *ctx = map->ctx;
    gt_sql_free(map->sql);
    gt_arena_free(map->arena);
    gt_free(ctx, map->entries);
    gt_free(ctx, map->layers);
    gt_free(ctx, map);
}

const gt_map_source *gt_store_map_source(const gt_store_map *map)
{
    return &map->source;
}

const gt_map_layer *gt_store_map_layers(const gt_store_map *map, size_t *n)
{
    *n = map->n;
    return map->layers;
}

gt_title gt_store_map_note(const gt_store_map *map)
{
    return (gt_title){map->note_zh, map->note_en};
}

int gt_store_map_unit_layer(const gt_store_map *map)
{
    for (size_t i = 0; i < map->n; i++) {
        if (map->entries[i].unit) {
            return (int)i;
        }
    }
    return -1;
}
