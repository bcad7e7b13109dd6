/* Ledgers: fields, states, moves, postings, balances. Filled here; what needs all items (codes,
 * conditions, names of states and moves) is verified by gt_verify_ledgers. */
#include <string.h>

#include "plan/items.h"
#include "plan/messages.h"
#include "plan/verify.h"

static const gt_word places[] = {{"none", GT_GEOM_NONE},
                                 {"point", GT_POINT},
                                 {"line", GT_LINESTRING},
                                 {"polygon", GT_POLYGON},
                                 {NULL, 0}};
static const gt_word tests[] = {{"none", GT_BALANCE_OPEN},
                                {"in_covers_out", GT_BALANCE_IN_COVERS},
                                {"in_covers_out_over_years", GT_BALANCE_CUM_COVERS},
                                {"out_covers_in", GT_BALANCE_OUT_COVERS},
                                {"not_negative", GT_BALANCE_NOT_NEGATIVE},
                                {NULL, 0}};

static const gt_key state_keys[] = {
    {.name = "state", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_state, id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(gt_ledger_state, title)},
    {.name = "within_days",
     .kind = GT_K_INT,
     .at = AT(gt_ledger_state, within_days),
     .min = 1,
     .max = 36525},
    {.name = "final", .kind = GT_K_BOOL, .at = AT(gt_ledger_state, final)},
};
static const gt_schema state_schema = {"state", KEYS(state_keys), sizeof(gt_ledger_state)};

static const gt_key move_keys[] = {
    {.name = "move", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_transition, id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(gt_ledger_transition, title)},
    {.name = "from", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(gt_ledger_transition, from)},
    {.name = "to", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_transition, to)},
    {.name = "who", .kind = GT_K_TEXTS, .at = AT(gt_ledger_transition, who)},
    {.name = "evidence", .kind = GT_K_TEXTS, .at = AT(gt_ledger_transition, evidence)},
    {.name = "rules",
     .kind = GT_K_REFS,
     .at = AT(gt_ledger_transition, rules),
     .ref = GT_ITEM_RULE},
    {.name = "when", .kind = GT_K_SQL, .at = AT(gt_ledger_transition, when)},
};
static const gt_schema move_schema = {"move", KEYS(move_keys), sizeof(gt_ledger_transition)};

static const gt_key posting_keys[] = {
    {.name = "on", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_posting, on)},
    {.name = "balance", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_posting, balance)},
    {.name = "from", .kind = GT_K_TEXT, .flags = REQ, .at = AT(gt_ledger_posting, from)},
    {.name = "to", .kind = GT_K_TEXT, .flags = REQ, .at = AT(gt_ledger_posting, to)},
    {.name = "amount", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_posting, amount)},
    {.name = "quality", .kind = GT_K_NAME, .at = AT(gt_ledger_posting, quality)},
    {.name = "year", .kind = GT_K_NAME, .at = AT(gt_ledger_posting, year)},
};
static const gt_schema posting_schema = {"posting", KEYS(posting_keys), sizeof(gt_ledger_posting)};

typedef struct raw_must {
    gt_balance_must must;
    int of;
} raw_must;

static const gt_word extents[] = {{"unit", 0}, {"whole", 1}, {NULL, 0}};
static const gt_key must_keys[] = {
    {.name = "must", .kind = GT_K_SQL, .flags = REQ, .at = AT(raw_must, must.must)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_must, must.title)},
    {.name = "clause", .kind = GT_K_CLAUSE, .at = AT(raw_must, must.clause)},
    {.name = "of", .kind = GT_K_WORD, .at = AT(raw_must, of), .extra = extents},
};
static const gt_schema must_schema = {"must", KEYS(must_keys), sizeof(raw_must)};

typedef struct raw_balance {
    gt_balance balance;
    int test;
    gt_ledger_sum *sums;
    size_t n_sums;
    raw_must *musts;
    size_t n_musts;
} raw_balance;

static const gt_key balance_keys[] = {
    {.name = "balance", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_balance, balance.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_balance, balance.title)},
    {.name = "account", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_balance, balance.account)},
    {.name = "test", .kind = GT_K_WORD, .at = AT(raw_balance, test), .extra = tests},
    {.name = "stated",
     .kind = GT_K_REF,
     .at = AT(raw_balance, balance.stated),
     .ref = GT_ITEM_LEDGER},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_balance, balance.clauses)},
    {.name = "sums", .kind = GT_K_LIST, .at = AT(raw_balance, sums), .extra = &gt_sum_schema},
    {.name = "musts", .kind = GT_K_LIST, .at = AT(raw_balance, musts), .extra = &must_schema},
};
static const gt_schema balance_schema = {"balance", KEYS(balance_keys), sizeof(raw_balance)};

