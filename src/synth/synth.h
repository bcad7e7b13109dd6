/* Inside of gt_synth. */
#ifndef GT_SYNTH_SYNTH_H
#define GT_SYNTH_SYNTH_H

#include "guotu/synth.h"
#include "synth/parcels.h"
#include "synth/values.h"

typedef enum sy_entry_kind {
    SY_E_UNITS = 0,
    SY_E_ZONE,
    SY_E_RIBBON,
    SY_E_LINES,
    SY_E_TRACK
} sy_entry_kind;

typedef struct sy_entry { /* one emittable layer */
    sy_entry_kind kind;
    size_t number; /* of the zone, ribbon, layer of lines or track */
    int year;
    int since; /* in force from the end of this year, if later; 0 = year */
    const gt_standard *standard;
} sy_entry;
/* The day its features are in force from. */
gt_date sy_entry_date(const sy_entry *entry);

struct gt_synth {
    gt_ctx *ctx;
    const gt_package *package;
    gt_synth_relief relief; /* borrowed heights */
    gt_plane *plane;
    int32_t srs_id;
    sy_scene scene;
    sy_unit_rings *rings; /* what the scene reads, built from data->units */
    const char **codes, **names;
    const char *const **towns, *const **town_codes;
    double n_parcels;
    uint64_t seed;      /* as the caller gave it */
    sy_parcels parcels; /* opened on first use */
    bool parcels_open;
    sy_entry *entries;
    size_t n_entries;
    double *made;  /* per total of the recipe, after gt_synth_measure */
    int town_zone; /* number of the zone layer of towns, -1 = none */
};

/* Opens the parcels on first use and goes back to the first batch. */
gt_status sy_parcels_start(gt_ctx *ctx, gt_synth *s) GT_CHECKED;

/* One feature's geometry on its way out. Slots are independent: threads fill several at once. */
typedef struct sy_slot {
    gt_geom geom;
    uint8_t *blob;
    size_t cap, len;
    double area_m2;
    gt_box box;
    gt_status status;
} sy_slot;
void sy_slot_free(gt_ctx *ctx, sy_slot *slot);
void sy_slot_clear(sy_slot *slot);
/* Adds face i of f as a part of the geometry. */
gt_status sy_slot_face(gt_ctx *ctx, const sy_world *world, sy_slot *slot, const sy_faces *f,
                       size_t i) GT_CHECKED;
/* Blob, box and survey area of the geometry. */
gt_status sy_slot_encode(gt_ctx *ctx, const gt_synth *s, sy_slot *slot) GT_CHECKED;

/* Writes features of one layer: a value plan for each label. */
typedef struct sy_writer {
    gt_synth *s;
    const gt_standard *standard;
    sy_value_plan **plan;
    size_t n_plans;
    gt_value *values;
    char (*buffers)[SY_VALUE_TEXT];
    sy_slot slot; /* for those who write one by one */
    gt_synth_put_fn put;
    void *user;
    gt_date valid_from;
} sy_writer;

typedef struct sy_writing { /* what is to be written, and to whom */
    const gt_standard *standard;
    const sy_attr *attrs; /* of every feature */
    size_t n_attrs;
    const sy_label *labels; /* NULL and 0: one plan without a label */
    size_t n_labels;
    gt_synth_put_fn put;
    void *user;
} sy_writing;

gt_status sy_writer_open(gt_ctx *ctx, gt_synth *s, const sy_writing *what,
                         sy_writer *out) GT_CHECKED;
void sy_writer_close(gt_ctx *ctx, sy_writer *w);
/* Hands an encoded slot on with attributes of plan number `plan`. */
gt_status sy_writer_put(gt_ctx *ctx, sy_writer *w, const sy_slot *slot, size_t plan,
                        sy_subject *subject) GT_CHECKED;

/* emit_zones.c, emit_parcels.c */
gt_status sy_emit_units(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user) GT_CHECKED;
gt_status sy_emit_zone(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                       void *user) GT_CHECKED;
gt_status sy_emit_lines(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user) GT_CHECKED;
gt_status sy_emit_ribbon(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                         void *user) GT_CHECKED;
gt_status sy_emit_track(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user) GT_CHECKED;

#endif
