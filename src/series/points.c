/* One setting holds one series: a line with the origin, then place TAB time TAB value. */
#include "series/points.h"

#include <stdlib.h>
#include <string.h>

#include "guotu/date.h"
#include "plan/unit.h"
#include "series/messages.h"

static bool digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

bool gt_time_normal(const char *text, char out[11], int *year)
{
    size_t len = strlen(text);
    if ((len != 4 && len != 7 && len != 10) || !digits(text, 4)) {
        return false;
    }
    memcpy(out, text, len + 1);
    for (size_t i = 4; i < len; i += 3) {
        if ((text[i] != '-' && text[i] != '/') || !digits(text + i + 1, 2)) {
            return false;
        }
        out[i] = '-';
    }
    char whole[11] = "0000-01-01";
    memcpy(whole, out, len);
    gt_date date = GT_DATE_NONE;
    *year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    return gt_date_parse(whole, &date);
}

int gt_point_order(const void *a, const void *b)
{
    const gt_point *p = a, *q = b;
    int told = strcmp(p->place, q->place);
    return told != 0 ? told : strcmp(p->time, q->time);
}

bool gt_points_key(const gt_series *series, char *out, size_t cap)
{
    size_t len = strlen(series->id);
    if (len + sizeof "series/" > cap) {
        return false;
    }
    memcpy(out, "series/", 7); /* NOLINT(bugprone-not-null-terminated-result): goes on below */
    memcpy(out + 7, series->id, len + 1);
    return true;
}

static gt_status damaged(gt_ctx *ctx, const gt_series *series, int line)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERIES_DAMAGED, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("id", series->id), GT_INT("line", line)));
}

/* Cuts the text at `sep`; NULL when it is not there. */
static char *cut(char *text, char sep)
{
    char *at = text == NULL ? NULL : strchr(text, sep);
    if (at != NULL) {
        *at++ = '\0';
    }
    return at;
}

static gt_status take_line(gt_ctx *ctx, const gt_series *series, char *line, int number,
                           gt_points *out)
{
    char *time = cut(line, '\t'), *value = cut(time, '\t');
    char normal[11];
    gt_point p = {.place = line, .time = time};
    if (value == NULL || !gt_time_normal(time, normal, &p.year) ||
        !gt_number_parse(value, &p.value)) {
        return damaged(ctx, series, number);
    }
    void *block = out->list;
    gt_status st = gt_grow(ctx, &block, &out->cap, out->n + 1, sizeof *out->list);
    out->list = block;
    if (st == GT_OK) {
        out->list[out->n++] = p;
    }
    return st;
}

static gt_status take_text(gt_ctx *ctx, const gt_series *series, char *text, gt_points *out)
{
    int number = 1;
    char *next = cut(text, '\n');
    int origin = digits(text, 1) && text[1] == '\0' ? text[0] - '0' : -1;
    if (origin < GT_ORIGIN_SURVEY || origin > GT_ORIGIN_GENERATED) {
        return damaged(ctx, series, number);
    }
    out->origin = (gt_origin)origin;
    gt_status st = GT_OK;
    for (char *line = next; st == GT_OK && line != NULL && *line != '\0'; line = next) {
        next = cut(line, '\n');
        number++;
        st = take_line(ctx, series, line, number, out);
    }
    for (size_t i = 1; st == GT_OK && i < out->n; i++) {
        if (gt_point_order(&out->list[i - 1], &out->list[i]) >= 0) {
            st = damaged(ctx, series, (int)i + 2);
        }
    }
    return st;
}

gt_status gt_points_read(gt_ctx *ctx, gt_store *store, const gt_series *series, int64_t as_of_rev,
                         gt_arena *arena, gt_points *out)
{
    char key[101];
    char *text = NULL;
    *out = (gt_points){.origin = GT_ORIGIN_SURVEY};
    if (!gt_points_key(series, key, sizeof key)) {
        return GT_OK;
    }
    gt_status st = gt_store_setting_get(ctx, store, key, as_of_rev, &text);
    if (st == GT_OK && text != NULL) {
        char *copy = gt_arena_strdup(arena, text);
        st = copy == NULL ? GT_E_MEMORY : take_text(ctx, series, copy, out);
    }
    gt_free(ctx, text);
    if (st != GT_OK) {
        gt_free(ctx, out->list);
        *out = (gt_points){0};
    }
    return st;
}

void gt_points_write(const gt_points *points, gt_text *out)
{
    gt_text_printf(out, "%d\n", (int)points->origin);
    for (size_t i = 0; i < points->n; i++) {
        const gt_point *p = &points->list[i];
        gt_text_printf(out, "%s\t%s\t", p->place, p->time);
        gt_text_json_real(out, p->value);
        gt_text_putc(out, '\n');
    }
}
