/* QC reports: text for people, JSON for programs, a GeoPackage of points for the map. The JSON's
 * schema (guotu.qc/1) is described in docs/reference/qc-report.md; keep both together. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/source.h"
#include "store/qc.h"
#include "store/qc_messages.h"

typedef struct report {
    gt_ctx *ctx;
    const gt_notes *notes;
    const gt_qc_report_info *info;
    gt_text path, temp, line;
    FILE *file;
} report;

/* ---- files: written beside, then renamed ----------------------------------------------------- */

static gt_status begin(report *r, const char *dir, const char *stem, const char *ending)
{
    gt_text_clear(&r->path);
    gt_text_printf(&r->path, "%s/%s.%s", dir, stem, ending);
    gt_text_clear(&r->temp);
    gt_text_printf(&r->temp, "%s.part", gt_text_cstr(&r->path));
    gt_status st = gt_text_status(&r->temp);
    if (st != GT_OK) {
        return st;
    }
    r->file = fopen(gt_text_cstr(&r->temp), "we");
    if (r->file == NULL) {
        return gt_fail_errno(r->ctx, errno, "write", gt_text_cstr(&r->temp));
    }
    return GT_OK;
}

static gt_status end(report *r, gt_status st)
{
    bool bad = ferror(r->file) != 0;
    int err = errno;
    if (fclose(r->file) != 0) {
        bad = true;
        err = errno;
    }
    r->file = NULL;
    if (st == GT_OK && bad) {
        st = gt_fail_errno(r->ctx, err, "write", gt_text_cstr(&r->temp));
    }
    if (st == GT_OK && rename(gt_text_cstr(&r->temp), gt_text_cstr(&r->path)) != 0) {
        st = gt_fail_errno(r->ctx, errno, "rename", gt_text_cstr(&r->path));
    }
    if (st != GT_OK) {
        (void)unlink(gt_text_cstr(&r->temp));
    }
    return st;
}

