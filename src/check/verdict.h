/* The verdict's insides, shared by evaluation and rendering. */
#ifndef GT_CHECK_VERDICT_H
#define GT_CHECK_VERDICT_H

#include "check/measure.h"

struct gt_verdict {
    gt_ctx *ctx;
    const gt_package *package;
    gt_store *store; /* borrowed */
    gt_geos *geos;   /* the checker's */
    gt_arena *arena; /* findings and their texts */
    gt_meter *meter; /* owns the overlaps; NULL where nothing was measured: m2 and geom then */
    double m2;
    const gt_geom *geom;
    size_t n_unlisted; /* rules that hold and are not among the findings */
    gt_finding *findings;
    size_t n_findings;
    gt_meter *together; /* of the subject and the other parts of its project; NULL: none */
    bool borrowed;      /* together belongs to a bulk check */
    size_t n_together;
    const char *kind, *name, *unit, *project, *facts; /* facts as "name=value ..." */
    gt_origin unit_origin;                            /* of the layer that gave the unit's name */
    gt_date as_of;
    int64_t revision;
    double densify_m; /* step of the survey area */
};

/* What the holes of a rule's texts are filled from; all borrowed. */
typedef struct gt_template {
    const gt_package *package;
    const gt_rule *rule;
    const gt_value *values; /* one per name of the rule */
} gt_template;

/* Fills the holes of one text (fill.c). The result is the arena's. */
gt_status gt_fill_template(gt_ctx *ctx, const gt_template *t, const char *template, gt_lang lang,
                           gt_arena *arena, const char **out) GT_CHECKED;

/* Calls fn with every part of the project (NULL: of any) that was let through; texts and outline
 * are borrowed for the call. as_of: decisions up to that day (GT_DATE_NONE: all). Of one project
 * they are found by the index of ids; of any by one scan over all decisions. */
typedef gt_status (*gt_decided_fn)(gt_ctx *ctx, void *user, const char *project, const char *part,
                                   const gt_geom *outline);
gt_status gt_decisions_each(gt_ctx *ctx, gt_store *store, const char *project, gt_date as_of,
                            gt_decided_fn fn, void *user) GT_CHECKED;
/* Outlines of the earlier, accepted parts of the project, united with the subject into *out; *n
 * parts. */
gt_status gt_decisions_gather(gt_ctx *ctx, gt_store *store, gt_geos *geos,
                              const gt_subject *subject, gt_date as_of, gt_geom *out,
                              size_t *n) GT_CHECKED;

/* Words that are keys in files and JSON; static. */
const char *gt_result_key(gt_result result);
const char *gt_effect_key(gt_effect effect);
const char *gt_origin_key(gt_origin origin);
/* The line that says which data are generated; nothing when none is (origin.c). */
void gt_verdict_put_generated(const gt_verdict *verdict, gt_lang lang, gt_text *out);
/* `["id",...]` of the same. */
void gt_verdict_json_generated(const gt_verdict *verdict, gt_text *out);
/* The measure whose overlap a reader wants to see first: the one to cut out, else the first that
 * has an overlap; NULL when there is none. */
const gt_measured *gt_finding_shown(const gt_finding *finding);

#endif
