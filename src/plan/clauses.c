/* The clause registry: RFC 4180, strictly, with the place of every mistake.
 *
 * Fields are cut out of a copy of the file in place: quotes are undone and every field ends in NUL,
 * so a registry of 500 clauses costs one allocation. */
#include <string.h>

#include "plan/messages.h"
#include "plan/package.h"
#include "plan/unit.h"

enum { COLUMNS = 9, CLAUSES_MAX = 100000 };

static const char *const header[COLUMNS] = {"id",         "section",  "kind",
                                            "title_en",   "terms_zh", "requirement_en",
                                            "quantities", "area",     "strength"};
static const char *const kinds[] = {"layer",  "model", "rule",   "indicator",
                                    "ledger", "view",  "process"};
static const char *const strengths[] = {"binding", "guidance", "descriptive"};

typedef struct cursor {
    gt_problems *problems;
    const gt_yfile *file;
    char *at, *end;
    char *line_start;
    int line;
    bool failed; /* the rest cannot be cut into fields */
} cursor;

typedef struct cell {
    char *text;
    int line, column;
} cell;

static int column_of(const cursor *c, const char *at)
{
    int column = 1;
    for (const char *p = c->line_start; p < at; p++) {
        column += ((unsigned char)*p & 0xC0U) != 0x80U ? 1 : 0;
    }
    return column;
}

static void problem(const cursor *c, const gt_message *message, int line, int column,
                    const char *clause, const gt_arg *args)
{
    gt_problem_add(
        c->problems, c->file->order, message,
        GT_PLACE(.file = c->file->path, .line = line, .column = column, .clause = clause), args);
}

static void new_line(cursor *c, char *next)
{
    c->line++;
    c->line_start = next;
}

/* Cuts a quoted field; c->at is on the opening quote. */
static void quoted(cursor *c, cell *out)
{
    char *from = c->at + 1, *to = from;
    out->text = from;
    for (;;) {
        if (from >= c->end) {
            problem(c, &GT_MSG_CSV_OPEN_QUOTE, out->line, out->column, NULL, GT_NO_ARGS);
            c->failed = true;
            return;
        }
        if (*from == '"') {
            if (from[1] != '"') {
                break;
            }
            from++;
        } else if (*from == '\n') {
            new_line(c, from + 1);
        }
        *to++ = *from++;
    }
    c->at = from + 1;
    if (c->at < c->end && *c->at != ',' && *c->at != '\r' && *c->at != '\n') {
        /* a field over several lines that ends within text: its quote was closed by the next one */
        bool ran_on = c->line != out->line;
        problem(c, ran_on ? &GT_MSG_CSV_OPEN_QUOTE : &GT_MSG_CSV_AFTER_QUOTE,
                ran_on ? out->line : c->line, ran_on ? out->column : column_of(c, c->at), NULL,
                GT_NO_ARGS);
        c->failed = true;
    }
    *to = '\0';
}

static void bare(cursor *c, cell *out)
{
    out->text = c->at;
    while (c->at < c->end && *c->at != ',' && *c->at != '\r' && *c->at != '\n') {
        if (*c->at == '"') {
            problem(c, &GT_MSG_CSV_BARE_QUOTE, c->line, column_of(c, c->at), NULL, GT_NO_ARGS);
            c->failed = true;
            return;
        }
        c->at++;
    }
}

/* One record; returns its number of fields (at most max + 1 are told apart), 0 at the end. The byte
 * that ends a field is looked at before NUL takes its place. */
