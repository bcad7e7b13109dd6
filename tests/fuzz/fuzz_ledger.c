/* What users and files give a ledger. Lines NAME=VALUE up to an empty one are fields: typed or
 * refused, and what was typed is read back the same from its JSON. What follows the empty line is
 * the body of an event, as a damaged journal may hold it: played again or refused, never a crash.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/fields.h"
#include "plan/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] =
    "package: f\ntitle: {zh: f, en: f}\nversion: \"1\"\ncrs: EPSG:4548\n"
    "units: [{layer: u, name: name}]\nplans:\n"
    "  - {plan: XX, title: {zh: f, en: f}, status: final, issued: 2020-01-01}\n"
    "clauses: clauses.csv\nfiles: [a.yaml]\n";
static const char registry[] =
    "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
    "XX-001,s,ledger,L,l,L.,,city,binding\nXX-002,s,indicator,I,i,I.,,city,binding\n";
static const char items[] =
    "- layer: u\n  title: {zh: u, en: u}\n  theme: t\n  geometry: polygon\n  source: s\n"
    "  fields: [{name: name, type: text, zh: n, en: n}]\n"
    "- codes: use\n  title: {zh: u, en: u}\n  source: s\n  list: [{code: park, zh: p, en: p}]\n"
    "- ledger: l\n  title: {zh: l, en: l}\n  clauses: [XX-001]\n  place: polygon\n  year: year\n"
    "  fields:\n    - {name: year, type: int, min: 1900, max: 2100, zh: y, en: y}\n"
    "    - {name: area, type: real, unit: mu, zh: a, en: a}\n"
    "    - {name: use, codes: use, zh: u, en: u}\n    - {name: open, type: bool, zh: o, en: o}\n"
    "    - {name: start, type: date, zh: s, en: s}\n"
    "    - {name: note, type: text, length: 20, zh: n, en: n}\n"
    "  states: [{state: a, title: {zh: a, en: a}}]\n"
    "- indicator: i\n  title: {zh: i, en: i}\n  clauses: [XX-002]\n  unit: m2\n  formula: x + y\n"
    "  ledgers:\n    - {name: x, ledger: l, take: area, where: \"coalesce(note, '') <> 'no'\"}\n"
    "    - {name: y, ledger: l, take: place, where: year <= asked_year}\n"
    "  base: {year: 2020, value: 0, clause: XX-002}\n"
    "  targets: [{year: 2025, must: \">=\", value: 0, clause: XX-002}]\n";
static const char tables[] =
    "CREATE TABLE gt_ledger_event(seq INTEGER PRIMARY KEY, ledger, record, n, time_ms, date, actor,"
    " action, from_state, to_state, body, postings, view_hash, parent_hash, hash)";

static void must(bool yes)
{
    if (!yes) {
        abort();
    }
}

static gt_package *package_of(gt_ctx *ctx)
{
    const gt_file_text files[] = {{"package.yaml", head, sizeof head - 1},
                                  {"clauses.csv", registry, sizeof registry - 1},
                                  {"a.yaml", items, sizeof items - 1}};
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    must(gt_notes_new(ctx, 0, &notes) == GT_OK);
    must(gt_package_read_memory(ctx, files, 3, notes, &package) == GT_OK);
    gt_notes_free(notes);
    return package;
}

static bool same(const gt_value *a, const gt_value *b)
{
    if (a->kind != b->kind) { /* a whole real comes back as a whole number */
        return a->kind == GT_VAL_REAL && b->kind == GT_VAL_INT && a->real == (double)b->integer;
    }
    switch (a->kind) {
    case GT_NULL:
        return true;
    case GT_VAL_INT:
        return a->integer == b->integer;
    case GT_VAL_REAL:
        return a->real == b->real;
    case GT_VAL_TEXT:
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    }
    return false;
}

