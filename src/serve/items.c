/* OGC API Features: items and item. Pages go by row: the next link names the last row seen, so that
 * page 5000 costs what page 1 does. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/box.h"
#include "serve/cql2.h"
#include "serve/desk.h"
#include "serve/districts.h"
#include "serve/figures.h"
#include "serve/messages.h"

typedef struct asked {
    const gt_request *request;
    const gt_standard *standard;
    gt_layer_info info;
    gt_query query;
    gt_filter filter;
    gt_map_crs crs;
    int64_t limit;
    gt_part part;
    gt_geom geom; /* scratch */
} asked;

/* The index sorts every feature of a box before the first is read, 2 us each. Of a box that holds
 * much of a layer only the first are asked for; when they do not fill the page, the rest is. */
enum { MUCH = 20000, SPARE = 100 };

/* ---- parameters -------------------------------------------------------------------------------
 */

static gt_status refuse(gt_desk *desk, const char *name, const char *value, const char *en,
                        const char *zh)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_PARAMETER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_TEXT("value", value), GT_TEXT("allowed", en),
                           GT_TEXT("allowed_zh", zh)));
}

static bool read_count(const char *text, int64_t most, int64_t *out)
{
    int64_t n = 0;
    if (*text == '\0' || strlen(text) > 18) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9') {
            return false;
        }
        n = n * 10 + (*c - '0');
    }
    *out = n < most ? n : most;
    return true;
}

static gt_status read_crs(gt_desk *desk, const asked *a, const char *name, gt_map_crs *out)
{
    const char *text = gt_request_get(a->request, name);
    *out = GT_CRS84;
    if (text != NULL && !gt_crs_set_find(&desk->crs, text, out)) {
        return refuse(desk, name, text, "the systems offered are listed with the collection",
                      "可用坐标系见图层说明");
    }
    return GT_OK;
}

/* Four numbers, or six with heights, which are passed over. */
static bool read_numbers(const char *text, double box[4])
{
    double all[6];
    size_t n = 0;
    for (const char *at = text; n < 6;) {
        char *end = NULL;
        all[n] = strtod(at, &end);
        if (end == at || !isfinite(all[n])) {
            return false;
        }
        n++;
        if (*end == '\0') {
            break;
        }
        if (*end != ',') {
            return false;
        }
        at = end + 1;
        if (n == 6) {
            return false;
        }
    }
    if (n != 4 && n != 6) {
        return false;
    }
    size_t half = n / 2;
    box[0] = all[0];
    box[1] = all[1];
    box[2] = all[half];
    box[3] = all[half + 1];
    return true;
}

static gt_status read_bbox(gt_desk *desk, asked *a)
{
    const char *text = gt_request_get(a->request, "bbox");
    double box[4];
    gt_map_crs crs = GT_CRS84;
    gt_status st = read_crs(desk, a, "bbox-crs", &crs);
    if (st != GT_OK || text == NULL) {
        return st;
    }
    static const char en[] = "four numbers: west,south,east,north", zh[] = "四个数：西,南,东,北";
    if (!read_numbers(text, box)) {
        return refuse(desk, "bbox", text, en, zh);
    }
    if (desk->crs.north_first[crs]) {
        double t[4] = {box[1], box[0], box[3], box[2]};
        memcpy(box, t, sizeof t);
    }
    gt_box given = {box[0], box[1], box[2], box[3]};
    bool degrees = gt_crs_is_geographic(desk->crs.crs[crs]);
    if (given.xmin > given.xmax || given.ymin > given.ymax ||
        (degrees &&
         (given.ymin < -90 || given.ymax > 90 || given.xmin < -180 || given.xmax > 180))) {
        return refuse(desk, "bbox", text, en, zh);
    }
    a->query.has_box = true;
    return gt_box_to_work(desk, crs, given, &a->query.box);
}

