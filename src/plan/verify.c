/* What can be told only when every item is known: references, hierarchies, code lists, figures, and
 * which item carries which clause. Rules are in verify_rules.c. */
#include "plan/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/unit.h"

/* ---- finding -------------------------------------------------------------------------------- */

size_t gt_reader_find(const gt_reader *r, gt_item_kind kind, const char *id)
{
    const gt_slot *slot = id == NULL ? NULL : gt_index_slot(&r->package->index, kind, id);
    return slot == NULL || slot->id == NULL ? SIZE_MAX : slot->index;
}

/* Layer by id, NULL when there is none. */
const gt_standard *gt_reader_layer(const gt_reader *r, const char *id)
{
    size_t i = gt_reader_find(r, GT_ITEM_LAYER, id);
    return i == SIZE_MAX ? NULL : &r->package->layers[i];
}

static const gt_ynode *node_of(const gt_reader *r, gt_item_kind kind, size_t index)
{
    for (size_t i = 0; i < r->n_items; i++) {
        if (r->items[i].kind == kind && r->items[i].index == index) {
            return r->items[i].node;
        }
    }
    return NULL;
}

static void unknown_item(gt_reader *r, const gt_pending *p)
{
    const char *near = NULL;
    size_t d = 0;
    for (size_t i = 0; i < r->n_items; i++) {
        if (r->items[i].kind == p->kind && r->items[i].id != NULL) {
            gt_nearest_try(p->node->text, r->items[i].id, &near, &d);
        }
    }
    gt_y_problem(&r->problems, p->node,
                 near != NULL ? &GT_MSG_UNKNOWN_ITEM_NEAR : &GT_MSG_UNKNOWN_ITEM,
                 GT_ARGS(GT_TEXT("kind", gt_item_kind_title(p->kind).en),
                         GT_TEXT("kind_zh", gt_item_kind_title(p->kind).zh),
                         GT_TEXT("id", p->node->text), GT_TEXT("near", near ? near : "")));
}

static void unknown_clause(gt_reader *r, const gt_pending *p)
{
    const char *near = NULL;
    size_t d = 0;
    for (size_t i = 0; i < r->package->n_clauses; i++) {
        gt_nearest_try(p->node->text, r->package->clauses[i].id, &near, &d);
    }
    gt_y_problem(&r->problems, p->node,
                 near != NULL ? &GT_MSG_UNKNOWN_CLAUSE_NEAR : &GT_MSG_UNKNOWN_CLAUSE,
                 GT_ARGS(GT_TEXT("id", p->node->text), GT_TEXT("near", near ? near : "")));
}

/* When a file could not be parsed, what it declares is unknown: nothing is said about names then.
 */
static void verify_references(gt_reader *r)
{
    for (const gt_pending *p = r->filler.pending; p != NULL && !r->broken; p = p->next) {
        if (p->clause) {
            bool known = gt_package_find_clause(r->package, p->node->text) != NULL;
            if (!known && !r->registry_broken) {
                unknown_clause(r, p);
            }
        } else if (gt_reader_find(r, p->kind, p->node->text) == SIZE_MAX) {
            unknown_item(r, p);
        }
    }
}

/* ---- SQL ------------------------------------------------------------------------------------ */

typedef struct sql_sink {
    gt_reader *reader;
    const gt_ynode *node;
} sql_sink;

static void sink(void *user, const gt_message *message, size_t offset, const gt_arg *args)
{
    const sql_sink *s = user;
    int line = 0, column = 0;
    gt_y_place_in(s->node, offset, &line, &column);
    gt_problem_add(&s->reader->problems, s->node->file->order, message,
                   GT_PLACE(.file = s->node->file->path, .line = line, .column = column), args);
}

gt_status gt_verify_sql(gt_reader *r, const gt_ynode *node, const char *const *names, size_t n)
{
    if (node == NULL || node->kind != GT_Y_SCALAR || gt_y_is_null(node) || r->broken ||
        r->trusted) {
        return GT_OK; /* r->trusted: these very bytes compiled before */
    }
    sql_sink s = {r, node};
    gt_status st = gt_expr_check(r->ctx, r->sql, node->text, names, n, sink, &s, NULL);
    return st == GT_E_INPUT ? GT_OK : st;
}

