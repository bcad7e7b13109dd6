#include "serve/grids.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guotu/graph.h"
#include "guotu/grid.h"
#include "guotu/hash.h"
#include "guotu/map.h"
#include "guotu/model.h"
#include "serve/box.h"
#include "serve/figures.h"
#include "serve/messages.h"
#include "serve/png.h"
#include "serve/processes.h"
#include "serve/tiles.h"

enum {
    SIDE = 256, /* pixels of a tile */
    STEPS = 16, /* places of a tile's side that are projected; between them it is straight */
    LOOKS = 8,  /* held by a desk: at most 25 MB each, mostly 1 */
    RAMP_LEVELS = 253,
    PRINT = 80
};
static const double WORLD = 20037508.342789244; /* half the side of WebMercatorQuad, m */

typedef struct kept_look {
    char name[128], print[PRINT];
    gt_grid_look *look;
    gt_box mercator; /* of the grid, EPSG:3857 */
    int64_t used;
} kept_look;

struct gt_grid_looks {
    kept_look list[LOOKS];
    int64_t clock;
};

void gt_grid_looks_free(gt_ctx *ctx, gt_grid_looks *looks)
{
    if (looks != NULL) {
        for (size_t i = 0; i < LOOKS; i++) {
            gt_grid_look_free(looks->list[i].look);
        }
        gt_free(ctx, looks);
    }
}

static gt_status fingerprint(gt_desk *desk, const char *path, char out[PRINT])
{
    struct stat s;
    if (stat(path, &s) != 0) {
        return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_GRID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", path)));
    }
    (void)snprintf(out, PRINT, "%llx-%llx-%llx.%lx", (unsigned long long)s.st_ino,
                   (unsigned long long)s.st_size, (unsigned long long)s.st_mtim.tv_sec,
                   (unsigned long)s.st_mtim.tv_nsec);
    return GT_OK;
}

/* The sides of the grid, projected: the box of them all. */
static gt_status mercator_box(gt_desk *desk, gt_box b, gt_box *out)
{
    enum { N = 21 };
    double xy[8 * N];
    gt_transform *transform = NULL;
    for (int i = 0; i < N; i++) {
        double x = b.xmin + (b.xmax - b.xmin) * i / (N - 1);
        double y = b.ymin + (b.ymax - b.ymin) * i / (N - 1);
        const double side[8] = {x, b.ymin, x, b.ymax, b.xmin, y, b.xmax, y};
        memcpy(xy + 8 * i, side, sizeof side);
    }
    gt_status st = gt_desk_out(desk, GT_EPSG_3857, &transform);
    st = st == GT_OK ? gt_transform_points(desk->ctx, transform, xy, 4 * (size_t)N) : st;
    *out = (gt_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; st == GT_OK && i < 4 * N; i++) {
        out->xmin = fmin(out->xmin, xy[2 * i]);
        out->xmax = fmax(out->xmax, xy[2 * i]);
        out->ymin = fmin(out->ymin, xy[2 * i + 1]);
        out->ymax = fmax(out->ymax, xy[2 * i + 1]);
    }
    return st;
}

