/* A deterministic polygon coverage for benchmarks, as a GeoPackage.
 *
 *   bench_gen_polys OUT.gpkg LAYER N SEED [SIDE_M] [EPSG]
 *
 * Voronoi cells of N uniform seeds in a square (seeds are mirrored at the sides, so the coverage
 * ends exactly there), inner edges of 1 m and more bent at three places towards either seed. A bent
 * place stays in the kite of its edge, so neighbours share every vertex and there is no gap and no
 * overlap. 1 mm coordinates, about 21 vertices a polygon, fields cls (20 values) and code (137). */
#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIDES = 64 };

typedef struct side {
    double a, b, c; /* a x + b y <= c keeps */
    uint32_t with;  /* the seed beyond */
} side;

typedef struct field {
    double *xy; /* seeds, mirrored ones behind the first n */
    size_t n, total;
    uint32_t *start, *list; /* seeds by square bin */
    int bins;
    double lo, bin; /* corner and size of bins */
    uint64_t seed;
} field;

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

static double uniform(uint64_t a, uint64_t b)
{
    return (double)(mix(mix(a + 0x9E3779B97F4A7C15ULL) ^ (b * 0xD1B54A32D192ED03ULL)) >> 11) *
           0x1p-53;
}

static void *get(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) {
        (void)fputs("no memory\n", stderr);
        exit(4);
    }
    return p;
}

static void make_seeds(field *f, double length)
{
    double band = 8 * length / sqrt((double)f->n);
    f->xy = get(5 * f->n + 8, 2 * sizeof(double));
    for (size_t i = 0; i < f->n; i++) {
        f->xy[2 * i] = length * uniform(f->seed, 2 * i);
        f->xy[2 * i + 1] = length * uniform(f->seed, 2 * i + 1);
    }
    f->total = f->n;
    for (int axis = 0; axis < 2; axis++) {
        for (int high = 0; high < 2; high++) {
            for (size_t i = 0; i < f->n; i++) {
                double v = f->xy[2 * i + (size_t)axis];
                if (high == 0 ? v < band : v > length - band) {
                    double *q = f->xy + 2 * f->total++;
                    q[axis] = (high == 0 ? 0 : 2 * length) - v;
                    q[1 - axis] = f->xy[2 * i + (size_t)(1 - axis)];
                }
            }
        }
    }
    f->lo = -band;
    f->bins = (int)(sqrt((double)f->n / 2) * (length + 2 * band) / length) + 1;
    f->bin = (length + 2 * band) / f->bins;
}

static int bin_of(const field *f, double v)
{
    int b = (int)((v - f->lo) / f->bin);
    return b < 0 ? 0 : b >= f->bins ? f->bins - 1 : b;
}

static void make_bins(field *f)
{
    size_t n = (size_t)f->bins * (size_t)f->bins;
    f->start = get(n + 2, sizeof *f->start);
    f->list = get(f->total, sizeof *f->list);
    for (size_t i = 0; i < f->total; i++) {
        f->start[(size_t)bin_of(f, f->xy[2 * i + 1]) * (size_t)f->bins +
                 (size_t)bin_of(f, f->xy[2 * i]) + 2]++;
    }
    for (size_t b = 2; b < n + 2; b++) {
        f->start[b] += f->start[b - 1];
    }
    for (size_t i = 0; i < f->total; i++) {
        size_t b =
            (size_t)bin_of(f, f->xy[2 * i + 1]) * (size_t)f->bins + (size_t)bin_of(f, f->xy[2 * i]);
        f->list[f->start[b + 1]++] = (uint32_t)i;
    }
}

/* Corner between the sides towards j and k: the centre of the circle through three seeds, always
 * computed in the order of their numbers, so that all three cells get the same bits. */
