/* Interactive checks in a warm process: one workspace, one checker, many parcels.
 *
 *   bench_check make WORKSPACE EPSG LAYER.gpkg...   lays the layers (tables named as the files)
 * into a new workspace with a package of one denying rule a layer bench_check run WORKSPACE COUNT
 * SEED MIN_HA MAX_HA [FROM_M SIDE_M]
 *
 * `run` checks COUNT octagons, turned at random, log-uniform between MIN_HA and MAX_HA, after
 * COUNT/5 for warming up; rules, findings, texts, overlaps and verdict are all made. Prints median,
 * p99, largest, features met and overlap a query. Octagons and their places are those of other
 * programs that draw them alike (xorshift of SEED). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "guotu/check.h"
#include "guotu/gpkg_read.h"
#include "guotu/notes.h"

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

/* ---- make ------------------------------------------------------------------------------------ */

static const char *stem(const char *path, char out[64])
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, 64, "%.60s", slash == NULL ? path : slash + 1);
    char *dot = strrchr(out, '.');
    if (dot != NULL) {
        *dot = '\0';
    }
    return out;
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

static void write_package(const char *dir, const char *epsg, int n, char **files)
{
    char name[64];
    FILE *f = open_in(dir, "clauses.csv");
    (void)fputs("id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n", f);
    for (int i = 0; i < n; i++) {
        (void)fprintf(f, "BEN-%03d,1,rule,T,T,R,,city,binding\n", i + 1);
    }
    (void)fclose(f);
    f = open_in(dir, "package.yaml");
    (void)fprintf(f,
                  "package: bench\ntitle: {zh: B, en: B}\nversion: \"1\"\ncrs: EPSG:%s\n"
                  "units: [{layer: %s, name: code}]\nplans:\n  - {plan: BEN, title: {zh: B, en: B},"
                  " status: final, issued: 2020-01-01}\nclauses: clauses.csv\nfiles: [all.yaml]\n",
                  epsg, stem(files[0], name));
    (void)fclose(f);
    f = open_in(dir, "all.yaml");
    (void)fputs("- subject: parcel\n  title: {zh: P, en: P}\n\n- parameter: sliver\n"
                "  title: {zh: S, en: S}\n  value: 10\n  unit: m2\n  range: {min: 0, max: 100}\n"
                "  remark: {zh: S, en: S}\n\n",
                f);
    for (int i = 0; i < n; i++) {
        const char *layer = stem(files[i], name);
        (void)fprintf(f,
                      "- layer: %s\n  title: {zh: L, en: L}\n  theme: t\n  geometry: polygon\n"
                      "  source: bench\n  fields:\n    - {name: code, type: text, zh: C, en: C}\n\n"
                      "- rule: r-%s\n  title: {zh: R, en: R}\n  clauses: [BEN-%03d]\n"
                      "  strength: binding\n  in_force: {from: 2020-01-01}\n  applies_to: parcel\n"
                      "  measure:\n    m: {overlap: %s}\n  deny: m_m2 > :sliver\n"
                      "  say: {zh: \"占用 {m_m2|mu} 亩，{m_share|%%} %%\","
                      " en: \"takes {m_m2|ha} ha, {m_share|%%} %%\"}\n  comply: {cut_out: m}\n\n",
                      layer, layer, i + 1, layer);
    }
    (void)fclose(f);
}

static gt_package *read_package(gt_ctx *ctx, const char *dir)
{
    char path[4200];
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    (void)snprintf(path, sizeof path, "%.4000s/package", dir);
    DO(gt_notes_new(ctx, 0, &notes));
    gt_status st = gt_package_read(ctx, path, notes, &package);
    if (st != GT_OK) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        gt_notes_render_all(notes, GT_LANG_EN, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
        stop(ctx, "package");
    }
    gt_notes_free(notes);
    return package;
}

typedef struct writer {
    gt_geom geom;
    uint8_t *blob;
    size_t cap;
} writer;

