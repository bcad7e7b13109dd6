/* The picture of a verdict: head, map of the subject, table of findings. */
#include "report/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/messages.h"
#include "report/sheet.h"

static const double A4_W = 595.28;
static const double A4_H = 841.89;
static const double MAP_H = 300; /* frame height, points */

void gt_map_verdict_options_init(gt_ctx *ctx, gt_map_verdict_options *options)
{
    *options = (gt_map_verdict_options){.size = sizeof *options,
                                        .dpi = 150,
                                        .lang = gt_ctx_lang(ctx),
                                        .m2 = NAN,
                                        .result = GT_UNDECIDABLE};
}

/* ---- plan ---- */

static gt_word result_word(gt_result result)
{
    switch (result) {
    case GT_PASS:
        return GT_WORD_PASS;
    case GT_FAIL:
        return GT_WORD_FAIL;
    case GT_UNDECIDABLE:
        return GT_WORD_UNDECIDABLE;
    }
    return GT_WORD_UNDECIDABLE;
}

/* "1 not met" or "不符合 1 项", after a comma when something stands there already. */
static void add_count(char *out, size_t room, const char *const words[2], gt_lang lang, int n)
{
    size_t used = strlen(out);
    bool zh = lang == GT_LANG_ZH;
    if (zh) {
        (void)snprintf(out + used, room - used, "%s%s %d 项", used > 0 ? "，" : "", words[1], n);
    } else {
        (void)snprintf(out + used, room - used, "%s%d %s", used > 0 ? ", " : "", n, words[0]);
    }
}

/* Every finding is counted once: what happens by its effect, what is open, what holds. */
void gt_verdict_summary(const gt_map_verdict_options *o, char *out, size_t room)
{
    enum { EFFECTS = 4 };
    static const char *const happening[EFFECTS][2] = {{"not met", "不符合"},
                                                      {"conditional", "附条件"},
                                                      {"with a duty", "须履行义务"},
                                                      {"noted", "提示"}};
    static const char *const open[2] = {"undecidable", "无法判定"};
    static const char *const met[2] = {"met", "符合"};
    int happens[EFFECTS] = {0};
    int unknown = 0;
    int pass = o->n_passed;
    for (size_t i = 0; i < o->n_findings; i++) {
        const gt_map_finding *f = &o->findings[i];
        happens[f->effect] += f->result == GT_FAIL ? 1 : 0;
        unknown += f->result == GT_UNDECIDABLE ? 1 : 0;
        pass += f->result == GT_PASS ? 1 : 0;
    }
    out[0] = '\0';
    for (int k = 0; k < EFFECTS; k++) {
        if (k == GT_DENY || happens[k] > 0) {
            add_count(out, room, happening[k], o->lang, happens[k]);
        }
    }
    add_count(out, room, open, o->lang, unknown);
    add_count(out, room, met, o->lang, pass);
}

static void fill_texts(sheet *s)
{
    const gt_map_verdict_options *o = s->o;
    gt_verdict_page *p = &s->page;
    char area[GT_NUMBER_TEXT];
    char mu[GT_NUMBER_TEXT];
    gt_area_texts(o->m2, o->lang, area, mu);
    const char *kind = gt_title_in(o->subject_kind, o->lang);
    bool zh = o->lang == GT_LANG_ZH;
    bool named = o->subject != NULL && o->subject[0] != '\0';
    (void)snprintf(p->subject_text, sizeof p->subject_text, "%.60s%s%.300s%s%s%s%s%s",
                   kind[0] != '\0' ? kind : gt_word_of(GT_WORD_SUBJECT, o->lang),
                   !named ? ""
                   : zh   ? "："
                          : ": ",
                   named ? o->subject : "", area[0] != '\0' ? (zh ? "，" : ", ") : "", area,
                   area[0] != '\0' ? (zh ? "（" : " (") : "", mu,
                   area[0] != '\0' ? (zh ? "）" : ")") : "");
    gt_verdict_summary(o, p->summary_text, sizeof p->summary_text);
}

