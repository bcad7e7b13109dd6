/* What a verdict says of itself. */
#include "check/verdict.h"

void gt_verdict_free(gt_verdict *v)
{
    if (v == NULL) {
        return;
    }
    gt_meter_free(v->meter);
    if (!v->borrowed) {
        gt_meter_free(v->together);
    }
    gt_arena_free(v->arena);
    gt_free(v->ctx, v);
}

gt_result gt_verdict_result(const gt_verdict *v)
{
    gt_result worst = GT_PASS;
    for (size_t i = 0; i < v->n_findings; i++) {
        const gt_finding *f = &v->findings[i];
        if (f->rule->effect == GT_DENY && f->result == GT_FAIL) {
            return GT_FAIL;
        }
        if (f->rule->effect == GT_DENY && f->result == GT_UNDECIDABLE) {
            worst = GT_UNDECIDABLE;
        }
    }
    return worst;
}

size_t gt_verdict_n_findings(const gt_verdict *v)
{
    return v->n_findings;
}

const gt_finding *gt_verdict_finding(const gt_verdict *v, size_t i)
{
    return &v->findings[i];
}

size_t gt_verdict_n_unlisted(const gt_verdict *v)
{
    return v->n_unlisted;
}

const char *gt_verdict_name(const gt_verdict *v)
{
    return v->name;
}

const char *gt_verdict_project(const gt_verdict *v)
{
    return v->project == NULL ? "" : v->project;
}

double gt_verdict_area_m2(const gt_verdict *v)
{
    return v->meter == NULL ? v->m2 : gt_meter_subject_m2(v->meter);
}

const gt_geom *gt_verdict_geom(const gt_verdict *v)
{
    return v->meter == NULL ? v->geom : gt_meter_subject(v->meter);
}

const char *gt_verdict_unit(const gt_verdict *v)
{
    return v->unit;
}
