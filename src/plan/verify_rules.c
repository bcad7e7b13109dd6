/* Rules: the names their expressions may use, the expressions, the holes of their messages. */
#include <string.h>
#include <strings.h>

#include "plan/messages.h"
#include "plan/unit.h"
#include "plan/verify.h"

/* ---- names ---------------------------------------------------------------------------------- */

typedef struct scope {
    gt_reader *r;
    gt_rule *rule;
    const gt_ynode *node;
    gt_name *names;
    size_t n, n_plain; /* the first n_plain are known without the map */
    size_t cap;
} scope;

static const struct {
    const char *suffix;
    gt_aspect aspect;
    gt_dimension dimension;
} aspects[] = {
    {"_m2", GT_ASPECT_M2, GT_DIM_AREA},
    {"_share", GT_ASPECT_SHARE, GT_DIM_SHARE},
    {"_count", GT_ASPECT_COUNT, GT_DIM_NONE},
    {"_pieces", GT_ASPECT_PIECES, GT_DIM_NONE},
    {"_largest_m2", GT_ASPECT_LARGEST_M2, GT_DIM_AREA},
    {"_length_m", GT_ASPECT_LENGTH_M, GT_DIM_LENGTH},
    {"_distance_m", GT_ASPECT_DISTANCE_M, GT_DIM_LENGTH},
    {"", GT_ASPECT_VALUE, GT_DIM_NONE},
};
enum { N_ASPECTS = sizeof aspects / sizeof *aspects };

/* Which aspects a kind of measure gives, as bits by gt_aspect. */
static unsigned aspects_of(gt_measure_kind kind)
{
    switch (kind) {
    case GT_MEASURE_OVERLAP:
        return 1U << GT_ASPECT_M2 | 1U << GT_ASPECT_SHARE | 1U << GT_ASPECT_COUNT |
               1U << GT_ASPECT_PIECES | 1U << GT_ASPECT_LARGEST_M2 | 1U << GT_ASPECT_LENGTH_M;
    case GT_MEASURE_DISTANCE:
        return 1U << GT_ASPECT_DISTANCE_M;
    case GT_MEASURE_COUNT:
        return 1U << GT_ASPECT_COUNT;
    case GT_MEASURE_VALUE:
        return 1U << GT_ASPECT_VALUE;
    case GT_MEASURE_TOTAL:
        return 1U << GT_ASPECT_M2 | 1U << GT_ASPECT_COUNT;
    }
    return 0;
}

/* Adds a name; one that is there already is reported (facts of several kinds may agree). */
static void add_name(scope *s, gt_name name, const gt_ynode *at)
{
    for (size_t i = 0; i < s->n; i++) {
        const gt_name *old = &s->names[i];
        if (strcmp(old->name, name.name) != 0) {
            continue;
        }
        bool agree = old->kind == GT_NAME_FACT && name.kind == GT_NAME_FACT &&
                     old->field->type == name.field->type &&
                     old->field->codes == name.field->codes &&
                     strcmp(old->fallback == NULL ? "" : old->fallback,
                            name.fallback == NULL ? "" : name.fallback) == 0;
        if (!agree) {
            gt_y_problem(&s->r->problems, at, &GT_MSG_NAME_TAKEN,
                         GT_ARGS(GT_TEXT("name", name.name)));
        }
        return;
    }
    if (s->n < s->cap) {
        s->names[s->n++] = name;
    }
}

static void add_facts(scope *s)
{
    static const gt_name always[] = {{.name = "area_m2", .kind = GT_NAME_AREA},
                                     {.name = "as_of", .kind = GT_NAME_DATE},
                                     {.name = "unit", .kind = GT_NAME_UNIT}};
    const gt_package *p = s->r->package;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        add_name(s, always[i], s->node);
    }
    const gt_ynode *at = gt_y_get(s->node, "applies_to");
    for (size_t i = 0; s->rule->applies_to[i] != NULL; i++) {
        size_t k = gt_reader_find(s->r, GT_ITEM_SUBJECT, s->rule->applies_to[i]);
        for (size_t f = 0; k != SIZE_MAX && f < p->subjects[k].n_fields; f++) {
            const gt_field *field = &p->subjects[k].fields[f];
            if (field->name[0] != '\0') {
                const gt_name name = {.name = field->name,
                                      .kind = GT_NAME_FACT,
                                      .field = field,
                                      .fallback = p->subjects[k].defaults[f]};
                add_name(s, name, at);
            }
        }
    }
    s->n_plain = s->n;
}

