/* The picture of a verdict. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/lsan.h"
#include "report/scene.h"
#include "report/verdict.h"

typedef struct seen {
    gt_verdict_page page;
    gt_window view;
    double table_h, rows_h[500];
    size_t n_rows, n_cut;
    gt_rect tags[64];
    char numbers[64][32];
    size_t n_tags, n_placed;
} seen;

static void look(void *user, const gt_verdict_page *page, const gt_table *table,
                 const gt_labels *tags, const gt_window *view)
{
    seen *s = user;
    s->page = *page;
    s->view = *view;
    s->table_h = table->total_h;
    s->n_rows = table->n;
    for (size_t i = 0; i < table->n && i < 500; i++) {
        s->rows_h[i] = table->rows[i].h;
        s->n_cut += table->rows[i].cut ? 1U : 0U;
    }
    s->n_tags = gt_labels_count(tags);
    for (size_t i = 0; i < s->n_tags && s->n_placed < 64; i++) {
        const gt_label *l = gt_labels_get(tags, i);
        if (l->placed) {
            s->tags[s->n_placed] = l->rect;
            (void)snprintf(s->numbers[s->n_placed++], 32, "%s", l->text);
        }
    }
}

enum { FINDINGS = 400 };

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
    scene town, shapes;
    gt_map_source source;
    gt_map_verdict_options o;
    gt_map_finding findings[FINDINGS];
    seen *seen;
    gt_verdict_probe probe;
} fixture;

static void fill_findings(fixture *f)
{
    const gt_geom *farm = &f->shapes.features[1].geom;
    const gt_geom *redline = &f->shapes.features[2].geom;
    const gt_geom *speck = &f->shapes.features[3].geom;
    const gt_map_finding some[5] = {
        {1,
         {"永久基本农田不得转为其他农用地", "Permanent basic farmland stays farmland"},
         "LND-014, LND-021",
         GT_DENY,
         GT_FAIL,
         40000,
         0.1,
         farm,
         {"占用永久基本农田 60 亩。符合途径：核减东侧 4 公顷。",
          "Takes 60 mu. To comply: leave out 4 ha in the east."}},
        {2,
         {"生态保护红线内禁止建设", "No building within the ecological redline"},
         "LND-009",
         GT_DENY,
         GT_FAIL,
         30000,
         0.075,
         redline,
         {"退出红线范围。", "Withdraw from it."}},
        {3,
         {"高易发区应开展危险性评估", "Hazard-prone land needs an assessment"},
         "LND-088",
         GT_CONDITION,
         GT_FAIL,
         25,
         0.0001,
         speck,
         {"需提交评估报告。", "An assessment report is needed."}},
        {4,
         {"土壤污染风险地块用途管控", "Use of land with soil risk"},
         NULL,
         GT_CONDITION,
         GT_UNDECIDABLE,
         NAN,
         NAN,
         NULL,
         {"缺少土壤调查结果。", "No soil survey."}},
        {5,
         {"占补平衡", "Farmland taken must be made good"},
         "LND-030",
         GT_DUTY,
         GT_FAIL,
         40000,
         0.1,
         NULL,
         {"补充耕地 60 亩。", "Make 60 mu of farmland."}}};
    for (int i = 0; i < FINDINGS; i++) {
        f->findings[i] = some[i % 5];
        f->findings[i].number = i + 1;
        if (i >= 5) {
            f->findings[i].overlap = NULL;
        }
    }
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    scene_town(&f->town);
    scene_init(&f->shapes);
    (void)scene_layer(&f->shapes, "shapes", (gt_title){"图形", "Shapes"});
    const double subject[] = {1000, 1000, 1700, 950, 1800, 1500, 1300, 1600, 950, 1450};
    scene_shape(&f->shapes, GT_POLYGON, subject, 5, NULL, NULL);
    scene_rect(&f->shapes, 1500, 1050, 150, 300, NULL, NULL);
    scene_rect(&f->shapes, 1050, 1200, 200, 150, NULL, NULL);
    scene_rect(&f->shapes, 1400, 1400, 5, 5, NULL, NULL);
    f->source = scene_source(&f->town);
    fill_findings(f);
    gt_map_verdict_options_init(f->ctx, &f->o);
    f->o.lang = GT_LANG_ZH;
    f->o.subject = "十二号地块物流仓储项目";
    f->o.subject_kind = (gt_title){"建设项目", "Project"};
    f->o.geom = &f->shapes.features[0].geom;
    f->o.m2 = 400000;
    f->o.result = GT_FAIL;
    f->o.findings = f->findings;
    f->o.n_findings = 5;
    f->o.n_passed = 41;
    f->o.note =
        (gt_title){"时点 2026-11-21；一张图第 318 次修订", "As of 2026-11-21; map revision 318"};
    f->o.layers = f->town.layers;
    f->o.n_layers = f->town.n_layers;
    f->seen = calloc(1, sizeof *f->seen);
    f->probe = (gt_verdict_probe){f->seen, look};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    scene_free(&f->town);
    scene_free(&f->shapes);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f->seen);
    free(f);
    return 0;
}

static gt_status draw(fixture *f, const char *name)
{
    memset(f->seen, 0, sizeof *f->seen);
    return gt_map_verdict_probed(f->ctx, &f->source, &f->o, test_path(f->dir, name), &f->probe);
}

static void check_layout(const seen *s)
{
    const gt_verdict_page *p = &s->page;
    const gt_rect table = {p->margin, p->table_y, p->w - 2 * p->margin, 20};
    const gt_rect all[] = {p->title, p->badge,  p->subject, p->summary, p->warning,
                           p->frame, p->legend, table,      p->foot};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_true(gt_rect_holds((gt_rect){0, 0, p->w, p->h}, all[i]));
        for (size_t j = 0; j < i; j++) {
            gt_rect a = all[i];
            a.y += 1e-6;
            a.h -= 2e-6;
            if (a.w > 0 && all[j].w > 0 && gt_rect_meets(a, all[j])) {
                print_error("parts %zu and %zu overlap\n", i, j);
                fail();
            }
        }
    }
    for (size_t i = 0; i < s->n_placed; i++) {
        assert_true(gt_rect_holds(s->view.frame, s->tags[i]));
        for (size_t j = 0; j < i; j++) {
            assert_false(gt_rect_meets(s->tags[i], s->tags[j]));
        }
    }
}

static unsigned at(const fixture *f, const picture *p, double x, double y)
{
    double px = f->o.dpi / 72;
    return picture_at(p, (int)(gt_window_x(&f->seen->view, x) * px),
                      (int)(gt_window_y(&f->seen->view, y) * px));
}

static void overlaps_and_numbers_are_drawn(void **state)
{
    fixture *f = *state;
    f->o.n_layers = 0;
    assert_ok(f->ctx, draw(f, "a.png"));
    check_layout(f->seen);
    assert_int_equal(f->seen->n_placed, 3); /* findings with an overlap */
    assert_int_equal(f->seen->n_cut, 0);
    picture p = picture_read(test_path(f->dir, "a.png"));
    assert_int_equal(p.w, 1240);
    assert_int_equal(p.h, 1754);
    unsigned paper = 0xFAF9F6;
    unsigned overlap = at(f, &p, 1630, 1070);
    assert_true(color_distance(overlap, paper) > 60);
    assert_true((overlap >> 16) > (overlap & 0xFFU) + 60);            /* vermilion: red leads */
    assert_true(color_distance(at(f, &p, 975, 1225), 0x1A1A1A) < 40); /* the subject's outline */
    assert_true(color_distance(at(f, &p, 1200, 1480), paper) < 4);    /* inside, nothing overlaps */
    picture_free(&p);
}

