/* Recipes from YAML: names (zones, labels, districts, fields) are resolved in order, so that a
 * recipe can only refer back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/unit.h"
#include "synth/input.h"
#include "synth/messages.h"
#include "synth/recipe_raw.h"

static void problem(sy_resolver *r, const gt_ynode *node, const gt_message *message,
                    const gt_arg *args)
{
    gt_y_problem(r->problems, node, message, args);
}

/* ---- parts
 * ---------------------------------------------------------------------------------------- */

/* "field=value" texts. */
static sy_attr *read_set(sy_resolver *r, const gt_ynode *node, const char *const *set, size_t *n)
{
    size_t count = gt_texts_count(set);
    sy_attr *attrs = sy_need(r, count, sizeof *attrs);
    *n = 0;
    for (size_t i = 0; attrs != NULL && i < count; i++) {
        const char *eq = strchr(set[i], '=');
        if (eq == NULL || eq == set[i]) {
            problem(r, gt_y_get(node, "set"), &GT_MSG_SYNTH_SET, GT_ARGS(GT_TEXT("value", set[i])));
            continue;
        }
        char *field = gt_arena_strndup(r->arena, set[i], (size_t)(eq - set[i]));
        if (field == NULL) {
            r->status = GT_E_MEMORY;
            break;
        }
        attrs[(*n)++] = (sy_attr){field, eq + 1};
    }
    return attrs;
}

/* Adds the part's label unless it is there; its number. */
static uint16_t add_label(sy_resolver *r, const gt_ynode *node, const raw_part *p, sy_label *labels,
                          size_t *n)
{
    int at = sy_find_label(labels, *n, p->put);
    sy_label *l = &labels[at >= 0 ? (size_t)at : (*n)++];
    if (at < 0) {
        *l = (sy_label){.code = p->put, .title = {"", ""}};
    }
    if (p->zh != NULL) {
        l->title.zh = p->zh;
    }
    if (p->en != NULL) {
        l->title.en = p->en;
    }
    if (p->set != NULL) {
        l->attrs = read_set(r, node, p->set, &l->n_attrs);
    }
    return (uint16_t)(l - labels);
}

static const bool *read_classes(sy_resolver *r, const gt_ynode *node, const char *const *texts)
{
    if (texts == NULL) {
        return NULL;
    }
    const sy_track *land = r->tracks_known > 0 ? &r->out->tracks[0] : NULL;
    bool *out = sy_need(r, land != NULL ? land->n_labels : 1, sizeof *out);
    for (; out != NULL && *texts != NULL; texts++) {
        size_t len = strlen(*texts), hits = 0;
        int exact = land != NULL ? sy_find_label(land->labels, land->n_labels, *texts) : -1;
        for (size_t i = 0; land != NULL && i < land->n_labels; i++) { /* a prefix means all below */
            if (exact >= 0 ? (int)i == exact : strncmp(land->labels[i].code, *texts, len) == 0) {
                out[i] = true;
                hits++;
            }
        }
        if (hits == 0) {
            problem(r, gt_y_get(node, "classes"), &GT_MSG_SYNTH_NO_ZONE,
                    GT_ARGS(GT_TEXT("name", *texts)));
        }
    }
    return out;
}

static void read_part(sy_resolver *r, const gt_ynode *node, const raw_part *p, sy_step *s)
{
    *s = (sy_step){.where = {NULL, -1, -1, -1, -1}, .need_track = -1, .need_label = -1};
    int given = (p->m2 > 0) + (p->share > 0) + p->rest;
    if (given != 1) {
        problem(r, node, &GT_MSG_SYNTH_AMOUNT, GT_ARGS(GT_TEXT("part", p->put)));
    }
    s->km2 = p->rest ? INFINITY : p->m2 > 0 ? p->m2 / 1e6 : p->share * r->land->km2;
    s->where.units = sy_read_units(r, node, p->units);
    if (p->in != NULL) {
        sy_find_zone(r, gt_y_get(node, "in"), p->in, strlen(p->in), &s->where.zone,
                     &s->where.zone_label);
    }
    if (p->not_in != NULL) {
        sy_find_zone(r, gt_y_get(node, "not_in"), p->not_in, strlen(p->not_in), &s->where.not_zone,
                     &s->where.not_label);
    }
    s->classes = read_classes(r, node, p->classes);
    if (p->having != NULL) {
        sy_find_track(r, gt_y_get(node, "having"), p->having, &s->need_track, &s->need_label);
    }
    s->score = sy_read_score(r, p->score != NULL ? gt_y_get(node, "score") : node, p->score);
    s->smooth = p->smooth;
    s->at = sy_read_places(r, p->at != NULL ? gt_y_get(node, "at") : node, p->at, &s->n_at);
}