gt_status gt_verify_condition(gt_reader *r, const gt_ynode *node, const char *const *names,
                              const gt_literal_name *literals, size_t n)
{
    size_t before = r->problems.total;
    gt_status st = gt_verify_sql(r, node, names, n);
    if (st != GT_OK || r->problems.total > before || node == NULL || node->kind != GT_Y_SCALAR ||
        gt_y_is_null(node) || r->broken || r->trusted) {
        return st;
    }
    sql_sink s = {r, node};
    return gt_expr_literals(r->arena, r->package, node->text, literals, n, sink, &s);
}

gt_status gt_verify_where(gt_reader *r, const gt_ynode *node, const gt_standard *layer)
{
    if (node == NULL || layer == NULL) {
        return GT_OK;
    }
    const char **names = gt_arena_alloc(r->arena, layer->n_fields + 1, sizeof *names);
    gt_literal_name *literals = gt_arena_alloc(r->arena, layer->n_fields + 1, sizeof *literals);
    if (names == NULL || literals == NULL) {
        return GT_E_MEMORY;
    }
    size_t n = 0;
    for (size_t i = 0; i < layer->n_fields; i++) {
        const gt_field *f = &layer->fields[i];
        if (f->name[0] != '\0') {
            names[n] = f->name;
            literals[n++] = (gt_literal_name){f->name, f->type, f->codes};
        }
    }
    return gt_verify_condition(r, node, names, literals, n);
}

/* ---- code lists ----------------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
    return strcmp(((const gt_code *)a)->code, ((const gt_code *)b)->code);
}

/* Length of the way up from a code; more steps than codes means a circle. */
static bool circles(const gt_codelist *list, const gt_code *code)
{
    size_t steps = 0;
    while (code != NULL && code->parent != NULL && steps <= list->n_codes) {
        code = gt_codelist_find(list, code->parent);
        steps++;
    }
    return steps > list->n_codes;
}

static void near_code(const gt_codelist *list, const char *code, const char **near)
{
    size_t d = 0;
    *near = NULL;
    for (size_t i = 0; i < list->n_codes; i++) {
        gt_nearest_try(code, list->codes[i].code, near, &d);
    }
}

static void verify_code(gt_reader *r, const gt_codelist *list, const gt_codelist *mapped,
                        const gt_ynode *node, const gt_code *code)
{
    const gt_ynode *parent = gt_y_get(node, "parent"), *map = gt_y_get(node, "map");
    const char *near = NULL;
    if (parent != NULL && gt_codelist_find(list, parent->text) == NULL) {
        near_code(list, parent->text, &near);
        gt_y_problem(&r->problems, parent, &GT_MSG_CODE_PARENT,
                     GT_ARGS(GT_TEXT("code", parent->text), GT_TEXT("near", near ? near : "-")));
    } else if (parent != NULL && circles(list, code)) {
        gt_y_problem(&r->problems, parent, &GT_MSG_CYCLE, GT_ARGS(GT_TEXT("id", code->code)));
    }
    if (map != NULL && list->map_list == NULL) {
        gt_y_problem(&r->problems, map, &GT_MSG_CODE_MAP_LIST, GT_NO_ARGS);
    } else if (map != NULL && mapped != NULL && gt_codelist_find(mapped, map->text) == NULL) {
        near_code(mapped, map->text, &near);
        gt_y_problem(&r->problems, map, &GT_MSG_CODE_MAP,
                     GT_ARGS(GT_TEXT("code", map->text), GT_TEXT("list", list->map_list),
                             GT_TEXT("near", near ? near : "-")));
    }
}

static gt_status verify_codelist(gt_reader *r, gt_codelist *list, const gt_ynode *item)
{
    const gt_ynode *codes = gt_y_get(item, "list");
    size_t mapped = gt_reader_find(r, GT_ITEM_CODES, list->map_list);
    bool *seen = gt_zalloc(r->ctx, list->n_codes, sizeof *seen);
    if (seen == NULL) {
        return GT_E_MEMORY;
    }
    for (const gt_ynode *c = codes == NULL ? NULL : codes->first; c != NULL; c = c->next) {
        const gt_ynode *code = gt_y_get(c, "code");
        const gt_code *found = code == NULL ? NULL : gt_codelist_find(list, code->text);
        if (found == NULL) {
            continue; /* reported when it was filled */
        }
        if (seen[found - list->codes]) {
            gt_y_problem(&r->problems, code, &GT_MSG_CODE_TWICE,
                         GT_ARGS(GT_TEXT("code", code->text)));
        }
        seen[found - list->codes] = true;
        verify_code(r, list, mapped == SIZE_MAX ? NULL : &r->package->codelists[mapped], c, found);
    }
    gt_free(r->ctx, seen);
    return GT_OK;
}

