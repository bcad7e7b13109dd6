/* check FILE | --wkt WKT: does a subject conform? Exit 1 when it is denied. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "check_bulk.h"
#include "cli.h"
#include "guotu/actor.h"
#include "guotu/arena.h"
#include "guotu/check.h"
#include "guotu/map.h"
#include "guotu/source.h"
#include "messages.h"

enum { MAX_FACTS = CLI_MAX_VALUES };

static gt_status subject_from_wkt(cli *app, const gt_store *store, gt_geom *out)
{
    const char *wkt = cli_option_value(app, "wkt", "");
    const char *crs = cli_option_value(app, "crs", NULL);
    gt_crs *from = NULL;
    gt_transform *transform = NULL;
    gt_status st = gt_geom_from_wkt(app->ctx, wkt, strlen(wkt), out);
    if (st != GT_OK || crs == NULL) {
        return st;
    }
    st = gt_crs_new(app->ctx, crs, &from);
    if (st == GT_OK) {
        gt_datum_shift datum = GT_DATUM_AS_STATED;
        st = cli_get_datum(app, &datum);
        st = st != GT_OK ? st
                         : gt_transform_new(app->ctx, from, gt_store_crs(store), datum, &transform);
    }
    if (st == GT_OK) {
        st = gt_transform_points(app->ctx, transform, out->xy, out->n_points);
    }
    gt_transform_free(app->ctx, transform);
    gt_crs_free(app->ctx, from);
    return st;
}

/* What the file itself says of the subject. */
typedef struct file_facts {
    gt_fact list[MAX_FACTS];
    size_t n;
} file_facts;

static gt_status fact_from_value(cli *app, const gt_package *package, const char *name,
                                 const gt_value *v, gt_arena *arena, gt_fact *out)
{
    gt_text line;
    gt_text_init(&line, app->ctx, 0);
    gt_text_printf(&line, "%s=", name);
    if (v->kind == GT_VAL_TEXT) {
        gt_text_add(&line, v->text, v->len);
    } else if (v->kind == GT_VAL_INT) {
        gt_text_printf(&line, "%lld", (long long)v->integer);
    } else {
        gt_text_printf(&line, "%.17g", v->real);
    }
    gt_status st = gt_text_status(&line);
    if (st == GT_OK) {
        st = gt_fact_parse(app->ctx, package, cli_option_value(app, "type", "project"),
                           gt_text_cstr(&line), arena, out);
    }
    gt_text_free(&line);
    return st;
}

/* Attributes named as facts of the kind are facts, as with --bulk. */
static gt_status take_attributes(cli *app, const gt_package *package, const gt_source *source,
                                 const gt_value *values, gt_arena *arena, file_facts *out)
{
    const gt_source_info *info = gt_source_info_of(source);
    const gt_subject_kind *kind =
        gt_package_find_subject_kind(package, cli_option_value(app, "type", "project"));
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && kind != NULL && i < info->n_fields; i++) {
        for (size_t k = 0; st == GT_OK && k < kind->n_fields && out->n < MAX_FACTS; k++) {
            if (strcasecmp(info->fields[i].name, kind->fields[k].name) == 0 &&
                values[i].kind != GT_NULL &&
                !(values[i].kind == GT_VAL_TEXT && values[i].len == 0)) { /* empty: not known */
                st = fact_from_value(app, package, kind->fields[k].name, &values[i], arena,
                                     &out->list[out->n++]);
            }
        }
    }
    return st;
}

/* What load refuses gets no verdict: a ring that was open is not closed silently. */
static gt_status refuse_faults(cli *app, const char *path, const gt_source_feature *f)
{
    for (size_t i = 0; i < f->n_faults; i++) {
        const gt_source_fault *fault = &f->faults[i];
        if (fault->field == GT_FAULT_GEOMETRY || fault->field == GT_FAULT_RECORD) {
            return gt_fail(app->ctx, GT_E_INPUT, fault->message,
                           GT_PLACE(.file = path, .row = f->row, .has_xy = fault->has_xy,
                                    .x = fault->x, .y = fault->y),
                           fault->args);
        }
    }
    return GT_OK;
}

