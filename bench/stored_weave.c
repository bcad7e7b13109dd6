/* The stored weave of a workspace: a full weave of N parcels (22 vertices, neighbours share every
 * vertex) and 16 districts, then single edits: commit, update, area table. The aim: under 1 s from
 * commit to updated account with 5 M parcels. Faults of the coverage are timed beside it.
 *
 *   bench_stored_weave N FOLDER PACKAGE [EDITS]
 * FOLDER must not exist (it is left for other measurements); PACKAGE has the layers districts
 * (name) and land_use (dlbm), such as tests/check/package. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "guotu/coverage.h"
#include "guotu/notes.h"

enum { PER_SIDE = 5, VERTICES = 22 };
static const double CELL = 100, X0 = 400000, Y0 = 4300000;

typedef struct bench {
    gt_ctx *ctx;
    gt_store *store;
    gt_package *package;
    gt_geom geom;
    uint8_t *blob;
    size_t cap;
    long n, across;
} bench;

#define DO(call)                                                                                   \
    do {                                                                                           \
        if ((call) != GT_OK) {                                                                     \
            stop(b, #call);                                                                        \
        }                                                                                          \
    } while (0)

static void stop(const bench *b, const char *what)
{
    gt_text text;
    gt_text_init(&text, b->ctx, 0);
    gt_error_render(b->ctx, GT_LANG_EN, &text);
    (void)fprintf(stderr, "%s: %s", what, gt_text_cstr(&text));
    exit(4);
}

static void say(const char *what, double seconds)
{
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("%-28s %9.3f s   peak %ld MiB\n", what, seconds, use.ru_maxrss / 1024);
    (void)fflush(stdout);
}

static double noise(long a, long c, long d)
{
    uint64_t z = (uint64_t)a * 0x9E3779B97F4A7C15ULL ^ (uint64_t)c * 0xBF58476D1CE4E5B9ULL ^
                 (uint64_t)d * 0x94D049BB133111EBULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5;
}

/* Point k of the lower (horizontal) or left side of square (x, y): shared by both neighbours. */
static void side_point(bench *b, long x, long y, bool horizontal, int k, int of)
{
    double t = (double)k / of;
    double px = X0 + CELL * ((double)x + (horizontal ? t : 0));
    double py = Y0 + CELL * ((double)y + (horizontal ? 0 : t));
    long at = horizontal ? 2L * k : 2L * k + 1;
    if (k == 0) {
        at = 0; /* corners belong to both */
    }
    DO(gt_geom_add_point(b->ctx, &b->geom, px + 12 * noise(x, y, at),
                         py + 12 * noise(y, x, at + 100)));
}

static void parcel(bench *b, long i, double push)
{
    long x = i % b->across, y = i / b->across;
    gt_geom_reset(&b->geom, GT_MULTIPOLYGON);
    for (int k = 0; k < PER_SIDE + 1; k++) {
        side_point(b, x, y, true, k, PER_SIDE + 1);
    }
    for (int k = 0; k < PER_SIDE; k++) {
        side_point(b, x + 1, y, false, k, PER_SIDE);
    }
    side_point(b, x + 1, y + 1, true, 0, 1);
    for (int k = PER_SIDE; k > 0; k--) {
        side_point(b, x, y + 1, true, k, PER_SIDE + 1);
    }
    side_point(b, x, y + 1, true, 0, 1);
    for (int k = PER_SIDE - 1; k >= 0; k--) {
        side_point(b, x, y, false, k, PER_SIDE);
    }
    b->geom.xy[4] += push; /* an edit moves one vertex */
    DO(gt_geom_end_ring(b->ctx, &b->geom));
    DO(gt_geom_end_part(b->ctx, &b->geom));
}

static void put(bench *b, gt_commit *c, const char *layer, const char *id, const char *value)
{
    size_t len = 0;
    DO(gt_geom_to_gpkg(b->ctx, &b->geom, 4548, &b->blob, &b->cap, &len));
    const gt_value v = {.kind = GT_VAL_TEXT, .text = value, .len = strlen(value)};
    const gt_feature f = {.id = id,
                          .valid_from = GT_DATE_NONE,
                          .valid_to = GT_DATE_NONE,
                          .blob = b->blob,
                          .blob_len = len,
                          .box = gt_geom_box(&b->geom),
                          .values = &v,
                          .n_values = 1};
    DO(gt_commit_put(b->ctx, c, layer, &f, CELL * CELL));
}

static void put_parcel(bench *b, gt_commit *c, long i, double push)
{
    char id[32];
    (void)snprintf(id, sizeof id, "p%08ld", i);
    parcel(b, i, push);
    put(b, c, "land_use", id, (i * 7919) % 5 == 0 || push != 0 ? "0701" : "0103");
}

