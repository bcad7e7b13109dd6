/* Reading a package: package.yaml, the registry, the item files; then what needs all of them.
 *
 * Every phase goes on after mistakes, so that one run shows them all; a file that cannot be parsed
 * silences questions about names, since what it would declare is not known. */
#include <stdlib.h>
#include <string.h>

#include "plan/kept.h"
#include "plan/messages.h"
#include "plan/package.h"
#include "plan/verify.h"

enum { FILES_MAX = 1000, ITEMS_MAX = 50000 };

static gt_status join_path(gt_reader *r, const char *dir, const char *rel, const char **out)
{
    gt_text text;
    gt_text_init(&text, r->ctx, 8192);
    gt_text_printf(&text, "%s/%s", dir, rel);
    gt_status st = gt_text_status(&text);
    char *copy = st == GT_OK ? gt_arena_strdup(r->arena, gt_text_cstr(&text)) : NULL;
    gt_text_free(&text);
    *out = copy;
    return copy == NULL && st == GT_OK ? GT_E_MEMORY : st;
}

static gt_status load(gt_reader *r, const char *dir, const char *rel, const gt_ynode *mention,
                      size_t slot)
{
    const char *path = NULL;
    gt_status st = GT_OK;
    if (r->trusted) { /* load_kept did it; a kept file that names others was tampered with */
        bool same = slot < r->n_kept && strcmp(r->files[slot]->rel, rel) == 0;
        return same ? GT_OK : GT_E_INPUT;
    }
    for (size_t i = 0; i < r->n_memory; i++) {
        if (strcmp(r->memory[i].name, rel) == 0) {
            return gt_yfile_of(r->ctx, r->arena, &r->problems, rel, r->memory[i].data,
                               r->memory[i].len, (int)slot, &r->files[slot]);
        }
    }
    st = join_path(r, dir, rel, &path);
    if (st == GT_OK) {
        st = gt_yfile_load(r->ctx, r->arena, &r->problems, path, rel, (int)slot, mention,
                           &r->files[slot]);
    }
    return st;
}

/* A path inside the package: no root, no "..", nothing hidden. */
static bool path_inside(const char *rel)
{
    if (rel[0] == '/' || rel[0] == '\0') {
        return false;
    }
    for (const char *p = rel; *p != '\0';) {
        size_t n = strcspn(p, "/");
        if (n == 0 || p[0] == '.') {
            return false;
        }
        p += n + (p[n] == '/' ? 1 : 0);
    }
    return true;
}

static gt_status parse(gt_reader *r, size_t slot)
{
    return r->trusted ? GT_OK : gt_yaml_parse(r->ctx, r->arena, &r->problems, r->files[slot]);
}

static gt_status read_head(gt_reader *r, const char *dir)
{
    gt_status st = load(r, dir, "package.yaml", NULL, 0);
    r->n_files = 1;
    if (st == GT_OK) {
        st = parse(r, 0);
    }
    if (st != GT_OK) {
        return st;
    }
    r->root = r->files[0]->root;
    if (r->root == NULL) {
        if (!r->files[0]->broken) {
            gt_problem_add(&r->problems, 0, &GT_MSG_FILE_EMPTY,
                           GT_PLACE(.file = r->files[0]->path, .line = 1, .column = 1), GT_NO_ARGS);
        }
        return GT_OK;
    }
    (void)gt_fill(&r->filler, &gt_schema_package, r->root, &r->raw);
    gt_package *p = r->package;
    p->id = r->raw.id;
    p->version = r->raw.version;
    p->title = r->raw.title;
    p->remark = r->raw.remark;
    p->crs = r->raw.crs;
    const gt_ynode *crs = gt_y_get(r->root, "crs");
    p->crs_file = r->files[0]->path;
    p->crs_line = crs == NULL ? 1 : crs->line;
    p->crs_column = crs == NULL ? 1 : crs->column;
    p->land_layer = r->raw.land.layer;
    p->has_extent = r->raw.has_extent;
    p->extent = (gt_box){r->raw.extent[0], r->raw.extent[1], r->raw.extent[2], r->raw.extent[3]};
    const char **units = gt_arena_zalloc(r->arena, r->raw.n_units + 1, sizeof *units);
    if (units == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < r->raw.n_units; i++) {
        units[i] = r->raw.units[i].layer;
        if (i == 0) {
            p->unit_layer = r->raw.units[i].layer;
            p->unit_name = r->raw.units[i].name;
        }
    }
    p->units = units;
    st = gt_plans_take(r);
    return st == GT_OK ? r->filler.status : st;
}