/* A day, or a time of which the day counts; an interval asks for the state at its end. */
static bool read_day(const char *text, size_t len, gt_date *out)
{
    char day[GT_DATE_TEXT];
    if (len == 0 || (len == 2 && strncmp(text, "..", 2) == 0)) {
        *out = GT_DATE_NONE;
        return true;
    }
    if (len < 10 || (len > 10 && text[10] != 'T') || len > 40) {
        return false;
    }
    (void)snprintf(day, sizeof day, "%.10s", text);
    return gt_date_parse(day, out);
}

static gt_status read_datetime(gt_desk *desk, asked *a)
{
    const char *text = gt_request_get(a->request, "datetime");
    gt_date from = GT_DATE_NONE, to = GT_DATE_NONE;
    if (text == NULL) {
        return GT_OK;
    }
    const char *slash = strchr(text, '/');
    const char *end = slash == NULL ? text : slash + 1;
    bool good = read_day(end, strlen(end), &to) &&
                (slash == NULL || read_day(text, (size_t)(slash - text), &from)) &&
                (slash != NULL || to != GT_DATE_NONE) &&
                (from == GT_DATE_NONE || to == GT_DATE_NONE || from <= to);
    if (!good) {
        return refuse(desk, "datetime", text, "a day 2023-01-01, or an interval 2020-01-01/..",
                      "一天 2023-01-01，或区间 2020-01-01/..");
    }
    a->query.as_of_date = to;
    return GT_OK;
}

/* ?revision=N: the layer as that revision left it. */
static gt_status read_revision(gt_desk *desk, asked *a)
{
    long revision = 0;
    long newest = (long)gt_store_revision(desk->store);
    gt_status st = gt_read_number(desk, a->request, "revision", 1, newest, 0, &revision);
    a->query.as_of_rev = revision;
    return st;
}

/* Every other parameter must be an attribute: by the letter of Features, 7.15.1. */
static gt_status read_attributes(gt_desk *desk, asked *a)
{
    static const char *const known[] = {"limit",    "bbox",   "bbox-crs",    "crs",
                                        "datetime", "filter", "filter-lang", "filter-crs",
                                        "after",    "lang",   "f",           "revision"};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < a->request->n_query; i++) {
        const gt_pair *pair = &a->request->query[i];
        bool ours = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            ours = ours || strcmp(known[k], pair->name) == 0;
        }
        int field = gt_standard_field(a->info.standard, pair->name);
        if (!ours && field >= 0) {
            st = gt_filter_equal(desk->ctx, &a->filter, field, pair->value);
        } else if (!ours) {
            st = gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_UNKNOWN, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("name", pair->name)));
        }
    }
    return st;
}

static gt_status read_filter(gt_desk *desk, asked *a)
{
    const char *text = gt_request_get(a->request, "filter");
    const char *lang = gt_request_get(a->request, "filter-lang");
    if (lang != NULL && strcmp(lang, "cql2-text") != 0) {
        return refuse(desk, "filter-lang", lang, "cql2-text", "cql2-text");
    }
    return text == NULL ? GT_OK : gt_filter_cql2(desk->ctx, &a->filter, text);
}

static gt_status read_limit(gt_desk *desk, asked *a)
{
    const char *limit = gt_request_get(a->request, "limit");
    const char *after = gt_request_get(a->request, "after");
    a->limit = GT_ITEMS_DEFAULT;
    if (limit != NULL && (!read_count(limit, GT_ITEMS_MAX, &a->limit) || a->limit == 0)) {
        return refuse(desk, "limit", limit, "a number from 1 on", "从 1 起的整数");
    }
    if (after != NULL && !read_count(after, INT64_MAX, &a->query.after_row)) {
        return refuse(desk, "after", after, "as the next link says", "按 next 链接所给");
    }
    return GT_OK;
}

