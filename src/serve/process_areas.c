/* The process areas: what lies within a drawn polygon, layer by layer and class by class. Survey
 * areas (area.h) of exact intersections; a feature that lies within as a whole counts with the area
 * it is kept with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/area.h"
#include "guotu/geos.h"
#include "serve/messages.h"
#include "serve/processes.h"

enum { CLASSES_MAX = 2000, LAYERS_MAX = 500 };
static const double STEP_M = 70; /* of survey areas on the plane, as gt_check_options */

typedef struct class_sum {
    char *code; /* arena; "" for none */
    size_t n;
    double m2;
} class_sum;

typedef struct inside {
    gt_desk *desk;
    gt_geom outline, geom, cut;
    gt_date as_of;
    int revision;         /* 0: the newest */
    const json_t *layers; /* NULL: all */
    gt_geos *geos;
    gt_prepared *prepared;
    gt_plane *plane;
    /* of the present layer */
    size_t n;
    double m2, length_m;
    class_sum *classes;
    size_t n_classes, cap_classes;
    size_t told;
} inside;

void gt_inside_describe(gt_desk *desk, gt_text *o)
{
    (void)desk;
    gt_text_puts(o,
                 ",\n\"inputs\":{\"geometry\":{\"title\":\"outline\",\"minOccurs\":1,\"schema\":"
                 "{\"format\":\"geojson-geometry\",\"type\":\"object\"}},\n"
                 "\"crs\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"format\":\"uri\"}},\n"
                 "\"layers\":{\"minOccurs\":0,\"schema\":{\"type\":\"array\",\"items\":"
                 "{\"type\":\"string\"}}},\n"
                 "\"revision\":{\"minOccurs\":0,\"schema\":{\"type\":\"integer\",\"minimum\":1}},\n"
                 "\"as_of\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"format\":\"date\"}"
                 "}},\n\"outputs\":{\"area_m2\":{\"schema\":{\"type\":\"number\"}},\"layers\":"
                 "{\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}");
}

/* ---- inputs -----------------------------------------------------------------------------------
 */

static void inside_close(inside *q)
{
    gt_ctx *ctx = q->desk->ctx;
    gt_prepared_free(q->prepared);
    gt_geos_free(q->geos);
    gt_plane_free(ctx, q->plane);
    gt_geom_free(ctx, &q->outline);
    gt_geom_free(ctx, &q->geom);
    gt_geom_free(ctx, &q->cut);
    gt_free(ctx, q->classes);
}

static gt_status read_layers(inside *q, const json_t *given)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_status st = given == NULL || json_is_array(given)
                       ? GT_OK
                       : gt_input_wrong(q->desk, "layers", "a list of layers", "应为图层列表");
    if (st == GT_OK && json_array_size(given) > LAYERS_MAX) {
        st = gt_input_wrong(q->desk, "layers", "too many", "过多");
    }
    for (size_t i = 0; st == GT_OK && i < json_array_size(given); i++) {
        const char *id = json_string_value(json_array_get(given, i));
        st = id == NULL ? gt_input_wrong(q->desk, "layers", "a list of layers", "应为图层列表")
                        : gt_desk_layer(q->desk, id, &info, &standard);
    }
    q->layers = given;
    return st;
}