/* Node of the i-th entry of `files`, for the place of mistakes about it. */
static const gt_ynode *entry(const gt_reader *r, size_t i)
{
    const gt_ynode *list = gt_y_get(r->root, "files");
    const gt_ynode *c = list->kind == GT_Y_LIST ? list->first : list;
    for (; i > 0 && c->next != NULL && list->kind == GT_Y_LIST; i--) {
        c = c->next;
    }
    return c;
}

static gt_status read_files(gt_reader *r, const char *dir)
{
    gt_status st = GT_OK;
    size_t n = gt_texts_count(r->raw.files);
    if (r->raw.clauses != NULL && !path_inside(r->raw.clauses)) {
        gt_y_problem(&r->problems, gt_y_get(r->root, "clauses"), &GT_MSG_PATH_OUTSIDE,
                     GT_ARGS(GT_TEXT("path", r->raw.clauses)));
        r->raw.clauses = NULL;
        r->broken = true;
    }
    if (r->raw.clauses != NULL) {
        st = load(r, dir, r->raw.clauses, gt_y_get(r->root, "clauses"), 1);
    } else {
        st = gt_yfile_of(r->ctx, r->arena, &r->problems, "clauses", "", 0, 1, &r->files[1]);
        r->files[1]->broken = true;
    }
    r->n_files = 2;
    for (size_t i = 0; i < n && i < FILES_MAX && st == GT_OK; i++) {
        if (!path_inside(r->raw.files[i])) {
            gt_y_problem(&r->problems, entry(r, i), &GT_MSG_PATH_OUTSIDE,
                         GT_ARGS(GT_TEXT("path", r->raw.files[i])));
            r->broken = true;
            continue;
        }
        size_t slot = r->n_files;
        st = load(r, dir, r->raw.files[i], entry(r, i), slot);
        if (st == GT_OK) {
            r->n_files++;
            st = parse(r, slot);
            r->broken = r->broken || r->files[slot]->broken;
        }
    }
    return st;
}

/* ---- items ---------------------------------------------------------------------------------- */

static void not_an_item(gt_reader *r, const gt_ynode *node)
{
    const char *word = node->kind == GT_Y_MAP && node->first != NULL ? node->first->key->text : "";
    const char *near = NULL;
    size_t d = 0;
    for (int k = 0; k < GT_ITEM_KINDS; k++) {
        gt_nearest_try(word, gt_item_kind_name((gt_item_kind)k), &near, &d);
    }
    gt_y_problem(&r->problems, node, &GT_MSG_NOT_AN_ITEM,
                 GT_ARGS(GT_TEXT("word", word), GT_TEXT("near", near ? near : "rule")));
}

/* Lists the items of all files and counts them by kind. */
static gt_status list_items(gt_reader *r)
{
    size_t most = 0;
    for (size_t f = 2; f < r->n_files; f++) {
        const gt_ynode *root = r->files[f]->root;
        most += root == NULL ? 0 : root->n;
    }
    r->items = gt_arena_zalloc(r->arena, most + 1, sizeof *r->items);
    if (r->items == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t f = 2; f < r->n_files; f++) {
        const gt_ynode *root = r->files[f]->root;
        if (root == NULL || root->kind != GT_Y_LIST) {
            if (!r->files[f]->broken) {
                gt_problem_add(&r->problems, (int)f, &GT_MSG_FILE_NO_LIST,
                               GT_PLACE(.file = r->files[f]->path, .line = 1, .column = 1),
                               GT_NO_ARGS);
            }
            continue;
        }
        for (const gt_ynode *c = root->first; c != NULL; c = c->next) {
            gt_item_kind kind = GT_ITEM_LAYER;
            if (!gt_item_kind_of(c, &kind)) {
                not_an_item(r, c);
                r->broken = true;
            } else if (r->n_items < ITEMS_MAX) {
                r->items[r->n_items++] =
                    (gt_raw_item){.kind = kind, .node = c, .index = r->package->n[kind]++};
            }
        }
    }
    return GT_OK;
}

