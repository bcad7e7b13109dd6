/* The clauses that the findings cite, printed in full below the table of a PDF. */
#include <math.h>

#include "report/verdict.h"

static const double GAP = 5; /* below each */
static const double HEAD = 15;
static const double ID_W = 62;             /* column of ids */
enum { WHERE_LINES = 2, TEXT_LINES = 70 }; /* together less than a page at this size */

static gt_face where_face(const gt_clause_list *list)
{
    return (gt_face){.size = 7.4,
                     .bold = true,
                     .align = -1,
                     .width = list->width - ID_W,
                     .lines = WHERE_LINES,
                     .color = gt_rgb_of(0x2E2E2A)};
}

static gt_face text_face(const gt_clause_list *list)
{
    gt_face face = where_face(list);
    face.bold = false;
    face.lines = TEXT_LINES;
    return face;
}

static gt_face id_face(void)
{
    return (gt_face){.size = 7.4,
                     .bold = true,
                     .align = -1,
                     .width = ID_W - 6,
                     .lines = 1,
                     .color = gt_rgb_of(0x1F5F99)};
}

gt_status gt_clause_list_plan(gt_ctx *ctx, const gt_map_verdict_options *o, gt_type *type,
                              double width, gt_clause_list *out)
{
    *out = (gt_clause_list){.width = width, .head_h = HEAD, .n = o->n_clauses};
    out->h = gt_zalloc(ctx, o->n_clauses, sizeof *out->h);
    if (out->h == NULL) {
        return GT_E_MEMORY;
    }
    gt_face where = where_face(out), text = text_face(out);
    for (size_t i = 0; i < out->n; i++) {
        gt_extent a = gt_type_measure(type, &where, gt_title_in(o->clauses[i].where, o->lang));
        gt_extent b = gt_type_measure(type, &text, gt_title_in(o->clauses[i].text, o->lang));
        out->h[i] = a.h + b.h + GAP;
        out->n_cut += a.cut || b.cut ? 1 : 0;
    }
    return GT_OK;
}

void gt_clause_list_free(gt_ctx *ctx, gt_clause_list *list)
{
    gt_free(ctx, list->h);
    *list = (gt_clause_list){0};
}

void gt_clause_list_draw_head(const gt_clause_list *list, const gt_map_verdict_options *o,
                              gt_type *type, cairo_t *cr, double x, double y)
{
    gt_face face = where_face(list);
    face.size = 9;
    gt_type_draw(type, cr, &face, gt_word_of(GT_WORD_CLAUSES, o->lang), x, y);
}

void gt_clause_list_draw(const gt_clause_list *list, size_t i, const gt_map_verdict_options *o,
                         gt_type *type, cairo_t *cr, double x, double y)
{
    gt_face id = id_face(), where = where_face(list), text = text_face(list);
    const gt_map_clause *c = &o->clauses[i];
    gt_type_draw(type, cr, &id, c->id, x, y);
    gt_type_draw(type, cr, &where, gt_title_in(c->where, o->lang), x + ID_W, y);
    y += gt_type_measure(type, &where, gt_title_in(c->where, o->lang)).h;
    gt_type_draw(type, cr, &text, gt_title_in(c->text, o->lang), x + ID_W, y);
}