static void read_parts(sy_resolver *r, const gt_ynode *owner, const raw_part *parts, size_t n,
                       sy_label **labels, size_t *n_labels, sy_step **steps, size_t *n_steps)
{
    *labels = sy_need(r, n, sizeof **labels);
    *steps = sy_need(r, n, sizeof **steps);
    *n_labels = 0, *n_steps = 0;
    const gt_ynode *list = gt_y_get(owner, "parts");
    const gt_ynode *node = list != NULL ? list->first : NULL;
    for (size_t i = 0; r->status == GT_OK && i < n && node != NULL; i++, node = node->next) {
        sy_step *s = &(*steps)[(*n_steps)++];
        read_part(r, node, &parts[i], s);
        s->label = add_label(r, node, &parts[i], *labels, n_labels);
    }
}

static const gt_ynode *list_of(const gt_ynode *root, const char *key)
{
    const gt_ynode *list = gt_y_get(root, key);
    return list != NULL ? list->first : NULL;
}

static void read_zones(sy_resolver *r, const gt_ynode *root)
{
    r->out->zones = sy_need(r, r->raw->n_zones, sizeof *r->out->zones);
    const gt_ynode *node = list_of(root, "zones");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_zones; i++, node = node->next) {
        const raw_zone *z = &r->raw->zones[i];
        sy_zone *out = &r->out->zones[i];
        out->layer = z->layer;
        out->kind = (sy_zone_kind)z->kind;
        out->by_unit = z->by_unit, out->whole = z->whole, out->hidden = z->hidden;
        out->since = z->since;
        out->prefix = z->prefix != NULL ? z->prefix : "";
        out->attrs = read_set(r, node, z->set, &out->n_attrs);
        if ((z->n_parts == 0) != (z->kind == SY_Z_TOWNS)) {
            problem(r, node, &GT_MSG_SYNTH_PARTS, GT_ARGS(GT_TEXT("layer", z->layer)));
        }
        read_parts(r, node, z->parts, z->n_parts, &out->labels, &out->n_labels, &out->steps,
                   &out->n_steps);
        r->zones_known = r->out->n_zones = i + 1;
    }
}

static void read_tracks(sy_resolver *r, const gt_ynode *root)
{
    r->out->tracks = sy_need(r, r->raw->n_tracks, sizeof *r->out->tracks);
    const gt_ynode *node = list_of(root, "tracks");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_tracks; i++, node = node->next) {
        const raw_track *t = &r->raw->tracks[i];
        sy_track *out = &r->out->tracks[i];
        out->layer = t->layer;
        out->dated = t->dated;
        out->since = t->since;
        out->prefix = t->prefix != NULL ? t->prefix : "";
        out->attrs = read_set(r, node, t->set, &out->n_attrs);
        read_parts(r, node, t->parts, t->n_parts, &out->labels, &out->n_labels, &out->steps,
                   &out->n_steps);
        r->tracks_known = r->out->n_tracks = i + 1;
    }
    if (r->out->n_tracks == 0) {
        problem(r, root, &GT_MSG_SYNTH_NO_TRACK, GT_NO_ARGS);
    }
}

/* Attributes of the districts; a district takes those of the last group that names it. */
static void read_groups(sy_resolver *r, const gt_ynode *root)
{
    r->out->unit_labels = sy_need(r, r->land->n_units, sizeof *r->out->unit_labels);
    for (size_t u = 0; r->out->unit_labels != NULL && u < r->land->n_units; u++) {
        r->out->unit_labels[u] =
            (sy_label){.code = r->land->unit_codes[u], .title = {r->land->unit_names[u], ""}};
    }
    const gt_ynode *node = list_of(root, "districts");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_groups; i++, node = node->next) {
        size_t n = 0;
        const bool *units = sy_read_units(r, node, r->raw->groups[i].units);
        sy_attr *attrs = read_set(r, node, r->raw->groups[i].set, &n);
        for (size_t u = 0; units != NULL && u < r->land->n_units; u++) {
            if (units[u]) {
                r->out->unit_labels[u].attrs = attrs;
                r->out->unit_labels[u].n_attrs = n;
            }
        }
    }
}