static gt_status make_room(gt_reader *r)
{
    gt_package *p = r->package;
    struct {
        void **to;
        gt_item_kind kind;
        size_t size;
    } arrays[] = {
        {(void **)&p->layers, GT_ITEM_LAYER, sizeof *p->layers},
        {(void **)&p->imports, GT_ITEM_LAYER, sizeof *p->imports},
        {(void **)&p->codelists, GT_ITEM_CODES, sizeof *p->codelists},
        {(void **)&p->rules, GT_ITEM_RULE, sizeof *p->rules},
        {(void **)&p->parameters, GT_ITEM_PARAMETER, sizeof *p->parameters},
        {(void **)&p->subjects, GT_ITEM_SUBJECT, sizeof *p->subjects},
        {(void **)&p->views, GT_ITEM_VIEW, sizeof *p->views},
        {(void **)&p->ledgers, GT_ITEM_LEDGER, sizeof *p->ledgers},
        {(void **)&p->totals, GT_ITEM_TOTAL, sizeof *p->totals},
        {(void **)&p->indicators, GT_ITEM_INDICATOR, sizeof *p->indicators},
        {(void **)&p->series, GT_ITEM_SERIES, sizeof *p->series},
        {(void **)&p->models, GT_ITEM_MODEL, sizeof *p->models},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i].to = gt_arena_zalloc(r->arena, p->n[arrays[i].kind] + 1, arrays[i].size);
        if (*arrays[i].to == NULL) {
            return GT_E_MEMORY;
        }
    }
    p->codes_used = gt_arena_zalloc(r->arena, p->n[GT_ITEM_CODES] + 1, sizeof *p->codes_used);
    p->n_items = r->n_items + p->n[GT_ITEM_PLAN];
    p->items = gt_arena_zalloc(r->arena, p->n_items + 1, sizeof *p->items);
    return p->items == NULL || p->codes_used == NULL
               ? GT_E_MEMORY
               : gt_index_new(r->arena, p->n_items + 1, &p->index);
}

static void take_id(gt_reader *r, gt_item_kind kind, const char *id, size_t index,
                    const gt_ynode *at)
{
    gt_slot *slot = gt_index_slot(&r->package->index, kind, id);
    if (slot->id != NULL) {
        gt_y_problem(&r->problems, at, &GT_MSG_ID_TWICE,
                     GT_ARGS(GT_TEXT("kind", gt_item_kind_title(kind).en),
                             GT_TEXT("kind_zh", gt_item_kind_title(kind).zh), GT_TEXT("id", id)));
        return;
    }
    *slot = (gt_slot){id, kind, index};
}

static gt_status fill_items(gt_reader *r)
{
    gt_package *p = r->package;
    gt_status st = make_room(r);
    for (size_t i = 0; i < r->n_items && st == GT_OK; i++) {
        gt_raw_item *item = &r->items[i];
        const gt_ynode *first = item->node->first; /* its key named the kind, its value is the id */
        bool usable = first->kind == GT_Y_SCALAR && first->len > 0 && !gt_y_is_null(first);
        item->id = usable ? first->text : NULL;
        if (usable) {
            take_id(r, item->kind, item->id, item->index, first);
        }
        st = gt_item_fill(r, item);
        if (st == GT_OK && i % 256 == 255) {
            st = gt_check_cancel(r->ctx);
        }
    }
    const gt_ynode *list = gt_y_get(r->root, "plans");
    const gt_ynode *node = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < p->n[GT_ITEM_PLAN] && node != NULL && st == GT_OK;
         i++, node = node->next) {
        p->items[r->n_items + i] = (gt_item){.kind = GT_ITEM_PLAN,
                                             .id = p->plans[i].id,
                                             .title = p->plans[i].title,
                                             .clauses = p->plans[i].clauses,
                                             .file = node->file->path,
                                             .line = node->line,
                                             .column = node->column};
        if (p->plans[i].id != NULL) {
            take_id(r, GT_ITEM_PLAN, p->plans[i].id, i, gt_y_get(node, "plan"));
        }
    }
    return st;
}