static void put_run(gt_ctx *ctx, gt_commit *c, const char *layer, int32_t srs, writer *w,
                    const gt_polygon_table *table, const gt_polygon_run *run, long *number)
{
    size_t part = 0, ring = 0, point = 0;
    for (size_t i = 0; i < run->n_features; i++) {
        gt_geom_reset(&w->geom, GT_MULTIPOLYGON);
        for (; part < run->feature_end[i]; part++) {
            for (; ring < run->part_end[part]; ring++) {
                for (; point < run->ring_end[ring]; point++) {
                    DO(gt_geom_add_point(ctx, &w->geom, run->xy[2 * point],
                                         run->xy[2 * point + 1]));
                }
                DO(gt_geom_end_ring(ctx, &w->geom));
            }
            DO(gt_geom_end_part(ctx, &w->geom));
        }
        size_t len = 0;
        char id[32];
        const char *code = run->code[i] < table->n_codes ? table->codes[run->code[i]] : "";
        gt_value value = {.kind = GT_VAL_TEXT, .text = code, .len = strlen(code)};
        (void)snprintf(id, sizeof id, "%ld", ++*number);
        DO(gt_geom_to_gpkg(ctx, &w->geom, srs, &w->blob, &w->cap, &len));
        gt_feature f = {.id = id,
                        .valid_from = 18262,
                        .valid_to = GT_DATE_NONE,
                        .blob = w->blob,
                        .blob_len = len,
                        .box = gt_geom_box(&w->geom),
                        .values = &value,
                        .n_values = 1};
        DO(gt_commit_put(ctx, c, layer, &f, 1.0)); /* the area is not asked for */
    }
}

static int make(gt_ctx *ctx, int argc, char **argv)
{
    char crs[32], name[64], package_dir[4200];
    const char *dir = argv[2];
    gt_store *store = NULL;
    writer w = {0};
    gt_geom_init(&w.geom);
    (void)snprintf(crs, sizeof crs, "EPSG:%.20s", argv[3]);
    gt_store_options o;
    gt_store_options_init(&o);
    o.crs = crs;
    o.title = (gt_title){"B", "B"};
    DO(gt_store_create(ctx, dir, &o, &store));
    (void)snprintf(package_dir, sizeof package_dir, "%.4000s/package", dir);
    (void)mkdir(package_dir, 0777);
    write_package(dir, argv[3], argc - 4, argv + 4);
    gt_package *package = read_package(ctx, dir);
    for (int i = 4; i < argc; i++) {
        const gt_commit_info info = {.author = "bench", .message = "load", .expect_revision = -1};
        gt_commit *c = NULL;
        gt_polygon_table *table = NULL;
        long number = 0;
        const char *layer = stem(argv[i], name);
        DO(gt_gpkg_read_polygons(ctx, argv[i], NULL, "code", &table));
        DO(gt_commit_begin(ctx, store, &info, &c));
        DO(gt_commit_define_layer(ctx, c, gt_package_find_layer(package, layer),
                                  GT_ORIGIN_GENERATED));
        for (size_t k = 0; k < table->n_runs; k++) {
            put_run(ctx, c, layer, gt_store_srs_id(store), &w, table, &table->runs[k], &number);
        }
        DO(gt_commit_finish(ctx, c, NULL));
        gt_polygon_table_free(ctx, table);
    }
    gt_geom_free(ctx, &w.geom);
    gt_free(ctx, w.blob);
    gt_package_free(package);
    gt_store_close(store);
    return 0;
}

/* ---- run ------------------------------------------------------------------------------------- */

static double uniform(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) * 0x1p-53;
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void octagon(gt_ctx *ctx, gt_geom *g, double x, double y, double turn, double radius)
{
    gt_geom_reset(g, GT_POLYGON);
    for (int j = 0; j < 9; j++) {
        double a = turn + (j % 8) * 0.78539816339744830962;
        DO(gt_geom_add_point(ctx, g, x + radius * cos(a), y + radius * sin(a)));
    }
    DO(gt_geom_end_ring(ctx, g));
    DO(gt_geom_end_part(ctx, g));
}

typedef struct seen {
    long hits, findings;
    double m2;
} seen;