static gt_status add_measures(scope *s)
{
    const gt_ynode *list = gt_y_get(s->node, "measure");
    const gt_ynode *node = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < s->rule->n_measures && node != NULL; i++, node = node->next) {
        const gt_measure *m = &s->rule->measures[i];
        const char *id = m->id == NULL ? node->key->text : m->id; /* a faulty one is reported */
        unsigned has = m->layer == NULL ? ~0U : aspects_of(m->kind);
        for (size_t k = 0; k < N_ASPECTS; k++) {
            if ((has & 1U << aspects[k].aspect) == 0) {
                continue;
            }
            gt_text text;
            gt_text_init(&text, s->r->ctx, GT_YAML_TEXT + 64);
            gt_text_printf(&text, "%s%s", id, aspects[k].suffix);
            char *name = gt_arena_strdup(s->r->arena, gt_text_cstr(&text));
            gt_text_free(&text);
            if (name == NULL) {
                return GT_E_MEMORY;
            }
            gt_name full = {
                .name = name, .kind = GT_NAME_MEASURE, .aspect = aspects[k].aspect, .measure = i};
            const gt_standard *layer = gt_reader_layer(s->r, m->layer);
            int f = m->field == NULL || layer == NULL ? -1 : gt_standard_field(layer, m->field);
            full.field = f < 0 ? NULL : &layer->fields[f];
            add_name(s, full, node->key);
        }
    }
    return GT_OK;
}

static gt_status make_scope(scope *s)
{
    const gt_package *p = s->r->package;
    s->cap = 3 + s->rule->n_measures * N_ASPECTS;
    for (size_t i = 0; s->rule->applies_to[i] != NULL; i++) {
        size_t k = gt_reader_find(s->r, GT_ITEM_SUBJECT, s->rule->applies_to[i]);
        s->cap += k == SIZE_MAX ? 0 : p->subjects[k].n_fields;
    }
    s->names = gt_arena_zalloc(s->r->arena, s->cap, sizeof *s->names);
    if (s->names == NULL) {
        return GT_E_MEMORY;
    }
    add_facts(s);
    gt_status st = add_measures(s);
    const char **texts = gt_arena_zalloc(s->r->arena, s->n + 1, sizeof *texts);
    if (st != GT_OK || texts == NULL) {
        return st != GT_OK ? st : GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n; i++) {
        texts[i] = s->names[i].name;
    }
    s->rule->names = s->names;
    s->rule->n_names = s->n;
    s->rule->name_texts = texts;
    return GT_OK;
}

/* ---- expressions ---------------------------------------------------------------------------- */

static gt_literal_name literal_of(const gt_name *name)
{
    gt_literal_name l = {.name = name->name};
    if (name->field != NULL) {
        l.type = name->field->type;
        l.codes = name->field->codes;
    } else if (name->kind == GT_NAME_DATE) {
        l.type = GT_FIELD_DATE;
    } else if (name->kind == GT_NAME_UNIT) {
        l.type = GT_FIELD_TEXT;
    } else if (name->kind == GT_NAME_AREA || name->aspect != GT_ASPECT_VALUE) {
        l.type = GT_FIELD_REAL;
    }
    return l;
}

/* One condition of the rule over the first n of its names. */
static gt_status verify_one(scope *s, const gt_ynode *node, size_t n)
{
    gt_literal_name *literals = gt_arena_alloc(s->r->arena, n + 1, sizeof *literals);
    if (literals == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        literals[i] = literal_of(&s->names[i]);
    }
    return gt_verify_condition(s->r, node, s->rule->name_texts, literals, n);
}