static gt_status verify_codelists(gt_reader *r)
{
    gt_package *p = r->package;
    for (size_t i = 0; i < p->n[GT_ITEM_CODES]; i++) {
        gt_code *codes = (gt_code *)p->codelists[i].codes;
        if (p->codelists[i].n_codes > 1) {
            qsort(codes, p->codelists[i].n_codes, sizeof *codes, by_code);
        }
    }
    gt_status st = GT_OK;
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        if (r->items[i].kind == GT_ITEM_CODES) {
            st = verify_codelist(r, &p->codelists[r->items[i].index], r->items[i].node);
        }
    }
    return st;
}

/* ---- layers and subjects -------------------------------------------------------------------- */

void gt_join_codes(gt_reader *r, const gt_field *fields, const gt_ynode *nodes, bool of_layer)
{
    const gt_ynode *c = nodes == NULL ? NULL : nodes->first;
    for (size_t i = 0; c != NULL; c = c->next, i++) {
        const gt_ynode *codes = gt_y_get(c, "codes");
        size_t k = codes == NULL ? SIZE_MAX : gt_reader_find(r, GT_ITEM_CODES, codes->text);
        if (k != SIZE_MAX) {
            ((gt_field *)&fields[i])->codes = &r->package->codelists[k];
            r->package->codes_used[k] = r->package->codes_used[k] || of_layer;
        }
    }
}

/* The classes of a grid that a model makes: a layer too. */
static void join_grid_codes(gt_reader *r)
{
    for (size_t i = 0; i < gt_package_n_models(r->package); i++) {
        const char *codes = gt_package_model(r->package, i)->codes;
        size_t k = codes == NULL ? SIZE_MAX : gt_reader_find(r, GT_ITEM_CODES, codes);
        if (k != SIZE_MAX) {
            r->package->codes_used[k] = true;
        }
    }
}

enum { VISITING = 1, VISITED = 2 };

/* Fields of the layers it extends come first; a field of the same name replaces the inherited one.
 */
static gt_status inherit(gt_reader *r, size_t i, unsigned char *state)
{
    gt_package *p = r->package;
    const gt_ynode *node = node_of(r, GT_ITEM_LAYER, i), *ext = gt_y_get(node, "extends");
    size_t base = ext == NULL ? SIZE_MAX : gt_reader_find(r, GT_ITEM_LAYER, ext->text);
    if (state[i] != 0 || base == SIZE_MAX) {
        state[i] = VISITED;
        return GT_OK;
    }
    state[i] = VISITING;
    if (state[base] == VISITING) {
        gt_y_problem(&r->problems, ext, &GT_MSG_CYCLE, GT_ARGS(GT_TEXT("id", ext->text)));
        state[i] = VISITED;
        return GT_OK;
    }
    gt_status st = inherit(r, base, state);
    state[i] = VISITED;
    gt_standard *to = &p->layers[i];
    const gt_standard *from = &p->layers[base];
    gt_field *fields = gt_arena_zalloc(r->arena, from->n_fields + to->n_fields + 1, sizeof *fields);
    if (st != GT_OK || fields == NULL) {
        return st != GT_OK ? st : GT_E_MEMORY;
    }
    size_t n = 0;
    for (size_t k = 0; k < from->n_fields; k++) {
        if (from->fields[k].name[0] != '\0' && gt_standard_field(to, from->fields[k].name) < 0) {
            fields[n++] = from->fields[k];
        }
    }
    if (to->n_fields > 0) {
        memcpy(fields + n, to->fields, to->n_fields * sizeof *fields);
    }
    to->fields = fields;
    to->n_fields += n;
    to->id_field = to->id_field != NULL ? to->id_field : from->id_field;
    to->class_field = to->class_field != NULL ? to->class_field : from->class_field;
    to->area_field = to->area_field != NULL ? to->area_field : from->area_field;
    return GT_OK;
}