static gt_status inside_open(inside *q, gt_desk *desk, const json_t *inputs)
{
    static const char *const names[] = {"geometry", "crs", "layers", "as_of", "revision", NULL};
    char reason[64];
    double x = 0, y = 0;
    bool valid = false;
    memset(q, 0, sizeof *q);
    q->desk = desk;
    q->as_of = GT_DATE_NONE;
    gt_geom_init(&q->outline);
    gt_geom_init(&q->geom);
    gt_geom_init(&q->cut);
    gt_status st = gt_input_known(desk, inputs, names);
    const json_t *day = gt_input(inputs, "as_of");
    if (st == GT_OK && day != NULL &&
        (!json_is_string(day) || !gt_date_parse(json_string_value(day), &q->as_of))) {
        st = gt_input_wrong(desk, "as_of", "YYYY-MM-DD", "应为 YYYY-MM-DD");
    }
    int newest = (int)gt_store_revision(desk->store);
    st = st == GT_OK ? gt_input_int(desk, inputs, "revision", 1, newest, &q->revision) : st;
    st = st == GT_OK ? read_layers(q, gt_input(inputs, "layers")) : st;
    st = st == GT_OK ? gt_input_outline(desk, inputs, &q->outline) : st;
    st = st == GT_OK ? gt_geos_new(desk->ctx, &q->geos) : st;
    if (st == GT_OK && q->outline.type != GT_POLYGON && q->outline.type != GT_MULTIPOLYGON) {
        st = gt_input_wrong(desk, "geometry", "a polygon", "应为面");
    }
    st = st == GT_OK ? gt_geos_validity(desk->ctx, q->geos, &q->outline, &valid, reason, &x, &y)
                     : st;
    if (st == GT_OK && (!valid || q->outline.n_points == 0)) {
        st = gt_input_wrong(desk, "geometry", "a valid polygon", "应为有效的面");
    }
    return st;
}

gt_status gt_inside_try(gt_desk *desk, const json_t *inputs)
{
    inside q;
    gt_status st = inside_open(&q, desk, inputs);
    inside_close(&q);
    return st;
}

/* ---- sums -------------------------------------------------------------------------------------
 */

static gt_status add_class(inside *q, const gt_value *value, double m2)
{
    size_t len = value != NULL && value->kind == GT_VAL_TEXT ? value->len : 0;
    const char *code = len > 0 ? value->text : "";
    size_t i = 0;
    while (i < q->n_classes &&
           (strlen(q->classes[i].code) != len || memcmp(q->classes[i].code, code, len) != 0)) {
        i++;
    }
    if (i == q->n_classes) {
        if (i == CLASSES_MAX) {
            return GT_OK; /* counted in the layer's sum */
        }
        gt_status st =
            gt_grow(q->desk->ctx, (void **)&q->classes, &q->cap_classes, i + 1, sizeof *q->classes);
        char *kept = st == GT_OK ? gt_arena_strndup(q->desk->arena, code, len) : NULL;
        if (kept == NULL) {
            return GT_E_MEMORY;
        }
        q->classes[q->n_classes++] = (class_sum){.code = kept};
    }
    q->classes[i].n++;
    q->classes[i].m2 += m2;
    return GT_OK;
}

static gt_status add_feature(inside *q, const gt_standard *s, int field, const gt_feature *f)
{
    gt_ctx *ctx = q->desk->ctx;
    bool meets = false, within = false;
    double m2 = 0, metres = 0;
    if (f->blob == NULL) {
        return GT_OK;
    }
    gt_status st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, &q->geom);
    st = st == GT_OK ? gt_prepared_intersects(ctx, q->prepared, &q->geom, &meets) : st;
    if (st != GT_OK || !meets) {
        return st;
    }
    if (s->geom_type == GT_POLYGON || s->geom_type == GT_MULTIPOLYGON) {
        st = gt_prepared_covers(ctx, q->prepared, &q->geom, &within);
        st = st == GT_OK && !within
                 ? gt_geos_intersection(ctx, q->geos, &q->outline, &q->geom, &q->cut)
                 : st;
        m2 = st == GT_OK ? gt_area_survey(q->plane, within ? &q->geom : &q->cut, STEP_M) : 0;
        if (st != GT_OK || m2 <= 0) { /* it only touches */
            return st;
        }
    } else if (s->geom_type == GT_LINESTRING || s->geom_type == GT_MULTILINESTRING) {
        st = gt_geos_length_inside(ctx, q->geos, &q->geom, &q->outline, &metres);
    }
    q->n++;
    q->m2 += m2;
    q->length_m += metres;
    return st == GT_OK ? add_class(q, field < 0 ? NULL : &f->values[field], m2) : st;
}

static int by_area(const void *a, const void *b)
{
    const class_sum *x = a, *y = b;
    return x->m2 != y->m2 ? (x->m2 > y->m2 ? -1 : 1) : strcmp(x->code, y->code);
}

