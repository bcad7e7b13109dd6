/* cairo and pango, loaded on first use (see base/late.h).
 *
 * The drawing files include this header instead of <cairo.h>: each function keeps its own name and
 * is called through the table. gt_draw_load comes first, where a canvas or a font is made; nothing
 * can be drawn without one of these. */
#ifndef GT_REPORT_DRAW_LIB_H
#define GT_REPORT_DRAW_LIB_H

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#include "guotu/context.h"

/* X(name): each is a function of the headers above, with the type declared there. */
#define GT_DRAW_FUNCTIONS(X)                                                                       \
    X(cairo_arc)                                                                                   \
    X(cairo_clip)                                                                                  \
    X(cairo_close_path)                                                                            \
    X(cairo_create)                                                                                \
    X(cairo_destroy)                                                                               \
    X(cairo_fill)                                                                                  \
    X(cairo_fill_preserve)                                                                         \
    X(cairo_font_options_create)                                                                   \
    X(cairo_font_options_destroy)                                                                  \
    X(cairo_font_options_set_antialias)                                                            \
    X(cairo_font_options_set_hint_metrics)                                                         \
    X(cairo_font_options_set_hint_style)                                                           \
    X(cairo_format_stride_for_width)                                                               \
    X(cairo_get_source)                                                                            \
    X(cairo_identity_matrix)                                                                       \
    X(cairo_image_surface_create_for_data)                                                         \
    X(cairo_image_surface_get_height)                                                              \
    X(cairo_image_surface_get_width)                                                               \
    X(cairo_line_to)                                                                               \
    X(cairo_mask_surface)                                                                          \
    X(cairo_move_to)                                                                               \
    X(cairo_new_path)                                                                              \
    X(cairo_new_sub_path)                                                                          \
    X(cairo_paint)                                                                                 \
    X(cairo_pattern_add_color_stop_rgb)                                                            \
    X(cairo_pattern_create_linear)                                                                 \
    X(cairo_pattern_destroy)                                                                       \
    X(cairo_set_source)                                                                            \
    X(cairo_pattern_set_filter)                                                                    \
    X(cairo_pdf_surface_create_for_stream)                                                         \
    X(cairo_pdf_surface_set_metadata)                                                              \
    X(cairo_rectangle)                                                                             \
    X(cairo_reference)                                                                             \
    X(cairo_restore)                                                                               \
    X(cairo_rotate)                                                                                \
    X(cairo_save)                                                                                  \
    X(cairo_scale)                                                                                 \
    X(cairo_set_antialias)                                                                         \
    X(cairo_set_dash)                                                                              \
    X(cairo_set_fill_rule)                                                                         \
    X(cairo_set_line_cap)                                                                          \
    X(cairo_set_line_join)                                                                         \
    X(cairo_set_line_width)                                                                        \
    X(cairo_set_operator)                                                                          \
    X(cairo_set_source_rgb)                                                                        \
    X(cairo_set_source_rgba)                                                                       \
    X(cairo_set_source_surface)                                                                    \
    X(cairo_show_page)                                                                             \
    X(cairo_status)                                                                                \
    X(cairo_status_to_string)                                                                      \
    X(cairo_stroke)                                                                                \
    X(cairo_stroke_preserve)                                                                       \
    X(cairo_surface_destroy)                                                                       \
    X(cairo_surface_finish)                                                                        \
    X(cairo_surface_flush)                                                                         \
    X(cairo_surface_mark_dirty)                                                                    \
    X(cairo_surface_mark_dirty_rectangle)                                                          \
    X(cairo_surface_status)                                                                        \
    X(cairo_surface_write_to_png_stream)                                                           \
    X(cairo_svg_surface_create_for_stream)                                                         \
    X(cairo_translate)                                                                             \
    X(g_free)                                                                                      \
    X(g_object_unref)                                                                              \
    X(g_type_check_instance_cast)                                                                  \
    X(g_utf8_make_valid)                                                                           \
    X(pango_attr_letter_spacing_new)                                                               \
    X(pango_attr_list_insert)                                                                      \
    X(pango_attr_list_new)                                                                         \
    X(pango_attr_list_unref)                                                                       \
    X(pango_cairo_context_set_font_options)                                                        \
    X(pango_cairo_font_map_get_type)                                                               \
    X(pango_cairo_font_map_new)                                                                    \
    X(pango_cairo_font_map_set_resolution)                                                         \
    X(pango_cairo_layout_path)                                                                     \
    X(pango_cairo_show_layout)                                                                     \
    X(pango_context_set_base_dir)                                                                  \
    X(pango_context_set_language)                                                                  \
    X(pango_context_set_round_glyph_positions)                                                     \
    X(pango_font_description_free)                                                                 \
    X(pango_font_description_new)                                                                  \
    X(pango_font_description_set_absolute_size)                                                    \
    X(pango_font_description_set_family_static)                                                    \
    X(pango_font_description_set_weight)                                                           \
    X(pango_font_map_create_context)                                                               \
    X(pango_font_map_list_families)                                                                \
    X(pango_language_from_string)                                                                  \
    X(pango_layout_get_extents)                                                                    \
    X(pango_layout_get_line_count)                                                                 \
    X(pango_layout_get_unknown_glyphs_count)                                                       \
    X(pango_layout_is_ellipsized)                                                                  \
    X(pango_layout_new)                                                                            \
    X(pango_layout_set_alignment)                                                                  \
    X(pango_layout_set_attributes)                                                                 \
    X(pango_layout_set_ellipsize)                                                                  \
    X(pango_layout_set_font_description)                                                           \
    X(pango_layout_set_height)                                                                     \
    X(pango_layout_set_single_paragraph_mode)                                                      \
    X(pango_layout_set_text)                                                                       \
    X(pango_layout_set_width)                                                                      \
    X(pango_layout_set_wrap)

