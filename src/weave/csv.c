#include "weave/csv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

gt_status wv_csv_open(gt_ctx *ctx, wv_csv *csv, const char *path)
{
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

void wv_csv_text(wv_csv *csv, const char *text, size_t len)
{
    (void)fwrite_unlocked(text, 1, len, csv->file);
}

/* Digits of v, with a point before the last `decimals`. */
static void put_digits(wv_csv *csv, bool minus, uint64_t v, int decimals)
{
    char buffer[32], *p = buffer + sizeof buffer;
    int n = 0;
    while (v > 0 || n <= decimals) {
        if (n == decimals && decimals > 0 && p[0] != '.') {
            *--p = '.';
        }
        *--p = (char)('0' + v % 10);
        v /= 10;
        n++;
    }
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
    (void)fprintf(csv->file, "%.6f", value);
}

gt_status wv_csv_close(gt_ctx *ctx, wv_csv *csv)
{
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
    memset(csv, 0, sizeof *csv);
}
