/* Any text as an ini file, a list, a list of pairs and an ASCII grid: refused with an error or
 * read; never a crash, never memory left. The first byte chooses the reader. */
#include <stdlib.h>
#include <string.h>

#include "circuit/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void as_ini(gt_ctx *ctx, char *text, size_t len)
{
    static const char *const words[] = {"pairwise", "advanced", NULL};
    ini in;
    bool flag = false;
    int word = 0;
    double v = 0;
    char *path = NULL;
    if (ini_parse(ctx, "fuzz.ini", text, len, &in) != GT_OK) {
        must(gt_failed(ctx));
        return;
    }
    for (size_t i = 0; i < in.n; i++) {
        must(in.items[i].line > 0 && *in.items[i].key != '\0');
        gt_status st = ini_flag(ctx, &in, in.items[i].key, false, &flag);
        gt_error_clear(ctx);
        st = ini_real(ctx, &in, in.items[i].key, 1, -10, 10, &v);
        must(st != GT_OK || (v >= -10 && v <= 10));
        gt_error_clear(ctx);
        st = ini_word(ctx, &in, in.items[i].key, words, 0, &word);
        must(word == 0 || word == 1);
        gt_error_clear(ctx);
        st = ini_file(ctx, &in, in.items[i].key, "root", &path);
        must((st == GT_OK) == (path != NULL));
        gt_error_clear(ctx);
        gt_free(ctx, path);
    }
    ini_free(ctx, &in);
}

static void as_list(gt_ctx *ctx, const char *text)
{
    num_list list;
    if (num_list_parse(ctx, "fuzz.txt", text, 0, 2, &list) == GT_OK) {
        must(list.n > 0 && list.cols >= 2);
        num_list_free(ctx, &list);
    } else {
        must(gt_failed(ctx));
    }
}

static void as_pairs(gt_ctx *ctx, const char *text)
{
    circuit_pairs pairs;
    if (circuit_pairs_parse(ctx, "fuzz.txt", text, &pairs) == GT_OK) {
        for (size_t i = 0; i < pairs.n; i++) {
            must(circuit_pairs_name(&pairs, pairs.id[i]));
            for (size_t j = 0; j < pairs.n && j < 20; j++) {
                must(circuit_pair_wanted(&pairs, pairs.id[i], pairs.id[j]) ==
                     circuit_pair_wanted(&pairs, pairs.id[j], pairs.id[i]));
            }
        }
        circuit_pairs_free(ctx, &pairs);
    } else {
        must(gt_failed(ctx));
    }
}

static void as_grid(gt_ctx *ctx, const char *text)
{
    cells c;
    if (cells_parse_asc(ctx, "fuzz.asc", text, &c) == GT_OK) {
        must(c.n_cols > 0 && c.n_rows > 0 && c.cell > 0);
        cells_free(ctx, &c);
    } else {
        must(gt_failed(ctx));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    gt_ctx *ctx = gt_ctx_new(NULL);
    size_t len = size - 1;
    char *text = gt_alloc(ctx, len + 1, 1);
    must(text != NULL);
    memcpy(text, data + 1, len);
    text[len] = '\0';
    if (data[0] % 4 == 0) {
        as_ini(ctx, text, len); /* takes the text */
    } else {
        if (data[0] % 4 == 1) {
            as_list(ctx, text);
        } else if (data[0] % 4 == 2) {
            as_pairs(ctx, text);
        } else {
            as_grid(ctx, text);
        }
        gt_free(ctx, text);
    }
    must(gt_ctx_memory_used(ctx) == 0);
    gt_ctx_free(ctx);
    return 0;
}