static gt_status look_at(gt_desk *desk, const char *name, const kept_look **out)
{
    const char *path = NULL;
    char print[PRINT];
    gt_status st = gt_grid_find(desk, name, &path);
    st = st == GT_OK ? fingerprint(desk, path, print) : st;
    if (st == GT_OK && desk->looks == NULL) {
        desk->looks = gt_zalloc(desk->ctx, 1, sizeof *desk->looks);
        st = desk->looks == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st != GT_OK) {
        return st;
    }
    kept_look *place = &desk->looks->list[0];
    for (size_t i = 0; i < LOOKS; i++) {
        kept_look *k = &desk->looks->list[i];
        if (k->look != NULL && strcmp(k->name, name) == 0 && strcmp(k->print, print) == 0) {
            k->used = ++desk->looks->clock;
            *out = k;
            return GT_OK;
        }
        bool stale = k->look != NULL && strcmp(k->name, name) == 0;
        place = stale || k->used < place->used ? k : place;
        if (stale) {
            place->used = -1; /* nothing else is older */
        }
    }
    gt_grid_look_free(place->look);
    *place = (kept_look){.used = ++desk->looks->clock};
    st = gt_grid_look_new(desk->ctx, desk->store, desk->package, name, &place->look);
    st = st == GT_OK ? mercator_box(desk, gt_grid_look_box(place->look), &place->mercator) : st;
    if (st != GT_OK) {
        gt_grid_look_free(place->look);
        *place = (kept_look){0};
        return st;
    }
    (void)snprintf(place->name, sizeof place->name, "%s", name);
    (void)snprintf(place->print, sizeof place->print, "%s", print);
    *out = place;
    return GT_OK;
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static void put_legend(const gt_desk *desk, const gt_map_surface *s, gt_text *o)
{
    gt_text_printf(
        o, ",\"generated\":%s,\"unit\":", s->origin == GT_ORIGIN_GENERATED ? "true" : "false");
    gt_text_json_string(o, s->unit);
    if (s->n_classes > 0) {
        gt_text_puts(o, ",\"classes\":[");
        for (size_t i = 0; i < s->n_classes; i++) {
            gt_text_puts(o, i > 0 ? ",{\"value\":" : "{\"value\":");
            gt_text_json_real(o, s->class_values[i]);
            gt_text_puts(o, ",\"title\":");
            gt_text_json_string(o, gt_desk_title(desk, s->classes[i].title));
            gt_text_puts(o, ",\"color\":");
            gt_text_json_string(o, s->classes[i].color);
            gt_text_puts(o, ",\"m2\":");
            gt_text_json_real(o, s->class_m2[i]);
            gt_text_putc(o, '}');
        }
        gt_text_putc(o, ']');
        return;
    }
    gt_text_puts(o, ",\"ramp\":{\"colors\":[");
    for (size_t i = 0; s->ramp[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, s->ramp[i]);
    }
    gt_text_puts(o, "],\"low\":");
    gt_text_json_real(o, s->low);
    gt_text_puts(o, ",\"high\":");
    gt_text_json_real(o, s->high);
    gt_text_puts(o, ",\"step\":");
    gt_text_json_real(o, s->step);
    gt_text_printf(o, ",\"below\":%s,\"above\":%s}", s->below ? "true" : "false",
                   s->above ? "true" : "false");
}

/* The model of the package whose output it is, or NULL. */
static const gt_model_decl *maker_of(const gt_desk *desk, const char *name)
{
    for (size_t i = 0; i < gt_package_n_models(desk->package); i++) {
        const gt_model_decl *m = gt_package_model(desk->package, i);
        for (size_t k = 0; k < m->n_out; k++) {
            if (strcmp(m->out[k].value, name) == 0) {
                return m;
            }
        }
    }
    return NULL;
}

static void put_grid(const gt_desk *desk, const gt_request *request, const char *name, gt_text *o)
{
    const gt_model_decl *m = maker_of(desk, name);
    char path[256];
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, name);
    gt_text_puts(o, ",\"title\":");
    gt_text_json_string(o, m == NULL ? name : gt_desk_title(desk, m->title));
    gt_text_puts(o, ",\"model\":");
    gt_text_json_string(o, m == NULL ? NULL : m->id);
    gt_text_puts(o, ",\"clauses\":[");
    for (size_t k = 0; m != NULL && m->clauses[k] != NULL; k++) {
        gt_text_puts(o, k > 0 ? "," : "");
        gt_text_json_string(o, m->clauses[k]);
    }
    gt_text_puts(o, "],\"links\":[");
    (void)snprintf(path, sizeof path, "/grids/%.100s", name);
    gt_put_link(o, request, path, "self", "application/json");
    (void)snprintf(path, sizeof path,
                   "/grids/%.100s/map/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
                   name);
    gt_text_putc(o, ',');
    gt_put_link(o, request, path, "item", "image/png");
    gt_text_putc(o, ']');
}

typedef struct listing {
    const gt_desk *desk;
    const gt_request *request;
    gt_text *out;
    size_t n;
} listing;

static bool put_listed(void *user, const char *name)
{
    listing *l = user;
    gt_text_puts(l->out, l->n++ > 0 ? ",\n" : "\n");
    put_grid(l->desk, l->request, name, l->out);
    gt_text_putc(l->out, '}');
    return true;
}

gt_status gt_get_grids(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    listing l = {desk, request, &reply->body, 0};
    gt_text_puts(l.out, "{\"grids\":[");
    gt_status st = gt_grids_each(desk, put_listed, &l);
    gt_text_puts(l.out, "],\n\"links\":[");
    gt_put_link(l.out, request, "/grids", "self", "application/json");
    gt_text_puts(l.out, "]}\n");
    return st;
}

