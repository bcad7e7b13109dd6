#include "plan/schema.h"

#include <math.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/unit.h"

enum { LIST_MAX = 20000, ID_MAX = 64 };

const char *const gt_no_texts[1] = {NULL};

void gt_filler_init(gt_filler *f, gt_ctx *ctx, gt_arena *arena, gt_problems *problems)
{
    memset(f, 0, sizeof *f);
    f->ctx = ctx;
    f->arena = arena;
    f->problems = problems;
    f->pending_end = &f->pending;
}

size_t gt_texts_count(const char *const *texts)
{
    size_t n = 0;
    while (texts != NULL && texts[n] != NULL) {
        n++;
    }
    return n;
}

bool gt_id_valid(const char *text, bool dashes)
{
    if (text[0] < 'a' || text[0] > 'z' || strlen(text) > ID_MAX) {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        bool fine = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' ||
                    (dashes && *p == '-');
        if (!fine) {
            return false;
        }
    }
    return true;
}

static void *need(gt_filler *f, size_t count, size_t size)
{
    void *block = gt_arena_zalloc(f->arena, count, size);
    if (block == NULL) {
        f->status = GT_E_MEMORY;
    }
    return block;
}

static void set_text(void *to, const char *text)
{
    memcpy(to, &text, sizeof text);
}

/* A value of the wrong kind: what was wanted, what is there. */
static bool wrong(gt_filler *f, const gt_ynode *node, const gt_message *message)
{
    const char *key = node->key == NULL ? "" : node->key->text;
    gt_y_problem(f->problems, node, message,
                 GT_ARGS(GT_TEXT("key", key), GT_TEXT("value", node->text)));
    return false;
}

/* A scalar that is not null; reports otherwise. */
static bool scalar(gt_filler *f, const gt_ynode *node)
{
    if (node->kind != GT_Y_SCALAR) {
        return wrong(f, node, &GT_MSG_WANT_TEXT);
    }
    if (gt_y_is_null(node) || node->len == 0) {
        return wrong(f, node, &GT_MSG_WANT_VALUE);
    }
    return true;
}

static bool fill_pattern(gt_filler *f, const gt_ynode *node, gt_key_kind kind, void *to)
{
    if (!scalar(f, node)) {
        return false;
    }
    if (!gt_id_valid(node->text, kind == GT_K_ID)) {
        return wrong(f, node, kind == GT_K_ID ? &GT_MSG_BAD_ID : &GT_MSG_BAD_NAME);
    }
    set_text(to, node->text);
    return true;
}

static bool hex_color(const char *s)
{
    if (s[0] != '#' || strlen(s) != 7) {
        return false;
    }
    return strspn(s + 1, "0123456789abcdefABCDEF") == 6;
}

static bool fill_color(gt_filler *f, const gt_ynode *node, void *to)
{
    bool fine = node->kind == GT_Y_SCALAR && hex_color(node->text);
    if (!fine) {
        return wrong(f, node, &GT_MSG_BAD_COLOR);
    }
    set_text(to, node->text);
    return true;
}

static bool fill_bool(gt_filler *f, const gt_ynode *node, void *to)
{
    bool is_true = strcmp(node->text, "true") == 0, is_false = strcmp(node->text, "false") == 0;
    if (node->kind != GT_Y_SCALAR || !node->plain || (!is_true && !is_false)) {
        return wrong(f, node, &GT_MSG_WANT_BOOL);
    }
    memcpy(to, &is_true, sizeof is_true);
    return true;
}

static bool number(gt_filler *f, const gt_ynode *node, double *value)
{
    if (node->kind != GT_Y_SCALAR || !node->plain || !gt_number_parse(node->text, value)) {
        return wrong(f, node, &GT_MSG_WANT_NUMBER);
    }
    return true;
}

static bool fill_number(gt_filler *f, const gt_ynode *node, const gt_key *key, void *to)
{
    double v = 0;
    if (!number(f, node, &v)) {
        return false;
    }
    if (key->kind == GT_K_INT && (v != floor(v) || fabs(v) > 1e9)) {
        return wrong(f, node, &GT_MSG_WANT_WHOLE);
    }
    if (key->min < key->max && (v < key->min || v > key->max)) {
        gt_y_problem(f->problems, node, &GT_MSG_OUT_OF_RANGE,
                     GT_ARGS(GT_TEXT("key", key->name), GT_REAL("value", v),
                             GT_REAL("min", key->min), GT_REAL("max", key->max)));
        return false;
    }
    if (key->kind == GT_K_INT) {
        int whole = (int)v;
        memcpy(to, &whole, sizeof whole);
    } else {
        memcpy(to, &v, sizeof v);
    }
    return true;
}

