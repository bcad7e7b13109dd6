/* Speed of the store: one load of N polygons of 22 vertices into an empty layer (the aim: 500,000
 * under 3 s on one thread), a full scan, box queries, one edit, proof of all hashes, a second
 * survey.
 *
 *   bench_store [N] [FOLDER] [load]
 * "load" stops after the first step. Prints seconds and peak memory of the library; the folder is
 * removed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guotu/store.h"

enum { VERTICES = 22, N_FIELDS = 5 };

static const gt_field fields[N_FIELDS] = {
    {.name = "dlbm", .title = {"地类编码", "class"}, .type = GT_FIELD_TEXT},
    {.name = "dlmc", .title = {"地类名称", "class name"}, .type = GT_FIELD_TEXT},
    {.name = "zldwdm", .title = {"座落单位代码", "village"}, .type = GT_FIELD_TEXT},
    {.name = "tbmj", .title = {"图斑面积", "area"}, .type = GT_FIELD_REAL, .unit = "m2"},
    {.name = "sjnf", .title = {"数据年份", "year"}, .type = GT_FIELD_INT},
};

static void stop(gt_ctx *ctx, const char *what)
{
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_error_render(ctx, GT_LANG_EN, &text);
    (void)fprintf(stderr, "%s: %s", what, gt_text_cstr(&text));
    gt_text_free(&text);
    exit(4);
}

#define DO(call)                                                                                   \
    do {                                                                                           \
        if ((call) != GT_OK) {                                                                     \
            stop(ctx, #call);                                                                      \
        }                                                                                          \
    } while (0)

/* A rounded cell of a square lattice, 100 m apart. */
static void make(gt_geom *g, gt_ctx *ctx, long i, long across, double radius)
{
    long column = i % across, row = i / across;
    double x = 400000 + 100.0 * (double)column, y = 4300000 + 100.0 * (double)row;
    gt_geom_reset(g, GT_MULTIPOLYGON);
    for (int k = 0; k <= VERTICES; k++) {
        double a = 6.283185307179586 * (k % VERTICES) / VERTICES;
        DO(gt_geom_add_point(ctx, g, x + radius * cos(a), y + radius * sin(a)));
    }
    DO(gt_geom_end_ring(ctx, g));
    DO(gt_geom_end_part(ctx, g));
}

typedef struct writer {
    gt_geom geom;
    uint8_t *blob;
    size_t cap;
    double encode; /* seconds spent making blobs: not the store's */
} writer;

static void put(gt_ctx *ctx, gt_commit *c, writer *w, long i, long across, double radius)
{
    char id[32], village[32];
    size_t len = 0;
    double t = gt_clock();
    make(&w->geom, ctx, i, across, radius);
    DO(gt_geom_to_gpkg(ctx, &w->geom, 4548, &w->blob, &w->cap, &len));
    w->encode += gt_clock() - t;
    (void)snprintf(id, sizeof id, "110108%08lx", (unsigned long)i * 2654435761UL % 4294967296UL);
    (void)snprintf(village, sizeof village, "110108%06ld", i / 500);
    const gt_value values[N_FIELDS] = {
        {.kind = GT_VAL_TEXT, .text = "0103", .len = 4},
        {.kind = GT_VAL_TEXT, .text = "旱地", .len = 6},
        {.kind = GT_VAL_TEXT, .text = village, .len = strlen(village)},
        {.kind = GT_VAL_REAL, .real = radius * radius * 3.1},
        {.kind = GT_VAL_INT, .integer = 2020}};
    const gt_feature f = {.id = id,
                          .valid_from = GT_DATE_NONE,
                          .blob = w->blob,
                          .blob_len = len,
                          .values = values,
                          .n_values = N_FIELDS};
    DO(gt_commit_put(ctx, c, "parcels", &f, radius * radius * 3.1));
}

/* Wall clock and processor time since the clock was started: on a shared machine the second is the
 * honest one. */
typedef struct watch {
    double wall, cpu;
} watch;