/* What the grid was made of, as `guotu lineage` prints it; who ran it is told to those signed in.
 */
static gt_status put_lineage(gt_desk *desk, const char *name, gt_text *o)
{
    const char *path = NULL, *text = NULL;
    gt_grid *grid = NULL;
    json_t *read = NULL; /* a file that somebody put there may say anything */
    gt_text made;
    bool found = false;
    gt_text_init(&made, desk->ctx, 0);
    gt_status st = gt_grid_find(desk, name, &path);
    st = st == GT_OK ? gt_grid_open(desk->ctx, path, &grid) : st;
    text = st == GT_OK ? gt_grid_item_value(grid, GT_LINEAGE_ITEM) : NULL;
    read = text == NULL ? NULL : json_loads(text, 0, NULL);
    if (read != NULL) {
        gt_text_printf(o, ",\n\"lineage\":%s", text);
    }
    json_decref(read);
    if (st == GT_OK && desk->who.id[0] != '\0') {
        st = gt_graph_last_run(desk->ctx, path, &made, &found);
    }
    if (st == GT_OK && found) {
        gt_text_printf(o, ",\n\"made\":%s", gt_text_cstr(&made));
    }
    gt_grid_close(desk->ctx, grid);
    gt_text_free(&made);
    return st;
}

gt_status gt_get_grid(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    const kept_look *k = NULL;
    gt_transform *transform = NULL;
    gt_status st = look_at(desk, request->part[1], &k);
    st = st == GT_OK ? gt_desk_out(desk, GT_CRS84, &transform) : st;
    if (st != GT_OK) {
        return st;
    }
    gt_box b = gt_grid_look_box(k->look);
    double xy[8] = {b.xmin, b.ymin, b.xmax, b.ymin, b.xmax, b.ymax, b.xmin, b.ymax};
    st = gt_transform_points(desk->ctx, transform, xy, 4);
    put_grid(desk, request, k->name, o);
    put_legend(desk, gt_grid_look_surface(k->look), o);
    st = st == GT_OK ? put_lineage(desk, k->name, o) : st;
    gt_text_printf(o, ",\"fingerprint\":\"%s\",\"bbox\":[%.6f,%.6f,%.6f,%.6f]}\n", k->print,
                   fmin(xy[0], xy[6]), fmin(xy[1], xy[3]), fmax(xy[2], xy[4]), fmax(xy[5], xy[7]));
    return st;
}

/* ---- tiles ------------------------------------------------------------------------------------
 */

static void read_color(const char *text, uint8_t opacity, uint8_t out[4])
{
    unsigned long v = text == NULL || *text != '#' ? 0x999999 : strtoul(text + 1, NULL, 16);
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    out[3] = opacity;
}

/* 0: no data; then classes and what is none of them, or the levels of the ramp. */
static void make_palette(const gt_map_surface *s, gt_png *png)
{
    memset(png->palette, 0, sizeof png->palette);
    if (s->n_classes > 0) {
        for (size_t i = 0; i < s->n_classes; i++) {
            read_color(s->classes[i].color, 255, png->palette[i + 1]);
        }
        read_color(NULL, 255, png->palette[s->n_classes + 1]);
        png->n_colors = (int)s->n_classes + 2;
        return;
    }
    int n = 0;
    while (s->ramp[n] != NULL) {
        n++;
    }
    for (int i = 0; i < RAMP_LEVELS; i++) {
        double at = (double)i / (RAMP_LEVELS - 1) * (n - 1);
        int k = at >= n - 1 ? n - 2 : (int)at;
        uint8_t a[4], b[4];
        read_color(s->ramp[k], 255, a);
        read_color(s->ramp[k + 1], 255, b);
        for (int c = 0; c < 4; c++) {
            png->palette[i + 1][c] = (uint8_t)lrint(a[c] + (at - k) * (b[c] - a[c]));
        }
    }
    png->n_colors = RAMP_LEVELS + 1;
}