/* As many names as fit, and how many more there are. */
static void fill_warning(sheet *s, double width)
{
    enum { MOST_NAMES = 40 };
    const gt_map_verdict_options *o = s->o;
    gt_verdict_page *p = &s->page;
    gt_face face = p->warning_face;
    bool fits = false;
    face.width = width;
    if (o->generated == NULL) {
        gt_warning_text(&s->map, p->warning_text, sizeof p->warning_text);
        return;
    }
    for (size_t n = o->n_generated < MOST_NAMES ? o->n_generated : MOST_NAMES; n > 0 && !fits;
         n--) {
        char more[64] = "";
        p->warning_text[0] = '\0';
        for (size_t i = 0; i < n; i++) {
            gt_warning_add(o->generated[i], o->lang, p->warning_text, sizeof p->warning_text);
        }
        if (n < o->n_generated) {
            gt_word_count(GT_WORD_MORE_LAYERS, o->lang, o->n_generated - n, more, sizeof more);
        }
        size_t used = strlen(p->warning_text);
        fits = used + sizeof more < sizeof p->warning_text;
        if (fits) {
            memcpy(p->warning_text + used, more, strlen(more) + 1);
            fits = !gt_type_measure(s->type, &face, p->warning_text).cut;
        }
    }
}

static void set_faces(gt_verdict_page *p)
{
    gt_rgb dark = gt_rgb_of(0x23231F);
    p->title_face = (gt_face){.size = 16, .bold = true, .align = -1, .lines = 2, .color = dark};
    p->subject_face = (gt_face){.size = 9, .align = -1, .lines = 2, .color = gt_rgb_of(0x3A3A36)};
    p->summary_face = (gt_face){.size = 7.6, .align = -1, .lines = 1, .color = gt_rgb_of(0x66665F)};
    p->warning_face =
        (gt_face){.size = 7.4, .bold = true, .align = -1, .lines = 4, .color = gt_rgb_of(0x7A4A00)};
    p->foot_face = (gt_face){.size = 6.4, .align = -1, .lines = 2, .color = gt_rgb_of(0x77776F)};
}

static gt_rect stack(gt_type *type, gt_face *face, const char *text, double x, double *y, double w)
{
    face->width = w;
    gt_extent e = gt_type_measure(type, face, text);
    gt_rect r = {x, *y, w, e.h};
    *y += e.h;
    return r;
}

static const char *title_of(const gt_map_verdict_options *o)
{
    const char *title = gt_title_in(o->title, o->lang);
    return title[0] != '\0' ? title : gt_word_of(GT_WORD_VERDICT, o->lang);
}

/* Everything above the table. */
static void plan_head(sheet *s)
{
    gt_verdict_page *p = &s->page;
    const gt_map_verdict_options *o = s->o;
    double px = o->dpi / 72;
    p->w = A4_W;
    p->margin = 36;
    set_faces(p);
    fill_texts(s);
    double wide = p->w - 2 * p->margin;
    fill_warning(s, wide - 25);
    gt_face badge = {.size = 12, .bold = true, .lines = 1};
    gt_extent b = gt_type_measure(s->type, &badge, gt_word_of(result_word(o->result), o->lang));
    double y = 30;
    p->badge = (gt_rect){p->w - p->margin - b.w - 20, y, b.w + 20, b.h + 8};
    double text_w = wide - p->badge.w - 14;
    p->title = stack(s->type, &p->title_face, title_of(o), p->margin, &y, text_w);
    p->subject = stack(s->type, &p->subject_face, p->subject_text, p->margin, &y, text_w);
    y = fmax(y, p->badge.y + p->badge.h) + 1;
    p->summary = stack(s->type, &p->summary_face, p->summary_text, p->margin, &y, wide);
    y += 4;
    if (p->warning_text[0] != '\0') {
        double top = y;
        y += 2.5;
        p->warning =
            stack(s->type, &p->warning_face, p->warning_text, p->margin + 21, &y, wide - 25);
        p->warning = (gt_rect){p->margin, top, wide, p->warning.h + 5};
        y += 2.5 + 4;
    }
    double g = gt_grid_gutter(GT_GRID_AUTO, 1);
    gt_rect frame = {p->margin + g, y + g, wide - 2 * g, MAP_H};
    p->frame = gt_align(frame, px);
    y += MAP_H + 2 * g + 4;
    double high = fmin(gt_legend_guess(&s->map, wide, 0.85), 110);
    p->legend = (gt_rect){p->margin, y, wide, high};
    y += high + 9;
    p->table_y = y;
    p->foot_face.width = wide - 60;
    double foot_h =
        fmax(gt_type_measure(s->type, &p->foot_face, gt_title_in(o->note, o->lang)).h, 9);
    p->foot = (gt_rect){p->margin, 0, wide, foot_h};
}

