/* The table of changes: date,layer,act,where,over,over_where,km2,set,why. */
#include <math.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/date.h"
#include "plan/unit.h"
#include "synth/messages.h"
#include "synth/table.h"
#include "synth/years.h"

enum { MOST_ROWS = 10000 };

static gt_status bad(gt_ctx *ctx, const char *file, int line, const char *column, const char *value)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_YEARS_CELL, GT_PLACE(.file = file, .line = line),
                   GT_ARGS(GT_TEXT("column", column), GT_TEXT("value", value)));
}

static gt_status take(gt_ctx *ctx, const char *file, char *const *cells, int line, sy_year_row *r)
{
    static const char *const acts[] = {"set", "end", "back"};
    *r = (sy_year_row){.layer = cells[1],
                       .where = cells[3],
                       .over = cells[4],
                       .over_where = cells[5],
                       .km2 = INFINITY,
                       .why = cells[8],
                       .line = line};
    int act = 0;
    while (act < 3 && strcmp(acts[act], cells[2]) != 0) {
        act++;
    }
    if (!gt_date_parse(cells[0], &r->date)) {
        return bad(ctx, file, line, "date", cells[0]);
    }
    if (act == 3) {
        return bad(ctx, file, line, "act", cells[2]);
    }
    r->act = (sy_act)act;
    if (*cells[6] != '\0' && (!gt_number_parse(cells[6], &r->km2) || !(r->km2 > 0))) {
        return bad(ctx, file, line, "km2", cells[6]);
    }
    char *to = strchr(cells[7], '=');
    if ((r->act == SY_ACT_SET) != (to != NULL)) {
        return bad(ctx, file, line, "set", cells[7]);
    }
    if (to != NULL) {
        *to = '\0';
        r->set_field = cells[7];
        r->set_to = to + 1;
    }
    return *r->why == '\0' ? bad(ctx, file, line, "why", "") : GT_OK;
}

gt_status sy_years_parse(gt_ctx *ctx, gt_arena *arena, const char *file, char *text,
                         sy_year_row **rows, size_t *n)
{
    sy_cursor c = {text, 1};
    size_t most = 0;
    *n = 0;
    for (const char *p = text; *p != '\0'; p++) {
        most += *p == '\n';
    }
    most = most + 1 > MOST_ROWS ? MOST_ROWS : most + 1;
    *rows = gt_arena_zalloc(arena, most, sizeof **rows);
    if (*rows == NULL) {
        return GT_E_MEMORY;
    }
    while (*c.at != '\0' && *n < most) {
        char *cells[SY_YEAR_COLUMNS] = {NULL}, end[] = "";
        int line = c.line, k = sy_table_record(&c, cells, SY_YEAR_COLUMNS);
        if (line == 1 || (k == 1 && cells[0][0] == '\0')) {
            continue; /* names of the columns; a blank line */
        }
        if (k != SY_YEAR_COLUMNS) {
            return bad(ctx, file, line, "why", k < SY_YEAR_COLUMNS ? end : cells[8]);
        }
        gt_status st = take(ctx, file, cells, line, &(*rows)[*n]);
        if (st != GT_OK) {
            return st;
        }
        (*n)++;
    }
    return GT_OK;
}
