/* Check: does a subject (parcel, project, right, conversion ...) conform? Every rule of the package
 * that speaks of the subject's kind is evaluated against the map; each gives a finding with its
 * clause, what was measured, the exact overlap and what would make it pass.
 *
 * Three-valued: pass, fail, or undecidable with the fact that is missing. The overlay is local and
 * exact (R-tree, then GEOS); areas are survey areas (method of the survey, area.h). */
#ifndef GUOTU_CHECK_H
#define GUOTU_CHECK_H

#include "guotu/arena.h"
#include "guotu/package.h"
#include "guotu/store.h"

/* What the caller knows of the subject beside its shape, e.g. {"use", "logistics"}. */
typedef struct gt_fact {
    const char *name;
    gt_value value;
} gt_fact;

typedef struct gt_subject {
    const char
        *kind; /* parcel, project, conversion, mining_right, restoration, renewal, amendment */
    const char *name;    /* for the report; may be NULL */
    const gt_geom *geom; /* polygon in the working CRS, valid */
    const gt_fact *facts;
    size_t n_facts;
    const char *project; /* id of the project it is a part of, or NULL: rules that say `together`
                          * then judge it with the parts decided before, in a bulk check also with
                          * those that come with it (name tells the parts apart: an earlier decision
                          * on the same part is not counted) */
} gt_subject;

typedef enum gt_result { GT_PASS = 0, GT_FAIL, GT_UNDECIDABLE } gt_result;

/* What a measure found. Numbers that do not apply to its kind are 0, distance_m is then NaN. */
typedef struct gt_measured {
    const gt_measure *measure; /* borrowed from the package */
    bool known;                /* false: the workspace has no data of the layer */
    gt_origin origin;          /* of the layer's data, where known */
    double m2;                 /* survey area of the overlap (TOTAL: of the layer or unit) */
    double share;              /* m2 / subject's area, 0..1 */
    int64_t count;             /* features met */
    int64_t n_unknown;      /* features met whose `where` cannot be decided: an attribute is null */
    int64_t pieces;         /* polygons of the overlap */
    double largest_m2;      /* the largest of them */
    double length_m;        /* length of lines inside the subject */
    double distance_m;      /* to the nearest feature within the search distance, else NaN */
    gt_value value;         /* VALUE: the attribute read; text is the verdict's */
    const gt_geom *overlap; /* multipolygon, maybe empty; the verdict's */
} gt_measured;

typedef struct gt_finding {
    const gt_rule *rule;        /* borrowed from the package */
    gt_result result;           /* GT_FAIL: the rule's effect happens (for deny: it is denied) */
    const char *missing;        /* undecidable: the fact or layer that is missing; else NULL */
    const char *said[2];        /* the rule's message with its numbers, by gt_lang */
    const char *comply[2];      /* how to comply, by gt_lang; NULL when nothing can be said */
    const gt_exception *exempt; /* the exception that let it pass, or NULL */
    const gt_measured *const *measured; /* one per measure of the rule */
    size_t n_together;  /* other parts of the project judged with it; 0: none, or by itself */
    double together_m2; /* survey area of it and them, 0 when by itself */
} gt_finding;

typedef struct gt_check_options {
    size_t size;
    gt_date as_of;     /* rules and map of that day; GT_DATE_NONE: rules of today, present map */
    int64_t as_of_rev; /* 0: newest */
    double densify_m;  /* survey area step on the plane (LA-1); <= 0: 70 m */
    /* May who asks see a layer? What he may not is measured as if the workspace did not hold it:
     * rules that need it are undecidable, and nothing of it is told. NULL: all is seen. */
    bool (*may_see)(void *user, const char *layer);
    void *user; /* of may_see */
} gt_check_options;
void gt_check_options_init(gt_check_options *options);

/* A fact from "name=value", typed by the package's subject kind (`yes`/`no` for booleans). The
 * texts are copied into arena. GT_E_INPUT: unknown name (with the nearest), value of the wrong type
 * or not in the code list. */
