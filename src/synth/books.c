/* Plays a table of records into the books: what bodies did from year to year, marked as generated.
 *
 *   ledger,n,unit,place,date,given,steps
 *   n       records of this kind
 *   unit    name of a unit; "each": n in every unit; "": the unit the place lies in
 *   place   LAYER or "LAYER: condition": each record takes another feature of it, its whole outline
 *           (ledgers of points: the middle of its box); "" without a place
 *   given   NAME=TEXT joined by ';'; a..b is drawn from the range, {n} the record's number in its
 *           row, {unit} its unit
 *   steps   moves joined by ' '; NAME=TEXT sets a field, @DATE is the day from there on
 *
 * Evidence that a move asks for is a generated sheet that says so. A move that its guards or rules
 * refuse leaves the record where it is: that happens in offices, too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/arena.h"
#include "guotu/expr.h"
#include "guotu/ledger.h"
#include "guotu/synth.h"
#include "ledger/book.h"
#include "synth/messages.h"
#include "synth/noise.h"
#include "synth/table.h"

enum { COLUMNS = 7, MOST_FIELDS = 32, MOST_COPIES = 1000, MOST_NAMES = 64, VALUE_TEXT = 256 };

#define BODY "generated"

typedef struct spot { /* a feature a record may take as its place */
    uint64_t order;
    uint8_t *blob;
    size_t len;
} spot;

typedef struct scribe {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    gt_book *book;
    gt_arena *arena; /* of the row at hand */
    const char *file;
    char sheet[64]; /* path of the evidence */
    int line;
    const gt_ledger *ledger;
    char **cells;
    spot *spots;
    size_t n_spots, next_spot, cap_spots;
    const char **units;
    size_t n_units, cap_units;
    gt_books_made *made;
} scribe;

static gt_status bad(scribe *s, const char *column, const char *value)
{
    return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_SYNTH_BOOKS_CELL,
                   GT_PLACE(.file = s->file, .line = s->line),
                   GT_ARGS(GT_TEXT("column", column), GT_TEXT("value", value)));
}

/* ---- places -----------------------------------------------------------------------------------
 */

