/* The columns of an area table: words put in terms of layers and their fields. */
#include <string.h>

#include "coverage/area_job.h"
#include "coverage/messages.h"

static const char *township_layer(const gt_package *p)
{
    const char *const *units = gt_package_units(p);
    const char *last = NULL;
    for (size_t i = 0; units != NULL && units[i] != NULL; i++) {
        last = units[i];
    }
    return last;
}

static gt_status unknown_word(gt_ctx *ctx, const char *word)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_WORD, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("word", word),
                           GT_TEXT("known", "district, township, land_class, big_class")));
}

/* Code list of a grid: that of the model whose first output it is. */
static const gt_codelist *codes_of_grid(const gt_package *p, const char *grid)
{
    const gt_model_decl *m = gt_package_model_of_grid(p, grid);
    return m == NULL || m->codes == NULL ? NULL : gt_package_find_codelist(p, m->codes);
}

/* Splits "layer.field"; a word of the package's own is put in terms of its layers. */
static gt_status resolve(gt_ctx *ctx, gt_area_job *j, char *word, gt_area_column *c)
{
    const gt_package *p = j->package;
    const char *field = NULL;
    c->name = word;
    c->field = -1;
    if (gt_traced_name(word) != NULL && gt_package_find_layer(p, "grid") == NULL) {
        c->layer = word;
        c->grid = gt_traced_name(word);
        c->codes = codes_of_grid(p, c->grid);
        return GT_OK;
    }
    if (strcmp(word, "district") == 0) {
        c->layer = gt_package_unit_layer(p);
        field = gt_package_unit_name_field(p);
    } else if (strcmp(word, "township") == 0) {
        c->layer = township_layer(p);
        field = gt_package_unit_name_field(p);
    } else if (strcmp(word, "land_class") == 0 || strcmp(word, "big_class") == 0) {
        c->layer = gt_package_land_layer(p);
        c->big_class = word[0] == 'b';
    } else {
        char *copy = gt_arena_strdup(j->table->arena, word);
        char *dot = copy == NULL ? NULL : strchr(copy, '.');
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        if (dot != NULL) {
            *dot = '\0';
            field = dot + 1;
        }
        c->layer = copy;
    }
    const gt_standard *s = c->layer == NULL ? NULL : gt_package_find_layer(p, c->layer);
    if (s == NULL) {
        return unknown_word(ctx, word);
    }
    if (field != NULL && strcmp(field, "gt_id") == 0) {
        return GT_OK; /* the feature itself */
    }
    c->any = field != NULL && strcmp(field, "gt_any") == 0;
    field = c->any ? NULL : field;
    field = field != NULL ? field : s->class_field;
    const char *unit = gt_package_unit_layer(p);
    if (field == NULL && unit != NULL && strcmp(unit, c->layer) == 0) {
        field = gt_package_unit_name_field(p); /* as `district` */
    }
    if (field != NULL) {
        c->field = gt_standard_field(s, field);
        if (c->field < 0) {
            return unknown_word(ctx, word);
        }
        c->codes = s->fields[c->field].codes;
    }
    return GT_OK;
}

static void use_layer(gt_area_job *j, size_t column)
{
    const char *id = j->table->columns[column].layer;
    for (size_t i = 0; i < j->n_layers; i++) {
        if (strcmp(j->layers[i].id, id) == 0) {
            j->layer_of[column] = i;
            return;
        }
    }
    j->layers[j->n_layers].id = id;
    j->layers[j->n_layers].grid = j->table->columns[column].grid;
    j->layer_of[column] = j->n_layers++;
}

gt_status gt_area_read_columns(gt_ctx *ctx, gt_area_job *j, const char *by)
{
    gt_area_table *t = j->table;
    while (*by != '\0') {
        size_t len = strcspn(by, ",");
        if (t->n_columns >= GT_AREA_COLUMNS) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_COLUMNS, GT_NOWHERE,
                           GT_ARGS(GT_INT("max", GT_AREA_COLUMNS)));
        }
        char *word = gt_arena_strndup(t->arena, by, len);
        if (word == NULL) {
            return GT_E_MEMORY;
        }
        gt_status st = resolve(ctx, j, word, &t->columns[t->n_columns]);
        if (st != GT_OK) {
            return st;
        }
        use_layer(j, t->n_columns++);
        by += len + (by[len] == ',' ? 1 : 0);
    }
    return t->n_columns > 0 ? GT_OK : unknown_word(ctx, "");
}