typedef struct gt_draw_lib {
#define X(name) __typeof__(&name) name; /* NOLINT(bugprone-macro-parentheses) */
    GT_DRAW_FUNCTIONS(X)
#undef X
} gt_draw_lib;

/* GT_E_ENV when a library is not installed. Thread safe. */
gt_status gt_draw_load(gt_ctx *ctx) GT_CHECKED;
/* The functions, borrowed for ever; loads them when nobody has. Thread safe. */
const gt_draw_lib *gt_draw(void);

#ifndef GT_DRAW_PLAIN_NAMES /* draw_lib.c, which needs the names themselves */
#define cairo_arc                               (gt_draw()->cairo_arc)
#define cairo_clip                              (gt_draw()->cairo_clip)
#define cairo_close_path                        (gt_draw()->cairo_close_path)
#define cairo_create                            (gt_draw()->cairo_create)
#define cairo_destroy                           (gt_draw()->cairo_destroy)
#define cairo_fill                              (gt_draw()->cairo_fill)
#define cairo_fill_preserve                     (gt_draw()->cairo_fill_preserve)
#define cairo_font_options_create               (gt_draw()->cairo_font_options_create)
#define cairo_font_options_destroy              (gt_draw()->cairo_font_options_destroy)
#define cairo_font_options_set_antialias        (gt_draw()->cairo_font_options_set_antialias)
#define cairo_font_options_set_hint_metrics     (gt_draw()->cairo_font_options_set_hint_metrics)
#define cairo_font_options_set_hint_style       (gt_draw()->cairo_font_options_set_hint_style)
#define cairo_format_stride_for_width           (gt_draw()->cairo_format_stride_for_width)
#define cairo_get_source                        (gt_draw()->cairo_get_source)
#define cairo_identity_matrix                   (gt_draw()->cairo_identity_matrix)
#define cairo_image_surface_create_for_data     (gt_draw()->cairo_image_surface_create_for_data)
#define cairo_image_surface_get_height          (gt_draw()->cairo_image_surface_get_height)
#define cairo_image_surface_get_width           (gt_draw()->cairo_image_surface_get_width)
#define cairo_line_to                           (gt_draw()->cairo_line_to)
#define cairo_mask_surface                      (gt_draw()->cairo_mask_surface)
#define cairo_move_to                           (gt_draw()->cairo_move_to)
#define cairo_new_path                          (gt_draw()->cairo_new_path)
#define cairo_new_sub_path                      (gt_draw()->cairo_new_sub_path)
#define cairo_paint                             (gt_draw()->cairo_paint)
#define cairo_pattern_add_color_stop_rgb        (gt_draw()->cairo_pattern_add_color_stop_rgb)
#define cairo_pattern_create_linear             (gt_draw()->cairo_pattern_create_linear)
#define cairo_pattern_destroy                   (gt_draw()->cairo_pattern_destroy)
#define cairo_set_source                        (gt_draw()->cairo_set_source)
#define cairo_pattern_set_filter                (gt_draw()->cairo_pattern_set_filter)
#define cairo_pdf_surface_create_for_stream     (gt_draw()->cairo_pdf_surface_create_for_stream)
#define cairo_pdf_surface_set_metadata          (gt_draw()->cairo_pdf_surface_set_metadata)
#define cairo_rectangle                         (gt_draw()->cairo_rectangle)
#define cairo_reference                         (gt_draw()->cairo_reference)
#define cairo_restore                           (gt_draw()->cairo_restore)
#define cairo_rotate                            (gt_draw()->cairo_rotate)
#define cairo_save                              (gt_draw()->cairo_save)
#define cairo_scale                             (gt_draw()->cairo_scale)
#define cairo_set_antialias                     (gt_draw()->cairo_set_antialias)
#define cairo_set_dash                          (gt_draw()->cairo_set_dash)
#define cairo_set_fill_rule                     (gt_draw()->cairo_set_fill_rule)
#define cairo_set_line_cap                      (gt_draw()->cairo_set_line_cap)
#define cairo_set_line_join                     (gt_draw()->cairo_set_line_join)
#define cairo_set_line_width                    (gt_draw()->cairo_set_line_width)
#define cairo_set_operator                      (gt_draw()->cairo_set_operator)
#define cairo_set_source_rgb                    (gt_draw()->cairo_set_source_rgb)
#define cairo_set_source_rgba                   (gt_draw()->cairo_set_source_rgba)
#define cairo_set_source_surface                (gt_draw()->cairo_set_source_surface)
#define cairo_show_page                         (gt_draw()->cairo_show_page)
#define cairo_status                            (gt_draw()->cairo_status)
#define cairo_status_to_string                  (gt_draw()->cairo_status_to_string)
#define cairo_stroke                            (gt_draw()->cairo_stroke)
#define cairo_stroke_preserve                   (gt_draw()->cairo_stroke_preserve)
#define cairo_surface_destroy                   (gt_draw()->cairo_surface_destroy)
#define cairo_surface_finish                    (gt_draw()->cairo_surface_finish)
#define cairo_surface_flush                     (gt_draw()->cairo_surface_flush)
#define cairo_surface_mark_dirty                (gt_draw()->cairo_surface_mark_dirty)
#define cairo_surface_mark_dirty_rectangle      (gt_draw()->cairo_surface_mark_dirty_rectangle)
#define cairo_surface_status                    (gt_draw()->cairo_surface_status)
#define cairo_surface_write_to_png_stream       (gt_draw()->cairo_surface_write_to_png_stream)
#define cairo_svg_surface_create_for_stream     (gt_draw()->cairo_svg_surface_create_for_stream)
#define cairo_translate                         (gt_draw()->cairo_translate)
#define g_free                                  (gt_draw()->g_free)
#define g_object_unref                          (gt_draw()->g_object_unref)
#define g_type_check_instance_cast              (gt_draw()->g_type_check_instance_cast)
#define g_utf8_make_valid                       (gt_draw()->g_utf8_make_valid)
#define pango_attr_letter_spacing_new           (gt_draw()->pango_attr_letter_spacing_new)
#define pango_attr_list_insert                  (gt_draw()->pango_attr_list_insert)
#define pango_attr_list_new                     (gt_draw()->pango_attr_list_new)
#define pango_attr_list_unref                   (gt_draw()->pango_attr_list_unref)
#define pango_cairo_context_set_font_options    (gt_draw()->pango_cairo_context_set_font_options)
#define pango_cairo_font_map_get_type           (gt_draw()->pango_cairo_font_map_get_type)
#define pango_cairo_font_map_new                (gt_draw()->pango_cairo_font_map_new)
#define pango_cairo_font_map_set_resolution     (gt_draw()->pango_cairo_font_map_set_resolution)
#define pango_cairo_layout_path                 (gt_draw()->pango_cairo_layout_path)
#define pango_cairo_show_layout                 (gt_draw()->pango_cairo_show_layout)
#define pango_context_set_base_dir              (gt_draw()->pango_context_set_base_dir)
#define pango_context_set_language              (gt_draw()->pango_context_set_language)
#define pango_context_set_round_glyph_positions (gt_draw()->pango_context_set_round_glyph_positions)
#define pango_font_description_free             (gt_draw()->pango_font_description_free)
#define pango_font_description_new              (gt_draw()->pango_font_description_new)
#define pango_font_description_set_absolute_size                                                   \
    (gt_draw()->pango_font_description_set_absolute_size)