static void put_district(bench *b, gt_commit *c, int i)
{
    char name[16];
    double w = CELL * (double)b->across / 4, x = X0 + w * (i % 4), y = Y0 + w * (double)(i / 4);
    const double at[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    gt_geom_reset(&b->geom, GT_MULTIPOLYGON);
    for (int k = 0; k < 5; k++) {
        DO(gt_geom_add_point(b->ctx, &b->geom, x + w * at[k][0], y + w * at[k][1]));
    }
    DO(gt_geom_end_ring(b->ctx, &b->geom));
    DO(gt_geom_end_part(b->ctx, &b->geom));
    (void)snprintf(name, sizeof name, "d%02d", i);
    put(b, c, "districts", name, name);
}

static gt_commit *begin(bench *b)
{
    gt_commit *c = NULL;
    const gt_commit_info info = {.author = "bench", .message = "edit", .expect_revision = -1};
    DO(gt_commit_begin(b->ctx, b->store, &info, &c));
    return c;
}

static void fill(bench *b)
{
    gt_commit *c = begin(b);
    int64_t revision = 0;
    for (size_t i = 0; i < gt_package_n_layers(b->package); i++) {
        DO(gt_commit_define_layer(b->ctx, c, gt_package_layer(b->package, i), GT_ORIGIN_GENERATED));
    }
    for (int i = 0; i < 16; i++) {
        put_district(b, c, i);
    }
    for (long i = 0; i < b->n; i++) {
        put_parcel(b, c, i, 0);
    }
    DO(gt_commit_finish(b->ctx, c, &revision));
}

static void weave(bench *b, const char *what)
{
    gt_stored_facts f;
    double t = gt_clock();
    DO(gt_stored_update(b->ctx, b->store, b->package, NULL, &f));
    say(what, gt_clock() - t);
    (void)printf("    %llu of %llu cells of %.0f m woven, %zu rows, %.1f MiB, %.6f m2\n",
                 (unsigned long long)f.n_woven, (unsigned long long)f.n_cells, f.side, f.n_rows,
                 (double)f.bytes / 1048576, f.m2);
}

static gt_status count_fault(gt_ctx *ctx, void *user, const gt_weave_finding *finding,
                             const char *feature, const char *other)
{
    (void)ctx;
    (void)finding;
    (void)feature;
    (void)other;
    ++*(long *)user;
    return GT_OK;
}

static void faults(bench *b, const char *what)
{
    const gt_part part = {"land_use", NULL, GT_DATE_NONE};
    long n = 0;
    double t = gt_clock();
    DO(gt_coverage_faults(b->ctx, b->store, b->package, &part, 0.05, count_fault, &n));
    say(what, gt_clock() - t);
    (void)printf("    %ld faults\n", n);
}

static void edit(bench *b, long i)
{
    int64_t revision = 0;
    gt_area_table *table = NULL;
    double start = gt_clock();
    gt_commit *c = begin(b);
    put_parcel(b, c, i, 1.5);
    DO(gt_commit_finish(b->ctx, c, &revision));
    say("edit: commit", gt_clock() - start);
    weave(b, "edit: account");
    double t = gt_clock();
    DO(gt_areas(b->ctx, b->store, b->package, "district,land_class", NULL, &table));
    say("edit: area table", gt_clock() - t);
    gt_area_table_free(table);
    say("edit: all", gt_clock() - start);
    faults(b, "edit: faults of parcels");
}

int main(int argc, char **argv)
{
    bench all = {0}, *b = &all;
    gt_notes *notes = NULL;
    gt_store_options o;
    if (argc < 4) {
        (void)fprintf(stderr, "usage: %s N FOLDER PACKAGE [EDITS]\n", argv[0]);
        return 2;
    }
    b->ctx = gt_ctx_new(NULL);
    b->n = strtol(argv[1], NULL, 10);
    b->across = (long)ceil(sqrt((double)b->n));
    gt_geom_init(&b->geom);
    DO(gt_notes_new(b->ctx, 0, &notes));
    DO(gt_package_read(b->ctx, argv[3], notes, &b->package));
    gt_store_options_init(&o);
    o.crs = gt_package_crs(b->package);
    o.title = gt_package_title(b->package);
    DO(gt_store_create(b->ctx, argv[2], &o, &b->store));
    double t = gt_clock();
    fill(b);
    say("fill", gt_clock() - t);
    weave(b, "full weave");
    weave(b, "nothing changed");
    faults(b, "faults of parcels, all woven");
    long edits = argc > 4 ? strtol(argv[4], NULL, 10) : 3;
    for (long i = 0; i < edits; i++) {
        edit(b, (i * 104729 + b->n / 2) % b->n);
    }
    gt_geom_free(b->ctx, &b->geom);
    gt_free(b->ctx, b->blob);
    gt_store_close(b->store);
    gt_package_free(b->package);
    gt_notes_free(notes);
    gt_ctx_free(b->ctx);
    return 0;
}