static gt_status subject_from_file(cli *app, const gt_package *package, gt_arena *arena,
                                   file_facts *facts, gt_geom *out)
{
    const char *path = app->operands[0];
    gt_source *source = NULL;
    gt_source_options o;
    gt_source_options_init(&o);
    o.crs = cli_option_value(app, "crs", NULL);
    o.layer = cli_option_value(app, "layer", NULL);
    o.encoding = cli_option_value(app, "encoding", NULL);
    o.target_crs = gt_package_crs(package);
    gt_status st = cli_get_datum(app, &o.datum);
    if (st == GT_OK) {
        st = gt_source_open(app->ctx, path, &o, &source);
    }
    if (st == GT_OK && gt_source_info_of(source)->crs_assumed && o.crs == NULL) {
        (void)fputs(cli_say(app, "guotu: 文件未声明坐标系，视为 WGS 84 经纬度（RFC 7946）\n",
                            "guotu: the file names no CRS: read as WGS 84 (RFC 7946)\n"),
                    stderr);
    }
    long long n = 0;
    bool more = true;
    while (st == GT_OK && more) {
        gt_source_feature f;
        st = gt_source_next(app->ctx, source, &f, &more);
        if (st == GT_OK && more && ++n == 1) {
            st = refuse_faults(app, path, &f);
            st = st == GT_OK && f.geom != NULL ? gt_geom_copy(app->ctx, f.geom, out) : st;
            if (st == GT_OK) {
                st = take_attributes(app, package, source, f.values, arena, facts);
                gt_fail_at(app->ctx, GT_PLACE(.file = path, .row = f.row));
            }
        }
    }
    gt_source_close(source);
    if (st == GT_OK && n != 1) {
        st = gt_fail(app->ctx, GT_E_INPUT, &CLI_MSG_SUBJECTS, GT_PLACE(.file = path),
                     GT_ARGS(GT_TEXT("file", path), GT_INT("n", n)));
    }
    return st;
}

static gt_status read_facts(cli *app, const gt_package *package, const char *kind, gt_arena *arena,
                            gt_fact *facts, size_t *n)
{
    for (int i = 0; i < app->n_values; i++) {
        if (strcmp(app->values[i].name, "set") != 0) {
            continue;
        }
        gt_status st =
            gt_fact_parse(app->ctx, package, kind, app->values[i].value, arena, &facts[*n]);
        if (st != GT_OK) {
            return st;
        }
        *n += 1;
    }
    return GT_OK;
}

/* -o FILE, or with --format text or json nothing for standard output. */
static gt_status get_output(cli *app, cli_format *format, const char **path)
{
    static const unsigned all =
        1U << CLI_TEXT | 1U << CLI_JSON | 1U << CLI_GPKG | 1U << CLI_PDF | 1U << CLI_PNG;
    gt_status st = cli_get_format(app, all, format);
    *path = cli_option_value(app, "o", NULL);
    if (st == GT_OK && *path == NULL && *format != CLI_TEXT && *format != CLI_JSON) {
        st = gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_FILE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("format", cli_option_value(app, "format", ""))));
    }
    return st;
}

static gt_status write_file(cli *app, const char *path, gt_text *text)
{
    gt_status st = gt_text_status(text);
    FILE *file = st == GT_OK ? fopen(path, "wb") : NULL;
    if (st == GT_OK && file == NULL) {
        return gt_fail_errno(app->ctx, errno, "fopen", path);
    }
    if (file != NULL) {
        bool bad = fwrite(gt_text_cstr(text), 1, text->len, file) != text->len;
        bad = fclose(file) != 0 || bad;
        st = bad ? gt_fail_errno(app->ctx, errno, "write", path) : GT_OK;
        gt_text_clear(text);
    }
    return st;
}

static gt_status picture(cli *app, gt_store *store, const gt_package *package,
                         const gt_verdict *verdict, const gt_subject *subject, const char *path)
{
    gt_verdict_picture_options o;
    gt_verdict_picture_options_init(app->ctx, &o);
    o.lang = app->lang;
    o.kind = subject->kind;
    o.day = gt_date_today();
    return gt_verdict_picture(app->ctx, store, package, verdict, &o, path);
}

/* A picture's kind follows the name of its file: a copy under the right ending is drawn. */
static gt_status draw(cli *app, gt_store *store, const gt_package *package,
                      const gt_verdict *verdict, const gt_subject *subject, cli_format format,
                      const char *path)
{
    const char *want = format == CLI_PDF ? ".pdf" : ".png";
    size_t n = strlen(path), m = strlen(want);
    if (n <= m || strcmp(path + n - m, want) != 0) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("value", path),
                               GT_TEXT("allowed", format == CLI_PDF ? "FILE.pdf" : "FILE.png")));
    }
    return picture(app, store, package, verdict, subject, path);
}