static void read_ribbons(sy_resolver *r, const gt_ynode *root)
{
    r->out->ribbons = sy_need(r, r->raw->n_ribbons, sizeof *r->out->ribbons);
    const gt_ynode *node = list_of(root, "ribbons");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_ribbons; i++, node = node->next) {
        const raw_ribbon *b = &r->raw->ribbons[i];
        sy_ribbon *out = &r->out->ribbons[r->out->n_ribbons++];
        *out = (sy_ribbon){b->layer, b->prefix != NULL ? b->prefix : "", b->width, NULL, 0};
        out->attrs = read_set(r, node, b->set, &out->n_attrs);
        if (!(b->width >= 1)) {
            problem(r, gt_y_get(node, "width"), &GT_MSG_SYNTH_NUMBER,
                    GT_ARGS(GT_TEXT("value", gt_y_get(node, "width")->text)));
        }
    }
}

static void read_grids(sy_resolver *r, const gt_ynode *root)
{
    r->out->grids = sy_need(r, r->raw->n_grids, sizeof *r->out->grids);
    r->out->grid_cell = r->raw->grid_cell > 0 ? r->raw->grid_cell : SY_GRID_CELL;
    const gt_ynode *node = list_of(root, "grids");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_grids; i++, node = node->next) {
        const raw_grid *g = &r->raw->grids[i];
        sy_grid *out = &r->out->grids[r->out->n_grids++];
        *out = (sy_grid){.id = g->id,
                         .unit = g->unit,
                         .title = g->title,
                         .relief = g->relief,
                         .least = g->least,
                         .most = g->most,
                         .whole = g->whole};
        if (!g->relief) {
            out->value = sy_read_score(r, gt_y_get(node, "value"), g->score);
        }
        bool span =
            g->relief || (g->least < g->most && (!g->whole || (g->least >= 0 && g->most <= 254)));
        if (g->relief == (g->score != NULL) || !span) {
            problem(r, node, &GT_MSG_SYNTH_GRID, GT_ARGS(GT_TEXT("name", g->id)));
        }
    }
}

static void read_courses(sy_resolver *r, const gt_ynode *owner, const raw_drawn *d, sy_drawn *out)
{
    out->labels = sy_need(r, d->n_parts, sizeof *out->labels);
    out->courses = sy_need(r, d->n_parts, sizeof *out->courses);
    const gt_ynode *node = list_of(owner, "parts");
    for (size_t i = 0; r->status == GT_OK && i < d->n_parts && node != NULL;
         i++, node = node->next) {
        const raw_line *p = &d->parts[i];
        sy_label *label = &out->labels[out->n_labels];
        sy_course *course = &out->courses[out->n_labels++];
        *label = (sy_label){.code = p->put, .title = p->title};
        label->attrs = read_set(r, node, p->set, &label->n_attrs);
        course->pts = sy_read_places(r, gt_y_get(node, "course"), p->course, &course->n_pts);
        if (course->n_pts < 2) {
            problem(r, gt_y_get(node, "course"), &GT_MSG_SYNTH_COURSE,
                    GT_ARGS(GT_TEXT("part", p->put)));
        }
    }
}

static void read_lines(sy_resolver *r, const gt_ynode *root)
{
    r->out->lines = sy_need(r, r->raw->n_lines, sizeof *r->out->lines);
    const gt_ynode *node = list_of(root, "lines");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_lines; i++, node = node->next) {
        const raw_drawn *d = &r->raw->lines[i];
        sy_drawn *out = &r->out->lines[r->out->n_lines++];
        *out = (sy_drawn){.layer = d->layer, .prefix = d->prefix != NULL ? d->prefix : ""};
        out->attrs = read_set(r, node, d->set, &out->n_attrs);
        read_courses(r, node, d, out);
    }
}

static void read_changes(sy_resolver *r, const gt_ynode *root)
{
    r->out->changes = sy_need(r, r->raw->n_changes, sizeof *r->out->changes);
    const gt_ynode *node = list_of(root, "changes");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_changes && r->out->n_tracks > 0;
         i++, node = node->next) {
        const raw_change *c = &r->raw->changes[i];
        const sy_track *land = &r->out->tracks[0];
        int from = sy_find_label(land->labels, land->n_labels, c->from);
        int to = sy_find_label(land->labels, land->n_labels, c->to);
        if (from < 0 || to < 0) {
            problem(r, gt_y_get(node, from < 0 ? "from" : "to"), &GT_MSG_SYNTH_NO_ZONE,
                    GT_ARGS(GT_TEXT("name", from < 0 ? c->from : c->to)));
        }
        r->out->changes[r->out->n_changes++] = (sy_change){
            c->year, (uint16_t)(from < 0 ? 0 : from), (uint16_t)(to < 0 ? 0 : to), c->m2 / 1e6};
    }
}