static uint8_t index_of(const gt_map_surface *s, double v)
{
    if (isnan(v)) {
        return 0;
    }
    if (s->n_classes == 0) {
        double share = (v - s->low) / (s->high - s->low);
        share = share < 0 ? 0 : share > 1 ? 1 : share;
        return (uint8_t)(1 + lrint(share * (RAMP_LEVELS - 1)));
    }
    for (size_t i = 0; i < s->n_classes; i++) {
        if (s->class_values[i] == v) {
            return (uint8_t)(i + 1);
        }
    }
    return (uint8_t)(s->n_classes + 1);
}

/* The pixels of a tile that the grid may meet, and the places of their middles in the working CRS.
 */
typedef struct patch {
    int col, row, n_cols, n_rows;
    double node[2 * (STEPS + 1) * (STEPS + 1)];
    gt_box work; /* of the nodes */
} patch;

static bool patch_of(gt_box tile, gt_box grid, patch *out)
{
    double pixel = (tile.xmax - tile.xmin) / SIDE;
    double c0 = fmax(0, floor((grid.xmin - tile.xmin) / pixel));
    double c1 = fmin(SIDE, ceil((grid.xmax - tile.xmin) / pixel));
    double r0 = fmax(0, floor((tile.ymax - grid.ymax) / pixel));
    double r1 = fmin(SIDE, ceil((tile.ymax - grid.ymin) / pixel));
    if (!(c0 < c1 && r0 < r1)) {
        return false;
    }
    out->col = (int)c0;
    out->row = (int)r0;
    out->n_cols = (int)(c1 - c0);
    out->n_rows = (int)(r1 - r0);
    return true;
}

static gt_status project(gt_desk *desk, gt_box tile, patch *p)
{
    double pixel = (tile.xmax - tile.xmin) / SIDE;
    gt_transform *transform = NULL;
    for (int r = 0; r <= STEPS; r++) {
        for (int c = 0; c <= STEPS; c++) {
            double *at = p->node + 2 * (r * (STEPS + 1) + c);
            at[0] = tile.xmin + pixel * (p->col + (double)p->n_cols * c / STEPS);
            at[1] = tile.ymax - pixel * (p->row + (double)p->n_rows * r / STEPS);
        }
    }
    gt_status st = gt_desk_in(desk, GT_EPSG_3857, &transform);
    st = st == GT_OK
             ? gt_transform_points(desk->ctx, transform, p->node, (size_t)(STEPS + 1) * (STEPS + 1))
             : st;
    p->work = (gt_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; st == GT_OK && i < (STEPS + 1) * (STEPS + 1); i++) {
        p->work.xmin = fmin(p->work.xmin, p->node[2 * i]);
        p->work.xmax = fmax(p->work.xmax, p->node[2 * i]);
        p->work.ymin = fmin(p->work.ymin, p->node[2 * i + 1]);
        p->work.ymax = fmax(p->work.ymax, p->node[2 * i + 1]);
    }
    return st;
}

/* Middle of pixel (c, r) of the patch. */
static void place_of(const patch *p, int c, int r, double *x, double *y)
{
    double u = (c + 0.5) / p->n_cols * STEPS, v = (r + 0.5) / p->n_rows * STEPS;
    int i = (int)u, k = (int)v;
    const double *a = p->node + 2 * (k * (STEPS + 1) + i), *b = a + 2 * (STEPS + 1);
    u -= i;
    v -= k;
    *x = (1 - v) * ((1 - u) * a[0] + u * a[2]) + v * ((1 - u) * b[0] + u * b[2]);
    *y = (1 - v) * ((1 - u) * a[1] + u * a[3]) + v * ((1 - u) * b[1] + u * b[3]);
}

/* Values to take pixels from: the thinned ones of the look, or a window of the grid itself where
 * a pixel is smaller than what they were thinned to. */
typedef struct cells {
    const float *values;
    float *own;
    int64_t col, row, n_cols, n_rows; /* of values within the grid's cells of that size */
    double x_west, y_north, cell_x, cell_y;
} cells;