static void corner(const field *f, uint32_t i, uint32_t j, uint32_t k, double out[2])
{
    uint32_t s[3] = {i, j, k};
    for (int a = 0; a < 2; a++) {
        for (int b = 0; b < 2 - a; b++) {
            if (s[b] > s[b + 1]) {
                uint32_t t = s[b];
                s[b] = s[b + 1];
                s[b + 1] = t;
            }
        }
    }
    const double *p = f->xy + 2 * (size_t)s[0], *q = f->xy + 2 * (size_t)s[1],
                 *r = f->xy + 2 * (size_t)s[2];
    double bx = q[0] - p[0], by = q[1] - p[1], cx = r[0] - p[0], cy = r[1] - p[1];
    double d = 2 * (bx * cy - by * cx), b2 = bx * bx + by * by, c2 = cx * cx + cy * cy;
    out[0] = floor((p[0] + (cy * b2 - by * c2) / d) * 1000 + 0.5) / 1000;
    out[1] = floor((p[1] + (bx * c2 - cx * b2) / d) * 1000 + 0.5) / 1000;
}

typedef struct cell {
    int n;
    side sides[MOST_SIDES];  /* counter-clockwise */
    double v[MOST_SIDES][2]; /* corner between side i-1 and side i */
} cell;

/* Cuts the cell by the bisector towards seed j. */
static void clip(cell *c, const double *p, const double *q, uint32_t j)
{
    side s = {q[0] - p[0], q[1] - p[1], 0, j};
    s.c = 0.5 * (s.a * (p[0] + q[0]) + s.b * (p[1] + q[1]));
    cell out = {0};
    double d[MOST_SIDES];
    bool cut = false;
    for (int i = 0; i < c->n; i++) {
        d[i] = s.a * c->v[i][0] + s.b * c->v[i][1] - s.c;
        cut = cut || d[i] > 0;
    }
    if (!cut) {
        return;
    }
    for (int i = 0; i < c->n && out.n < MOST_SIDES - 2; i++) {
        int k = (i + 1) % c->n;
        double t = d[i] / (d[i] - d[k]);
        double x = c->v[i][0] + t * (c->v[k][0] - c->v[i][0]);
        double y = c->v[i][1] + t * (c->v[k][1] - c->v[i][1]);
        if (d[i] <= 0) {
            memcpy(out.v[out.n], c->v[i], sizeof out.v[0]);
            out.sides[out.n++] = c->sides[i];
            if (d[k] > 0) { /* leaves: the new side begins here */
                out.v[out.n][0] = x;
                out.v[out.n][1] = y;
                out.sides[out.n++] = s;
            }
        } else if (d[k] <= 0) { /* comes back along side i */
            out.v[out.n][0] = x;
            out.v[out.n][1] = y;
            out.sides[out.n++] = c->sides[i];
        }
    }
    *c = out;
}

