/* PROJ, loaded on first use: linking it would add 5 ms to every start of a program that mostly
 * needs the built-in families only.
 *
 * The table below is the one process-wide state of this room: filled once under pthread_once,
 * constant afterwards, never freed (a library that is unloaded under a running thread would be
 * worse). */
#ifndef GT_GEO_PROJ_LIB_H
#define GT_GEO_PROJ_LIB_H

#include <geodesic.h>
#include <proj.h>
#include <proj_experimental.h> /* proj_crs_demote_to_2D only */

#include "guotu/context.h"

/* X(name): each is a function of proj.h or geodesic.h with the type declared there. */
#define GT_PROJ_FUNCTIONS(X)                                                                       \
    X(proj_context_create)                                                                         \
    X(proj_context_destroy)                                                                        \
    X(proj_context_set_enable_network)                                                             \
    X(proj_context_get_database_path)                                                              \
    X(proj_context_errno)                                                                          \
    X(proj_context_errno_string)                                                                   \
    X(proj_errno)                                                                                  \
    X(proj_errno_reset)                                                                            \
    X(proj_log_func)                                                                               \
    X(proj_create)                                                                                 \
    X(proj_create_from_name)                                                                       \
    X(proj_list_get_count)                                                                         \
    X(proj_list_get)                                                                               \
    X(proj_list_destroy)                                                                           \
    X(proj_int_list_destroy)                                                                       \
    X(proj_destroy)                                                                                \
    X(proj_get_type)                                                                               \
    X(proj_get_name)                                                                               \
    X(proj_get_id_auth_name)                                                                       \
    X(proj_get_id_code)                                                                            \
    X(proj_identify)                                                                               \
    X(proj_is_equivalent_to_with_ctx)                                                              \
    X(proj_as_wkt)                                                                                 \
    X(proj_get_area_of_use)                                                                        \
    X(proj_get_source_crs)                                                                         \
    X(proj_crs_get_sub_crs)                                                                        \
    X(proj_crs_demote_to_2D)                                                                       \
    X(proj_crs_get_geodetic_crs)                                                                   \
    X(proj_crs_get_datum_forced)                                                                   \
    X(proj_crs_get_coordinate_system)                                                              \
    X(proj_cs_get_axis_info)                                                                       \
    X(proj_crs_get_coordoperation)                                                                 \
    X(proj_coordoperation_get_method_info)                                                         \
    X(proj_coordoperation_get_param_count)                                                         \
    X(proj_coordoperation_get_param)                                                               \
    X(proj_get_ellipsoid)                                                                          \
    X(proj_ellipsoid_get_parameters)                                                               \
    X(proj_get_prime_meridian)                                                                     \
    X(proj_prime_meridian_get_parameters)                                                          \
    X(proj_create_crs_to_crs_from_pj)                                                              \
    X(proj_pj_info)                                                                                \
    X(proj_normalize_for_visualization)                                                            \
    X(proj_trans_generic)                                                                          \
    X(geod_init)                                                                                   \
    X(geod_polygon_init)                                                                           \
    X(geod_polygon_addpoint)                                                                       \
    X(geod_polygon_compute)                                                                        \
    X(geod_inverse)

typedef struct gt_proj_lib {
#define X(name) __typeof__(&name) name; /* NOLINT(bugprone-macro-parentheses) */
    GT_PROJ_FUNCTIONS(X)
#undef X
} gt_proj_lib;

/* The functions, borrowed for ever. GT_E_ENV when the library is not installed. Thread safe. */
gt_status gt_proj_load(gt_ctx *ctx, const gt_proj_lib **out) GT_CHECKED;

/* A PROJ context with the network off that keeps its last message instead of printing it. GT_E_ENV
 * when the database is not found and `needs_db`. One thread at a time. */
typedef struct gt_proj_session {
    const gt_proj_lib *lib;
    PJ_CONTEXT *pj;
    char message[256];
} gt_proj_session;
gt_status gt_proj_open(gt_ctx *ctx, bool needs_db, gt_proj_session *out) GT_CHECKED;
void gt_proj_close(gt_proj_session *session);
/* What PROJ said last, else the text of its error number. Borrowed. */
const char *gt_proj_reason(gt_proj_session *session);

#endif
