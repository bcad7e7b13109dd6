/* Models as a package declares them: a kernel by name, what its inputs and outputs are bound to,
 * the values of its parameters. Whether the kernel takes them is for the build graph to say, which
 * knows the kernels. */
#include <string.h>

#include "plan/items.h"
#include "plan/messages.h"

typedef struct raw_model {
    gt_model_decl model;
} raw_model;

static const gt_key model_keys[] = {
    {.name = "model", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_model, model.id)},
    {.name = "title", .kind = GT_K_TITLE, .flags = REQ, .at = AT(raw_model, model.title)},
    {.name = "clauses", .kind = GT_K_CLAUSES, .at = AT(raw_model, model.clauses)},
    {.name = "kind", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_model, model.kind)},
    {.name = "codes", .kind = GT_K_REF, .at = AT(raw_model, model.codes), .ref = GT_ITEM_CODES},
    {.name = "unit", .kind = GT_K_TEXT, .at = AT(raw_model, model.unit)},
    {.name = "ramp", .kind = GT_K_ID, .at = AT(raw_model, model.ramp)},
    {.name = "in", .kind = GT_K_ANY, .flags = REQ},
    {.name = "with", .kind = GT_K_ANY},
    {.name = "out", .kind = GT_K_ANY, .flags = REQ},
    {.name = "remark", .kind = GT_K_TITLE, .at = AT(raw_model, model.note)},
};
static const gt_schema model_schema = {"model", KEYS(model_keys), sizeof(raw_model)};

static void want(gt_reader *r, const gt_ynode *at, const gt_message *message, const char *key)
{
    gt_y_problem(&r->problems, at, message, GT_ARGS(GT_TEXT("key", key)));
}

/* A value as the text a parameter is written in: a scalar as it stands, a list parted by commas, a
 * map as CODE=NUMBER pairs. NULL when it is none of these (reported). */
static const char *text_of(gt_reader *r, const gt_ynode *node, const char *key)
{
    gt_text text;
    bool good = true;
    if (node->kind == GT_Y_SCALAR && !gt_y_is_null(node)) {
        return gt_arena_strdup(r->arena, node->text);
    }
    if (node->kind == GT_Y_SCALAR || node->n == 0) {
        want(r, node, &GT_MSG_WANT_VALUE, key);
        return NULL;
    }
    gt_text_init(&text, r->ctx, GT_YAML_TEXT);
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        good = good && c->kind == GT_Y_SCALAR;
        gt_text_puts(&text, c == node->first ? "" : ", ");
        if (node->kind == GT_Y_MAP) {
            gt_text_printf(&text, "%s=", c->key->text);
        }
        gt_text_puts(&text, c->kind == GT_Y_SCALAR ? c->text : "");
    }
    if (!good) {
        want(r, node, &GT_MSG_WANT_TEXT, key);
    }
    const char *kept = good ? gt_arena_strdup(r->arena, gt_text_cstr(&text)) : NULL;
    gt_text_free(&text);
    return kept;
}

/* in, with, out: a map of names, or (where `alone`) one name that stands for the first port. */
static bool take_bindings(gt_reader *r, const gt_raw_item *item, const char *key, bool alone,
                          const gt_binding **out, size_t *n)
{
    const gt_ynode *node = gt_y_get(item->node, key);
    *n = 0;
    *out = NULL;
    if (node == NULL) {
        return true;
    }
    if (node->kind == GT_Y_LIST || (node->kind == GT_Y_SCALAR && !alone)) {
        want(r, node, &GT_MSG_WANT_MAP, key);
        return false;
    }
    gt_binding *b = gt_item_keep(r, (size_t)node->n + 1, sizeof *b);
    bool good = b != NULL;
    const gt_ynode *c = node->kind == GT_Y_MAP ? node->first : node;
    for (; good && c != NULL; c = node->kind == GT_Y_MAP ? c->next : NULL) {
        const char *name = node->kind == GT_Y_MAP ? c->key->text : NULL;
        b[*n] = (gt_binding){name == NULL ? NULL : gt_arena_strdup(r->arena, name),
                             text_of(r, c, name == NULL ? key : name), c->line, c->column};
        good = b[*n].value != NULL;
        (*n)++;
    }
    *out = b;
    return good;
}

gt_status gt_take_model(gt_reader *r, gt_raw_item *item)
{
    raw_model raw = {0};
    item->whole = gt_fill(&r->filler, &model_schema, item->node, &raw);
    gt_model_decl *m = &r->package->models[item->index];
    *m = raw.model;
    m->clauses = gt_item_list(m->clauses);
    m->file = item->node->file->path;
    m->line = item->node->line;
    m->column = item->node->column;
    item->whole = take_bindings(r, item, "in", true, &m->in, &m->n_in) && item->whole;
    item->whole = take_bindings(r, item, "with", false, &m->with, &m->n_with) && item->whole;
    item->whole = take_bindings(r, item, "out", true, &m->out, &m->n_out) && item->whole;
    return r->filler.status;
}