static bool fill_reals(gt_filler *f, const gt_ynode *node, void *to)
{
    double v[4] = {0};
    size_t n = 0;
    if (node->kind != GT_Y_LIST || node->n != 4) {
        return wrong(f, node, &GT_MSG_WANT_FOUR);
    }
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        if (!number(f, c, &v[n++])) {
            return false;
        }
    }
    memcpy(to, v, sizeof v);
    return true;
}

static bool fill_date(gt_filler *f, const gt_ynode *node, void *to)
{
    gt_date date = GT_DATE_NONE;
    if (!scalar(f, node)) {
        return false;
    }
    if (!gt_date_parse(node->text, &date)) {
        return wrong(f, node, &GT_MSG_BAD_DATE);
    }
    memcpy(to, &date, sizeof date);
    return true;
}

static bool fill_word(gt_filler *f, const gt_ynode *node, const gt_word *words, void *to)
{
    if (!scalar(f, node)) {
        return false;
    }
    for (const gt_word *w = words; w->word != NULL; w++) {
        if (strcmp(w->word, node->text) == 0) {
            memcpy(to, &w->value, sizeof w->value);
            return true;
        }
    }
    char all[256] = "";
    size_t used = 0;
    for (const gt_word *w = words; w->word != NULL; w++) {
        size_t len = strlen(w->word);
        if (used + len + 3 < sizeof all) {
            memcpy(all + used, used > 0 ? ", " : "", used > 0 ? 2 : 0);
            used += used > 0 ? 2 : 0;
            memcpy(all + used, w->word, len + 1);
            used += len;
        }
    }
    gt_y_problem(f->problems, node, &GT_MSG_BAD_WORD,
                 GT_ARGS(GT_TEXT("key", node->key == NULL ? "" : node->key->text),
                         GT_TEXT("value", node->text), GT_TEXT("words", all)));
    return false;
}

static bool fill_unit(gt_filler *f, const gt_ynode *node, void *to)
{
    if (!scalar(f, node)) {
        return false;
    }
    if (gt_unit_find(node->text) == NULL) {
        const char *near = gt_unit_nearest(node->text);
        gt_y_problem(f->problems, node, &GT_MSG_BAD_UNIT,
                     GT_ARGS(GT_TEXT("unit", node->text), GT_TEXT("near", near ? near : "m2")));
        return false;
    }
    set_text(to, node->text);
    return true;
}

/* Only the form: "EPSG:4548", WKT or a PROJ string; whether it exists is asked of PROJ when used.
 */
static bool fill_crs(gt_filler *f, const gt_ynode *node, void *to)
{
    if (!scalar(f, node)) {
        return false;
    }
    const char *s = node->text;
    size_t n = strncmp(s, "EPSG:", 5) == 0 ? strspn(s + 5, "0123456789") : 0;
    bool epsg = n >= 4 && n <= 6 && s[5 + n] == '\0' && s[5] != '0';
    bool wkt = strncmp(s, "PROJCRS[", 8) == 0 || strncmp(s, "PROJCS[", 7) == 0 ||
               strncmp(s, "GEOGCRS[", 8) == 0 || strncmp(s, "GEOGCS[", 7) == 0;
    bool proj = strncmp(s, "+proj=", 6) == 0;
    if (!epsg && !wkt && !proj) {
        return wrong(f, node, &GT_MSG_BAD_CRS);
    }
    set_text(to, s);
    return true;
}

static bool fill_quantity(gt_filler *f, const gt_ynode *node, gt_dimension dimension,
                          const char *example, void *to)
{
    double v = 0;
    const gt_unit *unit = NULL;
    const char *text = NULL;
    if (!scalar(f, node)) {
        return false;
    }
    if (!gt_quantity_parse(node->text, &v, &unit, &text)) {
        gt_y_problem(f->problems, node, &GT_MSG_WANT_QUANTITY,
                     GT_ARGS(GT_TEXT("key", node->key == NULL ? "" : node->key->text),
                             GT_TEXT("value", node->text), GT_TEXT("example", example)));
        return false;
    }
    if (unit == NULL || unit->dimension != dimension) {
        const char *near = gt_unit_nearest(text);
        gt_y_problem(f->problems, node, unit == NULL ? &GT_MSG_BAD_UNIT : &GT_MSG_WRONG_UNIT,
                     GT_ARGS(GT_TEXT("unit", text), GT_TEXT("near", near ? near : example),
                             GT_TEXT("example", example)));
        return false;
    }
    if (v < 0) {
        return wrong(f, node, &GT_MSG_NEGATIVE);
    }
    v = gt_unit_to_base(unit, v);
    memcpy(to, &v, sizeof v);
    return true;
}

