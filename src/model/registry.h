/* One line for each kernel; the file that defines it is in src/model/GROUP. Internal. */
#ifndef GT_MODEL_REGISTRY_H
#define GT_MODEL_REGISTRY_H

#include "guotu/model.h"

extern const gt_model GT_MODEL_CALC;
extern const gt_model GT_MODEL_COMBINE;
extern const gt_model GT_MODEL_DISTANCE;
extern const gt_model GT_MODEL_PATCHES;
extern const gt_model GT_MODEL_POLYGONIZE;
extern const gt_model GT_MODEL_UPSTREAM;
extern const gt_model GT_MODEL_VIEWSHED;
extern const gt_model GT_MODEL_SUSCEPTIBILITY;
extern const gt_model GT_MODEL_FOCAL;
extern const gt_model GT_MODEL_RAIN_EROSIVITY;
extern const gt_model GT_MODEL_RAIN_EROSIVITY_MONTHLY;
extern const gt_model GT_MODEL_STREAMS;
extern const gt_model GT_MODEL_HAND;
extern const gt_model GT_MODEL_DEPRESSIONS;
extern const gt_model GT_MODEL_FLOOD;
extern const gt_model GT_MODEL_RUNOFF;
extern const gt_model GT_MODEL_HABITAT_QUALITY;
extern const gt_model GT_MODEL_CLASSIFY;
extern const gt_model GT_MODEL_CLASSIFY_SPREAD;
extern const gt_model GT_MODEL_LOOKUP;
extern const gt_model GT_MODEL_RASTERIZE;
extern const gt_model GT_MODEL_SHARE_GRADE;
extern const gt_model GT_MODEL_COST_DISTANCE;
extern const gt_model GT_MODEL_KERNEL_DENSITY;
extern const gt_model GT_MODEL_SAMPLE;
extern const gt_model GT_MODEL_BARRIERS;
extern const gt_model GT_MODEL_ECOLOGICAL_SOURCES;
extern const gt_model GT_MODEL_LANDSCAPE_METRICS;
extern const gt_model GT_MODEL_LINKAGE;
extern const gt_model GT_MODEL_MSPA;
extern const gt_model GT_MODEL_NETWORK_INDICES;
extern const gt_model GT_MODEL_PINCH_POINTS;
extern const gt_model GT_MODEL_RESISTANCE;
extern const gt_model GT_MODEL_SERVICE_COVERAGE;
extern const gt_model GT_MODEL_CARBON;
extern const gt_model GT_MODEL_NPP;
extern const gt_model GT_MODEL_COVER_FACTOR;
extern const gt_model GT_MODEL_ERODIBILITY;
extern const gt_model GT_MODEL_EROSION_SENSITIVITY;
extern const gt_model GT_MODEL_RUSLE;
extern const gt_model GT_MODEL_SOIL_KEEPING;
extern const gt_model GT_MODEL_VEGETATION_COVER;
extern const gt_model GT_MODEL_FARMING_SUITABILITY;
extern const gt_model GT_MODEL_TOWN_SUITABILITY;
extern const gt_model GT_MODEL_ASPECT;
extern const gt_model GT_MODEL_CURVATURE;
extern const gt_model GT_MODEL_FLOW;
extern const gt_model GT_MODEL_LS_FACTOR;
extern const gt_model GT_MODEL_MULTIFLOW;
extern const gt_model GT_MODEL_BREACH;
extern const gt_model GT_MODEL_RELIEF;
extern const gt_model GT_MODEL_SLOPE;
extern const gt_model GT_MODEL_SLOPE_UNITS;
extern const gt_model GT_MODEL_WETNESS;
extern const gt_model GT_MODEL_EVAPOTRANSPIRATION;
extern const gt_model GT_MODEL_WATER_CONSERVATION;
extern const gt_model GT_MODEL_WATER_YIELD;
extern const gt_model GT_MODEL_CIRCUIT_CURRENT;
extern const gt_model GT_MODEL_OMNI_CURRENT;
extern const gt_model GT_MODEL_CORRIDOR;
extern const gt_model GT_MODEL_ECOSYSTEM_VALUE;
extern const gt_model GT_MODEL_SHARE_OUT;
extern const gt_model GT_MODEL_TWO_STEP;
extern const gt_model GT_MODEL_SUBSIDENCE_GRADE;
extern const gt_model GT_MODEL_OVERDRAFT;
extern const gt_model GT_MODEL_FRONTAL_AREA;
extern const gt_model GT_MODEL_ROUGHNESS;
extern const gt_model GT_MODEL_SKY_VIEW;
extern const gt_model GT_MODEL_VENTILATION;
extern const gt_model GT_MODEL_DEGRADATION;
extern const gt_model GT_MODEL_PRIORITY;
extern const gt_model GT_MODEL_WATER_ALLOCATION;

#endif
