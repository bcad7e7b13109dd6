/* Every ledger of the Beijing package goes the way its cases say: plans/beijing/ledger-cases.csv.
 *
 *   ledger,given,steps,ends,how
 *   given   facts joined by ';': NAME=TEXT of a field; body= of the record; place=good, bad or
 *           point; without=KIND leaves that evidence out; as=ROLE makes the last step in that role
 *   steps   moves joined by ' '; NAME=TEXT sets a field, @DATE is the day from there on
 *   ends    state of the record, or the id of the message that refuses the last step
 *
 * Every ledger needs a case that reaches a state and one that is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/ledger.h"
#include "support/store.h"

enum { COLUMNS = 5, MOST_FIELDS = 24, MOST_KINDS = 8, ID_TEXT = 16 };

typedef struct trial {
    gt_ctx *ctx;
    gt_store *store;
    gt_package *package;
    gt_book *book;
    char *dir;
    gt_arena *arena;
    int line;
    /* of the case at hand */
    const gt_ledger *ledger;
    char id[ID_TEXT];
    gt_field_text fields[MOST_FIELDS];
    size_t n_fields;
    const char *body, *place, *role;
    const char *without[MOST_KINDS];
    size_t n_without;
    gt_date day;
} trial;

/* Corners of the two sites, m from the corner of the test area: nothing lies on the good one. */
static const double good[4] = {0, 0, 100, 100}, bad[4] = {5000, 5000, 5100, 5100};

static void put_site(trial *t, gt_commit *c, const char *layer, const gt_value *more, size_t n)
{
    const gt_standard *s = gt_package_find_layer(t->package, layer);
    gt_value values[16] = {0};
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (int i = 0; i <= 4; i++) {
        int k = i % 4;
        assert_ok(t->ctx, gt_geom_add_point(t->ctx, &g, TEST_X0 + (k == 1 || k == 2 ? 6000 : 4000),
                                            TEST_Y0 + (k >= 2 ? 6000 : 4000)));
    }
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, &g));
    assert_ok(t->ctx, gt_geom_end_part(t->ctx, &g));
    assert_non_null(s);
    assert_true(s->n_fields <= 16);
    values[0] = test_text("S1");
    for (size_t i = 0; i < n; i++) {
        values[i + 1] = more[i];
    }
    assert_ok(t->ctx, gt_commit_define_layer(t->ctx, c, s, GT_ORIGIN_GENERATED));
    test_put_geom(t->ctx, c, layer, "S1", &g, values, s->n_fields, gt_date_from_ymd(2020, 1, 1));
    gt_geom_free(t->ctx, &g);
}

static void fill_map(trial *t)
{
    const gt_value basic[] = {test_text("basic")}, core[] = {{.kind = GT_NULL}, test_text("core")};
    const gt_value prone[] = {test_text("landslide"), test_text("high")};
    gt_commit *c = test_begin(t->ctx, t->store);
    put_site(t, c, "farmland_space", basic, 1);
    put_site(t, c, "ecological_redline", NULL, 0);
    put_site(t, c, "hazard_zones", prone, 2);
    put_site(t, c, "protected_areas", core, 2);
    (void)test_finish(t->ctx, c);
}

static void give(trial *t, const char *actor, const char *role)
{
    const gt_actor a = {.id = actor, .title = {actor, actor}, .unit = "*"};
    assert_ok(t->ctx, gt_actor_add(t->ctx, t->book, "bureau", &a));
    if (role != NULL) {
        const gt_grant g = {actor, role, "*", "*", "*"};
        assert_ok(t->ctx, gt_actor_grant(t->ctx, t->book, "bureau", &g, false));
    }
}

static void open_trial(trial *t)
{
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_store_open(t->ctx, t->dir, "plans/beijing", &t->package, &t->store);
    fill_map(t);
    assert_ok(t->ctx, gt_book_open(t->ctx, t->store, true, &t->book));
    assert_ok(t->ctx, gt_arena_new(t->ctx, 0, &t->arena));
    give(t, "bureau", NULL);
    give(t, "institute", NULL); /* a responsible body without rights */
    give(t, "district_officer", "district_officer");
    give(t, "inspector", "inspector");
    give(t, "data_steward", "data_steward");
    test_write_file(test_path(t->dir, "paper.pdf"), "paper", 5);
}

/* ---- one case ---------------------------------------------------------------------------------
 */

static void take_given(trial *t, char *given)
{
    char *keep = NULL;
    for (char *f = strtok_r(given, ";", &keep); f != NULL; f = strtok_r(NULL, ";", &keep)) {
        char *value = strchr(f, '=');
        assert_non_null(value);
        *value++ = '\0';
        if (strcmp(f, "body") == 0) {
            t->body = value;
        } else if (strcmp(f, "place") == 0) {
            t->place = value;
        } else if (strcmp(f, "as") == 0) {
            t->role = value;
        } else if (strcmp(f, "without") == 0) {
            assert_true(t->n_without < MOST_KINDS);
            t->without[t->n_without++] = value;
        } else {
            assert_true(t->n_fields < MOST_FIELDS);
            t->fields[t->n_fields++] = (gt_field_text){f, value};
        }
    }
}

static void make_place(trial *t, gt_geom *g)
{
    const double *b = strcmp(t->place, "bad") == 0 ? bad : good;
    bool point = strcmp(t->place, "point") == 0;
    gt_geom_reset(g, point ? GT_POINT : GT_POLYGON);
    for (int i = 0; i <= (point ? 0 : 4); i++) {
        int k = i % 4;
        assert_ok(t->ctx, gt_geom_add_point(t->ctx, g, TEST_X0 + b[k == 1 || k == 2 ? 2 : 0],
                                            TEST_Y0 + b[k >= 2 ? 3 : 1]));
    }
    if (!point) {
        assert_ok(t->ctx, gt_geom_end_ring(t->ctx, g));
        assert_ok(t->ctx, gt_geom_end_part(t->ctx, g));
    }
}

