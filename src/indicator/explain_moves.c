/* What each place gained and lost: the rows of both sides of an explanation, gathered by feature.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/text.h"
#include "indicator/explain.h"

void gt_explain_where(job *j, const gt_area_table *t, size_t row)
{
    gt_text_clear(&j->scratch);
    for (size_t i = 0; i < j->n_layers; i++) {
        const char *text = gt_area_table_text(t, row, j->in->n_names - 1 + i);
        if (*text != '\0') {
            gt_text_printf(&j->scratch, "%s%s:%s", j->scratch.len == 0 ? "" : " ", j->layers[i],
                           text);
        }
    }
}

void gt_explain_classes(job *j, const gt_area_table *t, size_t row)
{
    gt_text_clear(&j->scratch);
    for (size_t c = 1; c + 1 < j->in->n_names; c++) {
        gt_text_printf(&j->scratch, "%s%s", c == 1 ? "" : "/", gt_area_table_text(t, row, c));
    }
}

static int bit_order(const void *a, const void *b)
{
    const bit *p = a, *q = b;
    int told = strcmp(p->where, q->where);
    told = told != 0 ? told : (int)p->after - (int)q->after;
    told = told != 0 ? told : (p->mm2 < q->mm2) - (p->mm2 > q->mm2);
    return told != 0 ? told : strcmp(p->classes, q->classes);
}

static gt_status add_move(job *j, const move *m)
{
    void *block = j->moves;
    gt_status st = gt_grow(j->ctx, &block, &j->cap_moves, j->n_moves + 1, sizeof *j->moves);
    j->moves = block;
    if (st == GT_OK) {
        j->moves[j->n_moves++] = *m;
    }
    return st;
}

static int by_ground(const void *a, const void *b)
{
    const move *p = *(move *const *)a, *q = *(move *const *)b;
    int told = strcmp(p->ground, q->ground);
    return told != 0 ? told : strcmp(p->where, q->where);
}

/* Of a group whose totals come and go, those on the smaller side moved nothing, the others what is
 * left over, in proportion. */
static void net_group(move *const *group, size_t n)
{
    double came = 0, went = 0;
    for (size_t i = 0; i < n; i++) {
        came += group[i]->total > 0 ? (double)group[i]->total : 0;
        went -= group[i]->total < 0 ? (double)group[i]->total : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double sum = group[i]->total > 0 ? came : went;
        double rest = group[i]->total > 0 ? came - went : went - came;
        group[i]->net_total =
            group[i]->total == 0 || rest <= 0 ? 0 : (double)group[i]->total * (rest / sum);
    }
}

static gt_status net_totals(job *j)
{
    move **list = gt_alloc(j->ctx, j->n_moves + 1, sizeof *list);
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < j->n_moves; i++) {
        list[i] = &j->moves[i];
    }
    if (j->n_moves > 0) {
        qsort(list, j->n_moves, sizeof *list, by_ground);
    }
    for (size_t i = 0, end; i < j->n_moves; i = end) {
        for (end = i + 1; end < j->n_moves && strcmp(list[i]->ground, list[end]->ground) == 0;) {
            end++;
        }
        net_group(&list[i], end - i);
    }
    gt_free(j->ctx, list);
    return GT_OK;
}

gt_status gt_explain_gather(job *j)
{
    gt_status st = GT_OK;
    if (j->n_bits > 0) {
        qsort(j->bits, j->n_bits, sizeof *j->bits, bit_order);
    }
    j->n_moves = 0;
    for (size_t i = 0, end; st == GT_OK && i < j->n_bits; i = end) {
        const bit *one = &j->bits[i];
        move m = {.where = one->where,
                  .unit = one->unit,
                  .before = "",
                  .after = "",
                  .ground = one->ground};
        int64_t n_mm2 = -1;
        for (end = i; end < j->n_bits && strcmp(j->bits[end].where, m.where) == 0; end++) {
            const bit *b = &j->bits[end];
            m.counted += b->counted;
            m.total += b->total;
            if (b->after && *m.after == '\0') {
                m.after = b->classes; /* the largest comes first */
            } else if (!b->after && *m.before == '\0') {
                m.before = b->classes;
            }
            m.unit = b->mm2 > n_mm2 ? b->unit : m.unit;
            n_mm2 = b->mm2 > n_mm2 ? b->mm2 : n_mm2;
        }
        if (m.counted != 0 || m.total != 0) {
            st = add_move(j, &m);
        }
    }
    return st == GT_OK ? net_totals(j) : st;
}

static int to_place(const void *key, const void *item)
{
    const move *m = item;
    return strcmp(key, m->where);
}

gt_status gt_explain_ends(job *j, const gt_area_table *t, bool after)
{
    int64_t *largest = gt_zalloc(j->ctx, j->n_moves + 1, sizeof *largest);
    gt_status st = largest == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < j->n_moves; i++) {
        /* a side that counts is told already */
        largest[i] = *(after ? j->moves[i].after : j->moves[i].before) == '\0' ? 0 : INT64_MAX;
    }
    size_t n = t == NULL || j->n_moves == 0 ? 0 : gt_area_table_n_rows(t);
    for (size_t row = 0; st == GT_OK && row < n; row++) {
        gt_explain_where(j, t, row);
        const char *where = gt_text_cstr(&j->scratch);
        move *m = *where == '\0' ? NULL
                                 : bsearch(where, j->moves, j->n_moves, sizeof *j->moves, to_place);
        int64_t mm2 = m == NULL ? 0 : llround(gt_area_table_m2(t, row) * 1e6);
        bool elsewhere = *j->unit != '\0' && strcmp(gt_area_table_text(t, row, 0), j->unit) != 0;
        if (m == NULL || elsewhere || mm2 <= largest[m - j->moves]) {
            continue;
        }
        largest[m - j->moves] = mm2;
        gt_explain_classes(j, t, row);
        const char *text = gt_arena_strdup(j->arena, gt_text_cstr(&j->scratch));
        *(after ? &m->after : &m->before) = text == NULL ? "" : text;
        st = text == NULL ? GT_E_MEMORY : gt_check_cancel(j->ctx);
    }
    gt_free(j->ctx, largest);
    return st;
}
