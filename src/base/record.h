/* A message made concrete: copies of its arguments and place in one fixed block.
 *
 * The block is part of the record, so that running out of memory can be recorded too. Long texts
 * are cut at a character border when the block is full. */
#ifndef GT_BASE_RECORD_H
#define GT_BASE_RECORD_H

#include "guotu/message.h"
#include "guotu/text.h"

enum { GT_RECORD_ARGS = 8, GT_RECORD_BYTES = 1024 };

typedef struct gt_record {
    gt_status status;
    const gt_message *message; /* NULL: empty record */
    gt_place place;            /* texts point into bytes */
    gt_arg args[GT_RECORD_ARGS + 1];
    size_t used;
    char bytes[GT_RECORD_BYTES];
} gt_record;

/* Fills the record; place and args may be NULL. */
void gt_record_set(gt_record *record, gt_status status, const gt_message *message,
                   const gt_place *place, const gt_arg *args);
/* Adds members of place that the record does not have yet. */
void gt_record_at(gt_record *record, const gt_place *place);
/* Copy that owns its texts (pointers are moved to the new block). */
void gt_record_copy(gt_record *to, const gt_record *from);
void gt_record_message(const gt_record *record, gt_lang lang, gt_text *out);
/* false when the message has no mend. */
bool gt_record_mend(const gt_record *record, gt_lang lang, gt_text *out);
/* "file:12:3: layer x, feature y: " or nothing. */
void gt_record_place(const gt_place *place, gt_lang lang, gt_text *out);
void gt_record_place_json(const gt_place *place, gt_text *out);

#endif