static gt_status take_cells(gt_desk *desk, const kept_look *k, const patch *p, double pixel_m,
                            cells *out)
{
    const gt_map_surface *s = gt_grid_look_surface(k->look);
    double thin_x = (s->box.xmax - s->box.xmin) / s->cols;
    double thin_y = (s->box.ymax - s->box.ymin) / s->rows;
    const char *path = NULL;
    gt_grid *grid = NULL;
    *out =
        (cells){s->values, NULL, 0, 0, s->cols, s->rows, s->box.xmin, s->box.ymax, thin_x, thin_y};
    if (pixel_m >= thin_x || gt_grid_look_is_whole(k->look)) {
        return GT_OK;
    }
    gt_status st = gt_grid_find(desk, k->name, &path);
    st = st == GT_OK ? gt_grid_open_any(desk->ctx, path, NULL, &grid) : st;
    if (st == GT_OK) {
        const gt_grid_spec *f = gt_grid_facts(grid);
        gt_window w = {(int64_t)floor((p->work.xmin - f->x_west) / f->cell_x) - 1,
                       (int64_t)floor((f->y_north - p->work.ymax) / f->cell_y) - 1, 0, 0};
        w.n_cols = (int64_t)((p->work.xmax - p->work.xmin) / f->cell_x) + 3;
        w.n_rows = (int64_t)((p->work.ymax - p->work.ymin) / f->cell_y) + 3;
        out->own = gt_alloc(desk->ctx, (size_t)w.n_cols * (size_t)w.n_rows, sizeof(float));
        st = out->own == NULL
                 ? GT_E_MEMORY
                 : gt_grid_read(desk->ctx, grid, &w, GT_CELL_F32, out->own, (size_t)w.n_cols);
        *out = (cells){out->own, out->own,  w.col,      w.row,     w.n_cols,
                       w.n_rows, f->x_west, f->y_north, f->cell_x, f->cell_y};
    }
    gt_grid_close(desk->ctx, grid);
    return st;
}

static double value_at(const cells *v, double x, double y)
{
    double c = floor((x - v->x_west) / v->cell_x) - (double)v->col;
    double r = floor((v->y_north - y) / v->cell_y) - (double)v->row;
    bool in = c >= 0 && r >= 0 && c < (double)v->n_cols && r < (double)v->n_rows;
    return in ? (double)v->values[(size_t)r * (size_t)v->n_cols + (size_t)c] : (double)NAN;
}

static gt_status draw(gt_desk *desk, const kept_look *k, gt_place_of at, gt_text *out)
{
    uint8_t *pixels = gt_zalloc(desk->ctx, (size_t)SIDE * SIDE, 1);
    gt_png png = {.width = SIDE, .height = SIDE, .pixels = pixels};
    const gt_map_surface *s = gt_grid_look_surface(k->look);
    double side = 2 * WORLD / (double)(1L << at.z);
    gt_box tile = {-WORLD + side * (double)at.col, WORLD - side * (double)(at.row + 1),
                   -WORLD + side * (double)(at.col + 1), WORLD - side * (double)at.row};
    patch p;
    cells v = {.own = NULL};
    gt_status st = pixels == NULL ? GT_E_MEMORY : GT_OK;
    make_palette(s, &png);
    if (st == GT_OK && patch_of(tile, k->mercator, &p)) {
        st = project(desk, tile, &p);
        double pixel_m = (p.work.xmax - p.work.xmin) / p.n_cols;
        st = st == GT_OK ? take_cells(desk, k, &p, pixel_m, &v) : st;
        for (int r = 0; st == GT_OK && r < p.n_rows; r++) {
            for (int c = 0; c < p.n_cols; c++) {
                double x = 0, y = 0;
                place_of(&p, c, r, &x, &y);
                pixels[(size_t)(p.row + r) * SIDE + (size_t)(p.col + c)] =
                    index_of(s, value_at(&v, x, y));
            }
        }
    }
    st = st == GT_OK ? gt_png_write(desk->ctx, &png, out) : st;
    gt_free(desk->ctx, v.own);
    gt_free(desk->ctx, pixels);
    return st;
}

/* The tag is of what the tile is made of, so that a client's copy is known without drawing. */
static void tag(const gt_desk *desk, const kept_look *k, gt_place_of at, gt_reply *reply)
{
    gt_hash hash;
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    gt_hash_init(&hash);
    gt_hash_add_text(&hash, GT_VERSION);
    gt_hash_add_text(&hash, k->name);
    gt_hash_add_text(&hash, k->print);
    gt_hash_add_text(&hash, gt_package_hash(desk->package));
    gt_hash_add_u64(&hash, (uint64_t)at.z);
    gt_hash_add_u64(&hash, (uint64_t)at.row);
    gt_hash_add_u64(&hash, (uint64_t)at.col);
    gt_hash_final(&hash, digest);
    gt_hash_hex(digest, hex);
    (void)snprintf(reply->etag, sizeof reply->etag, "\"%.32s\"", hex);
}