static void field_named(gt_reader *r, const gt_standard *layer, const gt_ynode *at)
{
    if (at == NULL || at->kind != GT_Y_SCALAR || gt_y_is_null(at)) {
        return;
    }
    const char *near = NULL;
    size_t d = 0;
    for (size_t i = 0; i < layer->n_fields; i++) {
        if (layer->fields[i].name[0] == '\0') {
            return; /* a faulty field: what its name would be is not known */
        }
        if (strcmp(layer->fields[i].name, at->text) == 0) {
            return;
        }
        gt_nearest_try(at->text, layer->fields[i].name, &near, &d);
    }
    gt_y_problem(&r->problems, at, &GT_MSG_UNKNOWN_FIELD,
                 GT_ARGS(GT_TEXT("field", at->text), GT_TEXT("layer", layer->id ? layer->id : ""),
                         GT_TEXT("near", near ? near : "-")));
}

void gt_verify_field(gt_reader *r, const char *layer, const gt_ynode *at)
{
    const gt_standard *standard = gt_reader_layer(r, layer);
    if (standard != NULL) {
        field_named(r, standard, at);
    }
}

static gt_status verify_layers(gt_reader *r)
{
    gt_package *p = r->package;
    unsigned char *state = gt_zalloc(r->ctx, p->n[GT_ITEM_LAYER], 1);
    gt_status st = state == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        const gt_raw_item *item = &r->items[i];
        if (item->kind == GT_ITEM_LAYER) {
            gt_join_codes(r, p->layers[item->index].fields, gt_y_get(item->node, "fields"), true);
        } else if (item->kind == GT_ITEM_SUBJECT) {
            gt_join_codes(r, p->subjects[item->index].fields, gt_y_get(item->node, "facts"), false);
        }
    }
    join_grid_codes(r);
    for (size_t i = 0; i < p->n[GT_ITEM_LAYER] && st == GT_OK; i++) {
        st = inherit(r, i, state);
    }
    gt_free(r->ctx, state);
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        if (r->items[i].kind == GT_ITEM_LAYER) {
            gt_standard *layer = &p->layers[r->items[i].index];
            field_named(r, layer, gt_y_get(r->items[i].node, "id_field"));
            field_named(r, layer, gt_y_get(r->items[i].node, "class_field"));
            field_named(r, layer, gt_y_get(r->items[i].node, "area_field"));
            layer->qc.has_bounds = p->has_extent;
            layer->qc.bounds = p->extent;
        }
    }
    return st;
}

/* ---- plans, package ------------------------------------------------------------------------- */

static void verify_plans(gt_reader *r)
{
    gt_package *p = r->package;
    const gt_ynode *list = gt_y_get(r->root, "plans");
    const gt_ynode *node = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < p->n[GT_ITEM_PLAN] && node != NULL; i++, node = node->next) {
        const gt_plan *plan = &p->plans[i];
        if (plan->from != GT_DATE_NONE && plan->to != GT_DATE_NONE && plan->to < plan->from) {
            gt_y_problem(&r->problems, node, &GT_MSG_DATES_ORDER, GT_NO_ARGS);
        }
    }
    for (size_t i = 0; i < p->n_clauses; i++) {
        const gt_clause *c = &p->clauses[i];
        if (c->plan[0] != '\0' && gt_reader_find(r, GT_ITEM_PLAN, c->plan) == SIZE_MAX) {
            gt_problem_add(
                &r->problems, 1, &GT_MSG_CLAUSE_PLAN,
                GT_PLACE(.file = r->files[1]->path, .line = c->line, .column = 1, .clause = c->id),
                GT_ARGS(GT_TEXT("plan", c->plan)));
        }
    }
}

static void verify_package(gt_reader *r)
{
    const gt_ynode *units = gt_y_get(r->root, "units");
    const gt_ynode *node = units == NULL || units->kind != GT_Y_LIST ? NULL : units->first;
    if (node == NULL && units != NULL) {
        gt_y_problem(&r->problems, units, &GT_MSG_NO_UNITS, GT_NO_ARGS);
    }
    for (; node != NULL; node = node->next) {
        const gt_ynode *layer = gt_y_get(node, "layer");
        gt_verify_field(r, layer == NULL ? NULL : layer->text, gt_y_get(node, "name"));
    }
    const gt_box box = r->package->extent;
    if (r->package->has_extent && !(box.xmin < box.xmax && box.ymin < box.ymax)) {
        gt_y_problem(&r->problems, gt_y_get(r->root, "extent"), &GT_MSG_EXTENT, GT_NO_ARGS);
    }
    size_t codes = gt_reader_find(r, GT_ITEM_CODES, r->raw.land.classes);
    r->package->land_classes = codes == SIZE_MAX ? NULL : &r->package->codelists[codes];
}