static double cpu_seconds(void)
{
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static watch started(void)
{
    return (watch){gt_clock(), cpu_seconds()};
}

/* `less`: seconds that are not the store's. */
static void say(const char *what, watch from, double less, double n)
{
    struct rusage use;
    double wall = gt_clock() - from.wall - less, cpu = cpu_seconds() - from.cpu - less;
    (void)getrusage(RUSAGE_SELF, &use);
    (void)printf("%-34s %8.3f s wall %8.3f s cpu %10.0f /cpu s   peak %ld MiB\n", what, wall, cpu,
                 n / cpu, use.ru_maxrss / 1024);
    (void)fflush(stdout);
}

static long scan(gt_ctx *ctx, gt_store *store, const gt_query *q)
{
    gt_scan *s = NULL;
    gt_feature f;
    bool more = true;
    long n = 0;
    DO(gt_scan_open(ctx, store, q, &s));
    for (;; n++) {
        DO(gt_scan_next(ctx, s, &f, &more));
        if (!more) {
            break;
        }
    }
    gt_scan_close(s);
    return n;
}

static gt_commit *begin(gt_ctx *ctx, gt_store *store)
{
    const gt_commit_info info = {.author = "bench", .message = "load", .expect_revision = -1};
    gt_commit *c = NULL;
    DO(gt_commit_begin(ctx, store, &info, &c));
    return c;
}

static void load(gt_ctx *ctx, gt_store *store, writer *w, long n, long across)
{
    const gt_standard standard = {.id = "parcels",
                                  .title = {"地类图斑", "parcels"},
                                  .geom_type = GT_POLYGON,
                                  .fields = fields,
                                  .n_fields = N_FIELDS};
    watch whole = started();
    gt_commit *c = begin(ctx, store);
    DO(gt_commit_define_layer(ctx, c, &standard, GT_ORIGIN_GENERATED));
    DO(gt_commit_replace_layer(ctx, c, "parcels", 17531));
    for (long i = 0; i < n; i++) {
        put(ctx, c, w, i, across, 45);
    }
    say("load: put (without making blobs)", whole, w->encode, (double)n);
    watch t = started();
    DO(gt_commit_finish(ctx, c, NULL));
    say("load: finish", t, 0, (double)n);
    say("load: whole", whole, w->encode, (double)n);
}

static void queries(gt_ctx *ctx, gt_store *store, long n, long across)
{
    enum { QUERIES = 1000 };
    gt_query q;
    gt_query_init(&q, "parcels");
    watch t = started();
    long seen = scan(ctx, store, &q);
    say("scan: all", t, 0, (double)seen);
    q.has_box = true;
    t = started();
    for (long i = 0; i < QUERIES; i++) {
        double x = 400000 + 100.0 * (double)(i * 7919 % across);
        double y = 4300000 + 100.0 * (double)(i * 104729 % (n / across + 1));
        q.box = (gt_box){x, y, x + 1000, y + 1000};
        (void)scan(ctx, store, &q);
    }
    say("1 km2 boxes", t, 0, QUERIES);
}

static void edits(gt_ctx *ctx, gt_store *store, writer *w, long n, long across)
{
    enum { EDITS = 20 };
    watch t = started();
    for (long i = 0; i < EDITS; i++) {
        gt_commit *c = begin(ctx, store);
        put(ctx, c, w, i * (n / EDITS), across, 44);
        DO(gt_commit_finish(ctx, c, NULL));
    }
    say("one-parcel revisions", t, 0, EDITS);
}

static void survey(gt_ctx *ctx, gt_store *store, writer *w, long n, long across)
{
    w->encode = 0;
    watch t = started();
    gt_commit *c = begin(ctx, store);
    DO(gt_commit_replace_layer(ctx, c, "parcels", 18262));
    for (long i = 0; i < n; i++) { /* one parcel in ten changes */
        put(ctx, c, w, i, across, i % 10 == 0 ? 43 : 45);
    }
    DO(gt_commit_finish(ctx, c, NULL));
    say("second survey, a tenth changed", t, w->encode, (double)n);
}

static void prove(gt_ctx *ctx, gt_store *store, long n)
{
    watch t = started();
    DO(gt_store_verify(ctx, store));
    say("verify", t, 0, (double)n);
}

static int remove_workspace(const char *dir)
{
    static const char *const parts[] = {"/onemap.gpkg", "/package", "/grids", "/reports", ""};
    int failed = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char path[4200];
        (void)snprintf(path, sizeof path, "%s%s", dir, parts[i]);
        failed |= remove(path);
    }
    return failed == 0 ? 0 : 4;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 500000;
    char dir[4096];
    (void)snprintf(dir, sizeof dir, "%s/bench-store-%ld", argc > 2 ? argv[2] : ".", (long)getpid());
    if (n < 1 || n > 100000000) {
        (void)fprintf(stderr, "bench_store [N] [FOLDER]\n");
        return 2;
    }
    long across = (long)ceil(sqrt((double)n));
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_store_options o;
    gt_store *store = NULL;
    writer w = {0};
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    DO(gt_store_create(ctx, dir, &o, &store));
    load(ctx, store, &w, n, across);
    if (argc <= 3) {
        queries(ctx, store, n, across);
        edits(ctx, store, &w, n, across);
        prove(ctx, store, n);
        survey(ctx, store, &w, n, across);
    }
    watch t = started();
    gt_store_close(store);
    say("close", t, 0, 1);
    (void)printf("library's own memory, peak: %zu MiB\n", gt_ctx_memory_peak(ctx) >> 20);
    gt_free(ctx, w.blob);
    gt_geom_free(ctx, &w.geom);
    gt_ctx_free(ctx);
    return remove_workspace(dir);
}
