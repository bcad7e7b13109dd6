/* What a recipe file may hold. */
#include "synth/input.h"
#include "synth/recipe_raw.h"

#define AT(type, member) offsetof(type, member)
#define KEYS(a)          (a), sizeof(a) / sizeof *(a)
#define REQ              GT_KEY_REQUIRED

static const gt_key part_keys[] = {
    {.name = "put", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_part, put)},
    {.name = "zh", .kind = GT_K_TEXT, .at = AT(raw_part, zh)},
    {.name = "en", .kind = GT_K_TEXT, .at = AT(raw_part, en)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_part, set)},
    {.name = "area", .kind = GT_K_AREA, .at = AT(raw_part, m2)},
    {.name = "share", .kind = GT_K_SHARE, .at = AT(raw_part, share)},
    {.name = "rest", .kind = GT_K_BOOL, .at = AT(raw_part, rest)},
    {.name = "units", .kind = GT_K_TEXTS, .at = AT(raw_part, units)},
    {.name = "in", .kind = GT_K_TEXT, .at = AT(raw_part, in)},
    {.name = "not_in", .kind = GT_K_TEXT, .at = AT(raw_part, not_in)},
    {.name = "classes", .kind = GT_K_TEXTS, .at = AT(raw_part, classes)},
    {.name = "having", .kind = GT_K_TEXT, .at = AT(raw_part, having)},
    {.name = "score", .kind = GT_K_TEXT, .at = AT(raw_part, score)},
    {.name = "smooth", .kind = GT_K_INT, .at = AT(raw_part, smooth), .min = 0, .max = 20},
    {.name = "at", .kind = GT_K_TEXTS, .at = AT(raw_part, at)},
};
static const gt_schema part_schema = {"part", KEYS(part_keys), sizeof(raw_part)};

static const gt_word zone_kinds[] = {
    {"parts", SY_Z_PARTS}, {"territories", SY_Z_TERRITORIES}, {"towns", SY_Z_TOWNS}, {NULL, 0}};
static const gt_key zone_keys[] = {
    {.name = "layer", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_zone, layer)},
    {.name = "kind",
     .kind = GT_K_WORD,
     .flags = REQ,
     .at = AT(raw_zone, kind),
     .extra = zone_kinds},
    {.name = "by_unit", .kind = GT_K_BOOL, .at = AT(raw_zone, by_unit)},
    {.name = "whole", .kind = GT_K_BOOL, .at = AT(raw_zone, whole)},
    {.name = "hidden", .kind = GT_K_BOOL, .at = AT(raw_zone, hidden)},
    {.name = "since", .kind = GT_K_INT, .at = AT(raw_zone, since), .min = 1900, .max = 2100},
    {.name = "prefix", .kind = GT_K_TEXT, .at = AT(raw_zone, prefix)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_zone, set)},
    {.name = "parts", .kind = GT_K_LIST, .at = AT(raw_zone, parts), .extra = &part_schema},
};
static const gt_schema zone_schema = {"zone", KEYS(zone_keys), sizeof(raw_zone)};

static const gt_key track_keys[] = {
    {.name = "layer", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_track, layer)},
    {.name = "dated", .kind = GT_K_BOOL, .at = AT(raw_track, dated)},
    {.name = "since", .kind = GT_K_INT, .at = AT(raw_track, since), .min = 1900, .max = 2100},
    {.name = "prefix", .kind = GT_K_TEXT, .at = AT(raw_track, prefix)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_track, set)},
    {.name = "parts",
     .kind = GT_K_LIST,
     .flags = REQ,
     .at = AT(raw_track, parts),
     .extra = &part_schema},
};
static const gt_schema track_schema = {"track", KEYS(track_keys), sizeof(raw_track)};

static const gt_key course_keys[] = {
    {.name = "river", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_course, code)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_course, title.zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_course, title.en)},
    {.name = "course", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_course, course)},
};
static const gt_schema course_schema = {"river", KEYS(course_keys), sizeof(raw_course)};

static const gt_key lake_keys[] = {
    {.name = "at", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_spot, at)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_spot, title.zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_spot, title.en)},
    {.name = "area", .kind = GT_K_AREA, .flags = REQ, .at = AT(raw_spot, m2)},
};
static const gt_schema lake_schema = {"lake", KEYS(lake_keys), sizeof(raw_spot)};

