/* A file brought along: written into a folder of its own, read by the child with limits, answered
 * as GeoJSON, removed. What is wrong with it is said with its row and place. */
#include "serve/upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guotu/source.h"
#include "serve/figures.h"
#include "serve/messages.h"

enum {
    FEATURES_MAX = 1000,
    POINTS_MAX = 400000, /* of all of them */
    FAULTS_MAX = 100,
    CPU_S = 10 /* of the child; a request has 30 s */
};
static const size_t MEMORY = (size_t)768 << 20; /* of the child, bytes; libraries included */

bool gt_is_upload(const char *method, const char *target)
{
    size_t len = strcspn(target, "?");
    return strcmp(method, "POST") == 0 && len == 9 && strncmp(target, "/outlines", len) == 0;
}

typedef struct upload {
    gt_desk *desk;
    char dir[4096], path[4200];
    gt_source *source;
    gt_transform *out; /* working CRS to CRS84 */
    gt_geom geom;
    size_t n_features, n_faults, n_others, n_points;
    bool cut;
    gt_text faults;
} upload;

/* ---- the file ---------------------------------------------------------------------------------
 */

/* Of the name only its ending is used; what is not on the list is refused before it is written. */
static const char *ending_of(const char *name)
{
    static const char *const known[] = {".geojson", ".json", ".zip", ".gpkg",
                                        ".dxf",     ".kml",  ".fgb", ".gml"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(dot, known[i]) == 0) {
            return known[i];
        }
    }
    return NULL;
}

static gt_status keep_body(upload *u, const gt_request *request)
{
    gt_ctx *ctx = u->desk->ctx;
    const char *name = gt_request_get(request, "name");
    const char *ending = name == NULL ? NULL : ending_of(name);
    if (ending == NULL) {
        return gt_bad_parameter(u->desk, "name", name == NULL ? "" : name,
                                "FILE.geojson, .zip (Shapefile), .gpkg, .dxf, .kml, .fgb, .gml");
    }
    if (request->body_len == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", "0 bytes")));
    }
    (void)snprintf(u->dir, sizeof u->dir, "%.3900s/.upload-XXXXXX", gt_store_dir(u->desk->store));
    if (mkdtemp(u->dir) == NULL) {
        u->dir[0] = '\0';
        return gt_fail_errno(ctx, errno, "mkdtemp", "upload");
    }
    u->desk->hide = gt_arena_strdup(u->desk->arena, u->dir); /* no path of ours in a problem */
    (void)snprintf(u->path, sizeof u->path, "%s/upload%s", u->dir, ending);
    FILE *file = fopen(u->path, "wbxe");
    if (file == NULL || u->desk->hide == NULL) {
        int error = errno;
        if (file != NULL) {
            (void)fclose(file);
        }
        return u->desk->hide == NULL ? GT_E_MEMORY : gt_fail_errno(ctx, error, "open", "upload");
    }
    bool bad = fwrite(request->body, 1, request->body_len, file) != request->body_len;
    bad = fclose(file) != 0 || bad;
    return bad ? gt_fail_errno(ctx, errno, "write", "upload") : GT_OK;
}

static gt_status open_source(upload *u, const gt_request *request)
{
    gt_source_options o;
    gt_source_options_init(&o);
    o.layer = gt_request_get(request, "layer");
    o.crs = gt_request_get(request, "crs");
    o.encoding = gt_request_get(request, "encoding");
    o.target_crs = gt_package_crs(u->desk->package);
    o.memory_limit = MEMORY;
    o.time_limit_s = CPU_S;
    gt_status st = gt_desk_out(u->desk, GT_CRS84, &u->out);
    return st == GT_OK ? gt_source_open(u->desk->ctx, u->path, &o, &u->source) : st;
}

static void remove_file(upload *u)
{
    if (u->path[0] != '\0') {
        (void)unlink(u->path);
    }
    if (u->dir[0] != '\0') {
        (void)rmdir(u->dir);
    }
}

/* ---- features ---------------------------------------------------------------------------------
 */

/* A closed line of a drawing is the outline that it draws. */
static bool close_line(gt_ctx *ctx, const gt_geom *line, gt_geom *out, gt_status *st)
{
    const double *xy = line->xy;
    size_t n = line->n_points;
    if (line->type != GT_LINESTRING || n < 4 || xy[0] != xy[2 * (n - 1)] ||
        xy[1] != xy[2 * (n - 1) + 1]) {
        return false;
    }
    gt_geom_reset(out, GT_POLYGON);
    for (size_t i = 0; *st == GT_OK && i < n; i++) {
        *st = gt_geom_add_point(ctx, out, xy[2 * i], xy[2 * i + 1]);
    }
    *st = *st == GT_OK ? gt_geom_end_ring(ctx, out) : *st;
    *st = *st == GT_OK ? gt_geom_end_part(ctx, out) : *st;
    return true;
}

static gt_status take_outline(upload *u, const gt_geom *geom, bool *is_one)
{
    gt_ctx *ctx = u->desk->ctx;
    gt_status st = GT_OK;
    *is_one = geom->n_points > 0 && (geom->type == GT_POLYGON || geom->type == GT_MULTIPOLYGON);
    if (*is_one) {
        st = gt_geom_copy(ctx, geom, &u->geom);
    } else {
        *is_one = close_line(ctx, geom, &u->geom, &st);
    }
    if (st != GT_OK || !*is_one) {
        return st;
    }
    u->n_points += u->geom.n_points;
    return gt_transform_points(ctx, u->out, u->geom.xy, u->geom.n_points);
}

