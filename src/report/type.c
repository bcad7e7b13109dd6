#include "report/type.h"

#include <string.h>

#include "guotu/text.h"
#include "report/messages.h"

struct gt_type {
    PangoFontMap *map;
    PangoContext *context;
    PangoLayout *layout;
    PangoFontDescription *face;
};

/* Simplified Chinese families as Debian, Fedora, macOS and Windows name them. */
static const char families[] = "Noto Sans CJK SC,Source Han Sans SC,Noto Sans SC,"
                               "WenQuanYi Zen Hei,PingFang SC,Microsoft YaHei,Sans";

static bool writes_chinese(gt_type *type)
{
    PangoFontFamily **list = NULL;
    int n = 0;
    pango_font_map_list_families(type->map, &list, &n);
    g_free(list);
    if (n == 0) { /* Pango aborts when asked to lay out without any font */
        return false;
    }
    pango_layout_set_text(type->layout, "国土空间规划Ag0", -1);
    return pango_layout_get_unknown_glyphs_count(type->layout) == 0;
}

gt_status gt_type_new(gt_ctx *ctx, gt_lang lang, gt_type **out)
{
    gt_status st = gt_draw_load(ctx);
    gt_type *type = st == GT_OK ? gt_zalloc(ctx, 1, sizeof *type) : NULL;
    if (type == NULL) {
        return st != GT_OK ? st : GT_E_MEMORY;
    }
    type->map = pango_cairo_font_map_new();
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(type->map), 72);
    type->context = pango_font_map_create_context(type->map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(type->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_language(type->context,
                               pango_language_from_string(lang == GT_LANG_ZH ? "zh-cn" : "en"));
    pango_context_set_base_dir(type->context, PANGO_DIRECTION_LTR);
    pango_context_set_round_glyph_positions(type->context, FALSE);
    type->layout = pango_layout_new(type->context);
    type->face = pango_font_description_new();
    pango_font_description_set_family_static(type->face, families);
    pango_font_description_set_absolute_size(type->face, 10.0 * PANGO_SCALE);
    pango_layout_set_font_description(type->layout, type->face);
    pango_layout_set_wrap(type->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_single_paragraph_mode(type->layout, TRUE);
    if (!writes_chinese(type)) {
        gt_type_free(ctx, type);
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_MAP_NO_FONT, GT_NOWHERE, GT_NO_ARGS);
    }
    *out = type;
    return GT_OK;
}

void gt_type_free(gt_ctx *ctx, gt_type *type)
{
    if (type == NULL) {
        return;
    }
    pango_font_description_free(type->face);
    g_object_unref(type->layout);
    g_object_unref(type->context);
    g_object_unref(type->map);
    gt_free(ctx, type);
}

/* Sets text as one paragraph: Pango counts lines by paragraph, so a line end within a name would
 * pass every limit. Broken UTF-8 is mended. */
static void set_text(gt_type *type, const char *text)
{
    size_t len = strlen(text);
    bool clean = gt_utf8_valid(text, len, NULL);
    for (size_t i = 0; clean && i < len; i++) {
        clean = (unsigned char)text[i] >= ' ';
    }
    if (clean) {
        pango_layout_set_text(type->layout, text, (int)len);
        return;
    }
    char *mended = g_utf8_make_valid(text, (gssize)len);
    for (char *c = mended; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    pango_layout_set_text(type->layout, mended, -1);
    g_free(mended);
}

static void set_face(gt_type *type, const gt_face *face)
{
    PangoLayout *layout = type->layout;
    pango_font_description_set_absolute_size(type->face, face->size * PANGO_SCALE);
    pango_font_description_set_weight(type->face,
                                      face->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, type->face);
    PangoAttrList *attributes = NULL;
    if (face->spacing > 0) {
        attributes = pango_attr_list_new();
        pango_attr_list_insert(attributes, pango_attr_letter_spacing_new(
                                               (int)(face->spacing * face->size * PANGO_SCALE)));
    }
    pango_layout_set_attributes(layout, attributes);
    if (attributes != NULL) {
        pango_attr_list_unref(attributes);
    }
    bool bound = face->width > 0;
    pango_layout_set_width(layout, bound ? (int)(face->width * PANGO_SCALE) : -1);
    pango_layout_set_height(layout, bound && face->lines > 0 ? -face->lines : -1);
    pango_layout_set_ellipsize(layout, bound && face->lines > 0 ? PANGO_ELLIPSIZE_END
                                                                : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_alignment(layout, face->align < 0    ? PANGO_ALIGN_LEFT
                                       : face->align == 0 ? PANGO_ALIGN_CENTER
                                                          : PANGO_ALIGN_RIGHT);
}

gt_extent gt_type_measure(gt_type *type, const gt_face *face, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return (gt_extent){0};
    }
    set_face(type, face);
    set_text(type, text);
    PangoRectangle ink;
    PangoRectangle box;
    pango_layout_get_extents(type->layout, &ink, &box);
    const double unit = 1.0 / PANGO_SCALE;
    return (gt_extent){.w = box.width * unit,
                       .h = box.height * unit,
                       .ink_x = (ink.x - box.x) * unit,
                       .ink_y = (ink.y - box.y) * unit,
                       .ink_w = ink.width * unit,
                       .ink_h = ink.height * unit,
                       .lines = pango_layout_get_line_count(type->layout),
                       .cut = pango_layout_is_ellipsized(type->layout) != 0};
}

void gt_type_draw(gt_type *type, cairo_t *cr, const gt_face *face, const char *text, double x,
                  double y)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    set_face(type, face);
    set_text(type, text);
    if (face->halo > 0) {
        cairo_new_path(cr);
        cairo_move_to(cr, x, y);
        pango_cairo_layout_path(cr, type->layout);
        cairo_set_source_rgba(cr, 1, 1, 1, 0.82);
        cairo_set_line_width(cr, 2 * face->halo);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cr);
    }
    cairo_set_source_rgb(cr, face->color.r, face->color.g, face->color.b);
    cairo_move_to(cr, x, y);
    pango_cairo_show_layout(cr, type->layout);
}
