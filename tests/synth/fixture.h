/* The little country with relief and a plan package, ready for gt_synth_new. */
#ifndef GT_TESTS_SYNTH_FIXTURE_H
#define GT_TESTS_SYNTH_FIXTURE_H

#include "guotu/hash.h"
#include "guotu/synth.h"
#include "tests_synth.h"

enum { RELIEF_COLS = 20, RELIEF_ROWS = 20 };

typedef struct fixture {
    gt_ctx *ctx;
    gt_package *package;
    country land; /* rings only */
    gt_geom geom[3];
    gt_synth_unit units[3];
    float z[RELIEF_COLS * RELIEF_ROWS];
    gt_synth_data data;
    gt_synth_options options;
} fixture;

static const char *const FIXTURE_TOWNS[] = {"甲镇", "乙镇", "丙乡", NULL};
static const char *const FIXTURE_TOWN_CODES[] = {"100001001", "100001002", "100001003", NULL};

static inline void fixture_open_package(fixture *f, const char *dir)
{
    gt_notes *notes = NULL;
    assert_ok(f->ctx, gt_notes_new(f->ctx, 0, &notes));
    gt_status st = gt_package_read(f->ctx, dir, notes, &f->package);
    if (st != GT_OK) {
        gt_text text;
        gt_text_init(&text, f->ctx, 0);
        gt_notes_render_all(notes, GT_LANG_EN, &text);
        print_error("%s", gt_text_cstr(&text));
        gt_text_free(&text);
    }
    assert_ok(f->ctx, st);
    gt_notes_free(notes);
}

static inline void fixture_geom(gt_ctx *ctx, const sy_unit_rings *r, gt_geom *g)
{
    gt_geom_init(g);
    gt_geom_reset(g, GT_MULTIPOLYGON);
    uint32_t p = 0;
    for (uint32_t k = 0; k < r->n_rings; k++) {
        for (; p < r->ring_end[k]; p++) {
            assert_ok(ctx, gt_geom_add_point(ctx, g, r->xy[2 * p], r->xy[2 * p + 1]));
        }
        assert_ok(ctx, gt_geom_end_ring(ctx, g));
    }
    assert_ok(ctx, gt_geom_end_part(ctx, g));
}

static inline void fixture_make(fixture *f, int threads)
{
    static const char *const codes[3] = {"100001", "200001", "300001"};
    memset(f, 0, sizeof *f);
    f->ctx = test_ctx_threads(threads);
    fixture_open_package(f, GT_SOURCE_DIR "/tests/synth/package");
    country_rings(&f->land);
    for (int u = 0; u < 3; u++) {
        fixture_geom(f->ctx, &f->land.units[u], &f->geom[u]);
        f->units[u] =
            (gt_synth_unit){.code = codes[u], .name = f->land.units[u].name, .geom = &f->geom[u]};
    }
    f->units[0].towns = FIXTURE_TOWNS;
    f->units[0].town_codes = FIXTURE_TOWN_CODES;
    for (int j = 0; j < RELIEF_ROWS; j++) { /* hills in the north-west, a plain in the south-east */
        for (int i = 0; i < RELIEF_COLS; i++) {
            double h = 30.0 * (j - i) + 90.0 + 60.0 * sy_sym(sy_hash(8, (uint64_t)i, (uint64_t)j));
            f->z[j * RELIEF_COLS + i] = (float)(h > 0 ? h : 0.2 * (j + RELIEF_COLS - i));
        }
    }
    f->data.units = f->units;
    f->data.n_units = 3;
    f->data.relief = (gt_synth_relief){.n_cols = RELIEF_COLS,
                                       .n_rows = RELIEF_ROWS,
                                       .x0 = 485000,
                                       .y0 = 4385000,
                                       .dx = 2600,
                                       .dy = 2600,
                                       .z = f->z};
    gt_synth_options_init(&f->options);
    f->options.n_parcels = 4000;
    f->options.grid = 256;
    f->options.zone_cells = 3000;
}

static inline void fixture_free(fixture *f)
{
    for (int u = 0; u < 3; u++) {
        gt_geom_free(f->ctx, &f->geom[u]);
    }
    gt_package_free(f->package);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
}

static inline gt_synth *fixture_synth(fixture *f)
{
    gt_synth *s = NULL;
    assert_ok(f->ctx, gt_synth_new(f->ctx, f->package, &f->data, &f->options, &s));
    return s;
}

/* Index of the n-th entry of a layer. */
static inline size_t fixture_layer(const gt_synth *s, const char *id, int nth)
{
    for (size_t i = 0; i < gt_synth_n_layers(s); i++) {
        if (strcmp(gt_synth_layer_at(s, i).standard->id, id) == 0 && nth-- == 0) {
            return i;
        }
    }
    fail_msg("no layer %s", id);
    return 0;
}

#endif