static void one_overlap_of_several_rules_is_drawn_once(void **state)
{
    fixture *f = *state;
    f->o.n_layers = 0;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    unsigned once = at(f, &p, 1630, 1070);
    picture_free(&p);
    f->findings[3].overlap = f->findings[0].overlap;
    f->findings[4].overlap = f->findings[0].overlap;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_int_equal(f->seen->n_placed, 3);
    bool together = false;
    for (size_t i = 0; i < f->seen->n_placed; i++) {
        together = together || strcmp(f->seen->numbers[i], "1, 4, 5") == 0;
    }
    assert_true(together);
    p = picture_read(test_path(f->dir, "a.png"));
    assert_int_equal(at(f, &p, 1630, 1070), once); /* not darker */
    picture_free(&p);
    for (int i = 0; i < 40; i++) {
        f->findings[i].overlap = f->findings[0].overlap;
    }
    f->o.n_findings = 40;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_int_equal(f->seen->n_placed, 1);
    assert_string_equal(f->seen->numbers[0], "1, 2, 3, 4, 5, 6 …");
}

static void both_languages_and_kinds(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"a.png", "a.pdf", "a.svg"};
    for (int k = 0; k < 3; k++) {
        for (int lang = 0; lang < 2; lang++) {
            f->o.lang = (gt_lang)lang;
            assert_ok(f->ctx, draw(f, names[k]));
            check_layout(f->seen);
            assert_true(f->seen->page.warning.w > 0); /* the redline of the town is generated */
            assert_int_equal(f->seen->page.n_pages, 1);
        }
    }
    assert_non_null(strstr(f->seen->page.subject_text, "40.0000 公顷（600.00 亩）"));
    assert_string_equal(f->seen->page.summary_text,
                        "不符合 2 项，附条件 1 项，须履行义务 1 项，无法判定 1 项，符合 41 项");
    f->o.lang = GT_LANG_EN;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_string_equal(f->seen->page.summary_text,
                        "2 not met, 1 conditional, 1 with a duty, 1 undecidable, 41 met");
    assert_non_null(strstr(f->seen->page.warning_text, "Generated data, not a survey result: "));
}