static gt_status put_line(report *r)
{
    (void)fwrite(gt_text_cstr(&r->line), 1, r->line.len, r->file);
    gt_status st = gt_text_status(&r->line);
    gt_text_clear(&r->line);
    return st;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* The report for people is in their language; the JSON keeps the words. */
static const char *verdict_zh(const char *verdict)
{
    static const char *const words[][2] = {{"passed", "通过"},
                                           {"refused", "拒收，一张图未作更改"},
                                           {"repaired", "修复后通过"},
                                           {"checked", "仅质检，未写入"}};
    for (size_t i = 0; verdict != NULL && i < sizeof words / sizeof *words; i++) {
        if (strcmp(verdict, words[i][0]) == 0) {
            return words[i][1];
        }
    }
    return verdict;
}

static void head_line(gt_text *t, bool zh, const char *zh_name, const char *en_name,
                      const char *value)
{
    if (value != NULL && *value != '\0') {
        gt_text_printf(t, zh ? "%s：%s\n" : "%s: %s\n", zh ? zh_name : en_name, value);
    }
}

static gt_status write_text(report *r, const char *dir, const char *stem)
{
    const gt_qc_report_info *i = r->info;
    gt_lang lang = gt_ctx_lang(r->ctx);
    bool zh = lang == GT_LANG_ZH;
    size_t errors = gt_notes_count(r->notes, GT_ERROR),
           warnings = gt_notes_count(r->notes, GT_WARNING);
    size_t total = gt_notes_count(r->notes, GT_INFO), kept = gt_notes_kept(r->notes);
    gt_status st = begin(r, dir, stem, "txt");
    if (st != GT_OK) {
        return st;
    }
    gt_text_puts(&r->line, zh ? "数据质检报告\n" : "Quality report\n");
    head_line(&r->line, zh, "图层", "layer", i->layer);
    head_line(&r->line, zh, "文件", "file", i->file);
    head_line(&r->line, zh, "坐标系", "coordinate system", i->crs);
    head_line(&r->line, zh, "结论", "verdict", zh ? verdict_zh(i->verdict) : i->verdict);
    gt_text_printf(&r->line,
                   zh ? "要素 %lld 个；错误 %zu 条，警告 %zu 条，提示 %zu 条\n\n"
                      : "%lld features; %zu errors, %zu warnings, %zu remarks\n\n",
                   (long long)i->n_features, errors, warnings - errors, total - warnings);
    st = put_line(r);
    for (size_t k = 0; k < kept && st == GT_OK; k++) {
        gt_notes_render(r->notes, k, lang, &r->line);
        st = put_line(r);
    }
    if (st == GT_OK && total > kept) {
        gt_text_printf(&r->line, zh ? "……另有 %zu 条未列出\n" : "... and %zu more, not listed\n",
                       total - kept);
        st = put_line(r);
    }
    return end(r, st);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void member(gt_text *t, const char *name, const char *value)
{
    gt_text_printf(t, "\"%s\":", name);
    gt_text_json_string(t, value);
    gt_text_puts(t, ",\n");
}

static gt_status write_json(report *r, const char *dir, const char *stem)
{
    const gt_qc_report_info *i = r->info;
    size_t errors = gt_notes_count(r->notes, GT_ERROR),
           warnings = gt_notes_count(r->notes, GT_WARNING);
    size_t total = gt_notes_count(r->notes, GT_INFO), kept = gt_notes_kept(r->notes);
    gt_status st = begin(r, dir, stem, "json");
    if (st != GT_OK) {
        return st;
    }
    gt_text_puts(&r->line, "{\"schema\":\"guotu.qc/1\",\n");
    member(&r->line, "layer", i->layer);
    member(&r->line, "file", i->file);
    member(&r->line, "crs", i->crs);
    member(&r->line, "verdict", i->verdict);
    gt_text_printf(&r->line,
                   "\"features\":%lld,\n\"revision\":%lld,\n"
                   "\"counts\":{\"error\":%zu,\"warning\":%zu,\"info\":%zu},\n\"listed\":%zu,\n"
                   "\"findings\":[",
                   (long long)i->n_features, (long long)i->revision, errors, warnings - errors,
                   total - warnings, kept);
    st = put_line(r);
    for (size_t k = 0; k < kept && st == GT_OK; k++) {
        gt_text_puts(&r->line, k == 0 ? "\n" : ",\n");
        gt_notes_render_json(r->notes, k, gt_ctx_lang(r->ctx), &r->line);
        st = put_line(r);
    }
    gt_text_puts(&r->line, "\n]}\n");
    if (st == GT_OK) {
        st = put_line(r);
    }
    return end(r, st);
}

/* ---- GeoPackage ------------------------------------------------------------------------------ */

enum { F_SEVERITY = 0, F_ID, F_MESSAGE, F_FEATURE, F_ROW, F_FIELD, N_FIELDS };

static const gt_field fields[N_FIELDS] = {
    [F_SEVERITY] = {.name = "severity", .title = {"级别", "severity"}, .type = GT_FIELD_TEXT},
    [F_ID] = {.name = "rule", .title = {"规则", "rule"}, .type = GT_FIELD_TEXT},
    [F_MESSAGE] = {.name = "message", .title = {"说明", "message"}, .type = GT_FIELD_TEXT},
    [F_FEATURE] = {.name = "feature", .title = {"要素", "feature"}, .type = GT_FIELD_TEXT},
    [F_ROW] = {.name = "row", .title = {"行号", "row"}, .type = GT_FIELD_INT},
    [F_FIELD] = {.name = "field", .title = {"字段", "field"}, .type = GT_FIELD_TEXT},
};

static const gt_standard findings_standard = {.id = "qc_findings",
                                              .title = {"质检结果", "QC findings"},
                                              .theme = "qc",
                                              .geom_type = GT_POINT,
                                              .fields = fields,
                                              .n_fields = N_FIELDS};

static gt_value text_value(const char *text)
{
    gt_value v = {.kind = text == NULL ? GT_NULL : GT_VAL_TEXT, .text = text};
    v.len = text == NULL ? 0 : strlen(text);
    return v;
}

static gt_status put_point(report *r, gt_sink *sink, size_t k, uint8_t **blob, size_t *cap)
{
    gt_severity severity;
    const gt_message *message;
    const gt_place *place;
    double xy[2];
    gt_notes_get(r->notes, k, &severity, &message, &place);
    if (!place->has_xy || !isfinite(place->x) || !isfinite(place->y)) {
        return GT_OK;
    }
    xy[0] = place->x;
    xy[1] = place->y;
    gt_geom point = {.type = GT_POINT, .xy = xy, .n_points = 1};
    gt_notes_render_message(r->notes, k, gt_ctx_lang(r->ctx), &r->line);
    gt_value values[N_FIELDS];
    values[F_SEVERITY] = text_value(severity == GT_ERROR     ? "error"
                                    : severity == GT_WARNING ? "warning"
                                                             : "info");
    values[F_ID] = text_value(message->id);
    values[F_MESSAGE] = text_value(gt_text_cstr(&r->line));
    values[F_FEATURE] = text_value(place->feature);
    values[F_ROW] = (gt_value){.kind = GT_VAL_INT, .integer = place->row};
    values[F_FIELD] = text_value(place->field);
    gt_feature f = {.id = place->feature,
                    .valid_from = GT_DATE_NONE,
                    .valid_to = GT_DATE_NONE,
                    .box = {place->x, place->y, place->x, place->y},
                    .values = values,
                    .n_values = N_FIELDS};
    gt_status st = gt_geom_to_gpkg(r->ctx, &point, 0, blob, cap, &f.blob_len);
    if (st == GT_OK) {
        f.blob = *blob;
        st = gt_sink_put(r->ctx, sink, &f);
    }
    gt_text_clear(&r->line);
    return st;
}

static gt_status write_points(report *r, const char *dir, const char *stem)
{
    gt_sink *sink = NULL;
    uint8_t *blob = NULL;
    size_t cap = 0, places = 0;
    for (size_t k = 0; k < gt_notes_kept(r->notes); k++) {
        const gt_place *place;
        gt_notes_get(r->notes, k, NULL, NULL, &place);
        places += place->has_xy;
    }
    if (places == 0 || r->info->crs == NULL) {
        return GT_OK;
    }
    gt_text_clear(&r->path);
    gt_text_printf(&r->path, "%s/%s.gpkg", dir, stem);
    gt_status st = gt_sink_open(r->ctx, gt_text_cstr(&r->path), "GPKG", findings_standard.id,
                                &findings_standard, r->info->crs, NULL, &sink);
    for (size_t k = 0; k < gt_notes_kept(r->notes) && st == GT_OK; k++) {
        st = put_point(r, sink, k, &blob, &cap);
    }
    gt_free(r->ctx, blob);
    if (st != GT_OK) {
        gt_sink_abort(sink);
        return st;
    }
    return gt_sink_close(r->ctx, sink);
}

gt_status gt_qc_report_write(gt_ctx *ctx, const gt_notes *notes, const gt_qc_report_info *info,
                             const char *dir, const char *stem)
{
    report r = {.ctx = ctx, .notes = notes, .info = info};
    gt_text_init(&r.path, ctx, 8192);
    gt_text_init(&r.temp, ctx, 8192);
    gt_text_init(&r.line, ctx, 0);
    gt_status st = GT_OK;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        st = gt_fail_errno(ctx, errno, "make the folder", dir);
    }
    if (st == GT_OK) {
        st = write_text(&r, dir, stem);
    }
    if (st == GT_OK) {
        st = write_json(&r, dir, stem);
    }
    if (st == GT_OK) {
        st = write_points(&r, dir, stem);
    }
    gt_text_free(&r.path);
    gt_text_free(&r.temp);
    gt_text_free(&r.line);
    return st;
}
