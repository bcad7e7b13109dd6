#include "weave/csv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH = 1 << 18 };

gt_status wv_csv_open(gt_ctx *ctx, wv_csv *csv, const char *path)
{
    csv->ctx = ctx;
    size_t len = strlen(path) + 32;
    csv->path = gt_strdup(ctx, path);
    csv->part = gt_alloc(ctx, len, 1);
    if (csv->path == NULL || csv->part == NULL) {
        wv_csv_abandon(ctx, csv);
        return GT_E_MEMORY;
    }
    (void)snprintf(csv->part, len, "%s.%ld.part", path, (long)getpid());
    csv->file = fopen(csv->part, "w");
    if (csv->file == NULL) {
        gt_status st = gt_fail_errno(ctx, errno, "open", path);
        wv_csv_abandon(ctx, csv);
        return st;
    }
    return GT_OK;
}

static void flush(wv_csv *csv)
{
    if (csv->n > 0) {
        (void)fwrite_unlocked(csv->data, 1, csv->n, csv->file);
        csv->n = 0;
    }
}

/* Where `more` bytes can be put; NULL after a failure. */
static char *room(wv_csv *csv, size_t more)
{
    if (csv->file != NULL && csv->n >= FLUSH) {
        flush(csv);
    }
    if (csv->st == GT_OK && csv->n + more > csv->cap) {
        csv->st = gt_grow(csv->ctx, (void **)&csv->data, &csv->cap, csv->n + more + 4096, 1);
    }
    return csv->st == GT_OK ? csv->data + csv->n : NULL;
}

void wv_csv_text(wv_csv *csv, const char *text, size_t len)
{
    char *to = room(csv, len);
    if (to != NULL) {
        memcpy(to, text, len);
        csv->n += len;
    }
}

/* Digits of v, with a point before the last `decimals`. */
static void put_digits(wv_csv *csv, bool minus, uint64_t v, int decimals)
{
    char buffer[32], *p = buffer + sizeof buffer;
    for (int n = 0; n < decimals; n++) {
        *--p = (char)('0' + v % 10);
        v /= 10;
    }
    if (decimals > 0) {
        *--p = '.';
    }
    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (minus) {
        *--p = '-';
    }
    wv_csv_text(csv, p, (size_t)(buffer + sizeof buffer - p));
}

void wv_csv_integer(wv_csv *csv, int64_t value)
{
    put_digits(csv, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0);
}

void wv_csv_micro(wv_csv *csv, double value)
{
    double size = fabs(value);
    if (size < 9e12) {
        uint64_t whole = (uint64_t)size;
        /* whole and rest apart: their sum in millionths may pass 2^53 */
        uint64_t rest = (uint64_t)((size - (double)whole) * 1e6 + 0.5);
        put_digits(csv, value < 0 && (whole > 0 || rest > 0), whole * 1000000 + rest, 6);
        return;
    }
    char *to = room(csv, 352); /* the longest double has 309 digits */
    if (to != NULL) {
        csv->n += (size_t)snprintf(to, 352, "%.6f", value);
    }
}

gt_status wv_csv_join(wv_csv *csv, wv_csv *piece)
{
    if (piece->st == GT_OK && csv->st == GT_OK) {
        flush(csv);
        (void)fwrite_unlocked(piece->data, 1, piece->n, csv->file);
    }
    gt_status st = piece->st;
    piece->n = 0;
    return st;
}

gt_status wv_csv_close(gt_ctx *ctx, wv_csv *csv)
{
    if (csv->st != GT_OK) {
        gt_status failed = csv->st;
        wv_csv_abandon(ctx, csv);
        return failed;
    }
    flush(csv);
    bool bad = ferror(csv->file) != 0;
    bad = fclose(csv->file) != 0 || bad;
    csv->file = NULL;
    gt_status st = GT_OK;
    if (bad || rename(csv->part, csv->path) != 0) {
        st = gt_fail_errno(ctx, errno, "write", csv->path);
    } else {
        gt_free(ctx, csv->part);
        csv->part = NULL;
    }
    wv_csv_abandon(ctx, csv);
    return st;
}

void wv_csv_abandon(gt_ctx *ctx, wv_csv *csv)
{
    if (csv->file != NULL) {
        (void)fclose(csv->file);
    }
    if (csv->part != NULL) {
        (void)unlink(csv->part);
    }
    gt_free(ctx, csv->path);
    gt_free(ctx, csv->part);
    gt_free(ctx, csv->data);
    memset(csv, 0, sizeof *csv);
}
