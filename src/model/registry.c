/* The kernels there are, in the order of the reference. */
#include "model/registry.h"

#include <string.h>

#include "model/messages.h"
#include "plan/problem.h"

static const gt_model *const MODELS[] = {
    &GT_MODEL_TWO_STEP,
    &GT_MODEL_CALC,
    &GT_MODEL_CLASSIFY,
    &GT_MODEL_CLASSIFY_SPREAD,
    &GT_MODEL_COMBINE,
    &GT_MODEL_DISTANCE,
    &GT_MODEL_FOCAL,
    &GT_MODEL_LOOKUP,
    &GT_MODEL_PATCHES,
    &GT_MODEL_POLYGONIZE,
    &GT_MODEL_RASTERIZE,
    &GT_MODEL_SHARE_GRADE,
    &GT_MODEL_ZONAL,
    &GT_MODEL_CIRCUIT_CURRENT,
    &GT_MODEL_OMNI_CURRENT,
    &GT_MODEL_CORRIDOR,
    &GT_MODEL_BARRIERS,
    &GT_MODEL_ECOLOGICAL_SOURCES,
    &GT_MODEL_LANDSCAPE_METRICS,
    &GT_MODEL_LINKAGE,
    &GT_MODEL_MSPA,
    &GT_MODEL_NETWORK_INDICES,
    &GT_MODEL_PINCH_POINTS,
    &GT_MODEL_RESISTANCE,
    &GT_MODEL_COST_DISTANCE,
    &GT_MODEL_COOLING,
    &GT_MODEL_OVERDRAFT,
    &GT_MODEL_FRONTAL_AREA,
    &GT_MODEL_HEAT_ISLAND,
    &GT_MODEL_LAND_TEMPERATURE,
    &GT_MODEL_ROUGHNESS,
    &GT_MODEL_SKY_VIEW,
    &GT_MODEL_SUBSIDENCE_GRADE,
    &GT_MODEL_SUCCESS_CURVE,
    &GT_MODEL_SUSCEPTIBILITY,
    &GT_MODEL_THERMAL_COMFORT,
    &GT_MODEL_VENTILATION,
    &GT_MODEL_WIND_CORRIDORS,
    &GT_MODEL_DEGRADATION,
    &GT_MODEL_PRIORITY,
    &GT_MODEL_SERVICE_COVERAGE,
    &GT_MODEL_KERNEL_DENSITY,
    &GT_MODEL_SAMPLE,
    &GT_MODEL_CARBON,
    &GT_MODEL_ECOSYSTEM_VALUE,
    &GT_MODEL_HABITAT_QUALITY,
    &GT_MODEL_HABITAT_RARITY,
    &GT_MODEL_NPP,
    &GT_MODEL_QUICK_IMPORTANCE,
    &GT_MODEL_SHARE_OUT,
    &GT_MODEL_COVER_FACTOR,
    &GT_MODEL_ERODIBILITY,
    &GT_MODEL_EROSION_SENSITIVITY,
    &GT_MODEL_RAIN_EROSIVITY,
    &GT_MODEL_RAIN_EROSIVITY_MONTHLY,
    &GT_MODEL_RUSLE,
    &GT_MODEL_SOIL_KEEPING,
    &GT_MODEL_VEGETATION_COVER,
    &GT_MODEL_WIND_ERODIBILITY,
    &GT_MODEL_WIND_EROSION,
    &GT_MODEL_AHP_WEIGHTS,
    &GT_MODEL_CARRYING_CAPACITY,
    &GT_MODEL_FARMING_SUITABILITY,
    &GT_MODEL_TOWN_SUITABILITY,
    &GT_MODEL_ASPECT,
    &GT_MODEL_BREACH,
    &GT_MODEL_CURVATURE,
    &GT_MODEL_DEPRESSIONS,
    &GT_MODEL_FLOW,
    &GT_MODEL_HAND,
    &GT_MODEL_LS_FACTOR,
    &GT_MODEL_MULTIFLOW,
    &GT_MODEL_RELIEF,
    &GT_MODEL_SLOPE,
    &GT_MODEL_SLOPE_UNITS,
    &GT_MODEL_STREAMS,
    &GT_MODEL_UPSTREAM,
    &GT_MODEL_VIEWSHED,
    &GT_MODEL_WETNESS,
    &GT_MODEL_EVAPOTRANSPIRATION,
    &GT_MODEL_FLOOD,
    &GT_MODEL_RUNOFF,
    &GT_MODEL_WATER_ALLOCATION,
    &GT_MODEL_WATER_CONSERVATION,
    &GT_MODEL_WATER_YIELD,
    NULL,
};

const gt_model *gt_model_at(size_t i)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    return i < sizeof MODELS / sizeof *MODELS ? MODELS[i] : NULL;
}

gt_status gt_model_find(gt_ctx *ctx, const char *name, const gt_model **out)
{
    const char *near = NULL;
    size_t distance = 0;
    for (size_t i = 0; MODELS[i] != NULL; i++) {
        if (strcmp(MODELS[i]->name, name) == 0) {
            *out = MODELS[i];
            return GT_OK;
        }
        gt_nearest_try(name, MODELS[i]->name, &near, &distance);
    }
    return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_MODEL_UNKNOWN, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", near == NULL ? "slope" : near)));
}
