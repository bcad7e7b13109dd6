/* Wrong problems: each is refused, or remarked, with the file, line or cell that is wrong. And the
 * table of reclassification, right and wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/files.h"
#include "guotu/circuit.h"
#include "support/support.h"

typedef struct desk {
    gt_ctx *ctx;
    char *dir;
    gt_notes *notes;
    gt_circuit_facts facts;
} desk;

static void put(const desk *d, const char *name, const char *text)
{
    test_write_file(test_path(d->dir, name), text, strlen(text));
}

#define HEAD "ncols 4\nnrows 3\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n"

static desk new_desk(void)
{
    desk d = {.ctx = test_ctx_threads(2), .dir = test_dir()};
    static const struct {
        const char *name, *text;
    } files[] = {
        {"one.asc", HEAD "1 1 1 1\n1 1 1 1\n1 1 1 1\n"},
        {"zero.asc", HEAD "1 1 1 1\n1 1 0 1\n1 1 1 1\n"},
        {"minus.asc", HEAD "1 1 1 1\n1 1 1 1\n1 -2 1 1\n"},
        {"huge.asc", HEAD "1 1 1 1e250\n1 1 1 1\n1 1 1 1\n"},
        {"none.asc", HEAD "-9999 -9999 -9999 -9999\n-9999 -9999 -9999 -9999\n-9999 -9999 -9999 "
                          "-9999\n"},
        {"closed.asc", HEAD "0 0 0 0\n0 0 0 0\n0 0 0 0\n"},
        {"wall.asc", HEAD "1 -9999 1 1\n1 -9999 1 1\n1 -9999 1 1\n"},
        {"word.asc", HEAD "1 1 1 1\n1 rock 1 1\n1 1 1 1\n"},
        {"short.asc", HEAD "1 1 1 1\n1 1 1\n"},
        {"long.asc", HEAD "1 1 1 1\n1 1 1 1\n1 1 1 1 1\n"},
        {"head.asc", "ncols 4\nnrows x\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 1 1 1\n"},
        {"other.asc", "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 1\n1 1\n"},
        {"half.asc", HEAD "0 0 0 0\n0 1.5 0 0\n0 0 0 0\n"},
        {"empty.asc", ""},
        {"points.txt", "1 0.5 0.5\n2 3.5 2.5\n"},
        {"single.txt", "1 0.5 0.5\n"},
        {"outside.txt", "1 0.5 0.5\n2 4.5 2.5\n"},
        {"whole.txt", "1 0.5 0.5\n2.5 3.5 2.5\n"},
        {"letters.txt", "1 0.5 0.5\n2 east 2.5\n"},
        {"narrow.txt", "1 0.5\n2 3.5\n"},
        {"onwall.txt", "1 0.5 0.5\n2 1.5 2.5\n3 0.5 2.5\n"},
        {"sources.txt", "5 0.5 0.5\n"},
        {"nodata.txt", "5 1.5 0.5\n"},
        {"east.txt", "0 3.5 2.5\n"},
        {"west.txt", "0 0.5 2.5\n"},
        {"below.txt", "-3 3.5 2.5\n"},
        {"zeros.asc", HEAD "0 0 0 0\n0 0 0 0\n0 0 0 0\n"},
        {"pairs.txt", "mode sometimes\n1 2\n"},
        {"edges.txt", "0 1 2\n1 2 0\n"},
        {"cutoff.txt", "0 1 2\n2 3 5\n"},
        {"graph.txt", "0 1 2\n1 2 3\n"},
        {"nodes.txt", "0\n7\n"},
        {"ends.txt", "0\n3\n"},
        {"nsource.txt", "0 1\n"},
        {"nground.txt", "3 0\n"},
        {"nbad.txt", "3 -1\n"},
        {"table.txt", "1 2\n2 4\n"},
        {"twice.txt", "1 2\n2 4\n1 3\n"},
        {"chars.txt", "1 2\ntwo 4\n"},
        {"column.txt", "1\n2\n"},
        {"tozero.txt", "1 0\n"},
        {"tonone.txt", "1 -9999\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put(&d, files[i].name, files[i].text);
    }
    return d;
}

static void free_desk(desk *d)
{
    gt_notes_free(d->notes);
    test_dir_remove(d->dir);
    gt_ctx_free(d->ctx);
}

static gt_status run(desk *d, const char *lines, bool omniscape)
{
    gt_circuit_options o;
    put(d, "p.ini", lines);
    gt_notes_free(d->notes);
    d->notes = NULL;
    assert_ok(d->ctx, gt_notes_new(d->ctx, 0, &d->notes));
    gt_circuit_options_init(&o);
    o.root = o.out = d->dir;
    o.notes = d->notes;
    return omniscape ? gt_omniscape_run(d->ctx, test_path(d->dir, "p.ini"), &o, &d->facts)
                     : gt_circuit_run(d->ctx, test_path(d->dir, "p.ini"), &o, &d->facts);
}

/* Refused with that id, and the text names the place. */
static void refused(desk *d, const char *lines, bool omniscape, gt_status want, const char *id,
                    const char *where)
{
    gt_text t;
    gt_status st = run(d, lines, omniscape);
    gt_text_init(&t, d->ctx, 0);
    gt_error_render(d->ctx, GT_LANG_EN, &t);
    if (st != want || strstr(gt_text_cstr(&t), where) == NULL) {
        print_message("%s\nwants %s in: %s\n", lines, where, gt_text_cstr(&t));
    }
    assert_non_null(strstr(gt_text_cstr(&t), where));
    gt_text_clear(&t);
    gt_error_render(d->ctx, GT_LANG_ZH, &t);
    assert_true(strlen(gt_text_cstr(&t)) > 10);
    gt_text_free(&t);
    assert_fails(d->ctx, st, want, id);
}

