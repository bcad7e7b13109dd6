/* Small parts of the server: pictures of tiles as others read them, counters, the table of
 * addresses. */
#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/metrics.h"
#include "serve/png.h"
#include "serve/routes.h"
#include "support/support.h"

/* ---- pictures ---------------------------------------------------------------------------------
 */

typedef struct bytes {
    const char *at;
    size_t left;
} bytes;

static cairo_status_t read_bytes(void *user, unsigned char *out, unsigned int n)
{
    bytes *b = user;
    if (n > b->left) {
        return CAIRO_STATUS_READ_ERROR;
    }
    memcpy(out, b->at, n);
    b->at += n;
    b->left -= n;
    return CAIRO_STATUS_SUCCESS;
}

/* As cairo holds it: opacity first, colours times opacity. */
static uint32_t pixel(cairo_surface_t *s, int x, int y)
{
    uint32_t v = 0;
    const unsigned char *row =
        cairo_image_surface_get_data(s) + (ptrdiff_t)y * cairo_image_surface_get_stride(s);
    memcpy(&v, row + 4 * (ptrdiff_t)x, sizeof v);
    return v;
}

static uint32_t expected(const uint8_t c[4])
{
    uint32_t a = c[3], v = a << 24;
    for (int i = 0; i < 3; i++) {
        uint32_t t = c[i] * a + 0x80;
        v |= ((t + (t >> 8)) >> 8) << (16 - 8 * i);
    }
    return v;
}

static void assert_reads(gt_ctx *ctx, const gt_png *png)
{
    gt_text file;
    gt_text_init(&file, ctx, 0);
    assert_ok(ctx, gt_png_write(ctx, png, &file));
    bytes b = {gt_text_cstr(&file), file.len};
    cairo_surface_t *s = cairo_image_surface_create_from_png_stream(read_bytes, &b);
    assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(s), png->width);
    assert_int_equal(cairo_image_surface_get_height(s), png->height);
    bool clear = cairo_image_surface_get_format(s) == CAIRO_FORMAT_ARGB32;
    for (int y = 0; y < png->height; y++) {
        for (int x = 0; x < png->width; x++) {
            uint32_t want = expected(png->palette[png->pixels[y * png->width + x]]);
            assert_int_equal(pixel(s, x, y) | (clear ? 0 : 0xff000000U), want);
        }
    }
    cairo_surface_destroy(s);
    gt_text_free(&file);
}

static void pictures_are_read_by_others(void **state)
{
    static const int sizes[][3] = {
        {1, 1, 1}, {256, 256, 256}, {3, 7, 2}, {255, 1, 17}, {1, 300, 4}};
    gt_ctx *ctx = test_ctx();
    test_rng rng;
    (void)state;
    test_rng_seed(&rng, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = (size_t)sizes[i][0] * (size_t)sizes[i][1];
        uint8_t *pixels = malloc(n);
        assert_non_null(pixels);
        gt_png png = {
            .width = sizes[i][0], .height = sizes[i][1], .pixels = pixels, .n_colors = sizes[i][2]};
        for (int c = 0; c < png.n_colors; c++) {
            for (int k = 0; k < 4; k++) {
                png.palette[c][k] = (uint8_t)test_rng_next(&rng);
            }
        }
        for (size_t k = 0; k < n; k++) {
            pixels[k] = (uint8_t)(test_rng_next(&rng) % (uint64_t)png.n_colors);
        }
        assert_reads(ctx, &png);
        free(pixels);
    }
    gt_ctx_free(ctx);
}

/* One colour is a small file however large the picture; the file is the same each time. */
static void pictures_are_small_and_repeat(void **state)
{
    gt_ctx *ctx = test_ctx();
    uint8_t *pixels = calloc(256 * 256, 1);
    gt_png png = {.width = 256, .height = 256, .pixels = pixels, .n_colors = 1};
    gt_text a, b;
    (void)state;
    assert_non_null(pixels);
    gt_text_init(&a, ctx, 0);
    gt_text_init(&b, ctx, 0);
    assert_ok(ctx, gt_png_write(ctx, &png, &a));
    assert_ok(ctx, gt_png_write(ctx, &png, &b));
    assert_true(a.len < 400);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(gt_text_cstr(&a), gt_text_cstr(&b), a.len);
    gt_text_free(&a);
    gt_text_free(&b);
    free(pixels);
    gt_ctx_free(ctx);
}

/* ---- counters ---------------------------------------------------------------------------------
 */

static double said(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    if (at == NULL) {
        fail_msg("%s is not told", name);
        return 0;
    }
    return strtod(at + strlen(name), NULL);
}