typedef struct raw_ledger {
    gt_ledger ledger;
    int place, strength;
    bool has_strength;
    void *fields;
    size_t n_fields;
    gt_ledger_state *states;
    size_t n_states;
    gt_ledger_transition *moves;
    size_t n_moves;
    gt_ledger_posting *postings;
    size_t n_postings;
    raw_balance *balances;
    size_t n_balances;
} raw_ledger;

static const gt_key ledger_keys[] = {
    {.name = "ledger", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_ledger, ledger.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_ledger, ledger.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .flags = REQ, .at = AT(raw_ledger, ledger.clauses)},
    {.name = "strength",
     .kind = GT_K_WORD,
     .flags = GT_KEY_PRESENCE,
     .at = AT(raw_ledger, strength),
     .extra = gt_strength_words,
     .has = AT(raw_ledger, has_strength)},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_ledger, ledger.note)},
    {.name = "place", .kind = GT_K_WORD, .at = AT(raw_ledger, place), .extra = places},
    {.name = "place_required", .kind = GT_K_BOOL, .at = AT(raw_ledger, ledger.place_required)},
    {.name = "number", .kind = GT_K_TEXT, .at = AT(raw_ledger, ledger.number)},
    {.name = "year", .kind = GT_K_NAME, .at = AT(raw_ledger, ledger.year_field)},
    {.name = "subject",
     .kind = GT_K_REF,
     .at = AT(raw_ledger, ledger.subject),
     .ref = GT_ITEM_SUBJECT},
    {.name = "who", .kind = GT_K_TEXTS, .at = AT(raw_ledger, ledger.who)},
    {.name = "fields", .kind = GT_K_LIST, .at = AT(raw_ledger, fields), .extra = &gt_field_schema},
    {.name = "states", .kind = GT_K_LIST, .at = AT(raw_ledger, states), .extra = &state_schema},
    {.name = "moves", .kind = GT_K_LIST, .at = AT(raw_ledger, moves), .extra = &move_schema},
    {.name = "postings",
     .kind = GT_K_LIST,
     .at = AT(raw_ledger, postings),
     .extra = &posting_schema},
    {.name = "balances",
     .kind = GT_K_LIST,
     .at = AT(raw_ledger, balances),
     .extra = &balance_schema},
};
static const gt_schema ledger_schema = {"ledger", KEYS(ledger_keys), sizeof(raw_ledger)};

/* What a condition may use beside the ledger's own fields. */
static const char *const own_names[] = {"state", "unit", "body", "area_m2", "as_of", "version"};
enum { N_OWN_NAMES = sizeof own_names / sizeof *own_names };

static gt_status take_names(gt_reader *r, gt_ledger *l)
{
    const char **names = gt_item_keep(r, l->n_fields + N_OWN_NAMES, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < l->n_fields; i++) {
        names[i] = l->fields[i].name;
    }
    memcpy(names + l->n_fields, own_names, sizeof own_names);
    l->names = names;
    l->n_names = l->n_fields + N_OWN_NAMES;
    return GT_OK;
}

