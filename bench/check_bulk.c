/* Bulk checks: N subjects against layers of many polygons.
 *
 *   bench_check_bulk make WORKSPACE LAYERS N    LAYERS coverages of N polygons (22 vertices, shared
 *                                               vertex for vertex, each its own) over 129 x 129 km
 *   bench_check_bulk run WORKSPACE COUNT KIND [MIB]
 * KIND: some (each rule looks at one polygon in ten), all (every rule meets and denies every
 * subject: the worst case), none (no rule applies). Subjects are octagons of 0.1 to 5 ha, log-
 * uniform; findings are made (texts in both languages, overlaps) and counted, not written. MIB: the
 * memory ceiling. One thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "guotu/check.h"
#include "guotu/notes.h"

enum { PER_SIDE = 5, CODES = 10 };
static const double SIZE = 129000, X0 = 400000, Y0 = 4300000;

typedef struct bench {
    gt_ctx *ctx;
    gt_store *store;
    gt_package *package;
    gt_geom geom;
    uint8_t *blob;
    size_t cap;
    long across, layer;
    uint64_t seed;
    size_t n, at, n_findings, n_denied;
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

static double noise(long a, long c, long d)
{
    uint64_t z = (uint64_t)a * 0x9E3779B97F4A7C15ULL ^ (uint64_t)c * 0xBF58476D1CE4E5B9ULL ^
                 (uint64_t)d * 0x94D049BB133111EBULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5;
}

static double draw(bench *b)
{
    b->seed ^= b->seed << 13;
    b->seed ^= b->seed >> 7;
    b->seed ^= b->seed << 17;
    return (double)(b->seed >> 11) * 0x1p-53;
}

/* ---- make -------------------------------------------------------------------------------------
 */

static void side_point(bench *b, long x, long y, bool horizontal, int k, int of)
{
    double cell = SIZE / (double)b->across, t = (double)k / of;
    double px = cell * ((double)x + (horizontal ? t : 0));
    double py = cell * ((double)y + (horizontal ? 0 : t));
    long at = (k == 0 ? 0 : horizontal ? 2L * k : 2L * k + 1) + 1000 * b->layer;
    px = X0 + px + 0.12 * cell * noise(x, y, at);
    py = Y0 + py + 0.12 * cell * noise(y, x, at + 100);
    DO(gt_geom_add_point(b->ctx, &b->geom, floor(px * 1000 + 0.5) / 1000,
                         floor(py * 1000 + 0.5) / 1000));
}

static void polygon(bench *b, long i)
{
    long x = i % b->across, y = i / b->across;
    gt_geom_reset(&b->geom, GT_MULTIPOLYGON);
    for (int k = 0; k < PER_SIDE; k++) {
        side_point(b, x, y, true, k, PER_SIDE);
    }
    for (int k = 0; k < PER_SIDE + 1; k++) {
        side_point(b, x + 1, y, false, k, PER_SIDE + 1);
    }
    for (int k = PER_SIDE; k > 0; k--) {
        side_point(b, k == PER_SIDE ? x + 1 : x, y + 1, true, k == PER_SIDE ? 0 : k, PER_SIDE);
    }
    for (int k = PER_SIDE + 1; k > 0; k--) {
        side_point(b, x, k == PER_SIDE + 1 ? y + 1 : y, false, k == PER_SIDE + 1 ? 0 : k,
                   PER_SIDE + 1);
    }
    DO(gt_geom_add_point(b->ctx, &b->geom, b->geom.xy[0], b->geom.xy[1]));
    DO(gt_geom_end_ring(b->ctx, &b->geom));
    DO(gt_geom_end_part(b->ctx, &b->geom));
}

static FILE *open_in(const char *dir, const char *name)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%.4000s/package/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        exit(4);
    }
    return f;
}

static void write_rule(FILE *f, long i, const char *kind, const char *applies, const char *where)
{
    (void)fprintf(f,
                  "- rule: %s-%ld\n  title: {zh: R, en: R}\n  clauses: [BEN-001]\n  strength: "
                  "binding\n  in_force: {from: 2020-01-01}\n  applies_to: %s\n  measure:\n    m: "
                  "{overlap: layer%ld%s}\n  deny: m_m2 > :sliver\n  say: {zh: \"占用 {m_m2|mu} 亩，"
                  "{m_share|%%} %%\", en: \"takes {m_m2|ha} ha, {m_share|%%} %%\"}\n  comply: "
                  "{cut_out: m}\n\n",
                  kind, i, applies, i, where);
}