#define P    "[x]\ndata_type = raster\nscenario = pairwise\noutput_file = o.out\n"
#define A    "[x]\ndata_type = raster\nscenario = advanced\noutput_file = o.out\n"
#define N    "[x]\ndata_type = network\nscenario = pairwise\noutput_file = o.out\n"
#define NA   "[x]\ndata_type = network\nscenario = advanced\noutput_file = o.out\n"
#define MAP  "habitat_file = one.asc\n"
#define WALL "habitat_file = wall.asc\n"
#define PTS  "point_file = points.txt\n"
#define RC   "use_reclass_table = True\nreclass_file = "

static void maps(void **state)
{
    static const struct {
        const char *ini;
        gt_status status;
        const char *id, *where;
    } list[] = {
        {P PTS "habitat_file = zero.asc\n", GT_E_INPUT, "circuit.resistance-zero",
         "zero.asc: the resistance at column 3, row 2"},
        {P PTS "habitat_file = minus.asc\n", GT_E_INPUT, "circuit.habitat-negative",
         "minus.asc: the resistance at column 2, row 3"},
        {P PTS "habitat_file = minus.asc\nhabitat_map_is_resistances = no\n", GT_E_INPUT,
         "circuit.habitat-negative", "the conductance at column 2, row 3"},
        {P PTS "habitat_file = huge.asc\n", GT_E_INPUT, "circuit.habitat-value", "column 4, row 1"},
        {P PTS "habitat_file = none.asc\n", GT_E_INPUT, "circuit.no-nodes", "none.asc"},
        {P PTS "habitat_file = closed.asc\nhabitat_map_is_resistances = no\n", GT_E_INPUT,
         "circuit.no-nodes", "closed.asc"},
        {P PTS MAP "use_mask = 1\nmask_file = zeros.asc\n", GT_E_INPUT, "circuit.no-nodes",
         "one.asc"},
        {P PTS MAP "use_mask = 1\nmask_file = other.asc\n", GT_E_INPUT, "circuit.grid-differs",
         "other.asc"},
        {P PTS MAP "use_polygons = 1\npolygon_file = half.asc\n", GT_E_INPUT, "circuit.not-whole",
         "column 2, row 2"},
        {P PTS "habitat_file = word.asc\n", GT_E_INPUT, "circuit.not-a-number", "word.asc:8"},
        {P PTS "habitat_file = short.asc\n", GT_E_INPUT, "circuit.asc-count", "7 numbers"},
        {P PTS "habitat_file = long.asc\n", GT_E_INPUT, "circuit.asc-count", "13 numbers"},
        {P PTS "habitat_file = head.asc\n", GT_E_INPUT, "circuit.asc-header", "head.asc:2"},
        {P PTS "habitat_file = empty.asc\n", GT_E_INPUT, "circuit.asc-header", "empty.asc"},
        {P PTS "habitat_file = absent.asc\n", GT_E_ENV, NULL, "absent.asc"},
        {P PTS "habitat_file = (Browse for a map)\n", GT_E_INPUT, "circuit.ini-missing", "p.ini:6"},
    };
    (void)state;
    desk d = new_desk();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        refused(&d, list[i].ini, false, list[i].status, list[i].id, list[i].where);
    }
    free_desk(&d);
}