static void fields(gt_ctx *ctx, gt_book *b, const gt_ledger *l, char *text)
{
    gt_value values[8] = {0}, back[8] = {0};
    gt_arena *arena = NULL;
    gt_text json;
    must(l->n_fields <= 8 && gt_arena_new(ctx, 0, &arena) == GT_OK);
    for (char *line = text, *end; line != NULL; line = end) {
        end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        char *value = strchr(line, '=');
        if (value == NULL) {
            continue;
        }
        *value++ = '\0';
        const gt_field_text one = {line, value};
        gt_status st = gt_fields_take(ctx, l, &one, 1, arena, values);
        must(st == GT_OK || st == GT_E_INPUT);
        gt_error_clear(ctx);
    }
    gt_text_init(&json, ctx, 0);
    gt_fields_write(l, values, &json);
    must(gt_text_status(&json) == GT_OK);
    must(gt_fields_read(ctx, b, l, gt_text_cstr(&json), arena, back) == GT_OK);
    for (size_t i = 0; i < l->n_fields; i++) {
        bool ok = false;
        must(same(&values[i], &back[i]));
        int64_t cents = gt_fields_amount(l, back, i, &ok);
        must(ok || cents == 0);
    }
    gt_text_free(&json);
    gt_arena_free(arena);
}

static gt_status count_part(void *user, const gt_sum_part *part)
{
    int64_t *n = user;
    must(part->quanta != 0 && part->unit != NULL && part->record != NULL);
    (*n)++;
    return GT_OK;
}

/* The body as that of an add, a set and a roll, one after the other. */
static void journal(gt_ctx *ctx, gt_book *b, const gt_package *package, const char *body)
{
    static const char *const actions[] = {"add", "set", "roll", "attach"};
    static const gt_book_cut early = {.date = 18262, .year = 2020},
                             late = {.date = 30000, .year = 2025};
    const gt_indicator *in = gt_package_indicator(package, 0);
    sqlite3_stmt *s = NULL;
    gt_sql *sql = NULL;
    must(gt_db_exec(ctx, b->db, tables) == GT_OK);
    must(gt_db_prepare(ctx, b->db,
                       "INSERT INTO gt_ledger_event VALUES(?1, 'l', ?2, ?3, 1, '2021-01-01', 'x',"
                       " ?4, '', 'a', ?5, '[]', x'', x'', x'')",
                       &s) == GT_OK);
    for (int i = 0; i < 8; i++) {
        (void)sqlite3_bind_int(s, 1, i + 1);
        gt_bind_text(s, 2, i < 4 ? "r" : "q");
        (void)sqlite3_bind_int(s, 3, i % 4 + 1);
        gt_bind_text(s, 4, actions[i % 4]);
        gt_bind_text(s, 5, body);
        must(gt_db_run(ctx, s) == GT_OK);
    }
    (void)sqlite3_finalize(s);
    must(gt_sql_new(ctx, package, &sql) == GT_OK);
    for (size_t i = 0; i < in->n_sums; i++) {
        int64_t n = 0, m = 0;
        bool known = false;
        gt_sum_ask what = {.sum = &in->sums[i], .sql = sql, .fn = count_part, .user = &n};
        gt_status st = gt_ledger_sum_each(ctx, b, &what, &late, &known);
        gt_error_clear(ctx);
        what.user = &m;
        gt_status too = gt_ledger_sum_moves(ctx, b, &what, &early, &late);
        gt_error_clear(ctx);
        must(st == too && (st != GT_OK || (n == m && known)));
    }
    gt_sql_free(sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gt_ctx *ctx;
    static gt_package *package;
    gt_book b = {0};
    if (size > 65536) {
        return 0;
    }
    if (ctx == NULL) {
        ctx = gt_ctx_new(NULL);
        must(ctx != NULL);
        package = package_of(ctx);
    }
    char *text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    b.ctx = ctx;
    must(sqlite3_open(":memory:", &b.db) == SQLITE_OK);
    char *body = strstr(text, "\n\n");
    if (body != NULL) {
        *body = '\0';
        journal(ctx, &b, package, body + 2);
    }
    fields(ctx, &b, gt_package_ledger(package, 0), text);
    (void)sqlite3_close(b.db);
    free(text);
    return 0;
}