static int by_order(const void *a, const void *b)
{
    const spot *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static gt_status keep_spot(scribe *s, const gt_feature *f)
{
    void *block = s->spots;
    gt_status st = gt_grow(s->ctx, &block, &s->cap_spots, s->n_spots + 1, sizeof *s->spots);
    s->spots = block;
    if (st != GT_OK) {
        return st;
    }
    spot *at = &s->spots[s->n_spots++];
    *at = (spot){.order = sy_hash_text(f->id), .len = f->blob_len};
    at->blob = gt_arena_alloc(s->arena, f->blob_len, 1);
    if (at->blob == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(at->blob, f->blob, f->blob_len);
    return GT_OK;
}

static gt_status load_spots(scribe *s, char *place)
{
    char *where = strchr(place, ':');
    const char *names[MOST_NAMES];
    gt_sql *sql = NULL;
    gt_expr *expr = NULL;
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    gt_truth truth = GT_TRUE;
    bool more = true;
    s->n_spots = s->next_spot = 0;
    if (*place == '\0') {
        return GT_OK;
    }
    if (where != NULL) {
        *where++ = '\0';
    }
    const gt_standard *layer = gt_package_find_layer(s->package, place);
    if (layer == NULL || layer->n_fields > MOST_NAMES) {
        return bad(s, "place", place);
    }
    for (size_t i = 0; i < layer->n_fields; i++) {
        names[i] = layer->fields[i].name;
    }
    gt_query_init(&q, place);
    gt_status st = GT_OK;
    if (where != NULL) {
        st = gt_sql_new(s->ctx, s->package, &sql);
        st = st == GT_OK ? gt_expr_compile(s->ctx, sql, where, names, layer->n_fields,
                                           GT_PLACE(.file = s->file, .line = s->line), &expr)
                         : st;
    }
    st = st == GT_OK ? gt_scan_open(s->ctx, s->store, &q, &scan) : st;
    while (st == GT_OK && (st = gt_scan_next(s->ctx, scan, &f, &more)) == GT_OK && more) {
        st = expr == NULL ? GT_OK : gt_expr_test(s->ctx, expr, f.values, &truth);
        st = st == GT_OK && truth == GT_TRUE ? keep_spot(s, &f) : st;
    }
    gt_scan_close(scan);
    gt_sql_free(sql);
    if (st == GT_OK && s->n_spots > 0) {
        qsort(s->spots, s->n_spots, sizeof *s->spots, by_order);
    }
    return st;
}

static gt_status load_units(scribe *s)
{
    const char *layer = gt_package_unit_layer(s->package);
    const gt_standard *standard = gt_package_find_layer(s->package, layer);
    int field = standard == NULL ? -1 : gt_standard_field(standard, "name");
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    s->n_units = 0;
    if (strcmp(s->cells[2], "each") != 0) {
        return GT_OK;
    }
    gt_query_init(&q, layer);
    q.no_geometry = true;
    gt_status st = field < 0 ? bad(s, "unit", "each") : GT_OK;
    st = st == GT_OK ? gt_scan_open(s->ctx, s->store, &q, &scan) : st;
    while (st == GT_OK && (st = gt_scan_next(s->ctx, scan, &f, &more)) == GT_OK && more) {
        void *block = (void *)s->units;
        st = gt_grow(s->ctx, &block, &s->cap_units, s->n_units + 1, sizeof *s->units);
        s->units = block;
        if (st == GT_OK && f.values[field].kind == GT_VAL_TEXT) {
            s->units[s->n_units++] = gt_arena_strdup(s->arena, f.values[field].text);
        }
    }
    gt_scan_close(scan);
    return st;
}

/* ---- values -----------------------------------------------------------------------------------
 */

/* What a cell gives this record: ranges are drawn, {n} and {unit} are filled in. */
static const char *value_of(scribe *s, const char *text, size_t n, const char *unit)
{
    char out[VALUE_TEXT];
    const char *dots = strstr(text, "..");
    if (dots != NULL && dots > text && dots - text < 32) {
        char first[32], *stop = NULL, *end = NULL;
        (void)snprintf(first, sizeof first, "%.*s", (int)(dots - text), text);
        double a = strtod(first, &stop), b = strtod(dots + 2, &end);
        if (*stop == '\0' && end != dots + 2 && *end == '\0') {
            double share = sy_unit(sy_hash((uint64_t)s->line, n, sy_hash_text(text)));
            double x = a + (b - a) * share;
            bool whole = strchr(text, '.') == dots && strchr(dots + 2, '.') == NULL;
            (void)snprintf(out, sizeof out, whole ? "%.0f" : "%.2f", x);
            return gt_arena_strdup(s->arena, out);
        }
    }
    size_t len = 0;
    for (const char *p = text; *p != '\0' && len + 80 < sizeof out; p++) {
        bool number = strncmp(p, "{n}", 3) == 0, named = strncmp(p, "{unit}", 6) == 0;
        if (number) {
            len += (size_t)snprintf(out + len, sizeof out - len, "%zu", n + 1);
        } else if (named) {
            len += (size_t)snprintf(out + len, sizeof out - len, "%.60s", unit);
        } else {
            out[len++] = *p;
        }
        p += number ? 2 : named ? 5 : 0;
    }
    out[len] = '\0';
    return gt_arena_strdup(s->arena, out);
}

static gt_status take_given(scribe *s, const char *given, size_t n, const char *unit,
                            gt_field_text *fields, size_t *n_fields)
{
    char *copy = gt_arena_strdup(s->arena, given), *keep = NULL;
    *n_fields = 0;
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    for (char *f = strtok_r(copy, ";", &keep); f != NULL; f = strtok_r(NULL, ";", &keep)) {
        char *value = strchr(f, '=');
        if (value == NULL || *n_fields == MOST_FIELDS) {
            return bad(s, "given", f);
        }
        *value++ = '\0';
        const char *text = value_of(s, value, n, unit);
        if (text == NULL) {
            return GT_E_MEMORY;
        }
        fields[(*n_fields)++] = (gt_field_text){f, text};
    }
    return GT_OK;
}

/* ---- one record -------------------------------------------------------------------------------
 */

static gt_status place_of(scribe *s, gt_geom *out)
{
    const spot *at = &s->spots[s->next_spot++];
    gt_status st = gt_geom_from_gpkg(s->ctx, at->blob, at->len, NULL, out);
    if (st == GT_OK && s->ledger->place == GT_POINT) {
        gt_box box = gt_geom_box(out);
        gt_geom_reset(out, GT_POINT);
        st = gt_geom_add_point(s->ctx, out, (box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2);
    }
    return st;
}

/* A refusal by guard, rule or form is no error of the table's player. */
static gt_status refused(scribe *s, gt_status st, bool *was)
{
    *was = st == GT_E_CONFLICT;
    if (*was) {
        s->made->refused++;
        gt_error_clear(s->ctx);
        return GT_OK;
    }
    return st;
}

static gt_status attach_for(scribe *s, const gt_act *act, const char *id, const char *move)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < s->ledger->n_moves && st == GT_OK; i++) {
        const gt_ledger_transition *m = &s->ledger->moves[i];
        for (const char *const *k = m->evidence; st == GT_OK && *k != NULL; k++) {
            if (strcmp(m->id, move) == 0) {
                st = gt_ledger_attach(s->ctx, s->book, s->ledger, act, id, s->sheet, *k);
                s->made->events += st == GT_OK;
            }
        }
    }
    return st;
}

static gt_status step(scribe *s, gt_act *act, const char *id, char *word, size_t n,
                      const char *unit)
{
    char *value = strchr(word, '=');
    if (*word == '@') {
        return gt_date_parse(word + 1, &act->date) ? GT_OK : bad(s, "steps", word);
    }
    if (value != NULL) {
        *value++ = '\0';
        const gt_field_text field = {word, value_of(s, value, n, unit)};
        gt_entry_set set;
        gt_entry_set_init(&set);
        set.fields = &field;
        set.n_fields = 1;
        return gt_ledger_set(s->ctx, s->book, s->package, s->ledger, act, id, &set);
    }
    gt_status st = attach_for(s, act, id, word);
    return st == GT_OK ? gt_ledger_move(s->ctx, s->book, s->package, s->ledger, act, id, word) : st;
}

static gt_status walk(scribe *s, gt_act *act, const char *id, size_t n, const char *unit)
{
    char *copy = gt_arena_strdup(s->arena, s->cells[6]), *keep = NULL;
    gt_status st = copy == NULL ? GT_E_MEMORY : GT_OK;
    bool was = false;
    char *word = copy == NULL ? NULL : strtok_r(copy, " ", &keep);
    while (st == GT_OK && word != NULL && !was) {
        bool dated = *word == '@';
        st = refused(s, step(s, act, id, word, n, unit), &was);
        s->made->events += st == GT_OK && !was && !dated;
        word = strtok_r(NULL, " ", &keep);
    }
    return st;
}

static gt_status record(scribe *s, size_t n, const char *unit)
{
    gt_act act;
    gt_entry_set set;
    gt_field_text fields[MOST_FIELDS];
    gt_geom place;
    const char *id = NULL;
    gt_act_init(&act, BODY);
    gt_entry_set_init(&set);
    gt_geom_init(&place);
    act.reason = "guotu synth";
    set.unit = *unit == '\0' ? NULL : unit;
    set.body = BODY;
    set.fields = fields;
    set.generated = true;
    gt_status st = gt_date_parse(s->cells[4], &act.date) ? GT_OK : bad(s, "date", s->cells[4]);
    st = st == GT_OK ? take_given(s, s->cells[5], n, unit, fields, &set.n_fields) : st;
    char number[32];
    if (s->ledger->number == NULL) {
        (void)snprintf(number, sizeof number, "G%d-%zu", s->line, n + 1);
        set.id = number;
    }
    if (st == GT_OK && *s->cells[3] != '\0') {
        st = place_of(s, &place);
        set.place = &place;
    }
    st = st == GT_OK
             ? gt_ledger_add(s->ctx, s->book, s->package, s->ledger, &act, &set, s->arena, &id)
             : st;
    if (st == GT_OK) {
        s->made->records++;
        s->made->events++;
        st = walk(s, &act, id, n, unit);
    }
    gt_geom_free(s->ctx, &place);
    return st;
}

static gt_status row(scribe *s)
{
    char *end = NULL;
    long n = strtol(s->cells[1], &end, 10);
    if (*end != '\0' || n < 1 || n > MOST_COPIES) {
        return bad(s, "n", s->cells[1]);
    }
    gt_arena_reset(s->arena);
    gt_status st = gt_ledger_find(s->ctx, s->package, s->cells[0], &s->ledger);
    st = st == GT_OK ? load_units(s) : st;
    st = st == GT_OK ? load_spots(s, s->cells[3]) : st;
    bool each = st == GT_OK && s->n_units > 0;
    size_t copies = each ? (size_t)n * s->n_units : (size_t)n;
    for (size_t i = 0; i < copies && st == GT_OK; i++) {
        if (*s->cells[3] != '\0' && s->next_spot == s->n_spots) {
            break; /* a small city has fewer such places */
        }
        st = record(s, i, each ? s->units[i % s->n_units] : s->cells[2]);
        st = st == GT_OK ? gt_check_cancel(s->ctx) : st;
    }
    if (st != GT_OK) {
        gt_fail_at(s->ctx, GT_PLACE(.file = s->file, .line = s->line));
    }
    return st;
}

/* ---- the whole table --------------------------------------------------------------------------
 */

/* The sheet that stands for evidence. */
static gt_status write_sheet(scribe *s)
{
    static const char text[] = "guotu synth: generated evidence, not a real document\n"
                               "guotu synth：生成的演示附件，非真实文件\n";
    (void)snprintf(s->sheet, sizeof s->sheet, "/tmp/guotu-sheet-XXXXXX");
    int fd = mkstemp(s->sheet);
    if (fd < 0) {
        return gt_fail_errno(s->ctx, errno, "mkstemp", s->sheet);
    }
    bool whole = write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1);
    (void)close(fd);
    return whole ? GT_OK : gt_fail_errno(s->ctx, errno, "write", s->sheet);
}