static bool fill_title(gt_filler *f, const gt_ynode *node, void *to)
{
    gt_title title = {NULL, NULL};
    if (node->kind != GT_Y_MAP) {
        return wrong(f, node, &GT_MSG_WANT_TITLE);
    }
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        bool zh = strcmp(c->key->text, "zh") == 0, en = strcmp(c->key->text, "en") == 0;
        if (!zh && !en) {
            gt_y_problem(f->problems, c->key, &GT_MSG_TITLE_KEY,
                         GT_ARGS(GT_TEXT("key", c->key->text)));
        } else if (scalar(f, c)) {
            *(zh ? &title.zh : &title.en) = c->text;
        } else {
            return false;
        }
    }
    if (title.zh == NULL || title.en == NULL) {
        gt_y_problem(f->problems, node, &GT_MSG_TITLE_LANGUAGE,
                     GT_ARGS(GT_TEXT("language", title.zh == NULL ? "zh" : "en")));
        return false;
    }
    memcpy(to, &title, sizeof title);
    return true;
}

static void refer(gt_filler *f, const gt_ynode *node, const gt_key *key)
{
    gt_pending *p = need(f, 1, sizeof *p);
    if (p != NULL) {
        *p = (gt_pending){node, key->ref, key->kind == GT_K_CLAUSES || key->kind == GT_K_CLAUSE,
                          NULL};
        *f->pending_end = p;
        f->pending_end = &p->next;
    }
}

/* One scalar or a list of scalars. */
static bool fill_texts(gt_filler *f, const gt_ynode *node, const gt_key *key, void *to)
{
    bool list = node->kind == GT_Y_LIST, refers = key->kind != GT_K_TEXTS, fine = true;
    if (node->kind == GT_Y_MAP) {
        return wrong(f, node, &GT_MSG_WANT_LIST);
    }
    size_t n = list ? node->n : 1;
    const char **texts = need(f, n + 1, sizeof *texts);
    size_t k = 0;
    for (const gt_ynode *c = list ? node->first : node; c != NULL && texts != NULL;
         c = list ? c->next : NULL) {
        if (!scalar(f, c)) {
            fine = false;
            continue;
        }
        for (size_t i = 0; i < k && n <= 256; i++) {
            if (strcmp(texts[i], c->text) == 0) {
                gt_y_problem(f->problems, c, &GT_MSG_TWICE_IN_LIST,
                             GT_ARGS(GT_TEXT("value", c->text)));
                fine = false;
            }
        }
        texts[k++] = c->text;
        if (refers) {
            refer(f, c, key);
        }
    }
    memcpy(to, &texts, sizeof texts);
    return fine && texts != NULL;
}

static bool fill_one_text(gt_filler *f, const gt_ynode *node, const gt_key *key, void *to)
{
    if (!scalar(f, node)) {
        return false;
    }
    set_text(to, node->text);
    if (key->kind == GT_K_REF || key->kind == GT_K_CLAUSE) {
        refer(f, node, key);
    }
    return true;
}

/* A list of maps, or a map of maps whose keys are ids. */
static bool fill_many(gt_filler *f, const gt_ynode *node, const gt_key *key, char *to)
{
    const gt_schema *schema = key->extra;
    bool keyed = key->kind == GT_K_KEYED, fine = true;
    if (node->kind != (keyed ? GT_Y_MAP : GT_Y_LIST)) {
        return wrong(f, node, keyed ? &GT_MSG_WANT_MAP : &GT_MSG_WANT_LIST);
    }
    if (node->n > LIST_MAX) {
        return wrong(f, node, &GT_MSG_LIST_TOO_LONG);
    }
    char *block = need(f, node->n == 0 ? 1 : node->n, schema->size);
    size_t n = 0;
    for (const gt_ynode *c = node->first; c != NULL && block != NULL; c = c->next, n++) {
        char *one = block + n * schema->size;
        fine = gt_fill(f, schema, c, one) && fine;
        if (keyed) {
            fine = fill_pattern(f, c->key, GT_K_NAME, one) && fine;
        }
    }
    memcpy(to, &block, sizeof block);
    memcpy(to + sizeof block, &n, sizeof n);
    return fine && block != NULL;
}