static void write_package(const char *dir, long layers)
{
    FILE *f = open_in(dir, "clauses.csv");
    (void)fputs("id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
                "BEN-001,1,rule,T,T,R,,city,binding\n",
                f);
    (void)fclose(f);
    f = open_in(dir, "package.yaml");
    (void)fputs("package: bench\ntitle: {zh: B, en: B}\nversion: \"1\"\ncrs: EPSG:4548\n"
                "units: [{layer: layer0, name: code}]\nplans:\n  - {plan: BEN, title: {zh: B, en: "
                "B}, status: final, issued: 2020-01-01}\nclauses: clauses.csv\nfiles: [all.yaml]\n",
                f);
    (void)fclose(f);
    f = open_in(dir, "all.yaml");
    (void)fputs("- subject: some\n  title: {zh: P, en: P}\n\n- subject: all\n  title: {zh: P, en: "
                "P}\n\n- subject: none\n  title: {zh: P, en: P}\n\n- parameter: sliver\n  title: "
                "{zh: S, en: S}\n  value: 10\n  unit: m2\n  range: {min: 0, max: 100}\n  remark: "
                "{zh: S, en: S}\n\n",
                f);
    for (long i = 0; i < layers; i++) {
        (void)fprintf(
            f,
            "- layer: layer%ld\n  title: {zh: L, en: L}\n  theme: t\n  geometry: polygon\n"
            "  source: bench\n  fields:\n    - {name: code, type: text, zh: C, en: C}\n\n",
            i);
        write_rule(f, i, "some", "some", ", where: \"code = '3'\"");
        write_rule(f, i, "all", "all", "");
    }
    (void)fclose(f);
}

static void read_package(bench *b, const char *dir)
{
    char path[4200];
    gt_notes *notes = NULL;
    (void)snprintf(path, sizeof path, "%.4000s/package", dir);
    DO(gt_notes_new(b->ctx, 0, &notes));
    gt_status st = gt_package_read(b->ctx, path, notes, &b->package);
    if (st != GT_OK) {
        gt_text text;
        gt_text_init(&text, b->ctx, 0);
        gt_notes_render_all(notes, GT_LANG_EN, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        stop(b, "package");
    }
    gt_notes_free(notes);
}

static void put(bench *b, gt_commit *c, const char *layer, long i)
{
    char id[32], code[8];
    size_t len = 0;
    polygon(b, i);
    (void)snprintf(id, sizeof id, "%ld", i);
    (void)snprintf(code, sizeof code, "%d", (int)((noise(i, b->layer, 7) + 0.5) * CODES));
    gt_value v = {.kind = GT_VAL_TEXT, .text = code, .len = strlen(code)};
    DO(gt_geom_to_gpkg(b->ctx, &b->geom, 4548, &b->blob, &b->cap, &len));
    gt_feature f = {.id = id,
                    .valid_from = GT_DATE_NONE,
                    .valid_to = GT_DATE_NONE,
                    .blob = b->blob,
                    .blob_len = len,
                    .box = gt_geom_box(&b->geom),
                    .values = &v,
                    .n_values = 1};
    DO(gt_commit_put(b->ctx, c, layer, &f, (double)NAN));
}

static void make(bench *b, const char *dir, long layers, long n)
{
    gt_store_options o;
    gt_commit *c = NULL;
    gt_commit_info info = {.author = "bench", .message = "layers", .expect_revision = -1};
    int64_t revision = 0;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"B", "B"};
    DO(gt_store_create(b->ctx, dir, &o, &b->store));
    write_package(dir, layers);
    read_package(b, dir);
    b->across = (long)ceil(sqrt((double)n));
    DO(gt_commit_begin(b->ctx, b->store, &info, &c));
    for (b->layer = 0; b->layer < layers; b->layer++) {
        char id[32];
        (void)snprintf(id, sizeof id, "layer%ld", b->layer);
        DO(gt_commit_define_layer(b->ctx, c, gt_package_find_layer(b->package, id),
                                  GT_ORIGIN_GENERATED));
        for (long i = 0; i < n; i++) {
            put(b, c, id, i);
        }
    }
    DO(gt_commit_finish(b->ctx, c, &revision));
}

