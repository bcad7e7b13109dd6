/* Well-known text (OGC 06-103r4, clause 7), hand-written: one cursor, no recursion.
 *
 *   TYPE [Z|M|ZM] EMPTY | TYPE [Z|M|ZM] ( body )
 * Type names in any case; MULTIPOINT with or without inner brackets; 2 to 4 ordinates, of which the
 * first two are kept. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "geo/geom.h"
#include "geo/messages.h"
#include "guotu/geometry.h"

enum { WORD = 24 };

typedef struct cursor {
    gt_ctx *ctx;
    const char *text;
    size_t len, at;
    gt_geom *out;
} cursor;

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static bool is_mark(char ch)
{
    return ch == ',' || ch == '(' || ch == ')';
}

static void skip_space(cursor *c)
{
    while (c->at < c->len && is_space(c->text[c->at])) {
        c->at++;
    }
}

static bool next_is(cursor *c, char wanted)
{
    skip_space(c);
    return c->at < c->len && c->text[c->at] == wanted;
}

static bool take(cursor *c, char wanted)
{
    bool hit = next_is(c, wanted);
    c->at += hit ? 1 : 0;
    return hit;
}

/* Line and column (in bytes) of the cursor. */
static gt_place place_of(const cursor *c)
{
    gt_place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < c->at; i++) {
        place.column++;
        if (c->text[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

/* The token at the cursor, for the message. */
static void found_at(const cursor *c, char found[WORD])
{
    size_t n = 0;
    while (n < WORD - 1 && c->at + n < c->len && !is_space(c->text[c->at + n]) &&
           !is_mark(c->text[c->at + n])) {
        found[n] = c->text[c->at + n];
        n++;
    }
    if (n == 0 && c->at < c->len) {
        found[n++] = c->text[c->at];
    }
    while (n > 0 && !gt_utf8_valid(found, n, NULL)) { /* cut inside a character */
        n--;
    }
    found[n] = '\0';
    if (c->at >= c->len) {
        memcpy(found, "end of text", sizeof "end of text");
    }
}

static gt_status fail_wanted(cursor *c, const char *wanted)
{
    char found[WORD];
    skip_space(c);
    found_at(c, found);
    gt_place place = place_of(c);
    return gt_fail(
        c->ctx, GT_E_INPUT, &GT_MSG_WKT_WANTED, &place,
        GT_ARGS(GT_INT("at", c->at + 1), GT_TEXT("wanted", wanted), GT_TEXT("found", found)));
}

static gt_status want(cursor *c, char wanted, const char *name)
{
    return take(c, wanted) ? GT_OK : fail_wanted(c, name);
}

/* Letters at the cursor in upper case; more than fit are cut, which no known word reaches. */
static size_t read_word(cursor *c, char word[WORD])
{
    size_t n = 0;
    skip_space(c);
    for (; c->at < c->len && isalpha((unsigned char)c->text[c->at]); c->at++) {
        if (n < WORD - 1) {
            word[n++] = (char)toupper((unsigned char)c->text[c->at]);
        }
    }
    word[n] = '\0';
    return n;
}

static gt_status read_ordinate(cursor *c, double *value)
{
    size_t used = 0;
    skip_space(c);
    *value = gt_number_read(c->text + c->at, c->len - c->at, &used);
    bool ends =
        c->at + used >= c->len || is_space(c->text[c->at + used]) || is_mark(c->text[c->at + used]);
    if (used > 0 && ends && isfinite(*value)) {
        c->at += used;
        return GT_OK;
    }
    char found[WORD];
    found_at(c, found);
    if (c->at == c->len || (used == 0 && is_mark(found[0]))) {
        return fail_wanted(c, "number");
    }
    gt_place place = place_of(c);
    return gt_fail(c->ctx, GT_E_INPUT, &GT_MSG_WKT_NUMBER, &place,
                   GT_ARGS(GT_INT("at", c->at + 1), GT_TEXT("found", found)));
}

static gt_status read_position(cursor *c)
{
    double xy[2] = {0, 0}, dropped = 0;
    gt_status st = read_ordinate(c, &xy[0]);
    if (st == GT_OK) {
        st = read_ordinate(c, &xy[1]);
    }
    for (int extra = 0; st == GT_OK && extra < 2; extra++) { /* Z and M */
        if (next_is(c, ',') || next_is(c, ')') || c->at == c->len) {
            break;
        }
        st = read_ordinate(c, &dropped);
    }
    return st == GT_OK ? gt_geom_add_point(c->ctx, c->out, xy[0], xy[1]) : st;
}

/* After an item of a list: true when a comma says that another follows. */
static gt_status list_goes_on(cursor *c, bool *more)
{
    *more = take(c, ',');
    return *more ? GT_OK : want(c, ')', "',' or ')'");
}

/* "EMPTY" at the cursor is taken. */
static bool take_empty(cursor *c)
{
    size_t at = c->at;
    char word[WORD];
    if (read_word(c, word) > 0 && strcmp(word, "EMPTY") == 0) {
        return true;
    }
    c->at = at;
    return false;
}

/* ( position, ... ) */
static gt_status read_positions(cursor *c)
{
    gt_status st = want(c, '(', "'('");
    for (bool more = true; st == GT_OK && more;) {
        st = read_position(c);
        if (st == GT_OK) {
            st = list_goes_on(c, &more);
        }
    }
    return st;
}

static gt_status read_point(cursor *c)
{
    gt_status st = want(c, '(', "'(' or EMPTY");
    if (st == GT_OK) {
        st = read_position(c);
    }
    return st == GT_OK ? want(c, ')', "')'") : st;
}

static gt_status read_line(cursor *c)
{
    gt_status st = read_positions(c);
    return st == GT_OK ? gt_geom_finish_line(c->ctx, c->out) : st;
}

static gt_status read_polygon(cursor *c)
{
    gt_status st = want(c, '(', "'(' or EMPTY");
    for (bool more = true; st == GT_OK && more;) {
        st = read_positions(c);
        if (st == GT_OK) {
            st = gt_geom_finish_ring(c->ctx, c->out);
        }
        if (st == GT_OK) {
            st = list_goes_on(c, &more);
        }
    }
    return st == GT_OK ? gt_geom_end_part(c->ctx, c->out) : st;
}

static gt_status read_member(cursor *c, gt_geom_type member)
{
    if (member == GT_POINT && !next_is(c, '(')) {
        return take_empty(c) ? GT_OK : read_position(c);
    }
    if (take_empty(c)) {
        return GT_OK;
    }
    return member == GT_POINT        ? read_point(c)
           : member == GT_LINESTRING ? read_line(c)
                                     : read_polygon(c);
}

static gt_status read_multi(cursor *c, gt_geom_type member)
{
    gt_status st = want(c, '(', "'(' or EMPTY");
    for (bool more = true; st == GT_OK && more;) {
        st = gt_check_cancel(c->ctx);
        if (st == GT_OK) {
            st = read_member(c, member);
        }
        if (st == GT_OK) {
            st = list_goes_on(c, &more);
        }
    }
    return st;
}

/* Type word, with a dimension written to it or after it ("POINTZ", "POINT ZM"). */
static gt_status read_type(cursor *c, gt_geom_type *type)
{
    static const struct {
        const char *name;
        gt_geom_type type;
    } known[] = {{"POINT", GT_POINT},
                 {"LINESTRING", GT_LINESTRING},
                 {"POLYGON", GT_POLYGON},
                 {"MULTIPOINT", GT_MULTIPOINT},
                 {"MULTILINESTRING", GT_MULTILINESTRING},
                 {"MULTIPOLYGON", GT_MULTIPOLYGON}};
    static const char *const foreign[] = {
        "GEOMETRYCOLLECTION", "CIRCULARSTRING",    "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE",
        "MULTISURFACE",       "POLYHEDRALSURFACE", "TIN",           "TRIANGLE"};
    char word[WORD], dims[WORD];
    skip_space(c);
    size_t at = c->at, n = read_word(c, word);
    if (strcmp(word, "SRID") == 0) {
        return gt_fail(c->ctx, GT_E_INPUT, &GT_MSG_WKT_SRID, GT_NOWHERE, GT_NO_ARGS);
    }
    size_t after = c->at;
    if (read_word(c, dims) == 0 ||
        (strcmp(dims, "Z") != 0 && strcmp(dims, "M") != 0 && strcmp(dims, "ZM") != 0)) {
        c->at = after;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t name = strlen(known[i].name);
        const char *rest = word + name;
        if (n >= name && memcmp(word, known[i].name, name) == 0 &&
            (*rest == '\0' || strcmp(rest, "Z") == 0 || strcmp(rest, "M") == 0 ||
             strcmp(rest, "ZM") == 0)) {
            *type = known[i].type;
            return GT_OK;
        }
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (strcmp(word, foreign[i]) == 0) {
            return gt_fail(c->ctx, GT_E_INPUT, &GT_MSG_GEO_TYPE, GT_PLACE(.line = 1, .column = 1),
                           GT_ARGS(GT_TEXT("type", word)));
        }
    }
    c->at = at;
    return fail_wanted(c,
                       "POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING or MULTIPOLYGON");
}

static gt_status read_body(cursor *c, gt_geom_type type)
{
    if (take_empty(c)) {
        return GT_OK;
    }
    switch (type) {
    case GT_POINT:
        return read_point(c);
    case GT_LINESTRING:
        return read_line(c);
    case GT_POLYGON:
        return read_polygon(c);
    case GT_MULTIPOINT:
    case GT_MULTILINESTRING:
    case GT_MULTIPOLYGON:
        return read_multi(c, (gt_geom_type)(type - 3));
    case GT_GEOM_NONE:
        break;
    }
    return fail_wanted(c, "geometry");
}

gt_status gt_geom_from_wkt(gt_ctx *ctx, const char *wkt, size_t len, gt_geom *out)
{
    cursor c = {.ctx = ctx, .text = wkt, .len = len, .out = out};
    gt_geom_type type = GT_GEOM_NONE;
    gt_geom_reset(out, GT_GEOM_NONE);
    gt_status st = read_type(&c, &type);
    if (st == GT_OK) {
        out->type = type;
        st = read_body(&c, type);
    }
    skip_space(&c);
    if (st == GT_OK && c.at != len) {
        st = fail_wanted(&c, "end of text");
    }
    if (st != GT_OK) {
        gt_geom_reset(out, GT_GEOM_NONE);
    }
    return st;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_position(const gt_geom *g, uint32_t i, int digits, gt_text *out)
{
    gt_number_put(out, g->xy[2 * (size_t)i], digits);
    gt_text_putc(out, ' ');
    gt_number_put(out, g->xy[2 * (size_t)i + 1], digits);
}

static void put_run(const gt_geom *g, gt_ring_view v, int digits, gt_text *out)
{
    gt_text_putc(out, '(');
    for (uint32_t i = 0; i < v.to - v.from; i++) {
        gt_text_puts(out, i > 0 ? ", " : "");
        put_position(g, v.turn ? v.to - 1 - i : v.from + i, digits, out);
    }
    gt_text_putc(out, ')');
}

static void put_line(const gt_geom *g, uint32_t line, int digits, gt_text *out)
{
    gt_ring_view v = {line == 0 ? 0 : g->ring_end[line - 1], g->ring_end[line], false};
    put_run(g, v, digits, out);
}

static void put_polygon(const gt_geom *g, uint32_t part, int digits, gt_text *out)
{
    uint32_t first = part == 0 ? 0 : g->part_end[part - 1];
    gt_text_putc(out, '(');
    for (uint32_t ring = first; ring < g->part_end[part]; ring++) {
        gt_text_puts(out, ring > first ? ", " : "");
        put_run(g, gt_geom_ring_view(g, ring, ring == first), digits, out);
    }
    gt_text_putc(out, ')');
}

void gt_geom_to_wkt(const gt_geom *g, int digits, gt_text *out)
{
    static const char *const names[] = {"",           "POINT",           "LINESTRING",  "POLYGON",
                                        "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"};
    if (gt_geom_check(out->ctx, g) != GT_OK) {
        out->failed = true;
        return;
    }
    gt_text_puts(out, names[g->type]);
    if (g->n_points == 0) {
        gt_text_puts(out, " EMPTY");
        return;
    }
    bool multi = g->type >= GT_MULTIPOINT;
    gt_geom_type single = multi ? (gt_geom_type)(g->type - 3) : g->type;
    uint32_t n = single == GT_POINT        ? g->n_points
                 : single == GT_LINESTRING ? g->n_rings
                                           : g->n_parts;
    gt_text_puts(out, multi ? " (" : " ");
    for (uint32_t i = 0; i < n && !out->failed; i++) {
        gt_text_puts(out, i > 0 ? ", " : "");
        if (single == GT_POINT) {
            put_run(g, (gt_ring_view){i, i + 1, false}, digits, out);
        } else if (single == GT_LINESTRING) {
            put_line(g, i, digits, out);
        } else {
            put_polygon(g, i, digits, out);
        }
    }
    gt_text_puts(out, multi ? ")" : "");
}
