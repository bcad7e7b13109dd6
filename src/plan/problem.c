#include "plan/problem.h"

#include <stdlib.h>
#include <string.h>

void gt_problems_init(gt_problems *p, gt_ctx *ctx)
{
    memset(p, 0, sizeof *p);
    p->ctx = ctx;
}

void gt_problems_free(gt_problems *p)
{
    for (size_t i = 0; i < p->n_kept; i++) {
        gt_free(p->ctx, p->kept[i]);
    }
    gt_free(p->ctx, p->kept);
    gt_problems_init(p, p->ctx);
}

/* A fresh slot, or NULL when the list is full or memory is out. */
static gt_problem *slot(gt_problems *p)
{
    p->total++;
    if (p->status != GT_OK || p->n_kept >= GT_PROBLEMS_MAX) {
        return NULL;
    }
    void *block = p->kept;
    p->status = gt_grow(p->ctx, &block, &p->cap, p->n_kept + 1, sizeof(gt_problem *));
    if (p->status != GT_OK) {
        return NULL;
    }
    p->kept = block;
    gt_problem *fresh = gt_alloc(p->ctx, 1, sizeof *fresh);
    if (fresh == NULL) {
        p->status = GT_E_MEMORY;
        return NULL;
    }
    fresh->seq = p->n_kept;
    p->kept[p->n_kept++] = fresh;
    return fresh;
}

void gt_problem_add(gt_problems *p, int file_order, const gt_message *message,
                    const gt_place *place, const gt_arg *args)
{
    gt_problem *fresh = slot(p);
    if (fresh != NULL) {
        fresh->file = file_order;
        fresh->line = place->line;
        fresh->column = place->column;
        gt_record_set(&fresh->record, GT_E_INPUT, message, place, args);
    }
}

static int by_place(const void *a, const void *b)
{
    const gt_problem *x = *(const gt_problem *const *)a, *y = *(const gt_problem *const *)b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    if (x->column != y->column) {
        return x->column < y->column ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : 1;
}

gt_status gt_problems_flush(gt_problems *p, gt_notes *notes)
{
    if (p->n_kept > 0) {
        qsort(p->kept, p->n_kept, sizeof(gt_problem *), by_place);
    }
    for (size_t i = 0; i < p->n_kept && p->status == GT_OK; i++) {
        const gt_record *r = &p->kept[i]->record;
        p->status = gt_notes_add(notes, GT_ERROR, r->message, &r->place, r->args);
    }
    return p->status;
}

/* ---- nearest word --------------------------------------------------------------------------- */

enum { WORD_MAX = 48 };

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Edit distance with transpositions (optimal string alignment), bytes, three rows. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3];
        const size_t *one = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = one[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            best = one[j] + 1 < best ? one[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped && two[j - 2] + 1 < best) {
                best = two[j - 2] + 1;
            }
            now[j] = best;
        }
    }
    return rows[na % 3][nb];
}

void gt_nearest_try(const char *word, const char *candidate, const char **best, size_t *best_d)
{
    size_t na = strlen(word), nb = strlen(candidate);
    if (na > WORD_MAX || nb > WORD_MAX || na == 0 || nb == 0) {
        return;
    }
    size_t longest = na > nb ? na : nb;
    size_t limit = longest < 6 ? 1 + longest / 4 : longest / 3;
    size_t gap = na > nb ? na - nb : nb - na;
    if (gap > limit) {
        return;
    }
    size_t d = distance(word, na, candidate, nb);
    if (d <= limit && (*best == NULL || d < *best_d)) {
        *best = candidate;
        *best_d = d;
    }
}

const char *gt_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t d = 0;
    for (size_t i = 0; i < n; i++) {
        if (words[i] != NULL) {
            gt_nearest_try(word, words[i], &best, &d);
        }
    }
    return best;
}