typedef struct taking {
    gt_text *out;
} taking;

static void take(void *user, const gt_kept_tile *tile, void *prepared)
{
    const taking *t = user;
    (void)prepared;
    gt_text_add(t->out, tile->data, tile->len);
}

gt_status gt_get_grid_tile(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const kept_look *k = NULL;
    gt_place_of at = {0, 0, 0};
    char target[256];
    taking t = {&reply->body};
    gt_status st = look_at(desk, request->part[1], &k);
    st = st == GT_OK ? gt_tile_place(desk, request, 4, &at) : st;
    if (st != GT_OK) {
        return st;
    }
    reply->type = "image/png";
    tag(desk, k, at, reply);
    if (gt_request_has(request, reply->etag)) {
        reply->status = 304;
        return GT_OK;
    }
    /* in the cache under what it is made of: never out of date, only crowded out */
    (void)snprintf(target, sizeof target, "grid %.100s", reply->etag);
    if (desk->tiles != NULL && gt_tile_cache_use(desk->tiles, target, GT_AS_IS, -1, take, &t)) {
        return GT_OK;
    }
    st = draw(desk, k, at, &reply->body);
    if (st == GT_OK && desk->tiles != NULL) {
        const gt_kept_tile tile = {.target = target,
                                   .layer = " grid",
                                   .at = at,
                                   .encoding = GT_AS_IS,
                                   .data = gt_text_cstr(&reply->body),
                                   .len = reply->body.len,
                                   .etag = reply->etag};
        gt_tile_cache_put(desk->tiles, gt_store_revision(desk->store), &tile);
    }
    return st;
}

/* ---- one value --------------------------------------------------------------------------------
 */

static gt_status read_ordinate(gt_desk *desk, const gt_request *request, const char *name,
                               double *out)
{
    const char *text = gt_request_get(request, name);
    char *end = NULL;
    *out = text == NULL ? (double)NAN : strtod(text, &end);
    return text != NULL && *text != '\0' && *end == '\0' && isfinite(*out)
               ? GT_OK
               : gt_bad_parameter(desk, name, text == NULL ? "" : text, "number");
}

gt_status gt_get_grid_value(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const char *path = NULL, *name = gt_request_get(request, "crs");
    gt_map_crs crs = GT_CRS84;
    gt_transform *transform = NULL;
    gt_grid *grid = NULL;
    const kept_look *k = NULL;
    double xy[2], value = (double)NAN;
    int64_t col = 0, row = 0;
    gt_status st = look_at(desk, request->part[1], &k);
    st = st == GT_OK ? read_ordinate(desk, request, "x", &xy[0]) : st;
    st = st == GT_OK ? read_ordinate(desk, request, "y", &xy[1]) : st;
    if (st == GT_OK && name != NULL && !gt_crs_set_find(&desk->crs, name, &crs)) {
        st = gt_bad_parameter(desk, "crs", name, "/collections");
    }
    st = st == GT_OK && crs != GT_CRS_WORK ? gt_desk_in(desk, crs, &transform) : st;
    st = st == GT_OK && transform != NULL ? gt_transform_points(desk->ctx, transform, xy, 1) : st;
    st = st == GT_OK ? gt_grid_find(desk, request->part[1], &path) : st;
    st = st == GT_OK ? gt_grid_open_any(desk->ctx, path, NULL, &grid) : st;
    if (st == GT_OK) {
        gt_grid_cell_of(grid, xy[0], xy[1], &col, &row);
        st = gt_grid_at(desk->ctx, grid, col, row, &value);
    }
    gt_grid_close(desk->ctx, grid);
    if (st == GT_OK) {
        const gt_map_surface *s = gt_grid_look_surface(k->look);
        gt_text_puts(&reply->body, "{\"value\":");
        gt_text_json_real(&reply->body, value);
        gt_text_puts(&reply->body, ",\"unit\":");
        gt_text_json_string(&reply->body, s->unit);
        for (size_t i = 0; i < s->n_classes; i++) {
            if (s->class_values[i] == value) {
                gt_text_puts(&reply->body, ",\"title\":");
                gt_text_json_string(&reply->body, gt_desk_title(desk, s->classes[i].title));
            }
        }
        gt_text_puts(&reply->body, "}\n");
    }
    return st;
}