/* Terms of a total: "layer" or "layer:prefix", a zone layer or a track. */
static void read_total_of(sy_resolver *r, const gt_ynode *node, const raw_total *raw, sy_total *out)
{
    size_t n = 0, cap = 256 * gt_texts_count(raw->of);
    out->of = sy_need(r, cap, sizeof *out->of);
    for (const char *const *t = raw->of; *t != NULL && out->of != NULL; t++) {
        size_t name = strcspn(*t, ":");
        const char *prefix = (*t)[name] == ':' ? *t + name + 1 : NULL;
        size_t before = n;
        for (size_t i = 0; i < r->out->n_tracks + r->out->n_zones; i++) {
            bool track = i < r->out->n_tracks;
            size_t k = track ? i : i - r->out->n_tracks;
            const char *layer = track ? r->out->tracks[k].layer : r->out->zones[k].layer;
            if (!sy_is_word(*t, name, layer)) {
                continue;
            }
            size_t n_labels = track ? r->out->tracks[k].n_labels : r->out->zones[k].n_labels;
            const sy_label *labels = track ? r->out->tracks[k].labels : r->out->zones[k].labels;
            int exact = prefix != NULL ? sy_find_label(labels, n_labels, prefix) : -1;
            for (size_t l = 0; l < n_labels && n < cap; l++) {
                if (prefix != NULL &&
                    (exact >= 0 ? (int)l != exact
                                : strncmp(labels[l].code, prefix, strlen(prefix)) != 0)) {
                    continue;
                }
                out->of[n].track = track ? (int)k : -1;
                out->of[n].zone = track ? -1 : (int)k;
                out->of[n++].label = (int)l;
            }
            break;
        }
        if (n == before) {
            problem(r, gt_y_get(node, "of"), &GT_MSG_SYNTH_NO_ZONE, GT_ARGS(GT_TEXT("name", *t)));
        }
    }
    out->n_of = n;
}

static void read_totals(sy_resolver *r, const gt_ynode *root)
{
    r->out->totals = sy_need(r, r->raw->n_totals, sizeof *r->out->totals);
    const gt_ynode *node = list_of(root, "totals");
    for (size_t i = 0; r->status == GT_OK && i < r->raw->n_totals; i++, node = node->next) {
        const raw_total *t = &r->raw->totals[i];
        sy_total *out = &r->out->totals[r->out->n_totals++];
        *out = (sy_total){.id = t->id,
                          .clause = t->clause,
                          .title = {t->zh, t->en},
                          .in_zone = -1,
                          .in_label = -1};
        if ((t->m2 > 0) == (t->share > 0)) {
            problem(r, node, &GT_MSG_SYNTH_AMOUNT, GT_ARGS(GT_TEXT("part", t->id)));
        }
        out->km2 = t->m2 > 0 ? t->m2 / 1e6 : t->share * r->land->km2;
        out->tolerance = t->tolerance > 0 ? t->tolerance : 0.01;
        if (t->in != NULL) {
            sy_find_zone(r, gt_y_get(node, "in"), t->in, strlen(t->in), &out->in_zone,
                         &out->in_label);
        }
        out->in_units = sy_read_units(r, node, t->units);
        read_total_of(r, node, t, out);
    }
}

static void read_water(sy_resolver *r, const gt_ynode *root)
{
    const raw_recipe *raw = r->raw;
    sy_recipe *out = r->out;
    out->rivers = sy_need(r, raw->n_rivers, sizeof *out->rivers);
    out->lakes = sy_need(r, raw->n_lakes, sizeof *out->lakes);
    const gt_ynode *node = list_of(root, "rivers");
    for (size_t i = 0; r->status == GT_OK && i < raw->n_rivers; i++, node = node->next) {
        sy_water_line *l = &out->rivers[out->n_rivers++];
        l->code = raw->rivers[i].code;
        l->title = raw->rivers[i].title;
        l->pts = sy_read_places(r, gt_y_get(node, "course"), raw->rivers[i].course, &l->n_pts);
    }
    node = list_of(root, "lakes");
    for (size_t i = 0; r->status == GT_OK && i < raw->n_lakes; i++, node = node->next) {
        out->lakes[out->n_lakes++] = (sy_reservoir){
            raw->lakes[i].title, sy_read_place(r, gt_y_get(node, "at"), raw->lakes[i].at),
            raw->lakes[i].m2 / 1e6};
    }
}