static gt_status read_all(gt_desk *desk, asked *a)
{
    gt_status st = read_limit(desk, a);
    st = st == GT_OK ? read_crs(desk, a, "crs", &a->crs) : st;
    st = st == GT_OK ? read_bbox(desk, a) : st;
    st = st == GT_OK ? read_datetime(desk, a) : st;
    st = st == GT_OK ? read_revision(desk, a) : st;
    st = st == GT_OK ? read_attributes(desk, a) : st;
    st = st == GT_OK ? read_filter(desk, a) : st;
    return st == GT_OK ? gt_filter_ready(desk->ctx, &a->filter) : st;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static void put_value(const gt_field *field, const gt_value *value, gt_text *out)
{
    switch (value->kind) {
    case GT_NULL:
        gt_text_puts(out, "null");
        break;
    case GT_VAL_TEXT:
        gt_text_json_string(out, value->text);
        break;
    case GT_VAL_INT:
        if (field->type == GT_FIELD_BOOL) {
            gt_text_puts(out, value->integer != 0 ? "true" : "false");
        } else {
            gt_text_printf(out, "%lld", (long long)value->integer);
        }
        break;
    case GT_VAL_REAL:
        gt_text_json_real(out, value->real);
        break;
    }
}

static gt_status put_feature(gt_desk *desk, asked *a, const gt_feature *f, gt_text *out)
{
    const gt_standard *standard = a->info.standard;
    gt_text_puts(out, "{\"type\":\"Feature\",\"id\":");
    gt_text_json_string(out, f->id);
    gt_text_printf(out, ",\"revision\":%lld,\"geometry\":", (long long)f->rev_from);
    gt_status st = gt_desk_geometry(desk, f, a->crs, &a->geom, out);
    gt_text_puts(out, ",\"properties\":{");
    for (size_t i = 0; i < standard->n_fields && i < f->n_values; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        gt_text_json_string(out, standard->fields[i].name);
        gt_text_putc(out, ':');
        put_value(&standard->fields[i], &f->values[i], out);
    }
    gt_text_puts(out, "}");
    return st;
}

static gt_status sees(gt_desk *desk, asked *a, const gt_feature *f, bool *out)
{
    *out = false;
    gt_status st = f->blob == NULL
                       ? GT_OK
                       : gt_geom_from_gpkg(desk->ctx, f->blob, f->blob_len, NULL, &a->geom);
    return st == GT_OK && f->blob != NULL ? gt_part_sees(&a->part, &a->geom, out) : st;
}

static gt_status matches(gt_desk *desk, asked *a, const gt_feature *f, bool *out)
{
    *out = f->id[0] != '\0';
    gt_status st = *out ? gt_filter_test(desk->ctx, &a->filter, f, out) : GT_OK;
    if (st == GT_OK && *out && a->query.has_box) {
        st = gt_geom_from_gpkg(desk->ctx, f->blob, f->blob_len, NULL, &a->geom);
        *out = st == GT_OK && gt_box_touches(&a->geom, a->query.box);
    }
    return st == GT_OK && *out && a->part.layer != NULL ? sees(desk, a, f, out) : st;
}

/* How many features the box may hold, if they lay evenly. */
static double guess(const asked *a)
{
    const gt_box *all = &a->info.box, *box = &a->query.box;
    double w = fmin(box->xmax, all->xmax) - fmax(box->xmin, all->xmin);
    double h = fmin(box->ymax, all->ymax) - fmax(box->ymin, all->ymin);
    double whole = (all->xmax - all->xmin) * (all->ymax - all->ymin);
    return w > 0 && h > 0 && whole > 0 ? (double)a->info.n_features * w * h / whole : 0;
}

/* The next feature; after the first of a large box have been looked at, of the rest of it. */
static gt_status next_row(gt_desk *desk, gt_query *query, gt_scan **scan, gt_feature *f, bool *more)
{
    gt_status st = gt_scan_next(desk->ctx, *scan, f, more);
    if (st == GT_OK && !*more && query->first > 0) {
        query->first = 0;
        gt_scan_close(*scan);
        *scan = NULL;
        st = gt_scan_open(desk->ctx, desk->store, query, scan);
        st = st == GT_OK ? gt_scan_next(desk->ctx, *scan, f, more) : st;
    }
    query->after_row = st == GT_OK && *more ? f->row : query->after_row;
    return st;
}

/* *last: row of the last feature written when there are more, else 0. */
static gt_status put_features(gt_desk *desk, asked *a, gt_text *out, int64_t *n, int64_t *last)
{
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false, good = false, beyond = false;
    int64_t row = 0;
    gt_query query = a->query;
    *n = *last = 0;
    query.first = query.has_box && guess(a) > MUCH ? 2 * a->limit + SPARE : 0;
    gt_status st = gt_scan_open(desk->ctx, desk->store, &query, &scan);
    while (st == GT_OK && !beyond) {
        st = next_row(desk, &query, &scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = gt_desk_time(desk);
        st = st == GT_OK ? matches(desk, a, &f, &good) : st;
        if (st == GT_OK && good && *n == a->limit) {
            beyond = true; /* there is a next page */
        } else if (st == GT_OK && good) {
            gt_text_puts(out, *n > 0 ? ",\n" : "\n");
            st = put_feature(desk, a, &f, out);
            gt_text_putc(out, '}');
            row = f.row;
            (*n)++;
        }
        if (st == GT_OK && out->failed) {
            gt_error_clear(desk->ctx);
            st = gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_SIZE, GT_NOWHERE,
                         GT_ARGS(GT_INT("bytes", GT_REPLY_MAX)));
        }
    }
    gt_scan_close(scan);
    *last = beyond ? row : 0;
    return st;
}

/* The request's own parameters, with another row to begin after. */
static void put_next(const asked *a, int64_t after, gt_text *path)
{
    for (size_t i = 0; i < a->request->n_query; i++) {
        const gt_pair *pair = &a->request->query[i];
        if (strcmp(pair->name, "after") != 0) {
            gt_put_url(path, pair->name);
            gt_text_putc(path, '=');
            gt_put_url(path, pair->value);
            gt_text_putc(path, '&');
        }
    }
    gt_text_printf(path, "after=%lld", (long long)after);
}

static gt_status put_links(gt_desk *desk, const asked *a, int64_t last, gt_text *out)
{
    gt_text path;
    gt_text_init(&path, desk->ctx, 65536);
    gt_text_puts(out, "\"links\":[");
    gt_text_printf(&path, "/collections/%s/items", a->info.standard->id);
    gt_text_puts(&path, a->request->raw_query[0] != '\0' ? "?" : "");
    gt_text_puts(&path, a->request->raw_query);
    gt_put_link(out, a->request, gt_text_cstr(&path), "self", "application/geo+json");
    if (last > 0) {
        gt_text_clear(&path);
        gt_text_printf(&path, "/collections/%s/items?", a->info.standard->id);
        put_next(a, last, &path);
        gt_text_puts(out, ",\n");
        gt_put_link(out, a->request, gt_text_cstr(&path), "next", "application/geo+json");
    }
    gt_text_clear(&path);
    gt_text_printf(&path, "/collections/%s", a->info.standard->id);
    gt_text_puts(out, ",\n");
    gt_put_link(out, a->request, gt_text_cstr(&path), "collection", "application/json");
    gt_text_puts(out, "]");
    gt_status st = gt_text_status(&path);
    gt_text_free(&path);
    return st;
}

static void name_crs(const gt_desk *desk, const asked *a, gt_reply *reply)
{
    size_t len = strlen(desk->crs.uri[a->crs]) + 3;
    char *text = gt_arena_alloc(desk->arena, len, 1);
    if (text != NULL) {
        (void)snprintf(text, len, "<%s>", desk->crs.uri[a->crs]);
    }
    reply->crs = text;
}

static gt_status begin(gt_desk *desk, const gt_request *request, asked *a)
{
    memset(a, 0, sizeof *a);
    a->request = request;
    gt_geom_init(&a->geom);
    gt_status st = gt_part_open(desk, request->part[1], &a->info, &a->standard, &a->part);
    if (st == GT_OK) {
        gt_query_init(&a->query, a->info.standard->id);
        st = gt_filter_open(desk->ctx, a->info.standard, desk->arena, &a->filter);
    }
    return st;
}

static void end(gt_desk *desk, asked *a)
{
    gt_filter_close(desk->ctx, &a->filter);
    gt_geom_free(desk->ctx, &a->geom);
}

/* What one sees is not what another does: a part has no tag. */
static bool unchanged(gt_desk *desk, const asked *a, int64_t revision, gt_reply *reply)
{
    if (a->part.layer != NULL) {
        reply->cache = "no-store";
        return false;
    }
    return gt_desk_unchanged(desk, a->request, revision, reply);
}

gt_status gt_get_items(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    asked a;
    int64_t n = 0, last = 0;
    gt_text *o = &reply->body;
    gt_status st = begin(desk, request, &a);
    st = st == GT_OK ? read_all(desk, &a) : st;
    if (st == GT_OK && unchanged(desk, &a, a.info.revision, reply)) {
        goto done;
    }
    if (st == GT_OK) {
        name_crs(desk, &a, reply);
        reply->type = "application/geo+json";
        gt_text_puts(o, "{\"type\":\"FeatureCollection\",\"features\":[");
        st = put_features(desk, &a, o, &n, &last);
    }
    if (st == GT_OK) {
        gt_text_printf(o, "],\n\"numberReturned\":%lld,", (long long)n);
        if (a.filter.expr == NULL && !a.query.has_box && a.part.layer == NULL &&
            a.query.as_of_date == GT_DATE_NONE && a.query.as_of_rev == 0) {
            gt_text_printf(o, "\"numberMatched\":%lld,", (long long)a.info.n_features);
        }
        st = put_links(desk, &a, last, o);
        gt_text_puts(o, "}\n");
    }
done:
    end(desk, &a);
    return st;
}

gt_status gt_get_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    asked a;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_text *o = &reply->body;
    gt_text path;
    gt_text_init(&path, desk->ctx, 65536);
    gt_status st = begin(desk, request, &a);
    st = st == GT_OK ? read_crs(desk, &a, "crs", &a.crs) : st;
    st = st == GT_OK ? read_datetime(desk, &a) : st;
    st = st == GT_OK ? read_revision(desk, &a) : st;
    if (st == GT_OK) {
        a.query.id = request->part[3];
        st = gt_scan_open(desk->ctx, desk->store, &a.query, &scan);
    }
    if (st == GT_OK) {
        st = gt_scan_next(desk->ctx, scan, &f, &more);
    }
    if (st == GT_OK && more && a.part.layer != NULL) {
        st = sees(desk, &a, &f, &more);
    }
    if (st == GT_OK && !more) {
        st = gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_ITEM, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("layer", request->part[1]), GT_TEXT("id", request->part[3])));
    }
    if (st == GT_OK && unchanged(desk, &a, f.rev_from, reply)) {
        goto done;
    }
    if (st == GT_OK) {
        name_crs(desk, &a, reply);
        reply->type = "application/geo+json";
        st = put_feature(desk, &a, &f, o);
    }
    if (st == GT_OK) {
        gt_text_printf(&path, "/collections/%s/items/", a.info.standard->id);
        gt_put_url(&path, f.id);
        gt_text_puts(o, ",\"links\":[");
        gt_put_link(o, request, gt_text_cstr(&path), "self", "application/geo+json");
        gt_text_clear(&path);
        gt_text_printf(&path, "/collections/%s", a.info.standard->id);
        gt_text_puts(o, ",");
        gt_put_link(o, request, gt_text_cstr(&path), "collection", "application/json");
        gt_text_puts(o, "]}\n");
        st = gt_text_status(&path);
    }
done:
    gt_scan_close(scan);
    gt_text_free(&path);
    end(desk, &a);
    return st;
}