static void put_classes(const inside *q, const gt_standard *s, gt_text *o)
{
    int own = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    gt_text_puts(o, ",\"classes\":[");
    for (size_t i = 0; i < q->n_classes; i++) {
        const class_sum *c = &q->classes[i];
        const gt_code *code = own < 0 || s->fields[own].codes == NULL
                                  ? NULL
                                  : gt_codelist_find(s->fields[own].codes, c->code);
        gt_text_puts(o, i > 0 ? ",{\"code\":" : "{\"code\":");
        gt_text_json_string(o, *c->code == '\0' ? NULL : c->code);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, code == NULL ? c->code : gt_desk_title(q->desk, code->title));
        gt_text_puts(o, ",\"color\":");
        gt_text_json_string(o, code == NULL ? NULL : code->color);
        gt_text_printf(o, ",\"features\":%zu,\"m2\":", c->n);
        gt_text_json_real(o, c->m2);
        gt_text_putc(o, '}');
    }
    gt_text_putc(o, ']');
}

static gt_status add_layer(inside *q, const gt_layer_info *info, gt_text *o)
{
    gt_ctx *ctx = q->desk->ctx;
    const gt_standard *s = gt_package_find_layer(q->desk->package, info->standard->id);
    int field = s->class_field == NULL ? -1 : gt_standard_field(info->standard, s->class_field);
    gt_query query;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    q->n = q->n_classes = 0;
    q->m2 = q->length_m = 0;
    gt_query_init(&query, s->id);
    query.has_box = true;
    query.box = gt_geom_box(&q->outline);
    query.as_of_date = q->as_of;
    query.as_of_rev = q->revision;
    gt_status st = gt_scan_open(ctx, q->desk->store, &query, &scan);
    while (st == GT_OK) {
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = add_feature(q, s, field, &f);
        st = st == GT_OK ? gt_desk_time(q->desk) : st;
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    gt_scan_close(scan);
    if (st != GT_OK || q->n == 0) {
        return st;
    }
    if (q->n_classes > 0) {
        qsort(q->classes, q->n_classes, sizeof *q->classes, by_area);
    }
    gt_text_puts(o, q->told++ > 0 ? ",\n{\"layer\":" : "\n{\"layer\":");
    gt_text_json_string(o, s->id);
    gt_text_puts(o, ",\"title\":");
    gt_text_json_string(o, gt_desk_title(q->desk, s->title));
    gt_text_puts(o, ",\"theme\":");
    gt_text_json_string(o, s->theme);
    gt_text_printf(o, ",\"generated\":%s,\"features\":%zu,\"m2\":",
                   info->origin == GT_ORIGIN_GENERATED ? "true" : "false", q->n);
    gt_text_json_real(o, q->m2);
    gt_text_puts(o, ",\"length_m\":");
    gt_text_json_real(o, q->length_m);
    put_classes(q, s, o);
    gt_text_putc(o, '}');
    return gt_text_status(o);
}

static bool wanted(const inside *q, const char *id)
{
    bool any = q->layers == NULL;
    for (size_t i = 0; !any && i < json_array_size(q->layers); i++) {
        any = strcmp(json_string_value(json_array_get(q->layers, i)), id) == 0;
    }
    return any;
}

gt_status gt_inside_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results)
{
    inside q;
    (void)dir;
    gt_status st = inside_open(&q, desk, inputs);
    st = st == GT_OK ? gt_plane_new(desk->ctx, gt_store_crs(desk->store), &q.plane) : st;
    st = st == GT_OK ? gt_geos_prepare(desk->ctx, q.geos, &q.outline, &q.prepared) : st;
    if (st == GT_OK) {
        gt_text_puts(results, "{\"area_m2\":");
        gt_text_json_real(results, gt_area_survey(q.plane, &q.outline, STEP_M));
        gt_text_puts(results, ",\"layers\":[");
    }
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        if (st == GT_OK && gt_desk_publishes(desk, &info) && wanted(&q, info.standard->id)) {
            st = add_layer(&q, &info, results);
        }
    }
    gt_text_puts(results, "]}\n");
    inside_close(&q);
    return st;
}
