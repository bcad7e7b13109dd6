/* Columns of the file against fields of the standard. */
#include <string.h>
#include <strings.h>

#include "store/import.h"
#include "store/qc_messages.h"

enum { DBF_NAME = 10 }; /* bytes a shapefile keeps of a name */

/* Bytes of one character, UTF-8 at p, in the encoding of the file: Chinese code pages have two for
 * what is not ASCII. */
static size_t bytes_in_file(const unsigned char *p, bool utf8, size_t *here)
{
    *here = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
    return *p < 0x80 ? 1 : utf8 ? *here : 2;
}

/* Is `name` what a shapefile leaves of `whole`: as many whole characters as ten bytes hold? */
static bool is_cut_of(const char *name, const char *whole, bool utf8)
{
    const unsigned char *p = (const unsigned char *)whole;
    size_t at = 0, held = 0, len = strlen(whole);
    while (at < len) {
        size_t here = 0;
        size_t more = bytes_in_file(p + at, utf8, &here);
        if (held + more > DBF_NAME) {
            return strlen(name) == at && strncasecmp(name, whole, at) == 0;
        }
        held += more;
        at += here;
    }
    return false; /* it was not cut */
}

static bool field_was_cut(const gt_field *f, const char *name, bool utf8)
{
    bool yes = is_cut_of(name, f->name, utf8) ||
               (f->title.zh != NULL && is_cut_of(name, f->title.zh, utf8));
    for (const char *const *a = f->aliases; a != NULL && *a != NULL && !yes; a++) {
        yes = is_cut_of(name, *a, utf8);
    }
    return yes;
}

/* A shapefile cuts names: the one field one of whose names begins with these ten bytes. */
static int field_of_cut_name(const gt_standard *s, const char *name, bool utf8)
{
    int found = -1;
    for (size_t i = 0; i < s->n_fields; i++) {
        if (field_was_cut(&s->fields[i], name, utf8)) {
            if (found >= 0) {
                return -1;
            }
            found = (int)i;
        }
    }
    return found;
}

