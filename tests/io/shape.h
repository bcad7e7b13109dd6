/* Shapefiles byte by byte, so that they can be wrong in every way. Layout: ESRI Shapefile Technical
 * Description (1998); dBASE III table. */
#ifndef GT_TESTS_IO_SHAPE_H
#define GT_TESTS_IO_SHAPE_H

#include <stdint.h>
#include <string.h>

#include "make.h"

typedef struct bytes {
    uint8_t data[1 << 16];
    size_t len;
} bytes;

static inline void add(bytes *b, const void *data, size_t n)
{
    assert_true(b->len + n <= sizeof b->data);
    memcpy(b->data + b->len, data, n);
    b->len += n;
}

static inline void add_le(bytes *b, uint32_t v)
{
    add(b, &v, 4);
}

static inline void add_be(bytes *b, uint32_t v)
{
    add_le(b, __builtin_bswap32(v));
}

static inline void add_f64(bytes *b, double v)
{
    add(b, &v, 8);
}

static inline void add_head(bytes *b, uint32_t file_bytes)
{
    add_be(b, 9994);
    for (int i = 0; i < 5; i++) {
        add_be(b, 0);
    }
    add_be(b, file_bytes / 2);
    add_le(b, 1000);
    add_le(b, 5); /* polygons */
    for (int i = 0; i < 8; i++) {
        add_f64(b, i < 2 ? 0 : i < 4 ? 100 : 0);
    }
}

/* n squares; record `odd` (0-based, -1: none) has its third point at (x, y) and claims `claimed`
 * points (0: the truth, 5). */
typedef struct shape_plan {
    int n, odd;
    double x, y;
    uint32_t claimed;
} shape_plan;

static inline void write_shp(const char *dir, const char *stem, const shape_plan *p)
{
    enum { RECORD = 8 + 4 + 32 + 8 + 4 + 5 * 16 };
    static bytes shp, shx;
    char name[64];
    shp.len = shx.len = 0;
    add_head(&shp, (uint32_t)(100 + RECORD * p->n));
    add_head(&shx, (uint32_t)(100 + 8 * p->n));
    for (int i = 0; i < p->n; i++) {
        const double x = 10 * i, sq[5][2] = {{x, 0}, {x, 10}, {x + 10, 10}, {x + 10, 0}, {x, 0}};
        const bool odd = i == p->odd;
        add_be(&shx, (uint32_t)shp.len / 2);
        add_be(&shx, (RECORD - 8) / 2);
        add_be(&shp, (uint32_t)i + 1);
        add_be(&shp, (RECORD - 8) / 2);
        add_le(&shp, 5);
        add_f64(&shp, x);
        add_f64(&shp, 0);
        add_f64(&shp, x + 10);
        add_f64(&shp, 10);
        add_le(&shp, 1);
        add_le(&shp, odd && p->claimed != 0 ? p->claimed : 5);
        add_le(&shp, 0);
        for (int k = 0; k < 5; k++) {
            add_f64(&shp, odd && k == 2 ? p->x : sq[k][0]);
            add_f64(&shp, odd && k == 2 ? p->y : sq[k][1]);
        }
    }
    (void)snprintf(name, sizeof name, "%s.shp", stem);
    test_write_file(test_path(dir, name), shp.data, shp.len);
    (void)snprintf(name, sizeof name, "%s.shx", stem);
    test_write_file(test_path(dir, name), shx.data, shx.len);
}

/* A table of one text field; texts[i] is cut or padded with blanks to `width`. */
static inline void write_dbf(const char *dir, const char *stem, uint8_t language, const char *field,
                             int width, const char *const *texts, int n)
{
    static bytes b;
    uint8_t head[32] = {3, 124, 1, 1}, column[32] = {0};
    char name[64];
    b.len = 0;
    const uint16_t head_len = 65, record = (uint16_t)(1 + width);
    memcpy(head + 4, &n, 4);
    memcpy(head + 8, &head_len, 2);
    memcpy(head + 10, &record, 2);
    head[29] = language;
    memcpy(column, field, strlen(field) < 11 ? strlen(field) : 11);
    column[11] = 'C';
    column[16] = (uint8_t)width;
    add(&b, head, 32);
    add(&b, column, 32);
    add(&b, "\r", 1);
    for (int i = 0; i < n; i++) {
        const size_t len = strlen(texts[i]);
        add(&b, " ", 1);
        for (int k = 0; k < width; k++) {
            add(&b, (size_t)k < len ? &texts[i][k] : " ", 1);
        }
    }
    add(&b, "\x1A", 1);
    (void)snprintf(name, sizeof name, "%s.dbf", stem);
    test_write_file(test_path(dir, name), b.data, b.len);
}

#endif
