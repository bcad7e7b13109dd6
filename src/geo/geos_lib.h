/* GEOS, loaded on first use (see base/late.h): a check that the weave's atoms answer needs none. */
#ifndef GT_GEO_GEOS_LIB_H
#define GT_GEO_GEOS_LIB_H

#include <geos_c.h>

#include "guotu/context.h"

/* X(name): each is a function of geos_c.h with the type declared there. */
#define GT_GEOS_FUNCTIONS(X)                                                                       \
    X(GEOSBuffer_r)                                                                                \
    X(GEOSContext_setErrorMessageHandler_r)                                                        \
    X(GEOSContext_setNoticeMessageHandler_r)                                                       \
    X(GEOSCoordSeq_copyFromBuffer_r)                                                               \
    X(GEOSCoordSeq_copyToBuffer_r)                                                                 \
    X(GEOSCoordSeq_getSize_r)                                                                      \
    X(GEOSDifference_r)                                                                            \
    X(GEOSDistanceIndexed_r)                                                                       \
    X(GEOSFree_r)                                                                                  \
    X(GEOSGeomGetX_r)                                                                              \
    X(GEOSGeomGetY_r)                                                                              \
    X(GEOSGeomTypeId_r)                                                                            \
    X(GEOSGeom_createCollection_r)                                                                 \
    X(GEOSGeom_createEmptyCollection_r)                                                            \
    X(GEOSGeom_createLineString_r)                                                                 \
    X(GEOSGeom_createLinearRing_r)                                                                 \
    X(GEOSGeom_createPointFromXY_r)                                                                \
    X(GEOSGeom_createPolygon_r)                                                                    \
    X(GEOSGeom_destroy_r)                                                                          \
    X(GEOSGeom_getCoordSeq_r)                                                                      \
    X(GEOSGetExteriorRing_r)                                                                       \
    X(GEOSGetGeometryN_r)                                                                          \
    X(GEOSGetInteriorRingN_r)                                                                      \
    X(GEOSGetNumGeometries_r)                                                                      \
    X(GEOSGetNumInteriorRings_r)                                                                   \
    X(GEOSIntersection_r)                                                                          \
    X(GEOSIntersects_r)                                                                            \
    X(GEOSLength_r)                                                                                \
    X(GEOSMakeValidParams_create_r)                                                                \
    X(GEOSMakeValidParams_destroy_r)                                                               \
    X(GEOSMakeValidParams_setKeepCollapsed_r)                                                      \
    X(GEOSMakeValidParams_setMethod_r)                                                             \
    X(GEOSMakeValidWithParams_r)                                                                   \
    X(GEOSPointOnSurface_r)                                                                        \
    X(GEOSPrepare_r)                                                                               \
    X(GEOSPreparedCovers_r)                                                                        \
    X(GEOSPreparedGeom_destroy_r)                                                                  \
    X(GEOSPreparedIntersects_r)                                                                    \
    X(GEOSUnaryUnion_r)                                                                            \
    X(GEOS_finish_r)                                                                               \
    X(GEOS_init_r)                                                                                 \
    X(GEOSisEmpty_r)                                                                               \
    X(GEOSisValidDetail_r)

typedef struct gt_geos_lib {
#define X(name) __typeof__(&name) name; /* NOLINT(bugprone-macro-parentheses) */
    GT_GEOS_FUNCTIONS(X)
#undef X
} gt_geos_lib;

/* The functions, borrowed for ever. GT_E_ENV when the library is not installed. Thread safe. */
gt_status gt_geos_load(gt_ctx *ctx, const gt_geos_lib **out) GT_CHECKED;

#endif