/* The title as the plans write it is a name, too. */
static int field_of_title(const gt_standard *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].title.zh != NULL && strcmp(s->fields[i].title.zh, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void match(imp_map *map, const gt_source_info *info)
{
    const gt_standard *s = map->standard;
    bool shapefile = info->driver != NULL && strcmp(info->driver, "ESRI Shapefile") == 0;
    bool utf8 = info->encoding_used == NULL || strcmp(info->encoding_used, "UTF-8") == 0;
    for (size_t i = 0; i < s->n_fields; i++) {
        map->column_of[i] = -1;
    }
    for (size_t c = 0; c < info->n_fields; c++) {
        const char *name = info->fields[c].name;
        int f = gt_standard_field(s, name);
        f = f < 0 ? field_of_title(s, name) : f;
        if (f < 0 && shapefile) {
            f = field_of_cut_name(s, name, utf8);
        }
        map->field_of[c] = -1;
        if (f < 0) {
            continue;
        }
        int held = map->column_of[f];
        if (held >= 0 && strcasecmp(name, s->fields[f].name) != 0) {
            continue; /* two columns for one field: the field's own name goes before an alias */
        }
        if (held >= 0) {
            map->field_of[held] = -1;
        }
        map->column_of[f] = (int)c;
        map->field_of[c] = f;
    }
}

static void append(gt_text *list, const char *name)
{
    gt_text_puts(list, list->len > 0 ? ", " : "");
    gt_text_puts(list, name);
}

static gt_status note_unmatched(gt_ctx *ctx, const imp_map *map, const gt_source_info *info,
                                gt_notes *notes, const char *file)
{
    const gt_standard *s = map->standard;
    gt_status st = GT_OK;
    gt_text missing, unknown;
    gt_text_init(&missing, ctx, 0);
    gt_text_init(&unknown, ctx, 0);
    for (size_t i = 0; i < s->n_fields && st == GT_OK; i++) {
        bool id = (int)i == map->id_field;
        if (map->column_of[i] >= 0) {
            continue;
        }
        if (s->fields[i].required || id) {
            st = gt_notes_add(
                notes, GT_ERROR, &GT_MSG_IMPORT_NO_COLUMN,
                GT_PLACE(.file = file, .layer = s->id, .field = s->fields[i].name),
                GT_ARGS(GT_TEXT("field", s->fields[i].name),
                        GT_TEXT("title", gt_ctx_lang(ctx) == GT_LANG_ZH ? s->fields[i].title.zh
                                                                        : s->fields[i].title.en)));
        } else {
            append(&missing, s->fields[i].name);
        }
    }
    for (size_t c = 0; c < info->n_fields; c++) {
        if (map->field_of[c] < 0) {
            append(&unknown, info->fields[c].name);
        }
    }
    if (st == GT_OK) {
        st = gt_text_status(&missing);
    }
    if (st == GT_OK) {
        st = gt_text_status(&unknown);
    }
    if (st == GT_OK && missing.len > 0) {
        st = gt_notes_add(notes, GT_INFO, &GT_MSG_IMPORT_COLUMNS_MISSING,
                          GT_PLACE(.file = file, .layer = s->id),
                          GT_ARGS(GT_TEXT("columns", gt_text_cstr(&missing))));
    }
    if (st == GT_OK && unknown.len > 0) {
        st = gt_notes_add(notes, GT_INFO, &GT_MSG_IMPORT_COLUMNS_UNKNOWN,
                          GT_PLACE(.file = file, .layer = s->id),
                          GT_ARGS(GT_TEXT("columns", gt_text_cstr(&unknown))));
    }
    gt_text_free(&missing);
    gt_text_free(&unknown);
    return st;
}

/* Columns that were known by a cut name only. */
static gt_status note_cut(const imp_map *map, const gt_source_info *info, gt_lang lang,
                          gt_notes *notes, const char *file)
{
    const gt_standard *s = map->standard;
    gt_status st = GT_OK;
    for (size_t c = 0; c < info->n_fields && st == GT_OK; c++) {
        int f = map->field_of[c];
        const char *name = info->fields[c].name;
        if (f < 0 || gt_standard_field(s, name) == f || field_of_title(s, name) == f) {
            continue;
        }
        gt_title title = s->fields[f].title;
        st = gt_notes_add(notes, GT_INFO, &GT_MSG_IMPORT_CUT_NAME,
                          GT_PLACE(.file = file, .layer = s->id, .field = s->fields[f].name),
                          GT_ARGS(GT_TEXT("column", name), GT_TEXT("field", s->fields[f].name),
                                  GT_TEXT("title", lang == GT_LANG_ZH ? title.zh : title.en)));
    }
    return st;
}

gt_status imp_map_make(gt_ctx *ctx, gt_arena *arena, const gt_standard *s,
                       const gt_source_info *info, gt_notes *notes, const char *file, imp_map *map)
{
    memset(map, 0, sizeof *map);
    map->standard = s;
    map->column_of = gt_arena_alloc(arena, s->n_fields + 1, sizeof *map->column_of);
    map->field_of = gt_arena_alloc(arena, info->n_fields + 1, sizeof *map->field_of);
    map->unique = gt_arena_alloc(arena, s->n_fields + 1, sizeof *map->unique);
    if (map->column_of == NULL || map->field_of == NULL || map->unique == NULL) {
        return GT_E_MEMORY;
    }
    match(map, info);
    map->id_field = s->id_field == NULL ? -1 : gt_standard_field(s, s->id_field);
    map->area_field = s->area_field == NULL ? -1 : gt_standard_field(s, s->area_field);
    if (map->id_field >= 0 && map->column_of[map->id_field] >= 0) {
        map->unique[map->n_unique++] = map->id_field;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].unique && (int)i != map->id_field && map->column_of[i] >= 0) {
            map->unique[map->n_unique++] = (int)i;
        }
    }
    gt_status st = note_cut(map, info, gt_ctx_lang(ctx), notes, file);
    return st == GT_OK ? note_unmatched(ctx, map, info, notes, file) : st;
}