static void the_warning_names_what_was_measured(void **state)
{
    fixture *f = *state;
    const gt_title measured[] = {{"永久基本农田", "Basic farmland"}, {"水域", "Water"}};
    f->o.generated = measured;
    f->o.n_generated = 2;
    f->o.lang = GT_LANG_EN;
    assert_ok(f->ctx, draw(f, "a.png"));
    check_layout(f->seen);
    assert_string_equal(f->seen->page.warning_text,
                        "Generated data, not a survey result: Basic farmland, Water");
    f->o.lang = GT_LANG_ZH;
    assert_ok(f->ctx, draw(f, "a.png"));
    assert_string_equal(f->seen->page.warning_text, "生成数据，非调查成果：永久基本农田、水域");
}

static void a_long_warning_says_how_many_more(void **state)
{
    fixture *f = *state;
    enum { MANY = 90 };
    static gt_title measured[MANY];
    char said[64];
    for (int i = 0; i < MANY; i++) {
        measured[i] = (gt_title){"城市通风廊道控制范围", "Ventilation corridors of the city"};
    }
    f->o.generated = measured;
    for (int lang = 0; lang < 2; lang++) {
        f->o.lang = (gt_lang)lang;
        const char *name = lang == GT_LANG_ZH ? measured[0].zh : measured[0].en;
        for (size_t n = 1; n <= MANY; n += n < 12 ? 1 : 13) {
            size_t named = 0;
            f->o.n_generated = n;
            assert_ok(f->ctx, draw(f, "a.png"));
            check_layout(f->seen);
            const char *text = f->seen->page.warning_text;
            for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
                named++;
            }
            (void)snprintf(said, sizeof said,
                           lang == GT_LANG_ZH ? "，另有 %zu 个图层" : ", and %zu more", n - named);
            assert_true(named > 0 && named <= n);
            assert_int_equal(named < n, strstr(text, said) != NULL);
            assert_true(named == n || n > 5);
        }
    }
}

static void clauses_are_printed_in_full(void **state)
{
    fixture *f = *state;
    enum { MANY = 40 };
    static gt_map_clause clauses[MANY];
    for (int i = 0; i < MANY; i++) {
        clauses[i] = (gt_map_clause){
            "LND-014",
            {"北京市国土空间规划，第三章：耕地保护", "Land plan, ch3: farmland"},
            {"永久基本农田一经划定，任何单位和个人不得擅自占用或者改变用途。",
             "Once drawn, permanent basic farmland may not be taken or put to another use by "
             "anybody, and what is taken with leave has to be made good in number and quality."}};
    }
    f->o.n_layers = 0;
    assert_ok(f->ctx, draw(f, "a.pdf"));
    assert_int_equal(f->seen->page.n_pages, 1);
    size_t before = 1;
    for (size_t n = 0; n <= MANY; n += 5) {
        f->o.clauses = clauses;
        f->o.n_clauses = n;
        f->o.n_findings = n == 20 ? 0 : 5;
        assert_ok(f->ctx, draw(f, "a.pdf"));
        check_layout(f->seen);
        assert_int_equal(f->seen->page.n_clauses, n);
        assert_true(n == 20 || f->seen->page.n_pages >= before);
        before = f->seen->page.n_pages;
    }
    assert_true(before >= 2 && before <= 4);
    char *long_text = calloc(1, 30001); /* is cut, and still ends */
    assert_non_null(long_text);
    memset(long_text, 'a', 30000);
    for (int i = 5; i < 30000; i += 6) {
        long_text[i] = ' ';
    }
    clauses[1].text = (gt_title){long_text, long_text};
    clauses[2] = (gt_map_clause){.id = "LND-015"};
    f->o.n_clauses = 3;
    assert_ok(f->ctx, draw(f, "a.pdf"));
    assert_int_equal(f->seen->page.n_clauses, 3);
    free(long_text);
    assert_ok(f->ctx, draw(f, "a.png")); /* no clauses on a picture */
    assert_int_equal(f->seen->page.n_clauses, 0);
    assert_int_equal(f->seen->page.left_out, 0);
}

