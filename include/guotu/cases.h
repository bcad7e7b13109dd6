/* Cases: what the rules of a package must answer, written beside it as data (PACKAGE/cases, YAML)
 * and run by anybody who reads the package. A case is what proves that a rule does what its clause
 * says; `guotu clauses` names it, `guotu plan validate` and a test run them all.
 *
 *   - rule: hazard-zone-assessment
 *     fails: {use: logistics, prone_m2: 4200}        the effect happens
 *     passes: [{hazard_report: true}, {prone_m2: 0}] the same case with this changed
 *     open: [{prone_m2: ~}]                          cannot be decided; or `open: no`
 *
 * Facts not named are unknown, measures 0, area_m2 is 10000, as_of 2023-01-01. Nothing is measured
 * on a map: a case gives the measures. */
#ifndef GUOTU_CASES_H
#define GUOTU_CASES_H

#include "guotu/package.h"

typedef struct gt_cases gt_cases; /* immutable after reading; the package must outlive it */

typedef enum gt_case_answer {
    GT_CASE_PASSES = 0,
    GT_CASE_FAILS, /* the rule's effect happens */
    GT_CASE_OPEN   /* cannot be decided */
} gt_case_answer;
enum { GT_CASE_ANSWERS = 3 };
/* "passes", "fails", "open"; static. */
const char *gt_case_answer_name(gt_case_answer answer);

typedef struct gt_case { /* everything is borrowed from the cases */
    const gt_rule *rule;
    gt_case_answer wanted;
    const char *given; /* what is stated, as "use=logistics prone_m2=4200"; ? is unknown */
    const char *file;  /* relative to the package, e.g. "cases/land.yaml" */
    int line, column;
    bool never; /* `open: no`: the rule can always be decided; nothing is given */
} gt_case;

/* Reads every .yaml of PACKAGE/cases in the order of the names. Mistakes go to notes: unknown rule
 * or name, a value its fact does not know, a rule without all three answers. *out is NULL then and
 * the call returns GT_E_INPUT. A package without the folder has no cases, and all its rules lack
 * them. Owned by the caller. */
gt_status gt_cases_read(gt_ctx *ctx, const gt_package *package, gt_notes *notes,
                        gt_cases **out) GT_CHECKED;
/* The same, only for looking at: what is faulty is left out, and no rule need have cases. */
gt_status gt_cases_look(gt_ctx *ctx, const gt_package *package, gt_cases **out) GT_CHECKED;
void gt_cases_free(gt_cases *cases);

size_t gt_cases_n(const gt_cases *cases);
const gt_case *gt_cases_get(const gt_cases *cases, size_t i);
/* Has the rule a case in which its effect happens, one it passes, and one that cannot be decided
 * (or the statement that there is none)? */
bool gt_cases_prove(const gt_cases *cases, const gt_rule *rule);

/* Asks the rules. Every case answered otherwise than it says is an error in notes; returns GT_OK
 * then, too: count the notes. Cost: some microseconds a case. */
gt_status gt_cases_run(gt_ctx *ctx, const gt_cases *cases, gt_notes *notes) GT_CHECKED;

/* ---- cases of other kinds ---------------------------------------------------------------------
 * PACKAGE/KIND-cases.csv (indicator-cases.csv, ledger-cases.csv ...): a header, then a case a
 * record (RFC 4180), whose first column is the id of the item. What stands behind it is the
 * business of the room that runs them; here it counts where they stand. */
typedef struct gt_proof { /* borrowed from the proofs */
    gt_item_kind kind;
    const char *id;   /* of an item of the package */
    const char *file; /* relative to the package */
    int line;         /* of the record's first line */
} gt_proof;
typedef struct gt_proofs gt_proofs; /* immutable after reading */

/* In the order of kinds and lines. A case of no item is an error in notes, with its place (NULL: it
 * is left out); returns GT_OK then, too: count the notes. GT_E_INPUT: a file above 4 MiB. A package
 * without such files has no proofs. Owned by the caller. */
gt_status gt_proofs_read(gt_ctx *ctx, const gt_package *package, gt_notes *notes,
                         gt_proofs **out) GT_CHECKED;
void gt_proofs_free(gt_proofs *proofs);
size_t gt_proofs_n(const gt_proofs *proofs);
const gt_proof *gt_proofs_get(const gt_proofs *proofs, size_t i);

/* Does the rule look at anything? A condition that reads no fact, measure, area, day or unit would
 * only print its text. Rules with `needs` look at those. */
gt_status gt_rule_reads(gt_ctx *ctx, const gt_package *package, const gt_rule *rule,
                        bool *out) GT_CHECKED;

#endif