/* The balance itself, and what its conditions may use. */
static gt_status take_balance(gt_reader *r, const raw_balance *raw, gt_balance *b)
{
    static const char *const fixed[GT_BALANCE_FIXED] = {"opening", "inflow", "outflow", "closing",
                                                        "year"};
    *b = raw->balance;
    b->test = (gt_balance_test)raw->test;
    b->clauses = gt_item_list(b->clauses);
    const char **names = gt_item_keep(r, GT_BALANCE_FIXED + raw->n_sums, sizeof *names);
    gt_balance_must *musts = gt_item_keep(r, raw->n_musts + 1, sizeof *musts);
    if (names == NULL || musts == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(names, fixed, sizeof fixed);
    for (size_t i = 0; i < raw->n_sums; i++) {
        names[GT_BALANCE_FIXED + i] = raw->sums[i].name == NULL ? "" : raw->sums[i].name;
    }
    for (size_t i = 0; i < raw->n_musts; i++) {
        musts[i] = raw->musts[i].must;
        musts[i].whole = raw->musts[i].of == 1;
    }
    b->sums = raw->sums;
    b->n_sums = raw->n_sums;
    b->musts = musts;
    b->n_musts = raw->n_musts;
    b->names = names;
    b->n_names = GT_BALANCE_FIXED + raw->n_sums;
    return GT_OK;
}

gt_status gt_take_ledger(gt_reader *r, gt_raw_item *item)
{
    raw_ledger raw = {0};
    item->whole = gt_fill(&r->filler, &ledger_schema, item->node, &raw);
    gt_ledger *l = &raw.ledger;
    l->place = (gt_geom_type)raw.place;
    l->clauses = gt_item_list(l->clauses);
    l->who = gt_item_list(l->who);
    l->states = raw.states;
    l->n_states = raw.n_states;
    for (size_t i = 0; i < raw.n_moves; i++) {
        raw.moves[i].from = gt_item_list(raw.moves[i].from);
        raw.moves[i].who = gt_item_list(raw.moves[i].who);
        raw.moves[i].evidence = gt_item_list(raw.moves[i].evidence);
        raw.moves[i].rules = gt_item_list(raw.moves[i].rules);
    }
    l->moves = raw.moves;
    l->n_moves = raw.n_moves;
    l->postings = raw.postings;
    l->n_postings = raw.n_postings;
    gt_balance *balances = gt_item_keep(r, raw.n_balances, sizeof *balances);
    if (balances == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < raw.n_balances; i++) {
        st = take_balance(r, &raw.balances[i], &balances[i]);
    }
    l->balances = balances;
    l->n_balances = raw.n_balances;
    l->n_fields = raw.n_fields;
    st = st == GT_OK ? gt_take_fields(r, raw.fields, raw.n_fields, gt_y_get(item->node, "fields"),
                                      &l->fields)
                     : st;
    st = st == GT_OK ? take_names(r, l) : st;
    r->package->ledgers[item->index] = *l;
    r->package->items[item - r->items].strength = (gt_strength)raw.strength;
    return st;
}

/* ---- verifying ------------------------------------------------------------------------------- */

static void no_part(gt_reader *r, const gt_ynode *at, const char *what, const char *what_zh,
                    const char *value)
{
    gt_y_problem(
        &r->problems, at, &GT_MSG_LEDGER_PART,
        GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh), GT_TEXT("value", value)));
}

static void want_state(gt_reader *r, const gt_ledger *l, const gt_ynode *at, const char *id)
{
    for (size_t i = 0; id != NULL && i < l->n_states; i++) {
        if (l->states[i].id != NULL && strcmp(l->states[i].id, id) == 0) {
            return;
        }
    }
    if (id != NULL) {
        no_part(r, at, "state", "状态", id);
    }
}

static void want_field(gt_reader *r, const gt_ledger *l, const gt_ynode *at, const char *name)
{
    for (size_t i = 0; name != NULL && i < l->n_fields; i++) {
        if (strcmp(l->fields[i].name, name) == 0) {
            return;
        }
    }
    if (name != NULL) {
        no_part(r, at, "field", "字段", name);
    }
}

static gt_status verify_move(gt_reader *r, const gt_ledger *l, const gt_ledger_transition *m,
                             const gt_ynode *node)
{
    static const char *const taken[] = {"add", "attach", "roll", "set"}; /* actions of events */
    const gt_ynode *from = gt_y_get(node, "from");
    for (size_t i = 0; m->id != NULL && i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(m->id, taken[i]) == 0) {
            gt_y_problem(&r->problems, gt_y_get(node, "move"), &GT_MSG_LEDGER_RESERVED,
                         GT_ARGS(GT_TEXT("value", m->id)));
        }
    }
    for (const char *const *s = m->from; *s != NULL; s++) {
        want_state(r, l, from, *s);
    }
    want_state(r, l, gt_y_get(node, "to"), m->to);
    if (*m->rules != NULL && (l->subject == NULL || l->place == GT_GEOM_NONE)) {
        gt_y_problem(&r->problems, gt_y_get(node, "rules"), &GT_MSG_LEDGER_RULES, GT_NO_ARGS);
    }
    return gt_verify_sql(r, gt_y_get(node, "when"), l->names, l->n_names);
}