static bool note_any(void *user, const gt_actor *actor)
{
    bool *own = user;
    own[0] = true;
    own[1] = own[1] || strcmp(actor->id, BODY) == 0;
    return true;
}

/* The generated body; a workspace that has actors of its own is left alone. */
static gt_status begin(scribe *s, bool *go)
{
    bool have[2] = {false, false};
    const gt_actor body = {.id = BODY,
                           .kind = GT_ACTOR_BODY,
                           .title = {"生成的主体（演示）", "Generated body (demonstration)"},
                           .unit = "*"};
    gt_status st = gt_actor_each(s->ctx, s->book, note_any, have);
    if (st == GT_OK && !have[0]) {
        st = gt_actor_add(s->ctx, s->book, BODY, &body);
        have[1] = st == GT_OK;
    }
    *go = st == GT_OK && have[1];
    return st;
}

static gt_status play(scribe *s, char *text)
{
    sy_cursor c = {text, 1};
    gt_status st = GT_OK;
    while (st == GT_OK && *c.at != '\0') {
        char *cells[COLUMNS] = {NULL};
        s->line = c.line;
        int k = sy_table_record(&c, cells, COLUMNS);
        if (s->line == 1 || (k == 1 && *cells[0] == '\0')) {
            continue;
        }
        s->cells = cells;
        st = k == COLUMNS ? row(s) : bad(s, "steps", cells[0]);
    }
    return st;
}

gt_status gt_synth_books(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         gt_books_made *made)
{
    char *text = NULL;
    bool go = false;
    scribe s = {.ctx = ctx, .store = store, .package = package, .file = path, .made = made};
    *made = (gt_books_made){0};
    gt_status st = sy_table_load(ctx, path, &text);
    if (st != GT_OK || text == NULL) {
        return st;
    }
    st = gt_book_open(ctx, store, true, &s.book);
    st = st == GT_OK ? gt_arena_new(ctx, 0, &s.arena) : st;
    st = st == GT_OK ? begin(&s, &go) : st;
    st = st == GT_OK && go ? write_sheet(&s) : st;
    if (st == GT_OK && go) { /* no fsync an event: the table can be played again */
        (void)sqlite3_exec(s.book->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
        st = play(&s, text);
        (void)sqlite3_exec(s.book->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    }
    if (s.sheet[0] != '\0') {
        (void)unlink(s.sheet);
    }
    gt_free(ctx, s.spots);
    gt_free(ctx, (void *)s.units);
    gt_arena_free(s.arena);
    gt_book_close(s.book);
    gt_free(ctx, text);
    return st;
}
