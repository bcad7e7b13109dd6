/* Every indicator of the Beijing package gives the values and standings computed by hand in
 * plans/beijing/indicator-cases.csv: at least one met, one behind or broken, one undecidable.
 *
 *   given: facts joined by ';'
 *     NAME=VALUE            a name of the formula, base units (m2, m, 1); "wan_mu" may follow
 *     asked=VALUE           the requirement, of targets that are in a series
 *     base=YEAR:VALUE       of indicators whose first value is the base
 *     @NAME=TEXT,...:M2     a piece of the account */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/indicator.h"
#include "support/support.h"

enum { MOST_PIECES = 8, MOST_VALUES = 64, MOST_NAMES = 24, COLUMNS = 7 };

typedef struct piece {
    const char *texts[MOST_NAMES];
    gt_piece piece;
} piece;

typedef struct trial {
    gt_ctx *ctx;
    gt_package *package;
    gt_sql *sql;
    const gt_indicator *in;
    piece pieces[MOST_PIECES];
    size_t n_pieces;
    gt_value values[MOST_VALUES];
    gt_judged judged;
    int line;
} trial;

static double number(const char *text)
{
    char *end = NULL;
    double x = strtod(text, &end);
    if (strcmp(end, "wan_mu") == 0) {
        return x * 1e8 / 15;
    }
    if (end == text || *end != '\0') {
        fail_msg("'%s' is no number", text);
    }
    return x;
}

static void take_piece(trial *t, char *text)
{
    char *area = strrchr(text, ':'), *keep = NULL;
    assert_non_null(area);
    *area++ = '\0';
    assert_true(t->n_pieces < MOST_PIECES);
    piece *p = &t->pieces[t->n_pieces++];
    memset(p, 0, sizeof *p);
    for (char *word = strtok_r(text, ",", &keep); word != NULL; word = strtok_r(NULL, ",", &keep)) {
        char *value = strchr(word, '=');
        bool known = false;
        assert_non_null(value);
        *value++ = '\0';
        for (size_t k = 0; k < t->in->n_names; k++) {
            if (k != 1 && strcmp(t->in->names[k], word) == 0) {
                p->texts[k == 0 ? 0 : k - 1] = value;
                known = true;
            }
        }
        if (!known) {
            fail_msg("line %d: the account of %s has no '%s'", t->line, t->in->id, word);
        }
    }
    p->piece = (gt_piece){.texts = p->texts, .mm2 = llround(number(area) * 1e6)};
}

static void take_fact(trial *t, char *text)
{
    char *value = strchr(text, '=');
    assert_non_null(value);
    *value++ = '\0';
    if (strcmp(text, "asked") == 0) {
        t->judged.asked_known = true;
        t->judged.asked = number(value);
        return;
    }
    if (strcmp(text, "base") == 0) {
        assert_true(t->in->base_first);
        t->judged.base_year = (int)strtol(value, &value, 10);
        t->judged.base = number(value + 1);
        return;
    }
    for (size_t k = GT_FORMULA_FIXED; k < t->in->n_formula_names; k++) {
        if (strcmp(t->in->formula_names[k], text) == 0) {
            t->values[k - GT_FORMULA_FIXED] =
                (gt_value){.kind = GT_VAL_REAL, .real = number(value)};
            return;
        }
    }
    fail_msg("line %d: %s knows no '%s'", t->line, t->in->id, text);
}

static void take_given(trial *t, char *given)
{
    char *keep = NULL;
    for (char *f = strtok_r(given, ";", &keep); f != NULL; f = strtok_r(NULL, ";", &keep)) {
        if (*f == '@') {
            take_piece(t, f + 1);
        } else {
            take_fact(t, f);
        }
    }
}

/* The account speaks when every word of it has a text somewhere. */
static bool account_known(const trial *t)
{
    bool all = t->n_pieces > 0;
    for (size_t i = 0; i < t->n_pieces; i++) {
        all = all && t->pieces[i].piece.mm2 >= 0;
    }
    return all;
}

