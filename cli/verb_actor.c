/* actor [list|show|add|end|grant|revoke]: bodies, people and what each may do. */
#include <string.h>

#include "cli.h"
#include "guotu/actor.h"
#include "messages.h"

typedef struct listing {
    cli *app;
    cli_table *table;
    cli_format format;
    const char *only;
    size_t n;
    gt_status st;
} listing;

static void json_member(gt_text *o, const char *key, const char *value, bool first)
{
    gt_text_printf(o, "%s\"%s\":", first ? "" : ",", key);
    gt_text_json_string(o, value);
}

static bool one_actor(void *user, const gt_actor *a)
{
    listing *l = user;
    if (l->only != NULL && strcmp(l->only, a->id) != 0) {
        return true;
    }
    const char *kind = a->kind == GT_ACTOR_PERSON ? "person" : "body";
    l->n++;
    if (l->format == CLI_JSON) {
        gt_text *o = &l->app->out;
        gt_text_puts(o, l->n == 1 ? "\n  {" : ",\n  {");
        json_member(o, "id", a->id, true);
        json_member(o, "kind", kind, false);
        json_member(o, "zh", a->title.zh, false);
        json_member(o, "en", a->title.en, false);
        json_member(o, "body", a->body, false);
        json_member(o, "unit", a->unit, false);
        gt_text_printf(o, ",\"active\":%s}", a->active ? "true" : "false");
        return true;
    }
    if (l->format == CLI_TEXT) {
        kind = a->kind == GT_ACTOR_PERSON ? cli_say(l->app, "人员", "person")
                                          : cli_say(l->app, "机构", "body");
    }
    const char *const cells[] = {a->id,
                                 kind,
                                 cli_title(l->app, a->title),
                                 a->body == NULL ? "" : a->body,
                                 a->unit,
                                 a->active ? cli_say(l->app, "在册", "active")
                                           : cli_say(l->app, "停用", "ended")};
    l->st = cli_table_row(l->table, cells);
    return l->st == GT_OK;
}

static bool one_grant(void *user, const gt_grant *g)
{
    listing *l = user;
    l->n++;
    if (l->format == CLI_JSON) {
        gt_text *o = &l->app->out;
        gt_text_puts(o, l->n == 1 ? "\n  {" : ",\n  {");
        json_member(o, "actor", g->actor, true);
        json_member(o, "role", g->role, false);
        json_member(o, "unit", g->unit, false);
        json_member(o, "ledger", g->ledger, false);
        json_member(o, "action", g->action, false);
        gt_text_putc(o, '}');
        return true;
    }
    const char *const cells[] = {g->actor, g->role, g->unit, g->ledger, g->action};
    l->st = cli_table_row(l->table, cells);
    return l->st == GT_OK;
}

static gt_status put_table(cli *app, gt_book *book, const char *only, bool grants, listing *l)
{
    static const char *const actor_keys[] = {"id", "kind", "title", "body", "unit", "state"};
    static const char *const grant_keys[] = {"actor", "role", "unit", "ledger", "action"};
    const char *const actor_heads[] = {cli_say(app, "编号", "id"),   cli_say(app, "类别", "kind"),
                                       cli_say(app, "名称", "name"), cli_say(app, "机构", "body"),
                                       cli_say(app, "单元", "unit"), cli_say(app, "状态", "state")};
    const char *const grant_heads[] = {cli_say(app, "主体", "actor"), cli_say(app, "角色", "role"),
                                       cli_say(app, "单元", "unit"), cli_say(app, "台账", "ledger"),
                                       cli_say(app, "动作", "action")};
    l->n = 0;
    gt_status st =
        cli_table_new(app, grants ? 5 : 6, grants ? grant_heads : actor_heads, "", &l->table);
    if (st == GT_OK && l->format == CLI_JSON) {
        gt_text_puts(&app->out, "[");
    }
    if (st == GT_OK) {
        st = grants ? gt_grant_each(app->ctx, book, only, one_grant, l)
                    : gt_actor_each(app->ctx, book, one_actor, l);
        st = st == GT_OK ? l->st : st;
    }
    if (st == GT_OK && l->format == CLI_TEXT) {
        cli_table_text(l->table, &app->out);
    } else if (st == GT_OK && l->format == CLI_CSV) {
        cli_table_csv(l->table, grants ? grant_keys : actor_keys, &app->out);
    } else if (st == GT_OK) {
        gt_text_puts(&app->out, "\n]");
    }
    cli_table_free(l->table);
    l->table = NULL;
    return st;
}