static size_t record(cursor *c, cell *cells, size_t max)
{
    size_t n = 0;
    if (c->at >= c->end) {
        return 0;
    }
    for (;;) {
        cell one = {.line = c->line, .column = column_of(c, c->at)};
        if (*c->at == '"') {
            quoted(c, &one);
        } else {
            bare(c, &one);
        }
        if (c->failed) {
            return 0;
        }
        if (n < max) {
            cells[n] = one;
        }
        n++;
        char stop = *c->at;
        char *end = c->at;
        if (stop == '\r' && c->at[1] != '\n') {
            problem(c, &GT_MSG_CSV_BARE_CR, c->line, column_of(c, c->at), NULL, GT_NO_ARGS);
            c->failed = true;
            return 0;
        }
        c->at += stop == '\r' ? 2 : c->at < c->end ? 1 : 0;
        if (stop == '\r' || stop == '\n') {
            new_line(c, c->at);
        }
        *end = '\0';
        if (stop != ',') {
            return n;
        }
    }
}

/* ---- what the fields must say --------------------------------------------------------------- */

/* "LND-046": two or three capitals, dash, three digits. */
static bool id_fine(const char *id)
{
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n >= 2 && n <= 5 && id[n] == '-' && strspn(id + n + 1, "0123456789") == 3 &&
           id[n + 4] == '\0';
}

static void check_word(const cursor *c, const cell *at, const char *column,
                       const char *const *words, size_t n, const char *clause)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], at->text) == 0) {
            return;
        }
    }
    const char *near = gt_nearest(at->text, words, n);
    problem(c, &GT_MSG_CSV_WORD, at->line, at->column, clause,
            GT_ARGS(GT_TEXT("column", column), GT_TEXT("value", at->text),
                    GT_TEXT("near", near == NULL ? words[0] : near)));
}

static bool word_value(const char *s, size_t n)
{
    static const char *const words[] = {"no_decrease",   "increase",      "decrease",
                                        "stable",        "rising",        "national_requirement",
                                        "increase_only", "decrease_only", "reached"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) {
            return true;
        }
    }
    return false;
}

/* name op value[ unit][@year]; returns false when it is not of that form. */
static bool quantity_fine(const char *s, size_t n)
{
    size_t name = 0;
    while (name < n && ((s[name] >= 'a' && s[name] <= 'z') || s[name] == '_' ||
                        (s[name] >= '0' && s[name] <= '9'))) {
        name++;
    }
    size_t op = name;
    while (op < n && strchr("<>=~", s[op]) != NULL) {
        op++;
    }
    const char *value = s + op;
    size_t rest = n - op;
    const char *at = memchr(value, '@', rest);
    size_t len = at == NULL ? rest : (size_t)(at - value);
    if (name == 0 || op == name || op - name > 2 || len == 0 || (at != NULL && at + 1 == s + n)) {
        return false;
    }
    bool starts = (*value >= '0' && *value <= '9') || *value == '-' || *value == '.';
    return starts || word_value(value, len) || (*value >= 'a' && *value <= 'z');
}

static void check_quantities(const cursor *c, const cell *at, const char *clause)
{
    for (const char *p = at->text; *p != '\0';) {
        size_t n = strcspn(p, ";");
        if (!quantity_fine(p, n)) {
            char shown[80];
            size_t m = n < sizeof shown ? n : sizeof shown - 1;
            memcpy(shown, p, m);
            shown[m] = '\0';
            problem(c, &GT_MSG_CSV_QUANTITY, at->line, at->column, clause,
                    GT_ARGS(GT_TEXT("value", shown)));
        }
        p += n + (p[n] == ';' ? 1 : 0);
    }
}

