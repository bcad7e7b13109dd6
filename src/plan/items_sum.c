/* What a formula of an indicator or a condition of a balance reads of ledgers: sums over records or
 * over lines of an account. */
#include <string.h>

#include "plan/items.h"
#include "plan/messages.h"
#include "plan/unit.h"
#include "plan/verify.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 2100 };

static const gt_key sum_keys[] = {
    {.name = "name", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_sum, name)},
    {.name = "ledger", .kind = GT_K_REF, .at = AT(gt_ledger_sum, ledger_id), .ref = GT_ITEM_LEDGER},
    {.name = "balance", .kind = GT_K_NAME, .at = AT(gt_ledger_sum, balance)},
    {.name = "account", .kind = GT_K_TEXT, .at = AT(gt_ledger_sum, account)},
    {.name = "take", .kind = GT_K_NAME, .flags = REQ, .at = AT(gt_ledger_sum, take)},
    {.name = "where", .kind = GT_K_SQL, .at = AT(gt_ledger_sum, where)},
    {.name = "from",
     .kind = GT_K_INT,
     .at = AT(gt_ledger_sum, from),
     .min = YEAR_MIN,
     .max = YEAR_MAX},
};
const gt_schema gt_sum_schema = {"sum", KEYS(sum_keys), sizeof(gt_ledger_sum)};

static const char asked_year[] = "asked_year";
static const char *const line_names[] = {"unit", "quality", "ledger", "year", asked_year};
enum { N_LINE_NAMES = sizeof line_names / sizeof *line_names };

typedef struct taking {
    const char *word;
    gt_sum_kind kind;
    bool of_ledger;
} taking;
static const taking takings[] = {
    {"count", GT_SUM_COUNT, true},      {"place", GT_SUM_PLACE, true},
    {"opening", GT_SUM_OPENING, false}, {"in", GT_SUM_IN, false},
    {"out", GT_SUM_OUT, false},         {"closing", GT_SUM_CLOSING, false},
};
enum { N_TAKINGS = sizeof takings / sizeof *takings };

static const gt_balance *find_balance(const gt_package *p, const char *id)
{
    for (size_t i = 0; i < p->n[GT_ITEM_LEDGER]; i++) {
        for (size_t k = 0; k < p->ledgers[i].n_balances; k++) {
            const gt_balance *b = &p->ledgers[i].balances[k];
            if (b->id != NULL && strcmp(b->id, id) == 0) {
                return b;
            }
        }
    }
    return NULL;
}

static bool is_number(const gt_field *f)
{
    return f->type == GT_FIELD_INT || f->type == GT_FIELD_REAL;
}

/* "count", "place" or a field with numbers; false: none of them. */
static bool join_take(gt_ledger_sum *t)
{
    const gt_ledger *l = t->ledger;
    for (size_t i = 0; i < N_TAKINGS; i++) {
        if (strcmp(takings[i].word, t->take) == 0 && takings[i].of_ledger == (l != NULL)) {
            t->kind = takings[i].kind;
            t->is_area = t->kind != GT_SUM_COUNT;
            return t->kind != GT_SUM_PLACE || l == NULL || l->place == GT_POLYGON;
        }
    }
    for (size_t i = 0; l != NULL && i < l->n_fields; i++) {
        const gt_field *f = &l->fields[i];
        if (strcmp(f->name, t->take) == 0 && is_number(f)) {
            const gt_unit *unit = f->unit == NULL ? NULL : gt_unit_find(f->unit);
            t->kind = GT_SUM_FIELD;
            t->field = i;
            t->is_area = unit != NULL && unit->dimension == GT_DIM_AREA;
            t->unit_base = unit == NULL ? 1 : gt_unit_to_base(unit, 1);
            return true;
        }
    }
    return false;
}

static gt_status name_conditions(gt_reader *r, gt_ledger_sum *t)
{
    size_t n = t->ledger == NULL ? N_LINE_NAMES : t->ledger->n_names + 1;
    const char **names = gt_item_keep(r, n, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    if (t->ledger == NULL) {
        memcpy(names, line_names, sizeof line_names);
    } else {
        memcpy(names, t->ledger->names, t->ledger->n_names * sizeof *names);
        names[n - 1] = asked_year;
    }
    t->names = names;
    t->n_names = n;
    return GT_OK;
}

/* Joins ledger or balance; false: reported, or an item that is broken itself. */
static bool join_book(gt_reader *r, gt_ledger_sum *t, const gt_ynode *node)
{
    if ((t->ledger_id == NULL) == (t->balance == NULL) ||
        (t->ledger_id != NULL && (t->account != NULL || t->from != 0))) {
        gt_y_problem(&r->problems, node, &GT_MSG_SUM_FORM, GT_NO_ARGS);
        return false;
    }
    if (t->ledger_id != NULL) {
        size_t k = gt_reader_find(r, GT_ITEM_LEDGER, t->ledger_id);
        t->ledger = k == SIZE_MAX ? NULL : &r->package->ledgers[k];
        return t->ledger != NULL; /* an unknown id was reported with the other references */
    }
    const gt_balance *b = find_balance(r->package, t->balance);
    if (b == NULL) {
        gt_y_problem(&r->problems, gt_y_get(node, "balance"), &GT_MSG_LEDGER_PART,
                     GT_ARGS(GT_TEXT("what", "balance"), GT_TEXT("what_zh", "平衡账"),
                             GT_TEXT("value", t->balance)));
        return false;
    }
    t->account = t->account == NULL ? b->account : t->account;
    return true;
}

static void verify_name(gt_reader *r, const char *const *names, size_t n, const char *name,
                        const gt_ynode *node)
{
    size_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        seen += strcmp(names[i], name) == 0 ? 1 : 0;
    }
    if (seen > 1) {
        gt_y_problem(&r->problems, node, &GT_MSG_SUM_NAME, GT_ARGS(GT_TEXT("name", name)));
    }
}

static gt_status verify_sum(gt_reader *r, gt_ledger_sum *t, const gt_ynode *node)
{
    t->unit_base = 1;
    if (!join_book(r, t, node)) {
        return GT_OK;
    }
    if (!join_take(t)) {
        gt_y_problem(&r->problems, gt_y_get(node, "take"), &GT_MSG_SUM_TAKE,
                     GT_ARGS(GT_TEXT("take", t->take)));
    }
    gt_status st = name_conditions(r, t);
    return st == GT_OK ? gt_verify_sql(r, gt_y_get(node, "where"), t->names, t->n_names) : st;
}

gt_status gt_verify_sums(gt_reader *r, const gt_ledger_sum *sums, size_t n, const gt_ynode *list,
                         const char *const *names, size_t n_names)
{
    const gt_ynode *at = list != NULL && list->kind == GT_Y_LIST ? list->first : NULL;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && at != NULL && i < n; i++, at = at->next) {
        if (sums[i].name != NULL && sums[i].take != NULL) { /* else reported as missing */
            verify_name(r, names, n_names, sums[i].name, gt_y_get(at, "name"));
            st = verify_sum(r, (gt_ledger_sum *)&sums[i], at);
        }
    }
    return st;
}