static gt_status read_clauses(gt_reader *r)
{
    gt_package *p = r->package;
    gt_yfile *file = r->files[1];
    size_t before = r->problems.total;
    gt_status st =
        gt_clauses_parse(r->ctx, r->arena, &r->problems, file, &p->clauses, &p->n_clauses);
    if (st == GT_OK) {
        st = gt_index_new(r->arena, p->n_clauses + 1, &p->clause_index);
    }
    for (size_t i = 0; i < p->n_clauses && st == GT_OK; i++) {
        const gt_clause *c = &p->clauses[i];
        gt_slot *slot = gt_index_slot(&p->clause_index, (gt_item_kind)GT_CLAUSE_ITEM, c->id);
        if (slot->id != NULL) {
            gt_problem_add(
                &r->problems, 1, &GT_MSG_CSV_TWICE,
                GT_PLACE(.file = file->path, .line = c->line, .column = 1),
                GT_ARGS(GT_TEXT("id", c->id), GT_INT("line", p->clauses[slot->index].line)));
        } else {
            *slot = (gt_slot){c->id, (gt_item_kind)GT_CLAUSE_ITEM, i};
        }
    }
    r->registry_broken = file->broken || r->problems.total != before;
    return st;
}

/* The identity of a package: names and bytes of all its files, in reading order. */
static void identify(const gt_reader *r, size_t n_files, unsigned char digest[GT_HASH_BYTES])
{
    gt_hash hash;
    gt_hash_init(&hash);
    for (size_t i = 0; i < n_files; i++) {
        gt_hash_add_text(&hash, r->files[i]->rel);
        gt_hash_add_u64(&hash, r->files[i]->len);
        gt_hash_add(&hash, r->files[i]->data, r->files[i]->len);
    }
    gt_hash_final(&hash, digest);
}

/* ---- the kept trees ------------------------------------------------------------------------- */

/* The files the kept trees were made of, as they are now; false when one cannot be read. */
static gt_status load_named(gt_reader *r, const char *dir, gt_kept k, bool *good)
{
    for (size_t i = 0; i < k.n_files; i++) {
        const char *rel = gt_kept_name(&k), *path = NULL;
        gt_kept_skip(&k);
        if (k.bad || !path_inside(rel)) {
            return GT_OK;
        }
        gt_status st = join_path(r, dir, rel, &path);
        if (st == GT_OK) {
            st = gt_yfile_raw(r->ctx, r->arena, path, rel, (int)i, &r->files[i]);
        }
        if (st != GT_OK || r->files[i] == NULL) {
            return st;
        }
    }
    *good = true;
    return GT_OK;
}

/* Takes the trees from the kept file when it fits this engine and these very files. */
static gt_status load_kept(gt_reader *r, const char *dir)
{
    gt_kept k;
    bool found = false, good = false;
    gt_status st = gt_kept_open(r->arena, r->keep->path, r->keep->engine, &k, &found);
    if (st != GT_OK || !found || k.n_files < 2 || k.n_files > FILES_MAX + 2) {
        return st;
    }
    st = load_named(r, dir, k, &good);
    if (st != GT_OK || !good) {
        return st;
    }
    identify(r, k.n_files, r->digest);
    if (memcmp(r->digest, k.hash, GT_HASH_BYTES) != 0) {
        return GT_OK;
    }
    for (size_t i = 0; i < k.n_files && st == GT_OK && !k.bad; i++) {
        (void)gt_kept_name(&k);
        if (i == 1) { /* the registry is no tree */
            gt_kept_skip(&k);
        } else {
            st = gt_kept_tree(r->arena, &k, r->files[i]);
        }
    }
    r->n_kept = k.n_files;
    r->trusted = st == GT_OK && !k.bad;
    return st;
}