static void look(const gt_verdict *v, seen *s)
{
    for (size_t i = 0; i < gt_verdict_n_findings(v); i++) {
        const gt_finding *f = gt_verdict_finding(v, i);
        s->findings += f->result == GT_FAIL;
        for (size_t k = 0; k < f->rule->n_measures; k++) {
            s->hits += f->measured[k]->count;
            s->m2 += f->measured[k]->m2;
        }
    }
}

static int run(gt_ctx *ctx, int argc, char **argv)
{
    const char *dir = argv[2];
    int n = (int)strtol(argv[3], NULL, 10), warm = n / 5;
    uint64_t seed = strtoull(argv[4], NULL, 10);
    double least = strtod(argv[5], NULL), most = strtod(argv[6], NULL);
    double from = argc > 7 ? strtod(argv[7], NULL) : 1000;
    double side = argc > 8 ? strtod(argv[8], NULL) : 148000;
    gt_store *store = NULL;
    gt_checker *checker = NULL;
    gt_store_options o;
    gt_store_options_init(&o);
    o.read_only = true;
    double t0 = gt_clock();
    DO(gt_store_open(ctx, dir, &o, &store));
    gt_package *package = read_package(ctx, dir);
    DO(gt_checker_new(ctx, store, package, &checker));
    double ready = gt_clock() - t0;
    double *times = calloc((size_t)n + 1, sizeof *times), *cpu = calloc((size_t)n + 1, sizeof *cpu);
    seen s = {0};
    gt_geom g;
    gt_geom_init(&g);
    for (int i = -warm; times != NULL && cpu != NULL && i < n; i++) {
        double x = 425000 + from + side * uniform(&seed),
               y = 2450000 + from + side * uniform(&seed);
        double turn = uniform(&seed);
        double ha = least < most ? least * pow(most / least, uniform(&seed)) : least;
        /* area of an octagon: 2 sqrt(2) radius^2 */
        octagon(ctx, &g, x, y, turn, sqrt(ha * 1e4 / 2.82842712474619));
        gt_subject subject = {.kind = "parcel", .name = "p", .geom = &g};
        gt_verdict *v = NULL;
        double began = gt_clock(), spent = cpu_seconds();
        DO(gt_checker_run(ctx, checker, &subject, NULL, &v));
        double ms = 1e3 * (gt_clock() - began);
        if (i >= 0) {
            times[i] = ms;
            cpu[i] = 1e3 * (cpu_seconds() - spent);
            look(v, &s);
        }
        gt_verdict_free(v);
    }
    if (times == NULL || cpu == NULL) {
        return 4;
    }
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    qsort(times, (size_t)n, sizeof *times, by_size);
    qsort(cpu, (size_t)n, sizeof *cpu, by_size);
    (void)printf("RESULT median %.3f ms, p99 %.3f ms, max %.3f ms (processor: %.3f, %.3f, %.3f), n "
                 "%d, hits a query %.1f, denials a "
                 "query %.1f, area a query %.2f, ready in %.1f ms, peak %ld MiB\n",
                 times[n / 2], times[(int)(n * 0.99)], times[n - 1], cpu[n / 2],
                 cpu[(int)(n * 0.99)], cpu[n - 1], n, (double)s.hits / n, (double)s.findings / n,
                 s.m2 / n, 1e3 * ready, use.ru_maxrss / 1024);
    free(times);
    free(cpu);
    gt_geom_free(ctx, &g);
    gt_checker_free(checker);
    gt_package_free(package);
    gt_store_close(store);
    return 0;
}

int main(int argc, char **argv)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    int code = 2;
    if (ctx != NULL && argc > 4 && strcmp(argv[1], "make") == 0) {
        code = make(ctx, argc, argv);
    } else if (ctx != NULL && argc > 6 && strcmp(argv[1], "run") == 0) {
        code = run(ctx, argc, argv);
    } else {
        (void)fputs("usage: see the head of bench/check.c\n", stderr);
    }
    gt_ctx_free(ctx);
    return code;
}
