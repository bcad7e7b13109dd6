/* ledger add | set | move | attach | roll. */
#include "ledger_act.h"

#include <stdlib.h>
#include <string.h>

#include "guotu/source.h"
#include "messages.h"

static gt_status place_from_file(cli *app, const gt_package *package, const char *path,
                                 gt_geom *out)
{
    gt_source *source = NULL;
    gt_source_options o;
    long long n = 0;
    bool more = true;
    gt_source_options_init(&o);
    o.crs = cli_option_value(app, "crs", NULL);
    o.target_crs = gt_package_crs(package);
    gt_status st = gt_source_open(app->ctx, path, &o, &source);
    while (st == GT_OK && more) {
        gt_source_feature f;
        st = gt_source_next(app->ctx, source, &f, &more);
        if (st == GT_OK && more && ++n == 1 && f.geom != NULL) {
            st = gt_geom_copy(app->ctx, f.geom, out);
        }
    }
    gt_source_close(source);
    if (st == GT_OK && n != 1) {
        st = gt_fail(app->ctx, GT_E_INPUT, &CLI_MSG_SUBJECTS, GT_PLACE(.file = path),
                     GT_ARGS(GT_TEXT("file", path), GT_INT("n", n)));
    }
    return st;
}

static gt_status get_place(cli *app, const gt_package *package, gt_geom *geom, bool *given)
{
    const char *file = cli_option_value(app, "place", NULL);
    const char *wkt = cli_option_value(app, "wkt", NULL);
    *given = file != NULL || wkt != NULL;
    if (file != NULL) {
        return place_from_file(app, package, file, geom);
    }
    return wkt == NULL ? GT_OK : gt_geom_from_wkt(app->ctx, wkt, strlen(wkt), geom);
}

/* NAME=VALUE of every --set; texts go to the arena. */
static gt_status get_fields(cli *app, gt_arena *arena, gt_field_text *fields, size_t *n)
{
    *n = 0;
    for (int i = 0; i < app->n_values; i++) {
        if (strcmp(app->values[i].name, "set") != 0) {
            continue;
        }
        const char *text = app->values[i].value, *equals = strchr(text, '=');
        if (equals == NULL) {
            return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("option", "set"), GT_TEXT("value", text),
                                   GT_TEXT("allowed", "NAME=VALUE")));
        }
        fields[*n].name = gt_arena_strndup(arena, text, (size_t)(equals - text));
        fields[*n].value = equals + 1;
        if (fields[(*n)++].name == NULL) {
            return GT_E_MEMORY;
        }
    }
    return GT_OK;
}

typedef struct acting {
    cli *app;
    gt_book *book;
    const gt_package *package;
    const gt_ledger *ledger;
    gt_act act;
    gt_arena *arena;
} acting;

static gt_status add_or_set(acting *a, bool add)
{
    cli *app = a->app;
    gt_field_text fields[CLI_MAX_VALUES];
    gt_entry_set set;
    gt_geom geom;
    bool placed = false;
    const char *id = add ? NULL : app->operands[2];
    gt_geom_init(&geom);
    gt_entry_set_init(&set);
    set.id = cli_option_value(app, "id", NULL);
    set.unit = cli_option_value(app, "unit", NULL);
    set.body = cli_option_value(app, "body", NULL);
    set.fields = fields;
    set.generated = cli_has(app, "generated");
    gt_status st = get_fields(app, a->arena, fields, &set.n_fields);
    st = st == GT_OK ? get_place(app, a->package, &geom, &placed) : st;
    set.place = placed ? &geom : NULL;
    if (st == GT_OK) {
        st = add ? gt_ledger_add(app->ctx, a->book, a->package, a->ledger, &a->act, &set, a->arena,
                                 &id)
                 : gt_ledger_set(app->ctx, a->book, a->package, a->ledger, &a->act, id, &set);
    }
    if (st == GT_OK) {
        gt_text_printf(&app->out, "%s\n", id);
    }
    gt_geom_free(app->ctx, &geom);
    return st;
}

static gt_status roll(acting *a)
{
    cli *app = a->app;
    long from = 0, to = 0;
    int64_t n = 0;
    gt_status st = cli_get_long(app, "from-year", 0, 1900, 2200, &from);
    st = st == GT_OK ? cli_get_long(app, "year", 0, 1900, 2200, &to) : st;
    st = st == GT_OK ? gt_ledger_roll(app->ctx, a->book, a->ledger, &a->act, (int)from, (int)to, &n)
                     : st;
    if (st == GT_OK) {
        gt_text_printf(&app->out,
                       cli_say(app, "%lld 条记录由 %ld 年转入 %ld 年\n",
                               "%lld record(s) carried from %ld to %ld\n"),
                       (long long)n, from, to);
    }
    return st;
}

static gt_status run_one(acting *a, int which)
{
    cli *app = a->app;
    const char *kind = cli_option_value(app, "kind", "document");
    switch (which) {
    case 0:
    case 1:
        return add_or_set(a, which == 0);
    case 2:
        return gt_ledger_move(app->ctx, a->book, a->package, a->ledger, &a->act, app->operands[2],
                              app->operands[3]);
    case 3:
        return gt_ledger_attach(app->ctx, a->book, a->ledger, &a->act, app->operands[2],
                                app->operands[3], kind);
    default:
        return roll(a);
    }
}

gt_status cli_ledger_act(cli *app, gt_store *store, gt_book *book, const gt_package *package,
                         bool *known)
{
    static const char *const names[] = {"add", "set", "move", "attach", "roll"};
    static const int operands[] = {2, 3, 4, 4, 2};
    enum { N = sizeof names / sizeof *names };
    acting a = {.app = app, .book = book, .package = package};
    long expect = 0;
    int which = 0;
    (void)store;
    while (which < N && strcmp(names[which], app->operands[0]) != 0) {
        which++;
    }
    *known = which < N && app->n_operands == operands[which];
    if (!*known) {
        return GT_OK;
    }
    gt_act_init(&a.act, cli_actor(app));
    a.act.reason = cli_option_value(app, "reason", NULL);
    gt_status st = cli_get_date(app, "date", &a.act.date);
    st = st == GT_OK ? cli_get_long(app, "expect", 0, 1, INT32_MAX, &expect) : st;
    a.act.expect = expect;
    st = st == GT_OK ? gt_ledger_find(app->ctx, package, app->operands[1], &a.ledger) : st;
    st = st == GT_OK ? gt_arena_new(app->ctx, 0, &a.arena) : st;
    st = st == GT_OK ? run_one(&a, which) : st;
    if (st == GT_OK && which > 0 && which < 4) {
        gt_text_clear(&app->out);
        gt_text_printf(&app->out, cli_say(app, "已记录：%s %s %s\n", "recorded: %s %s %s\n"),
                       app->operands[0], app->operands[1], app->operands[2]);
    }
    gt_arena_free(a.arena);
    return st;
}