static void read_spots(sy_resolver *r, const gt_ynode *root)
{
    const raw_recipe *raw = r->raw;
    sy_recipe *out = r->out;
    out->pulls = sy_need(r, raw->n_pulls, sizeof *out->pulls);
    out->sites = sy_need(r, raw->n_sites, sizeof *out->sites);
    const gt_ynode *node = list_of(root, "pulls");
    for (size_t i = 0; r->status == GT_OK && i < raw->n_pulls; i++, node = node->next) {
        out->pulls[out->n_pulls++] =
            (sy_pull){sy_read_place(r, gt_y_get(node, "at"), raw->pulls[i].at),
                      raw->pulls[i].weight, raw->pulls[i].radius};
    }
    node = list_of(root, "sites");
    for (size_t i = 0; r->status == GT_OK && i < raw->n_sites; i++, node = node->next) {
        out->sites[out->n_sites++] = (sy_site){
            sy_read_place(r, gt_y_get(node, "at"), raw->sites[i].at), raw->sites[i].radius};
    }
}

static void read_numbers(sy_resolver *r, const gt_ynode *root)
{
    sy_recipe *out = r->out;
    size_t n = gt_texts_count(r->raw->years);
    int *years = sy_need(r, n, sizeof *years);
    for (size_t i = 0; years != NULL && i < n; i++) {
        double v;
        if (!gt_number_parse(r->raw->years[i], &v) || v < 1950 || v > 2100) {
            problem(r, gt_y_get(root, "years"), &GT_MSG_SYNTH_NUMBER,
                    GT_ARGS(GT_TEXT("value", r->raw->years[i])));
            v = 2000;
        }
        years[i] = (int)v;
    }
    out->years = years, out->n_years = n;
    n = gt_texts_count(r->raw->rings);
    double *rings = sy_need(r, n, sizeof *rings);
    for (size_t i = 0; rings != NULL && i < n; i++) {
        const gt_unit *unit = NULL;
        const char *text = NULL;
        double v;
        if (!gt_quantity_parse(r->raw->rings[i], &v, &unit, &text) || unit == NULL ||
            unit->dimension != GT_DIM_LENGTH || !(v > 0)) {
            problem(r, gt_y_get(root, "rings"), &GT_MSG_SYNTH_NUMBER,
                    GT_ARGS(GT_TEXT("value", r->raw->rings[i])));
            continue;
        }
        rings[i] = gt_unit_to_base(unit, v);
    }
    out->rings_m = rings, out->n_rings = n;
}

static void resolve(sy_resolver *r, const gt_ynode *root)
{
    r->out->centre = sy_read_place(r, gt_y_get(root, "centre"), r->raw->centre);
    r->out->base_year = r->raw->base_year;
    read_numbers(r, root);
    read_water(r, root);
    read_spots(r, root);
    r->out->density = sy_read_score(r, gt_y_get(root, "density"), r->raw->density);
    read_zones(r, root);
    read_tracks(r, root);
    read_groups(r, root);
    read_ribbons(r, root);
    read_lines(r, root);
    read_grids(r, root);
    read_changes(r, root);
    read_totals(r, root);
}

/* The first mistake becomes the error; how many there are is in it. */
static gt_status report(gt_ctx *ctx, gt_problems *problems)
{
    if (problems->status != GT_OK) {
        return problems->status;
    }
    gt_notes *notes = NULL;
    gt_status st = gt_notes_new(ctx, 0, &notes);
    if (st == GT_OK) {
        st = gt_problems_flush(problems, notes);
    }
    if (st == GT_OK) {
        const gt_message *message = NULL;
        const gt_place *place = NULL;
        gt_text text;
        gt_text_init(&text, ctx, 4096);
        gt_notes_get(notes, 0, NULL, &message, &place);
        gt_notes_render_message(notes, 0, gt_ctx_lang(ctx), &text);
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_RECIPE, place,
                     GT_ARGS(GT_TEXT("first", gt_text_cstr(&text)),
                             GT_INT("n", gt_notes_count(notes, GT_ERROR))));
        gt_text_free(&text);
    }
    gt_notes_free(notes);
    return st;
}

