/* Clauses of the plans over HTTP: what each asks, what carries it out, what only names it. */
#include <string.h>

#include "serve/figures.h"
#include "serve/messages.h"

enum { MANY = 64 };

static const gt_item *find_item(const gt_package *package, gt_item_kind kind, const char *id)
{
    for (size_t i = 0; i < gt_package_n_items(package); i++) {
        const gt_item *item = gt_package_item(package, i);
        if (item->kind == kind && strcmp(item->id, id) == 0) {
            return item;
        }
    }
    return NULL;
}

/* Where in the package an item stands; the server's own folders are nobody's business. */
static const char *within(const gt_package *package, const char *file)
{
    const char *dir = gt_package_dir(package);
    size_t len = strlen(dir);
    return strncmp(file, dir, len) == 0 && file[len] == '/' ? file + len + 1
           : strrchr(file, '/') == NULL                     ? file
                                                            : strrchr(file, '/') + 1;
}

typedef struct named {
    gt_item_kind kinds[MANY];
    const char *ids[MANY];
    size_t n;
} named;

static void put_items(gt_desk *desk, const char *name, const named *list, bool where, gt_text *o)
{
    gt_text_printf(o, ",\"%s\":[", name);
    for (size_t i = 0; i < list->n && i < MANY; i++) {
        const gt_item *item = find_item(desk->package, list->kinds[i], list->ids[i]);
        gt_text_printf(o, "%s{\"kind\":\"%s\",\"id\":", i > 0 ? "," : "",
                       gt_item_kind_name(list->kinds[i]));
        gt_text_json_string(o, list->ids[i]);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, item == NULL ? "" : gt_desk_title(desk, item->title));
        if (where && item != NULL && item->file != NULL) {
            gt_text_puts(o, ",\"file\":");
            gt_text_json_string(o, within(desk->package, item->file));
            gt_text_printf(o, ",\"line\":%d", item->line);
        }
        gt_text_putc(o, '}');
    }
    gt_text_puts(o, "]");
}

static void put_clause(gt_desk *desk, size_t i, bool whole, gt_text *o)
{
    const gt_clause *c = gt_package_clause(desk->package, i);
    const char *const texts[][2] = {{"id", c->id},
                                    {"plan", c->plan},
                                    {"section", c->section},
                                    {"kind", c->kind},
                                    {"strength", c->strength},
                                    {"title_en", c->title_en},
                                    {"terms_zh", c->terms_zh},
                                    {"requirement_en", c->requirement_en},
                                    {"quantities", c->quantities},
                                    {"area", c->area}};
    enum { BRIEF = 7 };
    named list = {.n = 0};
    for (size_t k = 0; k < (whole ? sizeof texts / sizeof *texts : BRIEF); k++) {
        gt_text_printf(o, "%s\"%s\":", k > 0 ? "," : "{", texts[k][0]);
        gt_text_json_string(o, texts[k][1]);
    }
    list.n = gt_package_carriers(desk->package, i, MANY, list.kinds, list.ids);
    put_items(desk, "carriers", &list, whole, o);
    if (whole) {
        list.n = gt_package_citers(desk->package, i, MANY, list.kinds, list.ids);
        put_items(desk, "citers", &list, whole, o);
    }
    gt_text_puts(o, "}");
}

/* They change with the package only. */
gt_status gt_get_clauses(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    if (gt_desk_unchanged(desk, request, 0, reply)) {
        return GT_OK;
    }
    gt_text_puts(o, "{\"plans\":[");
    for (size_t i = 0; i < gt_package_n_plans(desk->package); i++) {
        const gt_plan *p = gt_package_plan(desk->package, i);
        gt_text_puts(o, i > 0 ? ",\n{\"id\":" : "\n{\"id\":");
        gt_text_json_string(o, p->id);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, p->title));
        gt_text_printf(o, ",\"final\":%s}", p->final ? "true" : "false");
    }
    gt_text_puts(o, "],\n\"clauses\":[");
    for (size_t i = 0; i < gt_package_n_clauses(desk->package); i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "\n");
        put_clause(desk, i, false, o);
    }
    gt_text_puts(o, "]}\n");
    return gt_text_status(o);
}

gt_status gt_get_clause(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    for (size_t i = 0; i < gt_package_n_clauses(desk->package); i++) {
        if (strcmp(gt_package_clause(desk->package, i)->id, request->part[1]) == 0) {
            if (!gt_desk_unchanged(desk, request, 0, reply)) {
                put_clause(desk, i, true, &reply->body);
                gt_text_putc(&reply->body, '\n');
            }
            return GT_OK;
        }
    }
    return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_CLAUSE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("id", request->part[1])));
}
