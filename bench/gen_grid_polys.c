/* Writes a coverage of jittered cells straight to a GeoPackage, for benchmarks: N polygons of 22
 * vertices in rows and columns, neighbours sharing every vertex, attributes as a land survey has
 * them. Every vertex comes from a hash of its place, so nothing is kept in memory and the same
 * arguments give the same file. 1.2 us a polygon plus SQLite.
 *
 *   gen_grid_polys OUT.gpkg LAYER N [SEED [EPSG]]      (EPSG: 4548 plane metres, or 4490 degrees)
 */
#include <math.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/area.h"

enum { PER_SIDE = 5 }; /* 5 points inside two sides, 4 inside the others, 4 corners: 22 */

typedef struct job {
    sqlite3 *db;
    sqlite3_stmt *insert;
    const char *layer;
    long n, columns;
    uint64_t seed;
    int epsg;
    const gt_plane *plane;
    double x0, y0, cell;
} job;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static double noise(const job *j, long a, long b, long c, long d)
{
    uint64_t h = mix(j->seed + 0x9E3779B97F4A7C15ULL * (uint64_t)(a + 1));
    h = mix(h ^ (uint64_t)b);
    h = mix(h ^ ((uint64_t)c << 8) ^ (uint64_t)d);
    return (double)(h >> 11) * 0x1.0p-53 - 0.5;
}

static double millimetre(double v)
{
    return round(v * 1000.0) / 1000.0;
}

/* Corner of the grid, moved by up to a seventh of a cell. */
static void corner(const job *j, long col, long row, double out[2])
{
    out[0] = j->x0 + j->cell * ((double)col + 0.28 * noise(j, col, row, 0, 0));
    out[1] = j->y0 + j->cell * ((double)row + 0.28 * noise(j, col, row, 0, 1));
}

/* Point k of m inside the side from a to b; the side is named by its lower left corner and axis. */
static void on_side(const job *j, long col, long row, int axis, int k, int m, double out[2])
{
    double a[2], b[2];
    corner(j, col, row, a);
    corner(j, col + (axis == 0), row + (axis == 1), b);
    double t = (k + 1.0) / (m + 1.0);
    for (int d = 0; d < 2; d++) {
        out[d] =
            a[d] + t * (b[d] - a[d]) + 0.06 * j->cell * noise(j, col, row, 2 + axis, 4 * k + d);
    }
}

static int ring(const job *j, long col, long row, double (*xy)[2])
{
    static const struct {
        int dc, dr, axis, reverse;
    } sides[4] = {{0, 0, 0, 0}, {1, 0, 1, 0}, {0, 1, 0, 1}, {0, 0, 1, 1}};
    int n = 0;
    for (int s = 0; s < 4; s++) {
        int m = sides[s].axis == 0 ? PER_SIDE : PER_SIDE - 1;
        corner(j, col + (s == 1 || s == 2), row + (s >= 2), xy[n++]);
        for (int k = 0; k < m; k++) {
            on_side(j, col + sides[s].dc, row + sides[s].dr, sides[s].axis,
                    sides[s].reverse != 0 ? m - 1 - k : k, m, xy[n++]);
        }
    }
    for (int i = 0; i < n; i++) {
        xy[i][0] = millimetre(xy[i][0]);
        xy[i][1] = millimetre(xy[i][1]);
        if (j->epsg == 4490) {
            double lon, lat;
            gt_plane_inverse(j->plane, xy[i][0], xy[i][1], &lon, &lat);
            xy[i][0] = lon * (180.0 / M_PI);
            xy[i][1] = lat * (180.0 / M_PI);
        }
    }
    memcpy(xy[n], xy[0], sizeof xy[0]);
    return n + 1;
}

static void put32(uint8_t **p, uint32_t v)
{
    memcpy(*p, &v, sizeof v); /* little endian machines only, as the benchmark's are */
    *p += sizeof v;
}

static int blob(const job *j, double (*xy)[2], int n, uint8_t *out)
{
    uint8_t *p = out;
    double box[4] = {xy[0][0], xy[0][0], xy[0][1], xy[0][1]};
    for (int i = 1; i < n; i++) {
        box[0] = fmin(box[0], xy[i][0]);
        box[1] = fmax(box[1], xy[i][0]);
        box[2] = fmin(box[2], xy[i][1]);
        box[3] = fmax(box[3], xy[i][1]);
    }
    memcpy(p, "GP\0\x03", 4);
    p += 4;
    put32(&p, (uint32_t)j->epsg);
    memcpy(p, box, sizeof box);
    p += sizeof box;
    *p++ = 1;
    put32(&p, 3);
    put32(&p, 1);
    put32(&p, (uint32_t)n);
    memcpy(p, xy, (size_t)n * sizeof *xy);
    return (int)(p - out) + n * (int)sizeof *xy;
}

static int run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        (void)fprintf(stderr, "gen_grid_polys: %s\n", why);
        sqlite3_free(why);
        return 1;
    }
    return 0;
}