static const gt_key pull_keys[] = {
    {.name = "at", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_spot, at)},
    {.name = "weight",
     .kind = GT_K_REAL,
     .flags = REQ,
     .at = AT(raw_spot, weight),
     .min = 0,
     .max = 100},
    {.name = "radius", .kind = GT_K_LENGTH, .flags = REQ, .at = AT(raw_spot, radius)},
};
static const gt_schema pull_schema = {"pull", KEYS(pull_keys), sizeof(raw_spot)};

static const gt_key site_keys[] = {
    {.name = "at", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_spot, at)},
    {.name = "radius", .kind = GT_K_LENGTH, .flags = REQ, .at = AT(raw_spot, radius)},
};
static const gt_schema site_schema = {"site", KEYS(site_keys), sizeof(raw_spot)};

static const gt_key ribbon_keys[] = {
    {.name = "layer", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_ribbon, layer)},
    {.name = "prefix", .kind = GT_K_TEXT, .at = AT(raw_ribbon, prefix)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_ribbon, set)},
    {.name = "width", .kind = GT_K_LENGTH, .flags = REQ, .at = AT(raw_ribbon, width)},
};
static const gt_schema ribbon_schema = {"ribbon", KEYS(ribbon_keys), sizeof(raw_ribbon)};

static const gt_key line_keys[] = {
    {.name = "put", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_line, put)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_line, title.zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_line, title.en)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_line, set)},
    {.name = "course", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_line, course)},
};
static const gt_schema line_schema = {"line", KEYS(line_keys), sizeof(raw_line)};

static const gt_key drawn_keys[] = {
    {.name = "layer", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_drawn, layer)},
    {.name = "prefix", .kind = GT_K_TEXT, .at = AT(raw_drawn, prefix)},
    {.name = "set", .kind = GT_K_TEXTS, .at = AT(raw_drawn, set)},
    {.name = "parts",
     .kind = GT_K_LIST,
     .flags = REQ,
     .at = AT(raw_drawn, parts),
     .extra = &line_schema},
};
static const gt_schema drawn_schema = {"layer of lines", KEYS(drawn_keys), sizeof(raw_drawn)};

static const gt_key group_keys[] = {
    {.name = "units", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_group, units)},
    {.name = "set", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_group, set)},
};
static const gt_schema group_schema = {"group of districts", KEYS(group_keys), sizeof(raw_group)};

static const gt_key change_keys[] = {
    {.name = "year",
     .kind = GT_K_INT,
     .flags = REQ,
     .at = AT(raw_change, year),
     .min = 1950,
     .max = 2100},
    {.name = "from", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_change, from)},
    {.name = "to", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_change, to)},
    {.name = "area", .kind = GT_K_AREA, .flags = REQ, .at = AT(raw_change, m2)},
};
static const gt_schema change_schema = {"change", KEYS(change_keys), sizeof(raw_change)};

static const gt_key grid_keys[] = {
    {.name = "grid", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_grid, id)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_grid, title.zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_grid, title.en)},
    {.name = "unit", .kind = GT_K_TEXT, .at = AT(raw_grid, unit)},
    {.name = "relief", .kind = GT_K_BOOL, .at = AT(raw_grid, relief)},
    {.name = "value", .kind = GT_K_TEXT, .at = AT(raw_grid, score)},
    {.name = "least", .kind = GT_K_REAL, .at = AT(raw_grid, least), .min = -1e9, .max = 1e9},
    {.name = "most", .kind = GT_K_REAL, .at = AT(raw_grid, most), .min = -1e9, .max = 1e9},
    {.name = "whole", .kind = GT_K_BOOL, .at = AT(raw_grid, whole)},
};
static const gt_schema grid_schema = {"grid", KEYS(grid_keys), sizeof(raw_grid)};

