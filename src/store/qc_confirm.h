/* Equal hashes are only a suspicion: the suspects are read once more and compared in full. */
#ifndef GT_STORE_QC_CONFIRM_H
#define GT_STORE_QC_CONFIRM_H

#include "guotu/hash.h"
#include "store/qc_fields.h"
#include "store/qc_twins.h"

typedef struct qc_twin_set {
    qc_twins *twins;
    int field; /* of the standard; -1: geometry */
} qc_twin_set;

typedef struct qc_suspect {
    int64_t row;
    int set;
    /* to be filled by the second look: */
    bool seen;                           /* it has a value */
    unsigned char digest[GT_HASH_BYTES]; /* of the whole value: cryptographic, so equal is equal */
    const char *text;                    /* the value, "" for geometries; in the arena */
    const char *feature;                 /* feature id or NULL; in the arena */
    bool has_xy;
    double x, y;
} qc_suspect;

/* Second look: fills the suspects, which are sorted by row. */
typedef gt_status (*qc_look_again)(gt_ctx *ctx, void *user, gt_arena *arena, qc_suspect *list,
                                   size_t n);

typedef struct qc_confirm {
    const gt_standard *standard;
    const qc_twin_set *sets;
    size_t n_sets;
    const char *file; /* NULL: a stored layer */
    int id_field;     /* or -1 */
    qc_look_again look;
    void *user;
} qc_confirm;

/* Ends the sets; notes each confirmed duplicate but the first. */
gt_status qc_confirm_twins(gt_ctx *ctx, const qc_confirm *how, gt_notes *notes);

/* For the second look. */
gt_status qc_look_geometry(gt_ctx *ctx, const gt_geom *geom, qc_suspect *s);
gt_status qc_look_value(gt_arena *arena, const gt_value *value, qc_suspect *s);
/* The same for any start and direction of rings, and any order of parts. */
gt_status qc_digest_geometry(gt_ctx *ctx, const gt_geom *geom, unsigned char out[GT_HASH_BYTES]);
/* Hash of a value for the sets. */
uint64_t qc_value_hash(const gt_value *value);

#endif