static void points(void **state)
{
    static const struct {
        const char *ini;
        gt_status status;
        const char *id, *where;
    } list[] = {
        {P MAP "point_file = single.txt\n", GT_E_INPUT, "circuit.points-few", "single.txt: 1 of"},
        {P MAP "point_file = outside.txt\n", GT_E_INPUT, "circuit.point-outside", "outside.txt:2"},
        {P MAP "point_file = whole.txt\n", GT_E_INPUT, "circuit.not-whole", "whole.txt:2"},
        {P MAP "point_file = letters.txt\n", GT_E_INPUT, "circuit.not-a-number", "letters.txt:2"},
        {P MAP "point_file = narrow.txt\n", GT_E_INPUT, "circuit.list-columns", "narrow.txt:1"},
        {P MAP "point_file = zeros.asc\n", GT_E_INPUT, "circuit.points-few", "zeros.asc: 0 of"},
        {P MAP, GT_E_INPUT, "circuit.ini-missing", "point_file"},
        {P MAP PTS "use_included_pairs = 1\nincluded_pairs_file = pairs.txt\n", GT_E_INPUT,
         "circuit.pairs-form", "pairs.txt:1"},
        {A WALL "source_file = nodata.txt\nground_file = east.txt\n", GT_E_INPUT,
         "circuit.sources-nodata", "column 2, row 3"},
        {A WALL "source_file = sources.txt\nground_file = east.txt\n", GT_E_INPUT,
         "circuit.singular", "column 1, row 3"},
        {A MAP "source_file = zeros.asc\nground_file = east.txt\n", GT_E_INPUT,
         "circuit.no-sources", "zeros.asc"},
        {A MAP "source_file = sources.txt\nground_file = below.txt\n", GT_E_INPUT,
         "circuit.ground-value", "column 4, row 1"},
        {A MAP "source_file = sources.txt\n", GT_E_INPUT, "circuit.ini-missing", "ground_file"},
        {N "habitat_file = edges.txt\npoint_file = nodes.txt\n", GT_E_INPUT, "circuit.edge-value",
         "edges.txt:2"},
        {N "habitat_file = graph.txt\npoint_file = nodes.txt\n", GT_E_INPUT, "circuit.node-unknown",
         "nodes.txt:2"},
        {NA "habitat_file = cutoff.txt\nsource_file = nsource.txt\nground_file = nground.txt\n",
         GT_E_INPUT, "circuit.singular", "node 0"},
        {NA "habitat_file = cutoff.txt\nsource_file = nsource.txt\nground_file = nbad.txt\n",
         GT_E_INPUT, "circuit.ground-value", "nbad.txt:1"},
    };
    (void)state;
    desk d = new_desk();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        refused(&d, list[i].ini, false, list[i].status, list[i].id, list[i].where);
    }
    free_desk(&d);
}

static void settings(void **state)
{
    static const struct {
        const char *ini, *id, *where;
    } list[] = {
        {P "no setting at all\n", "circuit.ini-line", "p.ini:5"},
        {P "= 3\n", "circuit.ini-line", "p.ini:5"},
        {P "[open\n", "circuit.ini-line", "p.ini:5"},
        {P "four \xff\n", "circuit.ini-binary", "p.ini"},
        {P "connect_four_neighbors_only = maybe\n", "circuit.ini-value", "p.ini:5"},
        {P "data_type = vector\n", "circuit.ini-value", "raster, network"},
        {"[x]\nscenario = everything\noutput_file = o\n", "circuit.ini-value", "p.ini:2"},
        {"[x]\noutput_file = o\n", "circuit.ini-missing", "scenario"},
        {"[x]\nscenario = pairwise\n", "circuit.ini-missing", "output_file"},
        {"[x]\ndata_type = network\nscenario = one-to-all\noutput_file = o\n",
         "circuit.ini-unsupported", "one-to-all"},
        {A "remove_src_or_gnd = both\n", "circuit.ini-value", "keepall"},
        {"", "circuit.ini-missing", "scenario"},
    };
    static const struct {
        const char *ini, *id, *where;
    } omni[] = {
        {"project_name = o\nradius = 2\n", "circuit.ini-missing", "resistance_file"},
        {"resistance_file = one.asc\nradius = 2\n", "circuit.ini-missing", "project_name"},
        {"resistance_file = one.asc\nproject_name = o\n", "circuit.ini-missing", "radius"},
        {"resistance_file = one.asc\nproject_name = o\nradius = 0\nsource_from_resistance = 1\n",
         "circuit.ini-value", "p.ini:3"},
        {"resistance_file = one.asc\nproject_name = o\nradius = 2\nblock_size = some\n"
         "source_from_resistance = 1\n",
         "circuit.ini-value", "p.ini:4"},
        {"resistance_file = one.asc\nproject_name = o\nradius = 2\n", "circuit.ini-missing",
         "source_file"},
        {"resistance_file = one.asc\nproject_name = o\nradius = 2\nsource_file = other.asc\n",
         "circuit.grid-differs", "other.asc"},
        {"resistance_file = zero.asc\nproject_name = o\nradius = 2\nsource_from_resistance = 1\n",
         "circuit.resistance-zero", "column 3, row 2"},
        {"resistance_file = none.asc\nproject_name = o\nradius = 2\nsource_from_resistance = 1\n",
         "circuit.no-nodes", "none.asc"},
        {"resistance_file = one.asc\nproject_name = o\nradius = 2\nsource_file = zeros.asc\n",
         "circuit.no-sources", "p.ini"},
    };
    (void)state;
    desk d = new_desk();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        refused(&d, list[i].ini, false, GT_E_INPUT, list[i].id, list[i].where);
    }
    for (size_t i = 0; i < sizeof omni / sizeof *omni; i++) {
        refused(&d, omni[i].ini, true, GT_E_INPUT, omni[i].id, omni[i].where);
    }
    free_desk(&d);
}

