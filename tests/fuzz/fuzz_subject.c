/* Subjects as users give them. Lines up to an empty one are facts (name=value); then comes an
 * outline as WKT or GeoJSON, and after "---" a polygon of a layer. Facts are typed or refused;
 * outlines are clipped, and whenever the clipper is sure, GEOS agrees. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/clip.h"
#include "guotu/check.h"
#include "guotu/geos.h"
#include "plan/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] =
    "package: f\ntitle: {zh: f, en: f}\nversion: \"1\"\ncrs: EPSG:4548\n"
    "units: [{layer: u, name: name}]\nplans:\n"
    "  - {plan: XX, title: {zh: f, en: f}, status: final, issued: 2020-01-01}\n"
    "clauses: clauses.csv\nfiles: [a.yaml]\n";
static const char registry[] =
    "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n";
static const char items[] =
    "- layer: u\n  title: {zh: u, en: u}\n  theme: t\n  geometry: polygon\n  source: s\n"
    "  fields: [{name: name, type: text, zh: n, en: n}]\n"
    "- codes: use\n  title: {zh: u, en: u}\n  source: s\n  list: [{code: park, zh: p, en: p}]\n"
    "- subject: project\n  title: {zh: p, en: p}\n  facts:\n"
    "    - {name: use, codes: use, zh: u, en: u}\n    - {name: floors, type: int, zh: f, en: f}\n"
    "    - {name: height, type: real, zh: h, en: h}\n    - {name: public, type: bool, zh: p, en: "
    "p}\n"
    "    - {name: start, type: date, zh: s, en: s}\n    - {name: note, type: text, zh: n, en: n}\n";

static gt_package *package_of(gt_ctx *ctx)
{
    const gt_file_text files[] = {{"package.yaml", head, sizeof head - 1},
                                  {"clauses.csv", registry, sizeof registry - 1},
                                  {"a.yaml", items, sizeof items - 1}};
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    if (gt_notes_new(ctx, 0, &notes) != GT_OK ||
        gt_package_read_memory(ctx, files, 3, notes, &package) != GT_OK) {
        abort();
    }
    gt_notes_free(notes);
    return package;
}

static void facts(gt_ctx *ctx, const gt_package *package, char *text)
{
    gt_arena *arena = NULL;
    if (gt_arena_new(ctx, 0, &arena) != GT_OK) {
        abort();
    }
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        gt_fact fact = {0};
        if (end != NULL) {
            *end = '\0';
        }
        gt_status st = gt_fact_parse(ctx, package, "project", line, arena, &fact);
        if (st != GT_OK && st != GT_E_USAGE) {
            abort();
        }
        if (st == GT_OK &&
            (fact.name == NULL || strncmp(fact.name, line, strlen(fact.name)) != 0)) {
            abort();
        }
        gt_error_clear(ctx);
        line = end == NULL ? NULL : end + 1;
    }
    gt_arena_free(arena);
}

static bool usable(gt_ctx *ctx, gt_geos *geos, const gt_geom *g)
{
    bool valid = false;
    char reason[64];
    double x = 0, y = 0;
    if ((g->type != GT_POLYGON && g->type != GT_MULTIPOLYGON) || g->n_points == 0) {
        return false;
    }
    for (size_t i = 0; i < 2 * (size_t)g->n_points; i++) {
        /* a plane of metres: neither beyond the earth nor finer than a micrometre */
        if (!(fabs(g->xy[i]) < 1e8) || (g->xy[i] != 0 && fabs(g->xy[i]) < 1e-6)) {
            return false;
        }
    }
    return gt_geos_validity(ctx, geos, g, &valid, reason, &x, &y) == GT_OK && valid;
}

static gt_status outline(gt_ctx *ctx, const char *text, size_t len, gt_geom *out)
{
    return len > 0 && text[0] == '{' ? gt_geom_from_geojson(ctx, text, len, out)
                                     : gt_geom_from_wkt(ctx, text, len, out);
}

static void clip(gt_ctx *ctx, gt_geos *geos, const gt_geom *subject, const gt_geom *part)
{
    gt_clip *c = NULL;
    gt_geom out, want;
    bool meets = false, whole = false, sure = false;
    gt_geom_init(&out);
    gt_geom_init(&want);
    if (gt_clip_new(ctx, subject, &c) != GT_OK ||
        gt_clip_run(ctx, c, &part, 1, &meets, &out, &whole, &sure) != GT_OK) {
        abort();
    }
    if (sure && usable(ctx, geos, subject) && usable(ctx, geos, part) &&
        gt_geos_intersection(ctx, geos, subject, part, &want) == GT_OK) {
        double a = gt_geom_plane_area(&out), b = gt_geom_plane_area(&want);
        double scale = gt_geom_plane_area(subject) + gt_geom_plane_area(part) + 1;
        if (!(fabs(a - b) <= 1e-6 * scale)) {
            abort();
        }
    }
    gt_error_clear(ctx);
    gt_clip_free(c);
    gt_geom_free(ctx, &out);
    gt_geom_free(ctx, &want);
}

static void outlines(gt_ctx *ctx, char *text)
{
    gt_geos *geos = NULL;
    gt_geom subject, part;
    gt_geom_init(&subject);
    gt_geom_init(&part);
    char *second = strstr(text, "---");
    size_t len = second == NULL ? strlen(text) : (size_t)(second - text);
    if (gt_geos_new(ctx, &geos) != GT_OK) {
        abort();
    }
    if (outline(ctx, text, len, &subject) == GT_OK && second != NULL &&
        outline(ctx, second + 3, strlen(second + 3), &part) == GT_OK && subject.n_parts > 0 &&
        part.n_parts > 0) {
        clip(ctx, geos, &subject, &part);
    }
    gt_error_clear(ctx);
    gt_geos_free(geos);
    gt_geom_free(ctx, &subject);
    gt_geom_free(ctx, &part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    char *text = malloc(size + 1);
    if (ctx == NULL || text == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    gt_package *package = package_of(ctx);
    char *shape = strstr(text, "\n\n");
    if (shape != NULL) {
        *shape = '\0';
        outlines(ctx, shape + 2);
    }
    facts(ctx, package, text);
    gt_package_free(package);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    free(text);
    return 0;
}
