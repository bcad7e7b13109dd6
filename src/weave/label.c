/* Labels of faces: which features cover, how often. Spread from the outside of the cell over the
 * edges; each distinct label is held once. */
#include <string.h>

#include "weave/face.h"

static uint64_t hash_run(const wv_cover *c, size_t n)
{
    uint64_t h = 0x243F6A8885A308D3ULL + n;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ c[i].key) * 0x9E3779B97F4A7C15ULL;
        h = (h ^ (h >> 29) ^ (uint64_t)c[i].n) * 0xBF58476D1CE4E5B9ULL;
    }
    return h ^ (h >> 32);
}

static gt_status label_rehash(wv_work *w, size_t items)
{
    size_t want = 64;
    while (want < 2 * items) {
        want *= 2;
    }
    gt_status st = WV_RESERVE(w, label_hash, want);
    if (st != GT_OK) {
        return st;
    }
    w->n_label_hash = want;
    memset(w->label_hash, 0xFF, want * sizeof *w->label_hash);
    for (size_t i = 0; i < w->n_labels; i++) {
        size_t at = (size_t)w->labels[i].hash & (want - 1);
        while (w->label_hash[at] != WV_END) {
            at = (at + 1) & (want - 1);
        }
        w->label_hash[at] = (uint32_t)i;
    }
    return GT_OK;
}

static bool same_run(const wv_cover *a, const wv_cover *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].key != b[i].key || a[i].n != b[i].n) {
            return false;
        }
    }
    return true;
}

/* The label whose run stands at the end of covers from `first`; drops the run when it is known. */
static gt_status intern(wv_work *w, size_t first, uint32_t *out)
{
    size_t n = w->n_covers - first;
    uint64_t hash = hash_run(w->covers + first, n);
    if (2 * (w->n_labels + 1) > w->n_label_hash) {
        gt_status st = label_rehash(w, 2 * w->n_labels);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t mask = w->n_label_hash - 1, at = (size_t)hash & mask;
    for (; w->label_hash[at] != WV_END; at = (at + 1) & mask) {
        const wv_label *l = &w->labels[w->label_hash[at]];
        if (l->hash == hash && l->n == n && same_run(w->covers + l->first, w->covers + first, n)) {
            *out = w->label_hash[at];
            w->n_covers = first;
            return GT_OK;
        }
    }
    gt_status st = WV_RESERVE(w, labels, w->n_labels + 1);
    if (st == GT_OK) {
        w->labels[w->n_labels] = (wv_label){(uint32_t)first, (uint32_t)n, WV_END, 0, hash, 0, 0};
        w->label_hash[at] = *out = (uint32_t)w->n_labels++;
    }
    return st;
}

/* Adds n of key to the sorted run that ends covers. */
static gt_status run_add(wv_work *w, size_t first, uint64_t key, int64_t n)
{
    size_t lo = first, hi = w->n_covers;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->covers[mid].key < key) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo < w->n_covers && w->covers[lo].key == key) {
        w->covers[lo].n += n;
        if (w->covers[lo].n == 0) {
            w->n_covers--;
            memmove(&w->covers[lo], &w->covers[lo + 1], (w->n_covers - lo) * sizeof *w->covers);
        }
        return GT_OK;
    }
    gt_status st = WV_RESERVE(w, covers, w->n_covers + 1);
    if (st == GT_OK) {
        memmove(&w->covers[lo + 1], &w->covers[lo], (w->n_covers - lo) * sizeof *w->covers);
        w->covers[lo] = (wv_cover){key, n};
        w->n_covers++;
    }
    return st;
}

/* Label across half-edge h, from the face on its left. */
static gt_status step(wv_work *w, uint32_t label, uint32_t h, uint32_t *out)
{
    size_t first = w->n_covers;
    wv_label from = w->labels[label];
    gt_status st = WV_RESERVE(w, covers, first + from.n);
    if (st != GT_OK) {
        return st;
    }
    if (from.n > 0) {
        memcpy(w->covers + first, w->covers + from.first, from.n * sizeof *w->covers);
    }
    w->n_covers += from.n;
    int64_t sign = (h & 1) != 0 ? 1 : -1;
    for (uint32_t s = w->edges[h >> 1].sides; st == GT_OK && s != WV_END; s = w->sides[s].next) {
        st = run_add(w, first, w->sides[s].key, sign * w->sides[s].n);
    }
    return st == GT_OK ? intern(w, first, out) : st;
}

/* Labels the faces next to one cycle of a labelled face. */
static gt_status spread(wv_work *w, uint32_t cycle, uint32_t label)
{
    gt_status st = GT_OK;
    uint32_t first = w->cycles[cycle].first, h = first;
    do {
        uint32_t to = w->cycles[w->cycle_of[h ^ 1]].parent;
        if (w->cycles[to].label == WV_END) {
            st = step(w, label, h, &w->cycles[to].label);
            if (st == GT_OK) {
                st = WV_RESERVE(w, stack, w->n_stack + 1);
            }
            if (st != GT_OK) {
                return st;
            }
            w->stack[w->n_stack++] = to;
        }
        h = w->next[h];
    } while (h != first);
    return GT_OK;
}

gt_status gt_wv_labels(wv_work *w, uint32_t root)
{
    w->n_covers = w->n_labels = w->n_stack = 0;
    gt_status st = label_rehash(w, w->n_cycles / 2 + 32);
    if (st == GT_OK) {
        st = WV_RESERVE(w, covers, 1);
    }
    if (st == GT_OK) {
        st = intern(w, 0, &w->cycles[root].label);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(w, stack, 1);
    }
    if (st != GT_OK) {
        return st;
    }
    w->stack[w->n_stack++] = root;
    while (st == GT_OK && w->n_stack > 0) {
        uint32_t face = w->stack[--w->n_stack], label = w->cycles[face].label;
        st = spread(w, face, label);
        for (uint32_t c = w->cycles[face].sibling; st == GT_OK && c != WV_END;
             c = w->cycles[c].sibling) {
            st = spread(w, c, label);
        }
    }
    return st;
}