static gt_status parse(gt_ctx *ctx, gt_arena *arena, gt_yfile *file, gt_problems *problems,
                       const sy_territory *territory, sy_recipe *out)
{
    raw_recipe *raw = gt_arena_zalloc(arena, 1, sizeof *raw);
    if (raw == NULL) {
        return GT_E_MEMORY;
    }
    gt_filler filler;
    gt_filler_init(&filler, ctx, arena, problems);
    if (!file->broken && file->root != NULL &&
        gt_fill(&filler, &sy_recipe_schema, file->root, raw) && problems->total == 0 &&
        filler.status == GT_OK) {
        sy_resolver r = {.ctx = ctx,
                         .arena = arena,
                         .problems = problems,
                         .land = territory,
                         .raw = raw,
                         .out = out};
        resolve(&r, file->root);
        filler.status = r.status;
    }
    if (filler.status != GT_OK) {
        return filler.status;
    }
    if (file->root == NULL && problems->total == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_FILE_EMPTY, GT_PLACE(.file = file->path),
                       GT_NO_ARGS);
    }
    return problems->total > 0 || problems->status != GT_OK ? report(ctx, problems) : GT_OK;
}

static gt_status open_recipe(gt_ctx *ctx, const char *path, const char *text, size_t len,
                             const sy_territory *territory, sy_recipe **out)
{
    gt_arena *arena = NULL;
    gt_status st = gt_arena_new(ctx, 0, &arena);
    if (st != GT_OK) {
        return st;
    }
    gt_problems problems;
    gt_problems_init(&problems, ctx);
    gt_yfile *file = NULL;
    sy_recipe *recipe = gt_arena_zalloc(arena, 1, sizeof *recipe);
    const char *name = gt_arena_strdup(arena, path);
    const char *copy = text != NULL ? gt_arena_strndup(arena, text, len) : "";
    if (recipe == NULL || name == NULL || copy == NULL) {
        st = GT_E_MEMORY;
    } else if (text == NULL) {
        st = gt_yfile_load(ctx, arena, &problems, name, name, 0, NULL, &file);
    } else {
        st = gt_yfile_of(ctx, arena, &problems, name, copy, len, 0, &file);
    }
    if (st == GT_OK && !file->broken) {
        st = gt_yaml_parse(ctx, arena, &problems, file);
    }
    if (st == GT_OK) {
        recipe->arena = arena;
        st = parse(ctx, arena, file, &problems, territory, recipe);
    }
    gt_problems_free(&problems);
    if (st != GT_OK) {
        gt_arena_free(arena);
        return st;
    }
    *out = recipe;
    return GT_OK;
}

gt_status sy_recipe_read(gt_ctx *ctx, const char *path, const sy_territory *territory,
                         sy_recipe **out)
{
    return open_recipe(ctx, path, NULL, 0, territory, out);
}

gt_status sy_recipe_parse(gt_ctx *ctx, const char *name, const char *text, size_t len,
                          const sy_territory *territory, sy_recipe **out)
{
    return open_recipe(ctx, name, text, len, territory, out);
}

void sy_recipe_free(gt_ctx *ctx, sy_recipe *recipe)
{
    (void)ctx;
    if (recipe != NULL) {
        gt_arena_free(recipe->arena);
    }
}

gt_status sy_data_list_read(gt_ctx *ctx, const char *recipe, gt_arena *arena, sy_data_list *out)
{
    gt_problems problems;
    gt_problems_init(&problems, ctx);
    gt_yfile *file = NULL;
    const char *name = gt_arena_strdup(arena, recipe);
    gt_status st = name == NULL ? GT_E_MEMORY
                                : gt_yfile_load(ctx, arena, &problems, name, name, 0, NULL, &file);
    if (st == GT_OK && !file->broken) {
        st = gt_yaml_parse(ctx, arena, &problems, file);
    }
    memset(out, 0, sizeof *out);
    if (st == GT_OK && !file->broken) {
        const gt_ynode *data = gt_y_get(file->root, "data");
        gt_filler filler;
        gt_filler_init(&filler, ctx, arena, &problems);
        if (data == NULL) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MISSING_KEY, GT_PLACE(.file = name),
                         GT_ARGS(GT_TEXT("what", "recipe"), GT_TEXT("key", "data")));
        } else {
            (void)gt_fill(&filler, &sy_data_schema, data, out);
            st = filler.status;
        }
    }
    if (st == GT_OK && (problems.total > 0 || problems.status != GT_OK)) {
        st = report(ctx, &problems);
    }
    gt_problems_free(&problems);
    return st;
}
