/* Cells between the types of files and the three types of buffers. Loops are plain so that the
 * compiler vectorises them; which loop runs is chosen once for a run of cells. */
#include <math.h>
#include <string.h>

#include "grid/internal.h"

static const struct {
    const char *name;
    size_t bytes;
    double low, high; /* of integer types */
} TYPES[] = {
    [GT_CELL_U8] = {"uint8", 1, 0, 255},     [GT_CELL_I16] = {"int16", 2, -32768, 32767},
    [GT_CELL_U16] = {"uint16", 2, 0, 65535}, [GT_CELL_I32] = {"int32", 4, INT32_MIN, INT32_MAX},
    [GT_CELL_F32] = {"float32", 4, 0, 0},    [GT_CELL_F64] = {"float64", 8, 0, 0},
};
enum { N_TYPES = sizeof TYPES / sizeof TYPES[0] };

const char *gt_cell_name(gt_cell type)
{
    return TYPES[type].name;
}

size_t gt_cell_bytes(gt_cell type)
{
    return TYPES[type].bytes;
}

bool gt_cell_parse(const char *name, gt_cell *out)
{
    for (int i = 0; i < N_TYPES; i++) {
        if (strcmp(TYPES[i].name, name) == 0) {
            *out = (gt_cell)i;
            return true;
        }
    }
    return false;
}

static bool is_real(gt_cell type)
{
    return type == GT_CELL_F32 || type == GT_CELL_F64;
}

bool grid_value_fits(gt_cell type, double value)
{
    if (type == GT_CELL_F64) {
        return true;
    }
    if (type == GT_CELL_F32) {
        return isnan(value) || isinf(value) || isfinite((float)value);
    }
    return value >= TYPES[type].low && value <= TYPES[type].high && rint(value) == value;
}

bool grid_cells_same(const cell_map *map)
{
    if (map->file != map->buffer) {
        return false;
    }
    return is_real(map->file) ? isnan(map->nodata) : map->nodata == (double)GT_NODATA_I32;
}

void grid_buffer_nodata(gt_cell buffer, void *to, size_t n)
{
    grid_cells_fill(buffer, buffer == GT_CELL_I32 ? (double)GT_NODATA_I32 : (double)NAN, to, n);
}

void grid_cells_fill(gt_cell type, double value, void *to, size_t n)
{
/* NOLINTBEGIN(bugprone-macro-parentheses): a type is meant */
#define FILL(enumerator, ctype)                                                                    \
    case enumerator: {                                                                             \
        ctype *t = to, v = (ctype)value;                                                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            t[i] = v;                                                                              \
        }                                                                                          \
        return;                                                                                    \
    }
    /* NOLINTEND(bugprone-macro-parentheses) */
    switch (type) {
        FILL(GT_CELL_U8, uint8_t)
        FILL(GT_CELL_I16, int16_t)
        FILL(GT_CELL_U16, uint16_t)
        FILL(GT_CELL_I32, int32_t)
        FILL(GT_CELL_F32, float)
        FILL(GT_CELL_F64, double)
    }
#undef FILL
}

/* ---- in ----------------------------------------------------------------------------------------
 */

/* Integer file to a buffer: NONE is the buffer's nodata. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type is meant */
#define INT_IN(ftype, btype, NONE)                                                                 \
    {                                                                                              \
        const ftype *f = from;                                                                     \
        btype *t = to;                                                                             \
        if (isnan(map->nodata)) {                                                                  \
            for (size_t i = 0; i < n; i++) {                                                       \
                t[i] = (btype)f[i];                                                                \
            }                                                                                      \
        } else {                                                                                   \
            const ftype none = (ftype)map->nodata;                                                 \
            for (size_t i = 0; i < n; i++) {                                                       \
                t[i] = f[i] == none ? (NONE) : (btype)f[i];                                        \
            }                                                                                      \
        }                                                                                          \
        return n;                                                                                  \
    }