static gt_status put_verdict(cli *app, gt_store *store, const gt_package *package,
                             const gt_verdict *verdict, const gt_subject *subject,
                             cli_format format, const char *path)
{
    gt_status st = GT_OK;
    bool plain = format == CLI_TEXT || format == CLI_JSON;
    if (format == CLI_GPKG) {
        st = gt_verdict_write_gpkg(app->ctx, verdict, path);
    } else if (!plain) {
        st = draw(app, store, package, verdict, subject, format, path);
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_verdict_render_json(verdict, &app->out);
    } else if (st == GT_OK) {
        gt_verdict_render(verdict, app->lang, cli_has(app, "all"), &app->out);
    }
    if (st == GT_OK && plain && path != NULL) {
        st = write_file(app, path, &app->out);
    }
    if (st == GT_OK && cli_has(app, "picture")) {
        st = picture(app, store, package, verdict, subject, cli_option_value(app, "picture", ""));
    }
    return st;
}

static gt_status get_decision(cli *app, bool *wanted, gt_decision *out)
{
    const char *given = cli_option_value(app, "decide", NULL);
    *wanted = given != NULL;
    if (given == NULL) {
        return GT_OK;
    }
    for (int k = GT_DECIDE_ACCEPT; k <= GT_DECIDE_REFUSE; k++) {
        if (strcmp(given, gt_decision_name((gt_decision_kind)k)) == 0) {
            *out = (gt_decision){.kind = (gt_decision_kind)k,
                                 .actor = cli_actor(app),
                                 .reason = cli_option_value(app, "reason", NULL),
                                 .day = GT_DATE_NONE};
            return GT_OK;
        }
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", "decide"), GT_TEXT("value", given),
                           GT_TEXT("allowed", "accept, override, refuse")));
}

/* Records what was decided beside the verdict; then the answer is that of the decision. */
static gt_status decide(cli *app, gt_store *store, const gt_verdict *verdict,
                        const gt_decision *asked)
{
    gt_decision made = *asked, *decision = &made;
    char role[GT_ROLE_TEXT] = "", id[GT_DECISION_ID] = "";
    const char *unit = gt_verdict_unit(verdict);
    int64_t revision = 0;
    gt_status st = cli_actor_role(app, store, decision->actor, *unit == '\0' ? NULL : unit, role,
                                  &decision->may_override);
    decision->role = role;
    if (st == GT_OK) {
        st = gt_verdict_decide(app->ctx, store, verdict, decision, &revision, id);
    }
    if (st == GT_OK) {
        app->answer_no = decision->kind == GT_DECIDE_REFUSE;
        (void)fprintf(stderr,
                      cli_say(app, "已记录决定 %s（%s，修订 %lld）\n",
                              "decision recorded: %s (%s, revision %lld)\n"),
                      id, gt_decision_name(decision->kind), (long long)revision);
    }
    return st;
}