/* How many rows from `first` on fit into `room`, heading included. */
static size_t rows_that_fit(const gt_table *t, size_t first, double room)
{
    double y = t->head_h;
    size_t n = 0;
    while (first + n < t->n && y + t->rows[first + n].h <= room) {
        y += t->rows[first + n].h;
        n++;
    }
    return n;
}

static const double FOOT_GAP = 26; /* from the foot to the edge of the page */
static const double LINE_H = 14;   /* a line below the table */

static double below_table(const sheet *s)
{
    return s->page.foot.h + FOOT_GAP + 8;
}

static double rows_h(const gt_table *t, size_t first, size_t n)
{
    double h = t->head_h;
    for (size_t i = first; i < first + n; i++) {
        h += t->rows[i].h;
    }
    return h;
}

static const double CLAUSES_GAP = 10; /* between the table and the clauses */

/* Where clause i begins: *y on this page, or the top of the next (true). The first brings the
 * heading along. */
static bool clause_turns(const sheet *s, size_t i, double *y)
{
    double h = s->clauses.h[i] + (i == 0 ? s->clauses.head_h : 0);
    bool turns = *y + h > A4_H - below_table(s);
    *y = turns ? s->page.margin : *y;
    return turns;
}

static void plan_clauses(sheet *s, double y)
{
    y += CLAUSES_GAP;
    for (size_t i = 0; i < s->clauses.n; i++) {
        s->page.n_pages += clause_turns(s, i, &y) ? 1 : 0;
        y += s->clauses.h[i] + (i == 0 ? s->clauses.head_h : 0);
    }
}

/* Rows to pages; the page's size stands. */
static void plan_rows(sheet *s)
{
    gt_verdict_page *p = &s->page;
    double below = below_table(s);
    p->n_pages = 1;
    if (s->kind == GT_CANVAS_PDF) {
        p->first_page_rows = rows_that_fit(&s->table, 0, A4_H - below - p->table_y);
        size_t done = p->first_page_rows;
        double y = p->table_y + rows_h(&s->table, 0, done) + (s->table.n == 0 ? LINE_H : 0);
        while (done < s->table.n) {
            size_t n = rows_that_fit(&s->table, done, A4_H - below - p->margin);
            n = n == 0 ? 1 : n; /* a row is never higher than a page; see TEXT_LINES */
            y = p->margin + rows_h(&s->table, done, n);
            done += n;
            p->n_pages++;
        }
        plan_clauses(s, y);
    } else {
        p->first_page_rows = rows_that_fit(&s->table, 0, p->h - below - LINE_H - p->table_y);
        p->left_out = s->table.n - p->first_page_rows;
    }
}

/* PDF breaks into A4 pages, the others grow. */
static void plan_pages(sheet *s)
{
    gt_verdict_page *p = &s->page;
    double px = s->o->dpi / 72;
    p->h = A4_H;
    if (s->kind != GT_CANVAS_PDF) {
        double most = floor(GT_MAP_MAX_PX / px);
        double want = p->table_y + s->table.total_h + LINE_H + below_table(s);
        p->h = fmin(fmax(A4_H, want), most);
    }
    s->width = (int)lrint(p->w * px);
    s->height = (int)ceil(p->h * px - 1e-6);
    p->foot.y = p->h - FOOT_GAP - p->foot.h;
    plan_rows(s);
}

/* ---- page ---- */