#define REAL_IN(ftype, btype)                                                                      \
    {                                                                                              \
        const ftype *f = from, none = (ftype)map->nodata;                                          \
        btype *t = to;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            t[i] = f[i] == none ? (btype)NAN : (btype)f[i];                                        \
        }                                                                                          \
        return n;                                                                                  \
    }
#define REAL_TO_INT(ftype)                                                                         \
    {                                                                                              \
        const ftype *f = from, none = (ftype)map->nodata;                                          \
        int32_t *t = to;                                                                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (f[i] == none || isnan(f[i])) {                                                     \
                t[i] = GT_NODATA_I32;                                                              \
            } else if ((double)f[i] > -2147483648.0 && (double)f[i] < 2147483648.0 &&              \
                       (ftype)(int32_t)f[i] == f[i]) {                                             \
                t[i] = (int32_t)f[i];                                                              \
            } else {                                                                               \
                return i;                                                                          \
            }                                                                                      \
        }                                                                                          \
        return n;                                                                                  \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static size_t in_f32(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        INT_IN(uint8_t, float, (float)NAN)
    case GT_CELL_I16:
        INT_IN(int16_t, float, (float)NAN)
    case GT_CELL_U16:
        INT_IN(uint16_t, float, (float)NAN)
    case GT_CELL_I32:
        INT_IN(int32_t, float, (float)NAN)
    case GT_CELL_F32:
        REAL_IN(float, float)
    case GT_CELL_F64:
        REAL_IN(double, float)
    }
    return 0;
}

static size_t in_f64(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        INT_IN(uint8_t, double, (double)NAN)
    case GT_CELL_I16:
        INT_IN(int16_t, double, (double)NAN)
    case GT_CELL_U16:
        INT_IN(uint16_t, double, (double)NAN)
    case GT_CELL_I32:
        INT_IN(int32_t, double, (double)NAN)
    case GT_CELL_F32:
        REAL_IN(float, double)
    case GT_CELL_F64:
        REAL_IN(double, double)
    }
    return 0;
}

static size_t in_i32(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        INT_IN(uint8_t, int32_t, GT_NODATA_I32)
    case GT_CELL_I16:
        INT_IN(int16_t, int32_t, GT_NODATA_I32)
    case GT_CELL_U16:
        INT_IN(uint16_t, int32_t, GT_NODATA_I32)
    case GT_CELL_I32:
        INT_IN(int32_t, int32_t, GT_NODATA_I32)
    case GT_CELL_F32:
        REAL_TO_INT(float)
    case GT_CELL_F64:
        REAL_TO_INT(double)
    }
    return 0;
}

size_t grid_cells_in(const cell_map *map, const void *from, void *to, size_t n)
{
    if (grid_cells_same(map)) {
        memmove(to, from, n * gt_cell_bytes(map->file));
        return n;
    }
    switch (map->buffer) {
    case GT_CELL_F32:
        return in_f32(map, from, to, n);
    case GT_CELL_F64:
        return in_f64(map, from, to, n);
    case GT_CELL_I32:
        return in_i32(map, from, to, n);
    case GT_CELL_U8:
    case GT_CELL_I16:
    case GT_CELL_U16:
        break;
    }
    return 0;
}

/* ---- out ---------------------------------------------------------------------------------------
 */

/* NOLINTBEGIN(bugprone-macro-parentheses): a type is meant */
#define REAL_TO(btype, ftype, LOW, HIGH)                                                           \
    {                                                                                              \
        const btype *f = from;                                                                     \
        ftype *t = to;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (isnan(f[i])) {                                                                     \
                t[i] = (ftype)map->nodata;                                                         \
                continue;                                                                          \
            }                                                                                      \
            double v = rint((double)f[i]);                                                         \
            if (!(v >= (LOW) && v <= (HIGH))) {                                                    \
                return i;                                                                          \
            }                                                                                      \
            t[i] = (ftype)v;                                                                       \
        }                                                                                          \
        return n;                                                                                  \
    }
