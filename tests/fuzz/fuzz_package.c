/* The package reader on one hostile file: the first byte says which of the two YAML files of a
 * small package it replaces ('p' package.yaml, anything else more.yaml). Reading must end, leak
 * nothing, and give a package only when there is no mistake. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7.12 loses one 4 KiB buffer on some malformed quoted scalars; not ours to mend. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static const char head[] = "package: small\n"
                           "title: {zh: 包, en: Small}\n"
                           "version: '1'\n"
                           "crs: EPSG:4548\n"
                           "units: [{layer: districts, name: name}]\n"
                           "land: {layer: districts, classes: kinds}\n"
                           "plans: [{plan: AB, title: {zh: 规划, en: Plan}, status: final}]\n"
                           "clauses: clauses.csv\n"
                           "files: [base.yaml, more.yaml]\n";
static const char base[] =
    "- codes: kinds\n"
    "  title: {zh: 类, en: Kinds}\n"
    "  source: test\n"
    "  list: [{code: a, zh: 甲, en: A, big: farm}, {code: b, zh: 乙, en: B, parent: a}]\n"
    "- layer: districts\n"
    "  title: {zh: 区, en: Districts}\n"
    "  theme: base\n"
    "  geometry: polygon\n"
    "  source: test\n"
    "  fields: [{name: name, type: text, zh: 名称, en: Name}, {name: kind, codes: kinds, zh: 类, "
    "en: Kind}]\n"
    "- parameter: sliver\n"
    "  title: {zh: 碎屑, en: Sliver}\n"
    "  value: 1\n"
    "  unit: mu\n"
    "  range: {min: 0}\n"
    "  remark: {zh: 注, en: Note}\n"
    "- subject: project\n"
    "  title: {zh: 项目, en: Project}\n"
    "  facts: [{name: use, type: text, zh: 用途, en: Use, default: area_m2}]\n";
static const char more[] = "- view: v\n  title: {zh: 图, en: Map}\n  map: {show: districts}\n";
static const char clauses[] =
    "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
    "AB-001,1,rule,Title,词,Text,x>=1 m2@2025,city,binding\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = malloc(size);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    gt_file_text files[] = {{"package.yaml", head, sizeof head - 1},
                            {"base.yaml", base, sizeof base - 1},
                            {"more.yaml", more, sizeof more - 1},
                            {"clauses.csv", clauses, sizeof clauses - 1}};
    files[data[0] == 'p' ? 0 : 2] =
        (gt_file_text){data[0] == 'p' ? "package.yaml" : "more.yaml", text, size - 1};
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    if (ctx == NULL || gt_notes_new(ctx, 100, &notes) != GT_OK) {
        abort();
    }
    gt_status st = gt_package_read_memory(ctx, files, 4, notes, &package);
    bool faulty = gt_notes_count(notes, GT_INFO) > 0;
    if ((st == GT_OK) != (package != NULL) || (st == GT_OK) == faulty ||
        (st != GT_OK && st != GT_E_INPUT)) {
        abort();
    }
    gt_text out;
    gt_text_init(&out, ctx, 0);
    gt_notes_render_all(notes, GT_LANG_ZH, &out);
    gt_text_free(&out);
    gt_package_free(package);
    gt_notes_free(notes);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    free(text);
    return 0;
}