static void long_tables_break_into_pages(void **state)
{
    fixture *f = *state;
    for (size_t n = 0; n <= 60; n += 12) {
        f->o.n_findings = n;
        assert_ok(f->ctx, draw(f, "a.pdf"));
        check_layout(f->seen);
        double y = f->seen->page.table_y;
        for (size_t i = 0; i < f->seen->page.first_page_rows; i++) {
            y += f->seen->rows_h[i];
        }
        assert_true(y < f->seen->page.foot.y);
        assert_int_equal(f->seen->page.left_out, 0);
    }
    assert_true(f->seen->page.n_pages >= 3);
    size_t len = 0;
    char *pdf = test_read_file(test_path(f->dir, "a.pdf"), &len);
    assert_null(memmem(pdf, len, "CreationDate", 12));
    free(pdf);
}

static void pictures_grow_and_say_what_they_leave_out(void **state)
{
    fixture *f = *state;
    f->o.dpi = 72;
    f->o.n_findings = 60;
    assert_ok(f->ctx, draw(f, "a.png"));
    check_layout(f->seen);
    assert_true(f->seen->page.h > 842);
    assert_int_equal(f->seen->page.left_out, 0);
    f->o.dpi = 140;
    f->o.n_layers = 0;
    f->o.n_findings = FINDINGS;
    assert_ok(f->ctx, draw(f, "a.png"));
    picture p = picture_read(test_path(f->dir, "a.png"));
    assert_true(p.h <= GT_MAP_MAX_PX);
    picture_free(&p);
    assert_true(f->seen->page.left_out > 0);
    assert_int_equal(f->seen->page.left_out + f->seen->page.first_page_rows, FINDINGS);
}

static void long_texts_are_held(void **state)
{
    fixture *f = *state;
    char longest[6000];
    memset(longest, 'y', sizeof longest - 1);
    for (size_t i = 12; i < sizeof longest - 1; i += 13) {
        longest[i] = ' ';
    }
    longest[sizeof longest - 1] = '\0';
    gt_title t = {longest, longest};
    f->findings[0].rule = t;
    f->findings[0].text = t;
    f->findings[0].clauses = longest;
    f->o.subject = longest;
    f->o.subject_kind = t;
    f->o.title = t;
    f->o.note = t;
    assert_ok(f->ctx, draw(f, "a.pdf"));
    check_layout(f->seen);
    assert_int_equal(f->seen->n_cut, 1);
    assert_true(f->seen->rows_h[0] < 700); /* fits a page */
    f->o.subject = NULL;
    f->o.m2 = NAN;
    f->findings[0].rule = (gt_title){NULL, NULL};
    f->findings[0].text = (gt_title){NULL, NULL};
    f->findings[0].clauses = NULL;
    assert_ok(f->ctx, draw(f, "a.png"));
    check_layout(f->seen);
}

static void results_have_words_and_colours(void **state)
{
    (void)state;
    static const gt_effect effects[] = {GT_DENY, GT_CONDITION, GT_DUTY, GT_NOTE};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(gt_result_text(GT_PASS, effects[i], GT_LANG_ZH), "符合");
        assert_string_equal(gt_result_text(GT_UNDECIDABLE, effects[i], GT_LANG_ZH), "无法判定");
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(gt_result_text(GT_FAIL, effects[i], GT_LANG_EN),
                                    gt_result_text(GT_FAIL, effects[j], GT_LANG_EN));
        }
    }
    char ha[GT_NUMBER_TEXT];
    char mu[GT_NUMBER_TEXT];
    gt_area_texts(18730.4, GT_LANG_ZH, ha, mu);
    assert_string_equal(ha, "1.8730 公顷");
    assert_string_equal(mu, "28.10 亩");
    gt_area_texts(NAN, GT_LANG_ZH, ha, mu);
    assert_string_equal(ha, "");
    assert_string_equal(mu, "");
}