#define pango_font_description_set_family_static                                                   \
    (gt_draw()->pango_font_description_set_family_static)
#define pango_font_description_set_weight      (gt_draw()->pango_font_description_set_weight)
#define pango_font_map_create_context          (gt_draw()->pango_font_map_create_context)
#define pango_font_map_list_families           (gt_draw()->pango_font_map_list_families)
#define pango_language_from_string             (gt_draw()->pango_language_from_string)
#define pango_layout_get_extents               (gt_draw()->pango_layout_get_extents)
#define pango_layout_get_line_count            (gt_draw()->pango_layout_get_line_count)
#define pango_layout_get_unknown_glyphs_count  (gt_draw()->pango_layout_get_unknown_glyphs_count)
#define pango_layout_is_ellipsized             (gt_draw()->pango_layout_is_ellipsized)
#define pango_layout_new                       (gt_draw()->pango_layout_new)
#define pango_layout_set_alignment             (gt_draw()->pango_layout_set_alignment)
#define pango_layout_set_attributes            (gt_draw()->pango_layout_set_attributes)
#define pango_layout_set_ellipsize             (gt_draw()->pango_layout_set_ellipsize)
#define pango_layout_set_font_description      (gt_draw()->pango_layout_set_font_description)
#define pango_layout_set_height                (gt_draw()->pango_layout_set_height)
#define pango_layout_set_single_paragraph_mode (gt_draw()->pango_layout_set_single_paragraph_mode)
#define pango_layout_set_text                  (gt_draw()->pango_layout_set_text)
#define pango_layout_set_width                 (gt_draw()->pango_layout_set_width)
#define pango_layout_set_wrap                  (gt_draw()->pango_layout_set_wrap)
#endif

#endif