/* What can be answered in part is, and the rest remarked. */
static void remarks(void **state)
{
    static const struct {
        const char *ini, *id, *where;
    } list[] = {
        {P WALL PTS, "circuit.points-apart", "1 pairs of points are not connected"},
        {P WALL "point_file = onwall.txt\n", "circuit.point-nodata", "point 2 at column 2, row 1"},
        {"[x]\nscenario = one-to-all\noutput_file = o.out\n" WALL PTS, "circuit.point-alone",
         "2 points are not connected"},
        {A WALL "source_file = sources.txt\nground_file = west.txt\ncolour = green\n",
         "circuit.ini-unknown", "p.ini:8"},
    };
    (void)state;
    desk d = new_desk();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        gt_text t;
        assert_ok(d.ctx, run(&d, list[i].ini, false));
        assert_true(gt_notes_count_id(d.notes, list[i].id) > 0);
        gt_text_init(&t, d.ctx, SIZE_MAX / 2);
        gt_notes_render_all(d.notes, GT_LANG_EN, &t);
        if (strstr(gt_text_cstr(&t), list[i].where) == NULL) {
            print_message("wants %s in: %s\n", list[i].where, gt_text_cstr(&t));
        }
        assert_non_null(strstr(gt_text_cstr(&t), list[i].where));
        gt_text_free(&t);
    }
    free_desk(&d);
}

static double resistance(desk *d, const char *lines)
{
    num_list list;
    assert_ok(d->ctx, run(d, lines, false));
    assert_ok(d->ctx,
              num_list_read(d->ctx, test_path(d->dir, "o_resistances_3columns.out"), 3, &list));
    double r = list.v[2];
    num_list_free(d->ctx, &list);
    return r;
}

/* All cells are 1, which becomes 2, which becomes 4: four times the resistance. */
static void reclass(void **state)
{
    static const struct {
        const char *ini, *id, *where;
    } bad[] = {
        {P MAP PTS RC "twice.txt\n", "circuit.reclass-twice", "twice.txt:3"},
        {P MAP PTS RC "chars.txt\n", "circuit.not-a-number", "chars.txt:2"},
        {P MAP PTS RC "column.txt\n", "circuit.list-columns", "column.txt:1"},
        {P MAP PTS RC "tozero.txt\n", "circuit.resistance-zero", "column 1, row 1"},
        {P MAP PTS RC "tonone.txt\n", "circuit.no-nodes", "one.asc"},
        {P MAP PTS "use_reclass_table = True\n", "circuit.ini-missing", "reclass_file"},
    };
    (void)state;
    desk d = new_desk();
    double plain = resistance(&d, P MAP PTS);
    assert_near(resistance(&d, P MAP PTS RC "table.txt\n"), 4 * plain, 1e-9);
    assert_near(resistance(&d, P MAP PTS "reclass_file = table.txt\n"), plain, 0);
    /* nodata made a cell again: the wall is open */
    put(&d, "open.txt", "-9999 1\n");
    assert_near(resistance(&d, P WALL PTS RC "open.txt\n"), plain, 1e-9);
    /* networks: edges of 2 and 3 become 4 and 3 in a row */
    put(&d, "few.txt", "0\n2\n");
    put(&d, "edge.txt", "2 4\n");
    assert_near(resistance(&d, N "habitat_file = graph.txt\npoint_file = few.txt\n"), 5, 1e-9);
    assert_near(
        resistance(&d, N "habitat_file = graph.txt\npoint_file = few.txt\n" RC "edge.txt\n"), 7,
        1e-9);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(&d, bad[i].ini, false, GT_E_INPUT, bad[i].id, bad[i].where);
    }
    free_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(maps), cmocka_unit_test(points),
                                       cmocka_unit_test(settings), cmocka_unit_test(remarks),
                                       cmocka_unit_test(reclass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