static void same_input_same_bytes(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"1.png", "2.png", "1.pdf", "2.pdf"};
    char *data[4];
    size_t len[4];
    for (int i = 0; i < 4; i++) {
        assert_ok(f->ctx, draw(f, names[i]));
        data[i] = test_read_file(test_path(f->dir, names[i]), &len[i]);
    }
    for (int i = 0; i < 4; i += 2) {
        assert_int_equal(len[i], len[i + 1]);
        assert_memory_equal(data[i], data[i + 1], len[i]);
    }
    for (int i = 0; i < 4; i++) {
        free(data[i]);
    }
}

/* ---- bad input ---- */

static void subjects_must_be_polygons(void **state)
{
    fixture *f = *state;
    const gt_geom none = {.type = GT_MULTIPOLYGON};
    const gt_geom *good = f->o.geom;
    f->o.geom = NULL;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.no-subject");
    f->o.geom = &none;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.no-subject");
    f->o.geom = good;
    f->shapes.features[0].geom.xy[4] = INFINITY;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_INPUT, "report.bad-coordinate");
}

static void bad_requests_are_refused(void **state)
{
    fixture *f = *state;
    assert_fails(f->ctx, draw(f, "a.gif"), GT_E_USAGE, "report.extension");
    assert_fails(f->ctx, draw(f, "no/a.png"), GT_E_ENV, "base.system");
    f->o.dpi = 5;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-size");
    f->o.dpi = NAN;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-size");
    f->o.dpi = 150;
    f->town.layers[3].style.fill = "nothing";
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_USAGE, "report.bad-color");
    f->town.layers[3].style.fill = NULL;
    f->town.fail_after = 3;
    assert_fails(f->ctx, draw(f, "a.png"), GT_E_ENV, "base.system");
    f->town.fail_after = 0;
    gt_ctx_options co;
    gt_ctx_options_init(&co);
    co.memory_ceiling = (size_t)2 << 20;
    gt_ctx *small = gt_ctx_new(&co);
    assert_fails(small, gt_map_verdict(small, &f->source, &f->o, test_path(f->dir, "a.png")),
                 GT_E_LIMIT, "report.memory");
    gt_ctx_free(small);
    assert_true(access(test_path(f->dir, "a.png"), F_OK) != 0);
}

static void tiny_and_large_subjects_are_drawn(void **state)
{
    fixture *f = *state;
    for (int k = 0; k < 3; k++) {
        static const double scale[] = {1e-4, 1e3, 1};
        for (uint32_t i = 0; i < 12; i++) {
            f->shapes.features[0].geom.xy[i] *= scale[k];
        }
        assert_ok(f->ctx, draw(f, "a.png"));
        check_layout(f->seen);
    }
}

static void every_allocation_may_fail(void **state)
{
    fixture *f = *state;
    f->o.dpi = 50;
    long total = 1 << 20;
    gt_ctx *ctx = test_ctx_failing(&total);
    assert_ok(ctx, gt_map_verdict(ctx, &f->source, &f->o, test_path(f->dir, "a.png")));
    gt_ctx_free(ctx);
    long used = (1 << 20) - total;
    assert_true(used > 30);
    long step = used / 60 + 1;
    for (long n = 0; n < used; n += n < 40 ? 1 : step) {
        long left = n;
        ctx = test_ctx_failing(&left);
        gt_status st = gt_map_verdict(ctx, &f->source, &f->o, test_path(f->dir, "b.png"));
        assert_fails(ctx, st, GT_E_MEMORY, NULL);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(access(test_path(f->dir, "b.png"), F_OK) != 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(overlaps_and_numbers_are_drawn),
        CASE(one_overlap_of_several_rules_is_drawn_once),
        CASE(both_languages_and_kinds),
        CASE(the_warning_names_what_was_measured),
        CASE(a_long_warning_says_how_many_more),
        CASE(clauses_are_printed_in_full),
        CASE(long_tables_break_into_pages),
        CASE(pictures_grow_and_say_what_they_leave_out),
        CASE(long_texts_are_held),
        cmocka_unit_test(results_have_words_and_colours),
        CASE(same_input_same_bytes),
        CASE(subjects_must_be_polygons),
        CASE(bad_requests_are_refused),
        CASE(tiny_and_large_subjects_are_drawn),
        CASE(every_allocation_may_fail),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.verdict", tests, NULL, NULL);
}