static void put_values(const gt_source_info *info, const gt_source_feature *f, gt_text *o)
{
    gt_text_puts(o, ",\"properties\":{");
    for (size_t i = 0, n = 0; i < info->n_fields; i++) {
        const gt_value *v = &f->values[i];
        if (v->kind == GT_NULL) {
            continue;
        }
        gt_text_puts(o, n++ > 0 ? "," : "");
        gt_text_json_string(o, info->fields[i].name);
        gt_text_putc(o, ':');
        if (v->kind == GT_VAL_TEXT) {
            gt_text_json_string(o, v->text);
        } else if (v->kind == GT_VAL_INT) {
            gt_text_printf(o, "%lld", (long long)v->integer);
        } else {
            gt_text_json_real(o, v->real);
        }
    }
    gt_text_puts(o, "}}");
}

/* In the language asked for, with the row and, where known, the place in the file's CRS. */
static void put_fault(upload *u, const gt_source_feature *f, const gt_source_fault *fault)
{
    gt_ctx *ctx = u->desk->ctx;
    gt_text *o = &u->faults;
    gt_text line;
    if (u->n_faults++ >= FAULTS_MAX) {
        return;
    }
    gt_text_init(&line, ctx, 65536);
    (void)gt_fail(ctx, GT_E_INPUT, fault->message, GT_NOWHERE, fault->args);
    gt_error_render(ctx, u->desk->lang, &line);
    gt_text_printf(o, "%s{\"row\":%lld,\"id\":", o->len > 0 ? ",\n" : "", (long long)f->row);
    gt_text_json_string(o, gt_error_id(ctx));
    gt_text_puts(o, ",\"detail\":");
    gt_text_json_string(o, gt_text_cstr(&line));
    if (fault->has_xy) {
        gt_text_printf(o, ",\"x\":%.3f,\"y\":%.3f", fault->x, fault->y);
    }
    gt_text_putc(o, '}');
    gt_error_clear(ctx);
    gt_text_free(&line);
}

static gt_status put_feature(upload *u, const gt_source_feature *f, gt_text *o)
{
    bool is_one = false;
    for (size_t i = 0; i < f->n_faults; i++) {
        put_fault(u, f, &f->faults[i]);
    }
    if (f->geom == NULL || f->geom_fault != NULL) {
        u->n_others += f->geom_fault == NULL ? 1 : 0;
        return GT_OK;
    }
    gt_status st = take_outline(u, f->geom, &is_one);
    if (st != GT_OK) {
        gt_fail_at(u->desk->ctx, GT_PLACE(.row = f->row));
        return st;
    }
    if (!is_one) {
        u->n_others++;
        return GT_OK;
    }
    gt_text_puts(o, u->n_features++ > 0 ? ",\n" : "\n");
    gt_text_printf(o, "{\"type\":\"Feature\",\"id\":%lld,\"geometry\":", (long long)f->row);
    gt_geom_to_geojson(&u->geom, 9, o);
    put_values(gt_source_info_of(u->source), f, o);
    return gt_text_status(o);
}

static gt_status put_features(upload *u, gt_text *o)
{
    gt_status st = GT_OK;
    bool more = true;
    gt_text_puts(o, "{\"type\":\"FeatureCollection\",\"features\":[");
    while (st == GT_OK && more) {
        gt_source_feature f;
        st = gt_source_next(u->desk->ctx, u->source, &f, &more);
        u->cut = more && (u->n_features >= FEATURES_MAX || u->n_points >= POINTS_MAX);
        if (st != GT_OK || !more || u->cut) {
            break;
        }
        st = put_feature(u, &f, o);
        st = st == GT_OK ? gt_desk_time(u->desk) : st;
    }
    return st;
}

static void put_about(const upload *u, gt_text *o)
{
    const gt_source_info *info = gt_source_info_of(u->source);
    const char *const texts[][2] = {{"driver", info->driver},
                                    {"layer", info->layer},
                                    {"crs", info->crs_name},
                                    {"encoding", info->encoding_used}};
    gt_text_puts(o, "]");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gt_text_printf(o, ",\n\"%s\":", texts[i][0]);
        gt_text_json_string(o, texts[i][1]);
    }
    gt_text_printf(o, ",\n\"crsAssumed\":%s,\"others\":%zu,\"truncated\":%s,\"numberFaults\":%zu",
                   info->crs_assumed ? "true" : "false", u->n_others, u->cut ? "true" : "false",
                   u->n_faults);
    gt_text_printf(o, ",\"faults\":[%s]}\n", gt_text_cstr(&u->faults));
}

gt_status gt_post_outlines(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    upload u;
    memset(&u, 0, sizeof u);
    u.desk = desk;
    gt_geom_init(&u.geom);
    gt_text_init(&u.faults, desk->ctx, 1 << 20);
    reply->cache = "no-store";
    gt_status st =
        gt_rate_take(desk->uploads, request->client == NULL ? "" : request->client, gt_clock())
            ? GT_OK
            : gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_RATE, GT_NOWHERE, GT_NO_ARGS);
    st = st == GT_OK ? keep_body(&u, request) : st;
    st = st == GT_OK ? open_source(&u, request) : st;
    st = st == GT_OK ? put_features(&u, &reply->body) : st;
    if (st == GT_OK) {
        reply->type = "application/geo+json";
        put_about(&u, &reply->body);
        st = gt_text_status(&u.faults);
    }
    gt_source_close(u.source);
    remove_file(&u);
    gt_text_free(&u.faults);
    gt_geom_free(desk->ctx, &u.geom);
    return st;
}