static void make_cell(const field *f, uint32_t i, cell *c)
{
    const double *p = f->xy + 2 * (size_t)i;
    double far = 100 * f->bin;
    static const double box[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    c->n = 4;
    for (int k = 0; k < 4; k++) {
        c->v[k][0] = p[0] + far * box[k][0];
        c->v[k][1] = p[1] + far * box[k][1];
        c->sides[k].with = UINT32_MAX;
    }
    int bx = bin_of(f, p[0]), by = bin_of(f, p[1]);
    for (int ring = 0; ring < 100; ring++) {
        double reach = 0;
        for (int k = 0; k < c->n; k++) {
            reach = fmax(reach, hypot(c->v[k][0] - p[0], c->v[k][1] - p[1]));
        }
        if ((ring - 1) * f->bin > 2 * reach) {
            return;
        }
        for (int y = by - ring; y <= by + ring; y++) {
            for (int x = bx - ring; x <= bx + ring; x++) {
                bool rim = y == by - ring || y == by + ring || x == bx - ring || x == bx + ring;
                if (!rim || x < 0 || y < 0 || x >= f->bins || y >= f->bins) {
                    continue;
                }
                size_t b = (size_t)y * (size_t)f->bins + (size_t)x;
                for (uint32_t k = f->start[b]; k < f->start[b + 1]; k++) {
                    if (f->list[k] != i) {
                        clip(c, p, f->xy + 2 * (size_t)f->list[k], f->list[k]);
                    }
                }
            }
        }
    }
}

/* The three bends between corners a and b of the edge between seeds i and j, seen from lower to
 * higher seed; returns 0 when the edge stays straight. */
static int bends(const field *f, uint32_t i, uint32_t j, const double *a, const double *b,
                 double out[3][2])
{
    const double *g[2] = {f->xy + 2 * (size_t)i, f->xy + 2 * (size_t)j};
    double dx = b[0] - a[0], dy = b[1] - a[1], length = hypot(dx, dy);
    double foot =
        length > 0 ? ((g[0][0] - a[0]) * dx + (g[0][1] - a[1]) * dy) / (length * length) : 0;
    if (i >= f->n || j >= f->n || length < 1 || foot < -0.5 || foot > 1.5) {
        return 0;
    }
    for (int k = 0; k < 3; k++) {
        double u = uniform(f->seed ^ 0xB5, ((uint64_t)i << 32 | j) * 4 + (uint64_t)k);
        double t = 0.25 * (k + 1), w = 0.02 + 0.10 * fabs(2 * u - 1);
        const double *to = g[u < 0.5 ? 0 : 1];
        out[k][0] = floor(((1 - w) * (a[0] + t * dx) + w * to[0]) * 1000 + 0.5) / 1000;
        out[k][1] = floor(((1 - w) * (a[1] + t * dy) + w * to[1]) * 1000 + 0.5) / 1000;
    }
    return 3;
}

static size_t make_ring(const field *f, uint32_t i, double *out)
{
    cell c;
    size_t n = 0;
    make_cell(f, i, &c);
    for (int k = 0; k < c.n; k++) {
        uint32_t before = c.sides[(k + c.n - 1) % c.n].with, here = c.sides[k].with;
        uint32_t after = c.sides[(k + 1) % c.n].with;
        double a[2], b[2], bent[3][2];
        corner(f, i, before, here, a);
        corner(f, i, here, after, b);
        memcpy(out + 2 * n++, a, sizeof a);
        bool turn = here < i;
        int m = turn ? bends(f, here, i, b, a, bent) : bends(f, i, here, a, b, bent);
        for (int q = 0; q < m; q++) {
            memcpy(out + 2 * n++, bent[turn ? m - 1 - q : q], sizeof bent[0]);
        }
    }
    size_t kept = 0; /* corners that fell together */
    for (size_t k = 0; k < n; k++) {
        if (kept == 0 || out[2 * k] != out[2 * kept - 2] || out[2 * k + 1] != out[2 * kept - 1]) {
            memmove(out + 2 * kept++, out + 2 * k, 2 * sizeof *out);
        }
    }
    while (kept > 1 && out[0] == out[2 * kept - 2] && out[1] == out[2 * kept - 1]) {
        kept--;
    }
    return kept;
}

static void sql(sqlite3 *db, char *text)
{
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
        (void)fprintf(stderr, "%s\n", why);
        exit(4);
    }
    sqlite3_free(text);
}

static sqlite3_stmt *open_table(sqlite3 *db, const char *layer, int epsg)
{
    sqlite3_stmt *insert = NULL;
    sql(db,
        sqlite3_mprintf(
            "pragma application_id=0x47504B47; pragma user_version=10300; pragma journal_mode=off; "
            "pragma synchronous=off; begin; create table gpkg_spatial_ref_sys(srs_name text not "
            "null, srs_id integer primary key, organization text not null, "
            "organization_coordsys_id "
            "integer not null, definition text not null, description text); insert into "
            "gpkg_spatial_ref_sys values('EPSG:%d',%d,'EPSG',%d,'undefined',null),"
            "('Undefined Cartesian',-1,'NONE',-1,'undefined',null),"
            "('Undefined geographic',0,'NONE',0,'undefined',null); create table "
            "gpkg_contents(table_name text not null primary key, data_type text not null, "
            "identifier "
            "text unique, description text default '', last_change datetime not null default "
            "(strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ','now')), min_x double, min_y double, max_x "
            "double, "
            "max_y double, srs_id integer); create table gpkg_geometry_columns(table_name text not "
            "null, column_name text not null, geometry_type_name text not null, srs_id integer not "
            "null, z tinyint not null, m tinyint not null, primary key(table_name, column_name)); "
            "create table \"%w\"(id integer primary key, geom polygon, cls integer, code text)",
            epsg, epsg, epsg, layer));
    sql(db, sqlite3_mprintf("insert into gpkg_contents(table_name, data_type, identifier, srs_id) "
                            "values(%Q,'features',%Q,%d); insert into gpkg_geometry_columns "
                            "values(%Q,'geom','POLYGON',%d,0,0)",
                            layer, layer, epsg, layer, epsg));
    char *text = sqlite3_mprintf("insert into \"%w\" values(?1,?2,?3,?4)", layer);
    if (sqlite3_prepare_v2(db, text, -1, &insert, NULL) != SQLITE_OK) {
        exit(4);
    }
    sqlite3_free(text);
    return insert;
}