gt_status gt_fact_parse(gt_ctx *ctx, const gt_package *package, const char *kind, const char *text,
                        gt_arena *arena, gt_fact *out) GT_CHECKED;

/* Ready to check many subjects: compiled rules, GEOS handle. One thread. store and package are
 * borrowed and must outlive it and its verdicts. */
typedef struct gt_checker gt_checker;
typedef struct gt_verdict gt_verdict;

gt_status gt_checker_new(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         gt_checker **out) GT_CHECKED;
void gt_checker_free(gt_checker *checker);

/* Evaluates every rule that speaks of the subject's kind. The verdict is the caller's. GT_E_INPUT:
 * the subject is empty, invalid (with the place), outside the territory, or of a kind no rule
 * knows. Cost: an R-tree lookup a layer and one GEOS intersection a feature met; memory O(vertices
 * met). */
gt_status gt_checker_run(gt_ctx *ctx, gt_checker *checker, const gt_subject *subject,
                         const gt_check_options *options, gt_verdict **out) GT_CHECKED;
void gt_verdict_free(gt_verdict *verdict);

/* GT_FAIL when a rule denies, GT_UNDECIDABLE when none does but one that could deny cannot be
 * decided, else GT_PASS. */
gt_result gt_verdict_result(const gt_verdict *verdict);
size_t gt_verdict_n_findings(const gt_verdict *verdict);
/* Rules that hold and are not among the findings (bulk checks leave them out). */
size_t gt_verdict_n_unlisted(const gt_verdict *verdict);
/* Denials first, then undecidable, conditions, duties, notes, passes; borrowed. */
const gt_finding *gt_verdict_finding(const gt_verdict *verdict, size_t i);
const char *gt_verdict_name(const gt_verdict *verdict);    /* the subject's, "" when it has none */
const char *gt_verdict_project(const gt_verdict *verdict); /* it is a part of, "" when of none */
double gt_verdict_area_m2(const gt_verdict *verdict);
const gt_geom *gt_verdict_geom(const gt_verdict *verdict);
/* Name of the unit (district) that holds most of the subject, "" when there is none. */
const char *gt_verdict_unit(const gt_verdict *verdict);

/* Layers that the verdict rests on (its rules' measures, and the unit's) whose data are generated,
 * in the package's order: the i-th, NULL past the last. Borrowed from the package. */
const gt_standard *gt_verdict_generated(const gt_verdict *verdict, size_t i);

/* Words for what is missing: the fact's or the layer's title; its id where it has none. */
gt_title gt_verdict_missing_title(const gt_verdict *verdict, const gt_finding *finding);

/* The text a reviewer reads; passes are counted, not listed, unless `all`. */
void gt_verdict_render(const gt_verdict *verdict, gt_lang lang, bool all, gt_text *out);
/* ---- decisions ---------------------------------------------------------------------------------
 * What was decided on a verdict is a feature of layer `decisions` of the map: the outline, who, in
 * which role, why, when, and the verdict as it was, finding by finding. Layers are hash-linked by
 * revision (gt_store_verify), so nothing of it can be changed unseen. */
typedef enum gt_decision_kind {
    GT_DECIDE_ACCEPT = 0, /* the verdict passes */
    GT_DECIDE_OVERRIDE,   /* it does not, and a person with the power to do so lets it */
    GT_DECIDE_REFUSE      /* recorded, and not counted as a part of its project */
} gt_decision_kind;
/* "accept", "override", "refuse"; static. */
const char *gt_decision_name(gt_decision_kind kind);

typedef struct gt_decision {
    gt_decision_kind kind;
    const char *actor;  /* who; required */
    const char *role;   /* in which role; required for OVERRIDE */
    bool may_override;  /* the caller's register of actors says that the role has the power */
    const char *reason; /* required for OVERRIDE and REFUSE */
    gt_date day;        /* GT_DATE_NONE: today */
} gt_decision;

/* Records a decision; *id is the feature's, "PROJECT:NAME" where both are known, else made up.
 * GT_E_CONFLICT: accepting what does not pass; overriding without the power, or what passes.
 * GT_E_USAGE: no actor or reason. The store must be writable. */