static bool fill_value(gt_filler *f, const gt_key *key, const gt_ynode *node, char *to)
{
    switch (key->kind) {
    case GT_K_TEXT:
    case GT_K_SQL:
    case GT_K_REF:
    case GT_K_CLAUSE:
        return fill_one_text(f, node, key, to);
    case GT_K_TITLE:
        return fill_title(f, node, to);
    case GT_K_ID:
    case GT_K_NAME:
        return fill_pattern(f, node, key->kind, to);
    case GT_K_REFS:
    case GT_K_TEXTS:
    case GT_K_CLAUSES:
        return fill_texts(f, node, key, to);
    case GT_K_BOOL:
        return fill_bool(f, node, to);
    case GT_K_INT:
    case GT_K_REAL:
        return fill_number(f, node, key, to);
    case GT_K_REALS:
        return fill_reals(f, node, to);
    case GT_K_DATE:
        return fill_date(f, node, to);
    case GT_K_WORD:
        return fill_word(f, node, key->extra, to);
    case GT_K_COLOR:
        return fill_color(f, node, to);
    case GT_K_UNIT:
        return fill_unit(f, node, to);
    case GT_K_CRS:
        return fill_crs(f, node, to);
    case GT_K_AREA:
        return fill_quantity(f, node, GT_DIM_AREA, "400 m2", to);
    case GT_K_LENGTH:
        return fill_quantity(f, node, GT_DIM_LENGTH, "30 m", to);
    case GT_K_ANGLE:
        return fill_quantity(f, node, GT_DIM_ANGLE, "1 degree", to);
    case GT_K_SHARE:
        return fill_quantity(f, node, GT_DIM_SHARE, "5 %", to);
    case GT_K_ONE:
        return gt_fill(f, key->extra, node, to);
    case GT_K_LIST:
    case GT_K_KEYED:
        return fill_many(f, node, key, to);
    case GT_K_ANY:
        return true;
    }
    return false;
}

static const gt_key *find_key(const gt_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_keys; i++) {
        if (strcmp(schema->keys[i].name, name) == 0) {
            return &schema->keys[i];
        }
    }
    return NULL;
}

static void unknown_key(gt_filler *f, const gt_schema *schema, const gt_ynode *key)
{
    const char *best = NULL;
    size_t d = 0;
    for (size_t i = 0; i < schema->n_keys; i++) {
        gt_nearest_try(key->text, schema->keys[i].name, &best, &d);
    }
    const gt_arg *args = GT_ARGS(GT_TEXT("key", key->text), GT_TEXT("what", schema->what),
                                 GT_TEXT("near", best == NULL ? "" : best));
    gt_y_problem(f->problems, key, best != NULL ? &GT_MSG_UNKNOWN_KEY_NEAR : &GT_MSG_UNKNOWN_KEY,
                 args);
}

bool gt_fill(gt_filler *f, const gt_schema *schema, const gt_ynode *node, void *to)
{
    bool fine = true;
    if (node->kind != GT_Y_MAP) {
        gt_y_problem(f->problems, node, &GT_MSG_WANT_PART, GT_ARGS(GT_TEXT("what", schema->what)));
        return false;
    }
    const gt_date none = GT_DATE_NONE;
    for (size_t i = 0; i < schema->n_keys; i++) {
        if (schema->keys[i].kind == GT_K_DATE) {
            memcpy((char *)to + schema->keys[i].at, &none, sizeof none);
        }
    }
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        const gt_key *key = find_key(schema, c->key->text);
        if (key == NULL) {
            unknown_key(f, schema, c->key);
            fine = false;
            continue;
        }
        if (gt_y_get(node, key->name) != c) {
            fine = false; /* given twice, reported by the YAML reader: the first one counts */
            continue;
        }
        bool good = fill_value(f, key, c, (char *)to + key->at);
        if (good && (key->flags & GT_KEY_PRESENCE) != 0) {
            memcpy((char *)to + key->has, &good, sizeof good);
        }
        fine = good && fine;
    }
    for (size_t i = 0; i < schema->n_keys; i++) {
        const gt_key *key = &schema->keys[i];
        if ((key->flags & GT_KEY_REQUIRED) != 0 && gt_y_get(node, key->name) == NULL) {
            gt_y_problem(f->problems, node, &GT_MSG_MISSING_KEY,
                         GT_ARGS(GT_TEXT("key", key->name), GT_TEXT("what", schema->what)));
            fine = false;
        }
    }
    return fine && f->status == GT_OK;
}