/* ---- published figures ---------------------------------------------------------------------- */

/* Area in m2 of a figure; follows `of` at most as often as there are figures. */
static double area_of(gt_reader *r, const gt_total *t, size_t steps)
{
    const gt_unit *unit = t->unit == NULL ? NULL : gt_unit_find(t->unit);
    size_t of = gt_reader_find(r, GT_ITEM_TOTAL, t->of);
    if (unit == NULL) {
        return NAN;
    }
    if (unit->dimension == GT_DIM_AREA) {
        return gt_unit_to_base(unit, t->value);
    }
    if (unit->dimension != GT_DIM_SHARE || of == SIZE_MAX || steps > r->package->n[GT_ITEM_TOTAL]) {
        return NAN;
    }
    return gt_unit_to_base(unit, t->value) * area_of(r, &r->package->totals[of], steps + 1);
}

static gt_status verify_total(gt_reader *r, gt_total *t, const gt_ynode *node)
{
    gt_package *p = r->package;
    const gt_clause *clause = t->clause == NULL ? NULL : gt_package_find_clause(p, t->clause);
    size_t plan = clause == NULL ? SIZE_MAX : gt_reader_find(r, GT_ITEM_PLAN, clause->plan);
    t->plan = plan == SIZE_MAX ? NULL : &p->plans[plan];
    for (size_t i = 0; t->plan != NULL && t->plan->superseded[i] != NULL; i++) {
        t->superseded = t->superseded || strcmp(t->plan->superseded[i], t->clause) == 0;
    }
    if (t->since > 0 && t->since >= t->year) {
        gt_y_problem(&r->problems, gt_y_get(node, "since"), &GT_MSG_DATES_ORDER, GT_NO_ARGS);
    }
    if (t->of != NULL && t->id != NULL && strcmp(t->of, t->id) == 0) {
        gt_y_problem(&r->problems, gt_y_get(node, "of"), &GT_MSG_CYCLE,
                     GT_ARGS(GT_TEXT("id", t->id)));
    }
    t->m2 = area_of(r, t, 0);
    const gt_unit *unit = t->unit == NULL ? NULL : gt_unit_find(t->unit);
    if (unit != NULL && unit->dimension == GT_DIM_SHARE && t->layer != NULL && isnan(t->m2)) {
        gt_y_problem(&r->problems, node, &GT_MSG_SHARE_OF, GT_NO_ARGS);
    }
    const gt_ynode *where = gt_y_get(node, "where");
    if (where != NULL && t->layer == NULL) {
        gt_y_problem(&r->problems, where, &GT_MSG_WHERE_LAYER, GT_NO_ARGS);
    }
    return gt_verify_where(r, where, gt_reader_layer(r, t->layer));
}

static bool bound(const gt_binding *list, size_t n, const char *grid)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].value != NULL && strcmp(list[i].value, grid) == 0) {
            return true;
        }
    }
    return false;
}

static void near_bound(const gt_binding *list, size_t n, const char *grid, const char **near,
                       size_t *distance)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].value != NULL) {
            gt_nearest_try(grid, list[i].value, near, distance);
        }
    }
}

/* A grid is known when some model makes or reads it. */
static void verify_view_grid(gt_reader *r, const char *grid, const gt_ynode *node)
{
    const gt_package *p = r->package;
    const char *near = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < gt_package_n_models(p); i++) {
        const gt_model_decl *m = gt_package_model(p, i);
        if (bound(m->out, m->n_out, grid) || bound(m->in, m->n_in, grid)) {
            return;
        }
    }
    for (size_t i = 0; i < gt_package_n_models(p); i++) {
        const gt_model_decl *m = gt_package_model(p, i);
        near_bound(m->out, m->n_out, grid, &near, &distance);
        near_bound(m->in, m->n_in, grid, &near, &distance);
    }
    gt_y_problem(&r->problems, node, near != NULL ? &GT_MSG_VIEW_GRID_NEAR : &GT_MSG_VIEW_GRID,
                 GT_ARGS(GT_TEXT("grid", grid), GT_TEXT("near", near != NULL ? near : "")));
}