static const gt_key total_keys[] = {
    {.name = "total", .kind = GT_K_NAME, .flags = REQ, .at = AT(raw_total, id)},
    {.name = "zh", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_total, zh)},
    {.name = "en", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_total, en)},
    {.name = "clause", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_total, clause)},
    {.name = "area", .kind = GT_K_AREA, .at = AT(raw_total, m2)},
    {.name = "share", .kind = GT_K_SHARE, .at = AT(raw_total, share)},
    {.name = "tolerance", .kind = GT_K_SHARE, .at = AT(raw_total, tolerance)},
    {.name = "of", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_total, of)},
    {.name = "in", .kind = GT_K_TEXT, .at = AT(raw_total, in)},
    {.name = "units", .kind = GT_K_TEXTS, .at = AT(raw_total, units)},
};
static const gt_schema total_schema = {"total", KEYS(total_keys), sizeof(raw_total)};

/* ---- data: where the real things come from
 * ---------------------------------------------------------- */

static const gt_key file_keys[] = {
    {.name = "file", .kind = GT_K_TEXT, .flags = REQ, .at = AT(sy_file, file)},
    {.name = "note", .kind = GT_K_TEXT, .flags = REQ, .at = AT(sy_file, note)},
    {.name = "layer", .kind = GT_K_TEXT, .at = AT(sy_file, layer)},
    {.name = "datum", .kind = GT_K_TEXT, .at = AT(sy_file, datum)},
    {.name = "code", .kind = GT_K_TEXT, .at = AT(sy_file, code)},
    {.name = "name", .kind = GT_K_TEXT, .at = AT(sy_file, name)},
    {.name = "unit", .kind = GT_K_TEXT, .at = AT(sy_file, unit)},
    {.name = "crs", .kind = GT_K_CRS, .at = AT(sy_file, crs)},
    {.name = "as_is", .kind = GT_K_BOOL, .at = AT(sy_file, as_is)},
    {.name = "ramp", .kind = GT_K_TEXTS, .at = AT(sy_file, ramp)},
};
static const gt_schema file_schema = {"file", KEYS(file_keys), sizeof(sy_file)};

#define FILES(key, member)                                                                         \
    {                                                                                              \
        .name = (key), .kind = GT_K_LIST, .flags = REQ, .at = AT(sy_data_list, member),            \
        .extra = &file_schema                                                                      \
    }
static const gt_key data_keys[] = {
    FILES("districts", districts),
    FILES("towns", towns),
    FILES("relief", relief),
};
const gt_schema sy_data_schema = {"data", KEYS(data_keys), sizeof(sy_data_list)};

#define LIST(key, member, schema)                                                                  \
    {                                                                                              \
        .name = (key), .kind = GT_K_LIST, .at = AT(raw_recipe, member), .extra = &(schema)         \
    }
static const gt_key recipe_keys[] = {
    {.name = "recipe", .kind = GT_K_ID, .flags = REQ, .at = AT(raw_recipe, id)},
    {.name = "centre", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_recipe, centre)},
    {.name = "density", .kind = GT_K_TEXT, .flags = REQ, .at = AT(raw_recipe, density)},
    {.name = "base_year",
     .kind = GT_K_INT,
     .flags = REQ,
     .at = AT(raw_recipe, base_year),
     .min = 1950,
     .max = 2100},
    {.name = "years", .kind = GT_K_TEXTS, .flags = REQ, .at = AT(raw_recipe, years)},
    {.name = "rings", .kind = GT_K_TEXTS, .at = AT(raw_recipe, rings)},
    {.name = "data", .kind = GT_K_ANY},
    LIST("rivers", rivers, course_schema),
    LIST("lakes", lakes, lake_schema),
    LIST("pulls", pulls, pull_schema),
    LIST("sites", sites, site_schema),
    LIST("zones", zones, zone_schema),
    LIST("tracks", tracks, track_schema),
    LIST("districts", groups, group_schema),
    LIST("ribbons", ribbons, ribbon_schema),
    LIST("lines", lines, drawn_schema),
    {.name = "grid_cell", .kind = GT_K_LENGTH, .at = AT(raw_recipe, grid_cell)},
    LIST("grids", grids, grid_schema),
    LIST("changes", changes, change_schema),
    LIST("totals", totals, total_schema),
};
const gt_schema sy_recipe_schema = {"recipe", KEYS(recipe_keys), sizeof(raw_recipe)};
