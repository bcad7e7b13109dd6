/* A list of findings about the user's data: every mistake of a package, every QC finding of a file.
 * Each is a record like an error (message, arguments, place) with a severity. Keeps at most `max`
 * records and counts all. */
#ifndef GUOTU_NOTES_H
#define GUOTU_NOTES_H

#include "guotu/context.h"
#include "guotu/text.h"

typedef enum gt_severity { GT_INFO = 0, GT_WARNING = 1, GT_ERROR = 2 } gt_severity;

typedef struct gt_notes gt_notes;

/* New list, owned by the caller. max: records kept (0: 10 000). */
gt_status gt_notes_new(gt_ctx *ctx, size_t max, gt_notes **out) GT_CHECKED;
void gt_notes_free(gt_notes *notes);
/* Adds a record; texts are copied. Fails only when memory is out. */
gt_status gt_notes_add(gt_notes *notes, gt_severity severity, const gt_message *message,
                       const gt_place *place, const gt_arg *args) GT_CHECKED;
size_t gt_notes_count(const gt_notes *notes, gt_severity at_least);
size_t gt_notes_kept(const gt_notes *notes);
/* How often a message id occurred, kept or not. */
size_t gt_notes_count_id(const gt_notes *notes, const char *id);
/* The i-th kept record: borrowed until the list is freed. Any output may be NULL. */
void gt_notes_get(const gt_notes *notes, size_t i, gt_severity *severity,
                  const gt_message **message, const gt_place **place);
/* Appends "file:line:column: error: message" of record i, and its mend on a second line. */
void gt_notes_render(const gt_notes *notes, size_t i, gt_lang lang, gt_text *out);
/* Message text alone (no place, no mend). */
void gt_notes_render_message(const gt_notes *notes, size_t i, gt_lang lang, gt_text *out);
void gt_notes_render_json(const gt_notes *notes, size_t i, gt_lang lang, gt_text *out);
/* All records, and a last line that says how many more there are. */
void gt_notes_render_all(const gt_notes *notes, gt_lang lang, gt_text *out);

#endif