static void counters_add_up(void **state)
{
    gt_ctx *ctx = test_ctx();
    static gt_metrics m;
    gt_text out;
    (void)state;
    gt_text_init(&out, ctx, 0);
    gt_metrics_count(&m, 200, 1000, 0.0005);
    gt_metrics_count(&m, 204, 0, 0.001); /* a bound belongs to its bucket */
    gt_metrics_count(&m, 404, 10, 0.3);
    gt_metrics_count(&m, 503, 5, 99);
    gt_metrics_count(&m, 0, 7, -1); /* gone away, and a clock that went back */
    gt_metrics_count(&m, 9999, 0, 0);
    gt_metrics_turned_away(&m);
    gt_metrics_put(&m, &out);
    const char *t = gt_text_cstr(&out);
    assert_near(said(t, "{class=\"2xx\"} "), 2, 0);
    assert_near(said(t, "{class=\"3xx\"} "), 0, 0);
    assert_near(said(t, "{class=\"4xx\"} "), 1, 0);
    assert_near(said(t, "{class=\"5xx\"} "), 1, 0);
    assert_near(said(t, "{class=\"0xx\"} "), 2, 0);
    assert_near(said(t, "\nguotu_http_response_bytes_total "), 1022, 0);
    assert_near(said(t, "\nguotu_http_turned_away_total "), 1, 0);
    assert_near(said(t, "{le=\"0.001\"} "), 4, 0); /* cumulative */
    assert_near(said(t, "{le=\"0.1\"} "), 4, 0);
    assert_near(said(t, "{le=\"0.5\"} "), 5, 0);
    assert_near(said(t, "{le=\"10\"} "), 5, 0);
    assert_near(said(t, "{le=\"+Inf\"} "), 6, 0);
    assert_near(said(t, "_seconds_count "), 6, 0);
    assert_near(said(t, "_seconds_sum "), 99.3015, 1e-6);
    gt_text_free(&out);
    gt_ctx_free(ctx);
}

/* ---- addresses --------------------------------------------------------------------------------
 */

static gt_request request_of(gt_ctx *ctx, gt_arena *arena, const char *target)
{
    gt_request r;
    memset(&r, 0, sizeof r);
    assert_ok(ctx, gt_request_target(ctx, arena, target, &r));
    return r;
}

static const gt_route *route_of(gt_ctx *ctx, gt_arena *arena, const char *method,
                                const char *target)
{
    const gt_request r = request_of(ctx, arena, target);
    const gt_route *found = NULL;
    for (size_t i = 0; gt_route_at(i) != NULL; i++) {
        const gt_route *route = gt_route_at(i);
        if (strcmp(route->method, method) == 0 && gt_route_matches(route, &r)) {
            assert_null(found); /* one address, one route */
            found = route;
        }
    }
    return found;
}

static void addresses_lead_to_one_route(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_arena *arena = NULL;
    (void)state;
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    static const char *const good[][3] = {
        {"GET", "/", ""},
        {"GET", "/collections/", "collections"},
        {"GET", "/collections/land_use/items/a%20b",
         "collections/{collectionId}/items/{featureId}"},
        {"POST", "/processes/check/execution", "processes/{processId}/execution"},
        {"GET", "/jobs/1/results", "jobs/{jobId}/results"},
        {"GET", "/jobs/1/results/out.tif", "jobs/{jobId}/results/{file}"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const gt_route *r = route_of(ctx, arena, good[i][0], good[i][1]);
        assert_non_null(r);
        assert_string_equal(r->pattern, good[i][2]);
    }
    static const char *const bad[][2] = {
        {"GET", "/collection"},
        {"GET", "/collections/a/b"},
        {"GET", "/collections/a/items/b/c"},
        {"POST", "/collections"},
        {"PUT", "/jobs/1"},
        {"get", "/collections"},
        {"GET", "/processes/check/executio"},
        {"GET", "/processes/check/executions"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(route_of(ctx, arena, bad[i][0], bad[i][1]));
    }
    gt_arena_free(arena);
    gt_ctx_free(ctx);
}

/* What changes something asks who changes it; the few that do not are named here, with a reason. */
static void what_writes_asks_who(void **state)
{
    static const char *const open_to_all[] = {
        "session",                         /* signing in is how one becomes known */
        "processes/{processId}/execution", /* checks change nothing; others ask in their handler */
        "outlines",                        /* a file is read, nothing of it is kept */
        "voices/{ledgerId}",               /* the public's word, bounded by rate and size */
    };
    (void)state;
    size_t n = 0, n_open = 0;
    for (; gt_route_at(n) != NULL; n++) {
        const gt_route *r = gt_route_at(n);
        bool reads = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0, named = false;
        for (size_t i = 0; i < sizeof open_to_all / sizeof *open_to_all; i++) {
            named = named || strcmp(open_to_all[i], r->pattern) == 0;
        }
        assert_true(r->summary != NULL && strlen(r->summary) > 3);
        assert_non_null(r->handler);
        if (!reads && r->need != GT_CHANGING) {
            if (!named) {
                fail_msg("%s /%s writes for anybody", r->method, r->pattern);
            }
            n_open++;
        }
        for (size_t k = 0; k < n; k++) { /* no address stands twice */
            const gt_route *o = gt_route_at(k);
            assert_false(strcmp(o->method, r->method) == 0 && strcmp(o->pattern, r->pattern) == 0);
        }
    }
    assert_true(n > 50);
    assert_true(n_open > 0 && n_open < 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_read_by_others),
        cmocka_unit_test(pictures_are_small_and_repeat),
        cmocka_unit_test(counters_add_up),
        cmocka_unit_test(addresses_lead_to_one_route),
        cmocka_unit_test(what_writes_asks_who),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
