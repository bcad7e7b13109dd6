/* Scores of a recipe: sums of weighted terms, read by hand (one level, no brackets but arguments).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/messages.h"
#include "synth/recipe_raw.h"

typedef struct scanner {
    sy_resolver *r;
    const gt_ynode *node;
    const char *text, *at;
    bool failed;
} scanner;

static void blank(scanner *s)
{
    while (*s->at == ' ' || *s->at == '\n' || *s->at == '\t') {
        s->at++;
    }
}

static void fail_score(scanner *s)
{
    if (!s->failed) {
        char near[24];
        size_t n = strlen(s->at) < sizeof near - 1 ? strlen(s->at) : sizeof near - 1;
        memcpy(near, s->at, n);
        near[n] = '\0';
        gt_y_problem(s->r->problems, s->node, &GT_MSG_SYNTH_SCORE, GT_ARGS(GT_TEXT("near", near)));
    }
    s->failed = true;
}

static bool take(scanner *s, char c)
{
    blank(s);
    if (*s->at != c) {
        return false;
    }
    s->at++;
    return true;
}

static void expect(scanner *s, char c)
{
    if (!take(s, c)) {
        fail_score(s);
    }
}

static double number(scanner *s)
{
    blank(s);
    char *end = NULL;
    double v = strtod(s->at, &end);
    if (end == s->at || !isfinite(v)) {
        fail_score(s);
        return 0;
    }
    s->at = end;
    return v;
}

static double signed_number(scanner *s)
{
    return take(s, '-') ? -number(s) : number(s);
}

static size_t word(scanner *s, const char **from)
{
    blank(s);
    *from = s->at;
    while ((*s->at >= 'a' && *s->at <= 'z') || (*s->at >= 'A' && *s->at <= 'Z') || *s->at == '_' ||
           *s->at == ':' || *s->at == '-' || (*s->at >= '0' && *s->at <= '9' && s->at > *from)) {
        s->at++;
    }
    return (size_t)(s->at - *from);
}

static void field_arg(scanner *s, sy_term *t)
{
    const char *from;
    size_t len = word(s, &from);
    t->field = SY_FIELDS;
    for (int f = 0; f < SY_FIELDS; f++) {
        if (sy_is_word(from, len, sy_field_name((sy_field)f))) {
            t->field = (sy_field)f;
        }
    }
    if (t->field == SY_FIELDS) {
        s->at = from;
        fail_score(s);
    }
}

static sy_pt place(scanner *s)
{
    double x = signed_number(s), y = signed_number(s);
    return sy_place(s->r, s->node, x, y);
}

/* A place, or two, and metres. */
static void place_args(scanner *s, sy_term *t, bool line)
{
    t->source = line ? SY_S_LINE : SY_S_SPOT;
    t->at = place(s);
    expect(s, ',');
    if (line) {
        t->to = place(s);
        expect(s, ',');
    }
    t->c = number(s);
    if (!(t->c > 0) || (line && t->at.x == t->to.x && t->at.y == t->to.y)) {
        fail_score(s);
    }
}

/* name(arguments), the name being read already. */
static void function(scanner *s, const char *name, size_t len, sy_term *t)
{
    expect(s, '(');
    if (sy_is_word(name, len, "noise")) {
        t->source = SY_S_NOISE;
        t->a = number(s);
        if (!(t->a >= 1)) { /* shorter waves than a metre mean nothing here */
            fail_score(s);
        }
    } else if (sy_is_word(name, len, "ray")) {
        t->source = SY_S_RAY;
        t->a = signed_number(s);
        expect(s, ',');
        t->b = signed_number(s);
        expect(s, ',');
        t->c = number(s);
        if (!(t->c > 0) || (t->a == 0 && t->b == 0)) {
            fail_score(s);
        }
    } else if (sy_is_word(name, len, "spot")) {
        place_args(s, t, false);
    } else if (sy_is_word(name, len, "line")) {
        place_args(s, t, true);
    } else if (sy_is_word(name, len, "white")) {
        t->source = SY_S_WHITE;
    } else if (sy_is_word(name, len, "in")) {
        const char *zone;
        size_t n = word(s, &zone);
        t->source = SY_S_ZONE;
        s->failed |= !sy_find_zone(s->r, s->node, zone, n, &t->zone, &t->label);
    } else if (sy_is_word(name, len, "near") || sy_is_word(name, len, "ramp") ||
               sy_is_word(name, len, "band")) {
        t->shape = name[0] == 'n' ? SY_NEAR : name[0] == 'r' ? SY_RAMP : SY_BAND;
        field_arg(s, t);
        expect(s, ',');
        t->a = number(s);
        if (t->shape != SY_NEAR) {
            expect(s, ',');
            t->b = number(s);
        }
        bool bad = (t->shape == SY_NEAR && !(t->a > 0)) || (t->shape == SY_BAND && !(t->b > 0)) ||
                   (t->shape == SY_RAMP && !(t->a < t->b));
        if (bad) {
            fail_score(s);
        }
    } else if (sy_is_word(name, len, "field")) {
        field_arg(s, t);
    } else {
        s->at = name;
        fail_score(s);
    }
    expect(s, ')');
}

static void term(scanner *s, sy_term *t, double sign)
{
    *t = (sy_term){.source = SY_S_FIELD, .shape = SY_RAW, .zone = -1, .label = -1, .weight = sign};
    blank(s);
    if ((*s->at >= '0' && *s->at <= '9') || *s->at == '.') {
        t->weight = sign * number(s);
        if (!take(s, '*')) {
            t->source = SY_S_ONE;
            return;
        }
    }
    const char *name;
    size_t len = word(s, &name);
    if (len == 0) {
        fail_score(s);
        return;
    }
    function(s, name, len, t);
}

enum { TERMS_MAX = 24 };

sy_terms sy_read_score(sy_resolver *r, const gt_ynode *node, const char *text)
{
    sy_terms out = {NULL, 0};
    if (text == NULL) {
        return out;
    }
    sy_term terms[TERMS_MAX];
    scanner s = {r, node, text, text, false};
    double sign = take(&s, '-') ? -1 : 1;
    for (;;) {
        if (out.n == TERMS_MAX) {
            fail_score(&s);
            break;
        }
        term(&s, &terms[out.n++], sign);
        blank(&s);
        if (s.failed || *s.at == '\0') {
            break;
        }
        sign = *s.at == '-' ? -1 : 1;
        if (!take(&s, '+') && !take(&s, '-')) {
            fail_score(&s);
            break;
        }
    }
    if (!s.failed) {
        out.t = sy_need(r, out.n, sizeof *out.t);
        if (out.t != NULL) {
            memcpy(out.t, terms, out.n * sizeof *out.t);
        }
    }
    return out;
}