static gt_status verify_view(gt_reader *r, const gt_view *view, const gt_ynode *node)
{
    size_t n = gt_texts_count(view->show);
    const gt_ynode *map = gt_y_get(node, "map"), *grid = gt_y_get(map, "grid");
    if (map != NULL && map->kind == GT_Y_MAP && (grid != NULL) == (gt_y_get(map, "show") != NULL)) {
        gt_y_problem(&r->problems, map, &GT_MSG_VIEW_ONE, GT_NO_ARGS);
    } else if (view->grid != NULL && !r->broken) {
        verify_view_grid(r, view->grid, grid);
    }
    const char *last = n == 0 ? NULL : view->show[n - 1];
    return gt_verify_where(r, gt_y_get(map, "where"), gt_reader_layer(r, last));
}

static gt_status verify_figures(gt_reader *r)
{
    gt_status st = GT_OK;
    gt_package *p = r->package;
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        const gt_raw_item *item = &r->items[i];
        if (item->kind == GT_ITEM_TOTAL) {
            st = verify_total(r, &p->totals[item->index], item->node);
        } else if (item->kind == GT_ITEM_INDICATOR) {
            st = gt_verify_indicator(r, &p->indicators[item->index], item->node);
        } else if (item->kind == GT_ITEM_VIEW) {
            st = verify_view(r, &p->views[item->index], item->node);
        }
    }
    return st;
}

/* ---- what carries a clause ------------------------------------------------------------------ */

static gt_strength strength_of(const gt_clause *clause)
{
    return clause->strength[0] == 'b'   ? GT_BINDING
           : clause->strength[0] == 'g' ? GT_GUIDANCE
                                        : GT_DESCRIPTIVE;
}

/* One list of clause ids of item i: counted on the first pass, filed on the second. */
static void cite(gt_package *p, size_t i, const char *const *ids, size_t *start, size_t *fill)
{
    for (; *ids != NULL; ids++) {
        const gt_clause *c = gt_package_find_clause(p, *ids);
        if (c == NULL) {
            continue; /* reported */
        }
        size_t k = (size_t)(c - p->clauses);
        if (fill == NULL) {
            start[k + 1]++;
        } else {
            p->citers[fill[k]++] = i;
        }
        gt_item *item = &p->items[i];
        if (item->kind != GT_ITEM_RULE && strength_of(c) < item->strength) {
            item->strength = strength_of(c);
        }
    }
}

static void cite_all(gt_reader *r, size_t *start, size_t *fill)
{
    gt_package *p = r->package;
    for (size_t i = 0; i < p->n_items; i++) {
        if (p->items[i].kind != GT_ITEM_RULE) {
            p->items[i].strength = GT_DESCRIPTIVE; /* the strongest of its clauses */
        }
        cite(p, i, p->items[i].clauses, start, fill);
        if (p->items[i].kind == GT_ITEM_PLAN) {
            cite(p, i, p->plans[i - r->n_items].superseded, start, fill);
        }
    }
}

/* Compressed rows: for clause c the items citers[start[c] .. start[c + 1]). */
static gt_status index_citers(gt_reader *r)
{
    gt_package *p = r->package;
    size_t *start = gt_arena_zalloc(r->arena, p->n_clauses + 2, sizeof *start);
    size_t *fill = gt_arena_alloc(r->arena, p->n_clauses + 1, sizeof *fill);
    if (start == NULL || fill == NULL) {
        return GT_E_MEMORY;
    }
    cite_all(r, start, NULL);
    for (size_t k = 0; k < p->n_clauses; k++) {
        start[k + 1] += start[k];
    }
    p->citers = gt_arena_alloc(r->arena, start[p->n_clauses] + 1, sizeof *p->citers);
    if (p->citers == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(fill, start, p->n_clauses * sizeof *fill);
    cite_all(r, start, fill);
    p->citer_start = start;
    return GT_OK;
}

gt_status gt_verify(gt_reader *r)
{
    verify_references(r);
    gt_status st = verify_codelists(r);
    if (st == GT_OK) {
        st = verify_layers(r);
    }
    if (st == GT_OK) {
        verify_plans(r);
        verify_package(r);
        st = verify_figures(r);
    }
    if (st == GT_OK) {
        st = gt_verify_rules(r);
    }
    st = st == GT_OK ? gt_verify_ledgers(r) : st;
    return st == GT_OK ? index_citers(r) : st;
}