static int schema(const job *j, const char *wkt)
{
    char *sql = sqlite3_mprintf(
        "PRAGMA application_id=0x47504B47; PRAGMA user_version=10300; PRAGMA journal_mode=OFF;"
        "PRAGMA synchronous=OFF;"
        "CREATE TABLE gpkg_spatial_ref_sys(srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY,"
        " organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL,"
        " definition TEXT NOT NULL, description TEXT);"
        "INSERT INTO gpkg_spatial_ref_sys VALUES('work',%d,'EPSG',%d,%Q,NULL),"
        "('undefined',-1,'NONE',-1,'undefined',NULL),('undefined',0,'NONE',0,'undefined',NULL);"
        "CREATE TABLE gpkg_contents(table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL,"
        " identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL "
        "DEFAULT"
        " '2020-01-01T00:00:00.000Z', min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,"
        " srs_id INTEGER);"
        "CREATE TABLE gpkg_geometry_columns(table_name TEXT PRIMARY KEY, column_name TEXT NOT NULL,"
        " geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,"
        " m TINYINT NOT NULL);"
        "CREATE TABLE \"%w\"(fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom BLOB,"
        " bsm TEXT, dlbm TEXT, dlmc TEXT, tbmj REAL);"
        "INSERT INTO gpkg_contents(table_name,data_type,identifier,srs_id) "
        "VALUES(%Q,'features',%Q,%d);"
        "INSERT INTO gpkg_geometry_columns VALUES(%Q,'geom','POLYGON',%d,0,0); BEGIN",
        j->epsg, j->epsg, wkt, j->layer, j->layer, j->layer, j->epsg, j->layer, j->epsg);
    int bad = run(j->db, sql);
    sqlite3_free(sql);
    return bad;
}

static int rows(const job *j)
{
    static const char *const codes[][2] = {{"0101", "水田"},
                                           {"0103", "旱地"},
                                           {"0301", "乔木林地"},
                                           {"0702", "农村宅基地"},
                                           {"1006", "农村道路"}};
    double xy[32][2];
    uint8_t out[1024];
    char id[32];
    for (long i = 0; i < j->n; i++) {
        long col = i % j->columns, row = i / j->columns;
        int len = blob(j, xy, ring(j, col, row, xy), out);
        const char *const *code = codes[mix((uint64_t)i ^ j->seed) % 5];
        (void)snprintf(id, sizeof id, "1100000000%08ld", i);
        sqlite3_bind_blob(j->insert, 1, out, len, SQLITE_STATIC);
        sqlite3_bind_text(j->insert, 2, id, -1, SQLITE_STATIC);
        sqlite3_bind_text(j->insert, 3, code[0], -1, SQLITE_STATIC);
        sqlite3_bind_text(j->insert, 4, code[1], -1, SQLITE_STATIC);
        sqlite3_bind_double(j->insert, 5, millimetre(j->cell * j->cell));
        if (sqlite3_step(j->insert) != SQLITE_DONE) {
            (void)fprintf(stderr, "gen_grid_polys: %s\n", sqlite3_errmsg(j->db));
            return 1;
        }
        sqlite3_reset(j->insert);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fprintf(stderr, "usage: gen_grid_polys OUT.gpkg LAYER N [SEED [EPSG]]\n");
        return 2;
    }
    job j = {.layer = argv[2], .n = strtol(argv[3], NULL, 10)};
    j.seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    j.epsg = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 4548;
    j.columns = (long)ceil(sqrt((double)j.n));
    j.cell = 128000.0 / (double)j.columns; /* one city, 128 km wide, whatever the count */
    j.x0 = 440000.0;
    j.y0 = 4370000.0;
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_crs *work = NULL, *out = NULL;
    gt_plane *plane = NULL;
    char name[16];
    (void)snprintf(name, sizeof name, "EPSG:%d", j.epsg);
    if (ctx == NULL || gt_crs_new(ctx, "EPSG:4548", &work) != GT_OK ||
        gt_plane_new(ctx, work, &plane) != GT_OK || gt_crs_new(ctx, name, &out) != GT_OK) {
        (void)fprintf(stderr, "gen_grid_polys: no CRS\n");
        return 4;
    }
    j.plane = plane;
    (void)remove(argv[1]);
    char *sql =
        sqlite3_mprintf("INSERT INTO \"%w\"(geom,bsm,dlbm,dlmc,tbmj) VALUES(?,?,?,?,?)", j.layer);
    int bad = sqlite3_open(argv[1], &j.db) != SQLITE_OK || schema(&j, gt_crs_wkt(out)) != 0 ||
              sqlite3_prepare_v2(j.db, sql, -1, &j.insert, NULL) != SQLITE_OK || rows(&j) != 0 ||
              run(j.db, "COMMIT") != 0;
    sqlite3_free(sql);
    sqlite3_finalize(j.insert);
    sqlite3_close(j.db);
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, work);
    gt_crs_free(ctx, out);
    gt_ctx_free(ctx);
    return bad != 0 ? 4 : 0;
}
