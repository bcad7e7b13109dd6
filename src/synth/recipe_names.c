/* What a recipe refers to: places, units, and zones, labels and tracks by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/messages.h"
#include "synth/recipe_raw.h"

void *sy_need(sy_resolver *r, size_t n, size_t size)
{
    void *p = gt_arena_zalloc(r->arena, n > 0 ? n : 1, size);
    if (p == NULL) {
        r->status = GT_E_MEMORY;
    }
    return p;
}

sy_pt sy_place(sy_resolver *r, const gt_ynode *node, double a, double b)
{
    double x = a, y = b;
    bool ok = isfinite(a) && isfinite(b);
    if (ok && r->land->plane != NULL) {
        ok = fabs(a) <= 180 && fabs(b) <= 90;
        double rad = 3.14159265358979323846 / 180.0;
        gt_plane_forward(r->land->plane, a * rad, b * rad, &x, &y);
    }
    x = x * 1000.0 - (double)r->land->world->ox;
    y = y * 1000.0 - (double)r->land->world->oy;
    /* places a little outside the world are fine (rivers come from elsewhere), far ones are not */
    if (!ok || !(fabs(x) < SY_SIDE_MAX) || !(fabs(y) < SY_SIDE_MAX)) {
        char text[64];
        (void)snprintf(text, sizeof text, "%g %g", a, b);
        gt_y_problem(r->problems, node, &GT_MSG_SYNTH_PLACE, GT_ARGS(GT_TEXT("value", text)));
        return (sy_pt){0, 0};
    }
    return (sy_pt){(int32_t)x, (int32_t)y};
}

sy_pt sy_read_place(sy_resolver *r, const gt_ynode *node, const char *text)
{
    char *rest = NULL, *end = NULL;
    double a = strtod(text, &rest), b = strtod(rest, &end);
    if (rest == text || end == rest || *end != '\0') {
        gt_y_problem(r->problems, node, &GT_MSG_SYNTH_PLACE, GT_ARGS(GT_TEXT("value", text)));
        return (sy_pt){0, 0};
    }
    return sy_place(r, node, a, b);
}

sy_pt *sy_read_places(sy_resolver *r, const gt_ynode *node, const char *const *texts, size_t *n)
{
    *n = gt_texts_count(texts);
    sy_pt *out = sy_need(r, *n, sizeof *out);
    for (size_t i = 0; out != NULL && i < *n; i++) {
        out[i] = sy_read_place(r, node, texts[i]);
    }
    return out;
}

const bool *sy_read_units(sy_resolver *r, const gt_ynode *node, const char *const *texts)
{
    if (texts == NULL) {
        return NULL;
    }
    bool *out = sy_need(r, r->land->n_units, sizeof *out);
    for (; out != NULL && *texts != NULL; texts++) {
        size_t u = 0;
        while (u < r->land->n_units && strcmp(r->land->unit_names[u], *texts) != 0 &&
               strcmp(r->land->unit_codes[u], *texts) != 0) {
            u++;
        }
        if (u < r->land->n_units) {
            out[u] = true;
        } else {
            gt_y_problem(r->problems, gt_y_get(node, "units"), &GT_MSG_SYNTH_NO_UNIT,
                         GT_ARGS(GT_TEXT("name", *texts)));
        }
    }
    return out;
}

bool sy_is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

int sy_find_label(const sy_label *labels, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(labels[i].code, code) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool sy_find_zone(sy_resolver *r, const gt_ynode *node, const char *text, size_t len, int *zone,
                  int *label)
{
    size_t name = 0;
    while (name < len && text[name] != ':') {
        name++;
    }
    *zone = -1, *label = -1;
    for (size_t i = 0; i < r->zones_known; i++) {
        if (sy_is_word(text, name, r->out->zones[i].layer)) {
            *zone = (int)i;
        }
    }
    char *copy = gt_arena_strndup(r->arena, text, len);
    if (copy == NULL) {
        r->status = GT_E_MEMORY;
        return false;
    }
    if (*zone >= 0 && name < len) {
        const sy_zone *z = &r->out->zones[*zone];
        *label = sy_find_label(z->labels, z->n_labels, copy + name + 1);
    }
    if (*zone < 0 || (name < len && *label < 0)) {
        gt_y_problem(r->problems, node, &GT_MSG_SYNTH_NO_ZONE, GT_ARGS(GT_TEXT("name", copy)));
        return false;
    }
    return true;
}

bool sy_find_track(sy_resolver *r, const gt_ynode *node, const char *text, int *track, int *label)
{
    size_t len = strlen(text), name = strcspn(text, ":");
    *track = -1, *label = -1;
    for (size_t i = 0; i < r->tracks_known; i++) {
        if (sy_is_word(text, name, r->out->tracks[i].layer)) {
            *track = (int)i;
        }
    }
    if (*track >= 0 && name < len) {
        const sy_track *t = &r->out->tracks[*track];
        *label = sy_find_label(t->labels, t->n_labels, text + name + 1);
    }
    if (*track < 0 || (name < len && *label < 0)) {
        gt_y_problem(r->problems, node, &GT_MSG_SYNTH_NO_ZONE, GT_ARGS(GT_TEXT("name", text)));
        return false;
    }
    return true;
}