static gt_status verify_conditions(scope *s)
{
    static const char *const effects[] = {"deny", "condition", "duty", "note"};
    const gt_rule *rule = s->rule;
    gt_status st = verify_one(s, gt_y_get(s->node, "when"), s->n_plain);
    for (size_t e = 0; e < 4 && st == GT_OK; e++) {
        st = verify_one(s, gt_y_get(s->node, effects[e]), s->n);
    }
    const gt_ynode *list = gt_y_get(s->node, "unless");
    for (const gt_ynode *c = list == NULL ? NULL : list->first; c != NULL && st == GT_OK;
         c = c->next) {
        st = verify_one(s, gt_y_get(c, "when"), s->n);
    }
    list = gt_y_get(s->node, "measure");
    const gt_ynode *node = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < rule->n_measures && node != NULL && st == GT_OK;
         i++, node = node->next) {
        const gt_measure *m = &rule->measures[i];
        st = gt_verify_where(s->r, gt_y_get(node, "where"), gt_reader_layer(s->r, m->layer));
        gt_verify_field(s->r, m->layer, gt_y_get(node, "field"));
    }
    return st;
}

static bool is_measure(const gt_rule *rule, const char *id)
{
    for (size_t i = 0; i < rule->n_measures; i++) {
        if (rule->measures[i].id != NULL && strcmp(rule->measures[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void verify_names(scope *s)
{
    const gt_rule *rule = s->rule;
    const gt_ynode *cut = gt_y_get(gt_y_get(s->node, "comply"), "cut_out");
    if (cut != NULL && rule->comply_cut_out != NULL && !is_measure(rule, rule->comply_cut_out)) {
        gt_y_problem(&s->r->problems, cut, &GT_MSG_NO_MEASURE,
                     GT_ARGS(GT_TEXT("measure", cut->text)));
    }
    const gt_ynode *needs = gt_y_get(s->node, "needs");
    bool one = needs != NULL && needs->kind == GT_Y_SCALAR;
    for (const gt_ynode *c = needs == NULL ? NULL
                             : one         ? needs
                                           : needs->first;
         c != NULL; c = one ? NULL : c->next) {
        bool known = s->r->broken;
        for (size_t i = 0; i < s->n_plain && !known; i++) {
            known = strcmp(s->names[i].name, c->text) == 0;
        }
        if (!known) {
            const char *near = gt_nearest(c->text, s->rule->name_texts, s->n_plain);
            gt_y_problem(&s->r->problems, c, &GT_MSG_NO_FACT,
                         GT_ARGS(GT_TEXT("fact", c->text), GT_TEXT("near", near ? near : "-")));
        }
    }
}

/* ---- holes of messages ---------------------------------------------------------------------- */

static const gt_name *name_of(const scope *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->names[i].name, name) == 0) {
            return &s->names[i];
        }
    }
    return NULL;
}

static gt_dimension dimension_of(const gt_name *name)
{
    if (name->kind == GT_NAME_AREA) {
        return GT_DIM_AREA;
    }
    if (name->kind == GT_NAME_MEASURE && name->aspect != GT_ASPECT_VALUE) {
        for (size_t i = 0; i < N_ASPECTS; i++) {
            if (aspects[i].aspect == name->aspect) {
                return aspects[i].dimension;
            }
        }
    }
    const gt_unit *unit =
        name->field == NULL || name->field->unit == NULL ? NULL : gt_unit_find(name->field->unit);
    return unit == NULL ? GT_DIM_NONE : unit->dimension;
}

/* "{basic_m2|mu}" or "{:sliver|mu}": known name, unit that fits it. */
static void verify_hole(scope *s, const gt_ynode *node, size_t offset, char *hole)
{
    char *bar = strchr(hole, '|');
    const char *unit_text = bar == NULL ? NULL : bar + 1;
    if (bar != NULL) {
        *bar = '\0';
    }
    const gt_unit *unit = unit_text == NULL ? NULL : gt_unit_find(unit_text);
    gt_dimension dimension = GT_DIM_NONE;
    bool known = false;
    if (hole[0] == ':') {
        const gt_parameter *p = gt_package_find_parameter(s->r->package, hole + 1);
        const gt_unit *own = p == NULL || p->unit == NULL ? NULL : gt_unit_find(p->unit);
        known = p != NULL;
        dimension = own == NULL ? GT_DIM_NONE : own->dimension;
    } else {
        const gt_name *name = name_of(s, hole);
        known = name != NULL;
        dimension = name == NULL ? GT_DIM_NONE : dimension_of(name);
    }
    if (known && (unit_text == NULL || (unit != NULL && unit->dimension == dimension))) {
        return;
    }
    int line = 0, column = 0;
    gt_y_place_in(node, offset, &line, &column);
    const gt_place *place = GT_PLACE(.file = node->file->path, .line = line, .column = column);
    if (!known) {
        gt_problem_add(&s->r->problems, node->file->order, &GT_MSG_HOLE, place,
                       GT_ARGS(GT_TEXT("name", hole)));
    } else {
        gt_problem_add(&s->r->problems, node->file->order, &GT_MSG_HOLE_UNIT, place,
                       GT_ARGS(GT_TEXT("name", hole), GT_TEXT("unit", unit_text)));
    }
}

static void verify_text(scope *s, const gt_ynode *node)
{
    const char *p = node->text;
    for (;;) {
        const char *open = strchr(p, '{');
        const char *stray = strchr(p, '}');
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (open == NULL && stray == NULL) {
            return;
        }
        char hole[128];
        if (close == NULL || stray < open || (size_t)(close - open) >= sizeof hole) {
            gt_y_problem(&s->r->problems, node, &GT_MSG_HOLE_OPEN, GT_NO_ARGS);
            return;
        }
        size_t n = (size_t)(close - open) - 1;
        memcpy(hole, open + 1, n);
        hole[n] = '\0';
        verify_hole(s, node, (size_t)(open - node->text), hole);
        p = close + 1;
    }
}

/* zh and en of a title that may hold holes. */
static void verify_say(scope *s, const gt_ynode *title)
{
    for (const gt_ynode *c = title == NULL || title->kind != GT_Y_MAP ? NULL : title->first;
         c != NULL; c = c->next) {
        if (c->kind == GT_Y_SCALAR && !s->r->broken) {
            verify_text(s, c);
        }
    }
}

/* ---- measures nobody looks at --------------------------------------------------------------- */

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does the word stand in a condition, or (hole) in a hole of a message? */
static bool stands_in(const gt_ynode *node, const char *name, bool hole)
{
    size_t n = strlen(name);
    const char *text = node == NULL || node->kind != GT_Y_SCALAR ? "" : node->text;
    for (const char *p = text; *p != '\0'; p++) {
        bool starts = p == text || !word_char(p[-1]);
        if (starts && (!hole || (p > text && p[-1] == '{')) && strncasecmp(p, name, n) == 0 &&
            !word_char(p[n])) {
            return true;
        }
    }
    return false;
}

static bool is_said(const gt_ynode *title, const char *name)
{
    for (const gt_ynode *c = title == NULL || title->kind != GT_Y_MAP ? NULL : title->first;
         c != NULL; c = c->next) {
        if (stands_in(c, name, true)) {
            return true;
        }
    }
    return false;
}

static bool is_used(const scope *s, const char *name)
{
    static const char *const effects[] = {"deny", "condition", "duty", "note"};
    const gt_ynode *list = gt_y_get(s->node, "unless");
    bool used = is_said(gt_y_get(s->node, "say"), name) ||
                is_said(gt_y_get(gt_y_get(s->node, "comply"), "say"), name);
    for (size_t e = 0; e < 4; e++) {
        used = used || stands_in(gt_y_get(s->node, effects[e]), name, false);
    }
    for (const gt_ynode *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
        used = used || stands_in(gt_y_get(c, "when"), name, false) ||
               is_said(gt_y_get(c, "say"), name);
    }
    return used;
}

/* A measure that neither decides, nor is told, nor cut out: a slip, most likely in the condition.
 */
static void verify_use(scope *s)
{
    const gt_ynode *list = gt_y_get(s->node, "measure");
    const gt_ynode *node = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < s->rule->n_measures && node != NULL; i++, node = node->next) {
        const gt_measure *m = &s->rule->measures[i];
        const char *cut = s->rule->comply_cut_out;
        bool used = m->id == NULL || m->layer == NULL || (cut != NULL && strcmp(cut, m->id) == 0);
        for (size_t k = s->n_plain; k < s->n && !used; k++) {
            used = s->names[k].kind == GT_NAME_MEASURE && s->names[k].measure == i &&
                   is_used(s, s->names[k].name);
        }
        if (!used) {
            gt_y_problem(&s->r->problems, node->key, &GT_MSG_MEASURE_UNUSED,
                         GT_ARGS(GT_TEXT("measure", m->id)));
        }
    }
}

/* ---- defaults of facts ---------------------------------------------------------------------- */

static gt_status expand(scope *s, const char **text)
{
    gt_text out;
    gt_text_init(&out, s->r->ctx, 65536);
    gt_expr_expand(*text, s->names, s->n, &out);
    gt_status st = gt_text_status(&out);
    if (st == GT_OK) {
        *text = gt_arena_strdup(s->r->arena, gt_text_cstr(&out));
        st = *text == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&out);
    return st;
}

/* Writes the defaults into the rule's conditions, so that whoever evaluates them need not know. */
static gt_status expand_rule(scope *s)
{
    gt_rule *rule = s->rule;
    gt_status st = GT_OK;
    rule->when_written = rule->when;
    rule->condition_written = rule->condition;
    if (rule->when != NULL) {
        st = expand(s, &rule->when);
    }
    if (st == GT_OK && rule->condition != NULL) {
        st = expand(s, &rule->condition);
    }
    for (size_t i = 0; i < rule->n_exceptions && st == GT_OK; i++) {
        gt_exception *e = (gt_exception *)&rule->exceptions[i];
        st = e->when == NULL ? GT_OK : expand(s, &e->when);
    }
    return st;
}

/* A default speaks of the facts without one: no chains, no circles. */
static gt_status verify_defaults(gt_reader *r, const gt_subject_kind *kind, const gt_ynode *item)
{
    static const char *const always[] = {"area_m2", "as_of", "unit"};
    static const gt_field_type types[] = {GT_FIELD_REAL, GT_FIELD_DATE, GT_FIELD_TEXT};
    const char **names = gt_arena_alloc(r->arena, kind->n_fields + 3, sizeof *names);
    gt_literal_name *literals = gt_arena_alloc(r->arena, kind->n_fields + 3, sizeof *literals);
    if (names == NULL || literals == NULL) {
        return GT_E_MEMORY;
    }
    size_t n = 0;
    for (; n < 3; n++) {
        names[n] = always[n];
        literals[n] = (gt_literal_name){always[n], types[n], NULL};
    }
    for (size_t i = 0; i < kind->n_fields; i++) {
        const gt_field *f = &kind->fields[i];
        if (kind->defaults[i] == NULL && f->name[0] != '\0') {
            names[n] = f->name;
            literals[n++] = (gt_literal_name){f->name, f->type, f->codes};
        }
    }
    gt_status st = GT_OK;
    const gt_ynode *facts = gt_y_get(item, "facts");
    for (const gt_ynode *c = facts == NULL ? NULL : facts->first; c != NULL && st == GT_OK;
         c = c->next) {
        st = gt_verify_condition(r, gt_y_get(c, "default"), names, literals, n);
    }
    return st;
}

static gt_status verify_rule(gt_reader *r, gt_rule *rule, const gt_ynode *node)
{
    scope s = {.r = r, .rule = rule, .node = node};
    size_t before = r->problems.total;
    gt_status st = make_scope(&s);
    if (st == GT_OK) {
        st = verify_conditions(&s);
    }
    if (st == GT_OK) {
        verify_names(&s);
        verify_say(&s, gt_y_get(node, "say"));
        verify_say(&s, gt_y_get(gt_y_get(node, "comply"), "say"));
        const gt_ynode *list = gt_y_get(node, "unless");
        for (const gt_ynode *c = list == NULL ? NULL : list->first; c != NULL; c = c->next) {
            verify_say(&s, gt_y_get(c, "say"));
        }
        if (r->problems.total == before) {
            verify_use(&s); /* else a misspelt name is why */
        }
        st = r->broken ? GT_OK : expand_rule(&s);
    }
    return st;
}

gt_status gt_verify_rules(gt_reader *r)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        const gt_raw_item *item = &r->items[i];
        if (item->kind == GT_ITEM_RULE && item->node->kind == GT_Y_MAP) {
            st = verify_rule(r, &r->package->rules[item->index], item->node);
        } else if (item->kind == GT_ITEM_SUBJECT) {
            st = verify_defaults(r, &r->package->subjects[item->index], item->node);
        }
    }
    return st;
}