enum { GT_DECISION_ID = 256 };
gt_status gt_verdict_decide(gt_ctx *ctx, gt_store *store, const gt_verdict *verdict,
                            const gt_decision *decision, int64_t *revision,
                            char id[GT_DECISION_ID]) GT_CHECKED;
/* The schema of layer `decisions`; static. */
const gt_standard *gt_decision_standard(void);

/* What of the subject would comply: the subject less every overlap that a rule which denies it says
 * to leave out. Empty when nothing is left; *any = false when no failing rule says so (then *out is
 * empty, too). out is the caller's. */
gt_status gt_verdict_complying(gt_ctx *ctx, const gt_verdict *verdict, gt_geom *out,
                               bool *any) GT_CHECKED;
/* A GeoPackage with one table, `findings` (docs/reference/findings-gpkg.md): the subject, each
 * finding with its overlap, and what would comply. An old file of that name is replaced at the end.
 * GT_E_ENV when it cannot be written. */
gt_status gt_verdict_write_gpkg(gt_ctx *ctx, const gt_verdict *verdict,
                                const char *path) GT_CHECKED;

/* Stable JSON (docs/reference/verdict-json.md); overlaps as GeoJSON in the working CRS. */
void gt_verdict_render_json(const gt_verdict *verdict, gt_text *out);

/* ---- many subjects ----------------------------------------------------------------------------
 * The same rules, the same words, the same numbers as one by one: a rule that clearly holds is
 * settled by areas of edge pairs (bulk_area.h), everything else is measured as a single subject
 * is. Subjects are taken land by land, and the layers near a block of them are read once. Parts of
 * a project are judged with each other and with those decided before, whatever their order. */

typedef struct gt_bulk_options {
    size_t size;
    gt_check_options check;
    bool list_passes;   /* findings of rules that hold, too */
    size_t block;       /* subjects in a block; 0: 4096 */
    size_t most_points; /* of the layers near a block; 0: from the ceiling, at most 16 M */
    size_t most_bytes;  /* of subjects held at once; 0: from the ceiling, at most 512 MiB */
} gt_bulk_options;
void gt_bulk_options_init(gt_bulk_options *options);

/* Next subject, borrowed until the next call; *more = false at the end. A GT_E_INPUT or GT_E_USAGE
 * with *more = true is the fault of this subject alone. */
typedef gt_status (*gt_bulk_next_fn)(gt_ctx *ctx, void *user, gt_subject *subject, bool *more);
/* Verdict on subject `number` (0, 1, ... as they came); called land by land, not in that order.
 * NULL: refused, the context's error says why (it is cleared afterwards). Borrowed for the call. */
typedef gt_status (*gt_bulk_found_fn)(gt_ctx *ctx, void *user, size_t number,
                                      const gt_verdict *verdict);

typedef struct gt_bulk_calls { /* user goes to both */
    gt_bulk_next_fn next;
    gt_bulk_found_fn found;
    void *user;
} gt_bulk_calls;

typedef struct gt_bulk_facts {
    size_t n_subjects, n_refused;
    size_t by_result[3]; /* by gt_result */
    size_t n_blocks;
    uint64_t n_features; /* read */
    uint64_t n_settled;  /* rules that clearly hold */
    uint64_t n_tried;    /* rules evaluated as for a single subject */
} gt_bulk_facts;

/* Checks every subject of kind `kind` that `next` gives. Areas of a rule that is settled as holding
 * are within 2e-6 of the overlap and 1e-7 of the subject of the exact ones, and the condition holds
 * at both ends of that span; so a verdict is that of gt_checker_run. One thread. Memory: subjects
 * up to most_bytes, then batch by batch; parts of projects, where a rule judges them together, all
 * at the end; 16 bytes a point and about 150 a feature of the layers near a block. GT_E_USAGE:
 * kind; GT_E_MEMORY: what lies near one subject does not fit. facts may be NULL.
 */
gt_status gt_check_bulk(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *kind,
                        const gt_bulk_options *options, const gt_bulk_calls *calls,
                        gt_bulk_facts *facts) GT_CHECKED;

#endif