static void draw_badge(sheet *s)
{
    gt_rect r = s->page.badge;
    gt_rgb c = gt_result_color(s->o->result, GT_DENY);
    double corner = 4;
    cairo_t *cr = s->cr;
    cairo_new_sub_path(cr);
    cairo_arc(cr, r.x + r.w - corner, r.y + corner, corner, -1.5707963, 0);
    cairo_arc(cr, r.x + r.w - corner, r.y + r.h - corner, corner, 0, 1.5707963);
    cairo_arc(cr, r.x + corner, r.y + r.h - corner, corner, 1.5707963, 3.1415927);
    cairo_arc(cr, r.x + corner, r.y + corner, corner, 3.1415927, 4.7123890);
    cairo_close_path(cr);
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
    cairo_fill(cr);
    gt_face face = {.size = 12, .bold = true, .lines = 1, .color = gt_rgb_of(0xFFFFFF)};
    const char *text = gt_word_of(result_word(s->o->result), s->o->lang);
    gt_extent e = gt_type_measure(s->type, &face, text);
    gt_type_draw(s->type, cr, &face, text, r.x + 0.5 * (r.w - e.w), r.y + 0.5 * (r.h - e.h));
}

static void draw_foot(sheet *s, size_t number)
{
    const gt_verdict_page *p = &s->page;
    double h = s->kind == GT_CANVAS_PDF ? A4_H : p->h;
    double y = h - FOOT_GAP - p->foot.h;
    gt_type_draw(s->type, s->cr, &p->foot_face, gt_title_in(s->o->note, s->o->lang), p->foot.x, y);
    if (p->n_pages > 1) {
        char text[32];
        (void)snprintf(text, sizeof text, "%zu / %zu", number, p->n_pages);
        gt_face face = p->foot_face;
        face.width = 56;
        face.align = 1;
        gt_type_draw(s->type, s->cr, &face, text, p->foot.x + p->foot.w - 56, y);
    }
}

static gt_status draw_head(sheet *s)
{
    gt_verdict_page *p = &s->page;
    cairo_t *cr = s->cr;
    gt_type_draw(s->type, cr, &p->title_face, title_of(s->o), p->title.x, p->title.y);
    gt_type_draw(s->type, cr, &p->subject_face, p->subject_text, p->subject.x, p->subject.y);
    gt_type_draw(s->type, cr, &p->summary_face, p->summary_text, p->summary.x, p->summary.y);
    draw_badge(s);
    if (p->warning.w > 0) {
        gt_warning_draw(s->type, cr, &p->warning_face, p->warning_text, p->warning, 1);
    }
    s->tallies[s->o->n_layers].n_features = 1;
    s->tallies[s->o->n_layers].features[1] = 1;
    s->tallies[s->o->n_layers].areas = true;
    gt_status st = gt_legend_make(s->ctx, &s->map, s->tallies, s->paints, &s->legend);
    for (size_t i = 0; st == GT_OK && i < s->legend.n; i++) {
        s->legend.rows[i].m2 = NAN; /* areas of a cut-out of the map would only mislead */
        s->legend.rows[i].share = NAN;
    }
    if (st == GT_OK) {
        gt_look look = s->look;
        look.factor = 0.85;
        gt_legend_fit(&s->legend, &look, p->legend);
        gt_legend_draw(&s->legend, &look, cr);
        /* the guess was for all classes; the table moves up to those that are there */
        double bottom = p->legend.y;
        for (size_t i = 0; i < s->legend.n; i++) {
            const gt_legend_row *row = &s->legend.rows[i];
            bottom = row->hidden ? bottom : fmax(bottom, row->rect.y + row->rect.h);
        }
        p->legend.h = bottom - p->legend.y;
        p->table_y = bottom + 9;
        plan_rows(s);
    }
    return st;
}

/* Rows [first, first + n) with their heading at y; returns the y below. */
static double draw_rows(sheet *s, size_t first, size_t n, double y)
{
    double x = s->page.margin;
    gt_table_draw_head(&s->table, s->o, s->type, s->cr, x, y);
    y += s->table.head_h;
    for (size_t i = first; i < first + n; i++) {
        gt_table_draw_row(&s->table, i, s->o, s->type, s->cr, x, y);
        y += s->table.rows[i].h;
    }
    return y;
}