static bool kept_back(const trial *t, const char *kind)
{
    for (size_t i = 0; i < t->n_without; i++) {
        if (strcmp(t->without[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

/* All evidence that any move asks for is there unless the case says otherwise. */
static void attach_all(trial *t, const gt_act *act)
{
    for (size_t i = 0; i < t->ledger->n_moves; i++) {
        for (const char *const *k = t->ledger->moves[i].evidence; *k != NULL; k++) {
            if (!kept_back(t, *k)) {
                assert_ok(t->ctx, gt_ledger_attach(t->ctx, t->book, t->ledger, act, t->id,
                                                   test_path(t->dir, "paper.pdf"), *k));
            }
        }
    }
}

static gt_status add(trial *t, const gt_act *act)
{
    gt_entry_set set;
    gt_geom g;
    gt_entry_set_init(&set);
    gt_geom_init(&g);
    set.id = t->id;
    set.unit = "大兴区";
    set.body = t->body;
    set.fields = t->fields;
    set.n_fields = t->n_fields;
    if (t->place != NULL) {
        make_place(t, &g);
        set.place = &g;
    }
    gt_status st = gt_ledger_add(t->ctx, t->book, t->package, t->ledger, act, &set, t->arena, NULL);
    gt_geom_free(t->ctx, &g);
    return st;
}

static gt_status step(trial *t, gt_act *act, char *word, bool last)
{
    char *value = strchr(word, '=');
    if (*word == '@') {
        assert_true(gt_date_parse(word + 1, &act->date));
        return GT_OK;
    }
    act->actor = last && t->role != NULL ? t->role : "bureau";
    if (value == NULL) {
        return gt_ledger_move(t->ctx, t->book, t->package, t->ledger, act, t->id, word);
    }
    *value++ = '\0';
    const gt_field_text field = {word, value};
    gt_entry_set set;
    gt_entry_set_init(&set);
    set.fields = &field;
    set.n_fields = 1;
    return gt_ledger_set(t->ctx, t->book, t->package, t->ledger, act, t->id, &set);
}

static gt_status walk(trial *t, char *steps)
{
    gt_act act;
    char *keep = NULL, *word = NULL;
    gt_act_init(&act, "bureau");
    act.date = gt_date_from_ymd(2023, 6, 1);
    gt_status st = add(t, &act);
    if (st == GT_OK) {
        attach_all(t, &act);
    }
    word = strtok_r(steps, " ", &keep);
    while (st == GT_OK && word != NULL) {
        char *next = strtok_r(NULL, " ", &keep);
        st = step(t, &act, word, next == NULL);
        if (st != GT_OK && next != NULL) {
            fail_msg("line %d: %s is refused early: %s", t->line, word, gt_error_id(t->ctx));
        }
        word = next;
    }
    return st;
}

static bool run_line(trial *t, char *cells[COLUMNS])
{
    gt_entry e;
    t->n_fields = 0;
    t->n_without = 0;
    t->body = t->place = t->role = NULL;
    (void)snprintf(t->id, sizeof t->id, "C%d", t->line);
    assert_ok(t->ctx, gt_ledger_find(t->ctx, t->package, cells[0], &t->ledger));
    take_given(t, cells[1]);
    gt_status st = walk(t, cells[2]);
    bool refusal = strchr(cells[3], '.') != NULL;
    if (st != GT_OK) {
        const char *id = gt_error_id(t->ctx);
        if (!refusal || strcmp(id, cells[3]) != 0) {
            fail_msg("line %d: %s is refused by %s, wanted %s (%s)", t->line, cells[0], id,
                     cells[3], cells[4]);
        }
        gt_error_clear(t->ctx);
        return true;
    }
    assert_ok(t->ctx, gt_ledger_get(t->ctx, t->book, t->ledger->id, t->id, t->arena, &e));
    if (strcmp(e.state, cells[3]) != 0) {
        fail_msg("line %d: %s ends as %s, wanted %s (%s)", t->line, cells[0], e.state, cells[3],
                 cells[4]);
    }
    return false;
}

/* ledger,given,steps,ends,how: a cell may be quoted, no quotes inside. */
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

static void every_ledger_goes_its_way(void **state)
{
    (void)state;
    trial t = {0};
    size_t len = 0;
    open_trial(&t);
    size_t n = gt_package_n_ledgers(t.package);
    unsigned *seen = calloc(n, sizeof *seen);
    char *text = test_read_file(GT_SOURCE_DIR "/plans/beijing/ledger-cases.csv", &len);
    char *keep = NULL, *line = strtok_r(text, "\n", &keep);
    assert_non_null(seen);
    for (t.line = 2; (line = strtok_r(NULL, "\n", &keep)) != NULL; t.line++) {
        char *cells[COLUMNS];
        cut(line, cells);
        bool refused = run_line(&t, cells);
        seen[t.ledger - gt_package_ledger(t.package, 0)] |= refused ? 2U : 1U;
        gt_arena_reset(t.arena);
    }
    for (size_t i = 0; i < n; i++) {
        if (seen[i] != 3) {
            fail_msg("%s lacks a case %s", gt_package_ledger(t.package, i)->id,
                     (seen[i] & 1U) != 0 ? "that is refused" : "that goes through");
        }
    }
    gt_ledger_proof proof;
    assert_ok(t.ctx, gt_ledger_verify(t.ctx, t.book, &proof));
    free(seen);
    free(text);
    gt_arena_free(t.arena);
    gt_book_close(t.book);
    test_store_shut(t.ctx, t.dir, t.package, t.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_ledger_goes_its_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