static gt_status show(cli *app, gt_book *book, const char *only, cli_format format)
{
    listing l = {.app = app, .format = format, .only = only};
    bool json = format == CLI_JSON;
    gt_text_puts(&app->out, json && only != NULL ? "{\"actor\":" : "");
    gt_status st = put_table(app, book, only, false, &l);
    if (st == GT_OK && only != NULL && l.n == 0) {
        gt_text_clear(&app->out);
        return gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_ACTOR, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", only)));
    }
    if (st == GT_OK && only != NULL) {
        gt_text_puts(&app->out, json ? ",\"grants\":" : "\n");
        st = put_table(app, book, only, true, &l);
        gt_text_puts(&app->out, json ? "}" : "");
    }
    gt_text_puts(&app->out, json ? "\n" : "");
    return st;
}

static gt_status change(cli *app, gt_book *book, const char *what, const char *id)
{
    const char *by = cli_actor(app);
    gt_status st = GT_OK;
    if (strcmp(what, "add") == 0) {
        const char *title = cli_option_value(app, "title", id);
        const char *body = cli_option_value(app, "body", NULL);
        gt_actor a = {.id = id,
                      .kind = strcmp(cli_option_value(app, "kind", "body"), "person") == 0
                                  ? GT_ACTOR_PERSON
                                  : GT_ACTOR_BODY,
                      .title = {title, cli_option_value(app, "title-en", title)},
                      .body = body,
                      .unit = cli_option_value(app, "unit", "*")};
        st = gt_actor_add(app->ctx, book, by, &a);
    } else if (strcmp(what, "end") == 0) {
        st = gt_actor_end(app->ctx, book, by, id, cli_option_value(app, "reason", NULL));
    } else {
        const gt_grant g = {.actor = id,
                            .role = cli_option_value(app, "role", "officer"),
                            .unit = cli_option_value(app, "unit", "*"),
                            .ledger = cli_option_value(app, "ledger", "*"),
                            .action = cli_option_value(app, "action", "*")};
        st = gt_actor_grant(app->ctx, book, by, &g, strcmp(what, "revoke") == 0);
    }
    if (st == GT_OK) {
        gt_text_printf(&app->out, cli_say(app, "已记录：%s %s\n", "recorded: %s %s\n"), what, id);
    }
    return st;
}

static gt_status run(cli *app)
{
    static const char *const changes[] = {"add", "end", "grant", "revoke"};
    const char *what = app->n_operands == 0 ? "list" : app->operands[0];
    const char *id = app->n_operands > 1 ? app->operands[1] : NULL;
    bool changing = false, listing_all = strcmp(what, "list") == 0;
    gt_store *store = NULL;
    gt_book *book = NULL;
    cli_format format = CLI_TEXT;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        changing = changing || strcmp(what, changes[i]) == 0;
    }
    if ((!changing && !listing_all && strcmp(what, "show") != 0) || (id == NULL) != listing_all) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_ACTOR_USAGE, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    st = st == GT_OK ? cli_open_store(app, !changing, &store) : st;
    st = st == GT_OK ? gt_book_open(app->ctx, store, changing, &book) : st;
    if (st == GT_OK) {
        st = changing ? change(app, book, what, id) : show(app, book, id, format);
    }
    gt_book_close(book);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"as",
     "ACTOR",
     {"以谁的名义（默认 GUOTU_ACTOR 或登录名）", "who does it (default GUOTU_ACTOR or login)"},
     false},
    {"kind", "body|person", {"机构或人员", "a body or a person"}, false},
    {"title", "NAME", {"名称", "name"}, false},
    {"title-en", "NAME", {"英文名称", "English name"}, false},
    {"body", "ID", {"所属机构", "body of a person"}, false},
    {"unit", "NAME", {"单元；* 为全域", "unit; * for everywhere"}, false},
    {"role", "ROLE", {"角色", "role of a grant"}, false},
    {"ledger", "ID", {"台账；* 为全部", "ledger of a grant; * for all"}, false},
    {"action", "NAME", {"动作；* 为全部", "action of a grant; * for all"}, false},
    {"reason", "TEXT", {"原因", "why"}, false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_ACTOR = {
    .name = "actor",
    .operands = "[list|show ID|add ID|end ID|grant ID|revoke ID]",
    .min_operands = 0,
    .max_operands = 2,
    .summary = {"主体名录：机构、人员及其授权",
                "the register of actors: bodies, people and what each may do"},
    .detail = {"第一个主体自行登记：guotu -w 目录 actor add 编号 --as 编号",
               "The first actor adds itself: guotu -w DIR actor add ID --as ID"},
    .options = options,
    .run = run,
};