static gt_status judge(cli *app, gt_store *store, const gt_package *package, const gt_geom *geom,
                       const file_facts *stated, gt_arena *arena)
{
    gt_fact facts[2 * MAX_FACTS]; /* what --set says goes before what the file says */
    gt_checker *checker = NULL;
    gt_verdict *verdict = NULL;
    gt_check_options options;
    cli_format format = CLI_TEXT;
    const char *path = NULL;
    gt_decision decision = {0};
    bool deciding = false;
    gt_subject subject = {.kind = cli_option_value(app, "type", "project"),
                          .name = cli_option_value(app, "name", NULL),
                          .project = cli_option_value(app, "project", NULL),
                          .geom = geom,
                          .facts = facts};
    gt_check_options_init(&options);
    gt_status st = cli_get_date(app, "as-of", &options.as_of);
    if (st == GT_OK) {
        st = get_output(app, &format, &path);
    }
    if (st == GT_OK) {
        st = get_decision(app, &deciding, &decision);
    }
    if (st == GT_OK) {
        st = read_facts(app, package, subject.kind, arena, facts, &subject.n_facts);
        for (size_t i = 0; i < stated->n; i++) {
            facts[subject.n_facts++] = stated->list[i];
        }
    }
    if (st == GT_OK) {
        st = gt_checker_new(app->ctx, store, package, &checker);
    }
    if (st == GT_OK) {
        st = gt_checker_run(app->ctx, checker, &subject, &options, &verdict);
    }
    if (st == GT_OK) {
        gt_result result = gt_verdict_result(verdict);
        app->answer_no = result == GT_FAIL || (result == GT_UNDECIDABLE && cli_has(app, "strict"));
        st = put_verdict(app, store, package, verdict, &subject, format, path);
    }
    if (st == GT_OK && deciding) {
        st = decide(app, store, verdict, &decision);
    }
    gt_verdict_free(verdict);
    gt_checker_free(checker);
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_arena *arena = NULL;
    file_facts stated = {.n = 0};
    gt_geom geom;
    gt_geom_init(&geom);
    bool bulk = cli_has(app, "bulk");
    if ((int)cli_has(app, "wkt") + (int)(app->n_operands > 0) + (int)bulk != 1) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_SUBJECT, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = cli_open_store(app, !cli_has(app, "decide"), &store);
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    if (st == GT_OK) {
        st = gt_arena_new(app->ctx, 0, &arena);
    }
    if (st == GT_OK && bulk) {
        st = cli_check_bulk(app, store, package, arena);
    } else if (st == GT_OK) {
        st = cli_has(app, "wkt") ? subject_from_wkt(app, store, &geom)
                                 : subject_from_file(app, package, arena, &stated, &geom);
    }
    if (st == GT_OK && !bulk) {
        st = judge(app, store, package, &geom, &stated, arena);
    }
    gt_geom_free(app->ctx, &geom);
    gt_arena_free(arena);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"type", "T", {"对象类型（默认 project）", "kind of subject (default: project)"}, false},
    {"wkt",
     "WKT",
     {"直接给出边界（工作坐标系，或配合 --crs）",
      "the outline itself (working CRS, or with --crs)"},
     false},
    {"bulk",
     "FILE|LAYER",
     {"成批审查文件或图层中的全部对象（属性按名称作为事实）",
      "check every subject of a file or layer (columns named as facts are facts)"},
     false},
    {"set", "NAME=VALUE", {"对象的一项事实", "a fact of the subject"}, true},
    {"name",
     "TEXT",
     {"对象名称；--bulk 时为名称所在的列", "name of the subject; with --bulk: the column of names"},
     false},
    {"project",
     "ID",
     {"所属项目：各部分合并判断；--bulk 时为项目所在的列",
      "project it is a part of: judged with its parts; with --bulk: the column of projects"},
     false},
    {"decide",
     "accept|override|refuse",
     {"记录决定（override 须有权限）", "record a decision (override needs the power)"},
     false},
    {"reason", "TEXT", {"决定的理由", "why it was decided so"}, false},
    {"author", "NAME", {"作出决定的人", "who decides"}, false},
    {"as-of", "DATE", {"按该日的规则与地图", "by the rules and the map of that day"}, false},
    {"crs",
     "CRS",
     {"输入坐标系（默认：文件所述）", "CRS of the input (default: as the file says)"},
     false},
    {"datum", "gcj02|bd09", {"输入为火星/百度坐标", "the input is in a shifted web datum"}, false},
    {"layer", "NAME", {"文件中的图层", "layer of the file"}, false},
    {"encoding",
     "E",
     {"属性编码：UTF-8、GBK、GB18030", "attribute encoding: UTF-8, GBK, GB18030"},
     false},
    {"strict",
     NULL,
     {"无法判定也按“否”处理（退出码 1）", "what cannot be decided counts as no (exit code 1)"},
     false},
    {"all", NULL, {"连同通过的规则一并列出", "list the rules that hold, too"}, false},
    {"format",
     "text|json|gpkg|pdf|png",
     {"输出格式；gpkg、pdf、png 须有 -o", "output format; gpkg, pdf and png need -o"},
     false},
    {"o",
     "FILE",
     {"写入文件（--bulk 时为 .gpkg）", "write to this file (with --bulk: a .gpkg)"},
     false},
    {"picture",
     "FILE",
     {"另出一页图（.png 或 .pdf）", "also draw a one-page picture (.png or .pdf)"},
     false},
    {0},
};

const cli_verb CLI_CHECK = {
    .name = "check",
    .operands = "FILE | --wkt WKT | --bulk FILE",
    .max_operands = 1,
    .summary = {"审查一个对象是否符合规划", "does a parcel, project or conversion conform?"},
    .detail = {"逐条规则给出结论、条款、压占面积与符合办法。结论为“不符合”时退出码为 "
               "1；“无法判定”为 0，加 --strict 则为 1。\n"
               "文件中与事实同名的属性即为事实；--set 优先。",
               "Every rule gives a finding with its clause, the overlap and the way to comply.\n"
               "Exit code 1 when it is denied; 0 when it cannot be decided, with --strict 1.\n"
               "Attributes of FILE named as facts are facts; --set goes before."},
    .options = options,
    .run = run,
};