static bool balance_known(const gt_package *p, const char *id)
{
    for (size_t i = 0; i < p->n[GT_ITEM_LEDGER]; i++) {
        for (size_t k = 0; k < p->ledgers[i].n_balances; k++) {
            const char *have = p->ledgers[i].balances[k].id;
            if (have != NULL && strcmp(have, id) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void verify_posting(gt_reader *r, const gt_ledger *l, const gt_ledger_posting *p,
                           const gt_ynode *node)
{
    bool known = false;
    for (size_t i = 0; p->on != NULL && i < l->n_moves; i++) {
        known = known || (l->moves[i].id != NULL && strcmp(l->moves[i].id, p->on) == 0);
    }
    if (!known && p->on != NULL) {
        no_part(r, gt_y_get(node, "on"), "move", "流转", p->on);
    }
    if (p->balance != NULL && !r->broken && !balance_known(r->package, p->balance)) {
        no_part(r, gt_y_get(node, "balance"), "balance", "平衡账", p->balance);
    }
    if (p->amount != NULL && strcmp(p->amount, "place") != 0) {
        want_field(r, l, gt_y_get(node, "amount"), p->amount);
    }
    want_field(r, l, gt_y_get(node, "quality"), p->quality);
    want_field(r, l, gt_y_get(node, "year"), p->year);
    const char *const ends[] = {p->from, p->to};
    const char *const keys[] = {"from", "to"};
    for (int i = 0; i < 2; i++) {
        if (ends[i] != NULL && ends[i][0] == ':') {
            want_field(r, l, gt_y_get(node, keys[i]), ends[i] + 1);
        }
    }
}

/* Ids that stand twice among states or moves. */
static void verify_twice(gt_reader *r, const gt_ynode *list, const char *key)
{
    for (const gt_ynode *a = list == NULL ? NULL : list->first; a != NULL; a = a->next) {
        const gt_ynode *id = gt_y_get(a, key);
        for (const gt_ynode *b = list->first; b != a && id != NULL; b = b->next) {
            const gt_ynode *other = gt_y_get(b, key);
            if (other != NULL && id->text != NULL && other->text != NULL &&
                strcmp(other->text, id->text) == 0) {
                gt_y_problem(&r->problems, id, &GT_MSG_TWICE_IN_LIST,
                             GT_ARGS(GT_TEXT("value", id->text)));
            }
        }
    }
}

static void refuse_unique(gt_reader *r, const gt_ledger *l, const gt_ynode *list)
{
    const gt_ynode *at = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < l->n_fields && at != NULL; i++, at = at->next) {
        if (l->fields[i].unique) {
            gt_y_problem(&r->problems, gt_y_get(at, "unique"), &GT_MSG_LEDGER_UNIQUE, GT_NO_ARGS);
        }
    }
}

static gt_status verify_balance(gt_reader *r, const gt_balance *b, const gt_ynode *node)
{
    const gt_ynode *list = gt_y_get(node, "musts");
    const gt_ynode *at = list != NULL && list->kind == GT_Y_LIST ? list->first : NULL;
    if (b->n_sums > GT_MOST_SUMS) {
        gt_y_problem(&r->problems, gt_y_get(node, "sums"), &GT_MSG_INGREDIENTS,
                     GT_ARGS(GT_INT("series", 0), GT_INT("ledgers", GT_MOST_SUMS)));
    }
    gt_status st =
        gt_verify_sums(r, b->sums, b->n_sums, gt_y_get(node, "sums"), b->names, b->n_names);
    for (; st == GT_OK && at != NULL; at = at->next) {
        st = gt_verify_sql(r, gt_y_get(at, "must"), b->names, b->n_names);
    }
    return st;
}

static gt_status verify_ledger(gt_reader *r, const gt_ledger *l, const gt_ynode *node)
{
    gt_status st = GT_OK;
    verify_twice(r, gt_y_get(node, "states"), "state");
    verify_twice(r, gt_y_get(node, "moves"), "move");
    refuse_unique(r, l, gt_y_get(node, "fields"));
    want_field(r, l, gt_y_get(node, "year"), l->year_field);
    const gt_ynode *at = gt_y_get(node, "moves");
    at = at == NULL ? NULL : at->first;
    for (size_t i = 0; i < l->n_moves && at != NULL && st == GT_OK; i++, at = at->next) {
        st = verify_move(r, l, &l->moves[i], at);
    }
    at = gt_y_get(node, "postings");
    at = at == NULL ? NULL : at->first;
    for (size_t i = 0; i < l->n_postings && at != NULL; i++, at = at->next) {
        verify_posting(r, l, &l->postings[i], at);
    }
    at = gt_y_get(node, "balances");
    at = at == NULL ? NULL : at->first;
    for (size_t i = 0; i < l->n_balances && at != NULL && st == GT_OK; i++, at = at->next) {
        st = verify_balance(r, &l->balances[i], at);
    }
    return st;
}

gt_status gt_verify_ledgers(gt_reader *r)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        const gt_raw_item *item = &r->items[i];
        if (item->kind == GT_ITEM_LEDGER) {
            const gt_ledger *l = &r->package->ledgers[item->index];
            gt_join_codes(r, l->fields, gt_y_get(item->node, "fields"), false);
            st = verify_ledger(r, l, item->node);
        }
    }
    return st;
}