/* ---- run ----------------------------------------------------------------------------------------
 */

static gt_status next(gt_ctx *ctx, void *user, gt_subject *s, bool *more)
{
    bench *b = user;
    *more = b->at < b->n;
    if (!*more) {
        return GT_OK;
    }
    b->at++;
    double ha = 0.1 * pow(50, draw(b)), r = sqrt(ha * 1e4 / 2.8284271247461903), turn = draw(b);
    double x = X0 + 500 + (SIZE - 1000) * draw(b), y = Y0 + 500 + (SIZE - 1000) * draw(b);
    gt_status st = GT_OK;
    gt_geom_reset(&b->geom, GT_POLYGON);
    for (int k = 0; st == GT_OK && k < 8; k++) {
        double a = (k + turn) * 0.7853981633974483;
        st = gt_geom_add_point(ctx, &b->geom, x + r * cos(a), y + r * sin(a));
    }
    st = st == GT_OK ? gt_geom_add_point(ctx, &b->geom, b->geom.xy[0], b->geom.xy[1]) : st;
    st = st == GT_OK ? gt_geom_end_ring(ctx, &b->geom) : st;
    st = st == GT_OK ? gt_geom_end_part(ctx, &b->geom) : st;
    s->geom = &b->geom;
    return st;
}

static gt_status found(gt_ctx *ctx, void *user, size_t number, const gt_verdict *v)
{
    bench *b = user;
    (void)ctx;
    (void)number;
    if (v != NULL) {
        b->n_findings += gt_verdict_n_findings(v);
        b->n_denied += gt_verdict_result(v) == GT_FAIL;
    }
    return GT_OK;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(bench *b, const char *dir, size_t count, const char *kind)
{
    gt_store_options o;
    gt_bulk_facts facts;
    const gt_bulk_calls calls = {next, found, b};
    struct rusage use;
    gt_store_options_init(&o);
    o.read_only = true;
    DO(gt_store_open(b->ctx, dir, &o, &b->store));
    read_package(b, dir);
    b->n = count;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    DO(gt_check_bulk(b->ctx, b->store, b->package, kind, NULL, &calls, &facts));
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("%s: %zu subjects, %.2f s (%.2f s of processor): %.0f a second of one core\n"
                 "  %zu denied, %zu refused, %zu findings, %llu rules settled, %llu tried\n"
                 "  %zu blocks, %llu features read, library peak %zu MiB, process peak %ld MiB\n",
                 kind, count, wall, cpu, (double)count / cpu, b->n_denied, facts.n_refused,
                 b->n_findings, (unsigned long long)facts.n_settled,
                 (unsigned long long)facts.n_tried, facts.n_blocks,
                 (unsigned long long)facts.n_features, gt_ctx_memory_peak(b->ctx) >> 20,
                 use.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    bench state = {.seed = 88172645463325252ULL}, *b = &state;
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    if (argc == 5 && strcmp(argv[1], "make") == 0) {
        b->ctx = gt_ctx_new(NULL);
        make(b, argv[2], strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
    } else if (argc >= 5 && strcmp(argv[1], "run") == 0) {
        o.memory_ceiling = argc > 5 ? (size_t)strtoul(argv[5], NULL, 10) << 20 : 0;
        b->ctx = gt_ctx_new(&o);
        run(b, argv[2], (size_t)strtoul(argv[3], NULL, 10), argv[4]);
    } else {
        (void)fputs("usage: bench_check_bulk make WORKSPACE LAYERS N | run WORKSPACE COUNT KIND "
                    "[MIB]\n",
                    stderr);
        return 2;
    }
    gt_geom_free(b->ctx, &b->geom);
    gt_free(b->ctx, b->blob);
    gt_package_free(b->package);
    gt_store_close(b->store);
    gt_ctx_free(b->ctx);
    return 0;
}
