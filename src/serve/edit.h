/* Changes of features: one request is one revision, of one feature or of several.
 *
 *   read -> the feature as it is, rights in its old and new unit -> QC: geometry, fields, overlaps
 *        -> rules of the plan, where the layer's features are subjects of it -> commit
 *
 * The commit expects the revision that was read: who was slower begins anew, and finds out by his
 * If-Match whether the feature is still the one he saw. Internal to serve. */
#ifndef GT_SERVE_EDIT_H
#define GT_SERVE_EDIT_H

#include <jansson.h>

#include "serve/desk.h"

enum { GT_CHANGES_MAX = 200 }; /* of one transaction */

typedef enum gt_change { GT_CREATE = 0, GT_REPLACE, GT_UPDATE, GT_DELETE } gt_change;

typedef struct gt_edit {
    gt_desk *desk;
    gt_change change;
    const char *layer, *id, *if_match;
    int64_t seen;   /* the revision that wrote it when it was seen; 0: whichever */
    gt_map_crs crs; /* of the geometry given */
    gt_layer_info info;
    const gt_standard *standard; /* of the package: with code lists */
    gt_geom geom, other;         /* new; of a neighbour or the old one */
    bool has_geom;               /* UPDATE: a geometry was given */
    gt_value *values;            /* arena; NULL: a deletion */
    bool *given;                 /* arena; by field, of an UPDATE */
    double measured; /* m2 of the new outline, written into the area field; 0: not asked */
    bool there;
    int64_t old_revision; /* of the feature that is there */
    const char *unit;     /* that holds the new place; arena */
    bool pinned;          /* its place in a transaction is told with what is wrong */
    uint8_t *blob;
    size_t cap_blob, len_blob;
} gt_edit;

typedef struct gt_edits {
    gt_desk *desk;
    gt_edit *list;
    size_t n;
    const char *reason;
    gt_date date;
    bool override;    /* rules that deny are passed over, by somebody who may */
    int64_t revision; /* made */
} gt_edits;

/* ---- edit_read.c ------------------------------------------------------------------------------
 */
gt_status gt_edit_open(gt_edit *edit, gt_desk *desk, const char *layer) GT_CHECKED;
void gt_edit_close(gt_edit *edit);
/* "<uri>" of Content-Crs; NULL: CRS84. */
gt_status gt_edit_crs(gt_desk *desk, const char *given, gt_map_crs *out) GT_CHECKED;
/* A GeoJSON feature: id (unless the edit has one), geometry, properties. Of an UPDATE both may be
 * missing. */
gt_status gt_edit_read(gt_edit *edit, const json_t *feature) GT_CHECKED;

/* ---- edit_check.c -----------------------------------------------------------------------------
 */
/* Reads what is there, asks for the right to change it, and what was given with If-Match; completes
 * an UPDATE from it. */
gt_status gt_edit_look(gt_edit *edit, gt_store *store) GT_CHECKED;
/* Rights in the new unit, and quality; among the others of the transaction, too. */
gt_status gt_edit_check(const gt_edits *edits, gt_edit *edit, gt_store *store) GT_CHECKED;
/* Rules of the plan. GT_E_INPUT "serve.rule" when one denies it. */
gt_status gt_edit_rules(const gt_edits *edits, gt_edit *edit) GT_CHECKED;

#endif