static void draw_line(sheet *s, const char *text, double y)
{
    gt_face face = {.size = 7.4, .lines = 1, .color = gt_rgb_of(0x77776F)};
    gt_type_draw(s->type, s->cr, &face, text, s->page.margin + 4, y + 3);
}

/* From y on, on page `number`, which has its foot. */
static gt_status draw_clauses(sheet *s, double y, size_t number)
{
    gt_status st = GT_OK;
    double x = s->page.margin;
    y += CLAUSES_GAP;
    for (size_t i = 0; st == GT_OK && i < s->clauses.n; i++) {
        if (clause_turns(s, i, &y)) {
            gt_canvas_next_page(s->canvas);
            draw_foot(s, ++number);
            st = gt_check_cancel(s->ctx);
        }
        if (i == 0) {
            gt_clause_list_draw_head(&s->clauses, s->o, s->type, s->cr, x, y);
            y += s->clauses.head_h;
        }
        gt_clause_list_draw(&s->clauses, i, s->o, s->type, s->cr, x, y);
        y += s->clauses.h[i];
        s->page.n_clauses++;
    }
    return st;
}

static gt_status draw_tables(sheet *s)
{
    gt_verdict_page *p = &s->page;
    size_t done = p->first_page_rows;
    double y = p->table_y;
    if (done > 0 || s->table.n == 0) {
        y = draw_rows(s, 0, done, y);
    }
    char text[96];
    if (s->table.n == 0) {
        draw_line(s, gt_word_of(GT_WORD_NO_FINDINGS, s->o->lang), y);
        y += LINE_H;
    } else if (p->left_out > 0) {
        gt_word_count(GT_WORD_LEFT_OUT, s->o->lang, p->left_out, text, sizeof text);
        draw_line(s, text, y);
    }
    draw_foot(s, 1);
    double below = below_table(s);
    size_t number = 1;
    while (s->kind == GT_CANVAS_PDF && done < s->table.n) {
        gt_canvas_next_page(s->canvas);
        size_t n = rows_that_fit(&s->table, done, A4_H - below - p->margin);
        n = n == 0 ? 1 : n;
        y = draw_rows(s, done, n, p->margin);
        done += n;
        draw_foot(s, ++number);
        gt_status st = gt_check_cancel(s->ctx);
        if (st != GT_OK) {
            return st;
        }
    }
    return draw_clauses(s, y, number);
}

/* ---- the whole ---- */

static gt_status prepare_layers(sheet *s)
{
    const gt_map_verdict_options *o = s->o;
    size_t n = o->n_layers + 1;
    s->layers = gt_zalloc(s->ctx, n, sizeof *s->layers);
    s->paints = gt_zalloc(s->ctx, n, sizeof(gt_layer_paint *));
    s->tallies = gt_zalloc(s->ctx, n, sizeof *s->tallies);
    if (s->layers == NULL || s->paints == NULL || s->tallies == NULL) {
        return GT_E_MEMORY;
    }
    if (o->n_layers > 0) {
        memcpy(s->layers, o->layers, o->n_layers * sizeof *s->layers);
    }
    gt_map_layer *subject = &s->layers[o->n_layers];
    gt_map_style_init(&subject->style);
    subject->style.fill_opacity = 0;
    subject->style.stroke = "#1a1a1a";
    subject->style.stroke_width = 1.5;
    subject->title = (gt_title){gt_word_of(GT_WORD_SUBJECT, GT_LANG_ZH),
                                gt_word_of(GT_WORD_SUBJECT, GT_LANG_EN)};
    gt_map_options_init(s->ctx, &s->map);
    s->map.lang = o->lang;
    s->map.layers = s->layers;
    s->map.n_layers = n;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = gt_layer_paint_new(s->ctx, &s->layers[i], i < o->n_layers ? GT_VERDICT_FADE : 0,
                                &s->paints[i]);
    }
    return st;
}