static void take(cursor *c, gt_arena *arena, const cell *cells, gt_clause *out, gt_status *st)
{
    const char *id = cells[0].text;
    *out = (gt_clause){.id = id,
                       .section = cells[1].text,
                       .kind = cells[2].text,
                       .title_en = cells[3].text,
                       .terms_zh = cells[4].text,
                       .requirement_en = cells[5].text,
                       .quantities = cells[6].text,
                       .area = cells[7].text,
                       .strength = cells[8].text,
                       .plan = "",
                       .line = cells[0].line};
    if (!id_fine(id)) {
        problem(c, &GT_MSG_CSV_ID, cells[0].line, cells[0].column, NULL,
                GT_ARGS(GT_TEXT("value", id)));
        return;
    }
    out->plan = gt_arena_strndup(arena, id, strcspn(id, "-"));
    if (out->plan == NULL) {
        *st = GT_E_MEMORY;
        return;
    }
    check_word(c, &cells[2], header[2], kinds, sizeof kinds / sizeof *kinds, id);
    check_word(c, &cells[8], header[8], strengths, sizeof strengths / sizeof *strengths, id);
    check_quantities(c, &cells[6], id);
    for (size_t i = 3; i < 6; i++) {
        if (i != 4 && cells[i].text[0] == '\0') {
            problem(c, &GT_MSG_CSV_EMPTY, cells[i].line, cells[i].column, id,
                    GT_ARGS(GT_TEXT("column", header[i])));
        }
    }
}

static bool header_fine(const cell *cells, size_t n)
{
    for (size_t i = 0; i < COLUMNS && n == COLUMNS; i++) {
        if (strcmp(cells[i].text, header[i]) != 0) {
            return false;
        }
    }
    return n == COLUMNS;
}

gt_status gt_clauses_parse(gt_ctx *ctx, gt_arena *arena, gt_problems *problems,
                           const gt_yfile *file, gt_clause **out, size_t *n_out)
{
    (void)ctx;
    *n_out = 0;
    if (file->broken) {
        return GT_OK;
    }
    size_t lines = 1;
    for (size_t i = 0; i < file->len; i++) {
        lines += file->data[i] == '\n' ? 1 : 0;
    }
    char *copy = gt_arena_strndup(arena, file->data, file->len);
    gt_clause *clauses = gt_arena_zalloc(arena, lines, sizeof *clauses);
    if (copy == NULL || clauses == NULL) {
        return GT_E_MEMORY;
    }
    cursor c = {.problems = problems, .file = file, .at = copy, .end = copy + file->len, .line = 1};
    if (strncmp(copy, "\xEF\xBB\xBF", 3) == 0) {
        c.at += 3;
    }
    c.line_start = c.at;
    cell cells[COLUMNS];
    size_t n = record(&c, cells, COLUMNS), count = 0;
    if (!c.failed && !header_fine(cells, n)) {
        problem(&c, &GT_MSG_CSV_HEADER, 1, 1, NULL, GT_NO_ARGS);
        return GT_OK;
    }
    gt_status st = GT_OK;
    while (!c.failed && st == GT_OK && (n = record(&c, cells, COLUMNS)) > 0) {
        if (n != COLUMNS) {
            problem(&c, &GT_MSG_CSV_COLUMNS, cells[0].line, 1, NULL,
                    GT_ARGS(GT_INT("n", n), GT_INT("want", COLUMNS)));
        } else if (count < CLAUSES_MAX) {
            take(&c, arena, cells, &clauses[count++], &st);
        }
    }
    *out = clauses;
    *n_out = count;
    return st;
}

bool gt_clause_carried_by(const gt_clause *clause, gt_item_kind kind)
{
    if (strcmp(clause->kind, gt_item_kind_name(kind)) == 0) {
        return true;
    }
    if (strcmp(clause->strength, "descriptive") == 0) { /* it only states a fact */
        bool fact = strcmp(clause->kind, "indicator") == 0 || strcmp(clause->kind, "layer") == 0 ||
                    strcmp(clause->kind, "ledger") == 0;
        return fact || kind == GT_ITEM_PLAN; /* the register keeps superseded clauses as history */
    }
    if (kind == GT_ITEM_CODES) {
        return strcmp(clause->kind, "layer") == 0;
    }
    if (strcmp(clause->kind, "process") ==
        0) { /* who does what in which order, and what must hold */
        return kind == GT_ITEM_LEDGER || kind == GT_ITEM_RULE;
    }
    return kind == GT_ITEM_PLAN && strcmp(clause->kind, "ledger") == 0;
}