#define INT_TO(ftype, LOW, HIGH)                                                                   \
    {                                                                                              \
        const int32_t *f = from;                                                                   \
        ftype *t = to;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (f[i] == GT_NODATA_I32) {                                                           \
                t[i] = (ftype)map->nodata;                                                         \
                continue;                                                                          \
            }                                                                                      \
            if (f[i] < (LOW) || f[i] > (HIGH)) {                                                   \
                return i;                                                                          \
            }                                                                                      \
            t[i] = (ftype)f[i];                                                                    \
        }                                                                                          \
        return n;                                                                                  \
    }
#define TO_REAL(btype, ftype, IS_NONE)                                                             \
    {                                                                                              \
        const btype *f = from;                                                                     \
        ftype *t = to, none = (ftype)map->nodata;                                                  \
        for (size_t i = 0; i < n; i++) {                                                           \
            t[i] = IS_NONE(f[i]) ? none : (ftype)f[i];                                             \
        }                                                                                          \
        return n;                                                                                  \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define IS_NONE_I32(v) ((v) == GT_NODATA_I32)

static size_t out_f32(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        REAL_TO(float, uint8_t, 0, 255)
    case GT_CELL_I16:
        REAL_TO(float, int16_t, -32768, 32767)
    case GT_CELL_U16:
        REAL_TO(float, uint16_t, 0, 65535)
    case GT_CELL_I32:
        REAL_TO(float, int32_t, -2147483648.0, 2147483647.0)
    case GT_CELL_F32:
        TO_REAL(float, float, isnan)
    case GT_CELL_F64:
        TO_REAL(float, double, isnan)
    }
    return 0;
}

static size_t f64_to_f32(const cell_map *map, const void *from, void *to, size_t n)
{
    const double *f = from;
    float *t = to;
    for (size_t i = 0; i < n; i++) {
        t[i] = isnan(f[i]) ? (float)map->nodata : (float)f[i];
        if (isinf(t[i]) && !isinf(f[i])) {
            return i;
        }
    }
    return n;
}

static size_t out_f64(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        REAL_TO(double, uint8_t, 0, 255)
    case GT_CELL_I16:
        REAL_TO(double, int16_t, -32768, 32767)
    case GT_CELL_U16:
        REAL_TO(double, uint16_t, 0, 65535)
    case GT_CELL_I32:
        REAL_TO(double, int32_t, -2147483648.0, 2147483647.0)
    case GT_CELL_F32:
        return f64_to_f32(map, from, to, n);
    case GT_CELL_F64:
        TO_REAL(double, double, isnan)
    }
    return 0;
}

static size_t out_i32(const cell_map *map, const void *from, void *to, size_t n)
{
    switch (map->file) {
    case GT_CELL_U8:
        INT_TO(uint8_t, 0, 255)
    case GT_CELL_I16:
        INT_TO(int16_t, -32768, 32767)
    case GT_CELL_U16:
        INT_TO(uint16_t, 0, 65535)
    case GT_CELL_I32:
        TO_REAL(int32_t, int32_t, IS_NONE_I32)
    case GT_CELL_F32:
        TO_REAL(int32_t, float, IS_NONE_I32)
    case GT_CELL_F64:
        TO_REAL(int32_t, double, IS_NONE_I32)
    }
    return 0;
}

size_t grid_cells_out(const cell_map *map, const void *from, void *to, size_t n)
{
    if (grid_cells_same(map)) {
        memcpy(to, from, n * gt_cell_bytes(map->file));
        return n;
    }
    switch (map->buffer) {
    case GT_CELL_F32:
        return out_f32(map, from, to, n);
    case GT_CELL_F64:
        return out_f64(map, from, to, n);
    case GT_CELL_I32:
        return out_i32(map, from, to, n);
    case GT_CELL_U8:
    case GT_CELL_I16:
    case GT_CELL_U16:
        break;
    }
    return 0;
}