static void keep(const gt_reader *r)
{
    bool whole = r->keep != NULL && !r->trusted && r->problems.total == 0 && r->raw.clauses != NULL;
    for (size_t i = 0; i < r->n_files && whole; i++) {
        whole = !r->files[i]->broken && (i == 1 || r->files[i]->root != NULL);
    }
    if (whole) {
        (void)gt_kept_write(r->ctx, r->keep->path, r->keep->engine, r->digest, r->files,
                            r->n_files);
    }
}

static gt_status read_all(gt_reader *r, const char *dir)
{
    gt_status st = GT_OK;
    r->files = gt_arena_zalloc(r->arena, FILES_MAX + 2, sizeof(gt_yfile *));
    if (r->files == NULL) {
        return GT_E_MEMORY;
    }
    if (r->keep != NULL && !r->from_text) {
        st = load_kept(r, dir);
    }
    if (st == GT_OK) {
        st = read_head(r, dir);
    }
    if (st != GT_OK || r->root == NULL || r->root->kind != GT_Y_MAP) {
        return st;
    }
    st = read_files(r, dir);
    if (st == GT_OK) {
        st = read_clauses(r);
    }
    if (st == GT_OK) {
        st = list_items(r);
    }
    if (st == GT_OK) {
        st = fill_items(r);
    }
    if (st == GT_OK && !r->trusted) {
        st = gt_sql_new(r->ctx, r->package, &r->sql);
    }
    if (st == GT_OK) {
        st = gt_verify(r);
    }
    if (st == GT_OK && !r->trusted) {
        identify(r, r->n_files, r->digest);
        keep(r);
    }
    gt_hash_hex(r->digest, r->package->hash);
    return st;
}

static gt_status read_once(gt_reader *r, const char *dir, gt_notes *notes, gt_package **out)
{
    gt_status st = gt_arena_new(r->ctx, 256 * 1024, &r->arena);
    if (st != GT_OK) {
        return st;
    }
    gt_problems_init(&r->problems, r->ctx);
    gt_filler_init(&r->filler, r->ctx, r->arena, &r->problems);
    r->package = gt_arena_zalloc(r->arena, 1, sizeof *r->package);
    char *copy = gt_arena_strdup(r->arena, dir);
    if (r->package == NULL || copy == NULL) {
        st = GT_E_MEMORY;
        goto done;
    }
    r->package->arena = r->arena;
    r->package->dir = copy;
    st = read_all(r, copy);
    if (r->trusted && st == GT_OK && r->problems.total > 0) {
        st = GT_E_INPUT; /* the text was good: the kept file is not of it */
    }
    if (st == GT_OK) {
        st = gt_problems_flush(&r->problems, notes);
    }
    if (st == GT_OK && r->problems.total > 0) {
        st = gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_PACKAGE_FAULTY, GT_PLACE(.file = dir),
                     GT_ARGS(GT_INT("n", r->problems.total)));
    }
done:
    gt_sql_free(r->sql);
    gt_problems_free(&r->problems);
    if (st == GT_OK) {
        *out = r->package;
    } else {
        gt_arena_free(r->arena);
    }
    return st;
}

static gt_status read_package(gt_reader first, const char *dir, gt_notes *notes, gt_package **out)
{
    gt_reader r = first;
    gt_status st = read_once(&r, dir, notes, out);
    if (st == GT_E_INPUT && r.trusted) {
        gt_error_clear(r.ctx);
        r = first;
        r.from_text = true;
        st = read_once(&r, dir, notes, out);
    }
    return st;
}

gt_status gt_package_read(gt_ctx *ctx, const char *dir, gt_notes *notes, gt_package **out)
{
    return read_package((gt_reader){.ctx = ctx}, dir, notes, out);
}

gt_status gt_package_read_kept(gt_ctx *ctx, const char *dir, const gt_package_keep *keep,
                               gt_notes *notes, gt_package **out)
{
    return read_package((gt_reader){.ctx = ctx, .keep = keep}, dir, notes, out);
}

gt_status gt_package_read_memory(gt_ctx *ctx, const gt_file_text *files, size_t n, gt_notes *notes,
                                 gt_package **out)
{
    return read_package((gt_reader){.ctx = ctx, .memory = files, .n_memory = n}, "memory:", notes,
                        out);
}