static size_t blob_of(uint8_t *blob, const double *ring, size_t n, int epsg)
{
    double box[4] = {ring[0], ring[0], ring[1], ring[1]};
    uint32_t head[3] = {3, 1, (uint32_t)n + 1};
    int32_t srs = epsg;
    for (size_t i = 0; i < n; i++) {
        box[0] = fmin(box[0], ring[2 * i]);
        box[1] = fmax(box[1], ring[2 * i]);
        box[2] = fmin(box[2], ring[2 * i + 1]);
        box[3] = fmax(box[3], ring[2 * i + 1]);
    }
    memcpy(blob, "GP\0\3", 4);
    memcpy(blob + 4, &srs, 4);
    memcpy(blob + 8, box, 32);
    blob[40] = 1;
    memcpy(blob + 41, head, 12);
    memcpy(blob + 53, ring, n * 16);
    memcpy(blob + 53 + n * 16, ring, 16);
    return 53 + (n + 1) * 16;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        (void)fputs("usage: bench_gen_polys OUT.gpkg LAYER N SEED [SIDE_M] [EPSG]\n", stderr);
        return 2;
    }
    field f = {.n = strtoul(argv[3], NULL, 10), .seed = strtoul(argv[4], NULL, 10)};
    double length = argc > 5 ? strtod(argv[5], NULL) : 150000;
    int epsg = argc > 6 ? (int)strtol(argv[6], NULL, 10) : 32650;
    sqlite3 *db = NULL;
    static double ring[2 * 5 * MOST_SIDES];
    static uint8_t blob[64 + 16 * 5 * MOST_SIDES];
    (void)remove(argv[1]);
    if (f.n < 16 || sqlite3_open(argv[1], &db) != SQLITE_OK) {
        return 2;
    }
    make_seeds(&f, length);
    make_bins(&f);
    sqlite3_stmt *insert = open_table(db, argv[2], epsg);
    size_t vertices = 0;
    double area = 0;
    for (uint32_t i = 0; i < f.n; i++) {
        size_t n = make_ring(&f, i, ring);
        char code[16];
        if (n < 3) {
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            ring[2 * k] += 425000;
            ring[2 * k + 1] += 2450000;
        }
        for (size_t k = 0; k < n; k++) {
            const double *a = ring + 2 * k, *b = ring + 2 * ((k + 1) % n);
            area +=
                0.5 * ((a[0] - ring[0]) * (b[1] - ring[1]) - (b[0] - ring[0]) * (a[1] - ring[1]));
        }
        vertices += n;
        (void)snprintf(code, sizeof code, "C%03d", (int)((uint64_t)i * 104729 % 137));
        (void)sqlite3_bind_int64(insert, 1, (int64_t)i + 1);
        (void)sqlite3_bind_blob(insert, 2, blob, (int)blob_of(blob, ring, n, epsg), SQLITE_STATIC);
        (void)sqlite3_bind_int(insert, 3, (int)((uint64_t)i * 7919 % 20));
        (void)sqlite3_bind_text(insert, 4, code, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) {
            (void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
            return 4;
        }
        (void)sqlite3_reset(insert);
    }
    (void)sqlite3_finalize(insert);
    sql(db,
        sqlite3_mprintf("update gpkg_contents set min_x=425000, min_y=2450000, max_x=%f, max_y=%f; "
                        "commit",
                        425000 + length, 2450000 + length));
    (void)printf("%s %s n=%zu vertices=%zu area error %.6g m2 of %.6g\n", argv[1], argv[2], f.n,
                 vertices, area - length * length, length * length);
    free(f.xy);
    free(f.start);
    free(f.list);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 4;
}