static gt_judgement judge(trial *t, const char *clause, double *value, bool *overruled)
{
    gt_piece list[MOST_PIECES];
    gt_ingredients g = {.year = t->judged.year, .series = t->values};
    for (size_t i = 0; i < t->n_pieces; i++) {
        list[i] = t->pieces[i].piece;
    }
    if (t->in->count != NULL) {
        assert_ok(t->ctx, gt_indicator_count(t->ctx, t->sql, t->in, g.year, list, t->n_pieces, &g));
        g.counted_known = account_known(t);
    }
    assert_ok(t->ctx,
              gt_indicator_value(t->ctx, t->sql, t->in, &g, &t->judged.known, &t->judged.x));
    *value = t->judged.x / t->in->unit_base;
    const gt_target *asked = NULL;
    for (size_t i = 0; i < t->in->n_targets; i++) {
        const gt_target *one = &t->in->targets[i];
        bool next =
            strcmp(one->clause, clause) == 0 && (one->year >= t->judged.year || one->year == 2022);
        asked = next && asked == NULL ? one : asked;
    }
    if (asked == NULL) {
        fail_msg("line %d: %s has no target of %s from %d", t->line, t->in->id, clause,
                 t->judged.year);
        *overruled = false;
        return (gt_judgement){0};
    }
    *overruled = asked->overruled;
    return gt_indicator_judge(t->in, asked, &t->judged);
}

/* One line: indicator,year,given,value,clause,standing,how. `given` and `how` may be quoted. */
static void cut(char *line, char *cells[COLUMNS])
{
    char *at = line;
    for (int c = 0; c < COLUMNS; c++) {
        bool quoted = *at == '"';
        cells[c] = quoted ? at + 1 : at;
        char *end = quoted ? strchr(at + 1, '"') : strchr(at, c == COLUMNS - 1 ? '\0' : ',');
        assert_non_null(end);
        at = quoted ? end + 2 : end + 1;
        *end = '\0';
    }
}

static void run_line(trial *t, char *cells[COLUMNS], unsigned *seen)
{
    double value = NAN;
    bool overruled = false;
    t->in = gt_package_find_indicator(t->package, cells[0]);
    if (t->in == NULL) {
        fail_msg("line %d: no indicator '%s'", t->line, cells[0]);
    }
    t->n_pieces = 0;
    memset(t->values, 0, sizeof t->values);
    t->judged = (gt_judged){.year = (int)strtol(cells[1], NULL, 10),
                            .base_year = t->in->base_year,
                            .base = t->in->base};
    take_given(t, cells[2]);
    const gt_judgement j = judge(t, cells[4], &value, &overruled);
    if (strcmp(gt_standing_name(j.standing), cells[5]) != 0) {
        fail_msg("line %d: %s is %s, wanted %s (%s); value %.12g", t->line, cells[0],
                 gt_standing_name(j.standing), cells[5], cells[6], value);
    }
    if (t->judged.known != (*cells[3] != '\0')) {
        fail_msg("line %d: the value of %s is %s", t->line, cells[0],
                 t->judged.known ? "known" : "not known");
    }
    if (t->judged.known) {
        assert_near(value, number(cells[3]), 1e-9 * fmax(1, fabs(value)));
    }
    seen[j.standing] |= 1U;
}

static void every_indicator_gives_its_cases(void **state)
{
    (void)state;
    trial t = {.ctx = test_ctx()};
    gt_notes *notes = NULL;
    size_t len = 0, n = 0;
    assert_ok(t.ctx, gt_notes_new(t.ctx, 0, &notes));
    assert_ok(t.ctx, gt_package_read(t.ctx, GT_SOURCE_DIR "/plans/beijing", notes, &t.package));
    assert_ok(t.ctx, gt_sql_new(t.ctx, t.package, &t.sql));
    char *text = test_read_file(GT_SOURCE_DIR "/plans/beijing/indicator-cases.csv", &len);
    size_t n_indicators = gt_package_n_indicators(t.package);
    unsigned(*seen)[6] = calloc(n_indicators, sizeof *seen);
    assert_non_null(seen);
    char *keep = NULL;
    char *line = strtok_r(text, "\n", &keep);
    for (t.line = 2; (line = strtok_r(NULL, "\n", &keep)) != NULL; t.line++, n++) {
        char *cells[COLUMNS];
        cut(line, cells);
        const gt_indicator *in = gt_package_find_indicator(t.package, cells[0]);
        assert_non_null(in);
        run_line(&t, cells, seen[in - gt_package_indicator(t.package, 0)]);
    }
    for (size_t i = 0; i < n_indicators; i++) {
        bool late = seen[i][GT_STAND_BEHIND] != 0 || seen[i][GT_STAND_BROKEN] != 0;
        if (seen[i][GT_STAND_MET] == 0 || !late || seen[i][GT_STAND_UNDECIDABLE] == 0) {
            fail_msg("%s lacks a case", gt_package_indicator(t.package, i)->id);
        }
    }
    assert_true(n >= 3 * n_indicators);
    free(seen);
    free(text);
    gt_sql_free(t.sql);
    gt_package_free(t.package);
    gt_notes_free(notes);
    assert_int_equal(gt_ctx_memory_used(t.ctx), 0);
    gt_ctx_free(t.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_indicator_gives_its_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