static gt_status prepare(sheet *s, const char *path)
{
    gt_ctx *ctx = s->ctx;
    const gt_map_verdict_options *o = s->o;
    gt_status st = gt_canvas_kind_of(ctx, path, &s->kind);
    st = st != GT_OK ? st
                     : gt_canvas_check_size(ctx, (int)(A4_W * o->dpi / 72),
                                            (int)(A4_H * o->dpi / 72), o->dpi);
    if (st == GT_OK && (o->geom == NULL || o->geom->n_points == 0 || o->geom->n_parts == 0)) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_NO_SUBJECT, GT_NOWHERE, GT_NO_ARGS);
    }
    st = st != GT_OK ? st : gt_type_new(ctx, o->lang, &s->type);
    if (st != GT_OK) {
        return st;
    }
    st = prepare_layers(s);
    if (st != GT_OK) {
        return st;
    }
    plan_head(s);
    st = gt_table_plan(ctx, o, s->type, s->page.w - 2 * s->page.margin, &s->table);
    if (st == GT_OK && s->kind == GT_CANVAS_PDF) {
        st = gt_clause_list_plan(ctx, o, s->type, s->page.w - 2 * s->page.margin, &s->clauses);
    }
    if (st == GT_OK) {
        plan_pages(s);
        st = gt_sheet_fit(s);
    }
    const gt_rect *f = &s->page.frame;
    size_t least = gt_stage_least(s->kind, s->width, s->height, f->w, f->h, o->dpi / 72);
    st = st != GT_OK ? st : gt_stage_budget(ctx, least, &s->budget);
    st = st != GT_OK ? st : gt_labels_new(ctx, s->type, &s->tags);
    st = st != GT_OK ? st : gt_labels_new(ctx, s->type, &s->names);
    st = st != GT_OK ? st : gt_canvas_open(ctx, path, s->width, s->height, o->dpi, &s->canvas);
    if (st == GT_OK) {
        s->look = (gt_look){s->type, o->lang, 1};
        s->cr = gt_canvas_cr(s->canvas);
    }
    return st;
}

static void release(sheet *s)
{
    for (size_t i = 0; s->paints != NULL && i <= s->o->n_layers; i++) {
        gt_layer_paint_free(s->ctx, s->paints[i]);
    }
    gt_stage_drop(&s->stage);
    gt_canvas_abort(s->ctx, s->canvas);
    gt_legend_free(s->ctx, &s->legend);
    gt_table_free(s->ctx, &s->table);
    gt_clause_list_free(s->ctx, &s->clauses);
    gt_labels_free(s->ctx, s->tags);
    gt_labels_free(s->ctx, s->names);
    gt_type_free(s->ctx, s->type);
    gt_free(s->ctx, s->layers);
    gt_free(s->ctx, s->paints);
    gt_free(s->ctx, s->tallies);
    gt_free(s->ctx, s);
}

gt_status gt_map_verdict_probed(gt_ctx *ctx, const gt_map_source *source,
                                const gt_map_verdict_options *options, const char *path,
                                const gt_verdict_probe *probe)
{
    sheet *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->ctx = ctx;
    s->source = source;
    s->o = options;
    gt_progress_begin(ctx, &GT_MSG_MAP_DRAWING, options->n_layers);
    gt_status st = prepare(s, path);
    st = st != GT_OK ? st : gt_sheet_map(s);
    st = st != GT_OK ? st : draw_head(s);
    st = st != GT_OK ? st : draw_tables(s);
    if (st == GT_OK && probe != NULL) {
        probe->seen(probe->user, &s->page, &s->table, s->tags, &s->view);
    }
    if (st == GT_OK) {
        st = gt_canvas_finish(ctx, s->canvas);
        s->canvas = NULL;
    }
    release(s);
    gt_progress_end(ctx);
    return st;
}

gt_status gt_map_verdict(gt_ctx *ctx, const gt_map_source *source,
                         const gt_map_verdict_options *options, const char *path)
{
    return gt_map_verdict_probed(ctx, source, options, path, NULL);
}
